// SPDX-License-Identifier: Apache-2.0
//! [`Reply`]: a board's answer to a [`Request`](super::Request).

use std::str::FromStr;

use super::request::number;
use super::{Completion, OutFrame};

/// The answer; one line. A clock stands at the end of each but the last two; a board that cannot count its clocks
/// says `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `ok VALUE CLOCK`: it is done; what a read gave, else 0
    Ok {
        /// What was read
        value: u32,
        /// Device clocks since power-on
        clock: Option<u64>,
    },
    /// `frame SLOT1 SLOT12 CLOCK FRAME`
    Frame {
        /// The frame
        frame: OutFrame,
        /// Device clocks since power-on
        clock: Option<u64>,
    },
    /// `cpl NUMBER STATUS CLOCK`
    Completion {
        /// The completion
        completion: Completion,
        /// Device clocks since power-on
        clock: Option<u64>,
    },
    /// `none CLOCK`: no frame or completion came in time
    None {
        /// Device clocks since power-on
        clock: Option<u64>,
    },
    /// `timeout TEXT`: the device does not answer
    Timeout(String),
    /// `error TEXT`: the request is no good, or the device has stopped
    Error(String),
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |clock: &Option<u64>| clock.map_or("-".to_owned(), |clock| clock.to_string());
        match self {
            Self::Ok { value, clock } => write!(f, "ok 0x{value:08x} {}", text(clock)),
            Self::Frame { frame, clock } => {
                let [slot1, slot12] = frame.words;
                let (clock, bytes) = (text(clock), hex::encode(&frame.bytes));
                write!(f, "frame 0x{slot1:08x} 0x{slot12:08x} {clock} {bytes}")
            }
            Self::Completion { completion, clock } => {
                let Completion { number, status } = completion;
                write!(f, "cpl {number} 0x{status:08x} {}", text(clock))
            }
            Self::None { clock } => write!(f, "none {}", text(clock)),
            // One line, whatever the device had to say.
            Self::Timeout(text) => write!(f, "timeout {}", text.replace('\n', " | ")),
            Self::Error(text) => write!(f, "error {}", text.replace('\n', " | ")),
        }
    }
}

impl FromStr for Reply {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let bad = || {
            let got: String = line.chars().take(60).collect();
            format!(
                "expected a reply as \"ok 0x00000000 1234\", got \"{}\"",
                got.escape_debug()
            )
        };
        let clock = |text: &str| match text {
            "-" => Ok(None),
            _ => text.parse().map(Some).map_err(|_| bad()),
        };
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        match name {
            "timeout" => return Ok(Self::Timeout(rest.to_owned())),
            "error" => return Ok(Self::Error(rest.to_owned())),
            _ => {}
        }
        let words: Vec<&str> = rest.split_ascii_whitespace().collect();
        Ok(match (name, words.as_slice()) {
            ("ok", [value, at]) => Self::Ok {
                value: number(value)?,
                clock: clock(at)?,
            },
            ("frame", [slot1, slot12, at, bytes]) => Self::Frame {
                frame: OutFrame {
                    bytes: hex::decode(bytes).map_err(|_| bad())?,
                    words: [number(slot1)?, number(slot12)?],
                },
                clock: clock(at)?,
            },
            ("cpl", [n, status, at]) => Self::Completion {
                completion: Completion {
                    number: number(n)?,
                    status: number(status)?,
                },
                clock: clock(at)?,
            },
            ("none", [at]) => Self::None { clock: clock(at)? },
            _ => return Err(bad()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            "ok 0x43535049 1234",
            "ok 0x00000000 -",
            "frame 0x00000002 0x00000000 99 0200",
            "cpl 7 0xc0000001 100",
            "none 5",
            "timeout read of 0x0000 has no answer",
            "error expected a request",
        ] {
            let reply: Reply = text.parse().unwrap();
            assert_eq!(reply.to_string(), text);
        }
        assert!("ok".parse::<Reply>().is_err());
        assert!("hello 1 2".parse::<Reply>().is_err());
    }

    #[test]
    fn an_error_of_several_lines_is_one_line() {
        let reply = Reply::Error("clock 5\nirq: 0 and 1".to_owned());
        assert_eq!(reply.to_string(), "error clock 5 | irq: 0 and 1");
    }
}
