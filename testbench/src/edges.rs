// SPDX-License-Identifier: Apache-2.0
//! Frames at the edges of the rules, the same each time: every bit of the headers, every handle and
//! slot-12 word next to the right one, the first and last legal lengths, full buffers, bundles that are
//! used a second time. Chance finds these seldom or never.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;
use ipsec_model::regs;

use crate::esp::{EspLayer, Form, HEAD_BYTES, ICV_BYTES, ethernet};
use crate::fixed::{add, delete, sa};
use crate::modes::opinion::{Named, Opinion};
use crate::rng::Rng;
use crate::sa::{Association, Direction, SALT_BYTES};
use crate::scenario::{
    Expected, FrameOp, Handle, Operation, Port, Scenario, StallPattern, StallPort, Until,
};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
const V6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2));

/// An SA in both directions: `out0` and `in0`, `out1` and `in1`, ...
struct Pair {
    association: Association,
    dst: IpAddr,
    number: usize,
}

impl Pair {
    fn add(scenario: &mut Scenario, number: usize, dst: IpAddr, key: usize, rng: &mut Rng) -> Self {
        let spi = 0x1000 + 0x111 * number as u32;
        let pair = Self {
            association: Association::gcm(spi, rng.bytes(key + SALT_BYTES)),
            dst,
            number,
        };
        pair.add_one(scenario, Direction::Outbound);
        pair.add_one(scenario, Direction::Inbound);
        pair
    }

    /// Destinations and bytes of the keys; they are numbered from 0.
    fn add_all<const N: usize>(
        scenario: &mut Scenario,
        all: [(IpAddr, usize); N],
        rng: &mut Rng,
    ) -> [Self; N] {
        let mut numbers = 0..;
        all.map(|(dst, key)| {
            let number = numbers.next().unwrap_or_default();
            Self::add(scenario, number, dst, key, rng)
        })
    }

    fn add_one(&self, scenario: &mut Scenario, direction: Direction) {
        let one = sa(
            self.name(direction),
            direction,
            self.dst,
            self.association.clone(),
        );
        add(scenario, 0, one, NDIS_STATUS_SUCCESS);
    }

    fn name(&self, direction: Direction) -> String {
        match direction {
            Direction::Outbound => format!("out{}", self.number),
            Direction::Inbound => format!("in{}", self.number),
        }
    }

    fn handle(&self) -> Handle {
        Handle::Sa(self.name(Direction::Outbound))
    }

    fn layer(&self, pad_length: Option<u8>, rng: &mut Rng) -> EspLayer<'_> {
        EspLayer {
            pad_length,
            ..EspLayer::drawn(&self.association, self.dst, self.dst, rng)
        }
    }

    /// A frame in the clear, sealed, opened.
    fn forms(
        &self,
        vlan: Option<u16>,
        next_header: u8,
        room: usize,
        rng: &mut Rng,
    ) -> [Vec<u8>; 3] {
        let layer = self.layer(None, rng);
        layer.frames(vlan, next_header, &rng.bytes(room))
    }

    fn header(&self) -> usize {
        if self.dst.is_ipv6() { 40 } else { 20 }
    }

    /// The next header value that names this IP version inside a tunnel.
    fn version(&self) -> u8 {
        if self.dst.is_ipv6() { 41 } else { 4 }
    }
}

fn transmit(
    scenario: &mut Scenario,
    [offload, tunnel]: [Handle; 2],
    hint: u32,
    bytes: Vec<u8>,
    expect: Option<Expected>,
) {
    scenario.add_frame(FrameOp {
        offload,
        tunnel,
        hint,
        expect,
        ..FrameOp::new(Port::Tx, bytes)
    });
}

fn receive(scenario: &mut Scenario, bytes: Vec<u8>, expect: Option<Expected>) {
    scenario.add_frame(FrameOp {
        expect,
        ..FrameOp::new(Port::Rx, bytes)
    });
}

fn good(opened: &[u8], next_header: u8) -> Expected {
    let pad = opened[opened.len() - ICV_BYTES - 2];
    Expected::opened(opened.to_vec(), Some((next_header, pad)))
}

