// SPDX-License-Identifier: Apache-2.0
//! Draws a scenario of many operations by four requesters at a time. It knows roughly what the table
//! holds, so that most operations mean something; what came of them is for the specification to judge.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use ipsec_testbench::esp::EspLayer;
use ipsec_testbench::rng::Rng;
use ipsec_testbench::sa::{Association, Direction, Operation as Protocol, Sa, UdpEncapsulation};
use ipsec_testbench::scenario::{
    Command, Configuration, FrameOp, Handle, IpsecV2, Operation, Port, Scenario, StallPattern,
    StallPort, Until,
};

use crate::buffers::{self, ADD, ADD_EX, OID_ADD, WINDOW};

/// An SA that an operation of the scenario adds.
struct Drawn {
    sa: Sa,
    live: bool,
}

/// What a bundle is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Esp,
    Ah,
    Both,
}

struct Draw {
    rng: Rng,
    scenario: Scenario,
    sas: Vec<Drawn>,
    slots: [bool; 4],
}

const SPIS: u64 = 9;

fn destinations() -> [IpAddr; 5] {
    [
        Ipv4Addr::new(192, 0, 2, 2).into(),
        Ipv4Addr::new(192, 0, 2, 3).into(),
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2).into(),
        Ipv4Addr::UNSPECIFIED.into(),
        Ipv6Addr::UNSPECIFIED.into(),
    ]
}

/// Whether an operation is one of the host's, and not a wait, a read, a stall.
fn counts(op: &Operation) -> bool {
    matches!(
        op,
        Operation::Command { .. }
            | Operation::Frame(_)
            | Operation::Cancel { .. }
            | Operation::Configure(_)
            | Operation::SoftReset {}
            | Operation::Reset { .. }
    )
}

/// Commands, frames, cancellations, changes of the configuration and resets of a scenario.
pub fn operations(scenario: &Scenario) -> usize {
    let all = scenario.operations.iter();
    all.filter(|timed| counts(&timed.op)).count()
}

/// A scenario of at least so many operations.
pub fn scenario(device: DeviceConfig, seed: u64, operations: usize) -> Scenario {
    let mut draw = Draw {
        rng: Rng::new(seed, 0x5a3ab),
        scenario: Scenario::new("sa-map", device, seed),
        sas: Vec::new(),
        slots: [false; 4],
    };
    draw.bring_up();
    while self::operations(&draw.scenario) < operations {
        let burst = 60 + draw.rng.below(120);
        for _ in 0..burst {
            draw.operation();
        }
        match draw.rng.below(10) {
            0 => draw.soft_reset(),
            1 => draw.hard_reset(),
            _ => draw.quiet(),
        }
    }
    draw.quiet();
    draw.scenario
}

impl Draw {
    fn push(&mut self, op: Operation) {
        self.scenario.push(op);
    }

    fn after(&mut self, most: u64, op: Operation) {
        let after = self.rng.below(most + 1);
        self.scenario.after(after, op);
    }

    fn configure(&mut self, configuration: Configuration) {
        self.push(Operation::Configure(configuration));
    }

    fn bring_up(&mut self) {
        self.scenario.wait(Until::InitDone);
        self.configure(Configuration {
            engine: Some(true),
            encapsulation: Some(true),
            ipsecv2: Some(IpsecV2::AhAndEsp),
            hash_seed: Some(self.scenario.seed as u32),
            ..Configuration::default()
        });
        self.scenario.wait(Until::Commands);
    }

    /// Everything ends, and the device says how many it holds.
    fn quiet(&mut self) {
        self.scenario.wait(Until::Idle);
        for address in [
            regs::SA_COUNT,
            regs::COUNTERS_COMMANDS_OK_LO,
            regs::COUNTERS_COMMANDS_FAILED_LO,
            regs::COUNTERS_DELETES_UNKNOWN_LO,
            regs::COUNTERS_DOORBELLS_BUSY_LO,
        ] {
            self.push(Operation::Read {
                address: address as u16,
                expect: None,
                mask: u32::MAX,
                poll: false,
            });
        }
        self.scenario.wait(Until::Commands);
        self.configure(self.normal());
    }

