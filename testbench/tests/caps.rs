// SPDX-License-Identifier: Apache-2.0
//! The command `ipsec-cosim caps`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use common::{ipsec_cosim, text};
use serde_json::{Value, json};

/// The arguments behind `caps`, on a device that this program has; what it prints.
fn caps(arguments: &[&str]) -> (i32, String, String) {
    let (device, config) = (common::best().to_string(), common::config().to_string());
    let mut all = vec!["caps"];
    if !arguments.contains(&"--device") {
        all.extend(["--device", &device]);
    }
    if !arguments.contains(&"--config") {
        all.extend(["--config", &config]);
    }
    all.extend(arguments);
    let output = ipsec_cosim(&all);
    let status = output.status.code().unwrap();
    (status, text(&output.stdout), text(&output.stderr))
}

fn parsed(arguments: &[&str]) -> Value {
    let (status, stdout, stderr) = caps(arguments);
    assert_eq!((status, stderr.as_str()), (0, ""));
    serde_json::from_str(&stdout).unwrap()
}

const MEMBERS: [&str; 16] = [
    "Encapsulation",
    "IPv6Supported",
    "IPv4Options",
    "IPv6NonIPsecExtensionHeaders",
    "Ah",
    "Esp",
    "AhEspCombined",
    "Transport",
    "Tunnel",
    "TransportTunnelCombined",
    "LsoSupported",
    "ExtendedSequenceNumbers",
    "UdpEsp",
    "AuthenticationAlgorithms",
    "EncryptionAlgorithms",
    "SaOffloadCapacity",
];

#[test]
fn json_has_every_member_as_number_or_boolean() {
    let value = parsed(&["--json"]);
    let config = common::config();
    let top: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(top.len(), 2);
    for image in ["hardware", "current"] {
        let image = value[image].as_object().unwrap();
        assert_eq!(image.len(), MEMBERS.len());
        for member in MEMBERS {
            let numbers = [
                "Encapsulation",
                "UdpEsp",
                "AuthenticationAlgorithms",
                "EncryptionAlgorithms",
                "SaOffloadCapacity",
            ];
            let number = numbers.contains(&member);
            assert_eq!(image[member].is_u64(), number, "{member}");
            assert_eq!(image[member].is_boolean(), !number, "{member}");
        }
        assert_eq!(image["SaOffloadCapacity"], json!(config.num_sa));
        assert_eq!(image["TransportTunnelCombined"], json!(config.stages >= 2));
        assert_eq!(image["Tunnel"], json!(true));
        let two = config.stages >= 2;
        assert_eq!(image["AhEspCombined"], json!(two));
        assert_eq!(image["UdpEsp"], json!(if two { 0xf } else { 0x3 }));
        assert_eq!(image["AuthenticationAlgorithms"], json!(0x38));
        assert_eq!(image["EncryptionAlgorithms"], json!(0x39));
        assert_eq!(image["LsoSupported"], json!(false));
        for member in ["Ah", "IPv4Options", "IPv6NonIPsecExtensionHeaders"] {
            assert_eq!(image[member], json!(true), "{member}");
        }
    }
}

#[test]
fn the_current_configuration_follows_parameters_and_keywords() {
    for (arguments, ah, esp, capacity) in [
        (&["--ipsecv2", "esp"][..], false, true, None),
        (&["--ipsecv2", "3"], false, true, None),
        (&["--ipsecv2", "no-change"], true, true, None),
        (&["--ipsecv2", "2"], true, false, None),
        (&["--ipsecv2", "disabled"], false, false, Some(0)),
        (&["--encapsulation", "off"], false, false, Some(0)),
        (&["--encapsulation", "on"], true, true, None),
        (&["--keyword", "*IPsecOffloadV2=0"], false, false, Some(0)),
        (
            &["--keyword", "DisableTaskOffload=1"],
            false,
            false,
            Some(0),
        ),
        (&["--keyword", "SaLimit=5"], true, true, Some(5)),
    ] {
        let mut all = vec!["--json", "--ndis", "6.20"];
        all.extend(arguments);
        let value = parsed(&all);
        assert_eq!(value["hardware"]["Esp"], json!(true));
        assert_eq!(value["current"]["Esp"], json!(esp), "{arguments:?}");
        assert_eq!(value["hardware"]["Ah"], json!(true));
        assert_eq!(value["current"]["Ah"], json!(ah), "{arguments:?}");
        let combined = ah && esp && common::config().stages >= 2;
        assert_eq!(value["current"]["AhEspCombined"], json!(combined));
        let capacity = capacity.unwrap_or(common::config().num_sa);
        assert_eq!(value["current"]["SaOffloadCapacity"], json!(capacity));
    }
}

#[test]
fn the_table_names_every_member() {
    let (status, stdout, _) = caps(&[]);
    assert_eq!(status, 0);
    let names: Vec<&str> = stdout
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(names, MEMBERS);
    assert!(stdout.contains("AES-GCM-256"));
}

#[test]
fn bad_arguments_end_with_2_and_one_sentence() {
    for (arguments, expected) in [
        (&["--ipsecv2", "5"][..], "no-change"),
        (&["--config", "1024"], "NUMSAxSTAGES"),
        (&["--config", "17x1", "--device", "model"], "power of two"),
        (&["--ndis", "6.0"], "6.1 or later"),
        (&["--ndis", "7"], "6.83"),
        (&["--keyword", "SaLimit"], "NAME=VALUE"),
        (&["--keyword", "Nonsense=1"], "SaLimit"),
        (&["--keyword", "SaLimit=x"], "no number"),
        (&["more"], "more"),
    ] {
        let (status, stdout, stderr) = caps(arguments);
        assert_eq!(status, 2, "{arguments:?}: {stderr}");
        assert!(stdout.is_empty());
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn help_has_an_example() {
    let output = ipsec_cosim(&["caps", "--help"]);
    let help = text(&output.stdout);
    assert!(help.contains("Example:") && help.contains("--keyword"));
}
