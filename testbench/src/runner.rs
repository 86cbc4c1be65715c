// SPDX-License-Identifier: Apache-2.0
//! Plays a [`Scenario`] on any [`Device`]. What goes into the device is a function of the scenario and
//! of the pins that came out, and of nothing else.

use std::collections::{HashMap, VecDeque};

use ipsec_cosim_device::{Device, DeviceError, InFlight, Inputs, Outputs, Stimulus};
use ipsec_model::ndis::{self, AddLayout, SpiOrder, status_name};
use ipsec_model::regs;

use crate::drivers::axil::{self, Access, Program};
use crate::drivers::mailbox::{Answer, Request, Slot};
use crate::drivers::stall::Stall;
use crate::drivers::stream::{Sink, Source};
use crate::scenario::{
    CapsImage, Command, Expected, FrameOp, Handle, NO_HANDLE, Operation, Port, SLOTS, Scenario,
    StallPort, Until,
};

/// Clocks of reset at the start of every run.
pub const POWER_ON_CLOCKS: u32 = 2;

/// A frame that was given to the device, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameResult {
    /// Its operation in the scenario
    pub operation: usize,
    /// The input
    pub port: Port,
    /// Transmit: the words that went with it: offload handle, tunnel handle, slot-12 word
    pub user: [u32; 3],
    /// Clock of the first beat accepted
    pub clock_in: Option<u64>,
    /// Transmit: frame number of its completion
    pub number: Option<u32>,
    /// Transmit: NDIS_STATUS of its completion
    pub status: Option<u32>,
    /// Index of what came out, in the outputs of its port
    pub out: Option<usize>,
}

/// A frame that came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutFrame {
    /// The bytes
    pub bytes: Vec<u8>,
    /// Receive: slot-1 word and slot-12 word
    pub user: [u32; 2],
    /// Clock of the first beat
    pub first: u64,
    /// Clock of the last beat
    pub last: u64,
    /// Index in the frames of the result
    pub frame: Option<usize>,
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandResult {
    /// Its operation in the scenario
    pub operation: usize,
    /// NDIS_STATUS and the rest; `None` if a reset came first
    pub answer: Option<Answer>,
    /// The handle that went in with it; 0 if none did
    pub handle: u32,
    /// Clock in which the driver knew
    pub clock: u64,
}

/// A hard reset of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetResult {
    /// Its operation in the scenario
    pub operation: usize,
    /// Its first clock
    pub clock: u64,
}

/// A register write of the scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteResult {
    /// Its operation in the scenario
    pub operation: usize,
    /// Byte address
    pub address: u16,
    /// The word
    pub data: u32,
    /// Clock of the response
    pub clock: u64,
}

/// What a register read gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadResult {
    /// Its operation in the scenario
    pub operation: usize,
    /// Byte address
    pub address: u16,
    /// The word
    pub data: u32,
    /// Clock of the response
    pub clock: u64,
}

/// Everything that a run gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunResult {
    /// Clocks, those of reset included
    pub clocks: u64,
    /// Frames given, in the order of issue
    pub frames: Vec<FrameResult>,
    /// Frames on `m_axis_tx`
    pub tx_out: Vec<OutFrame>,
    /// Frames on `m_axis_rx`
    pub rx_out: Vec<OutFrame>,
    /// Commands, in the order in which they ended
    pub commands: Vec<CommandResult>,
    /// Register reads of the scenario, in order
    pub reads: Vec<ReadResult>,
    /// Register writes of the scenario, in order
    pub writes: Vec<WriteResult>,
    /// Hard resets, in order; not the one at the start
    pub resets: Vec<ResetResult>,
    /// An expectation that was not met, with which the run ended
    pub failure: Option<Failure>,
}

/// An expectation of the scenario, or a bound, that was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The operation, if it is one's
    pub operation: Option<usize>,
    /// One sentence
    pub message: String,
}

/// The two words of a received frame, member by member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiveWords {
    /// SaDeleteReq
    pub sa_delete_req: bool,
    /// CryptoDone
    pub crypto_done: bool,
    /// NextCryptoDone
    pub next_crypto_done: bool,
    /// CryptoStatus
    pub crypto_status: u16,
    /// NextHeader and PadLength, if HeaderInfoSet
    pub header: Option<(u8, u8)>,
}

impl ReceiveWords {
    /// From slot-1 word and slot-12 word.
    pub fn new([slot1, slot12]: [u32; 2]) -> Self {
        Self {
            sa_delete_req: slot1 & 1 != 0,
            crypto_done: slot1 & 2 != 0,
            next_crypto_done: slot1 & 4 != 0,
            crypto_status: (slot1 >> 16) as u16,
            header: (slot12 & 1 << 16 != 0).then_some((slot12 as u8, (slot12 >> 8) as u8)),
        }
    }
}

