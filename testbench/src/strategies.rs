// SPDX-License-Identifier: Apache-2.0
//! Strategies of proptest over scenarios. They make [`Plan`]s, which shrink well; [`Plan::scenario`]
//! makes the scenario.
//!
//! ```
//! use ipsec_cosim_device::DeviceConfig;
//! use ipsec_testbench::strategies::{self, Mix};
//! use proptest::strategy::{Strategy, ValueTree};
//! use proptest::test_runner::TestRunner;
//!
//! let plans = strategies::plans(DeviceConfig::new(16, 1), &Mix::FRAMES);
//! let plan = plans.new_tree(&mut TestRunner::deterministic()).unwrap().current();
//! assert_eq!(plan.scenario().check(), Ok(()));
//! ```

use ipsec_cosim_device::DeviceConfig;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::strategy::{BoxedStrategy, Union};

use crate::cases::{
    CommandKind, CommandPlan, Damage, EspForm, FrameKind, FramePlan, Item, KeyBytes, Plan, SaPlan,
};
use crate::scenario::{Operation, Port, StallPattern, StallPort};
use ipsec_model::regs;

/// Plans of frames of every mode; their strategies stand beside what makes scenarios of them.
pub use crate::modes::plan::{plans as mode_plans, spec as mode_bundles};

/// What a plan may hold.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Name of the scenarios
    pub name: &'static str,
    /// Items at most
    pub items: usize,
    /// Bytes of payload at most
    pub payload: u16,
    /// Frames in the tunnel of another portion
    pub nested: bool,
    /// Damaged frames, in percent
    pub damaged: u32,
    /// Frames of any length, illegal ones too, in percent
    pub plain: u32,
    /// Stalls
    pub stalls: bool,
    /// Commands, in percent
    pub commands: u32,
    /// Hard resets, in percent
    pub resets: u32,
    /// Soft resets, in percent
    pub soft_resets: u32,
    /// Register accesses of any kind, in percent. What they do to the frames is not judged.
    pub registers: u32,
    /// Frames whose headers are noise, in percent
    pub fuzzed: u32,
    /// Frames by the diagnostic port, in percent. What they do to the others is not judged.
    pub diagnostic: u32,
}

impl Mix {
    /// Good frames of all sizes.
    pub const FRAMES: Self = Self {
        name: "frames",
        items: 30,
        payload: 1500,
        nested: true,
        damaged: 0,
        plain: 10,
        stalls: false,
        commands: 0,
        resets: 0,
        soft_resets: 0,
        registers: 0,
        fuzzed: 0,
        diagnostic: 0,
    };

    /// Good frames up to the longest.
    pub const JUMBO: Self = Self {
        name: "jumbo",
        items: 8,
        payload: 9500,
        ..Self::FRAMES
    };

    /// Small frames only.
    pub const SMALL: Self = Self {
        name: "small",
        items: 120,
        payload: 60,
        nested: false,
        ..Self::FRAMES
    };

    /// Stalls on every port.
    pub const STALLS: Self = Self {
        name: "stalls",
        items: 40,
        payload: 400,
        stalls: true,
        ..Self::FRAMES
    };

    /// Tampered and malformed frames.
    pub const TAMPERED: Self = Self {
        name: "tampered",
        items: 60,
        payload: 200,
        damaged: 60,
        plain: 5,
        ..Self::FRAMES
    };

    /// Frames of illegal lengths between others.
    pub const LENGTHS: Self = Self {
        name: "lengths",
        items: 20,
        payload: 100,
        plain: 50,
        ..Self::FRAMES
    };

    /// Commands racing with traffic.
    pub const COMMANDS: Self = Self {
        name: "commands",
        items: 60,
        payload: 300,
        commands: 50,
        stalls: true,
        ..Self::FRAMES
    };

    /// Hard resets in the middle of everything.
    pub const RESETS: Self = Self {
        name: "resets",
        items: 40,
        payload: 300,
        commands: 15,
        resets: 8,
        stalls: true,
        ..Self::FRAMES
    };

    /// Soft resets in the middle of everything.
    pub const SOFT_RESETS: Self = Self {
        name: "soft-resets",
        resets: 0,
        soft_resets: 8,
        ..Self::RESETS
    };

