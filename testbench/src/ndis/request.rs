// SPDX-License-Identifier: Apache-2.0
//! A direct OID request, as far as the parts of NDIS_OID_REQUEST matter that a miniport looks at.

use ipsec_model::ndis::{
    AddLayout, AddSa, DeleteSa, NDIS_OBJECT_TYPE_DEFAULT, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, SpiOrder, UpdateSa, field,
};

use super::HostMemory;

/// NDIS_OID_REQUEST of the set form, with the memory that its pointers point to.
#[derive(Debug)]
pub struct OidRequest {
    /// `RequestId`: by this number the requester cancels
    pub request_id: u64,
    /// `Oid`
    pub oid: u32,
    /// `InformationBuffer`
    pub information_buffer: u64,
    /// `InformationBufferLength`
    pub information_buffer_length: u32,
    /// `BytesRead`
    pub bytes_read: u32,
    /// `BytesNeeded`
    pub bytes_needed: u32,
    /// What the pointers point to
    pub memory: HostMemory,
    /// The elements as the requester made them. A miniport walks `Next`.
    pub elements: Vec<u64>,
}

impl OidRequest {
    /// A request with one buffer.
    pub fn new(request_id: u64, oid: u32, bytes: Vec<u8>) -> Self {
        Self::list(request_id, oid, vec![bytes], 0..0)
    }

    /// A list, whose pointers lie at `next` of each element. InformationBufferLength is that of the first
    /// element.
    fn list(
        request_id: u64,
        oid: u32,
        elements: Vec<Vec<u8>>,
        next: std::ops::Range<usize>,
    ) -> Self {
        let mut memory = HostMemory::default();
        let length = elements.first().map_or(0, Vec::len);
        let addresses: Vec<u64> = elements.into_iter().map(|e| memory.allocate(e)).collect();
        if !next.is_empty() {
            for pair in addresses.windows(2) {
                memory.write(pair[0] + next.start as u64, &pair[1].to_le_bytes());
            }
        }
        Self {
            request_id,
            oid,
            information_buffer: addresses.first().copied().unwrap_or(0),
            information_buffer_length: length as u32,
            bytes_read: 0,
            bytes_needed: 0,
            memory,
            elements: addresses,
        }
    }

    /// ADD_SA with all bundles in one list.
    pub fn add_sa(request_id: u64, bundles: &[AddSa]) -> Self {
        let bytes = |add: &AddSa| {
            let add = add.clone().with_layout(AddLayout::Plain);
            let mut bytes = add.to_bytes(SpiOrder::Wire);
            // What an uninitialized output holds.
            bytes[field::add_sa::OFFLOAD_HANDLE].fill(0xcd);
            bytes
        };
        let elements = bundles.iter().map(bytes).collect();
        let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA;
        Self::list(request_id, oid, elements, field::add_sa::NEXT)
    }

    /// ADD_SA_EX.
    pub fn add_sa_ex(request_id: u64, bundle: &AddSa) -> Self {
        let add = bundle.clone().with_layout(AddLayout::Ex);
        let mut bytes = add.to_bytes(SpiOrder::Wire);
        bytes[field::add_sa_ex::OFFLOAD_HANDLE].fill(0xcd);
        Self::new(request_id, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, bytes)
    }

    /// DELETE_SA with all handles in one list.
    pub fn delete_sa(request_id: u64, handles: &[u64]) -> Self {
        let elements = handles.iter().map(|h| DeleteSa::new(*h).to_bytes());
        let oid = OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
        Self::list(request_id, oid, elements.collect(), field::delete_sa::NEXT)
    }

    /// UPDATE_SA.
    pub fn update_sa(request_id: u64, handle: u64, operation: u32, spi: u32, high: u32) -> Self {
        let bytes = UpdateSa::new(handle, operation, spi, high).to_bytes(SpiOrder::Wire);
        Self::new(request_id, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, bytes)
    }

    /// Whether it is one of the two that add.
    pub fn adds(&self) -> bool {
        matches!(
            self.oid,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA | OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX
        )
    }

    /// Whether the first element begins with the header of a command: only then is it a list.
    pub fn first_header_good(&self) -> bool {
        let fixed = match self.oid {
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => AddLayout::Plain.fixed_size(),
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => AddLayout::Ex.fixed_size(),
            _ => 24,
        };
        let header = self.memory.read(self.information_buffer, 4);
        header.len() == 4
            && header[0] == NDIS_OBJECT_TYPE_DEFAULT
            && header[1] >= 1
            && u16::from_le_bytes([header[2], header[3]]) >= fixed
            && self.information_buffer_length >= fixed.into()
    }

    /// OffloadHandle of every element, in order; an element too short to hold it has none.
    pub fn handles(&self) -> Vec<u64> {
        let at = match self.oid {
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => field::add_sa::OFFLOAD_HANDLE,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => field::add_sa_ex::OFFLOAD_HANDLE,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => field::delete_sa::OFFLOAD_HANDLE,
            _ => return Vec::new(),
        };
        let elements = self.elements.iter();
        elements
            .filter_map(|address| self.memory.read_u64(address + at.start as u64))
            .collect()
    }
}
