// SPDX-License-Identifier: Apache-2.0
//! Plays a case on a simulated device, as whoever generates a pack needs it: the first thing that is not as
//! expected ends it.

use ipsec_cosim_device::DeviceError;

use super::bench::{ANSWER_CLOCKS, Bench};
use super::case::Case;
use super::step::{Op, OutPort};

/// Why a case did not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The step, from 0
    pub step: usize,
    /// One sentence
    pub message: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step {}: {}", self.step, self.message)
    }
}

/// Plays the steps in order.
///
/// # Errors
/// The first step that is not as expected, or at which the device stopped.
pub fn play(case: &Case, bench: &mut Bench) -> Result<(), Mismatch> {
    for (step, one) in case.steps.iter().enumerate() {
        let wrong = |message: String| {
            let note = match one.note.as_str() {
                "" => String::new(),
                note => format!(" ({note})"),
            };
            Mismatch {
                step,
                message: format!("{}{note}: {message}", one.op.name()),
            }
        };
        match run(&one.op, bench) {
            Ok(None) => {}
            Ok(Some(problem)) => return Err(wrong(problem)),
            Err(error) => return Err(wrong(error.to_string())),
        }
    }
    let left = [
        ("m_axis_tx", bench.sent.len()),
        ("m_axis_txcpl", bench.completions.len()),
        ("m_axis_rx", bench.received.len()),
    ];
    for (port, count) in left {
        if count > 0 {
            return Err(Mismatch {
                step: case.steps.len(),
                message: format!("{count} more came out of {port} than expected"),
            });
        }
    }
    Ok(())
}

/// What is wrong, if anything is.
fn run(op: &Op, bench: &mut Bench) -> Result<Option<String>, DeviceError> {
    match op {
        Op::Reset { clocks } => bench.reset(*clocks)?,
        Op::Wait { clocks } => bench.idle(*clocks)?,
        Op::Write { addr, data, strobe } => bench.write(*addr, *data, *strobe)?,
        Op::Read {
            addr, mask, value, ..
        } => {
            let got = bench.read(*addr)?;
            if got & mask != *value & mask {
                return Ok(Some(format!(
                    "0x{addr:04x} read 0x{got:08x}, expected 0x{value:08x} under mask 0x{mask:08x}"
                )));
            }
        }
        Op::Poll {
            addr,
            mask,
            value,
            timeout_clocks,
        } => {
            let until = bench.clock() + u64::from(*timeout_clocks);
            loop {
                let got = bench.read(*addr)?;
                if got & mask == *value & mask {
                    break;
                }
                if bench.clock() > until {
                    return Ok(Some(format!(
                        "0x{addr:04x} still read 0x{got:08x} after {timeout_clocks} clocks, expected 0x{value:08x} \
                         under mask 0x{mask:08x}"
                    )));
                }
            }
        }
        Op::Send {
            port, frame, tuser, ..
        } => bench.send(*port, frame, *tuser)?,
        Op::Expect {
            port,
            frame,
            mask,
            words,
            ..
        } => {
            let (got, user) = match port {
                OutPort::MAxisTx => {
                    bench.until(ANSWER_CLOCKS, |bench| !bench.sent.is_empty())?;
                    match bench.sent.pop_front() {
                        Some(got) => (got, [0; 2]),
                        None => return Ok(Some("nothing came out of m_axis_tx".to_owned())),
                    }
                }
                OutPort::MAxisRx => {
                    bench.until(ANSWER_CLOCKS, |bench| !bench.received.is_empty())?;
                    match bench.received.pop_front() {
                        Some(got) => got,
                        None => return Ok(Some("nothing came out of m_axis_rx".to_owned())),
                    }
                }
            };
            return Ok(differing(&got, frame, mask).or_else(|| {
                (user != *words).then(|| format!("tuser {user:08x?}, expected {words:08x?}"))
            }));
        }
        Op::Completion { number, status, .. } => {
            bench.until(ANSWER_CLOCKS, |bench| !bench.completions.is_empty())?;
            let got = bench.completions.pop_front();
            if got != Some((*number, *status)) {
                return Ok(Some(match got {
                    Some((n, s)) => format!(
                        "frame number {n} with 0x{s:08x}, expected {number} with 0x{status:08x}"
                    ),
                    None => "no completion came".to_owned(),
                }));
            }
        }
    }
    Ok(None)
}

/// Where bytes differ under a mask, in words.
pub fn differing(got: &[u8], expected: &[u8], mask: &[u8]) -> Option<String> {
    if got.len() != expected.len() {
        return Some(format!("{} bytes, expected {}", got.len(), expected.len()));
    }
    let at = (0..got.len()).find(|k| {
        let mask = mask.get(*k).copied().unwrap_or(0xff);
        got[*k] & mask != expected[*k] & mask
    })?;
    Some(format!(
        "byte {at} is 0x{:02x}, expected 0x{:02x}",
        got[at], expected[at]
    ))
}
