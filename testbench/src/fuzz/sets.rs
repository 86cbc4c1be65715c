// SPDX-License-Identifier: Apache-2.0
//! The associations that a case runs with: four sets of eight pairs, which fill the smallest device. Bundle 2 * k of a
//! set is outbound, bundle 2 * k + 1 its inbound twin, with the same addresses, SPIs and keys.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use crate::sa::{Association, Direction, Sa};
use crate::sa::{UdpEncapsulation, UdpEncapsulation as Udp};

/// Number of sets.
pub const SETS: usize = 4;
/// Pairs of a set.
pub const PAIRS: usize = 8;

/// An association in short.
#[derive(Clone, Copy)]
enum Kind {
    /// ESP, AES-GCM: key bytes, ICV bytes
    Gcm(usize, u32),
    /// ESP, AES-GMAC: key bytes
    Gmac(usize),
    /// AH, AES-GMAC: key bytes
    Ah(usize),
}

/// A pair in short.
struct Pair {
    v6: bool,
    /// Destination 0
    wildcard: bool,
    esn: bool,
    udp: UdpEncapsulation,
    /// Its SPI is that of the first pair
    twin: bool,
    kinds: &'static [Kind],
}

const fn pair(v6: bool, kinds: &'static [Kind]) -> Pair {
    Pair {
        v6,
        wildcard: false,
        esn: false,
        udp: Udp::None,
        twin: false,
        kinds,
    }
}

const fn esn(pair: Pair) -> Pair {
    Pair { esn: true, ..pair }
}

const fn wildcard(pair: Pair, twin: bool) -> Pair {
    Pair {
        wildcard: true,
        twin,
        ..pair
    }
}

const fn udp(udp: UdpEncapsulation, pair: Pair) -> Pair {
    Pair { udp, ..pair }
}

use Kind::{Ah, Gcm, Gmac};

const ALL: [[Pair; PAIRS]; SETS] = [
    // AES-GCM as it is used most.
    [
        pair(false, &[Gcm(16, 16)]),
        pair(true, &[Gcm(32, 16)]),
        esn(pair(false, &[Gcm(24, 16)])),
        wildcard(pair(false, &[Gcm(16, 16)]), true),
        esn(pair(true, &[Gcm(16, 16)])),
        wildcard(pair(true, &[Gcm(24, 16)]), false),
        pair(false, &[Gcm(16, 8)]),
        pair(true, &[Gcm(32, 12)]),
    ],
    // Integrity alone.
    [
        pair(false, &[Ah(16)]),
        esn(pair(true, &[Ah(32)])),
        pair(false, &[Gmac(16)]),
        esn(pair(true, &[Gmac(24)])),
        wildcard(pair(false, &[Ah(24)]), true),
        esn(pair(false, &[Ah(16)])),
        esn(pair(false, &[Gcm(32, 8)])),
        pair(true, &[Gcm(16, 12)]),
    ],
    // AH in front of ESP, and UDP of every subtype.
    [
        pair(false, &[Gcm(16, 16), Ah(16)]),
        esn(pair(true, &[Gmac(32), Ah(32)])),
        udp(Udp::Transport, pair(false, &[Gcm(16, 16)])),
        udp(Udp::Tunnel, esn(pair(true, &[Gcm(32, 8)]))),
        udp(Udp::TransportOverUdpTunnel, pair(false, &[Gcm(24, 16)])),
        udp(Udp::UdpTransportOverTunnel, pair(true, &[Gmac(16)])),
        udp(Udp::UdpTransportOverTunnel, pair(false, &[Gcm(16, 12)])),
        pair(true, &[Gcm(16, 16)]),
    ],
    // Bundles of two in and around others, so that four portions are made of two levels.
    [
        esn(pair(false, &[Gcm(32, 16), Ah(24)])),
        pair(true, &[Gcm(16, 8), Ah(16)]),
        wildcard(pair(true, &[Gmac(16), Ah(16)]), false),
        wildcard(pair(false, &[Gcm(24, 12), Ah(32)]), true),
        pair(false, &[Ah(32)]),
        pair(true, &[Ah(16)]),
        udp(Udp::Tunnel, wildcard(pair(false, &[Gcm(16, 16)]), false)),
        pair(true, &[Gmac(32)]),
    ],
];

