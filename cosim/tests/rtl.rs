// SPDX-License-Identifier: Apache-2.0
//! The Verilated RTL as a device: failures are values, a failure is found again with its wave and its
//! place, and instances do not disturb each other.
#![cfg(feature = "rtl")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{Wrong, plain_frames};
use ipsec_cosim_device::{
    Boundary, Device, DeviceConfig, DeviceError, Divergence, FailureReport, INPUT_PINS, Inputs,
    Investigation, Lockstep, ModelDevice, OUTPUT_PINS, Outputs, RtlDevice, SimFailureKind,
    Stimulus, WaveWindow, first_difference, investigate, probe,
};

fn config() -> DeviceConfig {
    RtlDevice::built()[0]
}

fn rtl(seed: u32) -> RtlDevice {
    RtlDevice::new(config(), seed).unwrap()
}

fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("harness")
        .join(test);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs until the device fails or `clocks` are over.
fn run(
    device: &mut dyn Device,
    mut stimulus: impl Stimulus,
    clocks: u64,
) -> Result<Outputs, DeviceError> {
    let mut outputs = Outputs::default();
    for clock in 1..=clocks {
        outputs = device.step(&stimulus.next(clock, &outputs).unwrap())?;
    }
    Ok(outputs)
}

/// The first clock from `from` on after which `condition` holds when plain frames run.
fn first_clock(from: u64, mut condition: impl FnMut(&Outputs) -> bool) -> u64 {
    let (mut device, mut stimulus) = (rtl(1), plain_frames());
    let mut outputs = Outputs::default();
    for clock in 1..100_000 {
        outputs = device
            .step(&stimulus.next(clock, &outputs).unwrap())
            .unwrap();
        if condition(&outputs) && clock >= from {
            return clock;
        }
    }
    panic!("never");
}

#[test]
fn what_is_before_the_reset_does_not_reach_the_pins() {
    let mut lockstep = Lockstep::new(rtl(1), rtl(2)).unwrap();
    run(&mut lockstep, plain_frames(), 3000).unwrap();
    assert_eq!(lockstep.clock(), 3000);
}

#[test]
fn model_and_rtl_agree_on_frames_that_pass() {
    std::thread::scope(|scope| {
        for config in RtlDevice::built() {
            scope.spawn(move || {
                let mut model = ModelDevice::new(config).unwrap();
                let mut rtl = RtlDevice::new(config, 5).unwrap();
                assert!(model.probes(true) && rtl.probes(true));
                let mut lockstep = Lockstep::new(model, rtl).unwrap();
                let clocks = u64::from(config.num_sa) + 3000;
                if let Err(error) = run(&mut lockstep, plain_frames(), clocks) {
                    panic!("{config}: {error}");
                }
                // Inside too.
                let (mut model, mut rtl) = lockstep.into_parts();
                let (mut expected, mut actual) = (Vec::new(), Vec::new());
                model.take_probe_events(&mut expected);
                rtl.take_probe_events(&mut actual);
                let boundaries: BTreeSet<_> = actual.iter().map(|e| e.boundary).collect();
                assert_eq!(
                    boundaries.len() as u32,
                    2 * (config.stages + 1),
                    "{boundaries:?}"
                );
                let first = first_difference(expected, actual);
                assert!(
                    first.is_none_or(|f| f.clock() > clocks),
                    "{}",
                    first.unwrap()
                );
            });
        }
    });
}

#[test]
fn other_parameters_are_refused_with_the_list_of_those_that_exist() {
    let error = RtlDevice::new(DeviceConfig::new(32, 3), 1).unwrap_err();
    let list: Vec<_> = RtlDevice::built()
        .iter()
        .map(DeviceConfig::to_string)
        .collect();
    assert_eq!(
        error.to_string(),
        format!(
            "no RTL was built with NumSa 32 and Stages 3; this program has NumSa x Stages = {}",
            list.join(", ")
        )
    );
}

#[test]
fn every_configuration_passes_frames() {
    std::thread::scope(|scope| {
        for config in RtlDevice::built() {
            scope.spawn(move || {
                let mut device = RtlDevice::new(config, 7).unwrap();
                let (mut stimulus, mut outputs) = (plain_frames(), Outputs::default());
                let mut frames = [0, 0];
                while frames[0].min(frames[1]) < 3 {
                    let clock = device.clock() + 1;
                    assert!(
                        clock < 30_000,
                        "{config}: {frames:?} frames in {clock} clocks"
                    );
                    let inputs = stimulus.next(clock, &outputs).unwrap();
                    let taken = |valid, last, ready| u64::from(valid && last && ready);
                    frames[0] += taken(
                        outputs.tx_out_valid,
                        outputs.tx_out.last,
                        inputs.tx_out_ready,
                    );
                    frames[1] += taken(
                        outputs.rx_out_valid,
                        outputs.rx_out.last,
                        inputs.rx_out_ready,
                    );
                    outputs = device.step(&inputs).unwrap();
                }
            });
        }
    });
}

