// SPDX-License-Identifier: Apache-2.0
//! The runner and its drivers, on a device that does nothing but obey the buses: frames come out as
//! they went in, every command succeeds after a while. What a real device answers is tested elsewhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

use std::collections::{HashMap, VecDeque};

use ipsec_cosim_device::{
    AxilOut, Beat, Device, DeviceConfig, DeviceError, DeviceKind, Inputs, Outputs,
};
use ipsec_model::regs;
use ipsec_testbench::runner::{Player, RunResult, play, run};
use ipsec_testbench::sa::{Association, Direction, Sa};
use ipsec_testbench::scenario::{
    Command, Handle, Operation, Port, Scenario, StallPattern, StallPort, Until,
};

/// Clocks until INIT_DONE
const SWEEP: u64 = 64;
/// Clocks of a command
const COMMAND: u64 = 50;

#[derive(Default)]
struct Fake {
    clock: u64,
    since_reset: u64,
    inputs: Inputs,
    /// Before the last edge
    before: Outputs,
    outputs: Outputs,
    words: HashMap<u16, u32>,
    busy: [u64; 4],
    tx: VecDeque<Beat>,
    rx: VecDeque<Beat>,
    completions: VecDeque<u64>,
    frames: u32,
    users: Vec<[u32; 3]>,
    /// Doorbells, as (slot, OID, length, first window words)
    commands: Vec<(u32, u32, u32, Vec<u32>)>,
    /// Valids that fell, payloads that changed, without a transfer
    broken: Vec<String>,
}

impl Fake {
    fn check_rules(&mut self, now: &Inputs) {
        let (was, out) = (self.inputs, self.before);
        if !was.rst_n || !now.rst_n {
            return;
        }
        let rules = [
            (
                "tx",
                was.tx_valid && !out.tx_ready,
                now.tx_valid && now.tx == was.tx && now.tx_user == was.tx_user,
            ),
            (
                "rx",
                was.rx_valid && !out.rx_ready,
                now.rx_valid && now.rx == was.rx,
            ),
            (
                "aw",
                was.axil.awvalid && !out.axil.awready,
                now.axil.awvalid && now.axil.awaddr == was.axil.awaddr,
            ),
            (
                "w",
                was.axil.wvalid && !out.axil.wready,
                now.axil.wvalid && now.axil.wdata == was.axil.wdata,
            ),
            (
                "ar",
                was.axil.arvalid && !out.axil.arready,
                now.axil.arvalid && now.axil.araddr == was.axil.araddr,
            ),
        ];
        for (port, held, kept) in rules {
            if held && !kept {
                self.broken.push(format!("{port} in clock {}", self.clock));
            }
        }
    }

    fn read(&self, address: u16) -> u32 {
        let a = u32::from(address);
        if a == regs::STATUS {
            return u32::from(self.since_reset >= SWEEP);
        }
        for slot in 0..4 {
            if a == regs::mailbox_slot_state(slot) {
                return if self.since_reset < self.busy[slot as usize] {
                    1
                } else {
                    2
                };
            }
            if a == regs::mailbox_slot_window(slot) + 0x38 {
                return 0x10000 + slot + 1;
            }
            if a == regs::mailbox_slot_ndis_status(slot) {
                return 0;
            }
        }
        self.words.get(&address).copied().unwrap_or(0)
    }

    fn write(&mut self, address: u16, data: u32) {
        self.words.insert(address, data);
        for slot in 0..4 {
            if u32::from(address) == regs::mailbox_slot_doorbell(slot) {
                let word = |at: u32| self.words.get(&(at as u16)).copied().unwrap_or(0);
                let window = (0..64)
                    .map(|k| word(regs::mailbox_slot_window(slot) + 4 * k))
                    .collect();
                self.commands.push((
                    slot,
                    word(regs::mailbox_slot_oid(slot)),
                    word(regs::mailbox_slot_length(slot)),
                    window,
                ));
                for k in 0..128 {
                    self.words
                        .remove(&((regs::mailbox_slot_window(slot) + 4 * k) as u16));
                }
                self.busy[slot as usize] = self.since_reset + COMMAND;
            }
        }
    }

