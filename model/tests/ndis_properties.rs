// SPDX-License-Identifier: Apache-2.0
//! The NDIS types on drawn values and on drawn bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ipsec_model::key_area::KeyArea;
use ipsec_model::ndis::oob::{
    ChecksumReceive, ChecksumTransmit, HeaderReceive, HeaderTransmit, IpsecReceive, LargeSendV2,
};
use ipsec_model::ndis::{
    AdapterOffloadAttributes, AddLayout, AddSa, AlgorithmInfo, DeleteSa, Expected, IpsecOffloadV2,
    LayoutError, NDIS_STATUS_INVALID_DATA, NDIS_STATUS_INVALID_LENGTH, NDIS_STATUS_NOT_ACCEPTED,
    NDIS_STATUS_PENDING, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, NdisOffload,
    NdisOffloadEncapsulation, NdisOffloadParameters, NdisStatus, ObjectHeader, OidRequest,
    STATUSES, SecurityAssociation, SpiOrder, StatusIndication, UpdateSa, oid_name,
};
use proptest::array::{uniform4, uniform7, uniform8, uniform16, uniform32};
use proptest::collection::vec;
use proptest::prelude::*;

fn order() -> impl Strategy<Value = SpiOrder> {
    prop_oneof![Just(SpiOrder::Wire), Just(SpiOrder::Host)]
}

fn layout() -> impl Strategy<Value = AddLayout> {
    prop_oneof![Just(AddLayout::Plain), Just(AddLayout::Ex)]
}

fn header() -> impl Strategy<Value = ObjectHeader> {
    any::<(u8, u8, u16)>().prop_map(|(object_type, revision, size)| ObjectHeader {
        object_type,
        revision,
        size,
    })
}

fn algorithm() -> impl Strategy<Value = AlgorithmInfo> {
    uniform4(any::<u32>()).prop_map(
        |[identifier, key_length, key_offset_bytes, additional_info]| AlgorithmInfo {
            identifier,
            key_length,
            key_offset_bytes,
            additional_info,
        },
    )
}

fn association() -> impl Strategy<Value = SecurityAssociation> {
    (uniform4(any::<u32>()), algorithm(), algorithm()).prop_map(|(words, auth, enc)| {
        SecurityAssociation {
            flags: words[0],
            operation: words[1],
            spi: words[2],
            authentication: auth,
            encryption: enc,
            sequence_number_high_order: words[3],
        }
    })
}

prop_compose! {
    fn add_sa()(
        layout in layout(),
        header in header(),
        handles in any::<[u64; 2]>(),
        words in uniform8(any::<u32>()),
        endpoints in uniform32(any::<u8>()),
        sec_assoc in [association(), association()],
        key_offset in 0xAA..600_u32,
        keys in vec(any::<u8>(), 1..200),
    ) -> AddSa {
        let ex = layout == AddLayout::Ex;
        AddSa {
            layout,
            header,
            next: if ex { 0 } else { handles[0] },
            num_ext_hdrs: words[0],
            flags: words[1],
            endpoints,
            offload_handle: handles[1],
            udp_esp_encapsulation: words[2],
            sec_assoc,
            key_length: words[3],
            key_offset: if ex { key_offset } else { 0 },
            source_switch_port_id: if ex { words[4] } else { 0 },
            vlan_id: if ex { words[5] as u16 } else { 0 },
            key_area: KeyArea::new(&keys),
        }
    }
}

fn image() -> impl Strategy<Value = IpsecOffloadV2> {
    uniform32(any::<u8>()).prop_map(|bytes| IpsecOffloadV2::from_bytes(&bytes))
}

