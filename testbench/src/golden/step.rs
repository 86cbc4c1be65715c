// SPDX-License-Identifier: Apache-2.0
//! [`Step`]: one thing done to the device, or one thing that it must answer.

use serde::{Deserialize, Serialize};

use crate::sa::hex_bytes;
use crate::scenario::hex_word;

/// One step of a case, with a remark in plain words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done or expected
    #[serde(flatten)]
    pub op: Op,
    /// What it is, for whoever reads a mismatch: the name of a register, an NDIS_STATUS, a CryptoStatus
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Step {
    /// A step without a remark.
    pub fn new(op: Op) -> Self {
        Self {
            op,
            note: String::new(),
        }
    }

    /// With a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }
}

/// What a step does or expects. Steps are done one after the other: each has ended before the next one begins,
/// except that a [`Send`](Self::Send) has ended as soon as the device has taken the frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// A register write.
    Write {
        /// Byte address
        #[serde(with = "hex_address")]
        addr: u16,
        /// Data
        #[serde(with = "hex_word")]
        data: u32,
        /// Byte strobes; 15 if missing
        #[serde(default = "all_strobes", skip_serializing_if = "is_all_strobes")]
        strobe: u8,
    },
    /// A register read; the bits of `mask` must be those of `value`.
    Read {
        /// Byte address
        #[serde(with = "hex_address")]
        addr: u16,
        /// Bits that are compared; all if missing
        #[serde(
            default = "all_bits",
            skip_serializing_if = "is_all_bits",
            with = "hex_word"
        )]
        mask: u32,
        /// What they must be
        #[serde(with = "hex_word")]
        value: u32,
        /// These bits keep what they were when a soft reset comes, and are set by nothing but their event; 0 if missing
        #[serde(default, skip_serializing_if = "is_zero", with = "hex_word")]
        sticky_over_reset: u32,
    },
    /// A register is read until the bits of `mask` are those of `value`.
    Poll {
        /// Byte address
        #[serde(with = "hex_address")]
        addr: u16,
        /// Bits that are compared; all if missing
        #[serde(
            default = "all_bits",
            skip_serializing_if = "is_all_bits",
            with = "hex_word"
        )]
        mask: u32,
        /// What they must be
        #[serde(with = "hex_word")]
        value: u32,
        /// Device clocks within which they must be; a bound, not a measure
        timeout_clocks: u32,
    },
    /// At least so many device clocks pass.
    Wait {
        /// Device clocks
        clocks: u32,
    },
    /// `rst_ni` low, for at least so many device clocks, then high.
    Reset {
        /// Device clocks
        clocks: u32,
    },
    /// A frame into one of the inputs; the step ends when its last beat was taken.
    Send {
        /// The input
        port: InPort,
        /// The number of the frame in the case, by which expectations name it: 0, 1, 2, ... in the order of the steps
        id: u32,
        /// The bytes, without FCS
        #[serde(with = "hex_bytes")]
        frame: Vec<u8>,
        /// Transmit: offload handle, tunnel handle, slot-12 word, as they go over `tuser`; all 0 if missing
        #[serde(default, skip_serializing_if = "is_no_tuser", with = "hex_words")]
        tuser: [u32; 3],
    },
    /// The next frame out of an output.
    Expect {
        /// The output
        port: OutPort,
        /// The frame that went in
        of: u32,
        /// The bytes; the length must agree
        #[serde(with = "hex_bytes")]
        frame: Vec<u8>,
        /// Bits of the bytes that are compared, as long as the frame; all if missing (empty)
        #[serde(default, skip_serializing_if = "Vec::is_empty", with = "hex_bytes")]
        mask: Vec<u8>,
        /// Receive: slot-1 word and slot-12 word, as they come over `tuser` and stay through the frame; zeros on transmit
        #[serde(default, skip_serializing_if = "is_no_words", with = "hex_words")]
        words: [u32; 2],
    },
    /// The next completion of transmit.
    Completion {
        /// The frame that went in
        of: u32,
        /// The frame number of the device
        number: u32,
        /// NDIS_STATUS
        #[serde(with = "hex_word")]
        status: u32,
    },
}

