// SPDX-License-Identifier: Apache-2.0
//! Functional coverage of a campaign: what was hit, what was not and which testpoint should have.

use serde::Serialize;

use super::{Declared, Hits, Waivers};
use crate::testplan::{Testplan, matches};

/// What became of a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// At least once
    Hit,
    /// Not hit, and need not be
    Waived,
    /// Not hit
    Hole,
}

/// A bin.
#[derive(Clone, Debug, Serialize)]
pub struct Bin {
    /// Its name
    pub name: String,
    /// Hits
    pub hits: u64,
    /// What became of it
    pub state: State,
    /// The testpoints that are meant to hit it
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub testpoints: Vec<String>,
    /// Why it need not be hit
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The bins of a group.
#[derive(Clone, Debug, Serialize)]
pub struct GroupOutcome {
    /// Its name
    pub name: String,
    /// What it shows
    pub description: String,
    /// Bins that count: all but the waived
    pub bins: usize,
    /// Of these, hit
    pub hit: usize,
    /// Waived
    pub waived: usize,
    /// All of them
    pub all: Vec<Bin>,
}

/// Functional coverage of a campaign.
#[derive(Clone, Debug, Serialize)]
pub struct Functional {
    /// Bins that count
    pub bins: usize,
    /// Of these, hit
    pub hit: usize,
    /// Waived
    pub waived: usize,
    /// hit / bins in percent
    pub percent: f64,
    /// By group
    pub groups: Vec<GroupOutcome>,
    /// Values that no point declares: the declaration is incomplete
    pub undeclared: Vec<String>,
    /// Waivers of bins that were hit
    pub needless_waivers: Vec<String>,
}

/// hit / bins in percent, to two places.
pub(crate) fn percent(hit: usize, of: usize) -> f64 {
    if of == 0 {
        return 100.0;
    }
    (hit as f64 * 10_000.0 / of as f64).floor() / 100.0
}

impl Functional {
    /// Holds hits against what is declared.
    pub fn new(declared: &Declared, hits: &Hits, waivers: &Waivers, plan: &Testplan) -> Self {
        let mut groups = Vec::new();
        let mut known = std::collections::BTreeSet::new();
        for group in &declared.groups {
            let all: Vec<Bin> = group
                .bins()
                .into_iter()
                .map(|name| {
                    let hits = hits.of(&name);
                    let waiver = waivers.of_bin(&name);
                    let state = match (hits, waiver) {
                        (1.., _) => State::Hit,
                        (0, Some(_)) => State::Waived,
                        (0, None) => State::Hole,
                    };
                    let meant = plan.testpoints.iter().filter(|point| {
                        point.coverage.iter().any(|pattern| matches(pattern, &name))
                    });
                    Bin {
                        hits,
                        state,
                        testpoints: meant.map(|point| point.name.clone()).collect(),
                        reason: waiver.map(|waiver| waiver.reason.clone()),
                        name,
                    }
                })
                .collect();
            known.extend(all.iter().map(|bin| bin.name.clone()));
            let count = |state| all.iter().filter(|bin| bin.state == state).count();
            let (hit, waived) = (count(State::Hit), count(State::Waived));
            groups.push(GroupOutcome {
                name: group.name.clone(),
                description: group.description.clone(),
                bins: all.len() - waived,
                hit,
                waived,
                all,
            });
        }
        let sum = |of: fn(&GroupOutcome) -> usize| groups.iter().map(of).sum::<usize>();
        let (bins, hit, waived) = (sum(|g| g.bins), sum(|g| g.hit), sum(|g| g.waived));
        let needless = waivers.functional.iter().filter(|waiver| {
            known
                .iter()
                .filter(|name| matches(&waiver.pattern, name))
                .all(|name| hits.of(name) > 0)
        });
        Self {
            bins,
            hit,
            waived,
            percent: percent(hit, bins),
            undeclared: hits
                .0
                .keys()
                .filter(|name| !known.contains(*name))
                .cloned()
                .collect(),
            needless_waivers: needless.map(|waiver| waiver.pattern.clone()).collect(),
            groups,
        }
    }

    /// The bins that were not hit.
    pub fn holes(&self) -> impl Iterator<Item = &Bin> {
        let all = self.groups.iter().flat_map(|group| &group.all);
        all.filter(|bin| bin.state == State::Hole)
    }

    /// Bins that a testpoint is meant to hit, and how many were.
    pub fn of_testpoint(&self, name: &str) -> (usize, usize) {
        let all = self.groups.iter().flat_map(|group| &group.all);
        all.filter(|bin| {
            bin.state != State::Waived && bin.testpoints.iter().any(|point| point == name)
        })
        .fold((0, 0), |(hit, bins), bin| {
            (hit + usize::from(bin.state == State::Hit), bins + 1)
        })
    }
}
