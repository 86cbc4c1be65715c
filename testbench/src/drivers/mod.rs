// SPDX-License-Identifier: Apache-2.0
//! What holds the device's pins: one small state machine for each bus, each stepped once a clock.

pub mod axil;
pub mod bus;
pub mod mailbox;
pub mod stall;
pub mod stream;
