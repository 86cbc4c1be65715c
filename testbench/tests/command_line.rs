// SPDX-License-Identifier: Apache-2.0
//! The command as a user has it: bad input gives exit status 2 and one sentence that names the file and
//! the place in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::path::{Path, PathBuf};

use common::{folder, ipsec_cosim, text};

const SA: &str = r#"{"sas": [{"name": "a", "direction": "outbound", "src": "192.0.2.1", "dst": "192.0.2.2",
  "udp_encapsulation": "none", "associations": [{"operation": "esp", "spi": 4096, "esn": false,
  "sequence_high": 0, "encryption": "aes-gcm-128", "authentication": "none",
  "key": "000102030405060708090a0b0c0d0e0f10111213", "icv_length": 16}]}]}"#;

fn pcap(link: u32, records: &[(u32, usize)]) -> Vec<u8> {
    let mut data = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0,
    ];
    data.extend(link.to_le_bytes());
    for (original, kept) in records {
        for word in [0, 0, *kept as u32, *original] {
            data.extend(word.to_le_bytes());
        }
        data.extend(vec![0x55; *kept]);
    }
    data
}

struct Files {
    folder: PathBuf,
}

impl Files {
    fn new(name: &str) -> Self {
        Self {
            folder: folder(name),
        }
    }

    fn write(&self, name: &str, data: impl AsRef<[u8]>) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, data).unwrap();
        path.display().to_string()
    }

    fn out(&self) -> String {
        self.folder.join("out").display().to_string()
    }
}

/// Runs and gives the one sentence of standard error.
fn refused(arguments: &[&str]) -> String {
    let output = ipsec_cosim(arguments);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
    assert_eq!(text(&output.stdout), "");
    let lines: Vec<_> = stderr
        .lines()
        .filter(|line| !line.starts_with("seed "))
        .collect();
    assert_eq!(lines.len(), 1, "{stderr}");
    lines[0].strip_prefix("ipsec-cosim: ").unwrap().to_owned()
}

#[test]
fn bad_sa_files() {
    let files = Files::new("bad_sa_files");
    let frames = files.write("tx.pcap", pcap(1, &[(60, 60)]));
    for (from, to, expected) in [
        (
            "\"esn\"",
            "\"esm\"",
            "sas[0].associations[0].esm: unknown field `esm`",
        ),
        (
            "10111213",
            "101112",
            "sas[0].associations[0].key: expected 40 hex digits",
        ),
        (
            "192.0.2.2",
            "192.0.2",
            "sas[0].dst: expected an IPv4 or IPv6 address, got \"192.0.2\"",
        ),
        (
            "192.0.2.1",
            "::1",
            "sas[0].dst: expected IPv6 like src, got 192.0.2.2",
        ),
        ("]}]}", "]}", "end of file"),
        (
            ", \"icv_length\": 16",
            "",
            "sas[0].associations[0]: missing field `icv_length`",
        ),
    ] {
        let sa = files.write("sa.json", SA.replace(from, to));
        let said = refused(&["run", "--sa", &sa, "--tx", &frames, "--out", &files.out()]);
        if expected == "end of file" {
            assert!(said.starts_with(&sa) && said.contains("EOF"), "{said}");
            continue;
        }
        assert!(
            said.starts_with(&format!("{sa}: {expected}")),
            "{said}\nexpected {expected}"
        );
    }
    let one = &SA[SA.find('[').unwrap() + 1..SA.rfind(']').unwrap()];
    let sa = files.write("sa.json", format!("{{\"sas\": [{one}, {one}]}}"));
    let said = refused(&["run", "--sa", &sa, "--tx", &frames, "--out", &files.out()]);
    assert!(
        said.ends_with("sas[1].name: expected a new name, got \"a\" as in sas[0]"),
        "{said}"
    );
    let said = refused(&[
        "run",
        "--sa",
        "nowhere.json",
        "--tx",
        &frames,
        "--out",
        &files.out(),
    ]);
    assert!(said.starts_with("cannot read nowhere.json: "), "{said}");
    assert!(!Path::new(&files.out()).exists());
}

