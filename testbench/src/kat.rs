// SPDX-License-Identifier: Apache-2.0

//! Known answers that nobody of this project computed: GCM vectors, whole ESP packets, the keys of a capture.
//!
//! The packaged files are described in `testbench/kat/README.md`. A larger collection may lie in a folder
//! beside the checkout (`IPSEC_SHARED`, by default `../shared`): the functions named `shared_*` give `None`
//! where it is absent, and the caller then says loudly that it skips.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::{env, error, fmt};

use lzma_rust2::XzReader;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The packaged files of GCM vectors, in [`packaged_dir`].
pub const PACKAGED_GCM: [&str; 2] = ["nist_gcm96.jsonl.xz", "wycheproof_gcm96.jsonl.xz"];
/// The packaged file of whole packets, in [`packaged_dir`].
pub const PACKAGED_ESP: &str = "esp_packets.jsonl";
/// The packaged capture, in [`packaged_dir`].
pub const PACKAGED_CAPTURE: &str = "linux61_t44_gcm128_200.pcap";
/// The keys of the packaged capture, in [`packaged_dir`].
pub const PACKAGED_CAPTURE_KEYS: &str = "linux61_t44_gcm128_200.keys.json";
/// The packaged capture with extended sequence numbers, in [`packaged_dir`].
pub const PACKAGED_ESN_CAPTURE: &str = "linux61_x6_gcm128_esn_100.pcap";
/// The keys of the packaged capture with extended sequence numbers, in [`packaged_dir`].
pub const PACKAGED_ESN_CAPTURE_KEYS: &str = "linux61_x6_gcm128_esn_100.keys.json";

/// One AES-GCM or AES-GMAC vector with a 96-bit IV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GcmVector {
    /// Where it is from, for instance `nist/gcmDecrypt128.rsp`.
    pub src: String,
    /// Its number or name there.
    pub id: String,
    /// AES key: 16, 24 or 32 bytes.
    pub key: Vec<u8>,
    /// Initialization vector.
    pub iv: [u8; 12],
    /// Additional authenticated data.
    pub aad: Vec<u8>,
    /// Plaintext; `None` where the source gives none for a vector that must fail.
    pub pt: Option<Vec<u8>>,
    /// Ciphertext.
    pub ct: Vec<u8>,
    /// Tag: 8, 12 or 16 bytes.
    pub tag: Vec<u8>,
    /// Whether ciphertext and tag belong together; if not, they must be rejected.
    pub valid: bool,
    /// The source's remark.
    pub note: String,
}

/// A whole IPsec packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EspPacket {
    /// Where it is from.
    pub src: String,
    /// Its number or name there.
    pub id: String,
    /// ESP or AH.
    pub proto: Proto,
    /// The algorithm.
    pub alg: Alg,
    /// AES key: 16, 24 or 32 bytes.
    pub key: Vec<u8>,
    /// Salt, the first 4 bytes of the nonce.
    pub salt: [u8; 4],
    /// Security parameter index.
    pub spi: u32,
    /// Sequence number, low half.
    pub seq: u32,
    /// Whether the sequence number is extended.
    pub esn: bool,
    /// Sequence number, high half.
    pub esn_hi: u32,
    /// Explicit IV.
    pub iv: [u8; 8],
    /// Wire bytes from the ESP header to the end of the ICV; `None` for AH.
    pub esp: Option<Vec<u8>>,
    /// Plaintext of the ESP payload with padding and trailer; `None` for AH.
    pub esp_payload: Option<Vec<u8>>,
    /// Next header of the ESP trailer.
    pub next_header: Option<u8>,
    /// Pad length of the ESP trailer.
    pub pad_len: Option<u8>,
    /// Plaintext of the ESP payload without padding and trailer.
    pub inner: Option<Vec<u8>>,
    /// The IP packet before protection, where the source has it.
    pub plain: Option<Vec<u8>>,
    /// The protected IP packet with its outer header, where the source has it.
    pub prot: Option<Vec<u8>>,
    /// A remark on it.
    pub note: String,
}

/// Protocol of an [`EspPacket`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Proto {
    /// Encapsulating security payload.
    Esp,
    /// Authentication header.
    Ah,
}

