// SPDX-License-Identifier: Apache-2.0
//! Each row of what ADD_SA, ADD_SA_EX, DELETE_SA and UPDATE_SA check, by name, with RTL and model in lockstep: the exact
//! NDIS_STATUS, BytesRead, BytesNeeded, OffloadHandle and SA_COUNT. The numbers are those of the check
//! lists for the three commands (ADD_SA: 1 adapter state, 2 current configuration, 3 length, 4 header,
//! 5 counts and flags, 6 key area, 7 parameters, 8 capabilities, 9 duplicate, 10 capacity, 11 success).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/buffers.rs"]
mod buffers;
mod common;
#[path = "common/play.rs"]
mod play;

use std::net::IpAddr;

use buffers::*;
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use ipsec_testbench::devices;
use ipsec_testbench::drivers::mailbox::Answer;
use ipsec_testbench::runner::{self, RunResult};
use ipsec_testbench::scenario::{Command, Operation, Scenario, Until};
use play::{configs_up_to, play, smallest, two_stages};

const KEY: [u8; 20] = [
    0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x97, 0x88, 0x79, 0x6a, 0x5b, 0x4c, 0x3d, 0x2e, 0x1f, 0x81,
    0xde, 0xad, 0xbe, 0xef,
];
const SPI: u32 = 0x1000;

fn dst() -> IpAddr {
    "192.0.2.2".parse().unwrap()
}

fn v6() -> IpAddr {
    "2001:db8::2".parse().unwrap()
}

fn legal(layout: &Layout) -> Buffer {
    add(layout, true, dst(), SPI, &KEY)
}

/// A device that is up.
fn up(name: &str) -> Scenario {
    up_on(name, smallest())
}

fn up_on(name: &str, device: DeviceConfig) -> Scenario {
    let mut scenario = Scenario::new(name, device, 0);
    scenario.bring_up();
    scenario
}

fn raw(buffer: &Buffer) -> Command {
    Command::Raw {
        oid: buffer.oid,
        buffer: buffer.bytes.clone(),
        length: Some(buffer.length),
    }
}

fn issue(scenario: &mut Scenario, slot: u8, buffer: &Buffer, expect: Option<u32>) {
    scenario.push(Operation::Command {
        slot,
        command: raw(buffer),
        expect,
    });
}

/// The OffloadHandle bytes of slot 0 must be these.
fn expect_handle(scenario: &mut Scenario, layout: &Layout, handle: u64) {
    let at = regs::mailbox_slot_window(0) + layout.handle as u32;
    scenario
        .expect_register(at, handle as u32)
        .expect_register(at + 4, (handle >> 32) as u32);
}

fn answers(result: &RunResult) -> Vec<Answer> {
    result.commands.iter().filter_map(|c| c.answer).collect()
}

/// The last command's answer must be exactly this.
fn last_is(result: &RunResult, status: u32, bytes_read: u32, bytes_needed: u32) {
    let last = *answers(result).last().unwrap();
    assert_eq!(
        (last.status, last.bytes_read, last.bytes_needed),
        (status, bytes_read, bytes_needed),
        "NDIS_STATUS, BytesRead, BytesNeeded"
    );
}

/// One command on a device prepared by `prepare`; SA_COUNT is `count` before and after.
fn refused(
    name: &str,
    prepare: impl FnOnce(&mut Scenario),
    command: &Buffer,
    (status, needed): (u32, u32),
    count: u32,
) {
    let mut scenario = up(name);
    prepare(&mut scenario);
    scenario.wait(Until::Commands);
    let before = scenario.operations.len();
    scenario.expect_register(regs::SA_COUNT, count);
    issue(&mut scenario, 0, command, Some(status));
    scenario.wait(Until::Commands);
    for layout in [ADD, ADD_EX] {
        expect_handle(&mut scenario, &layout, 0);
    }
    scenario.expect_register(regs::SA_COUNT, count);
    // A refused command leaves the slot as good as new.
    let again = add(&ADD, false, v6(), 0xabcd, &KEY);
    let off = before > 0 && status == NOT_SUPPORTED;
    if !off && status != NOT_ACCEPTED {
        issue(&mut scenario, 0, &again, None);
    }
    let result = play(&scenario);
    let answer = answers(&result)
        .into_iter()
        .find(|answer| answer.id == before + 1)
        .unwrap();
    let read = if status == SUCCESS { command.length } else { 0 };
    assert_eq!(
        (answer.status, answer.bytes_read, answer.bytes_needed),
        (status, read, needed)
    );
    assert_eq!(judge_of(command, status), (status, needed), "third opinion");
}

/// Issues an ADD that is accepted or NOT_SUPPORTED, and asks the third opinion of it; gives the SAs that it makes.
fn issue_supported(
    scenario: &mut Scenario,
    buffer: &Buffer,
    settings: Settings,
    good: bool,
) -> u32 {
    let judged = judge(buffer, settings);
    assert_eq!(
        judged.is_ok(),
        good,
        "third opinion on {:02x?}",
        buffer.bytes
    );
    let status = if good { SUCCESS } else { NOT_SUPPORTED };
    issue(scenario, 0, buffer, Some(status));
    good.into()
}

/// Plays it; there are so many SAs at its end.
fn play_to_count(mut scenario: Scenario, count: u32) {
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, count);
    play(&scenario);
}

/// What the table says of the contents; statuses of other causes are taken as they are.
fn judge_of(command: &Buffer, status: u32) -> (u32, u32) {
    match judge(command, Settings::up(smallest().stages)) {
        Err(judged) => judged,
        Ok(_) => (status, 0),
    }
}

/// Rows that a buffer alone decides, for ADD_SA and ADD_SA_EX.
macro_rules! add_rows {
    ($($name:ident: $status:expr, |$buffer:ident, $layout:ident| $change:expr;)*) => {$(
        #[test]
        fn $name() {
            for $layout in [ADD, ADD_EX] {
                let mut buffer = legal(&$layout);
                let $buffer = &mut buffer;
                $change;
                let name = concat!(stringify!($name), "");
                refused(name, |_| {}, &buffer, ($status, 0), 0);
            }
        }
    )*};
}

/// Rows of which every value of a list must be refused the same way.
macro_rules! add_values {
    ($($name:ident: $status:expr, $values:expr, |$buffer:ident, $layout:ident, $value:ident| $change:expr;)*) => {$(
        #[test]
        fn $name() {
            for $layout in [ADD, ADD_EX] {
                let mut scenario = up(stringify!($name));
                let mut count = 0;
                for $value in $values {
                    let mut buffer = legal(&$layout);
                    let $buffer = &mut buffer;
                    $change;
                    assert_eq!(judge_of(&buffer, $status), ($status, 0), "third opinion");
                    issue(&mut scenario, count % 4, &buffer, Some($status));
                    count = (count + 1) % 4;
                }
                scenario.wait(Until::Commands).expect_register(regs::SA_COUNT, 0);
                let result = play(&scenario);
                for answer in answers(&result) {
                    assert_eq!((answer.bytes_read, answer.bytes_needed), (0, 0));
                }
            }
        }
    )*};
}

fn ah(buffer: &mut Buffer, layout: &Layout) {
    gmac(buffer, layout, true);
}

const AH_KEY: [u8; 20] = [
    0x13, 0x57, 0x9b, 0xdf, 0x24, 0x68, 0xac, 0xe0, 0x31, 0x75, 0xb9, 0xfd, 0x42, 0x86, 0xca, 0x0e,
    0x11, 0x22, 0x33, 0x44,
];

