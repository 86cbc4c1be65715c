// SPDX-License-Identifier: Apache-2.0
//! NDIS IPsec Offload Version 2: constants by their Microsoft names (values of the Windows headers), the x64
//! layouts of the command structures, and the capability image.
//!
//! Multi-byte members are little-endian. Addresses are in wire order, and so is `Spi` unless
//! [`SpiOrder::Host`] is asked for. Everything that parses takes bytes that nobody has checked.

use std::net::IpAddr;
use std::ops::Range;

use crate::key_area::KeyArea;

/// `OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA`
pub const OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA: u32 = 0xFC03_0202;
/// `OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA`
pub const OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA: u32 = 0xFC03_0203;
/// `OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA`
pub const OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA: u32 = 0xFC03_0204;
/// `OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX` (NDIS 6.30)
pub const OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX: u32 = 0xFC03_0205;

/// Declares the status codes once: the constants and their names.
macro_rules! statuses {
    ($($name:ident = $value:literal, $why:literal;)*) => {
        $(#[doc = $why] pub const $name: u32 = $value;)*

        /// The Microsoft name of an `NDIS_STATUS`, or `"unknown NDIS_STATUS"`.
        #[must_use]
        pub fn status_name(status: u32) -> &'static str {
            match status {
                $($name => stringify!($name),)*
                _ => "unknown NDIS_STATUS",
            }
        }
    };
}

statuses! {
    NDIS_STATUS_SUCCESS = 0x0000_0000, "The command was carried out. The only code of success.";
    NDIS_STATUS_PENDING = 0x0000_0103, "Under way; never final.";
    NDIS_STATUS_NOT_RECOGNIZED = 0x0001_0001, "Not recognized.";
    NDIS_STATUS_NOT_ACCEPTED = 0x0001_0003, "Halted, or a DELETE in a reset. A failure, its clear sign bit notwithstanding.";
    NDIS_STATUS_FAILURE = 0xC000_0001, "Failed; on transmit: not sent.";
    NDIS_STATUS_INVALID_PARAMETER = 0xC000_000D, "An illegal combination, or a duplicate.";
    NDIS_STATUS_RESOURCES = 0xC000_009A, "No free bundle.";
    NDIS_STATUS_NOT_SUPPORTED = 0xC000_00BB, "Outside the current capabilities.";
    NDIS_STATUS_INVALID_STATE = 0xC000_0184, "Invalid state.";
    NDIS_STATUS_CLOSING = 0xC001_0002, "Closing.";
    NDIS_STATUS_BAD_VERSION = 0xC001_0004, "Bad version.";
    NDIS_STATUS_REQUEST_ABORTED = 0xC001_000C, "Cut by a reset or a cancel.";
    NDIS_STATUS_RESET_IN_PROGRESS = 0xC001_000D, "The device is in reset.";
    NDIS_STATUS_ADAPTER_NOT_READY = 0xC001_0011, "Not ready.";
    NDIS_STATUS_INVALID_LENGTH = 0xC001_0014, "InformationBufferLength does not suit the OID.";
    NDIS_STATUS_INVALID_DATA = 0xC001_0015, "A member is out of its range.";
    NDIS_STATUS_BUFFER_TOO_SHORT = 0xC001_0016, "Buffer too short.";
    NDIS_STATUS_INVALID_OID = 0xC001_0017, "Unknown OID.";
    NDIS_STATUS_ADAPTER_REMOVED = 0xC001_0018, "Adapter removed.";
    NDIS_STATUS_PAUSED = 0xC023_002A, "Paused.";
    NDIS_STATUS_LOW_POWER_STATE = 0xC023_002F, "Low power.";
}

/// `NDIS_OBJECT_TYPE_DEFAULT`
pub const NDIS_OBJECT_TYPE_DEFAULT: u8 = 0x80;

/// `NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1`: through `KeyData[1]`
pub const NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1: u16 = 169;
/// `NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1`: through `VlanId`
pub const NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1: u16 = 170;
/// `NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1`
pub const NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1: u16 = 24;

/// `IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS`: entries of `SecAssoc`
pub const IPSEC_OFFLOAD_V2_MAX_EXTENSION_HEADERS: usize = 2;

/// `IPSEC_OFFLOAD_V2_INBOUND`: `ADD_SA.Flags`; clear = outbound
pub const IPSEC_OFFLOAD_V2_INBOUND: u32 = 0x0000_0001;
/// `IPSEC_OFFLOAD_V2_IPv6`: `ADD_SA.Flags`; clear = IPv4
pub const IPSEC_OFFLOAD_V2_IPV6: u32 = 0x0000_0010;
/// `IPSEC_OFFLOAD_V2_ESN_SA`: `SecAssoc.Flags`
pub const IPSEC_OFFLOAD_V2_ESN_SA: u32 = 0x0000_0001;

/// `IPsecOffloadV2Ah`
pub const IPSEC_OFFLOAD_V2_AH: u32 = 1;
/// `IPsecOffloadV2Esp`
pub const IPSEC_OFFLOAD_V2_ESP: u32 = 2;

