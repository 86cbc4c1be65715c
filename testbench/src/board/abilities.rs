// SPDX-License-Identifier: Apache-2.0
//! [`Abilities`]: what a target can do beside register accesses.

/// What a target can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Frames go into its streams and come out of them
    pub frames: bool,
    /// Its reset pin can be pulled
    pub reset: bool,
    /// Its clocks can be counted: waits and bounds are exact
    pub clock: bool,
}
