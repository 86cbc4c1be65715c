// SPDX-License-Identifier: Apache-2.0
//! `NDIS_STATUS`.

/// Declares the status codes once: the constants and their names.
macro_rules! statuses {
    ($($name:ident = $value:literal, $why:literal;)*) => {
        $(#[doc = $why] pub const $name: u32 = $value;)*

        /// The Microsoft name of an `NDIS_STATUS`, or `"unknown NDIS_STATUS"`.
        #[must_use]
        pub fn status_name(status: u32) -> &'static str {
            match status {
                $($name => stringify!($name),)*
                _ => "unknown NDIS_STATUS",
            }
        }
    };
}

statuses! {
    NDIS_STATUS_SUCCESS = 0x0000_0000, "The command was carried out. The only code of success.";
    NDIS_STATUS_PENDING = 0x0000_0103, "Under way; never final.";
    NDIS_STATUS_NOT_RECOGNIZED = 0x0001_0001, "Not recognized.";
    NDIS_STATUS_NOT_ACCEPTED = 0x0001_0003, "Halted, or a DELETE in a reset. A failure, its clear sign bit notwithstanding.";
    NDIS_STATUS_FAILURE = 0xC000_0001, "Failed; on transmit: not sent.";
    NDIS_STATUS_INVALID_PARAMETER = 0xC000_000D, "An illegal combination, or a duplicate.";
    NDIS_STATUS_RESOURCES = 0xC000_009A, "No free bundle.";
    NDIS_STATUS_NOT_SUPPORTED = 0xC000_00BB, "Outside the current capabilities.";
    NDIS_STATUS_INVALID_STATE = 0xC000_0184, "Invalid state.";
    NDIS_STATUS_CLOSING = 0xC001_0002, "Closing.";
    NDIS_STATUS_BAD_VERSION = 0xC001_0004, "Bad version.";
    NDIS_STATUS_REQUEST_ABORTED = 0xC001_000C, "Cut by a reset or a cancel.";
    NDIS_STATUS_RESET_IN_PROGRESS = 0xC001_000D, "The device is in reset.";
    NDIS_STATUS_ADAPTER_NOT_READY = 0xC001_0011, "Not ready.";
    NDIS_STATUS_INVALID_LENGTH = 0xC001_0014, "InformationBufferLength does not suit the OID.";
    NDIS_STATUS_INVALID_DATA = 0xC001_0015, "A member is out of its range.";
    NDIS_STATUS_BUFFER_TOO_SHORT = 0xC001_0016, "Buffer too short.";
    NDIS_STATUS_INVALID_OID = 0xC001_0017, "Unknown OID.";
    NDIS_STATUS_ADAPTER_REMOVED = 0xC001_0018, "Adapter removed.";
    NDIS_STATUS_PAUSED = 0xC023_002A, "Paused.";
    NDIS_STATUS_LOW_POWER_STATE = 0xC023_002F, "Low power.";
}
