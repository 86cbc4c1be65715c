// SPDX-License-Identifier: Apache-2.0
//! A campaign as job arrays of Slurm. Each task writes its results into files of its own; this process only watches
//! them grow, so that a task that dies costs nothing but what it had not finished, and that is run again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Arguments;
use super::job::{RTL_FOLDER, RtlStore, Shared};
use super::session::{Campaign, Rate, tell};
use crate::campaign::limits::{self, Limits, Why};
use crate::campaign::{Header, Outcome, Results, results};
use crate::commands::output_folder;
use crate::coverage::Declared;
use crate::error::{Error, read_json};
use crate::progress::Progress;
use crate::testplan::Testplan;

/// The folder of an attempt's files.
const FOLDER: &str = "slurm";

/// How often what is missing is submitted.
const ATTEMPTS: usize = 4;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// What the tasks of a job array are to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Attempt {
    header: Header,
    number: usize,
    shrink: u64,
    /// The folder of the campaign, absolute
    out: PathBuf,
    /// Names of the scenarios of each task
    tasks: Vec<Vec<String>>,
}

/// Runs a program of Slurm.
fn slurm(program: &str, arguments: &[&str]) -> Result<Output, Error> {
    Command::new(program)
        .args(arguments)
        .output()
        .map_err(|error| {
            Error::Usage(format!(
                "Slurm is missing: {program} cannot be run ({error}); --launcher local needs none"
            ))
        })
}

/// As [`slurm`], for what must work.
fn slurm_text(program: &str, arguments: &[&str]) -> Result<String, Error> {
    let output = slurm(program, arguments)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("no message");
        return Err(Error::Usage(format!("{program} fails: {said}")));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Tasks that an array may have.
fn most_tasks() -> Result<usize, Error> {
    let config = slurm_text("scontrol", &["show", "config"])?;
    let value = config.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "MaxArraySize").then(|| value.trim().parse::<usize>().ok())?
    });
    Ok(value.unwrap_or(1001).saturating_sub(1).max(1))
}

/// A job array that was submitted.
struct Array {
    job: String,
    /// Whoever leaves without waiting takes it along.
    over: bool,
}

impl Array {
    fn submit(arguments: &Arguments, attempt: &Attempt, file: &Path) -> Result<Self, Error> {
        let program = std::env::current_exe().map_err(|error| {
            Error::Usage(format!("this program does not know its place: {error}"))
        })?;
        let quoted =
            |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
        let script = format!(
            "exec {} regress --worker {}",
            quoted(&program),
            quoted(file)
        );
        let log = attempt
            .out
            .join(FOLDER)
            .join(format!("log-{}-%a.txt", attempt.number));
        let array = format!("--array=0-{}", attempt.tasks.len() - 1);
        let (log, wrap) = (
            format!("--output={}", log.display()),
            format!("--wrap={script}"),
        );
        let folder = format!("--chdir={}", attempt.out.display());
        let mut all = vec![
            "--parsable",
            "--job-name=ipsec-cosim",
            "--ntasks=1",
            "--cpus-per-task=1",
            "--requeue",
        ];
        all.extend(["--open-mode=append", &array, &log, &folder]);
        all.extend(arguments.slurm_options.split_whitespace());
        all.push(&wrap);
        let said = slurm_text("sbatch", &all)?;
        // With a cluster's name behind it, if there are several.
        let job = said.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { job, over: false })
    }

    /// States of the tasks that are not over yet and, for a while, of those that are.
    fn states(&self) -> Result<BTreeMap<usize, String>, Error> {
        let output = slurm(
            "squeue",
            &["-h", "-r", "-t", "all", "-j", &self.job, "-o", "%K %T"],
        )?;
        let text = String::from_utf8_lossy(&output.stdout);
        let said = String::from_utf8_lossy(&output.stderr);
        // Forgotten is over; a controller that does not answer is not.
        if !output.status.success() && !said.contains("Invalid job id") {
            return Ok(BTreeMap::from([(usize::MAX, "UNKNOWN".to_owned())]));
        }
        Ok(text
            .lines()
            .filter_map(|line| {
                let (task, state) = line.split_once(' ')?;
                Some((task.parse().ok()?, state.trim().to_owned()))
            })
            .collect())
    }

    fn cancel(&mut self) {
        let _ = slurm("scancel", &[&self.job]);
        self.over = true;
    }
}

