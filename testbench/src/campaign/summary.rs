// SPDX-License-Identifier: Apache-2.0
//! What a campaign came to: by class, by testpoint, by bucket, with its coverage.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Header, Outcome};
use crate::coverage::rtl::RtlCoverage;
use crate::coverage::{Declared, Functional, Hits, Waivers};
use crate::testplan::{Stage, Testplan};

/// Scenarios of one class together.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Class {
    /// Scenarios that ended
    pub scenarios: u64,
    /// Clocks simulated
    pub clocks: u64,
    /// Frames given
    pub frames: u64,
    /// Scenarios that failed
    pub failures: u64,
    /// Seconds of one processor
    #[serde(skip)]
    pub seconds: f64,
}

impl Class {
    fn add(&mut self, outcome: &Outcome) {
        self.scenarios += 1;
        self.clocks += outcome.clocks;
        self.frames += outcome.frames;
        self.failures += u64::from(outcome.failure.is_some());
        self.seconds += outcome.seconds;
    }
}

/// What became of a testpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Every scenario of its classes that ran is good
    Passed,
    /// One is not
    Failed,
    /// None ran in this campaign
    NotRun,
    /// Nothing tests it: the campaign fails
    Untested,
}

impl State {
    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotRun => "not run",
            Self::Untested => "untested",
        }
    }
}

/// A test of a testpoint.
#[derive(Clone, Debug, Serialize)]
pub struct Test {
    /// As the testplan calls it
    pub name: String,
    /// Scenarios of it that ran here; integration tests run in `make test`
    pub scenarios: u64,
    /// Of these, failed
    pub failures: u64,
}

/// A testpoint with its results.
#[derive(Clone, Debug, Serialize)]
pub struct TestpointOutcome {
    /// Its name
    pub name: String,
    /// Its stage
    pub stage: Stage,
    /// What it verifies
    pub description: String,
    /// What is done
    pub stimulus: String,
    /// What is looked at
    pub checks: String,
    /// What became of it
    pub state: State,
    /// Its tests
    pub tests: Vec<Test>,
    /// Bins that it is meant to hit, of which were hit
    pub hit: usize,
    /// Bins that it is meant to hit
    pub bins: usize,
}

/// Failures with one signature.
#[derive(Clone, Debug, Serialize)]
pub struct Bucket {
    /// The signature
    pub signature: String,
    /// Scenarios, by name
    pub scenarios: Vec<String>,
    /// The one that was shrunk, or has the fewest clocks
    pub example: Outcome,
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Summary {
    /// What the campaign is
    pub header: Header,
    /// Its results by name
    pub outcomes: Vec<Outcome>,
    /// Scenarios of its plan; with rounds without end, those that ran
    pub planned: usize,
    /// Wall-clock seconds
    pub seconds: f64,
    /// Scenarios at a time
    pub jobs: usize,
    /// By class, in the order of the plan
    pub classes: Vec<(String, Class)>,
    /// All classes
    pub total: Class,
    /// RTL and model differed so often
    pub divergences: u64,
    /// By testpoint
    pub testpoints: Vec<TestpointOutcome>,
    /// Classes that no testpoint names
    pub unplanned: Vec<String>,
    /// By signature, the most frequent first
    pub buckets: Vec<Bucket>,
    /// Functional coverage
    pub functional: Functional,
    /// Coverage of the RTL's source, if the build counts it
    pub rtl: Option<RtlCoverage>,
}

/// What results are held against.
#[derive(Debug)]
pub struct Standard<'a> {
    /// The testplan
    pub plan: &'a Testplan,
    /// The bins
    pub declared: &'a Declared,
    /// What need not be covered
    pub waivers: &'a Waivers,
    /// All classes that there are
    pub classes: &'a std::collections::BTreeSet<&'a str>,
}

impl Summary {
    /// Sums up.
    pub fn new(
        header: Header,
        mut outcomes: Vec<Outcome>,
        planned: usize,
        seconds: f64,
        jobs: usize,
        standard: &Standard<'_>,
    ) -> Self {
        outcomes.sort_by(|a, b| a.name.cmp(&b.name));
        let mut classes: Vec<(String, Class)> = Vec::new();
        let (mut total, mut divergences, mut hits) = (Class::default(), 0, Hits::default());
        for outcome in &outcomes {
            let at = match classes.iter().position(|(name, _)| *name == outcome.class) {
                Some(at) => at,
                None => {
                    classes.push((outcome.class.clone(), Class::default()));
                    classes.len() - 1
                }
            };
            divergences += outcome.divergences;
            hits.merge(&outcome.coverage);
            classes[at].1.add(outcome);
            total.add(outcome);
        }
        let functional = Functional::new(standard.declared, &hits, standard.waivers, standard.plan);
        let testpoints = testpoints(standard.plan, &classes, &functional);
        let unplanned = standard.plan.unplanned(standard.classes);
        Self {
            buckets: buckets(&outcomes),
            unplanned: unplanned.into_iter().map(str::to_owned).collect(),
            header,
            outcomes,
            planned,
            seconds,
            jobs,
            classes,
            total,
            divergences,
            testpoints,
            functional,
            rtl: None,
        }
    }

