// SPDX-License-Identifier: Apache-2.0
//! The clocks of ADD_SA from doorbell to usable and to done, against the formula of
//! `docs/cycle_formulae.md` (Commands), and the bound of 400 clocks with 1,024 bundles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/buffers.rs"]
mod buffers;
#[path = "common/bus.rs"]
mod bus;
mod common;
#[path = "common/play.rs"]
mod play;

use std::net::IpAddr;

use buffers::*;
use bus::Bus;
use ipsec_cosim_device::{Beat, DeviceConfig};
use ipsec_model::hash::{IndexKey, bucket};
use ipsec_model::regs;
use ipsec_testbench::esp::{EspLayer, Form, ethernet};
use ipsec_testbench::rng::Rng;
use ipsec_testbench::sa::Association;

const KEY: [u8; 36] = [0x5a; 36];

fn dst() -> IpAddr {
    "192.0.2.2".parse().unwrap()
}

/// Grant, DECODE, FETCH, CHECK of an ADD.
const TO_CHECK: u64 = 1 + 1 + 43 + 1;

/// Edges from the doorbell to PUBLISH: DUP (inbound: 2 and the entries of the chain), ALLOC, KEY, HKEY, WRITE,
/// LINK (inbound), PUBLISH.
fn to_publish(inbound: bool, chain: u64) -> u64 {
    let (dup, link) = if inbound { (2 + chain, 1) } else { (0, 0) };
    TO_CHECK + dup + 1 + 36 + 16 + 1 + link + 1
}

/// The same of a bundle of two, with the entries of the chains of its ESP and of its AH.
fn two_to_publish(inbound: bool, chains: [u64; 2]) -> u64 {
    let (dup, link) = if inbound {
        (4 + chains[0] + chains[1], 2)
    } else {
        (0, 0)
    };
    TO_CHECK + dup + 1 + 2 * (36 + 16 + 1) + link + 1
}

/// Edges from the doorbell to done of a DELETE, without frames: grant, DECODE, FETCH, CHECK, UNLINK, pending again,
/// granted, ZERO, FREE.
fn delete_to_done(unlink: u64) -> u64 {
    1 + 1 + 6 + 1 + unlink + 1 + 1 + 2 + 1 + WIPE
}

const WIPE: u64 = 32;

/// SPIs of one bucket under seed 0.
fn colliding(num_sa: u32) -> impl Iterator<Item = u32> {
    in_bucket(num_sa, false, 3)
}

fn in_bucket(num_sa: u32, ah: bool, wanted: usize) -> impl Iterator<Item = u32> {
    let key = move |spi| IndexKey {
        v6: false,
        ah,
        spi,
        dst: 0xc000_0202,
    };
    (0x1000..).filter(move |spi| bucket(0, &key(*spi), num_sa as usize) == wanted)
}

/// Rings and waits for the interrupt: edges from the doorbell to done.
fn ring_to_done(bus: &mut Bus, slot: u32) -> u64 {
    let rung = bus.ring(slot);
    for _ in 0..100_000 {
        if bus.outputs.irq {
            // One edge behind INTR_STATE, which is set at the last one of WIPE.
            let done = bus.clock() - 1;
            bus.write(regs::INTR_STATE, u32::MAX);
            bus.clocks(3);
            assert!(!bus.outputs.irq);
            return done - rung;
        }
        bus.step();
    }
    panic!("slot {slot} stays busy");
}

