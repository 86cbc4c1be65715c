// SPDX-License-Identifier: Apache-2.0
//! The explanation of a refusal against the device: the same status for whatever buffer, and sentences that say it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use common::{DST4, DST6, Host, SRC4, SRC6};
use ipsec_model::key_area::KeyArea;
use ipsec_model::ndis::refusal::{Place, Problem, Refusal, Request, Row};
use ipsec_model::ndis::{
    AddLayout, AddSa, AlgorithmInfo, DeleteSa, Expected, IPSEC_OFFLOAD_V2_AH,
    IPSEC_OFFLOAD_V2_ESN_SA, IPSEC_OFFLOAD_V2_ESP, IpsecOffloadV2, NDIS_STATUS_INVALID_DATA,
    NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_REQUEST_ABORTED,
    NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, NdisStatus, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, SpiOrder,
    UpdateSa,
};
use ipsec_model::regs;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

// ------------------------------------------------------------------------------------------------
// The device
// ------------------------------------------------------------------------------------------------

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
struct End {
    status: NdisStatus,
    bytes_needed: u32,
}

fn image(host: &mut Host, register: fn(u32) -> u32) -> IpsecOffloadV2 {
    IpsecOffloadV2::from_words(&std::array::from_fn(|k| host.read(register(k as u32))))
}

fn issue(host: &mut Host, oid: u32, length: u32, buffer: &[u8]) -> End {
    for (k, word) in buffer.chunks(4).take(128).enumerate() {
        let mut bytes = [0; 4];
        bytes[..word.len()].copy_from_slice(word);
        let addr = regs::mailbox_slot_window(0) + 4 * k as u32;
        host.write(addr, u32::from_le_bytes(bytes));
    }
    host.write(regs::mailbox_slot_oid(0), oid);
    host.write(regs::mailbox_slot_length(0), length);
    host.write(regs::mailbox_slot_doorbell(0), 1);
    let done = (0..2000).any(|_| host.read(regs::mailbox_slot_state(0)) == 2);
    assert!(done, "the slot stays busy");
    End {
        status: NdisStatus(host.read(regs::mailbox_slot_ndis_status(0))),
        bytes_needed: host.read(regs::mailbox_slot_bytes_needed(0)),
    }
}

/// LENGTH as the register keeps it.
fn kept(length: u32) -> u32 {
    length & 0xFFFF
}

// ------------------------------------------------------------------------------------------------
// Drawn requests
// ------------------------------------------------------------------------------------------------

/// Stages, CTRL and IPSECV2.
type Settings = (u32, u32, u32);

fn settings() -> impl Strategy<Value = Settings> {
    let stages = select(vec![1, 2, 2]);
    let ctrl = prop_oneof![20 => select(vec![3, 7]), 1 => select(vec![0, 2, 4])];
    let ipsecv2 = prop_oneof![20 => select(vec![3, 4]), 3 => select(vec![1, 2])];
    (stages, ctrl, ipsecv2)
}

/// Numbers that lie at an edge of something.
fn number() -> impl Strategy<Value = u32> {
    let edges = vec![
        0,
        1,
        2,
        3,
        4,
        8,
        9,
        0x10,
        0x11,
        0x12,
        16,
        20,
        24,
        28,
        32,
        36,
        37,
        0x40,
        0x80,
        0x100,
        0x200,
        160,
        168,
        169,
        170,
        171,
        176,
        189,
        190,
        255,
        256,
        257,
        512,
        513,
        0xFF00,
        0x1_0000,
        0x0100_0000,
        0xFFFF_FFEC,
        0xFFFF_FFFF,
        0x8000_0000,
        0x00AA_0180,
        0x00A9_0180,
        0x00A9_0080,
        0x00A8_0180,
        0x0018_0180,
        0x001C_0180,
    ];
    prop_oneof![8 => select(edges), 1 => any::<u32>()]
}

