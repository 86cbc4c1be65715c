// SPDX-License-Identifier: Apache-2.0
//! The whole device: two paths and the control plane, one step a clock.

use crate::config::{ConfigError, DeviceConfig};
use crate::control_plane::ControlPlane;
use crate::pins::{Inputs, Outputs};
use crate::table_types::PathStatus;

/// The reference model of the device.
#[derive(Debug)]
pub struct Nic {
    config: DeviceConfig,
    control: ControlPlane,
}

impl Nic {
    /// A device in the state of power-on.
    ///
    /// # Errors
    /// The parameters are outside their sets.
    pub fn new(config: DeviceConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            config,
            control: ControlPlane::new(&config),
        })
    }

    /// The parameters.
    #[must_use]
    pub const fn config(&self) -> DeviceConfig {
        self.config
    }

    /// One clock: `inputs` are the pins before the rising edge, the result is the pins after it.
    pub fn step(&mut self, inputs: &Inputs) -> Outputs {
        if !inputs.rst_n {
            self.control.reset();
            return Outputs::default();
        }
        let status = PathStatus::default();
        let (axil, irq) = self.control.step(&inputs.axil, &status, &status);
        Outputs {
            irq,
            axil,
            ..Outputs::default()
        }
    }
}
