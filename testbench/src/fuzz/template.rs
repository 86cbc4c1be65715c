// SPDX-License-Identifier: Apache-2.0
//! The valid frames that cases start from: IP, perhaps UDP, AH, ESP around any payload, with the text in the clear and
//! ICVs of zero, as a host hands them over. The one place that knows the forms of frames.

use crate::sa::{Operation, Sa, UdpEncapsulation};

use super::reader::Reader;
use super::sets::{DST4, DST6, SRC4, SRC6};

/// Bytes of an Ethernet header without a tag.
pub const ETHERNET: usize = 14;

/// Where what lies in a frame, for the offsets of mutations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks {
    /// IP header
    pub ip: usize,
    /// What follows the IP header without options
    pub behind_ip: usize,
    /// AH header, if there is one
    pub ah: Option<usize>,
    /// ESP header, if there is one
    pub esp: Option<usize>,
    /// Payload of the innermost header
    pub payload: usize,
    /// ICV of ESP, or the end of the packet
    pub icv: usize,
}

impl Marks {
    /// The place with this number.
    #[must_use]
    pub fn at(&self, place: u8, len: usize) -> usize {
        match place & 7 {
            0 => 0,
            1 => self.ip,
            2 => self.behind_ip,
            3 => self.ah.unwrap_or(self.behind_ip),
            4 => self.esp.unwrap_or(self.payload),
            5 => self.payload,
            6 => self.icv,
            _ => len,
        }
    }

    /// The same in a frame in which all lies so much further behind.
    #[must_use]
    pub fn moved(self, by: usize) -> Self {
        Self {
            ip: self.ip + by,
            behind_ip: self.behind_ip + by,
            ah: self.ah.map(|at| at + by),
            esp: self.esp.map(|at| at + by),
            payload: self.payload + by,
            icv: self.icv + by,
        }
    }
}

/// The form of one level.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Options or extension headers: one of [`OPTIONS4`] or [`EXTENSIONS6`], 0 for none
    options: u8,
    /// A 0x8100 tag (outermost level)
    vlan: bool,
    /// UDP where the bundle wants none, none where it wants it
    wrong_udp: bool,
    /// AH 4 bytes longer than for its version
    long_ah: bool,
    /// More padding than alignment needs
    pad: u8,
    /// Next header, if it is not that of the payload
    next: Option<u8>,
}

/// Next headers other than that of the payload.
const NEXT: [u8; 8] = [59, 4, 41, 17, 50, 51, 0, 60];

impl Form {
    /// Two bytes of the input.
    pub fn read(reader: &mut Reader) -> Self {
        let (first, second) = (reader.byte(), reader.byte());
        Self {
            options: first & 15,
            vlan: first & 0x10 != 0,
            wrong_udp: first & 0x20 != 0,
            long_ah: first & 0x40 != 0,
            next: (first & 0x80 != 0).then(|| NEXT[usize::from(second >> 5)]),
            pad: if second & 0x1f == 0x1f {
                255
            } else {
                second & 0x1f
            },
        }
    }
}

/// IPv4 options, whole words.
const OPTIONS4: [&[u8]; 16] = [
    &[],
    &[1, 1, 1, 1],
    &[7, 7, 4, 9, 9, 9, 9, 0],
    // Loose and strict source routes, exhausted and not.
    &[131, 7, 8, 192, 0, 2, 9, 0],
    &[131, 7, 4, 192, 0, 2, 9, 0],
    &[137, 3, 4, 0],
    &[137, 3, 3, 0],
    &[130, 3, 1, 1, 148, 4, 0, 0],
    &[68, 12, 13, 0, 1, 2, 3, 4, 5, 6, 7, 8],
    &[133, 4, 1, 1, 134, 4, 1, 1],
    // Lengths of 0 and 1, and beyond the header.
    &[68, 0, 7, 1],
    &[1, 1, 1, 131],
    &[149, 40, 1, 1],
    &[0, 131, 3, 1],
    &[222, 5, 1, 2, 3, 1, 1, 1],
    &[
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 68, 4, 5, 0,
    ],
];

/// Destination options without any.
const EMPTY: (u8, &[u8]) = (60, &[0, 1, 4, 0, 0, 0, 0]);

/// IPv6 extension headers: type, then bytes 1 and on (byte 0, the next header, is put in front).
const EXTENSIONS6: [&[(u8, &[u8])]; 16] = [
    &[],
    &[(0, &[0, 1, 4, 0, 0, 0, 0])],
    // A mutable option, an immutable one, Pad1.
    &[(0, &[1, 0x3e, 2, 7, 7, 0x1e, 2, 8, 8, 0, 0, 0, 0x20, 1, 5])],
    &[(60, &[0, 0x3f, 4, 1, 2, 3, 4])],
    &[(43, &[0, 0, 0, 0, 0, 0, 0])],
    &[(43, &[0, 0, 1, 0, 0, 0, 0])],
    &[
        (0, &[0, 1, 4, 0, 0, 0, 0]),
        (43, &[0, 2, 0, 0, 0, 0, 0]),
        (60, &[0, 0x24, 4, 1, 2, 3, 4]),
    ],
    // An option that is longer than its header.
    &[(60, &[0, 0x2a, 200, 1, 2, 3, 4])],
    &[(0, &[0, 0, 0, 0, 0, 0, 0x20])],
    &[(44, &[0, 0, 0, 1, 2, 3, 4])],
    &[(44, &[0, 0, 1, 1, 2, 3, 4])],
    &[(135, &[0, 1, 2, 3, 4, 5, 6])],
    // Eight, and nine.
    &[EMPTY; 8],
    &[EMPTY; 9],
    // Beyond the 1,020 bytes, by its length byte.
    &[(60, &[122, 1, 4, 0, 0, 0, 0])],
    &[(60, &[121, 1, 4, 0, 0, 0, 0])],
];

