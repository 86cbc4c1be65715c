// SPDX-License-Identifier: Apache-2.0
//! Drawn scenarios of the control plane: commands, changes of the configuration, injected parity errors,
//! cancellations and resets in the middle of traffic. What a frame comes to hangs on the clock, and two devices
//! agree on that clock; what is judged here is what must hold on any: a frame leaves as it came or
//! transformed as one of the keys in question says, and a forged one is never opened.

use ipsec_cosim_device::DeviceConfig;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::strategy::Union;

use super::builder::{Builder, Pair};
use crate::esp::{Form, ethernet};
use crate::sa::Direction;
use crate::scenario::{
    CapsImage, Command, Configuration, Expected, FrameData, FrameOp, Handle, IpsecV2, Memory,
    Operation, Port, Scenario, StallPattern, StallPort, Until,
};
use crate::strategies::pattern;

/// Upper halves that UPDATE_SA goes through, from that of the ADD on.
const HIGHS: u32 = 4;

/// CryptoStatus of a frame that was not opened: parity, and a wrong ICV in each mode.
const NOT_OPENED: [u16; 3] = [1, 3, 5];

/// What a scenario is made from.
#[derive(Clone, Debug)]
pub struct ControlPlan {
    device: DeviceConfig,
    seed: u32,
    pairs: Vec<PairDraw>,
    stalls: Vec<(StallPort, StallPattern)>,
    items: Vec<(u16, Item)>,
}

#[derive(Clone, Debug)]
struct PairDraw {
    v6: bool,
    key: usize,
    esn: Option<u32>,
}

#[derive(Clone, Debug)]
enum Item {
    Frame {
        port: Port,
        pair: u8,
        payload: u16,
        high: u32,
        forged: bool,
    },
    Update {
        slot: u8,
        pair: u8,
        direction: bool,
        high: u32,
        wrong: u8,
    },
    Add {
        slot: u8,
        pair: u8,
        direction: bool,
        ex: bool,
    },
    Delete {
        slot: u8,
        pair: u8,
        direction: bool,
    },
    Cancel {
        slot: u8,
        clocks: u16,
    },
    Configure(Configuration),
    Caps(bool),
    Stats {
        pair: u8,
        direction: bool,
    },
    SoftReset,
    Drain,
}

/// Plans for this device.
pub fn plans(device: DeviceConfig) -> impl Strategy<Value = ControlPlan> + use<> {
    let pair = (
        any::<bool>(),
        Union::new([16, 24, 32].map(Just)),
        option::weighted(0.7, any::<u32>()),
    )
        .prop_map(|(v6, key, esn)| PairDraw { v6, key, esn });
    let stall = (Union::new(StallPort::ALL.map(Just)), pattern());
    let gap = Union::new_weighted(vec![
        (3, Just(0_u16).boxed()),
        (2, (0..60_u16).boxed()),
        (1, (0..500_u16).boxed()),
    ]);
    (
        any::<u32>(),
        vec(pair, 1..5),
        vec(stall, 0..4),
        vec((gap, item()), 1..90),
    )
        .prop_map(move |(seed, pairs, stalls, items)| ControlPlan {
            device,
            seed,
            pairs,
            stalls,
            items,
        })
}

fn item() -> impl Strategy<Value = Item> {
    let slot = 0..4_u8;
    let frame = (
        Union::new([Port::Tx, Port::Rx].map(Just)),
        any::<u8>(),
        Union::new_weighted(vec![(4, (0..90_u16).boxed()), (1, (0..1400_u16).boxed())]),
        0..HIGHS,
        proptest::bool::weighted(0.1),
    )
        .prop_map(|(port, pair, payload, high, forged)| Item::Frame {
            port,
            pair,
            payload,
            high,
            forged,
        });
    let update = (slot.clone(), any::<u8>(), any::<bool>(), 0..HIGHS, 0..12_u8).prop_map(
        |(slot, pair, direction, high, wrong)| Item::Update {
            slot,
            pair,
            direction,
            high,
            wrong,
        },
    );
    let add = (slot.clone(), any::<u8>(), any::<bool>(), any::<bool>()).prop_map(
        |(slot, pair, direction, ex)| Item::Add {
            slot,
            pair,
            direction,
            ex,
        },
    );
    let delete = (slot.clone(), any::<u8>(), any::<bool>()).prop_map(|(slot, pair, direction)| {
        Item::Delete {
            slot,
            pair,
            direction,
        }
    });
    let cancel = (slot, 0..200_u16).prop_map(|(slot, clocks)| Item::Cancel { slot, clocks });
    let stats =
        (any::<u8>(), any::<bool>()).prop_map(|(pair, direction)| Item::Stats { pair, direction });
    Union::new_weighted(vec![
        (40, frame.boxed()),
        (12, update.boxed()),
        (8, add.boxed()),
        (7, delete.boxed()),
        (5, cancel.boxed()),
        (12, configuration().prop_map(Item::Configure).boxed()),
        (2, any::<bool>().prop_map(Item::Caps).boxed()),
        (5, stats.boxed()),
        (1, Just(Item::SoftReset).boxed()),
        (4, Just(Item::Drain).boxed()),
    ])
}