/// ESP and AH to the usual destination.
fn pair(layout: &Layout, inbound: bool, esp: u32, ah: u32) -> Buffer {
    add_two(layout, inbound, dst(), [(esp, &KEY), (ah, &AH_KEY)])
}

/// The buffer becomes one of ESP and AH.
fn two(buffer: &mut Buffer, layout: &Layout) {
    *buffer = pair(layout, true, SPI, SPI + 1);
}

// ------------------------------------------------------------------------------------------------
// ADD_SA, ADD_SA_EX
// ------------------------------------------------------------------------------------------------

/// HALT, then a command.
fn halted(name: &str, command: &Buffer) {
    let halt = |scenario: &mut Scenario| {
        scenario.write_register(regs::HALT, 1);
    };
    let mut scenario = up(name);
    halt(&mut scenario);
    scenario.wait(Until::Commands);
    issue(&mut scenario, 0, command, Some(NOT_ACCEPTED));
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 0);
    last_is(&play(&scenario), NOT_ACCEPTED, 0, 0);
}

/// A soft reset, and at once a command (with nothing in its window, so that the doorbell is fast).
fn resetting(name: &str, oid: u32, length: u32, status: u32) {
    let mut scenario = up(name);
    scenario.push(Operation::SoftReset {});
    scenario.push(Operation::Command {
        slot: 0,
        command: Command::Raw {
            oid,
            buffer: Vec::new(),
            length: Some(length),
        },
        expect: Some(status),
    });
    scenario
        .wait(Until::Commands)
        .wait(Until::InitDone)
        .expect_register(regs::SA_COUNT, 0);
    last_is(&play(&scenario), status, 0, 0);
}

/// The clock at which the doorbell of the last command of a scenario was rung.
fn rung(scenario: &Scenario) -> u64 {
    answers(&dry_run(scenario)).last().unwrap().rung
}

fn dry_run(scenario: &Scenario) -> RunResult {
    let mut device = devices::make(play::device(), scenario.device, scenario.seed).unwrap();
    runner::run(scenario, device.as_mut()).unwrap()
}

/// The clock at which an operation behind the last one of a scenario is issued, and it.
fn at_clock(scenario: &mut Scenario, clock: u64, op: Operation) {
    let mut probe = scenario.clone();
    probe.push(Operation::End {});
    let now = dry_run(&probe).clocks;
    scenario.after(clock.saturating_sub(now), op);
}

/// A soft reset while a command is under way, at each of several times.
fn aborted_by_soft_reset(name: &str, prepare: impl Fn(&mut Scenario), command: &Buffer) {
    for delay in [1, 3, 7, 12] {
        let mut scenario = up(name);
        prepare(&mut scenario);
        scenario.wait(Until::Commands);
        issue(&mut scenario, 2, command, None);
        let rung = rung(&scenario);
        at_clock(&mut scenario, rung + delay, Operation::SoftReset {});
        scenario
            .wait(Until::Commands)
            .wait(Until::InitDone)
            .expect_register(regs::SA_COUNT, 0);
        last_is(&play(&scenario), REQUEST_ABORTED, 0, 0);
    }
}

/// Cancelled right behind the doorbell: nothing was touched.
fn cancelled(name: &str, prepare: impl Fn(&mut Scenario), command: &Buffer, count: u32) {
    let mut scenario = up(name);
    prepare(&mut scenario);
    scenario.wait(Until::Commands);
    issue(&mut scenario, 1, command, None);
    let cancel = Operation::Write {
        address: regs::mailbox_slot_doorbell(1) as u16,
        data: regs::mailbox_slot_doorbell::CANCEL.of(1),
        strobe: 0xf,
    };
    // In front of FETCH's end.
    let rung = rung(&scenario);
    at_clock(&mut scenario, rung - 2, cancel);
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, count);
    last_is(&play(&scenario), REQUEST_ABORTED, 0, 0);
}

#[test]
fn add_sa_row_01_halted_is_not_accepted() {
    halted("add_sa_row_01_halted", &legal(&ADD));
    halted("add_sa_ex_row_01_halted", &legal(&ADD_EX));
    // Before all else: even an OID that nobody knows.
    halted("any_row_01_halted", &Buffer::zeros(0xfc03_0299, 600));
}

#[test]
fn add_sa_row_01_reset_in_progress() {
    for layout in [ADD, ADD_EX] {
        resetting("add_sa_row_01_reset", layout.oid, 200, RESET_IN_PROGRESS);
    }
    resetting("any_row_01_reset", 0x1234_5678, 0, RESET_IN_PROGRESS);
}

#[test]
fn add_sa_row_01_aborted_by_soft_reset() {
    for layout in [ADD, ADD_EX] {
        aborted_by_soft_reset("add_sa_row_01_aborted", |_| {}, &legal(&layout));
    }
}

#[test]
fn add_sa_row_01_cancelled() {
    for layout in [ADD, ADD_EX] {
        cancelled("add_sa_row_01_cancelled", |_| {}, &legal(&layout), 0);
    }
}

#[test]
fn add_sa_row_02_engine_off() {
    for layout in [ADD, ADD_EX] {
        let off = |scenario: &mut Scenario| {
            scenario.write_register(regs::CTRL, regs::ctrl::ENCAPSULATION.of(1));
        };
        refused(
            "add_sa_row_02_engine_off",
            off,
            &legal(&layout),
            (NOT_SUPPORTED, 0),
            0,
        );
    }
}

#[test]
fn add_sa_row_02_ipsecv2_disabled() {
    for layout in [ADD, ADD_EX] {
        let off = |scenario: &mut Scenario| {
            scenario.write_register(regs::IPSECV2, 1);
        };
        let name = "add_sa_row_02_disabled";
        refused(name, off, &legal(&layout), (NOT_SUPPORTED, 0), 0);
    }
}

/// Row 2 comes before row 3.
#[test]
fn add_sa_row_02_before_length() {
    let mut scenario = up("add_sa_row_02_before_length");
    scenario.write_register(regs::CTRL, 0).wait(Until::Commands);
    for oid in [OID_ADD, OID_ADD_EX] {
        issue(
            &mut scenario,
            0,
            &Buffer::zeros(oid, 3),
            Some(NOT_SUPPORTED),
        );
        issue(
            &mut scenario,
            1,
            &Buffer::zeros(oid, 513),
            Some(NOT_SUPPORTED),
        );
    }
    let result = play(&scenario);
    assert!(answers(&result).iter().all(|a| a.bytes_needed == 0));
}

#[test]
fn add_sa_row_03_shorter_than_the_fixed_part() {
    for layout in [ADD, ADD_EX] {
        for length in [0, 1, 4, 24, 100, layout.fixed - 1] {
            let mut buffer = legal(&layout);
            buffer.length = length;
            let name = "add_sa_row_03_short";
            refused(name, |_| {}, &buffer, (INVALID_LENGTH, layout.fixed), 0);
        }
    }
}

#[test]
fn add_sa_row_03_longer_than_the_window() {
    for layout in [ADD, ADD_EX] {
        for length in [513, 514, 1024, 0x8000_0000, u32::MAX] {
            let mut buffer = legal(&layout);
            buffer.length = length;
            refused(
                "add_sa_row_03_long",
                |_| {},
                &buffer,
                (INVALID_LENGTH, 0),
                0,
            );
        }
    }
}

