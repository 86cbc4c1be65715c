// SPDX-License-Identifier: Apache-2.0
//! `NDIS_OID_REQUEST`, set form.

use super::layout::structure;
use super::layout_error::size_of_revision;
use super::wire::Wire;
use super::{
    LayoutError, NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
    NDIS_REQUEST_SET_INFORMATION, NDIS_SIZEOF_OID_REQUEST_REVISION_1,
    NDIS_SIZEOF_OID_REQUEST_REVISION_2, ObjectHeader,
};

structure! {
    /// As a set request: the members of `DATA.SET_INFORMATION` are called by their own names; the union is
    /// longer than they are.
    pub OidRequest = "NDIS_OID_REQUEST", 0xF8;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "RequestType" REQUEST_TYPE request_type: u32 = 0x04, 4;
    "PortNumber" PORT_NUMBER port_number: u32 = 0x08, 4;
    "Timeout" TIMEOUT timeout: u32 = 0x0C, 4;
    "RequestId" REQUEST_ID request_id: u64 = 0x10, 8;
    "RequestHandle" REQUEST_HANDLE request_handle: u64 = 0x18, 8;
    "Oid" OID oid: u32 = 0x20, 4;
    "InformationBuffer" INFORMATION_BUFFER information_buffer: u64 = 0x28, 8;
    "InformationBufferLength" INFORMATION_BUFFER_LENGTH information_buffer_length: u32 = 0x30, 4;
    "BytesRead" BYTES_READ bytes_read: u32 = 0x34, 4;
    "BytesNeeded" BYTES_NEEDED bytes_needed: u32 = 0x38, 4;
    "DATA, beyond SET_INFORMATION" DATA_REST data_rest: [u32; 3] = 0x3C, 12;
    "NdisReserved" NDIS_RESERVED ndis_reserved: [u64; 16] = 0x48, 128;
    "MiniportReserved" MINIPORT_RESERVED miniport_reserved: [u64; 2] = 0xC8, 16;
    "SourceReserved" SOURCE_RESERVED source_reserved: [u64; 2] = 0xD8, 16;
    "SupportedRevision" SUPPORTED_REVISION supported_revision: u8 = 0xE8, 1;
    "Reserved1" RESERVED1 reserved1: u8 = 0xE9, 1;
    "Reserved2" RESERVED2 reserved2: u16 = 0xEA, 2;
    "SwitchId" SWITCH_ID switch_id: u32 = 0xEC, 4;
    "VPortId" V_PORT_ID v_port_id: u32 = 0xF0, 4;
    "Flags" FLAGS flags: u32 = 0xF4, 4;
    padding 0x24, 4;
}

/// Bytes by revision.
const SIZES: [u16; 2] = [
    NDIS_SIZEOF_OID_REQUEST_REVISION_1,
    NDIS_SIZEOF_OID_REQUEST_REVISION_2,
];

const _: () = {
    assert!(field::RESERVED2.end == SIZES[0] as usize);
    assert!(field::FLAGS.end == SIZES[1] as usize);
};

impl OidRequest {
    /// A set request of revision 1 without a timeout.
    #[must_use]
    pub fn set(oid: u32, request_id: u64, buffer: u64, length: u32) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_OID_REQUEST,
                revision: NDIS_OID_REQUEST_REVISION_1,
                size: NDIS_SIZEOF_OID_REQUEST_REVISION_1,
            },
            request_type: NDIS_REQUEST_SET_INFORMATION,
            request_id,
            oid,
            information_buffer: buffer,
            information_buffer_length: length,
            ..Self::default()
        }
    }

    /// Bytes of a revision; one that is not known yet has those of the last.
    #[must_use]
    pub fn size_of_revision(revision: u8) -> u16 {
        size_of_revision(&SIZES, revision)
    }

    /// The bytes of its revision.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = vec![0; field::SIZE_OF];
        self.write(&mut b);
        b.truncate(Self::size_of_revision(self.header.revision).into());
        b
    }

    /// Takes bytes apart; members that the revision does not have are zero. The request may be of any type, with the
    /// members of the others where their structures differ.
    ///
    /// # Errors
    /// [`LayoutError`] if it is not an `NDIS_OID_REQUEST`, or ends too early for its revision.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        let object_type = NDIS_OBJECT_TYPE_OID_REQUEST;
        let size = LayoutError::check_object(&field::LAYOUT, bytes, object_type, &SIZES)?;
        Ok(Self::read(&bytes[..size]))
    }
}
