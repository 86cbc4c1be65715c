// SPDX-License-Identifier: Apache-2.0
//! The testplan: what is to be verified, by what, and the coverage that shows it. It is data
//! (`testbench/testplan/testplan.json`), held against the tests that exist before anything runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, parse_json};

/// The plan that comes with the program.
const PACKAGED: &str = include_str!("../testplan/testplan.json");

/// How messages call it.
const PACKAGED_NAME: &str = "testbench/testplan/testplan.json";

/// The integration tests of the workspace, as `crate::file`.
const CARGO_TESTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/tests.rs"));

/// The version of the format.
const VERSION: u32 = 1;

/// A testplan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Testplan {
    /// 1
    pub version: u32,
    /// In the order of reports
    pub testpoints: Vec<Testpoint>,
}

/// One thing to be verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Testpoint {
    /// Lower case, digits and hyphens
    pub name: String,
    /// When it must hold
    pub stage: Stage,
    /// What is verified
    pub description: String,
    /// What is done to the device
    pub stimulus: String,
    /// What is looked at
    pub checks: String,
    /// `regress/CLASS` (a class of scenarios) or `cargo/CRATE::TEST` (an integration test)
    pub tests: Vec<String>,
    /// Bins of functional coverage that this must hit: names, `*` stands for any text
    #[serde(default)]
    pub coverage: Vec<String>,
}

/// The stages of verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// The main ways work
    V1,
    /// Every feature, error and race
    V2,
    /// Everything is covered
    V3,
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Testpoint {
    /// The classes of scenarios that test it.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.tests
            .iter()
            .filter_map(|test| test.strip_prefix("regress/"))
    }

    /// The integration tests that test it.
    pub fn cargo_tests(&self) -> impl Iterator<Item = &str> {
        self.tests
            .iter()
            .filter_map(|test| test.strip_prefix("cargo/"))
    }
}

impl Testplan {
    /// The one that comes with the program, or that in `path`. `classes` are the classes of scenarios
    /// that there are.
    ///
    /// # Errors
    /// Names file and field; a test that does not exist is one.
    pub fn load(path: Option<&Path>, classes: &BTreeSet<&str>) -> Result<Self, Error> {
        match path {
            None => Self::parse(Path::new(PACKAGED_NAME), PACKAGED, classes),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| Error::read(path, &e))?;
                Self::parse(path, &text, classes)
            }
        }
    }

    fn parse(path: &Path, text: &str, classes: &BTreeSet<&str>) -> Result<Self, Error> {
        let plan: Self = parse_json(path, text)?;
        plan.check(classes)
            .map_err(|(place, problem)| Error::content(path, place, problem))?;
        Ok(plan)
    }

    fn check(&self, classes: &BTreeSet<&str>) -> Result<(), (String, String)> {
        if self.version != VERSION {
            return Err((
                "version".to_owned(),
                format!("expected {VERSION}, got {}", self.version),
            ));
        }
        let mut names = BTreeSet::new();
        for (k, point) in self.testpoints.iter().enumerate() {
            let place = |field: &str| format!("testpoints[{k}].{field}");
            let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if point.name.is_empty() || !point.name.chars().all(good) {
                return Err((
                    place("name"),
                    format!(
                        "expected lower-case letters, digits and hyphens, got \"{}\"",
                        point.name
                    ),
                ));
            }
            if !names.insert(&point.name) {
                return Err((
                    place("name"),
                    format!("expected a new name, got \"{}\" again", point.name),
                ));
            }
            for (n, test) in point.tests.iter().enumerate() {
                let known = match test.split_once('/') {
                    Some(("regress", class)) => classes.contains(class),
                    Some(("cargo", name)) => CARGO_TESTS.contains(&name),
                    _ => false,
                };
                if !known {
                    return Err((
                        place(&format!("tests[{n}]")),
                        format!(
                            "testpoint '{}' names the test \"{test}\", which does not exist: expected regress/CLASS \
                             with a class of 'regress --help', or cargo/CRATE::TEST with a file of CRATE/tests",
                            point.name
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// The testpoint of this name.
    pub fn find(&self, name: &str) -> Option<&Testpoint> {
        self.testpoints.iter().find(|point| point.name == name)
    }

    /// The testpoints that nothing tests.
    pub fn untested(&self) -> impl Iterator<Item = &Testpoint> {
        self.testpoints
            .iter()
            .filter(|point| point.tests.is_empty())
    }

    /// The classes of `classes` that no testpoint names.
    pub fn unplanned<'a>(&self, classes: &BTreeSet<&'a str>) -> Vec<&'a str> {
        let planned: BTreeSet<&str> = self
            .testpoints
            .iter()
            .flat_map(Testpoint::classes)
            .collect();
        classes
            .iter()
            .filter(|class| !planned.contains(*class))
            .copied()
            .collect()
    }
}

/// Where the packaged files of testplan and coverage lie in a checkout.
pub fn folder() -> PathBuf {
    PathBuf::from("testbench/testplan")
}

/// Whether `name` is what `pattern` says, in which `*` stands for any text.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else {
        return name.is_empty();
    };
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let classes = ["frames", "stalls"].into();
        Testplan::parse(Path::new("plan.json"), text, &classes)
            .unwrap_err()
            .to_string()
    }

    fn plan(point: &str) -> String {
        let rest = r#""stage": "V1", "description": "", "stimulus": "", "checks": """#;
        format!(r#"{{"version": 1, "testpoints": [{{{rest}, {point}}}]}}"#)
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = refused(&plan(r#""name": "a", "tests": ["regress/nothing"]"#));
        assert!(
            said.starts_with(
                "plan.json: testpoints[0].tests[0]: testpoint 'a' names the test \"regress/nothing\", which does not exist"
            ),
            "{said}"
        );
        let said = refused(&plan(r#""name": "a", "tests": ["cargo/testbench::no"]"#));
        assert!(said.contains("\"cargo/testbench::no\""), "{said}");
        let said = refused(&plan(r#""name": "A b", "tests": []"#));
        assert!(
            said.contains("testpoints[0].name: expected lower-case"),
            "{said}"
        );
        let said = refused(r#"{"version": 2, "testpoints": []}"#);
        assert_eq!(said, "plan.json: version: expected 1, got 2");
        let said = refused(&plan(r#""name": "a", "tests": [], "coverge": []"#));
        assert!(said.contains("unknown field `coverge`"), "{said}");
        assert!(refused("{").starts_with("plan.json: "));
    }

    #[test]
    fn tests_of_both_kinds_are_known() {
        let text = plan(r#""name": "a", "tests": ["regress/frames", "cargo/testbench::runner"]"#);
        let classes = ["frames", "other"].into();
        let plan = Testplan::parse(Path::new("plan.json"), &text, &classes).unwrap();
        assert_eq!(plan.untested().count(), 0);
        assert_eq!(plan.unplanned(&classes), ["other"]);
        assert!(plan.find("a").is_some() && plan.find("b").is_none());
    }

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("a*c*", "abcd", true),
            ("a*c", "abcd", false),
            ("*", "", true),
            ("a*b*c", "acb", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
