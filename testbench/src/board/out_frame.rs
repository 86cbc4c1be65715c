// SPDX-License-Identifier: Apache-2.0
//! [`OutFrame`]: a frame that a target gave.

/// A frame out of one of the outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutFrame {
    /// The bytes
    pub bytes: Vec<u8>,
    /// Receive: slot-1 word and slot-12 word; zeros on transmit
    pub words: [u32; 2],
}
