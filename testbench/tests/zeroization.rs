// SPDX-License-Identifier: Apache-2.0
//! Nothing of an SA's secrets stays in the RTL: key, salt, every AES round key and H are searched for at
//! every bit offset of all that the simulator keeps (each register, each memory, each net with a place of
//! its own), after a delete, a reset, a soft reset, and an ADD that failed, was cancelled or was cut.
//!
//! Two searches. *Patterns*: each 64-bit piece of a secret, from any of its bytes on, in both byte orders, at
//! any bit; each 32-bit piece likewise, where a piece of another key stands at the same bit when all is
//! done again with that key (one alone may be chance). *Differences*: where no frame was
//! sealed with the key, what is left after two runs with keys that are each other's complement must be the
//! same in every bit.
#![cfg(feature = "rtl")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/buffers.rs"]
mod buffers;
mod common;
#[path = "common/play.rs"]
mod play;

use std::collections::BTreeSet;
use std::net::IpAddr;

use buffers::*;
use ipsec_cosim_device::{Device, DeviceConfig, Outputs, RtlDevice, RtlState, Stimulus};
use ipsec_model::regs;
use ipsec_testbench::esp::{EspLayer, least_padding};
use ipsec_testbench::rng::Rng;
use ipsec_testbench::runner::Player;
use ipsec_testbench::sa::{Association, Direction, Sa};
use ipsec_testbench::scenario::{
    Command, Expected, FrameOp, Handle, Operation, Port, Scenario, Until,
};
use ipsec_testbench::zeroization::{Secrets, is_artifact, left, round_keys, search};

const SPI: u32 = 0x7700;

fn dst() -> IpAddr {
    "192.0.2.2".parse().unwrap()
}

// ------------------------------------------------------------------------------------------------
// Secrets and the search for them
// ------------------------------------------------------------------------------------------------

/// Nothing of the secrets is found. `states` come from two runs that differ in the key alone.
fn assert_gone(what: &str, states: [&RtlState; 2], secrets: [&Secrets; 2]) {
    let left = left(states, secrets);
    assert!(left.is_empty(), "{what}: {left:#?}");
}

/// The states of two runs are the same: no bit depends on the key.
fn assert_same(what: &str, [first, second]: [&RtlState; 2]) {
    let differing: Vec<_> = first
        .variables()
        .iter()
        .filter(|variable| first.value(variable) != second.value(variable))
        .filter(|variable| !is_artifact(&variable.name))
        .map(|variable| variable.name.clone())
        .collect();
    assert!(
        differing.is_empty(),
        "{what}: {differing:#?} depend on the key"
    );
}

// ------------------------------------------------------------------------------------------------
// Runs
// ------------------------------------------------------------------------------------------------

/// The smallest build; or the others, but for those whose state takes too long to search.
fn builds(others: bool) -> Vec<DeviceConfig> {
    let mut built = RtlDevice::built();
    if built.is_empty() {
        common::skipped("zeroization", "this build has no RTL");
    }
    let smallest = play::smallest();
    built.retain(|config| config.num_sa <= 1024 && (*config != smallest) == others);
    built
}

/// Plays a scenario on the RTL and copies its state when the operation `mark` has been issued; or at every
/// clock from then on, through `watch`, if that wants it.
fn run(scenario: &Scenario, mark: usize, mut watch: impl FnMut(&RtlDevice)) -> RtlState {
    assert_eq!(scenario.check(), Ok(()));
    let mut device = RtlDevice::new(scenario.device, scenario.seed as u32).unwrap();
    let mut player = Player::new(scenario);
    let mut outputs = Outputs::default();
    let mut state = None;
    let mut clock = 0;
    while let Some(inputs) = player.next(clock + 1, &outputs) {
        outputs = device.step(&inputs).unwrap();
        clock += 1;
        if player.issued() > mark {
            state.get_or_insert_with(|| device.state());
            watch(&device);
        }
    }
    let failure = &player.result().failure;
    assert!(failure.is_none(), "{}: {failure:?}", scenario.name);
    state.expect("the mark was issued")
}

/// Marks the place at which the state is looked at; returns its number.
fn mark(scenario: &mut Scenario) -> usize {
    scenario.after(
        3,
        Operation::Read {
            address: regs::STATUS as u16,
            expect: None,
            mask: 0,
            poll: false,
        },
    );
    scenario.operations.len() - 1
}

