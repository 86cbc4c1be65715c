// SPDX-License-Identifier: Apache-2.0
//! Makes a program that holds many mutants.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ipsec_cosim_device::DeviceConfig;

use super::copy::{self, Places};
use super::draw::{Urn, key};
use super::syntax::Source;
use super::{Mutant, tools};
use crate::error::Error;

/// How often what cannot be elaborated is replaced.
const ROUNDS: usize = 30;

/// What was drawn.
#[derive(Debug)]
pub struct Drawn {
    /// The mutants that the RTL in the folder holds
    pub mutants: Vec<Mutant>,
    /// Those that are no SystemVerilog any more, or of the wrong type
    pub dropped: BTreeSet<String>,
}

/// Draws mutants and writes RTL that holds them, until Verilator takes it: what it refuses is replaced.
///
/// # Errors
/// Verilator is missing, or refuses something else than a mutant.
pub fn draw(
    urn: &Urn,
    count: usize,
    sources: &[Source],
    (from, to, list): (&Path, &Path, &str),
    configs: &[DeviceConfig],
) -> Result<Drawn, Error> {
    let verilator = tools::verilator()?;
    let mut dropped = BTreeSet::new();
    for _ in 0..ROUNDS {
        let mutants = urn.draw(count, &dropped);
        let places = copy::write(from, to, list, sources, &mutants)?;
        let mut blamed = BTreeSet::new();
        for config in configs {
            blamed.extend(lint(&verilator, &to.join(list), *config, &places)?);
            if !blamed.is_empty() {
                break;
            }
        }
        if blamed.is_empty() {
            return Ok(Drawn { mutants, dropped });
        }
        let bad = mutants.iter().filter(|m| blamed.contains(&m.number));
        dropped.extend(bad.map(key));
    }
    Err(Error::Usage(format!(
        "{}: Verilator still refuses it after {ROUNDS} rounds",
        to.display()
    )))
}

/// The mutants that Verilator refuses.
fn lint(
    verilator: &Path,
    list: &Path,
    config: DeviceConfig,
    places: &BTreeMap<String, (String, Places)>,
) -> Result<BTreeSet<u32>, Error> {
    let output = tools::output(
        Command::new(verilator)
            .args(["--lint-only", "--assert", "--error-limit", "100000"])
            .args(["--top-module", "ipsec_offload"])
            .arg(format!("-GNumSa={}", config.num_sa))
            .arg(format!("-GStages={}", config.stages))
            .arg("-F")
            .arg(list),
    )?;
    let said = String::from_utf8_lossy(&output.stderr);
    // The second: a function of constants reads which mutant is there.
    let tells =
        |line: &&str| line.starts_with("%Error") || line.contains("... Location of non-constant");
    let errors: Vec<_> = said.lines().filter(tells).collect();
    if output.status.success() {
        return Ok(BTreeSet::new());
    }
    let mut blamed = BTreeSet::new();
    for error in &errors {
        if let Some((file, line, column)) = place(error)
            && let Some((text, places)) = places.get(&file)
        {
            let start = line_start(text, line);
            let end = line_start(text, line + 1);
            blamed.extend(places.blame(start + column.saturating_sub(1), (start, end)));
        }
    }
    if blamed.is_empty() {
        let first = errors.first().copied().unwrap_or("no message");
        return Err(Error::Usage(format!(
            "Verilator refuses the RTL with the mutants, and not for one of them: {first}"
        )));
    }
    Ok(blamed)
}

fn line_start(text: &str, line: usize) -> usize {
    if line <= 1 {
        return 0;
    }
    text.match_indices('\n')
        .nth(line - 2)
        .map_or(text.len(), |(at, _)| at + 1)
}

/// File name, line and column of `%Error-X: a/b.sv:12:34: ...`, or without the word.
fn place(error: &str) -> Option<(String, usize, usize)> {
    let rest = match error.strip_prefix('%') {
        Some(error) => error.split_once(": ")?.1,
        None => error.trim(),
    };
    let mut parts = rest.splitn(4, ':');
    let path = parts.next()?;
    let line = parts.next()?.parse().ok()?;
    let column = parts.next()?.parse().ok()?;
    let file = path.rsplit_once("/rtl/").map_or(path, |(_, file)| file);
    Some((file.to_owned(), line, column))
}

/// Builds `ipsec-cosim` with the RTL of a folder. Returns the program.
///
/// # Errors
/// Cargo is missing, or the build fails.
pub fn program(
    out: &Path,
    rtl: &Path,
    configs: &[DeviceConfig],
    target: &Path,
) -> Result<PathBuf, Error> {
    let full = |path: &Path| std::path::absolute(path).map_err(|e| Error::read(path, &e));
    let (rtl, target) = (full(rtl)?, full(target)?);
    let names: Vec<_> = configs.iter().map(ToString::to_string).collect();
    let log = out.join("build.log");
    let file = std::fs::File::create(&log).map_err(|e| Error::write(&log, &e))?;
    let second = file.try_clone().map_err(|e| Error::write(&log, &e))?;
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(tools::workspace())
        .args(["build", "--release", "--locked", "-p", "ipsec-testbench"])
        .args(["--bin", "ipsec-cosim"])
        .env("CARGO_TARGET_DIR", &target)
        // The path goes into the build scripts' folder: it must not change it to be absolute.
        .env("IPSEC_RTL_DIR", &rtl)
        .env("IPSEC_CONFIGS", names.join(","))
        .env("IPSEC_CACHE", full(&out.join("cache"))?)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(second);
    if std::env::var_os("IPSEC_CXX_OPT").is_none() {
        // Compiling is most of the time.
        command.env("IPSEC_CXX_OPT", "1");
    }
    let status = command
        .status()
        .map_err(|e| Error::Usage(format!("cargo cannot be started: {e}")))?;
    if !status.success() {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let first = text.lines().find(|line| line.starts_with("error"));
        return Err(Error::Usage(format!(
            "the program with the mutants does not build ({}): {}",
            log.display(),
            first.unwrap_or("see there").trim()
        )));
    }
    Ok(target.join("release/ipsec-cosim"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_verilator_complains() {
        let said = "%Error-ENUMVALUE: out/m/rtl/regs/a.sv:12:34: Implicit conversion: to enum";
        assert_eq!(place(said), Some(("regs/a.sv".to_owned(), 12, 34)));
        let said = "        out/m/rtl/a.sv:578:50: ... Location of non-constant VARREF";
        assert_eq!(place(said), Some(("a.sv".to_owned(), 578, 50)));
        assert_eq!(place("%Error: Exiting due to 3 error(s)"), None);
        assert_eq!(line_start("ab\ncd\n", 2), 3);
        assert_eq!(line_start("ab\n", 9), 3);
    }
}
