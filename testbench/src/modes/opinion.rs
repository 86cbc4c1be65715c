// SPDX-License-Identifier: Apache-2.0
//! What the device must make of a frame, by docs/packet_semantics.md: a third reading of that page,
//! independent of RTL and model, with the `aes-gcm` crate. It knows no time, but for one thing: the mode of a
//! bundle (transport or tunnel) may be that of any good frame since all was quiet last.

use ipsec_cosim_device::DeviceConfig;

use super::mutable;
use super::walk::{Level, Walk};
use crate::esp::{self, HEAD_BYTES, icv_bytes};
use crate::pcap::FRAME_BYTES;
use crate::sa::{Association, Direction, Operation, Sa, UdpEncapsulation};
use crate::scenario::Expected;

/// Bytes of AH's ICV.
const AH_ICV_BYTES: usize = 16;

/// A bundle, and what is known of its mode.
#[derive(Clone, Debug)]
pub struct Bundle {
    /// As it was added, `sequence_high` as it is now
    pub sa: Sa,
    /// It was not deleted
    pub live: bool,
    /// Its rows have a parity error
    pub unreadable: bool,
    /// The mode may be transport, tunnel
    may: [bool; 2],
    /// The mode is tunnel once all is quiet
    tunnel: bool,
    /// Stages that authenticated it since then, a bit each: they are not in step, so that of two the last is not known
    by_stages: u32,
}

impl Bundle {
    fn association(&self, operation: Operation) -> Option<&Association> {
        let mut all = self.sa.associations.iter();
        all.find(|association| association.operation == operation)
    }

    fn is_pair(&self) -> bool {
        self.sa.associations.len() == 2
    }

    /// CryptoStatus of a wrong ICV.
    fn wrong_icv(&self, operation: Operation, inner: bool) -> Vec<u16> {
        let may = match self.sa.udp_encapsulation {
            UdpEncapsulation::None => self.may,
            UdpEncapsulation::Transport => [true, false],
            UdpEncapsulation::Tunnel => [false, true],
            UdpEncapsulation::TransportOverUdpTunnel | UdpEncapsulation::UdpTransportOverTunnel => {
                [inner, !inner]
            }
        };
        let first = if operation == Operation::Ah { 2 } else { 3 };
        [first, first + 2]
            .into_iter()
            .zip(may)
            .filter_map(|(status, may)| may.then_some(status))
            .collect()
    }

    fn udp_fits(&self, udp: bool, inner: bool) -> bool {
        udp == match self.sa.udp_encapsulation {
            UdpEncapsulation::None => false,
            UdpEncapsulation::Transport | UdpEncapsulation::Tunnel => true,
            UdpEncapsulation::TransportOverUdpTunnel => !inner,
            UdpEncapsulation::UdpTransportOverTunnel => inner,
        }
    }

    fn authenticated(&mut self, tunnel: bool, stage: u32) {
        self.may[usize::from(tunnel)] = true;
        self.tunnel = tunnel;
        self.by_stages |= 1 << stage;
    }
}

/// A handle that goes with a transmitted frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// 0
    Zero,
    /// That of a bundle, by its place in [`Opinion::bundles`]
    Bundle(usize),
    /// Another one
    Stale,
}

/// What must come of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// At the pins
    pub expected: Expected,
    /// Bundles whose counters count a packet, and bytes
    pub counted: Vec<(usize, u64)>,
}

/// The opinion of a device in a state.
#[derive(Clone, Debug)]
pub struct Opinion {
    /// Its stages
    pub stages: u32,
    /// UDP_PORT
    pub udp_port: u16,
    /// CTRL.engine_enable
    pub engine: bool,
    /// CTRL.encapsulation
    pub gate: bool,
    /// AH is on
    pub ah: bool,
    /// ESP is on
    pub esp: bool,
    /// What was added
    pub bundles: Vec<Bundle>,
}