fn sa(name: &str, direction: Direction, association: Association) -> Sa {
    Sa::new(name, direction, dst(), dst(), association)
}

/// A frame of an association: clear, sealed, opened.
fn frame(association: &Association, length: usize, rng: &mut Rng) -> [Vec<u8>; 3] {
    EspLayer::drawn(association, dst(), dst(), rng).frames(None, 17, &rng.bytes(length))
}

/// Frames of an SA pair, one each way, that must be processed.
fn traffic(
    scenario: &mut Scenario,
    names: [&str; 2],
    association: &Association,
    lengths: impl IntoIterator<Item = usize>,
    rng: &mut Rng,
) {
    for length in lengths {
        let [clear, sealed, opened] = frame(association, length, rng);
        let header = Some((17, least_padding(length)));
        scenario
            .add_frame(
                FrameOp::new(Port::Tx, clear)
                    .under(names[0])
                    .expecting(Expected::Sent(sealed.clone())),
            )
            .add_frame(FrameOp::new(Port::Rx, sealed).expecting(Expected::opened(opened, header)));
    }
}

/// A device with another SA pair ("o", "i"), whose frames may run.
fn up(name: &str, device: DeviceConfig) -> (Scenario, Association) {
    let mut scenario = Scenario::new(name, device, 1);
    scenario.bring_up();
    let other = Association::gcm(0x1000, Rng::new(99, 1).bytes(36));
    scenario
        .add_sa(sa("o", Direction::Outbound, other.clone()))
        .add_sa(sa("i", Direction::Inbound, other.clone()))
        .wait(Until::Commands);
    (scenario, other)
}

fn add_victims(scenario: &mut Scenario, secrets: &Secrets) -> Association {
    let victim = Association::gcm(SPI, secrets.key_and_salt.as_slice());
    scenario
        .add_sa(sa("vo", Direction::Outbound, victim.clone()))
        .add_sa(sa("vi", Direction::Inbound, victim.clone()))
        .wait(Until::Commands);
    victim
}

fn delete_sa(scenario: &mut Scenario, slot: u8, name: &str) {
    scenario.push(Operation::Command {
        slot,
        command: Command::DeleteSa {
            handle: Handle::Sa(name.to_owned()),
        },
        expect: Some(SUCCESS),
    });
}

/// Every key length, twice.
fn keys() -> impl Iterator<Item = [Secrets; 2]> {
    [16, 24, 32]
        .into_iter()
        .map(|bytes| [1, 2].map(|seed| Secrets::drawn(bytes, seed)))
}

/// Two keys that differ in every bit.
fn complements(bytes: usize) -> [Secrets; 2] {
    let key = Rng::new(3, 0x5ec7).bytes(bytes + 4);
    let other = key.iter().map(|byte| !byte).collect();
    [Secrets::new(key), Secrets::new(other)]
}

/// Makes the scenario for two keys and searches what is left.
fn gone(
    devices: &[DeviceConfig],
    what: &str,
    make: impl Fn(DeviceConfig, &Secrets) -> (Scenario, usize),
) {
    for device in devices.iter().copied() {
        for secrets in keys() {
            let states = [0, 1].map(|k| {
                let (scenario, mark) = make(device, &secrets[k]);
                run(&scenario, mark, |_| {})
            });
            let what = format!("{what}, {device}, {} bytes", secrets[0].parts[0].1.len());
            assert_gone(&what, [&states[0], &states[1]], [&secrets[0], &secrets[1]]);
        }
    }
}

/// The same, where no frame was sealed with the key: not a bit depends on it.
fn unused(
    devices: &[DeviceConfig],
    what: &str,
    make: impl Fn(DeviceConfig, &Secrets) -> (Scenario, usize),
) {
    gone(devices, what, &make);
    for device in devices.iter().copied() {
        let states = [0, 1].map(|k| {
            let (scenario, mark) = make(device, &complements(32)[k]);
            run(&scenario, mark, |_| {})
        });
        assert_same(&format!("{what}, {device}"), [&states[0], &states[1]]);
    }
}

// ------------------------------------------------------------------------------------------------
// Tests
// ------------------------------------------------------------------------------------------------

