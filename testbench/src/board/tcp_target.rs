// SPDX-License-Identifier: Apache-2.0
//! [`TcpTarget`]: a board behind a TCP port.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use ipsec_cosim_device::DeviceConfig;

use super::request::MAX_CLOCKS;
use super::{Abilities, Completion, Hello, OutFrame, Reply, Request, Target, TargetError};
use crate::error::Error;
use crate::golden::{InPort, OutPort};

/// A connection is there after this, or it is given up.
const CONNECT: Duration = Duration::from_secs(5);

/// The board answers within this, or it is given up, if nobody says otherwise. Long waits are asked for in pieces.
pub const ANSWER: Duration = Duration::from_secs(20);

/// Clocks that are waited for in one piece.
const PIECE: u32 = 100_000;

/// Longest line of a reply, bytes.
const LINE: u64 = 64 * 1024;

/// A connection to a board.
#[derive(Debug)]
pub struct TcpTarget {
    address: String,
    hello: Hello,
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    clock: Option<u64>,
    patience: Duration,
}

impl TcpTarget {
    /// Connects to `HOST:PORT`; every answer must come within `patience`.
    ///
    /// # Errors
    /// Nobody is there, or it does not speak the protocol.
    pub fn connect(address: &str, patience: Duration) -> Result<Self, TargetError> {
        let open =
            |problem: String| TargetError::Open(Error::Usage(format!("tcp:{address}: {problem}")));
        let addresses = address.to_socket_addrs().map_err(|error| {
            open(format!(
                "expected HOST:PORT of a board, as 127.0.0.1:5025: {error}"
            ))
        })?;
        let mut reason = "the name has no address".to_owned();
        let mut stream = None;
        for one in addresses {
            match TcpStream::connect_timeout(&one, CONNECT) {
                Ok(connected) => {
                    stream = Some(connected);
                    break;
                }
                Err(error) => reason = error.to_string(),
            }
        }
        let stream = stream.ok_or_else(|| {
            open(format!(
                "no board answers there ({reason}); `ipsec-cosim board --listen {address}` would be one"
            ))
        })?;
        let set_up = || {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(patience))?;
            stream.set_write_timeout(Some(patience))?;
            stream.try_clone()
        };
        let reader = set_up().map_err(|error| open(error.to_string()))?;
        let mut target = Self {
            address: address.to_owned(),
            hello: Hello {
                device: String::new(),
                config: DeviceConfig::default(),
            },
            stream,
            reader: BufReader::new(reader),
            clock: None,
            patience,
        };
        let line = target.line("its first line")?;
        if let Some(error) = line.strip_prefix("error ") {
            return Err(open(error.to_owned()));
        }
        target.hello = Hello::parse(&line).map_err(open)?;
        Ok(target)
    }

    /// What the board said first.
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// The next line.
    fn line(&mut self, access: &str) -> Result<String, TargetError> {
        let mut line = Vec::new();
        let read = self
            .reader
            .by_ref()
            .take(LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| self.failed(access, &error))?;
        if read == 0 {
            return Err(TargetError::Gone {
                access: access.to_owned(),
                reason: format!("{} closed the connection", self.address),
            });
        }
        Ok(String::from_utf8_lossy(&line).trim().to_owned())
    }

    fn failed(&self, access: &str, error: &std::io::Error) -> TargetError {
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => TargetError::NoAnswer {
                access: access.to_owned(),
                bound: format!("{} s", self.patience.as_secs_f32()),
            },
            _ => TargetError::Gone {
                access: access.to_owned(),
                reason: error.to_string(),
            },
        }
    }

    /// Asks, and waits for the answer.
    fn ask(&mut self, request: &Request) -> Result<Reply, TargetError> {
        let mut text = request.to_string();
        text.push('\n');
        // For the error: a frame's bytes say nothing.
        let access: String = text.trim().chars().take(60).collect();
        self.stream
            .write_all(text.as_bytes())
            .map_err(|error| self.failed(&access, &error))?;
        let line = self.line(&access)?;
        let reply = line.parse().map_err(TargetError::Far)?;
        match &reply {
            Reply::Ok { clock, .. }
            | Reply::Frame { clock, .. }
            | Reply::Completion { clock, .. }
            | Reply::None { clock } => self.clock = *clock,
            Reply::Timeout(text) => {
                return Err(TargetError::NoAnswer {
                    access,
                    bound: format!("the board's own bound ({text})"),
                });
            }
            Reply::Error(text) => return Err(TargetError::Far(text.clone())),
        }
        Ok(reply)
    }

    /// Asks for something that ends with a value.
    fn value(&mut self, request: &Request) -> Result<u32, TargetError> {
        match self.ask(request)? {
            Reply::Ok { value, .. } => Ok(value),
            other => Err(unexpected(&other)),
        }
    }

    /// `CLOCKS` in pieces, as long as each gives nothing.
    fn pieces<T>(
        &mut self,
        clocks: u32,
        mut ask: impl FnMut(&mut Self, u32) -> Result<Option<T>, TargetError>,
    ) -> Result<Option<T>, TargetError> {
        let mut left = clocks;
        loop {
            let piece = left.min(PIECE).min(MAX_CLOCKS);
            if let Some(found) = ask(self, piece)? {
                return Ok(Some(found));
            }
            left -= piece;
            if left == 0 {
                return Ok(None);
            }
        }
    }
}

