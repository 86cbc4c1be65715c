// SPDX-License-Identifier: Apache-2.0
//! A case by register accesses alone: its frames go through the diagnostic frame port, its reset is a soft one.

use ipsec_model::regs;

use super::case::Case;
use super::step::{InPort, Op, Step};

/// Clocks within which a poll must be met that nothing but the device itself can delay.
pub const POLL_CLOCKS: u32 = 200_000;

/// Counters, of two words each.
const COUNTERS: std::ops::RangeInclusive<u32> =
    regs::COUNTERS_TX_FRAMES_LO..=regs::COUNTERS_SA_DELETE_REQS_HI;

/// The case with no other steps than register accesses and waits: to be played on a device whose streams are
/// quiet. The hard reset at its start becomes a soft reset and writes that leave the registers as a hard reset does
/// ([`soft_start`]). With `keep_reset` the hard reset stays, and is the only other step.
///
/// `None` if that cannot be: a frame is longer than the port takes, or a hard reset comes later.
pub fn lower(case: &Case, keep_reset: bool) -> Option<Case> {
    let mut lowered = Lowered {
        steps: Vec::new(),
        open: false,
    };
    for (k, step) in case.steps.iter().enumerate() {
        match &step.op {
            Op::Reset { .. } if k > 0 => return None,
            Op::Reset { .. } if keep_reset => lowered.steps.push(step.clone()),
            Op::Reset { .. } => lowered.steps.extend(soft_start(case)),
            // They stand where the frame went in.
            Op::Expect { .. } | Op::Completion { .. } => {}
            Op::Send {
                port,
                id,
                frame,
                tuser,
            } => lowered.frame(case, step, *port, *id, frame, tuser)?,
            Op::Write { .. } | Op::Read { .. } | Op::Poll { .. } | Op::Wait { .. } => {
                lowered.steps.push(step.clone());
            }
        }
    }
    lowered.close();
    Some(Case {
        name: case.name.clone(),
        steps: lowered.steps,
    })
}

/// What makes of a device that ran before what a hard reset makes of it, as far as this case can see, while its streams
/// are quiet. (DIAG.CTRL.lock is the exception: only a hard reset clears it.)
pub fn soft_start(case: &Case) -> Vec<Step> {
    let mut steps = vec![
        write(regs::DIAG_CTRL, 0).note("soft start: the diagnostic frame port is closed"),
        poll(
            regs::STATUS,
            regs::status::INIT_DONE.of(1),
            regs::status::INIT_DONE.mask(),
        )
        .note("soft start: a soft reset is taken only then"),
        write(regs::COMMAND, regs::command::SOFT_RESET.of(1)),
        poll(
            regs::STATUS,
            regs::status::INIT_DONE.of(1),
            regs::status::INIT_DONE.mask() | regs::status::RESETTING.mask(),
        )
        .note("soft start: the sweep is over"),
        poll(
            regs::SELFTEST,
            regs::selftest::DONE.of(1),
            regs::selftest::DONE.mask(),
        )
        .note("soft start: the self-test too"),
    ];
    for (address, value) in [
        (regs::CTRL, 0),
        (regs::IPSECV2, regs::ipsecv2::VALUE_AH_AND_ESP),
        (regs::HALT, 0),
        (regs::HASH_SEED, 0),
        (regs::SA_LIMIT, u32::MAX),
        (regs::SA_WATERMARK, 0xffff),
        (regs::SA_DELETE_REPEAT, 0),
        (regs::PARITY_INJECT, 0),
        (regs::UDP_PORT, 4500),
        (regs::SA_STATS_HANDLE, 0),
        (regs::INTR_ENABLE, 0),
    ] {
        steps.push(write(address, value).note("soft start: as after a hard reset"));
    }
    for low in COUNTERS.step_by(8) {
        let words = [low as u16, low as u16 + 4];
        let used = |step: &Step| match step.op {
            Op::Read { addr, .. } | Op::Poll { addr, .. } => words.contains(&addr),
            _ => false,
        };
        if case.steps.iter().any(used) {
            for word in words {
                steps.push(write(word.into(), 0).note("soft start: counters"));
            }
        }
    }
    steps.push(write(regs::INTR_STATE, u32::MAX).note("soft start: events so far"));
    steps
}

fn write(address: u32, data: u32) -> Step {
    Step::new(Op::Write {
        addr: address as u16,
        data,
        strobe: 0xf,
    })
}

fn read(address: u32, value: u32, mask: u32) -> Step {
    Step::new(Op::Read {
        addr: address as u16,
        mask,
        value: value & mask,
        sticky_over_reset: 0,
    })
}

fn poll(address: u32, value: u32, mask: u32) -> Step {
    Step::new(Op::Poll {
        addr: address as u16,
        mask,
        value: value & mask,
        timeout_clocks: POLL_CLOCKS,
    })
}

