// SPDX-License-Identifier: Apache-2.0
//! The command.

use std::process::ExitCode;

use clap::Parser;
use ipsec_testbench::commands::{self, Cli};

fn main() -> ExitCode {
    match commands::main(Cli::parse()) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("ipsec-cosim: {error}");
            ExitCode::from(error.exit_status())
        }
    }
}
