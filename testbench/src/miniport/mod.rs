// SPDX-License-Identifier: Apache-2.0
//! A miniport driver for the device, written the way a real one is: entry points that NDIS calls, requests
//! that pend and are completed from the interrupt, registers as the only way to the device. The register
//! sequences are those of the programmer's guide.
//!
//! No wait is without a bound: the bounds are in [`bounds`].

mod adapter;
pub mod bounds;
mod configuration;
mod direct;
mod initialize;
mod interrupt;
mod list;
mod ordinary;
mod registers;
mod reset;
mod work;

pub use adapter::{Direct, Miniport, OrdinaryRequest};
pub use registers::Registers;