/// FIPS 197, appendix A: the expansion of this file.
#[test]
fn round_keys_as_published() {
    let last = |key: &str| hex::encode(round_keys(&hex::decode(key).unwrap()).last().unwrap());
    assert_eq!(
        last("2b7e151628aed2a6abf7158809cf4f3c"),
        "d014f9a8c9ee2589e13f0cc8b6630ca6"
    );
    assert_eq!(
        last("8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"),
        "e98ba06f448c773c8ecc720401002202"
    );
    assert_eq!(
        last("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"),
        "fe4890d1e6188d0b046df344706c631e"
    );
}

/// The search itself finds a piece at every bit offset and in both orders.
#[test]
fn the_search_finds_every_offset() {
    let secrets = Secrets::drawn(32, 5);
    for size in [4, 8] {
        for (name, part) in &secrets.parts {
            for offset in 0..40 {
                for reversed in [false, true] {
                    let mut piece = part[part.len().min(size) - part.len().min(size)..].to_vec();
                    piece.truncate(size.min(piece.len()));
                    if piece.len() < size {
                        continue;
                    }
                    if reversed {
                        piece.reverse();
                    }
                    let mut bits = vec![0_u8; 64];
                    for k in 0..8 * size {
                        let bit = piece[k / 8] >> (k % 8) & 1;
                        bits[(offset + k) / 8] |= bit << ((offset + k) % 8);
                    }
                    let hits = search(&bits, &secrets, size);
                    assert!(hits.contains_key(&offset), "{name} at {offset}");
                }
            }
        }
    }
}

/// While an SA lives and works, all of its secrets are found: the search looks in the right place.
fn control_a_live_sa_is_found(devices: &[DeviceConfig]) {
    for device in devices.iter().copied() {
        for [secrets, _] in keys() {
            let (mut scenario, _) = up("control", device);
            let victim = add_victims(&mut scenario, &secrets);
            let mark = mark(&mut scenario);
            traffic(
                &mut scenario,
                ["vo", "vi"],
                &victim,
                [50],
                &mut Rng::new(1, 1),
            );
            let (mut found, mut short) = (BTreeSet::new(), BTreeSet::new());
            let mut clocks = 0;
            run(&scenario, mark, |device| {
                clocks += 1;
                if clocks < 120 {
                    let state = device.state();
                    found.extend(search(state.bytes(), &secrets, 8).into_values());
                    if clocks % 16 == 1 {
                        let hits = search(state.bytes(), &secrets, 4);
                        short.extend(hits.into_values());
                    }
                }
            });
            for (name, _) in &secrets.parts {
                // The first round keys are the key.
                let name = match name.as_str() {
                    "round key 0" => "key",
                    "round key 1" if secrets.key_and_salt.len() == 36 => "key",
                    "salt" => {
                        assert!(short.contains("salt"), "{device}: salt");
                        continue;
                    }
                    name => name,
                };
                assert!(
                    found.contains(name),
                    "{device}: {name} is nowhere: {found:?}"
                );
            }
        }
    }
}

/// And two keys make a difference.
fn control_a_live_sa_makes_a_difference(devices: &[DeviceConfig]) {
    for device in devices.iter().copied() {
        let states = complements(32).map(|secrets| {
            let (mut scenario, _) = up("control", device);
            add_victims(&mut scenario, &secrets);
            let mark = mark(&mut scenario);
            run(&scenario, mark, |_| {})
        });
        let [first, second] = &states;
        let differ = |name: &str| {
            let all = first.variables();
            all.iter()
                .any(|v| v.name.contains(name) && first.value(v) != second.value(v))
        };
        assert!(differ("sa_mem"), "{device}");
        assert!(!differ("bundle_mem"), "{device}");
    }
}

