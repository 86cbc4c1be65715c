// SPDX-License-Identifier: Apache-2.0
//! The scenario format: every operation is written and read again, older files still load, and what is
//! wrong in a file is named by its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

use std::path::Path;

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::{ndis, regs};
use ipsec_testbench::sa;
use ipsec_testbench::scenario::{
    CapsImage, Command, Configuration, FrameOp, Handle, IpsecV2, Memory, Operation, Port, Scenario,
    VERSION,
};

const SA: &str = r#"{"name": "a", "direction": "inbound", "src": "192.0.2.1", "dst": "192.0.2.2",
    "udp_encapsulation": "none", "associations": [{"operation": "esp", "spi": 4096, "esn": true,
    "sequence_high": 7, "encryption": "aes-gcm-128", "authentication": "none",
    "key": "000102030405060708090a0b0c0d0e0f10111213", "icv_length": 16}]}"#;

fn parse(version: u32, operations: &str) -> Result<Scenario, String> {
    let text = format!(
        r#"{{"version": {version}, "device": {{"num_sa": 16, "stages": 1}}, "seed": 1,
        "operations": [{operations}]}}"#
    );
    Scenario::parse(Path::new("s.json"), &text).map_err(|error| error.to_string())
}

fn one(operation: &str) -> Operation {
    let add = format!(
        r#"{{"op": {{"command": {{"slot": 0, "command": {{"add_sa": {{"sa": {SA}}}}}}}}}}}"#
    );
    let scenario = parse(VERSION, &format!("{add}, {{\"op\": {operation}}}")).unwrap();
    scenario.operations[1].op.clone()
}

#[test]
fn operations_of_the_control_plane() {
    assert_eq!(
        one(
            r#"{"command": {"slot": 2, "command": {"update_sa": {"handle": {"sa": "a"},
            "operation": "esp", "spi": 4096, "sequence_high": 8}}, "expect": "INVALID_PARAMETER"}}"#
        ),
        Operation::Command {
            slot: 2,
            command: Command::UpdateSa {
                handle: Handle::Sa("a".to_owned()),
                operation: sa::Operation::Esp,
                spi: 4096,
                sequence_high: 8,
            },
            expect: Some(ndis::NDIS_STATUS_INVALID_PARAMETER),
        }
    );
    assert_eq!(
        one(r#"{"cancel": {"slot": 0, "clocks": 17, "aborted": true}}"#),
        Operation::Cancel {
            slot: 0,
            clocks: 17,
            aborted: Some(true),
        }
    );
    assert_eq!(
        one(
            r#"{"configure": {"engine": true, "ipsecv2": "ah", "parity_inject": ["sa", "esn"],
            "hash_seed": "0x12345678"}}"#
        ),
        Operation::Configure(Configuration {
            engine: Some(true),
            ipsecv2: Some(IpsecV2::Ah),
            parity_inject: Some(vec![Memory::Sa, Memory::Esn]),
            hash_seed: Some(0x1234_5678),
            ..Configuration::default()
        })
    );
    assert_eq!(
        one(r#"{"sa_stats": {"handle": {"sa": "a"}, "packets": 3}}"#),
        Operation::SaStats {
            handle: Handle::Sa("a".to_owned()),
            packets: Some(3),
            bytes: None,
        }
    );
    let read = |address| Operation::Read {
        address,
        expect: None,
        mask: u32::MAX,
        poll: false,
    };
    let count = regs::SA_COUNT as u16;
    for text in ["\"SA_COUNT\"", "\"0x0038\"", "56"] {
        assert_eq!(
            one(&format!("{{\"read\": {{\"address\": {text}}}}}")),
            read(count)
        );
    }
    let status = |text: &str| {
        one(&format!(
            r#"{{"command": {{"slot": 0, "command": {{"raw": {{"oid": 1, "buffer": ""}}}},
            "expect": {text}}}}}"#
        ))
    };
    let aborted = status("\"0xc001000c\"");
    assert_eq!(status("\"NDIS_STATUS_REQUEST_ABORTED\""), aborted);
    assert_eq!(status("3221291020"), aborted);
}

