// SPDX-License-Identifier: Apache-2.0
//! A command, and the checks on what it says.

use std::ops::Range;

use super::{Place, Problem, Refusal, Row};
use crate::ndis::security_association::SecurityAssociation;
use crate::ndis::wire::{get, part};
use crate::ndis::{
    AddLayout, AlgorithmInfo, Expected, IPSEC_OFFLOAD_V2_AH, IPSEC_OFFLOAD_V2_ENCRYPTION_NONE,
    IPSEC_OFFLOAD_V2_ESN_SA, IPSEC_OFFLOAD_V2_ESP, IPSEC_OFFLOAD_V2_INBOUND, IPSEC_OFFLOAD_V2_IPV6,
    IpsecOffloadV2, NDIS_OBJECT_TYPE_DEFAULT, NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
    NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1, NDIS_STATUS_INVALID_DATA,
    NDIS_STATUS_INVALID_LENGTH, NDIS_STATUS_INVALID_OID, NDIS_STATUS_INVALID_PARAMETER,
    NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_REQUEST_ABORTED,
    NDIS_STATUS_RESET_IN_PROGRESS, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, NdisStatus,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, ObjectHeader,
    SpiOrder, UpdateSa, field,
};

/// Bytes of a window of the mailbox.
const WINDOW: u32 = 512;
/// The first SPI that is not reserved.
const FIRST_SPI: u64 = 256;
/// The four commands.
const COMMANDS: &[u64] = &[
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA as u64,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA as u64,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA as u64,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX as u64,
];
const AH: u64 = IPSEC_OFFLOAD_V2_AH as u64;
const ESP: u64 = IPSEC_OFFLOAD_V2_ESP as u64;
/// Integrity algorithms.
const INTEGRITY: &[u64] = &[0x01, 0x02, 0x04, 0x08, 0x10, 0x20];
/// What goes with a cipher that is not a combined mode.
const INTEGRITY_OF_CBC: &[u64] = &[0, 0x01, 0x02, 0x04];
/// Encryption algorithms.
const ENCRYPTION: &[u64] = &[0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x100];
/// Combined modes.
const GCM: &[u64] = &[0x08, 0x10, 0x20];
/// AES-GMAC
const GMAC: &[u64] = &[0x08, 0x10, 0x20];
/// Bytes of an ICV of AES-GCM; 0 is 16.
const GCM_ICV: &[u64] = &[0, 8, 12, 16];
/// Bytes of an ICV of AES-GMAC; 0 is 16.
const GMAC_ICV: &[u64] = &[0, 16];

/// A command as it is given to the device, and the settings that its checks hang on.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// OID
    pub oid: u32,
    /// LENGTH: InformationBufferLength.
    pub length: u32,
    /// The InformationBuffer; bytes that are not there are zero.
    pub buffer: &'a [u8],
    /// The current configuration.
    pub current: &'a IpsecOffloadV2,
    /// CTRL.spi_host_order
    pub spi_order: SpiOrder,
}

/// A check: nothing, or the refusal.
type Check = Result<(), Refusal>;

impl Row {
    fn refuse(self, status: u32, problem: Problem) -> Refusal {
        Refusal {
            row: self,
            status: NdisStatus(status),
            bytes_needed: 0,
            problem,
        }
    }

    fn other(self, status: u32, text: &'static str) -> Refusal {
        self.refuse(status, Problem::Other(text))
    }

    fn value(self, status: u32, place: Place, value: impl Into<u64>, expected: Expected) -> Check {
        let value = value.into();
        if expected.admits(value) {
            return Ok(());
        }
        Err(self.refuse(
            status,
            Problem::Value {
                place,
                value,
                expected,
            },
        ))
    }
}

