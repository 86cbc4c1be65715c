// SPDX-License-Identifier: Apache-2.0
//! [`Player`]: plays cases on a target, step by step.

use std::time::{Duration, Instant};

use ipsec_cosim_device::DeviceConfig;

use super::{
    CaseResult, Form, Log, Mismatch, ModelState, Outcome, StepLine, adapt, is_dead, register_name,
};
use crate::board::{Completion, OutFrame, Target, TargetError};
use crate::error::Error;
use crate::golden::{Case, Op, OutPort, POLL_CLOCKS, differing};

/// Least time for a poll on a target whose clocks cannot be counted.
const POLL_TIME: Duration = Duration::from_secs(1);

/// Mismatches of one case that are kept; the log has all.
const KEPT: usize = 10;

/// Plays cases.
#[derive(Debug)]
pub struct Player {
    /// For the model beside the target
    pub config: DeviceConfig,
    /// Frames go through the diagnostic frame port even if the target has streams
    pub registers_only: bool,
    /// A case ends at its first mismatch
    pub stop_on_first: bool,
}

impl Player {
    /// Plays a case. The result says whether the target is still there.
    ///
    /// # Errors
    /// The log cannot be written.
    pub fn play(
        &self,
        case: &Case,
        target: &mut dyn Target,
        log: &mut Log,
    ) -> Result<(CaseResult, bool), Error> {
        let begun = Instant::now();
        let (case, form) = match adapt(case, target.abilities(), self.registers_only) {
            Ok(adapted) => adapted,
            Err(reason) => return Ok((CaseResult::skipped(&case.name, reason), true)),
        };
        let mut result = CaseResult::new(&case.name);
        result.form = Some(form);
        let mut alive = true;
        for (k, one) in case.steps.iter().enumerate() {
            let mut line = StepLine::new(&case.name, form, k, one.op.name());
            let error = step(&one.op, target, &mut line).err();
            if let Some(error) = &error {
                line.fail(error.to_string());
            }
            log.line(&line)?;
            result.steps += 1;
            if !line.ok {
                self.mismatch(&case, form, k, line, &mut result);
            }
            if let Some(error) = error {
                alive = !matches!(error, TargetError::Gone { .. } | TargetError::Device(_));
                result.reason = Some("the case was given up there".to_owned());
                break;
            }
            if self.stop_on_first && !result.mismatches.is_empty() {
                break;
            }
        }
        if alive && result.steps == case.steps.len() && form == Form::Streams {
            self.leftovers(&case, target, log, &mut result)?;
        }
        if !result.mismatches.is_empty() {
            result.outcome = Outcome::Failed;
            alive = alive && self.examine(&case, form, target, &mut result);
        }
        result.seconds = begun.elapsed().as_secs_f64();
        Ok((result, alive))
    }

    /// Frames and completions that nobody expects.
    fn leftovers(
        &self,
        case: &Case,
        target: &mut dyn Target,
        log: &mut Log,
        result: &mut CaseResult,
    ) -> Result<(), Error> {
        if !target.abilities().frames || !case.has_frames() {
            return Ok(());
        }
        let k = case.steps.len();
        for port in ["m_axis_tx", "m_axis_rx", "m_axis_txcpl"] {
            let more = match port {
                "m_axis_tx" => target.leftover(OutPort::MAxisTx).map(frame_text),
                "m_axis_rx" => target.leftover(OutPort::MAxisRx).map(frame_text),
                _ => target.leftover_completion().map(completion_text),
            };
            if let Some(more) = more {
                let mut line = StepLine::new(&case.name, Form::Streams, k, "end");
                line.actual = Some(more);
                line.fail(format!("more came out of {port} than expected"));
                log.line(&line)?;
                self.mismatch(case, Form::Streams, k, line, result);
            }
        }
        Ok(())
    }

    fn mismatch(&self, case: &Case, form: Form, k: usize, line: StepLine, result: &mut CaseResult) {
        result.outcome = Outcome::Failed;
        if result.mismatches.len() >= KEPT {
            return;
        }
        let mut model = None;
        if result.mismatches.is_empty()
            && let Ok(mut state) = ModelState::after(case, form, k + 1, self.config)
        {
            model = state
                .last
                .take()
                .filter(|last| last.step == k && !last.ok)
                .and_then(|last| last.actual.or(last.problem));
            result.model_state = state.registers().unwrap_or_default();
        }
        let address = match case.steps.get(k).map(|one| &one.op) {
            Some(Op::Write { addr, .. } | Op::Read { addr, .. } | Op::Poll { addr, .. }) => {
                Some(*addr)
            }
            _ => None,
        };
        result.mismatches.push(Mismatch {
            line,
            register: address.map(register_name).unwrap_or_default(),
            note: case
                .steps
                .get(k)
                .map(|one| one.note.clone())
                .unwrap_or_default(),
            model,
        });
    }

