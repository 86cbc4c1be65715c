// SPDX-License-Identifier: Apache-2.0
//! Extended sequence numbers: frames of such SAs both ways, and the upper half replaced at rest and in
//! the middle of traffic.

use ipsec_cosim_device::DeviceConfig;

use super::builder::{Builder, Made, Pair, WRONG_ICV};
use crate::scenario::{Expected, Scenario, Until};

/// The pairs: both IP versions, the three key lengths, and upper halves at the ends of their range.
fn pairs(build: &mut Builder) -> Vec<Pair> {
    let mut all = Vec::new();
    for (k, (v6, key, high)) in [
        (false, 16, 0),
        (true, 16, 1),
        (false, 24, u32::MAX),
        (true, 24, 0x8000_0000),
        (false, 32, 0x7fff_ffff),
        (true, 32, 0x0102_0304),
    ]
    .into_iter()
    .enumerate()
    {
        let pair = build.plan(&k.to_string(), 0x1000 + k as u32, v6, key, Some(high));
        build.add_pair(&pair);
        all.push(pair);
    }
    build.idle();
    all
}

/// Frames of SAs with extended sequence numbers; the upper half is part of the ICV, and UPDATE_SA
/// replaces it. The SAs do not touch each other.
pub fn esn(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("esn", device, seed);
    let mut all = pairs(&mut build);
    // Without the flag the upper half is nothing to it.
    let mut plain = build.plan("plain", 0x2000, false, 16, None);
    plain.association.sequence_high = 5;
    build.add_pair(&plain);
    build.idle();
    for pair in &all {
        for length in [0, 1, 31, 60, 555, 1400] {
            let made = build.make(pair, length);
            build.send(&made, &pair.outbound(), made.sent());
            build.receive(&made, made.received());
        }
        build.both_ways(&plain);
    }
    build.idle();
    // The next upper half in each, one SA after the other; what is sealed with another one is rejected.
    for k in 0..all.len() {
        let old = all[k].clone();
        let new = old.at(old.association.sequence_high.wrapping_add(1));
        let early = build.make_of(&new, 0, 17, b"early");
        build.receive(&early, early.rejected(&WRONG_ICV));
        let last = build.make_of(&old, u32::MAX, 17, b"the last of the old ones");
        build.send(&last, &old.outbound(), last.sent());
        build.receive(&last, last.received());
        build.idle();
        build.update((k % 4) as u8, &old.outbound(), &new);
        build.update((k % 3) as u8, &old.inbound(), &new);
        build.idle();
        let first = build.make_of(&new, 0, 17, b"the first of the new ones");
        build.send(&first, &new.outbound(), first.sent());
        build.receive(&first, first.received());
        let late = build.make_of(&old, u32::MAX, 17, b"late");
        build.receive(&late, late.rejected(&WRONG_ICV));
        all[k] = new;
        for pair in &all {
            build.both_ways(pair);
        }
        build.both_ways(&plain);
        build.idle();
    }
    if device.stages > 1 {
        nested(&mut build, &all);
    }
    build.finish()
}

/// A portion with extended sequence numbers in the tunnel of another.
fn nested(build: &mut Builder, all: &[Pair]) {
    for (outer, inner) in [(0, 1), (1, 2), (4, 5), (2, 2)] {
        let (outer, inner) = (&all[outer], &all[inner]);
        let [around, within] =
            [outer, inner].map(|pair| pair.layer(77, build.rng.word().to_le_bytes()));
        let payload = build.rng.bytes(99);
        let made = Made::new(&within, 17, &payload).in_tunnel(&around);
        build.both_ways_nested(&made, outer, inner);
    }
}

/// UPDATE_SA in the middle of traffic: each frame goes with the old upper half or with the new one.
pub fn esn_race(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("esn-race", device, seed);
    let mut pair = build.plan("", 0x1000, seed & 1 == 1, 16, Some(9));
    build.add_pair(&pair);
    build.idle();
    for round in 0..8 {
        let new = pair.at(pair.association.sequence_high.wrapping_add(1));
        for number in 0..40_u32 {
            if number == 10 + round {
                build.update(0, &pair.outbound(), &new);
                build.update(1, &pair.inbound(), &new);
            }
            let payload = build.rng.bytes((number as usize * 37) % 200);
            let iv = build.rng.word().to_le_bytes();
            let [old_one, new_one] =
                [&pair, &new].map(|pair| Made::new(&pair.layer(number, iv), 17, &payload));
            let either = vec![old_one.sent(), new_one.sent()];
            build.send(&old_one, &pair.outbound(), Expected::AnyOf(either));
            // Old ones and new ones come in by turns.
            let from = if number % 2 == 0 { &pair } else { &new };
            let made = build.make_of(from, number, 17, &payload);
            let either = vec![made.received(), made.rejected(&WRONG_ICV)];
            build.receive(&made, Expected::AnyOf(either));
        }
        build.scenario.wait(Until::Idle);
        pair = new;
        build.both_ways(&pair);
        build.idle();
    }
    build.finish()
}
