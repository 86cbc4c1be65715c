// SPDX-License-Identifier: Apache-2.0
//! The control plane through its pins: every row of the command tables, capacity, drain, handles, resets, timing, and
//! that no key byte can be read.
#![allow(clippy::panic)] // helpers of tests are no tests to clippy

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_model::config::DeviceConfig;
use ipsec_model::control_plane::ControlPlane;
use ipsec_model::hash::{IndexKey, bucket};
use ipsec_model::key_area::KeyArea;
use ipsec_model::ndis::{
    AddLayout, AddSa, AlgorithmInfo, DeleteSa, SpiOrder, UpdateSa, status_name,
};
use ipsec_model::ndis::{
    NDIS_STATUS_INVALID_DATA, NDIS_STATUS_INVALID_LENGTH, NDIS_STATUS_INVALID_OID,
    NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_NOT_SUPPORTED,
    NDIS_STATUS_PENDING, NDIS_STATUS_REQUEST_ABORTED, NDIS_STATUS_RESET_IN_PROGRESS,
    NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
};
use ipsec_model::pins::{AxilIn, AxilOut};
use ipsec_model::regs;
use ipsec_model::table_types::{IndexEntry, PathStatus, Sa};
use proptest::prelude::*;

/// A host with register accesses alone, and two paths that do what a test says.
struct Host {
    device: ControlPlane,
    tx: PathStatus,
    rx: PathStatus,
    pins: AxilOut,
    irq: bool,
    edge: u64,
}

impl Host {
    fn in_reset(num_sa: u32) -> Self {
        Self::staged(num_sa, 2)
    }

    fn staged(num_sa: u32, stages: u32) -> Self {
        let status = PathStatus {
            empty: true,
            self_test_done: true,
            ..PathStatus::default()
        };
        Self {
            device: ControlPlane::new(&DeviceConfig::new(num_sa, stages)),
            tx: status,
            rx: status,
            pins: AxilOut::default(),
            irq: false,
            edge: 0,
        }
    }

    /// Behind the sweep, engine and gate on.
    fn new(num_sa: u32) -> Self {
        Self::up(Self::in_reset(num_sa))
    }

    fn up(mut host: Self) -> Self {
        let num_sa = host.read(regs::NUM_SA);
        host.clocks(num_sa.max(64).into());
        assert_eq!(host.read(regs::STATUS), 0b1101);
        host.write(regs::CTRL, 3);
        host
    }

    fn clock(&mut self, axil: &AxilIn) {
        self.edge += 1;
        (self.pins, self.irq) = self.device.step(axil, &self.tx, &self.rx);
    }

    fn clocks(&mut self, n: u64) {
        (0..n).for_each(|_| self.clock(&AxilIn::default()));
    }

    /// Writes bytes of a register; the result is edge w.
    fn write_bytes(&mut self, addr: u32, wdata: u32, wstrb: u8) -> u64 {
        let pins = AxilIn {
            awvalid: true,
            awaddr: addr as u16,
            wvalid: true,
            wdata,
            wstrb,
            bready: true,
            ..AxilIn::default()
        };
        self.clock(&pins);
        assert!(self.pins.awready && self.pins.wready);
        self.clock(&pins);
        self.clock(&AxilIn {
            bready: true,
            ..AxilIn::default()
        });
        assert!(self.pins.bvalid && self.pins.bresp == 0);
        let w = self.edge;
        self.clock(&AxilIn {
            bready: true,
            ..AxilIn::default()
        });
        w
    }

    fn write(&mut self, addr: u32, data: u32) -> u64 {
        self.write_bytes(addr, data, 0xF)
    }

    /// Samples a register; returns it before the response is taken, so that nothing is skipped.
    fn read(&mut self, addr: u32) -> u32 {
        let pins = AxilIn {
            arvalid: true,
            araddr: addr as u16,
            ..AxilIn::default()
        };
        self.clock(&pins);
        assert!(self.pins.arready);
        self.clock(&pins);
        self.clock(&AxilIn::default());
        assert!(self.pins.rvalid && self.pins.rresp == 0);
        let data = self.pins.rdata;
        self.clock(&AxilIn {
            rready: true,
            ..AxilIn::default()
        });
        data
    }

    fn counter(&mut self, lo: u32) -> u64 {
        u64::from(self.read(lo)) | u64::from(self.read(lo + 4)) << 32
    }

    fn fill(&mut self, slot: u32, oid: u32, length: usize, buffer: &[u8]) {
        for (k, word) in buffer.chunks(4).enumerate() {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            let addr = regs::mailbox_slot_window(slot) + 4 * k as u32;
            self.write(addr, u32::from_le_bytes(bytes));
        }
        self.write(regs::mailbox_slot_oid(slot), oid);
        self.write(regs::mailbox_slot_length(slot), length as u32);
    }

    fn ring(&mut self, slot: u32) -> u64 {
        self.write(regs::mailbox_slot_doorbell(slot), 1)
    }

    fn status(&mut self, slot: u32) -> u32 {
        self.read(regs::mailbox_slot_ndis_status(slot))
    }

    fn wait(&mut self, slot: u32) -> u32 {
        for _ in 0..2000 {
            if self.read(regs::mailbox_slot_state(slot)) != 1 {
                return self.status(slot);
            }
        }
        panic!("slot {slot} stays busy");
    }

    fn command(&mut self, oid: u32, buffer: &[u8]) -> u32 {
        self.fill(0, oid, buffer.len(), &buffer[..buffer.len().min(512)]);
        self.ring(0);
        self.wait(0)
    }

    fn issue(&mut self, add: &AddSa) -> u32 {
        self.command(add.layout.oid(), &add.to_bytes(SpiOrder::Wire))
    }

    /// Issues and returns the handle.
    fn add(&mut self, add: &AddSa) -> u64 {
        let status = self.issue(add);
        assert_eq!(status, NDIS_STATUS_SUCCESS, "{}", status_name(status));
        self.handle(0, add.layout)
    }

    fn handle(&mut self, slot: u32, layout: AddLayout) -> u64 {
        let at = regs::mailbox_slot_window(slot) + layout.handle().start as u32;
        u64::from(self.read(at)) | u64::from(self.read(at + 4)) << 32
    }

    fn update(&mut self, update: &UpdateSa) -> u32 {
        self.command(
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
            &update.to_bytes(SpiOrder::Wire),
        )
    }

    fn delete(&mut self, handle: u64) -> u32 {
        self.command(
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
            &DeleteSa::new(handle).to_bytes(),
        )
    }

    fn soft_reset(&mut self) -> u64 {
        self.write(regs::COMMAND, 1)
    }
}

const KEY: [u8; 20] = [
    0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x97, 0x88, 0x79, 0x6A, 0x5B, 0x4C, 0x3D, 0x2E, 0x1F, 0x81,
    0xDE, 0xAD, 0xBE, 0xEF,
];

fn v4(last: u8) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, last).into()
}

fn sa(inbound: bool, spi: u32) -> AddSa {
    AddSa::esp_gcm(inbound, v4(1), v4(2), spi, &KEY)
}

/// With extended sequence numbers.
fn esn(inbound: bool, spi: u32, high: u32) -> AddSa {
    let mut add = sa(inbound, spi);
    add.sec_assoc[0].flags = 1;
    add.sec_assoc[0].sequence_number_high_order = high;
    add
}

const AH_KEY: [u8; 20] = [
    0x13, 0x57, 0x9B, 0xDF, 0x24, 0x68, 0xAC, 0xE0, 0x31, 0x75, 0xB9, 0xFD, 0x42, 0x86, 0xCA, 0x0E,
    0x11, 0x22, 0x33, 0x44,
];

/// ESP with AES-GMAC under the same key.
fn gmac(add: &mut AddSa) {
    let sa = &mut add.sec_assoc[0];
    sa.authentication = sa.encryption;
    sa.encryption = AlgorithmInfo {
        identifier: 1,
        ..AlgorithmInfo::default()
    };
}

/// AH under the same key.
fn ah(add: &mut AddSa) {
    gmac(add);
    add.sec_assoc[0].operation = 1;
    add.sec_assoc[0].encryption.identifier = 0;
}

/// ESP and AH, each with a key and an ESN of its own.
fn two(inbound: bool, esp: u32, ah_spi: u32) -> AddSa {
    let mut add = esn(inbound, esp, 1);
    let mut other = esn(inbound, ah_spi, 2);
    ah(&mut other);
    add.num_ext_hdrs = 2;
    add.sec_assoc[1] = other.sec_assoc[0];
    add.sec_assoc[1].authentication.key_offset_bytes = 20;
    add.key_length = 40;
    add.key_area = KeyArea::new(&[KEY, AH_KEY].concat());
    add
}

/// Changes a legal ADD_SA.
fn but(change: impl FnOnce(&mut AddSa)) -> AddSa {
    let mut add = sa(true, 4096);
    change(&mut add);
    add
}

// ------------------------------------------------------------------------------------------------
// Commands
// ------------------------------------------------------------------------------------------------

#[test]
fn every_legal_add_is_accepted() {
    let mut host = Host::new(16);
    let v6: IpAddr = Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, 1).into();
    let mut spi = 4096;
    for layout in [AddLayout::Plain, AddLayout::Ex] {
        for inbound in [false, true] {
            for (dst, key_length) in [(v4(2), 20), (v4(2), 28), (v6, 36)] {
                spi += 1;
                let key: Vec<u8> = (0..key_length).collect();
                let add = AddSa::esp_gcm(inbound, dst, dst, spi, &key).with_layout(layout);
                let handle = host.add(&add);
                let length = add.to_bytes(SpiOrder::Wire).len() as u32;
                assert_eq!(host.read(regs::mailbox_slot_bytes_read(0)), length);
                assert_eq!(host.read(regs::mailbox_slot_bytes_needed(0)), 0);
                let bundle = handle as u32 - 1;
                assert_eq!(u64::from(bundle) + 1, handle, "generation 0");
                let row = host.device.table().bundle(bundle);
                assert!(row.live && row.inbound == inbound && row.v6 == dst.is_ipv6());
                let sa = host.device.table().sa(2 * bundle);
                assert_eq!(sa.spi, spi);
                assert_eq!(sa.key.bytes(), &key[..key.len() - 4]);
                assert_eq!(sa.salt.to_be_bytes(), key[key.len() - 4..]);
                assert_eq!(host.read(regs::SA_COUNT), bundle + 1);
            }
        }
    }
    assert_eq!(host.counter(regs::COUNTERS_COMMANDS_OK_LO), 12);
    assert_eq!(host.counter(regs::COUNTERS_COMMANDS_FAILED_LO), 0);
}

