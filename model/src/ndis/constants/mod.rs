// SPDX-License-Identifier: Apache-2.0
//! Constants by their Microsoft names, and lookups between name and value.

mod algorithms;
mod crypto_status;
mod encapsulation;
mod flags;
mod guids;
mod objects;
mod oids;
mod parameters;
mod slots;

pub use algorithms::*;
pub use crypto_status::*;
pub use encapsulation::*;
pub use flags::*;
pub use guids::*;
pub use objects::*;
pub use oids::*;
pub use parameters::*;
pub use slots::*;

/// A constant of the Windows headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Its Microsoft name.
    pub name: &'static str,
    /// Its value.
    pub value: u32,
}

/// Every constant but the status codes ([`STATUSES`](super::STATUSES)) and the GUIDs ([`GUIDS`]), by family.
pub const CONSTANTS: &[&[Constant]] = &[
    OIDS,
    REQUEST_TYPES,
    AUTHENTICATION_ALGORITHMS,
    ENCRYPTION_ALGORITHMS,
    LIMITS,
    ADD_SA_FLAGS,
    SEC_ASSOC_FLAGS,
    OPERATIONS,
    UDP_ESP_ENCAPSULATIONS,
    OFFLOAD_FLAGS,
    CRYPTO_STATUSES,
    IPSECV2_PARAMETERS,
    OFFLOAD_PARAMETERS_FLAGS,
    OFFLOAD_SUPPORT,
    OFFLOAD_SETTINGS,
    IPSEC_KEYWORDS,
    ENCAPSULATIONS,
    OBJECT_TYPES,
    OBJECT_REVISIONS,
    OBJECT_SIZES,
    SLOTS,
];

/// The value of a constant by its Microsoft name, of whatever family; status codes too.
#[must_use]
pub fn constant(name: &str) -> Option<u32> {
    let all = CONSTANTS.iter().copied().chain([super::STATUSES]);
    all.flatten().find(|c| c.name == name).map(|c| c.value)
}

/// The Microsoft name of a value within one family.
#[must_use]
pub fn constant_name(family: &[Constant], value: u32) -> Option<&'static str> {
    family.iter().find(|c| c.value == value).map(|c| c.name)
}

/// The Microsoft name of an OID, or `"unknown OID"`.
#[must_use]
pub fn oid_name(oid: u32) -> &'static str {
    constant_name(OIDS, oid).unwrap_or("unknown OID")
}

/// The Microsoft name of a constant: that of the Rust one, unless the headers mix upper and lower case.
macro_rules! microsoft_name {
    ($name:ident) => {
        stringify!($name)
    };
    ($name:ident $microsoft:literal) => {
        $microsoft
    };
}

/// Declares a family of constants and its table.
macro_rules! constants {
    (
        $(#[$meta:meta])*
        $table:ident: $type:ty;
        $($name:ident $(as $microsoft:literal)? = $value:literal $(, $why:literal)?;)*
    ) => {
        $(
            #[doc = concat!(
                "`", $crate::ndis::constants::microsoft_name!($name $($microsoft)?), "`" $(, ": ", $why)?
            )]
            pub const $name: $type = $value;
        )*

        $(#[$meta])*
        pub const $table: &[$crate::ndis::constants::Constant] = &[
            $($crate::ndis::constants::Constant {
                name: $crate::ndis::constants::microsoft_name!($name $($microsoft)?),
                value: $value,
            },)*
        ];
    };
}

pub(crate) use {constants, microsoft_name};