/// The whole window is a legal length, and so is the shortest that holds the key.
#[test]
fn add_sa_row_03_edges_are_accepted() {
    for layout in [ADD, ADD_EX] {
        let mut scenario = up("add_sa_row_03_edges");
        let mut long = legal(&layout);
        long.resize(512);
        issue(&mut scenario, 0, &long, Some(SUCCESS));
        let mut short = legal(&layout);
        short.spi(layout.assoc(0).spi(), SPI + 1);
        issue(&mut scenario, 1, &short, Some(SUCCESS));
        scenario
            .wait(Until::Commands)
            .expect_register(regs::SA_COUNT, 2);
        let result = play(&scenario);
        let mut read: Vec<u32> = answers(&result).iter().map(|a| a.bytes_read).collect();
        read.sort_unstable();
        assert_eq!(read, [short.length, 512]);
    }
}

add_rows! {
    add_sa_row_04_header_type: INVALID_DATA, |b, _l| b.bytes[0] = 0x81;
    add_sa_row_04_header_type_zero: INVALID_DATA, |b, _l| b.bytes[0] = 0;
    add_sa_row_04_revision_zero: INVALID_DATA, |b, _l| b.bytes[1] = 0;
    add_sa_row_04_size: INVALID_DATA, |b, l| {
        b.bytes[2..4].copy_from_slice(&(l.fixed as u16 - 1).to_le_bytes())
    };
    add_sa_row_04_size_zero: INVALID_DATA, |b, _l| b.bytes[2..4].fill(0);
    add_sa_row_05_no_association: INVALID_DATA, |b, l| b.set(l.num, 0);
    add_sa_row_05_three_associations: INVALID_DATA, |b, l| b.set(l.num, 3);
    add_sa_row_05_associations_wrap: INVALID_DATA, |b, l| b.set(l.num, 0xffff_ffff);
    add_sa_row_05_flags_of_the_second: INVALID_DATA, |b, l| {
        two(b, &l);
        b.set(l.assoc(1).flags(), 2)
    };
    add_sa_row_06_key_length: INVALID_DATA, |b, l| b.set(l.key_length, 0xffff_ffff);
    add_sa_row_06_key_area_one_too_long: INVALID_DATA, |b, l| {
        let more = b.get(l.key_length) + 1;
        b.set(l.key_length, more)
    };
    add_sa_row_06_key_behind_its_area: INVALID_DATA, |b, l| {
        b.set(l.assoc(0).encryption() + KEY_OFFSET_BYTES, 1)
    };
    add_sa_row_06_key_longer_than_its_area: INVALID_DATA, |b, l| {
        b.set(l.assoc(0).encryption() + KEY_LENGTH, 21)
    };
    add_sa_row_06_offset_and_length_wrap: INVALID_DATA, |b, l| {
        let info = l.assoc(0).encryption();
        b.set(info + KEY_OFFSET_BYTES, 0xffff_ffec).set(info + KEY_LENGTH, 20)
    };
    add_sa_row_06_key_of_the_second: INVALID_DATA, |b, l| {
        two(b, &l);
        b.set(l.assoc(1).authentication() + KEY_OFFSET_BYTES, 21)
    };
    add_sa_row_06_authentication_key_without_gcm: INVALID_DATA, |b, l| {
        let sa = l.assoc(0);
        b.set(sa.encryption(), 0x40)
            .set(sa.authentication(), 2)
            .set(sa.authentication() + KEY_LENGTH, 21)
    };
    add_sa_row_07_no_encryption: INVALID_PARAMETER, |b, l| b.set(l.assoc(0).encryption(), 0);
    add_sa_row_07_null_without_integrity: INVALID_PARAMETER, |b, l| {
        b.set(l.assoc(0).encryption(), 1)
    };
    add_sa_row_07_ah_with_encryption: INVALID_PARAMETER, |b, l| {
        ah(b, &l);
        b.set(l.assoc(0).encryption(), 8)
    };
    add_sa_row_07_ah_without_integrity: INVALID_PARAMETER, |b, l| {
        ah(b, &l);
        b.set(l.assoc(0).authentication(), 0)
    };
    add_sa_row_07_ah_before_esp: INVALID_PARAMETER, |b, l| {
        two(b, &l);
        let (first, second) = (l.assoc(0).0, l.assoc(1).0);
        for k in 0..48 {
            b.bytes.swap(first + k, second + k);
        }
    };
    add_sa_row_07_esp_twice: INVALID_PARAMETER, |b, l| {
        two(b, &l);
        let first = l.assoc(0).0;
        b.bytes.copy_within(first..first + 48, l.assoc(1).0)
    };
    add_sa_row_07_ah_twice: INVALID_PARAMETER, |b, l| {
        ah(b, &l);
        let first = l.assoc(0).0;
        b.bytes.copy_within(first..first + 48, l.assoc(1).0);
        b.set(l.num, 2)
    };
    add_sa_row_07_spi_of_the_second: INVALID_PARAMETER, |b, l| {
        two(b, &l);
        b.spi(l.assoc(1).spi(), 255)
    };
    add_sa_row_07_ah_of_the_second_with_encryption: INVALID_PARAMETER, |b, l| {
        two(b, &l);
        b.set(l.assoc(1).encryption(), 8)
    };
    add_sa_row_08_null_with_gmac_and_no_key: NOT_SUPPORTED, |b, l| {
        b.set(l.assoc(0).encryption(), 1).set(l.assoc(0).authentication(), 8)
    };
    add_sa_row_08_gmac_of_another_key_length: NOT_SUPPORTED, |b, l| {
        gmac(b, &l, false);
        b.set(l.assoc(0).authentication(), 0x20)
    };
    add_sa_row_08_ah_of_another_key_length: NOT_SUPPORTED, |b, l| {
        ah(b, &l);
        b.set(l.assoc(0).authentication(), 0x10)
    };
    add_sa_row_08_ah_behind_udp: NOT_SUPPORTED, |b, l| {
        ah(b, &l);
        b.set(l.udp, 1)
    };
    add_sa_row_08_key_of_another_algorithm: NOT_SUPPORTED, |b, l| {
        b.set(l.assoc(0).encryption(), 0x10)
    };
}

