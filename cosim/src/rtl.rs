// SPDX-License-Identifier: Apache-2.0
//! The Verilated RTL as a device.

use std::fmt;
use std::path::Path;

use ipsec_model::pins::{Beat, Inputs, Outputs};
use verilator_rs::{Dut, Halt, Model, SimError};
pub use verilator_rs::{State as RtlState, Variable as RtlVariable};

use crate::rtl_probe::ProbePoints;
use crate::{
    Device, DeviceConfig, DeviceError, DeviceKind, ProbeEvent, SimFailure, SimFailureKind,
    WaveLayout,
};

#[allow(dead_code, missing_docs, unsafe_code, clippy::all, clippy::pedantic)]
pub(crate) mod verilated {
    include!(concat!(env!("OUT_DIR"), "/verilated.rs"));
}

// `BUILT`, and the pin types that all models share.
include!(concat!(env!("OUT_DIR"), "/built.rs"));

/// One build of the RTL.
struct Built {
    config: DeviceConfig,
    open: fn(u32) -> Result<Box<dyn Sim>, SimError>,
}

fn open<M: Model<In = In, Out = Out>>(seed: u32) -> Result<Box<dyn Sim>, SimError> {
    Ok(Box::new(Simulated::<M> {
        dut: Dut::new(seed)?,
        points: None,
    }))
}

/// A model of any configuration.
trait Sim: Send {
    fn step(&mut self, inputs: &In, outputs: &mut Out) -> Result<(), SimError>;
    fn probes(&mut self, on: bool);
    fn sample_probes(&mut self, clock: u64, rst_n: bool);
    fn take_probe_events(&mut self, events: &mut Vec<ProbeEvent>);
    fn wave_open(&mut self, path: &Path) -> Result<(), String>;
    fn wave_close(&mut self);
    fn wave_layout(&self) -> WaveLayout;
    fn coverage_write(&self, path: &Path) -> Result<bool, String>;
    fn memories(&self) -> Vec<&'static str>;
    fn memory(&self, name: &str) -> Result<Vec<Vec<u32>>, String>;
    fn state(&self) -> RtlState;
    fn cpp_loop(&mut self, inputs: &[In], clocks: u64) -> Result<u64, SimError>;
}

struct Simulated<M: Model> {
    dut: Dut<M>,
    points: Option<ProbePoints>,
}

impl<M: Model<In = In, Out = Out>> Sim for Simulated<M> {
    #[inline]
    fn step(&mut self, inputs: &In, outputs: &mut Out) -> Result<(), SimError> {
        self.dut.step(inputs, outputs)
    }

    fn probes(&mut self, on: bool) {
        self.points = on.then(ProbePoints::of::<M::Probe>);
    }

    fn sample_probes(&mut self, clock: u64, rst_n: bool) {
        if let Some(points) = &mut self.points {
            let mut record = M::Probe::default();
            self.dut.probe(&mut record);
            points.sample(clock, rst_n, &record);
        }
    }

    fn take_probe_events(&mut self, events: &mut Vec<ProbeEvent>) {
        if let Some(points) = &mut self.points {
            points.take(events);
        }
    }

    fn wave_open(&mut self, path: &Path) -> Result<(), String> {
        self.dut.trace_open(path).map_err(|error| error.to_string())
    }

    fn wave_close(&mut self) {
        self.dut.trace_close();
    }

    fn wave_layout(&self) -> WaveLayout {
        WaveLayout {
            scope: format!("TOP.{}", M::TOP),
            half_period: M::HALF_PERIOD,
            points: ProbePoints::of::<M::Probe>().scopes(),
        }
    }

    fn coverage_write(&self, path: &Path) -> Result<bool, String> {
        if M::COVERAGE {
            let written = self.dut.coverage_write(path);
            written.map_err(|error| error.to_string())?;
        }
        Ok(M::COVERAGE)
    }

    fn memories(&self) -> Vec<&'static str> {
        M::MEMORIES.iter().map(|memory| memory.name).collect()
    }

    fn memory(&self, name: &str) -> Result<Vec<Vec<u32>>, String> {
        let (memory, bytes) = self.dut.memory(name).map_err(|error| error.to_string())?;
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |w, b| w << 8 | u32::from(*b));
        let rows = bytes.chunks(memory.stride);
        Ok(rows.map(|row| row.chunks(4).map(word).collect()).collect())
    }

    fn state(&self) -> RtlState {
        self.dut.state()
    }

    fn cpp_loop(&mut self, inputs: &[In], clocks: u64) -> Result<u64, SimError> {
        self.dut.bench_loop(inputs, clocks)
    }
}

