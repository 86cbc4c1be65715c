// SPDX-License-Identifier: Apache-2.0
//! Out-of-band slots of a list of buffers.

use super::constants;

constants! {
    /// `NDIS_NET_BUFFER_LIST_INFO`. Version 1 and version 2 share slot 1.
    SLOTS: usize;
    TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO as "TcpIpChecksumNetBufferListInfo" = 0;
    IPSEC_OFFLOAD_V1_NET_BUFFER_LIST_INFO as "IPsecOffloadV1NetBufferListInfo" = 1;
    IPSEC_OFFLOAD_V2_NET_BUFFER_LIST_INFO as "IPsecOffloadV2NetBufferListInfo" = 1;
    TCP_LARGE_SEND_NET_BUFFER_LIST_INFO as "TcpLargeSendNetBufferListInfo" = 2;
    IEEE8021Q_NET_BUFFER_LIST_INFO as "Ieee8021QNetBufferListInfo" = 4;
    IPSEC_OFFLOAD_V2_TUNNEL_NET_BUFFER_LIST_INFO as "IPsecOffloadV2TunnelNetBufferListInfo" = 11;
    IPSEC_OFFLOAD_V2_HEADER_NET_BUFFER_LIST_INFO as "IPsecOffloadV2HeaderNetBufferListInfo" = 12;
}
