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
    /// One of these bits.
    OneBitOf(u64),
    /// Zero, or one of these bits.
    ZeroOrOneBitOf(u64),
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
            Self::OneBitOf(mask) => value.is_power_of_two() && value & mask != 0,
            Self::ZeroOrOneBitOf(mask) => value == 0 || Self::OneBitOf(mask).admits(value),
        }
    }

    /// `value` in the base in which the expectation is printed.
    pub(super) fn show(&self, value: u64) -> String {
        match self {
            Self::AtLeast(_) | Self::AtMost(_) | Self::OneOf(_) => value.to_string(),
            _ => format!("0x{value:X}"),
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
            Self::OneBitOf(mask) => write!(f, "one bit of 0x{mask:X}"),
            Self::ZeroOrOneBitOf(0) => f.write_str("0x0"),
            Self::ZeroOrOneBitOf(mask) => write!(f, "0x0 or one bit of 0x{mask:X}"),
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
