// SPDX-License-Identifier: Apache-2.0
//! `IPSEC_OFFLOAD_V2_ADD_SA`, and the value that both add structures are.

use std::net::IpAddr;

use super::endpoints::Endpoints;
use super::layout::layout;
use super::wire::{get, put};
use super::{
    AddLayout, AlgorithmInfo, IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128,
    IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192, IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
    IPSEC_OFFLOAD_V2_ESP, IPSEC_OFFLOAD_V2_INBOUND, IPSEC_OFFLOAD_V2_IPV6,
    IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS, IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE,
    NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1, ObjectHeader,
    SecurityAssociation, SpiOrder, TooShort, endpoints,
};
use crate::key_area::KeyArea;

layout! {
    #[allow(dead_code)]
    Declared = "IPSEC_OFFLOAD_V2_ADD_SA", 0xB0;
    "Header" HEADER header: ObjectHeader = 0x00, 4;
    "Next" NEXT next: u64 = 0x08, 8;
    "NumExtHdrs" NUM_EXT_HDRS num_ext_hdrs: u32 = 0x10, 4;
    "Flags" FLAGS flags: u32 = 0x14, 4;
    "endpoints" ENDPOINTS endpoints: Endpoints = 0x18, 32;
    "OffloadHandle" OFFLOAD_HANDLE offload_handle: u64 = 0x38, 8;
    "UdpEspEncapsulation" UDP_ESP_ENCAPSULATION udp_esp_encapsulation: u32 = 0x40, 4;
    "SecAssoc[0]" SEC_ASSOC_0 sec_assoc_0: SecurityAssociation = 0x44, 48;
    "SecAssoc[1]" SEC_ASSOC_1 sec_assoc_1: SecurityAssociation = 0x74, 48;
    "KeyLength" KEY_LENGTH key_length: u32 = 0xA4, 4;
    "KeyData" KEY_DATA key_data: [u8; 1] = 0xA8, 1;
    padding 0x04, 4;
    padding 0xA9, 7;
    within ".IPv4Endpoints.SrcAddr" endpoints.ipv4_endpoints.src_addr: u32 = 0x18, 4;
    within ".IPv4Endpoints.DestAddr" endpoints.ipv4_endpoints.dest_addr: u32 = 0x1C, 4;
    within ".IPv6Endpoints.SrcAddr" endpoints.ipv6_endpoints.src_addr: [u8; 16] = 0x18, 16;
    within ".IPv6Endpoints.DestAddr" endpoints.ipv6_endpoints.dest_addr: [u8; 16] = 0x28, 16;
}

const _: () =
    assert!(field::KEY_DATA.end == NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1 as usize);

/// `IPSEC_OFFLOAD_V2_ADD_SA` and `IPSEC_OFFLOAD_V2_ADD_SA_EX`, member by member; any value can be
/// built, legal or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddSa {
    /// Which of the two.
    pub layout: AddLayout,
    /// `Header`
    pub header: ObjectHeader,
    /// `Next` (plain only)
    pub next: u64,
    /// `NumExtHdrs`
    pub num_ext_hdrs: u32,
    /// `Flags`
    pub flags: u32,
    /// The union of `IPv4Endpoints` and `IPv6Endpoints`, as bytes
    pub endpoints: [u8; 32],
    /// `OffloadHandle` (an output of the device)
    pub offload_handle: u64,
    /// `UdpEspEncapsulation`
    pub udp_esp_encapsulation: u32,
    /// `SecAssoc`
    pub sec_assoc: [SecurityAssociation; IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS],
    /// `KeyLength`
    pub key_length: u32,
    /// `KeyOffset` (EX only)
    pub key_offset: u32,
    /// `SourceSwitchPortId` (EX only)
    pub source_switch_port_id: u32,
    /// `VlanId` (EX only)
    pub vlan_id: u16,
    /// What lies in the buffer from the start of the key area on.
    pub key_area: KeyArea,
}

