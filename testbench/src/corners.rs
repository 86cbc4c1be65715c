// SPDX-License-Identifier: Apache-2.0
//! Corners of the crypto stage that the proofs have found (docs/formal.md): lockstep diverged at both before they were
//! mended.

use std::net::{IpAddr, Ipv4Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;

use crate::esp::{EspLayer, Form, ethernet};
use crate::rng::Rng;
use crate::sa::{
    Association, Authentication, Direction, Encryption, Operation as Protocol, Sa, UdpEncapsulation,
};
use crate::scenario::{Command, Handle, Operation, Port, Scenario, StallPattern, StallPort, Until};

const SUCCESS: u32 = 0;
const SRC: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const DST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
/// Clocks from the frame to the soft reset: the self-test's first two beats are in by then, and no more.
const CUTS: std::ops::RangeInclusive<u64> = 60..=70;

fn sa(direction: Direction, rng: &mut Rng) -> Sa {
    Sa {
        name: "a".to_owned(),
        direction,
        src: SRC,
        dst: DST,
        udp_encapsulation: UdpEncapsulation::None,
        associations: vec![Association {
            operation: Protocol::Esp,
            spi: 0x1000,
            esn: false,
            sequence_high: 0,
            encryption: Encryption::AesGcm128,
            authentication: Authentication::None,
            key: rng.bytes(20),
            icv_length: 16,
        }],
    }
}

/// The end of a frame that is too long leaves the stage at once, because its verdict came before: it counts as gone all
/// the same, or the DELETE would wait for the next frame.
pub fn late_end(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("corner-late-end", device, seed);
    scenario.bring_up();
    scenario
        .add_sa(sa(Direction::Inbound, &mut Rng::new(seed, 0xc0)))
        .wait(Until::Idle);
    scenario.push(Operation::Stall {
        port: StallPort::SAxisRx,
        pattern: StallPattern::Percent(70),
    });
    scenario
        .frame(Port::Rx, vec![0; 30_000])
        .wait(Until::Frames);
    scenario.push(Operation::Command {
        slot: 0,
        command: Command::DeleteSa {
            handle: Handle::Sa("a".to_owned()),
        },
        expect: Some(SUCCESS),
    });
    scenario.wait(Until::Idle);
    scenario
}

/// A self-test frame that a soft reset cuts to two beats, right behind a frame with an ICV: its tag must not come in
/// place of that of the frame.
pub fn cut_self_test(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("corner-cut-self-test", device, seed);
    let mut rng = Rng::new(seed, 0xc1);
    let layer_of = |association: &Association, rng: &mut Rng| {
        let layer = EspLayer {
            association,
            src: SRC,
            dst: DST,
            sequence: 1,
            iv: rng.word().to_le_bytes(),
            pad_length: None,
        };
        ethernet(None, &layer.packet(17, &rng.bytes(1000), Form::Clear))
    };
    for clocks in CUTS {
        let sa = sa(Direction::Outbound, &mut rng);
        scenario.bring_up();
        let frame = sa.associations.first().map(|a| layer_of(a, &mut rng));
        scenario.add_sa(sa).wait(Until::Idle);
        scenario.protected(frame.unwrap_or_default(), "a", None);
        scenario
            .write_register(regs::SELFTEST, regs::selftest::START.of(1))
            .after(clocks, Operation::SoftReset {})
            .wait(Until::Idle);
    }
    scenario
}