add_values! {
    add_sa_row_05_flags: INVALID_DATA, (0..32).filter(|bit| ![0, 4].contains(bit)),
        |b, l, bit| b.set(l.flags, 1 | 1 << bit);
    add_sa_row_05_flags_of_an_association: INVALID_DATA, 1..32,
        |b, l, bit| b.set(l.assoc(0).flags(), 1 << bit);
    add_sa_row_07_operation: INVALID_PARAMETER, [0, 3, 4, 0x100, 0x8000_0002, u32::MAX],
        |b, l, value| b.set(l.assoc(0).operation(), value);
    add_sa_row_07_reserved_spi: INVALID_PARAMETER, [0, 1, 2, 128, 254, 255],
        |b, l, spi| b.spi(l.assoc(0).spi(), spi);
    add_sa_row_07_encryption_of_two_bits: INVALID_PARAMETER,
        [0x18, 0x30, 0x28, 0x3, 0x200, 0x8000_0000, 0x108, u32::MAX],
        |b, l, value| b.set(l.assoc(0).encryption(), value);
    add_sa_row_07_cbc_with_gmac: INVALID_PARAMETER, [0x02, 0x04, 0x40, 0x80, 0x100],
        |b, l, value| b.set(l.assoc(0).encryption(), value).set(l.assoc(0).authentication(), 8);
    add_sa_row_07_authentication_of_two_bits: INVALID_PARAMETER, [3, 6, 0x40, 0x18, u32::MAX],
        |b, l, value| b.set(l.assoc(0).encryption(), 1).set(l.assoc(0).authentication(), value);
    add_sa_row_08_des_and_cbc: NOT_SUPPORTED, [0x02, 0x04, 0x40, 0x80, 0x100],
        |b, l, value| b.set(l.assoc(0).encryption(), value).set(l.assoc(0).authentication(), 2);
    add_sa_row_08_null_with_hmac: NOT_SUPPORTED, [1, 2, 4],
        |b, l, value| b.set(l.assoc(0).encryption(), 1).set(l.assoc(0).authentication(), value);
    add_sa_row_08_key_length: NOT_SUPPORTED, [0, 1, 16, 19],
        |b, l, value| b.set(l.assoc(0).encryption() + KEY_LENGTH, value);
    add_sa_row_08_icv_length: NOT_SUPPORTED, [1, 4, 7, 9, 11, 13, 15, 17, 32, 128, 0x108, 0x110, u32::MAX],
        |b, l, value| b.set(l.assoc(0).encryption() + ADDITIONAL_INFO, value);
    add_sa_row_08_icv_length_of_gmac: NOT_SUPPORTED, [1, 8, 12, 15, 17, 0x110, u32::MAX],
        |b, l, value| {
            gmac(b, &l, false);
            b.set(l.assoc(0).authentication() + ADDITIONAL_INFO, value)
        };
    add_sa_row_08_icv_length_of_ah: NOT_SUPPORTED, [1, 8, 12, 15, 17, 0x110, u32::MAX],
        |b, l, value| {
            ah(b, &l);
            b.set(l.assoc(0).authentication() + ADDITIONAL_INFO, value)
        };
    add_sa_row_08_ah_with_hmac: NOT_SUPPORTED, [1, 2, 4],
        |b, l, value| {
            ah(b, &l);
            b.set(l.assoc(0).authentication(), value)
        };
    add_sa_row_08_udp_encapsulation: NOT_SUPPORTED, [3, 5, 6, 9, 0xf, 0x10, 0x101, 0x8000_0000, u32::MAX],
        |b, l, value| b.set(l.udp, value);
}

/// What rows 4 to 8 must let pass: sizes with the tail padding and beyond, later revisions, an
/// authentication member that GCM ignores, each key length, ICV lengths 0 and 16, ESN, both versions.
#[test]
fn add_sa_row_04_to_08_let_pass_what_is_legal() {
    type Change = fn(&mut Buffer, &Layout);
    let changes: [Change; 7] = [
        |b, _| b.bytes[2..4].copy_from_slice(&176_u16.to_le_bytes()),
        |b, _| b.bytes[1..4].fill(0xff),
        |b, l| {
            let sa = l.assoc(0);
            b.set(sa.authentication(), 0xdead_beef)
                .set(sa.authentication() + KEY_LENGTH, u32::MAX)
                .set(sa.authentication() + KEY_OFFSET_BYTES, u32::MAX);
        },
        |b, l| {
            b.set(l.assoc(0).encryption() + ADDITIONAL_INFO, 0);
        },
        |b, l| {
            b.set(l.assoc(0).flags(), 1)
                .set(l.assoc(0).sequence_high(), 0xffff_ffff);
        },
        // The second association is not looked at.
        |b, l| b.bytes[l.assoc(1).0..l.assoc(1).0 + 48].fill(0xff),
        // A key in the middle of its area.
        |b, l| {
            let area = b.bytes.len() as u32 - 20;
            b.resize(area as usize + 40);
            b.set(l.key_length, 40)
                .set(l.assoc(0).encryption() + KEY_OFFSET_BYTES, 13);
        },
    ];
    for layout in [ADD, ADD_EX] {
        let mut scenario = up("add_sa_row_04_to_08_legal");
        for (k, change) in changes.iter().enumerate() {
            let mut buffer = legal(&layout);
            buffer.spi(layout.assoc(0).spi(), SPI + k as u32);
            change(&mut buffer, &layout);
            assert!(
                judge(&buffer, Settings::up(smallest().stages)).is_ok(),
                "third opinion on {k}"
            );
            issue(&mut scenario, 0, &buffer, Some(SUCCESS));
        }
        let mut count = changes.len() as u32;
        for (dst, key) in [(dst(), 20), (v6(), 28), (v6(), 36)] {
            for inbound in [false, true] {
                let key: Vec<u8> = (1..=key).collect();
                let buffer = add(&layout, inbound, dst, 0x100 + count, &key);
                issue(&mut scenario, 0, &buffer, Some(SUCCESS));
                count += 1;
            }
        }
        play_to_count(scenario, count);
    }
}

/// Every algorithm under every key length, ICV length and direction.
#[test]
fn add_sa_row_08_lets_pass_every_algorithm() {
    for layout in [ADD, ADD_EX] {
        for inbound in [false, true] {
            let mut scenario = up("add_sa_row_08_algorithms");
            let mut count = 0;
            for size in [20, 28, 36] {
                let key: Vec<u8> = (1..=size).collect();
                for icv in [0, 8, 12, 16] {
                    let mut buffer = add(&layout, inbound, dst(), SPI + count, &key);
                    buffer.set(layout.assoc(0).encryption() + ADDITIONAL_INFO, icv);
                    let mut all = vec![buffer.clone()];
                    if matches!(icv, 0 | 16) {
                        for is_ah in [false, true] {
                            let mut other = buffer.clone();
                            other.spi(layout.assoc(0).spi(), SPI + 100 + count);
                            gmac(&mut other, &layout, is_ah);
                            all.push(other);
                        }
                    }
                    for buffer in all {
                        let judged = judge(&buffer, Settings::up(smallest().stages));
                        assert!(judged.is_ok(), "third opinion");
                        issue(&mut scenario, 0, &buffer, Some(SUCCESS));
                        scenario.wait(Until::Commands);
                        // There is room for 16.
                        issue(
                            &mut scenario,
                            1,
                            &delete(u64::from((count / 16) << 16 | (count % 16 + 1))),
                            Some(SUCCESS),
                        );
                        scenario.wait(Until::Commands);
                        count += 1;
                    }
                }
            }
            scenario
                .expect_register(regs::SA_COUNT, 0)
                .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, 0);
            play(&scenario);
        }
    }
}

/// UdpEspEncapsulation is one bit of what the number of stages makes possible, and is off with ESP.
#[test]
fn add_sa_row_08_udp_subtypes() {
    for device in configs_up_to(16) {
        let up = Settings::up(device.stages);
        for (ipsecv2, settings) in [
            (4, up),
            (3, Settings { ah: false, ..up }),
            (2, Settings { esp: false, ..up }),
        ] {
            let mut scenario = up_on("add_sa_row_08_udp_subtypes", device);
            scenario
                .write_register(regs::IPSECV2, ipsecv2)
                .wait(Until::Commands);
            let mut count = 0;
            for (k, udp) in [1, 2, 4, 8].into_iter().enumerate() {
                for layout in [ADD, ADD_EX] {
                    for null in [false, true] {
                        let mut buffer = legal(&layout);
                        let spi = SPI + 4 * k as u32 + 2 * u32::from(layout.ex) + u32::from(null);
                        buffer.spi(layout.assoc(0).spi(), spi).set(layout.udp, udp);
                        if null {
                            gmac(&mut buffer, &layout, false);
                        }
                        let good = ipsecv2 != 2 && (udp < 4 || device.stages >= 2);
                        count += issue_supported(&mut scenario, &buffer, settings, good);
                    }
                }
            }
            play_to_count(scenario, count);
        }
    }
}