/// `IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5`
pub const IPSEC_OFFLOAD_V2_AUTHENTICATION_MD5: u32 = 0x0000_0001;
/// `IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1`
pub const IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_1: u32 = 0x0000_0002;
/// `IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256`
pub const IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256: u32 = 0x0000_0004;
/// `IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128` (AES-GMAC-128)
pub const IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128: u32 = 0x0000_0008;
/// `IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192` (AES-GMAC-192)
pub const IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192: u32 = 0x0000_0010;
/// `IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256` (AES-GMAC-256)
pub const IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256: u32 = 0x0000_0020;

/// `IPSEC_OFFLOAD_V2_ENCRYPTION_NONE`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_NONE: u32 = 0x0000_0001;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_DES_CBC: u32 = 0x0000_0002;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_3_DES_CBC: u32 = 0x0000_0004;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128: u32 = 0x0000_0008;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192: u32 = 0x0000_0010;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256: u32 = 0x0000_0020;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_128: u32 = 0x0000_0040;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_192`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_192: u32 = 0x0000_0080;
/// `IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256`
pub const IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256: u32 = 0x0000_0100;

/// `IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE`
pub const IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE: u32 = 0x0000_0000;
/// `IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT`
pub const IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT: u32 = 0x0000_0001;
/// `IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL`
pub const IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL: u32 = 0x0000_0002;
/// `IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL`
pub const IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL: u32 = 0x0000_0004;
/// `IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL`
pub const IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL: u32 = 0x0000_0008;

/// `NDIS_OFFLOAD_PARAMETERS_NO_CHANGE`
pub const NDIS_OFFLOAD_PARAMETERS_NO_CHANGE: u8 = 0;
/// `NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED`
pub const NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED: u8 = 1;
/// `NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED`
pub const NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED: u8 = 2;
/// `NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED`
pub const NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED: u8 = 3;
/// `NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED`
pub const NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED: u8 = 4;

/// `NDIS_ENCAPSULATION_NOT_SUPPORTED`
pub const NDIS_ENCAPSULATION_NOT_SUPPORTED: u32 = 0x0000_0000;
/// `NDIS_ENCAPSULATION_NULL`
pub const NDIS_ENCAPSULATION_NULL: u32 = 0x0000_0001;
/// `NDIS_ENCAPSULATION_IEEE_802_3`
pub const NDIS_ENCAPSULATION_IEEE_802_3: u32 = 0x0000_0002;
/// `NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q`
pub const NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q: u32 = 0x0000_0004;
/// `NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB`
pub const NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q_IN_OOB: u32 = 0x0000_0008;
/// `NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED`
pub const NDIS_ENCAPSULATION_IEEE_LLC_SNAP_ROUTED: u32 = 0x0000_0010;

/// `CRYPTO_SUCCESS`
pub const CRYPTO_SUCCESS: u16 = 0;
/// `CRYPTO_GENERIC_ERROR`
pub const CRYPTO_GENERIC_ERROR: u16 = 1;
/// `CRYPTO_TRANSPORT_AH_AUTH_FAILED`
pub const CRYPTO_TRANSPORT_AH_AUTH_FAILED: u16 = 2;
/// `CRYPTO_TRANSPORT_ESP_AUTH_FAILED`
pub const CRYPTO_TRANSPORT_ESP_AUTH_FAILED: u16 = 3;
/// `CRYPTO_TUNNEL_AH_AUTH_FAILED`
pub const CRYPTO_TUNNEL_AH_AUTH_FAILED: u16 = 4;
/// `CRYPTO_TUNNEL_ESP_AUTH_FAILED`
pub const CRYPTO_TUNNEL_ESP_AUTH_FAILED: u16 = 5;
/// `CRYPTO_INVALID_PACKET_SYNTAX`
pub const CRYPTO_INVALID_PACKET_SYNTAX: u16 = 6;
/// `CRYPTO_INVALID_PROTOCOL`
pub const CRYPTO_INVALID_PROTOCOL: u16 = 7;

/// Where the members lie (x64). Offsets are from the start of the structure that the module names.
pub mod field {
    #![allow(missing_docs)] // names are Microsoft's, see the tables of the Windows headers
    use std::ops::Range;

    /// `NDIS_OBJECT_HEADER`
    pub mod object_header {
        use super::Range;
        pub const TYPE: Range<usize> = 0x00..0x01;
        pub const REVISION: Range<usize> = 0x01..0x02;
        pub const SIZE: Range<usize> = 0x02..0x04;
    }

    /// `IPSEC_OFFLOAD_V2_ALGORITHM_INFO`
    pub mod algorithm_info {
        use super::Range;
        pub const IDENTIFIER: Range<usize> = 0x00..0x04;
        pub const KEY_LENGTH: Range<usize> = 0x04..0x08;
        pub const KEY_OFFSET_BYTES: Range<usize> = 0x08..0x0C;
        pub const ADDITIONAL_INFO: Range<usize> = 0x0C..0x10;
        pub const SIZE_OF: usize = 0x10;
    }

    /// `IPSEC_OFFLOAD_V2_SECURITY_ASSOCIATION`
    pub mod security_association {
        use super::Range;
        pub const FLAGS: Range<usize> = 0x00..0x04;
        pub const OPERATION: Range<usize> = 0x04..0x08;
        pub const SPI: Range<usize> = 0x08..0x0C;
        pub const AUTHENTICATION_ALGORITHM: Range<usize> = 0x0C..0x1C;
        pub const ENCRYPTION_ALGORITHM: Range<usize> = 0x1C..0x2C;
        pub const SEQUENCE_NUMBER_HIGH_ORDER: Range<usize> = 0x2C..0x30;
        pub const SIZE_OF: usize = 0x30;
    }

