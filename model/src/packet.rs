// SPDX-License-Identifier: Apache-2.0
//! The untimed packet API: what the device does to whole frames, without a clock.
//!
//! [`Engine`] has associations and turns frames into frames. The timed model stands on the same functions:
//! it asks [`transmit_work`] and [`receive_work`] at the edge at which a stage reads its SA record, and
//! [`Work::transmit`] and [`Work::receive`] at the edge of the verdict.
//!
//! ```
//! use ipsec_model::packet::{Association, Engine, TxResult};
//! use ipsec_model::table_types::KeyMaterial;
//!
//! let sa = |inbound| Association {
//!     inbound,
//!     v6: false,
//!     dst: 0xC000_0202, // 192.0.2.2
//!     spi: 4096,
//!     key: KeyMaterial::new(&[7; 16]).unwrap(),
//!     salt: 0x0102_0304,
//!     seq_high: None,
//! };
//! let mut host = Engine::new(2);
//! let handle = host.add(sa(false));
//! let mut peer = Engine::new(2);
//! peer.add(sa(true));
//!
//! // Ethernet, IPv4 (proto 50, 192.0.2.2), SPI, sequence number, IV, 4 bytes of text, empty ICV.
//! let mut frame = vec![0; 14 + 20 + 16 + 4 + 16];
//! frame[12..14].copy_from_slice(&[0x08, 0x00]);
//! frame[14..18].copy_from_slice(&[0x45, 0, 0, 56]);
//! frame[23] = 50;
//! frame[30..34].copy_from_slice(&[192, 0, 2, 2]);
//! frame[34..38].copy_from_slice(&[0, 0, 0x10, 0x00]);
//! frame[50..54].copy_from_slice(&[1, 2, 0, 59]); // no padding, next header 59
//!
//! let plain = frame.clone();
//! assert_eq!(host.transmit(&mut frame, handle, 0, 0), TxResult::Success);
//! assert_ne!(frame, plain);
//! let words = peer.receive(&mut frame);
//! assert_eq!(frame[..54], plain[..54]);
//! assert!(words.crypto_done() && words.crypto_status() == 0);
//! assert_eq!((words.header_info_set(), words.next_header()), (true, 59));
//! ```

use crate::frame_parser::{ESP_HEADER, ICV, Parse, Portion, Start, Task, parse};
use crate::gcm::Gcm;
use crate::table_types::{Bundle, KeyMaterial, ModeWrite, Sa, SaCount};

/// Shortest frame: an Ethernet header.
pub const MIN_FRAME: usize = 14;
/// Longest frame.
pub const MAX_FRAME: usize = 9618;

/// CryptoStatus of a good portion.
pub const STATUS_SUCCESS: u32 = 0;
/// CryptoStatus: the record of the association cannot be read.
pub const STATUS_GENERIC_ERROR: u32 = 1;
/// CryptoStatus: wrong ICV of an ESP portion in transport mode.
pub const STATUS_TRANSPORT_ESP_AUTH_FAILED: u32 = 3;
/// CryptoStatus: wrong ICV of an ESP portion in tunnel mode.
pub const STATUS_TUNNEL_ESP_AUTH_FAILED: u32 = 5;
/// CryptoStatus: lengths or padding do not fit.
pub const STATUS_INVALID_PACKET_SYNTAX: u32 = 6;

const SA_DELETE_REQ: u32 = 1 << 0;
const CRYPTO_DONE: u32 = 1 << 1;
const NEXT_CRYPTO_DONE: u32 = 1 << 2;
const HEADER_INFO_SET: u32 = 1 << 16;
const NEXT_HEADER_IPV4: u8 = 4;
const NEXT_HEADER_IPV6: u8 = 41;

/// The two words beside a received frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RxResult {
    /// `NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO`
    pub slot1: u32,
    /// `NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO`
    pub slot12: u32,
}

