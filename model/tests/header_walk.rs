// SPDX-License-Identifier: Apache-2.0
//! The rules of the walk of headers, one frame for each, with decision beats that were computed by hand from
//! docs/cycle_formulae.md: D = (x + 2) / 16.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

mod frames;

use frames::Frame;
use ipsec_model::frame_parser::{BEAT, Owner, Pair, Parse, Portion, Start, Task, parse};

/// {decision beat, what was found}, as a front asks beat by beat.
fn decide(frame: &[u8], task: &Task, udp_port: u16) -> (usize, Option<Portion>) {
    let mut need = 0;
    for beat in 0.. {
        let last = BEAT * (beat + 1) >= frame.len();
        if beat != need && !last {
            continue;
        }
        let seen = &frame[..frame.len().min(BEAT * (beat + 1))];
        match parse(seen, last, task, udp_port) {
            Parse::Need(next) => {
                assert!(next > beat && !last, "asked for {next} at {beat}");
                need = next;
            }
            Parse::Nothing => return (beat, None),
            Parse::Found(portion) => return (beat, Some(portion)),
        }
    }
    unreachable!("the loop has no end")
}

const RX: Task = Task {
    start: Start::Ethernet,
    inner: false,
    limit: None,
};

const TX: Task = Task {
    start: Start::First,
    ..RX
};

const INNER: Task = Task { inner: true, ..TX };

const INNER_AH: Task = Task {
    start: Start::Ah,
    ..INNER
};

/// Where AH and ESP were found.
type Found = Option<(Option<usize>, Option<usize>)>;

const NONE: Found = None;

const fn esp(at: usize) -> Found {
    Some((None, Some(at)))
}

const fn ah(at: usize) -> Found {
    Some((Some(at), None))
}

const fn both(ah: usize, esp: usize) -> Found {
    Some((Some(ah), Some(esp)))
}

/// Behind what is said a frame goes on for 1,200 bytes, unless it was cut.
#[track_caller]
fn long(name: &str, task: &Task, frame: Frame, expected: (usize, Found)) {
    let mut frame = frame;
    let len = frame.bytes.len() + 1200;
    frame.bytes.resize(len, 0xA5);
    exact(name, task, frame, expected);
}

#[track_caller]
fn exact(name: &str, task: &Task, frame: Frame, expected: (usize, Found)) {
    let (beat, portion) = decide(&frame.bytes, task, 4500);
    let found = portion.map(|portion| {
        let level = portion.level;
        (level.ah.map(|ah| ah.at), level.esp.map(|esp| esp.at))
    });
    assert_eq!((beat, found), expected, "{name}");
}

