// SPDX-License-Identifier: Apache-2.0
//! The interrupt, and MiniportCheckForHangEx.

use ipsec_model::ndis::{NDIS_STATUS_FAILURE, NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_SUCCESS};
use ipsec_model::regs;

use super::adapter::{Busy, Life, Miniport};
use super::bounds::{COMMAND_CLOCKS, INTERRUPT_ROUNDS};
use super::registers::Registers;
use super::work::CommandResult;
use crate::drivers::bus::BusError;
use crate::ndis::NdisCalls;

impl<R: Registers> Miniport<R> {
    /// MiniportInterruptDpc: serves every cause.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn interrupt(&mut self, calls: &mut dyn NdisCalls) -> Result<(), BusError> {
        if matches!(self.life, Life::Halted | Life::Removed) {
            return Ok(());
        }
        for _ in 0..INTERRUPT_ROUNDS {
            let state = self.registers.read32(regs::INTR_STATE)?;
            if state == 0 {
                break;
            }
            if state == u32::MAX {
                self.surprise_removed(calls);
                break;
            }
            // Cleared before it is served: what happens from now on raises it again.
            self.registers.write32(regs::INTR_STATE, state)?;
            for slot in 0..self.slots.len() {
                if state >> slot & 1 == 1 {
                    self.serve_slot(slot, calls)?;
                }
            }
            if regs::intr_state::PARITY.get(state) == 1 {
                self.parity_errors += 1;
            }
            if regs::intr_state::CONFIG.get(state) == 1 && self.life == Life::Up {
                self.report(calls, false)?;
            }
            if regs::intr_state::INIT_DONE.get(state) == 1 {
                self.end_reset(calls)?;
            }
            self.dispatch(calls)?;
        }
        self.end_pause(calls)
    }

    /// Takes the result out of a slot that is done.
    fn serve_slot(&mut self, slot: usize, calls: &mut dyn NdisCalls) -> Result<(), BusError> {
        let Some(busy) = self.slots[slot].take() else {
            return Ok(());
        };
        let Some(result) = self.result(slot as u32, busy.handle_at)? else {
            // The interrupt was that of the slot's former command.
            self.slots[slot] = Some(busy);
            return Ok(());
        };
        let mut work = busy.work;
        work.done(result);
        if work.over() {
            work.complete(calls);
        } else {
            // Others wait too: the rest of a list takes its turn behind them.
            self.queue.push_back(work);
        }
        Ok(())
    }

    /// The result of a slot; none while it is busy.
    pub(super) fn result(
        &mut self,
        slot: u32,
        handle_at: Option<u32>,
    ) -> Result<Option<CommandResult>, BusError> {
        let state = self.registers.read32(regs::mailbox_slot_state(slot))?;
        if regs::mailbox_slot_state::STATE.get(state) != regs::mailbox_slot_state::STATE_DONE {
            return Ok(None);
        }
        let status = self
            .registers
            .read32(regs::mailbox_slot_ndis_status(slot))?;
        let bytes_read = self.registers.read32(regs::mailbox_slot_bytes_read(slot))?;
        let bytes_needed = self
            .registers
            .read32(regs::mailbox_slot_bytes_needed(slot))?;
        let mut handle = 0;
        if let Some(at) = handle_at.filter(|_| status == NDIS_STATUS_SUCCESS) {
            let at = regs::mailbox_slot_window(slot) + at;
            let low = self.registers.read32(at)?;
            let high = self.registers.read32(at + 4)?;
            handle = u64::from(high) << 32 | u64::from(low);
        }
        Ok(Some(CommandResult {
            status,
            bytes_read,
            bytes_needed,
            handle,
        }))
    }

    /// MiniportCheckForHangEx: whether NDIS should reset the adapter. Also gives up a reset that does not end,
    /// and notices hardware that is gone.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn check_for_hang(&mut self, calls: &mut dyn NdisCalls) -> Result<bool, BusError> {
        if matches!(self.life, Life::Halted | Life::Removed) {
            return Ok(false);
        }
        if self.registers.read32(regs::NAME)? != regs::name::RESET {
            self.surprise_removed(calls);
            return Ok(false);
        }
        let now = self.registers.now();
        if let Life::Resetting(until) = self.life {
            if now >= until {
                self.life = Life::Removed;
                self.abandon_all(NDIS_STATUS_NOT_ACCEPTED, calls);
                calls.reset_complete(NDIS_STATUS_FAILURE);
            }
            return Ok(false);
        }
        self.end_pause(calls)?;
        let late = |busy: &Busy| now >= busy.since + COMMAND_CLOCKS;
        Ok(self.slots.iter().flatten().any(late))
    }
}
