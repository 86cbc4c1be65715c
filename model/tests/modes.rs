// SPDX-License-Identifier: Apache-2.0
//! What comes of a frame, rule by rule of docs/packet_semantics.md: every CryptoStatus and which of two reasons wins, modes
//! of UDP, what the next stage looks for, and every reason to refuse a frame.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

mod frames;

use frames::Frame;
use ipsec_model::frame_parser::{Parse, Start, Task, parse};
use ipsec_model::packet::{
    Engine, NewBundle, NewSa, RxRecords, RxResult, TxResult, Work, receive_work,
};
use ipsec_model::table_types::{Bundle, KeyMaterial, PathConfig, Sa};

const ESP_SPI: u32 = 0x0102_0304;
const AH_SPI: u32 = 0x0A0B_0C0D;
const INNER_SPI: u32 = 0x0505_0505;

fn keys(spi: u32) -> NewSa {
    NewSa {
        spi,
        key: KeyMaterial::new(&[spi as u8; 16]).unwrap(),
        salt: spi,
        gmac: false,
        icv_len: 16,
        seq_high: None,
    }
}

fn esp_bundle(inbound: bool, udp: u8) -> NewBundle {
    NewBundle {
        inbound,
        udp,
        esp: Some(keys(ESP_SPI)),
        ..NewBundle::default()
    }
}

fn ah_bundle(inbound: bool) -> NewBundle {
    NewBundle {
        inbound,
        ah: Some(keys(AH_SPI)),
        ..NewBundle::default()
    }
}

fn pair_bundle(inbound: bool) -> NewBundle {
    NewBundle {
        esp: Some(keys(ESP_SPI)),
        ..ah_bundle(inbound)
    }
}

fn inner_bundle(inbound: bool, udp: u8) -> NewBundle {
    NewBundle {
        esp: Some(keys(INNER_SPI)),
        ..esp_bundle(inbound, udp)
    }
}

fn esp_frame(next_header: u8) -> Frame {
    Frame::v4().esp().fill(40).trailer(next_header, 16).end()
}

fn udp_frame() -> Frame {
    Frame::v4().udp(4500, 1).esp().fill(40).trailer(6, 16).end()
}

fn ah_frame() -> Frame {
    Frame::v4().ah(7).other().fill(40).end()
}

fn pair_frame() -> Frame {
    Frame::v4().ah(7).esp().fill(40).trailer(6, 16).end()
}

/// ESP in ESP, with UDP or not.
fn nested_frame(outer_udp: bool, inner_udp: bool) -> Frame {
    let udp = |frame: Frame, udp| if udp { frame.udp(4500, 9) } else { frame };
    let outer = udp(Frame::v4(), outer_udp).esp().ipv4(&[]);
    let inner = udp(outer, inner_udp).esp_spi(INNER_SPI);
    inner.fill(20).trailer(6, 16).end().trailer(4, 16).end()
}

/// The frame as a peer sends it: the first bundle is that of the offload handle.
fn sealed(frame: &Frame, bundles: &[NewBundle]) -> Vec<u8> {
    let mut peer = Engine::new(4);
    let mut handles = [0; 2];
    for (handle, bundle) in handles.iter_mut().zip(bundles) {
        *handle = peer.add(NewBundle {
            inbound: false,
            ..bundle.clone()
        });
    }
    let mut bytes = frame.bytes.clone();
    let result = peer.transmit(&mut bytes, handles[0], handles[1], 0);
    assert_eq!(result, TxResult::Success);
    bytes
}

/// Checks that nothing but words comes out.
#[track_caller]
fn untouched(engine: &mut Engine, frame: &[u8]) -> RxResult {
    let mut received = frame.to_vec();
    let words = engine.receive(&mut received);
    assert_eq!(received, frame);
    words
}

/// CryptoDone and a CryptoStatus.
fn status(status: u32) -> RxResult {
    RxResult {
        slot1: 2 | status << 16,
        slot12: 0,
    }
}

