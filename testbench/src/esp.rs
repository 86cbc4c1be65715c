// SPDX-License-Identifier: Apache-2.0
//! Builds ESP frames, in the clear as a host hands them over and sealed as they are on the wire, with
//! the `aes-gcm` crate.

use std::net::IpAddr;

use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm, Nonce};

use crate::rng::Rng;
use crate::sa::{Association, Encryption};

type Aes192Gcm = AesGcm<aes::Aes192, U12>;

/// Bytes of the longest integrity check value.
pub const ICV_BYTES: usize = 16;
/// Bytes of ESP header and IV in front of the text.
pub const HEAD_BYTES: usize = 16;

/// One IP packet with an ESP header.
#[derive(Clone, Copy, Debug)]
pub struct EspLayer<'a> {
    /// The association: SPI, algorithm and key
    pub association: &'a Association,
    /// IP source
    pub src: IpAddr,
    /// IP destination
    pub dst: IpAddr,
    /// Sequence number
    pub sequence: u32,
    /// Explicit IV
    pub iv: [u8; 8],
    /// Bytes of padding; `None` is the minimum that aligns to 4
    pub pad_length: Option<u8>,
}

/// What an ESP packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Text in the clear, ICV zero
    Clear,
    /// Encrypted, ICV in place
    Sealed,
    /// Text in the clear, the ICV of the sealed packet: what a receiver gives up
    Opened,
}

impl<'a> EspLayer<'a> {
    /// One with the least padding, and with a sequence number and an IV that are drawn.
    pub fn drawn(association: &'a Association, src: IpAddr, dst: IpAddr, rng: &mut Rng) -> Self {
        Self {
            association,
            src,
            dst,
            sequence: rng.word() as u32,
            iv: rng.word().to_le_bytes(),
            pad_length: None,
        }
    }

    /// PadLength behind so many bytes of payload.
    pub fn padding(&self, payload: usize) -> u8 {
        self.pad_length.unwrap_or_else(|| least_padding(payload))
    }

    /// The Ethernet frames, with a 0x8100 tag if asked for: clear, sealed, opened.
    pub fn frames(&self, vlan: Option<u16>, next_header: u8, payload: &[u8]) -> [Vec<u8>; 3] {
        [Form::Clear, Form::Sealed, Form::Opened]
            .map(|form| ethernet(vlan, &self.packet(next_header, payload, form)))
    }

    /// The IP packet. (`Form::Opened` seals for the ICV alone.)
    pub fn packet(&self, next_header: u8, payload: &[u8], form: Form) -> Vec<u8> {
        let pad = self.padding(payload.len());
        let mut esp = Vec::with_capacity(HEAD_BYTES + payload.len() + 300);
        esp.extend_from_slice(&self.association.spi.to_be_bytes());
        esp.extend_from_slice(&self.sequence.to_be_bytes());
        esp.extend_from_slice(&self.iv);
        esp.extend_from_slice(payload);
        esp.extend(1..=pad);
        esp.extend_from_slice(&[pad, next_header]);
        let icv_bytes = icv_bytes(self.association);
        esp.resize(esp.len() + icv_bytes, 0);
        match form {
            Form::Clear => {}
            Form::Sealed => seal_for(self.association, &mut esp),
            Form::Opened => {
                let mut sealed = esp.clone();
                seal_for(self.association, &mut sealed);
                let icv = esp.len() - icv_bytes;
                esp[icv..].copy_from_slice(&sealed[icv..]);
            }
        }
        ip_packet(self.src, self.dst, 50, &esp)
    }
}

/// PadLength that aligns to 4 behind so many bytes of payload.
pub fn least_padding(payload: usize) -> u8 {
    (0..4)
        .find(|pad| (payload + usize::from(*pad) + 2).is_multiple_of(4))
        .unwrap_or(0)
}

/// Bytes of this association's integrity check value.
pub fn icv_bytes(association: &Association) -> usize {
    match association.icv_length {
        0 => ICV_BYTES,
        bytes => bytes as usize,
    }
}

/// The upper half of the sequence number, if the association has extended ones.
pub fn upper(association: &Association) -> Option<u32> {
    association.esn.then_some(association.sequence_high)
}

/// As [`seal_esn`], without extended sequence numbers.
pub fn seal(key_and_salt: &[u8], esp: &mut [u8]) {
    seal_esn(key_and_salt, None, esp);
}

/// Seals an ESP packet (from the ESP header to the end of the ICV) with AES-GCM in place. With extended
/// sequence numbers their upper half stands between SPI and sequence number in what is authenticated
/// (RFC 4106, section 5), and nowhere in the packet.
pub fn seal_esn(key_and_salt: &[u8], sequence_high: Option<u32>, esp: &mut [u8]) {
    seal_as(key_and_salt, sequence_high, true, ICV_BYTES, esp);
}