#[test]
fn ethernet_and_ip() {
    let eth = Frame::ethernet;
    long("no IP", &RX, eth(0x0806), (0, NONE)); // 13
    long("a tag, no IP", &RX, Frame::tagged(0x0806), (1, NONE)); // 17
    long("two tags", &RX, Frame::tagged(0x8100), (1, NONE)); // 17
    long(
        "a tag, IPv4",
        &RX,
        Frame::tagged(0x0800).ipv4(&[]).esp(),
        (3, esp(38)),
    ); // 53
    long(
        "a tag, IPv6",
        &RX,
        Frame::tagged(0x86DD).ipv6().esp(),
        (4, esp(58)),
    ); // 73

    long("IPv4, ESP", &RX, Frame::v4().esp(), (3, esp(34))); // 49
    long(
        "IPv4, another protocol",
        &RX,
        Frame::v4().other(),
        (2, NONE),
    ); // 33
    long("IPv4, UDP of others", &RX, Frame::v4().udp(1, 2), (2, NONE)); // 41
    let options = |n: usize| eth(0x0800).ipv4(&vec![1; 4 * n]);
    long("one word of options", &RX, options(1).esp(), (3, esp(38))); // 53
    long("ten words of options", &RX, options(10).esp(), (5, esp(74))); // 89
    long(
        "ten words, another protocol",
        &RX,
        options(10).other(),
        (4, NONE),
    ); // 73
    long(
        "header length 4",
        &RX,
        Frame::v4().esp().set(14, 0x44),
        (2, NONE),
    ); // 33
    long(
        "header length 0",
        &RX,
        Frame::v4().esp().set(14, 0x40),
        (2, NONE),
    ); // 33
    long("version 5", &RX, Frame::v4().esp().set(14, 0x55), (2, NONE)); // 33
    long(
        "version 6, 60 bytes",
        &RX,
        Frame::v4().esp().set(14, 0x6F),
        (4, NONE),
    ); // 73
    long("MF", &RX, Frame::v4().esp().set(20, 0x20), (2, NONE));
    long(
        "fragment offset, high",
        &RX,
        Frame::v4().esp().set(20, 0x10),
        (2, NONE),
    );
    long(
        "fragment offset, low",
        &RX,
        Frame::v4().esp().set(21, 1),
        (2, NONE),
    );
    long(
        "reserved bit, DF",
        &RX,
        Frame::v4().esp().set(20, 0xC0),
        (3, esp(34)),
    );
    // Extension headers exist behind IPv6 only.
    for protocol in [0, 43, 60] {
        long(
            "no extension header",
            &RX,
            Frame::v4().ext(protocol, 8).esp(),
            (2, NONE),
        );
    }

    long("IPv6, ESP", &RX, Frame::v6().esp(), (4, esp(54))); // 69
    long(
        "IPv6, another protocol",
        &RX,
        Frame::v6().other(),
        (3, NONE),
    ); // 53
    long(
        "IPv6, a fragment",
        &RX,
        Frame::v6().ext(44, 8).esp(),
        (3, NONE),
    ); // 53
    long("version 4", &RX, Frame::v6().esp().set(14, 0x45), (3, NONE)); // 53
    let empty = |frame: Frame| frame.set(18, 0);
    long(
        "jumbogram",
        &RX,
        empty(Frame::v6().ext(0, 8).esp()),
        (3, NONE),
    ); // 53
    long(
        "length 0, no hop-by-hop",
        &RX,
        empty(Frame::v6().esp()),
        (4, esp(54)),
    );
}

#[test]
fn extension_headers() {
    let v6 = Frame::v6;
    for protocol in [0, 43, 60] {
        long("one", &RX, v6().ext(protocol, 8).esp(), (4, esp(62))); // 77
        long("one of 16", &RX, v6().ext(protocol, 16).esp(), (5, esp(70))); // 85
        long(
            "one, then others",
            &RX,
            v6().ext(protocol, 16).other(),
            (4, NONE),
        ); // 69
    }
    long(
        "in any order",
        &RX,
        v6().ext(60, 8).ext(43, 24).ext(0, 16).esp(),
        (7, esp(102)), // 117
    );
    let many = |n: usize| (0..n).fold(v6(), |frame, _| frame.ext(60, 8));
    long("eight", &RX, many(8).esp(), (8, esp(118))); // 133
    long("nine", &RX, many(9).esp(), (7, NONE)); // 117: the ninth is not looked at
    // 40 + 976 = 1,016 bytes behind the IP header.
    long(
        "as far as it goes",
        &RX,
        v6().ext(0, 976).esp(),
        (65, esp(1030)),
    ); // 1045
    long(
        "AH so far",
        &RX,
        v6().ext(0, 976).ah(7).esp(),
        (66, ah(1030)),
    ); // 1065
    long("too far", &RX, v6().ext(0, 984).esp(), (3, NONE)); // 57
    long(
        "too far by the second",
        &RX,
        v6().ext(0, 960).ext(60, 24).esp(),
        (63, NONE),
    ); // 1017
    // The base is the IP header: a tag changes nothing.
    long(
        "behind a tag",
        &RX,
        Frame::tagged(0x86DD).ipv6().ext(0, 976).esp(),
        (65, esp(1034)), // 1049
    );
    long(
        "UDP so far",
        &RX,
        v6().ext(0, 976).udp(4500, 1).esp(),
        (64, NONE),
    ); // 1037
    long(
        "UDP as far as it goes",
        &RX,
        v6().ext(0, 968).udp(4500, 1).esp(),
        (65, esp(1030)),
    );
}

