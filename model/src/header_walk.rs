// SPDX-License-Identifier: Apache-2.0
//! The walk of headers of one level: from its IP header to its AH and ESP headers (docs/packet_semantics.md).
//!
//! The walk sees the frame as far as it has come in, and ends with the beat that it must see next, if it needs one.

use crate::frame_parser::BEAT;
use crate::options::{Family, options};

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86DD;
const ETHERTYPE_VLAN: u16 = 0x8100;
pub(crate) const HOP_BY_HOP: u8 = 0;
pub(crate) const IPV4: u8 = 4;
const UDP: u8 = 17;
pub(crate) const IPV6: u8 = 41;
pub(crate) const ROUTING: u8 = 43;
const ESP: u8 = 50;
const AH: u8 = 51;
pub(crate) const DESTINATION: u8 = 60;
/// Loose and strict source routes.
const SOURCE_ROUTES: [u8; 2] = [131, 137];
pub(crate) const IPV4_HEADER: usize = 20;
pub(crate) const IPV6_HEADER: usize = 40;
/// SPI, sequence number and explicit IV.
pub const ESP_HEADER: usize = 16;
/// AH with IV and ICV of AES-GMAC, without padding.
pub const AH_HEADER: usize = 36;
/// Its length field.
const AH_WORDS: u8 = 7;
/// AH and ESP headers start, and extension headers end, at most so far behind the base.
const REACH: usize = 1020;
const EXTENSION_HEADERS: usize = 8;

/// Why a walk ends without a portion, for now or for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// This beat (or the last one) must be in.
    Need(usize),
    /// None.
    Nothing,
}

/// Bytes of a frame, as far as they are in.
pub(crate) struct View<'a> {
    pub data: &'a [u8],
    pub complete: bool,
}

impl View<'_> {
    /// Makes sure that the header whose last byte is `last` is in. Beats are looked at with two bytes of delay:
    /// headers behind an Ethernet header are aligned to four bytes from its byte 14 on.
    pub fn examine(&self, last: usize) -> Result<(), Stop> {
        let beat = (last + 2) / BEAT;
        if self.complete || self.data.len() >= BEAT * (beat + 1) {
            Ok(())
        } else {
            Err(Stop::Need(beat))
        }
    }

    pub fn get<const N: usize>(&self, at: usize) -> Result<[u8; N], Stop> {
        let bytes = self.data.get(at..).and_then(|b| b.first_chunk::<N>());
        bytes.copied().ok_or(Stop::Nothing)
    }

    fn slice(&self, at: usize, len: usize) -> Result<&[u8], Stop> {
        self.data.get(at..at + len).ok_or(Stop::Nothing)
    }

    fn u16(&self, at: usize) -> Result<u16, Stop> {
        self.get(at).map(u16::from_be_bytes)
    }
}

/// An IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ip {
    pub at: usize,
    pub v6: bool,
}

/// An AH header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ah {
    /// Offset.
    pub at: usize,
    /// First byte behind it, from its length field.
    pub end: usize,
    /// Its length field has room for IV and ICV.
    pub long: bool,
    /// What is behind it.
    pub next_header: u8,
    /// Security parameters index.
    pub spi: u32,
    /// IV, as far as the frame goes.
    pub iv: [u8; 8],
    /// The frame ends inside.
    pub truncated: bool,
}

/// An ESP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Esp {
    /// Offset.
    pub at: usize,
    /// Security parameters index.
    pub spi: u32,
    /// Explicit IV, as far as the frame goes.
    pub iv: [u8; 8],
    /// The frame ends inside.
    pub truncated: bool,
}

impl Esp {
    /// Offset of payload and trailer.
    #[must_use]
    pub const fn text(&self) -> usize {
        self.at + ESP_HEADER
    }
}

/// One IP header with all that follows up to its AH and ESP headers, of which there is at least one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// IPv6.
    pub v6: bool,
    /// Destination; an IPv4 address is in the low 32 bits.
    pub dst: u128,
    /// Offset of the IP header.
    pub ip: usize,
    /// First byte behind the IP packet, from its length field.
    pub end: usize,
    /// First byte behind the UDP datagram, from its length field.
    pub udp_end: Option<usize>,
    /// AH.
    pub ah: Option<Ah>,
    /// ESP, behind AH if there is one.
    pub esp: Option<Esp>,
}

impl Level {
    /// IPsec headers.
    #[must_use]
    pub const fn headers(&self) -> usize {
        self.ah.is_some() as usize + self.esp.is_some() as usize
    }
}

/// What the rules of a walk depend on.
pub(crate) struct Rules {
    /// What offsets of AH and ESP count from, if not from the IP header of the level.
    pub base: Option<usize>,
    /// AH behind a route that is not exhausted is none.
    pub route: bool,
    pub udp_port: u16,
}

/// From the Ethernet header to an IP header.
pub(crate) fn ethernet(view: &View) -> Result<Ip, Stop> {
    view.examine(13)?;
    let mut at = 12;
    let mut kind = view.u16(at)?;
    if kind == ETHERTYPE_VLAN {
        view.examine(17)?;
        at = 16;
        kind = view.u16(at)?;
    }
    let v6 = match kind {
        ETHERTYPE_IPV4 => false,
        ETHERTYPE_IPV6 => true,
        _ => return Err(Stop::Nothing),
    };
    Ok(Ip { at: at + 2, v6 })
}

