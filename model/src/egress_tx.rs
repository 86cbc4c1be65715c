// SPDX-License-Identifier: Apache-2.0
//! Transmit output: frames without those that were refused, and a completion for each.

use std::collections::VecDeque;

use crate::egress_rx::counted_bytes;
use crate::frame::{Frame, Kind};
use crate::table_types::PathEvent;

/// Completions that may wait.
const COMPLETIONS: usize = 16;
const NDIS_STATUS_SUCCESS: u32 = 0;
const NDIS_STATUS_FAILURE: u32 = 0xC000_0001;

/// The beats of this frame are on the pins; others are swallowed or go to `diag_port`.
#[must_use]
pub fn shows(frame: &Frame) -> bool {
    frame.kind == Kind::Normal && !frame.refused && !frame.discard
}

/// The event of a frame that has left, or was refused.
#[must_use]
pub fn event(frame: &Frame) -> PathEvent {
    if matches!(frame.kind, Kind::SelfTest(_)) || frame.abort {
        return PathEvent::default();
    }
    let processed = !frame.refused && !frame.words.none();
    PathEvent {
        frame: true,
        frame_bytes: counted_bytes(frame),
        passed: !frame.refused && frame.words.none(),
        processed,
        two: processed && frame.words.tunnel != 0,
        bad_length: frame.bad_length,
        refused: frame.refused,
        status: 0,
        delete_request: false,
    }
}

/// The completion queue.
#[derive(Debug, Default)]
pub struct Completions {
    waiting: VecDeque<u64>,
    /// Number of the next frame.
    number: u32,
}

impl Completions {
    /// Back to frame 0, when the path is empty.
    pub fn restart(&mut self) {
        self.waiting.clear();
        self.number = 0;
    }

    /// Room for one more: egress moves only then.
    #[must_use]
    pub fn room(&self) -> bool {
        self.waiting.len() < COMPLETIONS
    }

    /// None waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// `m_axis_txcpl_tdata`, if it is valid.
    #[must_use]
    pub fn head(&self) -> Option<u64> {
        self.waiting.front().copied()
    }

    /// The head was transferred.
    pub fn pop(&mut self) {
        self.waiting.pop_front();
    }

    /// The last beat of a frame has left. The result is the frame's number.
    pub fn push(&mut self, frame: &Frame) -> u32 {
        let number = self.number;
        if frame.discard || matches!(frame.kind, Kind::SelfTest(_)) {
            return number;
        }
        self.number = number.wrapping_add(1);
        if frame.kind == Kind::Normal {
            let status = if frame.refused {
                NDIS_STATUS_FAILURE
            } else {
                NDIS_STATUS_SUCCESS
            };
            self.waiting
                .push_back(u64::from(number) << 32 | u64::from(status));
        }
        number
    }
}
