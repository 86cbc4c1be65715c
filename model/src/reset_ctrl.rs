// SPDX-License-Identifier: Apache-2.0
//! Initialization sweep, soft reset, INIT_DONE, opening of the streams (docs/cycle_formulae.md, "Reset and sweep").

use crate::config::DeviceConfig;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Soft reset: waits for both paths to be empty.
    Drain,
    /// `left` edges of the sweep to come.
    Sweep { left: u32, soft: bool },
    /// INIT_DONE
    Run,
}

/// What `reset_ctrl` does at an edge, beside counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetEvent {
    /// First edge of a sweep: the memories are cleared.
    SweepStart,
    /// Last edge of a sweep: INIT_DONE is set.
    InitDone,
}

/// The sequencer of both resets.
#[derive(Debug)]
pub struct ResetCtrl {
    sweep: u32,
    state: State,
}

impl ResetCtrl {
    /// State of power-on.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        let sweep = config.num_sa.max(64);
        Self {
            sweep,
            state: State::Sweep {
                left: sweep,
                soft: false,
            },
        }
    }

    /// `rst_ni` low.
    pub fn reset(&mut self) {
        self.state = State::Sweep {
            left: self.sweep,
            soft: false,
        };
    }

    /// COMMAND.soft_reset written; the result says whether it counts.
    pub fn soft_reset(&mut self) -> bool {
        let counts = self.init_done();
        if counts {
            self.state = State::Drain;
        }
        counts
    }

    /// One edge; `empty`: both paths are.
    #[inline]
    pub fn step(&mut self, empty: bool) -> Option<ResetEvent> {
        match &mut self.state {
            State::Run => None,
            State::Drain => {
                if !empty {
                    return None;
                }
                self.state = State::Sweep {
                    left: self.sweep - 1,
                    soft: true,
                };
                Some(ResetEvent::SweepStart)
            }
            State::Sweep { left, .. } => {
                let first = *left == self.sweep;
                *left -= 1;
                if *left == 0 {
                    self.state = State::Run;
                    return Some(ResetEvent::InitDone);
                }
                first.then_some(ResetEvent::SweepStart)
            }
        }
    }

    /// STATUS.init_done
    #[must_use]
    #[inline]
    pub fn init_done(&self) -> bool {
        self.state == State::Run
    }

    /// STATUS.resetting
    #[must_use]
    pub fn resetting(&self) -> bool {
        matches!(self.state, State::Drain | State::Sweep { soft: true, .. })
    }

    /// A soft reset waits for the paths: frames that are half in are cut.
    #[must_use]
    pub fn cut(&self) -> bool {
        self.state == State::Drain
    }

    /// The next edge sets INIT_DONE.
    #[must_use]
    pub fn last_edge_next(&self) -> bool {
        matches!(self.state, State::Sweep { left: 1, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_has_the_edges_of_the_formula() {
        for (num_sa, edges) in [(16, 64), (64, 64), (1024, 1024)] {
            let mut reset = ResetCtrl::new(&DeviceConfig::new(num_sa, 1));
            assert_eq!(reset.step(true), Some(ResetEvent::SweepStart));
            for _ in 2..edges {
                assert_eq!(reset.step(true), None);
            }
            assert!(reset.last_edge_next() && !reset.init_done());
            assert_eq!(reset.step(true), Some(ResetEvent::InitDone));
            assert!(reset.init_done() && !reset.resetting());
            assert!(reset.soft_reset() && !reset.soft_reset());
            for _ in 0..10 {
                assert_eq!(reset.step(false), None);
                assert!(reset.cut() && reset.resetting());
            }
            let events: Vec<_> = (0..edges).map(|_| reset.step(true)).collect();
            assert_eq!(events[0], Some(ResetEvent::SweepStart));
            assert_eq!(events[edges as usize - 1], Some(ResetEvent::InitDone));
            assert!(reset.init_done());
        }
    }
}
