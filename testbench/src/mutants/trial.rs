// SPDX-License-Identifier: Apache-2.0
//! The regression on one mutant, in a process of its own: what crashes or hangs there ends nothing else.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::copy::VARIABLE;
use crate::campaign::limits;
use crate::error::Error;

/// What a trial is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Device parameters, in order
    pub configs: Vec<String>,
    /// Seed of the regression
    pub seed: u64,
    /// Scenarios in order; none: all of the plan, and none of them ends it
    pub tests: Vec<String>,
    /// Processor time that it may take
    pub seconds: f64,
}

/// What a trial says while it runs: one line of JSON each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Said {
    /// A scenario begins
    Begin(String),
    /// A scenario ended well
    Good(Test),
    /// One did not
    Bad {
        /// The scenario, and how far it came
        test: Test,
        /// What noticed it
        how: How,
        /// What it said
        message: String,
    },
    /// There is no more to run
    End {
        /// The time was over before that
        limited: bool,
    },
}

/// A scenario that ran.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// Its name
    pub name: String,
    /// Its device
    pub config: String,
    /// Clocks
    pub clocks: u64,
    /// Processor time
    pub seconds: f64,
}

/// What notices a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// RTL and model differ
    Divergence,
    /// An assertion of the RTL
    Assertion,
    /// An expectation of the scenario
    Judge,
    /// A known answer of the GCM core
    KnownAnswer,
    /// Nothing happens any more
    Hang,
    /// The simulation ends: no convergence, an abort, a panic
    Crash,
}

impl std::fmt::Display for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Divergence => "divergence",
            Self::Assertion => "assertion",
            Self::Judge => "judge",
            Self::KnownAnswer => "known answer",
            Self::Hang => "hang",
            Self::Crash => "crash",
        })
    }
}

/// What a trial came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ran {
    /// Scenarios that ended well
    pub good: Vec<Test>,
    /// The one that did not
    pub killed: Option<(String, How, String)>,
    /// Clocks in all
    pub clocks: u64,
    /// Processor time in all
    pub seconds: f64,
    /// The time was over before the scenarios were
    pub limited: bool,
}

/// Signals by which a program ends itself.
const OWN: [i32; 6] = [4, 5, 6, 7, 8, 11];

/// Runs a trial of the program on a mutant. `Ok(None)`: it was ended from outside, and says nothing.
///
/// # Errors
/// The program cannot be started, or does not understand its task.
pub fn run(program: &Path, task: &Path, limit: f64, mutant: u32) -> Result<Option<Ran>, Error> {
    let failed = |what: String| Error::Usage(format!("{}: {what}", program.display()));
    let mut child = Command::new(program)
        .args(["mutate", "--trial"])
        .arg(task)
        .env(VARIABLE, mutant.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| failed(format!("cannot be started: {e}")))?;
    // Others may have the processors too; a clock that never ends is noticed here alone.
    let deadline = Instant::now() + Duration::from_secs_f64(4.0 * limit + 30.0);
    let (mut ran, running, ended) = listen(&mut child, deadline);
    let Some(status) = ended else {
        let _ = child.kill();
        let _ = child.wait();
        if limits::interrupted() {
            return Ok(None);
        }
        let said = "a clock that does not end".to_owned();
        ran.killed.get_or_insert((running, How::Hang, said));
        return Ok(Some(ran));
    };
    if limits::interrupted() {
        return Ok(None);
    }
    if status.success() {
        return Ok(Some(ran));
    }
    match signal(status) {
        Some(signal) if OWN.contains(&signal) => {
            let said = format!("ended by signal {signal}");
            ran.killed.get_or_insert((running, How::Crash, said));
            Ok(Some(ran))
        }
        Some(_) => Ok(None),
        None => Err(failed(format!("a trial ended with {status}"))),
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// Hears it out: what it said, the scenario under way, how it ended (`None`: it did not).
fn listen(child: &mut Child, deadline: Instant) -> (Ran, String, Option<ExitStatus>) {
    let mut ran = Ran::default();
    let mut running = String::new();
    let (send, receive) = channel();
    let Some(out) = child.stdout.take() else {
        return (ran, running, child.wait().ok());
    };
    // Ends with the pipe.
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    loop {
        match receive.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => match serde_json::from_str(&line) {
                Ok(Said::Begin(name)) => running = name,
                Ok(Said::Good(test)) => {
                    ran.clocks += test.clocks;
                    ran.seconds += test.seconds;
                    ran.good.push(test);
                }
                Ok(Said::Bad { test, how, message }) => {
                    ran.clocks += test.clocks;
                    ran.seconds += test.seconds;
                    ran.killed = Some((test.name, how, message));
                }
                Ok(Said::End { limited }) => ran.limited = limited,
                Err(_) => {}
            },
            Err(RecvTimeoutError::Disconnected) => return (ran, running, child.wait().ok()),
            Err(RecvTimeoutError::Timeout) => {
                if limits::interrupted() || Instant::now() > deadline {
                    return (ran, running, None);
                }
            }
        }
    }
}
