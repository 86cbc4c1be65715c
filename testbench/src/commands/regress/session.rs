// SPDX-License-Identifier: Apache-2.0
//! A campaign from its arguments to its reports.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use clap::ValueEnum;
use ipsec_cosim_device::{DeviceConfig, RtlDevice};

use super::job::{RTL_FOLDER, RtlStore, Shared};
use super::{Arguments, Job, Launcher, PlanSize, jobs, slurm};
use crate::campaign::limits::{self, Limits, Why};
use crate::campaign::summary::{Standard, Summary};
use crate::campaign::{Header, Outcome, Results, history, html, junit, results, revision};
use crate::commands::{output_folder, seed_or_draw};
use crate::coverage::rtl::{Counts, RtlCoverage};
use crate::coverage::{Declared, Waivers};
use crate::devices::{self, On};
use crate::error::Error;
use crate::output::outln;
use crate::progress::Progress;
use crate::testplan::Testplan;

/// What scenarios of a round are called behind their name.
const ROUND: &str = ".r";

/// Runs the command.
///
/// # Errors
/// Bad usage, files that cannot be read or written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let all = jobs(PlanSize::Full, &DeviceConfig::BUILT, 0);
    let classes: BTreeSet<&'static str> = all.iter().map(|job| job.class).collect();
    let plan = Testplan::load(arguments.testplan.as_deref(), &classes)?;
    let declared = Declared::packaged()?;
    let waivers = Waivers::load(arguments.waivers.as_deref(), &declared)?;
    let standard = Standard {
        plan: &plan,
        declared: &declared,
        waivers: &waivers,
        classes: &classes,
    };
    if let Some(file) = &arguments.worker {
        return slurm::work(file, &plan, &declared);
    }
    let revision = revision::current();
    if let Some(wanted) = &arguments.revision
        && !revision::same(wanted, &revision)
    {
        return Err(Error::Usage(format!(
            "this checkout is at revision {revision}, expected {wanted}: check that one out first"
        )));
    }
    if !arguments.with_coverage_of.is_empty() && !ipsec_cosim_device::COUNTS_COVERAGE {
        return Err(Error::Usage(
            "--with-coverage-of: this program counts no coverage of the RTL: expected one that was built with IPSEC_COVERAGE=1"
                .to_owned(),
        ));
    }
    for other in &arguments.with_coverage_of {
        let counts = other.join(RTL_COVERAGE);
        std::fs::metadata(&counts).map_err(|error| Error::read(&counts, &error))?;
    }
    if arguments.resume {
        let (results, found) = Results::resume(&arguments.out)?;
        for complaint in &found.complaints {
            eprintln!("{complaint}");
        }
        agree(arguments, &found.header, &revision)?;
        let campaign = Campaign::new(found.header, &plan)?;
        return campaign.run(arguments, &standard, results, found.outcomes, found.seconds);
    }
    let header = header(arguments, revision)?;
    let campaign = Campaign::new(header, &plan)?;
    if arguments.list {
        for job in campaign.round(0) {
            outln!("{}", job.name);
        }
        return Ok(0);
    }
    campaign.check_build()?;
    output_folder(&arguments.out)?;
    // Of a campaign before this one.
    let _ = std::fs::remove_dir_all(arguments.out.join(RTL_FOLDER));
    let (results, aside) = Results::create(&arguments.out, &campaign.header)?;
    if let Some(aside) = aside {
        eprintln!(
            "the unfinished campaign in this folder was put aside as {}: --resume would have gone on with it",
            aside.display()
        );
    }
    campaign.run(arguments, &standard, results, Vec::new(), 0.0)
}

