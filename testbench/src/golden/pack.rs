// SPDX-License-Identifier: Apache-2.0
//! [`Pack`]: a whole pack, and its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::case::Case;
use super::file::sha256;
use super::manifest::{FileEntry, Manifest, Provenance, SCHEMA, SCHEMA_VERSION};
use crate::error::{Error, parse_json};
use crate::scenario::Scenario;

/// The manifest's file.
pub const MANIFEST: &str = "manifest.json";
/// The file beside the hash.
pub const PROVENANCE: &str = "provenance.json";
/// The folder of cases.
pub const CASES: &str = "cases";
/// The folder of scenarios.
pub const SCENARIOS: &str = "scenarios";

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A pack.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    /// What it is for, and what is in it
    pub manifest: Manifest,
    /// Cases, in the order of the manifest
    pub cases: Vec<Case>,
    /// By the name of the case: what its steps were recorded from
    pub scenarios: BTreeMap<String, Scenario>,
    /// How this copy came to be, if it says so
    pub provenance: Option<Provenance>,
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// A newer format, a file that is missing, not listed, or not the one that was written: names it.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(MANIFEST);
        let text = std::fs::read_to_string(&path).map_err(|e| Error::read(&path, &e))?;
        let manifest = parse_manifest(&path, &text)?;
        let mut files = read_listed(dir, &manifest)?;
        no_others(dir, &manifest)?;
        let mut cases = Vec::new();
        let mut scenarios = BTreeMap::new();
        for (k, entry) in manifest.cases.iter().enumerate() {
            if !is_name(&entry.name) {
                return Err(Error::content(
                    &path,
                    format!("cases[{k}].name"),
                    format!(
                        "expected letters, digits, '-' and '_', got \"{}\"",
                        entry.name
                    ),
                ));
            }
            let mut take = |folder: &str| {
                let name = file_name(folder, &entry.name);
                let text = files.remove(&name).ok_or_else(|| {
                    Error::content(
                        &path,
                        "files",
                        format!("expected {name}, which case {} needs", entry.name),
                    )
                })?;
                Ok::<_, Error>((dir.join(name), text))
            };
            let (file, text) = take(CASES)?;
            let case: Case = parse_json(&file, &text)?;
            if case.name != entry.name {
                let problem = format!("expected \"{}\", got \"{}\"", entry.name, case.name);
                return Err(Error::content(&file, "name", problem));
            }
            let (file, text) = take(SCENARIOS)?;
            let scenario = Scenario::parse(&file, &text)?;
            if scenarios.insert(entry.name.clone(), scenario).is_some() {
                let problem = format!("expected a new name, got \"{}\" again", entry.name);
                return Err(Error::content(&path, format!("cases[{k}].name"), problem));
            }
            cases.push(case);
        }
        let path = dir.join(PROVENANCE);
        let provenance = match std::fs::read_to_string(&path) {
            Ok(text) => Some(parse_json(&path, &text)?),
            Err(_) => None,
        };
        Ok(Self {
            manifest,
            cases,
            scenarios,
            provenance,
        })
    }

    /// Writes it into a folder, which is made. The manifest's list of files and hashes are made anew.
    ///
    /// # Errors
    /// The folder is not empty, or something cannot be written.
    pub fn write(&mut self, dir: &Path) -> Result<(), Error> {
        empty_folder(dir)?;
        for folder in [CASES, SCENARIOS] {
            let path = dir.join(folder);
            std::fs::create_dir_all(&path).map_err(|e| Error::write(&path, &e))?;
        }
        let (manifest, files) = self.render();
        for (name, text) in files {
            let path = dir.join(&name);
            std::fs::write(&path, text).map_err(|e| Error::write(&path, &e))?;
        }
        if let Some(provenance) = &self.provenance {
            let path = dir.join(PROVENANCE);
            let text = pretty(provenance);
            std::fs::write(&path, text).map_err(|e| Error::write(&path, &e))?;
        }
        let path = dir.join(MANIFEST);
        std::fs::write(&path, manifest).map_err(|e| Error::write(&path, &e))
    }

    /// Makes the manifest's list of files and hashes anew; the texts of the manifest and of these files.
    pub fn render(&mut self) -> (String, BTreeMap<String, String>) {
        let mut files = BTreeMap::new();
        for case in &self.cases {
            files.insert(file_name(CASES, &case.name), case.to_json());
        }
        for (name, scenario) in &self.scenarios {
            files.insert(file_name(SCENARIOS, name), scenario.to_json());
        }
        let entries = files.iter().map(|(path, text)| FileEntry {
            path: path.clone(),
            sha256: sha256(text.as_bytes()),
            bytes: text.len() as u64,
        });
        self.manifest.files = entries.collect();
        self.manifest.contents_hash = contents_hash(&self.manifest.files);
        self.manifest.pack_hash = ZEROS.to_owned();
        self.manifest.pack_hash = sha256(pretty(&self.manifest).as_bytes());
        (pretty(&self.manifest), files)
    }

    /// The case of this name.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.name == name)
    }
}

