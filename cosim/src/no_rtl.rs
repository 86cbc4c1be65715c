// SPDX-License-Identifier: Apache-2.0
//! What stands for the Verilated RTL in a program that was built without it: the same names, and an
//! error that says so.

use ipsec_model::pins::{Inputs, Outputs};

use crate::{Device, DeviceConfig, DeviceError, DeviceKind};

/// Whether the RTL of this program counts what of its source is exercised: there is none.
pub const COUNTS_COVERAGE: bool = false;

/// The Verilated RTL, which this program has not: none can be made.
#[derive(Debug)]
pub enum RtlDevice {}

impl RtlDevice {
    /// # Errors
    /// [`DeviceError::NotBuilt`], always.
    pub fn new(wanted: DeviceConfig, seed: u32) -> Result<Self, DeviceError> {
        let _ = seed;
        Err(DeviceError::NotBuilt {
            wanted,
            built: Vec::new(),
        })
    }

    /// The configurations that this program has: none.
    pub fn built() -> Vec<DeviceConfig> {
        Vec::new()
    }

    /// The memories that can be read.
    pub fn memories(&self) -> Vec<&'static str> {
        match *self {}
    }

    /// # Errors
    /// None: there is no device.
    pub fn memory(&self, _: &str) -> Result<Vec<Vec<u32>>, DeviceError> {
        match *self {}
    }

    /// A copy of all that the simulator keeps.
    pub fn state(&self) -> RtlState {
        match *self {}
    }

    /// # Errors
    /// None: there is no device.
    pub fn run_in_cpp(&mut self, _: &RtlStimulus) -> Result<(), DeviceError> {
        match *self {}
    }

    /// # Errors
    /// None: there is no device.
    pub fn run_in_rust(&mut self, _: &RtlStimulus) -> Result<(), DeviceError> {
        match *self {}
    }
}

/// A copy of all that the simulator keeps, which this program has not: none can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RtlState {}

impl RtlState {
    /// All bytes.
    pub fn bytes(&self) -> &[u8] {
        match *self {}
    }

    /// All variables with a simple type.
    pub fn variables(&self) -> &[RtlVariable] {
        match *self {}
    }

    /// The bytes of a variable.
    pub fn value(&self, _: &RtlVariable) -> &[u8] {
        match *self {}
    }

    /// The variable that holds a byte.
    pub fn variable_at(&self, _: usize) -> Option<&RtlVariable> {
        match *self {}
    }
}

/// A variable in an [`RtlState`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtlVariable {
    /// Hierarchical name.
    pub name: String,
    /// First byte.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
}

impl Device for RtlDevice {
    fn config(&self) -> DeviceConfig {
        match *self {}
    }

    fn kind(&self) -> DeviceKind {
        match *self {}
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        match *self {}
    }

    fn step(&mut self, _: &Inputs) -> Result<Outputs, DeviceError> {
        match *self {}
    }

    fn clock(&self) -> u64 {
        match *self {}
    }
}

/// Inputs in the form of the Verilated model, for measurements.
#[derive(Debug)]
pub struct RtlStimulus(u64);

impl RtlStimulus {
    /// Counts the inputs.
    pub fn new<'a>(inputs: impl IntoIterator<Item = &'a Inputs>) -> Self {
        Self(inputs.into_iter().count() as u64)
    }

    /// Number of clocks.
    pub fn clocks(&self) -> u64 {
        self.0
    }
}

/// The GCM core of the Verilated RTL, which this program has not: none can be made.
#[derive(Debug)]
pub enum GcmUnit {}

impl GcmUnit {
    /// # Errors
    /// Always: there is no RTL.
    pub fn new(_: u32) -> Result<Self, DeviceError> {
        Err(DeviceError::Other(
            "this program was built without RTL".into(),
        ))
    }

    /// Leaves idle clocks between beats.
    pub fn set_gaps(&mut self, _: u32) {
        match *self {}
    }

    /// Clocks since it was made.
    pub fn clock(&self) -> u64 {
        match *self {}
    }

    /// # Errors
    /// None: there is no unit.
    pub fn encrypt(
        &mut self,
        _: &[u8],
        _: &[u8; 12],
        _: &[u8],
        _: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        match *self {}
    }

    /// # Errors
    /// None: there is no unit.
    pub fn decrypt(
        &mut self,
        _: &[u8],
        _: &[u8; 12],
        _: &[u8],
        _: &[u8],
    ) -> Result<(Vec<u8>, [u8; 16]), DeviceError> {
        match *self {}
    }
}
