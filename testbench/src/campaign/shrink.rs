// SPDX-License-Identifier: Apache-2.0
//! Makes a failing scenario smaller by leaving operations out, as long as it fails the same way. It works for
//! any scenario, drawn or not; what was drawn is shrunk by its own plan first.
//!
//! The big steps come first: what was never issued, then whole SAs with everything that names them, then operations,
//! half of them at a time down to one.

use std::collections::HashSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::bucket;
use crate::error::Error;
use crate::failure::Ended;
use crate::scenario::{Command, Handle, Operation, Scenario};

/// Leaves out what can be left out, for at most this time. `play` runs a scenario.
///
/// # Errors
/// Those of `play`.
pub fn smaller(
    scenario: Scenario,
    ended: Ended,
    most: Duration,
    play: impl Fn(&Scenario) -> Result<Ended, Error>,
) -> Result<(Scenario, Ended), Error> {
    let mut search = Search {
        wanted: bucket::kind(&ended),
        by_check: ended.error.is_none(),
        best: scenario,
        ended,
        until: Instant::now() + most,
        play,
    };
    search.leave_out_unissued()?;
    search.leave_out_expectations()?;
    search.leave_out_bundles()?;
    search.leave_out_operations()?;
    Ok((search.best, search.ended))
}

struct Search<F> {
    best: Scenario,
    ended: Ended,
    wanted: String,
    /// An expectation of the scenario was not met: none is left out
    by_check: bool,
    until: Instant,
    play: F,
}

impl<F: Fn(&Scenario) -> Result<Ended, Error>> Search<F> {
    fn spent(&self) -> bool {
        Instant::now() >= self.until
    }

    /// Takes a scenario if it fails the same way.
    fn take(&mut self, tried: Scenario) -> Result<bool, Error> {
        if self.spent() || tried.check().is_err() {
            return Ok(false);
        }
        let ended = (self.play)(&tried)?;
        let same = bucket::kind(&ended) == self.wanted;
        if same {
            (self.best, self.ended) = (tried, ended);
        }
        Ok(same)
    }

    /// What was not issued when it failed cannot be why.
    fn leave_out_unissued(&mut self) -> Result<(), Error> {
        let issued = self.ended.issued;
        if (1..self.best.operations.len()).contains(&issued) {
            let mut tried = self.best.clone();
            tried.operations.truncate(issued);
            self.take(tried)?;
        }
        Ok(())
    }

    /// Without operations in front of it an expectation (of a counter, a number) need not hold any more, and would end
    /// the run before it fails. Devices that differ do so without.
    fn leave_out_expectations(&mut self) -> Result<(), Error> {
        if !self.by_check {
            let mut tried = self.best.clone();
            for timed in &mut tried.operations {
                timed.op.expect_nothing();
            }
            self.take(tried)?;
        }
        Ok(())
    }

