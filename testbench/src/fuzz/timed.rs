// SPDX-License-Identifier: Apache-2.0
//! A case as a scenario, and on the timed model.

use ipsec_cosim_device::{Device, DeviceConfig, ModelDevice};

use super::case::{self, Case, CaseFrame};
use super::sets;
use super::untimed::{Outcome, Problem};
use crate::runner::{self, FrameResult, Player, RunResult};
use crate::scenario::{Operation, Port, Scenario, StallPattern, StallPort, Until};

/// Clocks of a scenario without any progress before its first frame: more than any command takes.
const PATIENCE: u64 = 4_000;

/// Most clocks from the first beat of a frame to the last (or its completion) if the device is idle and no port
/// stalls (docs/cycle_formulae.md, Latency): D of each stage is at most the beat before the last one, or that
/// which holds the last byte of what is parsed; a chain has at most all entries of the set.
#[must_use]
pub fn bound(frame: &CaseFrame, stages: u32) -> u64 {
    let beats = frame.bytes.len().div_ceil(16) as u64;
    u64::from(stages) * (beats + 33 + beats.min(140) + 20) + beats + 8
}

/// Appends the frames of a case.
fn append(scenario: &mut Scenario, case: &Case) {
    for port in StallPort::ALL {
        scenario.push(Operation::Stall {
            port,
            pattern: StallPattern::Percent(case.stall),
        });
    }
    let stretch = if case.stall > 0 { 8 } else { 1 };
    let wait = |clocks: u64| Operation::Wait {
        until: Until::Frames,
        limit: 64 + clocks * stretch,
    };
    let mut all = 0;
    for frame in &case.frames {
        scenario.push(Operation::Frame(frame.operation()));
        let bound = bound(frame, case.stages);
        if case.spaced {
            scenario.push(wait(bound));
        }
        all += bound;
    }
    scenario.push(wait(all));
}

/// The scenario of some cases of one set, one behind the other on one device.
#[must_use]
pub fn scenario(name: &str, device: DeviceConfig, set: usize, cases: &[&Case]) -> Scenario {
    let mut scenario = Scenario::new(name, device, 1);
    scenario.bring_up();
    for (k, sa) in sets::bundles(set, device.stages).enumerate() {
        scenario.push(Operation::Command {
            slot: (k % 4) as u8,
            command: crate::scenario::Command::AddSa {
                sa: sa.clone(),
                ex: false,
            },
            expect: Some(0),
        });
        // One at a time: the handles are those of the untimed engine.
        scenario.push(Operation::Wait {
            until: Until::Commands,
            limit: PATIENCE,
        });
    }
    for case in cases {
        append(&mut scenario, case);
    }
    scenario
}

/// A timed model with a set of associations, on which cases run one behind the other: bringing it up costs more than
/// many cases.
pub struct Bench {
    model: ModelDevice,
    device: DeviceConfig,
    set: usize,
    cases: Vec<Case>,
}

/// Cases of a bench before it is made anew: a failure is repeated by a scenario of all of them.
const HISTORY: usize = 64;

impl Bench {
    /// Brings a device up.
    ///
    /// # Errors
    /// It does not take the associations.
    pub fn new(stages: u32, set: usize) -> Result<Self, String> {
        let device = case::device(stages);
        let mut model = ModelDevice::new(device).map_err(|e| e.to_string())?;
        let start = scenario("malformed", device, set, &[]);
        let result = runner::run(&start, &mut model).map_err(|e| e.to_string())?;
        match result.failure {
            Some(failure) => Err(failure.message),
            None => Ok(Self {
                model,
                device,
                set,
                cases: Vec::new(),
            }),
        }
    }

    /// Whether it has run enough.
    #[must_use]
    pub fn is_old(&self) -> bool {
        self.cases.len() >= HISTORY
    }

    /// The scenario of all that it has run.
    #[must_use]
    pub fn history(&self) -> Scenario {
        let cases: Vec<_> = self.cases.iter().collect();
        scenario("malformed", self.device, self.set, &cases)
    }

