// SPDX-License-Identifier: Apache-2.0
//! Campaigns as a user has them: results outlive whatever happens, bad input is a sentence. On the model alone, which is
//! fast; what a device does is tested elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{folder, ipsec_cosim, skipped, text};
use serde_json::Value;

fn regress(out: &Path, more: &[&str]) -> Output {
    let out = out.display().to_string();
    let first = ["regress", "--device", "model", "--out", &out];
    ipsec_cosim(&[&first[..], more].concat())
}

fn start(out: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"))
        .args(["regress", "--device", "model", "--out"])
        .arg(out)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &pid])
            .status()
            .unwrap()
            .success()
    );
}

fn lines(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("results.jsonl")).unwrap_or_default();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Waits until some results are there.
fn until_results(out: &Path, count: usize) {
    let start = Instant::now();
    while lines(out).len() <= count {
        assert!(start.elapsed() < Duration::from_secs(60), "no results come");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What every scenario gave, without times.
fn outcomes(out: &Path) -> BTreeMap<String, (u64, u64, Value)> {
    let mut all = BTreeMap::new();
    for line in lines(out) {
        if let Some(one) = line.get("result") {
            let number = |key: &str| one[key].as_u64().unwrap();
            let kept = (number("clocks"), number("frames"), one["coverage"].clone());
            let new = all.insert(one["name"].as_str().unwrap().to_owned(), kept);
            assert!(new.is_none(), "{} is there twice", one["name"]);
        }
    }
    all
}

fn summary(out: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).unwrap()).unwrap()
}

const SMALL: [&str; 6] = ["--configs", "16x1", "--filter", "control", "--seed", "5"];

/// Three scenarios: 1, 10 and 11.
const FEW: [&str; 6] = [
    "--configs",
    "16x1",
    "--filter",
    "control-16x1-1",
    "--seed",
    "5",
];

#[test]
fn whatever_ends_a_campaign_it_can_be_resumed() {
    let whole = folder("campaign_whole");
    assert_eq!(regress(&whole, &SMALL).status.code(), Some(0));
    let expected = outcomes(&whole);
    assert!(expected.len() >= 10);
    for (name, end) in [
        ("interrupted", "-INT"),
        ("terminated", "-TERM"),
        ("killed", "-KILL"),
    ] {
        let out = folder(&format!("campaign_{name}"));
        let mut more = SMALL.to_vec();
        more.extend(["--jobs", "1"]);
        let child = start(&out, &more);
        until_results(&out, 2);
        signal(&child, end);
        let output = child.wait_with_output().unwrap();
        let said = text(&output.stderr);
        let before = outcomes(&out).len();
        assert!(before >= 2);
        if before == expected.len() {
            continue; // It was faster than the signal.
        }
        if end != "-KILL" {
            assert_eq!(output.status.code(), Some(2), "{said}");
            let sentence = said
                .lines()
                .find(|line| line.starts_with("interrupted: "))
                .unwrap();
            assert!(
                sentence.ends_with("results.jsonl, --resume goes on")
                    && sentence.contains(" scenarios were not run; the results of "),
                "{sentence}"
            );
            assert_eq!(summary(&out)["scenarios"], before);
            assert!(out.join("report.html").exists() && out.join("junit.xml").exists());
        }
        let again = regress(&out, &["--resume"]);
        assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
        assert_eq!(outcomes(&out), expected, "{name}");
        assert_eq!(summary(&out)["scenarios"], expected.len());
        assert_eq!(
            summary(&out)["functional_coverage"],
            summary(&whole)["functional_coverage"]
        );
        // And once more: nothing is left to do.
        assert_eq!(regress(&out, &["--resume"]).status.code(), Some(0));
        assert_eq!(outcomes(&out), expected);
    }
}

