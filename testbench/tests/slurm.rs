// SPDX-License-Identifier: Apache-2.0
//! A campaign on a real Slurm of this machine's own gives what it gives without, whatever dies in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{folder, ipsec_cosim, skipped, text};
use serde_json::Value;

/// A Slurm in a folder of its own; ends with the test.
struct Slurm {
    folder: PathBuf,
}

impl Slurm {
    fn script(arguments: &[&str]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/slurm_local.sh");
        Command::new(script).args(arguments).output().unwrap()
    }

    fn start(name: &str) -> Option<Self> {
        // Sockets have short names.
        let folder = std::env::temp_dir().join(format!("ipsec-{name}-{}", std::process::id()));
        let output = Self::script(&["start", &folder.display().to_string()]);
        if output.status.success() {
            return Some(Self { folder });
        }
        let said = text(&output.stderr);
        assert!(said.contains(" is missing: install "), "{said}");
        skipped("campaigns on Slurm", said.trim());
        None
    }

    fn run(&self, arguments: &[&str]) {
        let folder = self.folder.display().to_string();
        let (first, rest) = arguments.split_first().unwrap();
        let output = Self::script(&[&[*first, &folder][..], rest].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    fn config(&self) -> PathBuf {
        self.folder.join("slurm.conf")
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        Self::script(&["stop", &self.folder.display().to_string()]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn outcomes(out: &Path) -> BTreeMap<String, (u64, Value)> {
    let file = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    let mut all = BTreeMap::new();
    for line in file.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Some(one) = line.get("result") {
            let kept = (one["clocks"].as_u64().unwrap(), one["coverage"].clone());
            let new = all.insert(one["name"].as_str().unwrap().to_owned(), kept);
            assert!(new.is_none(), "{} counts twice", one["name"]);
        }
    }
    all
}

/// 15 scenarios of each drawn class.
const CAMPAIGN: [&str; 9] = [
    "regress",
    "--device",
    "model",
    "--configs",
    "16x1",
    "--seed",
    "5",
    "--filter",
    "16x1-",
];

#[test]
fn without_slurm_it_says_so() {
    let out = folder("slurm_missing").display().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"))
        .args(CAMPAIGN)
        .args(["--launcher", "slurm", "--out", &out])
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(
        said.contains("Slurm is missing: sbatch cannot be run"),
        "{said}"
    );
}

#[test]
#[ignore = "long: make regress runs it"]
fn slurm_gives_what_the_local_launcher_gives() {
    let Some(slurm) = Slurm::start("slurm") else {
        return;
    };
    let local = folder("slurm_local");
    let path = local.display().to_string();
    let run = ipsec_cosim(&[&CAMPAIGN[..], &["--out", &path]].concat());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let expected = outcomes(&local);
    assert!(expected.len() >= 200, "{}", expected.len());

    let out = folder("slurm_farm");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"))
        .args(CAMPAIGN)
        .args(["--launcher", "slurm", "--tasks", "200", "--out"])
        .arg(&out)
        .env("SLURM_CONF", slurm.config())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // In the middle a node's daemon dies, and one task is cancelled.
    let start = Instant::now();
    while outcomes_so_far(&out) < 20 {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "no results come"
        );
        assert!(child.try_wait().unwrap().is_none(), "it is over already");
        std::thread::sleep(Duration::from_millis(100));
    }
    slurm.run(&["kill-node", "1"]);
    let job = Command::new("squeue")
        .args(["-h", "-r", "-t", "PENDING", "-o", "%i"])
        .env("SLURM_CONF", slurm.config())
        .output()
        .unwrap();
    let job = text(&job.stdout)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    if !job.is_empty() {
        let cancelled = Command::new("scancel")
            .arg(&job)
            .env("SLURM_CONF", slurm.config())
            .status();
        assert!(cancelled.unwrap().success());
    }
    std::thread::sleep(Duration::from_secs(3));
    slurm.run(&["start-node", "1"]);
    let output = child.wait_with_output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        job.is_empty() || said.contains("they are run again"),
        "{said}"
    );
    assert_eq!(outcomes(&out), expected);
    let summary = |out: &Path| -> Value {
        serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).unwrap()).unwrap()
    };
    for key in [
        "scenarios",
        "clocks",
        "frames",
        "failures",
        "functional_coverage",
    ] {
        assert_eq!(summary(&out)[key], summary(&local)[key], "{key}");
    }
    eprintln!(
        "{} scenarios by Slurm in {:.0} s",
        expected.len(),
        start.elapsed().as_secs_f64()
    );
}

fn outcomes_so_far(out: &Path) -> usize {
    let text = std::fs::read_to_string(out.join("results.jsonl")).unwrap_or_default();
    text.lines().count().saturating_sub(1)
}
