// SPDX-License-Identifier: Apache-2.0
//! What a host must not do, and what comes of it: random bytes in the window, every length, key areas that
//! overflow, doorbells of busy slots, unaligned and partial writes, holes of the register map. Never a hang,
//! never a changed SA, always the status that the table gives.
//!
//! `IPSEC_SEED` draws other numbers than the usual ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/buffers.rs"]
mod buffers;
#[path = "common/bus.rs"]
mod bus;
mod common;
#[path = "common/play.rs"]
mod play;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use buffers::*;
use bus::Bus;
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use ipsec_testbench::rng::Rng;

fn rng(purpose: u64) -> Rng {
    let seed = std::env::var("IPSEC_SEED").map_or(0, |seed| seed.parse().unwrap());
    Rng::new(seed, 0xbad0 + purpose)
}

fn dst() -> IpAddr {
    "192.0.2.2".parse().unwrap()
}

fn legal(layout: &Layout, spi: u32) -> Buffer {
    add(layout, true, dst(), spi, &[0x3c; 20])
}

/// A bundle that is there.
type Live = NewBundle;

/// A device, and what it must hold: exact, since its commands come one after the other.
struct Table {
    bus: Bus,
    num_sa: u32,
    settings: Settings,
    live: HashMap<u32, Live>,
    generations: HashMap<u32, u32>,
    unknown: u32,
}

impl Table {
    fn new() -> Self {
        Self::on(play::smallest())
    }

    fn on(config: DeviceConfig) -> Self {
        Self {
            bus: Bus::new(config),
            num_sa: config.num_sa,
            settings: Settings::up(config.stages),
            live: HashMap::new(),
            generations: HashMap::new(),
            unknown: 0,
        }
    }

    /// What must come of a command.
    fn expected(&self, command: &Buffer) -> (u32, u32) {
        let wish = match judge(command, self.settings) {
            Err(refused) => return refused,
            Ok(wish) => wish,
        };
        let status = match wish {
            Wish::Delete(_) => SUCCESS,
            Wish::Update(handle, operation, spi, _) => {
                let bundle = u32::try_from(handle).ok().and_then(|h| self.live.get(&h));
                let named = |sa: New| sa.esn && sa.spi == spi && operation == 2 - u32::from(sa.ah);
                match bundle {
                    Some(bundle) if bundle.each().any(named) => SUCCESS,
                    _ => INVALID_PARAMETER,
                }
            }
            Wish::Add(new) => {
                let keys = |bundle: &NewBundle| bundle.each().map(|sa| (sa.ah, sa.spi));
                let same = |old: &NewBundle| {
                    old.inbound
                        && (old.v6, old.dst) == (new.v6, new.dst)
                        && keys(old).any(|old| keys(&new).any(|new| new == old))
                };
                if new.inbound && self.live.values().any(same) {
                    INVALID_PARAMETER
                } else if self.live.len() as u32 >= self.num_sa {
                    RESOURCES
                } else {
                    SUCCESS
                }
            }
        };
        (status, 0)
    }

    /// Issues it, and looks at all that it says.
    fn issue(&mut self, slot: u32, command: &Buffer) -> u32 {
        let expected = self.expected(command);
        let status = self.bus.command(slot, command);
        let needed = self.bus.read(regs::mailbox_slot_bytes_needed(slot));
        assert_eq!((status, needed), expected, "{command:02x?}");
        let read = self.bus.read(regs::mailbox_slot_bytes_read(slot));
        assert_eq!(read, if status == SUCCESS { command.length } else { 0 });
        let wish = judge(command, self.settings);
        let window = regs::mailbox_slot_window(slot);
        for layout in [ADD, ADD_EX] {
            let at = window + layout.handle as u32;
            let handle = self.bus.read(at);
            assert_eq!(self.bus.read(at + 4), 0);
            let (SUCCESS, Ok(Wish::Add(new))) = (status, wish) else {
                assert_eq!(handle, 0);
                continue;
            };
            if layout.oid != command.oid {
                continue;
            }
            let index = handle & 0xffff;
            assert!((1..=self.num_sa).contains(&index), "0x{handle:08x}");
            let generation = self.generations.get(&index).copied().unwrap_or(0);
            assert_eq!(handle >> 16, generation);
            let before = self.live.insert(handle, new);
            assert!(before.is_none(), "0x{handle:08x} is another's");
        }
        if command.oid == OID_DELETE && status == SUCCESS {
            let handle = match wish {
                Ok(Wish::Delete(handle)) => u32::try_from(handle).ok(),
                _ => None,
            };
            match handle.and_then(|handle| self.live.remove(&handle)) {
                Some(_) => {
                    *self
                        .generations
                        .entry(handle.unwrap() & 0xffff)
                        .or_insert(0) += 1;
                }
                None => self.unknown += 1,
            }
        }
        status
    }

