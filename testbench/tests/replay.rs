// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim replay` as a user has it: on every kind of target, with packs that are right, wrong, and broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/boards.rs"]
mod boards;
mod common;
#[path = "common/pack.rs"]
mod packs;

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use boards::Board;
use common::{folder, ipsec_cosim, skipped, text};
use ipsec_cosim_device::{DeviceConfig, RtlDevice};
use ipsec_model::regs;
use ipsec_testbench::devices::On;
use ipsec_testbench::golden::{Op, Pack};
use ipsec_testbench::replay::StepLine;
use packs::{CONFIG, pack, write_pack};

/// Exit status, standard output, standard error.
fn replay(pack: &str, more: &[&str]) -> (i32, String, String) {
    let arguments = [&["replay", pack, "--target"], more].concat();
    let output = ipsec_cosim(&arguments);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    (
        output.status.code().unwrap(),
        stdout.to_owned(),
        stderr.to_owned(),
    )
}

fn refused(pack: &str, more: &[&str], problem: &str) {
    let (status, stdout, stderr) = replay(pack, more);
    assert_eq!(status, 2, "{more:?}: {stdout}{stderr}");
    assert!(
        stderr.contains(problem),
        "{more:?}: {stderr}\nexpected {problem}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

fn good(name: &str) -> String {
    write_pack(pack(CONFIG), &folder(name).join("pack"))
}

fn lines(path: &Path) -> Vec<StepLine> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn a_right_pack_passes_everywhere() {
    let pack = good("replay-right");
    let board = Board::new(On::Model, CONFIG);
    let mut targets = vec!["model".to_owned(), board.target()];
    let rtl_board;
    if RtlDevice::built().contains(&CONFIG) {
        rtl_board = Board::new(On::Rtl, CONFIG);
        targets.extend(["rtl".to_owned(), "lockstep".to_owned(), rtl_board.target()]);
    } else {
        skipped("replay on the RTL", "this build does not have 16x4");
    }
    for target in &targets {
        let (status, stdout, stderr) = replay(&pack, &[target]);
        assert_eq!(status, 0, "{target}: {stdout}{stderr}");
        assert!(
            stdout.contains("4 passed, 0 failed, 0 skipped, 0 not played"),
            "{stdout}"
        );
        // By registers alone: one is too long, one pulls the reset pin.
        let (status, stdout, stderr) = replay(&pack, &[target, "--registers-only"]);
        assert_eq!(status, 0, "{target}: {stdout}{stderr}");
        assert!(stdout.contains("2 passed, 0 failed, 2 skipped"), "{stdout}");
        assert!(
            stdout.contains("skip long: it has frames that do not fit"),
            "{stdout}"
        );
        assert!(
            stdout.contains("skip twice: it pulls the reset pin"),
            "{stdout}"
        );
    }
}

#[test]
fn cases_are_chosen_and_every_step_is_logged() {
    let pack = good("replay-chosen");
    let log = folder("replay-log").join("log.jsonl");
    let log_text = log.display().to_string();
    let (status, stdout, _) = replay(
        &pack,
        &[
            "model",
            "--case",
            "^(alive|frames)$",
            "--log",
            &log_text,
            "--json",
        ],
    );
    assert_eq!(status, 0, "{stdout}");
    let summary: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&summary["cases"], &summary["passed"]),
        (&2.into(), &2.into())
    );
    let lines = lines(&log);
    let steps = Pack::load(Path::new(&pack)).unwrap();
    let expected = steps.cases[0].steps.len() + steps.cases[1].steps.len();
    assert_eq!(lines.len(), expected);
    assert!(lines.iter().all(|line| line.ok && line.problem.is_none()));
    let read = lines.iter().find(|l| l.op == "read").unwrap();
    assert_eq!(read.addr.as_deref(), Some("0x0000"));
    assert_eq!(read.actual.as_deref(), Some("0x43535049"));
    let (status, stdout, _) = replay(&pack, &["model", "--smoke"]);
    assert!(status == 0 && stdout.contains("1 passed"), "{stdout}");
    refused(
        &pack,
        &["model", "--case", "nothing"],
        "--case nothing: no case of the pack",
    );
    let (status, _, stderr) = replay(&pack, &["model", "--case", "("]);
    assert!(
        status == 2 && stderr.contains("expected a regular expression"),
        "{stderr}"
    );
}

