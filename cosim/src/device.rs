// SPDX-License-Identifier: Apache-2.0
//! The one interface of everything that has the device's pins.

use std::fmt;
use std::path::Path;

use ipsec_model::pins::{Inputs, Outputs};
use serde::{Deserialize, Serialize};

use crate::{DeviceConfig, DeviceError, ProbeEvent, WaveLayout};

/// What stands behind a [`Device`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// The reference model
    Model,
    /// The Verilated RTL
    Rtl,
    /// Two devices, compared on every clock
    Lockstep,
    /// Anything else: a test's own device, a board
    Other,
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Model => "model",
            Self::Rtl => "rtl",
            Self::Lockstep => "lockstep",
            Self::Other => "other",
        })
    }
}

/// A device that is stepped one clock at a time.
///
/// A device starts in the state of power-on: nothing is defined before `rst_n` was low for a clock.
pub trait Device: Send {
    /// The parameters that it was made with.
    fn config(&self) -> DeviceConfig;

    /// What stands behind it.
    fn kind(&self) -> DeviceKind;

    /// Back to the state of power-on, with [`clock`](Self::clock) 0: as if it were made anew. (A reset
    /// in the middle of a test is `rst_n` low in [`step`](Self::step).)
    ///
    /// # Errors
    /// The device cannot be brought back, as a simulator that fails to start.
    fn reset(&mut self) -> Result<(), DeviceError>;

    /// One clock: `inputs` are what the pins hold before the rising edge, the result is what they hold
    /// after it.
    ///
    /// # Errors
    /// A failed assertion of the RTL, a difference in lockstep. The device has stopped: every further
    /// `step` until [`reset`](Self::reset) gives the same error.
    fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError>;

    /// Number of clocks stepped since it was made or [`reset`](Self::reset), clocks with `rst_n` low
    /// included. The first call of [`step`](Self::step) is clock 1.
    fn clock(&self) -> u64;

    /// Turns [`ProbeEvent`]s on or off, right after it was made or [`reset`](Self::reset). Off is the
    /// default, and costs nothing. Returns whether the device has any.
    fn probes(&mut self, on: bool) -> bool {
        let _ = on;
        false
    }

    /// Moves the events since the last call to the end of `events`, in no particular order. An event
    /// may come earlier than its clock.
    fn take_probe_events(&mut self, events: &mut Vec<ProbeEvent>) {
        let _ = events;
    }

    /// Starts a wave (FST) with the next clock.
    ///
    /// # Errors
    /// [`DeviceError::NoWaves`], or the file cannot be written.
    fn wave_open(&mut self, path: &Path) -> Result<WaveLayout, DeviceError> {
        let _ = path;
        Err(DeviceError::NoWaves)
    }

    /// Ends the wave, if one is open.
    fn wave_close(&mut self) {}

    /// Writes what of its source was exercised so far, in the format of Verilator. Returns whether the device
    /// counts that: the default build of the RTL does not.
    ///
    /// # Errors
    /// The file cannot be written.
    fn coverage_write(&self, path: &Path) -> Result<bool, DeviceError> {
        let _ = path;
        Ok(false)
    }
}

impl<D: Device + ?Sized> Device for Box<D> {
    fn config(&self) -> DeviceConfig {
        (**self).config()
    }

    fn kind(&self) -> DeviceKind {
        (**self).kind()
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        (**self).reset()
    }

    #[inline]
    fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError> {
        (**self).step(inputs)
    }

    fn clock(&self) -> u64 {
        (**self).clock()
    }

    fn probes(&mut self, on: bool) -> bool {
        (**self).probes(on)
    }

    fn take_probe_events(&mut self, events: &mut Vec<ProbeEvent>) {
        (**self).take_probe_events(events);
    }

    fn wave_open(&mut self, path: &Path) -> Result<WaveLayout, DeviceError> {
        (**self).wave_open(path)
    }

    fn wave_close(&mut self) {
        (**self).wave_close();
    }

    fn coverage_write(&self, path: &Path) -> Result<bool, DeviceError> {
        (**self).coverage_write(path)
    }
}
