// SPDX-License-Identifier: Apache-2.0
//! Parse trees of SystemVerilog, as Verible makes them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::tools;
use crate::error::Error;

/// A node: a token, or what tokens make.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Node {
    /// What it is
    pub tag: String,
    /// Of a token: first byte
    #[serde(default)]
    start: Option<usize>,
    /// Of a token: behind the last byte
    #[serde(default)]
    end: Option<usize>,
    #[serde(default)]
    children: Vec<Option<Node>>,
}

impl Node {
    /// Those that are there.
    pub fn children(&self) -> impl DoubleEndedIterator<Item = &Node> {
        self.children.iter().flatten()
    }

    /// The first child that is such a thing.
    pub fn child(&self, tag: &str) -> Option<&Node> {
        self.children().find(|child| child.tag == tag)
    }

    /// Where it is in the file; `None` if it has no token.
    pub fn range(&self) -> Option<(usize, usize)> {
        if let (Some(start), Some(end)) = (self.start, self.end) {
            return Some((start, end));
        }
        let start = self.children().find_map(Node::range)?.0;
        let end = self.children().rev().find_map(Node::range)?.1;
        Some((start, end))
    }

    /// Whether it or something in it satisfies `what`.
    pub fn any(&self, what: &impl Fn(&Node) -> bool) -> bool {
        what(self) || self.children().any(|child| child.any(what))
    }

    /// It and all in it, depth first.
    pub fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Node)) {
        visit(self);
        for child in self.children() {
            child.each(visit);
        }
    }
}

/// A source file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Of the RTL's folder
    pub name: String,
    /// What it says
    pub text: String,
    /// Its tree
    pub tree: Node,
}

impl Source {
    /// What a node says.
    pub fn text(&self, node: &Node) -> &str {
        node.range()
            .and_then(|(start, end)| self.text.get(start..end))
            .unwrap_or_default()
    }

    /// As [`text`](Self::text), in one line and without comments.
    pub fn flat(&self, node: &Node) -> String {
        flat(self.text(node))
    }

    /// Line and column of a byte, from 1.
    pub fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        (line, at - before.rfind('\n').map_or(0, |k| k + 1) + 1)
    }
}

/// In one line and without comments.
pub fn flat(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, from) = rest.split_at(at);
        plain += before;
        let skipped = match from.as_bytes().get(1) {
            Some(b'/') => from.find('\n').unwrap_or(from.len()),
            Some(b'*') => from.find("*/").map_or(from.len(), |end| end + 2),
            _ => {
                plain.push('/');
                rest = &from[1..];
                continue;
            }
        };
        plain.push(' ');
        rest = &from[skipped..];
    }
    plain += rest;
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Deserialize)]
struct Parsed {
    #[serde(default)]
    tree: Node,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    line: usize,
    #[serde(default)]
    column: usize,
    #[serde(default)]
    text: String,
}

/// The files that a list names, in its order, and their folder.
///
/// # Errors
/// The list cannot be read.
pub fn file_list(list: &Path) -> Result<Vec<String>, Error> {
    let text = std::fs::read_to_string(list).map_err(|e| Error::read(list, &e))?;
    let names = text.lines().map(str::trim);
    Ok(names
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .map(str::to_owned)
        .collect())
}

/// Parses files of a folder.
///
/// # Errors
/// Verible is missing, a file cannot be read or is not SystemVerilog.
pub fn parse(folder: &Path, names: &[String]) -> Result<Vec<Source>, Error> {
    let verible = tools::verible()?;
    let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    let mut texts = Vec::new();
    for path in &paths {
        texts.push(std::fs::read_to_string(path).map_err(|e| Error::read(path, &e))?);
    }
    let output = tools::output(
        Command::new(&verible)
            .args(["--export_json", "--printtree"])
            .args(&paths),
    )?;
    let mut json = serde_json::Deserializer::from_slice(&output.stdout);
    json.disable_recursion_limit();
    let mut files = HashMap::<String, Parsed>::deserialize(&mut json).map_err(|error| {
        Error::Usage(format!(
            "{} wrote no tree ({error}): expected Verible's 'verible-verilog-syntax'",
            verible.display()
        ))
    })?;
    let mut sources = Vec::new();
    for ((name, path), text) in names.iter().zip(&paths).zip(texts) {
        let parsed = files
            .remove(path.to_string_lossy().as_ref())
            .ok_or_else(|| Error::content(path, "the whole file", "Verible made no tree of it"))?;
        if let Some(problem) = parsed.errors.first() {
            return Err(Error::content(
                path,
                format!("line {}:{}", problem.line + 1, problem.column + 1),
                format!(
                    "no SystemVerilog that Verible can read, at '{}'",
                    problem.text
                ),
            ));
        }
        sources.push(Source {
            name: name.clone(),
            text,
            tree: parsed.tree,
        });
    }
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_lines_join() {
        assert_eq!(flat("a  /* b */ + // c\n  d / e"), "a + d / e");
        assert_eq!(flat("x"), "x");
        assert_eq!(flat("a // no end"), "a");
    }
}