    /// The two address blocks, from the start of the union.
    pub mod endpoints {
        use super::Range;
        pub const IPV4_SRC_ADDR: Range<usize> = 0x00..0x04;
        pub const IPV4_DEST_ADDR: Range<usize> = 0x04..0x08;
        pub const IPV6_SRC_ADDR: Range<usize> = 0x00..0x10;
        pub const IPV6_DEST_ADDR: Range<usize> = 0x10..0x20;
    }

    /// `IPSEC_OFFLOAD_V2_ADD_SA`
    pub mod add_sa {
        use super::Range;
        pub const HEADER: Range<usize> = 0x00..0x04;
        pub const NEXT: Range<usize> = 0x08..0x10;
        pub const NUM_EXT_HDRS: Range<usize> = 0x10..0x14;
        pub const FLAGS: Range<usize> = 0x14..0x18;
        pub const ENDPOINTS: Range<usize> = 0x18..0x38;
        pub const OFFLOAD_HANDLE: Range<usize> = 0x38..0x40;
        pub const UDP_ESP_ENCAPSULATION: Range<usize> = 0x40..0x44;
        pub const SEC_ASSOC: Range<usize> = 0x44..0xA4;
        pub const KEY_LENGTH: Range<usize> = 0xA4..0xA8;
        pub const KEY_DATA: Range<usize> = 0xA8..0xA9;
        pub const SIZE_OF: usize = 0xB0;
    }

    /// `IPSEC_OFFLOAD_V2_ADD_SA_EX`
    pub mod add_sa_ex {
        use super::Range;
        pub const HEADER: Range<usize> = 0x00..0x04;
        pub const NUM_EXT_HDRS: Range<usize> = 0x04..0x08;
        pub const FLAGS: Range<usize> = 0x08..0x0C;
        pub const ENDPOINTS: Range<usize> = 0x0C..0x2C;
        pub const OFFLOAD_HANDLE: Range<usize> = 0x30..0x38;
        pub const UDP_ESP_ENCAPSULATION: Range<usize> = 0x38..0x3C;
        pub const SEC_ASSOC: Range<usize> = 0x3C..0x9C;
        pub const KEY_LENGTH: Range<usize> = 0x9C..0xA0;
        pub const KEY_OFFSET: Range<usize> = 0xA0..0xA4;
        pub const SOURCE_SWITCH_PORT_ID: Range<usize> = 0xA4..0xA8;
        pub const VLAN_ID: Range<usize> = 0xA8..0xAA;
        pub const SIZE_OF: usize = 0xB0;
    }

    /// `IPSEC_OFFLOAD_V2_DELETE_SA`
    pub mod delete_sa {
        use super::Range;
        pub const HEADER: Range<usize> = 0x00..0x04;
        pub const NEXT: Range<usize> = 0x08..0x10;
        pub const OFFLOAD_HANDLE: Range<usize> = 0x10..0x18;
        pub const SIZE_OF: usize = 0x18;
    }

    /// `NDIS_IPSEC_OFFLOAD_V2`
    pub mod ipsec_offload_v2 {
        use super::Range;
        pub const ENCAPSULATION: Range<usize> = 0x00..0x04;
        pub const IPV6_SUPPORTED: usize = 0x04;
        pub const IPV4_OPTIONS: usize = 0x05;
        pub const IPV6_NON_IPSEC_EXTENSION_HEADERS: usize = 0x06;
        pub const AH: usize = 0x07;
        pub const ESP: usize = 0x08;
        pub const AH_ESP_COMBINED: usize = 0x09;
        pub const TRANSPORT: usize = 0x0A;
        pub const TUNNEL: usize = 0x0B;
        pub const TRANSPORT_TUNNEL_COMBINED: usize = 0x0C;
        pub const LSO_SUPPORTED: usize = 0x0D;
        pub const EXTENDED_SEQUENCE_NUMBERS: usize = 0x0E;
        pub const UDP_ESP: Range<usize> = 0x10..0x14;
        pub const AUTHENTICATION_ALGORITHMS: Range<usize> = 0x14..0x18;
        pub const ENCRYPTION_ALGORITHMS: Range<usize> = 0x18..0x1C;
        pub const SA_OFFLOAD_CAPACITY: Range<usize> = 0x1C..0x20;
        pub const SIZE_OF: usize = 0x20;
    }
}

/// A buffer is shorter than the fixed part of its structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooShort {
    /// Bytes of the fixed part.
    pub needed: usize,
    /// Bytes there are.
    pub given: usize,
}

impl std::fmt::Display for TooShort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} bytes where the fixed part has {}",
            self.given, self.needed
        )
    }
}

impl std::error::Error for TooShort {}

/// Byte order of the `Spi` members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpiOrder {
    /// As on the wire: SPI 4096 is 00 00 10 00.
    #[default]
    Wire,
    /// Little-endian: SPI 4096 is 00 10 00 00.
    Host,
}

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

/// `NDIS_OBJECT_HEADER`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectHeader {
    /// `Type`
    pub object_type: u8,
    /// `Revision`
    pub revision: u8,
    /// `Size`
    pub size: u16,
}

