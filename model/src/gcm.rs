// SPDX-License-Identifier: Apache-2.0
//! AES-GCM with a 96-bit nonce (NIST SP 800-38D) on whole messages.
//!
//! The blocks are those of the `aes` and `ghash` crates; what is here is their composition. Text may have
//! any length, the tag is always computed in full: who wants a shorter one compares fewer bytes.

use aes::cipher::{Block, BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Aes192Enc, Aes256Enc};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use zeroize::Zeroize;

use crate::table_types::{KeyMaterial, KeySize};

/// Blocks that are enciphered together: enough to fill the pipeline of the AES instructions.
const BATCH: usize = 8;

type AesBlock = Block<Aes128Enc>;

/// Encryption direction of AES, which is all that GCM needs.
enum Cipher {
    Aes128(Aes128Enc),
    Aes192(Aes192Enc),
    Aes256(Aes256Enc),
}

impl Cipher {
    fn encrypt(&self, blocks: &mut [AesBlock]) {
        match self {
            Self::Aes128(aes) => aes.encrypt_blocks(blocks),
            Self::Aes192(aes) => aes.encrypt_blocks(blocks),
            Self::Aes256(aes) => aes.encrypt_blocks(blocks),
        }
    }
}

/// The tag does not authenticate the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagMismatch;

impl std::fmt::Display for TagMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the tag does not authenticate the message")
    }
}

impl std::error::Error for TagMismatch {}

/// AES-GCM under one key.
///
/// ```
/// use ipsec_model::gcm::Gcm;
/// use ipsec_model::table_types::KeyMaterial;
///
/// // NIST GCM test case 2.
/// let gcm = Gcm::new(&KeyMaterial::new(&[0; 16]).unwrap());
/// let mut text = [0; 16];
/// let tag = gcm.seal(&[0; 12], &[], &mut text);
/// assert_eq!(text[..4], [0x03, 0x88, 0xda, 0xce]);
/// assert_eq!(tag[..4], [0xab, 0x6e, 0x47, 0xd4]);
/// assert!(gcm.open(&[0; 12], &[], &mut text, &tag).is_ok());
/// assert_eq!(text, [0; 16]);
/// ```
pub struct Gcm {
    cipher: Cipher,
    hash: GHash,
}

impl std::fmt::Debug for Gcm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gcm(..)")
    }
}

impl Gcm {
    /// Key setup: round keys and H.
    #[must_use]
    pub fn new(key: &KeyMaterial) -> Self {
        let mut bytes = [0; 32];
        bytes[..key.bytes().len()].copy_from_slice(key.bytes());
        // Fixed-size prefixes: the size is the key's by construction.
        let cipher = match key.size() {
            KeySize::Aes128 => {
                let mut k = [0; 16];
                k.copy_from_slice(&bytes[..16]);
                Cipher::Aes128(Aes128Enc::new(&k.into()))
            }
            KeySize::Aes192 => {
                let mut k = [0; 24];
                k.copy_from_slice(&bytes[..24]);
                Cipher::Aes192(Aes192Enc::new(&k.into()))
            }
            KeySize::Aes256 => Cipher::Aes256(Aes256Enc::new(&bytes.into())),
        };
        bytes.zeroize();
        let mut h = [AesBlock::default()];
        cipher.encrypt(&mut h);
        let hash = GHash::new(&h[0]);
        h[0].zeroize();
        Self { cipher, hash }
    }

    /// H = AES(K, 0), first byte in the high bits: what the device keeps beside a key.
    #[must_use]
    pub fn h(key: &KeyMaterial) -> u128 {
        let mut block = [AesBlock::default()];
        Self::new(key).cipher.encrypt(&mut block);
        u128::from_be_bytes(block[0].into())
    }

    /// Encrypts `text` in place; the result is the full tag.
    pub fn seal(&self, nonce: &[u8; 12], aad: &[u8], text: &mut [u8]) -> [u8; 16] {
        let mask = self.ctr(nonce, text);
        self.tag(&mask, aad, text)
    }

    /// Checks `tag` (full or shortened from the right), then decrypts `text` in place.
    ///
    /// # Errors
    /// [`TagMismatch`]: `text` is unchanged.
    pub fn open(
        &self,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8],
    ) -> Result<(), TagMismatch> {
        let mut mask = [counter_block(nonce, 1)];
        self.cipher.encrypt(&mut mask);
        let expected = self.tag(&mask[0], aad, text);
        let differs = match expected.get(..tag.len()) {
            // No early exit: the model keeps the habit although nobody times it.
            Some(expected) => expected.iter().zip(tag).fold(0, |or, (a, b)| or | (a ^ b)) != 0,
            None => true,
        };
        if differs || tag.is_empty() {
            return Err(TagMismatch);
        }
        self.ctr(nonce, text);
        Ok(())
    }

    /// Adds the key stream of counters 2, 3, ... to `text`; the result is the tag mask, the key
    /// stream of counter 1, which shares the first batch.
    fn ctr(&self, nonce: &[u8; 12], text: &mut [u8]) -> AesBlock {
        let mut stream = [AesBlock::default(); BATCH];
        let mut mask = AesBlock::default();
        let mut counter = 1;
        let mut rest = text;
        loop {
            // In the first batch block 0 is the mask.
            let masks = usize::from(counter == 1);
            let used = BATCH.min(masks + rest.len().div_ceil(16));
            for block in &mut stream[..used] {
                *block = counter_block(nonce, counter);
                counter = counter.wrapping_add(1);
            }
            self.cipher.encrypt(&mut stream[..used]);
            if masks == 1 {
                mask = stream[0];
            }
            let (now, later) = rest.split_at_mut(rest.len().min(16 * (used - masks)));
            for (bytes, key) in now.chunks_mut(16).zip(&stream[masks..used]) {
                if let Ok(block) = <&mut [u8; 16]>::try_from(&mut *bytes) {
                    let sum = u128::from_ne_bytes(*block) ^ u128::from_ne_bytes((*key).into());
                    *block = sum.to_ne_bytes();
                } else {
                    bytes.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
                }
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        mask
    }

    fn tag(&self, mask: &AesBlock, aad: &[u8], text: &[u8]) -> [u8; 16] {
        let mut hash = self.hash.clone();
        hash.update_padded(aad);
        hash.update_padded(text);
        let bits = ((aad.len() as u128 * 8) << 64) | (text.len() as u128 * 8);
        hash.update(&[bits.to_be_bytes().into()]);
        let sum: [u8; 16] = hash.finalize().into();
        (u128::from_ne_bytes(sum) ^ u128::from_ne_bytes((*mask).into())).to_ne_bytes()
    }
}

fn counter_block(nonce: &[u8; 12], counter: u32) -> AesBlock {
    let mut block = AesBlock::default();
    block[..12].copy_from_slice(nonce);
    block[12..].copy_from_slice(&counter.to_be_bytes());
    block
}