    /// What a failed case leaves behind; whether the target is still there.
    fn examine(
        &self,
        case: &Case,
        form: Form,
        target: &mut dyn Target,
        result: &mut CaseResult,
    ) -> bool {
        match is_dead(target) {
            Ok(false) => {}
            Ok(true) => {
                let dead = "every read gives 0xffffffff by now: the bus is dead";
                result.reason = Some(dead.to_owned());
                return false;
            }
            // A target that is slow once may answer again.
            Err(TargetError::NoAnswer { .. }) => return true,
            Err(_) => return false,
        }
        if result.steps == case.steps.len()
            && let Ok(mut model) = ModelState::after(case, form, result.steps, self.config)
        {
            result.differing = model.differing(target).unwrap_or_default();
        }
        true
    }
}

fn word(word: u32) -> String {
    format!("0x{word:08x}")
}

fn frame_text(frame: OutFrame) -> String {
    let [first, second] = frame.words.map(word);
    match frame.words {
        [0, 0] => hex::encode(frame.bytes),
        _ => format!("{} {first} {second}", hex::encode(frame.bytes)),
    }
}

fn completion_text(Completion { number, status }: Completion) -> String {
    format!("{number} {}", word(status))
}

/// Does a step and says in `line` what came of it. An error is a target that did not do it.
pub(super) fn step(
    op: &Op,
    target: &mut dyn Target,
    line: &mut StepLine,
) -> Result<(), TargetError> {
    if let Op::Write { addr, .. } | Op::Read { addr, .. } | Op::Poll { addr, .. } = op {
        line.addr = Some(format!("0x{addr:04x}"));
    }
    if let Op::Read { mask, .. } | Op::Poll { mask, .. } = op
        && *mask != u32::MAX
    {
        line.mask = Some(word(*mask));
    }
    match op {
        Op::Reset { clocks } => target.reset(*clocks)?,
        Op::Wait { clocks } => target.wait(*clocks)?,
        Op::Write { addr, data, strobe } => {
            line.expected = Some(word(*data));
            target.write32(*addr, *data, *strobe)?;
        }
        Op::Read {
            addr, mask, value, ..
        } => {
            line.expected = Some(word(*value));
            let got = target.read32(*addr)?;
            line.actual = Some(word(got));
            if (got ^ value) & mask != 0 {
                line.fail(wrong_word(got, *value, *mask));
            }
        }
        Op::Poll {
            addr,
            mask,
            value,
            timeout_clocks,
        } => {
            line.expected = Some(word(*value));
            let got = poll(target, *addr, *mask, *value, *timeout_clocks)?;
            line.actual = Some(word(got));
            if (got ^ value) & mask != 0 {
                let problem = wrong_word(got, *value, *mask);
                line.fail(format!("{problem}, still after {timeout_clocks} clocks"));
            }
        }
        Op::Send {
            port, frame, tuser, ..
        } => target.send(*port, frame, *tuser)?,
        Op::Expect {
            port,
            frame,
            mask,
            words,
            ..
        } => {
            line.expected = Some(frame_text(OutFrame {
                bytes: frame.clone(),
                words: *words,
            }));
            line.mask = (!mask.is_empty()).then(|| hex::encode(mask));
            match target.receive(*port, POLL_CLOCKS)? {
                None => line.fail("no frame came"),
                Some(got) => {
                    if let Some(problem) = differing(&got.bytes, frame, mask) {
                        line.fail(problem);
                    } else if got.words != *words {
                        let [g0, g1] = got.words.map(word);
                        let [e0, e1] = words.map(word);
                        line.fail(format!("words {g0} {g1}, expected {e0} {e1}"));
                    }
                    line.actual = Some(frame_text(got));
                }
            }
        }
        Op::Completion { number, status, .. } => {
            let expected = Completion {
                number: *number,
                status: *status,
            };
            line.expected = Some(completion_text(expected));
            match target.completion(POLL_CLOCKS)? {
                None => line.fail("no completion came"),
                Some(got) => {
                    if got != expected {
                        line.fail("another completion");
                    }
                    line.actual = Some(completion_text(got));
                }
            }
        }
    }
    Ok(())
}

fn wrong_word(got: u32, value: u32, mask: u32) -> String {
    let wrong = (got ^ value) & mask;
    let ones = if got == u32::MAX { " (all ones)" } else { "" };
    format!("bits 0x{wrong:08x} are wrong{ones}")
}

/// Reads until the bits are right or the time is over; what came last.
fn poll(
    target: &mut dyn Target,
    address: u16,
    mask: u32,
    value: u32,
    clocks: u32,
) -> Result<u32, TargetError> {
    let bound = target.clock().map(|clock| clock + u64::from(clocks));
    let end = Instant::now() + POLL_TIME.max(Duration::from_micros(clocks.into()));
    loop {
        let got = target.read32(address)?;
        if (got ^ value) & mask == 0 {
            return Ok(got);
        }
        let over = match bound {
            Some(bound) => target.clock().is_none_or(|clock| clock > bound),
            None => Instant::now() > end,
        };
        if over {
            return Ok(got);
        }
    }
}
