// SPDX-License-Identifier: Apache-2.0
//! Full load in each mode, to see that the device keeps its rate.

use ipsec_cosim_device::DeviceConfig;
use serde::Serialize;

use super::course::Course;
use super::layer::{Forms, Layer};
use super::opinion::Named;
use super::spec::{Kind, Spec};
use crate::scenario::{FrameOp, Operation, Port, Scenario};

/// What the frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Load {
    /// ESP with AES-GCM
    Gcm,
    /// ESP with AES-GMAC
    Gmac,
    /// AH
    Ah,
    /// AH around ESP
    AhEsp,
    /// ESP in the tunnel of ESP
    Tunnel,
}

impl Load {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gcm, Self::Gmac, Self::Ah, Self::AhEsp, Self::Tunnel];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gcm => "AES-GCM",
            Self::Gmac => "AES-GMAC",
            Self::Ah => "AH",
            Self::AhEsp => "AH and ESP",
            Self::Tunnel => "ESP in ESP",
        }
    }

    /// Stages that a frame takes.
    pub fn portions(self) -> u32 {
        match self {
            Self::Gcm | Self::Gmac | Self::Ah => 1,
            Self::AhEsp | Self::Tunnel => 2,
        }
    }

    /// Clocks that a frame of this length costs at most.
    pub fn clocks(self, length: usize) -> u64 {
        let beats = length.div_ceil(16) as u64;
        let hashed = matches!(self, Self::Ah | Self::AhEsp);
        (beats + u64::from(hashed)).max(4)
    }
}

/// Both directions under full load for at least so many clocks: frames of these lengths (94 bytes at least;
/// 132 with two portions) mixed, each under another bundle than the one before.
pub fn full_load(
    device: DeviceConfig,
    load: Load,
    lengths: &[usize],
    clocks: u64,
    seed: u64,
) -> Scenario {
    let mut course = Course::new("full-load", device, seed);
    let kind = match load {
        Load::Gcm | Load::Tunnel => Kind::Gcm(16),
        Load::Gmac => Kind::Gmac,
        Load::Ah => Kind::Ah,
        Load::AhEsp => Kind::AhGcm(16),
    };
    let count = (device.num_sa / 2).min(32) as usize;
    let pairs: Vec<_> = (0..count)
        .map(|k| {
            let key = [16, 24, 32][k % 3];
            course.pair(Spec {
                key,
                esn: (k % 2 == 1).then_some(3),
                ..Spec::new(kind, false)
            })
        })
        .collect();
    course.commands();
    for port in [Port::Tx, Port::Rx] {
        let (mut given, mut k) = (0_u64, 0_usize);
        while given < clocks + 1000 {
            let mut round = lengths.to_vec();
            while let Some(last) = round.len().checked_sub(1) {
                let length = round.swap_remove(course.rng.below(last as u64 + 1) as usize);
                let (outer, inner) = (&pairs[k % count], &pairs[(k + 1) % count]);
                k += 1;
                let around = Layer {
                    pad: Some(0),
                    ..outer.layer(false, &mut course.rng)
                };
                let within = Layer {
                    pad: Some(0),
                    ..inner.layer(true, &mut course.rng)
                };
                let nested = load == Load::Tunnel;
                let build = |room: usize| {
                    let content = Forms::plain(vec![0x55; room]);
                    if nested {
                        around.around(4, &within.around(17, &content))
                    } else {
                        around.around(17, &content)
                    }
                };
                let room = length.saturating_sub(14 + build(0).sealed.len());
                let forms = build(room).ethernet(None, &[]);
                given += load.clocks(forms.sealed.len());
                let named = if nested {
                    [inner.outbound(), outer.outbound()]
                } else {
                    [outer.outbound(), Named::Zero]
                };
                let op = match port {
                    Port::Tx => course.down(forms.clear, named, 0),
                    Port::Rx => FrameOp::new(port, forms.sealed),
                };
                course.scenario.push(Operation::Frame(op));
            }
        }
    }
    course.scenario
}