/// What is off, or needs a second stage, is not supported; what is left works.
#[test]
fn add_sa_row_08_protocols_and_stages() {
    for device in configs_up_to(16) {
        let up = Settings::up(device.stages);
        for (ipsecv2, settings) in [
            (1, Settings { on: false, ..up }),
            (2, Settings { esp: false, ..up }),
            (3, Settings { ah: false, ..up }),
            (4, up),
        ] {
            let mut scenario = up_on("add_sa_row_08_protocols", device);
            scenario
                .write_register(regs::IPSECV2, ipsecv2)
                .wait(Until::Commands);
            let mut count = 0;
            for layout in [ADD, ADD_EX] {
                let number = if layout.ex { 0x100 } else { 0 };
                let mut null = add(&layout, true, dst(), SPI + number + 1, &KEY);
                gmac(&mut null, &layout, false);
                for (buffer, good) in [
                    (add(&layout, true, dst(), SPI + number, &KEY), ipsecv2 >= 3),
                    (null, ipsecv2 >= 3),
                    (
                        add_ah(&layout, true, dst(), SPI + number, &KEY),
                        matches!(ipsecv2, 2 | 4),
                    ),
                    (
                        pair(&layout, true, SPI + number + 2, SPI + number + 2),
                        ipsecv2 == 4 && device.stages >= 2,
                    ),
                    (
                        pair(&layout, false, SPI, SPI),
                        ipsecv2 == 4 && device.stages >= 2,
                    ),
                ] {
                    count += issue_supported(&mut scenario, &buffer, settings, good);
                }
            }
            play_to_count(scenario, count);
        }
    }
}

/// Rows 9 to 11 look at the second association as at the first.
#[test]
fn add_sa_row_08_second_association() {
    let device = two_stages();
    type Change = fn(&mut Buffer, Assoc);
    let changes: [(Change, bool); 9] = [
        (|b, sa| _ = b.set(sa.authentication(), 1), false),
        (|b, sa| _ = b.set(sa.authentication(), 2), false),
        (|b, sa| _ = b.set(sa.authentication(), 0x10), false),
        (
            |b, sa| _ = b.set(sa.authentication() + KEY_LENGTH, 16),
            false,
        ),
        (
            |b, sa| _ = b.set(sa.authentication() + ADDITIONAL_INFO, 12),
            false,
        ),
        (
            |b, sa| _ = b.set(sa.authentication() + ADDITIONAL_INFO, 8),
            false,
        ),
        (
            |b, sa| _ = b.set(sa.authentication() + ADDITIONAL_INFO, 0),
            true,
        ),
        // Of its own: the same bytes as the ESP's.
        (
            |b, sa| _ = b.set(sa.authentication() + KEY_OFFSET_BYTES, 0),
            true,
        ),
        (
            |b, sa| _ = b.set(sa.flags(), 1).set(sa.sequence_high(), 7),
            true,
        ),
    ];
    for layout in [ADD, ADD_EX] {
        let mut scenario = up_on("add_sa_row_08_second", device);
        let mut count = 0;
        for (k, (change, good)) in changes.into_iter().enumerate() {
            let good = good && device.stages >= 2;
            let mut buffer = pair(&layout, true, SPI + k as u32, SPI + k as u32);
            change(&mut buffer, layout.assoc(1));
            let settings = Settings::up(device.stages);
            count += issue_supported(&mut scenario, &buffer, settings, good);
        }
        for udp in [1, 2, 4, 8] {
            let mut buffer = pair(&layout, true, SPI + 50, SPI + 50);
            buffer.set(layout.udp, udp);
            issue(&mut scenario, 0, &buffer, Some(NOT_SUPPORTED));
        }
        play_to_count(scenario, count);
    }
}

#[test]
fn add_sa_row_06_key_offset() {
    // In the fixed part, behind the buffer, and so far behind that the sum wraps.
    for offset in [
        0,
        4,
        0xa8,
        0xa9,
        0xb1,
        512,
        0xffff_ffe8,
        0xffff_ffec,
        u32::MAX,
    ] {
        let mut buffer = legal(&ADD_EX);
        buffer.set(ADD_EX.key_offset, offset);
        let name = "add_sa_row_06_key_offset";
        refused(name, |_| {}, &buffer, (INVALID_DATA, 0), 0);
    }
    // 0xAA is the first that is allowed.
    let mut scenario = up("add_sa_row_06_first_key_offset");
    let mut buffer = legal(&ADD_EX);
    buffer.bytes.copy_within(0xb0..0xb0 + KEY.len(), 0xaa);
    buffer.set(ADD_EX.key_offset, 0xaa);
    issue(&mut scenario, 0, &buffer, Some(SUCCESS));
    play(&scenario);
}

#[test]
fn add_sa_row_08_esp_is_off() {
    for layout in [ADD, ADD_EX] {
        let off = |scenario: &mut Scenario| {
            scenario.write_register(regs::IPSECV2, 2);
        };
        refused(
            "add_sa_row_08_esp_off",
            off,
            &legal(&layout),
            (NOT_SUPPORTED, 0),
            0,
        );
    }
}

#[test]
fn add_sa_row_09_duplicate() {
    for layout in [ADD, ADD_EX] {
        for other in [ADD, ADD_EX] {
            for dst in [dst(), v6(), "0.0.0.0".parse().unwrap()] {
                let before = |scenario: &mut Scenario| {
                    issue(
                        scenario,
                        0,
                        &add(&other, true, dst, SPI, &KEY),
                        Some(SUCCESS),
                    );
                };
                let command = add(&layout, true, dst, SPI, &KEY);
                let name = "add_sa_row_09_duplicate";
                refused(name, before, &command, (INVALID_PARAMETER, 0), 1);
            }
        }
    }
}

/// Another SPI, destination, version or direction is no duplicate; a deleted one neither.
#[test]
fn add_sa_row_09_what_is_no_duplicate() {
    let mut scenario = up("add_sa_row_09_no_duplicate");
    let zero4: IpAddr = "0.0.0.0".parse().unwrap();
    let zero6: IpAddr = "::".parse().unwrap();
    // ::c000:202 and 192.0.2.2 are the same number.
    let same: IpAddr = "::c000:202".parse().unwrap();
    let other: IpAddr = "192.0.2.3".parse().unwrap();
    let mut count = 0;
    for (inbound, dst, spi) in [
        (true, dst(), SPI),
        (true, dst(), SPI + 1),
        (true, other, SPI),
        (true, same, SPI),
        (true, zero4, SPI),
        (true, zero6, SPI),
        (false, dst(), SPI),
        (false, dst(), SPI),
    ] {
        issue(
            &mut scenario,
            0,
            &add(&ADD, inbound, dst, spi, &KEY),
            Some(SUCCESS),
        );
        count += 1;
    }
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, count);
    // Handles of an idle device: the first bundles.
    issue(&mut scenario, 0, &delete(1), Some(SUCCESS));
    issue(&mut scenario, 0, &legal(&ADD_EX), Some(SUCCESS));
    issue(&mut scenario, 0, &legal(&ADD), Some(INVALID_PARAMETER));
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, count);
    play(&scenario);
}

#[test]
fn add_sa_row_10_resources() {
    for layout in [ADD, ADD_EX] {
        let before = |scenario: &mut Scenario| {
            scenario.write_register(regs::SA_LIMIT, 3);
            scenario.wait(Until::Commands);
            for k in 0..3 {
                issue(
                    scenario,
                    0,
                    &add(&ADD, k != 1, dst(), SPI + 1 + k, &KEY),
                    Some(SUCCESS),
                );
            }
        };
        refused(
            "add_sa_row_10_resources",
            before,
            &legal(&layout),
            (RESOURCES, 0),
            3,
        );
    }
}