fn unexpected(reply: &Reply) -> TargetError {
    let text: String = reply.to_string().chars().take(60).collect();
    TargetError::Far(format!("a reply that does not fit the request: \"{text}\""))
}

impl Target for TcpTarget {
    fn description(&self) -> String {
        let Hello { device, config } = &self.hello;
        format!("tcp:{} ({device} {config})", self.address)
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            frames: true,
            reset: true,
            clock: self.clock.is_some(),
        }
    }

    fn read32(&mut self, address: u16) -> Result<u32, TargetError> {
        self.value(&Request::Read { address })
    }

    fn write32(&mut self, address: u16, data: u32, strobe: u8) -> Result<(), TargetError> {
        let write = Request::Write {
            address,
            data,
            strobe,
        };
        self.value(&write).map(drop)
    }

    fn reset(&mut self, clocks: u32) -> Result<(), TargetError> {
        self.value(&Request::Reset { clocks }).map(drop)
    }

    fn wait(&mut self, clocks: u32) -> Result<(), TargetError> {
        let wait = |target: &mut Self, clocks| {
            target.value(&Request::Wait { clocks })?;
            Ok(None::<()>)
        };
        self.pieces(clocks, wait).map(drop)
    }

    fn clock(&mut self) -> Option<u64> {
        if self.clock.is_none() {
            self.value(&Request::Clock).ok()?;
        }
        self.clock
    }

    fn send(&mut self, port: InPort, frame: &[u8], tuser: [u32; 3]) -> Result<(), TargetError> {
        let frame = frame.to_vec();
        self.value(&Request::Send { port, tuser, frame }).map(drop)
    }

    fn receive(&mut self, port: OutPort, clocks: u32) -> Result<Option<OutFrame>, TargetError> {
        self.pieces(clocks, |target, clocks| {
            match target.ask(&Request::Receive { port, clocks })? {
                Reply::Frame { frame, .. } => Ok(Some(frame)),
                Reply::None { .. } => Ok(None),
                other => Err(unexpected(&other)),
            }
        })
    }

    fn completion(&mut self, clocks: u32) -> Result<Option<Completion>, TargetError> {
        self.pieces(clocks, |target, clocks| {
            match target.ask(&Request::Completion { clocks })? {
                Reply::Completion { completion, .. } => Ok(Some(completion)),
                Reply::None { .. } => Ok(None),
                other => Err(unexpected(&other)),
            }
        })
    }
}
