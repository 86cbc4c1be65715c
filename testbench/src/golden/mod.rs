// SPDX-License-Identifier: Apache-2.0
//! Golden vectors: a pack of cases that says, step by step, what is done to a device and what it must answer, so
//! that silicon can be held against it by programs that know nothing of this crate (docs/golden_vectors.md).
//!
//! A pack is a folder:
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | [`Manifest`]: what the pack is for, its cases, the SHA-256 of every other file, and a hash of all |
//! | `cases/NAME.json` | [`Case`]: the steps of a case, in order |
//! | `scenarios/NAME.json` | the [`Scenario`] that the steps were recorded from, for traces of the pins |
//! | `provenance.json` | [`Provenance`]: versions of tools, command line, date. Outside the hash |

mod bench;
mod case;
mod design;
pub mod diff;
pub mod export;
mod file;
pub mod generate;
pub mod log;
mod lower;
mod manifest;
pub mod outside;
mod pack;
pub mod plan;
mod play;
mod record;
mod step;

pub use bench::{ANSWER_CLOCKS, Bench};
pub use case::{Case, Transport};
pub use file::{Sha256Text, sha256};
pub use lower::{POLL_CLOCKS, lower, soft_start};
pub use manifest::{
    Checks, Coverage, Design, Entry, FileEntry, Manifest, Provenance, SCHEMA, SCHEMA_VERSION,
};
pub(crate) use pack::empty_folder;
pub use pack::{CASES, MANIFEST, PROVENANCE, Pack, SCENARIOS};
pub use play::{Mismatch, differing, play};
pub use record::{AtEnd, Recording, record};
pub use step::{InPort, Op, OutPort, Step};

#[cfg(doc)]
use crate::scenario::Scenario;
