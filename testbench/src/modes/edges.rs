// SPDX-License-Identifier: Apache-2.0
//! Where the rules of docs/packet_semantics.md have their ends, for every mode: lengths that lie, headers that
//! are cut, too many or too far away, bundles whose other header is not there, UDP that is not meant for ESP,
//! routes, fragments, jumbograms, malformed options.

use ipsec_cosim_device::DeviceConfig;

use super::course::{Course, Pair};
use super::layer::{Forms, Layer};
use super::mutable;
use super::opinion::Named;
use super::spec::{Kind, Spec, UDP};
use crate::sa::{Operation, Sa, UdpEncapsulation};
use crate::scenario::{Expected, Scenario};

/// A scenario of a family of edges.
pub type Edge = (&'static str, fn(DeviceConfig, u64) -> Scenario);

/// All of them.
pub const EDGES: [Edge; 5] = [
    ("lengths", lengths),
    ("status", status),
    ("udp", udp),
    ("reach", reach),
    ("routes", routes),
];

const IP: usize = 14;

/// IP lengths, UDP lengths, AH length fields, cuts, PadLength.
fn lengths(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("modes-edges", device, seed);
    for kind in [
        Kind::Gcm(8),
        Kind::Gcm(12),
        Kind::Gmac,
        Kind::Ah,
        Kind::AhGcm(8),
    ] {
        for v6 in [false, true] {
            let udp = if kind == Kind::Gmac {
                UdpEncapsulation::Tunnel
            } else {
                UdpEncapsulation::None
            };
            let pair = course.pair(Spec {
                udp,
                ..Spec::new(kind, v6)
            });
            let outer = course.pair(Spec::new(Kind::Gcm(12), !v6));
            let ah_outer = course.pair(Spec::new(Kind::Ah, !v6));
            course.commands();
            let layer = pair.layer(false, &mut course.rng);
            let places = layer.places();
            let content = Forms::plain(course.rng.bytes(7));
            let forms = layer.around(17, &content).ethernet(None, &[3; 5]);
            let length_at = IP + if v6 { 4 } else { 2 };
            let header = if v6 { 40 } else { 0 };
            let whole = forms.sealed.len() - IP;
            for end in (0..=whole + 3).chain([whole + 256, 65_535]) {
                let length = (end.saturating_sub(header) as u16).to_be_bytes();
                course.both(&pair, &forms.changed(length_at, &length));
            }
            for cut in 1..forms.sealed.len() {
                let cut = forms.map(|bytes| bytes[..cut].to_vec());
                course.both(&pair, &cut);
            }
            if let Some(udp) = places.udp {
                for length in (0..whole + 2).chain([65_535]) {
                    let length = (length as u16).to_be_bytes();
                    course.both(&pair, &forms.changed(IP + udp + 4, &length));
                }
            }
            if let Some(ah) = places.ah {
                for words in 0..=255 {
                    course.both(&pair, &forms.changed(IP + ah + 1, &[words]));
                }
            }
            if kind == Kind::AhGcm(8) {
                short_esp_behind_ah(&mut course, &pair);
            }
            pad_lengths(&mut course, &pair, None);
            // The same inside a tunnel: now the limit is what is around.
            let inner = pair.layer(true, &mut course.rng);
            let around = Layer {
                pad: Some(9),
                ..outer.layer(false, &mut course.rng)
            };
            let content = inner.around(17, &content);
            let inner_ip = around.places().content;
            for end in 0..=content.sealed.len() + 40 {
                let at = length_at - IP;
                let length = (end.saturating_sub(header) as u16).to_be_bytes();
                let content = content.changed(at, &length);
                let forms = around.around(pair.version(), &content).ethernet(None, &[]);
                course.both_nested(&outer, &pair, &forms);
            }
            let forms = around.around(pair.version(), &content).ethernet(None, &[]);
            for cut in IP + inner_ip..forms.sealed.len() {
                let cut = forms.map(|bytes| bytes[..cut].to_vec());
                course.both_nested(&outer, &pair, &cut);
            }
            pad_lengths(&mut course, &pair, Some(&outer));
            // Inside AH: no trailer is between the ends, and there is room behind.
            let around = ah_outer.layer(false, &mut course.rng);
            for end in 0..=content.sealed.len() + 40 {
                let at = length_at - IP;
                let length = (end.saturating_sub(header) as u16).to_be_bytes();
                let content = content.changed(at, &length);
                let forms = around
                    .around(pair.version(), &content)
                    .ethernet(None, &[5; 44]);
                course.both_nested(&ah_outer, &pair, &forms);
            }
            course.clear();
        }
    }
    course.scenario
}

/// AH whose ICV is right around ESP that ends anywhere: what AH has let through is too short for the portion behind it.
fn short_esp_behind_ah(course: &mut Course, pair: &Pair) {
    let layer = pair.layer(false, &mut course.rng);
    let places = layer.places();
    let (Some(ah), Some(esp)) = (places.ah, places.esp) else {
        return;
    };
    let Some(association) = pair
        .sa
        .associations
        .iter()
        .find(|a| a.operation == Operation::Ah)
    else {
        return;
    };
    let content = Forms::plain(course.rng.bytes(9));
    let whole = layer.around(17, &content);
    let (length_at, header) = if pair.spec.v6 { (4, 40) } else { (2, 0) };
    for end in esp..whole.sealed.len() {
        let length = (end - header) as u16;
        let cut = whole
            .changed(length_at, &length.to_be_bytes())
            .map(|packet| packet[..end].to_vec());
        let mut sealed = cut.sealed.clone();
        if let Some(icv) = mutable::icv(association, &sealed, ah) {
            sealed[ah + 20..ah + 36].copy_from_slice(&icv);
        }
        let forms = Forms { sealed, ..cut }.ethernet(None, &[]);
        course.both(pair, &forms);
    }
}

/// PadLength of every value, correctly sealed, for texts of a few lengths.
fn pad_lengths(course: &mut Course, pair: &Pair, outer: Option<&Pair>) {
    let Some(esp) = pair
        .sa
        .associations
        .iter()
        .find(|a| a.operation == Operation::Esp)
    else {
        return;
    };
    for payload in [0, 3, 30] {
        let mut layer = pair.layer(outer.is_some(), &mut course.rng);
        // The trailer is the last of the content; an honest one is behind it.
        layer.pad = Some(0);
        let next_header = 59;
        let icv = crate::esp::icv_bytes(esp);
        let packet = layer.around(next_header, &Forms::plain(course.rng.bytes(payload)));
        let around = outer.map(|outer| outer.layer(false, &mut course.rng));
        let named = match outer {
            Some(outer) => [pair.outbound(), outer.outbound()],
            None => [pair.outbound(), Named::Zero],
        };
        for pad in (0..=40).chain([254, 255]) {
            let mut clear = packet.clear.clone();
            let at = clear.len() - icv - 2;
            clear[at] = pad;
            let clear = Forms::plain(clear);
            let frame = match &around {
                Some(around) => around.around(pair.version(), &clear),
                None => clear,
            };
            let frame = frame.ethernet(None, &[]).clear;
            let sent = course.transmit(frame, named, 0);
            if let Expected::Sent(sealed) = sent {
                course.receive(sealed);
            }
        }
    }
}

/// The same bundle with some of its associations only.
fn part(sa: &Sa, keep: Operation) -> Sa {
    let mut sa = sa.clone();
    sa.associations.retain(|a| a.operation == keep);
    sa
}

/// Bundles of two whose other header is another or is not there; bundles of one with both headers.
fn status(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("modes-edges", device, seed);
    for v6 in [false, true] {
        for kind in [Kind::AhGcm(16), Kind::AhGmac] {
            let pair = course.pair(Spec::new(kind, v6));
            let alone = course.pair(Spec::new(Kind::Ah, v6));
            let other = course.pair(Spec::new(Kind::Gcm(16), v6));
            let outer = course.pair(Spec::new(Kind::Gcm(16), false));
            course.commands();
            let mut joined = alone.sa.clone();
            joined
                .associations
                .insert(0, other.sa.associations[0].clone());
            let mut crossed = pair.sa.clone();
            crossed.associations[0] = other.sa.associations[0].clone();
            let variants = [
                part(&pair.sa, Operation::Esp),
                part(&pair.sa, Operation::Ah),
                // The AH of one bundle around the ESP of another.
                crossed,
                // Two bundles of one.
                joined,
                pair.sa.clone(),
            ];
            for sa in &variants {
                for next_header in [17, 50, 51, 4, 41] {
                    let Layer { dst, .. } = pair.layer(false, &mut course.rng);
                    // The addresses are those of the bundle that is named first.
                    let named_alone = sa
                        .associations
                        .iter()
                        .any(|a| alone.sa.associations.iter().any(|b| b.spi == a.spi));
                    let layer = Layer {
                        dst: if named_alone { alone.sa.dst } else { dst },
                        ..Layer::new(sa)
                    };
                    let content = Forms::plain(course.rng.bytes(40));
                    let packet = layer.around(next_header, &content);
                    let forms = packet.ethernet(None, &[]);
                    for pair in [&pair, &alone, &other] {
                        course.both(pair, &forms);
                    }
                    let around = outer.layer(false, &mut course.rng);
                    let forms = around.around(pair.version(), &packet).ethernet(None, &[]);
                    for pair in [&pair, &alone] {
                        course.both_nested(&outer, pair, &forms);
                    }
                }
            }
            // Every bit of both SPIs, and of what is between them.
            let layer = pair.layer(false, &mut course.rng);
            let places = layer.places();
            let forms = layer
                .around(17, &Forms::plain(course.rng.bytes(11)))
                .ethernet(Some(1), &[]);
            let (ah, esp) = (
                places.ah.unwrap_or_default(),
                places.esp.unwrap_or_default(),
            );
            for bit in 8 * (18 + ah)..8 * (18 + esp + 16) {
                let flipped = forms.map(|bytes| {
                    let mut bytes = bytes.to_vec();
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    bytes
                });
                course.both(&pair, &flipped);
            }
            // Slot-12 words of a bundle of two, and of one in a tunnel.
            let hint = (esp as u32 / 4) << 24 | (ah as u32 / 4) << 16;
            for bit in 0..=32 {
                let hint = hint ^ (1_u64 << bit) as u32;
                course.transmit(forms.clear.clone(), [pair.outbound(), Named::Zero], hint);
            }
            let around = outer.layer(false, &mut course.rng);
            let nested = layer.around(17, &Forms::plain(course.rng.bytes(11)));
            let nested = around.around(pair.version(), &nested).ethernet(None, &[]);
            let more = around.places().content as u32 / 4;
            let hint = hint + (more << 24) + (more << 16);
            for bit in 0..=32 {
                let hint = hint ^ (1_u64 << bit) as u32;
                let named = [pair.outbound(), outer.outbound()];
                course.transmit(nested.clear.clone(), named, hint);
            }
            course.clear();
        }
    }
    course.scenario
}

/// Each subtype with and without UDP, on both levels; keepalives, the marker of IKE, other ports, SPIs below 256.
fn udp(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("modes-edges", device, seed);
    for v6 in [false, true] {
        let pairs = UDP.map(|udp| {
            course.pair(Spec {
                udp,
                ..Spec::new(Kind::Gcm(16), v6)
            })
        });
        course.commands();
        for outer in &pairs {
            for with in [false, true] {
                let layer = Layer {
                    udp: with.then_some([4500, 4500]),
                    ..outer.layer(false, &mut course.rng)
                };
                let content = Forms::plain(course.rng.bytes(12));
                let forms = layer.around(17, &content).ethernet(None, &[]);
                course.both(outer, &forms);
                for inner in &pairs {
                    if inner.number == outer.number {
                        continue;
                    }
                    for within in [false, true] {
                        let within = Layer {
                            udp: within.then_some([4500, 4500]),
                            ..inner.layer(true, &mut course.rng)
                        };
                        let content = within.around(17, &Forms::plain(course.rng.bytes(12)));
                        let forms = layer.around(inner.version(), &content).ethernet(None, &[]);
                        course.both_nested(outer, inner, &forms);
                        // A wrong ICV: the mode is that of the subtype.
                        let mut wrong = forms.sealed.clone();
                        if let Some(last) = wrong.last_mut() {
                            *last ^= 1;
                        }
                        course.receive(wrong);
                        let mut content = content.sealed;
                        if let Some(last) = content.last_mut() {
                            *last ^= 1;
                        }
                        let forms = layer
                            .around(inner.version(), &Forms::plain(content))
                            .ethernet(None, &[]);
                        course.receive(forms.sealed);
                    }
                }
            }
        }
        let pair = &pairs[1];
        let layer = pair.layer(false, &mut course.rng);
        let at = layer.places().udp.unwrap_or_default() + IP;
        let content = Forms::plain(course.rng.bytes(12));
        let forms = layer.around(17, &content).ethernet(None, &[]);
        for ports in [
            [4500, 4500],
            [4500, 0],
            [1, 4500],
            [4501, 4499],
            [0x1194, 0x9411],
            [500, 500],
        ] {
            let bytes = [u16::to_be_bytes(ports[0]), u16::to_be_bytes(ports[1])].concat();
            course.both(pair, &forms.changed(at, &bytes));
        }
        for spi in [0_u32, 1, 128, 255, 256] {
            course.both(pair, &forms.changed(at + 8, &spi.to_be_bytes()));
        }
        // A keepalive is a byte of 0xff; its neighbours, and IKE behind the marker.
        for carried in [
            &[0xff_u8][..],
            &[],
            &[0xff; 2],
            &[0; 4],
            &[0; 3],
            &[0xff; 4],
            &[0; 28],
        ] {
            course.both(pair, &forms.carrying(at, carried));
        }
        course.clear();
    }
    course.scenario
}

/// Extension headers up to and beyond their number and their reach; jumbograms.
fn reach(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("modes-edges", device, seed);
    for kind in [Kind::Gcm(16), Kind::Gmac, Kind::Ah, Kind::AhGcm(16)] {
        let pair = course.pair(Spec::new(kind, true));
        let outer = course.pair(Spec::new(Kind::Gcm(16), true));
        course.commands();
        let both = |course: &mut Course, extensions: Vec<(u8, Vec<u8>)>, ah_padding| {
            let layer = Layer {
                extensions,
                ah_padding,
                ..pair.layer(false, &mut course.rng)
            };
            let content = Forms::plain(course.rng.bytes(5));
            let forms = layer.around(17, &content).ethernet(None, &[]);
            course.both(&pair, &forms);
            // In a tunnel the reach of what is sent counts from the outermost header.
            let layer = Layer {
                dst: layer.dst,
                extensions: layer.extensions.clone(),
                ah_padding,
                ..pair.layer(true, &mut course.rng)
            };
            let content = layer.around(17, &content);
            let around = outer.layer(false, &mut course.rng);
            let forms = around.around(41, &content).ethernet(None, &[]);
            course.both_nested(&outer, &pair, &forms);
        };
        // 1, 2, 3 and 4 as PadN: what fills a header.
        let pad = |size: usize| {
            let mut inside = vec![1, (size - 4).min(255) as u8];
            inside.resize(size - 2, 0);
            inside
        };
        for count in 0..=10 {
            both(&mut course, vec![(60, pad(8)); count], 4);
            both(&mut course, vec![(0, pad(8)); count], 0);
            both(&mut course, vec![(43, vec![0; 6]); count], 0);
        }
        // One header, or two, that end at 900 to 1,040 bytes.
        for size in (800..=1000).step_by(8) {
            both(&mut course, vec![(60, pad(size))], 0);
            both(&mut course, vec![(60, pad(size))], 4);
            both(&mut course, vec![(60, pad(8)), (0, pad(size - 8))], 4);
        }
        both(&mut course, vec![(60, pad(1008)), (43, vec![0; 6])], 4);
        both(&mut course, vec![(60, pad(2048)), (43, vec![0; 6])], 4);
        // Headers of the inner packet behind more beats than a small FIFO has, and as many behind them.
        if pair.spec.kind.portions() < device.stages {
            for (far, near, payload) in [(984, 976, 1000), (984, 976, 6000), (984, 8, 2200)] {
                let extensions = |size| vec![(60, pad(size))];
                let content = Forms::plain(course.rng.bytes(payload));
                let layer = Layer {
                    extensions: extensions(near),
                    ..pair.layer(true, &mut course.rng)
                };
                let content = layer.around(17, &content);
                let around = Layer {
                    extensions: extensions(far),
                    ..outer.layer(false, &mut course.rng)
                };
                let forms = around.around(41, &content).ethernet(None, &[]);
                course.both_nested(&outer, &pair, &forms);
            }
        }
        // UDP that is still within reach, and the ESP behind it that is not.
        if kind == Kind::Gcm(16) {
            let pair = course.pair(Spec {
                udp: UdpEncapsulation::Transport,
                ..Spec::new(kind, true)
            });
            course.commands();
            for size in (944..=1000).step_by(8) {
                let layer = Layer {
                    extensions: vec![(60, pad(size))],
                    ..pair.layer(false, &mut course.rng)
                };
                let content = Forms::plain(course.rng.bytes(5));
                let forms = layer.around(17, &content).ethernet(None, &[]);
                course.both(&pair, &forms);
            }
        }
        // Payload length 0: a jumbogram with a hop-by-hop header, else a length that does not fit.
        for kind in [0, 43, 60] {
            let layer = Layer {
                extensions: vec![(kind, vec![0; 6])],
                ..pair.layer(false, &mut course.rng)
            };
            let content = Forms::plain(course.rng.bytes(5));
            let forms = layer.around(17, &content).ethernet(None, &[]);
            course.both(&pair, &forms.changed(IP + 4, &[0, 0]));
            // Headers of no interest here: fragment, mobility, none, another AH.
            for other in [44, 135, 59, 51, 50, 17, 1] {
                course.both(&pair, &forms.changed(IP + 6, &[other]));
                course.both(&pair, &forms.changed(IP + 40, &[other]));
            }
        }
        course.clear();
    }
    course.scenario
}

/// Routes, exhausted and not; fragments; malformed options, and headers of every size.
fn routes(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("modes-edges", device, seed);
    for kind in [Kind::Ah, Kind::AhGcm(16), Kind::Gcm(16)] {
        let pair = course.pair(Spec::new(kind, false));
        let pair6 = course.pair(Spec::new(kind, true));
        let outer = course.pair(Spec::new(Kind::Gcm(16), true));
        let around_ah = course.pair(Spec::new(Kind::Ah, false));
        course.commands();
        let both =
            |course: &mut Course, pair: &Pair, options: &[u8], extensions: &[(u8, Vec<u8>)]| {
                let layer = |inner: bool, course: &mut Course| Layer {
                    options: options.to_vec(),
                    extensions: extensions.to_vec(),
                    ..pair.layer(inner, &mut course.rng)
                };
                let content = Forms::plain(course.rng.bytes(6));
                let forms = layer(false, course)
                    .around(17, &content)
                    .ethernet(None, &[]);
                course.both(pair, &forms);
                let content = layer(true, course).around(17, &content);
                let around = outer.layer(false, &mut course.rng);
                let forms = around.around(pair.version(), &content).ethernet(None, &[]);
                course.both_nested(&outer, pair, &forms);
                let around = around_ah.layer(false, &mut course.rng);
                let forms = around.around(pair.version(), &content).ethernet(None, &[]);
                course.both_nested(&around_ah, pair, &forms);
            };
        for kind in [131, 137, 7, 130] {
            for length in 0..=9 {
                for pointer in [0, 3, 4, 5, 8, 9, 255] {
                    let route = [1, kind, length, pointer, 9, 9, 9, 9, 1, 1, 0, 0];
                    both(&mut course, &pair, &route, &[]);
                }
            }
        }
        for options in [
            &[0, 131, 7, 4][..],
            &[1, 0, 131, 7],
            &[1, 1, 1, 7],
            &[7, 255, 0, 0],
            &[7, 0, 7, 1],
            &[148, 255, 1, 2],
            &[148, 4, 1, 2, 136, 4, 1, 2],
            &[94, 6, 1, 2, 3, 4, 1, 1],
            &[1; 40],
            &[0; 40],
            // A route behind an option that takes it along.
            &[7, 8, 4, 131, 7, 4, 1, 2],
            &[130, 8, 4, 131, 7, 4, 1, 2],
            &[131, 3, 4, 137, 3, 3, 1, 1],
        ] {
            both(&mut course, &pair, options, &[]);
        }
        for left in [0, 1, 255] {
            for kind in [0, 2, 200] {
                let mut inside = vec![kind, left];
                inside.resize(14, 3);
                both(&mut course, &pair6, &[], &[(43, inside.clone())]);
                let last = vec![(60, vec![0; 6]), (43, inside), (43, vec![0; 6])];
                both(&mut course, &pair6, &[], &last);
            }
        }
        for inside in [
            vec![0x3e, 255, 1, 2, 3, 4],
            vec![0, 0, 0, 0, 0, 0x3e],
            vec![0, 0, 0, 0, 0x3e, 0],
            vec![0x20, 4, 1, 2, 3, 4],
            vec![0x21, 0, 0x22, 0, 0x1f, 0],
            vec![0xc2, 4, 0, 1, 0, 0],
        ] {
            both(&mut course, &pair6, &[], &[(0, inside.clone())]);
            both(&mut course, &pair6, &[], &[(43, inside.clone())]);
            both(&mut course, &pair6, &[], &[(60, inside)]);
        }
        // Flags and fragment offset, version and header length.
        let layer = pair.layer(false, &mut course.rng);
        let content = Forms::plain(course.rng.bytes(30));
        let forms = layer.around(17, &content).ethernet(None, &[]);
        for bit in 0..16 {
            course.both(&pair, &forms.changed(IP + 6, &(1_u16 << bit).to_be_bytes()));
        }
        for first in 0..=255 {
            course.both(&pair, &forms.changed(IP, &[first]));
        }
        let layer = pair6.layer(false, &mut course.rng);
        let forms = layer.around(17, &content).ethernet(None, &[]);
        for first in (0..=255).step_by(4) {
            course.both(&pair6, &forms.changed(IP, &[first]));
        }
        course.clear();
    }
    course.scenario
}
