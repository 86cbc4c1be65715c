// SPDX-License-Identifier: Apache-2.0
//! The NDIS types against the tables of the engineering reference: each constant of its section 2, each offset and size
//! of its section 3. The layouts themselves are checked when they are compiled; here it is that no row is missing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use ipsec_model::ndis::oob::{IpsecReceive, WordLayout};
use ipsec_model::ndis::{
    CONSTANTS, GUIDS, LAYOUTS, Layout, NdisOffload, NdisOffloadParameters, OidRequest, STATUSES,
    WORDS, constant, field,
};

const REFERENCE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/reference/ipsecov2.md"
);

/// Rows that the layouts state and the compiler has checked, whether or not the reference is there to compare with.
#[test]
fn no_row_of_a_layout_is_lost() {
    let members: usize = LAYOUTS.iter().map(|l| l.members.len()).sum();
    let padding: usize = LAYOUTS.iter().map(|l| l.padding.len()).sum();
    let within: usize = LAYOUTS.iter().map(|l| l.within.len()).sum();
    let bits: usize = WORDS.iter().map(|w| w.fields.len()).sum();
    println!(
        "{members} members, {padding} paddings, {within} members of unions, {bits} bit fields"
    );
    assert_eq!((members, padding, within, bits), (149, 18, 8, 38));
    for layout in LAYOUTS {
        assert!(layout.is_tiled(), "{}", layout.name);
    }
    for word in WORDS {
        assert!(word.is_tiled(), "{}", word.name);
    }
}

/// Ends the calling test, and says so, where the reference is not at hand.
macro_rules! reference {
    () => {
        match std::fs::read_to_string(REFERENCE) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("SKIPPED: {REFERENCE}: {error}: nothing to compare with");
                return;
            }
        }
    };
}

/// The text of the section with this number, its heading first.
fn section<'a>(text: &'a str, number: &str) -> &'a str {
    let start = text.find(&format!("\n### {number} ")).unwrap() + 1;
    let length = text[start + 1..].find("\n#").unwrap();
    &text[start..start + 1 + length]
}

/// Cells of the rows of a table, without the marks.
fn rows(section: &str) -> Vec<Vec<String>> {
    let table = section.lines().filter(|line| line.starts_with('|'));
    table
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells
                .map(|cell| cell.replace("**", "").trim().to_owned())
                .collect()
        })
        .collect()
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim().trim_end_matches('+');
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// {word before, number} for each hexadecimal number of a text; what is in parentheses is left out.
fn named_offsets(text: &str) -> Vec<(String, usize)> {
    let mut plain = String::new();
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let trim = |word: &str| word.trim_matches(|c| ",;:.{}`".contains(c)).to_owned();
    let words: Vec<String> = plain.split_whitespace().map(trim).collect();
    words
        .windows(2)
        .filter(|pair| pair[1].starts_with("0x"))
        .map(|pair| (pair[0].clone(), number(&pair[1]).unwrap() as usize))
        .collect()
}

/// Checks one row against the layout.
fn check(layout: &Layout, name: &str, offset: usize, size: Option<usize>) {
    if name.starts_with('(') {
        let hole = layout.padding.iter().find(|hole| hole.0 == offset);
        let hole = hole.unwrap_or_else(|| panic!("{}: no padding at {offset:#x}", layout.name));
        assert_eq!(
            Some(hole.1),
            size,
            "{}: padding at {offset:#x}",
            layout.name
        );
        return;
    }
    let all = layout.members.iter().chain(layout.within);
    let member = all.clone().find(|m| m.name == name);
    let member = member.unwrap_or_else(|| panic!("{} has no {name:?}", layout.name));
    assert_eq!(member.offset, offset, "{}.{name}", layout.name);
    if let Some(size) = size {
        assert_eq!(member.size, size, "{}.{name}", layout.name);
    }
}

