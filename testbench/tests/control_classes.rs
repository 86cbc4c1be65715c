// SPDX-License-Identifier: Apache-2.0
//! The fixed scenarios of the control plane, and what they do not say themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use common::{best, configs};
use ipsec_testbench::control::{self, FIXED};
use ipsec_testbench::failure;
use ipsec_testbench::scenario::{Expected, Operation, Port};

#[test]
fn each_class_on_each_configuration() {
    for device in configs() {
        // The sweeps of the largest table take long.
        for (name, make) in FIXED.iter().filter(|_| device.num_sa <= 1024) {
            let scenario = make(device, 0x5eed);
            let ended = failure::play(&scenario, best(), None, |_| {}).unwrap();
            let message = ended.message().unwrap_or_default();
            assert!(ended.is_good(), "{name} {device}: {message}");
        }
    }
}

/// The upper half changes once for all frames behind: never back, and in the middle of the traffic.
#[test]
fn an_update_takes_effect_between_two_frames() {
    let device = common::config();
    let scenario = control::esn_race(device, 3);
    let ended = failure::play(&scenario, best(), None, |_| {}).unwrap();
    assert!(ended.is_good(), "{}", ended.message().unwrap_or_default());
    // What each transmitted frame with a choice was: the first of it is the old upper half.
    let mut rounds = vec![Vec::new()];
    for frame in ended.result.frames.iter().filter(|f| f.port == Port::Tx) {
        let Operation::Frame(op) = &scenario.operations[frame.operation].op else {
            panic!("no frame");
        };
        let Some(Expected::AnyOf(any)) = &op.expect else {
            rounds.push(Vec::new());
            continue;
        };
        let out = &ended.result.tx_out[frame.out.unwrap()].bytes;
        rounds
            .last_mut()
            .unwrap()
            .push(any[0] != Expected::Sent(out.clone()));
    }
    rounds.retain(|round| !round.is_empty());
    assert_eq!(rounds.len(), 8);
    for round in rounds {
        assert!(round.is_sorted(), "{round:?}");
        assert!(!round[0] && round[round.len() - 1], "{round:?}");
    }
}