    /// All on, and as much room as there is.
    fn normal(&self) -> Configuration {
        Configuration {
            engine: Some(true),
            encapsulation: Some(true),
            ipsecv2: Some(IpsecV2::AhAndEsp),
            sa_limit: Some(self.scenario.device.num_sa),
            halt: Some(false),
            ..Configuration::default()
        }
    }

    /// Commands are under way; frames are not, because what a reset cuts of a frame has no end.
    fn soft_reset(&mut self) {
        self.scenario.wait(Until::Frames);
        for _ in 0..self.rng.below(6) {
            self.command(60);
        }
        self.after(700, Operation::SoftReset {});
        for _ in 0..self.rng.below(4) {
            self.fast_command();
        }
        self.scenario.wait(Until::InitDone);
        self.sas.iter_mut().for_each(|sa| sa.live = false);
        self.quiet();
    }

    fn hard_reset(&mut self) {
        for _ in 0..self.rng.below(8) {
            self.operation();
        }
        let clocks = 1 + self.rng.below(3) as u32;
        self.after(300, Operation::Reset { clocks });
        self.sas.iter_mut().for_each(|sa| sa.live = false);
        for _ in 0..self.rng.below(3) {
            self.fast_command();
        }
        self.bring_up();
    }

    /// One with nothing in its window: its doorbell comes at once.
    fn fast_command(&mut self) {
        let slot = self.slot();
        let oid = OID_ADD + self.rng.below(5) as u32;
        let length = self.rng.below(600) as u32;
        self.push(Operation::Command {
            slot,
            command: Command::Raw {
                oid,
                buffer: Vec::new(),
                length: Some(length),
            },
            expect: None,
        });
    }

    fn operation(&mut self) {
        match self.rng.below(100) {
            0..=48 => self.frame(),
            49..=92 => {
                // Now and then several at once, one behind the other in the slots.
                let (count, gap) = match self.rng.below(12) {
                    0 => (4, 10),
                    _ => (1, 420),
                };
                for _ in 0..count {
                    self.command(gap);
                }
            }
            93..=95 => self.cancel(),
            96..=97 => self.change(),
            _ => self.stall(),
        }
    }

    fn slot(&mut self) -> u8 {
        let slot = self.rng.below(4) as u8;
        self.slots[usize::from(slot)] = true;
        slot
    }

    /// The number of an SA: live ones mostly.
    fn any(&mut self, live: bool) -> Option<usize> {
        let all = self.sas.iter().enumerate();
        let some: Vec<usize> = all
            .filter(|(_, s)| s.live == live)
            .map(|(k, _)| k)
            .collect();
        // Of the dead ones those that died last are of interest.
        let recent = &some[some.len().saturating_sub(20)..];
        self.rng.pick(recent).copied()
    }

    fn some(&mut self, live_percent: u64) -> Option<usize> {
        let live = self.rng.chance(live_percent);
        self.any(live).or_else(|| self.any(!live))
    }

    fn command(&mut self, gap: u64) {
        let slot = self.slot();
        let live = self.sas.iter().filter(|sa| sa.live).count() as u64;
        let full = u64::from(self.scenario.device.num_sa.min(40));
        let add = if live < full / 2 { 60 } else { 36 };
        let kind = self.rng.below(100);
        let command = match kind {
            _ if kind < add => self.add(),
            _ if kind < 82 => Command::DeleteSa {
                handle: self.handle(85),
            },
            82..=91 => self.update(),
            _ => self.garbage(),
        };
        if let Command::DeleteSa {
            handle: Handle::Sa(name),
        } = &command
        {
            let dead = self.sas.iter_mut().find(|sa| sa.sa.name == *name);
            dead.into_iter().for_each(|sa| sa.live = false);
        }
        self.after(
            gap,
            Operation::Command {
                slot,
                command,
                expect: None,
            },
        );
    }

