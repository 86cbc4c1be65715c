// SPDX-License-Identifier: Apache-2.0

//! File lists (`.f`): sources, include folders and options, one or more to a line.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::Error;

/// What a file list, and those it includes, asks for.
#[derive(Debug, Default)]
pub(crate) struct Filelist {
    /// Options to pass on, in order, paths in them resolved.
    pub(crate) options: Vec<String>,
    /// Source files, in order.
    pub(crate) sources: Vec<PathBuf>,
    /// The lists that were read.
    pub(crate) lists: Vec<PathBuf>,
}

impl Filelist {
    /// Reads `path`. A relative path in it is taken from the list's own folder if it exists there,
    /// else from `base`: simulators disagree, and both habits are common.
    pub(crate) fn read(&mut self, path: &Path, base: &Path) -> Result<(), Error> {
        let text = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        if self.lists.iter().any(|seen| seen == path) {
            return Ok(());
        }
        self.lists.push(path.to_path_buf());
        let folder = path.parent().unwrap_or(Path::new("."));
        for (index, line) in text.lines().enumerate() {
            let fail = |reason: String| Error::Filelist {
                path: path.to_path_buf(),
                line: index + 1,
                reason,
            };
            let resolve = |name: &str| -> Result<PathBuf, Error> {
                let name = expand(name).map_err(&fail)?;
                [folder, base]
                    .iter()
                    .map(|dir| dir.join(&name))
                    .find(|candidate| candidate.exists())
                    .ok_or_else(|| fail(format!("`{name}` does not exist")))
            };
            let line = line.split("//").next().unwrap_or_default();
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            while let Some(word) = words.next() {
                let mut operand = || {
                    words
                        .next()
                        .ok_or_else(|| fail(format!("`{word}` needs a path after it")))
                };
                if word == "-f" || word == "-F" {
                    let nested = resolve(operand()?)?;
                    self.read(&nested, base)?;
                } else if word == "-y" || word == "-v" {
                    let path = resolve(operand()?)?;
                    self.options
                        .extend([word.to_string(), path.display().to_string()]);
                } else if let Some(dirs) = word.strip_prefix("+incdir+") {
                    for dir in dirs.split('+').filter(|dir| !dir.is_empty()) {
                        self.options
                            .push(format!("+incdir+{}", resolve(dir)?.display()));
                    }
                } else if let Some(dir) = word.strip_prefix("-I").filter(|dir| !dir.is_empty()) {
                    self.options.push(format!("-I{}", resolve(dir)?.display()));
                } else if word.starts_with(['-', '+']) {
                    self.options.push(word.to_string());
                } else {
                    let path = resolve(word)?;
                    self.sources.push(path);
                }
            }
        }
        Ok(())
    }
}

/// Replaces `$NAME`, `${NAME}` and `$(NAME)` by the environment's value.
fn expand(text: &str) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let close = match rest.chars().next() {
            Some('{') => Some('}'),
            Some('(') => Some(')'),
            _ => None,
        };
        let name;
        if let Some(close) = close {
            let end = rest
                .find(close)
                .ok_or_else(|| format!("`{text}` lacks a `{close}`"))?;
            name = &rest[1..end];
            rest = &rest[end + 1..];
        } else {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            name = &rest[..end];
            rest = &rest[end..];
        }
        println!("cargo::rerun-if-env-changed={name}");
        let value = env::var(name).map_err(|_| format!("`{text}`: ${name} is not set"))?;
        result.push_str(&value);
    }
    result.push_str(rest);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_comments_and_options() {
        let dir = env::temp_dir().join(format!("verilator-build-filelist-{}", std::process::id()));
        fs::create_dir_all(dir.join("sub/inc")).unwrap();
        for name in ["a.sv", "sub/b.sv", "waive.vlt"] {
            fs::write(dir.join(name), "").unwrap();
        }
        fs::write(
            dir.join("top.f"),
            "# first\nwaive.vlt a.sv // x\n-F sub/sub.f\n+define+X=1\n",
        )
        .unwrap();
        fs::write(dir.join("sub/sub.f"), "+incdir+inc\nb.sv\nsub/b.sv\n").unwrap();
        let mut list = Filelist::default();
        list.read(&dir.join("top.f"), &dir).unwrap();
        let names: Vec<_> = list
            .sources
            .iter()
            .map(|p| p.strip_prefix(&dir).unwrap())
            .collect();
        assert_eq!(
            names,
            ["waive.vlt", "a.sv", "sub/b.sv", "sub/b.sv"].map(Path::new)
        );
        let incdir = format!("+incdir+{}", dir.join("sub/inc").display());
        assert_eq!(list.options, [incdir, "+define+X=1".to_string()]);
        assert_eq!(list.lists.len(), 2);

        fs::write(dir.join("bad.f"), "\nmissing.sv\n").unwrap();
        let error = Filelist::default()
            .read(&dir.join("bad.f"), &dir)
            .expect_err("missing");
        assert!(
            error
                .to_string()
                .ends_with("bad.f:2: `missing.sv` does not exist"),
            "{error}"
        );
        fs::remove_dir_all(dir).unwrap();
    }
}
