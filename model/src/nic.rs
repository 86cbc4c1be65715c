// SPDX-License-Identifier: Apache-2.0
//! The whole device: two paths and the control plane, one step a clock.

use crate::config::{ConfigError, DeviceConfig};
use crate::control_plane::ControlPlane;
use crate::offload_path::{Memories, OffloadPath, PathInputs};
use crate::pins::{Inputs, Outputs};
use crate::probe::{Path, ProbeEvent};
use crate::table_types::PathControl;

/// The reference model of the device.
///
/// ```
/// use ipsec_model::{config::DeviceConfig, nic::Nic, pins::Inputs};
///
/// let mut nic = Nic::new(DeviceConfig::new(16, 2))?;
/// let inputs = Inputs { rst_n: true, ..Inputs::default() };
/// let clocks = (1..).find(|_| nic.step(&inputs).rx_ready);
/// // The sweep, then a self-test frame of 6 beats for each stage.
/// assert_eq!(clocks, Some(64 + 6 * 2));
/// # Ok::<(), ipsec_model::config::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct Nic {
    config: DeviceConfig,
    clock: u64,
    tx: OffloadPath,
    rx: OffloadPath,
    control: ControlPlane,
    /// What the paths get at the next edge.
    tx_control: PathControl,
    rx_control: PathControl,
}

impl Nic {
    /// A device in the state of power-on.
    ///
    /// # Errors
    /// The parameters are outside their sets.
    pub fn new(config: DeviceConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let control = ControlPlane::new(&config);
        Ok(Self {
            config,
            clock: 0,
            tx: OffloadPath::new(Path::Tx, &config),
            rx: OffloadPath::new(Path::Rx, &config),
            tx_control: control.tx_control(),
            rx_control: control.rx_control(),
            control,
        })
    }

    /// The parameters.
    #[must_use]
    pub const fn config(&self) -> DeviceConfig {
        self.config
    }

    /// Clocks since power-on, reset included.
    #[must_use]
    pub const fn clock(&self) -> u64 {
        self.clock
    }

    /// Collects probe events from now on, or no longer.
    pub fn set_probes(&mut self, on: bool) {
        self.tx.set_probes(on);
        self.rx.set_probes(on);
    }

    /// The probe events since the last call, by clock.
    pub fn take_probes(&mut self) -> Vec<ProbeEvent> {
        let mut events = self.tx.take_probes();
        events.append(&mut self.rx.take_probes());
        events.sort_by_key(|event| (event.clock, event.path, event.boundary));
        events
    }

    /// The control plane, for tests that want to put something into the table without a command.
    #[doc(hidden)]
    pub fn control_plane_mut(&mut self) -> &mut ControlPlane {
        &mut self.control
    }

    /// One clock: `inputs` are the pins before the rising edge, the result is the pins after it.
    pub fn step(&mut self, inputs: &Inputs) -> Outputs {
        self.clock += 1;
        if !inputs.rst_n {
            self.tx.reset();
            self.rx.reset();
            self.control.reset();
            self.tx_control = self.control.tx_control();
            self.rx_control = self.control.rx_control();
            return Outputs::default();
        }
        let tx = PathInputs {
            valid: inputs.tx_valid,
            beat: &inputs.tx,
            user: inputs.tx_user,
            out_ready: inputs.tx_out_ready,
            completion_ready: inputs.txcpl_ready,
        };
        let rx = PathInputs {
            valid: inputs.rx_valid,
            beat: &inputs.rx,
            user: [0; 3],
            out_ready: inputs.rx_out_ready,
            completion_ready: true,
        };
        // The paths read the control plane as it was before the edge; then it writes.
        let memories = Memories {
            table: self.control.table(),
            mode: self.control.mode(),
            delete: self.control.delete(),
        };
        self.tx.step(self.clock, &tx, &self.tx_control, &memories);
        self.rx.step(self.clock, &rx, &self.rx_control, &memories);
        let (axil, irq) = self
            .control
            .step(&inputs.axil, self.tx.status(), self.rx.status());
        if self.control.control_changed() {
            self.tx_control = self.control.tx_control();
            self.rx_control = self.control.rx_control();
        }
        let tx = self.tx.outputs(&self.tx_control);
        let rx = self.rx.outputs(&self.rx_control);
        Outputs {
            irq,
            axil,
            tx_ready: tx.ready,
            rx_ready: rx.ready,
            tx_out_valid: tx.valid,
            tx_out: tx.beat,
            txcpl_valid: tx.completion.is_some(),
            txcpl: tx.completion.unwrap_or(0),
            rx_out_valid: rx.valid,
            rx_out: rx.beat,
            rx_user: rx.user,
        }
    }
}
