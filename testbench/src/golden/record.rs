// SPDX-License-Identifier: Apache-2.0
//! Makes a [`Case`] of a [`Scenario`]: its operations one after the other on a device, and what came of them as
//! what must come of them. Nothing in it depends on time: what is inside has left before a register is looked at.

use std::collections::{BTreeMap, HashMap};

use ipsec_cosim_device::{Device, DeviceError};
use ipsec_model::ndis::{self, NDIS_STATUS_SUCCESS, SpiOrder, status_name};
use ipsec_model::regs;

use super::bench::{ANSWER_CLOCKS, Bench};
use super::case::Case;
use super::lower::POLL_CLOCKS;
use super::outside::{self, Crypto};
use super::step::{InPort, Op, OutPort, Step};
use crate::runner::{ReceiveWords, describe_command, register_name, request};
use crate::sa::Sa;
use crate::scenario::{
    CapsImage, Command, FrameOp, Handle, NO_HANDLE, Operation, Port, Scenario, Until,
};

/// Frames that are inside at most: no bench has to buffer more.
const INSIDE: usize = 16;

/// Clocks of a hard reset.
const RESET_CLOCKS: u32 = 16;

/// What a recording gave.
#[derive(Debug)]
pub struct Recording {
    /// The steps
    pub case: Case,
    /// What an outside implementation must agree with
    pub crypto: Vec<Crypto>,
    /// Clocks
    pub clocks: u64,
    /// Every status of a command, in order
    pub statuses: Vec<u32>,
}

/// What is looked at behind the last operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// Nothing, and as little as will do of commands
    Nothing,
    /// Counters, SA_COUNT, INTR_STATE
    Counters,
}

/// Records a scenario on a fresh device.
///
/// # Errors
/// An operation that has no place in a pack, or the device stopped: one sentence.
pub fn record(
    scenario: &Scenario,
    name: &str,
    at_end: AtEnd,
    device: Box<dyn Device>,
) -> Result<Recording, String> {
    let mut recorder = Recorder {
        bench: Bench::new(device),
        case: Case::new(name),
        ctrl: 0,
        udp_port: 4500,
        names: HashMap::new(),
        sas: BTreeMap::new(),
        pending: Vec::new(),
        frames: 0,
        busy: false,
        after_reset: false,
        crypto: Vec::new(),
        statuses: Vec::new(),
        brief: at_end == AtEnd::Nothing,
    };
    recorder
        .all(scenario, at_end)
        .map_err(|error| error.to_string())?;
    Ok(Recording {
        case: recorder.case,
        crypto: recorder.crypto,
        clocks: recorder.bench.clock(),
        statuses: recorder.statuses,
    })
}

/// A frame that went in.
struct Pending {
    id: u32,
    port: InPort,
    frame: Vec<u8>,
    tuser: [u32; 3],
}

struct Recorder {
    bench: Bench,
    case: Case,
    ctrl: u32,
    udp_port: u16,
    names: HashMap<String, u32>,
    /// Bundles that are live, by handle
    sas: BTreeMap<u32, Sa>,
    pending: Vec<Pending>,
    frames: u32,
    /// Frames went in since the streams were seen idle
    busy: bool,
    /// Nothing was done since a soft reset
    after_reset: bool,
    crypto: Vec<Crypto>,
    statuses: Vec<u32>,
    /// As few accesses as will do
    brief: bool,
}

fn refused(message: String) -> DeviceError {
    DeviceError::Other(message)
}

impl Recorder {
    fn all(&mut self, scenario: &Scenario, at_end: AtEnd) -> Result<(), DeviceError> {
        self.reset()?;
        for (k, timed) in scenario.operations.iter().enumerate() {
            self.operation(&timed.op)
                .map_err(|error| refused(format!("operation {k}: {error}")))?;
        }
        self.settle()?;
        if at_end == AtEnd::Counters {
            self.counters()?;
        }
        Ok(())
    }

    fn push(&mut self, op: Op, note: impl Into<String>) {
        self.case.steps.push(Step::new(op).note(note));
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        self.push(
            Op::Reset {
                clocks: RESET_CLOCKS,
            },
            "hard reset",
        );
        self.bench.reset(RESET_CLOCKS)?;
        (self.ctrl, self.udp_port) = (0, 4500);
        self.sas.clear();
        self.names.clear();
        self.after_reset = false;
        self.ready()?;
        self.write(
            regs::INTR_STATE,
            u32::MAX,
            0xf,
            "INTR_STATE: events of the reset",
        )
    }