/// A received frame that stays as it is, with this CryptoStatus.
fn bad(bytes: &[u8], status: u16) -> Expected {
    Expected::rejected(bytes.to_vec(), &[status])
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// The judge of these pairs, each of which is a bundle out and one in.
fn opinion(device: DeviceConfig, pairs: &[Pair]) -> Opinion {
    let mut opinion = Opinion::new(device);
    for pair in pairs {
        for direction in [Direction::Outbound, Direction::Inbound] {
            let name = pair.name(direction);
            opinion.add(sa(name, direction, pair.dst, pair.association.clone()));
        }
    }
    opinion
}

const NONE: [Handle; 2] = [Handle::Raw(0), Handle::Raw(0)];

/// ESP frames with each bit from Ethernet type to SPI flipped, with every IP length, cut after every
/// byte, and under other Ethernet types; both IP versions, with and without tag, both directions.
pub fn headers(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 8);
    let mut scenario = Scenario::new("headers", device, seed);
    scenario.bring_up();
    let pairs = Pair::add_all(&mut scenario, [(V4, 16), (V6, 32)], &mut rng);
    scenario.wait(Until::Commands);
    let mut opinion = opinion(device, &pairs);
    for pair in &pairs {
        for vlan in [None, Some(0x2042)] {
            let [clear, sealed, _] = pair.forms(vlan, 17, 22, &mut rng);
            let ip = if vlan.is_some() { 18 } else { 14 };
            let esp = ip + pair.header();
            let mut both = |clear: Vec<u8>, sealed: Vec<u8>| {
                let named = [Named::Bundle(2 * pair.number), Named::Zero];
                let sent = Some(opinion.transmit(&clear, named, 0).expected);
                let got = Some(opinion.receive(&sealed).expected);
                transmit(
                    &mut scenario,
                    [pair.handle(), Handle::Raw(0)],
                    0,
                    clear,
                    sent,
                );
                receive(&mut scenario, sealed, got);
            };
            for bit in 8 * 12..8 * (esp + 4) {
                let [c, s] = [&clear, &sealed].map(|bytes| flipped(bytes, bit));
                both(c, s);
            }
            // Ethernet padding shows whether end of packet and end of frame are told apart.
            for padding in [0, 3] {
                let whole = sealed.len() + padding;
                for end in esp..=whole + 3 {
                    let (at, value) = match pair.dst {
                        IpAddr::V4(_) => (ip + 2, end - ip),
                        IpAddr::V6(_) => (ip + 4, end - ip - 40),
                    };
                    let [c, s] = [&clear, &sealed].map(|bytes| {
                        let mut bytes = bytes.clone();
                        bytes.resize(whole, 0);
                        bytes[at..at + 2].copy_from_slice(&(value as u16).to_be_bytes());
                        bytes
                    });
                    both(c, s);
                }
            }
            for cut in 1..sealed.len() {
                let [c, s] = [&clear, &sealed].map(|bytes| bytes[..cut].to_vec());
                both(c, s);
            }
            let tags: [&[u8]; 6] = [
                &[0x88, 0xa8, 0, 5],
                &[0x91, 0x00, 0, 5],
                &[0x81, 0x00, 0, 5, 0x81, 0x00, 0, 6],
                &[0x81, 0x00, 0, 5, 0x88, 0xa8, 0, 6],
                &[0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6],
                &[0x81, 0x00, 0, 5, 0x81, 0x00, 0, 6, 0x81, 0x00, 0, 7],
            ];
            for tag in tags {
                let [c, s] = [&clear, &sealed].map(|bytes| {
                    let mut bytes = bytes.clone();
                    bytes.splice(12..ip - 2, tag.iter().copied());
                    bytes
                });
                both(c, s);
            }
        }
    }
    scenario
}