    /// Runs a case of its set and stages, and compares with what the untimed model gave. The result is the clocks.
    ///
    /// # Errors
    /// What must be true and is not. The bench is of no use then, but for its history.
    pub fn run(&mut self, case: &Case, outcomes: &[Outcome]) -> Result<u64, Problem> {
        self.cases.push(case.clone());
        let whole = |message: String| (case.frames.len(), message);
        let mut scenario = Scenario::new("malformed", self.device, 1);
        append(&mut scenario, case);
        if let Some(first) = scenario.operations.first_mut() {
            first.after = 2;
        }
        let before = self.model.clock();
        let mut player = Player::without_reset(&scenario, before);
        runner::play(&mut self.model, &mut player, |_| {}).map_err(|e| whole(e.to_string()))?;
        judge(case, outcomes, &player.into_result())?;
        Ok(self.model.clock() - before)
    }
}

/// Compares what came of a case with what the untimed model gave.
fn judge(case: &Case, outcomes: &[Outcome], result: &RunResult) -> Result<(), Problem> {
    let whole = |message: String| (case.frames.len(), message);
    if let Some(failure) = &result.failure {
        return Err(whole(failure.message.clone()));
    }
    if result.frames.len() != case.frames.len() {
        return Err(whole("frames are missing".to_owned()));
    }
    let pairs = case.frames.iter().zip(&result.frames).zip(outcomes);
    for (number, ((frame, came), outcome)) in pairs.enumerate() {
        compare(case, frame, result, came, outcome).map_err(|problem| (number, problem))?;
    }
    // Frames come out as they went in, and so do completions.
    let (tx, rx): (Vec<_>, Vec<_>) = result.frames.iter().partition(|f| f.port == Port::Tx);
    for (port, lane) in [("tx", tx), ("rx", rx)] {
        let out: Vec<_> = lane.iter().filter_map(|frame| frame.out).collect();
        if !out.is_sorted() {
            return Err(whole(format!("{port} frames in another order")));
        }
        let numbers: Vec<_> = lane.iter().filter_map(|frame| frame.number).collect();
        if numbers
            .windows(2)
            .any(|pair| pair[0].wrapping_add(1) != pair[1])
        {
            return Err(whole(format!("{port} completions in another order")));
        }
    }
    Ok(())
}

fn compare(
    case: &Case,
    frame: &CaseFrame,
    result: &RunResult,
    came: &FrameResult,
    outcome: &Outcome,
) -> Result<(), String> {
    let outs = match frame.port {
        Port::Tx => &result.tx_out,
        Port::Rx => &result.rx_out,
    };
    let out = came.out.and_then(|at| outs.get(at));
    if case.spaced
        && case.stall == 0
        && let (Some(first), Some(out)) = (came.clock_in, out)
        && out.last > first + bound(frame, case.stages)
    {
        let clocks = out.last - first;
        return Err(format!("{clocks} clocks from the first beat to the last"));
    }
    match (outcome, out) {
        (Outcome::Refused, None) if came.status.is_some_and(|status| status != 0) => Ok(()),
        (Outcome::Sent(bytes), Some(out)) if came.status == Some(0) && out.bytes == *bytes => {
            Ok(())
        }
        (Outcome::Received(bytes, words), Some(out)) if out.bytes == *bytes => {
            // The mode is that of the last good frame: of cases before this one too, and back to back a frame may be
            // looked up before the mode of the one in front of it is written. (Lockstep compares the modes.)
            let mode = |slot1: u32| match slot1 >> 16 {
                4 | 5 => slot1 - (2 << 16),
                _ => slot1,
            };
            let [slot1, slot12] = out.user;
            if mode(slot1) == mode(words.slot1) && slot12 == words.slot12 {
                return Ok(());
            }
            let (expected1, expected12) = (words.slot1, words.slot12);
            Err(format!(
                "words {slot1:08x} {slot12:08x}, untimed {expected1:08x} {expected12:08x}"
            ))
        }
        _ => Err("the timed model and the untimed one do not agree".to_owned()),
    }
}