#[test]
fn udp() {
    let udp = |source, destination| Frame::v4().udp(source, destination);
    long("destination", &RX, udp(1, 4500).esp(), (3, esp(42))); // 57
    long("source", &RX, udp(4500, 1).esp(), (3, esp(42)));
    long("both", &RX, udp(4500, 4500).esp(), (3, esp(42)));
    long("none", &RX, udp(4501, 4499).esp(), (2, NONE)); // 41
    long("IPv6", &RX, Frame::v6().udp(1, 4500).esp(), (4, esp(62))); // 77
    long("non-ESP marker", &RX, udp(1, 4500).esp_spi(0), (3, NONE));
    // What follows is ESP, whatever it looks like.
    long("AH does not exist", &RX, udp(1, 4500).ah(7), (3, esp(42)));
    let mut frame = udp(1, 17).esp();
    frame.bytes.resize(200, 0);
    let (_, portion) = decide(&frame.bytes, &RX, 17);
    assert_eq!(portion.unwrap().level.udp_end, Some(34 + 512));
}

#[test]
fn ah_and_what_is_behind() {
    let v4 = Frame::v4;
    long("AH", &RX, v4().ah(7).other(), (4, ah(34))); // 69
    long("AH over IPv6", &RX, Frame::v6().ah(8).other(), (5, ah(54))); // 89
    long("AH, ESP", &RX, v4().ah(7).esp(), (5, both(34, 70))); // 85
    long(
        "AH with padding, ESP",
        &RX,
        v4().ah(8).esp(),
        (5, both(34, 74)),
    ); // 89
    long(
        "AH with much padding, ESP",
        &RX,
        v4().ah(80).esp(),
        (23, both(34, 362)),
    ); // 377
    long("AH too short for ESP", &RX, v4().ah(6).esp(), (4, ah(34))); // 69
    long(
        "AH, UDP",
        &RX,
        v4().ah(7).udp(4500, 4500).esp(),
        (4, ah(34)),
    );
    long("AH, AH", &RX, v4().ah(7).ah(7), (4, ah(34)));
    // 20 + 4 * (248 + 2) = 1,020 bytes behind the IP header, and 4 more.
    long(
        "ESP as far as it goes",
        &RX,
        v4().ah(248).esp(),
        (65, both(34, 1034)),
    ); // 1049
    long("ESP too far", &RX, v4().ah(249).esp(), (4, ah(34)));
    long(
        "reserved SPI of AH",
        &RX,
        v4().ah_spi(7, 255).esp(),
        (5, NONE),
    );
    long("reserved SPI of ESP", &RX, v4().esp_spi(255), (3, NONE));
    long("first SPI", &RX, v4().esp_spi(256), (3, esp(34)));
    long(
        "the first SPI counts",
        &RX,
        v4().ah(7).esp_spi(255),
        (5, both(34, 70)),
    );
    long(
        "on transmit none is reserved",
        &TX,
        v4().esp_spi(255),
        (3, esp(34)),
    );
}

