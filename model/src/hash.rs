// SPDX-License-Identifier: Apache-2.0
//! Keys of the SA table's index and their buckets (docs/theory_of_operation.md, "SA table").

use crate::table_types::sa_hash;

/// What an inbound association is found by: {IP version, protocol, SPI, destination}.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IndexKey {
    /// IPv6 (else IPv4).
    pub v6: bool,
    /// AH (else ESP).
    pub ah: bool,
    /// The number that the RFC prints.
    pub spi: u32,
    /// Destination address in wire order as a number; an IPv4 address in the low 32 bits; 0 = any.
    pub dst: u128,
}

impl IndexKey {
    /// The same key with the wildcard destination.
    #[must_use]
    pub fn wildcard(self) -> Self {
        Self { dst: 0, ..self }
    }
}

/// The 32-bit hash of a key.
#[must_use]
pub fn key_hash(seed: u32, key: &IndexKey) -> u32 {
    sa_hash(seed, key.spi, key.dst, key.v6, key.ah)
}

/// Bucket of a key in a table of `num_sa` bundles (a power of two: 4 heads a bundle).
#[must_use]
pub fn bucket(seed: u32, key: &IndexKey, num_sa: usize) -> usize {
    key_hash(seed, key) as usize & (4 * num_sa - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: IndexKey = IndexKey {
        v6: false,
        ah: false,
        spi: 4096,
        dst: 0xC000_0202,
    };

    #[test]
    fn every_input_bit_changes_the_hash() {
        let h = key_hash(1, &KEY);
        for bit in 0..128 {
            assert_ne!(
                h,
                key_hash(
                    1,
                    &IndexKey {
                        dst: KEY.dst ^ (1 << bit),
                        ..KEY
                    }
                ),
                "dst {bit}"
            );
        }
        for bit in 0..32 {
            assert_ne!(
                h,
                key_hash(
                    1,
                    &IndexKey {
                        spi: KEY.spi ^ (1 << bit),
                        ..KEY
                    }
                ),
                "spi {bit}"
            );
            assert_ne!(h, key_hash(1 ^ (1 << bit), &KEY), "seed {bit}");
        }
        assert_ne!(h, key_hash(1, &IndexKey { v6: true, ..KEY }));
        assert_ne!(h, key_hash(1, &IndexKey { ah: true, ..KEY }));
    }

    #[test]
    fn consecutive_spis_spread_over_the_buckets() {
        let mut used = std::collections::HashSet::new();
        for spi in 0..1024 {
            used.insert(bucket(
                0,
                &IndexKey {
                    spi: 4096 + spi,
                    ..KEY
                },
                1024,
            ));
        }
        // 1,024 random keys in 4,096 buckets hit 906 of them on average.
        assert!(used.len() > 850, "{}", used.len());
    }

    #[test]
    fn the_zero_key_hashes_to_zero_under_seed_zero() {
        assert_eq!(
            key_hash(
                0,
                &IndexKey {
                    v6: false,
                    ah: false,
                    spi: 0,
                    dst: 0
                }
            ),
            0
        );
    }
}
