// SPDX-License-Identifier: Apache-2.0
//! Commands and register accesses at the edges of the rules, the same each time: every member of an
//! InformationBuffer next to its right value, every length next to a limit, a busy slot written to, every
//! setting and every interrupt, counters about to carry.

use std::net::{IpAddr, Ipv4Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::{
    self, AddLayout, NDIS_STATUS_INVALID_DATA, NDIS_STATUS_INVALID_LENGTH,
    NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, SpiOrder,
};
use ipsec_model::regs;

use crate::drivers::mailbox::add_sa;
use crate::esp::EspLayer;
use crate::fixed::{add, add_both, sa, words};
use crate::rng::Rng;
use crate::sa::{Association, Direction, SALT_BYTES, Sa};
use crate::scenario::{Command, FrameOp, Handle, NO_HANDLE, Operation, Port, Scenario, Until};

const DST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const LAYOUTS: [AddLayout; 2] = [AddLayout::Plain, AddLayout::Ex];

fn one(number: u32, direction: Direction, rng: &mut Rng) -> Sa {
    let association = Association::gcm(0x1_0000 + number, rng.bytes(16 + SALT_BYTES));
    sa(format!("sa{number}"), direction, DST, association)
}

fn raw(scenario: &mut Scenario, slot: u8, oid: u32, buffer: Vec<u8>, expect: Option<u32>) {
    scenario.push(Operation::Command {
        slot,
        command: Command::Raw {
            oid,
            buffer,
            length: None,
        },
        expect,
    });
}

fn buffer(number: u32, layout: AddLayout, rng: &mut Rng) -> Vec<u8> {
    let one = one(number, Direction::Inbound, rng);
    add_sa(&one).with_layout(layout).to_bytes(SpiOrder::Wire)
}

/// The same of a bundle of two.
fn pair_buffer(number: u32, layout: AddLayout, rng: &mut Rng) -> Vec<u8> {
    let mut two = one(number, Direction::Inbound, rng);
    let spi = two.associations[0].spi;
    let key = rng.bytes(16 + SALT_BYTES);
    two.associations.push(Association::ah(spi, key));
    add_sa(&two).with_layout(layout).to_bytes(SpiOrder::Wire)
}

fn put(bytes: &mut [u8], at: usize, word: u32) {
    bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
}

fn read(scenario: &mut Scenario, address: u32) {
    scenario.push(Operation::Read {
        address: address as u16,
        expect: None,
        mask: u32::MAX,
        poll: false,
    });
}

/// An empty table again.
fn restart(scenario: &mut Scenario) {
    scenario.wait(Until::Commands);
    scenario.push(Operation::SoftReset {});
    scenario.bring_up();
}

/// Offsets of what the two structures have at different places.
struct Places {
    association: usize,
    key_length: usize,
    key_offset: Option<usize>,
}

fn places(layout: AddLayout) -> Places {
    match layout {
        AddLayout::Plain => Places {
            association: 0x44,
            key_length: 0xa4,
            key_offset: None,
        },
        AddLayout::Ex => Places {
            association: 0x3c,
            key_length: 0x9c,
            key_offset: Some(0xa0),
        },
    }
}

/// Every command with every length near a limit, both add structures with each word of their fixed part
/// changed, key areas that just fit and just do not, duplicates; what is left in the windows.
pub fn mailbox(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 13);
    let mut scenario = Scenario::new("mailbox", device, seed);
    scenario.bring_up();
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    for layout in LAYOUTS {
        let fixed = usize::from(layout.fixed_size());
        for word in 0..fixed.div_ceil(4) {
            if device.num_sa < 64 && word % 3 == 0 {
                restart(&mut scenario);
            }
            for k in 0..5_u8 {
                let number: u32 = next();
                let mut bytes = if number.is_multiple_of(2) {
                    pair_buffer(number, layout, &mut rng)
                } else {
                    buffer(number, layout, &mut rng)
                };
                let mut was = [0; 4];
                was.copy_from_slice(&bytes[4 * word..4 * word + 4]);
                let was = u32::from_le_bytes(was);
                let now = match k {
                    0 => 0,
                    1 => was.wrapping_add(1),
                    2 => was.wrapping_sub(1),
                    3 => was ^ 1 << rng.below(32),
                    _ => u32::MAX,
                };
                put(&mut bytes, 4 * word, now);
                raw(&mut scenario, k % 4, layout.oid(), bytes, None);
            }
        }
        restart(&mut scenario);
        let at = places(layout);
        let mut try_it = |scenario: &mut Scenario, bytes: Vec<u8>, expect: u32| {
            let slot = rng.below(4) as u8;
            raw(scenario, slot, layout.oid(), bytes, Some(expect));
        };
        let mut rng = Rng::new(seed, 14);
        for (spi, status) in [
            (0_u32, NDIS_STATUS_INVALID_PARAMETER),
            (254, NDIS_STATUS_INVALID_PARAMETER),
            (255, NDIS_STATUS_INVALID_PARAMETER),
            (256, NDIS_STATUS_SUCCESS),
            (257, NDIS_STATUS_SUCCESS),
        ] {
            let mut bytes = buffer(next(), layout, &mut rng);
            put(&mut bytes, at.association + 8, spi.to_be());
            try_it(&mut scenario, bytes, status);
        }
        // The bundle's KeyLength against InformationBufferLength, the key's place against KeyLength.
        for (length, more, offset, status) in [
            (20_u32, 0_usize, 0_u32, NDIS_STATUS_SUCCESS),
            (20, 3, 0, NDIS_STATUS_SUCCESS),
            (21, 0, 0, NDIS_STATUS_INVALID_DATA),
            (21, 1, 0, NDIS_STATUS_SUCCESS),
            (21, 1, 1, NDIS_STATUS_SUCCESS),
            (22, 2, 1, NDIS_STATUS_SUCCESS),
            (21, 1, 2, NDIS_STATUS_INVALID_DATA),
            (20, 1, 1, NDIS_STATUS_INVALID_DATA),
            (22, 1, 0, NDIS_STATUS_INVALID_DATA),
            (24, 4, 3, NDIS_STATUS_SUCCESS),
            (24, 4, 4, NDIS_STATUS_SUCCESS),
            (24, 4, 5, NDIS_STATUS_INVALID_DATA),
            (20, 0, u32::MAX, NDIS_STATUS_INVALID_DATA),
            (u32::MAX, 0, 0, NDIS_STATUS_INVALID_DATA),
        ] {
            let mut bytes = buffer(next(), layout, &mut rng);
            put(&mut bytes, at.key_length, length);
            put(&mut bytes, at.association + 0x1c + 8, offset);
            bytes.extend(rng.bytes(more));
            try_it(&mut scenario, bytes, status);
        }
        // UdpEspEncapsulation: one bit at most, of the lowest four.
        for udp in [0x10, 0x11, 3, 9, 0x100, 0x8000_0000, 8] {
            let mut bytes = buffer(next(), layout, &mut rng);
            put(&mut bytes, 0x40, udp);
            raw(&mut scenario, 1, layout.oid(), bytes, None);
        }
        if device.num_sa < 64 {
            restart(&mut scenario);
        }
        for key_offset in [0xa8_u32, 0xa9, 0xaa, 0xab, 0xb0, 0xb1, u32::MAX - 3] {
            let Some(at) = at.key_offset else { continue };
            let mut bytes = buffer(next(), layout, &mut rng);
            put(&mut bytes, at, key_offset);
            let fits = (0xaa..=0xb0).contains(&key_offset);
            let status = if fits {
                NDIS_STATUS_SUCCESS
            } else {
                NDIS_STATUS_INVALID_DATA
            };
            try_it(&mut scenario, bytes, status);
        }
        scenario.wait(Until::Commands);
        for slot in 0..4 {
            for word in 0..128 {
                read(&mut scenario, regs::mailbox_slot_window(slot) + 4 * word);
            }
        }
        restart(&mut scenario);
        // The same twice, and again when it is no longer the first of its chain.
        let twice = buffer(next(), layout, &mut rng);
        for status in [NDIS_STATUS_SUCCESS, NDIS_STATUS_INVALID_PARAMETER] {
            raw(&mut scenario, 0, layout.oid(), twice.clone(), Some(status));
        }
        scenario.wait(Until::Commands);
        for _ in 0..device.num_sa.min(14) {
            let other = buffer(next(), layout, &mut rng);
            raw(
                &mut scenario,
                1,
                layout.oid(),
                other,
                Some(NDIS_STATUS_SUCCESS),
            );
        }
        scenario.wait(Until::Commands);
        let again = NDIS_STATUS_INVALID_PARAMETER;
        raw(&mut scenario, 2, layout.oid(), twice, Some(again));
        restart(&mut scenario);
    }
    let lengths = [
        0,
        23,
        24,
        25,
        168,
        169,
        170,
        171,
        188,
        195,
        196,
        511,
        512,
        513,
        700,
        u32::MAX,
    ];
    for oid in 0xfc03_0200..=0xfc03_0207 {
        for length in lengths {
            let layout = if oid == AddLayout::Ex.oid() {
                AddLayout::Ex
            } else {
                AddLayout::Plain
            };
            let bytes = buffer(next(), layout, &mut rng);
            let fixed = u32::from(layout.fixed_size());
            let short = oid == layout.oid() && (length < fixed || length > 512);
            scenario.push(Operation::Command {
                slot: (length % 4) as u8,
                command: Command::Raw {
                    oid,
                    buffer: bytes,
                    length: Some(length),
                },
                expect: short.then_some(NDIS_STATUS_INVALID_LENGTH),
            });
        }
        restart(&mut scenario);
    }
    deletes(&mut scenario, &mut rng);
    busy_slot(&mut scenario, &mut rng);
    scenario
}

