// SPDX-License-Identifier: Apache-2.0
//! What happens to an SA while frames use it, through the pins: its sequence number moves on, its rows go bad, the
//! device asks for its deletion, and counts what it did.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

mod common;

use std::net::IpAddr;

use common::{DST4, DST6, Host, SRC4, SRC6, beats, esp_frame};
use ipsec_model::config::DeviceConfig;
use ipsec_model::ndis::{AddSa, OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, SpiOrder, UpdateSa};
use ipsec_model::nic::Nic;
use ipsec_model::packet::{Association, Engine, TxResult};
use ipsec_model::regs;
use ipsec_model::table_types::KeyMaterial;

const KEY: [u8; 20] = [
    7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xAA, 0xBB, 0xCC, 0xDD,
];
const FAILURE: u32 = 0xC000_0001;
const PARITY: u32 = 1 << 8;

fn association(inbound: bool, v6: bool, spi: u32, seq_high: Option<u32>) -> Association {
    Association {
        inbound,
        v6,
        dst: if v6 {
            DST6.into()
        } else {
            u32::from(DST4).into()
        },
        spi,
        key: KeyMaterial::new(&KEY[..16]).unwrap(),
        salt: 0xAABB_CCDD,
        seq_high,
    }
}

/// The frame as a peer with the same keys sends it.
fn sealed(frame: &[u8], v6: bool, spi: u32, seq_high: Option<u32>) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let mut peer = Engine::new(1);
    let handle = peer.add(association(false, v6, spi, seq_high));
    assert_eq!(peer.transmit(&mut frame, handle, 0, 0), TxResult::Success);
    frame
}

fn add(host: &mut Host, inbound: bool, v6: bool, spi: u32, seq_high: Option<u32>) -> u32 {
    let (src, dst): (IpAddr, IpAddr) = if v6 {
        (SRC6.into(), DST6.into())
    } else {
        (SRC4.into(), DST4.into())
    };
    let mut add = AddSa::esp_gcm(inbound, src, dst, spi, &KEY);
    add.sec_assoc[0].flags = seq_high.is_some().into();
    add.sec_assoc[0].sequence_number_high_order = seq_high.unwrap_or(0);
    host.add_sa(&add)
}

/// Receives one frame; the result is its slot-1 word and its bytes.
fn receive(host: &mut Host, frame: &[u8]) -> (u32, Vec<u8>) {
    host.rx_source.extend(beats(frame, [0; 3]));
    host.drain();
    let out = host.rx_sink.frames.pop().unwrap();
    (out.words[0], out.bytes)
}

/// Transmits one frame; the result is the NDIS_STATUS of its completion and what came out.
fn transmit(host: &mut Host, frame: &[u8], handles: [u32; 2]) -> (u32, Option<Vec<u8>>) {
    host.tx_source
        .extend(beats(frame, [handles[0], handles[1], 0]));
    host.drain();
    host.clocks(2);
    let completion = host.completions.pop().unwrap() as u32;
    (completion, host.tx_sink.frames.pop().map(|out| out.bytes))
}

// ------------------------------------------------------------------------------------------------
// Extended sequence numbers
// ------------------------------------------------------------------------------------------------

#[test]
fn the_upper_word_is_authenticated_both_ways() {
    for v6 in [false, true] {
        let mut host = Host::new(16, 2);
        let high = 0xFFFF_FFFE;
        let handle = add(&mut host, false, v6, 4096, Some(high));
        add(&mut host, true, v6, 4096, Some(high));
        let plain = esp_frame(v6, 4096, 150, 59);
        let good = sealed(&plain, v6, 4096, Some(high));
        assert_eq!(
            transmit(&mut host, &plain, [handle, 0]),
            (0, Some(good.clone()))
        );
        let (words, bytes) = receive(&mut host, &good);
        assert_eq!(words, 2);
        assert_eq!(bytes[..134], plain[..134]);
        // Another word, and none.
        for other in [Some(high + 1), Some(0), None] {
            let wrong = sealed(&plain, v6, 4096, other);
            assert_ne!(wrong[134..], good[134..]);
            assert_eq!(wrong[..134], good[..134], "the text is not concerned");
            assert_eq!(receive(&mut host, &wrong), (3 << 16 | 2, wrong));
        }
    }
}

