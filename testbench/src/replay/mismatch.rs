// SPDX-License-Identifier: Apache-2.0
//! [`Mismatch`]: a step that is not as expected, in words.

use serde::Serialize;

use super::StepLine;

/// A step that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// What the log says of it
    #[serde(flatten)]
    pub line: StepLine,
    /// The register, if it is about one
    pub register: String,
    /// The remark of the step
    pub note: String,
    /// What the model gives at this step today, where it is not what the pack expects
    pub model: Option<String>,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let line = &self.line;
        write!(f, "{}, step {}: {}", line.case, line.step, line.op)?;
        if let Some(addr) = &line.addr {
            write!(f, " {addr}")?;
        }
        if !self.register.is_empty() {
            write!(f, " {}", self.register)?;
        }
        if !self.note.is_empty() {
            write!(f, " ({})", self.note)?;
        }
        write!(f, ": {}", line.problem.as_deref().unwrap_or("as expected"))?;
        for (name, value) in [
            ("expected", &line.expected),
            ("actual", &line.actual),
            ("mask", &line.mask),
        ] {
            if let Some(value) = value {
                write!(f, "\n    {name:<8} {value}")?;
            }
        }
        if let Some(model) = &self.model {
            write!(
                f,
                "\n    model    {model} (not what the pack expects: it is of another version)"
            )?;
        }
        Ok(())
    }
}
