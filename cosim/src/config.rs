// SPDX-License-Identifier: Apache-2.0
//! The parameters that tell one build of the device from another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Design parameters of a device, as in the RTL's top module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceConfig {
    /// `NumSa`: bundles in the SA table
    pub num_sa: u32,
    /// `Stages`: crypto stages per direction
    pub stages: u32,
}

impl DeviceConfig {
    /// The sets of parameters that exist as RTL builds; the model takes these and others.
    pub const BUILT: [Self; 4] = [
        Self::new(16, 1),
        Self::new(1024, 2),
        Self::new(16, 4),
        Self::new(16384, 2),
    ];

    /// A set of parameters.
    pub const fn new(num_sa: u32, stages: u32) -> Self {
        Self { num_sa, stages }
    }

    /// `SaCounters` of that build: the counters of every SA would dominate the memory of the largest one.
    pub const fn sa_counters(self) -> bool {
        !(self.num_sa == 16384 && self.stages == 2)
    }
}

impl Default for DeviceConfig {
    /// The default of the RTL: 1,024 bundles, 2 stages.
    fn default() -> Self {
        Self::new(1024, 2)
    }
}

impl fmt::Display for DeviceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.num_sa, self.stages)
    }
}

impl FromStr for DeviceConfig {
    type Err = String;

    /// Reads what [`Display`](fmt::Display) writes: `NumSa` x `Stages`, as in `1024x2`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('x').map(|(n, s)| (n.parse(), s.parse()));
        match parts {
            Some((Ok(num_sa), Ok(stages))) => Ok(Self::new(num_sa, stages)),
            _ => Err(format!(
                "'{text}' is no device configuration: expected NUMSAxSTAGES, as 1024x2"
            )),
        }
    }
}
