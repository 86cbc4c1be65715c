// SPDX-License-Identifier: Apache-2.0
//! Mutants of which somebody has argued that they behave as the original does (`testbench/mutants.waivers.json`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Mutant;
use super::syntax::Source;
use crate::error::{Error, parse_json, read_json};

const PACKAGED: &str = include_str!("../../mutants.waivers.json");
const PACKAGED_NAME: &str = "testbench/mutants.waivers.json";

/// A file of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waivers {
    /// In any order
    pub waivers: Vec<Waiver>,
}

/// An argument. It names the change by what the line says, not by its number: that changes more often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Of the RTL's folder
    pub file: String,
    /// The line in which the change begins, without the blanks around it
    pub line: String,
    /// The line above it: many lines are there more than once
    pub above: String,
    /// What is changed, in one line
    pub original: String,
    /// Into what; empty: dropped
    pub mutated: String,
    /// Why nothing can notice
    pub reason: String,
}

impl Waivers {
    /// Those that come with the program, or those in `path`.
    ///
    /// # Errors
    /// Names file and field.
    pub fn load(path: Option<&Path>) -> Result<Self, Error> {
        let (path, found): (&Path, Self) = match path {
            None => {
                let name = Path::new(PACKAGED_NAME);
                (name, parse_json(name, PACKAGED)?)
            }
            Some(path) => (path, read_json(path)?),
        };
        for (k, waiver) in found.waivers.iter().enumerate() {
            if waiver.reason.trim().is_empty() {
                let place = format!("waivers[{k}].reason");
                return Err(Error::content(path, place, "expected a reason"));
            }
        }
        Ok(found)
    }

    /// Why this mutant is equivalent.
    pub fn reason(&self, mutant: &Mutant, sources: &[Source]) -> Option<&str> {
        let here = line(mutant, sources, 1)?;
        let above = line(mutant, sources, 2).unwrap_or_default();
        let found = self.waivers.iter().find(|waiver| {
            waiver.file == mutant.file
                && waiver.line == here
                && waiver.above == above
                && waiver.original == mutant.original
                && waiver.mutated == mutant.mutated
        })?;
        Some(&found.reason)
    }
}

/// The line in which a change begins (`back` 1), or one above.
fn line<'a>(mutant: &Mutant, sources: &'a [Source], back: usize) -> Option<&'a str> {
    let source = sources.iter().find(|source| source.name == mutant.file)?;
    let at = mutant.line.checked_sub(back)?;
    source.text.lines().nth(at).map(str::trim)
}
