// SPDX-License-Identifier: Apache-2.0
//! [`Bench`]: any [`Device`] behind blocking register accesses and frames, with sinks that are always ready.

use std::collections::VecDeque;

use ipsec_cosim_device::{AxilIn, Device, DeviceError, Inputs, Outputs};

use super::step::InPort;
use crate::drivers::axil::{self, Access, Port};
use crate::drivers::stall::Stall;
use crate::drivers::stream::{Sink, Source};

/// Clocks within which an access must end, or a frame be taken.
pub const ANSWER_CLOCKS: u64 = 100_000;

/// A device on the bench.
pub struct Bench {
    device: Box<dyn Device>,
    inputs: Inputs,
    outputs: Outputs,
    port: Port,
    tx: Source,
    rx: Source,
    tx_sink: Sink,
    rx_sink: Sink,
    /// Frames out of `m_axis_tx` that nobody has taken yet
    pub sent: VecDeque<Vec<u8>>,
    /// Completions: frame number and NDIS_STATUS
    pub completions: VecDeque<(u32, u32)>,
    /// Frames out of `m_axis_rx`, with slot-1 word and slot-12 word
    pub received: VecDeque<(Vec<u8>, [u32; 2])>,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench")
            .field("device", &self.device.kind())
            .field("clock", &self.device.clock())
            .finish_non_exhaustive()
    }
}

impl Bench {
    /// A device in the state of power-on; [`reset`](Self::reset) comes first.
    pub fn new(device: Box<dyn Device>) -> Self {
        let never = |k: u64| Stall::new(0, k);
        Self {
            device,
            inputs: Inputs {
                tx_out_ready: true,
                txcpl_ready: true,
                rx_out_ready: true,
                ..Inputs::default()
            },
            outputs: Outputs::default(),
            port: Port::new(std::array::from_fn(|k| never(k as u64))),
            tx: Source::new(never(5)),
            rx: Source::new(never(6)),
            tx_sink: Sink::new(never(7)),
            rx_sink: Sink::new(never(8)),
            sent: VecDeque::new(),
            completions: VecDeque::new(),
            received: VecDeque::new(),
        }
    }

    /// Clocks since power-on.
    pub fn clock(&self) -> u64 {
        self.device.clock()
    }

    /// `rst_ni` low for so many clocks. What is under way is lost.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn reset(&mut self, clocks: u32) -> Result<(), DeviceError> {
        self.port.cut(&mut self.inputs.axil);
        self.tx.cut();
        self.rx.cut();
        self.tx_sink.cut();
        self.rx_sink.cut();
        self.inputs.rst_n = false;
        self.inputs.tx_valid = false;
        self.inputs.rx_valid = false;
        for _ in 0..clocks.max(1) {
            self.outputs = self.device.step(&self.inputs)?;
        }
        self.inputs.rst_n = true;
        self.sent.clear();
        self.completions.clear();
        self.received.clear();
        Ok(())
    }

    /// A register write.
    ///
    /// # Errors
    /// The device has stopped or does not answer.
    pub fn write(&mut self, address: u16, data: u32, strobe: u8) -> Result<(), DeviceError> {
        let write = Access::Write {
            address,
            data,
            strobe,
        };
        self.access(write).map(drop)
    }

    /// A register read.
    ///
    /// # Errors
    /// The device has stopped or does not answer.
    pub fn read(&mut self, address: u16) -> Result<u32, DeviceError> {
        self.access(Access::Read { address })
    }

    fn access(&mut self, access: Access) -> Result<u32, DeviceError> {
        let answer = axil::blocking(access, ANSWER_CLOCKS, |one| {
            let clock = self.device.clock() + 1;
            let (out, pins) = (&self.outputs.axil, &mut self.inputs.axil);
            self.port.drive(clock, out, pins, &mut [one]);
            self.step()
        })?;
        if let Some(data) = answer {
            self.inputs.axil = AxilIn::default();
            return Ok(data);
        }
        Err(DeviceError::Other(format!(
            "{access:x?} has no answer within {ANSWER_CLOCKS} clocks"
        )))
    }

    /// A frame goes in, until its last beat was taken.
    ///
    /// # Errors
    /// The device has stopped or does not take it.
    pub fn send(&mut self, port: InPort, frame: &[u8], tuser: [u32; 3]) -> Result<(), DeviceError> {
        match port {
            InPort::Tx => {
                self.inputs.tx_user = tuser;
                self.tx.load(frame);
            }
            InPort::Rx => self.rx.load(frame),
        }
        for _ in 0..ANSWER_CLOCKS {
            self.step()?;
            if self.tx.is_free() && self.rx.is_free() {
                return Ok(());
            }
        }
        Err(DeviceError::Other(format!(
            "a frame of {} bytes was not taken within {ANSWER_CLOCKS} clocks",
            frame.len()
        )))
    }

    /// Clocks pass.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn idle(&mut self, clocks: u32) -> Result<(), DeviceError> {
        for _ in 0..clocks {
            self.step()?;
        }
        Ok(())
    }

    /// Clocks pass until `done`, at most so many; whether it was.
    ///
    /// # Errors
    /// The device has stopped.
    pub fn until(
        &mut self,
        clocks: u64,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Result<bool, DeviceError> {
        for _ in 0..clocks {
            if done(self) {
                return Ok(true);
            }
            self.step()?;
        }
        Ok(done(self))
    }

    fn step(&mut self) -> Result<(), DeviceError> {
        let (inputs, outputs) = (&mut self.inputs, &self.outputs);
        let clock = self.device.clock() + 1;
        self.tx
            .drive(outputs.tx_ready, &mut inputs.tx_valid, &mut inputs.tx);
        self.rx
            .drive(outputs.rx_ready, &mut inputs.rx_valid, &mut inputs.rx);
        let keep = |keep: u16| DeviceError::Other(format!("illegal tkeep 0x{keep:04x}"));
        if outputs.tx_out_valid
            && let Some(taken) = self.tx_sink.take(clock, &outputs.tx_out).map_err(keep)?
        {
            self.sent.push_back(taken.bytes);
        }
        if outputs.txcpl_valid {
            let word = outputs.txcpl;
            self.completions
                .push_back(((word >> 32) as u32, word as u32));
        }
        if outputs.rx_out_valid
            && let Some(taken) = self.rx_sink.take(clock, &outputs.rx_out).map_err(keep)?
        {
            self.received.push_back((taken.bytes, outputs.rx_user));
        }
        self.outputs = self.device.step(&self.inputs)?;
        Ok(())
    }
}
