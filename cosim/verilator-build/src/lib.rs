// SPDX-License-Identifier: Apache-2.0

//! Build-script support for simulating SystemVerilog in Rust.
//!
//! A build script describes [`Model`]s and hands them to a [`Build`], which runs Verilator on each,
//! reads the ports from the header that Verilator wrote, generates a C++ shim and the matching Rust
//! types, and compiles all of it. The result is one Rust file with a module for each model, to be
//! included in the crate; the crate `verilator-rs` (a direct dependency of the same package) gives
//! life to it.
//!
//! ```no_run
//! use verilator_build::{Build, Model};
//!
//! fn main() -> std::process::ExitCode {
//!     verilator_build::script(|| {
//!         let small = Model::new("fifo", "fifo_16").filelist("rtl/fifo.f").parameter("Depth", 16);
//!         let large = small.named("fifo_1024").parameter("Depth", 1024).share_types_with("fifo_16");
//!         Build::new()?.model(small).model(large).run("fifo.rs")
//!     })
//! }
//! ```
//!
//! and in the crate
//!
//! ```ignore
//! pub mod rtl {
//!     include!(concat!(env!("OUT_DIR"), "/fifo.rs"));
//! }
//! let mut dut = rtl::fifo_16::Dut::new(1)?;
//! ```
//!
//! Which Verilator is used is told at [`Verilator`]. Compiled objects are kept in the folder that
//! `IPSEC_CACHE` names, else in `cache` of the tools folder, so that another profile or a
//! `cargo clean` does not compile them again; an empty `IPSEC_CACHE` turns that off.

mod compile;
mod error;
mod filelist;
mod header;
mod install;
mod model;
mod record;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

pub use error::Error;
pub use install::{Verilator, Version, tools_dir};
pub use model::Model;

use compile::{Compiler, Unit};

/// Runs a build script's work and shows an error as an error of Cargo, without the noise of a
/// panic.
pub fn script(work: impl FnOnce() -> Result<(), Error>) -> ExitCode {
    if let Err(error) = work() {
        println!("cargo::error={error}");
        for line in error.details() {
            println!("cargo::error={line}");
        }
    }
    // Cargo fails the build because of the lines above; a status would add its own explanation.
    ExitCode::SUCCESS
}

/// The models of one package.
#[derive(Debug)]
pub struct Build {
    verilator: Verilator,
    runtime: PathBuf,
    models: Vec<Model>,
}

impl Build {
    /// A build with the Verilator that the runtime crate was compiled for.
    ///
    /// # Errors
    ///
    /// If `verilator-rs` is not a direct dependency of the package, or its Verilator is gone.
    pub fn new() -> Result<Self, Error> {
        let from_runtime = |name: &str| {
            env::var_os(name)
                .map(PathBuf::from)
                .ok_or_else(|| Error::Config {
                    model: "(all)".into(),
                    reason: "verilator-rs must be among the package's [dependencies]".into(),
                })
        };
        let runtime = from_runtime("DEP_VERILATED_INCLUDE")?;
        let verilator = Verilator::at(&from_runtime("DEP_VERILATED_EXECUTABLE")?)?;
        Ok(Build {
            verilator,
            runtime,
            models: Vec::new(),
        })
    }

    /// The Verilator that is used, for models that depend on its version.
    pub fn verilator(&self) -> &Verilator {
        &self.verilator
    }

    /// Adds a model.
    #[must_use]
    pub fn model(mut self, model: Model) -> Self {
        self.models.push(model);
        self
    }

