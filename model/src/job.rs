// SPDX-License-Identifier: Apache-2.0
//! The crypto of one portion on a whole frame.

use crate::frame_parser::{Owner, Portion, Start, Task};
use crate::gcm::{Gcm, TagMismatch};
use crate::header_walk::{Ah, Esp};
use crate::mutable_fields;
use crate::table_types::{Bundle, KeyMaterial, ModeWrite, Sa, SaCount};

/// Bytes of the full tag, which AES-GMAC never shortens.
const TAG: usize = 16;
/// Offset of the ICV in an AH header, and of the IV.
const AH_ICV: usize = 20;

/// How a portion is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// ESP with AES-GCM (RFC 4106).
    EspGcm,
    /// ESP with AES-GMAC (RFC 4543).
    EspGmac,
    /// AH with AES-GMAC (RFC 4543), over a packet of IPv6 (else IPv4), of which the AH header is at an offset.
    Ah {
        /// IPv6.
        v6: bool,
        /// Offset of the AH header.
        at: usize,
    },
}

/// Everything that a stage has to know to process one portion. Holds a key: wiped when dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// How.
    pub scheme: Scheme,
    /// Key without salt.
    pub key: KeyMaterial,
    /// Salt and explicit IV.
    pub nonce: [u8; 12],
    /// Upper word of an extended sequence number.
    pub seq_high: Option<u32>,
    /// First authenticated byte: the ESP header, or the IP header in front of AH.
    pub from: usize,
    /// First byte of payload and trailer (ESP).
    pub text: usize,
    /// Offset of the ICV.
    pub icv: usize,
    /// Bytes of the ICV.
    pub icv_len: usize,
    /// First byte behind the IP packet: the frame must hold all before.
    pub end: usize,
    /// The bundle; none under self-test.
    pub owner: Option<Owner>,
    /// Bytes for the counters of the association; none where it does not count.
    pub bytes: Option<u16>,
    /// The bundle has two associations.
    pub two: bool,
    /// A wrong ICV is one of tunnel mode.
    pub tunnel: bool,
    /// The portion is of level 1.
    pub inner: bool,
    /// What the next stage has to look for if this portion is good, unless the trailer of a received ESP portion says
    /// it.
    pub next: Task,
}

impl Job {
    /// The job of a portion of an association. `None`: its lengths do not fit, whatever the length of the frame is.
    #[must_use]
    pub fn new(portion: &Portion, owner: Owner, bundle: &Bundle, sa: &Sa) -> Option<Self> {
        if portion.ah {
            Self::ah(portion, owner, bundle, sa)
        } else {
            Self::esp(portion, owner, bundle, sa)
        }
    }

    fn esp(portion: &Portion, owner: Owner, bundle: &Bundle, sa: &Sa) -> Option<Self> {
        let end = portion.level.end;
        let esp: Esp = portion.level.esp.filter(|esp| !esp.truncated)?;
        let icv_len = usize::from(sa.icv_len);
        let icv = end.checked_sub(icv_len)?;
        let n = icv.checked_sub(esp.text()).filter(|n| *n >= 2)?;
        if portion.level.udp_end.is_some_and(|udp_end| udp_end != end) {
            return None;
        }
        Some(Self {
            scheme: if sa.gmac {
                Scheme::EspGmac
            } else {
                Scheme::EspGcm
            },
            key: sa.key.clone(),
            nonce: nonce(sa.salt, esp.iv),
            seq_high: sa.esn.then_some(sa.seq_high),
            from: esp.at,
            text: esp.text(),
            icv,
            icv_len,
            end,
            owner: Some(owner),
            bytes: Some(n as u16),
            two: bundle.two,
            tunnel: false,
            inner: portion.inner,
            next: Task::default(),
        })
    }

    fn ah(portion: &Portion, owner: Owner, bundle: &Bundle, sa: &Sa) -> Option<Self> {
        let end = portion.level.end;
        let ah: Ah = portion.level.ah.filter(|ah| !ah.truncated && ah.long)?;
        let covered = end.checked_sub(ah.end)?;
        let icv = ah.at + AH_ICV;
        Some(Self {
            scheme: Scheme::Ah {
                v6: portion.level.v6,
                at: ah.at,
            },
            key: sa.key.clone(),
            nonce: nonce(sa.salt, ah.iv),
            seq_high: sa.esn.then_some(sa.seq_high),
            from: portion.level.ip,
            text: icv,
            icv,
            icv_len: TAG,
            end,
            owner: Some(owner),
            bytes: (!bundle.two).then_some(covered as u16),
            two: bundle.two,
            tunnel: false,
            inner: portion.inner,
            next: Task::default(),
        })
    }