#[test]
fn the_first_reason_says_the_status() {
    // Row 6 before 7 before 8: UDP where the bundle has none, an IP length beyond the frame, a wrong ICV.
    let good = sealed(&udp_frame(), &[esp_bundle(false, 1)]);
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    assert_eq!(
        untouched(&mut receiver(&[esp_bundle(true, 1)]), &bad),
        status(3)
    );
    bad[16] = 9;
    assert_eq!(
        untouched(&mut receiver(&[esp_bundle(true, 1)]), &bad),
        status(6)
    );
    assert_eq!(
        untouched(&mut receiver(&[esp_bundle(true, 0)]), &bad),
        status(7)
    );
    // Row 2: not found, or off.
    let mut off = receiver(&[esp_bundle(true, 0)]);
    off.config.rx_esp = false;
    assert_eq!(untouched(&mut off, &bad), RxResult::default());
    assert_eq!(
        untouched(&mut receiver(&[ah_bundle(true)]), &bad),
        RxResult::default()
    );
    // Row 1: a bad length.
    let mut long = good.clone();
    long.resize(9619, 0);
    assert_eq!(
        untouched(&mut receiver(&[esp_bundle(true, 1)]), &long),
        RxResult::default()
    );

    // Row 8 before 9: the pad length of a wrong ICV says nothing.
    let mut frame = esp_frame(6);
    let at = frame.len() - 18;
    frame = frame.set(at, 200);
    let good = sealed(&frame, &[esp_bundle(false, 0)]);
    let mut received = good.clone();
    let words = receiver(&[esp_bundle(true, 0)]).receive(&mut received);
    assert_eq!(
        (words, &received[..at + 2]),
        (status(6), &frame.bytes[..at + 2])
    );
    let mut bad = good.clone();
    bad[60] ^= 1;
    assert_eq!(
        untouched(&mut receiver(&[esp_bundle(true, 0)]), &bad),
        status(3)
    );
    // The longest padding that fits: the whole text.
    let n = frame.len() - 16 - 50;
    for (pad, expected) in [(n - 2, 0), (n - 1, 6)] {
        let frame = frame.clone().set(at, pad as u8);
        let mut received = sealed(&frame, &[esp_bundle(false, 0)]);
        let words = receiver(&[esp_bundle(true, 0)]).receive(&mut received);
        assert_eq!(words.crypto_status(), expected);
    }
}

fn receiver(bundles: &[NewBundle]) -> Engine {
    let mut engine = Engine::new(2);
    for bundle in bundles {
        engine.add(bundle.clone());
    }
    engine
}

#[test]
fn parity_comes_before_what_the_headers_say() {
    let config = PathConfig {
        rx_ah: true,
        rx_esp: true,
        udp_port: 4500,
        ..PathConfig::default()
    };
    let task = Task {
        start: Start::Ethernet,
        ..Task::default()
    };
    let sa = Sa {
        spi: AH_SPI,
        ah: true,
        gmac: true,
        icv_len: 16,
        ..Sa::default()
    };
    let work = |frame: &Frame, two, unreadable, esp_spi, config: &PathConfig, last| {
        let Parse::Found(portion) = parse(&frame.bytes, true, &task, 4500) else {
            panic!("no portion");
        };
        let bundle = Bundle {
            live: true,
            inbound: true,
            two,
            ..Bundle::default()
        };
        let records = RxRecords {
            row: 1,
            bundle: &bundle,
            sa: &sa,
            esp_spi,
            unreadable,
            tunnel: false,
        };
        receive_work(&portion, &records, config, last)
    };
    let fail = |status| Work::Fail {
        status,
        inner: false,
    };
    let pair = pair_frame();
    assert!(work(&pair, true, false, ESP_SPI, &config, false).is_ah());
    // Row 5.
    assert_eq!(
        work(&pair, true, false, ESP_SPI + 1, &config, false),
        fail(7)
    );
    // Row 4 before 5.
    assert_eq!(
        work(&pair, true, true, ESP_SPI + 1, &config, false),
        fail(1)
    );
    // Row 3 before 4.
    assert_eq!(work(&pair, true, true, ESP_SPI, &config, true), Work::Pass);
    for (rx_ah, rx_esp) in [(true, false), (false, true)] {
        let config = PathConfig {
            rx_ah,
            rx_esp,
            ..config
        };
        assert_eq!(work(&pair, true, true, ESP_SPI, &config, false), Work::Pass);
        assert!(work(&ah_frame(), false, false, 0, &config, true).is_ah());
    }
    // A bundle of one does not care what is behind its AH.
    assert!(work(&pair, false, false, 0, &config, true).is_ah());
}

