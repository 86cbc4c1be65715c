// SPDX-License-Identifier: Apache-2.0
//! What is wrong with the bytes of a structure.

use std::fmt;

use super::layout::Layout;
use super::{
    Expected, NDIS_STATUS_INVALID_DATA, NDIS_STATUS_INVALID_LENGTH, NdisStatus, ObjectHeader,
};

/// Bytes that are not the structure they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// The bytes end too early.
    TooShort {
        /// Microsoft name of the structure.
        structure: &'static str,
        /// The first member that is not whole.
        member: &'static str,
        /// Bytes that there must be.
        needed: usize,
        /// Bytes that there are.
        given: usize,
    },
    /// A member has a value that it cannot have.
    Unexpected {
        /// Microsoft name of the structure.
        structure: &'static str,
        /// The member.
        member: &'static str,
        /// Its value.
        value: u64,
        /// What it can have.
        expected: Expected,
    },
}

impl LayoutError {
    /// What a miniport answers.
    #[must_use]
    pub fn status(&self) -> NdisStatus {
        match self {
            Self::TooShort { .. } => NdisStatus(NDIS_STATUS_INVALID_LENGTH),
            Self::Unexpected { .. } => NdisStatus(NDIS_STATUS_INVALID_DATA),
        }
    }

    /// Errors unless `layout` has its first `needed` bytes in `bytes`.
    pub(super) fn check_length(
        layout: &Layout,
        bytes: &[u8],
        needed: usize,
    ) -> Result<(), LayoutError> {
        let given = bytes.len();
        if given >= needed {
            return Ok(());
        }
        let cut = layout.members.iter().find(|m| m.offset + m.size > given);
        Err(Self::TooShort {
            structure: layout.name,
            member: cut.map_or("", |m| m.name),
            needed,
            given,
        })
    }

    /// Errors unless `value` is as expected.
    pub(super) fn check_value(
        layout: &Layout,
        member: &'static str,
        value: impl Into<u64>,
        expected: Expected,
    ) -> Result<(), LayoutError> {
        let value = value.into();
        if expected.admits(value) {
            return Ok(());
        }
        Err(Self::Unexpected {
            structure: layout.name,
            member,
            value,
            expected,
        })
    }

    /// Checks the header and the length of a structure that has the given sizes, by revision; a revision beyond
    /// the last has what the last has. Gives the bytes of the revision.
    pub(super) fn check_object(
        layout: &Layout,
        bytes: &[u8],
        object_type: u8,
        sizes: &[u16],
    ) -> Result<usize, LayoutError> {
        use super::wire::Wire;
        Self::check_length(layout, bytes, size_of::<ObjectHeader>())?;
        let header = ObjectHeader::read(bytes);
        Self::check_value(
            layout,
            "Header.Type",
            header.object_type,
            Expected::Exactly(object_type.into()),
        )?;
        Self::check_value(
            layout,
            "Header.Revision",
            header.revision,
            Expected::AtLeast(1),
        )?;
        let size = size_of_revision(sizes, header.revision);
        Self::check_value(
            layout,
            "Header.Size",
            header.size,
            Expected::AtLeast(size.into()),
        )?;
        Self::check_length(layout, bytes, size.into())?;
        Ok(size.into())
    }
}

/// The size that a revision has.
pub(super) fn size_of_revision(sizes: &[u16], revision: u8) -> u16 {
    let k = usize::from(revision).saturating_sub(1);
    sizes.get(k).or(sizes.last()).copied().unwrap_or_default()
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort {
                structure,
                member,
                needed,
                given,
            } => write!(
                f,
                "{structure} has {given} bytes and ends before {member} does: expected {needed} or more"
            ),
            Self::Unexpected {
                structure,
                member,
                value,
                expected,
            } => write!(
                f,
                "{structure}.{member} is {}: expected {expected}",
                expected.show(*value)
            ),
        }
    }
}

impl std::error::Error for LayoutError {}