/// `IPSEC_OFFLOAD_V2_ALGORITHM_INFO`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlgorithmInfo {
    /// `Identifier`
    pub identifier: u32,
    /// `KeyLength`
    pub key_length: u32,
    /// `KeyOffsetBytes`
    pub key_offset_bytes: u32,
    /// `AdditionalInfo`: ICV bytes
    pub additional_info: u32,
}

/// `IPSEC_OFFLOAD_V2_SECURITY_ASSOCIATION`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecurityAssociation {
    /// `Flags`
    pub flags: u32,
    /// `Operation`
    pub operation: u32,
    /// `Spi`, the number that the RFC prints
    pub spi: u32,
    /// `AuthenticationAlgorithm`
    pub authentication: AlgorithmInfo,
    /// `EncryptionAlgorithm`
    pub encryption: AlgorithmInfo,
    /// `SequenceNumberHighOrder`
    pub sequence_number_high_order: u32,
}

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
                endpoints[field::endpoints::IPV4_SRC_ADDR].copy_from_slice(&s.octets());
                endpoints[field::endpoints::IPV4_DEST_ADDR].copy_from_slice(&d.octets());
                false
            }
            (IpAddr::V6(s), IpAddr::V6(d)) => {
                endpoints[field::endpoints::IPV6_SRC_ADDR].copy_from_slice(&s.octets());
                endpoints[field::endpoints::IPV6_DEST_ADDR].copy_from_slice(&d.octets());
                true
            }
            // The source takes no part in anything: leave it zero if it is of the other version.
            (_, IpAddr::V4(d)) => {
                endpoints[field::endpoints::IPV4_DEST_ADDR].copy_from_slice(&d.octets());
                false
            }
            (_, IpAddr::V6(d)) => {
                endpoints[field::endpoints::IPV6_DEST_ADDR].copy_from_slice(&d.octets());
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
            AddLayout::Plain => field::add_sa::KEY_DATA.start,
            AddLayout::Ex => self.key_offset as usize,
        }
    }

    /// The InformationBuffer. The key area is cut at 64 KiB, wherever `KeyOffset` says that it starts, and
    /// left out if that is inside the fixed part.
    #[must_use]
    pub fn to_bytes(&self, order: SpiOrder) -> Vec<u8> {
        let mut b = vec![0; usize::from(self.layout.fixed_size())];
        put_header(&mut b, self.header);
        let sec_assoc = match self.layout {
            AddLayout::Plain => {
                use field::add_sa as f;
                put(&mut b, f::NEXT, &self.next.to_le_bytes());
                put(&mut b, f::NUM_EXT_HDRS, &self.num_ext_hdrs.to_le_bytes());
                put(&mut b, f::FLAGS, &self.flags.to_le_bytes());
                put(&mut b, f::ENDPOINTS, &self.endpoints);
                put(
                    &mut b,
                    f::OFFLOAD_HANDLE,
                    &self.offload_handle.to_le_bytes(),
                );
                put(
                    &mut b,
                    f::UDP_ESP_ENCAPSULATION,
                    &self.udp_esp_encapsulation.to_le_bytes(),
                );
                put(&mut b, f::KEY_LENGTH, &self.key_length.to_le_bytes());
                f::SEC_ASSOC
            }
            AddLayout::Ex => {
                use field::add_sa_ex as f;
                put(&mut b, f::NUM_EXT_HDRS, &self.num_ext_hdrs.to_le_bytes());
                put(&mut b, f::FLAGS, &self.flags.to_le_bytes());
                put(&mut b, f::ENDPOINTS, &self.endpoints);
                put(
                    &mut b,
                    f::OFFLOAD_HANDLE,
                    &self.offload_handle.to_le_bytes(),
                );
                put(
                    &mut b,
                    f::UDP_ESP_ENCAPSULATION,
                    &self.udp_esp_encapsulation.to_le_bytes(),
                );
                put(&mut b, f::KEY_LENGTH, &self.key_length.to_le_bytes());
                put(&mut b, f::KEY_OFFSET, &self.key_offset.to_le_bytes());
                put(
                    &mut b,
                    f::SOURCE_SWITCH_PORT_ID,
                    &self.source_switch_port_id.to_le_bytes(),
                );
                put(&mut b, f::VLAN_ID, &self.vlan_id.to_le_bytes());
                f::SEC_ASSOC
            }
        };
        for (k, sa) in self.sec_assoc.iter().enumerate() {
            let at = sec_assoc.start + k * field::security_association::SIZE_OF;
            put_security_association(&mut b[at..], sa, order);
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
        let needed = usize::from(layout.fixed_size());
        if bytes.len() < needed {
            return Err(TooShort {
                needed,
                given: bytes.len(),
            });
        }
        let header = get_header(bytes);
        let assoc = |base: usize| {
            [0, 1].map(|k| {
                get_security_association(
                    &bytes[base + k * field::security_association::SIZE_OF..],
                    order,
                )
            })
        };
        let mut add = match layout {
            AddLayout::Plain => {
                use field::add_sa as f;
                Self {
                    layout,
                    header,
                    next: get_u64(bytes, f::NEXT),
                    num_ext_hdrs: get_u32(bytes, f::NUM_EXT_HDRS),
                    flags: get_u32(bytes, f::FLAGS),
                    endpoints: get(bytes, f::ENDPOINTS),
                    offload_handle: get_u64(bytes, f::OFFLOAD_HANDLE),
                    udp_esp_encapsulation: get_u32(bytes, f::UDP_ESP_ENCAPSULATION),
                    sec_assoc: assoc(f::SEC_ASSOC.start),
                    key_length: get_u32(bytes, f::KEY_LENGTH),
                    key_offset: 0,
                    source_switch_port_id: 0,
                    vlan_id: 0,
                    key_area: KeyArea::default(),
                }
            }
            AddLayout::Ex => {
                use field::add_sa_ex as f;
                Self {
                    layout,
                    header,
                    next: 0,
                    num_ext_hdrs: get_u32(bytes, f::NUM_EXT_HDRS),
                    flags: get_u32(bytes, f::FLAGS),
                    endpoints: get(bytes, f::ENDPOINTS),
                    offload_handle: get_u64(bytes, f::OFFLOAD_HANDLE),
                    udp_esp_encapsulation: get_u32(bytes, f::UDP_ESP_ENCAPSULATION),
                    sec_assoc: assoc(f::SEC_ASSOC.start),
                    key_length: get_u32(bytes, f::KEY_LENGTH),
                    key_offset: get_u32(bytes, f::KEY_OFFSET),
                    source_switch_port_id: get_u32(bytes, f::SOURCE_SWITCH_PORT_ID),
                    vlan_id: u16::from_le_bytes(get(bytes, f::VLAN_ID)),
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
            u128::from_be_bytes(get(&self.endpoints, field::endpoints::IPV6_DEST_ADDR))
        } else {
            u128::from(u32::from_be_bytes(get(
                &self.endpoints,
                field::endpoints::IPV4_DEST_ADDR,
            )))
        }
    }
}

/// `IPSEC_OFFLOAD_V2_DELETE_SA`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteSa {
    /// `Header`
    pub header: ObjectHeader,
    /// `Next`
    pub next: u64,
    /// `OffloadHandle`
    pub offload_handle: u64,
}

impl DeleteSa {
    /// A legal request.
    #[must_use]
    pub fn new(offload_handle: u64) -> Self {
        Self {
            header: ObjectHeader {
                object_type: NDIS_OBJECT_TYPE_DEFAULT,
                revision: 1,
                size: NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
            },
            next: 0,
            offload_handle,
        }
    }

    /// The InformationBuffer.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut b = vec![0; field::delete_sa::SIZE_OF];
        put_header(&mut b, self.header);
        put(&mut b, field::delete_sa::NEXT, &self.next.to_le_bytes());
        put(
            &mut b,
            field::delete_sa::OFFLOAD_HANDLE,
            &self.offload_handle.to_le_bytes(),
        );
        b
    }

    /// Takes a buffer apart.
    ///
    /// # Errors
    /// [`TooShort`] below 24 bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, TooShort> {
        if bytes.len() < field::delete_sa::SIZE_OF {
            return Err(TooShort {
                needed: field::delete_sa::SIZE_OF,
                given: bytes.len(),
            });
        }
        Ok(Self {
            header: get_header(bytes),
            next: get_u64(bytes, field::delete_sa::NEXT),
            offload_handle: get_u64(bytes, field::delete_sa::OFFLOAD_HANDLE),
        })
    }
}

