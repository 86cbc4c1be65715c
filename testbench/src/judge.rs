// SPDX-License-Identifier: Apache-2.0
//! Draws scenarios from a seed, and shrinks those that fail.

use std::time::{Duration, Instant};

use ipsec_cosim_device::DeviceConfig;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::cases::Plan;
use crate::control::drawn::{self, ControlPlan};
use crate::devices::On;
use crate::error::Error;
use crate::failure::Ended;
use crate::modes::plan::{self, ModesPlan};
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::strategies::{Mix, plans};

/// Something drawn that makes a scenario.
pub trait Drawn {
    /// The scenario.
    fn made(&self) -> Scenario;
}

impl Drawn for Plan {
    fn made(&self) -> Scenario {
        self.scenario()
    }
}

impl Drawn for ControlPlan {
    fn made(&self) -> Scenario {
        self.scenario()
    }
}

/// The random numbers of a drawn plan.
fn runner(name: &str, device: DeviceConfig, seed: u64) -> TestRunner {
    let purpose = name.bytes().fold(u64::from(device.stages), |hash, byte| {
        hash.wrapping_mul(31).wrapping_add(byte.into())
    });
    let mut words = Rng::new(seed, purpose);
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        chunk.copy_from_slice(&words.word().to_le_bytes());
    }
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    TestRunner::new_with_rng(Config::default(), rng)
}

/// What this seed draws.
fn draw_from<S: Strategy>(
    strategy: S,
    name: &str,
    device: DeviceConfig,
    seed: u64,
) -> Result<S::Tree, Error> {
    strategy
        .new_tree(&mut runner(name, device, seed))
        .map_err(|reason| Error::Failed(format!("cannot draw a plan: {reason}")))
}

/// The plan that this seed draws.
///
/// # Errors
/// None is expected: no strategy here rejects values.
pub fn draw(
    mix: &Mix,
    device: DeviceConfig,
    seed: u64,
) -> Result<impl ValueTree<Value = Plan> + use<>, Error> {
    draw_from(plans(device, mix), mix.name, device, seed)
}

/// The plan of the control plane that this seed draws.
///
/// # Errors
/// As [`draw`].
pub fn draw_control(
    device: DeviceConfig,
    seed: u64,
) -> Result<impl ValueTree<Value = ControlPlan> + use<>, Error> {
    draw_from(drawn::plans(device), "control", device, seed)
}

/// The plan of frames of every mode that this seed draws.
///
/// # Errors
/// As [`draw`].
pub fn draw_modes(
    device: DeviceConfig,
    seed: u64,
) -> Result<impl ValueTree<Value = ModesPlan> + use<>, Error> {
    draw_from(plan::plans(device), "modes", device, seed)
}

/// Makes a failing plan smaller as long as it fails when played, for at most this time.
///
/// # Errors
/// The device cannot be made.
pub fn shrink(
    tree: &mut impl ValueTree<Value: Drawn>,
    on: On,
    most: Duration,
    play: impl Fn(&Scenario, On) -> Result<Ended, Error>,
) -> Result<(Scenario, Ended), Error> {
    let mut smallest = tree.current().made();
    let mut ended = play(&smallest, on)?;
    let start = Instant::now();
    let mut moved = tree.simplify();
    while moved && start.elapsed() < most {
        let scenario = tree.current().made();
        let now = play(&scenario, on)?;
        if now.is_good() {
            moved = tree.complicate();
        } else {
            (smallest, ended) = (scenario, now);
            moved = tree.simplify();
        }
    }
    Ok((smallest, ended))
}