/// Source of IPv4 packets.
pub const SRC4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
/// Destination of IPv4 packets.
pub const DST4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
/// Source of IPv6 packets.
pub const SRC6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
/// Destination of IPv6 packets.
pub const DST6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);

/// The bundles of a set.
#[must_use]
pub fn set(number: usize) -> &'static [Sa] {
    static MADE: OnceLock<Vec<Vec<Sa>>> = OnceLock::new();
    let all = MADE.get_or_init(|| ALL.iter().map(|pairs| made(pairs)).collect());
    &all[number % SETS]
}

/// Whether a device takes a bundle: one with a single stage has neither AH with ESP nor the nested subtypes of UDP.
const fn is_taken(sa: &Sa, stages: u32) -> bool {
    let nested = matches!(
        sa.udp_encapsulation,
        Udp::TransportOverUdpTunnel | Udp::UdpTransportOverTunnel
    );
    stages > 1 || (sa.associations.len() < 2 && !nested)
}

/// The bundles of a set that a device takes, in the order in which they are added.
pub fn bundles(number: usize, stages: u32) -> impl Iterator<Item = &'static Sa> {
    set(number).iter().filter(move |sa| is_taken(sa, stages))
}

/// The handle of each bundle of a set on a device, 0 for those that it does not take.
#[must_use]
pub fn handles(number: usize, stages: u32) -> Vec<u32> {
    let mut last = 0;
    let next = |sa| {
        let taken = is_taken(sa, stages);
        last += u32::from(taken);
        if taken { last } else { 0 }
    };
    set(number).iter().map(next).collect()
}

/// Whether an inbound association of another bundle can take frames of this one.
#[must_use]
pub fn is_shadowed(set: &[Sa], bundle: usize) -> bool {
    let first = |sa: &Sa| sa.associations.last().map(|a| (a.operation, a.spi));
    let Some(sa) = set.get(bundle) else {
        return true;
    };
    set.iter()
        .enumerate()
        .any(|(k, other)| k / 2 != bundle / 2 && first(other) == first(sa))
}

fn made(pairs: &[Pair]) -> Vec<Sa> {
    let both = |(k, pair): (usize, &Pair)| {
        let (src, dst): (IpAddr, IpAddr) = match (pair.v6, pair.wildcard) {
            (false, false) => (SRC4.into(), DST4.into()),
            (false, true) => (SRC4.into(), Ipv4Addr::UNSPECIFIED.into()),
            (true, false) => (SRC6.into(), DST6.into()),
            (true, true) => (SRC6.into(), Ipv6Addr::UNSPECIFIED.into()),
        };
        let number = if pair.twin { 0 } else { k as u32 };
        let one = |(j, kind): (usize, &Kind)| association(*kind, number, k * 2 + j, pair.esn);
        let sa = |direction, name: &str| Sa {
            name: format!("{name}{k}"),
            direction,
            src,
            dst,
            udp_encapsulation: pair.udp,
            associations: pair.kinds.iter().enumerate().map(one).collect(),
        };
        [sa(Direction::Outbound, "o"), sa(Direction::Inbound, "i")]
    };
    pairs.iter().enumerate().flat_map(both).collect()
}

fn association(kind: Kind, number: u32, seed: usize, esn: bool) -> Association {
    let key = |bytes: usize| -> Vec<u8> {
        (0..bytes as u8 + 4)
            .map(|byte| byte.wrapping_mul(17) ^ (seed as u8 + 1).wrapping_mul(29))
            .collect()
    };
    let spi = 0x1000 + 0x10 * number;
    let plain = match kind {
        Gcm(bytes, icv_length) => Association {
            icv_length,
            ..Association::gcm(spi, key(bytes))
        },
        Gmac(bytes) => Association::gmac(spi, key(bytes)),
        Ah(bytes) => Association::ah(spi + 1, key(bytes)),
    };
    Association {
        esn,
        sequence_high: u32::from(esn) * (seed as u32 + 1),
        ..plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_sound() {
        for number in 0..SETS {
            let set = set(number);
            assert_eq!(set.len(), 2 * PAIRS);
            for sa in set {
                assert_eq!(sa.check(), Ok(()));
            }
        }
    }
}
