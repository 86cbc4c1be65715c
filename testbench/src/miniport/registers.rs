// SPDX-License-Identifier: Apache-2.0
//! What the driver has of the hardware.

use ipsec_cosim_device::Device;

use crate::drivers::bus::{Bus, BusError};

/// Registers, an interrupt and the time: all that the driver touches.
pub trait Registers {
    /// NdisReadRegisterUlong
    ///
    /// # Errors
    /// The device has stopped.
    fn read32(&mut self, address: u32) -> Result<u32, BusError>;

    /// NdisWriteRegisterUlong
    ///
    /// # Errors
    /// The device has stopped.
    fn write32(&mut self, address: u32, data: u32) -> Result<(), BusError>;

    /// NdisStallExecution, in clocks
    ///
    /// # Errors
    /// The device has stopped.
    fn stall(&mut self, clocks: u32) -> Result<(), BusError>;

    /// The interrupt's level
    fn irq(&self) -> bool;

    /// The time, in clocks
    fn now(&self) -> u64;
}

impl<D: Device> Registers for Bus<D> {
    fn read32(&mut self, address: u32) -> Result<u32, BusError> {
        Bus::read32(self, address)
    }

    fn write32(&mut self, address: u32, data: u32) -> Result<(), BusError> {
        Bus::write32(self, address, data)
    }

    fn stall(&mut self, clocks: u32) -> Result<(), BusError> {
        self.idle(clocks)
    }

    fn irq(&self) -> bool {
        Bus::irq(self)
    }

    fn now(&self) -> u64 {
        self.clock()
    }
}
