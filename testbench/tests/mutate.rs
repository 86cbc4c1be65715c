// SPDX-License-Identifier: Apache-2.0
//! Mutants of the RTL: what can be changed, what is drawn, how a campaign goes on, and what it refuses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use common::{folder, skipped, text};
use ipsec_testbench::mutants::store::{self, FILE};
use ipsec_testbench::mutants::syntax::{Source, parse};
use ipsec_testbench::mutants::trial::How;
use ipsec_testbench::mutants::{Mutant, Operator, copy, sites, tools};

/// With a state machine, a function, a register that only an assertion reads, and what must stay constant.
const RTL: &str = "\
package small_pkg;
  typedef enum logic [1:0] {StA, StB, StC} state_e;
endpackage
module ipsec_offload import small_pkg::*; #(parameter int unsigned NumSa = 16,
                                            parameter int unsigned Stages = 4) (
    input logic clk_i,
    input logic rst_ni,
    input logic [3:0] a,
    output logic [3:0] y
);
  state_e s_q;
  logic [3:0] seen_q;  // for the assertion
  logic unused;
  assign unused = ^a;
  function automatic logic [3:0] twice(input logic [3:0] x);
    return x << 1;
  endfunction
  function automatic logic odd(input logic [3:0] x);
    return x[0];
  endfunction
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) s_q <= StA;
    else if (a[3] && a != 4'd9 /* not nine */) s_q <= a[0] ? StB : StC;
  end
  always_comb begin
    y = '0;
    for (int unsigned i = 0; i < 4; i++) y[i] = a[i];
    case (s_q)
      StA: y = twice(a);
      default: y = a + 4'd1;
    endcase
  end
  always_ff @(posedge clk_i) begin
    seen_q <= a + 4'd2;
    if (odd(seen_q)) assert (seen_q != 4'd15);
  end
endmodule
";

fn rtl(name: &str) -> PathBuf {
    let folder = folder(name);
    std::fs::create_dir_all(folder.join("rtl")).unwrap();
    std::fs::write(folder.join("rtl/small.sv"), RTL).unwrap();
    std::fs::write(folder.join("rtl/ipsec_offload.f"), "// List\nsmall.sv\n").unwrap();
    folder
}

fn without_tools() -> bool {
    for tool in [tools::verible(), tools::verilator()] {
        if let Err(error) = tool {
            skipped("mutants", &error.to_string());
            return true;
        }
    }
    false
}

fn parsed(folder: &Path) -> Vec<Source> {
    parse(&folder.join("rtl"), &["small.sv".to_owned()]).unwrap()
}

fn has(all: &[Mutant], operator: Operator, original: &str, mutated: &str) -> bool {
    all.iter()
        .any(|m| (m.operator, &*m.original, &*m.mutated) == (operator, original, mutated))
}

#[test]
fn what_can_be_changed() {
    if without_tools() {
        return;
    }
    let folder = rtl("sites");
    let sources = parsed(&folder);
    let all = sites::all(&sources);
    for (operator, original, mutated) in [
        (Operator::Binary, "a + 4'd1", "((a) - (4'd1))"),
        (Operator::Binary, "x << 1", "((x) >> (1))"),
        (Operator::Binary, "a != 4'd9", "((a) == (4'd9))"),
        (
            Operator::Binary,
            "a[3] && a != 4'd9",
            "((a[3]) || (a != 4'd9))",
        ),
        (Operator::Term, "a[3] && a != 4'd9", "a[3]"),
        (Operator::Term, "a[3] && a != 4'd9", "a != 4'd9"),
        (Operator::Unary, "!rst_ni", "((rst_ni) != 0)"),
        (Operator::Negate, "a[0]", "!(a[0])"),
        (Operator::Stuck, "!rst_ni", "1'b0"),
        (Operator::Number, "4'd9", "4'd10"),
        (Operator::Number, "4'd1", "4'd0"),
        (Operator::Number, "'0", "'1"),
        (Operator::Index, "3", "2"),
        (Operator::Index, "i", "(i) + 1'b1"),
        (Operator::Enumerator, "StB", "StC"),
        (Operator::Invert, "twice(a)", "~(twice(a))"),
        (Operator::Invert, "x << 1", "~(x << 1)"),
        (Operator::Zero, "a + 4'd1", "'0"),
        (Operator::Drop, "y = twice(a);", ""),
    ] {
        assert!(
            has(&all, operator, original, mutated),
            "{operator}: {original} -> {mutated}"
        );
    }
    // What only assertions read, labels, loops, ranges, parameters and wires for lints.
    for bad in [
        "2",
        "4'd2",
        "4'd15",
        "x[0]",
        "^a",
        "seen_q",
        "odd(seen_q)",
        "16",
        "i < 4",
    ] {
        let found = all
            .iter()
            .find(|m| m.original == bad && m.operator != Operator::Enumerator);
        let found = found.filter(|m| bad != "2" || m.line < 12);
        assert!(found.is_none(), "{found:?}");
    }
    assert!(
        !all.iter().any(|m| m.original == "StA" && m.line > 24),
        "a label"
    );
    let first = all.iter().find(|m| m.original == "4'd9").unwrap();
    let text = &sources[0].text;
    assert_eq!(&text[first.start..first.end], "4'd9");
    let line = text.lines().nth(first.line - 1).unwrap();
    assert!(line[first.column - 1..].starts_with("4'd9 /*"));
}

#[test]
fn rtl_with_all_mutants_has_the_lines_of_the_original() {
    if without_tools() {
        return;
    }
    let folder = rtl("copy");
    let sources = parsed(&folder);
    let mut all = sites::all(&sources);
    for (mutant, number) in all.iter_mut().zip(1..) {
        mutant.number = number;
    }
    let (written, places) = copy::instrument(&sources[0], &all.iter().collect::<Vec<_>>());
    assert_eq!(written.lines().count(), RTL.lines().count());
    for m in &all {
        let chosen = match m.mutated.as_str() {
            "" => format!("begin if (ipsec_mutant_pkg::selected != 32'd{}) ", m.number),
            text => format!(
                "((ipsec_mutant_pkg::selected == 32'd{}) ? ({text}) : (",
                m.number
            ),
        };
        let at = written.find(&chosen).expect(&chosen);
        let line = written[..at].matches('\n').count() + 1;
        assert_eq!(line, m.line, "{m:?}");
        assert_eq!(places.blame(at + 4, (at, at + 9)), [m.number]);
    }
    // One alone.
    let m = all.iter().find(|m| m.operator == Operator::Drop).unwrap();
    assert_eq!(
        copy::apply(&sources[0], m).len(),
        RTL.len() - m.original.len() + 1
    );
}

/// A program that says what trials say: mutant 3 hangs, 4 crashes, 5 is killed, the others survive.
const FAKE: &str = r#"#!/bin/sh
echo '{"begin":"frames-16x4-0"}'
test() { echo '{"name":"frames-16x4-0","config":"16x4","clocks":100,"seconds":0.5}'; }
case $IPSEC_MUTANT in
4) kill -ABRT $$;;
5) echo "{\"bad\":{\"test\":$(test),\"how\":\"divergence\",\"message\":\"a pin\"}}";;
6) sleep 0.3; echo "{\"good\":$(test)}";;
*) echo "{\"good\":$(test)}";;
esac
echo '{"end":{"limited":false}}'
"#;

