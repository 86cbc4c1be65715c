// SPDX-License-Identifier: Apache-2.0
//! NDIS_STATUS_INDICATION.

/// NDIS_STATUS_INDICATION, with its buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusIndication {
    /// `StatusCode`
    pub status_code: u32,
    /// `StatusBuffer` of `StatusBufferSize` bytes
    pub status_buffer: Vec<u8>,
}
