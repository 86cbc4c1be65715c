// SPDX-License-Identifier: Apache-2.0
//! Every algorithm in every mode, over both IP versions, with and without extended sequence numbers, with every ICV;
//! one bundle in the tunnel of another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;

use super::Draft;
use crate::esp::ip_packet;
use crate::modes::course::{Course, Pair};
use crate::modes::layer::Forms;
use crate::modes::spec::{Kind, Spec, UDP};
use crate::sa::UdpEncapsulation;
use crate::scenario::Scenario;

const SUSPECT: &str = "The algorithm, key size or header of the case's name: cases that share it and fail name the block \
    (key schedule, GHASH, header parser, ICV placement).";

/// ESN and ICV of the bundles of AES-GCM.
const VARIANTS: [(Option<u32>, u32); 6] = [
    (None, 16),
    (Some(0x89ab_cdef), 16),
    (None, 12),
    (Some(1), 12),
    (None, 8),
    (Some(u32::MAX), 8),
];

/// The cases.
pub fn drafts(device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut all = Vec::new();
    let mut number = 0;
    for (name, gcm, ah) in [
        ("esp-gcm", true, false),
        ("esp-gmac", false, false),
        ("ah-gmac", false, true),
    ] {
        for key in [16, 24, 32] {
            for v6 in [false, true] {
                let scenario = suite(name, gcm, ah, key, v6, number, device, seed);
                let draft = Draft::new(
                    "modes",
                    "suites",
                    SUSPECT,
                    format!(
                        "{name}-{} over IPv{}: transport, tunnel{}, with and without ESN, both directions",
                        8 * key,
                        if v6 { 6 } else { 4 },
                        if ah { "" } else { ", UDP in all subtypes" },
                    ),
                    scenario,
                );
                all.push(match number {
                    0 => draft.short(),
                    _ => draft,
                });
                number += 1;
            }
        }
    }
    for (k, outer) in KINDS.into_iter().enumerate() {
        if outer.portions() > device.stages {
            continue;
        }
        let name = ["esp", "ah", "ah-esp"][k];
        let draft = Draft::new(
            "modes",
            "nesting",
            "The second portion: inner parse, the chain of stages, NextCryptoDone, the tunnel handle.",
            format!(
                "Bundles of every kind and key size in a tunnel of {name}, as many portions as there are stages"
            ),
            nested(name, outer, device, seed),
        );
        all.push(if k == 2 { draft.short() } else { draft });
    }
    all.push(Draft::new(
        "modes",
        "nesting",
        "Lookup: the exact destination goes before that of zero; families and protocols have keys of their own.",
        "Wildcard destinations, the same SPI for other addresses, families and protocols",
        wildcards(device, seed),
    ));
    all
}

#[allow(clippy::too_many_arguments)] // what its name says
fn suite(
    name: &str,
    gcm: bool,
    ah: bool,
    key: usize,
    v6: bool,
    number: usize,
    device: DeviceConfig,
    seed: u64,
) -> Scenario {
    let family = if v6 { "ipv6" } else { "ipv4" };
    let name = format!("{name}-{}-{family}", 8 * key);
    let mut course = Course::new(&name, device, seed);
    let kind = |icv| match (gcm, ah) {
        (true, _) => Kind::Gcm(icv),
        (_, true) => Kind::Ah,
        _ => Kind::Gmac,
    };
    let mut specs = Vec::new();
    let variants = if gcm { &VARIANTS[..] } else { &VARIANTS[..2] };
    for (esn, icv) in variants {
        specs.push(Spec {
            key,
            esn: *esn,
            ..Spec::new(kind(*icv), v6)
        });
    }
    if !ah {
        for (k, udp) in UDP.into_iter().enumerate().skip(1) {
            if device.stages < 2 && k > 2 {
                continue;
            }
            // All variants come up with each subtype, over the cases of a kind.
            let (esn, icv) = variants[(number + k) % variants.len()];
            specs.push(Spec {
                key,
                esn,
                udp,
                ..Spec::new(kind(icv), v6)
            });
        }
    }
    for some in specs.chunks(6) {
        let pairs: Vec<Pair> = some.iter().map(|spec| course.pair(*spec)).collect();
        course.commands();
        for pair in &pairs {
            let payload = course.rng.range(4, 90) as usize;
            let forms = course.frame(pair, payload);
            course.both(pair, &forms);
            let forms = tunnelled(&mut course, pair, v6 ^ (pair.number % 2 == 1));
            course.both(pair, &forms);
        }
        course.expect_stats();
        course.clear();
    }
    course.scenario
}

