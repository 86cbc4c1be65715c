// SPDX-License-Identifier: Apache-2.0
//! Timing of one path against the closed forms of docs/cycle_formulae.md, and its bytes against the untimed
//! engine.

use std::collections::VecDeque;

use crate::config::DeviceConfig;
use crate::hash::IndexKey;
use crate::offload_path::{Memories, OffloadPath, PathInputs};
use crate::packet::{Association, Engine, NewBundle, NewSa, RxResult, TxResult};
use crate::pins::Beat;
use crate::probe::Path;
use crate::sa_delete_req::SaDeleteReq;
use crate::sa_mode::SaMode;
use crate::sa_table::SaTable;
use crate::table_types::{Bundle, KeyMaterial, PathConfig, PathControl, Sa};

const DST4: u128 = 0xC000_0202;
const DST6: u128 = 0x2001_0db8 << 96 | 2;

/// One beat as a source offers it.
#[derive(Clone, Copy, Debug)]
struct Offer {
    beat: Beat,
    user: [u32; 3],
}

fn beats(frame: &[u8], user: [u32; 3]) -> Vec<Offer> {
    let count = frame.len().div_ceil(16);
    let chunks = frame.chunks(16).enumerate();
    let beat = chunks.map(|(index, chunk)| {
        // What a source drives behind the frame must not matter.
        let mut data = [0xA5; 16];
        data[..chunk.len()].copy_from_slice(chunk);
        let keep = ((1_u32 << chunk.len()) - 1) as u16;
        Offer {
            beat: Beat {
                data,
                keep,
                last: index + 1 == count,
            },
            user,
        }
    });
    beat.collect()
}

/// A frame as it came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Received {
    bytes: Vec<u8>,
    words: [u32; 2],
    first: u64,
}

/// A path with a source, a sink, and a table that tests fill directly.
struct Rig {
    path: OffloadPath,
    table: SaTable,
    mode: SaMode,
    delete: SaDeleteReq,
    control: PathControl,
    engine: Engine,
    now: u64,
    source: VecDeque<Offer>,
    /// Clocks at which a first beat was taken.
    taken: Vec<u64>,
    mid_frame: bool,
    received: Vec<Received>,
    receiving: Option<Received>,
    completions: Vec<u64>,
    /// Clocks at which a beat was held back.
    stalled: u64,
    seed: u64,
    /// Chance of a stall in percent: {source, sink, completions}.
    stall: [u64; 3],
}

