// SPDX-License-Identifier: Apache-2.0
//! Makes scenarios of known outcome from short descriptions: [`Plan`] says which SAs there are and what
//! is sent.
//!
//! What must come out is worked out here from the frame's construction (which key sealed it, what was
//! damaged), with another implementation of AES-GCM than the model's.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;
use ipsec_model::regs;

use crate::esp::{EspLayer, Form, HEAD_BYTES, ICV_BYTES, ethernet, ip_packet};
use crate::rng::Rng;
use crate::sa::{self, Association, Direction, Sa};
use crate::scenario::{
    Command, Expected, FrameData, FrameOp, Handle, NO_HANDLE, Operation, Port, Scenario,
    StallPattern, StallPort, Until,
};

/// CryptoStatus of a good frame.
pub const GOOD: &[u16] = &[0];
/// CryptoStatus of a wrong ICV: transport or tunnel is the SA's last authenticated mode.
pub const WRONG_ICV: &[u16] = &[3, 5];
/// CryptoStatus of lengths that do not fit.
pub const SYNTAX: &[u16] = &[6];

/// What a scenario is made from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the scenario
    pub name: String,
    /// The device
    pub device: DeviceConfig,
    /// Seed of stalls
    pub seed: u64,
    /// Seed of the index hash
    pub hash_seed: u32,
    /// SA pairs, added first: `o0` and `i0`, `o1` and `i1`, ...
    pub sas: Vec<SaPlan>,
    /// Stalls from the first frame on
    pub stalls: Vec<(StallPort, StallPattern)>,
    /// What is done then
    pub items: Vec<Item>,
    /// Frames are judged. (Not if resets take them.)
    pub judged: bool,
    /// The run ends so many clocks behind the last item, whatever is under way. (Registers may have
    /// stopped the streams.)
    pub end_after: Option<u64>,
}

/// A pair of SAs, one for each direction, with the same SPI, addresses and key.
#[derive(Clone, Debug)]
pub struct SaPlan {
    /// IPv6
    pub v6: bool,
    /// Bytes of the key
    pub key: KeyBytes,
    /// The destination is zero: any
    pub wildcard: bool,
    /// Same SPI as the SA before
    pub twin: bool,
    /// Added with ADD_SA_EX
    pub ex: bool,
    /// Makes SPI and key
    pub seed: u32,
}

/// Lengths of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyBytes {
    /// AES-128
    K16,
    /// AES-192
    K24,
    /// AES-256
    K32,
}

/// One thing that is done.
#[derive(Clone, Debug)]
pub enum Item {
    /// A frame
    Frame(FramePlan),
    /// A command of another SA than those of the frames
    Command(CommandPlan),
    /// A stall pattern
    Stall(StallPort, StallPattern),
    /// A hard reset after so many clocks. The SAs are added again.
    Reset {
        /// Clocks behind the item before
        after: u16,
        /// Clocks of reset
        clocks: u8,
    },
    /// A soft reset after so many clocks. The SAs are added again.
    SoftReset {
        /// Clocks behind the item before
        after: u16,
    },
    /// A frame by the diagnostic port, of at most 2,048 bytes; what comes out is read back
    Diagnostic(FramePlan),
    /// A wait for all frames
    Drain,
    /// Another register operation
    Other(Operation),
}

/// A frame.
#[derive(Clone, Debug)]
pub struct FramePlan {
    /// Which way
    pub port: Port,
    /// Clocks behind the item before
    pub after: u16,
    /// Random bytes
    pub seed: u32,
    /// What it is
    pub kind: FrameKind,
}

/// Kinds of frames.
#[derive(Clone, Debug)]
pub enum FrameKind {
    /// No IP in it; transmitted with handles 0
    Plain {
        /// Bytes
        length: u16,
    },
    /// One portion
    Esp {
        /// SA, modulo their number
        sa: usize,
        /// Details
        form: EspForm,
    },
    /// A portion in the tunnel of another
    Nested {
        /// SA of the outer portion
        outer: usize,
        /// SA of the inner portion
        inner: usize,
        /// Details; the damage is that of the outer portion
        form: EspForm,
        /// Damage of the inner portion (receive)
        inner_damage: Damage,
    },
    /// Portions in the tunnel of portions, outermost first; received. Those beyond the device's stages
    /// stay as they are.
    Deep {
        /// The SAs
        sas: Vec<usize>,
        /// Details of the innermost; no damage
        form: EspForm,
    },
    /// An ESP frame with some bits of its headers flipped, perhaps cut short. What comes of it is not
    /// judged.
    Fuzzed {
        /// SA, modulo their number
        sa: usize,
        /// Details; no damage
        form: EspForm,
        /// The bits, from the start of the frame, modulo the first 80 bytes
        bits: Vec<u16>,
        /// Bytes left
        cut: Option<u16>,
    },
}

