// SPDX-License-Identifier: Apache-2.0
//! The rules, apart from the rest of NDIS, so that each can be seen to fail.

use std::collections::{BTreeMap, BTreeSet};

use ipsec_model::ndis::{
    IpsecOffloadV2, NDIS_STATUS_BUFFER_TOO_SHORT, NDIS_STATUS_FAILURE, NDIS_STATUS_INVALID_DATA,
    NDIS_STATUS_INVALID_LENGTH, NDIS_STATUS_INVALID_OID, NDIS_STATUS_INVALID_PARAMETER,
    NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_PENDING,
    NDIS_STATUS_REQUEST_ABORTED, NDIS_STATUS_RESET_IN_PROGRESS, NDIS_STATUS_RESOURCES,
    NDIS_STATUS_SUCCESS, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
    NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
};

use super::{NdisVersion, OidRequest, RequestHandle, StatusIndication, Violation};

/// Final codes of a direct OID.
fn final_codes(oid: u32) -> &'static [u32] {
    match oid {
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA | OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => &[
            NDIS_STATUS_SUCCESS,
            NDIS_STATUS_NOT_SUPPORTED,
            NDIS_STATUS_INVALID_LENGTH,
            NDIS_STATUS_INVALID_DATA,
            NDIS_STATUS_INVALID_PARAMETER,
            NDIS_STATUS_RESOURCES,
            NDIS_STATUS_FAILURE,
            NDIS_STATUS_NOT_ACCEPTED,
            NDIS_STATUS_REQUEST_ABORTED,
            NDIS_STATUS_RESET_IN_PROGRESS,
        ],
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => &[
            NDIS_STATUS_SUCCESS,
            NDIS_STATUS_NOT_ACCEPTED,
            NDIS_STATUS_REQUEST_ABORTED,
        ],
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA => &[
            NDIS_STATUS_SUCCESS,
            NDIS_STATUS_INVALID_PARAMETER,
            NDIS_STATUS_INVALID_LENGTH,
            NDIS_STATUS_INVALID_DATA,
            NDIS_STATUS_NOT_ACCEPTED,
            NDIS_STATUS_REQUEST_ABORTED,
            NDIS_STATUS_RESET_IN_PROGRESS,
        ],
        _ => &[
            NDIS_STATUS_INVALID_OID,
            NDIS_STATUS_NOT_SUPPORTED,
            NDIS_STATUS_NOT_ACCEPTED,
            NDIS_STATUS_RESET_IN_PROGRESS,
        ],
    }
}

/// What of a request is remembered while the miniport has it.
#[derive(Clone, Copy, Debug)]
struct Issued {
    request_id: u64,
    oid: u32,
    information_buffer: u64,
}

/// Watches one adapter.
#[derive(Debug, Default)]
pub struct Verifier {
    pending: BTreeMap<RequestHandle, Issued>,
    live: BTreeSet<u64>,
    halted: bool,
    first: Option<Violation>,
}

impl Verifier {
    /// The first rule broken, once.
    ///
    /// # Errors
    /// That rule.
    pub fn check(&mut self) -> Result<(), Violation> {
        self.first.take().map_or(Ok(()), Err)
    }

    /// Notes a broken rule; the first one counts.
    pub fn broken(&mut self, violation: Violation) {
        self.first.get_or_insert(violation);
    }

    /// A request goes down.
    pub fn issued(&mut self, handle: RequestHandle, request: &OidRequest) {
        let issued = Issued {
            request_id: request.request_id,
            oid: request.oid,
            information_buffer: request.information_buffer,
        };
        self.pending.insert(handle, issued);
    }

    /// A request comes back, at once or later.
    pub fn completed(&mut self, handle: RequestHandle, request: &OidRequest, status: u32) {
        if self.halted {
            self.broken(Violation::AfterHalt("a completion"));
        }
        let Some(issued) = self.pending.remove(&handle) else {
            return self.broken(Violation::NotPending(handle));
        };
        if (issued.request_id, issued.oid, issued.information_buffer)
            != (request.request_id, request.oid, request.information_buffer)
        {
            self.broken(Violation::OtherRequest(handle));
        }
        let oid = request.oid;
        if status == NDIS_STATUS_PENDING {
            self.broken(Violation::PendingIsFinal(handle));
        } else if !final_codes(oid).contains(&status) {
            self.broken(Violation::FinalStatus {
                handle,
                oid,
                status,
            });
        }
        self.check_bytes(handle, request, status);
        let success = status == NDIS_STATUS_SUCCESS;
        if request.adds() {
            self.check_handles(handle, request, status);
        } else if oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA && success {
            for offload_handle in request.handles() {
                self.live.remove(&offload_handle);
            }
        }
    }

