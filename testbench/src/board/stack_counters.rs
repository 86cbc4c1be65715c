// SPDX-License-Identifier: Apache-2.0
//! [`StackCounters`]: what became of the frames between a board's interfaces.

use serde::{Deserialize, Serialize};

/// Counts of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackCounters {
    /// From the host's interface
    pub host_in: u64,
    /// To the host's interface
    pub host_out: u64,
    /// From the wire's interface
    pub wire_in: u64,
    /// To the wire's interface
    pub wire_out: u64,
    /// Frames from the host that got an ESP header here and went into the device with a handle
    pub encapsulated: u64,
    /// Frames from the host that had their ESP header already and went into the device with a handle
    pub prepared: u64,
    /// Frames from the wire whose ICV the device found good, and whose ESP header was taken off
    pub decapsulated: u64,
    /// Frames from the wire that the device processed with a CryptoStatus other than 0; the host does not see them
    pub icv_errors: u64,
    /// Frames with ESP or AH from the wire that the device did not process; the host gets them as they are
    pub not_processed: u64,
    /// Frames in the clear where an SA asks for ESP, either way; they are dropped
    pub clear_refused: u64,
    /// Frames from the host that should get an ESP header and cannot (a fragment, an extension header, a sequence
    /// number at its end); they are dropped
    pub cannot_encapsulate: u64,
    /// Frames that the device refused: completions other than SUCCESS
    pub refused: u64,
    /// Frames dropped because too many wait in front of the device
    pub overrun: u64,
    /// Frames that an interface did not take
    pub send_errors: u64,
}
