// SPDX-License-Identifier: Apache-2.0
//! What ends a campaign before its plan does: Ctrl-C, time, clocks, failures.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::Error;

/// Ctrl-C, or the signal by which a job is ended.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Catches Ctrl-C and SIGTERM from now on.
pub fn catch_interrupts() {
    // Where it cannot be caught it ends the program, and the results are on the disk all the same.
    let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
}

/// Whether the campaign is to end at once.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// What unwinds a scenario that is cut.
#[derive(Debug)]
pub struct Cut;

/// Ends the scenario under way, if the campaign is to end at once. Nothing is printed, as a panic would.
pub fn cut_if_interrupted() {
    if interrupted() {
        std::panic::resume_unwind(Box::new(Cut));
    }
}

/// As [`cut_if_interrupted`], where nothing is under way.
///
/// # Errors
/// [`Error::Interrupted`]
pub fn cut_if_interrupted_here() -> Result<(), Error> {
    if interrupted() {
        return Err(Error::Interrupted);
    }
    Ok(())
}

/// Why no more scenarios are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Ctrl-C
    Interrupted,
    /// `--time`
    Time,
    /// `--clocks`
    Clocks,
    /// `--stop-after`
    Failures,
    /// The workers did not do it, however often they were asked
    Lost,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Interrupted => "interrupted",
            Self::Time => "ended by --time",
            Self::Clocks => "ended by --clocks",
            Self::Failures => "ended by --stop-after",
            Self::Lost => "given up: the workers die",
        })
    }
}

/// The limits of a campaign; threads share it.
#[derive(Debug)]
pub struct Limits {
    until: Option<Instant>,
    clocks: Option<u64>,
    failures: Option<u64>,
    used_clocks: AtomicU64,
    seen_failures: AtomicU64,
}

impl Limits {
    /// `failures` 0 is no limit.
    pub fn new(time: Option<Duration>, clocks: Option<u64>, failures: u64) -> Self {
        Self {
            until: time.and_then(|time| Instant::now().checked_add(time)),
            clocks,
            failures: (failures > 0).then_some(failures),
            used_clocks: AtomicU64::new(0),
            seen_failures: AtomicU64::new(0),
        }
    }

    /// A scenario ended.
    pub fn count(&self, clocks: u64, failed: bool) {
        self.used_clocks.fetch_add(clocks, Ordering::Relaxed);
        self.seen_failures
            .fetch_add(failed.into(), Ordering::Relaxed);
    }

    /// Why no more scenarios are to be started.
    pub fn reached(&self) -> Option<Why> {
        if interrupted() {
            return Some(Why::Interrupted);
        }
        let over = |limit: Option<u64>, used: &AtomicU64| {
            limit.is_some_and(|limit| used.load(Ordering::Relaxed) >= limit)
        };
        if over(self.failures, &self.seen_failures) {
            return Some(Why::Failures);
        }
        if self.until.is_some_and(|until| Instant::now() >= until) {
            return Some(Why::Time);
        }
        over(self.clocks, &self.used_clocks).then_some(Why::Clocks)
    }
}

/// A time as `90`, `90s`, `15m` or `2h`.
///
/// # Errors
/// Says what was expected.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("expected seconds, or a time as 90s, 15m or 2h, got '{text}'");
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3600),
        _ => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let seconds = number.checked_mul(unit).ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds))
}

/// A time in words.
pub fn in_words(seconds: f64) -> String {
    let seconds = seconds.max(0.0).round() as u64;
    match seconds {
        0..100 => format!("{seconds} s"),
        100..6000 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        assert_eq!(parse_time("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_time("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(parse_time("2h"), Ok(Duration::from_secs(7200)));
        for bad in ["", "m", "1d", "-1", "99999999999999999999", "é"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
        assert_eq!(in_words(7260.0), "2 h 1 min");
    }

    #[test]
    fn each_limit_ends_it() {
        let limits = Limits::new(None, Some(100), 2);
        assert_eq!(limits.reached(), None);
        limits.count(99, true);
        assert_eq!(limits.reached(), None);
        limits.count(1, false);
        assert_eq!(limits.reached(), Some(Why::Clocks));
        limits.count(0, true);
        assert_eq!(limits.reached(), Some(Why::Failures));
        let limits = Limits::new(Some(Duration::ZERO), None, 0);
        limits.count(1, true);
        assert_eq!(limits.reached(), Some(Why::Time));
    }
}
