// SPDX-License-Identifier: Apache-2.0
//! What a failed run leaves behind: the scenario, the report, the wave around the clock, and the one
//! command that shows it again.

use std::path::Path;

use ipsec_cosim_device::{DeviceError, FailureReport, InFlight, WaveWindow, investigate};

use crate::devices::{self, On};
use crate::error::Error;
use crate::runner::{self, Failure, Player, RunResult};
use crate::scenario::Scenario;

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// What it gave, up to its end
    pub result: RunResult,
    /// What was inside the device at that time
    pub in_flight: InFlight,
    /// Operations of the scenario that had been issued
    pub issued: usize,
    /// The device stopped: a divergence, a failed assertion
    pub error: Option<DeviceError>,
}

const PANIC: &str = "the device panicked";

impl Ended {
    /// That of a player, and the error with which the device stopped.
    pub fn new(player: Player<'_>, error: Option<DeviceError>) -> Self {
        Self {
            in_flight: player.in_flight(),
            issued: player.issued(),
            result: player.into_result(),
            error,
        }
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.error.is_none() && self.result.failure.is_none()
    }

    /// A device that panicked.
    pub fn of_panic(panic: &(dyn std::any::Any + Send)) -> Self {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Self {
            result: RunResult::default(),
            in_flight: InFlight::default(),
            issued: 0,
            error: Some(DeviceError::Other(format!("{PANIC}: {said}"))),
        }
    }

    /// Whether it is [`of_panic`](Self::of_panic).
    pub fn panicked(&self) -> bool {
        matches!(&self.error, Some(DeviceError::Other(said)) if said.starts_with(PANIC))
    }

    /// Why it is not good, in one sentence.
    pub fn message(&self) -> Option<String> {
        match (&self.error, &self.result.failure) {
            (Some(error), _) => Some(error.to_string()),
            (None, Some(failure)) => Some(failure_message(failure)),
            (None, None) => None,
        }
    }

    /// 1 if two devices differed.
    pub fn divergences(&self) -> u64 {
        u64::from(matches!(self.error, Some(DeviceError::Divergence(_))))
    }
}

fn failure_message(failure: &Failure) -> String {
    match failure.operation {
        Some(operation) => format!("operation {operation}: {}", failure.message),
        None => failure.message.clone(),
    }
}

/// Plays a scenario on a device of its own. With `wave`, the whole run goes into that file.
///
/// # Errors
/// The device cannot be made, or writes no waves.
pub fn play(
    scenario: &Scenario,
    on: On,
    wave: Option<&Path>,
    watch: impl FnMut(&Player<'_>),
) -> Result<Ended, Error> {
    play_covered(scenario, on, wave, None, watch)
}

/// As [`play`]. A device that counts what of its source is exercised writes that into the file `coverage`.
///
/// # Errors
/// As [`play`]; the file cannot be written.
pub fn play_covered(
    scenario: &Scenario,
    on: On,
    wave: Option<&Path>,
    coverage: Option<&Path>,
    watch: impl FnMut(&Player<'_>),
) -> Result<Ended, Error> {
    let mut device = devices::make(on, scenario.device, scenario.seed)?;
    if let Some(path) = wave {
        device.wave_open(path)?;
    }
    let mut player = Player::new(scenario);
    let error = runner::play(device.as_mut(), &mut player, watch).err();
    device.wave_close();
    if let Some(path) = coverage {
        device.coverage_write(path)?;
    }
    Ok(Ended::new(player, error))
}

/// Runs a failed scenario again and writes `scenario.json`, `report.txt`, `report.json` and, with
/// `wave`, `failure.fst` and `failure.gtkw` into `folder`.
///
/// # Errors
/// A device cannot be made, a file cannot be written.
pub fn examine(
    scenario: &Scenario,
    on: On,
    ended: &Ended,
    folder: &Path,
    wave: bool,
) -> Result<FailureReport, Error> {
    std::fs::create_dir_all(folder).map_err(|e| Error::write(folder, &e))?;
    let path = folder.join("scenario.json");
    scenario.write(&path)?;
    let error = match &ended.error {
        Some(error) => error.clone(),
        None => DeviceError::Other(ended.message().unwrap_or_default()),
    };
    let mut report = FailureReport::new(scenario.device, ended.result.clocks, &error);
    report.in_flight = ended.in_flight.clone();
    report.reproduce = Some(repro_command(&path, on));
    report.scenario = Some(path);
    if wave && on != On::Model {
        let (config, seed) = (scenario.device, scenario.seed);
        let mut model = match on {
            On::Lockstep => Some(devices::make(On::Model, config, seed)?),
            _ => None,
        };
        let mut rtl = devices::make(On::Rtl, config, seed)?;
        let found = investigate(
            model.as_mut().map(|model| model.as_mut() as _),
            rtl.as_mut(),
            &mut Player::new(scenario),
            report.clock,
            WaveWindow::default(),
            &folder.join("failure"),
        )?;
        report.first_difference = found.first_difference;
        report.wave = found.wave;
        report.save_file = found.save_file;
        report.picture = found.picture;
    }
    let text = folder.join("report.txt");
    std::fs::write(&text, report.to_string()).map_err(|e| Error::write(&text, &e))?;
    let json = folder.join("report.json");
    let body = serde_json::to_string_pretty(&report).unwrap_or_default();
    std::fs::write(&json, body).map_err(|e| Error::write(&json, &e))?;
    Ok(report)
}

/// How the command is started from a checkout.
pub const COMMAND: &str = "cargo run --release --bin ipsec-cosim --";

/// The command that runs a scenario file.
pub fn repro_command(scenario: &Path, on: On) -> String {
    let device = match on {
        On::Lockstep => String::new(),
        other => format!(" --device {other}"),
    };
    format!("{COMMAND} repro {}{device}", scenario.display())
}
