// SPDX-License-Identifier: Apache-2.0
//! Which SAs a frame names: for a transmitted frame its handles and slot-12 word, for a received one
//! the bundles that the device's verdict is about.

use crate::frame::{Portion, inside, outermost};
use crate::sa::{Direction, Sa};

/// The SAs of a transmitted frame, by their place in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handles {
    /// Offload handle: the only portion, or the one inside the tunnel
    pub offload: Option<usize>,
    /// Tunnel handle: the portion around it
    pub tunnel: Option<usize>,
    /// Slot-12 word: header offsets of the offload handle's portion
    pub hint: u32,
}

/// The SA of this direction that names a portion: the exact destination first, then a wildcard.
pub fn find(sas: &[Sa], direction: Direction, portion: &Portion) -> Option<usize> {
    let names = |sa: &Sa| {
        sa.direction == direction
            && sa.associations.first().is_some_and(|association| {
                // With two associations AH stands in front of ESP.
                let association = sa.associations.last().unwrap_or(association);
                association.operation == portion.operation && association.spi == portion.spi
            })
    };
    let exact = sas.iter().position(|sa| names(sa) && sa.dst == portion.dst);
    exact.or_else(|| {
        sas.iter().position(|sa| {
            names(sa) && sa.dst.is_unspecified() && sa.is_v6() == portion.dst.is_ipv6()
        })
    })
}

fn icv_bytes(sa: &Sa) -> usize {
    match sa.associations.last().map_or(0, |a| a.icv_length) {
        0 => 16,
        bytes => bytes as usize,
    }
}

/// What goes with a transmitted frame, whose protected text lies in the clear.
pub fn transmit(sas: &[Sa], frame: &[u8]) -> Handles {
    let Some(outer) = outermost(frame) else {
        return Handles::default();
    };
    let Some(sa) = find(sas, Direction::Outbound, &outer) else {
        return Handles::default();
    };
    let inner = inside(frame, &outer, icv_bytes(&sas[sa]))
        .and_then(|inner| Some((find(sas, Direction::Outbound, &inner)?, inner)));
    match inner {
        Some((inner_sa, inner)) => Handles {
            offload: Some(inner_sa),
            tunnel: Some(sa),
            hint: hint(&outer, &inner, &sas[inner_sa]),
        },
        None => Handles {
            offload: Some(sa),
            tunnel: None,
            hint: hint(&outer, &outer, &sas[sa]),
        },
    }
}

/// Offsets from the outermost IP header in units of 4 bytes: AH in bits 23:16, ESP in bits 31:24. A
/// header too far away cannot be hinted at: no hint at all.
fn hint(outer: &Portion, portion: &Portion, sa: &Sa) -> u32 {
    let at = portion.offset - outer.ip;
    let Ok(first) = u8::try_from(at / 4) else {
        return 0;
    };
    let first = u32::from(first);
    match sa.associations.as_slice() {
        [_, _] => {
            // AH of 12 bytes, 8 of IV, the ICV; then ESP.
            let esp = first + (12 + 8 + icv_bytes(sa) as u32) / 4;
            if esp > 0xff {
                0
            } else {
                first << 16 | esp << 24
            }
        }
        _ if portion.operation == crate::sa::Operation::Ah => first << 16,
        _ => first << 24,
    }
}

/// The bundles that a received frame's words are about: outermost, inner.
pub fn receive(
    sas: &[Sa],
    frame: &[u8],
    crypto_done: bool,
    next_crypto_done: bool,
) -> (Option<usize>, Option<usize>) {
    let Some(outer) = outermost(frame).filter(|_| crypto_done) else {
        return (None, None);
    };
    let sa = find(sas, Direction::Inbound, &outer);
    let inner = sa
        .filter(|_| next_crypto_done)
        .and_then(|sa| inside(frame, &outer, icv_bytes(&sas[sa])))
        .and_then(|inner| find(sas, Direction::Inbound, &inner));
    (sa, inner)
}
