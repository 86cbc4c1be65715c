// SPDX-License-Identifier: Apache-2.0
//! Frames by their form: headers in front, alignments of the text, lengths; what transmit refuses.

use ipsec_cosim_device::DeviceConfig;

use super::Draft;
use crate::modes::course::{Course, Pair};
use crate::modes::layer::{Forms, Layer, changed};
use crate::modes::opinion::Named;
use crate::modes::spec::{Kind, Spec};
use crate::sa::{Direction, UdpEncapsulation};
use crate::scenario::{Expected, FrameOp, Handle, Operation, Port, Scenario};

/// Bytes of the Ethernet header.
const IP: usize = 14;

/// IPv4 options, IPv6 extension headers.
type Extras = (Vec<u8>, Vec<(u8, Vec<u8>)>);

/// The cases.
pub fn drafts(device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut all = Vec::new();
    for v6 in [false, true] {
        all.push(
            Draft::new(
                "frames",
                "headers",
                "The header parser: options, extension headers, the tag; what AH zeroes of them.",
                format!(
                    "IPv{}: options or extension headers, tags, bytes behind the packet, AH padding",
                    if v6 { 6 } else { 4 }
                ),
                headers(v6, device, seed),
            )
            .short(),
        );
    }
    for (name, udp) in [("alignments", false), ("alignments-udp", true)] {
        all.push(Draft::new(
            "frames",
            "alignments",
            "Lanes: the rotation of text to blocks, the last block's mask, the ICV's place.",
            "Text at four offsets with every rest of its last block, each ICV length, both directions",
            alignments(name, udp, device, seed),
        ));
    }
    all.push(Draft::new(
        "frames",
        "alignments",
        "The last block of what GMAC covers, with and without the upper half of a sequence number behind it.",
        "AES-GMAC of ESP and AH over content that ends at each byte of a block, with and without ESN",
        gmac_ends(device, seed),
    ));
    all.push(
        Draft::new(
            "frames",
            "lengths",
            "Ingress: lengths, the counters of bad ones; nothing of crypto.",
            "Frames from 1 to 2,048 bytes, with and without a portion",
            lengths(
                "lengths",
                &[
                    1, 13, 14, 15, 16, 17, 59, 60, 61, 64, 127, 128, 511, 512, 1518, 2032, 2048,
                ],
                device,
                seed,
            ),
        )
        .short(),
    );
    all.push(Draft::new(
        "frames",
        "lengths",
        "Ingress: buffers, the limit of 9,618 bytes; the streams, as these do not fit the diagnostic frame port.",
        "Frames from 2,049 to 9,700 bytes, with and without a portion",
        lengths(
            "lengths-long",
            &[2049, 4096, 8276, 9617, 9618, 9619, 9633],
            device,
            seed,
        ),
    ));
    all.push(
        Draft::new(
            "frames",
            "handles",
            "What transmit checks before a byte leaves: the check named in the step.",
            "Every refusal of transmit: handles, slot-12 words, SPIs, protocols, lengths, routes, fragments",
            refusals(device, seed),
        )
        .short(),
    );
    all.push(Draft::new(
        "frames",
        "headers",
        "What receive looks at, and what it must leave alone.",
        "Frames that pass untouched: fragments, other headers, SPIs that nobody has, SPIs below 256, no IP at all",
        passed(device, seed),
    ));
    all
}

