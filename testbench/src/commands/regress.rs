// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim regress`: many scenarios, several at a time.

mod job;
mod session;
mod slurm;
mod trial;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipsec_cosim_device::DeviceConfig;
use proptest::strategy::ValueTree;

use super::run as run_command;
use crate::campaign::limits;
use crate::capture::Capture;
use crate::devices::On;
use crate::error::Error;
use crate::kat;
use crate::scenario::{Operation, Scenario, Until};
use crate::strategies::Mix;
use crate::{control, control_edges, corners, edges, fixed, judge, modes};

pub use session::run;
pub(super) use trial::work as trial;

/// Run many scenarios in lockstep and judge what comes out.
///
/// Classes: gcm-core (published AES-GCM vectors, the core alone), capture (real Linux traffic, both directions), packets (published ESP packets), lengths-*
/// (frames of every length), bit-flips (every bit of a frame), headers and inner-headers (every bit and length of them), handles (theirs, and slot-12 words),
/// boundaries (of frame lengths), corner-late-end, corner-self-test, corner-mode, corner-diagnostic, corner-update and corner-wrap (what proofs, mutants and coverage of the RTL found), full-buffers, mailbox, settings, counters, capacity, diagnostic-port, self-test; of the control plane esn, esn-race, update,
/// update-race, parity, sa-delete-req, sa-stats, config, config-race, cancel, cancel-race; of every mode modes-edges (the ends of their rules), ah-fields (each bit
/// of AH's headers), ah-rate (back to back), alignments, two-portions, deletion-race, modes-config-race, udp-port, icv-bits, chains (bundles of two in one bucket), look-alikes (SAs that differ in one field, in one bucket), suites (every algorithm in every mode), ah-verdicts; zeroization (a search of
/// the whole state of the RTL for keys of SAs that are gone); and drawn ones: modes, control, frames, small, jumbo,
/// stalls, tampered, lengths, commands, resets, soft-resets, cut, fuzzed, diagnostic, registers, random. A failure leaves
/// scenario, report, wave and GTKWave save file in DIR/failures/NAME; of failures with the same signature one is made smaller.
///
/// Each result is on the disk (DIR/results.jsonl) before the next one counts: after Ctrl-C, a crash or a full disk --resume goes
/// on. DIR/report.html shows all: results by testpoint, failures, coverage, trend; DIR/junit.xml, summary.json and coverage.json
/// are for scripts. A testpoint that nothing tests is a failure.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim regress --filter stalls --configs 1024x2 --seed 7 --jobs 2\n  \
    ipsec-cosim regress --rounds 0 --time 1h --stop-after 0 --out out/soak\n  \
    ipsec-cosim regress --resume --out out/soak"
)]
pub struct Arguments {
    /// How much [default: default]
    #[arg(long)]
    plan: Option<PlanSize>,
    /// Times the plan, each with other seeds; 0 until --time or --clocks ends it [default: 1]
    #[arg(long, value_name = "N")]
    rounds: Option<u64>,
    /// Only scenarios with this in their name, as `stalls`, `16x1` or `random-1024x2-3`
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only the scenario of this name
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Only scenarios of this testpoint
    #[arg(long, value_name = "NAME")]
    testpoint: Option<String>,
    /// Seed of what is drawn; drawn and printed itself if not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Scenarios at a time; as many as there are processors if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Start no more scenarios after this time, as 90s, 15m or 2h
    #[arg(long, value_name = "TIME", value_parser = limits::parse_time)]
    time: Option<Duration>,
    /// Start no more scenarios after so many clocks
    #[arg(long, value_name = "N")]
    clocks: Option<u64>,
    /// Device parameters, as 16x1,1024x2; all that are built if not given
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    configs: Vec<DeviceConfig>,
    /// Seconds for making a failing scenario smaller; 0 leaves it as it is
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    shrink: u64,
    /// Start no more scenarios after so many failures; 1 stops at the first, 0 runs all of them
    #[arg(long, value_name = "N", default_value_t = 50)]
    stop_after: u64,
    /// What the scenarios run on [default: lockstep]
    #[arg(long)]
    device: Option<On>,
    /// Folder for the results; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "out/regress")]
    out: PathBuf,
    /// Go on with the campaign in --out, as it was started
    #[arg(long)]
    resume: bool,
    /// Refuse to run in a checkout of another revision
    #[arg(long, value_name = "REVISION")]
    revision: Option<String>,
    /// Another testplan than testbench/testplan/testplan.json
    #[arg(long, value_name = "FILE")]
    testplan: Option<PathBuf>,
    /// Other waivers than testbench/testplan/waivers.json
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// Fail if functional coverage has a hole without a waiver
    #[arg(long)]
    require_coverage: bool,
    /// With a build that counts coverage of the RTL: add what the campaign in this folder has; repeatable
    #[arg(long, value_name = "DIR")]
    with_coverage_of: Vec<PathBuf>,
    /// Where the scenarios run
    #[arg(long, default_value = "local")]
    launcher: Launcher,
    /// Tasks of a job array of Slurm, at most
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    tasks: u16,
    /// More options for sbatch, as '--partition=long --mem=2G'
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        allow_hyphen_values = true
    )]
    slurm_options: String,
    /// Does the work of a task of Slurm
    #[arg(long, value_name = "FILE", hide = true)]
    worker: Option<PathBuf>,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
    /// Print the names of the scenarios and run nothing
    #[arg(long)]
    list: bool,
}

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanSize {
    /// Every class: a minute or two on two processors
    Default,
    /// Many more seeds, every frame length
    Full,
}

