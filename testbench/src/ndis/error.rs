// SPDX-License-Identifier: Apache-2.0
//! What ends a run of NDIS.

use super::Violation;
use crate::drivers::bus::BusError;

/// Why a call could not be made, or came to no good end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NdisError {
    /// The device has stopped or does not answer.
    #[error("{0}")]
    Bus(#[from] BusError),
    /// The miniport broke a rule.
    #[error("Driver Verifier: {0}")]
    Violation(#[from] Violation),
    /// What was waited for did not come.
    #[error("{what} did not come within {clocks} clocks")]
    Overdue {
        /// What was waited for
        what: &'static str,
        /// For how long
        clocks: u64,
    },
}
