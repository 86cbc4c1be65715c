// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim repro`: plays a scenario file.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::{Trace, output_folder};
use crate::devices::On;
use crate::error::Error;
use crate::failure;
use crate::output::{out, outln};
use crate::progress::Progress;
use crate::scenario::{Port, Scenario};

/// Play a scenario file, as a failure wrote it.
///
/// Prints the failure report, or what the scenario gave. With --out, writes the report, the wave around
/// the failing clock and its GTKWave save file into that folder.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim repro out/regress/failures/random-17/scenario.json --out out/repro"
)]
pub struct Arguments {
    /// The scenario
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// What it runs on
    #[arg(long, default_value = "lockstep")]
    device: On,
    /// Folder for report and wave
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// When to write an FST wave (into --out)
    #[arg(long, default_value = "failure")]
    trace: Trace,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// Bad input, files that cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let scenario = Scenario::read(&arguments.scenario)?;
    if let Some(out) = &arguments.out {
        output_folder(out)?;
    } else if arguments.trace == Trace::Always {
        return Err(Error::Usage(
            "--trace always needs a folder: --out DIR".to_owned(),
        ));
    }
    let wave = match (&arguments.out, arguments.trace) {
        (Some(out), Trace::Always) => Some(out.join("run.fst")),
        _ => None,
    };
    eprintln!("seed {}", scenario.seed);
    let progress = Progress::new("repro", scenario.operations.len() as u64, "operations");
    let start = Instant::now();
    let ended = failure::play(&scenario, arguments.device, wave.as_deref(), |player| {
        let clocks = player.result().clocks;
        progress.set(player.issued() as u64, || format!("clock {clocks}"));
    })?;
    let seconds = start.elapsed().as_secs_f64();
    progress.finish();
    let result = &ended.result;
    let count = |port| {
        result
            .frames
            .iter()
            .filter(|frame| frame.port == port)
            .count()
    };
    let report = match (&arguments.out, ended.is_good()) {
        (_, true) => None,
        (Some(out), false) => {
            let wave = arguments.trace != Trace::Never;
            Some(failure::examine(
                &scenario,
                arguments.device,
                &ended,
                out,
                wave,
            )?)
        }
        (None, false) => {
            let folder = std::env::temp_dir().join(format!("ipsec-cosim.{}", std::process::id()));
            let examined = failure::examine(&scenario, arguments.device, &ended, &folder, false);
            // Nothing there is wanted; what cannot be removed does no harm.
            let _ = std::fs::remove_dir_all(&folder);
            let mut report = examined?;
            report.scenario = Some(arguments.scenario.clone());
            report.reproduce = Some(failure::repro_command(
                &arguments.scenario,
                arguments.device,
            ));
            Some(report)
        }
    };
    if arguments.json {
        let outcome = serde_json::json!({
            "clocks": result.clocks,
            "frames_tx": count(Port::Tx),
            "frames_rx": count(Port::Rx),
            "commands": result.commands.len(),
            "divergences": ended.divergences(),
            "failure": report,
            "seed": scenario.seed,
            "clocks_per_second": (result.clocks as f64 / seconds.max(1e-9)).round(),
        });
        outln!("{outcome}");
    } else {
        match &report {
            None => outln!(
                "good: {} clocks, {} tx and {} rx frames, {} commands, 0 divergences",
                result.clocks,
                count(Port::Tx),
                count(Port::Rx),
                result.commands.len()
            ),
            Some(report) => out!("{report}"),
        }
    }
    Ok(u8::from(report.is_some()))
}
