// SPDX-License-Identifier: Apache-2.0
//! The address blocks of the add structures; both lie at the start of one union. Addresses are in wire order.

use super::layout::structure;

/// Members of the union that the add structures call by the names of its two blocks.
pub mod field {
    use super::{v4, v6};
    use std::ops::Range;

    /// `IPv4Endpoints.SrcAddr`
    pub const IPV4_SRC_ADDR: Range<usize> = v4::field::SRC_ADDR;
    /// `IPv4Endpoints.DestAddr`
    pub const IPV4_DEST_ADDR: Range<usize> = v4::field::DEST_ADDR;
    /// `IPv6Endpoints.SrcAddr`
    pub const IPV6_SRC_ADDR: Range<usize> = v6::field::SRC_ADDR;
    /// `IPv6Endpoints.DestAddr`
    pub const IPV6_DEST_ADDR: Range<usize> = v6::field::DEST_ADDR;
}

/// `IPv4Endpoints`
pub mod v4 {
    use super::structure;

    structure! {
        /// Of the union; `IPAddr` is a `ULONG` that holds wire bytes.
        pub Ipv4Endpoints = "IPv4Endpoints", 0x08;
        "SrcAddr" SRC_ADDR src_addr: u32 = 0x00, 4;
        "DestAddr" DEST_ADDR dest_addr: u32 = 0x04, 4;
    }
}

/// `IPv6Endpoints`
pub mod v6 {
    use super::structure;

    structure! {
        /// Of the union.
        pub Ipv6Endpoints = "IPv6Endpoints", 0x20;
        "SrcAddr" SRC_ADDR src_addr: [u8; 16] = 0x00, 16;
        "DestAddr" DEST_ADDR dest_addr: [u8; 16] = 0x10, 16;
    }
}

/// The union, for the layouts of the add structures. Nobody reads it.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(dead_code)]
pub(super) union Endpoints {
    pub(super) ipv4_endpoints: v4::Ipv4Endpoints,
    pub(super) ipv6_endpoints: v6::Ipv6Endpoints,
}
