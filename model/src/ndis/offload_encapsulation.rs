// SPDX-License-Identifier: Apache-2.0
//! `NDIS_OFFLOAD_ENCAPSULATION`.

use super::layout::structure;
use super::wire::Wire;
use super::{
    Expected, LayoutError, NDIS_ENCAPSULATION_IEEE_802_3, NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION,
    NDIS_OFFLOAD_ENCAPSULATION_REVISION_1, NDIS_OFFLOAD_SET_OFF, NDIS_OFFLOAD_SET_ON,
    NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1, ObjectHeader,
};

structure! {
    /// Which encapsulation the stack will use. `Enabled` is one of `NDIS_OFFLOAD_SET_*`, the type one of
    /// `NDIS_ENCAPSULATION_*`, the size that of the Ethernet header.
    pub NdisOffloadEncapsulation = "NDIS_OFFLOAD_ENCAPSULATION", 0x1C;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "IPv4.Enabled" IPV4_ENABLED ipv4_enabled: u32 = 0x04, 4;
    "IPv4.EncapsulationType" IPV4_ENCAPSULATION_TYPE ipv4_encapsulation_type: u32 = 0x08, 4;
    "IPv4.HeaderSize" IPV4_HEADER_SIZE ipv4_header_size: u32 = 0x0C, 4;
    "IPv6.Enabled" IPV6_ENABLED ipv6_enabled: u32 = 0x10, 4;
    "IPv6.EncapsulationType" IPV6_ENCAPSULATION_TYPE ipv6_encapsulation_type: u32 = 0x14, 4;
    "IPv6.HeaderSize" IPV6_HEADER_SIZE ipv6_header_size: u32 = 0x18, 4;
}

const SIZES: [u16; 1] = [NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1];

const _: () = assert!(field::SIZE_OF == SIZES[0] as usize);

impl NdisOffloadEncapsulation {
    /// Plain Ethernet for both IP versions: all on, or all off.
    #[must_use]
    pub fn ethernet(on: bool) -> Self {
        let enabled = if on {
            NDIS_OFFLOAD_SET_ON
        } else {
            NDIS_OFFLOAD_SET_OFF
        };
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION,
                revision: NDIS_OFFLOAD_ENCAPSULATION_REVISION_1,
                size: NDIS_SIZEOF_OFFLOAD_ENCAPSULATION_REVISION_1,
            },
            ipv4_enabled: enabled,
            ipv4_encapsulation_type: NDIS_ENCAPSULATION_IEEE_802_3,
            ipv4_header_size: 14,
            ipv6_enabled: enabled,
            ipv6_encapsulation_type: NDIS_ENCAPSULATION_IEEE_802_3,
            ipv6_header_size: 14,
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
    /// [`LayoutError`] if it is not an `NDIS_OFFLOAD_ENCAPSULATION`, or ends too early.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        let object_type = NDIS_OBJECT_TYPE_OFFLOAD_ENCAPSULATION;
        LayoutError::check_object(&field::LAYOUT, bytes, object_type, &SIZES)?;
        Ok(Self::read(bytes))
    }

    /// Whether both `Enabled` have a meaning.
    ///
    /// # Errors
    /// [`LayoutError::Unexpected`] for the first that has none.
    pub fn check(&self) -> Result<(), LayoutError> {
        let most = Expected::AtMost(NDIS_OFFLOAD_SET_OFF.into());
        let check =
            |member, value: u32| LayoutError::check_value(&field::LAYOUT, member, value, most);
        check("IPv4.Enabled", self.ipv4_enabled)?;
        check("IPv6.Enabled", self.ipv6_enabled)
    }
}