impl Request<'_> {
    /// Why the command cannot be carried out, whatever the state of the device is; nothing if that hangs on its state.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self.oid {
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => self.check_add(AddLayout::Plain),
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => self.check_add(AddLayout::Ex),
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => self.check_delete(),
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA => self.check_update(),
            oid => Row::Decode(2).value(
                NDIS_STATUS_INVALID_OID,
                Place::Member("Oid"),
                oid,
                Expected::OneIdOf(COMMANDS),
            ),
        }
        .err()
    }

    /// Why the command ended with `status`: what is wrong with it by itself, or else with the state that it met. Nothing for
    /// a command that was carried out, and for a status that no row gives.
    #[must_use]
    pub fn explain(&self, status: NdisStatus) -> Option<Refusal> {
        if let Some(refusal) = self.refusal().filter(|refusal| refusal.status == status) {
            return Some(refusal);
        }
        let add = matches!(
            self.oid,
            OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA | OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX
        );
        let update = self.oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA;
        let (row, text) = match status.0 {
            NDIS_STATUS_NOT_ACCEPTED => (
                Row::Decode(1),
                "the device is halted, or it was in reset and the command is DELETE_SA",
            ),
            NDIS_STATUS_RESET_IN_PROGRESS => (Row::Doorbell(2), "the device was in reset"),
            NDIS_STATUS_REQUEST_ABORTED => (
                Row::Decode(3),
                "the command was cancelled, or cut by a soft reset",
            ),
            NDIS_STATUS_INVALID_PARAMETER if add => (
                Row::Dup,
                "an inbound association with this IP version, protocol, Spi and destination is there already: \
                 expected a new one",
            ),
            NDIS_STATUS_RESOURCES if add => (
                Row::Alloc,
                "as many bundles as SA_LIMIT admits are there already: expected a free one",
            ),
            NDIS_STATUS_INVALID_PARAMETER if update => (
                Row::CheckUpdate(5),
                "OffloadHandle, Operation and Spi do not name an association of a live bundle that was added with \
                 IPSEC_OFFLOAD_V2_ESN_SA: expected one",
            ),
            _ => return None,
        };
        Some(row.other(status.0, text))
    }

    /// Rows of DECODE on LENGTH.
    fn check_length(&self, fixed: u16) -> Check {
        let check = |row: Row, expected| {
            let place = Place::Member("InformationBufferLength");
            row.value(NDIS_STATUS_INVALID_LENGTH, place, self.length, expected)
        };
        let short = check(Row::Decode(5), Expected::AtLeast(fixed.into()));
        short.map_err(|refusal| Refusal {
            bytes_needed: fixed.into(),
            ..refusal
        })?;
        check(Row::Decode(6), Expected::AtMost(WINDOW.into()))
    }

    /// `Header`, of which all commands expect the same.
    fn check_header(&self, row: Row, status: u32, fixed: u16) -> Check {
        let header: ObjectHeader = self.get(0..4);
        let check =
            |member, value, expected| row.value(status, Place::Member(member), value, expected);
        check(
            "Header.Type",
            u64::from(header.object_type),
            Expected::Exactly(NDIS_OBJECT_TYPE_DEFAULT.into()),
        )?;
        check(
            "Header.Revision",
            header.revision.into(),
            Expected::AtLeast(1),
        )?;
        check(
            "Header.Size",
            header.size.into(),
            Expected::AtLeast(fixed.into()),
        )
    }

    fn check_add(&self, layout: AddLayout) -> Check {
        if *self.current == IpsecOffloadV2::default() {
            return Err(Row::Decode(4).other(
                NDIS_STATUS_NOT_SUPPORTED,
                "the current configuration is a zero block: expected the engine to be on and IPsecV2 not to be disabled",
            ));
        }
        let fixed = layout.fixed_size();
        self.check_length(fixed)?;
        self.check_header(Row::CheckAdd(2), NDIS_STATUS_INVALID_DATA, fixed)?;

        let bundle = self.bundle(layout);
        let count = bundle.num_ext_hdrs;
        Row::CheckAdd(3).value(
            NDIS_STATUS_INVALID_DATA,
            Place::Member("NumExtHdrs"),
            count,
            Expected::OneOf(&[1, 2]),
        )?;
        let associations = &bundle.associations[..if count == 1 { 1 } else { 2 }];
        let each = || associations.iter().enumerate();
        check_flags(&bundle, each())?;
        self.check_key_area(layout, &bundle)?;
        for (k, sa) in each() {
            check_key(k, "EncryptionAlgorithm", &sa.encryption, bundle.key_length)?;
            if !is_gcm(sa) {
                check_key(
                    k,
                    "AuthenticationAlgorithm",
                    &sa.authentication,
                    bundle.key_length,
                )?;
            }
        }
        for (k, sa) in each() {
            check_operation(k, sa)?;
        }
        if let [first, second] = associations {
            // Each is AH or ESP by now.
            let check = |k, sa: &SecurityAssociation, operation| {
                Row::CheckAdd(6).value(
                    NDIS_STATUS_INVALID_PARAMETER,
                    Place::Association(k, "Operation"),
                    sa.operation,
                    Expected::OneOf(operation),
                )
            };
            check(0, first, &[ESP])?;
            check(1, second, &[AH])?;
        }
        for (k, sa) in each().filter(|(_, sa)| sa.operation == IPSEC_OFFLOAD_V2_AH) {
            check_ah(k, sa)?;
        }
        for (k, sa) in each().filter(|(_, sa)| sa.operation == IPSEC_OFFLOAD_V2_ESP) {
            check_esp(k, sa)?;
        }
        self.check_capabilities(&bundle, associations)
    }

    /// Row 4: the key area lies in the buffer.
    fn check_key_area(&self, layout: AddLayout, bundle: &Bundle) -> Check {
        let check = |member, value: u32, expected| {
            let place = Place::Member(member);
            Row::CheckAdd(4).value(NDIS_STATUS_INVALID_DATA, place, value, expected)
        };
        let length = u64::from(self.length);
        if layout == AddLayout::Ex {
            let fixed = u64::from(layout.fixed_size());
            check("KeyOffset", bundle.key_area, Expected::AtLeast(fixed))?;
            check("KeyOffset", bundle.key_area, Expected::AtMost(length))?;
        }
        let room = length.saturating_sub(bundle.key_area.into());
        check("KeyLength", bundle.key_length, Expected::AtMost(room))
    }

    /// Rows 9 to 11: what is well formed and outside the current configuration.
    fn check_capabilities(&self, bundle: &Bundle, associations: &[SecurityAssociation]) -> Check {
        let check = |row, place, value: u32, expected| {
            Row::CheckAdd(row).value(NDIS_STATUS_NOT_SUPPORTED, place, value, expected)
        };
        let counts: &[u64] = if self.current.ah_esp_combined {
            &[1, 2]
        } else {
            &[1]
        };
        check(
            9,
            Place::Member("NumExtHdrs"),
            bundle.num_ext_hdrs,
            Expected::OneOf(counts),
        )?;
        let any_ah = associations
            .iter()
            .any(|sa| sa.operation == IPSEC_OFFLOAD_V2_AH);
        let udp = if any_ah { 0 } else { self.current.udp_esp };
        check(
            9,
            Place::Member("UdpEspEncapsulation"),
            bundle.udp_esp_encapsulation,
            Expected::ZeroOrOneBitOf(udp.into()),
        )?;
        let operations = match (self.current.ah, self.current.esp) {
            (true, true) => Expected::OneOf(&[AH, ESP]),
            (true, false) => Expected::OneOf(&[AH]),
            (false, true) => Expected::OneOf(&[ESP]),
            (false, false) => {
                return Err(Row::CheckAdd(10).other(
                    NDIS_STATUS_NOT_SUPPORTED,
                    "Ah and Esp are FALSE in the current configuration: expected one to be TRUE",
                ));
            }
        };
        for (k, sa) in associations.iter().enumerate() {
            let at = |member| Place::Association(k, member);
            check(10, at("Operation"), sa.operation, operations)?;
            if sa.operation == IPSEC_OFFLOAD_V2_ESP {
                check(
                    10,
                    at("EncryptionAlgorithm.Identifier"),
                    sa.encryption.identifier,
                    Expected::OneBitOf(self.current.encryption_algorithms.into()),
                )?;
            }
            if !is_gcm(sa) {
                check(
                    10,
                    at("AuthenticationAlgorithm.Identifier"),
                    sa.authentication.identifier,
                    Expected::OneIdOf(GMAC),
                )?;
            }
            if !self.current.extended_sequence_numbers {
                check(10, at("Flags"), sa.flags, Expected::Exactly(0))?;
            }
        }
        for (k, sa) in associations.iter().enumerate() {
            let (info, icv, length, additional) = if is_gcm(sa) {
                (
                    &sa.encryption,
                    GCM_ICV,
                    "EncryptionAlgorithm.KeyLength",
                    "EncryptionAlgorithm.AdditionalInfo",
                )
            } else {
                (
                    &sa.authentication,
                    GMAC_ICV,
                    "AuthenticationAlgorithm.KeyLength",
                    "AuthenticationAlgorithm.AdditionalInfo",
                )
            };
            check(
                11,
                Place::Association(k, length),
                info.key_length,
                key_and_salt(info.identifier),
            )?;
            check(
                11,
                Place::Association(k, additional),
                info.additional_info,
                Expected::OneOf(icv),
            )?;
        }
        Ok(())
    }

    fn check_delete(&self) -> Check {
        let fixed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1;
        for expected in [
            Expected::AtLeast(fixed.into()),
            Expected::AtMost(WINDOW.into()),
        ] {
            Row::Decode(7).value(
                NDIS_STATUS_SUCCESS,
                Place::Member("InformationBufferLength"),
                self.length,
                expected,
            )?;
        }
        self.check_header(Row::CheckDelete(2), NDIS_STATUS_SUCCESS, fixed)?;
        let handle = self.get(field::delete_sa::OFFLOAD_HANDLE);
        check_handle(Row::CheckDelete(3), NDIS_STATUS_SUCCESS, handle)
    }

    fn check_update(&self) -> Check {
        let fixed = NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1;
        self.check_length(fixed)?;
        self.check_header(Row::CheckUpdate(2), NDIS_STATUS_INVALID_DATA, fixed)?;
        if !self.current.extended_sequence_numbers {
            return Err(Row::CheckUpdate(3).other(
                NDIS_STATUS_INVALID_PARAMETER,
                "ExtendedSequenceNumbers is FALSE in the current configuration: expected TRUE",
            ));
        }
        let update: UpdateSa = self.get(0..field::update_sa::SIZE_OF);
        let status = NDIS_STATUS_INVALID_PARAMETER;
        check_handle(Row::CheckUpdate(4), status, update.offload_handle)?;
        // No association that was added has another operation, or a reserved SPI.
        let check = |member, value, expected| {
            Row::CheckUpdate(5).value(status, Place::Member(member), value, expected)
        };
        check("Operation", update.operation, Expected::OneOf(&[AH, ESP]))?;
        check(
            "Spi",
            self.spi_order.swap(update.spi),
            Expected::AtLeast(FIRST_SPI),
        )
    }

    fn get<T: crate::ndis::wire::Wire>(&self, at: Range<usize>) -> T {
        get(self.buffer, at)
    }

    /// The members that are checked, of either layout; not the keys.
    fn bundle(&self, layout: AddLayout) -> Bundle {
        let (count, flags, udp, associations, key_length, key_area) = match layout {
            AddLayout::Plain => {
                use field::add_sa as f;
                let area = f::KEY_DATA.start as u32;
                let associations = [f::SEC_ASSOC_0, f::SEC_ASSOC_1];
                let udp = f::UDP_ESP_ENCAPSULATION;
                (
                    f::NUM_EXT_HDRS,
                    f::FLAGS,
                    udp,
                    associations,
                    f::KEY_LENGTH,
                    area,
                )
            }
            AddLayout::Ex => {
                use field::add_sa_ex as f;
                let area = self.get(f::KEY_OFFSET);
                let associations = [f::SEC_ASSOC_0, f::SEC_ASSOC_1];
                let udp = f::UDP_ESP_ENCAPSULATION;
                (
                    f::NUM_EXT_HDRS,
                    f::FLAGS,
                    udp,
                    associations,
                    f::KEY_LENGTH,
                    area,
                )
            }
        };
        Bundle {
            num_ext_hdrs: self.get(count),
            flags: self.get(flags),
            udp_esp_encapsulation: self.get(udp),
            associations: associations
                .map(|at| SecurityAssociation::get(part(self.buffer, &at), self.spi_order)),
            key_length: self.get(key_length),
            key_area,
        }
    }
}

