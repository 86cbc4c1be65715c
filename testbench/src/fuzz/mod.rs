// SPDX-License-Identifier: Apache-2.0
//! Cases of malformed frames, made from the bytes that a fuzzer mutates (docs/fuzzing.md): what they are, what must
//! be true of them on the model, and the scenario that plays them on any device.

pub mod case;
pub mod corpus;
pub mod mutation;
pub mod reader;
pub mod second;
pub mod sets;
pub mod template;
pub mod timed;
pub mod untimed;
