// SPDX-License-Identifier: Apache-2.0
//! What an implementation outside this project says of the frames of a pack: OpenSSL, by way of Python.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::esp::{HEAD_BYTES, icv_bytes, upper};
use crate::modes::walk::{Level, Walk};
use crate::runner::ReceiveWords;
use crate::sa::{Association, Direction, Encryption, Operation, Sa, hex_bytes};

/// How the manifest calls it.
pub const NAME: &str = "OpenSSL by Python's cryptography";

const SCRIPT: &str = include_str!("oracle.py");

/// A frame, and what was done on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Crypto {
    /// The case
    pub case: String,
    /// Its number in the case
    pub frame: u32,
    /// As it went in
    #[serde(with = "hex_bytes")]
    pub before: Vec<u8>,
    /// As it came out
    #[serde(with = "hex_bytes")]
    pub after: Vec<u8>,
    /// What was done, in order
    pub portions: Vec<Portion>,
}

/// One association's work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Portion {
    kind: &'static str,
    #[serde(with = "hex_bytes")]
    key: Vec<u8>,
    esn: Option<u32>,
    /// AH or ESP header
    at: usize,
    /// First byte behind the IP packet
    end: usize,
    /// Bytes of the ICV
    icv: usize,
    /// IP header
    ip: usize,
    seal: bool,
    /// The ICV is right (opening)
    good: bool,
    /// Done, with a good ICV, or not done at all: CryptoStatus 6 says either
    maybe: bool,
}

impl Portion {
    fn new(association: &Association, level: &Level, seal: bool, good: bool) -> Option<Self> {
        let (kind, at) = match (association.operation, association.encryption) {
            (Operation::Ah, _) => ("ah", level.ah?.at),
            (Operation::Esp, Encryption::None) => ("esp-gmac", level.esp?.at),
            (Operation::Esp, _) => ("esp-gcm", level.esp?.at),
        };
        Some(Self {
            kind,
            key: association.key.clone(),
            esn: upper(association),
            at,
            end: level.end,
            icv: icv_bytes(association),
            ip: level.ip,
            seal,
            good,
            maybe: false,
        })
    }
}

/// Bundles by handle.
pub type Bundles = BTreeMap<u32, Sa>;

fn of(sa: &Sa, operation: Operation) -> Option<&Association> {
    sa.associations.iter().find(|a| a.operation == operation)
}

/// What was done on a frame that was sent; `None`: nothing.
///
/// # Errors
/// It cannot be told.
pub fn transmitted(
    before: &[u8],
    after: &[u8],
    [offload, tunnel, _]: [u32; 3],
    sas: &Bundles,
    udp_port: u16,
) -> Result<Option<Crypto>, String> {
    if offload == 0 {
        return match before == after {
            true => Ok(None),
            false => Err("it was changed without a handle".to_owned()),
        };
    }
    let walk = Walk {
        frame: before,
        udp_port,
    };
    let find = || {
        let (base, v6) = walk.ethernet()?;
        let outer = walk.level(base, v6, base)?;
        let mut levels = Vec::new();
        if tunnel == 0 {
            levels.push((outer, sas.get(&offload)?));
        } else {
            let (at, v6) = inside(before, &outer)?;
            levels.push((walk.level(at, v6, base)?, sas.get(&offload)?));
            levels.push((outer, sas.get(&tunnel)?));
        }
        let mut portions = Vec::new();
        for (level, sa) in levels {
            for association in &sa.associations {
                portions.push(Portion::new(association, &level, true, true)?);
            }
        }
        Some(portions)
    };
    let portions = find().ok_or("its headers do not fit its handles")?;
    Ok(Some(crypto(before, after, portions)))
}

/// What was done on a frame that was received; `None`: nothing, or nothing of it is to be seen.
///
/// # Errors
/// It cannot be told.
pub fn received(
    before: &[u8],
    after: &[u8],
    words: [u32; 2],
    sas: &Bundles,
    udp_port: u16,
) -> Result<Option<Crypto>, String> {
    let words = ReceiveWords::new(words);
    let walk = Walk {
        frame: after,
        udp_port,
    };
    let find = || {
        let (base, v6) = walk.ethernet()?;
        let outer = walk.level(base, v6, base)?;
        let mut portions = Vec::new();
        if !words.next_crypto_done {
            last(&mut portions, &outer, &words, sas)?;
            return Some(portions);
        }
        let sa = lookup(&outer, sas)?;
        for operation in [Operation::Ah, Operation::Esp] {
            if let Some(association) = of(sa, operation) {
                portions.push(Portion::new(association, &outer, false, true)?);
            }
        }
        let (at, v6) = inside(after, &outer)?;
        let inner = walk.level(at, v6, at)?;
        last(&mut portions, &inner, &words, sas)?;
        Some(portions)
    };
    let portions = match words.crypto_done {
        true => find().ok_or("its headers do not fit the SAs")?,
        false => Vec::new(),
    };
    if portions.is_empty() {
        return match before == after {
            true => Ok(None),
            false => Err("it was changed, and nothing says by what".to_owned()),
        };
    }
    Ok(Some(crypto(before, after, portions)))
}