/// Where scenarios run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Launcher {
    /// On this machine, --jobs at a time
    Local,
    /// As job arrays of Slurm; the folder --out must be seen by all nodes
    Slurm,
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
    /// A search of the RTL for keys: no scenario that pins could judge
    Zeroization,
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

/// A class of one scenario, and what makes it.
type Edge = (&'static str, fn(DeviceConfig, u64) -> Scenario);

/// Scenarios at the edges of the rules.
const EDGES: [Edge; 13] = [
    ("headers", edges::headers),
    ("inner-headers", edges::inner_headers),
    ("handles", edges::handles),
    ("boundaries", edges::boundaries),
    ("full-buffers", edges::full_buffers),
    ("mailbox", control_edges::mailbox),
    ("settings", control_edges::settings),
    ("counters", control_edges::counters),
    ("corner-late-end", corners::late_end),
    ("corner-self-test", corners::cut_self_test),
    ("corner-mode", corners::mode_behind_reset),
    ("corner-diagnostic", corners::cut_diagnostic),
    ("corner-update", corners::update_of_none),
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
        if !large {
            add("zeroization", String::new(), seed, Source::Zeroization);
        }
        if !large || full {
            for (class, make) in EDGES {
                add(class, String::new(), seed, Source::Fixed(make));
            }
            // Its counts are the same whatever the parameters: once is enough.
            if k == 0 {
                add(
                    "corner-wrap",
                    String::new(),
                    seed,
                    Source::Fixed(corners::wrap),
                );
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
fn capture_plan(
    device: DeviceConfig,
    seed: u64,
    esn: bool,
    stall: u8,
) -> Result<run_command::Plan, Error> {
    let capture = if esn {
        Capture::packaged_esn()?
    } else {
        Capture::packaged()?
    };
    let (tx, sent): (Vec<_>, Vec<_>) = capture.tx.into_iter().unzip();
    let (rx, received): (Vec<_>, Vec<_>) = capture.rx.into_iter().unzip();
    let mut plan = run_command::Plan::new("capture", device, seed, stall, capture.sas, (tx, rx));
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
        let mut scenario = match &self.source {
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
            Source::GcmCore | Source::Zeroization => Scenario::new(self.class, device, seed),
            Source::Drawn(mix, seed) => {
                return Ok(judge::draw(mix, device, *seed)?.current().scenario());
            }
            Source::DrawnControl(seed) => {
                return Ok(judge::draw_control(device, *seed)?.current().scenario());
            }
            Source::DrawnModes(seed) => {
                return Ok(judge::draw_modes(device, *seed)?.current().scenario());
            }
        };
        // What drawn plans end with too.
        if !matches!(scenario.operations.last(), Some(last) if matches!(last.op, Operation::End {}))
        {
            scenario.wait(Until::Idle).read_counters();
        }
        Ok(scenario)
    }
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
