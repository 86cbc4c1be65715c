// SPDX-License-Identifier: Apache-2.0
//! What is to be covered: groups of points with their bins, and crosses of points.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ipsec_cosim_device::DeviceConfig;
use serde::{Deserialize, Serialize};

use super::Hits;
use crate::error::{Error, parse_json};
use crate::testplan::matches;

const PACKAGED: &str = include_str!("../../testplan/coverage.json");
const PACKAGED_NAME: &str = "testbench/testplan/coverage.json";
const VERSION: u32 = 1;

/// All that is to be covered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// 1
    pub version: u32,
    /// In the order of reports
    pub groups: Vec<Group>,
}

/// Points that are sampled together.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// As the collector calls it
    pub name: String,
    /// When it is sampled, and what it shows
    pub description: String,
    /// What is sampled
    pub points: Vec<Point>,
    /// Points whose combinations are bins too
    #[serde(default)]
    pub crosses: Vec<Vec<String>>,
    /// Combinations that cannot be
    #[serde(default)]
    pub impossible: Vec<Impossible>,
    /// Bins that only a race of events or a stalled port hits: no golden vector, which knows no time, can
    #[serde(default)]
    pub timed: Vec<Impossible>,
}

/// One value of a sample.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// As the collector calls it
    pub name: String,
    /// Its values
    pub bins: Vec<String>,
    /// Only its crosses are of interest
    #[serde(default)]
    pub only_crossed: bool,
}

/// Combinations that cannot be.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impossible {
    /// Values by point, all of which must match; `*` stands for any text
    pub when: BTreeMap<String, Vec<String>>,
    /// The rule that says so
    pub why: String,
}

impl Impossible {
    fn holds(&self, values: &[(&str, &str)]) -> bool {
        self.when.iter().all(|(point, patterns)| {
            values.iter().any(|(name, value)| {
                name == point && patterns.iter().any(|pattern| matches(pattern, value))
            })
        })
    }
}

/// The name of a bin.
fn name(group: &str, values: &[(&str, &str)]) -> String {
    let mut text = format!("{group}.");
    for (k, (point, value)) in values.iter().enumerate() {
        if k > 0 {
            text.push(',');
        }
        text.push_str(point);
        text.push('=');
        text.push_str(value);
    }
    text
}

impl Group {
    fn point(&self, name: &str) -> Option<&Point> {
        self.points.iter().find(|point| point.name == name)
    }

    /// All its bins, in order.
    pub fn bins(&self) -> Vec<String> {
        self.bins_where(|_| true)
    }

    /// Those of its bins whose values pass.
    fn bins_where(&self, wanted: impl Fn(&[(&str, &str)]) -> bool) -> Vec<String> {
        let mut bins = Vec::new();
        for point in self.points.iter().filter(|point| !point.only_crossed) {
            for value in &point.bins {
                let values = [(point.name.as_str(), value.as_str())];
                if wanted(&values) {
                    bins.push(name(&self.name, &values));
                }
            }
        }
        for cross in &self.crosses {
            let points: Vec<_> = cross.iter().filter_map(|name| self.point(name)).collect();
            let mut all: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
            for point in points {
                all = all
                    .into_iter()
                    .flat_map(|values| {
                        point.bins.iter().map(move |value| {
                            let mut longer = values.clone();
                            longer.push((point.name.as_str(), value.as_str()));
                            longer
                        })
                    })
                    .collect();
            }
            for values in all {
                if !self.impossible.iter().any(|one| one.holds(&values)) && wanted(&values) {
                    bins.push(name(&self.name, &values));
                }
            }
        }
        bins
    }
}

impl Declared {
    /// What comes with the program.
    ///
    /// # Errors
    /// It is not what it must be; a test holds that it is.
    pub fn packaged() -> Result<Self, Error> {
        Self::parse(Path::new(PACKAGED_NAME), PACKAGED)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let declared: Self = parse_json(path, text)?;
        declared
            .check()
            .map_err(|(place, problem)| Error::content(path, place, problem))?;
        Ok(declared)
    }

