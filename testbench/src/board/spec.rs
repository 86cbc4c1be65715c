// SPDX-License-Identifier: Apache-2.0
//! [`TargetSpec`]: which target, as it is written on a command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipsec_cosim_device::DeviceConfig;

use super::request::number;
use super::{DeviceTarget, MmioTarget, Target, TargetError, TcpTarget};
use crate::devices::{self, On};

/// Seed of the RTL's registers before the reset.
const SEED: u64 = 1;

/// `model`, `rtl`, `lockstep`, `mmio:FILE[@OFFSET]` or `tcp:HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetSpec {
    /// Simulated in this program
    Device(On),
    /// A memory-mapped file
    Mmio {
        /// The file
        path: PathBuf,
        /// Where the registers begin in it
        offset: usize,
    },
    /// A board behind a TCP port
    Tcp(String),
}

impl TargetSpec {
    /// Opens it; `config` is for a device that is simulated in this program, `patience` for one that is not.
    ///
    /// # Errors
    /// There is no such target.
    pub fn open(
        &self,
        config: DeviceConfig,
        patience: Duration,
    ) -> Result<Box<dyn Target>, TargetError> {
        Ok(match self {
            Self::Device(on) => Box::new(DeviceTarget::new(devices::make(*on, config, SEED)?)?),
            Self::Mmio { path, offset } => Box::new(MmioTarget::open(path, *offset)?),
            Self::Tcp(address) => Box::new(TcpTarget::connect(address, patience)?),
        })
    }
}

impl FromStr for TargetSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "model" => return Ok(Self::Device(On::Model)),
            None if text == "rtl" => return Ok(Self::Device(On::Rtl)),
            None if text == "lockstep" => return Ok(Self::Device(On::Lockstep)),
            Some(("tcp", address)) if address.contains(':') => {
                return Ok(Self::Tcp(address.to_owned()));
            }
            Some(("mmio", file)) if !file.is_empty() => {
                let (path, offset) = match file.rsplit_once('@') {
                    Some((path, offset)) if !path.is_empty() => (path, number(offset)?),
                    _ => (file, 0),
                };
                return Ok(Self::Mmio {
                    path: path.into(),
                    offset: offset as usize,
                });
            }
            _ => {}
        }
        Err(format!(
            "expected model, rtl, lockstep, mmio:FILE[@OFFSET] or tcp:HOST:PORT, got \"{text}\""
        ))
    }
}

impl std::fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Device(on) => on.fmt(f),
            Self::Mmio { path, offset: 0 } => write!(f, "mmio:{}", path.display()),
            Self::Mmio { path, offset } => write!(f, "mmio:{}@0x{offset:x}", path.display()),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            "model",
            "rtl",
            "lockstep",
            "tcp:127.0.0.1:5025",
            "tcp:[::1]:5025",
            "mmio:/sys/bus/pci/devices/0000:00:03.0/resource0",
            "mmio:/sys/class/uio/uio0/device/resource2@0x10000",
        ] {
            assert_eq!(text.parse::<TargetSpec>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn others_are_refused() {
        for text in [
            "", "silicon", "tcp:", "tcp:host", "mmio:", "mmio:a@b", "rtl:1",
        ] {
            assert!(text.parse::<TargetSpec>().is_err(), "{text}");
        }
    }
}