/// The members of an add structure that are checked.
struct Bundle {
    num_ext_hdrs: u32,
    flags: u32,
    udp_esp_encapsulation: u32,
    associations: [SecurityAssociation; 2],
    key_length: u32,
    /// Where the key area starts.
    key_area: u32,
}

fn is_gcm(sa: &SecurityAssociation) -> bool {
    GCM.contains(&sa.encryption.identifier.into())
}

/// Bytes of a key of AES-GCM or AES-GMAC and of its salt.
fn key_and_salt(identifier: u32) -> Expected {
    Expected::OneOf(match identifier {
        0x08 => &[20],
        0x10 => &[28],
        _ => &[36],
    })
}

/// Row 3, but for `NumExtHdrs`.
fn check_flags<'s>(
    bundle: &Bundle,
    each: impl Iterator<Item = (usize, &'s SecurityAssociation)>,
) -> Check {
    let check = |place, flags: u32, known: u32| {
        let known = Expected::OnlyBits(known.into());
        Row::CheckAdd(3).value(NDIS_STATUS_INVALID_DATA, place, flags, known)
    };
    check(
        Place::Member("Flags"),
        bundle.flags,
        IPSEC_OFFLOAD_V2_INBOUND | IPSEC_OFFLOAD_V2_IPV6,
    )?;
    for (k, sa) in each {
        check(
            Place::Association(k, "Flags"),
            sa.flags,
            IPSEC_OFFLOAD_V2_ESN_SA,
        )?;
    }
    Ok(())
}