/// Each association of a bundle of two is looked for, each under its own protocol.
#[test]
fn add_sa_row_09_duplicates_of_bundles_of_two() {
    let device = two_stages();
    if device.stages < 2 {
        return;
    }
    for layout in [ADD, ADD_EX] {
        let mut scenario = up_on("add_sa_row_09_two", device);
        let mut count = 0;
        let mut is = |scenario: &mut Scenario, buffer: &Buffer, status: u32| {
            issue(scenario, 0, buffer, Some(status));
            count += u32::from(status == SUCCESS);
            scenario
                .wait(Until::Commands)
                .expect_register(regs::SA_COUNT, count);
        };
        is(&mut scenario, &pair(&layout, true, SPI, SPI + 1), SUCCESS);
        for buffer in [
            add(&layout, true, dst(), SPI, &KEY),
            add_ah(&layout, true, dst(), SPI + 1, &KEY),
            pair(&layout, true, SPI, SPI + 1),
            pair(&layout, true, SPI, 0x5000),
            pair(&layout, true, 0x5000, SPI + 1),
        ] {
            is(&mut scenario, &buffer, INVALID_PARAMETER);
        }
        for buffer in [
            // Nothing stayed of what was refused.
            add(&layout, true, dst(), 0x5000, &KEY),
            add_ah(&layout, true, dst(), 0x5000, &KEY),
            // The other protocol, version, destination, direction.
            add_ah(&layout, true, dst(), SPI, &KEY),
            add(&layout, true, dst(), SPI + 1, &KEY),
            add_two(&layout, true, v6(), [(SPI, &KEY), (SPI + 1, &AH_KEY)]),
            pair(&layout, true, 0x6000, 0x6000),
            pair(&layout, false, SPI, SPI + 1),
            pair(&layout, false, SPI, SPI + 1),
        ] {
            is(&mut scenario, &buffer, SUCCESS);
        }
        play(&scenario);
    }
}

/// A duplicate on a full device is a duplicate.
#[test]
fn add_sa_row_09_before_row_10() {
    let before = |scenario: &mut Scenario| {
        scenario.write_register(regs::SA_LIMIT, 1);
        scenario.wait(Until::Commands);
        issue(scenario, 0, &legal(&ADD), Some(SUCCESS));
    };
    refused(
        "add_sa_row_09_before_10",
        before,
        &legal(&ADD_EX),
        (INVALID_PARAMETER, 0),
        1,
    );
}

#[test]
fn add_sa_row_11_success_writes_the_handle() {
    for layout in [ADD, ADD_EX] {
        let mut scenario = up("add_sa_row_11_success");
        for handle in [1, 2] {
            let buffer = add(&layout, true, v6(), SPI + handle, &KEY);
            issue(&mut scenario, 0, &buffer, Some(SUCCESS));
            scenario.wait(Until::Commands);
            expect_handle(&mut scenario, &layout, handle.into());
        }
        // The generation is the upper half.
        issue(&mut scenario, 1, &delete(1), Some(SUCCESS));
        for k in 0..smallest().num_sa - 2 {
            let buffer = add(&layout, false, v6(), SPI + k, &KEY);
            issue(&mut scenario, 1, &buffer, Some(SUCCESS));
        }
        issue(&mut scenario, 1, &legal(&layout), Some(SUCCESS));
        scenario.wait(Until::Commands);
        let at = regs::mailbox_slot_window(1) + layout.handle as u32;
        scenario
            .expect_register(at, 0x0001_0001)
            .expect_register(at + 4, 0);
        let result = play(&scenario);
        let length = legal(&layout).length;
        last_is(&result, SUCCESS, length, 0);
    }
}

#[test]
fn unknown_oids() {
    let mut scenario = up("unknown_oids");
    for (k, oid) in [
        0,
        0xfc03_0201,
        0xfc03_0206,
        0xfc01_0202,
        0x0003_0202,
        u32::MAX,
    ]
    .into_iter()
    .enumerate()
    {
        let mut buffer = legal(&ADD);
        buffer.oid = oid;
        issue(&mut scenario, k as u8 % 4, &buffer, Some(INVALID_OID));
        buffer.length = 1000;
        issue(&mut scenario, k as u8 % 4, &buffer, Some(INVALID_OID));
    }
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 0);
    let result = play(&scenario);
    assert!(
        answers(&result)
            .iter()
            .all(|a| (a.bytes_read, a.bytes_needed) == (0, 0))
    );
}

/// INVALID_OID comes before a cancellation.
#[test]
fn unknown_oid_before_cancel() {
    let mut scenario = up("unknown_oid_before_cancel");
    let mut buffer = legal(&ADD);
    buffer.oid = 0xfc03_0201;
    issue(&mut scenario, 1, &buffer, Some(INVALID_OID));
    let cancel = Operation::Write {
        address: regs::mailbox_slot_doorbell(1) as u16,
        data: regs::mailbox_slot_doorbell::CANCEL.of(1),
        strobe: 0xf,
    };
    let rung = rung(&scenario);
    at_clock(&mut scenario, rung - 2, cancel);
    play(&scenario);
}

// ------------------------------------------------------------------------------------------------
// DELETE_SA
// ------------------------------------------------------------------------------------------------

fn one_sa(scenario: &mut Scenario) {
    issue(scenario, 0, &legal(&ADD), Some(SUCCESS));
}

#[test]
fn delete_sa_row_success() {
    for inbound in [true, false] {
        let mut scenario = up("delete_sa_row_success");
        issue(
            &mut scenario,
            0,
            &add(&ADD, inbound, dst(), SPI, &KEY),
            Some(SUCCESS),
        );
        scenario
            .wait(Until::Commands)
            .expect_register(regs::SA_COUNT, 1);
        issue(&mut scenario, 3, &delete(1), Some(SUCCESS));
        scenario
            .wait(Until::Commands)
            .expect_register(regs::SA_COUNT, 0)
            .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, 0)
            .expect_register(regs::COUNTERS_COMMANDS_OK_LO, 2)
            .expect_register(regs::COUNTERS_COMMANDS_FAILED_LO, 0);
        last_is(&play(&scenario), SUCCESS, 24, 0);
    }
}

/// A bundle of two goes as a whole, and both of its keys are free again.
#[test]
fn delete_sa_row_success_of_two() {
    let device = two_stages();
    if device.stages < 2 {
        return;
    }
    for inbound in [true, false] {
        let mut scenario = up_on("delete_sa_row_success_of_two", device);
        let bundle = pair(&ADD, inbound, SPI, SPI + 1);
        issue(&mut scenario, 0, &bundle, Some(SUCCESS));
        scenario
            .wait(Until::Commands)
            .expect_register(regs::SA_COUNT, 1);
        issue(&mut scenario, 3, &delete(1), Some(SUCCESS));
        scenario
            .wait(Until::Commands)
            .expect_register(regs::SA_COUNT, 0)
            .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, 0);
        issue(&mut scenario, 3, &delete(1), Some(SUCCESS));
        scenario
            .wait(Until::Commands)
            .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, 1);
        for buffer in [
            add(&ADD, inbound, dst(), SPI, &KEY),
            add_ah(&ADD, inbound, dst(), SPI + 1, &KEY),
        ] {
            issue(&mut scenario, 1, &buffer, Some(SUCCESS));
        }
        scenario
            .wait(Until::Commands)
            .expect_register(regs::SA_COUNT, 2);
        play(&scenario);
    }
}

