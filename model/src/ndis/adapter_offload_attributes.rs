// SPDX-License-Identifier: Apache-2.0
//! `NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES`.

use super::layout::structure;
use super::wire::Wire;
use super::{
    LayoutError, NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
    NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES,
    NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1, ObjectHeader,
};

structure! {
    /// What a miniport says of itself at initialization. The members are pointers.
    pub AdapterOffloadAttributes = "NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES", 0x28;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "DefaultOffloadConfiguration" DEFAULT_OFFLOAD_CONFIGURATION
        default_offload_configuration: u64 = 0x08, 8;
    "HardwareOffloadCapabilities" HARDWARE_OFFLOAD_CAPABILITIES
        hardware_offload_capabilities: u64 = 0x10, 8;
    "DefaultTcpConnectionOffloadConfiguration" DEFAULT_TCP_CONNECTION_OFFLOAD_CONFIGURATION
        default_tcp_connection_offload_configuration: u64 = 0x18, 8;
    "TcpConnectionOffloadHardwareCapabilities" TCP_CONNECTION_OFFLOAD_HARDWARE_CAPABILITIES
        tcp_connection_offload_hardware_capabilities: u64 = 0x20, 8;
    padding 0x04, 4;
}

const SIZES: [u16; 1] = [NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1];

const _: () = assert!(field::SIZE_OF == SIZES[0] as usize);

impl AdapterOffloadAttributes {
    /// With a pointer to the default configuration and one to the hardware capabilities.
    #[must_use]
    pub fn new(default_configuration: u64, hardware_capabilities: u64) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES,
                revision: NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
                size: NDIS_SIZEOF_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES_REVISION_1,
            },
            default_offload_configuration: default_configuration,
            hardware_offload_capabilities: hardware_capabilities,
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
    /// [`LayoutError`] if it is not an `NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES`, or ends too early.
    pub fn parse(bytes: &[u8]) -> Result<Self, LayoutError> {
        let object_type = NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES;
        LayoutError::check_object(&field::LAYOUT, bytes, object_type, &SIZES)?;
        Ok(Self::read(bytes))
    }
}
