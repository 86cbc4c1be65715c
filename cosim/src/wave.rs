// SPDX-License-Identifier: Apache-2.0
//! What a device tells about the waves that it writes.

use crate::Boundary;

/// Where pins and stage boundaries are in a wave, and how its time runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaveLayout {
    /// Scope of the pins, as `TOP.ipsec_offload`
    pub scope: String,
    /// Time steps of half a clock
    pub half_period: u64,
    /// Scope of each stage boundary's registers
    pub points: Vec<(Boundary, String)>,
}

impl WaveLayout {
    /// Time of the rising edge of clock `clock` (1 is the first).
    pub fn edge(&self, clock: u64) -> u64 {
        (2 * clock).saturating_sub(1) * self.half_period
    }
}
