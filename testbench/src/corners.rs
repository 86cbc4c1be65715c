// SPDX-License-Identifier: Apache-2.0
//! Corners that other verification has found: by the proofs (docs/formal.md) `late_end` and `cut_self_test`, at which
//! lockstep diverged before they were mended; by a mutant that lived `mode_behind_reset`; by coverage of the RTL `wrap`.

use std::net::{IpAddr, Ipv4Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::NDIS_STATUS_INVALID_PARAMETER;
use ipsec_model::regs;

use crate::esp::{EspLayer, Form, ethernet};
use crate::rng::Rng;
use crate::sa::{Association, Direction, Operation as Protocol, Sa};
use crate::scenario::{
    Command, Configuration, Handle, Operation, Port, Scenario, StallPattern, StallPort, Until,
};

const SUCCESS: u32 = 0;
const SRC: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const DST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));
/// Clocks from the frame to the soft reset: the self-test's first two beats are in by then, and no more.
const CUTS: std::ops::RangeInclusive<u64> = 60..=70;

fn sa(direction: Direction, rng: &mut Rng) -> Sa {
    let association = Association::gcm(0x1000, rng.bytes(20));
    Sa::new("a", direction, SRC, DST, association)
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

/// The mode of an SA that a bundle had before a reset is not that of one that gets it, and the handle, behind the reset.
pub fn mode_behind_reset(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("corner-mode-behind-reset", device, seed);
    let mut rng = Rng::new(seed, 0xc2);
    let sa = sa(Direction::Inbound, &mut rng);
    let sealed = |next_header: u8, rng: &mut Rng| {
        let mut text = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17];
        text.resize(28, 0);
        let association = sa.associations.first();
        let layer = association.map(|association| EspLayer::drawn(association, SRC, DST, rng));
        let packet = layer.map(|layer| layer.packet(next_header, &text, Form::Sealed));
        ethernet(None, &packet.unwrap_or_default())
    };
    let tunnel = sealed(4, &mut rng);
    let mut forged = sealed(17, &mut rng);
    if let Some(last) = forged.last_mut() {
        *last ^= 1;
    }
    let resets = [Operation::SoftReset {}, Operation::Reset { clocks: 2 }];
    for reset in resets {
        for frame in [&tunnel, &forged] {
            scenario.bring_up();
            scenario.add_sa(sa.clone()).wait(Until::Idle);
            scenario
                .frame(Port::Rx, frame.clone())
                .wait(Until::Frames)
                .push(reset.clone());
        }
    }
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

/// A soft reset at each clock of a frame of the diagnostic port, each way.
pub fn cut_diagnostic(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("corner-cut-diagnostic", device, seed);
    for clocks in 0..30 {
        for receive in 0..2 {
            scenario.bring_up();
            scenario
                .write_register(regs::DIAG_CTRL, 1)
                .write_register(regs::DIAG_LENGTH, 100)
                .write_register(regs::DIAG_START, 1 | receive << 1)
                .after(clocks, Operation::SoftReset {})
                .wait(Until::Idle)
                .expect_register(regs::DIAG_CTRL, 1);
        }
    }
    scenario
}

/// More frames each way than the 16-bit counts can tell by which a DELETE waits, and than the count of frames since
/// SaDeleteReq was asked for: that stands still at its end, and a repetition of 65,535 asks again at once.
pub fn wrap(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("corner-wrap", device, seed);
    let mut rng = Rng::new(seed, 0xc4);
    scenario.bring_up().configure(Configuration {
        sa_watermark: Some(1),
        sa_delete_repeat: Some(0),
        ..Configuration::default()
    });
    let association = Association::gcm(0x1000, rng.bytes(20));
    for (name, direction) in [("o", Direction::Outbound), ("i", Direction::Inbound)] {
        scenario.add_sa(Sa::new(name, direction, SRC, DST, association.clone()));
    }
    scenario.wait(Until::Idle);
    // Nobody minds that it is always the same frame.
    let layer = EspLayer::drawn(&association, SRC, DST, &mut rng);
    let [clear, sealed, _] = layer.frames(None, 17, &[]);
    let frames = |scenario: &mut Scenario, count: u32| {
        for _ in 0..count {
            scenario.frame(Port::Rx, sealed.clone());
            scenario.protected(clear.clone(), "o", None);
        }
    };
    frames(&mut scenario, 0xffff + 40);
    scenario.wait(Until::Idle).configure(Configuration {
        sa_delete_repeat: Some(0xffff),
        ..Configuration::default()
    });
    scenario.wait(Until::Idle);
    frames(&mut scenario, 20);
    // Behind the end of the counts, with frames inside.
    for (slot, name) in [(0, "i"), (1, "o")] {
        let command = Command::DeleteSa {
            handle: Handle::Sa(name.to_owned()),
        };
        scenario.command(slot, command, Some(SUCCESS));
    }
    scenario.wait(Until::Idle);
    scenario
}

/// UPDATE_SA for an association that a bundle has not, behind a bundle that had it, with ESN: SPI 0 is that of an entry
/// that is empty.
pub fn update_of_none(device: DeviceConfig, seed: u64) -> Scenario {
    let mut scenario = Scenario::new("corner-update-of-none", device, seed);
    let mut rng = Rng::new(seed, 0xc3);
    let both = |rng: &mut Rng| {
        let mut sa = sa(Direction::Inbound, rng);
        for association in &mut sa.associations {
            association.esn = true;
        }
        sa.associations.push(Association {
            esn: true,
            sequence_high: 1,
            ..Association::ah(0x1007, rng.bytes(20))
        });
        sa
    };
    scenario.bring_up();
    for round in 0..2 {
        // Refused where there is one stage only: what it left in the engine counts, not what comes of it.
        scenario.command(
            0,
            Command::AddSa {
                sa: Sa {
                    name: format!("both{round}"),
                    ..both(&mut rng)
                },
                ex: false,
            },
            None,
        );
        let mut one = sa(Direction::Inbound, &mut rng);
        one.name = format!("one{round}");
        for association in &mut one.associations {
            association.spi = 0x2000 + round;
            association.esn = true;
        }
        scenario.wait(Until::Commands).add_sa(one);
        scenario.wait(Until::Commands);
        for (operation, spi, status) in [
            (Protocol::Esp, 0, NDIS_STATUS_INVALID_PARAMETER),
            (Protocol::Ah, 0, NDIS_STATUS_INVALID_PARAMETER),
            (Protocol::Esp, 0x2000 + round, SUCCESS),
        ] {
            let handle = Handle::Sa(format!("one{round}"));
            let command = Command::UpdateSa {
                handle,
                operation,
                spi,
                sequence_high: 7,
            };
            scenario
                .command(1, command, Some(status))
                .wait(Until::Commands);
        }
        scenario
            .push(Operation::SoftReset {})
            .wait(Until::Idle)
            .bring_up();
    }
    scenario
}
