// SPDX-License-Identifier: Apache-2.0
//! Byte order of an SPI.

/// Byte order of the `Spi` members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpiOrder {
    /// As on the wire: SPI 4096 is 00 00 10 00.
    #[default]
    Wire,
    /// Little-endian: SPI 4096 is 00 10 00 00.
    Host,
}

impl SpiOrder {
    /// A number to or from the little-endian word at its place.
    pub(super) fn swap(self, spi: u32) -> u32 {
        match self {
            Self::Wire => spi.swap_bytes(),
            Self::Host => spi,
        }
    }
}
