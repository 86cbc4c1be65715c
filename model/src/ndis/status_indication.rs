// SPDX-License-Identifier: Apache-2.0
//! `NDIS_STATUS_INDICATION`.

use super::layout::structure;
use super::wire::Wire;
use super::{
    Guid, LayoutError, NDIS_OBJECT_TYPE_STATUS_INDICATION,
    NDIS_SIZEOF_STATUS_INDICATION_REVISION_1, NDIS_STATUS_INDICATION_REVISION_1, ObjectHeader,
};

structure! {
    /// What a miniport reports unasked. With `NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG` the buffer is an `NDIS_OFFLOAD`.
    pub StatusIndication = "NDIS_STATUS_INDICATION", 0x70;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "SourceHandle" SOURCE_HANDLE source_handle: u64 = 0x08, 8;
    "PortNumber" PORT_NUMBER port_number: u32 = 0x10, 4;
    "StatusCode" STATUS_CODE status_code: u32 = 0x14, 4;
    "Flags" FLAGS flags: u32 = 0x18, 4;
    "DestinationHandle" DESTINATION_HANDLE destination_handle: u64 = 0x20, 8;
    "RequestId" REQUEST_ID request_id: u64 = 0x28, 8;
    "StatusBuffer" STATUS_BUFFER status_buffer: u64 = 0x30, 8;
    "StatusBufferSize" STATUS_BUFFER_SIZE status_buffer_size: u32 = 0x38, 4;
    "Guid" GUID guid: Guid = 0x3C, 16;
    "NdisReserved" NDIS_RESERVED ndis_reserved: [u64; 4] = 0x50, 32;
    padding 0x04, 4;
    padding 0x1C, 4;
    padding 0x4C, 4;
}

const SIZES: [u16; 1] = [NDIS_SIZEOF_STATUS_INDICATION_REVISION_1];

const _: () = assert!(field::SIZE_OF == SIZES[0] as usize);

impl StatusIndication {
    /// An indication with a buffer.
    #[must_use]
    pub fn new(status_code: u32, buffer: u64, size: u32) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_STATUS_INDICATION,
                revision: NDIS_STATUS_INDICATION_REVISION_1,
                size: NDIS_SIZEOF_STATUS_INDICATION_REVISION_1,
            },
            status_code,
            status_buffer: buffer,
            status_buffer_size: size,
            ..Self::default()
        }
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = vec![0; field::SIZE_OF];
        self.write(&mut b);
        b
    }

    /// Takes bytes apart.
    ///
    /// # Errors
    /// [`LayoutError`] if it is not an `NDIS_STATUS_INDICATION`, or ends too early.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        let object_type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
        LayoutError::check_object(&field::LAYOUT, bytes, object_type, &SIZES)?;
        Ok(Self::read(bytes))
    }
}
