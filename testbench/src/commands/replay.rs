// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim replay`: a golden pack on a target.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use regex_lite::Regex;
use serde::Serialize;

use crate::board::{ANSWER, FramesTarget, Interface, TargetSpec};
use crate::error::Error;
use crate::golden::Pack;
use crate::output::outln;
use crate::progress::Progress;
use crate::replay::{CaseResult, Log, Outcome, Player, identify};

/// Replay a golden pack on a target: the model, the RTL, both, a memory-mapped device, a board behind TCP.
///
/// The pack is checked first (every hash), then that the target is the device it is for. Each case begins with a
/// reset; where no reset pin can be pulled (mmio), with a soft reset and writes that come to the same. Where the
/// target has no streams, frames go through the diagnostic frame port; cases that do not fit through it, or pull
/// the reset pin in between, are skipped, and it is said.
///
/// On a mismatch: case, step, expected, actual, mask, the model's registers at that step, and those of the
/// target's registers that differ from the model's at the end of the case. Then the next step, unless
/// --stop-on-first. Exit status: 0 all cases that were played passed; 1 one failed; 2 the pack is no good or does
/// not fit, there is no target or no permission, every read gives ones, or nothing was played.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ipsec-cosim replay PACK --target lockstep\n  \
ipsec-cosim replay PACK --target tcp:127.0.0.1:5025 --case '^smoke' --log replay.jsonl\n  \
ipsec-cosim replay PACK --target mmio:/sys/bus/pci/devices/0000:03:00.0/resource0\n  \
ipsec-cosim replay PACK --target mmio:/dev/uio0@0x10000 --frames-if eth2"
)]
pub struct Arguments {
    /// The pack's folder
    #[arg(value_name = "PACK")]
    pack: PathBuf,
    /// model, rtl, lockstep, mmio:FILE[@OFFSET] (the resource file of a PCI BAR, or /dev/uioN of a PCI device) or
    /// tcp:HOST:PORT (`ipsec-cosim board`, or whatever speaks its protocol)
    #[arg(long, value_name = "TARGET", value_parser = target)]
    target: TargetSpec,
    /// With mmio and tcp: frames go over raw sockets on this interface, with what goes beside them (`ipsec-cosim board
    /// --frames-if`)
    #[arg(long, value_name = "IFACE")]
    frames_if: Option<String>,
    /// The cases whose name matches this regular expression
    #[arg(long, value_name = "RE", value_parser = regex)]
    case: Option<Regex>,
    /// The smoke set alone, in its order
    #[arg(long)]
    smoke: bool,
    /// Use register accesses alone, also where the target has streams
    #[arg(long)]
    registers_only: bool,
    /// Go on behind a mismatch (that is the default)
    #[arg(long, conflicts_with = "stop_on_first")]
    keep_going: bool,
    /// End at the first mismatch
    #[arg(long)]
    stop_on_first: bool,
    /// Seconds within which a board behind TCP must answer each request
    #[arg(long, value_name = "SECONDS", default_value_t = ANSWER.as_secs(), value_parser = clap::value_parser!(u64).range(1..=3600))]
    patience: u64,
    /// Write a line of JSON for each step here (`golden diff` reads it)
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Print the results as JSON
    #[arg(long)]
    json: bool,
}

fn target(text: &str) -> Result<TargetSpec, String> {
    text.parse()
}

fn regex(text: &str) -> Result<Regex, String> {
    Regex::new(text).map_err(|error| format!("expected a regular expression: {error}"))
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    pack_hash: &'a str,
    target: String,
    cases: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    not_played: usize,
    seconds: f64,
    results: &'a [CaseResult],
}

