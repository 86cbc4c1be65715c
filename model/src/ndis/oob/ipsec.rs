// SPDX-License-Identifier: Apache-2.0
//! Slot 1.

use super::word::word;
use crate::ndis::layout::structure;

pub use transmit::IpsecTransmit;

pub(super) mod transmit {
    use super::structure;

    structure! {
        /// Transmit view: the bundle of the portion, 0 without IPsec work.
        pub IpsecTransmit = "NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO", 0x08;
        "OffloadHandle" OFFLOAD_HANDLE offload_handle: u64 = 0x00, 8;
    }
}

word! {
    /// What the device found. `CryptoStatus` is one of `CRYPTO_*`.
    IpsecReceive = "NDIS_IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO.Receive";
    "SaDeleteReq" sa_delete_req: bool = 0, 1;
    "CryptoDone" crypto_done: bool = 1, 1;
    "NextCryptoDone" next_crypto_done: bool = 2, 1;
    "CryptoStatus" crypto_status: u16 = 16, 16;
    reserved 3, 13;
    reserved 32, 32;
}