fn headers(v6: bool, device: DeviceConfig, seed: u64) -> Scenario {
    let name = if v6 { "headers-ipv6" } else { "headers-ipv4" };
    let mut course = Course::new(name, device, seed);
    let mut kinds = vec![Kind::Gcm(16), Kind::Gmac, Kind::Ah];
    if device.stages >= 2 {
        kinds.push(Kind::AhGcm(12));
    }
    for kind in kinds {
        let pair = course.pair(Spec {
            esn: Some(2),
            key: 32,
            ..Spec::new(kind, v6)
        });
        course.commands();
        // PadN inside.
        let pad = |size: usize| {
            let mut inside = vec![1, (size - 4) as u8];
            inside.resize(size - 2, 0);
            inside
        };
        let long = |size: usize| {
            let mut inside = vec![1, 250];
            inside.resize(size - 2, 0);
            inside
        };
        let forms: Vec<Extras> = if v6 {
            vec![
                (vec![], vec![]),
                (vec![], vec![(0, vec![0x3e, 4, 1, 2, 3, 4])]),
                (vec![], vec![(0, vec![0x1e, 4, 1, 2, 3, 4])]),
                (vec![], vec![(43, vec![0; 14])]),
                (vec![], vec![(60, pad(8))]),
                (vec![], vec![(60, pad(24))]),
                (vec![], vec![(0, pad(8)), (60, pad(16)), (43, vec![0; 6])]),
                (vec![], vec![(60, pad(8)); 8]),
                // Nine are too many.
                (vec![], vec![(60, pad(8)); 9]),
                // The furthest that a header may be, and beyond.
                (vec![], vec![(60, long(976))]),
                (vec![], vec![(60, long(984))]),
                // Routes that are not exhausted.
                (vec![], vec![(43, vec![0, 1, 0, 0, 0, 0])]),
                (
                    vec![],
                    vec![(43, vec![0; 6]), (43, vec![2, 255, 0, 0, 0, 0])],
                ),
            ]
        } else {
            vec![
                (vec![], vec![]),
                (vec![1, 1, 1, 0], vec![]),
                (vec![148, 4, 0, 0], vec![]),
                (vec![7, 7, 4, 9, 9, 9, 9, 0], vec![]),
                (vec![130, 8, 1, 2, 3, 4, 5, 6, 94, 4, 1, 2], vec![]),
                (vec![1; 40], vec![]),
                // Lengths that lie.
                (vec![7, 0, 148, 4, 1, 2, 7, 1], vec![]),
                (vec![1, 1, 1, 7], vec![]),
                (vec![148, 200, 1, 2], vec![]),
                // Source routes: open, at their last address, exhausted.
                (vec![131, 7, 4, 10, 2, 0, 9, 0], vec![]),
                (vec![137, 7, 7, 10, 2, 0, 9, 0], vec![]),
                (vec![131, 7, 8, 10, 2, 0, 9, 0], vec![]),
            ]
        };
        for (k, (options, extensions)) in forms.into_iter().enumerate() {
            for vlan in [None, Some(0x2abc)] {
                // The last word of what AH covers ends anywhere.
                let layer = Layer {
                    options: options.clone(),
                    extensions: extensions.clone(),
                    ah_padding: 4 * (k & 1),
                    ..pair.layer(false, &mut course.rng)
                };
                let content = course.rng.bytes(9 + k);
                let forms = layer
                    .around(17, &Forms::plain(content))
                    .ethernet(vlan, &[0x5a; 7][..k % 8]);
                course.both(&pair, &forms);
            }
        }
        course.clear();
    }
    course.scenario
}

fn alignments(name: &str, udp: bool, device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new(name, device, seed);
    let kinds = [Kind::Gcm(16), Kind::Gcm(12), Kind::Gcm(8)];
    let udp = if udp {
        UdpEncapsulation::Transport
    } else {
        UdpEncapsulation::None
    };
    let pairs: Vec<Pair> = kinds
        .into_iter()
        .enumerate()
        .map(|(k, kind)| {
            course.pair(Spec {
                key: [16, 24, 32][k],
                udp,
                ..Spec::new(kind, false)
            })
        })
        .collect();
    course.commands();
    for shift in 0..4_usize {
        for rest in 0..16_usize {
            let pair = &pairs[(shift + rest) % 3];
            let layer = Layer {
                options: vec![1; 4 * shift],
                pad: Some((rest % 5) as u8),
                ..pair.layer(false, &mut course.rng)
            };
            // Content, padding and its two bytes: `rest` behind the last whole block.
            let count = (rest + 48 - 2 - rest % 5) % 16 + 16 * (shift % 2);
            let content = course.rng.bytes(count);
            let vlan = (rest % 4 == 3).then_some(7);
            let forms = layer.around(6, &Forms::plain(content)).ethernet(vlan, &[]);
            course.both(pair, &forms);
        }
    }
    course.expect_stats();
    course.scenario
}

