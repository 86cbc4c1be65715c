// SPDX-License-Identifier: Apache-2.0
//! `NDIS_OFFLOAD_PARAMETERS`.

use super::layout::structure;
use super::layout_error::size_of_revision;
use super::wire::Wire;
use super::{
    Expected, LayoutError, NDIS_OBJECT_TYPE_DEFAULT,
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED,
    NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1,
    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3,
    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_4, NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5,
    ObjectHeader,
};

structure! {
    /// What the administrator sets. 0 in any member but `Header` and `Flags` is "no change".
    pub NdisOffloadParameters = "NDIS_OFFLOAD_PARAMETERS", 0x24;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "IPv4Checksum" IPV4_CHECKSUM ipv4_checksum: u8 = 0x04, 1;
    "TCPIPv4Checksum" TCP_IPV4_CHECKSUM tcp_ipv4_checksum: u8 = 0x05, 1;
    "UDPIPv4Checksum" UDP_IPV4_CHECKSUM udp_ipv4_checksum: u8 = 0x06, 1;
    "TCPIPv6Checksum" TCP_IPV6_CHECKSUM tcp_ipv6_checksum: u8 = 0x07, 1;
    "UDPIPv6Checksum" UDP_IPV6_CHECKSUM udp_ipv6_checksum: u8 = 0x08, 1;
    "LsoV1" LSO_V1 lso_v1: u8 = 0x09, 1;
    "IPsecV1" IPSEC_V1 ipsec_v1: u8 = 0x0A, 1;
    "LsoV2IPv4" LSO_V2_IPV4 lso_v2_ipv4: u8 = 0x0B, 1;
    "LsoV2IPv6" LSO_V2_IPV6 lso_v2_ipv6: u8 = 0x0C, 1;
    "TcpConnectionIPv4" TCP_CONNECTION_IPV4 tcp_connection_ipv4: u8 = 0x0D, 1;
    "TcpConnectionIPv6" TCP_CONNECTION_IPV6 tcp_connection_ipv6: u8 = 0x0E, 1;
    "Flags" FLAGS flags: u32 = 0x10, 4;
    "IPsecV2" IPSEC_V2 ipsec_v2: u8 = 0x14, 1;
    "IPsecV2IPv4" IPSEC_V2_IPV4 ipsec_v2_ipv4: u8 = 0x15, 1;
    "RscIPv4" RSC_IPV4 rsc_ipv4: u8 = 0x16, 1;
    "RscIPv6" RSC_IPV6 rsc_ipv6: u8 = 0x17, 1;
    "EncapsulatedPacketTaskOffload" ENCAPSULATED_PACKET_TASK_OFFLOAD
        encapsulated_packet_task_offload: u8 = 0x18, 1;
    "EncapsulationTypes" ENCAPSULATION_TYPES encapsulation_types: u8 = 0x19, 1;
    "EncapsulationProtocolParameters" ENCAPSULATION_PROTOCOL_PARAMETERS
        encapsulation_protocol_parameters: u32 = 0x1C, 4;
    "UdpSegmentation.IPv4" UDP_SEGMENTATION_IPV4 udp_segmentation_ipv4: u8 = 0x20, 1;
    "UdpSegmentation.IPv6" UDP_SEGMENTATION_IPV6 udp_segmentation_ipv6: u8 = 0x21, 1;
    padding 0x0F, 1;
    padding 0x1A, 2;
    padding 0x22, 2;
}

/// Bytes by revision.
const SIZES: [u16; 5] = [
    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_1,
    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_2,
    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_3,
    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_4,
    NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_5,
];

const _: () = {
    assert!(field::FLAGS.end == SIZES[0] as usize);
    assert!(field::IPSEC_V2_IPV4.end == SIZES[1] as usize);
    assert!(field::ENCAPSULATION_TYPES.end == SIZES[2] as usize);
    assert!(field::ENCAPSULATION_PROTOCOL_PARAMETERS.end == SIZES[3] as usize);
    assert!(field::UDP_SEGMENTATION_IPV6.end == SIZES[4] as usize);
};

impl NdisOffloadParameters {
    /// One of that revision that sets `IPsecV2` and changes nothing else.
    #[must_use]
    pub fn new(revision: u8, ipsec_v2: u8) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_DEFAULT,
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

    /// The bytes of its revision.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = vec![0; field::SIZE_OF];
        self.write(&mut b);
        b.truncate(Self::size_of_revision(self.header.revision).into());
        b
    }

    /// Takes bytes apart; members that the revision does not have are zero, "no change".
    ///
    /// # Errors
    /// [`LayoutError`] if it is not an `NDIS_OFFLOAD_PARAMETERS`, or ends too early for its revision.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        let size =
            LayoutError::check_object(&field::LAYOUT, bytes, NDIS_OBJECT_TYPE_DEFAULT, &SIZES)?;
        Ok(Self::read(&bytes[..size]))
    }

    /// Whether the members that IPsec reads have values with a meaning.
    ///
    /// # Errors
    /// [`LayoutError::Unexpected`] for the first that has none.
    pub fn check_ipsec(&self) -> Result<(), LayoutError> {
        let check = |member, value, expected| {
            LayoutError::check_value(&field::LAYOUT, member, value, expected)
        };
        let most = Expected::AtMost(NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED.into());
        check(
            "Flags",
            self.flags,
            Expected::OnlyBits(NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE.into()),
        )?;
        check("IPsecV2", self.ipsec_v2.into(), most)?;
        check("IPsecV2IPv4", self.ipsec_v2_ipv4.into(), most)
    }
}