#[test]
fn a_pair_is_both_or_nothing() {
    let mut engine = receiver(&[pair_bundle(true)]);
    let good = sealed(&pair_frame(), &[pair_bundle(false)]);
    let mut received = good.clone();
    let words = engine.receive(&mut received);
    assert_eq!((words.slot1, words.slot12), (2, 1 << 16 | 2 << 8 | 6));
    assert_eq!(received[86..126], pair_frame().bytes[86..126]);
    // The second SPI, the ESP alone, AH alone.
    assert_eq!(
        untouched(&mut engine, &Frame::raw(good.clone()).set(73, 9).bytes),
        status(7)
    );
    assert_eq!(untouched(&mut engine, &esp_frame(6).bytes), status(7));
    assert_eq!(untouched(&mut engine, &ah_frame().bytes), status(7));
    // ESP behind AH that lies.
    assert_eq!(
        untouched(&mut engine, &sealed_ah_alone(&pair_frame())),
        status(3)
    );
    // ESP behind AH whose text is too short: row 7 at the second stage.
    let short = Frame::v4().ah(7).esp().fill(17).end();
    assert_eq!(untouched(&mut engine, &sealed_ah_alone(&short)), status(6));
    // A wrong AH: ESP is not looked at.
    assert_eq!(
        untouched(&mut engine, &Frame::raw(good.clone()).set(54, 9).bytes),
        status(2)
    );
    // The last stage takes no pair.
    let mut one = Engine::new(1);
    one.add(pair_bundle(true));
    assert_eq!(untouched(&mut one, &good), RxResult::default());
    // Either protocol off.
    engine.config.rx_esp = false;
    assert_eq!(untouched(&mut engine, &good), RxResult::default());
}

/// A frame whose AH is good and whose ESP nobody has sealed.
fn sealed_ah_alone(frame: &Frame) -> Vec<u8> {
    let mut bytes = frame.bytes.clone();
    seal_ah(&mut bytes);
    bytes
}

/// The ICV of AH over a frame as it is, by hand.
fn seal_ah(frame: &mut [u8]) {
    let key = keys(AH_SPI);
    let mut covered = frame[14..].to_vec();
    for at in [1, 6, 7, 8, 10, 11] {
        covered[at] = 0;
    }
    covered[40..56].fill(0);
    let mut nonce = [0; 12];
    nonce[..4].copy_from_slice(&key.salt.to_be_bytes());
    nonce[4..].copy_from_slice(&frame[46..54]);
    let tag = ipsec_model::gcm::Gcm::new(&key.key).seal(&nonce, &covered, &mut []);
    frame[54..70].copy_from_slice(&tag);
}

#[test]
fn the_icv_of_ah_is_that_of_the_hand_made_rule() {
    let sent = sealed(&ah_frame(), &[ah_bundle(false)]);
    let mut by_hand = ah_frame().bytes;
    seal_ah(&mut by_hand);
    assert_eq!(sent, by_hand);
}

