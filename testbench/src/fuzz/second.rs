// SPDX-License-Identifier: Apache-2.0
//! A second opinion on a case: [`Opinion`] reads the same page as the model, and shares no code with it.

use super::case::{Case, CaseFrame};
use super::sets;
use super::untimed::{Outcome, Problem};
use crate::modes::opinion::{Named, Opinion};
use crate::runner::ReceiveWords;
use crate::scenario::{Expected, Port};

/// Compares what the untimed model gave with that opinion.
///
/// # Errors
/// The first frame on which they do not agree.
pub fn compare(case: &Case, outcomes: &[Outcome]) -> Result<(), Problem> {
    let mut opinion = Opinion::new(case.device());
    for sa in sets::bundles(case.set, case.stages) {
        opinion.add(sa.clone());
    }
    let count = opinion.bundles.len();
    for (number, (frame, outcome)) in case.frames.iter().zip(outcomes).enumerate() {
        let expected = expected(&mut opinion, frame, count);
        if !agree(&expected, outcome) {
            return Err((number, format!("expected {expected:x?}, got {outcome:x?}")));
        }
        // The untimed model does one frame at a time.
        opinion.settle();
    }
    Ok(())
}

fn expected(opinion: &mut Opinion, frame: &CaseFrame, bundles: usize) -> Expected {
    let named = |handle: u32| match (handle as usize).checked_sub(1) {
        None => Named::Zero,
        Some(bundle) if bundle < bundles => Named::Bundle(bundle),
        Some(_) => Named::Stale,
    };
    let [offload, tunnel, hint] = frame.words;
    let verdict = match frame.port {
        Port::Rx => opinion.receive(&frame.bytes),
        Port::Tx => opinion.transmit(&frame.bytes, [named(offload), named(tunnel)], hint),
    };
    verdict.expected
}

fn agree(expected: &Expected, outcome: &Outcome) -> bool {
    match (expected, outcome) {
        (Expected::Refused {}, Outcome::Refused) => true,
        (Expected::Sent(expected), Outcome::Sent(bytes)) => expected == bytes,
        (
            Expected::Received {
                bytes: expected,
                done,
                next,
                status,
                header,
            },
            Outcome::Received(bytes, words),
        ) => {
            let words = ReceiveWords::new([words.slot1, words.slot12]);
            expected == bytes
                && *done == words.crypto_done
                && *next == words.next_crypto_done
                && status.contains(&words.crypto_status)
                && *header == words.header
        }
        _ => false,
    }
}
