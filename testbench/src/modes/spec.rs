// SPDX-License-Identifier: Apache-2.0
//! SAs of every kind, in short.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::{NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_SUCCESS};

use crate::rng::Rng;
use crate::sa::{Association, Direction, Operation, SALT_BYTES, Sa, UdpEncapsulation};

/// The protocols of a bundle, and the algorithm of its ESP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// ESP with AES-GCM and an ICV of so many bytes
    Gcm(u32),
    /// ESP with AES-GMAC
    Gmac,
    /// AH with AES-GMAC
    Ah,
    /// AH around ESP with AES-GCM and an ICV of so many bytes
    AhGcm(u32),
    /// AH around ESP with AES-GMAC
    AhGmac,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Gcm(16),
        Self::Gcm(12),
        Self::Gcm(8),
        Self::Gmac,
        Self::Ah,
        Self::AhGcm(16),
        Self::AhGcm(12),
        Self::AhGcm(8),
        Self::AhGmac,
    ];

    /// It has AH.
    pub fn has_ah(self) -> bool {
        matches!(self, Self::Ah | Self::AhGcm(_) | Self::AhGmac)
    }

    /// It has ESP.
    pub fn has_esp(self) -> bool {
        self != Self::Ah
    }

    /// Associations, and stages that a frame takes.
    pub fn portions(self) -> u32 {
        u32::from(self.has_ah()) + u32::from(self.has_esp())
    }
}

/// All five.
pub const UDP: [UdpEncapsulation; 5] = [
    UdpEncapsulation::None,
    UdpEncapsulation::Transport,
    UdpEncapsulation::Tunnel,
    UdpEncapsulation::TransportOverUdpTunnel,
    UdpEncapsulation::UdpTransportOverTunnel,
];

/// A bundle in short.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Protocols and algorithm
    pub kind: Kind,
    /// Bytes of the keys: 16, 24 or 32
    pub key: usize,
    /// Upper half of the sequence numbers of both associations, if they are extended
    pub esn: Option<u32>,
    /// IPv6
    pub v6: bool,
    /// The destination is zero: any
    pub wildcard: bool,
    /// UDP encapsulation
    pub udp: UdpEncapsulation,
}

impl Spec {
    /// A plain one.
    pub fn new(kind: Kind, v6: bool) -> Self {
        Self {
            kind,
            key: 16,
            esn: None,
            v6,
            wildcard: false,
            udp: UdpEncapsulation::None,
        }
    }

    /// As an SA: `o` or `i` with the number behind it.
    pub fn sa(&self, direction: Direction, number: u32, rng: &mut Rng) -> Sa {
        let mut associations = Vec::new();
        let mut add = |operation, gcm, icv_length| {
            // AH's key is another size than that of its ESP.
            let key = match (operation, self.kind.has_esp(), self.key) {
                (Operation::Ah, true, 16) => 32,
                (Operation::Ah, true, bytes) => bytes - 8,
                (.., bytes) => bytes,
            };
            let spi = 0x1000 + 0x100 * number + 7 * u32::from(operation == Operation::Ah);
            let key = rng.bytes(key + SALT_BYTES);
            associations.push(Association {
                esn: self.esn.is_some(),
                sequence_high: self.esn.unwrap_or(0),
                icv_length,
                ..match (operation, gcm) {
                    (Operation::Ah, _) => Association::ah(spi, key),
                    (Operation::Esp, true) => Association::gcm(spi, key),
                    (Operation::Esp, false) => Association::gmac(spi, key),
                }
            });
        };
        match self.kind {
            Kind::Gcm(icv) | Kind::AhGcm(icv) => add(Operation::Esp, true, icv),
            // AdditionalInfo 0 says 16 too.
            Kind::Gmac | Kind::AhGmac => add(Operation::Esp, false, 16 * (number & 1)),
            Kind::Ah => {}
        }
        if self.kind.has_ah() {
            add(Operation::Ah, false, 16);
        }
        let prefix = match direction {
            Direction::Outbound => "o",
            Direction::Inbound => "i",
        };
        Sa {
            name: format!("{prefix}{number}"),
            direction,
            src: address(self.v6, 1, number),
            dst: if self.wildcard {
                nowhere(self.v6)
            } else {
                address(self.v6, 2, number)
            },
            udp_encapsulation: self.udp,
            associations,
        }
    }
}

/// An address of this network.
pub fn address(v6: bool, network: u8, number: u32) -> IpAddr {
    let [.., high, low] = number.to_be_bytes();
    if v6 {
        let host = u16::from_be_bytes([high, low]);
        Ipv6Addr::new(0x2001, 0xdb8, network.into(), 0, 0, 0, 1, host).into()
    } else {
        Ipv4Addr::new(10, network, high, low).into()
    }
}

/// The address of zero.
pub fn nowhere(v6: bool) -> IpAddr {
    if v6 {
        Ipv6Addr::UNSPECIFIED.into()
    } else {
        Ipv4Addr::UNSPECIFIED.into()
    }
}

/// What the device, fully on, answers to the ADD of a sound SA.
pub fn add_status(device: DeviceConfig, sa: &Sa) -> u32 {
    let two = sa.associations.len() == 2;
    let ah = sa.associations.iter().any(|a| a.operation == Operation::Ah);
    let over = matches!(
        sa.udp_encapsulation,
        UdpEncapsulation::TransportOverUdpTunnel | UdpEncapsulation::UdpTransportOverTunnel
    );
    let udp = sa.udp_encapsulation != UdpEncapsulation::None;
    if device.stages < 2 && (two || over) || udp && ah {
        NDIS_STATUS_NOT_SUPPORTED
    } else {
        NDIS_STATUS_SUCCESS
    }
}
