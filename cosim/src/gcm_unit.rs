// SPDX-License-Identifier: Apache-2.0
//! The RTL's GCM core alone, behind a function call: any AAD and text length, any of the three key
//! sizes. How a message becomes beats (regions at 2 modulo 4, text at byte 48 or behind, no two blocks
//! in one beat) is in rtl/unit/gcm_unit_top.sv.

use crate::DeviceError;
use crate::rtl::verilated::gcm_unit::{Dut, In, Out};
use crate::rtl::{failure, to_bytes, to_words};

/// The GCM core with its own Verilated top.
pub struct GcmUnit {
    dut: Dut,
    clock: u64,
    gaps: u32,
    offsets: Option<(usize, usize)>,
    random: u64,
    stopped: Option<DeviceError>,
}

/// Where the AAD may start: that of AH behind Ethernet at 14, that of ESP over IPv4 at 34.
pub const GCM_AAD_OFFSETS: [usize; 6] = [14, 18, 22, 26, 30, 34];
/// The byte of its beat at which the text may start: headers are whole words behind the 14 bytes of Ethernet.
pub const GCM_TEXT_LANES: [usize; 4] = [2, 6, 10, 14];
/// Widths of the offsets.
const MAX_BYTES: usize = 1 << 14;
/// Longer than any wait of the unit.
const PATIENCE: u32 = 200;

impl GcmUnit {
    /// A unit after its reset; `seed` chooses what its registers hold before.
    ///
    /// # Errors
    /// The simulator does not start.
    pub fn new(seed: u32) -> Result<Self, DeviceError> {
        let dut = Dut::new(seed).map_err(|error| failure(error, 0))?;
        let random = u64::from(seed) << 1 | 1;
        let mut unit = Self {
            dut,
            clock: 0,
            gaps: 0,
            offsets: None,
            random,
            stopped: None,
        };
        for _ in 0..2 {
            unit.step(&In::default())?;
        }
        Ok(unit)
    }

    /// Leaves idle clocks between beats: before each one with a probability of `percent`, as often as
    /// it comes. 0, the default, is a beat a clock.
    pub fn set_gaps(&mut self, percent: u32) {
        self.gaps = percent.min(99);
    }

    /// Where the next messages lie in their frames: the AAD starts at the first (one of [`GCM_AAD_OFFSETS`]), the text at
    /// the second byte of a beat (one of [`GCM_TEXT_LANES`]). `None`, the default: drawn for each message.
    ///
    /// # Errors
    /// There is no such place.
    pub fn set_offsets(&mut self, offsets: Option<(usize, usize)>) -> Result<(), DeviceError> {
        if let Some((aad, lane)) = offsets
            && !(GCM_AAD_OFFSETS.contains(&aad) && GCM_TEXT_LANES.contains(&lane))
        {
            return Err(other(format!(
                "AAD at {aad}, text at byte {lane} of a beat: expected one of {GCM_AAD_OFFSETS:?} and of {GCM_TEXT_LANES:?}"
            )));
        }
        self.offsets = offsets;
        Ok(())
    }