/// One line of register accesses.
#[derive(Clone, Debug, Default)]
struct HostLine {
    queue: VecDeque<HostAccess>,
    answers: VecDeque<(HostAccess, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct HostAccess {
    operation: usize,
    access: Access,
    expect: Option<(u32, u32)>,
    /// Read again until the expectation is met
    poll: bool,
}

impl Program for HostLine {
    fn access(&self) -> Option<Access> {
        self.queue.front().map(|next| next.access)
    }

    fn done(&mut self, _clock: u64, data: u32) {
        let Some(front) = self.queue.front().copied() else {
            return;
        };
        let met = front
            .expect
            .is_none_or(|(value, mask)| data & mask == value & mask);
        if front.poll && !met {
            return;
        }
        self.queue.pop_front();
        self.answers.push_back((front, data));
    }
}

/// What is known of an SA's name.
#[derive(Clone, Copy, Debug, Default)]
struct Name {
    /// ADD commands issued
    issued: u32,
    /// ADD commands ended
    ended: u32,
    handle: Option<u32>,
}

/// Frames of one direction.
#[derive(Clone, Debug)]
struct Lane {
    port: Port,
    source: Source,
    sink: Sink,
    /// Frames issued, not begun: index in the results, and the ADDs that its handles wait for
    queue: VecDeque<(usize, [u32; 2])>,
    /// The frame at the source
    current: Option<usize>,
    /// Begun and not finished, in order
    inside: VecDeque<usize>,
    /// Transmit: frames out whose completion has not come
    loose: VecDeque<usize>,
}

impl Lane {
    fn new(port: Port, seed: u64) -> Self {
        let (from, to) = match port {
            Port::Tx => (StallPort::SAxisTx, StallPort::MAxisTx),
            Port::Rx => (StallPort::SAxisRx, StallPort::MAxisRx),
        };
        Self {
            port,
            source: Source::new(Stall::new(seed, from as u64)),
            sink: Sink::new(Stall::new(seed, to as u64)),
            queue: VecDeque::new(),
            current: None,
            inside: VecDeque::new(),
            loose: VecDeque::new(),
        }
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.current.is_none() && self.inside.is_empty()
    }
}

/// A command that was issued.
#[derive(Clone, Copy, Debug)]
struct Queued {
    operation: usize,
    /// The ADDs that its handle waits for
    gate: u32,
    order: SpiOrder,
    /// Clocks from its doorbell to its cancellation
    cancel: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Reset until this many clocks have passed
    Reset(u32),
    /// The next operation is issued in this clock
    At(u64),
    /// The operation that comes next waits for its handle
    Handle {
        gate: u32,
    },
    /// An operation waits
    Waiting {
        until: Until,
        limit: u64,
        operation: usize,
    },
    Ended,
}

/// Plays one scenario, a clock at a time.
#[derive(Clone)]
pub struct Player<'a> {
    scenario: &'a Scenario,
    next: usize,
    state: State,
    clock: u64,
    /// The last clock in which something ended
    progress: u64,
    inputs: Inputs,
    tx: Lane,
    rx: Lane,
    cpl_stall: Stall,
    axil: axil::Port,
    /// The register port has work
    axil_on: bool,
    host: HostLine,
    slots: [Slot; SLOTS],
    /// Commands issued, not begun
    slot_queues: [VecDeque<Queued>; SLOTS],
    /// The handle that went in with the command under way
    slot_handles: [u32; SLOTS],
    /// The command issued last: its operation, and its status once it has ended
    slot_last: [Option<(usize, Option<Option<u32>>)>; SLOTS],
    /// What is asked of commands that are cancelled: the operation that does it, and whether it works
    cancels: HashMap<usize, (usize, Option<bool>)>,
    /// What is written to CTRL by the operations issued
    ctrl: u32,
    names: HashMap<&'a str, Name>,
    result: RunResult,
}

impl<'a> Player<'a> {
    /// Starts at the beginning. The scenario must be [checked](Scenario::check).
    pub fn new(scenario: &'a Scenario) -> Self {
        let seed = scenario.seed;
        let axil = [0, 1, 2, 3, 4].map(|k| Stall::new(seed, 0x100 + k));
        Self {
            scenario,
            next: 0,
            state: State::Reset(POWER_ON_CLOCKS),
            clock: 0,
            progress: 0,
            inputs: Inputs::default(),
            tx: Lane::new(Port::Tx, seed),
            rx: Lane::new(Port::Rx, seed),
            cpl_stall: Stall::new(seed, StallPort::MAxisTxcpl as u64),
            axil: axil::Port::new(axil),
            axil_on: false,
            host: HostLine::default(),
            slots: std::array::from_fn(|k| Slot::new(k as u32)),
            slot_queues: Default::default(),
            slot_handles: [0; SLOTS],
            slot_last: [None; SLOTS],
            cancels: HashMap::new(),
            ctrl: 0,
            names: HashMap::new(),
            result: RunResult::default(),
        }
    }

