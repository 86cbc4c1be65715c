// SPDX-License-Identifier: Apache-2.0
//! RTL that holds many mutants, of which a number selects one while it runs; with 0 it is the original.
//!
//! An expression E becomes `((ipsec_mutant_pkg::selected == 32'd7) ? (M) : (E))`: both have the same type, so that
//! width and sign of all around stay what they were. A statement becomes `begin if (selected != 32'd7) S end`.
//! Lines keep their numbers.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::Mutant;
use super::syntax::Source;
use crate::error::Error;

/// The package with the number.
const PACKAGE: &str = "ipsec_mutant_pkg";

/// The variable from which the number comes, once, when a model is made.
pub const VARIABLE: &str = "IPSEC_MUTANT";

/// Where each mutant went, in bytes of the file that was written.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Start, end, number
    spans: Vec<(usize, usize, u32)>,
}

/// A place in the source with the mutants that are there.
struct Site<'a> {
    start: usize,
    end: usize,
    mutants: Vec<&'a Mutant>,
    inside: Vec<Site<'a>>,
}

/// The text of a file with these mutants, which are its own.
pub fn instrument(source: &Source, mutants: &[&Mutant]) -> (String, Places) {
    let mut by_place: BTreeMap<(usize, std::cmp::Reverse<usize>), Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        by_place
            .entry((mutant.start, std::cmp::Reverse(mutant.end)))
            .or_default()
            .push(mutant);
    }
    // In this order an outer place comes before those in it.
    let mut sites = Vec::new();
    for ((start, end), mutants) in by_place {
        insert(
            &mut sites,
            Site {
                start,
                end: end.0,
                mutants,
                inside: Vec::new(),
            },
        );
    }
    let mut writer = Writer {
        source: &source.text,
        out: String::new(),
        places: Places::default(),
    };
    writer.text(0, source.text.len(), &sites);
    (writer.out, writer.places)
}

fn insert<'a>(sites: &mut Vec<Site<'a>>, site: Site<'a>) {
    match sites.last_mut() {
        Some(last) if site.end <= last.end => insert(&mut last.inside, site),
        _ => sites.push(site),
    }
}

struct Writer<'a> {
    source: &'a str,
    out: String,
    places: Places,
}

impl Writer<'_> {
    fn text(&mut self, start: usize, end: usize, sites: &[Site<'_>]) {
        let mut at = start;
        for site in sites {
            self.out += self.source.get(at..site.start).unwrap_or_default();
            self.site(site);
            at = site.end;
        }
        self.out += self.source.get(at..end).unwrap_or_default();
    }

    fn site(&mut self, site: &Site<'_>) {
        let mut tail = String::new();
        for mutant in &site.mutants {
            let start = self.out.len();
            let number = mutant.number;
            if mutant.mutated.is_empty() {
                let _ = write!(self.out, "begin if ({PACKAGE}::selected != 32'd{number}) ");
                tail.insert_str(0, " end");
            } else {
                let mutated = &mutant.mutated;
                let _ = write!(
                    self.out,
                    "(({PACKAGE}::selected == 32'd{number}) ? ({mutated}) : ("
                );
                tail.insert_str(0, "))");
            }
            self.places.spans.push((start, self.out.len(), number));
        }
        let start = self.out.len();
        self.text(site.start, site.end, &site.inside);
        // What is wrong behind the mutated text is wrong with one of them too.
        for mutant in &site.mutants {
            self.places
                .spans
                .push((start, self.out.len(), mutant.number));
        }
        self.out += &tail;
    }
}

impl Places {
    /// The mutants to blame for what is wrong at a byte of a line (both from `line_start`): those whose text
    /// holds it most closely, else all of the line.
    pub fn blame(&self, at: usize, line: (usize, usize)) -> Vec<u32> {
        let holding = self.spans.iter().filter(|(s, e, _)| (*s..*e).contains(&at));
        let closest = holding.clone().map(|(s, e, _)| e - s).min();
        let found: Vec<u32> = holding
            .filter(|(s, e, _)| Some(e - s) == closest)
            .map(|span| span.2)
            .collect();
        if !found.is_empty() {
            return found;
        }
        let touching = self
            .spans
            .iter()
            .filter(|(s, e, _)| *s < line.1 && *e > line.0);
        touching.map(|span| span.2).collect()
    }
}

/// Writes the RTL with these mutants into `to`, which is emptied first. Gives where they went, by file.
///
/// # Errors
/// A file cannot be read or written.
pub fn write(
    from: &Path,
    to: &Path,
    list: &str,
    sources: &[Source],
    mutants: &[Mutant],
) -> Result<BTreeMap<String, (String, Places)>, Error> {
    let _ = std::fs::remove_dir_all(to);
    copy_folder(from, to)?;
    let mut all = BTreeMap::new();
    for source in sources {
        let own: Vec<_> = mutants.iter().filter(|m| m.file == source.name).collect();
        if own.is_empty() {
            continue;
        }
        let (text, places) = instrument(source, &own);
        put(&to.join(&source.name), &text)?;
        all.insert(source.name.clone(), (text, places));
    }
    put(&to.join(format!("{PACKAGE}.sv")), &package())?;
    let path = from.join(list);
    let old = std::fs::read_to_string(&path).map_err(|e| Error::read(&path, &e))?;
    // Mutants make latches and odd widths, which are for the regression to notice.
    let options = "-Wno-fatal\n-Wno-lint\n-Wno-style";
    put(&to.join(list), &format!("{options}\n{PACKAGE}.sv\n{old}"))?;
    Ok(all)
}

fn package() -> String {
    // Read once, when a model is made: logic that depends on it is not evaluated more often for it.
    format!(
        "// Generated: which mutant is there; 0: none.\npackage {PACKAGE};\n  int unsigned selected = \
         $c32(\"(std::getenv(\\\"{VARIABLE}\\\") ? std::atoi(std::getenv(\\\"{VARIABLE}\\\")) : 0)\");\nendpackage\n"
    )
}

fn put(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|e| Error::write(path, &e))
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(|e| Error::write(to, &e))?;
    let entries = std::fs::read_dir(from).map_err(|e| Error::read(from, &e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Error::read(from, &e))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(|e| Error::write(&target, &e))?;
        }
    }
    Ok(())
}

/// The text of a file with one mutant alone.
pub fn apply(source: &Source, mutant: &Mutant) -> String {
    let before = source.text.get(..mutant.start).unwrap_or_default();
    let after = source.text.get(mutant.end..).unwrap_or_default();
    let mutated = if mutant.mutated.is_empty() {
        ";".to_owned()
    } else {
        format!("({})", mutant.mutated)
    };
    format!("{before}{mutated}{after}")
}
