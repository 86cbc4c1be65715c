// SPDX-License-Identifier: Apache-2.0
//! Frames of two portions and more: AH around ESP, one bundle in the tunnel of another, all four; also while
//! bundles are deleted and the configuration changes.

use ipsec_cosim_device::DeviceConfig;

use super::course::{Course, Pair};
use super::layer::Forms;
use super::opinion::{Named, Opinion};
use super::spec::{Kind, Spec};
use crate::scenario::{Configuration, Expected, FrameOp, IpsecV2, Operation, Port, Scenario};

const KINDS: [Kind; 4] = [Kind::Gcm(16), Kind::Gmac, Kind::Ah, Kind::AhGcm(12)];

/// Every kind in the tunnel of every kind, both IP versions of each; good, and with a flipped bit anywhere.
pub fn two_portions(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("two-portions", device, seed);
    let mut pairs = Vec::new();
    for kind in KINDS {
        for v6 in [false, true] {
            let esn = (kind == Kind::Ah || v6).then_some(9);
            let spec = Spec {
                esn,
                key: 32,
                ..Spec::new(kind, v6)
            };
            // A device of 16 bundles is full then.
            pairs.push(course.pair(spec));
        }
    }
    course.commands();
    for outer in &pairs {
        for inner in &pairs {
            if outer.number == inner.number {
                continue;
            }
            for payload in [0, 7, 61] {
                let forms = course.nested(outer, inner, payload);
                course.both_nested(outer, inner, &forms);
                for _ in 0..4 {
                    let mut wrong = forms.sealed.clone();
                    let at = course.rng.range(14, wrong.len() as u64 - 1) as usize;
                    wrong[at] ^= 1 << course.rng.below(8);
                    course.receive(wrong);
                }
            }
            // Handles the wrong way round, and one too few.
            let forms = course.nested(outer, inner, 8);
            let handles = [
                [outer.outbound(), inner.outbound()],
                [outer.outbound(), Named::Zero],
                [inner.outbound(), Named::Zero],
                [Named::Zero, outer.outbound()],
            ];
            for named in handles {
                course.transmit(forms.clear.clone(), named, 0);
            }
        }
    }
    // All alone, between each other.
    for _ in 0..10 {
        for pair in &pairs {
            let payload = course.rng.below(40) as usize;
            let forms = course.frame(pair, payload);
            course.both(pair, &forms);
        }
    }
    course.expect_stats();
    course.clear();
    course.scenario
}

/// What an AH of a bundle that goes before its ESP leaves behind: CryptoStatus 1.
fn gone(full: &Expected, frame: &[u8]) -> Option<Expected> {
    let Expected::Received { done: true, .. } = full else {
        return None;
    };
    Some(Expected::rejected(frame.to_vec(), &[1]))
}

/// Bundles are deleted in the middle of their frames: each frame is all done, or not at all, or (AH is done, ESP
/// has no bundle any more) ends with CryptoStatus 1.
pub fn deletion(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("deletion-race", device, seed);
    let kinds = [
        Kind::AhGcm(16),
        Kind::AhGmac,
        Kind::Ah,
        Kind::Gcm(8),
        Kind::Gmac,
    ];
    for round in 0..15_u64 {
        let kind = kinds[round as usize % kinds.len()];
        if kind.portions() > device.stages {
            continue;
        }
        let pair = course.pair(Spec::new(kind, round % 2 == 1));
        let outer = course.pair(Spec::new(Kind::Gcm(16), false));
        course.commands();
        course.settle();
        let before = course.opinion.clone();
        let mut after = before.clone();
        let Some([out, inside]) = pair.bundles else {
            continue;
        };
        after.bundles[out].live = false;
        after.bundles[inside].live = false;
        // The inner level is not taken any more, the outer one is.
        let mut partly = before.clone();
        partly.stages = 1;
        let mut states = vec![before.clone(), after, partly];
        for k in 0..60_u64 {
            if k == 3 + round {
                for bundle in [out, inside] {
                    course.delete(bundle);
                }
            }
            let payload = course.rng.below(120) as usize;
            if k % 4 == 3 {
                let forms = course.nested(&outer, &pair, payload);
                nested_any(&mut course, &pair, &outer, &forms, &mut states);
                continue;
            }
            let forms = course.frame(&pair, payload);
            let named = [pair.outbound(), Named::Zero];
            course.transmit_any(forms.clear.clone(), named, &states[..2]);
            let mut all: Vec<Expected> = Vec::new();
            for state in &mut states[..2] {
                all.push(state.receive(&forms.sealed).expected);
            }
            if kind.portions() == 2 {
                all.extend(gone(&all[0], &forms.sealed));
            }
            course.push_any(FrameOp::new(Port::Rx, forms.sealed), all);
        }
        course.clear();
    }
    course.scenario
}

fn nested_any(
    course: &mut Course,
    pair: &Pair,
    outer: &Pair,
    forms: &Forms,
    states: &mut [Opinion],
) {
    let named = [pair.outbound(), outer.outbound()];
    course.transmit_any(forms.clear.clone(), named, &states[..2]);
    let mut all: Vec<Expected> = Vec::new();
    for state in states.iter_mut() {
        let expected = state.receive(&forms.sealed).expected;
        if !all.contains(&expected) {
            all.push(expected);
        }
    }
    // AH of the inner bundle was good, its ESP came too late: the outer level is open, and that is all.
    if let (2, Some(Expected::Received { bytes, .. })) = (pair.spec.kind.portions(), all.last()) {
        let bytes = bytes.clone();
        all.push(Expected::Received {
            bytes,
            done: true,
            next: true,
            status: vec![1],
            header: None,
        });
    }
    course.push_any(FrameOp::new(Port::Rx, forms.sealed.clone()), all);
}