/// The portions of the last level that was looked at, by the status of the frame.
fn last(
    portions: &mut Vec<Portion>,
    level: &Level,
    words: &ReceiveWords,
    sas: &Bundles,
) -> Option<()> {
    // Which of them were done, and whether the last of these was good.
    let (ah, esp, good) = match words.crypto_status {
        0 => (true, true, true),
        2 | 4 => (true, false, false),
        3 | 5 => (true, true, false),
        // A trailer that does not fit is found behind a good ICV; lengths are found before.
        6 => (true, true, true),
        _ => return Some(()),
    };
    let sa = lookup(level, sas)?;
    let count = portions.len();
    for (operation, wanted) in [(Operation::Ah, ah), (Operation::Esp, esp)] {
        if let Some(association) = of(sa, operation).filter(|_| wanted) {
            portions.push(Portion::new(association, level, false, true)?);
        }
    }
    if let Some(portion) = portions[count..].last_mut() {
        portion.good = good;
    }
    for portion in &mut portions[count..] {
        portion.maybe = words.crypto_status == 6;
        // Of lengths that lie there is nothing to be done.
        if portion.maybe && portion.end.checked_sub(portion.icv) < Some(portion.at + HEAD_BYTES) {
            portions.truncate(count);
            break;
        }
    }
    Some(())
}

fn crypto(before: &[u8], after: &[u8], portions: Vec<Portion>) -> Crypto {
    Crypto {
        case: String::new(),
        frame: 0,
        before: before.to_vec(),
        after: after.to_vec(),
        portions,
    }
}

/// The IP packet in the tunnel of a level whose text is in the clear.
fn inside(frame: &[u8], outer: &Level) -> Option<(usize, bool)> {
    let at = match (outer.esp, outer.ah) {
        (Some(esp), _) => esp.at + HEAD_BYTES,
        (None, Some(ah)) => ah.end,
        (None, None) => return None,
    };
    Some((at, frame.get(at)? >> 4 == 6))
}

/// The inbound bundle that a level names: the exact destination first.
fn lookup<'a>(level: &Level, sas: &'a Bundles) -> Option<&'a Sa> {
    let (operation, spi) = match (level.ah, level.esp) {
        (Some(ah), _) => (Operation::Ah, ah.spi),
        (None, Some(esp)) => (Operation::Esp, esp.spi),
        (None, None) => return None,
    };
    let named = |sa: &&Sa| {
        sa.direction == Direction::Inbound
            && sa.is_v6() == level.dst.is_ipv6()
            && of(sa, operation).is_some_and(|a| a.spi == spi)
    };
    let exact = sas.values().filter(named).find(|sa| sa.dst == level.dst);
    let any = || {
        sas.values()
            .filter(named)
            .find(|sa| sa.dst.is_unspecified())
    };
    exact.or_else(any)
}

/// What it said.
#[derive(Clone, Debug, Deserialize)]
pub struct Opinion {
    /// Portions that it did
    pub portions: u64,
    /// Frames that it does not agree with
    pub wrong: Vec<Disagreement>,
    /// Versions of the tools
    pub versions: BTreeMap<String, String>,
}

/// A frame that it does not agree with.
#[derive(Clone, Debug, Deserialize)]
pub struct Disagreement {
    /// The case
    pub case: String,
    /// Number of the frame in the case
    pub frame: u32,
    /// Why
    pub why: String,
}

/// A Python that has it.
///
/// # Errors
/// There is none; says what was tried.
pub fn find() -> Result<PathBuf, Error> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/venv/bin/python");
    let named = std::env::var_os("IPSEC_PYTHON").map(PathBuf::from);
    let import = "import cryptography.hazmat.primitives.ciphers";
    // What is named is the one that counts.
    let candidates = match named {
        Some(named) => vec![named],
        None => vec![tools, PathBuf::from("python3")],
    };
    candidates
        .iter()
        .find(|python| {
            let tried = Command::new(python).args(["-c", import]).output();
            tried.is_ok_and(|output| output.status.success())
        })
        .cloned()
        .ok_or_else(|| {
            let tried: Vec<_> = candidates
                .iter()
                .map(|python| python.display().to_string())
                .collect();
            Error::Usage(format!(
                "no implementation of AES-GCM outside this project: expected a Python with the package \
                 'cryptography', tried {} (IPSEC_PYTHON names another; 'make setup-dev' installs one)",
                tried.join(", ")
            ))
        })
}

/// Asks it about all frames at once.
///
/// # Errors
/// It does not run, or says something else.
pub fn ask(python: &Path, frames: &[Crypto]) -> Result<Opinion, Error> {
    let failed = |what: String| Error::Usage(format!("{}: {what}", python.display()));
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let mut stdin = child.stdin.take();
    let mut text = Vec::new();
    for frame in frames {
        serde_json::to_writer(&mut text, frame).map_err(|error| failed(error.to_string()))?;
        text.push(b'\n');
    }
    // It reads all before it says anything.
    let written = match &mut stdin {
        Some(stdin) => stdin.write_all(&text),
        None => Ok(()),
    };
    drop(stdin);
    let output = child
        .wait_with_output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() || written.is_err() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.trim().lines().last().unwrap_or("it failed").to_owned();
        return Err(failed(format!("the outside implementation failed: {last}")));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| failed(format!("the outside implementation said nonsense: {error}")))
}
