// SPDX-License-Identifier: Apache-2.0
//! `IPSEC_OFFLOAD_V2_UPDATE_SA`: the x64 layout of the command that moves an extended sequence number on.

use std::ops::Range;

use crate::ndis::{NDIS_OBJECT_TYPE_DEFAULT, ObjectHeader, SpiOrder, TooShort};

/// `NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1`: through `SequenceNumberHighOrder`
pub const NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1: u16 = 28;

/// `OffloadHandle`
pub const OFFLOAD_HANDLE: Range<usize> = 0x08..0x10;
/// `Operation`
pub const OPERATION: Range<usize> = 0x10..0x14;
/// `Spi`
pub const SPI: Range<usize> = 0x14..0x18;
/// `SequenceNumberHighOrder`
pub const SEQUENCE_NUMBER_HIGH_ORDER: Range<usize> = 0x18..0x1C;

/// `IPSEC_OFFLOAD_V2_UPDATE_SA`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateSa {
    /// `Header`
    pub header: ObjectHeader,
    /// `OffloadHandle`
    pub offload_handle: u64,
    /// `Operation`
    pub operation: u32,
    /// `Spi`, the number that the RFC prints
    pub spi: u32,
    /// `SequenceNumberHighOrder`
    pub sequence_number_high_order: u32,
}

impl UpdateSa {
    /// A legal request.
    #[must_use]
    pub fn new(offload_handle: u64, operation: u32, spi: u32, high_order: u32) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_DEFAULT,
                revision: 1,
                size: NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
            },
            offload_handle,
            operation,
            spi,
            sequence_number_high_order: high_order,
        }
    }

    /// The InformationBuffer.
    #[must_use]
    pub fn to_bytes(&self, order: SpiOrder) -> Vec<u8> {
        let size = self.header.size.to_le_bytes();
        let mut b = vec![
            self.header.object_type,
            self.header.revision,
            size[0],
            size[1],
        ];
        b.extend([0; 4]);
        b.extend(self.offload_handle.to_le_bytes());
        b.extend(self.operation.to_le_bytes());
        b.extend(match order {
            SpiOrder::Wire => self.spi.to_be_bytes(),
            SpiOrder::Host => self.spi.to_le_bytes(),
        });
        b.extend(self.sequence_number_high_order.to_le_bytes());
        b
    }

    /// Takes a buffer apart.
    ///
    /// # Errors
    /// [`TooShort`] below 28 bytes.
    pub fn parse(bytes: &[u8], order: SpiOrder) -> Result<Self, TooShort> {
        let needed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1.into();
        let given = bytes.len();
        if given < needed {
            return Err(TooShort { needed, given });
        }
        let spi: [u8; 4] = get(bytes, SPI);
        Ok(Self {
            header: ObjectHeader {
                object_type: bytes[0],
                revision: bytes[1],
                size: u16::from_le_bytes(get(bytes, 2..4)),
            },
            offload_handle: u64::from_le_bytes(get(bytes, OFFLOAD_HANDLE)),
            operation: u32::from_le_bytes(get(bytes, OPERATION)),
            spi: match order {
                SpiOrder::Wire => u32::from_be_bytes(spi),
                SpiOrder::Host => u32::from_le_bytes(spi),
            },
            sequence_number_high_order: u32::from_le_bytes(get(bytes, SEQUENCE_NUMBER_HIGH_ORDER)),
        })
    }
}

/// The `N` bytes at `at`; the caller has checked that they are there.
fn get<const N: usize>(b: &[u8], at: Range<usize>) -> [u8; N] {
    let mut value = [0; N];
    value.copy_from_slice(&b[at]);
    value
}

/// The declaration of the Windows headers, so that the compiler computes the offsets a second time.
#[allow(dead_code)]
mod declared {
    use std::mem::{offset_of, size_of};

    #[repr(C)]
    struct UpdateSa {
        header: [u8; 4],
        offload_handle: u64,
        operation: u32,
        spi: u32,
        sequence_number_high_order: u32,
    }
    const _: () = {
        assert!(offset_of!(UpdateSa, offload_handle) == super::OFFLOAD_HANDLE.start);
        assert!(offset_of!(UpdateSa, operation) == super::OPERATION.start);
        assert!(offset_of!(UpdateSa, spi) == super::SPI.start);
        assert!(
            offset_of!(UpdateSa, sequence_number_high_order)
                == super::SEQUENCE_NUMBER_HIGH_ORDER.start
        );
        assert!(size_of::<UpdateSa>() == 32);
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_comes_back_and_short_buffers_are_refused() {
        let update = UpdateSa::new(0x1_0002, 2, 4096, 0x1122_3344);
        for order in [SpiOrder::Wire, SpiOrder::Host] {
            let bytes = update.to_bytes(order);
            assert_eq!(bytes.len(), 28);
            assert_eq!(UpdateSa::parse(&bytes, order), Ok(update));
            assert_eq!(
                UpdateSa::parse(&bytes[..27], order),
                Err(TooShort {
                    needed: 28,
                    given: 27
                })
            );
        }
        assert_eq!(update.to_bytes(SpiOrder::Wire)[SPI], [0, 0, 0x10, 0]);
    }
}
