// SPDX-License-Identifier: Apache-2.0
//! The device without a clock.

use crate::frame_parser::{Parse, Portion, Start, Task, parse};
use crate::gcm::Gcm;
use crate::packet::{MAX_FRAME, MIN_FRAME, RxResult, TxResult};
use crate::probe::Path;
use crate::receive::{RxRecords, looks_up, receive_work};
use crate::table_types::{Bundle, KeyMaterial, PathConfig, Sa};
use crate::transmit::{TxRecords, TxWords, sa_row, transmit_work};
use crate::work::Work;

/// An ESP association with AES-GCM and an ICV of 16 bytes, alone in its bundle: the usual case.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// A bundle to add: ESP, AH, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewBundle {
    /// Direction.
    pub inbound: bool,
    /// IP version of the destination.
    pub v6: bool,
    /// Destination, 0 = any; an IPv4 address is in the low 32 bits.
    pub dst: u128,
    /// UdpEspEncapsulation: 0 = none, 1, 2, 4, 8.
    pub udp: u8,
    /// ESP.
    pub esp: Option<NewSa>,
    /// AH.
    pub ah: Option<NewSa>,
}

/// An association of a [`NewBundle`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSa {
    /// Security parameters index.
    pub spi: u32,
    /// Key without salt.
    pub key: KeyMaterial,
    /// Salt, first byte in bits 31:24.
    pub salt: u32,
    /// AES-GMAC (else AES-GCM); AH has nothing else.
    pub gmac: bool,
    /// Bytes of the ICV: 8, 12 or 16 (AES-GMAC: 16).
    pub icv_len: u8,
    /// Upper word of its extended sequence number, if it has one.
    pub seq_high: Option<u32>,
}

impl NewSa {
    fn record(self, ah: bool) -> Sa {
        Sa {
            ah,
            gmac: self.gmac || ah,
            h: Gcm::h(&self.key),
            key: self.key,
            salt: self.salt,
            spi: self.spi,
            icv_len: self.icv_len,
            esn: self.seq_high.is_some(),
            seq_high: self.seq_high.unwrap_or(0),
        }
    }
}

impl From<Association> for NewBundle {
    fn from(association: Association) -> Self {
        let Association {
            inbound,
            v6,
            dst,
            spi,
            key,
            salt,
            seq_high,
        } = association;
        Self {
            inbound,
            v6,
            dst,
            esp: Some(NewSa {
                spi,
                key,
                salt,
                gmac: false,
                icv_len: 16,
                seq_high,
            }),
            ..Self::default()
        }
    }
}

/// A bundle, its associations, and its last authenticated mode.
#[derive(Debug)]
struct Row {
    bundle: Bundle,
    sas: [Sa; 2],
    tunnel: bool,
}

/// The device without a clock: both directions.
#[derive(Debug)]
pub struct Engine {
    stages: usize,
    rows: Vec<Row>,
    /// What is on (everything at first), and UDP_PORT.
    pub config: PathConfig,
}

impl Engine {
    /// An engine without associations that processes up to `stages` portions of a frame.
    #[must_use]
    pub const fn new(stages: usize) -> Self {
        Self {
            stages,
            rows: Vec::new(),
            config: PathConfig {
                tx_esp: true,
                tx_ah: true,
                rx_esp: true,
                rx_ah: true,
                udp_port: 4500,
                hash_seed: 0,
            },
        }
    }

    /// Adds a bundle (an [`Association`] is one); the result is its handle.
    pub fn add(&mut self, bundle: impl Into<NewBundle>) -> u32 {
        let NewBundle {
            inbound,
            v6,
            dst,
            udp,
            esp,
            ah,
        } = bundle.into();
        let two = esp.is_some() && ah.is_some();
        let mut records = [
            esp.map(|esp| esp.record(false)),
            ah.map(|ah| ah.record(true)),
        ]
        .into_iter()
        .flatten();
        self.rows.push(Row {
            bundle: Bundle {
                live: true,
                inbound,
                v6,
                two,
                udp,
                dst,
                ..Bundle::default()
            },
            sas: std::array::from_fn(|_| records.next().unwrap_or_default()),
            tunnel: false,
        });
        self.rows.len() as u32
    }

