// SPDX-License-Identifier: Apache-2.0

//! One verilated model: what is asked for, and turning it into C++ and Rust.

use std::fmt::{Display, Write as _};
use std::fs;
use std::path::{Path, PathBuf};

use crate::filelist::Filelist;
use crate::header::{self, Direction, Port, Signal};
use crate::record::{self, Record};
use crate::{Error, Verilator};

/// One configuration of a design, to be verilated under a name of its own.
///
/// The name becomes the Rust module of the model, so it is lower-case; the C++ class is called `V`
/// and the name. `Model` is `Clone`, so that several configurations can be derived from one.
///
/// By default the model has assertions, can write FST waves, and treats every Verilator warning as
/// an error.
#[derive(Clone, Debug)]
pub struct Model {
    top: String,
    name: String,
    clock: String,
    filelists: Vec<PathBuf>,
    files: Vec<PathBuf>,
    args: Vec<String>,
    parameters: Vec<(String, String)>,
    assertions: bool,
    trace: bool,
    coverage: bool,
    savable: bool,
    lint_all: bool,
    warnings_fatal: bool,
    half_period: u64,
    probes: Vec<(String, bool)>,
    memories: Vec<(String, bool)>,
    share: Option<String>,
}

impl Model {
    /// A model called `name` of the module `top`, whose clock is `clk_i` until
    /// [`clock`](Self::clock) says otherwise.
    pub fn new(top: impl Into<String>, name: impl Into<String>) -> Self {
        Model {
            top: top.into(),
            name: name.into(),
            clock: "clk_i".into(),
            filelists: Vec::new(),
            files: Vec::new(),
            args: Vec::new(),
            parameters: Vec::new(),
            assertions: true,
            trace: true,
            coverage: false,
            savable: false,
            lint_all: false,
            warnings_fatal: true,
            half_period: 500,
            probes: Vec::new(),
            memories: Vec::new(),
            share: None,
        }
    }

    /// The same model under another name, to be changed further.
    #[must_use]
    pub fn named(&self, name: impl Into<String>) -> Self {
        Model {
            name: name.into(),
            ..self.clone()
        }
    }

    /// The clock input. It is driven by the cycle protocol and is not a field of `In`.
    #[must_use]
    pub fn clock(mut self, port: impl Into<String>) -> Self {
        self.clock = port.into();
        self
    }

    /// Adds a file list. Paths are relative to the package's folder.
    ///
    /// Known in it: sources, `-f` and `-F` (the same here: a relative path is looked for beside the
    /// list that names it, then from the workspace's root), `+incdir+`, `-I`, `-y`, `-v`, comments
    /// after `//` and `#`, and `$NAME`. Other options are passed to Verilator as they are.
    #[must_use]
    pub fn filelist(mut self, path: impl AsRef<Path>) -> Self {
        self.filelists.push(path.as_ref().to_path_buf());
        self
    }

