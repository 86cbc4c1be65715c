// SPDX-License-Identifier: Apache-2.0
//! A case on the untimed packet API, and what must be true of every frame.

use std::cell::RefCell;
use std::net::IpAddr;

use ipsec_model::packet::{Engine, NewBundle, NewSa, RxResult, TxResult};
use ipsec_model::table_types::KeyMaterial;

use super::case::{Case, CaseFrame, Sealed};
use super::sets::{self, SETS, is_shadowed};
use crate::sa::UdpEncapsulation;
use crate::sa::{Association, Direction, Encryption, Operation, SALT_BYTES, Sa};
use crate::scenario::Port;

/// Bytes in front of the first IV: no processing changes them.
const UNTOUCHED: usize = 14 + 20 + 8;
/// CryptoStatus of a portion that was decrypted although it is not good.
const SYNTAX: u32 = 6;

/// An association as the model takes it.
fn association(one: &Association) -> Option<NewSa> {
    let (key, salt) = one.key.split_last_chunk::<SALT_BYTES>()?;
    Some(NewSa {
        spi: one.spi,
        key: KeyMaterial::new(key)?,
        salt: u32::from_be_bytes(*salt),
        gmac: one.encryption == Encryption::None,
        icv_len: one.icv_length as u8,
        seq_high: one.esn.then_some(one.sequence_high),
    })
}

/// A bundle as the model takes it.
fn bundle(sa: &Sa) -> NewBundle {
    let of = |operation| {
        let mut all = sa.associations.iter();
        all.find(|one| one.operation == operation)
            .and_then(association)
    };
    NewBundle {
        inbound: sa.direction == Direction::Inbound,
        v6: sa.is_v6(),
        dst: match sa.dst {
            IpAddr::V4(dst) => u32::from(dst).into(),
            IpAddr::V6(dst) => dst.into(),
        },
        udp: match sa.udp_encapsulation {
            UdpEncapsulation::None => 0,
            UdpEncapsulation::Transport => 1,
            UdpEncapsulation::Tunnel => 2,
            UdpEncapsulation::TransportOverUdpTunnel => 4,
            UdpEncapsulation::UdpTransportOverTunnel => 8,
        },
        esp: of(Operation::Esp),
        ah: of(Operation::Ah),
    }
}

/// A device with `stages`, and what one with `like` stages takes of a set.
fn engine(set: usize, like: u32, stages: u32) -> Engine {
    let mut engine = Engine::new(stages as usize);
    for sa in sets::bundles(set, like) {
        engine.add(bundle(sa));
    }
    engine
}

/// Stages of what seals frames: all that a device can have, whatever the case's has.
const MOST_STAGES: u32 = 4;

/// Seals frames of a set.
#[derive(Debug)]
pub struct Sealer {
    engine: Engine,
    handles: Vec<u32>,
}

thread_local! {
    static SEALERS: RefCell<[Option<Sealer>; SETS]> = const { RefCell::new([const { None }; SETS]) };
}

impl Sealer {
    /// Calls `work` with the sealer of a set. (Transmit leaves nothing behind in it: one will do for ever.)
    pub fn with<T>(set: usize, work: impl FnOnce(&mut Self) -> T) -> T {
        SEALERS.with_borrow_mut(|all| {
            work(all[set % SETS].get_or_insert_with(|| Self {
                engine: engine(set, MOST_STAGES, MOST_STAGES),
                handles: sets::handles(set, MOST_STAGES),
            }))
        })
    }

    /// Transmits a frame of one level; what is refused stays as it is.
    pub fn seal(&mut self, frame: &mut Vec<u8>, bundle: usize) -> bool {
        let handle = self.handles.get(bundle).copied().unwrap_or(0);
        let mut sealed = frame.clone();
        let good = self.engine.transmit(&mut sealed, handle, 0, 0) == TxResult::Success;
        if good {
            *frame = sealed;
        }
        good
    }
}

/// What became of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Transmit: FAILURE
    Refused,
    /// Transmit: these bytes
    Sent(Vec<u8>),
    /// Receive: these bytes and words
    Received(Vec<u8>, RxResult),
}

/// What is wrong with a case: the frame, and a sentence.
pub type Problem = (usize, String);

/// Runs a case.
///
/// # Errors
/// What must be true and is not.
pub fn run(case: &Case) -> Result<Vec<Outcome>, Problem> {
    let mut device = engine(case.set, case.stages, case.stages);
    let check = |(number, frame): (usize, &CaseFrame)| {
        let outcome = match frame.port {
            Port::Tx => transmit(case, frame, &mut device),
            Port::Rx => receive(case, frame, &mut device),
        };
        outcome.map_err(|problem| (number, problem))
    };
    case.frames.iter().enumerate().map(check).collect()
}

