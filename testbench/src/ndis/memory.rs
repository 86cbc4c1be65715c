// SPDX-License-Identifier: Apache-2.0
//! Memory of the host, in which requests lie and to which their pointers point.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// The non-paged buffers of one request. What they hold may be keys: they are wiped when dropped, and never
/// printed.
#[derive(Default)]
pub struct HostMemory {
    buffers: BTreeMap<u64, Zeroizing<Vec<u8>>>,
}

impl HostMemory {
    /// Address of the first buffer: where the pool of a 64-bit kernel may lie.
    const FIRST: u64 = 0xffff_8000_0000_1000;

    /// Puts a buffer behind those that are there, and gives its address.
    pub fn allocate(&mut self, bytes: Vec<u8>) -> u64 {
        let behind = self.buffers.last_key_value();
        let end = behind.map_or(Self::FIRST, |(at, b)| at + b.len() as u64);
        // A gap, so that what runs over the end of a buffer is not in the next.
        let address = (end + 0x20).next_multiple_of(0x10);
        self.buffers.insert(address, Zeroizing::new(bytes));
        address
    }

    /// The bytes from `address` on, at most `length`: fewer where the buffer ends, none where there is none.
    pub fn read(&self, address: u64, length: usize) -> &[u8] {
        let found = self.buffers.range(..=address).next_back();
        let rest = found.and_then(|(at, b)| b.get((address - at) as usize..));
        let rest = rest.unwrap_or_default();
        &rest[..length.min(rest.len())]
    }

    /// Writes bytes; tells whether all of them lie in a buffer, else nothing is written.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        let found = self.buffers.range_mut(..=address).next_back();
        let place = found.and_then(|(at, b)| {
            let start = (address - at) as usize;
            b.get_mut(start..start + bytes.len())
        });
        let there = place.is_some();
        if let Some(place) = place {
            place.copy_from_slice(bytes);
        }
        there
    }

    /// Reads a number of 64 bits.
    pub fn read_u64(&self, address: u64) -> Option<u64> {
        let bytes = self.read(address, 8).try_into().ok()?;
        Some(u64::from_le_bytes(bytes))
    }
}

impl std::fmt::Debug for HostMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let buffers = self.buffers.iter();
        f.debug_map()
            .entries(buffers.map(|(at, b)| (format!("{at:#x}"), b.len())))
            .finish()
    }
}
