// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim regress`: many scenarios, several at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use ipsec_cosim_device::{DeviceConfig, GcmUnit, RtlDevice};
use proptest::strategy::ValueTree;
use serde::Serialize;

use super::{output_folder, run, seed_or_draw};
use crate::capture::Capture;
use crate::devices::On;
use crate::error::Error;
use crate::failure::{self, COMMAND, Ended};
use crate::kat;
use crate::known_answers::{self, GcmCore, ModelCore};
use crate::output::outln;
use crate::progress::Progress;
use crate::scenario::{Operation, Scenario};
use crate::strategies::Mix;
use crate::{control, control_edges, edges, fixed, judge, modes};

/// Run many scenarios in lockstep and judge what comes out.
///
/// Classes: gcm-core (published AES-GCM vectors, the core alone), capture (real Linux traffic, both directions), packets (published ESP packets), lengths-*
/// (frames of every length), bit-flips (every bit of a frame), headers and inner-headers (every bit and length of them), handles (theirs, and slot-12 words),
/// boundaries (of frame lengths), full-buffers, mailbox, settings, counters, capacity, diagnostic-port, self-test; of the control plane esn, esn-race, update,
/// update-race, parity, sa-delete-req, sa-stats, config, config-race, cancel, cancel-race; of every mode modes-edges (the ends of their rules), ah-fields (each bit
/// of AH's headers), ah-rate (back to back), alignments, two-portions, deletion-race, modes-config-race, udp-port; and drawn ones: modes, control, frames, small, jumbo,
/// stalls, tampered, lengths, commands, resets, soft-resets, cut, fuzzed, diagnostic, registers, random. A failure leaves
/// scenario, report, wave and GTKWave save file in DIR/failures/NAME, made smaller where it was drawn.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim regress --filter stalls --configs 1024x2 --seed 7 --jobs 2"
)]
pub struct Arguments {
    /// How much
    #[arg(long, default_value = "default")]
    plan: PlanSize,
    /// Only scenarios with this in their name, as `stalls`, `16x1` or `random-1024x2-3`
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Seed of what is drawn; drawn and printed itself if not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Scenarios at a time; as many as there are processors if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Device parameters, as 16x1,1024x2; all that are built if not given
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    configs: Vec<DeviceConfig>,
    /// Seconds for making a failing scenario smaller; 0 leaves it as it is
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    shrink: u64,
    /// Start no more scenarios after so many failures; 0 runs all of them
    #[arg(long, value_name = "N", default_value_t = 50)]
    stop_after: u64,
    /// What the scenarios run on
    #[arg(long, default_value = "lockstep")]
    device: On,
    /// Folder for the results; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "out/regress")]
    out: PathBuf,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
    /// Print the names of the scenarios and run nothing
    #[arg(long)]
    list: bool,
}

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlanSize {
    /// Every class: a minute or two on two processors
    Default,
    /// Many more seeds, every frame length
    Full,
}

