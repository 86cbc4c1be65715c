// SPDX-License-Identifier: Apache-2.0
//! [`Ports`]: a simulated device with something behind each of its ports.

use std::collections::VecDeque;

use ipsec_cosim_device::{AxilIn, Device, Inputs, Outputs};

use super::{Completion, OutFrame, TargetError};
use crate::drivers::axil::{self, Access, Port};
use crate::drivers::bus::ACCESS_CLOCKS;
use crate::drivers::stall::Stall;
use crate::drivers::stream::{Sink, Source};
use crate::golden::{InPort, OutPort};

/// A device with its registers behind a bus, frames waiting in front of its inputs, and outputs that are always
/// ready. Nothing stalls.
pub struct Ports {
    device: Box<dyn Device>,
    inputs: Inputs,
    outputs: Outputs,
    axil: Port,
    sources: [Source; 2],
    waiting: [VecDeque<(Vec<u8>, [u32; 3])>; 2],
    /// Frames of which the last beat went in and nothing came out yet
    inside: [usize; 2],
    sinks: [Sink; 2],
    /// Frames out of `m_axis_tx`
    pub tx_out: VecDeque<OutFrame>,
    /// Frames out of `m_axis_rx`
    pub rx_out: VecDeque<OutFrame>,
    /// Completions
    pub completions: VecDeque<Completion>,
}

const TX: usize = 0;
const RX: usize = 1;

impl Ports {
    /// Resets the device.
    ///
    /// # Errors
    /// It does not start.
    pub fn new(device: Box<dyn Device>) -> Result<Self, TargetError> {
        let stall = |purpose| Stall::new(0, purpose);
        let mut ports = Self {
            device,
            inputs: Inputs {
                tx_out_ready: true,
                txcpl_ready: true,
                rx_out_ready: true,
                ..Inputs::default()
            },
            outputs: Outputs::default(),
            axil: Port::new(std::array::from_fn(|k| stall(k as u64))),
            sources: [Source::new(stall(5)), Source::new(stall(6))],
            waiting: [VecDeque::new(), VecDeque::new()],
            inside: [0; 2],
            sinks: [Sink::new(stall(7)), Sink::new(stall(8))],
            tx_out: VecDeque::new(),
            rx_out: VecDeque::new(),
            completions: VecDeque::new(),
        };
        ports.hard_reset(4)?;
        Ok(ports)
    }

    /// The device.
    pub fn device(&self) -> &dyn Device {
        self.device.as_ref()
    }

    /// `irq_o`
    pub fn irq(&self) -> bool {
        self.outputs.irq
    }

