// SPDX-License-Identifier: Apache-2.0
//! Golden packs: the same bytes each time, what is in them, and that a pack that is not as it was made is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{folder, ipsec_cosim, python, skipped, text};
use ipsec_cosim_device::{DeviceConfig, ModelDevice, RtlDevice};
use ipsec_model::regs;
use ipsec_testbench::golden::generate::{Generated, Request, generate, generate_of};
use ipsec_testbench::golden::outside::{self, Crypto};
use ipsec_testbench::golden::plan::{Plan, drafts};
use ipsec_testbench::golden::{
    Bench, Op, OutPort, Pack, SCHEMA_VERSION, Transport, lower, play, record, sha256,
};
use ipsec_testbench::runner;
use ipsec_testbench::scenario::{Expected, FrameOp, Operation};

/// What the pack of plan short, 16x4, seed 1 is. It changes with what the device does, with the plan and with the
/// format, and with nothing else: whoever changes one of these puts the new value here, and says in the changelog that
/// packs made before are of another version.
const CONTENTS: &str = "310e3e431a489bc854abacda34661ce123c74175fcce17174a5a2618980a018c";

const CONFIG: DeviceConfig = DeviceConfig::new(16, 4);

/// What making a pack needs; says what is missing.
fn able() -> Option<PathBuf> {
    if !RtlDevice::built().contains(&CONFIG) {
        skipped("golden packs", "this build has no RTL of 16x4");
        return None;
    }
    let python = python("cryptography.hazmat.primitives.ciphers");
    if python.is_none() {
        skipped(
            "golden packs",
            "no Python with cryptography (IPSEC_PYTHON), the implementation outside this project",
        );
    }
    python
}

fn make(plan: Plan, jobs: usize, python: PathBuf) -> Generated {
    let request = Request {
        plan,
        config: CONFIG,
        seed: 1,
        jobs,
        python: Some(python),
    };
    generate(&request).unwrap()
}

/// The pack of plan short, made once.
fn short() -> Option<&'static Pack> {
    static PACK: OnceLock<Option<Pack>> = OnceLock::new();
    let pack = PACK.get_or_init(|| {
        let made = make(Plan::Short, 2, able()?);
        assert!(made.refused.is_empty(), "{:?}", made.refused);
        Some(made.pack)
    });
    pack.as_ref()
}

/// It in a folder of its own.
fn written(name: &str) -> Option<PathBuf> {
    let folder = folder(name).join("pack");
    short()?.clone().write(&folder).unwrap();
    Some(folder)
}

fn refused(pack: &Path) -> String {
    Pack::load(pack).unwrap_err().to_string()
}

#[test]
fn same_seed_same_bytes() {
    let (Some(pack), Some(python)) = (short(), able()) else {
        return;
    };
    assert_eq!(
        pack.manifest.contents_hash, CONTENTS,
        "see CONTENTS in this file"
    );
    let mut one = pack.clone();
    // In another order of work.
    let mut other = make(Plan::Short, 1, python).pack;
    assert!(one.render() == other.render());
    assert_eq!(one.manifest.pack_hash, other.manifest.pack_hash);
}

#[test]
fn all_of_the_default_plan_is_drawn_the_same_way() {
    let all = drafts(Plan::Default, CONFIG, 7);
    let again = drafts(Plan::Default, CONFIG, 7);
    assert_eq!(all.len(), again.len());
    let mut names = std::collections::BTreeSet::new();
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("testplan/testplan.json");
    let plan: serde_json::Value = serde_json::from_slice(&fs::read(plan).unwrap()).unwrap();
    let points = plan["testpoints"].as_array().unwrap();
    for (one, other) in all.iter().zip(&again) {
        assert_eq!(one.scenario, other.scenario, "{}", one.name);
        assert_eq!(one.scenario.check(), Ok(()), "{}", one.name);
        assert!(names.insert(one.name.clone()), "{} twice", one.name);
        assert!(
            points.iter().any(|point| point["name"] == one.testpoint),
            "{}: no testpoint {}",
            one.name,
            one.testpoint
        );
    }
    assert!(all[0].smoke && all[1].smoke && all.iter().filter(|draft| draft.smoke).count() == 2);
}

