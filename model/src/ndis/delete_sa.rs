// SPDX-License-Identifier: Apache-2.0
//! `IPSEC_OFFLOAD_V2_DELETE_SA`.

use super::layout::structure;
use super::wire::Wire;
use super::{
    NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1, ObjectHeader,
    TooShort,
};

structure! {
    /// A bundle to delete.
    pub DeleteSa = "IPSEC_OFFLOAD_V2_DELETE_SA", 0x18;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "Next" NEXT next: u64 = 0x08, 8;
    "OffloadHandle" OFFLOAD_HANDLE offload_handle: u64 = 0x10, 8;
    padding 0x04, 4;
}

const _: () = assert!(
    field::OFFLOAD_HANDLE.end == NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1 as usize
);

impl DeleteSa {
    /// A legal request.
    #[must_use]
    pub fn new(offload_handle: u64) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_DEFAULT,
                revision: 1,
                size: NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
            },
            next: 0,
            offload_handle,
        }
    }

    /// The InformationBuffer.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = vec![0; field::SIZE_OF];
        self.write(&mut b);
        b
    }

    /// Takes a buffer apart. Nothing but its length is checked.
    ///
    /// # Errors
    /// [`TooShort`] below 24 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, TooShort> {
        TooShort::check(bytes, field::SIZE_OF)?;
        Ok(Self::read(bytes))
    }
}