    /// One access at a time, as docs/cycle_formulae.md has it.
    fn registers(&mut self, now: &Inputs) -> AxilOut {
        let (pins, was) = (now.axil, self.outputs.axil);
        let mut out = AxilOut::default();
        if was.awready {
            assert!(pins.awvalid && pins.wvalid);
            self.write(pins.awaddr, pins.wdata);
            out.bvalid = true;
        } else if was.arready {
            out.rvalid = true;
            out.rdata = self.read(pins.araddr);
        } else if was.bvalid {
            out.bvalid = !pins.bready;
        } else if was.rvalid {
            out.rvalid = !pins.rready;
            out.rdata = if out.rvalid { was.rdata } else { 0 };
        } else if pins.awvalid && pins.wvalid {
            (out.awready, out.wready) = (true, true);
        } else if pins.arvalid {
            out.arready = true;
        }
        out
    }
}

impl Device for Fake {
    fn config(&self) -> DeviceConfig {
        DeviceConfig::new(16, 1)
    }

    fn kind(&self) -> DeviceKind {
        DeviceKind::Other
    }

    fn reset(&mut self) -> Result<(), DeviceError> {
        *self = Self::default();
        Ok(())
    }

    fn step(&mut self, now: &Inputs) -> Result<Outputs, DeviceError> {
        self.clock += 1;
        self.check_rules(now);
        if !now.rst_n {
            let kept = (
                self.clock,
                std::mem::take(&mut self.broken),
                std::mem::take(&mut self.commands),
            );
            *self = Self::default();
            (self.clock, self.broken, self.commands) = kept;
            return Ok(self.outputs);
        }
        self.since_reset += 1;
        let was = self.outputs;
        if was.tx_out_valid && now.tx_out_ready {
            let beat = self.tx.pop_front().unwrap();
            if beat.last {
                self.completions.push_back(u64::from(self.frames) << 32);
                self.frames += 1;
            }
        }
        if was.txcpl_valid && now.txcpl_ready {
            self.completions.pop_front();
        }
        if was.rx_out_valid && now.rx_out_ready {
            self.rx.pop_front();
        }
        if now.tx_valid && was.tx_ready {
            self.tx.push_back(now.tx);
            if now.tx.last {
                self.users.push(now.tx_user);
            }
        }
        if now.rx_valid && was.rx_ready {
            self.rx.push_back(now.rx);
        }
        let axil = self.registers(now);
        let open = self.since_reset >= SWEEP;
        self.outputs = Outputs {
            axil,
            tx_ready: open && self.tx.len() < 7,
            rx_ready: open && self.rx.len() < 7,
            tx_out_valid: !self.tx.is_empty(),
            tx_out: self.tx.front().copied().unwrap_or_default(),
            txcpl_valid: !self.completions.is_empty(),
            txcpl: self.completions.front().copied().unwrap_or_default(),
            rx_out_valid: !self.rx.is_empty(),
            rx_out: self.rx.front().copied().unwrap_or_default(),
            ..Outputs::default()
        };
        self.inputs = *now;
        self.before = was;
        Ok(self.outputs)
    }

    fn clock(&self) -> u64 {
        self.clock
    }
}

fn sa(name: &str) -> Sa {
    let [src, dst] = ["192.0.2.1", "192.0.2.2"].map(|address| address.parse().unwrap());
    let association = Association::gcm(0x1000, Vec::from_iter(1..=20));
    Sa::new(name, Direction::Outbound, src, dst, association)
}

fn frame(length: usize, first: u8) -> Vec<u8> {
    (0..length).map(|k| (k as u8).wrapping_add(first)).collect()
}

fn scenario() -> Scenario {
    let mut scenario = Scenario::new("test", DeviceConfig::new(16, 1), 7);
    scenario.bring_up();
    scenario
}

fn played(scenario: &Scenario) -> (RunResult, Fake) {
    scenario.check().unwrap();
    let mut device = Fake::default();
    let result = run(scenario, &mut device).unwrap();
    assert_eq!(device.broken, Vec::<String>::new());
    (result, device)
}

