// SPDX-License-Identifier: Apache-2.0
//! What drives a device, in a form that can be run again from the start.

use ipsec_model::pins::{Inputs, Outputs};

/// The inputs of a run, clock by clock from power-on. It may look at the outputs, so that recorded
/// pins and drivers that react to the device are both one.
pub trait Stimulus {
    /// The inputs of clock `clock` (1 is the first); `outputs` are the pins after the clock before.
    /// `None` ends the run.
    fn next(&mut self, clock: u64, outputs: &Outputs) -> Option<Inputs>;
}

impl<F: FnMut(u64, &Outputs) -> Option<Inputs>> Stimulus for F {
    fn next(&mut self, clock: u64, outputs: &Outputs) -> Option<Inputs> {
        self(clock, outputs)
    }
}

/// Recorded inputs as a [`Stimulus`].
#[derive(Clone, Debug)]
pub struct Recorded<I>(I);

impl<I: Iterator<Item = Inputs>> Recorded<I> {
    /// The first item is the input of clock 1.
    pub fn new(inputs: impl IntoIterator<IntoIter = I>) -> Self {
        Self(inputs.into_iter())
    }
}

impl<I: Iterator<Item = Inputs>> Stimulus for Recorded<I> {
    fn next(&mut self, _clock: u64, _outputs: &Outputs) -> Option<Inputs> {
        self.0.next()
    }
}
