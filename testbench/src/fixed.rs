// SPDX-License-Identifier: Apache-2.0
//! Scenarios that are the same each time: known packets, every length, a full table, the diagnostic port,
//! the self-test.

use std::net::{IpAddr, Ipv4Addr};

use bitvec::order::Lsb0;
use bitvec::view::BitView;
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::hash::{IndexKey, bucket};
use ipsec_model::ndis::{
    NDIS_STATUS_INVALID_PARAMETER, NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS,
};
use ipsec_model::regs;

use crate::esp::{EspLayer, HEAD_BYTES, ICV_BYTES, ethernet, ip_packet};
use crate::frame::outermost;
use crate::kat::{Alg, EspPacket};
use crate::rng::Rng;
use crate::sa::{Association, Direction, SALT_BYTES, Sa};
use crate::scenario::{
    Command, Expected, FrameOp, Handle, Operation, Port, Scenario, StallPattern, StallPort, Until,
};

const SRC: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const DST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

pub(crate) fn sa(name: String, direction: Direction, dst: IpAddr, association: Association) -> Sa {
    let src = match dst {
        IpAddr::V4(_) => SRC,
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    Sa::new(name, direction, src, dst, association)
}

pub(crate) fn add(scenario: &mut Scenario, slot: u8, sa: Sa, expect: u32) {
    scenario.push(Operation::Command {
        slot,
        command: Command::AddSa { sa, ex: false },
        expect: Some(expect),
    });
}

pub(crate) fn delete(scenario: &mut Scenario, slot: u8, name: &str) {
    scenario.push(Operation::Command {
        slot,
        command: Command::DeleteSa {
            handle: Handle::Sa(name.to_owned()),
        },
        expect: Some(NDIS_STATUS_SUCCESS),
    });
}

fn stalls(scenario: &mut Scenario, percent: u8) {
    for port in StallPort::ALL {
        if percent > 0 && port != StallPort::SAxil {
            scenario.push(Operation::Stall {
                port,
                pattern: StallPattern::Percent(percent),
            });
        }
    }
}

/// What the device answers to the ADD of a known packet's SA.
pub fn add_status(packet: &EspPacket) -> u32 {
    if packet.spi < 256 {
        NDIS_STATUS_INVALID_PARAMETER
    } else {
        NDIS_STATUS_SUCCESS
    }
}

/// Known packets, one after the other: SAs in, the packet through both directions, SAs out. Of a packet
/// outside the capabilities the refusal is shown.
pub fn known_packets(device: DeviceConfig, packets: &[EspPacket]) -> Scenario {
    let mut scenario = Scenario::new("known-packets", device, 0);
    scenario.bring_up();
    for (k, packet) in packets.iter().enumerate() {
        let wire = match (&packet.prot, &packet.esp) {
            (Some(prot), _) => ethernet(None, prot),
            (None, Some(esp)) => ethernet(None, &ip_packet(SRC, DST, 50, esp)),
            (None, None) => continue,
        };
        let found = outermost(&wire);
        let key = [packet.key.as_slice(), &packet.salt].concat();
        let association = Association {
            esn: packet.esn,
            sequence_high: packet.esn_hi,
            ..match packet.alg {
                Alg::Gcm => Association::gcm(packet.spi, key),
                Alg::Gmac => Association::gmac(packet.spi, key),
                Alg::AhGmac => Association::ah(packet.spi, key),
            }
        };
        let status = add_status(packet);
        let dst = found.map_or(DST, |found| found.dst);
        let (out, inside) = (format!("out{k}"), format!("in{k}"));
        for (name, direction) in [(&out, Direction::Outbound), (&inside, Direction::Inbound)] {
            add(
                &mut scenario,
                0,
                sa(name.clone(), direction, dst, association.clone()),
                status,
            );
        }
        scenario.wait(Until::Commands);
        let Some(found) = found else {
            continue;
        };
        if status != NDIS_STATUS_SUCCESS {
            // Nothing was added: the frame passes.
            let expected = Expected::untouched(wire.clone());
            scenario.add_frame(FrameOp::new(Port::Rx, wire).expecting(expected));
            scenario.wait(Until::Idle);
            continue;
        }
        let payload = packet.esp_payload.as_deref().unwrap_or_default();
        let (mut up, icv) = (
            wire.clone(),
            found.ah_at().map_or(found.end - ICV_BYTES, |ah| ah + 20),
        );
        if let Some(esp) = found.esp_at() {
            let text = esp + HEAD_BYTES;
            up[text..text + payload.len()].copy_from_slice(payload);
        }
        let mut down = up.clone();
        down[icv..icv + ICV_BYTES].fill(0);
        let header = payload
            .last_chunk::<2>()
            .map(|[pad, next_header]| (*next_header, *pad));
        scenario
            .add_frame(
                FrameOp::new(Port::Tx, down)
                    .under(&out)
                    .expecting(Expected::Sent(wire.clone())),
            )
            .add_frame(FrameOp::new(Port::Rx, wire).expecting(Expected::opened(up, header)));
        scenario.wait(Until::Idle);
        delete(&mut scenario, 1, &out);
        delete(&mut scenario, 2, &inside);
        scenario.wait(Until::Commands);
    }
    scenario
}

/// A frame of exactly this length (68 bytes at least) as the host has it, and as the wire has it.
fn of_length(association: &Association, length: usize, rng: &mut Rng) -> [Vec<u8>; 3] {
    let layer = EspLayer {
        pad_length: Some(0),
        ..EspLayer::drawn(association, SRC, DST, rng)
    };
    let payload = rng.bytes(length - 14 - 20 - HEAD_BYTES - 2 - ICV_BYTES);
    layer.frames(None, 17, &payload)
}

/// An SA each way, `out` and `in` with this behind it.
pub(crate) fn add_both(
    scenario: &mut Scenario,
    tail: impl std::fmt::Display,
    dst: IpAddr,
    association: &Association,
) {
    for (prefix, direction) in [("out", Direction::Outbound), ("in", Direction::Inbound)] {
        let one = sa(
            format!("{prefix}{tail}"),
            direction,
            dst,
            association.clone(),
        );
        add(scenario, 0, one, NDIS_STATUS_SUCCESS);
    }
}

/// A frame [`of_length`] out under this SA.
fn sent(sa: impl Into<String>, clear: Vec<u8>, sealed: &[u8]) -> FrameOp {
    FrameOp::new(Port::Tx, clear)
        .under(sa)
        .expecting(Expected::Sent(sealed.to_vec()))
}

/// One in.
fn received(sealed: Vec<u8>, opened: Vec<u8>) -> FrameOp {
    FrameOp::new(Port::Rx, sealed).expecting(Expected::opened(opened, Some((17, 0))))
}

/// A frame of each of these lengths in each direction. Those too short for ESP pass.
pub fn lengths(
    name: &str,
    device: DeviceConfig,
    lengths: impl IntoIterator<Item = usize>,
    stall: u8,
    seed: u64,
) -> Scenario {
    let mut rng = Rng::new(seed, 3);
    let mut scenario = Scenario::new(name, device, seed);
    scenario.bring_up();
    let keys = [16, 24, 32].map(|bytes| rng.bytes(bytes + SALT_BYTES));
    let all = [0, 1, 2].map(|k| Association::gcm(0x1000 + k, keys[k as usize].clone()));
    for (k, association) in all.iter().enumerate() {
        add_both(&mut scenario, k, DST, association);
    }
    scenario.wait(Until::Commands);
    stalls(&mut scenario, stall);
    for (k, length) in lengths.into_iter().enumerate() {
        if length < 68 {
            let mut bytes = rng.bytes(length);
            bytes[12..14].copy_from_slice(&[0x88, 0xb5]);
            for (port, expected) in [
                (Port::Tx, Expected::Sent(bytes.clone())),
                (Port::Rx, Expected::untouched(bytes.clone())),
            ] {
                scenario.add_frame(FrameOp::new(port, bytes.clone()).expecting(expected));
            }
            continue;
        }
        let [clear, sealed, opened] = of_length(&all[k % 3], length, &mut rng);
        scenario
            .add_frame(sent(format!("out{}", k % 3), clear, &sealed))
            .add_frame(received(sealed, opened));
    }
    scenario
}

/// Fills the table, with many keys in one bucket of the index; one more is refused, and taken once
/// another is gone. A frame for a key far down in its chain goes through.
pub fn capacity(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 4);
    let mut scenario = Scenario::new("capacity", device, seed);
    scenario.bring_up();
    let count = device.num_sa as usize;
    // So many keys of one bucket: longer than what is walked at full rate, yet found quickly here.
    let colliding = count.min(24);
    let target = rng.below(4 * count as u64) as usize;
    let mut spi = 0x100_u32;
    let mut next_spi = |collide: bool| {
        loop {
            spi += 1;
            let key = IndexKey {
                v6: false,
                ah: false,
                spi,
                dst: u32::from(Ipv4Addr::new(192, 0, 2, 2)).into(),
            };
            if !collide || bucket(0, &key, count) == target {
                return spi;
            }
        }
    };
    let name = |k: usize| format!("sa{k}");
    let mut probe = None;
    for k in 0..count {
        let collide = k < colliding;
        let association = Association::gcm(next_spi(collide), rng.bytes(16 + SALT_BYTES));
        // The first one is at the end of the chain in the end.
        probe.get_or_insert_with(|| association.clone());
        let outbound = !collide && k % 3 == 0;
        let direction = if outbound {
            Direction::Outbound
        } else {
            Direction::Inbound
        };
        let slot = (k % 4) as u8;
        add(
            &mut scenario,
            slot,
            sa(name(k), direction, DST, association),
            NDIS_STATUS_SUCCESS,
        );
    }
    scenario.wait(Until::Commands);
    scenario.expect_register(regs::SA_COUNT, device.num_sa);
    let one_more = sa(
        "more".to_owned(),
        Direction::Inbound,
        DST,
        Association::gcm(next_spi(false), rng.bytes(36)),
    );
    add(&mut scenario, 0, one_more.clone(), NDIS_STATUS_RESOURCES);
    scenario.wait(Until::Commands);
    if let Some(association) = &probe {
        for length in [70, 1510, 333] {
            let [_, sealed, opened] = of_length(association, length, &mut rng);
            scenario.add_frame(received(sealed, opened));
        }
    }
    delete(&mut scenario, 3, &name(colliding / 2));
    scenario.wait(Until::Idle);
    add(&mut scenario, 1, one_more, NDIS_STATUS_SUCCESS);
    scenario.wait(Until::Commands);
    scenario.expect_register(regs::SA_COUNT, device.num_sa);
    scenario
}