/// A portion in the tunnel of another, with every length of the inner packet, and each bit of the headers
/// flipped.
pub fn inner_headers(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 9);
    let mut scenario = Scenario::new("inner-headers", device, seed);
    scenario.bring_up();
    let kinds = [(V4, 16), (V6, 24), (V4, 32), (V6, 16)];
    let pairs = Pair::add_all(&mut scenario, kinds, &mut rng);
    scenario.wait(Until::Commands);
    let mut opinion = opinion(device, &pairs);
    for (outer, inner) in [(0, 2), (0, 1), (1, 0), (1, 3)] {
        let (outer, inner) = (&pairs[outer], &pairs[inner]);
        let handles = || [inner.handle(), outer.handle()];
        let named = [2 * inner.number, 2 * outer.number].map(Named::Bundle);
        // Padding that an inner packet can reach into before it reaches the ICV.
        let outer_layer = outer.layer(Some(7), &mut rng);
        let inner_layer = inner.layer(None, &mut rng);
        let payload = rng.bytes(17);
        let [clear, sealed] =
            [Form::Clear, Form::Sealed].map(|form| inner_layer.packet(17, &payload, form));
        let around = |packet: &[u8], form| {
            ethernet(None, &outer_layer.packet(inner.version(), packet, form))
        };
        let start = 14 + outer.header() + HEAD_BYTES;
        let esp = inner.header();
        // From the start of the inner packet.
        let outer_end = around(&clear, Form::Clear).len() - start;
        let down = |scenario: &mut Scenario, opinion: &Opinion, frame: Vec<u8>| {
            let sent = opinion.transmit(&frame, named, 0).expected;
            transmit(scenario, handles(), 0, frame, Some(sent));
        };
        let up = |scenario: &mut Scenario, opinion: &mut Opinion, frame: Vec<u8>| {
            let got = opinion.receive(&frame).expected;
            receive(scenario, frame, Some(got));
        };
        for end in esp..=outer_end + 2 {
            let [clear, sealed] = [&clear, &sealed].map(|packet| {
                let mut packet = packet.clone();
                let (at, value) = match inner.dst {
                    IpAddr::V4(_) => (2, end),
                    IpAddr::V6(_) => (4, end - 40),
                };
                packet[at..at + 2].copy_from_slice(&(value as u16).to_be_bytes());
                packet
            });
            down(&mut scenario, &opinion, around(&clear, Form::Clear));
            up(&mut scenario, &mut opinion, around(&sealed, Form::Sealed));
        }
        for bit in 0..8 * (esp + 4) {
            let clear = flipped(&clear, bit);
            down(&mut scenario, &opinion, around(&clear, Form::Clear));
            let sealed = flipped(&sealed, bit);
            up(&mut scenario, &mut opinion, around(&sealed, Form::Sealed));
        }
        let clear = around(&clear, Form::Clear);
        for bit in 8 * 12..8 * start {
            down(&mut scenario, &opinion, flipped(&clear, bit));
        }
        for cut in 1..clear.len() {
            down(&mut scenario, &opinion, clear[..cut].to_vec());
        }
    }
    scenario
}