/// Row 5: a key lies in the key area.
fn check_key(k: usize, role: &str, info: &AlgorithmInfo, area: u32) -> Check {
    let (offset, length) = match role {
        "EncryptionAlgorithm" => (
            "EncryptionAlgorithm.KeyOffsetBytes",
            "EncryptionAlgorithm.KeyLength",
        ),
        _ => (
            "AuthenticationAlgorithm.KeyOffsetBytes",
            "AuthenticationAlgorithm.KeyLength",
        ),
    };
    let check = |member, value: u32, most: u32| {
        Row::CheckAdd(5).value(
            NDIS_STATUS_INVALID_DATA,
            Place::Association(k, member),
            value,
            Expected::AtMost(most.into()),
        )
    };
    check(offset, info.key_offset_bytes, area)?;
    check(
        length,
        info.key_length,
        area.saturating_sub(info.key_offset_bytes),
    )
}

/// Row 6, but for the order.
fn check_operation(k: usize, sa: &SecurityAssociation) -> Check {
    let check = |member, value: u32, expected| {
        let place = Place::Association(k, member);
        Row::CheckAdd(6).value(NDIS_STATUS_INVALID_PARAMETER, place, value, expected)
    };
    check("Operation", sa.operation, Expected::OneOf(&[AH, ESP]))?;
    check("Spi", sa.spi, Expected::AtLeast(FIRST_SPI))
}