#[test]
fn instances_on_several_threads_do_not_disturb_each_other() {
    let at = first_clock(200, |o| o.tx_out_valid);
    std::thread::scope(|scope| {
        for thread in 0..4u64 {
            scope.spawn(move || {
                let wrong = Wrong::outputs(rtl(9), at + thread, |o| o.tx_out.data[0] ^= 1);
                let mut lockstep = Lockstep::new(rtl(8), wrong).unwrap();
                let error = run(&mut lockstep, plain_frames(), at + 100).unwrap_err();
                let DeviceError::Divergence(found) = error else {
                    panic!("{error}")
                };
                assert_eq!(found.clock, at + thread);
                let folder = folder("threads");
                let base = folder.join(format!("thread{thread}"));
                let window = WaveWindow::default();
                let again = lockstep
                    .investigate(&mut plain_frames(), found.clock, window, &base)
                    .unwrap();
                assert!(again.reproduced && again.wave.unwrap().exists());
            });
        }
    });
}

#[test]
fn a_failed_assertion_is_an_error_with_its_message() {
    // A frame whose last beat has holes: nobody may send that.
    let illegal = |clock, outputs: &Outputs| {
        let mut inputs = plain_frames_once(clock, outputs);
        if clock == 300 {
            inputs.rx_valid = true;
            inputs.rx.keep = 0x00f1;
        }
        Some(inputs)
    };
    let mut lockstep = Lockstep::new(rtl(1), rtl(2)).unwrap();
    let error = run(&mut lockstep, illegal, 400).unwrap_err();
    let DeviceError::Sim(failure) = &error else {
        panic!("{error}")
    };
    assert_eq!(
        (failure.kind, failure.clock),
        (SimFailureKind::Assertion, 300),
        "{failure:?}"
    );
    assert!(
        failure.file.ends_with(".sv") && failure.line > 0,
        "{failure:?}"
    );
    assert!(
        failure.message.contains("tkeep") || failure.log.contains("tkeep"),
        "{failure:?}"
    );
    // It stays stopped, and says why again; a reset brings it back.
    assert_eq!(lockstep.step(&Inputs::default()), Err(error.clone()));
    // A wave of it can be had without a second device.
    let (_, mut device) = lockstep.into_parts();
    let base = folder("assertion").join("failure");
    let window = WaveWindow::default();
    let mut again = illegal;
    let found = investigate(None, &mut device, &mut again, 300, window, &base).unwrap();
    assert!(found.reproduced);
    check_wave(&found, 300 - window.before.min(299), 300);
    let report = FailureReport::new(config(), device.clock(), &error);
    assert_eq!(report.clock, 300);
    let text = report.to_string();
    assert!(
        text.contains("FAILURE: the RTL failed an assertion in clock 300"),
        "{text}"
    );
    device.reset().unwrap();
    run(&mut device, plain_frames(), 500).unwrap();
}

/// Reset and idle.
fn plain_frames_once(clock: u64, _: &Outputs) -> Inputs {
    Inputs {
        rst_n: clock > 4,
        ..Inputs::default()
    }
}

#[test]
fn a_wrong_pin_is_found_with_its_wave() {
    let at = first_clock(500, |o| o.rx_out_valid);
    let wrong = Wrong::outputs(rtl(4), at, |o| o.rx_out.data[3] ^= 0x10);
    let mut lockstep = Lockstep::new(rtl(3), wrong).unwrap();
    let divergence = diverge(&mut lockstep, at + 100);
    assert_eq!(divergence.clock, at);
    assert_eq!(divergence.pins.len(), 1);
    let pin = &divergence.pins[0];
    assert_eq!(
        (pin.name.as_str(), pin.expected ^ pin.actual),
        ("m_axis_rx_tdata", 0x10 << 24)
    );
    let base = folder("wrong_pin").join("failure.1");
    let window = WaveWindow {
        before: 100,
        after: 10,
    };
    let found = lockstep
        .investigate(&mut plain_frames(), at, window, &base)
        .unwrap();
    // The fault is behind the last boundary.
    assert_eq!((found.reproduced, found.first_difference), (true, None));
    assert!(found.wave.as_ref().unwrap().ends_with("failure.1.fst"));
    let mut wave = check_wave(&found, at - 100, at);
    // The wave has what the device did, pin by pin.
    let (expected, inputs) = (divergence.expected, divergence.inputs);
    for pin in OUTPUT_PINS {
        assert_eq!(
            wave.value(pin.name, at),
            (pin.get)(&expected),
            "{}",
            pin.name
        );
    }
    for pin in INPUT_PINS {
        assert_eq!(wave.value(pin.name, at), (pin.get)(&inputs), "{}", pin.name);
    }
}

