// SPDX-License-Identifier: Apache-2.0
//! The corpus: files of inputs. They are played many to a scenario, because bringing a device up costs more than a case.

use std::path::{Path, PathBuf};

use ipsec_cosim_device::DeviceConfig;

use super::case::Case;
use super::timed;
use crate::error::Error;
use crate::scenario::Scenario;

/// An input and its file.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file
    pub path: PathBuf,
    /// Its case
    pub case: Case,
}

/// Cases that share a device and a set.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The device
    pub device: DeviceConfig,
    /// The entries
    pub entries: Vec<&'a Entry>,
}

impl Batch<'_> {
    /// Its scenario.
    #[must_use]
    pub fn scenario(&self) -> Scenario {
        let cases: Vec<_> = self.entries.iter().map(|entry| &entry.case).collect();
        let set = cases.first().map_or(0, |case| case.set);
        timed::scenario("malformed", self.device, set, &cases)
    }
}

/// The kept corpus, in a checkout.
#[must_use]
pub fn kept() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus"))
}

/// Reads files, and the files of folders, in the order of their names.
///
/// # Errors
/// A file or folder cannot be read.
pub fn read(paths: &[PathBuf]) -> Result<Vec<Entry>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let folder = std::fs::read_dir(path).map_err(|e| Error::read(path, &e))?;
            let names = folder.map(|entry| entry.map(|entry| entry.path()));
            let mut names = names
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| Error::read(path, &e))?;
            names.retain(|name| name.is_file());
            names.sort();
            files.append(&mut names);
        } else {
            files.push(path.clone());
        }
    }
    files.into_iter().map(entry).collect()
}

fn entry(path: PathBuf) -> Result<Entry, Error> {
    let input = std::fs::read(&path).map_err(|e| Error::read(&path, &e))?;
    let case = Case::new(&input);
    Ok(Entry { path, case })
}

/// Name of an entry: that of its file.
#[must_use]
pub fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Cuts the entries into batches of at most `most`. Each runs on that of the devices with its stages; with `all`, on
/// each of them. An entry whose device is not among them is left out.
#[must_use]
pub fn batches<'a>(
    entries: &'a [Entry],
    devices: &[DeviceConfig],
    all: bool,
    most: usize,
) -> Vec<Batch<'a>> {
    let mut batches: Vec<Batch<'a>> = Vec::new();
    for device in devices {
        for set in 0..super::sets::SETS {
            let fits = |entry: &&Entry| {
                entry.case.set == set && (all || entry.case.stages == device.stages)
            };
            let chosen: Vec<_> = entries.iter().filter(fits).collect();
            batches.extend(chosen.chunks(most.max(1)).map(|chunk| Batch {
                device: *device,
                entries: chunk.to_vec(),
            }));
        }
    }
    batches
}
