// SPDX-License-Identifier: Apache-2.0
//! The reference driver under NDIS, on the device.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use ipsec_cosim_device::{Device, DeviceConfig};
use ipsec_model::ndis::*;
use ipsec_model::regs;
use ipsec_testbench::devices;
use ipsec_testbench::drivers::bus::{Bus, BusError};
use ipsec_testbench::miniport::{Registers, bounds};
use ipsec_testbench::ndis::{
    Completed, Ndis, NdisError, NdisVersion, OidRequest, Registry, Submitted,
};
use ipsec_testbench::rng::Rng;
use proptest::prelude::*;

type Stack = Ndis<Bus<Box<dyn Device>>>;

/// More than any of these tests waits for a request.
const SOON: u64 = 100_000;

const SMALL: DeviceConfig = DeviceConfig::new(16, 1);

fn bus(config: DeviceConfig) -> Bus<Box<dyn Device>> {
    Bus::new(devices::make(common::best(), config, 7).unwrap()).unwrap()
}

fn stack_of(config: DeviceConfig, version: NdisVersion, registry: Registry) -> Stack {
    Ndis::new(bus(config), version, registry)
}

/// Initialized, receive gate open.
fn up() -> Stack {
    let mut ndis = stack_of(SMALL, NdisVersion::default(), Registry::default());
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    assert_eq!(encapsulate(&mut ndis, true), NDIS_STATUS_SUCCESS);
    ndis
}

fn encapsulate<R: Registers>(ndis: &mut Ndis<R>, on: bool) -> u32 {
    let buffer = NdisOffloadEncapsulation::ethernet(on).to_bytes();
    ndis.set(OID_OFFLOAD_ENCAPSULATION, &buffer).unwrap().status
}

fn parameters<R: Registers>(ndis: &mut Ndis<R>, value: u8) -> u32 {
    let buffer = NdisOffloadParameters::new(5, value).to_bytes();
    ndis.set(OID_TCP_OFFLOAD_PARAMETERS, &buffer)
        .unwrap()
        .status
}

fn esp(spi: u32) -> AddSa {
    AddSa::esp_gcm(
        true,
        [192, 0, 2, 1].into(),
        [192, 0, 2, 2].into(),
        spi,
        &[spi as u8; 20],
    )
}

/// An outbound one with ESN.
fn esn(spi: u32) -> AddSa {
    let mut add = esp(spi);
    add.flags = 0;
    add.sec_assoc[0].flags = IPSEC_OFFLOAD_V2_ESN_SA;
    add
}

/// One that the device does not do: a known algorithm that it does not advertise.
fn sha1(spi: u32) -> AddSa {
    let mut add = esp(spi);
    add.sec_assoc[0].encryption.identifier = IPSEC_OFFLOAD_V2_ENCRYPTION_NONE;
    add.sec_assoc[0].authentication = AlgorithmInfo {
        identifier: IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1,
        key_length: 20,
        ..AlgorithmInfo::default()
    };
    add
}

fn wait<R: Registers>(ndis: &mut Ndis<R>, request: OidRequest) -> Completed {
    ndis.direct_oid_wait(request, SOON).unwrap()
}

fn add<R: Registers>(ndis: &mut Ndis<R>, bundle: &AddSa) -> u64 {
    let done = wait(ndis, OidRequest::add_sa(1, std::slice::from_ref(bundle)));
    assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    done.request.handles()[0]
}

fn read(ndis: &mut Stack, address: u32) -> u32 {
    ndis.registers().read32(address).unwrap()
}

/// What the specification says of a device.
fn hardware_of(config: DeviceConfig) -> IpsecOffloadV2 {
    IpsecOffloadV2 {
        encapsulation: NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q,
        ipv6_supported: true,
        ipv4_options: true,
        ipv6_non_ipsec_extension_headers: true,
        ah: true,
        esp: true,
        ah_esp_combined: config.stages >= 2,
        transport: true,
        tunnel: true,
        transport_tunnel_combined: config.stages >= 2,
        extended_sequence_numbers: true,
        udp_esp: if config.stages >= 2 { 0xf } else { 0x3 },
        authentication_algorithms: 0x38,
        encryption_algorithms: 0x39,
        sa_offload_capacity: config.num_sa,
        ..IpsecOffloadV2::default()
    }
}

fn without_esp(v: IpsecOffloadV2) -> IpsecOffloadV2 {
    IpsecOffloadV2 {
        esp: false,
        ah_esp_combined: false,
        udp_esp: 0,
        encryption_algorithms: 0,
        ..v
    }
}

fn without_ah(v: IpsecOffloadV2) -> IpsecOffloadV2 {
    IpsecOffloadV2 {
        ah: false,
        ah_esp_combined: false,
        ..v
    }
}

fn indicated(ndis: &Stack, code: u32) -> Vec<Vec<u8>> {
    let all = ndis.indications().iter();
    all.filter(|i| i.status_code == code)
        .map(|i| i.status_buffer.clone())
        .collect()
}

fn current_indicated(ndis: &Stack) -> Vec<Vec<u8>> {
    indicated(ndis, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG)
}

// Initialization

#[test]
fn initialization_reports_both_configurations_in_the_revision_of_every_version() {
    for version in NdisVersion::ALL {
        let mut ndis = stack_of(SMALL, version, Registry::default());
        assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
        for oid in [
            OID_TCP_OFFLOAD_CURRENT_CONFIG,
            OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES,
        ] {
            let answer = ndis.query(oid, 4096);
            assert_eq!(answer.status, NDIS_STATUS_SUCCESS);
            let offload = NdisOffload::parse(&answer.data).unwrap();
            let revision = version.offload_revision();
            let size = NdisOffload::size_of_revision(revision);
            assert_eq!(offload.header.revision, revision);
            assert_eq!(usize::from(size), answer.data.len());
            let expected = NdisOffload::new(revision, hardware_of(SMALL)).to_bytes();
            assert_eq!(answer.data, expected, "NDIS {version}");
        }
    }
}

#[test]
fn initialization_reports_what_every_configuration_can_do() {
    for config in common::configs() {
        let mut ndis = stack_of(config, NdisVersion::default(), Registry::default());
        assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis.hardware(), hardware_of(config));
        assert_eq!(ndis.current(), hardware_of(config));
    }
}