/// Details of an ESP frame.
#[derive(Clone, Debug)]
pub struct EspForm {
    /// Bytes of payload
    pub payload: u16,
    /// Bytes of padding; `None` is the minimum
    pub pad: Option<u8>,
    /// The payload is an IP packet
    pub tunnel: bool,
    /// 0x8100 tag
    pub vlan: Option<u16>,
    /// Bytes of Ethernet padding behind the IP packet
    pub trailer: u8,
    /// Transmit: the slot-12 word is given
    pub hint: bool,
    /// What is wrong with it
    pub damage: Damage,
}

/// What is wrong with a frame. Those of one direction do nothing in the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Nothing
    None,
    /// Receive: a flipped bit of the sequence number
    Sequence(u8),
    /// Receive: a flipped bit of the IV
    Iv(u8),
    /// Receive: a flipped bit of the text, at this share of 65,536
    Text(u16),
    /// Receive: a flipped bit of the ICV
    Icv(u8),
    /// Receive: PadLength beyond the text, correctly sealed
    PadLength,
    /// The IP length ends behind the frame
    LongLength(u8),
    /// The IP length leaves less than 2 bytes of text
    ShortLength(u8),
    /// A fragment (IPv4), another next header (IPv6)
    NotEsp,
    /// Transmit: a handle of a generation that no SA of the plan has
    Handle(u32),
    /// Transmit: an SPI that is not the SA's
    Spi(u8),
    /// Transmit: a slot-12 word that differs in one of the bits that count
    Hint(u8),
}

/// A command that races with traffic.
#[derive(Clone, Debug)]
pub struct CommandPlan {
    /// Slot
    pub slot: u8,
    /// Clocks behind the item before
    pub after: u16,
    /// Which of the racing SAs
    pub number: u8,
    /// What is done
    pub what: CommandKind,
    /// Random bytes
    pub seed: u32,
}

/// Kinds of racing commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandKind {
    /// Adds
    Add {
        /// Inbound
        inbound: bool,
        /// As ADD_SA_EX
        ex: bool,
    },
    /// Deletes what was added under this number, if it was
    Delete,
    /// Deletes a handle that nothing has
    DeleteUnknown,
    /// Random bytes under a random OID
    Garbage,
    /// Asks the slot to cancel
    Cancel,
}

/// A lived-in SA of the plan.
struct Known {
    association: Association,
    src: IpAddr,
    /// Where frames go
    dst: IpAddr,
    outbound: Sa,
    inbound: Sa,
}

fn address(v6: bool, high: u8, low: u8) -> IpAddr {
    if v6 {
        Ipv6Addr::new(0x2001, 0xdb8, 0, high.into(), 0, 0, 0, low.into()).into()
    } else {
        Ipv4Addr::new(198, 51, high, low).into()
    }
}

fn association(key: KeyBytes, spi: u32, rng: &mut Rng) -> Association {
    let bytes = match key {
        KeyBytes::K16 => 16,
        KeyBytes::K24 => 24,
        KeyBytes::K32 => 32,
    };
    Association::gcm(spi, rng.bytes(bytes + sa::SALT_BYTES))
}

fn bundle(name: String, inbound: bool, src: IpAddr, dst: IpAddr, one: Association) -> Sa {
    let direction = if inbound {
        Direction::Inbound
    } else {
        Direction::Outbound
    };
    Sa::new(name, direction, src, dst, one)
}

