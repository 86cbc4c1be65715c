// SPDX-License-Identifier: Apache-2.0
//! The exports of a golden pack, each read back by a consumer, and each consumer seen to find a wrong byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ipsec_cosim_device::{
    Device, DeviceConfig, INPUT_PINS, Inputs, ModelDevice, OUTPUT_PINS, RtlDevice,
};
use ipsec_model::regs;
use ipsec_testbench::fixed;
use ipsec_testbench::golden::export::trace::{Trace, output_values};
use ipsec_testbench::golden::export::{self, Format, stil, vcd};
use ipsec_testbench::golden::{
    AtEnd, Checks, Coverage, Design, Entry, InPort, Manifest, Op, Pack, SCHEMA, SCHEMA_VERSION,
    Transport, record,
};

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
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/python/stil_vectors.py");
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

/// A small pack of the same kind as `golden generate` writes: recorded on the model, without the cross-checks.
fn trial_pack() -> Pack {
    let device = common::config();
    let name = |index: usize| regs::REGISTERS[index].reset;
    let mut pack = Pack {
        manifest: Manifest {
            schema: SCHEMA.to_owned(),
            schema_version: SCHEMA_VERSION,
            pack_hash: String::new(),
            contents_hash: String::new(),
            generator: "a test".to_owned(),
            design: Design {
                name: "ipsec_offload".to_owned(),
                name_register: name(0),
                version_register: name(1),
                revision: String::new(),
                num_sa: device.num_sa,
                stages: device.stages,
                sa_counters: false,
                slots: regs::MAILBOX_SLOT_WINDOW_COUNT,
            },
            seed: 7,
            plan: "trial".to_owned(),
            smoke: vec!["lengths".to_owned()],
            smoke_register_accesses: 0,
            coverage: Coverage {
                bins: 0,
                hit: 0,
                holes: Vec::new(),
            },
            cases: Vec::new(),
            files: Vec::new(),
        },
        cases: Vec::new(),
        scenarios: BTreeMap::new(),
        provenance: None,
    };
    for scenario in [
        fixed::self_test(device, 7),
        fixed::lengths("lengths", device, [60, 90, 91, 94, 98], 0, 3),
    ] {
        let model = Box::new(ModelDevice::new(device).unwrap());
        let recording = record(&scenario, &scenario.name, AtEnd::Counters, model).unwrap();
        pack.manifest.cases.push(Entry {
            name: scenario.name.clone(),
            group: String::new(),
            description: String::new(),
            suspect: String::new(),
            testpoint: String::new(),
            transport: Transport::Streams,
            steps: recording.case.steps.len() as u64,
            register_accesses: recording.case.register_accesses() as u64,
            frames: 0,
            clocks: recording.clocks,
            checks: Checks {
                model: true,
                lockstep: false,
                registers: false,
                outside: Vec::new(),
                outside_portions: 0,
            },
        });
        pack.cases.push(recording.case);
        pack.scenarios.insert(scenario.name.clone(), scenario);
    }
    pack
}

/// STIL and VCD say the same, and the RTL does it, clock by clock.
fn check_pins(python: &Path, folder: &Path, config: DeviceConfig) -> Result<u64, String> {
    let mut all = 0;
    let mut device = device(config);
    for entry in fs::read_dir(folder.join("stil")).unwrap() {
        let stil = entry.unwrap().path();
        if stil.extension().is_none_or(|e| e != "stil") {
            continue;
        }
        let vcd = folder
            .join("vcd")
            .join(stil.with_extension("vcd").file_name().unwrap());
        let clocks = read_stil(python, &stil)?;
        let waves = read_vcd(&vcd);
        if clocks.len() != waves.len() {
            return Err("STIL and VCD have different lengths".to_owned());
        }
        for (clock, (stil, vcd)) in clocks.iter().zip(&waves).enumerate() {
            if stil != vcd {
                return Err(format!("clock {clock}: STIL and VCD differ"));
            }
        }
        device.reset().unwrap();
        let bits = replay(&mut *device, &clocks)?;
        all += clocks.len() as u64;
        eprintln!("{bits} bits compared on the {}", device.kind());
    }
    assert!(all > 0);
    Ok(all)
}

