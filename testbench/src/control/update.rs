// SPDX-License-Identifier: Apache-2.0
//! UPDATE_SA: every refusal in its order, that a refused one changes nothing, and races with DELETE_SA.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis;
use ipsec_model::regs;

use super::builder::{Builder, Pair, WRONG_ICV};
use crate::sa::Direction;
use crate::scenario::{
    Command, Configuration, Expected, Handle, IpsecV2, Operation, Scenario, Until,
};

const SUCCESS: u32 = ndis::NDIS_STATUS_SUCCESS;
const INVALID_PARAMETER: u32 = ndis::NDIS_STATUS_INVALID_PARAMETER;
const INVALID_DATA: u32 = ndis::NDIS_STATUS_INVALID_DATA;
const INVALID_LENGTH: u32 = ndis::NDIS_STATUS_INVALID_LENGTH;

/// An InformationBuffer of UPDATE_SA, member by member.
#[derive(Clone, Copy)]
struct Update {
    header: u32,
    handle: u64,
    operation: u32,
    spi: [u8; 4],
    high: u32,
}

impl Update {
    fn of(handle: u32, pair: &Pair, high: u32) -> Self {
        Self {
            header: 0x001c_0180,
            handle: handle.into(),
            operation: 2,
            spi: pair.association.spi.to_be_bytes(),
            high,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.to_le_bytes().to_vec();
        bytes.extend([0; 4]);
        bytes.extend(self.handle.to_le_bytes());
        bytes.extend(self.operation.to_le_bytes());
        bytes.extend(self.spi);
        bytes.extend(self.high.to_le_bytes());
        bytes.extend([0; 4]);
        bytes
    }
}

fn raw(build: &mut Builder, update: &Update, length: u32, status: u32, needed: u32) {
    let command = Command::Raw {
        oid: ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
        buffer: update.bytes(),
        length: Some(length),
    };
    build.command(1, command, status);
    let read = if status == SUCCESS { length } else { 0 };
    build
        .scenario
        .wait(Until::Commands)
        .expect_register(regs::mailbox_slot_bytes_read(1), read)
        .expect_register(regs::mailbox_slot_bytes_needed(1), needed)
        .wait(Until::Commands);
}

/// Every row of the tables, then each way of success.
pub fn update(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("update", device, seed);
    let one = build.plan("1", 0x1000, false, 16, Some(7));
    let plain = build.plan("2", 0x2000, true, 32, None);
    let gone = build.plan("3", 0x3000, false, 24, Some(1));
    for pair in [&one, &plain] {
        build.add_pair(pair);
    }
    build.add(0, gone.sa(Direction::Inbound), SUCCESS);
    build.idle();
    let stale = build.handle(&gone.inbound());
    build.delete(0, &gone.inbound());
    build.idle();
    rows(&mut build, device, &one, &plain, stale);
    // Nothing has changed.
    build.both_ways(&one);
    build.both_ways(&plain);
    build.idle();
    accepted(&mut build, &one);
    build.finish()
}

fn rows(build: &mut Builder, device: DeviceConfig, one: &Pair, plain: &Pair, stale: u32) {
    let handle = build.handle(&one.inbound());
    let good = Update::of(handle, one, 99);
    for length in [0, 1, 4, 27] {
        raw(build, &good, length, INVALID_LENGTH, 28);
    }
    for length in [513, 0x8000_0000, u32::MAX] {
        raw(build, &good, length, INVALID_LENGTH, 0);
    }
    for header in [
        0x001c_0181,
        0x001c_0180 ^ 0x80,
        0x001c_0080,
        0x001b_0180,
        0x0000_0180,
    ] {
        let update = Update { header, ..good };
        raw(build, &update, 32, INVALID_DATA, 0);
    }
    let free = (handle & 0xffff_0000) | device.num_sa;
    for handle in [
        0,
        u64::from(handle) | 1 << 32,
        u64::from(handle) | 1 << 63,
        u64::from(handle) ^ 1 << 16,
        u64::from(stale),
        u64::from(stale) + 0x1_0000,
        u64::from(free),
        u64::from(device.num_sa) + 1,
        0xffff,
        0x1_0000,
    ] {
        let update = Update { handle, ..good };
        raw(build, &update, 32, INVALID_PARAMETER, 0);
    }
    for operation in [0, 1, 3, 0x102, u32::MAX] {
        let update = Update { operation, ..good };
        raw(build, &update, 32, INVALID_PARAMETER, 0);
    }
    for spi in [0_u32, 0x1001, 0x2000, 0x0010_0000, 0x3000] {
        let spi = spi.to_be_bytes();
        raw(build, &Update { spi, ..good }, 32, INVALID_PARAMETER, 0);
    }
    for name in [plain.inbound(), plain.outbound()] {
        let update = Update::of(build.handle(&name), plain, 99);
        raw(build, &update, 32, INVALID_PARAMETER, 0);
    }
    // The first row that applies decides.
    let bad = Update {
        header: 0,
        handle: 0,
        operation: 0,
        spi: [0; 4],
        high: 0,
    };
    raw(build, &bad, 27, INVALID_LENGTH, 28);
    raw(build, &bad, 28, INVALID_DATA, 0);
    let refused = |build: &mut Builder, configuration: Configuration, status| {
        build.configure(configuration);
        raw(build, &good, 32, status, 0);
    };
    let engine = |engine| Configuration {
        engine: Some(engine),
        ..Configuration::default()
    };
    let ipsecv2 = |value| Configuration {
        ipsecv2: Some(value),
        ..Configuration::default()
    };
    let halt = |halt| Configuration {
        halt: Some(halt),
        ..Configuration::default()
    };
    refused(build, engine(false), INVALID_PARAMETER);
    refused(build, ipsecv2(IpsecV2::Disabled), INVALID_PARAMETER);
    refused(build, engine(true), INVALID_PARAMETER);
    build.configure(ipsecv2(IpsecV2::AhAndEsp));
    refused(build, halt(true), ndis::NDIS_STATUS_NOT_ACCEPTED);
    // Whatever the OID is: two that add, and one that is none.
    for oid in [
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX,
        0xfc03_0201,
    ] {
        let command = Command::Raw {
            oid,
            buffer: good.bytes(),
            length: None,
        };
        build.command(2, command, ndis::NDIS_STATUS_NOT_ACCEPTED);
        build.scenario.wait(Until::Commands);
    }
    build.configure(halt(false));
}

/// Each way of success.
fn accepted(build: &mut Builder, one: &Pair) {
    let mut high = one.association.sequence_high;
    for name in [one.inbound(), one.outbound()] {
        let handle = build.handle(&name);
        high = one.association.sequence_high;
        for length in [28, 32, 33, 512] {
            high += 0x0101_0101;
            raw(build, &Update::of(handle, one, high), length, SUCCESS, 0);
        }
    }
    let mut now = one.at(high);
    build.both_ways(&now);
    build.idle();
    // With ESP off the device still has extended sequence numbers.
    build.configure(Configuration {
        ipsecv2: Some(IpsecV2::Ah),
        ..Configuration::default()
    });
    // Spi in host order.
    build.configure(Configuration {
        spi_host_order: Some(true),
        ..Configuration::default()
    });
    now = one.at(high + 1);
    for name in [one.inbound(), one.outbound()] {
        let wrong = Update::of(build.handle(&name), one, 0);
        raw(build, &wrong, 32, INVALID_PARAMETER, 0);
        build.update(2, &name, &now);
    }
    build.configure(Configuration {
        spi_host_order: Some(false),
        ipsecv2: Some(IpsecV2::AhAndEsp),
        ..Configuration::default()
    });
    build.both_ways(&now);
    build.idle();
}

/// UPDATE_SA and DELETE_SA of one SA in two slots, at offsets all over, in either order, with frames of the
/// SA inside: it is updated and then deleted, or deleted and then unknown; others do not notice.
pub fn update_race(device: DeviceConfig, seed: u64) -> Scenario {
    let mut build = Builder::new("update-race", device, seed);
    let other = build.plan("", 0x1000, true, 16, Some(7));
    build.add_pair(&other);
    build.idle();
    for k in 0..24_u32 {
        let pair = build.plan(&format!("r{k}"), 0x4000 + k, k % 2 == 0, 16, Some(1));
        build.add(0, pair.sa(Direction::Inbound), SUCCESS);
        build.idle();
        let update = Operation::Command {
            slot: 1,
            command: Command::UpdateSa {
                handle: Handle::Raw(build.handle(&pair.inbound())),
                operation: crate::sa::Operation::Esp,
                spi: pair.association.spi,
                sequence_high: 2,
            },
            expect: None,
        };
        for _ in 0..6 {
            let made = build.make(&pair, 40);
            // The SA may be gone, or further on.
            let any = vec![made.received(), made.rejected(&WRONG_ICV), made.passed()];
            build.receive(&made, Expected::AnyOf(any));
            build.both_ways(&other);
        }
        if k % 3 == 0 {
            build.scenario.push(update);
            build.delete(0, &pair.inbound());
        } else {
            build.delete(0, &pair.inbound());
            build.scenario.after(11 * u64::from(k), update);
        }
        build.idle();
        let made = build.make(&pair, 40);
        build.receive(&made, made.passed());
        build.both_ways(&other);
    }
    build.finish_uncounted()
}
