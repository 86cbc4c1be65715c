// SPDX-License-Identifier: Apache-2.0
//! States an out-of-band word once: its members and their bits.

use std::fmt;

/// Some bits of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitField {
    /// The Microsoft name; empty for bits without a member.
    pub name: &'static str,
    /// The lowest bit.
    pub bit: u32,
    /// Number of bits.
    pub width: u32,
}

impl BitField {
    /// The bits, in place.
    #[must_use]
    pub const fn mask(&self) -> u64 {
        (u64::MAX >> (64 - self.width)) << self.bit
    }
}

/// A word of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordLayout {
    /// The Microsoft name of the structure and of its view.
    pub name: &'static str,
    /// Members, from bit 0 up, and the bits between and behind them.
    pub fields: &'static [BitField],
}

impl WordLayout {
    /// Whether the fields follow each other up to bit 63.
    #[must_use]
    pub const fn is_tiled(&self) -> bool {
        let (mut bit, mut k) = (0, 0);
        while k < self.fields.len() {
            if self.fields[k].bit != bit || self.fields[k].width == 0 {
                return false;
            }
            bit += self.fields[k].width;
            k += 1;
        }
        bit == 64
    }

    /// The bits that have a member.
    #[must_use]
    pub const fn mask(&self) -> u64 {
        let (mut mask, mut k) = (0, 0);
        while k < self.fields.len() {
            if !self.fields[k].name.is_empty() {
                mask |= self.fields[k].mask();
            }
            k += 1;
        }
        mask
    }
}

/// Bits are set that have no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReservedBits {
    /// The Microsoft name of the structure and of its view.
    pub word: &'static str,
    /// The bits, in place.
    pub bits: u64,
}

impl fmt::Display for ReservedBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} has reserved bits 0x{:X}: expected zero",
            self.word, self.bits
        )
    }
}

impl std::error::Error for ReservedBits {}

/// A member of a word.
pub(super) trait Bits: Copy {
    /// The most bits that it has.
    const WIDTH: u32;
    fn from_bits(bits: u64) -> Self;
    fn bits(self) -> u64;
}

impl Bits for bool {
    const WIDTH: u32 = 1;
    fn from_bits(bits: u64) -> Self {
        bits != 0
    }
    fn bits(self) -> u64 {
        self.into()
    }
}

macro_rules! integers {
    ($($type:ty)*) => {
        $(impl Bits for $type {
            const WIDTH: u32 = <$type>::BITS;
            fn from_bits(bits: u64) -> Self {
                bits as Self
            }
            fn bits(self) -> u64 {
                self.into()
            }
        })*
    };
}

integers!(u8 u16 u32 u64);

/// Declares a word. Members come from bit 0 up; `_` are bits without a member.
macro_rules! word {
    (
        $(#[$meta:meta])*
        $name:ident = $microsoft:literal;
        $($text:literal $member:ident: $type:ty = $bit:literal, $width:literal;)*
        $(reserved $hole:literal, $holes:literal;)*
    ) => {
        #[doc = concat!("`", $microsoft, "`")]
        #[doc = ""]
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $(#[doc = concat!("`", $text, "`")] pub $member: $type,)*
        }

        impl $name {
            /// Where the members lie.
            pub const LAYOUT: $crate::ndis::oob::WordLayout = $crate::ndis::oob::WordLayout {
                name: $microsoft,
                fields: &$crate::ndis::oob::word::sorted([
                    $($crate::ndis::oob::BitField { name: $text, bit: $bit, width: $width },)*
                    $($crate::ndis::oob::BitField { name: "", bit: $hole, width: $holes },)*
                ]),
            };

            /// The word; a member that is wider than its bits loses its upper bits.
            #[must_use]
            pub fn to_word(&self) -> u64 {
                use $crate::ndis::oob::word::Bits;
                const FIELDS: &[$crate::ndis::oob::BitField] = &[
                    $($crate::ndis::oob::BitField { name: $text, bit: $bit, width: $width },)*
                ];
                let bits = [$(self.$member.bits(),)*];
                FIELDS.iter().zip(bits).fold(0, |word, (field, bits)| {
                    word | (bits << field.bit) & field.mask()
                })
            }

            /// Takes a word apart; reserved bits are ignored.
            #[must_use]
            pub fn from_word(word: u64) -> Self {
                Self {
                    $($member: $crate::ndis::oob::word::Bits::from_bits(
                        (word >> $bit) & (u64::MAX >> (64 - $width)),
                    ),)*
                }
            }

            /// Takes a word apart.
            ///
            /// # Errors
            #[doc = "[`ReservedBits`](crate::ndis::oob::ReservedBits) if one of them is set."]
            pub fn parse(word: u64) -> Result<Self, $crate::ndis::oob::ReservedBits> {
                match word & !Self::LAYOUT.mask() {
                    0 => Ok(Self::from_word(word)),
                    bits => Err($crate::ndis::oob::ReservedBits { word: $microsoft, bits }),
                }
            }
        }

        const _: () = {
            use $crate::ndis::oob::word::Bits;
            assert!($name::LAYOUT.is_tiled());
            $(assert!($width <= <$type as Bits>::WIDTH);)*
        };
    };
}

/// By the lowest bit.
pub(super) const fn sorted<const N: usize>(mut fields: [BitField; N]) -> [BitField; N] {
    let mut done = 1;
    while done < N {
        let mut k = done;
        while k > 0 && fields[k - 1].bit > fields[k].bit {
            let lower = fields[k];
            fields[k] = fields[k - 1];
            fields[k - 1] = lower;
            k -= 1;
        }
        done += 1;
    }
    fields
}

pub(super) use word;