impl Op {
    /// The member `op` of the file.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Write { .. } => "write",
            Self::Read { .. } => "read",
            Self::Poll { .. } => "poll",
            Self::Wait { .. } => "wait",
            Self::Reset { .. } => "reset",
            Self::Send { .. } => "send",
            Self::Expect { .. } => "expect",
            Self::Completion { .. } => "completion",
        }
    }

    /// Whether it is a register access (a poll is one or more).
    pub fn is_register_access(&self) -> bool {
        matches!(
            self,
            Self::Write { .. } | Self::Read { .. } | Self::Poll { .. }
        )
    }
}

/// An input of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InPort {
    /// `s_axis_tx`: from the host
    Tx,
    /// `s_axis_rx`: from the wire
    Rx,
}

/// An output of the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutPort {
    /// `m_axis_tx`: to the wire
    MAxisTx,
    /// `m_axis_rx`: to the host
    MAxisRx,
}

fn all_strobes() -> u8 {
    0xf
}

fn is_all_strobes(strobe: &u8) -> bool {
    *strobe == 0xf
}

fn all_bits() -> u32 {
    u32::MAX
}

fn is_all_bits(mask: &u32) -> bool {
    *mask == u32::MAX
}

fn is_zero(word: &u32) -> bool {
    *word == 0
}

fn is_no_tuser(words: &[u32; 3]) -> bool {
    *words == [0; 3]
}

fn is_no_words(words: &[u32; 2]) -> bool {
    *words == [0; 2]
}

/// An address as `"0x0034"`.
pub mod hex_address {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes `"0x0034"`.
    pub fn serialize<S: Serializer>(address: &u16, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{address:#06x}"))
    }

    /// Reads that.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.strip_prefix("0x")
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .ok_or_else(|| {
                D::Error::custom(format!(
                    "expected an address, as \"0x0034\", got \"{text}\""
                ))
            })
    }
}

/// Words as a list of `"0x0000abcd"`.
mod hex_words {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Word(#[serde(with = "crate::scenario::hex_word")] u32);

    pub(super) fn serialize<S: Serializer, const N: usize>(
        words: &[u32; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(words.map(Word))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u32; N], D::Error> {
        let words: Vec<u32> = Vec::<Word>::deserialize(deserializer)?
            .into_iter()
            .map(|word| word.0)
            .collect();
        let got = words.len();
        words
            .try_into()
            .map_err(|_| D::Error::custom(format!("expected {N} words, got {got}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            r#"{"op":"write","addr":"0x0020","data":"0x00000003","note":"CTRL"}"#,
            r#"{"op":"write","addr":"0x0020","data":"0x00000003","strobe":1}"#,
            r#"{"op":"read","addr":"0x0040","value":"0x00000020","sticky_over_reset":"0x00000020"}"#,
            r#"{"op":"poll","addr":"0x0030","mask":"0x00000001","value":"0x00000001","timeout_clocks":2000}"#,
            r#"{"op":"wait","clocks":100}"#,
            r#"{"op":"reset","clocks":4}"#,
            r#"{"op":"send","port":"tx","id":0,"frame":"0200","tuser":["0x00000001","0x00000000","0x00000000"]}"#,
            r#"{"op":"expect","port":"m_axis_rx","of":1,"frame":"0200","mask":"ff00","words":["0x00000002","0x00000000"]}"#,
            r#"{"op":"completion","of":0,"number":0,"status":"0xc0000001","note":"NDIS_STATUS_FAILURE"}"#,
        ] {
            let step: Step = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&step).unwrap(), text);
        }
    }

    #[test]
    fn unknown_members_are_errors() {
        let text = r#"{"op":"wait","clocks":100,"clock":1}"#;
        assert!(serde_json::from_str::<Step>(text).is_err());
    }
}
