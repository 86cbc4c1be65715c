// SPDX-License-Identifier: Apache-2.0
//! NDIS IPsec Offload Version 2: constants by their Microsoft names (values of the Windows headers), the x64
//! layouts of the structures, and their values.
//!
//! Multi-byte members are little-endian. Addresses are in wire order, and so is `Spi` unless
//! [`SpiOrder::Host`] is asked for. Everything that parses takes bytes that nobody has checked.

mod adapter_offload_attributes;
mod add_layout;
mod add_sa;
mod add_sa_ex;
mod algorithm_info;
mod constants;
mod delete_sa;
pub mod endpoints;
mod expected;
mod guid;
mod ipsec_offload_v2;
mod layout;
mod layout_error;
mod ndis_status;
mod object_header;
mod offload;
mod offload_encapsulation;
mod offload_parameters;
mod oid_request;
pub mod oob;
pub mod refusal;
mod security_association;
mod spi_order;
mod status;
mod status_indication;
#[cfg(test)]
mod tests;
mod too_short;
mod update_sa;
mod wire;

pub use adapter_offload_attributes::AdapterOffloadAttributes;
pub use add_layout::AddLayout;
pub use add_sa::AddSa;
pub use algorithm_info::AlgorithmInfo;
pub use constants::*;
pub use delete_sa::DeleteSa;
pub use expected::Expected;
pub use guid::Guid;
pub use ipsec_offload_v2::IpsecOffloadV2;
pub use layout::{Layout, Member};
pub use layout_error::LayoutError;
pub use ndis_status::{NdisStatus, UnknownStatus};
pub use object_header::ObjectHeader;
pub use offload::NdisOffload;
pub use offload_encapsulation::NdisOffloadEncapsulation;
pub use offload_parameters::NdisOffloadParameters;
pub use oid_request::OidRequest;
pub use security_association::SecurityAssociation;
pub use spi_order::SpiOrder;
pub use status::*;
pub use status_indication::StatusIndication;
pub use too_short::TooShort;
pub use update_sa::UpdateSa;

/// Where the members lie (x64). Offsets are from the start of the structure that the module names.
pub mod field {
    /// `IPSEC_OFFLOAD_V2_ADD_SA`
    pub mod add_sa {
        pub use crate::ndis::add_sa::field::*;
        /// `SecAssoc`
        pub const SEC_ASSOC: std::ops::Range<usize> = SEC_ASSOC_0.start..SEC_ASSOC_1.end;
    }
    /// `IPSEC_OFFLOAD_V2_ADD_SA_EX`
    pub mod add_sa_ex {
        pub use crate::ndis::add_sa_ex::field::*;
        /// `SecAssoc`
        pub const SEC_ASSOC: std::ops::Range<usize> = SEC_ASSOC_0.start..SEC_ASSOC_1.end;
    }
    pub use super::adapter_offload_attributes::field as adapter_offload_attributes;
    pub use super::algorithm_info::field as algorithm_info;
    pub use super::delete_sa::field as delete_sa;
    pub use super::endpoints::field as endpoints;
    pub use super::endpoints::{v4::field as ipv4_endpoints, v6::field as ipv6_endpoints};
    pub use super::guid::field as guid;
    pub use super::ipsec_offload_v2::field as ipsec_offload_v2;
    pub use super::object_header::field as object_header;
    pub use super::offload::field as offload;
    pub use super::offload_encapsulation::field as offload_encapsulation;
    pub use super::offload_parameters::field as offload_parameters;
    pub use super::oid_request::field as oid_request;
    pub use super::oob::{ipsec_field as ipsec_transmit, tunnel_field as tunnel_transmit};
    pub use super::security_association::field as security_association;
    pub use super::status_indication::field as status_indication;
    pub use super::update_sa::field as update_sa;
}

/// Every structure.
pub const LAYOUTS: &[Layout] = &[
    object_header::field::LAYOUT,
    algorithm_info::field::LAYOUT,
    security_association::field::LAYOUT,
    add_sa::field::LAYOUT,
    add_sa_ex::field::LAYOUT,
    delete_sa::field::LAYOUT,
    update_sa::field::LAYOUT,
    ipsec_offload_v2::field::LAYOUT,
    offload::field::LAYOUT,
    offload_parameters::field::LAYOUT,
    offload_encapsulation::field::LAYOUT,
    adapter_offload_attributes::field::LAYOUT,
    oid_request::field::LAYOUT,
    status_indication::field::LAYOUT,
    oob::ipsec_field::LAYOUT,
    oob::tunnel_field::LAYOUT,
    endpoints::v4::field::LAYOUT,
    endpoints::v6::field::LAYOUT,
    guid::field::LAYOUT,
];

/// Every out-of-band word that is made of bits.
pub const WORDS: &[oob::WordLayout] = &[
    oob::IpsecReceive::LAYOUT,
    oob::HeaderTransmit::LAYOUT,
    oob::HeaderReceive::LAYOUT,
    oob::ChecksumTransmit::LAYOUT,
    oob::ChecksumReceive::LAYOUT,
    oob::LargeSendV2::LAYOUT,
];
