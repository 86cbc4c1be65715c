// SPDX-License-Identifier: Apache-2.0
//! Every CryptoStatus, of every protocol, on both levels; SaDeleteReq.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;

use super::Draft;
use super::modes::tunnelled;
use crate::modes::course::{Course, Pair};
use crate::modes::layer::{Forms, Layer};
use crate::modes::mutable;
use crate::modes::opinion::Named;
use crate::modes::spec::{Kind, Spec};
use crate::sa::{Direction, Operation as Protocol};
use crate::scenario::{
    Command, Configuration, Expected, FrameOp, Handle, Memory, Operation, Port, Scenario,
};

const SUSPECT: &str = "The verdict: which portion failed, its mode (transport or tunnel), what is left as it came. A frame \
    that is opened though its ICV is wrong is the gravest of all failures.";

/// The cases.
pub fn drafts(device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut all = Vec::new();
    for (name, kind) in KINDS {
        for inner in [false, true] {
            if kind.portions() + u32::from(inner) > device.stages {
                continue;
            }
            let scenario = verdicts(name, kind, inner, device, seed);
            let draft = Draft::new(
                "verdicts",
                "verdicts",
                SUSPECT,
                format!(
                    "{name} {}: CryptoStatus 0 to 7 as far as it can have them",
                    if inner {
                        "in the tunnel of an ESP portion"
                    } else {
                        "alone"
                    },
                ),
                scenario,
            );
            all.push(match (name, inner) {
                ("esp", false) => draft.short(),
                _ => draft,
            });
        }
    }
    all.push(Draft::new(
        "verdicts",
        "verdicts",
        SUSPECT,
        "One bit of every byte of an ESP, an AH and a combined frame flipped",
        every_byte(device, seed),
    ));
    all.push(Draft::new(
        "verdicts",
        "delete-request",
        "sa_delete_req: the watermark, the repetition, that a forged frame does not count.",
        "SaDeleteReq at and above the watermark, once and again, of all protocols",
        delete_req(device, seed),
    ));
    if device.num_sa <= 64 {
        all.push(Draft::new(
            "verdicts",
            "delete-request",
            "sa_delete_req: the generation that belongs to a request.",
            "SaDeleteReq of an SA whose bundle another one had before, which was asked for",
            delete_req_reuse(device, seed),
        ));
    }
    all
}

const KINDS: [(&str, Kind); 3] = [
    ("esp", Kind::Gcm(16)),
    ("ah", Kind::Ah),
    ("ah-esp", Kind::AhGcm(12)),
];

/// Builds frames of one pair, in the tunnel of another if there is one.
struct Builder<'a> {
    pair: &'a Pair,
    around: Option<&'a Pair>,
}

impl Builder<'_> {
    /// An IP packet of the pair, around another one if this next header says so.
    fn packet(&self, course: &mut Course, carried: u8, udp: Option<[u16; 2]>) -> Forms {
        let layer = Layer {
            udp,
            ..self.pair.layer(self.around.is_some(), &mut course.rng)
        };
        let count = course.rng.range(8, 40) as usize;
        let content = course.rng.bytes(count);
        let host: std::net::IpAddr = match carried {
            4 => std::net::Ipv4Addr::new(172, 16, 0, 1).into(),
            41 => std::net::Ipv6Addr::LOCALHOST.into(),
            _ => return layer.around(carried, &Forms::plain(content)),
        };
        // What is inside names nobody.
        let packet = crate::esp::ip_packet(host, host, 6, &content);
        layer.around(carried, &Forms::plain(packet))
    }

    /// The frame, and where the packet begins in it.
    fn frame(&self, course: &mut Course, packet: &Forms) -> Forms {
        match self.around {
            None => packet.ethernet(None, &[]),
            Some(around) => around
                .layer(false, &mut course.rng)
                .around(self.pair.version(), packet)
                .ethernet(None, &[]),
        }
    }

    /// A frame whose packet on the wire was changed, before anything went around it.
    fn wrong(&self, course: &mut Course, packet: &Forms, change: &dyn Fn(&mut Vec<u8>)) {
        let mut packet = packet.clone();
        change(&mut packet.sealed);
        let frame = self.frame(course, &packet);
        course.receive(frame.sealed);
    }
}