    /// AH reads the frame from its first header on.
    #[must_use]
    pub const fn is_ah(&self) -> bool {
        matches!(self.scheme, Scheme::Ah { .. })
    }

    /// For the counters of the association.
    #[must_use]
    pub fn count(&self) -> Option<SaCount> {
        let Owner { bundle, generation } = self.owner?;
        Some(SaCount {
            bundle,
            generation,
            bytes: self.bytes?,
        })
    }

    /// A good ICV tells the mode, unless ESP behind it does.
    #[must_use]
    pub fn mode(&self, tunnel: bool) -> Option<ModeWrite> {
        let Owner { bundle, generation } = self.owner?;
        if self.two && self.is_ah() {
            return None;
        }
        Some(ModeWrite {
            bundle,
            generation,
            tunnel,
        })
    }

    fn aad(&self, frame: &[u8]) -> Vec<u8> {
        let upper = self.seq_high.map(u32::to_be_bytes);
        let upper = upper.as_ref().map_or(&[][..], |word| word);
        match self.scheme {
            Scheme::Ah { v6, at } => {
                let mut packet = Vec::with_capacity(self.end - self.from + 4);
                packet.extend_from_slice(&frame[self.from..self.end]);
                mutable_fields::clear(&mut packet, v6, at - self.from);
                packet.extend_from_slice(upper);
                packet
            }
            Scheme::EspGcm | Scheme::EspGmac => {
                let stop = if self.scheme == Scheme::EspGcm {
                    self.from + 8
                } else {
                    self.icv
                };
                let spi = self.from + 4;
                [&frame[self.from..spi], upper, &frame[spi..stop]].concat()
            }
        }
    }

    /// {authenticated bytes, text, ICV}, if the frame holds them all.
    fn split<'a>(&self, frame: &'a mut [u8]) -> Option<(Vec<u8>, &'a mut [u8], &'a mut [u8])> {
        let frame = frame.get_mut(..self.end)?;
        let aad = self.aad(frame);
        let (before, behind) = frame.split_at_mut_checked(self.icv)?;
        let text = match self.scheme {
            Scheme::EspGcm => before.get_mut(self.text..)?,
            Scheme::EspGmac | Scheme::Ah { .. } => &mut [],
        };
        Some((aad, text, behind.get_mut(..self.icv_len)?))
    }

    /// Encrypts the portion in place and writes its ICV. `false`: the frame is too short.
    pub fn seal(&self, frame: &mut [u8]) -> bool {
        let Some((aad, text, icv)) = self.split(frame) else {
            return false;
        };
        let tag = Gcm::new(&self.key).seal(&self.nonce, &aad, text);
        icv.copy_from_slice(&tag[..self.icv_len]);
        true
    }

    /// Verifies the portion and decrypts it in place. `None`: the frame is too short.
    pub fn open(&self, frame: &mut [u8]) -> Option<Result<(), TagMismatch>> {
        let (aad, text, icv) = self.split(frame)?;
        Some(Gcm::new(&self.key).open(&self.nonce, &aad, text, icv))
    }

    /// Next header and pad length of an ESP portion that is plain.
    #[must_use]
    pub fn trailer(&self, frame: &[u8]) -> Option<(u8, u8)> {
        let [pad_length, next_header] = *frame.get(..self.icv)?.last_chunk()?;
        Some((next_header, pad_length))
    }

    /// The IP packet behind the portion.
    #[must_use]
    pub fn content(next_header: u8, at: usize, limit: usize) -> Task {
        let start = match next_header {
            crate::header_walk::IPV4 => Start::Ipv4(at),
            crate::header_walk::IPV6 => Start::Ipv6(at),
            _ => return Task::default(),
        };
        Task {
            start,
            inner: true,
            limit: Some(limit),
        }
    }
}

fn nonce(salt: u32, iv: [u8; 8]) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&salt.to_be_bytes());
    nonce[4..].copy_from_slice(&iv);
    nonce
}
