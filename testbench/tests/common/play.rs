// SPDX-License-Identifier: Apache-2.0
//! Plays scenarios of the control-plane tests.
#![allow(dead_code)]

use ipsec_cosim_device::{DeviceConfig, RtlDevice};
use ipsec_testbench::devices::On;
use ipsec_testbench::failure::{self, Ended};
use ipsec_testbench::runner::RunResult;
use ipsec_testbench::scenario::Scenario;

use crate::common;

/// What the tests run on: `IPSEC_DEVICE` (lockstep, rtl, model), else lockstep if there is RTL.
pub fn device() -> On {
    match std::env::var("IPSEC_DEVICE").as_deref() {
        Ok("model") => On::Model,
        Ok("rtl") => On::Rtl,
        Ok("lockstep") => On::Lockstep,
        Ok(other) => panic!("IPSEC_DEVICE is {other}: expected lockstep, rtl or model"),
        Err(_) => common::best(),
    }
}

/// The smallest device that is built: the fastest.
pub fn smallest() -> DeviceConfig {
    let wanted = DeviceConfig::new(16, 1);
    match RtlDevice::built() {
        built if built.is_empty() || built.contains(&wanted) => wanted,
        built => built.into_iter().min().unwrap_or(wanted),
    }
}

/// The smallest device that is built with two stages or more, which bundles of two need.
pub fn two_stages() -> DeviceConfig {
    let built = RtlDevice::built();
    let mut all = if built.is_empty() {
        vec![DeviceConfig::new(16, 4)]
    } else {
        built
    };
    all.retain(|config| config.stages >= 2);
    all.into_iter().min().unwrap_or_else(|| {
        common::skipped("two stages", "this build has none: the one stage refuses");
        smallest()
    })
}

/// All that are built with at most so many bundles.
pub fn configs_up_to(num_sa: u32) -> Vec<DeviceConfig> {
    let mut all = common::configs();
    all.retain(|config| config.num_sa <= num_sa);
    all
}

/// Plays it; whatever is wrong ends the test with a report.
pub fn play(scenario: &Scenario) -> RunResult {
    let on = device();
    let ended = failure::play(scenario, on, None, |_| {}).unwrap();
    if ended.is_good() {
        return ended.result;
    }
    give_up(scenario, on, &ended)
}

/// Keeps the scenario and reports.
pub fn give_up(scenario: &Scenario, on: On, ended: &Ended) -> ! {
    let name = format!("{}-{}-{}", scenario.name, scenario.device, scenario.seed);
    let folder = common::folder(&name.replace(' ', "_"));
    let report = failure::examine(scenario, on, ended, &folder, true).unwrap();
    panic!("{name}\n{report}");
}
