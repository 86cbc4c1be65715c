// SPDX-License-Identifier: Apache-2.0
//! A frame on its way through a path, and the pool that frames live in.
//!
//! Bytes move once, from the pins into the frame; blocks then pass numbers on. A frame is only in one place at a
//! time as far as its bytes change: a stage changes them at its verdict, when all beats are in and none is out.

use crate::frame_parser::{BEAT, Owner, Portion, Task};
use crate::packet::{RxResult, TxWords, Work};
use crate::probe::Path;

/// Beat number of something that has not happened yet.
pub const NEVER: u32 = u32::MAX;
/// Index of the first beat that no legal frame has.
pub const MAX_BEATS: u32 = 602;

/// Where a frame comes from and goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// The streams.
    #[default]
    Normal,
    /// `diag_port`.
    Diag,
    /// `self_test`, with the stage under test.
    SelfTest(usize),
}

/// A frame on its way through a path.
#[derive(Debug, Default)]
pub struct Frame {
    /// The beats that are in, zero behind the last byte.
    pub data: Vec<u8>,
    /// Bytes that are in.
    pub len: usize,
    /// Number of beats, once the last one is in.
    pub beats: u32,
    /// The beat whose consumption starts the verdict, once it is known.
    pub verdict_beat: u32,
    /// Outside 14..9,618 bytes, as far as it is in.
    pub bad_length: bool,
    /// Cut by a soft reset.
    pub abort: bool,
    /// Cut before a verdict: swallowed, no completion.
    pub discard: bool,
    /// Transmit: completion FAILURE.
    pub refused: bool,
    /// Source.
    pub kind: Kind,
    /// Transmit words.
    pub words: TxWords,
    /// Receive words so far.
    pub result: RxResult,
    /// Receive: the bundle of the first portion with CryptoStatus 0.
    pub outermost: Option<Owner>,
    /// What the next front has to find.
    pub task: Task,
    /// What the last front has found.
    pub portion: Option<Portion>,
    /// What the stage has to do.
    pub work: Work,
    /// Edge c at which the context was queued.
    pub context_at: u64,
}

impl Frame {
    /// Makes it the frame that starts now.
    pub fn start(&mut self, path: Path, kind: Kind, words: TxWords) {
        self.data.clear();
        let task = match kind {
            Kind::SelfTest(_) => Task::default(),
            Kind::Normal | Kind::Diag => Task::first(path, words.tunnel != 0),
        };
        *self = Self {
            data: std::mem::take(&mut self.data),
            beats: NEVER,
            verdict_beat: NEVER,
            kind,
            words,
            task,
            context_at: u64::MAX,
            ..Self::default()
        };
    }

    /// The bytes of a beat, zero behind the frame.
    #[must_use]
    pub fn beat(&self, beat: u32) -> [u8; BEAT] {
        let at = BEAT * beat as usize;
        self.data
            .get(at..)
            .and_then(|data| data.first_chunk())
            .copied()
            .unwrap_or_default()
    }

    /// Bytes of a beat that belong to the frame: 16, or what is left for the last one.
    #[must_use]
    pub fn beat_bytes(&self, beat: u32) -> u8 {
        (self.len - BEAT * beat as usize).min(BEAT) as u8
    }

    /// Whether this is the last beat.
    #[must_use]
    pub fn is_last(&self, beat: u32) -> bool {
        beat.wrapping_add(1) == self.beats
    }

    /// The frame as bytes.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.len.min(self.data.len());
        &mut self.data[..len]
    }
}

/// A place in the sequence of beats of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// Frame, counted from reset.
    pub frame: u64,
    /// Beat of that frame.
    pub beat: u32,
}

impl Cursor {
    /// Frames whose first beat was passed.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.frame + u64::from(self.beat > 0)
    }

    /// Goes to the next beat.
    pub fn advance(&mut self, last: bool) {
        if last {
            *self = Self {
                frame: self.frame + 1,
                beat: 0,
            };
        } else {
            self.beat += 1;
        }
    }
}

/// More frames than fit into a path of four stages: 16 in a front, 256 in a stage, 4 in its output queue.
const RING: usize = 2048;

/// The frames of a path by their number. Slots are reused last in, first out: the bytes stay in the cache.
#[derive(Debug)]
pub struct FramePool {
    slots: Vec<Frame>,
    free: Vec<u16>,
    ring: Vec<u16>,
}

impl Default for FramePool {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            ring: vec![0; RING],
        }
    }
}

impl FramePool {
    /// Forgets all frames. Bytes and keys of frames in flight go.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// A slot for frame `number`.
    pub fn insert(&mut self, number: u64) -> &mut Frame {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Frame::default());
            (self.slots.len() - 1) as u16
        });
        self.ring[number as usize % RING] = slot;
        &mut self.slots[usize::from(slot)]
    }

    /// Frame `number`, which is inside.
    #[must_use]
    pub fn get(&self, number: u64) -> &Frame {
        &self.slots[usize::from(self.ring[number as usize % RING])]
    }

    /// Frame `number`, which is inside.
    pub fn get_mut(&mut self, number: u64) -> &mut Frame {
        &mut self.slots[usize::from(self.ring[number as usize % RING])]
    }

    /// Frame `number` has left.
    pub fn remove(&mut self, number: u64) {
        self.free.push(self.ring[number as usize % RING]);
    }
}
