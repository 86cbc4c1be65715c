// SPDX-License-Identifier: Apache-2.0
//! What a replay writes down: a line of JSON for each step.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// One step of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The case
    pub case: String,
    /// Of the case as it stands in the pack, or of the one by registers alone, which has other steps
    #[serde(default)]
    pub form: Option<String>,
    /// The step in that form, from 0
    pub step: u64,
    /// `op` of the step
    pub op: String,
    /// Its address, as `"0x0034"`, if it is a register access
    #[serde(default)]
    pub addr: Option<String>,
    /// What must come
    #[serde(default)]
    pub expected: Option<String>,
    /// What came
    #[serde(default)]
    pub actual: Option<String>,
    /// The bits that are compared
    #[serde(default)]
    pub mask: Option<String>,
    /// Whether it is as it must be
    pub ok: bool,
    /// What is wrong, in words
    #[serde(default)]
    pub problem: Option<String>,
}

/// Reads a log.
///
/// # Errors
/// Names the line.
pub fn read(path: &Path) -> Result<Vec<Line>, Error> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::read(path, &e))?;
    let mut lines = Vec::new();
    for (k, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line = serde_json::from_str(line)
            .map_err(|e| Error::content(path, format!("line {}", k + 1), e.to_string()))?;
        lines.push(line);
    }
    Ok(lines)
}