/// Algorithm of an [`EspPacket`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Alg {
    /// ESP with AES-GCM (RFC 4106).
    #[serde(rename = "aes-gcm")]
    Gcm,
    /// ESP with AES-GMAC (RFC 4543).
    #[serde(rename = "aes-gmac")]
    Gmac,
    /// AH with AES-GMAC (RFC 4543).
    #[serde(rename = "ah-aes-gmac")]
    AhGmac,
}

/// One security association of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaptureKey {
    /// Security parameter index.
    pub spi: u32,
    /// Outer source address.
    pub src: IpAddr,
    /// Outer destination address.
    pub dst: IpAddr,
    /// AES key, then the 4 bytes of salt.
    pub key: Vec<u8>,
    /// Whether the sequence number is extended.
    pub esn: bool,
    /// The kernel's name of the algorithm, for instance `rfc4106(gcm(aes))`.
    pub alg: String,
    /// `tunnel` or `transport`.
    pub mode: String,
}

/// What is wrong with a file of known answers.
#[derive(Debug)]
pub enum KatError {
    /// The file cannot be opened or read.
    Io {
        /// The file.
        path: PathBuf,
        /// The line being read, from 1; 0 if none yet.
        line: usize,
        /// Why.
        source: io::Error,
    },
    /// A line is not the JSON object expected.
    Json {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// A member has a value that cannot be.
    Field {
        /// The file.
        path: PathBuf,
        /// The line (of an array: the element), from 1.
        line: usize,
        /// The member.
        field: &'static str,
        /// What was expected.
        expected: &'static str,
    },
}

impl fmt::Display for KatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io {
                path,
                line: 0,
                source,
            } => write!(f, "{}: {source}", path.display()),
            Self::Io { path, line, source } => write!(f, "{}:{line}: {source}", path.display()),
            Self::Json { path, line, source } => write!(f, "{}:{line}: {source}", path.display()),
            Self::Field {
                path,
                line,
                field,
                expected,
            } => {
                write!(f, "{}:{line}: {field}: expected {expected}", path.display())
            }
        }
    }
}

impl error::Error for KatError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Json { source, .. } => Some(source),
            Self::Field { .. } => None,
        }
    }
}

/// The folder of the packaged files.
pub fn packaged_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("kat")
}

/// The folder beside the checkout (`IPSEC_SHARED`, by default `../shared`), if there is one.
pub fn shared_dir() -> Option<PathBuf> {
    let dir = env::var_os("IPSEC_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    dir.is_dir().then_some(dir)
}

/// The file of [`shared_dir`], if there is one.
fn shared_file(below: &str) -> Option<PathBuf> {
    shared_dir()
        .map(|dir| dir.join(below))
        .filter(|file| file.is_file())
}

/// The packaged GCM vectors, one file after the other.
///
/// # Errors
///
/// A file cannot be opened; later, what is wrong with a line.
pub fn packaged_gcm() -> Result<impl Iterator<Item = Result<GcmVector, KatError>> + use<>, KatError>
{
    let dir = packaged_dir();
    let files = PACKAGED_GCM.map(|name| gcm_vectors(&dir.join(name)));
    let files = files.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(files.into_iter().flatten())
}

/// The larger collection of GCM vectors beside the checkout, if there is one.
///
/// # Errors
///
/// The file cannot be opened; later, what is wrong with a line.
pub fn shared_gcm() -> Result<Option<Vectors<GcmVector>>, KatError> {
    shared_file("oracles/kat/gcm96.jsonl.xz")
        .map(|file| gcm_vectors(&file))
        .transpose()
}

/// The GCM vectors of a file, `.jsonl` or `.jsonl.xz`.
///
/// # Errors
///
/// The file cannot be opened; later, what is wrong with a line.
pub fn gcm_vectors(path: &Path) -> Result<Vectors<GcmVector>, KatError> {
    Vectors::open(path)
}

/// The packaged whole packets.
///
/// # Errors
///
/// The file cannot be opened; later, what is wrong with a line.
pub fn packaged_esp() -> Result<Vectors<EspPacket>, KatError> {
    esp_packets(&packaged_dir().join(PACKAGED_ESP))
}

/// The larger collection of whole packets beside the checkout, if there is one.
///
/// # Errors
///
/// The file cannot be opened; later, what is wrong with a line.
pub fn shared_esp() -> Result<Option<Vectors<EspPacket>>, KatError> {
    shared_file("oracles/kat/esp_packets.jsonl")
        .map(|file| esp_packets(&file))
        .transpose()
}

/// The whole packets of a file, `.jsonl` or `.jsonl.xz`.
///
/// # Errors
///
/// The file cannot be opened; later, what is wrong with a line.
pub fn esp_packets(path: &Path) -> Result<Vectors<EspPacket>, KatError> {
    Vectors::open(path)
}

/// The keys of a capture: a JSON array of security associations.
///
/// # Errors
///
/// The file cannot be read, is not such an array, or an association has an impossible member.
pub fn capture_keys(path: &Path) -> Result<Vec<CaptureKey>, KatError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(|source| KatError::Io {
            path: path.into(),
            line: 0,
            source,
        })?;
    let rows: Vec<CaptureRow> = serde_json::from_str(&text).map_err(|source| KatError::Json {
        path: path.into(),
        line: source.line(),
        source,
    })?;
    let convert = |(at, row): (usize, CaptureRow)| row.convert(&Place { path, line: at + 1 });
    rows.into_iter().enumerate().map(convert).collect()
}

