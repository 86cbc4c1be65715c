// SPDX-License-Identifier: Apache-2.0
//! Frames of every mode: AES-GCM with ICVs of 8, 12 and 16 bytes, AES-GMAC, AH, AH around ESP, tunnels, UDP,
//! extended sequence numbers, options, extension headers. [`layer`] builds them, [`opinion`] says what the
//! device must make of them, good or not.

mod ah_fields;
mod ah_verdicts;
mod alignments;
mod chains;
pub mod course;
mod edges;
mod extras;
mod icv_bits;
pub mod layer;
pub mod load;
mod look_alikes;
pub mod mutable;
pub mod opinion;
pub mod options;
pub mod plan;
mod portions;
mod rate;
pub mod spec;
mod suites;
pub mod walk;

pub use ah_fields::ah_fields;
pub use ah_verdicts::ah_verdicts;
pub use alignments::alignments;
pub use chains::chains;
pub use edges::EDGES;
pub use icv_bits::icv_bits;
pub use look_alikes::look_alikes;
pub use portions::{configuration, deletion, two_portions, udp_port};
pub use rate::ah_rate;
pub use suites::suites;

use ipsec_cosim_device::DeviceConfig;

use crate::scenario::Scenario;

/// A fixed scenario: its name, and what makes it for a device and a seed.
pub type Fixed = (&'static str, fn(DeviceConfig, u64) -> Scenario);

/// All of them but [`EDGES`]. The name is that of the class too.
pub const FIXED: [Fixed; 12] = [
    ("ah-fields", ah_fields),
    ("ah-rate", ah_rate),
    ("alignments", alignments),
    ("two-portions", two_portions),
    ("deletion-race", deletion),
    ("modes-config-race", configuration),
    ("udp-port", udp_port),
    ("icv-bits", icv_bits),
    ("chains", chains),
    ("look-alikes", look_alikes),
    ("suites", suites),
    ("ah-verdicts", ah_verdicts),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Operation, Port};

    /// The default plan must stay within minutes: so many beats a class, of the direction that has more.
    #[test]
    fn classes_are_short() {
        for stages in [1, 4] {
            let device = DeviceConfig::new(16, stages);
            for (name, make) in FIXED.iter().chain(&EDGES) {
                let scenario = make(device, 1);
                let (mut beats, mut frames) = ([0_usize; 2], 0);
                for timed in &scenario.operations {
                    if let Operation::Frame(frame) = &timed.op {
                        frames += 1;
                        beats[usize::from(frame.port == Port::Rx)] +=
                            frame.data.bytes().len().div_ceil(16).max(4);
                    }
                }
                let most = beats[0].max(beats[1]);
                println!("{name} {device}: {frames} frames, {most} beats");
                assert!(
                    most < 250_000,
                    "{name} {device}: {frames} frames, {most} beats"
                );
            }
        }
    }
}
