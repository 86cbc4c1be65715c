// SPDX-License-Identifier: Apache-2.0
//! Lookup: three places in a row (S1 with the hash, S2 with the chain heads, the walk), then the records.
//!
//! Every read of the SA table happens at the edge that docs/cycle_formulae.md gives, so that a racing command is
//! seen by exactly the frames that the device shows it to.

use crate::frame::{Frame, FramePool, Kind};
use crate::frame_parser::{Portion, Start};
use crate::packet::{Work, receive_work, transmit_work};
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
    spi: u32,
    dst: u128,
}

impl Key {
    fn new(portion: &Portion) -> Self {
        let Portion { v6, spi, dst, .. } = *portion;
        Self { v6, spi, dst }
    }

    fn matches(&self, entry: &IndexEntry, dst: u128) -> bool {
        entry.spi == self.spi && entry.dst == dst && entry.v6 == self.v6 && !entry.ah
    }
}

/// A request in one of the three places.
#[derive(Clone, Copy, Debug)]
struct Request {
    frame: u64,
    /// Receive: walks are needed.
    key: Option<Key>,
    /// Transmit: engine and protocol are on.
    enabled: bool,
    /// Next row of {exact, wildcard} chain to read.
    rows: [Option<u32>; 2],
    seed: u32,
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
            enabled,
            ..
        } = self.request;
        let record = |row| {
            Some(Record {
                frame,
                row,
                enabled,
            })
        };
        let Some(key) = key else { return record(None) };
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
    enabled: bool,
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
        let key = match (self.path, &frame.portion) {
            (Path::Rx, Some(portion)) if around.config.rx_esp => Some(Key::new(portion)),
            _ => None,
        };
        self.s1 = Some(Request {
            frame: self.taken,
            key,
            enabled: around.config.tx_esp,
            rows: [None; 2],
            seed: around.config.hash_seed,
        });
        self.taken += 1;
        self.next_at = now + INTERVAL;
        self.busy = true;
    }

    /// Everything moves on that can, the last place first.
    fn advance(&mut self, now: u64, frames: &mut FramePool, around: &Surroundings) {
        if let Some(record) = self.record.take() {
            let frame = frames.get_mut(record.frame);
            frame.work = self.context(frame, &record, around);
            frame.context_at = now + 1;
            if self.finds_error(frame, &record, around.table) {
                frame.work = Work::Unreadable;
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
                    let hash = sa_hash(request.seed, key.spi, dst, key.v6, false);
                    around.table.head((hash & (4 * self.num_sa - 1)) as usize)
                };
                request.rows = [head(key.dst), head(0)];
            }
            self.s2 = Some(request);
        }
        self.busy = self.record.is_some() || self.walk.is_some() || self.s2.is_some();
    }

    /// The row of the SA record that a transmit lookup reads.
    fn handle_row(&self, frame: &Frame) -> Option<u32> {
        if frame.refused || frame.words.none() || frame.task.start == Start::None {
            return None;
        }
        let index = (frame.words.handle(self.stage) & 0xFFFF).wrapping_sub(1);
        (index < self.num_sa).then(|| 2 * index)
    }

    /// The SA record edge: a row that is read has the wrong parity.
    fn finds_error(&self, frame: &Frame, record: &Record, table: &SaTable) -> bool {
        let row = match self.path {
            Path::Tx => self.handle_row(frame),
            Path::Rx => record.row,
        };
        row.is_some_and(|row| table.parity_error(row))
    }

    /// The SA record edge.
    fn context(&self, frame: &Frame, record: &Record, around: &Surroundings) -> Work {
        let table = around.table;
        match (frame.kind, self.path) {
            (Kind::SelfTest(stage), _) if stage == self.stage => self_test::work(),
            (Kind::SelfTest(_), _) => Work::Pass,
            (_, Path::Tx) if frame.refused || frame.words.none() => Work::Pass,
            (_, Path::Tx) => {
                let row = self.handle_row(frame);
                let sa = row.map(|row| (table.bundle(row / 2), table.sa(row)));
                transmit_work(
                    self.stage,
                    self.stages,
                    &frame.words,
                    record.enabled,
                    frame.portion.as_ref(),
                    sa,
                )
            }
            (_, Path::Rx) => match (&frame.portion, record.row) {
                (Some(portion), Some(row)) => {
                    let bundle = table.bundle(row >> 1);
                    let tunnel = around.mode.tunnel(row, bundle.generation);
                    receive_work(portion, bundle, table.sa(row), row, tunnel)
                }
                _ => Work::Pass,
            },
        }
    }
}
