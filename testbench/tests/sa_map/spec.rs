// SPDX-License-Identifier: Apache-2.0
//! The abstract SA table, as a third opinion: maps from {version, protocol, SPI, destination} and from handles to
//! bundles. It knows of every SA from when to when it may be there, and from when to when it must; so it says which
//! results a command or a frame may have while others are under way. It knows nothing of clocks inside the
//! device: a command takes effect at some time between its doorbell and the clock at which its driver knew of
//! its end, a frame's look-up is between its first beat in and its first beat out.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipsec_model::regs;
use ipsec_testbench::esp::{open_esn, seal_esn};
use ipsec_testbench::runner::{CommandResult, FrameResult, ReceiveWords, RunResult};
use ipsec_testbench::sa::{
    Association, Authentication, Direction, Encryption, Operation as Protocol, Sa,
};
use ipsec_testbench::scenario::{Command, FrameData, Operation, Port, Scenario};

use crate::buffers::{
    Buffer, INVALID_DATA, INVALID_PARAMETER, Judged, NOT_ACCEPTED, New, NewBundle, REQUEST_ABORTED,
    RESET_IN_PROGRESS, RESOURCES, SUCCESS, Settings, Wish, judge,
};
use crate::monitor::Notes;

const FAILURE: u32 = 0xc000_0001;
/// Clocks that a change of the configuration may take to reach everybody.
const SLACK: u64 = 4;
const EVER: u64 = u64::MAX;

/// From, to: both included.
type Span = (u64, u64);

fn meet(a: Span, b: Span) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

fn covers(a: Span, b: Span) -> bool {
    a.0 <= b.0 && b.1 <= a.1
}

/// What an inbound SA is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    v6: bool,
    ah: bool,
    spi: u32,
    dst: u128,
}

/// An SA that was added, or may have been when a reset came.
#[derive(Debug)]
struct Entry {
    operation: usize,
    inbound: bool,
    udp: u32,
    /// Of each association: what it is found by, itself, and its upper words: value, the span in which it may be the one
    parts: Vec<Part>,
    /// None: nobody was told
    handle: Option<u32>,
    life: usize,
    /// The span in which it came
    born: Span,
    /// It may be there
    may: Span,
    /// It is there; empty if the first is behind the second
    must: Span,
    /// A command deleted it; it may have, if the command came while the SA did
    deleted: bool,
    perhaps_deleted: bool,
}

/// An association of a bundle.
#[derive(Debug)]
struct Part {
    key: Key,
    association: Association,
    words: Vec<(u32, Span)>,
}

impl Part {
    fn words_in(&self, span: Span) -> Vec<Option<u32>> {
        if !self.association.esn {
            return vec![None];
        }
        let words = self.words.iter().filter(|(_, of)| meet(*of, span));
        words.map(|(word, _)| Some(*word)).collect()
    }

    /// UPDATE_SA names it.
    fn is(&self, operation: u32, spi: u32) -> bool {
        operation == number_of(self.association.operation)
            && self.association.spi == spi
            && self.association.esn
    }

    /// AES-GCM with the whole tag: what `open_esn` and `seal_esn` do.
    fn is_plain(&self) -> bool {
        self.association.encryption != Encryption::None && self.association.icv_length == 16
    }
}

fn number_of(operation: Protocol) -> u32 {
    match operation {
        Protocol::Ah => 1,
        Protocol::Esp => 2,
    }
}

impl Entry {
    fn two(&self) -> bool {
        self.parts.len() == 2
    }

    /// The association of this key.
    fn part(&self, key: Key) -> Option<&Part> {
        self.parts.iter().find(|part| part.key == key)
    }

    fn must_span(&self) -> Option<Span> {
        (self.must.0 <= self.must.1).then_some(self.must)
    }

    fn there_all(&self, span: Span) -> bool {
        self.must_span().is_some_and(|must| covers(must, span))
    }
}

/// A setting over time: value from a clock on.
type History = Vec<(u64, u32)>;

fn values(history: &History, (from, to): Span) -> BTreeSet<u32> {
    let mut values = BTreeSet::new();
    for (k, (clock, value)) in history.iter().enumerate() {
        let until = history.get(k + 1).map_or(EVER, |(next, _)| *next);
        if *clock <= to.saturating_add(SLACK) && until.saturating_add(SLACK) >= from {
            values.insert(*value);
        }
    }
    values
}

/// A reset: the clock, the clock at which it was certainly over, whether it is `rst_ni`.
#[derive(Clone, Copy, Debug)]
struct Reset {
    clock: u64,
    /// With `rst_ni`: the first clock behind it
    sweep: u64,
    over: u64,
    hard: bool,
}

