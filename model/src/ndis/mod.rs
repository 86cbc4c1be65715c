// SPDX-License-Identifier: Apache-2.0
//! NDIS IPsec Offload Version 2: constants by their Microsoft names (values of the Windows headers), the x64
//! layouts of the structures, and their values.
//!
//! Multi-byte members are little-endian. Addresses are in wire order, and so is `Spi` unless
//! [`SpiOrder::Host`] is asked for. Everything that parses takes bytes that nobody has checked.

mod add_layout;
mod add_sa;
mod add_sa_ex;
mod algorithm_info;
mod constants;
mod delete_sa;
pub mod endpoints;
mod ipsec_offload_v2;
mod layout;
mod object_header;
mod security_association;
mod spi_order;
mod status;
#[cfg(test)]
mod tests;
mod too_short;
mod update_sa;
mod wire;

pub use add_layout::AddLayout;
pub use add_sa::AddSa;
pub use algorithm_info::AlgorithmInfo;
pub use constants::*;
pub use delete_sa::DeleteSa;
pub use ipsec_offload_v2::IpsecOffloadV2;
pub use layout::{Layout, Member};
pub use object_header::ObjectHeader;
pub use security_association::SecurityAssociation;
pub use spi_order::SpiOrder;
pub use status::*;
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
    pub use super::algorithm_info::field as algorithm_info;
    pub use super::delete_sa::field as delete_sa;
    pub use super::endpoints::field as endpoints;
    pub use super::ipsec_offload_v2::field as ipsec_offload_v2;
    pub use super::object_header::field as object_header;
    pub use super::security_association::field as security_association;
    pub use super::update_sa::field as update_sa;
}
