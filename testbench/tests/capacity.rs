// SPDX-License-Identifier: Apache-2.0
//! The capacity edge: exactly NumSa bundles are accepted whatever their SPIs are, one more gets RESOURCES, and
//! after a delete exactly one more is accepted. Then frames: for random SPIs at full rate without a stalled
//! clock (chains of at most K = 4 keys, which the hash seed can always give), for keys of one bucket slowly, but
//! each frame comes out, in order, as it must.
//!
//! Measured figures are printed (`--nocapture`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

#[path = "common/buffers.rs"]
mod buffers;
mod common;
#[path = "common/play.rs"]
mod play;

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use buffers::{INVALID_PARAMETER, RESOURCES, SUCCESS};
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::hash::{IndexKey, bucket};
use ipsec_model::regs;
use ipsec_testbench::esp::{EspLayer, ethernet, ip_packet};
use ipsec_testbench::rng::Rng;
use ipsec_testbench::sa::{Association, Direction, Sa};
use ipsec_testbench::scenario::{
    Command, Configuration, Expected, FrameOp, Handle, Operation, Port, Scenario, Until,
};

const DST: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
/// Keys of one bucket that are walked at full rate.
const K: usize = 4;

/// Which SPIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Sequential,
    EqualLowBits,
    EqualHash,
    Random,
}

fn bucket_of(seed: u32, num_sa: u32, spi: u32) -> usize {
    bucket_of_key(seed, num_sa, spi, false)
}

fn bucket_of_key(seed: u32, num_sa: u32, spi: u32, ah: bool) -> usize {
    let key = IndexKey {
        v6: false,
        ah,
        spi,
        dst: u32::from(DST).into(),
    };
    bucket(seed, &key, num_sa as usize)
}

impl Set {
    /// So many SPIs, all different.
    fn spis(self, num_sa: u32, count: usize) -> Vec<u32> {
        let mut rng = Rng::new(u64::from(num_sa), 0xca9);
        let mut seen = HashSet::new();
        let spis: Box<dyn Iterator<Item = u32>> = match self {
            Self::Sequential => Box::new(0x100..),
            Self::EqualLowBits => Box::new((1..=0xffff).map(|k| k << 16 | 0xabcd)),
            Self::EqualHash => Box::new(
                (0x100..).filter(move |spi| bucket_of(0, num_sa, *spi) == 77 % num_sa as usize),
            ),
            Self::Random => Box::new(std::iter::repeat_with(move || {
                rng.range(0x100, u32::MAX.into()) as u32
            })),
        };
        spis.filter(|spi| seen.insert(*spi)).take(count).collect()
    }
}

/// The longest chain.
fn longest(seed: u32, num_sa: u32, spis: &[u32]) -> usize {
    let mut lengths = vec![0; 4 * num_sa as usize];
    for spi in spis {
        lengths[bucket_of(seed, num_sa, *spi)] += 1;
    }
    lengths.into_iter().max().unwrap_or(0)
}

fn association(spi: u32) -> Association {
    // Every third has another key length.
    let bytes = [16, 24, 32][spi as usize % 3];
    Association::gcm(spi, Rng::new(spi.into(), 0x6b).bytes(bytes + 4))
}

fn name(spi: u32) -> String {
    format!("{spi:08x}")
}

fn adding(spi: u32) -> Command {
    named(name(spi), spi)
}

/// The key of an SA that is there, for another one.
fn again(spi: u32) -> Command {
    named(format!("again-{spi:08x}"), spi)
}

fn named(name: String, spi: u32) -> Command {
    let dst = IpAddr::V4(DST);
    Command::AddSa {
        sa: Sa::new(name, Direction::Inbound, dst, dst, association(spi)),
        ex: spi % 2 == 1,
    }
}