    /// Goes on with a device that has run so many clocks and is quiet: no reset at the start. In the first clock
    /// nothing is known of its outputs, so the first operation must be two clocks behind.
    pub fn without_reset(scenario: &'a Scenario, clock: u64) -> Self {
        let mut player = Self::new(scenario);
        player.inputs.rst_n = true;
        player.clock = clock;
        player.progress = clock;
        player.state = player.due();
        player
    }

    /// What the run gave so far.
    pub fn result(&self) -> &RunResult {
        &self.result
    }

    /// What the run gave.
    pub fn into_result(self) -> RunResult {
        self.result
    }

    /// Operations of the scenario issued so far.
    pub fn issued(&self) -> usize {
        self.next
    }

    /// What is inside the device now.
    pub fn in_flight(&self) -> InFlight {
        let mut frames = Vec::new();
        for lane in [&self.tx, &self.rx] {
            let mut seen: Vec<usize> = lane.inside.iter().copied().collect();
            if let Some(current) = lane.current
                && !seen.contains(&current)
            {
                seen.push(current);
            }
            for index in seen {
                let operation = self.result.frames[index].operation;
                if let Some(Operation::Frame(frame)) = self.operation(operation) {
                    frames.push(describe_frame(operation, frame));
                }
            }
        }
        let mut oids = Vec::new();
        for (k, slot) in self.slots.iter().enumerate() {
            if let Some(request) = slot.request()
                && let Some(Operation::Command { command, .. }) = self.operation(request.id)
            {
                let what = describe_command(command);
                oids.push(format!("slot {k}: operation {} ({what})", request.id));
            }
        }
        InFlight { frames, oids }
    }

    fn operation(&self, index: usize) -> Option<&'a Operation> {
        self.scenario.operations.get(index).map(|timed| &timed.op)
    }

    fn fail(&mut self, operation: Option<usize>, message: String) {
        if self.result.failure.is_none() {
            self.result.failure = Some(Failure { operation, message });
        }
        self.state = State::Ended;
    }

    fn wanted(&self, until: Until) -> bool {
        let frames = || self.tx.is_idle() && self.rx.is_idle();
        match until {
            Until::InitDone | Until::Commands => !self.axil_on,
            Until::Frames => frames(),
            Until::Idle => !self.axil_on && frames(),
        }
    }

    /// Issues what is due in this clock.
    fn issue(&mut self) {
        loop {
            match self.state {
                State::Ended => return,
                State::Reset(left) => {
                    self.inputs.rst_n = false;
                    self.state = if left > 0 {
                        State::Reset(left - 1)
                    } else {
                        self.inputs.rst_n = true;
                        self.due()
                    };
                    if left > 0 {
                        return;
                    }
                }
                State::At(clock) => {
                    if clock > self.clock {
                        return;
                    }
                    self.issue_next();
                }
                State::Handle { gate } => {
                    let index = self.next;
                    let Some(Operation::SaStats { handle, .. }) = self.operation(index) else {
                        self.state = self.due();
                        continue;
                    };
                    if let Some(word) = self.handle(handle, gate) {
                        self.next += 1;
                        self.state = self.due();
                        self.read_stats(index, word);
                        continue;
                    }
                    if self.clock - self.progress > crate::scenario::DEFAULT_LIMIT {
                        let limit = crate::scenario::DEFAULT_LIMIT;
                        self.fail(
                            Some(index),
                            format!("waited {limit} clocks without progress for a handle"),
                        );
                    }
                    return;
                }
                State::Waiting {
                    until,
                    limit,
                    operation,
                } => {
                    if self.wanted(until) {
                        if operation < self.scenario.operations.len() {
                            self.state = self.due();
                            continue;
                        }
                        self.state = State::Ended;
                        return;
                    }
                    if self.clock - self.progress > limit {
                        let what = until.what();
                        let operation =
                            (operation < self.scenario.operations.len()).then_some(operation);
                        self.fail(
                            operation,
                            format!("waited {limit} clocks without progress for {what}"),
                        );
                    }
                    return;
                }
            }
        }
    }

    /// When the operation that comes next is issued.
    fn due(&self) -> State {
        let after = self
            .scenario
            .operations
            .get(self.next)
            .map_or(0, |timed| timed.after);
        State::At(self.clock.saturating_add(after))
    }

    fn wait(&mut self, until: Until, limit: u64, operation: usize) {
        self.progress = self.clock;
        self.state = State::Waiting {
            until,
            limit,
            operation,
        };
    }