/// A command that reached its doorbell.
struct Issued<'a> {
    operation: usize,
    slot: u32,
    command: &'a Command,
    result: CommandResult,
    span: Span,
    /// A reset may have wiped the window while it was filled
    spoiled: bool,
}

/// The specification, and what it found wrong.
pub struct Spec<'a> {
    scenario: &'a Scenario,
    result: &'a RunResult,
    notes: &'a Notes,
    resets: Vec<Reset>,
    ctrl: History,
    ipsecv2: History,
    limit: History,
    halt: History,
    entries: Vec<Entry>,
    by_key: HashMap<Key, Vec<usize>>,
    by_handle: HashMap<u32, Vec<usize>>,
    pub problems: Vec<String>,
    pub judged: Judgements,
}

/// How much was looked at, and how much of it had only one way out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judgements {
    pub commands: u64,
    pub frames: u64,
    /// Commands and frames of which only one outcome was allowed
    pub certain: u64,
    pub counts: u64,
}

fn number(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(a) => (false, u32::from(a).into()),
        IpAddr::V6(a) => (true, a.into()),
    }
}

/// What an ADD of this SA wishes; keys are not looked at.
fn wish_of(sa: &Sa) -> NewBundle {
    let (v6, dst) = number(sa.dst);
    let new = |of: &Association| New {
        ah: of.operation == Protocol::Ah,
        gmac: of.encryption == Encryption::None,
        spi: of.spi,
        esn: of.esn,
        high: of.sequence_high,
        icv: of.icv_length,
        key: (0, 0),
    };
    NewBundle {
        inbound: sa.direction == Direction::Inbound,
        v6,
        dst,
        udp: 0,
        first: new(&sa.associations[0]),
        second: sa.associations.get(1).map(new),
    }
}

/// What the associations of a bundle are found by.
fn keys_of(new: &NewBundle) -> Vec<Key> {
    let key = |of: New| Key {
        v6: new.v6,
        ah: of.ah,
        spi: of.spi,
        dst: new.dst,
    };
    new.each().map(key).collect()
}

impl<'a> Spec<'a> {
    /// Judges a run.
    pub fn of(scenario: &'a Scenario, result: &'a RunResult, notes: &'a Notes) -> Self {
        let mut spec = Self {
            scenario,
            result,
            notes,
            resets: Vec::new(),
            ctrl: Vec::new(),
            ipsecv2: Vec::new(),
            limit: Vec::new(),
            halt: Vec::new(),
            entries: Vec::new(),
            by_key: HashMap::new(),
            by_handle: HashMap::new(),
            problems: Vec::new(),
            judged: Judgements::default(),
        };
        spec.settings();
        let commands = spec.commands();
        spec.added(&commands);
        spec.deleted(&commands);
        spec.updated(&commands);
        spec.uniqueness();
        for command in &commands {
            spec.status(command);
        }
        for frame in &result.frames {
            spec.frame(frame);
        }
        spec.reads(&commands);
        spec
    }

    fn problem(&mut self, operation: usize, text: String) {
        self.problems.push(format!("operation {operation}: {text}"));
    }

    /// Settings and resets over time, from what was written.
    fn settings(&mut self) {
        let num_sa = self.scenario.device.num_sa;
        let over = |clock: u64| {
            let mut known = self.notes.init_done.iter();
            known.find(|known| **known > clock).copied().unwrap_or(EVER)
        };
        let mut hard = self.notes.resets.iter().peekable();
        let mut state = [0, 4, num_sa, 0];
        let mut histories: [History; 4] = Default::default();
        let mut note = |clock: u64, state: [u32; 4]| {
            for (history, value) in histories.iter_mut().zip(state) {
                if history.last().is_none_or(|(_, last)| *last != value) {
                    history.push((clock, value));
                }
            }
        };
        note(0, state);
        for write in &self.notes.writes {
            while let Some((clock, end)) = hard.next_if(|(clock, _)| *clock < write.clock) {
                state = [0, 4, num_sa, 0];
                note(*clock, state);
                self.resets.push(Reset {
                    clock: *clock,
                    sweep: *end,
                    over: over(*end),
                    hard: true,
                });
            }
            match write.address {
                regs::CTRL => state[0] = write.data,
                regs::IPSECV2 if (1..=4).contains(&write.data) => state[1] = write.data,
                regs::SA_LIMIT => state[2] = write.data.min(num_sa),
                regs::HALT => state[3] = write.data & 1,
                regs::COMMAND if write.data & 1 != 0 => self.resets.push(Reset {
                    clock: write.clock,
                    sweep: write.clock,
                    over: over(write.clock),
                    hard: false,
                }),
                _ => {}
            }
            note(write.clock, state);
        }
        for (clock, end) in hard {
            note(*clock, [0, 4, num_sa, 0]);
            self.resets.push(Reset {
                clock: *clock,
                sweep: *end,
                over: over(*end),
                hard: true,
            });
        }
        [self.ctrl, self.ipsecv2, self.limit, self.halt] = histories;
    }

