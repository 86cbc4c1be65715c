// SPDX-License-Identifier: Apache-2.0
//! A golden pack in the forms that other people's tools read (docs/golden_exports.md). The same pack gives the same
//! bytes.

pub mod c;
pub mod csv;
pub mod openocd;
pub mod pcapng;
pub mod pdl;
pub mod pins;
pub mod poll_clocks;
pub mod readmemh;
pub mod registers;
pub mod stil;
pub mod trace;
pub mod vcd;

use std::collections::BTreeMap;
use std::path::Path;

use self::registers::Registers;
use super::Pack;
use crate::error::Error;

/// A form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
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

impl Format {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Pcapng,
        Self::Readmemh,
        Self::C,
        Self::Openocd,
        Self::Pdl,
        Self::Csv,
        Self::Stil,
        Self::Vcd,
    ];

    /// Its folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Pcapng => "pcapng",
            Self::Readmemh => "readmemh",
            Self::C => "c",
            Self::Openocd => "openocd",
            Self::Pdl => "pdl",
            Self::Csv => "csv",
            Self::Stil => "stil",
            Self::Vcd => "vcd",
        }
    }
}

/// Every form of the pack: path and contents of each file.
///
/// # Errors
/// As [`some`].
pub fn all(pack: &Pack) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    some(pack, Format::ALL)
}

/// Some forms of the pack: path and contents of each file, each form in a folder of its own.
///
/// # Errors
/// A case does not run on the model as it says.
pub fn some(pack: &Pack, formats: &[Format]) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let registers = Registers::new(pack);
    let mut files = BTreeMap::new();
    for format in formats {
        let made = match format {
            Format::Pcapng => pcapng::write(pack)?,
            Format::Readmemh => readmemh::write(pack),
            Format::C => c::write(pack, &registers),
            Format::Openocd => one("golden.tcl", openocd::write(pack, &registers)),
            Format::Pdl => pdl::write(pack, &registers)?,
            Format::Csv => one("golden.csv", csv::write(pack, &registers)),
            Format::Stil => pins::write(pack, "stil", stil::write)?,
            Format::Vcd => pins::write(pack, "vcd", vcd::write)?,
        };
        let folder = format.folder();
        files.extend(
            made.into_iter()
                .map(|(name, bytes)| (format!("{folder}/{name}"), bytes)),
        );
    }
    Ok(files)
}

/// Writes files into a folder, which is made.
///
/// # Errors
/// Something cannot be written.
pub fn save(files: &BTreeMap<String, Vec<u8>>, out: &Path) -> Result<(), Error> {
    for (name, bytes) in files {
        let path = out.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| Error::write(folder, &e))?;
        }
        std::fs::write(&path, bytes).map_err(|e| Error::write(&path, &e))?;
    }
    Ok(())
}

fn one(name: &str, text: String) -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([(name.to_owned(), text.into_bytes())])
}