#[test]
fn initialization_takes_the_keywords() {
    let hw = hardware_of(SMALL);
    let zero = IpsecOffloadV2::default();
    let v2 = Registry::IPSEC_OFFLOAD_V2;
    let none = Registry::default;
    for (registry, current) in [
        (none(), hw),
        (none().with(v2, 0), zero),
        (none().with(v2, 1), without_esp(hw)),
        (none().with(v2, 2), without_ah(hw)),
        (none().with(v2, 3), hw),
        // Out of range: the default.
        (none().with(v2, 4), hw),
        // The other keyword is for adapters without IPv6.
        (none().with(Registry::IPSEC_OFFLOAD_V2_IPV4, 0), hw),
        (none().with(Registry::DISABLE_TASK_OFFLOAD, 1), zero),
        (none().with(Registry::DISABLE_TASK_OFFLOAD, 0), hw),
        (none().with(Registry::ENABLED_OFFLOAD, 0), zero),
        (none().with(Registry::ENABLED_OFFLOAD, 1), hw),
    ] {
        let mut ndis = stack_of(SMALL, NdisVersion::default(), registry.clone());
        assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis.hardware(), hw, "{registry:?}");
        assert_eq!(ndis.current(), current, "{registry:?}");
    }
    let registry = none().with(Registry::SA_LIMIT, 5);
    let mut ndis = stack_of(SMALL, NdisVersion::default(), registry);
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.hardware().sa_offload_capacity, 5);
    assert_eq!(ndis.current().sa_offload_capacity, 5);
}

#[test]
fn a_switch_of_the_host_outlasts_the_set_oids() {
    let registry = Registry::default().with(Registry::DISABLE_TASK_OFFLOAD, 1);
    let mut ndis = stack_of(SMALL, NdisVersion::default(), registry);
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    assert_eq!(encapsulate(&mut ndis, true), NDIS_STATUS_SUCCESS);
    assert_eq!(parameters(&mut ndis, 4), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.current(), IpsecOffloadV2::default());
    assert_eq!(read(&mut ndis, regs::CTRL), 0);
    let done = wait(&mut ndis, OidRequest::add_sa(1, &[esp(4096)]));
    assert_eq!(done.status, NDIS_STATUS_NOT_SUPPORTED);
}

#[test]
fn initialization_fails_on_other_hardware() {
    let mut ndis = stack_of(SMALL, NdisVersion::default(), Registry::default());
    ndis.registers().pull_out();
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_FAILURE);
    let submitted = ndis.direct_oid(OidRequest::delete_sa(1, &[1])).unwrap();
    assert_eq!(submitted.status(), NDIS_STATUS_ADAPTER_NOT_READY);
    let answer = ndis.query(OID_TCP_OFFLOAD_CURRENT_CONFIG, 4096);
    assert_eq!(answer.status, NDIS_STATUS_ADAPTER_NOT_READY);
}

#[test]
fn initialization_leaves_nothing_of_a_former_life() {
    let mut ndis = up();
    add(&mut ndis, &esp(4096));
    // The machine was restarted without a halt: the driver forgets, the device does not.
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    add(&mut ndis, &esp(4096));
    ndis.halt().unwrap();
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    assert_eq!(encapsulate(&mut ndis, true), NDIS_STATUS_SUCCESS);
    add(&mut ndis, &esp(4096));
}

// Reference 4.4, row by row

#[test]
fn row_current_config_query_is_answered_by_ndis() {
    let mut ndis = up();
    assert_eq!(parameters(&mut ndis, 1), NDIS_STATUS_SUCCESS);
    let before = ndis.registers().clock();
    let answer = ndis.query(OID_TCP_OFFLOAD_CURRENT_CONFIG, 216);
    assert_eq!(answer.status, NDIS_STATUS_SUCCESS);
    let zero = NdisOffload::new(6, IpsecOffloadV2::default()).to_bytes();
    assert_eq!((answer.data, answer.bytes), (zero, 216));
    // Not delivered to the miniport: no register was touched.
    assert_eq!(ndis.registers().clock(), before);
}

#[test]
fn row_hardware_capabilities_query_with_a_short_buffer() {
    let ndis = up();
    for oid in [
        OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES,
        OID_TCP_OFFLOAD_CURRENT_CONFIG,
    ] {
        for length in [0, 1, 144, 215] {
            let answer = ndis.query(oid, length);
            assert_eq!(answer.status, NDIS_STATUS_BUFFER_TOO_SHORT);
            assert_eq!((answer.bytes, answer.bytes_needed), (0, 216));
        }
        assert_eq!(ndis.query(oid, 216).status, NDIS_STATUS_SUCCESS);
    }
}

#[test]
fn row_parameters_set_is_applied_and_indicated() {
    let hw = hardware_of(SMALL);
    let zero = IpsecOffloadV2::default();
    let mut ndis = up();
    let mut count = current_indicated(&ndis).len();
    for (value, current) in [
        (NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED, zero),
        (NDIS_OFFLOAD_PARAMETERS_NO_CHANGE, zero),
        (NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED, without_esp(hw)),
        (NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED, without_ah(hw)),
        (NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED, hw),
        (NDIS_OFFLOAD_PARAMETERS_NO_CHANGE, hw),
    ] {
        assert_eq!(parameters(&mut ndis, value), NDIS_STATUS_SUCCESS);
        let image = NdisOffload::new(6, current).to_bytes();
        // The interrupt that the change raises brings no second indication.
        ndis.run(500).unwrap();
        let all = current_indicated(&ndis);
        count += 1;
        assert_eq!((all.len(), all.last().unwrap()), (count, &image), "{value}");
        assert_eq!(ndis.query(OID_TCP_OFFLOAD_CURRENT_CONFIG, 216).data, image);
        assert_eq!(ndis.hardware(), hw);
    }
}

#[test]
fn row_parameters_set_of_every_revision() {
    let mut ndis = up();
    let enabled = ndis.current();
    for revision in 1..=6 {
        let buffer = NdisOffloadParameters::new(revision, 1).to_bytes();
        let answer = ndis.set(OID_TCP_OFFLOAD_PARAMETERS, &buffer).unwrap();
        assert_eq!(answer.status, NDIS_STATUS_SUCCESS);
        assert_eq!(answer.bytes as usize, buffer.len());
        // Revision 1 has no such member.
        assert_eq!(ndis.current() == enabled, revision == 1);
        assert_eq!(parameters(&mut ndis, 4), NDIS_STATUS_SUCCESS);
    }
}

#[test]
fn row_parameters_set_with_a_bad_buffer_is_invalid_data() {
    let mut ndis = up();
    let good = NdisOffloadParameters::new(5, 1).to_bytes();
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let before = current_indicated(&ndis).len();
    for bad in [
        Vec::new(),
        good[..3].to_vec(),
        good[..33].to_vec(),
        with(0, 0xa7),
        with(1, 0),
        with(2, 33),
        with(0x14, 5),
        with(0x14, 0xff),
    ] {
        let answer = ndis.set(OID_TCP_OFFLOAD_PARAMETERS, &bad).unwrap();
        assert_eq!(answer.status, NDIS_STATUS_INVALID_DATA, "{bad:x?}");
        assert_eq!(answer.bytes, 0);
    }
    assert_eq!(ndis.current(), hardware_of(SMALL));
    assert_eq!(current_indicated(&ndis).len(), before);
    // An adapter that does IPv6 does not look at the member of those that do not.
    let answer = ndis.set(OID_TCP_OFFLOAD_PARAMETERS, &with(0x15, 9));
    assert_eq!(answer.unwrap().status, NDIS_STATUS_SUCCESS);
}