prop_compose! {
    /// An `NDIS_OFFLOAD`, with members that its revision has.
    fn offload()(
        revision in 1..=7_u8,
        excess in 0..100_u16,
        checksum in uniform8(any::<u32>()),
        lso_v1 in uniform4(any::<u32>()),
        ipsec_v1 in uniform7(any::<u32>()),
        lso_v2 in uniform7(any::<u32>()),
        flags in any::<u32>(),
        ipsec_v2 in image(),
        rsc in any::<[u8; 2]>(),
        gre in any::<[u32; 2]>(),
        vxlan in any::<[u32; 5]>(),
        encapsulation_types in any::<u8>(),
        xlat in any::<[u32; 2]>(),
        udp_segmentation in uniform7(any::<u32>()),
    ) -> NdisOffload {
        let mut offload = NdisOffload::new(revision, IpsecOffloadV2::default());
        offload.header.size += excess;
        (offload.checksum, offload.flags) = (checksum, flags);
        (offload.lso_v1, offload.ipsec_v1, offload.lso_v2) = (lso_v1, ipsec_v1, lso_v2);
        if revision >= 2 {
            offload.ipsec_v2 = ipsec_v2;
        }
        if revision >= 3 {
            offload.rsc = rsc;
            offload.encapsulated_packet_task_offload_gre = gre;
        }
        if revision >= 4 {
            offload.encapsulated_packet_task_offload_vxlan = vxlan;
            offload.encapsulation_types = encapsulation_types;
        }
        if revision >= 5 {
            offload.rfc6877_xlat = xlat;
        }
        if revision >= 6 {
            offload.udp_segmentation = udp_segmentation;
        }
        offload
    }
}

prop_compose! {
    /// An `NDIS_OFFLOAD_PARAMETERS`, with members that its revision has.
    fn parameters()(
        revision in 1..=5_u8,
        excess in 0..100_u16,
        b in uniform32(any::<u8>()),
        words in any::<[u32; 2]>(),
    ) -> NdisOffloadParameters {
        let mut p = NdisOffloadParameters::new(revision, 0);
        p.header.size += excess;
        p.flags = words[0];
        (p.ipv4_checksum, p.tcp_ipv4_checksum, p.udp_ipv4_checksum) = (b[0], b[1], b[2]);
        (p.tcp_ipv6_checksum, p.udp_ipv6_checksum) = (b[3], b[4]);
        (p.lso_v1, p.ipsec_v1, p.lso_v2_ipv4, p.lso_v2_ipv6) = (b[5], b[6], b[7], b[8]);
        (p.tcp_connection_ipv4, p.tcp_connection_ipv6) = (b[9], b[10]);
        if revision >= 2 {
            (p.ipsec_v2, p.ipsec_v2_ipv4) = (b[11], b[12]);
        }
        if revision >= 3 {
            (p.rsc_ipv4, p.rsc_ipv6) = (b[13], b[14]);
            (p.encapsulated_packet_task_offload, p.encapsulation_types) = (b[15], b[16]);
        }
        if revision >= 4 {
            p.encapsulation_protocol_parameters = words[1];
        }
        if revision >= 5 {
            (p.udp_segmentation_ipv4, p.udp_segmentation_ipv6) = (b[17], b[18]);
        }
        p
    }
}

prop_compose! {
    fn oid_request()(
        revision in 1..=2_u8,
        words in uniform16(any::<u32>()),
        long in uniform8(any::<u64>()),
        reserved in uniform16(any::<u64>()),
        small in any::<(u8, u8, u16)>(),
    ) -> OidRequest {
        let mut r = OidRequest::set(words[0], long[0], long[1], words[1]);
        (r.header.revision, r.header.size) = (revision, OidRequest::size_of_revision(revision));
        (r.request_type, r.port_number, r.timeout) = (words[2], words[3], words[4]);
        (r.bytes_read, r.bytes_needed) = (words[5], words[6]);
        r.data_rest = [words[7], words[8], words[9]];
        r.request_handle = long[2];
        r.ndis_reserved = reserved;
        r.miniport_reserved = [long[3], long[4]];
        r.source_reserved = [long[5], long[6]];
        (r.supported_revision, r.reserved1, r.reserved2) = small;
        if revision == 2 {
            (r.switch_id, r.v_port_id, r.flags) = (words[10], words[11], words[12]);
        }
        r
    }
}

prop_compose! {
    fn indication()(
        words in any::<[u32; 4]>(),
        long in uniform8(any::<u64>()),
        guid in any::<(u32, u16, u16, [u8; 8])>(),
    ) -> StatusIndication {
        let mut s = StatusIndication::new(words[0], long[0], words[1]);
        (s.port_number, s.flags) = (words[2], words[3]);
        (s.source_handle, s.destination_handle, s.request_id) = (long[1], long[2], long[3]);
        s.ndis_reserved = [long[4], long[5], long[6], long[7]];
        (s.guid.data1, s.guid.data2, s.guid.data3, s.guid.data4) = guid;
        s
    }
}