impl Drop for Array {
    fn drop(&mut self) {
        if !self.over {
            self.cancel();
        }
    }
}

fn ended(state: &str) -> bool {
    !matches!(
        state,
        "PENDING"
            | "RUNNING"
            | "COMPLETING"
            | "CONFIGURING"
            | "SUSPENDED"
            | "REQUEUED"
            | "REQUEUE_HOLD"
            | "RESIZING"
            | "SIGNALING"
            | "STAGE_OUT"
            | "STOPPED"
            | "UNKNOWN"
            | "REQUEUE_FED"
    )
}

/// Results as the tasks write them.
struct Parts {
    folder: PathBuf,
    /// Bytes read of each file
    read: BTreeMap<PathBuf, u64>,
    seen: BTreeSet<String>,
}

impl Parts {
    /// Results that were not there before, each scenario once.
    fn new_ones(&mut self) -> Result<Vec<Outcome>, Error> {
        let mut found = Vec::new();
        let entries = std::fs::read_dir(&self.folder).map_err(|e| Error::read(&self.folder, &e))?;
        let mut paths: Vec<_> = entries
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .collect();
        paths.sort();
        for path in paths
            .iter()
            .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        {
            let length = std::fs::metadata(path).map_or(0, |meta| meta.len());
            if self.read.get(path) == Some(&length) {
                continue;
            }
            for outcome in results::read_part(path)? {
                if self.seen.insert(outcome.name.clone()) {
                    found.push(outcome);
                }
            }
            self.read.insert(path.clone(), length);
        }
        Ok(found)
    }
}

/// Runs what is left as job arrays.
pub(super) fn launch(
    campaign: &Campaign,
    arguments: &Arguments,
    results: &mut Results,
    before: &[Outcome],
) -> Result<(Vec<Outcome>, Option<Why>), Error> {
    slurm_text("sbatch", &["--version"])?;
    if campaign.planned().is_none() {
        return Err(Error::Usage(
            "--launcher slurm needs an end that is known: expected --rounds 1 or more".to_owned(),
        ));
    }
    let out = std::path::absolute(&arguments.out).map_err(|e| Error::write(&arguments.out, &e))?;
    let folder = out.join(FOLDER);
    if !arguments.resume {
        // Of a campaign before this one.
        let _ = std::fs::remove_dir_all(&folder);
    }
    output_folder(&folder.join("buckets"))?;
    let names = campaign.names();
    let most = most_tasks()?.min(usize::from(arguments.tasks));
    let limits = Limits::new(arguments.time, arguments.clocks, arguments.stop_after);
    let rate = Rate::new(arguments, Some(names.len().saturating_sub(before.len())));
    let progress = Progress::new("regress", rate.total(), rate.unit());
    let mut parts = Parts {
        folder: folder.clone(),
        read: BTreeMap::new(),
        seen: before.iter().map(|outcome| outcome.name.clone()).collect(),
    };
    let mut all = Vec::new();
    let mut take = |parts: &mut Parts| -> Result<(), Error> {
        for outcome in parts.new_ones()? {
            results.add(&outcome)?;
            limits.count(outcome.clocks, outcome.failure.is_some());
            tell(&progress, &outcome);
            rate.count(&outcome, &progress);
            all.push(outcome);
        }
        Ok(())
    };
    // A campaign that is resumed may have results that nobody took.
    take(&mut parts)?;
    let mut why = limits.reached();
    let first = (0..)
        .find(|k| !folder.join(format!("attempt-{k}.json")).exists())
        .unwrap_or(0);
    for number in first..first + ATTEMPTS {
        let left: Vec<&String> = names
            .iter()
            .filter(|name| !parts.seen.contains(*name))
            .collect();
        if left.is_empty() || why.is_some() {
            break;
        }
        let tasks = most.min(left.len());
        let attempt = Attempt {
            header: campaign.header.clone(),
            number,
            shrink: arguments.shrink,
            out: out.clone(),
            tasks: (0..tasks)
                .map(|task| {
                    left.iter()
                        .skip(task)
                        .step_by(tasks)
                        .map(|name| (*name).clone())
                        .collect()
                })
                .collect(),
        };
        let file = folder.join(format!("attempt-{number}.json"));
        let text = serde_json::to_string(&attempt).unwrap_or_default();
        std::fs::write(&file, text).map_err(|e| Error::write(&file, &e))?;
        let mut array = Array::submit(arguments, &attempt, &file)?;
        progress.line(&format!(
            "Slurm job {}: {} scenarios in {tasks} tasks",
            array.job,
            left.len()
        ));
        let mut states = BTreeMap::new();
        loop {
            std::thread::sleep(LOOK);
            take(&mut parts)?;
            why = limits.reached();
            if why.is_some() {
                array.cancel();
                break;
            }
            let now = array.states()?;
            let over = now.values().all(|state| ended(state));
            states.extend(now);
            if over {
                array.over = true;
                break;
            }
        }
        // What was written last.
        take(&mut parts)?;
        if why.is_none() {
            lost(&attempt, &parts, &states, &progress);
        }
    }
    progress.finish();
    let missing = names
        .iter()
        .filter(|name| !parts.seen.contains(*name))
        .count();
    if missing > 0 && why.is_none() {
        why = Some(Why::Lost);
    }
    Ok((all, why))
}