#[test]
fn row_parameters_set_stores_the_keywords_first() {
    let mut ndis = up();
    let v2 = Registry::IPSEC_OFFLOAD_V2;
    assert_eq!(parameters(&mut ndis, 2), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.registry().get(v2), Some(1));
    assert_eq!(parameters(&mut ndis, 0), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.registry().get(v2), Some(1));
    let mut skip = NdisOffloadParameters::new(5, 4);
    skip.flags = NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE;
    let answer = ndis.set(OID_TCP_OFFLOAD_PARAMETERS, &skip.to_bytes());
    assert_eq!(answer.unwrap().status, NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.registry().get(v2), Some(1));
    assert_eq!(ndis.current(), hardware_of(SMALL));
    // The next life starts with what is stored.
    ndis.halt().unwrap();
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.current(), without_esp(hardware_of(SMALL)));
}

#[test]
fn row_parameters_and_encapsulation_set_without_offloads_are_not_supported() {
    let mut ndis = Ndis::new(
        Altered::new(|address, value| match address {
            0x80..0xc0 => 0,
            _ => value,
        }),
        NdisVersion::default(),
        Registry::default(),
    );
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.hardware(), IpsecOffloadV2::default());
    assert_eq!(parameters(&mut ndis, 3), NDIS_STATUS_NOT_SUPPORTED);
    assert_eq!(encapsulate(&mut ndis, true), NDIS_STATUS_NOT_SUPPORTED);
    let answer = ndis.set(OID_TCP_OFFLOAD_CURRENT_CONFIG, &[]).unwrap();
    assert_eq!(answer.status, NDIS_STATUS_NOT_SUPPORTED);
}

#[test]
fn row_parameters_set_of_an_adapter_without_ipv6_uses_the_other_member() {
    let mut ndis = Ndis::new(
        // IPv6Supported is byte 4 of both images.
        Altered::new(|address, value| match address {
            0x84 | 0xa4 => value & !0xff,
            _ => value,
        }),
        NdisVersion::default(),
        Registry::default()
            .with(Registry::IPSEC_OFFLOAD_V2, 0)
            .with(Registry::IPSEC_OFFLOAD_V2_IPV4, 3),
    );
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    let on = ndis.current();
    assert!(on.esp && !on.ipv6_supported);
    assert_eq!(parameters(&mut ndis, 1), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.current(), on);
    let mut off = NdisOffloadParameters::new(2, 0);
    off.ipsec_v2_ipv4 = 1;
    let answer = ndis.set(OID_TCP_OFFLOAD_PARAMETERS, &off.to_bytes());
    assert_eq!(answer.unwrap().status, NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.current(), IpsecOffloadV2::default());
}

#[test]
fn row_encapsulation_set_opens_the_receive_gate() {
    let mut ndis = stack_of(SMALL, NdisVersion::default(), Registry::default());
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    let gate = |ndis: &mut Stack| regs::ctrl::ENCAPSULATION.get(read(ndis, regs::CTRL));
    assert_eq!(gate(&mut ndis), 0);
    // Parameters alone only configure.
    assert_eq!(parameters(&mut ndis, 4), NDIS_STATUS_SUCCESS);
    assert_eq!(gate(&mut ndis), 0);
    let before = current_indicated(&ndis).len();
    assert_eq!(encapsulate(&mut ndis, true), NDIS_STATUS_SUCCESS);
    assert_eq!(gate(&mut ndis), 1);
    let all = current_indicated(&ndis);
    let image = NdisOffload::new(6, hardware_of(SMALL)).to_bytes();
    assert_eq!((all.len(), all.last()), (before + 1, Some(&image)));
}

#[test]
fn row_encapsulation_set_off_deactivates_everything() {
    let mut ndis = up();
    assert_eq!(encapsulate(&mut ndis, false), NDIS_STATUS_SUCCESS);
    assert_eq!(read(&mut ndis, regs::CTRL), 0);
    let zero = NdisOffload::new(6, IpsecOffloadV2::default()).to_bytes();
    assert_eq!(current_indicated(&ndis).last(), Some(&zero));
    let done = wait(&mut ndis, OidRequest::add_sa(1, &[esp(4096)]));
    assert_eq!(done.status, NDIS_STATUS_NOT_SUPPORTED);
    assert_eq!(encapsulate(&mut ndis, true), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.current(), hardware_of(SMALL));
    add(&mut ndis, &esp(4096));
}

#[test]
fn row_encapsulation_set_succeeds_if_any_offload_supports_it() {
    let mut ndis = up();
    let set = |ndis: &mut Stack, v4: (u32, u32), v6: (u32, u32)| {
        let mut set = NdisOffloadEncapsulation::ethernet(true);
        (set.ipv4_enabled, set.ipv4_encapsulation_type) = v4;
        (set.ipv6_enabled, set.ipv6_encapsulation_type) = v6;
        let answer = ndis.set(OID_OFFLOAD_ENCAPSULATION, &set.to_bytes());
        answer.unwrap().status
    };
    let (keep, on, off) = (
        NDIS_OFFLOAD_SET_NO_CHANGE,
        NDIS_OFFLOAD_SET_ON,
        NDIS_OFFLOAD_SET_OFF,
    );
    let snap = NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED;
    let (good, bad) = (NDIS_STATUS_SUCCESS, NDIS_STATUS_INVALID_PARAMETER);
    assert_eq!(set(&mut ndis, (on, 2), (on, 2)), good);
    assert_eq!(set(&mut ndis, (on, 6), (keep, 0)), good);
    assert_eq!(set(&mut ndis, (on, snap), (on, 2)), good);
    assert_eq!(set(&mut ndis, (keep, 0), (keep, 0)), good);
    assert_eq!(ndis.current(), hardware_of(SMALL));
    let before = current_indicated(&ndis).len();
    assert_eq!(set(&mut ndis, (on, snap), (on, snap)), bad);
    assert_eq!(set(&mut ndis, (on, snap), (off, 2)), bad);
    assert_eq!(set(&mut ndis, (on, 8), (keep, 0)), bad);
    assert_eq!(set(&mut ndis, (on, 0), (keep, 0)), bad);
    assert_eq!(current_indicated(&ndis).len(), before);
    assert_eq!(ndis.current(), hardware_of(SMALL));
    // Not a value of Enabled, not the structure.
    assert_eq!(set(&mut ndis, (3, 2), (on, 2)), NDIS_STATUS_INVALID_DATA);
    let image = NdisOffloadEncapsulation::ethernet(true).to_bytes();
    for bad in [&image[..27], &image[..0]] {
        let answer = ndis.set(OID_OFFLOAD_ENCAPSULATION, bad).unwrap();
        assert_eq!(answer.status, NDIS_STATUS_INVALID_DATA);
    }
}

#[test]
fn row_encapsulation_query_is_answered_by_ndis() {
    let mut ndis = stack_of(SMALL, NdisVersion::default(), Registry::default());
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    for on in [false, true, false] {
        let image = NdisOffloadEncapsulation::ethernet(on).to_bytes();
        assert_eq!(encapsulate(&mut ndis, on), NDIS_STATUS_SUCCESS);
        assert_eq!(ndis.query(OID_OFFLOAD_ENCAPSULATION, 28).data, image);
    }
    let short = ndis.query(OID_OFFLOAD_ENCAPSULATION, 27);
    assert_eq!(short.status, NDIS_STATUS_BUFFER_TOO_SHORT);
    assert_eq!(short.bytes_needed, 28);
}