fn transmit(case: &Case, frame: &CaseFrame, device: &mut Engine) -> Result<Outcome, String> {
    let [offload, tunnel, hint] = frame.words;
    let mut bytes = frame.bytes.clone();
    let result = device.transmit(&mut bytes, offload, tunnel, hint);
    let legal = (14..=9618).contains(&frame.bytes.len());
    let none = offload == 0 && tunnel == 0;
    match result {
        TxResult::Failure if none && legal => Err("a frame without handles was refused".to_owned()),
        TxResult::Failure => Ok(Outcome::Refused),
        TxResult::Success if !legal => Err("a frame of bad length was sent".to_owned()),
        TxResult::Success if offload == 0 && tunnel != 0 => {
            Err("a frame with a tunnel handle alone was sent".to_owned())
        }
        TxResult::Success if none && bytes != frame.bytes => {
            Err("a frame without handles was changed".to_owned())
        }
        TxResult::Success => {
            let outer = if tunnel == 0 { offload } else { tunnel };
            let handles = sets::handles(case.set, case.stages);
            if let Some(bundle) = handles.iter().position(|h| *h == outer && *h != 0) {
                let sealed = Sealed {
                    clear: frame.bytes.clone(),
                    bundle,
                    alone: tunnel == 0,
                };
                undone(case, &sealed, &bytes)?;
            }
            Ok(Outcome::Sent(bytes))
        }
    }
}

fn receive(case: &Case, frame: &CaseFrame, device: &mut Engine) -> Result<Outcome, String> {
    let mut bytes = frame.bytes.clone();
    let words = device.receive(&mut bytes);
    let status = words.crypto_status();
    let fail = |what: &str| {
        Err(format!(
            "{what}: words {:08x} {:08x}",
            words.slot1, words.slot12
        ))
    };
    if !words.crypto_done() {
        if words != RxResult::default() {
            return fail("words without CryptoDone");
        }
        if bytes != frame.bytes {
            return fail("a frame without CryptoDone was changed");
        }
        return Ok(Outcome::Received(bytes, words));
    }
    if !(14..=9618).contains(&frame.bytes.len()) {
        return fail("CryptoDone with a bad length");
    }
    if status > 7 {
        return fail("unknown CryptoStatus");
    }
    if words.sa_delete_req() {
        return fail("SaDeleteReq without a watermark");
    }
    if status != 0 && words.slot12 != 0 {
        return fail("a trailer of a portion that is not good");
    }
    if frame
        .bytes
        .iter()
        .zip(&bytes)
        .take(UNTOUCHED)
        .any(|(a, b)| a != b)
    {
        return fail("headers were changed");
    }
    // Plaintext that was not verified must not show: the bytes are those before the portion that failed.
    if !matches!(status, 0 | SYNTAX) && bytes != frame.bytes {
        let shown = |stages| {
            let mut before = frame.bytes.clone();
            engine(case.set, case.stages, stages).receive(&mut before);
            before
        };
        if !(1..case.stages).any(|stages| shown(stages) == bytes) {
            return fail("a portion that failed was changed");
        }
    }
    if let Some(sealed) = &frame.sealed {
        undone(case, sealed, &frame.bytes)?;
    }
    Ok(Outcome::Received(bytes, words))
}

/// What transmit made, receive must undo, as far as the outermost level goes.
fn undone(case: &Case, sealed: &Sealed, wire: &[u8]) -> Result<(), String> {
    let set = sets::set(case.set);
    let bundle = sealed.bundle;
    if is_shadowed(set, bundle) {
        return Ok(());
    }
    let portions = set[bundle].associations.len() as u32;
    let mut bytes = wire.to_vec();
    let words = engine(case.set, MOST_STAGES, portions).receive(&mut bytes);
    let status = words.crypto_status();
    let fail = |what: &str| {
        let (slot1, slot12) = (words.slot1, words.slot12);
        Err(format!(
            "a sealed frame was {what}: words {slot1:08x} {slot12:08x}"
        ))
    };
    if !words.crypto_done() {
        return fail("not processed");
    }
    if !matches!(status, 0 | SYNTAX) {
        return fail("found wrong");
    }
    let differ = bytes.iter().zip(&sealed.clear).filter(|(a, b)| a != b);
    // All but the ICVs is back.
    if sealed.alone && differ.count() > 16 * portions as usize {
        return fail("not restored");
    }
    Ok(())
}
