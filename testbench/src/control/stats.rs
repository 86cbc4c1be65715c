// SPDX-License-Identifier: Apache-2.0
//! The counters of an SA against what was sent.

use std::collections::HashMap;

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;
use ipsec_model::regs;

use super::builder::{Builder, Pair, WRONG_ICV};
use crate::sa::Direction;
use crate::scenario::{Expected, Handle, Operation, Scenario, Until};

/// What was counted: packets and bytes, by the name of the SA.
type Counts = HashMap<String, (u32, u64)>;

fn count(counts: &mut Counts, name: String, text: u64) {
    let (packets, bytes) = counts.entry(name).or_default();
    *packets += 1;
    *bytes += text;
}

/// The registers show what was counted.
fn look(build: &mut Builder, counts: &Counts, pairs: &[Pair], exist: bool) {
    build.idle();
    for pair in pairs {
        for name in [pair.outbound(), pair.inbound()] {
            let (packets, bytes) = counts.get(&name).copied().unwrap_or_default();
            let handle = Handle::Raw(build.handle(&name));
            let shown = if exist { (packets, bytes) } else { (0, 0) };
            build.scenario.push(Operation::SaStats {
                handle,
                packets: Some(shown.0),
                bytes: Some(shown.1),
            });
        }
    }
    build.scenario.wait(Until::Commands);
}

fn traffic(build: &mut Builder, counts: &mut Counts, pairs: &[Pair], stages: u32, frames: u32) {
    for n in 0..frames {
        let pair = &pairs[n as usize % pairs.len()];
        let made = build.some(pair);
        match n % 5 {
            // Damaged or refused ones are not counted.
            0 => {
                let mut made = made;
                if let Some(last) = made.sealed.last_mut() {
                    *last ^= 4;
                }
                build.receive(&made, made.rejected(&WRONG_ICV));
            }
            1 => {
                let mut made = made;
                made.clear[14 + 19] ^= 1;
                made.clear[14 + 39] ^= 1;
                build.send(&made, &pair.outbound(), Expected::Refused {});
            }
            2 => {
                count(counts, pair.inbound(), made.text);
                build.receive(&made, made.received());
            }
            _ => {
                count(counts, pair.outbound(), made.text);
                build.send(&made, &pair.outbound(), made.sent());
                let made = build.some(pair);
                count(counts, pair.inbound(), made.text);
                build.receive(&made, made.received());
            }
        }
        if stages > 1 && n % 7 == 0 {
            let inner = &pairs[(n as usize + 1) % pairs.len()];
            nested(build, counts, pair, inner);
        }
    }
}

/// Both portions are counted, with the whole text of each.
fn nested(build: &mut Builder, counts: &mut Counts, outer: &Pair, inner: &Pair) {
    let content = build.make(inner, 50);
    let made = content.in_tunnel(&outer.layer(1, [1; 8]));
    for (pair, text) in [(outer, made.text), (inner, content.text)] {
        count(counts, pair.outbound(), text);
        count(counts, pair.inbound(), text);
    }
    build.both_ways_nested(&made, outer, inner);
}

/// All of it.
pub fn stats(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("sa-stats", device, seed);
    let exist = device.sa_counters();
    build.scenario.expect_register(regs::FEATURES, exist.into());
    let pairs: Vec<_> = (0..4)
        .map(|k| {
            let esn = (k == 1).then_some(3);
            build.plan(
                &k.to_string(),
                0x1000 + k,
                k == 2,
                [16, 24, 32][k as usize % 3],
                esn,
            )
        })
        .collect();
    for pair in &pairs {
        build.add_pair(pair);
    }
    let mut counts = Counts::new();
    look(&mut build, &counts, &pairs, exist);
    for frames in [1, 30, 60] {
        traffic(&mut build, &mut counts, &pairs, device.stages, frames);
        look(&mut build, &counts, &pairs, exist);
    }
    // Handles of nobody show nothing.
    for handle in [
        0,
        device.num_sa + 1,
        0xffff,
        build.handle(&pairs[0].inbound()) ^ 1 << 31,
    ] {
        build.scenario.push(Operation::SaStats {
            handle: Handle::Raw(handle),
            packets: Some(0),
            bytes: Some(0),
        });
    }
    build.idle();
    // A snapshot holds while the counters go on.
    let name = pairs[0].inbound();
    let (packets, bytes) = counts.get(&name).copied().unwrap_or_default();
    let (packets, bytes) = if exist { (packets, bytes) } else { (0, 0) };
    let handle = build.handle(&name);
    build.scenario.write_register(regs::SA_STATS_HANDLE, handle);
    build.idle();
    for _ in 0..5 {
        let made = build.some(&pairs[0]);
        count(&mut counts, name.clone(), made.text);
        build.receive(&made, made.received());
    }
    build.idle();
    build
        .scenario
        .expect_register(regs::SA_STATS_PACKETS, packets)
        .expect_register(regs::SA_STATS_BYTES_LO, bytes as u32);
    look(&mut build, &counts, &pairs, exist);
    // A bundle that is used again starts at zero, with a handle of its own.
    for direction in [Direction::Outbound, Direction::Inbound] {
        let sa = pairs[1].sa(direction);
        build.delete(1, &sa.name);
        counts.remove(&sa.name);
        build.idle();
        build.turn();
        build.add(0, sa, NDIS_STATUS_SUCCESS);
        build.idle();
    }
    look(&mut build, &counts, &pairs, exist);
    traffic(&mut build, &mut counts, &pairs, device.stages, 20);
    look(&mut build, &counts, &pairs, exist);
    build.finish()
}