impl RxResult {
    /// The host is asked to delete the bundle of the outermost portion, and its partner.
    #[must_use]
    pub const fn sa_delete_req(self) -> bool {
        self.slot1 & SA_DELETE_REQ != 0
    }

    /// Sets SaDeleteReq.
    pub const fn request_delete(&mut self) {
        self.slot1 |= SA_DELETE_REQ;
    }

    /// The outermost portion was processed.
    #[must_use]
    pub const fn crypto_done(self) -> bool {
        self.slot1 & CRYPTO_DONE != 0
    }

    /// A further portion was processed.
    #[must_use]
    pub const fn next_crypto_done(self) -> bool {
        self.slot1 & NEXT_CRYPTO_DONE != 0
    }

    /// CryptoStatus of the last portion.
    #[must_use]
    pub const fn crypto_status(self) -> u32 {
        self.slot1 >> 16
    }

    /// NextHeader and PadLength hold values.
    #[must_use]
    pub const fn header_info_set(self) -> bool {
        self.slot12 & HEADER_INFO_SET != 0
    }

    /// NextHeader of the innermost good trailer.
    #[must_use]
    pub const fn next_header(self) -> u8 {
        self.slot12 as u8
    }

    /// PadLength of the innermost good trailer.
    #[must_use]
    pub const fn pad_length(self) -> u8 {
        (self.slot12 >> 8) as u8
    }

    /// The words after one more portion.
    fn with(self, status: u32, header: Option<(u8, u8)>) -> Self {
        let done = if self.crypto_done() {
            CRYPTO_DONE | NEXT_CRYPTO_DONE
        } else {
            CRYPTO_DONE
        };
        let slot12 = header.map_or(0, |(next_header, pad_length)| {
            u32::from(next_header) | u32::from(pad_length) << 8 | HEADER_INFO_SET
        });
        Self {
            slot1: done | status << 16,
            slot12,
        }
    }
}

/// How a transmitted frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxResult {
    /// NDIS_STATUS_SUCCESS: the frame goes to the wire.
    Success,
    /// NDIS_STATUS_FAILURE: not one byte does.
    Failure,
}

/// Everything that a stage has to know to process one portion. Holds a key: wiped when dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Key without salt.
    pub key: KeyMaterial,
    /// Salt and explicit IV.
    pub nonce: [u8; 12],
    /// Offset of the 8 authenticated bytes before the IV.
    pub aad: usize,
    /// Upper word of an extended sequence number: authenticated between SPI and sequence number.
    pub seq_high: Option<u32>,
    /// Offset of the text.
    pub text: usize,
    /// Bytes of the text; the ICV follows.
    pub text_len: usize,
    /// Lengths inside the frame fit each other; the frame may still be too short for them.
    pub lengths_fit: bool,
    /// SA row, and generation of its bundle; none under self-test.
    pub row: Option<(u32, u16)>,
    /// Last authenticated mode of the SA.
    pub tunnel: bool,
}

impl Job {
    fn new(portion: &Portion, sa: &Sa) -> Self {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&sa.salt.to_be_bytes());
        nonce[4..].copy_from_slice(&portion.iv);
        Self {
            key: sa.key.clone(),
            nonce,
            aad: portion.esp,
            seq_high: sa.esn.then_some(sa.seq_high),
            text: portion.esp + ESP_HEADER,
            text_len: portion.text_len().unwrap_or(0),
            lengths_fit: portion.lengths_fit(),
            row: None,
            tunnel: false,
        }
    }

    /// Offset of the ICV.
    #[must_use]
    pub const fn icv(&self) -> usize {
        self.text + self.text_len
    }

    fn count(&self) -> Option<SaCount> {
        self.row.map(|(row, generation)| SaCount {
            bundle: row / 2,
            generation,
            bytes: self.text_len as u16,
        })
    }

    /// {authenticated bytes, text, ICV}, if the frame holds them all.
    fn split<'a>(&self, frame: &'a mut [u8]) -> Option<(Aad, &'a mut [u8], &'a mut [u8; ICV])> {
        if !self.lengths_fit {
            return None;
        }
        let aad = Aad::new(frame.get(self.aad..)?.first_chunk()?, self.seq_high);
        let (text, rest) = frame
            .get_mut(self.text..)?
            .split_at_mut_checked(self.text_len)?;
        Some((aad, text, rest.first_chunk_mut()?))
    }
}