/// Where a scenario comes from.
#[derive(Clone, Debug)]
enum Source {
    Capture {
        esn: bool,
        stall: u8,
    },
    Packets,
    Lengths {
        first: usize,
        last: usize,
        step: usize,
        stall: u8,
    },
    Capacity,
    BitFlips,
    DiagnosticPort,
    SelfTest,
    Control(&'static control::Fixed),
    /// A scenario that is the same each time, made by this
    Fixed(fn(DeviceConfig, u64) -> Scenario),
    Drawn(&'static Mix, u64),
    DrawnControl(u64),
    DrawnModes(u64),
    /// The GCM core alone: no scenario
    GcmCore,
}

/// One scenario to run.
#[derive(Clone, Debug)]
struct Job {
    class: &'static str,
    name: String,
    device: DeviceConfig,
    seed: u64,
    source: Source,
}

/// What came of a job.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    name: String,
    #[serde(skip)]
    class: &'static str,
    clocks: u64,
    frames: u64,
    divergences: u64,
    seconds: f64,
    /// Why it failed
    failure: Option<String>,
    /// The command that shows it again
    reproduce: Option<String>,
}

/// A class of one scenario, and what makes it.
type Edge = (&'static str, fn(DeviceConfig, u64) -> Scenario);

/// Scenarios at the edges of the rules.
const EDGES: [Edge; 8] = [
    ("headers", edges::headers),
    ("inner-headers", edges::inner_headers),
    ("handles", edges::handles),
    ("boundaries", edges::boundaries),
    ("full-buffers", edges::full_buffers),
    ("mailbox", control_edges::mailbox),
    ("settings", control_edges::settings),
    ("counters", control_edges::counters),
];

fn jobs(plan: PlanSize, configs: &[DeviceConfig], seed: u64) -> Vec<Job> {
    let full = plan == PlanSize::Full;
    let mut jobs = Vec::new();
    if let Some(device) = configs.first() {
        jobs.push(Job {
            class: "gcm-core",
            name: "gcm-core".to_owned(),
            device: *device,
            seed,
            source: Source::GcmCore,
        });
    }
    for (k, device) in configs.iter().copied().enumerate() {
        let mut add = |class: &'static str, tail: String, seed: u64, source: Source| {
            jobs.push(Job {
                class,
                name: format!("{class}-{device}{tail}"),
                device,
                seed,
                source,
            });
        };
        // A sweep of the largest table costs as much as a scenario: fewer of those.
        let large = device.num_sa > 4096;
        let capture = |esn, stall| Source::Capture { esn, stall };
        add("capture", String::new(), seed, capture(false, 0));
        if !large {
            add("capture", "-stalled".to_owned(), seed, capture(false, 40));
            add("capture", "-esn".to_owned(), seed, capture(true, 20));
            for fixed in &control::FIXED {
                add(fixed.0, String::new(), seed, Source::Control(fixed));
            }
            add("packets", String::new(), seed, Source::Packets);
            add(
                "diagnostic-port",
                String::new(),
                seed,
                Source::DiagnosticPort,
            );
        }
        add("bit-flips", String::new(), seed, Source::BitFlips);
        add("self-test", String::new(), seed, Source::SelfTest);
        if !large || full {
            for (class, make) in EDGES {
                add(class, String::new(), seed, Source::Fixed(make));
            }
            for (class, make) in modes::FIXED {
                add(class, String::new(), seed, Source::Fixed(make));
            }
            for (name, make) in modes::EDGES {
                add("modes-edges", format!("-{name}"), seed, Source::Fixed(make));
            }
        }
        if device.num_sa <= 1024 || full {
            add("capacity", String::new(), seed, Source::Capacity);
        }
        let mut sweep = |first, last, step, stall| {
            let tail = format!("-{first}-{last}{}", if stall > 0 { "-stalled" } else { "" });
            let source = Source::Lengths {
                first,
                last,
                step,
                stall,
            };
            add("lengths", tail, seed, source);
        };
        match (full, large) {
            (true, false) => {
                for first in (14..9618).step_by(400) {
                    sweep(first, (first + 399).min(9618), 1, 0);
                }
                sweep(60, 1600, 1, 30);
            }
            (_, true) => sweep(60, 9618, 997, 0),
            (false, false) => {
                sweep(14, 180, 1, 0);
                sweep(181, 9618, 727, 0);
                sweep(60, 700, 13, 50);
            }
        }
        let drawn = match (full, large) {
            (true, false) => 300,
            (true, true) => 30,
            (false, false) => 12,
            (false, true) => 2,
        };
        for n in 0..drawn {
            let seed = crate::rng::Rng::new(seed, n).word() >> 32;
            add("control", format!("-{n}"), seed, Source::DrawnControl(seed));
        }
        let drawn = match (full, large) {
            (true, false) => 400,
            (true, true) => 30,
            (false, false) => 24,
            (false, true) => 2,
        };
        for n in 0..drawn {
            let seed = crate::rng::Rng::new(seed, n).word() >> 32;
            add("modes", format!("-{n}"), seed, Source::DrawnModes(seed));
        }
        for mix in Mix::ALL {
            let count = match (full, large) {
                (true, false) => 200,
                (true, true) => 20,
                // The default parameters get more than the others.
                (false, false) if k == 0 || device.num_sa == 1024 => 30,
                (false, false) => 15,
                (false, true) => 2,
            };
            for n in 0..count {
                // Every job's numbers are its own, whatever else runs.
                let seed = crate::rng::Rng::new(seed, n).word() >> 32;
                add(mix.name, format!("-{n}"), seed, Source::Drawn(mix, seed));
            }
        }
    }
    jobs
}

/// The frames of a capture, as `run` would send them, with what must come of them.
fn capture_plan(device: DeviceConfig, seed: u64, esn: bool, stall: u8) -> Result<run::Plan, Error> {
    let capture = if esn {
        Capture::packaged_esn()?
    } else {
        Capture::packaged()?
    };
    let (tx, sent): (Vec<_>, Vec<_>) = capture.tx.into_iter().unzip();
    let (rx, received): (Vec<_>, Vec<_>) = capture.rx.into_iter().unzip();
    let mut plan = run::Plan::new("capture", device, seed, stall, capture.sas, (tx, rx));
    let mut expected = sent.into_iter().chain(received);
    for timed in &mut plan.scenario.operations {
        if let Operation::Frame(frame) = &mut timed.op {
            frame.expect = expected.next();
        }
    }
    Ok(plan)
}

impl Job {
    /// The scenario; the GCM core alone has none.
    fn scenario(&self) -> Result<Scenario, Error> {
        let (device, seed) = (self.device, self.seed);
        let packets = || -> Result<Vec<_>, Error> {
            let all = kat::packaged_esp().map_err(|e| Error::Usage(e.to_string()))?;
            all.collect::<Result<_, _>>()
                .map_err(|e| Error::Usage(e.to_string()))
        };
        Ok(match &self.source {
            Source::Capture { esn, stall } => capture_plan(device, seed, *esn, *stall)?.scenario,
            Source::Packets => fixed::known_packets(device, &packets()?),
            Source::Lengths {
                first,
                last,
                step,
                stall,
            } => fixed::lengths(
                "lengths",
                device,
                (*first..=*last).step_by(*step),
                *stall,
                seed,
            ),
            Source::Capacity => fixed::capacity(device, seed),
            Source::BitFlips => fixed::bit_flips(device, seed),
            Source::DiagnosticPort => {
                let all = packets()?;
                let known = all
                    .iter()
                    .find(|p| fixed::add_status(p) == 0 && p.esp.is_some() && !p.esn);
                let known = known.ok_or_else(|| {
                    Error::Usage(format!("{} has no packet to show", kat::PACKAGED_ESP))
                })?;
                fixed::diagnostic_port(device, known)
            }
            Source::SelfTest => fixed::self_test(device, seed),
            Source::Control((_, make)) => make(device, seed),
            Source::Fixed(make) => make(device, seed),
            Source::GcmCore => Scenario::new("gcm-core", device, seed),
            Source::Drawn(mix, seed) => judge::draw(mix, device, *seed)?.current().scenario(),
            Source::DrawnControl(seed) => judge::draw_control(device, *seed)?.current().scenario(),
            Source::DrawnModes(seed) => judge::draw_modes(device, *seed)?.current().scenario(),
        })
    }