/// Transmit frames with each bit of their handles and of their slot-12 word flipped, with handles of
/// bundles that are gone, and of bundles that are used a second time.
pub fn handles(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 10);
    let mut scenario = Scenario::new("handles", device, seed);
    scenario.bring_up();
    let pairs = Pair::add_all(&mut scenario, [(V4, 16), (V6, 32)], &mut rng);
    scenario.wait(Until::Commands);
    let refused = || Some(Expected::Refused {});
    for pair in &pairs {
        // On an idle device the handles are those of the first bundles.
        near_handles(&mut scenario, pair, 2 * pair.number as u32 + 1, &mut rng);
        for vlan in [None, Some(7)] {
            let [clear, sealed, _] = pair.forms(vlan, 17, 20, &mut rng);
            let hint = (pair.header() as u32 / 4) << 24;
            let mut send = |handles, hint, want| {
                transmit(&mut scenario, handles, hint, clear.clone(), want);
            };
            let sent = || Some(Expected::Sent(sealed.clone()));
            send([pair.handle(), Handle::Raw(0)], hint, sent());
            // The lower half is nobody's.
            for bit in 0..32 {
                let want = if bit < 16 { sent() } else { refused() };
                send([pair.handle(), Handle::Raw(0)], hint ^ 1 << bit, want);
            }
            // The place of the tag counts for nothing: offsets are from the IP header.
            send([pair.handle(), Handle::Raw(0)], hint + (1 << 24), refused());
            // AH where ESP is.
            send([pair.handle(), Handle::Raw(0)], hint >> 8, refused());
            send([pair.handle(), Handle::Raw(0)], hint | hint >> 8, refused());
            send([Handle::Raw(0), pair.handle()], 0, refused());
        }
    }
    let around = |outer: &Pair, inner: &Pair, rng: &mut Rng| {
        let (outer_layer, inner_layer) = (outer.layer(None, rng), inner.layer(None, rng));
        let payload = rng.bytes(30);
        [Form::Clear, Form::Sealed].map(|form| {
            let packet = inner_layer.packet(17, &payload, form);
            ethernet(None, &outer_layer.packet(inner.version(), &packet, form))
        })
    };
    for (outer, inner) in [(0, 1), (1, 0)] {
        let (outer, inner) = (&pairs[outer], &pairs[inner]);
        let [clear, sealed] = around(outer, inner, &mut rng);
        let at = outer.header() + HEAD_BYTES + inner.header();
        let hint = (at as u32 / 4) << 24;
        let sent = if device.stages < 2 {
            Expected::Refused {}
        } else {
            Expected::Sent(sealed)
        };
        let mut send = |handles, hint, want| {
            transmit(&mut scenario, handles, hint, clear.clone(), want);
        };
        for hint in [0, hint] {
            send([inner.handle(), outer.handle()], hint, Some(sent.clone()));
        }
        for bit in 0..32 {
            let want = if bit < 16 {
                Some(sent.clone())
            } else {
                refused()
            };
            send([inner.handle(), outer.handle()], hint ^ 1 << bit, want);
        }
        send([outer.handle(), inner.handle()], 0, refused());
        send([inner.handle(), inner.handle()], 0, refused());
        send([outer.handle(), outer.handle()], 0, refused());
        for bit in 0..32 {
            let raw = (2 * outer.number as u32 + 1) ^ 1 << bit;
            if raw != 0 {
                send([inner.handle(), Handle::Raw(raw)], 0, refused());
            }
        }
    }
    // Tunnel becomes the mode of the first inbound SA.
    let first = &pairs[0];
    let [_, sealed, opened] = first.forms(None, 4, 30, &mut rng);
    receive(&mut scenario, sealed.clone(), Some(good(&opened, 4)));
    scenario.wait(Until::Idle);
    let wrong = flipped(&sealed, 8 * sealed.len() - 1);
    receive(&mut scenario, wrong.clone(), Some(bad(&wrong, 5)));
    scenario.wait(Until::Idle);
    delete(&mut scenario, 0, &first.name(Direction::Outbound));
    scenario.wait(Until::Idle);
    delete(&mut scenario, 1, &first.name(Direction::Inbound));
    scenario.wait(Until::Idle);
    near_handles(&mut scenario, first, 0, &mut rng);
    receive(
        &mut scenario,
        sealed.clone(),
        Some(Expected::untouched(sealed.clone())),
    );
    scenario.wait(Until::Idle);
    if device.num_sa > 64 {
        return scenario;
    }
    // First freed, first taken: all others must be taken before these two are again. Every second one is
    // outbound, the last one too.
    let mut fillers = Vec::new();
    for k in 0..device.num_sa as usize / 2 - pairs.len() {
        let number = pairs.len() + k;
        let dst = if k % 2 == 0 { V4 } else { V6 };
        let pair = Pair {
            association: Association::gcm(0x2000 + k as u32, rng.bytes(16 + SALT_BYTES)),
            dst,
            number,
        };
        pair.add_one(&mut scenario, Direction::Inbound);
        pair.add_one(&mut scenario, Direction::Outbound);
        fillers.push(pair);
    }
    first.add_one(&mut scenario, Direction::Outbound);
    first.add_one(&mut scenario, Direction::Inbound);
    scenario.wait(Until::Commands);
    scenario.expect_register(regs::SA_COUNT, device.num_sa);
    near_handles(&mut scenario, first, 0x0001_0001, &mut rng);
    // The mode is that of a new SA again.
    receive(&mut scenario, wrong.clone(), Some(bad(&wrong, 3)));
    receive(&mut scenario, sealed, Some(good(&opened, 4)));
    scenario.wait(Until::Idle);
    receive(&mut scenario, wrong.clone(), Some(bad(&wrong, 5)));
    // Nothing of all this is left behind a sweep.
    for pass in 0..2 {
        for pair in &fillers {
            near_sweep(&mut scenario, pair, pass, true, &mut rng);
        }
        scenario.wait(Until::Idle);
        scenario.push(Operation::SoftReset {});
        scenario.bring_up();
        for pair in &fillers {
            near_sweep(&mut scenario, pair, pass, false, &mut rng);
        }
        receive(
            &mut scenario,
            wrong.clone(),
            Some(Expected::untouched(wrong.clone())),
        );
        scenario.wait(Until::Idle);
        if pass == 0 {
            // Now every bundle has the other direction.
            for pair in &pairs {
                pair.add_one(&mut scenario, Direction::Inbound);
                pair.add_one(&mut scenario, Direction::Outbound);
            }
            for pair in &fillers {
                pair.add_one(&mut scenario, Direction::Outbound);
                pair.add_one(&mut scenario, Direction::Inbound);
            }
            scenario.wait(Until::Commands);
            receive(&mut scenario, wrong.clone(), Some(bad(&wrong, 3)));
        }
    }
    scenario
}

