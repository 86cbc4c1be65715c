// SPDX-License-Identifier: Apache-2.0
//! What a stage does to a frame, as its lookup decides, and what comes of it.

use crate::frame_parser::{Owner, Task};
use crate::job::Job;
use crate::packet::RxResult;
use crate::table_types::{ModeWrite, SaCount};

/// CryptoStatus of a good portion.
pub const STATUS_SUCCESS: u32 = 0;
/// CryptoStatus: the records of the association cannot be used.
pub const STATUS_GENERIC_ERROR: u32 = 1;
/// CryptoStatus: wrong ICV of an AH portion in transport mode.
pub const STATUS_TRANSPORT_AH_AUTH_FAILED: u32 = 2;
/// CryptoStatus: wrong ICV of an ESP portion in transport mode.
pub const STATUS_TRANSPORT_ESP_AUTH_FAILED: u32 = 3;
/// CryptoStatus: wrong ICV of an AH portion in tunnel mode.
pub const STATUS_TUNNEL_AH_AUTH_FAILED: u32 = 4;
/// CryptoStatus: wrong ICV of an ESP portion in tunnel mode.
pub const STATUS_TUNNEL_ESP_AUTH_FAILED: u32 = 5;
/// CryptoStatus: lengths or padding do not fit.
pub const STATUS_INVALID_PACKET_SYNTAX: u32 = 6;
/// CryptoStatus: the headers are not those of the bundle.
pub const STATUS_INVALID_PROTOCOL: u32 = 7;

/// What a stage does to a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Lets it pass.
    #[default]
    Pass,
    /// Transmit: refuses it.
    Refuse,
    /// Receive: leaves it as it is, with this CryptoStatus.
    Fail {
        /// CryptoStatus.
        status: u32,
        /// The portion is of level 1.
        inner: bool,
    },
    /// Processes a portion.
    Job(Box<Job>),
}

/// The verdict on a received frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RxVerdict {
    /// The words so far.
    pub words: RxResult,
    /// What the next stage has to look for.
    pub next: Task,
    /// A portion with a good ICV tells the mode of its bundle.
    pub mode: Option<ModeWrite>,
    /// A portion with CryptoStatus 0 counts for its association.
    pub count: Option<SaCount>,
    /// The bundle of a portion with CryptoStatus 0.
    pub owner: Option<Owner>,
}

/// What happens to the slot-12 word.
#[derive(Clone, Copy)]
pub(crate) enum Header {
    /// It describes this trailer: next header, pad length.
    Trailer(u8, u8),
    /// It stays.
    Keep,
    /// It is zero.
    Clear,
}

impl Work {
    /// The stage reads the frame as AH: from its first header on.
    #[must_use]
    pub fn is_ah(&self) -> bool {
        matches!(self, Self::Job(job) if job.is_ah())
    }

    /// Transmit: encrypts the portion in place. `false` refuses the frame, which nobody must look at then.
    pub fn transmit(&self, frame: &mut [u8], bad_length: bool) -> bool {
        match self {
            _ if bad_length => false,
            Self::Pass => true,
            Self::Refuse | Self::Fail { .. } => false,
            Self::Job(job) => job.seal(frame),
        }
    }

    /// Transmit: what the next stage has to look for behind a portion that was encrypted.
    #[must_use]
    pub fn next(&self) -> Task {
        match self {
            Self::Job(job) => job.next,
            _ => Task::default(),
        }
    }

    /// Transmit: what the counters of the association get when the portion was encrypted.
    #[must_use]
    pub fn count(&self) -> Option<SaCount> {
        match self {
            Self::Job(job) => job.count(),
            _ => None,
        }
    }

    /// Receive: verifies and decrypts the portion in place. `words` are those of the stages before.
    pub fn receive(&self, frame: &mut [u8], bad_length: bool, words: RxResult) -> RxVerdict {
        match self {
            _ if bad_length => RxVerdict::default(),
            Self::Pass | Self::Refuse => RxVerdict {
                words,
                ..RxVerdict::default()
            },
            Self::Fail { status, inner } => failed(words, *status, *inner),
            Self::Job(job) => job_verdict(job, frame, words),
        }
    }
}

fn failed(words: RxResult, status: u32, inner: bool) -> RxVerdict {
    RxVerdict {
        words: words.with(status, inner, Header::Clear),
        ..RxVerdict::default()
    }
}

fn job_verdict(job: &Job, frame: &mut [u8], words: RxResult) -> RxVerdict {
    let failed = |status| failed(words, status, job.inner);
    match job.open(frame) {
        None => return failed(STATUS_INVALID_PACKET_SYNTAX),
        Some(Err(_)) => {
            return failed(match (job.is_ah(), job.tunnel) {
                (true, false) => STATUS_TRANSPORT_AH_AUTH_FAILED,
                (false, false) => STATUS_TRANSPORT_ESP_AUTH_FAILED,
                (true, true) => STATUS_TUNNEL_AH_AUTH_FAILED,
                (false, true) => STATUS_TUNNEL_ESP_AUTH_FAILED,
            });
        }
        Some(Ok(())) => {}
    }
    let good = |header, next: Task| RxVerdict {
        words: words.with(STATUS_SUCCESS, job.inner, header),
        next,
        mode: job.mode(next != Task::default()),
        count: job.count(),
        owner: job.owner,
    };
    if job.is_ah() {
        return good(Header::Keep, job.next);
    }
    let Some((next_header, pad_length)) = job.trailer(frame) else {
        return failed(STATUS_INVALID_PACKET_SYNTAX);
    };
    let limit = job.icv.checked_sub(usize::from(pad_length) + 2);
    let Some(limit) = limit.filter(|limit| *limit >= job.text) else {
        let next = Job::content(next_header, job.text, 0);
        return RxVerdict {
            mode: job.mode(next != Task::default()),
            ..failed(STATUS_INVALID_PACKET_SYNTAX)
        };
    };
    good(
        Header::Trailer(next_header, pad_length),
        Job::content(next_header, job.text, limit),
    )
}
