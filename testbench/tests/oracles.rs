// SPDX-License-Identifier: Apache-2.0
//! The device against what others made: packets of scapy, tshark's decryption, real traffic of Linux, known
//! answers. What needs a tool or the folder beside the checkout says loudly that it is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{best, config, folder, ipsec_cosim, oracles, python, skipped, text};
use ipsec_cosim_device::{GcmUnit, RtlDevice};
use ipsec_testbench::capture::Capture;
use ipsec_testbench::commands::run::Plan;
use ipsec_testbench::kat;
use ipsec_testbench::known_answers::{self, GcmCore, ModelCore};
use ipsec_testbench::modes::opinion::{Named, Opinion};
use ipsec_testbench::sa_json::SaFile;
use ipsec_testbench::scenario::{Expected, Operation, Scenario};
use ipsec_testbench::{failure, fixed, handles, pcap};

fn good(scenario: &Scenario) -> u64 {
    let ended = failure::play(scenario, best(), None, |_| {}).unwrap();
    assert!(ended.is_good(), "{}", ended.message().unwrap_or_default());
    ended.result.clocks
}

fn captured(capture: Capture, stall: u8) -> Scenario {
    let (tx, sent): (Vec<_>, Vec<_>) = capture.tx.into_iter().unzip();
    let (rx, received): (Vec<_>, Vec<_>) = capture.rx.into_iter().unzip();
    let mut plan = Plan::new("capture", config(), 1, stall, capture.sas, (tx, rx));
    let mut expected = sent.into_iter().chain(received);
    for timed in &mut plan.scenario.operations {
        if let Operation::Frame(frame) = &mut timed.op {
            frame.expect = expected.next();
        }
    }
    plan.scenario
}

/// Captures: name, frames under a key, frames at least that the kernel itself shows opened.
const CAPTURES: [(&str, usize, usize); 2] = [
    ("linux61_t44_gcm128", 638, 300),
    // Transport mode: the kernel shows no opened packet again. With extended sequence numbers.
    ("linux61_x6_gcm128_esn", 997, 0),
];

#[test]
fn real_traffic_both_directions() {
    let Some(oracles) = oracles() else {
        return skipped(
            "the whole captures",
            "no folder beside the checkout (IPSEC_SHARED)",
        );
    };
    for (name, protected, shown) in CAPTURES {
        let base = oracles.join("captures").join(name);
        let capture = Capture::read(
            &base.with_extension("pcap"),
            &base.with_extension("keys.json"),
        )
        .unwrap();
        assert_eq!((capture.rx.len(), capture.protected), (1000, protected));
        let confirmed = capture.confirmed;
        assert!(confirmed >= shown, "{confirmed}");
        let clocks = good(&captured(capture, 10));
        eprintln!(
            "{name}: {protected} ESP frames both ways, {confirmed} as the kernel opened them, {clocks} clocks"
        );
    }
}

/// The same through the command, with stimulus and judgement by another program.
#[test]
fn real_traffic_through_the_command() {
    let (Some(oracles), Some(python)) = (oracles(), python("scapy.all, cryptography")) else {
        return skipped(
            "the captures through the command",
            "no folder beside the checkout (IPSEC_SHARED), or no Python with scapy and cryptography (IPSEC_PYTHON)",
        );
    };
    for (name, ..) in CAPTURES {
        let base = oracles.join("captures").join(name);
        let folder = folder(&format!("through_{name}"));
        let cases = folder.join("cases");
        said(
            Command::new(&python)
                .arg(oracles.join("device_cases.py"))
                .arg("capture")
                .args([
                    base.with_extension("pcap"),
                    base.with_extension("keys.json"),
                    cases.clone(),
                ])
                .output()
                .unwrap(),
        );
        check_cases(&folder, &sorted(&cases));
    }
}

#[test]
fn published_packets() {
    let packets = match kat::shared_esp().unwrap() {
        Some(packets) => packets,
        None => {
            skipped(
                "24 published packets",
                "no folder beside the checkout; the packaged ones run",
            );
            kat::packaged_esp().unwrap()
        }
    };
    let packets: Vec<_> = packets.collect::<Result<_, _>>().unwrap();
    let taken = packets
        .iter()
        .filter(|packet| fixed::add_status(packet) == 0)
        .count();
    good(&fixed::known_packets(config(), &packets));
    eprintln!(
        "{taken} packets both ways, {} refused",
        packets.len() - taken
    );
    let esn = packets.iter().filter(|packet| packet.esn).count();
    eprintln!("{esn} with extended sequence numbers");
    // Those refused have an SPI below 256.
    // (The packaged packets are 20, the others 24.)
    assert!(taken + 4 >= packets.len(), "{taken}");
}