prop_compose! {
    /// A bundle that is mostly legal, of every kind that the structures can say.
    fn bundle()(
        ex in any::<bool>(),
        inbound in any::<bool>(),
        v6 in any::<bool>(),
        spi in prop_oneof![3 => 256..70_000_u32, 1 => select(vec![0, 255, 256, 0xFFFF_FFFF])],
        key_length in select(vec![20_usize, 28, 36, 20, 28, 36, 16, 0]),
        extra in 0..40_usize,
        esn in prop::bool::weighted(0.1),
        two in prop::bool::weighted(0.15),
        operation in prop_oneof![8 => Just(IPSEC_OFFLOAD_V2_ESP), 1 => Just(IPSEC_OFFLOAD_V2_AH)],
        other in prop_oneof![8 => Just(IPSEC_OFFLOAD_V2_AH), 1 => Just(IPSEC_OFFLOAD_V2_ESP)],
        encryption in prop_oneof![8 => Just(None), 1 => (0..10).prop_map(|bit| Some(1_u32 << bit)), 1 => Just(Some(0))],
        authentication in prop_oneof![4 => Just(0), 1 => (0..7).prop_map(|bit| 1_u32 << bit)],
        off in prop_oneof![8 => Just([0; 3]), 1 => [-1..2_i32, 0..2_i32, -1..2_i32]],
        icv in select(vec![16, 16, 16, 0, 12, 8, 32]),
        gmac in prop::bool::weighted(0.3),
        udp in prop_oneof![8 => Just(0), 1 => (0..5).prop_map(|bit| 1_u32 << bit), 1 => 0..16_u32],
    ) -> AddSa {
        let (src, dst): (IpAddr, IpAddr) = if v6 {
            (SRC6.into(), DST6.into())
        } else {
            (SRC4.into(), DST4.into())
        };
        let key = vec![0x5A; key_length];
        let mut add = AddSa::esp_gcm(inbound, src, dst, spi, &key)
            .with_layout(if ex { AddLayout::Ex } else { AddLayout::Plain });
        add.key_offset += extra as u32;
        add.key_length = add.key_length.wrapping_add_signed(off[0]);
        let sa = &mut add.sec_assoc[0];
        sa.encryption.key_offset_bytes = off[1] as u32;
        sa.encryption.key_length = sa.encryption.key_length.wrapping_add_signed(off[2]);
        sa.operation = operation;
        sa.flags = if esn { IPSEC_OFFLOAD_V2_ESN_SA } else { 0 };
        sa.encryption.identifier = encryption.unwrap_or(sa.encryption.identifier);
        sa.encryption.additional_info = icv;
        sa.authentication.identifier = authentication;
        let mut second = add.sec_assoc[0];
        second.operation = other;
        second.authentication = second.encryption;
        second.encryption = Default::default();
        if gmac {
            let sa = &mut add.sec_assoc[0];
            sa.authentication = sa.encryption;
            sa.encryption = AlgorithmInfo {
                identifier: u32::from(operation == IPSEC_OFFLOAD_V2_ESP),
                ..AlgorithmInfo::default()
            };
        }
        if two {
            add.num_ext_hdrs = 2;
            add.sec_assoc[1] = second;
        }
        add.udp_esp_encapsulation = udp;
        add
    }
}

/// Words at drawn places take drawn values.
fn spoil(bytes: &mut [u8], words: &[(usize, u32)]) {
    for (at, value) in words {
        let at = 4 * (at % bytes.len().div_ceil(4));
        for (to, from) in bytes[at..].iter_mut().zip(value.to_le_bytes()) {
            *to = from;
        }
    }
}

fn spoilt() -> impl Strategy<Value = Vec<(usize, u32)>> {
    let place =
        prop_oneof![3 => 0..44_usize, 1 => 0..6_usize, 1 => select(vec![4, 5, 16, 41, 39, 40])];
    vec((place, number()), 0..3)
}

/// LENGTH, given the number of bytes that there are.
#[derive(Clone, Copy, Debug)]
enum Length {
    Off(i32),
    Absolute(u32),
}

impl Length {
    fn of(self, bytes: &[u8]) -> u32 {
        match self {
            Self::Off(by) => kept((bytes.len() as u32).wrapping_add_signed(by)),
            Self::Absolute(length) => kept(length),
        }
    }
}