// Configuration changes

#[test]
fn a_change_of_the_driver_itself_is_indicated_from_the_interrupt() {
    let mut ndis = up();
    let before = current_indicated(&ndis).len();
    ndis.set_sa_limit(7).unwrap();
    ndis.run(500).unwrap();
    let limited = IpsecOffloadV2 {
        sa_offload_capacity: 7,
        ..hardware_of(SMALL)
    };
    let image = NdisOffload::new(6, limited).to_bytes();
    let current = current_indicated(&ndis);
    let hardware = indicated(&ndis, NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES);
    assert_eq!((current.len(), hardware.len()), (before + 1, 1));
    assert_eq!((&current[before], &hardware[0]), (&image, &image));
    for k in 0..7 {
        add(&mut ndis, &esp(4096 + k));
    }
    let done = wait(&mut ndis, OidRequest::add_sa(1, &[esp(5000)]));
    assert_eq!(done.status, NDIS_STATUS_RESOURCES);
    ndis.set_sa_limit(16).unwrap();
    ndis.run(500).unwrap();
    assert_eq!(ndis.current(), hardware_of(SMALL));
    add(&mut ndis, &esp(5000));
}

#[test]
fn bundles_outlast_a_change_and_new_ones_are_refused() {
    let mut ndis = up();
    let handle = add(&mut ndis, &esp(4096));
    assert_eq!(parameters(&mut ndis, 1), NDIS_STATUS_SUCCESS);
    let done = wait(&mut ndis, OidRequest::add_sa(1, &[esp(4097)]));
    assert_eq!(done.status, NDIS_STATUS_NOT_SUPPORTED);
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 1);
    let done = wait(&mut ndis, OidRequest::delete_sa(2, &[handle]));
    assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
}

// Direct OIDs

#[test]
fn one_of_each() {
    let mut ndis = up();
    let first = wait(&mut ndis, OidRequest::add_sa(1, &[esn(4096)]));
    assert_eq!(first.status, NDIS_STATUS_SUCCESS);
    assert_eq!(first.request.bytes_read, 0xa8 + 20);
    let second = wait(&mut ndis, OidRequest::add_sa_ex(2, &esp(4097)));
    assert_eq!(second.status, NDIS_STATUS_SUCCESS);
    let (first, second) = (first.request.handles()[0], second.request.handles()[0]);
    assert_ne!(first, second);
    for (handle, spi, status) in [
        (first, 4096, NDIS_STATUS_SUCCESS),
        (first, 4097, NDIS_STATUS_INVALID_PARAMETER),
        (second, 4097, NDIS_STATUS_INVALID_PARAMETER),
        (0, 4096, NDIS_STATUS_INVALID_PARAMETER),
    ] {
        let done = wait(&mut ndis, OidRequest::update_sa(3, handle, 2, spi, 9));
        assert_eq!(done.status, status);
    }
    for handles in [&[first, second][..], &[first], &[0], &[0xdead_beef_0001]] {
        let done = wait(&mut ndis, OidRequest::delete_sa(4, handles));
        assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    }
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    assert_eq!(read(&mut ndis, regs::COUNTERS_DELETES_UNKNOWN_LO), 3);
    assert!(ndis.verifier().live().is_empty());
}

#[test]
fn every_request_pends_and_is_completed_from_the_interrupt() {
    let mut ndis = up();
    let submitted = ndis
        .direct_oid(OidRequest::add_sa(1, &[esp(4096)]))
        .unwrap();
    assert_eq!(submitted.status(), NDIS_STATUS_PENDING);
    assert_eq!(ndis.verifier().pending(), 1);
    ndis.settle(SOON).unwrap();
    assert_eq!(ndis.take_completed().len(), 1);
    assert!(!ndis.registers().irq());
}

#[test]
fn unknown_oids_are_refused_at_once() {
    let mut ndis = up();
    for oid in [
        OID_TCP_CONNECTION_OFFLOAD_PARAMETERS,
        OID_TCP_TASK_IPSEC_ADD_SA,
        0xfc03_0206,
    ] {
        let request = OidRequest::new(1, oid, vec![0; 64]);
        let submitted = ndis.direct_oid(request).unwrap();
        assert_eq!(submitted.status(), NDIS_STATUS_INVALID_OID);
    }
}

#[test]
fn add_sa_ex_is_of_ndis_6_30() {
    for version in NdisVersion::ALL {
        let mut ndis = stack_of(SMALL, version, Registry::default());
        assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
        let status = match ndis
            .direct_oid(OidRequest::add_sa_ex(1, &esp(4096)))
            .unwrap()
        {
            Submitted::Completed(done) => {
                assert_eq!(done.request.handles(), [0]);
                done.status
            }
            Submitted::Pending(_) => NDIS_STATUS_PENDING,
        };
        let expected = if version < NdisVersion::V6_30 {
            NDIS_STATUS_NOT_SUPPORTED
        } else {
            NDIS_STATUS_PENDING
        };
        assert_eq!(status, expected);
        ndis.settle(SOON).unwrap();
    }
}

#[test]
fn buffers_of_any_length_come_back_with_a_status() {
    let mut ndis = up();
    let bytes = |oid| {
        let request = match oid {
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => OidRequest::add_sa(1, &[esp(4096)]),
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => OidRequest::add_sa_ex(1, &esp(4096)),
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => OidRequest::delete_sa(1, &[3]),
            _ => OidRequest::update_sa(1, 3, 2, 4096, 1),
        };
        let length = request.information_buffer_length as usize;
        request
            .memory
            .read(request.information_buffer, length)
            .to_vec()
    };
    for (oid, fixed) in [
        (OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, 169),
        (OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, 170),
        (OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, 24),
        (OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, 28),
    ] {
        let whole = bytes(oid);
        for length in [0, 1, 4, 7, 16, 24, 27, 63, 64, fixed - 1] {
            if length >= fixed {
                continue;
            }
            let done = wait(&mut ndis, OidRequest::new(1, oid, whole[..length].to_vec()));
            let (status, needed) = if oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA {
                (NDIS_STATUS_SUCCESS, 0)
            } else {
                (NDIS_STATUS_INVALID_LENGTH, fixed as u32)
            };
            assert_eq!(done.status, status, "{oid:#x} {length}");
            assert_eq!(done.request.bytes_needed, needed, "{oid:#x} {length}");
        }
        // Half the keys; a buffer that goes on behind the structure.
        if fixed > 100 {
            let request = OidRequest::new(1, oid, whole[..whole.len() - 1].to_vec());
            assert_eq!(wait(&mut ndis, request).status, NDIS_STATUS_INVALID_DATA);
            let mut longer = whole.clone();
            longer.resize(4000, 0xee);
            let done = wait(&mut ndis, OidRequest::new(1, oid, longer));
            assert_eq!(done.status, NDIS_STATUS_SUCCESS);
            assert_eq!(done.request.bytes_read as usize, whole.len());
            let handle = done.request.handles()[0];
            wait(&mut ndis, OidRequest::delete_sa(1, &[handle]));
        }
    }
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
}

