// SPDX-License-Identifier: Apache-2.0
//! `$readmemh` files, and the bench of plain Verilog-2005 that replays them.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::golden::{InPort, Op, OutPort, Pack};

/// Bytes of a case's name, as one word of `names.hex`.
const NAME_BYTES: usize = 64;
/// What stands for "all bits are compared".
const NO_MASK: u32 = u32::MAX;

/// `bench.v`, `ops.hex`, `beats.hex`, `names.hex`, and their sizes in `golden_params.vh`.
///
/// `ops.hex` is a program of 32-bit words; the first word of a step has its number in the upper byte:
///
/// | step | first word | words behind it |
/// |---|---|---|
/// | case | `01`, number of the name | |
/// | write | `02`, strobes in 19:16, address in 15:0 | data |
/// | read | `03`, address | value, mask |
/// | poll | `04`, address | value, mask, clocks |
/// | wait | `05` | clocks |
/// | reset | `06` | clocks |
/// | send | `07`, 0 transmit or 1 receive | first beat, bytes, three words of tuser |
/// | expect | `08`, 0 transmit or 1 receive | first beat, bytes, first beat of the mask or all ones, two words of tuser |
/// | completion | `09` | frame number, status |
/// | end | `0a` | |
pub fn write(pack: &Pack) -> BTreeMap<String, Vec<u8>> {
    let mut program = Program::default();
    let smoke = |name: &String| pack.manifest.smoke.contains(name);
    let mut cases: Vec<_> = pack.cases.iter().collect();
    cases.sort_by_key(|case| !smoke(&case.name));
    let mut names = String::new();
    for (number, case) in cases.iter().enumerate() {
        let name = &case.name.as_bytes()[..case.name.len().min(NAME_BYTES)];
        _ = writeln!(names, "{:0>1$}", hex::encode(name), 2 * NAME_BYTES);
        program.op(1, number as u32, &[]);
        for step in &case.steps {
            program.step(&step.op);
        }
    }
    program.op(10, 0, &[]);
    let smoke = cases.iter().filter(|case| smoke(&case.name)).count();
    let params = format!(
        "// Made by `ipsec-cosim golden export` for NumSa {}, Stages {}: sizes of the memories. Keys in them are test keys.\n\
         `define GOLDEN_OPS {}\n`define GOLDEN_BEATS {}\n`define GOLDEN_CASES {}\n`define GOLDEN_SMOKE {smoke}\n",
        pack.manifest.design.num_sa,
        pack.manifest.design.stages,
        program.words,
        program.count.max(1),
        cases.len()
    );
    let bench = include_str!("../../../golden/verilog/bench.v");
    [
        ("bench.v", bench.to_owned()),
        ("golden_params.vh", params),
        ("names.hex", names),
        ("ops.hex", program.ops),
        ("beats.hex", program.beats),
    ]
    .into_iter()
    .map(|(name, text)| (name.to_owned(), text.into_bytes()))
    .collect()
}

#[derive(Default)]
struct Program {
    ops: String,
    words: u32,
    beats: String,
    /// Beats so far
    count: u32,
}

impl Program {
    fn op(&mut self, code: u32, low: u32, arguments: &[u32]) {
        _ = write!(self.ops, "{:08x}", code << 24 | low);
        for word in arguments {
            _ = write!(self.ops, " {word:08x}");
        }
        self.ops.push('\n');
        self.words += 1 + arguments.len() as u32;
    }

    /// Puts bytes into `beats.hex`; where they start.
    fn bytes(&mut self, bytes: &[u8]) -> u32 {
        let start = self.count;
        for chunk in bytes.chunks(16) {
            let mut beat = [0; 16];
            beat[..chunk.len()].copy_from_slice(chunk);
            _ = writeln!(self.beats, "{:032x}", u128::from_le_bytes(beat));
            self.count += 1;
        }
        start
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::Write { addr, data, strobe } => {
                self.op(2, u32::from(*strobe) << 16 | u32::from(*addr), &[*data]);
            }
            Op::Read {
                addr, mask, value, ..
            } => self.op(3, (*addr).into(), &[*value, *mask]),
            Op::Poll {
                addr,
                mask,
                value,
                timeout_clocks,
            } => self.op(4, (*addr).into(), &[*value, *mask, *timeout_clocks]),
            Op::Wait { clocks } => self.op(5, 0, &[*clocks]),
            Op::Reset { clocks } => self.op(6, 0, &[*clocks]),
            Op::Send {
                port, frame, tuser, ..
            } => {
                let at = self.bytes(frame);
                let [a, b, c] = *tuser;
                let length = frame.len() as u32;
                self.op(7, (*port == InPort::Rx).into(), &[at, length, a, b, c]);
            }
            Op::Expect {
                port,
                frame,
                mask,
                words,
                ..
            } => {
                let at = self.bytes(frame);
                let mask = match mask.is_empty() {
                    true => NO_MASK,
                    false => self.bytes(mask),
                };
                let [a, b] = *words;
                let receive = *port == OutPort::MAxisRx;
                let length = frame.len() as u32;
                self.op(8, receive.into(), &[at, length, mask, a, b]);
            }
            Op::Completion { number, status, .. } => self.op(9, 0, &[*number, *status]),
        }
    }
}
