// SPDX-License-Identifier: Apache-2.0
//! Cycle-accurate reference model of the IPsec offload engine, with the untimed packet API beneath it.
#![forbid(unsafe_code)]

pub mod pins;