fn header(arguments: &Arguments, revision: String) -> Result<Header, Error> {
    let on = arguments.device.unwrap_or(On::Lockstep);
    let built = match on {
        On::Model => DeviceConfig::BUILT.to_vec(),
        _ => RtlDevice::built(),
    };
    let configs = if arguments.configs.is_empty() {
        &built
    } else {
        &arguments.configs
    };
    let rounds = arguments.rounds.unwrap_or(1);
    if rounds == 0 && arguments.time.is_none() && arguments.clocks.is_none() {
        return Err(Error::Usage(
            "--rounds 0 never ends: expected --time or --clocks with it".to_owned(),
        ));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Ok(Header {
        version: Header::VERSION,
        revision,
        seed: seed_or_draw(arguments.seed),
        plan: plan_name(arguments.plan.unwrap_or(PlanSize::Default)),
        rounds,
        filter: arguments.filter.clone(),
        only: arguments.only.clone(),
        testpoint: arguments.testpoint.clone(),
        configs: configs.iter().map(ToString::to_string).collect(),
        device: on.to_string(),
        started: now.map_or(0, |now| now.as_secs()),
    })
}

fn plan_name(plan: PlanSize) -> String {
    plan.to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// A campaign that goes on must be the one that was started.
fn agree(arguments: &Arguments, header: &Header, now: &str) -> Result<(), Error> {
    let differs = |what: &str, given: String, was: String| {
        Err(Error::Usage(format!(
            "the campaign in {} was started with {what} {was}, not {given}: leave that out, or start another one in another folder",
            arguments.out.display()
        )))
    };
    if header.revision != now {
        return differs("revision", now.to_owned(), header.revision.clone());
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let configs: Vec<_> = arguments.configs.iter().map(ToString::to_string).collect();
    let checks = [
        (
            "--seed",
            arguments.seed.map(|s| s.to_string()),
            header.seed.to_string(),
        ),
        ("--plan", arguments.plan.map(plan_name), header.plan.clone()),
        (
            "--rounds",
            arguments.rounds.map(|n| n.to_string()),
            header.rounds.to_string(),
        ),
        ("--filter", arguments.filter.clone(), text(&header.filter)),
        ("--only", arguments.only.clone(), text(&header.only)),
        (
            "--testpoint",
            arguments.testpoint.clone(),
            text(&header.testpoint),
        ),
        (
            "--device",
            arguments.device.map(|on| on.to_string()),
            header.device.clone(),
        ),
        (
            "--configs",
            (!configs.is_empty()).then(|| configs.join(",")),
            header.configs.join(","),
        ),
    ];
    for (what, given, was) in checks {
        if let Some(given) = given
            && given != was
        {
            return differs(what, given, was);
        }
    }
    Ok(())
}

/// What is to be run.
pub(super) struct Campaign {
    pub(super) header: Header,
    plan: PlanSize,
    pub(super) on: On,
    configs: Vec<DeviceConfig>,
    /// The classes of the testpoint, if one was chosen
    classes: Option<BTreeSet<String>>,
    /// Scenarios of one round
    each: usize,
}

impl Campaign {
    pub(super) fn new(header: Header, testplan: &Testplan) -> Result<Self, Error> {
        let bad = |what: &str, value: &str| {
            Error::Usage(format!("the campaign has an unknown {what} '{value}'"))
        };
        let plan =
            PlanSize::from_str(&header.plan, false).map_err(|_| bad("plan", &header.plan))?;
        let on = On::from_str(&header.device, false).map_err(|_| bad("device", &header.device))?;
        let configs = header
            .configs
            .iter()
            .map(|text| text.parse().map_err(|_| bad("configuration", text)));
        let configs = configs.collect::<Result<Vec<_>, _>>()?;
        let classes = match &header.testpoint {
            None => None,
            Some(name) => {
                let point = testplan.find(name).ok_or_else(|| {
                    let names: Vec<_> = testplan
                        .testpoints
                        .iter()
                        .map(|p| p.name.as_str())
                        .collect();
                    Error::Usage(format!(
                        "the testplan has no testpoint '{name}': expected one of {}",
                        names.join(", ")
                    ))
                })?;
                Some(point.classes().map(str::to_owned).collect())
            }
        };
        let mut campaign = Self {
            header,
            plan,
            on,
            configs,
            classes,
            each: 0,
        };
        let first = campaign.only_round().unwrap_or(0);
        campaign.each = campaign.round(first).len();
        if campaign.each == 0 {
            let header = &campaign.header;
            return Err(Error::Usage(
                match (&header.only, &header.filter, &header.testpoint) {
                    (Some(name), ..) => {
                        format!("no scenario is called '{name}': --list shows them all")
                    }
                    (_, Some(filter), _) => {
                        format!("no scenario has '{filter}' in its name: --list shows them all")
                    }
                    (_, _, Some(point)) => {
                        format!(
                            "testpoint '{point}' has no scenarios in this plan: its tests run in 'make test'"
                        )
                    }
                    _ => "there is nothing to run: no configuration is built".to_owned(),
                },
            ));
        }
        Ok(campaign)
    }

    /// The round of the one scenario.
    fn only_round(&self) -> Option<u64> {
        let name = self.header.only.as_deref()?;
        let round = name.rsplit_once(ROUND).and_then(|(_, n)| n.parse().ok());
        Some(round.unwrap_or(0))
    }

    fn rounds(&self) -> u64 {
        match (self.only_round(), self.header.rounds) {
            (Some(round), _) => round + 1,
            (None, 0) => u64::MAX,
            (None, rounds) => rounds,
        }
    }

    /// Scenarios in all, if that is known.
    pub(super) fn planned(&self) -> Option<usize> {
        match (self.only_round(), self.header.rounds) {
            (Some(_), _) => Some(self.each),
            (None, 0) => None,
            (None, rounds) => Some(self.each.saturating_mul(rounds as usize)),
        }
    }

    /// The scenarios of a round, long ones first, so that no processor is idle at the end.
    fn round(&self, round: u64) -> Vec<Job> {
        let header = &self.header;
        let seed = match round {
            0 => header.seed,
            _ => crate::rng::Rng::new(header.seed, round << 20).word() >> 32,
        };
        let mut all = jobs(self.plan, &self.configs, seed);
        if round > 0 {
            for job in &mut all {
                job.name = format!("{}{ROUND}{round}", job.name);
            }
        }
        all.retain(|job| {
            header
                .filter
                .as_ref()
                .is_none_or(|text| job.name.contains(text))
                && header.only.as_ref().is_none_or(|name| job.name == *name)
                && self
                    .classes
                    .as_ref()
                    .is_none_or(|classes| classes.contains(job.class))
        });
        all.sort_by_key(|job| std::cmp::Reverse(job.device.num_sa));
        all
    }

    /// Says at once that there is no such build.
    fn check_build(&self) -> Result<(), Error> {
        if self.on != On::Model {
            for config in &self.configs {
                devices::make(self.on, *config, 0)?;
            }
        }
        Ok(())
    }

    fn run(
        self,
        arguments: &Arguments,
        standard: &Standard<'_>,
        mut results: Results,
        before: Vec<Outcome>,
        seconds_before: f64,
    ) -> Result<u8, Error> {
        self.check_build()?;
        limits::catch_interrupts();
        let threads = arguments.jobs.map_or_else(
            || std::thread::available_parallelism().map_or(1, usize::from),
            usize::from,
        );
        let (header, out) = (&self.header, &arguments.out);
        let planned = self.planned();
        let said = planned.map_or_else(
            || format!("{} scenarios a round", self.each),
            |n| format!("{n} scenarios"),
        );
        eprintln!("seed {}, {said}, {threads} at a time", header.seed);
        if !before.is_empty() {
            eprintln!("{} of them are done already", before.len());
        }
        let start = Instant::now();
        let (ran, why) = match arguments.launcher {
            Launcher::Local => {
                self.local(arguments, standard.declared, &mut results, &before, threads)?
            }
            Launcher::Slurm => slurm::launch(&self, arguments, &mut results, &before)?,
        };
        let seconds = start.elapsed().as_secs_f64() + seconds_before;
        let mut outcomes = before;
        outcomes.extend(ran);
        let planned = planned.unwrap_or(outcomes.len());
        let left = planned.saturating_sub(outcomes.len());
        let ended = match why {
            Some(why) if left > 0 => {
                format!("{why}: {left} of {planned} scenarios were not run")
            }
            Some(why @ (Why::Interrupted | Why::Lost)) => why.to_string(),
            _ => String::new(),
        };
        if ended.is_empty() {
            results.finish(seconds - seconds_before)?;
        } else {
            eprintln!(
                "{ended}; the results of {} are in {}, --resume goes on",
                outcomes.len(),
                out.join(results::FILE).display()
            );
        }
        let mut summary = Summary::new(self.header, outcomes, planned, seconds, threads, standard);
        summary.rtl = rtl_coverage(arguments, standard.waivers)?;
        write(arguments, &summary, &ended)?;
        print(arguments, &summary);
        let holes = summary.functional.holes().count();
        let complete = !arguments.require_coverage || holes == 0;
        if !complete {
            eprintln!(
                "regress: --require-coverage: {holes} bins were not hit and are not waived: {} names them",
                arguments.out.join("coverage.json").display()
            );
        }
        Ok(match (summary.is_good() && complete, why) {
            (false, _) => 1,
            (true, Some(Why::Interrupted | Why::Lost)) => 2,
            (true, _) => 0,
        })
    }

    /// Runs what is left on this machine.
    fn local(
        &self,
        arguments: &Arguments,
        declared: &Declared,
        results: &mut Results,
        before: &[Outcome],
        threads: usize,
    ) -> Result<(Vec<Outcome>, Option<Why>), Error> {
        let done: BTreeSet<&str> = before.iter().map(|outcome| outcome.name.as_str()).collect();
        let limits = Limits::new(arguments.time, arguments.clocks, arguments.stop_after);
        let line = Mutex::new(Line {
            campaign: self,
            done,
            round: self.only_round().unwrap_or(0),
            queue: VecDeque::new(),
        });
        let left = self.planned().map(|n| n.saturating_sub(before.len()));
        let rate = Rate::new(arguments, left);
        let progress = Progress::new("regress", rate.total(), rate.unit());
        let buckets: BTreeSet<String> = before.iter().filter_map(|o| o.bucket.clone()).collect();
        let buckets = Mutex::new(buckets);
        let shared = Shared {
            header: &self.header,
            on: self.on,
            out: &arguments.out,
            shrink: Duration::from_secs(arguments.shrink),
            declared,
            claim: Box::new(|signature| {
                let mut buckets = buckets
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                buckets.insert(signature.to_owned())
            }),
        };
        let kept = Mutex::new((results, Vec::new(), None));
        let work = |worker: usize| {
            let mut store = None;
            if self.counts_rtl() && output_folder(&arguments.out.join(RTL_FOLDER)).is_ok() {
                // The process too: a resumed campaign adds to what is there.
                let name = format!("{}-{worker}", std::process::id());
                store = Some(RtlStore::new(&arguments.out, &name));
            }
            loop {
                if limits.reached().is_some() {
                    return;
                }
                let Some(job) = line.lock().ok().and_then(|mut line| line.next()) else {
                    return;
                };
                let ran = job.run(&shared, &mut store);
                let Ok(mut kept) = kept.lock() else { return };
                let (results, outcomes, stopped) = &mut *kept;
                if stopped.is_some() {
                    return;
                }
                let outcome = match ran.and_then(|outcome| results.add(&outcome).map(|()| outcome))
                {
                    Ok(outcome) => outcome,
                    Err(Error::Interrupted) => return,
                    Err(error) => {
                        *stopped = Some(error);
                        return;
                    }
                };
                limits.count(outcome.clocks, outcome.failure.is_some());
                tell(&progress, &outcome);
                rate.count(&outcome, &progress);
                outcomes.push(outcome);
            }
        };
        let stop = || kept.lock().is_ok_and(|kept| kept.2.is_some());
        std::thread::scope(|scope| {
            for worker in 1..threads {
                let work = &work;
                scope.spawn(move || work(worker));
            }
            work(0);
        });
        progress.finish();
        if stop() {
            eprintln!(
                "the results up to here are in {}, --resume goes on",
                arguments.out.join(results::FILE).display()
            );
        }
        let (_, outcomes, stopped) = kept
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match stopped {
            Some(error) => Err(error),
            None => Ok((outcomes, limits.reached())),
        }
    }

    /// Whether this build counts what of the RTL's source is exercised.
    pub(super) fn counts_rtl(&self) -> bool {
        self.on != On::Model && ipsec_cosim_device::COUNTS_COVERAGE
    }

    /// The rounds of a campaign with an end.
    fn all_rounds(&self) -> impl Iterator<Item = u64> {
        self.only_round().unwrap_or(0)..self.rounds()
    }

    /// The names of all scenarios, of a campaign with an end.
    pub(super) fn names(&self) -> Vec<String> {
        let rounds = self.all_rounds();
        rounds
            .flat_map(|round| self.round(round))
            .map(|job| job.name)
            .collect()
    }

    /// The scenarios with these names.
    pub(super) fn jobs_called<'a>(
        &'a self,
        names: &'a BTreeSet<&'a String>,
    ) -> impl Iterator<Item = Job> + 'a {
        let jobs = self.all_rounds().flat_map(|round| self.round(round));
        jobs.filter(|job| names.contains(&job.name))
    }
}

/// What is still to be run.
struct Line<'a> {
    campaign: &'a Campaign,
    done: BTreeSet<&'a str>,
    /// The one that comes next
    round: u64,
    queue: VecDeque<Job>,
}

