// SPDX-License-Identifier: Apache-2.0
//! A small pack, made by hand: what a replay must do needs no more.

use std::collections::BTreeMap;
use std::path::Path;

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use ipsec_testbench::golden::{
    Case, Checks, Coverage, Design, Entry, InPort, Manifest, Op, OutPort, Pack, SCHEMA,
    SCHEMA_VERSION, Step, Transport,
};
use ipsec_testbench::scenario::Scenario;

/// The configuration that every test build has.
pub const CONFIG: DeviceConfig = DeviceConfig::new(16, 4);

fn read(address: u32, value: u32) -> Step {
    Step::new(Op::Read {
        addr: address as u16,
        mask: u32::MAX,
        value,
        sticky_over_reset: 0,
    })
}

fn write(address: u32, data: u32) -> Step {
    Step::new(Op::Write {
        addr: address as u16,
        data,
        strobe: 15,
    })
}

fn begin(name: &str) -> Case {
    let mut case = Case::new(name);
    let done = regs::status::INIT_DONE.mask();
    case.steps = vec![
        Step::new(Op::Reset { clocks: 4 }),
        Step::new(Op::Poll {
            addr: regs::STATUS as u16,
            mask: done,
            value: done,
            timeout_clocks: 20_000,
        })
        .note("INIT_DONE"),
    ];
    case
}

/// A frame that no SA is for, there and out again.
fn frame(bytes: usize) -> Vec<u8> {
    let mut frame: Vec<u8> = (0..bytes).map(|k| k as u8).collect();
    frame[12..14].copy_from_slice(&[8, 6]);
    frame
}

fn streams(name: &str, bytes: usize) -> Case {
    let mut case = begin(name);
    let frame = frame(bytes);
    for (id, port) in [InPort::Rx, InPort::Tx].into_iter().enumerate() {
        case.steps.push(Step::new(Op::Send {
            port,
            id: id as u32,
            frame: frame.clone(),
            tuser: [0; 3],
        }));
    }
    for (of, port) in [OutPort::MAxisRx, OutPort::MAxisTx].into_iter().enumerate() {
        case.steps.push(Step::new(Op::Expect {
            port,
            of: of as u32,
            frame: frame.clone(),
            mask: Vec::new(),
            words: [0; 2],
        }));
    }
    case.steps.push(
        Step::new(Op::Completion {
            of: 1,
            number: 0,
            status: 0,
        })
        .note("NDIS_STATUS_SUCCESS"),
    );
    case.steps
        .push(read(regs::COUNTERS_RX_FRAMES_LO, 1).note("one frame in"));
    case
}

/// Identification and scratch values, by registers alone.
fn alive() -> Case {
    let mut case = begin("alive");
    case.steps
        .push(read(regs::NAME, regs::name::RESET).note("NAME"));
    case.steps.push(write(regs::SA_WATERMARK, 7));
    case.steps
        .push(read(regs::SA_WATERMARK, 7).note("what was written"));
    case.steps.push(Step::new(Op::Wait { clocks: 50 }));
    case
}

/// `rst_ni` in mid-case.
fn twice() -> Case {
    let mut case = alive();
    case.name = "twice".to_owned();
    case.steps.push(Step::new(Op::Reset { clocks: 2 }));
    case.steps
        .push(read(regs::SA_WATERMARK, 0xffff).note("as after reset"));
    case
}

/// A pack of four cases: `alive`, `frames`, `long` (too long for the diagnostic frame port), `twice`.
pub fn pack(config: DeviceConfig) -> Pack {
    let cases = vec![
        alive(),
        streams("frames", 61),
        streams("long", 3000),
        twice(),
    ];
    let entry = |case: &Case| Entry {
        name: case.name.clone(),
        group: "test".to_owned(),
        description: String::new(),
        suspect: "the test".to_owned(),
        testpoint: String::new(),
        transport: Transport::Streams,
        steps: case.steps.len() as u64,
        register_accesses: case.register_accesses() as u64,
        frames: 0,
        clocks: 0,
        checks: Checks {
            model: true,
            lockstep: true,
            registers: false,
            outside: Vec::new(),
            outside_portions: 0,
        },
    };
    let mut scenarios = BTreeMap::new();
    for case in &cases {
        scenarios.insert(case.name.clone(), Scenario::new(&case.name, config, 0));
    }
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        schema_version: SCHEMA_VERSION,
        pack_hash: String::new(),
        contents_hash: String::new(),
        generator: "a test".to_owned(),
        design: Design {
            name: "ipsec_offload".to_owned(),
            name_register: regs::name::RESET,
            version_register: regs::version::RESET,
            revision: String::new(),
            num_sa: config.num_sa,
            stages: config.stages,
            sa_counters: config.sa_counters(),
            slots: 4,
        },
        seed: 0,
        plan: "test".to_owned(),
        smoke: vec!["alive".to_owned()],
        smoke_register_accesses: 0,
        coverage: Coverage {
            bins: 0,
            hit: 0,
            holes: Vec::new(),
        },
        cases: cases.iter().map(entry).collect(),
        files: Vec::new(),
    };
    Pack {
        manifest,
        cases,
        scenarios,
        provenance: None,
    }
}

/// Writes a pack into a folder that is not there yet.
pub fn write_pack(mut pack: Pack, folder: &Path) -> String {
    let _ = std::fs::remove_dir_all(folder);
    pack.write(folder).unwrap();
    folder.display().to_string()
}
