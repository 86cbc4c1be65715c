// SPDX-License-Identifier: Apache-2.0
//! Whether keys stay in the RTL behind an SA: a search of all that the simulator keeps, each register, memory and net
//! with a place of its own. Lockstep cannot tell, since no pin shows them.

mod scenarios;
mod search;
mod secrets;

use std::collections::BTreeSet;

use ipsec_cosim_device::{Device, DeviceConfig, Outputs, RtlDevice, RtlState, Stimulus};

pub use search::{Hits, is_artifact, left, left_of_one, search};
pub use secrets::{Secrets, round_keys};

use crate::error::Error;
use crate::rng::Rng;
use crate::runner::Player;
use crate::scenario::Scenario;

/// The clocks behind the first frame at which a reset cuts: three frames each way have started by then.
const CUTS: u64 = 96;
/// Of a table that takes long to sweep and to search, so many of them.
const CUTS_OF_LARGE: usize = 6;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Clocks that were played
    pub clocks: u64,
    /// What stays, and where; or what went wrong before
    pub left: Option<String>,
}

/// Searches the RTL behind SAs that were deleted, and that resets cut at each clock of their frames.
///
/// # Errors
/// There is no RTL, or it stopped.
pub fn check(
    device: DeviceConfig,
    seed: u64,
    mut over: impl FnMut() -> bool,
) -> Result<Option<Found>, Error> {
    let mut found = Found::default();
    let mut rng = Rng::new(seed, 0x2e2);
    for bytes in [16, 24, 32] {
        let secrets = [1, 2].map(|k| Secrets::drawn(bytes, seed ^ k));
        let mut states = Vec::new();
        for secrets in &secrets {
            states.extend(play(
                &scenarios::deleted(device, secrets, seed),
                &mut found,
            )?);
        }
        if let [one, other] = states.as_slice() {
            let [first, second] = &secrets;
            found.tell("deleted", bytes, &left([one, other], [first, second]));
        }
        if found.left.is_some() {
            return Ok(Some(found));
        }
    }
    let cuts: Vec<u64> = if device.num_sa <= 64 {
        (0..CUTS).collect()
    } else {
        (0..CUTS_OF_LARGE).map(|_| rng.below(CUTS)).collect()
    };
    for clock in cuts {
        if over() {
            return Ok(None);
        }
        for soft in [false, true] {
            let bytes = [16, 24, 32][rng.below(3) as usize];
            let secrets = Secrets::drawn(bytes, seed);
            let scenario = scenarios::cut(device, &secrets, seed, clock, soft);
            if let Some(state) = play(&scenario, &mut found)? {
                let reset = if soft { "soft" } else { "hard" };
                let what = format!("{reset} reset {clock} clocks behind a frame");
                found.tell(&what, bytes, &left_of_one(&state, &secrets));
            }
            if found.left.is_some() {
                return Ok(Some(found));
            }
        }
    }
    Ok(Some(found))
}

impl Found {
    fn tell(&mut self, what: &str, bytes: usize, left: &BTreeSet<String>) {
        if let Some(first) = left.first() {
            let more = match left.len() {
                1 => String::new(),
                count => format!(", and {} more", count - 1),
            };
            self.left = Some(format!("{what}, key of {bytes} bytes: {first}{more}"));
        }
    }
}

/// The state at the end; none if the scenario did not go as it must.
#[allow(unreachable_code)] // a build without RTL has no device to ask
fn play(scenario: &Scenario, found: &mut Found) -> Result<Option<RtlState>, Error> {
    let mut device = RtlDevice::new(scenario.device, scenario.seed as u32)?;
    let mut player = Player::new(scenario);
    let mut outputs = Outputs::default();
    let mut clock = 0;
    while let Some(inputs) = player.next(clock + 1, &outputs) {
        outputs = device.step(&inputs)?;
        clock += 1;
    }
    found.clocks += clock;
    if let Some(failure) = &player.result().failure {
        found.left = Some(format!("{}: {}", scenario.name, failure.message));
        return Ok(None);
    }
    Ok(Some(device.state()))
}
