// SPDX-License-Identifier: Apache-2.0
//! The control plane as the datapath sees it: registers to read before an edge, one step at the edge.

use crate::config::DeviceConfig;
use crate::pins::{AxilIn, AxilOut};
use crate::sa_mode::SaMode;
use crate::sa_table::SaTable;
use crate::table_types::{PathConfig, PathControl, PathStatus};

/// Everything beside the two paths.
#[derive(Debug)]
pub struct ControlPlane {
    table: SaTable,
    mode: SaMode,
    sweep: u32,
    left: u32,
    edge: u32,
}

impl ControlPlane {
    /// State of power-on.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        let sweep = config.num_sa.max(64);
        Self {
            table: SaTable::new(config),
            mode: SaMode::new(config),
            sweep,
            left: sweep,
            edge: 0,
        }
    }

    /// `rst_ni` low.
    pub fn reset(&mut self) {
        self.left = self.sweep;
        self.edge = 0;
    }

    /// The table before the edge.
    #[must_use]
    pub fn table(&self) -> &SaTable {
        &self.table
    }

    /// The mode memory before the edge.
    #[must_use]
    pub fn mode(&self) -> &SaMode {
        &self.mode
    }

    /// Registers for the transmit path, before the edge.
    #[must_use]
    pub fn tx_control(&self) -> PathControl {
        PathControl {
            config: PathConfig::default(),
            open: self.left == 0,
            ..PathControl::default()
        }
    }

    /// Registers for the receive path, before the edge.
    #[must_use]
    pub fn rx_control(&self) -> PathControl {
        self.tx_control()
    }

    /// One edge, after both paths have stepped; the result is what the pins show after it.
    pub fn step(&mut self, axil: &AxilIn, tx: &PathStatus, rx: &PathStatus) -> (AxilOut, bool) {
        let _ = (axil, tx);
        self.edge = self.edge.wrapping_add(1);
        self.mode.step(self.edge, &rx.mode_write);
        self.left = self.left.saturating_sub(1);
        (AxilOut::default(), false)
    }
}