    /// Holds `rst_ni` low for so many clocks, at least one. All frames and completions are gone.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn hard_reset(&mut self, clocks: u32) -> Result<(), TargetError> {
        self.axil.cut(&mut self.inputs.axil);
        for k in [TX, RX] {
            self.sources[k].cut();
            self.sinks[k].cut();
            self.waiting[k].clear();
        }
        (self.inputs.tx_valid, self.inputs.rx_valid) = (false, false);
        self.inputs.rst_n = false;
        for _ in 0..clocks.max(1) {
            self.outputs = self.device.step(&self.inputs)?;
        }
        self.inputs.rst_n = true;
        self.inside = [0; 2];
        self.tx_out.clear();
        self.rx_out.clear();
        self.completions.clear();
        Ok(())
    }

    /// Makes a register access; a write gives 0.
    ///
    /// # Errors
    /// The device has stopped or does not answer.
    pub fn access(&mut self, access: Access) -> Result<u32, TargetError> {
        let answer = axil::blocking(access, ACCESS_CLOCKS, |one| {
            let clock = self.device.clock() + 1;
            let (out, pins) = (&self.outputs.axil, &mut self.inputs.axil);
            self.axil.drive(clock, out, pins, &mut [one]);
            self.step()
        })?;
        if let Some(data) = answer {
            self.inputs.axil = AxilIn::default();
            return Ok(data);
        }
        Err(TargetError::NoAnswer {
            access: match access {
                Access::Read { address } => format!("read of 0x{address:04x}"),
                Access::Write { address, data, .. } => {
                    format!("write of 0x{data:08x} to 0x{address:04x}")
                }
            },
            bound: format!("{ACCESS_CLOCKS} clocks"),
        })
    }

    /// Puts a frame in front of an input.
    ///
    /// # Errors
    /// It has no byte.
    pub fn push(
        &mut self,
        port: InPort,
        frame: Vec<u8>,
        tuser: [u32; 3],
    ) -> Result<(), TargetError> {
        if frame.is_empty() {
            return Err(TargetError::Cannot("send a frame without bytes".to_owned()));
        }
        self.waiting[lane(port)].push_back((frame, tuser));
        Ok(())
    }

    /// Whether a frame stands in front of an input or is on its way into it.
    pub fn is_sending(&self, port: InPort) -> bool {
        let k = lane(port);
        !self.waiting[k].is_empty() || !self.sources[k].is_free()
    }

    /// Frames in front of an input, one that is on its way into it included.
    pub fn frames_in_front(&self, port: InPort) -> usize {
        let k = lane(port);
        self.waiting[k].len() + usize::from(!self.sources[k].is_free())
    }

    /// Whether a frame is in front of or inside the device.
    pub fn is_busy(&self) -> bool {
        self.inside != [0; 2] || self.is_sending(InPort::Tx) || self.is_sending(InPort::Rx)
    }

    /// Frames in front of the inputs, and inside.
    pub fn backlog(&self) -> usize {
        self.waiting.iter().map(VecDeque::len).sum::<usize>() + self.inside[TX] + self.inside[RX]
    }

    /// Frames out of an output.
    pub fn out(&mut self, port: OutPort) -> &mut VecDeque<OutFrame> {
        match port {
            OutPort::MAxisTx => &mut self.tx_out,
            OutPort::MAxisRx => &mut self.rx_out,
        }
    }

    /// One clock.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn step(&mut self) -> Result<(), TargetError> {
        let clock = self.device.clock() + 1;
        for k in [TX, RX] {
            if self.sources[k].is_free()
                && let Some((frame, tuser)) = self.waiting[k].pop_front()
            {
                self.sources[k].load(&frame);
                if k == TX {
                    self.inputs.tx_user = tuser;
                }
            }
        }
        let (inputs, outputs) = (&mut self.inputs, &self.outputs);
        let taken = [
            self.sources[TX].drive(outputs.tx_ready, &mut inputs.tx_valid, &mut inputs.tx),
            self.sources[RX].drive(outputs.rx_ready, &mut inputs.rx_valid, &mut inputs.rx),
        ];
        for (inside, taken) in self.inside.iter_mut().zip(taken) {
            *inside += usize::from(matches!(taken, Some((_, true))));
        }
        if outputs.tx_out_valid
            && let Some(bytes) = take(&mut self.sinks[TX], clock, &outputs.tx_out)?
        {
            self.tx_out.push_back(OutFrame {
                bytes,
                words: [0; 2],
            });
        }
        if outputs.txcpl_valid {
            self.inside[TX] = self.inside[TX].saturating_sub(1);
            self.completions.push_back(outputs.txcpl.into());
        }
        if outputs.rx_out_valid
            && let Some(bytes) = take(&mut self.sinks[RX], clock, &outputs.rx_out)?
        {
            self.inside[RX] = self.inside[RX].saturating_sub(1);
            self.rx_out.push_back(OutFrame {
                bytes,
                words: outputs.rx_user,
            });
        }
        self.outputs = self.device.step(&self.inputs)?;
        Ok(())
    }
}

fn lane(port: InPort) -> usize {
    match port {
        InPort::Tx => TX,
        InPort::Rx => RX,
    }
}

fn take(
    sink: &mut Sink,
    clock: u64,
    beat: &ipsec_cosim_device::Beat,
) -> Result<Option<Vec<u8>>, TargetError> {
    match sink.take(clock, beat) {
        Ok(taken) => Ok(taken.map(|taken| taken.bytes)),
        Err(keep) => Err(TargetError::Far(format!(
            "a beat out of the device in clock {clock} has the illegal tkeep 0x{keep:04x}"
        ))),
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports")
            .field("device", &self.device.kind())
            .field("clock", &self.device.clock())
            .finish_non_exhaustive()
    }
}
