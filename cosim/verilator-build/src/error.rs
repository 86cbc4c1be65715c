// SPDX-License-Identifier: Apache-2.0

//! What can go wrong, each case told in one sentence.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a design could not be verilated, bound or compiled.
///
/// [`Display`](fmt::Display) gives one sentence for the user; [`Error::details`] the output of the
/// tool that failed, if a tool did.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No Verilator was found in any of the places searched.
    VerilatorMissing {
        /// The places, in the order in which they were searched.
        searched: Vec<String>,
    },
    /// The Verilator found is older than [`Version::MINIMUM`](crate::Version::MINIMUM).
    VerilatorTooOld {
        /// The executable found.
        executable: PathBuf,
        /// Its version, as its header gives it.
        found: String,
    },
    /// Something was found that does not behave like Verilator.
    VerilatorUnusable {
        /// The executable found, or the value of the variable that named it.
        executable: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The build script asks for something impossible.
    Config {
        /// The model concerned.
        model: String,
        /// What is wrong.
        reason: String,
    },
    /// A file list cannot be understood.
    Filelist {
        /// The file list.
        path: PathBuf,
        /// Line in it, from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// A file or folder cannot be read or written.
    Io {
        /// What was attempted, as in "read".
        action: &'static str,
        /// On which path.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Verilator refused the design.
    Verilate {
        /// The model concerned.
        model: String,
        /// Everything Verilator printed.
        output: String,
    },
    /// Verilator's output has a form that this crate does not know.
    Generated {
        /// The model concerned.
        model: String,
        /// What was not understood.
        reason: String,
    },
    /// No C++ compiler, or the compiler refused a file.
    Compile {
        /// The file, or what was attempted.
        what: String,
        /// Everything the compiler printed.
        output: String,
    },
}

impl Error {
    /// The failed tool's output, line by line; empty if no tool was involved.
    pub fn details(&self) -> impl Iterator<Item = &str> {
        match self {
            Error::Verilate { output, .. } | Error::Compile { output, .. } => output.as_str(),
            _ => "",
        }
        .lines()
        .filter(|line| !line.trim().is_empty())
    }

    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Error::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::VerilatorMissing { searched } => write!(
                f,
                "no Verilator found (searched {}): run `make setup`, or install Verilator {} or \
                 later, or set VERILATOR to its executable",
                searched.join(", "),
                crate::Version::MINIMUM
            ),
            Error::VerilatorTooOld { executable, found } => write!(
                f,
                "{} is Verilator {found}, but {} or later is needed",
                executable.display(),
                crate::Version::MINIMUM
            ),
            Error::VerilatorUnusable { executable, reason } => {
                write!(
                    f,
                    "{} cannot be used as Verilator: {reason}",
                    executable.display()
                )
            }
            Error::Config { model, reason } => write!(f, "model `{model}`: {reason}"),
            Error::Filelist { path, line, reason } => {
                write!(f, "{}:{line}: {reason}", path.display())
            }
            Error::Io {
                action,
                path,
                source,
            } => {
                write!(f, "cannot {action} {}: {source}", path.display())
            }
            Error::Verilate { model, .. } => {
                write!(f, "Verilator refused the design of model `{model}`")
            }
            Error::Generated { model, reason } => {
                write!(
                    f,
                    "model `{model}`: Verilator's output is not understood: {reason}"
                )
            }
            Error::Compile { what, output } => {
                write!(f, "C++ compilation of {what} failed")?;
                // By far the most common cause on a fresh machine deserves its remedy.
                for (header, package) in [("lz4.h", "liblz4-dev"), ("zlib.h", "zlib1g-dev")] {
                    if output.contains(header) && output.contains("No such file") {
                        write!(f, ": {header} is missing, install {package}")?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