/// The authenticated bytes in front of the IV (RFC 4106, section 5).
struct Aad {
    bytes: [u8; 12],
    len: usize,
}

impl Aad {
    /// `header`: SPI and sequence number of the frame.
    fn new(header: &[u8; 8], seq_high: Option<u32>) -> Self {
        let mut bytes = [0; 12];
        let (spi, sequence) = header.split_at(4);
        bytes[..4].copy_from_slice(spi);
        let len = match seq_high {
            None => 8,
            Some(word) => {
                bytes[4..8].copy_from_slice(&word.to_be_bytes());
                12
            }
        };
        bytes[len - 4..len].copy_from_slice(sequence);
        Self { bytes, len }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// What a stage does to a frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Lets it pass.
    #[default]
    Pass,
    /// Transmit: refuses it.
    Refuse,
    /// A row of the association has the wrong parity.
    Unreadable,
    /// Processes a portion.
    Job(Job),
}

/// The verdict on a received frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RxVerdict {
    /// The words so far.
    pub words: RxResult,
    /// What the next stage has to look for.
    pub next: Task,
    /// A portion with a good ICV.
    pub mode: Option<ModeWrite>,
    /// A portion with CryptoStatus 0 of an association.
    pub count: Option<SaCount>,
}

impl Work {
    /// Transmit: encrypts the portion in place. `false` refuses the frame, which nobody must look at then.
    pub fn transmit(&self, frame: &mut [u8], bad_length: bool) -> bool {
        match self {
            _ if bad_length => false,
            Self::Pass => true,
            Self::Refuse | Self::Unreadable => false,
            Self::Job(job) => match job.split(frame) {
                Some((aad, text, icv)) => {
                    *icv = Gcm::new(&job.key).seal(&job.nonce, aad.bytes(), text);
                    true
                }
                None => false,
            },
        }
    }

