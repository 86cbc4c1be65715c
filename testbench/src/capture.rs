// SPDX-License-Identifier: Apache-2.0
//! Real ESP traffic as stimulus: what two hosts sent each other goes through the device in both
//! directions, and each direction must give what the other started from.

use std::collections::HashMap;
use std::path::Path;

use crate::error::Error;
use crate::esp::{self, HEAD_BYTES, ICV_BYTES};
use crate::frame::outermost;
use crate::kat::{self, CaptureKey};
use crate::pcap;
use crate::sa::{Association, Direction, Encryption, Operation, SALT_BYTES, Sa};
use crate::scenario::Expected;

/// A capture taken apart.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// An outbound and an inbound SA for each key
    pub sas: Vec<Sa>,
    /// All frames as a receiver gets them, and what must come of them
    pub rx: Vec<(Vec<u8>, Expected)>,
    /// All frames as the host hands them over (text in the clear, ICV zero), and what must come of them
    pub tx: Vec<(Vec<u8>, Expected)>,
    /// Frames under one of the keys
    pub protected: usize,
    /// Frames not under one of the keys whose IP packet is the content of a protected one: what the
    /// receiving kernel itself made of it
    pub confirmed: usize,
}

/// The SAs of a key that the device can do.
fn sas(key: &CaptureKey) -> Option<[Sa; 2]> {
    let aes = key.key.len().checked_sub(SALT_BYTES);
    if key.alg != "rfc4106(gcm(aes))" || aes.and_then(Encryption::gcm).is_none() {
        return None;
    }
    let sa = |direction, prefix: &str| {
        let association = Association {
            esn: key.esn,
            // No capture here holds 2^32 packets.
            sequence_high: 0,
            ..Association::gcm(key.spi, key.key.clone())
        };
        let name = format!("{prefix}-{:08x}", key.spi);
        Sa::new(name, direction, key.src, key.dst, association)
    };
    Some([sa(Direction::Outbound, "out"), sa(Direction::Inbound, "in")])
}

impl Capture {
    /// Reads a capture and its keys.
    ///
    /// # Errors
    /// A file cannot be read, a protected frame has a wrong ICV, or a key is none that the device can do.
    pub fn read(path: &Path, keys: &Path) -> Result<Self, Error> {
        let wrong = |problem: String| Error::content(path, "capture", problem);
        let frames = pcap::read(path)?;
        let list = kat::capture_keys(keys).map_err(|error| Error::Usage(error.to_string()))?;
        let mut capture = Self::default();
        let mut by_spi = HashMap::new();
        for key in &list {
            let pair = sas(key).ok_or_else(|| {
                wrong(format!(
                    "SPI 0x{:08x}: the device does not do its algorithm",
                    key.spi
                ))
            })?;
            capture.sas.extend(pair);
            by_spi.insert(key.spi, key);
        }
        let mut contents = std::collections::HashSet::new();
        let mut others = Vec::new();
        for (k, frame) in frames.into_iter().enumerate() {
            let found = outermost(&frame).filter(|found| found.operation == Operation::Esp);
            let key =
                found.and_then(|found| by_spi.get(&found.spi).filter(|key| key.dst == found.dst));
            let (Some(found), Some(key)) = (found, key) else {
                others.push(frame.get(14..).unwrap_or_default().to_vec());
                capture
                    .rx
                    .push((frame.clone(), Expected::untouched(frame.clone())));
                capture.tx.push((frame.clone(), Expected::Sent(frame)));
                continue;
            };
            let opened = frame
                .get(found.offset..found.end)
                .and_then(|esp| esp::open_esn(&key.key, key.esn.then_some(0), esp))
                .ok_or_else(|| {
                    wrong(format!("record {}: the ICV is wrong under its key", k + 1))
                })?;
            let icv = opened.len() - ICV_BYTES;
            let (pad, next_header) = (opened[icv - 2], opened[icv - 1]);
            contents.insert(opened[HEAD_BYTES..icv - 2 - usize::from(pad)].to_vec());
            let mut up = frame.clone();
            up[found.offset..found.end].copy_from_slice(&opened);
            let mut down = up.clone();
            down[found.end - ICV_BYTES..found.end].fill(0);
            let received = Expected::opened(up, Some((next_header, pad)));
            capture.rx.push((frame.clone(), received));
            capture.tx.push((down, Expected::Sent(frame)));
            capture.protected += 1;
        }
        capture.confirmed = others
            .iter()
            .filter(|packet| contents.contains(*packet))
            .count();
        Ok(capture)
    }

    /// The capture of the package.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn packaged() -> Result<Self, Error> {
        let folder = kat::packaged_dir();
        Self::read(
            &folder.join(kat::PACKAGED_CAPTURE),
            &folder.join(kat::PACKAGED_CAPTURE_KEYS),
        )
    }

    /// The capture of the package with extended sequence numbers.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn packaged_esn() -> Result<Self, Error> {
        let folder = kat::packaged_dir();
        Self::read(
            &folder.join(kat::PACKAGED_ESN_CAPTURE),
            &folder.join(kat::PACKAGED_ESN_CAPTURE_KEYS),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_received_what_we_open() {
        let capture = Capture::packaged().unwrap();
        assert_eq!(
            (capture.rx.len(), capture.protected, capture.confirmed),
            (200, 119, 75)
        );
    }

    /// A wrong upper half would have given a wrong ICV.
    #[test]
    fn extended_sequence_numbers() {
        let capture = Capture::packaged_esn().unwrap();
        assert_eq!((capture.rx.len(), capture.protected), (100, 97));
        assert!(capture.sas.iter().all(|sa| sa.associations[0].esn));
    }
}