#[test]
fn modes_of_udp() {
    // {subtype, UDP in level 0, fits level 0, status of a wrong ICV}
    for (udp, has, fits, wrong) in [
        (0, false, true, 3),
        (0, true, false, 7),
        (1, false, false, 7),
        (1, true, true, 3),
        (2, false, false, 7),
        (2, true, true, 5),
        (4, false, false, 7),
        (4, true, true, 5),
        (8, false, true, 5),
        (8, true, false, 7),
    ] {
        let frame = if has { udp_frame() } else { esp_frame(6) };
        let mut sent = sealed(&frame, &[esp_bundle(false, u8::from(has))]);
        let mut received = sent.clone();
        let mut engine = receiver(&[esp_bundle(true, udp)]);
        let words = engine.receive(&mut received);
        assert_eq!(
            words.crypto_status(),
            if fits { 0 } else { 7 },
            "{udp} {has}"
        );
        *sent.last_mut().unwrap() ^= 1;
        assert_eq!(untouched(&mut engine, &sent), status(wrong), "{udp} {has}");
    }
    // The same in level 1.
    for (udp, has, fits, wrong) in [
        (0, false, true, 3),
        (0, true, false, 7),
        (1, false, false, 7),
        (1, true, true, 3),
        (2, true, true, 5),
        (4, false, true, 3),
        (4, true, false, 7),
        (8, false, false, 7),
        (8, true, true, 3),
    ] {
        let outer = esp_bundle(false, 0);
        let frame = nested_frame(false, has);
        let plain = [inner_bundle(false, u8::from(has)), outer.clone()];
        let mut engine = receiver(&[esp_bundle(true, 0), inner_bundle(true, udp)]);
        let mut received = sealed(&frame, &plain);
        let words = engine.receive(&mut received);
        let expected = if fits { 0 } else { 7 };
        assert_eq!(words.slot1, 6 | expected << 16, "{udp} {has}");
        assert_eq!(words.header_info_set(), fits);
        // A wrong ICV of level 1 in a good level 0.
        let mut spoilt = frame.clone();
        let inner_icv = spoilt.len() - 16 - 4 - 1;
        let mut peer = Engine::new(1);
        let handle = peer.add(outer);
        spoilt.bytes[inner_icv] ^= 1;
        assert_eq!(
            peer.transmit(&mut spoilt.bytes, handle, 0, 0),
            TxResult::Success
        );
        let words = engine.receive(&mut spoilt.bytes);
        assert_eq!(words.slot1, 6 | wrong << 16, "{udp} {has}");
        assert_eq!(words.slot12, 0);
    }
}

#[test]
fn modes_that_are_learned() {
    let mut engine = receiver(&[esp_bundle(true, 0)]);
    let mut wrong = sealed(&esp_frame(6), &[esp_bundle(false, 0)]);
    *wrong.last_mut().unwrap() ^= 1;
    for (next_header, expected) in [(4, 5), (6, 3), (41, 5), (59, 3)] {
        let mut good = sealed(&esp_frame(next_header), &[esp_bundle(false, 0)]);
        assert_eq!(engine.receive(&mut good).crypto_status(), 0);
        assert_eq!(untouched(&mut engine, &wrong), status(expected));
    }
    // A good ICV with a bad pad length tells it too.
    let frame = esp_frame(4);
    let at = frame.len() - 18;
    let mut bad_pad = sealed(&frame.set(at, 255), &[esp_bundle(false, 0)]);
    assert_eq!(engine.receive(&mut bad_pad), status(6));
    assert_eq!(untouched(&mut engine, &wrong), status(5));

    // AH of a bundle of one.
    let mut engine = receiver(&[ah_bundle(true)]);
    let ah = |protocol| {
        let frame = Frame::v4().ah(7).protocol(protocol).fill(40).end();
        sealed(&frame, &[ah_bundle(false)])
    };
    for (next_header, expected) in [(4, 4), (6, 2), (41, 4), (59, 2)] {
        assert_eq!(untouched(&mut engine, &ah(next_header)), status(0));
        let wrong = Frame::raw(ah(6)).set(60, 0).bytes;
        assert_eq!(untouched(&mut engine, &wrong), status(expected));
    }

    // Of two ESP says it, for both; AH alone would not.
    let mut engine = receiver(&[pair_bundle(true)]);
    for (next_header, expected) in [(4, 4), (6, 2)] {
        let frame = Frame::v4()
            .ah(7)
            .esp()
            .fill(40)
            .trailer(next_header, 16)
            .end();
        let mut good = sealed(&frame, &[pair_bundle(false)]);
        let wrong = Frame::raw(good.clone()).set(60, 0).bytes;
        assert_eq!(engine.receive(&mut good).crypto_status(), 0);
        assert_eq!(untouched(&mut engine, &wrong), status(expected));
    }
}

