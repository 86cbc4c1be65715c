// SPDX-License-Identifier: Apache-2.0
//! Slot 2: large send, version 2, a neighbour.

use super::word::word;

word! {
    /// `Type` is TRUE for version 2, `IPVersion` for IPv6.
    LargeSendV2 = "NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO.LsoV2Transmit";
    "MSS" mss: u32 = 0, 20;
    "TcpHeaderOffset" tcp_header_offset: u16 = 20, 10;
    "Type" large_send_type: bool = 30, 1;
    "IPVersion" ip_version: bool = 31, 1;
    reserved 32, 32;
}
