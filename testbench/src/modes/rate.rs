// SPDX-License-Identifier: Apache-2.0
//! AH frames back to back at full rate: those whose first GHASH block starts in their first beat, behind those
//! whose upper half of the sequence number starts a block of its own. With and without tag, of one beat more
//! or less, mixed with others.

use ipsec_cosim_device::DeviceConfig;

use super::course::{Course, Pair};
use super::layer::{Forms, Layer};
use super::spec::{Kind, Spec};
use crate::scenario::Scenario;

/// A frame of this pair with an IP packet of exactly this length.
fn of_length(course: &mut Course, pair: &Pair, vlan: Option<u16>, length: usize) -> Forms {
    let layer = Layer {
        pad: Some(0),
        ..pair.layer(false, &mut course.rng)
    };
    let empty = layer.around(17, &Forms::default()).sealed.len();
    let content = Forms::plain(course.rng.bytes(length.saturating_sub(empty)));
    layer.around(17, &content).ethernet(vlan, &[])
}

/// The class.
pub fn ah_rate(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("ah-rate", device, seed);
    let kinds = [
        (Kind::Ah, None),
        (Kind::Ah, Some(1)),
        (Kind::Gcm(16), Some(2)),
        (Kind::Gmac, Some(3)),
        (Kind::AhGcm(16), Some(4)),
    ];
    let mut pairs = Vec::new();
    for (kind, esn) in kinds {
        if kind.portions() <= device.stages {
            let spec = Spec {
                esn,
                key: 24,
                ..Spec::new(kind, false)
            };
            pairs.push(course.pair(spec));
        }
    }
    course.commands();
    let send = |course: &mut Course, k: usize, vlan: bool, length: usize| {
        let vlan = vlan.then_some(7);
        let forms = of_length(course, &pairs[k % pairs.len()], vlan, length);
        course.both(&pairs[k % pairs.len()], &forms);
    };
    // The ESN word spills if a packet ends 1 to 4 bytes from a block's end: all residues, both ways of L2.
    for kind in [[1, 1], [1, 0], [0, 1], [1, 2], [1, 3], [3, 1]] {
        for vlan in [[false; 2], [true; 2], [true, false], [false, true]] {
            for length in [100, 112, 113, 125, 126, 127, 128, 111] {
                for more in [0, 1, 16] {
                    send(&mut course, kind[0], vlan[0], length);
                    send(&mut course, kind[1], vlan[1], length + more);
                }
            }
        }
        course.settle();
    }
    // Long rows of one kind: the operations of a frame may each be late by one.
    for length in 96..=128 {
        for _ in 0..6 {
            send(&mut course, 1, length % 3 == 0, length);
        }
    }
    course.settle();
    for _ in 0..400 {
        let length = course.rng.range(76, 140) as usize;
        let k = course.rng.below(5) as usize;
        let vlan = course.rng.chance(40);
        send(&mut course, k, vlan, length.max(90));
    }
    course.expect_stats();
    course.scenario
}