fn length() -> impl Strategy<Value = Length> {
    prop_oneof![
        20 => Just(Length::Off(0)),
        2 => (-2..3).prop_map(Length::Off),
        1 => number().prop_map(Length::Absolute),
        1 => (0..600_u32).prop_map(Length::Absolute),
    ]
}

// ------------------------------------------------------------------------------------------------
// The same status
// ------------------------------------------------------------------------------------------------

/// Issues the command on a fresh device, behind a bundle, and compares.
fn compare(
    (stages, ctrl, ipsecv2): Settings,
    oid: u32,
    length: u32,
    buffer: &[u8],
    otherwise: &[u32],
) -> Result<Option<Refusal>, TestCaseError> {
    let mut host = Host::new(16, stages);
    host.write(regs::CTRL, ctrl);
    host.write(regs::IPSECV2, ipsecv2);
    let current = image(&mut host, regs::caps_current);
    let request = Request {
        oid,
        length,
        buffer,
        current: &current,
        spi_order: if ctrl & 4 != 0 {
            SpiOrder::Host
        } else {
            SpiOrder::Wire
        },
    };
    let end = issue(&mut host, oid, length, buffer);
    let refusal = request.refusal();
    match &refusal {
        Some(refusal) => {
            prop_assert_eq!(refusal.status, end.status, "{}: {}", refusal.row, refusal);
            prop_assert_eq!(refusal.bytes_needed, end.bytes_needed, "{}", refusal);
            let text = refusal.to_string();
            let name = format!("({})", refusal.status.name());
            prop_assert!(
                text.contains("expected") && text.ends_with(&name),
                "{}",
                text
            );
            prop_assert!(!text.contains('\n'));
            if let Problem::Value {
                value, expected, ..
            } = refusal.problem
            {
                prop_assert!(!expected.admits(value));
            }
        }
        None => prop_assert!(otherwise.contains(&end.status.0), "{}", end.status),
    }
    // Whatever the status is, there is an explanation, and it has that status.
    match request.explain(end.status) {
        Some(explained) => prop_assert_eq!(explained.status, end.status),
        None => prop_assert_eq!(end.status.0, NDIS_STATUS_SUCCESS),
    }
    let unknown = host.counter(regs::COUNTERS_DELETES_UNKNOWN_LO);
    if oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA {
        prop_assert_eq!(unknown, 1, "no bundle is there to delete");
    }
    Ok(refusal)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn adds_end_as_explained(
        settings in settings(),
        add in bundle(),
        words in spoilt(),
        length in length(),
    ) {
        let order = if settings.1 & 4 != 0 { SpiOrder::Host } else { SpiOrder::Wire };
        let mut bytes = add.to_bytes(order);
        spoil(&mut bytes, &words);
        let length = length.of(&bytes);
        compare(settings, add.layout.oid(), length, &bytes, &[NDIS_STATUS_SUCCESS])?;
    }

    #[test]
    fn deletes_end_as_explained(
        settings in settings(),
        handle in any::<u64>(),
        words in spoilt(),
        length in length(),
    ) {
        let mut bytes = DeleteSa::new(handle).to_bytes();
        spoil(&mut bytes, &words);
        let length = length.of(&bytes);
        let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
        compare(settings, oid, length, &bytes, &[NDIS_STATUS_SUCCESS])?;
    }

    /// Nothing is live, so each ends with INVALID_PARAMETER at the latest.
    #[test]
    fn updates_end_as_explained(
        settings in settings(),
        handle in prop_oneof![any::<u64>(), 1..17_u64],
        operation in 0..4_u32,
        spi in number(),
        words in spoilt(),
        length in length(),
    ) {
        if !updates() {
            return Ok(());
        }
        let mut bytes = UpdateSa::new(handle, operation, spi, 1).to_bytes(SpiOrder::Wire);
        spoil(&mut bytes, &words);
        let length = length.of(&bytes);
        let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
        compare(settings, oid, length, &bytes, &[NDIS_STATUS_INVALID_PARAMETER])?;
    }

    #[test]
    fn anything_ends_as_explained(
        settings in settings(),
        oid in prop_oneof![8 => 0xFC03_0200..0xFC03_0208_u32, 1 => any::<u32>()],
        bytes in vec(any::<u8>(), 0..300),
        length in length(),
    ) {
        if oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA && !updates() {
            return Ok(());
        }
        let length = length.of(&bytes);
        let otherwise = [NDIS_STATUS_SUCCESS, NDIS_STATUS_INVALID_PARAMETER];
        compare(settings, oid, length, &bytes, &otherwise)?;
    }

    /// The function takes any LENGTH and any number of bytes.
    #[test]
    fn nothing_panics(
        oid in 0xFC03_0200..0xFC03_0208_u32,
        length in any::<u32>(),
        mut bytes in vec(any::<u8>(), 0..700),
        words in spoilt(),
        caps in any::<[u8; 32]>(),
        host_order in any::<bool>(),
        status in any::<u32>(),
    ) {
        if !bytes.is_empty() {
            spoil(&mut bytes, &words);
        }
        let request = Request {
            oid,
            length,
            buffer: &bytes,
            current: &IpsecOffloadV2::from_bytes(&caps),
            spi_order: if host_order { SpiOrder::Host } else { SpiOrder::Wire },
        };
        if let Some(refusal) = request.refusal() {
            prop_assert_eq!(request.explain(refusal.status), Some(refusal));
        }
        let _ = request.explain(NdisStatus(status)).map(|refusal| refusal.to_string());
    }
}

