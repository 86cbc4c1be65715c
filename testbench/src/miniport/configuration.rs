// SPDX-License-Identifier: Apache-2.0
//! What the keywords, the parameters OID and the encapsulation OID have set, and the registers that follow.

use ipsec_model::ndis::{
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED, NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED,
    NDIS_OFFLOAD_PARAMETERS_NO_CHANGE,
};
use ipsec_model::regs;

use crate::ndis::{NdisCalls, Registry};

/// The settings in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Configuration {
    /// NDIS_OFFLOAD_PARAMETERS.IPsecV2 (or IPsecV2IPv4), 1 to 4
    pub ipsec_v2: u8,
    /// No switch of the host turns IPsec offload off
    pub allowed: bool,
    /// OID_OFFLOAD_ENCAPSULATION: none yet, on, or off
    pub encapsulation: Option<bool>,
    /// SA_LIMIT, if the keyword is there
    pub sa_limit: Option<u32>,
    /// HASH_SEED, if the keyword is there
    pub hash_seed: Option<u32>,
}

impl Configuration {
    /// From the keywords. A value that a keyword cannot have counts as the default.
    pub fn read(calls: &dyn NdisCalls, ipv6: bool) -> Self {
        let keyword = if ipv6 {
            Registry::IPSEC_OFFLOAD_V2
        } else {
            Registry::IPSEC_OFFLOAD_V2_IPV4
        };
        let ipsec_v2 = match calls.read_configuration(keyword) {
            Some(value @ 0..=3) => NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED + value as u8,
            _ => NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED,
        };
        let off = calls.read_configuration(Registry::DISABLE_TASK_OFFLOAD) == Some(1)
            || calls.read_configuration(Registry::ENABLED_OFFLOAD) == Some(0);
        Self {
            ipsec_v2,
            allowed: !off,
            encapsulation: None,
            sa_limit: calls.read_configuration(Registry::SA_LIMIT),
            hash_seed: calls.read_configuration(Registry::HASH_SEED),
        }
    }

    /// Takes a member of NDIS_OFFLOAD_PARAMETERS; tells whether its value is legal.
    pub fn set_parameter(&mut self, value: u8) -> bool {
        match value {
            NDIS_OFFLOAD_PARAMETERS_NO_CHANGE => true,
            NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED
                ..=NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED => {
                self.ipsec_v2 = value;
                true
            }
            _ => false,
        }
    }

    /// CTRL. The engine may transmit before the encapsulation is set; receive waits for it.
    pub fn ctrl(&self) -> u32 {
        let engine = self.allowed && self.encapsulation != Some(false);
        let gate = engine && self.encapsulation == Some(true);
        regs::ctrl::ENGINE_ENABLE.of(u32::from(engine))
            | regs::ctrl::ENCAPSULATION.of(u32::from(gate))
    }
}