/// Handles that nothing has, one handle twice, malformed deletes.
fn deletes(scenario: &mut Scenario, rng: &mut Rng) {
    for k in 0..3 {
        add(
            scenario,
            0,
            one(k, Direction::Inbound, rng),
            NDIS_STATUS_SUCCESS,
        );
    }
    scenario.wait(Until::Commands);
    let oid = ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    let right = 2_u64;
    for bit in 0..64 {
        let bytes = ndis::DeleteSa::new(right ^ 1 << bit).to_bytes();
        // Two of these are the other SAs.
        raw(
            scenario,
            (bit % 4) as u8,
            oid,
            bytes,
            Some(NDIS_STATUS_SUCCESS),
        );
    }
    for (at, byte) in [(0, 0x81), (1, 0), (1, 2), (2, 23), (2, 25), (3, 1)] {
        let mut bytes = ndis::DeleteSa::new(right).to_bytes();
        bytes[at] = byte;
        raw(scenario, 1, oid, bytes, Some(NDIS_STATUS_SUCCESS));
    }
    scenario.wait(Until::Commands);
    read(scenario, regs::SA_COUNT);
    for slot in 0..4 {
        let bytes = ndis::DeleteSa::new(right).to_bytes();
        raw(scenario, slot, oid, bytes, Some(NDIS_STATUS_SUCCESS));
    }
    scenario.wait(Until::Commands);
    read(scenario, regs::SA_COUNT);
    scenario.read_counters();
    restart(scenario);
}