/// Whether the device takes UPDATE_SA: it does if it has extended sequence numbers.
fn updates() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let has = image(&mut Host::new(16, 1), regs::caps_hardware).extended_sequence_numbers;
        if !has {
            eprintln!("SKIPPED: UPDATE_SA: the device has no extended sequence numbers");
        }
        has
    })
}

#[test]
fn an_update_of_a_live_association_is_not_refused() {
    if !updates() {
        return;
    }
    let mut host = Host::new(16, 1);
    let mut add = legal();
    add.sec_assoc[0].flags = IPSEC_OFFLOAD_V2_ESN_SA;
    let bytes = add.to_bytes(SpiOrder::Wire);
    let end = issue(&mut host, add.layout.oid(), bytes.len() as u32, &bytes);
    assert!(end.status.is_success(), "{}", end.status);
    let at = regs::mailbox_slot_window(0) + add.layout.handle().start as u32;
    let handle = host.read(at).into();
    let current = image(&mut host, regs::caps_current);
    for (spi, row) in [(4096, None), (4097, Some(Row::CheckUpdate(5)))] {
        // Both sizes that the headers give to it.
        for length in [28, 32] {
            let bytes =
                UpdateSa::new(handle, IPSEC_OFFLOAD_V2_ESP, spi, 1).to_bytes(SpiOrder::Wire);
            let request = Request {
                oid: OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
                length,
                buffer: &bytes,
                current: &current,
                spi_order: SpiOrder::Wire,
            };
            assert_eq!(request.refusal(), None);
            let end = issue(&mut host, request.oid, length, &bytes);
            assert_eq!(
                request.explain(end.status).map(|refusal| refusal.row),
                row,
                "{}",
                end.status
            );
        }
    }
}