    fn check(&self) -> Result<(), (String, String)> {
        if self.version != VERSION {
            let problem = format!("expected {VERSION}, got {}", self.version);
            return Err(("version".to_owned(), problem));
        }
        let mut names = BTreeSet::new();
        for (g, group) in self.groups.iter().enumerate() {
            if !names.insert(&group.name) {
                let problem = format!("expected a new name, got \"{}\" again", group.name);
                return Err((format!("groups[{g}].name"), problem));
            }
            for (k, cross) in group.crosses.iter().enumerate() {
                if let Some(unknown) = cross.iter().find(|name| group.point(name).is_none()) {
                    return Err((
                        format!("groups[{g}].crosses[{k}]"),
                        format!("expected points of the group, got \"{unknown}\""),
                    ));
                }
            }
            for (list, all) in [("impossible", &group.impossible), ("timed", &group.timed)] {
                for (k, one) in all.iter().enumerate() {
                    if let Some(unknown) = one.when.keys().find(|name| group.point(name).is_none())
                    {
                        return Err((
                            format!("groups[{g}].{list}[{k}].when"),
                            format!("expected points of the group, got \"{unknown}\""),
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// The bins that golden vectors for this device can hit: those of no other device, of no race and no stall.
    pub fn bins_of_packs(&self, device: DeviceConfig) -> Vec<String> {
        let config = device.to_string();
        let stages = device.stages.to_string();
        let here = |values: &[(&str, &str)]| {
            values.iter().all(|(point, value)| match *point {
                "device" => *value == config,
                "stages" => *value == stages,
                // What stands between slashes and plus signs is a portion.
                "chain" => value.split(['/', '+']).count() as u32 <= device.stages,
                _ => true,
            })
        };
        let bins = self.groups.iter().flat_map(|group| {
            group.bins_where(|values| {
                here(values) && !group.timed.iter().any(|one| one.holds(values))
            })
        });
        bins.collect()
    }

    /// All bins of all groups.
    pub fn bins(&self) -> Vec<String> {
        self.groups.iter().flat_map(Group::bins).collect()
    }
}

/// Counts samples of a run.
#[derive(Debug)]
pub struct Sampler<'a> {
    declared: &'a Declared,
    hits: Hits,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(declared: &'a Declared) -> Self {
        Self {
            declared,
            hits: Hits::default(),
        }
    }

    /// One sample. A value that is no bin is kept under its own name: the outcome says so.
    pub(super) fn sample(&mut self, group: &str, values: &[(&str, &str)]) {
        let Some(group) = self.declared.groups.iter().find(|g| g.name == group) else {
            return;
        };
        for value in values {
            if let Some(point) = group.point(value.0)
                && (!point.only_crossed || !point.bins.iter().any(|bin| bin == value.1))
            {
                self.hits.hit(&name(&group.name, &[*value]));
            }
        }
        let mut crossed = Vec::new();
        for cross in &group.crosses {
            crossed.clear();
            for wanted in cross {
                let given = values.iter().find(|(point, _)| point == wanted);
                let known = given.filter(|(_, value)| {
                    let point = group.point(wanted);
                    point.is_some_and(|point| point.bins.iter().any(|bin| bin == value))
                });
                crossed.extend(known);
            }
            if crossed.len() == cross.len() {
                self.hits.hit(&name(&group.name, &crossed));
            }
        }
    }

    pub(super) fn hits(self) -> Hits {
        self.hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"version": 1, "groups": [{"name": "g", "description": "",
        "points": [{"name": "a", "bins": ["x", "y"]}, {"name": "b", "bins": ["1", "2"], "only_crossed": true}],
        "crosses": [["a", "b"]],
        "impossible": [{"when": {"a": ["x"], "b": ["2"]}, "why": "so it is"}]}]}"#;

    #[test]
    fn bins_and_samples() {
        let declared = Declared::parse(Path::new("c.json"), TEXT).unwrap();
        assert_eq!(
            declared.bins(),
            ["g.a=x", "g.a=y", "g.a=x,b=1", "g.a=y,b=1", "g.a=y,b=2"]
        );
        let mut sampler = Sampler::new(&declared);
        sampler.sample("g", &[("b", "1"), ("a", "x")]);
        sampler.sample("g", &[("a", "z"), ("b", "1")]);
        sampler.sample("none", &[]);
        let hits = sampler.hits();
        assert_eq!(hits.of("g.a=x,b=1"), 1);
        assert_eq!(
            (hits.of("g.a=x"), hits.of("g.a=z"), hits.of("g.b=1")),
            (1, 1, 0)
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, expected) in [
            (
                "[[\"a\", \"b\"]]",
                "[[\"c\"]]",
                "groups[0].crosses[0]: expected points of the group, got \"c\"",
            ),
            (
                "{\"a\": [\"x\"]",
                "{\"c\": [\"x\"]",
                "groups[0].impossible[0].when: expected points",
            ),
            (
                "\"version\": 1",
                "\"version\": 7",
                "version: expected 1, got 7",
            ),
        ] {
            let error = Declared::parse(Path::new("c.json"), &TEXT.replace(from, to)).unwrap_err();
            let said = error.to_string();
            assert!(said.starts_with(&format!("c.json: {expected}")), "{said}");
        }
    }

    #[test]
    fn the_packaged_one_is_sound() {
        let bins = Declared::packaged().unwrap().bins();
        let unique: BTreeSet<_> = bins.iter().collect();
        assert_eq!(unique.len(), bins.len());
    }
}