#[test]
fn an_association_without_esn_ignores_its_upper_word() {
    let mut host = Host::new(16, 1);
    let mut sa = AddSa::esp_gcm(true, SRC4.into(), DST4.into(), 4096, &KEY);
    sa.sec_assoc[0].sequence_number_high_order = 77;
    host.add_sa(&sa);
    let frame = sealed(&esp_frame(false, 4096, 150, 59), false, 4096, None);
    assert_eq!(receive(&mut host, &frame).0, 2);
}

#[test]
fn an_update_counts_for_records_read_behind_its_edge() {
    // UPDATE at w + 12: grant, DECODE, FETCH 8, CHECK. Records of a lone frame at b(0) + 8: decision beat 3, a one edge
    // later, w = a + 2, one entry or none, one edge more.
    let plain = esp_frame(false, 4096, 150, 59);
    let new = sealed(&plain, false, 4096, Some(6));
    let mut seen = [0; 2];
    for delay in 0..16 {
        let mut host = Host::new(16, 1);
        let inbound = add(&mut host, true, false, 4096, Some(5));
        let outbound = add(&mut host, false, false, 4096, Some(5));
        for (handle, transmit) in [(inbound, false), (outbound, true)] {
            let buffer = UpdateSa::new(handle.into(), 2, 4096, 6).to_bytes(SpiOrder::Wire);
            host.fill(OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, &buffer);
            let w = host.write(regs::mailbox_slot_doorbell(0), 1);
            host.clocks(delay);
            let first = host.nic.clock() + 1;
            let new_word = if transmit {
                host.tx_source.extend(beats(&plain, [handle, 0, 0]));
                host.drain();
                host.tx_sink.frames.pop().unwrap().bytes == new
            } else {
                receive(&mut host, &new).0 == 2
            };
            assert_eq!(new_word, first + 8 > w + 12, "delay {delay}");
            seen[usize::from(new_word)] += 1;
        }
    }
    assert!(seen[0] == 6 && seen[1] > 4);
}

#[test]
fn an_update_never_costs_the_stream_a_clock() {
    let mut host = Host::new(16, 2);
    let handle = add(&mut host, true, false, 4096, Some(0));
    let plain = esp_frame(false, 4096, 100, 59);
    let frames = [0, 1].map(|high| sealed(&plain, false, 4096, Some(high)));
    for index in 0..400 {
        host.rx_source.extend(beats(&frames[index / 200], [0; 3]));
    }
    host.clocks(100);
    host.update(handle, 4096, 1);
    host.drain();
    assert_eq!(host.held_back[1], 0);
    let good: Vec<bool> = host
        .rx_sink
        .frames
        .iter()
        .map(|f| f.words[0] == 2)
        .collect();
    // Good with the old word, bad until the sender has moved on too, good again.
    let change = good.iter().position(|good| !good).unwrap();
    assert!(change < 200 && good[change..200].iter().all(|good| !good));
    assert!(good[200..].iter().all(|good| *good));
}

// ------------------------------------------------------------------------------------------------
// Parity
// ------------------------------------------------------------------------------------------------