fn check_identifier(
    row: u8,
    k: usize,
    member: &'static str,
    info: &AlgorithmInfo,
    expected: Expected,
) -> Check {
    Row::CheckAdd(row).value(
        NDIS_STATUS_INVALID_PARAMETER,
        Place::Association(k, member),
        info.identifier,
        expected,
    )
}

/// Row 7.
fn check_ah(k: usize, sa: &SecurityAssociation) -> Check {
    let (encryption, authentication) = (
        "EncryptionAlgorithm.Identifier",
        "AuthenticationAlgorithm.Identifier",
    );
    check_identifier(7, k, encryption, &sa.encryption, Expected::Exactly(0))?;
    check_identifier(
        7,
        k,
        authentication,
        &sa.authentication,
        Expected::OneIdOf(INTEGRITY),
    )
}

/// Row 8.
fn check_esp(k: usize, sa: &SecurityAssociation) -> Check {
    let (encryption, authentication) = (
        "EncryptionAlgorithm.Identifier",
        "AuthenticationAlgorithm.Identifier",
    );
    check_identifier(
        8,
        k,
        encryption,
        &sa.encryption,
        Expected::OneIdOf(ENCRYPTION),
    )?;
    let expected = match sa.encryption.identifier {
        _ if is_gcm(sa) => return Ok(()),
        IPSEC_OFFLOAD_V2_ENCRYPTION_NONE => INTEGRITY,
        _ => INTEGRITY_OF_CBC,
    };
    check_identifier(
        8,
        k,
        authentication,
        &sa.authentication,
        Expected::OneIdOf(expected),
    )
}

/// What no handle has, of however many bundles.
fn check_handle(row: Row, status: u32, handle: u64) -> Check {
    if handle >> 32 != 0 || handle & 0xFFFF == 0 {
        return Err(row.other(
            status,
            "OffloadHandle is none that the device gives out: expected bits 63:32 to be 0 and bits 15:0 not",
        ));
    }
    Ok(())
}
