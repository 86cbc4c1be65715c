// SPDX-License-Identifier: Apache-2.0
//! States a structure once, with the numbers of the Windows headers, and lets the compiler compute them a second time.

/// Where a member lies in its structure (x64).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The Microsoft name; a member of a member is written `outer.inner`.
    pub name: &'static str,
    /// Offset from the start of the structure.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
}

/// A structure of the Windows headers (x64).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The Microsoft name.
    pub name: &'static str,
    /// `sizeof`
    pub size: usize,
    /// Its members, in order.
    pub members: &'static [Member],
    /// Bytes that no member has: {offset, bytes}.
    pub padding: &'static [(usize, usize)],
    /// Members of its members.
    pub within: &'static [Member],
}

impl Layout {
    /// Whether members and padding fill the structure, without gap and without overlap.
    #[must_use]
    pub const fn is_tiled(&self) -> bool {
        let (mut at, mut member, mut hole) = (0, 0, 0);
        while at < self.size {
            if member < self.members.len() && self.members[member].offset == at {
                at += self.members[member].size;
                member += 1;
            } else if hole < self.padding.len() && self.padding[hole].0 == at {
                at += self.padding[hole].1;
                hole += 1;
            } else {
                return false;
            }
        }
        at == self.size && member == self.members.len() && hole == self.padding.len()
    }
}

/// Declares a `repr(C)` structure and its `field` module from rows of {name, offset, size}; a row that the compiler does not
/// come to by itself is an error.
macro_rules! layout {
    (
        $(#[$meta:meta])*
        $vis:vis $name:ident = $microsoft:literal, $size:literal;
        $($text:literal $field:ident $member:ident: $type:ty = $at:literal, $bytes:literal;)*
        $(padding $hole:literal, $holes:literal;)*
        $(within $wtext:literal $($wmember:ident).+: $wtype:ty = $wat:literal, $wbytes:literal;)*
    ) => {
        #[doc = concat!("`", $microsoft, "`")]
        #[doc = ""]
        $(#[$meta])*
        #[repr(C)]
        $vis struct $name {
            $(#[doc = concat!("`", $text, "`")] $vis $member: $type,)*
        }

        #[doc = concat!("Where the members of `", $microsoft, "` lie (x64).")]
        pub mod field {
            use crate::ndis::layout::{Layout, Member};
            use std::ops::Range;

            $(#[doc = concat!("`", $text, "`")] pub const $field: Range<usize> = $at..$at + $bytes;)*
            /// `sizeof`
            pub const SIZE_OF: usize = $size;
            /// All of it.
            pub const LAYOUT: Layout = Layout {
                name: $microsoft,
                size: $size,
                members: &[$(Member { name: $text, offset: $at, size: $bytes },)*],
                padding: &[$(($hole, $holes),)*],
                within: &[$(Member { name: $wtext, offset: $wat, size: $wbytes },)*],
            };
        }

        const _: () = {
            use std::mem::{offset_of, size_of};
            assert!(size_of::<$name>() == $size);
            $(assert!(offset_of!($name, $member) == $at && size_of::<$type>() == $bytes);)*
            $(assert!(offset_of!($name, $($wmember).+) == $wat && size_of::<$wtype>() == $wbytes);)*
            assert!(field::LAYOUT.is_tiled());
        };
    };
}

/// A [`layout!`] that is a value too: it can be read from bytes and written to them.
macro_rules! structure {
    (
        $(#[$meta:meta])*
        $vis:vis $name:ident = $microsoft:literal, $size:literal;
        $($text:literal $field:ident $member:ident: $type:ty = $at:literal, $bytes:literal;)*
        $(padding $hole:literal, $holes:literal;)*
        $(within $wtext:literal $($wmember:ident).+: $wtype:ty = $wat:literal, $wbytes:literal;)*
    ) => {
        $crate::ndis::layout::layout! {
            $(#[$meta])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            $vis $name = $microsoft, $size;
            $($text $field $member: $type = $at, $bytes;)*
            $(padding $hole, $holes;)*
            $(within $wtext $($wmember).+: $wtype = $wat, $wbytes;)*
        }

        impl $crate::ndis::wire::Wire for $name {
            fn read(b: &[u8]) -> Self {
                Self {
                    $($member: $crate::ndis::wire::Wire::read(
                        $crate::ndis::wire::part(b, &field::$field),
                    ),)*
                }
            }

            fn write(&self, b: &mut [u8]) {
                $(if let Some(part) = b.get_mut(field::$field) {
                    $crate::ndis::wire::Wire::write(&self.$member, part);
                })*
            }
        }
    };
}

pub(crate) use {layout, structure};
