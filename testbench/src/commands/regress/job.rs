// SPDX-License-Identifier: Apache-2.0
//! Runs one scenario of a campaign.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ipsec_cosim_device::GcmUnit;

use super::{Job, Source, capture_plan, run_command};
use crate::campaign::limits::{self, Cut};
use crate::campaign::table::table;
use crate::campaign::{Header, Outcome, bucket, shrink};
use crate::commands::output_folder;
use crate::coverage::{self, Declared, Hits, rtl};
use crate::devices::On;
use crate::error::Error;
use crate::failure::{self, COMMAND, Ended};
use crate::judge;
use crate::kat;
use crate::known_answers::{self, GcmCore, ModelCore};
use crate::runner::RunResult;
use crate::scenario::Scenario;
use crate::zeroization;

/// What all jobs of a campaign share.
pub(super) struct Shared<'a> {
    pub header: &'a Header,
    pub on: On,
    pub out: &'a Path,
    pub shrink: Duration,
    pub declared: &'a Declared,
    /// Whether a failure is the first of its signature
    pub claim: Box<dyn Fn(&str) -> bool + Sync + 'a>,
}

/// Where a worker keeps the coverage of the RTL's source, if the build counts it.
pub(super) struct RtlStore {
    /// What Verilator writes
    scratch: PathBuf,
    /// All that this worker has
    path: PathBuf,
    counts: rtl::Counts,
}

/// The folder of the files of all workers.
pub(super) const RTL_FOLDER: &str = "rtl_coverage";

impl RtlStore {
    pub fn new(out: &Path, worker: &str) -> Self {
        let folder = out.join(RTL_FOLDER);
        Self {
            scratch: folder.join(format!("{worker}.scratch")),
            path: folder.join(format!("{worker}.dat")),
            counts: rtl::Counts::default(),
        }
    }

    /// Takes what a scenario left. On the disk before its result is.
    fn take(&mut self) -> Result<(), Error> {
        self.counts.add_file(&self.scratch)?;
        std::fs::remove_file(&self.scratch).map_err(|e| Error::write(&self.scratch, &e))?;
        self.counts.write(&self.path)
    }
}

impl Job {
    fn outcome(&self) -> Outcome {
        Outcome {
            name: self.name.clone(),
            class: self.class.to_owned(),
            config: self.device.to_string(),
            seed: self.seed,
            clocks: 0,
            frames: 0,
            divergences: 0,
            seconds: 0.0,
            failure: None,
            bucket: None,
            folder: None,
            operations: None,
            reproduce: None,
            rerun: None,
            coverage: Hits::default(),
        }
    }

    /// Runs it; a failure leaves its files below the folder of the campaign.
    pub(super) fn run(
        &self,
        shared: &Shared<'_>,
        store: &mut Option<RtlStore>,
    ) -> Result<Outcome, Error> {
        let start = Instant::now();
        let mut outcome = match self.source {
            Source::GcmCore => self.gcm_core(shared.on)?,
            Source::Zeroization => self.zeroization(shared.on)?,
            _ => self.scenario_run(shared, store, start)?,
        };
        if outcome.failure.is_some() {
            outcome.rerun = Some(self.rerun(shared));
        }
        Ok(outcome)
    }

    fn scenario_run(
        &self,
        shared: &Shared<'_>,
        store: &mut Option<RtlStore>,
        start: Instant,
    ) -> Result<Outcome, Error> {
        let on = shared.on;
        let scenario = self.scenario()?;
        let scratch = store.as_ref().map(|store| store.scratch.clone());
        let ended = guarded(&scenario, on, scratch.as_deref())?;
        let mut outcome = self.outcome();
        outcome.seconds = start.elapsed().as_secs_f64();
        outcome.clocks = ended.result.clocks;
        outcome.frames = ended.result.frames.len() as u64;
        outcome.divergences = ended.divergences();
        outcome.coverage = coverage::collect(shared.declared, &scenario, &ended.result);
        if let Some(store) = store
            && store.scratch.exists()
        {
            store.take()?;
        }
        if let Source::Capture { esn, stall } = self.source {
            let plan = capture_plan(self.device, self.seed, esn, stall)?;
            let folder = shared.out.join(&self.name);
            output_folder(&folder)?;
            run_command::write_results(&folder, &plan, &ended, outcome.seconds)?;
        }
        if !ended.is_good() {
            self.failed(shared, scenario, ended, &mut outcome)?;
        }
        Ok(outcome)
    }

