// SPDX-License-Identifier: Apache-2.0
//! [`Stack`]: the host's part of transport mode, so that a peer that does ESP and a host that does not can talk
//! through the device. The device works in place: it wants ESP header, IV, padding and room for the ICV, and gives
//! them back. What a host's IPsec stack and a miniport do about that is done here.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::StackCounters;
use crate::esp::{HEAD_BYTES, icv_bytes};
use crate::frame::{ip_offset, outermost};
use crate::handles;
use crate::runner::ReceiveWords;
use crate::sa::{Direction, Operation, Sa, UdpEncapsulation};

/// SAs, their handles, and where their sequence numbers are.
#[derive(Debug)]
pub struct Stack {
    sas: Vec<Sa>,
    handles: Vec<u32>,
    sequences: Vec<u32>,
}

/// The members of an IP header that matter here.
struct Ip {
    at: usize,
    source: IpAddr,
    destination: IpAddr,
    /// Where the payload begins
    payload: usize,
    /// Where the packet ends
    end: usize,
    protocol: u8,
    fragment: bool,
}

impl Stack {
    /// SAs in the order in which they were added, and what the device called them.
    pub fn new(sas: Vec<Sa>, handles: Vec<u32>) -> Self {
        let sequences = vec![0; sas.len()];
        Self {
            sas,
            handles,
            sequences,
        }
    }

    /// What goes into `s_axis_tx` for a frame from the host; `None` drops it.
    pub fn transmit(
        &mut self,
        frame: &[u8],
        counters: &mut StackCounters,
    ) -> Option<(Vec<u8>, [u32; 3])> {
        let named = handles::transmit(&self.sas, frame);
        if named.offload.is_some() {
            counters.prepared += 1;
            let handle = |index: Option<usize>| index.map_or(0, |index| self.handles[index]);
            let tuser = [handle(named.offload), handle(named.tunnel), named.hint];
            return Some((frame.to_vec(), tuser));
        }
        let Some(ip) = ip(frame) else {
            return Some((frame.to_vec(), [0; 3]));
        };
        let Some(index) = self.sa_of(Direction::Outbound, &ip) else {
            return Some((frame.to_vec(), [0; 3]));
        };
        match self.encapsulate(index, frame, &ip) {
            Some(esp) => {
                counters.encapsulated += 1;
                let hint = handles::transmit(&self.sas, &esp).hint;
                Some((esp, [self.handles[index], 0, hint]))
            }
            None => {
                counters.cannot_encapsulate += 1;
                None
            }
        }
    }

    /// What the host gets for a frame out of `m_axis_rx`; `None` if it gets nothing.
    pub fn receive(
        &self,
        frame: &[u8],
        words: [u32; 2],
        counters: &mut StackCounters,
    ) -> Option<Vec<u8>> {
        let words = ReceiveWords::new(words);
        if !words.crypto_done {
            if outermost(frame).is_some() {
                counters.not_processed += 1;
            } else if ip(frame).is_some_and(|ip| self.sa_of(Direction::Inbound, &ip).is_some()) {
                counters.clear_refused += 1;
                return None;
            }
            return Some(frame.to_vec());
        }
        if words.crypto_status != 0 {
            counters.icv_errors += 1;
            return None;
        }
        let clear = self.decapsulate(frame, &words);
        counters.decapsulated += u64::from(clear.is_some());
        // AH, a tunnel, UDP: as the device gives it.
        clear.or_else(|| Some(frame.to_vec()))
    }

    /// The SA of transport mode with plain ESP for packets between these addresses.
    fn sa_of(&self, direction: Direction, ip: &Ip) -> Option<usize> {
        let fits = |sa: &Sa| {
            let plain = sa.udp_encapsulation == UdpEncapsulation::None
                && matches!(sa.associations.as_slice(), [one] if one.operation == Operation::Esp);
            let source = sa.src.is_unspecified() || sa.src == ip.source;
            sa.direction == direction && plain && source && sa.dst == ip.destination
        };
        self.sas.iter().position(fits)
    }