    /// Headers that are noise.
    pub const FUZZED: Self = Self {
        name: "fuzzed",
        items: 100,
        payload: 120,
        plain: 2,
        fuzzed: 80,
        ..Self::FRAMES
    };

    /// Frames of illegal lengths while resets come.
    pub const CUT: Self = Self {
        name: "cut",
        items: 12,
        payload: 200,
        plain: 70,
        soft_resets: 12,
        resets: 3,
        ..Self::FRAMES
    };

    /// Frames by the diagnostic port beside traffic.
    pub const DIAGNOSTIC: Self = Self {
        name: "diagnostic",
        items: 16,
        payload: 150,
        damaged: 20,
        fuzzed: 10,
        soft_resets: 5,
        registers: 8,
        diagnostic: 50,
        ..Self::FRAMES
    };

    /// Any register access beside traffic.
    pub const REGISTERS: Self = Self {
        name: "registers",
        items: 200,
        payload: 100,
        commands: 10,
        registers: 75,
        ..Self::FRAMES
    };

    /// Everything at once.
    pub const RANDOM: Self = Self {
        name: "random",
        items: 60,
        payload: 2000,
        nested: true,
        damaged: 20,
        plain: 15,
        stalls: true,
        commands: 20,
        resets: 2,
        soft_resets: 2,
        registers: 10,
        fuzzed: 10,
        diagnostic: 1,
    };

    /// All of them.
    pub const ALL: [&'static Self; 14] = [
        &Self::FRAMES,
        &Self::SMALL,
        &Self::JUMBO,
        &Self::STALLS,
        &Self::TAMPERED,
        &Self::LENGTHS,
        &Self::COMMANDS,
        &Self::RESETS,
        &Self::SOFT_RESETS,
        &Self::CUT,
        &Self::FUZZED,
        &Self::DIAGNOSTIC,
        &Self::REGISTERS,
        &Self::RANDOM,
    ];
}

/// Plans of this mix for this device.
pub fn plans(device: DeviceConfig, mix: &Mix) -> impl Strategy<Value = Plan> + use<> {
    let name = mix.name.to_owned();
    // Resets and random register accesses take frames with them.
    let quiet = mix.registers == 0 && mix.diagnostic == 0;
    let judged = mix.resets == 0 && mix.soft_resets == 0 && quiet;
    let end_after = (!quiet).then_some(4000);
    let most = if device.num_sa < 64 { 5 } else { 16 };
    (
        any::<u32>(),
        option::weighted(0.3, any::<u32>()),
        vec(sa(), 1..=most),
        if mix.stalls {
            vec((port(), pattern()), 0..6).boxed()
        } else {
            Just(Vec::new()).boxed()
        },
        vec(item(mix), 1..=mix.items),
    )
        .prop_map(move |(seed, hash_seed, sas, stalls, items)| Plan {
            name: name.clone(),
            device,
            seed: seed.into(),
            hash_seed: hash_seed.unwrap_or(0),
            sas,
            stalls,
            items,
            judged,
            end_after,
        })
}

fn sa() -> impl Strategy<Value = SaPlan> {
    (
        any::<bool>(),
        Union::new([KeyBytes::K16, KeyBytes::K24, KeyBytes::K32].map(Just)),
        proptest::bool::weighted(0.15),
        proptest::bool::weighted(0.25),
        any::<bool>(),
        any::<u32>(),
    )
        .prop_map(|(v6, key, wildcard, twin, ex, seed)| SaPlan {
            v6,
            key,
            wildcard,
            twin,
            ex,
            seed,
        })
}

/// A stall pattern that does not stall for ever.
pub fn pattern() -> impl Strategy<Value = StallPattern> {
    Union::new_weighted(vec![
        (2, Just(StallPattern::Percent(0)).boxed()),
        (4, (1..=95_u8).prop_map(StallPattern::Percent).boxed()),
        (
            2,
            vec(any::<bool>(), 1..24)
                .prop_map(|bits| {
                    let mut bits: String =
                        bits.iter().map(|b| if *b { '1' } else { '0' }).collect();
                    bits.push('0');
                    StallPattern::Bits(bits)
                })
                .boxed(),
        ),
    ])
}

fn port() -> impl Strategy<Value = StallPort> {
    Union::new(StallPort::ALL.map(Just))
}

