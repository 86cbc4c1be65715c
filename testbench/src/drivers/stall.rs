// SPDX-License-Identifier: Apache-2.0
//! Stall patterns, clock by clock.

use crate::rng::Rng;
use crate::scenario::StallPattern;

/// One port's stalls.
#[derive(Clone, Debug)]
pub struct Stall {
    rng: Rng,
    mode: Mode,
}

#[derive(Clone, Debug)]
enum Mode {
    Never,
    Percent(u64),
    Bits(Vec<bool>, usize),
}

impl Stall {
    /// A port that never stalls; `purpose` tells its random numbers from those of other ports.
    pub fn new(seed: u64, purpose: u64) -> Self {
        Self {
            rng: Rng::new(seed, purpose),
            mode: Mode::Never,
        }
    }

    /// Changes the pattern; explicit bits start at the first.
    pub fn set(&mut self, pattern: &StallPattern) {
        self.mode = match pattern {
            StallPattern::Percent(0) => Mode::Never,
            StallPattern::Percent(percent) => Mode::Percent(u64::from(*percent)),
            StallPattern::Bits(bits) => Mode::Bits(bits.bytes().map(|b| b == b'1').collect(), 0),
        };
    }

    /// Whether the port stalls in this clock.
    #[inline]
    pub fn now(&mut self) -> bool {
        match &mut self.mode {
            Mode::Never => false,
            Mode::Percent(percent) => self.rng.chance(*percent),
            Mode::Bits(bits, at) => {
                let bit = bits.get(*at).copied().unwrap_or(false);
                *at = if *at + 1 < bits.len() { *at + 1 } else { 0 };
                bit
            }
        }
    }
}
