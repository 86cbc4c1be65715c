// SPDX-License-Identifier: Apache-2.0
//! The reference model as a device.

use ipsec_model::nic::Nic;
use ipsec_model::pins::{Inputs, Outputs};

use crate::{Device, DeviceConfig, DeviceError, DeviceKind, ProbeEvent};

/// The reference model. It takes every set of parameters that the design allows, built as RTL or not.
#[derive(Debug)]
pub struct ModelDevice {
    nic: Nic,
    config: DeviceConfig,
    clock: u64,
    probing: bool,
}

impl ModelDevice {
    /// A device in the state of power-on.
    ///
    /// # Errors
    /// [`DeviceError::BadConfig`]
    pub fn new(config: DeviceConfig) -> Result<Self, DeviceError> {
        Ok(Self {
            nic: nic(config)?,
            config,
            clock: 0,
            probing: false,
        })
    }

    /// The model itself, for what the pins do not show.
    pub fn nic(&self) -> &Nic {
        &self.nic
    }
}

fn nic(config: DeviceConfig) -> Result<Nic, DeviceError> {
    let sa_counters = config.sa_counters();
    let DeviceConfig { num_sa, stages } = config;
    let config = ipsec_model::config::DeviceConfig {
        num_sa,
        stages,
        sa_counters,
    };
    Nic::new(config).map_err(|error| DeviceError::BadConfig(error.to_string()))
}

impl Device for ModelDevice {
    fn config(&self) -> DeviceConfig {
        self.config
    }

    fn kind(&self) -> DeviceKind {
        DeviceKind::Model
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        self.nic = nic(self.config)?;
        self.nic.set_probes(self.probing);
        self.clock = 0;
        Ok(())
    }

    #[inline]
    fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError> {
        self.clock += 1;
        Ok(self.nic.step(inputs))
    }

    fn clock(&self) -> u64 {
        self.clock
    }

    fn probes(&mut self, on: bool) -> bool {
        self.probing = on;
        self.nic.set_probes(on);
        true
    }

    fn take_probe_events(&mut self, events: &mut Vec<ProbeEvent>) {
        events.extend(self.nic.take_probes().into_iter().map(ProbeEvent::from));
    }
}
