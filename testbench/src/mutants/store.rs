// SPDX-License-Identifier: Apache-2.0
//! The results of a campaign: a file of JSON lines that only grows. The first line says what was drawn; each
//! other line is on the disk before the next mutant counts.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Mutant;
use super::trial::{How, Test};
use crate::error::Error;
use crate::json_lines;

/// The name of the file in the folder of a campaign.
pub const FILE: &str = "mutants.jsonl";

/// The version of the format.
pub const VERSION: u32 = 1;

/// What a campaign is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// 1
    pub version: u32,
    /// The revision of the checkout
    pub revision: String,
    /// Of the RTL's text
    pub rtl: String,
    /// Seed of the draw
    pub seed: u64,
    /// Seed of the regression
    pub regress_seed: u64,
    /// The modules drawn from; none: all
    pub modules: Vec<String>,
    /// Device parameters
    pub configs: Vec<String>,
    /// Processor time for each mutant
    pub seconds: f64,
    /// Mutants that there are
    pub candidates: usize,
    /// Mutants that were drawn and cannot be elaborated
    pub dropped: usize,
    /// Those that were drawn
    pub mutants: Vec<Mutant>,
    /// When it was started, in seconds since 1970
    pub started: u64,
}

/// What came of a mutant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The mutant
    pub number: u32,
    /// What noticed it
    pub killed: Option<Kill>,
    /// Scenarios run
    pub scenarios: usize,
    /// Clocks simulated: to its detection, if it was detected
    pub clocks: u64,
    /// Processor time
    pub seconds: f64,
    /// The time was over before the scenarios were
    pub limited: bool,
}

/// How a mutant was noticed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kill {
    /// What noticed it
    pub how: How,
    /// The scenario
    pub scenario: String,
    /// What it said
    pub message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Campaign(Box<Header>),
    /// The scenarios without a mutant
    Baseline(Vec<Test>),
    Result(Outcome),
    /// A proof that a mutant is equivalent, or how it failed
    Proof {
        number: u32,
        proved: bool,
        said: String,
    },
    /// The campaign has come to its end
    Finished {
        /// Wall-clock seconds
        seconds: f64,
    },
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Read {
    /// The first line
    pub header: Header,
    /// The scenarios without a mutant, in the order of their length
    pub baseline: Vec<Test>,
    /// By number
    pub outcomes: BTreeMap<u32, Outcome>,
    /// By number: whether it is proved, and what was said
    pub proofs: BTreeMap<u32, (bool, String)>,
    /// Seconds of the sessions that came to an end
    pub seconds: f64,
    /// Sentences about lines that nobody can read
    pub complaints: Vec<String>,
    good: u64,
}

/// Reads a file. A line that is no result is left out, with a sentence: its mutant counts as not run.
///
/// # Errors
/// The file cannot be read, or its first line is not that of a campaign.
pub fn read(path: &Path) -> Result<Read, Error> {
    let mut lines = json_lines::Reader::open(path)?;
    let header = lines.first("what was drawn", |line| match line {
        Line::Campaign(header) => Some(*header),
        _ => None,
    })?;
    lines.check_version(VERSION, header.version)?;
    let most = header.mutants.len() as u32;
    let mut found = Read {
        header,
        baseline: Vec::new(),
        outcomes: BTreeMap::new(),
        proofs: BTreeMap::new(),
        seconds: 0.0,
        complaints: Vec::new(),
        good: 0,
    };
    lines.rest("its mutant counts as not run", |line| {
        match line {
            Line::Baseline(tests) => found.baseline = tests,
            Line::Result(outcome) if (1..=most).contains(&outcome.number) => {
                found.outcomes.insert(outcome.number, outcome);
            }
            Line::Proof {
                number,
                proved,
                said,
            } => {
                found.proofs.insert(number, (proved, said));
            }
            Line::Finished { seconds } => found.seconds += seconds,
            Line::Campaign(_) | Line::Result(_) => return false,
        }
        true
    });
    (found.complaints, found.good) = lines.finish();
    Ok(found)
}

/// The file of a campaign that runs.
#[derive(Debug)]
pub struct Store(json_lines::Writer);

impl Store {
    /// Starts a new file. One that is there is put aside as `mutants.jsonl.old`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(folder: &Path, header: &Header) -> Result<Self, Error> {
        let path = folder.join(FILE);
        if path.is_file() {
            json_lines::put_aside(&path)?;
        }
        let mut file = json_lines::Writer::create(path)?;
        file.add(&Line::Campaign(Box::new(header.clone())))?;
        Ok(Self(file))
    }

    /// Goes on with a file: what a crash left of its last line is cut off.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn resume(folder: &Path) -> Result<(Self, Read), Error> {
        let path = folder.join(FILE);
        let found = read(&path)?;
        let file = json_lines::Writer::resume(path, found.good)?;
        Ok((Self(file), found))
    }

    /// Adds the scenarios without a mutant.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn baseline(&mut self, tests: &[Test]) -> Result<(), Error> {
        self.0.add(&Line::Baseline(tests.to_vec()))
    }

    /// Adds a result. When this returns it is on the disk.
    ///
    /// # Errors
    /// It cannot be written. The results before are there.
    pub fn add(&mut self, outcome: &Outcome) -> Result<(), Error> {
        self.0.add(&Line::Result(outcome.clone()))
    }

    /// Adds a proof.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn proof(&mut self, number: u32, proved: bool, said: &str) -> Result<(), Error> {
        self.0.add(&Line::Proof {
            number,
            proved,
            said: said.to_owned(),
        })
    }

    /// Notes that all is done.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn finish(&mut self, seconds: f64) -> Result<(), Error> {
        self.0.add(&Line::Finished { seconds })
    }
}
