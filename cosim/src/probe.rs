// SPDX-License-Identifier: Apache-2.0
//! Localization: the events at the stage boundaries of two devices, and the first that differs.

use std::collections::HashMap;
use std::fmt;

use ipsec_model::probe as model;
use serde::{Deserialize, Serialize};

/// Direction of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// From the host to the wire
    Transmit,
    /// From the wire to the host
    Receive,
}

/// A place that beats pass: a stage boundary of a path. [`Display`](fmt::Display) names it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Boundary {
    /// The path
    pub path: Path,
    /// 0: the input of the path; s + 1: the output of stage s
    pub number: u32,
}

impl fmt::Display for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self.path {
            Path::Transmit => "transmit",
            Path::Receive => "receive",
        };
        match self.number.checked_sub(1) {
            None => write!(f, "{path}, input"),
            Some(stage) => write!(f, "{path}, output of stage {stage}"),
        }
    }
}

/// A beat that passed a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProbeEvent {
    /// The clock of the transfer, from power-on
    pub clock: u64,
    /// Where
    pub boundary: Boundary,
    /// Frame at this boundary, from 0 since the last hard reset
    pub frame: u64,
    /// Beat of the frame
    pub beat: u32,
    /// Digest of the beat ([`ipsec_model::probe::digest`])
    pub digest: u64,
}

impl From<model::ProbeEvent> for ProbeEvent {
    fn from(event: model::ProbeEvent) -> Self {
        let path = match event.path {
            model::Path::Tx => Path::Transmit,
            model::Path::Rx => Path::Receive,
        };
        let model::ProbeEvent {
            clock,
            boundary,
            frame,
            beat,
            digest,
            ..
        } = event;
        Self {
            clock,
            boundary: Boundary {
                path,
                number: boundary.into(),
            },
            frame,
            beat,
            digest,
        }
    }
}

/// When and with what one device let a beat pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// The clock
    pub clock: u64,
    /// Digest of the beat
    pub digest: u64,
}

/// The first beat at a stage boundary that two devices treat differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstDifference {
    /// Where
    pub boundary: Boundary,
    /// Frame at this boundary, from 0 since the last hard reset
    pub frame: u64,
    /// Beat of the frame
    pub beat: u32,
    /// In the device that was believed; `None`: there the beat did not pass
    pub expected: Option<Passage>,
    /// In the device under test; `None`: there the beat did not pass
    pub actual: Option<Passage>,
}

impl FirstDifference {
    /// The earlier of its two clocks.
    pub fn clock(&self) -> u64 {
        let clock = |passage: Option<Passage>| passage.map_or(u64::MAX, |p| p.clock);
        clock(self.expected).min(clock(self.actual))
    }

    fn order(&self) -> (u64, u32, Path, u64, u32) {
        (
            self.clock(),
            self.boundary.number,
            self.boundary.path,
            self.frame,
            self.beat,
        )
    }
}

impl fmt::Display for FirstDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, frame {}, beat {}: ",
            self.boundary, self.frame, self.beat
        )?;
        match (self.expected, self.actual) {
            (Some(e), Some(a)) if e.clock == a.clock => {
                write!(
                    f,
                    "the bytes differ (clock {}, digests {:016x} and {:016x})",
                    e.clock, e.digest, a.digest
                )
            }
            (Some(e), Some(a)) => {
                write!(
                    f,
                    "expected in clock {}, actual in clock {}",
                    e.clock, a.clock
                )?;
                f.write_str(if e.digest == a.digest {
                    ""
                } else {
                    ", and the bytes differ"
                })
            }
            (Some(e), None) => write!(f, "expected in clock {}, does not happen", e.clock),
            (None, Some(a)) => write!(f, "not expected, happens in clock {}", a.clock),
            (None, None) => f.write_str("does not happen"),
        }
    }
}

type Place = (Boundary, u64, u32);

/// Pairs the events of two devices as they come, in any order, and keeps the first that differs.
#[derive(Debug, Default)]
pub struct ProbeCompare {
    expected: HashMap<Place, Passage>,
    actual: HashMap<Place, Passage>,
    first: Option<FirstDifference>,
}

impl ProbeCompare {
    /// Takes events of the device that is believed.
    pub fn expected(&mut self, events: impl IntoIterator<Item = ProbeEvent>) {
        for event in events {
            let (place, e) = split(event);
            match self.actual.remove(&place) {
                Some(a) if a == e => {}
                Some(a) => self.note(place, Some(e), Some(a)),
                None => {
                    self.expected.insert(place, e);
                }
            }
        }
    }

    /// Takes events of the device under test.
    pub fn actual(&mut self, events: impl IntoIterator<Item = ProbeEvent>) {
        for event in events {
            let (place, a) = split(event);
            match self.expected.remove(&place) {
                Some(e) if a == e => {}
                Some(e) => self.note(place, Some(e), Some(a)),
                None => {
                    self.actual.insert(place, a);
                }
            }
        }
    }

    /// Ends what can be paired: after `clock` both devices were reset, or the run is over. Events that
    /// a device foresaw for later clocks never happen.
    pub fn cut(&mut self, clock: u64) {
        for (place, e) in std::mem::take(&mut self.expected) {
            if e.clock <= clock {
                self.note(place, Some(e), None);
            }
        }
        for (place, a) in std::mem::take(&mut self.actual) {
            if a.clock <= clock {
                self.note(place, None, Some(a));
            }
        }
    }

    /// The first difference so far.
    pub fn first(&self) -> Option<FirstDifference> {
        self.first
    }

    fn note(
        &mut self,
        (boundary, frame, beat): Place,
        expected: Option<Passage>,
        actual: Option<Passage>,
    ) {
        let new = FirstDifference {
            boundary,
            frame,
            beat,
            expected,
            actual,
        };
        if self.first.is_none_or(|first| new.order() < first.order()) {
            self.first = Some(new);
        }
    }
}

fn split(event: ProbeEvent) -> (Place, Passage) {
    let ProbeEvent {
        clock,
        boundary,
        frame,
        beat,
        digest,
    } = event;
    ((boundary, frame, beat), Passage { clock, digest })
}

/// The first difference of two complete lists of events.
pub fn first_difference(
    expected: impl IntoIterator<Item = ProbeEvent>,
    actual: impl IntoIterator<Item = ProbeEvent>,
) -> Option<FirstDifference> {
    let mut compare = ProbeCompare::default();
    compare.expected(expected);
    compare.actual(actual);
    compare.cut(u64::MAX);
    compare.first()
}