/// From an IP header to the AH and ESP headers of its level.
pub(crate) fn level(view: &View, ip: Ip, rules: &Rules) -> Result<Level, Stop> {
    let base = rules.base.unwrap_or(ip.at);
    let (mut level, protocol, at, route_open) = if ip.v6 {
        ipv6(view, ip.at, base)?
    } else {
        ipv4(view, ip.at)?
    };
    match protocol {
        UDP => {
            view.examine(at + 7)?;
            let [s0, s1, d0, d1, l0, l1, _, _] = view.get(at)?;
            if ![[s0, s1], [d0, d1]].contains(&rules.udp_port.to_be_bytes()) {
                return Err(Stop::Nothing);
            }
            level.udp_end = Some(at + usize::from(u16::from_be_bytes([l0, l1])));
            level.esp = Some(esp(view, at + 8, base)?);
        }
        AH if at > base + REACH || (rules.route && route_open) => return Err(Stop::Nothing),
        AH => {
            let header = ah(view, at)?;
            if header.long && header.next_header == ESP {
                level.esp = match esp(view, header.end, base) {
                    Ok(esp) => Some(esp),
                    Err(Stop::Nothing) => None,
                    Err(other) => return Err(other),
                };
            }
            level.ah = Some(header);
        }
        ESP => level.esp = Some(esp(view, at, base)?),
        _ => return Err(Stop::Nothing),
    }
    Ok(level)
}

/// {level without IPsec headers, protocol and offset of what follows, a route is not exhausted}
type Carrier = (Level, u8, usize, bool);

fn ipv4(view: &View, at: usize) -> Result<Carrier, Stop> {
    view.examine(at)?;
    let [first] = view.get(at)?;
    let size = (4 * usize::from(first & 15)).max(IPV4_HEADER);
    view.examine(at + size - 1)?;
    let header = view.slice(at, size)?;
    let (fixed, area) = header
        .split_first_chunk::<IPV4_HEADER>()
        .ok_or(Stop::Nothing)?;
    let [
        _,
        _,
        l0,
        l1,
        _,
        _,
        f0,
        f1,
        _,
        protocol,
        _,
        _,
        _,
        _,
        _,
        _,
        dst @ ..,
    ] = *fixed;
    // The reserved bit and DF do not matter: MF and the offset are zero in what is no fragment.
    if first >> 4 != 4 || first & 15 < 5 || u16::from_be_bytes([f0, f1]) & 0x3FFF != 0 {
        return Err(Stop::Nothing);
    }
    let level = Level {
        v6: false,
        dst: u32::from_be_bytes(dst).into(),
        ip: at,
        end: at + usize::from(u16::from_be_bytes([l0, l1])),
        ..Level::default()
    };
    let route_open = protocol == AH
        && options(Family::V4, area).any(|option| {
            // The pointer is the first byte of data.
            let Some(&[kind, length, pointer]) = area[option.whole].first_chunk() else {
                return false;
            };
            SOURCE_ROUTES.contains(&kind) && length >= 3 && pointer <= length
        });
    Ok((level, protocol, at + size, route_open))
}

fn ipv6(view: &View, ip: usize, base: usize) -> Result<Carrier, Stop> {
    view.examine(ip + IPV6_HEADER - 1)?;
    let header: [u8; IPV6_HEADER] = view.get(ip)?;
    let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let mut next = header[6];
    if header[0] >> 4 != 6 || (length == 0 && next == HOP_BY_HOP) {
        return Err(Stop::Nothing);
    }
    let level = Level {
        v6: true,
        dst: u128::from_be_bytes(view.get(ip + 24)?),
        ip,
        end: ip + IPV6_HEADER + length,
        ..Level::default()
    };
    let mut at = ip + IPV6_HEADER;
    let mut route_open = false;
    let mut count = 0;
    while let HOP_BY_HOP | ROUTING | DESTINATION = next {
        count += 1;
        if count > EXTENSION_HEADERS {
            return Err(Stop::Nothing);
        }
        view.examine(at + 3)?;
        let [following, words, _, segments_left] = view.get(at)?;
        let size = 8 * (usize::from(words) + 1);
        if at + size > base + REACH {
            return Err(Stop::Nothing);
        }
        view.examine(at + size - 1)?;
        view.slice(at, size)?;
        route_open |= next == ROUTING && segments_left != 0;
        next = following;
        at += size;
    }
    Ok((level, next, at, route_open))
}

fn ah(view: &View, at: usize) -> Result<Ah, Stop> {
    view.examine(at + AH_HEADER - 1)?;
    let [next_header, words, _, _, s0, s1, s2, s3] = view.get(at)?;
    Ok(Ah {
        at,
        end: at + 4 * (usize::from(words) + 2),
        long: words >= AH_WORDS,
        next_header,
        spi: u32::from_be_bytes([s0, s1, s2, s3]),
        // Where the frame ends inside the header its lengths cannot fit: the IV is never used.
        iv: view.get(at + 12).unwrap_or_default(),
        truncated: view.get::<AH_HEADER>(at).is_err(),
    })
}

/// An ESP header that is not too far behind the base.
fn esp(view: &View, at: usize, base: usize) -> Result<Esp, Stop> {
    if at > base + REACH {
        return Err(Stop::Nothing);
    }
    esp_header(view, at)
}

/// An ESP header.
pub(crate) fn esp_header(view: &View, at: usize) -> Result<Esp, Stop> {
    view.examine(at + ESP_HEADER - 1)?;
    Ok(Esp {
        at,
        spi: u32::from_be_bytes(view.get(at)?),
        iv: view.get(at + 8).unwrap_or_default(),
        truncated: view.get::<ESP_HEADER>(at).is_err(),
    })
}
