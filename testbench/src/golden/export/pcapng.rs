// SPDX-License-Identifier: Apache-2.0
//! Capture files of each port, with the keys for Wireshark.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{PcapNgBlock, PcapNgWriter};
use pcap_file::{DataLink, PcapError};

use crate::error::Error;
use crate::golden::{Case, InPort, Op, OutPort, Pack};
use crate::sa::{Association, Encryption, Operation as Protocol};
use crate::scenario::{Command, Operation, Scenario};

/// The files of a volume, in this order.
pub const FILES: [&str; 4] = [
    "s_axis_tx.pcapng",
    "m_axis_tx.pcapng",
    "s_axis_rx.pcapng",
    "m_axis_rx.pcapng",
];

/// Destination, source and SPI, by which Wireshark finds a key.
type Name = (IpAddr, IpAddr, u32);
/// The columns of the key file behind the SPI, and whether sequence numbers are extended; none if a case has several.
type Key = Option<(String, bool)>;

/// `VOLUME/PORT.pcapng` and `VOLUME/esp_sa`: cases whose SAs have the same name and another key are in different
/// volumes, since the key file has room for one.
///
/// # Errors
/// The writer of captures refuses something.
pub fn write(pack: &Pack) -> Result<BTreeMap<String, Vec<u8>>, Error> {
    let mut volumes: Vec<(BTreeMap<Name, Key>, Vec<&Case>)> = Vec::new();
    for case in &pack.cases {
        if !case.has_frames() {
            continue;
        }
        let keys = pack.scenarios.get(&case.name).map(keys).unwrap_or_default();
        let fits = |all: &BTreeMap<Name, Key>| {
            keys.iter()
                .all(|(name, key)| all.get(name).is_none_or(|other| other == key))
        };
        match volumes.iter_mut().find(|(all, _)| fits(all)) {
            Some((all, cases)) => {
                all.extend(keys);
                cases.push(case);
            }
            None => volumes.push((keys, vec![case])),
        }
    }
    let mut files = BTreeMap::new();
    for (number, (keys, cases)) in volumes.iter().enumerate() {
        for (file, bytes) in FILES.iter().zip(captures(cases)?) {
            files.insert(format!("{number:02}/{file}"), bytes);
        }
        files.insert(format!("{number:02}/esp_sa"), key_file(keys).into_bytes());
    }
    Ok(files)
}

/// The associations of a scenario, with the keys of those that Wireshark can decrypt. One that is named twice with
/// different keys in the same case has none; no other case lends it one.
fn keys(scenario: &Scenario) -> BTreeMap<Name, Key> {
    let mut keys: BTreeMap<Name, Key> = BTreeMap::new();
    for timed in &scenario.operations {
        let Operation::Command {
            command: Command::AddSa { sa, .. },
            ..
        } = &timed.op
        else {
            continue;
        };
        let esp = |association: &&Association| association.operation == Protocol::Esp;
        for association in sa.associations.iter().filter(esp) {
            let key = key(association);
            let name = (sa.dst, sa.src, association.spi);
            keys.entry(name)
                .and_modify(|other| {
                    if *other != key {
                        *other = None;
                    }
                })
                .or_insert(key);
        }
    }
    keys
}

fn key(association: &Association) -> Key {
    let known = matches!(association.icv_length, 8 | 12 | 16)
        && association.encryption != Encryption::None
        && association.key.len() == association.encryption.key_bytes() + 4;
    known.then(|| {
        let key = hex::encode(&association.key);
        let icv = association.icv_length;
        (
            format!("\"AES-GCM with {icv} octet ICV [RFC4106]\",\"0x{key}\",\"NULL\",\"\""),
            association.esn,
        )
    })
}

/// Wireshark's table of ESP associations (up to 4.2; later versions take two columns more).
fn key_file(keys: &BTreeMap<Name, Key>) -> String {
    let mut text = String::from(
        "# ESP keys of an ipsec-cosim golden pack, for Wireshark (esp_sa). These are TEST KEYS: never use them elsewhere.\n",
    );
    // The first line that fits is taken: exact ones in front of wildcards, as in the device.
    let (wildcards, exact): (Vec<_>, Vec<_>) =
        keys.iter().partition(|((dst, ..), _)| dst.is_unspecified());
    for ((dst, src, spi), key) in exact.into_iter().chain(wildcards) {
        let Some((key, esn)) = key else {
            continue;
        };
        let address = |address: &IpAddr| {
            if address.is_unspecified() {
                "*".to_owned()
            } else {
                address.to_string()
            }
        };
        let (from, to) = (address(src), address(dst));
        let version = if dst.is_ipv4() { "IPv4" } else { "IPv6" };
        if *esn {
            text.push_str(
                "# with extended sequence numbers: the ICV cannot be checked with these columns\n",
            );
        }
        _ = writeln!(
            text,
            "\"{version}\",\"{from}\",\"{to}\",\"0x{spi:08x}\",{key}"
        );
    }
    text
}

/// A frame with its comment, in the order of the steps.
type Frame<'a> = (u64, &'a [u8], String);

fn captures(cases: &[&Case]) -> Result<[Vec<u8>; 4], Error> {
    let mut ports: [Vec<Frame>; 4] = Default::default();
    let mut time = 0;
    for case in cases {
        for step in &case.steps {
            let (port, frame, comment) = match &step.op {
                Op::Send {
                    port, id, frame, ..
                } => {
                    let port = if *port == InPort::Tx { 0 } else { 2 };
                    (port, frame, format!("case={} frame={id}", case.name))
                }
                Op::Expect {
                    port,
                    of,
                    frame,
                    words,
                    ..
                } => {
                    let [slot1, slot12] = words;
                    let comment = format!("case={} frame={of}", case.name);
                    match port {
                        OutPort::MAxisTx => (1, frame, comment),
                        OutPort::MAxisRx => (
                            3,
                            frame,
                            format!("{comment} slot1=0x{slot1:08x} slot12=0x{slot12:08x}"),
                        ),
                    }
                }
                _ => continue,
            };
            // A microsecond each: the four files merge in this order.
            time += 1000;
            ports[port].push((time, frame, comment));
        }
    }
    let [a, b, c, d] = ports;
    Ok([capture(&a)?, capture(&b)?, capture(&c)?, capture(&d)?])
}

fn capture(frames: &[Frame]) -> Result<Vec<u8>, Error> {
    let refused =
        |error: PcapError| Error::content(Path::new("capture"), "record", error.to_string());
    let mut writer = PcapNgWriter::new(Vec::new()).map_err(refused)?;
    let interface = InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: 0, // no limit
        options: vec![InterfaceDescriptionOption::IfTsResol(9)],
    };
    writer
        .write_block(&interface.into_block())
        .map_err(refused)?;
    for (time, frame, comment) in frames {
        let packet = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_nanos(*time),
            original_len: frame.len() as u32,
            data: Cow::Borrowed(frame),
            options: vec![EnhancedPacketOption::Comment(Cow::Borrowed(comment))],
        };
        writer.write_block(&packet.into_block()).map_err(refused)?;
    }
    Ok(writer.into_inner())
}
