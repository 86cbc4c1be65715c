// SPDX-License-Identifier: Apache-2.0
//! The results of a campaign: a file of JSON lines that only grows. The first line says what the campaign
//! is, each other line is the result of a scenario and is on the disk before the next one counts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::coverage::Hits;
use crate::error::Error;
use crate::json_lines;

/// The name of the file in the folder of a campaign.
pub const FILE: &str = "results.jsonl";

/// The version of the format.
const VERSION: u32 = 1;

/// What a campaign is. A resumed one has the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// 1
    pub version: u32,
    /// The revision of the checkout
    pub revision: String,
    /// Seed of all that is drawn
    pub seed: u64,
    /// `default` or `full`
    pub plan: String,
    /// Times the plan; 0: until a limit ends it
    pub rounds: u64,
    /// Of the names
    pub filter: Option<String>,
    /// The one name
    pub only: Option<String>,
    /// Of the testplan
    pub testpoint: Option<String>,
    /// Device parameters
    pub configs: Vec<String>,
    /// What the scenarios run on
    pub device: String,
    /// When it was started, in seconds since 1970
    pub started: u64,
}

impl Header {
    /// The version that is written.
    pub const VERSION: u32 = VERSION;
}

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The scenario
    pub name: String,
    /// Its class
    pub class: String,
    /// Its device
    pub config: String,
    /// Its seed
    pub seed: u64,
    /// Clocks simulated
    pub clocks: u64,
    /// Frames given
    pub frames: u64,
    /// 1 if RTL and model differed
    pub divergences: u64,
    /// Time of the run, without shrinking
    pub seconds: f64,
    /// Why it failed
    pub failure: Option<String>,
    /// What failures of the same kind have in common
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// The folder with report and wave
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// Operations of the scenario, before and after shrinking
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<(usize, usize)>,
    /// The command that shows the failure again, from the scenario
    pub reproduce: Option<String>,
    /// The command that runs the seed again
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun: Option<String>,
    /// Bins that it hit
    #[serde(default, skip_serializing_if = "is_empty")]
    pub coverage: Hits,
}

fn is_empty(hits: &Hits) -> bool {
    hits.0.is_empty()
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Campaign(Header),
    Result(Box<Outcome>),
    /// The campaign has come to its end
    Finished {
        /// Wall-clock seconds in all
        seconds: f64,
    },
}

/// What a file holds.
#[derive(Debug)]
pub struct Read {
    /// The first line
    pub header: Header,
    /// One for each scenario, in the order in which they ended
    pub outcomes: Vec<Outcome>,
    /// Whether the campaign came to its end
    pub finished: bool,
    /// Wall-clock seconds of the sessions that came to an end
    pub seconds: f64,
    /// Sentences about lines that nobody can read
    pub complaints: Vec<String>,
    /// Bytes up to the end of the last line that is complete
    good: u64,
}

/// Reads a file of results. A last line that was cut is left out, with a sentence; so is one in the middle that is no
/// result: its scenario counts as not run.
///
/// # Errors
/// The file cannot be read, or its first line is not that of a campaign.
pub fn read(path: &Path) -> Result<Read, Error> {
    let mut lines = json_lines::Reader::open(path)?;
    let header = lines.first("what the campaign is", |line| match line {
        Line::Campaign(header) => Some(header),
        _ => None,
    })?;
    lines.check_version(VERSION, header.version)?;
    let mut found = Read {
        header,
        outcomes: Vec::new(),
        finished: false,
        seconds: 0.0,
        complaints: Vec::new(),
        good: 0,
    };
    let mut names = BTreeSet::new();
    lines.rest("its scenario counts as not run", |line| {
        match line {
            Line::Campaign(_) => return false,
            Line::Result(outcome) => {
                found.finished = false;
                // A scenario counts once, whoever ran it.
                if names.insert(outcome.name.clone()) {
                    found.outcomes.push(*outcome);
                }
            }
            Line::Finished { seconds } => {
                found.finished = true;
                found.seconds += seconds;
            }
        }
        true
    });
    (found.complaints, found.good) = lines.finish();
    Ok(found)
}

/// The file of a campaign that runs.
#[derive(Debug)]
pub struct Results(json_lines::Writer);

impl Results {
    /// Starts a new file. One that is there and holds an unfinished campaign is put aside as
    /// `results.jsonl.old`, which is told.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(folder: &Path, header: &Header) -> Result<(Self, Option<PathBuf>), Error> {
        let path = folder.join(FILE);
        let mut aside = None;
        // Only a file: a device may have no end.
        if path.is_file()
            && let Ok(old) = read(&path)
            && !old.finished
            && !old.outcomes.is_empty()
        {
            aside = Some(json_lines::put_aside(&path)?);
        }
        let mut file = json_lines::Writer::create(path)?;
        file.add(&Line::Campaign(header.clone()))?;
        Ok((Self(file), aside))
    }

    /// Goes on with a file: what a crash left of its last line is cut off.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn resume(folder: &Path) -> Result<(Self, Read), Error> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Err(Error::Usage(format!(
                "--resume: there is no campaign in {}: expected its {FILE}",
                folder.display()
            )));
        }
        let found = read(&path)?;
        let file = json_lines::Writer::resume(path, found.good)?;
        Ok((Self(file), found))
    }

    /// Adds a result. When this returns it is on the disk.
    ///
    /// # Errors
    /// It cannot be written, as on a full disk. The results before are there.
    pub fn add(&mut self, outcome: &Outcome) -> Result<(), Error> {
        self.0.add(&Line::Result(Box::new(outcome.clone())))
    }

    /// Notes that the campaign has come to its end.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn finish(&mut self, seconds: f64) -> Result<(), Error> {
        self.0.add(&Line::Finished { seconds })
    }
}