/// While it is under way NDIS_STATUS is PENDING.
#[test]
fn delete_sa_row_pending() {
    let mut scenario = up("delete_sa_row_pending");
    one_sa(&mut scenario);
    scenario.wait(Until::Commands);
    issue(&mut scenario, 3, &delete(1), Some(SUCCESS));
    let rung = rung(&scenario);
    let read = Operation::Read {
        address: regs::mailbox_slot_ndis_status(3) as u16,
        expect: Some(PENDING),
        mask: u32::MAX,
        poll: false,
    };
    at_clock(&mut scenario, rung + 10, read);
    let result = play(&scenario);
    assert_eq!(result.reads.len(), 1, "the status was read");
    last_is(&result, SUCCESS, 24, 0);
}

#[test]
fn delete_sa_row_not_accepted_while_resetting() {
    resetting("delete_sa_row_not_accepted", OID_DELETE, 24, NOT_ACCEPTED);
    resetting("delete_sa_row_not_accepted", OID_DELETE, 0, NOT_ACCEPTED);
    resetting("delete_sa_row_not_accepted", OID_DELETE, 600, NOT_ACCEPTED);
}

#[test]
fn delete_sa_row_not_accepted_while_halted() {
    halted("delete_sa_row_halted", &delete(1));
    halted("delete_sa_row_halted", &Buffer::zeros(OID_DELETE, 0));
}

#[test]
fn delete_sa_row_aborted_by_soft_reset() {
    aborted_by_soft_reset("delete_sa_row_aborted", one_sa, &delete(1));
}

#[test]
fn delete_sa_row_cancelled() {
    cancelled("delete_sa_row_cancelled", one_sa, &delete(1), 1);
}

/// An unknown handle is SUCCESS and counted, whatever is wrong with it.
#[test]
fn delete_sa_row_unknown_handle() {
    let mut scenario = up("delete_sa_row_unknown_handle");
    one_sa(&mut scenario);
    scenario.wait(Until::Commands);
    let num_sa = u64::from(smallest().num_sa);
    let handles = [
        0,
        2,
        num_sa,
        num_sa + 1,
        0xffff,
        0x0001_0001,
        0xffff_0001,
        0x0001_0000,
        0x1_0000_0001,
        0x8000_0000_0000_0001,
        u64::MAX,
    ];
    for (k, handle) in handles.iter().enumerate() {
        issue(&mut scenario, k as u8 % 4, &delete(*handle), Some(SUCCESS));
    }
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 1)
        .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, handles.len() as u32)
        .expect_register(regs::COUNTERS_COMMANDS_OK_LO, handles.len() as u32 + 1);
    // A second delete of the same finds nothing.
    issue(&mut scenario, 0, &delete(1), Some(SUCCESS));
    issue(&mut scenario, 0, &delete(1), Some(SUCCESS));
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 0)
        .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, handles.len() as u32 + 1);
    play(&scenario);
}

/// So is a malformed one: only three final codes exist.
#[test]
fn delete_sa_row_malformed() {
    let mut scenario = up("delete_sa_row_malformed");
    one_sa(&mut scenario);
    scenario.wait(Until::Commands);
    let mut all = Vec::new();
    for length in [0, 1, 4, 23, 513, 0x1_0000, u32::MAX] {
        let mut buffer = delete(1);
        buffer.length = length;
        all.push(buffer);
    }
    for header in [[0x81, 1, 24, 0], [0x80, 0, 24, 0], [0x80, 1, 23, 0], [0; 4]] {
        let mut buffer = delete(1);
        buffer.bytes[..4].copy_from_slice(&header);
        all.push(buffer);
    }
    for (k, buffer) in all.iter().enumerate() {
        assert_eq!(
            judge(buffer, Settings::up(smallest().stages)),
            Err((SUCCESS, 0))
        );
        issue(&mut scenario, k as u8 % 4, buffer, Some(SUCCESS));
    }
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 1)
        .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, all.len() as u32);
    let result = play(&scenario);
    for answer in &answers(&result)[1..] {
        let Operation::Command {
            command: Command::Raw { length, .. },
            ..
        } = &scenario.operations[answer.id].op
        else {
            unreachable!()
        };
        assert_eq!(Some(answer.bytes_read), *length);
    }
}

/// A longer buffer and Size are fine; the Next member is not followed.
#[test]
fn delete_sa_row_success_with_more() {
    let mut scenario = up("delete_sa_row_success_with_more");
    one_sa(&mut scenario);
    scenario.wait(Until::Commands);
    let mut buffer = delete(1);
    buffer.resize(512);
    buffer.bytes[1..4].fill(0xff);
    buffer.bytes[8..16].fill(0xff);
    issue(&mut scenario, 0, &buffer, Some(SUCCESS));
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 0)
        .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, 0);
    last_is(&play(&scenario), SUCCESS, 512, 0);
}

/// Even with the engine off and the protocol disabled: an SA can always be deleted.
#[test]
fn delete_sa_row_success_while_off() {
    let mut scenario = up("delete_sa_row_success_while_off");
    one_sa(&mut scenario);
    scenario
        .wait(Until::Commands)
        .write_register(regs::CTRL, 0)
        .write_register(regs::IPSECV2, 1)
        .wait(Until::Commands);
    issue(&mut scenario, 0, &delete(1), Some(SUCCESS));
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 0)
        .expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, 0);
    last_is(&play(&scenario), SUCCESS, 24, 0);
}

// ------------------------------------------------------------------------------------------------
// UPDATE_SA
// ------------------------------------------------------------------------------------------------

/// Two SAs with ESN (handles 1, in, and 2, out) and one without (3).
fn esn_sas(scenario: &mut Scenario) {
    for (k, (inbound, flags)) in [(true, 1), (false, 1), (true, 0)].into_iter().enumerate() {
        let mut buffer = add(&ADD, inbound, dst(), SPI + k as u32, &KEY);
        buffer.set(ADD.assoc(0).flags(), flags);
        issue(scenario, 0, &buffer, Some(SUCCESS));
        scenario.wait(Until::Commands);
    }
}

fn update_refused(name: &str, command: &Buffer, status: u32, needed: u32) {
    refused(name, esn_sas, command, (status, needed), 3);
}

#[test]
fn update_sa_row_success() {
    let mut scenario = up("update_sa_row_success");
    esn_sas(&mut scenario);
    for (handle, spi) in [(1, SPI), (2, SPI + 1)] {
        // 28 bytes are the fixed part; the tail padding may be there or not.
        for (k, length) in [28, 32, 512].into_iter().enumerate() {
            let mut buffer = update(handle, 2, spi, 0x8000_0000 + k as u32);
            buffer.resize(length);
            buffer.length = length as u32;
            if length == 512 {
                buffer.bytes[1..4].fill(0xff);
                buffer.bytes[4..8].fill(0xff);
            }
            issue(&mut scenario, 0, &buffer, Some(SUCCESS));
        }
    }
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, 3)
        .expect_register(regs::COUNTERS_COMMANDS_OK_LO, 9);
    let result = play(&scenario);
    let mut read: Vec<u32> = answers(&result)[3..].iter().map(|a| a.bytes_read).collect();
    read.sort_unstable();
    assert_eq!(read, [28, 28, 32, 32, 512, 512]);
}