    fn add(&mut self) -> Command {
        let name = format!("s{}", self.sas.len());
        let direction = match self.rng.chance(65) {
            true => Direction::Inbound,
            false => Direction::Outbound,
        };
        let kind = match self.rng.below(20) {
            0..=2 => Kind::Ah,
            // One stage refuses them.
            3..=6 if self.scenario.device.stages >= 2 => Kind::Both,
            3 => Kind::Both,
            _ => Kind::Esp,
        };
        let mut key = (0, destinations()[0]);
        let mut ah_spi = 0;
        // A key that is free, if the first choice is to be no duplicate.
        let duplicate = self.rng.chance(20);
        for _ in 0..10 {
            let dst = destinations()[self.rng.below(5) as usize];
            key = (0x1000 + self.rng.below(SPIS) as u32, dst);
            ah_spi = 0x1000 + self.rng.below(SPIS) as u32;
            let of_key = |protocol, spi| {
                self.sas.iter().any(|sa| {
                    sa.live
                        && sa.sa.direction == Direction::Inbound
                        && sa.sa.dst == key.1
                        && sa
                            .sa
                            .associations
                            .iter()
                            .any(|of| (of.operation, of.spi) == (protocol, spi))
                })
            };
            let taken = kind != Kind::Ah && of_key(Protocol::Esp, key.0)
                || kind != Kind::Esp && of_key(Protocol::Ah, ah_spi);
            if taken == duplicate || direction == Direction::Outbound {
                break;
            }
        }
        let mut associations = Vec::new();
        if kind != Kind::Ah {
            associations.push(self.association(Protocol::Esp, key.0));
        }
        if kind != Kind::Esp {
            associations.push(self.association(Protocol::Ah, ah_spi));
        }
        let sa = Sa {
            name,
            direction,
            src: key.1,
            dst: key.1,
            udp_encapsulation: UdpEncapsulation::None,
            associations,
        };
        self.sas.push(Drawn {
            sa: sa.clone(),
            live: true,
        });
        Command::AddSa {
            sa,
            ex: self.rng.chance(50),
        }
    }

    fn association(&mut self, operation: Protocol, spi: u32) -> Association {
        let bytes = [16, 24, 32][self.rng.below(3) as usize];
        let esn = self.rng.chance(50);
        let sequence_high = if esn { self.rng.below(3) as u32 } else { 0 };
        let key = self.rng.bytes(bytes + 4);
        Association {
            esn,
            sequence_high,
            ..match operation {
                Protocol::Esp => Association::gcm(spi, key),
                Protocol::Ah => Association::ah(spi, key),
            }
        }
    }

    fn handle(&mut self, live_percent: u64) -> Handle {
        if self.rng.chance(92)
            && let Some(k) = self.some(live_percent)
        {
            return Handle::Sa(self.sas[k].sa.name.clone());
        }
        let index = self.rng.below(u64::from(self.scenario.device.num_sa) + 3) as u32;
        let generation = match self.rng.below(3) {
            0 => self.rng.below(0x1_0000) as u32,
            _ => self.rng.below(4) as u32,
        };
        Handle::Raw(generation << 16 | index)
    }

    fn update(&mut self) -> Command {
        let handle = self.handle(90);
        let of = match &handle {
            Handle::Sa(name) => self.sas.iter().find(|sa| sa.sa.name == *name),
            Handle::Raw(_) => None,
        };
        let all = of.map_or_else(Vec::new, |of| of.sa.associations.clone());
        let of = self.rng.pick(&all);
        let (operation, spi) = of.map_or((Protocol::Esp, 0x1000), |of| (of.operation, of.spi));
        let wrong = self.rng.below(16);
        Command::UpdateSa {
            handle,
            operation: match (operation, wrong) {
                (Protocol::Esp, 0) => Protocol::Ah,
                (Protocol::Ah, 0) => Protocol::Esp,
                (right, _) => right,
            },
            spi: if wrong == 1 { spi + 1 } else { spi },
            sequence_high: self.rng.below(3) as u32,
        }
    }