fn item(mix: &Mix) -> BoxedStrategy<Item> {
    let rest = 100_u32.saturating_sub(
        mix.commands + mix.resets + mix.soft_resets + mix.registers + mix.diagnostic,
    );
    let mut all: Vec<(u32, BoxedStrategy<Item>)> =
        vec![(rest.max(1), frame(mix).prop_map(Item::Frame).boxed())];
    if mix.stalls {
        all.push((
            5,
            (port(), pattern())
                .prop_map(|(p, s)| Item::Stall(p, s))
                .boxed(),
        ));
    }
    if mix.commands > 0 {
        all.push((mix.commands, command().prop_map(Item::Command).boxed()));
    }
    if mix.resets > 0 {
        let reset = (gap(600), 1..4_u8);
        all.push((
            mix.resets,
            reset
                .prop_map(|(after, clocks)| Item::Reset { after, clocks })
                .boxed(),
        ));
    }
    if mix.soft_resets > 0 {
        let reset = gap(600).prop_map(|after| Item::SoftReset { after });
        all.push((mix.soft_resets, reset.boxed()));
    }
    if mix.registers > 0 {
        all.push((mix.registers, register().prop_map(Item::Other).boxed()));
    }
    if mix.diagnostic > 0 {
        all.push((
            mix.diagnostic,
            frame(mix).prop_map(Item::Diagnostic).boxed(),
        ));
    }
    // Frames may never come out while the diagnostic port holds the streams.
    if mix.registers == 0 && mix.diagnostic == 0 {
        all.push((2, Just(Item::Drain).boxed()));
    }
    Union::new_weighted(all).boxed()
}

/// Clocks, mostly none.
fn gap(most: u16) -> impl Strategy<Value = u16> + Clone {
    Union::new_weighted(vec![
        (3, Just(0_u16).boxed()),
        (2, (0..40_u16).boxed()),
        (1, (0..=most).boxed()),
    ])
}

fn frame(mix: &Mix) -> impl Strategy<Value = FramePlan> + use<> {
    let esp = (any::<u8>(), form(mix)).prop_map(|(sa, form)| FrameKind::Esp {
        sa: sa.into(),
        form,
    });
    let mut kinds = vec![(100, esp.boxed())];
    if mix.nested {
        let inner = damage(mix.damaged);
        kinds.push((
            40,
            (any::<u8>(), any::<u8>(), form(mix), inner)
                .prop_map(|(outer, inner, form, inner_damage)| FrameKind::Nested {
                    outer: outer.into(),
                    inner: inner.into(),
                    form,
                    inner_damage,
                })
                .boxed(),
        ));
    }
    if mix.nested {
        let good = Mix { damaged: 0, ..*mix };
        let deep = (vec(any::<u8>(), 2..=4), form(&good)).prop_map(|(sas, form)| FrameKind::Deep {
            sas: sas.into_iter().map(usize::from).collect(),
            form: EspForm {
                // Each layer takes up to 80 bytes.
                payload: form.payload.min(9000),
                ..form
            },
        });
        kinds.push((8, deep.boxed()));
    }
    if mix.fuzzed > 0 {
        let good = Mix { damaged: 0, ..*mix };
        // The first bytes are addresses that nobody looks at.
        let bits = vec(
            Union::new([(96..640_u16).boxed(), (96..300_u16).boxed()]),
            0..4,
        );
        let fuzzed = (
            any::<u8>(),
            form(&good),
            bits,
            option::weighted(0.3, 1..140_u16),
        )
            .prop_map(|(sa, form, bits, cut)| FrameKind::Fuzzed {
                sa: sa.into(),
                form,
                bits,
                cut,
            });
        kinds.push((
            140 * mix.fuzzed / (100 - mix.fuzzed.min(99)),
            fuzzed.boxed(),
        ));
    }
    if mix.plain > 0 {
        let longest = mix.payload;
        let length = Union::new_weighted(vec![
            (6, (1..=64_u16).boxed()),
            (6, (14..=longest.max(64)).boxed()),
            (1, (9600..=9640_u16).boxed()),
            (1, (9600..=12000_u16).boxed()),
        ]);
        kinds.push((
            mix.plain,
            length
                .prop_map(|length| FrameKind::Plain { length })
                .boxed(),
        ));
    }
    (
        Union::new([Port::Tx, Port::Rx].map(Just)),
        gap(300),
        any::<u32>(),
        Union::new_weighted(kinds),
    )
        .prop_map(|(port, after, seed, kind)| FramePlan {
            port,
            after,
            seed,
            kind,
        })
}