    fn issue_next(&mut self) {
        let index = self.next;
        let Some(op) = self.operation(index) else {
            return self.wait(Until::Idle, crate::scenario::DEFAULT_LIMIT, index);
        };
        if let Operation::SaStats { handle, .. } = op {
            self.progress = self.clock;
            self.state = State::Handle {
                gate: self.gate(handle),
            };
            return;
        }
        self.next += 1;
        self.state = self.due();
        match op {
            Operation::Reset { clocks } => {
                self.cut();
                self.ctrl = 0;
                self.result.resets.push(ResetResult {
                    operation: index,
                    clock: self.clock,
                });
                self.state = State::Reset(*clocks);
            }
            Operation::SoftReset {} => {
                let access = Access::write(regs::COMMAND, regs::command::SOFT_RESET.of(1));
                self.host_access(index, access, None, false);
            }
            Operation::Write {
                address,
                data,
                strobe,
            } => {
                let access = Access::Write {
                    address: *address,
                    data: *data,
                    strobe: *strobe,
                };
                if u32::from(*address) & !3 == regs::CTRL && strobe & 1 != 0 {
                    self.ctrl = *data;
                }
                self.host_access(index, access, None, false);
            }
            Operation::Read {
                address,
                expect,
                mask,
                poll,
            } => {
                let access = Access::Read { address: *address };
                self.host_access(index, access, expect.map(|value| (value, *mask)), *poll);
            }
            Operation::Command { slot, command, .. } => {
                if let Command::AddSa { sa, .. } = command {
                    self.names.entry(&sa.name).or_default().issued += 1;
                }
                let gate = match command {
                    Command::DeleteSa { handle } | Command::UpdateSa { handle, .. } => {
                        self.gate(handle)
                    }
                    _ => 0,
                };
                let order = match regs::ctrl::SPI_HOST_ORDER.get(self.ctrl) {
                    0 => SpiOrder::Wire,
                    _ => SpiOrder::Host,
                };
                let slot = usize::from(*slot) % SLOTS;
                self.slot_queues[slot].push_back(Queued {
                    operation: index,
                    gate,
                    order,
                    cancel: None,
                });
                self.slot_last[slot] = Some((index, None));
                self.axil_on = true;
            }
            Operation::Cancel {
                slot,
                clocks,
                aborted,
            } => self.cancel(index, usize::from(*slot) % SLOTS, *clocks, *aborted),
            Operation::Configure(configuration) => {
                for (address, data) in configuration.writes(&mut self.ctrl) {
                    self.host_access(index, Access::write(address, data), None, false);
                }
            }
            Operation::Caps { image, expect } => {
                for k in 0..8 {
                    let address = match image {
                        CapsImage::Hardware => regs::caps_hardware(k),
                        CapsImage::Current => regs::caps_current(k),
                    };
                    let word = expect.as_ref().and_then(|bytes| {
                        let at = 4 * k as usize;
                        let word = bytes.get(at..at + 4)?.try_into().ok()?;
                        Some((u32::from_le_bytes(word), u32::MAX))
                    });
                    self.host_access(index, Access::read(address), word, false);
                }
            }
            // Handled above.
            Operation::SaStats { .. } => {}
            Operation::Frame(frame) => {
                let gates = [self.gate(&frame.offload), self.gate(&frame.tunnel)];
                self.result.frames.push(FrameResult {
                    operation: index,
                    port: frame.port,
                    user: [0; 3],
                    clock_in: None,
                    number: None,
                    status: None,
                    out: None,
                });
                let lane = match frame.port {
                    Port::Tx => &mut self.tx,
                    Port::Rx => &mut self.rx,
                };
                lane.queue.push_back((self.result.frames.len() - 1, gates));
            }
            Operation::Stall { port, pattern } => match port {
                StallPort::SAxisTx => self.tx.source.stall.set(pattern),
                StallPort::SAxisRx => self.rx.source.stall.set(pattern),
                StallPort::MAxisTx => self.tx.sink.stall.set(pattern),
                StallPort::MAxisTxcpl => self.cpl_stall.set(pattern),
                StallPort::MAxisRx => self.rx.sink.stall.set(pattern),
                StallPort::SAxil => {
                    for stall in self.axil.stalls() {
                        stall.set(pattern);
                    }
                }
            },
            Operation::Wait { until, limit } => {
                if *until == Until::InitDone {
                    let done = regs::status::INIT_DONE.of(1);
                    self.host_access(index, Access::read(regs::STATUS), Some((done, done)), true);
                }
                self.wait(*until, *limit, index);
            }
            Operation::End {} => self.state = State::Ended,
        }
    }

    /// Cancels the command issued last into a slot.
    fn cancel(&mut self, index: usize, slot: usize, clocks: u64, aborted: Option<bool>) {
        let Some((operation, ended)) = self.slot_last[slot] else {
            return;
        };
        self.cancels.insert(operation, (index, aborted));
        if let Some(status) = ended {
            return self.check_aborted(operation, status);
        }
        match self.slot_queues[slot].back_mut() {
            Some(queued) => queued.cancel = Some(clocks),
            None => self.slots[slot].cancel(clocks),
        }
    }