/// Reads the results that a worker wrote: no header.
///
/// # Errors
/// The file cannot be read.
pub fn read_part(path: &Path) -> Result<Vec<Outcome>, Error> {
    let bytes = std::fs::read(path).map_err(|e| Error::read(path, &e))?;
    let lines = bytes.split(|byte| *byte == b'\n');
    // What a worker could not finish is run again.
    Ok(lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn header() -> Header {
        Header {
            version: VERSION,
            revision: "0123456789ab".to_owned(),
            seed: 7,
            plan: "default".to_owned(),
            rounds: 1,
            filter: None,
            only: None,
            testpoint: None,
            configs: vec!["16x1".to_owned()],
            device: "lockstep".to_owned(),
            started: 1,
        }
    }

    pub(crate) fn outcome(name: &str, failure: Option<&str>) -> Outcome {
        Outcome {
            name: name.to_owned(),
            class: name.split('-').next().unwrap_or_default().to_owned(),
            config: "16x1".to_owned(),
            seed: 1,
            clocks: 1000,
            frames: 10,
            divergences: u64::from(failure.is_some()),
            seconds: 0.5,
            failure: failure.map(str::to_owned),
            bucket: failure.map(str::to_owned),
            folder: None,
            operations: None,
            reproduce: None,
            rerun: None,
            coverage: Hits::default(),
        }
    }

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("results-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    #[test]
    fn what_was_added_is_read_whatever_follows() {
        let folder = folder("read");
        let path = folder.join(FILE);
        let (mut results, _) = Results::create(&folder, &header()).unwrap();
        for name in ["a-1", "a-2", "a-1"] {
            results.add(&outcome(name, None)).unwrap();
        }
        drop(results);
        let whole = std::fs::read(&path).unwrap();
        // Cut anywhere: the lines before the cut are there, and the rest is written behind them.
        for cut in (whole.len() - 200..whole.len()).step_by(7) {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let (mut results, found) = Results::resume(&folder).unwrap();
            let inside = whole[cut - 1] != b'\n';
            assert_eq!(found.complaints.len(), usize::from(inside), "{cut}");
            for said in found.complaints {
                assert!(said.contains("ends in the middle of a result"), "{said}");
            }
            results.add(&outcome("b-1", None)).unwrap();
            drop(results);
            let again = read(&path).unwrap();
            assert_eq!(again.complaints, [""; 0]);
            let names: Vec<_> = again.outcomes.iter().map(|o| o.name.as_str()).collect();
            assert!(
                names.starts_with(&["a-1"]) && names.ends_with(&["b-1"]),
                "{names:?}"
            );
        }
        // A bad line in the middle.
        let text = String::from_utf8(whole)
            .unwrap()
            .replace("\"a-2\"", "nonsense");
        std::fs::write(&path, text).unwrap();
        let found = read(&path).unwrap();
        assert_eq!(found.outcomes.len(), 1);
        assert!(found.complaints[0].ends_with("line 3: no result: its scenario counts as not run"));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_no_file_of_results_is_refused() {
        let folder = folder("refused");
        let path = folder.join(FILE);
        for text in ["", "{}\n", "nonsense", "{\"finished\":{\"seconds\":1}}\n"] {
            std::fs::write(&path, text).unwrap();
            let said = Results::resume(&folder).unwrap_err().to_string();
            assert!(
                said.contains("results.jsonl: line 1: expected what the campaign is"),
                "{said}"
            );
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_full_disk_is_a_sentence() {
        let folder = folder("full");
        if !Path::new("/dev/full").exists() {
            return;
        }
        std::os::unix::fs::symlink("/dev/full", folder.join(FILE)).unwrap();
        let said = Results::create(&folder, &header()).unwrap_err().to_string();
        assert!(
            said.starts_with("cannot write ") && said.contains("No space left"),
            "{said}"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn an_unfinished_campaign_is_put_aside() {
        let folder = folder("aside");
        let (mut results, aside) = Results::create(&folder, &header()).unwrap();
        assert_eq!(aside, None);
        results.add(&outcome("a-1", None)).unwrap();
        let (mut results, aside) = Results::create(&folder, &header()).unwrap();
        assert_eq!(read(&aside.unwrap()).unwrap().outcomes.len(), 1);
        results.add(&outcome("a-1", None)).unwrap();
        results.finish(2.0).unwrap();
        assert_eq!(Results::create(&folder, &header()).unwrap().1, None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