#[test]
#[allow(unreachable_code)] // a build without RTL has no such core
fn known_answers_of_gcm() {
    let mut cores: Vec<(&str, Box<dyn GcmCore>)> = vec![("model", Box::new(ModelCore))];
    if RtlDevice::built().is_empty() {
        skipped(
            "known answers through the RTL's core",
            "this build has no RTL",
        );
    } else {
        cores.push(("RTL", Box::new(GcmUnit::new(1).unwrap())));
    }
    for (name, core) in &mut cores {
        let packaged = kat::packaged_gcm().unwrap();
        let count = known_answers::check(core.as_mut(), packaged).unwrap();
        eprintln!(
            "{name}: packaged: {} accepted, {} rejected",
            count.accepted, count.rejected
        );
        assert_eq!(count.total(), 7154);
        let Some(shared) = kat::shared_gcm().unwrap() else {
            skipped(
                "7,618 known answers",
                "no folder beside the checkout (IPSEC_SHARED)",
            );
            continue;
        };
        let count = known_answers::check(core.as_mut(), shared).unwrap();
        eprintln!(
            "{name}: shared: {} accepted, {} rejected",
            count.accepted, count.rejected
        );
        assert_eq!(count.total(), 7618);
    }
}

fn said(output: std::process::Output) -> String {
    let both = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{both}");
    both
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    all.sort();
    all
}

/// Runs cases of device_cases.py, and has it judge.
fn check_cases(folder: &Path, cases: &[PathBuf]) {
    assert!(!cases.is_empty());
    for case in cases {
        let out = folder.join("out");
        run_case(case, &out, "15");
        let checked = said(
            Command::new(python("scapy.all, cryptography").unwrap())
                .arg(oracles().unwrap().join("device_cases.py"))
                .arg("check")
                .args([case, &out])
                .output()
                .unwrap(),
        );
        eprintln!("{}: {}", case.display(), checked.trim());
        assert!(checked.contains(" 0 failed"), "{checked}");
    }
}

/// Packets of scapy of these algorithms, options and extension headers among them, as cases.
fn scapy_cases(
    name: &str,
    algorithms: &str,
    arguments: &[&str],
) -> Option<(PathBuf, Vec<PathBuf>)> {
    let Some(oracles) = oracles() else {
        skipped(name, "no folder beside the checkout (IPSEC_SHARED)");
        return None;
    };
    let Some(python) = python("scapy.all, cryptography") else {
        skipped(name, "no Python with scapy and cryptography (IPSEC_PYTHON)");
        return None;
    };
    let folder = folder(name);
    let at = |file: &str| folder.join(file).display().to_string();
    said(
        Command::new(&python)
            .arg(oracles.join("gen_scapy.py"))
            .args(["-o", &at("g"), "--algs", algorithms])
            .args(arguments)
            .output()
            .unwrap(),
    );
    said(
        Command::new(&python)
            .arg(oracles.join("device_cases.py"))
            .args(["make", &at("g.jsonl"), &at("cases")])
            .output()
            .unwrap(),
    );
    let cases = sorted(&folder.join("cases"));
    Some((folder, cases))
}

fn run_case(case: &Path, out: &Path, stall: &str) {
    let at = |file: &str| case.join(file).display().to_string();
    let device = best().to_string();
    said(ipsec_cosim(&[
        "run",
        "--sa",
        &at("sa.json"),
        "--tx",
        &at("tx.pcap"),
        "--rx",
        &at("rx.pcap"),
        "--out",
        &out.display().to_string(),
        "--seed",
        "3",
        "--stall",
        stall,
        "--device",
        &device,
    ]));
}

/// All that the device does.
const ALL: &str = "aes-gcm,aes-gmac,ah-aes-gmac";

#[test]
fn scapy_both_directions() {
    let Some((folder, cases)) =
        scapy_cases("scapy_both_directions", ALL, &["-n", "1200", "-s", "11"])
    else {
        return;
    };
    check_cases(&folder, &cases);
}

