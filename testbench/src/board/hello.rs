// SPDX-License-Identifier: Apache-2.0
//! [`Hello`]: the first line that a board says.

use ipsec_cosim_device::{DeviceConfig, DeviceKind};

/// The version of the protocol.
pub const PROTOCOL: u32 = 1;

/// The first word of the first line.
const MAGIC: &str = "ipsec-board";

/// What stands behind the port: `ipsec-board 1 device=rtl num_sa=16 stages=4`. A reader ignores members that it
/// does not know; version 2 may be anything behind the number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// `model`, `rtl`, `lockstep`, or the name of a board
    pub device: String,
    /// Design parameters
    pub config: DeviceConfig,
}

impl Hello {
    /// Of a simulated device.
    pub fn new(kind: DeviceKind, config: DeviceConfig) -> Self {
        Self {
            device: kind.to_string(),
            config,
        }
    }

    /// Reads the line.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(line: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "expected \"{MAGIC} {PROTOCOL} device=NAME num_sa=N stages=N\" as the first line, got \"{}\"",
                line.chars().take(80).collect::<String>().escape_debug()
            )
        };
        let mut words = line.split_ascii_whitespace();
        if words.next() != Some(MAGIC) {
            return Err(bad());
        }
        let version: u32 = words.next().and_then(|w| w.parse().ok()).ok_or_else(bad)?;
        if version != PROTOCOL {
            return Err(format!(
                "it speaks version {version} of the protocol, this program version {PROTOCOL}"
            ));
        }
        let members: Vec<(&str, &str)> = words.filter_map(|word| word.split_once('=')).collect();
        let member = |name| members.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        let number = |name| member(name).and_then(|v| v.parse().ok()).ok_or_else(bad);
        Ok(Self {
            device: member("device").ok_or_else(bad)?.to_owned(),
            config: DeviceConfig::new(number("num_sa")?, number("stages")?),
        })
    }
}

impl std::fmt::Display for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let DeviceConfig { num_sa, stages } = self.config;
        write!(
            f,
            "{MAGIC} {PROTOCOL} device={} num_sa={num_sa} stages={stages}",
            self.device
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let hello = Hello::new(DeviceKind::Rtl, DeviceConfig::new(16, 4));
        let text = hello.to_string();
        assert_eq!(text, "ipsec-board 1 device=rtl num_sa=16 stages=4");
        assert_eq!(Hello::parse(&text), Ok(hello.clone()));
        assert_eq!(Hello::parse(&(text + " color=blue")), Ok(hello));
    }

    #[test]
    fn others_are_refused() {
        for (line, problem) in [
            ("SSH-2.0-OpenSSH", "expected \"ipsec-board 1"),
            ("ipsec-board 2 device=rtl", "speaks version 2"),
            ("ipsec-board 1 device=rtl num_sa=16", "expected"),
            ("", "expected"),
        ] {
            assert!(Hello::parse(line).unwrap_err().contains(problem), "{line}");
        }
    }
}
