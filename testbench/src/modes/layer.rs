// SPDX-License-Identifier: Apache-2.0
//! Builds frames of every mode, from the inside out.

use std::net::IpAddr;

use super::mutable;
use crate::esp::{HEAD_BYTES, ICV_BYTES, icv_bytes, seal_for};
use crate::sa::{Operation, Sa};

/// What a packet is at its three places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forms {
    /// As the host hands it over: text in the clear, ICVs zero
    pub clear: Vec<u8>,
    /// As it is on the wire
    pub sealed: Vec<u8>,
    /// As the host receives it: text in the clear, ICVs as on the wire
    pub opened: Vec<u8>,
}

impl Forms {
    /// The same at each place.
    pub fn plain(bytes: Vec<u8>) -> Self {
        Self {
            clear: bytes.clone(),
            sealed: bytes.clone(),
            opened: bytes,
        }
    }

    /// Each of them changed in the same way.
    #[must_use]
    pub fn map(&self, change: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        Self {
            clear: change(&self.clear),
            sealed: change(&self.sealed),
            opened: change(&self.opened),
        }
    }

    /// Each of them with these [bytes changed](changed).
    #[must_use]
    pub fn changed(&self, at: usize, with: &[u8]) -> Self {
        self.map(|bytes| changed(bytes, at, with))
    }

    /// Ethernet frames without a tag: another payload behind the UDP header at `at`, and lengths that fit.
    #[must_use]
    pub fn carrying(&self, at: usize, payload: &[u8]) -> Self {
        const IP: usize = 14;
        self.map(|bytes| {
            let mut bytes = bytes[..at + 8].to_vec();
            bytes.extend_from_slice(payload);
            // IPv6's length is without the header.
            let (place, header) = match bytes[IP] >> 4 {
                6 => (IP + 4, 40),
                _ => (IP + 2, 0),
            };
            let length = (bytes.len() - IP - header) as u16;
            bytes[place..place + 2].copy_from_slice(&length.to_be_bytes());
            bytes[at + 4..at + 6].copy_from_slice(&(8 + payload.len() as u16).to_be_bytes());
            bytes
        })
    }

    /// As Ethernet frames, with a 0x8100 tag if asked for, and with bytes behind the IP packet.
    #[must_use]
    pub fn ethernet(&self, vlan: Option<u16>, trailer: &[u8]) -> Self {
        self.map(|packet| {
            let mut frame = crate::esp::ethernet(vlan, packet);
            frame.extend_from_slice(trailer);
            frame
        })
    }
}

/// These bytes with others from `at` on; as they are if there are none so far behind.
pub fn changed(bytes: &[u8], at: usize, with: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(place) = bytes.get_mut(at..at + with.len()) {
        place.copy_from_slice(with);
    }
    bytes
}

/// An IP packet with the headers of one bundle.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    /// The bundle: its associations
    pub sa: &'a Sa,
    /// Source
    pub src: IpAddr,
    /// Destination
    pub dst: IpAddr,
    /// Sequence numbers of ESP and AH
    pub sequence: [u32; 2],
    /// IVs of ESP and AH
    pub ivs: [[u8; 8]; 2],
    /// Bytes of ESP padding; `None` is the minimum that aligns to 4
    pub pad: Option<u8>,
    /// Ports of a UDP header in front of ESP
    pub udp: Option<[u16; 2]>,
    /// IPv4 options, whole words
    pub options: Vec<u8>,
    /// IPv6 extension headers: what they are, and what is in them behind the first two bytes
    pub extensions: Vec<(u8, Vec<u8>)>,
    /// Bytes behind AH's ICV, whole words
    pub ah_padding: usize,
    /// DSCP, TTL, flow label and identification
    pub noise: u64,
}

/// Offsets from the IP header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// AH header
    pub ah: Option<usize>,
    /// UDP header
    pub udp: Option<usize>,
    /// ESP header
    pub esp: Option<usize>,
    /// What is protected: behind the IV, or behind AH
    pub content: usize,
}

impl<'a> Layer<'a> {
    /// A plain one.
    pub fn new(sa: &'a Sa) -> Self {
        Self {
            sa,
            src: sa.src,
            dst: sa.dst,
            sequence: [1, 1],
            ivs: [[1; 8], [2; 8]],
            pad: None,
            udp: None,
            options: Vec::new(),
            extensions: Vec::new(),
            ah_padding: 0,
            noise: 0,
        }
    }

    fn has(&self, operation: Operation) -> bool {
        self.sa
            .associations
            .iter()
            .any(|a| a.operation == operation)
    }

    /// Where its parts are.
    pub fn places(&self) -> Places {
        let mut at = match self.dst {
            IpAddr::V4(_) => 20 + self.options.len(),
            IpAddr::V6(_) => {
                40 + self
                    .extensions
                    .iter()
                    .map(|(_, e)| e.len() + 2)
                    .sum::<usize>()
            }
        };
        let mut places = Places::default();
        if self.has(Operation::Ah) {
            places.ah = Some(at);
            at += 20 + ICV_BYTES + self.ah_padding;
        }
        if self.udp.is_some() {
            places.udp = Some(at);
            at += 8;
        }
        if self.has(Operation::Esp) {
            places.esp = Some(at);
            at += HEAD_BYTES;
        }
        places.content = at;
        places
    }