#[test]
fn a_row_with_the_wrong_parity_is_not_used() {
    let plain = esp_frame(false, 4096, 150, 59);
    let cipher = sealed(&plain, false, 4096, Some(1));
    for memory in [1, 2, 4] {
        let mut host = Host::new(16, 2);
        host.write(regs::PARITY_INJECT, memory);
        let inbound = add(&mut host, true, false, 4096, Some(1));
        assert_eq!(host.read(regs::PARITY_INJECT), 0);
        host.write(regs::PARITY_INJECT, memory);
        let outbound = add(&mut host, false, false, 4096, Some(1));
        // An SA beside them is not concerned.
        add(&mut host, true, false, 4097, Some(1));
        let other = sealed(&esp_frame(false, 4097, 150, 59), false, 4097, Some(1));
        assert_eq!(receive(&mut host, &other).0, 2);
        assert_eq!(host.counter(regs::COUNTERS_PARITY_ERRORS_LO), 0);
        assert_eq!(host.read(regs::INTR_STATE) & PARITY, 0);

        assert_eq!(receive(&mut host, &cipher), (1 << 16 | 2, cipher.clone()));
        assert_eq!(host.counter(regs::COUNTERS_PARITY_ERRORS_LO), 1);
        assert_eq!(host.read(regs::counters_rx_status_lo(0)), 1);
        assert_eq!(host.read(regs::INTR_STATE) & PARITY, PARITY);
        host.write(regs::INTR_STATE, PARITY);
        assert_eq!(host.read(regs::INTR_STATE) & PARITY, 0);
        assert_eq!(transmit(&mut host, &plain, [outbound, 0]), (FAILURE, None));
        assert_eq!(host.counter(regs::COUNTERS_PARITY_ERRORS_LO), 2);
        assert_eq!(host.read(regs::INTR_STATE) & PARITY, PARITY);

        // A frame whose lengths do not fit has status 1 too; a bad length has no words at all.
        let mut short = cipher.clone();
        short[17] = 255;
        assert_eq!(receive(&mut host, &short).0, 1 << 16 | 2);
        let mut long = cipher.clone();
        long.resize(9619, 0);
        assert_eq!(receive(&mut host, &long), (0, long));
        assert_eq!(host.counter(regs::COUNTERS_PARITY_ERRORS_LO), 4);

        // Handles that read the row whatever becomes of the frame: stale ones, of a frame without a portion.
        for handle in [outbound | 1 << 16, inbound] {
            let frame = vec![0; 60];
            assert_eq!(transmit(&mut host, &frame, [handle, 0]), (FAILURE, None));
        }
        for handles in [[0, outbound], [17, 0], [0, 0]] {
            transmit(&mut host, &plain, handles);
        }
        assert_eq!(host.counter(regs::COUNTERS_PARITY_ERRORS_LO), 6);

        // The ESN row is rewritten by an UPDATE; everything by a DELETE and an ADD.
        host.update(inbound, 4096, 1);
        let status = if memory == 4 { 0 } else { 1 };
        assert_eq!(receive(&mut host, &cipher).0, status << 16 | 2);
        for handle in [inbound, outbound] {
            host.delete(handle);
        }
        add(&mut host, true, false, 4096, Some(1));
        assert_eq!(receive(&mut host, &cipher).0, 2);
    }
}

#[test]
fn parity_errors_are_told_two_edges_behind_the_records() {
    let plain = esp_frame(false, 4096, 150, 59);
    let cipher = sealed(&plain, false, 4096, None);
    let mut host = Host::new(16, 2);
    host.write(regs::PARITY_INJECT, 1);
    add(&mut host, true, false, 4096, None);
    host.write(regs::PARITY_INJECT, 1);
    let outbound = add(&mut host, false, false, 4096, None);
    host.write(regs::INTR_ENABLE, PARITY);
    host.clocks(10);
    // Both directions at once are two errors.
    host.rx_source.extend(beats(&cipher, [0; 3]));
    host.tx_source.extend(beats(&plain, [outbound, 0, 0]));
    let first = host.nic.clock() + 1;
    host.wait("the interrupt", |out| out.irq);
    // Records at b(0) + 8, c = b(0) + 9, INTR_STATE at c + 1, the pin one edge later.
    assert_eq!(host.nic.clock(), first + 11);
    host.drain();
    assert_eq!(host.counter(regs::COUNTERS_PARITY_ERRORS_LO), 2);
}

#[test]
fn an_inner_portion_with_the_wrong_parity_ends_the_frame() {
    let mut host = Host::new(16, 2);
    let (outer, inner) = (4096, 4097);
    let plain = nested(outer, inner, 300);
    add(&mut host, true, false, outer, None);
    let handles = [inner, outer].map(|spi| add(&mut host, false, false, spi, None));
    let (status, cipher) = transmit(&mut host, &plain, handles);
    assert_eq!(status, 0);
    let cipher = cipher.unwrap();
    host.write(regs::PARITY_INJECT, 1);
    add(&mut host, true, false, inner, None);
    assert_eq!(receive(&mut host, &cipher).0, 1 << 16 | 0b110);
    assert_eq!(host.counter(regs::COUNTERS_PARITY_ERRORS_LO), 1);
}

/// IPv4 in IPv4, both with ESP: inner in the plain content of the outer.
fn nested(outer: u32, inner: u32, len: usize) -> Vec<u8> {
    let mut frame = esp_frame(false, outer, len, 4);
    let packet = esp_frame(false, inner, len - 50 - 18 + 14, 17).split_off(14);
    frame[50..50 + packet.len()].copy_from_slice(&packet);
    let trailer = frame.len() - 18;
    frame[trailer] = 0;
    frame
}

