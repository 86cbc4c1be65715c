// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim caps`: the capabilities as a miniport reports them to NDIS.

use clap::{Args, ValueEnum};
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::{
    IpsecOffloadV2, NDIS_STATUS_SUCCESS, NdisOffloadEncapsulation, NdisOffloadParameters,
    NdisStatus, OID_OFFLOAD_ENCAPSULATION, OID_TCP_OFFLOAD_CURRENT_CONFIG,
    OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, OID_TCP_OFFLOAD_PARAMETERS,
};
use serde::Serialize;

use crate::devices::{self, On};
use crate::drivers::bus::{Bus, BusError};
use crate::error::Error;
use crate::ndis::{Ndis, NdisError, NdisVersion, Registry};
use crate::output::{out, outln};

/// Seed of the RTL's registers before the reset, which hides nothing of what is printed.
const SEED: u64 = 1;

/// Print hardware capabilities and current configuration.
///
/// A miniport initializes the device (after power-on, with the keywords' defaults if --keyword does not say
/// otherwise), and NDIS answers OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES and OID_TCP_OFFLOAD_CURRENT_CONFIG from
/// what it reports; with --ipsecv2 or --encapsulation, from the indication that follows the set of
/// OID_TCP_OFFLOAD_PARAMETERS or OID_OFFLOAD_ENCAPSULATION. Names are those of the members of
/// NDIS_IPSEC_OFFLOAD_V2; with --json a ULONG is a number and a BOOLEAN is true or false.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim caps\n  ipsec-cosim caps --json --config 16x1 --device model --ipsecv2 esp --keyword SaLimit=8"
)]
pub struct Arguments {
    /// Parameters of the device, NUMSAxSTAGES
    #[arg(long, value_name = "NUMSAxSTAGES", default_value_t = DeviceConfig::default())]
    config: DeviceConfig,
    /// What is asked
    #[arg(long, default_value = "lockstep")]
    device: On,
    /// Version of NDIS above the miniport: 6.1, 6.20, 6.30, 6.50, 6.70 or 6.83
    #[arg(long, value_name = "VERSION", default_value_t = NdisVersion::default(), value_parser = version)]
    ndis: NdisVersion,
    /// Keyword of the registry (may be given again): *IPsecOffloadV2, *IPsecOffloadV2IPv4 (0 disabled, 1 AH, 2 ESP,
    /// 3 both), SaLimit, HashSeed, DisableTaskOffload, EnabledOffload
    #[arg(long, value_name = "NAME=VALUE", value_parser = keyword)]
    keyword: Vec<(String, u32)>,
    /// Set IPsecV2 of OID_TCP_OFFLOAD_PARAMETERS to this, by name or number, after the initialization
    #[arg(long, value_name = "0..4")]
    ipsecv2: Option<IpsecV2>,
    /// Set OID_OFFLOAD_ENCAPSULATION (802.3, both IP versions) after the initialization
    #[arg(long)]
    encapsulation: Option<Encapsulation>,
    /// Print {"hardware": {...}, "current": {...}}
    #[arg(long)]
    json: bool,
}

/// NDIS_OFFLOAD_PARAMETERS_IPSECV2_*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum IpsecV2 {
    /// As it is
    #[value(alias = "0")]
    NoChange,
    /// Off
    #[value(alias = "1")]
    Disabled,
    /// AH alone
    #[value(alias = "2")]
    Ah,
    /// ESP alone
    #[value(alias = "3")]
    Esp,
    /// AH and ESP
    #[value(alias = "4")]
    AhAndEsp,
}

/// NDIS_OFFLOAD_SET_*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Encapsulation {
    /// Offloads on, receive too
    On,
    /// Every offload off
    Off,
}

fn version(text: &str) -> Result<NdisVersion, String> {
    match text.parse() {
        Ok(NdisVersion::V6_0) => {
            Err("NDIS 6.0 has no IPsec offload version 2: expected 6.1 or later".to_owned())
        }
        Ok(version) => Ok(version),
        Err(_) => {
            let fit = NdisVersion::ALL
                .into_iter()
                .filter(|version| *version != NdisVersion::V6_0);
            let names: Vec<_> = fit.map(NdisVersion::name).collect();
            Err(format!(
                "'{text}' is no version of NDIS that is known here: expected one of {}",
                names.join(", ")
            ))
        }
    }
}

