// SPDX-License-Identifier: Apache-2.0
//! What the tests share.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ipsec_cosim_device::{DeviceConfig, RtlDevice};
use ipsec_testbench::devices::On;

/// Model and RTL in lockstep; the model alone in a build without RTL, and it says so.
pub fn best() -> On {
    if RtlDevice::built().is_empty() {
        skipped("the RTL", "this build has none; the model runs alone");
        return On::Model;
    }
    On::Lockstep
}

/// The configurations to test: those that are built.
pub fn configs() -> Vec<DeviceConfig> {
    match RtlDevice::built() {
        built if built.is_empty() => DeviceConfig::BUILT.to_vec(),
        built => built,
    }
}

/// The default parameters, or the first that is built.
pub fn config() -> DeviceConfig {
    let all = configs();
    let default = DeviceConfig::default();
    if all.contains(&default) {
        default
    } else {
        all[0]
    }
}

/// Says loudly that something did not run.
pub fn skipped(what: &str, why: &str) {
    eprintln!("\n*** SKIPPED: {what}: {why} ***\n");
}

/// A folder of its own for a test, empty.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Runs the command.
pub fn ipsec_cosim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"))
        .args(arguments)
        .output()
        .unwrap()
}

/// The text of an output.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The Python of the tools folder, or `IPSEC_PYTHON`, or the system's, if it has these modules.
pub fn python(modules: &str) -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/venv/bin/python");
    let named = std::env::var_os("IPSEC_PYTHON").map(PathBuf::from);
    named
        .into_iter()
        .chain([tools, PathBuf::from("python3")])
        .find(|python| {
            let import = format!("import {modules}");
            let tried = Command::new(python).args(["-c", &import]).output();
            tried.is_ok_and(|output| output.status.success())
        })
}

/// The folder of oracles beside the checkout.
pub fn oracles() -> Option<PathBuf> {
    let found = ipsec_testbench::kat::shared_dir().map(|dir| dir.join("oracles"));
    found.filter(|dir| dir.is_dir())
}