fn gmac_ends(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("alignments-gmac", device, seed);
    for v6 in [false, true] {
        for kind in [Kind::Gmac, Kind::Ah] {
            for esn in [None, Some(0x0102_0304)] {
                let pair = course.pair(Spec {
                    esn,
                    ..Spec::new(kind, v6)
                });
                course.commands();
                for rest in 0..16 {
                    let layer = Layer {
                        // ESP's own padding would align it.
                        pad: Some(0),
                        ..pair.layer(false, &mut course.rng)
                    };
                    let content = course.rng.bytes(rest);
                    let forms = layer.around(17, &Forms::plain(content)).ethernet(None, &[]);
                    course.both(&pair, &forms);
                }
            }
        }
        course.expect_stats();
        course.clear();
    }
    course.scenario
}

fn lengths(name: &str, all: &[usize], device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new(name, device, seed);
    let pair = course.pair(Spec::new(Kind::Gcm(16), false));
    course.commands();
    for length in all {
        let mut frame = course.rng.bytes(*length);
        if let Some(kind) = frame.get_mut(12..14) {
            kind.copy_from_slice(&[0x88, 0xb5]);
        }
        course.transmit(frame.clone(), [Named::Zero; 2], 0);
        course.receive(frame);
        // As long with a portion: Ethernet 14, IP 20, ESP and IV 16, trailer 2, ICV 16.
        if let Some(payload) = length.checked_sub(68) {
            let layer = Layer {
                pad: Some(0),
                ..pair.layer(false, &mut course.rng)
            };
            let content = course.rng.bytes(payload);
            let forms = layer.around(17, &Forms::plain(content)).ethernet(None, &[]);
            course.both(&pair, &forms);
        }
        // A good one behind each.
        let forms = course.frame(&pair, 3);
        course.both(&pair, &forms);
    }
    // DELETE waits for what was inside: every frame must have been counted out of the last stage, the bad ones too.
    course.clear();
    course.scenario
}

