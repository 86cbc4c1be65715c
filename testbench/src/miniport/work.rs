// SPDX-License-Identifier: Apache-2.0
//! One direct request while the driver has it.

use ipsec_model::ndis::{
    NDIS_STATUS_INVALID_DATA, NDIS_STATUS_REQUEST_ABORTED, NDIS_STATUS_SUCCESS,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
};
use zeroize::Zeroizing;

use super::list::{Element, walk};
use crate::ndis::{NdisCalls, OidRequest, RequestHandle};

/// What the device said of one command.
#[derive(Clone, Copy, Debug)]
pub(super) struct CommandResult {
    pub status: u32,
    pub bytes_read: u32,
    pub bytes_needed: u32,
    pub handle: u64,
}

/// What goes into a slot. Its bytes hold keys.
pub(super) struct Command {
    pub oid: u32,
    pub length: u32,
    pub buffer: Zeroizing<Vec<u8>>,
    /// Offset of OffloadHandle, if the command returns one
    pub handle_at: Option<u32>,
}

/// A request: its elements go to the device one by one.
#[derive(Debug)]
pub(super) struct Work {
    handle: RequestHandle,
    request: Box<OidRequest>,
    elements: Vec<Element>,
    next: usize,
    succeeded: usize,
    consumed: u32,
    first_error: Option<(u32, u32)>,
    cancelled: bool,
}

impl Work {
    pub fn new(handle: RequestHandle, request: OidRequest) -> Self {
        let elements = walk(&request);
        let mut work = Self {
            handle,
            request: Box::new(request),
            elements,
            next: 0,
            succeeded: 0,
            consumed: 0,
            first_error: None,
            cancelled: false,
        };
        work.null_handles();
        work
    }

    /// Nothing is offloaded until the device says so.
    fn null_handles(&mut self) {
        for at in self.elements.iter().filter_map(|e| e.handle) {
            self.request.memory.write(at, &[0; 8]);
        }
    }

    pub fn request_id(&self) -> u64 {
        self.request.request_id
    }

    pub fn oid(&self) -> u32 {
        self.request.oid
    }

    fn deletes(&self) -> bool {
        self.request.oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA
    }

    pub fn cancel(&mut self) {
        self.cancelled = true;
    }

    /// The next command; none if the request has come to its end.
    pub fn command(&mut self) -> Option<Command> {
        while !self.over() {
            let element = self.elements[self.next];
            if element.whole {
                let bytes = self
                    .request
                    .memory
                    .read(element.address, element.length as usize);
                return Some(Command {
                    oid: self.request.oid,
                    length: element.length,
                    buffer: Zeroizing::new(bytes.to_vec()),
                    handle_at: element.handle.map(|at| (at - element.address) as u32),
                });
            }
            // Half a structure is not given to the device. There is nothing to delete in it.
            let status = if self.deletes() {
                NDIS_STATUS_SUCCESS
            } else {
                NDIS_STATUS_INVALID_DATA
            };
            self.done(CommandResult {
                status,
                bytes_read: 0,
                bytes_needed: 0,
                handle: 0,
            });
        }
        None
    }

    /// The element that [`command`](Self::command) gave has ended.
    pub fn done(&mut self, result: CommandResult) {
        let Some(element) = self.elements.get(self.next) else {
            return;
        };
        self.next += 1;
        if result.status == NDIS_STATUS_SUCCESS {
            self.succeeded += 1;
            self.consumed = self.consumed.saturating_add(result.bytes_read);
            if let Some(at) = element.handle {
                self.request.memory.write(at, &result.handle.to_le_bytes());
            }
        } else {
            let error = (result.status, result.bytes_needed);
            self.first_error.get_or_insert(error);
        }
    }

    /// Whether there is nothing more to give to the device. A list of deletes ends with the first that is not
    /// accepted: the adapter is going down.
    pub fn over(&self) -> bool {
        self.next >= self.elements.len()
            || self.cancelled
            || (self.deletes() && self.first_error.is_some())
    }

    /// Ends the request: SUCCESS if any bundle of an ADD was offloaded (the others have a NULL handle), or
    /// everything was done; else the first error; else it was cancelled.
    pub fn complete(mut self, calls: &mut dyn NdisCalls) {
        let rest = self.next < self.elements.len();
        let all = !rest && self.first_error.is_none();
        let (status, needed) = if all || (self.succeeded > 0 && !self.deletes()) {
            (NDIS_STATUS_SUCCESS, 0)
        } else {
            self.first_error.unwrap_or((NDIS_STATUS_REQUEST_ABORTED, 0))
        };
        if status == NDIS_STATUS_SUCCESS {
            let length = self.request.information_buffer_length;
            self.request.bytes_read = self.consumed.min(length);
        }
        self.request.bytes_needed = needed;
        calls.direct_oid_request_complete(self.handle, *self.request, status);
    }

    /// Ends the request with this status: whatever was offloaded for it is gone.
    pub fn abandon(mut self, status: u32, calls: &mut dyn NdisCalls) {
        self.null_handles();
        calls.direct_oid_request_complete(self.handle, *self.request, status);
    }

    /// Takes the request back out, for one that ends in the call itself.
    pub fn into_request(self) -> Box<OidRequest> {
        self.request
    }
}
