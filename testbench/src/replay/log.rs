// SPDX-License-Identifier: Apache-2.0
//! [`Log`]: a line of JSON for each step.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::StepLine;
use crate::error::Error;

/// A file of [`StepLine`]s, or nothing.
#[derive(Debug, Default)]
pub struct Log {
    file: Option<(PathBuf, BufWriter<File>)>,
}

impl Log {
    /// Begins a file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).map_err(|error| Error::write(path, &error))?;
        Ok(Self {
            file: Some((path.to_owned(), BufWriter::new(file))),
        })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn line(&mut self, line: &StepLine) -> Result<(), Error> {
        let Some((path, file)) = &mut self.file else {
            return Ok(());
        };
        let text = serde_json::to_string(line).unwrap_or_default();
        writeln!(file, "{text}").map_err(|error| Error::write(path, &error))
    }

    /// All lines are in the file.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn flush(&mut self) -> Result<(), Error> {
        match &mut self.file {
            Some((path, file)) => file.flush().map_err(|error| Error::write(path, &error)),
            None => Ok(()),
        }
    }
}
