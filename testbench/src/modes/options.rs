// SPDX-License-Identifier: Apache-2.0
//! Options of IPv4 headers, and of hop-by-hop and destination options headers.

use std::ops::Range;

/// One option: its type, where it is, and where its data are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderOption {
    /// Type
    pub kind: u8,
    /// All of it, as far as the header goes
    pub all: Range<usize>,
    /// Its data, as far as the header goes
    pub data: Range<usize>,
}

/// The options of an IPv4 header (all of it), from the first one to the end of the walk.
pub fn ipv4(header: &[u8]) -> Vec<HeaderOption> {
    let mut found = Vec::new();
    let mut at = 20;
    while let Some(kind) = header.get(at).copied() {
        if kind == 0 {
            break;
        }
        // An option whose length byte lies behind the header takes the rest.
        let length = match (kind, header.get(at + 1)) {
            (1, _) => 1,
            (_, Some(length)) => usize::from(*length).max(2),
            (_, None) => 2,
        };
        let end = (at + length).min(header.len());
        found.push(HeaderOption {
            kind,
            all: at..end,
            data: (at + 2).min(end)..end,
        });
        at += length;
    }
    found
}

/// The options of a hop-by-hop or destination options header (all of it).
pub fn ipv6(header: &[u8]) -> Vec<HeaderOption> {
    let mut found = Vec::new();
    let mut at = 2;
    while let Some(kind) = header.get(at).copied() {
        let length = match (kind, header.get(at + 1)) {
            (0, _) => 1,
            (_, Some(length)) => 2 + usize::from(*length),
            (_, None) => 2,
        };
        let end = (at + length).min(header.len());
        found.push(HeaderOption {
            kind,
            all: at..end,
            data: (at + 2).min(end)..end,
        });
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(options: &[HeaderOption]) -> Vec<(u8, Range<usize>)> {
        options.iter().map(|o| (o.kind, o.data.clone())).collect()
    }

    #[test]
    fn ipv4_options_end() {
        let mut header = vec![0; 20];
        header.extend([1, 7, 3, 4, 148, 4, 0, 0, 0, 9, 9, 9]);
        assert_eq!(
            kinds(&ipv4(&header)),
            [(1, 21..21), (7, 23..24), (148, 26..28)]
        );
        // Lengths that lie: below 2, beyond the header, not there.
        header.splice(20.., [7, 0, 7, 1, 7, 200, 0, 0]);
        assert_eq!(
            kinds(&ipv4(&header)),
            [(7, 22..22), (7, 24..24), (7, 26..28)]
        );
        header.splice(20.., [1, 1, 1, 131]);
        assert_eq!(ipv4(&header).last().map(|o| o.all.clone()), Some(23..24));
    }

    #[test]
    fn ipv6_options() {
        assert_eq!(
            kinds(&ipv6(&[50, 0, 0, 0x3e, 2, 7, 7, 1])),
            [(0, 3..3), (0x3e, 5..7), (1, 8..8)]
        );
        assert_eq!(kinds(&ipv6(&[50, 0, 1, 9, 0, 0, 0, 0])), [(1, 4..8)]);
    }
}
