// SPDX-License-Identifier: Apache-2.0
//! Versions of NDIS, as far as IPsec offload tells them apart.

use std::str::FromStr;

use ipsec_model::ndis::{IpsecOffloadV2, NdisOffload};

/// A version of NDIS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NdisVersion {
    /// 6.0: has no IPsec offload version 2
    V6_0,
    /// 6.1
    V6_1,
    /// 6.20
    V6_20,
    /// 6.30: the first with ADD_SA_EX
    V6_30,
    /// 6.50
    V6_50,
    /// 6.70
    V6_70,
    /// 6.83
    #[default]
    V6_83,
}

impl NdisVersion {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::V6_0,
        Self::V6_1,
        Self::V6_20,
        Self::V6_30,
        Self::V6_50,
        Self::V6_70,
        Self::V6_83,
    ];

    /// The revision of NDIS_OFFLOAD that goes with it.
    pub fn offload_revision(self) -> u8 {
        let minor = match self {
            Self::V6_0 => 0,
            Self::V6_1 => 1,
            Self::V6_20 => 20,
            Self::V6_30 => 30,
            Self::V6_50 => 50,
            Self::V6_70 => 70,
            Self::V6_83 => 83,
        };
        NdisOffload::revision_for(6, minor)
    }

    /// IPsecV2 of an NDIS_OFFLOAD; none if it is not a whole one of the revision that goes with this version.
    pub fn ipsec(self, offload: &[u8]) -> Option<IpsecOffloadV2> {
        let parsed = NdisOffload::parse(offload).ok()?;
        let revision = self.offload_revision();
        let size = NdisOffload::size_of_revision(revision);
        let good = parsed.header.revision == revision
            && parsed.header.size == size
            && offload.len() == usize::from(size);
        good.then_some(parsed.ipsec_v2)
    }

    /// Its number.
    pub fn name(self) -> &'static str {
        match self {
            Self::V6_0 => "6.0",
            Self::V6_1 => "6.1",
            Self::V6_20 => "6.20",
            Self::V6_30 => "6.30",
            Self::V6_50 => "6.50",
            Self::V6_70 => "6.70",
            Self::V6_83 => "6.83",
        }
    }
}

impl std::fmt::Display for NdisVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for NdisVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|v| v.name() == text);
        found.ok_or_else(|| {
            let all = Self::ALL.map(Self::name).join(", ");
            format!("'{text}' is no version of NDIS that is known here: expected one of {all}")
        })
    }
}