/// The properties above see every row, and commands that are carried out.
#[test]
fn every_row_of_an_add_is_drawn() {
    let mut runner = TestRunner::deterministic();
    let drawn = (bundle(), spoilt(), length());
    let mut rows = HashMap::new();
    for _ in 0..3000 {
        let (add, words, length) = drawn.new_tree(&mut runner).unwrap().current();
        let mut bytes = add.to_bytes(SpiOrder::Wire);
        spoil(&mut bytes, &words);
        let request = Request {
            oid: add.layout.oid(),
            length: length.of(&bytes),
            buffer: &bytes,
            current: &capable(),
            spi_order: SpiOrder::Wire,
        };
        let row = request.refusal().map(|refusal| refusal.row);
        *rows.entry(row).or_insert(0) += 1;
        // The bytes of the keys take no part: none can be in a refusal.
        let fixed = usize::from(add.layout.fixed_size());
        let mut other = bytes.clone();
        other[fixed..].fill(0xC3);
        if add.layout == AddLayout::Plain {
            other[fixed - 1] = 0xC3;
        }
        let other = Request {
            buffer: &other,
            ..request
        };
        assert_eq!(other.refusal(), request.refusal());
    }
    let all = [Row::Decode(5), Row::Decode(6)]
        .into_iter()
        .chain((2..=11).map(Row::CheckAdd));
    for row in all.map(Some).chain([None]) {
        let times = rows.get(&row).copied().unwrap_or_default();
        assert!(times >= 10, "{row:?} is drawn {times} times: {rows:?}");
    }
}

// ------------------------------------------------------------------------------------------------
// The sentences
// ------------------------------------------------------------------------------------------------

/// What a device that does ESP with AES-GCM and extended sequence numbers reports.
fn capable() -> IpsecOffloadV2 {
    IpsecOffloadV2 {
        encapsulation: 6,
        ipv6_supported: true,
        esp: true,
        transport: true,
        tunnel: true,
        extended_sequence_numbers: true,
        encryption_algorithms: 0x38,
        sa_offload_capacity: 16,
        ..IpsecOffloadV2::default()
    }
}

fn explain(oid: u32, buffer: &[u8], current: &IpsecOffloadV2) -> Option<(Row, String)> {
    let request = Request {
        oid,
        length: buffer.len() as u32,
        buffer,
        current,
        spi_order: SpiOrder::Wire,
    };
    request
        .refusal()
        .map(|refusal| (refusal.row, refusal.to_string()))
}

fn legal() -> AddSa {
    let (src, dst) = (Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2));
    AddSa::esp_gcm(true, src.into(), dst.into(), 4096, &[0xC5; 20])
}

