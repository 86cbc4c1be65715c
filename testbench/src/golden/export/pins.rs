// SPDX-License-Identifier: Apache-2.0
//! Which cases have a trace of the pins.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::trace::Trace;
use crate::error::Error;
use crate::golden::Pack;

/// Clocks of all traces together: testers have that much vector memory, and a pack stays a size that can be mailed.
pub const CLOCKS: u64 = 100_000;

/// `CASE.EXTENSION` for the smoke set, and then in the order of the pack for every case that fits into [`CLOCKS`];
/// `index.txt` names those that do not.
///
/// # Errors
/// A scenario does not run on the model as it says.
pub fn write(
    pack: &Pack,
    extension: &str,
    text: impl Fn(&str, &Trace) -> String,
) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut files = BTreeMap::new();
    let mut index = String::new();
    let mut left = CLOCKS;
    let smoke = |name: &String| pack.manifest.smoke.contains(name);
    let mut entries: Vec<_> = pack.manifest.cases.iter().collect();
    entries.sort_by_key(|entry| !smoke(&entry.name));
    for entry in entries {
        let Some(scenario) = pack.scenarios.get(&entry.name) else {
            continue;
        };
        if entry.clocks > left && !smoke(&entry.name) {
            _ = writeln!(index, "{} no trace: {} clocks", entry.name, entry.clocks);
            continue;
        }
        let trace = Trace::new(scenario)?;
        let clocks = trace.rows.len() as u64;
        left = left.saturating_sub(clocks);
        _ = writeln!(index, "{} {clocks} clocks", entry.name);
        files.insert(
            format!("{}.{extension}", entry.name),
            text(&entry.name, &trace).into_bytes(),
        );
    }
    files.insert("index.txt".to_owned(), index.into_bytes());
    Ok(files)
}
