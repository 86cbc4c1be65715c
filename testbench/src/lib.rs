// SPDX-License-Identifier: Apache-2.0
//! Scenarios, the drivers that play them on a device, and the `ipsec-cosim` command.
#![forbid(unsafe_code)]

pub mod drivers;
pub mod error;
pub mod esp;
pub mod frame;
pub mod kat;
pub mod pcap;
pub mod rng;
pub mod runner;
pub mod sa;
pub mod sa_json;
pub mod scenario;

#[path = "../../model/src/regs.rs"]
pub mod regs;