    /// Whether a cancelled command ended as is asked for.
    fn check_aborted(&mut self, operation: usize, status: Option<u32>) {
        let (Some((cancel, Some(aborted))), Some(status)) =
            (self.cancels.get(&operation).copied(), status)
        else {
            return;
        };
        if aborted != (status == ndis::NDIS_STATUS_REQUEST_ABORTED) {
            let not = if aborted { "" } else { "not " };
            self.fail(
                Some(cancel),
                format!(
                    "the command of operation {operation} ended with {} (0x{status:08x}), \
                     expected {not}REQUEST_ABORTED",
                    status_name(status)
                ),
            );
        }
    }

    /// A snapshot of the counters of an SA.
    fn read_stats(&mut self, index: usize, handle: u32) {
        let Some(Operation::SaStats { packets, bytes, .. }) = self.operation(index) else {
            return;
        };
        let all = |word: u32| (word, u32::MAX);
        let (packets, bytes) = (packets.map(all), *bytes);
        let (low, high) = (
            bytes.map(|bytes| all(bytes as u32)),
            bytes.map(|bytes| all((bytes >> 32) as u32)),
        );
        let write = Access::write(regs::SA_STATS_HANDLE, handle);
        self.host_access(index, write, None, false);
        for (address, expect) in [
            (regs::SA_STATS_PACKETS, packets),
            (regs::SA_STATS_BYTES_LO, low),
            (regs::SA_STATS_BYTES_HI, high),
        ] {
            self.host_access(index, Access::read(address), expect, false);
        }
    }

    fn host_access(
        &mut self,
        operation: usize,
        access: Access,
        expect: Option<(u32, u32)>,
        poll: bool,
    ) {
        self.host.queue.push_back(HostAccess {
            operation,
            access,
            expect,
            poll,
        });
        self.axil_on = true;
    }

    /// A reset: what is under way is lost.
    fn cut(&mut self) {
        self.inputs.rst_n = false;
        self.axil.cut(&mut self.inputs.axil);
        self.host.queue.clear();
        for k in 0..SLOTS {
            let under_way = self.slots[k].request().map(|request| request.id);
            let handle = self.slot_handles[k];
            self.slots[k].cut();
            if let Some(operation) = under_way {
                self.command_ended(k, operation, handle, None);
            }
            while let Some(queued) = self.slot_queues[k].pop_front() {
                self.command_ended(k, queued.operation, 0, None);
            }
        }
        self.axil_on = false;
        for lane in [&mut self.tx, &mut self.rx] {
            lane.source.cut();
            lane.sink.cut();
            lane.current = None;
            lane.inside.clear();
            lane.loose.clear();
        }
        self.inputs.tx_valid = false;
        self.inputs.rx_valid = false;
    }

    fn command_ended(
        &mut self,
        slot: usize,
        operation: usize,
        handle: u32,
        answer: Option<Answer>,
    ) {
        self.progress = self.clock;
        self.result.commands.push(CommandResult {
            operation,
            answer,
            handle,
            clock: self.clock,
        });
        let status = answer.map(|answer| answer.status);
        if let Some((last, ended)) = &mut self.slot_last[slot]
            && *last == operation
        {
            *ended = Some(status);
        }
        self.check_aborted(operation, status);
        let Some(Operation::Command {
            command, expect, ..
        }) = self.operation(operation)
        else {
            return;
        };
        if let Command::AddSa { sa, .. } = command
            && let Some(name) = self.names.get_mut(sa.name.as_str())
        {
            name.ended += 1;
            if let Some(Answer {
                handle: Some(handle),
                ..
            }) = answer
            {
                name.handle = Some(handle as u32);
            }
        }
        if let (Some(expect), Some(Answer { status, .. })) = (expect, answer)
            && status != *expect
            && !(status == ndis::NDIS_STATUS_REQUEST_ABORTED
                && self.cancels.contains_key(&operation))
        {
            let message = format!(
                "{} ended with {} (0x{status:08x}), expected {} (0x{expect:08x})",
                describe_command(command),
                status_name(status),
                status_name(*expect)
            );
            self.fail(Some(operation), message);
        }
    }

    /// The ADDs of its SA that a handle given now waits for.
    fn gate(&self, handle: &Handle) -> u32 {
        match handle {
            Handle::Raw(_) => 0,
            Handle::Sa(name) => self.names.get(name.as_str()).map_or(0, |name| name.issued),
        }
    }

    /// `None` as long as it waits.
    fn handle(&self, handle: &Handle, gate: u32) -> Option<u32> {
        match handle {
            Handle::Raw(word) => Some(*word),
            Handle::Sa(name) => match self.names.get(name.as_str()) {
                Some(name) if name.ended < gate => None,
                Some(name) => Some(name.handle.unwrap_or(NO_HANDLE)),
                None => Some(NO_HANDLE),
            },
        }
    }

