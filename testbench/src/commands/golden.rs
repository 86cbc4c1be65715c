// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim golden`: packs of golden vectors for silicon.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use ipsec_cosim_device::DeviceConfig;

use super::golden_export;
use crate::error::Error;
use crate::golden::generate::{self, Request, generate};
use crate::golden::plan::Plan;
use crate::golden::{Pack, Transport, diff, log};
use crate::output::{out, outln};

/// What `golden schema` prints.
const SCHEMA: &str = include_str!("../../../docs/schema/golden_pack.schema.json");

/// Packs of golden vectors: stimulus and expected answers for silicon.
///
/// A pack says step by step what is done to a device and what it must answer; docs/golden_vectors.md has the
/// format, what stands behind each value, and what to look at when a case fails.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim golden generate --plan default --seed 1 --out pack\n  ipsec-cosim golden verify pack"
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Golden,
}

#[derive(Debug, Subcommand)]
enum Golden {
    Generate(Generate),
    Export(golden_export::Arguments),
    Verify(Verify),
    Diff(Diff),
    Schema(Schema),
}

/// Make a pack.
///
/// Each expected value comes from the reference model, and goes into the pack only if the RTL in lockstep gives it
/// too, through the streams and through the diagnostic frame port, and, where it is cryptographic, OpenSSL by way of
/// Python (IPSEC_PYTHON, the tools folder's, or python3 with the package cryptography). Cases that fail a check are
/// not written, are named, and make the exit status 1. The same seed and version give the same bytes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim golden generate --plan default --config 16x4 --seed 1 --out pack"
)]
struct Generate {
    /// What is in it
    #[arg(long, default_value = "default")]
    plan: Plan,
    /// Parameters of the device, NUMSAxSTAGES; they must be among those built. A device with 4 stages has all modes
    #[arg(long, value_name = "NUMSAxSTAGES", default_value_t = DeviceConfig::new(16, 4))]
    config: DeviceConfig,
    /// Seed of keys, payloads and the like
    #[arg(long)]
    seed: Option<u64>,
    /// The pack's folder: none yet, or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Threads; one for each processor if it is missing
    #[arg(long, short, value_name = "N")]
    jobs: Option<usize>,
}

/// Check a pack: every file, its hash, nothing missing, nothing beside.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ipsec-cosim golden verify pack")]
struct Verify {
    /// The pack's folder
    pack: PathBuf,
    /// Print the cases
    #[arg(long)]
    list: bool,
    /// Print the manifest's members as JSON
    #[arg(long)]
    json: bool,
}

/// Say what is different: two packs, or a pack and the log of a replay (a line of JSON for each step).
///
/// Exit status: 0 nothing is, 1 something is.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim golden diff pack other-pack\n  ipsec-cosim golden diff pack replay.jsonl"
)]
struct Diff {
    /// A pack's folder
    a: PathBuf,
    /// Another one, or a log
    b: PathBuf,
}

/// Print the JSON Schema of the manifest and of the cases.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  ipsec-cosim golden schema > golden_pack.schema.json")]
struct Schema {}

/// Runs the command.
///
/// # Errors
/// Bad usage or bad input.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    match &arguments.command {
        Golden::Generate(arguments) => make(arguments),
        Golden::Export(arguments) => golden_export::run(arguments),
        Golden::Verify(arguments) => verify(arguments),
        Golden::Diff(arguments) => compare(arguments),
        Golden::Schema(_) => {
            out!("{SCHEMA}");
            Ok(0)
        }
    }
}

/// Bins without a hit that are named on the terminal; the manifest has all.
const HOLES_TOLD: usize = 10;

fn make(arguments: &Generate) -> Result<u8, Error> {
    let Generate {
        plan,
        config,
        out: folder,
        ..
    } = arguments;
    // Before the work, not after it.
    crate::golden::empty_folder(folder)?;
    let seed = super::seed_or_draw(arguments.seed);
    eprintln!("golden: plan {plan}, {config}, seed {seed}");
    let request = Request {
        plan: *plan,
        config: *config,
        seed,
        jobs: arguments.jobs.unwrap_or_else(generate::default_jobs),
        python: None,
    };
    let mut made = generate(&request)?;
    for refused in &made.refused {
        eprintln!("golden: {} is not written: {}", refused.name, refused.why);
    }
    let coverage = &made.pack.manifest.coverage;
    // The smoke set alone leaves hundreds.
    for hole in coverage.holes.iter().take(HOLES_TOLD) {
        eprintln!("golden: no case hits {hole}");
    }
    if let Some(more @ 1..) = coverage.holes.len().checked_sub(HOLES_TOLD) {
        eprintln!("golden: nor {more} other bins (coverage.holes in manifest.json)");
    }
    let (bins, hit) = (coverage.bins, coverage.hit);
    made.pack.write(folder)?;
    outln!("{}: {}", folder.display(), generate::size_of(&made.pack));
    let manifest = &made.pack.manifest;
    let registers = manifest
        .cases
        .iter()
        .filter(|entry| entry.transport == Transport::Registers)
        .count();
    let portions: u64 = manifest
        .cases
        .iter()
        .map(|entry| entry.checks.outside_portions)
        .sum();
    outln!(
        "{registers} cases by registers alone; {portions} portions that {} agrees with",
        crate::golden::outside::NAME
    );
    outln!(
        "smoke set: {} cases, {} register accesses",
        manifest.smoke.len(),
        manifest.smoke_register_accesses
    );
    outln!("functional coverage: {hit} of {bins} bins that need no race and no stall");
    outln!("contents {}", manifest.contents_hash);
    outln!("pack     {}", manifest.pack_hash);
    Ok(u8::from(!made.refused.is_empty()))
}

fn verify(arguments: &Verify) -> Result<u8, Error> {
    let pack = Pack::load(&arguments.pack)?;
    let manifest = &pack.manifest;
    if arguments.json {
        let text = serde_json::to_string_pretty(manifest)
            .map_err(|error| Error::Usage(error.to_string()))?;
        outln!("{text}");
        return Ok(0);
    }
    outln!(
        "{}: {}, for {} (NumSa x Stages)",
        arguments.pack.display(),
        generate::size_of(&pack),
        manifest.design.config()
    );
    outln!("pack     {}", manifest.pack_hash);
    if arguments.list {
        for entry in &manifest.cases {
            let transport = match entry.transport {
                Transport::Registers => "registers",
                Transport::Streams => "streams",
            };
            outln!("{:32} {transport:9}  {}", entry.name, entry.description);
        }
    }
    Ok(0)
}

fn compare(arguments: &Diff) -> Result<u8, Error> {
    let a = Pack::load(&arguments.a)?;
    let lines = match arguments.b.is_dir() {
        true => diff::packs(&a, &Pack::load(&arguments.b)?),
        false => diff::log(&a, &read_log(&arguments.b)?),
    };
    for line in &lines {
        outln!("{line}");
    }
    Ok(u8::from(!lines.is_empty()))
}

fn read_log(path: &Path) -> Result<Vec<log::Line>, Error> {
    log::read(path)
}
