// SPDX-License-Identifier: Apache-2.0
//! The headers of one level of a frame, as docs/packet_semantics.md walks them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::options;

/// How far behind the base a security header may start.
pub const REACH: usize = 1020;

/// An AH header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ah {
    /// Offset in the frame
    pub at: usize,
    /// SPI
    pub spi: u32,
    /// Next header
    pub next: u8,
    /// Payload length: 32-bit words less 2
    pub words: u8,
    /// First byte behind it
    pub end: usize,
    /// The frame holds the IV and ICV
    pub whole: bool,
}

/// An ESP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Esp {
    /// Offset in the frame
    pub at: usize,
    /// SPI
    pub spi: u32,
    /// The frame holds it and the IV
    pub whole: bool,
}

/// An IP header with what is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Offset of the IP header
    pub ip: usize,
    /// First byte behind the IP packet, from its length field
    pub end: usize,
    /// Destination
    pub dst: IpAddr,
    /// Where the UDP header says that its payload ends, if there is one
    pub udp_end: Option<usize>,
    /// Its AH header
    pub ah: Option<Ah>,
    /// Its ESP header
    pub esp: Option<Esp>,
    /// No route that is not exhausted
    pub arrived: bool,
}

/// A frame and the port that marks ESP in UDP.
#[derive(Clone, Copy, Debug)]
pub struct Walk<'a> {
    /// The frame
    pub frame: &'a [u8],
    /// UDP_PORT
    pub udp_port: u16,
}

impl Walk<'_> {
    fn be16(&self, at: usize) -> Option<u16> {
        let pair = self.frame.get(at..at + 2)?;
        Some(u16::from_be_bytes([pair[0], pair[1]]))
    }

    fn be32(&self, at: usize) -> Option<u32> {
        let word = self.frame.get(at..at + 4)?;
        Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
    }

    /// Offset of the outermost IP header, and whether it is of version 6.
    pub fn ethernet(&self) -> Option<(usize, bool)> {
        let (kind, ip) = match self.be16(12)? {
            0x8100 => (self.be16(16)?, 18),
            kind => (kind, 14),
        };
        match kind {
            0x0800 => Some((ip, false)),
            0x86dd => Some((ip, true)),
            _ => None,
        }
    }

    /// The level of the IP header at `ip`; `None` if it has no security header.
    pub fn level(&self, ip: usize, v6: bool, base: usize) -> Option<Level> {
        if v6 {
            self.ipv6(ip, base)
        } else {
            self.ipv4(ip, base)
        }
    }

    fn ipv4(&self, ip: usize, base: usize) -> Option<Level> {
        let size = usize::from(*self.frame.get(ip)? & 15) * 4;
        let header = self.frame.get(ip..ip + size)?;
        let fragment = || self.be16(ip + 6).map(|word| word & 0x3fff);
        if header.first()? >> 4 != 4 || size < 20 || fragment()? != 0 {
            return None;
        }
        let source_route = |option: &options::HeaderOption| {
            let bytes = &header[option.all.clone()];
            let open =
                matches!(bytes, [_, length, pointer, ..] if *length >= 3 && pointer <= length);
            matches!(option.kind, 131 | 137) && open
        };
        let level = Level {
            ip,
            end: ip + usize::from(self.be16(ip + 2)?),
            dst: Ipv4Addr::from(self.be32(ip + 16)?).into(),
            udp_end: None,
            ah: None,
            esp: None,
            arrived: !options::ipv4(header).iter().any(source_route),
        };
        self.security(level, header[9], ip + size, base)
    }

    fn ipv6(&self, ip: usize, base: usize) -> Option<Level> {
        let header = self.frame.get(ip..ip + 40)?;
        let length = self.be16(ip + 4)?;
        let (mut next, mut at) = (header[6], ip + 40);
        if header[0] >> 4 != 6 || (length, next) == (0, 0) {
            return None;
        }
        let dst: [u8; 16] = header[24..].try_into().ok()?;
        let mut level = Level {
            ip,
            end: ip + 40 + usize::from(length),
            dst: Ipv6Addr::from(dst).into(),
            udp_end: None,
            ah: None,
            esp: None,
            arrived: true,
        };
        let mut count = 0;
        while matches!(next, 0 | 43 | 60) {
            count += 1;
            let size = 8 * (usize::from(*self.frame.get(at + 1)?) + 1);
            let header = self.frame.get(at..at + size)?;
            if count > 8 || at + size - base > REACH {
                return None;
            }
            if next == 43 && header[3] != 0 {
                level.arrived = false;
            }
            next = header[0];
            at += size;
        }
        self.security(level, next, at, base)
    }

    fn security(&self, mut level: Level, protocol: u8, at: usize, base: usize) -> Option<Level> {
        match protocol {
            17 => {
                let udp = self.frame.get(at..at + 8)?;
                if self.be16(at)? != self.udp_port && self.be16(at + 2)? != self.udp_port {
                    return None;
                }
                level.udp_end = Some(at + usize::from(u16::from_be_bytes([udp[4], udp[5]])));
                level.esp = Some(self.esp(at + 8, base)?);
            }
            50 => level.esp = Some(self.esp(at, base)?),
            51 => {
                if at - base > REACH {
                    return None;
                }
                let words = *self.frame.get(at + 1)?;
                let ah = Ah {
                    at,
                    spi: self.be32(at + 4)?,
                    next: self.frame[at],
                    words,
                    end: at + 4 * (usize::from(words) + 2),
                    whole: at + 36 <= self.frame.len(),
                };
                level.ah = Some(ah);
                if words >= 7 && ah.next == 50 {
                    level.esp = self.esp(ah.end, base);
                }
            }
            _ => return None,
        }
        Some(level)
    }

    /// The ESP header at this place.
    pub fn esp(&self, at: usize, base: usize) -> Option<Esp> {
        if at - base > REACH {
            return None;
        }
        Some(Esp {
            at,
            spi: self.be32(at)?,
            whole: at + 16 <= self.frame.len(),
        })
    }
}