/// Where the walk of the next stage starts.
#[derive(Clone, Copy, Debug)]
enum Start {
    Nowhere,
    Ethernet,
    /// An IP header of level 1; the first byte behind its carrier
    Ip {
        at: usize,
        v6: bool,
        limit: usize,
    },
    /// The ESP of a bundle whose AH was good
    Pair(Portion),
}

/// One association's work on a received frame.
#[derive(Clone, Copy, Debug)]
struct Portion {
    bundle: usize,
    operation: Operation,
    level: Level,
    inner: bool,
    limit: usize,
}

/// What came of a portion.
enum Outcome {
    Bad(Vec<u16>),
    /// The frame as it is now; NextHeader, PadLength; bytes to count
    Good {
        bytes: Vec<u8>,
        trailer: Option<(u8, u8)>,
        counted: Option<u64>,
    },
}

impl Opinion {
    /// A device that was brought up, without SAs.
    pub fn new(device: DeviceConfig) -> Self {
        Self {
            stages: device.stages,
            udp_port: 4500,
            engine: true,
            gate: true,
            ah: true,
            esp: true,
            bundles: Vec::new(),
        }
    }

    /// An SA was added; its place.
    pub fn add(&mut self, sa: Sa) -> usize {
        self.bundles.push(Bundle {
            sa,
            live: true,
            unreadable: false,
            may: [true, false],
            tunnel: false,
            by_stages: 0,
        });
        self.bundles.len() - 1
    }

    /// All frames have left.
    pub fn settle(&mut self) {
        for bundle in &mut self.bundles {
            if std::mem::take(&mut bundle.by_stages).is_power_of_two() {
                bundle.may = [!bundle.tunnel, bundle.tunnel];
            }
        }
    }

    fn on(&self, operation: Operation) -> bool {
        self.engine
            && match operation {
                Operation::Ah => self.ah,
                Operation::Esp => self.esp,
            }
    }

