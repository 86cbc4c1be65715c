// SPDX-License-Identifier: Apache-2.0
//! The latency and rate formulae of docs/cycle_formulae.md, measured at the pins.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::collections::HashSet;
use std::net::IpAddr;

use common::{best, configs};
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use ipsec_model::table_types::sa_hash;
use ipsec_testbench::devices;
use ipsec_testbench::modes::course::{Course, Pair};
use ipsec_testbench::modes::layer::{Forms, Layer, Places};
use ipsec_testbench::modes::opinion::Named;
use ipsec_testbench::modes::spec::{Kind, Spec};
use ipsec_testbench::runner::{self, RunResult};
use ipsec_testbench::sa::{Operation as SaOperation, UdpEncapsulation};
use ipsec_testbench::scenario::{FrameOp, Operation, Port, Scenario, Until};

/// The last byte that the walk of one level looks at, from where its headers stand (docs/cycle_formulae.md). An
/// ESP header is examined to the end of its IV, an AH header to the end of its ICV, and the ESP header behind it.
fn examined(ip: usize, places: Places) -> usize {
    match (places.ah, places.esp) {
        (Some(ah), None) => ip + ah + 35,
        (_, Some(esp)) => ip + esp + 15,
        (None, None) => ip,
    }
}

/// The decision beat.
fn d(last: usize) -> u64 {
    (last as u64 + 2) / 16
}

/// A device with SAs of these kinds, as many as 16 bundles, under a seed of the index hash; and whether two of them are in one bucket: the
/// formula holds for chains of one entry.
fn with_hash_seed(
    config: DeviceConfig,
    seed: u32,
    kinds: [Kind; 5],
    udp: UdpEncapsulation,
) -> (Course, Vec<Pair>, bool) {
    let mut course = Course::new("latency", config, 0);
    course.scenario.write_register(regs::HASH_SEED, seed);
    let mut pairs = Vec::new();
    for kind in kinds {
        for v6 in [false, true] {
            let alone = udp == UdpEncapsulation::None;
            if kind.portions() <= config.stages
                && (alone || !kind.has_ah())
                && !(v6 && kind == Kind::Gcm(8))
                && pairs.len() < config.num_sa as usize / 2
            {
                pairs.push(course.pair(Spec {
                    udp,
                    ..Spec::new(kind, v6)
                }));
            }
        }
    }
    let mut buckets = HashSet::new();
    let mut collisions = false;
    for sa in pairs.iter().map(|pair| &pair.sa) {
        let dst = match sa.dst {
            IpAddr::V4(v4) => u128::from(v4.to_bits()),
            IpAddr::V6(v6) => v6.to_bits(),
        };
        for association in &sa.associations {
            let ah = association.operation == SaOperation::Ah;
            let hash = sa_hash(seed, association.spi, dst, sa.is_v6(), ah);
            collisions |= !buckets.insert(hash % (4 * config.num_sa));
        }
    }
    (course, pairs, collisions)
}