fn keyword(text: &str) -> Result<(String, u32), String> {
    const KNOWN: [&str; 6] = [
        Registry::IPSEC_OFFLOAD_V2,
        Registry::IPSEC_OFFLOAD_V2_IPV4,
        Registry::DISABLE_TASK_OFFLOAD,
        Registry::ENABLED_OFFLOAD,
        Registry::SA_LIMIT,
        Registry::HASH_SEED,
    ];
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| format!("'{text}' has no '=': expected NAME=VALUE"))?;
    let name = KNOWN
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .ok_or_else(|| {
            format!(
                "unknown keyword '{name}': expected one of {}",
                KNOWN.join(", ")
            )
        })?;
    let number = value
        .parse()
        .map_err(|_| format!("'{value}' is no number from 0 to {}", u32::MAX))?;
    Ok((name.to_owned(), number))
}

/// A capability image with the names of the members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Members {
    encapsulation: u32,
    #[serde(rename = "IPv6Supported")]
    ipv6_supported: bool,
    #[serde(rename = "IPv4Options")]
    ipv4_options: bool,
    #[serde(rename = "IPv6NonIPsecExtensionHeaders")]
    ipv6_non_ipsec_extension_headers: bool,
    ah: bool,
    esp: bool,
    ah_esp_combined: bool,
    transport: bool,
    tunnel: bool,
    transport_tunnel_combined: bool,
    lso_supported: bool,
    extended_sequence_numbers: bool,
    udp_esp: u32,
    authentication_algorithms: u32,
    encryption_algorithms: u32,
    sa_offload_capacity: u32,
}

impl From<IpsecOffloadV2> for Members {
    fn from(v: IpsecOffloadV2) -> Self {
        Self {
            encapsulation: v.encapsulation,
            ipv6_supported: v.ipv6_supported,
            ipv4_options: v.ipv4_options,
            ipv6_non_ipsec_extension_headers: v.ipv6_non_ipsec_extension_headers,
            ah: v.ah,
            esp: v.esp,
            ah_esp_combined: v.ah_esp_combined,
            transport: v.transport,
            tunnel: v.tunnel,
            transport_tunnel_combined: v.transport_tunnel_combined,
            lso_supported: v.lso_supported,
            extended_sequence_numbers: v.extended_sequence_numbers,
            udp_esp: v.udp_esp,
            authentication_algorithms: v.authentication_algorithms,
            encryption_algorithms: v.encryption_algorithms,
            sa_offload_capacity: v.sa_offload_capacity,
        }
    }
}

impl Members {
    /// Names and values, in the order of the structure.
    fn rows(&self) -> Vec<(&'static str, String)> {
        let boolean = |value| if value { "TRUE" } else { "FALSE" }.to_owned();
        let mask = |value: u32, names: &[(u32, &str)]| {
            let set = names.iter().filter(|(bit, _)| value & bit != 0);
            let set: Vec<&str> = set.map(|(_, name)| *name).collect();
            if set.is_empty() {
                format!("{value:#x}")
            } else {
                format!("{value:#x} ({})", set.join(", "))
            }
        };
        vec![
            (
                "Encapsulation",
                mask(
                    self.encapsulation,
                    &[
                        (1, "null"),
                        (2, "802.3"),
                        (4, "802.1Q in frame"),
                        (8, "802.1Q out of band"),
                        (16, "LLC/SNAP"),
                    ],
                ),
            ),
            ("IPv6Supported", boolean(self.ipv6_supported)),
            ("IPv4Options", boolean(self.ipv4_options)),
            (
                "IPv6NonIPsecExtensionHeaders",
                boolean(self.ipv6_non_ipsec_extension_headers),
            ),
            ("Ah", boolean(self.ah)),
            ("Esp", boolean(self.esp)),
            ("AhEspCombined", boolean(self.ah_esp_combined)),
            ("Transport", boolean(self.transport)),
            ("Tunnel", boolean(self.tunnel)),
            (
                "TransportTunnelCombined",
                boolean(self.transport_tunnel_combined),
            ),
            ("LsoSupported", boolean(self.lso_supported)),
            (
                "ExtendedSequenceNumbers",
                boolean(self.extended_sequence_numbers),
            ),
            (
                "UdpEsp",
                mask(
                    self.udp_esp,
                    &[
                        (1, "transport"),
                        (2, "tunnel"),
                        (4, "transport over UDP tunnel"),
                        (8, "UDP transport over tunnel"),
                    ],
                ),
            ),
            (
                "AuthenticationAlgorithms",
                mask(
                    self.authentication_algorithms,
                    &[
                        (0x01, "MD5"),
                        (0x02, "SHA-1"),
                        (0x04, "SHA-256"),
                        (0x08, "AES-GMAC-128"),
                        (0x10, "AES-GMAC-192"),
                        (0x20, "AES-GMAC-256"),
                    ],
                ),
            ),
            (
                "EncryptionAlgorithms",
                mask(
                    self.encryption_algorithms,
                    &[
                        (0x001, "none"),
                        (0x002, "DES-CBC"),
                        (0x004, "3DES-CBC"),
                        (0x008, "AES-GCM-128"),
                        (0x010, "AES-GCM-192"),
                        (0x020, "AES-GCM-256"),
                        (0x040, "AES-CBC-128"),
                        (0x080, "AES-CBC-192"),
                        (0x100, "AES-CBC-256"),
                    ],
                ),
            ),
            ("SaOffloadCapacity", self.sa_offload_capacity.to_string()),
        ]
    }
}

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    /// What the hardware can do
    hardware: Members,
    /// What of it is switched on
    current: Members,
}

