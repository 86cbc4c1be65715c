// SPDX-License-Identifier: Apache-2.0
//! How long the polls of a case take, for formats that have no loop.

use ipsec_cosim_device::{DeviceConfig, ModelDevice};

use crate::error::Error;
use crate::golden::{Bench, Case, Op};

/// Clocks of the hard reset in front.
const RESET_CLOCKS: u32 = 16;

/// The clocks that each poll took, in order, on a model fresh from a hard reset; its reads are checked too.
///
/// # Errors
/// The model does not answer as the case says.
pub fn measure(case: &Case, config: DeviceConfig) -> Result<Vec<u64>, Error> {
    let mut bench = Bench::new(Box::new(ModelDevice::new(config)?));
    bench.reset(RESET_CLOCKS)?;
    let mut polls = Vec::new();
    for (k, step) in case.steps.iter().enumerate() {
        let wrong = |got: u32, value: u32, mask: u32| {
            Err(Error::Failed(format!(
                "case {}: step {k} of its register accesses: 0x{got:08x} on the model, expected 0x{value:08x} in 0x{mask:08x}",
                case.name
            )))
        };
        match &step.op {
            Op::Write { addr, data, strobe } => bench.write(*addr, *data, *strobe)?,
            Op::Read {
                addr, mask, value, ..
            } => {
                let got = bench.read(*addr)?;
                if (got ^ value) & mask != 0 {
                    return wrong(got, *value, *mask);
                }
            }
            Op::Poll {
                addr,
                mask,
                value,
                timeout_clocks,
            } => {
                let start = bench.clock();
                loop {
                    let got = bench.read(*addr)?;
                    if (got ^ value) & mask == 0 {
                        break;
                    }
                    if bench.clock() - start > u64::from(*timeout_clocks) {
                        return wrong(got, *value, *mask);
                    }
                }
                polls.push(bench.clock() - start);
            }
            Op::Wait { clocks } => bench.idle(*clocks)?,
            _ => {}
        }
    }
    Ok(polls)
}