#[test]
fn structures_are_those_of_the_reference() {
    let text = reference!();
    let (mut offsets, mut sizes, mut totals) = (0, 0, 0);
    let layouts = [
        ("3.1", field::object_header::LAYOUT),
        ("3.2", field::algorithm_info::LAYOUT),
        ("3.3", field::security_association::LAYOUT),
        ("3.4", field::add_sa::LAYOUT),
        ("3.5", field::add_sa_ex::LAYOUT),
        ("3.6", field::delete_sa::LAYOUT),
        ("3.7", field::update_sa::LAYOUT),
        ("3.8", field::ipsec_offload_v2::LAYOUT),
        ("3.9", field::offload::LAYOUT),
        ("3.10", field::offload_parameters::LAYOUT),
        ("3.11", field::offload_encapsulation::LAYOUT),
        ("3.12", field::adapter_offload_attributes::LAYOUT),
        ("3.13", field::oid_request::LAYOUT),
        ("3.14", field::status_indication::LAYOUT),
    ];
    for (at, layout) in &layouts {
        let part = section(&text, at);
        let heading = part.lines().next().unwrap();
        assert_eq!(quoted(heading).next(), Some(layout.name));
        // The first number of the heading behind the name is `sizeof` (3.13 gives none).
        let behind = heading.rsplit('`').next().unwrap();
        let size = behind
            .split(|c: char| !c.is_ascii_digit())
            .find(|s| !s.is_empty());
        if *at != "3.13" {
            assert_eq!(size, Some(&*layout.size.to_string()), "{heading}");
            totals += 1;
        }
        let has_size = part.contains("| off | size |");
        for row in rows(part).iter().filter(|row| row[0].contains("0x")) {
            // "0x04..0x08 | 1 each | five names", "0x0B, 0x0C | 1 each | two names"
            let first: Vec<usize> = row[0]
                .split([',', '.'])
                .filter_map(|cell| number(cell).map(|n| n as usize))
                .collect();
            let size = has_size.then(|| number(row[1].trim_end_matches(" each")).unwrap() as usize);
            let column = match *at {
                "3.4" | "3.5" => 4,
                "3.12" => 1,
                "3.9" | "3.10" => 2,
                _ => 3,
            };
            let mut cell = row[column].clone();
            if let Some(cut) = cell.find(" (").filter(|_| !cell.starts_with('(')) {
                cell.truncate(cut);
            }
            let names: Vec<&str> = match *at {
                "3.10" => cell.split(" - ").next().unwrap().split(", ").collect(),
                _ => vec![cell.split(" -> ").next().unwrap()],
            };
            for (k, name) in names.iter().enumerate() {
                let name = match *name {
                    ".IPv6" => "UdpSegmentation.IPv6",
                    name => name,
                };
                let size = match *at {
                    "3.12" if name != "Header" => Some(8),
                    _ => size,
                };
                check(layout, name, first[0] + k * size.unwrap_or_default(), size);
                offsets += 1;
                sizes += usize::from(size.is_some());
            }
        }
        match *at {
            "3.5" => {
                for (name, offset, size) in [
                    (".IPv4Endpoints.SrcAddr", 0x0C, 4),
                    (".IPv4Endpoints.DestAddr", 0x10, 4),
                    (".IPv6Endpoints.SrcAddr", 0x0C, 16),
                    (".IPv6Endpoints.DestAddr", 0x1C, 16),
                ] {
                    assert!(part.contains("v4: Src 0x0C, Dest 0x10; v6: Src 0x0C, Dest 0x1C"));
                    check(layout, name, offset, Some(size));
                    offsets += 1;
                }
            }
            "3.11" => {
                let numbers: Vec<usize> = part
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .filter_map(|word| word.starts_with("0x").then(|| number(word))?)
                    .map(|n| n as usize)
                    .collect();
                let ours: Vec<usize> = layout.members.iter().map(|m| m.offset).collect();
                assert_eq!(numbers, ours);
                assert!(layout.members.iter().all(|m| m.size == 4));
                offsets += numbers.len();
            }
            "3.13" | "3.14" => {
                let body = part.split_once('\n').unwrap().1;
                for (name, offset) in named_offsets(body) {
                    if name == "=" {
                        continue; // a status code
                    }
                    check(layout, &name, offset, None);
                    offsets += 1;
                    // "NdisReserved 0x48 (128 bytes)", "Guid 0x3C (16)"
                    let behind = body.split_once(&format!("0x{offset:02X} (")).map(|b| b.1);
                    let size = behind
                        .and_then(|b| b.split([')', ' ']).next())
                        .and_then(number);
                    if let Some(size) = size {
                        check(layout, &name, offset, Some(size as usize));
                        sizes += 1;
                    }
                }
            }
            _ => {}
        }
    }
    println!("{offsets} offsets, {sizes} sizes of members and {totals} of structures compared");
    assert_eq!((offsets, sizes, totals), (150, 113, 13));
}

