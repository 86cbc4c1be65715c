// SPDX-License-Identifier: Apache-2.0
//! IPv4 options and IPv6 extension headers, drawn.

use crate::rng::Rng;

/// IPv4 options: whole words, at most so many. Now and then malformed, or a route that is not exhausted.
pub fn options(most_words: usize, odd: bool, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    let room = 4 * rng.below(most_words as u64 + 1) as usize;
    while bytes.len() < room {
        match rng.below(if odd { 12 } else { 9 }) {
            0 => bytes.push(1),
            1 => bytes.extend([148, 4, 0, 0]),
            2 => {
                bytes.extend([7, 7, 4]);
                bytes.extend(rng.bytes(4));
            }
            // A route at its end.
            3 => {
                bytes.extend([131, 7, 8]);
                bytes.extend(rng.bytes(4));
            }
            4 => {
                bytes.extend([137, 3, 4]);
            }
            5 => {
                bytes.extend([68, 8, 9, 0]);
                bytes.extend(rng.bytes(4));
            }
            6 => {
                bytes.extend([[130, 133, 134, 149][rng.below(4) as usize], 5]);
                bytes.extend(rng.bytes(3));
            }
            7 => {
                let size = rng.below(6) as u8;
                bytes.extend([30 + rng.below(60) as u8, size + 2]);
                bytes.extend(rng.bytes(size.into()));
            }
            8 => bytes.push(0),
            // A route with addresses to go.
            9 => {
                bytes.extend([[131, 137][rng.below(2) as usize], 7, 4]);
                bytes.extend(rng.bytes(4));
            }
            10 => bytes.extend([rng.word() as u8, rng.below(3) as u8]),
            _ => bytes.extend([rng.word() as u8, rng.word() as u8]),
        }
    }
    bytes.truncate(room);
    // A source route cut off behind its length is nobody's to explain.
    if let [.., kind @ (131 | 137), _] = bytes.as_mut_slice() {
        *kind = 1;
    }
    if let [.., kind @ (131 | 137)] = bytes.as_mut_slice() {
        *kind = 1;
    }
    bytes
}

/// IPv6 extension headers: what they are, and what is in them. Now and then a route that is not exhausted.
pub fn extensions(count: usize, odd: bool, rng: &mut Rng) -> Vec<(u8, Vec<u8>)> {
    (0..count)
        .map(|_| match rng.below(3) {
            0 => (43, routing(odd && rng.chance(20), rng)),
            kind => (if kind == 1 { 0 } else { 60 }, options_v6(odd, rng)),
        })
        .collect()
}

/// The inside of a routing header.
pub fn routing(to_go: bool, rng: &mut Rng) -> Vec<u8> {
    let size = 6 + 8 * rng.below(4) as usize;
    let mut inside = rng.bytes(size);
    inside[1] = u8::from(to_go);
    inside
}

fn options_v6(odd: bool, rng: &mut Rng) -> Vec<u8> {
    let room = 6 + 8 * rng.below(3) as usize;
    let mut bytes = Vec::new();
    while bytes.len() < room {
        let left = room - bytes.len();
        match rng.below(4) {
            0 => bytes.push(0),
            1 if left >= 2 => bytes.extend([1, (left - 2) as u8]),
            kind if left >= 2 => {
                let longest = if odd { 40 } else { left as u64 - 2 };
                let size = rng.below(longest + 1) as usize;
                // With the bit of what may change, or not.
                bytes.extend([rng.word() as u8 & !0x20 | 1, size as u8]);
                if kind == 2
                    && let Some(kind) = bytes.len().checked_sub(2)
                {
                    bytes[kind] |= 0x20;
                }
                bytes.extend(rng.bytes(size));
            }
            _ => bytes.push(0),
        }
    }
    bytes.truncate(room);
    bytes
}