#[test]
fn doorbell_to_done() {
    for config in play::configs_up_to(1024) {
        let mut bus = Bus::new(config);
        bus.write(regs::INTR_STATE, u32::MAX);
        bus.write(regs::INTR_ENABLE, 0xf);
        // Behind every hint of the start of a sweep or a self-test.
        bus.clocks(200);
        let spis: Vec<u32> = colliding(config.num_sa).take(7).collect();
        for (chain, spi) in spis.into_iter().enumerate() {
            for layout in [ADD, ADD_EX] {
                for (inbound, key) in [(false, 20), (false, 36), (true, 28)] {
                    if inbound && layout.ex {
                        continue;
                    }
                    bus.fill(1, &add(&layout, inbound, dst(), spi, &KEY[..key]));
                    let clocks = ring_to_done(&mut bus, 1);
                    assert_eq!(bus.read(regs::mailbox_slot_ndis_status(1)), SUCCESS);
                    let expected = to_publish(inbound, chain as u64) + WIPE;
                    assert_eq!(clocks, expected, "{config}, {inbound}, chain of {chain}");
                    if !inbound {
                        let at = regs::mailbox_slot_window(1) + layout.handle as u32;
                        let handle = bus.read(at);
                        assert_eq!(bus.command(2, &delete(handle.into())), SUCCESS);
                        bus.write(regs::INTR_STATE, u32::MAX);
                    }
                }
            }
        }
    }
}

/// ADD, DELETE and UPDATE of bundles of two, the AH keys in the bucket of the ESP keys and in another.
#[test]
fn bundles_of_two() {
    let config = play::two_stages();
    if config.stages < 2 {
        return;
    }
    for ah_bucket in [3, 4] {
        let same = ah_bucket == 3;
        let mut bus = Bus::new(config);
        bus.write(regs::INTR_STATE, u32::MAX);
        bus.write(regs::INTR_ENABLE, 0xf);
        bus.clocks(200);
        let esp: Vec<u32> = in_bucket(config.num_sa, false, 3).take(6).collect();
        let ah: Vec<u32> = in_bucket(config.num_sa, true, ah_bucket).take(6).collect();
        let of = |layout: &Layout, inbound, esp, ah| {
            let mut bundle = add_two(
                layout,
                inbound,
                dst(),
                [(esp, &KEY[..20]), (ah, &KEY[..36])],
            );
            bundle
                .set(layout.assoc(0).flags(), 1)
                .set(layout.assoc(1).flags(), 1);
            bundle
        };
        let mut run = |command: &Buffer, status: u32, expected: u64, what: &str| {
            bus.fill(1, command);
            let clocks = ring_to_done(&mut bus, 1);
            assert_eq!(
                bus.read(regs::mailbox_slot_ndis_status(1)),
                status,
                "{what}"
            );
            assert_eq!(clocks, expected, "{config}, bucket {ah_bucket}: {what}");
        };
        for k in 0..4_usize {
            let layout = if k % 2 == 0 { ADD } else { ADD_EX };
            // Neither is linked while they are looked for.
            let chain = if same { 2 * k } else { k } as u64;
            let expected = two_to_publish(true, [chain; 2]) + WIPE;
            run(
                &of(&layout, true, esp[k], ah[k]),
                SUCCESS,
                expected,
                "inbound",
            );
        }
        let chain = if same { 8 } else { 4 };
        // Each chain is walked to its end, wherever the duplicate is.
        for (k, dups) in [(0, 1), (3, 1), (0, 2), (3, 2)] {
            let command = match dups {
                1 => of(&ADD, true, esp[k], ah[5]),
                _ => of(&ADD, true, esp[5], ah[k]),
            };
            let expected = TO_CHECK + dups * (2 + chain) + WIPE;
            run(&command, INVALID_PARAMETER, expected, "duplicate");
        }
        let expected = two_to_publish(false, [0; 2]) + WIPE;
        run(
            &of(&ADD, false, esp[0], ah[0]),
            SUCCESS,
            expected,
            "outbound",
        );
        for (handle, operation, spi) in [(2, 2, esp[1]), (2, 1, ah[1]), (5, 1, ah[0])] {
            let command = update(handle, operation, spi, 7);
            run(&command, SUCCESS, 1 + 1 + 8 + 1 + 1 + WIPE, "update");
        }
        // In one bucket the chain is AH and ESP of the fourth, AH and ESP of the third, ...: ESP goes first, and AH is then
        // where it is in what is left.
        let unlinks: [(u64, u64); 5] = if same {
            [(5, 1), (2, 8 + 9), (4, 4 + 5), (1, 6 + 7), (3, 4 + 5)]
        } else {
            [(5, 1), (2, 5 + 7), (4, 3 + 5), (1, 4 + 6), (3, 3 + 5)]
        };
        for (handle, unlink) in unlinks {
            let what = format!("delete of {handle}");
            run(&delete(handle), SUCCESS, delete_to_done(unlink), &what);
        }
        assert_eq!(bus.read(regs::SA_COUNT), 0);
    }
}

