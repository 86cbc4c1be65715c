// SPDX-License-Identifier: Apache-2.0
//! Every algorithm with every ICV length, in every mode, with and without ESN, over both IP versions: a walk through all
//! that there is, where drawn bundles leave the rare ones to chance.

use ipsec_cosim_device::DeviceConfig;

use super::course::Course;
use super::layer::Forms;
use super::spec::{Kind, Spec, UDP};
use crate::esp::ip_packet;
use crate::sa::UdpEncapsulation;
use crate::scenario::Scenario;

/// All pairs of bundles of a device with so many stages.
fn specs(stages: u32) -> Vec<Spec> {
    let mut specs = Vec::new();
    for kind in Kind::ALL {
        for udp in UDP {
            let over = matches!(
                udp,
                UdpEncapsulation::TransportOverUdpTunnel | UdpEncapsulation::UdpTransportOverTunnel
            );
            if kind.has_ah() && udp != UdpEncapsulation::None
                || stages < 2 && (over || kind.portions() > 1)
            {
                continue;
            }
            for key in [16, 24, 32] {
                for v6 in [false, true] {
                    for esn in [None, Some(0x0102_0304)] {
                        specs.push(Spec {
                            kind,
                            key,
                            esn,
                            v6,
                            wildcard: false,
                            udp,
                        });
                    }
                }
            }
        }
    }
    specs
}

/// The class: as many pairs at a time as there is room for.
pub fn suites(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("suites", device, seed);
    let specs = specs(device.stages);
    let room = (device.num_sa as usize / 2).max(1);
    let rounds = specs.len().div_ceil(room);
    for (round, some) in specs.chunks(room).enumerate() {
        let pairs: Vec<_> = some.iter().map(|spec| course.pair(*spec)).collect();
        course.commands();
        for pair in &pairs {
            // One in transport and one in a tunnel; what is behind UDP says itself which it is.
            let payload = course.rng.below(40) as usize;
            let forms = course.frame(pair, payload);
            course.both(pair, &forms);
            let layer = pair.layer(false, &mut course.rng);
            let [src, dst] = [8, 9].map(|net| super::spec::address(pair.spec.v6, net, 1));
            let bytes = course.rng.bytes(payload);
            let content = Forms::plain(bytes).map(|bytes| ip_packet(src, dst, 253, bytes));
            let forms = layer.around(pair.version(), &content).ethernet(None, &[]);
            course.both(pair, &forms);
        }
        course.settle();
        // The mode of the inner level differs behind these two.
        if device.stages > 1 {
            for pair in pairs.iter().filter(|pair| pair.spec.kind.portions() == 1) {
                let payload = course.rng.below(40) as usize;
                let forms = course.nested(pair, pair, payload);
                course.both_nested(pair, pair, &forms);
            }
        }
        course.expect_stats();
        if round + 1 < rounds {
            course.clear();
        }
    }
    course.scenario
}
