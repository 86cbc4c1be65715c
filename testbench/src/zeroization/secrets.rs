// SPDX-License-Identifier: Apache-2.0
//! What of a key must not stay in a device: the key, its salt, H and every round key.

use std::collections::HashMap;

use aes::cipher::{BlockCipherEncrypt, KeyInit};

use crate::rng::Rng;

/// What must not stay.
#[derive(Clone)]
pub struct Secrets {
    /// Key and salt, as the host hands them over
    pub key_and_salt: Vec<u8>,
    /// Names and bytes: key, salt, H, round keys
    pub parts: Vec<(String, Vec<u8>)>,
}

fn substitute(byte: u8) -> u8 {
    // The S-box: inverse in GF(2^8), then the affine map.
    let multiply = |mut a: u8, mut b: u8| {
        let mut product = 0;
        while b != 0 {
            if b & 1 != 0 {
                product ^= a;
            }
            a = a << 1 ^ if a & 0x80 != 0 { 0x1b } else { 0 };
            b >>= 1;
        }
        product
    };
    let inverse = (0..254).fold(1, |power, _| multiply(power, byte));
    (0..5).fold(0x63, |sum, k| sum ^ inverse.rotate_left(k))
}

/// The key expansion of FIPS 197, section 5.2, in blocks.
pub fn round_keys(key: &[u8]) -> Vec<Vec<u8>> {
    let nk = key.len() / 4;
    let mut words: Vec<[u8; 4]> = key.as_chunks().0.to_vec();
    let mut rcon = 1_u8;
    for i in nk..4 * (nk + 7) {
        let mut word = words[i - 1];
        if i % nk == 0 {
            word.rotate_left(1);
            word = word.map(substitute);
            word[0] ^= rcon;
            rcon = rcon << 1 ^ if rcon & 0x80 != 0 { 0x1b } else { 0 };
        } else if nk > 6 && i % nk == 4 {
            word = word.map(substitute);
        }
        let before = words[i - nk];
        words.push(std::array::from_fn(|k| word[k] ^ before[k]));
    }
    let flat: Vec<u8> = words.concat();
    flat.chunks(16).map(<[u8]>::to_vec).collect()
}

fn hash_key(key: &[u8]) -> Vec<u8> {
    let mut block = aes::Block::default();
    match key.len() {
        16 => encrypt(aes::Aes128::new_from_slice(key), &mut block),
        24 => encrypt(aes::Aes192::new_from_slice(key), &mut block),
        _ => encrypt(aes::Aes256::new_from_slice(key), &mut block),
    }
    block.to_vec()
}

/// `cipher`: none for a key of another length, which has no H.
fn encrypt<C: BlockCipherEncrypt<BlockSize = aes::cipher::consts::U16>, E>(
    cipher: Result<C, E>,
    block: &mut aes::Block,
) {
    if let Ok(cipher) = cipher {
        cipher.encrypt_block(block);
    }
}

impl Secrets {
    /// Those of a key with its salt of 4 bytes behind it.
    pub fn new(key_and_salt: Vec<u8>) -> Self {
        let (key, salt) = key_and_salt.split_at(key_and_salt.len().saturating_sub(4));
        let mut parts = vec![
            ("key".to_owned(), key.to_vec()),
            ("salt".to_owned(), salt.to_vec()),
            ("H".to_owned(), hash_key(key)),
        ];
        for (round, key) in round_keys(key).into_iter().enumerate() {
            parts.push((format!("round key {round}"), key));
        }
        Self {
            key_and_salt,
            parts,
        }
    }

    /// Those of a key of so many bytes.
    pub fn drawn(bytes: usize, seed: u64) -> Self {
        Self::new(Rng::new(seed, 0x5ec7).bytes(bytes + 4))
    }

    /// Every piece of so many bytes, in both orders, as the number that it is in a vector whose bit 0 comes
    /// first.
    pub(super) fn pieces(&self, size: usize) -> HashMap<u64, &str> {
        let mut pieces = HashMap::new();
        for (name, bytes) in &self.parts {
            for piece in bytes.windows(size) {
                let up = piece.iter().rev().fold(0, |v, b| v << 8 | u64::from(*b));
                let down = piece.iter().fold(0, |v, b| v << 8 | u64::from(*b));
                pieces.entry(up).or_insert(name.as_str());
                pieces.entry(down).or_insert(name.as_str());
            }
        }
        pieces
    }
}