// ------------------------------------------------------------------------------------------------
// SaDeleteReq
// ------------------------------------------------------------------------------------------------

#[test]
fn a_bundle_is_asked_for_above_the_watermark() {
    let mut host = Host::new(16, 2);
    let good = |spi| sealed(&esp_frame(false, spi, 150, 59), false, spi, None);
    let handles = [4096, 4097, 4098].map(|spi| add(&mut host, true, false, spi, None));
    assert_eq!(receive(&mut host, &good(4096)).0, 2, "never after reset");
    host.write(regs::SA_WATERMARK, 2);
    let mut forged = good(4096);
    forged[100] ^= 1;
    assert_eq!(receive(&mut host, &forged).0, 3 << 16 | 2);
    assert_eq!(receive(&mut host, &good(4096)).0, 3);
    assert_eq!(receive(&mut host, &good(4096)).0, 2, "once");
    assert_eq!(receive(&mut host, &good(4097)).0, 3, "each bundle");
    // Below the watermark nobody is asked for; what was asked for is not forgotten.
    host.delete(handles[2]);
    assert_eq!(receive(&mut host, &good(4097)).0, 2);
    let again = add(&mut host, true, false, 4098, None);
    assert_eq!(again, 4);
    assert_eq!(receive(&mut host, &good(4097)).0, 2);
    assert_eq!(receive(&mut host, &good(4098)).0, 3);
    // Another generation of the slot has a state of its own.
    let mut next = again;
    while next != 1 << 16 | again {
        host.delete(next);
        next = add(&mut host, true, false, 4098, None);
    }
    assert_eq!(receive(&mut host, &good(4098)).0, 3);
    assert_eq!(receive(&mut host, &good(4098)).0, 2);
    assert_eq!(host.counter(regs::COUNTERS_SA_DELETE_REQS_LO), 4);
    // After a soft reset it starts again; the settings stay.
    host.write(regs::COMMAND, 1);
    host.wait("the streams to open", |out| out.rx_ready);
    for spi in 4096..4099 {
        add(&mut host, true, false, spi, None);
    }
    assert_eq!(receive(&mut host, &good(4096)).0, 3);
    assert_eq!(host.counter(regs::COUNTERS_SA_DELETE_REQS_LO), 5);
}

#[test]
fn the_request_is_repeated_after_so_many_good_frames() {
    let mut host = Host::new(16, 1);
    add(&mut host, true, false, 4096, None);
    host.write(regs::SA_WATERMARK, 0);
    host.write(regs::SA_DELETE_REPEAT, 3);
    let good = sealed(&esp_frame(false, 4096, 150, 59), false, 4096, None);
    let mut forged = good.clone();
    forged[100] ^= 1;
    // Back to back; forged ones do not count.
    for index in 0..20 {
        let frame = if index % 5 == 1 { &forged } else { &good };
        host.rx_source.extend(beats(frame, [0; 3]));
    }
    host.drain();
    let mut frames = 0;
    for (index, out) in host.rx_sink.frames.iter().enumerate() {
        if index % 5 == 1 {
            assert_eq!(out.words[0], 3 << 16 | 2);
            continue;
        }
        assert_eq!(
            out.words[0],
            2 | u32::from(frames % 3 == 0),
            "frame {index}"
        );
        frames += 1;
    }
    assert_eq!(host.counter(regs::COUNTERS_SA_DELETE_REQS_LO), 6);
}

#[test]
fn the_outermost_bundle_is_the_one_that_is_asked_for() {
    let mut host = Host::new(16, 2);
    let (outer, inner) = (4096, 4097);
    for spi in [outer, inner] {
        add(&mut host, true, false, spi, None);
    }
    let handles = [inner, outer].map(|spi| add(&mut host, false, false, spi, None));
    let (_, cipher) = transmit(&mut host, &nested(outer, inner, 300), handles);
    let cipher = cipher.unwrap();
    host.write(regs::SA_WATERMARK, 1);
    assert_eq!(receive(&mut host, &cipher).0, 0b111);
    assert_eq!(receive(&mut host, &cipher).0, 0b110);
    // The inner SA alone: nobody has asked for it yet.
    let alone = sealed(&esp_frame(false, inner, 150, 59), false, inner, None);
    assert_eq!(receive(&mut host, &alone).0, 0b011);
    // A bad inner portion does not ask for a good outer one.
    host.write(regs::SA_DELETE_REPEAT, 1);
    let mut plain = nested(outer, inner, 300);
    plain[100] ^= 1;
    let bad = sealed(&plain, false, outer, None);
    assert_eq!(receive(&mut host, &bad).0, 3 << 16 | 0b110);
    assert_eq!(receive(&mut host, &cipher).0, 0b111);
}

