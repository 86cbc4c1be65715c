// SPDX-License-Identifier: Apache-2.0
//! The keywords that a miniport reads.

use std::collections::BTreeMap;

use ipsec_model::ndis::{KEYWORD_IPSEC_OFFLOAD_V2, KEYWORD_IPSEC_OFFLOAD_V2_IPV4};

/// Standardized and private keywords of the adapter, and the two switches of the whole host, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry(BTreeMap<String, u32>);

impl Registry {
    /// `*IPsecOffloadV2`, of adapters that do IPv6 too: 0 disabled, 1 AH, 2 ESP, 3 both (default)
    pub const IPSEC_OFFLOAD_V2: &str = KEYWORD_IPSEC_OFFLOAD_V2;
    /// `*IPsecOffloadV2IPv4`, of adapters that do IPv4 alone, with the same values
    pub const IPSEC_OFFLOAD_V2_IPV4: &str = KEYWORD_IPSEC_OFFLOAD_V2_IPV4;
    /// `Services\TCPIP\Parameters\DisableTaskOffload`: 1 = every offload is off
    pub const DISABLE_TASK_OFFLOAD: &str = "DisableTaskOffload";
    /// `Services\Ipsec\EnabledOffload`: 0 = IPsec offload is off
    pub const ENABLED_OFFLOAD: &str = "EnabledOffload";
    /// `SaLimit`: bundles that may be used, at most what the hardware has
    pub const SA_LIMIT: &str = "SaLimit";
    /// `HashSeed`: seed of the SA index; a real driver draws one
    pub const HASH_SEED: &str = "HashSeed";

    /// Sets a keyword.
    pub fn set(&mut self, keyword: &str, value: u32) {
        self.0.insert(keyword.to_owned(), value);
    }

    /// With a keyword set.
    #[must_use]
    pub fn with(mut self, keyword: &str, value: u32) -> Self {
        self.set(keyword, value);
        self
    }

    /// Reads a keyword.
    pub fn get(&self, keyword: &str) -> Option<u32> {
        self.0.get(keyword).copied()
    }
}
