// SPDX-License-Identifier: Apache-2.0
//! Transmit: what a stage does to a frame that no stage before has refused (docs/packet_semantics.md, Transmit).

use crate::frame_parser::{Owner, Portion, Start, Task};
use crate::job::Job;
use crate::receive::udp_fits;
use crate::table_types::{Bundle, PathConfig, Sa};
use crate::work::Work;

/// The words beside a frame to transmit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TxWords {
    /// Handle of the (innermost) bundle.
    pub offload: u32,
    /// Handle of the outer bundle of a frame with two levels.
    pub tunnel: u32,
    /// Slot-12 word.
    pub hint: u32,
}

impl TxWords {
    /// No processing asked for.
    #[must_use]
    pub const fn none(&self) -> bool {
        self.offload == 0 && self.tunnel == 0
    }

    /// The handle of a level.
    #[must_use]
    pub const fn handle(&self, inner: bool) -> u32 {
        if inner || self.tunnel == 0 {
            self.offload
        } else {
            self.tunnel
        }
    }
}

/// What the lookup of a handle has read.
#[derive(Clone, Copy, Debug)]
pub struct TxRecords<'a> {
    /// The bundle that the handle names.
    pub index: u32,
    /// Its row.
    pub bundle: &'a Bundle,
    /// The association of the portion.
    pub sa: &'a Sa,
    /// A row has the wrong parity.
    pub unreadable: bool,
}

/// SA row of the portion of a handle's bundle: AH behind which there is ESP is the second association.
#[must_use]
pub fn sa_row(portion: Option<&Portion>, index: u32) -> u32 {
    2 * index + u32::from(portion.is_some_and(|portion| portion.ah && portion.two()))
}

/// What a stage does to a frame whose handles are not both 0 and that has a portion left. `stages`: how many there are,
/// in the first of them.
#[must_use]
pub fn transmit_work(
    words: &TxWords,
    config: &PathConfig,
    portion: Option<&Portion>,
    records: Option<&TxRecords>,
    stages: Option<usize>,
) -> Work {
    let (Some(portion), Some(records)) = (portion, records) else {
        return Work::Refuse;
    };
    let TxRecords {
        index, bundle, sa, ..
    } = *records;
    let handle = words.handle(portion.inner);
    let level = &portion.level;
    let enabled = if portion.ah {
        config.tx_ah
    } else {
        config.tx_esp
    };
    let ours = bundle.live
        && !bundle.inbound
        && u32::from(bundle.generation) == handle >> 16
        && !records.unreadable;
    let association = level.v6 == bundle.v6
        && portion.spi() == sa.spi
        && (level.dst == bundle.dst || bundle.dst == 0)
        && bundle.two == portion.two()
        && sa.ah == portion.ah;
    let first = stages.is_none_or(|stages| {
        portion.outer_headers + level.headers() <= stages
            && (words.hint == 0 || words.hint >> 16 == hint(portion))
    });
    if !(enabled && ours && association && first && udp_fits(portion, bundle)) {
        return Work::Refuse;
    }
    let owner = Owner {
        bundle: index,
        generation: bundle.generation,
    };
    let job = Job::new(portion, owner, bundle, sa).filter(|job| {
        // What carries level 1 ends behind it.
        let room = if portion.ah { level.end } else { job.icv };
        portion.limit.is_none_or(|limit| limit <= room)
    });
    match job {
        Some(job) => Work::Job(Box::new(Job {
            next: next(portion),
            ..job
        })),
        None => Work::Refuse,
    }
}

/// Bits 31:16 of the slot-12 word: offsets of ESP and AH in units of 4 bytes from the outermost IP header.
fn hint(portion: &Portion) -> u32 {
    let units = |at: Option<usize>| at.map_or(0, |at| (at - portion.base) as u32 / 4);
    let level = &portion.level;
    units(level.esp.map(|esp| esp.at)) << 8 | units(level.ah.map(|ah| ah.at))
}

/// The portion behind one that was encrypted.
fn next(portion: &Portion) -> Task {
    if !portion.ah && portion.level.ah.is_some() {
        Task {
            start: Start::Ah,
            inner: portion.inner,
            limit: portion.limit,
        }
    } else if portion.inner {
        Task {
            start: Start::First,
            inner: false,
            limit: Some(portion.level.end),
        }
    } else {
        Task::default()
    }
}
