// SPDX-License-Identifier: Apache-2.0
//! MiniportInitializeEx.

use ipsec_model::ndis::{
    AdapterOffloadAttributes, NDIS_STATUS_FAILURE, NDIS_STATUS_SUCCESS, NdisOffload,
};
use ipsec_model::regs;

use super::adapter::{Life, Miniport};
use super::bounds::{SELFTEST_CLOCKS, SWEEP_CLOCKS};
use super::configuration::Configuration;
use super::registers::Registers;
use crate::drivers::bus::BusError;
use crate::ndis::{HostMemory, NdisCalls};

/// Slots in the register map.
const MAX_SLOTS: u32 = regs::MAILBOX_SLOT_OID_COUNT;

impl<R: Registers> Miniport<R> {
    /// MiniportInitializeEx: SUCCESS, FAILURE for hardware that is not the device or does not work, or what
    /// NDIS says to the attributes.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn initialize(&mut self, calls: &mut dyn NdisCalls) -> Result<u32, BusError> {
        if !self.identify()? || !self.clean()? || !self.self_test_good()? {
            return Ok(NDIS_STATUS_FAILURE);
        }
        self.hardware = self.capabilities(regs::caps_hardware)?;
        self.configuration = Configuration::read(calls, self.hardware.ipv6_supported);
        if let Some(seed) = self.configuration.hash_seed {
            self.registers.write32(regs::HASH_SEED, seed)?;
        }
        if let Some(limit) = self.configuration.sa_limit {
            self.registers.write32(regs::SA_LIMIT, limit)?;
        }
        self.apply_configuration()?;
        self.hardware = self.capabilities(regs::caps_hardware)?;
        self.current = self.capabilities(regs::caps_current)?;
        self.revision = calls.version().offload_revision();
        let mut memory = HostMemory::default();
        let mut put = |ipsec| memory.allocate(NdisOffload::new(self.revision, ipsec).to_bytes());
        let attributes = AdapterOffloadAttributes::new(put(self.current), put(self.hardware));
        let status = calls.set_miniport_attributes(&attributes.to_bytes(), &memory);
        if status != NDIS_STATUS_SUCCESS {
            self.registers.write32(regs::CTRL, 0)?;
            self.registers.write32(regs::HALT, 1)?;
            return Ok(status);
        }
        // Whatever happened before is in what was just read.
        self.registers.write32(regs::INTR_STATE, u32::MAX)?;
        self.registers
            .write32(regs::INTR_ENABLE, self.interrupts())?;
        self.life = Life::Up;
        self.pausing = false;
        Ok(NDIS_STATUS_SUCCESS)
    }

    /// The causes that the driver wants.
    fn interrupts(&self) -> u32 {
        let slots = (1 << self.slots.len()) - 1;
        slots
            | regs::intr_state::CONFIG.mask()
            | regs::intr_state::INIT_DONE.mask()
            | regs::intr_state::PARITY.mask()
    }

    /// Whether this is the device, of a version that the driver knows.
    fn identify(&mut self) -> Result<bool, BusError> {
        if self.registers.read32(regs::NAME)? != regs::name::RESET {
            return Ok(false);
        }
        let version = self.registers.read32(regs::VERSION)?;
        let known = regs::version::RESET;
        let minor = regs::version::MINOR.get(version);
        let slots = self.registers.read32(regs::SLOTS)?;
        if regs::version::MAJOR.get(version) != regs::version::MAJOR.get(known)
            || minor < regs::version::MINOR.get(known)
            || !(1..=MAX_SLOTS).contains(&slots)
        {
            return Ok(false);
        }
        self.slots.clear();
        self.slots.resize_with(slots as usize, || None);
        Ok(true)
    }

    /// Leaves nothing of a former life: neither interrupts nor bundles nor commands.
    fn clean(&mut self) -> Result<bool, BusError> {
        self.registers.write32(regs::INTR_ENABLE, 0)?;
        self.registers.write32(regs::HALT, 0)?;
        self.registers.write32(regs::CTRL, 0)?;
        if !self.wait_init_done(SWEEP_CLOCKS)? {
            return Ok(false);
        }
        let mut used = self.registers.read32(regs::SA_COUNT)? != 0;
        for slot in 0..self.slots.len() as u32 {
            let state = self.registers.read32(regs::mailbox_slot_state(slot))?;
            let state = regs::mailbox_slot_state::STATE.get(state);
            used |= state == regs::mailbox_slot_state::STATE_BUSY;
        }
        if used {
            let reset = regs::command::SOFT_RESET.of(1);
            self.registers.write32(regs::COMMAND, reset)?;
            return self.wait_init_done(SWEEP_CLOCKS);
        }
        Ok(true)
    }

    pub(super) fn wait_init_done(&mut self, clocks: u64) -> Result<bool, BusError> {
        self.wait(clocks, regs::STATUS, |s| {
            regs::status::INIT_DONE.get(s) == 1
        })
    }

    /// Whether every engine gave the known answer after the sweep.
    fn self_test_good(&mut self) -> Result<bool, BusError> {
        let stages = self.registers.read32(regs::STAGES)?;
        let all = 1_u32.checked_shl(stages).map_or(u32::MAX, |bit| bit - 1);
        let done = |s| regs::selftest::DONE.get(s) == 1;
        if !self.wait(SELFTEST_CLOCKS, regs::SELFTEST, done)? {
            return Ok(false);
        }
        let result = self.registers.read32(regs::SELFTEST)?;
        Ok(
            regs::selftest::PASS_TX.get(result) == all
                && regs::selftest::PASS_RX.get(result) == all,
        )
    }

    /// Writes the settings that can change while the adapter runs.
    pub(super) fn apply_configuration(&mut self) -> Result<(), BusError> {
        let value = u32::from(self.configuration.ipsec_v2);
        self.registers.write32(regs::IPSECV2, value)?;
        self.registers
            .write32(regs::CTRL, self.configuration.ctrl())
    }
}