    fn walk<'a>(&self, frame: &'a [u8]) -> Walk<'a> {
        Walk {
            frame,
            udp_port: self.udp_port,
        }
    }

    /// The inbound bundle that a header names.
    fn lookup(&self, level: &Level, operation: Operation, spi: u32) -> Option<usize> {
        let named = |bundle: &Bundle| {
            bundle.live
                && bundle.sa.direction == Direction::Inbound
                && bundle.sa.is_v6() == level.dst.is_ipv6()
                && bundle.association(operation).is_some_and(|a| a.spi == spi)
        };
        let exact = |bundle: &Bundle| named(bundle) && bundle.sa.dst == level.dst;
        let any = |bundle: &Bundle| named(bundle) && bundle.sa.dst.is_unspecified();
        let all = &self.bundles;
        all.iter()
            .position(exact)
            .or_else(|| all.iter().position(any))
    }

    /// The portion of a stage; `None`: the frame passes.
    fn portion(&self, frame: &[u8], start: Start, last: bool) -> Option<Portion> {
        let walk = self.walk(frame);
        let (ip, v6, limit, inner) = match start {
            Start::Nowhere => return None,
            Start::Ethernet => {
                let (ip, v6) = walk.ethernet()?;
                (ip, v6, frame.len(), false)
            }
            Start::Ip { at, v6, limit } => (at, v6, limit, true),
            Start::Pair(portion) => return Some(portion),
        };
        let level = walk.level(ip, v6, ip)?;
        let (operation, spi) = match (level.ah, level.esp) {
            (Some(ah), _) if level.arrived => (Operation::Ah, ah.spi),
            (None, Some(esp)) => (Operation::Esp, esp.spi),
            _ => return None,
        };
        if spi < 256 || !self.gate || !self.on(operation) {
            return None;
        }
        let bundle = self.lookup(&level, operation, spi)?;
        if self.bundles[bundle].is_pair() && (last || !self.ah || !self.esp) {
            return None;
        }
        Some(Portion {
            bundle,
            operation,
            level,
            inner,
            limit,
        })
    }

    /// Rows 5 to 10 of what a receiver does.
    fn outcome(&self, frame: &[u8], portion: &Portion, second: bool) -> Outcome {
        let bundle = &self.bundles[portion.bundle];
        let level = &portion.level;
        if bundle.unreadable {
            return Outcome::Bad(vec![1]);
        }
        let Some(association) = bundle.association(portion.operation) else {
            return Outcome::Bad(vec![7]);
        };
        if bundle.is_pair() && !second {
            let other = level.esp.map(|esp| esp.spi);
            let wanted = bundle.association(Operation::Esp).map(|a| a.spi);
            if portion.operation == Operation::Esp || other != wanted {
                return Outcome::Bad(vec![7]);
            }
        }
        if !second && !bundle.udp_fits(level.udp_end.is_some(), portion.inner) {
            return Outcome::Bad(vec![7]);
        }
        if level.end > portion.limit || !fits(frame, level, portion.operation, association) {
            return Outcome::Bad(vec![6]);
        }
        let wrong = || Outcome::Bad(bundle.wrong_icv(portion.operation, portion.inner));
        let mut bytes = frame.to_vec();
        match (portion.operation, level.ah, level.esp) {
            (Operation::Ah, Some(ah), _) => {
                let packet = &frame[level.ip..level.end];
                let icv = mutable::icv(association, packet, ah.at - level.ip);
                if icv.is_none_or(|icv| icv != frame[ah.at + 20..ah.at + 20 + AH_ICV_BYTES]) {
                    return wrong();
                }
                Outcome::Good {
                    bytes,
                    trailer: None,
                    counted: (!bundle.is_pair()).then_some((level.end - ah.end) as u64),
                }
            }
            (_, _, Some(esp)) => {
                let Some(opened) = esp::open_for(association, &frame[esp.at..level.end]) else {
                    return wrong();
                };
                bytes[esp.at..level.end].copy_from_slice(&opened);
                let icv = level.end - icv_bytes(association);
                Outcome::Good {
                    trailer: Some((bytes[icv - 1], bytes[icv - 2])),
                    counted: Some((icv - esp.at - HEAD_BYTES) as u64),
                    bytes,
                }
            }
            _ => wrong(),
        }
    }

    /// What must come of a received frame.
    pub fn receive(&mut self, frame: &[u8]) -> Verdict {
        let mut bytes = frame.to_vec();
        let mut counted = Vec::new();
        let (mut done, mut next, mut status, mut header) = (false, false, vec![0], None);
        let mut start = if FRAME_BYTES.contains(&frame.len()) {
            Start::Ethernet
        } else {
            Start::Nowhere
        };
        for stage in 0..self.stages {
            let Some(portion) = self.portion(&bytes, start, stage + 1 == self.stages) else {
                break;
            };
            let second = matches!(start, Start::Pair(_));
            start = Start::Nowhere;
            done |= !portion.inner;
            next |= portion.inner;
            let level = portion.level;
            match self.outcome(&bytes, &portion, second) {
                Outcome::Bad(why) => {
                    (status, header) = (why, None);
                }
                Outcome::Good {
                    bytes: now,
                    trailer,
                    counted: count,
                } => {
                    bytes = now;
                    status = vec![0];
                    let bundle = &mut self.bundles[portion.bundle];
                    let pair = bundle.is_pair();
                    match (trailer, level.ah, level.esp) {
                        (Some((next_header, pad)), _, Some(esp)) => {
                            bundle.authenticated(matches!(next_header, 4 | 41), stage);
                            let icv = bundle.association(Operation::Esp).map_or(16, icv_bytes);
                            let text_end = level.end - icv;
                            let text = esp.at + HEAD_BYTES;
                            if usize::from(pad) + 2 > text_end - text {
                                (status, header) = (vec![6], None);
                                continue;
                            }
                            header = Some((next_header, pad));
                            let limit = text_end - usize::from(pad) - 2;
                            start = within(next_header, text, limit);
                        }
                        (_, Some(_), Some(_)) if pair => {
                            start = Start::Pair(Portion {
                                operation: Operation::Esp,
                                ..portion
                            });
                        }
                        (_, Some(ah), _) => {
                            bundle.authenticated(matches!(ah.next, 4 | 41), stage);
                            start = within(ah.next, ah.end, level.end);
                        }
                        _ => {}
                    }
                    // What a portion counts goes by its final status.
                    counted.extend(count.map(|bytes| (portion.bundle, bytes)));
                }
            }
        }
        Verdict {
            expected: Expected::Received {
                bytes,
                done,
                next,
                status,
                header,
            },
            counted,
        }
    }

    /// What must come of a transmitted frame.
    pub fn transmit(&self, frame: &[u8], [offload, tunnel]: [Named; 2], hint: u32) -> Verdict {
        let refused = Verdict {
            expected: Expected::Refused {},
            counted: Vec::new(),
        };
        if !FRAME_BYTES.contains(&frame.len()) {
            return refused;
        }
        if [offload, tunnel] == [Named::Zero; 2] {
            return Verdict {
                expected: Expected::Sent(frame.to_vec()),
                counted: Vec::new(),
            };
        }
        // A portion counts when its stage has done it, whatever a later stage says.
        let mut counted = Vec::new();
        let expected = self
            .protect(frame, [offload, tunnel], hint, &mut counted)
            .map_or(Expected::Refused {}, Expected::Sent);
        Verdict { expected, counted }
    }

    fn protect(
        &self,
        frame: &[u8],
        [offload, tunnel]: [Named; 2],
        hint: u32,
        counted: &mut Vec<(usize, u64)>,
    ) -> Option<Vec<u8>> {
        let walk = self.walk(frame);
        let (base, v6) = walk.ethernet()?;
        let outer = walk.level(base, v6, base)?;
        // From the inside out.
        let mut levels = Vec::new();
        match (offload, tunnel) {
            (Named::Bundle(one), Named::Zero) => levels.push((outer, one, false)),
            (Named::Bundle(one), Named::Bundle(_) | Named::Stale) => {
                // A stale handle is found out in its stage, behind those of level 1.
                let around = match tunnel {
                    Named::Bundle(around) => around,
                    _ => usize::MAX,
                };
                let (at, v6) = match (outer.esp, outer.ah) {
                    (Some(esp), _) => {
                        let at = esp.at + HEAD_BYTES;
                        match frame.get(at)? >> 4 {
                            4 => (at, false),
                            6 => (at, true),
                            _ => return None,
                        }
                    }
                    (None, Some(ah)) => match ah.next {
                        4 => (ah.end, false),
                        41 => (ah.end, true),
                        _ => return None,
                    },
                    (None, None) => return None,
                };
                levels.push((walk.level(at, v6, base)?, one, true));
                levels.push((outer, around, false));
            }
            _ => return None,
        }
        let portions =
            |level: &Level| u32::from(level.ah.is_some()) + u32::from(level.esp.is_some());
        if levels
            .iter()
            .map(|(level, ..)| portions(level))
            .sum::<u32>()
            > self.stages
        {
            return None;
        }
        let (first, ..) = levels.first()?;
        let place = |at: Option<usize>| at.map_or(0, |at| (at - base) as u32 / 4);
        let places =
            place(first.esp.map(|esp| esp.at)) << 24 | place(first.ah.map(|ah| ah.at)) << 16;
        if hint != 0 && hint & 0xffff_0000 != places {
            return None;
        }
        let mut bytes = frame.to_vec();
        let mut inside = None;
        for (level, number, inner) in levels {
            let bundle = self.bundles.get(number)?;
            let pair = level.ah.is_some() && level.esp.is_some();
            let own = bundle.live
                && bundle.sa.direction == Direction::Outbound
                && bundle.is_pair() == pair
                && bundle.sa.is_v6() == level.dst.is_ipv6()
                && (bundle.sa.dst == level.dst || bundle.sa.dst.is_unspecified());
            if !own || level.ah.is_some() && !level.arrived {
                return None;
            }
            if let Some(esp) = level.esp {
                let association = bundle.association(Operation::Esp)?;
                let sound = self.on(Operation::Esp)
                    && association.spi == esp.spi
                    && bundle.udp_fits(level.udp_end.is_some(), inner)
                    && fits(frame, &level, Operation::Esp, association);
                let icv = level.end.checked_sub(icv_bytes(association))?;
                if !sound || inside.is_some_and(|end| end > icv) {
                    return None;
                }
                esp::seal_for(association, &mut bytes[esp.at..level.end]);
                counted.push((number, (icv - esp.at - HEAD_BYTES) as u64));
            }
            if let Some(ah) = level.ah {
                let association = bundle.association(Operation::Ah)?;
                let sound = self.on(Operation::Ah)
                    && association.spi == ah.spi
                    && bundle.udp_fits(false, inner)
                    && fits(frame, &level, Operation::Ah, association);
                if !sound || inside.is_some_and(|end| end > level.end) {
                    return None;
                }
                let packet = &bytes[level.ip..level.end];
                let icv = mutable::icv(association, packet, ah.at - level.ip)?;
                bytes[ah.at + 20..ah.at + 20 + AH_ICV_BYTES].copy_from_slice(&icv);
                if !pair {
                    counted.push((number, (level.end - ah.end) as u64));
                }
            }
            inside = Some(level.end);
        }
        Some(bytes)
    }
}

