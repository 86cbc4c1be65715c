// SPDX-License-Identifier: Apache-2.0
//! Status codes and status indications.

use super::constants::{Constant, constant_name, constants};

constants! {
    /// Status codes and indications. [`NDIS_STATUS_SUCCESS`] is the only code of success: some failures have a clear sign bit.
    STATUSES: u32;
    NDIS_STATUS_SUCCESS = 0x0000_0000, "carried out; the only code of success";
    NDIS_STATUS_PENDING = 0x0000_0103, "under way; never final";
    NDIS_STATUS_NOT_RECOGNIZED = 0x0001_0001;
    NDIS_STATUS_NOT_ACCEPTED = 0x0001_0003, "halted, or a DELETE in a reset; a failure, its clear sign bit notwithstanding";
    NDIS_STATUS_INDICATION_REQUIRED = 0x4023_0001;
    NDIS_STATUS_FAILURE = 0xC000_0001, "failed; on transmit: not sent";
    NDIS_STATUS_INVALID_PARAMETER = 0xC000_000D, "an illegal combination, or a duplicate";
    NDIS_STATUS_RESOURCES = 0xC000_009A, "no free bundle";
    NDIS_STATUS_NOT_SUPPORTED = 0xC000_00BB, "outside the current capabilities";
    NDIS_STATUS_INVALID_STATE = 0xC000_0184;
    NDIS_STATUS_CLOSING = 0xC001_0002;
    NDIS_STATUS_BAD_VERSION = 0xC001_0004;
    NDIS_STATUS_REQUEST_ABORTED = 0xC001_000C, "cut by a reset or a cancel";
    NDIS_STATUS_RESET_IN_PROGRESS = 0xC001_000D, "the device is in reset";
    NDIS_STATUS_CLOSING_INDICATING = 0xC001_000E;
    NDIS_STATUS_ADAPTER_NOT_READY = 0xC001_0011;
    NDIS_STATUS_INVALID_LENGTH = 0xC001_0014, "InformationBufferLength does not suit the OID";
    NDIS_STATUS_INVALID_DATA = 0xC001_0015, "a member is out of its range";
    NDIS_STATUS_BUFFER_TOO_SHORT = 0xC001_0016;
    NDIS_STATUS_INVALID_OID = 0xC001_0017, "an OID that nobody knows";
    NDIS_STATUS_ADAPTER_REMOVED = 0xC001_0018;
    NDIS_STATUS_SEND_ABORTED = 0xC023_000C;
    NDIS_STATUS_PAUSED = 0xC023_002A;
    NDIS_STATUS_UNSUPPORTED_REVISION = 0xC023_002C;
    NDIS_STATUS_LOW_POWER_STATE = 0xC023_002F;
    NDIS_STATUS_RESET_START = 0x4001_0004, "an indication";
    NDIS_STATUS_RESET_END = 0x4001_0005, "an indication";
    NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG = 0x4002_0006, "an indication, with an `NDIS_OFFLOAD`";
    NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES = 0x4002_0007, "an indication, with an `NDIS_OFFLOAD`";
    NDIS_STATUS_OFFLOAD_ENCASPULATION_CHANGE = 0x4002_0008, "an indication; the headers spell it so";
}

/// The Microsoft name of an `NDIS_STATUS`, or `"unknown NDIS_STATUS"`.
#[must_use]
pub fn status_name(status: u32) -> &'static str {
    constant_name(STATUSES, status).unwrap_or("unknown NDIS_STATUS")
}

pub(super) fn status_by_name(name: &str) -> Option<u32> {
    let is = |c: &&Constant| c.name == name;
    STATUSES.iter().find(is).map(|c| c.value)
}