/// Parsing fails below `size` bytes, and names a member; it takes any more.
fn lengths<T>(
    bytes: &[u8],
    size: usize,
    parse: fn(&[u8]) -> Result<T, LayoutError>,
) -> Result<(), TestCaseError> {
    prop_assert!(bytes.len() == size);
    for given in 0..size {
        match parse(&bytes[..given]) {
            Err(error @ LayoutError::TooShort { member, .. }) => {
                prop_assert!(!member.is_empty());
                prop_assert_eq!(error.status().0, NDIS_STATUS_INVALID_LENGTH);
            }
            _ => prop_assert!(false, "{} bytes", given),
        }
    }
    let longer: Vec<u8> = bytes.iter().copied().chain([0xFF; 9]).collect();
    prop_assert!(parse(&longer).is_ok());
    Ok(())
}

proptest! {
    #[test]
    fn add_sa_comes_back(add in add_sa(), order in order()) {
        let bytes = add.to_bytes(order);
        let back = AddSa::parse(&bytes, add.layout, order).unwrap();
        prop_assert_eq!(back, add);
    }

    #[test]
    fn the_orders_of_an_spi_differ_in_that_alone(add in add_sa()) {
        let wire = add.to_bytes(SpiOrder::Wire);
        let mut other = AddSa::parse(&wire, add.layout, SpiOrder::Host).unwrap();
        for sa in &mut other.sec_assoc {
            sa.spi = sa.spi.swap_bytes();
        }
        prop_assert_eq!(other, add);
    }

    #[test]
    fn delete_sa_and_update_sa_come_back(
        header in header(),
        handles in any::<[u64; 2]>(),
        words in any::<[u32; 3]>(),
        order in order(),
    ) {
        let delete = DeleteSa { header, next: handles[0], offload_handle: handles[1] };
        prop_assert_eq!(DeleteSa::parse(&delete.to_bytes()), Ok(delete));
        let update = UpdateSa { header, ..UpdateSa::new(handles[0], words[0], words[1], words[2]) };
        let bytes = update.to_bytes(order);
        prop_assert_eq!(UpdateSa::parse(&bytes, order), Ok(update));
        prop_assert_eq!(UpdateSa::parse(&bytes[..28], order), Ok(update));
        prop_assert!(UpdateSa::parse(&bytes[..27], order).is_err());
    }

    #[test]
    fn images_come_back(image in image()) {
        prop_assert_eq!(IpsecOffloadV2::from_bytes(&image.to_bytes()), image);
        prop_assert_eq!(IpsecOffloadV2::from_words(&image.to_words()), image);
    }

    #[test]
    fn objects_come_back(
        offload in offload(),
        parameters in parameters(),
        request in oid_request(),
        indication in indication(),
        pointers in uniform4(any::<u64>()),
        words in any::<[u32; 6]>(),
    ) {
        prop_assert_eq!(NdisOffload::parse(&offload.to_bytes()), Ok(offload));
        prop_assert_eq!(NdisOffloadParameters::parse(&parameters.to_bytes()), Ok(parameters));
        prop_assert_eq!(OidRequest::parse(&request.to_bytes()), Ok(request));
        prop_assert_eq!(StatusIndication::parse(&indication.to_bytes()), Ok(indication));
        let mut attributes = AdapterOffloadAttributes::new(pointers[0], pointers[1]);
        attributes.default_tcp_connection_offload_configuration = pointers[2];
        attributes.tcp_connection_offload_hardware_capabilities = pointers[3];
        prop_assert_eq!(AdapterOffloadAttributes::parse(&attributes.to_bytes()), Ok(attributes));
        let mut e = NdisOffloadEncapsulation::ethernet(true);
        (e.ipv4_enabled, e.ipv4_encapsulation_type, e.ipv4_header_size) = (words[0], words[1], words[2]);
        (e.ipv6_enabled, e.ipv6_encapsulation_type, e.ipv6_header_size) = (words[3], words[4], words[5]);
        prop_assert_eq!(NdisOffloadEncapsulation::parse(&e.to_bytes()), Ok(e));
    }

    #[test]
    fn objects_have_all_their_bytes(
        offload in offload(),
        parameters in parameters(),
        request in oid_request(),
        indication in indication(),
    ) {
        let size = NdisOffload::size_of_revision(offload.header.revision);
        lengths(&offload.to_bytes(), size.into(), NdisOffload::parse)?;
        let size = NdisOffloadParameters::size_of_revision(parameters.header.revision);
        lengths(&parameters.to_bytes(), size.into(), NdisOffloadParameters::parse)?;
        let size = OidRequest::size_of_revision(request.header.revision);
        lengths(&request.to_bytes(), size.into(), OidRequest::parse)?;
        lengths(&indication.to_bytes(), 112, StatusIndication::parse)?;
        lengths(&AdapterOffloadAttributes::new(1, 2).to_bytes(), 40, AdapterOffloadAttributes::parse)?;
        lengths(&NdisOffloadEncapsulation::ethernet(true).to_bytes(), 28, NdisOffloadEncapsulation::parse)?;
    }

    /// Whatever the bytes are, nothing panics; what is parsed says so again from its own bytes.
    #[test]
    fn any_bytes_are_taken_or_refused(
        mut bytes in vec(any::<u8>(), 0..300),
        object_type in proptest::sample::select(vec![0x80, 0x96, 0x98, 0xA0, 0xA7, 0xA8, 0]),
        revision in 0..10_u8,
        order in order(),
    ) {
        if let [a, b, ..] = &mut bytes[..] && object_type != 0 {
            (*a, *b) = (object_type, revision);
        }
        for layout in [AddLayout::Plain, AddLayout::Ex] {
            let parsed = AddSa::parse(&bytes, layout, order);
            prop_assert_eq!(parsed.is_ok(), bytes.len() >= layout.fixed_size().into());
            if let Ok(add) = parsed {
                let _ = (add.to_bytes(order), add.destination(), format!("{add:?}"));
            }
        }
        prop_assert_eq!(DeleteSa::parse(&bytes).is_ok(), bytes.len() >= 24);
        prop_assert_eq!(UpdateSa::parse(&bytes, order).is_ok(), bytes.len() >= 28);
        macro_rules! again {
            ($($type:ident)*) => {$(
                match $type::parse(&bytes) {
                    Ok(value) => prop_assert_eq!($type::parse(&value.to_bytes()), Ok(value)),
                    Err(error) => {
                        let text = error.to_string();
                        prop_assert!(text.contains("expected"), "{}", text);
                    }
                }
            )*};
        }
        again!(NdisOffload NdisOffloadParameters NdisOffloadEncapsulation
            AdapterOffloadAttributes OidRequest StatusIndication);
        if let Ok(parameters) = NdisOffloadParameters::parse(&bytes) {
            let legal = parameters.flags <= 1
                && parameters.ipsec_v2 <= 4
                && parameters.ipsec_v2_ipv4 <= 4;
            prop_assert_eq!(parameters.check_ipsec().is_ok(), legal);
        }
    }

    #[test]
    fn words_come_back(word in any::<u64>()) {
        macro_rules! again {
            ($($type:ident)*) => {$(
                let mask = $type::LAYOUT.mask();
                let value = $type::from_word(word);
                prop_assert_eq!(value.to_word(), word & mask);
                prop_assert_eq!($type::parse(word & mask), Ok(value));
                match $type::parse(word) {
                    Ok(_) => prop_assert_eq!(word & !mask, 0),
                    Err(reserved) => prop_assert_eq!(reserved.bits, word & !mask),
                }
            )*};
        }
        again!(IpsecReceive HeaderTransmit HeaderReceive ChecksumTransmit ChecksumReceive LargeSendV2);
    }

    #[test]
    fn statuses_come_back(status in any::<u32>()) {
        let number = format!("0x{status:08X}");
        prop_assert_eq!(number.parse(), Ok(NdisStatus(status)));
        let text = NdisStatus(status).to_string();
        prop_assert!(text.ends_with(&format!("({number})")), "{}", text);
    }

    #[test]
    fn no_text_panics(text in ".{0,40}") {
        if let Err(error) = text.parse::<NdisStatus>() {
            prop_assert!(error.to_string().contains("expected"));
        }
    }
}