/// The Verilated RTL in one of its configurations. Assertions are on; waves and probe events cost
/// nothing until they are asked for.
pub struct RtlDevice {
    config: DeviceConfig,
    open: fn(u32) -> Result<Box<dyn Sim>, SimError>,
    sim: Box<dyn Sim>,
    seed: u32,
    clock: u64,
    probing: bool,
    stopped: Option<DeviceError>,
}

impl fmt::Debug for RtlDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RtlDevice")
            .field("config", &self.config)
            .field("seed", &self.seed)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}

impl RtlDevice {
    /// A device in the state of power-on: `seed` chooses what is in registers and memories before the
    /// reset.
    ///
    /// # Errors
    /// [`DeviceError::NotBuilt`], or the simulator does not start.
    pub fn new(config: DeviceConfig, seed: u32) -> Result<Self, DeviceError> {
        let Some(built) = BUILT.iter().find(|built| built.config == config) else {
            return Err(DeviceError::NotBuilt {
                wanted: config,
                built: Self::built(),
            });
        };
        let open = built.open;
        let sim = open(seed).map_err(|error| failure(error, 0))?;
        Ok(Self {
            config,
            open,
            sim,
            seed,
            clock: 0,
            probing: false,
            stopped: None,
        })
    }

    /// The configurations that this program has.
    pub fn built() -> Vec<DeviceConfig> {
        BUILT.iter().map(|built| built.config).collect()
    }

    /// The memories that can be read, by their hierarchical names.
    pub fn memories(&self) -> Vec<&'static str> {
        self.sim.memories()
    }

    /// Every row of a memory, in 32-bit words, the least significant first.
    ///
    /// # Errors
    /// It has no memory of this name.
    pub fn memory(&self, name: &str) -> Result<Vec<Vec<u32>>, DeviceError> {
        self.sim.memory(name).map_err(DeviceError::Other)
    }

    /// A copy of all that the simulator keeps: every register, every memory, every net with a place.
    pub fn state(&self) -> RtlState {
        self.sim.state()
    }

    #[cold]
    fn stop(&mut self, error: SimError) -> DeviceError {
        let error = failure(error, self.clock);
        self.stopped = Some(error.clone());
        error
    }
}

impl Device for RtlDevice {
    fn config(&self) -> DeviceConfig {
        self.config
    }

    fn kind(&self) -> DeviceKind {
        DeviceKind::Rtl
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        self.sim = (self.open)(self.seed).map_err(|error| failure(error, 0))?;
        self.sim.probes(self.probing);
        self.clock = 0;
        self.stopped = None;
        Ok(())
    }

    #[inline]
    fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        let mut out = Out::default();
        self.clock += 1;
        let result = self.sim.step(&to_pins(inputs), &mut out);
        if self.probing {
            self.sim.sample_probes(self.clock, inputs.rst_n);
        }
        match result {
            Ok(()) => Ok(from_pins(&out)),
            Err(error) => Err(self.stop(error)),
        }
    }

    fn clock(&self) -> u64 {
        self.clock
    }

    fn probes(&mut self, on: bool) -> bool {
        self.probing = on;
        self.sim.probes(on);
        true
    }

    fn take_probe_events(&mut self, events: &mut Vec<ProbeEvent>) {
        self.sim.take_probe_events(events);
    }

    fn wave_open(&mut self, path: &Path) -> Result<WaveLayout, DeviceError> {
        match self.sim.wave_open(path) {
            Ok(()) => Ok(self.sim.wave_layout()),
            Err(reason) => Err(DeviceError::Wave {
                path: path.into(),
                reason,
            }),
        }
    }

    fn wave_close(&mut self) {
        self.sim.wave_close();
    }

    fn coverage_write(&self, path: &Path) -> Result<bool, DeviceError> {
        self.sim.coverage_write(path).map_err(|reason| {
            DeviceError::Other(format!("cannot write {}: {reason}", path.display()))
        })
    }
}

/// Inputs in the form of the Verilated model, for measurements.
pub struct RtlStimulus(Vec<In>);

impl RtlStimulus {
    /// Converts the inputs of consecutive clocks.
    pub fn new<'a>(inputs: impl IntoIterator<Item = &'a Inputs>) -> Self {
        Self(inputs.into_iter().map(to_pins).collect())
    }

    /// Number of clocks.
    pub fn clocks(&self) -> u64 {
        self.0.len() as u64
    }
}

