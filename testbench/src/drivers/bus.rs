// SPDX-License-Identifier: Apache-2.0
//! One register access after the other on any device, each waited for: what a host's bus does for a
//! driver. The other pins are idle (sources silent, sinks ready) or held by a hook.

use ipsec_cosim_device::{AxilIn, Device, DeviceError, Inputs, Outputs};

use super::axil::{self, Access, Port};
use super::stall::Stall;

/// Clocks within which the device must answer an access.
pub const ACCESS_CLOCKS: u64 = 1000;

/// Clocks of a hard reset.
const RESET_CLOCKS: u32 = 4;

/// Why an access came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BusError {
    /// The device has stopped.
    #[error("{0}")]
    Device(#[from] DeviceError),
    /// The device does not answer.
    #[error("{access:x?} has no answer {ACCESS_CLOCKS} clocks after it began (clock {clock})")]
    Hang {
        /// What was under way
        access: Access,
        /// Clock in which it was given up
        clock: u64,
    },
}

/// Sets the pins beside the registers for one clock, from what the device shows before it. What it does to
/// `rst_n` and `axil` has no effect.
pub type Hook = Box<dyn FnMut(&Outputs, &mut Inputs) + Send>;

/// A device behind a register bus.
pub struct Bus<D> {
    device: D,
    inputs: Inputs,
    outputs: Outputs,
    port: Port,
    hook: Option<Hook>,
    present: bool,
}

impl<D: Device> Bus<D> {
    /// Resets the device and puts it behind a bus that never stalls.
    ///
    /// # Errors
    /// The device does not start.
    pub fn new(device: D) -> Result<Self, BusError> {
        let mut bus = Self {
            device,
            inputs: Inputs {
                tx_out_ready: true,
                txcpl_ready: true,
                rx_out_ready: true,
                ..Inputs::default()
            },
            outputs: Outputs::default(),
            port: Port::new(std::array::from_fn(|k| Stall::new(0, k as u64))),
            hook: None,
            present: true,
        };
        bus.hard_reset()?;
        Ok(bus)
    }

    /// Holds `rst_ni` low for some clocks.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn hard_reset(&mut self) -> Result<(), BusError> {
        self.port.cut(&mut self.inputs.axil);
        self.inputs.rst_n = false;
        self.idle(RESET_CLOCKS)?;
        self.inputs.rst_n = true;
        Ok(())
    }

    /// Holds the pins beside the registers from now on.
    pub fn set_hook(&mut self, hook: Option<Hook>) {
        self.hook = hook;
    }

    /// The stalls of the channels AW, W, B, AR, R.
    pub fn stalls(&mut self) -> &mut [Stall; 5] {
        self.port.stalls()
    }

    /// Pulls the card out: reads give all ones, writes go nowhere, the interrupt is low. The clock runs on.
    pub fn pull_out(&mut self) {
        self.present = false;
    }

    /// The device.
    pub fn device(&self) -> &D {
        &self.device
    }

    /// The device; a clock that is stepped behind the bus's back is not seen by it.
    pub fn device_mut(&mut self) -> &mut D {
        &mut self.device
    }

    /// All output pins, as they are now.
    pub fn outputs(&self) -> &Outputs {
        &self.outputs
    }

    /// Clocks since power-on.
    pub fn clock(&self) -> u64 {
        self.device.clock()
    }

    /// `irq_o`
    pub fn irq(&self) -> bool {
        self.present && self.outputs.irq
    }

    /// Reads a register.
    ///
    /// # Errors
    /// The device has stopped or does not answer.
    pub fn read32(&mut self, address: u32) -> Result<u32, BusError> {
        self.access(Access::read(address))
    }

    /// Writes a register.
    ///
    /// # Errors
    /// The device has stopped or does not answer.
    pub fn write32(&mut self, address: u32, data: u32) -> Result<(), BusError> {
        self.access(Access::write(address, data)).map(drop)
    }

    /// Makes any access; a write gives 0.
    ///
    /// # Errors
    /// The device has stopped or does not answer.
    pub fn access(&mut self, access: Access) -> Result<u32, BusError> {
        if !self.present {
            self.step()?;
            return Ok(u32::MAX);
        }
        let answer = axil::blocking(access, ACCESS_CLOCKS, |one| {
            let clock = self.device.clock() + 1;
            let (out, pins) = (&self.outputs.axil, &mut self.inputs.axil);
            self.port.drive(clock, out, pins, &mut [one]);
            self.step()
        })?;
        if let Some(data) = answer {
            self.inputs.axil = AxilIn::default();
            return Ok(data);
        }
        Err(BusError::Hang {
            access,
            clock: self.device.clock(),
        })
    }

    /// Lets clocks pass.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn idle(&mut self, clocks: u32) -> Result<(), BusError> {
        for _ in 0..clocks {
            self.step()?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<(), BusError> {
        if let Some(hook) = &mut self.hook {
            let (rst_n, axil) = (self.inputs.rst_n, self.inputs.axil);
            hook(&self.outputs, &mut self.inputs);
            (self.inputs.rst_n, self.inputs.axil) = (rst_n, axil);
        }
        self.outputs = self.device.step(&self.inputs)?;
        Ok(())
    }
}

impl<D: Device> std::fmt::Debug for Bus<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus")
            .field("device", &self.device.kind())
            .field("clock", &self.device.clock())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ipsec_cosim_device::{DeviceConfig, ModelDevice};
    use ipsec_model::regs;

    use super::*;
    use crate::scenario::StallPattern;

    fn bus() -> Bus<ModelDevice> {
        Bus::new(ModelDevice::new(DeviceConfig::new(16, 1)).unwrap()).unwrap()
    }

    #[test]
    fn accesses_are_carried_with_stalls_and_without() {
        let mut bus = bus();
        for percent in [0, 60] {
            for stall in bus.stalls() {
                stall.set(&StallPattern::Percent(percent));
            }
            assert_eq!(bus.read32(regs::NAME).unwrap(), 0x4353_5049);
            bus.write32(regs::SA_WATERMARK, 7).unwrap();
            assert_eq!(bus.read32(regs::SA_WATERMARK).unwrap(), 7);
        }
    }

    #[test]
    fn the_hook_holds_the_other_pins_alone() {
        let mut bus = bus();
        bus.set_hook(Some(Box::new(|_, pins| {
            pins.rst_n = false;
            pins.axil.araddr = 0x4c;
            pins.rx_out_ready = false;
        })));
        assert_eq!(bus.read32(regs::NUM_SA).unwrap(), 16);
        assert!(!bus.inputs.rx_out_ready && bus.inputs.rst_n);
    }

    #[test]
    fn a_card_that_is_pulled_out_reads_all_ones() {
        let mut bus = bus();
        bus.pull_out();
        let clock = bus.clock();
        assert_eq!(bus.read32(regs::NAME).unwrap(), u32::MAX);
        bus.write32(regs::HALT, 1).unwrap();
        assert!(!bus.irq() && bus.clock() > clock);
    }

    #[test]
    fn a_device_that_does_not_answer_is_an_error() {
        let mut bus = bus();
        for stall in bus.stalls() {
            stall.set(&StallPattern::Bits("1".to_owned()));
        }
        let error = bus.read32(regs::NAME).unwrap_err();
        assert!(matches!(error, BusError::Hang { .. }), "{error}");
    }
}