#[test]
fn the_watermark_counts_as_it_is_when_the_frame_is_shown() {
    let good = sealed(&esp_frame(false, 4096, 150, 59), false, 4096, None);
    let mut seen = [0; 2];
    for delay in 20..60 {
        let mut host = Host::new(16, 1);
        add(&mut host, true, false, 4096, None);
        host.rx_source.extend(beats(&good, [0; 3]));
        host.clocks(delay);
        let w = host.write(regs::SA_WATERMARK, 0);
        host.drain();
        // r(0) + 1 is the edge behind which the first beat is visible; the sink takes it at the next.
        let out = &host.rx_sink.frames[0];
        let asked = out.words[0] & 1 != 0;
        assert_eq!(asked, w < out.first - 1, "delay {delay}");
        seen[usize::from(asked)] += 1;
    }
    assert!(seen[0] > 4 && seen[1] > 4);
}

#[test]
fn a_bundle_that_is_going_is_not_asked_for() {
    // The frame is looked up, then the bundle is unlinked while the sink holds the frame before back.
    let good = sealed(&esp_frame(false, 4096, 150, 59), false, 4096, None);
    let mut host = Host::new(16, 1);
    let handle = add(&mut host, true, false, 4096, None);
    add(&mut host, true, false, 4097, None);
    host.stall[3] = 100;
    for _ in 0..2 {
        host.rx_source.extend(beats(&good, [0; 3]));
    }
    host.clocks(100);
    host.write(regs::SA_WATERMARK, 0);
    host.delete(handle);
    host.stall[3] = 0;
    host.drain();
    // Of the first the decision had been made before the watermark was set.
    let words: Vec<u32> = host.rx_sink.frames.iter().map(|f| f.words[0]).collect();
    assert_eq!(words, [2, 2]);
    assert_eq!(host.counter(regs::COUNTERS_SA_DELETE_REQS_LO), 0);
}

// ------------------------------------------------------------------------------------------------
// Counters of an SA
// ------------------------------------------------------------------------------------------------

fn stats(host: &mut Host, handle: u32) -> (u32, u64) {
    host.write(regs::SA_STATS_HANDLE, handle);
    assert_eq!(host.read(regs::SA_STATS_HANDLE), handle);
    let bytes = u64::from(host.read(regs::SA_STATS_BYTES_LO))
        | u64::from(host.read(regs::SA_STATS_BYTES_HI)) << 32;
    (host.read(regs::SA_STATS_PACKETS), bytes)
}

