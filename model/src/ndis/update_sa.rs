// SPDX-License-Identifier: Apache-2.0
//! `IPSEC_OFFLOAD_V2_UPDATE_SA`.

use super::layout::structure;
use super::wire::Wire;
use super::{
    NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1, ObjectHeader,
    SpiOrder, TooShort,
};

structure! {
    /// A new upper half of a sequence number. `spi` is the number that the RFC prints.
    pub UpdateSa = "IPSEC_OFFLOAD_V2_UPDATE_SA", 0x20;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "OffloadHandle" OFFLOAD_HANDLE offload_handle: u64 = 0x08, 8;
    "Operation" OPERATION operation: u32 = 0x10, 4;
    "Spi" SPI spi: u32 = 0x14, 4;
    "SequenceNumberHighOrder" SEQUENCE_NUMBER_HIGH_ORDER sequence_number_high_order: u32 = 0x18, 4;
    padding 0x04, 4;
    padding 0x1C, 4;
}

const _: () = assert!(
    field::SEQUENCE_NUMBER_HIGH_ORDER.end
        == NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1 as usize
);

impl UpdateSa {
    /// A legal request: `Header.Size` is that of the macro, the buffer has `sizeof` bytes.
    #[must_use]
    pub fn new(offload_handle: u64, operation: u32, spi: u32, high: u32) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_DEFAULT,
                revision: 1,
                size: NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
            },
            offload_handle,
            operation,
            spi,
            sequence_number_high_order: high,
        }
    }

    /// The InformationBuffer, all 32 bytes of `sizeof`; the last 4 may be left out.
    #[must_use]
    pub fn to_bytes(&self, order: SpiOrder) -> Vec<u8> {
        let mut b = vec![0; field::SIZE_OF];
        let update = Self {
            spi: order.swap(self.spi),
            ..*self
        };
        update.write(&mut b);
        b
    }

    /// Takes a buffer apart. Nothing but its length is checked.
    ///
    /// # Errors
    /// [`TooShort`] below the 28 bytes through `SequenceNumberHighOrder`.
    pub fn parse(bytes: &[u8], order: SpiOrder) -> Result<Self, TooShort> {
        TooShort::check(bytes, field::SEQUENCE_NUMBER_HIGH_ORDER.end)?;
        let update = Self::read(bytes);
        Ok(Self {
            spi: order.swap(update.spi),
            ..update
        })
    }
}
