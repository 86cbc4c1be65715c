// SPDX-License-Identifier: Apache-2.0
//! Corners of the crypto stage that the proofs have found (docs/formal.md), without the rest of the regression.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use common::{best, config};
use ipsec_testbench::corners;
use ipsec_testbench::failure;
use ipsec_testbench::scenario::Scenario;

fn play(scenario: &Scenario) {
    let ended = failure::play(scenario, best(), None, |_| {}).unwrap();
    let message = ended.message().unwrap_or_default();
    assert!(ended.is_good(), "{}: {message}", scenario.name);
}

#[test]
fn a_delete_behind_the_late_end_of_a_frame_that_is_too_long() {
    play(&corners::late_end(config(), 1));
}

#[test]
fn a_self_test_frame_cut_right_behind_a_frame() {
    play(&corners::cut_self_test(config(), 1));
}
