// SPDX-License-Identifier: Apache-2.0
//! The settings that software keeps in the device, and the capability images that follow from them.

use crate::axil_front::Write;
use crate::config::DeviceConfig;
use crate::ndis::{
    IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128, IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192,
    IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256, IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128,
    IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192, IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
    IPSEC_OFFLOAD_V2_ENCRYPTION_NONE, IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL,
    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT,
    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL,
    IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL, IpsecOffloadV2, NDIS_ENCAPSULATION_IEEE_802_3,
    NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q, NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_AND_ESP_ENABLED,
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_AH_ENABLED, NDIS_OFFLOAD_PARAMETERS_IPSECV2_DISABLED,
    NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED, SpiOrder,
};
use crate::regs;
use crate::table_types::PathConfig;

/// Everything that this version of the device can do.
#[must_use]
pub fn hardware_capabilities(config: &DeviceConfig) -> IpsecOffloadV2 {
    // AH and ESP, or two levels: a stage each.
    let two_portions = config.stages >= 2;
    let of_two_levels = IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL
        | IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL;
    IpsecOffloadV2 {
        encapsulation: NDIS_ENCAPSULATION_IEEE_802_3 | NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q,
        ipv6_supported: true,
        ipv4_options: true,
        ipv6_non_ipsec_extension_headers: true,
        ah: true,
        esp: true,
        ah_esp_combined: two_portions,
        transport: true,
        tunnel: true,
        transport_tunnel_combined: two_portions,
        extended_sequence_numbers: true,
        udp_esp: IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT
            | IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL
            | if two_portions { of_two_levels } else { 0 },
        authentication_algorithms: IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128
            | IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192
            | IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256,
        encryption_algorithms: IPSEC_OFFLOAD_V2_ENCRYPTION_NONE
            | IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128
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
    udp_port: u32,
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
            udp_port: regs::udp_port::RESET,
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
            (v.esp, v.ah_esp_combined) = (false, false);
            (v.udp_esp, v.encryption_algorithms) = (0, 0);
        }
        if self.ipsecv2 == NDIS_OFFLOAD_PARAMETERS_IPSECV2_ESP_ENABLED {
            // AES-GMAC is ESP's too.
            (v.ah, v.ah_esp_combined) = (false, false);
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

    /// UDP_PORT
    #[must_use]
    pub fn udp_port(&self) -> u32 {
        self.udp_port
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
        let IpsecOffloadV2 { ah, esp, .. } = self.current;
        let gate = regs::ctrl::ENCAPSULATION.get(self.ctrl) != 0;
        PathConfig {
            tx_esp: esp,
            tx_ah: ah,
            rx_esp: esp && gate,
            rx_ah: ah && gate,
            udp_port: self.udp_port as u16,
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

    /// UDP_PORT
    pub fn write_udp_port(&mut self, write: &Write) {
        self.udp_port = regs::udp_port::PORT.get(write.merge(self.udp_port));
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
        for stages in [1, 2, 4] {
            let mut r = RegisterFile::new(&DeviceConfig::new(16, stages));
            assert_eq!(*r.current(), IpsecOffloadV2::default());
            r.write_ctrl(&write(1));
            assert_eq!(r.current(), r.hardware());
            let udp = if stages == 1 { 3 } else { 15 };
            for (value, ah, esp, udp, encryption) in [
                (2, true, false, 0, 0),
                (0, true, false, 0, 0),
                (3, false, true, udp, 0x39),
                (7, false, true, udp, 0x39),
                (4, true, true, udp, 0x39),
            ] {
                r.write_ipsecv2(&write(value));
                let c = r.current();
                assert_eq!((c.ah, c.esp, c.udp_esp), (ah, esp, udp), "IPSECV2 {value}");
                assert_eq!(c.encryption_algorithms, encryption);
                assert_eq!(c.authentication_algorithms, 0x38);
                assert_eq!(c.ah_esp_combined, ah && esp && stages > 1);
                assert!(c.tunnel && c.transport_tunnel_combined == (stages > 1));
            }
        }
        let mut r = RegisterFile::new(&DeviceConfig::new(16, 1));
        r.write_ctrl(&write(1));
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
        for (ipsecv2, ah, esp) in [
            (4, true, true),
            (2, true, false),
            (3, false, true),
            (1, false, false),
        ] {
            r.write_ipsecv2(&write(ipsecv2));
            for (ctrl, tx, rx) in [
                (0, false, false),
                (1, true, false),
                (2, false, false),
                (3, true, true),
            ] {
                r.write_ctrl(&write(ctrl));
                let c = r.path_config();
                let what = format!("IPSECV2 {ipsecv2}, CTRL {ctrl}");
                assert_eq!((c.tx_ah, c.rx_ah), (tx && ah, rx && ah), "{what}");
                assert_eq!((c.tx_esp, c.rx_esp), (tx && esp, rx && esp), "{what}");
            }
        }
    }

    #[test]
    fn the_udp_port_is_4500_until_it_is_written() {
        let mut r = RegisterFile::new(&DeviceConfig::default());
        assert_eq!(r.path_config().udp_port, 4500);
        r.write_udp_port(&write(0xABCD_1234));
        assert_eq!((r.path_config().udp_port, r.udp_port()), (0x1234, 0x1234));
    }
}
