// SPDX-License-Identifier: Apache-2.0
//! Cycle-accurate reference model of the IPsec offload engine, with the untimed packet API beneath it.
#![forbid(unsafe_code)]

pub mod config;
pub mod pin_bits;
pub mod pins;
pub mod table_types;
// Datapath.
mod crypto_stage;
mod egress_rx;
mod egress_tx;
mod engine;
mod frame;
mod frame_ingress;
pub mod frame_parser;
pub mod gcm;
mod header_walk;
mod job;
mod mutable_fields;
pub mod nic;
mod offload_path;
mod options;
pub mod packet;
#[cfg(test)]
mod path_tests;
mod portion_front;
pub mod probe;
mod receive;
mod sa_lookup;
mod self_test;
mod transmit;
mod work;
// Control plane.
pub mod axil_front;
pub mod control_plane;
pub mod counters;
pub mod diag_port;
pub mod hash;
pub mod key_area;
pub mod key_setup;
pub mod mailbox;
pub mod ndis;
pub mod oid_engine;
pub mod register_file;
pub mod regs;
pub mod reset_ctrl;
pub mod sa_delete_req;
pub mod sa_mode;
pub mod sa_stats;
pub mod sa_table;
