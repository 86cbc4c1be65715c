// SPDX-License-Identifier: Apache-2.0

//! Verilates the test designs, each feature of the binding in at least one model.

use std::process::ExitCode;

use verilator_build::{Build, Model};

fn main() -> ExitCode {
    verilator_build::script(|| {
        let wide = Model::new("wide", "wide_8")
            .filelist("rtl/wide.f")
            .parameter("Depth", 8)
            .lint_all(true)
            .savable(true)
            .probe("wide.g_lane[?].u_lane.probe_*")
            .probe("wide.u_tap.*")
            .memory("*.mem_q")
            .memory_if_present("*.absent");
        let deep = wide
            .named("wide_32")
            .parameter("Depth", 32)
            .share_types_with("wide_8")
            .savable(false)
            .trace_fst(false)
            .coverage(true);
        let trouble = Model::new("trouble", "trouble")
            .file("rtl/trouble.sv")
            .clock("clk");
        Build::new()?
            .model(wide)
            .model(deep)
            .model(trouble)
            .run("models.rs")
    })
}
