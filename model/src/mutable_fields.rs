// SPDX-License-Identifier: Apache-2.0
//! What AH counts as zero because it may change on the way (docs/packet_semantics.md, Mutable fields).

use crate::header_walk::{DESTINATION, HOP_BY_HOP, IPV4_HEADER, IPV6_HEADER, ROUTING};
use crate::options::{Family, Opt, options};

/// IPv4 options that arrive as they were sent (RFC 4302, appendix A1).
const IMMUTABLE: [u8; 5] = [130, 133, 134, 148, 149];
/// IPv6 options whose type has this bit may change on the way.
const MAY_CHANGE: u8 = 0x20;
/// IV and ICV behind the fixed part of an AH header.
const AH_ICV: std::ops::Range<usize> = 20..36;

/// Makes the mutable bytes of an IP packet zero; its AH header starts at byte `ah`, and its headers were walked.
pub fn clear(packet: &mut [u8], v6: bool, ah: usize) {
    let Some((headers, rest)) = packet.split_at_mut_checked(ah) else {
        return;
    };
    if v6 {
        ipv6(headers);
    } else {
        ipv4(headers);
    }
    if let Some(icv) = rest.get_mut(AH_ICV) {
        icv.fill(0);
    }
}

fn ipv4(header: &mut [u8]) {
    let Some((fixed, area)) = header.split_first_chunk_mut::<IPV4_HEADER>() else {
        return;
    };
    // DSCP and ECN; flags and fragment offset; TTL; checksum.
    for at in [1, 6, 7, 8, 10, 11] {
        fixed[at] = 0;
    }
    let found: Vec<Opt> = options(Family::V4, area).collect();
    for option in found {
        if !IMMUTABLE.contains(&option.kind) {
            area[option.whole].fill(0);
        }
    }
}

fn ipv6(headers: &mut [u8]) {
    let Some((fixed, mut rest)) = headers.split_first_chunk_mut::<IPV6_HEADER>() else {
        return;
    };
    // Traffic class and flow label; hop limit.
    fixed[0] &= 0xF0;
    for at in [1, 2, 3, 7] {
        fixed[at] = 0;
    }
    let mut kind = fixed[6];
    while let Some([next, words]) = rest.first_chunk() {
        let (next, size) = (*next, 8 * (usize::from(*words) + 1));
        let Some((header, behind)) = rest.split_at_mut_checked(size) else {
            return;
        };
        match kind {
            HOP_BY_HOP | DESTINATION => extension_options(&mut header[2..]),
            ROUTING => {}
            _ => return,
        }
        (kind, rest) = (next, behind);
    }
}

fn extension_options(area: &mut [u8]) {
    let found: Vec<Opt> = options(Family::V6, area).collect();
    for option in found {
        if option.kind & MAY_CHANGE != 0 {
            area[option.data].fill(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_fragments_are_zero_although_none_is_processed() {
        let mut packet = [0xFF; 20 + 36 + 1];
        clear(&mut packet, false, 20);
        for (at, byte) in packet.iter().enumerate() {
            let zero = matches!(at, 1 | 6 | 7 | 8 | 10 | 11) || (40..56).contains(&at);
            assert_eq!(*byte, if zero { 0 } else { 0xFF }, "byte {at}");
        }
    }
}
