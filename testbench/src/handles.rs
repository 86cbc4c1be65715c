// SPDX-License-Identifier: Apache-2.0
//! Which SAs a frame names: for a transmitted frame its handles and slot-12 word, for a received one
//! the bundles that the device's verdict is about.

use crate::esp::icv_bytes;
use crate::frame::{Portion, inside, outermost};
use crate::sa::{Direction, Operation, Sa};

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

/// The SA of this direction that names a portion: the exact destination first, then a wildcard. Of two
/// associations AH stands in front; a frame that has ESP alone names the bundle too (and does not fit it).
pub fn find(sas: &[Sa], direction: Direction, portion: &Portion) -> Option<usize> {
    let names = |sa: &Sa| {
        sa.direction == direction
            && sa
                .associations
                .iter()
                .any(|a| a.operation == portion.operation && a.spi == portion.spi)
    };
    let exact = sas.iter().position(|sa| names(sa) && sa.dst == portion.dst);
    exact.or_else(|| {
        sas.iter().position(|sa| {
            names(sa) && sa.dst.is_unspecified() && sa.is_v6() == portion.dst.is_ipv6()
        })
    })
}

/// Bytes of the ICV of its ESP.
fn esp_icv_bytes(sa: &Sa) -> usize {
    let mut all = sa.associations.iter();
    all.find(|a| a.operation == Operation::Esp)
        .map_or(0, icv_bytes)
}

/// What goes with a transmitted frame, whose protected text lies in the clear.
pub fn transmit(sas: &[Sa], frame: &[u8]) -> Handles {
    let Some(outer) = outermost(frame) else {
        return Handles::default();
    };
    let Some(sa) = find(sas, Direction::Outbound, &outer) else {
        return Handles::default();
    };
    let inner = inside(frame, &outer, esp_icv_bytes(&sas[sa]))
        .and_then(|inner| Some((find(sas, Direction::Outbound, &inner)?, inner)));
    match inner {
        Some((inner_sa, inner)) => Handles {
            offload: Some(inner_sa),
            tunnel: Some(sa),
            hint: hint(&outer, &inner),
        },
        None => Handles {
            offload: Some(sa),
            tunnel: None,
            hint: hint(&outer, &outer),
        },
    }
}

/// Offsets from the outermost IP header in units of 4 bytes: AH in bits 23:16, ESP in bits 31:24. Headers
/// too far away cannot be hinted at: no hint at all.
fn hint(outer: &Portion, portion: &Portion) -> u32 {
    let place = |at: Option<usize>| match at {
        Some(at) => u8::try_from((at - outer.ip) / 4).ok().map(u32::from),
        None => Some(0),
    };
    match (place(portion.esp_at()), place(portion.ah_at())) {
        (Some(esp), Some(ah)) => esp << 24 | ah << 16,
        _ => 0,
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
        .and_then(|sa| inside(frame, &outer, esp_icv_bytes(&sas[sa])))
        .and_then(|inner| find(sas, Direction::Inbound, &inner));
    (sa, inner)
}