/// A frame of an SA and what must come of it: it is decrypted, or (with less than a trailer between IV and ICV)
/// it is found and has CryptoStatus 6.
fn frame(spi: u32, payload: Option<usize>, rng: &mut Rng) -> FrameOp {
    let association = association(spi);
    let dst = IpAddr::V4(DST);
    let Some(length) = payload else {
        let mut esp = spi.to_be_bytes().to_vec();
        esp.extend(rng.bytes(26));
        let bytes = ethernet(None, &ip_packet(dst, dst, 50, &esp));
        let expected = Expected::rejected(bytes.clone(), &[6]);
        return FrameOp::new(Port::Rx, bytes).expecting(expected);
    };
    let layer = EspLayer::drawn(&association, dst, dst, rng);
    let [_, sealed, opened] = layer.frames(None, 17, &rng.bytes(length));
    let header = Some((17, layer.padding(length)));
    FrameOp::new(Port::Rx, sealed).expecting(Expected::opened(opened, header))
}

fn capacity(device: DeviceConfig, set: Set) {
    let count = device.num_sa as usize;
    let spis = set.spis(device.num_sa, count + 2);
    assert_eq!(spis.len(), count + 2);
    let (all, more) = spis.split_at(count);
    // The seed is what a host draws again when chains are long; random SPIs find one at once.
    let seed = match set {
        Set::EqualHash => 0,
        _ => (0..)
            .find(|seed| longest(*seed, device.num_sa, &spis) <= K)
            .unwrap(),
    };
    let longest = longest(seed, device.num_sa, all);
    let mut rng = Rng::new(device.num_sa.into(), set as u64);
    let name_of_set = format!("capacity-{set:?}");
    let mut scenario = Scenario::new(name_of_set, device, 1);
    scenario.bring_up().configure(Configuration {
        hash_seed: Some(seed),
        ..Configuration::default()
    });
    scenario
        .wait(Until::Commands)
        .expect_register(regs::HASH_SEED, seed);
    let command = |scenario: &mut Scenario, slot: usize, command: Command, status: u32| {
        scenario.push(Operation::Command {
            slot: slot as u8 % 4,
            command,
            expect: Some(status),
        });
    };
    for (k, spi) in all.iter().enumerate() {
        command(&mut scenario, k, adding(*spi), SUCCESS);
    }
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, device.num_sa);
    for slot in 0..4 {
        command(&mut scenario, slot, adding(more[0]), RESOURCES);
    }
    // A duplicate is a duplicate, first or last of its chain.
    for (slot, k) in [0, 1, count / 2, count - 2, count - 1]
        .into_iter()
        .enumerate()
    {
        command(&mut scenario, slot, again(all[k]), INVALID_PARAMETER);
    }
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, device.num_sa);

    // Frames for SAs from everywhere, those with the longest chains among them.
    let frames = if set == Set::EqualHash {
        48
    } else {
        3 * count.min(1200)
    };
    let first_frame = scenario.operations.len();
    scenario
        .write_register(regs::COUNTERS_RX_STALLED_LO, 0)
        .wait(Until::Commands);
    for k in 0..frames {
        let spi = match k % 3 {
            // The ends of the chain: added first is found last.
            0 if set == Set::EqualHash => all[k % 7],
            _ => *rng.pick(all).unwrap(),
        };
        let payload = match rng.below(3) {
            0 => None,
            1 => Some(rng.range(1, 20) as usize),
            _ => Some(rng.range(20, 400) as usize),
        };
        scenario.push(Operation::Frame(frame(spi, payload, &mut rng)));
    }
    scenario.wait(Until::Frames);
    let stalled = scenario.operations.len();
    scenario.push(Operation::Read {
        address: regs::COUNTERS_RX_STALLED_LO as u16,
        expect: None,
        mask: u32::MAX,
        poll: false,
    });

    // Delete one, add one; the freed one is not found any more, its neighbours are.
    let gone = all[count / 2];
    let delete = Command::DeleteSa {
        handle: Handle::Sa(name(gone)),
    };
    command(&mut scenario, 2, delete, SUCCESS);
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, device.num_sa - 1);
    let mut passes = frame(gone, Some(30), &mut rng);
    passes.expect = Some(Expected::untouched(passes.data.bytes().to_vec()));
    scenario.push(Operation::Frame(passes));
    for k in [count / 2 - 1, count / 2 + 1, 0, count - 1] {
        scenario.push(Operation::Frame(frame(all[k], Some(30), &mut rng)));
    }
    scenario.wait(Until::Frames);
    command(&mut scenario, 3, adding(more[0]), SUCCESS);
    scenario.wait(Until::Commands);
    command(&mut scenario, 0, adding(more[1]), RESOURCES);
    scenario
        .wait(Until::Commands)
        .expect_register(regs::SA_COUNT, device.num_sa);
    scenario.push(Operation::Frame(frame(more[0], Some(30), &mut rng)));
    scenario.wait(Until::Idle);

    let result = play::play(&scenario);
    let read = result
        .reads
        .iter()
        .find(|r| r.operation == stalled)
        .unwrap();
    let of_frames: Vec<_> = result
        .frames
        .iter()
        .filter(|f| f.operation >= first_frame && f.operation < stalled)
        .collect();
    let first = of_frames[0].clock_in.unwrap();
    let last = of_frames.last().unwrap().clock_in.unwrap();
    // In order: what came out for a frame came out behind what came out for the one before.
    let out: Vec<usize> = of_frames.iter().map(|f| f.out.unwrap()).collect();
    assert!(out.is_sorted_by(|a, b| a < b));
    eprintln!(
        "capacity {set:?}, {device}: {} clocks in all; longest chain {longest}; {} frames, {:.1} clocks a frame, \
         {} stalled",
        result.clocks,
        of_frames.len(),
        (last - first) as f64 / (of_frames.len() - 1) as f64,
        read.data
    );
    if set == Set::EqualHash {
        assert_eq!(longest, count);
        // Sixteen are hidden by the queues in front of the look-up.
        assert!(
            read.data > 0 || longest <= 16,
            "chains of {longest} cost clocks"
        );
    } else {
        assert!(longest <= K);
        assert_eq!(read.data, 0, "no stalled clock");
    }
}

