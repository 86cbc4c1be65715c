// SPDX-License-Identifier: Apache-2.0
//! Each bit of every header of AH frames flipped: what a router may change passes, all else fails with the
//! frame untouched. In transport mode and tunnel mode, with and without options and extension headers, AH
//! alone and around ESP.

use ipsec_cosim_device::DeviceConfig;

use super::course::Course;
use super::layer::{Forms, Layer};
use super::opinion::Named;
use super::spec::{Kind, Spec, address};
use crate::esp::ip_packet;
use crate::scenario::{Expected, Scenario};

/// IPv4 options: router alert (counts), record route (does not), no-operation, end and a byte behind it.
const OPTIONS: [u8; 16] = [148, 4, 0, 0, 7, 7, 4, 1, 2, 3, 4, 1, 68, 2, 0, 9];

/// Extension headers, with options of both kinds and an exhausted route.
fn extensions() -> Vec<(u8, Vec<u8>)> {
    vec![
        (0, vec![0x3e, 2, 5, 6, 1, 0]),
        (43, vec![0, 0, 7, 7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8]),
        (60, vec![0x1e, 3, 5, 6, 7, 0, 0x3e, 1, 9, 0, 0x20, 1, 4, 0]),
    ]
}

/// Bits, as offset from the IP header and mask, that may change in transit. Written down by hand from RFC 4302.
fn may_change(v6: bool, extras: bool, at: usize, mask: u8) -> bool {
    match (v6, at) {
        (false, 1 | 8 | 10 | 11) => true,
        // More fragments and fragment offset make it no packet of AH.
        (false, 6) => mask & 0xc0 != 0,
        // Record route, time stamp: their data. (Their type and length say what the rest is.)
        (false, 26..=30) => extras,
        (true, 0) => mask & 0x0f != 0,
        (true, 1..=3 | 7) => true,
        (true, 44 | 45) => extras,
        (true, 74 | 78) => extras,
        _ => false,
    }
}

/// The class.
pub fn ah_fields(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("ah-fields", device, seed);
    for kind in [Kind::Ah, Kind::AhGcm(16), Kind::AhGmac] {
        if kind.portions() > device.stages {
            continue;
        }
        for v6 in [false, true] {
            for esn in [None, Some(0x0102_0304)] {
                let spec = Spec {
                    esn,
                    key: if v6 { 32 } else { 16 },
                    ..Spec::new(kind, v6)
                };
                let pair = course.pair(spec);
                course.commands();
                for (extras, tunnel) in [(false, false), (true, true), (true, false)] {
                    if extras == esn.is_some() && tunnel {
                        continue;
                    }
                    let mut layer = pair.layer(false, &mut course.rng);
                    if extras {
                        layer.options = OPTIONS.to_vec();
                        layer.extensions = extensions();
                    }
                    layer.ah_padding = 4 * usize::from(v6);
                    fields(&mut course, &layer, pair.outbound(), extras, tunnel);
                }
                course.clear();
            }
        }
    }
    course.scenario
}

fn fields(course: &mut Course, layer: &Layer<'_>, named: Named, extras: bool, tunnel: bool) {
    let v6 = layer.dst.is_ipv6();
    let places = layer.places();
    let mut content = Forms::plain(course.rng.bytes(9));
    let mut next_header = 17;
    if tunnel {
        let [src, dst] = [8, 9].map(|net| address(false, net, 1));
        content = content.map(|bytes| ip_packet(src, dst, 253, bytes));
        next_header = 4;
    }
    let forms = layer.around(next_header, &content).ethernet(None, &[]);
    // The mode of the bundle, once this one is through.
    course.receive(forms.sealed.clone());
    course.settle();
    for bit in 8 * 14..8 * (14 + places.content + 2) {
        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            bytes
        };
        let forms = forms.map(flip);
        let got = course.receive(forms.sealed.clone());
        let at = bit / 8 - 14;
        if may_change(v6, extras, at, 1 << (bit % 8)) {
            let good =
                matches!(&got, Expected::Received { done: true, status, .. } if *status == [0]);
            assert!(good, "bit {bit} may change: {got:?}");
        } else if let Expected::Received { bytes, status, .. } = &got {
            let as_it_came = *status == [0] || *bytes == forms.sealed;
            assert!(as_it_came, "bit {bit} changes the frame: {got:?}");
        }
        // What the host gives may be anything: an ICV is made for it.
        course.transmit(forms.clear, [named, Named::Zero], 0);
    }
    course.settle();
}
