// SPDX-License-Identifier: Apache-2.0
//! MiniportResetEx, MiniportPause and MiniportRestart, surprise removal, MiniportHaltEx.

use ipsec_model::ndis::{
    NDIS_STATUS_FAILURE, NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_PENDING,
    NDIS_STATUS_REQUEST_ABORTED, NDIS_STATUS_SUCCESS, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
};
use ipsec_model::regs;

use super::adapter::{Life, Miniport};
use super::bounds::{HALT_CLOCKS, PAUSE_CLOCKS, RESET_CLOCKS, SWEEP_CLOCKS};
use super::registers::Registers;
use crate::drivers::bus::BusError;
use crate::ndis::NdisCalls;

impl<R: Registers> Miniport<R> {
    /// MiniportResetEx: every request ends, the bundles are gone, the settings stay. PENDING; the interrupt of
    /// INIT_DONE completes it.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn reset(&mut self, calls: &mut dyn NdisCalls) -> Result<u32, BusError> {
        if self.life != Life::Up {
            return Ok(NDIS_STATUS_NOT_ACCEPTED);
        }
        self.life = Life::Resetting(self.registers.now() + RESET_CLOCKS);
        let init_done = regs::intr_state::INIT_DONE.mask();
        self.registers.write32(regs::INTR_STATE, init_done)?;
        let reset = regs::command::SOFT_RESET.of(1);
        self.registers.write32(regs::COMMAND, reset)?;
        // The device ends every busy slot one clock after the write. A bundle that was added just before is
        // gone as well, so the results of all slots are the same.
        self.abandon_all(NDIS_STATUS_REQUEST_ABORTED, calls);
        Ok(NDIS_STATUS_PENDING)
    }

    /// Completes a reset, if one pends and the device has come up.
    pub(super) fn end_reset(&mut self, calls: &mut dyn NdisCalls) -> Result<(), BusError> {
        if !matches!(self.life, Life::Resetting(_)) {
            return Ok(());
        }
        let status = self.registers.read32(regs::STATUS)?;
        if regs::status::INIT_DONE.get(status) == 1 {
            self.life = Life::Up;
            calls.reset_complete(NDIS_STATUS_SUCCESS);
        }
        Ok(())
    }

    /// MiniportPause: NDIS has stopped the data path; SUCCESS when the device has let go of every frame, else
    /// PENDING until it has. OIDs are taken as before.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn pause(&mut self) -> Result<u32, BusError> {
        if matches!(self.life, Life::Halted | Life::Removed)
            || self.wait(PAUSE_CLOCKS, regs::STATUS, idle)?
        {
            return Ok(NDIS_STATUS_SUCCESS);
        }
        self.pausing = true;
        Ok(NDIS_STATUS_PENDING)
    }

    /// Completes a pause, if one pends and the paths are empty.
    pub(super) fn end_pause(&mut self, calls: &mut dyn NdisCalls) -> Result<(), BusError> {
        if self.pausing && idle(self.registers.read32(regs::STATUS)?) {
            self.pausing = false;
            calls.pause_complete();
        }
        Ok(())
    }

    /// MiniportRestart.
    pub fn restart(&mut self) {
        self.pausing = false;
    }

    /// The hardware is gone: from now on no register is touched, and nothing is accepted.
    pub fn surprise_removed(&mut self, calls: &mut dyn NdisCalls) {
        if self.life == Life::Halted {
            return;
        }
        let resetting = matches!(self.life, Life::Resetting(_));
        self.life = Life::Removed;
        self.abandon_all(NDIS_STATUS_NOT_ACCEPTED, calls);
        if resetting {
            calls.reset_complete(NDIS_STATUS_FAILURE);
        }
        if std::mem::take(&mut self.pausing) {
            calls.pause_complete();
        }
    }

    /// MiniportHaltEx: nothing is accepted any more, what the device has begun ends, and no bundle and no key
    /// stays behind.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn halt(&mut self, calls: &mut dyn NdisCalls) -> Result<(), BusError> {
        match self.life {
            Life::Halted => return Ok(()),
            Life::Removed => {
                self.life = Life::Halted;
                return Ok(());
            }
            Life::Up | Life::Resetting(_) => {}
        }
        self.registers.write32(regs::INTR_ENABLE, 0)?;
        self.registers.write32(regs::HALT, 1)?;
        for slot in 0..self.slots.len() {
            self.end_slot(slot, calls)?;
        }
        // What still waits, or did not end in time (then the reset ends it in the device).
        self.abandon_all(NDIS_STATUS_NOT_ACCEPTED, calls);
        self.registers.write32(regs::CTRL, 0)?;
        let reset = regs::command::SOFT_RESET.of(1);
        self.registers.write32(regs::COMMAND, reset)?;
        // A sink that stalls holds the reset up; the next initialization looks again.
        self.wait_init_done(SWEEP_CLOCKS)?;
        self.registers.write32(regs::INTR_STATE, u32::MAX)?;
        self.life = Life::Halted;
        self.pausing = false;
        Ok(())
    }

    /// Waits for a slot's command, and ends its request: deleted is deleted, and an added bundle goes with the
    /// adapter.
    fn end_slot(&mut self, slot: usize, calls: &mut dyn NdisCalls) -> Result<(), BusError> {
        let Some(busy) = self.slots[slot].take() else {
            return Ok(());
        };
        let state = regs::mailbox_slot_state(slot as u32);
        let done =
            |s| regs::mailbox_slot_state::STATE.get(s) == regs::mailbox_slot_state::STATE_DONE;
        let ended = self.wait(HALT_CLOCKS, state, done)?;
        let result = self.result(slot as u32, busy.handle_at)?;
        match result.filter(|_| ended) {
            Some(result) if busy.work.oid() == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => {
                let mut work = busy.work;
                work.done(result);
                if work.over() {
                    work.complete(calls);
                } else {
                    work.abandon(NDIS_STATUS_NOT_ACCEPTED, calls);
                }
            }
            _ => busy.work.abandon(NDIS_STATUS_NOT_ACCEPTED, calls),
        }
        Ok(())
    }
}

fn idle(status: u32) -> bool {
    regs::status::TX_IDLE.get(status) == 1 && regs::status::RX_IDLE.get(status) == 1
}