#[test]
fn routes() {
    let routed = |left| Frame::v6().ext(43, 24).set(57, left);
    long("exhausted", &RX, routed(0).ah(7).other(), (7, ah(78))); // 113
    long("not exhausted", &RX, routed(1).ah(7).other(), (4, NONE)); // 77
    long("ESP does not care", &RX, routed(1).esp(), (5, esp(78))); // 93
    let destination = Frame::v6().ext(60, 24).set(57, 1);
    long(
        "not a routing header",
        &RX,
        destination.ah(7).other(),
        (7, ah(78)),
    );

    let v4 = |options: &[u8]| Frame::ethernet(0x0800).ipv4(options).ah(7).other();
    for kind in [131, 137] {
        let route = |length, pointer| v4(&[1, kind, length, pointer, 1, 1, 1, 0]);
        long("exhausted", &RX, route(3, 4), (4, ah(42))); // 77
        long("not exhausted", &RX, route(3, 3), (2, NONE)); // 41
        long("not exhausted", &RX, route(7, 4), (2, NONE));
        long("longer than the header", &RX, route(200, 200), (2, NONE));
        long("too short for a pointer", &RX, route(2, 0), (4, ah(42)));
        let last = |options: &[u8]| v4(options);
        long(
            "no pointer in the header",
            &RX,
            last(&[1, 1, kind, 3]),
            (4, ah(38)),
        ); // 73
    }
    long(
        "another option",
        &RX,
        v4(&[7, 7, 4, 1, 1, 1, 1, 0]),
        (4, ah(42)),
    );
    long(
        "behind the end",
        &RX,
        v4(&[0, 131, 7, 4, 1, 1, 1, 1]),
        (4, ah(42)),
    );
    long(
        "in the data of another",
        &RX,
        v4(&[7, 8, 131, 7, 4, 1, 1, 1]),
        (4, ah(42)),
    );
}

#[test]
fn starts_behind_a_portion() {
    let frame = Frame::raw(vec![0; 50]).ipv4(&[]).esp();
    let at = |start| Task {
        start,
        inner: true,
        limit: Some(600),
    };
    long("IPv4", &at(Start::Ipv4(50)), frame.clone(), (5, esp(70))); // 85
    long("not IPv6", &at(Start::Ipv6(50)), frame.clone(), (5, NONE)); // 89
    let pair = Pair {
        esp: 70,
        end: 500,
        owner: Owner::default(),
    };
    long("pair", &at(Start::Pair(pair)), frame.clone(), (5, esp(70))); // 85
    long("nothing", &Task::default(), frame, (0, NONE));
}

#[test]
fn frames_that_end_early() {
    let v4 = || Frame::v4().esp();
    exact("in the type", &RX, v4().cut(13), (0, NONE));
    exact("in the IP header", &RX, v4().cut(33), (2, NONE));
    exact("in front of the SPI", &RX, v4().cut(34), (2, NONE));
    exact("in the SPI", &RX, v4().cut(37), (2, NONE));
    exact("behind the SPI", &RX, v4().cut(38), (2, esp(34)));
    exact("in the IV", &RX, v4().cut(49), (3, esp(34)));
    exact("behind the IV", &RX, v4().cut(50), (3, esp(34)));
    let ah_frame = || Frame::v4().ah(7).esp();
    exact("in the SPI of AH", &RX, ah_frame().cut(41), (2, NONE));
    exact("behind the SPI of AH", &RX, ah_frame().cut(42), (2, ah(34)));
    exact("in the ICV", &RX, ah_frame().cut(69), (4, ah(34)));
    exact("in the SPI behind AH", &RX, ah_frame().cut(73), (4, ah(34)));
    exact(
        "behind the SPI behind AH",
        &RX,
        ah_frame().cut(74),
        (4, both(34, 70)),
    );
    exact(
        "in UDP",
        &RX,
        Frame::v4().udp(1, 4500).esp().cut(41),
        (2, NONE),
    );
    let options = || Frame::v6().ext(60, 24).esp();
    exact("in an extension header", &RX, options().cut(77), (4, NONE));
    exact("in its first word", &RX, options().cut(57), (3, NONE));
    for (len, truncated) in [(49, true), (50, false)] {
        let (_, portion) = decide(&v4().cut(len).bytes, &RX, 4500);
        assert_eq!(portion.unwrap().level.esp.unwrap().truncated, truncated);
    }
    for (len, truncated) in [(69, true), (70, false)] {
        let (_, portion) = decide(&ah_frame().cut(len).bytes, &RX, 4500);
        assert_eq!(portion.unwrap().level.ah.unwrap().truncated, truncated);
    }
}

