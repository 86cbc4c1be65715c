// SPDX-License-Identifier: Apache-2.0
//! SaDeleteReq: at the edge of the watermark, its repetition, what does not count, two portions, a bundle
//! that is used again.

use std::collections::HashMap;

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;
use ipsec_model::regs;

use super::builder::{Builder, Made, Pair, WRONG_ICV};
use crate::sa::Direction;
use crate::scenario::{
    Configuration, Expected, Operation, Scenario, StallPattern, StallPort, Until,
};

/// What the device must ask for: the states of all SAs, by the rules in words.
#[derive(Default)]
struct Rules {
    watermark: u32,
    repeat: u32,
    /// SAs asked for, with the good frames since
    asked: HashMap<String, u32>,
    total: u32,
}

impl Rules {
    /// Whether a good frame whose outermost SA is this one carries the request.
    fn good_frame(&mut self, name: &str, count: u32) -> bool {
        let above = count > self.watermark;
        let ask = match self.asked.get_mut(name) {
            None if above => {
                self.asked.insert(name.to_owned(), 0);
                true
            }
            None => false,
            Some(frames) => {
                *frames = (*frames + 1).min(65_535);
                let again = above && self.repeat > 0 && *frames >= self.repeat;
                if again {
                    *frames = 0;
                }
                again
            }
        };
        self.total += u32::from(ask);
        ask
    }
}

fn set(build: &mut Builder, rules: &mut Rules, watermark: u16, repeat: u16) {
    build.idle();
    build.configure(Configuration {
        sa_watermark: Some(watermark),
        sa_delete_repeat: Some(repeat),
        ..Configuration::default()
    });
    rules.watermark = watermark.into();
    rules.repeat = repeat.into();
}

fn good(build: &mut Builder, rules: &mut Rules, pair: &Pair) {
    let made = build.some(pair);
    let asked = rules.good_frame(&pair.inbound(), build.count());
    build.receive_asked(&made, made.received(), Some(asked));
}

/// A forged frame must not evict an SA.
fn forged(build: &mut Builder, pair: &Pair) {
    let mut made: Made = build.some(pair);
    if let Some(last) = made.sealed.last_mut() {
        *last ^= 1;
    }
    build.receive(&made, made.rejected(&WRONG_ICV));
}

/// All of it.
pub fn delete_req(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("sa-delete-req", device, seed);
    let mut rules = Rules {
        watermark: 0xffff,
        ..Rules::default()
    };
    let all: Vec<_> = (0..4)
        .map(|k| build.plan(&k.to_string(), 0x1000 + k, k % 2 == 1, 16, None))
        .collect();
    for pair in &all {
        build.add_pair(pair);
    }
    build.idle();
    let count = build.count() as u16;
    // After reset nobody is asked; neither at the watermark, but above it.
    for watermark in [0xffff, count + 1, count] {
        set(&mut build, &mut rules, watermark, 1);
        for pair in &all {
            good(&mut build, &mut rules, pair);
        }
    }
    set(&mut build, &mut rules, count - 1, 0);
    for pair in &all[..3] {
        forged(&mut build, pair);
        let made = build.some(pair);
        build.send(&made, &pair.outbound(), made.sent());
        good(&mut build, &mut rules, pair);
        forged(&mut build, pair);
        for _ in 0..5 {
            good(&mut build, &mut rules, pair);
        }
    }
    // Again after so many good frames, those from before the change included.
    for repeat in [1, 2, 3, 7, 65_535, 0, 4] {
        set(&mut build, &mut rules, count - 1, repeat);
        for n in 0..9 {
            for pair in &all[..2] {
                good(&mut build, &mut rules, pair);
                if n % 3 == 0 {
                    forged(&mut build, pair);
                }
            }
        }
    }
    // Below the watermark no request is forgotten.
    set(&mut build, &mut rules, count, 3);
    for _ in 0..4 {
        good(&mut build, &mut rules, &all[0]);
    }
    set(&mut build, &mut rules, 0, 0);
    good(&mut build, &mut rules, &all[0]);
    set(&mut build, &mut rules, count - 1, 2);
    good(&mut build, &mut rules, &all[0]);
    // The last pair was never asked for: its inbound SA goes before it is, and the bundle is used again.
    build.idle();
    for round in 0..3 {
        good(&mut build, &mut rules, &all[1]);
        build.idle();
        build.delete(0, &all[1].inbound());
        rules.asked.remove(&all[1].inbound());
        build.idle();
        good(&mut build, &mut rules, &all[2]);
        let late = build.some(&all[1]);
        build.receive(&late, late.passed());
        build.idle();
        if round == 1 {
            // The same bundle, with the next generation.
            build.turn();
        }
        build.add(
            (round % 4) as u8,
            all[1].sa(Direction::Inbound),
            NDIS_STATUS_SUCCESS,
        );
        build.idle();
        good(&mut build, &mut rules, &all[2]);
        good(&mut build, &mut rules, &all[1]);
    }
    waiting(&mut build, &mut rules, device, &all);
    if device.stages > 1 {
        two_portions(&mut build, &mut rules, &all);
    }
    build.idle();
    build
        .scenario
        .expect_register(regs::COUNTERS_SA_DELETE_REQS_LO, rules.total);
    build.finish()
}

