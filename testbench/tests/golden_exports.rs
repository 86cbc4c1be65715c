// SPDX-License-Identifier: Apache-2.0
//! The exports of a golden pack, each read back by a consumer, and each consumer seen to find a wrong byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use ipsec_cosim_device::{
    Device, DeviceConfig, INPUT_PINS, Inputs, ModelDevice, OUTPUT_PINS, RtlDevice,
};
use ipsec_testbench::fixed;
use ipsec_testbench::golden::export::trace::{Trace, output_values};
use ipsec_testbench::golden::export::{stil, vcd};
use ipsec_testbench::scenario::Scenario;

use common::{folder, python, skipped, text};

/// A pin in a clock, as a tester has it: value, and the bits that are driven or looked at.
type Sample = (u128, u128);

/// What the waveform characters say.
fn sample(wfcs: &str) -> Sample {
    wfcs.chars().fold((0, 0), |(value, mask), wfc| {
        let (bit, looked_at) = match wfc {
            '0' | 'L' => (0, 1),
            '1' | 'H' => (1, 1),
            'X' | 'x' => (0, 0),
            other => panic!("waveform character {other}"),
        };
        (value << 1 | bit, mask << 1 | looked_at)
    })
}

/// A clock: a sample of each pin, inputs and outputs.
type Clock = (Vec<Sample>, Vec<Sample>);

fn pins() -> impl Iterator<Item = &'static str> {
    let inputs = INPUT_PINS.iter().map(|pin| pin.name);
    inputs.chain(OUTPUT_PINS.iter().map(|pin| pin.name))
}

fn split(all: Vec<Sample>) -> Clock {
    let (inputs, outputs) = all.split_at(INPUT_PINS.len());
    (inputs.to_vec(), outputs.to_vec())
}

/// The vectors of a STIL file, through the independent parser.
fn read_stil(python: &Path, file: &Path) -> Result<Vec<Clock>, String> {
    let out = file.with_extension("vectors");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/stil_vectors.py");
    let ran = Command::new(python).arg(script).args([file, &out]).output();
    let ran = ran.unwrap();
    if !ran.status.success() {
        return Err(text(&ran.stderr));
    }
    eprintln!("{}", text(&ran.stdout).trim());
    let vectors = fs::read_to_string(out).unwrap();
    let mut lines = vectors.lines();
    let names: Vec<&str> = lines.next().unwrap().split(' ').collect();
    let columns: Vec<usize> = pins()
        .map(|pin| names.iter().position(|name| *name == pin).unwrap())
        .collect();
    let clock = names.iter().position(|name| *name == "clk_i").unwrap();
    assert_eq!(columns.len() + 1, names.len());
    Ok(lines
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!(words[clock], "P");
            split(columns.iter().map(|k| sample(words[*k])).collect())
        })
        .collect())
}

/// The same from the VCD, through a reader of waves; the masks must say what the x's say.
fn read_vcd(file: &Path) -> Vec<Clock> {
    let mut wave = wellen::simple::read(file).unwrap();
    let period = u64::from(stil::PERIOD_NS);
    let signals: HashMap<String, wellen::SignalRef> = {
        let hierarchy = wave.hierarchy();
        let vars = hierarchy.all_vars().map(|var| &hierarchy[var]);
        vars.map(|var| (var.full_name(hierarchy), var.signal_ref()))
            .collect()
    };
    let all: Vec<_> = signals.values().copied().collect();
    wave.load_signals(&all);
    let times = wave.time_table().to_vec();
    let clocks = times.last().unwrap() / period;
    let at = |name: &str, time: u64| {
        let index = times.partition_point(|t| *t <= time) - 1;
        let signal = wave.get_signal(signals[name]).unwrap();
        let offset = signal.get_offset(index as u32).unwrap();
        let value = signal.get_value_at(&offset, offset.elements - 1);
        sample(&value.to_bit_string().unwrap())
    };
    (0..clocks)
        .map(|clock| {
            let end = (clock + 1) * period - 1;
            assert_eq!(at("ipsec_offload.clk_i", end), (1, 1));
            assert_eq!(at("ipsec_offload.clk_i", clock * period), (0, 1));
            let all = pins().map(|pin| at(&format!("ipsec_offload.{pin}"), end));
            let (inputs, outputs) = split(all.collect());
            for (pin, (_, mask)) in OUTPUT_PINS.iter().zip(&outputs) {
                let strobe = at(&format!("strobe.{}", pin.name), end).0;
                assert_eq!(strobe, *mask, "clock {clock}: strobe of {}", pin.name);
            }
            (inputs, outputs)
        })
        .collect()
}