fn refusals(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("refusals", device, seed);
    let esp = course.pair(Spec::new(Kind::Gcm(16), false));
    let esp6 = course.pair(Spec::new(Kind::Gcm(12), true));
    let ah = course.pair(Spec::new(Kind::Ah, false));
    let mut pairs = vec![esp.clone(), esp6.clone(), ah.clone()];
    if device.stages >= 2 {
        pairs.push(course.pair(Spec::new(Kind::AhGcm(16), false)));
    }
    course.commands();
    for pair in &pairs {
        let forms = course.frame(pair, 17);
        let clear = &forms.clear;
        let own = [pair.outbound(), Named::Zero];
        let Some([_, inbound]) = pair.bundles else {
            continue;
        };
        // Handles: stale, inbound, another's, none but a tunnel's, twice.
        let another = pairs[(pair.number as usize + 1) % pairs.len()].outbound();
        for named in [
            [Named::Stale, Named::Zero],
            [Named::Bundle(inbound), Named::Zero],
            [another, Named::Zero],
            [Named::Zero, pair.outbound()],
            [Named::Zero, Named::Stale],
            [pair.outbound(), Named::Stale],
            [pair.outbound(), pair.outbound()],
            own,
        ] {
            course.transmit(clear.clone(), named, 0);
        }
        let layer = pair.layer(false, &mut course.rng);
        let places = layer.places();
        // A bit of each SPI, of the lengths.
        for at in [places.ah.map(|at| at + 4), places.esp]
            .into_iter()
            .flatten()
        {
            let at = IP + at;
            let mut wrong = clear.clone();
            if let Some(byte) = wrong.get_mut(at + 3) {
                *byte ^= 1;
            }
            course.transmit(wrong, own, 0);
        }
        let length_at = IP + if pair.spec.v6 { 4 } else { 2 };
        for length in [0_u16, 40, 60, clear.len() as u16, 0xffff] {
            course.transmit(changed(clear, length_at, &length.to_be_bytes()), own, 0);
        }
        // Slot-12 words: right, each offset wrong, absent ones present.
        let offset = |at: Option<usize>| at.map_or(0, |at| at as u32 / 4);
        let hint = offset(places.esp) << 24 | offset(places.ah) << 16;
        for bits in [0, 0x1234, 1 << 16, 1 << 23, 1 << 24, 1 << 31] {
            course.transmit(clear.clone(), own, hint ^ bits);
        }
        // Not a frame for a portion: another EtherType, two tags, a fragment, another protocol.
        course.transmit(changed(clear, 12, &[0x88, 0xb5]), own, 0);
        let tagged = |tags: &[u8]| {
            let mut frame = clear.clone();
            frame.splice(12..12, tags.iter().copied());
            frame
        };
        course.transmit(tagged(&[0x81, 0, 0, 1]), own, 0);
        course.transmit(tagged(&[0x81, 0, 0, 1, 0x81, 0, 0, 2]), own, 0);
        course.transmit(tagged(&[0x88, 0xa8, 0, 1]), own, 0);
        let next_at = if pair.spec.v6 { IP + 6 } else { IP + 9 };
        for next in [17, 59] {
            course.transmit(changed(clear, next_at, &[next]), own, 0);
        }
        if !pair.spec.v6 {
            course.transmit(changed(clear, IP + 6, &[0x20, 0]), own, 0);
            course.transmit(changed(clear, IP + 6, &[0, 1]), own, 0);
        }
    }
    // Handles that nobody gave out: of no bundle, beyond the last, of another generation.
    for word in [0x1_0000, device.num_sa + 1, 0xffff, 0x1_0001, 0x8000_0001] {
        let forms = course.frame(&esp, 12);
        for both in [false, true] {
            let op = FrameOp {
                offload: Handle::Raw(word),
                tunnel: Handle::Raw(if both { word } else { 0 }),
                expect: Some(Expected::Refused {}),
                ..FrameOp::new(Port::Tx, forms.clear.clone())
            };
            course.scenario.push(Operation::Frame(op));
        }
    }
    // A route that is not exhausted, under AH.
    for route in [[131, 7, 4, 10, 2, 0, 9, 0], [131, 7, 8, 10, 2, 0, 9, 0]] {
        let layer = Layer {
            options: route.to_vec(),
            ..ah.layer(false, &mut course.rng)
        };
        let content = Forms::plain(course.rng.bytes(8));
        let forms = layer.around(17, &content).ethernet(None, &[]);
        course.both(&ah, &forms);
    }
    // Two handles: the wrong way round, an inner packet that is none.
    if device.stages >= 2 {
        let forms = course.nested(&esp, &esp6, 12);
        for named in [
            [esp6.outbound(), esp.outbound()],
            [esp.outbound(), esp6.outbound()],
            [esp6.outbound(), Named::Stale],
            [Named::Stale, esp.outbound()],
            [Named::Zero, esp.outbound()],
        ] {
            course.transmit(forms.clear.clone(), named, 0);
        }
        let flat = course.frame(&esp, 40);
        course.transmit(flat.clear, [esp6.outbound(), esp.outbound()], 0);
        // An inner packet that reaches into what is behind it: padding, trailer, ICV, the end of an AH tunnel.
        for outer in [&esp, &ah] {
            let layer = outer.layer(false, &mut course.rng);
            let at = IP + layer.places().content + 4;
            let forms = course.nested(outer, &esp6, 12);
            let length = forms
                .clear
                .get(at..at + 2)
                .map_or(0, |bytes| u16::from_be_bytes([bytes[0], bytes[1]]));
            for more in [1, 2, 3, 4, 8, 18, 19, 20] {
                let mut clear = changed(&forms.clear, at, &(length + more).to_be_bytes());
                course.transmit(clear.clone(), [esp6.outbound(), outer.outbound()], 0);
                // The frame goes on behind the outer packet, and holds all that the inner length says.
                clear.extend_from_slice(&[0; 24]);
                course.transmit(clear, [esp6.outbound(), outer.outbound()], 0);
            }
        }
    }
    course.settle();
    course.scenario
}

