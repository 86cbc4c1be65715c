// SPDX-License-Identifier: Apache-2.0
//! Rules that a miniport can break.

use ipsec_model::ndis::status_name;

use super::RequestHandle;

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// PENDING is no final status.
    #[error("request {0} ended with NDIS_STATUS_PENDING")]
    PendingIsFinal(RequestHandle),
    /// A request ends with one of the codes of its OID (bug check 0xC4, 0x00091001 for DELETE_SA).
    #[error(
        "request {handle} (OID {oid:#010x}) ended with {} ({status:#010x}), which is none of its final codes",
        status_name(*.status)
    )]
    FinalStatus {
        /// The request
        handle: RequestHandle,
        /// Its OID
        oid: u32,
        /// The code
        status: u32,
    },
    /// A request is completed once.
    #[error("request {0} was completed and is not pending: never issued, or completed before")]
    NotPending(RequestHandle),
    /// A request that comes back is the one that went down.
    #[error("request {0} came back as another one")]
    OtherRequest(RequestHandle),
    /// Nothing is completed or indicated by an adapter that is halted.
    #[error("{0} after halt")]
    AfterHalt(&'static str),
    /// Everything pending is completed before a reset, a halt, or the end of the wait for it.
    #[error("request {handle} is still pending {when}")]
    LeftPending {
        /// The request
        handle: RequestHandle,
        /// When
        when: &'static str,
    },
    /// An ADD that succeeds returns a handle, one that fails does not.
    #[error("request {handle} ended with {}, and its handles are {handles:x?}", status_name(*.status))]
    Handles {
        /// The request
        handle: RequestHandle,
        /// The code
        status: u32,
        /// OffloadHandle of each element
        handles: Vec<u64>,
    },
    /// A handle names one bundle.
    #[error(
        "request {handle} returned the handle {offload_handle:#x}, which names a bundle already"
    )]
    HandleTwice {
        /// The request
        handle: RequestHandle,
        /// The OffloadHandle
        offload_handle: u64,
    },
    /// BytesRead is at most InformationBufferLength, and 0 for a request that fails; BytesNeeded is given with a
    /// buffer that is too short.
    #[error(
        "request {handle} ended with {}, BytesRead {bytes_read}, BytesNeeded {bytes_needed}, of {length} bytes",
        status_name(*.status)
    )]
    Bytes {
        /// The request
        handle: RequestHandle,
        /// The code
        status: u32,
        /// BytesRead
        bytes_read: u32,
        /// BytesNeeded
        bytes_needed: u32,
        /// InformationBufferLength
        length: u32,
    },
    /// A configuration is indicated as a whole NDIS_OFFLOAD of the version's revision.
    #[error(
        "status {0:#010x} was indicated with a buffer that is no NDIS_OFFLOAD of this version of NDIS"
    )]
    BadOffload(u32),
    /// A miniport indicates no other status here (resets are announced by NDIS).
    #[error("status {0:#010x} is not the miniport's to indicate")]
    Indication(u32),
    /// A set of the configuration is followed by its indication.
    #[error(
        "OID {0:#010x} was set, and no NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG came before its completion"
    )]
    NotIndicated(u32),
    /// What is switched on is part of what the hardware can do.
    #[error("the current configuration has what the hardware has not")]
    MoreThanHardware,
    /// A reset or pause that nobody asked for is completed.
    #[error("{0} was completed, and nobody had asked for it")]
    NotAsked(&'static str),
}
