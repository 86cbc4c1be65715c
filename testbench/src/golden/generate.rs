// SPDX-License-Identifier: Apache-2.0
//! Makes a pack: records each case on the model, and lets nothing into the pack that the RTL in lockstep, the same
//! by registers alone, a third reading of the specification and an implementation outside this project do not say too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use ipsec_cosim_device::{DeviceConfig, RtlDevice};

use super::bench::Bench;
use super::case::{Case, Transport};
use super::design;
use super::lower::lower;
use super::manifest::{Checks, Coverage, Entry, Manifest, Provenance, SCHEMA, SCHEMA_VERSION};
use super::outside::{self, Crypto};
use super::pack::Pack;
use super::plan::{Draft, Plan, drafts};
use super::play::play;
use super::record::record;
use super::step::{Op, OutPort};
use crate::coverage::{self, Declared, Hits};
use crate::devices::{self, On};
use crate::error::Error;
use crate::progress::Progress;
use crate::runner::{self, RunResult};

/// What a pack is made from.
#[derive(Clone, Debug)]
pub struct Request {
    /// The plan
    pub plan: Plan,
    /// The device
    pub config: DeviceConfig,
    /// Seed of what is drawn
    pub seed: u64,
    /// Threads
    pub jobs: usize,
    /// The Python with the outside implementation, if it is known
    pub python: Option<PathBuf>,
}

/// A case that is not in the pack.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The case
    pub name: String,
    /// Which check it failed, in one sentence
    pub why: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Generated {
    /// The pack; cases that failed are not in it
    pub pack: Pack,
    /// Those
    pub refused: Vec<Refused>,
}

/// A case that passed all that needs no other program.
struct Made {
    case: Case,
    crypto: Vec<Crypto>,
    clocks: u64,
    registers: bool,
    accesses_lowered: u64,
    hits: Hits,
}

/// Makes a pack.
///
/// # Errors
/// There is no RTL of these parameters, or no outside implementation.
pub fn generate(request: &Request) -> Result<Generated, Error> {
    let begun = Instant::now();
    let config = request.config;
    config_exists(config)?;
    let python = match &request.python {
        Some(python) => python.clone(),
        None => outside::find()?,
    };
    let declared = Declared::packaged()?;
    let drafts = drafts(request.plan, config, request.seed);
    let made = make_all(&drafts, &declared, request)?;

    let mut crypto: Vec<Crypto> = Vec::new();
    for one in made.iter().flatten() {
        crypto.extend_from_slice(&one.crypto);
    }
    let opinion = outside::ask(&python, &crypto)?;
    let mut refused = Vec::new();
    let mut pack = Pack {
        manifest: empty_manifest(request)?,
        cases: Vec::new(),
        scenarios: BTreeMap::new(),
        provenance: None,
    };
    let mut hits = Hits::default();
    for (draft, made) in drafts.iter().zip(made) {
        let made = match made {
            Ok(made) => made,
            Err(why) => {
                let name = draft.name.clone();
                refused.push(Refused { name, why });
                continue;
            }
        };
        if let Some(wrong) = opinion.wrong.iter().find(|w| w.case == draft.name) {
            refused.push(Refused {
                name: draft.name.clone(),
                why: format!(
                    "{} does not agree with frame {}: {}",
                    outside::NAME,
                    wrong.frame,
                    wrong.why
                ),
            });
            continue;
        }
        hits.merge(&made.hits);
        add(&mut pack, draft, made);
    }
    let bins = declared.bins_of_packs(config);
    let holes: Vec<String> = bins
        .iter()
        .filter(|bin| hits.of(bin) == 0)
        .cloned()
        .collect();
    pack.manifest.coverage = Coverage {
        bins: bins.len() as u64,
        hit: (bins.len() - holes.len()) as u64,
        holes,
    };
    pack.provenance = Some(Provenance {
        command: std::env::args().collect(),
        date: now(),
        revision: crate::campaign::revision::current(),
        tools: opinion.versions,
        seconds: begun.elapsed().as_secs_f64(),
    });
    pack.render();
    Ok(Generated { pack, refused })
}