fn fake(folder: &Path) -> String {
    let path = folder.join("fake.sh");
    std::fs::write(&path, FAKE).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn command(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ipsec-cosim"));
    command
        .args(["mutate", "--jobs", "1", "--count", "12"])
        .arg("--rtl")
        .arg(folder.join("rtl"))
        .arg("--out")
        .arg(folder.join("out"))
        .args(more)
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, more: &[&str]) -> Output {
    command(folder, more).output().unwrap()
}

#[test]
fn a_campaign_goes_on_where_it_ended() {
    if without_tools() {
        return;
    }
    let folder = rtl("resume");
    let program = fake(&folder);
    let output = run(
        &folder,
        &["--seed", "3", "--program", &program, "--score", "10"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(
        text(&output.stdout).contains("12 of 12 mutants run: 2 killed, 0 equivalent, 10 surviving")
    );
    let path = folder.join("out").join(FILE);
    let all = store::read(&path).unwrap();
    let how = |number: u32| all.outcomes[&number].killed.as_ref().map(|kill| kill.how);
    assert_eq!(how(4), Some(How::Crash));
    assert_eq!(how(5), Some(How::Divergence));
    assert_eq!(how(6), None);
    // The same seed draws the same.
    let output = run(&folder, &["--seed", "3", "--program", &program]);
    assert_eq!(output.status.code(), Some(1), "16.7 % are not enough");
    assert_eq!(
        store::read(&path).unwrap().header.mutants,
        all.header.mutants
    );
    // Cut in the middle of a result: only what is lost runs again.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 300]).unwrap();
    let before = store::read(&path).unwrap();
    assert!(before.outcomes.len() < 12 && before.outcomes.len() > 4);
    let output = run(&folder, &["--resume", "--program", &program]);
    assert!(text(&output.stderr).contains("ends in the middle of a result"));
    let after = store::read(&path).unwrap();
    assert_eq!((after.outcomes.len(), after.complaints.len()), (12, 0));
    assert_eq!(after.outcomes, all.outcomes);
    for name in ["report.md", "report.html", "summary.json"] {
        let said = std::fs::read_to_string(folder.join("out").join(name)).unwrap();
        assert!(
            said.contains("small.sv:") || name == "summary.json",
            "{name}"
        );
    }
}

#[test]
fn ctrl_c_keeps_what_is_done() {
    if without_tools() {
        return;
    }
    let folder = rtl("interrupt");
    let program = folder.join("slow.sh");
    std::fs::write(
        &program,
        FAKE.replace("case $IPSEC", "sleep 0.2\ncase $IPSEC"),
    )
    .unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.display().to_string();
    let mut child = command(&folder, &["--seed", "3", "--program", &program])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let path = folder.join("out").join(FILE);
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(50));
        if store::read(&path).is_ok_and(|found| found.outcomes.len() >= 2) {
            break;
        }
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(2));
    let done = store::read(&path).unwrap().outcomes;
    assert!(done.len() >= 2 && done.len() < 12, "{}", done.len());
    run(&folder, &["--resume", "--program", &program]);
    let after = store::read(&path).unwrap().outcomes;
    assert_eq!(after.len(), 12);
    assert!(
        done.iter()
            .all(|(number, outcome)| &after[number] == outcome)
    );
}

#[test]
fn bad_input_is_one_sentence() {
    if without_tools() {
        return;
    }
    let folder = rtl("bad");
    let program = fake(&folder);
    let refused = |more: &[&str]| {
        let output = run(&folder, more);
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        text(&output.stderr).lines().last().unwrap().to_owned()
    };
    let said = refused(&["--module", "nothing"]);
    assert!(
        said.ends_with("--module nothing: no such module with anything to change, expected one of ipsec_offload"),
        "{said}"
    );
    let said = refused(&["--resume"]);
    assert!(said.contains("out/mutants.jsonl: No such file"), "{said}");
    std::fs::create_dir_all(folder.join("out")).unwrap();
    std::fs::write(folder.join("out").join(FILE), "nonsense\n").unwrap();
    let said = refused(&["--resume"]);
    assert!(
        said.contains("mutants.jsonl: line 1: expected what was drawn"),
        "{said}"
    );
    let output = command(&folder, &[])
        .env("VERILATOR", "/nowhere/verilator")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("VERILATOR names /nowhere/verilator, which is no program")
    );
    // A campaign of other RTL.
    run(&folder, &["--seed", "1", "--program", &program]);
    let path = folder.join("rtl/small.sv");
    std::fs::write(&path, RTL.replace("4'd9", "4'd8")).unwrap();
    let said = refused(&["--resume", "--program", &program]);
    assert!(said.contains("was started with other RTL"), "{said}");
    std::fs::write(&path, "module m;\n  assign = 1;\nendmodule\n").unwrap();
    let said = refused(&[]);
    assert!(said.contains("small.sv: line 2:"), "{said}");
    std::fs::remove_file(&path).unwrap();
    assert!(refused(&[]).contains("small.sv: No such file"));
}
