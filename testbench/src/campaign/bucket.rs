// SPDX-License-Identifier: Apache-2.0
//! Failures that look the same: one of each is shrunk and shown, the others are counted.

use ipsec_cosim_device::{DeviceError, FailureReport};

use crate::failure::Ended;

/// What can be told without a second run: the first pin that differs, or what was said.
pub fn kind(ended: &Ended) -> String {
    match &ended.error {
        Some(DeviceError::Divergence(divergence)) => {
            let pin = divergence.pins.first();
            format!("{} differs", pin.map_or("nothing", |pin| pin.name.as_str()))
        }
        Some(DeviceError::Sim(failure)) => {
            let file = failure.file.rsplit('/').next().unwrap_or_default();
            format!(
                "assertion {file}:{}: {}",
                failure.line,
                plain(&failure.message)
            )
        }
        Some(other) => plain(&other.to_string()),
        None => match &ended.result.failure {
            Some(failure) => format!("check: {}", plain(&failure.message)),
            None => "good".to_owned(),
        },
    }
}

/// The signature of a failure: its kind, and the stage where the two first differ.
pub fn signature(ended: &Ended, report: &FailureReport) -> String {
    let kind = kind(ended);
    match &report.first_difference {
        Some(first) => format!("{kind}; {}", first.boundary),
        None if !report.pins.is_empty() => format!("{kind}; at the pins"),
        None => kind,
    }
}

/// A message without what differs from one run to the next: numbers and bytes.
fn plain(message: &str) -> String {
    let mut text = String::new();
    for word in message.split_whitespace().take(24) {
        if !text.is_empty() {
            text.push(' ');
        }
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            if !text.ends_with("# ") {
                text.push('#');
            } else {
                text.pop();
            }
        } else {
            text.push_str(word);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::{Failure, RunResult};
    use ipsec_cosim_device::{DeviceConfig, InFlight};

    fn ended(message: &str) -> Ended {
        Ended {
            result: RunResult {
                failure: Some(Failure {
                    operation: Some(3),
                    message: message.to_owned(),
                }),
                ..RunResult::default()
            },
            in_flight: InFlight::default(),
            issued: 0,
            error: None,
        }
    }

    #[test]
    fn numbers_do_not_make_buckets() {
        let one = ended("frame 12: expected status 0x00000000, got 0xc0000001");
        let other = ended("frame 7: expected status 0x00000000, got 0xc0000022");
        assert_eq!(kind(&one), kind(&other));
        assert_ne!(kind(&one), kind(&ended("no frame came")));
        let error = DeviceError::Other("broken".to_owned());
        let report = FailureReport::new(DeviceConfig::default(), 1, &error);
        assert_eq!(signature(&one, &report), kind(&one));
    }
}