#[test]
fn frames_of_every_length_under_stalls() {
    for (percent, axil) in [(0, 0), (30, 50), (90, 90)] {
        let mut scenario = scenario();
        scenario.stall_all(percent);
        scenario.push(Operation::Stall {
            port: StallPort::SAxil,
            pattern: StallPattern::Percent(axil),
        });
        let lengths: Vec<usize> = (1..70).chain([1510, 9618]).collect();
        for length in &lengths {
            scenario.frame(Port::Tx, frame(*length, 1));
            scenario.frame(Port::Rx, frame(*length, 2));
            scenario.expect_register(regs::CTRL, 3);
        }
        let (result, _) = played(&scenario);
        assert_eq!(result.failure, None);
        assert_eq!(result.tx_out.len(), lengths.len());
        assert_eq!(result.rx_out.len(), lengths.len());
        assert_eq!(result.reads.len(), lengths.len());
        for (k, length) in lengths.iter().enumerate() {
            assert_eq!(result.tx_out[k].bytes, frame(*length, 1));
            assert_eq!(result.rx_out[k].bytes, frame(*length, 2));
            let tx = &result.frames[2 * k];
            assert_eq!(
                (tx.status, tx.number, tx.out),
                (Some(0), Some(k as u32), Some(k))
            );
            let taken = tx.clock_in.unwrap();
            assert!(taken < result.tx_out[k].first);
            assert_eq!(result.rx_out[k].frame, Some(2 * k + 1));
        }
        // The same again gives the same, clock by clock.
        assert_eq!(played(&scenario).0, result);
    }
}

#[test]
fn back_to_back_without_stalls() {
    let mut scenario = scenario();
    for _ in 0..10 {
        scenario.frame(Port::Rx, frame(160, 0));
    }
    let (result, _) = played(&scenario);
    let clocks: Vec<_> = result.frames.iter().map(|f| f.clock_in.unwrap()).collect();
    assert!(
        clocks.windows(2).all(|pair| pair[1] == pair[0] + 10),
        "{clocks:?}"
    );
}

#[test]
fn commands_in_several_slots() {
    let mut scenario = scenario();
    for (slot, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        scenario.push(Operation::Command {
            slot: slot as u8,
            command: Command::AddSa {
                sa: sa(name),
                ex: false,
            },
            expect: Some(0),
        });
        scenario.protected(frame(60, 0), name, None);
    }
    scenario.push(Operation::Command {
        slot: 3,
        command: Command::DeleteSa {
            handle: Handle::Sa("b".to_owned()),
        },
        expect: Some(0),
    });
    let (result, device) = played(&scenario);
    assert_eq!(result.failure, None);
    assert_eq!(result.commands.len(), 5);
    // The commands overlap: each takes 50 clocks and some 40 register writes.
    let handles: Vec<_> = result
        .commands
        .iter()
        .filter_map(|c| c.answer?.handle)
        .collect();
    assert_eq!(handles.len(), 4);
    assert_eq!(device.users.len(), 4);
    for (k, user) in device.users.iter().enumerate() {
        assert_eq!(*user, [0x10000 + k as u32 + 1, 0, 0]);
    }
    let (_, oid, length, window) = &device.commands[0];
    assert_eq!((*oid, *length as usize), (0xFC03_0202, 0xA8 + 20));
    assert_eq!(window[0], 0x00a9_0180);
    assert_eq!(window[0x1c / 4], u32::from_le_bytes([192, 0, 2, 2]));
    assert_eq!(window[0x4c / 4], u32::from_be(0x1000));
    assert_eq!(window[0xa8 / 4], u32::from_le_bytes([1, 2, 3, 4]));
    let (slot, oid, length, window) = device.commands.last().unwrap();
    assert_eq!((*slot, *oid, *length), (3, 0xFC03_0203, 24));
    assert_eq!(window[4], 0x10002);
}

