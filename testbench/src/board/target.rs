// SPDX-License-Identifier: Apache-2.0
//! [`Target`]: what every board can be asked.

use super::{Abilities, Completion, OutFrame, TargetError};
use crate::golden::{InPort, OutPort};

/// A device reached through registers and frames. Every call has a bound: one that is not met is
/// [`TargetError::NoAnswer`].
pub trait Target {
    /// What it is, in a few words.
    fn description(&self) -> String;

    /// What it can do.
    fn abilities(&self) -> Abilities;

    /// Reads a register.
    ///
    /// # Errors
    /// It does not answer, or is gone.
    fn read32(&mut self, address: u16) -> Result<u32, TargetError>;

    /// Writes the bytes of a register that `strobe` names (15: all).
    ///
    /// # Errors
    /// It does not answer, is gone, or has no such strobes.
    fn write32(&mut self, address: u16, data: u32, strobe: u8) -> Result<(), TargetError>;

    /// Pulls the reset pin for at least so many clocks. Frames and completions on their way are lost.
    ///
    /// # Errors
    /// It has no such pin, or is gone.
    fn reset(&mut self, clocks: u32) -> Result<(), TargetError>;

    /// Lets at least so many clocks pass.
    ///
    /// # Errors
    /// It is gone.
    fn wait(&mut self, clocks: u32) -> Result<(), TargetError>;

    /// Clocks since power-on, if they can be counted.
    fn clock(&mut self) -> Option<u64>;

    /// Sends a frame; ends when the last beat was taken.
    ///
    /// # Errors
    /// It does not take the frame, or has no streams.
    fn send(&mut self, port: InPort, frame: &[u8], tuser: [u32; 3]) -> Result<(), TargetError>;

    /// The next frame out of an output; `None` if there is none within so many clocks.
    ///
    /// # Errors
    /// It is gone, or has no streams.
    fn receive(&mut self, port: OutPort, clocks: u32) -> Result<Option<OutFrame>, TargetError>;

    /// The next completion; `None` if there is none within so many clocks.
    ///
    /// # Errors
    /// It is gone, or has no streams.
    fn completion(&mut self, clocks: u32) -> Result<Option<Completion>, TargetError>;

    /// A frame that has come out by now.
    fn leftover(&mut self, port: OutPort) -> Option<OutFrame> {
        self.receive(port, 0).ok().flatten()
    }

    /// A completion that has come by now.
    fn leftover_completion(&mut self) -> Option<Completion> {
        self.completion(0).ok().flatten()
    }
}
