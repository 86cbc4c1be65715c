// SPDX-License-Identifier: Apache-2.0
//! Makes a failing scenario smaller by leaving operations out, as long as it fails the same way. It works for
//! any scenario, drawn or not; what was drawn is shrunk by its own plan first.

use std::time::{Duration, Instant};

use super::bucket;
use crate::error::Error;
use crate::failure::Ended;
use crate::scenario::Scenario;

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
    let start = Instant::now();
    let wanted = bucket::kind(&ended);
    let (mut best, mut best_ended) = (scenario, ended);
    let mut size = best.operations.len().div_ceil(2);
    while size > 0 {
        // From the end: what is behind the failure goes first.
        let mut end = best.operations.len();
        let mut dropped = false;
        while end > 0 {
            if start.elapsed() >= most {
                return Ok((best, best_ended));
            }
            let from = end.saturating_sub(size);
            let mut tried = best.clone();
            tried.operations.drain(from..end);
            end = from;
            // What refers to an SA that is gone is no scenario.
            if tried.check().is_err() {
                continue;
            }
            let now = play(&tried)?;
            if bucket::kind(&now) == wanted {
                (best, best_ended) = (tried, now);
                dropped = true;
            }
        }
        // As long as single operations go, others may have become needless.
        size = match size {
            1 if dropped => 1,
            1 => 0,
            _ => size.div_ceil(2),
        };
    }
    Ok((best, best_ended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{Failure, RunResult};
    use crate::scenario::{Operation, Port, Until};
    use ipsec_cosim_device::{DeviceConfig, InFlight};

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
}