impl Line<'_> {
    fn next(&mut self) -> Option<Job> {
        loop {
            match self.queue.pop_front() {
                Some(job) if self.done.contains(job.name.as_str()) => {}
                Some(job) => return Some(job),
                None if self.round < self.campaign.rounds() => {
                    self.queue = self.campaign.round(self.round).into();
                    self.round += 1;
                }
                None => return None,
            }
        }
    }
}

pub(super) fn tell(progress: &Progress, outcome: &Outcome) {
    let Some(failure) = &outcome.failure else {
        return;
    };
    let (name, seed) = (&outcome.name, outcome.seed);
    progress.line(&format!("FAILED {name} (seed {seed}): {failure}"));
    for command in [&outcome.reproduce, &outcome.rerun].into_iter().flatten() {
        progress.line(&format!("  {command}"));
    }
}

/// How far it is, how fast, and how long it will take.
pub(super) struct Rate {
    start: Instant,
    scenarios: Option<usize>,
    time: Option<Duration>,
    clocks: Option<u64>,
    done: AtomicU64,
    ran: AtomicU64,
    failures: AtomicU64,
}

impl Rate {
    pub(super) fn new(arguments: &Arguments, scenarios: Option<usize>) -> Self {
        Self {
            start: Instant::now(),
            scenarios,
            time: arguments.time,
            clocks: arguments.clocks,
            done: AtomicU64::new(0),
            ran: AtomicU64::new(0),
            failures: AtomicU64::new(0),
        }
    }