#[test]
fn a_reset_cuts_what_is_under_way() {
    let mut scenario = scenario();
    scenario.frame(Port::Tx, frame(60, 1));
    scenario.wait(Until::Frames);
    scenario.frame(Port::Tx, frame(1000, 2));
    scenario.frame(Port::Tx, frame(70, 3));
    scenario.push(Operation::Command {
        slot: 1,
        command: Command::AddSa {
            sa: sa("a"),
            ex: true,
        },
        expect: Some(0),
    });
    scenario.after(20, Operation::Reset { clocks: 3 });
    scenario.bring_up();
    scenario.protected(frame(80, 4), "a", None);
    let (result, device) = played(&scenario);
    assert_eq!(result.failure, None);
    let lengths: Vec<_> = result.tx_out.iter().map(|out| out.bytes.len()).collect();
    assert_eq!(lengths, [60, 70, 80]);
    assert_eq!(result.frames[1].status, None);
    assert_eq!(result.frames[2].number, Some(0));
    assert_eq!(result.commands.len(), 1);
    assert_eq!(result.commands[0].answer, None);
    // The SA was never added: its name stands for a handle that nothing has.
    assert_eq!(device.users.last(), Some(&[0xffff_0000, 0, 0]));
}

#[test]
fn expectations_and_bounds_end_the_run() {
    let mut wrong = scenario();
    wrong
        .expect_register(regs::CTRL, 4)
        .frame(Port::Tx, frame(60, 0));
    wrong.wait(Until::Idle).frame(Port::Tx, frame(60, 0));
    let (result, _) = played(&wrong);
    let failure = result.failure.unwrap();
    assert_eq!(
        failure.message,
        "CTRL read 0x00000003, expected 0x00000004 under mask 0xffffffff"
    );
    let mut stuck = scenario();
    stuck.push(Operation::Stall {
        port: StallPort::MAxisRx,
        pattern: StallPattern::Bits("1".to_owned()),
    });
    stuck.frame(Port::Rx, frame(60, 0));
    stuck.push(Operation::Wait {
        until: Until::Frames,
        limit: 500,
    });
    let (result, _) = played(&stuck);
    let failure = result.failure.unwrap();
    assert_eq!(
        failure.message,
        "waited 500 clocks without progress for all frames and completions"
    );
    assert!(result.clocks < 2000);
}

#[test]
fn the_end_comes_at_once() {
    let mut scenario = scenario();
    scenario.frame(Port::Rx, frame(1000, 0));
    scenario.after(10, Operation::End {});
    scenario.frame(Port::Rx, frame(1000, 0));
    let mut device = Fake::default();
    let mut player = Player::new(&scenario);
    play(&mut device, &mut player, |_| {}).unwrap();
    let frames = player.in_flight().frames;
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert!(
        frames[0].starts_with("rx operation 4 (1000 bytes"),
        "{frames:?}"
    );
}

#[test]
fn scenario_files_come_back() {
    let mut scenario = scenario();
    scenario
        .stall_all(3)
        .add_sa(sa("a"))
        .protected(frame(60, 0), "a", None);
    scenario
        .after(5, Operation::SoftReset {})
        .expect_register(0, 1);
    let text = scenario.to_json();
    let path = std::path::Path::new("s.json");
    assert_eq!(Scenario::parse(path, &text).unwrap(), scenario);
    for (from, to, expected) in [
        (
            "\"version\": 2",
            "\"version\": 3",
            "s.json: version: expected 1 to 2, got 3",
        ),
        ("\"seed\"", "\"sead\"", "s.json: sead: unknown field `sead`"),
        (
            "\"after\":5",
            "\"after\":5,\"x\":1",
            "s.json: operations[12].x: unknown field `x`",
        ),
        (
            "{\"sa\":\"a\"}",
            "{\"sa\":\"b\"}",
            "operations[11].op.frame.offload: expected the name of an SA added before, got \"b\"",
        ),
        (
            "\"num_sa\":16",
            "\"num_sa\":17",
            "s.json: device: NumSa is 17",
        ),
        (
            "\"percent\":3",
            "\"percent\":101",
            "operations[4].op.stall.pattern.percent: expected 0 to 100",
        ),
    ] {
        assert!(text.contains(from), "{from} in {text}");
        let got = Scenario::parse(path, &text.replacen(from, to, 1))
            .unwrap_err()
            .to_string();
        assert!(got.contains(expected), "{got}\nexpected {expected}");
    }
}