/// Seals an ESP packet of this association in place: AES-GCM, or AES-GMAC.
pub fn seal_for(association: &Association, esp: &mut [u8]) {
    seal_as(
        &association.key,
        upper(association),
        association.encryption != Encryption::None,
        icv_bytes(association),
        esp,
    );
}

/// An ESP packet too short to hold its parts, or a key of no AES, is left as it is.
fn seal_as(
    key_and_salt: &[u8],
    sequence_high: Option<u32>,
    gcm: bool,
    icv_bytes: usize,
    esp: &mut [u8],
) {
    let Some(text_end) = esp
        .len()
        .checked_sub(icv_bytes)
        .filter(|e| *e >= HEAD_BYTES)
    else {
        return;
    };
    let (head, rest) = esp.split_at_mut(HEAD_BYTES);
    let (text, icv) = rest.split_at_mut(text_end - HEAD_BYTES);
    let mut aad = head[..8].to_vec();
    if let Some(high) = sequence_high {
        aad.splice(4..4, high.to_be_bytes());
    }
    let mut iv = [0; 8];
    iv.copy_from_slice(&head[8..]);
    let tag = if gcm {
        encrypt(key_and_salt, iv, &aad, text)
    } else {
        // RFC 4543, section 3: the IV is authenticated too.
        aad.extend_from_slice(&iv);
        aad.extend_from_slice(text);
        encrypt(key_and_salt, iv, &aad, &mut [])
    };
    if let Some(tag) = tag {
        icv.copy_from_slice(&tag[..icv.len()]);
    }
}

/// AES-GCM in place; the tag. `None` if the key is of no AES.
pub fn encrypt(key_and_salt: &[u8], iv: [u8; 8], aad: &[u8], text: &mut [u8]) -> Option<[u8; 16]> {
    fn run<C: KeyInit + AeadInOut<NonceSize = U12>>(
        key: &[u8],
        nonce: &Nonce<U12>,
        aad: &[u8],
        text: &mut [u8],
    ) -> Option<[u8; 16]> {
        let tag = C::new_from_slice(key)
            .ok()?
            .encrypt_inout_detached(nonce, aad, text.into())
            .ok()?;
        tag.as_slice().try_into().ok()
    }
    let (key, salt) = key_and_salt.split_at_checked(key_and_salt.len().checked_sub(4)?)?;
    let mut nonce = Nonce::default();
    nonce[..4].copy_from_slice(salt);
    nonce[4..].copy_from_slice(&iv);
    match key.len() {
        16 => run::<Aes128Gcm>(key, &nonce, aad, text),
        24 => run::<Aes192Gcm>(key, &nonce, aad, text),
        _ => run::<Aes256Gcm>(key, &nonce, aad, text),
    }
}

/// Opens an ESP packet (from the ESP header to the end of the ICV): the same with its text in the clear.
/// `None` if the ICV is wrong.
pub fn open(key_and_salt: &[u8], esp: &[u8]) -> Option<Vec<u8>> {
    open_esn(key_and_salt, None, esp)
}

/// As [`open`], with the upper half of an extended sequence number.
pub fn open_esn(key_and_salt: &[u8], sequence_high: Option<u32>, esp: &[u8]) -> Option<Vec<u8>> {
    open_as(ICV_BYTES, esp, |esp| {
        seal_esn(key_and_salt, sequence_high, esp);
    })
}

/// Opens an ESP packet of this association.
pub fn open_for(association: &Association, esp: &[u8]) -> Option<Vec<u8>> {
    open_as(icv_bytes(association), esp, |esp| {
        seal_for(association, esp)
    })
}

fn open_as(icv_bytes: usize, esp: &[u8], seal: impl Fn(&mut [u8])) -> Option<Vec<u8>> {
    // GCM is its own inverse but for the tag: seal what seems to be text, and look at the tag that the
    // result would have had.
    let text_end = esp
        .len()
        .checked_sub(icv_bytes)
        .filter(|e| *e >= HEAD_BYTES)?;
    let mut clear = esp.to_vec();
    seal(&mut clear);
    clear[text_end..].copy_from_slice(&esp[text_end..]);
    let mut again = clear.clone();
    seal(&mut again);
    (again == esp).then_some(clear)
}