/// What a host writes to a slot that is busy counts for nothing.
fn busy_slot(scenario: &mut Scenario, rng: &mut Rng) {
    for slot in 0..4_u32 {
        let association = Association::gcm(0x4000 + slot, rng.bytes(16 + SALT_BYTES));
        let name = format!("busy{slot}");
        let one = sa(name, Direction::Inbound, DST, association.clone());
        let bytes = add_sa(&one).to_bytes(SpiOrder::Wire);
        let window = regs::mailbox_slot_window(slot);
        for (k, word) in words(&bytes).enumerate() {
            scenario.write_register(window + 4 * k as u32, word);
        }
        let doorbell = regs::mailbox_slot_doorbell(slot);
        let start = regs::mailbox_slot_doorbell::START.of(1);
        scenario
            .write_register(regs::mailbox_slot_oid(slot), AddLayout::Plain.oid())
            .write_register(regs::mailbox_slot_length(slot), bytes.len() as u32)
            .write_register(doorbell, start)
            // Fetched last: word of the key, then that with SPI.
            .write_register(window + 0xac, 0x1234_5678)
            .write_register(window + 0x4c, 0x1234_5678)
            // Where the doorbell is, outside of the window.
            .write_register(window + 0x08, u32::MAX);
        read(scenario, window + 0xac);
        scenario
            .write_register(doorbell, start)
            .write_register(regs::mailbox_slot_oid(slot), 1)
            .write_register(regs::mailbox_slot_length(slot), 1);
        read(scenario, regs::mailbox_slot_oid(slot));
        read(scenario, regs::mailbox_slot_length(slot));
        scenario.poll_register(regs::mailbox_slot_state(slot), 2, 3);
        for address in [
            regs::mailbox_slot_ndis_status(slot),
            regs::mailbox_slot_bytes_read(slot),
            window + 0x38,
            window + 0xac,
        ] {
            read(scenario, address);
        }
        frames(scenario, &association, Handle::Raw(0), rng);
        scenario.wait(Until::Idle);
    }
    scenario.read_counters();
}

