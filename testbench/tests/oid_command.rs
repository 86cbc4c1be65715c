// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim oid`: each result by name, each refusal in words, and the exit status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::path::Path;

use common::{best, config, folder, ipsec_cosim, text};

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../docs/examples/sa_life_cycle.json"
);

fn oid(script: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let (device, config) = (best().to_string(), config().to_string());
    let mut arguments = vec!["oid", script, "--device", &device, "--config", &config];
    arguments.extend(more);
    let output = ipsec_cosim(&arguments);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn script(folder: &Path, operations: &str) -> String {
    let path = folder.join("script.json");
    let text = format!(
        r#"{{"version": 2, "device": {{"num_sa": 16, "stages": 1}}, "seed": 1, "operations": [
        {{"op": {{"wait": {{"until": "init_done"}}}}}},
        {{"op": {{"configure": {{"engine": true, "encapsulation": true}}}}}},
        {{"op": {{"wait": {{"until": "commands"}}}}}},
        {operations}]}}"#
    );
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn add(name: &str, spi: u32, esn: bool, expect: &str) -> String {
    format!(
        r#"{{"op": {{"command": {{"slot": 0, "command": {{"add_sa": {{"sa": {{"name": "{name}",
        "direction": "inbound", "src": "192.0.2.1", "dst": "192.0.2.2", "udp_encapsulation": "none",
        "associations": [{{"operation": "esp", "spi": {spi}, "esn": {esn}, "sequence_high": 0,
        "encryption": "aes-gcm-128", "authentication": "none",
        "key": "000102030405060708090a0b0c0d0e0f10111213", "icv_length": 16}}]}}}}}}{expect}}}}}}}"#
    )
}

fn raw(oid: &str, buffer: &str, length: u32) -> String {
    format!(
        r#"{{"op": {{"command": {{"slot": 0, "command": {{"raw": {{"oid": "{oid}", "buffer": "{buffer}",
        "length": {length}}}}}}}}}}}"#
    )
}

#[test]
fn the_example_is_as_documented() {
    let (status, out, err) = oid(EXAMPLE, &[]);
    assert_eq!(status, Some(0), "{out}{err}");
    for expected in [
        "ADD_SA         early         -           NDIS_STATUS_NOT_SUPPORTED",
        "why: the current configuration is a zero block",
        "ADD_SA_EX      in            0x00000002  NDIS_STATUS_SUCCESS",
        "why: SecAssoc[0].Spi 0x00001000 to 192.0.2.2 is inbound SA 'in' already (handle 0x00000002)",
        "why: SecAssoc[0].Spi is 255: expected 256 or more",
        "why: SecAssoc[0].EncryptionAlgorithm.AdditionalInfo is 13: expected 0, 8, 12 or 16",
        "UPDATE_SA      in            0x00000002  NDIS_STATUS_SUCCESS",
        "why: Spi is 0x00001001: that of SA 'in' is 0x00001000",
        "why: SecAssoc[0].Operation is 2 (IPsecOffloadV2Esp): expected 1",
        "why: 2 bundles are there and SA_LIMIT is 2",
        "NDIS_STATUS_REQUEST_ABORTED",
        "why: it was cancelled, ",
        "SA_COUNT 0x00000002",
        "why: nothing was deleted: OffloadHandle 0x00000002 was SA 'in', which was deleted in clock",
        "why: HALT is 1",
    ] {
        assert!(out.contains(expected), "{expected}\nin\n{out}");
    }
}

#[test]
fn each_refusal_says_why() {
    let folder = folder("oid_refusals");
    let operations = [
        add("a", 0x1000, false, ""),
        r#"{"op": {"command": {"slot": 0, "command": {"update_sa": {"handle": {"sa": "a"}, "spi": 4096,
        "sequence_high": 1}}}}}"#
            .to_owned(),
        r#"{"op": {"command": {"slot": 0, "command": {"update_sa": {"handle": {"sa": "a"}, "operation": "ah",
        "spi": 4096, "sequence_high": 1}}}}}"#
            .to_owned(),
        r#"{"op": {"command": {"slot": 0, "command": {"delete_sa": {"handle": {"raw": 77}}}}}}"#.to_owned(),
        raw("0xfc030202", "", 10),
        raw("0xfc030209", "00", 1),
        raw("0xfc030203", "", 3),
        r#"{"op": {"wait": {"until": "commands"}}}"#.to_owned(),
        add("b", 0x2000, true, ""),
        r#"{"after": 170, "op": {"soft_reset": {}}}"#.to_owned(),
        r#"{"op": {"wait": {"until": "init_done"}}}"#.to_owned(),
        r#"{"op": {"command": {"slot": 0, "command": {"delete_sa": {"handle": {"sa": "a"}}}}}}"#.to_owned(),
    ];
    let path = script(&folder, &operations.join(","));
    let out_folder = folder.join("out").display().to_string();
    let (status, out, err) = oid(&path, &["--json", "--out", &out_folder]);
    assert_eq!(status, Some(0), "{out}{err}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["divergences"], 0);
    let reasons: Vec<_> = json["lines"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["why"].as_str())
        .collect();
    for (expected, reason) in [
        "SA 'a' was added without IPSEC_OFFLOAD_V2_ESN_SA",
        "Operation 1 is that of no association of SA 'a'",
        "nothing was deleted: OffloadHandle 0x0000004d was never given out",
        "InformationBufferLength is 10: expected 169 or more",
        "Oid is 0xFC030209",
        "nothing was deleted: InformationBufferLength is 3: expected 24 or more",
        "a soft reset cut it",
        "nothing was deleted: OffloadHandle 0x00000001 was SA 'a', which a reset took in clock",
    ]
    .iter()
    .zip(&reasons)
    {
        assert!(reason.contains(expected), "{expected}\nin {reasons:#?}");
    }
    assert_eq!(reasons.len(), 8, "{reasons:#?}");
    assert!(folder.join("out/oid.json").is_file());
    assert!(!out.contains("0001020304050607"), "a key in the outcome");
}

#[test]
fn an_expectation_that_is_not_met() {
    let folder = folder("oid_expectation");
    let path = script(
        &folder,
        &add("a", 0x1000, false, r#", "expect": "RESOURCES""#),
    );
    let (status, _, err) = oid(&path, &[]);
    assert_eq!(status, Some(1), "{err}");
    assert!(
        err.contains(
            "ADD_SA 'a' ended with NDIS_STATUS_SUCCESS (0x00000000), expected NDIS_STATUS_RESOURCES"
        ),
        "{err}"
    );
}

#[test]
fn bad_input_names_file_and_place() {
    let folder = folder("oid_bad_input");
    for (operations, expected) in [
        (
            add("a", 0x1000, false, r#", "expect": "GOOD""#),
            "script.json: operations[3].op.command.expect: expected an NDIS_STATUS",
        ),
        (
            r#"{"op": {"configure": {"ipsecv2": "on"}}}"#.to_owned(),
            "script.json: operations[3].op.configure.ipsecv2: unknown variant `on`",
        ),
    ] {
        let path = script(&folder, &operations);
        let (status, out, err) = oid(&path, &[]);
        assert_eq!(status, Some(2), "{out}{err}");
        assert!(err.contains(expected), "{err}");
    }
    let (status, _, err) = oid("/nowhere.json", &[]);
    assert_eq!(status, Some(2), "{err}");
    assert!(err.contains("cannot read /nowhere.json"), "{err}");
}