impl Rig {
    fn new(path: Path, stages: u32) -> Self {
        let config = DeviceConfig::new(64, stages);
        let on = PathConfig {
            tx_esp: true,
            tx_ah: true,
            rx_esp: true,
            rx_ah: true,
            udp_port: 4500,
            hash_seed: 7,
        };
        Self {
            path: OffloadPath::new(path, &config),
            table: SaTable::new(&config),
            mode: SaMode::new(&config),
            delete: SaDeleteReq::new(&config),
            control: PathControl {
                config: on,
                open: true,
                ..PathControl::default()
            },
            engine: Engine::new(stages as usize),
            now: 0,
            source: VecDeque::new(),
            taken: Vec::new(),
            mid_frame: false,
            received: Vec::new(),
            receiving: None,
            completions: Vec::new(),
            stalled: 0,
            seed: 1,
            stall: [0; 3],
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        (self.seed >> 11) % below
    }

    fn add(&mut self, inbound: bool, v6: bool, spi: u32, key_bytes: usize) -> u32 {
        self.add_bundle(NewBundle {
            inbound,
            v6,
            dst: if v6 { DST6 } else { DST4 },
            esp: Some(keys(spi, key_bytes)),
            ..NewBundle::default()
        })
    }

    fn add_bundle(&mut self, new: NewBundle) -> u32 {
        let index = self.table.alloc().unwrap();
        let handle = self.engine.add(new.clone());
        assert_eq!(handle, index + 1);
        let NewBundle {
            inbound,
            v6,
            dst,
            udp,
            ..
        } = new;
        let bundle = Bundle {
            inbound,
            v6,
            dst,
            udp,
            two: new.esp.is_some() && new.ah.is_some(),
            ..Bundle::default()
        };
        let associations = [(false, new.esp), (true, new.ah)];
        let associations = associations
            .into_iter()
            .filter_map(|(ah, sa)| Some((ah, sa?)));
        for (row, (ah, new)) in (2 * index..).zip(associations) {
            let spi = new.spi;
            let sa = Sa {
                ah,
                gmac: new.gmac || ah,
                key: new.key,
                salt: new.salt,
                spi,
                icv_len: new.icv_len,
                esn: new.seq_high.is_some(),
                seq_high: new.seq_high.unwrap_or(0),
                ..Sa::default()
            };
            self.table.write_sa(row, sa, false);
            if inbound {
                self.table.link(7, row, &IndexKey { v6, ah, spi, dst });
            }
        }
        self.table.publish(index, bundle, false);
        handle
    }

    fn clock(&mut self) {
        let [source, sink, completions] = self.stall;
        let offer = self.source.front().copied();
        let valid = offer.is_some() && self.random(100) >= source;
        let offer = offer.unwrap_or(Offer {
            beat: Beat::default(),
            user: [0; 3],
        });
        let inputs = PathInputs {
            valid,
            beat: &offer.beat,
            user: offer.user,
            out_ready: self.random(100) >= sink,
            completion_ready: self.random(100) >= completions,
        };
        let before = *self.path.outputs(&self.control);
        self.now += 1;
        if valid && before.ready {
            self.source.pop_front();
            if !self.mid_frame {
                self.taken.push(self.now);
            }
            self.mid_frame = !offer.beat.last;
        } else if valid {
            self.stalled += 1;
        }
        if before.valid && inputs.out_ready {
            let now = self.now;
            let frame = self.receiving.get_or_insert_with(|| Received {
                first: now,
                words: before.user,
                ..Received::default()
            });
            assert_eq!(frame.words, before.user, "words change within a frame");
            let count = before.beat.keep.count_ones() as usize;
            frame.bytes.extend_from_slice(&before.beat.data[..count]);
            assert!(before.beat.data[count..].iter().all(|byte| *byte == 0));
            if before.beat.last {
                self.received.extend(self.receiving.take());
            }
        }
        if let (Some(completion), true) = (before.completion, inputs.completion_ready) {
            self.completions.push(completion);
        }
        let memories = Memories {
            table: &self.table,
            mode: &self.mode,
            delete: &self.delete,
        };
        self.path.step(self.now, &inputs, &self.control, &memories);
        self.mode
            .step(self.now as u32, &self.path.status().mode_write);
        let after = *self.path.outputs(&self.control);
        if before.valid && !inputs.out_ready {
            assert!(after.valid && after.beat == before.beat && after.user == before.user);
        }
        if !after.valid {
            assert_eq!((after.beat, after.user), (Beat::default(), [0; 2]));
        }
    }

    fn run(&mut self, clocks: u64) {
        (0..clocks).for_each(|_| self.clock());
    }
}

fn keys(spi: u32, key_bytes: usize) -> NewSa {
    let key: Vec<u8> = (0..key_bytes)
        .map(|i| (spi as usize * 7 + i) as u8)
        .collect();
    NewSa {
        spi,
        key: KeyMaterial::new(&key).unwrap(),
        salt: spi.wrapping_mul(0x0101_0101),
        gmac: false,
        icv_len: 16,
        seq_high: None,
    }
}

/// An Ethernet frame of `len` bytes with an ESP packet that fills it.
fn esp_frame(v6: bool, spi: u32, len: usize, next_header: u8, fill: u8) -> Vec<u8> {
    let mut frame = vec![fill; 12];
    frame.extend(if v6 { [0x86, 0xDD] } else { [0x08, 0x00] });
    esp_packet(&mut frame, v6, spi, len, next_header);
    frame
}

/// Appends an IP packet with ESP up to `len` bytes; the text is a ramp, two bytes of padding, the ICV zero.
fn esp_packet(frame: &mut Vec<u8>, v6: bool, spi: u32, len: usize, next_header: u8) {
    let ip = (len - frame.len()) as u16;
    if v6 {
        frame.extend([0x60, 0, 0, 0]);
        frame.extend((ip - 40).to_be_bytes());
        frame.extend([50, 64]);
        frame.extend((DST6 + 1).to_be_bytes());
        frame.extend(DST6.to_be_bytes());
    } else {
        frame.extend([0x45, 0]);
        frame.extend(ip.to_be_bytes());
        frame.extend([0, 0, 0x40, 0, 64, 50, 0, 0]);
        frame.extend((DST4 as u32 + 1).to_be_bytes());
        frame.extend((DST4 as u32).to_be_bytes());
    }
    frame.extend(spi.to_be_bytes());
    frame.extend([0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]);
    let text = len - 16 - frame.len();
    frame.extend((0..text - 2).map(|i| i as u8));
    let pad = 2.min(text - 2) as u8;
    frame.extend([pad, next_header]);
    frame.extend([0; 16]);
}

/// IPv4 in IPv4, both with ESP: inner in the plain content of the outer.
fn nested_frame(outer: u32, inner: u32, len: usize) -> Vec<u8> {
    let mut frame = esp_frame(false, outer, len, 4, 1);
    let mut packet = Vec::new();
    esp_packet(&mut packet, false, inner, len - 50 - 18, 17);
    frame[50..50 + packet.len()].copy_from_slice(&packet);
    let trailer = frame.len() - 18;
    frame[trailer] = 0;
    frame
}

fn encrypted(rig: &mut Rig, mut frame: Vec<u8>, spi: u32, v6: bool) -> Vec<u8> {
    let mut peer = Engine::new(1);
    let key: Vec<u8> = (0..16).map(|i| (spi as usize * 7 + i) as u8).collect();
    let handle = peer.add(Association {
        inbound: false,
        v6,
        dst: if v6 { DST6 } else { DST4 },
        spi,
        key: KeyMaterial::new(&key).unwrap(),
        salt: spi.wrapping_mul(0x0101_0101),
        seq_high: None,
    });
    assert_eq!(peer.transmit(&mut frame, handle, 0, 0), TxResult::Success);
    let _ = rig;
    frame
}

/// L = Stages * (B + 33) + sum of D.
#[test]
fn latency_is_the_closed_form() {
    for stages in [1, 2, 4] {
        for v6 in [false, true] {
            for len in [90, 94, 96, 97, 330, 1510, 9018, 9618] {
                let blocks = len as u64 / 16 + u64::from(len % 16 > 0);
                let decision = if v6 { 4 } else { 3 };
                let expected = u64::from(stages) * (blocks + 33) + decision;

                let mut tx = Rig::new(Path::Tx, stages);
                let handle = tx.add(false, v6, 300, 16);
                let frame = esp_frame(v6, 300, len, 59, 1);
                tx.source.extend(beats(&frame, [handle, 0, 0]));
                tx.run(expected + blocks + 10);
                assert_eq!(
                    tx.received[0].first - tx.taken[0],
                    expected,
                    "tx {len} {v6}"
                );
                assert_eq!(tx.completions, [0]);

                let mut rx = Rig::new(Path::Rx, stages);
                rx.add(true, v6, 300, 16);
                let cipher = encrypted(&mut rx, frame.clone(), 300, v6);
                assert_eq!(cipher, tx.received[0].bytes);
                rx.source.extend(beats(&cipher, [0; 3]));
                rx.run(expected + blocks + 10);
                assert_eq!(
                    rx.received[0].first - rx.taken[0],
                    expected,
                    "rx {len} {v6}"
                );
                assert_eq!(rx.received[0].bytes[..len - 16], frame[..len - 16]);
                assert_eq!(rx.received[0].words, [2, 1 << 16 | 2 << 8 | 59]);
            }
        }
    }
}

#[test]
fn frames_without_a_portion_pass_with_their_own_latency() {
    // Ethernet type decides in beat 0; an IPv4 header that is not ESP in beat 2; an IPv6 header in beat 3.
    for (kind, protocol, decision) in [(0x0806_u16, 0, 0), (0x0800, 17, 2), (0x86DD, 17, 3)] {
        let mut frame = esp_frame(kind == 0x86DD, 300, 128, 59, 1);
        frame[12..14].copy_from_slice(&kind.to_be_bytes());
        frame[if kind == 0x86DD { 20 } else { 23 }] = protocol;
        for path in [Path::Tx, Path::Rx] {
            let mut rig = Rig::new(path, 2);
            rig.source.extend(beats(&frame, [0; 3]));
            rig.run(150);
            assert_eq!(rig.received[0].bytes, frame);
            assert_eq!(rig.received[0].words, [0; 2]);
            assert_eq!(
                rig.received[0].first - rig.taken[0],
                2 * (8 + 33) + decision
            );
        }
    }
}

#[test]
fn the_source_never_waits_whatever_the_mix() {
    for path in [Path::Tx, Path::Rx] {
        for stages in [1, 2, 4] {
            let mut rig = Rig::new(path, stages);
            let sizes = [70, 94, 330, 1510, 9018, 64, 1510, 70, 70, 70, 94];
            let mut sent = Vec::new();
            for index in 0..400_usize {
                let spi = 300 + index as u32 % 40;
                if index < 40 {
                    rig.add(path == Path::Rx, false, spi, 16);
                }
                let len = sizes[index % sizes.len()].max(70);
                let frame = esp_frame(false, spi, len, 59, index as u8);
                let cipher = encrypted(&mut rig, frame.clone(), spi, false);
                let (frame, expected) = match path {
                    Path::Tx => (frame, cipher),
                    Path::Rx => (cipher, frame),
                };
                rig.source
                    .extend(beats(&frame, [index as u32 % 40 + 1, 0, 0]));
                sent.push(expected);
            }
            let clocks = rig.source.len() as u64;
            rig.run(clocks);
            assert_eq!(rig.stalled, 0, "{path:?} with {stages} stages");
            assert!(rig.source.is_empty());
            rig.run(3000);
            assert_eq!(rig.received.len(), sent.len());
            for (frame, expected) in rig.received.iter().zip(&sent) {
                let end = expected.len() - if path == Path::Rx { 16 } else { 0 };
                assert_eq!(frame.bytes[..end], expected[..end]);
            }
        }
    }
}

#[test]
fn nested_portions_both_ways() {
    for len in [164, 200, 1514] {
        let plain = nested_frame(400, 300, len);
        let mut tx = Rig::new(Path::Tx, 2);
        let inner = tx.add(false, false, 300, 16);
        let outer = tx.add(false, false, 400, 16);
        tx.source.extend(beats(&plain, [inner, outer, 0]));
        tx.source.extend(beats(&plain, [inner, outer, 14 << 24]));
        tx.source.extend(beats(&plain, [inner, outer, 5 << 24]));
        tx.source.extend(beats(&plain, [0, outer, 0]));
        tx.run(1200);
        assert_eq!(tx.completions.len(), 4);
        let statuses: Vec<u32> = tx.completions.iter().map(|c| *c as u32).collect();
        assert_eq!(statuses, [0, 0, 0xC000_0001, 0xC000_0001]);
        assert_eq!(tx.received.len(), 2);
        // D is 5 for the inner portion (esp + 15 = 85) and 3 for the outer one.
        let blocks = len.div_ceil(16) as u64;
        assert_eq!(
            tx.received[0].first - tx.taken[0],
            2 * (blocks + 33) + 5 + 3
        );

        let mut rx = Rig::new(Path::Rx, 2);
        rx.add(true, false, 300, 16);
        rx.add(true, false, 400, 16);
        rx.source.extend(beats(&tx.received[0].bytes, [0; 3]));
        let mut flipped = tx.received[0].bytes.clone();
        flipped[len - 1] ^= 1;
        rx.run(400);
        rx.source.extend(beats(&flipped, [0; 3]));
        rx.run(400);
        // The inner packet starts in the text of the outer one: D(1) = (50 + 20 + 15 + 2) / 16.
        assert_eq!(
            rx.received[0].first - rx.taken[0],
            2 * (blocks + 33) + 3 + 5
        );
        assert_eq!(rx.received[0].words, [6, 1 << 16 | 2 << 8 | 17]);
        let clear = &rx.received[0].bytes;
        assert_eq!(clear[86..len - 18 - 16], plain[86..len - 18 - 16]);
        // Wrong outer ICV: tunnel mode is what the SA last authenticated.
        assert_eq!(rx.received[1].words, [2 | 5 << 16, 0]);
        assert_eq!(rx.received[1].bytes, flipped);
    }
}

#[test]
fn lengths_outside_the_range() {
    for len in [1, 13, 9619, 9632, 9633, 9700, 20_000] {
        let frame = vec![0x5A; len];
        let good = esp_frame(false, 300, 100, 59, 3);
        let mut tx = Rig::new(Path::Tx, 2);
        let mut rx = Rig::new(Path::Rx, 2);
        for rig in [&mut tx, &mut rx] {
            rig.add(false, false, 300, 16);
            for bytes in [&frame, &good, &frame, &good] {
                rig.source.extend(beats(bytes, [0; 3]));
            }
            rig.run(6000);
            assert!(rig.source.is_empty());
        }
        assert_eq!(tx.received.len(), 2);
        assert!(tx.received.iter().all(|frame| frame.bytes == good));
        let statuses: Vec<u32> = tx.completions.iter().map(|c| *c as u32).collect();
        assert_eq!(statuses, [0xC000_0001, 0, 0xC000_0001, 0]);
        assert_eq!(rx.received.len(), 4);
        assert_eq!(rx.received[0].bytes, frame);
        assert_eq!(rx.received[0].words, [0; 2]);
        assert_eq!(rx.received[3].bytes, good);
    }
}

#[test]
fn stalls_lose_nothing_and_keep_the_order() {
    for path in [Path::Tx, Path::Rx] {
        for stages in [1, 2] {
            let mut rig = Rig::new(path, stages);
            rig.stall = [30, 60, 50];
            let mut expected = Vec::new();
            for index in 0..300_usize {
                let spi = 300 + index as u32 % 8;
                let v6 = index % 8 % 3 == 0;
                if index < 8 {
                    rig.add(path == Path::Rx, v6, spi, [16, 24, 32][index % 3]);
                }
                let len = 90 + rig.random(400) as usize;
                let mut frame = esp_frame(v6, spi, len, 59, index as u8);
                let handle = index as u32 % 8 + u32::from(index % 5 != 0);
                if index % 7 == 0 {
                    frame[len - 18] = 255;
                }
                rig.source.extend(beats(&frame, [handle, 0, 0]));
                match path {
                    Path::Tx => {
                        let result = rig.engine.transmit(&mut frame, handle, 0, 0);
                        expected.push((result == TxResult::Success, frame, RxResult::default()));
                    }
                    Path::Rx => {
                        let words = rig.engine.receive(&mut frame);
                        expected.push((true, frame, words));
                    }
                }
            }
            rig.run(60_000);
            assert!(rig.source.is_empty());
            let good: Vec<_> = expected.iter().filter(|(good, ..)| *good).collect();
            assert_eq!(rig.received.len(), good.len());
            for (frame, (_, bytes, words)) in rig.received.iter().zip(good) {
                assert_eq!(frame.bytes, *bytes);
                assert_eq!(frame.words, [words.slot1, words.slot12]);
            }
            if path == Path::Tx {
                let completions: Vec<(u64, bool)> = rig
                    .completions
                    .iter()
                    .map(|c| (c >> 32, *c as u32 == 0))
                    .collect();
                let all = expected
                    .iter()
                    .enumerate()
                    .map(|(n, (good, ..))| (n as u64, *good));
                assert_eq!(completions, all.collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_stalled_sink_fills_the_path_to_its_bounds() {
    let mut rig = Rig::new(Path::Rx, 1);
    rig.stall = [0, 100, 0];
    rig.source
        .extend(beats(&[1; 60], [0; 3]).into_iter().cycle().take(4 * 1000));
    rig.run(3000);
    // 256 frames of the stage (the one on the pins has been read: 4 beats behind it), 16 in the front.
    assert_eq!(rig.taken.len(), 1 + 256 + 16);
    rig.stall = [0; 3];
    rig.run(5000);
    assert_eq!(rig.received.len(), 1000);
}

#[test]
fn waiting_completions_stop_transmit_after_sixteen() {
    let mut rig = Rig::new(Path::Tx, 1);
    rig.stall = [0, 0, 100];
    rig.source
        .extend(beats(&[1; 60], [0; 3]).into_iter().cycle().take(4 * 100));
    rig.run(1000);
    assert_eq!(rig.received.len(), 16);
    assert!(rig.receiving.is_none());
    rig.stall = [0; 3];
    rig.run(1000);
    assert_eq!(rig.completions.len(), 100);
}

#[test]
fn self_test_frames_go_first_and_come_out_good() {
    for path in [Path::Tx, Path::Rx] {
        let mut rig = Rig::new(path, 4);
        rig.control.self_test = true;
        rig.clock();
        rig.control.self_test = false;
        let start = rig.now;
        while !rig.path.outputs(&rig.control).ready {
            rig.clock();
        }
        assert_eq!(rig.now, start + 6 * 4);
        rig.run(300);
        assert!(rig.path.status().self_test_done);
        assert_eq!(rig.path.status().self_test_good, 0b1111);
        assert!(rig.received.is_empty() && rig.completions.is_empty());
    }
}

#[test]
fn a_cut_frame_vanishes() {
    for path in [Path::Tx, Path::Rx] {
        let mut rig = Rig::new(path, 2);
        let frame = esp_frame(false, 300, 500, 59, 3);
        rig.source.extend(beats(&frame, [0; 3]));
        rig.source.extend(beats(&frame, [0; 3]));
        rig.run(45);
        rig.control.cut = true;
        rig.control.open = false;
        rig.run(300);
        assert!(rig.path.status().empty);
        assert_eq!(rig.received.len(), 1);
        rig.control.cut = false;
        rig.control.open = true;
        rig.source.clear();
        rig.mid_frame = false;
        rig.source.extend(beats(&frame, [0; 3]));
        rig.run(300);
        assert_eq!(rig.received.len(), 2);
        if path == Path::Tx {
            assert_eq!(rig.completions, [0, 0], "numbers restart");
        }
    }
}

/// A frame of the layout of the tests below: levels of {AH, UDP, ESP}, from the outside.
fn layered(levels: &[Layer], len: usize, fill: u8) -> Vec<u8> {
    let mut frame = vec![fill; 12];
    frame.extend(if levels[0].v6 {
        [0x86, 0xDD]
    } else {
        [0x08, 0x00]
    });
    inside(&mut frame, levels, len, fill);
    frame
}

/// One level of a frame.
#[derive(Clone, Copy, Debug)]
struct Layer {
    v6: bool,
    options: bool,
    ah: Option<u32>,
    udp: bool,
    esp: Option<u32>,
}

/// The IP packet of the first level, `len` bytes of payload in the last one. Lengths are filled in behind the content.
fn inside(frame: &mut Vec<u8>, levels: &[Layer], len: usize, fill: u8) {
    let [layer, rest @ ..] = levels else {
        frame.extend((0..len).map(|i| i as u8 ^ fill));
        return;
    };
    let content = match rest.first() {
        Some(Layer { v6: false, .. }) => 4,
        Some(Layer { v6: true, .. }) => 41,
        None => 59,
    };
    let first = match layer {
        Layer { ah: Some(_), .. } => 51,
        Layer { udp: true, .. } => 17,
        _ => 50,
    };
    let ip = frame.len();
    if layer.v6 {
        frame.extend([
            0x60,
            0,
            0,
            0,
            0,
            0,
            if layer.options { 60 } else { first },
            64,
        ]);
        frame.extend((DST6 + 1).to_be_bytes());
        frame.extend(DST6.to_be_bytes());
        if layer.options {
            frame.extend([first, 1, 0x3E, 6, fill, 2, 3, 4, 5, 6, 1, 4, 0, 0, 0, 0]);
        }
    } else {
        frame.extend([if layer.options { 0x47 } else { 0x45 }, 0, 0, 0]);
        frame.extend([0, 0, 0x40, 0, 64, first, 0, 0]);
        frame.extend((DST4 as u32 + 1).to_be_bytes());
        frame.extend((DST4 as u32).to_be_bytes());
        if layer.options {
            frame.extend([7, 7, 4, fill, 0, 0, 0, 1]);
        }
    }
    if let Some(spi) = layer.ah {
        frame.extend([if layer.esp.is_some() { 50 } else { content }, 7, 0, 0]);
        frame.extend(spi.to_be_bytes());
        frame.extend([0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, fill]);
        frame.extend([0; 16]);
    }
    let udp = frame.len();
    if layer.udp {
        frame.extend([0x11, 0x94, 9, 9, 0, 0, 0, 0]);
    }
    if let Some(spi) = layer.esp {
        frame.extend(spi.to_be_bytes());
        frame.extend([0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, fill]);
    }
    inside(frame, rest, len, fill);
    if layer.esp.is_some() {
        frame.extend([1, 2, 2, content]);
        frame.extend([0; 16]);
    }
    let mut length = |at: usize, from: usize| {
        let length = (frame.len() - from) as u16;
        frame[at..at + 2].copy_from_slice(&length.to_be_bytes());
    };
    if layer.udp {
        length(udp + 4, udp);
    }
    if layer.v6 {
        length(ip + 4, ip + 40);
    } else {
        length(ip + 2, ip);
    }
}

/// Twelve bundles of all kinds, the associations of number i with the SPIs 300 + 2 * i and 301 + 2 * i.
fn all_kinds(inbound: bool) -> Vec<(NewBundle, Layer)> {
    let kind = |i: u32| {
        let v6 = i % 2 == 1;
        let (esp, ah) = [(true, false), (false, true), (true, true)][i as usize / 2 % 3];
        let udp = esp && !ah && i >= 6;
        let spi = 300 + 2 * i;
        let esp = esp.then_some(spi);
        let ah = ah.then_some(spi + 1);
        let sa = |spi: u32| NewSa {
            gmac: i % 5 == 2,
            seq_high: (i % 4 == 3).then_some(spi),
            ..keys(spi, [16, 24, 32][spi as usize % 3])
        };
        let bundle = NewBundle {
            inbound,
            v6,
            dst: [DST4, DST6][usize::from(v6)],
            udp: u8::from(udp),
            esp: esp.map(sa),
            ah: ah.map(sa),
        };
        let options = i % 7 > 3;
        let layer = Layer {
            v6,
            options,
            ah,
            udp,
            esp,
        };
        (bundle, layer)
    };
    (0..12).map(kind).collect()
}

/// Everything that the untimed engine does, beat by beat, with stalls and damage.
#[test]
fn all_modes_as_the_untimed_engine_does_them() {
    for path in [Path::Tx, Path::Rx] {
        for stages in [1, 2, 4] {
            let mut rig = Rig::new(path, stages);
            rig.stall = [10, 20, 20];
            let kinds = all_kinds(path == Path::Rx);
            let mut peer = Engine::new(4);
            for ((bundle, _), (outbound, _)) in kinds.iter().zip(all_kinds(false)) {
                rig.add_bundle(bundle.clone());
                peer.add(outbound);
            }
            let (mut expected, mut done) = (Vec::new(), [0; 2]);
            for index in 0..1500 {
                let [inner, outer] = [rig.random(12), rig.random(12)].map(|i| i as usize);
                let two = rig.random(2) == 1;
                let levels = [kinds[outer].1, kinds[inner].1];
                let levels = if two { &levels[..] } else { &levels[1..] };
                let len = rig.random(if index % 10 == 0 { 3000 } else { 120 }) as usize;
                let mut frame = layered(levels, len, index as u8);
                let mut handles = [inner as u32 + 1, if two { outer as u32 + 1 } else { 0 }];
                if path == Path::Rx {
                    let sealed = peer.transmit(&mut frame, handles[0], handles[1], 0);
                    assert_eq!(sealed, TxResult::Success);
                }
                match rig.random(10) {
                    0 => {
                        let at = 12 + rig.random(frame.len() as u64 - 12) as usize;
                        frame[at] ^= 1 << rig.random(8);
                    }
                    1 => {
                        let at = 14 + rig.random(100.min(frame.len() as u64 - 14)) as usize;
                        frame[at] ^= 1 << rig.random(8);
                    }
                    2 => {
                        let len = 14 + rig.random(frame.len() as u64 - 14) as usize;
                        frame.truncate(len);
                    }
                    3 => handles[usize::from(two)] = rig.random(14) as u32,
                    _ => {}
                }
                rig.source
                    .extend(beats(&frame, [handles[0], handles[1], 0]));
                let (good, words) = match path {
                    Path::Tx => {
                        let result = rig.engine.transmit(&mut frame, handles[0], handles[1], 0);
                        (result == TxResult::Success, RxResult::default())
                    }
                    Path::Rx => (true, rig.engine.receive(&mut frame)),
                };
                done[usize::from(good && words.crypto_status() == 0)] += 1;
                expected.push((good, frame, words));
            }
            rig.run(90_000);
            assert!(rig.source.is_empty());
            println!(
                "{path:?}, {stages} stages: {} good, {} not",
                done[1], done[0]
            );
            let mut received = rig.received.iter();
            for (index, (good, bytes, words)) in expected.iter().enumerate() {
                if path == Path::Tx {
                    assert_eq!(rig.completions[index] as u32 == 0, *good, "frame {index}");
                }
                if *good {
                    let frame = received.next().unwrap();
                    assert_eq!(frame.bytes, *bytes, "frame {index}");
                    let [slot1, slot12] = frame.words;
                    // Whether a wrong ICV is one of tunnel mode depends on when the verdict before was given.
                    let same = |status: u32| {
                        if (2..6).contains(&status) {
                            status % 2
                        } else {
                            status + 8
                        }
                    };
                    assert_eq!(
                        same(slot1 >> 16),
                        same(words.crypto_status()),
                        "frame {index}"
                    );
                    assert_eq!(slot1 & 0xFFFF, words.slot1 & 0xFFFF, "frame {index}");
                    assert_eq!(slot12, words.slot12, "frame {index}");
                }
            }
            assert!(received.next().is_none());
            assert!(done[1] > 300 && done[0] > 100);
        }
    }
}

/// D of each stage by hand: {levels, D on transmit, D on receive}.
#[test]
fn latency_of_all_modes() {
    let esp = Layer {
        v6: false,
        options: false,
        ah: None,
        udp: false,
        esp: Some(300),
    };
    let ah = Layer {
        ah: Some(301),
        esp: None,
        ..esp
    };
    let both = Layer {
        ah: Some(301),
        ..esp
    };
    let six = |layer| Layer { v6: true, ..layer };
    let inner = Layer {
        esp: Some(302),
        ..esp
    };
    for (levels, tx, rx) in [
        // esp + 15 = 49; 57; 57; 85.
        (vec![esp], vec![3], vec![3]),
        (vec![Layer { udp: true, ..esp }], vec![3], vec![3]),
        (
            vec![Layer {
                options: true,
                ..esp
            }],
            vec![3],
            vec![3],
        ),
        (
            vec![Layer {
                options: true,
                ..six(esp)
            }],
            vec![5],
            vec![5],
        ),
        // ah + 35 = 69; 89.
        (vec![ah], vec![4], vec![4]),
        (vec![six(ah)], vec![5], vec![5]),
        // AH at 34, ESP at 70: 85. The pair: 85.
        (vec![both], vec![5, 5], vec![5, 5]),
        (vec![six(both)], vec![6, 6], vec![6, 6]),
        // ESP at 34, IP at 50, ESP at 70: 85; then 49.
        (vec![esp, inner], vec![5, 3], vec![3, 5]),
        // AH at 34, IP at 70, ESP at 90: 105; then 69.
        (vec![ah, inner], vec![6, 4], vec![4, 6]),
        // AH at 34, ESP at 70, IP at 86, ESP at 106: 121; then twice 85. On receive AH, the pair, ESP.
        (vec![both, inner], vec![7, 5, 5], vec![5, 5, 7]),
    ] {
        let add = |rig: &mut Rig, inbound: bool| -> Vec<u32> {
            let handle = |layer: &Layer| {
                rig.add_bundle(NewBundle {
                    inbound,
                    v6: layer.v6,
                    udp: u8::from(layer.udp),
                    esp: layer.esp.map(|spi| keys(spi, 16)),
                    ah: layer.ah.map(|spi| keys(spi, 16)),
                    ..NewBundle::default()
                })
            };
            levels.iter().map(handle).collect()
        };
        let frame = layered(&levels, 60, 5);
        let blocks = frame.len().div_ceil(16) as u64;
        let mut rig = Rig::new(Path::Tx, 4);
        let handles = match add(&mut rig, false)[..] {
            [outer, inner] => [inner, outer, 0],
            [one, ..] => [one, 0, 0],
            [] => [0; 3],
        };
        rig.source.extend(beats(&frame, handles));
        rig.run(300);
        assert_eq!(rig.completions, [0]);
        let latency = 4 * (blocks + 33);
        let sent = rig.received[0].clone();
        assert_eq!(
            sent.first - rig.taken[0],
            latency + tx.iter().sum::<u64>(),
            "tx {levels:?}"
        );

        let mut rig = Rig::new(Path::Rx, 4);
        add(&mut rig, true);
        rig.source.extend(beats(&sent.bytes, [0; 3]));
        rig.run(300);
        let got = &rig.received[0];
        assert_eq!(got.words[0], if levels.len() == 2 { 6 } else { 2 });
        assert_eq!(
            got.first - rig.taken[0],
            latency + rx.iter().sum::<u64>(),
            "rx {levels:?}"
        );
    }
}

/// An AH portion costs one clock more than its beats, in its stage alone; one that is not hashed costs nothing.
#[test]
fn rate_of_ah() {
    let ah = Layer {
        v6: false,
        options: false,
        ah: Some(301),
        udp: false,
        esp: None,
    };
    // 14 + 20 + 36 + 42 = 112 bytes: 7 beats.
    let frame = layered(&[ah], 42, 1);
    assert_eq!(frame.len(), 112);
    let mut wrong = frame.clone();
    wrong[17] += 1; // the frame is too short, which nobody knows in time
    let mut never = frame.clone();
    never[35] = 6; // the header is too short
    for (path, frame, hashed) in [
        (Path::Rx, &frame, 1),
        (Path::Rx, &wrong, 1),
        (Path::Rx, &never, 0),
        (Path::Tx, &frame, 1),
    ] {
        for stages in [1, 2] {
            let mut rig = Rig::new(path, stages);
            let handle = rig.add_bundle(NewBundle {
                inbound: path == Path::Rx,
                ah: Some(keys(301, 16)),
                ..NewBundle::default()
            });
            for _ in 0..100 {
                rig.source.extend(beats(frame, [handle, 0, 0]));
            }
            rig.run(2000);
            assert_eq!(rig.received.len(), 100);
            let gap = |i: usize| rig.received[i].first - rig.received[i - 1].first;
            assert!((20..100).all(|i| gap(i) == 7 + hashed), "{path:?}");
        }
    }
}

const PAIR: Layer = Layer {
    v6: false,
    options: false,
    ah: Some(301),
    udp: false,
    esp: Some(300),
};

fn pair_bundle(inbound: bool) -> NewBundle {
    NewBundle {
        inbound,
        esp: Some(keys(300, 16)),
        ah: Some(keys(301, 16)),
        ..NewBundle::default()
    }
}

/// The words of a frame of a pair in two stages, with something that happens before edge `at`.
fn pair_words(at: u64, event: impl Fn(&mut Rig)) -> [u32; 2] {
    let mut frame = layered(&[PAIR], 60, 5);
    let mut peer = Engine::new(2);
    let handle = peer.add(pair_bundle(false));
    assert_eq!(peer.transmit(&mut frame, handle, 0, 0), TxResult::Success);
    let mut rig = Rig::new(Path::Rx, 2);
    rig.add_bundle(pair_bundle(true));
    rig.source.extend(beats(&frame, [0; 3]));
    rig.run(at - 1);
    event(&mut rig);
    rig.run(200);
    rig.received[0].words
}

#[test]
fn a_pair_is_taken_by_its_bundle() {
    let good = [2, 1 << 16 | 2 << 8 | 59];
    assert_eq!(pair_words(1, |_| {}), good);
    // 162 bytes, 11 beats: b(0) = 1, a = 7, records at 7 + 4, c = 12; s(0) = 13, v = 13 + 10 + 24 = 47, b(0) of the
    // second stage is 50. D is 5 there: b(D) = 55, a = 56, records at 60.
    let off = |rig: &mut Rig| {
        rig.control.config.rx_esp = false;
        rig.control.config.rx_ah = false;
    };
    assert_eq!(pair_words(7, off), [0, 0]);
    assert_eq!(pair_words(8, off), good, "whatever the configuration is");
    let failed = [2 | 1 << 16, 0];
    let retire = |rig: &mut Rig| rig.table.retire(0);
    let free = |rig: &mut Rig| {
        rig.table.retire(0);
        rig.table.zeroize_sa(0);
        rig.table.zeroize_sa(1);
        rig.table.zeroize_bundle(0);
        rig.table.release(0);
        rig.table.publish(0, Bundle::default(), false);
    };
    for event in [retire, free] {
        assert_eq!(pair_words(60, event), failed, "seen by the records");
        assert_eq!(pair_words(61, event), good, "too late");
    }
    let spoil = |row| {
        move |rig: &mut Rig| {
            let sa = rig.table.sa(row).clone();
            rig.table.write_sa(row, sa, true);
        }
    };
    assert_eq!(pair_words(11, spoil(1)), failed);
    assert_eq!(pair_words(12, spoil(1)), good);
    assert_eq!(pair_words(60, spoil(0)), failed);
    assert_eq!(pair_words(61, spoil(0)), good);
}

#[test]
fn the_port_of_udp_is_that_of_the_first_beat() {
    let udp = Layer {
        udp: true,
        ah: None,
        ..PAIR
    };
    let frame = layered(&[udp], 60, 5);
    for (at, passed) in [(0, true), (1, false), (2, false)] {
        let mut rig = Rig::new(Path::Tx, 1);
        let handle = rig.add_bundle(NewBundle {
            udp: 1,
            ah: None,
            ..pair_bundle(false)
        });
        rig.source.extend(beats(&frame, [handle, 0, 0]));
        // b(0) is edge 1: what is written before edge 1 counts, what is written behind it does not.
        rig.run(at);
        rig.control.config.udp_port = 9;
        rig.run(100);
        assert_eq!(
            rig.completions[0] as u32 != 0,
            passed,
            "written behind edge {at}"
        );
    }
}