#[test]
fn every_row_of_an_add_says_what_is_wrong() {
    type Spoil = fn(&mut AddSa);
    let ex: Spoil = |add| add.layout = AddLayout::Ex;
    let plain: Spoil = |_| {};
    let rows: &[(Spoil, Spoil, u8, &str)] = &[
        (
            plain,
            |add| add.header.object_type = 0xA7,
            2,
            "Header.Type is 0xA7: expected 0x80 (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.header.revision = 0,
            2,
            "Header.Revision is 0: expected 1 or more (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.header.size = 168,
            2,
            "Header.Size is 168: expected 169 or more (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            ex,
            |add| add.header.size = 169,
            2,
            "Header.Size is 169: expected 170 or more (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.num_ext_hdrs = 3,
            3,
            "NumExtHdrs is 3: expected 1 or 2 (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.flags = 0x13,
            3,
            "Flags is 0x13: expected no bits but 0x11 (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].flags = 2,
            3,
            "SecAssoc[0].Flags is 0x2: expected no bits but 0x1 (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            ex,
            |add| add.key_offset = 0xA9,
            4,
            "KeyOffset is 169: expected 170 or more (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.key_length = 21,
            4,
            "KeyLength is 21: expected 20 or less (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].encryption.key_length = 21,
            5,
            "SecAssoc[0].EncryptionAlgorithm.KeyLength is 21: expected 20 or less (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].encryption.key_offset_bytes = 1,
            5,
            "SecAssoc[0].EncryptionAlgorithm.KeyLength is 20: expected 19 or less (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].encryption.key_offset_bytes = u32::MAX,
            5,
            "SecAssoc[0].EncryptionAlgorithm.KeyOffsetBytes is 4294967295: expected 20 or less (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].operation = 3,
            6,
            "SecAssoc[0].Operation is 3 (IPsecOffloadV2Max): expected 1 or 2 (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].spi = 200,
            6,
            "SecAssoc[0].Spi is 200: expected 256 or more (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            plain,
            |add| {
                add.num_ext_hdrs = 2;
                add.sec_assoc[1] = add.sec_assoc[0];
            },
            6,
            "SecAssoc[1].Operation is 2 (IPsecOffloadV2Esp): expected 1 (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].operation = 1,
            7,
            "SecAssoc[0].EncryptionAlgorithm.Identifier is 0x8 (IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128): expected 0x0 (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            plain,
            |add| {
                add.sec_assoc[0].operation = 1;
                add.sec_assoc[0].encryption = Default::default();
            },
            7,
            "SecAssoc[0].AuthenticationAlgorithm.Identifier is 0x0: expected 0x1, 0x2, 0x4, 0x8, 0x10 or 0x20 (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].encryption.identifier = 0x18,
            8,
            "SecAssoc[0].EncryptionAlgorithm.Identifier is 0x18: expected 0x1, 0x2, 0x4, 0x8, 0x10, 0x20, 0x40, 0x80 or 0x100 (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            plain,
            |add| {
                add.sec_assoc[0].encryption.identifier = 0x40;
                add.sec_assoc[0].authentication.identifier = 8;
            },
            8,
            "SecAssoc[0].AuthenticationAlgorithm.Identifier is 0x8 (IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128): expected 0x0, 0x1, 0x2 or 0x4 (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].encryption.identifier = 0x40,
            10,
            "SecAssoc[0].EncryptionAlgorithm.Identifier is 0x40 (IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128): expected one bit of 0x38 (NDIS_STATUS_NOT_SUPPORTED)",
        ),
        (
            plain,
            |add| add.udp_esp_encapsulation = 2,
            9,
            "UdpEspEncapsulation is 0x2 (IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL): expected 0x0 (NDIS_STATUS_NOT_SUPPORTED)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].encryption.key_length = 16,
            11,
            "SecAssoc[0].EncryptionAlgorithm.KeyLength is 16: expected 20 (NDIS_STATUS_NOT_SUPPORTED)",
        ),
        (
            plain,
            |add| add.sec_assoc[0].encryption.additional_info = 13,
            11,
            "SecAssoc[0].EncryptionAlgorithm.AdditionalInfo is 13: expected 0, 8, 12 or 16 (NDIS_STATUS_NOT_SUPPORTED)",
        ),
    ];
    for (layout, spoil, row, expected) in rows {
        let mut add = legal();
        layout(&mut add);
        add = add.clone().with_layout(add.layout);
        spoil(&mut add);
        let bytes = add.to_bytes(SpiOrder::Wire);
        let (at, text) = explain(add.layout.oid(), &bytes, &capable()).expect(expected);
        assert_eq!(text, *expected);
        assert_eq!(at, Row::CheckAdd(*row), "{text}");
    }
    let bytes = legal().to_bytes(SpiOrder::Wire);
    let add = OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA;
    assert_eq!(explain(add, &bytes, &capable()), None);
    let none = IpsecOffloadV2::default();
    for (at, bytes, current, row, expected) in [
        (
            1,
            &bytes[..],
            capable(),
            2,
            "Oid is 0x1: expected 0xFC030202, 0xFC030203, 0xFC030204 or 0xFC030205 (NDIS_STATUS_INVALID_OID)",
        ),
        (
            add,
            &bytes,
            none,
            4,
            "the current configuration is a zero block: expected the engine to be on and IPsecV2 not to be disabled (NDIS_STATUS_NOT_SUPPORTED)",
        ),
        (
            add,
            &bytes[..168],
            capable(),
            5,
            "InformationBufferLength is 168: expected 169 or more (NDIS_STATUS_INVALID_LENGTH)",
        ),
        (
            add,
            &[0; 513],
            capable(),
            6,
            "InformationBufferLength is 513: expected 512 or less (NDIS_STATUS_INVALID_LENGTH)",
        ),
    ] {
        assert_eq!(
            explain(at, bytes, &current),
            Some((Row::Decode(row), expected.to_owned()))
        );
    }
}