#[test]
fn a_key_area_beyond_the_window_is_invalid_length() {
    let mut ndis = up();
    let mut long = esp(4096);
    long.key_length = 400;
    long.key_area = (&[7_u8; 400][..]).into();
    let done = wait(&mut ndis, OidRequest::add_sa(1, &[long]));
    assert_eq!(done.status, NDIS_STATUS_INVALID_LENGTH);
    assert_eq!(done.request.bytes_needed, 0);
}

#[test]
fn a_buffer_that_is_not_there_is_not_given_to_the_device() {
    let mut ndis = up();
    let mut request = OidRequest::add_sa(1, &[esp(4096)]);
    request.information_buffer_length = 4096;
    // KeyLength reaches behind what is mapped.
    let at = request.information_buffer + field::add_sa::KEY_LENGTH.start as u64;
    assert!(request.memory.write(at, &100_u32.to_le_bytes()));
    assert_eq!(wait(&mut ndis, request).status, NDIS_STATUS_INVALID_DATA);
    let mut request = OidRequest::delete_sa(1, &[1]);
    request.information_buffer = 0x10;
    let done = ndis.direct_oid_wait(request, SOON).unwrap();
    assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    assert_eq!(read(&mut ndis, regs::COUNTERS_COMMANDS_OK_LO), 0);
}

// Lists

#[test]
fn a_list_succeeds_if_one_bundle_was_offloaded() {
    let mut ndis = up();
    let mut reserved = esp(4096);
    reserved.sec_assoc[0].spi = 255;
    let list = [sha1(1000), esp(1001), reserved, esp(1001), esp(1002)];
    let done = wait(&mut ndis, OidRequest::add_sa(1, &list));
    assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    let handles = done.request.handles();
    let offloaded: Vec<bool> = handles.iter().map(|h| *h != 0).collect();
    assert_eq!(offloaded, [false, true, false, false, true]);
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 2);
}

#[test]
fn a_list_without_success_ends_with_its_first_error() {
    let mut ndis = up();
    let mut reserved = esp(4096);
    reserved.sec_assoc[0].spi = 255;
    let mut flags = esp(4096);
    flags.flags |= 2;
    for (list, status) in [
        (vec![sha1(1), reserved.clone()], NDIS_STATUS_NOT_SUPPORTED),
        (
            vec![reserved.clone(), sha1(1)],
            NDIS_STATUS_INVALID_PARAMETER,
        ),
        (vec![flags, reserved, sha1(1)], NDIS_STATUS_INVALID_DATA),
    ] {
        // SPI 1 is reserved as well, but the algorithm was meant.
        let list: Vec<AddSa> = list
            .into_iter()
            .map(|mut add| {
                if add.sec_assoc[0].spi == 1 {
                    add.sec_assoc[0].spi = 4096;
                }
                add
            })
            .collect();
        let done = wait(&mut ndis, OidRequest::add_sa(1, &list));
        assert_eq!(done.status, status);
        assert_eq!(done.request.bytes_read, 0);
        assert!(done.request.handles().iter().all(|h| *h == 0));
    }
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
}

#[test]
fn a_list_beyond_the_capacity_gets_as_far_as_it_goes() {
    let mut ndis = up();
    let list: Vec<AddSa> = (0..20).map(|k| esp(4096 + k)).collect();
    let done = wait(&mut ndis, OidRequest::add_sa(1, &list));
    assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    let handles = done.request.handles();
    assert!(handles[..16].iter().all(|h| *h != 0));
    assert!(handles[16..].iter().all(|h| *h == 0));
    let again = wait(&mut ndis, OidRequest::add_sa(1, &list[16..]));
    assert_eq!(again.status, NDIS_STATUS_RESOURCES);
    let done = wait(&mut ndis, OidRequest::delete_sa(2, &handles[..16]));
    assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    let done = wait(&mut ndis, OidRequest::add_sa(3, &list));
    let second = done.request.handles();
    assert!(handles[..16].iter().all(|h| !second.contains(h)));
}

#[test]
fn a_list_that_runs_in_a_circle_ends() {
    let mut ndis = up();
    let mut request = OidRequest::delete_sa(1, &[1, 2, 3]);
    let (first, last) = (request.elements[0], request.elements[2]);
    let at = last + field::delete_sa::NEXT.start as u64;
    assert!(request.memory.write(at, &first.to_le_bytes()));
    assert_eq!(wait(&mut ndis, request).status, NDIS_STATUS_SUCCESS);
    assert_eq!(read(&mut ndis, regs::COUNTERS_DELETES_UNKNOWN_LO), 3);
}

#[test]
fn a_first_element_with_a_bad_header_is_the_only_one() {
    let mut ndis = up();
    let mut request = OidRequest::add_sa(1, &[esp(4096), esp(4097)]);
    let first = request.information_buffer;
    assert!(request.memory.write(first, &[0x81]));
    let done = wait(&mut ndis, request);
    assert_eq!(done.status, NDIS_STATUS_INVALID_DATA);
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    assert_eq!(read(&mut ndis, regs::COUNTERS_COMMANDS_FAILED_LO), 1);
}

#[test]
fn lists_take_turns() {
    let mut ndis = up();
    let lists: Vec<Vec<AddSa>> = (0..5)
        .map(|l| (0..3).map(|k| esp(1000 * (l + 1) + k)).collect())
        .collect();
    for (id, list) in lists.iter().enumerate() {
        ndis.direct_oid(OidRequest::add_sa(id as u64, list))
            .unwrap();
    }
    assert_eq!(ndis.miniport().queued(), 1);
    let single = wait(&mut ndis, OidRequest::add_sa(9, &[esp(9000)]));
    assert_eq!(single.status, NDIS_STATUS_SUCCESS);
    // It did not wait for the lists before it.
    assert!(ndis.verifier().pending() > 0);
    ndis.settle(SOON).unwrap();
    let done = ndis.take_completed();
    assert_eq!(done.len(), 5);
    assert!(
        done.iter()
            .all(|d| d.request.handles().iter().all(|h| *h != 0))
    );
}

// Several requesters

#[test]
fn requests_of_many_are_not_serialized() {
    let mut ndis = up();
    ndis.set_interrupt_latency(300);
    for k in 0..12_u32 {
        let request = OidRequest::add_sa(k.into(), &[esp(4096 + k)]);
        assert_eq!(
            ndis.direct_oid(request).unwrap().status(),
            NDIS_STATUS_PENDING
        );
    }
    assert_eq!(ndis.verifier().pending(), 12);
    ndis.settle(SOON).unwrap();
    let done = ndis.take_completed();
    let mut handles: Vec<u64> = done.iter().map(|d| d.request.handles()[0]).collect();
    handles.sort_unstable();
    handles.dedup();
    assert_eq!((done.len(), handles.len()), (12, 12));
    for (k, handle) in handles.iter().enumerate() {
        ndis.direct_oid(OidRequest::delete_sa(k as u64, &[*handle]))
            .unwrap();
    }
    ndis.settle(SOON).unwrap();
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    assert_eq!(ndis.take_completed().len(), 12);
}

