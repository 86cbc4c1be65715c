// SPDX-License-Identifier: Apache-2.0
//! Security associations as files name them: an entry of `SA.json`, and the same in a scenario.

use std::net::IpAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One SA bundle: one direction, one address pair, one or two associations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sa {
    /// How the rest of the file calls it
    pub name: String,
    /// Inbound or outbound
    pub direction: Direction,
    /// Sender of the packets
    #[serde(deserialize_with = "address")]
    pub src: IpAddr,
    /// Receiver of the packets
    #[serde(deserialize_with = "address")]
    pub dst: IpAddr,
    /// UDP encapsulation
    pub udp_encapsulation: UdpEncapsulation,
    /// One association, or ESP and then AH
    pub associations: Vec<Association>,
}

/// Which way the frames of an SA go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the wire
    Inbound,
    /// To the wire
    Outbound,
}

/// The UDP-ESP subtypes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UdpEncapsulation {
    /// No UDP header in front of ESP
    None,
    /// UDP-encapsulated transport
    Transport,
    /// UDP-encapsulated tunnel
    Tunnel,
    /// Transport over UDP-encapsulated tunnel
    TransportOverUdpTunnel,
    /// UDP-encapsulated transport over tunnel
    UdpTransportOverTunnel,
}

/// One AH or ESP security association.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Association {
    /// ESP or AH
    pub operation: Operation,
    /// SPI, the number that the RFC prints
    pub spi: u32,
    /// Extended sequence numbers
    pub esn: bool,
    /// Upper half of the extended sequence number
    pub sequence_high: u32,
    /// Combined mode
    pub encryption: Encryption,
    /// Integrity without encryption
    pub authentication: Authentication,
    /// Key, then the 4 bytes of salt
    #[serde(with = "hex_bytes")]
    pub key: Vec<u8>,
    /// Bytes of the integrity check value
    pub icv_length: u32,
}

/// The protocol of an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// IP protocol 50
    Esp,
    /// IP protocol 51
    Ah,
}

/// Encryption with integrity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encryption {
    /// Not encrypted
    #[serde(rename = "none")]
    None,
    /// AES-GCM, 128-bit key
    #[serde(rename = "aes-gcm-128")]
    AesGcm128,
    /// AES-GCM, 192-bit key
    #[serde(rename = "aes-gcm-192")]
    AesGcm192,
    /// AES-GCM, 256-bit key
    #[serde(rename = "aes-gcm-256")]
    AesGcm256,
}

/// Integrity alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Authentication {
    /// The encryption's own, or none
    #[serde(rename = "none")]
    None,
    /// AES-GMAC, 128-bit key
    #[serde(rename = "aes-gmac-128")]
    AesGmac128,
    /// AES-GMAC, 192-bit key
    #[serde(rename = "aes-gmac-192")]
    AesGmac192,
    /// AES-GMAC, 256-bit key
    #[serde(rename = "aes-gmac-256")]
    AesGmac256,
}

impl Encryption {
    /// AES-GCM with a key of so many bytes.
    pub fn gcm(key_bytes: usize) -> Option<Self> {
        match key_bytes {
            16 => Some(Self::AesGcm128),
            24 => Some(Self::AesGcm192),
            32 => Some(Self::AesGcm256),
            _ => None,
        }
    }

    /// Bytes of the key without salt; 0 for none.
    pub fn key_bytes(self) -> usize {
        match self {
            Self::None => 0,
            Self::AesGcm128 => 16,
            Self::AesGcm192 => 24,
            Self::AesGcm256 => 32,
        }
    }
}

impl Authentication {
    /// AES-GMAC with a key of so many bytes.
    pub fn gmac(key_bytes: usize) -> Option<Self> {
        match key_bytes {
            16 => Some(Self::AesGmac128),
            24 => Some(Self::AesGmac192),
            32 => Some(Self::AesGmac256),
            _ => None,
        }
    }

    /// Bytes of the key without salt; 0 for none.
    pub fn key_bytes(self) -> usize {
        match self {
            Self::None => 0,
            Self::AesGmac128 => 16,
            Self::AesGmac192 => 24,
            Self::AesGmac256 => 32,
        }
    }
}

/// Bytes of salt behind the key.
pub const SALT_BYTES: usize = 4;

impl Sa {
    /// A bundle of one association, without UDP encapsulation.
    pub fn new(
        name: impl Into<String>,
        direction: Direction,
        src: IpAddr,
        dst: IpAddr,
        association: Association,
    ) -> Self {
        Self {
            name: name.into(),
            direction,
            src,
            dst,
            udp_encapsulation: UdpEncapsulation::None,
            associations: vec![association],
        }
    }

    /// Whether the addresses are IPv6.
    pub fn is_v6(&self) -> bool {
        self.dst.is_ipv6()
    }