/// L = Stages * (B + 33) + D(0) + D(1) + ..., for every mode, with options and extension headers.
#[test]
fn latency_is_as_documented() {
    let kinds = [
        Kind::Gcm(16),
        Kind::Gcm(8),
        Kind::Gmac,
        Kind::Ah,
        Kind::AhGcm(16),
    ];
    for config in configs().into_iter().filter(|config| config.num_sa <= 1024) {
        for udp in [UdpEncapsulation::None, UdpEncapsulation::Transport] {
            // (what, latency)
            let mut expected = Vec::new();
            let (mut course, pairs) = (0..)
                .map(|seed| with_hash_seed(config, seed, kinds, udp))
                .find(|(.., collisions)| !collisions)
                .map(|(course, pairs, _)| (course, pairs))
                .unwrap();
            course.commands();
            let send = |course: &mut Course, frame: FrameOp| {
                course
                    .scenario
                    .after(50, Operation::Frame(frame))
                    .wait(Until::Frames);
            };
            let stages = u64::from(config.stages);
            for pair in &pairs {
                for (length, extras, vlan) in [
                    (10, 0, None),
                    (34, 1, None),
                    (270, 2, Some(1)),
                    (1460, 3, None),
                    (4000, 0, Some(2)),
                ] {
                    let layer = Layer {
                        options: vec![1; 4 * extras],
                        extensions: vec![(60, vec![1, 4, 0, 0, 0, 0]); extras],
                        ..pair.layer(false, &mut course.rng)
                    };
                    let content = Forms::plain(vec![9; length]);
                    let forms = layer.around(17, &content).ethernet(vlan, &[]);
                    let ip = if vlan.is_some() { 18 } else { 14 };
                    let places = layer.places();
                    let beats = forms.sealed.len().div_ceil(16) as u64;
                    // The first portion is found behind all headers; of a bundle of two, on receive, ESP is looked
                    // for where AH ended, on transmit AH by the walk from the start again.
                    let first = d(examined(ip, places));
                    let second = u64::from(pair.spec.kind.portions() == 2);
                    let latency = stages * (beats + 33) + first;
                    let esp = places.esp.map_or(0, |esp| d(ip + esp + 15));
                    let what = format!("{:?} v6 {} {length}", pair.spec.kind, pair.spec.v6);
                    let down = course.down(forms.clear, [pair.outbound(), Named::Zero], 0);
                    send(&mut course, down);
                    expected.push((format!("tx {what}"), latency + second * first));
                    send(&mut course, FrameOp::new(Port::Rx, forms.sealed));
                    expected.push((format!("rx {what}"), latency + second * esp));
                }
            }
            // One in the tunnel of another, each with one portion or two.
            for outer in pairs.iter().filter(|_| config.stages > 1) {
                for inner in &pairs {
                    let portions = [outer, inner].map(|pair| pair.spec.kind.portions());
                    if outer.number == inner.number || portions[0] + portions[1] > config.stages {
                        continue;
                    }
                    let within = inner.layer(true, &mut course.rng);
                    let around = outer.layer(false, &mut course.rng);
                    let content = within.around(17, &Forms::plain(vec![5; 77]));
                    let forms = around.around(inner.version(), &content).ethernet(None, &[]);
                    let beats = forms.sealed.len().div_ceil(16) as u64;
                    // Transmit walks through the outer headers to the inner portion in stage 0, and looks at the
                    // outer one in stage 1; receive the other way round, stage 1 from the inner header on.
                    // A second portion is looked for as without a tunnel.
                    let levels = [
                        (14, around.places(), portions[0]),
                        (14 + around.places().content, within.places(), portions[1]),
                    ];
                    let [mut tx, mut rx] = [stages * (beats + 33); 2];
                    for (ip, places, portions) in levels {
                        let first = d(examined(ip, places));
                        tx += first * u64::from(portions);
                        rx += first;
                        if portions == 2 {
                            rx += places.esp.map_or(0, |esp| d(ip + esp + 15));
                        }
                    }
                    let what = format!("{:?} in {:?}", inner.spec, outer.spec);
                    let named = [inner.outbound(), outer.outbound()];
                    let down = course.down(forms.clear, named, 0);
                    send(&mut course, down);
                    expected.push((format!("tx {what}"), tx));
                    send(&mut course, FrameOp::new(Port::Rx, forms.sealed));
                    expected.push((format!("rx {what}"), rx));
                }
            }
            let mut device = devices::make(best(), config, 0).unwrap();
            let result = runner::run(&course.scenario, device.as_mut()).unwrap();
            assert_eq!(result.failure, None);
            assert_eq!(result.frames.len(), expected.len());
            for (frame, (what, latency)) in result.frames.iter().zip(expected) {
                let outs = if frame.port == Port::Tx {
                    &result.tx_out
                } else {
                    &result.rx_out
                };
                let out = &outs[frame.out.unwrap_or_else(|| panic!("{what}: refused"))];
                let measured = out.first - frame.clock_in.unwrap();
                assert_eq!(measured, latency, "{config} {what}");
            }
        }
    }
}

