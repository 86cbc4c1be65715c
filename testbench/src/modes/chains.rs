// SPDX-License-Identifier: Apache-2.0
//! Bundles of two in the chains of the index: both entries in one bucket, others in front of them, between them in time
//! and behind, deleted in every order; and new bundles whose ESP or AH is there already.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_INVALID_PARAMETER;
use ipsec_model::table_types::sa_hash;

use super::course::{Course, Pair};
use super::spec::{Kind, Spec, address};
use crate::sa::{Direction, Operation, Sa};
use crate::scenario::{Command, Scenario};

const FIRST: u32 = 40;

/// The SPI from `from` on that lies in this bucket of the seed after reset.
fn spi_in(device: DeviceConfig, bucket: u32, from: u32, number: u32, ah: bool) -> u32 {
    let dst = match address(false, 2, number) {
        std::net::IpAddr::V4(v4) => u128::from(v4.to_bits()),
        std::net::IpAddr::V6(v6) => v6.to_bits(),
    };
    let buckets = 4 * device.num_sa;
    (from..)
        .find(|spi| sa_hash(0, *spi, dst, false, ah) % buckets == bucket)
        .unwrap_or(from)
}

/// A pair of bundles whose entries are all in one bucket.
fn colliding(course: &mut Course, device: DeviceConfig, kind: Kind, number: u32) -> Pair {
    let spec = Spec::new(kind, false);
    let mut sa = spec.sa(Direction::Outbound, number, &mut course.rng);
    for association in &mut sa.associations {
        let ah = association.operation == Operation::Ah;
        association.spi = spi_in(device, 5, association.spi, number, ah);
    }
    let inbound = Sa {
        name: format!("i{number}"),
        direction: Direction::Inbound,
        ..sa.clone()
    };
    let places = [course.add(sa.clone()), course.add(inbound)];
    Pair {
        bundles: match places {
            [Some(out), Some(inside)] => Some([out, inside]),
            _ => None,
        },
        sa,
        spec,
        number,
    }
}

/// An inbound bundle of which one association is that of another bundle.
fn twice(course: &mut Course, of: &Pair, name: &str, change: impl Fn(&mut Sa)) {
    let mut sa = of.sa.clone();
    sa.name = name.to_owned();
    sa.direction = Direction::Inbound;
    change(&mut sa);
    let command = Command::AddSa { sa, ex: false };
    let status = Some(NDIS_STATUS_INVALID_PARAMETER);
    course.scenario.command(2, command, status);
    course.commands();
}

/// The class.
pub fn chains(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("chains", device, seed);
    // One stage takes no bundle of two.
    let kinds = if device.stages < 2 {
        [Kind::Gcm(16), Kind::Gmac, Kind::Ah, Kind::Gcm(12)]
    } else {
        [Kind::Gcm(16), Kind::AhGcm(16), Kind::Ah, Kind::AhGmac]
    };
    // Which of the four goes when.
    for (round, order) in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]]
        .into_iter()
        .enumerate()
    {
        let mut pairs: Vec<Pair> = Vec::new();
        for (k, kind) in kinds.into_iter().enumerate() {
            let number = FIRST + (4 * round + k) as u32;
            pairs.push(colliding(&mut course, device, kind, number));
            course.commands();
        }
        if let Some(two) = pairs.get(1).filter(|pair| pair.sa.associations.len() == 2) {
            twice(&mut course, two, "esp-twice", |sa| {
                sa.associations[1].spi ^= 0x0100_0000;
            });
            twice(&mut course, two, "ah-twice", |sa| {
                sa.associations[0].spi ^= 0x0100_0000;
            });
            twice(&mut course, two, "ah-alone-twice", |sa| {
                sa.associations.remove(0);
            });
        }
        for gone in order {
            for pair in &pairs {
                let payload = course.rng.below(30) as usize;
                let forms = course.frame(pair, payload);
                course.both(pair, &forms);
            }
            course.settle();
            if let Some(bundles) = pairs.get(gone).and_then(|pair| pair.bundles) {
                for bundle in bundles {
                    course.delete(bundle);
                }
            }
            course.settle();
        }
        course.clear();
    }
    course.scenario
}
