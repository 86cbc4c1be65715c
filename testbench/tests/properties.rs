// SPDX-License-Identifier: Apache-2.0
//! Scenarios drawn by proptest: the model against what must come of each frame.

use std::time::Duration;

use ipsec_cosim_device::DeviceConfig;
use ipsec_testbench::devices::On;
use ipsec_testbench::error::Error;
use ipsec_testbench::failure::Ended;
use ipsec_testbench::scenario::Scenario;
use ipsec_testbench::strategies::Mix;
use ipsec_testbench::{failure, judge};
use proptest::strategy::ValueTree;

fn play(scenario: &Scenario, on: On) -> Result<Ended, Error> {
    failure::play(scenario, on, None, |_| {})
}

/// Plays some cases of a mix on a device; a failure is shrunk, and its scenario kept.
fn cases(mix: &Mix, on: On, count: u64) {
    for config in [(16, 1), (1024, 2), (16, 4)] {
        let config = DeviceConfig::new(config.0, config.1);
        for seed in 0..count {
            let mut tree = judge::draw(mix, config, seed).unwrap();
            let scenario = tree.current().scenario();
            scenario.check().unwrap();
            let ended = play(&scenario, on).unwrap();
            if ended.is_good() {
                continue;
            }
            let (scenario, ended) =
                judge::shrink(&mut tree, on, Duration::from_secs(20), play).unwrap();
            let file = format!("{}-{config}-{seed}.json", mix.name);
            let path = std::env::temp_dir().join(file);
            scenario.write(&path).unwrap();
            let command = failure::repro_command(&path, on);
            panic!(
                "{}\nreproduce: {command}",
                ended.message().unwrap_or_default()
            );
        }
    }
}

macro_rules! on_model {
    ($($name:ident: $mix:ident x $count:literal;)*) => {
        $(#[test] fn $name() { cases(&Mix::$mix, On::Model, $count); })*
    };
}

on_model! {
    model_frames: FRAMES x 20;
    model_small: SMALL x 10;
    model_jumbo: JUMBO x 5;
    model_stalls: STALLS x 10;
    model_tampered: TAMPERED x 20;
    model_lengths: LENGTHS x 10;
    model_commands: COMMANDS x 20;
    model_resets: RESETS x 20;
    model_soft_resets: SOFT_RESETS x 20;
    model_registers: REGISTERS x 10;
    model_random: RANDOM x 10;
}
