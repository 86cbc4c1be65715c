// SPDX-License-Identifier: Apache-2.0
//! The whole device through its pins: self-test after the sweep, both directions at once, counters, racing commands,
//! resets in the middle of frames, probes.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

mod common;

use common::{Host, beats, esp_frame};
use ipsec_model::packet::{Association, Engine, TxResult};
use ipsec_model::probe::Path;
use ipsec_model::regs;
use ipsec_model::table_types::KeyMaterial;

fn key(spi: u32) -> Vec<u8> {
    let bytes = [20, 28, 36][spi as usize % 3];
    (0..bytes).map(|i| (spi as usize * 3 + i) as u8).collect()
}

fn association(inbound: bool, v6: bool, spi: u32) -> Association {
    let bytes = key(spi);
    let (key, salt) = bytes.split_at(bytes.len() - 4);
    let dst = if v6 {
        u128::from(common::DST6)
    } else {
        u32::from(common::DST4).into()
    };
    Association {
        inbound,
        v6,
        dst,
        spi,
        key: KeyMaterial::new(key).unwrap(),
        salt: u32::from_be_bytes(salt.try_into().unwrap()),
        seq_high: None,
    }
}

/// The frame as a peer with the same keys sends it.
fn sealed(v6: bool, spi: u32, mut frame: Vec<u8>) -> Vec<u8> {
    let mut peer = Engine::new(1);
    let handle = peer.add(association(false, v6, spi));
    assert_eq!(peer.transmit(&mut frame, handle, 0, 0), TxResult::Success);
    frame
}

#[test]
fn the_self_test_follows_the_sweep_and_every_start() {
    for stages in [1, 2, 4] {
        let mut host = Host::in_reset(16, stages);
        host.inputs.rst_n = true;
        host.wait("the streams to open", |out| out.tx_ready);
        assert!(host.outputs.rx_ready);
        assert_eq!(host.nic.clock() - 1, 64 + 6 * u64::from(stages));
        let good = (1 << stages) - 1;
        let expected = 1 << 2 | good << 4 | good << 8;
        host.clocks(40 * u64::from(stages));
        assert_eq!(host.read(regs::SELFTEST), expected);
        // Between frames: traffic is delayed, not disturbed.
        let frame = esp_frame(false, 4096, 330, 59);
        for _ in 0..30 {
            host.tx_source.extend(beats(&frame, [0; 3]));
            host.rx_source.extend(beats(&frame, [0; 3]));
        }
        host.clocks(100);
        host.write(regs::SELFTEST, 1);
        host.drain();
        assert_eq!(host.read(regs::SELFTEST), expected);
        assert_eq!(host.tx_sink.frames.len(), 30);
        assert!(host.rx_sink.frames.iter().all(|out| out.bytes == frame));
    }
}

#[test]
fn both_directions_with_stalls_everywhere_and_counters() {
    let mut host = Host::new(64, 2);
    let mut engine = Engine::new(2);
    let mut handles = Vec::new();
    for spi in 4096..4104 {
        let v6 = spi % 2 == 1;
        handles.push(host.add(false, v6, spi, &key(spi)));
        host.add(true, v6, spi, &key(spi));
        engine.add(association(true, v6, spi));
    }
    host.stall = [20, 20, 40, 40, 40];
    let (mut tx_expected, mut rx_expected) = (Vec::new(), Vec::new());
    let mut refused = 0;
    for index in 0..200_u32 {
        let spi = 4096 + index % 8;
        let v6 = spi % 2 == 1;
        let len = 90 + host.draw(300) as usize;
        let plain = esp_frame(v6, spi, len, [59, 4, 41][index as usize % 3]);
        let cipher = sealed(v6, spi, plain.clone());
        if index % 10 == 9 {
            // A handle of another SA.
            let wrong = handles[(index as usize + 1) % 8];
            host.tx_source.extend(beats(&plain, [wrong, 0, 0]));
            refused += 1;
        } else {
            host.tx_source
                .extend(beats(&plain, [handles[index as usize % 8], 0, 0]));
            tx_expected.push(cipher.clone());
        }
        let mut wire = cipher;
        if index % 10 == 8 {
            let at = 60 + host.draw(len as u64 - 60) as usize;
            wire[at] ^= 0x10;
        }
        host.rx_source.extend(beats(&wire, [0; 3]));
        let words = engine.receive(&mut wire);
        rx_expected.push((wire, words));
    }
    host.drain();
    host.stall = [0; 5];
    host.clocks(100);
    assert_eq!(host.tx_sink.frames.len(), tx_expected.len());
    for (out, expected) in host.tx_sink.frames.iter().zip(&tx_expected) {
        assert_eq!(out.bytes, *expected);
    }
    let numbers: Vec<u64> = host.completions.iter().map(|c| c >> 32).collect();
    assert_eq!(numbers, (0..200).collect::<Vec<_>>());
    let failures = host
        .completions
        .iter()
        .filter(|c| **c as u32 == 0xC000_0001)
        .count();
    assert_eq!(failures, refused);

    assert_eq!(host.rx_sink.frames.len(), 200);
    let mut bad = 0;
    for (out, (bytes, words)) in host.rx_sink.frames.iter().zip(&rx_expected) {
        assert_eq!(out.bytes, *bytes);
        assert!(words.crypto_done());
        if words.crypto_status() == 0 {
            assert_eq!(out.words, [words.slot1, words.slot12]);
        } else {
            // Status 3 or 5: which one depends on when the verdict before was given.
            assert!(matches!(out.words[0] >> 16, 3 | 5) && out.words[1] == 0);
            bad += 1;
        }
    }
    assert_eq!(bad, 20);

    assert_eq!(host.counter(regs::COUNTERS_TX_FRAMES_LO), 200);
    assert_eq!(host.counter(regs::COUNTERS_TX_REFUSED_LO), refused as u64);
    assert_eq!(
        host.counter(regs::COUNTERS_TX_PROCESSED_LO),
        200 - refused as u64
    );
    assert_eq!(host.counter(regs::COUNTERS_RX_FRAMES_LO), 200);
    assert_eq!(host.counter(regs::COUNTERS_RX_PROCESSED_LO), 200);
    let bytes: usize = rx_expected.iter().map(|(bytes, _)| bytes.len()).sum();
    assert_eq!(host.counter(regs::COUNTERS_RX_BYTES_LO), bytes as u64);
}