// Cancel

#[test]
fn cancel_of_a_queued_request_ends_it_at_once() {
    let mut ndis = up();
    for k in 0..6 {
        ndis.direct_oid(OidRequest::add_sa(u64::from(k), &[esp(4096 + k)]))
            .unwrap();
    }
    assert_eq!(ndis.miniport().queued(), 2);
    ndis.cancel(5).unwrap();
    let done = ndis.take_completed();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].status, NDIS_STATUS_REQUEST_ABORTED);
    assert_eq!(done[0].request.handles(), [0]);
    ndis.settle(SOON).unwrap();
    assert_eq!(ndis.take_completed().len(), 5);
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 5);
    // Nobody has such a request any more.
    ndis.cancel(5).unwrap();
}

#[test]
fn cancel_of_a_request_in_a_slot_gives_the_abort_or_the_result() {
    let mut aborted = 0;
    let mut finished = 0;
    // A cancel at every time from the doorbell to the end.
    for delay in (0..260).step_by(8) {
        let mut ndis = up();
        ndis.direct_oid(OidRequest::add_sa(1, &[esp(4096)]))
            .unwrap();
        ndis.run(delay).unwrap();
        ndis.cancel(1).unwrap();
        ndis.settle(SOON).unwrap();
        let done = ndis.take_completed();
        assert_eq!(done.len(), 1);
        let count = read(&mut ndis, regs::SA_COUNT);
        match done[0].status {
            NDIS_STATUS_REQUEST_ABORTED => {
                aborted += 1;
                assert_eq!(count, 0);
            }
            status => {
                finished += 1;
                assert_eq!((status, count), (NDIS_STATUS_SUCCESS, 1));
            }
        }
    }
    assert!(aborted > 0 && finished > 0, "{aborted} {finished}");
}

#[test]
fn cancel_of_a_list_keeps_what_was_offloaded() {
    let mut ndis = up();
    let list: Vec<AddSa> = (0..10).map(|k| esp(4096 + k)).collect();
    ndis.direct_oid(OidRequest::add_sa(1, &list)).unwrap();
    ndis.run(1500).unwrap();
    ndis.cancel(1).unwrap();
    ndis.settle(SOON).unwrap();
    let done = ndis.take_completed();
    assert_eq!(done[0].status, NDIS_STATUS_SUCCESS);
    let handles = done[0].request.handles();
    let offloaded = handles.iter().filter(|h| **h != 0).count();
    assert!((1..10).contains(&offloaded), "{offloaded}");
    assert_eq!(read(&mut ndis, regs::SA_COUNT) as usize, offloaded);
}

#[test]
fn cancel_ends_every_request_of_that_number() {
    let mut ndis = up();
    for k in 0..8 {
        let id = u64::from(k % 2);
        ndis.direct_oid(OidRequest::add_sa(id, &[esp(4096 + k)]))
            .unwrap();
    }
    ndis.cancel(1).unwrap();
    ndis.settle(SOON).unwrap();
    for done in ndis.take_completed() {
        if done.request.request_id == 0 {
            assert_eq!(done.status, NDIS_STATUS_SUCCESS);
        }
    }
    assert!(read(&mut ndis, regs::SA_COUNT) < 8);
}

// Reset, pause, removal, halt

#[test]
fn reset_ends_everything_pending_and_clears_the_bundles() {
    let mut ndis = up();
    let handle = add(&mut ndis, &esp(4000));
    for k in 0..9 {
        let request = match k % 3 {
            0 => OidRequest::add_sa(1, &[esp(4096 + k), esp(5096 + k)]),
            1 => OidRequest::delete_sa(1, &[handle]),
            _ => OidRequest::update_sa(1, handle, 2, 4000, 1),
        };
        ndis.direct_oid(request).unwrap();
    }
    ndis.run(100).unwrap();
    let early = ndis.take_completed().len();
    ndis.reset().unwrap();
    assert_eq!(ndis.verifier().pending(), 0);
    let done = ndis.take_completed();
    assert_eq!(done.len() + early, 9);
    for done in done {
        assert_eq!(done.status, NDIS_STATUS_REQUEST_ABORTED);
    }
    // In the reset.
    let submitted = ndis
        .direct_oid(OidRequest::add_sa(1, &[esp(4096)]))
        .unwrap();
    assert_eq!(submitted.status(), NDIS_STATUS_RESET_IN_PROGRESS);
    let submitted = ndis.direct_oid(OidRequest::update_sa(1, handle, 2, 4000, 1));
    assert_eq!(submitted.unwrap().status(), NDIS_STATUS_RESET_IN_PROGRESS);
    let submitted = ndis
        .direct_oid(OidRequest::delete_sa(1, &[handle]))
        .unwrap();
    assert_eq!(submitted.status(), NDIS_STATUS_NOT_ACCEPTED);
    assert_eq!(parameters(&mut ndis, 1), NDIS_STATUS_RESET_IN_PROGRESS);
    ndis.settle(SOON).unwrap();
    let codes: Vec<u32> = ndis.indications().iter().map(|i| i.status_code).collect();
    assert_eq!(
        codes[codes.len() - 2..],
        [NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END]
    );
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    // The settings are as before, the old handle is dead, and its delete succeeds.
    assert_eq!(ndis.current(), hardware_of(SMALL));
    assert_eq!(
        read(&mut ndis, regs::CTRL),
        regs::ctrl::ENGINE_ENABLE.mask() | regs::ctrl::ENCAPSULATION.mask()
    );
    let done = wait(&mut ndis, OidRequest::delete_sa(1, &[handle]));
    assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    add(&mut ndis, &esp(4000));
}

#[test]
fn reset_at_any_time_of_a_command() {
    for delay in (0..300).step_by(13) {
        let mut ndis = up();
        ndis.set_interrupt_latency(delay % 50);
        ndis.direct_oid(OidRequest::add_sa(1, &[esp(4096)]))
            .unwrap();
        ndis.run(delay).unwrap();
        ndis.reset().unwrap();
        ndis.settle(SOON).unwrap();
        assert_eq!(ndis.take_completed().len(), 1);
        assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
        add(&mut ndis, &esp(4096));
    }
}

