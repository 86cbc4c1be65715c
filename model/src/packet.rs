// SPDX-License-Identifier: Apache-2.0
//! The untimed packet API: what the device does to whole frames, without a clock.
//!
//! [`Engine`] has bundles of associations and turns frames into frames. The timed model stands on the same functions:
//! it asks [`transmit_work`] and [`receive_work`] at the edge at which a stage reads its SA record, and
//! [`Work::transmit`] and [`Work::receive`] at the edge of the verdict.
//!
//! ```
//! use ipsec_model::packet::{Association, Engine, TxResult};
//! use ipsec_model::table_types::KeyMaterial;
//!
//! let sa = |inbound| Association {
//!     inbound,
//!     v6: false,
//!     dst: 0xC000_0202, // 192.0.2.2
//!     spi: 4096,
//!     key: KeyMaterial::new(&[7; 16]).unwrap(),
//!     salt: 0x0102_0304,
//!     seq_high: None,
//! };
//! let mut host = Engine::new(2);
//! let handle = host.add(sa(false));
//! let mut peer = Engine::new(2);
//! peer.add(sa(true));
//!
//! // Ethernet, IPv4 (proto 50, 192.0.2.2), SPI, sequence number, IV, 4 bytes of text, empty ICV.
//! let mut frame = vec![0; 14 + 20 + 16 + 4 + 16];
//! frame[12..14].copy_from_slice(&[0x08, 0x00]);
//! frame[14..18].copy_from_slice(&[0x45, 0, 0, 56]);
//! frame[23] = 50;
//! frame[30..34].copy_from_slice(&[192, 0, 2, 2]);
//! frame[34..38].copy_from_slice(&[0, 0, 0x10, 0x00]);
//! frame[50..54].copy_from_slice(&[1, 2, 0, 59]); // no padding, next header 59
//!
//! let plain = frame.clone();
//! assert_eq!(host.transmit(&mut frame, handle, 0, 0), TxResult::Success);
//! assert_ne!(frame, plain);
//! let words = peer.receive(&mut frame);
//! assert_eq!(frame[..54], plain[..54]);
//! assert!(words.crypto_done() && words.crypto_status() == 0);
//! assert_eq!((words.header_info_set(), words.next_header()), (true, 59));
//! ```

use crate::work::Header;

pub use crate::engine::{Association, Engine, NewBundle, NewSa};
pub use crate::job::{Job, Scheme};
pub use crate::receive::{RxRecords, looks_up, receive_work};
pub use crate::transmit::{TxRecords, TxWords, sa_row, transmit_work};
pub use crate::work::{
    RxVerdict, STATUS_GENERIC_ERROR, STATUS_INVALID_PACKET_SYNTAX, STATUS_INVALID_PROTOCOL,
    STATUS_SUCCESS, STATUS_TRANSPORT_AH_AUTH_FAILED, STATUS_TRANSPORT_ESP_AUTH_FAILED,
    STATUS_TUNNEL_AH_AUTH_FAILED, STATUS_TUNNEL_ESP_AUTH_FAILED, Work,
};

/// Shortest frame: an Ethernet header.
pub const MIN_FRAME: usize = 14;
/// Longest frame.
pub const MAX_FRAME: usize = 9618;

const SA_DELETE_REQ: u32 = 1 << 0;
const CRYPTO_DONE: u32 = 1 << 1;
const NEXT_CRYPTO_DONE: u32 = 1 << 2;
const HEADER_INFO_SET: u32 = 1 << 16;

/// The two words beside a received frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RxResult {
    /// `NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO`
    pub slot1: u32,
    /// `NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO`
    pub slot12: u32,
}

impl RxResult {
    /// The host is asked to delete the bundle of the outermost portion, and its partner.
    #[must_use]
    pub const fn sa_delete_req(self) -> bool {
        self.slot1 & SA_DELETE_REQ != 0
    }

    /// Sets SaDeleteReq.
    pub const fn request_delete(&mut self) {
        self.slot1 |= SA_DELETE_REQ;
    }

    /// The outermost portion was processed.
    #[must_use]
    pub const fn crypto_done(self) -> bool {
        self.slot1 & CRYPTO_DONE != 0
    }

    /// A further portion was processed.
    #[must_use]
    pub const fn next_crypto_done(self) -> bool {
        self.slot1 & NEXT_CRYPTO_DONE != 0
    }

    /// CryptoStatus of the last portion.
    #[must_use]
    pub const fn crypto_status(self) -> u32 {
        self.slot1 >> 16
    }

    /// NextHeader and PadLength hold values.
    #[must_use]
    pub const fn header_info_set(self) -> bool {
        self.slot12 & HEADER_INFO_SET != 0
    }

    /// NextHeader of the innermost good trailer.
    #[must_use]
    pub const fn next_header(self) -> u8 {
        self.slot12 as u8
    }

    /// PadLength of the innermost good trailer.
    #[must_use]
    pub const fn pad_length(self) -> u8 {
        (self.slot12 >> 8) as u8
    }

    /// The words after one more portion, of level 1 or of level 0.
    pub(crate) const fn with(self, status: u32, inner: bool, header: Header) -> Self {
        let next = if inner { NEXT_CRYPTO_DONE } else { 0 };
        let done = self.slot1 & NEXT_CRYPTO_DONE | CRYPTO_DONE | next;
        Self {
            slot1: done | status << 16,
            slot12: match header {
                Header::Trailer(next_header, pad_length) => {
                    next_header as u32 | (pad_length as u32) << 8 | HEADER_INFO_SET
                }
                Header::Keep => self.slot12,
                Header::Clear => 0,
            },
        }
    }
}

/// How a transmitted frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxResult {
    /// NDIS_STATUS_SUCCESS: the frame goes to the wire.
    Success,
    /// NDIS_STATUS_FAILURE: not one byte does.
    Failure,
}
