// SPDX-License-Identifier: Apache-2.0
//! Known-answer vectors through the RTL's GCM core as a unit, and through the model's.

use ipsec_cosim_device::{DeviceError, GcmUnit};
use ipsec_model::gcm::Gcm;
use ipsec_model::table_types::KeyMaterial;

use crate::error::Error;
use crate::kat::{GcmVector, KatError};

/// Something that does AES-GCM.
pub trait GcmCore {
    /// Ciphertext and full tag.
    ///
    /// # Errors
    /// The simulator stopped.
    fn encrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError>;

    /// Plaintext, authentic or not, and the full tag that an authentic message has.
    ///
    /// # Errors
    /// The simulator stopped.
    fn decrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError>;

    /// Clocks so far.
    fn clocks(&self) -> u64;
}

impl GcmCore for GcmUnit {
    fn encrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        Self::encrypt(self, key, iv, aad, text)
    }

    fn decrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        Self::decrypt(self, key, iv, aad, text)
    }

    fn clocks(&self) -> u64 {
        self.clock()
    }
}

/// The model's GCM, which has no clock.
#[derive(Debug, Default)]
pub struct ModelCore;

impl ModelCore {
    fn gcm(key: &[u8]) -> Result<Gcm, DeviceError> {
        let key = KeyMaterial::new(key)
            .ok_or_else(|| DeviceError::Other(format!("a key of {} bytes", key.len())))?;
        Ok(Gcm::new(&key))
    }
}

impl GcmCore for ModelCore {
    fn encrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        let mut text = text.to_vec();
        let tag = Self::gcm(key)?.seal(iv, aad, &mut text);
        Ok((text, tag))
    }

    fn decrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        // The same counters decrypt; the tag is that of the ciphertext, made by encrypting what came out.
        let gcm = Self::gcm(key)?;
        let mut plain = text.to_vec();
        gcm.seal(iv, aad, &mut plain);
        let tag = gcm.seal(iv, aad, &mut plain.clone());
        Ok((plain, tag))
    }

    fn clocks(&self) -> u64 {
        0
    }
}

/// How many vectors came out as they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Valid ones, accepted and reproduced
    pub accepted: usize,
    /// Invalid ones, rejected
    pub rejected: usize,
}

impl Count {
    /// All of them.
    pub fn total(self) -> usize {
        self.accepted + self.rejected
    }
}

/// Puts vectors through a core.
///
/// # Errors
/// The first vector that comes out otherwise than it says, or a line of the file that cannot be read.
pub fn check(
    core: &mut dyn GcmCore,
    vectors: impl Iterator<Item = Result<GcmVector, KatError>>,
) -> Result<Count, Error> {
    let mut count = Count::default();
    for vector in vectors {
        let vector = vector.map_err(|error| Error::Usage(error.to_string()))?;
        let wrong =
            |what: &str| Error::Failed(format!("{} vector {}: {what}", vector.src, vector.id));
        let (key, iv, aad) = (&vector.key, &vector.iv, &vector.aad);
        let (plain, tag) = core.decrypt(key, iv, aad, &vector.ct)?;
        let authentic = tag.starts_with(&vector.tag);
        match (vector.valid, authentic) {
            (true, false) => return Err(wrong("rejected, expected to be accepted")),
            (false, true) => return Err(wrong("accepted, expected to be rejected")),
            (false, false) => {
                count.rejected += 1;
                continue;
            }
            (true, true) => count.accepted += 1,
        }
        if let Some(expected) = &vector.pt {
            if plain != *expected {
                return Err(wrong("decrypts to another text"));
            }
            let (cipher, tag) = core.encrypt(key, iv, aad, expected)?;
            if cipher != vector.ct {
                return Err(wrong("encrypts to another text"));
            }
            if !tag.starts_with(&vector.tag) {
                return Err(wrong("encrypts with another tag"));
            }
        }
    }
    Ok(count)
}