#[test]
fn every_row_of_check_has_its_status() {
    let data = NDIS_STATUS_INVALID_DATA;
    let parameter = NDIS_STATUS_INVALID_PARAMETER;
    let not_supported = NDIS_STATUS_NOT_SUPPORTED;
    let ex = |change: fn(&mut AddSa)| {
        let mut add = sa(true, 4096).with_layout(AddLayout::Ex);
        change(&mut add);
        add
    };
    let pair = |change: fn(&mut AddSa)| {
        let mut add = two(true, 4096, 4097);
        change(&mut add);
        add
    };
    let rows: Vec<(&str, AddSa, u32)> = vec![
        ("type", but(|a| a.header.object_type = 0x81), data),
        ("revision 0", but(|a| a.header.revision = 0), data),
        ("size below 169", but(|a| a.header.size = 168), data),
        ("EX: size below 170", ex(|a| a.header.size = 169), data),
        ("no association", but(|a| a.num_ext_hdrs = 0), data),
        ("three associations", but(|a| a.num_ext_hdrs = 3), data),
        ("bundle flag", but(|a| a.flags |= 2), data),
        ("association flag", but(|a| a.sec_assoc[0].flags = 2), data),
        (
            "EX: key area in the fixed part",
            ex(|a| a.key_offset = 0xA9),
            data,
        ),
        (
            "key area beyond the buffer",
            but(|a| a.key_length = 21),
            data,
        ),
        ("key length wraps", but(|a| a.key_length = u32::MAX), data),
        (
            "EX: key offset wraps",
            ex(|a| a.key_offset = u32::MAX),
            data,
        ),
        (
            "key beyond its area",
            but(|a| a.sec_assoc[0].encryption.key_length = 21),
            data,
        ),
        (
            "key offset",
            but(|a| a.sec_assoc[0].encryption.key_offset_bytes = 1),
            data,
        ),
        (
            "offset and length wrap",
            but(|a| {
                a.sec_assoc[0].encryption.key_offset_bytes = u32::MAX;
                a.sec_assoc[0].encryption.key_length = 2;
            }),
            data,
        ),
        (
            "authentication key beyond the area, not GCM",
            but(|a| {
                a.sec_assoc[0].encryption.identifier = 0x40;
                a.sec_assoc[0].authentication.identifier = 2;
                a.sec_assoc[0].authentication.key_length = 21;
            }),
            data,
        ),
        (
            "operation 0",
            but(|a| a.sec_assoc[0].operation = 0),
            parameter,
        ),
        (
            "operation 3",
            but(|a| a.sec_assoc[0].operation = 3),
            parameter,
        ),
        ("SPI 0", but(|a| a.sec_assoc[0].spi = 0), parameter),
        ("SPI 255", but(|a| a.sec_assoc[0].spi = 255), parameter),
        (
            "no encryption",
            but(|a| a.sec_assoc[0].encryption.identifier = 0),
            parameter,
        ),
        (
            "two encryptions",
            but(|a| a.sec_assoc[0].encryption.identifier = 0x18),
            parameter,
        ),
        (
            "encryption 0x200",
            but(|a| a.sec_assoc[0].encryption.identifier = 0x200),
            parameter,
        ),
        (
            "ESP-NULL without integrity",
            but(|a| a.sec_assoc[0].encryption.identifier = 1),
            parameter,
        ),
        (
            "CBC with GMAC",
            but(|a| {
                a.sec_assoc[0].encryption.identifier = 0x40;
                a.sec_assoc[0].authentication.identifier = 8;
            }),
            parameter,
        ),
        (
            "AH with encryption",
            but(|a| {
                ah(a);
                a.sec_assoc[0].encryption.identifier = 8;
            }),
            parameter,
        ),
        (
            "AH without integrity",
            but(|a| {
                ah(a);
                a.sec_assoc[0].authentication.identifier = 0;
            }),
            parameter,
        ),
        ("AH, then ESP", pair(|a| a.sec_assoc.reverse()), parameter),
        (
            "ESP twice",
            pair(|a| a.sec_assoc[1] = a.sec_assoc[0]),
            parameter,
        ),
        (
            "AH twice",
            pair(|a| a.sec_assoc[0] = a.sec_assoc[1]),
            parameter,
        ),
        (
            "SPI of the second",
            pair(|a| a.sec_assoc[1].spi = 255),
            parameter,
        ),
        (
            "encryption of the second",
            pair(|a| a.sec_assoc[1].encryption.identifier = 8),
            parameter,
        ),
        (
            "flags of the second",
            pair(|a| a.sec_assoc[1].flags = 2),
            data,
        ),
        (
            "key of the second",
            pair(|a| a.sec_assoc[1].authentication.key_offset_bytes = 21),
            data,
        ),
        (
            "ESP with GMAC and a HMAC's key",
            but(|a| (gmac(a), a.sec_assoc[0].authentication.identifier = 2).1),
            not_supported,
        ),
        (
            "AH with SHA-256",
            but(|a| (ah(a), a.sec_assoc[0].authentication.identifier = 4).1),
            not_supported,
        ),
        (
            "GMAC with another key length",
            but(|a| (gmac(a), a.sec_assoc[0].authentication.identifier = 0x10).1),
            not_supported,
        ),
        (
            "GMAC without salt",
            but(|a| (gmac(a), a.sec_assoc[0].authentication.key_length = 16).1),
            not_supported,
        ),
        (
            "GMAC with an ICV of 12",
            but(|a| (gmac(a), a.sec_assoc[0].authentication.additional_info = 12).1),
            not_supported,
        ),
        (
            "AH with an ICV of 8",
            but(|a| (ah(a), a.sec_assoc[0].authentication.additional_info = 8).1),
            not_supported,
        ),
        (
            "ICV of the second",
            pair(|a| a.sec_assoc[1].authentication.additional_info = 12),
            not_supported,
        ),
        (
            "key length of the second",
            pair(|a| a.sec_assoc[1].authentication.key_length = 16),
            not_supported,
        ),
        (
            "algorithm of the second",
            pair(|a| a.sec_assoc[1].authentication.identifier = 1),
            not_supported,
        ),
        (
            "AH behind UDP",
            but(|a| (ah(a), a.udp_esp_encapsulation = 1).1),
            not_supported,
        ),
        (
            "two behind UDP",
            pair(|a| a.udp_esp_encapsulation = 2),
            not_supported,
        ),
        (
            "DES",
            but(|a| a.sec_assoc[0].encryption.identifier = 2),
            not_supported,
        ),
        (
            "CBC with SHA-256",
            but(|a| {
                a.sec_assoc[0].encryption.identifier = 0x100;
                a.sec_assoc[0].authentication.identifier = 4;
            }),
            not_supported,
        ),
        (
            "UDP-ESP of two kinds",
            but(|a| a.udp_esp_encapsulation = 3),
            not_supported,
        ),
        (
            "UDP-ESP of no kind",
            but(|a| a.udp_esp_encapsulation = 0x10),
            not_supported,
        ),
        (
            "key without salt",
            but(|a| a.sec_assoc[0].encryption.key_length = 16),
            not_supported,
        ),
        (
            "key of another size",
            but(|a| a.sec_assoc[0].encryption.identifier = 16),
            not_supported,
        ),
        (
            "ICV of 13 bytes",
            but(|a| a.sec_assoc[0].encryption.additional_info = 13),
            not_supported,
        ),
        (
            "ICV of 0x108 bytes",
            but(|a| a.sec_assoc[0].encryption.additional_info = 0x108),
            not_supported,
        ),
        // And what is accepted though it looks odd.
        (
            "ESN",
            but(|a| (a.sec_assoc[0].flags = 1, a.sec_assoc[0].spi += 6).1),
            0,
        ),
        ("revision 2", but(|a| a.header.revision = 2), 0),
        (
            "size 176",
            but(|a| (a.header.size = 176, a.sec_assoc[0].spi += 1).1),
            0,
        ),
        (
            "ICV of 0",
            but(|a| {
                (
                    a.sec_assoc[0].encryption.additional_info = 0,
                    a.sec_assoc[0].spi += 2,
                )
                    .1
            }),
            0,
        ),
        (
            "authentication beside GCM",
            but(|a| {
                a.sec_assoc[0].authentication.identifier = 0xFFFF;
                a.sec_assoc[0].authentication.key_length = u32::MAX;
                a.sec_assoc[0].spi += 3;
            }),
            0,
        ),
        (
            "Next",
            but(|a| (a.next = 0x1234, a.sec_assoc[0].spi += 4).1),
            0,
        ),
        (
            "flags of the second association",
            but(|a| (a.sec_assoc[1].flags = 9, a.sec_assoc[0].spi += 5).1),
            0,
        ),
    ];
    let mut host = Host::new(16);
    let (mut good, mut bad) = (0, 0);
    for (what, add, expected) in rows {
        let status = host.issue(&add);
        assert_eq!(status, expected, "{what}: {}", status_name(status));
        assert_eq!(host.handle(0, add.layout) == 0, status != 0, "{what}");
        let read = host.read(regs::mailbox_slot_bytes_read(0));
        assert_eq!(read == 0, status != 0, "{what}");
        if status == 0 {
            good += 1
        } else {
            bad += 1
        }
        assert_eq!(host.read(regs::SA_COUNT), good, "{what}");
    }
    assert_eq!(host.counter(regs::COUNTERS_COMMANDS_OK_LO), good.into());
    assert_eq!(host.counter(regs::COUNTERS_COMMANDS_FAILED_LO), bad);
}

