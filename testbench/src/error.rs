// SPDX-License-Identifier: Apache-2.0
//! What can go wrong, each in one sentence, and the exit status that goes with it.

use std::path::{Path, PathBuf};

use ipsec_cosim_device::DeviceError;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read or written.
    #[error("cannot {verb} {}: {reason}", path.display())]
    File {
        /// `read`, `write` or `create`
        verb: &'static str,
        /// The file or folder
        path: PathBuf,
        /// What the system says
        reason: String,
    },
    /// A file's contents are not what they must be.
    #[error("{}: {place}: {problem}", path.display())]
    Content {
        /// The file
        path: PathBuf,
        /// Field path, record or line
        place: String,
        /// What was found and what was expected
        problem: String,
    },
    /// A device that cannot be made.
    #[error("{0}")]
    Device(#[from] DeviceError),
    /// An SA that the device does not take.
    #[error("the device refuses SA '{name}' with {status}: {hint}")]
    SaRefused {
        /// The SA's name in the file
        name: String,
        /// NDIS_STATUS with its name
        status: String,
        /// What to look at
        hint: &'static str,
    },
    /// Arguments that do not go together.
    #[error("{0}")]
    Usage(String),
    /// Ctrl-C, or the signal by which a job is ended.
    #[error("interrupted")]
    Interrupted,
    /// A check that failed: exit status 1.
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// The exit status of the command: 1 for a failed check, 2 for bad usage or bad input.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            _ => 2,
        }
    }

    /// A file that cannot be read.
    pub fn read(path: &Path, error: &std::io::Error) -> Self {
        Self::file("read", path, error)
    }

    /// A file or folder that cannot be written.
    pub fn write(path: &Path, error: &std::io::Error) -> Self {
        Self::file("write", path, error)
    }

    fn file(verb: &'static str, path: &Path, error: &std::io::Error) -> Self {
        Self::File {
            verb,
            path: path.to_path_buf(),
            reason: error.to_string(),
        }
    }

    /// Contents that are not what they must be.
    pub fn content(path: &Path, place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Content {
            path: path.to_path_buf(),
            place: place.into(),
            problem: problem.into(),
        }
    }
}

/// Reads a JSON file into `T`; an error names the file and the path of the field.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read_to_string(path).map_err(|e| Error::read(path, &e))?;
    parse_json(path, &text)
}

/// As [`read_json`], from text that came from `path`.
pub fn parse_json<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        // A file that ends early has no name for the member that was to come: "?".
        let path_in_it = error.path().to_string();
        let place = match path_in_it.trim_end_matches(['?', '.']) {
            "" => "top level".to_owned(),
            place => place.to_owned(),
        };
        Error::content(path, place, error.into_inner().to_string())
    })?;
    json.end()
        .map_err(|error| Error::content(path, "end of file", error.to_string()))?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn numbers_are_read_back_as_they_were_written() {
        let path = Path::new("x.json");
        for seconds in [1.322_485_185_000_000_1_f64, 0.1, 1e-9, 86_400.000_001] {
            let text = serde_json::to_string(&seconds).unwrap_or_default();
            let read = super::parse_json::<f64>(path, &text).map(f64::to_bits);
            assert_eq!(read.ok(), Some(seconds.to_bits()), "{text}");
        }
    }

    #[test]
    fn a_file_that_ends_early_has_a_place() {
        let path = Path::new("x.json");
        let error = super::parse_json::<Vec<String>>(path, "[\"a\",");
        let said = error.map_or_else(|error| error.to_string(), |_| String::new());
        assert!(
            said.starts_with("x.json: ") && !said.contains('?'),
            "{said}"
        );
    }
}