/// A frame of this pair with this handle (0: none is right) and with each bit of it flipped.
fn near_handles(scenario: &mut Scenario, pair: &Pair, right: u32, rng: &mut Rng) {
    let [clear, sealed, _] = pair.forms(None, 17, 11, rng);
    let base = match right {
        0 => 2 * pair.number as u32 + 1,
        right => right,
    };
    for bit in 0..=32 {
        let raw = base ^ (1_u64 << bit) as u32;
        let want = match raw {
            0 => Expected::Sent(clear.clone()),
            raw if raw == right => Expected::Sent(sealed.clone()),
            _ => Expected::Refused {},
        };
        let handles = [Handle::Raw(raw), Handle::Raw(0)];
        transmit(scenario, handles, 0, clear.clone(), Some(want));
    }
}

/// Frames for both bundles of a pair of [`handles`], which are there or gone.
fn near_sweep(scenario: &mut Scenario, pair: &Pair, pass: u32, there: bool, rng: &mut Rng) {
    let [clear, sealed, opened] = pair.forms(None, 17, 11, rng);
    let raw = 2 * pair.number as u32 + 2 - pass;
    let [sent, got] = if there {
        [Expected::Sent(sealed.clone()), good(&opened, 17)]
    } else {
        [Expected::Refused {}, Expected::untouched(sealed.clone())]
    };
    transmit(
        scenario,
        [Handle::Raw(raw), Handle::Raw(0)],
        0,
        clear,
        Some(sent),
    );
    receive(scenario, sealed, Some(got));
}

/// Frames around the shortest and the longest legal length, each with a good one behind it; then all
/// counters.
pub fn boundaries(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 11);
    let mut scenario = Scenario::new("boundaries", device, seed);
    scenario.bring_up();
    let pair = Pair::add(&mut scenario, 0, V4, 16, &mut rng);
    scenario.wait(Until::Commands);
    let longest = 9618;
    let around = |last: usize| last - 1..=last + 1;
    // The last legal one, the last of its beat (602 beats), that of one beat more, and much more.
    let long = around(longest)
        .chain(around(9632))
        .chain(around(9648))
        .chain(around(9664))
        .chain([9616, 9700, 12_000]);
    for length in (1..=33).chain(long) {
        let mut bytes = rng.bytes(length);
        if let Some(kind) = bytes.get_mut(12..14) {
            kind.copy_from_slice(&[0x88, 0xb5]);
        }
        let legal = (14..=longest).contains(&length);
        let sent = if legal {
            Expected::Sent(bytes.clone())
        } else {
            Expected::Refused {}
        };
        transmit(&mut scenario, NONE, 0, bytes.clone(), Some(sent));
        receive(
            &mut scenario,
            bytes.clone(),
            Some(Expected::untouched(bytes)),
        );
        let [clear, sealed, opened] = pair.forms(None, 17, 10, &mut rng);
        let handles = [pair.handle(), Handle::Raw(0)];
        transmit(
            &mut scenario,
            handles.clone(),
            0,
            clear,
            Some(Expected::Sent(sealed.clone())),
        );
        receive(&mut scenario, sealed, Some(good(&opened, 17)));
        if length < 9600 {
            continue;
        }
        // The same length under ESP: all of it is text.
        let room = length - 14 - 20 - HEAD_BYTES - 2 - ICV_BYTES;
        let layer = pair.layer(Some(0), &mut rng);
        let [clear, sealed, opened] = layer.frames(None, 17, &rng.bytes(room));
        let [sent, got] = if legal {
            [Expected::Sent(sealed.clone()), good(&opened, 17)]
        } else {
            [Expected::Refused {}, Expected::untouched(sealed.clone())]
        };
        transmit(&mut scenario, handles, 0, clear, Some(sent));
        receive(&mut scenario, sealed, Some(got));
    }
    scenario.wait(Until::Idle);
    scenario.read_counters();
    // A bundle whose last frames were refused for their length is free at once again.
    transmit(
        &mut scenario,
        [pair.handle(), Handle::Raw(0)],
        0,
        rng.bytes(9700),
        Some(Expected::Refused {}),
    );
    receive(&mut scenario, rng.bytes(9700), None);
    scenario.wait(Until::Idle);
    delete(&mut scenario, 0, &pair.name(Direction::Outbound));
    delete(&mut scenario, 1, &pair.name(Direction::Inbound));
    scenario.wait(Until::Idle);
    scenario.expect_register(regs::SA_COUNT, 0);
    scenario
}