fn passed(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("passed", device, seed);
    let mut pairs = vec![
        course.pair(Spec::new(Kind::Gcm(16), false)),
        course.pair(Spec::new(Kind::Gcm(16), true)),
        course.pair(Spec::new(Kind::Ah, false)),
        course.pair(Spec::new(Kind::Ah, true)),
    ];
    if device.stages >= 2 {
        pairs.push(course.pair(Spec::new(Kind::AhGcm(16), false)));
    }
    course.commands();
    for pair in &pairs {
        let forms = course.frame(pair, 11);
        let sealed = &forms.sealed;
        let layer = pair.layer(false, &mut course.rng);
        let places = layer.places();
        let spi = IP
            + places
                .ah
                .map(|at| at + 4)
                .or(places.esp)
                .unwrap_or_default();
        for other in [0_u32, 255, 0x00ff_1000, 0x9999_9999] {
            course.receive(changed(sealed, spi, &other.to_be_bytes()));
        }
        course.receive(changed(sealed, 12, &[0x88, 0xb5]));
        for tags in [&[0x81_u8, 0, 0, 1, 0x81, 0, 0, 2][..], &[0x88, 0xa8, 0, 1]] {
            let mut frame = sealed.clone();
            frame.splice(12..12, tags.iter().copied());
            course.receive(frame);
        }
        // Another destination, another protocol, a fragment.
        let dst = if pair.spec.v6 { IP + 39 } else { IP + 19 };
        course.receive(changed(sealed, dst, &[0xee]));
        let next_at = if pair.spec.v6 { IP + 6 } else { IP + 9 };
        for next in [17, 44, 50, 51, 59, 135] {
            course.receive(changed(sealed, next_at, &[next]));
        }
        if pair.spec.v6 {
            // A jumbogram, and a length of zero that is none.
            for kind in [0, 60] {
                let layer = Layer {
                    extensions: vec![(kind, vec![0; 6])],
                    ..pair.layer(false, &mut course.rng)
                };
                let content = Forms::plain(course.rng.bytes(5));
                let forms = layer.around(17, &content).ethernet(None, &[]);
                let zero = forms.map(|bytes| changed(bytes, IP + 4, &[0, 0]));
                course.both(pair, &zero);
            }
        }
        // Cut anywhere in the headers.
        for end in (IP + 18..IP + places.content + 6).step_by(2) {
            course.receive(sealed[..end].to_vec());
        }
        if !pair.spec.v6 {
            course.receive(changed(sealed, IP + 6, &[0x20, 0]));
            course.receive(changed(sealed, IP, &[0x44]));
        }
        course.receive(sealed.clone());
    }
    half_spis(&mut course);
    course.settle();
    course.scenario
}

/// Frames cut in the middle of the SPI of an SA, whose lower half is what is behind an end: zeros, or what was there
/// before. Nobody's, as the SPI is not there.
fn half_spis(course: &mut Course) {
    for (number, kind) in [(0x90, Kind::Gcm(16)), (0x91, Kind::Ah)] {
        for v6 in [false, true] {
            let spec = Spec::new(kind, v6);
            let mut sa = spec.sa(Direction::Inbound, number, &mut course.rng);
            sa.name = format!("half-{number:x}-{v6}");
            for association in &mut sa.associations {
                association.spi = 0x5aa5_0000;
            }
            course.add(sa.clone());
            course.commands();
            let pair = Pair {
                bundles: None,
                sa,
                spec,
                number,
            };
            let layer = pair.layer(false, &mut course.rng);
            let content = Forms::plain(course.rng.bytes(13));
            let places = layer.places();
            let forms = layer.around(17, &content).ethernet(None, &[]);
            let spi = IP
                + places
                    .ah
                    .map(|at| at + 4)
                    .or(places.esp)
                    .unwrap_or_default();
            course.receive(forms.sealed.clone());
            for end in spi..spi + 5 {
                course.receive(forms.sealed[..end].to_vec());
            }
        }
    }
}
