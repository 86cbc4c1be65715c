// SPDX-License-Identifier: Apache-2.0
//! `NDIS_IPSEC_OFFLOAD_V2`, the capability image.

use super::layout::structure;
use super::wire::{Wire, get};

structure! {
    /// What the hardware can do, or what of it is switched on.
    pub IpsecOffloadV2 = "NDIS_IPSEC_OFFLOAD_V2", 0x20;
    "Encapsulation" ENCAPSULATION encapsulation: u32 = 0x00, 4;
    "IPv6Supported" IPV6_SUPPORTED ipv6_supported: bool = 0x04, 1;
    "IPv4Options" IPV4_OPTIONS ipv4_options: bool = 0x05, 1;
    "IPv6NonIPsecExtensionHeaders" IPV6_NON_IPSEC_EXTENSION_HEADERS
        ipv6_non_ipsec_extension_headers: bool = 0x06, 1;
    "Ah" AH ah: bool = 0x07, 1;
    "Esp" ESP esp: bool = 0x08, 1;
    "AhEspCombined" AH_ESP_COMBINED ah_esp_combined: bool = 0x09, 1;
    "Transport" TRANSPORT transport: bool = 0x0A, 1;
    "Tunnel" TUNNEL tunnel: bool = 0x0B, 1;
    "TransportTunnelCombined" TRANSPORT_TUNNEL_COMBINED transport_tunnel_combined: bool = 0x0C, 1;
    "LsoSupported" LSO_SUPPORTED lso_supported: bool = 0x0D, 1;
    "ExtendedSequenceNumbers" EXTENDED_SEQUENCE_NUMBERS extended_sequence_numbers: bool = 0x0E, 1;
    "UdpEsp" UDP_ESP udp_esp: u32 = 0x10, 4;
    "AuthenticationAlgorithms" AUTHENTICATION_ALGORITHMS authentication_algorithms: u32 = 0x14, 4;
    "EncryptionAlgorithms" ENCRYPTION_ALGORITHMS encryption_algorithms: u32 = 0x18, 4;
    "SaOffloadCapacity" SA_OFFLOAD_CAPACITY sa_offload_capacity: u32 = 0x1C, 4;
    padding 0x0F, 1;
}

impl IpsecOffloadV2 {
    /// The 32-byte image.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; field::SIZE_OF] {
        let mut b = [0; field::SIZE_OF];
        self.write(&mut b);
        b
    }

    /// Takes an image apart; any byte but 0 is TRUE.
    #[must_use]
    pub fn from_bytes(b: &[u8; field::SIZE_OF]) -> Self {
        Self::read(b)
    }

    /// The image as the eight words of a register file.
    #[must_use]
    pub fn to_words(&self) -> [u32; 8] {
        get(&self.to_bytes(), 0..field::SIZE_OF)
    }

    /// Takes the words of a register file apart.
    #[must_use]
    pub fn from_words(words: &[u32; 8]) -> Self {
        let mut b = [0; field::SIZE_OF];
        words.write(&mut b);
        Self::read(&b)
    }
}
