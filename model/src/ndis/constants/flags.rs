// SPDX-License-Identifier: Apache-2.0
//! Flags, enumerations and limits of the command structures, and the flags of `NDIS_OFFLOAD`.

use super::constants;

/// `IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS`: entries of `SecAssoc`
pub const IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS: usize = 2;

/// Limits.
pub const LIMITS: &[super::Constant] = &[
    super::Constant {
        name: "IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS",
        value: 2,
    },
    super::Constant {
        name: "NDIS_LARGE_SEND_OFFLOAD_MAX_HEADER_LENGTH",
        value: NDIS_LARGE_SEND_OFFLOAD_MAX_HEADER_LENGTH,
    },
];

/// `NDIS_LARGE_SEND_OFFLOAD_MAX_HEADER_LENGTH`: above it the stack does not segment in the device
pub const NDIS_LARGE_SEND_OFFLOAD_MAX_HEADER_LENGTH: u32 = 128;

constants! {
    /// `ADD_SA.Flags`
    ADD_SA_FLAGS: u32;
    IPSEC_OFFLOAD_V2_INBOUND = 0x0000_0001, "clear = outbound";
    IPSEC_OFFLOAD_V2_IPV6 as "IPSEC_OFFLOAD_V2_IPv6" = 0x0000_0010, "clear = IPv4";
}

constants! {
    /// `SecAssoc.Flags`
    SEC_ASSOC_FLAGS: u32;
    IPSEC_OFFLOAD_V2_ESN_SA = 0x0000_0001;
}

constants! {
    /// `IPSEC_OFFLOAD_V2_OPERATION`
    OPERATIONS: u32;
    IPSEC_OFFLOAD_V2_AH as "IPsecOffloadV2Ah" = 1;
    IPSEC_OFFLOAD_V2_ESP as "IPsecOffloadV2Esp" = 2;
    IPSEC_OFFLOAD_V2_MAX as "IPsecOffloadV2Max" = 3, "not a legal value";
}

constants! {
    /// `ADD_SA.UdpEspEncapsulation`, `NDIS_IPSEC_OFFLOAD_V2.UdpEsp`
    UDP_ESP_ENCAPSULATIONS: u32;
    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE = 0x0000_0000;
    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT = 0x0000_0001;
    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL = 0x0000_0002;
    IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL = 0x0000_0004;
    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL = 0x0000_0008;
}

constants! {
    /// `NDIS_OFFLOAD.Flags`
    OFFLOAD_FLAGS: u32;
    NDIS_OFFLOAD_FLAGS_GROUP_CHECKSUM_CAPABILITIES = 0x0000_0001;
    IPSEC_OFFLOAD_V2_AND_TCP_CHECKSUM_COEXISTENCE = 0x0000_0002, "NDIS 6.30 and later";
    IPSEC_OFFLOAD_V2_AND_UDP_CHECKSUM_COEXISTENCE = 0x0000_0004, "NDIS 6.30 and later";
}
