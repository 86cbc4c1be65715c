// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim bench`: how fast the simulations are, and that the device keeps its rate.

use std::hint::black_box;

use clap::Args;
use cpu_time::ThreadTime;
use ipsec_cosim_device::{
    Device, DeviceConfig, DeviceError, Inputs, Lockstep, ModelDevice, Outputs, RtlDevice,
    RtlStimulus, Stimulus,
};
use serde::Serialize;

use super::seed_or_draw;
use crate::error::Error;
use crate::fixed;
use crate::modes::load::{self, Load as Mode};
use crate::output::outln;
use crate::progress::Progress;
use crate::runner::{Player, RunResult};
use crate::scenario::{Port, Scenario};

/// Lengths of the frames, mixed.
const LENGTHS: [usize; 5] = [70, 94, 330, 1510, 9018];

/// Measure the simulations, and the device's rate.
///
/// Both directions are under full load: frames of 70, 94, 330, 1,510 and 9,018 bytes mixed, back to back,
/// each under another key than the one before, sinks always ready; then the same in each mode (AES-GMAC, AH,
/// AH around ESP, ESP in a tunnel), on the model alone. The stimulus is computed beforehand.
/// Rounds of the bare RTL (a loop in Rust, and the same in C++), of lockstep and of the model follow each
/// other in one process; ratios are medians over the rounds. Seconds are those of the processor.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ipsec-cosim bench --rounds 7 --json")]
pub struct Arguments {
    /// Rounds; at least 5 make a figure worth keeping
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Clocks of load in each round
    #[arg(long, value_name = "N", default_value_t = 40_000, value_parser = clap::value_parser!(u64).range(5_000..=2_000_000))]
    clocks: u64,
    /// Device parameters
    #[arg(long, value_name = "NUMSAxSTAGES", default_value = "1024x2")]
    config: DeviceConfig,
    /// Seed of keys and texts; drawn and printed if not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
}

/// The figures.
#[derive(Clone, Debug, Serialize)]
struct Figures {
    config: String,
    seed: u64,
    rounds: u32,
    /// Clocks of load in each round
    clocks: u64,
    /// Clocks in which a source was held back
    stalled_clocks: u64,
    /// Clocks per second, lockstep over the bare RTL
    lockstep_over_rtl: f64,
    /// Clocks per second, model over the bare RTL
    model_over_rtl: f64,
    /// Clocks per second, the bare RTL driven from Rust over the same from C++
    rust_over_cpp: f64,
    rtl_clocks_per_second: f64,
    rtl_cpp_clocks_per_second: f64,
    lockstep_clocks_per_second: f64,
    model_clocks_per_second: f64,
    /// Of the transmit direction, then of the receive direction
    frames: Vec<Rate>,
    /// The same for each mode that the device has the stages for
    modes: Vec<ModeRates>,
}

/// What the frames of one mode cost.
#[derive(Clone, Debug, Serialize)]
struct ModeRates {
    mode: Mode,
    /// Clocks in which a source was held back
    stalled_clocks: u64,
    frames: Vec<Rate>,
}

/// What frames of one length cost.
#[derive(Clone, Debug, Serialize)]
struct Rate {
    direction: Port,
    length: usize,
    count: usize,
    /// Clocks from the first beat of a frame to that of the next, on average
    clocks_per_frame: f64,
    /// ceil(length / 16)
    beats: usize,
    /// Clocks that a frame may cost
    documented: u64,
}

/// A stimulus computed beforehand.
struct Load {
    /// Up to the first frame: reset, initialization, SAs
    setup: Vec<Inputs>,
    /// Under load
    load: Vec<Inputs>,
    stalled: u64,
    frames: Vec<Rate>,
}

/// Lengths of the frames of each mode, mixed.
const MODE_LENGTHS: [usize; 5] = [134, 150, 330, 1510, 9018];
/// Clocks of load of each mode.
const MODE_CLOCKS: u64 = 20_000;

/// The rates of each mode, on the model: it has the RTL's clocks.
fn modes(config: DeviceConfig, seed: u64) -> Result<Vec<ModeRates>, Error> {
    let mut all = Vec::new();
    for mode in Mode::ALL {
        if mode.portions() > config.stages {
            continue;
        }
        let scenario = load::full_load(config, mode, &MODE_LENGTHS, MODE_CLOCKS, seed);
        let load = record(config, &scenario, MODE_CLOCKS, &MODE_LENGTHS, mode)?;
        all.push(ModeRates {
            mode,
            stalled_clocks: load.stalled,
            frames: load.frames,
        });
    }
    Ok(all)
}

