// SPDX-License-Identifier: Apache-2.0
//! Lookup: three places in a row (S1 with the hash, S2 with the chain heads, the walk), then the records.
//!
//! Every read of the SA table happens at the edge that docs/cycle_formulae.md gives, so that a racing command is
//! seen by exactly the frames that the device shows it to.

use crate::frame::{Frame, FramePool, Kind};
use crate::frame_parser::{Portion, Start};
use crate::packet::{RxRecords, TxRecords, Work, looks_up, receive_work, sa_row, transmit_work};
use crate::probe::Path;
use crate::sa_mode::SaMode;
use crate::sa_table::SaTable;
use crate::self_test;
use crate::table_types::{IndexEntry, PathConfig, sa_hash};

/// Edges from one request taken to the next.
const INTERVAL: u64 = 4;
/// Contexts between lookup and stage.
const CONTEXTS: u64 = 8;

/// What a lookup unit can see of the rest of the device.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The table before the edge.
    pub table: &'a SaTable,
    /// The mode memory before the edge.
    pub mode: &'a SaMode,
    /// Sampled at edge a.
    pub config: PathConfig,
}

/// Key of a receive lookup; the wildcard walk has the same with destination 0.
#[derive(Clone, Copy, Debug)]
struct Key {
    v6: bool,
    ah: bool,
    spi: u32,
    dst: u128,
}

impl Key {
    fn new(portion: &Portion) -> Self {
        Self {
            v6: portion.level.v6,
            ah: portion.ah,
            spi: portion.spi(),
            dst: portion.level.dst,
        }
    }

    fn matches(&self, entry: &IndexEntry, dst: u128) -> bool {
        entry.spi == self.spi && entry.dst == dst && entry.v6 == self.v6 && entry.ah == self.ah
    }
}

/// A request in one of the three places.
#[derive(Clone, Copy, Debug)]
struct Request {
    frame: u64,
    /// Receive: walks are needed.
    key: Option<Key>,
    /// Receive, without walks: the row of a pair.
    pair: Option<u32>,
    /// As it was at edge a.
    config: PathConfig,
    /// Next row of {exact, wildcard} chain to read.
    rows: [Option<u32>; 2],
}

/// A chain walk: what was read at the last edge, and the wildcard's match.
#[derive(Clone, Copy, Debug)]
struct Walk {
    request: Request,
    read: [Option<(u32, IndexEntry)>; 2],
    wild: Option<u32>,
}

impl Walk {
    /// Reads an entry of each chain that goes on.
    fn read(&mut self, table: &SaTable) {
        self.read = self
            .request
            .rows
            .map(|row| row.map(|row| (row, *table.entry(row))));
        self.request.rows = [None; 2];
    }

    /// Looks at what was read; the walk has ended if it gives a result.
    fn look(&mut self) -> Option<Record> {
        let Request {
            frame,
            key,
            pair,
            config,
            ..
        } = self.request;
        let record = |row| Some(Record { frame, row, config });
        let Some(key) = key else { return record(pair) };
        let [exact, wild] = self.read;
        if let Some((row, entry)) = exact {
            if key.matches(&entry, key.dst) {
                return record(Some(row));
            }
            self.request.rows[0] = entry.next;
        }
        if let Some((row, entry)) = wild {
            if key.matches(&entry, 0) {
                self.wild = Some(row);
            } else {
                self.request.rows[1] = entry.next;
            }
        }
        if self.request.rows == [None; 2] {
            record(self.wild)
        } else {
            None
        }
    }
}

/// A walk that has ended: the record is read at the next edge.
#[derive(Clone, Copy, Debug)]
struct Record {
    frame: u64,
    row: Option<u32>,
    config: PathConfig,
}

/// The lookup unit of a stage.
#[derive(Debug)]
pub struct SaLookup {
    path: Path,
    stage: usize,
    stages: usize,
    num_sa: u32,
    /// Requests taken.
    pub taken: u64,
    /// Earliest edge for the next request.
    next_at: u64,
    s1: Option<Request>,
    s2: Option<Request>,
    walk: Option<Walk>,
    record: Option<Record>,
    /// Any place is occupied.
    busy: bool,
    /// Edge at which records with a parity error were read last.
    pub error_at: u64,
}

impl SaLookup {
    /// An idle unit.
    #[must_use]
    pub fn new(path: Path, stage: usize, stages: usize, num_sa: u32) -> Self {
        Self {
            path,
            stage,
            stages,
            num_sa,
            taken: 0,
            next_at: 0,
            s1: None,
            s2: None,
            walk: None,
            record: None,
            busy: false,
            error_at: 0,
        }
    }

    /// `rst_ni`.
    pub fn reset(&mut self) {
        *self = Self::new(self.path, self.stage, self.stages, self.num_sa);
    }