    /// The life that a clock belongs to: how many resets came before it.
    fn life(&self, clock: u64) -> usize {
        self.resets.iter().filter(|r| r.clock < clock).count()
    }

    /// The first reset at or behind a clock.
    fn end_of_life(&self, clock: u64) -> Option<Reset> {
        self.resets.iter().find(|r| r.clock >= clock).copied()
    }

    fn settings_in(&self, span: Span) -> Vec<Settings> {
        let mut all = Vec::new();
        for ctrl in values(&self.ctrl, span) {
            for ipsecv2 in values(&self.ipsecv2, span) {
                for halt in values(&self.halt, span) {
                    all.push(Settings {
                        on: ctrl & 1 != 0 && ipsecv2 != 1,
                        ah: ipsecv2 != 3,
                        esp: ipsecv2 != 2,
                        stages: self.scenario.device.stages,
                        halt: halt != 0,
                        host_order: false,
                    });
                }
            }
        }
        all
    }

    /// Whether ESP frames of a direction may be processed, and whether they may not; of bundles of two, AH has to be on too.
    fn processing(&self, inbound: bool, two: bool, span: Span) -> (bool, bool) {
        let (mut may, mut may_not) = (false, false);
        for ctrl in values(&self.ctrl, span) {
            for ipsecv2 in values(&self.ipsecv2, span) {
                let on = ctrl & 1 != 0 && !matches!(ipsecv2, 1 | 2) && !(two && ipsecv2 == 3);
                let gate = !inbound || ctrl & 2 != 0;
                may |= on && gate;
                may_not |= !(on && gate);
            }
        }
        (may, may_not)
    }

