// SPDX-License-Identifier: Apache-2.0
//! Frames of every mode: AES-GCM with ICVs of 8, 12 and 16 bytes, AES-GMAC, AH, AH around ESP, tunnels, UDP,
//! extended sequence numbers, options, extension headers. [`layer`] builds them, [`opinion`] says what the
//! device must make of them, good or not.

pub mod course;
pub mod layer;
pub mod mutable;
pub mod opinion;
pub mod options;
pub mod spec;
pub mod walk;