fn after_delete(devices: &[DeviceConfig]) {
    unused(devices, "added and deleted, idle", |device, secrets| {
        let (mut scenario, _) = up("delete", device);
        add_victims(&mut scenario, secrets);
        delete_sa(&mut scenario, 0, "vo");
        delete_sa(&mut scenario, 1, "vi");
        scenario.wait(Until::Idle);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
}

fn after_delete_of_a_used_sa(devices: &[DeviceConfig]) {
    gone(devices, "used and deleted, idle", |device, secrets| {
        let (mut scenario, _) = up("used", device);
        let victim = add_victims(&mut scenario, secrets);
        let mut rng = Rng::new(2, 2);
        traffic(
            &mut scenario,
            ["vo", "vi"],
            &victim,
            [1, 20, 130, 999],
            &mut rng,
        );
        scenario.wait(Until::Idle);
        delete_sa(&mut scenario, 2, "vi");
        delete_sa(&mut scenario, 3, "vo");
        scenario.wait(Until::Idle);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
}

/// The last frames of the SA are inside when the delete comes; frames of another SA run on, and the state is
/// looked at in the middle of them.
fn after_delete_under_traffic(devices: &[DeviceConfig]) {
    gone(
        devices,
        "used and deleted under traffic",
        |device, secrets| {
            let (mut scenario, other) = up("traffic", device);
            let victim = add_victims(&mut scenario, secrets);
            let mut rng = Rng::new(4, 2);
            traffic(
                &mut scenario,
                ["vo", "vi"],
                &victim,
                [20, 300, 44, 700],
                &mut rng,
            );
            scenario.wait(Until::Frames);
            // What is behind a delete may be refused or pass: nothing is said of these frames.
            for length in [60, 200] {
                let [clear, sealed, _] = frame(&victim, length, &mut rng);
                scenario
                    .protected(clear, "vo", None)
                    .frame(Port::Rx, sealed);
            }
            let lengths: Vec<usize> = (0..120).map(|k| 40 + 37 * k % 600).collect();
            traffic(&mut scenario, ["o", "i"], &other, lengths, &mut rng);
            delete_sa(&mut scenario, 2, "vi");
            delete_sa(&mut scenario, 3, "vo");
            scenario.wait(Until::Commands);
            let mark = mark(&mut scenario);
            (scenario, mark)
        },
    );
}

fn after_a_hard_reset(devices: &[DeviceConfig]) {
    unused(devices, "added, hard reset", |device, secrets| {
        let (mut scenario, _) = up("reset", device);
        add_victims(&mut scenario, secrets);
        scenario
            .push(Operation::Reset { clocks: 1 })
            .wait(Until::InitDone);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
    // In the middle of its frames.
    gone(devices, "used, hard reset", |device, secrets| {
        let (mut scenario, _) = up("used-reset", device);
        let victim = add_victims(&mut scenario, secrets);
        for length in [300, 300, 300] {
            let [clear, sealed, _] = frame(&victim, length, &mut Rng::new(8, 8));
            scenario
                .protected(clear, "vo", None)
                .frame(Port::Rx, sealed);
        }
        scenario
            .after(70, Operation::Reset { clocks: 1 })
            .wait(Until::InitDone);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
}

fn after_a_soft_reset(devices: &[DeviceConfig]) {
    unused(devices, "added, soft reset", |device, secrets| {
        let (mut scenario, _) = up("soft-reset", device);
        add_victims(&mut scenario, secrets);
        scenario
            .push(Operation::SoftReset {})
            .wait(Until::InitDone)
            .wait(Until::Idle);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
    gone(devices, "used, soft reset", |device, secrets| {
        let (mut scenario, _) = up("used-soft-reset", device);
        let victim = add_victims(&mut scenario, secrets);
        for length in [300, 60, 200] {
            let [clear, sealed, _] = frame(&victim, length, &mut Rng::new(8, 8));
            scenario
                .protected(clear, "vo", None)
                .frame(Port::Rx, sealed);
        }
        scenario
            .after(60, Operation::SoftReset {})
            .wait(Until::InitDone);
        let mark = mark(&mut scenario);
        // A frame that was cut has no end: nothing is waited for.
        scenario.after(20, Operation::End {});
        (scenario, mark)
    });
}

fn victim_command(secrets: &Secrets) -> Buffer {
    add(&ADD, true, dst(), SPI, &secrets.key_and_salt)
}

fn issue(scenario: &mut Scenario, slot: u8, command: &Buffer, expect: Option<u32>) {
    scenario.push(Operation::Command {
        slot,
        command: Command::Raw {
            oid: command.oid,
            buffer: command.bytes.clone(),
            length: Some(command.length),
        },
        expect,
    });
}

/// An ADD that ends with this status leaves nothing.
fn failed_add(
    devices: &[DeviceConfig],
    name: &str,
    status: u32,
    prepare: impl Fn(&mut Scenario),
    change: impl Fn(&mut Buffer),
) {
    unused(devices, name, |device, secrets| {
        let (mut scenario, _) = up(name, device);
        prepare(&mut scenario);
        scenario.wait(Until::Commands);
        let mut command = victim_command(secrets);
        change(&mut command);
        issue(&mut scenario, 1, &command, Some(status));
        scenario.wait(Until::Idle);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
}

fn after_an_add_that_failed_in_decode(devices: &[DeviceConfig]) {
    failed_add(
        devices,
        "unknown OID",
        INVALID_OID,
        |_| {},
        |c| c.oid = 0xfc03_0201,
    );
    failed_add(
        devices,
        "too short",
        INVALID_LENGTH,
        |_| {},
        |c| c.length = 168,
    );
    failed_add(
        devices,
        "too long",
        INVALID_LENGTH,
        |_| {},
        |c| c.length = 513,
    );
    let halt = |s: &mut Scenario| {
        s.write_register(regs::HALT, 1);
    };
    failed_add(devices, "halted", NOT_ACCEPTED, halt, |_| {});
    let off = |s: &mut Scenario| {
        s.write_register(regs::CTRL, 0);
    };
    failed_add(devices, "engine off", NOT_SUPPORTED, off, |_| {});
}

fn after_an_add_that_failed_in_check(devices: &[DeviceConfig]) {
    failed_add(devices, "header", INVALID_DATA, |_| {}, |c| c.bytes[0] = 0);
    let spi = |c: &mut Buffer| {
        c.spi(ADD.assoc(0).spi(), 7);
    };
    failed_add(devices, "reserved SPI", INVALID_PARAMETER, |_| {}, spi);
    let udp = |c: &mut Buffer| {
        c.set(ADD.udp, 0x10);
    };
    failed_add(devices, "UDP encapsulation", NOT_SUPPORTED, |_| {}, udp);
}

fn after_an_add_of_a_duplicate(devices: &[DeviceConfig]) {
    let before = |s: &mut Scenario| issue(s, 0, &add(&ADD, true, dst(), SPI, &[7; 20]), Some(0));
    failed_add(devices, "duplicate", INVALID_PARAMETER, before, |_| {});
}

fn after_an_add_without_room(devices: &[DeviceConfig]) {
    let before = |s: &mut Scenario| {
        s.write_register(regs::SA_LIMIT, 2);
    };
    failed_add(devices, "no room", RESOURCES, before, |_| {});
}

/// A slot of which the key is in the window and the doorbell comes while the device resets: the sweep
/// wipes it.
fn after_an_add_during_a_reset(devices: &[DeviceConfig]) {
    unused(devices, "doorbell in a sweep", |device, secrets| {
        let (mut scenario, _) = up("sweep", device);
        let command = victim_command(secrets);
        // The window by hand: the doorbell has to be fast.
        let window = regs::mailbox_slot_window(2);
        for (k, word) in command.bytes.chunks(4).enumerate() {
            scenario.write_register(
                window + 4 * k as u32,
                u32::from_le_bytes(word.try_into().unwrap()),
            );
        }
        scenario
            .write_register(regs::mailbox_slot_oid(2), command.oid)
            .write_register(regs::mailbox_slot_length(2), command.length)
            .push(Operation::SoftReset {})
            .write_register(regs::mailbox_slot_doorbell(2), 1)
            .poll_register(regs::mailbox_slot_state(2), 2, 3)
            .expect_register(regs::mailbox_slot_ndis_status(2), RESET_IN_PROGRESS)
            .wait(Until::InitDone)
            .wait(Until::Idle);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
}

/// The clocks from the end of the doorbell's access to the end of an ADD.
const ADD_CLOCKS: u64 = 150;

/// Clocks from the issue of the command of `cut` to its doorbell.
fn doorbell_at(device: DeviceConfig, secrets: &Secrets) -> u64 {
    let (mut scenario, _) = up("probe", device);
    scenario.wait(Until::Commands);
    let before = {
        let mut probe = scenario.clone();
        probe.push(Operation::End {});
        clocks(&probe).0
    };
    issue(&mut scenario, 1, &victim_command(secrets), Some(SUCCESS));
    clocks(&scenario).1 - before
}

/// Clocks of a run, and the doorbell of its last command.
fn clocks(scenario: &Scenario) -> (u64, u64) {
    let mut device = RtlDevice::new(scenario.device, 0).unwrap();
    let result = ipsec_testbench::runner::run(scenario, &mut device).unwrap();
    let rung = result
        .commands
        .last()
        .and_then(|c| c.answer)
        .map_or(0, |a| a.rung);
    (result.clocks, rung)
}

/// An ADD that something cuts at any time behind its doorbell.
fn cut(devices: &[DeviceConfig], what: &str, op: impl Fn() -> Operation) {
    for device in devices.iter().copied() {
        let doorbell = doorbell_at(device, &Secrets::drawn(32, 1));
        for delay in 0..ADD_CLOCKS {
            let make = |secrets: &Secrets| {
                let (mut scenario, _) = up(what, device);
                scenario.wait(Until::Commands);
                issue(&mut scenario, 1, &victim_command(secrets), None);
                scenario.after(doorbell + delay, op());
                // One that came too late for that is deleted: here it would be the third handle.
                scenario.wait(Until::InitDone).wait(Until::Idle);
                issue(&mut scenario, 0, &delete(3), None);
                scenario.wait(Until::Idle);
                let mark = mark(&mut scenario);
                run(&scenario, mark, |_| {})
            };
            let secrets = [1, 2].map(|seed| Secrets::drawn(32, seed));
            let states = [make(&secrets[0]), make(&secrets[1])];
            let what = format!("{what} {delay} clocks behind the doorbell");
            assert_gone(&what, [&states[0], &states[1]], [&secrets[0], &secrets[1]]);
            let states = complements(32).map(|secrets| make(&secrets));
            assert_same(&what, [&states[0], &states[1]]);
        }
    }
}

fn after_an_add_cut_by_a_soft_reset(devices: &[DeviceConfig]) {
    cut(devices, "soft reset", || Operation::SoftReset {});
}

fn after_an_add_cut_by_a_hard_reset(devices: &[DeviceConfig]) {
    cut(devices, "hard reset", || Operation::Reset { clocks: 1 });
}

fn after_an_add_that_was_cancelled(devices: &[DeviceConfig]) {
    cut(devices, "cancel", || Operation::Write {
        address: regs::mailbox_slot_doorbell(1) as u16,
        data: regs::mailbox_slot_doorbell::CANCEL.of(1),
        strobe: 0xf,
    });
}

// Bundles of two: ESP and AH under the same key, so that what is left of either is found.

fn two(name: &str, direction: Direction, key: &[u8]) -> Sa {
    let mut sa = sa(name, direction, Association::gcm(SPI, key));
    sa.associations.push(Association::ah(SPI, key));
    sa
}

fn add_victims_of_two(scenario: &mut Scenario, secrets: &Secrets) {
    scenario
        .add_sa(two("vo", Direction::Outbound, &secrets.key_and_salt))
        .add_sa(two("vi", Direction::Inbound, &secrets.key_and_salt))
        .wait(Until::Commands);
}

/// The smallest build that has them.
fn builds_of_two() -> Vec<DeviceConfig> {
    let mut built = RtlDevice::built();
    built.retain(|config| config.stages >= 2 && config.num_sa <= 1024);
    built.sort();
    built.truncate(1);
    if built.is_empty() {
        common::skipped("bundles of two", "this build has no RTL with two stages");
    }
    built
}

/// Both rows are there while the bundle lives: without this the tests below say nothing.
#[test]
fn control_both_rows_of_a_live_bundle_are_found() {
    for device in builds_of_two() {
        let secrets = Secrets::drawn(32, 1);
        let (mut scenario, _) = up("control-two", device);
        add_victims_of_two(&mut scenario, &secrets);
        let mark = mark(&mut scenario);
        let state = run(&scenario, mark, |_| {});
        let keys = search(state.bytes(), &secrets, 8)
            .into_values()
            .filter(|name| *name == "key")
            .count();
        // 25 pieces of 8 bytes in 32, or 4 words of 64 bits and more, in each of four rows.
        assert!(keys >= 4 * 4, "{keys}");
    }
}

#[test]
fn after_delete_of_two() {
    unused(&builds_of_two(), "two deleted", |device, secrets| {
        let (mut scenario, _) = up("delete-two", device);
        add_victims_of_two(&mut scenario, secrets);
        delete_sa(&mut scenario, 0, "vo");
        delete_sa(&mut scenario, 1, "vi");
        scenario.wait(Until::Idle);
        let mark = mark(&mut scenario);
        (scenario, mark)
    });
}

#[test]
fn after_resets_with_two() {
    for hard in [false, true] {
        unused(&builds_of_two(), "two, reset", |device, secrets| {
            let (mut scenario, _) = up("reset-two", device);
            add_victims_of_two(&mut scenario, secrets);
            scenario.push(if hard {
                Operation::Reset { clocks: 1 }
            } else {
                Operation::SoftReset {}
            });
            scenario.wait(Until::InitDone).wait(Until::Idle);
            let mark = mark(&mut scenario);
            (scenario, mark)
        });
    }
}

fn two_command(secrets: &Secrets) -> Buffer {
    let key = secrets.key_and_salt.as_slice();
    add_two(&ADD, true, dst(), [(SPI, key), (SPI, key)])
}

/// Refused for its ESP, for its AH, for want of room.
#[test]
fn after_an_add_of_two_that_failed() {
    type Prepare = fn(&mut Scenario);
    let esp: Prepare = |s| issue(s, 0, &add(&ADD, true, dst(), SPI, &[7; 20]), Some(0));
    let ah: Prepare = |s| issue(s, 0, &add_ah(&ADD, true, dst(), SPI, &[7; 20]), Some(0));
    let room: Prepare = |s| _ = s.write_register(regs::SA_LIMIT, 2);
    for (prepare, status) in [
        (esp, INVALID_PARAMETER),
        (ah, INVALID_PARAMETER),
        (room, RESOURCES),
    ] {
        unused(&builds_of_two(), "two refused", |device, secrets| {
            let (mut scenario, _) = up("refused-two", device);
            prepare(&mut scenario);
            scenario.wait(Until::Commands);
            issue(&mut scenario, 1, &two_command(secrets), Some(status));
            scenario.wait(Until::Idle);
            let mark = mark(&mut scenario);
            (scenario, mark)
        });
    }
}

/// Cut by a soft reset at any time: KEY, HKEY and WRITE of the first association, then of the second.
#[test]
fn after_an_add_of_two_cut_by_a_soft_reset() {
    for device in builds_of_two() {
        let doorbell = doorbell_at(device, &Secrets::drawn(32, 1));
        // Its buffer is longer by 9 words, each of 4 clocks at least.
        for delay in (0..260).step_by(3) {
            let make = |secrets: &Secrets| {
                let (mut scenario, _) = up("cut-two", device);
                scenario.wait(Until::Commands);
                issue(&mut scenario, 1, &two_command(secrets), None);
                scenario.after(doorbell + delay, Operation::SoftReset {});
                scenario.wait(Until::InitDone).wait(Until::Idle);
                let mark = mark(&mut scenario);
                run(&scenario, mark, |_| {})
            };
            let states = complements(32).map(|secrets| make(&secrets));
            let what = format!("two, soft reset {delay} clocks behind");
            assert_same(&what, [&states[0], &states[1]]);
        }
    }
}

/// Each check on the smallest build, and on the others with `--ignored`.
macro_rules! on_builds {
    ($($check:ident)*) => {
        mod smallest {
            $(#[test] fn $check() { super::$check(&super::builds(false)); })*
        }
        mod others {
            $(#[test] #[ignore = "minutes"] fn $check() { super::$check(&super::builds(true)); })*
        }
    };
}

on_builds! {
    control_a_live_sa_is_found
    control_a_live_sa_makes_a_difference
    after_delete
    after_delete_of_a_used_sa
    after_delete_under_traffic
    after_a_hard_reset
    after_a_soft_reset
    after_an_add_that_failed_in_decode
    after_an_add_that_failed_in_check
    after_an_add_of_a_duplicate
    after_an_add_without_room
    after_an_add_during_a_reset
    after_an_add_cut_by_a_soft_reset
    after_an_add_cut_by_a_hard_reset
    after_an_add_that_was_cancelled
}