/// A bundle of two: the keys that it is found by, and its name.
fn adding_two(name: &str, esp: u32, ah: u32) -> Command {
    let Command::AddSa { mut sa, ex } = named(name.to_owned(), esp) else {
        unreachable!()
    };
    let key = Rng::new(ah.into(), 0x6c).bytes(20);
    sa.associations.push(Association::ah(ah, key));
    Command::AddSa { sa, ex }
}

/// NumSa bundles of two are 2 x NumSa entries of the index: all are accepted, in one bucket, in two and spread,
/// and no more; duplicates of either key are refused at both ends of the full chains; what is deleted makes room.
fn capacity_of_two(device: DeviceConfig, buckets: Option<[usize; 2]>) {
    let count = device.num_sa as usize;
    let spis = |ah: bool| -> Vec<u32> {
        let wanted = buckets.map(|buckets| buckets[usize::from(ah)]);
        (0x100..)
            .filter(|spi| wanted.is_none_or(|b| bucket_of_key(0, device.num_sa, *spi, ah) == b))
            .take(count + 2)
            .collect()
    };
    let (esp, ah) = (spis(false), spis(true));
    let mut scenario = Scenario::new("capacity-of-two", device, 1);
    scenario.bring_up();
    let mut slot = 0;
    let mut command = |scenario: &mut Scenario, command: Command, status: u32| {
        slot = (slot + 1) % 4;
        scenario.push(Operation::Command {
            slot,
            command,
            expect: Some(status),
        });
    };
    let settle = |scenario: &mut Scenario, count: usize| {
        scenario
            .wait(Until::Commands)
            .expect_register(regs::SA_COUNT, count as u32)
            // The commands behind would be quicker than the read.
            .wait(Until::Commands);
    };
    for k in 0..count {
        let one = adding_two(&format!("b{k}"), esp[k], ah[k]);
        command(&mut scenario, one, SUCCESS);
    }
    settle(&mut scenario, count);
    for k in [count, count + 1] {
        let one = adding_two(&format!("more{k}"), esp[k], ah[k]);
        command(&mut scenario, one, RESOURCES);
    }
    for k in [0, 1, count / 2, count - 2, count - 1] {
        for (esp, ah) in [(esp[k], ah[count]), (esp[count], ah[k])] {
            let one = adding_two(&format!("again-{esp:08x}-{ah:08x}"), esp, ah);
            command(&mut scenario, one, INVALID_PARAMETER);
        }
    }
    settle(&mut scenario, count);
    let gone = [0, count / 2, count - 1];
    for k in gone {
        let handle = Handle::Sa(format!("b{k}"));
        command(&mut scenario, Command::DeleteSa { handle }, SUCCESS);
    }
    settle(&mut scenario, count - gone.len());
    for k in gone {
        let one = adding_two(&format!("new{k}"), esp[k], ah[k]);
        command(&mut scenario, one, SUCCESS);
    }
    settle(&mut scenario, count);
    let one = adding_two("last", esp[count], ah[count]);
    command(&mut scenario, one, RESOURCES);
    settle(&mut scenario, count);
    // All can go.
    for k in 0..count {
        let name = match gone.contains(&k) {
            true => format!("new{k}"),
            false => format!("b{k}"),
        };
        let handle = Handle::Sa(name);
        command(&mut scenario, Command::DeleteSa { handle }, SUCCESS);
    }
    settle(&mut scenario, 0);
    scenario.expect_register(regs::COUNTERS_DELETES_UNKNOWN_LO, 0);
    let clocks = play::play(&scenario).clocks;
    eprintln!("capacity of two, {device}, buckets {buckets:?}: {clocks} clocks");
}

