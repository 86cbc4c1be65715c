// SPDX-License-Identifier: Apache-2.0
//! Chooses the source of the next frame and turns its beats into internal ones.

use crate::frame::{Cursor, Frame, FramePool, Kind, MAX_BEATS};
use crate::packet::{MAX_FRAME, MIN_FRAME, TxWords};
use crate::pins::Beat;
use crate::probe::Path;
use crate::self_test::{self, SelfTest};
use crate::table_types::PathControl;

/// What an ingress is in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between frames.
    Idle,
    /// A frame of this kind is half in.
    Frame(Kind),
    /// Transmit: the rest of a frame that is too long goes nowhere.
    Swallow,
}

/// A beat as ingress gives it to the first front.
struct BeatIn<'a> {
    data: &'a [u8; 16],
    bytes: usize,
    last: bool,
}

/// The ingress of a path.
#[derive(Debug)]
pub struct FrameIngress {
    path: Path,
    state: State,
}

/// What happened at an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// A beat went into the first front.
    pub beat: bool,
    /// It was the last one of its frame, as the front sees it.
    pub last: bool,
    /// It came from `diag_port`.
    pub diag: bool,
}

impl FrameIngress {
    /// An ingress between frames.
    #[must_use]
    pub fn new(path: Path) -> Self {
        Self {
            path,
            state: State::Idle,
        }
    }

    /// `rst_ni`.
    pub fn reset(&mut self) {
        self.state = State::Idle;
    }

    /// No frame is half in.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.state == State::Idle
    }

    /// `s_axis_*_tready`, from registers alone.
    #[must_use]
    #[inline]
    pub fn ready(&self, front_ready: bool, control: &PathControl, self_test: &SelfTest) -> bool {
        !control.cut
            && match self.state {
                State::Swallow => true,
                State::Frame(Kind::Normal) => front_ready,
                State::Frame(_) => false,
                State::Idle => {
                    front_ready && control.open && !self_test.waiting() && control.diag.is_none()
                }
            }
    }

    /// One edge: `stream` is the beat that is transferred at the pins, if there is one; `at` is the front's next
    /// beat. `front_ready` is from before the edge.
    #[inline]
    pub fn step(
        &mut self,
        stream: Option<(&Beat, TxWords)>,
        at: Cursor,
        front_ready: bool,
        control: &PathControl,
        self_test: &mut SelfTest,
        frames: &mut FramePool,
    ) -> Taken {
        if control.cut {
            return self.cut(at, front_ready, frames);
        }
        let kind = match self.state {
            State::Swallow => {
                if stream.is_some_and(|(beat, _)| beat.last) {
                    self.state = State::Idle;
                }
                return Taken::default();
            }
            State::Frame(kind) => kind,
            State::Idle if self_test.waiting() => Kind::SelfTest(self_test.stage()),
            State::Idle if control.diag.is_some() => Kind::Diag,
            State::Idle => Kind::Normal,
        };
        match (kind, stream, &control.diag) {
            (Kind::Normal, Some((beat, words)), _) => {
                let beat = BeatIn {
                    data: &beat.data,
                    bytes: if beat.last {
                        beat.keep.trailing_ones() as usize
                    } else {
                        16
                    },
                    last: beat.last,
                };
                self.push(kind, words, &beat, at, frames)
            }
            (Kind::Diag, _, Some(beat)) if front_ready => {
                let words = Frame::tx_words(beat.user);
                let beat = BeatIn {
                    data: &beat.data,
                    bytes: beat.bytes.into(),
                    last: beat.last,
                };
                self.push(kind, words, &beat, at, frames)
            }
            (Kind::SelfTest(_), ..) if front_ready => {
                let beat = BeatIn {
                    data: &self_test.beat(at.beat as usize),
                    bytes: 16,
                    last: at.beat as usize + 1 == self_test::BEATS,
                };
                if beat.last {
                    self_test.sent();
                }
                self.push(kind, TxWords::default(), &beat, at, frames)
            }
            _ => Taken::default(),
        }
    }

    /// A soft reset is on.
    fn cut(&mut self, at: Cursor, front_ready: bool, frames: &mut FramePool) -> Taken {
        match self.state {
            State::Idle => {}
            State::Swallow => self.state = State::Idle,
            State::Frame(kind) if front_ready => {
                frames.get_mut(at.frame).abort = true;
                let beat = BeatIn {
                    data: &[0; 16],
                    bytes: 1,
                    last: true,
                };
                let taken = self.push(kind, TxWords::default(), &beat, at, frames);
                return Taken {
                    diag: false,
                    ..taken
                };
            }
            State::Frame(_) => {}
        }
        Taken::default()
    }

    #[inline]
    fn push(
        &mut self,
        kind: Kind,
        words: TxWords,
        beat: &BeatIn,
        at: Cursor,
        frames: &mut FramePool,
    ) -> Taken {
        let frame = if at.beat == 0 {
            let frame = frames.insert(at.frame);
            let words = if self.path == Path::Tx {
                words
            } else {
                TxWords::default()
            };
            frame.start(self.path, kind, words);
            frame
        } else {
            frames.get_mut(at.frame)
        };
        frame.data.extend_from_slice(beat.data);
        frame.len += beat.bytes;
        let too_long = at.beat >= MAX_BEATS;
        let truncate = too_long && self.path == Path::Tx;
        let last = beat.last || truncate;
        if last {
            // What a source drives behind the frame is not part of it.
            let len = frame.len;
            frame.data[len..].fill(0);
            frame.beats = at.beat + 1;
        }
        if too_long || last {
            frame.bad_length |= frame.len < MIN_FRAME || frame.len > MAX_FRAME;
            frame.verdict_beat = frame.verdict_beat.min(at.beat);
        }
        self.state = match (last, beat.last) {
            (true, true) => State::Idle,
            (true, false) => State::Swallow,
            (false, _) => State::Frame(kind),
        };
        Taken {
            beat: true,
            last,
            diag: kind == Kind::Diag,
        }
    }
}

impl Frame {
    /// The stream words of a beat.
    #[must_use]
    pub fn tx_words(user: [u32; 3]) -> TxWords {
        let [offload, tunnel, hint] = user;
        TxWords {
            offload,
            tunnel,
            hint,
        }
    }
}