#[test]
fn statuses_are_printed_and_read_by_name() {
    let resources = NdisStatus(NDIS_STATUS_RESOURCES);
    assert_eq!(resources.to_string(), "NDIS_STATUS_RESOURCES (0xC000009A)");
    assert_eq!(
        NdisStatus(0x1234).to_string(),
        "unknown NDIS_STATUS (0x00001234)"
    );
    for status in STATUSES {
        assert_eq!(status.name.parse(), Ok(NdisStatus(status.value)));
        let short = status.name.trim_start_matches("NDIS_STATUS_");
        assert_eq!(short.parse(), Ok(NdisStatus(status.value)));
    }
    for wrong in [
        "",
        "0x",
        "0x123456789",
        "0x+1",
        "RESOURCE",
        "ndis_status_success",
    ] {
        assert!(wrong.parse::<NdisStatus>().is_err(), "{wrong:?}");
    }
    assert!(NdisStatus(NDIS_STATUS_SUCCESS).is_success());
    // Its sign bit is clear, and it is a failure nevertheless.
    assert!(!NdisStatus(NDIS_STATUS_NOT_ACCEPTED).is_success());
    assert!(!NdisStatus(NDIS_STATUS_PENDING).is_final());
    assert_eq!(
        oid_name(0xFC03_0204),
        "OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA"
    );
    assert_eq!(oid_name(1), "unknown OID");
}