    /// INIT_DONE, and the self-test is over.
    fn ready(&mut self) -> Result<(), DeviceError> {
        let mask = regs::status::INIT_DONE.mask() | regs::status::RESETTING.mask();
        let done = regs::status::INIT_DONE.of(1);
        self.poll(regs::STATUS, done, mask, "STATUS: INIT_DONE")?;
        let done = regs::selftest::DONE.of(1);
        self.poll(regs::SELFTEST, done, done, "SELFTEST: done")
    }

    fn write(
        &mut self,
        address: u32,
        data: u32,
        strobe: u8,
        note: impl Into<String>,
    ) -> Result<(), DeviceError> {
        self.push(
            Op::Write {
                addr: address as u16,
                data,
                strobe,
            },
            note,
        );
        self.bench.write(address as u16, data, strobe)
    }

    fn read(
        &mut self,
        address: u32,
        mask: u32,
        note: impl Into<String>,
    ) -> Result<u32, DeviceError> {
        let got = self.bench.read(address as u16)?;
        let sticky = match self.after_reset && keeps(address) {
            true => got & mask,
            false => 0,
        };
        self.push(
            Op::Read {
                addr: address as u16,
                mask,
                value: got & mask,
                sticky_over_reset: sticky,
            },
            note,
        );
        Ok(got)
    }

    fn poll(
        &mut self,
        address: u32,
        value: u32,
        mask: u32,
        note: impl Into<String>,
    ) -> Result<(), DeviceError> {
        self.push(
            Op::Poll {
                addr: address as u16,
                mask,
                value: value & mask,
                timeout_clocks: POLL_CLOCKS,
            },
            note,
        );
        let until = self.bench.clock() + u64::from(POLL_CLOCKS);
        while self.bench.read(address as u16)? & mask != value & mask {
            if self.bench.clock() > until {
                let name = register_name(address as u16);
                return Err(refused(format!(
                    "{name} did not become 0x{value:08x} under mask 0x{mask:08x}"
                )));
            }
        }
        Ok(())
    }