    /// Verilates, generates and compiles all models, and writes their Rust modules to the file
    /// called `file_name` in `OUT_DIR`.
    ///
    /// # Errors
    ///
    /// Anything that [`Error`] tells.
    pub fn run(self, file_name: &str) -> Result<(), Error> {
        let out = out_dir();
        for model in &self.models {
            model.check(&self.models)?;
        }
        let verilated = compile::parallel(&self.models, |model| {
            model.verilate(&self.verilator, &out.join(model.name()))
        })?;
        let mut rust = String::new();
        let mut units: Vec<Vec<Unit>> = Vec::new();
        for one in &verilated {
            rust += &one.rust(&verilated)?;
            let sources = model::sources_in(&one.folder)?;
            let shim = one.folder.join("shim.cpp");
            fs::write(&shim, one.shim()).map_err(|e| Error::io("write", &shim, e))?;
            let mut of_model = compile::units(&sources, &one.folder)?;
            of_model.push(Unit {
                object: shim.with_extension("o"),
                source: shim,
                includes: vec![one.folder.clone(), self.runtime.clone()],
                level: 3,
                weight: 0,
            });
            units.push(of_model);
        }
        let compiler = Compiler::new(&self.verilator, &self.runtime)?;
        let counts: Vec<usize> = units.iter().map(Vec::len).collect();
        let all: Vec<Unit> = units.into_iter().flatten().collect();
        let mut objects = compiler.compile(&all)?;
        for (one, count) in verilated.iter().zip(counts) {
            let rest = objects.split_off(count);
            compiler.archive(&objects, &format!("vrs_{}", one.model.name()))?;
            objects = rest;
        }
        let path = out.join(file_name);
        fs::write(&path, rust).map_err(|e| Error::io("write", &path, e))
    }
}

/// Compiles Verilator's runtime library; for the build script of `verilator-rs` alone.
///
/// `folder` holds that crate's C++ headers and sources.
///
/// # Errors
///
/// If there is no usable Verilator, or the C++ compiler fails.
pub fn build_runtime(folder: &Path) -> Result<(), Error> {
    let verilator = Verilator::find()?;
    let out = out_dir();
    let compiler = Compiler::new(&verilator, folder)?;
    let include = verilator.include_dir();
    let parts = [
        "",
        "_cov",
        "_dpi",
        "_fst_c",
        "_probdist",
        "_save",
        "_threads",
    ];
    let sources = parts
        .iter()
        .map(|part| include.join(format!("verilated{part}.cpp")));
    let sources = sources.chain(model::sources_in(folder)?);
    let mut units = Vec::new();
    for source in sources.filter(|source| source.is_file()) {
        let name = source
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let weight = fs::metadata(&source)
            .map_err(|e| Error::io("read", &source, e))?
            .len();
        units.push(Unit {
            object: out.join(name).with_extension("o"),
            source,
            includes: vec![folder.to_path_buf()],
            level: 2,
            weight,
        });
    }
    let objects = compiler.compile(&units)?;
    compiler.archive(&objects, "vrs_runtime")?;
    println!("cargo::rustc-link-lib=dylib=z");
    if verilator.fst_needs_lz4() {
        println!("cargo::rustc-link-lib=dylib=lz4");
    }
    println!("cargo::rustc-link-lib=dylib=pthread");
    if compiler.is_clang() {
        println!("cargo::rustc-link-lib=dylib=atomic");
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::metadata=include={}", folder.display());
    println!(
        "cargo::metadata=executable={}",
        verilator.executable().display()
    );
    Ok(())
}

fn out_dir() -> PathBuf {
    env::var_os("OUT_DIR").map_or_else(env::temp_dir, PathBuf::from)
}

/// The folder of the package whose build script runs.
fn package_dir() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .or_else(|| env::current_dir().ok())
        .unwrap_or_default()
}

/// The folder of the workspace: the nearest one above with a manifest that says so.
fn workspace_root() -> PathBuf {
    let package = package_dir();
    package
        .ancestors()
        .find(|dir| {
            fs::read_to_string(dir.join("Cargo.toml"))
                .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
        })
        .unwrap_or(&package)
        .to_path_buf()
}

/// `path` relative to `root` if it lies below, else in full.
fn relative(path: &Path, root: &Path) -> PathBuf {
    let full = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
    full.strip_prefix(&root)
        .map(Path::to_path_buf)
        .unwrap_or(full)
}