#[test]
fn two_levels_on_transmit() {
    let v4 = Frame::v4;
    let esp_esp = || v4().esp().ipv4(&[]).esp();
    long("level 0", &TX, esp_esp(), (3, esp(34)));
    long("level 1", &INNER, esp_esp(), (5, esp(70))); // 85
    long("IPv6 inside", &INNER, v4().esp().ipv6().esp(), (6, esp(90))); // 105
    long(
        "no IP inside",
        &INNER,
        v4().esp().set(34, 1).protocol(0).set(49, 9),
        (3, NONE),
    ); // 50
    long("version 5", &INNER, esp_esp().set(50, 0x55), (3, NONE)); // 50
    long(
        "no IPsec inside",
        &INNER,
        v4().esp().ipv4(&[]).other(),
        (4, NONE),
    ); // 69
    long("no IPsec outside", &INNER, v4().other(), (2, NONE));
    long(
        "AH inside",
        &INNER,
        v4().esp().ipv4(&[]).ah(7).other(),
        (6, ah(70)),
    ); // 105
    let pair_inside = || v4().esp().ipv4(&[]).ah(7).esp();
    long("both inside", &INNER, pair_inside(), (7, both(70, 106))); // 121
    long("AH of both", &INNER_AH, pair_inside(), (7, both(70, 106)));
    let behind_ah = |protocol: u8| v4().ah(7).protocol(protocol);
    long(
        "AH outside, IPv4",
        &INNER,
        behind_ah(4).ipv4(&[]).esp(),
        (6, esp(90)),
    ); // 105
    long(
        "AH outside, IPv6",
        &INNER,
        behind_ah(41).ipv6().esp(),
        (7, esp(110)),
    ); // 125
    long(
        "AH outside, not IP",
        &INNER,
        behind_ah(6).ipv4(&[]).esp(),
        (4, NONE),
    ); // 69
    long(
        "AH outside, the other IP",
        &INNER,
        behind_ah(41).ipv4(&[]).esp(),
        (6, NONE),
    ); // 109
    long(
        "both outside",
        &INNER,
        v4().ah(7).esp().ipv4(&[]).esp(),
        (7, esp(106)),
    ); // 121
    // ESP behind AH that does not count: then AH is the last, and it says 50.
    long(
        "short AH outside",
        &INNER,
        v4().ah(6).esp().ipv4(&[]).esp(),
        (4, NONE),
    );
    long(
        "UDP outside",
        &INNER,
        v4().udp(4500, 1).esp().ipv4(&[]).esp(),
        (5, esp(78)),
    ); // 93
    // A route is looked at where the portion is.
    let routed = || Frame::v6().ext(43, 24).set(57, 1).ah(7);
    long(
        "route of level 0",
        &INNER,
        routed().protocol(4).ipv4(&[]).esp(),
        (9, esp(134)),
    ); // 149
    long("route of level 0, its AH", &TX, routed().other(), (4, NONE));
    // Offsets count from the outermost IP header: 20 + 16 + 40 + 944 = 1,020.
    let far = |size| v4().esp().ipv6().ext(0, size).esp();
    long("as far as it goes", &INNER, far(944), (65, esp(1034))); // 1049
    long("too far", &INNER, far(952), (5, NONE)); // 93

    let (_, portion) = decide(&[esp_esp().bytes, vec![0; 99]].concat(), &INNER, 4500);
    let portion = portion.unwrap();
    assert_eq!(
        (portion.base, portion.outer_headers, portion.inner),
        (14, 1, true)
    );
    let (_, portion) = decide(&[pair_inside().bytes, vec![0; 99]].concat(), &INNER, 4500);
    assert!(!portion.unwrap().ah, "ESP first");
    let (_, portion) = decide(
        &[pair_inside().bytes, vec![0; 99]].concat(),
        &INNER_AH,
        4500,
    );
    assert!(portion.unwrap().ah);
}
