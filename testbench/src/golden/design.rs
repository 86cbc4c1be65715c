// SPDX-License-Identifier: Apache-2.0
//! What the manifest says of the design.

use std::path::Path;

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;

use super::file::sha256;
use super::generate::checkout;
use super::manifest::Design;
use crate::error::Error;

/// The design with these parameters, at the revision of the checkout.
///
/// # Errors
/// The RTL sources cannot be read.
pub fn design(config: DeviceConfig) -> Result<Design, Error> {
    Ok(Design {
        name: "ipsec_offload".to_owned(),
        name_register: regs::name::RESET,
        version_register: regs::version::RESET,
        revision: revision(&checkout("rtl"))?,
        num_sa: config.num_sa,
        stages: config.stages,
        sa_counters: config.sa_counters(),
        slots: regs::MAILBOX_SLOT_OID_COUNT,
    })
}

/// SHA-256 of the lines `SHA256  NAME` of the SystemVerilog sources, by name: the same in every clone.
fn revision(folder: &Path) -> Result<String, Error> {
    let mut names = Vec::new();
    // Neither proofs nor experiments.
    for inside in ["", "regs/"] {
        let path = folder.join(inside);
        for entry in std::fs::read_dir(&path).map_err(|e| Error::read(&path, &e))? {
            let entry = entry.map_err(|e| Error::read(&path, &e))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".sv") {
                names.push(format!("{inside}{name}"));
            }
        }
    }
    names.sort();
    let mut lines = String::new();
    for name in names {
        let path = folder.join(&name);
        let bytes = std::fs::read(&path).map_err(|e| Error::read(&path, &e))?;
        lines.push_str(&format!("{}  {name}\n", sha256(&bytes)));
    }
    Ok(sha256(lines.as_bytes()))
}
