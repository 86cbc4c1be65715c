// SPDX-License-Identifier: Apache-2.0
//! Walks options of IPv4 and of IPv6 extension headers, byte by byte (docs/packet_semantics.md, Options).

use std::ops::Range;

/// Which header the options are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Bytes behind the first 20 of an IPv4 header.
    V4,
    /// Bytes behind the first 2 of a hop-by-hop or destination options header.
    V6,
}

/// An option other than a single byte of padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opt {
    /// Its type.
    pub kind: u8,
    /// All of it, as far as the header goes; bytes from the begin of the area.
    pub whole: Range<usize>,
    /// The same without type and length.
    pub data: Range<usize>,
}

/// The options of an area in their order.
pub fn options(family: Family, area: &[u8]) -> impl Iterator<Item = Opt> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at;
            let kind = *area.get(start)?;
            match (family, kind) {
                (Family::V4, 0) => return None,
                (Family::V4, 1) | (Family::V6, 0) => at += 1,
                _ => {
                    let length = usize::from(*area.get(start + 1).unwrap_or(&0));
                    at = start
                        + match family {
                            Family::V4 => length.max(2),
                            Family::V6 => 2 + length,
                        };
                    let end = at.min(area.len());
                    return Some(Opt {
                        kind,
                        whole: start..end,
                        data: end.min(start + 2)..end,
                    });
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(family: Family, area: &[u8]) -> Vec<(u8, Range<usize>, Range<usize>)> {
        options(family, area)
            .map(|option| (option.kind, option.whole, option.data))
            .collect()
    }

    #[test]
    fn ipv4() {
        let v4 = |area: &[u8]| walk(Family::V4, area);
        assert_eq!(v4(&[]), []);
        // Padding before, an option with data, the end: what is behind is no option.
        assert_eq!(v4(&[1, 1, 7, 4, 9, 9, 0, 7]), [(7, 2..6, 4..6)]);
        // A length below 2 counts as 2.
        assert_eq!(
            v4(&[7, 0, 148, 1, 9, 3, 5, 1]),
            [(7, 0..2, 2..2), (148, 2..4, 4..4), (9, 4..7, 6..7)]
        );
        // The header ends inside the data, behind the length, behind the type.
        assert_eq!(v4(&[7, 200, 1, 1]), [(7, 0..4, 2..4)]);
        assert_eq!(v4(&[1, 1, 7, 9]), [(7, 2..4, 4..4)]);
        assert_eq!(v4(&[1, 1, 1, 7]), [(7, 3..4, 4..4)]);
    }

    #[test]
    fn ipv6() {
        let v6 = |area: &[u8]| walk(Family::V6, area);
        // One byte of padding, N bytes of padding, an option, an empty one.
        assert_eq!(
            v6(&[0, 1, 1, 0, 0x3e, 2, 1, 2, 5, 0, 0, 0]),
            [(1, 1..4, 3..4), (0x3e, 4..8, 6..8), (5, 8..10, 10..10)]
        );
        assert_eq!(v6(&[0x3e, 9, 1, 1, 1, 1]), [(0x3e, 0..6, 2..6)]);
        assert_eq!(v6(&[0, 0, 0, 0, 0, 0x3e]), [(0x3e, 5..6, 6..6)]);
    }
}