#[test]
fn pin_traces_replay() {
    let Some(python) = python("Semi_ATE.STIL.parsers.STILParser") else {
        return skipped(
            "STIL",
            "no Semi-ATE-STIL: scripts/setup.sh test installs it",
        );
    };
    let folder = folder("golden_pins");
    let pack = trial_pack();
    let config = pack.manifest.design.config();
    let files = export::some(&pack, &[Format::Stil, Format::Vcd]).unwrap();
    export::save(&files, &folder).unwrap();
    let clocks = check_pins(&python, &folder, config).unwrap();
    eprintln!("{clocks} clocks");

    // A compared bit is wrong in one of the files, and then in both, so that only the device can find it.
    let at = folder.join("stil/lengths.stil");
    let good = fs::read_to_string(&at).unwrap();
    fs::write(&at, good.replacen("irq_o = L", "irq_o = H", 1)).unwrap();
    let error = check_pins(&python, &folder, config).unwrap_err();
    assert!(error.contains("STIL and VCD differ"), "{error}");
    let mut trace = Trace::new(&pack.scenarios["lengths"]).unwrap();
    let row = trace.rows.len() / 2;
    trace.rows[row].outputs[0] ^= 1;
    fs::write(&at, stil::write("lengths", &trace)).unwrap();
    fs::write(
        folder.join("vcd/lengths.vcd"),
        vcd::write("lengths", &trace),
    )
    .unwrap();
    let error = check_pins(&python, &folder, config).unwrap_err();
    assert!(error.contains("irq_o is"), "{error}");
    // A file that is no STIL is refused by the parser.
    fs::write(&at, good.replacen("Pattern case {", "Pattern case {{", 1)).unwrap();
    assert!(check_pins(&python, &folder, config).is_err());
}

#[test]
fn the_same_pack_gives_the_same_bytes() {
    let pack = trial_pack();
    let first = export::all(&pack).unwrap();
    assert_eq!(first, export::all(&pack).unwrap());
    for format in Format::ALL {
        let folder = format!("{}/", format.folder());
        assert!(first.keys().any(|name| name.starts_with(&folder)));
    }
}

/// Runs `scripts/golden_consumers.sh`; whether all passed, and what it said.
fn consumers(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/golden_consumers.sh");
    let rtl = !RtlDevice::built().is_empty();
    let output = Command::new(script)
        .arg(folder)
        .args(arguments)
        .env("IPSEC_COSIM", env!("CARGO_BIN_EXE_ipsec-cosim"))
        .env("IPSEC_DEVICE", if rtl { "rtl" } else { "model" })
        .output()
        .unwrap();
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code < 2), "{said}");
    (output.status.success(), said)
}

fn exported(name: &str) -> PathBuf {
    let folder = folder(name);
    export::save(&export::all(&trial_pack()).unwrap(), &folder).unwrap();
    folder
}

/// Changes a file of the exports.
fn edit(folder: &Path, file: &str, change: impl Fn(String) -> String) -> String {
    let path = folder.join(file);
    let good = fs::read_to_string(&path).unwrap();
    let bad = change(good.clone());
    assert_ne!(good, bad, "{file}");
    fs::write(path, bad).unwrap();
    good
}

/// Another digit behind `number` in the first line that has all of these words.
fn other_digit(text: String, words: &[&str], number: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = lines
        .iter_mut()
        .find(|line| words.iter().all(|word| line.contains(word)))
        .unwrap();
    let at = line.find(number).unwrap() + number.len();
    let digit = if &line[at..=at] == "1" { "2" } else { "1" };
    line.replace_range(at..=at, digit);
    lines.join("\n") + "\n"
}

/// Tools that a format needs, all there?
fn there(tools: &[&str]) -> bool {
    let missing = tools.iter().find(|tool| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        !std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
    });
    if let Some(tool) = missing {
        skipped(&format!("golden exports for {tool}"), "it is not installed");
    }
    missing.is_none()
}

/// The consumer passes; one digit later it fails.
fn passes_and_fails(name: &str, file: &str, words: &[&str], number: &str) {
    let folder = exported(&format!("golden_{name}"));
    let (passed, said) = consumers(&folder, &["--smoke", name]);
    assert!(passed, "{said}");
    eprintln!("{}", said.lines().last().unwrap_or_default());
    edit(&folder, file, |text| other_digit(text, words, number));
    let (passed, said) = consumers(&folder, &["--case", "lengths", name]);
    assert!(!passed && said.contains("FAIL lengths"), "{said}");
}

#[test]
fn c_replays() {
    if there(&["gcc"]) {
        passes_and_fails(
            "c",
            "c/golden_vectors.h",
            &["GOLDEN_READ, 0x7000u", "0xffffffffu"],
            "0x7000u, 0x",
        );
    }
}

#[test]
fn openocd_replays() {
    if there(&["openocd"]) {
        passes_and_fails(
            "openocd",
            "openocd/golden.tcl",
            &["    r 0x7000 0x", "0xffffffff"],
            "    r 0x7000 0x",
        );
    }
}

