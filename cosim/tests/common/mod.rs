// SPDX-License-Identifier: Apache-2.0
//! Devices and stimulus for tests of the harness itself.
#![allow(dead_code)]

use std::path::Path;

use ipsec_cosim_device::{
    Beat, Device, DeviceConfig, DeviceError, DeviceKind, Inputs, Outputs, ProbeEvent, WaveLayout,
};

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

/// A device with a fault in one clock: at its inputs, or at its outputs.
pub struct Wrong<D> {
    pub device: D,
    pub at: u64,
    pub inputs: fn(&mut Inputs),
    pub outputs: fn(&mut Outputs),
}

impl<D> Wrong<D> {
    pub fn outputs(device: D, at: u64, outputs: fn(&mut Outputs)) -> Self {
        Self {
            device,
            at,
            inputs: |_| {},
            outputs,
        }
    }

    pub fn inputs(device: D, at: u64, inputs: fn(&mut Inputs)) -> Self {
        Self {
            device,
            at,
            inputs,
            outputs: |_| {},
        }
    }
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
        let mut inputs = *inputs;
        let here = self.device.clock() + 1 == self.at;
        if here {
            (self.inputs)(&mut inputs);
        }
        let mut outputs = self.device.step(&inputs)?;
        if here {
            (self.outputs)(&mut outputs);
        }
        Ok(outputs)
    }

    fn clock(&self) -> u64 {
        self.device.clock()
    }

    fn probes(&mut self, on: bool) -> bool {
        self.device.probes(on)
    }

    fn take_probe_events(&mut self, events: &mut Vec<ProbeEvent>) {
        self.device.take_probe_events(events);
    }

    fn wave_open(&mut self, path: &Path) -> Result<WaveLayout, DeviceError> {
        self.device.wave_open(path)
    }

    fn wave_close(&mut self) {
        self.device.wave_close();
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

/// Frames that the device passes untouched, on both ports without a pause, after the reset: Ethernet
/// frames of another protocol, 64 to 255 bytes, transmitted without a handle.
pub fn plain_frames() -> impl FnMut(u64, &Outputs) -> Option<Inputs> {
    let mut tx = Source::default();
    let mut rx = Source {
        frame: 1000,
        ..Source::default()
    };
    let mut before = Inputs::default();
    move |clock, outputs| {
        if clock <= 4 {
            return Some(Inputs::default());
        }
        tx.advance(before.tx_valid && before.rst_n && tx.was_ready);
        rx.advance(before.rx_valid && before.rst_n && rx.was_ready);
        (tx.was_ready, rx.was_ready) = (outputs.tx_ready, outputs.rx_ready);
        before = Inputs {
            rst_n: true,
            tx_valid: true,
            tx: tx.beat(),
            rx_valid: true,
            rx: rx.beat(),
            tx_out_ready: !clock.is_multiple_of(7),
            txcpl_ready: true,
            rx_out_ready: !clock.is_multiple_of(5),
            ..Inputs::default()
        };
        Some(before)
    }
}

#[derive(Default)]
struct Source {
    frame: u64,
    beat: u64,
    was_ready: bool,
}

impl Source {
    fn length(&self) -> u64 {
        64 + self.frame.wrapping_mul(37) % 192
    }

    fn beats(&self) -> u64 {
        self.length().div_ceil(16)
    }

    fn advance(&mut self, taken: bool) {
        if taken {
            self.beat += 1;
            if self.beat == self.beats() {
                self.frame += 1;
                self.beat = 0;
            }
        }
    }

    fn beat(&self) -> Beat {
        let last = self.beat + 1 == self.beats();
        let bytes = if last {
            self.length() - 16 * self.beat
        } else {
            16
        };
        let mut data = [0; 16];
        for (k, byte) in data.iter_mut().enumerate().take(bytes as usize) {
            *byte = match 16 * self.beat + k as u64 {
                // An EtherType of its own: local experiments.
                12 => 0x88,
                13 => 0xb5,
                at => (self.frame.wrapping_mul(31) + at) as u8,
            };
        }
        Beat {
            data,
            keep: ((1u32 << bytes) - 1) as u16,
            last,
        }
    }
}