    pub(super) fn total(&self) -> u64 {
        match (self.scenarios, self.time, self.clocks) {
            (Some(n), ..) => n as u64,
            (None, Some(time), _) => time.as_secs(),
            (None, None, clocks) => clocks.unwrap_or(0),
        }
    }

    pub(super) fn unit(&self) -> &'static str {
        match (self.scenarios, self.time) {
            (Some(_), _) => "scenarios",
            (None, Some(_)) => "s",
            (None, None) => "clocks",
        }
    }

    pub(super) fn count(&self, outcome: &Outcome, progress: &Progress) {
        let done = 1 + self.done.fetch_add(1, Ordering::Relaxed);
        let clocks = outcome.clocks + self.ran.fetch_add(outcome.clocks, Ordering::Relaxed);
        let failed = u64::from(outcome.failure.is_some());
        let failures = failed + self.failures.fetch_add(failed, Ordering::Relaxed);
        let seconds = self.start.elapsed().as_secs_f64();
        let position = match (self.scenarios, self.time) {
            (Some(_), _) => done,
            (None, Some(_)) => seconds as u64,
            (None, None) => clocks,
        };
        progress.set(position, || {
            let mut parts = vec![match self.scenarios {
                Some(n) => format!("{done} of {n}"),
                None => format!("{done} scenarios"),
            }];
            parts.push(format!("{clocks} clocks"));
            parts.push(format!(
                "{:.0} k clocks/s",
                clocks as f64 / seconds.max(1e-3) / 1e3
            ));
            let share = |is: f64, of: f64| if of > 0.0 { is / of } else { 1.0 };
            // Whatever comes first ends it.
            let ends = [
                self.scenarios.map(|n| share(done as f64, n as f64)),
                self.time.map(|time| share(seconds, time.as_secs_f64())),
                self.clocks.map(|most| share(clocks as f64, most as f64)),
            ];
            let most = ends.into_iter().flatten().fold(0.0, f64::max);
            if most > 0.0 {
                let left = seconds * (1.0 / most.min(1.0) - 1.0);
                parts.push(format!("{} left", limits::in_words(left)));
            }
            if failures > 0 {
                parts.push(format!("{failures} failures"));
            }
            parts.join(", ")
        });
    }
}

