// SPDX-License-Identifier: Apache-2.0
//! Receive: what a stage does to a frame whose portion matched an association (docs/packet_semantics.md, Receive).

use crate::frame_parser::{Owner, Pair, Portion, Start, Task};
use crate::job::Job;
use crate::table_types::{Bundle, PathConfig, Sa};
use crate::work::{
    STATUS_GENERIC_ERROR, STATUS_INVALID_PACKET_SYNTAX, STATUS_INVALID_PROTOCOL, Work,
};

/// What a lookup has read.
#[derive(Clone, Copy, Debug)]
pub struct RxRecords<'a> {
    /// SA row.
    pub row: u32,
    /// Its bundle.
    pub bundle: &'a Bundle,
    /// The association.
    pub sa: &'a Sa,
    /// SPI of the first association of the bundle.
    pub esp_spi: u32,
    /// A row has the wrong parity.
    pub unreadable: bool,
    /// Last authenticated mode of the bundle.
    pub tunnel: bool,
}

/// Whether a portion is looked up at all. Its pair is taken by its bundle.
#[must_use]
pub const fn looks_up(portion: &Portion, config: &PathConfig) -> bool {
    match (portion.ah, portion.pair) {
        (_, Some(_)) => false,
        (true, None) => config.rx_ah,
        (false, None) => config.rx_esp,
    }
}

/// What a stage does to a frame whose portion matched an association: its IP version, protocol, SPI and destination
/// were compared by the lookup. `last`: no stage follows.
#[must_use]
pub fn receive_work(
    portion: &Portion,
    records: &RxRecords,
    config: &PathConfig,
    last: bool,
) -> Work {
    let RxRecords { bundle, sa, .. } = *records;
    let fail = |status| Work::Fail {
        status,
        inner: portion.inner,
    };
    let owner = Owner {
        bundle: records.row / 2,
        generation: bundle.generation,
    };
    let level = &portion.level;
    if let Some(found) = portion.pair {
        if records.unreadable || !bundle.live || found.generation != bundle.generation {
            return fail(STATUS_GENERIC_ERROR);
        }
    } else {
        if bundle.two && !(config.rx_ah && config.rx_esp && !last) {
            return Work::Pass;
        }
        if records.unreadable {
            return fail(STATUS_GENERIC_ERROR);
        }
        let both = portion.ah && level.esp.is_some_and(|esp| esp.spi == records.esp_spi);
        if (bundle.two && !both) || !udp_fits(portion, bundle) {
            return fail(STATUS_INVALID_PROTOCOL);
        }
    }
    let fits = portion.limit.is_none_or(|limit| level.end <= limit);
    match Job::new(portion, owner, bundle, sa) {
        Some(job) if fits => Work::Job(Box::new(Job {
            tunnel: match bundle.udp {
                0x1 => false,
                0x2 => true,
                0x4 | 0x8 => !portion.inner,
                _ => records.tunnel,
            },
            next: behind_ah(portion, bundle, owner),
            ..job
        })),
        _ => fail(STATUS_INVALID_PACKET_SYNTAX),
    }
}

/// The level has UDP where the bundle wants it.
pub(crate) fn udp_fits(portion: &Portion, bundle: &Bundle) -> bool {
    portion.level.udp_end.is_some()
        == match bundle.udp {
            0x1 | 0x2 => true,
            0x4 => !portion.inner,
            0x8 => portion.inner,
            _ => false,
        }
}

/// What the next stage looks for behind a good AH portion.
fn behind_ah(portion: &Portion, bundle: &Bundle, owner: Owner) -> Task {
    let Some(ah) = portion.level.ah else {
        return Task::default();
    };
    let end = portion.level.end;
    if !bundle.two {
        return Job::content(ah.next_header, ah.end, end);
    }
    Task {
        start: Start::Pair(Pair {
            esp: ah.end,
            end,
            owner,
        }),
        inner: portion.inner,
        limit: portion.limit,
    }
}