    fn encapsulate(&mut self, index: usize, frame: &[u8], ip: &Ip) -> Option<Vec<u8>> {
        let extension = ip.source.is_ipv6() && matches!(ip.protocol, 0 | 43 | 44 | 60);
        if ip.fragment || extension {
            return None;
        }
        let association = self.sas[index].associations.first()?;
        self.sequences[index] = self.sequences[index].checked_add(1)?;
        let sequence = self.sequences[index];
        let payload = frame.get(ip.payload..ip.end)?;
        let pad = (4 - (payload.len() + 2) % 4) % 4;
        let icv = icv_bytes(association);
        let length = HEAD_BYTES + payload.len() + pad + 2 + icv;
        let mut out = Vec::with_capacity(ip.payload + length);
        out.extend_from_slice(&frame[..ip.payload]);
        out.extend_from_slice(&association.spi.to_be_bytes());
        out.extend_from_slice(&sequence.to_be_bytes());
        // Never the same twice under a key, which is all that GCM asks of it (RFC 4106, section 3.1).
        out.extend_from_slice(&u64::from(sequence).to_be_bytes());
        out.extend_from_slice(payload);
        out.extend((1..=pad).map(|k| k as u8));
        out.extend_from_slice(&[pad as u8, ip.protocol]);
        out.resize(ip.payload + length, 0);
        set_payload(&mut out, ip, 50, length)?;
        Some(out)
    }

    fn decapsulate(&self, frame: &[u8], words: &ReceiveWords) -> Option<Vec<u8>> {
        let ip = ip(frame)?;
        let index = handles::find(&self.sas, Direction::Inbound, &outermost(frame)?)?;
        let [association] = self.sas[index].associations.as_slice() else {
            return None;
        };
        let (next_header, pad) = words.header?;
        // A tunnel's inner packet has link addresses of its own to find.
        if ip.protocol != 50 || (next_header == 4 || next_header == 41) {
            return None;
        }
        let end = ip
            .end
            .checked_sub(icv_bytes(association) + 2 + usize::from(pad))?;
        let payload = frame.get(ip.payload + HEAD_BYTES..end)?;
        let mut out = frame[..ip.payload].to_vec();
        out.extend_from_slice(payload);
        set_payload(&mut out, &ip, next_header, payload.len())?;
        Some(out)
    }
}

fn ip(frame: &[u8]) -> Option<Ip> {
    let at = ip_offset(frame)?;
    let half = |k: usize| {
        Some(usize::from(u16::from_be_bytes([
            *frame.get(k)?,
            *frame.get(k + 1)?,
        ])))
    };
    let ip = if frame[at] >> 4 == 4 {
        let header = usize::from(frame[at] & 15) * 4;
        let address = |k: usize| -> Option<Ipv4Addr> {
            let bytes: [u8; 4] = frame.get(k..k + 4)?.try_into().ok()?;
            Some(bytes.into())
        };
        Ip {
            at,
            source: address(at + 12)?.into(),
            destination: address(at + 16)?.into(),
            payload: at + header,
            end: at + half(at + 2)?,
            protocol: *frame.get(at + 9)?,
            fragment: half(at + 6)? & 0x3fff != 0,
        }
    } else {
        let address = |k: usize| -> Option<Ipv6Addr> {
            let bytes: [u8; 16] = frame.get(k..k + 16)?.try_into().ok()?;
            Some(bytes.into())
        };
        Ip {
            at,
            source: address(at + 8)?.into(),
            destination: address(at + 24)?.into(),
            payload: at + 40,
            end: at + 40 + half(at + 4)?,
            protocol: *frame.get(at + 6)?,
            fragment: false,
        }
    };
    (ip.payload >= at + 20 && ip.payload <= ip.end && ip.end <= frame.len()).then_some(ip)
}