#[test]
fn a_result_that_was_cut_is_run_again() {
    let out = folder("campaign_cut");
    assert_eq!(regress(&out, &FEW).status.code(), Some(0));
    let expected = outcomes(&out);
    let path = out.join("results.jsonl");
    let whole = std::fs::read(&path).unwrap();
    let cut = whole.len() - 300;
    std::fs::write(&path, &whole[..cut]).unwrap();
    let output = regress(&out, &["--resume"]);
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stderr);
    assert!(
        said.contains("the file ends in the middle of a result: its scenario counts as not run"),
        "{said}"
    );
    assert_eq!(outcomes(&out), expected);
    // What is no file of results stays as it is.
    std::fs::write(&path, "nonsense").unwrap();
    let output = regress(&out, &["--resume"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("results.jsonl: line 1: expected what the campaign is"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "nonsense");
}

#[test]
fn a_resumed_campaign_is_the_same() {
    let out = folder("campaign_same");
    assert_eq!(regress(&out, &FEW).status.code(), Some(0));
    for (given, expected) in [
        (["--seed", "6"], "was started with --seed 5, not 6"),
        (
            ["--filter", "x"],
            "was started with --filter control-16x1-1, not x",
        ),
        (
            ["--plan", "full"],
            "was started with --plan default, not full",
        ),
    ] {
        let output = regress(&out, &[&["--resume"][..], &given].concat());
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr);
        assert!(said.contains(expected), "{said}");
    }
    let output = regress(&folder("campaign_nothing"), &["--resume"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--resume: there is no campaign in "));
}

#[test]
fn a_full_disk_ends_it_with_a_sentence() {
    if !Path::new("/dev/full").exists() {
        return skipped("a full disk", "this system has no /dev/full");
    }
    let out = folder("campaign_full");
    std::os::unix::fs::symlink("/dev/full", out.join("results.jsonl")).unwrap();
    let output = regress(&out, &FEW);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("results.jsonl: No space left on device"),
        "{said}"
    );
}

fn plan(name: &str, tests: &str) -> PathBuf {
    let path = folder(name).join("plan.json");
    let text = format!(
        r#"{{"version": 1, "testpoints": [{{"name": "one", "stage": "V1", "description": "d", "stimulus": "s",
            "checks": "c", "tests": [{tests}]}}]}}"#
    );
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn the_testplan_is_held_against_the_tests() {
    let out = folder("campaign_plan");
    let run = |path: &Path| {
        let path = path.display().to_string();
        regress(&out, &[&FEW[..], &["--testplan", &path]].concat())
    };
    let output = run(&plan("plan_unknown", "\"regress/contrl\""));
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(
            "plan.json: testpoints[0].tests[0]: testpoint 'one' names the test \"regress/contrl\""
        ),
        "{said}"
    );
    // Nothing tests it: all scenarios are good, the campaign is not.
    let output = run(&plan("plan_untested", ""));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("testpoint 'one' has no test"));
    assert_eq!(summary(&out)["failures"], 0);
    assert_eq!(summary(&out)["testpoints"][0]["state"], "untested");
    let output = run(&plan("plan_good", "\"regress/control\""));
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(summary(&out)["testpoints"][0]["state"], "passed");
    let output = run(Path::new("/nowhere/plan.json"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn bad_usage() {
    let out = folder("campaign_usage");
    for (more, expected) in [
        (
            &["--testpoint", "nothing"][..],
            "the testplan has no testpoint 'nothing': expected one of smoke, ",
        ),
        (
            &["--testpoint", "miniport"],
            "testpoint 'miniport' has no scenarios in this plan",
        ),
        (&["--only", "nothing"], "no scenario is called 'nothing'"),
        (
            &["--rounds", "0"],
            "--rounds 0 never ends: expected --time or --clocks",
        ),
        (
            &["--revision", "ffffffffffff"],
            "this checkout is at revision ",
        ),
        (&["--waivers", "/nowhere"], "cannot read /nowhere"),
        (
            &["--time", "soon"],
            "expected seconds, or a time as 90s, 15m or 2h, got 'soon'",
        ),
    ] {
        let output = regress(&out, more);
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        let said = text(&output.stderr);
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn limits_and_rounds() {
    let out = folder("campaign_limits");
    let few = [&FEW[..], &["--jobs", "1"]].concat();
    // All of them, in three rounds with seeds of their own.
    let output = regress(&out, &[&few[..], &["--rounds", "3"]].concat());
    assert_eq!(output.status.code(), Some(0));
    let all = outcomes(&out);
    assert_eq!(all.len(), 9);
    assert_ne!(all["control-16x1-1"].0, all["control-16x1-1.r1"].0);
    // One of them again, by its name.
    let one = folder("campaign_one");
    let again = [
        "--configs",
        "16x1",
        "--only",
        "control-16x1-10.r2",
        "--seed",
        "5",
    ];
    assert_eq!(regress(&one, &again).status.code(), Some(0));
    assert_eq!(
        outcomes(&one).get("control-16x1-10.r2"),
        all.get("control-16x1-10.r2")
    );
    // Clocks end it; the rest is told, and can be done later.
    let output = regress(&out, &[&few[..], &["--clocks", "1"]].concat());
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stderr);
    assert!(
        said.contains("ended by --clocks: 2 of 3 scenarios were not run"),
        "{said}"
    );
    assert_eq!(outcomes(&out).len(), 1);
    // Rounds without end.
    let output = regress(
        &out,
        &[&few[..], &["--rounds", "0", "--clocks", "100000"]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(summary(&out)["clocks"].as_u64().unwrap() >= 100_000);
    let history = std::fs::read_to_string(out.join("history.jsonl")).unwrap();
    assert_eq!(history.lines().count(), 3);
}

#[test]
fn a_hole_fails_if_it_is_asked() {
    let out = folder("campaign_hole");
    let more = [&FEW[..], &["--require-coverage"]].concat();
    let output = regress(&out, &more);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(
        said.contains("bins were not hit and are not waived") && said.contains("coverage.json"),
        "{said}"
    );
    let output = regress(&out, &[&FEW[..], &["--with-coverage-of", "."]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("expected one that was built with IPSEC_COVERAGE=1"));
    let waivers = out.join("w.json");
    std::fs::write(
        &waivers,
        r#"{"functional": [{"pattern": "*", "reason": "a test"}], "rtl": []}"#,
    )
    .unwrap();
    let path = waivers.display().to_string();
    let output = regress(&out, &[&more[..], &["--waivers", &path]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}
