// SPDX-License-Identifier: Apache-2.0
//! Capture files: pcap and pcapng in, pcapng with nanosecond time stamps out.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{Block, PcapNgBlock, PcapNgParser, PcapNgWriter};
use pcap_file::{DataLink, PcapError};

use crate::error::Error;

/// Shortest and longest frame that the command takes, as the device does.
pub const FRAME_BYTES: std::ops::RangeInclusive<usize> = 14..=9618;

const PCAPNG_MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Reads all frames of a pcap or pcapng file of Ethernet frames.
///
/// # Errors
/// One sentence with file and record: unreadable, no capture file, truncated, another link type, a
/// record cut short by a snap length, a frame outside 14 to 9,618 bytes.
pub fn read(path: &Path) -> Result<Vec<Vec<u8>>, Error> {
    let data = std::fs::read(path).map_err(|e| Error::read(path, &e))?;
    parse(path, &data)
}

/// As [`read`], from bytes that came from `path`.
///
/// # Errors
/// As [`read`].
pub fn parse(path: &Path, data: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    if data.starts_with(&PCAPNG_MAGIC) {
        parse_pcapng(path, data)
    } else {
        parse_pcap(path, data)
    }
}

fn parse_pcap(path: &Path, data: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let (mut rest, parser) = PcapParser::new(data).map_err(|error| match error {
        PcapError::IncompleteBuffer if data.len() >= 4 && known_magic(data) => {
            truncated(path, "file header")
        }
        _ => Error::content(path, "file header", "expected a pcap or pcapng file"),
    })?;
    // The upper bits of the field hold the FCS length of the interface.
    let link = u32::from(parser.header().datalink) & 0xffff;
    check_link(path, "file header", link)?;
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let record = format!("record {}", frames.len() + 1);
        let (after, packet) = parser
            .next_raw_packet(rest)
            .map_err(|_| truncated(path, &record))?;
        frames.push(frame(path, &record, packet.data, packet.orig_len)?);
        rest = after;
    }
    Ok(frames)
}

fn known_magic(data: &[u8]) -> bool {
    [
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0x4d, 0x3c, 0xb2, 0xa1],
    ]
    .iter()
    .any(|magic| data.starts_with(magic))
}

fn parse_pcapng(path: &Path, data: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    let (mut rest, mut parser) = PcapNgParser::new(data).map_err(|error| match error {
        PcapError::IncompleteBuffer => truncated(path, "section header"),
        other => Error::content(path, "section header", other.to_string()),
    })?;
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let record = format!("record {}", frames.len() + 1);
        let (after, block) = parser.next_block(rest).map_err(|error| match error {
            PcapError::IncompleteBuffer => truncated(path, &record),
            other => Error::content(path, &record, other.to_string()),
        })?;
        let interface = |id: u32| {
            parser.interfaces().get(id as usize).ok_or_else(|| {
                Error::content(
                    path,
                    &record,
                    format!("names interface {id}, which the file does not describe"),
                )
            })
        };
        match block {
            Block::EnhancedPacket(packet) => {
                check_link(
                    path,
                    &record,
                    interface(packet.interface_id)?.linktype.into(),
                )?;
                frames.push(frame(path, &record, packet.data, packet.original_len)?);
            }
            Block::SimplePacket(packet) => {
                check_link(path, &record, interface(0)?.linktype.into())?;
                let mut data = packet.data.into_owned();
                data.truncate(packet.original_len as usize); // what is beyond is padding
                frames.push(frame(path, &record, Cow::Owned(data), packet.original_len)?);
            }
            Block::Packet(packet) => {
                check_link(
                    path,
                    &record,
                    interface(packet.interface_id.into())?.linktype.into(),
                )?;
                frames.push(frame(path, &record, packet.data, packet.original_len)?);
            }
            _ => {}
        }
        rest = after;
    }
    Ok(frames)
}

fn truncated(path: &Path, place: &str) -> Error {
    Error::content(path, place, "the file ends in the middle of it")
}

fn check_link(path: &Path, place: &str, link: u32) -> Result<(), Error> {
    if link == u32::from(DataLink::ETHERNET) {
        return Ok(());
    }
    Err(Error::content(
        path,
        place,
        format!("expected link type 1 (Ethernet), got {link}"),
    ))
}

fn frame(path: &Path, record: &str, data: Cow<'_, [u8]>, original: u32) -> Result<Vec<u8>, Error> {
    if data.len() < original as usize {
        return Err(Error::content(
            path,
            record,
            format!(
                "expected the whole frame of {original} bytes, got the {} that a snap length left",
                data.len()
            ),
        ));
    }
    if !FRAME_BYTES.contains(&data.len()) {
        return Err(Error::content(
            path,
            record,
            format!(
                "expected a frame of {} to {} bytes, got {}",
                FRAME_BYTES.start(),
                FRAME_BYTES.end(),
                data.len()
            ),
        ));
    }
    Ok(data.into_owned())
}