/// Length and clock of the first beat of the frames into a port.
fn taken_in(scenario: &Scenario, result: &RunResult, port: Port) -> Vec<(usize, u64)> {
    let frames = result.frames.iter().filter(|frame| frame.port == port);
    frames
        .map(|frame| {
            let Operation::Frame(op) = &scenario.operations[frame.operation].op else {
                unreachable!();
            };
            (op.data.bytes().len(), frame.clock_in.unwrap())
        })
        .collect()
}

/// The rate of every mode: max(4, B) clocks, of an AH portion max(4, B + 1) in its stage.
#[test]
fn rate_of_every_mode() {
    use ipsec_testbench::modes::load::{Load, full_load};
    for config in configs().into_iter().filter(|config| config.num_sa <= 1024) {
        for load in Load::ALL {
            if load.portions() > config.stages {
                continue;
            }
            let scenario = full_load(config, load, &[94, 110, 150, 134], 30_000, 3);
            let mut device = devices::make(best(), config, 0).unwrap();
            let result = runner::run(&scenario, device.as_mut()).unwrap();
            assert_eq!(result.failure, None);
            for port in [Port::Tx, Port::Rx] {
                let frames = taken_in(&scenario, &result, port);
                // AH frames fill the FIFO of the front first, which holds 1,024 beats, then the source goes at the
                // stage's rate. With two portions the buffer of 1,024 beats between them may take it all here.
                let (from, to) = (frames.len() / 2, frames.len() - 1);
                let sum = |clocks: &dyn Fn(usize) -> u64| -> u64 {
                    frames[from..to]
                        .iter()
                        .map(|(length, _)| clocks(*length))
                        .sum()
                };
                let most = sum(&|length| load.clocks(length));
                let beats = sum(&|length| length.div_ceil(16).max(4) as u64);
                let taken = frames[to].1 - frames[from].1;
                let range = match load {
                    Load::Ah => most - 24..=most + 24,
                    Load::AhEsp => beats..=most + 24,
                    _ => most..=most,
                };
                assert!(
                    range.contains(&taken),
                    "{config} {load:?} {port:?}: {taken}, {range:?}"
                );
            }
        }
    }
}

/// A frame costs max(4, B) clocks, whatever came before; a key change nothing.
#[test]
fn rate_is_as_documented() {
    for config in configs().into_iter().filter(|config| config.num_sa <= 1024) {
        let lengths = [60, 64, 65, 70, 94, 330, 1510, 9018];
        let scenario = ipsec_testbench::fixed::full_load(config, &lengths[3..], 6000, 3);
        let mut device = devices::make(best(), config, 0).unwrap();
        let result = runner::run(&scenario, device.as_mut()).unwrap();
        assert_eq!(result.failure, None);
        for port in [Port::Tx, Port::Rx] {
            let frames = taken_in(&scenario, &result, port);
            for pair in frames.windows(2) {
                let cost = pair[0].0.div_ceil(16).max(4) as u64;
                assert_eq!(
                    pair[1].1 - pair[0].1,
                    cost,
                    "{config} {port:?} {}",
                    pair[0].0
                );
            }
        }
        // Nothing but the shortest frames.
        let mut scenario = Scenario::new("short", config, 0);
        scenario.bring_up();
        for k in 0..200 {
            let mut bytes = vec![k as u8; lengths[k % 2]];
            bytes[12] = 0x88;
            scenario
                .frame(Port::Tx, bytes.clone())
                .frame(Port::Rx, bytes);
        }
        let mut device = devices::make(best(), config, 0).unwrap();
        let result = runner::run(&scenario, device.as_mut()).unwrap();
        for port in [Port::Tx, Port::Rx] {
            let clocks: Vec<_> = result
                .frames
                .iter()
                .filter(|frame| frame.port == port)
                .map(|frame| frame.clock_in.unwrap())
                .collect();
            assert_eq!(clocks[199] - clocks[0], 4 * 199, "{config} {port:?}");
        }
    }
}
