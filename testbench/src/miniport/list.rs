// SPDX-License-Identifier: Apache-2.0
//! Walks the list that a request carries: `Next` is a pointer of the host, which the device never follows.

use std::collections::BTreeSet;

use ipsec_model::ndis::{
    NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, field,
};

use super::bounds::LIST_ELEMENTS;
use crate::ndis::{HostMemory, OidRequest};

/// One command of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Where its structure lies
    pub address: u64,
    /// Its own length: what the device is told
    pub length: u32,
    /// Where OffloadHandle is returned, if the structure reaches that far
    pub handle: Option<u64>,
    /// All of it is there. One that is not is never given to the device.
    pub whole: bool,
}

/// Where the members lie that the driver itself looks at.
struct Shape {
    fixed: usize,
    next: Option<usize>,
    handle: Option<usize>,
}

fn shape(oid: u32) -> Option<Shape> {
    let shape = |fixed, next, handle| Shape {
        fixed,
        next,
        handle,
    };
    Some(match oid {
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => shape(
            field::add_sa::KEY_DATA.end,
            Some(field::add_sa::NEXT.start),
            Some(field::add_sa::OFFLOAD_HANDLE.start),
        ),
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => shape(
            field::add_sa_ex::VLAN_ID.end,
            None,
            Some(field::add_sa_ex::OFFLOAD_HANDLE.start),
        ),
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => shape(
            field::delete_sa::SIZE_OF,
            Some(field::delete_sa::NEXT.start),
            None,
        ),
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA => shape(
            NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1.into(),
            None,
            None,
        ),
        _ => return None,
    })
}

/// Whether the driver knows the OID.
pub(super) fn known(oid: u32) -> bool {
    shape(oid).is_some()
}

/// Bytes that the structure at `address` says it has: to the end of its keys.
fn own_length(memory: &HostMemory, oid: u32, address: u64, fixed: usize) -> u64 {
    let u32_at = |at: usize| {
        let bytes = memory.read(address + at as u64, 4).try_into();
        bytes.map_or(0, |b| u64::from(u32::from_le_bytes(b)))
    };
    let end = match oid {
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => {
            field::add_sa::KEY_DATA.start as u64 + u32_at(field::add_sa::KEY_LENGTH.start)
        }
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => {
            u32_at(field::add_sa_ex::KEY_OFFSET.start) + u32_at(field::add_sa_ex::KEY_LENGTH.start)
        }
        _ => 0,
    };
    end.max(fixed as u64)
}

/// The elements of a request. The first is limited by InformationBufferLength, the others by themselves; one
/// whose length or header is wrong cannot be trusted to point anywhere, and is the last.
pub(super) fn walk(request: &OidRequest) -> Vec<Element> {
    let mut elements = Vec::new();
    let Some(shape) = shape(request.oid) else {
        return elements;
    };
    let memory = &request.memory;
    let mut address = request.information_buffer;
    let mut limit = u64::from(request.information_buffer_length);
    let mut seen = BTreeSet::new();
    loop {
        seen.insert(address);
        let length = own_length(memory, request.oid, address, shape.fixed).min(limit);
        let there = memory.read(address, usize::try_from(length).unwrap_or(usize::MAX));
        let reaches = |at: usize| (at + 8) as u64 <= length && at + 8 <= there.len();
        elements.push(Element {
            address,
            length: u32::try_from(length).unwrap_or(u32::MAX),
            handle: shape
                .handle
                .filter(|at| reaches(*at))
                .map(|at| address + at as u64),
            whole: there.len() as u64 == length,
        });
        let header = there.len() >= shape.fixed
            && there[0] == NDIS_OBJECT_TYPE_DEFAULT
            && there[1] >= 1
            && usize::from(u16::from_le_bytes([there[2], there[3]])) >= shape.fixed;
        let next = shape
            .next
            .filter(|_| header && elements.len() < LIST_ELEMENTS)
            .and_then(|at| memory.read_u64(address + at as u64));
        match next {
            None | Some(0) => return elements,
            // A circle.
            Some(next) if seen.contains(&next) => return elements,
            Some(next) => address = next,
        }
        limit = u64::MAX;
    }
}
