// SPDX-License-Identifier: Apache-2.0
//! Every row of what the commands check (docs/programmers_guide.md), by name, with the NDIS_STATUS that it gives;
//! a full table, limits, handles.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::{
    AddLayout, DeleteSa, IPSEC_OFFLOAD_V2_AH, IPSEC_OFFLOAD_V2_ESP, NDIS_STATUS_INVALID_DATA,
    NDIS_STATUS_INVALID_LENGTH, NDIS_STATUS_INVALID_OID, NDIS_STATUS_INVALID_PARAMETER,
    NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_RESOURCES,
    NDIS_STATUS_SUCCESS, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, SpiOrder, UpdateSa,
};

use super::Draft;
use super::modes::tunnelled;
use crate::drivers::mailbox::add_sa;
use crate::modes::course::Course;
use crate::modes::layer::Forms;
use crate::modes::opinion::Named;
use crate::modes::spec::{Kind, Spec};
use crate::rng::Rng;
use crate::sa::{Direction, Sa};
use crate::scenario::{Command, Configuration, Handle, IpsecV2, Operation, Scenario, Until};

const SUSPECT: &str =
    "The OID engine's check named in the step; the mailbox slot if all of one slot fail.";

/// Where the members of the two structures are.
struct Layout {
    layout: AddLayout,
    fixed: u32,
    num: usize,
    flags: usize,
    udp: usize,
    assoc: usize,
    key_length: usize,
}

const PLAIN: Layout = Layout {
    layout: AddLayout::Plain,
    fixed: 169,
    num: 0x10,
    flags: 0x14,
    udp: 0x40,
    assoc: 0x44,
    key_length: 0xa4,
};

const EX: Layout = Layout {
    layout: AddLayout::Ex,
    fixed: 170,
    num: 0x4,
    flags: 0x8,
    udp: 0x38,
    assoc: 0x3c,
    key_length: 0x9c,
};

/// `KeyOffset` of ADD_SA_EX.
const KEY_OFFSET: usize = 0xa0;

// Members of an association.
const FLAGS: usize = 0;
const OPERATION: usize = 4;
const SPI: usize = 8;
const AUTHENTICATION: usize = 0xc;
const ENCRYPTION: usize = 0x1c;
const KEY_LENGTH: usize = 4;
const KEY_OFFSET_BYTES: usize = 8;
const ADDITIONAL_INFO: usize = 12;
const SECOND: usize = 0x30;

/// The cases.
pub fn drafts(device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut all = Vec::new();
    for (name, layout) in [("add-sa", PLAIN), ("add-sa-ex", EX)] {
        all.push(Draft::new(
            "commands",
            "bad-commands",
            SUSPECT,
            format!("Every row of what {name} checks, in every slot"),
            rows_of_add(name, &layout, device, seed),
        ));
    }
    all.push(
        Draft::new(
            "commands",
            "commands",
            SUSPECT,
            "Every row of what UPDATE_SA and DELETE_SA check, OIDs that are none, in every slot",
            rows_of_others(device, seed),
        )
        .short(),
    );
    all.push(Draft::new(
        "commands",
        "commands",
        "HALT, and the DECODE phase of the OID engine.",
        "Every command while HALT is 1: NOT_ACCEPTED; those before it, and those behind, work",
        halt(device, seed),
    ));
    all.push(Draft::new(
        "commands",
        "commands",
        "The order of bytes of Spi in the windows.",
        "CTRL.spi_host_order: ADD and UPDATE with the Spi in either order",
        host_order(device, seed),
    ));
    if device.num_sa <= 64 {
        all.push(Draft::new(
            "commands",
            "capacity",
            "The free list, the occupancy counter, the index at its fullest.",
            "The table filled to the last bundle, one more refused, emptied and filled again in another order",
            full(device, seed),
        ));
    }
    all.push(Draft::new(
        "commands",
        "commands",
        "The chains of the index: entries in one bucket, unlinked from every place.",
        "Bundles whose entries share a bucket, duplicates of either association, deleted in every order",
        crate::modes::chains(device, seed),
    ));
    all.push(Draft::new(
        "commands",
        "zeroization",
        "Deletion: the lookup, the free list, generations of handles.",
        "Deleted SAs: their frames pass, their handles are stale also when the bundle is used again",
        deleted(device, seed),
    ));
    all
}