    /// Runs it; a failure leaves its files below `out`.
    fn run(&self, on: On, out: &Path, shrink: Duration) -> Result<Outcome, Error> {
        let start = Instant::now();
        if let Source::GcmCore = self.source {
            return self.gcm_core(on);
        }
        let scenario = self.scenario()?;
        let mut ended = guarded(&scenario, on)?;
        let seconds = start.elapsed().as_secs_f64();
        let mut outcome = Outcome {
            name: self.name.clone(),
            class: self.class,
            clocks: ended.result.clocks,
            frames: ended.result.frames.len() as u64,
            divergences: ended.divergences(),
            seconds,
            failure: None,
            reproduce: None,
        };
        if let Source::Capture { esn, stall } = self.source {
            let plan = capture_plan(self.device, self.seed, esn, stall)?;
            let folder = out.join(&self.name);
            output_folder(&folder)?;
            run::write_results(&folder, &plan, &ended, seconds)?;
        }
        if ended.is_good() {
            return Ok(outcome);
        }
        outcome.failure = ended.message();
        let folder = out.join("failures").join(&self.name);
        let mut smallest = scenario;
        match self.source {
            Source::Drawn(mix, seed) if !shrink.is_zero() => {
                let mut tree = judge::draw(mix, self.device, seed)?;
                (smallest, ended) = judge::shrink(&mut tree, on, shrink, guarded)?;
            }
            Source::DrawnControl(seed) if !shrink.is_zero() => {
                let mut tree = judge::draw_control(self.device, seed)?;
                (smallest, ended) = judge::shrink(&mut tree, on, shrink, guarded)?;
            }
            Source::DrawnModes(seed) if !shrink.is_zero() => {
                let mut tree = judge::draw_modes(self.device, seed)?;
                (smallest, ended) = judge::shrink(&mut tree, on, shrink, guarded)?;
            }
            _ => {}
        }
        // What panics cannot be run again with a wave.
        let wave = ended.error.is_some() || ended.result.failure.is_some();
        let report = failure::examine(&smallest, on, &ended, &folder, wave && !ended.panicked())?;
        outcome.failure = Some(report.message.clone());
        outcome.reproduce = report.reproduce;
        Ok(outcome)
    }
}

impl Job {
    /// Known answers through the RTL's core and the model's.
    fn gcm_core(&self, on: On) -> Result<Outcome, Error> {
        let start = Instant::now();
        let mut outcome = Outcome {
            name: self.name.clone(),
            class: self.class,
            clocks: 0,
            frames: 0,
            divergences: 0,
            seconds: 0.0,
            failure: None,
            reproduce: None,
        };
        let mut cores: Vec<Box<dyn GcmCore>> = Vec::new();
        if on != On::Model {
            cores.push(Box::new(GcmUnit::new(self.seed as u32)?));
        }
        if on != On::Rtl {
            cores.push(Box::new(ModelCore));
        }
        for core in &mut cores {
            let vectors = kat::packaged_gcm().map_err(|e| Error::Usage(e.to_string()))?;
            match known_answers::check(core.as_mut(), vectors) {
                Ok(count) => outcome.frames += count.total() as u64,
                Err(error @ (Error::Failed(_) | Error::Device(_))) => {
                    outcome.failure = Some(error.to_string());
                    outcome.reproduce = Some(format!("{COMMAND} regress --filter {}", self.name));
                }
                Err(error) => return Err(error),
            }
            outcome.clocks += core.clocks();
        }
        outcome.seconds = start.elapsed().as_secs_f64();
        Ok(outcome)
    }
}

/// Plays a scenario; a panic of a device is a failure with its message.
fn guarded(scenario: &Scenario, on: On) -> Result<Ended, Error> {
    catch_unwind(AssertUnwindSafe(|| {
        failure::play(scenario, on, None, |_| {})
    }))
    .unwrap_or_else(|panic| Ok(Ended::of_panic(panic.as_ref())))
}

/// Scenarios of one class together.
#[derive(Clone, Debug, Default, Serialize)]
struct Class {
    scenarios: u64,
    clocks: u64,
    frames: u64,
    failures: u64,
}

/// Runs the command.
///
/// # Errors
/// Bad usage, files that cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let seed = seed_or_draw(arguments.seed);
    let built = match arguments.device {
        On::Model => DeviceConfig::BUILT.to_vec(),
        _ => RtlDevice::built(),
    };
    let configs = if arguments.configs.is_empty() {
        &built
    } else {
        &arguments.configs
    };
    let mut all = jobs(arguments.plan, configs, seed);
    if let Some(filter) = &arguments.filter {
        all.retain(|job| job.name.contains(filter));
        if all.is_empty() {
            return Err(Error::Usage(format!(
                "no scenario has '{filter}' in its name: --list shows them all"
            )));
        }
    }
    if arguments.list {
        for job in &all {
            outln!("{}", job.name);
        }
        return Ok(0);
    }
    if let (Some(job), On::Lockstep | On::Rtl) = (all.first(), arguments.device) {
        // Says at once that there is no such build.
        crate::devices::make(arguments.device, job.device, 0)?;
    }
    output_folder(&arguments.out)?;
    let threads = arguments.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    eprintln!("seed {seed}, {} scenarios, {threads} at a time", all.len());
    // Long ones first, so that no processor is idle at the end.
    all.sort_by_key(|job| std::cmp::Reverse(job.device.num_sa));
    let start = Instant::now();
    let outcomes = run_all(&all, threads, arguments)?;
    let seconds = start.elapsed().as_secs_f64();
    let left = all.len() - outcomes.len();
    if left > 0 {
        eprintln!(
            "ended by --stop-after {}: {left} scenarios were not run",
            arguments.stop_after
        );
    }
    report(arguments, seed, &outcomes, seconds)
}