fn known(plans: &[SaPlan]) -> Vec<Known> {
    let mut all: Vec<Known> = Vec::new();
    for (k, plan) in plans.iter().enumerate() {
        let mut rng = Rng::new(plan.seed.into(), k as u64);
        let fresh = 256 + (rng.below(0xffff_0000) as u32 & !0xff) + k as u32;
        let dst = address(plan.v6, 1, k as u8 + 1);
        let nowhere = if plan.v6 {
            Ipv6Addr::UNSPECIFIED.into()
        } else {
            Ipv4Addr::UNSPECIFIED.into()
        };
        let in_sa = if plan.wildcard { nowhere } else { dst };
        let taken = |spi: u32| {
            all.iter()
                .any(|other| other.association.spi == spi && other.inbound.dst == in_sa)
        };
        let spi = match all.last() {
            Some(last) if plan.twin && !taken(last.association.spi) => last.association.spi,
            _ => fresh,
        };
        let one = association(plan.key, spi, &mut rng);
        let src = address(plan.v6, 0, k as u8 + 1);
        all.push(Known {
            outbound: bundle(format!("o{k}"), false, src, in_sa, one.clone()),
            inbound: bundle(format!("i{k}"), true, src, in_sa, one.clone()),
            association: one,
            src,
            dst,
        });
    }
    all
}

impl Plan {
    /// The scenario.
    pub fn scenario(&self) -> Scenario {
        let mut scenario = Scenario::new(&self.name, self.device, self.seed);
        // Each takes two bundles, and racing commands want some too.
        let room = (self.device.num_sa as usize / 2).min(100);
        let sas = known(&self.sas[..self.sas.len().min(room)]);
        self.bring_up(&mut scenario, &sas);
        for (port, pattern) in &self.stalls {
            scenario.push(Operation::Stall {
                port: *port,
                pattern: pattern.clone(),
            });
        }
        let mut added = std::collections::HashSet::new();
        for item in &self.items {
            match item {
                Item::Frame(frame) => self.frame(&mut scenario, &sas, frame),
                Item::Command(command) => command.issue(&mut scenario, &mut added),
                Item::Stall(port, pattern) => {
                    scenario.push(Operation::Stall {
                        port: *port,
                        pattern: pattern.clone(),
                    });
                }
                Item::Reset { after, clocks } => {
                    let clocks = u32::from(*clocks).max(1);
                    scenario.after((*after).into(), Operation::Reset { clocks });
                    self.bring_up(&mut scenario, &sas);
                }
                Item::SoftReset { after } => {
                    scenario.after((*after).into(), Operation::SoftReset {});
                    self.bring_up(&mut scenario, &sas);
                }
                Item::Diagnostic(frame) => self.diagnostic(&mut scenario, &sas, frame),
                Item::Drain => {
                    scenario.wait(Until::Frames);
                }
                Item::Other(operation) => {
                    scenario.push(operation.clone());
                }
            }
        }
        if let Some(clocks) = self.end_after {
            scenario.after(clocks, Operation::End {});
        } else {
            // A frame that a soft reset has cut has no end.
            let soft = |item: &Item| matches!(item, Item::SoftReset { .. });
            if !self.items.iter().any(soft) {
                scenario.wait(Until::Idle);
            }
            scenario.read_counters();
        }
        scenario
    }

    fn bring_up(&self, scenario: &mut Scenario, sas: &[Known]) {
        scenario.bring_up();
        if self.hash_seed != 0 {
            scenario.write_register(regs::HASH_SEED, self.hash_seed);
        }
        for (k, sa) in sas.iter().enumerate() {
            for bundle in [&sa.outbound, &sa.inbound] {
                scenario.push(Operation::Command {
                    slot: 0,
                    command: Command::AddSa {
                        sa: bundle.clone(),
                        ex: self.sas[k].ex,
                    },
                    // Racing adds may have taken the room.
                    expect: self.judged.then_some(NDIS_STATUS_SUCCESS),
                });
            }
        }
        scenario.wait(Until::Commands);
    }

    fn frame(&self, scenario: &mut Scenario, sas: &[Known], plan: &FramePlan) {
        let (mut op, expected) = self.build(sas, plan);
        op.expect = expected.filter(|_| self.judged);
        scenario.after(plan.after.into(), Operation::Frame(op));
    }

