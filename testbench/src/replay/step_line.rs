// SPDX-License-Identifier: Apache-2.0
//! [`StepLine`]: what a log says of a step.

use serde::{Deserialize, Serialize};

use super::Form;

/// A line of the log. Words are `0x` and 8 hex digits, frames hex digits; a member that a step does not have is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLine {
    /// The case
    pub case: String,
    /// Of the case as it stands in the pack, or of the one by registers alone
    pub form: Form,
    /// The step in that form, from 0
    pub step: usize,
    /// What was done, as in the case's file
    pub op: String,
    /// Byte address
    pub addr: Option<String>,
    /// What was expected: a word, a frame, `NUMBER STATUS` of a completion
    pub expected: Option<String>,
    /// What came; null if nothing did
    pub actual: Option<String>,
    /// Bits that were compared; null for all
    pub mask: Option<String>,
    /// Whether it is as expected
    pub ok: bool,
    /// What is wrong, if anything is
    pub problem: Option<String>,
}

impl StepLine {
    /// A step that went as it should.
    pub fn new(case: &str, form: Form, step: usize, op: &str) -> Self {
        Self {
            case: case.to_owned(),
            form,
            step,
            op: op.to_owned(),
            addr: None,
            expected: None,
            actual: None,
            mask: None,
            ok: true,
            problem: None,
        }
    }

    /// It went wrong.
    pub fn fail(&mut self, problem: impl Into<String>) {
        self.ok = false;
        self.problem = Some(problem.into());
    }
}
