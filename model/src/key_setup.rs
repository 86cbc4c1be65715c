// SPDX-License-Identifier: Apache-2.0
//! H = AES(K, 0), the key of GHASH.

use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Aes192Enc, Aes256Enc};

use crate::table_types::{KeyMaterial, KeySize};

/// Enciphers the zero block; the first byte is in the high bits.
#[must_use]
pub fn hash_key(key: &KeyMaterial) -> u128 {
    fn zero<C: KeyInit + BlockCipherEncrypt>(key: &[u8]) -> u128 {
        let mut block = Block::<C>::default();
        // The size is that of the cipher, by the match below.
        if let Ok(cipher) = C::new_from_slice(key) {
            cipher.encrypt_block(&mut block);
        }
        block.iter().fold(0, |h, byte| h << 8 | u128::from(*byte))
    }
    match key.size() {
        KeySize::Aes128 => zero::<Aes128Enc>(key.bytes()),
        KeySize::Aes192 => zero::<Aes192Enc>(key.bytes()),
        KeySize::Aes256 => zero::<Aes256Enc>(key.bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        // GCM specification, test cases 1, 7 and 13; and the key of the self-test.
        let counting: Vec<u8> = (0..32).collect();
        for (key, h) in [
            (&[0; 16][..], 0x66e94bd4ef8a2c3b884cfa59ca342b2e),
            (&[0; 24], 0xaae06992acbf52a3e8f4a96ec9300bd7),
            (&[0; 32], 0xdc95c078a2408989ad48a21492842087),
            (&counting, 0xf29000b62a499fd0a9f39a6add2e7780),
        ] {
            assert_eq!(hash_key(&KeyMaterial::new(key).unwrap()), h);
        }
    }
}
