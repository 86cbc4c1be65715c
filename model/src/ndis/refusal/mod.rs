// SPDX-License-Identifier: Apache-2.0
//! Why a command is refused, in words: a second reading of docs/programmers_guide.md, "What each command checks, in order".
//! It needs no device; what hangs on the state of one is told by the status alone.

mod place;
mod request;
mod row;

use std::fmt;

pub use place::Place;
pub use request::Request;
pub use row::Row;

use super::{Expected, NdisStatus};

/// A refusal: the first row that applies, and what it is about. It never holds a byte of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The row.
    pub row: Row,
    /// How the command ends. A DELETE_SA that deletes nothing ends with `NDIS_STATUS_SUCCESS`.
    pub status: NdisStatus,
    /// BytesNeeded.
    pub bytes_needed: u32,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A member has a value that it cannot have.
    Value {
        /// The member.
        place: Place,
        /// Its value.
        value: u64,
        /// What it can have.
        expected: Expected,
    },
    /// Something else: a clause of a sentence, and what was expected.
    Other(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Value {
                place,
                value,
                expected,
            } => {
                write!(f, "{place} is {}", expected.show(*value))?;
                if let Some(name) = place.name_of(*value) {
                    write!(f, " ({name})")?;
                }
                write!(f, ": expected {expected}")?;
            }
            Problem::Other(text) => f.write_str(text)?,
        }
        write!(f, " ({})", self.status.name())
    }
}
