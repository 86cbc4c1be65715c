// SPDX-License-Identifier: Apache-2.0
//! No register read at any address at any time returns key bytes. Two ways: every word that is read is
//! compared with every four bytes of key, salt, H and round keys; and two devices that do the same with
//! other keys must show the same on the register port and on `irq_o` in every clock, so that nothing
//! there, not even a time, depends on a key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/buffers.rs"]
mod buffers;
#[path = "common/bus.rs"]
mod bus;
mod common;
#[path = "common/play.rs"]
mod play;

use std::collections::HashSet;

use buffers::*;
use bus::Bus;
use ipsec_model::regs;
use ipsec_testbench::rng::Rng;
use proptest::prelude::*;

/// Addresses of all words.
fn everywhere() -> impl Iterator<Item = u32> {
    (0..0x1_0000).step_by(4)
}

/// Four bytes of a key in a row, in either order.
fn pieces(key: &[u8]) -> HashSet<u32> {
    key.windows(4)
        .flat_map(|piece| {
            let word = u32::from_le_bytes(piece.try_into().unwrap());
            [word, word.swap_bytes()]
        })
        .collect()
}

fn key(seed: u64) -> Vec<u8> {
    Rng::new(seed, 0x6b6579).bytes(36)
}

fn adding(layout: &Layout, inbound: bool, spi: u32, key: &[u8]) -> Buffer {
    add(layout, inbound, "192.0.2.2".parse().unwrap(), spi, key)
}

fn look(bus: &mut Bus, addresses: impl Iterator<Item = u32>, keys: &HashSet<u32>, when: &str) {
    for address in addresses {
        let word = bus.read(address);
        assert!(
            !keys.contains(&word),
            "0x{address:04x} {when}: 0x{word:08x}"
        );
    }
}

/// The whole space with a key in a window, while its command runs, with the SA live, and deleted.
#[test]
fn the_whole_space_in_every_state() {
    let key = key(1);
    let keys = pieces(&key);
    let mut bus = Bus::new(play::smallest());
    for (slot, layout) in [(0, ADD), (3, ADD_EX)] {
        let command = adding(&layout, true, 0x1000 + slot, &key);
        bus.fill(slot, &command);
        look(&mut bus, everywhere(), &keys, "in the window");
        // A command is shorter than a look at everything: one for every part of the space.
        let parts = 16_384 / 16;
        for part in 0..parts {
            if part > 0 {
                let mut again = command.clone();
                again.spi(layout.assoc(0).spi(), 0x2000 + part);
                // Most are refused late, when the key has been fetched: the device is full.
                bus.fill(slot, &again);
            }
            bus.ring(slot);
            let base = 64 * part;
            look(
                &mut bus,
                (base..base + 64).step_by(4),
                &keys,
                "during a command",
            );
            bus.wait(slot);
        }
        look(&mut bus, everywhere(), &keys, "when live");
        for handle in 1..=u64::from(play::smallest().num_sa) {
            bus.command(slot, &delete(handle));
            bus.command(slot, &delete(handle | 0x1_0000));
        }
        look(&mut bus, everywhere(), &keys, "when deleted");
    }
    assert_eq!(bus.read(regs::SA_COUNT), 0);
}

/// The window reads zero but for the handle, whatever is written there.
#[test]
fn windows_read_zero() {
    let mut bus = Bus::new(play::smallest());
    for slot in 0..4 {
        let window = regs::mailbox_slot_window(slot);
        for k in 0..128 {
            bus.write(window + 4 * k, 0xffff_ffff);
        }
        for k in 0..128 {
            assert_eq!(bus.read(window + 4 * k), 0, "slot {slot}, word {k}");
        }
        let status = bus.command(slot, &adding(&ADD, true, 0x1000 + slot, &key(2)));
        assert_eq!(status, SUCCESS);
        for k in 0..128 {
            let expected = if 4 * k == ADD.handle as u32 {
                slot + 1
            } else {
                0
            };
            assert_eq!(bus.read(window + 4 * k), expected, "slot {slot}, word {k}");
        }
    }
}

