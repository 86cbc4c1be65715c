// SPDX-License-Identifier: Apache-2.0
//! Receive output: frames with their two words.

use crate::frame::{Frame, Kind};
use crate::table_types::PathEvent;

/// Longest frame whose length the byte counter takes.
pub(crate) const COUNTED_BYTES: usize = 16_383;

/// The beats of this frame are on the pins; others are swallowed or go to `diag_port`.
#[must_use]
pub fn shows(frame: &Frame) -> bool {
    frame.kind == Kind::Normal && !frame.discard
}

/// The event of a frame that has left.
#[must_use]
pub fn event(frame: &Frame) -> PathEvent {
    if matches!(frame.kind, Kind::SelfTest(_)) || frame.abort {
        return PathEvent::default();
    }
    let processed = frame.result.crypto_done();
    PathEvent {
        frame: true,
        frame_bytes: counted_bytes(frame),
        passed: !processed && !frame.bad_length,
        processed,
        two: frame.result.next_crypto_done(),
        bad_length: frame.bad_length,
        refused: false,
        delete_request: frame.result.sa_delete_req(),
        status: if processed {
            1 << (frame.result.crypto_status() & 7)
        } else {
            0
        },
    }
}

/// Length for the byte counter.
#[must_use]
pub fn counted_bytes(frame: &Frame) -> u16 {
    if frame.len > COUNTED_BYTES {
        0
    } else {
        frame.len as u16
    }
}
