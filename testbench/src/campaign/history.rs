// SPDX-License-Identifier: Apache-2.0
//! Campaigns before this one, a line each, for the trend in the report.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Summary;
use crate::error::Error;

/// The name of the file in the folder of a campaign.
pub const FILE: &str = "history.jsonl";

/// How many lines a report shows.
const SHOWN: usize = 60;

/// One campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// When it was started, in seconds since 1970
    pub started: u64,
    /// Revision
    pub revision: String,
    /// Seed
    pub seed: u64,
    /// Scenarios that ran
    pub scenarios: u64,
    /// Clocks simulated
    pub clocks: u64,
    /// Scenarios that failed
    pub failures: u64,
    /// Kinds of failures
    pub buckets: usize,
    /// Clocks per second
    pub speed: f64,
    /// Functional coverage in percent
    pub functional: f64,
    /// Lines of the RTL in percent
    #[serde(default)]
    pub lines: Option<f64>,
    /// Toggles of the RTL in percent
    #[serde(default)]
    pub toggles: Option<f64>,
}

impl Past {
    /// The line of a campaign.
    pub fn of(summary: &Summary) -> Self {
        Self {
            started: summary.header.started,
            revision: summary.header.revision.clone(),
            seed: summary.header.seed,
            scenarios: summary.total.scenarios,
            clocks: summary.total.clocks,
            failures: summary.total.failures,
            buckets: summary.buckets.len(),
            speed: summary.speed(),
            functional: summary.functional.percent,
            lines: summary.rtl.as_ref().map(|rtl| rtl.lines.percent),
            toggles: summary.rtl.as_ref().map(|rtl| rtl.toggles.percent),
        }
    }
}

/// The campaigns of a folder, the last one last. Lines that nobody can read are left out.
pub fn read(folder: &Path) -> Vec<Past> {
    let Ok(text) = std::fs::read_to_string(folder.join(FILE)) else {
        return Vec::new();
    };
    let all: Vec<Past> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let from = all.len().saturating_sub(SHOWN);
    all[from..].to_vec()
}

/// Adds a campaign.
///
/// # Errors
/// It cannot be written.
pub fn add(folder: &Path, past: &Past) -> Result<(), Error> {
    let path = folder.join(FILE);
    let wrong = |e: std::io::Error| Error::write(&path, &e);
    let mut text = serde_json::to_string(past).map_err(|e| wrong(e.into()))?;
    text.push('\n');
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(wrong)?;
    file.write_all(text.as_bytes()).map_err(wrong)
}
