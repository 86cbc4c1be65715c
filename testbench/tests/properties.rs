// SPDX-License-Identifier: Apache-2.0
//! Scenarios drawn by proptest: model and RTL agree on every clock, and each frame comes out as it must. A
//! failure is made smaller, its scenario kept, and the command that plays it printed.
//!
//! `IPSEC_SEED` draws others than the usual ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::time::Duration;

use common::{best, configs};
use ipsec_cosim_device::DeviceConfig;
use ipsec_testbench::devices::On;
use ipsec_testbench::error::Error;
use ipsec_testbench::failure::{self, Ended};
use ipsec_testbench::judge::{self, Drawn};
use ipsec_testbench::scenario::Scenario;
use ipsec_testbench::strategies::Mix;
use proptest::strategy::ValueTree;

fn play(scenario: &Scenario, on: On) -> Result<Ended, Error> {
    failure::play(scenario, on, None, |_| {})
}

/// Plays what so many seeds draw on every configuration.
fn scenarios<T: ValueTree<Value: Drawn>>(
    name: &str,
    count: u64,
    draw: impl Fn(DeviceConfig, u64) -> Result<T, Error>,
) {
    let first: u64 = std::env::var("IPSEC_SEED").map_or(0, |seed| seed.parse().unwrap());
    let on = best();
    // A sweep of the largest table is as long as all the rest: `regress` plays on that one.
    for config in configs().into_iter().filter(|config| config.num_sa <= 1024) {
        for seed in first..first + count {
            let mut tree = draw(config, seed).unwrap();
            let scenario = tree.current().made();
            assert_eq!(scenario.check(), Ok(()));
            let again = Scenario::parse("s".as_ref(), &scenario.to_json()).unwrap();
            assert_eq!(again, scenario);
            let ended = play(&scenario, on).unwrap();
            if ended.is_good() {
                continue;
            }
            let most = Duration::from_secs(30);
            let (scenario, ended) = judge::shrink(&mut tree, on, most, play).unwrap();
            let folder = common::folder(&format!("{name}-{config}-{seed}"));
            let report = failure::examine(&scenario, on, &ended, &folder, true).unwrap();
            panic!("IPSEC_SEED={seed}\n{report}");
        }
    }
}

/// Frames of every mode.
#[test]
fn modes() {
    scenarios("modes", 12, judge::draw_modes);
}

macro_rules! mixes {
    ($($name:ident: $mix:ident x $count:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let mix = &Mix::$mix;
                scenarios(mix.name, $count, |config, seed| judge::draw(mix, config, seed));
            }
        )*
    };
}

mixes! {
    frames: FRAMES x 6;
    small: SMALL x 4;
    jumbo: JUMBO x 3;
    stalls: STALLS x 6;
    tampered: TAMPERED x 6;
    lengths: LENGTHS x 4;
    commands: COMMANDS x 6;
    resets: RESETS x 6;
    soft_resets: SOFT_RESETS x 6;
    cut: CUT x 6;
    fuzzed: FUZZED x 6;
    diagnostic: DIAGNOSTIC x 4;
    registers: REGISTERS x 6;
    random: RANDOM x 6;
}

/// The harness itself: a device that differs is found, in the clock in which it does, and the failing
/// scenario gets smaller.
#[test]
fn a_difference_is_found_and_shrunk() {
    use ipsec_cosim_device::{
        Device, DeviceError, DeviceKind, Inputs, Lockstep, ModelDevice, Outputs,
    };
    use ipsec_testbench::runner;

    /// Loses the lowest bit of byte 5 of every received frame of more than 200 bytes.
    struct Broken(ModelDevice, u32);

    impl Device for Broken {
        fn config(&self) -> DeviceConfig {
            self.0.config()
        }

        fn kind(&self) -> DeviceKind {
            DeviceKind::Other
        }

        fn reset(&mut self) -> Result<(), DeviceError> {
            self.0.reset()
        }

        fn step(&mut self, inputs: &Inputs) -> Result<Outputs, DeviceError> {
            let mut outputs = self.0.step(inputs)?;
            self.1 = if outputs.rx_out_valid { self.1 + 1 } else { 0 };
            if self.1 > 12 {
                outputs.rx_out.data[5] &= !1;
            }
            Ok(outputs)
        }

        fn clock(&self) -> u64 {
            self.0.clock()
        }
    }

    let play = |scenario: &Scenario, _: On| {
        let broken = Broken(ModelDevice::new(scenario.device)?, 0);
        let mut device = Lockstep::new(ModelDevice::new(scenario.device)?, broken)?;
        let mut player = runner::Player::new(scenario);
        let error = runner::play(&mut device, &mut player, |_| {}).err();
        Ok(Ended::new(player, error))
    };
    let config = DeviceConfig::new(16, 1);
    let mut tree = judge::draw(&Mix::FRAMES, config, 1).unwrap();
    let before = tree.current().items.len();
    let ended = play(&tree.current().scenario(), On::Model).unwrap();
    assert_eq!(ended.divergences(), 1);
    let most = Duration::from_secs(20);
    let (scenario, ended) = judge::shrink(&mut tree, On::Model, most, play).unwrap();
    assert_eq!(ended.divergences(), 1);
    let after = tree.current().items.len();
    assert!(after < before && after <= 3, "{before} items, then {after}");
    assert!(scenario.to_json().len() < 20_000);
    assert_eq!(
        ended.result.clocks,
        play(&scenario, On::Model).unwrap().result.clocks
    );
}
