// SPDX-License-Identifier: Apache-2.0
//! SA table: bundle, SA, index-head and index-entry memories.

use crate::config::DeviceConfig;
use crate::table_types::{Bundle, IndexEntry, Sa};

/// The memories of the SA table. Indices outside the table panic nowhere: the callers mask them.
#[derive(Debug)]
pub struct SaTable {
    heads: Vec<Option<u32>>,
    entries: Vec<IndexEntry>,
    bundles: Vec<Bundle>,
    sas: Vec<Sa>,
}

impl SaTable {
    /// A swept table.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        Self {
            heads: vec![None; config.buckets()],
            entries: vec![IndexEntry::default(); config.rows()],
            bundles: vec![Bundle::default(); config.num_sa as usize],
            sas: vec![Sa::default(); config.rows()],
        }
    }

    /// First entry of a chain.
    #[must_use]
    pub fn head(&self, bucket: usize) -> Option<u32> {
        self.heads[bucket]
    }

    /// Entry of the index.
    #[must_use]
    pub fn entry(&self, row: u32) -> &IndexEntry {
        &self.entries[row as usize]
    }

    /// Bundle row.
    #[must_use]
    pub fn bundle(&self, index: u32) -> &Bundle {
        &self.bundles[index as usize]
    }

    /// SA row.
    #[must_use]
    pub fn sa(&self, row: u32) -> &Sa {
        &self.sas[row as usize]
    }
}