/// One or a few settings; those that stop traffic are rarer.
fn configuration() -> impl Strategy<Value = Configuration> {
    let ipsecv2 = Union::new_weighted(vec![
        (4, Just(IpsecV2::AhAndEsp)),
        (3, Just(IpsecV2::Esp)),
        (1, Just(IpsecV2::Ah)),
        (1, Just(IpsecV2::Disabled)),
        (1, Just(IpsecV2::NoChange)),
    ]);
    let on = proptest::bool::weighted(0.8);
    let memory = Union::new(Memory::ALL.map(Just));
    (
        option::weighted(0.2, on),
        option::weighted(0.2, on),
        option::weighted(0.2, ipsecv2),
        option::weighted(0.2, Union::new([(0..12_u32).boxed(), any::<u32>().boxed()])),
        option::weighted(0.4, 0..8_u16),
        option::weighted(0.3, 0..4_u16),
        option::weighted(0.3, vec(memory, 0..3)),
        proptest::bool::weighted(0.03),
    )
        .prop_map(
            |(engine, encapsulation, ipsecv2, sa_limit, mark, repeat, inject, halt)| {
                Configuration {
                    engine,
                    encapsulation,
                    ipsecv2,
                    sa_limit,
                    sa_watermark: mark,
                    sa_delete_repeat: repeat,
                    parity_inject: inject,
                    halt: Some(halt),
                    ..Configuration::default()
                }
            },
        )
}

fn name(pair: &Pair, outbound: bool) -> String {
    if outbound {
        pair.outbound()
    } else {
        pair.inbound()
    }
}

impl ControlPlan {
    /// The scenario.
    pub fn scenario(&self) -> Scenario {
        let mut build = Builder::new("control", self.device, self.seed.into());
        let mut pairs = Vec::new();
        for (k, draw) in self.pairs.iter().enumerate() {
            let spi = 0x1000 + k as u32;
            let pair = build.plan(&k.to_string(), spi, draw.v6, draw.key, draw.esn);
            build.add_pair(&pair);
            pairs.push(pair);
        }
        build.scenario.wait(Until::Commands);
        for (port, pattern) in &self.stalls {
            build.scenario.push(Operation::Stall {
                port: *port,
                pattern: pattern.clone(),
            });
        }
        // A soft reset takes a frame that is half in.
        let judged = !self
            .items
            .iter()
            .any(|(_, item)| matches!(item, Item::SoftReset));
        let mut used = [true, false, false, false];
        for (after, item) in &self.items {
            let operation = self.operation(&mut build, &pairs, &mut used, item);
            let Some(mut operation) = operation else {
                continue;
            };
            if let (Operation::Frame(frame), false) = (&mut operation, judged) {
                frame.expect = None;
            }
            build.scenario.after((*after).into(), operation);
            if let Item::SoftReset = item {
                build.scenario.wait(Until::InitDone);
            }
        }
        if judged {
            build.scenario.wait(Until::Idle);
        }
        build.scenario.read_counters();
        build.scenario
    }

