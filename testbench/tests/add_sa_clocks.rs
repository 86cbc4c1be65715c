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
use ipsec_testbench::sa::{Association, Authentication, Encryption, Operation as Protocol};

const KEY: [u8; 36] = [0x5a; 36];

fn dst() -> IpAddr {
    "192.0.2.2".parse().unwrap()
}

/// Edges from the doorbell to PUBLISH: grant, DECODE, FETCH, CHECK, KEY, DUP (inbound: 2 and the entries of
/// the chain), ALLOC, HKEY, WRITE, LINK (inbound), PUBLISH.
fn to_publish(inbound: bool, chain: u64) -> u64 {
    let (dup, link) = if inbound { (2 + chain, 1) } else { (0, 0) };
    1 + 1 + 43 + 1 + 36 + dup + 1 + 16 + 1 + link + 1
}

const WIPE: u64 = 32;

/// SPIs of one bucket under seed 0.
fn colliding(num_sa: u32) -> impl Iterator<Item = u32> {
    let key = |spi| IndexKey {
        v6: false,
        ah: false,
        spi,
        dst: 0xc000_0202,
    };
    (0x1000..).filter(move |spi| bucket(0, &key(*spi), num_sa as usize) == 3)
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

/// A frame for receive on that SA.
fn sealed(spi: u32) -> Vec<u8> {
    let association = Association {
        operation: Protocol::Esp,
        spi,
        esn: false,
        sequence_high: 0,
        encryption: Encryption::AesGcm256,
        authentication: Authentication::None,
        key: KEY.to_vec(),
        icv_length: 16,
    };
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
