// SPDX-License-Identifier: Apache-2.0
//! [`Served`]: a simulated device as a virtual board answers for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::device_target::DeviceTarget;
use super::link::Side;
use super::{Hello, Link, Reply, Request, StackCounters, Target, TargetError};

/// Ends a board from another thread.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// The board ends soon.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it is to end.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A device that is served. Its clock stands still while nothing is asked of it and no frame is inside.
#[derive(Debug)]
pub struct Served {
    target: DeviceTarget,
    link: Link,
    counters: StackCounters,
    /// Why the device stopped, once it did
    dead: Option<String>,
}

/// Frames that may wait in front of the device.
const BACKLOG: usize = 1024;

impl Served {
    /// Serves a device, with interfaces or none.
    pub fn new(target: DeviceTarget, link: Link) -> Self {
        Self {
            target,
            link,
            counters: StackCounters::default(),
            dead: None,
        }
    }

    /// Where its frames go.
    pub fn link_mut(&mut self) -> &mut Link {
        &mut self.link
    }

    /// What became of the frames between its interfaces.
    pub fn counters(&self) -> StackCounters {
        self.counters
    }

    /// Takes a frame that came on an interface.
    pub fn frame_in(&mut self, side: Side, frame: &[u8]) {
        if self.dead.is_some() {
            return;
        }
        let ports = self.target.ports_mut();
        if ports.backlog() >= BACKLOG {
            self.counters.overrun += 1;
            return;
        }
        let result = self.link.frame_in(side, frame, ports, &mut self.counters);
        if let Err(error) = result {
            self.died(&error);
        }
        self.frames_out();
    }

    fn frames_out(&mut self) {
        self.link
            .frames_out(self.target.ports_mut(), &mut self.counters);
    }

    /// What a client is told first.
    pub fn hello(&self) -> Hello {
        let device = self.target.ports().device();
        Hello::new(device.kind(), device.config())
    }

    /// Whether clocks must run although nothing is asked.
    pub fn is_busy(&self) -> bool {
        self.dead.is_none() && self.target.ports().is_busy()
    }

    /// Lets some clocks pass, as long as frames are inside.
    pub fn run(&mut self, clocks: u32) {
        for _ in 0..clocks {
            if !self.is_busy() {
                return;
            }
            if let Err(error) = self.target.ports_mut().step() {
                self.died(&error);
            }
        }
        self.frames_out();
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &Request) -> Reply {
        if let Some(dead) = &self.dead {
            return Reply::Error(format!("the device has stopped: {dead}"));
        }
        let result = self.carry_out(request);
        self.frames_out();
        match result {
            Ok(reply) => reply,
            Err(error) => {
                if matches!(error, TargetError::Device(_)) {
                    self.died(&error);
                }
                match error {
                    TargetError::NoAnswer { .. } => Reply::Timeout(error.to_string()),
                    error => Reply::Error(error.to_string()),
                }
            }
        }
    }

    fn died(&mut self, error: &TargetError) {
        eprintln!("board: the device has stopped: {error}");
        self.dead = Some(error.to_string());
    }

    fn carry_out(&mut self, request: &Request) -> Result<Reply, TargetError> {
        let target = &mut self.target;
        let value = match request {
            Request::Read { address } => target.read32(*address)?,
            Request::Write {
                address,
                data,
                strobe,
            } => {
                target.write32(*address, *data, *strobe)?;
                0
            }
            Request::Reset { clocks } => {
                self.link.reset();
                target.reset(*clocks)?;
                0
            }
            Request::Wait { clocks } => {
                target.wait(*clocks)?;
                0
            }
            Request::Clock | Request::Quit => 0,
            Request::Irq => target.ports().irq().into(),
            Request::Send { port, tuser, frame } => {
                target.send(*port, frame, *tuser)?;
                0
            }
            Request::Receive { port, clocks } => {
                let frame = target.receive(*port, *clocks)?;
                let clock = target.clock();
                return Ok(match frame {
                    Some(frame) => Reply::Frame { frame, clock },
                    None => Reply::None { clock },
                });
            }
            Request::Completion { clocks } => {
                let completion = target.completion(*clocks)?;
                let clock = target.clock();
                return Ok(match completion {
                    Some(completion) => Reply::Completion { completion, clock },
                    None => Reply::None { clock },
                });
            }
        };
        let clock = target.clock();
        Ok(Reply::Ok { value, clock })
    }
}