    fn operation(
        &self,
        build: &mut Builder,
        pairs: &[Pair],
        used: &mut [bool; 4],
        item: &Item,
    ) -> Option<Operation> {
        let pair_of = |k: u8| &pairs[usize::from(k) % pairs.len()];
        let mut command = |slot: u8, command| {
            used[usize::from(slot)] = true;
            Some(Operation::Command {
                slot,
                command,
                expect: None,
            })
        };
        match item {
            Item::Frame {
                port,
                pair,
                payload,
                high,
                forged,
            } => {
                let payload = build.rng.bytes((*payload).into());
                let frame = FrameDraw {
                    pair: pair_of(*pair),
                    payload,
                    high: *high,
                    forged: *forged,
                };
                Some(Operation::Frame(match port {
                    Port::Tx => frame.transmit(build),
                    Port::Rx => frame.receive(build),
                }))
            }
            Item::Update {
                slot,
                pair,
                direction,
                high,
                wrong,
            } => {
                let pair = pair_of(*pair);
                let association = &pair.association;
                let update = Command::UpdateSa {
                    handle: match wrong {
                        0 => Handle::Raw(build.rng.word() as u32),
                        1 => Handle::Raw(build.rng.below(0x20) as u32),
                        _ => Handle::Sa(name(pair, *direction)),
                    },
                    operation: match wrong {
                        2 => crate::sa::Operation::Ah,
                        _ => crate::sa::Operation::Esp,
                    },
                    spi: association.spi ^ u32::from(*wrong == 3),
                    sequence_high: association.sequence_high.wrapping_add(*high),
                };
                command(*slot, update)
            }
            Item::Add {
                slot,
                pair,
                direction,
                ex,
            } => {
                let pair = pair_of(*pair);
                let direction = match direction {
                    true => Direction::Outbound,
                    false => Direction::Inbound,
                };
                let sa = pair.sa(direction);
                command(*slot, Command::AddSa { sa, ex: *ex })
            }
            Item::Delete {
                slot,
                pair,
                direction,
            } => {
                let handle = Handle::Sa(name(pair_of(*pair), *direction));
                command(*slot, Command::DeleteSa { handle })
            }
            Item::Cancel { slot, clocks } => {
                used[usize::from(*slot)].then_some(Operation::Cancel {
                    slot: *slot,
                    clocks: (*clocks).into(),
                    aborted: None,
                })
            }
            Item::Configure(configuration) => Some(Operation::Configure(configuration.clone())),
            Item::Caps(current) => Some(Operation::Caps {
                image: match current {
                    true => CapsImage::Current,
                    false => CapsImage::Hardware,
                },
                expect: None,
            }),
            Item::Stats { pair, direction } => Some(Operation::SaStats {
                handle: Handle::Sa(name(pair_of(*pair), *direction)),
                packets: None,
                bytes: None,
            }),
            Item::SoftReset => Some(Operation::SoftReset {}),
            Item::Drain => Some(Operation::Wait {
                until: Until::Commands,
                limit: crate::scenario::DEFAULT_LIMIT,
            }),
        }
    }
}

struct FrameDraw<'a> {
    pair: &'a Pair,
    payload: Vec<u8>,
    high: u32,
    forged: bool,
}

impl FrameDraw<'_> {
    /// Some upper half of those that UPDATE_SA goes through, or nothing at all.
    fn transmit(&self, build: &mut Builder) -> FrameOp {
        let iv = build.rng.word().to_le_bytes();
        let form = |pair: &Pair, form| {
            let packet = pair.layer(5, iv).packet(17, &self.payload, form);
            ethernet(None, &packet)
        };
        let mut any = vec![Expected::Refused {}];
        let first = self.pair.association.sequence_high;
        let highs = if self.pair.association.esn { HIGHS } else { 1 };
        for k in 0..highs {
            let pair = self.pair.at(first.wrapping_add(k));
            any.push(Expected::Sent(form(&pair, Form::Sealed)));
        }
        FrameOp {
            data: FrameData::Hex(form(self.pair, Form::Clear)),
            offload: match self.forged {
                true => Handle::Raw(build.rng.word() as u32 | 0x8000_0000),
                false => Handle::Sa(self.pair.outbound()),
            },
            expect: Some(if self.forged {
                Expected::Refused {}
            } else {
                Expected::AnyOf(any)
            }),
            ..FrameOp::new(Port::Tx, Vec::new())
        }
    }

    /// Opened or as it was.
    fn receive(&self, build: &mut Builder) -> FrameOp {
        let first = self.pair.association.sequence_high;
        let pair = self.pair.at(first.wrapping_add(self.high));
        let sequence = build.rng.word() as u32;
        let mut made = build.make_of(&pair, sequence, 17, &self.payload);
        if self.forged {
            let at = made.sealed.len() - 1 - build.rng.below(16) as usize;
            made.sealed[at] ^= 1 << build.rng.below(8);
        }
        let mut any = vec![made.rejected(&NOT_OPENED), made.passed()];
        if !self.forged {
            any.push(made.received());
        }
        FrameOp {
            expect: Some(Expected::AnyOf(any)),
            sa_delete_req: None,
            ..FrameOp::new(Port::Rx, made.sealed)
        }
    }
}