fn run_all(all: &[Job], threads: usize, arguments: &Arguments) -> Result<Vec<Outcome>, Error> {
    let progress = Progress::new("regress", all.len() as u64, "scenarios");
    let (next, done, clocks) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let outcomes = Mutex::new(Vec::with_capacity(all.len()));
    let stopped = Mutex::new(None);
    let shrink = Duration::from_secs(arguments.shrink);
    let failures = AtomicU64::new(0);
    let work = || {
        while let Some(job) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = match job.run(arguments.device, &arguments.out, shrink) {
                Ok(outcome) => outcome,
                Err(error) => {
                    next.store(all.len(), Ordering::Relaxed);
                    if let Ok(mut stopped) = stopped.lock() {
                        stopped.get_or_insert(error);
                    }
                    return;
                }
            };
            if let Some(failure) = &outcome.failure {
                progress.line(&format!(
                    "FAILED {} (seed {}): {failure}",
                    job.name, job.seed
                ));
                if let Some(command) = &outcome.reproduce {
                    progress.line(&format!("  {command}"));
                }
                if 1 + failures.fetch_add(1, Ordering::Relaxed) == arguments.stop_after {
                    next.store(all.len(), Ordering::Relaxed);
                }
            }
            let done = 1 + done.fetch_add(1, Ordering::Relaxed);
            let clocks = outcome.clocks + clocks.fetch_add(outcome.clocks, Ordering::Relaxed);
            if let Ok(mut outcomes) = outcomes.lock() {
                outcomes.push(outcome);
            }
            progress.set(done, || format!("{done} of {}, {clocks} clocks", all.len()));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    progress.finish();
    if let Ok(Some(error)) = stopped.into_inner() {
        return Err(error);
    }
    let mut outcomes = outcomes.into_inner().unwrap_or_default();
    outcomes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(outcomes)
}

fn report(
    arguments: &Arguments,
    seed: u64,
    outcomes: &[Outcome],
    seconds: f64,
) -> Result<u8, Error> {
    let mut classes: Vec<(&str, Class)> = Vec::new();
    let mut total = Class::default();
    let mut divergences = 0;
    for outcome in outcomes {
        let at = match classes.iter().position(|(name, _)| *name == outcome.class) {
            Some(at) => at,
            None => {
                classes.push((outcome.class, Class::default()));
                classes.len() - 1
            }
        };
        divergences += outcome.divergences;
        for class in [&mut classes[at].1, &mut total] {
            class.scenarios += 1;
            class.clocks += outcome.clocks;
            class.frames += outcome.frames;
            class.failures += u64::from(outcome.failure.is_some());
        }
    }
    let speed = (total.clocks as f64 / seconds.max(1e-9)).round();
    let json = serde_json::json!({
        "device": arguments.device.to_string(),
        "seed": seed,
        "scenarios": total.scenarios,
        "clocks": total.clocks,
        "frames": total.frames,
        "divergences": divergences,
        "failures": total.failures,
        "seconds": (seconds * 10.0).round() / 10.0,
        "clocks_per_second": speed,
        "classes": classes.iter().map(|(name, class)| ((*name).to_owned(), serde_json::json!(class)))
            .collect::<serde_json::Map<_, _>>(),
        "outcomes": outcomes,
    });
    let path = arguments.out.join("summary.json");
    let text = serde_json::to_string_pretty(&json).unwrap_or_default();
    std::fs::write(&path, text + "\n").map_err(|e| Error::write(&path, &e))?;
    if arguments.json {
        outln!("{json}");
    } else {
        outln!(
            "{:<16} {:>9} {:>12} {:>9} {:>9}",
            "class",
            "scenarios",
            "clocks",
            "frames",
            "failures"
        );
        for (name, class) in classes.iter().chain([&("total", total.clone())]) {
            outln!(
                "{name:<16} {:>9} {:>12} {:>9} {:>9}",
                class.scenarios,
                class.clocks,
                class.frames,
                class.failures
            );
        }
        outln!(
            "{}: {} frames, {} clocks, {divergences} divergences, {} failures; {seconds:.0} s, {speed} clocks/s, seed {seed}",
            arguments.device,
            total.frames,
            total.clocks,
            total.failures
        );
        outln!("results in {}", arguments.out.display());
    }
    Ok(u8::from(total.failures > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handles;
    use crate::scenario::{FrameOp, Port};

    #[test]
    fn names_are_unique_and_scenarios_sound() {
        let all = jobs(PlanSize::Default, &DeviceConfig::BUILT, 1);
        let names: std::collections::HashSet<_> = all.iter().map(|job| &job.name).collect();
        assert_eq!(names.len(), all.len());
        for job in &all {
            assert_eq!(job.scenario().unwrap().check(), Ok(()), "{}", job.name);
        }
    }

    #[test]
    fn a_captured_frame_gets_its_handle() {
        let plan = capture_plan(DeviceConfig::default(), 0, false, 0).unwrap();
        let with = plan.handles.iter().filter(|h| h.offload.is_some()).count();
        assert_eq!(with, 119);
        let frame = plan
            .scenario
            .operations
            .iter()
            .find_map(|timed| match &timed.op {
                Operation::Frame(FrameOp {
                    port: Port::Tx,
                    data,
                    hint: 1..,
                    ..
                }) => Some(data.bytes()),
                _ => None,
            });
        assert_eq!(
            handles::transmit(&plan.sas, frame.unwrap()).hint,
            0x0500_0000
        );
    }
}
