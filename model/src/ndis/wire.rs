// SPDX-License-Identifier: Apache-2.0
//! Members as bytes: little-endian, and zero where the bytes end. Nothing here can fail; who parses has checked the
//! length before, and what a revision does not have yet reads zero.

use std::ops::Range;

/// Something that lies in a structure.
pub(crate) trait Wire: Sized {
    /// Reads it from the start of `b`; bytes beyond the end are zero.
    fn read(b: &[u8]) -> Self;
    /// Writes it to the start of `b`, as far as that goes.
    fn write(&self, b: &mut [u8]);
}

/// The part of `b` that lies in `at`.
pub(crate) fn part<'a>(b: &'a [u8], at: &Range<usize>) -> &'a [u8] {
    b.get(at.start..at.end.min(b.len())).unwrap_or_default()
}

/// Reads the member at `at`.
pub(crate) fn get<T: Wire>(b: &[u8], at: Range<usize>) -> T {
    T::read(part(b, &at))
}

/// Writes the member at `at`.
pub(crate) fn put<T: Wire>(b: &mut [u8], at: Range<usize>, value: T) {
    if let Some(b) = b.get_mut(at) {
        value.write(b);
    }
}

fn bytes<const N: usize>(b: &[u8]) -> [u8; N] {
    let mut value = [0; N];
    for (to, from) in value.iter_mut().zip(b) {
        *to = *from;
    }
    value
}

fn copy(b: &mut [u8], value: &[u8]) {
    for (to, from) in b.iter_mut().zip(value) {
        *to = *from;
    }
}

macro_rules! integers {
    ($($type:ty)*) => {
        $(impl Wire for $type {
            fn read(b: &[u8]) -> Self {
                Self::from_le_bytes(bytes(b))
            }

            fn write(&self, b: &mut [u8]) {
                copy(b, &self.to_le_bytes());
            }
        })*
    };
}

integers!(u8 u16 u32 u64);

/// `BOOLEAN`: any byte but 0 is TRUE.
impl Wire for bool {
    fn read(b: &[u8]) -> Self {
        u8::read(b) != 0
    }

    fn write(&self, b: &mut [u8]) {
        u8::from(*self).write(b);
    }
}

impl<T: Wire + Copy, const N: usize> Wire for [T; N] {
    fn read(b: &[u8]) -> Self {
        let size = size_of::<T>();
        std::array::from_fn(|k| get(b, k * size..(k + 1) * size))
    }

    fn write(&self, b: &mut [u8]) {
        for (part, value) in b.chunks_mut(size_of::<T>()).zip(self) {
            value.write(part);
        }
    }
}
