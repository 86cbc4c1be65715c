// SPDX-License-Identifier: Apache-2.0
//! Finds the next portion of a frame: where its ESP header is, how long it is, and whom it is for.
//!
//! The parser sees the frame as far as it has come in, and says which beat it must see next. The last beat
//! that it asks for is the decision beat D of docs/cycle_formulae.md.

/// Bytes of a beat.
pub const BEAT: usize = 16;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_IPV6: u16 = 0x86DD;
const ETHERTYPE_VLAN: u16 = 0x8100;
const PROTOCOL_ESP: u8 = 50;
const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
/// SPI, sequence number and explicit IV.
pub const ESP_HEADER: usize = 16;
/// The only ICV length so far.
pub const ICV: usize = 16;
/// SPIs below are reserved (RFC 4303, section 2.1).
const FIRST_SPI: u32 = 256;

/// Where the headers of the next portion start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// No further portion.
    #[default]
    None,
    /// At the Ethernet header.
    Ethernet,
    /// At an IPv4 header.
    Ipv4(usize),
    /// At an IPv6 header.
    Ipv6(usize),
}

/// What the parser has to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// Where the headers start.
    pub start: Start,
    /// First byte behind what carries the portion, if it is not the frame.
    pub limit: Option<usize>,
    /// Transmit: the portion is inside the (still plain) content of an outer ESP header.
    pub inner: bool,
}

/// An ESP portion inside what the device can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Portion {
    /// IPv6.
    pub v6: bool,
    /// Security parameters index.
    pub spi: u32,
    /// Destination; an IPv4 address is in the low 32 bits.
    pub dst: u128,
    /// Explicit IV, as far as the frame goes.
    pub iv: [u8; 8],
    /// Offset of the ESP header.
    pub esp: usize,
    /// Offset of the outermost IP header of the frame.
    pub outer_ip: usize,
    /// First byte behind the IP packet, from its length field.
    pub end: usize,
    /// What `end` must not exceed, beside the frame. Below zero if an outer length is nonsense.
    pub limit: Option<isize>,
}

impl Portion {
    /// Offset of the text.
    #[must_use]
    pub const fn text(&self) -> usize {
        self.esp + ESP_HEADER
    }

    /// Bytes of the text (payload, padding, trailer), if there is room for the trailer.
    #[must_use]
    pub const fn text_len(&self) -> Option<usize> {
        match self.end.checked_sub(self.text() + ICV) {
            Some(n) if n >= 2 => Some(n),
            _ => None,
        }
    }

    /// Whether the lengths fit each other, whatever the length of the frame is.
    #[must_use]
    pub fn lengths_fit(&self) -> bool {
        self.text_len().is_some() && self.limit.is_none_or(|limit| self.end as isize <= limit)
    }
}

/// What the parser says about the part of a frame that it has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parse {
    /// Undecided before this beat (or the last one) is in.
    Need(usize),
    /// No portion.
    Nothing,
    /// A portion.
    Found(Portion),
}

/// Bytes of a frame, as far as they are in.
struct View<'a> {
    data: &'a [u8],
    complete: bool,
}

impl View<'_> {
    /// Makes sure that the header whose last byte is `last` is in. Beats are looked at with two bytes of delay:
    /// headers behind an Ethernet header are aligned to four bytes from its byte 14 on.
    fn examine(&self, last: usize) -> Result<(), Parse> {
        let beat = (last + 2) / BEAT;
        if self.complete || self.data.len() >= BEAT * (beat + 1) {
            Ok(())
        } else {
            Err(Parse::Need(beat))
        }
    }

    fn get<const N: usize>(&self, at: usize) -> Result<[u8; N], Parse> {
        let bytes = self.data.get(at..).and_then(|b| b.first_chunk::<N>());
        bytes.copied().ok_or(Parse::Nothing)
    }

    fn u16(&self, at: usize) -> Result<u16, Parse> {
        self.get(at).map(u16::from_be_bytes)
    }
}