    /// The IP packet around a content in its forms.
    pub fn around(&self, next_header: u8, content: &Forms) -> Forms {
        let places = self.places();
        let clear = self.packet(next_header, &content.clear);
        let mut sealed = self.packet(next_header, &content.sealed);
        let mut opened = self.packet(next_header, &content.opened);
        for association in &self.sa.associations {
            match association.operation {
                Operation::Esp => {
                    let esp = places.esp.unwrap_or_default();
                    seal_for(association, &mut sealed[esp..]);
                    let icv = sealed.len() - icv_bytes(association);
                    opened[icv..].copy_from_slice(&sealed[icv..]);
                }
                // Behind ESP in the list: it covers what ESP has made.
                Operation::Ah => {
                    let ah = places.ah.unwrap_or_default();
                    let icv = mutable::icv(association, &sealed, ah).unwrap_or_default();
                    for packet in [&mut sealed, &mut opened] {
                        packet[ah + 20..ah + 36].copy_from_slice(&icv);
                    }
                }
            }
        }
        Forms {
            clear,
            sealed,
            opened,
        }
    }

    /// The packet in the clear, with ICVs of zero.
    fn packet(&self, next_header: u8, content: &[u8]) -> Vec<u8> {
        let mut carried = Vec::with_capacity(content.len() + 128);
        let ah = self
            .sa
            .associations
            .iter()
            .find(|a| a.operation == Operation::Ah);
        let esp = self
            .sa
            .associations
            .iter()
            .find(|a| a.operation == Operation::Esp);
        let mut protocol = next_header;
        if let Some(association) = esp {
            let minimum = (0_u8..4)
                .find(|pad| (content.len() + usize::from(*pad) + 2).is_multiple_of(4))
                .unwrap_or(0);
            let pad = self.pad.unwrap_or(minimum);
            carried.extend_from_slice(&association.spi.to_be_bytes());
            carried.extend_from_slice(&self.sequence[0].to_be_bytes());
            carried.extend_from_slice(&self.ivs[0]);
            carried.extend_from_slice(content);
            carried.extend(1..=pad);
            carried.extend_from_slice(&[pad, next_header]);
            carried.resize(carried.len() + icv_bytes(association), 0);
            protocol = 50;
        } else {
            carried.extend_from_slice(content);
        }
        if let Some([source, destination]) = self.udp {
            let mut udp = Vec::new();
            udp.extend_from_slice(&source.to_be_bytes());
            udp.extend_from_slice(&destination.to_be_bytes());
            udp.extend_from_slice(&((carried.len() + 8) as u16).to_be_bytes());
            // Nobody looks at the checksum.
            udp.extend_from_slice(&(self.noise as u16).to_be_bytes());
            carried.splice(0..0, udp);
            protocol = 17;
        }
        if let Some(association) = ah {
            let size = 20 + ICV_BYTES + self.ah_padding;
            let mut header = vec![protocol, (size / 4 - 2) as u8, 0, 0];
            header.extend_from_slice(&association.spi.to_be_bytes());
            header.extend_from_slice(&self.sequence[1].to_be_bytes());
            header.extend_from_slice(&self.ivs[1]);
            header.resize(size, 0);
            carried.splice(0..0, header);
            protocol = 51;
        }
        let [a, b, c, d, e, f, ..] = self.noise.to_le_bytes();
        match self.dst {
            IpAddr::V4(dst) => {
                let header = 20 + self.options.len();
                let length = ((header + carried.len()) as u16).to_be_bytes();
                let mut packet = vec![0x40 | (header / 4) as u8, a, length[0], length[1]];
                packet.extend_from_slice(&[b, c, d & 0xc0, 0, e | 1, protocol, 0, 0]);
                match self.src {
                    IpAddr::V4(src) => packet.extend_from_slice(&src.octets()),
                    IpAddr::V6(_) => packet.extend_from_slice(&[0; 4]),
                }
                packet.extend_from_slice(&dst.octets());
                packet.extend_from_slice(&self.options);
                let mut sum: u32 = packet
                    .chunks_exact(2)
                    .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
                    .sum();
                sum = (sum & 0xffff) + (sum >> 16);
                sum = (sum & 0xffff) + (sum >> 16);
                packet[10..12].copy_from_slice(&(!(sum as u16)).to_be_bytes());
                packet.extend_from_slice(&carried);
                packet
            }
            IpAddr::V6(dst) => {
                let kinds: Vec<u8> = self.extensions.iter().map(|(kind, _)| *kind).collect();
                let behind = |k: usize| kinds.get(k).copied().unwrap_or(protocol);
                let more: usize = self.extensions.iter().map(|(_, e)| e.len() + 2).sum();
                let length = ((more + carried.len()) as u16).to_be_bytes();
                let mut packet = vec![0x60 | a >> 4, a << 4 | b & 15, c, d];
                packet.extend_from_slice(&[length[0], length[1], behind(0), f | 1]);
                match self.src {
                    IpAddr::V6(src) => packet.extend_from_slice(&src.octets()),
                    IpAddr::V4(_) => packet.extend_from_slice(&[0; 16]),
                }
                packet.extend_from_slice(&dst.octets());
                for (k, (_, inside)) in self.extensions.iter().enumerate() {
                    let size = (inside.len() + 2) / 8 - 1;
                    packet.extend_from_slice(&[behind(k + 1), size as u8]);
                    packet.extend_from_slice(inside);
                }
                packet.extend_from_slice(&carried);
                packet
            }
        }
    }
}
