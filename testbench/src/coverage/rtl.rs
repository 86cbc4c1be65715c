// SPDX-License-Identifier: Apache-2.0
//! Coverage of the RTL's source as Verilator counts it: lines, branches and toggles. A point of the source counts
//! once, however often its module is instantiated and in whatever configuration.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::Waivers;
use super::outcome::percent;
use crate::error::Error;
use crate::testplan::matches;

/// First line of Verilator's files.
const MAGIC: &str = "# SystemC::Coverage-3";

/// Counts by point, in the form in which Verilator names points.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<String, u64>);

impl Counts {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what a file of Verilator's holds.
    ///
    /// # Errors
    /// Names file and line.
    pub fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        let bytes = std::fs::read(path).map_err(|e| Error::read(path, &e))?;
        self.add_text(&String::from_utf8_lossy(&bytes))
            .map_err(|(line, problem)| Error::content(path, format!("line {line}"), problem))
    }

    fn add_text(&mut self, text: &str) -> Result<(), (usize, &'static str)> {
        let mut lines = text.lines().enumerate();
        if !lines
            .next()
            .is_some_and(|(_, line)| line.starts_with("# SystemC::Coverage"))
        {
            return Err((1, "expected a coverage file of Verilator"));
        }
        for (k, line) in lines {
            let entry = line
                .strip_prefix("C '")
                .and_then(|rest| rest.rsplit_once("' "))
                .and_then(|(key, count)| Some((key, count.trim().parse::<u64>().ok()?)));
            match entry {
                Some((key, count)) => match self.0.get_mut(key) {
                    Some(sum) => *sum = sum.saturating_add(count),
                    None => {
                        self.0.insert(key.to_owned(), count);
                    }
                },
                None if line.trim().is_empty() || line.starts_with('#') => {}
                None => return Err((k + 1, "expected a point and its count")),
            }
        }
        Ok(())
    }

    /// Adds other counts.
    pub fn merge(&mut self, other: &Self) {
        for (key, count) in &other.0 {
            let sum = self.0.entry(key.clone()).or_default();
            *sum = sum.saturating_add(*count);
        }
    }

    /// Writes a file that Verilator's tools read, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        let mut text = format!("{MAGIC}\n");
        for (key, count) in &self.0 {
            let _ = writeln!(text, "C '{key}' {count}");
        }
        let partial = path.with_extension("partial");
        std::fs::write(&partial, text)
            .and_then(|()| std::fs::rename(&partial, path))
            .map_err(|e| Error::write(path, &e))
    }

    /// By point of the source.
    fn points(&self) -> BTreeMap<PointName, u64> {
        let mut points = BTreeMap::new();
        for (key, count) in &self.0 {
            if let Some(name) = PointName::of(key) {
                let sum: &mut u64 = points.entry(name).or_default();
                *sum = sum.saturating_add(*count);
            }
        }
        points
    }

    /// Lines in the format that lcov and its many readers know.
    pub fn lcov(&self) -> String {
        let mut files: BTreeMap<String, BTreeMap<u32, u64>> = BTreeMap::new();
        for (key, count) in &self.0 {
            let Some(name) = PointName::of(key).filter(|name| name.kind == Kind::Line) else {
                continue;
            };
            let lines = files.entry(name.file.clone()).or_default();
            for line in field(key, "S").map_or_else(|| vec![name.line], ranges) {
                let most = lines.entry(line).or_default();
                *most = (*most).max(*count);
            }
        }
        let mut text = String::from("TN:ipsec-cosim\n");
        for (file, lines) in files {
            let _ = writeln!(text, "SF:{file}");
            for (line, count) in &lines {
                let _ = writeln!(text, "DA:{line},{count}");
            }
            let hit = lines.values().filter(|count| **count > 0).count();
            let _ = writeln!(text, "LF:{}\nLH:{hit}\nend_of_record", lines.len());
        }
        text
    }
}

/// A member of Verilator's name of a point.
fn field<'a>(key: &'a str, name: &str) -> Option<&'a str> {
    key.split('\u{1}')
        .filter_map(|part| part.split_once('\u{2}'))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

