// SPDX-License-Identifier: Apache-2.0
//! A buffer that ends too early.

use std::fmt;

/// A buffer is shorter than the fixed part of its structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooShort {
    /// Bytes of the fixed part.
    pub needed: usize,
    /// Bytes there are.
    pub given: usize,
}

impl fmt::Display for TooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} bytes where the fixed part has {}",
            self.given, self.needed
        )
    }
}

impl std::error::Error for TooShort {}

impl TooShort {
    /// Errors if `bytes` are fewer than `needed`.
    pub(super) fn check(bytes: &[u8], needed: usize) -> Result<(), Self> {
        if bytes.len() < needed {
            return Err(Self {
                needed,
                given: bytes.len(),
            });
        }
        Ok(())
    }
}
