// SPDX-License-Identifier: Apache-2.0
//! What the two fuzz targets share: counts, and what a finding looks like.
#![forbid(unsafe_code)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Once, OnceLock};

use ipsec_testbench::devices::On;
use ipsec_testbench::failure::{Ended, repro_command};
use ipsec_testbench::fuzz::case::Case;
use ipsec_testbench::fuzz::timed::Bench;
use ipsec_testbench::fuzz::untimed::{Outcome, Problem};

/// Frames so far.
static FRAMES: AtomicU64 = AtomicU64::new(0);
/// Cases so far.
static CASES: AtomicU64 = AtomicU64::new(0);
/// Clocks of the timed model so far.
static CLOCKS: AtomicU64 = AtomicU64::new(0);

/// Counts a case that was good. The counts go into the file that IPSEC_FUZZ_COUNT names, now and then: who started
/// the fuzzer ends it by them. (libFuzzer takes an exit of the process from within for a crash.)
pub fn good(case: &Case, clocks: u64) {
    static PATH: OnceLock<Option<OsString>> = OnceLock::new();
    let frames = case.frames.len() as u64;
    let add = |sum: &AtomicU64, more| sum.fetch_add(more, Ordering::Relaxed) + more;
    let (cases, frames, clocks) = (add(&CASES, 1), add(&FRAMES, frames), add(&CLOCKS, clocks));
    if cases.is_multiple_of(256)
        && let Some(path) = PATH.get_or_init(|| std::env::var_os("IPSEC_FUZZ_COUNT"))
    {
        // Counts that cannot be written are missed by who reads them.
        let _ = std::fs::write(path, format!("{cases} {frames} {clocks}\n"));
    }
}

/// Runs a case on the timed model. When it fails the scenario that shows it goes into the folder that IPSEC_FUZZ_OUT
/// names: the case alone may not, because others ran on the device before it.
///
/// # Errors
/// What must be true and is not.
pub fn timed(case: &Case, outcomes: &[Outcome]) -> Result<u64, Problem> {
    thread_local! {
        static BENCHES: RefCell<HashMap<(u32, usize), Bench>> = RefCell::default();
    }
    // libFuzzer's hook would abort before the scenario is written; it takes a panic that comes through for a crash too.
    static UNHOOKED: Once = Once::new();
    UNHOOKED.call_once(|| drop(std::panic::take_hook()));
    let place = (case.stages, case.set);
    BENCHES.with_borrow_mut(|benches| {
        if benches.get(&place).is_none_or(Bench::is_old) {
            let bench = Bench::new(case.stages, case.set);
            let bench = bench.map_err(|message| (case.frames.len(), message))?;
            benches.insert(place, bench);
        }
        let Some(bench) = benches.get_mut(&place) else {
            return Ok(0);
        };
        // A panic of the model must leave the scenario behind too.
        let run = AssertUnwindSafe(|| bench.run(case, outcomes));
        let result = catch_unwind(run).unwrap_or_else(|panic| {
            let said = Ended::of_panic(panic.as_ref()).message();
            Err((case.frames.len(), said.unwrap_or_default()))
        });
        if result.is_err() {
            let folder = std::env::var_os("IPSEC_FUZZ_OUT").unwrap_or_else(|| ".".into());
            let path = PathBuf::from(folder).join("scenario.json");
            match bench.history().write(&path) {
                Ok(()) => eprintln!("{}", repro_command(&path, On::Model)),
                Err(error) => eprintln!("{error}"),
            }
        }
        result
    })
}

/// A case that is not good ends the process as a crash.
#[expect(clippy::panic, reason = "the fuzzer takes a panic for a finding")]
pub fn bad(case: &Case, (number, message): &Problem) -> ! {
    match case.frames.get(*number) {
        Some(frame) => panic!("frame {number}: {message}\n{frame:x?}"),
        None => panic!("{message}"),
    }
}