/// `NDIS_IPSEC_OFFLOAD_V2`: what the hardware can do, or what of it is switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IpsecOffloadV2 {
    /// `Encapsulation`
    pub encapsulation: u32,
    /// `IPv6Supported`
    pub ipv6_supported: bool,
    /// `IPv4Options`
    pub ipv4_options: bool,
    /// `IPv6NonIPsecExtensionHeaders`
    pub ipv6_non_ipsec_extension_headers: bool,
    /// `Ah`
    pub ah: bool,
    /// `Esp`
    pub esp: bool,
    /// `AhEspCombined`
    pub ah_esp_combined: bool,
    /// `Transport`
    pub transport: bool,
    /// `Tunnel`
    pub tunnel: bool,
    /// `TransportTunnelCombined`
    pub transport_tunnel_combined: bool,
    /// `LsoSupported`
    pub lso_supported: bool,
    /// `ExtendedSequenceNumbers`
    pub extended_sequence_numbers: bool,
    /// `UdpEsp`
    pub udp_esp: u32,
    /// `AuthenticationAlgorithms`
    pub authentication_algorithms: u32,
    /// `EncryptionAlgorithms`
    pub encryption_algorithms: u32,
    /// `SaOffloadCapacity`
    pub sa_offload_capacity: u32,
}

impl IpsecOffloadV2 {
    /// The BOOLEAN members with their offsets.
    fn booleans(&mut self) -> [(usize, &mut bool); 11] {
        use field::ipsec_offload_v2 as f;
        [
            (f::IPV6_SUPPORTED, &mut self.ipv6_supported),
            (f::IPV4_OPTIONS, &mut self.ipv4_options),
            (
                f::IPV6_NON_IPSEC_EXTENSION_HEADERS,
                &mut self.ipv6_non_ipsec_extension_headers,
            ),
            (f::AH, &mut self.ah),
            (f::ESP, &mut self.esp),
            (f::AH_ESP_COMBINED, &mut self.ah_esp_combined),
            (f::TRANSPORT, &mut self.transport),
            (f::TUNNEL, &mut self.tunnel),
            (
                f::TRANSPORT_TUNNEL_COMBINED,
                &mut self.transport_tunnel_combined,
            ),
            (f::LSO_SUPPORTED, &mut self.lso_supported),
            (
                f::EXTENDED_SEQUENCE_NUMBERS,
                &mut self.extended_sequence_numbers,
            ),
        ]
    }

