// SPDX-License-Identifier: Apache-2.0
//! What a miniport calls.

use super::{HostMemory, NdisVersion, OidRequest, StatusIndication};

/// Names one direct OID request from the call to its completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestHandle(pub u64);

impl std::fmt::Display for RequestHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The functions of NDIS that a miniport may call.
pub trait NdisCalls {
    /// NdisGetVersion
    fn version(&self) -> NdisVersion;

    /// NdisReadConfiguration
    fn read_configuration(&self, keyword: &str) -> Option<u32>;

    /// NdisMSetMiniportAttributes with an NDIS_MINIPORT_ADAPTER_OFFLOAD_ATTRIBUTES, whose pointers are into
    /// `memory`: SUCCESS or BAD_VERSION
    fn set_miniport_attributes(&mut self, attributes: &[u8], memory: &HostMemory) -> u32;

    /// NdisMDirectOidRequestComplete
    fn direct_oid_request_complete(
        &mut self,
        handle: RequestHandle,
        request: OidRequest,
        status: u32,
    );

    /// NdisMIndicateStatusEx
    fn indicate_status(&mut self, indication: StatusIndication);

    /// NdisMResetComplete
    fn reset_complete(&mut self, status: u32);

    /// NdisMPauseComplete
    fn pause_complete(&mut self);
}
