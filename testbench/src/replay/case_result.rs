// SPDX-License-Identifier: Apache-2.0
//! [`CaseResult`]: what came of a case.

use serde::Serialize;

use super::{Form, Mismatch, StateRegister};

/// Whether a case passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All steps are as expected
    Passed,
    /// A step is not, or the target did not do it
    Failed,
    /// The target cannot play it
    Skipped,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CaseResult {
    /// Its name
    pub name: String,
    /// Whether it passed
    pub outcome: Outcome,
    /// How it was played
    pub form: Option<Form>,
    /// Steps that were played
    pub steps: usize,
    /// Seconds
    pub seconds: f64,
    /// Steps that are not as expected
    pub mismatches: Vec<Mismatch>,
    /// Why it was skipped, or ended early
    pub reason: Option<String>,
    /// What the model's registers are at the first mismatch
    pub model_state: Vec<StateRegister>,
    /// Registers of the target that differ from the model's at the end of the case
    pub differing: Vec<StateRegister>,
}

impl CaseResult {
    /// A case that has not begun.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            outcome: Outcome::Passed,
            form: None,
            steps: 0,
            seconds: 0.0,
            mismatches: Vec::new(),
            reason: None,
            model_state: Vec::new(),
            differing: Vec::new(),
        }
    }

    /// A case that cannot be played.
    pub fn skipped(name: &str, reason: String) -> Self {
        Self {
            outcome: Outcome::Skipped,
            reason: Some(reason),
            ..Self::new(name)
        }
    }
}