#[test]
fn what_the_next_stage_looks_for() {
    let inner = || [inner_bundle(true, 0), esp_bundle(true, 0), ah_bundle(true)];
    // ESP in ESP, ESP in AH: the slot-12 word is that of the innermost trailer.
    let in_ah = Frame::v4().ah(7).protocol(4).ipv4(&[]).esp_spi(INNER_SPI);
    let in_ah = in_ah.fill(20).trailer(17, 16).end().end();
    for (frame, outer, next_header) in [
        (nested_frame(false, false), esp_bundle(false, 0), 6),
        (in_ah, ah_bundle(false), 17),
    ] {
        let mut sent = sealed(&frame, &[inner_bundle(false, 0), outer]);
        let words = receiver(&inner()).receive(&mut sent);
        assert_eq!((words.slot1, words.next_header()), (6, next_header));
    }
    // AH in ESP: the word stays that of the outer trailer.
    let frame = Frame::v4().esp().ipv4(&[]).ah(7).other().fill(20).end();
    let frame = frame.trailer(4, 16).end();
    let mut sent = sealed(&frame, &[ah_bundle(false), esp_bundle(false, 0)]);
    let words = receiver(&inner()).receive(&mut sent);
    assert_eq!((words.slot1, words.slot12), (6, 1 << 16 | 2 << 8 | 4));
    // Level 1 must end in front of the padding of level 0.
    let frame = nested_frame(false, false);
    for longer in [0, 1] {
        let mut peer = Engine::new(1);
        let handle = peer.add(inner_bundle(false, 0));
        let outer = peer.add(esp_bundle(false, 0));
        let mut bytes = frame.bytes.clone();
        // The inner packet on its own first, so that its ICV is good in its place.
        let mut own = [&bytes[..14], &bytes[50..bytes.len() - 20]].concat();
        assert_eq!(peer.transmit(&mut own, handle, 0, 0), TxResult::Success);
        let end = bytes.len() - 20;
        bytes[50..end].copy_from_slice(&own[14..]);
        // One byte more of padding is one of the inner packet.
        bytes[end + 2] += longer;
        assert_eq!(peer.transmit(&mut bytes, outer, 0, 0), TxResult::Success);
        let words = receiver(&inner()).receive(&mut bytes);
        let expected = if longer == 0 { 6 } else { 6 | 6 << 16 };
        assert_eq!(words.slot1, expected);
    }
}

