// SPDX-License-Identifier: Apache-2.0
//! [`Case`]: the steps of a case.

use serde::{Deserialize, Serialize};

use super::step::{Op, Step};

/// What a case needs of whoever replays it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Register accesses are enough: what frames it has go through the diagnostic frame port, with
    /// [`lower`](super::lower)
    Registers,
    /// The streams, or the reset pin in mid-case
    Streams,
}

/// A case: from a hard reset to its last expectation. Cases do not depend on each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name, unique in the pack: letters, digits, `-` and `_`
    pub name: String,
    /// What is done and expected, in order. The first step is a [`Reset`](Op::Reset)
    pub steps: Vec<Step>,
}

impl Case {
    /// A case without steps.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            steps: Vec::new(),
        }
    }

    /// Register accesses, each poll counted once.
    pub fn register_accesses(&self) -> usize {
        let steps = self.steps.iter();
        steps.filter(|step| step.op.is_register_access()).count()
    }

    /// Whether a frame goes in.
    pub fn has_frames(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|step| matches!(step.op, Op::Send { .. }))
    }

    /// The text of its file: one step a line.
    pub fn to_json(&self) -> String {
        let mut text = format!("{{\n\"name\": {},\n\"steps\": [", json(&self.name));
        for (k, step) in self.steps.iter().enumerate() {
            text.push_str(if k == 0 { "\n" } else { ",\n" });
            text.push_str(&json(step));
        }
        text.push_str("\n]\n}\n");
        text
    }
}

fn json<T: Serialize>(value: &T) -> String {
    // These types have string keys and no failing serializers.
    serde_json::to_string(value).unwrap_or_default()
}
