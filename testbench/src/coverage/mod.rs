// SPDX-License-Identifier: Apache-2.0
//! Functional coverage: bins and crosses declared as data beside the testplan, hit by what scenarios do and
//! what devices answer. Nothing here looks into a device.

mod collect;
mod declared;
mod headers;
mod outcome;
pub mod rtl;
mod waivers;

pub use collect::collect;
pub use declared::{Declared, Group, Point};
pub use outcome::{Bin, Functional, GroupOutcome, State};
pub use waivers::{Waiver, Waivers};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How often each bin was hit; bins without a hit are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hits(pub BTreeMap<String, u64>);

impl Hits {
    /// Adds those of another run.
    pub fn merge(&mut self, other: &Self) {
        for (bin, count) in &other.0 {
            match self.0.get_mut(bin) {
                Some(sum) => *sum = sum.saturating_add(*count),
                None => {
                    self.0.insert(bin.clone(), *count);
                }
            }
        }
    }

    fn hit(&mut self, bin: &str) {
        match self.0.get_mut(bin) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(bin.to_owned(), 1);
            }
        }
    }

    /// Hits of a bin.
    pub fn of(&self, bin: &str) -> u64 {
        self.0.get(bin).copied().unwrap_or(0)
    }
}
