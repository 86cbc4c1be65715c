// SPDX-License-Identifier: Apache-2.0
//! [`Request`]: a line to a board.

use std::str::FromStr;

use crate::golden::{InPort, OutPort};

/// Longest wait of one request, in clocks: a board answers before a client gives up.
pub const MAX_CLOCKS: u32 = 10_000_000;

/// What a board is asked; one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `r ADDRESS`
    Read {
        /// Byte address
        address: u16,
    },
    /// `w ADDRESS DATA [STROBE]`
    Write {
        /// Byte address
        address: u16,
        /// Data
        data: u32,
        /// Byte strobes, 15 if missing
        strobe: u8,
    },
    /// `reset [CLOCKS]`
    Reset {
        /// Clocks of reset, 4 if missing
        clocks: u32,
    },
    /// `wait CLOCKS`
    Wait {
        /// Clocks that pass
        clocks: u32,
    },
    /// `clock`: nothing but the clock of the reply
    Clock,
    /// `tx HANDLE TUNNEL SLOT12 FRAME` or `rx FRAME`
    Send {
        /// The input
        port: InPort,
        /// Transmit: offload handle, tunnel handle, slot-12 word
        tuser: [u32; 3],
        /// The bytes
        frame: Vec<u8>,
    },
    /// `get tx CLOCKS` or `get rx CLOCKS`
    Receive {
        /// The output
        port: OutPort,
        /// Clocks to wait for it
        clocks: u32,
    },
    /// `get cpl CLOCKS`
    Completion {
        /// Clocks to wait for it
        clocks: u32,
    },
    /// `irq`: the level of `irq_o`
    Irq,
    /// `quit`: ends the connection
    Quit,
}

impl FromStr for Request {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let (name, arguments) = words.split_first().ok_or("expected a request")?;
        Ok(match (*name, arguments) {
            ("r", [address]) => Self::Read {
                address: self::address(address)?,
            },
            ("w", [address, data, strobe @ ..]) if strobe.len() <= 1 => Self::Write {
                address: self::address(address)?,
                data: number(data)?,
                strobe: match strobe.first().map(|s| number(s)).transpose()? {
                    None => 15,
                    Some(strobe @ 0..=15) => strobe as u8,
                    Some(strobe) => return Err(format!("expected strobes 0 to 15, got {strobe}")),
                },
            },
            ("reset", []) => Self::Reset { clocks: 4 },
            ("reset", [clocks]) => Self::Reset {
                clocks: self::clocks(clocks)?,
            },
            ("wait", [clocks]) => Self::Wait {
                clocks: self::clocks(clocks)?,
            },
            ("clock", []) => Self::Clock,
            ("irq", []) => Self::Irq,
            ("quit", []) => Self::Quit,
            ("tx", [handle, tunnel, slot12, frame]) => Self::Send {
                port: InPort::Tx,
                tuser: [number(handle)?, number(tunnel)?, number(slot12)?],
                frame: bytes(frame)?,
            },
            ("rx", [frame]) => Self::Send {
                port: InPort::Rx,
                tuser: [0; 3],
                frame: bytes(frame)?,
            },
            ("get", ["tx", clocks]) => Self::Receive {
                port: OutPort::MAxisTx,
                clocks: self::clocks(clocks)?,
            },
            ("get", ["rx", clocks]) => Self::Receive {
                port: OutPort::MAxisRx,
                clocks: self::clocks(clocks)?,
            },
            ("get", ["cpl", clocks]) => Self::Completion {
                clocks: self::clocks(clocks)?,
            },
            _ => {
                return Err(format!(
                    "expected \"r ADDRESS\", \"w ADDRESS DATA [STROBE]\", \"reset [CLOCKS]\", \"wait CLOCKS\", \
                     \"clock\", \"irq\", \"tx HANDLE TUNNEL SLOT12 FRAME\", \"rx FRAME\", \"get tx|rx|cpl CLOCKS\" \
                     or \"quit\", got \"{}\" with {} arguments",
                    name.chars().take(20).collect::<String>().escape_debug(),
                    arguments.len()
                ));
            }
        })
    }
}

impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read { address } => write!(f, "r 0x{address:04x}"),
            Self::Write {
                address,
                data,
                strobe: 15,
            } => write!(f, "w 0x{address:04x} 0x{data:08x}"),
            Self::Write {
                address,
                data,
                strobe,
            } => write!(f, "w 0x{address:04x} 0x{data:08x} {strobe}"),
            Self::Reset { clocks } => write!(f, "reset {clocks}"),
            Self::Wait { clocks } => write!(f, "wait {clocks}"),
            Self::Clock => f.write_str("clock"),
            Self::Irq => f.write_str("irq"),
            Self::Quit => f.write_str("quit"),
            Self::Send {
                port: InPort::Tx,
                tuser: [handle, tunnel, slot12],
                frame,
            } => write!(
                f,
                "tx 0x{handle:08x} 0x{tunnel:08x} 0x{slot12:08x} {}",
                hex::encode(frame)
            ),
            Self::Send { frame, .. } => write!(f, "rx {}", hex::encode(frame)),
            Self::Receive {
                port: OutPort::MAxisTx,
                clocks,
            } => write!(f, "get tx {clocks}"),
            Self::Receive { clocks, .. } => write!(f, "get rx {clocks}"),
            Self::Completion { clocks } => write!(f, "get cpl {clocks}"),
        }
    }
}

/// A number, decimal or with `0x`.
pub(super) fn number(text: &str) -> Result<u32, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| {
        let got: String = text.chars().take(20).collect();
        format!(
            "expected a number of 32 bits, as 0x40 or 64, got \"{}\"",
            got.escape_debug()
        )
    })
}

fn address(text: &str) -> Result<u16, String> {
    match number(text)? {
        address @ 0..=0xffff if address % 4 == 0 => Ok(address as u16),
        address => Err(format!(
            "expected an address from 0 to 0xfffc that is a multiple of 4, got 0x{address:x}"
        )),
    }
}

fn clocks(text: &str) -> Result<u32, String> {
    match number(text)? {
        clocks @ 0..=MAX_CLOCKS => Ok(clocks),
        clocks => Err(format!(
            "expected at most {MAX_CLOCKS} clocks, got {clocks}"
        )),
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    match hex::decode(text) {
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(format!("expected the frame in hex digits: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            "r 0x0034",
            "w 0x0020 0x00000003",
            "w 0x0020 0x00000003 1",
            "reset 4",
            "wait 100",
            "clock",
            "irq",
            "tx 0x00010001 0x00000000 0x05000000 0200",
            "rx 0200",
            "get tx 10",
            "get rx 10",
            "get cpl 10",
            "quit",
        ] {
            let request: Request = text.parse().unwrap();
            assert_eq!(request.to_string(), text);
        }
    }

    #[test]
    fn bad_lines_say_what_was_expected() {
        for (text, problem) in [
            ("", "expected a request"),
            ("read 0x34", "expected \"r ADDRESS\""),
            ("r 0x35", "multiple of 4"),
            ("r 0x10000", "from 0 to 0xfffc"),
            ("r zero", "expected a number of 32 bits"),
            ("w 0x20", "with 1 arguments"),
            ("w 0x20 1 16", "strobes 0 to 15"),
            ("wait 4000000000", "at most 10000000 clocks"),
            ("rx 020", "hex digits"),
            ("tx 1 2 3", "with 3 arguments"),
        ] {
            let error = text.parse::<Request>().unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
