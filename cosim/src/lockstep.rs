// SPDX-License-Identifier: Apache-2.0
//! Two devices on the same pins.

use std::path::Path;

use ipsec_model::pins::{Inputs, Outputs};

use crate::{
    Device, DeviceConfig, DeviceError, DeviceKind, Divergence, Investigation, Stimulus, WaveLayout,
    WaveWindow, differing_pins, investigate,
};

/// Steps two devices with the same inputs, compares all output pins after every clock, and stops at
/// the first difference. `A` is believed (in a report, *expected*), `B` is under test (*actual*).
pub struct Lockstep<A, B> {
    expected: A,
    actual: B,
    clock: u64,
    stopped: Option<DeviceError>,
}

impl<A: Device, B: Device> Lockstep<A, B> {
    /// Both devices must be fresh: just made or [`reset`](Device::reset).
    ///
    /// # Errors
    /// [`DeviceError::ConfigMismatch`]
    pub fn new(expected: A, actual: B) -> Result<Self, DeviceError> {
        if expected.config() != actual.config() {
            return Err(DeviceError::ConfigMismatch {
                expected: expected.config(),
                actual: actual.config(),
            });
        }
        Ok(Self {
            expected,
            actual,
            clock: 0,
            stopped: None,
        })
    }

    /// The device that is believed.
    pub fn expected(&self) -> &A {
        &self.expected
    }

    /// The device under test.
    pub fn actual(&self) -> &B {
        &self.actual
    }

    /// Runs a failure again; see [`investigate`].
    ///
    /// # Errors
    /// A device does not start, or a file cannot be written.
    pub fn investigate(
        &mut self,
        stimulus: &mut dyn Stimulus,
        failing: u64,
        window: WaveWindow,
        base: &Path,
    ) -> Result<Investigation, DeviceError> {
        let expected: &mut dyn Device = &mut self.expected;
        investigate(
            Some(expected),
            &mut self.actual,
            stimulus,
            failing,
            window,
            base,
        )
    }

    /// Both devices.
    pub fn into_parts(self) -> (A, B) {
        (self.expected, self.actual)
    }

    #[cold]
    fn stop(&mut self, error: DeviceError) -> DeviceError {
        self.stopped = Some(error.clone());
        error
    }
}

impl<A: Device, B: Device> Device for Lockstep<A, B> {
    fn config(&self) -> DeviceConfig {
        self.actual.config()
    }

    fn kind(&self) -> DeviceKind {
        DeviceKind::Lockstep
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        self.expected.reset()?;
        self.actual.reset()?;
        self.clock = 0;
        self.stopped = None;
        Ok(())
    }

    #[inline]
    fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        self.clock += 1;
        let expected = self.expected.step(inputs);
        let actual = self.actual.step(inputs);
        match (expected, actual) {
            (Ok(expected), Ok(actual)) if expected == actual => Ok(actual),
            (Ok(expected), Ok(actual)) => {
                let pins = differing_pins(&expected, &actual);
                let clock = self.clock;
                let inputs = *inputs;
                Err(self.stop(
                    Divergence {
                        clock,
                        pins,
                        inputs,
                        expected,
                        actual,
                    }
                    .into(),
                ))
            }
            (_, Err(error)) | (Err(error), _) => Err(self.stop(error)),
        }
    }

    fn clock(&self) -> u64 {
        self.clock
    }

    /// Waves are those of the device under test.
    fn wave_open(&mut self, path: &Path) -> Result<WaveLayout, DeviceError> {
        self.actual.wave_open(path)
    }

    fn wave_close(&mut self) {
        self.actual.wave_close();
    }

    /// Coverage is that of the device under test.
    fn coverage_write(&self, path: &Path) -> Result<bool, DeviceError> {
        self.actual.coverage_write(path)
    }
}