fn form(mix: &Mix) -> impl Strategy<Value = EspForm> + use<> {
    let longest = mix.payload;
    let payload = Union::new_weighted(vec![
        (3, (0..=64.min(longest)).boxed()),
        (2, (0..=longest).boxed()),
    ]);
    (
        payload,
        option::weighted(0.2, any::<u8>()),
        any::<bool>(),
        option::weighted(0.2, any::<u16>()),
        Union::new_weighted(vec![(3, Just(0_u8).boxed()), (1, (0..30_u8).boxed())]),
        any::<bool>(),
        damage(mix.damaged),
    )
        .prop_map(
            |(payload, pad, tunnel, vlan, trailer, hint, damage)| EspForm {
                // What is around it takes up to 230 bytes, and padding up to 255.
                payload: payload.min(9618 - 230 - 255),
                pad,
                tunnel,
                vlan,
                trailer,
                hint,
                damage,
            },
        )
}

fn damage(percent: u32) -> BoxedStrategy<Damage> {
    if percent == 0 {
        return Just(Damage::None).boxed();
    }
    let some = Union::new([
        any::<u8>().prop_map(Damage::Sequence).boxed(),
        any::<u8>().prop_map(Damage::Iv).boxed(),
        any::<u16>().prop_map(Damage::Text).boxed(),
        any::<u8>().prop_map(Damage::Icv).boxed(),
        Just(Damage::PadLength).boxed(),
        any::<u8>().prop_map(Damage::LongLength).boxed(),
        any::<u8>().prop_map(Damage::ShortLength).boxed(),
        Just(Damage::NotEsp).boxed(),
        any::<u32>().prop_map(Damage::Handle).boxed(),
        any::<u8>().prop_map(Damage::Spi).boxed(),
        any::<u8>().prop_map(Damage::Hint).boxed(),
    ]);
    Union::new_weighted(vec![
        (100 - percent.min(99), Just(Damage::None).boxed()),
        (percent, some.boxed()),
    ])
    .boxed()
}

fn command() -> impl Strategy<Value = CommandPlan> {
    let what = Union::new_weighted(vec![
        (
            6,
            (any::<bool>(), any::<bool>())
                .prop_map(|(inbound, ex)| CommandKind::Add { inbound, ex })
                .boxed(),
        ),
        (4, Just(CommandKind::Delete).boxed()),
        (1, Just(CommandKind::DeleteUnknown).boxed()),
        (2, Just(CommandKind::Garbage).boxed()),
        (1, Just(CommandKind::Cancel).boxed()),
    ]);
    (0..4_u8, gap(200), 0..12_u8, what, any::<u32>()).prop_map(
        |(slot, after, number, what, seed)| CommandPlan {
            slot,
            after,
            number,
            what,
            seed,
        },
    )
}

/// A register access: any of the registers, now and then any address.
fn register() -> impl Strategy<Value = Operation> {
    let named = (0..regs::REGISTERS.len()).prop_map(|k| regs::REGISTERS[k].address as u16);
    let memory = (0..regs::MEMORIES.len(), any::<u16>()).prop_map(|(k, offset)| {
        let memory = &regs::MEMORIES[k];
        (memory.address + u32::from(offset) % memory.size) as u16
    });
    let address = Union::new_weighted(vec![
        (6, named.boxed()),
        (2, memory.boxed()),
        (1, any::<u16>().boxed()),
    ]);
    let data = Union::new_weighted(vec![
        (1, any::<u32>().boxed()),
        (2, (0..8_u32).boxed()),
        (1, Just(u32::MAX).boxed()),
    ]);
    let strobe = Union::new_weighted(vec![(4, Just(0xf_u8).boxed()), (1, (0..=0xf_u8).boxed())]);
    (any::<bool>(), address, data, strobe).prop_map(|(read, address, data, strobe)| {
        if read {
            Operation::Read {
                address,
                expect: None,
                mask: u32::MAX,
                poll: false,
            }
        } else {
            Operation::Write {
                address,
                data,
                strobe,
            }
        }
    })
}
