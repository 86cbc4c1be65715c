// SPDX-License-Identifier: Apache-2.0
//! Parity errors in each memory, put there by injection: what frames of the SA come to, who counts them,
//! and what heals them.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::{NDIS_STATUS_INVALID_DATA, NDIS_STATUS_SUCCESS};
use ipsec_model::regs;

use super::builder::{Builder, Pair};
use crate::sa::Direction;
use crate::scenario::{Command, Configuration, Expected, Memory, Operation, Scenario, Until};

/// CryptoStatus of a frame whose SA cannot be read.
const STATUS: [u16; 1] = [1];

fn inject(build: &mut Builder, memories: &[Memory]) {
    build.configure(Configuration {
        parity_inject: Some(memories.to_vec()),
        ..Configuration::default()
    });
}

fn bits(memories: &[Memory]) -> u32 {
    memories
        .iter()
        .fold(0, |word, memory| word | 1 << *memory as u32)
}

/// So many errors were counted, and the interrupt is up if there was one since the last look.
fn errors(build: &mut Builder, total: u32, new: bool) {
    let bit = regs::intr_state::PARITY.of(1);
    build.idle();
    build
        .scenario
        .expect_register(regs::COUNTERS_PARITY_ERRORS_LO, total)
        .push(Operation::Read {
            address: regs::INTR_STATE as u16,
            expect: Some(if new { bit } else { 0 }),
            mask: bit,
            poll: false,
        })
        .write_register(regs::INTR_STATE, bit)
        .wait(Until::Commands);
}

/// A frame each way, when the SA of this direction cannot be read.
fn bad(build: &mut Builder, pair: &Pair, direction: Direction) {
    let made = build.some(pair);
    match direction {
        Direction::Outbound => build.send(&made, &pair.outbound(), Expected::Refused {}),
        Direction::Inbound => build.receive(&made, made.rejected(&STATUS)),
    }
}

/// Each memory, both directions.
pub fn parity(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("parity", device, seed);
    build.configure(Configuration {
        intr_enable: Some(regs::intr_enable::RESET | 0x1ff),
        ..Configuration::default()
    });
    let sound = build.plan("sound", 0x1000, false, 16, Some(1));
    build.add_pair(&sound);
    build.idle();
    let mut total = 0;
    let mut spi = 0x2000;
    let combinations: [&[Memory]; 5] = [
        &[Memory::Sa],
        &[Memory::Bundle],
        &[Memory::Esn],
        &[Memory::Sa, Memory::Bundle],
        &Memory::ALL,
    ];
    for memories in combinations {
        for direction in [Direction::Outbound, Direction::Inbound] {
            let esn = (spi % 2 == 0).then_some(3);
            spi += 1;
            let pair = build.plan(&format!("{spi}"), spi, spi % 4 < 2, 24, esn);
            let name = pair.sa(direction).name;
            inject(&mut build, memories);
            build
                .scenario
                .expect_register(regs::PARITY_INJECT, bits(memories));
            // What is refused writes no row, and leaves the bits for the next one.
            let command = Command::Raw {
                oid: ipsec_model::ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
                buffer: vec![0; 200],
                length: None,
            };
            build.command(1, command, NDIS_STATUS_INVALID_DATA);
            build.idle();
            build
                .scenario
                .expect_register(regs::PARITY_INJECT, bits(memories));
            build.add(0, pair.sa(direction), NDIS_STATUS_SUCCESS);
            build.idle();
            build.scenario.expect_register(regs::PARITY_INJECT, 0);
            for _ in 0..3 {
                bad(&mut build, &pair, direction);
                build.both_ways(&sound);
            }
            total += 3;
            errors(&mut build, total, true);
            build.both_ways(&sound);
            errors(&mut build, total, false);
            // Added again it is sound.
            build.delete(2, &name);
            build.idle();
            build.add(0, pair.sa(direction), NDIS_STATUS_SUCCESS);
            build.idle();
            let made = build.some(&pair);
            match direction {
                Direction::Outbound => build.send(&made, &name, made.sent()),
                Direction::Inbound => build.receive(&made, made.received()),
            }
            errors(&mut build, total, false);
            build.delete(2, &name);
            build.idle();
        }
    }
    updated(&mut build, &sound, total);
    build.finish()
}

/// UPDATE_SA writes the ESN memory alone, and heals it.
fn updated(build: &mut Builder, sound: &Pair, mut total: u32) {
    for direction in [Direction::Outbound, Direction::Inbound] {
        let name = sound.sa(direction).name;
        let other = match direction {
            Direction::Outbound => Direction::Inbound,
            Direction::Inbound => Direction::Outbound,
        };
        inject(build, &Memory::ALL);
        build.update(3, &name, sound);
        build.idle();
        build
            .scenario
            .expect_register(regs::PARITY_INJECT, bits(&[Memory::Sa, Memory::Bundle]));
        inject(build, &[]);
        bad(build, sound, direction);
        let made = build.some(sound);
        match other {
            Direction::Outbound => build.send(&made, &sound.outbound(), made.sent()),
            Direction::Inbound => build.receive(&made, made.received()),
        }
        total += 1;
        errors(build, total, true);
        build.update(3, &name, sound);
        build.idle();
        build.both_ways(sound);
        errors(build, total, false);
    }
}
