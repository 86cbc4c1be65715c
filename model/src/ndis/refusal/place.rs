// SPDX-License-Identifier: Apache-2.0
//! Where something is wrong.

use std::fmt;

use crate::ndis::{
    AUTHENTICATION_ALGORITHMS, ENCRYPTION_ALGORITHMS, OIDS, OPERATIONS, SEC_ASSOC_FLAGS,
    UDP_ESP_ENCAPSULATIONS, constant_name,
};

/// A member, by its Microsoft name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A member of the request, of the structure, or of the current configuration.
    Member(&'static str),
    /// A member of an entry of `SecAssoc`.
    Association(usize, &'static str),
}

impl Place {
    /// The association, if it lies in one.
    #[must_use]
    pub fn association(&self) -> Option<usize> {
        match self {
            Self::Member(_) => None,
            Self::Association(k, _) => Some(*k),
        }
    }

    /// The name of the member in its structure.
    #[must_use]
    pub fn member(&self) -> &'static str {
        match self {
            Self::Member(name) | Self::Association(_, name) => name,
        }
    }

    /// The Microsoft name of a value at this place.
    pub(super) fn name_of(&self, value: u64) -> Option<&'static str> {
        let family = match self.member() {
            "Flags" if self.association().is_some() => SEC_ASSOC_FLAGS,
            "Oid" => OIDS,
            "Operation" => OPERATIONS,
            "UdpEspEncapsulation" => UDP_ESP_ENCAPSULATIONS,
            "EncryptionAlgorithm.Identifier" => ENCRYPTION_ALGORITHMS,
            "AuthenticationAlgorithm.Identifier" => AUTHENTICATION_ALGORITHMS,
            _ => return None,
        };
        constant_name(family, value.try_into().ok()?)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) => f.write_str(name),
            Self::Association(k, name) => write!(f, "SecAssoc[{k}].{name}"),
        }
    }
}