    /// The 32-byte image.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; field::ipsec_offload_v2::SIZE_OF] {
        use field::ipsec_offload_v2 as f;
        let mut b = [0; f::SIZE_OF];
        put(&mut b, f::ENCAPSULATION, &self.encapsulation.to_le_bytes());
        for (at, value) in self.clone().booleans() {
            b[at] = u8::from(*value);
        }
        put(&mut b, f::UDP_ESP, &self.udp_esp.to_le_bytes());
        put(
            &mut b,
            f::AUTHENTICATION_ALGORITHMS,
            &self.authentication_algorithms.to_le_bytes(),
        );
        put(
            &mut b,
            f::ENCRYPTION_ALGORITHMS,
            &self.encryption_algorithms.to_le_bytes(),
        );
        put(
            &mut b,
            f::SA_OFFLOAD_CAPACITY,
            &self.sa_offload_capacity.to_le_bytes(),
        );
        b
    }

    /// Takes an image apart; any byte but 0 is TRUE.
    #[must_use]
    pub fn from_bytes(b: &[u8; field::ipsec_offload_v2::SIZE_OF]) -> Self {
        use field::ipsec_offload_v2 as f;
        let mut v = Self {
            encapsulation: get_u32(b, f::ENCAPSULATION),
            udp_esp: get_u32(b, f::UDP_ESP),
            authentication_algorithms: get_u32(b, f::AUTHENTICATION_ALGORITHMS),
            encryption_algorithms: get_u32(b, f::ENCRYPTION_ALGORITHMS),
            sa_offload_capacity: get_u32(b, f::SA_OFFLOAD_CAPACITY),
            ..Self::default()
        };
        for (at, value) in v.booleans() {
            *value = b[at] != 0;
        }
        v
    }

    /// The image as the eight words of a register file.
    #[must_use]
    pub fn to_words(&self) -> [u32; 8] {
        let b = self.to_bytes();
        std::array::from_fn(|k| get_u32(&b, 4 * k..4 * k + 4))
    }
}

fn put(b: &mut [u8], at: Range<usize>, value: &[u8]) {
    b[at].copy_from_slice(value);
}

/// The `N` bytes at `at`; the caller has checked that they are there.
fn get<const N: usize>(b: &[u8], at: Range<usize>) -> [u8; N] {
    let mut value = [0; N];
    value.copy_from_slice(&b[at]);
    value
}

fn get_u32(b: &[u8], at: Range<usize>) -> u32 {
    u32::from_le_bytes(get(b, at))
}

fn get_u64(b: &[u8], at: Range<usize>) -> u64 {
    u64::from_le_bytes(get(b, at))
}

fn put_header(b: &mut [u8], header: ObjectHeader) {
    use field::object_header as f;
    put(b, f::TYPE, &[header.object_type]);
    put(b, f::REVISION, &[header.revision]);
    put(b, f::SIZE, &header.size.to_le_bytes());
}

fn get_header(b: &[u8]) -> ObjectHeader {
    use field::object_header as f;
    ObjectHeader {
        object_type: b[f::TYPE.start],
        revision: b[f::REVISION.start],
        size: u16::from_le_bytes(get(b, f::SIZE)),
    }
}

fn put_algorithm(b: &mut [u8], info: &AlgorithmInfo) {
    use field::algorithm_info as f;
    put(b, f::IDENTIFIER, &info.identifier.to_le_bytes());
    put(b, f::KEY_LENGTH, &info.key_length.to_le_bytes());
    put(b, f::KEY_OFFSET_BYTES, &info.key_offset_bytes.to_le_bytes());
    put(b, f::ADDITIONAL_INFO, &info.additional_info.to_le_bytes());
}

fn get_algorithm(b: &[u8]) -> AlgorithmInfo {
    use field::algorithm_info as f;
    AlgorithmInfo {
        identifier: get_u32(b, f::IDENTIFIER),
        key_length: get_u32(b, f::KEY_LENGTH),
        key_offset_bytes: get_u32(b, f::KEY_OFFSET_BYTES),
        additional_info: get_u32(b, f::ADDITIONAL_INFO),
    }
}

fn put_security_association(b: &mut [u8], sa: &SecurityAssociation, order: SpiOrder) {
    use field::security_association as f;
    put(b, f::FLAGS, &sa.flags.to_le_bytes());
    put(b, f::OPERATION, &sa.operation.to_le_bytes());
    let spi = match order {
        SpiOrder::Wire => sa.spi.to_be_bytes(),
        SpiOrder::Host => sa.spi.to_le_bytes(),
    };
    put(b, f::SPI, &spi);
    put_algorithm(&mut b[f::AUTHENTICATION_ALGORITHM], &sa.authentication);
    put_algorithm(&mut b[f::ENCRYPTION_ALGORITHM], &sa.encryption);
    put(
        b,
        f::SEQUENCE_NUMBER_HIGH_ORDER,
        &sa.sequence_number_high_order.to_le_bytes(),
    );
}

