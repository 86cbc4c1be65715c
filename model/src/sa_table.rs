// SPDX-License-Identifier: Apache-2.0
//! SA table: bundle, SA, index-head and index-entry memories, and the free list.
//!
//! Chains are kept as the device keeps them, newest entry first, because the length of a walk and the position of
//! an entry are architectural (docs/cycle_formulae.md).

use std::collections::VecDeque;

use crate::config::DeviceConfig;
use crate::hash::{IndexKey, bucket};
use crate::table_types::{Bundle, IndexEntry, Sa};

/// The memories of the SA table. Rows are those that the table itself gave out, or taken modulo its size.
#[derive(Debug)]
pub struct SaTable {
    num_sa: usize,
    heads: Vec<Option<u32>>,
    entries: Vec<IndexEntry>,
    bundles: Vec<Bundle>,
    sas: Vec<Sa>,
    /// Rows with the wrong parity, a word of bits per bundle.
    wrong: Vec<u8>,
    free: VecDeque<u32>,
    in_use: u32,
}

/// Bits of a word of wrong parities: bundle row, and the SA and ESN rows of both associations.
const WRONG_BUNDLE: u8 = 1;

const fn wrong_sa(row: u32) -> u8 {
    2 << (row & 1)
}

const fn wrong_seq_high(row: u32) -> u8 {
    8 << (row & 1)
}

/// What a handle says: bits 15:0 bundle + 1, bits 31:16 generation, the rest zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Bundle row.
    pub bundle: u32,
    /// Generation of the slot.
    pub generation: u16,
}

impl Handle {
    /// The 64-bit value that the host sees.
    #[must_use]
    pub fn value(self) -> u64 {
        (u64::from(self.generation) << 16) | u64::from(self.bundle + 1)
    }

    /// Takes a value apart; `None` if its low half is 0 or its upper 32 bits are not.
    #[must_use]
    pub fn parse(value: u64) -> Option<Self> {
        if value >> 32 != 0 {
            return None;
        }
        let bundle = (value as u32 & 0xFFFF).checked_sub(1)?;
        Some(Self {
            bundle,
            generation: (value >> 16) as u16,
        })
    }
}

impl IndexEntry {
    /// The key that the entry is found by.
    #[must_use]
    pub fn key(&self) -> IndexKey {
        IndexKey {
            v6: self.v6,
            ah: self.ah,
            spi: self.spi,
            dst: self.dst,
        }
    }
}