    /// Receive: verifies and decrypts the portion in place. `words` are those of the stages before.
    pub fn receive(&self, frame: &mut [u8], bad_length: bool, words: RxResult) -> RxVerdict {
        let pass = RxVerdict {
            words,
            ..RxVerdict::default()
        };
        let failed = |status| RxVerdict {
            words: words.with(status, None),
            ..RxVerdict::default()
        };
        let job = match self {
            _ if bad_length => return RxVerdict::default(),
            Self::Pass | Self::Refuse => return pass,
            Self::Unreadable => return failed(STATUS_GENERIC_ERROR),
            Self::Job(job) => job,
        };
        let Some((aad, text, icv)) = job.split(frame) else {
            return failed(STATUS_INVALID_PACKET_SYNTAX);
        };
        if Gcm::new(&job.key)
            .open(&job.nonce, aad.bytes(), text, icv)
            .is_err()
        {
            return failed(if job.tunnel {
                STATUS_TUNNEL_ESP_AUTH_FAILED
            } else {
                STATUS_TRANSPORT_ESP_AUTH_FAILED
            });
        }
        let [.., pad_length, next_header] = *text else {
            return failed(STATUS_INVALID_PACKET_SYNTAX);
        };
        let start = match next_header {
            NEXT_HEADER_IPV4 => Start::Ipv4(job.text),
            NEXT_HEADER_IPV6 => Start::Ipv6(job.text),
            _ => Start::None,
        };
        let tunnel = start != Start::None;
        let mode = job.row.map(|(row, generation)| ModeWrite {
            row,
            generation,
            tunnel,
        });
        let Some(payload) = text.len().checked_sub(usize::from(pad_length) + 2) else {
            return RxVerdict {
                mode,
                ..failed(STATUS_INVALID_PACKET_SYNTAX)
            };
        };
        RxVerdict {
            words: words.with(STATUS_SUCCESS, Some((next_header, pad_length))),
            next: Task {
                start,
                limit: Some(job.text + payload),
                inner: false,
            },
            mode,
            count: job.count(),
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
}

/// Receive: what a stage does to a frame whose portion matched an association. Its IP version, SPI and
/// destination were compared by the lookup.
#[must_use]
pub fn receive_work(portion: &Portion, bundle: &Bundle, sa: &Sa, row: u32, tunnel: bool) -> Work {
    let row = Some((row, bundle.generation));
    Work::Job(Job {
        row,
        tunnel,
        ..Job::new(portion, sa)
    })
}

/// The words beside a frame to transmit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TxWords {
    /// Handle of the (innermost) association.
    pub offload: u32,
    /// Handle of the outer association of a transport-over-tunnel frame.
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

    /// The handle that counts in a stage.
    #[must_use]
    pub const fn handle(&self, stage: usize) -> u32 {
        match stage {
            0 => self.offload,
            1 => self.tunnel,
            _ => 0,
        }
    }

    /// What the parser of a stage looks for, as long as the frame is not refused.
    #[must_use]
    pub const fn task(&self, stage: usize) -> Task {
        let start = match stage {
            0 => Start::Ethernet,
            1 if self.tunnel != 0 => Start::Ethernet,
            _ => Start::None,
        };
        Task {
            start,
            limit: None,
            inner: stage == 0 && self.tunnel != 0,
        }
    }
}

/// Transmit: what a stage does to a frame that no stage before has refused. `sa` is the live bundle of the
/// stage's handle with its ESP association.
#[must_use]
pub fn transmit_work(
    stage: usize,
    stages: usize,
    words: &TxWords,
    enabled: bool,
    portion: Option<&Portion>,
    sa: Option<(&Bundle, &Sa)>,
) -> Work {
    let handle = words.handle(stage);
    if stage > 0 && words.task(stage).start == Start::None || words.none() {
        return Work::Pass;
    }
    let (Some(portion), Some((bundle, sa))) = (portion, sa) else {
        return Work::Refuse;
    };
    let ours = bundle.live && !bundle.inbound && u32::from(bundle.generation) == handle >> 16;
    let fits = portion.v6 == bundle.v6
        && portion.spi == sa.spi
        && (portion.dst == bundle.dst || bundle.dst == 0)
        && portion.lengths_fit();
    // Both offsets in units of 4 bytes from the outermost IP header; AH is absent.
    let esp = (portion.esp - portion.outer_ip) / 4;
    let hint = stage > 0 || words.hint == 0 || words.hint >> 16 == (esp as u32) << 8;
    let deep_enough = words.tunnel == 0 || stages > 1;
    if handle != 0 && enabled && ours && fits && hint && deep_enough {
        // The bits of a live handle are 1..NumSa.
        let index = (handle & 0xFFFF).wrapping_sub(1);
        Work::Job(Job {
            row: Some((2 * index, bundle.generation)),
            ..Job::new(portion, sa)
        })
    } else {
        Work::Refuse
    }
}

/// Length outside what the device takes.
#[must_use]
pub const fn bad_length(len: usize) -> bool {
    len < MIN_FRAME || len > MAX_FRAME
}

/// An association to add to an [`Engine`].
#[derive(Clone, Debug)]
pub struct Association {
    /// Direction.
    pub inbound: bool,
    /// IP version of the destination.
    pub v6: bool,
    /// Destination, 0 = any; an IPv4 address is in the low 32 bits.
    pub dst: u128,
    /// Security parameters index.
    pub spi: u32,
    /// Key without salt.
    pub key: KeyMaterial,
    /// Salt, first byte in bits 31:24.
    pub salt: u32,
    /// Upper word of its extended sequence number, if it has one.
    pub seq_high: Option<u32>,
}

/// The device without a clock: both directions, with the engine and all protocols on.
#[derive(Debug)]
pub struct Engine {
    stages: usize,
    sas: Vec<(Bundle, Sa, bool)>,
}

impl Engine {
    /// An engine without associations that processes up to `stages` portions of a frame.
    #[must_use]
    pub const fn new(stages: usize) -> Self {
        Self {
            stages,
            sas: Vec::new(),
        }
    }

