// SPDX-License-Identifier: Apache-2.0
//! [`ModelState`]: the reference model, brought to where a target is.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use serde::Serialize;

use super::player::step;
use super::{Form, StepLine, register_name};
use crate::board::{DeviceTarget, Target, TargetError};
use crate::devices::{self, On};
use crate::golden::Case;

/// A register and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateRegister {
    /// Its name
    pub name: String,
    /// Byte address
    pub address: u16,
    /// What the model holds
    pub model: u32,
    /// What the target holds, if it was asked
    pub target: Option<u32>,
}

impl std::fmt::Display for StateRegister {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ", self.name)?;
        match self.target {
            Some(target) => write!(f, "is 0x{target:08x}, the model's is 0x{:08x}", self.model),
            None => write!(f, "0x{:08x}", self.model),
        }
    }
}

/// The model after some steps of a case.
#[derive(Debug)]
pub struct ModelState {
    model: DeviceTarget,
    /// What it says of the last step
    pub last: Option<StepLine>,
}

impl ModelState {
    /// Plays the first `steps` steps.
    ///
    /// # Errors
    /// There is no such model.
    pub fn after(
        case: &Case,
        form: Form,
        steps: usize,
        config: DeviceConfig,
    ) -> Result<Self, TargetError> {
        let mut model = DeviceTarget::new(devices::make(On::Model, config, 0)?)?;
        let mut last = None;
        for (k, one) in case.steps.iter().take(steps).enumerate() {
            let mut line = StepLine::new(&case.name, form, k, one.op.name());
            step(&one.op, &mut model, &mut line)?;
            last = Some(line);
        }
        Ok(Self { model, last })
    }

    /// Occupancy, statuses, what the mailbox and the diagnostic port show, and the counters that are not 0.
    ///
    /// # Errors
    /// The model has stopped.
    pub fn registers(&mut self) -> Result<Vec<StateRegister>, TargetError> {
        let mut state = Vec::new();
        for address in addresses() {
            let model = self.model.read32(address)?;
            // A word that is 0 says something in a few registers only.
            let always = [regs::CTRL, regs::STATUS, regs::SA_COUNT, regs::INTR_STATE];
            if model != 0 || always.contains(&address.into()) {
                state.push(StateRegister {
                    name: register_name(address),
                    address,
                    model,
                    target: None,
                });
            }
        }
        Ok(state)
    }

    /// The registers that are not the model's.
    ///
    /// # Errors
    /// The target does not answer.
    pub fn differing(
        &mut self,
        target: &mut dyn Target,
    ) -> Result<Vec<StateRegister>, TargetError> {
        let mut differing = Vec::new();
        for address in addresses() {
            let (model, is) = (self.model.read32(address)?, target.read32(address)?);
            // How long streams waited is a matter of the target's clock.
            let stalled = [regs::COUNTERS_TX_STALLED_LO, regs::COUNTERS_RX_STALLED_LO];
            if model != is && !stalled.contains(&u32::from(address)) {
                differing.push(StateRegister {
                    name: register_name(address),
                    address,
                    model,
                    target: Some(is),
                });
            }
        }
        Ok(differing)
    }
}

/// Registers that say where a device is; reading them changes nothing but the latched high words of counters.
fn addresses() -> Vec<u16> {
    let fixed = [
        regs::CTRL,
        regs::IPSECV2,
        regs::HALT,
        regs::STATUS,
        regs::SA_COUNT,
        regs::INTR_STATE,
        regs::SELFTEST,
        regs::DIAG_STATUS,
    ];
    let mut all: Vec<u32> = fixed.to_vec();
    for slot in 0..4 {
        all.push(regs::mailbox_slot_state(slot));
        all.push(regs::mailbox_slot_ndis_status(slot));
    }
    all.extend((regs::COUNTERS_TX_FRAMES_LO..=regs::COUNTERS_SA_DELETE_REQS_LO).step_by(8));
    all.into_iter().map(|address| address as u16).collect()
}