impl Capabilities {
    /// The table, a line for each member.
    fn table(&self) -> String {
        let (hardware, current) = (self.hardware.rows(), self.current.rows());
        let width = hardware.iter().map(|(_, v)| v.len()).max().unwrap_or(0);
        let mut text = format!("{:<30}{:<w$}current\n", "member", "hardware", w = width + 2);
        for ((name, h), (_, c)) in hardware.into_iter().zip(current) {
            text += format!("{name:<30}{h:<w$}{c}", w = width + 2).trim_end();
            text += "\n";
        }
        text
    }
}

fn failed(error: NdisError) -> Error {
    match error {
        NdisError::Bus(BusError::Device(error)) => Error::Failed(error.to_string()),
        error => Error::Failed(error.to_string()),
    }
}

fn good(what: &str, status: u32) -> Result<(), Error> {
    if status == NDIS_STATUS_SUCCESS {
        return Ok(());
    }
    let status = NdisStatus(status);
    Err(Error::Failed(format!("{what} ended with {status}")))
}

/// Runs the command.
///
/// # Errors
/// A device that is not built; a device that fails.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let device = devices::make(arguments.device, arguments.config, SEED)?;
    let bus = Bus::new(device).map_err(|error| failed(error.into()))?;
    let mut registry = Registry::default();
    for (name, value) in &arguments.keyword {
        registry.set(name, *value);
    }
    let mut ndis = Ndis::new(bus, arguments.ndis, registry);
    good("the initialization", ndis.initialize().map_err(failed)?)?;
    if let Some(encapsulation) = arguments.encapsulation {
        let on = encapsulation == Encapsulation::On;
        let buffer = NdisOffloadEncapsulation::ethernet(on).to_bytes();
        let answer = ndis.set(OID_OFFLOAD_ENCAPSULATION, &buffer);
        good("OID_OFFLOAD_ENCAPSULATION", answer.map_err(failed)?.status)?;
    }
    if let Some(value) = arguments.ipsecv2 {
        let parameters = NdisOffloadParameters::new(2, value as u8);
        let answer = ndis.set(OID_TCP_OFFLOAD_PARAMETERS, &parameters.to_bytes());
        good("OID_TCP_OFFLOAD_PARAMETERS", answer.map_err(failed)?.status)?;
    }
    let query = |oid| {
        let answer = ndis.query(oid, usize::from(u16::MAX));
        good("the query", answer.status)?;
        let ipsec = arguments.ndis.ipsec(&answer.data).unwrap_or_default();
        Ok::<_, Error>(Members::from(ipsec))
    };
    let capabilities = Capabilities {
        hardware: query(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES)?,
        current: query(OID_TCP_OFFLOAD_CURRENT_CONFIG)?,
    };
    if arguments.json {
        outln!(
            "{}",
            serde_json::to_string(&capabilities).unwrap_or_default()
        );
    } else {
        out!("{}", capabilities.table());
    }
    Ok(0)
}