    /// The frame, and what must come of it as far as that is known.
    fn build(&self, sas: &[Known], plan: &FramePlan) -> (FrameOp, Option<Expected>) {
        let mut rng = Rng::new(plan.seed.into(), 1);
        let known = |(op, expected): (FrameOp, Expected)| (op, Some(expected));
        let some = |sa: &usize| &sas[sa % sas.len()];
        match &plan.kind {
            FrameKind::Plain { length } => known(plain(plan.port, *length, &mut rng)),
            _ if sas.is_empty() => known(plain(plan.port, 64, &mut rng)),
            FrameKind::Esp { sa, form } => known(esp(plan.port, some(sa), form, &mut rng)),
            FrameKind::Nested {
                outer,
                inner,
                form,
                inner_damage,
            } => known(nested(
                plan.port,
                [some(outer), some(inner)],
                form,
                *inner_damage,
                self.device.stages,
                &mut rng,
            )),
            FrameKind::Deep { sas, form } => {
                let sas: Vec<_> = sas.iter().map(some).collect();
                known(deep(&sas, form, self.device.stages, &mut rng))
            }
            FrameKind::Fuzzed {
                sa,
                form,
                bits,
                cut,
            } => {
                let (mut op, _) = esp(plan.port, some(sa), form, &mut rng);
                let mut bytes = op.data.bytes().to_vec();
                let reach = 8 * bytes.len().min(80);
                for bit in bits {
                    let bit = usize::from(*bit) % reach;
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
                if let Some(cut) = cut {
                    bytes.truncate(usize::from(*cut).max(1));
                }
                op.data = FrameData::Hex(bytes);
                (op, None)
            }
        }
    }

    /// The frame by register accesses. The handles are those that a device without racing commands
    /// gives: SAs are added in order to an empty table.
    fn diagnostic(&self, scenario: &mut Scenario, sas: &[Known], plan: &FramePlan) {
        let (op, _) = self.build(sas, plan);
        let bytes = op.data.bytes();
        let bytes = &bytes[..bytes.len().min(regs::DIAG_INPUT_SIZE as usize)];
        let handle = |handle: &Handle| match handle {
            Handle::Raw(word) => *word,
            Handle::Sa(name) => {
                let at = sas.iter().position(|sa| sa.outbound.name == *name);
                2 * at.unwrap_or(0) as u32 + 1
            }
        };
        scenario.after(
            plan.after.into(),
            Operation::Write {
                address: regs::DIAG_CTRL as u16,
                data: 1,
                strobe: 0xf,
            },
        );
        for (k, chunk) in bytes.chunks(4).enumerate() {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            let address = regs::DIAG_INPUT + 4 * k as u32;
            scenario.write_register(address, u32::from_le_bytes(word));
        }
        let user = [handle(&op.offload), handle(&op.tunnel), op.hint];
        for (k, word) in user.into_iter().enumerate() {
            scenario.write_register(regs::diag_tuser(k as u32), word);
        }
        let start = regs::diag_start::START.of(1)
            | regs::diag_start::DIRECTION.of((op.port == Port::Rx).into());
        scenario
            .write_register(regs::DIAG_LENGTH, bytes.len() as u32)
            .write_register(regs::DIAG_START, start);
        let mut read = |address: u32| {
            scenario.push(Operation::Read {
                address: address as u16,
                expect: None,
                mask: u32::MAX,
                poll: false,
            });
        };
        // No wait for the end: a reset may take the frame, and reading early shows as much.
        for _ in 0..40 {
            read(regs::DIAG_STATUS);
        }
        for address in [
            regs::DIAG_OUT_LENGTH,
            regs::diag_out_tuser(0),
            regs::diag_out_tuser(1),
            regs::DIAG_CPL_NUMBER,
            regs::DIAG_CPL_STATUS,
        ] {
            read(address);
        }
        for k in 0..bytes.len().div_ceil(4) + 1 {
            read((regs::DIAG_OUTPUT + 4 * k as u32).min(regs::DIAG_OUTPUT + 0x7fc));
        }
        scenario.write_register(regs::DIAG_CTRL, 0);
    }
}

/// A frame that is no IP, of any length.
fn plain(port: Port, length: u16, rng: &mut Rng) -> (FrameOp, Expected) {
    let mut bytes = rng.bytes(usize::from(length).max(1));
    if let Some(kind) = bytes.get_mut(12..14) {
        kind.copy_from_slice(&[0x88, 0xb5]);
    }
    let legal = crate::pcap::FRAME_BYTES.contains(&bytes.len());
    let expected = match port {
        Port::Tx if legal => Expected::Sent(bytes.clone()),
        Port::Tx => Expected::Refused {},
        Port::Rx => Expected::untouched(bytes.clone()),
    };
    (FrameOp::new(port, bytes), expected)
}

fn layer<'a>(sa: &'a Known, form: &EspForm, rng: &mut Rng) -> EspLayer<'a> {
    let iv = rng.word().to_le_bytes();
    EspLayer {
        association: &sa.association,
        src: sa.src,
        dst: sa.dst,
        sequence: rng.word() as u32,
        iv,
        pad_length: form.pad,
    }
}