fn config_exists(config: DeviceConfig) -> Result<(), Error> {
    let built = RtlDevice::built();
    if built.contains(&config) {
        return Ok(());
    }
    let names: Vec<_> = built.iter().map(ToString::to_string).collect();
    Err(Error::Usage(match names.is_empty() {
        true => {
            "this build has no RTL, and no value goes into a pack that the RTL did not agree with"
                .to_owned()
        }
        false => format!(
            "no RTL of {config} in this build, and no value goes into a pack that the RTL did not agree with: \
             expected {}",
            names.join(", ")
        ),
    }))
}

fn empty_manifest(request: &Request) -> Result<Manifest, Error> {
    let Request {
        plan, config, seed, ..
    } = request;
    Ok(Manifest {
        schema: SCHEMA.to_owned(),
        schema_version: SCHEMA_VERSION,
        pack_hash: String::new(),
        contents_hash: String::new(),
        generator: format!(
            "ipsec-cosim golden generate --plan {plan} --config {config} --seed {seed}"
        ),
        design: design::design(*config)?,
        seed: *seed,
        plan: plan.to_string(),
        smoke: Vec::new(),
        smoke_register_accesses: 0,
        coverage: Coverage {
            bins: 0,
            hit: 0,
            holes: Vec::new(),
        },
        cases: Vec::new(),
        files: Vec::new(),
    })
}

/// All cases, on as many threads as asked for; in the order of the drafts.
fn make_all(
    drafts: &[Draft],
    declared: &Declared,
    request: &Request,
) -> Result<Vec<Result<Made, String>>, Error> {
    let progress = Progress::new("golden", drafts.len() as u64, "cases");
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let results: Mutex<BTreeMap<usize, Result<Made, String>>> = Mutex::new(BTreeMap::new());
    let trouble: Mutex<Option<Error>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..request.jobs.max(1) {
            scope.spawn(|| {
                let work = || -> Result<(), Error> {
                    // Cases by registers alone follow one another on this one, without a hard reset between them.
                    let device = devices::make(On::Lockstep, request.config, request.seed)?;
                    let mut worn = Bench::new(device);
                    worn.reset(16)?;
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(draft) = drafts.get(index) else {
                            return Ok(());
                        };
                        let made = make(draft, declared, request, &mut worn)?;
                        if made.is_err() {
                            let device = devices::make(On::Lockstep, request.config, request.seed)?;
                            worn = Bench::new(device);
                            worn.reset(16)?;
                        }
                        if let Ok(mut results) = results.lock() {
                            results.insert(index, made);
                        }
                        let count = done.fetch_add(1, Ordering::Relaxed) + 1;
                        progress.set(count as u64, || {
                            format!("{count} of {} cases, {}", drafts.len(), draft.name)
                        });
                    }
                };
                if let Err(error) = work()
                    && let Ok(mut trouble) = trouble.lock()
                {
                    trouble.get_or_insert(error);
                }
            });
        }
    });
    progress.finish();
    if let Some(error) = trouble.into_inner().ok().flatten() {
        return Err(error);
    }
    let results = results.into_inner().unwrap_or_default();
    Ok(results.into_values().collect())
}

/// One case, and why it is none.
fn make(
    draft: &Draft,
    declared: &Declared,
    request: &Request,
    worn: &mut Bench,
) -> Result<Result<Made, String>, Error> {
    let (config, seed) = (request.config, request.seed);
    let device = |on| devices::make(on, config, seed);
    let scenario = &draft.scenario;
    if let Err((place, problem)) = scenario.check() {
        return Ok(Err(format!("its scenario: {place}: {problem}")));
    }
    let recording = match record(scenario, &draft.name, draft.at_end, device(On::Model)?) {
        Ok(recording) => recording,
        Err(why) => return Ok(Err(format!("recording on the model: {why}"))),
    };
    // The scenario with its own timing, and what its author says must come of it.
    let mut model = device(On::Model)?;
    let result = match runner::run(scenario, model.as_mut()) {
        Ok(result) => result,
        Err(error) => return Ok(Err(format!("its scenario on the model: {error}"))),
    };
    if let Some(failure) = &result.failure {
        let operation = failure
            .operation
            .map_or_else(String::new, |operation| format!("operation {operation}: "));
        return Ok(Err(format!(
            "what the specification says, in a third reading, is not what the model does: {operation}{}",
            failure.message
        )));
    }
    if let Some(why) = same(&recording.case, &recording.statuses, &result) {
        return Ok(Err(format!("it depends on time: {why}")));
    }
    let mut bench = Bench::new(device(On::Lockstep)?);
    if let Err(mismatch) = play(&recording.case, &mut bench) {
        return Ok(Err(format!("lockstep with the RTL: {mismatch}")));
    }
    let lowered = lower(&recording.case, false);
    if let Some(lowered) = &lowered
        && let Err(mismatch) = play(lowered, worn)
    {
        return Ok(Err(format!(
            "by registers alone, in lockstep with the RTL: {mismatch}"
        )));
    }
    let mut crypto = recording.crypto;
    for one in &mut crypto {
        one.case.clone_from(&draft.name);
    }
    Ok(Ok(Made {
        registers: lowered.is_some(),
        accesses_lowered: lowered.map_or(0, |case| case.register_accesses() as u64),
        case: recording.case,
        crypto,
        clocks: recording.clocks,
        hits: coverage::collect(declared, scenario, &result),
    }))
}

