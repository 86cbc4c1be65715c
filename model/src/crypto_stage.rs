// SPDX-License-Identifier: Apache-2.0
//! One portion in place: the times of the store-and-forward buffer, and the verdict.
//!
//! The crypto itself is done on the whole frame at the verdict: no beat leaves before.

use std::collections::VecDeque;

use crate::frame::{Cursor, Frame, FramePool, NEVER};
use crate::frame_parser::Task;
use crate::probe::Path;
use crate::table_types::{ModeWrite, SaCount};

/// Beats in the buffer.
const BEATS: u64 = 1024;
/// Frames in the buffer.
const FRAMES: u64 = 256;
/// Beats between the read of the buffer and the pop of the output queue.
const OUT_BEATS: u64 = 4;
/// Edges from the consumption of a beat to its place in the buffer.
const BUFFER_DELAY: u32 = 17;
/// Edges from the consumption of the last beat to the verdict.
const VERDICT_DELAY: u64 = 24;

/// The stage saw a beat that somebody waits for.
#[derive(Clone, Copy, Debug)]
struct Due {
    at: u64,
    /// The verdict is given.
    verdict: bool,
    /// The drain counter counts: the frame's keys are gone.
    counted: bool,
}

/// What a verdict tells the control plane.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// A write to the mode memory.
    pub mode: Option<ModeWrite>,
    /// A portion for the counters of its association.
    pub count: Option<SaCount>,
}

/// What a stage has to know of a frame beat by beat: a copy, for speed.
#[derive(Clone, Copy, Debug)]
struct Ends {
    beats: u32,
    verdict_beat: u32,
}

impl Ends {
    const UNKNOWN: Self = Self {
        beats: NEVER,
        verdict_beat: NEVER,
    };

    /// Looks again as long as the frame is not completely in.
    #[inline]
    fn update(&mut self, frames: &FramePool, number: u64) -> Self {
        if self.beats == NEVER {
            let frame = frames.get(number);
            *self = Self {
                beats: frame.beats,
                verdict_beat: frame.verdict_beat,
            };
        }
        *self
    }

    fn is_last(self, beat: u32) -> bool {
        beat.wrapping_add(1) == self.beats
    }
}

/// A crypto stage.
#[derive(Debug)]
pub struct CryptoStage {
    path: Path,
    /// The beat that is consumed next.
    consume: Cursor,
    /// The beat that is read from the buffer next.
    read: Cursor,
    /// The beat that leaves the output queue next.
    pub pop: Cursor,
    /// Edge at which the last beat of a frame was consumed last.
    eof_at: u64,
    /// Beats consumed.
    consumed: u64,
    /// Beats read from the buffer.
    reads: u64,
    /// Beats popped.
    popped: u64,
    /// Whether a beat was consumed at each of the last 17 edges, the last in bit 0.
    history: u32,
    /// The number of those: they are not yet in the buffer.
    unreadable: u32,
    /// Last beat and verdict beat of the frame that is consumed, once they are known.
    consuming: Ends,
    /// The same of the frame that is read.
    reading: Ends,
    /// The same of the frame that is popped.
    popping: Ends,
    due: VecDeque<Due>,
    /// Edge of the first of them.
    due_at: u64,
    /// Frames with a verdict.
    verdicts: u64,
    /// Frames that the drain counter has counted.
    pub counted: u32,
    /// Edge of the last verdict or count.
    pub counted_at: u64,
    /// The output queue has a beat.
    pub valid: bool,
    /// The frame whose first beat was read from the buffer last, and the edge.
    pub read_first: (u64, u64),
}

impl CryptoStage {
    /// An empty stage.
    #[must_use]
    pub fn new(path: Path) -> Self {
        Self {
            path,
            consume: Cursor::default(),
            read: Cursor::default(),
            pop: Cursor::default(),
            eof_at: 0,
            consumed: 0,
            reads: 0,
            popped: 0,
            history: 0,
            unreadable: 0,
            consuming: Ends::UNKNOWN,
            reading: Ends::UNKNOWN,
            popping: Ends::UNKNOWN,
            due: VecDeque::new(),
            due_at: u64::MAX,
            verdicts: 0,
            counted: 0,
            counted_at: 0,
            valid: false,
            read_first: (0, 0),
        }
    }

    /// `rst_ni`.
    pub fn reset(&mut self) {
        *self = Self::new(self.path);
    }

    /// Beats that have left the front.
    #[must_use]
    pub fn consumed(&self) -> u64 {
        self.consumed
    }