/// Iterator over the lines of a file of known answers.
pub struct Vectors<T> {
    path: PathBuf,
    line: usize,
    lines: Option<io::Lines<Box<dyn BufRead + Send>>>,
    kind: std::marker::PhantomData<fn() -> T>,
}

impl<T> Vectors<T> {
    fn open(path: &Path) -> Result<Self, KatError> {
        let file = File::open(path).map_err(|source| KatError::Io {
            path: path.into(),
            line: 0,
            source,
        })?;
        let reader: Box<dyn BufRead + Send> = if path.extension().is_some_and(|e| e == "xz") {
            Box::new(BufReader::new(XzReader::new(BufReader::new(file), true)))
        } else {
            Box::new(BufReader::new(file))
        };
        let lines = Some(reader.lines());
        Ok(Self {
            path: path.into(),
            line: 0,
            lines,
            kind: std::marker::PhantomData,
        })
    }
}

impl<T: Known> Iterator for Vectors<T> {
    type Item = Result<T, KatError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = self.lines.as_mut()?.next()?;
            self.line += 1;
            let text = match text {
                Ok(text) => text,
                Err(source) => {
                    // A reader that failed once may fail for ever.
                    self.lines = None;
                    return Some(Err(KatError::Io {
                        path: self.path.clone(),
                        line: self.line,
                        source,
                    }));
                }
            };
            if text.trim().is_empty() {
                continue;
            }
            let place = Place {
                path: &self.path,
                line: self.line,
            };
            let row: Result<T::Row, _> = serde_json::from_str(&text);
            return Some(match row {
                Ok(row) => T::from_row(row, &place),
                Err(source) => Err(KatError::Json {
                    path: self.path.clone(),
                    line: self.line,
                    source,
                }),
            });
        }
    }
}

/// A type that a line of a file is turned into.
pub trait Known: Sized + sealed::Sealed {
    /// The line as JSON.
    type Row: DeserializeOwned;

    /// Checks and decodes a line.
    ///
    /// # Errors
    ///
    /// A member has a value that cannot be.
    fn from_row(row: Self::Row, place: &Place<'_>) -> Result<Self, KatError>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::GcmVector {}
    impl Sealed for super::EspPacket {}
}

/// Where a row stands, for messages.
pub struct Place<'a> {
    path: &'a Path,
    line: usize,
}

