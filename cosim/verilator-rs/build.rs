// SPDX-License-Identifier: Apache-2.0

//! Compiles Verilator's runtime library, once for all models of a program.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    verilator_build::script(|| verilator_build::build_runtime(&package.join("cpp")))
}
