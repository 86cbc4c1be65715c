// SPDX-License-Identifier: Apache-2.0
//! Last authenticated mode (transport or tunnel) of every bundle.

use crate::config::DeviceConfig;
use crate::table_types::{MAX_STAGES, ModeWrite};

/// The mode memory: a mode counts only if its generation is the bundle's.
#[derive(Debug)]
pub struct SaMode {
    modes: Vec<(u16, bool)>,
    waiting: [Option<ModeWrite>; MAX_STAGES],
}

impl SaMode {
    /// A swept memory.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        Self {
            modes: vec![(0, false); config.num_sa as usize],
            waiting: [None; MAX_STAGES],
        }
    }

    /// What a sweep leaves behind.
    pub fn clear(&mut self) {
        self.modes.fill((0, false));
        self.waiting = [None; MAX_STAGES];
    }

    /// The mode of a bundle: initially transport.
    #[must_use]
    #[inline]
    pub fn tunnel(&self, bundle: u32, generation: u16) -> bool {
        let (written, tunnel) = self.modes[bundle as usize];
        tunnel && written == generation
    }

    /// Edge `edge` (counted from reset): stage `edge` modulo 4 has the write port; `asked` are the verdicts of this
    /// edge. A stage gives at most one verdict in 4 edges, so none waits behind another.
    #[inline]
    pub fn step(&mut self, edge: u32, asked: &[Option<ModeWrite>; MAX_STAGES]) {
        if let Some(w) = self.waiting[edge as usize % MAX_STAGES].take() {
            self.modes[w.bundle as usize] = (w.generation, w.tunnel);
        }
        for (waiting, asked) in self.waiting.iter_mut().zip(asked) {
            if asked.is_some() {
                *waiting = *asked;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_written_in_its_stages_turn() {
        let mut mode = SaMode::new(&DeviceConfig::new(16, 4));
        let write = ModeWrite {
            bundle: 3,
            generation: 7,
            tunnel: true,
        };
        let nothing = [None; MAX_STAGES];
        let mut asked = nothing;
        asked[1] = Some(write);
        // The turn at the edge of the verdict itself is missed: edges 1 (asked), 2, 3, 4, 5 (written).
        for edge in 1..5 {
            mode.step(edge, if edge == 1 { &asked } else { &nothing });
            assert!(!mode.tunnel(3, 7), "edge {edge}");
        }
        mode.step(5, &nothing);
        assert!(mode.tunnel(3, 7));
        assert!(
            !mode.tunnel(3, 8),
            "another generation starts in transport mode"
        );
        mode.clear();
        assert!(!mode.tunnel(3, 7));
    }
}
