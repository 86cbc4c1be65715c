// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim golden export`: a pack in the forms of other people's tools.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::error::Error;
use crate::golden::Pack;
use crate::golden::export::{self, Format};
use crate::output::outln;

/// Write a golden pack in the forms that other tools read: captures, Verilog memory files, C, OpenOCD, PDL, CSV, STIL, VCD.
///
/// Each form is a folder in OUT, with all that it needs (docs/golden_exports.md). The same pack gives the same bytes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim golden export pack --format all --out exports\n  scripts/golden_consumers.sh exports --smoke"
)]
pub struct Arguments {
    /// Folder of the pack
    #[arg(value_name = "PACK")]
    pack: PathBuf,
    /// Which forms: all, or some separated by commas
    #[arg(
        long,
        value_name = "FORMAT",
        value_delimiter = ',',
        default_value = "all"
    )]
    format: Vec<Choice>,
    /// Where they go; files that are there are replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// `all`, or a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    /// Every one
    All,
    /// Frames of each port, with keys for Wireshark
    Pcapng,
    /// Memory files and a bench of Verilog-2005
    Readmemh,
    /// C header with a replayer
    C,
    /// Tcl script of register accesses for OpenOCD
    Openocd,
    /// IEEE 1687 PDL and ICL
    Pdl,
    /// One register access a line
    Csv,
    /// Pins clock by clock, IEEE 1450
    Stil,
    /// Pins clock by clock, with strobe masks
    Vcd,
}

impl Choice {
    fn formats(self) -> &'static [Format] {
        match self {
            Self::All => Format::ALL,
            Self::Pcapng => &[Format::Pcapng],
            Self::Readmemh => &[Format::Readmemh],
            Self::C => &[Format::C],
            Self::Openocd => &[Format::Openocd],
            Self::Pdl => &[Format::Pdl],
            Self::Csv => &[Format::Csv],
            Self::Stil => &[Format::Stil],
            Self::Vcd => &[Format::Vcd],
        }
    }
}

/// Runs the command.
///
/// # Errors
/// No good pack, or the folder cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let pack = Pack::load(&arguments.pack)?;
    let mut formats: Vec<Format> = arguments
        .format
        .iter()
        .flat_map(|choice| choice.formats())
        .copied()
        .collect();
    formats.sort();
    formats.dedup();
    let files = export::some(&pack, &formats)?;
    export::save(&files, &arguments.out)?;
    let bytes: usize = files.values().map(Vec::len).sum();
    outln!(
        "{} files, {bytes} bytes in {}",
        files.len(),
        arguments.out.display()
    );
    Ok(0)
}
