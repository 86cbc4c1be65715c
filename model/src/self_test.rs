// SPDX-License-Identifier: Apache-2.0
//! A known answer through every GCM engine of a path (docs/cycle_formulae.md, Self-test).

use crate::frame_parser::Task;
use crate::packet::{Job, Scheme, Work};
use crate::probe::Path;
use crate::table_types::KeyMaterial;

/// Beats of a self-test frame.
pub const BEATS: usize = 6;
/// Bytes of a self-test frame.
pub const BYTES: usize = 16 * BEATS;

const AAD: usize = 34;
const TEXT: usize = 50;
const TEXT_LEN: usize = 30;
const NONCE: [u8; 12] = [
    0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b,
];
/// Bytes 50..95 of the cipher frame: text and ICV.
const CIPHER: [u8; BYTES - TEXT] = [
    0xe0, 0x09, 0x92, 0x45, 0x5a, 0xaf, 0x22, 0x37, 0x20, 0x47, 0x7e, 0xf3, 0xff, 0x27, 0xb4, 0xb8,
    0x92, 0x0a, 0xa8, 0xd9, 0xc1, 0xc7, 0x2b, 0xa7, 0x26, 0xbd, 0x20, 0x5f, 0x07, 0xc5, 0x3a, 0xfd,
    0x5b, 0x7d, 0x9d, 0x3e, 0x09, 0xef, 0xa5, 0x75, 0x65, 0x36, 0x25, 0xdc, 0x32, 0x32,
];

fn plain() -> [u8; BYTES] {
    std::array::from_fn(|i| i as u8)
}

fn cipher() -> [u8; BYTES] {
    let mut frame = plain();
    frame[TEXT..].copy_from_slice(&CIPHER);
    frame
}

/// What goes into a path, and what must come out.
#[must_use]
pub fn frames(path: Path) -> ([u8; BYTES], [u8; BYTES]) {
    match path {
        Path::Tx => (plain(), cipher()),
        Path::Rx => {
            let mut expected = plain();
            expected[TEXT + TEXT_LEN..].copy_from_slice(&CIPHER[TEXT_LEN..]);
            (cipher(), expected)
        }
    }
}

/// The constant context of the stage under test.
#[must_use]
pub fn work() -> Work {
    let key: [u8; 32] = std::array::from_fn(|i| i as u8);
    match KeyMaterial::new(&key) {
        Some(key) => Work::Job(Box::new(Job {
            scheme: Scheme::EspGcm,
            key,
            nonce: NONCE,
            seq_high: None,
            from: AAD,
            text: TEXT,
            icv: TEXT + TEXT_LEN,
            icv_len: BYTES - TEXT - TEXT_LEN,
            end: BYTES,
            owner: None,
            bytes: None,
            two: false,
            tunnel: false,
            inner: false,
            next: Task::default(),
        })),
        None => Work::Pass,
    }
}

/// State of the self-test of one path.
#[derive(Debug)]
pub struct SelfTest {
    stages: usize,
    input: [u8; BYTES],
    expected: [u8; BYTES],
    /// Stage under test of the next frame to go in; `stages` = none waits.
    next: usize,
    running: bool,
    good: u8,
}

impl SelfTest {
    /// No self-test yet.
    #[must_use]
    pub fn new(path: Path, stages: usize) -> Self {
        let (input, expected) = frames(path);
        Self {
            stages,
            input,
            expected,
            next: stages,
            running: false,
            good: 0,
        }
    }

    /// `rst_ni`.
    pub fn reset(&mut self) {
        self.stop();
        self.good = 0;
    }

    /// Edge q.
    pub fn start(&mut self) {
        self.next = 0;
        self.running = true;
        self.good = 0;
    }

    /// A soft reset drops what waits; what is inside no longer counts.
    pub fn stop(&mut self) {
        self.next = self.stages;
        self.running = false;
    }

    /// A frame waits at the ingress.
    #[must_use]
    pub fn waiting(&self) -> bool {
        self.next < self.stages
    }

    /// From the start to the last result.
    #[must_use]
    pub fn running(&self) -> bool {
        self.running
    }

    /// Result bit of each stage.
    #[must_use]
    pub fn good(&self) -> u8 {
        self.good
    }

    /// Beat of the frame that goes in.
    #[must_use]
    pub fn beat(&self, beat: usize) -> [u8; 16] {
        self.input[16 * beat..]
            .first_chunk()
            .copied()
            .unwrap_or_default()
    }

    /// Stage under test of the frame that goes in.
    #[must_use]
    pub fn stage(&self) -> usize {
        self.next
    }

    /// The last beat of a frame is in.
    pub fn sent(&mut self) {
        self.next += 1;
    }

    /// A frame arrived at the egress.
    pub fn arrived(&mut self, stage: usize, frame: &[u8]) {
        if self.running {
            self.good |= u8::from(frame == self.expected) << stage;
            self.running = stage + 1 != self.stages;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::RxResult;

    #[test]
    fn the_engines_give_the_known_answer() {
        let (mut frame, expected) = frames(Path::Tx);
        assert!(work().transmit(&mut frame, false));
        assert_eq!(frame, expected);
        let (mut frame, expected) = frames(Path::Rx);
        work().receive(&mut frame, false, RxResult::default());
        assert_eq!(frame, expected);
    }
}