fn verdicts(name: &str, kind: Kind, inner: bool, device: DeviceConfig, seed: u64) -> Scenario {
    let name = format!("{name}-{}", if inner { "inner" } else { "alone" });
    let mut course = Course::new(&name, device, seed);
    let pair = course.pair(Spec {
        esn: Some(7),
        ..Spec::new(kind, false)
    });
    let around = inner.then(|| course.pair(Spec::new(Kind::Gcm(16), true)));
    course.commands();
    let build = Builder {
        pair: &pair,
        around: around.as_ref(),
    };
    let places = pair.layer(inner, &mut course.rng).places();
    for carried in [17, 4, 17, 41] {
        // The mode is that of the last good frame.
        let packet = build.packet(&mut course, carried, None);
        let frame = build.frame(&mut course, &packet);
        course.receive(frame.sealed);
        course.settle();
        let packet = build.packet(&mut course, carried, None);
        // The outermost header's ICV, IV, sequence number, and what it covers.
        let last = packet.sealed.len() - 1;
        let mut at = vec![last, places.content + 1];
        for header in [places.ah, places.esp].into_iter().flatten() {
            at.extend([header + 7, header + 12]);
        }
        for at in at {
            build.wrong(&mut course, &packet, &|bytes| bytes[at] ^= 0x10);
        }
        // AH around an ESP that is wrong.
        if let (Some(ah), Some(esp)) = (places.ah, places.esp) {
            let association = pair
                .sa
                .associations
                .iter()
                .find(|a| a.operation == Protocol::Ah)
                .cloned();
            build.wrong(&mut course, &packet, &|bytes| {
                bytes[esp + 20] ^= 1;
                let icv = association
                    .as_ref()
                    .and_then(|association| mutable::icv(association, bytes, ah));
                if let Some(icv) = icv {
                    bytes[ah + 20..ah + 36].copy_from_slice(&icv);
                }
            });
        }
    }
    // Lengths that do not fit: 6.
    let packet = build.packet(&mut course, 17, None);
    let whole = packet.sealed.len() as u16;
    let content = places.content as u16;
    for length in [
        whole + 40,
        whole + 4,
        whole + 3,
        whole + 2,
        whole + 1,
        whole - 1,
        20 + 12,
        content + 2,
        content + 12 + 1,
        content + 16 + 1,
        content + 16 + 2,
    ] {
        build.wrong(&mut course, &packet, &|bytes| {
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
        });
    }
    if let Some(ah) = places.ah {
        for words in [6, 200] {
            build.wrong(&mut course, &packet, &|bytes| bytes[ah + 1] = words);
        }
    }
    // A trailer that lies, behind a good ICV: 6, and the text is in the clear.
    if places.esp.is_some() {
        let packet = build.packet(&mut course, 17, None);
        let frame = build.frame(&mut course, &packet);
        let mut clear = frame.clear;
        let icv = pair
            .sa
            .associations
            .iter()
            .find(|a| a.operation == Protocol::Esp)
            .map_or(16, crate::esp::icv_bytes);
        // The inner packet's end lies before the outer trailer and ICV.
        let end = match &around {
            None => clear.len(),
            Some(_) => {
                let start = clear
                    .windows(packet.clear.len())
                    .position(|bytes| bytes == packet.clear)
                    .unwrap_or_default();
                start + packet.clear.len()
            }
        };
        clear[end - icv - 2] = 0xf0;
        let named = match &around {
            None => [pair.outbound(), Named::Zero],
            Some(around) => [pair.outbound(), around.outbound()],
        };
        if let Expected::Sent(sealed) = course.transmit(clear, named, 0) {
            course.receive(sealed);
        }
    }
    course.settle();
    // Protocols that are not those of the SA: 7.
    let packet = build.packet(&mut course, 17, None);
    if let (Some(ah), Some(esp)) = (places.ah, places.esp) {
        build.wrong(&mut course, &packet, &|bytes| bytes[esp + 3] ^= 1);
        build.wrong(&mut course, &packet, &|bytes| bytes[ah] = 17);
        // ESP alone.
        let mut alone = pair.sa.clone();
        alone.associations.truncate(1);
        let layer = Layer {
            dst: pair.layer(inner, &mut course.rng).dst,
            ..Layer::new(&alone)
        };
        let content = Forms::plain(course.rng.bytes(8));
        let packet = layer.around(17, &content);
        let frame = build.frame(&mut course, &packet);
        course.receive(frame.sealed);
    } else if places.esp.is_some() {
        let packet = build.packet(&mut course, 17, Some([4500, 4500]));
        let frame = build.frame(&mut course, &packet);
        course.receive(frame.sealed);
    }
    // The SA cannot be read: 1.
    unreadable(&mut course, &build, kind);
    // A good one at the end.
    let packet = build.packet(&mut course, 17, None);
    let frame = build.frame(&mut course, &packet);
    course.receive(frame.sealed);
    course.settle();
    course.scenario
}

/// Bundles with a parity error in each of the memories.
fn unreadable(course: &mut Course, build: &Builder<'_>, kind: Kind) {
    for (k, memory) in Memory::ALL.into_iter().enumerate() {
        course.settle();
        course.scenario.configure(Configuration {
            parity_inject: Some(vec![memory]),
            ..Configuration::default()
        });
        let number = 40 + k as u32;
        let spec = Spec {
            esn: Some(1),
            ..Spec::new(kind, false)
        };
        let sa = spec.sa(Direction::Inbound, number, &mut course.rng);
        // The opinion does not know this bundle: no frame of it is opened.
        let add = Command::AddSa {
            sa: sa.clone(),
            ex: false,
        };
        course.scenario.command(0, add, Some(NDIS_STATUS_SUCCESS));
        course.commands();
        let pair = Pair {
            bundles: None,
            sa: sa.clone(),
            spec,
            number,
        };
        let of = Builder {
            pair: &pair,
            around: build.around,
        };
        let packet = of.packet(course, 17, None);
        let frame = of.frame(course, &packet);
        let around = course.opinion.receive(&frame.sealed).expected;
        let Expected::Received { bytes, done, .. } = around else {
            continue;
        };
        course.scenario.push(Operation::Frame(FrameOp {
            expect: Some(Expected::Received {
                bytes,
                done: true,
                next: done,
                status: vec![1],
                header: None,
            }),
            ..FrameOp::new(Port::Rx, frame.sealed)
        }));
        course.settle();
        course.scenario.command(
            1,
            Command::DeleteSa {
                handle: Handle::Sa(sa.name.clone()),
            },
            Some(NDIS_STATUS_SUCCESS),
        );
        course.commands();
    }
}

