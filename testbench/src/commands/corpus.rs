// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim corpus`: the fuzzer's inputs on any device.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use ipsec_cosim_device::{DeviceConfig, FailureReport, RtlDevice};

use super::output_folder;
use crate::devices::On;
use crate::error::Error;
use crate::failure::{self, Ended};
use crate::fuzz::corpus::{self, Batch, Entry};
use crate::output::outln;
use crate::progress::Progress;
use crate::runner::ReceiveWords;
use crate::scenario::Scenario;

/// Play inputs of the fuzzer of malformed frames.
///
/// Each input runs on the device with the stages that it names. A failure leaves scenario, report and wave of the
/// input in DIR/NAME.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ipsec-cosim corpus --configs 1024x2 --all")]
pub struct Arguments {
    /// Files and folders of inputs; the kept corpus if none is given
    #[arg(value_name = "PATH")]
    inputs: Vec<PathBuf>,
    /// What they run on
    #[arg(long, default_value = "lockstep")]
    device: On,
    /// Device parameters, as 16x1,1024x2; one for each number of stages if not given
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    configs: Vec<DeviceConfig>,
    /// Every input on each of the devices, whatever stages it names
    #[arg(long)]
    all: bool,
    /// Inputs in one scenario
    #[arg(long, value_name = "N", default_value_t = 100)]
    batch: usize,
    /// Folder for the results; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "out/corpus")]
    out: PathBuf,
    /// Write the scenario of each input as DIR/NAME.json, and run nothing
    #[arg(long)]
    scenarios: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
}

/// What all came to.
#[derive(Debug, Default, serde::Serialize)]
struct Sum {
    entries: u64,
    scenarios: u64,
    frames: u64,
    clocks: u64,
    divergences: u64,
    hangs: u64,
    failures: u64,
    /// Transmit: sent, refused
    transmit: [u64; 2],
    /// Receive: not processed; then by CryptoStatus
    receive: [u64; 9],
}

impl Sum {
    fn add(&mut self, ended: &Ended) {
        let result = &ended.result;
        self.scenarios += 1;
        self.frames += result.frames.len() as u64;
        self.clocks += result.clocks;
        for status in result.frames.iter().filter_map(|frame| frame.status) {
            self.transmit[usize::from(status != 0)] += 1;
        }
        for words in result.rx_out.iter().map(|out| ReceiveWords::new(out.user)) {
            let place = usize::from(words.crypto_done) * (1 + usize::from(words.crypto_status));
            self.receive[place.min(8)] += 1;
        }
    }
}

fn devices(arguments: &Arguments) -> Vec<DeviceConfig> {
    if !arguments.configs.is_empty() {
        return arguments.configs.clone();
    }
    let mut built = match arguments.device {
        On::Model => DeviceConfig::BUILT.to_vec(),
        _ => RtlDevice::built(),
    };
    // The smallest table of each number of stages: what is in it is the same.
    built.sort_by_key(|config| (config.stages, config.num_sa));
    built.dedup_by_key(|config| config.stages);
    built
}

/// Plays a scenario; a panic of a device is a failure with its message.
fn play(scenario: &Scenario, on: On) -> Result<Ended, Error> {
    let play = || failure::play(scenario, on, None, |_| {});
    catch_unwind(AssertUnwindSafe(play)).unwrap_or_else(|panic| Ok(Ended::of_panic(panic.as_ref())))
}

/// Runs the command.
///
/// # Errors
/// Bad usage, files that cannot be read or written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let paths = match arguments.inputs.as_slice() {
        [] => vec![corpus::kept()],
        paths => paths.to_vec(),
    };
    let entries = corpus::read(&paths)?;
    output_folder(&arguments.out)?;
    if arguments.scenarios {
        return write_scenarios(arguments, &entries);
    }
    let batches = corpus::batches(
        &entries,
        &devices(arguments),
        arguments.all,
        arguments.batch,
    );
    let mut sum = Sum::default();
    let mut played: Vec<&PathBuf> = batches
        .iter()
        .flat_map(|batch| batch.entries.iter().map(|entry| &entry.path))
        .collect();
    played.sort();
    played.dedup();
    sum.entries = played.len() as u64;
    let progress = Progress::new("corpus", batches.len() as u64, "scenarios");
    let start = Instant::now();
    for batch in &batches {
        let ended = play(&batch.scenario(), arguments.device)?;
        sum.add(&ended);
        if !ended.is_good() {
            sum.failures += 1;
            sum.divergences += ended.divergences();
            sum.hangs += u64::from(ended.result.failure.is_some());
            let (name, report) = culprit(batch, ended, arguments)?;
            progress.line(&format!("FAILED {name}:\n{report}"));
        }
        progress.set(sum.scenarios, || format!("{} clocks", sum.clocks));
    }
    progress.finish();
    if arguments.json {
        outln!("{}", serde_json::to_string(&sum).unwrap_or_default());
    } else {
        outln!(
            "{}: {} of {} entries, {} frames, {} clocks, {} divergences, {} hangs, {} failures; {:.0} s",
            arguments.device,
            sum.entries,
            entries.len(),
            sum.frames,
            sum.clocks,
            sum.divergences,
            sum.hangs,
            sum.failures,
            start.elapsed().as_secs_f64()
        );
        let [sent, refused] = sum.transmit;
        let [none, by_status @ ..] = sum.receive;
        outln!(
            "transmit: {sent} sent, {refused} refused; receive: {none} not processed, CryptoStatus 0 to 7: {by_status:?}"
        );
    }
    if sum.entries < entries.len() as u64 {
        eprintln!("the others are for devices that are not built: see --all");
    }
    Ok(u8::from(sum.failures > 0))
}

/// The input of a batch that fails alone, else the batch; with its report.
fn culprit(
    batch: &Batch,
    whole: Ended,
    arguments: &Arguments,
) -> Result<(String, FailureReport), Error> {
    let on = arguments.device;
    let mut failed = ("batch".to_owned(), batch.scenario(), whole);
    for entry in &batch.entries {
        let alone = Batch {
            device: batch.device,
            entries: vec![entry],
        };
        let scenario = alone.scenario();
        let ended = play(&scenario, on)?;
        if !ended.is_good() {
            failed = (corpus::name(&entry.path), scenario, ended);
            break;
        }
    }
    let (name, scenario, ended) = failed;
    let folder = arguments.out.join(&name);
    let wave = !ended.panicked();
    let report = failure::examine(&scenario, on, &ended, &folder, wave)?;
    Ok((name, report))
}

fn write_scenarios(arguments: &Arguments, entries: &[Entry]) -> Result<u8, Error> {
    let built = devices(arguments);
    for entry in entries {
        let device = built
            .iter()
            .copied()
            .find(|device| device.stages == entry.case.stages)
            .unwrap_or(entry.case.device());
        let batch = Batch {
            device,
            entries: vec![entry],
        };
        let path = arguments
            .out
            .join(format!("{}.json", corpus::name(&entry.path)));
        batch.scenario().write(&path)?;
        outln!("{}", failure::repro_command(&path, arguments.device));
    }
    Ok(0)
}
