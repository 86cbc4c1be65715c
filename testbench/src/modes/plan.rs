// SPDX-License-Identifier: Apache-2.0
//! Drawn scenarios of frames of every mode, good and damaged, judged by [`Opinion`](super::opinion::Opinion).

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::strategy::{BoxedStrategy, Union};

use super::course::{Course, Pair};
use super::extras;
use super::layer::{Forms, Layer, Places};
use super::opinion::Named;
use super::spec::{Kind, Spec, UDP};
use crate::esp::{icv_bytes, ip_packet};
use crate::judge::Drawn;
use crate::rng::Rng;
use crate::sa::{Operation as Protocol, UdpEncapsulation};
use crate::scenario::{Expected, Operation, Port, Scenario, StallPattern, StallPort};
use crate::strategies::pattern;

/// What a scenario is made from.
#[derive(Clone, Debug)]
pub struct ModesPlan {
    /// The device
    pub device: DeviceConfig,
    /// Seed of stalls and keys
    pub seed: u32,
    /// Seed of the index hash
    pub hash_seed: u32,
    /// Pairs of bundles
    pub specs: Vec<Spec>,
    /// Stalls from the first frame on
    pub stalls: Vec<(StallPort, StallPattern)>,
    /// What is done then
    pub items: Vec<Item>,
}

/// One thing that is done.
#[derive(Clone, Debug)]
pub enum Item {
    /// A frame
    Frame(FramePlan),
    /// Everything comes to an end
    Drain,
}

/// A frame.
#[derive(Clone, Debug)]
pub struct FramePlan {
    /// Which way
    pub port: Port,
    /// Pair of the outer level, modulo their number
    pub outer: u8,
    /// Pair of the level inside its tunnel
    pub inner: Option<u8>,
    /// Bytes of payload
    pub payload: u16,
    /// The payload is an IP packet, of no interest
    pub tunnel: bool,
    /// 0x8100 tag
    pub vlan: Option<u16>,
    /// Bytes behind the IP packet
    pub trailer: u8,
    /// Options and extension headers: none, good ones, any
    pub extras: u8,
    /// Bytes of ESP padding
    pub pad: Option<u8>,
    /// Transmit: the slot-12 word is given
    pub hint: bool,
    /// What is wrong with it
    pub damage: Damage,
    /// Random bytes
    pub seed: u32,
}

/// What is wrong with a frame. A level is the inner one (if there is one) or the outer one.
#[derive(Clone, Debug)]
pub enum Damage {
    /// Nothing
    None,
    /// Flipped bits, by share of 65,536 of the frame, or of its first 128 bytes
    Bits(Vec<(bool, u16)>),
    /// Cut short, by share
    Cut(u16),
    /// A level's IP length is so much more
    Length(bool, i8),
    /// A level's UDP length is so much more
    UdpLength(bool, i8),
    /// A level's AH length field
    AhWords(bool, u8),
    /// A level's PadLength, correctly sealed
    PadLength(bool, u8),
    /// A level's SPI of AH (true) or ESP
    Spi(bool, bool, u8),
    /// UDP where there is none, and the other way round
    Udp(bool),
    /// Transmit: handles: swapped, the wrong one, none, stale, one too many
    Handles(u8),
    /// Transmit: a bit of the slot-12 word
    Hint(u8),
}

impl Drawn for ModesPlan {
    fn made(&self) -> Scenario {
        self.scenario()
    }
}

impl ModesPlan {
    /// The scenario.
    pub fn scenario(&self) -> Scenario {
        let mut course = Course::new("modes", self.device, self.seed.into());
        if self.hash_seed != 0 {
            course
                .scenario
                .write_register(regs::HASH_SEED, self.hash_seed);
        }
        let room = (self.device.num_sa as usize / 2).min(self.specs.len());
        let pairs: Vec<_> = self.specs[..room]
            .iter()
            .map(|spec| course.pair(*spec))
            .collect();
        course.commands();
        for (port, pattern) in &self.stalls {
            course.scenario.push(Operation::Stall {
                port: *port,
                pattern: pattern.clone(),
            });
        }
        for item in &self.items {
            match item {
                Item::Frame(frame) => frame.send(&mut course, &pairs),
                Item::Drain => course.settle(),
            }
        }
        course.expect_stats();
        course.scenario.read_counters();
        course.scenario
    }
}