/// Plays the scenario on the model and writes the inputs down.
fn record(
    config: DeviceConfig,
    scenario: &Scenario,
    clocks: u64,
    lengths: &[usize],
    mode: Mode,
) -> Result<Load, Error> {
    let mut device = ModelDevice::new(config)?;
    let mut player = Player::new(scenario);
    let mut outputs = Outputs::default();
    let (mut setup, mut load) = (Vec::new(), Vec::new());
    let mut stalled = 0;
    while let Some(inputs) = player.next(device.clock() + 1, &outputs) {
        if load.is_empty() && !inputs.tx_valid && !inputs.rx_valid {
            setup.push(inputs);
        } else {
            stalled += u64::from(
                inputs.tx_valid && !outputs.tx_ready || inputs.rx_valid && !outputs.rx_ready,
            );
            load.push(inputs);
        }
        outputs = device.step(&inputs)?;
        if load.len() as u64 >= clocks {
            break;
        }
    }
    if (load.len() as u64) < clocks {
        return Err(Error::Failed(format!(
            "the load ended after {} clocks, expected {clocks}",
            load.len()
        )));
    }
    let frames = rates(player.result(), scenario, lengths, mode);
    Ok(Load {
        setup,
        load,
        stalled,
        frames,
    })
}

fn rates(result: &RunResult, scenario: &Scenario, lengths: &[usize], mode: Mode) -> Vec<Rate> {
    let mut rates = Vec::new();
    for direction in [Port::Tx, Port::Rx] {
        let frames: Vec<(usize, u64)> = result
            .frames
            .iter()
            .filter(|frame| frame.port == direction)
            .filter_map(|frame| {
                let operation = &scenario.operations.get(frame.operation)?.op;
                let crate::scenario::Operation::Frame(op) = operation else {
                    return None;
                };
                Some((op.data.bytes().len(), frame.clock_in?))
            })
            .collect();
        for &length in lengths {
            let costs: Vec<u64> = frames
                .windows(2)
                .filter(|pair| pair[0].0 == length)
                .map(|pair| pair[1].1 - pair[0].1)
                .collect();
            let sum: u64 = costs.iter().sum();
            rates.push(Rate {
                direction,
                length,
                count: costs.len(),
                clocks_per_frame: sum as f64 / (costs.len().max(1)) as f64,
                beats: length.div_ceil(16),
                documented: mode.clocks(length),
            });
        }
    }
    rates
}