/// Rows 9 to 11 are about the current configuration, whatever device has it.
#[test]
fn capabilities_decide_what_is_supported() {
    let all = IpsecOffloadV2 {
        ah: true,
        ah_esp_combined: true,
        udp_esp: 0x3,
        authentication_algorithms: 0x38,
        encryption_algorithms: 0x39,
        ..capable()
    };
    let gmac = AlgorithmInfo {
        identifier: 0x10,
        key_length: 28,
        ..AlgorithmInfo::default()
    };
    let mut null = legal();
    null.key_area = KeyArea::new(&[0xC5; 28]);
    null.key_length = 28;
    null.sec_assoc[0].encryption = AlgorithmInfo {
        identifier: 1,
        ..AlgorithmInfo::default()
    };
    null.sec_assoc[0].authentication = gmac;
    let mut ah = null.clone();
    ah.sec_assoc[0].operation = IPSEC_OFFLOAD_V2_AH;
    ah.sec_assoc[0].encryption.identifier = 0;
    let mut both = null.clone();
    both.num_ext_hdrs = 2;
    both.sec_assoc[1] = ah.sec_assoc[0];
    let mut udp = legal();
    udp.udp_esp_encapsulation = 2;
    let why = |add: &AddSa, current: &IpsecOffloadV2| {
        let bytes = add.to_bytes(SpiOrder::Wire);
        let (row, text) = explain(add.layout.oid(), &bytes, current)?;
        let Row::CheckAdd(row @ 9..=11) = row else {
            panic!("{row}: {text}")
        };
        let end = " (NDIS_STATUS_NOT_SUPPORTED)";
        let text = text.strip_suffix(end).expect("its status");
        Some(format!("{row}: {text}"))
    };
    for add in [&null, &ah, &both, &udp] {
        assert_eq!(why(add, &all), None);
        assert!(why(add, &capable()).is_some());
    }
    let text = |add: &AddSa, current: IpsecOffloadV2| why(add, &current).expect("a refusal");
    let off = |ah, esp| IpsecOffloadV2 { ah, esp, ..all };
    assert_eq!(
        text(&ah, off(false, true)),
        "10: SecAssoc[0].Operation is 1 (IPsecOffloadV2Ah): expected 2"
    );
    assert_eq!(
        text(&null, off(true, false)),
        "10: SecAssoc[0].Operation is 2 (IPsecOffloadV2Esp): expected 1"
    );
    assert_eq!(
        text(&null, off(false, false)),
        "10: Ah and Esp are FALSE in the current configuration: expected one to be TRUE"
    );
    assert_eq!(
        text(
            &both,
            IpsecOffloadV2 {
                ah_esp_combined: false,
                ..all
            }
        ),
        "9: NumExtHdrs is 2: expected 1"
    );
    udp.udp_esp_encapsulation = 3;
    assert_eq!(
        text(&udp, all),
        "9: UdpEspEncapsulation is 0x3: expected 0x0 or one bit of 0x3"
    );
    both.udp_esp_encapsulation = 1;
    assert_eq!(
        text(&both, all),
        "9: UdpEspEncapsulation is 0x1 (IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT): expected 0x0"
    );
    ah.sec_assoc[0].authentication.additional_info = 12;
    assert_eq!(
        text(&ah, all),
        "11: SecAssoc[0].AuthenticationAlgorithm.AdditionalInfo is 12: expected 0 or 16"
    );
    null.sec_assoc[0].authentication.identifier = 0x20;
    assert_eq!(
        text(&null, all),
        "11: SecAssoc[0].AuthenticationAlgorithm.KeyLength is 28: expected 36"
    );
    null.sec_assoc[0].authentication.identifier = 4;
    assert_eq!(
        text(&null, all),
        "10: SecAssoc[0].AuthenticationAlgorithm.Identifier is 0x4 \
         (IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256): expected 0x8, 0x10 or 0x20"
    );
    let mut esn = legal();
    esn.sec_assoc[0].flags = IPSEC_OFFLOAD_V2_ESN_SA;
    assert_eq!(why(&esn, &all), None);
    assert_eq!(
        text(
            &esn,
            IpsecOffloadV2 {
                extended_sequence_numbers: false,
                ..all
            }
        ),
        "10: SecAssoc[0].Flags is 0x1 (IPSEC_OFFLOAD_V2_ESN_SA): expected 0x0"
    );
}

