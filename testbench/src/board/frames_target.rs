// SPDX-License-Identifier: Apache-2.0
//! [`FramesTarget`]: registers by one way, frames over an Ethernet interface.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{Abilities, Completion, Interface, Kind, OutFrame, Sideband, Target, TargetError};
use crate::golden::{InPort, OutPort};

/// Least time for a frame to be taken or to come.
const PATIENCE: Duration = Duration::from_secs(2);

/// Another target for the registers; the frames, in [`Sideband`], over an interface.
pub struct FramesTarget {
    registers: Box<dyn Target>,
    interface: Interface,
    number: u32,
    out: [VecDeque<OutFrame>; 2],
    completions: VecDeque<Completion>,
    taken: Option<u32>,
    synced: Option<u32>,
}

impl FramesTarget {
    /// Puts the two together.
    pub fn new(registers: Box<dyn Target>, interface: Interface) -> Self {
        Self {
            registers,
            interface,
            number: 0,
            out: [VecDeque::new(), VecDeque::new()],
            completions: VecDeque::new(),
            taken: None,
            synced: None,
        }
    }

    fn say(&mut self, message: &Sideband) -> Result<(), TargetError> {
        self.interface
            .sender
            .send(&message.to_bytes())
            .map_err(|error| TargetError::Gone {
                access: format!("{message:?} on {}", self.interface.sender.name()),
                reason: error.to_string(),
            })
    }

    /// Takes what has come, until `found`, or the time is over: then `None`.
    fn until<R>(
        &mut self,
        time: Duration,
        mut found: impl FnMut(&mut Self) -> Option<R>,
    ) -> Result<Option<R>, TargetError> {
        let end = Instant::now() + time;
        loop {
            if let Some(result) = found(self) {
                return Ok(Some(result));
            }
            if Instant::now() >= end {
                return Ok(None);
            }
            self.take()?;
        }
    }

    fn take(&mut self) -> Result<(), TargetError> {
        let receiver = &mut self.interface.receiver;
        let message = match receiver.next() {
            Ok(frame) => frame.and_then(Sideband::parse),
            Err(error) => {
                return Err(TargetError::Gone {
                    access: format!("a frame from {}", receiver.name()),
                    reason: error.to_string(),
                });
            }
        };
        let Some(Sideband {
            kind,
            number,
            words: [first, second, _],
            frame,
        }) = message
        else {
            return Ok(());
        };
        let frame = |words| OutFrame {
            bytes: frame,
            words,
        };
        match kind {
            Kind::Taken => self.taken = Some(number),
            Kind::TxOut => self.out[0].push_back(frame([0; 2])),
            Kind::RxOut => self.out[1].push_back(frame([first, second])),
            Kind::Completion => self.completions.push_back(Completion {
                number: first,
                status: second,
            }),
            Kind::Sync => self.synced = Some(number),
            Kind::TxIn | Kind::RxIn => {}
        }
        Ok(())
    }

    /// Forgets what came before now.
    fn sync(&mut self) -> Result<(), TargetError> {
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        self.say(&Sideband::new(Kind::Sync, number))?;
        let synced = self.until(PATIENCE, |target| {
            (target.synced == Some(number)).then_some(())
        })?;
        self.out.iter_mut().for_each(VecDeque::clear);
        self.completions.clear();
        synced.ok_or_else(|| TargetError::NoAnswer {
            access: format!("a sync message on {}", self.interface.sender.name()),
            bound: format!("{} s", PATIENCE.as_secs()),
        })
    }
}

fn time(clocks: u32) -> Duration {
    PATIENCE.max(Duration::from_micros(clocks.into()))
}

impl Target for FramesTarget {
    fn description(&self) -> String {
        format!(
            "{}, frames on {}",
            self.registers.description(),
            self.interface.sender.name()
        )
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            frames: true,
            ..self.registers.abilities()
        }
    }

    fn read32(&mut self, address: u16) -> Result<u32, TargetError> {
        self.registers.read32(address)
    }

    fn write32(&mut self, address: u16, data: u32, strobe: u8) -> Result<(), TargetError> {
        self.registers.write32(address, data, strobe)
    }

    fn reset(&mut self, clocks: u32) -> Result<(), TargetError> {
        self.registers.reset(clocks)?;
        self.sync()
    }

    fn wait(&mut self, clocks: u32) -> Result<(), TargetError> {
        self.registers.wait(clocks)
    }

    fn clock(&mut self) -> Option<u64> {
        self.registers.clock()
    }

    fn send(&mut self, port: InPort, frame: &[u8], tuser: [u32; 3]) -> Result<(), TargetError> {
        self.number = self.number.wrapping_add(1);
        let number = self.number;
        self.say(&Sideband {
            kind: match port {
                InPort::Tx => Kind::TxIn,
                InPort::Rx => Kind::RxIn,
            },
            number,
            words: tuser,
            frame: frame.to_vec(),
        })?;
        let taken = self.until(PATIENCE, |target| {
            (target.taken == Some(number)).then_some(())
        })?;
        taken.ok_or_else(|| TargetError::NoAnswer {
            access: format!("a frame of {} bytes into {port:?}", frame.len()),
            bound: format!("{} s", PATIENCE.as_secs()),
        })
    }

    fn receive(&mut self, port: OutPort, clocks: u32) -> Result<Option<OutFrame>, TargetError> {
        self.until(time(clocks), |target| target.out[port as usize].pop_front())
    }

    fn completion(&mut self, clocks: u32) -> Result<Option<Completion>, TargetError> {
        self.until(time(clocks), |target| target.completions.pop_front())
    }

    fn leftover(&mut self, port: OutPort) -> Option<OutFrame> {
        self.out[port as usize].pop_front()
    }

    fn leftover_completion(&mut self) -> Option<Completion> {
        self.completions.pop_front()
    }
}

impl std::fmt::Debug for FramesTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FramesTarget({})", self.description())
    }
}