/// Offset of the IP header.
fn ip_at(form: &EspForm) -> usize {
    if form.vlan.is_some() { 18 } else { 14 }
}

fn header_bytes(v6: bool) -> usize {
    if v6 { 40 } else { 20 }
}

/// The ESP header word of a hint, from the outermost IP header.
fn hint(esp: usize, ip: usize) -> u32 {
    (((esp - ip) / 4) as u32) << 24
}

/// One portion.
fn esp(port: Port, sa: &Known, form: &EspForm, rng: &mut Rng) -> (FrameOp, Expected) {
    let v6 = sa.dst.is_ipv6();
    let one = layer(sa, form, rng);
    let (next_header, payload) = if form.tunnel {
        let inner_v6 = rng.chance(50);
        let (src, dst) = (address(inner_v6, 9, 1), address(inner_v6, 9, 2));
        let room = usize::from(form.payload).saturating_sub(header_bytes(inner_v6));
        let packet = ip_packet(src, dst, 17, &rng.bytes(room));
        (if inner_v6 { 41 } else { 4 }, packet)
    } else {
        let next_header = [6, 17, 58, 59, 0][rng.below(5) as usize];
        (next_header, rng.bytes(form.payload.into()))
    };
    let trailer = rng.bytes(form.trailer.into());
    let build = |form_of: Form| {
        let mut frame = ethernet(form.vlan, &one.packet(next_header, &payload, form_of));
        frame.extend_from_slice(&trailer);
        frame
    };
    let ip = ip_at(form);
    let esp = ip + header_bytes(v6);
    let (mut clear, mut sealed) = (build(Form::Clear), build(Form::Sealed));
    let end = sealed.len() - trailer.len();
    let pad = clear[end - ICV_BYTES - 2];
    if port == Port::Tx {
        let mut op = FrameOp::new(port, Vec::new());
        op.offload = Handle::Sa(sa.outbound.name.clone());
        op.hint = if form.hint { hint(esp, ip) } else { 0 };
        let refused = damage_clear(&mut clear, &mut op, form.damage, (ip, esp, end), v6);
        op.data = FrameData::Hex(clear);
        let expected = if refused {
            Expected::Refused {}
        } else {
            Expected::Sent(sealed)
        };
        return (op, expected);
    }
    let header = Some((next_header, pad));
    let opened = if form.damage == Damage::PadLength {
        // Sealed with a trailer that says more padding than there is text.
        let text = end - ICV_BYTES - (esp + HEAD_BYTES);
        let Ok(beyond) = u8::try_from(text - 1) else {
            return (
                FrameOp::new(port, sealed.clone()),
                Expected::opened(build(Form::Opened), header),
            );
        };
        clear[end - ICV_BYTES - 2] = beyond;
        sealed = clear.clone();
        crate::esp::seal(&sa.association.key, &mut sealed[esp..end]);
        clear[end - ICV_BYTES..end].copy_from_slice(&sealed[end - ICV_BYTES..end]);
        return (
            FrameOp::new(port, sealed),
            Expected::rejected(clear, SYNTAX),
        );
    } else {
        build(Form::Opened)
    };
    let expected = match damage_sealed(&mut sealed, form.damage, (ip, esp, end), v6) {
        Outcome::Good => Expected::opened(opened, header),
        Outcome::Bad(status) => Expected::rejected(sealed.clone(), status),
        Outcome::Passes => Expected::untouched(sealed.clone()),
    };
    (FrameOp::new(port, sealed), expected)
}

