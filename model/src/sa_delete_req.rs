// SPDX-License-Identifier: Apache-2.0
//! SaDeleteReq: asks the host for room in the table (docs/theory_of_operation.md, "SA table").

use crate::axil_front::Write;
use crate::config::DeviceConfig;
use crate::regs;
use crate::table_types::{DeleteState, DeleteWrite};

/// The watermark, the repetition, and the state of every bundle.
#[derive(Debug)]
pub struct SaDeleteReq {
    states: Vec<DeleteState>,
    watermark: u32,
    repeat: u32,
}

impl SaDeleteReq {
    /// State of power-on.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        Self {
            states: vec![DeleteState::default(); config.num_sa as usize],
            watermark: regs::sa_watermark::RESET,
            repeat: regs::sa_delete_repeat::RESET,
        }
    }

    /// `rst_ni` low: the registers. The sweep that follows clears the memory.
    pub fn reset(&mut self) {
        self.watermark = regs::sa_watermark::RESET;
        self.repeat = regs::sa_delete_repeat::RESET;
    }

    /// What a sweep leaves behind.
    pub fn clear(&mut self) {
        self.states.fill(DeleteState::default());
    }

    /// SA_WATERMARK
    #[must_use]
    pub fn watermark(&self) -> u32 {
        self.watermark
    }

    /// SA_DELETE_REPEAT
    #[must_use]
    pub fn repeat(&self) -> u32 {
        self.repeat
    }

    /// SA_WATERMARK
    pub fn write_watermark(&mut self, write: &Write) {
        self.watermark = regs::sa_watermark::COUNT.get(write.merge(self.watermark));
    }

    /// SA_DELETE_REPEAT
    pub fn write_repeat(&mut self, write: &Write) {
        self.repeat = regs::sa_delete_repeat::FRAMES.get(write.merge(self.repeat));
    }

    /// Edge r(0) of an eligible frame: the state of its bundle, which is live with `generation`.
    #[must_use]
    pub fn read(&self, bundle: u32, generation: u16) -> DeleteState {
        let state = self.states[bundle as usize];
        if state.generation == generation {
            state
        } else {
            DeleteState {
                generation,
                ..DeleteState::default()
            }
        }
    }

    /// The edge behind: whether the frame has SaDeleteReq, and the new state. `sa_count` is SA_COUNT before it.
    #[must_use]
    pub fn decide(&self, state: DeleteState, sa_count: u32) -> (bool, DeleteState) {
        let above = sa_count > self.watermark;
        let frames = if state.requested {
            state.frames.saturating_add(1)
        } else {
            state.frames
        };
        let asks =
            above && (!state.requested || self.repeat != 0 && u32::from(frames) >= self.repeat);
        let state = DeleteState {
            requested: state.requested || asks,
            frames: if asks { 0 } else { frames },
            ..state
        };
        (asks, state)
    }

    /// The state of a bundle is written.
    pub fn write(&mut self, write: &DeleteWrite) {
        self.states[write.bundle as usize] = write.state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(watermark: u32, repeat: u32) -> SaDeleteReq {
        let mut unit = SaDeleteReq::new(&DeviceConfig::new(16, 1));
        let write = |data| Write {
            addr: 0,
            data,
            strb: 15,
        };
        unit.write_watermark(&write(watermark));
        unit.write_repeat(&write(repeat));
        unit
    }

    /// Which of `frames` good frames carry the request at `sa_count` bundles.
    fn requests(
        unit: &mut SaDeleteReq,
        generation: u16,
        sa_count: u32,
        frames: usize,
    ) -> Vec<bool> {
        let one = |_| {
            let (asks, state) = unit.decide(unit.read(3, generation), sa_count);
            unit.write(&DeleteWrite { bundle: 3, state });
            asks
        };
        (0..frames).map(one).collect()
    }

    #[test]
    fn a_bundle_is_asked_for_once_without_repetition() {
        let mut u = unit(4, 0);
        assert_eq!(requests(&mut u, 0, 4, 3), [false; 3]);
        assert_eq!(requests(&mut u, 0, 5, 3), [true, false, false]);
        assert_eq!(requests(&mut u, 0, 4, 1), [false]);
        assert_eq!(requests(&mut u, 0, 5, 1), [false], "nothing is forgotten");
        assert_eq!(
            requests(&mut u, 1, 5, 2),
            [true, false],
            "another generation"
        );
        u.clear();
        assert_eq!(requests(&mut u, 1, 5, 2), [true, false]);
    }

    #[test]
    fn repetition_counts_good_frames_above_and_below() {
        let mut u = unit(4, 3);
        assert_eq!(
            requests(&mut u, 0, 5, 7),
            [true, false, false, true, false, false, true]
        );
        assert_eq!(requests(&mut u, 0, 4, 9), [false; 9]);
        assert_eq!(
            requests(&mut u, 0, 5, 2),
            [true, false],
            "frames were counted"
        );
        let mut u = unit(4, 1);
        assert_eq!(requests(&mut u, 0, 5, 3), [true; 3]);
    }

    #[test]
    fn the_count_of_frames_stops_at_its_width() {
        let mut u = unit(4, 65_535);
        assert_eq!(requests(&mut u, 0, 5, 1), [true]);
        assert_eq!(requests(&mut u, 0, 4, 70_000), vec![false; 70_000]);
        assert_eq!(requests(&mut u, 0, 5, 2), [true, false]);
    }

    #[test]
    fn the_default_never_asks() {
        let mut u = SaDeleteReq::new(&DeviceConfig::new(16, 1));
        assert_eq!(requests(&mut u, 0, 16_384, 2), [false; 2]);
    }
}