fn get_security_association(b: &[u8], order: SpiOrder) -> SecurityAssociation {
    use field::security_association as f;
    SecurityAssociation {
        flags: get_u32(b, f::FLAGS),
        operation: get_u32(b, f::OPERATION),
        spi: match order {
            SpiOrder::Wire => u32::from_be_bytes(get(b, f::SPI)),
            SpiOrder::Host => u32::from_le_bytes(get(b, f::SPI)),
        },
        authentication: get_algorithm(&b[f::AUTHENTICATION_ALGORITHM]),
        encryption: get_algorithm(&b[f::ENCRYPTION_ALGORITHM]),
        sequence_number_high_order: get_u32(b, f::SEQUENCE_NUMBER_HIGH_ORDER),
    }
}

/// The declarations of the Windows headers, so that the compiler computes the offsets a second time.
#[allow(dead_code, missing_docs)]
mod declared {
    use super::field;
    use std::mem::{offset_of, size_of};

    #[repr(C)]
    struct ObjectHeader {
        object_type: u8,
        revision: u8,
        size: u16,
    }
    #[repr(C)]
    struct AlgorithmInfo {
        identifier: u32,
        key_length: u32,
        key_offset_bytes: u32,
        additional_info: u32,
    }
    #[repr(C)]
    struct SecurityAssociation {
        flags: u32,
        operation: u32,
        spi: u32,
        authentication_algorithm: AlgorithmInfo,
        encryption_algorithm: AlgorithmInfo,
        sequence_number_high_order: u32,
    }
    #[repr(C)]
    struct Ipv4Endpoints {
        src_addr: u32,
        dest_addr: u32,
    }
    #[repr(C)]
    struct Ipv6Endpoints {
        src_addr: [u8; 16],
        dest_addr: [u8; 16],
    }
    #[repr(C)]
    union Endpoints {
        v4: std::mem::ManuallyDrop<Ipv4Endpoints>,
        v6: std::mem::ManuallyDrop<Ipv6Endpoints>,
    }
    #[repr(C)]
    struct AddSa {
        header: ObjectHeader,
        next: u64,
        num_ext_hdrs: u32,
        flags: u32,
        endpoints: Endpoints,
        offload_handle: u64,
        udp_esp_encapsulation: u32,
        sec_assoc: [SecurityAssociation; 2],
        key_length: u32,
        key_data: [u8; 1],
    }
    #[repr(C)]
    struct AddSaEx {
        header: ObjectHeader,
        num_ext_hdrs: u32,
        flags: u32,
        endpoints: Endpoints,
        offload_handle: u64,
        udp_esp_encapsulation: u32,
        sec_assoc: [SecurityAssociation; 2],
        key_length: u32,
        key_offset: u32,
        source_switch_port_id: u32,
        vlan_id: u16,
    }
    #[repr(C)]
    struct DeleteSa {
        header: ObjectHeader,
        next: u64,
        offload_handle: u64,
    }
    #[repr(C)]
    struct IpsecOffloadV2 {
        encapsulation: u32,
        booleans: [u8; 11],
        udp_esp: u32,
        authentication_algorithms: u32,
        encryption_algorithms: u32,
        sa_offload_capacity: u32,
    }

    macro_rules! at {
        ($type:ident, $($member:ident = $field:expr;)*) => {
            const _: () = { $(assert!(offset_of!($type, $member) == $field.start);)* };
        };
    }

