// SPDX-License-Identifier: Apache-2.0
//! What is on the pins in every clock of a case, and which output bits a tester looks at.

use ipsec_cosim_device::{
    Device, DeviceConfig, INPUT_PINS, Inputs, ModelDevice, OUTPUT_PINS, Outputs, Stimulus,
};

use crate::error::Error;
use crate::runner::{POWER_ON_CLOCKS, Player};
use crate::scenario::{Operation, Scenario};

/// A clock: what is driven before its rising edge, what is compared after it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// A value per pin of [`INPUT_PINS`]
    pub inputs: Vec<u128>,
    /// A value per pin of [`OUTPUT_PINS`]
    pub outputs: Vec<u128>,
    /// A strobe mask per pin of [`OUTPUT_PINS`]: bits that are 0 are not looked at
    pub strobes: Vec<u128>,
}

/// All clocks of a scenario, the power-on reset first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Parameters of the device
    pub device: DeviceConfig,
    /// The clocks
    pub rows: Vec<Row>,
}

/// All ones in so many bits.
pub fn ones(width: u32) -> u128 {
    u128::MAX >> (128 - width)
}

/// The values of the input pins.
pub fn input_values(inputs: &Inputs) -> Vec<u128> {
    INPUT_PINS.iter().map(|pin| (pin.get)(inputs)).collect()
}

/// The values of the output pins.
pub fn output_values(outputs: &Outputs) -> Vec<u128> {
    OUTPUT_PINS.iter().map(|pin| (pin.get)(outputs)).collect()
}

impl Trace {
    /// Plays the scenario on the reference model and keeps the pins.
    ///
    /// Not strobed are: every output in the clocks of the power-on reset but the last, and the bits of `s_axil_rdata` that a read of the scenario leaves out of its
    /// mask, for as long as the word stands there.
    ///
    /// # Errors
    /// The model does not know these parameters; the scenario does not run to its end as it says.
    pub fn new(scenario: &Scenario) -> Result<Self, Error> {
        let mut device = ModelDevice::new(scenario.device)?;
        let mut player = Player::new(scenario);
        let mut outputs = Outputs::default();
        let mut rows: Vec<Row> = Vec::new();
        let all: Vec<u128> = OUTPUT_PINS.iter().map(|pin| ones(pin.width)).collect();
        while let Some(inputs) = player.next(rows.len() as u64 + 1, &outputs) {
            outputs = device.step(&inputs)?;
            let looked_at = rows.len() + 1 >= POWER_ON_CLOCKS as usize;
            rows.push(Row {
                inputs: input_values(&inputs),
                outputs: output_values(&outputs),
                strobes: if looked_at {
                    all.clone()
                } else {
                    vec![0; all.len()]
                },
            });
        }
        let result = player.into_result();
        if let Some(failure) = &result.failure {
            return Err(Error::Failed(format!(
                "case '{}': the model does not do what the scenario says: {}",
                scenario.name, failure.message
            )));
        }
        let find = |name| OUTPUT_PINS.iter().position(|pin| pin.name == name);
        if let (Some(valid), Some(data)) = (find("s_axil_rvalid"), find("s_axil_rdata")) {
            for read in &result.reads {
                let Some(Operation::Read { mask, .. }) = scenario
                    .operations
                    .get(read.operation)
                    .map(|timed| &timed.op)
                else {
                    continue;
                };
                // The response was taken at the edge of clock `read.clock`: it stands on the pins behind
                // the edge before, and behind those for which it waited.
                let end = (read.clock as usize).saturating_sub(1).min(rows.len());
                for row in rows[..end].iter_mut().rev() {
                    if row.outputs[valid] == 0 {
                        break;
                    }
                    row.strobes[data] &= u128::from(*mask);
                }
            }
        }
        Ok(Self {
            device: scenario.device,
            rows,
        })
    }
}