/// What the model does is no reason: a case that one of the others does not agree with is not in the pack.
#[test]
fn a_case_that_fails_a_check_is_not_written() {
    let Some(python) = able() else { return };
    let request = Request {
        plan: Plan::Short,
        config: CONFIG,
        seed: 1,
        jobs: 1,
        python: Some(python),
    };
    let of = |name: &str| {
        let mut all = drafts(Plan::Short, CONFIG, 1).into_iter();
        all.find(|draft| draft.name == name).unwrap()
    };
    let good = of("smoke-gcm");
    // The author's reading is another one.
    let mut otherwise = good.clone();
    otherwise.name = "otherwise".to_owned();
    for timed in &mut otherwise.scenario.operations {
        if let Operation::Frame(FrameOp {
            expect: Some(Expected::Sent(bytes)),
            ..
        }) = &mut timed.op
        {
            bytes[40] ^= 1;
        }
    }
    // It is another one each time.
    let mut timed = good.clone();
    timed.name = "timed".to_owned();
    timed.scenario.stall_all(30);
    // What a case leaves behind is no matter of the next one.
    let mut more = good.clone();
    more.name = "more".to_owned();
    more.scenario.write_register(regs::UDP_PORT, 1);
    let made = generate_of(&request, &[otherwise, good, timed, more]).unwrap();
    let why: Vec<_> = made
        .refused
        .iter()
        .map(|refused| (refused.name.as_str(), refused.why.as_str()))
        .collect();
    assert_eq!((why[0].0, why[1].0, why.len()), ("otherwise", "timed", 2));
    assert!(
        why[0].1.contains("third reading") && why[0].1.contains("byte 40"),
        "{why:?}"
    );
    assert!(why[1].1.contains("it depends on time"), "{why:?}");
    let names: Vec<_> = made
        .pack
        .cases
        .iter()
        .map(|case| case.name.as_str())
        .collect();
    assert_eq!(names, ["smoke-gcm", "more"]);
}

/// A device with other parameters has a pack of its own: what the cases say must come is right for it too.
#[test]
fn other_parameters() {
    for config in [DeviceConfig::new(16, 1), DeviceConfig::new(1024, 2)] {
        for draft in drafts(Plan::Default, config, 2) {
            let device = || Box::new(ModelDevice::new(config).unwrap());
            let made = record(&draft.scenario, &draft.name, draft.at_end, device())
                .unwrap_or_else(|why| panic!("{config} {}: {why}", draft.name));
            play(&made.case, &mut Bench::new(device())).unwrap();
            let result = runner::run(&draft.scenario, device().as_mut()).unwrap();
            assert_eq!(result.failure, None, "{config} {}", draft.name);
        }
    }
}

/// Every case of the default plan can be recorded, on the model alone, and played by registers alone if it fits.
#[test]
fn what_is_recorded_plays() {
    let device = || Box::new(ModelDevice::new(CONFIG).unwrap());
    let mut worn = Bench::new(device());
    worn.reset(4).unwrap();
    let mut streams = 0;
    for draft in drafts(Plan::Default, CONFIG, 3) {
        if !draft.short {
            continue;
        }
        let made = record(&draft.scenario, &draft.name, draft.at_end, device()).unwrap();
        play(&made.case, &mut Bench::new(device())).unwrap();
        match lower(&made.case, false) {
            Some(lowered) => {
                assert!(!lowered.has_frames());
                play(&lowered, &mut worn)
                    .unwrap_or_else(|mismatch| panic!("{}: {mismatch}", draft.name));
            }
            None => streams += 1,
        }
    }
    assert_eq!(streams, 1, "only the hard reset needs more than registers");
}

#[test]
fn what_is_in_it() {
    let Some(pack) = short() else { return };
    let manifest = &pack.manifest;
    assert_eq!(manifest.smoke, ["smoke-alive", "smoke-gcm"]);
    let accesses = manifest.smoke_register_accesses;
    assert!(accesses <= 400, "{accesses}");
    for (entry, case) in manifest.cases.iter().zip(&pack.cases) {
        assert!(entry.checks.model && entry.checks.lockstep);
        assert_eq!(
            entry.checks.registers,
            entry.transport == Transport::Registers
        );
        let cryptographic = case.steps.iter().any(|step| match &step.op {
            Op::Expect { port, words, .. } => *port == OutPort::MAxisRx && words[0] & 2 != 0,
            _ => false,
        });
        if cryptographic {
            assert!(!entry.checks.outside.is_empty(), "{}", entry.name);
        }
        assert!(!entry.description.is_empty() && !entry.suspect.is_empty());
        assert!(matches!(case.steps[0].op, Op::Reset { .. }));
    }
}

