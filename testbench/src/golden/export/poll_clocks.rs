// SPDX-License-Identifier: Apache-2.0
//! How long the polls of a case take, for formats that have no loop.

use ipsec_cosim_device::{Device, DeviceConfig, Inputs, ModelDevice, Outputs};

use crate::error::Error;
use crate::golden::{Case, Op};

/// Clocks of a register access that a device never needs
const ACCESS_CLOCKS: u64 = 1000;

/// A host with register access alone, in front of the model.
struct Host {
    device: ModelDevice,
    inputs: Inputs,
    outputs: Outputs,
}

impl Host {
    fn step(&mut self) -> Result<(), Error> {
        self.outputs = self.device.step(&self.inputs)?;
        Ok(())
    }

    fn bounded(&mut self, mut met: impl FnMut(&mut Inputs, &Outputs) -> bool) -> Result<(), Error> {
        for _ in 0..ACCESS_CLOCKS {
            if met(&mut self.inputs, &self.outputs) {
                return Ok(());
            }
            self.step()?;
        }
        Err(Error::Failed(format!(
            "a register access did not end within {ACCESS_CLOCKS} clocks on the model"
        )))
    }

    fn write(&mut self, address: u16, data: u32, strobe: u8) -> Result<(), Error> {
        let axil = &mut self.inputs.axil;
        (axil.awvalid, axil.wvalid, axil.bready) = (true, true, true);
        (axil.awaddr, axil.wdata, axil.wstrb) = (address, data, strobe);
        let mut taken = (false, false);
        self.bounded(|inputs, outputs| {
            // What was taken at the edge before is no longer offered.
            inputs.axil.awvalid &= !taken.0;
            inputs.axil.wvalid &= !taken.1;
            taken = (outputs.axil.awready, outputs.axil.wready);
            !inputs.axil.awvalid && !inputs.axil.wvalid
        })?;
        self.bounded(|_, outputs| outputs.axil.bvalid)?;
        self.step()
    }

    fn read(&mut self, address: u16) -> Result<u32, Error> {
        self.inputs.axil.arvalid = true;
        self.inputs.axil.rready = true;
        self.inputs.axil.araddr = address;
        self.bounded(|_, outputs| outputs.axil.arready)?;
        self.step()?;
        self.inputs.axil.arvalid = false;
        self.bounded(|_, outputs| outputs.axil.rvalid)?;
        let data = self.outputs.axil.rdata;
        self.step()?;
        Ok(data)
    }

    fn reset(&mut self) -> Result<(), Error> {
        self.inputs = Inputs {
            tx_out_ready: true,
            txcpl_ready: true,
            rx_out_ready: true,
            ..Inputs::default()
        };
        self.step()?;
        self.step()?;
        self.inputs.rst_n = true;
        self.step()
    }
}

/// The clocks that each poll took, in order, on a device fresh from a hard reset; the reads are checked too.
///
/// # Errors
/// The model does not answer as the case says.
pub fn measure(case: &Case, config: DeviceConfig) -> Result<Vec<u64>, Error> {
    let mut host = Host {
        device: ModelDevice::new(config)?,
        inputs: Inputs::default(),
        outputs: Outputs::default(),
    };
    host.reset()?;
    let mut polls = Vec::new();
    let wrong = |k: usize, what: String| {
        Error::Failed(format!(
            "case {}: step {k} of its register accesses: {what} on the model",
            case.name
        ))
    };
    for (k, step) in case.steps.iter().enumerate() {
        match &step.op {
            Op::Write { addr, data, strobe } => host.write(*addr, *data, *strobe)?,
            Op::Read {
                addr, mask, value, ..
            } => {
                let got = host.read(*addr)?;
                if (got ^ value) & mask != 0 {
                    let what = format!("{got:#010x}, expected {value:#010x} in {mask:#010x}");
                    return Err(wrong(k, what));
                }
            }
            Op::Poll {
                addr,
                mask,
                value,
                timeout_clocks,
            } => {
                let start = host.device.clock();
                while (host.read(*addr)? ^ value) & mask != 0 {
                    if host.device.clock() - start > u64::from(*timeout_clocks) {
                        return Err(wrong(k, "the poll is not met".to_owned()));
                    }
                }
                polls.push(host.device.clock() - start);
            }
            Op::Wait { clocks } => {
                for _ in 0..*clocks {
                    host.step()?;
                }
            }
            _ => {}
        }
    }
    Ok(polls)
}