/// What an IP header says.
struct Ip {
    v6: bool,
    dst: u128,
    esp: usize,
    end: usize,
}

fn ethernet(view: &View) -> Result<Start, Parse> {
    view.examine(13)?;
    let mut at = 12;
    let mut kind = view.u16(at)?;
    if kind == ETHERTYPE_VLAN {
        view.examine(17)?;
        at = 16;
        kind = view.u16(at)?;
    }
    match kind {
        ETHERTYPE_IPV4 => Ok(Start::Ipv4(at + 2)),
        ETHERTYPE_IPV6 => Ok(Start::Ipv6(at + 2)),
        _ => Err(Parse::Nothing),
    }
}

fn ipv4(view: &View, at: usize) -> Result<Ip, Parse> {
    view.examine(at + IPV4_HEADER - 1)?;
    let header: [u8; IPV4_HEADER] = view.get(at)?;
    let fragment = u16::from_be_bytes([header[6], header[7]]) & 0x3FFF;
    if header[0] != 0x45 || fragment != 0 || header[9] != PROTOCOL_ESP {
        return Err(Parse::Nothing);
    }
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let dst = u32::from_be_bytes([header[16], header[17], header[18], header[19]]);
    Ok(Ip {
        v6: false,
        dst: dst.into(),
        esp: at + IPV4_HEADER,
        end: at + length,
    })
}

fn ipv6(view: &View, at: usize) -> Result<Ip, Parse> {
    view.examine(at + IPV6_HEADER - 1)?;
    let header: [u8; IPV6_HEADER] = view.get(at)?;
    if header[0] >> 4 != 6 || header[6] != PROTOCOL_ESP {
        return Err(Parse::Nothing);
    }
    let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let dst = u128::from_be_bytes(view.get(at + 24)?);
    Ok(Ip {
        v6: true,
        dst,
        esp: at + IPV6_HEADER,
        end: at + IPV6_HEADER + length,
    })
}

fn find(view: &View, task: &Task) -> Result<Portion, Parse> {
    let start = match task.start {
        Start::None => return Err(Parse::Nothing),
        Start::Ethernet => ethernet(view)?,
        ip => ip,
    };
    let header = |start| match start {
        Start::Ipv4(at) => ipv4(view, at).map(|ip| (at, ip)),
        Start::Ipv6(at) => ipv6(view, at).map(|ip| (at, ip)),
        Start::None | Start::Ethernet => Err(Parse::Nothing),
    };
    let (outer_ip, mut ip) = header(start)?;
    let mut limit = task.limit.map(|limit| limit as isize);
    if task.inner {
        let at = ip.esp + ESP_HEADER;
        limit = Some(ip.end as isize - ICV as isize);
        view.examine(at)?;
        let [version] = view.get(at)?;
        (_, ip) = match version >> 4 {
            4 => header(Start::Ipv4(at))?,
            6 => header(Start::Ipv6(at))?,
            _ => return Err(Parse::Nothing),
        };
    }
    view.examine(ip.esp + ESP_HEADER - 1)?;
    let spi = u32::from_be_bytes(view.get(ip.esp)?);
    if spi < FIRST_SPI {
        return Err(Parse::Nothing);
    }
    // A frame may end inside the IV: its lengths cannot fit then, so that the IV is never used.
    let iv = view.get(ip.esp + 8).unwrap_or_default();
    let Ip { v6, dst, esp, end } = ip;
    Ok(Portion {
        v6,
        spi,
        dst,
        iv,
        esp,
        outer_ip,
        end,
        limit,
    })
}

/// Parses a frame of which `data` is in; `complete` tells that there is no more.
#[must_use]
pub fn parse(data: &[u8], complete: bool, task: &Task) -> Parse {
    match find(&View { data, complete }, task) {
        Ok(portion) => Parse::Found(portion),
        Err(other) => other,
    }
}