fn put_word(to: &mut [u8], at: usize, value: usize) {
    if let Some(bytes) = to.get_mut(at..at + 2) {
        bytes.copy_from_slice(&(value as u16).to_be_bytes());
    }
}

/// Whether a bundle wants UDP in front of its ESP.
fn wants_udp(sa: &Sa, outermost: bool) -> bool {
    match sa.udp_encapsulation {
        UdpEncapsulation::None => false,
        UdpEncapsulation::Transport | UdpEncapsulation::Tunnel => true,
        UdpEncapsulation::TransportOverUdpTunnel => outermost,
        UdpEncapsulation::UdpTransportOverTunnel => !outermost,
    }
}

/// A frame of a bundle around a payload, whose next header is `next`.
pub fn clear(
    sa: &Sa,
    form: &Form,
    outermost: bool,
    next: u8,
    payload: &[u8],
    sequence: u8,
) -> (Vec<u8>, Marks) {
    let v6 = sa.is_v6();
    let mut frame = Vec::with_capacity(payload.len() + 400);
    let mut marks = Marks::default();
    frame.extend_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
    if form.vlan && outermost {
        frame.extend_from_slice(&[0x81, 0, 0, 5]);
    }
    frame.extend_from_slice(if v6 { &[0x86, 0xdd] } else { &[0x08, 0] });
    marks.ip = frame.len();
    // Where the number of the next protocol goes.
    let mut protocol_at = marks.ip + if v6 { 6 } else { 9 };
    let choice = usize::from(form.options);
    if v6 {
        frame.extend_from_slice(&[0x60, 0, 0, 0, 0, 0, 0, 64]);
        frame.extend_from_slice(&SRC6.octets());
        frame.extend_from_slice(&DST6.octets());
        marks.behind_ip = frame.len();
        for (kind, rest) in EXTENSIONS6[choice] {
            frame[protocol_at] = *kind;
            protocol_at = frame.len();
            frame.push(0);
            frame.extend_from_slice(rest);
            // Length bytes that mean more than is written out here are filled up.
            let size = match *kind {
                44 => 8,
                _ => 8 * (usize::from(rest[0]) + 1),
            };
            frame.resize(protocol_at + size, 0);
        }
    } else {
        let options = OPTIONS4[choice];
        frame.extend_from_slice(&[0x45 + (options.len() / 4) as u8, 0, 0, 0]);
        frame.extend_from_slice(&[0, 1, 0x40, 0, 64, 0, 0, 0]);
        frame.extend_from_slice(&SRC4.octets());
        frame.extend_from_slice(&DST4.octets());
        marks.behind_ip = frame.len();
        frame.extend_from_slice(options);
    }
    let mut udp_at = None;
    if wants_udp(sa, outermost) != form.wrong_udp {
        frame[protocol_at] = 17;
        udp_at = Some(frame.len());
        frame.extend_from_slice(&[0x11, 0x94, 0x11, 0x94, 0, 0, 0, 0]);
    }
    let next = form.next.unwrap_or(next);
    let iv = [sequence, 1, 2, 3, 4, 5, 6, 7];
    let header = [0, 0, 0, sequence];
    // AH stands in front of ESP, and is the second association.
    let mut esp_icv = 0;
    for association in sa.associations.iter().rev() {
        let number = match association.operation {
            Operation::Ah => 51,
            Operation::Esp => 50,
        };
        match (protocol_at, udp_at) {
            (_, Some(_)) => {}
            (at, None) => frame[at] = number,
        }
        let at = frame.len();
        match association.operation {
            Operation::Ah => {
                marks.ah = Some(at);
                protocol_at = at;
                // IPv6 wants a multiple of 8 bytes.
                let size = 36 + if v6 != form.long_ah { 4 } else { 0 };
                frame.extend_from_slice(&[next, (size / 4 - 2) as u8, 0, 0]);
                frame.extend_from_slice(&association.spi.to_be_bytes());
                frame.extend_from_slice(&header);
                frame.extend_from_slice(&iv);
                frame.resize(at + size, 0);
            }
            Operation::Esp => {
                marks.esp = Some(at);
                frame.extend_from_slice(&association.spi.to_be_bytes());
                frame.extend_from_slice(&header);
                frame.extend_from_slice(&iv);
                esp_icv = association.icv_length as usize;
            }
        }
    }
    marks.payload = frame.len();
    frame.extend_from_slice(payload);
    if marks.esp.is_some() {
        let align = (0..4).find(|pad| (payload.len() + pad + 2).is_multiple_of(4));
        let pad = align.unwrap_or(0) + usize::from(form.pad);
        let pad = pad.min(255) as u8;
        frame.extend(1..=pad);
        frame.extend_from_slice(&[pad, next]);
        marks.icv = frame.len();
        frame.resize(frame.len() + esp_icv, 0);
    } else {
        marks.icv = frame.len();
    }
    let end = frame.len();
    if v6 {
        put_word(&mut frame, marks.ip + 4, end - marks.ip - 40);
    } else {
        put_word(&mut frame, marks.ip + 2, end - marks.ip);
    }
    if let Some(at) = udp_at {
        put_word(&mut frame, at + 4, end - at);
    }
    (frame, marks)
}
