// SPDX-License-Identifier: Apache-2.0
//! What a person or a script is told about a failed run.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{DeviceConfig, DeviceError, FirstDifference, PinDiff, SimFailure};

/// What was going on when a run failed, as the driver of the test knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// Frames inside the device, as `tx 17 (94 bytes, SA a)`
    pub frames: Vec<String>,
    /// Commands in the mailbox, as `slot 2: ADD_SA, SA a`
    pub oids: Vec<String>,
}

/// The failure of a run. [`Display`](fmt::Display) is for people, the fields are for scripts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureReport {
    /// Parameters of the device
    pub config: DeviceConfig,
    /// The clock of the failure, as [`Device::clock`](crate::Device::clock) counts
    pub clock: u64,
    /// One sentence
    pub message: String,
    /// The pins that differ; empty if the failure is of another kind
    pub pins: Vec<PinDiff>,
    /// What the simulator said, if it stopped
    pub sim: Option<SimFailure>,
    /// Frames and commands in flight
    pub in_flight: InFlight,
    /// Where inside the device the two first differ; `None` if no stage boundary shows a difference
    pub first_difference: Option<FirstDifference>,
    /// The scenario that fails
    pub scenario: Option<PathBuf>,
    /// The wave around the failing clock (FST)
    pub wave: Option<PathBuf>,
    /// The GTKWave save file that opens it there
    pub save_file: Option<PathBuf>,
    /// The clocks around the failure as a drawing (SVG)
    #[serde(default)]
    pub picture: Option<PathBuf>,
    /// The command that reproduces the failure
    pub reproduce: Option<String>,
}

impl FailureReport {
    /// What the error itself tells; `clock` is that of the device, for errors that carry none.
    pub fn new(config: DeviceConfig, clock: u64, error: &DeviceError) -> Self {
        let (clock, pins, sim) = match error {
            DeviceError::Divergence(divergence) => {
                (divergence.clock, divergence.pins.clone(), None)
            }
            DeviceError::Sim(failure) => (failure.clock, Vec::new(), Some((**failure).clone())),
            _ => (clock, Vec::new(), None),
        };
        let message = match error {
            DeviceError::Divergence(_) => "the pins differ".into(),
            _ => error.to_string(),
        };
        Self {
            config,
            clock,
            message,
            pins,
            sim,
            in_flight: InFlight::default(),
            first_difference: None,
            scenario: None,
            wave: None,
            save_file: None,
            picture: None,
            reproduce: None,
        }
    }
}

impl fmt::Display for FailureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "FAILURE: {}", self.message)?;
        writeln!(
            f,
            "  device      NumSa {}, Stages {}",
            self.config.num_sa, self.config.stages
        )?;
        writeln!(f, "  clock       {}", self.clock)?;
        for (k, pin) in self.pins.iter().enumerate() {
            writeln!(f, "  {:11} {pin}", if k == 0 { "pins" } else { "" })?;
        }
        if let Some(sim) = self.sim.as_ref().filter(|sim| !sim.log.is_empty()) {
            for (k, line) in sim.log.lines().enumerate() {
                writeln!(f, "  {:11} {line}", if k == 0 { "simulator" } else { "" })?;
            }
        }
        for (what, lines) in [
            ("frames", &self.in_flight.frames),
            ("commands", &self.in_flight.oids),
        ] {
            for (k, line) in lines.iter().enumerate() {
                writeln!(f, "  {:11} {line}", if k == 0 { what } else { "" })?;
            }
        }
        match &self.first_difference {
            Some(first) => writeln!(f, "  first       {first}")?,
            None if !self.pins.is_empty() => {
                writeln!(
                    f,
                    "  first       at the pins: no stage boundary differs before"
                )?;
            }
            None => {}
        }
        for (what, path) in [
            ("scenario", &self.scenario),
            ("wave", &self.wave),
            ("gtkwave", &self.save_file),
            ("picture", &self.picture),
        ] {
            if let Some(path) = path {
                writeln!(f, "  {what:11} {}", path.display())?;
            }
        }
        if let Some(command) = &self.reproduce {
            writeln!(f, "  reproduce   {command}")?;
        }
        Ok(())
    }
}
