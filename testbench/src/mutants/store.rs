// SPDX-License-Identifier: Apache-2.0
//! The results of a campaign: a file of JSON lines that only grows. The first line says what was drawn; each
//! other line is on the disk before the next mutant counts.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Mutant;
use super::trial::{How, Test};
use crate::error::Error;

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
    let bytes = std::fs::read(path).map_err(|e| Error::read(path, &e))?;
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let header = match serde_json::from_slice(first) {
        Ok(Line::Campaign(header)) if first.ends_with(b"\n") => *header,
        _ => {
            return Err(Error::content(
                path,
                "line 1",
                "expected what was drawn: this is no file of results, or its start is lost",
            ));
        }
    };
    if header.version != VERSION {
        let problem = format!("version: expected {VERSION}, got {}", header.version);
        return Err(Error::content(path, "line 1", problem));
    }
    let mut found = Read {
        header,
        baseline: Vec::new(),
        outcomes: BTreeMap::new(),
        proofs: BTreeMap::new(),
        seconds: 0.0,
        complaints: Vec::new(),
        good: first.len() as u64,
    };
    let most = found.header.mutants.len() as u32;
    let mut at = found.good;
    for (k, line) in lines.enumerate() {
        at += line.len() as u64;
        let whole = line.ends_with(b"\n");
        let parsed = serde_json::from_slice(line).ok().filter(|_| whole);
        match parsed {
            Some(Line::Baseline(tests)) => found.baseline = tests,
            Some(Line::Result(outcome)) if (1..=most).contains(&outcome.number) => {
                found.outcomes.insert(outcome.number, outcome);
            }
            Some(Line::Proof {
                number,
                proved,
                said,
            }) => {
                found.proofs.insert(number, (proved, said));
            }
            Some(Line::Finished { seconds }) => found.seconds += seconds,
            _ => {
                let what = match whole {
                    true => "no result",
                    false => "the file ends in the middle of a result",
                };
                found.complaints.push(format!(
                    "{}: line {}: {what}: its mutant counts as not run",
                    path.display(),
                    k + 2
                ));
                if !whole {
                    continue;
                }
            }
        }
        found.good = at;
    }
    Ok(found)
}

/// The file of a campaign that runs.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    file: File,
}

impl Store {
    /// Starts a new file. One that is there is put aside as `mutants.jsonl.old`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(folder: &Path, header: &Header) -> Result<Self, Error> {
        let path = folder.join(FILE);
        if path.is_file() {
            let to = folder.join(format!("{FILE}.old"));
            std::fs::rename(&path, &to).map_err(|e| Error::write(&to, &e))?;
        }
        let file = File::create(&path).map_err(|e| Error::write(&path, &e))?;
        let mut store = Self { path, file };
        store.append(&Line::Campaign(Box::new(header.clone())))?;
        Ok(store)
    }

    /// Goes on with a file: what a crash left of its last line is cut off.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn resume(folder: &Path) -> Result<(Self, Read), Error> {
        let path = folder.join(FILE);
        let found = read(&path)?;
        let wrong = |e: &std::io::Error| Error::write(&path, e);
        let mut file = OpenOptions::new()
            .write(true)
            .open(&path)
            .map_err(|e| wrong(&e))?;
        file.set_len(found.good)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(|e| wrong(&e))?;
        Ok((Self { path, file }, found))
    }

    /// Adds the scenarios without a mutant.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn baseline(&mut self, tests: &[Test]) -> Result<(), Error> {
        self.append(&Line::Baseline(tests.to_vec()))
    }

    /// Adds a result. When this returns it is on the disk.
    ///
    /// # Errors
    /// It cannot be written. The results before are there.
    pub fn add(&mut self, outcome: &Outcome) -> Result<(), Error> {
        self.append(&Line::Result(outcome.clone()))
    }

    /// Adds a proof.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn proof(&mut self, number: u32, proved: bool, said: &str) -> Result<(), Error> {
        self.append(&Line::Proof {
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
        self.append(&Line::Finished { seconds })
    }

    fn append(&mut self, line: &Line) -> Result<(), Error> {
        let wrong = |e: std::io::Error| Error::write(&self.path, &e);
        let mut text = serde_json::to_string(line).map_err(|e| wrong(e.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(wrong)?;
        self.file.sync_data().map_err(wrong)
    }
}
