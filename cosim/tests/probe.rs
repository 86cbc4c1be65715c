// SPDX-License-Identifier: Apache-2.0
//! The first difference of two lists of probe events.

use ipsec_cosim_device::probe::{Path, ProbeCompare};
use ipsec_cosim_device::{Boundary, FirstDifference, ProbeEvent, first_difference};

const RX: Path = Path::Receive;
const TX: Path = Path::Transmit;

fn event(clock: u64, path: Path, number: u32, frame: u64, beat: u32, digest: u64) -> ProbeEvent {
    ProbeEvent {
        clock,
        boundary: Boundary { path, number },
        frame,
        beat,
        digest,
    }
}

/// Two frames of three beats through a path of one stage.
fn good() -> Vec<ProbeEvent> {
    let mut events = Vec::new();
    for (number, delay) in [(0, 10), (1, 50)] {
        for frame in 0..2 {
            for beat in 0..3 {
                let clock = delay + 4 * frame + u64::from(beat);
                events.push(event(
                    clock,
                    RX,
                    number,
                    frame,
                    beat,
                    100 * frame + u64::from(beat),
                ));
            }
        }
    }
    events
}

fn told(first: Option<FirstDifference>) -> String {
    first.map_or("none".into(), |first| first.to_string())
}

#[test]
fn equal_lists_in_any_order_do_not_differ() {
    let mut other = good();
    other.reverse();
    assert_eq!(first_difference(good(), other), None);
}

#[test]
fn the_earliest_difference_is_told() {
    // Wrong bytes, which travel on: the cause is named, not the effect.
    let mut other = good();
    other[4].digest = 0xbad;
    other[10].digest = 0xbad;
    assert_eq!(
        told(first_difference(good(), other)),
        "receive, input, frame 1, beat 1: the bytes differ (clock 15, digests 0000000000000065 and \
         0000000000000bad)"
    );
    // Late.
    let mut other = good();
    other[7].clock += 2;
    assert_eq!(
        told(first_difference(good(), other)),
        "receive, output of stage 0, frame 0, beat 1: expected in clock 51, actual in clock 53"
    );
    // Late, and wrong.
    let mut other = good();
    other[7].clock -= 2;
    other[7].digest += 1;
    assert_eq!(
        told(first_difference(good(), other)),
        "receive, output of stage 0, frame 0, beat 1: expected in clock 51, actual in clock 49, and \
         the bytes differ"
    );
    // Lost.
    let mut other = good();
    other.remove(6);
    assert_eq!(
        told(first_difference(good(), other.clone())),
        "receive, output of stage 0, frame 0, beat 0: expected in clock 50, does not happen"
    );
    assert_eq!(
        told(first_difference(other, good())),
        "receive, output of stage 0, frame 0, beat 0: not expected, happens in clock 50"
    );
    // In the same clock the boundary nearer to the input is told.
    let mut other = good();
    other.push(event(30, TX, 2, 0, 0, 0));
    other.push(event(30, TX, 1, 0, 0, 0));
    assert_eq!(
        told(first_difference(good(), other)),
        "transmit, output of stage 0, frame 0, beat 0: not expected, happens in clock 30"
    );
}

#[test]
fn a_reset_starts_the_frames_again_and_ends_what_was_foreseen() {
    let mut compare = ProbeCompare::default();
    // The one foresees a beat for clock 20, but the reset comes in clock 15.
    compare.expected([event(10, RX, 0, 0, 0, 1), event(20, RX, 1, 0, 0, 1)]);
    compare.actual([event(10, RX, 0, 0, 0, 1)]);
    compare.cut(15);
    // Frame 0 again.
    compare.actual([event(30, RX, 0, 0, 0, 7), event(40, RX, 1, 0, 0, 7)]);
    compare.expected([event(30, RX, 0, 0, 0, 7)]);
    assert_eq!(compare.first(), None);
    compare.cut(45);
    assert_eq!(
        told(compare.first()),
        "receive, output of stage 0, frame 0, beat 0: not expected, happens in clock 40"
    );
}