    /// Counts are as they must be.
    fn check(&mut self) {
        let count = self.bus.read(regs::SA_COUNT);
        assert_eq!(count as usize, self.live.len());
        let unknown = self.bus.read(regs::COUNTERS_DELETES_UNKNOWN_LO);
        assert_eq!(unknown, self.unknown);
    }
}

/// Random bytes under every OID, good buffers with bits flipped, words replaced by extreme ones.
#[test]
fn random_buffers() {
    buffers_on(play::smallest(), 4000);
}

/// With bundles of two among them.
#[test]
fn random_buffers_with_two_stages() {
    buffers_on(play::two_stages(), 2000);
}

fn buffers_on(config: DeviceConfig, rounds: u32) {
    let mut rng = rng(1);
    let mut table = Table::on(config);
    let extremes = [
        0,
        1,
        2,
        0x7f,
        0x80,
        0xa8,
        0xaa,
        0x1ff,
        0x200,
        0x7fff_ffff,
        0x8000_0000,
        u32::MAX,
    ];
    let mut seen: HashMap<u32, u32> = HashMap::new();
    for round in 0..rounds {
        let handles: Vec<u32> = table.live.keys().copied().collect();
        let handle = match rng.below(4) {
            0 => rng.word() >> (8 * rng.below(8)),
            _ => rng.pick(&handles).copied().unwrap_or(1).into(),
        };
        let spi = 0x100 + rng.below(20) as u32;
        let mut command = match rng.below(8) {
            0 => {
                let length = rng.below(600) as u32;
                let oid = match rng.below(8) {
                    0 => rng.word() as u32,
                    _ => OID_ADD + rng.below(4) as u32,
                };
                Buffer {
                    oid,
                    bytes: rng.bytes(length.min(WINDOW) as usize),
                    length,
                }
            }
            1 | 2 => delete(handle),
            3 => update(handle, 1 + rng.below(2) as u32, spi, rng.word() as u32),
            k => {
                let layout = if k < 6 { ADD } else { ADD_EX };
                let mut buffer = legal(&layout, spi);
                match rng.below(6) {
                    0 => gmac(&mut buffer, &layout, false),
                    1 => gmac(&mut buffer, &layout, true),
                    2 | 3 => {
                        let other = 0x100 + rng.below(20) as u32;
                        let keys = [(spi, &[0x3c; 20][..]), (other, &[0x3d; 20])];
                        buffer = add_two(&layout, true, dst(), keys);
                        buffer.set(layout.assoc(1).flags(), u32::from(rng.chance(50)));
                    }
                    _ => {}
                }
                if rng.chance(10) {
                    buffer.set(layout.udp, 1 << rng.below(5));
                }
                let flags = u32::from(rng.chance(70)) | u32::from(rng.chance(30)) << 4;
                buffer.set(layout.flags, flags);
                buffer.set(layout.assoc(0).flags(), u32::from(rng.chance(50)));
                buffer
            }
        };
        for _ in 0..rng.below(3) {
            let words = command.bytes.len() / 4;
            if words == 0 {
                break;
            }
            let at = 4 * rng.below(words.min(44) as u64) as usize;
            let word = match rng.below(3) {
                0 => *rng.pick(&extremes).unwrap(),
                1 => rng.word() as u32,
                _ => command.get(at) ^ 1 << rng.below(32),
            };
            command.set(at, word);
        }
        if rng.chance(5) {
            command.length = *rng.pick(&extremes).unwrap();
        }
        let status = table.issue(round % 4, &command);
        *seen.entry(status).or_default() += 1;
        if round % 50 == 0 {
            table.check();
        }
    }
    table.check();
    // The draw is worth something: all that can come of one command after the other did.
    for status in [
        SUCCESS,
        NOT_SUPPORTED,
        INVALID_DATA,
        INVALID_LENGTH,
        INVALID_OID,
        INVALID_PARAMETER,
    ] {
        assert!(seen.get(&status).is_some_and(|n| *n >= 10), "{seen:x?}");
    }
}