    /// Moves the upper word of the sequence number of an association of a handle on: the only one, or ESP.
    /// `false`: the handle names none, or one without extended sequence numbers.
    pub fn update(&mut self, handle: u32, seq_high: u32) -> bool {
        self.update_row(handle, 0, seq_high)
    }

    /// The same for AH of a bundle of two.
    pub fn update_ah(&mut self, handle: u32, seq_high: u32) -> bool {
        self.update_row(handle, 1, seq_high)
    }

    fn update_row(&mut self, handle: u32, association: usize, seq_high: u32) -> bool {
        let row = self.rows.get_mut((handle as usize).wrapping_sub(1));
        match row.map(|row| &mut row.sas[association]) {
            Some(sa) if sa.esn => {
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
        let mut task = Task::first(Path::Rx, false);
        for stage in 0..self.stages {
            let work = match parse(frame, true, &task, self.config.udp_port) {
                Parse::Found(portion) => self.receive_work(&portion, stage + 1 == self.stages),
                _ => Work::Pass,
            };
            let verdict = work.receive(frame, bad_length, words);
            if let Some(mode) = verdict.mode
                && let Some(row) = self.rows.get_mut(mode.bundle as usize)
            {
                row.tunnel = mode.tunnel;
            }
            (words, task) = (verdict.words, verdict.next);
        }
        words
    }

    fn receive_work(&self, portion: &Portion, last: bool) -> Work {
        let found = match portion.pair {
            Some(owner) => Some(2 * owner.bundle as usize),
            None if looks_up(portion, &self.config) => self.matching(portion),
            None => None,
        };
        let Some((row, found)) = found.and_then(|row| Some((row, self.rows.get(row / 2)?))) else {
            return Work::Pass;
        };
        let records = RxRecords {
            row: row as u32,
            bundle: &found.bundle,
            sa: &found.sas[row % 2],
            esp_spi: found.sas[0].spi,
            unreadable: false,
            tunnel: found.tunnel,
        };
        receive_work(portion, &records, &self.config, last)
    }

    /// SA row, by the exact destination first, then by the wildcard.
    fn matching(&self, portion: &Portion) -> Option<usize> {
        let level = &portion.level;
        let find = |dst| {
            self.rows.iter().enumerate().find_map(|(index, row)| {
                let Bundle {
                    inbound, v6, two, ..
                } = row.bundle;
                let bundle = inbound && v6 == level.v6 && row.bundle.dst == dst;
                let association = row.sas[..1 + usize::from(two)]
                    .iter()
                    .position(|sa| sa.ah == portion.ah && sa.spi == portion.spi());
                association.filter(|_| bundle).map(|a| 2 * index + a)
            })
        };
        find(level.dst).or_else(|| find(0))
    }

    /// Transmits a frame: encrypts the portions of the levels that the handles name. `hint` is the slot-12 word. After
    /// a failure the content of `frame` has no meaning.
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
        if bad_length(frame.len()) {
            return TxResult::Failure;
        }
        if words.none() {
            return TxResult::Success;
        }
        let mut task = Task::first(Path::Tx, words.tunnel != 0);
        for stage in 0..self.stages {
            if task.start == Start::None {
                break;
            }
            let first = (stage == 0).then_some(self.stages);
            let work = self.transmit_work(frame, &task, &words, first);
            if !work.transmit(frame, false) {
                return TxResult::Failure;
            }
            task = work.next();
        }
        TxResult::Success
    }

    fn transmit_work(
        &self,
        frame: &[u8],
        task: &Task,
        words: &TxWords,
        stages: Option<usize>,
    ) -> Work {
        let portion = match parse(frame, true, task, self.config.udp_port) {
            Parse::Found(portion) => Some(portion),
            _ => None,
        };
        let index = words.handle(task.inner).wrapping_sub(1);
        let row = sa_row(portion.as_ref(), index.min(u32::MAX / 2 - 1)) as usize;
        let records = self.rows.get(index as usize).map(|found| TxRecords {
            index,
            bundle: &found.bundle,
            sa: &found.sas[row % 2],
            unreadable: false,
        });
        transmit_work(
            words,
            &self.config,
            portion.as_ref(),
            records.as_ref(),
            stages,
        )
    }
}

fn bad_length(len: usize) -> bool {
    !(MIN_FRAME..=MAX_FRAME).contains(&len)
}