/// A frame for receive on that SA.
fn sealed(spi: u32) -> Vec<u8> {
    let association = Association::gcm(spi, KEY);
    let layer = EspLayer {
        association: &association,
        src: dst(),
        dst: dst(),
        sequence: 1,
        iv: [7; 8],
        pad_length: None,
    };
    ethernet(None, &layer.packet(17, &[1; 30], Form::Sealed))
}

/// Gives a frame to the receive side, first beat `clocks` edges behind the doorbell; whether it is processed.
fn processed(config: DeviceConfig, clocks: u64) -> bool {
    let spi = 0x1000;
    let mut bus = Bus::new(config);
    bus.clocks(300);
    bus.fill(0, &add(&ADD, true, dst(), spi, &KEY));
    let rung = bus.ring(0);
    assert!(bus.clock() < rung + clocks, "the access has ended by then");
    while bus.clock() + 1 < rung + clocks {
        bus.step();
    }
    let frame = sealed(spi);
    let count = frame.len().div_ceil(16);
    for (k, chunk) in frame.chunks(16).enumerate() {
        let mut data = [0; 16];
        data[..chunk.len()].copy_from_slice(chunk);
        bus.inputs.rx = Beat {
            data,
            keep: ((1_u32 << chunk.len()) - 1) as u16,
            last: k + 1 == count,
        };
        bus.inputs.rx_valid = true;
        assert!(bus.outputs.rx_ready, "nothing holds it back");
        bus.step();
    }
    bus.inputs.rx_valid = false;
    for _ in 0..2000 {
        if bus.outputs.rx_out_valid {
            return bus.outputs.rx_user[0] & 2 != 0;
        }
        bus.step();
    }
    panic!("the frame does not come out");
}

/// The first frame that finds the SA is the one whose chain heads are read behind LINK, which is the edge
/// before PUBLISH; they are read D + 2 edges behind its first beat.
#[test]
fn doorbell_to_usable() {
    let config = play::smallest();
    const DECISION: u64 = 3;
    let link = to_publish(true, 0) - 1;
    let first = link + 1 - (DECISION + 2);
    for early in [1, 2, 20] {
        assert!(!processed(config, first - early), "{early} too early");
    }
    for late in [0, 1, 30] {
        assert!(processed(config, first + late), "{late} late");
    }
}

/// With random SPIs chains are short: every one of 1,024 SAs is usable within 400 clocks of its doorbell.
#[test]
fn at_most_400_clocks_with_1024_bundles() {
    let wanted = DeviceConfig::new(1024, 2);
    if !play::configs_up_to(1024).contains(&wanted) {
        return common::skipped("400 clocks", "1024x2 is not built");
    }
    let mut bus = Bus::new(wanted);
    bus.write(regs::INTR_STATE, u32::MAX);
    bus.write(regs::INTR_ENABLE, 0xf);
    bus.clocks(200);
    let mut rng = Rng::new(5, 5);
    let mut worst = 0;
    for _ in 0..1024 {
        let spi = rng.range(256, u32::MAX.into()) as u32;
        bus.fill(0, &add(&ADD, true, dst(), spi, &KEY));
        let clocks = ring_to_done(&mut bus, 0);
        assert_eq!(bus.read(regs::mailbox_slot_ndis_status(0)), SUCCESS);
        worst = worst.max(clocks - WIPE);
    }
    eprintln!("ADD_SA: usable at most {worst} clocks behind the doorbell, 1,024 random SPIs");
    assert!(worst <= 400);
    // The longest chain for which it holds.
    assert!(to_publish(true, 295) <= 400);
}