#[test]
fn errors_name_the_member_and_what_was_expected() {
    let mut bytes = NdisOffloadParameters::new(2, 4).to_bytes();
    let text = |bytes: &[u8]| NdisOffloadParameters::parse(bytes).unwrap_err().to_string();
    assert_eq!(
        text(&bytes[..21]),
        "NDIS_OFFLOAD_PARAMETERS has 21 bytes and ends before IPsecV2IPv4 does: expected 22 or more"
    );
    bytes[2] = 20;
    assert_eq!(
        text(&bytes),
        "NDIS_OFFLOAD_PARAMETERS.Header.Size is 20: expected 22 or more"
    );
    bytes[0] = 0xA7;
    assert_eq!(
        text(&bytes),
        "NDIS_OFFLOAD_PARAMETERS.Header.Type is 0xA7: expected 0x80"
    );
    let error = NdisOffloadParameters::new(2, 5).check_ipsec().unwrap_err();
    assert_eq!(
        error.to_string(),
        "NDIS_OFFLOAD_PARAMETERS.IPsecV2 is 5: expected 4 or less"
    );
    assert_eq!(error.status(), NdisStatus(NDIS_STATUS_INVALID_DATA));
    let mut encapsulation = NdisOffloadEncapsulation::ethernet(false);
    encapsulation.ipv6_enabled = 3;
    assert_eq!(
        encapsulation.check().unwrap_err(),
        LayoutError::Unexpected {
            structure: "NDIS_OFFLOAD_ENCAPSULATION",
            member: "IPv6.Enabled",
            value: 3,
            expected: Expected::AtMost(2),
        }
    );
    assert_eq!(
        IpsecReceive::parse(0x1_0000_0008).unwrap_err().to_string(),
        "NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO.Receive has reserved bits 0x100000008: expected zero"
    );
}

#[test]
fn a_revision_has_what_its_header_macro_ends_with() {
    let image = IpsecOffloadV2::from_bytes(&[1; 32]);
    for (major, minor, revision, size) in [
        (6, 0, 1, 112),
        (6, 1, 2, 144),
        (6, 20, 2, 144),
        (6, 30, 3, 156),
        (6, 50, 4, 177),
        (6, 70, 5, 188),
        (6, 83, 6, 216),
        (6, 89, 6, 216),
    ] {
        assert_eq!(NdisOffload::revision_for(major, minor), revision);
        let offload = NdisOffload::new(revision, image);
        let bytes = offload.to_bytes();
        assert_eq!(bytes.len(), size);
        let back = NdisOffload::parse(&bytes).unwrap();
        assert_eq!(back.has_ipsec_v2(), revision > 1);
        if revision > 1 {
            assert_eq!(bytes[0x70..0x90], image.to_bytes());
            assert_eq!(back.ipsec_v2, image);
        }
    }
    // One that is not known yet is taken for the last; 0 is none.
    let mut bytes = NdisOffload::new(7, image).to_bytes();
    bytes[1] = 200;
    assert!(NdisOffload::parse(&bytes).is_ok());
    bytes[1] = 0;
    assert!(NdisOffload::parse(&bytes).is_err());
}

#[test]
fn keys_are_never_printed() {
    let key = [0xC5; 20];
    let add = AddSa::esp_gcm(
        true,
        [192, 0, 2, 1].into(),
        [192, 0, 2, 2].into(),
        4096,
        &key,
    );
    let text = format!("{add:?} {add:#?}");
    assert!(
        !text.contains("197") && !text.to_lowercase().contains("c5"),
        "{text}"
    );
    assert!(text.contains("KeyArea(20 bytes)"));
}
