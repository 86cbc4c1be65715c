// SPDX-License-Identifier: Apache-2.0
//! Scenarios, the drivers that play them on a device, and the `ipsec-cosim` command.
#![forbid(unsafe_code)]

pub mod campaign;
pub mod capture;
pub mod cases;
pub mod commands;
pub mod control;
pub mod control_edges;
pub mod coverage;
pub mod devices;
pub mod drivers;
pub mod edges;
pub mod error;
pub mod esp;
pub mod failure;
pub mod fixed;
pub mod frame;
pub mod fuzz;
pub mod handles;
pub mod judge;
pub mod kat;
pub mod known_answers;
pub mod miniport;
pub mod modes;
pub mod ndis;
pub mod output;
pub mod pcap;
pub mod progress;
pub mod reason;
pub mod rng;
pub mod runner;
pub mod sa;
pub mod sa_json;
pub mod scenario;
pub mod strategies;
pub mod testplan;