    /// Clocks since it was made.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Encrypts `text`: the ciphertext and the full tag.
    ///
    /// # Errors
    /// A key that is not 16, 24 or 32 bytes long, a message too long for the unit, a failed assertion.
    pub fn encrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        self.message(false, key, iv, aad, text)
    }

    /// Decrypts `text`: the plaintext, whether it is authentic or not, and the full tag that an
    /// authentic message has.
    ///
    /// # Errors
    /// As for [`encrypt`](Self::encrypt).
    pub fn decrypt(
        &mut self,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        self.message(true, key, iv, aad, text)
    }

    fn message(
        &mut self,
        decrypt: bool,
        key: &[u8],
        iv: &[u8; 12],
        aad: &[u8],
        text: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        let key_size = match key.len() {
            16 => 0,
            24 => 1,
            32 => 2,
            n => return Err(other(format!("a key of {n} bytes: expected 16, 24 or 32"))),
        };
        // The AAD's blocks start in beats 0, 1, 2, ..., at the latest in 2, 3, ...; the text's behind the last of them.
        let drawn = usize::from(self.noise());
        let (aad_offset, lane) = self.offsets.unwrap_or((
            GCM_AAD_OFFSETS[drawn % GCM_AAD_OFFSETS.len()],
            GCM_TEXT_LANES[drawn / 8 % GCM_TEXT_LANES.len()],
        ));
        let text_offset = 16 * (aad.len().div_ceil(16) + 2).max(3) + lane;
        let end = text_offset + text.len();
        if end >= MAX_BYTES {
            return Err(other(format!(
                "{} bytes of AAD and {} of text are too long for the GCM unit",
                aad.len(),
                text.len()
            )));
        }
        // What is outside the regions must not matter, and must pass.
        let mut frame: Vec<u8> = (0..end.next_multiple_of(16))
            .map(|_| self.noise())
            .collect();
        frame[aad_offset..aad_offset + aad.len()].copy_from_slice(aad);
        frame[text_offset..end].copy_from_slice(text);

        let idle = In {
            rst_ni: 1,
            decrypt_i: decrypt.into(),
            key_size_i: key_size,
            key_i: big_endian(key),
            iv_i: big_endian(iv),
            aad_off_i: aad_offset as u16,
            aad_len_i: aad.len() as u16,
            txt_off_i: text_offset as u16,
            txt_len_i: text.len() as u16,
            ..In::default()
        };
        let mut out = self.step(&In {
            key_start_i: 1,
            ..idle
        })?;
        for _ in 0..PATIENCE {
            if out.key_done_o != 0 {
                break;
            }
            out = self.step(&idle)?;
        }
        if out.key_done_o == 0 {
            return Err(other("the key setup of the GCM unit does not end".into()));
        }
        self.step(&idle)?;
        let mut result = Collected::default();
        let beats = frame.len() / 16;
        for (k, beat) in frame.as_chunks::<16>().0.iter().enumerate() {
            while u32::from(self.noise()) * 100 < self.gaps * 256 {
                result.take(&self.step(&idle)?);
            }
            let inputs = In {
                valid_i: 1,
                data_i: to_words(beat),
                sof_i: (k == 0).into(),
                eof_i: (k + 1 == beats).into(),
                ..idle
            };
            result.take(&self.step(&inputs)?);
        }
        for _ in 0..PATIENCE {
            if result.tag.is_some() {
                break;
            }
            result.take(&self.step(&idle)?);
        }
        let Collected {
            bytes,
            tag: Some(tag),
            ..
        } = result
        else {
            return Err(other("the GCM unit gives no tag".into()));
        };
        let same = bytes.len() == frame.len()
            && bytes[..text_offset] == frame[..text_offset]
            && bytes[end..] == frame[end..];
        if !same {
            return Err(other("the GCM unit changes bytes outside the text".into()));
        }
        Ok((bytes[text_offset..end].to_vec(), tag))
    }

    fn step(&mut self, inputs: &In) -> Result<Out, DeviceError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        let mut out = Out::default();
        self.clock += 1;
        self.dut.step(inputs, &mut out).map_err(|error| {
            let error = failure(error, self.clock);
            self.stopped = Some(error.clone());
            error
        })?;
        Ok(out)
    }

    fn noise(&mut self) -> u8 {
        // xorshift64
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 32) as u8
    }
}

/// What came out of the unit so far.
#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    tag: Option<[u8; 16]>,
}

impl Collected {
    fn take(&mut self, out: &Out) {
        if out.valid_o != 0 {
            self.bytes.extend(to_bytes(&out.data_o));
        }
        if out.tag_valid_o != 0 {
            self.tag = Some(to_bytes(&out.tag_o));
        }
    }
}

/// Bytes as a vector with byte 0 in its highest bits.
fn big_endian<const WORDS: usize>(bytes: &[u8]) -> [u32; WORDS] {
    let mut words = [0; WORDS];
    for (word, chunk) in words.iter_mut().rev().zip(bytes.chunks(4)) {
        *word = chunk.iter().fold(0, |w, byte| w << 8 | u32::from(*byte));
    }
    words
}

fn other(message: String) -> DeviceError {
    DeviceError::Other(message)
}