    /// The register port in this clock.
    fn registers(&mut self, outputs: &Outputs) {
        for k in 0..SLOTS {
            if !self.slots[k].is_free() {
                self.slots[k].tick(self.clock);
                continue;
            }
            let Some(queued) = self.slot_queues[k].front().copied() else {
                continue;
            };
            let (index, gate, order) = (queued.operation, queued.gate, queued.order);
            let Some(Operation::Command { command, .. }) = self.operation(index) else {
                continue;
            };
            let handle = match command {
                Command::DeleteSa { handle } | Command::UpdateSa { handle, .. } => {
                    match self.handle(handle, gate) {
                        Some(handle) => handle,
                        None => continue,
                    }
                }
                _ => 0,
            };
            self.slot_queues[k].pop_front();
            self.slot_handles[k] = handle;
            self.slots[k].start(request(index, command, handle, order));
            if let Some(clocks) = queued.cancel {
                self.slots[k].cancel(clocks);
            }
        }
        let [s0, s1, s2, s3] = &mut self.slots;
        let mut programs: [&mut dyn Program; 1 + SLOTS] = [&mut self.host, s0, s1, s2, s3];
        let ended = self.axil.drive(
            self.clock,
            &outputs.axil,
            &mut self.inputs.axil,
            &mut programs,
        );
        if ended == [None, None] {
            if self.axil.is_idle() && self.host.queue.is_empty() {
                self.axil_on = self.slots.iter().any(|slot| !slot.is_free())
                    || self.slot_queues.iter().any(|queue| !queue.is_empty());
            }
            return;
        }
        while let Some((access, data)) = self.host.answers.pop_front() {
            self.progress = self.clock;
            let (operation, clock) = (access.operation, self.clock);
            let address = match access.access {
                Access::Write { address, data, .. } => {
                    self.result.writes.push(WriteResult {
                        operation,
                        address,
                        data,
                        clock,
                    });
                    continue;
                }
                Access::Read { address } => address,
            };
            if let Some(Operation::Wait { .. }) = self.operation(operation) {
                continue;
            }
            self.result.reads.push(ReadResult {
                operation,
                address,
                data,
                clock,
            });
            if let Some((value, mask)) = access.expect
                && data & mask != value & mask
            {
                let name = register_name(address);
                let message = format!(
                    "{name} read 0x{data:08x}, expected 0x{value:08x} under mask 0x{mask:08x}"
                );
                self.fail(Some(operation), message);
            }
        }
        for k in 0..SLOTS {
            while let Some(answer) = self.slots[k].answers.pop_front() {
                self.command_ended(k, answer.id, self.slot_handles[k], Some(answer));
            }
        }
    }

    /// The source of one direction takes up its next frame.
    fn load(&mut self, port: Port) {
        let lane = match port {
            Port::Tx => &self.tx,
            Port::Rx => &self.rx,
        };
        let Some((index, gates)) = lane.queue.front().copied() else {
            return;
        };
        let Some(Operation::Frame(frame)) = self.operation(self.result.frames[index].operation)
        else {
            return;
        };
        if port == Port::Tx {
            let (Some(offload), Some(tunnel)) = (
                self.handle(&frame.offload, gates[0]),
                self.handle(&frame.tunnel, gates[1]),
            ) else {
                return;
            };
            self.inputs.tx_user = [offload, tunnel, frame.hint];
            self.result.frames[index].user = self.inputs.tx_user;
        }
        let lane = match port {
            Port::Tx => &mut self.tx,
            Port::Rx => &mut self.rx,
        };
        lane.queue.pop_front();
        lane.current = Some(index);
        lane.source.load(frame.data.bytes());
    }

    /// The inputs of this clock; `outputs` are the pins before its edge.
    fn drive(&mut self, outputs: &Outputs) {
        self.issue();
        if !self.inputs.rst_n {
            // Nothing is transferred; the readies move on as ever.
            self.inputs.tx_out_ready = !self.tx.sink.stall.now();
            self.inputs.txcpl_ready = !self.cpl_stall.now();
            self.inputs.rx_out_ready = !self.rx.sink.stall.now();
            return;
        }
        if self.axil_on {
            self.registers(outputs);
        }
        for port in [Port::Tx, Port::Rx] {
            let lane = if port == Port::Tx { &self.tx } else { &self.rx };
            if lane.current.is_none() && !lane.queue.is_empty() {
                self.load(port);
            }
        }
        let inputs = &mut self.inputs;
        let taken = self
            .tx
            .source
            .drive(outputs.tx_ready, &mut inputs.tx_valid, &mut inputs.tx);
        self.tx.accepted(taken, self.clock, &mut self.result);
        let taken = self
            .rx
            .source
            .drive(outputs.rx_ready, &mut inputs.rx_valid, &mut inputs.rx);
        self.rx.accepted(taken, self.clock, &mut self.result);

        inputs.tx_out_ready = !self.tx.sink.stall.now();
        if inputs.tx_out_ready && outputs.tx_out_valid {
            match self.tx.sink.take(self.clock, &outputs.tx_out) {
                Ok(None) => {}
                Ok(Some(taken)) => {
                    self.tx.loose.push_back(self.result.tx_out.len());
                    self.result.tx_out.push(OutFrame {
                        bytes: taken.bytes,
                        user: [0; 2],
                        first: taken.first,
                        last: taken.last,
                        frame: None,
                    });
                }
                Err(keep) => self.bad_keep("m_axis_tx", keep),
            }
        }
        let inputs = &mut self.inputs;
        inputs.txcpl_ready = !self.cpl_stall.now();
        if inputs.txcpl_ready && outputs.txcpl_valid {
            self.progress = self.clock;
            if let Some(index) = self.tx.inside.pop_front() {
                let frame = &mut self.result.frames[index];
                frame.number = Some((outputs.txcpl >> 32) as u32);
                frame.status = Some(outputs.txcpl as u32);
                if frame.status == Some(ndis::NDIS_STATUS_SUCCESS) {
                    frame.out = self.tx.loose.pop_front();
                    if let Some(out) = frame.out {
                        self.result.tx_out[out].frame = Some(index);
                    }
                }
            }
        }
        inputs.rx_out_ready = !self.rx.sink.stall.now();
        if inputs.rx_out_ready && outputs.rx_out_valid {
            match self.rx.sink.take(self.clock, &outputs.rx_out) {
                Ok(None) => {}
                Ok(Some(taken)) => {
                    self.progress = self.clock;
                    let frame = self.rx.inside.pop_front();
                    if let Some(index) = frame {
                        self.result.frames[index].out = Some(self.result.rx_out.len());
                    }
                    self.result.rx_out.push(OutFrame {
                        bytes: taken.bytes,
                        user: outputs.rx_user,
                        first: taken.first,
                        last: taken.last,
                        frame,
                    });
                }
                Err(keep) => self.bad_keep("m_axis_rx", keep),
            }
        }
    }