#[test]
fn every_algorithm_is_accepted() {
    type Kind = (&'static str, fn(&mut AddSa), bool, bool);
    let kinds: [Kind; 3] = [
        ("GCM", |_| {}, false, false),
        ("ESP-GMAC", gmac, false, true),
        ("AH", ah, true, true),
    ];
    for inbound in [false, true] {
        let mut host = Host::new(64);
        let mut row = 0;
        for (name, change, is_ah, is_gmac) in kinds {
            for length in [20, 28, 36] {
                for (info, icv) in [(0, 16), (8, 8), (12, 12), (16, 16)] {
                    if is_gmac && matches!(info, 8 | 12) {
                        continue;
                    }
                    let key: Vec<u8> = (0..length).map(|k| k ^ 0x5A).collect();
                    let mut add = AddSa::esp_gcm(inbound, v4(1), v4(2), 4096 + row, &key);
                    add.sec_assoc[0].encryption.additional_info = info;
                    change(&mut add);
                    assert_eq!(host.add(&add), u64::from(row) + 1);
                    let sa = host.device.table().sa(2 * row);
                    let what = format!("{name}, {length}, {info}");
                    assert_eq!(
                        (sa.ah, sa.gmac, sa.icv_len),
                        (is_ah, is_gmac, icv),
                        "{what}"
                    );
                    assert_eq!(sa.key.bytes(), &key[..key.len() - 4], "{what}");
                    assert_eq!(sa.salt.to_be_bytes(), key[key.len() - 4..], "{what}");
                    let bundle = host.device.table().bundle(row);
                    assert!(!bundle.two && bundle.udp == 0);
                    row += 1;
                }
            }
        }
    }
}

#[test]
fn udp_encapsulation_is_one_bit_of_what_the_stages_can() {
    for (stages, known) in [(1, 3), (2, 15), (4, 15)] {
        let mut host = Host::up(Host::staged(16, stages));
        for (k, udp) in [1, 2, 4, 8, 3, 0x10, 0x101, 0xFFFF_FFFF_u32]
            .into_iter()
            .enumerate()
        {
            for change in [|_: &mut AddSa| {}, gmac] {
                let mut add = sa(true, 4096 + k as u32);
                change(&mut add);
                add.udp_esp_encapsulation = udp;
                let status = host.issue(&add);
                if udp.is_power_of_two() && udp & known != 0 {
                    assert_eq!(status, NDIS_STATUS_SUCCESS, "{stages} stages, {udp:#x}");
                    let handle = host.handle(0, add.layout);
                    let row = handle as u32 % 0x1_0000 - 1;
                    assert_eq!(u32::from(host.device.table().bundle(row).udp), udp);
                    assert_eq!(host.delete(handle), 0);
                } else {
                    assert_eq!(
                        status, NDIS_STATUS_NOT_SUPPORTED,
                        "{stages} stages, {udp:#x}"
                    );
                }
            }
        }
        // Off with ESP.
        host.write(regs::IPSECV2, 2);
        assert_eq!(
            host.issue(&but(|a| a.udp_esp_encapsulation = 1)),
            NDIS_STATUS_NOT_SUPPORTED
        );
    }
}

#[test]
fn a_protocol_that_is_off_is_not_supported() {
    let adds = [sa(true, 4096), but(gmac), but(ah), two(true, 4096, 4097)];
    for stages in [1, 2, 4] {
        for (ipsecv2, good) in [
            (1, [false; 4]),
            (2, [false, false, true, false]),
            (3, [true, true, false, false]),
            (4, [true, true, true, stages > 1]),
        ] {
            let mut host = Host::up(Host::staged(16, stages));
            host.write(regs::IPSECV2, ipsecv2);
            for (add, good) in adds.iter().zip(good) {
                let status = host.issue(add);
                let what = format!("{stages} stages, IPSECV2 {ipsecv2}: {add:?}");
                if good {
                    assert_eq!(status, NDIS_STATUS_SUCCESS, "{what}");
                    let handle = host.handle(0, add.layout);
                    assert_eq!(host.delete(handle), 0);
                } else {
                    assert_eq!(status, NDIS_STATUS_NOT_SUPPORTED, "{what}");
                }
            }
        }
    }
}

#[test]
fn a_bundle_of_two_has_two_records() {
    for inbound in [false, true] {
        for layout in [AddLayout::Plain, AddLayout::Ex] {
            let mut host = Host::new(16);
            let handle = host.add(&two(inbound, 4096, 4097).with_layout(layout));
            assert_eq!((handle, host.read(regs::SA_COUNT)), (1, 1));
            let table = host.device.table();
            let bundle = table.bundle(0);
            assert!(bundle.live && bundle.two && bundle.inbound == inbound && bundle.udp == 0);
            for (row, is_ah, spi, key) in [(0, false, 4096, KEY), (1, true, 4097, AH_KEY)] {
                let sa = table.sa(row);
                assert_eq!(
                    (sa.ah, sa.gmac, sa.spi, sa.icv_len),
                    (is_ah, is_ah, spi, 16)
                );
                assert_eq!(sa.key.bytes(), &key[..16]);
                assert_eq!(sa.salt.to_be_bytes(), key[16..]);
                assert_eq!((sa.esn, sa.seq_high), (true, row + 1));
                assert_ne!(sa.h, 0);
                let key = IndexKey {
                    v6: false,
                    ah: is_ah,
                    spi,
                    dst: 0xC000_0202,
                };
                let found = table.find(0, &key).1;
                assert_eq!(found, inbound.then_some(row));
                // Not by the other protocol.
                let other = IndexKey { ah: !is_ah, ..key };
                assert_eq!(table.find(0, &other).1, None);
            }
            assert_ne!(table.sa(0).h, table.sa(1).h);
            assert_eq!(host.delete(handle), NDIS_STATUS_SUCCESS);
            let table = host.device.table();
            for row in 0..2 {
                assert_eq!(*table.sa(row), Sa::default());
                assert_eq!(*table.entry(row), IndexEntry::default());
            }
            assert!((0..64).all(|bucket| table.head(bucket).is_none()));
            assert!(!table.bundle(0).live && table.bundle(0).generation == 1);
            assert_eq!(host.counter(regs::COUNTERS_DELETES_UNKNOWN_LO), 0);
            assert_eq!(host.delete(handle), NDIS_STATUS_SUCCESS);
            assert_eq!(host.counter(regs::COUNTERS_DELETES_UNKNOWN_LO), 1);
        }
    }
}

#[test]
fn duplicates_of_each_association() {
    let mut host = Host::new(16);
    let first = host.add(&two(true, 4096, 4097));
    // Each alone, in both, and in a bundle whose other association is new.
    for duplicate in [
        sa(true, 4096),
        but(gmac),
        but(|a| (ah(a), a.sec_assoc[0].spi = 4097).1),
        two(true, 4096, 4097),
        two(true, 4096, 5000),
        two(true, 5000, 4097),
    ] {
        assert_eq!(host.issue(&duplicate), NDIS_STATUS_INVALID_PARAMETER);
        assert_eq!(host.read(regs::SA_COUNT), 1);
    }
    // Nothing of a refused bundle is found.
    host.add(&sa(true, 5000));
    // The protocol is part of the key, within a bundle too.
    host.add(&but(ah));
    host.add(&sa(true, 4097));
    host.add(&two(true, 6000, 6000));
    host.add(&two(false, 4096, 4097));
    host.add(&two(false, 4096, 4097));
    assert_eq!(host.delete(first), 0);
    host.add(&two(true, 4096, 4097));
    assert_eq!(host.read(regs::SA_COUNT), 7);
}

#[test]
fn an_update_is_of_one_association() {
    for inbound in [false, true] {
        let mut host = Host::new(16);
        let handle = host.add(&two(inbound, 4096, 4097));
        let words = |host: &Host| [0, 1].map(|row| host.device.table().sa(row).seq_high);
        assert_eq!(words(&host), [1, 2]);
        let update = |host: &mut Host, operation, spi, word| {
            host.update(&UpdateSa::new(handle, operation, spi, word))
        };
        assert_eq!(update(&mut host, 2, 4096, 7), NDIS_STATUS_SUCCESS);
        assert_eq!(words(&host), [7, 2]);
        assert_eq!(update(&mut host, 1, 4097, 8), NDIS_STATUS_SUCCESS);
        assert_eq!(words(&host), [7, 8]);
        // The SPI of the other, an operation of none.
        for (operation, spi) in [(2, 4097), (1, 4096), (0, 4096), (3, 4097)] {
            let status = update(&mut host, operation, spi, 9);
            assert_eq!(status, NDIS_STATUS_INVALID_PARAMETER);
        }
        assert_eq!(words(&host), [7, 8]);
        // AH alone, in row 0; ESN of one association only.
        let mut alone = esn(inbound, 5000, 3);
        ah(&mut alone);
        let alone = host.add(&alone);
        for (operation, status) in [(2, NDIS_STATUS_INVALID_PARAMETER), (1, NDIS_STATUS_SUCCESS)] {
            let command = UpdateSa::new(alone, operation, 5000, 4);
            assert_eq!(host.update(&command), status);
        }
        assert_eq!(host.device.table().sa(2).seq_high, 4);
        for (with, base) in [(0, 6000), (1, 7000)] {
            let mut add = two(inbound, base, base + 1);
            add.sec_assoc[1 - with].flags = 0;
            let handle = host.add(&add);
            for (k, operation) in [2, 1].into_iter().enumerate() {
                let command = UpdateSa::new(handle, operation, base + k as u32, 5);
                let status = if k == with {
                    NDIS_STATUS_SUCCESS
                } else {
                    NDIS_STATUS_INVALID_PARAMETER
                };
                assert_eq!(
                    host.update(&command),
                    status,
                    "ESN of {with}, update of {k}"
                );
            }
        }
    }
}

/// Each of the two protocols has its SPI in the order of its own edge.
#[test]
fn spi_order_counts_for_each_association() {
    for (layout, words) in [(AddLayout::Plain, [19, 31]), (AddLayout::Ex, [17, 29])] {
        for (k, word) in words.into_iter().enumerate() {
            let mut host = Host::new(16);
            let add = two(true, 0x0102_0304, 0x0102_0304).with_layout(layout);
            let buffer = add.to_bytes(SpiOrder::Host);
            host.fill(0, layout.oid(), buffer.len(), &buffer);
            let w = host.ring(0);
            // In force for the Spi of association k, and not for those before.
            host.clocks(3 + word - 4);
            assert_eq!(host.write(regs::CTRL, 7), w + 3 + word);
            assert_eq!(host.wait(0), NDIS_STATUS_SUCCESS);
            let spis = [0, 1].map(|row| host.device.table().sa(row).spi);
            let expected = [0x0102_0304, 0x0102_0304];
            let swapped = [0x0403_0201, 0x0102_0304];
            assert_eq!(spis, if k == 0 { expected } else { swapped }, "{layout:?}");
        }
    }
}

#[test]
fn decode_refuses_before_it_looks_at_the_buffer() {
    let mut host = Host::new(16);
    let buffer = sa(true, 4096).to_bytes(SpiOrder::Wire);
    for oid in [0, 0xFC03_0201, 0xFC03_0206, 0xFC01_020C, u32::MAX] {
        assert_eq!(host.command(oid, &buffer), NDIS_STATUS_INVALID_OID);
    }
    for (oid, fixed) in [
        (OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, 28),
        (OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, 169),
        (OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, 170),
    ] {
        for (length, needed) in [
            (0, fixed),
            (fixed - 1, fixed),
            (513, 0),
            (u32::MAX, 0),
            (0x1_00B0, 0),
        ] {
            host.fill(0, oid, 0, &buffer);
            host.write(regs::mailbox_slot_length(0), length);
            host.ring(0);
            assert_eq!(host.wait(0), NDIS_STATUS_INVALID_LENGTH);
            assert_eq!(
                host.read(regs::mailbox_slot_bytes_needed(0)),
                needed,
                "{length}"
            );
            assert_eq!(host.read(regs::mailbox_slot_bytes_read(0)), 0);
        }
    }
    // Off, disabled, AH alone; then on again.
    host.write(regs::CTRL, 2);
    assert_eq!(host.issue(&sa(true, 4096)), NDIS_STATUS_NOT_SUPPORTED);
    host.write(regs::CTRL, 3);
    for (ipsecv2, status) in [
        (1, NDIS_STATUS_NOT_SUPPORTED),
        (2, NDIS_STATUS_NOT_SUPPORTED),
        (3, NDIS_STATUS_SUCCESS),
    ] {
        host.write(regs::IPSECV2, ipsecv2);
        assert_eq!(host.issue(&sa(true, 4096)), status, "IPSECV2 {ipsecv2}");
    }
    // Malformed while AH alone is on: the contents come first.
    host.write(regs::IPSECV2, 2);
    assert_eq!(
        host.issue(&but(|a| a.num_ext_hdrs = 9)),
        NDIS_STATUS_INVALID_DATA
    );
    // Delete works with everything off.
    host.write(regs::CTRL, 0);
    assert_eq!(host.delete(1), NDIS_STATUS_SUCCESS);
    assert_eq!(host.read(regs::SA_COUNT), 0);
    host.write(regs::CTRL, 3);
    host.write(regs::IPSECV2, 4);
    host.write(regs::HALT, 1);
    assert_eq!(host.issue(&sa(true, 4096)), NDIS_STATUS_NOT_ACCEPTED);
    assert_eq!(host.delete(1), NDIS_STATUS_NOT_ACCEPTED);
    assert_eq!(host.command(0, &buffer), NDIS_STATUS_NOT_ACCEPTED);
    host.write(regs::HALT, 0);
    assert_eq!(host.issue(&sa(true, 4096)), NDIS_STATUS_SUCCESS);
}

#[test]
fn spi_order_is_a_setting() {
    let mut host = Host::new(16);
    host.write(regs::CTRL, 7);
    let add = sa(true, 0x1020_3040);
    let handle = {
        assert_eq!(
            host.command(add.layout.oid(), &add.to_bytes(SpiOrder::Host)),
            0
        );
        host.handle(0, add.layout)
    };
    assert_eq!(
        host.device.table().sa(2 * (handle as u32 - 1)).spi,
        0x1020_3040
    );
    // The same bytes in the other order are another SPI.
    host.write(regs::CTRL, 3);
    assert_eq!(
        host.command(add.layout.oid(), &add.to_bytes(SpiOrder::Host)),
        0
    );
    assert_eq!(
        host.issue(&add),
        NDIS_STATUS_INVALID_PARAMETER,
        "a duplicate of the first"
    );
}

#[test]
fn spi_order_counts_behind_the_fetch_of_the_spi() {
    // Grant w + 1, DECODE w + 2, word k at w + 3 + k, its order one edge later.
    for (layout, word) in [(AddLayout::Plain, 19), (AddLayout::Ex, 17)] {
        for (late, order) in [(false, SpiOrder::Host), (true, SpiOrder::Wire)] {
            let mut host = Host::new(16);
            let add = sa(true, 0x0102_0304).with_layout(layout);
            let buffer = add.to_bytes(order);
            host.fill(0, layout.oid(), buffer.len(), &buffer);
            let w = host.ring(0);
            host.clocks(3 + word - 4 + u64::from(late));
            let changed = host.write(regs::CTRL, 7);
            assert_eq!(changed, w + 3 + word + u64::from(late));
            assert_eq!(host.wait(0), NDIS_STATUS_SUCCESS);
            assert_eq!(
                host.device.table().sa(0).spi,
                0x0102_0304,
                "{layout:?} late {late}"
            );
        }
    }
}

#[test]
fn every_row_of_update_has_its_status() {
    let data = NDIS_STATUS_INVALID_DATA;
    let parameter = NDIS_STATUS_INVALID_PARAMETER;
    for inbound in [false, true] {
        let mut host = Host::new(16);
        let handle = host.add(&esn(inbound, 4096, 1));
        let without = host.add(&sa(inbound, 4097));
        let dead = host.add(&esn(inbound, 4098, 1));
        host.delete(dead);
        let good = UpdateSa::new(handle, 2, 4096, 0x8765_4321);
        let but = |change: fn(&mut UpdateSa)| {
            let mut update = good;
            change(&mut update);
            update
        };
        let rows = [
            ("type", but(|u| u.header.object_type = 0x81), data),
            ("revision 0", but(|u| u.header.revision = 0), data),
            ("size 27", but(|u| u.header.size = 27), data),
            (
                "type before handle",
                but(|u| (u.header.object_type = 0, u.offload_handle = 0).1),
                data,
            ),
            ("handle 0", but(|u| u.offload_handle = 0), parameter),
            ("handle 17", but(|u| u.offload_handle = 17), parameter),
            ("handle FFFF", but(|u| u.offload_handle = 0xFFFF), parameter),
            (
                "upper half",
                but(|u| u.offload_handle |= 1 << 32),
                parameter,
            ),
            (
                "generation",
                but(|u| u.offload_handle |= 1 << 16),
                parameter,
            ),
            ("deleted", UpdateSa::new(dead, 2, 4098, 1), parameter),
            (
                "its slot, not taken again",
                UpdateSa::new(dead + 0x1_0000, 2, 4098, 1),
                parameter,
            ),
            ("AH", but(|u| u.operation = 1), parameter),
            ("Operation 3", but(|u| u.operation = 3), parameter),
            ("SPI", but(|u| u.spi = 4097), parameter),
            ("without ESN", UpdateSa::new(without, 2, 4097, 1), parameter),
            ("good", good, NDIS_STATUS_SUCCESS),
            (
                "larger size, other revision",
                but(|u| (u.header.size = 32, u.header.revision = 9).1),
                NDIS_STATUS_SUCCESS,
            ),
        ];
        for (what, update, expected) in rows {
            let before = host.device.table().sa(0).seq_high;
            let status = host.update(&update);
            assert_eq!(status, expected, "{what}: {}", status_name(status));
            let ok = status == NDIS_STATUS_SUCCESS;
            let word = if ok {
                good.sequence_number_high_order
            } else {
                before
            };
            assert_eq!(host.device.table().sa(0).seq_high, word, "{what}");
            assert_eq!(
                host.read(regs::mailbox_slot_bytes_read(0)),
                if ok { 32 } else { 0 }
            );
            for at in [0x30, 0x34, 0x38] {
                assert_eq!(host.read(regs::mailbox_slot_window(0) + at), 0, "no handle");
            }
        }
        // Any length from 28 to 512 is taken; the capability is looked at before the handle.
        let mut buffer = good.to_bytes(SpiOrder::Wire);
        buffer.resize(512, 0xFF);
        let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
        for length in [512, 33, 28] {
            buffer.truncate(length);
            assert_eq!(host.command(oid, &buffer), NDIS_STATUS_SUCCESS);
            assert_eq!(host.read(regs::mailbox_slot_bytes_read(0)), length as u32);
        }
        for (ctrl, ipsecv2, status) in [
            (0, 4, parameter),
            (1, 1, parameter),
            (1, 2, NDIS_STATUS_SUCCESS),
            (1, 4, NDIS_STATUS_SUCCESS),
        ] {
            host.write(regs::CTRL, ctrl);
            host.write(regs::IPSECV2, ipsecv2);
            assert_eq!(host.update(&good), status, "CTRL {ctrl}, IPSECV2 {ipsecv2}");
        }
        host.write(regs::CTRL, 0);
        host.write(regs::HALT, 1);
        assert_eq!(host.update(&good), NDIS_STATUS_NOT_ACCEPTED);
    }
}

#[test]
fn an_update_may_be_cancelled_until_its_check() {
    let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
    for gap in 0..20 {
        let mut host = Host::new(16);
        let handle = host.add(&esn(true, 4096, 1));
        let buffer = UpdateSa::new(handle, 2, 4096, 2).to_bytes(SpiOrder::Wire);
        host.fill(0, oid, buffer.len(), &buffer);
        let w = host.ring(0);
        host.clocks(gap);
        // Grant w + 1, DECODE w + 2, FETCH to w + 10, CHECK w + 11.
        let cancelled = host.write(regs::mailbox_slot_doorbell(0), 2) < w + 11;
        let status = host.wait(0);
        let (expected, word) = if cancelled {
            (NDIS_STATUS_REQUEST_ABORTED, 1)
        } else {
            (NDIS_STATUS_SUCCESS, 2)
        };
        assert_eq!(status, expected, "gap {gap}");
        assert_eq!(host.device.table().sa(0).seq_high, word);
    }
}

#[test]
fn spi_order_of_an_update_counts_behind_its_fetch() {
    let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
    for (late, order) in [(false, SpiOrder::Host), (true, SpiOrder::Wire)] {
        let mut host = Host::new(16);
        let handle = host.add(&esn(true, 0x0102_0304, 1));
        let buffer = UpdateSa::new(handle, 2, 0x0102_0304, 2).to_bytes(order);
        host.fill(0, oid, buffer.len(), &buffer);
        let w = host.ring(0);
        host.clocks(3 + 5 - 4 + u64::from(late));
        let changed = host.write(regs::CTRL, 7);
        assert_eq!(changed, w + 3 + 5 + u64::from(late));
        assert_eq!(host.wait(0), NDIS_STATUS_SUCCESS, "late {late}");
    }
}

#[test]
fn new_settings_outlast_a_soft_reset_and_not_a_hard_one() {
    let mut host = Host::new(16);
    let values = [
        (regs::SA_WATERMARK, 7, 0xFFFF),
        (regs::SA_DELETE_REPEAT, 9, 0),
        (regs::PARITY_INJECT, 5, 0),
        (regs::SA_STATS_HANDLE, 0x1_0003, 0),
        (regs::UDP_PORT, 7, 4500),
    ];
    for (addr, value, _) in values {
        host.write(addr, value);
    }
    host.soft_reset();
    host.clocks(100);
    for (addr, value, _) in values {
        assert_eq!(host.read(addr), value, "{addr:#x}");
    }
    host.device.reset();
    host.clocks(100);
    for (addr, _, reset) in values {
        assert_eq!(host.read(addr), reset, "{addr:#x}");
    }
}

#[test]
fn an_injection_is_used_up_by_the_row_that_gets_it() {
    let mut host = Host::new(16);
    host.write(regs::PARITY_INJECT, 7);
    // Refused commands write nothing.
    host.issue(&but(|a| a.num_ext_hdrs = 0));
    assert_eq!(host.read(regs::PARITY_INJECT), 7);
    let handle = host.add(&esn(true, 4096, 1));
    assert_eq!(host.read(regs::PARITY_INJECT), 0);
    assert!(host.device.table().parity_error(0) && !host.device.table().parity_error(1 << 1));
    host.write(regs::PARITY_INJECT, 7);
    let update = UpdateSa::new(handle, 2, 4096, 2);
    assert_eq!(host.update(&update), NDIS_STATUS_SUCCESS);
    assert_eq!(host.read(regs::PARITY_INJECT), 3, "the ESN row alone");
    assert_eq!(host.delete(handle), NDIS_STATUS_SUCCESS);
    assert!(!host.device.table().parity_error(0));
    assert_eq!(host.read(regs::PARITY_INJECT), 3, "zeroes are right");
    // Outbound ADD: WRITE at w + 100, PUBLISH at w + 101. A write of the register at the edge of a use wins.
    for (at, rest) in [(99, 0), (100, 5), (101, 7), (102, 7)] {
        let mut host = Host::new(16);
        host.write(regs::PARITY_INJECT, 7);
        let buffer = esn(false, 4096, 1).to_bytes(SpiOrder::Wire);
        host.fill(
            0,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
            buffer.len(),
            &buffer,
        );
        let w = host.ring(0);
        host.clocks(at - 4);
        assert_eq!(host.write(regs::PARITY_INJECT, 7), w + at);
        assert_eq!(host.wait(0), NDIS_STATUS_SUCCESS);
        assert_eq!(host.read(regs::PARITY_INJECT), rest, "at {at}");
        assert!(host.device.table().parity_error(0));
    }
}

#[test]
fn duplicates_are_inbound_and_of_the_whole_key() {
    let mut host = Host::new(16);
    let first = host.add(&sa(true, 4096));
    assert_eq!(host.issue(&sa(true, 4096)), NDIS_STATUS_INVALID_PARAMETER);
    // Another source is no other key; another destination, version, direction or the wildcard is.
    assert_eq!(
        host.issue(&AddSa::esp_gcm(true, v4(9), v4(2), 4096, &KEY)),
        NDIS_STATUS_INVALID_PARAMETER
    );
    host.add(&AddSa::esp_gcm(true, v4(1), v4(3), 4096, &KEY));
    let any = AddSa::esp_gcm(true, v4(1), Ipv4Addr::UNSPECIFIED.into(), 4096, &KEY);
    host.add(&any);
    assert_eq!(host.issue(&any), NDIS_STATUS_INVALID_PARAMETER);
    let any6 = AddSa::esp_gcm(true, v4(1), Ipv6Addr::UNSPECIFIED.into(), 4096, &KEY);
    host.add(&any6);
    host.add(&sa(false, 4096));
    host.add(&sa(false, 4096));
    assert_eq!(host.delete(first), 0);
    host.add(&sa(true, 4096));
    assert_eq!(host.read(regs::SA_COUNT), 6);
}

/// SPIs of inbound IPv4 SAs to 192.0.2.2 that share one bucket.
fn colliding(n: usize, num_sa: usize) -> Vec<u32> {
    (256..)
        .filter(|spi| {
            let key = IndexKey {
                v6: false,
                ah: false,
                spi: *spi,
                dst: 0xC000_0202,
            };
            bucket(0, &key, num_sa) == 3
        })
        .take(n)
        .collect()
}

#[test]
fn every_bundle_is_usable_whatever_the_spis() {
    for num_sa in [16, 1024] {
        let mut host = Host::new(num_sa);
        let spis = colliding(num_sa as usize + 2, num_sa as usize);
        let mut handles = Vec::new();
        for spi in &spis[..num_sa as usize] {
            handles.push(host.add(&sa(true, *spi)));
        }
        assert_eq!(host.read(regs::SA_COUNT), num_sa);
        assert_eq!(handles.last(), Some(&u64::from(num_sa)));
        let last = &spis[num_sa as usize..];
        assert_eq!(host.issue(&sa(true, last[0])), NDIS_STATUS_RESOURCES);
        assert_eq!(host.issue(&sa(false, last[0])), NDIS_STATUS_RESOURCES);
        // A duplicate is told before the lack of room.
        assert_eq!(
            host.issue(&sa(true, spis[0])),
            NDIS_STATUS_INVALID_PARAMETER
        );
        // From the middle, the end and the head of the chain.
        for k in [num_sa as usize / 2, 0, num_sa as usize - 1] {
            assert_eq!(host.delete(handles[k]), 0);
            let handle = host.add(&sa(true, spis[k]));
            assert_eq!(
                handle,
                handles[k] + 0x1_0000,
                "the slot is reused, the generation moved"
            );
            assert_eq!(host.issue(&sa(true, last[1])), NDIS_STATUS_RESOURCES);
        }
    }
}

#[test]
fn every_bundle_of_two_is_usable_whatever_the_spis() {
    let (num_sa, n) = (16, 16_usize);
    for ah_bucket in [3, 9] {
        let mut host = Host::new(num_sa);
        let (esp, ah) = (
            of_bucket(3, false, n + 2),
            of_bucket(ah_bucket, true, n + 2),
        );
        let handles: Vec<_> = (0..n)
            .map(|k| host.add(&two(true, esp[k], ah[k])))
            .collect();
        assert_eq!(host.read(regs::SA_COUNT), num_sa);
        for (esp, ah) in [(esp[n], ah[n]), (esp[n + 1], ah[n + 1])] {
            assert_eq!(host.issue(&two(true, esp, ah)), NDIS_STATUS_RESOURCES);
            assert_eq!(host.issue(&two(false, esp, ah)), NDIS_STATUS_RESOURCES);
        }
        // Duplicates of the first and of the last entry of the full chains.
        for k in [0, 1, n / 2, n - 2, n - 1] {
            for (esp, ah) in [(esp[k], ah[n]), (esp[n], ah[k])] {
                let status = host.issue(&two(true, esp, ah));
                assert_eq!(status, NDIS_STATUS_INVALID_PARAMETER, "{k}");
            }
        }
        for k in [n / 2, 0, n - 1] {
            assert_eq!(host.delete(handles[k]), 0);
            assert_eq!(host.add(&two(true, esp[k], ah[k])), handles[k] + 0x1_0000);
        }
        let status = host.issue(&two(true, esp[n], ah[n]));
        assert_eq!(status, NDIS_STATUS_RESOURCES);
    }
}

#[test]
fn the_limit_lowers_what_may_be_added() {
    let mut host = Host::new(16);
    host.write(regs::SA_LIMIT, 2);
    assert_eq!(host.read(regs::caps_current(7)), 2);
    host.add(&sa(true, 4096));
    host.add(&sa(true, 4097));
    assert_eq!(host.issue(&sa(true, 4098)), NDIS_STATUS_RESOURCES);
    host.write(regs::SA_LIMIT, 1);
    assert_eq!(host.read(regs::SA_COUNT), 2, "they stay");
    assert_eq!(host.delete(1), 0);
    assert_eq!(host.issue(&sa(true, 4098)), NDIS_STATUS_RESOURCES);
    host.write(regs::SA_LIMIT, 1000);
    assert_eq!(host.read(regs::SA_LIMIT), 16);
    host.add(&sa(true, 4098));
}

#[test]
fn delete_never_fails_and_counts_what_was_not_there() {
    let mut host = Host::new(16);
    let handle = host.add(&sa(true, 4096));
    let unknown = |host: &mut Host| host.counter(regs::COUNTERS_DELETES_UNKNOWN_LO);
    let delete = OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    let good = DeleteSa::new(handle);
    let mut n = 0;
    for wrong in [
        0,
        2,
        17,
        0xFFFF,
        handle | 1 << 16,
        handle | 1 << 32,
        handle | 1 << 63,
    ] {
        assert_eq!(host.delete(wrong), 0);
        n += 1;
        assert_eq!(unknown(&mut host), n, "handle {wrong:#x}");
    }
    let mut malformed = vec![good; 3];
    malformed[0].header.object_type = 0;
    malformed[1].header.revision = 0;
    malformed[2].header.size = 23;
    for bad in malformed {
        assert_eq!(host.command(delete, &bad.to_bytes()), 0);
        n += 1;
        assert_eq!(unknown(&mut host), n);
    }
    let short = &good.to_bytes()[..23];
    assert_eq!(host.command(delete, short), 0);
    let mut long = good.to_bytes();
    long.resize(513, 0);
    host.fill(0, delete, 513, &long[..512]);
    host.ring(0);
    assert_eq!(host.wait(0), 0);
    assert_eq!(unknown(&mut host), n + 2);
    assert_eq!(host.read(regs::SA_COUNT), 1, "nothing was deleted so far");
    assert_eq!(host.delete(handle), 0);
    assert_eq!(host.read(regs::mailbox_slot_bytes_read(0)), 24);
    assert_eq!(host.read(regs::SA_COUNT), 0);
    assert_eq!(unknown(&mut host), n + 2);
    assert_eq!(host.delete(handle), 0);
    assert_eq!(unknown(&mut host), n + 3, "deleted twice");
}

#[test]
fn delete_waits_for_the_frames_of_its_direction() {
    for inbound in [false, true] {
        let mut host = Host::new(16);
        let handle = host.add(&sa(inbound, 4096));
        // Two frames were looked up in stage 1; the other direction is endlessly busy.
        let (path, other) = if inbound {
            (&mut host.rx, &mut host.tx)
        } else {
            (&mut host.tx, &mut host.rx)
        };
        (path.taken[1], path.verdicts[1]) = (1, u32::MAX);
        other.taken[0] = 7;
        host.fill(
            0,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
            24,
            &DeleteSa::new(handle).to_bytes(),
        );
        host.ring(0);
        host.clocks(500);
        assert_eq!(host.status(0), NDIS_STATUS_PENDING);
        // Invisible at once, in the count until it is freed; the engine serves others meanwhile.
        assert!(!host.device.table().bundle(0).live);
        assert_eq!(host.read(regs::SA_COUNT), 1);
        let key = IndexKey {
            v6: false,
            ah: false,
            spi: 4096,
            dst: 0xC000_0202,
        };
        assert_eq!(host.device.table().find(0, &key), (0, None));
        assert_ne!(
            host.device.table().sa(0).key.bytes(),
            [0; 16],
            "frames still use the key"
        );
        let second = sa(inbound, 4096);
        host.fill(
            1,
            second.layout.oid(),
            188,
            &second.to_bytes(SpiOrder::Wire),
        );
        host.ring(1);
        assert_eq!(host.wait(1), 0, "the same key may come again");
        assert_eq!(host.handle(1, second.layout), 2);
        // Another delete of the same handle finds nothing; a cancel comes too late.
        host.fill(
            2,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
            24,
            &DeleteSa::new(handle).to_bytes(),
        );
        host.ring(2);
        assert_eq!(host.wait(2), 0);
        assert_eq!(host.counter(regs::COUNTERS_DELETES_UNKNOWN_LO), 1);
        host.write(regs::mailbox_slot_doorbell(0), 2);
        // A frame that was taken later does not matter.
        let path = if inbound { &mut host.rx } else { &mut host.tx };
        path.taken[1] = 9;
        path.verdicts[1] = 0;
        host.clocks(200);
        assert_eq!(host.status(0), NDIS_STATUS_PENDING, "one frame is missing");
        let path = if inbound { &mut host.rx } else { &mut host.tx };
        path.verdicts[1] = 1;
        // Pending after the next edge, granted, ZERO 2, FREE 1, WIPE 32.
        host.clocks(36);
        assert_eq!(host.device.table().bundle(0).generation, 1);
        assert_eq!(host.device.table().sa(0).key.bytes(), [0; 16]);
        host.write(regs::INTR_STATE, u32::MAX);
        assert_eq!(host.status(0), NDIS_STATUS_SUCCESS);
        assert_eq!(host.read(regs::SA_COUNT), 1);
    }
}

#[test]
fn cancel_acts_before_the_table_is_touched() {
    let add = sa(true, 4096);
    let buffer = add.to_bytes(SpiOrder::Wire);
    // Edges from doorbell to cancel: writes are 4 apart at least. CHECK is at w + 46.
    for (gap, status) in [
        (0, NDIS_STATUS_REQUEST_ABORTED),
        (37, NDIS_STATUS_REQUEST_ABORTED),
        (41, NDIS_STATUS_REQUEST_ABORTED),
        (42, NDIS_STATUS_SUCCESS),
        (100, NDIS_STATUS_SUCCESS),
    ] {
        let mut host = Host::new(16);
        host.fill(0, add.layout.oid(), buffer.len(), &buffer);
        let w = host.ring(0);
        host.clocks(gap);
        let cancel = host.write(regs::mailbox_slot_doorbell(0), 2);
        assert_eq!(cancel, w + 4 + gap);
        assert_eq!(host.wait(0), status, "cancelled {} edges behind", 4 + gap);
        // Cancel without a command, and beside a start, is ignored.
        host.write(regs::mailbox_slot_doorbell(0), 2);
        host.fill(
            0,
            add.layout.oid(),
            buffer.len(),
            &but(|a| a.sec_assoc[0].spi = 9999).to_bytes(SpiOrder::Wire),
        );
        host.write(regs::mailbox_slot_doorbell(0), 3);
        assert_eq!(host.wait(0), NDIS_STATUS_SUCCESS);
    }
}

#[test]
fn a_slot_is_deaf_while_it_is_busy() {
    let mut host = Host::new(16);
    let add = sa(true, 4096);
    let buffer = add.to_bytes(SpiOrder::Wire);
    host.fill(0, add.layout.oid(), buffer.len(), &buffer);
    host.ring(0);
    host.write(regs::mailbox_slot_oid(0), 0);
    host.write(regs::mailbox_slot_length(0), 3);
    host.write(regs::mailbox_slot_window(0) + 0x10, 77);
    host.ring(0);
    host.ring(0);
    assert_eq!(host.wait(0), NDIS_STATUS_SUCCESS);
    assert_eq!(host.counter(regs::COUNTERS_DOORBELLS_BUSY_LO), 2);
    assert_eq!(host.read(regs::mailbox_slot_oid(0)), add.layout.oid());
    assert_eq!(host.read(regs::mailbox_slot_length(0)), buffer.len() as u32);
}

#[test]
fn slots_are_served_in_turn() {
    let mut host = Host::new(16);
    for slot in 0..4 {
        let add = sa(true, 4096 + slot);
        let buffer = add.to_bytes(SpiOrder::Wire);
        host.fill(slot, add.layout.oid(), buffer.len(), &buffer);
    }
    // Slot 2 is granted first; then 3, 0, 1 whatever the order of the doorbells.
    for slot in [2, 1, 0, 3] {
        host.ring(slot);
    }
    let handles: Vec<_> = (0..4)
        .map(|slot| {
            assert_eq!(host.wait(slot), 0);
            host.handle(slot, AddLayout::Plain)
        })
        .collect();
    assert_eq!(handles, [3, 4, 1, 2]);
}

// ------------------------------------------------------------------------------------------------
// Timing
// ------------------------------------------------------------------------------------------------

/// Edges from the doorbell to the edge at which the slot is done, by the interrupt pin.
fn duration(host: &mut Host, oid: u32, buffer: &[u8]) -> u64 {
    host.fill(3, oid, buffer.len(), buffer);
    host.write(regs::INTR_STATE, u32::MAX);
    host.write(regs::INTR_ENABLE, 8);
    let w = host.ring(3);
    while !host.irq {
        host.clocks(1);
    }
    // INTR_STATE is set at the edge before the one at which irq_o rises.
    let done = host.edge - 1;
    assert_eq!(host.read(regs::mailbox_slot_state(3)), 2);
    host.write(regs::INTR_STATE, 8);
    host.clocks(1);
    assert!(!host.irq);
    done - w
}

#[test]
fn commands_take_the_clocks_of_the_formulae() {
    let mut host = Host::new(16);
    let spis = colliding(5, 16);
    // Grant, DECODE, FETCH, CHECK, DUP, ALLOC, KEY, HKEY, WRITE, LINK, PUBLISH, WIPE.
    for (entries, spi) in spis.iter().enumerate() {
        let add = sa(true, *spi);
        let expected = 1 + 1 + 43 + 1 + (2 + entries as u64) + 1 + 36 + 16 + 1 + 1 + 1 + 32;
        let bytes = add.to_bytes(SpiOrder::Wire);
        assert_eq!(duration(&mut host, add.layout.oid(), &bytes), expected);
    }
    // The chain is walked to its end even when the duplicate is its first entry.
    let bytes = sa(true, spis[4]).to_bytes(SpiOrder::Wire);
    let add_oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA;
    assert_eq!(
        duration(&mut host, add_oid, &bytes),
        1 + 1 + 43 + 1 + 7 + 32
    );
    // Outbound: no DUP, no LINK.
    let bytes = sa(false, 4096).to_bytes(SpiOrder::Wire);
    assert_eq!(
        duration(&mut host, add_oid, &bytes),
        1 + 1 + 43 + 1 + 1 + 36 + 16 + 1 + 1 + 32
    );
    // Refused at DECODE and at CHECK.
    assert_eq!(duration(&mut host, 0, &bytes), 1 + 1 + 32);
    let bad = but(|a| a.num_ext_hdrs = 0).to_bytes(SpiOrder::Wire);
    assert_eq!(duration(&mut host, add_oid, &bad), 1 + 1 + 43 + 1 + 32);
    // DELETE: UNLINK by position; then pending again, granted, ZERO, FREE, WIPE.
    let delete_oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    for (handle, unlink) in [(6, 1), (1, 2 + 5), (5, 2 + 1), (3, 2 + 2)] {
        let bytes = DeleteSa::new(handle).to_bytes();
        let expected = 1 + 1 + 6 + 1 + unlink + 1 + 1 + 2 + 1 + 32;
        assert_eq!(
            duration(&mut host, delete_oid, &bytes),
            expected,
            "handle {handle}"
        );
    }
    let bytes = DeleteSa::new(77).to_bytes();
    assert_eq!(duration(&mut host, delete_oid, &bytes), 1 + 1 + 6 + 1 + 32);
    // UPDATE, and one that is refused at CHECK.
    let handle = host.add(&esn(true, 5000, 1));
    for (handle, update) in [(handle, 1), (77, 0)] {
        let bytes = UpdateSa::new(handle, 2, 5000, 2).to_bytes(SpiOrder::Wire);
        assert_eq!(
            duration(&mut host, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, &bytes),
            1 + 1 + 8 + 1 + update + 32
        );
    }
}

/// Keys of one protocol to 192.0.2.2 that share one bucket of a table of 16 bundles.
fn of_bucket(wanted: usize, ah: bool, n: usize) -> Vec<u32> {
    let key = |spi| IndexKey {
        v6: false,
        ah,
        spi,
        dst: 0xC000_0202,
    };
    (256..)
        .filter(|spi| bucket(0, &key(*spi), 16) == wanted)
        .take(n)
        .collect()
}

#[test]
fn bundles_of_two_take_the_clocks_of_the_formulae() {
    const TO_CHECK: u64 = 1 + 1 + 43 + 1;
    const RECORDS: u64 = 2 * (36 + 16 + 1);
    let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA;
    let delete_oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    // The AH keys in the bucket of the ESP keys, and in another.
    for ah_bucket in [3, 4] {
        let mut host = Host::new(16);
        let (esp, ah) = (of_bucket(3, false, 6), of_bucket(ah_bucket, true, 6));
        let same = ah_bucket == 3;
        for k in 0..4_usize {
            let bytes = two(true, esp[k], ah[k]).to_bytes(SpiOrder::Wire);
            // Neither is linked while they are looked for.
            let entries = if same { 2 * k } else { k } as u64;
            assert_eq!(
                duration(&mut host, oid, &bytes),
                TO_CHECK + 2 * (2 + entries) + 1 + RECORDS + 2 + 1 + 32
            );
        }
        let entries = if same { 8 } else { 4 };
        // Duplicates of the ESP, and of the AH.
        for (esp, ah, dup) in [
            (esp[0], ah[5], 2 + entries),
            (esp[3], ah[3], 2 + entries),
            (esp[5], ah[0], 2 * (2 + entries)),
            (esp[5], ah[3], 2 * (2 + entries)),
        ] {
            let bytes = two(true, esp, ah).to_bytes(SpiOrder::Wire);
            assert_eq!(duration(&mut host, oid, &bytes), TO_CHECK + dup + 32);
            assert_eq!(host.status(3), NDIS_STATUS_INVALID_PARAMETER);
        }
        // Bundle 5 has no entry in the chains.
        let bytes = two(false, esp[0], ah[0]).to_bytes(SpiOrder::Wire);
        assert_eq!(
            duration(&mut host, oid, &bytes),
            TO_CHECK + 1 + RECORDS + 1 + 32
        );
        // In one bucket: AH of 4, ESP of 4, AH of 3, ... and ESP goes first.
        let unlinks = if same {
            [
                (5, 1),
                (2, 2 + 6 + 4 + 5),
                (4, 2 + 2 + 4 + 1),
                (1, 2 + 4 + 4 + 3),
                (3, 2 + 2 + 4 + 1),
            ]
        } else {
            [
                (5, 1),
                (2, 2 + 3 + 4 + 3),
                (4, 2 + 1 + 4 + 1),
                (1, 2 + 2 + 4 + 2),
                (3, 2 + 1 + 4 + 1),
            ]
        };
        for (handle, unlink) in unlinks {
            let bytes = DeleteSa::new(handle).to_bytes();
            assert_eq!(
                duration(&mut host, delete_oid, &bytes),
                1 + 1 + 6 + 1 + unlink + 1 + 1 + 2 + 1 + 32,
                "handle {handle}"
            );
        }
        assert_eq!(host.read(regs::SA_COUNT), 0);
        assert!((0..64).all(|bucket| host.device.table().head(bucket).is_none()));
    }
}

#[test]
fn init_done_comes_with_the_last_edge_of_the_sweep() {
    for num_sa in [16, 1024] {
        let sweep = u64::from(num_sa.max(64));
        for (before, expected) in [(sweep - 3, 0b1100), (sweep - 2, 0b1101)] {
            let mut host = Host::in_reset(num_sa);
            host.clocks(before);
            // Sampled at the third edge from here, which sees the edges before it.
            assert_eq!(host.read(regs::STATUS), expected);
        }
    }
}

// ------------------------------------------------------------------------------------------------
// Resets
// ------------------------------------------------------------------------------------------------

#[test]
fn commands_in_a_reset_end_at_once() {
    let mut host = Host::in_reset(1024);
    for (slot, oid, status) in [
        (
            0,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
            NDIS_STATUS_RESET_IN_PROGRESS,
        ),
        (
            1,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
            NDIS_STATUS_RESET_IN_PROGRESS,
        ),
        (
            2,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
            NDIS_STATUS_NOT_ACCEPTED,
        ),
        (3, 0, NDIS_STATUS_RESET_IN_PROGRESS),
    ] {
        host.write(regs::mailbox_slot_oid(slot), oid);
        host.ring(slot);
        assert_eq!(host.status(slot), status);
    }
    assert_eq!(host.read(regs::INTR_STATE), 0xF);
    assert_eq!(host.counter(regs::COUNTERS_COMMANDS_FAILED_LO), 4);
    // What was written into a window before INIT_DONE is not there.
    let buffer = sa(true, 4096).to_bytes(SpiOrder::Wire);
    host.fill(
        0,
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
        buffer.len(),
        &buffer,
    );
    host.clocks(1024);
    host.write(regs::CTRL, 3);
    host.ring(0);
    assert_eq!(host.wait(0), NDIS_STATUS_INVALID_DATA);
}

#[test]
fn a_soft_reset_aborts_everything_and_forgets_the_sas() {
    let mut host = Host::new(16);
    let old = host.add(&sa(true, 4096));
    host.rx.taken[0] = 1; // a frame that never ends
    for (slot, oid, buffer) in [
        (
            0,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
            DeleteSa::new(old).to_bytes(),
        ),
        (
            1,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
            sa(true, 1).to_bytes(SpiOrder::Wire),
        ),
        (
            2,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
            sa(true, 4097).to_bytes(SpiOrder::Wire),
        ),
    ] {
        host.fill(slot, oid, buffer.len(), &buffer);
    }
    host.ring(1);
    assert_eq!(host.wait(1), NDIS_STATUS_INVALID_PARAMETER);
    host.ring(0);
    host.clocks(100);
    host.ring(2);
    host.rx.empty = false;
    host.write(regs::SA_LIMIT, 9);
    host.soft_reset();
    assert_eq!(host.read(regs::STATUS), 0b0110);
    assert_eq!(host.status(0), NDIS_STATUS_REQUEST_ABORTED);
    assert_eq!(host.status(1), NDIS_STATUS_INVALID_PARAMETER, "it was over");
    assert_eq!(host.status(2), NDIS_STATUS_REQUEST_ABORTED);
    assert!(host.device.rx_control().cut && !host.device.rx_control().open);
    host.clocks(1000);
    assert_eq!(host.read(regs::STATUS), 0b0110, "a frame is on its way");
    host.soft_reset();
    host.rx.empty = true;
    host.clocks(64);
    assert_eq!(host.read(regs::STATUS), 0b1101);
    assert_eq!(host.read(regs::SA_COUNT), 0);
    assert_eq!(
        (host.read(regs::CTRL), host.read(regs::SA_LIMIT)),
        (3, 9),
        "settings stay"
    );
    assert_eq!(host.delete(old), 0);
    assert_eq!(
        host.counter(regs::COUNTERS_DELETES_UNKNOWN_LO),
        1,
        "the old handle is dead"
    );
    assert_eq!(
        host.add(&sa(true, 4096)),
        1,
        "and all slots are free in order"
    );
}

#[test]
fn a_soft_reset_at_any_edge_of_a_command_leaves_a_clean_table() {
    let add = sa(true, 4096);
    let buffer = add.to_bytes(SpiOrder::Wire);
    for gap in 0..150 {
        let mut host = Host::new(16);
        host.fill(0, add.layout.oid(), buffer.len(), &buffer);
        host.ring(0);
        host.clocks(gap);
        host.soft_reset();
        let status = host.status(0);
        assert!(
            matches!(status, NDIS_STATUS_REQUEST_ABORTED | NDIS_STATUS_SUCCESS),
            "{gap}"
        );
        assert_eq!(host.handle(0, add.layout), 0, "shown no more");
        host.clocks(64);
        assert_eq!(host.read(regs::SA_COUNT), 0);
        for spi in 0..16 {
            assert_eq!(host.add(&sa(true, 4096 + spi)), u64::from(spi) + 1);
        }
    }
}

// ------------------------------------------------------------------------------------------------
// Registers
// ------------------------------------------------------------------------------------------------

#[test]
fn registers_show_their_reset_values_and_holes_read_zero() {
    let mut host = Host::in_reset(16);
    let known: std::collections::HashMap<u32, u32> = regs::REGISTERS
        .iter()
        .map(|r| {
            (
                r.address,
                if r.hardware == 0 || r.external {
                    r.reset
                } else {
                    0
                },
            )
        })
        .collect();
    // Those that hardware drives, as this device drives them.
    let hardware = [
        (regs::NUM_SA, 16),
        (regs::STAGES, 2),
        (regs::SA_LIMIT, 16),
        (regs::IPSECV2, 4),
        (regs::STATUS, 0b1101),
        (regs::INTR_STATE, 1 << 5 | 1 << 6),
        (regs::SELFTEST, 1 << 2),
        (regs::caps_hardware(0), 6),
        (regs::caps_hardware(1), 0x0101_0101),
        (regs::FEATURES, 1),
        (regs::caps_hardware(2), 0x0101_0101),
        (regs::caps_hardware(3), 0x0001_0001),
        (regs::caps_hardware(4), 0xF),
        (regs::caps_hardware(5), 0x38),
        (regs::caps_hardware(6), 0x39),
        (regs::caps_hardware(7), 16),
    ];
    host.clocks(70);
    for addr in (0..=0xFFFF_u32).step_by(4) {
        let expected = hardware
            .iter()
            .find(|(a, _)| *a == addr)
            .map_or_else(|| known.get(&addr).copied().unwrap_or(0), |(_, v)| *v);
        assert_eq!(host.read(addr), expected, "{addr:#06x}");
    }
}

#[test]
fn settings_keep_what_is_written_byte_by_byte() {
    let mut host = Host::new(16);
    for (addr, bits) in [
        (regs::INTR_ENABLE, 0x1FF),
        (regs::SA_WATERMARK, 0xFFFF),
        (regs::SA_DELETE_REPEAT, 0xFFFF),
        (regs::UDP_PORT, 0xFFFF),
        (regs::PARITY_INJECT, 7),
        (regs::SA_STATS_HANDLE, u32::MAX),
        (regs::HASH_SEED, u32::MAX),
        (regs::mailbox_slot_oid(2), u32::MAX),
        (regs::mailbox_slot_length(1), u32::MAX),
        (regs::DIAG_LENGTH, 0xFFFF),
        (regs::diag_tuser(2), u32::MAX),
        (regs::COUNTERS_RX_FRAMES_LO, u32::MAX),
    ] {
        host.write(addr, 0x1234_5678);
        assert_eq!(host.read(addr), 0x1234_5678 & bits);
        host.write_bytes(addr, 0xAABB_CCDD, 0b0101);
        assert_eq!(host.read(addr), 0x12BB_56DD & bits, "{addr:#x}");
        // Unaligned addresses are those of their word.
        host.write(addr + 3, 0);
        assert_eq!(host.read(addr + 1), 0);
    }
    // A trigger outside the enabled bytes does not act.
    host.write_bytes(regs::mailbox_slot_doorbell(0), 1, 0b1110);
    assert_eq!(host.read(regs::mailbox_slot_state(0)), 0);
    host.write_bytes(regs::COMMAND, 1, 0b1110);
    assert_eq!(host.read(regs::STATUS) & 1, 1);
}

#[test]
fn the_seed_is_fixed_while_there_are_sas() {
    let mut host = Host::new(16);
    host.write(regs::HASH_SEED, 5);
    let handle = host.add(&sa(true, 4096));
    host.write(regs::HASH_SEED, 6);
    assert_eq!(host.read(regs::HASH_SEED), 5);
    assert_eq!(host.delete(handle), 0);
    host.fill(0, 0, 0, &[]);
    host.ring(0);
    host.write(regs::HASH_SEED, 6);
    assert_eq!(host.read(regs::HASH_SEED), 5, "a slot is busy");
    host.wait(0);
    host.write(regs::HASH_SEED, 6);
    assert_eq!(host.read(regs::HASH_SEED), 6);
    host.soft_reset();
    host.write(regs::HASH_SEED, 7);
    assert_eq!(host.read(regs::HASH_SEED), 6, "INIT_DONE is 0");
}

#[test]
fn a_change_of_the_current_image_is_told() {
    let mut host = Host::in_reset(16);
    host.clocks(64);
    host.write(regs::INTR_STATE, u32::MAX);
    for (addr, value, told) in [
        (regs::IPSECV2, 3, false), // the engine is off: a zero block before and after
        (regs::CTRL, 1, true),
        (regs::CTRL, 3, false), // the gate is no part of the image
        (regs::IPSECV2, 2, true),
        (regs::IPSECV2, 0, false),
        (regs::SA_LIMIT, 16, false),
        (regs::SA_LIMIT, 5, true),
        (regs::IPSECV2, 1, true),
        (regs::SA_LIMIT, 6, false),
        (regs::CTRL, 0, false),
    ] {
        host.write(addr, value);
        assert_eq!(
            host.read(regs::INTR_STATE) >> 4 & 1 != 0,
            told,
            "{addr:#x} = {value}"
        );
        host.write(regs::INTR_STATE, 0x10);
    }
}

#[test]
fn no_key_byte_can_be_read() {
    let mut host = Host::new(16);
    let key: Vec<u8> = (0..36).map(|k| 0x81 + 3 * k).collect();
    let secrets: std::collections::HashSet<[u8; 2]> =
        key.windows(2).map(|w| [w[0], w[1]]).collect();
    let shows = |word: u32| {
        let b = word.to_le_bytes();
        b.windows(2)
            .any(|w| secrets.contains(&[w[0], w[1]]) || secrets.contains(&[w[1], w[0]]))
    };
    let adds = [
        AddSa::esp_gcm(true, v4(1), v4(2), 4096, &key),
        AddSa::esp_gcm(false, v4(1), v4(2), 4096, &key).with_layout(AddLayout::Ex),
    ];
    for (slot, add) in adds.iter().enumerate() {
        let buffer = add.to_bytes(SpiOrder::Wire);
        host.fill(slot as u32, add.layout.oid(), buffer.len(), &buffer);
        // Written, not yet started; the whole window reads zero.
        for k in 0..128 {
            assert_eq!(host.read(regs::mailbox_slot_window(slot as u32) + 4 * k), 0);
        }
        host.ring(slot as u32);
        // While the command runs, too.
        for k in 0..30 {
            assert_eq!(
                host.read(regs::mailbox_slot_window(slot as u32) + 0xA8 + 4 * (k % 10)),
                0
            );
        }
        assert_eq!(host.wait(slot as u32), 0);
    }
    for addr in (0..=0xFFFF_u32).step_by(4) {
        let word = host.read(addr);
        assert!(!shows(word), "{addr:#06x} reads {word:#010x}");
    }
    for (slot, add) in adds.iter().enumerate() {
        assert_eq!(host.handle(slot as u32, add.layout), slot as u64 + 1);
    }
    // The window was wiped: the same doorbell again finds a zero header.
    host.ring(0);
    assert_eq!(host.wait(0), NDIS_STATUS_INVALID_DATA);
    // Debug output of the whole control plane.
    let text = format!("{:?}", host.device);
    assert!(!text.contains("129, 132, 135"), "the key is printed");
    let sa = host.device.table().sa(0);
    for secret in [u128::from(sa.salt), sa.h] {
        assert!(
            secret != 0 && !text.contains(&secret.to_string()),
            "salt or H is printed"
        );
    }
}

// ------------------------------------------------------------------------------------------------
// AXI4-Lite
// ------------------------------------------------------------------------------------------------

/// A legal AXI4-Lite master whose stalls and accesses are random.
#[derive(Clone, Debug)]
struct Traffic {
    accesses: Vec<(bool, u16, u32, u8)>,
    stalls: Vec<u8>,
}

fn traffic() -> impl Strategy<Value = Traffic> {
    let addr = prop_oneof![
        any::<u16>(),
        0_u16..0x100,
        0x400_u16..0x4D0,
        0x4000_u16..0x5000,
        0x6000_u16..0x6040,
    ];
    let access = (any::<bool>(), addr, any::<u32>(), 0_u8..16);
    (
        proptest::collection::vec(access, 1..80),
        proptest::collection::vec(0_u8..8, 1..40),
    )
        .prop_map(|(accesses, stalls)| Traffic { accesses, stalls })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is accessed and however slowly, every access is answered after the same number of clocks, valid and
    /// payload stay until they are taken, and idle payload is zero.
    #[test]
    fn random_accesses_never_hang(traffic in traffic(), start in 0_u64..80) {
        let mut host = Host::in_reset(16);
        host.clocks(start);
        let mut stalls = traffic.stalls.iter().cycle();
        let mut stall = || u64::from(*stalls.next().unwrap_or(&0));
        for (write, addr, data, strb) in traffic.accesses {
            host.clocks(stall());
            let half = AxilIn {
                awvalid: write,
                awaddr: addr,
                arvalid: !write,
                araddr: addr,
                ..AxilIn::default()
            };
            if write {
                // Address alone is not enough; data may come later.
                for _ in 0..stall() {
                    host.clock(&half);
                    prop_assert_eq!(host.pins, AxilOut::default());
                }
            }
            let whole = AxilIn { wvalid: write, wdata: data, wstrb: strb, ..half };
            host.clock(&whole);
            prop_assert_eq!(
                host.pins,
                AxilOut { awready: write, wready: write, arready: !write, ..AxilOut::default() }
            );
            host.clock(&whole);
            prop_assert_eq!(host.pins, AxilOut::default());
            host.clock(&AxilIn::default());
            let response = host.pins;
            let valid = if write { response.bvalid } else { response.rvalid };
            prop_assert!(valid);
            prop_assert!(!write || response.rdata == 0);
            for _ in 0..stall() {
                host.clock(&AxilIn { bready: !write, rready: write, ..AxilIn::default() });
                prop_assert_eq!(host.pins, response);
            }
            host.clock(&AxilIn { bready: write, rready: !write, ..AxilIn::default() });
            prop_assert_eq!(host.pins, AxilOut::default());
        }
        // And the device still works: it becomes ready, and a command ends.
        host.clocks(200);
        for slot in 0..4 {
            host.ring(slot);
            host.wait(slot);
        }
    }

    /// Any bytes in a window make a command that ends with one of the documented statuses.
    #[test]
    fn any_buffer_ends_with_a_documented_status(
        bytes in proptest::collection::vec(any::<u8>(), 512),
        length in 0_u32..600,
        oid in 0xFC03_0202_u32..=0xFC03_0205,
        legal_prefix in 0_usize..200,
        host_order: bool,
    ) {
        let mut host = Host::new(16);
        host.write(regs::CTRL, if host_order { 7 } else { 3 });
        let mut buffer = bytes;
        let layout = if oid & 1 == 0 { AddLayout::Plain } else { AddLayout::Ex };
        let legal = sa(true, 4096).with_layout(layout).to_bytes(SpiOrder::Wire);
        let n = legal_prefix.min(legal.len());
        buffer[..n].copy_from_slice(&legal[..n]);
        host.fill(0, oid, length as usize, &buffer);
        host.ring(0);
        let status = host.wait(0);
        if oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA {
            prop_assert_eq!(status, NDIS_STATUS_SUCCESS);
        } else {
            prop_assert!(
                [
                    NDIS_STATUS_SUCCESS,
                    NDIS_STATUS_INVALID_LENGTH,
                    NDIS_STATUS_INVALID_DATA,
                    NDIS_STATUS_INVALID_PARAMETER,
                    NDIS_STATUS_NOT_SUPPORTED,
                ]
                .contains(&status),
                "{:#x}", status
            );
        }
        prop_assert_eq!(host.read(regs::SA_COUNT), u32::from(status == 0 && oid != OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA));
    }
}