/// Sinks that stand still until every buffer behind them is full, of beats, of frames, of completions and of
/// contexts; then all comes out.
pub fn full_buffers(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 12);
    let mut scenario = Scenario::new("full-buffers", device, seed);
    scenario.bring_up();
    let pairs = Pair::add_all(&mut scenario, [(V4, 16), (V6, 32)], &mut rng);
    scenario.wait(Until::Commands);
    // The shortest frames of all fill the places of frames (256 of a stage, 16 of a front), others those of
    // beats. (Payload of ESP frames, how many, clocks until the sinks move.)
    let stages = device.stages as usize;
    let engines = (1 << device.stages) - 1;
    let done = regs::selftest::DONE.of(1);
    let pass = done | regs::selftest::PASS_TX.of(engines) | regs::selftest::PASS_RX.of(engines);
    let rounds = [
        (None, 290 * stages + 30, 1400 * stages as u64 + 400),
        (Some(0), 260 * stages + 30, 1400 * stages as u64 + 400),
        (Some(400), 85 * stages + 12, 2700 * stages as u64 + 600),
        (Some(1500), 24 * stages + 4, 2700 * stages as u64 + 600),
    ];
    for (room, count, clocks) in rounds {
        for ports in [
            &[StallPort::MAxisTx, StallPort::MAxisRx][..],
            &[StallPort::MAxisTxcpl][..],
        ] {
            let stall = |scenario: &mut Scenario, after, pattern: StallPattern| {
                for (n, port) in ports.iter().enumerate() {
                    let after = if n == 0 { after } else { 0 };
                    let pattern = pattern.clone();
                    let port = *port;
                    scenario.after(after, Operation::Stall { port, pattern });
                }
            };
            stall(&mut scenario, 0, StallPattern::Percent(100));
            for n in 0..count {
                let pair = &pairs[n % 2];
                // No crypto: one to three beats, or the four that a lookup takes.
                let plain = match room {
                    None => Some(14 + n % 30),
                    Some(0) if n % 3 == 0 => Some(64),
                    _ => None,
                };
                if let Some(length) = plain {
                    let mut bytes = rng.bytes(length);
                    bytes[12..14].copy_from_slice(&[0x88, 0xb5]);
                    transmit(
                        &mut scenario,
                        NONE,
                        0,
                        bytes.clone(),
                        Some(Expected::Sent(bytes.clone())),
                    );
                    let got = Expected::untouched(bytes.clone());
                    receive(&mut scenario, bytes, Some(got));
                    continue;
                }
                let room = match room.unwrap_or(0) {
                    0 => 0,
                    room => room + rng.below(30) as usize,
                };
                let [clear, sealed, opened] = pair.forms(None, 17, room, &mut rng);
                transmit(
                    &mut scenario,
                    [pair.handle(), Handle::Raw(0)],
                    0,
                    clear,
                    Some(Expected::Sent(sealed.clone())),
                );
                receive(&mut scenario, sealed, Some(good(&opened, 17)));
            }
            // The self-test must wait for room like any other frame.
            let start = Operation::Write {
                address: regs::SELFTEST as u16,
                data: regs::selftest::START.of(1),
                strobe: 15,
            };
            scenario.after(clocks - clocks / 4, start);
            // One direction alone may be held up: it has not passed while the other has.
            let look = Operation::Read {
                address: regs::SELFTEST as u16,
                expect: None,
                mask: u32::MAX,
                poll: false,
            };
            scenario.after(clocks / 8, look);
            stall(&mut scenario, clocks / 8, StallPattern::Percent(0));
            scenario.wait(Until::Frames);
            scenario
                .poll_register(regs::SELFTEST, done, done)
                .expect_register(regs::SELFTEST, pass);
        }
    }
    scenario
}
