// SPDX-License-Identifier: Apache-2.0
//! Cycle-accurate reference model of the IPsec offload engine, with the untimed packet API beneath it.
#![forbid(unsafe_code)]

pub mod config;
pub mod pins;
pub mod table_types;
// Datapath.
pub mod frame_parser;
pub mod gcm;
pub mod nic;
pub mod packet;
// Control plane.
pub mod control_plane;
pub mod hash;
pub mod key_area;
pub mod ndis;
pub mod sa_mode;
pub mod sa_table;