    /// Finds out what kind of failure it is; makes the first of a kind smaller.
    fn failed(
        &self,
        shared: &Shared<'_>,
        scenario: Scenario,
        ended: Ended,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let on = shared.on;
        let place = Path::new("failures").join(&self.name);
        let folder = shared.out.join(&place);
        // What panics cannot be run again with a wave.
        let wave = |ended: &Ended| !ended.panicked();
        let mut report = failure::examine(&scenario, on, &ended, &folder, wave(&ended))?;
        let signature = bucket::signature(&ended, &report);
        let new = (shared.claim)(&signature);
        let operations = scenario.operations.len();
        let mut shown = table(&scenario);
        outcome.operations = Some((operations, operations));
        if new && !shared.shrink.is_zero() && !ended.panicked() {
            // Ctrl-C while it is made smaller leaves it as it is.
            match self.shrunk(shared, &scenario, ended) {
                Ok((small, ended)) if small.operations.len() < operations => {
                    scenario.write(&folder.join("original.json"))?;
                    report = failure::examine(&small, on, &ended, &folder, wave(&ended))?;
                    shown = table(&small);
                    outcome.operations = Some((operations, small.operations.len()));
                }
                Ok(_) | Err(Error::Interrupted) => {}
                Err(error) => return Err(error),
            }
        }
        let text = folder.join("scenario.txt");
        std::fs::write(&text, shown).map_err(|e| Error::write(&text, &e))?;
        outcome.failure = Some(report.message.clone());
        if let Some(pin) = report.pins.first() {
            outcome.failure = Some(format!(
                "{} in clock {}: {pin}",
                report.message, report.clock
            ));
        }
        outcome.bucket = Some(signature);
        outcome.folder = Some(place);
        outcome.reproduce = report.reproduce;
        Ok(())
    }

    fn shrunk(
        &self,
        shared: &Shared<'_>,
        scenario: &Scenario,
        ended: Ended,
    ) -> Result<(Scenario, Ended), Error> {
        let start = Instant::now();
        let kind = bucket::kind(&ended);
        // A smaller one that fails otherwise is another failure.
        let alike = |scenario: &Scenario, on: On| {
            let ended = guarded(scenario, on, None)?;
            Ok(if bucket::kind(&ended) == kind {
                ended
            } else {
                good()
            })
        };
        let on = shared.on;
        // Half of the time for the plan that was drawn, the rest for single operations.
        let half = shared.shrink / 2;
        let (small, ended) = match self.source {
            Source::Drawn(mix, seed) => {
                let mut tree = judge::draw(mix, self.device, seed)?;
                judge::shrink(&mut tree, on, half, alike)?
            }
            Source::DrawnControl(seed) => {
                let mut tree = judge::draw_control(self.device, seed)?;
                judge::shrink(&mut tree, on, half, alike)?
            }
            Source::DrawnModes(seed) => {
                let mut tree = judge::draw_modes(self.device, seed)?;
                judge::shrink(&mut tree, on, half, alike)?
            }
            _ => (scenario.clone(), ended),
        };
        let left = shared.shrink.saturating_sub(start.elapsed());
        shrink::smaller(small, ended, left, |scenario| guarded(scenario, on, None))
    }

    /// The command that runs this seed again, in a checkout of this revision.
    fn rerun(&self, shared: &Shared<'_>) -> String {
        let header = shared.header;
        let mut command = format!(
            "{COMMAND} regress --only {} --seed {} --configs {}",
            self.name,
            header.seed,
            header.configs.join(",")
        );
        if header.plan != "default" {
            command += &format!(" --plan {}", header.plan);
        }
        if shared.on != On::Lockstep {
            command += &format!(" --device {}", shared.on);
        }
        format!("{command} --revision {}", header.revision)
    }

    /// Known answers through the RTL's core and the model's.
    pub(super) fn gcm_core(&self, on: On) -> Result<Outcome, Error> {
        let start = Instant::now();
        let mut outcome = self.outcome();
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
                    outcome.bucket = Some("GCM core: a known answer differs".to_owned());
                }
                Err(error) => return Err(error),
            }
            outcome.clocks += core.clocks();
        }
        outcome.seconds = start.elapsed().as_secs_f64();
        Ok(outcome)
    }

    /// A search of the RTL for keys of SAs that are gone.
    fn zeroization(&self, on: On) -> Result<Outcome, Error> {
        let start = Instant::now();
        let mut outcome = self.outcome();
        if on == On::Model {
            return Ok(outcome);
        }
        let looked = limits::cut_if_interrupted_here;
        let found = match zeroization::check(self.device, self.seed, || looked().is_err()) {
            Ok(Some(found)) => found,
            Ok(None) => return Err(Error::Interrupted),
            Err(Error::Device(error)) => zeroization::Found {
                clocks: 0,
                left: Some(error.to_string()),
            },
            Err(error) => return Err(error),
        };
        outcome.clocks = found.clocks;
        if found.left.is_some() {
            outcome.failure = found.left;
            outcome.bucket = Some("zeroization: a key stays".to_owned());
        }
        outcome.seconds = start.elapsed().as_secs_f64();
        Ok(outcome)
    }
}

/// A run with which nothing is wrong.
fn good() -> Ended {
    Ended {
        result: RunResult::default(),
        in_flight: ipsec_cosim_device::InFlight::default(),
        issued: 0,
        error: None,
    }
}

/// Plays a scenario; a panic of a device is a failure with its message.
fn guarded(scenario: &Scenario, on: On, coverage: Option<&Path>) -> Result<Ended, Error> {
    limits::cut_if_interrupted_here()?;
    let played = catch_unwind(AssertUnwindSafe(|| {
        failure::play_covered(scenario, on, None, coverage, |_| {
            limits::cut_if_interrupted()
        })
    }));
    match played {
        Ok(ended) => ended,
        Err(panic) if panic.is::<Cut>() => Err(Error::Interrupted),
        Err(panic) => Ok(Ended::of_panic(panic.as_ref())),
    }
}
