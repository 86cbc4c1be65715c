// SPDX-License-Identifier: Apache-2.0
//! Whether a target is the device that a pack is for.

use ipsec_model::regs;

use crate::board::{Target, TargetError};
use crate::error::Error;
use crate::golden::Manifest;

/// What a bus without a device behind it reads.
const DEAD: u32 = u32::MAX;

/// Reads the identification and holds it against the pack's.
///
/// # Errors
/// There is no device, or another one.
pub fn identify(target: &mut dyn Target, manifest: &Manifest) -> Result<(), Error> {
    let mut read = |address: u32| target.read32(address as u16);
    let name = read(regs::NAME)?;
    if name == DEAD {
        let rest = [regs::VERSION, regs::NUM_SA, regs::STATUS].map(&mut read);
        if rest.iter().all(|word| matches!(word, Ok(DEAD))) {
            return Err(Error::Usage(format!(
                "{}: every read gives 0xffffffff: the bus is dead (no power, no clock, the link is down, the \
                 device's memory decoding is off, or it is another BAR or offset)",
                target.description()
            )));
        }
    }
    let (version, num_sa) = (read(regs::VERSION)?, read(regs::NUM_SA)?);
    let (stages, features) = (read(regs::STAGES)?, read(regs::FEATURES)?);
    manifest
        .check_target(name, version, num_sa, stages, features)
        .map_err(|error| Error::Usage(format!("{}: {error}", target.description())))
}

/// Whether every read gives ones by now.
///
/// # Errors
/// The target does not answer.
pub fn is_dead(target: &mut dyn Target) -> Result<bool, TargetError> {
    Ok(target.read32(regs::NAME as u16)? == DEAD && target.read32(regs::VERSION as u16)? == DEAD)
}