    /// One edge. `queued` requests were queued and `started` frames had gone to the stage before it. The
    /// result tells whether a request was taken.
    #[inline]
    pub fn step(
        &mut self,
        now: u64,
        queued: u64,
        started: u64,
        frames: &mut FramePool,
        around: &Surroundings,
    ) -> bool {
        if self.busy {
            self.advance(now, frames, around);
        }
        let take = self.taken < queued
            && self.s1.is_none()
            && now >= self.next_at
            && self.taken - started < CONTEXTS;
        if take {
            self.take(now, frames, around);
        }
        take
    }

    /// Edge a.
    fn take(&mut self, now: u64, frames: &FramePool, around: &Surroundings) {
        let frame = frames.get(self.taken);
        let config = around.config;
        let received = frame.portion.as_ref().filter(|_| self.path == Path::Rx);
        let key = received.filter(|portion| looks_up(portion, &config));
        let pair = received.and_then(|portion| portion.pair);
        self.s1 = Some(Request {
            frame: self.taken,
            key: key.map(Key::new),
            pair: pair.map(|owner| 2 * owner.bundle),
            config,
            rows: [None; 2],
        });
        self.taken += 1;
        self.next_at = now + INTERVAL;
        self.busy = true;
    }

    /// Everything moves on that can, the last place first.
    fn advance(&mut self, now: u64, frames: &mut FramePool, around: &Surroundings) {
        if let Some(record) = self.record.take() {
            let frame = frames.get_mut(record.frame);
            let (work, unreadable) = self.context(frame, &record, around);
            frame.work = work;
            frame.context_at = now + 1;
            if unreadable {
                self.error_at = now;
            }
        }
        if let Some(walk) = &mut self.walk {
            self.record = walk.look();
            if self.record.is_some() {
                self.walk = None;
            } else {
                walk.read(around.table);
            }
        }
        if self.walk.is_none()
            && let Some(request) = self.s2.take()
        {
            let mut walk = Walk {
                request,
                read: [None; 2],
                wild: None,
            };
            walk.read(around.table);
            self.walk = Some(walk);
        }
        if self.s2.is_none()
            && let Some(mut request) = self.s1.take()
        {
            if let Some(key) = request.key {
                let head = |dst| {
                    let hash = sa_hash(request.config.hash_seed, key.spi, dst, key.v6, key.ah);
                    around.table.head((hash & (4 * self.num_sa - 1)) as usize)
                };
                request.rows = [head(key.dst), head(0)];
            }
            self.s2 = Some(request);
        }
        self.busy = self.record.is_some() || self.walk.is_some() || self.s2.is_some();
    }

    /// The SA record edge: {what the stage does, a row has the wrong parity}.
    fn context(&self, frame: &Frame, record: &Record, around: &Surroundings) -> (Work, bool) {
        match (frame.kind, self.path) {
            (Kind::SelfTest(stage), _) if stage == self.stage => (self_test::work(), false),
            (Kind::SelfTest(_), _) => (Work::Pass, false),
            (_, Path::Tx) => self.transmit(frame, record, around.table),
            (_, Path::Rx) => self.receive(frame, record, around),
        }
    }

    fn transmit(&self, frame: &Frame, record: &Record, table: &SaTable) -> (Work, bool) {
        if frame.words.none() || frame.task.start == Start::None {
            return (Work::Pass, false);
        }
        let portion = frame.portion.as_ref();
        let handle = frame.words.handle(frame.task.inner);
        let index = (handle & 0xFFFF).wrapping_sub(1);
        let records = (index < self.num_sa).then(|| {
            let row = sa_row(portion, index);
            TxRecords {
                index,
                bundle: table.bundle(index),
                sa: table.sa(row),
                unreadable: table.parity_error(row),
            }
        });
        let stages = (self.stage == 0).then_some(self.stages);
        let work = transmit_work(
            &frame.words,
            &record.config,
            portion,
            records.as_ref(),
            stages,
        );
        (work, records.is_some_and(|records| records.unreadable))
    }

    fn receive(&self, frame: &Frame, record: &Record, around: &Surroundings) -> (Work, bool) {
        let Some(portion) = &frame.portion else {
            return (Work::Pass, false);
        };
        let Some(row) = record.row else {
            return (Work::Pass, false);
        };
        let table = around.table;
        let bundle = table.bundle(row / 2);
        let records = RxRecords {
            row,
            bundle,
            sa: table.sa(row),
            esp_spi: table.sa(row & !1).spi,
            unreadable: table.parity_error(row),
            tunnel: around.mode.tunnel(row / 2, bundle.generation),
        };
        let last = self.stage + 1 == self.stages;
        let work = receive_work(portion, &records, &record.config, last);
        (work, records.unreadable)
    }
}
