// SPDX-License-Identifier: Apache-2.0
//! [`MmioTarget`]: registers in a memory-mapped file, as the resource file of a PCI BAR or of a UIO device.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use vmap::{MapMut, Span, SpanMut};

use super::{Abilities, Completion, OutFrame, Target, TargetError};
use crate::error::Error;
use crate::golden::{InPort, OutPort};

/// Bytes of the register window that are used.
const WINDOW: usize = (ipsec_model::regs::DIAG_OUTPUT + 2048) as usize;

/// A mapped file. Each access is one volatile access of 32 bits (or of the bytes that a write names).
pub struct MmioTarget {
    path: PathBuf,
    offset: usize,
    map: MapMut,
}

impl MmioTarget {
    /// Maps a file from `offset` on. `/dev/uioN` of a PCI device stands for the resource file of its first BAR.
    ///
    /// # Errors
    /// It is not there, may not be opened, is too short or cannot be mapped.
    pub fn open(path: &Path, offset: usize) -> Result<Self, TargetError> {
        let path = resource_file(path);
        let content =
            |place: &str, problem| TargetError::Open(Error::content(&path, place, problem));
        if !offset.is_multiple_of(4) {
            let problem = format!("expected a multiple of 4, got 0x{offset:x}");
            return Err(content("offset", problem));
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).open(&path);
        let file = file.map_err(|error| TargetError::Open(cannot_open(&path, &error)))?;
        let length = file
            .metadata()
            .map_err(|error| TargetError::Open(Error::read(&path, &error)))?
            .len();
        if length == 0 {
            return Err(content(
                "size",
                "is 0 or unknown: expected the resource file of a PCI BAR, \
                 as /sys/bus/pci/devices/ADDRESS/resource0 or /sys/class/uio/uioN/device/resource0"
                    .to_owned(),
            ));
        }
        let needed = offset.saturating_add(WINDOW) as u64;
        if length < needed {
            let problem = format!(
                "expected at least {needed} bytes (the register window has {WINDOW}, from 0x{offset:x} on), got {length}"
            );
            return Err(content("size", problem));
        }
        let map = MapMut::with_options()
            .offset(offset)
            .len(WINDOW)
            .map(&file)
            .map_err(|error| content("mapping", error.to_string()))?;
        Ok(Self { path, offset, map })
    }

    /// The place of an access of `bytes` bytes.
    fn place(&self, address: u16, bytes: usize) -> Result<usize, TargetError> {
        let place = usize::from(address);
        if place.is_multiple_of(bytes) && place + bytes <= WINDOW {
            return Ok(place);
        }
        Err(TargetError::Cannot(format!(
            "access 0x{address:04x}: the mapped window has {WINDOW} bytes"
        )))
    }
}

/// `/dev/uioN` as the file that can be mapped.
fn resource_file(path: &Path) -> PathBuf {
    let name = path.strip_prefix("/dev").ok().and_then(Path::to_str);
    if let Some(name) = name.filter(|name| name.starts_with("uio")) {
        let file = Path::new("/sys/class/uio")
            .join(name)
            .join("device/resource0");
        if file.exists() {
            return file;
        }
    }
    path.to_owned()
}

fn cannot_open(path: &Path, error: &std::io::Error) -> Error {
    if error.kind() == ErrorKind::PermissionDenied {
        return Error::Usage(format!(
            "no permission to read and write {}: run as root, or give this user access to the file \
             (a kernel in lockdown allows nobody)",
            path.display()
        ));
    }
    Error::read(path, error)
}

impl Target for MmioTarget {
    fn description(&self) -> String {
        format!("mmio:{}@0x{:x}", self.path.display(), self.offset)
    }

    fn abilities(&self) -> Abilities {
        Abilities::default()
    }

    fn read32(&mut self, address: u16) -> Result<u32, TargetError> {
        let place = self.place(address, 4)?;
        Ok(u32::from_le(self.map.read_volatile(place)))
    }

    fn write32(&mut self, address: u16, data: u32, strobe: u8) -> Result<(), TargetError> {
        let lane = strobe.trailing_zeros() as u16;
        match strobe {
            0 => {}
            15 => {
                let place = self.place(address, 4)?;
                self.map.write_volatile(place, data.to_le());
            }
            3 | 12 => {
                let place = self.place(address + lane, 2)?;
                let half = (data >> (8 * lane)) as u16;
                self.map.write_volatile(place, half.to_le());
            }
            1 | 2 | 4 | 8 => {
                let place = self.place(address + lane, 1)?;
                self.map.write_volatile(place, (data >> (8 * lane)) as u8);
            }
            _ => {
                return Err(TargetError::Cannot(format!(
                    "write the bytes 0b{strobe:04b} of 0x{address:04x} in one access"
                )));
            }
        }
        Ok(())
    }

    fn reset(&mut self, _: u32) -> Result<(), TargetError> {
        Err(TargetError::Cannot(
            "pull the reset pin: a mapped file has none".to_owned(),
        ))
    }

    /// A microsecond for each clock: any clock above 1 MHz is quicker.
    fn wait(&mut self, clocks: u32) -> Result<(), TargetError> {
        std::thread::sleep(Duration::from_micros(clocks.into()));
        Ok(())
    }

    fn clock(&mut self) -> Option<u64> {
        None
    }

    fn send(&mut self, _: InPort, _: &[u8], _: [u32; 3]) -> Result<(), TargetError> {
        Err(no_streams())
    }

    fn receive(&mut self, _: OutPort, _: u32) -> Result<Option<OutFrame>, TargetError> {
        Err(no_streams())
    }

    fn completion(&mut self, _: u32) -> Result<Option<Completion>, TargetError> {
        Err(no_streams())
    }
}

fn no_streams() -> TargetError {
    TargetError::Cannot("send or receive frames: a mapped file has no streams".to_owned())
}

impl std::fmt::Debug for MmioTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MmioTarget")
            .field("path", &self.path)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