pub(crate) fn words(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks(4).map(|chunk| {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        u32::from_le_bytes(word)
    })
}

/// A host with register access alone encrypts and decrypts a packet that others published
/// (draft-mcgrew-gcm-test-01, the second one): no stream moves. With the port locked nothing does.
pub fn diagnostic_port(device: DeviceConfig, packet: &EspPacket) -> Scenario {
    let mut scenario = Scenario::new("diagnostic-port", device, 0);
    scenario.bring_up();
    let association = Association::gcm(packet.spi, [packet.key.as_slice(), &packet.salt].concat());
    // On an idle device the handles are those of the first bundles.
    add_both(&mut scenario, "", DST, &association);
    scenario.wait(Until::Commands);
    let esp = packet.esp.as_deref().unwrap_or_default();
    let payload = packet.esp_payload.as_deref().unwrap_or_default();
    let sealed = ethernet(None, &ip_packet(SRC, DST, 50, esp));
    let text = 14 + 20 + HEAD_BYTES;
    let mut opened = sealed.clone();
    opened[text..text + payload.len()].copy_from_slice(payload);
    let mut clear = opened.clone();
    let icv = clear.len() - ICV_BYTES;
    clear[icv..].fill(0);
    let header = payload.last_chunk::<2>().map_or(0, |[pad, next_header]| {
        u32::from(*next_header) | u32::from(*pad) << 8 | 1 << 16
    });
    scenario
        .write_register(regs::DIAG_CTRL, 1)
        .expect_register(regs::DIAG_CTRL, 1);
    /// Frame in, direction, handle, frame out, words.
    type Round<'a> = (&'a [u8], u32, u32, Option<&'a [u8]>, [u32; 2]);
    let rounds: [Round<'_>; 3] = [
        (&clear, 0, 1, Some(&sealed), [0, 0]),
        (&sealed, 1, 0, Some(&opened), [2, header]),
        (&clear, 0, 0x7fff, None, [0, 0]),
    ];
    let mut completions = 0;
    for (input, direction, handle, output, user) in rounds {
        for (k, word) in words(input).enumerate() {
            scenario.write_register(regs::DIAG_INPUT + 4 * k as u32, word);
        }
        scenario
            .write_register(regs::DIAG_LENGTH, input.len() as u32)
            .write_register(regs::diag_tuser(0), handle)
            .write_register(regs::DIAG_START, 1 | direction << 1)
            .poll_register(regs::DIAG_STATUS, 2, 2);
        let completion = u32::from(direction == 0);
        let valid = u32::from(output.is_some()) << 2 | completion << 3;
        scenario.expect_register(regs::DIAG_STATUS, 2 | valid);
        if completion == 1 {
            let status = if output.is_some() { 0 } else { 0xc000_0001 };
            scenario
                .expect_register(regs::DIAG_CPL_NUMBER, completions)
                .expect_register(regs::DIAG_CPL_STATUS, status);
            completions += 1;
        }
        let Some(output) = output else {
            continue;
        };
        scenario.expect_register(regs::DIAG_OUT_LENGTH, output.len() as u32);
        for (k, word) in words(output).enumerate() {
            scenario.expect_register(regs::DIAG_OUTPUT + 4 * k as u32, word);
        }
        if direction == 1 {
            scenario
                .expect_register(regs::diag_out_tuser(0), user[0])
                .expect_register(regs::diag_out_tuser(1), user[1]);
        }
    }
    // Frames at the pins wait until the port is off.
    let frame = vec![0x11; 64];
    scenario
        .add_frame(FrameOp::new(Port::Rx, frame.clone()).expecting(Expected::untouched(frame)))
        .write_register(regs::DIAG_CTRL, 2)
        .write_register(regs::DIAG_CTRL, 3)
        .expect_register(regs::DIAG_CTRL, 2)
        .write_register(regs::DIAG_START, 1)
        .expect_register(regs::DIAG_STATUS, 0xe & !4)
        .wait(Until::Idle);
    scenario
}

