// SPDX-License-Identifier: Apache-2.0
//! [`adapt`]: a case in the form that a target can play.

use serde::{Deserialize, Serialize};

use crate::board::Abilities;
use crate::golden::{Case, Op, lower, soft_start};

/// How a case is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As it stands in the pack
    Streams,
    /// Its frames go through the diagnostic frame port
    Registers,
}

/// The case as this target can play it.
///
/// # Errors
/// Why it cannot.
pub fn adapt(
    case: &Case,
    abilities: Abilities,
    registers_only: bool,
) -> Result<(Case, Form), String> {
    let frames = case.has_frames();
    let later_reset = case
        .steps
        .iter()
        .skip(1)
        .any(|step| matches!(step.op, Op::Reset { .. }));
    if later_reset && (!abilities.reset || registers_only) {
        return Err("it pulls the reset pin in mid-case".to_owned());
    }
    if frames && (registers_only || !abilities.frames) {
        return match lower(case, abilities.reset) {
            Some(lowered) => Ok((lowered, Form::Registers)),
            None => Err("it has frames that do not fit the diagnostic frame port".to_owned()),
        };
    }
    if abilities.reset {
        return Ok((case.clone(), Form::Streams));
    }
    let mut soft = case.clone();
    if matches!(
        soft.steps.first().map(|step| &step.op),
        Some(Op::Reset { .. })
    ) {
        soft.steps.splice(..1, soft_start(case));
    }
    Ok((soft, Form::Streams))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{InPort, Step};

    fn case(ops: &[Op]) -> Case {
        Case {
            name: "a".to_owned(),
            steps: ops.iter().cloned().map(Step::new).collect(),
        }
    }

    #[test]
    fn by_what_the_target_can_do() {
        let reset = Op::Reset { clocks: 4 };
        let send = |length| Op::Send {
            port: InPort::Rx,
            id: 0,
            frame: vec![0; length],
            tuser: [0; 3],
        };
        let board = Abilities {
            frames: true,
            reset: true,
            clock: true,
        };
        let file = Abilities::default();
        let short = case(&[reset.clone(), send(60)]);
        let long = case(&[reset.clone(), send(3000)]);
        let twice = case(&[reset.clone(), reset.clone()]);
        for case in [&short, &long, &twice] {
            assert_eq!(
                adapt(case, board, false).unwrap(),
                (case.clone(), Form::Streams)
            );
        }
        let (lowered, form) = adapt(&short, board, true).unwrap();
        assert_eq!((form, &lowered.steps[0].op), (Form::Registers, &reset));
        let (lowered, _) = adapt(&short, file, false).unwrap();
        assert!(lowered.steps.iter().all(|s| s.op.is_register_access()));
        assert!(
            adapt(&long, file, false)
                .unwrap_err()
                .contains("do not fit")
        );
        assert!(
            adapt(&twice, file, false)
                .unwrap_err()
                .contains("reset pin")
        );
    }
}
