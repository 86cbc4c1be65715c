// SPDX-License-Identifier: Apache-2.0
//! Finds the security headers of a frame, so that a host knows which SA a frame names. Unlike the
//! device's parser it looks behind everything that may stand in front (options, any number of extension
//! headers, the header of a first fragment, UDP): a frame that the device cannot do must still go with its
//! handle, and be refused, rather than without one, and leave in the clear.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::sa::Operation;

/// UDP port of encapsulated ESP.
pub const UDP_ESP_PORT: u16 = 4500;

/// A security header and the IP header that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion {
    /// Offset of the IP header
    pub ip: usize,
    /// Destination in it
    pub dst: IpAddr,
    /// Offset of the AH or ESP header
    pub offset: usize,
    /// Which of the two
    pub operation: Operation,
    /// Its SPI
    pub spi: u32,
    /// First byte behind the IP packet, from its length field
    pub end: usize,
    /// Behind AH: its next header, and where that one starts
    pub behind: Option<(u8, usize)>,
    /// Offset and SPI of the ESP header behind AH
    pub esp: Option<(usize, u32)>,
}

impl Portion {
    /// Offset of the ESP header, if there is one.
    pub fn esp_at(&self) -> Option<usize> {
        match self.operation {
            Operation::Esp => Some(self.offset),
            Operation::Ah => self.esp.map(|(at, _)| at),
        }
    }

    /// Offset of the AH header, if there is one.
    pub fn ah_at(&self) -> Option<usize> {
        (self.operation == Operation::Ah).then_some(self.offset)
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    Some(u16::from_be_bytes([pair[0], pair[1]]))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}

fn address<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

/// Offset of the IP header of an Ethernet II frame with at most one 0x8100 tag.
pub fn ip_offset(frame: &[u8]) -> Option<usize> {
    let (kind, at) = match be16(frame, 12)? {
        0x8100 => (be16(frame, 16)?, 18),
        kind => (kind, 14),
    };
    let version = frame.get(at)? >> 4;
    matches!((kind, version), (0x0800, 4) | (0x86dd, 6)).then_some(at)
}

/// The outermost security header of a frame.
pub fn outermost(frame: &[u8]) -> Option<Portion> {
    portion_at(frame, ip_offset(frame)?)
}

/// The security header that the IP packet at `ip` carries first.
pub fn portion_at(frame: &[u8], ip: usize) -> Option<Portion> {
    match frame.get(ip)? >> 4 {
        4 => {
            let header = usize::from(frame[ip] & 15) * 4;
            let offset = be16(frame, ip + 6)? & 0x1fff;
            if header < 20 || offset != 0 {
                return None;
            }
            let dst = Ipv4Addr::from(address::<4>(frame, ip + 16)?).into();
            let end = ip + usize::from(be16(frame, ip + 2)?);
            security_header(frame, ip, dst, end, *frame.get(ip + 9)?, ip + header)
        }
        6 => {
            let dst = Ipv6Addr::from(address::<16>(frame, ip + 24)?).into();
            let end = ip + 40 + usize::from(be16(frame, ip + 4)?);
            let (mut next, mut at) = (*frame.get(ip + 6)?, ip + 40);
            while matches!(next, 0 | 43 | 44 | 60) {
                let size = match next {
                    44 if be16(frame, at + 2)? >> 3 != 0 => return None,
                    44 => 8,
                    _ => (usize::from(*frame.get(at + 1)?) + 1) * 8,
                };
                next = *frame.get(at)?;
                at += size;
            }
            security_header(frame, ip, dst, end, next, at)
        }
        _ => None,
    }
}

fn security_header(
    frame: &[u8],
    ip: usize,
    dst: IpAddr,
    end: usize,
    protocol: u8,
    at: usize,
) -> Option<Portion> {
    let (operation, offset, spi_at) = match protocol {
        50 => (Operation::Esp, at, at),
        51 => (Operation::Ah, at, at + 4),
        17 => {
            let ports = [be16(frame, at)?, be16(frame, at + 2)?];
            // Four zero bytes mark IKE.
            if !ports.contains(&UDP_ESP_PORT) || be32(frame, at + 8)? == 0 {
                return None;
            }
            (Operation::Esp, at + 8, at + 8)
        }
        _ => return None,
    };
    let behind = (operation == Operation::Ah)
        .then(|| {
            let words = usize::from(*frame.get(offset + 1)?) + 2;
            Some((*frame.get(offset)?, offset + 4 * words))
        })
        .flatten();
    let esp = match behind {
        Some((50, at)) => be32(frame, at).map(|spi| (at, spi)),
        _ => None,
    };
    Some(Portion {
        ip,
        dst,
        offset,
        operation,
        spi: be32(frame, spi_at)?,
        end,
        behind,
        esp,
    })
}

/// The portion inside the tunnel of `outer`, in a frame whose ESP text lies in the clear; `icv`: bytes of
/// the ICV of its ESP.
pub fn inside(frame: &[u8], outer: &Portion, icv: usize) -> Option<Portion> {
    let (next_header, ip) = match (outer.esp_at(), outer.behind) {
        (Some(esp), _) => (*frame.get(outer.end.checked_sub(icv + 1)?)?, esp + 16),
        (None, behind) => behind?,
    };
    match (next_header, frame.get(ip)? >> 4) {
        (4, 4) | (41, 6) => portion_at(frame, ip),
        _ => None,
    }
}