fn stall(build: &mut Builder, percent: u8) {
    build.scenario.push(Operation::Stall {
        port: StallPort::MAxisRx,
        pattern: StallPattern::Percent(percent),
    });
}

/// Deletes with frames that wait behind a stalled sink, and the same bundle taken again: neither the deleted
/// SA nor what was asked of it counts.
fn waiting(build: &mut Builder, rules: &mut Rules, device: DeviceConfig, all: &[Pair]) {
    let [first, victim] = [&all[0], &all[1]];
    // In a full table the bundle that was just freed is the next.
    let full = device.num_sa <= 64;
    if full {
        for k in 0..device.num_sa - build.count() {
            let filler = build.plan(&format!("f{k}"), 0x9000 + k, false, 16, None);
            build.add(0, filler.sa(Direction::Outbound), NDIS_STATUS_SUCCESS);
        }
    }
    // With repetition 0 the former SA is silent by now and the new one is not; with 1 all frames ask.
    for (repeat, again) in [(0, false), (0, true), (1, false), (1, true)] {
        set(build, rules, 0, repeat);
        good(build, rules, victim);
        good(build, rules, victim);
        build.idle();
        stall(build, 100);
        // Longer than what an output holds: the frames behind it stay in the stage's buffer.
        let ahead = build.make(first, 400);
        let asked = rules.good_frame(&first.inbound(), build.count());
        build.receive_asked(&ahead, ahead.received(), Some(asked));
        for _ in 0..2 {
            let late = build.make(victim, 40);
            build.receive_asked(&late, late.received(), Some(false));
        }
        // They are looked up by then; the delete waits for their verdicts, not for the sink.
        build.delete(1, &victim.inbound());
        if let Some(delete) = build.scenario.operations.last_mut() {
            delete.after = 400;
        }
        rules.asked.remove(&victim.inbound());
        build.scenario.wait(Until::Commands);
        if again {
            build.add(2, victim.sa(Direction::Inbound), NDIS_STATUS_SUCCESS);
            build.scenario.wait(Until::Commands);
        }
        stall(build, 0);
        build.idle();
        if !again {
            build.add(2, victim.sa(Direction::Inbound), NDIS_STATUS_SUCCESS);
            build.idle();
        }
        good(build, rules, victim);
        good(build, rules, victim);
    }
    build.idle();
}

/// The outermost SA counts.
fn two_portions(build: &mut Builder, rules: &mut Rules, all: &[Pair]) {
    set(build, rules, 0, 2);
    for (outer, inner, forge) in [(3, 0, false), (3, 1, false), (3, 0, true), (0, 3, false)] {
        let (outer, inner) = (&all[outer], &all[inner]);
        let mut content = build.make(inner, 33);
        if forge && let Some(last) = content.sealed.last_mut() {
            *last ^= 0x80;
            content.opened = content.sealed.clone();
        }
        let made = content.in_tunnel(&outer.layer(5, [9; 8]));
        // A frame whose inner portion is bad has a CryptoStatus.
        let asked = !forge && rules.good_frame(&outer.inbound(), build.count());
        let status = if forge { WRONG_ICV.to_vec() } else { vec![0] };
        let expected = Expected::Received {
            bytes: made.opened.clone(),
            done: true,
            next: true,
            status,
            header: (!forge).then_some(made.header),
        };
        build.receive_asked(&made, expected, Some(asked));
    }
}
