// SPDX-License-Identifier: Apache-2.0
//! `IPSEC_OFFLOAD_V2_ALGORITHM_INFO`.

use super::layout::structure;

structure! {
    /// An algorithm and where its key lies. `AdditionalInfo` is the number of ICV bytes.
    pub AlgorithmInfo = "IPSEC_OFFLOAD_V2_ALGORITHM_INFO", 0x10;
    "Identifier" IDENTIFIER identifier: u32 = 0x00, 4;
    "KeyLength" KEY_LENGTH key_length: u32 = 0x04, 4;
    "KeyOffsetBytes" KEY_OFFSET_BYTES key_offset_bytes: u32 = 0x08, 4;
    "AdditionalInfo" ADDITIONAL_INFO additional_info: u32 = 0x0C, 4;
}
