// SPDX-License-Identifier: Apache-2.0
//! Corners of the crypto stage that the proofs have found (docs/formal.md).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::path::Path;

use common::{best, config};
use ipsec_testbench::failure;
use ipsec_testbench::scenario::Scenario;

const INIT: &str = r#"{"op": {"wait": {"until": "init_done"}}},
    {"op": {"configure": {"engine": true, "encapsulation": true, "ipsecv2": "ah_and_esp"}}}"#;

fn add(direction: &str) -> String {
    format!(
        r#"{{"op": {{"command": {{"slot": 0, "expect": "0x00000000", "command": {{"add_sa": {{"sa": {{
            "name": "a", "direction": "{direction}", "src": "192.0.2.1", "dst": "192.0.2.2", "udp_encapsulation": "none",
            "associations": [{{"operation": "esp", "spi": 4096, "esn": false, "sequence_high": 0,
                "encryption": "aes-gcm-128", "authentication": "none",
                "key": "00000000000000000000000000000000000000{:02x}", "icv_length": 16}}]}}}}}}}}}}}},
        {{"op": {{"wait": {{"until": "idle"}}}}}}"#,
        1
    )
}

fn play(name: &str, operations: &str) {
    let device = config();
    let text = format!(
        r#"{{"version": 2, "name": "{name}", "device": {{"num_sa": {}, "stages": {}}}, "seed": 1,
            "operations": [{operations}, {{"op": {{"wait": {{"until": "idle", "limit": 20000}}}}}}]}}"#,
        device.num_sa, device.stages
    );
    let scenario = Scenario::parse(Path::new(name), &text).unwrap();
    let ended = failure::play(&scenario, best(), None, |_| {}).unwrap();
    let message = ended.message().unwrap_or_default();
    assert!(ended.is_good(), "{name}: {message}");
}

/// The end of a frame that is too long leaves the stage at once, because its verdict came before: it counts
/// as gone all the same, or the DELETE would wait for the next frame.
#[test]
fn a_delete_behind_the_late_end_of_a_frame_that_is_too_long() {
    let frame = "00".repeat(30_000);
    play(
        "late-end",
        &format!(
            r#"{INIT}, {},
            {{"op": {{"stall": {{"port": "s_axis_rx", "pattern": {{"percent": 70}}}}}}}},
            {{"op": {{"frame": {{"port": "rx", "data": {{"hex": "{frame}"}}}}}}}},
            {{"op": {{"wait": {{"until": "frames"}}}}}},
            {{"op": {{"command": {{"slot": 0, "command": {{"delete_sa": {{"handle": {{"sa": "a"}}}}}},
                "expect": "0x00000000"}}}}}}"#,
            add("inbound")
        ),
    );
}

/// A self-test frame that a soft reset cuts to two beats, right behind a frame with an ICV: its tag must not
/// come in place of that of the frame.
#[test]
fn a_self_test_frame_cut_right_behind_a_frame() {
    // Ethernet, IPv4 and ESP headers, text, trailer, room for the ICV
    let frame = format!(
        "{}0800450004200000000040320000c0000201c00002020000100000000001{}{}01020204{}",
        "00".repeat(12),
        "4956".repeat(4),
        "11".repeat(1000),
        "00".repeat(16)
    );
    for clocks in 60..=70 {
        play(
            "cut",
            &format!(
                r#"{INIT}, {},
                {{"op": {{"frame": {{"port": "tx", "data": {{"hex": "{frame}"}}, "offload": {{"sa": "a"}}}}}}}},
                {{"op": {{"write": {{"address": 72, "data": "0x00000001"}}}}}},
                {{"after": {clocks}, "op": {{"soft_reset": {{}}}}}}"#,
                add("outbound")
            ),
        );
    }
}
