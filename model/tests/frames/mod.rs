// SPDX-License-Identifier: Apache-2.0
//! Frames for tests, header by header.
#![allow(dead_code, clippy::unwrap_used)]

/// A protocol and its header.
type Piece = (u8, Vec<u8>);

pub const ESP: u8 = 50;
pub const AH: u8 = 51;

/// Headers one behind the other: each one's next header is the protocol of the next. Lengths of IP and UDP reach to the
/// end of the frame.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    pub bytes: Vec<u8>,
    /// Where the next protocol number goes.
    link: Option<usize>,
    /// Length fields to fill: offset, from where they count.
    lengths: Vec<(usize, usize)>,
}

impl Frame {
    pub fn raw(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            ..Self::default()
        }
    }

    pub fn ethernet(kind: u16) -> Self {
        let mut bytes = vec![2; 12];
        bytes.extend(kind.to_be_bytes());
        Self::raw(bytes)
    }

    pub fn tagged(kind: u16) -> Self {
        let mut frame = Self::ethernet(0x8100);
        frame.bytes.extend([0, 5]);
        frame.bytes.extend(kind.to_be_bytes());
        frame
    }

    pub fn v4() -> Self {
        Self::ethernet(0x0800).ipv4(&[])
    }

    pub fn v6() -> Self {
        Self::ethernet(0x86DD).ipv6()
    }

    pub fn ipv4(mut self, options: &[u8]) -> Self {
        let at = self.bytes.len();
        self.bytes.extend([0x45 + options.len() as u8 / 4, 0, 3, 0]);
        self.bytes.extend([0, 0, 0x40, 0, 64, 0, 0, 0]);
        self.bytes.extend([192, 0, 2, 1, 192, 0, 2, 2]);
        self.bytes.extend(options);
        self.link = Some(at + 9);
        self.lengths.push((at + 2, at));
        self
    }

    pub fn ipv6(mut self) -> Self {
        let at = self.bytes.len();
        self.bytes.extend([0x60, 0, 0, 0, 3, 0, 0, 64]);
        self.bytes.extend([1; 16]);
        self.bytes.extend([2; 16]);
        self.link = Some(at + 6);
        self.lengths.push((at + 4, at + 40));
        self
    }

    /// The next header, whose first byte is its next header if `links`.
    pub fn then(mut self, (protocol, header): Piece, links: bool) -> Self {
        if let Some(link) = self.link {
            self.bytes[link] = protocol;
        }
        self.link = links.then_some(self.bytes.len());
        self.bytes.extend(header);
        self
    }

    /// An extension header.
    pub fn ext(self, protocol: u8, size: usize) -> Self {
        let mut header = vec![0; size];
        header[1] = (size / 8 - 1) as u8;
        self.then((protocol, header), true)
    }

    pub fn udp(self, source: u16, destination: u16) -> Self {
        let mut header = source.to_be_bytes().to_vec();
        header.extend(destination.to_be_bytes());
        header.extend([2, 0, 0, 0]);
        let at = self.bytes.len();
        let mut frame = self.then((17, header), false);
        frame.lengths.push((at + 4, at));
        frame
    }

    pub fn ah(self, words: u8) -> Self {
        self.ah_spi(words, 0x0A0B_0C0D)
    }

    pub fn ah_spi(self, words: u8, spi: u32) -> Self {
        let mut header = vec![0, words, 0, 0];
        header.extend(spi.to_be_bytes());
        header.resize(4 * (usize::from(words) + 2), 7);
        self.then((AH, header), true)
    }

    pub fn esp(self) -> Self {
        self.esp_spi(0x0102_0304)
    }

    pub fn esp_spi(self, spi: u32) -> Self {
        let mut header = spi.to_be_bytes().to_vec();
        header.extend([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8]);
        self.then((ESP, header), false)
    }

    /// Something else.
    pub fn other(self) -> Self {
        self.protocol(6)
    }

    pub fn protocol(self, protocol: u8) -> Self {
        self.then((protocol, vec![]), false)
    }

    pub fn set(mut self, at: usize, value: u8) -> Self {
        self.bytes[at] = value;
        self
    }

    pub fn cut(mut self, len: usize) -> Self {
        self.bytes.truncate(len);
        self
    }

    pub fn fill(mut self, count: usize) -> Self {
        let len = self.bytes.len();
        self.bytes.extend((len..len + count).map(|i| i as u8));
        self
    }

    /// Padding, pad length, next header, room for an ICV.
    pub fn trailer(mut self, next_header: u8, icv: usize) -> Self {
        self.bytes.extend([1, 2, 2, next_header]);
        self.bytes.extend(vec![0; icv]);
        self
    }

    /// The innermost packet ends here: its length, and that of UDP in it.
    pub fn end(mut self) -> Self {
        let end = self.bytes.len();
        while let Some((at, from)) = self.lengths.pop() {
            let length = (end - from) as u16;
            self.bytes[at..at + 2].copy_from_slice(&length.to_be_bytes());
            if at != from + 4 {
                break; // not UDP
            }
        }
        self
    }

    pub fn len(&self) -> usize {
        self.bytes.len()
    }
}