    /// Adds a source file (SystemVerilog, or `.vlt` for Verilator's waivers), after the file lists.
    #[must_use]
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.files.push(path.as_ref().to_path_buf());
        self
    }

    /// Adds source files.
    #[must_use]
    pub fn files<P: AsRef<Path>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.files
            .extend(paths.into_iter().map(|path| path.as_ref().to_path_buf()));
        self
    }

    /// Sets a parameter of the top module. A later value for the same parameter wins.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Display) -> Self {
        let name = name.into();
        self.parameters.retain(|(known, _)| *known != name);
        self.parameters.push((name, value.to_string()));
        self
    }

    /// Adds an argument for Verilator.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Whether assertions are checked. On by default; said to Verilator always, because versions
    /// differ in their default.
    #[must_use]
    pub fn assertions(mut self, on: bool) -> Self {
        self.assertions = on;
        self
    }

    /// Whether FST waves can be written. On by default: it costs about one percent while no file is
    /// open, and a failure then needs no second build.
    #[must_use]
    pub fn trace_fst(mut self, on: bool) -> Self {
        self.trace = on;
        self
    }

    /// Whether coverage is counted. Off by default; it makes simulation several times slower.
    #[must_use]
    pub fn coverage(mut self, on: bool) -> Self {
        self.coverage = on;
        self
    }

    /// Whether the state can be saved and restored. Verilator refuses this together with coverage.
    #[must_use]
    pub fn savable(mut self, on: bool) -> Self {
        self.savable = on;
        self
    }

    /// Whether every lint of Verilator is on (`-Wall`). Off by default.
    #[must_use]
    pub fn lint_all(mut self, on: bool) -> Self {
        self.lint_all = on;
        self
    }

    /// Whether a warning of Verilator fails the build, which is the default. Otherwise Cargo shows
    /// warnings as warnings.
    #[must_use]
    pub fn warnings_fatal(mut self, on: bool) -> Self {
        self.warnings_fatal = on;
        self
    }

    /// Simulator time steps in half a clock cycle. The default, 500, makes a cycle one nanosecond at
    /// Verilator's default precision of a picosecond.
    #[must_use]
    pub fn half_period(mut self, steps: u64) -> Self {
        self.half_period = steps;
        self
    }

    /// Makes public signals readable: every signal marked `/*verilator public_flat_rd*/` whose
    /// hierarchical name matches `pattern` becomes a field of `Probe`.
    ///
    /// A name begins with the top module, as in `top.u_a.g_lane[0].u_b.data_q`. In the pattern `*`
    /// stands for any text, dots included, and `?` for any one character. A pattern that matches
    /// nothing is an error.
    #[must_use]
    pub fn probe(mut self, pattern: impl Into<String>) -> Self {
        self.probes.push((pattern.into(), true));
        self
    }

    /// Like [`probe`](Self::probe), for signals that not every configuration has.
    #[must_use]
    pub fn probe_if_present(mut self, pattern: impl Into<String>) -> Self {
        self.probes.push((pattern.into(), false));
        self
    }

    /// Makes public memories (unpacked arrays marked `/*verilator public_flat_rd*/`) readable by
    /// name. Patterns are as for [`probe`](Self::probe).
    #[must_use]
    pub fn memory(mut self, pattern: impl Into<String>) -> Self {
        self.memories.push((pattern.into(), true));
        self
    }

    /// Like [`memory`](Self::memory), for memories that not every configuration has.
    #[must_use]
    pub fn memory_if_present(mut self, pattern: impl Into<String>) -> Self {
        self.memories.push((pattern.into(), false));
        self
    }

    /// Uses the types `In` and `Out` of the model called `name` of the same build instead of own
    /// ones. It is an error if the ports differ.
    #[must_use]
    pub fn share_types_with(mut self, name: impl Into<String>) -> Self {
        self.share = Some(name.into());
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn config_error(&self, reason: impl Into<String>) -> Error {
        Error::Config {
            model: self.name.clone(),
            reason: reason.into(),
        }
    }

    /// Finds what is wrong with the request itself.
    pub(crate) fn check(&self, others: &[Model]) -> Result<(), Error> {
        let mut letters = self.name.chars();
        let lower = |c: char| c.is_ascii_lowercase();
        if !letters.next().is_some_and(lower)
            || !letters.all(|c| lower(c) || c.is_ascii_digit() || c == '_')
            || self.name.contains("__")
        {
            return Err(self.config_error(
                "a name is made of lower-case letters, digits and single underscores",
            ));
        }
        if others
            .iter()
            .filter(|other| other.name == self.name)
            .count()
            > 1
        {
            return Err(self.config_error("there are two models of this name"));
        }
        if self.coverage && self.savable {
            return Err(self.config_error("coverage and savable exclude each other"));
        }
        if self.half_period == 0 {
            return Err(self.config_error("half_period must not be zero"));
        }
        if let Some(share) = &self.share
            && !others
                .iter()
                .any(|other| other.name == *share && other.share.is_none())
        {
            return Err(self.config_error(format!(
                "share_types_with(\"{share}\") names no model that has types of its own"
            )));
        }
        Ok(())
    }

    /// Runs Verilator with `folder` as its output folder and reads the result.
    pub(crate) fn verilate(
        &self,
        verilator: &Verilator,
        folder: &Path,
    ) -> Result<Verilated<'_>, Error> {
        let root = crate::workspace_root();
        let package = crate::package_dir();
        let mut list = Filelist::default();
        for path in &self.filelists {
            list.read(&package.join(path), &root)?;
        }
        for path in &self.files {
            let path = package.join(path);
            fs::metadata(&path).map_err(|e| Error::io("read", &path, e))?;
            list.sources.push(path);
        }
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|e| Error::io("remove", folder, e))?;
        }
        fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;

        let mut command = verilator.command();
        command
            // Sources are named relative to the root, so that messages are short and the generated
            // code does not depend on where the checkout is.
            .current_dir(&root)
            .args([
                "--cc",
                "-sv",
                "-O3",
                "--x-assign",
                "unique",
                "--x-initial",
                "unique",
            ])
            .args([
                "--top-module",
                &self.top,
                "--prefix",
                &self.class(),
                "--Mdir",
            ])
            .arg(folder)
            .arg(if self.assertions {
                "--assert"
            } else {
                "--no-assert"
            });
        for (on, option) in [
            (self.trace, "--trace-fst"),
            // Not --coverage: with 5.048 its part for expressions ends in an internal error on comparisons of concatenations.
            (self.coverage, "--coverage-line"),
            (self.coverage, "--coverage-toggle"),
            (self.savable, "--savable"),
            (self.lint_all, "-Wall"),
            (!self.warnings_fatal, "-Wno-fatal"),
        ] {
            if on {
                command.arg(option);
            }
        }
        command.args(
            self.parameters
                .iter()
                .map(|(name, value)| format!("-G{name}={value}")),
        );
        command.args(&self.args).args(&list.options);
        command.args(
            list.sources
                .iter()
                .map(|source| crate::relative(source, &root)),
        );
        let output = command
            .output()
            .map_err(|source| Error::VerilatorUnusable {
                executable: verilator.executable().to_path_buf(),
                reason: source.to_string(),
            })?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            let output = text + &String::from_utf8_lossy(&output.stdout);
            return Err(Error::Verilate {
                model: self.name.clone(),
                output,
            });
        }
        for line in text.lines().filter(|line| line.starts_with('%')) {
            println!("cargo::warning={line}");
        }
        for path in list.lists.into_iter().chain(self.inputs(folder, &root)?) {
            println!("cargo::rerun-if-changed={}", path.display());
        }
        self.read_back(folder)
    }

    /// Every file that Verilator read, included ones too.
    fn inputs(&self, folder: &Path, root: &Path) -> Result<Vec<PathBuf>, Error> {
        let text = self.generated(folder, "__verFiles.dat")?;
        Ok(text
            .lines()
            .filter(|line| line.starts_with("S "))
            .filter_map(|line| line.strip_suffix('"')?.rsplit_once('"'))
            .map(|(_, path)| root.join(path))
            .filter(|path| path.exists())
            .collect())
    }

    fn class(&self) -> String {
        format!("V{}", self.name)
    }

    fn generated(&self, folder: &Path, suffix: &str) -> Result<String, Error> {
        let path = folder.join(format!("{}{suffix}", self.class()));
        fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))
    }

    fn not_understood(&self, reason: impl Into<String>) -> Error {
        Error::Generated {
            model: self.name.clone(),
            reason: reason.into(),
        }
    }

    fn read_back(&self, folder: &Path) -> Result<Verilated<'_>, Error> {
        let ports = header::ports(&self.generated(folder, ".h")?)
            .map_err(|reason| self.not_understood(reason))?;
        if !ports.iter().any(|port| {
            port.name == self.clock && port.direction == Direction::In && port.bits == 1
        }) {
            return Err(self.config_error(format!("`{}` is no one-bit input", self.clock)));
        }
        let side = |direction| {
            let side = ports
                .iter()
                .filter(move |p| p.direction == direction && p.name != self.clock);
            side.map(|port: &Port| (port.name.clone(), format!("top->{}", port.cpp), port.bits))
        };
        let mut sources = String::new();
        for path in sources_in(folder)? {
            let symbols = format!("{}__Syms", self.class());
            if path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(&symbols))
            {
                sources += &fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))?;
            }
        }
        let symbols_header = self.generated(folder, "__Syms.h")?;
        let class_header = |class: &str| {
            let path = folder.join(format!("{class}.h"));
            fs::read_to_string(&path).map_err(|e| Error::io("read", &path, e))
        };
        let signals = header::public_signals(&symbols_header, &sources, class_header)?;
        let variables = header::all_variables(&symbols_header, class_header)?;
        let (memories, plain): (Vec<_>, Vec<_>) = signals
            .into_iter()
            .partition(|signal| !signal.dims.is_empty());
        let probes = self.select(&self.probes, plain, "signal")?;
        let memories = self.select(&self.memories, memories, "memory")?;
        let place = |place: &str| format!("top->rootp->vlSymsp->{place}");
        let probe = Record::new(
            "Probe",
            probes
                .into_iter()
                .map(|s| (s.name, place(&s.place), s.bits)),
        );
        Ok(Verilated {
            model: self,
            folder: folder.to_path_buf(),
            clock: ports
                .iter()
                .find(|port| port.name == self.clock)
                .map(|port| port.cpp.clone())
                .unwrap_or_default(),
            input: Record::new("In", side(Direction::In)),
            output: Record::new("Out", side(Direction::Out)),
            probe,
            memories: memories
                .into_iter()
                .map(|signal| Memory {
                    place: place(&signal.place),
                    depth: signal.dims.iter().product(),
                    name: signal.name,
                    bits: signal.bits,
                })
                .collect(),
            variables,
        })
    }

    /// Those of `signals` that a pattern asks for.
    fn select(
        &self,
        patterns: &[(String, bool)],
        signals: Vec<Signal>,
        what: &str,
    ) -> Result<Vec<Signal>, Error> {
        for (pattern, required) in patterns {
            if *required
                && !signals
                    .iter()
                    .any(|signal| header::matches(pattern, &signal.name))
            {
                let mut names: Vec<_> = signals.iter().map(|signal| signal.name.as_str()).collect();
                names.truncate(20);
                return Err(self.config_error(format!(
                    "`{pattern}` matches no {what} that is marked public_flat_rd (there are: {})",
                    if names.is_empty() {
                        "none".to_string()
                    } else {
                        names.join(", ")
                    }
                )));
            }
        }
        Ok(signals
            .into_iter()
            .filter(|s| {
                patterns
                    .iter()
                    .any(|(pattern, _)| header::matches(pattern, &s.name))
            })
            .collect())
    }
}

