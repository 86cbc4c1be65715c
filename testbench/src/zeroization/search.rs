// SPDX-License-Identifier: Apache-2.0
//! Looks for secrets at every bit of all that the simulator keeps.

use std::collections::{BTreeMap, BTreeSet};

use ipsec_cosim_device::RtlState;

use super::Secrets;

/// A piece that was found: bit offset and whose it is.
pub type Hits<'a> = BTreeMap<usize, &'a str>;

/// Pieces of `size` bytes (at most 8) at any bit offset.
pub fn search<'a>(bytes: &[u8], secrets: &'a Secrets, size: usize) -> Hits<'a> {
    let pieces = secrets.pieces(size);
    let mut low = vec![false; 1 << 16];
    for piece in pieces.keys() {
        low[*piece as usize & 0xffff] = true;
    }
    let mask = u64::MAX >> (64 - 8 * size);
    let mut hits = Hits::new();
    for at in 0..bytes.len() {
        let mut window = [0; 16];
        let rest = &bytes[at..(at + 9).min(bytes.len())];
        window[..rest.len()].copy_from_slice(rest);
        let window = u128::from_le_bytes(window);
        for bit in 0..8 {
            let value = (window >> bit) as u64 & mask;
            if low[value as usize & 0xffff]
                && 8 * at + bit + 8 * size <= 8 * bytes.len()
                && let Some(name) = pieces.get(&value)
            {
                hits.insert(8 * at + bit, name);
            }
        }
    }
    hits
}

/// The variable of a bit.
fn place(state: &RtlState, bit: usize) -> String {
    match state.variable_at(bit / 8) {
        Some(variable) => format!("{}+{}", variable.name, bit - 8 * variable.offset),
        None => format!("byte {} of no variable", bit / 8),
    }
}

/// Whether a variable is the simulator's alone, and no register or memory of the design: what is left in
/// it is never read before it is written again, and no hardware has it.
pub fn is_artifact(name: &str) -> bool {
    // The value that a nonblocking assignment is about to store, kept behind the store.
    name.starts_with("__Vdly")
        // Results of an expression's parts: of a function that was called, of a choice.
        || name.contains(".__Vlem")
        // A local of `p_aes`, assigned in front of its use: the round key on its way to `window_q`.
        || name.ends_with(".u_key_setup.u_aes.p_aes.w")
}

/// Whether a bit belongs to the design. What lies between the variables is pointers, and filler in which
/// there may be what this program had in the same place of the heap before.
fn in_design(state: &RtlState, bit: usize) -> bool {
    state
        .variable_at(bit / 8)
        .is_some_and(|variable| !is_artifact(&variable.name))
}

/// What of the secrets is found in pieces of 64 bits: the salt alone is too short for that.
pub fn left_of_one(state: &RtlState, secrets: &Secrets) -> BTreeSet<String> {
    search(state.bytes(), secrets, 8)
        .into_iter()
        .filter(|(bit, _)| in_design(state, *bit))
        .map(|(bit, name)| format!("64 bits of {name} in {}", place(state, bit)))
        .collect()
}

/// What of the secrets is found in two runs that differ in the key alone: each 64-bit piece, and each 32-bit piece
/// where one of the other key stands at the same bit.
pub fn left(states: [&RtlState; 2], secrets: [&Secrets; 2]) -> BTreeSet<String> {
    let mut left = BTreeSet::new();
    for (state, secrets) in states.into_iter().zip(secrets) {
        left.extend(left_of_one(state, secrets));
    }
    let [first, second] = [0, 1].map(|k| search(states[k].bytes(), secrets[k], 4));
    for (bit, name) in first {
        if second.contains_key(&bit) && in_design(states[0], bit) {
            left.insert(format!("32 bits of {name} in {}", place(states[0], bit)));
        }
    }
    left
}
