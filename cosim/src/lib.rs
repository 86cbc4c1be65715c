// SPDX-License-Identifier: Apache-2.0
//! One [`Device`] trait for everything that has the pins of the offload engine, and what is needed
//! to run two such devices clock by clock against each other: [`Lockstep`], the report of a failure,
//! waves, and the search for the place where they first differ.
#![forbid(unsafe_code)]

mod config;
mod device;
mod error;
mod lockstep;
mod pin_table;

pub use config::DeviceConfig;
pub use device::{Device, DeviceKind};
pub use error::{DeviceError, Divergence, SimFailure, SimFailureKind};
pub use ipsec_model::pins::{AxilIn, AxilOut, Beat, Inputs, Outputs};
pub use lockstep::Lockstep;
pub use pin_table::{INPUT_PINS, OUTPUT_PINS, Pin, PinDiff, differing_pins};
