// SPDX-License-Identifier: Apache-2.0
//! Last authenticated mode (transport or tunnel) of every SA.

use crate::config::DeviceConfig;
use crate::table_types::ModeWrite;

/// The mode memory: a mode counts only if its generation is the bundle's.
#[derive(Debug)]
pub struct SaMode {
    modes: Vec<(u16, bool)>,
}

impl SaMode {
    /// A swept memory.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        Self {
            modes: vec![(0, false); config.rows()],
        }
    }

    /// The mode of an SA: initially transport.
    #[must_use]
    pub fn tunnel(&self, row: u32, generation: u16) -> bool {
        let (written, tunnel) = self.modes[row as usize];
        tunnel && written == generation
    }

    /// A verdict of a stage.
    pub fn write(&mut self, _stage: usize, write: ModeWrite) {
        self.modes[write.row as usize] = (write.generation, write.tunnel);
    }
}
