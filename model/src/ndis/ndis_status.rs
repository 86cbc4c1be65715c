// SPDX-License-Identifier: Apache-2.0
//! An `NDIS_STATUS` that knows its name.

use std::fmt;
use std::str::FromStr;

use super::status::status_by_name;
use super::{NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS, status_name};

/// An `NDIS_STATUS`, printed as in `NDIS_STATUS_RESOURCES (0xC000009A)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NdisStatus(pub u32);

impl NdisStatus {
    /// Equal to `NDIS_STATUS_SUCCESS`. The sign bit says nothing: `NDIS_STATUS_NOT_ACCEPTED` has it clear.
    #[must_use]
    pub fn is_success(self) -> bool {
        self.0 == NDIS_STATUS_SUCCESS
    }

    /// Not `NDIS_STATUS_PENDING`.
    #[must_use]
    pub fn is_final(self) -> bool {
        self.0 != NDIS_STATUS_PENDING
    }

    /// The Microsoft name, or `"unknown NDIS_STATUS"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        status_name(self.0)
    }
}

impl From<u32> for NdisStatus {
    fn from(status: u32) -> Self {
        Self(status)
    }
}

impl From<NdisStatus> for u32 {
    fn from(status: NdisStatus) -> Self {
        status.0
    }
}

impl fmt::Display for NdisStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:08X})", self.name(), self.0)
    }
}

/// No `NDIS_STATUS` has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownStatus(pub String);

impl fmt::Display for UnknownStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no NDIS_STATUS: expected a name such as NDIS_STATUS_RESOURCES or RESOURCES, or a number such as 0xC000009A",
            self.0
        )
    }
}

impl std::error::Error for UnknownStatus {}

impl FromStr for NdisStatus {
    type Err = UnknownStatus;

    /// Takes the name, with or without `NDIS_STATUS_`, or eight hexadecimal digits at most behind `0x`.
    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let number = || {
            let digits = text.strip_prefix("0x")?;
            let all = digits.bytes().all(|b| b.is_ascii_hexdigit());
            all.then(|| u32::from_str_radix(digits, 16).ok())?
        };
        status_by_name(text)
            .or_else(|| status_by_name(&format!("NDIS_STATUS_{text}")))
            .or_else(number)
            .map(Self)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}
