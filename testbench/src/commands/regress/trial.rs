// SPDX-License-Identifier: Apache-2.0
//! The regression on one mutant, which the environment selects: the work of a process of `ipsec-cosim mutate`.

use std::collections::HashMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use cpu_time::ProcessTime;
use ipsec_cosim_device::{DeviceConfig, DeviceError};

use super::{Job, PlanSize, Source, jobs};
use crate::devices::On;
use crate::error::{Error, read_json};
use crate::failure::{self, Ended};
use crate::mutants::trial::{How, Said, Task, Test};
use crate::zeroization;

/// How many clocks go between two looks at the time.
const LOOK_EVERY: u32 = 4096;

/// What ends a scenario when the time is over.
struct Over;

/// Does what the file says.
///
/// # Errors
/// The file is no task, or names a scenario that there is not.
pub fn work(file: &Path) -> Result<u8, Error> {
    let task: Task = read_json(file)?;
    let start = ProcessTime::now();
    let configs = task.configs.iter().map(|text| {
        text.parse::<DeviceConfig>()
            .map_err(|_| Error::content(file, "configs", format!("no configuration: '{text}'")))
    });
    let all = jobs(
        PlanSize::Default,
        &configs.collect::<Result<Vec<_>, _>>()?,
        task.seed,
    );
    let baseline = task.tests.is_empty();
    let chosen: Vec<&Job> = if baseline {
        all.iter().collect()
    } else {
        let by_name: HashMap<&str, &Job> = all.iter().map(|job| (job.name.as_str(), job)).collect();
        let find = |name: &String| {
            by_name
                .get(name.as_str())
                .copied()
                .ok_or_else(|| Error::content(file, "tests", format!("no scenario: '{name}'")))
        };
        task.tests.iter().map(find).collect::<Result<_, _>>()?
    };
    // What the design says when it stops is a result here.
    std::panic::set_hook(Box::new(|_| {}));
    let mut limited = false;
    for job in chosen {
        let over = || !baseline && start.elapsed().as_secs_f64() >= task.seconds;
        if over() {
            limited = true;
            break;
        }
        say(&Said::Begin(job.name.clone()));
        let before = start.elapsed().as_secs_f64();
        let (clocks, bad) = match job.trial(over) {
            Ok(Some(tried)) => tried,
            Ok(None) => {
                limited = true;
                break;
            }
            // It stopped before its first clock.
            Err(Error::Device(error)) => (0, Some((How::Crash, error.to_string()))),
            Err(error) => return Err(error),
        };
        let test = Test {
            name: job.name.clone(),
            config: job.device.to_string(),
            clocks,
            seconds: start.elapsed().as_secs_f64() - before,
        };
        match bad {
            None => say(&Said::Good(test)),
            Some((how, message)) => {
                say(&Said::Bad { test, how, message });
                break;
            }
        }
    }
    say(&Said::End { limited });
    Ok(0)
}

fn say(what: &Said) {
    let mut text = serde_json::to_string(what).unwrap_or_default();
    text.push('\n');
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Clocks, and what is wrong.
type Tried = (u64, Option<(How, String)>);

impl Job {
    /// Runs it; `None`: the time was over first.
    fn trial(&self, over: impl Fn() -> bool) -> Result<Option<Tried>, Error> {
        if matches!(self.source, Source::GcmCore) {
            let outcome = self.gcm_core(On::Rtl)?;
            let bad = outcome.failure.map(|said| (How::KnownAnswer, said));
            return Ok(Some((outcome.clocks, bad)));
        }
        if matches!(self.source, Source::Zeroization) {
            let found = zeroization::check(self.device, self.seed, over)?;
            return Ok(found.map(|found| (found.clocks, found.left.map(|said| (How::Judge, said)))));
        }
        let scenario = self.scenario()?;
        let mut left = LOOK_EVERY;
        let played = catch_unwind(AssertUnwindSafe(|| {
            failure::play(&scenario, On::Lockstep, None, |_| {
                left -= 1;
                if left == 0 {
                    left = LOOK_EVERY;
                    if over() {
                        std::panic::resume_unwind(Box::new(Over));
                    }
                }
            })
        }));
        let ended = match played {
            Ok(ended) => ended?,
            Err(panic) if panic.is::<Over>() => return Ok(None),
            Err(panic) => Ended::of_panic(panic.as_ref()),
        };
        let bad = ended.message().map(|said| (how(&ended, &said), said));
        Ok(Some((ended.result.clocks, bad)))
    }
}

fn how(ended: &Ended, said: &str) -> How {
    match &ended.error {
        Some(DeviceError::Divergence(_)) => How::Divergence,
        Some(DeviceError::Sim(_)) if said.contains("assertion") => How::Assertion,
        Some(_) => How::Crash,
        None if said.contains("without progress") => How::Hang,
        None => How::Judge,
    }
}
