// SPDX-License-Identifier: Apache-2.0

//! What the generated types tell about themselves.

/// A field of a [`Record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name in the design; of an internal signal the hierarchical name from the top module on.
    pub name: &'static str,
    /// Width in bits.
    pub bits: u32,
    /// First byte in the record.
    pub offset: usize,
}

impl Field {
    /// Bytes that the field takes in the record.
    pub const fn size(&self) -> usize {
        match self.bits {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            33..=64 => 8,
            bits => 4 * bits.div_ceil(32) as usize,
        }
    }

    /// The value in `record`, in 32-bit words, the least significant first.
    pub fn words<R: Record>(&self, record: &R) -> Vec<u32> {
        let bytes = record
            .as_bytes()
            .get(self.offset..self.offset + self.size());
        bytes.unwrap_or_default().chunks(4).map(word).collect()
    }

    /// The value in `record`, cut to its lower 64 bits.
    pub fn value<R: Record>(&self, record: &R) -> u64 {
        let bytes = record
            .as_bytes()
            .get(self.offset..self.offset + self.size());
        bytes
            .unwrap_or_default()
            .iter()
            .take(8)
            .rev()
            .fold(0, |v, b| (v << 8) | u64::from(*b))
    }
}

/// A memory of the design that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Hierarchical name, from the top module on.
    pub name: &'static str,
    /// Width of a word in bits.
    pub bits: u32,
    /// Number of words.
    pub depth: usize,
    /// Bytes that a word takes in the simulator.
    pub stride: usize,
}

impl Memory {
    pub(crate) fn is_called(&self, name: &str) -> bool {
        self.name == name
            || self
                .name
                .split_once('.')
                .is_some_and(|(_, inner)| inner == name)
    }
}

/// A generated struct of port or signal values.
///
/// # Safety
///
/// The type is `repr(C)`, consists of integers and arrays of integers, has no padding, and `FIELDS`
/// tells the truth about it.
pub unsafe trait Record:
    Copy + Default + Eq + std::fmt::Debug + Send + Sync + 'static
{
    /// The fields, in the order of the struct.
    const FIELDS: &'static [Field];

    /// The field called `name` in the design.
    fn field(name: &str) -> Option<&'static Field> {
        Self::FIELDS.iter().find(|field| field.name == name)
    }

    /// The bytes of the record.
    fn as_bytes(&self) -> &[u8] {
        let start = <*const Self>::cast::<u8>(self);
        // SAFETY: a record has no padding, so all of its bytes are initialised.
        unsafe { std::slice::from_raw_parts(start, std::mem::size_of::<Self>()) }
    }
}

/// Up to four bytes, the least significant first.
pub(crate) fn word(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .rev()
        .fold(0, |value, byte| (value << 8) | u32::from(*byte))
}