fn diverge<A: Device, B: Device>(lockstep: &mut Lockstep<A, B>, clocks: u64) -> Divergence {
    match run(lockstep, plain_frames(), clocks) {
        Err(DeviceError::Divergence(divergence)) => *divergence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_fault_inside_is_found_where_it_begins() {
    // Two clocks in a row with ready: then a new beat is there, and may still be another.
    let mut was_ready = false;
    let start = 1 + first_clock(400, |o| {
        o.rx_ready && std::mem::replace(&mut was_ready, o.rx_ready)
    });
    let wrong = Wrong::inputs(rtl(6), start, |i| i.rx.data[0] ^= 0x40);
    let mut lockstep = Lockstep::new(rtl(5), wrong).unwrap();
    let divergence = diverge(&mut lockstep, start + 2000);
    assert!(divergence.clock > start);
    assert_eq!(divergence.pins[0].name, "m_axis_rx_tdata");
    let base = folder("inside").join("failure");
    let window = WaveWindow::default();
    let found = lockstep
        .investigate(&mut plain_frames(), divergence.clock, window, &base)
        .unwrap();
    let first = found.first_difference.unwrap();
    assert_eq!(
        first.boundary,
        Boundary {
            path: probe::Path::Receive,
            number: 0
        }
    );
    assert_eq!(first.clock(), start);
    assert_eq!(
        first.expected.map(|p| p.clock),
        first.actual.map(|p| p.clock)
    );
    let text = first.to_string();
    assert!(text.starts_with("receive, input, frame "), "{text}");
    let report = FailureReport {
        first_difference: Some(first),
        wave: found.wave.clone(),
        save_file: found.save_file.clone(),
        ..FailureReport::new(config(), 0, &divergence.clone().into())
    };
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(
        serde_json::from_str::<FailureReport>(&json).unwrap(),
        report
    );
    assert!(report.to_string().contains(&text), "{report}");
    let picture = std::fs::read_to_string(found.picture.as_ref().unwrap()).unwrap();
    assert!(
        picture.contains("inside: receive, input, frame "),
        "{picture}"
    );
    assert!(picture.contains(&format!("{} expected", divergence.pins[0].name)));
    check_wave(&found, divergence.clock - window.before, divergence.clock);
}

/// A wave read back.
struct Wave {
    wave: wellen::simple::Waveform,
    edge: fn(u64) -> u64,
}

impl Wave {
    fn open(path: &Path) -> Self {
        // 1 ns a clock, in ps.
        Self {
            wave: wellen::simple::read(path).unwrap(),
            edge: |clock| 1000 * clock - 500,
        }
    }

    /// The variable of a full name, without bit range.
    fn variable(&self, name: &str) -> Option<(wellen::SignalRef, u32)> {
        let hierarchy = self.wave.hierarchy();
        hierarchy
            .all_vars()
            .map(|var| &hierarchy[var])
            .find(|var| var.full_name(hierarchy) == name)
            .map(|var| (var.signal_ref(), var.length(hierarchy).unwrap_or(1)))
    }

    /// The value of a pin from the rising edge of `clock` on.
    fn value(&mut self, pin: &str, clock: u64) -> u128 {
        let (signal, _) = self.variable(&format!("TOP.ipsec_offload.{pin}")).unwrap();
        self.wave.load_signals(&[signal]);
        let times = self.wave.time_table();
        let at = times
            .iter()
            .position(|time| *time == (self.edge)(clock))
            .unwrap();
        let signal = self.wave.get_signal(signal).unwrap();
        let offset = signal.get_offset(at as u32).unwrap();
        let bits = signal
            .get_value_at(&offset, offset.elements - 1)
            .to_bit_string()
            .unwrap();
        u128::from_str_radix(&bits, 2).unwrap()
    }
}

/// Checks that the wave begins at clock `from` and holds clock `at`, and that it has every name that
/// the save file asks for.
fn check_wave(found: &Investigation, from: u64, at: u64) -> Wave {
    let wave = Wave::open(found.wave.as_ref().unwrap());
    let times = wave.wave.time_table();
    assert_eq!(times[0], (wave.edge)(from) - 500, "first");
    assert!(
        times.contains(&(wave.edge)(at)),
        "the failing clock is not in the wave"
    );
    let save = std::fs::read_to_string(found.save_file.as_ref().unwrap()).unwrap();
    assert!(
        save.contains(&format!(" {} ", (wave.edge)(at))),
        "no marker: {save}"
    );
    let mut names = 0;
    for line in save.lines().filter(|line| line.starts_with("TOP.")) {
        let (name, width) = match line.rsplit_once('[') {
            Some((name, range)) if line.ends_with(":0]") => (
                name,
                range.trim_end_matches(":0]").parse::<u32>().unwrap() + 1,
            ),
            _ => (line, 1),
        };
        let found = wave
            .variable(name)
            .unwrap_or_else(|| panic!("{name} is not in the wave"));
        assert_eq!(found.1, width, "{name}");
        names += 1;
    }
    assert!(names > 30, "{names}");
    wave
}
