// SPDX-License-Identifier: Apache-2.0
//! The settings that software keeps in the device, and the capability images that follow from them.

use crate::axil_front::Write;
use crate::config::DeviceConfig;
use crate::ndis::{
    IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128, IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192,
    IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256, IpsecOffloadV2, NDIS_ENCAPSULATION_IEEE_802_3,
    NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q, NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED,
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED, NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED,
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED, SpiOrder,
};
use crate::regs;
use crate::table_types::PathConfig;

/// Everything that this version of the device can do.
#[must_use]
pub fn hardware_capabilities(config: &DeviceConfig) -> IpsecOffloadV2 {
    IpsecOffloadV2 {
        encapsulation: NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q,
        ipv6_supported: true,
        esp: true,
        transport: true,
        tunnel: true,
        transport_tunnel_combined: config.stages >= 2,
        extended_sequence_numbers: true,
        encryption_algorithms: IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128
            | IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192
            | IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
        sa_offload_capacity: config.num_sa,
        ..IpsecOffloadV2::default()
    }
}

/// Registers that a soft reset leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterFile {
    hardware: IpsecOffloadV2,
    current: IpsecOffloadV2,
    ctrl: u32,
    ipsecv2: u8,
    halt: bool,
    hash_seed: u32,
    num_sa: u32,
}

impl RegisterFile {
    /// State of power-on.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        let hardware = hardware_capabilities(config);
        Self {
            hardware,
            current: IpsecOffloadV2::default(),
            ctrl: regs::ctrl::RESET,
            ipsecv2: NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED,
            halt: false,
            hash_seed: regs::hash_seed::RESET,
            num_sa: config.num_sa,
        }
    }

    /// What of the hardware is switched on.
    fn in_force(&self) -> IpsecOffloadV2 {
        if regs::ctrl::ENGINE_ENABLE.get(self.ctrl) == 0
            || self.ipsecv2 == NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED
        {
            return IpsecOffloadV2::default();
        }
        let mut v = self.hardware;
        if self.ipsecv2 == NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED {
            (v.esp, v.encryption_algorithms, v.ah_esp_combined) = (false, 0, false);
        }
        if self.ipsecv2 == NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED {
            (v.ah, v.authentication_algorithms, v.ah_esp_combined) = (false, 0, false);
        }
        v
    }

    /// CAPS.HARDWARE; its capacity is SA_LIMIT.
    #[must_use]
    pub fn hardware(&self) -> &IpsecOffloadV2 {
        &self.hardware
    }

    /// CAPS.CURRENT
    #[must_use]
    pub fn current(&self) -> &IpsecOffloadV2 {
        &self.current
    }

    /// CTRL
    #[must_use]
    pub fn ctrl(&self) -> u32 {
        self.ctrl
    }

    /// IPSECV2
    #[must_use]
    pub fn ipsecv2(&self) -> u32 {
        self.ipsecv2.into()
    }

    /// HALT
    #[must_use]
    pub fn halt(&self) -> bool {
        self.halt
    }

    /// HASH_SEED
    #[must_use]
    pub fn hash_seed(&self) -> u32 {
        self.hash_seed
    }

    /// SA_LIMIT
    #[must_use]
    pub fn sa_limit(&self) -> u32 {
        self.hardware.sa_offload_capacity
    }

    /// CTRL.spi_host_order
    #[must_use]
    pub fn spi_order(&self) -> SpiOrder {
        if regs::ctrl::SPI_HOST_ORDER.get(self.ctrl) == 0 {
            SpiOrder::Wire
        } else {
            SpiOrder::Host
        }
    }

    /// What the lookups sample.
    #[must_use]
    pub fn path_config(&self) -> PathConfig {
        let esp = self.current.esp;
        PathConfig {
            tx_esp: esp,
            tx_ah: false,
            rx_esp: esp && regs::ctrl::ENCAPSULATION.get(self.ctrl) != 0,
            rx_ah: false,
            udp_port: 4500,
            hash_seed: self.hash_seed,
        }
    }

    /// CTRL
    pub fn write_ctrl(&mut self, write: &Write) {
        const BITS: u32 = regs::ctrl::ENGINE_ENABLE.mask()
            | regs::ctrl::ENCAPSULATION.mask()
            | regs::ctrl::SPI_HOST_ORDER.mask();
        self.ctrl = write.merge(self.ctrl) & BITS;
        self.current = self.in_force();
    }

    /// IPSECV2: 1 to 4 alone count.
    pub fn write_ipsecv2(&mut self, write: &Write) {
        let value = regs::ipsecv2::VALUE.get(write.merge(self.ipsecv2.into())) as u8;
        if (NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED
            ..=NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED)
            .contains(&value)
        {
            self.ipsecv2 = value;
            self.current = self.in_force();
        }
    }

    /// HALT
    pub fn write_halt(&mut self, write: &Write) {
        self.halt = regs::halt::HALT.get(write.merge(self.halt.into())) != 0;
    }

    /// HASH_SEED; the caller has checked that it may change.
    pub fn write_hash_seed(&mut self, write: &Write) {
        self.hash_seed = write.merge(self.hash_seed);
    }

    /// SA_LIMIT: not above NumSa.
    pub fn write_sa_limit(&mut self, write: &Write) {
        let limit = regs::sa_limit::LIMIT.get(write.merge(self.sa_limit()));
        self.hardware.sa_offload_capacity = limit.min(self.num_sa);
        self.current = self.in_force();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(data: u32) -> Write {
        Write {
            addr: 0,
            data,
            strb: 15,
        }
    }

    #[test]
    fn the_current_image_follows_the_settings() {
        let mut r = RegisterFile::new(&DeviceConfig::new(16, 1));
        assert_eq!(*r.current(), IpsecOffloadV2::default());
        r.write_ctrl(&write(1));
        assert_eq!(r.current(), r.hardware());
        for (value, esp, enc) in [
            (2, false, 0),
            (0, false, 0),
            (3, true, 0x38),
            (7, true, 0x38),
        ] {
            r.write_ipsecv2(&write(value));
            assert_eq!(
                (r.current().esp, r.current().encryption_algorithms),
                (esp, enc)
            );
            assert!(r.current().tunnel);
        }
        r.write_ipsecv2(&write(1));
        assert_eq!(*r.current(), IpsecOffloadV2::default());
        r.write_ipsecv2(&write(4));
        r.write_sa_limit(&write(5));
        assert_eq!(r.current().sa_offload_capacity, 5);
        r.write_sa_limit(&write(17));
        assert_eq!((r.sa_limit(), r.hardware().sa_offload_capacity), (16, 16));
        r.write_sa_limit(&Write {
            addr: 0,
            data: 0,
            strb: 0b1110,
        });
        assert_eq!(r.sa_limit(), 16);
    }

    #[test]
    fn paths_are_enabled_by_engine_gate_and_protocol() {
        let mut r = RegisterFile::new(&DeviceConfig::default());
        for (ctrl, tx, rx) in [
            (0, false, false),
            (1, true, false),
            (2, false, false),
            (3, true, true),
        ] {
            r.write_ctrl(&write(ctrl));
            let c = r.path_config();
            assert_eq!((c.tx_esp, c.rx_esp), (tx, rx), "CTRL {ctrl}");
        }
        r.write_ipsecv2(&write(2));
        assert!(!r.path_config().tx_esp && !r.path_config().rx_esp);
    }
}
