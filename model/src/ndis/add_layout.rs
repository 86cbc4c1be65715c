// SPDX-License-Identifier: Apache-2.0
//! The two add structures.

use std::ops::Range;

use super::{
    NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1,
    NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, field,
};

/// Which of the two add structures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddLayout {
    /// `IPSEC_OFFLOAD_V2_ADD_SA`
    Plain,
    /// `IPSEC_OFFLOAD_V2_ADD_SA_EX`
    Ex,
}

impl AddLayout {
    /// The OID that carries it.
    #[must_use]
    pub fn oid(self) -> u32 {
        match self {
            Self::Plain => OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
            Self::Ex => OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
        }
    }

    /// Bytes of the fixed part: the smallest `InformationBufferLength` and `Header.Size`.
    #[must_use]
    pub fn fixed_size(self) -> u16 {
        match self {
            Self::Plain => NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1,
            Self::Ex => NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1,
        }
    }

    /// Where `OffloadHandle` lies.
    #[must_use]
    pub fn handle(self) -> Range<usize> {
        match self {
            Self::Plain => field::add_sa::OFFLOAD_HANDLE,
            Self::Ex => field::add_sa_ex::OFFLOAD_HANDLE,
        }
    }
}
