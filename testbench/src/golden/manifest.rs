// SPDX-License-Identifier: Apache-2.0
//! [`Manifest`]: what a pack is for, what is in it, and what it was checked with.

use ipsec_cosim_device::DeviceConfig;
use serde::{Deserialize, Serialize};

use super::case::Transport;
use super::file::Sha256Text;
use crate::error::Error;
use crate::scenario::hex_word;

/// The name of the format.
pub const SCHEMA: &str = "ipsec-cosim-golden-pack";

/// The version of the format that this crate writes and reads.
pub const SCHEMA_VERSION: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`]
    pub schema: String,
    /// [`SCHEMA_VERSION`]
    pub schema_version: u32,
    /// SHA-256 of this file with 64 zeros in this place: it holds for all files, since each one's is in here
    pub pack_hash: Sha256Text,
    /// SHA-256 of the lines `SHA256  PATH` of `files`: it does not depend on what this file says of the design
    pub contents_hash: Sha256Text,
    /// The command that makes this pack again, the folder left out
    pub generator: String,
    /// The device that it is for
    pub design: Design,
    /// Seed of what is drawn
    pub seed: u64,
    /// The plan
    pub plan: String,
    /// Cases that say "the chip is alive and its GCM is right", to be run first, in this order
    pub smoke: Vec<String>,
    /// Register accesses of the smoke set, frames through the diagnostic port included, polls counted once
    pub smoke_register_accesses: u64,
    /// Functional coverage of all cases together
    pub coverage: Coverage,
    /// The cases, in the order in which to run them
    pub cases: Vec<Entry>,
    /// Every file but this one and `provenance.json`, by path
    pub files: Vec<FileEntry>,
}

/// The device that a pack is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Top module
    pub name: String,
    /// NAME register
    #[serde(with = "hex_word")]
    pub name_register: u32,
    /// VERSION register
    #[serde(with = "hex_word")]
    pub version_register: u32,
    /// SHA-256 over the RTL sources: name and contents of each file of `rtl/`
    pub revision: String,
    /// `NumSa`: bundles in the SA table
    pub num_sa: u32,
    /// `Stages`: crypto stages per direction
    pub stages: u32,
    /// `SaCounters`: whether there are counters of every SA
    pub sa_counters: bool,
    /// Command slots
    pub slots: u32,
}

impl Design {
    /// The parameters as elsewhere in this crate.
    pub fn config(&self) -> DeviceConfig {
        DeviceConfig::new(self.num_sa, self.stages)
    }
}

/// What is known of a case without reading it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name: `cases/NAME.json`, `scenarios/NAME.json`
    pub name: String,
    /// Cases of the same matter
    pub group: String,
    /// What it shows
    pub description: String,
    /// What to look at if it fails
    pub suspect: String,
    /// The point of the testplan that it belongs to; empty if none
    pub testpoint: String,
    /// What it needs
    pub transport: Transport,
    /// Steps
    pub steps: u64,
    /// Register accesses, polls counted once, of the steps as they stand in the file
    pub register_accesses: u64,
    /// Frames that go in
    pub frames: u64,
    /// Clocks that it took in simulation
    pub clocks: u64,
    /// The cross-checks that its expected values passed
    pub checks: Checks,
}

/// The cross-checks of a case. A case that fails one is never written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checks {
    /// Every expected value came from the reference model
    pub model: bool,
    /// The RTL agreed with the model on every pin in every clock
    pub lockstep: bool,
    /// The same with its frames through the diagnostic frame port, and the same values; false if it cannot be
    pub registers: bool,
    /// Implementations outside this project that agreed with its cryptographic values; empty if it has none
    pub outside: Vec<String>,
    /// Portions of frames that they agreed with
    pub outside_portions: u64,
}

/// Functional coverage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Bins that a pack for these parameters can hit: no race, no stall
    pub bins: u64,
    /// Of these, hit
    pub hit: u64,
    /// Those that were not
    pub holes: Vec<String>,
}

/// A file of the pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// From the pack's folder, with `/`
    pub path: String,
    /// Its SHA-256
    pub sha256: Sha256Text,
    /// Its bytes
    pub bytes: u64,
}

/// `provenance.json`: how this copy came to be. Nothing depends on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The command line
    pub command: Vec<String>,
    /// When, in UTC
    pub date: String,
    /// Revision of the checkout
    pub revision: String,
    /// Tools and their versions
    pub tools: std::collections::BTreeMap<String, String>,
    /// Seconds that it took
    pub seconds: f64,
}

impl Manifest {
    /// Whether a device with these registers is the one that the pack is for: NAME, VERSION, NUM_SA, STAGES,
    /// FEATURES.
    ///
    /// # Errors
    /// Names the first that does not fit.
    pub fn check_target(
        &self,
        name: u32,
        version: u32,
        num_sa: u32,
        stages: u32,
        features: u32,
    ) -> Result<(), Error> {
        let design = &self.design;
        let sa_counters = u32::from(design.sa_counters);
        for (what, pack, target, hex) in [
            ("NAME", design.name_register, name, true),
            ("VERSION", design.version_register, version, true),
            ("NUM_SA", design.num_sa, num_sa, false),
            ("STAGES", design.stages, stages, false),
            ("FEATURES.sa_counters", sa_counters, features & 1, false),
        ] {
            if pack != target {
                let text = |word: u32| match hex {
                    true => format!("0x{word:08x}"),
                    false => word.to_string(),
                };
                return Err(Error::Usage(format!(
                    "the pack does not fit the target: it is for {what} {}, the target has {}",
                    text(pack),
                    text(target)
                )));
            }
        }
        Ok(())
    }

    /// As [`check_target`](Self::check_target), of a simulated device before it runs.
    ///
    /// # Errors
    /// Names the parameters.
    pub fn check_config(&self, config: DeviceConfig) -> Result<(), Error> {
        if self.design.config() == config {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "the pack does not fit the target: it is for {}, the target is {config} (NumSa x Stages)",
            self.design.config()
        )))
    }

    /// The entry of a case.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.cases.iter().find(|entry| entry.name == name)
    }
}