    /// Adds an association; the result is its handle.
    pub fn add(&mut self, association: Association) -> u32 {
        let Association {
            inbound,
            v6,
            dst,
            spi,
            key,
            salt,
            seq_high,
        } = association;
        let bundle = Bundle {
            live: true,
            inbound,
            v6,
            dst,
            ..Bundle::default()
        };
        let h = Gcm::h(&key);
        let sa = Sa {
            key,
            salt,
            h,
            spi,
            icv_len: ICV as u8,
            esn: seq_high.is_some(),
            seq_high: seq_high.unwrap_or(0),
            ..Sa::default()
        };
        self.sas.push((bundle, sa, false));
        self.sas.len() as u32
    }

    /// Moves the upper word of the sequence number of an association on. `false`: the handle names none, or one without
    /// extended sequence numbers.
    pub fn update(&mut self, handle: u32, seq_high: u32) -> bool {
        let index = (handle as usize).wrapping_sub(1);
        match self.sas.get_mut(index) {
            Some((_, sa, _)) if sa.esn => {
                sa.seq_high = seq_high;
                true
            }
            _ => false,
        }
    }

    /// Receives a frame: decrypts what it can, and says what was done.
    pub fn receive(&mut self, frame: &mut [u8]) -> RxResult {
        let bad_length = bad_length(frame.len());
        let mut words = RxResult::default();
        let mut task = Task {
            start: Start::Ethernet,
            ..Task::default()
        };
        for _ in 0..self.stages {
            let work = match parse(frame, true, &task) {
                Parse::Found(portion) => self.matching(&portion),
                _ => Work::Pass,
            };
            let verdict = work.receive(frame, bad_length, words);
            if let Some(mode) = verdict.mode
                && let Some((_, _, tunnel)) = self.sas.get_mut(mode.row as usize)
            {
                *tunnel = mode.tunnel;
            }
            (words, task) = (verdict.words, verdict.next);
        }
        words
    }

    /// Exact destination first, then the wildcard.
    fn matching(&self, portion: &Portion) -> Work {
        let find = |dst| {
            self.sas.iter().enumerate().find(|(_, (bundle, sa, _))| {
                bundle.inbound
                    && bundle.v6 == portion.v6
                    && bundle.dst == dst
                    && sa.spi == portion.spi
            })
        };
        match find(portion.dst).or_else(|| find(0)) {
            Some((row, (bundle, sa, tunnel))) => {
                receive_work(portion, bundle, sa, row as u32, *tunnel)
            }
            None => Work::Pass,
        }
    }

    /// Transmits a frame: encrypts the portions that the handles name. `hint` is the slot-12 word. After a
    /// failure the content of `frame` has no meaning.
    pub fn transmit(
        &mut self,
        frame: &mut [u8],
        offload_handle: u32,
        tunnel_handle: u32,
        hint: u32,
    ) -> TxResult {
        let words = TxWords {
            offload: offload_handle,
            tunnel: tunnel_handle,
            hint,
        };
        let bad_length = bad_length(frame.len());
        for stage in 0..self.stages {
            let portion = match parse(frame, true, &words.task(stage)) {
                Parse::Found(portion) => Some(portion),
                _ => None,
            };
            let index = (words.handle(stage) as usize).wrapping_sub(1);
            let sa = self.sas.get(index).map(|(bundle, sa, _)| (bundle, sa));
            let work = transmit_work(stage, self.stages, &words, true, portion.as_ref(), sa);
            if !work.transmit(frame, bad_length) {
                return TxResult::Failure;
            }
        }
        TxResult::Success
    }
}
