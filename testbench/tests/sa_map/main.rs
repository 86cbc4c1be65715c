// SPDX-License-Identifier: Apache-2.0
//! Random sequences of OIDs, changes of the configuration, cancellations, resets and frames by four
//! requesters at a time: RTL and model in lockstep, and an abstract SA table as a third opinion on every
//! status, every frame, every count.
//!
//! `IPSEC_SEED` is the first seed, `IPSEC_SEEDS` their number, `IPSEC_OPERATIONS` the operations of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "../common/buffers.rs"]
mod buffers;
#[path = "../common/mod.rs"]
mod common;
mod draw;
mod monitor;
#[path = "../common/play.rs"]
mod play;
mod spec;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use ipsec_cosim_device::DeviceConfig;
use ipsec_testbench::devices;
use ipsec_testbench::scenario::Scenario;
use spec::{Judgements, Spec};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

/// Draws and plays one seed; the clocks, or what is wrong.
fn seed(config: DeviceConfig, seed: u64, operations: usize) -> Result<(u64, Judgements), String> {
    let scenario = draw::scenario(config, seed, operations);
    assert_eq!(scenario.check(), Ok(()));
    assert!(draw::operations(&scenario) >= operations);
    let on = play::device();
    let mut device = devices::make(on, config, seed).unwrap();
    let (ended, notes) = monitor::play(&scenario, device.as_mut());
    if !ended.is_good() {
        play::give_up(&scenario, on, &ended);
    }
    let spec = Spec::of(&scenario, &ended.result, &notes);
    if spec.problems.is_empty() {
        return Ok((ended.result.clocks, spec.judged));
    }
    let folder = common::folder(&format!("sa-map-{config}-{seed}"));
    let path = folder.join("scenario.json");
    scenario.write(&path).unwrap();
    let first = &spec.problems[..spec.problems.len().min(10)];
    Err(format!(
        "IPSEC_SEED={seed} on {config}: {} differences from the abstract table, the first:\n{}\n{}",
        spec.problems.len(),
        first.join("\n"),
        path.display()
    ))
}

/// So many seeds on every processor, and what they were in sum.
fn seeds(config: DeviceConfig, count: u64, operations: u64) {
    let first = number("IPSEC_SEED", 0);
    let count = number("IPSEC_SEEDS", count);
    let operations = number("IPSEC_OPERATIONS", operations);
    let next = AtomicU64::new(first);
    let total = Mutex::new((0, 0, Judgements::default()));
    let wrong = Mutex::new(Vec::new());
    let work = || {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= first + count {
                return;
            }
            match seed(config, n, operations as usize) {
                Ok((clocks, judged)) => {
                    let mut total = total.lock().unwrap();
                    total.0 += 1;
                    total.1 += clocks;
                    total.2.commands += judged.commands;
                    total.2.frames += judged.frames;
                    total.2.counts += judged.counts;
                    total.2.certain += judged.certain;
                }
                Err(text) => wrong.lock().unwrap().push(text),
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for handle in handles {
            if let Err(panic) = handle.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let (done, clocks, judged) = *total.lock().unwrap();
    eprintln!(
        "sa_map on {config}: {done} seeds from {first} of {operations} operations, {clocks} clocks, {judged:?}, {} \
         differences",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // The opinion is worth something only if it mostly knows the one answer.
    let all = judged.commands + judged.frames + judged.counts;
    assert!(100 * judged.certain > 80 * all, "{judged:?}");
}

#[test]
fn short_sequences() {
    seeds(play::smallest(), 6, 1500);
}

#[test]
fn short_sequences_on_larger_tables() {
    for config in play::configs_up_to(1024) {
        if config != play::smallest() {
            seeds(config, 1, 1500);
        }
    }
}

/// 200 seeds of 10,000 operations.
#[test]
#[ignore = "minutes"]
fn two_hundred_seeds() {
    seeds(play::smallest(), 200, 10_000);
}

#[test]
#[ignore = "minutes"]
fn ten_thousand_operations_on_larger_tables() {
    for config in common::configs() {
        if config != play::smallest() {
            seeds(config, 4, 10_000);
        }
    }
}

/// The drawn scenario is a scenario as any other: it can be kept and played again.
#[test]
fn the_scenario_can_be_kept() {
    let scenario = draw::scenario(play::smallest(), 3, 500);
    let again = Scenario::parse("s".as_ref(), &scenario.to_json()).unwrap();
    assert_eq!(again, scenario);
}