/// The self-test after reset and on request, alone and beside traffic.
pub fn self_test(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 5);
    let mut scenario = Scenario::new("self-test", device, seed);
    scenario.bring_up();
    let engines = (1 << device.stages) - 1;
    let done = regs::selftest::DONE.of(1);
    let pass = done | regs::selftest::PASS_TX.of(engines) | regs::selftest::PASS_RX.of(engines);
    scenario
        .poll_register(regs::SELFTEST, done, done)
        .expect_register(regs::SELFTEST, pass);
    let association = Association::gcm(0x1000, rng.bytes(36));
    add_both(&mut scenario, "", DST, &association);
    for round in 0..4 {
        scenario.wait(Until::Commands);
        for _ in 0..round * 8 {
            let length = rng.range(68, 700) as usize;
            let [clear, sealed, opened] = of_length(&association, length, &mut rng);
            scenario
                .add_frame(sent("out", clear, &sealed))
                .add_frame(received(sealed, opened));
        }
        let start = Operation::Write {
            address: regs::SELFTEST as u16,
            data: regs::selftest::START.of(1),
            strobe: 0xf,
        };
        scenario.after(rng.below(100), start);
        scenario
            .poll_register(regs::SELFTEST, done, done | regs::selftest::BUSY.of(1))
            .expect_register(regs::SELFTEST, pass)
            .wait(Until::Idle);
    }
    scenario
}

