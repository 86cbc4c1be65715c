// SPDX-License-Identifier: Apache-2.0
//! The rows of the guide that can end a command.

use std::fmt;

/// A row of "What each command checks, in order".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Row {
    /// At the doorbell.
    Doorbell(u8),
    /// Phase DECODE.
    Decode(u8),
    /// Phase CHECK of ADD_SA and ADD_SA_EX.
    CheckAdd(u8),
    /// Phase DUP of ADD_SA and ADD_SA_EX.
    Dup,
    /// Phase ALLOC of ADD_SA and ADD_SA_EX.
    Alloc,
    /// Phase CHECK of DELETE_SA.
    CheckDelete(u8),
    /// Phase CHECK of UPDATE_SA.
    CheckUpdate(u8),
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Doorbell(row) => write!(f, "doorbell, row {row}"),
            Self::Decode(row) => write!(f, "DECODE, row {row}"),
            Self::CheckAdd(row) => write!(f, "CHECK of ADD_SA and ADD_SA_EX, row {row}"),
            Self::Dup => f.write_str("DUP"),
            Self::Alloc => f.write_str("ALLOC"),
            Self::CheckDelete(row) => write!(f, "CHECK of DELETE_SA, row {row}"),
            Self::CheckUpdate(row) => write!(f, "CHECK of UPDATE_SA, row {row}"),
        }
    }
}
