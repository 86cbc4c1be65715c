// SPDX-License-Identifier: Apache-2.0
//! The model as a device: what is done to the RTL can be done to it, except waves.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use common::{Wrong, plain_frames};
use ipsec_cosim_device::{
    Boundary, Device, DeviceConfig, DeviceError, Lockstep, ModelDevice, Outputs, Stimulus,
    WaveWindow, probe,
};

fn model() -> ModelDevice {
    ModelDevice::new(DeviceConfig::new(16, 2)).unwrap()
}

fn run(device: &mut dyn Device, clocks: u64) -> Result<(), DeviceError> {
    let (mut stimulus, mut outputs) = (plain_frames(), Outputs::default());
    for clock in 1..=clocks {
        outputs = device.step(&stimulus.next(clock, &outputs).unwrap())?;
    }
    Ok(())
}

#[test]
fn parameters_outside_the_design_are_refused() {
    let error = ModelDevice::new(DeviceConfig::new(100, 2))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("no such device: NumSa is 100"), "{error}");
}

#[test]
fn reset_is_power_on() {
    let mut device = model();
    let mut lockstep = Lockstep::new(model(), model()).unwrap();
    run(&mut device, 500).unwrap();
    device.reset().unwrap();
    assert_eq!(device.clock(), 0);
    run(&mut lockstep, 100).unwrap();
    let (a, _) = lockstep.into_parts();
    drop(a);
    let mut lockstep = Lockstep::new(model(), device).unwrap();
    run(&mut lockstep, 1000).unwrap();
}

#[test]
fn a_fault_inside_is_found_where_it_begins() {
    let wrong = Wrong::inputs(model(), 700, |i| i.tx.data[2] ^= 1);
    let mut lockstep = Lockstep::new(model(), wrong).unwrap();
    let Err(DeviceError::Divergence(divergence)) = run(&mut lockstep, 3000) else {
        panic!()
    };
    assert_eq!(divergence.pins[0].name, "m_axis_tx_tdata");
    let base = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("model");
    let window = WaveWindow::default();
    let found = lockstep
        .investigate(&mut plain_frames(), divergence.clock, window, &base)
        .unwrap();
    assert!(found.reproduced && found.wave.is_none() && found.save_file.is_none());
    let first = found.first_difference.unwrap();
    assert_eq!(
        first.boundary,
        Boundary {
            path: probe::Path::Transmit,
            number: 0
        }
    );
    assert_eq!(first.clock(), 700);
}