/// The header of `ip`, at the front of `frame`, for another payload.
fn set_payload(frame: &mut [u8], ip: &Ip, protocol: u8, length: usize) -> Option<()> {
    let at = ip.at;
    if ip.source.is_ipv6() {
        frame[at + 4..at + 6].copy_from_slice(&u16::try_from(length).ok()?.to_be_bytes());
        frame[at + 6] = protocol;
        return Some(());
    }
    let header = ip.payload - at;
    let total = u16::try_from(header + length).ok()?;
    frame[at + 2..at + 4].copy_from_slice(&total.to_be_bytes());
    frame[at + 9] = protocol;
    frame[at + 10..at + 12].fill(0);
    let sum: u32 = frame[at..at + header]
        .chunks_exact(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    frame[at + 10..at + 12].copy_from_slice(&(!(folded as u16)).to_be_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::esp::{ethernet, ip_packet, open_for, seal_for};
    use crate::sa::Association;

    fn sa(direction: Direction, src: &str, dst: &str) -> Sa {
        let [src, dst] = [src, dst].map(|address| address.parse().unwrap());
        let association = Association::gcm(0x1000, Vec::from_iter(0..20));
        Sa::new(format!("{direction:?}"), direction, src, dst, association)
    }

    fn stack(a: &str, b: &str) -> Stack {
        let sas = vec![sa(Direction::Outbound, a, b), sa(Direction::Inbound, b, a)];
        Stack::new(sas, vec![0x10001, 0x10002])
    }

    /// Out, sealed by another implementation as the device would, to the other side, and the same frame again.
    #[test]
    fn there_and_back() {
        for (a, b) in [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")] {
            let (mut here, there) = (stack(a, b), stack(b, a));
            for length in 0..9 {
                let packet = ip_packet(
                    a.parse().unwrap(),
                    b.parse().unwrap(),
                    17,
                    &vec![9; 40 + length],
                );
                let mut frame = ethernet(None, &packet);
                let mut counters = StackCounters::default();
                let (esp, tuser) = here.transmit(&frame, &mut counters).unwrap();
                assert_eq!((tuser[0], counters.encapsulated), (0x10001, 1));
                assert_ne!(tuser[2], 0);
                let at = outermost(&esp).unwrap().offset;
                let mut wire = esp.clone();
                let association = &here.sas[0].associations[0];
                seal_for(association, &mut wire[at..]);
                assert_eq!(
                    open_for(association, &wire[at..]).unwrap()[..esp.len() - at - 16],
                    esp[at..esp.len() - 16]
                );
                let pad = u32::from(esp[esp.len() - 18]);
                let words = [2, 1 << 16 | pad << 8 | 17];
                let back = there.receive(&esp, words, &mut counters).unwrap();
                // The header's own checksum is the one thing that may be made anew.
                assert_eq!(counters.decapsulated, 1);
                frame.truncate(14 + packet.len());
                assert_eq!(hex::encode(back), hex::encode(frame));
            }
        }
    }

    #[test]
    fn what_no_sa_is_for_passes() {
        let mut stack = stack("10.0.0.1", "10.0.0.2");
        let mut counters = StackCounters::default();
        let packet = ip_packet(
            "10.0.0.1".parse().unwrap(),
            "10.0.0.3".parse().unwrap(),
            17,
            &[1; 20],
        );
        let mut arp = vec![0xff; 42];
        arp[12..14].copy_from_slice(&[8, 6]);
        for frame in [ethernet(None, &packet), arp] {
            assert_eq!(
                stack.transmit(&frame, &mut counters),
                Some((frame.clone(), [0; 3]))
            );
            assert_eq!(stack.receive(&frame, [0; 2], &mut counters), Some(frame));
        }
        assert_eq!(counters, StackCounters::default());
    }

    #[test]
    fn clear_text_and_bad_icvs_do_not_reach_the_host() {
        let mut stack = stack("10.0.0.1", "10.0.0.2");
        let mut counters = StackCounters::default();
        let packet =
            |a: &str, b: &str| ip_packet(a.parse().unwrap(), b.parse().unwrap(), 17, &[1; 20]);
        let clear = ethernet(None, &packet("10.0.0.2", "10.0.0.1"));
        assert_eq!(stack.receive(&clear, [0; 2], &mut counters), None);
        let frame = ethernet(None, &packet("10.0.0.1", "10.0.0.2"));
        let (esp, _) = stack.transmit(&frame, &mut counters).unwrap();
        assert_eq!(stack.receive(&esp, [2 | 1 << 16, 0], &mut counters), None);
        let mut fragment = frame;
        fragment[14 + 6] = 0x20;
        assert_eq!(stack.transmit(&fragment, &mut counters), None);
        let got = [
            counters.clear_refused,
            counters.icv_errors,
            counters.cannot_encapsulate,
        ];
        assert_eq!(got, [1, 1, 1]);
    }
}
