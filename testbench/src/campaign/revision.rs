// SPDX-License-Identifier: Apache-2.0
//! The revision of the checkout that the program was built in.

use std::path::Path;
use std::process::Command;

/// What a checkout without version control is called.
pub const UNKNOWN: &str = "unknown";

/// The commit, with `+` if files differ from it; [`UNKNOWN`] outside a repository.
pub fn current() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")))
            .args(arguments)
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=12", "HEAD"]) else {
        return UNKNOWN.to_owned();
    };
    // Only what goes into the program.
    let sources = ["status", "--porcelain", "--", "..", ":!../docs", ":!../out"];
    match git(&sources) {
        Some(changes) if changes.is_empty() => commit,
        _ => commit + "+",
    }
}

/// Whether `wanted`, which may be shorter or longer, names the same as `is`.
pub fn same(wanted: &str, is: &str) -> bool {
    let (wanted, is) = (wanted.trim_end_matches('+'), is.trim_end_matches('+'));
    wanted.len() >= 4 && (is.starts_with(wanted) || wanted.starts_with(is))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_name_is_enough() {
        assert!(same("0123456", "0123456789ab"));
        assert!(same("0123456789abcdef", "0123456789ab+"));
        assert!(!same("012", "0123456789ab"));
        assert!(!same("1123456", "0123456789ab"));
        assert!(!current().is_empty());
    }
}
