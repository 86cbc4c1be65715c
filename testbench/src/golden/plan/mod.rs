// SPDX-License-Identifier: Apache-2.0
//! What is in a pack: plans, and the scenarios that their cases are recorded from.

mod alive;
mod commands;
mod frames;
mod modes;
mod state;
mod verdicts;

use clap::ValueEnum;
use ipsec_cosim_device::DeviceConfig;

use super::record::AtEnd;
use crate::scenario::{Expected, Operation, Scenario, Until};

/// A plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Plan {
    /// The smoke set, and a case for everything that does not need a race or a stall
    Default,
    /// The smoke set, and a case of each group
    Short,
    /// The smoke set alone
    Smoke,
}

impl std::fmt::Display for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Short => "short",
            Self::Smoke => "smoke",
        })
    }
}

/// A case that is not recorded yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its name
    pub name: String,
    /// Cases of the same matter
    pub group: &'static str,
    /// What it shows
    pub description: String,
    /// What to look at if it fails
    pub suspect: &'static str,
    /// The point of the testplan that it belongs to
    pub testpoint: &'static str,
    /// One of the smoke set
    pub smoke: bool,
    /// One of [`Plan::Short`]
    pub short: bool,
    /// What is looked at behind the last operation
    pub at_end: AtEnd,
    /// What is done
    pub scenario: Scenario,
}

impl Draft {
    /// A case that reads the counters at its end. The scenario is made [serial](serial).
    fn new(
        group: &'static str,
        testpoint: &'static str,
        suspect: &'static str,
        description: impl Into<String>,
        scenario: Scenario,
    ) -> Self {
        let mut scenario = serial(&scenario);
        let name = format!("{group}-{}", scenario.name);
        scenario.name.clone_from(&name);
        Self {
            name,
            group,
            description: description.into(),
            suspect,
            testpoint,
            smoke: false,
            short: false,
            at_end: AtEnd::Counters,
            scenario,
        }
    }

    /// One of [`Plan::Short`].
    fn short(mut self) -> Self {
        self.short = true;
        self
    }
}

/// The cases of a plan, in order; the smoke set comes first.
pub fn drafts(plan: Plan, device: DeviceConfig, seed: u64) -> Vec<Draft> {
    let mut all = alive::smoke(device, seed);
    if plan != Plan::Smoke {
        all.extend(alive::drafts(device, seed));
        all.extend(commands::drafts(device, seed));
        all.extend(modes::drafts(device, seed));
        all.extend(frames::drafts(device, seed));
        all.extend(verdicts::drafts(device, seed));
        all.extend(state::drafts(device, seed));
    }
    if plan == Plan::Short {
        all.retain(|draft| draft.smoke || draft.short);
    }
    all
}

/// The same operations, each of which has ended before one of another kind begins: what comes of it depends on no
/// time. (What a player issues at once a bench does one after the other.)
pub fn serial(scenario: &Scenario) -> Scenario {
    let mut out = Scenario::new(&scenario.name, scenario.device, scenario.seed);
    let mut before: Option<bool> = None;
    for timed in &scenario.operations {
        let frame = matches!(timed.op, Operation::Frame(_));
        // Of these the author does not know which it is, as the bundle's mode may be on its way.
        let alone = match &timed.op {
            Operation::Frame(op) => match &op.expect {
                Some(Expected::Received { status, .. }) => status.len() > 1,
                _ => false,
            },
            Operation::Command { .. } => true,
            _ => false,
        };
        if before.is_some_and(|before| before != frame) || alone && before.is_some() {
            out.wait(Until::Idle);
        }
        out.push(timed.op.clone());
        match &timed.op {
            Operation::SoftReset {} | Operation::Reset { .. } => {
                out.wait(Until::InitDone);
            }
            _ if alone => {
                out.wait(Until::Idle);
            }
            _ => {}
        }
        before = Some(frame);
    }
    out.wait(Until::Idle);
    out
}