/// Writes a pcapng file; each frame comes with its time stamp in ns.
///
/// # Errors
/// The file cannot be written.
pub fn write<'a>(
    path: &Path,
    frames: impl IntoIterator<Item = (u64, &'a [u8])>,
) -> Result<(), Error> {
    let wrap = |error: PcapError| match error {
        PcapError::IoError(io) => Error::write(path, &io),
        other => Error::write(path, &std::io::Error::other(other.to_string())),
    };
    let file = File::create(path).map_err(|e| Error::write(path, &e))?;
    let mut writer = PcapNgWriter::new(BufWriter::new(file)).map_err(wrap)?;
    let interface = InterfaceDescriptionBlock {
        linktype: DataLink::ETHERNET,
        snaplen: 0, // no limit
        options: vec![InterfaceDescriptionOption::IfTsResol(9)],
    };
    writer.write_block(&interface.into_block()).map_err(wrap)?;
    for (clock, data) in frames {
        let packet = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_nanos(clock),
            original_len: data.len() as u32,
            data: Cow::Borrowed(data),
            options: Vec::new(),
        };
        writer.write_block(&packet.into_block()).map_err(wrap)?;
    }
    writer
        .into_inner()
        .flush()
        .map_err(|e| Error::write(path, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pcap(link: u32, records: &[(u32, u32, &[u8])]) -> Vec<u8> {
        let mut data = vec![
            0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0,
        ];
        data.extend(link.to_le_bytes());
        for (cut, original, bytes) in records {
            for word in [1, 2, *cut, *original] {
                data.extend(word.to_le_bytes());
            }
            data.extend(*bytes);
        }
        data
    }

    fn error(data: &[u8]) -> String {
        parse(Path::new("x.pcap"), data).unwrap_err().to_string()
    }

    #[test]
    fn pcap_in() {
        let bytes = [7; 60];
        let frames = parse(
            Path::new("x"),
            &pcap(1, &[(60, 60, &bytes), (14, 14, &bytes[..14])]),
        );
        assert_eq!(frames.unwrap(), [bytes.to_vec(), bytes[..14].to_vec()]);
        let with_fcs_bits = pcap(1 | 0x2400_0000, &[(60, 60, &bytes)]);
        assert_eq!(parse(Path::new("x"), &with_fcs_bits).unwrap().len(), 1);
        assert!(parse(Path::new("x"), &pcap(1, &[])).unwrap().is_empty());
    }

    #[test]
    fn errors_name_file_and_record() {
        let bytes = vec![7; 9619];
        assert_eq!(
            error(&pcap(113, &[])),
            "x.pcap: file header: expected link type 1 (Ethernet), got 113"
        );
        assert_eq!(
            error(&pcap(1, &[(60, 60, &bytes[..60]), (60, 60, &bytes[..59])])),
            "x.pcap: record 2: the file ends in the middle of it"
        );
        assert_eq!(
            error(&pcap(1, &[(60, 61, &bytes[..60])])),
            "x.pcap: record 1: expected the whole frame of 61 bytes, got the 60 that a snap length left"
        );
        for (length, text) in [(9619, "9619"), (13, "13")] {
            assert_eq!(
                error(&pcap(1, &[(length, length, &bytes[..length as usize])])),
                format!("x.pcap: record 1: expected a frame of 14 to 9618 bytes, got {text}")
            );
        }
        assert_eq!(
            error(b""),
            "x.pcap: file header: expected a pcap or pcapng file"
        );
        assert_eq!(
            error(b"{}"),
            "x.pcap: file header: expected a pcap or pcapng file"
        );
        assert!(error(&pcap(1, &[])[..20]).contains("ends in the middle"));
    }

    #[test]
    fn pcapng_out_and_in() {
        let path = std::env::temp_dir().join(format!("pcapng_out_and_in.{}", std::process::id()));
        let frames = [vec![1; 60], vec![2; 61], vec![3; 9618]];
        write(&path, frames.iter().map(|f| (5_000_000_123, f.as_slice()))).unwrap();
        assert_eq!(read(&path).unwrap(), frames);
        let data = std::fs::read(&path).unwrap();
        assert!(error(&data[..data.len() - 1]).contains("record 3: the file ends"));
        std::fs::remove_file(&path).unwrap();
        let refused = write(Path::new("/nowhere/x.pcapng"), [(0, [0; 60].as_slice())]);
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .starts_with("cannot write /nowhere/x.pcapng: ")
        );
    }
}
