// SPDX-License-Identifier: Apache-2.0
//! Headers that the index must tell from an SA in the same bucket: the IP version alone differs, or the protocol alone,
//! with a destination and without. Each of the two is there alone, then both, in either order.

use std::net::{IpAddr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::table_types::sa_hash;

use super::course::{Course, Pair};
use super::layer::{Forms, Layer};
use super::spec::{Kind, Spec, address};
use crate::sa::{Direction, Sa};
use crate::scenario::Scenario;

const FIRST: u32 = 60;

/// The 128 bits that the table holds of an address.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The same bits as an address of the other version.
fn as_v6(address: IpAddr) -> IpAddr {
    Ipv6Addr::from_bits(bits(address)).into()
}

/// A frame whose header is what an SA is for; with a wildcard the destination is anything.
fn forms(course: &mut Course, pair: &Pair, dst: IpAddr) -> Forms {
    let content = Forms::plain(course.rng.bytes(24));
    let layer = Layer {
        dst,
        ..pair.layer(false, &mut course.rng)
    };
    layer.around(17, &content).ethernet(None, &[])
}

/// The class.
pub fn look_alikes(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("look-alikes", device, seed);
    let buckets = 4 * device.num_sa;
    let mut number = FIRST;
    for wildcard in [false, true] {
        for kinds in [
            [(Kind::Gcm(16), false), (Kind::Gcm(16), true)],
            [(Kind::Ah, false), (Kind::Ah, true)],
            [(Kind::Gcm(16), false), (Kind::Ah, false)],
            [(Kind::Gcm(16), true), (Kind::Ah, true)],
        ] {
            let here = address(false, 2, number);
            let place = |v6: bool| if v6 { as_v6(here) } else { here };
            let entry = |v6: bool| if wildcard { 0 } else { bits(place(v6)) };
            let bucket = |spi: u32, (kind, v6): (Kind, bool)| {
                sa_hash(0, spi, entry(v6), v6, kind == Kind::Ah) % buckets
            };
            // One in four times the number of bundles is such an SPI.
            let spi = (0x2000..)
                .find(|spi| bucket(*spi, kinds[0]) == bucket(*spi, kinds[1]))
                .unwrap_or(0x2000);
            let pairs = kinds.map(|(kind, v6)| {
                let spec = Spec {
                    wildcard,
                    ..Spec::new(kind, v6)
                };
                let mut sa = spec.sa(Direction::Inbound, number, &mut course.rng);
                number += 1;
                if !wildcard {
                    sa.dst = place(v6);
                }
                for association in &mut sa.associations {
                    association.spi = spi;
                }
                Pair {
                    bundles: None,
                    sa,
                    spec,
                    number,
                }
            });
            for order in [&[0][..], &[1], &[0, 1], &[1, 0]] {
                let mut bundles = Vec::new();
                for k in order {
                    let sa = Sa {
                        name: format!("{}-{}", pairs[*k].sa.name, course.opinion.bundles.len()),
                        ..pairs[*k].sa.clone()
                    };
                    bundles.extend(course.add(sa));
                    course.commands();
                }
                for (pair, (_, v6)) in pairs.iter().zip(kinds) {
                    let forms = forms(&mut course, pair, place(v6));
                    course.receive(forms.sealed);
                }
                course.settle();
                for bundle in bundles {
                    course.delete(bundle);
                }
                course.settle();
            }
        }
    }
    course.clear();
    course.scenario
}
