// SPDX-License-Identifier: Apache-2.0
//! Proofs by Yosys that a module with a mutant behaves as the module without it.
//!
//! Registers are matched by name; that each pair of them and each output is always equal is proved by induction
//! (`equiv_simple`, `equiv_induct`), from any state: sound, but a mutant that differs only in states that are never
//! reached is not found to be equivalent.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ipsec_cosim_device::DeviceConfig;

use super::syntax::{Node, Source};
use super::{Mutant, copy, tools};
use crate::campaign::limits;
use crate::error::Error;

/// The file with the mutant, named from the folder it is in: the WebAssembly build sees no /tmp.
const GATE: &str = "mutant.sv";

/// What of a module's parameters is tried: `NumSa` and `Stages` are the device's, a bit is both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parameter {
    name: String,
    bit: bool,
}

/// Whether the mutant is equivalent in its module, and what was said.
///
/// # Errors
/// Yosys is missing, files cannot be written.
pub fn prove(
    mutant: &Mutant,
    sources: &[Source],
    (rtl, list): (&Path, &str),
    config: DeviceConfig,
    scratch: &Path,
    limit: Duration,
) -> Result<(bool, String), Error> {
    let source = sources.iter().find(|source| source.name == mutant.file);
    let Some(source) = source else {
        return Ok((false, "its file is not there".to_owned()));
    };
    let Some(parameters) = parameters(source, &mutant.module) else {
        return Ok((false, "in a package: no module to compare".to_owned()));
    };
    let yosys = tools::yosys()?;
    let folder = std::path::absolute(scratch).map_err(|e| Error::write(scratch, &e))?;
    std::fs::create_dir_all(&folder).map_err(|e| Error::write(&folder, &e))?;
    let gate = folder.join(GATE);
    std::fs::write(&gate, copy::apply(source, mutant)).map_err(|e| Error::write(&gate, &e))?;
    let rtl = std::path::absolute(rtl).map_err(|e| Error::read(rtl, &e))?;
    let files = |with: bool| -> Result<String, Error> {
        let mut text = String::new();
        for name in super::syntax::file_list(&rtl.join(list))? {
            let path = match with && name == mutant.file {
                true => PathBuf::from(GATE),
                false => rtl.join(&name),
            };
            let _ = write!(text, " {}", path.display());
        }
        Ok(text)
    };
    let (plain, changed) = (files(false)?, files(true)?);
    let sets = combinations(&parameters, config);
    let end = Instant::now() + limit;
    for set in &sets {
        let read = |files: &str, name: &str| {
            format!(
                "read_slang --threads 1 --ignore-assertions --top {module}{set} {files}\n\
                 hierarchy -top {module}\nproc\nflatten\nopt\nmemory_collect\nmemory_map\nopt -full\n\
                 rename -top {name}\nselect -set keep t:*dff* %co1:+[Q]\n\
                 rename -hide w:* x:* %d @keep %d\nasync2sync\nopt_clean\ndesign -stash {name}\n",
                module = mutant.module,
            )
        };
        let script = folder.join("prove.ys");
        let text = format!(
            "{}{}design -copy-from gold -as gold gold\ndesign -copy-from gate -as gate gate\n\
             equiv_make gold gate equiv\nhierarchy -top equiv\nopt_clean\nequiv_simple\n\
             equiv_induct -seq 4\nequiv_status -assert\n",
            read(&plain, "gold"),
            read(&changed, "gate"),
        );
        std::fs::write(&script, text).map_err(|e| Error::write(&script, &e))?;
        let log = folder.join("prove.log");
        let mut child = Command::new(&yosys)
            .current_dir(&folder)
            .args(["-q", "-l", "prove.log", "prove.ys"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| Error::Usage(format!("cannot start {}: {e}", yosys.display())))?;
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < end && !limits::interrupted() => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                _ => break None,
            }
        };
        let with = set.trim();
        match status {
            Some(status) if status.success() => {}
            Some(_) => {
                let log = std::fs::read_to_string(&log).unwrap_or_default();
                let last = log.lines().rev().find(|line| line.contains("ERROR"));
                let said = last.unwrap_or("no message");
                return Ok((false, format!("not proved with {with}: {said}")));
            }
            None => {
                let _ = child.kill();
                let _ = child.wait();
                limits::cut_if_interrupted_here()?;
                return Ok((false, format!("not proved within {} s", limit.as_secs())));
            }
        }
    }
    Ok((
        true,
        format!(
            "Yosys proves that {} is equivalent with{}",
            mutant.module,
            sets.iter().map(|s| s.trim()).collect::<Vec<_>>().join("; ")
        ),
    ))
}

/// Those of a module; `None`: there is no such module in the file.
fn parameters(source: &Source, module: &str) -> Option<Vec<Parameter>> {
    let mut found = None;
    source.tree.each(&mut |node| {
        let is_it = node.tag == "kModuleDeclaration"
            && node
                .child("kModuleHeader")
                .is_some_and(|header| source.flat(header).starts_with(&format!("module {module}")));
        if is_it && found.is_none() {
            let header = node.child("kModuleHeader").unwrap_or(node);
            found = Some(of_header(source, header));
        }
    });
    found
}

fn of_header(source: &Source, header: &Node) -> Vec<Parameter> {
    let mut list = Vec::new();
    header.each(&mut |node| {
        if node.tag == "kParamDeclaration" {
            let text = source.flat(node);
            let left = text.split('=').next().unwrap_or_default().trim();
            if let Some(name) = left.split_whitespace().last() {
                list.push(Parameter {
                    name: name.to_owned(),
                    bit: left.contains(" bit "),
                });
            }
        }
    });
    list
}

/// The values to try, as arguments.
fn combinations(parameters: &[Parameter], config: DeviceConfig) -> Vec<String> {
    let mut sets = vec![String::new()];
    for parameter in parameters {
        let name = &parameter.name;
        let values: Vec<String> = match name.as_str() {
            "NumSa" => vec![config.num_sa.to_string()],
            "Stages" => vec![config.stages.to_string()],
            _ if parameter.bit => vec!["1'b0".to_owned(), "1'b1".to_owned()],
            _ => continue,
        };
        sets = sets
            .iter()
            .flat_map(|set| values.iter().map(move |v| format!("{set} -G {name}={v}")))
            .collect();
    }
    sets
}