/// Says which tasks did not do what they should.
fn lost(attempt: &Attempt, parts: &Parts, states: &BTreeMap<usize, String>, progress: &Progress) {
    for (task, names) in attempt.tasks.iter().enumerate() {
        let missing = names
            .iter()
            .filter(|name| !parts.seen.contains(*name))
            .count();
        if missing > 0 {
            let state = states.get(&task).map_or("gone", String::as_str);
            progress.line(&format!(
                "task {task} of attempt {} ended ({}) without {missing} of its {} results: they are run again; its log is {}",
                attempt.number,
                state.to_lowercase(),
                names.len(),
                attempt.out.join(FOLDER).join(format!("log-{}-{task}.txt", attempt.number)).display()
            ));
        }
    }
}

/// Does the work of one task: that which `SLURM_ARRAY_TASK_ID` names.
pub(super) fn work(file: &Path, testplan: &Testplan, declared: &Declared) -> Result<u8, Error> {
    limits::catch_interrupts();
    let attempt: Attempt = read_json(file)?;
    let task = std::env::var("SLURM_ARRAY_TASK_ID").unwrap_or_default();
    let task: usize = task.parse().map_err(|_| {
        Error::Usage(format!(
            "SLURM_ARRAY_TASK_ID is '{task}': expected the number of a task"
        ))
    })?;
    let Some(names) = attempt.tasks.get(task) else {
        return Err(Error::Usage(format!(
            "SLURM_ARRAY_TASK_ID is {task}: expected 0 to {}",
            attempt.tasks.len().saturating_sub(1)
        )));
    };
    let folder = attempt.out.join(FOLDER);
    let campaign = Campaign::new(attempt.header, testplan)?;
    // A task that Slurm started again goes on where it was.
    let mut done = BTreeSet::new();
    let prefix = format!("part-{}-{task}-", attempt.number);
    let entries = std::fs::read_dir(&folder).map_err(|e| Error::read(&folder, &e))?;
    for path in entries.filter_map(|entry| entry.ok().map(|e| e.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(&prefix) {
            done.extend(
                results::read_part(&path)?
                    .into_iter()
                    .map(|outcome| outcome.name),
            );
        }
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let me = format!("{}-{}", host.trim(), std::process::id());
    let path = folder.join(format!("{prefix}{me}.jsonl"));
    let mut part = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| Error::write(&path, &e))?;
    let buckets = folder.join("buckets");
    let shared = Shared {
        header: &campaign.header,
        on: campaign.on,
        out: &attempt.out,
        shrink: Duration::from_secs(attempt.shrink),
        declared,
        // The first one to make the file shrinks.
        claim: Box::new(move |signature| {
            let mut hash = DefaultHasher::new();
            signature.hash(&mut hash);
            let path = buckets.join(format!("{:016x}", hash.finish()));
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(path)
                .is_ok()
        }),
    };
    let mut store = None;
    if campaign.counts_rtl() {
        output_folder(&attempt.out.join(RTL_FOLDER))?;
        store = Some(RtlStore::new(&attempt.out, &me));
    }
    let wanted: BTreeSet<&String> = names.iter().filter(|name| !done.contains(*name)).collect();
    for job in campaign.jobs_called(&wanted) {
        let outcome = job.run(&shared, &mut store)?;
        let mut text = serde_json::to_string(&outcome).unwrap_or_default();
        text.push('\n');
        part.write_all(text.as_bytes())
            .and_then(|()| part.sync_data())
            .map_err(|e| Error::write(&path, &e))?;
    }
    Ok(0)
}