    fn check_bytes(&mut self, handle: RequestHandle, request: &OidRequest, status: u32) {
        let length = request.information_buffer_length;
        let (bytes_read, bytes_needed) = (request.bytes_read, request.bytes_needed);
        let read_good = match status {
            NDIS_STATUS_SUCCESS => bytes_read <= length,
            _ => bytes_read == 0,
        };
        // A buffer may also be too long: then nothing more is needed.
        let needed_good = match status {
            NDIS_STATUS_BUFFER_TOO_SHORT => bytes_needed > length,
            NDIS_STATUS_INVALID_LENGTH => bytes_needed == 0 || bytes_needed > length,
            _ => bytes_needed == 0,
        };
        if !(read_good && needed_good) {
            self.broken(Violation::Bytes {
                handle,
                status,
                bytes_read,
                bytes_needed,
                length,
            });
        }
    }

    fn check_handles(&mut self, handle: RequestHandle, request: &OidRequest, status: u32) {
        let mut handles = request.handles();
        if !request.first_header_good() {
            // Nothing behind it can be trusted, so nothing is written there.
            handles.truncate(1);
        }
        let some = handles.iter().any(|h| *h != 0);
        let wide = handles.iter().any(|h| h >> 32 != 0);
        // A request that no element fits into has no handle to be wrong about.
        if !handles.is_empty() && (some != (status == NDIS_STATUS_SUCCESS) || wide) {
            self.broken(Violation::Handles {
                handle,
                status,
                handles,
            });
            return;
        }
        for offload_handle in handles.into_iter().filter(|h| *h != 0) {
            if !self.live.insert(offload_handle) {
                self.broken(Violation::HandleTwice {
                    handle,
                    offload_handle,
                });
            }
        }
    }

    /// A status is indicated. Gives the NDIS_OFFLOAD's IPsecV2 if that is what it carries.
    pub fn indicated(
        &mut self,
        version: NdisVersion,
        indication: &StatusIndication,
    ) -> Option<IpsecOffloadV2> {
        if self.halted {
            self.broken(Violation::AfterHalt("an indication"));
        }
        let code = indication.status_code;
        match code {
            NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG
            | NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES => {
                let ipsec = version.ipsec(&indication.status_buffer);
                if ipsec.is_none() {
                    self.broken(Violation::BadOffload(code));
                }
                ipsec
            }
            _ => {
                self.broken(Violation::Indication(code));
                None
            }
        }
    }

    /// What is switched on is reported beside what there is.
    pub fn reported(&mut self, hardware: &IpsecOffloadV2, current: &IpsecOffloadV2) {
        // BOOLEANs are 0 or 1, masks are masks: bit by bit, but for the capacity.
        let (h, c) = (hardware.to_words(), current.to_words());
        let beyond = h[..7].iter().zip(&c[..7]).any(|(h, c)| c & !h != 0);
        if beyond || current.sa_offload_capacity > hardware.sa_offload_capacity {
            self.broken(Violation::MoreThanHardware);
        }
    }

    /// The adapter starts.
    pub fn initialized(&mut self) {
        self.halted = false;
        self.live.clear();
    }

    /// The adapter lost its bundles, and must have no request any more.
    pub fn reset_done(&mut self) {
        self.nothing_pending("at the end of a reset");
        self.live.clear();
    }

    /// The adapter has halted.
    pub fn halt_done(&mut self) {
        self.nothing_pending("after halt");
        self.live.clear();
        self.halted = true;
    }

    /// No request may be pending now.
    pub fn nothing_pending(&mut self, when: &'static str) {
        if let Some((handle, _)) = self.pending.first_key_value() {
            let handle = *handle;
            self.broken(Violation::LeftPending { handle, when });
        }
    }

    /// Requests that the miniport has.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether the miniport has this one.
    pub fn is_pending(&self, handle: RequestHandle) -> bool {
        self.pending.contains_key(&handle)
    }

    /// The handles that name bundles, as far as the requests tell.
    pub fn live(&self) -> &BTreeSet<u64> {
        &self.live
    }
}
