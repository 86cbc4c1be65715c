// SPDX-License-Identifier: Apache-2.0
//! Slot 11, transmit only.

use crate::ndis::layout::structure;

structure! {
    /// The bundle of the tunnel portion of a send that has both.
    pub TunnelTransmit = "NDIS_IPSEC_OFFLOAD_V2_TUNNEL_NET_BUFFER_LIST_INFO", 0x08;
    "Transmit.TunnelHandle" TUNNEL_HANDLE tunnel_handle: u64 = 0x00, 8;
}