    /// Everything that went in has come out, and is written down.
    fn flush(&mut self) -> Result<(), DeviceError> {
        for pending in std::mem::take(&mut self.pending) {
            let id = pending.id;
            let (out, words, status) = match pending.port {
                InPort::Tx => {
                    self.bench
                        .until(ANSWER_CLOCKS, |bench| !bench.completions.is_empty())?;
                    let Some((number, status)) = self.bench.completions.pop_front() else {
                        return Err(refused(format!("frame {id} got no completion")));
                    };
                    let out = match status == NDIS_STATUS_SUCCESS {
                        true => Some(self.bench.sent.pop_front().ok_or_else(|| {
                            refused(format!("frame {id} ended well and did not come out"))
                        })?),
                        false => None,
                    };
                    if let Some(frame) = out.clone() {
                        self.push(
                            Op::Expect {
                                port: OutPort::MAxisTx,
                                of: id,
                                frame,
                                mask: Vec::new(),
                                words: [0; 2],
                            },
                            "",
                        );
                    }
                    self.push(
                        Op::Completion {
                            of: id,
                            number,
                            status,
                        },
                        status_name(status),
                    );
                    (out, [0; 2], status)
                }
                InPort::Rx => {
                    self.bench
                        .until(ANSWER_CLOCKS, |bench| !bench.received.is_empty())?;
                    let Some((frame, words)) = self.bench.received.pop_front() else {
                        return Err(refused(format!("frame {id} did not come out")));
                    };
                    self.push(
                        Op::Expect {
                            port: OutPort::MAxisRx,
                            of: id,
                            frame: frame.clone(),
                            mask: Vec::new(),
                            words,
                        },
                        describe(words),
                    );
                    (Some(frame), words, 0)
                }
            };
            let found = match (pending.port, &out) {
                (InPort::Tx, Some(out)) if status == 0 => outside::transmitted(
                    &pending.frame,
                    out,
                    pending.tuser,
                    &self.sas,
                    self.udp_port,
                ),
                (InPort::Rx, Some(out)) => {
                    outside::received(&pending.frame, out, words, &self.sas, self.udp_port)
                }
                _ => Ok(None),
            };
            match found {
                Ok(None) => {}
                Ok(Some(mut crypto)) => {
                    crypto.frame = id;
                    self.crypto.push(crypto);
                }
                Err(problem) => {
                    return Err(refused(format!(
                        "frame {id}: no outside implementation can check it: {problem}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// The same, and the device says so.
    fn settle(&mut self) -> Result<(), DeviceError> {
        self.flush()?;
        if self.busy {
            let idle = regs::status::TX_IDLE.mask() | regs::status::RX_IDLE.mask();
            self.poll(regs::STATUS, idle, idle, "STATUS: no frame is inside")?;
            self.busy = false;
        }
        let left = self.bench.sent.len() + self.bench.completions.len() + self.bench.received.len();
        match left {
            0 => Ok(()),
            _ => Err(refused(format!("{left} more came out than went in"))),
        }
    }

    fn handle(&self, handle: &Handle) -> u32 {
        match handle {
            Handle::Raw(word) => *word,
            Handle::Sa(name) => self.names.get(name).copied().unwrap_or(NO_HANDLE),
        }
    }

    fn operation(&mut self, op: &Operation) -> Result<(), DeviceError> {
        if let Operation::Frame(frame) = op {
            self.after_reset = false;
            return self.frame(frame);
        }
        self.settle()?;
        match op {
            Operation::Frame(_) => {}
            Operation::Reset { .. } => self.reset()?,
            Operation::SoftReset {} => self.soft_reset()?,
            Operation::Write {
                address,
                data,
                strobe,
            } => {
                let at = u32::from(*address) & !3;
                if at == regs::COMMAND && regs::command::SOFT_RESET.get(*data) != 0 {
                    return self.soft_reset();
                }
                if at == regs::CTRL && strobe & 1 != 0 {
                    self.ctrl = *data;
                }
                if at == regs::UDP_PORT && *strobe == 0xf {
                    self.udp_port = *data as u16;
                }
                self.after_reset = false;
                self.write((*address).into(), *data, *strobe, register_name(*address))?;
            }
            Operation::Configure(configuration) => {
                self.after_reset = false;
                for (address, data) in configuration.writes(&mut self.ctrl) {
                    self.write(address, data, 0xf, register_name(address as u16))?;
                }
                self.udp_port = configuration.udp_port.unwrap_or(self.udp_port);
            }
            Operation::Read {
                address,
                expect,
                mask,
                poll,
            } => {
                let mask = *mask;
                match (poll, expect) {
                    (true, Some(value)) => {
                        self.poll((*address).into(), *value, mask, register_name(*address))?;
                    }
                    _ => {
                        self.read((*address).into(), mask, register_name(*address))?;
                    }
                }
            }
            Operation::Caps { image, .. } => {
                for k in 0..8 {
                    let address = match image {
                        CapsImage::Hardware => regs::caps_hardware(k),
                        CapsImage::Current => regs::caps_current(k),
                    };
                    self.read(address, u32::MAX, register_name(address as u16))?;
                }
            }
            Operation::SaStats { handle, .. } => {
                let handle = self.handle(handle);
                self.write(regs::SA_STATS_HANDLE, handle, 0xf, "SA_STATS.HANDLE")?;
                for address in [
                    regs::SA_STATS_PACKETS,
                    regs::SA_STATS_BYTES_LO,
                    regs::SA_STATS_BYTES_HI,
                ] {
                    self.read(address, u32::MAX, register_name(address as u16))?;
                }
            }
            Operation::Command { slot, command, .. } => {
                self.after_reset = false;
                self.command((*slot).into(), command)?;
            }
            Operation::Wait { until, .. } => {
                if *until == Until::InitDone {
                    self.ready()?;
                }
            }
            Operation::Cancel { .. } | Operation::Stall { .. } | Operation::End {} => {
                return Err(refused("it depends on time".to_owned()));
            }
        }
        Ok(())
    }

    fn soft_reset(&mut self) -> Result<(), DeviceError> {
        self.write(
            regs::COMMAND,
            regs::command::SOFT_RESET.of(1),
            0xf,
            "COMMAND: soft reset",
        )?;
        self.ready()?;
        self.sas.clear();
        self.names.clear();
        self.after_reset = true;
        Ok(())
    }

    fn frame(&mut self, frame: &FrameOp) -> Result<(), DeviceError> {
        if self.pending.len() >= INSIDE {
            self.flush()?;
        }
        let id = self.frames;
        self.frames += 1;
        let port = match frame.port {
            Port::Tx => InPort::Tx,
            Port::Rx => InPort::Rx,
        };
        let tuser = match port {
            InPort::Tx => [
                self.handle(&frame.offload),
                self.handle(&frame.tunnel),
                frame.hint,
            ],
            InPort::Rx => [0; 3],
        };
        let bytes = frame.data.bytes().to_vec();
        let named = |what: &str, handle: &Handle| match handle {
            Handle::Sa(name) => format!(", {what} of {name}"),
            Handle::Raw(0) => String::new(),
            Handle::Raw(_) => format!(", {what} of no SA"),
        };
        let note = format!(
            "{} bytes{}{}",
            bytes.len(),
            named("handle", &frame.offload),
            named("tunnel", &frame.tunnel)
        );
        self.push(
            Op::Send {
                port,
                id,
                frame: bytes.clone(),
                tuser,
            },
            note,
        );
        self.bench.send(port, &bytes, tuser)?;
        self.busy = true;
        self.pending.push(Pending {
            id,
            port,
            frame: bytes,
            tuser,
        });
        Ok(())
    }

    fn command(&mut self, slot: u32, command: &Command) -> Result<(), DeviceError> {
        let handle = match command {
            Command::DeleteSa { handle } | Command::UpdateSa { handle, .. } => self.handle(handle),
            _ => 0,
        };
        let order = match regs::ctrl::SPI_HOST_ORDER.get(self.ctrl) {
            0 => SpiOrder::Wire,
            _ => SpiOrder::Host,
        };
        let request = request(0, command, handle, order);
        let what = describe_command(command);
        for (k, chunk) in request.buffer.chunks(4).enumerate() {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            let word = u32::from_le_bytes(word);
            // The window was wiped.
            if word != 0 {
                let note = match k {
                    0 => format!("slot {slot}: InformationBuffer of {what}"),
                    _ => String::new(),
                };
                let address = regs::mailbox_slot_window(slot) + 4 * k as u32;
                self.write(address, word, 0xf, note)?;
            }
        }
        let (oid, length) = (request.oid, request.length);
        self.write(regs::mailbox_slot_oid(slot), oid, 0xf, "OID")?;
        self.write(regs::mailbox_slot_length(slot), length, 0xf, "LENGTH")?;
        let start = regs::mailbox_slot_doorbell::START.of(1);
        self.write(
            regs::mailbox_slot_doorbell(slot),
            start,
            0xf,
            format!("DOORBELL: {what}"),
        )?;
        let done = regs::mailbox_slot_state::STATE_DONE;
        self.poll(
            regs::mailbox_slot_state(slot),
            done,
            regs::mailbox_slot_state::STATE.mask(),
            "STATE: done",
        )?;
        let status = self
            .bench
            .read(regs::mailbox_slot_ndis_status(slot) as u16)?;
        self.push(
            Op::Read {
                addr: regs::mailbox_slot_ndis_status(slot) as u16,
                mask: u32::MAX,
                value: status,
                sticky_over_reset: 0,
            },
            format!("{what}: {}", status_name(status)),
        );
        self.statuses.push(status);
        if !self.brief {
            self.read(regs::mailbox_slot_bytes_read(slot), u32::MAX, "BytesRead")?;
            self.read(
                regs::mailbox_slot_bytes_needed(slot),
                u32::MAX,
                "BytesNeeded",
            )?;
        }
        let at = match oid {
            ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => ndis::AddLayout::Plain.handle(),
            ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => ndis::AddLayout::Ex.handle(),
            _ => 0..0,
        };
        let mut given = 0;
        if !at.is_empty() {
            let window = regs::mailbox_slot_window(slot) + at.start as u32;
            given = self.read(window, u32::MAX, "OffloadHandle")?;
            if !self.brief {
                self.read(window + 4, u32::MAX, "OffloadHandle, upper half")?;
            }
        }
        if status != NDIS_STATUS_SUCCESS {
            return Ok(());
        }
        match command {
            Command::AddSa { sa, .. } => {
                self.names.insert(sa.name.clone(), given);
                self.sas.insert(given, sa.clone());
            }
            Command::DeleteSa { .. } => {
                self.sas.remove(&handle);
            }
            Command::UpdateSa {
                operation,
                spi,
                sequence_high,
                ..
            } => {
                if let Some(sa) = self.sas.get_mut(&handle) {
                    for association in &mut sa.associations {
                        if association.operation == *operation && association.spi == *spi {
                            association.sequence_high = *sequence_high;
                        }
                    }
                }
            }
            Command::Raw { .. } => self.updated(oid, &request.buffer, order),
        }
        Ok(())
    }

    /// What UPDATE_SA byte by byte did.
    fn updated(&mut self, oid: u32, buffer: &[u8], order: SpiOrder) {
        use ndis::field::update_sa as field;
        let word = |at: std::ops::Range<usize>| -> Option<[u8; 4]> {
            buffer.get(at.start..at.start + 4)?.try_into().ok()
        };
        if oid != ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA {
            return;
        }
        let members = || {
            let spi = word(field::SPI)?;
            Some((
                u32::from_le_bytes(word(field::OFFLOAD_HANDLE)?),
                u32::from_le_bytes(word(field::OPERATION)?),
                match order {
                    SpiOrder::Wire => u32::from_be_bytes(spi),
                    SpiOrder::Host => u32::from_le_bytes(spi),
                },
                u32::from_le_bytes(word(field::SEQUENCE_NUMBER_HIGH_ORDER)?),
            ))
        };
        let Some((handle, operation, spi, high)) = members() else {
            return;
        };
        let ah = operation == ndis::IPSEC_OFFLOAD_V2_AH;
        for sa in self.sas.get_mut(&handle).into_iter() {
            for association in &mut sa.associations {
                let same = (association.operation == crate::sa::Operation::Ah) == ah;
                if same && association.spi == spi {
                    association.sequence_high = high;
                }
            }
        }
    }

    /// Counters but for those of clocks, bundles in use, events.
    fn counters(&mut self) -> Result<(), DeviceError> {
        let counters = regs::COUNTERS_TX_FRAMES_LO..regs::COUNTERS_SA_DELETE_REQS_HI;
        for address in counters.step_by(8) {
            if !matches!(
                address,
                regs::COUNTERS_TX_STALLED_LO | regs::COUNTERS_RX_STALLED_LO
            ) {
                self.read(address, u32::MAX, register_name(address as u16))?;
            }
        }
        self.read(regs::SA_COUNT, u32::MAX, "SA_COUNT")?;
        // The diagnostic frame port has an event of its own.
        let mask = 0x1ff & !regs::intr_state::DIAG.mask();
        self.read(regs::INTR_STATE, mask, "INTR_STATE")?;
        Ok(())
    }
}

/// Whether a soft reset leaves it as it is.
fn keeps(address: u32) -> bool {
    matches!(
        address,
        regs::CTRL
            | regs::IPSECV2
            | regs::HALT
            | regs::HASH_SEED
            | regs::SA_LIMIT
            | regs::INTR_STATE
            | regs::INTR_ENABLE
            | regs::SA_WATERMARK
            | regs::SA_DELETE_REPEAT
            | regs::PARITY_INJECT
            | regs::UDP_PORT
            | regs::SA_STATS_HANDLE
            | regs::COUNTERS_TX_FRAMES_LO..=regs::COUNTERS_SA_DELETE_REQS_HI
    )
}

/// The words of a received frame in words.
fn describe(words: [u32; 2]) -> String {
    let words = ReceiveWords::new(words);
    if !words.crypto_done {
        return "untouched".to_owned();
    }
    let mut text = format!(
        "CryptoStatus {}",
        match words.crypto_status {
            0 => "0 SUCCESS",
            1 => "1 GENERIC_ERROR",
            2 => "2 TRANSPORT_AH_AUTH_FAILED",
            3 => "3 TRANSPORT_ESP_AUTH_FAILED",
            4 => "4 TUNNEL_AH_AUTH_FAILED",
            5 => "5 TUNNEL_ESP_AUTH_FAILED",
            6 => "6 INVALID_PACKET_SYNTAX",
            7 => "7 INVALID_PROTOCOL",
            _ => "unknown",
        }
    );
    if words.next_crypto_done {
        text.push_str(", NextCryptoDone");
    }
    if words.sa_delete_req {
        text.push_str(", SaDeleteReq");
    }
    if let Some((next, pad)) = words.header {
        text.push_str(&format!(", NextHeader {next}, PadLength {pad}"));
    }
    text
}