/// A frame of a pair around a whole IP packet.
pub fn tunnelled(course: &mut Course, pair: &Pair, v6: bool) -> Forms {
    let (src, dst): (IpAddr, IpAddr) = match v6 {
        true => (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()),
        false => (
            Ipv4Addr::new(172, 16, 0, 1).into(),
            Ipv4Addr::new(172, 16, 0, 2).into(),
        ),
    };
    let count = course.rng.below(30) as usize;
    let packet = ip_packet(src, dst, 6, &course.rng.bytes(count));
    pair.layer(false, &mut course.rng)
        .around(if v6 { 41 } else { 4 }, &Forms::plain(packet))
        .ethernet(None, &[])
}

const KINDS: [Kind; 3] = [Kind::Gcm(16), Kind::Ah, Kind::AhGcm(12)];

/// Every suite on level 1, both families.
fn nested(name: &str, outer: Kind, device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new(&format!("nested-in-{name}"), device, seed);
    let inner = [
        Kind::Gcm(16),
        Kind::Gcm(8),
        Kind::Gmac,
        Kind::Ah,
        Kind::AhGcm(12),
        Kind::AhGmac,
    ];
    for key in [16, 24, 32] {
        let around = course.pair(Spec {
            key,
            ..Spec::new(outer, key == 24)
        });
        let mut pairs = Vec::new();
        for (k, kind) in inner.into_iter().enumerate() {
            if kind.portions() > device.stages {
                continue;
            }
            pairs.push(course.pair(Spec {
                key,
                esn: (k % 2 == 0).then_some(k as u32),
                ..Spec::new(kind, (k + key / 8) % 2 == 1)
            }));
        }
        course.commands();
        for pair in &pairs {
            if pair.spec.kind.portions() + outer.portions() <= device.stages {
                let payload = course.rng.range(0, 40) as usize;
                let forms = course.nested(&around, pair, payload);
                course.both_nested(&around, pair, &forms);
            }
            let payload = course.rng.range(0, 40) as usize;
            let forms = course.frame(pair, payload);
            course.both(pair, &forms);
        }
        // More portions than stages: the rest stays as it is, or is not sent.
        if let (Some(one), true) = (pairs.last(), 2 * outer.portions() >= device.stages) {
            let forms = course.nested(&around, one, 6);
            course.both_nested(&around, one, &forms);
        }
        // UDP inside and outside.
        if device.stages >= 2 && outer == Kind::Gcm(16) {
            let over = course.pair(Spec {
                key,
                udp: UdpEncapsulation::TransportOverUdpTunnel,
                ..Spec::new(Kind::Gcm(16), false)
            });
            course.commands();
            let forms = course.frame(&over, 8);
            course.both(&over, &forms);
        }
        course.expect_stats();
        course.clear();
    }
    course.scenario
}

fn wildcards(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("wildcards", device, seed);
    let mut pairs = Vec::new();
    for kind in [Kind::Gcm(16), Kind::Ah] {
        for v6 in [false, true] {
            pairs.push(course.pair(Spec {
                wildcard: true,
                ..Spec::new(kind, v6)
            }));
        }
    }
    course.commands();
    for pair in &pairs {
        for _ in 0..2 {
            let forms = course.frame(pair, 12);
            course.both(pair, &forms);
        }
    }
    course.settle();
    // The same SPIs for one destination: from now on that is the one.
    let mut exact = Vec::new();
    for pair in &pairs {
        let mut sa = pair.sa.clone();
        sa.name = format!("x{}", pair.number);
        sa.direction = crate::sa::Direction::Inbound;
        sa.dst = pair.layer(false, &mut course.rng).dst;
        for association in &mut sa.associations {
            let count = association.key.len();
            association.key = course.rng.bytes(count);
        }
        course.add(sa.clone());
        exact.push(sa);
    }
    course.commands();
    for (pair, sa) in pairs.iter().zip(&exact) {
        // Of the wildcard: the ICV is wrong now; of the other: right.
        let forms = course.frame(pair, 12);
        course.receive(forms.sealed);
        course.settle();
        let layer = crate::modes::layer::Layer {
            ..crate::modes::layer::Layer::new(sa)
        };
        let content = Forms::plain(course.rng.bytes(12));
        let forms = layer.around(17, &content).ethernet(None, &[]);
        course.receive(forms.sealed);
        // Another destination still is the wildcard's.
        let other = crate::modes::spec::address(pair.spec.v6, 9, 1);
        let layer = crate::modes::layer::Layer {
            dst: other,
            ..pair.layer(false, &mut course.rng)
        };
        let content = Forms::plain(course.rng.bytes(12));
        let forms = layer.around(17, &content).ethernet(None, &[]);
        course.receive(forms.sealed);
    }
    course.clear();
    course.scenario
}
