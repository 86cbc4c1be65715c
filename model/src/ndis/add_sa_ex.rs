// SPDX-License-Identifier: Apache-2.0
//! `IPSEC_OFFLOAD_V2_ADD_SA_EX`: the layout. Its value is [`AddSa`](super::AddSa).

use super::endpoints::Endpoints;
use super::layout::layout;
use super::{NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1, ObjectHeader, SecurityAssociation};

layout! {
    #[allow(dead_code)]
    Declared = "IPSEC_OFFLOAD_V2_ADD_SA_EX", 0xB0;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "NumExtHdrs" NUM_EXT_HDRS num_ext_hdrs: u32 = 0x04, 4;
    "Flags" FLAGS flags: u32 = 0x08, 4;
    "endpoints" ENDPOINTS endpoints: Endpoints = 0x0C, 32;
    "OffloadHandle" OFFLOAD_HANDLE offload_handle: u64 = 0x30, 8;
    "UdpEspEncapsulation" UDP_ESP_ENCAPSULATION udp_esp_encapsulation: u32 = 0x38, 4;
    "SecAssoc[0]" SEC_ASSOC_0 sec_assoc_0: SecurityAssociation = 0x3C, 48;
    "SecAssoc[1]" SEC_ASSOC_1 sec_assoc_1: SecurityAssociation = 0x6C, 48;
    "KeyLength" KEY_LENGTH key_length: u32 = 0x9C, 4;
    "KeyOffset" KEY_OFFSET key_offset: u32 = 0xA0, 4;
    "SourceSwitchPortId" SOURCE_SWITCH_PORT_ID source_switch_port_id: u32 = 0xA4, 4;
    "VlanId" VLAN_ID vlan_id: u16 = 0xA8, 2;
    padding 0x2C, 4;
    padding 0xAA, 6;
    within ".IPv4Endpoints.SrcAddr" endpoints.ipv4_endpoints.src_addr: u32 = 0x0C, 4;
    within ".IPv4Endpoints.DestAddr" endpoints.ipv4_endpoints.dest_addr: u32 = 0x10, 4;
    within ".IPv6Endpoints.SrcAddr" endpoints.ipv6_endpoints.src_addr: [u8; 16] = 0x0C, 16;
    within ".IPv6Endpoints.DestAddr" endpoints.ipv6_endpoints.dest_addr: [u8; 16] = 0x1C, 16;
}

const _: () =
    assert!(field::VLAN_ID.end == NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1 as usize);