/// A frame each way.
fn frames(scenario: &mut Scenario, association: &Association, handle: Handle, rng: &mut Rng) {
    let layer = EspLayer {
        association,
        src: DST,
        dst: DST,
        sequence: 1,
        iv: rng.word().to_le_bytes(),
        pad_length: None,
    };
    let [clear, sealed, _] = layer.frames(None, 17, &rng.bytes(20));
    scenario
        .add_frame(FrameOp {
            offload: handle,
            ..FrameOp::new(Port::Tx, clear)
        })
        .frame(Port::Rx, sealed);
}

/// Every setting while SAs and frames are there, every interrupt under every enable bit.
pub fn settings(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 15);
    let mut scenario = Scenario::new("settings", device, seed);
    scenario.bring_up();
    let association = Association::gcm(0x1000, rng.bytes(36));
    add_both(&mut scenario, "", DST, &association);
    scenario.wait(Until::Commands);
    let everything = |scenario: &mut Scenario, rng: &mut Rng| {
        frames(scenario, &association, Handle::Raw(1), rng);
        for k in 0..8 {
            read(scenario, regs::caps_hardware(k));
            read(scenario, regs::caps_current(k));
        }
        read(scenario, regs::INTR_STATE);
        scenario.write_register(regs::INTR_STATE, u32::MAX);
        read(scenario, regs::INTR_STATE);
        scenario.wait(Until::Idle);
    };
    let mut number = 100;
    for ctrl in [3, 1, 2, 0, 7, 3] {
        scenario.write_register(regs::CTRL, ctrl);
        everything(&mut scenario, &mut rng);
        for ipsecv2 in [1, 2, 3, 4, 0, 5, 0x104, 0xff, 2, 1, 4] {
            scenario.write_register(regs::IPSECV2, ipsecv2);
            read(&mut scenario, regs::IPSECV2);
            everything(&mut scenario, &mut rng);
            // Taken or refused, in the SPI order of the time.
            number += 1;
            let bytes = add_sa(&one(number, Direction::Outbound, &mut rng));
            let oid = AddLayout::Plain.oid();
            let order = SpiOrder::Wire;
            raw(&mut scenario, 2, oid, bytes.to_bytes(order), None);
            scenario.wait(Until::Commands);
        }
    }
    // The seed of the hash stays while there are SAs.
    scenario.write_register(regs::HASH_SEED, 0x1357_9bdf);
    read(&mut scenario, regs::HASH_SEED);
    everything(&mut scenario, &mut rng);
    scenario.write_register(regs::HALT, 1);
    raw(
        &mut scenario,
        0,
        AddLayout::Plain.oid(),
        buffer(1, AddLayout::Plain, &mut rng),
        None,
    );
    scenario.wait(Until::Commands).write_register(regs::HALT, 0);
    restart(&mut scenario);
    limit(&mut scenario, &mut rng, device);
    restart(&mut scenario);
    interrupts(&mut scenario);
    byte_enables(&mut scenario);
    scenario
}

