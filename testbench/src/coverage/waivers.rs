// SPDX-License-Identifier: Apache-2.0
//! What need not be covered, each with its reason: a file that is reviewed like code.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Declared;
use crate::error::{Error, parse_json};
use crate::testplan::matches;

const PACKAGED: &str = include_str!("../../testplan/waivers.json");
const PACKAGED_NAME: &str = "testbench/testplan/waivers.json";

/// All waivers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waivers {
    /// Bins of functional coverage
    pub functional: Vec<Waiver>,
    /// Points of RTL coverage, named `FILE:LINE:KIND:WHAT` (KIND `line` or `toggle`)
    pub rtl: Vec<Waiver>,
}

/// One waiver.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Names of what is waived; `*` stands for any text
    pub pattern: String,
    /// Why it cannot be covered, or need not
    pub reason: String,
}

impl Waivers {
    /// Those that come with the program, or those in `path`.
    ///
    /// # Errors
    /// Names file and field: no reason, or bins that do not exist.
    pub fn load(path: Option<&Path>, declared: &Declared) -> Result<Self, Error> {
        let read;
        let (path, text) = match path {
            None => (Path::new(PACKAGED_NAME), PACKAGED),
            Some(path) => {
                read = std::fs::read_to_string(path).map_err(|e| Error::read(path, &e))?;
                (path, read.as_str())
            }
        };
        let waivers: Self = parse_json(path, text)?;
        for (field, list) in [("functional", &waivers.functional), ("rtl", &waivers.rtl)] {
            for (k, waiver) in list.iter().enumerate() {
                if waiver.reason.trim().is_empty() {
                    return Err(Error::content(
                        path,
                        format!("{field}[{k}].reason"),
                        "expected why this need not be covered, got nothing",
                    ));
                }
            }
        }
        let bins = declared.bins();
        for (k, waiver) in waivers.functional.iter().enumerate() {
            if !bins.iter().any(|bin| matches(&waiver.pattern, bin)) {
                return Err(Error::content(
                    path,
                    format!("functional[{k}].pattern"),
                    format!("no bin is called \"{}\"", waiver.pattern),
                ));
            }
        }
        Ok(waivers)
    }

    /// The waiver of a bin.
    pub fn of_bin(&self, bin: &str) -> Option<&Waiver> {
        self.functional
            .iter()
            .find(|waiver| matches(&waiver.pattern, bin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_needs_a_reason_and_a_bin() {
        let declared = Declared::packaged().unwrap();
        assert!(Waivers::load(None, &declared).is_ok());
        let folder = std::env::temp_dir().join(format!("waivers-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("w.json");
        for (text, expected) in [
            (
                r#"{"functional": [{"pattern": "*", "reason": " "}], "rtl": []}"#,
                "functional[0].reason: expected why",
            ),
            (
                r#"{"functional": [{"pattern": "nothing", "reason": "x"}], "rtl": []}"#,
                "functional[0].pattern: no bin is called \"nothing\"",
            ),
            (r#"{"functional": []}"#, "top level: missing field `rtl`"),
        ] {
            std::fs::write(&path, text).unwrap();
            let said = Waivers::load(Some(&path), &declared)
                .unwrap_err()
                .to_string();
            assert!(said.contains(expected), "{said}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
