// SPDX-License-Identifier: Apache-2.0
//! Which bits of a packet AH protects: every bit of every header is flipped on the way. The tables say by hand, from
//! RFC 4302, what a receiver must not notice.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

use ipsec_model::packet::{Engine, NewBundle, NewSa, TxResult};
use ipsec_model::table_types::KeyMaterial;

/// Bytes of a header, and which bits of each may change on the way.
type Bytes = (&'static [u8], u8);

const PAYLOAD: &[u8] = &[9; 21];

/// IPv4 with options. Source and destination are compared by the ICV alone: the association has a wildcard.
const IPV4: &[Bytes] = &[
    (&[0x4B], 0),             // version, header length of 44 bytes
    (&[0xB8], 0xFF),          // DSCP, ECN
    (&[0, 101], 0),           // total length
    (&[0x12, 0x34], 0),       // identification
    (&[0x40], 0xC0), // flags: MF and the offset may change, but no fragment is ever processed
    (&[0], 0),       // fragment offset
    (&[64], 0xFF),   // TTL
    (&[51], 0),      // protocol
    (&[0xAB, 0xCD], 0xFF), // checksum
    (&[192, 0, 2, 1], 0), // source
    (&[192, 0, 2, 2], 0), // destination
    (&[1], 0),       // no operation
    (&[148, 4, 0, 0], 0), // router alert
    (&[7], 0xFF),    // record route: all types next to it may change too
    (&[7], 0),       // its length: a shorter one leaves bytes behind, a longer one takes others
    (&[8, 1, 1, 1, 1], 0xFF), // its data
    (&[130, 4, 9, 9], 0), // security
    (&[131], 0xFE),  // loose source route; 130 is security
    (&[3], 0), // its length: a shorter one shifts all that follows, above 3 the route is not exhausted
    (&[4], 0xFB), // its pointer: 0 is not exhausted
    (&[0], 0), // end of the list
    (&[7, 7, 7, 7], 0), // what is behind the end is no option
];

const IPV6: &[Bytes] = &[
    (&[0x60], 0x0F),             // version; traffic class
    (&[0x12, 0x34, 0x56], 0xFF), // traffic class, flow label
    (&[0, 117], 0),              // payload length
    (&[0], 0),                   // next header: hop-by-hop
    (&[64], 0xFF),               // hop limit
    (&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 0),
    (&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2], 0),
    // Hop-by-hop, 16 bytes.
    (&[43, 1], 0),
    (&[5, 2, 0, 0], 0), // router alert
    (&[0x3E, 4], 0),    // an option that may change: not type and length
    (&[1, 2, 3, 4], 0xFF),
    (&[0], 0),       // one byte of padding
    (&[1, 1, 0], 0), // padding
    // Routing, 16 bytes, none left.
    (&[60, 1, 4, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 0),
    // Destination options, 16 bytes.
    (&[60, 1], 0),
    (&[0x1E, 4, 1, 2, 3, 4], 0), // an option that may not change
    (&[0x20, 0], 0),             // one without data
    (&[0xFF, 4], 0),             // the data goes behind the header
    (&[5, 6], 0xFF),
    (&[7, 8], 0xFF),
    // Destination options, 8 bytes: an option whose length says more than is there.
    (&[51, 0, 0x22, 200], 0),
    (&[1, 1, 0x1E, 1], 0xFF),
];

fn ah(words: u8, padding: usize) -> Vec<u8> {
    let mut header = vec![59, words, 0, 0];
    header.extend(0x0001_0002_u32.to_be_bytes());
    header.extend([0, 0, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8]);
    header.extend([0; 16]);
    header.extend(vec![0; padding]);
    header
}

/// Flips every bit behind the Ethernet header.
fn check(v6: bool, headers: &[Bytes], ah_words: u8, seq_high: Option<u32>) {
    let bundle = |inbound| NewBundle {
        inbound,
        v6,
        ah: Some(NewSa {
            spi: 0x0001_0002,
            key: KeyMaterial::new(&[3; 16]).unwrap(),
            salt: 1,
            gmac: true,
            icv_len: 16,
            seq_high,
        }),
        ..NewBundle::default()
    };
    let mut frame = vec![0; 12];
    frame.extend(if v6 { [0x86, 0xDD] } else { [0x08, 0x00] });
    let mut free = vec![0; 14];
    for (bytes, mask) in headers {
        frame.extend(*bytes);
        free.extend(vec![*mask; bytes.len()]);
    }
    frame.extend(ah(ah_words, 4 * usize::from(ah_words - 7)));
    frame.extend(PAYLOAD);
    free.resize(frame.len(), 0);
    let length = if v6 {
        frame.len() - 54
    } else {
        frame.len() - 14
    };
    let at = if v6 { 18 } else { 16 };
    assert_eq!(frame[at..at + 2], (length as u16).to_be_bytes());

    let mut engine = Engine::new(1);
    let handle = engine.add(bundle(false));
    assert_eq!(engine.transmit(&mut frame, handle, 0, 0), TxResult::Success);
    engine.add(bundle(true));
    let good = |engine: &mut Engine, frame: &[u8]| {
        let mut received = frame.to_vec();
        let words = engine.receive(&mut received);
        assert_eq!(received, frame, "AH changes nothing");
        words.crypto_done() && words.crypto_status() == 0
    };
    assert!(good(&mut engine, &frame));
    let mut bits = [0; 2];
    for at in 14..frame.len() {
        for bit in 0..8 {
            frame[at] ^= 1 << bit;
            let may = free[at] >> bit & 1 == 1;
            assert_eq!(
                good(&mut engine, &frame),
                may,
                "byte {} of the packet, bit {bit}",
                at - 14
            );
            frame[at] ^= 1 << bit;
            bits[usize::from(may)] += 1;
        }
    }
    println!("{} bits protected, {} may change", bits[0], bits[1]);
    // All that may change at once.
    for (byte, free) in frame.iter_mut().zip(&free).take(14 + 20) {
        *byte ^= free;
    }
    assert!(good(&mut engine, &frame));
}

#[test]
fn every_bit_of_ipv4_with_options() {
    for seq_high in [None, Some(5)] {
        check(false, IPV4, 7, seq_high);
    }
}

#[test]
fn every_bit_of_ipv6_with_extension_headers() {
    for seq_high in [None, Some(5)] {
        check(true, IPV6, 8, seq_high);
    }
}

/// The upper word that is not in the packet is protected too, bit by bit.
#[test]
fn every_bit_of_the_upper_word() {
    let bundle = |inbound, seq_high| NewBundle {
        inbound,
        ah: Some(NewSa {
            spi: 0x0001_0002,
            key: KeyMaterial::new(&[3; 16]).unwrap(),
            salt: 1,
            gmac: true,
            icv_len: 16,
            seq_high: Some(seq_high),
        }),
        ..NewBundle::default()
    };
    let mut frame = vec![0; 12];
    frame.extend([0x08, 0x00, 0x45, 0, 0, 77, 0, 0, 0, 0, 64, 51, 0, 0]);
    frame.extend([192, 0, 2, 1, 192, 0, 2, 2]);
    frame.extend(ah(7, 0));
    frame.extend(PAYLOAD);
    let mut engine = Engine::new(1);
    let handle = engine.add(bundle(false, 0x1234_5678));
    assert_eq!(engine.transmit(&mut frame, handle, 0, 0), TxResult::Success);
    let inbound = engine.add(bundle(true, 0x1234_5678));
    assert_eq!(engine.receive(&mut frame).crypto_status(), 0);
    for bit in 0..32 {
        assert!(engine.update(inbound, 0x1234_5678 ^ 1 << bit));
        assert_eq!(engine.receive(&mut frame).crypto_status(), 2, "bit {bit}");
    }
}
