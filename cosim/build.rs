// SPDX-License-Identifier: Apache-2.0
//! Verilates the device in each of its configurations, and the GCM core as a unit.
//!
//! `IPSEC_RTL_DIR` names another folder of RTL than the workspace's `rtl` (a relative one is taken from
//! the workspace); `IPSEC_CONFIGS` keeps only some configurations, as `1024x2,16x1`, for quick work;
//! `IPSEC_COVERAGE=1` makes the device count what of its source is exercised, which makes it several times slower.

use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "rtl")]
    return rtl::main();
    #[cfg(not(feature = "rtl"))]
    ExitCode::SUCCESS
}

#[cfg(feature = "rtl")]
mod rtl {
    use std::fmt::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;
    use std::{env, fs};

    use verilator_build::{Build, Error, Model};

    /// (`NumSa`, `Stages`)
    const CONFIGS: [(u32, u32); 4] = [(16, 1), (1024, 2), (16, 4), (16384, 2)];

    pub fn main() -> ExitCode {
        println!("cargo::rerun-if-env-changed=IPSEC_RTL_DIR");
        println!("cargo::rerun-if-env-changed=IPSEC_CONFIGS");
        println!("cargo::rerun-if-env-changed=IPSEC_COVERAGE");
        let rtl = Path::new("..").join(env::var_os("IPSEC_RTL_DIR").unwrap_or("rtl".into()));
        match wanted().and_then(|configs| Ok((describe(&configs)?, configs))) {
            Ok(((), configs)) => verilator_build::script(|| build(&rtl, &configs)),
            Err(error) => {
                println!("cargo::error={error}");
                ExitCode::SUCCESS
            }
        }
    }

    fn counts_coverage() -> bool {
        env::var_os("IPSEC_COVERAGE").is_some_and(|value| value == "1")
    }

    /// The configurations to build.
    fn wanted() -> Result<Vec<(u32, u32)>, String> {
        let list = env::var("IPSEC_CONFIGS").unwrap_or_default();
        if list.is_empty() {
            return Ok(CONFIGS.to_vec());
        }
        let known = CONFIGS.map(|(n, s)| format!("{n}x{s}"));
        let named = list.split(',').map(str::trim).map(|name| {
            let at = known.iter().position(|k| k == name);
            at.map(|at| CONFIGS[at]).ok_or_else(|| {
                let known = known.join(",");
                format!("IPSEC_CONFIGS names '{name}': expected some of {known}")
            })
        });
        named.collect()
    }

    /// Writes the table of what is built, from which `src/rtl.rs` chooses.
    fn describe(configs: &[(u32, u32)]) -> Result<(), String> {
        let mut table = String::from("const BUILT: &[Built] = &[\n");
        for (n, s) in configs {
            let _ = writeln!(
                table,
                "    Built {{ config: DeviceConfig::new({n}, {s}), \
                 open: open::<verilated::ipsec_{n}x{s}::Model> }},"
            );
        }
        // All models have the pins of the first.
        let (n, s) = configs.first().unwrap_or(&CONFIGS[0]);
        let counts = counts_coverage();
        let _ = writeln!(
            table,
            "];\n/// Whether the RTL of this program counts what of its source is exercised.\n\
             pub const COUNTS_COVERAGE: bool = {counts};"
        );
        let _ = writeln!(table, "use verilated::ipsec_{n}x{s}::{{In, Out}};");
        let out = env::var_os("OUT_DIR").map_or_else(env::temp_dir, PathBuf::from);
        let path = out.join("built.rs");
        fs::write(&path, table).map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    fn build(rtl: &Path, configs: &[(u32, u32)]) -> Result<(), Error> {
        let device = Model::new("ipsec_offload", "ipsec")
            .filelist(rtl.join("ipsec_offload.f"))
            // Members of a struct are signals of their own in a wave; a whole one would be too wide.
            .arg("--trace-structs")
            .coverage(counts_coverage())
            .probe("*u_probe*")
            .memory_if_present("*");
        let mut build = Build::new()?;
        let mut first: Option<String> = None;
        for (num_sa, stages) in configs {
            let name = format!("ipsec_{num_sa}x{stages}");
            let mut model = device
                .named(&name)
                .parameter("NumSa", num_sa)
                .parameter("Stages", stages)
                // As `DeviceConfig::sa_counters` says: both forms are built. One bit wide, or Verilator 5.006 warns.
                .parameter(
                    "SaCounters",
                    if (*num_sa, *stages) == (16384, 2) {
                        "1'b0"
                    } else {
                        "1'b1"
                    },
                );
            match &first {
                Some(first) => model = model.share_types_with(first),
                None => first = Some(name),
            }
            build = build.model(model);
        }
        let unit = Model::new("gcm_unit_top", "gcm_unit")
            .filelist(rtl.join("ipsec_offload.f"))
            .file(rtl.join("unit/gcm_unit_top.sv"));
        build.model(unit).run("verilated.rs")
    }
}