/// Every length from 0 to beyond the window, for each OID, on a good buffer.
#[test]
fn every_length() {
    let mut table = Table::new();
    let beyond = [600, 0x1_0000, 0x8000_0000, 0xffff_ff00, u32::MAX];
    for command in [
        legal(&ADD, 0x1000),
        legal(&ADD_EX, 0x1000),
        delete(1),
        update(1, 2, 0x1000, 1),
        Buffer::zeros(0, 512),
    ] {
        for length in (0..=520).chain(beyond) {
            let mut command = command.clone();
            command.length = length;
            let status = table.issue(length % 4, &command);
            if status == SUCCESS && command.oid != OID_DELETE {
                let handle = *table.live.keys().next().unwrap();
                assert_eq!(table.issue(1, &delete(handle.into())), SUCCESS);
            }
        }
        table.check();
        assert!(table.live.is_empty());
    }
}

/// KeyOffset, KeyLength and the two members of each algorithm at every edge, and so large that sums wrap.
#[test]
fn key_areas_that_overflow() {
    let mut rng = rng(2);
    let mut table = Table::new();
    let edges: Vec<u32> = [0_u32, 20, 0xa8, 0xaa, 0xb0, 188, 196, 512, 1 << 31, 0]
        .iter()
        .flat_map(|edge| [edge.wrapping_sub(1), *edge, edge.wrapping_add(1)])
        .chain([u32::MAX - 19, u32::MAX - 20])
        .collect();
    let mut good = 0;
    for round in 0..3000 {
        let layout = if round % 2 == 0 { ADD } else { ADD_EX };
        let mut command = legal(&layout, 0x1000);
        let info = layout.assoc(0).encryption();
        let mut members = vec![
            layout.key_length,
            info + KEY_LENGTH,
            info + KEY_OFFSET_BYTES,
            layout.assoc(0).authentication() + KEY_LENGTH,
            layout.assoc(0).authentication() + KEY_OFFSET_BYTES,
        ];
        if layout.ex {
            members.push(layout.key_offset);
        }
        for _ in 0..1 + rng.below(3) {
            let at = *rng.pick(&members).unwrap();
            command.set(at, *rng.pick(&edges).unwrap());
        }
        if rng.chance(20) {
            // Without GCM the authentication member counts.
            command.set(info, 0x40);
        }
        if table.issue(round % 4, &command) == SUCCESS {
            good += 1;
            let handle = *table.live.keys().next().unwrap();
            table.issue(1, &delete(handle.into()));
        }
    }
    table.check();
    assert!(good > 100, "{good}");
}

