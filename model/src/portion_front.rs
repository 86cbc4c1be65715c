// SPDX-License-Identifier: Apache-2.0
//! Delays a frame while its next portion is parsed and looked up: a FIFO of beats and a queue of requests.

use crate::frame::{Cursor, Frame, FramePool};
use crate::frame_parser::{BEAT, Parse, parse};

/// Beats in the FIFO: more than a frame has, for its headers may end anywhere.
const BEATS: u64 = 1024;
/// Frames, and so requests, in a front.
const FRAMES: u64 = 16;

/// The front of a stage: what went in. What goes out is the consumption of the stage.
#[derive(Debug, Default)]
pub struct PortionFront {
    /// The beat that is accepted next.
    pub next: Cursor,
    /// Beats accepted.
    pub beats: u64,
    /// Frames whose request is queued.
    pub decided: u64,
    /// Beat that the parser waits for.
    need: u32,
    /// UDP_PORT at the first beat of the frame.
    udp_port: u16,
}

impl PortionFront {
    /// Ready, if the stage behind has consumed `beats` beats and started `frames` frames.
    #[must_use]
    pub fn ready(&self, beats: u64, frames: u64) -> bool {
        self.beats - beats < BEATS && self.next.started() - frames < FRAMES
    }

    /// Edge b(j): takes the next beat. `udp_port` is from before it.
    #[inline]
    pub fn accept(&mut self, last: bool, udp_port: u16, frames: &mut FramePool) {
        let Cursor {
            frame: number,
            beat,
        } = self.next;
        if beat == 0 {
            self.need = 0;
            self.udp_port = udp_port;
        }
        if self.decided == number && (beat == self.need || last) {
            self.look(frames.get_mut(number), beat, last);
        }
        self.beats += 1;
        self.next.advance(last);
    }

    fn look(&mut self, frame: &mut Frame, beat: u32, last: bool) {
        let seen = frame.len.min(BEAT * (beat as usize + 1));
        let portion = match parse(&frame.data[..seen], last, &frame.task, self.udp_port) {
            Parse::Need(need) => {
                self.need = need as u32;
                return;
            }
            Parse::Nothing => None,
            Parse::Found(portion) => Some(portion),
        };
        frame.portion = portion;
        self.decided += 1;
    }
}
