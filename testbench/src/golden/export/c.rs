// SPDX-License-Identifier: Apache-2.0
//! C: the cases as constant tables, with a replayer of C99 over two callbacks.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::registers::{Registers, plain, register_name};
use crate::golden::{Op, Pack};

/// `golden_vectors.h`, the replayer, and an example for a board behind a TCP port.
pub fn write(pack: &Pack, registers: &Registers) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for (name, text) in [
        (
            "golden_replay.h",
            include_str!("../../../golden/c/golden_replay.h"),
        ),
        (
            "golden_replay.c",
            include_str!("../../../golden/c/golden_replay.c"),
        ),
        (
            "example_tcp.c",
            include_str!("../../../golden/c/example_tcp.c"),
        ),
    ] {
        files.insert(name.to_owned(), text.as_bytes().to_vec());
    }
    files.insert(
        "golden_vectors.h".to_owned(),
        vectors(pack, registers).into_bytes(),
    );
    files
}

fn vectors(pack: &Pack, registers: &Registers) -> String {
    let design = &pack.manifest.design;
    let mut text = format!(
        "/* SPDX-License-Identifier: Apache-2.0 */\n\
         /* ipsec-cosim golden pack \"{}\", seed {}, NumSa {}, Stages {}: {} cases, {} register accesses.\n \
          * Made by `ipsec-cosim golden export`: do not edit. Keys in it are test keys.\n \
          * GOLDEN_NO_NOTES defined leaves the remarks out. */\n\
         #ifndef GOLDEN_VECTORS_H\n#define GOLDEN_VECTORS_H\n\n\
         #include <stddef.h>\n\n#include \"golden_replay.h\"\n\n\
         #ifdef GOLDEN_NO_NOTES\n#define GOLDEN_NOTE(text) NULL\n#else\n#define GOLDEN_NOTE(text) text\n#endif\n\n\
         /* What the registers NAME, VERSION, NUM_SA, STAGES of the device must say */\n\
         static const struct golden_design golden_design = {{ {:#010x}u, {:#010x}u, {}u, {}u }};\n\n",
        plain(&pack.manifest.plan),
        pack.manifest.seed,
        design.num_sa,
        design.stages,
        registers.cases.len(),
        registers.accesses(),
        design.name_register,
        design.version_register,
        design.num_sa,
        design.stages,
    );
    for (number, case) in registers.cases.iter().enumerate() {
        _ = writeln!(
            text,
            "static const struct golden_step golden_steps_{number}[] = {{ /* {} */",
            case.name
        );
        for step in &case.steps {
            let (op, addr, data, mask, clocks) = match &step.op {
                Op::Write { addr, data, .. } => ("WRITE", *addr, *data, 0, 0),
                Op::Read {
                    addr, mask, value, ..
                } => ("READ", *addr, *value, *mask, 0),
                Op::Poll {
                    addr,
                    mask,
                    value,
                    timeout_clocks,
                } => ("POLL", *addr, *value, *mask, *timeout_clocks),
                Op::Wait { clocks } => ("WAIT", 0, 0, 0, *clocks),
                _ => continue,
            };
            // The address says the register; words are for what it does not say.
            let note = match (step.note.as_str(), &step.op) {
                ("", _) => "NULL".to_owned(),
                (note, Op::Wait { .. }) => format!("GOLDEN_NOTE(\"{}\")", plain(note)),
                (note, _) => format!("GOLDEN_NOTE(\"{}: {}\")", register_name(addr), plain(note)),
            };
            _ = writeln!(
                text,
                "    {{ GOLDEN_{op}, {addr:#06x}u, {data:#010x}u, {mask:#010x}u, {clocks}u, {note} }},"
            );
        }
        text.push_str("};\n\n");
    }
    text.push_str("static const struct golden_case golden_cases[] = {\n");
    for (number, case) in registers.cases.iter().enumerate() {
        _ = writeln!(
            text,
            "    {{ \"{}\", golden_steps_{number}, sizeof golden_steps_{number} / sizeof golden_steps_{number}[0] }},",
            case.name
        );
    }
    _ = write!(
        text,
        "}};\n\n#define GOLDEN_CASES (sizeof golden_cases / sizeof golden_cases[0])\n\
         /* The first of them are the smoke set */\n#define GOLDEN_SMOKE_CASES {}u\n\n#endif\n",
        registers.smoke
    );
    text
}