/// Whether a run of the scenario with its own timing gave what the recording says.
fn same(case: &Case, statuses: &[u32], result: &RunResult) -> Option<String> {
    let mut tx = result.tx_out.iter();
    let mut rx = result.rx_out.iter();
    let mut completions = result.frames.iter().filter(|frame| frame.status.is_some());
    for (k, step) in case.steps.iter().enumerate() {
        let agrees = match &step.op {
            Op::Expect {
                port: OutPort::MAxisTx,
                frame,
                ..
            } => tx.next().is_some_and(|out| out.bytes == *frame),
            Op::Expect { frame, words, .. } => rx
                .next()
                .is_some_and(|out| out.bytes == *frame && out.user == *words),
            Op::Completion { number, status, .. } => completions
                .next()
                .is_some_and(|f| f.number == Some(*number) && f.status == Some(*status)),
            _ => true,
        };
        if !agrees {
            return Some(format!(
                "step {k} ({}) is another with the frames back to back",
                step.op.name()
            ));
        }
    }
    let ended = result
        .commands
        .iter()
        .filter_map(|command| command.answer)
        .map(|answer| answer.status);
    if !ended.eq(statuses.iter().copied()) {
        return Some("the commands end otherwise".to_owned());
    }
    None
}

/// A case that passed everything.
fn add(pack: &mut Pack, draft: &Draft, made: Made) {
    let portions: usize = made.crypto.iter().map(|one| one.portions.len()).sum();
    let case = made.case;
    let frames = case
        .steps
        .iter()
        .filter(|step| matches!(step.op, Op::Send { .. }))
        .count();
    let manifest = &mut pack.manifest;
    if draft.smoke {
        manifest.smoke.push(draft.name.clone());
        manifest.smoke_register_accesses += made.accesses_lowered;
    }
    manifest.cases.push(Entry {
        name: draft.name.clone(),
        group: draft.group.to_owned(),
        description: draft.description.clone(),
        suspect: draft.suspect.to_owned(),
        testpoint: draft.testpoint.to_owned(),
        transport: match made.registers {
            true => Transport::Registers,
            false => Transport::Streams,
        },
        steps: case.steps.len() as u64,
        register_accesses: case.register_accesses() as u64,
        frames: frames as u64,
        clocks: made.clocks,
        checks: Checks {
            model: true,
            lockstep: true,
            registers: made.registers,
            outside: match portions {
                0 => Vec::new(),
                _ => vec![outside::NAME.to_owned()],
            },
            outside_portions: portions as u64,
        },
    });
    pack.scenarios
        .insert(draft.name.clone(), draft.scenario.clone());
    pack.cases.push(case);
}

/// A one-line description of a pack's size.
pub fn size_of(pack: &Pack) -> String {
    let steps: u64 = pack.manifest.cases.iter().map(|entry| entry.steps).sum();
    let frames: u64 = pack.manifest.cases.iter().map(|entry| entry.frames).sum();
    let bytes: u64 = pack.manifest.files.iter().map(|file| file.bytes).sum();
    format!(
        "{} cases, {steps} steps, {frames} frames, {:.1} MB",
        pack.cases.len(),
        bytes as f64 / 1e6
    )
}

/// The time, in UTC.
fn now() -> String {
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs());
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let mut year = 1970;
    let leap =
        |year: u64| year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 0;
    let lengths = [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    format!(
        "{year}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        month + 1,
        days + 1,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// The default number of threads.
pub fn default_jobs() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// Where a path of the checkout is.
pub(super) fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
