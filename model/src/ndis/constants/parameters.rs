// SPDX-License-Identifier: Apache-2.0
//! Values that administrators and the stack set.

use super::constants;

constants! {
    /// `NDIS_OFFLOAD_PARAMETERS.IPsecV2` and `IPsecV2IPv4`.
    IPSECV2_PARAMETERS: u8;
    NDIS_OFFLOAD_PARAMETERS_NO_CHANGE = 0, "any member";
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED = 1;
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED = 2;
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED = 3;
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED = 4;
}

constants! {
    /// `NDIS_OFFLOAD_PARAMETERS.Flags`
    OFFLOAD_PARAMETERS_FLAGS: u32;
    NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE = 0x0000_0001, "NDIS 6.30 and later";
}

constants! {
    /// Bit fields of the capabilities.
    OFFLOAD_SUPPORT: u32;
    NDIS_OFFLOAD_NOT_SUPPORTED = 0;
    NDIS_OFFLOAD_SUPPORTED = 1;
}

constants! {
    /// `NDIS_OFFLOAD_ENCAPSULATION.IPv4.Enabled` and `IPv6.Enabled`.
    OFFLOAD_SETTINGS: u32;
    NDIS_OFFLOAD_SET_NO_CHANGE = 0;
    NDIS_OFFLOAD_SET_ON = 1;
    NDIS_OFFLOAD_SET_OFF = 2;
}

/// Registry keyword for an adapter that does IPv4 and IPv6; its values are those of [`IPSEC_KEYWORDS`].
pub const KEYWORD_IPSEC_OFFLOAD_V2: &str = "*IPsecOffloadV2";
/// Registry keyword for an adapter that does IPv4 alone.
pub const KEYWORD_IPSEC_OFFLOAD_V2_IPV4: &str = "*IPsecOffloadV2IPv4";

constants! {
    /// Values of the two registry keywords, which are not numbered as the parameters are. Microsoft gives them no names.
    IPSEC_KEYWORDS: u8;
    KEYWORD_IPSECV2_DISABLED = 0;
    KEYWORD_IPSECV2_AH_ENABLED = 1;
    KEYWORD_IPSECV2_ESP_ENABLED = 2;
    KEYWORD_IPSECV2_AH_AND_ESP_ENABLED = 3, "the default";
}
