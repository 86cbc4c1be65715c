// SPDX-License-Identifier: Apache-2.0
//! OpenOCD: a Tcl script of register accesses.

use std::fmt::Write;

use super::registers::{Registers, plain, register_name};
use crate::golden::{Op, Pack};

/// `golden.tcl`: procedures in front, a procedure a case behind.
///
/// It is sourced behind `init`, and uses `mww` and `read_memory` of the current target alone.
pub fn write(pack: &Pack, registers: &Registers) -> String {
    let design = &pack.manifest.design;
    let mut text = include_str!("../../../golden/tcl/openocd_head.tcl").to_owned();
    _ = writeln!(
        text,
        "\n# Pack '{}', seed {}, NumSa {}, Stages {}: {} cases, {} register accesses. Keys are test keys.\n\
         proc golden_design {{}} {{\n    \
         r 0x0000 {:#010x} 0xffffffff NAME\n    r 0x0004 {:#010x} 0xffffffff VERSION\n    \
         r 0x0008 {:#010x} 0xffffffff NUM_SA\n    r 0x000c {:#010x} 0xffffffff STAGES\n}}",
        plain(&pack.manifest.plan),
        pack.manifest.seed,
        design.num_sa,
        design.stages,
        registers.cases.len(),
        registers.accesses(),
        design.name_register,
        design.version_register,
        design.num_sa,
        design.stages
    );
    for case in &registers.cases {
        _ = writeln!(text, "proc {{case {}}} {{}} {{", case.name);
        for step in &case.steps {
            let address = match &step.op {
                Op::Write { addr, data, .. } => {
                    _ = write!(text, "    w {addr:#06x} {data:#010x}");
                    Some(*addr)
                }
                Op::Read {
                    addr, mask, value, ..
                } => {
                    _ = write!(text, "    r {addr:#06x} {value:#010x} {mask:#010x}");
                    Some(*addr)
                }
                Op::Poll {
                    addr,
                    mask,
                    value,
                    timeout_clocks,
                } => {
                    _ = write!(
                        text,
                        "    p {addr:#06x} {value:#010x} {mask:#010x} {timeout_clocks}"
                    );
                    Some(*addr)
                }
                Op::Wait { clocks } => {
                    _ = write!(text, "    d {clocks}");
                    None
                }
                _ => None,
            };
            let name = address.map(register_name).unwrap_or_default();
            let note = format!(
                "{} {}",
                plain(&name.replace(['[', ']'], ".")),
                plain(&step.note)
            );
            _ = writeln!(text, " {{{}}}", note.trim());
        }
        text.push_str("}\n");
    }
    text.push_str("set golden_cases {");
    for case in &registers.cases {
        _ = write!(text, "\n    {}", case.name);
    }
    _ = writeln!(text, "\n}}\nset golden_smoke {}", registers.smoke);
    text
}