#[test]
fn what_is_written_is_read_again() {
    let mut scenario = Scenario::new("all", DeviceConfig::new(16, 1), 3);
    scenario.add_sa(serde_json::from_str(SA).unwrap());
    let a = Handle::Sa("a".to_owned());
    let update = Command::UpdateSa {
        handle: a.clone(),
        operation: sa::Operation::Ah,
        spi: 300,
        sequence_high: 1,
    };
    scenario
        .configure(Configuration {
            engine: Some(true),
            encapsulation: Some(false),
            spi_host_order: Some(true),
            ipsecv2: Some(IpsecV2::Disabled),
            sa_limit: Some(5),
            udp_port: Some(500),
            sa_watermark: Some(2),
            sa_delete_repeat: Some(9),
            parity_inject: Some(Memory::ALL.to_vec()),
            hash_seed: Some(77),
            intr_enable: Some(0x1ff),
            halt: Some(true),
        })
        .command(1, update, Some(ndis::NDIS_STATUS_NOT_ACCEPTED))
        .push(Operation::Cancel {
            slot: 1,
            clocks: 0,
            aborted: None,
        })
        .push(Operation::Caps {
            image: CapsImage::Current,
            expect: Some(vec![9; 32]),
        })
        .push(Operation::SaStats {
            handle: a,
            packets: None,
            bytes: Some(1 << 40),
        });
    for asked in [Some(true), Some(false), None] {
        scenario.push(Operation::Frame(FrameOp {
            sa_delete_req: asked,
            ..FrameOp::new(Port::Rx, vec![0; 60])
        }));
    }
    let text = scenario.to_json();
    assert_eq!(
        Scenario::parse(Path::new("s.json"), &text).unwrap(),
        scenario
    );
}

#[test]
fn old_files_load() {
    let op = r#"{"op": {"write": {"address": 32, "data": 3}}}, {"after": 5, "op": {"end": {}}}"#;
    assert_eq!(parse(1, op).unwrap().operations.len(), 2);
    let error = parse(VERSION + 1, op).unwrap_err();
    assert!(error.contains("s.json: version: expected 1 to"), "{error}");
}

#[test]
fn errors_name_the_place() {
    for (operation, expected) in [
        (
            r#"{"cancel": {"slot": 1}}"#,
            "s.json: operations[0].op.cancel.slot: expected a slot with a command before, got 1",
        ),
        (
            r#"{"cancel": {"slot": 9}}"#,
            "operations[0].op.cancel.slot: expected 0 to 3, got 9",
        ),
        (
            r#"{"configure": {}}"#,
            "operations[0].op.configure: expected at least one setting",
        ),
        (
            r#"{"configure": {"engine": 1}}"#,
            "operations[0].op.configure.engine: invalid type",
        ),
        (
            r#"{"configure": {"sa_limits": 1}}"#,
            "operations[0].op.configure.sa_limits: unknown field `sa_limits`",
        ),
        (
            r#"{"caps": {"image": "current", "expect": "00"}}"#,
            "operations[0].op.caps.expect: expected 32 bytes, got 1",
        ),
        (
            r#"{"sa_stats": {"handle": {"sa": "b"}}}"#,
            "operations[0].op.sa_stats.handle: expected the name of an SA added before",
        ),
        (
            r#"{"command": {"slot": 0, "command": {"update_sa": {"handle": {"sa": "b"},
               "spi": 1, "sequence_high": 1}}}}"#,
            "operations[0].op.command.command.update_sa.handle: expected the name of an SA",
        ),
        (
            r#"{"command": {"slot": 0, "command": {"raw": {"oid": 1, "buffer": ""}}, "expect": "GOOD"}}"#,
            "operations[0].op.command.expect: expected an NDIS_STATUS, as \"SUCCESS\"",
        ),
        (
            r#"{"read": {"address": "SACOUNT"}}"#,
            "operations[0].op.read.address: expected an address, as 52",
        ),
    ] {
        let got = parse(VERSION, &format!("{{\"op\": {operation}}}")).unwrap_err();
        assert!(got.contains(expected), "{got}\nexpected {expected}");
    }
}