    at! { ObjectHeader,
        object_type = field::object_header::TYPE;
        revision = field::object_header::REVISION;
        size = field::object_header::SIZE;
    }
    at! { AlgorithmInfo,
        identifier = field::algorithm_info::IDENTIFIER;
        key_length = field::algorithm_info::KEY_LENGTH;
        key_offset_bytes = field::algorithm_info::KEY_OFFSET_BYTES;
        additional_info = field::algorithm_info::ADDITIONAL_INFO;
    }
    at! { SecurityAssociation,
        flags = field::security_association::FLAGS;
        operation = field::security_association::OPERATION;
        spi = field::security_association::SPI;
        authentication_algorithm = field::security_association::AUTHENTICATION_ALGORITHM;
        encryption_algorithm = field::security_association::ENCRYPTION_ALGORITHM;
        sequence_number_high_order = field::security_association::SEQUENCE_NUMBER_HIGH_ORDER;
    }
    at! { Ipv4Endpoints,
        src_addr = field::endpoints::IPV4_SRC_ADDR;
        dest_addr = field::endpoints::IPV4_DEST_ADDR;
    }
    at! { Ipv6Endpoints,
        src_addr = field::endpoints::IPV6_SRC_ADDR;
        dest_addr = field::endpoints::IPV6_DEST_ADDR;
    }
    at! { AddSa,
        header = field::add_sa::HEADER;
        next = field::add_sa::NEXT;
        num_ext_hdrs = field::add_sa::NUM_EXT_HDRS;
        flags = field::add_sa::FLAGS;
        endpoints = field::add_sa::ENDPOINTS;
        offload_handle = field::add_sa::OFFLOAD_HANDLE;
        udp_esp_encapsulation = field::add_sa::UDP_ESP_ENCAPSULATION;
        sec_assoc = field::add_sa::SEC_ASSOC;
        key_length = field::add_sa::KEY_LENGTH;
        key_data = field::add_sa::KEY_DATA;
    }
    at! { AddSaEx,
        header = field::add_sa_ex::HEADER;
        num_ext_hdrs = field::add_sa_ex::NUM_EXT_HDRS;
        flags = field::add_sa_ex::FLAGS;
        endpoints = field::add_sa_ex::ENDPOINTS;
        offload_handle = field::add_sa_ex::OFFLOAD_HANDLE;
        udp_esp_encapsulation = field::add_sa_ex::UDP_ESP_ENCAPSULATION;
        sec_assoc = field::add_sa_ex::SEC_ASSOC;
        key_length = field::add_sa_ex::KEY_LENGTH;
        key_offset = field::add_sa_ex::KEY_OFFSET;
        source_switch_port_id = field::add_sa_ex::SOURCE_SWITCH_PORT_ID;
        vlan_id = field::add_sa_ex::VLAN_ID;
    }
    at! { DeleteSa,
        header = field::delete_sa::HEADER;
        next = field::delete_sa::NEXT;
        offload_handle = field::delete_sa::OFFLOAD_HANDLE;
    }
    at! { IpsecOffloadV2,
        encapsulation = field::ipsec_offload_v2::ENCAPSULATION;
        udp_esp = field::ipsec_offload_v2::UDP_ESP;
        authentication_algorithms = field::ipsec_offload_v2::AUTHENTICATION_ALGORITHMS;
        encryption_algorithms = field::ipsec_offload_v2::ENCRYPTION_ALGORITHMS;
        sa_offload_capacity = field::ipsec_offload_v2::SA_OFFLOAD_CAPACITY;
    }
    const _: () = {
        assert!(size_of::<AlgorithmInfo>() == field::algorithm_info::SIZE_OF);
        assert!(size_of::<SecurityAssociation>() == field::security_association::SIZE_OF);
        assert!(size_of::<AddSa>() == field::add_sa::SIZE_OF);
        assert!(size_of::<AddSaEx>() == field::add_sa_ex::SIZE_OF);
        assert!(size_of::<DeleteSa>() == field::delete_sa::SIZE_OF);
        assert!(size_of::<IpsecOffloadV2>() == field::ipsec_offload_v2::SIZE_OF);
        assert!(offset_of!(IpsecOffloadV2, booleans) == field::ipsec_offload_v2::IPV6_SUPPORTED);
        assert!(
            field::add_sa::KEY_DATA.end
                == super::NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_REVISION_1 as usize
        );
        assert!(
            field::add_sa_ex::VLAN_ID.end
                == super::NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1 as usize
        );
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> AddSa {
        let key: Vec<u8> = (0..20).collect();
        AddSa::esp_gcm(
            true,
            [192, 0, 2, 1].into(),
            [192, 0, 2, 2].into(),
            4096,
            &key,
        )
    }

    #[test]
    fn spi_bytes_are_in_wire_order() {
        let b = example().to_bytes(SpiOrder::Wire);
        assert_eq!(b[0x4C..0x50], [0x00, 0x00, 0x10, 0x00]);
        let b = example().to_bytes(SpiOrder::Host);
        assert_eq!(b[0x4C..0x50], [0x00, 0x10, 0x00, 0x00]);
        assert_eq!(b[0x1C..0x20], [192, 0, 2, 2]);
    }

    #[test]
    fn every_layout_and_order_comes_back() {
        for layout in [AddLayout::Plain, AddLayout::Ex] {
            for order in [SpiOrder::Wire, SpiOrder::Host] {
                let mut add = example().with_layout(layout);
                if layout == AddLayout::Plain {
                    add.key_offset = 0;
                }
                let back = AddSa::parse(&add.to_bytes(order), layout, order).unwrap();
                assert_eq!(back, add);
                assert_eq!(back.destination(), 0xC000_0202);
            }
        }
    }

    #[test]
    fn short_buffers_are_refused_and_any_others_taken() {
        for layout in [AddLayout::Plain, AddLayout::Ex] {
            let needed = usize::from(layout.fixed_size());
            for given in 0..600 {
                let parsed = AddSa::parse(&vec![0xFF; given], layout, SpiOrder::Wire);
                assert_eq!(parsed.is_ok(), given >= needed);
            }
        }
        assert_eq!(
            DeleteSa::parse(&[0; 23]),
            Err(TooShort {
                needed: 24,
                given: 23
            })
        );
        assert_eq!(
            DeleteSa::parse(&DeleteSa::new(7).to_bytes()),
            Ok(DeleteSa::new(7))
        );
    }

    #[test]
    fn the_capability_image_comes_back() {
        for bit in 0..11 {
            let mut image = [0; 32];
            image[4 + bit] = 1;
            image[0x1C] = 0x10;
            let v = IpsecOffloadV2::from_bytes(&image);
            assert_eq!(v.to_bytes(), image);
            assert_eq!(v.sa_offload_capacity, 16);
            assert_eq!(v.to_words()[7], 16);
        }
    }

    #[test]
    fn statuses_have_names() {
        assert_eq!(status_name(0xC001_0014), "NDIS_STATUS_INVALID_LENGTH");
        assert_eq!(status_name(0x1234), "unknown NDIS_STATUS");
    }
}
