// SPDX-License-Identifier: Apache-2.0
//! Each bit of the ICV, of every length, with a frame without IPsec right behind: what is compared is all of it, and
//! that of this frame.

use ipsec_cosim_device::DeviceConfig;

use super::course::Course;
use super::spec::{Kind, Spec};
use crate::scenario::Scenario;

/// ARP, padded: passes.
fn passing() -> Vec<u8> {
    let mut frame = vec![0xff; 12];
    frame.extend([0x08, 0x06]);
    frame.resize(60, 0x5a);
    frame
}

/// The class.
pub fn icv_bits(device: DeviceConfig, seed: u64) -> Scenario {
    let mut course = Course::new("icv-bits", device, seed);
    for kind in [
        Kind::Gcm(8),
        Kind::Gcm(12),
        Kind::Gcm(16),
        Kind::Gmac,
        Kind::Ah,
        Kind::AhGcm(8),
    ] {
        if kind.portions() > device.stages {
            continue;
        }
        let pair = course.pair(Spec::new(kind, kind == Kind::Gmac));
        course.commands();
        let layer = pair.layer(false, &mut course.rng);
        let places = layer.places();
        let icv = match (kind, places.ah) {
            (Kind::Ah | Kind::AhGcm(_) | Kind::AhGmac, Some(ah)) => Some(14 + ah + 20),
            _ => None,
        };
        for payload in [5, 18] {
            let forms = course.frame(&pair, payload);
            let bytes = match kind {
                Kind::Gcm(bytes) => bytes as usize,
                _ => 16,
            };
            course.both(&pair, &forms);
            let at = icv.unwrap_or(forms.sealed.len() - bytes);
            for bit in 0..8 * bytes {
                let mut wrong = forms.sealed.clone();
                wrong[at + bit / 8] ^= 1 << (bit % 8);
                course.receive(wrong);
                course.receive(passing());
            }
        }
    }
    course.expect_stats();
    course.scenario
}
