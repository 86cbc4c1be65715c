// SPDX-License-Identifier: Apache-2.0
//! Lists the integration tests of the workspace, so that a testplan can be held against them.

use std::path::Path;
use std::{env, fs};

const CRATES: [&str; 5] = [
    "testbench",
    "cosim",
    "cosim/verilator-rs",
    "cosim/verilator-build",
    "model",
];

fn main() {
    let mut names = Vec::new();
    for krate in CRATES {
        let folder = Path::new("..").join(krate).join("tests");
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        println!("cargo::rerun-if-changed={}", folder.display());
        for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
            let file = path.extension().is_some_and(|extension| extension == "rs");
            // A test may be a folder with several files.
            if (file || path.join("main.rs").exists())
                && let Some(name) = path.file_stem().and_then(|name| name.to_str())
            {
                let krate = krate.rsplit('/').next().unwrap_or(krate);
                names.push(format!("{krate}::{name}"));
            }
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    names.sort();
    let out = env::var_os("OUT_DIR").map_or_else(env::temp_dir, Into::into);
    if let Err(error) = fs::write(out.join("tests.rs"), format!("&{names:?}")) {
        println!("cargo::error=cannot write the list of tests: {error}");
    }
}