/// The IP packet that a next header names.
fn within(next_header: u8, at: usize, limit: usize) -> Start {
    match next_header {
        4 | 41 => Start::Ip {
            at,
            v6: next_header == 41,
            limit,
        },
        _ => Start::Nowhere,
    }
}

/// Whether the lengths fit, but for the limit of what is around.
fn fits(frame: &[u8], level: &Level, operation: Operation, association: &Association) -> bool {
    if level.end > frame.len() {
        return false;
    }
    match (operation, level.ah, level.esp) {
        (Operation::Ah, Some(ah), _) => ah.whole && ah.words >= 7 && ah.end <= level.end,
        (Operation::Esp, _, Some(esp)) => {
            let least = esp.at + HEAD_BYTES + 2 + icv_bytes(association);
            esp.whole && level.end >= least && level.udp_end.is_none_or(|end| end == level.end)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes::layer::Forms;
    use crate::modes::spec::{Kind, Spec, UDP};
    use crate::rng::Rng;

    fn pairs(opinion: &mut Opinion, spec: Spec, number: u32, rng: &mut Rng) -> Sa {
        let out = spec.sa(Direction::Outbound, number, rng);
        let mut inside = out.clone();
        inside.direction = Direction::Inbound;
        opinion.add(out.clone());
        opinion.add(inside);
        out
    }

    fn device(stages: u32) -> Opinion {
        Opinion::new(DeviceConfig::new(16, stages))
    }

    fn with_udp(
        layer: crate::modes::layer::Layer<'_>,
        inner: bool,
    ) -> crate::modes::layer::Layer<'_> {
        let subtype = layer.sa.udp_encapsulation;
        let udp = match subtype {
            UdpEncapsulation::None => false,
            UdpEncapsulation::Transport | UdpEncapsulation::Tunnel => true,
            UdpEncapsulation::TransportOverUdpTunnel => !inner,
            UdpEncapsulation::UdpTransportOverTunnel => inner,
        };
        crate::modes::layer::Layer {
            udp: udp.then_some([4500, 4500]),
            ..layer
        }
    }

    /// What was built is judged as it was built: of one level, and of two.
    #[test]
    fn builder_and_judge_agree() {
        use crate::modes::layer::Layer;
        let mut rng = Rng::new(1, 1);
        for kind in Kind::ALL {
            for udp in UDP {
                if udp != UdpEncapsulation::None && kind.has_ah() {
                    continue;
                }
                for bits in 0..16 {
                    let v6 = bits & 1 != 0;
                    let spec = Spec {
                        key: [16, 24, 32][bits % 3],
                        esn: (bits & 2 != 0).then_some(7),
                        wildcard: bits & 4 != 0,
                        udp,
                        ..Spec::new(kind, v6)
                    };
                    let mut opinion = device(kind.portions());
                    let sa = pairs(&mut opinion, spec, 0, &mut rng);
                    let layer = Layer {
                        dst: crate::modes::spec::address(v6, 2, 0),
                        options: vec![148, 4, 0, 0, 7, 3, 4, 0],
                        extensions: vec![(60, vec![0x3e, 4, 1, 2, 3, 4]), (43, vec![0; 14])],
                        ah_padding: 4 * (bits >> 3),
                        noise: rng.word(),
                        ..with_udp(Layer::new(&sa), false)
                    };
                    let payload = Forms::plain(rng.bytes(bits));
                    let vlan = (bits & 8 != 0).then_some(3);
                    let forms = layer.around(17, &payload).ethernet(vlan, &[9; 5]);
                    let named = [Named::Bundle(0), Named::Zero];
                    let sent = opinion.transmit(&forms.clear, named, 0);
                    assert_eq!(
                        sent.expected,
                        Expected::Sent(forms.sealed.clone()),
                        "{spec:?}"
                    );
                    let pad = (4 - (bits + 2) % 4) % 4;
                    let got = opinion.receive(&forms.sealed);
                    assert_eq!(
                        got.expected,
                        Expected::opened(forms.opened, kind.has_esp().then_some((17, pad as u8))),
                        "{spec:?}"
                    );
                    assert_eq!(got.counted.len(), 1);
                    assert_eq!(got.counted[0].1, sent.counted[0].1);
                    // One stage too few.
                    opinion.stages -= 1;
                    let sent = opinion.transmit(&forms.clear, named, 0);
                    assert_eq!(sent.expected, Expected::Refused {});
                    let got = opinion.receive(&forms.sealed);
                    assert_eq!(got.expected, Expected::untouched(forms.sealed));
                }
            }
        }
    }

    #[test]
    fn tunnels_agree() {
        use crate::modes::layer::Layer;
        let mut rng = Rng::new(1, 2);
        for outer in Kind::ALL {
            for inner in Kind::ALL {
                for bits in 0..4 {
                    let versions = [bits & 1 != 0, bits & 2 != 0];
                    let mut opinion = device(4);
                    let around = pairs(&mut opinion, Spec::new(outer, versions[0]), 0, &mut rng);
                    let within = pairs(&mut opinion, Spec::new(inner, versions[1]), 1, &mut rng);
                    let payload = Forms::plain(rng.bytes(21));
                    let content = Layer::new(&within).around(6, &payload);
                    let next_header = if versions[1] { 41 } else { 4 };
                    let forms = Layer::new(&around)
                        .around(next_header, &content)
                        .ethernet(None, &[]);
                    let named = [Named::Bundle(2), Named::Bundle(0)];
                    let sent = opinion.transmit(&forms.clear, named, 0);
                    assert_eq!(sent.expected, Expected::Sent(forms.sealed.clone()));
                    let header = match (inner.has_esp(), outer.has_esp()) {
                        (true, _) => Some((6, 1)),
                        (false, true) => {
                            let length = content.sealed.len();
                            Some((next_header, ((4 - (length + 2) % 4) % 4) as u8))
                        }
                        (false, false) => None,
                    };
                    let wanted = Expected::Received {
                        bytes: forms.opened.clone(),
                        done: true,
                        next: true,
                        status: vec![0],
                        header,
                    };
                    assert_eq!(opinion.receive(&forms.sealed).expected, wanted);
                    // Only the portions that there are stages for.
                    opinion.stages = outer.portions();
                    let Expected::Received { next, status, .. } =
                        opinion.receive(&forms.sealed).expected
                    else {
                        panic!();
                    };
                    assert_eq!((next, status), (false, vec![0]));
                    let sent = opinion.transmit(&forms.clear, named, 0);
                    assert_eq!(sent.expected, Expected::Refused {});
                }
            }
        }
    }
}