fn every_byte(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("every-byte", device, seed);
    for (_, kind) in KINDS {
        if kind.portions() > device.stages {
            continue;
        }
        let pair = course.pair(Spec::new(kind, false));
        course.commands();
        let forms = course.frame(&pair, 20);
        for at in 0..forms.sealed.len() {
            let mut wrong = forms.sealed.clone();
            wrong[at] ^= 1 << (at % 8);
            course.receive(wrong);
        }
        course.receive(forms.sealed);
        course.settle();
    }
    // Every byte of a shorter ICV.
    for kind in [Kind::Gcm(8), Kind::Gcm(12), Kind::Gmac] {
        let pair = course.pair(Spec::new(kind, true));
        course.commands();
        let forms = course.frame(&pair, 9);
        course.receive(forms.sealed.clone());
        course.settle();
        let count = match kind {
            Kind::Gcm(bytes) => bytes as usize,
            _ => 16,
        };
        for back in 1..=count {
            let mut wrong = forms.sealed.clone();
            let at = wrong.len() - back;
            wrong[at] ^= 1 << (back % 8);
            course.receive(wrong);
        }
    }
    course.scenario
}

fn delete_req(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("delete-request", device, seed);
    let kinds = KINDS
        .into_iter()
        .filter(|(_, kind)| kind.portions() <= device.stages);
    let pairs: Vec<Pair> = kinds
        .map(|(_, kind)| course.pair(Spec::new(kind, false)))
        .collect();
    course.commands();
    let count = 2 * pairs.len() as u16;
    // Watermark, repetition, and whether each of four good frames asks.
    for (watermark, repeat, asks) in [
        (count, 0, [false; 4]),
        (count - 1, 0, [true, false, false, false]),
        (count - 1, 2, [false, false, true, false]),
        (0, 1, [true; 4]),
        (0xffff, 1, [false; 4]),
    ] {
        course.settle();
        course.scenario.configure(Configuration {
            sa_watermark: Some(watermark),
            sa_delete_repeat: Some(repeat),
            ..Configuration::default()
        });
        course.commands();
        for (k, asks) in asks.into_iter().enumerate() {
            for pair in &pairs {
                let forms = course.frame(pair, 10);
                let mut forged = forms.sealed.clone();
                if let Some(last) = forged.last_mut() {
                    *last ^= 1;
                }
                course.receive(forged);
                course.receive(forms.sealed);
                let last = course.scenario.operations.last_mut();
                if let Some(Operation::Frame(frame)) = last.map(|timed| &mut timed.op) {
                    // With a repetition the count goes on from before.
                    frame.sa_delete_req = (repeat != 2).then_some(asks);
                }
                if k == 3 {
                    let forms = tunnelled(&mut course, pair, false);
                    course.transmit(forms.clear, [pair.outbound(), Named::Zero], 0);
                }
            }
        }
    }
    course.settle();
    course.scenario
}

/// In a full table the bundle that was just freed is the next.
fn delete_req_reuse(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("delete-request-reuse", device, seed);
    let spec = Spec::new(Kind::Gcm(16), false);
    let mut pairs = Vec::new();
    for _ in 0..device.num_sa / 2 {
        pairs.push(course.pair(spec));
    }
    course.scenario.configure(Configuration {
        sa_watermark: Some(1),
        sa_delete_repeat: Some(0),
        ..Configuration::default()
    });
    course.commands();
    let asks = |course: &mut Course, pair: &Pair, asks: [bool; 2]| {
        for asks in asks {
            let forms = course.frame(pair, 10);
            course.receive(forms.sealed);
            let last = course.scenario.operations.last_mut();
            if let Some(Operation::Frame(frame)) = last.map(|timed| &mut timed.op) {
                frame.sa_delete_req = Some(asks);
            }
        }
        course.settle();
    };
    let Some(mut pair) = pairs.pop() else {
        return course.scenario;
    };
    for _ in 0..3 {
        asks(&mut course, &pair, [true, false]);
        for bundle in pair.bundles.into_iter().flatten() {
            course.delete(bundle);
        }
        course.settle();
        pair = course.pair(spec);
        course.commands();
    }
    asks(&mut course, &pair, [true, false]);
    course.scenario
}