/// Doorbells of a busy slot are counted and change nothing; what is written to a busy slot neither.
#[test]
fn a_busy_slot_is_left_alone() {
    let mut bus = Bus::new(play::smallest());
    let mut rung = 0;
    let mut spi = 0x1000;
    for delay in 0..40 {
        spi += 1;
        bus.fill(0, &legal(&ADD, spi));
        bus.ring(0);
        bus.clocks(delay);
        assert_eq!(bus.state(0), 1, "busy");
        bus.write(regs::mailbox_slot_doorbell(0), 1);
        bus.write(regs::mailbox_slot_oid(0), OID_DELETE);
        bus.write(regs::mailbox_slot_length(0), 7);
        let window = regs::mailbox_slot_window(0);
        bus.write(window, 0xffff_ffff);
        bus.write_bytes(window + 0xa8, 0, 0xf);
        bus.write(regs::mailbox_slot_doorbell(0), 1);
        rung += 2;
        assert_eq!(bus.read(regs::mailbox_slot_ndis_status(0)), PENDING);
        assert_eq!(bus.wait(0), SUCCESS, "{delay}");
        assert_eq!(bus.read(regs::mailbox_slot_oid(0)), OID_ADD);
        assert_eq!(bus.read(regs::mailbox_slot_length(0)), 188);
        assert_eq!(bus.read(regs::COUNTERS_DOORBELLS_BUSY_LO), rung);
        let handle = bus.read(window + ADD.handle as u32);
        assert_eq!(bus.read(regs::SA_COUNT), 1);
        // The window is empty again: the same OID and length with nothing in it.
        bus.ring(0);
        assert_eq!(bus.wait(0), INVALID_DATA);
        assert_eq!(bus.command(1, &delete(handle.into())), SUCCESS);
        assert_eq!(bus.read(regs::SA_COUNT), 0);
    }
    assert_eq!(bus.read(regs::COUNTERS_DELETES_UNKNOWN_LO), 0);
}

/// Start and cancel together on an idle slot: it starts. Neither bit, or its byte not enabled: nothing.
#[test]
fn doorbell_bits_and_strobes() {
    let mut bus = Bus::new(play::smallest());
    let bell = regs::mailbox_slot_doorbell(2);
    bus.fill(2, &legal(&ADD, 0x1000));
    for (data, strobe) in [
        (0, 0xf),
        (2, 0xf),
        (1, 0),
        (1, 0xe),
        (0xffff_fffc, 0xf),
        (3, 0xc),
    ] {
        bus.write_bytes(bell, data, strobe);
        assert_eq!(bus.state(2), 0, "0x{data:x} under 0x{strobe:x}");
    }
    bus.write_bytes(bell + 3, 0xffff_ffff, 1);
    assert_eq!(bus.wait(2), SUCCESS, "cancel with start is ignored");
    assert_eq!(bus.read(regs::SA_COUNT), 1);
}

/// A buffer that is written in any order, in pieces, at any alignment is the buffer.
#[test]
fn partial_and_unaligned_writes() {
    let mut rng = rng(3);
    for round in 0..30 {
        let layout = if round % 2 == 0 { ADD } else { ADD_EX };
        let slot = round % 4;
        let command = legal(&layout, 0x1000 + round);
        let mut bus = Bus::new(play::smallest());
        let window = regs::mailbox_slot_window(slot);
        // First something else everywhere, the bytes behind the buffer too.
        for k in 0..128 {
            bus.write_bytes(window + 4 * k, rng.word() as u32, rng.below(16) as u8);
        }
        let mut bytes: Vec<usize> = (0..512).collect();
        while let Some(last) = bytes.len().checked_sub(1) {
            let at = bytes.swap_remove(rng.below(last as u64 + 1) as usize);
            // This byte, and perhaps others of its word, which are then right too.
            let word = at & !3;
            let strobe = rng.below(16) as u8 | 1 << (at & 3);
            let mut data = rng.word().to_le_bytes();
            for (k, byte) in data.iter_mut().enumerate().take(4) {
                if strobe >> k & 1 != 0 {
                    *byte = command.bytes.get(word + k).copied().unwrap_or(0);
                }
            }
            let data = u32::from_le_bytes(data[..4].try_into().unwrap());
            // The two lowest bits of the address do not count.
            bus.write_bytes(window + word as u32 + rng.below(4) as u32, data, strobe);
        }
        // OID and LENGTH byte by byte, over wrong ones.
        for (register, value) in [
            (regs::mailbox_slot_oid(slot), command.oid),
            (regs::mailbox_slot_length(slot), command.length),
        ] {
            bus.write(register, !value);
            for k in 0..4 {
                bus.write_bytes(register + k, value, 1 << k);
            }
            assert_eq!(bus.read(register + 1), value);
        }
        bus.write_bytes(regs::mailbox_slot_doorbell(slot) + 1, 1, 1);
        assert_eq!(bus.wait(slot), SUCCESS);
        // A key with one wrong byte would be seen by nobody here; the table says what was stored.
        bus.fill(slot, &command);
        bus.ring(slot);
        assert_eq!(
            bus.wait(slot),
            INVALID_PARAMETER,
            "the same again is a duplicate"
        );
    }
}

