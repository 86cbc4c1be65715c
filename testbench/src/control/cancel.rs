// SPDX-License-Identifier: Apache-2.0
//! Cancellation at every clock of an ADD_SA: either all of it happens or nothing.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_SUCCESS;
use ipsec_model::regs;

use super::builder::Builder;
use crate::sa::Direction;
use crate::scenario::{Command, Handle, Operation, Scenario, Until};

/// Clocks from the end of a doorbell's access to that of the access behind it that still cancels an ADD
/// on an idle device. The doorbell takes effect at edge w, the command is granted at w + 1, CHECK
/// (DECODE 1, FETCH 43, CHECK 1) is the edge w + 46; a cancellation takes effect at w + 4 + clocks.
const LAST: u64 = 41;

/// All offsets up to the end of the command and beyond.
pub fn cancel(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("cancel", device, seed);
    let other = build.plan("", 0x1000, false, 16, None);
    build.add_pair(&other);
    build.idle();
    let count = build.count();
    for clocks in (0..60).chain([80, 100, 120, 140, 160, 200, 300]) {
        let pair = build.plan("c", 0x2000 + clocks as u32, clocks % 2 == 0, 16, None);
        let aborted = clocks <= LAST;
        let sa = pair.sa(if clocks % 3 == 0 {
            Direction::Outbound
        } else {
            Direction::Inbound
        });
        let name = sa.name.clone();
        build.scenario.command(
            2,
            Command::AddSa { sa, ex: false },
            Some(NDIS_STATUS_SUCCESS),
        );
        build.scenario.push(Operation::Cancel {
            slot: 2,
            clocks,
            aborted: Some(aborted),
        });
        build.both_ways(&other);
        build.scenario.wait(Until::Commands);
        build
            .scenario
            .expect_register(regs::SA_COUNT, count + u32::from(!aborted));
        let made = build.make(&pair, 20);
        let inbound = name == pair.inbound();
        let expected = if inbound && !aborted {
            made.received()
        } else {
            made.passed()
        };
        build.receive(&made, expected);
        build.idle();
        // A handle of nobody otherwise.
        build.scenario.command(
            1,
            Command::DeleteSa {
                handle: Handle::Sa(name),
            },
            Some(NDIS_STATUS_SUCCESS),
        );
        build.scenario.wait(Until::Commands);
    }
    build.finish_uncounted()
}

/// Commands of all kinds cancelled while others are under way in the other slots.
pub fn cancel_race(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("cancel-race", device, seed);
    let other = build.plan("", 0x1000, true, 32, Some(1));
    build.add_pair(&other);
    build.idle();
    for round in 0..30_u32 {
        for slot in 0..4_u8 {
            let number = 4 * round + u32::from(slot);
            let pair = build.plan(
                &format!("{slot}"),
                0x2000 + number,
                slot % 2 == 0,
                16,
                Some(1),
            );
            let name = pair.inbound();
            let command = match (round + u32::from(slot)) % 3 {
                0 | 1 => Command::AddSa {
                    sa: pair.sa(Direction::Inbound),
                    ex: number % 2 == 0,
                },
                _ if round > 0 => Command::DeleteSa {
                    handle: Handle::Sa(name),
                },
                _ => Command::UpdateSa {
                    handle: Handle::Sa(other.inbound()),
                    operation: crate::sa::Operation::Esp,
                    spi: other.association.spi,
                    sequence_high: 1,
                },
            };
            build.scenario.command(slot, command, None);
            if build.rng.chance(60) {
                let clocks = build.rng.below(300);
                build.scenario.push(Operation::Cancel {
                    slot,
                    clocks,
                    aborted: None,
                });
            }
        }
        build.both_ways(&other);
        build.idle();
    }
    // What is no command of ours waits, and is told of a reset like any other.
    let unknown = || Command::Raw {
        oid: 0xfc03_0201,
        buffer: vec![0; 4],
        length: None,
    };
    for round in 0..6 {
        // Three that take their time, and one behind them.
        for slot in 0..3 {
            let number = 3 * round + u32::from(slot);
            let pair = build.plan(&format!("last{number}"), 0x4000 + number, false, 16, None);
            let sa = pair.sa(Direction::Inbound);
            let command = Command::AddSa { sa, ex: false };
            build.scenario.command(slot, command, None);
        }
        build.scenario.command(3, unknown(), None);
        if let Some(last) = build.scenario.operations.last_mut() {
            // All three windows are written by then.
            last.after = 300 + 60 * u64::from(round);
        }
        build.scenario.push(Operation::SoftReset {});
        if let Some(last) = build.scenario.operations.last_mut() {
            last.after = 40;
        }
        build.scenario.wait(Until::InitDone);
    }
    // Whatever became of them: what is there is deleted, and nothing is left.
    build.scenario.push(Operation::SoftReset {});
    build.scenario.command(1, unknown(), None);
    build.scenario.wait(Until::InitDone);
    build.scenario.expect_register(regs::SA_COUNT, 0);
    build.scenario.wait(Until::Idle);
    build.scenario
}
