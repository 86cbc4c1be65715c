// SPDX-License-Identifier: Apache-2.0
//! Scenarios of the control plane whose outcome is known beforehand: extended sequence numbers, UPDATE_SA,
//! parity, SaDeleteReq, counters of an SA, changes of the configuration, cancellation.
//!
//! What must come is worked out here, from how the scenario was made: frames by another implementation of
//! AES-GCM than the model's, counts and images by arithmetic of their own.

mod builder;
mod cancel;
mod config;
mod delete_req;
pub mod drawn;
mod esn;
mod parity;
mod stats;
mod update;

pub use builder::{Builder, Made, Pair};
pub use cancel::{cancel, cancel_race};
pub use config::{config, config_race, image, switched};
pub use delete_req::delete_req;
pub use esn::{esn, esn_race};
pub use parity::parity;
pub use stats::stats;
pub use update::{update, update_race};

use ipsec_cosim_device::DeviceConfig;

use crate::scenario::Scenario;

/// A fixed scenario: its name, and what makes it for a device and a seed.
pub type Fixed = (&'static str, fn(DeviceConfig, u64) -> Scenario);

/// All of them. The name is that of the class too.
pub const FIXED: [Fixed; 11] = [
    ("esn", esn),
    ("esn-race", esn_race),
    ("update", update),
    ("update-race", update_race),
    ("parity", parity),
    ("sa-delete-req", delete_req),
    ("sa-stats", stats),
    ("config", config),
    ("config-race", config_race),
    ("cancel", cancel),
    ("cancel-race", cancel_race),
];
