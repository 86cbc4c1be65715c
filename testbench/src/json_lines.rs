// SPDX-License-Identifier: Apache-2.0
//! Files of JSON lines that only grow: the first line says what the file is, each other line is on the disk before
//! what it tells counts. Whatever ends the writer, the lines before are there.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// A file that is read. A last line that was cut is left out, with a sentence; so is one in the middle that nobody can
/// read.
#[derive(Debug)]
pub struct Reader<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    good: usize,
    complaints: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads the file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &'a Path) -> Result<Self, Error> {
        Ok(Self {
            path,
            bytes: std::fs::read(path).map_err(|e| Error::read(path, &e))?,
            good: 0,
            complaints: Vec::new(),
        })
    }

    /// The first line, as `header` takes it; `what` says what stands there.
    ///
    /// # Errors
    /// It was cut, or is none that `header` takes.
    pub fn first<L: DeserializeOwned, H>(
        &mut self,
        what: &str,
        header: impl FnOnce(L) -> Option<H>,
    ) -> Result<H, Error> {
        let line = split(&self.bytes).next().unwrap_or_default();
        let found = parsed(line).and_then(header).ok_or_else(|| {
            self.wrong(format!(
                "expected {what}: this is no file of results, or its start is lost"
            ))
        })?;
        self.good = line.len();
        Ok(found)
    }

    /// That the first line is of the version that this crate writes.
    ///
    /// # Errors
    /// It is of another one.
    pub fn check_version(&self, expected: u32, got: u32) -> Result<(), Error> {
        if got == expected {
            return Ok(());
        }
        Err(self.wrong(format!("version: expected {expected}, got {got}")))
    }

    fn wrong(&self, problem: String) -> Error {
        Error::content(self.path, "line 1", problem)
    }

    /// Gives `take` the lines behind the first one, which says whether it can be one of this file; `lost` tells in the
    /// sentences what a line that cannot be read means.
    pub fn rest<L: DeserializeOwned>(&mut self, lost: &str, mut take: impl FnMut(L) -> bool) {
        let mut at = 0;
        for (k, line) in split(&self.bytes).enumerate() {
            at += line.len();
            if k == 0 {
                continue;
            }
            let whole = line.ends_with(b"\n");
            if !parsed(line).is_some_and(&mut take) {
                let what = if whole {
                    "no result"
                } else {
                    "the file ends in the middle of a result"
                };
                let path = self.path.display();
                let number = k + 1;
                self.complaints
                    .push(format!("{path}: line {number}: {what}: {lost}"));
            }
            if whole {
                self.good = at;
            }
        }
    }

    /// The sentences about lines that nobody can read, and the bytes up to the end of the last complete line: what
    /// [`Writer::resume`] keeps.
    pub fn finish(self) -> (Vec<String>, u64) {
        (self.complaints, self.good as u64)
    }
}

fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// A line that was cut is none, whatever it looks like: its end may be missing.
fn parsed<L: DeserializeOwned>(line: &[u8]) -> Option<L> {
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    serde_json::from_str(text).ok()
}

/// A file that grows.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
}

impl Writer {
    /// Starts a new file, in place of one that is there.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: PathBuf) -> Result<Self, Error> {
        let file = File::create(&path).map_err(|e| Error::write(&path, &e))?;
        Ok(Self { path, file })
    }

    /// Goes on with a file behind its first `good` bytes: what a crash left of its last line is cut off.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn resume(path: PathBuf, good: u64) -> Result<Self, Error> {
        let wrong = |e: std::io::Error| Error::write(&path, &e);
        let mut file = OpenOptions::new().write(true).open(&path).map_err(wrong)?;
        file.set_len(good)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .map_err(wrong)?;
        Ok(Self { path, file })
    }

    /// Adds a line. When this returns it is on the disk.
    ///
    /// # Errors
    /// It cannot be written, as on a full disk. The lines before are there.
    pub fn add(&mut self, line: &impl Serialize) -> Result<(), Error> {
        let wrong = |e: std::io::Error| Error::write(&self.path, &e);
        let mut text = serde_json::to_string(line).map_err(|e| wrong(e.into()))?;
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(wrong)?;
        self.file.sync_data().map_err(wrong)
    }
}