    /// SAs, each with all that names it.
    fn leave_out_bundles(&mut self) -> Result<(), Error> {
        let mut names: Vec<String> = Vec::new();
        for timed in &self.best.operations {
            if let Some(name) = added(&timed.op)
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        }
        let mut size = names.len().div_ceil(2);
        while size > 0 {
            let mut end = names.len();
            while end > 0 && !self.spent() {
                let from = end.saturating_sub(size);
                let gone: HashSet<&str> = names[from..end].iter().map(String::as_str).collect();
                let mut tried = self.best.clone();
                tried.operations.retain(|timed| {
                    let named = timed.op.handles().filter_map(Handle::name);
                    !named
                        .chain(added(&timed.op))
                        .any(|name| gone.contains(name))
                });
                drop(gone);
                if self.take(tried)? {
                    names.drain(from..end);
                }
                end = from;
            }
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
        Ok(())
    }

    /// Operations, from the end.
    fn leave_out_operations(&mut self) -> Result<(), Error> {
        let mut size = self.best.operations.len().div_ceil(2);
        while size > 0 {
            let mut end = self.best.operations.len();
            let mut dropped = false;
            while end > 0 && !self.spent() {
                let from = end.saturating_sub(size);
                if let Some(tried) = without(&self.best, from..end) {
                    dropped |= self.take(tried)?;
                }
                end = from;
            }
            if self.spent() {
                return Ok(());
            }
            // As long as single operations go, others may have become needless.
            size = match size {
                1 if dropped => 1,
                1 => 0,
                _ => size.div_ceil(2),
            };
        }
        Ok(())
    }
}

/// The SA that an operation adds.
fn added(op: &Operation) -> Option<&str> {
    match op {
        Operation::Command {
            command: Command::AddSa { sa, .. },
            ..
        } => Some(&sa.name),
        _ => None,
    }
}

/// The scenario without these operations, but with each ADD_SA of which another operation names the SA; `None` if these
/// are all.
fn without(scenario: &Scenario, range: Range<usize>) -> Option<Scenario> {
    let (before, rest) = scenario.operations.split_at(range.start);
    let (these, behind) = rest.split_at(range.len());
    let named: HashSet<&str> = before
        .iter()
        .chain(behind)
        .flat_map(|timed| timed.op.handles())
        .filter_map(Handle::name)
        .collect();
    let stay: Vec<_> = these
        .iter()
        .filter(|timed| added(&timed.op).is_some_and(|name| named.contains(name)))
        .cloned()
        .collect();
    if stay.len() == these.len() {
        return None;
    }
    let mut tried = scenario.clone();
    tried.operations.splice(range, stay);
    Some(tried)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modes::spec::{Kind, Spec};
    use crate::rng::Rng;
    use crate::runner::{Failure, RunResult};
    use crate::sa::Direction;
    use crate::scenario::{FrameOp, Port, Timed, Until};
    use ipsec_cosim_device::{DeviceConfig, DeviceError, InFlight};

    /// Fails if there are two frames of 60 bytes, one of them received.
    fn play(scenario: &Scenario) -> Result<Ended, Error> {
        let frames = |port| {
            scenario
                .operations
                .iter()
                .filter(|timed| matches!(&timed.op, Operation::Frame(f) if f.port == port))
                .count()
        };
        let fails = frames(Port::Rx) > 0 && frames(Port::Tx) > 0;
        Ok(Ended {
            result: RunResult {
                failure: fails.then(|| Failure {
                    operation: None,
                    message: "both".to_owned(),
                }),
                ..RunResult::default()
            },
            in_flight: InFlight::default(),
            issued: scenario.operations.len(),
            error: None,
        })
    }

    #[test]
    fn only_what_is_needed_stays() {
        let mut scenario = Scenario::new("many", DeviceConfig::default(), 1);
        for k in 0..50 {
            scenario.frame(if k % 7 == 3 { Port::Rx } else { Port::Tx }, vec![0; 60]);
            scenario.wait(Until::Frames);
        }
        let ended = play(&scenario).unwrap();
        let most = Duration::from_secs(60);
        let (small, ended) = smaller(scenario, ended, most, play).unwrap();
        assert_eq!(small.operations.len(), 2);
        assert!(!ended.is_good());
    }

    /// A table is full of SAs that have to do with nothing, each named in several places.
    #[test]
    fn an_sa_goes_with_all_that_names_it() {
        let device = DeviceConfig::default();
        let mut scenario = Scenario::new("bundles", device, 1);
        let spec = Spec::new(Kind::Gcm(16), false);
        for k in 0..40 {
            let sa = spec.sa(Direction::Outbound, k, &mut Rng::new(1, k.into()));
            scenario.command(0, Command::AddSa { sa, ex: false }, None);
        }
        let handle = |k: u32| Handle::Sa(format!("o{k}"));
        for k in 0..40 {
            scenario.push(Operation::Frame(FrameOp {
                offload: handle(k),
                ..FrameOp::new(Port::Tx, vec![0; 60])
            }));
            scenario.push(Operation::SaStats {
                handle: handle(k),
                packets: Some(1),
                bytes: None,
            });
        }
        // Differs where the counters of o17 are read behind a frame of it.
        let play = |scenario: &Scenario| {
            let reads = |timed: &Timed| matches!(&timed.op, Operation::SaStats { handle: h, .. } if *h == handle(17));
            let sent =
                |timed: &Timed| matches!(&timed.op, Operation::Frame(f) if f.offload == handle(17));
            let at = scenario.operations.iter().position(reads);
            let fails = at.is_some_and(|at| scenario.operations[..at].iter().any(sent));
            Ok(Ended {
                result: RunResult::default(),
                in_flight: InFlight::default(),
                issued: at.map_or(scenario.operations.len(), |at| at + 1),
                error: fails.then(|| DeviceError::Other("they differ".to_owned())),
            })
        };
        let ended = play(&scenario).unwrap();
        let tries = std::cell::Cell::new(0);
        let counted = |scenario: &Scenario| {
            tries.set(tries.get() + 1);
            play(scenario)
        };
        let (small, _) = smaller(scenario, ended, Duration::from_secs(60), counted).unwrap();
        assert_eq!(small.operations.len(), 3);
        small.check().unwrap();
        assert!(matches!(
            small.operations[2].op,
            Operation::SaStats { packets: None, .. }
        ));
        assert!(tries.get() < 40, "{} tries", tries.get());
    }
}