#[test]
fn it_is_read_back_as_it_was_written() {
    let Some(folder) = written("golden_back") else {
        return;
    };
    let mut read = Pack::load(&folder).unwrap();
    assert_eq!(&read, short().unwrap());
    // The texts too: whoever writes it again changes nothing.
    read.render();
    assert_eq!(read.manifest.pack_hash, short().unwrap().manifest.pack_hash);
}

#[test]
fn one_flipped_byte() {
    let Some(folder) = written("golden_flipped") else {
        return;
    };
    for file in [
        "cases/smoke-gcm.json",
        "scenarios/smoke-gcm.json",
        "manifest.json",
    ] {
        let path = folder.join(file);
        let good = fs::read(&path).unwrap();
        // A digit somewhere in the middle.
        let at = good.len() / 2
            + good[good.len() / 2..]
                .iter()
                .position(u8::is_ascii_digit)
                .unwrap();
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, bad).unwrap();
        let said = refused(&folder);
        assert!(
            said.contains(file) && said.contains("the file was changed"),
            "{said}"
        );
        fs::write(&path, good).unwrap();
    }
    Pack::load(&folder).unwrap();
}

#[test]
fn newer_schema_and_other_files() {
    let Some(folder) = written("golden_newer") else {
        return;
    };
    let path = folder.join("manifest.json");
    let good = fs::read_to_string(&path).unwrap();
    let newer = good.replace(
        &format!("\"schema_version\": {SCHEMA_VERSION}"),
        &format!(
            "\"new_member\": 1, \"schema_version\": {}",
            SCHEMA_VERSION + 1
        ),
    );
    fs::write(&path, newer).unwrap();
    let said = refused(&folder);
    assert!(
        said.ends_with("schema_version: expected 1, got 2 (a newer program wrote it)"),
        "{said}"
    );
    fs::write(&path, good.replace("golden-pack", "golden-hen")).unwrap();
    let said = refused(&folder);
    assert!(said.contains("schema: expected"), "{said}");
    fs::write(&path, &good).unwrap();

    let case = folder.join("cases/smoke-alive.json");
    let kept = fs::read(&case).unwrap();
    fs::remove_file(&case).unwrap();
    let said = refused(&folder);
    assert!(said.contains("smoke-alive.json: file: missing"), "{said}");
    fs::write(&case, kept).unwrap();
    fs::write(folder.join("cases/more.json"), "{}").unwrap();
    let said = refused(&folder);
    assert!(said.contains("more.json: file: expected no file"), "{said}");
    fs::remove_file(folder.join("cases/more.json")).unwrap();
    Pack::load(&folder).unwrap();
    // The command says the same.
    fs::remove_file(&path).unwrap();
    let output = ipsec_cosim(&["golden", "verify", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("manifest.json"));
}

/// A path out of the pack is no file of it, whatever its hash.
#[test]
fn a_path_that_leads_out() {
    let Some(folder) = written("golden_out") else {
        return;
    };
    let mut pack = Pack::load(&folder).unwrap();
    pack.manifest.files[0].path = "../../etc/passwd".to_owned();
    let lines: String = pack
        .manifest
        .files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.path))
        .collect();
    pack.manifest.contents_hash = sha256(lines.as_bytes());
    let zeros = "0".repeat(64);
    pack.manifest.pack_hash.clone_from(&zeros);
    let json = serde_json::to_string_pretty(&pack.manifest).unwrap() + "\n";
    let json = json.replacen(&zeros, &sha256(json.as_bytes()), 1);
    fs::write(folder.join("manifest.json"), json).unwrap();
    let said = refused(&folder);
    assert!(
        said.contains("files[0].path: expected a path inside the pack"),
        "{said}"
    );
}