/// SA_LIMIT: one more than it says is refused, at every limit.
fn limit(scenario: &mut Scenario, rng: &mut Rng, device: DeviceConfig) {
    let look = |scenario: &mut Scenario| {
        for address in [
            regs::SA_LIMIT,
            regs::SA_COUNT,
            regs::caps_hardware(7),
            regs::caps_current(7),
            regs::INTR_STATE,
        ] {
            read(scenario, address);
        }
        scenario.write_register(regs::INTR_STATE, u32::MAX);
    };
    let (mut number, mut name) = (0, 200);
    for limit in [0, 1, 2, 3, 5, 3, 6] {
        scenario.write_register(regs::SA_LIMIT, limit);
        scenario.wait(Until::Commands);
        look(scenario);
        // 3 comes again with more in use.
        let free = limit.saturating_sub(number);
        for k in 0..=free {
            let status = if k < free {
                NDIS_STATUS_SUCCESS
            } else {
                NDIS_STATUS_RESOURCES
            };
            let direction = if k % 2 == 0 {
                Direction::Inbound
            } else {
                Direction::Outbound
            };
            name += 1;
            let more = one(name, direction, rng);
            number += u32::from(k < free);
            add(scenario, (k % 4) as u8, more, status);
            scenario.wait(Until::Commands);
        }
        look(scenario);
    }
    for written in [
        device.num_sa,
        device.num_sa + 1,
        0x1_0000,
        0x1_0003,
        u32::MAX,
        4,
        0x8000_0000,
    ] {
        scenario.write_register(regs::SA_LIMIT, written);
        look(scenario);
    }
    scenario.write_register(regs::SA_LIMIT, device.num_sa);
    look(scenario);
}

/// Each event under each enable bit; each state bit cleared alone.
fn interrupts(scenario: &mut Scenario) {
    let delete = ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    let done = regs::selftest::DONE.of(1);
    for bit in 0..8 {
        scenario
            .write_register(regs::INTR_STATE, u32::MAX)
            .write_register(regs::INTR_ENABLE, 1 << bit);
        for slot in 0..4 {
            let bytes = ndis::DeleteSa::new(NO_HANDLE.into()).to_bytes();
            raw(scenario, slot, delete, bytes, None);
            scenario.wait(Until::Commands);
            read(scenario, regs::INTR_STATE);
        }
        scenario.write_register(regs::SA_LIMIT, 4 + bit);
        read(scenario, regs::INTR_STATE);
        scenario
            .write_register(regs::SELFTEST, regs::selftest::START.of(1))
            .poll_register(regs::SELFTEST, done, done);
        read(scenario, regs::INTR_STATE);
        scenario.write_register(regs::DIAG_CTRL, 1);
        for direction in 0..2 {
            scenario
                .write_register(regs::DIAG_LENGTH, 60)
                .write_register(regs::DIAG_START, 1 | direction << 1)
                .poll_register(regs::DIAG_STATUS, 2, 2);
        }
        read(scenario, regs::INTR_STATE);
        scenario.write_register(regs::DIAG_CTRL, 0);
        scenario.push(Operation::SoftReset {});
        scenario.wait(Until::InitDone);
        read(scenario, regs::INTR_STATE);
        for clear in 0..9 {
            scenario.write_register(regs::INTR_STATE, 1 << clear);
            read(scenario, regs::INTR_STATE);
        }
    }
    scenario.write_register(regs::INTR_ENABLE, 0);
}