#[test]
fn surprise_removal_ends_everything_without_a_register() {
    for told in [true, false] {
        let mut ndis = up();
        for k in 0..6 {
            ndis.direct_oid(OidRequest::add_sa(1, &[esp(4096 + k)]))
                .unwrap();
        }
        ndis.registers().pull_out();
        if told {
            ndis.surprise_removed().unwrap();
        } else {
            // NDIS says nothing: the driver finds out when it looks whether the adapter hangs.
            ndis.settle(SOON).unwrap();
        }
        let done = ndis.take_completed();
        assert_eq!(done.len(), 6);
        for done in &done {
            assert_eq!(done.status, NDIS_STATUS_NOT_ACCEPTED);
            assert_eq!(done.request.handles(), [0]);
        }
        for request in [
            OidRequest::add_sa(1, &[esp(4096)]),
            OidRequest::delete_sa(1, &[1]),
            OidRequest::update_sa(1, 1, 2, 4096, 1),
        ] {
            let submitted = ndis.direct_oid(request).unwrap();
            assert_eq!(submitted.status(), NDIS_STATUS_NOT_ACCEPTED);
        }
        assert_eq!(parameters(&mut ndis, 1), NDIS_STATUS_NOT_ACCEPTED);
        ndis.halt().unwrap();
    }
}

#[test]
fn surprise_removal_in_a_reset() {
    let mut ndis = up();
    ndis.reset().unwrap();
    ndis.registers().pull_out();
    ndis.surprise_removed().unwrap();
    assert!(!ndis.is_resetting());
    ndis.halt().unwrap();
}

#[test]
fn halt_ends_everything_and_leaves_no_bundle() {
    for delay in [0, 40, 150, 400, 2000] {
        let mut ndis = up();
        let handle = add(&mut ndis, &esp(4000));
        ndis.direct_oid(OidRequest::delete_sa(1, &[handle]))
            .unwrap();
        for k in 0..6 {
            ndis.direct_oid(OidRequest::add_sa(1, &[esp(4096 + k)]))
                .unwrap();
        }
        ndis.run(delay).unwrap();
        ndis.halt().unwrap();
        assert_eq!(ndis.take_completed().len(), 7);
        assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
        assert_eq!(read(&mut ndis, regs::HALT), 1);
        assert_eq!(read(&mut ndis, regs::CTRL), 0);
        ndis.run(500).unwrap();
        assert!(!ndis.registers().irq());
        let submitted = ndis.direct_oid(OidRequest::delete_sa(1, &[1])).unwrap();
        assert_eq!(submitted.status(), NDIS_STATUS_ADAPTER_NOT_READY);
    }
}

/// Pushes one frame of 64 bytes into `s_axis_rx`, and never takes one.
fn clog(bus: &mut Bus<Box<dyn Device>>) {
    let mut sent = 0;
    bus.set_hook(Some(Box::new(move |before, pins| {
        if pins.rx_valid && before.rx_ready {
            sent += 1;
        }
        pins.rx_out_ready = false;
        pins.rx_valid = sent < 4;
        pins.rx.keep = 0xffff;
        pins.rx.last = sent == 3;
    })));
}

#[test]
fn pause_waits_for_the_frames_and_takes_oids() {
    let mut ndis = up();
    assert_eq!(ndis.pause().unwrap(), NDIS_STATUS_SUCCESS);
    add(&mut ndis, &esp(4096));
    assert_eq!(parameters(&mut ndis, 3), NDIS_STATUS_SUCCESS);
    ndis.restart();
    clog(ndis.registers());
    ndis.run(300).unwrap();
    assert_eq!(ndis.pause().unwrap(), NDIS_STATUS_PENDING);
    ndis.run(1000).unwrap();
    ndis.registers().set_hook(Some(Box::new(|_, pins| {
        pins.rx_valid = false;
        pins.rx_out_ready = true;
    })));
    add(&mut ndis, &esp(4097));
    ndis.settle(SOON).unwrap();
    ndis.restart();
}

/// The device with the time made longer and reads made other than they are.
struct Altered {
    bus: Bus<Box<dyn Device>>,
    read: fn(u32, u32) -> u32,
    /// Writes to DOORBELL are lost
    deaf: bool,
    scale: u64,
}

impl Altered {
    fn new(read: fn(u32, u32) -> u32) -> Self {
        Self {
            bus: bus(SMALL),
            read,
            deaf: false,
            scale: 1,
        }
    }
}

impl Registers for Altered {
    fn read32(&mut self, address: u32) -> Result<u32, BusError> {
        let value = self.bus.read32(address)?;
        Ok((self.read)(address, value))
    }

    fn write32(&mut self, address: u32, data: u32) -> Result<(), BusError> {
        if self.deaf && address == regs::mailbox_slot_doorbell(0) {
            return Ok(());
        }
        self.bus.write32(address, data)
    }

    fn stall(&mut self, clocks: u32) -> Result<(), BusError> {
        self.bus.idle(clocks)
    }

    fn irq(&self) -> bool {
        self.bus.irq()
    }

    fn now(&self) -> u64 {
        self.bus.clock() * self.scale
    }
}

#[test]
fn a_command_that_does_not_end_makes_ndis_reset_the_adapter() {
    let mut altered = Altered::new(|_, value| value);
    altered.scale = 200;
    let mut ndis = Ndis::new(altered, NdisVersion::default(), Registry::default());
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    ndis.registers().deaf = true;
    let done = ndis.direct_oid_wait(
        OidRequest::add_sa(1, &[esp(4096)]),
        bounds::COMMAND_CLOCKS + 100_000,
    );
    assert_eq!(done.unwrap().status, NDIS_STATUS_REQUEST_ABORTED);
    ndis.registers().deaf = false;
    ndis.settle(bounds::RESET_CLOCKS).unwrap();
    let codes: Vec<u32> = ndis.indications().iter().map(|i| i.status_code).collect();
    assert_eq!(codes, [NDIS_STATUS_RESET_START, NDIS_STATUS_RESET_END]);
    let done = ndis.direct_oid_wait(OidRequest::add_sa(1, &[esp(4096)]), SOON * 200);
    assert_eq!(done.unwrap().status, NDIS_STATUS_SUCCESS);
}

#[test]
fn a_reset_that_does_not_end_fails_within_its_bound() {
    let mut altered = Altered::new(|_, value| value);
    altered.scale = 200;
    let mut ndis = Ndis::new(altered, NdisVersion::default(), Registry::default());
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    clog(&mut ndis.registers().bus);
    ndis.run(200_000).unwrap();
    ndis.reset().unwrap();
    ndis.settle(bounds::RESET_CLOCKS + 100_000).unwrap();
    let last = ndis.indications().last().unwrap();
    assert_eq!(last.status_code, NDIS_STATUS_RESET_END);
    assert_eq!(last.status_buffer, NDIS_STATUS_FAILURE.to_le_bytes());
    let submitted = ndis.direct_oid(OidRequest::delete_sa(1, &[1])).unwrap();
    assert_eq!(submitted.status(), NDIS_STATUS_NOT_ACCEPTED);
    ndis.halt().unwrap();
}

#[test]
fn a_handle_of_zero_is_a_violation() {
    // Window bytes of slot 0 from offset 0x38 read zero: a device that forgets the handle.
    let mut ndis = Ndis::new(
        Altered::new(|address, value| match address {
            0x4238..0x4240 => 0,
            _ => value,
        }),
        NdisVersion::default(),
        Registry::default(),
    );
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    let error = ndis
        .direct_oid_wait(OidRequest::add_sa(1, &[esp(4096)]), SOON)
        .unwrap_err();
    assert!(matches!(error, NdisError::Violation(_)), "{error}");
}

