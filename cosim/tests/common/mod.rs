// SPDX-License-Identifier: Apache-2.0
//! Devices for tests of the harness itself.
#![allow(dead_code)]

use ipsec_cosim_device::{Device, DeviceConfig, DeviceError, DeviceKind, Inputs, Outputs};

/// A device without the engine: what goes in comes out one clock later.
#[derive(Default)]
pub struct Wire {
    clock: u64,
}

impl Device for Wire {
    fn config(&self) -> DeviceConfig {
        DeviceConfig::default()
    }

    fn kind(&self) -> DeviceKind {
        DeviceKind::Other
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        self.clock = 0;
        Ok(())
    }

    fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError> {
        self.clock += 1;
        if !inputs.rst_n {
            return Ok(Outputs::default());
        }
        let mut outputs = Outputs {
            tx_ready: true,
            rx_ready: true,
            ..Outputs::default()
        };
        if inputs.tx_valid {
            outputs.tx_out_valid = true;
            outputs.tx_out = inputs.tx;
        }
        if inputs.rx_valid {
            outputs.rx_out_valid = true;
            outputs.rx_out = inputs.rx;
        }
        Ok(outputs)
    }

    fn clock(&self) -> u64 {
        self.clock
    }
}

/// A device with one fault: `change` is done to its outputs after clock `at`.
pub struct Wrong<D> {
    pub device: D,
    pub at: u64,
    pub change: fn(&mut Outputs),
}

impl<D: Device> Device for Wrong<D> {
    fn config(&self) -> DeviceConfig {
        self.device.config()
    }

    fn kind(&self) -> DeviceKind {
        DeviceKind::Other
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        self.device.reset()
    }

    fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError> {
        let mut outputs = self.device.step(inputs)?;
        if self.device.clock() == self.at {
            (self.change)(&mut outputs);
        }
        Ok(outputs)
    }

    fn clock(&self) -> u64 {
        self.device.clock()
    }
}

/// Reset for four clocks, then a beat a clock on both inputs, sinks ready.
pub fn inputs(clock: u64) -> Inputs {
    let mut inputs = Inputs {
        rst_n: clock > 4,
        tx_out_ready: true,
        txcpl_ready: true,
        rx_out_ready: true,
        ..Inputs::default()
    };
    if clock > 4 {
        inputs.tx_valid = true;
        inputs.tx.data = u128::from(clock)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .to_le_bytes();
        inputs.tx.keep = 0xffff;
        inputs.tx.last = clock.is_multiple_of(8);
        inputs.rx_valid = true;
        inputs.rx = inputs.tx;
    }
    inputs
}