#[test]
fn deletes_and_updates_say_what_is_wrong() {
    let delete = |bytes: &[u8]| explain(OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, bytes, &capable());
    let bytes = DeleteSa::new(0x0001_0003).to_bytes();
    assert_eq!(delete(&bytes), None);
    let (row, text) = delete(&bytes[..23]).unwrap();
    assert_eq!(row, Row::Decode(7));
    assert_eq!(
        text,
        "InformationBufferLength is 23: expected 24 or more (NDIS_STATUS_SUCCESS)"
    );
    assert_eq!(
        delete(&DeleteSa::new(0).to_bytes()).unwrap().0,
        Row::CheckDelete(3)
    );

    let update = |update: UpdateSa, current: &IpsecOffloadV2| {
        let bytes = update.to_bytes(SpiOrder::Wire);
        explain(OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, &bytes, current)
    };
    let legal = UpdateSa::new(0x0001_0003, 2, 4096, 1);
    assert_eq!(update(legal, &capable()), None);
    let without = IpsecOffloadV2 {
        extended_sequence_numbers: false,
        ..capable()
    };
    for (request, current, row, expected) in [
        (
            UpdateSa {
                header: Default::default(),
                ..legal
            },
            capable(),
            2,
            "Header.Type is 0x0: expected 0x80 (NDIS_STATUS_INVALID_DATA)",
        ),
        (
            legal,
            without,
            3,
            "ExtendedSequenceNumbers is FALSE in the current configuration: expected TRUE (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            UpdateSa {
                offload_handle: 1 << 32 | 3,
                ..legal
            },
            capable(),
            4,
            "OffloadHandle is none that the device gives out: expected bits 63:32 to be 0 and bits 15:0 not (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            UpdateSa {
                operation: 0,
                ..legal
            },
            capable(),
            5,
            "Operation is 0: expected 1 or 2 (NDIS_STATUS_INVALID_PARAMETER)",
        ),
        (
            UpdateSa { spi: 255, ..legal },
            capable(),
            5,
            "Spi is 255: expected 256 or more (NDIS_STATUS_INVALID_PARAMETER)",
        ),
    ] {
        assert_eq!(
            update(request, &current),
            Some((Row::CheckUpdate(row), expected.to_owned()))
        );
    }
}

#[test]
fn what_hangs_on_the_state_is_told_by_the_status() {
    let bytes = legal().to_bytes(SpiOrder::Wire);
    let current = capable();
    let mut request = Request {
        oid: OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
        length: bytes.len() as u32,
        buffer: &bytes,
        current: &current,
        spi_order: SpiOrder::Wire,
    };
    assert_eq!(request.refusal(), None);
    for (status, row) in [
        (NDIS_STATUS_RESOURCES, Some(Row::Alloc)),
        (NDIS_STATUS_INVALID_PARAMETER, Some(Row::Dup)),
        (NDIS_STATUS_REQUEST_ABORTED, Some(Row::Decode(3))),
        (NDIS_STATUS_SUCCESS, None),
        (NDIS_STATUS_INVALID_DATA, None),
        (NDIS_STATUS_NOT_SUPPORTED, None),
    ] {
        let explained = request.explain(NdisStatus(status));
        assert_eq!(explained.map(|refusal| refusal.row), row, "{status:08X}");
    }
    // Read in the other order, its SPI is another number, and a good one too; 200 is none.
    request.spi_order = SpiOrder::Host;
    assert_eq!(request.refusal(), None);
    let mut add = legal();
    add.sec_assoc[0].spi = 200;
    let bytes = add.to_bytes(SpiOrder::Host);
    (request.buffer, request.spi_order) = (&bytes, SpiOrder::Host);
    let refusal = request.refusal().unwrap();
    assert_eq!(
        refusal.problem,
        Problem::Value {
            place: Place::Association(0, "Spi"),
            value: 200,
            expected: Expected::AtLeast(256),
        }
    );
    request.spi_order = SpiOrder::Wire;
    assert_eq!(request.refusal(), None);
}