/// The configuration changes in the middle of frames of all kinds: each stage goes by what it is when it looks.
pub fn configuration(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("modes-config-race", device, seed);
    let mut pairs = Vec::new();
    for kind in [Kind::Gcm(16), Kind::Gmac, Kind::Ah, Kind::AhGcm(16)] {
        if kind.portions() <= device.stages {
            pairs.push(course.pair(Spec::new(kind, kind == Kind::Gmac)));
        }
    }
    course.commands();
    course.settle();
    let on = Configuration {
        engine: Some(true),
        encapsulation: Some(true),
        ipsecv2: Some(IpsecV2::AhAndEsp),
        ..Configuration::default()
    };
    let changes = [
        Configuration {
            ipsecv2: Some(IpsecV2::Ah),
            ..Configuration::default()
        },
        Configuration {
            ipsecv2: Some(IpsecV2::Esp),
            ..Configuration::default()
        },
        Configuration {
            engine: Some(false),
            ..Configuration::default()
        },
        Configuration {
            encapsulation: Some(false),
            ..Configuration::default()
        },
        Configuration {
            ipsecv2: Some(IpsecV2::Disabled),
            ..Configuration::default()
        },
    ];
    for change in &changes {
        let full = course.opinion.clone();
        let mut other = full.clone();
        match change {
            Configuration {
                ipsecv2: Some(IpsecV2::Ah),
                ..
            } => other.esp = false,
            Configuration {
                ipsecv2: Some(IpsecV2::Esp),
                ..
            } => other.ah = false,
            Configuration {
                encapsulation: Some(_),
                ..
            } => other.gate = false,
            _ => other.engine = false,
        }
        // First in the middle of it, then as it is, then back in the middle of it.
        for phase in 0..3 {
            for k in 0..40 {
                if k == 9 && phase != 1 {
                    let now = if phase == 0 {
                        change.clone()
                    } else {
                        on.clone()
                    };
                    course.scenario.after(3 * k, Operation::Configure(now));
                }
                let outer = &pairs[k as usize % pairs.len()];
                let inner = &pairs[(k as usize / 2 + 1) % pairs.len()];
                let nested = k % 3 == 0 && outer.number != inner.number;
                let payload = course.rng.below(100) as usize;
                let (forms, named) = if nested {
                    let forms = course.nested(outer, inner, payload);
                    (forms, [inner.outbound(), outer.outbound()])
                } else {
                    let forms = course.frame(outer, payload);
                    (forms, [outer.outbound(), Named::Zero])
                };
                // The outer level alone, if its portions are done and the inner one's are not.
                let mut first = full.clone();
                first.stages = outer.spec.kind.portions();
                let mut states = if phase == 1 {
                    vec![other.clone()]
                } else {
                    vec![full.clone(), other.clone(), first]
                };
                let last = if phase == 1 { 1 } else { 2 };
                course.transmit_any(forms.clear.clone(), named, &states[..last]);
                let count = if nested { states.len() } else { last };
                course.receive_any(forms.sealed, &mut states[..count]);
            }
            course.settle();
        }
    }
    course.clear();
    course.scenario
}

/// UDP_PORT: each bit of it, and changes in the middle of frames.
pub fn udp_port(device: DeviceConfig, seed: u64) -> Scenario {
    use crate::sa::UdpEncapsulation;
    let mut course = Course::new("udp-port", device, seed);
    let spec = |v6| Spec {
        udp: UdpEncapsulation::Transport,
        ..Spec::new(Kind::Gcm(16), v6)
    };
    let pairs = [course.pair(spec(false)), course.pair(spec(true))];
    course.commands();
    let frame = |course: &mut Course, k: usize, ports: [u16; 2]| {
        let layer = super::layer::Layer {
            udp: Some(ports),
            ..pairs[k].layer(false, &mut course.rng)
        };
        let content = Forms::plain(course.rng.bytes(9));
        layer.around(17, &content).ethernet(None, &[])
    };
    let all: Vec<u16> = (0..16)
        .map(|bit| 1 << bit)
        .chain([0, 4500, 0xffff])
        .collect();
    for port in &all {
        course.settle();
        course.scenario.configure(Configuration {
            udp_port: Some(*port),
            ..Configuration::default()
        });
        course.commands();
        course.opinion.udp_port = *port;
        for (k, pair) in pairs.iter().enumerate() {
            for ports in [
                [*port, 7],
                [7, *port],
                [4500, 9],
                [*port ^ 1, *port ^ 0x100],
            ] {
                let forms = frame(&mut course, k, ports);
                course.both(pair, &forms);
            }
        }
    }
    course.settle();
    for round in 0..8_u16 {
        let mut states = [course.opinion.clone(), course.opinion.clone()];
        let port = 5000 + round;
        states[1].udp_port = port;
        for k in 0..24 {
            if k == 5 {
                let change = Configuration {
                    udp_port: Some(port),
                    ..Configuration::default()
                };
                course
                    .scenario
                    .after(round.into(), Operation::Configure(change));
            }
            let ports = [
                [states[0].udp_port, 1],
                [1, port],
                [port, states[0].udp_port],
            ];
            let forms = frame(&mut course, k % 2, ports[k % 3]);
            let named = [pairs[k % 2].outbound(), Named::Zero];
            course.transmit_any(forms.clear, named, &states);
            course.receive_any(forms.sealed, &mut states);
        }
        course.settle();
        course.opinion.udp_port = port;
    }
    course.scenario
}