/// `FOLDER/NAME.json`.
fn file_name(folder: &str, name: &str) -> String {
    format!("{folder}/{name}.json")
}

/// Whether it can be a file's name on any system.
fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(good)
}

/// SHA-256 of the lines that `sha256sum` would print.
fn contents_hash(files: &[FileEntry]) -> String {
    let lines = files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.path));
    sha256(lines.collect::<String>().as_bytes())
}

fn pretty<T: serde::Serialize>(value: &T) -> String {
    // These types have string keys and no failing serializers.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

fn parse_manifest(path: &Path, text: &str) -> Result<Manifest, Error> {
    // The version comes first: another version's keys need not be known.
    #[derive(Deserialize)]
    struct Versioned {
        schema: String,
        schema_version: u32,
    }
    let versioned: Versioned = parse_json(path, text)?;
    if versioned.schema != SCHEMA {
        let problem = format!("expected \"{SCHEMA}\", got \"{}\"", versioned.schema);
        return Err(Error::content(path, "schema", problem));
    }
    if versioned.schema_version != SCHEMA_VERSION {
        let newer = match versioned.schema_version > SCHEMA_VERSION {
            true => " (a newer program wrote it)",
            false => "",
        };
        let got = versioned.schema_version;
        return Err(Error::content(
            path,
            "schema_version",
            format!("expected {SCHEMA_VERSION}, got {got}{newer}"),
        ));
    }
    let manifest: Manifest = parse_json(path, text)?;
    let blank = text.replacen(&manifest.pack_hash, ZEROS, 1);
    let is = sha256(blank.as_bytes());
    if is != manifest.pack_hash {
        return Err(Error::content(
            path,
            "pack_hash",
            format!(
                "expected the SHA-256 of this file, {is}, got \"{}\": the file was changed",
                manifest.pack_hash
            ),
        ));
    }
    if manifest.contents_hash != contents_hash(&manifest.files) {
        return Err(Error::content(
            path,
            "contents_hash",
            "expected the SHA-256 of the list of files".to_owned(),
        ));
    }
    Ok(manifest)
}

/// The texts of all files of the list.
fn read_listed(dir: &Path, manifest: &Manifest) -> Result<BTreeMap<String, String>, Error> {
    let mut files = BTreeMap::new();
    for (k, file) in manifest.files.iter().enumerate() {
        let inside = Path::new(&file.path)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        if !inside {
            return Err(Error::content(
                &dir.join(MANIFEST),
                format!("files[{k}].path"),
                format!("expected a path inside the pack, got \"{}\"", file.path),
            ));
        }
        let path = dir.join(&file.path);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::content(
                    &path,
                    "file",
                    "missing, expected it as the manifest lists it".to_owned(),
                ));
            }
            Err(error) => return Err(Error::read(&path, &error)),
        };
        let is = sha256(&bytes);
        if is != file.sha256 {
            return Err(Error::content(
                &path,
                "SHA-256",
                format!(
                    "expected {} as the manifest lists it, got {is} ({} bytes, expected {}): the file was changed",
                    file.sha256,
                    bytes.len(),
                    file.bytes
                ),
            ));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::content(&path, "file", "expected UTF-8 text".to_owned()))?;
        files.insert(file.path.clone(), text);
    }
    Ok(files)
}

/// Nothing lies in the pack's own folders that the manifest does not list. (Exports have folders of their own.)
fn no_others(dir: &Path, manifest: &Manifest) -> Result<(), Error> {
    let listed: BTreeSet<PathBuf> = manifest
        .files
        .iter()
        .map(|file| dir.join(&file.path))
        .collect();
    for folder in [CASES, SCENARIOS] {
        let folder = dir.join(folder);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            // Then its files were found missing, or it has none.
            Err(_) => continue,
        };
        for entry in entries {
            let path = entry.map_err(|e| Error::read(&folder, &e))?.path();
            if !listed.contains(&path) {
                return Err(Error::content(
                    &path,
                    "file",
                    "expected no file that the manifest does not list".to_owned(),
                ));
            }
        }
    }
    Ok(())
}

/// A folder that is there and has nothing in it.
pub(crate) fn empty_folder(dir: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(dir).map_err(|e| Error::write(dir, &e))?;
    let mut entries = std::fs::read_dir(dir).map_err(|e| Error::read(dir, &e))?;
    match entries.next() {
        None => Ok(()),
        Some(_) => Err(Error::Usage(format!(
            "{}: expected an empty folder, or none, for the pack",
            dir.display()
        ))),
    }
}