/// Puts a file aside, under its name with `.old` behind it, which is given back.
///
/// # Errors
/// It cannot be renamed.
pub fn put_aside(path: &Path) -> Result<PathBuf, Error> {
    let mut to = path.as_os_str().to_owned();
    to.push(".old");
    let to = PathBuf::from(to);
    std::fs::rename(path, &to).map_err(|e| Error::write(&to, &e))?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("json-lines-{name}-{}", std::process::id()))
    }

    /// The numbers behind a first line of 0, the sentences without their file, and the good bytes.
    fn numbers(path: &Path) -> (Vec<u32>, Vec<String>, u64) {
        let mut reader = Reader::open(path).unwrap();
        reader
            .first("a zero", |number: u32| (number == 0).then_some(()))
            .unwrap();
        let mut all = Vec::new();
        // 13 is a number that cannot stand there.
        reader.rest("it does not count", |number: u32| {
            if number != 13 {
                all.push(number);
            }
            number != 13
        });
        let (complaints, good) = reader.finish();
        let file = format!("{}: ", path.display());
        let complaints = complaints.iter().map(|said| said.replace(&file, ""));
        (all, complaints.collect(), good)
    }

    #[test]
    fn what_cannot_be_read_is_left_out_with_a_sentence() {
        let path = path("read");
        for (rest, all, complaints, good) in [
            ("", &[][..], &[][..], 2),
            ("1\n22\n", &[1, 22], &[], 7),
            // A line that was cut does not count, though it looks like one.
            (
                "1\n22",
                &[1],
                &["line 3: the file ends in the middle of a result: it does not count"],
                4,
            ),
            // One in the middle stays in the file.
            (
                "nonsense\n13\n\n5\n",
                &[5],
                &[
                    "line 2: no result: it does not count",
                    "line 3: no result: it does not count",
                    "line 4: no result: it does not count",
                ],
                17,
            ),
        ] {
            std::fs::write(&path, format!("0\n{rest}")).unwrap();
            let found = numbers(&path);
            assert_eq!(found.0, all, "{rest:?}");
            assert_eq!(found.1, complaints, "{rest:?}");
            assert_eq!(found.2, good, "{rest:?}");
        }
        // What is no text is no line.
        std::fs::write(&path, b"0\n\xff\n7\n").unwrap();
        assert_eq!(numbers(&path).0, [7]);
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_first_line_says_what_it_is() {
        let path = path("first");
        for text in ["", "0", "1\n", "nonsense\n"] {
            std::fs::write(&path, text).unwrap();
            let said = Reader::open(&path)
                .unwrap()
                .first("a zero", |number: u32| (number == 0).then_some(()))
                .unwrap_err();
            assert_eq!(
                said.to_string(),
                format!(
                    "{}: line 1: expected a zero: this is no file of results, or its start is lost",
                    path.display()
                ),
                "{text:?}"
            );
        }
        let reader = Reader::open(&path).unwrap();
        assert!(reader.check_version(1, 1).is_ok());
        let said = reader.check_version(1, 2).unwrap_err().to_string();
        assert!(
            said.ends_with("line 1: version: expected 1, got 2"),
            "{said}"
        );
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_file_goes_on_behind_its_last_complete_line() {
        let path = path("resume");
        let mut writer = Writer::create(path.clone()).unwrap();
        for number in [0, 1, 22] {
            writer.add(&number).unwrap();
        }
        drop(writer);
        std::fs::write(&path, "0\n1\n22").unwrap();
        let good = numbers(&path).2;
        let mut writer = Writer::resume(path.clone(), good).unwrap();
        writer.add(&3).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "0\n1\n3\n");
        let old = put_aside(&path).unwrap();
        assert!(!path.exists());
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "0\n1\n3\n");
        assert_eq!(old.display().to_string(), format!("{}.old", path.display()));
        std::fs::remove_file(&old).unwrap();
    }
}
