// SPDX-License-Identifier: Apache-2.0
//! The results as JUnit XML, for those who collect that: a suite for each class.

use std::path::Path;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::Summary;
use super::summary::State;
use crate::error::Error;

/// The name of the file in the folder of a campaign.
pub const FILE: &str = "junit.xml";

/// Writes the file.
///
/// # Errors
/// It cannot be written.
pub fn write(folder: &Path, summary: &Summary) -> Result<(), Error> {
    let path = folder.join(FILE);
    let text = text(summary).map_err(|reason| Error::Failed(format!("no JUnit XML: {reason}")))?;
    std::fs::write(&path, text).map_err(|e| Error::write(&path, &e))
}

fn text(summary: &Summary) -> Result<String, String> {
    let mut report = Report::new("ipsec-cosim regress");
    report.set_time(Duration::from_secs_f64(summary.seconds.max(0.0)));
    for (class, _) in &summary.classes {
        let mut suite = TestSuite::new(class.as_str());
        suite.add_property(("seed", summary.header.seed.to_string().as_str()));
        suite.add_property(("revision", summary.header.revision.as_str()));
        for outcome in summary.outcomes.iter().filter(|o| o.class == *class) {
            let status = match &outcome.failure {
                None => TestCaseStatus::success(),
                Some(failure) => {
                    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                    status.set_message(failure.as_str());
                    if let Some(bucket) = &outcome.bucket {
                        status.set_type(bucket.as_str());
                    }
                    let commands = [&outcome.reproduce, &outcome.rerun];
                    let commands: Vec<_> = commands.into_iter().flatten().cloned().collect();
                    status.set_description(commands.join("\n"));
                    status
                }
            };
            let mut case = TestCase::new(outcome.name.as_str(), status);
            case.set_classname(format!("regress.{class}"));
            case.set_time(Duration::from_secs_f64(outcome.seconds.max(0.0)));
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    // A testpoint that nothing tests is a failure of its own.
    let mut suite = TestSuite::new("testplan");
    for point in &summary.testpoints {
        let status = match point.state {
            State::Untested => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message("no test");
                status
            }
            State::NotRun => TestCaseStatus::skipped(),
            State::Passed | State::Failed => TestCaseStatus::success(),
        };
        let mut case = TestCase::new(point.name.as_str(), status);
        case.set_classname("testplan");
        suite.add_test_case(case);
    }
    report.add_test_suite(suite);
    report.to_string().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::summary::tests::summary;

    #[test]
    fn what_failed_is_in_it() {
        let text = text(&summary()).unwrap();
        assert!(
            text.contains(
                r#"<testsuite name="stalls" tests="2" skipped="0" errors="0" failures="2">"#
            ),
            "{text}"
        );
        assert!(text.contains("irq_o differs; at the pins"), "{text}");
        assert!(
            text.contains(r#"<testcase name="nobody" classname="testplan">"#),
            "{text}"
        );
    }
}