/// Seconds of the processor that `work` takes: on an idle machine those of the clock, and the same on a
/// busy one.
fn timed(work: impl FnOnce() -> Result<(), DeviceError>) -> Result<f64, Error> {
    let start = ThreadTime::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn step_all<D: Device>(device: &mut D, inputs: &[Inputs]) -> Result<(), DeviceError> {
    for inputs in inputs {
        black_box(device.step(inputs)?);
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        n if n % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// Runs the command.
///
/// # Errors
/// There is no such build, or a device stopped.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let seed = seed_or_draw(arguments.seed);
    eprintln!("seed {seed}");
    let config = arguments.config;
    let rtl_seed = seed as u32;
    let mut rtl = RtlDevice::new(config, rtl_seed)?;
    let mut cpp = RtlDevice::new(config, rtl_seed)?;
    let mut lockstep = Lockstep::new(ModelDevice::new(config)?, RtlDevice::new(config, rtl_seed)?)?;
    let mut model = ModelDevice::new(config)?;
    let scenario = fixed::full_load(config, &LENGTHS, arguments.clocks, seed);
    let load = record(config, &scenario, arguments.clocks, &LENGTHS, Mode::Gcm)?;
    let stimulus = RtlStimulus::new(&load.load);
    let clocks = load.load.len() as f64;
    let progress = Progress::new("bench", arguments.rounds.into(), "rounds");
    let mut seconds: [Vec<f64>; 4] = Default::default();
    for round in 0..arguments.rounds {
        rtl.reset()?;
        step_all(&mut rtl, &load.setup)?;
        seconds[0].push(timed(|| rtl.run_in_rust(&stimulus))?);
        cpp.reset()?;
        step_all(&mut cpp, &load.setup)?;
        seconds[1].push(timed(|| cpp.run_in_cpp(&stimulus))?);
        lockstep.reset()?;
        step_all(&mut lockstep, &load.setup)?;
        seconds[2].push(timed(|| step_all(&mut lockstep, &load.load))?);
        // So fast that one pass is short for the clock: the median of some.
        let mut passes = Vec::new();
        for _ in 0..5 {
            model.reset()?;
            step_all(&mut model, &load.setup)?;
            passes.push(timed(|| step_all(&mut model, &load.load))?);
        }
        seconds[3].push(median(passes));
        progress.set(u64::from(round) + 1, || format!("round {}", round + 1));
    }
    progress.finish();
    let ratio = |slow: &[f64], fast: &[f64]| {
        median(
            slow.iter()
                .zip(fast)
                .map(|(slow, fast)| slow / fast)
                .collect(),
        )
    };
    let speed = |of: &[f64]| (clocks / median(of.to_vec())).round();
    let [rtl, cpp, lockstep, model] = &seconds;
    let figures = Figures {
        config: config.to_string(),
        seed,
        rounds: arguments.rounds,
        clocks: load.load.len() as u64,
        stalled_clocks: load.stalled,
        lockstep_over_rtl: ratio(rtl, lockstep),
        model_over_rtl: ratio(rtl, model),
        rust_over_cpp: ratio(cpp, rtl),
        rtl_clocks_per_second: speed(rtl),
        rtl_cpp_clocks_per_second: speed(cpp),
        lockstep_clocks_per_second: speed(lockstep),
        model_clocks_per_second: speed(model),
        frames: load.frames,
        modes: modes(config, seed)?,
    };
    if arguments.json {
        outln!("{}", serde_json::to_string(&figures).unwrap_or_default());
    } else {
        table(&figures);
    }
    Ok(0)
}

fn table(figures: &Figures) {
    outln!(
        "NumSa x Stages {}, {} clocks of full load in each of {} rounds, seed {}\n",
        figures.config,
        figures.clocks,
        figures.rounds,
        figures.seed
    );
    outln!("{:<28} {:>14}", "", "clocks/s");
    for (what, speed) in [
        ("RTL, loop in Rust", figures.rtl_clocks_per_second),
        ("RTL, loop in C++", figures.rtl_cpp_clocks_per_second),
        ("lockstep", figures.lockstep_clocks_per_second),
        ("model", figures.model_clocks_per_second),
    ] {
        outln!("{what:<28} {speed:>14}");
    }
    outln!();
    for (what, ratio, least) in [
        (
            "lockstep_over_rtl",
            figures.lockstep_over_rtl,
            "at least 0.9",
        ),
        (
            "model_over_rtl",
            figures.model_over_rtl,
            "at least 25, or 4,000,000 clocks/s",
        ),
        ("rust_over_cpp", figures.rust_over_cpp, "at least 0.95"),
    ] {
        outln!("{what:<28} {ratio:>14.3}  {least}");
    }
    outln!("{:<28} {:>14}  0", "stalled_clocks", figures.stalled_clocks);
    outln!(
        "\n{:<10} {:<10} {:>7} {:>7} {:>17} {:>17} {:>11}",
        "mode",
        "direction",
        "length",
        "frames",
        "clocks per frame",
        "ceil(length/16)",
        "documented"
    );
    rows("mixed", &figures.frames);
    for mode in &figures.modes {
        rows(mode.mode.name(), &mode.frames);
    }
    outln!();
    for mode in &figures.modes {
        let what = format!("stalled_clocks, {}", mode.mode.name());
        let least = match mode.mode {
            Mode::Ah | Mode::AhEsp => "one a frame at most",
            _ => "0",
        };
        outln!("{what:<28} {:>14}  {least}", mode.stalled_clocks);
    }
}

fn rows(mode: &str, rates: &[Rate]) {
    for rate in rates {
        let direction = match rate.direction {
            Port::Tx => "transmit",
            Port::Rx => "receive",
        };
        outln!(
            "{mode:<10} {direction:<10} {:>7} {:>7} {:>17.2} {:>17} {:>11}",
            rate.length,
            rate.count,
            rate.clocks_per_frame,
            rate.beats,
            rate.documented
        );
    }
}