    /// Clocks per second of all jobs together.
    pub fn speed(&self) -> f64 {
        (self.total.clocks as f64 / self.seconds.max(1e-9)).round()
    }

    /// Testpoints that nothing tests.
    pub fn untested(&self) -> impl Iterator<Item = &TestpointOutcome> {
        self.testpoints
            .iter()
            .filter(|point| point.state == State::Untested)
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.total.failures == 0 && self.untested().next().is_none()
    }
}

fn testpoints(
    plan: &Testplan,
    classes: &[(String, Class)],
    functional: &Functional,
) -> Vec<TestpointOutcome> {
    plan.testpoints
        .iter()
        .map(|point| {
            let tests: Vec<Test> = point
                .tests
                .iter()
                .map(|name| {
                    let class = name.strip_prefix("regress/");
                    let ran = classes
                        .iter()
                        .find(|(class_name, _)| Some(class_name.as_str()) == class);
                    Test {
                        name: name.clone(),
                        scenarios: ran.map_or(0, |(_, class)| class.scenarios),
                        failures: ran.map_or(0, |(_, class)| class.failures),
                    }
                })
                .collect();
            let state = if tests.is_empty() {
                State::Untested
            } else if tests.iter().any(|test| test.failures > 0) {
                State::Failed
            } else if tests.iter().any(|test| test.scenarios > 0) {
                State::Passed
            } else {
                State::NotRun
            };
            let (hit, bins) = functional.of_testpoint(&point.name);
            TestpointOutcome {
                name: point.name.clone(),
                stage: point.stage,
                description: point.description.clone(),
                stimulus: point.stimulus.clone(),
                checks: point.checks.clone(),
                state,
                tests,
                hit,
                bins,
            }
        })
        .collect()
}

fn buckets(outcomes: &[Outcome]) -> Vec<Bucket> {
    let mut by_signature: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        if let Some(failure) = &outcome.failure {
            let signature = outcome.bucket.as_deref().unwrap_or(failure);
            by_signature.entry(signature).or_default().push(outcome);
        }
    }
    let mut buckets: Vec<Bucket> = by_signature
        .into_iter()
        .filter_map(|(signature, all)| {
            // Shrunk ones first, then the shortest.
            let example = all.iter().min_by_key(|outcome| {
                let shrunk = outcome.operations.is_some_and(|(from, to)| to < from);
                (!shrunk, outcome.clocks, &outcome.name)
            })?;
            Some(Bucket {
                signature: signature.to_owned(),
                scenarios: all.iter().map(|outcome| outcome.name.clone()).collect(),
                example: (*example).clone(),
            })
        })
        .collect();
    buckets.sort_by_key(|bucket| std::cmp::Reverse(bucket.scenarios.len()));
    buckets
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::campaign::results::tests::{header, outcome};

    pub(crate) fn summary() -> Summary {
        let classes = ["frames", "stalls"].into();
        let plan: Testplan = serde_json::from_str(
            r#"{"version": 1, "testpoints": [
                {"name": "good", "stage": "V1", "description": "d<b>", "stimulus": "", "checks": "",
                 "tests": ["regress/frames"], "coverage": ["command.*"]},
                {"name": "bad", "stage": "V2", "description": "", "stimulus": "", "checks": "",
                 "tests": ["regress/stalls", "cargo/testbench::runner"]},
                {"name": "later", "stage": "V2", "description": "", "stimulus": "", "checks": "", "tests": ["regress/none"]},
                {"name": "nobody", "stage": "V3", "description": "", "stimulus": "", "checks": "", "tests": []}]}"#,
        )
        .unwrap();
        let declared = Declared::packaged().unwrap();
        let mut failed = outcome("stalls-16x1-1", Some("irq_o differs; at the pins"));
        failed.operations = Some((40, 3));
        let mut good = outcome("frames-16x1-0", None);
        good.coverage.0.insert("command.slot=0".to_owned(), 3);
        good.coverage.0.insert("command.slot=9".to_owned(), 3);
        let outcomes = vec![
            failed,
            outcome("stalls-16x1-0", Some("irq_o differs; at the pins")),
            good,
        ];
        let standard = Standard {
            plan: &plan,
            declared: &declared,
            waivers: &Waivers::default(),
            classes: &classes,
        };
        Summary::new(header(), outcomes, 4, 2.0, 1, &standard)
    }

    #[test]
    fn results_by_testpoint_and_bucket() {
        let summary = summary();
        let states: Vec<_> = summary.testpoints.iter().map(|t| t.state).collect();
        assert_eq!(
            states,
            [State::Passed, State::Failed, State::NotRun, State::Untested]
        );
        assert!(!summary.is_good());
        assert_eq!(summary.total.failures, 2);
        assert_eq!(summary.buckets.len(), 1);
        assert_eq!(summary.buckets[0].example.name, "stalls-16x1-1");
        assert_eq!(summary.buckets[0].scenarios.len(), 2);
        assert_eq!(summary.functional.hit, 1);
        assert_eq!(summary.functional.undeclared, ["command.slot=9"]);
        assert_eq!(summary.testpoints[0].hit, 1);
        assert!(
            summary
                .functional
                .holes()
                .any(|bin| bin.testpoints == ["good"])
        );
        assert_eq!(summary.speed(), 1500.0);
    }
}