/// What a host does in the property below.
#[derive(Clone, Debug)]
enum Act {
    /// Fills a slot with an ADD of this SPI, EX or not, inbound or not; perhaps with something wrong at
    /// this byte
    Fill(u32, u32, bool, bool, Option<u8>),
    Ring(u32),
    Cancel(u32),
    Delete(u32, u64),
    /// Reads at addresses from the whole space
    Read(Vec<u16>),
    /// Reads of one slot's registers and window, at once behind a doorbell
    Watch(u32, u8),
    SoftReset,
    Reset,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let slot = 0_u32..4;
    let wrong = proptest::option::weighted(0.3, 0_u8..0xb0);
    let act = prop_oneof![
        6 => (slot.clone(), 0x1000_u32..0x1006, any::<bool>(), any::<bool>(), wrong)
            .prop_map(|(slot, spi, ex, inbound, wrong)| Act::Fill(slot, spi, ex, inbound, wrong)),
        6 => slot.clone().prop_map(Act::Ring),
        1 => slot.clone().prop_map(Act::Cancel),
        2 => (slot.clone(), 1_u64..8).prop_map(|(slot, handle)| Act::Delete(slot, handle)),
        3 => proptest::collection::vec(any::<u16>(), 1..80).prop_map(Act::Read),
        6 => (slot, 0_u8..128).prop_map(|(slot, from)| Act::Watch(slot, from)),
        1 => Just(Act::SoftReset),
        1 => Just(Act::Reset),
    ];
    proptest::collection::vec(act, 5..60)
}

fn run(acts: &[Act], key: &[u8]) -> Bus {
    let keys = pieces(key);
    let mut bus = Bus::new(play::smallest());
    bus.log = Some(Vec::new());
    bus.write(regs::INTR_ENABLE, 0x1ff);
    for act in acts {
        match act {
            Act::Fill(slot, spi, ex, inbound, wrong) => {
                let layout = if *ex { ADD_EX } else { ADD };
                let mut command = adding(&layout, *inbound, *spi, key);
                if let Some(at) = wrong {
                    command.bytes[usize::from(*at)] ^= 0x41;
                }
                bus.fill(*slot, &command);
            }
            Act::Ring(slot) => {
                bus.ring(*slot);
            }
            Act::Cancel(slot) => {
                bus.write(regs::mailbox_slot_doorbell(*slot), 2);
            }
            Act::Delete(slot, handle) => {
                bus.fill(*slot, &delete(*handle));
                bus.ring(*slot);
            }
            Act::Read(addresses) => {
                let addresses = addresses.iter().map(|a| u32::from(*a));
                look(&mut bus, addresses, &keys, "at random");
            }
            Act::Watch(slot, from) => {
                let base = regs::mailbox_slot_oid(*slot);
                let words = (0..8).map(|k| base + 4 * k);
                let window = regs::mailbox_slot_window(*slot);
                let from = u32::from(*from);
                let words = words.chain((from..from + 40).map(|k| window + 4 * (k % 128)));
                look(&mut bus, words, &keys, "beside a command");
            }
            Act::SoftReset => {
                bus.write(regs::COMMAND, 1);
            }
            Act::Reset => {
                bus.reset(1);
                bus.up();
            }
        }
    }
    look(&mut bus, (0x4000..0x5000).step_by(4), &keys, "at the end");
    bus
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// The register port and the interrupt are the same in every clock, whatever the key is.
    #[test]
    fn the_register_port_depends_on_no_key(acts in acts(), seed in 0_u64..1000) {
        let key = key(seed);
        let other: Vec<u8> = key.iter().map(|byte| !byte).collect();
        let [first, second] = [key, other].map(|key| run(&acts, &key));
        let differs = first.log.unwrap().into_iter().zip(second.log.unwrap());
        let at = differs.enumerate().find(|(_, (a, b))| a != b);
        prop_assert!(at.is_none(), "{:?}", at);
    }
}
