// SPDX-License-Identifier: Apache-2.0
//! One [`Device`] trait for everything that has the pins of the offload engine, and what is needed
//! to run two such devices clock by clock against each other: [`Lockstep`], the report of a failure,
//! waves, and the search for the place where they first differ.

mod config;
mod device;
mod error;
#[cfg(feature = "rtl")]
mod gcm_unit;
pub mod gtkw;
mod investigate;
mod lockstep;
mod model;
mod picture;
mod pin_table;
pub mod probe;
mod report;
#[cfg(not(feature = "rtl"))]
#[path = "no_rtl.rs"]
mod rtl;
#[cfg(feature = "rtl")]
mod rtl;
#[cfg(feature = "rtl")]
mod rtl_probe;
mod stimulus;
mod wave;

pub use config::DeviceConfig;
pub use device::{Device, DeviceKind};
pub use error::{DeviceError, Divergence, SimFailure, SimFailureKind};
#[cfg(feature = "rtl")]
pub use gcm_unit::{GCM_AAD_OFFSETS, GCM_TEXT_LANES, GcmUnit};
pub use investigate::{Investigation, WaveWindow, investigate};
pub use ipsec_model::pins::{AxilIn, AxilOut, Beat, Inputs, Outputs};
pub use lockstep::Lockstep;
pub use model::ModelDevice;
pub use pin_table::{INPUT_PINS, OUTPUT_PINS, Pin, PinDiff, differing_pins};
pub use probe::{Boundary, FirstDifference, ProbeEvent, first_difference};
pub use report::{FailureReport, InFlight};
#[cfg(not(feature = "rtl"))]
pub use rtl::GcmUnit;
pub use rtl::{COUNTS_COVERAGE, RtlDevice, RtlState, RtlStimulus, RtlVariable};
pub use stimulus::{Recorded, Stimulus};
pub use wave::WaveLayout;