struct Lowered {
    steps: Vec<Step>,
    /// The port is on
    open: bool,
}

impl Lowered {
    fn open(&mut self) {
        if self.open {
            return;
        }
        self.open = true;
        let idle = regs::status::TX_IDLE.mask() | regs::status::RX_IDLE.mask();
        self.steps
            .push(poll(regs::STATUS, idle, idle).note("no frame is inside"));
        let on = regs::diag_ctrl::ENABLE.of(1);
        self.steps
            .push(write(regs::DIAG_CTRL, on).note("diagnostic frame port on"));
    }

    fn close(&mut self) {
        if self.open {
            self.steps
                .push(write(regs::DIAG_CTRL, 0).note("diagnostic frame port off"));
        }
        self.open = false;
    }

    /// One frame in, and what the case expects of it.
    fn frame(
        &mut self,
        case: &Case,
        step: &Step,
        port: InPort,
        id: u32,
        frame: &[u8],
        tuser: &[u32; 3],
    ) -> Option<()> {
        if frame.is_empty() || frame.len() > regs::DIAG_INPUT_SIZE as usize {
            return None;
        }
        self.open();
        for (k, word) in words(frame).into_iter().enumerate() {
            self.steps
                .push(write(regs::DIAG_INPUT + 4 * k as u32, word));
        }
        if let Some(first) = self.steps.iter_mut().rev().nth(frame.len().div_ceil(4) - 1) {
            first.note = match step.note.as_str() {
                "" => format!("frame {id}"),
                note => format!("frame {id}: {note}"),
            };
        }
        self.steps
            .push(write(regs::DIAG_LENGTH, frame.len() as u32));
        let receive = port == InPort::Rx;
        if !receive {
            for (k, word) in tuser.iter().enumerate() {
                self.steps.push(write(regs::diag_tuser(k as u32), *word));
            }
        }
        let start = regs::diag_start::START.of(1) | regs::diag_start::DIRECTION.of(receive.into());
        self.steps
            .push(write(regs::DIAG_START, start).note(format!("frame {id} goes in")));
        let (done, busy) = (regs::diag_status::DONE, regs::diag_status::BUSY);
        self.steps.push(
            poll(regs::DIAG_STATUS, done.of(1), done.mask() | busy.mask())
                .note(format!("frame {id} has ended")),
        );
        let of_it = case.steps.iter().filter(|step| match step.op {
            Op::Expect { of, .. } | Op::Completion { of, .. } => of == id,
            _ => false,
        });
        let of_it: Vec<&Step> = of_it.collect();
        let out = of_it.iter().any(|s| matches!(s.op, Op::Expect { .. }));
        let status = regs::diag_status::FRAME_VALID.of(out.into())
            | regs::diag_status::CPL_VALID.of((!receive).into());
        let mask = regs::diag_status::FRAME_VALID.mask() | regs::diag_status::CPL_VALID.mask();
        self.steps
            .push(read(regs::DIAG_STATUS, status, mask).note(format!(
                "frame {id}: {} out{}",
                if out { "a frame is" } else { "nothing is" },
                if receive { "" } else { ", and a completion" }
            )));
        for step in of_it {
            self.expected(step, receive, id);
        }
        Some(())
    }

    fn expected(&mut self, step: &Step, receive: bool, id: u32) {
        match &step.op {
            Op::Expect {
                frame,
                mask,
                words: tuser,
                ..
            } => {
                let length = frame.len() as u32;
                let what = match step.note.as_str() {
                    "" => format!("frame {id} out"),
                    note => format!("frame {id} out: {note}"),
                };
                self.steps
                    .push(read(regs::DIAG_OUT_LENGTH, length, u32::MAX).note(what.clone()));
                if receive {
                    for (k, word) in tuser.iter().enumerate() {
                        let address = regs::diag_out_tuser(k as u32);
                        self.steps
                            .push(read(address, *word, u32::MAX).note(what.clone()));
                    }
                }
                let all = vec![0xff; frame.len()];
                let mask = if mask.is_empty() { &all } else { mask };
                for (k, (word, mask)) in words(frame).into_iter().zip(words(mask)).enumerate() {
                    self.steps
                        .push(read(regs::DIAG_OUTPUT + 4 * k as u32, word, mask));
                }
            }
            Op::Completion { number, status, .. } => {
                self.steps.push(
                    read(regs::DIAG_CPL_NUMBER, *number, u32::MAX)
                        .note(format!("frame {id}: frame number")),
                );
                self.steps
                    .push(read(regs::DIAG_CPL_STATUS, *status, u32::MAX).note(step.note.clone()));
            }
            _ => {}
        }
    }
}

/// Little-endian words, the last one filled up with zeros.
fn words(bytes: &[u8]) -> Vec<u32> {
    let word = |chunk: &[u8]| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        u32::from_le_bytes(word)
    };
    bytes.chunks(4).map(word).collect()
}
