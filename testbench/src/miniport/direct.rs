// SPDX-License-Identifier: Apache-2.0
//! MiniportDirectOidRequest and MiniportCancelDirectOidRequest.

use std::collections::VecDeque;

use ipsec_model::ndis::{
    NDIS_STATUS_INVALID_OID, NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_NOT_SUPPORTED,
    NDIS_STATUS_RESET_IN_PROGRESS, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
};
use ipsec_model::regs;

use super::adapter::{Busy, Direct, Life, Miniport};
use super::list::known;
use super::registers::Registers;
use super::work::{Command, Work};
use crate::drivers::bus::BusError;
use crate::ndis::{NdisCalls, NdisVersion, OidRequest, RequestHandle};

impl<R: Registers> Miniport<R> {
    /// MiniportDirectOidRequest. A request that the driver takes pends: it gets a free slot, or waits for one.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn direct_oid_request(
        &mut self,
        handle: RequestHandle,
        request: OidRequest,
        calls: &mut dyn NdisCalls,
    ) -> Result<Direct, BusError> {
        let oid = request.oid;
        let refused = match self.life {
            Life::Halted | Life::Removed => Some(NDIS_STATUS_NOT_ACCEPTED),
            Life::Resetting(_) if oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => {
                Some(NDIS_STATUS_NOT_ACCEPTED)
            }
            Life::Resetting(_) => Some(NDIS_STATUS_RESET_IN_PROGRESS),
            Life::Up if !known(oid) => Some(NDIS_STATUS_INVALID_OID),
            Life::Up
                if oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX
                    && calls.version() < NdisVersion::V6_30 =>
            {
                Some(NDIS_STATUS_NOT_SUPPORTED)
            }
            Life::Up => None,
        };
        // The handles of a refused request are NULL too.
        let work = Work::new(handle, request);
        if let Some(status) = refused {
            return Ok(Direct::Complete(work.into_request(), status));
        }
        self.queue.push_back(work);
        self.dispatch(calls)?;
        Ok(Direct::Pending)
    }

    /// Fills the free slots from the queue.
    pub(super) fn dispatch(&mut self, calls: &mut dyn NdisCalls) -> Result<(), BusError> {
        while self.life == Life::Up {
            let Some(slot) = self.slots.iter().position(Option::is_none) else {
                return Ok(());
            };
            let Some(mut work) = self.queue.pop_front() else {
                return Ok(());
            };
            match work.command() {
                None => work.complete(calls),
                Some(command) => {
                    self.start(slot as u32, &command)?;
                    self.slots[slot] = Some(Busy {
                        work,
                        handle_at: command.handle_at,
                        since: self.registers.now(),
                    });
                }
            }
        }
        Ok(())
    }

    /// Puts a command into a slot and rings.
    fn start(&mut self, slot: u32, command: &Command) -> Result<(), BusError> {
        let window = regs::mailbox_slot_window(slot);
        let room = regs::MAILBOX_SLOT_WINDOW_SIZE as usize;
        // The device refuses what is longer by its length.
        let fits = &command.buffer[..command.buffer.len().min(room)];
        for (k, bytes) in fits.chunks(4).enumerate() {
            let mut word = [0; 4];
            word[..bytes.len()].copy_from_slice(bytes);
            let word = u32::from_le_bytes(word);
            self.registers.write32(window + 4 * k as u32, word)?;
        }
        self.registers
            .write32(regs::mailbox_slot_oid(slot), command.oid)?;
        self.registers
            .write32(regs::mailbox_slot_length(slot), command.length)?;
        let start = regs::mailbox_slot_doorbell::START.of(1);
        self.registers
            .write32(regs::mailbox_slot_doorbell(slot), start)
    }

    /// MiniportCancelDirectOidRequest. What waits ends at once; what is in a slot is asked to end, and the
    /// device decides: REQUEST_ABORTED, or the finished result. A list stops behind the element under way.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn cancel_direct_oid_request(
        &mut self,
        request_id: u64,
        calls: &mut dyn NdisCalls,
    ) -> Result<(), BusError> {
        if self.life != Life::Up {
            return Ok(());
        }
        let mut asked = Vec::new();
        for (slot, busy) in self.slots.iter_mut().enumerate() {
            if let Some(busy) = busy.as_mut().filter(|b| b.work.request_id() == request_id) {
                busy.work.cancel();
                asked.push(slot as u32);
            }
        }
        for slot in asked {
            let cancel = regs::mailbox_slot_doorbell::CANCEL.of(1);
            self.registers
                .write32(regs::mailbox_slot_doorbell(slot), cancel)?;
        }
        let mut rest = VecDeque::new();
        for mut work in self.queue.drain(..) {
            if work.request_id() == request_id {
                work.cancel();
                work.complete(calls);
            } else {
                rest.push_back(work);
            }
        }
        self.queue = rest;
        Ok(())
    }
}