/// An IP packet without options. Addresses of two families give one of the destination's with source 0.
pub fn ip_packet(src: IpAddr, dst: IpAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::with_capacity(payload.len() + 40);
    match dst {
        IpAddr::V4(dst) => {
            packet.extend_from_slice(&[0x45, 0]);
            packet.extend_from_slice(&((payload.len() + 20) as u16).to_be_bytes());
            packet.extend_from_slice(&[0, 1, 0x40, 0, 64, protocol, 0, 0]);
            match src {
                IpAddr::V4(src) => packet.extend_from_slice(&src.octets()),
                IpAddr::V6(_) => packet.extend_from_slice(&[0; 4]),
            }
            packet.extend_from_slice(&dst.octets());
            let mut sum: u32 = packet
                .chunks_exact(2)
                .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
                .sum();
            sum = (sum & 0xffff) + (sum >> 16);
            sum = (sum & 0xffff) + (sum >> 16);
            packet[10..12].copy_from_slice(&(!(sum as u16)).to_be_bytes());
        }
        IpAddr::V6(dst) => {
            packet.extend_from_slice(&[0x60, 0, 0, 0]);
            packet.extend_from_slice(&(payload.len() as u16).to_be_bytes());
            packet.extend_from_slice(&[protocol, 64]);
            match src {
                IpAddr::V6(src) => packet.extend_from_slice(&src.octets()),
                IpAddr::V4(_) => packet.extend_from_slice(&[0; 16]),
            }
            packet.extend_from_slice(&dst.octets());
        }
    }
    packet.extend_from_slice(payload);
    packet
}

/// The Ethernet frame of an IP packet, with a 0x8100 tag if asked for.
pub fn ethernet(vlan: Option<u16>, packet: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    if let Some(tag) = vlan {
        frame.extend_from_slice(&[0x81, 0x00]);
        frame.extend_from_slice(&tag.to_be_bytes());
    }
    let v6 = packet.first().is_some_and(|byte| byte >> 4 == 6);
    frame.extend_from_slice(if v6 { &[0x86, 0xdd] } else { &[0x08, 0x00] });
    frame.extend_from_slice(packet);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{inside, outermost};

    fn association(spi: u32) -> Association {
        Association::gcm(spi, Vec::from_iter(0..20))
    }

    #[test]
    fn headers_are_found_again() {
        let (inner, outer) = (association(0x1000), association(0x2000));
        let v6: IpAddr = "2001:db8::2".parse().unwrap();
        let v4: IpAddr = "192.0.2.2".parse().unwrap();
        let layer = |association, ip| EspLayer {
            association,
            src: ip,
            dst: ip,
            sequence: 1,
            iv: [3; 8],
            pad_length: None,
        };
        let nested = layer(&inner, v6).packet(17, &[9; 21], Form::Clear);
        let frame = ethernet(Some(5), &layer(&outer, v4).packet(41, &nested, Form::Clear));
        let first = outermost(&frame).unwrap();
        assert_eq!(
            (first.dst, first.spi, first.ip, first.end),
            (v4, 0x2000, 18, frame.len())
        );
        let second = inside(&frame, &first, ICV_BYTES).unwrap();
        assert_eq!((second.dst, second.spi), (v6, 0x1000));
        assert_eq!(second.offset, 18 + 20 + 16 + 40);
        assert_eq!(outermost(&frame[..40]), None);
    }

    /// draft-mcgrew-gcm-test-01, the second packet.
    #[test]
    fn sealed_as_published() {
        let key = hex::decode("feffe9928665731c6d6a8f9467308308cafebabe").unwrap();
        let mut esp = hex::decode("0000a5f80000000afacedbaddecaf888").unwrap();
        esp.extend(hex::decode("4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d001000001000000000000037369700963796265726369747902646b0000010001").unwrap());
        esp.extend([0, 1]);
        esp.extend([0; 16]);
        let wire = hex::decode("0000a5f80000000afacedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a").unwrap();
        esp.truncate(wire.len() - 16);
        esp.resize(wire.len(), 0);
        seal(&key, &mut esp);
        assert_eq!(hex::encode(esp), hex::encode(wire));
    }

    /// All published packets, AES-GMAC and extended sequence numbers among them.
    #[test]
    fn published_packets_open() {
        use crate::kat::{Alg, packaged_esp, shared_esp};
        let mut seen = [0; 2];
        let packets = shared_esp()
            .unwrap()
            .unwrap_or_else(|| packaged_esp().unwrap());
        for packet in packets {
            let packet = packet.unwrap();
            let (Some(esp), Some(payload)) = (&packet.esp, &packet.esp_payload) else {
                continue;
            };
            let key = [packet.key.as_slice(), &packet.salt].concat();
            let mut one = match packet.alg {
                Alg::Gmac => Association::gmac(packet.spi, key),
                _ => Association::gcm(packet.spi, key),
            };
            (one.esn, one.sequence_high) = (packet.esn, packet.esn_hi);
            let opened = open_for(&one, esp).unwrap_or_else(|| panic!("{}", packet.id));
            assert_eq!(opened[HEAD_BYTES..esp.len() - ICV_BYTES], payload[..]);
            seen[usize::from(packet.alg == Alg::Gmac)] += 1;
        }
        // With the folder beside the checkout, or the packaged ones alone.
        assert!([[21, 2], [19, 0]].contains(&seen), "{seen:?}");
    }
}