impl RtlDevice {
    /// Steps through the stimulus once in a loop in C++ that only samples the outputs: what a test
    /// bench in C++ would cost.
    ///
    /// # Errors
    /// The simulator stopped.
    pub fn run_in_cpp(&mut self, stimulus: &RtlStimulus) -> Result<(), DeviceError> {
        self.clock += stimulus.clocks();
        match self.sim.cpp_loop(&stimulus.0, stimulus.clocks()) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.stop(error)),
        }
    }

    /// Steps through the stimulus once in a loop in Rust that only samples the outputs: the bare RTL.
    ///
    /// # Errors
    /// The simulator stopped.
    pub fn run_in_rust(&mut self, stimulus: &RtlStimulus) -> Result<(), DeviceError> {
        let mut out = Out::default();
        for inputs in &stimulus.0 {
            self.clock += 1;
            if let Err(error) = self.sim.step(inputs, &mut out) {
                return Err(self.stop(error));
            }
            std::hint::black_box(&out);
        }
        Ok(())
    }
}

pub(crate) fn failure(error: SimError, clock: u64) -> DeviceError {
    let kind = match error.kind {
        Halt::Assertion => SimFailureKind::Assertion,
        Halt::Stop => SimFailureKind::Stop,
        Halt::Finish => SimFailureKind::Finish,
        Halt::Internal => SimFailureKind::Internal,
    };
    let SimError {
        file,
        line,
        msg: message,
        log,
        ..
    } = error;
    SimFailure {
        kind,
        clock,
        file,
        line,
        message,
        log,
    }
    .into()
}

#[inline]
pub(crate) fn to_words(data: &[u8; 16]) -> [u32; 4] {
    let word = |k: usize| u32::from_le_bytes([data[k], data[k + 1], data[k + 2], data[k + 3]]);
    [word(0), word(4), word(8), word(12)]
}

#[inline]
pub(crate) fn to_bytes(words: &[u32; 4]) -> [u8; 16] {
    let [a, b, c, d] = words.map(u128::from);
    (a | b << 32 | c << 64 | d << 96).to_le_bytes()
}

#[inline]
fn to_pins(i: &Inputs) -> In {
    In {
        rst_ni: i.rst_n.into(),
        s_axil_awvalid: i.axil.awvalid.into(),
        s_axil_awaddr: i.axil.awaddr,
        s_axil_wvalid: i.axil.wvalid.into(),
        s_axil_wdata: i.axil.wdata,
        s_axil_wstrb: i.axil.wstrb,
        s_axil_bready: i.axil.bready.into(),
        s_axil_arvalid: i.axil.arvalid.into(),
        s_axil_araddr: i.axil.araddr,
        s_axil_rready: i.axil.rready.into(),
        s_axis_tx_tvalid: i.tx_valid.into(),
        s_axis_tx_tdata: to_words(&i.tx.data),
        s_axis_tx_tkeep: i.tx.keep,
        s_axis_tx_tlast: i.tx.last.into(),
        s_axis_tx_tuser: i.tx_user,
        s_axis_rx_tvalid: i.rx_valid.into(),
        s_axis_rx_tdata: to_words(&i.rx.data),
        s_axis_rx_tkeep: i.rx.keep,
        s_axis_rx_tlast: i.rx.last.into(),
        m_axis_tx_tready: i.tx_out_ready.into(),
        m_axis_txcpl_tready: i.txcpl_ready.into(),
        m_axis_rx_tready: i.rx_out_ready.into(),
        ..In::default()
    }
}

#[inline]
fn from_pins(o: &Out) -> Outputs {
    Outputs {
        irq: o.irq_o != 0,
        axil: ipsec_model::pins::AxilOut {
            awready: o.s_axil_awready != 0,
            wready: o.s_axil_wready != 0,
            bvalid: o.s_axil_bvalid != 0,
            bresp: o.s_axil_bresp,
            arready: o.s_axil_arready != 0,
            rvalid: o.s_axil_rvalid != 0,
            rdata: o.s_axil_rdata,
            rresp: o.s_axil_rresp,
        },
        tx_ready: o.s_axis_tx_tready != 0,
        rx_ready: o.s_axis_rx_tready != 0,
        tx_out_valid: o.m_axis_tx_tvalid != 0,
        tx_out: Beat {
            data: to_bytes(&o.m_axis_tx_tdata),
            keep: o.m_axis_tx_tkeep,
            last: o.m_axis_tx_tlast != 0,
        },
        txcpl_valid: o.m_axis_txcpl_tvalid != 0,
        txcpl: o.m_axis_txcpl_tdata,
        rx_out_valid: o.m_axis_rx_tvalid != 0,
        rx_out: Beat {
            data: to_bytes(&o.m_axis_rx_tdata),
            keep: o.m_axis_rx_tkeep,
            last: o.m_axis_rx_tlast != 0,
        },
        rx_user: [o.m_axis_rx_tuser as u32, (o.m_axis_rx_tuser >> 32) as u32],
    }
}