impl Place<'_> {
    fn wrong(&self, field: &'static str, expected: &'static str) -> KatError {
        KatError::Field {
            path: self.path.into(),
            line: self.line,
            field,
            expected,
        }
    }

    fn bytes(&self, field: &'static str, text: &str) -> Result<Vec<u8>, KatError> {
        decode(text).ok_or_else(|| self.wrong(field, "an even number of hexadecimal digits"))
    }

    fn maybe(
        &self,
        field: &'static str,
        text: Option<&String>,
    ) -> Result<Option<Vec<u8>>, KatError> {
        text.map(|text| self.bytes(field, text)).transpose()
    }

    fn array<const N: usize>(
        &self,
        field: &'static str,
        text: &str,
        expected: &'static str,
    ) -> Result<[u8; N], KatError> {
        self.bytes(field, text)?
            .try_into()
            .map_err(|_| self.wrong(field, expected))
    }

    fn sized(
        &self,
        field: &'static str,
        text: &str,
        sizes: &[usize],
        expected: &'static str,
    ) -> Result<Vec<u8>, KatError> {
        let bytes = self.bytes(field, text)?;
        if sizes.contains(&bytes.len()) {
            Ok(bytes)
        } else {
            Err(self.wrong(field, expected))
        }
    }
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| {
        char::from(c)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

const KEY_SIZES: &str = "16, 24 or 32 bytes";

/// A line of a file of GCM vectors.
#[derive(Deserialize)]
#[doc(hidden)]
pub struct GcmRow {
    src: String,
    id: String,
    key: String,
    iv: String,
    aad: String,
    pt: Option<String>,
    ct: String,
    tag: String,
    valid: bool,
    note: String,
}

impl Known for GcmVector {
    type Row = GcmRow;

    fn from_row(row: GcmRow, place: &Place<'_>) -> Result<Self, KatError> {
        let pt = place.maybe("pt", row.pt.as_ref())?;
        let ct = place.bytes("ct", &row.ct)?;
        if row.valid && pt.as_ref().map(Vec::len) != Some(ct.len()) {
            return Err(place.wrong("pt", "a plaintext as long as the ciphertext"));
        }
        Ok(Self {
            src: row.src,
            id: row.id,
            key: place.sized("key", &row.key, &[16, 24, 32], KEY_SIZES)?,
            iv: place.array("iv", &row.iv, "12 bytes")?,
            aad: place.bytes("aad", &row.aad)?,
            pt,
            ct,
            tag: place.sized("tag", &row.tag, &[8, 12, 16], "8, 12 or 16 bytes")?,
            valid: row.valid,
            note: row.note,
        })
    }
}

/// A line of a file of whole packets.
#[derive(Deserialize)]
#[doc(hidden)]
pub struct EspRow {
    src: String,
    id: Ident,
    proto: Proto,
    alg: Alg,
    key: String,
    salt: String,
    spi: u32,
    seq: u32,
    esn: bool,
    esn_hi: u32,
    iv: String,
    esp: Option<String>,
    esp_payload: Option<String>,
    next_header: Option<u8>,
    pad_len: Option<u8>,
    inner: Option<String>,
    plain: Option<String>,
    prot: Option<String>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ident {
    Number(u64),
    Name(String),
}

impl Known for EspPacket {
    type Row = EspRow;

    fn from_row(row: EspRow, place: &Place<'_>) -> Result<Self, KatError> {
        if row.proto == Proto::Esp && (row.esp.is_none() || row.esp_payload.is_none()) {
            return Err(place.wrong("esp", "the wire bytes and the plaintext of an ESP packet"));
        }
        if row.proto == Proto::Ah && (row.plain.is_none() || row.prot.is_none()) {
            return Err(place.wrong("prot", "the whole packets of an AH packet"));
        }
        Ok(Self {
            src: row.src,
            id: match row.id {
                Ident::Number(number) => number.to_string(),
                Ident::Name(name) => name,
            },
            proto: row.proto,
            alg: row.alg,
            key: place.sized("key", &row.key, &[16, 24, 32], KEY_SIZES)?,
            salt: place.array("salt", &row.salt, "4 bytes")?,
            spi: row.spi,
            seq: row.seq,
            esn: row.esn,
            esn_hi: row.esn_hi,
            iv: place.array("iv", &row.iv, "8 bytes")?,
            esp: place.maybe("esp", row.esp.as_ref())?,
            esp_payload: place.maybe("esp_payload", row.esp_payload.as_ref())?,
            next_header: row.next_header,
            pad_len: row.pad_len,
            inner: place.maybe("inner", row.inner.as_ref())?,
            plain: place.maybe("plain", row.plain.as_ref())?,
            prot: place.maybe("prot", row.prot.as_ref())?,
            note: row.note,
        })
    }
}

#[derive(Deserialize)]
struct CaptureRow {
    spi: String,
    src: IpAddr,
    dst: IpAddr,
    key: String,
    esn: bool,
    alg: String,
    mode: String,
}

impl CaptureRow {
    fn convert(self, place: &Place<'_>) -> Result<CaptureKey, KatError> {
        let spi = self
            .spi
            .strip_prefix("0x")
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        Ok(CaptureKey {
            spi: spi.ok_or_else(|| place.wrong("spi", "0x and up to 8 hexadecimal digits"))?,
            src: self.src,
            dst: self.dst,
            key: place.sized(
                "key",
                &self.key,
                &[20, 28, 36],
                "20, 28 or 36 bytes with the salt",
            )?,
            esn: self.esn,
            alg: self.alg,
            mode: self.mode,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn packaged_gcm_is_complete() {
        let all: Vec<_> = packaged_gcm().unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(all.len(), 6750 + 404);
        assert_eq!(all.iter().filter(|v| !v.valid).count(), 1694 + 243);
        for size in [16, 24, 32] {
            assert!(all.iter().any(|v| v.key.len() == size));
        }
    }

    #[test]
    fn packaged_packets_are_complete() {
        let all: Vec<_> = packaged_esp().unwrap().collect::<Result<_, _>>().unwrap();
        assert_eq!(all.len(), 20);
        assert_eq!(all.iter().filter(|p| p.proto == Proto::Ah).count(), 1);
        for packet in all.iter().filter(|p| p.proto == Proto::Esp) {
            let esp = packet.esp.as_ref().unwrap();
            assert_eq!(esp[..4], packet.spi.to_be_bytes());
            assert_eq!(esp[4..8], packet.seq.to_be_bytes());
            assert_eq!(esp[8..16], packet.iv);
            let payload = packet.esp_payload.as_ref().unwrap();
            assert_eq!(payload[payload.len() - 1], packet.next_header.unwrap());
            assert_eq!(payload[payload.len() - 2], packet.pad_len.unwrap());
        }
    }

    #[test]
    fn packaged_capture_has_keys() {
        let keys = capture_keys(&packaged_dir().join(PACKAGED_CAPTURE_KEYS)).unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0].spi, 0x582a_65cc);
        assert!(packaged_dir().join(PACKAGED_CAPTURE).is_file());
    }

    #[test]
    fn shared_collections_load() {
        let (Some(gcm), Some(esp)) = (shared_gcm().unwrap(), shared_esp().unwrap()) else {
            eprintln!("*** SKIPPED: no folder of shared known answers (IPSEC_SHARED) ***");
            return;
        };
        assert!(gcm.map(Result::unwrap).count() >= 7618);
        assert!(esp.map(Result::unwrap).count() >= 24);
    }

    #[test]
    fn errors_name_file_and_line() {
        let dir = env::temp_dir().join(format!("kat-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let path = dir.join("bad.jsonl");
        let good = r#"{"src":"s","id":"0","key":"00112233445566778899aabbccddeeff","iv":"000000000000000000000000","aad":"","pt":"","ct":"","tag":"0011223344556677","valid":true,"note":""}"#;
        let short = good.replace(r#""iv":"00"#, r#""iv":""#);
        let odd = good.replace(r#""aad":"""#, r#""aad":"0""#);
        fs::write(&path, format!("{good}\n\n{short}\n{odd}\nnonsense\n")).unwrap();
        let said: Vec<_> = gcm_vectors(&path)
            .unwrap()
            .map(|v| v.map_or_else(|e| e.to_string(), |v| v.id))
            .collect();
        assert_eq!(said[0], "0");
        assert!(
            said[1].ends_with("bad.jsonl:3: iv: expected 12 bytes"),
            "{}",
            said[1]
        );
        assert!(
            said[2].contains("bad.jsonl:4: aad: expected"),
            "{}",
            said[2]
        );
        assert!(said[3].contains("bad.jsonl:5: "), "{}", said[3]);
        let missing = gcm_vectors(&dir.join("none.jsonl"))
            .err()
            .unwrap()
            .to_string();
        assert!(missing.contains("none.jsonl"));
        fs::write(dir.join("cut.jsonl.xz"), b"\xfd7zXZ\0\0\x04").unwrap();
        let cut: Vec<_> = gcm_vectors(&dir.join("cut.jsonl.xz")).unwrap().collect();
        assert!(matches!(cut[..], [Err(KatError::Io { .. })]));
        fs::remove_dir_all(&dir).unwrap();
    }
}
