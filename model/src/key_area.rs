// SPDX-License-Identifier: Apache-2.0
//! Bytes that are a secret: wiped when dropped, never printed.

use std::fmt;

use zeroize::Zeroize;

/// The key area of a command structure. Wiped on drop; `Debug` tells the length alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KeyArea(Vec<u8>);

impl KeyArea {
    /// Takes a copy of `bytes`.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// No bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&[u8]> for KeyArea {
    fn from(bytes: &[u8]) -> Self {
        Self::new(bytes)
    }
}

impl Drop for KeyArea {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for KeyArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyArea({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::KeyArea;

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(
            format!("{:?}", KeyArea::new(&[0xAB; 20])),
            "KeyArea(20 bytes)"
        );
    }
}
