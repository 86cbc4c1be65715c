// SPDX-License-Identifier: Apache-2.0
//! From the bytes of an input to a case: a device, its associations, and some frames.

use ipsec_cosim_device::DeviceConfig;

use super::mutation::mutate;
use super::reader::Reader;
use super::sets::{self, SETS};
use super::template::{ETHERNET, Form, Marks, clear};
use super::untimed::Sealer;
use crate::scenario::{FrameOp, Handle, Port};

/// Most frames of a case.
const FRAMES: usize = 8;
/// Most levels of a received frame.
const DEPTH: u8 = 3;
/// Most bytes of the input that become payload.
const RAW: usize = 128;
/// Lengths of payloads that are not from the input.
const LENGTHS: [usize; 16] = [
    20, 0, 1, 2, 3, 13, 14, 30, 47, 64, 99, 250, 576, 1_400, 4_000, 9_500,
];

/// What a sealed frame that nobody has damaged must become again.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// As the host handed it over
    pub clear: Vec<u8>,
    /// The bundle of its outermost level
    pub bundle: usize,
    /// It was sealed with that one alone
    pub alone: bool,
}

/// A frame.
#[derive(Clone, Debug)]
pub struct CaseFrame {
    /// Which way
    pub port: Port,
    /// The bytes, at least one
    pub bytes: Vec<u8>,
    /// Transmit: offload handle, tunnel handle, slot-12 word
    pub words: [u32; 3],
    /// Receive, if it is as transmit made it
    pub sealed: Option<Sealed>,
}

impl CaseFrame {
    /// As an operation of a scenario.
    #[must_use]
    pub fn operation(&self) -> FrameOp {
        FrameOp {
            offload: Handle::Raw(self.words[0]),
            tunnel: Handle::Raw(self.words[1]),
            hint: self.words[2],
            ..FrameOp::new(self.port, self.bytes.clone())
        }
    }
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Stages of the device
    pub stages: u32,
    /// Number of the [set](sets) of associations
    pub set: usize,
    /// Frames one at a time; else back to back
    pub spaced: bool,
    /// Percent of clocks in which each port stalls
    pub stall: u8,
    /// The frames
    pub frames: Vec<CaseFrame>,
}

impl Case {
    /// The case of an input. Every input is one.
    #[must_use]
    pub fn new(input: &[u8]) -> Self {
        let mut reader = Reader::new(input);
        let head = reader.byte();
        let set = usize::from(head) % SETS;
        let mut case = Self {
            stages: [2, 1, 4, 4][usize::from(head >> 2 & 3)],
            set,
            spaced: head & 0x10 == 0,
            stall: [0, 0, 15, 50][usize::from(head >> 5 & 3)],
            frames: Vec::new(),
        };
        let handles = sets::handles(set, case.stages);
        Sealer::with(set, |sealer| {
            while case.frames.is_empty() || !reader.is_empty() && case.frames.len() < FRAMES {
                let number = case.frames.len() as u8;
                let frame = frame(&mut reader, set, number, &handles, sealer);
                case.frames.push(frame);
            }
        });
        case
    }

    /// A device for it that is built as RTL too.
    #[must_use]
    pub const fn device(&self) -> DeviceConfig {
        device(self.stages)
    }
}

/// The smallest device with so many stages that is built as RTL.
#[must_use]
pub const fn device(stages: u32) -> DeviceConfig {
    DeviceConfig::new(if stages == 2 { 1024 } else { 16 }, stages)
}

/// One level of a frame.
struct Level {
    bundle: usize,
    form: Form,
}

impl Level {
    fn read(reader: &mut Reader, set: usize, port: Port) -> Self {
        let pair = usize::from(reader.byte()) * 2;
        let bundle = pair % sets::set(set).len() + usize::from(port == Port::Rx);
        let form = Form::read(reader);
        Self { bundle, form }
    }
}

/// Next header and bytes of the innermost payload.
fn payload(reader: &mut Reader) -> (u8, Vec<u8>) {
    let kind = reader.byte();
    if kind & 0x80 == 0 {
        let length = LENGTHS[usize::from(kind & 15)];
        return (59, (0..length).map(|k| k as u8).collect());
    }
    // What looks like an IP packet is called one.
    let bytes = reader.bytes(usize::from(kind) % RAW).to_vec();
    let next = match bytes.first().map(|byte| byte >> 4) {
        Some(4) => 4,
        Some(6) => 41,
        _ => 59,
    };
    (next, bytes)
}