#[test]
fn every_bundle_counts_its_portions() {
    let mut host = Host::new(16, 2);
    assert_eq!(host.read(regs::FEATURES), 1);
    let (outer, inner) = (4096, 4097);
    let rx = [outer, inner].map(|spi| add(&mut host, true, false, spi, None));
    let tx = [outer, inner].map(|spi| add(&mut host, false, false, spi, None));
    let plain = nested(outer, inner, 300);
    let (_, cipher) = transmit(&mut host, &plain, [tx[1], tx[0]]);
    let cipher = cipher.unwrap();
    // Text: behind 14 + 20 + 16 bytes, before the ICV; of the inner one inside that.
    let (outer_text, inner_text) = (300 - 50 - 16, 300 - 50 - 18 - 36 - 16);
    assert_eq!(stats(&mut host, tx[0]), (1, outer_text));
    assert_eq!(stats(&mut host, tx[1]), (1, inner_text));
    receive(&mut host, &cipher);
    assert_eq!(stats(&mut host, rx[0]), (1, outer_text));
    assert_eq!(stats(&mut host, rx[1]), (1, inner_text));
    // The inner bundle alone goes through the other stage: the sum counts.
    let alone = esp_frame(false, inner, 150, 59);
    let (_, wire) = transmit(&mut host, &alone, [tx[1], 0]);
    receive(&mut host, &wire.unwrap());
    assert_eq!(stats(&mut host, tx[1]), (2, inner_text + 84));
    assert_eq!(stats(&mut host, rx[1]), (2, inner_text + 84));
    // Refused and forged frames count nothing; of a nested frame the good portion counts.
    transmit(&mut host, &alone, [tx[0], 0]);
    let mut forged = cipher.clone();
    forged[60] ^= 1;
    receive(&mut host, &forged);
    let mut bad_inner = plain.clone();
    bad_inner[100] ^= 1;
    receive(&mut host, &sealed(&bad_inner, false, outer, None));
    assert_eq!(stats(&mut host, tx[0]), (1, outer_text));
    assert_eq!(stats(&mut host, rx[0]), (2, 2 * outer_text));
    assert_eq!(stats(&mut host, rx[1]).0, 2);
    // Transmit: refused in stage 1 after it was encrypted in stage 0.
    let (status, _) = transmit(&mut host, &plain, [tx[1], rx[0]]);
    assert_eq!(status, FAILURE);
    assert_eq!(stats(&mut host, tx[1]).0, 3);
    // Handles that are not right; a deleted bundle shows what it had until its slot counts again.
    for handle in [0, 17, tx[0] | 1 << 16] {
        assert_eq!(stats(&mut host, handle), (0, 0));
    }
    host.delete(rx[0]);
    assert_eq!(stats(&mut host, rx[0]), (2, 2 * outer_text));
    // A sweep clears the registers and the banks.
    host.write(regs::COMMAND, 1);
    host.wait("the streams to open", |out| out.rx_ready);
    assert_eq!(host.read(regs::SA_STATS_PACKETS), 0);
    assert_eq!(host.read(regs::SA_STATS_HANDLE), rx[0]);
    assert_eq!(stats(&mut host, tx[1]), (0, 0));
}

#[test]
fn a_snapshot_holds_until_the_next_one() {
    let mut host = Host::new(16, 1);
    let handle = add(&mut host, false, false, 4096, None);
    let plain = esp_frame(false, 4096, 150, 59);
    transmit(&mut host, &plain, [handle, 0]);
    assert_eq!(stats(&mut host, handle), (1, 84));
    transmit(&mut host, &plain, [handle, 0]);
    assert_eq!(host.read(regs::SA_STATS_PACKETS), 1);
    assert_eq!(stats(&mut host, handle), (2, 168));
}

#[test]
fn a_snapshot_sees_verdicts_of_three_edges_before() {
    // v of a lone frame of 10 beats: b(0) + 3 (decision), c = b(0) + 9, s(0) = c + 1, s(9) + 24.
    let plain = esp_frame(false, 4096, 160, 59);
    let mut seen = [0; 2];
    for delay in 20..55 {
        let mut host = Host::new(16, 1);
        let handle = add(&mut host, false, false, 4096, None);
        host.tx_source.extend(beats(&plain, [handle, 0, 0]));
        let v = host.nic.clock() + 1 + 10 + 9 + 24;
        host.clocks(delay);
        let w = host.write(regs::SA_STATS_HANDLE, handle);
        host.drain();
        let packets = host.read(regs::SA_STATS_PACKETS);
        // Written at v + 2, read at w + 1.
        assert_eq!(packets == 1, v + 2 < w + 1, "delay {delay}");
        seen[packets as usize] += 1;
    }
    assert!(seen[0] > 4 && seen[1] > 4);
}

#[test]
fn without_the_parameter_there_are_no_counters() {
    let mut host = Host::in_reset(16, 1);
    host.nic = Nic::new(DeviceConfig {
        sa_counters: false,
        ..DeviceConfig::new(16, 1)
    })
    .unwrap();
    host.inputs.rst_n = true;
    host.wait("the streams to open", |out| out.tx_ready && out.rx_ready);
    host.write(regs::CTRL, 3);
    assert_eq!(host.read(regs::FEATURES), 0);
    let handle = add(&mut host, false, false, 4096, None);
    let plain = esp_frame(false, 4096, 150, 59);
    assert_eq!(transmit(&mut host, &plain, [handle, 0]).0, 0);
    assert_eq!(stats(&mut host, handle), (0, 0));
}