/// Both directions under full load for at least so many clocks: frames of these lengths mixed, each
/// under another SA than the one before.
pub fn full_load(device: DeviceConfig, lengths: &[usize], clocks: u64, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 6);
    let mut scenario = Scenario::new("full-load", device, seed);
    scenario.bring_up();
    let pairs = (device.num_sa / 2).min(128);
    let mut all = Vec::new();
    for k in 0..pairs {
        let key = rng.bytes([16, 24, 32][k as usize % 3] + SALT_BYTES);
        let association = Association::gcm(0x1000 + k, key);
        add_both(&mut scenario, k, DST, &association);
        all.push(association);
    }
    scenario.wait(Until::Commands);
    // A round holds each length once, in an order of its own.
    for port in [Port::Tx, Port::Rx] {
        let (mut given, mut k) = (0_u64, 0_usize);
        while given < clocks + 1000 {
            let mut round = lengths.to_vec();
            while let Some(last) = round.len().checked_sub(1) {
                let length = round.swap_remove(rng.below(last as u64 + 1) as usize);
                let [clear, sealed, _] = of_length(&all[k % all.len()], length, &mut rng);
                scenario.add_frame(match port {
                    Port::Tx => FrameOp::new(port, clear).under(format!("out{}", k % all.len())),
                    Port::Rx => FrameOp::new(port, sealed),
                });
                given += length.div_ceil(16).max(4) as u64;
                k += 1;
            }
        }
    }
    scenario
}

