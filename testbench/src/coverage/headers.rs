// SPDX-License-Identifier: Apache-2.0
//! The headers of a frame as coverage needs them, after `docs/packet_semantics.md`. What is found is only
//! counted, never judged.

/// One level: an IP header with what follows up to its AH and ESP headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Level {
    pub v6: bool,
    pub dst: u128,
    /// IPv4 with options
    pub options: bool,
    /// Extension headers: hop-by-hop, routing, destination options
    pub extensions: [bool; 3],
    pub udp: bool,
    /// Offset and SPI
    pub ah: Option<(usize, u32)>,
    /// Where the AH header ends, and its next header
    pub behind_ah: (usize, u8),
    /// Offset and SPI
    pub esp: Option<(usize, u32)>,
    /// Where the IP packet ends
    pub end: usize,
}

impl Level {
    /// The protocols, as a bin is called; none without any.
    pub fn protocols(&self) -> Option<&'static str> {
        match (self.ah, self.esp) {
            (None, None) => None,
            (None, Some(_)) => Some("esp"),
            (Some(_), None) => Some("ah"),
            (Some(_), Some(_)) => Some("ah+esp"),
        }
    }

    /// What stands between IP header and AH or ESP, as a bin is called.
    pub fn between(&self) -> &'static str {
        match (self.v6, self.options, self.extensions) {
            (false, false, _) | (true, _, [false, false, false]) => "none",
            (false, true, _) => "options",
            (true, _, [true, false, false]) => "hop-by-hop",
            (true, _, [false, true, false]) => "routing",
            (true, _, [false, false, true]) => "destination",
            (true, _, _) => "several",
        }
    }
}

fn byte(frame: &[u8], at: usize) -> Option<usize> {
    frame.get(at).map(|byte| usize::from(*byte))
}

fn half(frame: &[u8], at: usize) -> Option<usize> {
    Some(byte(frame, at)? << 8 | byte(frame, at + 1)?)
}

fn number(frame: &[u8], at: usize, bytes: usize) -> Option<u128> {
    let bytes = frame.get(at..at + bytes)?;
    Some(bytes.iter().fold(0, |n, byte| n << 8 | u128::from(*byte)))
}

/// Whether there is a tag, and the outermost level.
pub(super) fn outer(frame: &[u8]) -> Option<(bool, Level)> {
    let tag = half(frame, 12)? == 0x8100;
    let at = if tag { 18 } else { 14 };
    let v6 = match half(frame, at - 2)? {
        0x0800 => false,
        0x86dd => true,
        _ => return None,
    };
    Some((tag, level(frame, at, v6)?))
}

/// The level inside a tunnel, if there is one.
pub(super) fn inner(frame: &[u8], outer: &Level) -> Option<Level> {
    let at = match outer.esp {
        Some((esp, _)) => esp + 16,
        None => outer.behind_ah.0,
    };
    let v6 = match byte(frame, at)? >> 4 {
        4 => false,
        6 => true,
        _ => return None,
    };
    level(frame, at, v6)
}

/// The level whose IP header is at `ip`.
pub(super) fn level(frame: &[u8], ip: usize, v6: bool) -> Option<Level> {
    let mut level = Level {
        v6,
        ..Level::default()
    };
    let (mut at, mut protocol);
    if v6 {
        if byte(frame, ip)? >> 4 != 6 {
            return None;
        }
        level.end = ip + 40 + half(frame, ip + 4)?;
        level.dst = number(frame, ip + 24, 16)?;
        (at, protocol) = (ip + 40, byte(frame, ip + 6)?);
        for _ in 0..8 {
            let kind = match protocol {
                0 => 0,
                43 => 1,
                60 => 2,
                _ => break,
            };
            level.extensions[kind] = true;
            protocol = byte(frame, at)?;
            at += 8 * (byte(frame, at + 1)? + 1);
        }
    } else {
        let first = byte(frame, ip)?;
        if first >> 4 != 4 || half(frame, ip + 6)? & 0x3fff != 0 {
            return None;
        }
        level.end = ip + half(frame, ip + 2)?;
        level.dst = number(frame, ip + 16, 4)?;
        level.options = first & 0xf > 5;
        (at, protocol) = (ip + 4 * (first & 0xf), byte(frame, ip + 9)?);
    }
    if protocol == 17 {
        level.udp = true;
        at += 8;
        protocol = 50;
    }
    if protocol == 51 {
        level.ah = Some((at, number(frame, at + 4, 4)? as u32));
        let next = byte(frame, at)? as u8;
        let ends = at + 4 * (byte(frame, at + 1)? + 2);
        level.behind_ah = (ends, next);
        (at, protocol) = (ends, usize::from(next));
    }
    if protocol == 50
        && let Some(spi) = number(frame, at, 4)
    {
        level.esp = Some((at, spi as u32));
    }
    level.protocols().is_some().then_some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u16, bytes: &[u8]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend(kind.to_be_bytes());
        frame.extend(bytes);
        frame.resize(120, 0);
        frame
    }

    #[test]
    fn levels() {
        let mut ip = vec![
            0x46, 0, 0, 100, 0, 0, 0, 0, 64, 50, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 0,
        ];
        ip.extend([0, 0, 0x10, 0]);
        let (tag, level) = outer(&frame(0x0800, &ip)).unwrap();
        assert!(!tag && !level.v6 && level.between() == "options");
        assert_eq!((level.dst, level.end), (0x0202_0202, 114));
        assert_eq!(level.esp, Some((38, 4096)));

        let mut ip = vec![0x60, 0, 0, 0, 0, 60, 60, 64];
        ip.resize(40, 9);
        ip.extend([51, 0, 0, 0, 0, 0, 0, 0]);
        ip.extend([50, 7, 0, 0, 0, 0, 0x20, 0]);
        ip.resize(40 + 8 + 36, 0);
        ip.extend([0, 0, 0x30, 0]);
        let (_, level) = outer(&frame(0x86dd, &ip)).unwrap();
        assert_eq!(level.between(), "destination");
        assert_eq!(level.protocols(), Some("ah+esp"));
        assert_eq!(level.ah, Some((62, 8192)));
        assert_eq!(level.esp, Some((98, 12288)));

        // A fragment, another protocol, a frame that is too short.
        ip[6] = 44;
        assert!(outer(&frame(0x86dd, &ip)).is_none());
        assert!(outer(&[0; 13]).is_none());
        assert!(outer(&frame(0x0806, &ip)).is_none());
    }
}