impl AddSa {
    /// A legal bundle with one ESP association under AES-GCM, whose key length follows from `key_and_salt` (20,
    /// 28 or 36 bytes; any other length makes a structure that the device refuses). The IP version is
    /// that of `dst`.
    #[must_use]
    pub fn esp_gcm(inbound: bool, src: IpAddr, dst: IpAddr, spi: u32, key_and_salt: &[u8]) -> Self {
        let identifier = match key_and_salt.len() {
            28 => IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192,
            36 => IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
            _ => IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128,
        };
        let key_length = u32::try_from(key_and_salt.len()).unwrap_or(u32::MAX);
        let esp = SecurityAssociation {
            operation: IPSEC_OFFLOAD_V2_ESP,
            spi,
            encryption: AlgorithmInfo {
                identifier,
                key_length,
                key_offset_bytes: 0,
                additional_info: 16,
            },
            ..SecurityAssociation::default()
        };
        let mut endpoints = [0; 32];
        let v6 = match (src, dst) {
            (IpAddr::V4(s), IpAddr::V4(d)) => {
                endpoints[endpoints::field::IPV4_SRC_ADDR].copy_from_slice(&s.octets());
                endpoints[endpoints::field::IPV4_DEST_ADDR].copy_from_slice(&d.octets());
                false
            }
            (IpAddr::V6(s), IpAddr::V6(d)) => {
                endpoints[endpoints::field::IPV6_SRC_ADDR].copy_from_slice(&s.octets());
                endpoints[endpoints::field::IPV6_DEST_ADDR].copy_from_slice(&d.octets());
                true
            }
            // The source takes no part in anything: leave it zero if it is of the other version.
            (_, IpAddr::V4(d)) => {
                endpoints[endpoints::field::IPV4_DEST_ADDR].copy_from_slice(&d.octets());
                false
            }
            (_, IpAddr::V6(d)) => {
                endpoints[endpoints::field::IPV6_DEST_ADDR].copy_from_slice(&d.octets());
                true
            }
        };
        Self {
            layout: AddLayout::Plain,
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_DEFAULT,
                revision: 1,
                size: AddLayout::Plain.fixed_size(),
            },
            next: 0,
            num_ext_hdrs: 1,
            flags: if inbound { IPSEC_OFFLOAD_V2_INBOUND } else { 0 }
                | if v6 { IPSEC_OFFLOAD_V2_IPV6 } else { 0 },
            endpoints,
            offload_handle: 0,
            udp_esp_encapsulation: IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE,
            sec_assoc: [esp, SecurityAssociation::default()],
            key_length,
            key_offset: 0xB0,
            source_switch_port_id: 0,
            vlan_id: 0,
            key_area: KeyArea::new(key_and_salt),
        }
    }

    /// The same bundle as the other structure; `Header.Size` follows.
    #[must_use]
    pub fn with_layout(mut self, layout: AddLayout) -> Self {
        self.layout = layout;
        self.header.size = layout.fixed_size();
        self
    }

    /// Offset of the key area in the buffer.
    #[must_use]
    pub fn key_area_offset(&self) -> usize {
        match self.layout {
            AddLayout::Plain => field::KEY_DATA.start,
            AddLayout::Ex => self.key_offset as usize,
        }
    }

    /// The InformationBuffer. The key area is cut at 64 KiB, wherever `KeyOffset` says that it starts, and
    /// left out if that is inside the fixed part.
    #[must_use]
    pub fn to_bytes(&self, order: SpiOrder) -> Vec<u8> {
        let mut b = vec![0; usize::from(self.layout.fixed_size())];
        let sec_assoc = match self.layout {
            AddLayout::Plain => {
                use super::field::add_sa as f;
                put(&mut b, f::HEADER, self.header);
                put(&mut b, f::NEXT, self.next);
                put(&mut b, f::NUM_EXT_HDRS, self.num_ext_hdrs);
                put(&mut b, f::FLAGS, self.flags);
                put(&mut b, f::ENDPOINTS, self.endpoints);
                put(&mut b, f::OFFLOAD_HANDLE, self.offload_handle);
                put(&mut b, f::UDP_ESP_ENCAPSULATION, self.udp_esp_encapsulation);
                put(&mut b, f::KEY_LENGTH, self.key_length);
                [f::SEC_ASSOC_0, f::SEC_ASSOC_1]
            }
            AddLayout::Ex => {
                use super::field::add_sa_ex as f;
                put(&mut b, f::HEADER, self.header);
                put(&mut b, f::NUM_EXT_HDRS, self.num_ext_hdrs);
                put(&mut b, f::FLAGS, self.flags);
                put(&mut b, f::ENDPOINTS, self.endpoints);
                put(&mut b, f::OFFLOAD_HANDLE, self.offload_handle);
                put(&mut b, f::UDP_ESP_ENCAPSULATION, self.udp_esp_encapsulation);
                put(&mut b, f::KEY_LENGTH, self.key_length);
                put(&mut b, f::KEY_OFFSET, self.key_offset);
                put(&mut b, f::SOURCE_SWITCH_PORT_ID, self.source_switch_port_id);
                put(&mut b, f::VLAN_ID, self.vlan_id);
                [f::SEC_ASSOC_0, f::SEC_ASSOC_1]
            }
        };
        for (at, sa) in sec_assoc.into_iter().zip(&self.sec_assoc) {
            sa.put(&mut b[at], order);
        }
        let start = self.key_area_offset();
        let whole = match self.layout {
            AddLayout::Plain => true, // KeyData[0] is the last byte of the fixed part
            AddLayout::Ex => start >= b.len() && start <= 0xFFFF,
        };
        if whole {
            b.resize(b.len().max(start + self.key_area.len()), 0);
            b[start..start + self.key_area.len()].copy_from_slice(self.key_area.bytes());
        }
        b
    }

    /// Takes a buffer apart. Nothing but its length is checked.
    ///
    /// # Errors
    /// [`TooShort`] if the fixed part does not fit.
    pub fn parse(bytes: &[u8], layout: AddLayout, order: SpiOrder) -> Result<Self, TooShort> {
        TooShort::check(bytes, layout.fixed_size().into())?;
        let sa = |at: std::ops::Range<usize>| SecurityAssociation::get(&bytes[at], order);
        let mut add = match layout {
            AddLayout::Plain => {
                use super::field::add_sa as f;
                Self {
                    layout,
                    header: get(bytes, f::HEADER),
                    next: get(bytes, f::NEXT),
                    num_ext_hdrs: get(bytes, f::NUM_EXT_HDRS),
                    flags: get(bytes, f::FLAGS),
                    endpoints: get(bytes, f::ENDPOINTS),
                    offload_handle: get(bytes, f::OFFLOAD_HANDLE),
                    udp_esp_encapsulation: get(bytes, f::UDP_ESP_ENCAPSULATION),
                    sec_assoc: [sa(f::SEC_ASSOC_0), sa(f::SEC_ASSOC_1)],
                    key_length: get(bytes, f::KEY_LENGTH),
                    key_offset: 0,
                    source_switch_port_id: 0,
                    vlan_id: 0,
                    key_area: KeyArea::default(),
                }
            }
            AddLayout::Ex => {
                use super::field::add_sa_ex as f;
                Self {
                    layout,
                    header: get(bytes, f::HEADER),
                    next: 0,
                    num_ext_hdrs: get(bytes, f::NUM_EXT_HDRS),
                    flags: get(bytes, f::FLAGS),
                    endpoints: get(bytes, f::ENDPOINTS),
                    offload_handle: get(bytes, f::OFFLOAD_HANDLE),
                    udp_esp_encapsulation: get(bytes, f::UDP_ESP_ENCAPSULATION),
                    sec_assoc: [sa(f::SEC_ASSOC_0), sa(f::SEC_ASSOC_1)],
                    key_length: get(bytes, f::KEY_LENGTH),
                    key_offset: get(bytes, f::KEY_OFFSET),
                    source_switch_port_id: get(bytes, f::SOURCE_SWITCH_PORT_ID),
                    vlan_id: get(bytes, f::VLAN_ID),
                    key_area: KeyArea::default(),
                }
            }
        };
        add.key_area = bytes
            .get(add.key_area_offset()..)
            .unwrap_or_default()
            .into();
        Ok(add)
    }

    /// `IPSEC_OFFLOAD_V2_INBOUND`
    #[must_use]
    pub fn inbound(&self) -> bool {
        self.flags & IPSEC_OFFLOAD_V2_INBOUND != 0
    }

    /// `IPSEC_OFFLOAD_V2_IPv6`
    #[must_use]
    pub fn v6(&self) -> bool {
        self.flags & IPSEC_OFFLOAD_V2_IPV6 != 0
    }

    /// `DestAddr` as a number, an IPv4 address in the low 32 bits.
    #[must_use]
    pub fn destination(&self) -> u128 {
        if self.v6() {
            u128::from_be_bytes(get(&self.endpoints, endpoints::field::IPV6_DEST_ADDR))
        } else {
            u32::from_be_bytes(get(&self.endpoints, endpoints::field::IPV4_DEST_ADDR)).into()
        }
    }
}