#[test]
fn pdl_replays() {
    if there(&["tclsh"]) {
        passes_and_fails(
            "pdl",
            "pdl/golden.pdl",
            &["iRead DIAG_OUTPUT_0 0x"],
            "OUTPUT_0 0x",
        );
    }
}

#[test]
fn csv_replays() {
    passes_and_fails(
        "csv",
        "csv/golden.csv",
        &["lengths,", ",read,0x7000,", "0xffffffff"],
        ",read,0x7000,0x",
    );
}

#[test]
fn tshark_decrypts() {
    if !there(&["tshark"]) {
        return;
    }
    let folder = exported("golden_tshark");
    let (passed, said) = consumers(&folder, &["pcapng"]);
    assert!(passed, "{said}");
    eprintln!("{said}");
    // Summed over the volumes
    let count_all = |what: &str| -> u32 {
        let counts = said.lines().filter_map(|line| line.rsplit_once(what));
        counts
            .map(|(_, count)| count.trim().parse::<u32>().unwrap())
            .sum()
    };
    assert!(count_all("decrypted and equal") >= 16, "{said}");
    // A byte of the plaintext: in front of the 16 bytes of the ICV.
    let case = trial_pack().case("lengths").unwrap().clone();
    let frame = case.steps.iter().rev().find_map(|step| match &step.op {
        Op::Send {
            port: InPort::Tx,
            frame,
            ..
        } if frame.len() >= 90 => Some(frame.clone()),
        _ => None,
    });
    let frame = frame.unwrap();
    let find = |bytes: &[u8]| bytes.windows(frame.len()).rposition(|w| w == frame);
    let volumes = fs::read_dir(folder.join("pcapng")).unwrap();
    let (path, mut bytes, at) = volumes
        .map(|volume| volume.unwrap().path().join("s_axis_tx.pcapng"))
        .find_map(|path| {
            let bytes = fs::read(&path).unwrap();
            let at = find(&bytes)?;
            Some((path, bytes, at))
        })
        .unwrap();
    bytes[at + frame.len() - 24] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (passed, said) = consumers(&folder, &["pcapng"]);
    assert!(!passed && said.contains("tshark decrypts"), "{said}");
    // A key of the pack's own file
    let folder = exported("golden_tshark_key");
    edit(&folder, "pcapng/00/esp_sa", |text| {
        text.replacen("\"0x", "\"0xf", 4)
            .replacen("\"0xf", "\"0x", 1)
    });
    let (passed, _) = consumers(&folder, &["pcapng"]);
    assert!(!passed);
}

/// The bench compiles as Verilog-2005 and elaborates against a stand-in; `make test` plays the smoke set with it on the
/// Verilog of Yosys, `make regress` a whole pack.
#[test]
fn verilog_bench_compiles() {
    if !there(&["iverilog", "vvp"]) {
        return;
    }
    let folder = exported("golden_bench");
    let at = folder.join("readmemh");
    let compiled = Command::new("iverilog")
        .args([
            "-g2005",
            "-Wall",
            "-i",
            "-o",
            "bench.vvp",
            "-s",
            "bench",
            "bench.v",
        ])
        .current_dir(&at)
        .output()
        .unwrap();
    let said = text(&compiled.stderr);
    let about_bench = said.lines().any(|line| {
        line.contains("bench.v") && !line.contains("ipsec_offload") && !line.contains("timescale")
    });
    assert!(compiled.status.success() && !about_bench, "{said}");
}

/// The pins of the exports in the folder `IPSEC_GOLDEN_EXPORTS`, on the RTL: `make regress` names that of a whole pack.
#[test]
#[ignore = "needs IPSEC_GOLDEN_EXPORTS: make regress"]
fn pins_of_a_pack() {
    let Some(folder) = std::env::var_os("IPSEC_GOLDEN_EXPORTS").map(PathBuf::from) else {
        return skipped("pins of a pack", "IPSEC_GOLDEN_EXPORTS names no folder");
    };
    let Some(python) = python("Semi_ATE.STIL.parsers.STILParser") else {
        return skipped(
            "STIL",
            "no Semi-ATE-STIL: scripts/setup.sh test installs it",
        );
    };
    // "..., NumSa 16, Stages 4: one vector a clock, ..."
    let index = fs::read_to_string(folder.join("stil/index.txt")).unwrap();
    let first = index.split(' ').next().unwrap();
    let head = fs::read_to_string(folder.join(format!("stil/{first}.stil"))).unwrap();
    let number = |word: &str| {
        let at = head.find(word).unwrap() + word.len();
        let digits: String = head[at..]
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse().unwrap()
    };
    let config = DeviceConfig::new(number("NumSa "), number("Stages "));
    let clocks = check_pins(&python, &folder, config).unwrap();
    eprintln!("{clocks} clocks");
}