fn each_of_two(num_sa: u32, all: &[Option<[usize; 2]>]) {
    let mut any = false;
    for config in common::configs() {
        if config.num_sa == num_sa && config.stages >= 2 {
            any = true;
            all.iter()
                .for_each(|buckets| capacity_of_two(config, *buckets));
        }
    }
    if !any {
        let why = format!("no build with {num_sa} bundles and two stages");
        common::skipped("capacity of two", &why);
    }
}

#[test]
fn sixteen_of_two() {
    each_of_two(16, &[None, Some([7, 7]), Some([7, 8])]);
}

#[test]
fn a_thousand_of_two() {
    each_of_two(1024, &[None]);
}

/// Chains of 2,048 entries: each ADD walks twice what is there, each DELETE up to all of it.
#[test]
#[ignore = "for make regress"]
fn a_thousand_of_two_of_equal_hash() {
    each_of_two(1024, &[Some([77, 77])]);
}

#[test]
#[ignore = "minutes"]
fn sixteen_thousand_of_two() {
    each_of_two(16_384, &[None]);
}

fn each(num_sa: u32, sets: &[Set]) {
    let mut any = false;
    for config in common::configs() {
        if config.num_sa == num_sa {
            any = true;
            sets.iter().for_each(|set| capacity(config, *set));
        }
    }
    if !any {
        common::skipped("capacity", &format!("no build with {num_sa} bundles"));
    }
}

#[test]
fn sixteen() {
    each(
        16,
        &[
            Set::Sequential,
            Set::EqualLowBits,
            Set::EqualHash,
            Set::Random,
        ],
    );
}

#[test]
fn a_thousand_random() {
    each(1024, &[Set::Random]);
}

#[test]
fn a_thousand_of_equal_hash() {
    each(1024, &[Set::EqualHash]);
}

#[test]
#[ignore = "for make regress"]
fn a_thousand_others() {
    each(1024, &[Set::Sequential, Set::EqualLowBits]);
}

#[test]
#[ignore = "minutes"]
fn sixteen_thousand_random() {
    each(16_384, &[Set::Random]);
}

#[test]
#[ignore = "minutes"]
fn sixteen_thousand_sequential() {
    each(16_384, &[Set::Sequential]);
}

#[test]
#[ignore = "minutes"]
fn sixteen_thousand_of_equal_low_bits() {
    each(16_384, &[Set::EqualLowBits]);
}

/// All in one bucket: each ADD walks all that is there, 134 million clocks in sum.
#[test]
#[ignore = "many minutes"]
fn sixteen_thousand_of_equal_hash() {
    each(16_384, &[Set::EqualHash]);
}
