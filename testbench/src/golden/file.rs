// SPDX-License-Identifier: Apache-2.0
//! SHA-256 of files, as text.

use sha2::{Digest, Sha256};

/// 64 hex digits.
pub type Sha256Text = String;

/// The SHA-256 of bytes as 64 hex digits.
pub fn sha256(bytes: &[u8]) -> Sha256Text {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answer() {
        // FIPS 180-4, "abc"
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), expected);
    }
}