    /// Every command whose doorbell was rung.
    fn commands(&self) -> Vec<Issued<'a>> {
        // Doorbells, each with the first write into the window behind the one before.
        let mut bells: HashMap<u32, Vec<Span>> = HashMap::new();
        let mut first = [None; 4];
        for write in &self.notes.writes {
            for slot in 0..4 {
                let window = regs::mailbox_slot_window(slot);
                let begun: &mut Option<u64> = &mut first[slot as usize];
                if (window..window + regs::MAILBOX_SLOT_WINDOW_SIZE).contains(&write.address) {
                    begun.get_or_insert(write.clock);
                }
                if write.address == regs::mailbox_slot_doorbell(slot)
                    && regs::mailbox_slot_doorbell::START.get(write.data) != 0
                {
                    let begun = begun.take().unwrap_or(write.clock);
                    bells.entry(slot).or_default().push((begun, write.clock));
                }
            }
        }
        let mut next: HashMap<u32, usize> = HashMap::new();
        let mut commands = Vec::new();
        for result in &self.result.commands {
            let Some(Operation::Command { slot, command, .. }) = self
                .scenario
                .operations
                .get(result.operation)
                .map(|t| &t.op)
            else {
                continue;
            };
            let slot = u32::from(*slot);
            let bells = bells.get(&slot).map_or(&[][..], Vec::as_slice);
            let next = next.entry(slot).or_default();
            // Results of one slot come in order, each behind its bell; a lost command may have none.
            let Some((begun, bell)) = bells
                .get(*next)
                .copied()
                .filter(|b| b.1 <= result.clock + 1)
            else {
                continue;
            };
            *next += 1;
            commands.push(Issued {
                operation: result.operation,
                slot,
                command,
                result: *result,
                span: (bell, result.clock.max(bell)),
                spoiled: self
                    .resets
                    .iter()
                    .any(|reset| meet((reset.clock, reset.over), (begun, bell))),
            });
        }
        commands
    }

    fn reset_in(&self, span: Span) -> Option<Reset> {
        let mut resets = self.resets.iter();
        resets
            .find(|r| r.clock >= span.0 && r.clock <= span.1)
            .copied()
    }

    /// How the contents of a command may be judged.
    fn judgements(&self, issued: &Issued<'_>, span: Span) -> Vec<Judged> {
        let all = self.settings_in(span);
        let judge_one = |settings: Settings| match issued.command {
            Command::Raw {
                oid,
                buffer,
                length,
            } => judge(
                &Buffer {
                    oid: *oid,
                    bytes: buffer.clone(),
                    length: length.unwrap_or(buffer.len() as u32),
                },
                settings,
            ),
            _ if settings.halt => Err((NOT_ACCEPTED, 0)),
            Command::AddSa { sa, .. } => {
                let new = wish_of(sa);
                let off = |of: New| !(if of.ah { settings.ah } else { settings.esp });
                let refused = !settings.on
                    || new.each().any(off)
                    || new.second.is_some() && !settings.combined();
                if refused {
                    Err((crate::buffers::NOT_SUPPORTED, 0))
                } else {
                    Ok(Wish::Add(new))
                }
            }
            Command::DeleteSa { .. } => Ok(Wish::Delete(issued.result.handle.into())),
            Command::UpdateSa { .. } if !settings.on => Err((INVALID_PARAMETER, 0)),
            Command::UpdateSa {
                operation,
                spi,
                sequence_high,
                ..
            } => Ok(Wish::Update(
                issued.result.handle.into(),
                number_of(*operation),
                *spi,
                *sequence_high,
            )),
        };
        let mut judged: Vec<Judged> = all.into_iter().map(judge_one).collect();
        judged.dedup();
        judged
    }

    /// The bundle that a command would add: inbound, UDP subtype, its associations.
    fn would_add(&self, issued: &Issued<'_>) -> Option<(bool, u32, Vec<Part>)> {
        let judged = self.judgements(issued, issued.span);
        let Wish::Add(new) = judged.into_iter().find_map(Result::ok)? else {
            return None;
        };
        let associations: Vec<Association> = match issued.command {
            Command::AddSa { sa, .. } => sa.associations.clone(),
            Command::Raw { buffer, .. } => {
                let byte = |k| buffer.get(k).copied().unwrap_or(0);
                let association = |of: New| {
                    let (at, length) = of.key;
                    Association {
                        operation: if of.ah { Protocol::Ah } else { Protocol::Esp },
                        spi: of.spi,
                        esn: of.esn,
                        sequence_high: of.high,
                        encryption: match of.gmac {
                            true => Encryption::None,
                            false => Encryption::gcm(length - 4).unwrap_or(Encryption::None),
                        },
                        // Nobody asks which.
                        authentication: match of.gmac {
                            true => Authentication::AesGmac128,
                            false => Authentication::None,
                        },
                        key: (at..at + length).map(byte).collect(),
                        icv_length: of.icv,
                    }
                };
                new.each().map(association).collect()
            }
            _ => return None,
        };
        let parts = keys_of(&new).into_iter().zip(associations);
        let part = |(key, association): (Key, Association)| Part {
            key,
            words: vec![(association.sequence_high, (issued.span.0, EVER))],
            association,
        };
        Some((new.inbound, new.udp, parts.map(part).collect()))
    }

    /// SAs from ADDs that succeeded, and from those of which a reset hid the end.
    fn added(&mut self, commands: &[Issued<'_>]) {
        for issued in commands {
            let status = issued.result.answer.map(|a| a.status);
            let cut = self.reset_in(issued.span);
            let hidden = match status {
                None => true,
                Some(REQUEST_ABORTED) => cut.is_some(),
                _ => false,
            };
            if status != Some(SUCCESS) && !hidden {
                continue;
            }
            let Some((inbound, udp, parts)) = self.would_add(issued) else {
                continue;
            };
            let answer = issued.result.answer;
            // The driver of raw commands does not fetch handles.
            // A reset clears the handle that was not yet read.
            let handle = answer.and_then(|a| a.handle).map(|h| h as u32);
            let handle = handle.filter(|_| cut.is_none());
            let span = issued.span;
            let end = self.end_of_life(span.0);
            let (last_may, last_must) = match end {
                Some(reset) => (reset.over, reset.clock.saturating_sub(1)),
                None => (EVER, EVER),
            };
            let first = if hidden { EVER } else { span.1 };
            let index = self.entries.len();
            for part in &parts {
                self.by_key.entry(part.key).or_default().push(index);
            }
            if let Some(handle) = handle {
                self.by_handle.entry(handle).or_default().push(index);
                self.check_handle(issued.operation, handle, answer.and_then(|a| a.handle));
            }
            self.entries.push(Entry {
                operation: issued.operation,
                inbound,
                udp,
                parts,
                handle,
                life: self.life(span.0 + 1),
                born: span,
                may: (span.0, last_may),
                must: (first, last_must),
                deleted: false,
                perhaps_deleted: false,
            });
        }
    }

    fn check_handle(&mut self, operation: usize, handle: u32, whole: Option<u64>) {
        let index = handle & 0xffff;
        if whole.is_none_or(|whole| whole >> 32 != 0)
            || index == 0
            || index > self.scenario.device.num_sa
        {
            self.problem(operation, format!("it gave the handle 0x{handle:08x}"));
        }
    }

    /// Raw ADDs have handles that nobody read: every handle may be theirs.
    fn candidates(&self, handle: u32) -> Vec<usize> {
        let mut all = self.by_handle.get(&handle).cloned().unwrap_or_default();
        all.extend((0..self.entries.len()).filter(|k| self.entries[*k].handle.is_none()));
        all
    }

    fn deleted(&mut self, commands: &[Issued<'_>]) {
        for issued in commands {
            let span = issued.span;
            let wishes = self.judgements(issued, span);
            let Some(Wish::Delete(handle)) = wishes.into_iter().find_map(Result::ok) else {
                continue;
            };
            let status = issued.result.answer.map(|a| a.status);
            let cut = self.reset_in(span).is_some() || issued.spoiled;
            // Cancelled is not touched; cut by a reset may be anything.
            if handle > u64::from(u32::MAX) || status != Some(SUCCESS) && !cut {
                continue;
            }
            for k in self.candidates(handle as u32) {
                let known = self.entries[k].handle == Some(handle as u32);
                let entry = &mut self.entries[k];
                if !meet(entry.may, span) {
                    continue;
                }
                entry.must.1 = entry.must.1.min(span.0.saturating_sub(1));
                if known && !cut && entry.born.1 <= span.0 {
                    entry.may.1 = entry.may.1.min(span.1);
                    entry.deleted = true;
                } else {
                    entry.perhaps_deleted = true;
                }
            }
        }
    }

    fn updated(&mut self, commands: &[Issued<'_>]) {
        for issued in commands {
            let span = issued.span;
            let wishes = self.judgements(issued, span);
            let Some(Wish::Update(handle, operation, spi, word)) =
                wishes.into_iter().find_map(Result::ok)
            else {
                continue;
            };
            let status = issued.result.answer.map(|a| a.status);
            let cut = self.reset_in(span).is_some() || issued.spoiled;
            if handle > u64::from(u32::MAX) || status != Some(SUCCESS) && !cut {
                continue;
            }
            for k in self.candidates(handle as u32) {
                let entry = &mut self.entries[k];
                let certain = !cut && entry.handle.is_some() && covers(entry.may, span);
                let part = entry.parts.iter_mut().find(|part| part.is(operation, spi));
                let Some(part) = part.filter(|_| meet(entry.may, span)) else {
                    continue;
                };
                if certain {
                    // What was stored before this began is over when it has ended.
                    for (_, of) in &mut part.words {
                        if of.0 < span.0 {
                            of.1 = of.1.min(span.1);
                        }
                    }
                }
                part.words.push((word, (span.0, EVER)));
            }
        }
        // One that began earlier and ended in the middle of another may have been the later one.
        for part in self.entries.iter_mut().flat_map(|entry| &mut entry.parts) {
            part.words.sort_by_key(|(_, of)| of.0);
        }
    }

    /// No two SAs of one key, and no two of one handle, at one time; generations count.
    fn uniqueness(&mut self) {
        let mut problems = Vec::new();
        let mut look = |what: &str, group: &[usize], entries: &[Entry]| {
            for (n, a) in group.iter().enumerate() {
                for b in &group[n + 1..] {
                    let (a, b) = (&entries[*a], &entries[*b]);
                    if let (Some(x), Some(y)) = (a.must_span(), b.must_span())
                        && meet(x, y)
                    {
                        problems.push((
                            b.operation,
                            format!(
                                "an SA of the same {what} is there since operation {}",
                                a.operation
                            ),
                        ));
                    }
                }
            }
        };
        for group in self.by_key.values() {
            let inbound: Vec<usize> = group
                .iter()
                .copied()
                .filter(|k| self.entries[*k].inbound)
                .collect();
            look("key", &inbound, &self.entries);
        }
        for group in self.by_handle.values() {
            look("handle", group, &self.entries);
        }
        // An index is given again under the next generation, if all that was given is known.
        let mut given: HashMap<(usize, u32), Vec<&Entry>> = HashMap::new();
        for entry in &self.entries {
            if let Some(handle) = entry.handle {
                let of = given.entry((entry.life, handle & 0xffff)).or_default();
                of.push(entry);
            }
        }
        let raw = |life| {
            self.entries
                .iter()
                .filter(|e| e.handle.is_none() && e.life == life)
                .count() as u32
        };
        for ((life, _), mut entries) in given {
            entries.sort_by_key(|entry| entry.born);
            for (k, entry) in entries.iter().enumerate() {
                let generation = entry.handle.unwrap_or(0) >> 16;
                let least = k as u32;
                if generation < least || generation > least + raw(life) {
                    problems.push((entry.operation, format!("generation {generation}")));
                }
            }
        }
        for (operation, text) in problems {
            self.problem(operation, text);
        }
    }

    /// The fewest and the most SAs in a span.
    fn counts(&self, span: Span) -> (u32, u32) {
        let must = self.entries.iter().filter(|e| e.there_all(span)).count();
        let may = self.entries.iter().filter(|e| meet(e.may, span)).count();
        (must as u32, may as u32)
    }

    /// The statuses that a command may end with.
    fn allowed(&self, issued: &Issued<'_>) -> BTreeSet<(u32, u32)> {
        let span = issued.span;
        let mut allowed = BTreeSet::new();
        let is_delete = match issued.command {
            Command::DeleteSa { .. } => true,
            Command::Raw { oid, .. } => *oid == crate::buffers::OID_DELETE,
            _ => false,
        };
        // The reset that was under way when the doorbell was rung.
        let resetting = self
            .resets
            .iter()
            .find(|r| r.clock <= span.0 && span.0 <= r.over);
        if let Some(reset) = resetting {
            let status = if is_delete {
                NOT_ACCEPTED
            } else {
                RESET_IN_PROGRESS
            };
            allowed.insert((status, 0));
            let sweep = u64::from(self.scenario.device.num_sa.max(64));
            if span.0 < reset.sweep + sweep - 1 {
                return allowed;
            }
        }
        if self.reset_in((span.0 + 1, span.1)).is_some_and(|r| !r.hard) {
            allowed.insert((REQUEST_ABORTED, 0));
        }
        let cancelled = self.notes.writes.iter().any(|write| {
            write.address == regs::mailbox_slot_doorbell(issued.slot)
                && regs::mailbox_slot_doorbell::CANCEL.get(write.data) != 0
                && write.clock >= span.0
                && write.clock <= span.1
        });
        for judged in self.judgements(issued, span) {
            match judged {
                Err(refused) => {
                    allowed.insert(refused);
                }
                Ok(wish) => {
                    let status = |status: u32| (status, 0);
                    allowed.extend(self.wished(&wish, span).into_iter().map(status));
                }
            }
            if issued.spoiled && !is_delete {
                // What is left of the header is zero.
                allowed.insert((INVALID_DATA, 0));
            }
            let halted = judged == Err((NOT_ACCEPTED, 0));
            let unknown = judged == Err((crate::buffers::INVALID_OID, 0));
            if cancelled && !halted && !unknown {
                allowed.insert((REQUEST_ABORTED, 0));
            }
        }
        allowed
    }

    fn wished(&self, wish: &Wish, span: Span) -> BTreeSet<u32> {
        match *wish {
            Wish::Delete(_) => BTreeSet::from([SUCCESS]),
            Wish::Update(handle, operation, spi, _) => {
                let mut allowed = BTreeSet::new();
                let fits = |entry: &Entry| entry.parts.iter().any(|part| part.is(operation, spi));
                let all = match u32::try_from(handle) {
                    Ok(handle) => self.candidates(handle),
                    Err(_) => Vec::new(),
                };
                let mut entries = all.iter().map(|k| &self.entries[*k]);
                if entries.clone().any(|e| fits(e) && meet(e.may, span)) {
                    allowed.insert(SUCCESS);
                }
                let handle = handle as u32;
                if !entries.any(|e| fits(e) && e.handle == Some(handle) && e.there_all(span)) {
                    allowed.insert(INVALID_PARAMETER);
                }
                allowed
            }
            Wish::Add(new) => {
                let inbound = new.inbound;
                let own = |e: &Entry| e.born == span;
                let same: Vec<&Entry> = keys_of(&new)
                    .iter()
                    .filter_map(|key| self.by_key.get(key))
                    .flatten()
                    .map(|k| &self.entries[*k])
                    .filter(|e| e.inbound && !own(e))
                    .collect();
                let mut allowed = BTreeSet::new();
                if inbound && same.iter().any(|e| meet(e.may, span)) {
                    allowed.insert(INVALID_PARAMETER);
                }
                if inbound && same.iter().any(|e| e.there_all(span)) {
                    return allowed;
                }
                let (least, most) = self.counts(span);
                // Its own entry is in the larger number, if it came to be.
                let most = most - u32::from(self.entries.iter().any(own));
                let limits = values(&self.limit, span);
                if limits.iter().any(|limit| most >= *limit) {
                    allowed.insert(RESOURCES);
                }
                if limits.iter().any(|limit| least < *limit) {
                    allowed.insert(SUCCESS);
                }
                allowed
            }
        }
    }

    fn status(&mut self, issued: &Issued<'_>) {
        let Some(answer) = issued.result.answer else {
            return;
        };
        let allowed = self.allowed(issued);
        self.judged.commands += 1;
        self.judged.certain += u64::from(allowed.len() == 1);
        let got = (answer.status, answer.bytes_needed);
        if !allowed.contains(&got) {
            let text = format!(
                "ended with 0x{:08x}, BytesNeeded {}, of which {allowed:08x?} are allowed, in {:?}",
                got.0, got.1, issued.span
            );
            self.problem(issued.operation, text);
        }
        let length = match issued.command {
            Command::Raw { buffer, length, .. } => length.map_or(Some(buffer.len() as u32), Some),
            Command::DeleteSa { .. } => Some(24),
            _ => None,
        };
        if answer.status != SUCCESS && answer.bytes_read != 0
            || answer.status == SUCCESS && length.is_some_and(|l| l != answer.bytes_read)
        {
            self.problem(issued.operation, format!("BytesRead {}", answer.bytes_read));
        }
    }

    fn frame(&mut self, frame: &FrameResult) {
        let Some(Operation::Frame(op)) =
            self.scenario.operations.get(frame.operation).map(|t| &t.op)
        else {
            return;
        };
        let FrameData::Hex(bytes) = &op.data else {
            return;
        };
        let Some(clock_in) = frame.clock_in else {
            return;
        };
        match frame.port {
            Port::Rx => self.received(frame, bytes, clock_in),
            Port::Tx => self.sent(frame, bytes, clock_in),
        }
    }

    fn received(&mut self, frame: &FrameResult, bytes: &[u8], clock_in: u64) {
        let Some(out) = frame.out.map(|out| &self.result.rx_out[out]) else {
            return;
        };
        let span = (clock_in, out.first);
        let Some(portion) = ipsec_testbench::frame::outermost(bytes) else {
            return;
        };
        let (v6, dst) = number(portion.dst);
        let exact = Key {
            v6,
            ah: false,
            spi: portion.spi,
            dst,
        };
        let any = Key { dst: 0, ..exact };
        let (may, may_not) = self.processing(true, false, span);
        let (may_two, may_not_two) = self.processing(true, true, span);
        // Outcomes: CryptoStatus class and bytes.
        let mut allowed: Vec<(bool, u16, Vec<u8>)> = Vec::new();
        let mut none = may_not;
        if may {
            let mut open = true;
            for key in &[exact, any] {
                if !open {
                    break;
                }
                for k in self.by_key.get(key).into_iter().flatten() {
                    let entry = &self.entries[*k];
                    if !entry.inbound || !meet(entry.may, span) {
                        continue;
                    }
                    open &= !entry.there_all(span);
                    if entry.two() {
                        // It was found by its ESP.
                        let last = self.scenario.device.stages == 1;
                        if may_two && !last {
                            allowed.push((true, 7, bytes.to_vec()));
                        }
                        none |= may_not_two || last;
                        continue;
                    }
                    if matches!(entry.udp, 1 | 2 | 4) {
                        // There is no UDP in front of it.
                        allowed.push((true, 7, bytes.to_vec()));
                        continue;
                    }
                    let Some(part) = entry.part(*key) else {
                        continue;
                    };
                    if !part.is_plain() {
                        // Added by a buffer that was spoilt: no frame was sealed so.
                        allowed.push((true, 3, bytes.to_vec()));
                        continue;
                    }
                    for word in part.words_in(span) {
                        let key = &part.association.key;
                        let opened = open_esn(key, word, &bytes[portion.offset..]);
                        allowed.push(match opened {
                            Some(esp) => {
                                let mut whole = bytes.to_vec();
                                whole[portion.offset..].copy_from_slice(&esp);
                                (true, 0, whole)
                            }
                            None => (true, 3, bytes.to_vec()),
                        });
                    }
                }
            }
            none |= open;
        }
        if none {
            allowed.push((false, 0, bytes.to_vec()));
        }
        allowed.sort();
        allowed.dedup();
        let words = ReceiveWords::new(out.user);
        let status = match words.crypto_status {
            5 => 3,
            status => status,
        };
        self.judged.frames += 1;
        self.judged.certain += u64::from(allowed.len() == 1);
        let good = words.crypto_done && words.crypto_status == 0;
        if !allowed.contains(&(words.crypto_done, status, out.bytes.clone()))
            || words.next_crypto_done
            || words.header.is_some() != good
            || words.sa_delete_req && !good
        {
            let allowed: Vec<_> = allowed.iter().map(|(done, s, _)| (*done, *s)).collect();
            let text = format!("{words:?} in {span:?}; allowed are {allowed:?}");
            self.problem(frame.operation, text);
        }
    }

    fn sent(&mut self, frame: &FrameResult, bytes: &[u8], clock_in: u64) {
        let Some(status) = frame.status else {
            return;
        };
        let number = frame.number.unwrap_or(0);
        let completed = self
            .notes
            .completions
            .iter()
            .find(|(clock, n)| *n == number && *clock > clock_in)
            .map_or(EVER, |(clock, _)| *clock);
        let span = (clock_in, completed);
        let mut allowed: BTreeSet<Option<Vec<u8>>> = BTreeSet::new();
        let handle = frame.user[0];
        // Sealed in a way that this file does not know.
        let mut unknown = false;
        if handle == 0 {
            allowed.insert(Some(bytes.to_vec()));
        } else {
            let (may, may_not) = self.processing(false, false, span);
            let mut refused = may_not;
            let mut sure = false;
            if let Some(portion) = ipsec_testbench::frame::outermost(bytes)
                && may
            {
                let (v6, dst) = self::number(portion.dst);
                for k in self.candidates(handle) {
                    let entry = &self.entries[k];
                    // Of two associations, or with UDP in front: not a frame with ESP alone.
                    let [part] = entry.parts.as_slice() else {
                        continue;
                    };
                    let fits = !entry.inbound
                        && !matches!(entry.udp, 1 | 2 | 4)
                        && !part.key.ah
                        && (part.key.v6, part.key.spi) == (v6, portion.spi)
                        && (part.key.dst == 0 || part.key.dst == dst);
                    if !fits || !meet(entry.may, span) {
                        continue;
                    }
                    unknown |= !part.is_plain();
                    for word in part.words_in(span) {
                        let mut whole = bytes.to_vec();
                        seal_esn(&part.association.key, word, &mut whole[portion.offset..]);
                        allowed.insert(Some(whole));
                    }
                    sure |= entry.handle.is_some() && entry.there_all(span);
                }
            }
            refused |= !sure;
            if refused {
                allowed.insert(None);
            }
        }
        self.judged.frames += 1;
        self.judged.certain += u64::from(allowed.len() == 1);
        let got = match status {
            SUCCESS => {
                let out = frame.out.map(|out| self.result.tx_out[out].bytes.clone());
                Some(out.unwrap_or_default())
            }
            FAILURE => None,
            other => {
                self.problem(frame.operation, format!("completion 0x{other:08x}"));
                return;
            }
        };
        let good = allowed.contains(&got) || unknown && got.is_some();
        if !good {
            let may: Vec<&str> = allowed
                .iter()
                .map(|a| if a.is_some() { "sent" } else { "refused" })
                .collect();
            let text = format!(
                "{} with handle 0x{handle:08x} in {span:?}; allowed: {may:?}, with other bytes if they agree",
                if got.is_some() { "sent" } else { "refused" }
            );
            self.problem(frame.operation, text);
        }
    }

    /// SA_COUNT and the counters of commands, wherever they were read.
    fn reads(&mut self, commands: &[Issued<'_>]) {
        for read in &self.result.reads {
            let clock = read.clock;
            let at = (clock.saturating_sub(3), clock);
            let start = self
                .resets
                .iter()
                .filter(|r| r.hard && r.clock < clock)
                .map(|r| r.clock)
                .max()
                .unwrap_or(0);
            let ended = |good: fn(u32) -> bool| {
                let statuses = commands
                    .iter()
                    .filter(|c| c.span.1 > start && c.span.1 <= clock)
                    .filter_map(|c| c.result.answer);
                statuses.filter(|a| good(a.status)).count() as u32
            };
            let (least, most) = match u32::from(read.address) {
                regs::SA_COUNT => self.counts(at),
                regs::COUNTERS_COMMANDS_OK_LO => {
                    let count = ended(|status| status == SUCCESS);
                    (count, count)
                }
                regs::COUNTERS_COMMANDS_FAILED_LO => {
                    let count = ended(|status| status != SUCCESS);
                    (count, count)
                }
                regs::COUNTERS_DELETES_UNKNOWN_LO => {
                    let deletes = commands.iter().filter(|c| {
                        let delete = match c.command {
                            Command::DeleteSa { .. } => true,
                            Command::Raw { oid, .. } => *oid == crate::buffers::OID_DELETE,
                            _ => false,
                        };
                        let status = c.result.answer.map(|a| a.status);
                        delete && status == Some(SUCCESS) && c.span.1 > start && c.span.1 <= clock
                    });
                    let deletes = deletes.count() as u32;
                    let here = |e: &&Entry| e.born.0 > start && e.born.0 <= clock;
                    let entries = || self.entries.iter().filter(here);
                    let gone = entries().filter(|e| e.deleted && e.may.1 <= clock).count() as u32;
                    let perhaps = entries().filter(|e| e.perhaps_deleted).count() as u32;
                    (
                        deletes.saturating_sub(gone + perhaps),
                        deletes - gone.min(deletes),
                    )
                }
                regs::COUNTERS_DOORBELLS_BUSY_LO => (0, 0),
                _ => continue,
            };
            self.judged.counts += 1;
            self.judged.certain += u64::from(least == most);
            if !(least..=most).contains(&read.data) {
                let name = ipsec_testbench::runner::register_name(read.address);
                let text = format!("{name} is {}, expected {least} to {most}", read.data);
                self.problem(read.operation, text);
            }
        }
    }
}
