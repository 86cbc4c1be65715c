// SPDX-License-Identifier: Apache-2.0
//! `CryptoStatus` of a received frame: an enumeration, not a mask. (Linux xfrm has the same names with other values.)

use super::constants;

constants! {
    /// `CryptoStatus`
    CRYPTO_STATUSES: u16;
    CRYPTO_SUCCESS = 0;
    CRYPTO_GENERIC_ERROR = 1;
    CRYPTO_TRANSPORT_AH_AUTH_FAILED = 2;
    CRYPTO_TRANSPORT_ESP_AUTH_FAILED = 3;
    CRYPTO_TUNNEL_AH_AUTH_FAILED = 4;
    CRYPTO_TUNNEL_ESP_AUTH_FAILED = 5;
    CRYPTO_INVALID_PACKET_SYNTAX = 6;
    CRYPTO_INVALID_PROTOCOL = 7;
}
