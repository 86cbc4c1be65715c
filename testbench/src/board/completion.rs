// SPDX-License-Identifier: Apache-2.0
//! [`Completion`]: what became of a transmitted frame.

/// A beat of `m_axis_txcpl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The device's number of the frame
    pub number: u32,
    /// NDIS_STATUS
    pub status: u32,
}

impl From<u64> for Completion {
    fn from(data: u64) -> Self {
        Self {
            number: (data >> 32) as u32,
            status: data as u32,
        }
    }
}