enum Outcome {
    Good,
    Bad(&'static [u16]),
    Passes,
}

/// Writes the IP length so that the packet ends at `end`; true if the field can say that.
fn set_end(frame: &mut [u8], ip: usize, v6: bool, end: usize) -> bool {
    let (at, value) = if v6 {
        (ip + 4, end as i64 - ip as i64 - 40)
    } else {
        (ip + 2, end as i64 - ip as i64)
    };
    let Ok(value) = u16::try_from(value) else {
        return false;
    };
    frame[at..at + 2].copy_from_slice(&value.to_be_bytes());
    true
}

/// Makes it no ESP packet for the device.
fn not_esp(frame: &mut [u8], ip: usize, v6: bool) {
    if v6 {
        frame[ip + 6] = 44;
    } else {
        frame[ip + 6] |= 0x20;
    }
}

type Places = (usize, usize, usize);

fn damage_clear(
    frame: &mut [u8],
    op: &mut FrameOp,
    damage: Damage,
    (ip, esp, end): Places,
    v6: bool,
) -> bool {
    match damage {
        Damage::LongLength(more) => set_end(frame, ip, v6, frame.len() + 1 + usize::from(more)),
        Damage::ShortLength(less) => {
            let least = esp + HEAD_BYTES + ICV_BYTES + 1;
            let end = least.saturating_sub((less % 64).into());
            set_end(frame, ip, v6, end.max(ip + header_bytes(v6)))
        }
        Damage::NotEsp => {
            not_esp(frame, ip, v6);
            true
        }
        Damage::Handle(word) => {
            // The SAs of a plan are never used a second time: their generation is 0.
            op.offload = Handle::Raw(word & 0xffff_0000 | 0x1_0000 | (1 + word % 40));
            true
        }
        Damage::Spi(bit) => {
            frame[esp + usize::from(bit % 32) / 8] ^= 1 << (bit % 8);
            true
        }
        Damage::Hint(bit) => {
            op.hint = hint(esp, ip) ^ 1 << (16 + bit % 16);
            true
        }
        _ => {
            debug_assert!(end <= frame.len());
            false
        }
    }
}

fn damage_sealed(frame: &mut [u8], damage: Damage, (ip, esp, end): Places, v6: bool) -> Outcome {
    let mut flip = |at: usize, bit: u8| {
        frame[at] ^= 1 << (bit % 8);
        Outcome::Bad(WRONG_ICV)
    };
    match damage {
        Damage::Sequence(bit) => flip(esp + 4 + usize::from(bit % 32) / 8, bit),
        Damage::Iv(bit) => flip(esp + 8 + usize::from(bit % 64) / 8, bit),
        Damage::Text(share) => {
            let text = end - ICV_BYTES - (esp + HEAD_BYTES);
            let at = text * usize::from(share) / 0x1_0000;
            flip(esp + HEAD_BYTES + at, (share % 8) as u8)
        }
        Damage::Icv(bit) => flip(end - ICV_BYTES + usize::from(bit % 128) / 8, bit),
        Damage::LongLength(more) => {
            let beyond = frame.len() + 1 + usize::from(more);
            match set_end(frame, ip, v6, beyond) {
                true => Outcome::Bad(SYNTAX),
                false => Outcome::Good,
            }
        }
        Damage::ShortLength(less) => {
            let least = esp + HEAD_BYTES + ICV_BYTES + 1;
            let end = least
                .saturating_sub((less % 64).into())
                .max(ip + header_bytes(v6));
            match set_end(frame, ip, v6, end) {
                true => Outcome::Bad(SYNTAX),
                false => Outcome::Good,
            }
        }
        Damage::NotEsp => {
            not_esp(frame, ip, v6);
            Outcome::Passes
        }
        _ => Outcome::Good,
    }
}

/// A portion in the tunnel of another.
fn nested(
    port: Port,
    [outer, inner]: [&Known; 2],
    form: &EspForm,
    inner_damage: Damage,
    stages: u32,
    rng: &mut Rng,
) -> (FrameOp, Expected) {
    let outer_layer = EspLayer {
        pad_length: None,
        ..layer(outer, form, rng)
    };
    let inner_layer = layer(inner, form, rng);
    let payload = rng.bytes(form.payload.into());
    let inner_v6 = inner.dst.is_ipv6();
    let around = if inner_v6 { 41 } else { 4 };
    let trailer = rng.bytes(form.trailer.into());
    let whole = |packet: Vec<u8>| {
        let mut frame = ethernet(form.vlan, &packet);
        frame.extend_from_slice(&trailer);
        frame
    };
    let clear_inner = inner_layer.packet(17, &payload, Form::Clear);
    let sealed_inner = inner_layer.packet(17, &payload, Form::Sealed);
    let ip = ip_at(form);
    let outer_v6 = outer.dst.is_ipv6();
    let outer_esp = ip + header_bytes(outer_v6);
    let inner_ip = outer_esp + HEAD_BYTES;
    let inner_esp = inner_ip + header_bytes(inner_v6);
    let inner_end = inner_ip + clear_inner.len();
    if port == Port::Tx {
        let mut clear = whole(outer_layer.packet(around, &clear_inner, Form::Clear));
        let sent = whole(outer_layer.packet(around, &sealed_inner, Form::Sealed));
        let mut op = FrameOp::new(port, Vec::new());
        op.offload = Handle::Sa(inner.outbound.name.clone());
        op.tunnel = Handle::Sa(outer.outbound.name.clone());
        op.hint = if form.hint { hint(inner_esp, ip) } else { 0 };
        let end = clear.len() - trailer.len();
        let mut refused = stages < 2;
        if let Damage::Hint(bit) = form.damage {
            op.hint = hint(inner_esp, ip) ^ 1 << (16 + bit % 16);
            refused = true;
        } else {
            refused |= damage_clear(
                &mut clear,
                &mut op,
                form.damage,
                (ip, outer_esp, end),
                outer_v6,
            );
        }
        op.data = FrameData::Hex(clear);
        let expected = if refused {
            Expected::Refused {}
        } else {
            Expected::Sent(sent)
        };
        return (op, expected);
    }
    // The inner packet as the wire has it, and what becomes of it.
    let mut wire_inner = ethernet(None, &sealed_inner);
    let at = 14_usize;
    let places = (at, at + inner_esp - inner_ip, at + inner_end - inner_ip);
    let inner_damage = match inner_damage {
        Damage::PadLength => Damage::None,
        // Longer than what is around it.
        Damage::LongLength(more) => Damage::LongLength(more.max(8)),
        other => other,
    };
    let inner_outcome = damage_sealed(&mut wire_inner, inner_damage, places, inner_v6);
    let wire_inner = wire_inner.split_off(14);
    let mut frame = whole(outer_layer.packet(around, &wire_inner, Form::Sealed));
    let end = frame.len() - trailer.len();
    let outer_damage = match form.damage {
        Damage::PadLength => Damage::None,
        other => other,
    };
    let outer_pad = (frame.len() - trailer.len() - ICV_BYTES - 2) - (inner_ip + wire_inner.len());
    match damage_sealed(&mut frame, outer_damage, (ip, outer_esp, end), outer_v6) {
        Outcome::Good => {}
        Outcome::Bad(status) => {
            return (
                FrameOp::new(port, frame.clone()),
                Expected::rejected(frame, status),
            );
        }
        Outcome::Passes => {
            return (
                FrameOp::new(port, frame.clone()),
                Expected::untouched(frame),
            );
        }
    }
    let outer_header = Some((around, outer_pad as u8));
    let around_it = |packet: &[u8]| {
        let mut opened = whole(outer_layer.packet(around, packet, Form::Opened));
        // The ICV is that of the inner packet as it was on the wire.
        opened[end - ICV_BYTES..end].copy_from_slice(&frame[end - ICV_BYTES..end]);
        opened
    };
    let (bytes, next, status, header) = match inner_outcome {
        _ if stages < 2 => (around_it(&wire_inner), false, GOOD, outer_header),
        Outcome::Passes => (around_it(&wire_inner), false, GOOD, outer_header),
        Outcome::Bad(status) => (around_it(&wire_inner), true, status, None),
        Outcome::Good => {
            let opened = inner_layer.packet(17, &payload, Form::Opened);
            let pad = opened[opened.len() - ICV_BYTES - 2];
            (around_it(&opened), true, GOOD, Some((17, pad)))
        }
    };
    let expected = Expected::Received {
        bytes,
        done: true,
        next,
        status: status.to_vec(),
        header,
    };
    (FrameOp::new(port, frame), expected)
}

/// Portions in the tunnel of portions, all good: as many are opened as the device has stages.
fn deep(sas: &[&Known], form: &EspForm, stages: u32, rng: &mut Rng) -> (FrameOp, Expected) {
    let layers: Vec<_> = sas
        .iter()
        .map(|sa| EspLayer {
            pad_length: None,
            ..layer(sa, form, rng)
        })
        .collect();
    let payload = rng.bytes(form.payload.into());
    // From the inside out: what is in each layer, as the wire has it.
    let mut contents = vec![(17_u8, payload)];
    for (k, layer) in layers.iter().enumerate().rev() {
        let (next_header, content) = contents.last().cloned().unwrap_or_default();
        let around = if sas[k].dst.is_ipv6() { 41 } else { 4 };
        contents.push((around, layer.packet(next_header, &content, Form::Sealed)));
    }
    contents.reverse();
    let wire = ethernet(form.vlan, &contents[0].1);
    // What each layer opens to, its content being opened too as far as the stages go. The ICV stays that
    // of the content as it was.
    let opened_to = layers.len().min(stages as usize);
    let mut header = None;
    let mut inside = contents.get(opened_to).cloned().unwrap_or_default().1;
    for k in (0..opened_to).rev() {
        let (next_header, sealed_content) = &contents[k + 1];
        let mut packet = layers[k].packet(*next_header, sealed_content, Form::Opened);
        let pad = packet[packet.len() - ICV_BYTES - 2];
        header.get_or_insert((*next_header, pad));
        let text = header_bytes(sas[k].dst.is_ipv6()) + HEAD_BYTES;
        packet[text..text + inside.len()].copy_from_slice(&inside);
        inside = packet;
    }
    let expected = Expected::Received {
        bytes: ethernet(form.vlan, &inside),
        done: true,
        next: opened_to > 1,
        status: GOOD.to_vec(),
        header,
    };
    (FrameOp::new(Port::Rx, wire), expected)
}

impl CommandPlan {
    fn issue(&self, scenario: &mut Scenario, added: &mut std::collections::HashSet<u8>) {
        let mut rng = Rng::new(self.seed.into(), 2);
        let slot = self.slot % crate::scenario::SLOTS as u8;
        let command = match self.what {
            CommandKind::Add { inbound, ex } => {
                added.insert(self.number);
                let v6 = rng.chance(50);
                let key = [KeyBytes::K16, KeyBytes::K24, KeyBytes::K32][rng.below(3) as usize];
                // Few SPIs, so that duplicates and long chains come up.
                let spi = 0x100 + rng.below(4) as u32;
                let one = association(key, spi, &mut rng);
                let name = format!("r{}", self.number);
                let dst = address(v6, 7, rng.below(4) as u8);
                Command::AddSa {
                    sa: bundle(name, inbound, address(v6, 6, 1), dst, one),
                    ex,
                }
            }
            CommandKind::Delete if added.contains(&self.number) => Command::DeleteSa {
                handle: Handle::Sa(format!("r{}", self.number)),
            },
            CommandKind::Delete | CommandKind::DeleteUnknown => Command::DeleteSa {
                handle: Handle::Raw(NO_HANDLE | rng.below(3) as u32),
            },
            CommandKind::Garbage => {
                let oid = 0xfc03_0200 + rng.below(8) as u32;
                let count = rng.below(300) as usize;
                let mut buffer = rng.bytes(count);
                if let Some(head) = buffer.get_mut(..4) {
                    head.copy_from_slice(&[0x80, 1, 0xb0, 0]);
                }
                Command::Raw {
                    oid,
                    buffer,
                    length: rng.chance(20).then(|| rng.below(700) as u32),
                }
            }
            CommandKind::Cancel => {
                let address = regs::mailbox_slot_doorbell(slot.into()) as u16;
                let data = regs::mailbox_slot_doorbell::CANCEL.of(1);
                let write = Operation::Write {
                    address,
                    data,
                    strobe: 0xf,
                };
                scenario.after(self.after.into(), write);
                return;
            }
        };
        let operation = Operation::Command {
            slot,
            command,
            expect: None,
        };
        scenario.after(self.after.into(), operation);
    }
}