/// Of a bundle of two each association is updated for itself; AH alone too.
#[test]
fn update_sa_row_of_each_association() {
    let device = two_stages();
    if device.stages < 2 {
        return;
    }
    for inbound in [false, true] {
        let mut scenario = up_on("update_sa_row_of_each", device);
        // ESN of both, of ESP, of AH, of none; and AH alone.
        for (k, flags) in [[1, 1], [1, 0], [0, 1], [0, 0]].into_iter().enumerate() {
            let mut bundle = pair(&ADD, inbound, SPI + k as u32, 0x2000 + k as u32);
            for (n, flag) in flags.into_iter().enumerate() {
                bundle.set(ADD.assoc(n).flags(), flag);
            }
            issue(&mut scenario, 0, &bundle, Some(SUCCESS));
        }
        let mut alone = add_ah(&ADD, inbound, dst(), 0x3000, &KEY);
        alone.set(ADD.assoc(0).flags(), 1);
        issue(&mut scenario, 0, &alone, Some(SUCCESS));
        scenario.wait(Until::Commands);
        for (handle, operation, spi, good) in [
            (1, 2, SPI, true),
            (1, 1, 0x2000, true),
            (1, 2, 0x2000, false),
            (1, 1, SPI, false),
            (1, 0, SPI, false),
            (1, 3, 0x2000, false),
            (2, 2, SPI + 1, true),
            (2, 1, 0x2001, false),
            (3, 2, SPI + 2, false),
            (3, 1, 0x2002, true),
            (4, 2, SPI + 3, false),
            (4, 1, 0x2003, false),
            (5, 1, 0x3000, true),
            (5, 2, 0x3000, false),
        ] {
            let status = if good { SUCCESS } else { INVALID_PARAMETER };
            let command = update(handle, operation, spi, 9);
            issue(&mut scenario, 1, &command, Some(status));
        }
        play(&scenario);
    }
}

#[test]
fn update_sa_row_sa_not_found() {
    let num_sa = u64::from(smallest().num_sa);
    for handle in [
        0,
        4,
        num_sa + 1,
        0xffff,
        0x0001_0001,
        0x1_0000_0001,
        u64::MAX,
    ] {
        let name = "update_sa_row_not_found";
        update_refused(name, &update(handle, 2, SPI, 1), INVALID_PARAMETER, 0);
    }
}

#[test]
fn update_sa_row_deleted_sa_is_not_found() {
    let before = |scenario: &mut Scenario| {
        esn_sas(scenario);
        issue(scenario, 0, &delete(1), Some(SUCCESS));
    };
    let command = update(1, 2, SPI, 1);
    refused(
        "update_sa_row_deleted",
        before,
        &command,
        (INVALID_PARAMETER, 0),
        2,
    );
}

#[test]
fn update_sa_row_operation() {
    for operation in [0, 1, 3, 0x102, u32::MAX] {
        let name = "update_sa_row_operation";
        update_refused(name, &update(1, operation, SPI, 1), INVALID_PARAMETER, 0);
    }
}

#[test]
fn update_sa_row_spi() {
    for (handle, spi) in [(1, SPI + 1), (2, SPI), (1, 0), (1, SPI.swap_bytes())] {
        let name = "update_sa_row_spi";
        update_refused(name, &update(handle, 2, spi, 1), INVALID_PARAMETER, 0);
    }
}

#[test]
fn update_sa_row_added_without_esn() {
    let name = "update_sa_row_no_esn";
    update_refused(name, &update(3, 2, SPI + 2, 1), INVALID_PARAMETER, 0);
}

/// ESN is no capability of a device whose current configuration is a zero block.
#[test]
fn update_sa_row_esn_not_supported() {
    for (register, value) in [(regs::CTRL, 0), (regs::IPSECV2, 1)] {
        let mut scenario = up("update_sa_row_esn_not_supported");
        esn_sas(&mut scenario);
        scenario
            .write_register(register, value)
            .wait(Until::Commands);
        let command = update(1, 2, SPI, 1);
        issue(&mut scenario, 0, &command, Some(INVALID_PARAMETER));
        // But its length is looked at first.
        let mut short = command.clone();
        short.length = 27;
        issue(&mut scenario, 1, &short, Some(INVALID_LENGTH));
        let mut bad = command.clone();
        bad.bytes[0] = 0;
        issue(&mut scenario, 1, &bad, Some(INVALID_DATA));
        play(&scenario);
    }
}

#[test]
fn update_sa_row_length() {
    for (length, needed) in [(0, 28), (24, 28), (27, 28), (513, 0), (u32::MAX, 0)] {
        let mut buffer = update(1, 2, SPI, 1);
        buffer.length = length;
        update_refused("update_sa_row_length", &buffer, INVALID_LENGTH, needed);
    }
}

#[test]
fn update_sa_row_header() {
    for header in [[0x81, 1, 28, 0], [0x80, 0, 28, 0], [0x80, 1, 27, 0], [0; 4]] {
        let mut buffer = update(1, 2, SPI, 1);
        buffer.bytes[..4].copy_from_slice(&header);
        update_refused("update_sa_row_header", &buffer, INVALID_DATA, 0);
    }
}

#[test]
fn update_sa_row_not_accepted_while_halted() {
    halted("update_sa_row_halted", &update(1, 2, SPI, 1));
}

#[test]
fn update_sa_row_reset_in_progress() {
    resetting("update_sa_row_reset", OID_UPDATE, 32, RESET_IN_PROGRESS);
}

#[test]
fn update_sa_row_aborted_by_soft_reset() {
    aborted_by_soft_reset("update_sa_row_aborted", esn_sas, &update(1, 2, SPI, 1));
}

#[test]
fn update_sa_row_cancelled() {
    cancelled("update_sa_row_cancelled", esn_sas, &update(1, 2, SPI, 1), 3);
}

/// CTRL.spi_host_order goes for the Spi of ADD and UPDATE.
#[test]
fn spi_in_host_order() {
    let mut scenario = up("spi_in_host_order");
    let on = regs::ctrl::ENGINE_ENABLE.of(1) | regs::ctrl::ENCAPSULATION.of(1);
    let host = on | regs::ctrl::SPI_HOST_ORDER.of(1);
    scenario
        .write_register(regs::CTRL, host)
        .wait(Until::Commands);
    // In wire order this would be 0x0001_0000, in host order it is 0x100.
    let mut buffer = legal(&ADD);
    buffer
        .set(ADD.assoc(0).spi(), 0x100)
        .set(ADD.assoc(0).flags(), 1);
    issue(&mut scenario, 0, &buffer, Some(SUCCESS));
    // 255 in host order; fine in wire order.
    let mut reserved = legal(&ADD);
    reserved.set(ADD.assoc(0).spi(), 0xff);
    issue(&mut scenario, 0, &reserved, Some(INVALID_PARAMETER));
    let mut change = update(1, 2, 0, 7);
    change.set(UPDATE_SPI, 0x100);
    issue(&mut scenario, 0, &change, Some(SUCCESS));
    scenario
        .wait(Until::Commands)
        .write_register(regs::CTRL, on)
        .wait(Until::Commands);
    issue(&mut scenario, 0, &change, Some(INVALID_PARAMETER));
    issue(&mut scenario, 0, &update(1, 2, 0x100, 7), Some(SUCCESS));
    issue(&mut scenario, 0, &reserved, Some(SUCCESS));
    issue(
        &mut scenario,
        0,
        &add(&ADD, true, dst(), 0x100, &KEY),
        Some(INVALID_PARAMETER),
    );
    play(&scenario);
}