/// Numbers of `3-5,8`.
fn ranges(text: &str) -> Vec<u32> {
    let mut all = Vec::new();
    for part in text.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(from), Ok(to)) = (from.trim().parse::<u32>(), to.trim().parse::<u32>()) {
            all.extend(from..=to.min(from.saturating_add(10_000)));
        }
    }
    all
}

/// What a point is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A block of lines, a branch
    Line,
    /// A bit that goes up or down
    Toggle,
}

/// A point of the source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct PointName {
    file: String,
    line: u32,
    kind: Kind,
    column: u32,
    what: String,
}

impl PointName {
    fn of(key: &str) -> Option<Self> {
        let page = field(key, "page")?;
        let kind = match page.split('/').next()? {
            "v_line" | "v_branch" => Kind::Line,
            "v_toggle" => Kind::Toggle,
            _ => return None,
        };
        // From the checkout, wherever that is. What is not of the RTL (Verilator's own classes) does not count.
        let file = field(key, "f")?;
        let file = match file.rfind("/rtl/") {
            Some(at) => &file[at + 1..],
            None if file.starts_with("rtl/") => file,
            None => return None,
        };
        Some(Self {
            file: file.to_owned(),
            line: field(key, "l")?.parse().ok()?,
            kind,
            column: field(key, "n").and_then(|n| n.parse().ok()).unwrap_or(0),
            what: field(key, "o").unwrap_or_default().to_owned(),
        })
    }

    /// As waivers and reports call it.
    fn text(&self) -> String {
        let kind = match self.kind {
            Kind::Line => "line",
            Kind::Toggle => "toggle",
        };
        format!("{}:{}:{kind}:{}", self.file, self.line, self.what)
    }
}

/// Points of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Count {
    /// Points that count: all but the waived
    pub points: usize,
    /// Of these, hit
    pub hit: usize,
    /// Waived
    pub waived: usize,
    /// hit / points in percent
    pub percent: f64,
}

impl Count {
    fn add(&mut self, hit: bool, waived: bool) {
        if waived && !hit {
            self.waived += 1;
        } else {
            self.points += 1;
            self.hit += usize::from(hit);
        }
        self.percent = percent(self.hit, self.points);
    }
}

/// A file of the RTL.
#[derive(Clone, Debug, Serialize)]
pub struct FileCoverage {
    /// From the checkout
    pub file: String,
    /// Lines and branches
    pub lines: Count,
    /// Toggles
    pub toggles: Count,
    /// What was not hit and not waived, as `FILE:LINE:KIND:WHAT`
    pub holes: Vec<String>,
}

/// Coverage of the RTL's source.
#[derive(Clone, Debug, Serialize)]
pub struct RtlCoverage {
    /// Lines and branches
    pub lines: Count,
    /// Toggles
    pub toggles: Count,
    /// By file
    pub files: Vec<FileCoverage>,
    /// Waivers, in the order of their file
    pub waivers: Vec<WaiverUse>,
}

/// A waiver, and what it is good for.
#[derive(Clone, Debug, Serialize)]
pub struct WaiverUse {
    /// Its pattern
    pub pattern: String,
    /// Its reason
    pub reason: String,
    /// Points that were not hit and do not count for it; 0: it is not needed
    pub points: usize,
}

impl RtlCoverage {
    /// Waivers that no point needs.
    pub fn needless_waivers(&self) -> impl Iterator<Item = &str> {
        self.waivers
            .iter()
            .filter(|waiver| waiver.points == 0)
            .map(|waiver| waiver.pattern.as_str())
    }

