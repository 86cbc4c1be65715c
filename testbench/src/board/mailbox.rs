// SPDX-License-Identifier: Apache-2.0
//! What a driver does before the first frame: the engine is turned on, SAs are added through a mailbox slot.

use ipsec_model::ndis::{AddLayout, NDIS_STATUS_SUCCESS, SpiOrder, status_name};
use ipsec_model::regs;

use super::{Target, TargetError};
use crate::drivers::axil::{Access, Program};
use crate::drivers::mailbox::{Request, Slot};
use crate::error::Error;
use crate::sa::Sa;

/// Register accesses within which a command must have ended.
const ACCESSES: u32 = 100_000;

/// Waits for INIT_DONE, turns on the engine, the encapsulation gate and both protocols, and adds SAs in order; their
/// handles.
///
/// # Errors
/// The target does not answer, or refuses an SA.
pub fn bring_up(target: &mut dyn Target, sas: &[Sa]) -> Result<Vec<u32>, TargetError> {
    let mut polls = 0;
    while regs::status::INIT_DONE.get(target.read32(regs::STATUS as u16)?) == 0 {
        polls += 1;
        if polls > ACCESSES {
            return Err(TargetError::NoAnswer {
                access: "wait for STATUS.init_done".to_owned(),
                bound: format!("{ACCESSES} reads"),
            });
        }
    }
    let on = regs::ctrl::ENGINE_ENABLE.of(1) | regs::ctrl::ENCAPSULATION.of(1);
    target.write32(regs::IPSECV2 as u16, regs::ipsecv2::VALUE_AH_AND_ESP, 15)?;
    target.write32(regs::CTRL as u16, on, 15)?;
    sas.iter().map(|sa| add(target, sa)).collect()
}

fn add(target: &mut dyn Target, sa: &Sa) -> Result<u32, TargetError> {
    let mut slot = Slot::new(0);
    slot.start(Request::add(0, sa, AddLayout::Plain, SpiOrder::Wire));
    for _ in 0..ACCESSES {
        let Some(access) = slot.access() else { break };
        let data = match access {
            Access::Read { address } => target.read32(address)?,
            Access::Write {
                address,
                data,
                strobe,
            } => {
                target.write32(address, data, strobe)?;
                0
            }
        };
        slot.done(0, data);
    }
    let answer = slot.answers.pop_front().ok_or(TargetError::NoAnswer {
        access: format!("add SA '{}'", sa.name),
        bound: format!("{ACCESSES} register accesses"),
    })?;
    match answer.handle {
        Some(handle) if answer.status == NDIS_STATUS_SUCCESS => Ok(handle as u32),
        _ => Err(TargetError::Open(Error::SaRefused {
            name: sa.name.clone(),
            status: format!("{} (0x{:08x})", status_name(answer.status), answer.status),
            hint: "see the SA's line in SA.json",
        })),
    }
}
