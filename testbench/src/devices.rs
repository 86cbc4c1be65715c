// SPDX-License-Identifier: Apache-2.0
//! Makes the devices that a scenario can run on.

use clap::ValueEnum;
use ipsec_cosim_device::{Device, DeviceConfig, DeviceError, Lockstep, ModelDevice, RtlDevice};

/// What a scenario runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum On {
    /// The reference model and the Verilated RTL, compared on every clock
    Lockstep,
    /// The Verilated RTL alone
    Rtl,
    /// The reference model alone
    Model,
}

impl std::fmt::Display for On {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Lockstep => "lockstep",
            Self::Rtl => "rtl",
            Self::Model => "model",
        })
    }
}

/// A fresh device; `seed` chooses what is in the RTL's registers before the reset.
///
/// # Errors
/// There is no such build.
pub fn make(on: On, config: DeviceConfig, seed: u64) -> Result<Box<dyn Device>, DeviceError> {
    let seed = seed as u32;
    Ok(match on {
        On::Lockstep => Box::new(Lockstep::new(
            ModelDevice::new(config)?,
            RtlDevice::new(config, seed)?,
        )?),
        On::Rtl => Box::new(RtlDevice::new(config, seed)?),
        On::Model => Box::new(ModelDevice::new(config)?),
    })
}