#[test]
fn four_portions_in_four_stages() {
    let inner = NewBundle {
        ah: Some(keys(INNER_SPI + 1)),
        ..inner_bundle(false, 0)
    };
    let frame = Frame::v4().ah(7).esp().ipv6().ah_spi(8, INNER_SPI + 1);
    let frame = frame.esp_spi(INNER_SPI).fill(40).trailer(6, 16).end();
    let frame = frame.trailer(41, 16).end();
    let bundles = [NewBundle { v6: true, ..inner }, pair_bundle(false)];
    let sent = sealed(&frame, &bundles);
    let inbound = bundles.clone().map(|bundle| NewBundle {
        inbound: true,
        ..bundle
    });
    // How far each device comes: of a pair it does both or none.
    for (stages, slot1, next_header) in [(4, 6, 6), (3, 2, 41), (2, 2, 41), (1, 0, 0)] {
        let mut engine = Engine::new(stages);
        for bundle in &inbound {
            engine.add(bundle.clone());
        }
        let mut received = sent.clone();
        let words = engine.receive(&mut received);
        assert_eq!((words.slot1, words.next_header()), (slot1, next_header));
        if stages == 4 {
            let icv = received.len() - 16;
            assert_eq!(
                received[86..126],
                frame.bytes[86..126],
                "IPv6 header inside"
            );
            assert_eq!(
                received[182..icv - 20],
                frame.bytes[182..icv - 20],
                "payload"
            );
        }
        let handles = bundles.clone().map(|bundle| engine.add(bundle));
        let mut again = frame.bytes.clone();
        let result = engine.transmit(&mut again, handles[0], handles[1], 0);
        assert_eq!(result == TxResult::Success, stages == 4);
    }
    // Slot-12 word: level 1 (166, 126), not level 0 (70, 34), from the outermost IP header (14) on.
    for (hint, good) in [
        (38 << 24 | 28 << 16, true),
        (14 << 24 | 5 << 16, false),
        (38 << 24, false),
    ] {
        let mut engine = Engine::new(4);
        let handles = bundles.clone().map(|bundle| engine.add(bundle));
        let mut again = frame.bytes.clone();
        let result = engine.transmit(&mut again, handles[0], handles[1], hint);
        assert_eq!(result == TxResult::Success, good);
    }
}

/// An engine with outbound bundles: their handles are 1, 2, ...
fn sender(stages: usize, bundles: &[NewBundle]) -> Engine {
    let mut engine = Engine::new(stages);
    for bundle in bundles {
        engine.add(bundle.clone());
    }
    engine
}

#[track_caller]
fn sends(engine: &mut Engine, frame: &Frame, handles: [u32; 2], hint: u32, expected: bool) {
    let mut bytes = frame.bytes.clone();
    let result = engine.transmit(&mut bytes, handles[0], handles[1], hint);
    assert_eq!(result == TxResult::Success, expected);
}