/// A level of a frame under construction: its pair, its headers, and its IP header's offset.
struct Built<'a> {
    pair: &'a Pair,
    places: Places,
    ip: usize,
    end: usize,
}

impl FramePlan {
    fn layer<'a>(&self, pair: &'a Pair, inner: bool, rng: &mut Rng) -> Layer<'a> {
        let mut layer = pair.layer(inner, rng);
        let odd = self.extras > 1;
        if self.extras > 0 {
            layer.options = extras::options(10, odd, rng);
            let most = if odd { 10 } else { 4 };
            layer.extensions = extras::extensions(rng.below(most) as usize, odd, rng);
        }
        // RFC 4302 aligns to 8 bytes in IPv6; a receiver takes any.
        layer.ah_padding = match rng.below(4) {
            0 => 4 * rng.below(4) as usize,
            _ => 4 * usize::from(pair.spec.v6),
        };
        if let Damage::Udp(level) = self.damage
            && level == inner
            && !pair.spec.kind.has_ah()
        {
            layer.udp = match layer.udp {
                Some(_) => None,
                None => Some([4500, 1]),
            };
        }
        layer
    }

    fn send(&self, course: &mut Course, pairs: &[Pair]) {
        let pick = |k: u8| &pairs[usize::from(k) % pairs.len()];
        let mut rng = Rng::new(self.seed.into(), 5);
        let outer = pick(self.outer);
        let inner = self.inner.map(pick);
        let mut next_header = [6, 17, 58, 59][rng.below(4) as usize];
        let mut content = Forms::plain(rng.bytes(self.payload.into()));
        if self.tunnel {
            let v6 = rng.chance(50);
            let [src, dst] = [8, 9].map(|net| super::spec::address(v6, net, 1));
            content = content.map(|bytes| ip_packet(src, dst, 253, bytes));
            next_header = if v6 { 41 } else { 4 };
        }
        let mut levels = Vec::new();
        if let Some(pair) = inner {
            let mut layer = self.layer(pair, true, &mut rng);
            layer.pad = self.pad;
            content = layer.around(next_header, &content);
            next_header = pair.version();
            levels.push(Built {
                pair,
                places: layer.places(),
                ip: 0,
                end: content.sealed.len(),
            });
        }
        let mut layer = self.layer(outer, false, &mut rng);
        if inner.is_none() {
            layer.pad = self.pad;
        }
        let ip = if self.vlan.is_some() { 18 } else { 14 };
        let places = layer.places();
        for level in &mut levels {
            level.ip = ip + places.content;
            level.end += level.ip;
        }
        let packet = layer.around(next_header, &content);
        levels.push(Built {
            pair: outer,
            places,
            ip,
            end: ip + packet.sealed.len(),
        });
        let trailer = rng.bytes(self.trailer.into());
        let mut forms = packet.ethernet(self.vlan, &trailer);
        if forms.sealed.len() > *crate::pcap::FRAME_BYTES.end() {
            return;
        }
        let mut named = match inner {
            Some(inner) => [inner.outbound(), outer.outbound()],
            None => [outer.outbound(), Named::Zero],
        };
        let first = &levels[0];
        let mut hint = 0;
        if self.hint {
            let place =
                |at: Option<usize>| at.map_or(0, |at| ((first.ip + at - ip) / 4).min(0xff) as u32);
            hint = place(first.places.esp) << 24 | place(first.places.ah) << 16 | 0x1234;
        }
        self.damage(course, &levels, &mut forms, &mut named, &mut hint);
        match self.port {
            Port::Tx => course.transmit(forms.clear, named, hint),
            Port::Rx => course.receive(forms.sealed),
        };
    }

    fn damage(
        &self,
        course: &Course,
        levels: &[Built<'_>],
        forms: &mut Forms,
        named: &mut [Named; 2],
        hint: &mut u32,
    ) {
        let level = |inner: bool| {
            if inner {
                &levels[0]
            } else {
                &levels[levels.len() - 1]
            }
        };
        let change = |forms: &mut Forms, change: &dyn Fn(&mut Vec<u8>)| {
            change(&mut forms.clear);
            change(&mut forms.sealed);
        };
        let add = |bytes: &mut Vec<u8>, at: usize, more: i8| {
            let old = u16::from_be_bytes([bytes[at], bytes[at + 1]]);
            let new = old.wrapping_add_signed(more.into());
            bytes[at..at + 2].copy_from_slice(&new.to_be_bytes());
        };
        match &self.damage {
            Damage::None | Damage::Udp(_) => {}
            Damage::Bits(bits) => change(forms, &|bytes| {
                for (near, share) in bits {
                    let reach = if *near {
                        bytes.len().min(128)
                    } else {
                        bytes.len()
                    };
                    let bit = 8 * reach * usize::from(*share) / 0x1_0000;
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
            }),
            Damage::Cut(share) => change(forms, &|bytes| {
                bytes.truncate(1 + bytes.len() * usize::from(*share) / 0x1_0000);
            }),
            Damage::Length(inner, more) => {
                let level = level(*inner);
                let at = level.ip + if level.pair.spec.v6 { 4 } else { 2 };
                change(forms, &|bytes| add(bytes, at, *more));
            }
            Damage::UdpLength(inner, more) => {
                let level = level(*inner);
                if let Some(udp) = level.places.udp {
                    change(forms, &|bytes| add(bytes, level.ip + udp + 4, *more));
                }
            }
            Damage::AhWords(inner, words) => {
                let level = level(*inner);
                if let Some(ah) = level.places.ah {
                    change(forms, &|bytes| bytes[level.ip + ah + 1] = *words);
                }
            }
            Damage::PadLength(inner, pad) => {
                let level = level(*inner);
                let mut all = level.pair.sa.associations.iter();
                let Some(esp) = all.find(|a| a.operation == Protocol::Esp) else {
                    return;
                };
                forms.clear[level.end - icv_bytes(esp) - 2] = *pad;
                // Sealed by what transmits it.
                if let Expected::Sent(sealed) =
                    course.opinion.transmit(&forms.clear, *named, 0).expected
                {
                    forms.sealed = sealed;
                }
            }
            Damage::Spi(inner, ah, bit) => {
                let level = level(*inner);
                let at = match (ah, level.places.ah, level.places.esp) {
                    (true, Some(ah), _) | (false, Some(ah), None) => ah + 4,
                    (_, _, Some(esp)) => esp,
                    _ => return,
                };
                change(forms, &|bytes| {
                    bytes[level.ip + at + usize::from(bit / 8 % 4)] ^= 1 << (bit % 8);
                });
            }
            Damage::Handles(way) => {
                let [offload, tunnel] = *named;
                *named = match way % 6 {
                    0 => [tunnel, offload],
                    1 => [offload, Named::Stale],
                    2 => [Named::Stale, tunnel],
                    3 => [Named::Zero; 2],
                    4 => [offload, offload],
                    _ => [offload, Named::Zero],
                };
            }
            Damage::Hint(bit) => *hint ^= 1 << (bit % 32),
        }
    }
}

/// Plans for this device.
pub fn plans(device: DeviceConfig) -> impl Strategy<Value = ModesPlan> + use<> {
    let most = if device.num_sa < 64 { 8 } else { 14 };
    (
        any::<u32>(),
        option::weighted(0.3, any::<u32>()),
        vec(spec(), 1..=most),
        option::weighted(0.4, vec((port(), pattern()), 1..4)),
        vec(item(), 1..=60),
    )
        .prop_map(move |(seed, hash_seed, specs, stalls, items)| ModesPlan {
            device,
            seed,
            hash_seed: hash_seed.unwrap_or(0),
            specs,
            stalls: stalls.unwrap_or_default(),
            items,
        })
}

/// A bundle of any kind.
pub fn spec() -> impl Strategy<Value = Spec> {
    (
        Union::new(Kind::ALL.map(Just)),
        Union::new([16, 24, 32].map(Just)),
        option::weighted(
            0.4,
            Union::new([
                Just(0).boxed(),
                Just(1).boxed(),
                Just(u32::MAX).boxed(),
                any::<u32>().boxed(),
            ]),
        ),
        any::<bool>(),
        proptest::bool::weighted(0.15),
        option::weighted(0.4, Union::new(UDP.map(Just))),
    )
        .prop_map(|(kind, key, esn, v6, wildcard, udp)| Spec {
            kind,
            key,
            esn,
            v6,
            wildcard,
            udp: match udp {
                Some(udp) if !kind.has_ah() => udp,
                _ => UdpEncapsulation::None,
            },
        })
}

fn port() -> impl Strategy<Value = StallPort> {
    Union::new(StallPort::ALL.map(Just))
}

fn item() -> impl Strategy<Value = Item> {
    Union::new_weighted(vec![
        (30, frame().prop_map(Item::Frame).boxed()),
        (1, Just(Item::Drain).boxed()),
    ])
}

fn frame() -> impl Strategy<Value = FramePlan> {
    let payload = Union::new_weighted(vec![
        (12, (0..=64_u16).boxed()),
        (4, (0..=400_u16).boxed()),
        (1, (0..=1500_u16).boxed()),
    ]);
    let pad = option::weighted(
        0.15,
        Union::new_weighted(vec![(4, (0..20_u8).boxed()), (1, any::<u8>().boxed())]),
    );
    (
        (
            Union::new([Port::Tx, Port::Rx].map(Just)),
            any::<u8>(),
            option::weighted(0.35, any::<u8>()),
            payload,
            proptest::bool::weighted(0.2),
        ),
        option::weighted(0.25, any::<u16>()),
        Union::new_weighted(vec![(3, Just(0_u8).boxed()), (1, (0..30_u8).boxed())]),
        Union::new_weighted(vec![(5, Just(0_u8)), (3, Just(1)), (1, Just(2))]),
        pad,
        any::<bool>(),
        damage(),
        any::<u32>(),
    )
        .prop_map(
            |(
                (port, outer, inner, payload, tunnel),
                vlan,
                trailer,
                extras,
                pad,
                hint,
                damage,
                seed,
            )| {
                FramePlan {
                    port,
                    outer,
                    inner,
                    payload,
                    tunnel,
                    vlan,
                    trailer,
                    extras,
                    pad,
                    hint,
                    damage,
                    seed,
                }
            },
        )
}

fn damage() -> BoxedStrategy<Damage> {
    let level = any::<bool>;
    let near = Union::new([(-20..20_i8).boxed(), any::<i8>().boxed()]);
    let some = Union::new([
        vec((any::<bool>(), any::<u16>()), 1..3)
            .prop_map(Damage::Bits)
            .boxed(),
        any::<u16>().prop_map(Damage::Cut).boxed(),
        (level(), near.clone())
            .prop_map(|(level, more)| Damage::Length(level, more))
            .boxed(),
        (level(), near)
            .prop_map(|(level, more)| Damage::UdpLength(level, more))
            .boxed(),
        (
            level(),
            Union::new([(5..12_u8).boxed(), any::<u8>().boxed()]),
        )
            .prop_map(|(level, words)| Damage::AhWords(level, words))
            .boxed(),
        (level(), any::<u8>())
            .prop_map(|(level, pad)| Damage::PadLength(level, pad))
            .boxed(),
        (level(), any::<bool>(), any::<u8>())
            .prop_map(|(level, ah, bit)| Damage::Spi(level, ah, bit))
            .boxed(),
        level().prop_map(Damage::Udp).boxed(),
        any::<u8>().prop_map(Damage::Handles).boxed(),
        any::<u8>().prop_map(Damage::Hint).boxed(),
    ]);
    Union::new_weighted(vec![(3, Just(Damage::None).boxed()), (2, some.boxed())]).boxed()
}
