// SPDX-License-Identifier: Apache-2.0
//! SAs that are gone: deleted behind their frames, or cut by a reset in the middle of them.

use std::net::{IpAddr, Ipv4Addr};

use ipsec_cosim_device::DeviceConfig;

use super::Secrets;
use crate::esp::EspLayer;
use crate::rng::Rng;
use crate::sa::{Association, Direction, Sa};
use crate::scenario::{Command, Expected, FrameOp, Handle, Operation, Port, Scenario, Until};

const SUCCESS: u32 = 0;
const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

/// An SA pair is used and deleted; another one goes on.
pub(super) fn deleted(device: DeviceConfig, secrets: &Secrets, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 0x2e0);
    let mut scenario = Scenario::new("zeroization-deleted", device, seed);
    scenario.bring_up();
    let other = Secrets::drawn(32, seed ^ 0x07e5);
    let other = add_pair(&mut scenario, ["o", "i"], 0x1000, &other);
    let gone = add_pair(&mut scenario, ["vo", "vi"], 0x7700, secrets);
    for length in [1, 20, 130, 999] {
        frames(&mut scenario, "vo", &gone, length, &mut rng);
    }
    scenario.wait(Until::Frames);
    for (slot, name) in [(2, "vi"), (3, "vo")] {
        let handle = Handle::Sa(name.to_owned());
        scenario.push(Operation::Command {
            slot,
            command: Command::DeleteSa { handle },
            expect: Some(SUCCESS),
        });
    }
    for length in [40, 300, 77] {
        frames(&mut scenario, "o", &other, length, &mut rng);
    }
    scenario.wait(Until::Idle);
    scenario
}

/// A reset so many clocks behind the first of three frames each way.
pub(super) fn cut(
    device: DeviceConfig,
    secrets: &Secrets,
    seed: u64,
    clocks: u64,
    soft: bool,
) -> Scenario {
    let mut rng = Rng::new(seed, 0x2e1);
    let mut scenario = Scenario::new("zeroization-cut", device, seed);
    scenario.bring_up();
    let gone = add_pair(&mut scenario, ["vo", "vi"], 0x7700, secrets);
    for length in [60, 20, 90] {
        let [clear, sealed, _] = frame(&gone, length, &mut rng);
        scenario
            .protected(clear, "vo", None)
            .frame(Port::Rx, sealed);
    }
    let reset = if soft {
        Operation::SoftReset {}
    } else {
        Operation::Reset { clocks: 1 }
    };
    scenario.after(clocks, reset).wait(Until::InitDone);
    // A frame that was cut has no end: nothing else is waited for.
    scenario.after(20, Operation::End {});
    scenario
}

fn add_pair(scenario: &mut Scenario, names: [&str; 2], spi: u32, secrets: &Secrets) -> Association {
    let association = Association::gcm(spi, secrets.key_and_salt.clone());
    for (name, direction) in names
        .into_iter()
        .zip([Direction::Outbound, Direction::Inbound])
    {
        scenario.add_sa(Sa::new(
            name,
            direction,
            ADDRESS,
            ADDRESS,
            association.clone(),
        ));
    }
    scenario.wait(Until::Commands);
    association
}

/// One frame each way, both processed.
fn frames(
    scenario: &mut Scenario,
    sa: &str,
    association: &Association,
    length: usize,
    rng: &mut Rng,
) {
    let [clear, sealed, opened] = frame(association, length, rng);
    scenario
        .add_frame(
            FrameOp::new(Port::Tx, clear)
                .under(sa)
                .expecting(Expected::Sent(sealed.clone())),
        )
        .add_frame(FrameOp::new(Port::Rx, sealed).expecting(Expected::opened(opened, None)));
}

/// Clear, sealed, opened.
fn frame(association: &Association, length: usize, rng: &mut Rng) -> [Vec<u8>; 3] {
    EspLayer::drawn(association, ADDRESS, ADDRESS, rng).frames(None, 17, &rng.bytes(length))
}