/// A pack that expects something else, written as the generator would write it.
fn wrong(name: &str) -> String {
    let mut pack = pack(CONFIG);
    for case in &mut pack.cases[..2] {
        for step in &mut case.steps {
            match &mut step.op {
                Op::Read {
                    addr, value, mask, ..
                } if u32::from(*addr) == regs::SA_WATERMARK => {
                    *value ^= 0x10;
                    *mask = 0xff;
                }
                Op::Expect { frame, of: 0, .. } => frame[60] ^= 0x80,
                _ => {}
            }
        }
    }
    write_pack(pack, &folder(name).join("pack"))
}

#[test]
fn a_mismatch_says_all_that_is_known() {
    let pack = wrong("replay-wrong");
    let log = folder("replay-wrong-log").join("log.jsonl");
    let log_text = log.display().to_string();
    let (status, stdout, _) = replay(&pack, &["model", "--log", &log_text]);
    assert_eq!(status, 1, "{stdout}");
    for part in [
        "2 passed, 2 failed, 0 skipped",
        "FAIL alive",
        "alive, step 4: read 0x004c SA_WATERMARK (what was written): bits 0x00000010 are wrong",
        "expected 0x00000017",
        "actual   0x00000007",
        "mask     0x000000ff",
        "model    0x00000007 (not what the pack expects",
        "the model at the first of these:",
        "SA_COUNT 0x00000000",
        "frames, step 4: expect: byte 60 is 0x3c, expected 0xbc",
        "COUNTERS.RX_FRAMES.LO 0x00000001",
        "suspect: the test",
    ] {
        assert!(stdout.contains(part), "{stdout}\nexpected {part}");
    }
    // It went on behind the mismatch.
    let lines = lines(&log);
    let bad: Vec<_> = lines.iter().filter(|line| !line.ok).collect();
    assert_eq!(bad.len(), 2);
    assert!(lines.iter().any(|line| line.case == "twice"));
    let (status, stdout, _) = replay(&pack, &["model", "--stop-on-first", "--json"]);
    assert_eq!(status, 1);
    let summary: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(
        (&summary["failed"], &summary["not_played"]),
        (&1.into(), &3.into())
    );
    assert_eq!(
        summary["results"][0]["mismatches"][0]["register"],
        "SA_WATERMARK"
    );
}

#[test]
fn what_the_device_gives_beyond_the_case_is_a_mismatch_too() {
    let mut pack = pack(CONFIG);
    pack.cases[1]
        .steps
        .retain(|step| !matches!(step.op, Op::Completion { .. }));
    let path = write_pack(pack, &folder("replay-more").join("pack"));
    let board = Board::new(On::Model, CONFIG);
    for target in ["model".to_owned(), board.target()] {
        let (status, stdout, _) = replay(&path, &[&target, "--case", "frames"]);
        assert_eq!(status, 1, "{stdout}");
        assert!(
            stdout.contains("more came out of m_axis_txcpl than expected"),
            "{stdout}"
        );
    }
}

#[test]
fn broken_packs_are_refused() {
    let pack = good("replay-broken");
    let path = Path::new(&pack);
    let restore = |name: &str, bytes: &[u8]| std::fs::write(path.join(name), bytes).unwrap();
    for name in ["cases/frames.json", "scenarios/alive.json", "manifest.json"] {
        let whole = std::fs::read(path.join(name)).unwrap();
        let mut flipped = whole.clone();
        let at = flipped.iter().rposition(|b| *b == b'0').unwrap();
        flipped[at] ^= 1;
        restore(name, &flipped);
        refused(&pack, &["model"], "the file was changed");
        restore(name, &whole);
    }
    let name = "cases/long.json";
    let whole = std::fs::read(path.join(name)).unwrap();
    std::fs::remove_file(path.join(name)).unwrap();
    refused(&pack, &["model"], "cases/long.json: file: missing");
    restore(name, &whole);
    let manifest = std::fs::read_to_string(path.join("manifest.json")).unwrap();
    let newer = manifest.replace("\"schema_version\": 1", "\"schema_version\": 2");
    restore("manifest.json", newer.as_bytes());
    refused(&pack, &["model"], "(a newer program wrote it)");
    restore("manifest.json", manifest.as_bytes());
    assert_eq!(replay(&pack, &["model"]).0, 0);
    refused("/nowhere", &["model"], "cannot read /nowhere/manifest.json");
}

