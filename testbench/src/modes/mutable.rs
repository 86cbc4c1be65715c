// SPDX-License-Identifier: Apache-2.0
//! What the ICV of an AH header is made of (RFC 4302, section 3.3.3 and appendix A; RFC 4543).

use super::options;
use crate::esp::{encrypt, upper};
use crate::sa::Association;

/// IPv4 options that no router changes: security, extended security, commercial security, router alert,
/// sender directed multi-destination delivery. End and no-operation are single bytes.
const IMMUTABLE: [u8; 6] = [1, 130, 133, 134, 148, 149];

/// The IP packet at the start of `packet` up to `end` with its mutable bytes and the ICV of the AH header
/// at `ah` as zero.
pub fn zeroed(packet: &[u8], ah: usize) -> Vec<u8> {
    let mut bytes = packet.to_vec();
    if bytes.first().is_some_and(|byte| byte >> 4 == 6) {
        bytes[0] = 0x60;
        bytes[1..4].fill(0);
        bytes[7] = 0;
        let (mut next, mut at) = (bytes[6], 40);
        while at < ah {
            let size = 8 * (usize::from(bytes[at + 1]) + 1);
            if matches!(next, 0 | 60) {
                for option in options::ipv6(&packet[at..at + size]) {
                    if option.kind & 0x20 != 0 {
                        bytes[at + option.data.start..at + option.data.end].fill(0);
                    }
                }
            }
            next = bytes[at];
            at += size;
        }
    } else {
        bytes[1] = 0;
        bytes[6..9].fill(0);
        bytes[10..12].fill(0);
        let size = 4 * usize::from(bytes[0] & 15);
        for option in options::ipv4(&packet[..size]) {
            if !IMMUTABLE.contains(&option.kind) {
                bytes[option.all].fill(0);
            }
        }
    }
    bytes[ah + 20..ah + 36].fill(0);
    bytes
}

/// The ICV of the AH header at `ah` of an IP packet that ends where `packet` does.
pub fn icv(association: &Association, packet: &[u8], ah: usize) -> Option<[u8; 16]> {
    let mut covered = zeroed(packet, ah);
    if let Some(high) = upper(association) {
        covered.extend_from_slice(&high.to_be_bytes());
    }
    let iv = packet.get(ah + 12..ah + 20)?.try_into().ok()?;
    encrypt(&association.key, iv, &covered, &mut [])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kat::{Alg, packaged_esp};
    use crate::modes::spec::{Kind, Spec};
    use crate::rng::Rng;
    use crate::sa::Direction;

    /// The packet that DPDK tests itself with.
    #[test]
    fn as_published() {
        let mut seen = 0;
        for packet in packaged_esp().unwrap() {
            let packet = packet.unwrap();
            let (Alg::AhGmac, Some(prot)) = (packet.alg, &packet.prot) else {
                continue;
            };
            let mut rng = Rng::new(0, 0);
            let sa = Spec::new(Kind::Ah, false).sa(Direction::Inbound, 0, &mut rng);
            let mut association = sa.associations[0].clone();
            association.key = [packet.key.as_slice(), &packet.salt].concat();
            let icv = icv(&association, prot, 20).unwrap();
            assert_eq!(icv, prot[40..56]);
            seen += 1;
        }
        assert_eq!(seen, 1);
    }

    #[test]
    fn what_is_zero() {
        let mut packet = vec![0xff; 20 + 12 + 36];
        packet[0] = 0x48;
        // Record route, then router alert, then padding.
        packet[20..32].copy_from_slice(&[7, 7, 4, 9, 9, 9, 9, 148, 4, 5, 6, 0]);
        let mut wanted = packet.clone();
        for at in [1, 6, 7, 8, 10, 11].into_iter().chain(20..27) {
            wanted[at] = 0;
        }
        wanted[32 + 20..32 + 36].fill(0);
        assert_eq!(zeroed(&packet, 32), wanted);

        let mut packet = vec![0xff; 40 + 8 + 8 + 36];
        (packet[0], packet[6]) = (0x6f, 60);
        packet[40..56].copy_from_slice(&[43, 0, 0x3e, 2, 7, 7, 0x1e, 0, 51, 0, 0, 0, 7, 7, 7, 7]);
        let mut wanted = packet.clone();
        wanted[..4].copy_from_slice(&[0x60, 0, 0, 0]);
        for at in [7, 44, 45] {
            wanted[at] = 0;
        }
        wanted[56 + 20..].fill(0);
        assert_eq!(zeroed(&packet, 56), wanted);
    }
}