impl SaTable {
    /// A swept table.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        let num_sa = config.num_sa;
        Self {
            num_sa: num_sa as usize,
            heads: vec![None; config.buckets()],
            entries: vec![IndexEntry::default(); config.rows()],
            bundles: vec![Bundle::default(); num_sa as usize],
            sas: vec![Sa::default(); config.rows()],
            wrong: vec![0; num_sa as usize],
            free: (0..num_sa).collect(),
            in_use: 0,
        }
    }

    /// What a sweep leaves behind. Keys are wiped where they lie.
    pub fn clear(&mut self) {
        self.heads.fill(None);
        self.entries.fill(IndexEntry::default());
        self.bundles.fill(Bundle::default());
        self.sas.fill(Sa::default());
        self.wrong.fill(0);
        self.in_use = 0;
        self.free.clear();
        self.free.extend(0..self.bundles.len() as u32);
    }

    /// First entry of a chain.
    #[must_use]
    #[inline]
    pub fn head(&self, bucket: usize) -> Option<u32> {
        self.heads[bucket]
    }

    /// Entry of the index.
    #[must_use]
    #[inline]
    pub fn entry(&self, row: u32) -> &IndexEntry {
        &self.entries[row as usize]
    }

    /// Bundle row.
    #[must_use]
    #[inline]
    pub fn bundle(&self, index: u32) -> &Bundle {
        &self.bundles[index as usize]
    }

    /// SA row.
    #[must_use]
    #[inline]
    pub fn sa(&self, row: u32) -> &Sa {
        &self.sas[row as usize]
    }

    /// The parity of the bundle row, SA row or ESN row of an association is wrong.
    #[must_use]
    #[inline]
    pub fn parity_error(&self, row: u32) -> bool {
        let wrong = self.wrong[row as usize / 2];
        wrong != 0 && wrong & (WRONG_BUNDLE | wrong_sa(row) | wrong_seq_high(row)) != 0
    }

    fn set_wrong(&mut self, index: u32, bit: u8, wrong: bool) {
        let bits = &mut self.wrong[index as usize];
        *bits = if wrong { *bits | bit } else { *bits & !bit };
    }

    /// The bundle of a handle, if it is live and of that generation.
    #[must_use]
    pub fn live(&self, handle: Handle) -> Option<&Bundle> {
        self.bundles
            .get(handle.bundle as usize)
            .filter(|b| b.live && b.generation == handle.generation)
    }

    /// Entries of the chain of `key`, in the order of a walk.
    pub fn chain(&self, seed: u32, key: &IndexKey) -> impl Iterator<Item = u32> + '_ {
        let head = self.heads[bucket(seed, key, self.num_sa)];
        // A chain has at most every entry once: the bound keeps a broken one from hanging its reader.
        std::iter::successors(head, |row| self.entry(*row).next).take(self.entries.len())
    }

    /// Entries of the whole chain of `key`, and whether one of them has that key.
    #[must_use]
    pub fn find(&self, seed: u32, key: &IndexKey) -> (usize, Option<u32>) {
        let mut length = 0;
        let mut found = None;
        for row in self.chain(seed, key) {
            length += 1;
            if self.entry(row).key() == *key {
                found = found.or(Some(row));
            }
        }
        (length, found)
    }

    /// Bundles that were published and not given back: SA_COUNT.
    #[must_use]
    pub fn in_use(&self) -> u32 {
        self.in_use
    }

    /// Takes a bundle from the free list.
    pub fn alloc(&mut self) -> Option<u32> {
        self.free.pop_front()
    }

    /// Writes an SA row, the upper word of its sequence number with it; `wrong` is its parity.
    pub fn write_sa(&mut self, row: u32, sa: Sa, wrong: bool) {
        self.sas[row as usize] = sa;
        self.set_wrong(row / 2, wrong_sa(row), wrong);
    }

    /// Writes the ESN row of an association.
    pub fn write_seq_high(&mut self, row: u32, word: u32, wrong: bool) {
        self.sas[row as usize].seq_high = word;
        self.set_wrong(row / 2, wrong_seq_high(row), wrong);
    }

    /// Makes `row` the first entry of the chain of `key`.
    pub fn link(&mut self, seed: u32, row: u32, key: &IndexKey) {
        let bucket = bucket(seed, key, self.num_sa);
        let next = self.heads[bucket].replace(row);
        let IndexKey { v6, ah, spi, dst } = *key;
        self.entries[row as usize] = IndexEntry {
            v6,
            ah,
            spi,
            dst,
            next,
        };
    }

    /// Position of `row` in its chain, 1 = first; `None` if it is not linked.
    #[must_use]
    pub fn position(&self, seed: u32, row: u32) -> Option<usize> {
        let key = self.entry(row).key();
        self.chain(seed, &key).position(|r| r == row).map(|p| p + 1)
    }

    /// Takes `row` out of its chain: its predecessor (head or entry) is rewritten, the row stays as it is,
    /// so that a walk that stands on it goes on.
    pub fn unlink(&mut self, seed: u32, row: u32) {
        let IndexEntry { next, .. } = self.entries[row as usize];
        let key = self.entry(row).key();
        let before = self
            .chain(seed, &key)
            .find(|r| self.entry(*r).next == Some(row));
        match before {
            Some(p) => self.entries[p as usize].next = next,
            None => {
                let head = &mut self.heads[bucket(seed, &key, self.num_sa)];
                if *head == Some(row) {
                    *head = next;
                }
            }
        }
    }

    /// Shows a bundle to the world; its generation stays.
    pub fn publish(&mut self, index: u32, bundle: Bundle, wrong: bool) -> Handle {
        self.set_wrong(index, WRONG_BUNDLE, wrong);
        let row = &mut self.bundles[index as usize];
        let generation = row.generation;
        *row = Bundle {
            live: true,
            generation,
            ..bundle
        };
        self.in_use += 1;
        Handle {
            bundle: index,
            generation,
        }
    }

    /// Makes a bundle invisible to handles.
    pub fn retire(&mut self, index: u32) {
        self.bundles[index as usize].live = false;
        self.set_wrong(index, WRONG_BUNDLE, false);
    }

    /// Zeroizes the SA row, ESN row and index entry of an association.
    pub fn zeroize_sa(&mut self, row: u32) {
        self.sas[row as usize] = Sa::default();
        self.entries[row as usize] = IndexEntry::default();
        self.set_wrong(row / 2, wrong_sa(row) | wrong_seq_high(row), false);
    }

    /// Zeroizes the row of a bundle but for the generation.
    pub fn zeroize_bundle(&mut self, index: u32) {
        self.set_wrong(index, WRONG_BUNDLE, false);
        let generation = self.bundle(index).generation;
        self.bundles[index as usize] = Bundle {
            generation,
            ..Bundle::default()
        };
    }

    /// Gives a bundle back: its generation moves on, and it is the last to be taken again.
    pub fn release(&mut self, index: u32) {
        let generation = &mut self.bundles[index as usize].generation;
        *generation = generation.wrapping_add(1);
        self.in_use = self.in_use.saturating_sub(1);
        self.free.push_back(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> SaTable {
        SaTable::new(&DeviceConfig::new(16, 1))
    }

    /// Keys that fall into one bucket of a table of 16 bundles.
    fn colliding(n: usize) -> Vec<IndexKey> {
        (256..)
            .map(|spi| IndexKey {
                v6: false,
                ah: false,
                spi,
                dst: 1,
            })
            .filter(|k| bucket(0, k, 16) == 5)
            .take(n)
            .collect()
    }

    #[test]
    fn the_newest_entry_is_first_and_any_can_go() {
        let mut t = table();
        let keys = colliding(3);
        for (row, key) in keys.iter().enumerate() {
            t.link(0, 2 * row as u32, key);
        }
        assert_eq!(t.chain(0, &keys[0]).collect::<Vec<_>>(), [4, 2, 0]);
        assert_eq!(t.find(0, &keys[0]), (3, Some(0)));
        assert_eq!(t.position(0, 0), Some(3));
        t.unlink(0, 2);
        assert_eq!(t.chain(0, &keys[0]).collect::<Vec<_>>(), [4, 0]);
        assert_eq!(t.entry(2).next, Some(0), "a walk that stands on it goes on");
        t.unlink(0, 4);
        assert_eq!(t.chain(0, &keys[0]).collect::<Vec<_>>(), [0]);
        t.unlink(0, 0);
        assert_eq!(t.head(5), None);
        assert_eq!(t.find(0, &keys[0]), (0, None));
    }

    #[test]
    fn slots_are_reused_in_the_order_in_which_they_were_freed() {
        let mut t = table();
        assert_eq!(
            (0..16).map(|_| t.alloc()).collect::<Vec<_>>(),
            (0..16).map(Some).collect::<Vec<_>>()
        );
        assert_eq!(t.alloc(), None);
        t.release(9);
        t.release(3);
        assert_eq!((t.alloc(), t.alloc(), t.alloc()), (Some(9), Some(3), None));
        assert_eq!(t.bundle(9).generation, 1);
    }

    #[test]
    fn a_stale_handle_is_dead_until_the_generation_wraps() {
        let mut t = table();
        let first = t.publish(2, Bundle::default(), false);
        assert_eq!(first.value(), 3);
        assert_eq!(Handle::parse(3), Some(first));
        assert!(t.live(first).is_some());
        for n in 1..=65536u32 {
            t.zeroize_bundle(2);
            t.release(2);
            assert!(t.live(first).is_none());
            assert_eq!(t.publish(2, Bundle::default(), false).generation, n as u16);
            assert_eq!(t.live(first).is_some(), n == 65536);
        }
        assert_eq!(Handle::parse(0), None);
        assert_eq!(Handle::parse(0x1_0000_0001), None);
        assert!(
            t.live(Handle {
                bundle: 0xFFFE,
                generation: 0
            })
            .is_none()
        );
    }
}
