// SPDX-License-Identifier: Apache-2.0
//! Slot 12.

use super::word::word;

word! {
    /// What the stack knows of the frame. The two offsets are from the start of the IP header, in units of 4 bytes.
    HeaderTransmit = "NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO.Transmit";
    "NextHeader" next_header: u8 = 0, 8;
    "PadLength" pad_length: u8 = 8, 8;
    "AhHeaderOffset" ah_header_offset: u8 = 16, 8;
    "EspHeaderOffset" esp_header_offset: u8 = 24, 8;
    reserved 32, 32;
}

word! {
    /// What the device found in the ESP trailer, if `HeaderInfoSet`.
    HeaderReceive = "NDIS_IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO.Receive";
    "NextHeader" next_header: u8 = 0, 8;
    "PadLength" pad_length: u8 = 8, 8;
    "HeaderInfoSet" header_info_set: bool = 16, 1;
    reserved 17, 47;
}

impl HeaderTransmit {
    /// `AhHeaderOffset` in bytes: 0 to 1,020.
    #[must_use]
    pub fn ah_offset_bytes(&self) -> usize {
        4 * usize::from(self.ah_header_offset)
    }

    /// `EspHeaderOffset` in bytes: 0 to 1,020.
    #[must_use]
    pub fn esp_offset_bytes(&self) -> usize {
        4 * usize::from(self.esp_header_offset)
    }
}
