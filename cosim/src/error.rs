// SPDX-License-Identifier: Apache-2.0
//! Why a device stopped.

use std::fmt;

use ipsec_model::pins::{Inputs, Outputs};
use serde::{Deserialize, Serialize};

use crate::{DeviceConfig, PinDiff};

/// Why a device cannot be made or has stopped.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum DeviceError {
    /// There is no build of the device with these parameters.
    NotBuilt {
        /// The parameters asked for
        wanted: DeviceConfig,
        /// Those that this program has
        built: Vec<DeviceConfig>,
    },
    /// The design does not allow these parameters.
    BadConfig(String),
    /// Two devices in lockstep have not the same parameters.
    ConfigMismatch {
        /// The parameters of the first
        expected: DeviceConfig,
        /// The parameters of the second
        actual: DeviceConfig,
    },
    /// The simulator stopped: a failed assertion, `$fatal`, `$finish`, or an internal error.
    Sim(Box<SimFailure>),
    /// Two devices in lockstep differ.
    Divergence(Box<Divergence>),
    /// The device does not write waves.
    NoWaves,
    /// A wave cannot be written.
    Wave {
        /// Its file
        path: std::path::PathBuf,
        /// What went wrong
        reason: String,
    },
    /// A device of another kind stopped.
    Other(String),
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt { wanted, built } => {
                write!(
                    f,
                    "no RTL was built with NumSa {} and Stages {}",
                    wanted.num_sa, wanted.stages
                )?;
                f.write_str("; this program has NumSa x Stages = ")?;
                for (k, config) in built.iter().enumerate() {
                    write!(f, "{}{config}", if k == 0 { "" } else { ", " })?;
                }
                if built.is_empty() {
                    f.write_str("none")?;
                }
                Ok(())
            }
            Self::BadConfig(reason) => write!(f, "no such device: {reason}"),
            Self::ConfigMismatch { expected, actual } => {
                write!(
                    f,
                    "lockstep of two devices with different parameters, {expected} and {actual}"
                )
            }
            Self::Sim(failure) => failure.fmt(f),
            Self::Divergence(divergence) => divergence.fmt(f),
            Self::NoWaves => f.write_str("this device does not write waves"),
            Self::Wave { path, reason } => write!(f, "cannot write {}: {reason}", path.display()),
            Self::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for DeviceError {}

impl From<Divergence> for DeviceError {
    fn from(divergence: Divergence) -> Self {
        Self::Divergence(Box::new(divergence))
    }
}

impl From<SimFailure> for DeviceError {
    fn from(failure: SimFailure) -> Self {
        Self::Sim(Box::new(failure))
    }
}

/// What made the simulator stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SimFailureKind {
    /// A failed assertion, `$error` or `$fatal`
    Assertion,
    /// `$stop`
    Stop,
    /// `$finish`
    Finish,
    /// The simulator itself gave up
    Internal,
}

/// The simulator stopped, with what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimFailure {
    /// What made it stop
    pub kind: SimFailureKind,
    /// The clock in which it did, as [`Device::clock`](crate::Device::clock) counts
    pub clock: u64,
    /// Source file, empty if unknown
    pub file: String,
    /// Line in it
    pub line: u32,
    /// The message, one line
    pub message: String,
    /// Everything printed in that clock
    pub log: String,
}

impl fmt::Display for SimFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            SimFailureKind::Assertion => "the RTL failed an assertion",
            SimFailureKind::Stop => "the RTL called $stop",
            SimFailureKind::Finish => "the RTL called $finish",
            SimFailureKind::Internal => "the simulator failed",
        };
        write!(f, "{what} in clock {}", self.clock)?;
        if !self.file.is_empty() {
            write!(f, " ({}:{})", self.file, self.line)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The first clock after which two devices show different pins.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// The clock, as [`Device::clock`](crate::Device::clock) counts
    pub clock: u64,
    /// The pins that differ
    pub pins: Vec<PinDiff>,
    /// The inputs of that clock
    pub inputs: Inputs,
    /// All pins of the device that was believed
    pub expected: Outputs,
    /// All pins of the device under test
    pub actual: Outputs,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "first difference after clock {}:", self.clock)?;
        for (k, pin) in self.pins.iter().enumerate() {
            write!(f, "{} {pin}", if k == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}