/// What an IP packet is called as a payload.
fn tunnel_header(packet: &[u8]) -> u8 {
    if packet.first().is_some_and(|byte| byte >> 4 == 6) {
        41
    } else {
        4
    }
}

/// `handles`: of all bundles of the set.
fn frame(
    reader: &mut Reader,
    set: usize,
    number: u8,
    handles: &[u32],
    sealer: &mut Sealer,
) -> CaseFrame {
    let head = reader.byte();
    let port = if head & 1 == 0 { Port::Rx } else { Port::Tx };
    let most = if port == Port::Rx { DEPTH } else { 2 };
    let depth = 1 + (head >> 1 & 3) % most;
    let mode = head >> 3;
    let bundles = sets::set(set);
    let (mut next, mut content) = payload(reader);
    let mut sealed = None;
    // Innermost first.
    let mut levels: Vec<(u32, Marks)> = Vec::new();
    let mut bytes = Vec::new();
    for level in 0..depth {
        let outermost = level + 1 == depth;
        let Level { bundle, form } = Level::read(reader, set, port);
        let Some(sa) = bundles.get(bundle) else {
            continue;
        };
        if level > 0 {
            content = bytes.split_off(bytes.len().min(ETHERNET));
            next = tunnel_header(&content);
        }
        let (mut frame, marks) = clear(sa, &form, outermost, next, &content, number);
        for (_, inner) in &mut levels {
            *inner = inner.moved(marks.payload.saturating_sub(ETHERNET));
        }
        mutate(reader, &mut frame, &marks);
        levels.push((handles.get(bundle).copied().unwrap_or(0), marks));
        // One in four is not sealed, so that checks of lengths are reached without a good ICV, too.
        if port == Port::Rx && mode & 3 != 3 {
            let clear = frame.clone();
            let outbound = bundle & !1;
            sealed = sealer.seal(&mut frame, outbound).then_some(Sealed {
                clear,
                bundle: outbound,
                alone: true,
            });
        } else {
            sealed = None;
        }
        bytes = frame;
    }
    let (_, marks) = levels.last().copied().unwrap_or_default();
    if mutate(reader, &mut bytes, &marks) {
        sealed = None;
    }
    let words = match port {
        Port::Rx => [0; 3],
        Port::Tx => words(reader, mode, &levels, handles),
    };
    CaseFrame {
        port,
        bytes,
        words,
        sealed,
    }
}

/// The words beside a frame to transmit. In most cases they are right.
fn words(reader: &mut Reader, mode: u8, levels: &[(u32, Marks)], handles: &[u32]) -> [u32; 3] {
    let (inner, outer) = match levels {
        [] => ((0, Marks::default()), 0),
        [only] => (*only, 0),
        [inner, outer, ..] => (*inner, outer.0),
    };
    let (offload, marks) = inner;
    let right = [offload, outer];
    let any = |number: u8| handles[usize::from(number) % handles.len().max(1)];
    let [offload, tunnel] = match mode & 15 {
        8 => [outer, 0],
        9 => [0, 0],
        10 => [outer, offload],
        11 => [0, offload],
        12 => right.map(|handle| handle ^ 1 << 16),
        // Another bundle's, perhaps inbound.
        13 => [any(reader.byte()), outer],
        14 => [offload, any(reader.byte())],
        15 => [u32::from(reader.byte()), u32::from(reader.byte()) << 16],
        _ => right,
    };
    let base = levels.last().map_or(0, |(_, marks)| marks.ip);
    let unit = |at: Option<usize>| at.map_or(0, |at| (at.saturating_sub(base) / 4) as u32 & 0xff);
    let hint = unit(marks.esp) << 24 | unit(marks.ah) << 16;
    let hint = match (mode & 16 != 0).then(|| reader.byte()) {
        None => 0,
        Some(0) => hint,
        Some(odd) => hint ^ u32::from(odd) << (8 * u32::from(odd & 3)),
    };
    [offload, tunnel, hint]
}