    #[cold]
    fn bad_keep(&mut self, port: &str, keep: u16) {
        let clock = self.clock;
        self.fail(
            None,
            format!("{port} showed the illegal tkeep 0x{keep:04x} in clock {clock}"),
        );
    }
}

impl Lane {
    #[inline]
    fn accepted(&mut self, taken: Option<(bool, bool)>, clock: u64, result: &mut RunResult) {
        let Some((first, last)) = taken else {
            return;
        };
        let Some(index) = self.current else {
            return;
        };
        if first {
            result.frames[index].clock_in = Some(clock);
            self.inside.push_back(index);
        }
        if last {
            self.current = None;
        }
        debug_assert_eq!(result.frames[index].port, self.port);
    }
}

impl Stimulus for Player<'_> {
    #[inline]
    fn next(&mut self, clock: u64, outputs: &Outputs) -> Option<Inputs> {
        self.clock = clock;
        self.drive(outputs);
        if self.state == State::Ended {
            return None;
        }
        self.result.clocks = clock;
        Some(self.inputs)
    }
}

/// A frame of a scenario in words.
pub fn describe_frame(operation: usize, frame: &FrameOp) -> String {
    let port = match frame.port {
        Port::Tx => "tx",
        Port::Rx => "rx",
    };
    let mut text = format!(
        "{port} operation {operation} ({} bytes",
        frame.data.bytes().len()
    );
    for (what, handle) in [("offload", &frame.offload), ("tunnel", &frame.tunnel)] {
        match handle {
            Handle::Raw(0) => {}
            Handle::Raw(word) => text.push_str(&format!(", {what} 0x{word:08x}")),
            Handle::Sa(name) => text.push_str(&format!(", {what} SA {name}")),
        }
    }
    text.push(')');
    text
}

/// What the slot takes for a command: `handle` is that of its SA.
pub fn request(id: usize, command: &Command, handle: u32, order: SpiOrder) -> Request {
    match command {
        Command::AddSa { sa, ex } => {
            let layout = if *ex { AddLayout::Ex } else { AddLayout::Plain };
            Request::add(id, sa, layout, order)
        }
        Command::DeleteSa { .. } => Request::delete(id, handle),
        Command::UpdateSa {
            operation,
            spi,
            sequence_high,
            ..
        } => Request::update(id, handle, *operation, *spi, *sequence_high, order),
        Command::Raw {
            oid,
            buffer,
            length,
        } => Request {
            id,
            oid: *oid,
            length: length.unwrap_or(buffer.len() as u32),
            buffer: buffer.clone(),
            handle_at: None,
        },
    }
}

/// A register in words: its name, or its address.
pub fn register_name(address: u16) -> String {
    let at = u32::from(address) & !3;
    match regs::REGISTERS
        .iter()
        .find(|register| register.address == at)
    {
        Some(register) => register.name.to_owned(),
        None => format!("register 0x{address:04x}"),
    }
}