    /// What is wrong with the entry, as field path within it and sentence. What the *device* may
    /// refuse (an SPI below 256, an ICV length) is not checked here.
    pub fn check(&self) -> Result<(), (String, String)> {
        let fail = |place: &str, problem: String| Err((place.to_owned(), problem));
        if self.name.is_empty() {
            return fail("name", "expected a name, got an empty string".to_owned());
        }
        if self.src.is_ipv6() != self.dst.is_ipv6() {
            let family = if self.src.is_ipv6() { "IPv6" } else { "IPv4" };
            return fail(
                "dst",
                format!("expected {family} like src, got {}", self.dst),
            );
        }
        match self.associations.as_slice() {
            [_] => {}
            [first, second] => {
                if (first.operation, second.operation) != (Operation::Esp, Operation::Ah) {
                    return fail(
                        "associations",
                        "two associations must be esp, then ah".to_owned(),
                    );
                }
            }
            other => {
                return fail(
                    "associations",
                    format!("expected 1 or 2 associations, got {}", other.len()),
                );
            }
        }
        for (k, association) in self.associations.iter().enumerate() {
            if let Err((field, problem)) = association.check() {
                return Err((format!("associations[{k}].{field}"), problem));
            }
        }
        Ok(())
    }
}

impl Association {
    /// ESP with AES-GCM, the ICV whole, without extended sequence numbers. The key's length says which AES; one that is
    /// no AES's is found by [`Sa::check`].
    ///
    /// ```
    /// use ipsec_testbench::sa::{Association, Encryption};
    ///
    /// let short = Association::gcm(0x1000, [7; 16 + 4]);
    /// assert_eq!(short.encryption, Encryption::AesGcm128);
    /// // What is different stands in front of the rest.
    /// let long = Association {
    ///     esn: true,
    ///     ..Association::gcm(0x1000, [7; 32 + 4])
    /// };
    /// assert_eq!(long.encryption, Encryption::AesGcm256);
    /// ```
    pub fn gcm(spi: u32, key_and_salt: impl Into<Vec<u8>>) -> Self {
        let key = key_and_salt.into();
        let bytes = key.len().saturating_sub(SALT_BYTES);
        Self {
            operation: Operation::Esp,
            spi,
            esn: false,
            sequence_high: 0,
            encryption: Encryption::gcm(bytes).unwrap_or(Encryption::AesGcm128),
            authentication: Authentication::None,
            key,
            icv_length: 16,
        }
    }

    /// As [`gcm`](Self::gcm), with AES-GMAC: integrity alone.
    pub fn gmac(spi: u32, key_and_salt: impl Into<Vec<u8>>) -> Self {
        let esp = Self::gcm(spi, key_and_salt);
        let bytes = esp.key.len().saturating_sub(SALT_BYTES);
        Self {
            encryption: Encryption::None,
            authentication: Authentication::gmac(bytes).unwrap_or(Authentication::AesGmac256),
            ..esp
        }
    }

    /// As [`gmac`](Self::gmac), of AH.
    pub fn ah(spi: u32, key_and_salt: impl Into<Vec<u8>>) -> Self {
        Self {
            operation: Operation::Ah,
            ..Self::gmac(spi, key_and_salt)
        }
    }

    fn check(&self) -> Result<(), (&'static str, String)> {
        let (encryption, authentication) =
            (self.encryption.key_bytes(), self.authentication.key_bytes());
        if self.operation == Operation::Ah && encryption != 0 {
            return Err(("encryption", "expected none with operation ah".to_owned()));
        }
        let key = match (encryption, authentication) {
            (0, 0) => {
                return Err((
                    "authentication",
                    "expected an algorithm here or in encryption, got none in both".to_owned(),
                ));
            }
            (0, key) | (key, 0) => key,
            _ => {
                return Err((
                    "authentication",
                    "expected none with an encryption of combined mode".to_owned(),
                ));
            }
        };
        if self.key.len() != key + SALT_BYTES {
            return Err((
                "key",
                format!(
                    "expected {} hex digits ({key} bytes of key and {SALT_BYTES} of salt), got {}",
                    2 * (key + SALT_BYTES),
                    2 * self.key.len()
                ),
            ));
        }
        Ok(())
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IpAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse()
        .map_err(|_| D::Error::custom(format!("expected an IPv4 or IPv6 address, got \"{text}\"")))
}

/// Bytes as a string of hex digits.
pub mod hex_bytes {
    use super::{Deserialize, Deserializer, Serializer};
    use serde::de::Error as _;

    /// Writes hex digits.
    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    /// Reads hex digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(odd) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(D::Error::custom(format!(
                "expected hex digits, got '{odd}'"
            )));
        }
        hex::decode(&text).map_err(|_| {
            D::Error::custom(format!("expected pairs of hex digits, got {}", text.len()))
        })
    }
}
