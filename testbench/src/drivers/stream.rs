// SPDX-License-Identifier: Apache-2.0
//! AXI4-Stream source and sink of frames, 16 bytes a beat.

use ipsec_cosim_device::Beat;

use super::stall::Stall;

/// Drives an input stream: a frame at a time, valid held until ready.
#[derive(Clone, Debug)]
pub struct Source {
    /// When it holds back a beat
    pub stall: Stall,
    bytes: Vec<u8>,
    at: usize,
    valid: bool,
}

impl Source {
    /// An idle source.
    pub fn new(stall: Stall) -> Self {
        Self {
            stall,
            bytes: Vec::new(),
            at: 0,
            valid: false,
        }
    }

    /// Whether the next frame can be given.
    #[inline]
    pub fn is_free(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Gives the next frame; the one before must have left.
    pub fn load(&mut self, bytes: &[u8]) {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.at = 0;
    }

    /// Forgets the frame under way.
    pub fn cut(&mut self) {
        self.at = self.bytes.len();
        self.valid = false;
    }

    /// Sets the pins for one clock. A beat that is `true` in the result was taken at this clock's edge:
    /// (first beat, last beat).
    #[inline]
    pub fn drive(
        &mut self,
        ready: bool,
        valid: &mut bool,
        beat: &mut Beat,
    ) -> Option<(bool, bool)> {
        if !self.valid {
            if self.is_free() || self.stall.now() {
                *valid = false;
                return None;
            }
            self.valid = true;
            let rest = &self.bytes[self.at..];
            if let Some((data, more)) = rest.split_first_chunk::<16>() {
                beat.data = *data;
                beat.keep = 0xffff;
                beat.last = more.is_empty();
            } else {
                beat.data = [0; 16];
                beat.data[..rest.len()].copy_from_slice(rest);
                beat.keep = (1_u16 << rest.len()) - 1;
                beat.last = true;
            }
        }
        *valid = true;
        if !ready {
            return None;
        }
        let first = self.at == 0;
        self.at = (self.at + 16).min(self.bytes.len());
        self.valid = false;
        Some((first, self.is_free()))
    }
}

/// Takes an output stream's beats together to frames.
#[derive(Clone, Debug)]
pub struct Sink {
    /// When it is not ready
    pub stall: Stall,
    bytes: Vec<u8>,
    /// Clock in which the frame under way began
    first: u64,
}

/// A frame that a [`Sink`] took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The bytes
    pub bytes: Vec<u8>,
    /// Clock of the first beat
    pub first: u64,
    /// Clock of the last beat
    pub last: u64,
}

impl Sink {
    /// An idle sink.
    pub fn new(stall: Stall) -> Self {
        Self {
            stall,
            bytes: Vec::new(),
            first: 0,
        }
    }

    /// Forgets the frame under way.
    pub fn cut(&mut self) {
        self.bytes.clear();
    }

    /// Takes a beat that is transferred at this clock's edge.
    ///
    /// # Errors
    /// The tkeep of the beat, if no legal beat has it.
    #[inline]
    pub fn take(&mut self, clock: u64, beat: &Beat) -> Result<Option<Taken>, u16> {
        if self.bytes.is_empty() {
            self.first = clock;
        }
        if beat.keep == 0xffff {
            self.bytes.extend_from_slice(&beat.data);
        } else {
            if !beat.last || beat.keep == 0 || (beat.keep & (beat.keep + 1)) != 0 {
                return Err(beat.keep);
            }
            let count = beat.keep.count_ones() as usize;
            self.bytes.extend_from_slice(&beat.data[..count]);
        }
        if !beat.last {
            return Ok(None);
        }
        Ok(Some(Taken {
            bytes: std::mem::take(&mut self.bytes),
            first: self.first,
            last: clock,
        }))
    }
}