#[test]
fn reasons_to_refuse_one_level() {
    let esp = || sender(1, &[esp_bundle(false, 0)]);
    let frame = || esp_frame(6);
    sends(&mut esp(), &frame(), [1, 0], 0, true);
    sends(&mut esp(), &frame(), [0, 0], 0, true);
    // Handles: none, of another generation, of an inbound bundle.
    for handle in [2, 0xFFFF, 0x1_0001, 0x1_0000] {
        sends(&mut esp(), &frame(), [handle, 0], 0, false);
    }
    sends(
        &mut sender(1, &[esp_bundle(true, 0)]),
        &frame(),
        [1, 0],
        0,
        false,
    );
    // Off.
    let mut off = esp();
    off.config.tx_esp = false;
    sends(&mut off, &frame(), [1, 0], 0, false);
    sends(&mut off, &frame(), [0, 0], 0, true);
    off.config.tx_esp = true;
    off.config.tx_ah = false;
    sends(&mut off, &frame(), [1, 0], 0, true);
    // IP version, SPI, destination.
    let v6 = NewBundle {
        v6: true,
        ..esp_bundle(false, 0)
    };
    sends(&mut sender(1, &[v6]), &frame(), [1, 0], 0, false);
    sends(&mut esp(), &frame().set(37, 0), [1, 0], 0, false);
    for (dst, good) in [
        (0xC000_0202, true),
        (0xC000_0203, false),
        (1 << 96 | 0xC000_0202, false),
    ] {
        let to = NewBundle {
            dst,
            ..esp_bundle(false, 0)
        };
        sends(&mut sender(1, &[to]), &frame(), [1, 0], 0, good);
    }
    // Slot-12 word: 20 / 4 = 5.
    for (hint, good) in [
        (5 << 24, true),
        (5 << 24 | 0xFFFF, true),
        (6 << 24, false),
        (5 << 24 | 5 << 16, false),
        (1, false),
    ] {
        sends(&mut esp(), &frame(), [1, 0], hint, good);
    }
    // No portion; lengths.
    sends(&mut esp(), &frame().set(23, 6), [1, 0], 0, false);
    sends(&mut esp(), &frame().set(16, 1), [1, 0], 0, false);
    let len = frame().len();
    sends(&mut esp(), &frame().cut(len - 1), [1, 0], 0, false);
    for (text, good) in [(0, false), (1, false), (2, true)] {
        let frame = Frame::v4().esp().fill(text + 16).end();
        sends(&mut esp(), &frame, [1, 0], 0, good);
    }
    // Behind the packet there may be more.
    sends(&mut esp(), &frame().fill(5), [1, 0], 0, true);
    for (len, good) in [(13, false), (14, true), (9618, true), (9619, false)] {
        sends(&mut esp(), &Frame::raw(vec![0; len]), [0, 0], 0, good);
    }
    // A shorter ICV.
    for icv_len in [8, 12] {
        let short = NewBundle {
            esp: Some(NewSa {
                icv_len,
                ..keys(ESP_SPI)
            }),
            ..esp_bundle(false, 0)
        };
        let frame = Frame::v4().esp().fill(20).trailer(6, icv_len.into()).end();
        let full = Frame::v4().esp().fill(20).trailer(6, 16).end();
        let sent = sealed(&frame, &[short]);
        let full = sealed(&full, &[esp_bundle(false, 0)]);
        // The text is the same; the ICV is that of the text and the header, which does not hold the length.
        assert_eq!(sent[50..], full[50..full.len() - 16 + usize::from(icv_len)]);
    }

    // UDP.
    let udp = |udp| sender(1, &[esp_bundle(false, udp)]);
    for (subtype, with, without) in [
        (0, false, true),
        (1, true, false),
        (2, true, false),
        (4, true, false),
        (8, false, true),
    ] {
        sends(&mut udp(subtype), &udp_frame(), [1, 0], 0, with);
        sends(&mut udp(subtype), &frame(), [1, 0], 0, without);
    }
    sends(&mut udp(1), &udp_frame().set(39, 0), [1, 0], 0, false);
    let mut port = udp(1);
    port.config.udp_port = 1;
    sends(&mut port, &udp_frame(), [1, 0], 0, true);
    port.config.udp_port = 2;
    sends(&mut port, &udp_frame(), [1, 0], 0, false);

    // AH.
    let ah = || sender(1, &[ah_bundle(false)]);
    sends(&mut ah(), &ah_frame(), [1, 0], 5 << 16, true);
    sends(&mut ah(), &ah_frame(), [1, 0], 5 << 24, false);
    sends(&mut ah(), &frame(), [1, 0], 0, false);
    sends(&mut esp(), &ah_frame(), [1, 0], 0, false);
    let mut off = ah();
    off.config.tx_ah = false;
    sends(&mut off, &ah_frame(), [1, 0], 0, false);
    for (words, good) in [(6, false), (7, true), (17, true), (18, false), (255, false)] {
        // The packet has 40 bytes behind 36 bytes of AH: 4 * (17 + 2) = 76.
        sends(&mut ah(), &ah_frame().set(35, words), [1, 0], 0, good);
    }
    let len = ah_frame().len();
    sends(&mut ah(), &ah_frame().cut(len - 1), [1, 0], 0, false);

    // Two associations if and only if there are AH and ESP.
    let pair = || sender(2, &[pair_bundle(false)]);
    sends(&mut pair(), &pair_frame(), [1, 0], 14 << 24 | 5 << 16, true);
    sends(&mut pair(), &pair_frame(), [1, 0], 14 << 24, false);
    sends(&mut pair(), &ah_frame(), [1, 0], 0, false);
    sends(&mut pair(), &frame(), [1, 0], 0, false);
    sends(
        &mut sender(2, &[esp_bundle(false, 0)]),
        &pair_frame(),
        [1, 0],
        0,
        false,
    );
    sends(
        &mut sender(2, &[ah_bundle(false)]),
        &pair_frame(),
        [1, 0],
        0,
        false,
    );
    sends(
        &mut sender(1, &[pair_bundle(false)]),
        &pair_frame(),
        [1, 0],
        0,
        false,
    );
    let mut off = pair();
    off.config.tx_ah = false;
    sends(&mut off, &pair_frame(), [1, 0], 0, false);
    // The SPI of AH is compared by the stage of AH.
    sends(&mut pair(), &pair_frame().set(41, 0), [1, 0], 0, false);
    sends(&mut pair(), &pair_frame().set(73, 0), [1, 0], 0, false);
}