/// The C++ files in a folder, sorted.
pub(crate) fn sources_in(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(|e| Error::io("read", folder, e))?;
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "cpp"))
        .collect();
    paths.sort();
    Ok(paths)
}

/// A memory that is readable.
#[derive(Debug)]
struct Memory {
    name: String,
    place: String,
    bits: u32,
    depth: u64,
}

/// A model after Verilator's run.
#[derive(Debug)]
pub(crate) struct Verilated<'a> {
    pub(crate) model: &'a Model,
    pub(crate) folder: PathBuf,
    clock: String,
    input: Record,
    output: Record,
    probe: Record,
    memories: Vec<Memory>,
    /// Every variable: name and place in the symbol table class.
    variables: Vec<(String, String)>,
}

impl Verilated<'_> {
    /// The shim between the model and the runtime crate. What is the same for all models is in the
    /// runtime's `vrs_model.h`; generated is only what depends on ports and signals.
    pub(crate) fn shim(&self) -> String {
        let Model {
            name,
            trace,
            coverage,
            savable,
            half_period,
            ..
        } = self.model;
        let class = self.model.class();
        let mut text = format!(
            "// Generated by verilator-build.\n\
             #include \"{class}.h\"\n#include \"{class}__Syms.h\"\n#include \"vrs_model.h\"\n\
             #include <cstring>\n\nnamespace {{\n\n"
        );
        for record in [&self.input, &self.output, &self.probe] {
            text += &record.cpp();
            text.push('\n');
        }
        let _ = write!(
            text,
            "struct Binding final {{\n    \
             using Top = {class};\n    using In = ::In;\n    using Out = ::Out;\n    \
             using Probe = ::Probe;\n    \
             static constexpr bool TRACE = {trace};\n    \
             static constexpr bool COVERAGE = {coverage};\n    \
             static constexpr bool SAVABLE = {savable};\n    \
             static constexpr uint64_t HALF_PERIOD = {half_period};\n\n    \
             static inline void clock(Top* top, uint8_t level) {{ top->{} = level; }}\n\n    \
             static inline void drive(Top* top, const In& record) {{\n{}    }}\n\n    \
             static inline void sample(Top* top, Out& record) {{\n{}    }}\n\n    \
             static inline void probe(Top* top, Probe& record) {{\n{}    }}\n\n    \
             static const void* memory(Top* top, size_t index) {{\n        switch (index) {{\n",
            self.clock,
            self.input.cpp_write(),
            self.output.cpp_read(),
            self.probe.cpp_read(),
        );
        for (
            index,
            Memory {
                place, bits, depth, ..
            },
        ) in self.memories.iter().enumerate()
        {
            let size = u64::from(record::bytes(*bits)) * depth;
            let _ = writeln!(
                text,
                "        case {index}:\n            \
                 static_assert(sizeof({place}) == {size}, \"layout\");\n            \
                 return &{place};"
            );
        }
        let mut variables = String::new();
        for (name, place) in &self.variables {
            let _ = writeln!(
                variables,
                "            {{\"{name}\", offsetof(Syms, {place}), sizeof(Syms::{place})}},"
            );
        }
        let _ = write!(
            text,
            "        default: return nullptr;\n        }}\n    }}\n\n    \
             static const {class}__Syms* state(Top* top) {{ return top->rootp->vlSymsp; }}\n\n    \
             static const vrs::Variable* variables(size_t* count) {{\n        \
             using Syms = {class}__Syms;\n        \
             static const vrs::Variable table[] = {{\n{variables}            {{nullptr, 0, 0}},\n        }};\n        \
             *count = sizeof(table) / sizeof(table[0]) - 1;\n        \
             return table;\n    }}\n}};\n\n}}  // namespace\n\n\
             extern \"C\" {{\n\
             extern const vrs::Vtable {name}_vtable;\n\
             const vrs::Vtable {name}_vtable = vrs::Shim<Binding>::VTABLE;\n\n\
             uint64_t {name}_bench_loop(vrs::Instance*, const void*, size_t, uint64_t);\n\
             uint64_t {name}_bench_loop(vrs::Instance* instance, const void* inputs, size_t n_inputs,\n    \
             uint64_t cycles) {{\n    \
             return vrs::Shim<Binding>::bench_loop(instance, inputs, n_inputs, cycles);\n}}\n}}\n"
        );
        text
    }

    /// The Rust module of the model. `others` are all models of the build.
    pub(crate) fn rust(&self, others: &[Verilated<'_>]) -> Result<String, Error> {
        let Model {
            name,
            top,
            clock,
            trace,
            coverage,
            savable,
            half_period,
            ..
        } = self.model;
        let parameters = &self.model.parameters;
        let list: Vec<_> = parameters
            .iter()
            .map(|(n, v)| format!("`{n}` = {v}"))
            .collect();
        let list = if list.is_empty() {
            String::new()
        } else {
            format!(" with {}", list.join(", "))
        };
        let mut text = format!(
            "/// The module `{top}`{list}, verilated.\n\
             #[allow(unsafe_code, non_snake_case, clippy::all, clippy::pedantic)]\n\
             pub mod {name} {{\n"
        );
        if let Some(share) = &self.model.share {
            let owner = others.iter().find(|other| other.model.name == *share);
            if !owner
                .is_some_and(|o| o.input.same_as(&self.input) && o.output.same_as(&self.output))
            {
                return Err(self.model.config_error(format!(
                    "its ports are not those of `{share}`, so it cannot share that model's types"
                )));
            }
            let _ = writeln!(text, "pub use super::{share}::{{In, Out}};\n");
        } else {
            text += &self.input.rust(&format!(
                "The inputs of `{top}`, without its clock `{clock}`."
            ));
            text += &self.output.rust(&format!("The outputs of `{top}`."));
        }
        text += &self.probe.rust("The internal signals that can be sampled.");
        let mut memories = String::new();
        for Memory {
            name, bits, depth, ..
        } in &self.memories
        {
            let stride = record::bytes(*bits);
            let _ = writeln!(
                memories,
                "        verilator_rs::Memory {{ name: \"{name}\", bits: {bits}, depth: {depth}, \
                 stride: {stride} }},"
            );
        }
        let mut values = String::new();
        for (name, value) in parameters {
            let _ = write!(values, "({name:?}, {value:?}), ");
        }
        let _ = write!(
            text,
            "unsafe extern \"C\" {{\n    \
             static {name}_vtable: verilator_rs::Vtable;\n}}\n\n\
             /// Type that stands for this model.\n\
             #[derive(Clone, Copy, Debug)]\npub enum Model {{}}\n\n\
             // SAFETY: the table is that of the shim generated together with these types, whose\n\
             // layouts are checked on both sides.\n\
             unsafe impl verilator_rs::Model for Model {{\n    \
             type In = In;\n    type Out = Out;\n    type Probe = Probe;\n    \
             const NAME: &'static str = \"{name}\";\n    \
             const TOP: &'static str = \"{top}\";\n    \
             const PARAMETERS: &'static [(&'static str, &'static str)] = &[{values}];\n    \
             const MEMORIES: &'static [verilator_rs::Memory] = &[\n{memories}    ];\n    \
             const TRACE: bool = {trace};\n    \
             const COVERAGE: bool = {coverage};\n    \
             const SAVABLE: bool = {savable};\n    \
             const HALF_PERIOD: u64 = {half_period};\n    \
             fn vtable() -> &'static verilator_rs::Vtable {{\n        \
             // SAFETY: a constant of the shim, never written.\n        \
             unsafe {{ &{name}_vtable }}\n    }}\n}}\n\n\
             /// An instance of this model.\n\
             pub type Dut = verilator_rs::Dut<Model>;\n}}\n\n"
        );
        Ok(text)
    }
}

