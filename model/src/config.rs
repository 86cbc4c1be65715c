// SPDX-License-Identifier: Apache-2.0
//! Design parameters of the device.

use crate::table_types::MAX_STAGES;

/// The parameters of the top module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceConfig {
    /// `NumSa`: bundles in the SA table, a power of two from 16 to 16,384.
    pub num_sa: u32,
    /// `Stages`: crypto stages per direction: 1, 2 or 4.
    pub stages: u32,
    /// `SaCounters`: packet and byte counters of every SA.
    pub sa_counters: bool,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self::new(1024, 2)
    }
}

/// A set of parameters that the device cannot be built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// `NumSa` is not a power of two from 16 to 16,384.
    NumSa(u32),
    /// `Stages` is not 1, 2 or 4.
    Stages(u32),
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NumSa(n) => write!(f, "NumSa is {n}: expected a power of two from 16 to 16384"),
            Self::Stages(n) => write!(f, "Stages is {n}: expected 1, 2 or 4"),
        }
    }
}

impl std::error::Error for ConfigError {}

impl DeviceConfig {
    /// A set of parameters, with counters of every SA.
    #[must_use]
    pub const fn new(num_sa: u32, stages: u32) -> Self {
        Self {
            num_sa,
            stages,
            sa_counters: true,
        }
    }

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ConfigError`] names the parameter that is outside its set.
    pub const fn check(&self) -> Result<(), ConfigError> {
        if !self.num_sa.is_power_of_two() || self.num_sa < 16 || self.num_sa > 16384 {
            return Err(ConfigError::NumSa(self.num_sa));
        }
        if !matches!(self.stages, 1 | 2 | 4) || self.stages as usize > MAX_STAGES {
            return Err(ConfigError::Stages(self.stages));
        }
        Ok(())
    }

    /// Chain heads of the index.
    #[must_use]
    pub const fn buckets(&self) -> usize {
        4 * self.num_sa as usize
    }

    /// SA rows, which are index entries too.
    #[must_use]
    pub const fn rows(&self) -> usize {
        2 * self.num_sa as usize
    }
}