/// Drives the pins of a device, and compares where a tester looks.
fn replay(device: &mut dyn Device, clocks: &[Clock]) -> Result<u64, String> {
    let mut compared = 0;
    for (clock, (inputs, outputs)) in clocks.iter().enumerate() {
        let values: Vec<u128> = inputs.iter().map(|(value, _)| *value).collect();
        let out = device.step(&driven(&values)).map_err(|e| e.to_string())?;
        for ((pin, (value, mask)), got) in OUTPUT_PINS.iter().zip(outputs).zip(output_values(&out))
        {
            if (got ^ value) & mask != 0 {
                return Err(format!(
                    "clock {clock}: {} is {got:x}, expected {value:x} in {mask:x}",
                    pin.name
                ));
            }
            compared += u64::from(mask.count_ones());
        }
    }
    Ok(compared)
}

/// The input pins from the values in the order of `INPUT_PINS`.
fn driven(values: &[u128]) -> Inputs {
    let mut p = Inputs::default();
    for (pin, value) in INPUT_PINS.iter().zip(values.iter().copied()) {
        let set = value != 0;
        let words = |k: u32| (value >> (32 * k)) as u32;
        match pin.name {
            "rst_ni" => p.rst_n = set,
            "s_axil_awvalid" => p.axil.awvalid = set,
            "s_axil_awaddr" => p.axil.awaddr = value as u16,
            "s_axil_wvalid" => p.axil.wvalid = set,
            "s_axil_wdata" => p.axil.wdata = value as u32,
            "s_axil_wstrb" => p.axil.wstrb = value as u8,
            "s_axil_bready" => p.axil.bready = set,
            "s_axil_arvalid" => p.axil.arvalid = set,
            "s_axil_araddr" => p.axil.araddr = value as u16,
            "s_axil_rready" => p.axil.rready = set,
            "s_axis_tx_tvalid" => p.tx_valid = set,
            "s_axis_tx_tdata" => p.tx.data = value.to_le_bytes(),
            "s_axis_tx_tkeep" => p.tx.keep = value as u16,
            "s_axis_tx_tlast" => p.tx.last = set,
            "s_axis_tx_tuser" => p.tx_user = [words(0), words(1), words(2)],
            "s_axis_rx_tvalid" => p.rx_valid = set,
            "s_axis_rx_tdata" => p.rx.data = value.to_le_bytes(),
            "s_axis_rx_tkeep" => p.rx.keep = value as u16,
            "s_axis_rx_tlast" => p.rx.last = set,
            "m_axis_tx_tready" => p.tx_out_ready = set,
            "m_axis_txcpl_tready" => p.txcpl_ready = set,
            "m_axis_rx_tready" => p.rx_out_ready = set,
            other => panic!("pin {other}"),
        }
    }
    p
}

/// The RTL, else the model.
fn device(config: DeviceConfig) -> Box<dyn Device> {
    match RtlDevice::new(config, 1) {
        Ok(rtl) => Box::new(rtl),
        Err(_) => {
            skipped("pins on the RTL", "this build has none; the model plays");
            Box::new(ModelDevice::new(config).unwrap())
        }
    }
}

fn pin_scenarios() -> Vec<Scenario> {
    let device = common::config();
    vec![
        fixed::self_test(device, 7),
        fixed::lengths("lengths", device, [60, 61, 1514], 20, 3),
    ]
}

/// STIL and VCD say the same, and the RTL does it, clock by clock.
#[test]
fn pin_traces_replay() {
    let Some(python) = python("Semi_ATE.STIL.parsers.STILParser") else {
        return skipped(
            "STIL",
            "no Semi-ATE-STIL: scripts/setup.sh test installs it",
        );
    };
    let folder = folder("golden_pins");
    for scenario in pin_scenarios() {
        let trace = Trace::new(&scenario).unwrap();
        let at = folder.join(format!("{}.stil", scenario.name));
        fs::write(&at, stil::write(&scenario.name, &trace)).unwrap();
        fs::write(at.with_extension("vcd"), vcd::write(&scenario.name, &trace)).unwrap();
        let clocks = read_stil(&python, &at).unwrap();
        assert_eq!(clocks.len(), trace.rows.len());
        let waves = read_vcd(&at.with_extension("vcd"));
        for (clock, (stil, vcd)) in clocks.iter().zip(&waves).enumerate() {
            assert_eq!(stil, vcd, "clock {clock}");
        }
        assert_eq!(waves.len(), clocks.len());
        let bits = replay(&mut *device(scenario.device), &clocks).unwrap();
        eprintln!(
            "{}: {} clocks, {bits} bits compared, STIL {} bytes",
            scenario.name,
            clocks.len(),
            fs::metadata(&at).unwrap().len()
        );
    }
}