/// Each combination of byte strobes on registers of every kind.
fn byte_enables(scenario: &mut Scenario) {
    let lock = [
        regs::HASH_SEED,
        regs::SA_LIMIT,
        regs::SA_WATERMARK,
        regs::SA_DELETE_REPEAT,
        regs::PARITY_INJECT,
        regs::INTR_ENABLE,
        regs::IPSECV2,
        regs::CTRL,
        regs::UDP_PORT,
        regs::DIAG_LENGTH,
        regs::diag_tuser(1),
        regs::DIAG_INPUT + 0x104,
        regs::mailbox_slot_oid(1),
        regs::mailbox_slot_length(2),
        regs::mailbox_slot_window(3) + 0x44,
        regs::COUNTERS_TX_TWO_PORTIONS_LO,
        regs::COUNTERS_TX_TWO_PORTIONS_LO + 4,
    ];
    for address in lock {
        for strobe in 0..16_u8 {
            for data in [0x0a0b_0c03, u32::MAX, 0] {
                scenario.push(Operation::Write {
                    address: address as u16,
                    data,
                    strobe,
                });
                read(scenario, address);
            }
        }
    }
    // What strobes leave in the input of the diagnostic port shows as a frame only.
    scenario.write_register(regs::DIAG_CTRL, 1);
    // With byte 0 it would be locked.
    for strobe in (0..16).step_by(2) {
        scenario.push(Operation::Write {
            address: regs::DIAG_CTRL as u16,
            data: u32::MAX,
            strobe,
        });
        scenario.expect_register(regs::DIAG_CTRL, 1);
    }
    for k in 0..16_u32 {
        for (data, strobe) in [(0x0403_0201 + 0x1010_1010 * k, 15), (u32::MAX, k as u8)] {
            scenario.push(Operation::Write {
                address: (regs::DIAG_INPUT + 4 * k) as u16,
                data,
                strobe,
            });
        }
    }
    scenario
        .write_register(regs::DIAG_LENGTH, 64)
        .write_register(regs::diag_tuser(0), 0)
        .write_register(regs::DIAG_START, 1)
        .poll_register(regs::DIAG_STATUS, 2, 2);
    read(scenario, regs::DIAG_OUT_LENGTH);
    for k in 0..16 {
        read(scenario, regs::DIAG_OUTPUT + 4 * k);
    }
    scenario.write_register(regs::DIAG_CTRL, 0);
}

/// Counters preset so that they carry, high words latched and written between.
pub fn counters(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 16);
    let mut scenario = Scenario::new("counters", device, seed);
    scenario.bring_up();
    let association = Association::gcm(0x1000, rng.bytes(20));
    add_both(&mut scenario, "", DST, &association);
    scenario.wait(Until::Commands);
    let all = || (regs::COUNTERS_TX_FRAMES_LO..=regs::COUNTERS_DOORBELLS_BUSY_LO).step_by(8);
    for (k, low) in all().enumerate() {
        scenario
            .write_register(low, 0xffff_fffe)
            .write_register(low + 4, 0x100 + k as u32);
    }
    for low in all() {
        read(&mut scenario, low);
        // The latched word stays what it was, whichever high word is read or written.
        for other in [low + 4, regs::COUNTERS_RX_FRAMES_LO + 4, low + 4] {
            read(&mut scenario, other);
        }
        scenario.write_register(low + 4, 0x200 + (low & 0xff));
        read(&mut scenario, low + 4);
        read(&mut scenario, low);
        read(&mut scenario, low + 4);
    }
    let delete = ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
    for round in 0..4 {
        frames(&mut scenario, &association, Handle::Raw(1), &mut rng);
        frames(
            &mut scenario,
            &association,
            Handle::Raw(NO_HANDLE),
            &mut rng,
        );
        // Too short, too long, and for nobody.
        for length in [5, 9700, 60] {
            for port in [Port::Tx, Port::Rx] {
                scenario.frame(port, rng.bytes(length));
            }
        }
        let bytes = ndis::DeleteSa::new(NO_HANDLE.into()).to_bytes();
        raw(&mut scenario, round % 4, delete, bytes, None);
        raw(&mut scenario, round % 4, round.into(), Vec::new(), None);
        scenario.wait(Until::Idle);
        scenario.read_counters();
    }
    // They outlive a soft reset.
    restart(&mut scenario);
    scenario.read_counters();
    scenario
}