#[test]
fn a_frame_sees_all_of_an_association_or_nothing() {
    // One long stream of one SA, that comes and goes: each frame is processed or passes, never half.
    let mut host = Host::new(16, 1);
    let plain = esp_frame(false, 4097, 100, 59);
    let cipher = sealed(false, 4097, plain.clone());
    for _ in 0..2000 {
        host.rx_source.extend(beats(&cipher, [0; 3]));
    }
    for _ in 0..5 {
        let handle = host.add(true, false, 4097, &key(4097));
        host.clocks(100);
        let buffer = ipsec_model::ndis::DeleteSa::new(handle.into()).to_bytes();
        for (index, word) in buffer.chunks(4).enumerate() {
            let word = u32::from_le_bytes(word.try_into().unwrap());
            host.write(regs::mailbox_slot_window(1) + 4 * index as u32, word);
        }
        let oid = ipsec_model::ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
        host.write(regs::mailbox_slot_oid(1), oid);
        host.write(regs::mailbox_slot_length(1), buffer.len() as u32);
        host.write(regs::mailbox_slot_doorbell(1), 1);
        while host.read(regs::mailbox_slot_state(1)) != 2 {}
        assert_eq!(host.read(regs::mailbox_slot_ndis_status(1)), 0);
    }
    host.drain();
    let mut changes = 0;
    let mut before = false;
    for out in &host.rx_sink.frames {
        let processed = out.words[0] != 0;
        if processed {
            assert_eq!(out.words[0], 2);
            assert_eq!(out.bytes[..84], plain[..84]);
        } else {
            assert_eq!(out.bytes, cipher);
        }
        changes += u32::from(processed != before);
        before = processed;
    }
    assert_eq!(changes, 10);
    assert_eq!(
        host.held_back[1], 0,
        "a command never costs the stream a clock"
    );
}

#[test]
fn a_hard_reset_in_the_middle_of_frames_forgets_them() {
    let mut host = Host::new(16, 2);
    let frame = esp_frame(false, 4096, 1510, 59);
    for at in [3, 50, 95, 130, 171, 250] {
        for _ in 0..3 {
            host.tx_source.extend(beats(&frame, [0; 3]));
            host.rx_source.extend(beats(&frame, [0; 3]));
        }
        host.clocks(at);
        host.inputs.rst_n = false;
        host.clock();
        assert_eq!(host.outputs, ipsec_model::pins::Outputs::default());
        host = Host {
            nic: host.nic,
            ..Host::in_reset(16, 2)
        };
        host.inputs.rst_n = true;
        host.wait("the streams to open", |out| out.tx_ready && out.rx_ready);
        host.tx_source.extend(beats(&frame, [0; 3]));
        host.rx_source.extend(beats(&frame, [0; 3]));
        host.drain();
        assert_eq!(host.tx_sink.frames[0].bytes, frame);
        assert_eq!(host.rx_sink.frames[0].bytes, frame);
        assert_eq!(host.completions, [0]);
    }
}

#[test]
fn a_soft_reset_discards_the_frame_that_is_half_in() {
    let mut host = Host::new(16, 2);
    let frame = esp_frame(false, 4096, 9000, 59);
    for _ in 0..2 {
        host.tx_source.extend(beats(&frame, [0; 3]));
        host.rx_source.extend(beats(&frame, [0; 3]));
    }
    host.clocks(700);
    host.write(regs::COMMAND, 1);
    host.tx_source.clear();
    host.rx_source.clear();
    host.wait("the streams to open", |out| out.tx_ready && out.rx_ready);
    assert_eq!(host.tx_sink.frames.len(), 1);
    assert_eq!(host.rx_sink.frames.len(), 1);
    host.tx_source.extend(beats(&frame, [0; 3]));
    host.drain();
    assert_eq!(host.tx_sink.frames.len(), 2);
    assert_eq!(host.completions, [0, 0], "the frame number restarts");
}

#[test]
fn probes_name_every_beat_at_every_boundary() {
    let mut host = Host::new(16, 2);
    host.clocks(200);
    host.nic.set_probes(true);
    let frame = esp_frame(false, 4096, 100, 59);
    host.tx_source.extend(beats(&frame, [0; 3]));
    host.rx_source.extend(beats(&frame, [0; 3]));
    host.rx_source.extend(beats(&frame, [0; 3]));
    host.drain();
    let events = host.nic.take_probes();
    for (path, frames) in [(Path::Tx, 1), (Path::Rx, 2)] {
        for boundary in 0..3 {
            let here: Vec<_> = events
                .iter()
                .filter(|e| (e.path, e.boundary) == (path, boundary))
                .collect();
            assert_eq!(here.len(), 7 * frames);
            for (index, event) in here.iter().enumerate() {
                // Two self-test frames came first.
                assert_eq!(event.frame, 2 + index as u64 / 7);
                assert_eq!(event.beat, index as u32 % 7);
            }
        }
    }
    assert!(host.nic.take_probes().is_empty());
}