#[test]
fn reasons_to_refuse_two_levels() {
    let both = || sender(2, &[inner_bundle(false, 0), esp_bundle(false, 0)]);
    let frame = || nested_frame(false, false);
    sends(&mut both(), &frame(), [1, 2], 0, true);
    // The offload handle alone is that of level 0.
    sends(&mut both(), &frame(), [2, 0], 0, true);
    sends(&mut both(), &frame(), [1, 0], 0, false);
    sends(&mut both(), &frame(), [0, 2], 0, false);
    sends(&mut both(), &frame(), [2, 1], 0, false);
    sends(&mut both(), &frame(), [1, 3], 0, false);
    sends(&mut both(), &frame(), [1, 0x1_0002], 0, false);
    let mut one = sender(1, &[inner_bundle(false, 0), esp_bundle(false, 0)]);
    sends(&mut one, &frame(), [1, 2], 0, false);
    // One level, two handles.
    sends(&mut both(), &esp_frame(4), [1, 2], 0, false);
    // UDP in either level: 4 wants it in level 0, 8 in level 1.
    for (udp, levels) in [
        ([0, 0], [false, false]),
        ([0, 2], [true, false]),
        ([0, 4], [true, false]),
        ([4, 4], [true, false]),
        ([8, 8], [false, true]),
        ([1, 0], [false, true]),
        ([1, 2], [true, true]),
    ] {
        for has in [[false, false], [true, false], [false, true], [true, true]] {
            let mut engine = sender(2, &[inner_bundle(false, udp[0]), esp_bundle(false, udp[1])]);
            sends(
                &mut engine,
                &nested_frame(has[0], has[1]),
                [1, 2],
                0,
                has == levels,
            );
        }
    }
    // Level 1 ends in front of the ICV of level 0: at its trailer or in it.
    let inner_length = 50 + 3;
    let length = frame().bytes[inner_length];
    for (longer, good) in [(0, true), (4, true), (5, false), (20, false)] {
        let frame = frame().set(inner_length, length + longer);
        sends(&mut both(), &frame, [1, 2], 0, good);
    }
    // AH in level 0: the end of level 1 is not behind its end.
    let in_ah = || {
        let frame = Frame::v4().ah(7).protocol(4).ipv4(&[]).esp_spi(INNER_SPI);
        frame.fill(20).trailer(17, 16).end().end()
    };
    let ah = || sender(2, &[inner_bundle(false, 0), ah_bundle(false)]);
    sends(&mut ah(), &in_ah(), [1, 2], 0, true);
    let length = in_ah().bytes[17];
    sends(&mut ah(), &in_ah().set(17, length - 1), [1, 2], 0, false);
    sends(
        &mut ah(),
        &in_ah().fill(1).set(17, length + 1),
        [1, 2],
        0,
        true,
    );
}