#[test]
fn parameters_that_do_not_fit() {
    let Some(pack) = short() else { return };
    let manifest = &pack.manifest;
    let good = [0x4353_5049, 0x0003_0000, 16, 4, 1];
    let check = |words: [u32; 5]| {
        let [name, version, num_sa, stages, features] = words;
        manifest
            .check_target(name, version, num_sa, stages, features)
            .map_err(|error| error.to_string())
    };
    assert_eq!(check(good), Ok(()));
    for (k, word, said) in [
        (0, u32::MAX, "NAME 0x43535049, the target has 0xffffffff"),
        (
            1,
            0x0002_0000,
            "VERSION 0x00030000, the target has 0x00020000",
        ),
        (2, 1024, "NUM_SA 16, the target has 1024"),
        (3, 2, "STAGES 4, the target has 2"),
        (4, 0, "FEATURES.sa_counters 1, the target has 0"),
    ] {
        let mut words = good;
        words[k] = word;
        let error = check(words).unwrap_err();
        assert!(error.ends_with(said), "{error}");
    }
    assert!(manifest.check_config(CONFIG).is_ok());
    assert!(manifest.check_config(DeviceConfig::new(16, 1)).is_err());
}

/// A wrong value, wherever it comes from, does not pass the outside implementation.
#[test]
fn the_outside_implementation_sees_a_wrong_bit() {
    let Some(python) = able() else { return };
    let device = || Box::new(ModelDevice::new(CONFIG).unwrap());
    let mut frames: Vec<Crypto> = Vec::new();
    for draft in drafts(Plan::Short, CONFIG, 5) {
        let made = record(&draft.scenario, &draft.name, draft.at_end, device()).unwrap();
        frames.extend(made.crypto);
    }
    for (k, frame) in frames.iter_mut().enumerate() {
        frame.case = k.to_string();
    }
    let said = outside::ask(&python, &frames).unwrap();
    assert!(said.wrong.is_empty(), "{:?}", said.wrong);
    assert!(said.portions > 500, "{}", said.portions);
    // A bit of what came out, another one in each frame.
    for (k, frame) in frames.iter_mut().enumerate() {
        let at = frame.after.len() - 1 - k % 30;
        frame.after[at] ^= 1;
    }
    let said = outside::ask(&python, &frames).unwrap();
    assert_eq!(said.wrong.len(), frames.len());
}