/// A line of `expect.jsonl`.
fn expected(case: &Path) -> Vec<serde_json::Value> {
    fs::read_to_string(case.join("expect.jsonl"))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The testbench's own reading of the rules, by which other classes judge the device, agrees with scapy: bytes,
/// verdicts, and which SA a frame names.
#[test]
fn the_judge_agrees_with_scapy() {
    let Some((_, cases)) = scapy_cases(
        "the_judge_agrees_with_scapy",
        ALL,
        &["-n", "1800", "-s", "13"],
    ) else {
        return;
    };
    let mut frames = 0;
    for case in &cases {
        let sas = SaFile::read(&case.join("sa.json")).unwrap().sas;
        let mut opinion = Opinion::new(config());
        for sa in &sas {
            opinion.add(sa.clone());
        }
        let [tx, rx] = ["tx.pcap", "rx.pcap"].map(|file| pcap::read(&case.join(file)).unwrap());
        for line in expected(case) {
            let index = line["index"].as_u64().unwrap() as usize;
            let name = line["sa"].as_str().unwrap();
            let bytes = hex::decode(line["frame"].as_str().unwrap()).unwrap();
            frames += 1;
            if line["port"] == "tx" {
                let handles = handles::transmit(&sas, &tx[index]);
                assert_eq!(sas[handles.offload.unwrap()].name, name);
                assert_eq!(handles.tunnel, None);
                assert!(handles.hint != 0, "{line}");
                let named = [Named::Bundle(handles.offload.unwrap()), Named::Zero];
                let verdict = opinion.transmit(&tx[index], named, handles.hint);
                assert_eq!(verdict.expected, Expected::Sent(bytes), "{line}");
                continue;
            }
            let (sa, _) = handles::receive(&sas, &rx[index], true, false);
            assert_eq!(sas[sa.unwrap()].name, name);
            let Expected::Received {
                bytes: got,
                done,
                next,
                status,
                header,
            } = opinion.receive(&rx[index]).expected
            else {
                panic!("{line}");
            };
            assert_eq!((done, next), (true, false), "{line}");
            assert!(got == bytes, "{line}");
            let allowed = line["crypto_status"].as_array().unwrap();
            assert!(
                status.iter().all(|s| allowed.contains(&(*s).into())),
                "{status:?} {line}"
            );
            let said = [&line["next_header"], &line["pad_length"]].map(|v| v.as_u64());
            let header = header.map_or([None; 2], |(next, pad)| {
                [Some(next.into()), Some(pad.into())]
            });
            assert_eq!(header, said, "{line}");
        }
    }
    eprintln!("{frames} frames of scapy judged alike");
}

/// A long run, for `make regress`: every mode many times, and every payload length of a sweep.
#[test]
#[ignore = "some minutes: make regress"]
fn scapy_all_modes() {
    let mut modes: std::collections::BTreeMap<String, [usize; 2]> = Default::default();
    let runs: [(&str, &[&str]); 3] = [
        ("random", &["-n", "12000", "-s", "21", "--maxlen", "1500"]),
        (
            "sweep",
            &["-n", "9000", "-s", "22", "--sweep", "--maxlen", "1499"],
        ),
        ("long", &["-n", "1500", "-s", "23", "--maxlen", "9000"]),
    ];
    for (what, arguments) in runs {
        let Some((folder, cases)) = scapy_cases(&format!("scapy_{what}"), ALL, arguments) else {
            return;
        };
        check_cases(&folder, &cases);
        for case in &cases {
            for line in expected(case) {
                let Some(mode) = line["mode"].as_array() else {
                    continue;
                };
                let words: Vec<_> = mode.iter().map(|word| word.to_string()).collect();
                let counts = modes.entry(words.join(" ").replace('"', "")).or_default();
                let good = line["crypto_status"] == serde_json::json!([0]);
                counts[usize::from(!good)] += 1;
            }
        }
    }
    let mut sum = 0;
    eprintln!("{:<56} {:>7} {:>9}", "mode", "good", "tampered");
    for (mode, [good, tampered]) in &modes {
        eprintln!("{mode:<56} {good:>7} {tampered:>9}");
        sum += good + tampered;
    }
    eprintln!("{} modes, {sum} packets", modes.len());
    assert!(sum >= 20_000);
}

#[test]
fn tshark_decrypts_what_the_device_sends() {
    let tools = ["tshark", "bc"];
    let missing = tools
        .iter()
        .find(|tool| Command::new(tool).arg("--version").output().is_err());
    if let Some(tool) = missing {
        return skipped("tshark's decryption", &format!("{tool} is not installed"));
    }
    let arguments = ["-n", "600", "-s", "12"];
    let Some((folder, _)) = scapy_cases("tshark_decrypts", "aes-gcm", &arguments) else {
        return;
    };
    // tshark 4.0 calls every packet with extended sequence numbers bad.
    let all = fs::read_to_string(folder.join("g.jsonl")).unwrap();
    let kept: String = all
        .lines()
        .filter(|line| line.contains("\"esn\": false"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let at = |file: &str| folder.join(file).display().to_string();
    fs::write(at("kept.jsonl"), kept).unwrap();
    said(
        Command::new(python("scapy.all, cryptography").unwrap())
            .arg(oracles().unwrap().join("device_cases.py"))
            .args(["make", &at("kept.jsonl"), &at("kept")])
            .output()
            .unwrap(),
    );
    let out = folder.join("out");
    run_case(&sorted(&folder.join("kept"))[0], &out, "0");
    let sent = pcap::read(&out.join("tx.pcapng")).unwrap().len();
    let said = said(
        Command::new(oracles().unwrap().join("check_tshark.sh"))
            .arg(out.join("tx.pcapng"))
            .arg(folder.join("g.esp_sa"))
            .output()
            .unwrap(),
    );
    eprintln!("{}", said.trim());
    let expected = format!("frames {sent}  esp {sent}  icv_good {sent}  icv_bad 0  not_checked 0");
    assert!(said.contains(&expected), "{said}\nexpected {expected}");
}