#[test]
fn words_are_those_of_the_reference() {
    let text = reference!();
    let check = |word: &WordLayout, name: &str, bit: u32, width: u32| {
        let found = word.fields.iter().find(|f| f.bit == bit);
        let found = found.unwrap_or_else(|| panic!("{}: nothing at bit {bit}", word.name));
        assert_eq!((found.name, found.width), (name, width), "{}", word.name);
    };
    let range = |cell: &str| {
        let (low, high) = cell.split_once("..").unwrap_or((cell, cell));
        let (low, high) = (number(low).unwrap() as u32, number(high).unwrap() as u32);
        (low, high + 1 - low)
    };
    let mut fields = 0;
    for row in rows(section(&text, "3.15")) {
        let (bit, width) = range(&row[0]);
        let name = match &*row[1] {
            "Reserved" | "(upper half of the slot, no member)" => "",
            name => name,
        };
        check(&IpsecReceive::LAYOUT, name, bit, width);
        fields += 1;
    }
    let word = |name: &str| *WORDS.iter().find(|w| w.name == name).unwrap();
    let transmit = word("NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO.Transmit");
    let receive = word("NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO.Receive");
    for row in rows(section(&text, "3.17")) {
        let (bit, width) = range(&row[0]);
        let name = |cell: &str| cell.split(' ').next().unwrap().to_owned();
        check(&transmit, &name(&row[1]), bit, width);
        match &*row[2] {
            "-" => {}
            cell if cell.starts_with("bit 16 = HeaderInfoSet") => {
                check(&receive, "HeaderInfoSet", 16, 1);
            }
            cell => check(&receive, &name(cell), bit, width),
        }
        fields += 2;
    }
    // 3.18 is prose.
    let prose = section(&text, "3.18").replace('\n', " ");
    let checksum = word("NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO.Transmit");
    for (words, name, bit, width) in [
        ("bit 0 IsIPv4", "IsIPv4", 0, 1),
        ("1 IsIPv6", "IsIPv6", 1, 1),
        ("2 TcpChecksum", "TcpChecksum", 2, 1),
        ("3 UdpChecksum", "UdpChecksum", 3, 1),
        ("4 IpHeaderChecksum", "IpHeaderChecksum", 4, 1),
        ("5..15 reserved", "", 5, 11),
        ("16..25 TcpHeaderOffset", "TcpHeaderOffset", 16, 10),
    ] {
        assert!(prose.contains(words), "{words}");
        check(&checksum, name, bit, width);
        fields += 1;
    }
    let checksum = word("NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO.Receive");
    for (words, names, bit) in [
        (
            "bits 0/1/2 Tcp/Udp/Ip failed",
            ["TcpChecksumFailed", "UdpChecksumFailed", "IpChecksumFailed"].as_slice(),
            0,
        ),
        (
            "3/4/5 Tcp/Udp/Ip succeeded",
            &[
                "TcpChecksumSucceeded",
                "UdpChecksumSucceeded",
                "IpChecksumSucceeded",
            ],
            3,
        ),
        ("6 loopback", &["Loopback"], 6),
        (
            "7/8 (NDIS 6.30) Tcp/Ip checksum value invalid",
            &["TcpChecksumValueInvalid", "IpChecksumValueInvalid"],
            7,
        ),
    ] {
        assert!(prose.contains(words), "{words}");
        for (bit, name) in (bit..).zip(names) {
            check(&checksum, name, bit, 1);
            fields += 1;
        }
    }
    let large_send = word("NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO.LsoV2Transmit");
    for (words, name, bit, width) in [
        ("bits 0..19 MSS", "MSS", 0, 20),
        ("20..29 TcpHeaderOffset", "TcpHeaderOffset", 20, 10),
        ("30 Type (1 = V2)", "Type", 30, 1),
        ("31 IPVersion (0 v4, 1 v6)", "IPVersion", 31, 1),
    ] {
        assert!(prose.contains(words), "{words}");
        check(&large_send, name, bit, width);
        fields += 1;
    }
    println!("{fields} bit fields compared");
    assert_eq!(fields, 34);
}

