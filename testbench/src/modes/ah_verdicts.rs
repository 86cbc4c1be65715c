// SPDX-License-Identifier: Apache-2.0
//! What a received frame can come to where AH is involved, and inside a tunnel: SAs that cannot be read, wrong ICVs at
//! the inner level, requests to delete.

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;

use super::course::{Course, Pair};
use super::layer::Forms;
use super::spec::{Kind, Spec, address};
use crate::esp::ip_packet;
use crate::sa::Direction;
use crate::scenario::{Configuration, Memory, Operation, Scenario};

fn configure(course: &mut Course, configuration: Configuration) {
    course.settle();
    course.scenario.push(Operation::Configure(configuration));
}

/// An inbound bundle whose rows are written with a parity error.
fn unreadable(course: &mut Course, kind: Kind, number: u32) -> Pair {
    let spec = Spec::new(kind, number % 2 == 1);
    configure(
        course,
        Configuration {
            parity_inject: Some(vec![Memory::Sa]),
            ..Configuration::default()
        },
    );
    let sa = spec.sa(Direction::Inbound, number, &mut course.rng);
    let place = course.add(sa.clone());
    if let Some(place) = place {
        course.opinion.bundles[place].unreadable = true;
    }
    course.settle();
    course.scenario.expect_register(regs::PARITY_INJECT, 0);
    Pair {
        bundles: place.map(|place| [place; 2]),
        sa,
        spec,
        number,
    }
}

/// A frame of one pair in the tunnel of another; the content is damaged before the tunnel is sealed.
fn nested(course: &mut Course, outer: &Pair, inner: &Pair, damaged: bool) -> Vec<u8> {
    let payload = course.rng.range(1, 60) as usize;
    let content = Forms::plain(course.rng.bytes(payload));
    let mut within = inner.layer(true, &mut course.rng).around(17, &content);
    if damaged && let Some(last) = within.sealed.last_mut() {
        *last ^= 0x40;
    }
    outer
        .layer(false, &mut course.rng)
        .around(inner.version(), &within)
        .ethernet(None, &[])
        .sealed
}

/// The class.
pub fn ah_verdicts(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("ah-verdicts", device, seed);
    let tunnel = course.pair(Spec::new(Kind::Gcm(16), false));
    let ah = course.pair(Spec::new(Kind::Ah, true));
    let mut sound = vec![ah];
    if device.stages > 1 {
        sound.push(course.pair(Spec::new(Kind::AhGcm(12), false)));
    }
    course.commands();
    let mut errors = 0;
    for (number, kind) in [
        (40, Kind::Ah),
        (41, Kind::Gcm(8)),
        (42, Kind::Gmac),
        (43, Kind::Ah),
    ] {
        let bad = unreadable(&mut course, kind, number);
        for _ in 0..3 {
            let forms = course.frame(&bad, 20);
            course.receive(forms.sealed);
            errors += 1;
            let good = course.frame(&sound[0], 9);
            course.receive(good.sealed);
            if device.stages > 1 {
                let frame = nested(&mut course, &tunnel, &bad, false);
                course.receive(frame);
                errors += 1;
            }
        }
        course.settle();
        course
            .scenario
            .expect_register(regs::COUNTERS_PARITY_ERRORS_LO, errors);
        if let Some([place, _]) = bad.bundles {
            course.delete(place);
        }
    }
    course.settle();
    // The inner AH speaks of a tunnel once a good frame of it had one inside.
    if device.stages > 1 {
        let inner = &sound[0];
        let [src, dst] = [8, 9].map(|net| address(false, net, 1));
        for damaged in [false, true, true] {
            let content =
                Forms::plain(course.rng.bytes(30)).map(|bytes| ip_packet(src, dst, 253, bytes));
            let mut within = inner.layer(true, &mut course.rng).around(4, &content);
            if damaged && let Some(last) = within.sealed.last_mut() {
                *last ^= 1;
            }
            let layer = tunnel.layer(false, &mut course.rng);
            let frame = layer.around(inner.version(), &within).ethernet(None, &[]);
            course.receive(frame.sealed);
            course.settle();
        }
    }
    for inner in &sound {
        if 1 + inner.spec.kind.portions() > device.stages {
            continue;
        }
        for damaged in [true, false, true] {
            let frame = nested(&mut course, &tunnel, inner, damaged);
            course.receive(frame);
        }
    }
    // Every good frame asks: above the watermark, and again after each.
    configure(
        &mut course,
        Configuration {
            sa_watermark: Some(0),
            sa_delete_repeat: Some(1),
            ..Configuration::default()
        },
    );
    let mut asked = 0;
    for pair in sound.iter().chain([&tunnel]) {
        for good in [true, false, true, true] {
            let mut frame = course.frame(pair, 30).sealed;
            if !good && let Some(last) = frame.last_mut() {
                *last ^= 1;
            }
            course.receive_asked(frame, good);
            asked += u32::from(good);
        }
    }
    course.settle();
    course
        .scenario
        .expect_register(regs::COUNTERS_SA_DELETE_REQS_LO, asked);
    course.expect_stats();
    course.scenario
}