#[test]
fn bad_captures() {
    let files = Files::new("bad_captures");
    let sa = files.write("sa.json", SA);
    let whole = pcap(1, &[(60, 60), (60, 60)]);
    for (data, expected) in [
        (
            whole[..whole.len() - 1].to_vec(),
            "record 2: the file ends in the middle of it",
        ),
        (
            pcap(113, &[]),
            "file header: expected link type 1 (Ethernet), got 113",
        ),
        (
            pcap(1, &[(9619, 9619)]),
            "record 1: expected a frame of 14 to 9618 bytes, got 9619",
        ),
        (
            pcap(1, &[(13, 13)]),
            "record 1: expected a frame of 14 to 9618 bytes, got 13",
        ),
        (
            pcap(1, &[(60, 60), (100, 64)]),
            "record 2: expected the whole frame of 100 bytes, got the 64 that a snap length left",
        ),
        (
            b"no capture".to_vec(),
            "file header: expected a pcap or pcapng file",
        ),
    ] {
        let path = files.write("x.pcap", data);
        for port in ["--tx", "--rx"] {
            let said = refused(&["run", "--sa", &sa, port, &path, "--out", &files.out()]);
            assert_eq!(said, format!("{path}: {expected}"));
        }
    }
}

#[test]
fn bad_usage() {
    let files = Files::new("bad_usage");
    let sa = files.write("sa.json", SA);
    let frames = files.write("tx.pcap", pcap(1, &[(60, 60)]));
    let said = refused(&["run", "--sa", &sa, "--out", &files.out()]);
    assert_eq!(
        said,
        "nothing to send: expected --tx TX.pcap, --rx RX.pcap or both"
    );
    let said = refused(&[
        "run",
        "--sa",
        &sa,
        "--tx",
        &frames,
        "--out",
        "/proc/nowhere",
    ]);
    assert!(said.starts_with("cannot write /proc/nowhere: "), "{said}");
    let said = refused(&[
        "regress",
        "--device",
        "model",
        "--filter",
        "nothing-of-that-name",
    ]);
    assert!(
        said.starts_with("no scenario has 'nothing-of-that-name' in its name"),
        "{said}"
    );
    let said = refused(&["regress", "--configs", "17x3", "--out", &files.out()]);
    assert!(said.contains("17"), "{said}");
    let scenario = files.write("s.json", r#"{"version": 9}"#);
    let said = refused(&["repro", &scenario]);
    assert_eq!(said, format!("{scenario}: version: expected 1 to 2, got 9"));
    // What the parser of arguments finds: more lines, the same status.
    for arguments in [
        &["run", "--stall", "100"][..],
        &["nothing"],
        &["regress", "--configs", "16"],
        &["bench", "--rounds", "0"],
    ] {
        assert_eq!(
            ipsec_cosim(arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
}

#[test]
fn refused_sas_are_named_before_any_frame() {
    let files = Files::new("refused_sas");
    let frames = files.write("tx.pcap", pcap(1, &[(60, 60)]));
    let run = |sa: &str| {
        let device = ["--device", "model", "--seed", "1"];
        let arguments = ["run", "--sa", sa, "--tx", &frames, "--out", &files.out()];
        refused(&[&arguments[..], &device[..]].concat())
    };
    let said = run(&files.write("sa.json", SA.replace("4096", "255")));
    assert!(
        said.contains("SA 'a' with NDIS_STATUS_INVALID_PARAMETER (0xc000000d)"),
        "{said}"
    );
    let said = run(&files.write(
        "sa.json",
        SA.replace("\"icv_length\": 16", "\"icv_length\": 13"),
    ));
    assert!(
        said.contains("SA 'a' with NDIS_STATUS_NOT_SUPPORTED (0xc00000bb)"),
        "{said}"
    );
    let one = &SA[SA.find('[').unwrap() + 1..SA.rfind(']').unwrap()];
    let many: Vec<_> = (0..1025)
        .map(|k| {
            let named = one.replace("\"a\"", &format!("\"sa{k}\""));
            named.replace("4096", &format!("{}", 4096 + k))
        })
        .collect();
    let said = run(&files.write("sa.json", format!("{{\"sas\": [{}]}}", many.join(","))));
    assert!(
        said.contains("SA 'sa1024' with NDIS_STATUS_RESOURCES (0xc000009a)"),
        "{said}"
    );
    assert!(!Path::new(&files.out()).join("summary.json").exists());
}

/// `ipsec-cosim ... | head`: the reader goes, the command ends as if nothing had happened.
#[test]
fn a_closed_pipe_is_no_failure() {
    for arguments in [&["regress", "--list"][..], &["caps"], &["caps", "--json"]] {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"))
            .args(arguments)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {said}");
    }
}

#[test]
fn help_is_complete() {
    let top = text(&ipsec_cosim(&["--help"]).stdout);
    for command in ["run", "repro", "regress", "bench", "oid"] {
        assert!(top.contains(&format!("\n  {command} ")), "{top}");
        let output = ipsec_cosim(&[command, "--help"]);
        assert_eq!(output.status.code(), Some(0));
        let help = text(&output.stdout);
        assert!(
            help.contains(&format!("Example:\n  ipsec-cosim {command} ")),
            "{help}"
        );
    }
}

#[test]
fn a_run_writes_its_results() {
    let files = Files::new("a_run");
    let sa = files.write("sa.json", SA);
    let tx = files.write("tx.pcap", pcap(1, &[(60, 60), (1514, 1514)]));
    let rx = files.write("rx.pcap", pcap(1, &[(9618, 9618)]));
    let out = files.out();
    let device = common::best().to_string();
    let arguments = [
        "run", "--sa", &sa, "--tx", &tx, "--rx", &rx, "--out", &out, "--seed", "5", "--stall",
        "20", "--device", &device,
    ];
    let output = ipsec_cosim(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let read = |name: &str| std::fs::read_to_string(files.folder.join("out").join(name)).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&read("summary.json")).unwrap();
    for (key, value) in [
        ("frames_tx", 2),
        ("frames_rx", 1),
        ("divergences", 0),
        ("seed", 5),
    ] {
        assert_eq!(summary[key], value, "{summary}");
    }
    assert!(summary["clocks_per_second"].as_f64().unwrap() > 0.0);
    let keys = [
        "port",
        "index",
        "out_index",
        "sa",
        "sa_inner",
        "status",
        "crypto_done",
        "next_crypto_done",
        "crypto_status",
        "sa_delete_req",
        "next_header",
        "pad_length",
        "clock_in",
        "clock_out",
    ];
    let lines: Vec<serde_json::Map<String, serde_json::Value>> = read("frames.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    for line in &lines {
        assert_eq!(line.len(), keys.len());
        assert!(keys.iter().all(|key| line.contains_key(*key)), "{line:?}");
    }
    assert_eq!(lines[0]["port"], "tx");
    assert_eq!(lines[0]["status"], "0x00000000");
    assert_eq!(lines[0]["crypto_done"], serde_json::Value::Null);
    assert_eq!(lines[2]["port"], "rx");
    assert_eq!(lines[2]["status"], serde_json::Value::Null);
    assert_eq!(lines[2]["crypto_done"], false);
    let sent = ipsec_testbench::pcap::read(&files.folder.join("out/tx.pcapng")).unwrap();
    assert_eq!(sent, [vec![0x55; 60], vec![0x55; 1514]]);
    let up = ipsec_testbench::pcap::read(&files.folder.join("out/rx.pcapng")).unwrap();
    assert_eq!(up, [vec![0x55; 9618]]);
    // The time stamps are the clocks.
    let bytes = std::fs::read(files.folder.join("out/rx.pcapng")).unwrap();
    let clock = lines[2]["clock_out"].as_u64().unwrap() as u32;
    assert!(bytes.windows(4).any(|window| window == clock.to_le_bytes()));
}