#[test]
fn a_wrong_status_of_the_device_is_a_violation() {
    // NDIS_STATUS of slot 0.
    let mut ndis = Ndis::new(
        Altered::new(|address, value| match address {
            0x4010 => NDIS_STATUS_INVALID_PARAMETER,
            _ => value,
        }),
        NdisVersion::default(),
        Registry::default(),
    );
    assert_eq!(ndis.initialize().unwrap(), NDIS_STATUS_SUCCESS);
    let error = ndis
        .direct_oid_wait(OidRequest::delete_sa(1, &[1]), SOON)
        .unwrap_err();
    assert!(error.to_string().contains("final codes"), "{error}");
}

// Random requesters

/// One of several who use the adapter at the same time.
#[derive(Clone, Copy, Debug)]
enum Step {
    Add { bundles: u8, ex: bool },
    AddBad,
    Delete { handles: u8 },
    DeleteStale,
    Update { right: bool },
    Cancel,
    Wait(u16),
    Parameters(u8),
    SaLimit(u8),
    Encapsulation(bool),
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (1_u8..6, any::<bool>()).prop_map(|(bundles, ex)| Step::Add { bundles, ex }),
        1 => Just(Step::AddBad),
        6 => (1_u8..5).prop_map(|handles| Step::Delete { handles }),
        1 => Just(Step::DeleteStale),
        3 => any::<bool>().prop_map(|right| Step::Update { right }),
        3 => Just(Step::Cancel),
        8 => (0_u16..800).prop_map(Step::Wait),
        1 => (0_u8..=4).prop_map(Step::Parameters),
        1 => (0_u8..=20).prop_map(Step::SaLimit),
        1 => any::<bool>().prop_map(Step::Encapsulation),
        1 => Just(Step::Reset),
    ]
}

/// What the requesters know.
#[derive(Default)]
struct Knowledge {
    /// Handle and SPI of every bundle that is there
    live: Vec<(u64, u32)>,
    /// Handles that are being deleted, or were
    gone: Vec<u64>,
    spi: u32,
    id: u64,
}

impl Knowledge {
    fn learn(&mut self, done: Vec<Completed>) {
        for done in done {
            if done.request.adds() {
                let spi = |k: usize| {
                    // The SPIs of a request follow each other.
                    done.request.request_id as u32 + k as u32
                };
                for (k, handle) in done.request.handles().into_iter().enumerate() {
                    if handle != 0 {
                        self.live.push((handle, spi(k)));
                    }
                }
            }
        }
    }
}

fn play(steps: &[Step], seed: u64, latency: u64) {
    let mut rng = Rng::new(seed, 1);
    let mut ndis = up();
    ndis.set_interrupt_latency(latency);
    let mut known = Knowledge {
        spi: 4096,
        ..Knowledge::default()
    };
    let mut issued = 0;
    let mut ended = 0;
    for step in steps {
        known.id += 1;
        let request = match *step {
            Step::Add { bundles, ex } => {
                let first = known.spi;
                known.spi += 16;
                let list: Vec<AddSa> = (0..u32::from(bundles)).map(|k| esn(first + k)).collect();
                // The number of the request tells the SPIs.
                Some(if ex {
                    OidRequest::add_sa_ex(first.into(), &list[0])
                } else {
                    OidRequest::add_sa(first.into(), &list)
                })
            }
            Step::AddBad => Some(OidRequest::add_sa(known.id, &[sha1(4096)])),
            Step::Delete { handles } => {
                let count = usize::from(handles).min(known.live.len());
                let mut list = Vec::new();
                for _ in 0..count {
                    let k = rng.below(known.live.len() as u64) as usize;
                    list.push(known.live.swap_remove(k).0);
                }
                known.gone.extend(&list);
                (!list.is_empty()).then(|| OidRequest::delete_sa(known.id, &list))
            }
            Step::DeleteStale => {
                let stale = rng.pick(&known.gone).copied();
                stale.map(|handle| OidRequest::delete_sa(known.id, &[handle]))
            }
            Step::Update { right } => {
                let sa = rng.pick(&known.live).copied();
                let wrong = u32::from(!right);
                sa.map(|(h, spi)| OidRequest::update_sa(known.id, h, 2, spi + wrong, 5))
            }
            Step::Cancel => {
                let back = rng.below(6);
                ndis.cancel(known.id.saturating_sub(back)).unwrap();
                ndis.cancel(u64::from(known.spi).saturating_sub(16 * back))
                    .unwrap();
                None
            }
            Step::Wait(clocks) => {
                ndis.run(clocks.into()).unwrap();
                None
            }
            Step::Parameters(value) => {
                parameters(&mut ndis, value);
                None
            }
            Step::SaLimit(bundles) => {
                ndis.set_sa_limit(bundles.into()).unwrap();
                None
            }
            Step::Encapsulation(on) => {
                encapsulate(&mut ndis, on);
                None
            }
            Step::Reset => {
                ndis.reset().unwrap();
                None
            }
        };
        if let Some(request) = request {
            issued += 1;
            if let Submitted::Completed(done) = ndis.direct_oid(request).unwrap() {
                ended += 1;
                assert!(ndis.is_resetting(), "{}", NdisStatus(done.status));
            }
        }
        let done = ndis.take_completed();
        ended += done.len();
        known.learn(done);
        if ndis.is_resetting() {
            // Everything that was offloaded is gone.
            known.gone.extend(known.live.drain(..).map(|sa| sa.0));
        }
    }
    ndis.settle(1_000_000).unwrap();
    ended += ndis.take_completed().len();
    assert_eq!(issued, ended);
    // What a cancelled list of deletes left over is deleted again.
    let left: Vec<u64> = ndis.verifier().live().iter().copied().collect();
    if !left.is_empty() {
        let done = wait(&mut ndis, OidRequest::delete_sa(0, &left));
        assert_eq!(done.status, NDIS_STATUS_SUCCESS);
    }
    assert_eq!(read(&mut ndis, regs::SA_COUNT), 0);
    // The device is as good as new.
    ndis.set_sa_limit(16).unwrap();
    assert_eq!(parameters(&mut ndis, 4), NDIS_STATUS_SUCCESS);
    assert_eq!(encapsulate(&mut ndis, true), NDIS_STATUS_SUCCESS);
    assert_eq!(ndis.current(), hardware_of(SMALL));
    let list: Vec<AddSa> = (0..16).map(|k| esp(900_000 + k)).collect();
    let done = wait(&mut ndis, OidRequest::add_sa(0, &list));
    assert!(done.request.handles().iter().all(|h| *h != 0));
    ndis.halt().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requesters_of_all_kinds_at_once(
        steps in proptest::collection::vec(step(), 1..120),
        seed in any::<u64>(),
        latency in prop_oneof![Just(0_u64), 0_u64..400],
    ) {
        play(&steps, seed, latency);
    }
}