/// A command of a scenario in words.
pub fn describe_command(command: &Command) -> String {
    let of = |handle: &Handle| match handle {
        Handle::Sa(name) => format!("'{name}'"),
        Handle::Raw(word) => format!("0x{word:08x}"),
    };
    match command {
        Command::AddSa { sa, ex: false } => format!("ADD_SA '{}'", sa.name),
        Command::AddSa { sa, ex: true } => format!("ADD_SA_EX '{}'", sa.name),
        Command::DeleteSa { handle } => format!("DELETE_SA {}", of(handle)),
        Command::UpdateSa {
            handle,
            sequence_high,
            ..
        } => format!("UPDATE_SA {} to 0x{sequence_high:08x}", of(handle)),
        Command::Raw { oid, buffer, .. } => format!("OID 0x{oid:08x} with {} bytes", buffer.len()),
    }
}

/// What became of a frame and should not have.
fn frame_problem(
    result: &RunResult,
    frame: &FrameResult,
    expected: &Expected,
    sa_delete_req: Option<bool>,
) -> Option<String> {
    let status = |expected: &str| match frame.status {
        Some(status) => format!(
            "completion {} (0x{status:08x}), expected {expected}",
            status_name(status)
        ),
        None => format!("no completion, expected {expected}"),
    };
    match expected {
        Expected::AnyOf(all) => {
            let mut problems = Vec::new();
            for expected in all {
                problems.push(frame_problem(result, frame, expected, sa_delete_req)?);
            }
            Some(format!("none of {}: {}", all.len(), problems.join("; ")))
        }
        Expected::Refused {} if frame.status == Some(ndis::NDIS_STATUS_FAILURE) => None,
        Expected::Refused {} => Some(status("NDIS_STATUS_FAILURE")),
        Expected::Sent(_) if frame.status != Some(ndis::NDIS_STATUS_SUCCESS) => {
            Some(status("NDIS_STATUS_SUCCESS"))
        }
        Expected::Sent(bytes) => match frame.out.map(|out| &result.tx_out[out].bytes) {
            None => Some("it did not come out".to_owned()),
            Some(got) => differing(got, bytes),
        },
        Expected::Received {
            bytes,
            done,
            next,
            status,
            header,
        } => {
            let Some(out) = frame.out.map(|out| &result.rx_out[out]) else {
                return Some("it did not come out".to_owned());
            };
            let words = ReceiveWords::new(out.user);
            let as_expected = (words.crypto_done, words.next_crypto_done) == (*done, *next)
                && status.contains(&words.crypto_status)
                && words.header == *header
                && sa_delete_req.is_none_or(|asked| words.sa_delete_req == asked);
            if !as_expected {
                let asked = match sa_delete_req {
                    Some(asked) => format!(", sa_delete_req {asked}"),
                    None => String::new(),
                };
                return Some(format!(
                    "{words:?}, expected crypto_done {done}, next_crypto_done {next}, crypto_status \
                     {status:?}, header {header:?}{asked}"
                ));
            }
            differing(&out.bytes, bytes)
        }
    }
}

fn differing(got: &[u8], expected: &[u8]) -> Option<String> {
    if got.len() != expected.len() {
        return Some(format!("{} bytes, expected {}", got.len(), expected.len()));
    }
    let mut pairs = got
        .iter()
        .zip(expected)
        .enumerate()
        .filter(|(_, (g, e))| g != e);
    let (at, (got, expected)) = pairs.next()?;
    Some(format!(
        "{} bytes differ, the first is byte {at}: 0x{got:02x}, expected 0x{expected:02x}",
        1 + pairs.count()
    ))
}

/// The first frame that is not as its operation says.
fn judge(scenario: &Scenario, result: &RunResult) -> Option<Failure> {
    result.frames.iter().find_map(|frame| {
        let Operation::Frame(op) = &scenario.operations.get(frame.operation)?.op else {
            return None;
        };
        let problem = frame_problem(result, frame, op.expect.as_ref()?, op.sa_delete_req)?;
        Some(Failure {
            operation: Some(frame.operation),
            message: format!("{}: {problem}", describe_frame(frame.operation, op)),
        })
    })
}

/// Plays on a fresh device until the end, or until the device stops. `watch` is called now and then
/// with the player.
///
/// # Errors
/// The device's: a failed assertion, a divergence.
pub fn play<'a, D: Device + ?Sized>(
    device: &mut D,
    player: &mut Player<'a>,
    mut watch: impl FnMut(&Player<'a>),
) -> Result<(), DeviceError> {
    let mut outputs = Outputs::default();
    let mut clock = device.clock();
    while let Some(inputs) = player.next(clock + 1, &outputs) {
        outputs = device.step(&inputs)?;
        clock += 1;
        if clock & 0x3fff == 0 {
            watch(player);
        }
    }
    let result = &mut player.result;
    if result.failure.is_none() {
        result.failure = judge(player.scenario, result);
    }
    Ok(())
}

/// Plays a scenario on a fresh device.
///
/// # Errors
/// The device's: a failed assertion, a divergence.
pub fn run<D: Device + ?Sized>(
    scenario: &Scenario,
    device: &mut D,
) -> Result<RunResult, DeviceError> {
    let mut player = Player::new(scenario);
    play(device, &mut player, |_| {})?;
    Ok(player.into_result())
}