fn put(buffer: &mut [u8], at: usize, word: u32) {
    if let Some(place) = buffer.get_mut(at..at + 4) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

struct Rows {
    course: Course,
    number: u32,
}

impl Rows {
    fn issue(&mut self, oid: u32, buffer: Vec<u8>, length: Option<u32>, status: u32) {
        let slot = (self.number % 4) as u8;
        self.number += 1;
        let command = Command::Raw {
            oid,
            buffer,
            length,
        };
        self.course.scenario.command(slot, command, Some(status));
    }
}

/// A sound bundle of these protocols.
fn bundle(kind: Kind, direction: Direction, number: u32) -> Sa {
    let spec = Spec {
        esn: Some(5),
        ..Spec::new(kind, false)
    };
    spec.sa(direction, number, &mut Rng::new(77, number.into()))
}

fn rows_of_add(name: &str, l: &Layout, device: DeviceConfig, seed: u64) -> Scenario {
    let mut rows = Rows {
        course: Course::new(name, device, seed),
        number: 0,
    };
    let oid = l.layout.oid();
    let bytes = |sa: &Sa| add_sa(sa).with_layout(l.layout).to_bytes(SpiOrder::Wire);
    let esp = bytes(&bundle(Kind::Gcm(16), Direction::Inbound, 1));
    let gmac = bytes(&bundle(Kind::Gmac, Direction::Inbound, 1));
    let ah = bytes(&bundle(Kind::Ah, Direction::Inbound, 2));
    let both = bytes(&bundle(Kind::AhGcm(16), Direction::Outbound, 3));
    let first = l.assoc;
    let second = l.assoc + SECOND;
    for length in [0, 1, l.fixed - 1, 513, u32::MAX] {
        rows.issue(oid, esp.clone(), Some(length), NDIS_STATUS_INVALID_LENGTH);
    }
    // A base, where a word is changed, what to.
    let data: Vec<(&[u8], usize, u32)> = vec![
        (&esp, 0, 0x00b0_0181),
        (&esp, 0, 0x00b0_0080),
        (&esp, 0, (l.fixed - 1) << 16 | 0x0180),
        (&esp, l.num, 0),
        (&esp, l.num, 3),
        (&esp, l.flags, 0x2),
        (&esp, l.flags, 0x21),
        (&esp, first + FLAGS, 2),
        (&both, second + FLAGS, 4),
        (&esp, l.key_length, 21),
        (&esp, l.key_length, 0x1000),
        (&esp, l.key_length, u32::MAX),
        (&esp, first + ENCRYPTION + KEY_OFFSET_BYTES, 1),
        (&esp, first + ENCRYPTION + KEY_OFFSET_BYTES, u32::MAX),
        (&gmac, first + AUTHENTICATION + KEY_OFFSET_BYTES, 1),
        (&both, second + AUTHENTICATION + KEY_LENGTH, 200),
    ];
    let parameter: Vec<(&[u8], usize, u32)> = vec![
        (&esp, first + OPERATION, 0),
        (&esp, first + OPERATION, 3),
        (&both, first + OPERATION, 1),
        (&both, second + OPERATION, 2),
        (&esp, first + SPI, 255_u32.swap_bytes()),
        (&esp, first + SPI, 0),
        (&both, second + SPI, 1_u32.swap_bytes()),
        (&ah, first + ENCRYPTION, 1),
        (&ah, first + AUTHENTICATION, 0),
        (&ah, first + AUTHENTICATION, 3),
        (&ah, first + AUTHENTICATION, 0x40),
        (&esp, first + ENCRYPTION, 0),
        (&esp, first + ENCRYPTION, 0x200),
        (&esp, first + ENCRYPTION, 0x18),
        (&gmac, first + AUTHENTICATION, 0),
    ];
    let support: Vec<(&[u8], usize, u32)> = vec![
        (&esp, l.udp, 3),
        (&esp, l.udp, 0x10),
        (&ah, l.udp, 1),
        (&both, l.udp, 1),
        (&ah, first + AUTHENTICATION, 1),
        (&ah, first + AUTHENTICATION, 4),
        (&gmac, first + AUTHENTICATION, 2),
        (&esp, first + ENCRYPTION, 2),
        (&esp, first + ENCRYPTION, 0x40),
        (&esp, first + ENCRYPTION, 0x100),
        (&esp, first + ENCRYPTION + KEY_LENGTH, 16),
        (&esp, first + ENCRYPTION + KEY_LENGTH, 0),
        (&esp, first + ENCRYPTION + ADDITIONAL_INFO, 4),
        (&esp, first + ENCRYPTION + ADDITIONAL_INFO, 17),
        (&gmac, first + AUTHENTICATION + ADDITIONAL_INFO, 12),
        (&ah, first + AUTHENTICATION + ADDITIONAL_INFO, 8),
    ];
    for (table, status) in [
        (data, NDIS_STATUS_INVALID_DATA),
        (parameter, NDIS_STATUS_INVALID_PARAMETER),
        (support, NDIS_STATUS_NOT_SUPPORTED),
    ] {
        for (base, at, word) in table {
            // A device of one stage refuses two associations before it looks at them.
            if device.stages < 2 && base == both.as_slice() && status == NDIS_STATUS_NOT_SUPPORTED {
                continue;
            }
            let mut buffer = base.to_vec();
            put(&mut buffer, at, word);
            rows.issue(oid, buffer, None, status);
        }
    }
    if l.layout == AddLayout::Ex {
        for offset in [0, 0xa9] {
            let mut buffer = esp.clone();
            put(&mut buffer, KEY_OFFSET, offset);
            rows.issue(oid, buffer, None, NDIS_STATUS_INVALID_DATA);
        }
    }
    // Good ones, a duplicate, the same outbound twice.
    let twice = bytes(&bundle(Kind::Gcm(8), Direction::Outbound, 4));
    for buffer in [&esp, &ah, &twice, &twice] {
        rows.issue(oid, buffer.clone(), None, NDIS_STATUS_SUCCESS);
    }
    for buffer in [&esp, &ah, &gmac] {
        rows.issue(oid, buffer.clone(), None, NDIS_STATUS_INVALID_PARAMETER);
    }
    // No more than SA_LIMIT.
    let limit = |limit| Configuration {
        sa_limit: Some(limit),
        ..Configuration::default()
    };
    rows.course.scenario.configure(limit(4));
    rows.issue(oid, twice.clone(), None, NDIS_STATUS_RESOURCES);
    rows.course.scenario.configure(limit(0));
    rows.issue(oid, twice.clone(), None, NDIS_STATUS_RESOURCES);
    rows.course.scenario.configure(limit(u32::MAX));
    // By what is on.
    for (ipsecv2, buffer, status) in [
        (IpsecV2::Ah, &twice, NDIS_STATUS_NOT_SUPPORTED),
        (IpsecV2::Esp, &ah, NDIS_STATUS_NOT_SUPPORTED),
        (IpsecV2::Disabled, &twice, NDIS_STATUS_NOT_SUPPORTED),
        (IpsecV2::Esp, &twice, NDIS_STATUS_SUCCESS),
    ] {
        rows.course.scenario.configure(Configuration {
            ipsecv2: Some(ipsecv2),
            ..Configuration::default()
        });
        rows.issue(oid, buffer.clone(), None, status);
    }
    rows.course.scenario.configure(Configuration {
        ipsecv2: Some(IpsecV2::AhAndEsp),
        engine: Some(false),
        ..Configuration::default()
    });
    rows.issue(oid, twice.clone(), None, NDIS_STATUS_NOT_SUPPORTED);
    rows.course.scenario
}

fn update(handle: u64, operation: u32, spi: u32) -> Vec<u8> {
    UpdateSa::new(handle, operation, spi, 9).to_bytes(SpiOrder::Wire)
}

fn rows_of_others(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rows = Rows {
        course: Course::new("update-delete", device, seed),
        number: 0,
    };
    let esn = bundle(Kind::Gcm(16), Direction::Inbound, 1);
    let spi = esn.associations[0].spi;
    let mut without = bundle(Kind::Ah, Direction::Inbound, 2);
    without.associations[0].esn = false;
    let ah_spi = without.associations[0].spi;
    // Handles 1 and 2: bundles are given out in order.
    for sa in [&esn, &without] {
        rows.course.scenario.command(
            0,
            Command::AddSa {
                sa: sa.clone(),
                ex: false,
            },
            Some(NDIS_STATUS_SUCCESS),
        );
    }
    let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
    let (is_esp, is_ah) = (IPSEC_OFFLOAD_V2_ESP, IPSEC_OFFLOAD_V2_AH);
    let good = update(1, is_esp, spi);
    for length in [0, 27, 513, u32::MAX] {
        rows.issue(oid, good.clone(), Some(length), NDIS_STATUS_INVALID_LENGTH);
    }
    for word in [0x001c_0181_u32, 0x001c_0080, 0x001b_0180] {
        let mut buffer = good.clone();
        put(&mut buffer, 0, word);
        rows.issue(oid, buffer, None, NDIS_STATUS_INVALID_DATA);
    }
    for buffer in [
        update(0, is_esp, spi),
        update(1 << 32 | 1, is_esp, spi),
        update(0x1_0001, is_esp, spi),
        update(u64::from(device.num_sa) + 1, is_esp, spi),
        update(3, is_esp, spi),
        update(1, is_ah, spi),
        update(1, 3, spi),
        update(1, is_esp, spi + 1),
        update(2, is_ah, ah_spi),
    ] {
        rows.issue(oid, buffer, None, NDIS_STATUS_INVALID_PARAMETER);
    }
    for _ in 0..4 {
        rows.issue(oid, good.clone(), None, NDIS_STATUS_SUCCESS);
    }
    for oid in [0, 0xfc03_0201, 0xfc03_0206, u32::MAX] {
        rows.issue(oid, good.clone(), None, NDIS_STATUS_INVALID_OID);
    }
    // A DELETE never fails: what it does not find is counted.
    let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    let delete = |handle: u64| DeleteSa::new(handle).to_bytes();
    for length in [0, 23, 513] {
        rows.issue(oid, delete(1), Some(length), NDIS_STATUS_SUCCESS);
    }
    for word in [0x0018_0181_u32, 0x0018_0080, 0x0017_0180] {
        let mut buffer = delete(1);
        put(&mut buffer, 0, word);
        rows.issue(oid, buffer, None, NDIS_STATUS_SUCCESS);
    }
    let beyond = u64::from(device.num_sa) + 1;
    for handle in [0, 1 << 32 | 1, 0x1_0001, beyond, 3, 0xffff] {
        rows.issue(oid, delete(handle), None, NDIS_STATUS_SUCCESS);
    }
    for handle in [2, 1, 1, 2] {
        rows.issue(oid, delete(handle), None, NDIS_STATUS_SUCCESS);
    }
    rows.course.scenario
}

fn halt(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("halt", device, seed);
    let pair = course.pair(Spec::new(Kind::Gcm(16), true));
    course.commands();
    let set = |halt| Configuration {
        halt: Some(halt),
        ..Configuration::default()
    };
    course.scenario.configure(set(true));
    let sa = bundle(Kind::Gcm(16), Direction::Inbound, 9);
    let spi = pair.sa.associations[0].spi;
    let handle = Handle::Sa(pair.name(Direction::Inbound));
    for slot in 0..4 {
        for ex in [false, true] {
            let command = Command::AddSa { sa: sa.clone(), ex };
            course
                .scenario
                .command(slot, command, Some(NDIS_STATUS_NOT_ACCEPTED));
        }
        for command in [
            Command::UpdateSa {
                handle: handle.clone(),
                operation: crate::sa::Operation::Esp,
                spi,
                sequence_high: 1,
            },
            Command::DeleteSa {
                handle: handle.clone(),
            },
            Command::Raw {
                oid: 7,
                buffer: vec![1; 24],
                length: None,
            },
        ] {
            course
                .scenario
                .command(slot, command, Some(NDIS_STATUS_NOT_ACCEPTED));
        }
    }
    // Frames go on.
    let forms = course.frame(&pair, 33);
    course.both(&pair, &forms);
    course.settle();
    course.scenario.configure(set(false));
    let again = course.pair(Spec::new(Kind::Gmac, false));
    course.commands();
    let forms = course.frame(&again, 33);
    course.both(&again, &forms);
    course.clear();
    course.scenario
}

fn host_order(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("spi-order", device, seed);
    for host in [true, false, true] {
        course.settle();
        course.scenario.configure(Configuration {
            spi_host_order: Some(host),
            ..Configuration::default()
        });
        course.commands();
        let spec = Spec {
            esn: Some(3),
            ..Spec::new(Kind::Gcm(16), host)
        };
        let mut pair = course.pair(spec);
        course.commands();
        let forms = course.frame(&pair, 13);
        course.both(&pair, &forms);
        course.settle();
        for direction in [Direction::Outbound, Direction::Inbound] {
            course.scenario.command(
                2,
                Command::UpdateSa {
                    handle: Handle::Sa(pair.name(direction)),
                    operation: crate::sa::Operation::Esp,
                    spi: pair.sa.associations[0].spi,
                    sequence_high: 4,
                },
                Some(NDIS_STATUS_SUCCESS),
            );
        }
        pair.sa.associations[0].sequence_high = 4;
        for bundle in pair.bundles.into_iter().flatten() {
            course.opinion.bundles[bundle].sa.associations[0].sequence_high = 4;
        }
        let forms = course.frame(&pair, 13);
        course.both(&pair, &forms);
    }
    course.scenario
}

/// The index is full: the last bundle works, one more does not go in, and again after all are gone.
fn full(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("full-table", device, seed);
    for round in 0..2 {
        let mut pairs = Vec::new();
        for k in 0..device.num_sa / 2 {
            pairs.push(course.pair(Spec::new(Kind::Gcm(16), k % 2 == round)));
        }
        for (k, ex) in [false, true].into_iter().enumerate() {
            let more = bundle(
                Kind::Gcm(16),
                Direction::Inbound,
                200 + round * 2 + k as u32,
            );
            course.scenario.command(
                k as u8,
                Command::AddSa { sa: more, ex },
                Some(NDIS_STATUS_RESOURCES),
            );
        }
        course.commands();
        for pair in &pairs {
            let forms = course.frame(pair, 9);
            course.both(pair, &forms);
        }
        course.settle();
        // In another order than they came, and the others are still there.
        let count = course.opinion.bundles.len();
        for k in (0..count).rev().step_by(3) {
            course.delete(k);
        }
        course.settle();
        for pair in &pairs {
            let forms = course.frame(pair, 9);
            course.both(pair, &forms);
        }
        course.settle();
        for k in 0..count {
            course.delete(k);
        }
        course.settle();
        course
            .scenario
            .expect_register(ipsec_model::regs::SA_COUNT, 0);
    }
    course.scenario
}

fn deleted(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("deleted", device, seed);
    let spec = Spec::new(Kind::Gcm(16), false);
    let pair = course.pair(spec);
    let other = course.pair(Spec::new(Kind::Gmac, true));
    course.commands();
    let late = course.frame(&pair, 31);
    course.both(&pair, &late);
    course.settle();
    for bundle in pair.bundles.into_iter().flatten() {
        course.delete(bundle);
    }
    course.settle();
    course.both(&pair, &late);
    let forms = course.frame(&other, 8);
    course.both(&other, &forms);
    course.settle();
    // The bundles come round again, with another generation; the last of them had an SA in a tunnel before.
    let mut last = None;
    for _ in 0..device.num_sa.min(64) / 2 + 2 {
        let again = course.pair(spec);
        course.commands();
        // Its mode is transport, whatever that of the one before was.
        let forms = course.frame(&again, 8);
        let mut wrong = forms.sealed.clone();
        if let Some(last) = wrong.last_mut() {
            *last ^= 1;
        }
        course.receive(wrong);
        course.both(&again, &forms);
        let tunnel = tunnelled(&mut course, &again, false);
        course.both(&again, &tunnel);
        // The handle from before the deletion.
        let stale = Operation::Frame(crate::scenario::FrameOp {
            offload: Handle::Raw(1),
            expect: Some(crate::scenario::Expected::Refused {}),
            ..course.down(late.clear.clone(), [Named::Zero; 2], 0)
        });
        course.scenario.push(stale);
        course.settle();
        for bundle in again.bundles.into_iter().flatten() {
            course.delete(bundle);
        }
        course.settle();
        last = Some(forms);
    }
    if let Some(Forms { sealed, .. }) = last {
        course.receive(sealed);
    }
    course.scenario.wait(Until::Idle);
    course.clear();
    course.scenario
}