    /// Holds counts against waivers.
    pub fn new(counts: &Counts, waivers: &Waivers) -> Self {
        let mut found = Self {
            lines: Count::default(),
            toggles: Count::default(),
            files: Vec::new(),
            waivers: waivers
                .rtl
                .iter()
                .map(|waiver| WaiverUse {
                    pattern: waiver.pattern.clone(),
                    reason: waiver.reason.clone(),
                    points: 0,
                })
                .collect(),
        };
        for (point, count) in counts.points() {
            if found
                .files
                .last()
                .is_none_or(|file| file.file != point.file)
            {
                found.files.push(FileCoverage {
                    file: point.file.clone(),
                    lines: Count::default(),
                    toggles: Count::default(),
                    holes: Vec::new(),
                });
            }
            let Some(file) = found.files.last_mut() else {
                continue;
            };
            let (all, of_file) = match point.kind {
                Kind::Line => (&mut found.lines, &mut file.lines),
                Kind::Toggle => (&mut found.toggles, &mut file.toggles),
            };
            let (name, hit) = (point.text(), count > 0);
            let waiver = found
                .waivers
                .iter_mut()
                .find(|waiver| !hit && matches(&waiver.pattern, &name));
            let waived = waiver.is_some();
            if let Some(waiver) = waiver {
                waiver.points += 1;
            }
            all.add(hit, waived);
            of_file.add(hit, waived);
            if !hit && !waived {
                file.holes.push(name);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::Waiver;

    fn dat(counts: [u64; 4]) -> String {
        let point = |line: u32, page: &str, what: &str, hier: &str, count: u64| {
            format!(
                "C '\u{1}f\u{2}/x/rtl/a.sv\u{1}l\u{2}{line}\u{1}n\u{2}3\u{1}page\u{2}{page}/a\u{1}o\u{2}{what}\u{1}S\u{2}{line}-{}\u{1}h\u{2}{hier}' {count}\n",
                line + 1
            )
        };
        format!(
            "{MAGIC}\n{}{}{}{}{}",
            "C '\u{1}f\u{2}/x/include/verilated_std.sv\u{1}l\u{2}1\u{1}page\u{2}v_line/a' 0\n",
            point(3, "v_line", "block", "TOP.u0", counts[0]),
            point(3, "v_line", "block", "TOP.u1", counts[1]),
            point(9, "v_branch", "if", "TOP.u0", counts[2]),
            point(2, "v_toggle", "q[3]:0->1", "TOP.u0", counts[3]),
        )
    }

    #[test]
    fn counts_are_merged_over_runs_and_instances() {
        let mut counts = Counts::default();
        counts.add_text(&dat([0, 0, 0, 0])).unwrap();
        let none = RtlCoverage::new(&counts, &Waivers::default());
        assert_eq!(
            (none.lines.points, none.lines.hit, none.toggles.points),
            (2, 0, 1)
        );
        assert_eq!(
            none.files[0].holes,
            [
                "rtl/a.sv:2:toggle:q[3]:0->1",
                "rtl/a.sv:3:line:block",
                "rtl/a.sv:9:line:if"
            ]
        );
        counts.add_text(&dat([0, 5, 0, 1])).unwrap();
        let waivers = Waivers {
            rtl: ["rtl/a.sv:9:line:*", "rtl/a.sv:3:*"]
                .map(|pattern| Waiver {
                    pattern: pattern.to_owned(),
                    reason: "r".to_owned(),
                })
                .to_vec(),
            ..Waivers::default()
        };
        let some = RtlCoverage::new(&counts, &waivers);
        assert_eq!(
            (some.lines.points, some.lines.hit, some.lines.waived),
            (1, 1, 1)
        );
        assert_eq!(some.lines.percent, 100.0);
        assert_eq!(some.files[0].holes, [""; 0]);
        // Line 3 was hit.
        assert!(some.needless_waivers().eq(["rtl/a.sv:3:*"]));
        assert_eq!(some.waivers[0].points, 1);
        let lcov = counts.lcov();
        assert!(
            lcov.contains(
                "SF:rtl/a.sv\nDA:3,5\nDA:4,5\nDA:9,0\nDA:10,0\nLF:4\nLH:2\nend_of_record"
            ),
            "{lcov}"
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = std::env::temp_dir().join(format!("rtl-coverage-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("c.dat");
        let mut counts = Counts::default();
        counts.add_text(&dat([1, 2, 3, 4])).unwrap();
        counts.write(&path).unwrap();
        let mut again = Counts::default();
        again.add_file(&path).unwrap();
        assert_eq!(again, counts);
        for (text, expected) in [
            ("nonsense", "line 1: expected a coverage file of Verilator"),
            (
                "# SystemC::Coverage-3\nC 'x'\n",
                "line 2: expected a point and its count",
            ),
        ] {
            std::fs::write(&path, text).unwrap();
            let said = Counts::default().add_file(&path).unwrap_err().to_string();
            assert!(said.ends_with(expected), "{said}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