    /// Frames that have left the front, at least in part.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.consume.started()
    }

    /// Nothing happens at the next edge, if the front is empty too.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.consumed == self.popped && self.history == 0 && self.due_at == u64::MAX
    }

    /// One edge. `accepted` beats had gone into the front before it; `pop` tells that a beat is popped at it, which
    /// [`popped`](Self::popped) counts afterwards. The result is that of a verdict.
    #[inline]
    pub fn step(
        &mut self,
        now: u64,
        accepted: u64,
        pop: bool,
        frames: &mut FramePool,
    ) -> Option<Told> {
        // State before the edge.
        let in_stage = self.consumed - self.reads;
        let frames_in_stage = self.consume.started() - self.read.frame;
        let in_queue = self.reads - self.popped;

        let read = self.read.frame < self.verdicts
            && in_stage > u64::from(self.unreadable)
            && in_queue < OUT_BEATS;
        // Of the beats in the queue the one read at this edge is not yet visible.
        self.valid = in_queue > u64::from(pop);
        if read {
            self.reads += 1;
            if self.read.beat == 0 {
                self.read_first = (self.read.frame, now);
            }
            let last = self
                .reading
                .update(frames, self.read.frame)
                .is_last(self.read.beat);
            self.read.advance(last);
            if last {
                self.reading = Ends::UNKNOWN;
            }
        }

        let mut told = None;
        if self.due_at == now {
            told = self.give(now, frames);
        }

        self.unreadable -= self.history >> (BUFFER_DELAY - 1);
        self.history = (self.history << 1) & ((1 << BUFFER_DELAY) - 1);
        if self.consumed < accepted && in_stage < BEATS {
            let Cursor {
                frame: number,
                beat,
            } = self.consume;
            if beat > 0 || (frames_in_stage < FRAMES && self.may_start(now, frames.get(number))) {
                let ends = self.consuming.update(frames, number);
                let (last, verdict) = (ends.is_last(beat), beat == ends.verdict_beat);
                if last || verdict {
                    let at = now + VERDICT_DELAY;
                    self.due_at = self.due_at.min(at);
                    self.due.push_back(Due {
                        at,
                        verdict,
                        counted: last,
                    });
                }
                if last {
                    self.eof_at = now;
                    self.consuming = Ends::UNKNOWN;
                }
                self.history |= 1;
                self.unreadable += 1;
                self.consumed += 1;
                self.consume.advance(last);
            }
        }
        told
    }

    /// The context is there. The hash of AH starts a beat or two before that of ESP: a frame of AH keeps a distance.
    fn may_start(&self, now: u64, frame: &Frame) -> bool {
        frame.context_at < now && !(frame.work.is_ah() && now <= self.eof_at + 1)
    }

    /// The beat at [`pop`](Self::pop) was popped at the edge. The result tells whether it was the last one.
    #[inline]
    pub fn popped(&mut self, frames: &FramePool) -> bool {
        self.popped += 1;
        let last = self
            .popping
            .update(frames, self.pop.frame)
            .is_last(self.pop.beat);
        self.pop.advance(last);
        if last {
            self.popping = Ends::UNKNOWN;
        }
        last
    }

    /// Edge v.
    fn give(&mut self, now: u64, frames: &mut FramePool) -> Option<Told> {
        let due = self.due.pop_front()?;
        self.due_at = self.due.front().map_or(u64::MAX, |due| due.at);
        self.counted = self.counted.wrapping_add(due.counted.into());
        self.counted_at = now;
        if !due.verdict {
            return None;
        }
        self.verdicts += 1;
        self.verdict(frames.get_mut(self.verdicts - 1))
    }

    fn verdict(&self, frame: &mut Frame) -> Option<Told> {
        let work = std::mem::take(&mut frame.work);
        frame.context_at = u64::MAX;
        frame.task = Task::default();
        // The abort beat ends the frame before its verdict, unless the verdict came for its length.
        frame.discard |= frame.abort && frame.is_last(frame.verdict_beat);
        if frame.discard {
            return None;
        }
        match self.path {
            Path::Tx => {
                let bad_length = frame.bad_length;
                frame.refused |= !work.transmit(frame.bytes_mut(), bad_length);
                if frame.refused {
                    return Some(Told::default());
                }
                frame.task = work.next();
                Some(Told {
                    mode: None,
                    count: work.count(),
                })
            }
            Path::Rx => {
                let (bad_length, result) = (frame.bad_length, frame.result);
                let verdict = work.receive(frame.bytes_mut(), bad_length, result);
                frame.result = verdict.words;
                frame.task = verdict.next;
                // A frame that is good in the end was good from its first portion on.
                frame.outermost = frame.outermost.or(verdict.owner);
                Some(Told {
                    mode: verdict.mode,
                    count: verdict.count,
                })
            }
        }
    }
}
