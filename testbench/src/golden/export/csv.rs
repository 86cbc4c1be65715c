// SPDX-License-Identifier: Apache-2.0
//! CSV for testers: one register access a line.

use std::fmt::Write;

use super::registers::{Registers, plain, register_name};
use crate::golden::{Op, Pack};

/// `case,step,op,address,data,mask,timeout_clocks,note`: numbers of address, data and mask in hexadecimal.
///
/// `write` writes data. `read` reads and compares the bits of mask. `poll` reads until they are, for at most
/// timeout_clocks clocks. `wait` lets timeout_clocks clocks pass. The lines of a case stand together, the smoke set first.
pub fn write(pack: &Pack, registers: &Registers) -> String {
    let mut text = format!(
        "# ipsec-cosim golden pack '{}', seed {}, NumSa {}, Stages {}. Keys are test keys.\n\
         # {} cases, the first {} are the smoke set\n\
         case,step,op,address,data,mask,timeout_clocks,note\n",
        pack.manifest.plan,
        pack.manifest.seed,
        pack.manifest.design.num_sa,
        pack.manifest.design.stages,
        registers.cases.len(),
        registers.smoke,
    );
    for case in &registers.cases {
        for (k, step) in case.steps.iter().enumerate() {
            _ = write!(text, "{},{k},{},", case.name, step.op.name());
            let address = match &step.op {
                Op::Write { addr, data, .. } => {
                    _ = write!(text, "0x{addr:04x},0x{data:08x},,");
                    Some(*addr)
                }
                Op::Read {
                    addr, mask, value, ..
                } => {
                    _ = write!(text, "0x{addr:04x},0x{value:08x},0x{mask:08x},");
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
                        "0x{addr:04x},0x{value:08x},0x{mask:08x},{timeout_clocks}"
                    );
                    Some(*addr)
                }
                Op::Wait { clocks } => {
                    _ = write!(text, ",,,{clocks}");
                    None
                }
                _ => None,
            };
            let name = address.map(register_name).unwrap_or_default();
            let note = plain(&step.note).replace(',', ";");
            let between = if name.is_empty() || note.is_empty() {
                ""
            } else {
                ": "
            };
            _ = writeln!(text, ",{name}{between}{note}");
        }
    }
    text
}
