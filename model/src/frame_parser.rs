// SPDX-License-Identifier: Apache-2.0
//! Finds the next portion of a frame: where its headers are, how long it is, and whom it is for.
//!
//! The parser sees the frame as far as it has come in, and says which beat it must see next. The last beat
//! that it asks for is the decision beat D of docs/cycle_formulae.md.

use crate::header_walk::{self, Ip, Level, Rules, Stop, View};
use crate::probe::Path;

pub use crate::header_walk::{AH_HEADER, Ah, ESP_HEADER, Esp};

/// Bytes of a beat.
pub const BEAT: usize = 16;

/// SPIs below are reserved (RFC 4303, section 2.1).
const FIRST_SPI: u32 = 256;

/// Where a walk starts, and what it looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// No portion.
    #[default]
    None,
    /// Receive: at the Ethernet header.
    Ethernet,
    /// Receive: at an IPv4 header.
    Ipv4(usize),
    /// Receive: at an IPv6 header.
    Ipv6(usize),
    /// Receive: at the ESP header of a bundle of two whose AH was good.
    Pair(Pair),
    /// Transmit: from the Ethernet header to the first portion of a level: ESP, or AH if it has none.
    First,
    /// Transmit: from the Ethernet header to the AH of a level that has ESP too.
    Ah,
}

/// The ESP header of a bundle of two whose AH was good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// Its offset.
    pub esp: usize,
    /// First byte behind its IP packet.
    pub end: usize,
    /// The bundle.
    pub owner: Owner,
}

/// A bundle as a lookup found it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Bundle.
    pub bundle: u32,
    /// Its generation.
    pub generation: u16,
}

/// What the parser has to find.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Task {
    /// Where the walk starts.
    pub start: Start,
    /// The portion is of level 1.
    pub inner: bool,
    /// Receive: first byte behind what carries the portion, if it is not the frame. Transmit, level 0: the end of
    /// level 1, if there is one.
    pub limit: Option<usize>,
}

impl Task {
    /// The task of the first stage. `tunnel`: the frame has a tunnel handle.
    #[must_use]
    pub const fn first(path: Path, tunnel: bool) -> Self {
        let start = match path {
            Path::Tx => Start::First,
            Path::Rx => Start::Ethernet,
        };
        Self {
            start,
            inner: tunnel,
            limit: None,
        }
    }
}

/// A portion: an AH or an ESP header, and what belongs to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Portion {
    /// Its level.
    pub level: Level,
    /// It is AH (else ESP).
    pub ah: bool,
    /// It is of level 1.
    pub inner: bool,
    /// As that of the task.
    pub limit: Option<usize>,
    /// Transmit: offset of the outermost IP header of the frame.
    pub base: usize,
    /// Transmit, level 1: IPsec headers of level 0.
    pub outer_headers: usize,
    /// It was found by its bundle.
    pub pair: Option<Owner>,
}

impl Portion {
    /// Security parameters index.
    #[must_use]
    pub fn spi(&self) -> u32 {
        let Level { ah, esp, .. } = &self.level;
        if self.ah {
            ah.map_or(0, |ah| ah.spi)
        } else {
            esp.map_or(0, |esp| esp.spi)
        }
    }

    /// The level has AH and ESP.
    #[must_use]
    pub const fn two(&self) -> bool {
        self.level.headers() == 2
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

fn receive(view: &View, task: &Task, udp_port: u16) -> Result<Portion, Stop> {
    let ip = match task.start {
        Start::Ipv4(at) => Ip { at, v6: false },
        Start::Ipv6(at) => Ip { at, v6: true },
        _ => header_walk::ethernet(view)?,
    };
    let rules = Rules {
        base: None,
        route: true,
        udp_port,
    };
    let level = header_walk::level(view, ip, &rules)?;
    let portion = Portion {
        level,
        ah: level.ah.is_some(),
        inner: task.inner,
        limit: task.limit,
        base: ip.at,
        ..Portion::default()
    };
    if portion.spi() < FIRST_SPI {
        return Err(Stop::Nothing);
    }
    Ok(portion)
}

fn pair(view: &View, task: &Task, pair: &Pair) -> Result<Portion, Stop> {
    let esp = header_walk::esp_header(view, pair.esp)?;
    Ok(Portion {
        level: Level {
            end: pair.end,
            esp: Some(esp),
            ..Level::default()
        },
        inner: task.inner,
        limit: task.limit,
        pair: Some(pair.owner),
        ..Portion::default()
    })
}

fn transmit(view: &View, task: &Task, udp_port: u16) -> Result<Portion, Stop> {
    let outer = header_walk::ethernet(view)?;
    let rules = Rules {
        base: Some(outer.at),
        route: !task.inner,
        udp_port,
    };
    let mut level = header_walk::level(view, outer, &rules)?;
    let mut outer_headers = 0;
    if task.inner {
        outer_headers = level.headers();
        let ip = content(view, &level)?;
        let rules = Rules {
            route: true,
            ..rules
        };
        level = header_walk::level(view, ip, &rules)?;
    }
    Ok(Portion {
        level,
        ah: task.start == Start::Ah || level.esp.is_none(),
        inner: task.inner,
        limit: task.limit,
        base: outer.at,
        outer_headers,
        pair: None,
    })
}

/// The IP header behind the last IPsec header of a level whose content is plain.
fn content(view: &View, level: &Level) -> Result<Ip, Stop> {
    match level {
        Level { esp: Some(esp), .. } => {
            let at = esp.text();
            view.examine(at)?;
            let [version] = view.get(at)?;
            match version >> 4 {
                4 => Ok(Ip { at, v6: false }),
                6 => Ok(Ip { at, v6: true }),
                _ => Err(Stop::Nothing),
            }
        }
        Level { ah: Some(ah), .. } => match ah.next_header {
            header_walk::IPV4 => Ok(Ip {
                at: ah.end,
                v6: false,
            }),
            header_walk::IPV6 => Ok(Ip {
                at: ah.end,
                v6: true,
            }),
            _ => Err(Stop::Nothing),
        },
        _ => Err(Stop::Nothing),
    }
}

/// Parses a frame of which `data` is in; `complete` tells that there is no more.
#[must_use]
pub fn parse(data: &[u8], complete: bool, task: &Task, udp_port: u16) -> Parse {
    let view = View { data, complete };
    let found = match &task.start {
        Start::None => return Parse::Nothing,
        Start::Ethernet | Start::Ipv4(_) | Start::Ipv6(_) => receive(&view, task, udp_port),
        Start::Pair(esp) => pair(&view, task, esp),
        Start::First | Start::Ah => transmit(&view, task, udp_port),
    };
    match found {
        Ok(portion) => Parse::Found(portion),
        Err(Stop::Nothing) => Parse::Nothing,
        Err(Stop::Need(beat)) => Parse::Need(beat),
    }
}