/// The addresses that the register document knows.
fn documented() -> BTreeSet<u32> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/registers.md");
    let text = std::fs::read_to_string(path).unwrap();
    let hex = |text: &str| {
        u32::from_str_radix(text.trim().trim_matches('`').trim_start_matches("0x"), 16)
    };
    let mut known = BTreeSet::new();
    for line in text.lines().filter(|line| line.starts_with("| `0x")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (address, stride) = match cells[1].split_once(" + i·") {
            Some((address, stride)) => (address, hex(stride).unwrap()),
            None => (cells[1], 0),
        };
        let Ok(base) = hex(address) else { continue };
        let count: u32 = cells[3].parse().unwrap_or(1);
        let bytes = cells[6].strip_prefix("memory of ").map_or(4, |rest| {
            rest.split(' ')
                .next()
                .unwrap()
                .replace(',', "")
                .parse()
                .unwrap()
        });
        for k in 0..count {
            known.extend((0..bytes).step_by(4).map(|at| base + stride * k + at));
        }
    }
    known
}

/// Reads of holes give 0 with OKAY, writes there do nothing.
#[test]
fn holes_of_the_register_map() {
    let known = documented();
    assert!(known.len() > 4 * 128 + 2 * 512 + 100, "{}", known.len());
    assert!(known.contains(&regs::mailbox_slot_window(3)) && known.contains(&regs::NAME));
    let mut bus = Bus::new(play::smallest());
    assert_eq!(bus.command(0, &legal(&ADD, 0x1000)), SUCCESS);
    // What reads the same twice now must read the same behind the writes.
    let settled: HashMap<u32, u32> = known.iter().map(|a| (*a, bus.read(*a))).collect();
    let moving: HashSet<u32> = known
        .iter()
        .filter(|a| bus.read(**a) != settled[*a])
        .copied()
        .collect();
    assert!(moving.len() < 4, "{moving:x?}");
    let holes: Vec<u32> = (0..0x1_0000)
        .step_by(4)
        .filter(|a| !known.contains(a))
        .collect();
    for hole in &holes {
        assert_eq!(bus.read(*hole), 0, "0x{hole:04x}");
        bus.write(*hole, 0xffff_ffff);
        bus.write_bytes(*hole + 1, 1, 1);
    }
    for hole in &holes {
        assert_eq!(bus.read(*hole + 2), 0, "0x{hole:04x} was written");
    }
    for (address, before) in settled {
        if !moving.contains(&address) {
            assert_eq!(bus.read(address), before, "0x{address:04x}");
        }
    }
    assert_eq!(bus.command(0, &delete(1)), SUCCESS);
    assert_eq!(bus.read(regs::SA_COUNT), 0);
}

/// Random writes all over the register space, then a reset: the device is as new. It never hangs meanwhile.
#[test]
fn random_writes_everywhere() {
    let mut rng = rng(4);
    let known: Vec<u32> = documented().into_iter().collect();
    let mut bus = Bus::new(play::smallest());
    for _ in 0..20 {
        for _ in 0..400 {
            let address = match rng.below(3) {
                0 => rng.below(0x1_0000) as u32,
                1 => rng.range(0x4000, 0x5000) as u32,
                _ => *rng.pick(&known).unwrap(),
            };
            // Not all of the diagnostic port's lock and the like at once.
            let data = rng.word() as u32 & rng.word() as u32;
            bus.write_bytes(address, data, rng.below(16) as u8);
            if rng.chance(20) {
                bus.read(rng.below(0x1_0000) as u32);
            }
            bus.clocks(rng.below(30) as u32);
        }
        for slot in 0..4 {
            if bus.state(slot) == 1 {
                bus.wait(slot);
            }
        }
        bus.reset(1);
        bus.up();
        assert_eq!(bus.read(regs::SA_COUNT), 0);
        assert_eq!(bus.command(1, &legal(&ADD, 0x1000)), SUCCESS);
    }
}