#[test]
fn constants_are_those_of_the_reference() {
    let text = reference!();
    let mut compared = 0;
    let mut compare = |name: &str, value: &str| {
        let value = number(value).unwrap_or_else(|| panic!("{name}: {value:?} is no number"));
        assert_eq!(constant(name).map(u64::from), Some(value), "{name}");
        compared += 1;
    };
    for at in [
        "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.9", "2.10",
    ] {
        for row in rows(section(&text, at)) {
            let values: Vec<&str> = row[1].split('/').collect();
            for (k, name) in quoted(&row[0]).enumerate() {
                let name = match name.strip_prefix("_SET") {
                    Some(end) => format!("NDIS_OFFLOAD_SET{end}"),
                    None => name.to_owned(),
                };
                compare(&name, values[k.min(values.len() - 1)]);
            }
        }
    }
    // Indications are prose.
    let prose = section(&text, "2.9")
        .split_once("Status *indications*")
        .unwrap()
        .1;
    let prose = prose.split_once("Trap:").unwrap().0;
    for part in prose.split("NDIS_STATUS_").skip(1) {
        let name = format!("NDIS_STATUS_{}", part.split('`').next().unwrap());
        let value = part.split_once("0x").unwrap().1;
        let value = value
            .split(|c: char| !c.is_ascii_hexdigit())
            .next()
            .unwrap();
        compare(&name, &format!("0x{value}"));
    }
    for (name, value) in [
        ("NdisRequestQueryInformation", "0"),
        ("NdisRequestSetInformation", "1"),
        ("NdisRequestQueryStatistics", "2"),
        ("NdisRequestMethod", "12"),
        ("NDIS_LARGE_SEND_OFFLOAD_MAX_HEADER_LENGTH", "128"),
        ("NDIS_OBJECT_TYPE_OID_REQUEST", "0x96"),
        ("NDIS_OBJECT_TYPE_STATUS_INDICATION", "0x98"),
        (
            "NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES",
            "0xA0",
        ),
    ] {
        compare(name, value);
    }
    for row in rows(section(&text, "2.11")) {
        let name = quoted(&row[0]).next().unwrap();
        let ours = GUIDS.iter().find(|g| g.0 == name).unwrap();
        assert_eq!(ours.1.to_string(), row[1], "{name}");
        compared += 1;
    }
    println!("{compared} constants compared");
    assert_eq!(compared, 119);
}

#[test]
fn objects_are_those_of_the_reference() {
    let text = reference!();
    let mut compared = 0;
    for row in rows(section(&text, "2.8")) {
        let name = quoted(&row[0]).next().unwrap();
        if let Some(object_type) = quoted(&row[1]).next() {
            let value = row[1].rsplit(' ').next().and_then(number);
            assert_eq!(constant(object_type).map(u64::from), value, "{name}");
            compared += 1;
        }
        let prefix = match name {
            "NDIS_OFFLOAD" => "NDIS_SIZEOF_NDIS_OFFLOAD".to_owned(),
            _ => format!("NDIS_SIZEOF_{}", name.trim_start_matches("NDIS_")),
        };
        let words: Vec<&str> = row[3]
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .collect();
        let mut by_revision: Vec<(u64, u64)> = Vec::new();
        for pair in words.windows(2) {
            if let Some(revisions) = pair[0].strip_prefix("rev") {
                for revision in revisions.split('/') {
                    by_revision.push((number(revision).unwrap(), number(pair[1]).unwrap()));
                }
            }
        }
        if by_revision.is_empty() {
            by_revision.push((1, words.iter().find_map(|word| number(word)).unwrap()));
        }
        for (revision, size) in by_revision {
            let constant = constant(&format!("{prefix}_REVISION_{revision}"));
            assert_eq!(constant.map(u64::from), Some(size), "{name} {revision}");
            let revision = revision as u8;
            let by_type = match name {
                "NDIS_OFFLOAD" => NdisOffload::size_of_revision(revision),
                "NDIS_OFFLOAD_PARAMETERS" => NdisOffloadParameters::size_of_revision(revision),
                "NDIS_OID_REQUEST" => OidRequest::size_of_revision(revision),
                _ => size as u16,
            };
            assert_eq!(u64::from(by_type), size, "{name} {revision}");
            compared += 1;
        }
    }
    println!("{compared} types and sizes by revision compared");
    assert_eq!(compared, 24);
}

#[test]
fn no_name_is_given_twice() {
    let mut names = HashSet::new();
    for constant in CONSTANTS.iter().copied().flatten().chain(STATUSES) {
        assert!(names.insert(constant.name), "{}", constant.name);
    }
    let values: HashSet<u32> = STATUSES.iter().map(|status| status.value).collect();
    assert_eq!(values.len(), STATUSES.len());
}
