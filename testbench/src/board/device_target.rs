// SPDX-License-Identifier: Apache-2.0
//! [`DeviceTarget`]: a device simulated in this program.

use ipsec_cosim_device::Device;

use super::{Abilities, Completion, OutFrame, Ports, Target, TargetError};
use crate::drivers::axil::Access;
use crate::golden::{InPort, OutPort};

/// Clocks within which a device must have taken a frame.
pub const SEND_CLOCKS: u32 = 200_000;

/// A simulated device.
#[derive(Debug)]
pub struct DeviceTarget {
    ports: Ports,
}

impl DeviceTarget {
    /// Resets the device.
    ///
    /// # Errors
    /// It does not start.
    pub fn new(device: Box<dyn Device>) -> Result<Self, TargetError> {
        Ok(Self {
            ports: Ports::new(device)?,
        })
    }

    /// The device's ports.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// The device's ports.
    pub fn ports_mut(&mut self) -> &mut Ports {
        &mut self.ports
    }
}

impl Target for DeviceTarget {
    fn description(&self) -> String {
        let device = self.ports.device();
        format!("{} {}", device.kind(), device.config())
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            frames: true,
            reset: true,
            clock: true,
        }
    }

    fn read32(&mut self, address: u16) -> Result<u32, TargetError> {
        self.ports.access(Access::Read { address })
    }

    fn write32(&mut self, address: u16, data: u32, strobe: u8) -> Result<(), TargetError> {
        let write = Access::Write {
            address,
            data,
            strobe,
        };
        self.ports.access(write).map(drop)
    }

    fn reset(&mut self, clocks: u32) -> Result<(), TargetError> {
        self.ports.hard_reset(clocks)
    }

    fn wait(&mut self, clocks: u32) -> Result<(), TargetError> {
        (0..clocks).try_for_each(|_| self.ports.step())
    }

    fn clock(&mut self) -> Option<u64> {
        Some(self.ports.device().clock())
    }

    fn send(&mut self, port: InPort, frame: &[u8], tuser: [u32; 3]) -> Result<(), TargetError> {
        self.ports.push(port, frame.to_vec(), tuser)?;
        for _ in 0..SEND_CLOCKS {
            self.ports.step()?;
            if !self.ports.is_sending(port) {
                return Ok(());
            }
        }
        Err(TargetError::NoAnswer {
            access: format!("a frame of {} bytes into {port:?}", frame.len()),
            bound: format!("{SEND_CLOCKS} clocks"),
        })
    }

    fn receive(&mut self, port: OutPort, clocks: u32) -> Result<Option<OutFrame>, TargetError> {
        let mut left = clocks;
        loop {
            if let Some(frame) = self.ports.out(port).pop_front() {
                return Ok(Some(frame));
            }
            if left == 0 {
                return Ok(None);
            }
            left -= 1;
            self.ports.step()?;
        }
    }

    fn completion(&mut self, clocks: u32) -> Result<Option<Completion>, TargetError> {
        let mut left = clocks;
        loop {
            if let Some(completion) = self.ports.completions.pop_front() {
                return Ok(Some(completion));
            }
            if left == 0 {
                return Ok(None);
            }
            left -= 1;
            self.ports.step()?;
        }
    }
}