    /// Random bytes, or a good buffer with something wrong.
    fn garbage(&mut self) -> Command {
        let mut oid = OID_ADD + self.rng.below(4) as u32;
        if self.rng.chance(10) {
            oid = self.rng.word() as u32;
        }
        let random = |rng: &mut Rng| rng.range(0, 560) as u32;
        let (bytes, length) = if self.rng.chance(30) {
            let length = random(&mut self.rng);
            (self.rng.bytes(length.min(WINDOW) as usize), length)
        } else {
            let layout = if self.rng.chance(50) { ADD } else { ADD_EX };
            oid = layout.oid;
            let dst = destinations()[self.rng.below(5) as usize];
            let size = [20, 28, 36][self.rng.below(3) as usize];
            let key = self.rng.bytes(size);
            let spi = 0x1000 + self.rng.below(SPIS) as u32;
            let inbound = self.rng.chance(50);
            let mut buffer = match self.rng.below(6) {
                0 => buffers::add_ah(&layout, inbound, dst, spi, &key),
                1 => {
                    let other = 0x1000 + self.rng.below(SPIS) as u32;
                    let keys = [(spi, &key[..]), (other, &key[..])];
                    buffers::add_two(&layout, inbound, dst, keys)
                }
                _ => buffers::add(&layout, inbound, dst, spi, &key),
            };
            // Bits of the fixed part, mostly few.
            for _ in 0..1 + self.rng.below(4) {
                let at = self.rng.below(0xb0) as usize;
                buffer.bytes[at] ^= 1 << self.rng.below(8);
            }
            if self.rng.chance(10) {
                buffer.length = random(&mut self.rng);
            }
            (buffer.bytes, buffer.length)
        };
        Command::Raw {
            oid,
            buffer: bytes,
            length: Some(length),
        }
    }

    fn cancel(&mut self) {
        let used: Vec<u8> = (0..4).filter(|k| self.slots[usize::from(*k)]).collect();
        let Some(slot) = self.rng.pick(&used).copied() else {
            return;
        };
        let clocks = self.rng.below(160);
        self.push(Operation::Cancel {
            slot,
            clocks,
            aborted: None,
        });
    }

    fn change(&mut self) {
        let num_sa = self.scenario.device.num_sa;
        let mut change = Configuration::default();
        let percent = self.rng.below(100);
        match percent {
            0..=24 => change.engine = Some(self.rng.chance(70)),
            25..=44 => change.encapsulation = Some(self.rng.chance(70)),
            45..=64 => {
                let value = IpsecV2::ALL[self.rng.below(5) as usize];
                change.ipsecv2 = Some(value);
            }
            65..=84 => change.sa_limit = Some(self.rng.range(1, u64::from(num_sa) + 4) as u32),
            85..=92 => change.halt = Some(true),
            _ => change.sa_watermark = Some(self.rng.below(u64::from(num_sa)) as u16),
        }
        self.configure(change);
        // A device that is off for long teaches nothing.
        if self.rng.chance(70) {
            let back = self.normal();
            self.after(300, Operation::Configure(back));
        }
    }

    fn stall(&mut self) {
        let port = StallPort::ALL[self.rng.below(6) as usize];
        // The register port is the narrow place already.
        let most = if port == StallPort::SAxil { 20 } else { 60 };
        let percent = if self.rng.chance(60) {
            0
        } else {
            self.rng.below(most) as u8
        };
        self.push(Operation::Stall {
            port,
            pattern: StallPattern::Percent(percent),
        });
    }

    fn frame(&mut self) {
        let Some(k) = self.some(80) else {
            return;
        };
        let sa = self.sas[k].sa.clone();
        // Frames are of ESP alone: those of a bundle of two lack their AH.
        let mut association = sa.associations[0].clone();
        if association.operation != Protocol::Esp {
            return;
        }
        if association.esn {
            association.sequence_high = self.rng.below(3) as u32;
        }
        if self.rng.chance(4) {
            association.key = self.rng.bytes(association.key.len());
        }
        let dst = match sa.dst.is_unspecified() {
            true if sa.dst.is_ipv4() => destinations()[self.rng.below(2) as usize],
            true => destinations()[2],
            false => sa.dst,
        };
        let layer = EspLayer::drawn(&association, dst, dst, &mut self.rng);
        let length = match self.rng.below(20) {
            0 => self.rng.range(200, 1400),
            _ => self.rng.range(6, 120),
        };
        let payload = self.rng.bytes(length as usize);
        let [clear, sealed, _] = layer.frames(None, 17, &payload);
        let frame = match sa.direction {
            Direction::Inbound => FrameOp::new(Port::Rx, sealed),
            Direction::Outbound => {
                let offload = match self.rng.below(20) {
                    0 => Handle::Raw(0),
                    1 => self.handle(50),
                    _ => Handle::Sa(sa.name.clone()),
                };
                FrameOp {
                    offload,
                    ..FrameOp::new(Port::Tx, clear)
                }
            }
        };
        self.after(90, Operation::Frame(frame));
    }
}