/// Every bit of sequence number, IV, text and ICV of a frame flipped, one a frame, for both IP versions,
/// the three key lengths and both modes: the frame comes out as it went in, with the CryptoStatus of the
/// SA's last authenticated mode.
pub fn bit_flips(device: DeviceConfig, seed: u64) -> Scenario {
    let mut rng = Rng::new(seed, 7);
    let mut scenario = Scenario::new("bit-flips", device, seed);
    scenario.bring_up();
    let v6: IpAddr = std::net::Ipv6Addr::LOCALHOST.into();
    for (k, (dst, key)) in [
        (DST, 16),
        (DST, 24),
        (DST, 32),
        (v6, 16),
        (v6, 24),
        (v6, 32),
    ]
    .into_iter()
    .enumerate()
    {
        let association = Association::gcm(0x1000 + k as u32, rng.bytes(key + SALT_BYTES));
        let name = format!("in{k}");
        add(
            &mut scenario,
            0,
            sa(name, Direction::Inbound, dst, association.clone()),
            NDIS_STATUS_SUCCESS,
        );
        scenario.wait(Until::Commands);
        let layer = EspLayer::drawn(&association, dst, dst, &mut rng);
        let content = ip_packet(SRC, DST, 17, &rng.bytes(9));
        for (next_header, status) in [(17, 3), (4, 5)] {
            let [_, sealed, opened] = layer.frames(None, next_header, &content);
            let header = Some((next_header, layer.padding(content.len())));
            scenario.add_frame(
                FrameOp::new(Port::Rx, sealed.clone()).expecting(Expected::opened(opened, header)),
            );
            // The mode is settled before the first wrong frame is looked up.
            scenario.wait(Until::Frames);
            let esp = outermost(&sealed).map_or(0, |found| found.offset);
            for bit in 8 * (esp + 4)..8 * sealed.len() {
                let mut bytes = sealed.clone();
                let bits = bytes.view_bits_mut::<Lsb0>();
                let flipped = !bits[bit];
                bits.set(bit, flipped);
                let expected = Expected::rejected(bytes.clone(), &[status]);
                scenario.add_frame(FrameOp::new(Port::Rx, bytes).expecting(expected));
            }
            scenario.wait(Until::Frames);
        }
    }
    scenario
}
