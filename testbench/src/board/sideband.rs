// SPDX-License-Identifier: Apache-2.0
//! [`Sideband`]: a frame of the device inside an Ethernet frame, with what goes beside it on the device's ports.

use std::fmt;

/// EtherType: IEEE 802 local experimental 1.
const ETHERTYPE: [u8; 2] = [0x88, 0xb5];

/// Behind the EtherType.
const MAGIC: &[u8; 4] = b"IPSB";

/// The version of the layout.
const VERSION: u8 = 1;

/// Bytes in front of the device's frame.
pub const HEADER: usize = 38;

/// Locally administered addresses: nothing on the way may take the frames for its own.
const ADDRESSES: [u8; 12] = [
    0x02, 0x49, 0x50, 0x53, 0x42, 0x01, 0x02, 0x49, 0x50, 0x53, 0x42, 0x02,
];

/// What an Ethernet frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// To the board: a frame into `s_axis_tx`; the words are offload handle, tunnel handle, slot-12 word
    TxIn = 1,
    /// To the board: a frame into `s_axis_rx`
    RxIn = 2,
    /// From the board: the frame with this number was taken
    Taken = 3,
    /// From the board: a frame out of `m_axis_tx`
    TxOut = 4,
    /// From the board: a frame out of `m_axis_rx`; the words are slot-1 and slot-12 word
    RxOut = 5,
    /// From the board: a completion; the words are frame number and NDIS_STATUS
    Completion = 6,
    /// To the board, and back from it: all that came before is from before
    Sync = 7,
}

impl Kind {
    fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::TxIn,
            Self::RxIn,
            Self::Taken,
            Self::TxOut,
            Self::RxOut,
            Self::Completion,
            Self::Sync,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

/// One message.
#[derive(Clone, PartialEq, Eq)]
pub struct Sideband {
    /// What it is
    pub kind: Kind,
    /// The sender's number for a frame to the board, and the board's for it in [`Kind::Taken`]; 0 in others
    pub number: u32,
    /// What goes beside the frame; 0 where nothing does
    pub words: [u32; 3],
    /// The frame; empty where there is none
    pub frame: Vec<u8>,
}

impl Sideband {
    /// A message without a frame.
    pub fn new(kind: Kind, number: u32) -> Self {
        Self {
            kind,
            number,
            words: [0; 3],
            frame: Vec::new(),
        }
    }

    /// The Ethernet frame.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.frame.len());
        bytes.extend_from_slice(&ADDRESSES);
        bytes.extend_from_slice(&ETHERTYPE);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&[VERSION, self.kind as u8]);
        bytes.extend_from_slice(&(self.frame.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&self.number.to_be_bytes());
        for word in self.words {
            bytes.extend_from_slice(&word.to_be_bytes());
        }
        bytes.extend_from_slice(&self.frame);
        bytes
    }

    /// Reads an Ethernet frame; `None` if it is none of these. What is behind its length is Ethernet's padding.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(HEADER)?;
        if head[12..14] != ETHERTYPE || head[14..18] != MAGIC[..] || head[18] != VERSION {
            return None;
        }
        let word =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let length = usize::from(u16::from_be_bytes([head[20], head[21]]));
        Some(Self {
            kind: Kind::from_byte(head[19])?,
            number: word(22),
            words: [word(26), word(30), word(34)],
            frame: rest.get(..length)?.to_vec(),
        })
    }
}

impl fmt::Debug for Sideband {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            number,
            words,
            frame,
        } = self;
        let length = frame.len();
        write!(f, "{kind:?} {number} {words:x?} {length} bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_back() {
        let message = Sideband {
            kind: Kind::TxIn,
            number: 0x0102_0304,
            words: [0x0001_0001, 0, 0x0500_0000],
            frame: vec![7; 14],
        };
        let mut bytes = message.to_bytes();
        let expected =
            "024950534201024950534202 88b5 49505342 01 01 000e 01020304 00010001 00000000 05000000";
        assert_eq!(hex::encode(&bytes[..HEADER]), expected.replace(' ', ""));
        bytes.resize(64, 0);
        assert_eq!(Sideband::parse(&bytes), Some(message));
    }

    #[test]
    fn others_are_passed_over() {
        let good = Sideband::new(Kind::Sync, 1).to_bytes();
        assert!(Sideband::parse(&good).is_some());
        for (at, byte) in [(12, 8), (14, 0), (18, 2), (19, 8), (21, 1)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(Sideband::parse(&bad), None, "byte {at}");
        }
        assert_eq!(Sideband::parse(&good[..20]), None);
    }
}
