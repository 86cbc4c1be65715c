// SPDX-License-Identifier: Apache-2.0
//! [`TargetError`]: why a target did not do what was asked.

use ipsec_cosim_device::DeviceError;

use crate::error::Error;

/// Why a target did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// It does not answer.
    #[error("the target does not answer: {access} has no end within {bound}")]
    NoAnswer {
        /// What was asked
        access: String,
        /// The bound, in clocks or time
        bound: String,
    },
    /// It cannot do this at all.
    #[error("the target cannot do this: {0}")]
    Cannot(String),
    /// The simulated device stopped: a failed assertion, a divergence of lockstep.
    #[error("{0}")]
    Device(#[from] DeviceError),
    /// The far device stopped, or the far end refuses.
    #[error("the board says: {0}")]
    Far(String),
    /// The connection or the file is gone.
    #[error("the target is gone at {access}: {reason}")]
    Gone {
        /// What was asked
        access: String,
        /// What the system says
        reason: String,
    },
    /// It cannot be opened.
    #[error("{0}")]
    Open(Error),
}

impl TargetError {
    /// A divergence and its like are a failed check; all else is a target that is not as it must be.
    pub fn is_failed_check(&self) -> bool {
        matches!(self, Self::Device(_) | Self::Far(_))
    }
}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Self {
        match error {
            TargetError::Open(error) => error,
            error if error.is_failed_check() => Self::Failed(error.to_string()),
            error => Self::Usage(error.to_string()),
        }
    }
}