/// Runs the command.
///
/// # Errors
/// The pack or the target is no good, a file cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    if arguments.frames_if.is_some() && matches!(arguments.target, TargetSpec::Device(_)) {
        return Err(Error::Usage(
            "--frames-if: the frames of a simulated device go over its pins: expected a target of mmio or tcp with it"
                .to_owned(),
        ));
    }
    let pack = Pack::load(&arguments.pack)?;
    let names = chosen(arguments, &pack)?;
    let config = pack.manifest.design.config();
    let mut target = arguments
        .target
        .open(config, Duration::from_secs(arguments.patience))?;
    if let Some(name) = &arguments.frames_if {
        let interface = Interface::open("--frames-if", name)?;
        target = Box::new(FramesTarget::new(target, interface));
    }
    identify(target.as_mut(), &pack.manifest)?;
    let mut log = match &arguments.log {
        Some(path) => Log::create(path)?,
        None => Log::default(),
    };
    let player = Player {
        config,
        registers_only: arguments.registers_only,
        stop_on_first: arguments.stop_on_first,
    };
    let begun = Instant::now();
    let progress = Progress::new("replay", names.len() as u64, "cases");
    let mut results: Vec<CaseResult> = Vec::new();
    for name in &names {
        let Some(case) = pack.case(name) else {
            continue;
        };
        progress.set(results.len() as u64, || format!("case {name}"));
        let (result, alive) = player.play(case, target.as_mut(), &mut log)?;
        if !arguments.json {
            tell(&result, &pack);
        }
        let failed = result.outcome == Outcome::Failed;
        results.push(result);
        if !alive || (failed && arguments.stop_on_first) {
            break;
        }
    }
    progress.finish();
    log.flush()?;
    let count = |outcome| results.iter().filter(|r| r.outcome == outcome).count();
    let summary = Summary {
        pack_hash: &pack.manifest.pack_hash,
        target: target.description(),
        cases: names.len(),
        passed: count(Outcome::Passed),
        failed: count(Outcome::Failed),
        skipped: count(Outcome::Skipped),
        not_played: names.len() - results.len(),
        seconds: begun.elapsed().as_secs_f64(),
        results: &results,
    };
    if arguments.json {
        outln!(
            "{}",
            serde_json::to_string_pretty(&summary).unwrap_or_default()
        );
    } else {
        outln!(
            "{} on {}: {} passed, {} failed, {} skipped, {} not played; {:.1} s",
            count_of(summary.cases, "case"),
            summary.target,
            summary.passed,
            summary.failed,
            summary.skipped,
            summary.not_played,
            summary.seconds
        );
    }
    match (summary.failed, summary.passed) {
        (0, 0) => Err(Error::Usage(format!(
            "{}: this target can play none of the {} cases asked for",
            arguments.pack.display(),
            summary.cases
        ))),
        (0, _) => Ok(0),
        _ => Ok(1),
    }
}

fn count_of(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

/// The cases that are asked for, in the order in which they are played.
fn chosen(arguments: &Arguments, pack: &Pack) -> Result<Vec<String>, Error> {
    let all: Vec<&String> = match arguments.smoke {
        true => pack.manifest.smoke.iter().collect(),
        false => pack
            .manifest
            .cases
            .iter()
            .map(|entry| &entry.name)
            .collect(),
    };
    let fits = |name: &&String| match &arguments.case {
        Some(regex) => regex.is_match(name),
        None => true,
    };
    let names: Vec<String> = all.into_iter().filter(fits).cloned().collect();
    if names.is_empty() {
        return Err(Error::Usage(match &arguments.case {
            Some(regex) => format!("--case {regex}: no case of the pack has such a name"),
            None => format!("{}: no cases to replay", arguments.pack.display()),
        }));
    }
    Ok(names)
}

/// What a person wants to know of a case.
fn tell(result: &CaseResult, pack: &Pack) {
    let reason = |text: &Option<String>| text.as_ref().map_or(String::new(), |t| format!(": {t}"));
    match result.outcome {
        Outcome::Passed => outln!("pass {} ({} steps)", result.name, result.steps),
        Outcome::Skipped => outln!("skip {}{}", result.name, reason(&result.reason)),
        Outcome::Failed => {
            outln!(
                "FAIL {} ({} steps){}",
                result.name,
                result.steps,
                reason(&result.reason)
            );
            for mismatch in &result.mismatches {
                outln!("  {mismatch}");
            }
            if !result.model_state.is_empty() {
                outln!("  the model at the first of these:");
                for register in &result.model_state {
                    outln!("    {register}");
                }
            }
            if !result.differing.is_empty() {
                outln!("  at the end of the case:");
                for register in &result.differing {
                    outln!("    {register}");
                }
            }
            if let Some(entry) = pack.manifest.entry(&result.name)
                && !entry.suspect.is_empty()
            {
                outln!("  suspect: {}", entry.suspect);
            }
        }
    }
}