#[test]
fn a_target_that_the_pack_is_not_for_is_refused() {
    let pack = good("replay-other");
    let board = Board::new(On::Model, DeviceConfig::new(16, 1));
    refused(
        &pack,
        &[&board.target()],
        "it is for STAGES 4, the target has 1",
    );
    let (status, _, stderr) = replay(&pack, &["silicon"]);
    assert!(
        status == 2 && stderr.contains("expected model, rtl, lockstep, mmio:FILE"),
        "{stderr}"
    );
}

/// A register file as a mapped device would show it: nothing but the identification, and it never changes.
fn register_file(path: &Path) -> String {
    let mut bytes = vec![0; 0x1_0000];
    for (address, word) in [
        (regs::NAME, regs::name::RESET),
        (regs::VERSION, regs::version::RESET),
        (regs::NUM_SA, CONFIG.num_sa),
        (regs::STAGES, CONFIG.stages),
        (regs::FEATURES, u32::from(CONFIG.sa_counters())),
        (regs::STATUS, regs::status::INIT_DONE.mask()),
        (regs::SELFTEST, regs::selftest::DONE.mask()),
    ] {
        let at = address as usize;
        bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
    }
    std::fs::write(path, bytes).unwrap();
    format!("mmio:{}", path.display())
}

#[test]
fn mapped_files() {
    let pack = good("replay-mmio");
    let files = folder("replay-mmio-files");
    let target = register_file(&files.join("bar"));
    // A file is no device, but it keeps what is written.
    let (status, stdout, stderr) = replay(&pack, &[&target, "--case", "alive"]);
    assert_eq!(status, 0, "{stdout}{stderr}");
    // The diagnostic frame port of a file never ends.
    let (status, stdout, _) = replay(&pack, &[&target, "--case", "frames"]);
    assert_eq!(status, 1, "{stdout}");
    assert!(stdout.contains("poll 0x6008 DIAG.STATUS"), "{stdout}");
    assert!(stdout.contains("the model's is"), "{stdout}");
    refused(
        &pack,
        &[&target, "--case", "twice"],
        "can play none of the 1 cases",
    );
    for (name, bytes, problem) in [
        (
            "ones",
            vec![0xff; 0x1_0000],
            "every read gives 0xffffffff: the bus is dead",
        ),
        (
            "zeros",
            vec![0; 0x1_0000],
            "it is for NAME 0x43535049, the target has 0x00000000",
        ),
        ("short", vec![0; 100], "expected at least"),
        ("empty", Vec::new(), "resource file of a PCI BAR"),
    ] {
        std::fs::write(files.join(name), bytes).unwrap();
        let target = format!("mmio:{}", files.join(name).display());
        refused(&pack, &[&target], problem);
    }
    refused(
        &pack,
        &["mmio:/nowhere/resource0"],
        "cannot read /nowhere/resource0",
    );
}

