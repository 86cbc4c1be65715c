// SPDX-License-Identifier: Apache-2.0
//! What a member may hold.

use std::fmt;

/// The values that are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// This one (an identifier: printed in hexadecimal).
    Exactly(u64),
    /// This or more.
    AtLeast(u64),
    /// This or less.
    AtMost(u64),
    /// One of these.
    OneOf(&'static [u64]),
    /// One of these identifiers (printed in hexadecimal).
    OneIdOf(&'static [u64]),
    /// No bits but these.
    OnlyBits(u64),
}

impl Expected {
    /// Whether `value` is one of them.
    #[must_use]
    pub fn admits(&self, value: u64) -> bool {
        match *self {
            Self::Exactly(one) => value == one,
            Self::AtLeast(least) => value >= least,
            Self::AtMost(most) => value <= most,
            Self::OneOf(all) | Self::OneIdOf(all) => all.contains(&value),
            Self::OnlyBits(mask) => value & !mask == 0,
        }
    }

    /// `value` in the base in which the expectation is printed.
    pub(super) fn show(&self, value: u64) -> String {
        match self {
            Self::Exactly(_) | Self::OneIdOf(_) | Self::OnlyBits(_) => format!("0x{value:X}"),
            Self::AtLeast(_) | Self::AtMost(_) | Self::OneOf(_) => value.to_string(),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Exactly(one) => f.write_str(&self.show(one)),
            Self::AtLeast(least) => write!(f, "{least} or more"),
            Self::AtMost(most) => write!(f, "{most} or less"),
            Self::OnlyBits(mask) => write!(f, "no bits but 0x{mask:X}"),
            Self::OneOf(all) | Self::OneIdOf(all) => {
                for (k, one) in all.iter().enumerate() {
                    let before = match k {
                        0 => "",
                        _ if k + 1 == all.len() => " or ",
                        _ => ", ",
                    };
                    write!(f, "{before}{}", self.show(*one))?;
                }
                Ok(())
            }
        }
    }
}