/// Coverage of the RTL's source, in Verilator's format.
const RTL_COVERAGE: &str = "rtl_coverage.dat";

/// Coverage of the RTL's source by all workers of all sessions, written for other tools too.
fn rtl_coverage(arguments: &Arguments, waivers: &Waivers) -> Result<Option<RtlCoverage>, Error> {
    let out = &arguments.out;
    let Ok(entries) = std::fs::read_dir(out.join(RTL_FOLDER)) else {
        return Ok(None);
    };
    let mut counts = Counts::default();
    let mut paths: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .collect();
    paths.sort();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "dat"))
    {
        counts.add_file(path)?;
    }
    if counts.is_empty() {
        return Ok(None);
    }
    for other in &arguments.with_coverage_of {
        counts.add_file(&other.join(RTL_COVERAGE))?;
    }
    counts.write(&out.join(RTL_COVERAGE))?;
    put(arguments, "rtl_coverage.info", &counts.lcov())?;
    let found = RtlCoverage::new(&counts, waivers);
    put(arguments, "rtl_coverage.json", &pretty(&found))?;
    Ok(Some(found))
}

fn put(arguments: &Arguments, name: &str, text: &str) -> Result<(), Error> {
    let path = arguments.out.join(name);
    std::fs::write(&path, text).map_err(|e| Error::write(&path, &e))
}

fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// The outcome as a script reads it.
fn json(summary: &Summary) -> serde_json::Value {
    let classes: serde_json::Map<_, _> = summary
        .classes
        .iter()
        .map(|(name, class)| (name.clone(), serde_json::json!(class)))
        .collect();
    let mut outcomes = serde_json::json!(summary.outcomes);
    // What all of them hit together is in coverage.json.
    for outcome in outcomes.as_array_mut().into_iter().flatten() {
        if let Some(outcome) = outcome.as_object_mut() {
            outcome.remove("coverage");
        }
    }
    let buckets: Vec<_> = summary
        .buckets
        .iter()
        .map(|bucket| {
            serde_json::json!({
                "signature": bucket.signature,
                "scenarios": bucket.scenarios,
                "example": bucket.example.name,
            })
        })
        .collect();
    serde_json::json!({
        "device": summary.header.device,
        "seed": summary.header.seed,
        "revision": summary.header.revision,
        "scenarios": summary.total.scenarios,
        "planned": summary.planned,
        "clocks": summary.total.clocks,
        "frames": summary.total.frames,
        "divergences": summary.divergences,
        "failures": summary.total.failures,
        "seconds": (summary.seconds * 10.0).round() / 10.0,
        "clocks_per_second": summary.speed(),
        "functional_coverage": summary.functional.percent,
        "line_coverage": summary.rtl.as_ref().map(|rtl| rtl.lines.percent),
        "toggle_coverage": summary.rtl.as_ref().map(|rtl| rtl.toggles.percent),
        "classes": classes,
        "testpoints": summary.testpoints,
        "buckets": buckets,
        "outcomes": outcomes,
    })
}

fn write(arguments: &Arguments, summary: &Summary, ended: &str) -> Result<(), Error> {
    let out = &arguments.out;
    put(arguments, "summary.json", &pretty(&json(summary)))?;
    put(arguments, "coverage.json", &pretty(&summary.functional))?;
    junit::write(out, summary)?;
    let mut past = history::read(out);
    let now = history::Past::of(summary);
    // A campaign that was resumed counts once.
    past.retain(|one| (one.started, one.seed) != (now.started, now.seed));
    past.push(now.clone());
    history::add(out, &now)?;
    html::write(out, summary, &past, ended)
}

fn print(arguments: &Arguments, summary: &Summary) {
    if arguments.json {
        outln!("{}", json(summary));
        return;
    }
    outln!(
        "{:<16} {:>9} {:>12} {:>9} {:>9}",
        "class",
        "scenarios",
        "clocks",
        "frames",
        "failures"
    );
    let total = ("total".to_owned(), summary.total.clone());
    for (name, class) in summary.classes.iter().chain([&total]) {
        outln!(
            "{name:<16} {:>9} {:>12} {:>9} {:>9}",
            class.scenarios,
            class.clocks,
            class.frames,
            class.failures
        );
    }
    for bucket in &summary.buckets {
        outln!("{} times: {}", bucket.scenarios.len(), bucket.signature);
    }
    for point in summary.untested() {
        outln!("testpoint '{}' has no test", point.name);
    }
    let functional = &summary.functional;
    outln!(
        "functional coverage {} of {} bins ({:.2} %), {} waived",
        functional.hit,
        functional.bins,
        functional.percent,
        functional.waived
    );
    if let Some(rtl) = &summary.rtl {
        for (what, count) in [("lines and branches", rtl.lines), ("toggles", rtl.toggles)] {
            outln!(
                "RTL coverage: {what} {} of {} ({:.2} %), {} waived",
                count.hit,
                count.points,
                count.percent,
                count.waived
            );
        }
        match rtl.needless_waivers().count() {
            0 => {}
            count => outln!(
                "{count} waivers of RTL coverage are of no point that is missed: rtl_coverage.json"
            ),
        }
    }
    outln!(
        "{}: {} frames, {} clocks, {} divergences, {} failures; {:.0} s, {} clocks/s, seed {}",
        summary.header.device,
        summary.total.frames,
        summary.total.clocks,
        summary.divergences,
        summary.total.failures,
        summary.seconds,
        summary.speed(),
        summary.header.seed
    );
    outln!("results in {}", arguments.out.display());
}