#[test]
fn without_permission_for_the_resource_file() {
    let pack = good("replay-permission");
    let file = std::env::temp_dir().join(format!("ipsec-bar-{}", std::process::id()));
    let target = register_file(&file);
    let mut permissions = std::fs::metadata(&file).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o400);
    std::fs::set_permissions(&file, permissions).unwrap();
    // Root may do all; another user is asked for then.
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    let copy = std::env::temp_dir().join(format!("ipsec-cosim-{}", std::process::id()));
    std::fs::copy(env!("CARGO_BIN_EXE_ipsec-cosim"), &copy).unwrap();
    let there = std::env::temp_dir().join(format!("ipsec-pack-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&there);
    let status = Command::new("cp")
        .arg("-r")
        .arg(&pack)
        .arg(&there)
        .status()
        .unwrap();
    assert!(status.success());
    command
        .arg(&copy)
        .arg("replay")
        .arg(&there)
        .args(["--target", &target]);
    let output = command.output();
    for path in [&file, &copy] {
        std::fs::remove_file(path).unwrap();
    }
    std::fs::remove_dir_all(&there).unwrap();
    match output {
        Ok(output) if !text(&output.stderr).starts_with("setpriv") => {
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{stderr}");
            assert!(
                stderr.contains("no permission to read and write"),
                "{stderr}"
            );
        }
        _ => skipped("permission of the resource file", "setpriv needs root"),
    }
}

/// A board of the command, ended with the value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_silent_board_is_given_up_and_the_access_named() {
    let pack = good("replay-silent");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp:{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"ipsec-board 1 device=x num_sa=16 stages=4\n")
            .unwrap();
        std::thread::sleep(std::time::Duration::from_secs(20));
    });
    let problem = "the target does not answer: r 0x0000 has no end within 1 s";
    refused(&pack, &[&target, "--patience", "1"], problem);
    refused(&pack, &["tcp:127.0.0.1:1"], "no board answers there");
}

#[test]
fn frames_over_an_interface() {
    let (here, there) = (
        format!("if{}", std::process::id()),
        format!("jf{}", std::process::id()),
    );
    let ip = |arguments: &str| {
        let output = Command::new("ip").args(arguments.split(' ')).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !ip(&format!(
        "link add {here} mtu 12000 type veth peer name {there} mtu 12000"
    )) {
        return skipped("frames over an interface", "no veth pair (root is needed)");
    }
    for end in [&here, &there] {
        let _ = std::fs::write(format!("/proc/sys/net/ipv6/conf/{end}/disable_ipv6"), "1");
        assert!(ip(&format!("link set {end} up")));
    }
    let child = Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"))
        .args([
            "board",
            "--listen",
            "127.0.0.1:0",
            "--device",
            "model",
            "--config",
            "16x4",
            "--frames-if",
            &there,
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut process = Process(child);
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(process.0.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    let address = line
        .split_once("listening on ")
        .unwrap()
        .1
        .split_once(": ")
        .unwrap()
        .0;
    let pack = good("replay-frames-if");
    let target = format!("tcp:{address}");
    let (status, stdout, stderr) = replay(&pack, &[&target, "--frames-if", &here]);
    refused(
        &pack,
        &[&target, "--frames-if", "nosuch0"],
        "--frames-if nosuch0: there is no such interface",
    );
    // Without the other end nothing is taken.
    assert!(ip(&format!("link del {here}")));
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert!(stdout.contains("4 passed, 0 failed, 0 skipped"), "{stdout}");
    refused(
        &pack,
        &["model", "--frames-if", "lo"],
        "--frames-if: the frames of a simulated device go over its pins",
    );
}

#[test]
fn bad_usage_of_the_board() {
    for (arguments, problem) in [
        (
            vec!["--listen", "nowhere"],
            "--listen nowhere: expected ADDR:PORT",
        ),
        (
            vec!["--listen", "127.0.0.1:0", "--wire-if", "nosuch0"],
            "--wire-if nosuch0: there is no such interface",
        ),
        (
            vec![
                "--listen",
                "127.0.0.1:0",
                "--config",
                "17x3",
                "--device",
                "rtl",
            ],
            "no RTL was built with NumSa 17",
        ),
        (
            vec!["--listen", "127.0.0.1:0", "--sa", "SA.json"],
            "--host-if",
        ),
    ] {
        let output = ipsec_cosim(&[vec!["board"], arguments.clone()].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = text(&output.stderr);
        assert!(stderr.contains(problem), "{arguments:?}: {stderr}");
    }
}
