// SPDX-License-Identifier: Apache-2.0
//! Damage to a frame: three bytes of the input each, so that the fuzzer can move, repeat and drop them.

use super::reader::Reader;
use super::template::Marks;

/// Longest that a mutation makes a frame.
const LONGEST: usize = 9_700;
/// Values of length fields and addresses at which something changes.
const EDGES: [u16; 16] = [
    0, 1, 2, 7, 8, 19, 20, 40, 255, 256, 1020, 1024, 0x7fff, 0x8000, 0xfffe, 0xffff,
];

/// One change.
#[derive(Clone, Copy, Debug)]
pub struct Mutation {
    /// Bits 2:0: what is done; bits 5:3: from where the offset counts
    what: u8,
    offset: i8,
    value: u8,
}

impl Mutation {
    /// The next one of an input.
    pub fn read(reader: &mut Reader) -> Self {
        Self {
            what: reader.byte(),
            offset: reader.byte() as i8,
            value: reader.byte(),
        }
    }

    /// Changes a frame. Offsets outside of it do nothing; at least one byte is left.
    pub fn apply(self, frame: &mut Vec<u8>, marks: &Marks) {
        let from = marks.at(self.what >> 3 & 7, frame.len());
        let Some(at) = from.checked_add_signed(self.offset.into()) else {
            return;
        };
        let value = self.value;
        match self.what & 7 {
            0 => frame.iter_mut().skip(at).take(1).for_each(|b| *b ^= value),
            1 => frame.iter_mut().skip(at).take(1).for_each(|b| *b = value),
            // A length a bit too long or too short.
            2 => word(frame, at, |old| {
                old.wrapping_add_signed(i16::from(value as i8))
            }),
            3 => word(frame, at, |_| EDGES[usize::from(value) % EDGES.len()]),
            4 => frame.truncate(at.max(1)),
            5 => {
                let more = if value < 0x80 {
                    usize::from(value)
                } else {
                    // To where a frame becomes too long for the device, and beyond.
                    (9_600 + usize::from(value & 31)).saturating_sub(frame.len())
                };
                frame.resize((frame.len() + more).min(LONGEST), value);
            }
            6 if at < frame.len() => {
                let end = (at + usize::from(value % 32)).min(frame.len());
                let kept = usize::from(end - at == frame.len());
                frame.drain(at + kept..end);
            }
            7 if at <= frame.len() && frame.len() < LONGEST - 32 => {
                let fill = usize::from(value & 31);
                frame.splice(at..at, std::iter::repeat_n(value >> 5, fill));
            }
            _ => {}
        }
    }
}

fn word(frame: &mut [u8], at: usize, new: impl Fn(u16) -> u16) {
    if let Some(bytes) = frame.get_mut(at..).and_then(|f| f.first_chunk_mut()) {
        *bytes = new(u16::from_be_bytes(*bytes)).to_be_bytes();
    }
}

/// Reads a count of up to three and so many mutations, and applies them. The result says whether there were any.
pub fn mutate(reader: &mut Reader, frame: &mut Vec<u8>, marks: &Marks) -> bool {
    let count = reader.byte() & 3;
    for _ in 0..count {
        Mutation::read(reader).apply(frame, marks);
    }
    count > 0
}