#[test]
fn bad_usage() {
    let folder = folder("golden_usage");
    fs::write(folder.join("something"), "").unwrap();
    let out = folder.to_str().unwrap();
    let output = ipsec_cosim(&["golden", "generate", "--plan", "smoke", "--out", out]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("expected an empty folder"),
        "{}",
        text(&output.stderr)
    );
    if !RtlDevice::built().contains(&CONFIG) {
        return;
    }
    let fresh = folder.join("fresh");
    let output = Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"))
        .args([
            "golden", "generate", "--plan", "smoke", "--seed", "1", "--out",
        ])
        .arg(&fresh)
        .env("IPSEC_PYTHON", folder.join("no-python"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("no implementation of AES-GCM outside this project"),
        "{said}"
    );
    let output = ipsec_cosim(&[
        "golden", "generate", "--config", "3x3", "--seed", "1", "--out", out,
    ]);
    assert_eq!(output.status.code(), Some(2));
}

/// Two packs, and a pack with what a device did.
#[test]
fn differences() {
    let Some(one) = written("golden_diff") else {
        return;
    };
    let other = folder("golden_diff_other").join("pack");
    let mut changed = short().unwrap().clone();
    let step = changed.cases[1]
        .steps
        .iter_mut()
        .find(|step| matches!(step.op, Op::Expect { .. }))
        .unwrap();
    if let Op::Expect { frame, .. } = &mut step.op {
        frame[0] ^= 1;
    }
    changed.write(&other).unwrap();
    let diff = |b: &Path| {
        let output = ipsec_cosim(&["golden", "diff", one.to_str().unwrap(), b.to_str().unwrap()]);
        (output.status.code(), text(&output.stdout))
    };
    assert_eq!(diff(&one), (Some(0), String::new()));
    let (status, said) = diff(&other);
    assert_eq!(status, Some(1));
    assert!(said.starts_with("smoke-gcm: 1 of "), "{said}");
    let log = one.parent().unwrap().join("log.jsonl");
    let good = r#"{"case":"smoke-alive","step":6,"op":"read","addr":"0x0000","expected":"0x43535049","actual":"0x43535049","mask":"0xffffffff","ok":true}"#;
    let bad = good
        .replace("true", "false")
        .replace(r#""actual":"0x43535049""#, r#""actual":"0x43535048""#);
    fs::write(&log, format!("{good}\n")).unwrap();
    let (status, said) = diff(&log);
    assert_eq!(status, Some(1));
    assert!(
        said.contains("cases of the pack are not in the log"),
        "{said}"
    );
    fs::write(&log, format!("{bad}\n")).unwrap();
    let (_, said) = diff(&log);
    assert!(
        said.contains("0x0000 NAME: expected 0x43535049, got 0x43535048")
            && said.contains("differing bits: 0")
            && said.contains("look at: Power, clock, reset"),
        "{said}"
    );
    // A whole log is like the pack; one that was cut is not, nor one with another word or another register.
    let played = ipsec_cosim(&[
        "replay",
        one.to_str().unwrap(),
        "--target",
        "model",
        "--log",
        log.to_str().unwrap(),
    ]);
    assert_eq!(played.status.code(), Some(0), "{}", text(&played.stderr));
    assert_eq!(diff(&log), (Some(0), String::new()));
    let whole = fs::read_to_string(&log).unwrap();
    let other = |change: &dyn Fn(&str) -> Option<String>| {
        let lines: Vec<_> = whole.lines().filter_map(change).collect();
        fs::write(&log, lines.join("\n")).unwrap();
        diff(&log)
    };
    let named = r#"{"case":"smoke-alive","form":"streams","step":6,"#;
    assert!(whole.contains(named), "{whole}");
    let (status, said) = other(&|line| (!line.starts_with(named)).then(|| line.to_owned()));
    assert_eq!(status, Some(1));
    assert!(
        said.starts_with("smoke-alive: 1 of ")
            && said.contains("steps are not in the log, the first of them is step 6"),
        "{said}"
    );
    for (from, to) in [("0x43535049", "0x43535048"), (r#""0x0000""#, r#""0x0004""#)] {
        let (status, said) = other(&|line| {
            Some(if line.starts_with(named) {
                line.replace(from, to)
            } else {
                line.to_owned()
            })
        });
        assert_eq!(status, Some(1), "{from}");
        assert!(
            said.starts_with("smoke-alive: step 6 of the log (read ")
                && said.contains("is the log of another one?"),
            "{said}"
        );
    }
    fs::write(&log, "{\n").unwrap();
    let output = ipsec_cosim(&[
        "golden",
        "diff",
        one.to_str().unwrap(),
        log.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("log.jsonl: line 1"));
}

/// The published schema says what the files are.
#[test]
fn the_schema_holds() {
    let output = ipsec_cosim(&["golden", "schema"]);
    assert_eq!(output.status.code(), Some(0));
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        schema["definitions"]["manifest"]["properties"]["schema_version"]["const"],
        SCHEMA_VERSION
    );
    let Some(python) = python("fastjsonschema") else {
        return skipped(
            "the schema of packs",
            "no Python with fastjsonschema (IPSEC_PYTHON)",
        );
    };
    let Some(folder) = written("golden_schema") else {
        return;
    };
    let script = r"
import fastjsonschema, json, pathlib, sys
schema = json.load(sys.stdin)
part = lambda name: fastjsonschema.compile({**schema, 'oneOf': [{'$ref': '#/definitions/' + name}]})
pack = pathlib.Path(sys.argv[1])
manifest, case = part('manifest'), part('case')
manifest(json.loads((pack / 'manifest.json').read_text()))
part('provenance')(json.loads((pack / 'provenance.json').read_text()))
steps = 0
for path in sorted((pack / 'cases').iterdir()):
    one = json.loads(path.read_text())
    case(one)
    steps += len(one['steps'])
# It can say no.
for wrong in ({'name': 'a b', 'steps': []}, {'name': 'a', 'steps': [{'op': 'wait'}]}, {'name': 'a', 'steps': [{'op': 'write', 'addr': '0x20', 'data': '0x00000000'}]}):
    try:
        case(wrong)
    except fastjsonschema.JsonSchemaException:
        continue
    raise SystemExit(f'{wrong} passed')
print(steps)
";
    let mut child = Command::new(python)
        .args(["-c", script])
        .arg(&folder)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), &output.stdout).unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(said.status.success(), "{}", text(&said.stderr));
    let steps: usize = text(&said.stdout).trim().parse().unwrap();
    assert_eq!(
        steps,
        short()
            .unwrap()
            .cases
            .iter()
            .map(|c| c.steps.len())
            .sum::<usize>()
    );
}
