// SPDX-License-Identifier: Apache-2.0
//! Every alignment of the crypto: four offsets of the text, sixteen lengths, with and without tag, UDP and
//! extended sequence numbers, for every kind of bundle; both directions, back to back.

use ipsec_cosim_device::DeviceConfig;

use super::course::Course;
use super::layer::{Forms, Layer};
use super::spec::{Kind, Spec};
use crate::sa::UdpEncapsulation;
use crate::scenario::Scenario;

/// The class.
pub fn alignments(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("alignments", device, seed);
    for kind in Kind::ALL {
        for v6 in [false, true] {
            let mut pairs = Vec::new();
            for udp in [UdpEncapsulation::None, UdpEncapsulation::Transport] {
                for esn in [None, Some(0xfedc_ba98)] {
                    if udp != UdpEncapsulation::None && kind.has_ah() {
                        continue;
                    }
                    let key = [16, 24, 32][pairs.len() % 3];
                    let spec = Spec {
                        key,
                        esn,
                        udp,
                        ..Spec::new(kind, v6)
                    };
                    pairs.push(course.pair(spec));
                }
            }
            course.commands();
            for pair in &pairs {
                for vlan in [None, Some(0x0123)] {
                    // Four offsets in IPv4, two in IPv6: extension headers come in 8 bytes, AH's padding in 4.
                    for shift in 0..4_usize {
                        if v6 && shift > 1 && !kind.has_ah() {
                            continue;
                        }
                        for residue in 0..16 {
                            let layer = pair.layer(false, &mut course.rng);
                            let layer = Layer {
                                options: vec![1; 4 * shift],
                                extensions: vec![(60, vec![1, 4, 0, 0, 0, 0]); shift & 1],
                                ah_padding: if v6 { 4 * (shift >> 1) } else { 0 },
                                // The length of the text, not that of the payload.
                                pad: Some(residue % 5),
                                ..layer
                            };
                            let content = course.rng.bytes(usize::from(residue + shift as u8));
                            let forms = layer.around(6, &Forms::plain(content)).ethernet(vlan, &[]);
                            course.both(pair, &forms);
                        }
                    }
                }
            }
            course.expect_stats();
            course.clear();
        }
    }
    course.scenario
}
