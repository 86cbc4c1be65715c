// SPDX-License-Identifier: Apache-2.0
//! `NDIS_OFFLOAD`.

use super::layout::structure;
use super::layout_error::size_of_revision;
use super::wire::Wire;
use super::{
    IpsecOffloadV2, LayoutError, NDIS_OBJECT_TYPE_OFFLOAD, NDIS_OFFLOAD_REVISION_2,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5, NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7, ObjectHeader,
};

structure! {
    /// All that an adapter can do, or does. What belongs to other offloads is carried as it is.
    pub NdisOffload = "NDIS_OFFLOAD", 0xD8;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "Checksum" CHECKSUM checksum: [u32; 8] = 0x04, 32;
    "LsoV1" LSO_V1 lso_v1: [u32; 4] = 0x24, 16;
    "IPsecV1" IPSEC_V1 ipsec_v1: [u32; 7] = 0x34, 28;
    "LsoV2" LSO_V2 lso_v2: [u32; 7] = 0x50, 28;
    "Flags" FLAGS flags: u32 = 0x6C, 4;
    "IPsecV2" IPSEC_V2 ipsec_v2: IpsecOffloadV2 = 0x70, 32;
    "Rsc" RSC rsc: [u8; 2] = 0x90, 2;
    "EncapsulatedPacketTaskOffloadGre" ENCAPSULATED_PACKET_TASK_OFFLOAD_GRE
        encapsulated_packet_task_offload_gre: [u32; 2] = 0x94, 8;
    "EncapsulatedPacketTaskOffloadVxlan" ENCAPSULATED_PACKET_TASK_OFFLOAD_VXLAN
        encapsulated_packet_task_offload_vxlan: [u32; 5] = 0x9C, 20;
    "EncapsulationTypes" ENCAPSULATION_TYPES encapsulation_types: u8 = 0xB0, 1;
    "Rfc6877Xlat" RFC6877_XLAT rfc6877_xlat: [u32; 2] = 0xB4, 8;
    "UdpSegmentation" UDP_SEGMENTATION udp_segmentation: [u32; 7] = 0xBC, 28;
    padding 0x92, 2;
    padding 0xB1, 3;
}

/// Bytes by revision.
const SIZES: [u16; 7] = [
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_1,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_2,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_3,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_4,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_5,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_6,
    NDIS_SIZEOF_NDIS_OFFLOAD_REVISION_7,
];

const _: () = {
    assert!(field::FLAGS.end == SIZES[0] as usize);
    assert!(field::IPSEC_V2.end == SIZES[1] as usize);
    assert!(field::ENCAPSULATED_PACKET_TASK_OFFLOAD_GRE.end == SIZES[2] as usize);
    assert!(field::ENCAPSULATION_TYPES.end == SIZES[3] as usize);
    assert!(field::RFC6877_XLAT.end == SIZES[4] as usize);
    assert!(field::UDP_SEGMENTATION.end == SIZES[5] as usize);
    assert!(field::SIZE_OF == SIZES[6] as usize);
};

impl NdisOffload {
    /// One of that revision, with IPsec alone. Revision 1 has no IPsecV2: it is left out by [`NdisOffload::to_bytes`].
    #[must_use]
    pub fn new(revision: u8, ipsec_v2: IpsecOffloadV2) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_OFFLOAD,
                revision,
                size: Self::size_of_revision(revision),
            },
            ipsec_v2,
            ..Self::default()
        }
    }

    /// Bytes of a revision; one that is not known yet has those of the last.
    #[must_use]
    pub fn size_of_revision(revision: u8) -> u16 {
        size_of_revision(&SIZES, revision)
    }

    /// The revision that a miniport of an NDIS version uses.
    #[must_use]
    pub fn revision_for(major: u8, minor: u8) -> u8 {
        match (major, minor) {
            (..6, _) | (6, 0) => 1,
            (6, 1..30) => 2,
            (6, 30..50) => 3,
            (6, 50..70) => 4,
            (6, 70..83) => 5,
            _ => 6,
        }
    }

    /// The structure has an IPsecV2 member.
    #[must_use]
    pub fn has_ipsec_v2(&self) -> bool {
        self.header.revision >= NDIS_OFFLOAD_REVISION_2
    }

    /// The bytes of its revision.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = vec![0; field::SIZE_OF];
        self.write(&mut b);
        b.truncate(Self::size_of_revision(self.header.revision).into());
        b
    }

    /// Takes bytes apart; members that the revision does not have are zero.
    ///
    /// # Errors
    /// [`LayoutError`] if it is not an `NDIS_OFFLOAD`, or ends too early for its revision.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        let size =
            LayoutError::check_object(&field::LAYOUT, bytes, NDIS_OBJECT_TYPE_OFFLOAD, &SIZES)?;
        Ok(Self::read(&bytes[..size]))
    }
}