impl Record {
    /// Whether both have the same fields in the same places.
    fn same_as(&self, other: &Record) -> bool {
        let shape = |record: &Record| -> Vec<_> {
            record
                .fields
                .iter()
                .map(|f| (f.name.clone(), f.bits, f.offset))
                .collect()
        };
        shape(self) == shape(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(model: &Model, others: &[Model]) -> String {
        model.check(others).expect_err("impossible").to_string()
    }

    #[test]
    fn impossible_requests_are_refused_in_one_sentence() {
        let good = Model::new("top", "small");
        let all = [good.clone(), good.named("large").share_types_with("small")];
        assert!(all.iter().all(|model| model.check(&all).is_ok()));

        for name in ["", "Big", "2x", "a__b", "a-b"] {
            assert!(
                refused(&good.named(name), &[]).contains("lower-case letters"),
                "{name}"
            );
        }
        let twice = [good.clone(), good.clone()];
        assert_eq!(
            refused(&good, &twice),
            "model `small`: there are two models of this name"
        );
        let both = good.clone().coverage(true).savable(true);
        assert!(refused(&both, &[]).contains("exclude each other"));
        let share = all[1].clone().share_types_with("large");
        assert!(refused(&share, &all).contains("names no model that has types of its own"));
    }

    #[test]
    fn a_later_parameter_value_wins() {
        let model = Model::new("top", "a")
            .parameter("N", 1)
            .parameter("M", 2)
            .parameter("N", 3);
        let expected = [("M", "2"), ("N", "3")].map(|(n, v)| (n.to_string(), v.to_string()));
        assert_eq!(model.parameters, expected);
    }

    #[test]
    fn patterns_that_match_nothing_are_refused_unless_optional() {
        let signal = |name: &str| Signal {
            name: name.into(),
            place: format!("TOP.{name}"),
            bits: 1,
            dims: Vec::new(),
        };
        let signals = vec![signal("top.u_a.x"), signal("top.u_b.x")];
        let model = Model::new("top", "a")
            .probe("*.u_a.*")
            .probe_if_present("*.u_c.*");
        let chosen = model
            .select(&model.probes, signals.clone(), "signal")
            .unwrap();
        assert_eq!(chosen, [signal("top.u_a.x")]);
        let model = model.probe("*.u_d.*");
        let error = model
            .select(&model.probes, signals, "signal")
            .unwrap_err()
            .to_string();
        assert!(error.contains("`*.u_d.*` matches no signal"), "{error}");
        assert!(
            error.contains("(there are: top.u_a.x, top.u_b.x)"),
            "{error}"
        );
    }
}
