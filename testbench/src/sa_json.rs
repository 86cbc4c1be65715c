// SPDX-License-Identifier: Apache-2.0
//! `SA.json`, the list of SAs that `ipsec-cosim run` adds.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, parse_json};
use crate::sa::Sa;

/// The file: every key is required, unknown keys are errors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaFile {
    /// The SAs, in the order in which they are added
    pub sas: Vec<Sa>,
}

impl SaFile {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// Names the file and the path of the field.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::read(path, &e))?;
        Self::parse(path, &text)
    }

    /// As [`read`](Self::read), from text that came from `path`.
    ///
    /// # Errors
    /// Names the file and the path of the field.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        let file: Self = parse_json(path, text)?;
        let mut names = HashMap::new();
        for (k, sa) in file.sas.iter().enumerate() {
            if let Err((field, problem)) = sa.check() {
                return Err(Error::content(path, format!("sas[{k}].{field}"), problem));
            }
            if let Some(first) = names.insert(sa.name.as_str(), k) {
                return Err(Error::content(
                    path,
                    format!("sas[{k}].name"),
                    format!(
                        "expected a new name, got \"{}\" as in sas[{first}]",
                        sa.name
                    ),
                ));
            }
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"sas": [{"name": "a", "direction": "outbound", "src": "192.0.2.1",
        "dst": "192.0.2.2", "udp_encapsulation": "none", "associations": [{"operation": "esp",
        "spi": 4096, "esn": false, "sequence_high": 0, "encryption": "aes-gcm-128",
        "authentication": "none", "key": "000102030405060708090a0b0c0d0e0f10111213",
        "icv_length": 16}]}]}"#;

    fn error(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from));
        SaFile::parse(Path::new("SA.json"), &GOOD.replace(from, to))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn good_file() {
        let file = SaFile::parse(Path::new("SA.json"), GOOD).unwrap();
        assert_eq!(file.sas.len(), 1);
        let again = serde_json::to_string(&file).unwrap();
        assert_eq!(SaFile::parse(Path::new("SA.json"), &again).unwrap(), file);
    }

    #[test]
    fn errors_name_file_and_field() {
        for (from, to, expected) in [
            (
                "\"esn\"",
                "\"esm\"",
                "SA.json: sas[0].associations[0].esm: unknown field `esm`",
            ),
            (
                "192.0.2.2",
                "192.0.2.256",
                "SA.json: sas[0].dst: expected an IPv4 or IPv6 address, got \"192.0.2.256\"",
            ),
            (
                "192.0.2.2",
                "2001:db8::1",
                "SA.json: sas[0].dst: expected IPv4 like src",
            ),
            (
                "10111213",
                "101112",
                "SA.json: sas[0].associations[0].key: expected 40 hex digits",
            ),
            (
                "10111213",
                "1011121x",
                "sas[0].associations[0].key: expected hex digits, got 'x'",
            ),
            (
                "\"spi\": 4096",
                "\"spi\": -1",
                "sas[0].associations[0].spi: invalid value",
            ),
            (
                "\"outbound\"",
                "\"out\"",
                "sas[0].direction: unknown variant `out`",
            ),
            (
                "\"esp\"",
                "\"ah\"",
                "sas[0].associations[0].encryption: expected none",
            ),
            (", \"icv_length\": 16", "", "missing field"),
        ] {
            let from = if from.starts_with(", ") {
                ",\n        \"icv_length\": 16"
            } else {
                from
            };
            let got = error(from, to);
            assert!(got.contains(expected), "{got}\nexpected {expected}");
        }
    }

    #[test]
    fn duplicate_names() {
        let one = &GOOD[GOOD.find('[').unwrap() + 1..GOOD.rfind(']').unwrap()];
        let text = format!("{{\"sas\": [{one}, {one}]}}");
        let got = SaFile::parse(Path::new("SA.json"), &text).unwrap_err();
        assert!(
            got.to_string().contains("sas[1].name: expected a new name"),
            "{got}"
        );
    }
}
