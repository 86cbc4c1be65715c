// SPDX-License-Identifier: Apache-2.0
//! IEEE 1687: the registers as ICL, the cases as PDL of level 0.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::poll_clocks;
use super::registers::{Registers, identifier, plain, register_name};
use crate::error::Error;
use crate::golden::{Op, Pack};

/// `ipsec_offload.icl` with every register that a case touches, `golden.pdl` with an `iProc` a case.
///
/// Level 0 has no loops: a poll is an `iRunLoop` of twice the clocks that it took in simulation, and then a read.
///
/// # Errors
/// A case does not run on the model.
pub fn write(pack: &Pack, registers: &Registers) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut names = BTreeMap::new();
    let mut text = format!(
        "# SPDX-License-Identifier: Apache-2.0\n\
         # ipsec-cosim golden pack '{}', seed {}, NumSa {}, Stages {}: {} cases, {} register accesses. Keys are test keys.\n\
         # The clock of iRunLoop -sck is clk_i.\n\
         iPDLLevel 0 -version STD_1687_2014;\niProcsForModule ipsec_offload;\n",
        plain(&pack.manifest.plan),
        pack.manifest.seed,
        pack.manifest.design.num_sa,
        pack.manifest.design.stages,
        registers.cases.len(),
        registers.accesses(),
    );
    let design = &pack.manifest.design;
    let mut name_of = |address: u16| {
        let name = identifier(address);
        names.insert(address, name.clone());
        name
    };
    _ = writeln!(text, "\niProc golden_design {{}} {{");
    for (address, value) in [
        (0x0000, design.name_register),
        (0x0004, design.version_register),
        (0x0008, design.num_sa),
        (0x000c, design.stages),
    ] {
        read(&mut text, &name_of(address), value, u32::MAX);
    }
    text.push_str("}\n");
    for case in &registers.cases {
        let polls = poll_clocks::measure(case, design.config())?;
        let mut polls = polls.into_iter();
        _ = writeln!(text, "\niProc {} {{}} {{", case.name.replace('-', "_"));
        for step in &case.steps {
            if !step.note.is_empty() {
                _ = writeln!(text, "  iNote -comment \"{}\";", plain(&step.note));
            }
            match &step.op {
                Op::Write { addr, data, .. } => {
                    _ = writeln!(text, "  iWrite {} 0x{data:08x};\n  iApply;", name_of(*addr));
                }
                Op::Read {
                    addr, mask, value, ..
                } => read(&mut text, &name_of(*addr), *value, *mask),
                Op::Poll {
                    addr, mask, value, ..
                } => {
                    let took = polls.next().unwrap_or_default();
                    let clocks = (2 * took).max(16);
                    _ = writeln!(text, "  iRunLoop {clocks} -sck clk_i;");
                    read(&mut text, &name_of(*addr), *value, *mask);
                }
                Op::Wait { clocks } => {
                    _ = writeln!(text, "  iRunLoop {clocks} -sck clk_i;");
                }
                _ => {}
            }
        }
        text.push_str("}\n");
    }
    let mut icl = String::from(
        "// SPDX-License-Identifier: Apache-2.0\n\
         // The registers of ipsec_offload as an instrument with an address, as a bridge from the test port to\n\
         // AXI4-Lite has it. Data is 32 bits wide; AddressValue is the byte address.\n\
         Module ipsec_offload {\n  ClockPort clk_i;\n  AddressPort address[15:0];\n  DataInPort wdata[31:0];\n  \
         WriteEnPort write;\n  ReadEnPort read;\n  DataOutPort rdata[31:0];\n",
    );
    for (address, name) in &names {
        _ = writeln!(
            icl,
            "  DataRegister {name}[31:0] {{ AddressValue 16'h{address:04x}; }} // {}",
            register_name(*address)
        );
    }
    icl.push_str("}\n");
    _ = writeln!(text, "\n# The smoke set, then the others");
    _ = writeln!(text, "iProc golden_smoke {{}} {{\n  iCall golden_design;");
    for case in &registers.cases[..registers.smoke] {
        _ = writeln!(text, "  iCall {};", case.name.replace('-', "_"));
    }
    text.push_str("}\niProc golden_others {} {\n");
    for case in &registers.cases[registers.smoke..] {
        _ = writeln!(text, "  iCall {};", case.name.replace('-', "_"));
    }
    text.push_str("}\n");
    Ok(BTreeMap::from([
        ("golden.pdl".to_owned(), text.into_bytes()),
        ("ipsec_offload.icl".to_owned(), icl.into_bytes()),
    ]))
}

/// A read: hexadecimal if all bits count, else binary with x where none does.
fn read(text: &mut String, name: &str, value: u32, mask: u32) {
    if mask == u32::MAX {
        _ = writeln!(text, "  iRead {name} 0x{value:08x};\n  iApply;");
        return;
    }
    let bits: String = (0..32)
        .rev()
        .map(|bit| match (mask >> bit & 1, value >> bit & 1) {
            (0, _) => 'x',
            (_, 0) => '0',
            _ => '1',
        })
        .collect();
    _ = writeln!(text, "  iRead {name} 0b{bits};\n  iApply;");
}
