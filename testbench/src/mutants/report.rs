// SPDX-License-Identifier: Apache-2.0
//! What a campaign came to: for readers (`report.md`, `report.html`) and for scripts (`summary.json`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::Mutant;
use super::store::Read;
use super::syntax::Source;
use super::trial::How;
use super::waivers::Waivers;
use crate::error::Error;

/// What came of a mutant in the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "why")]
pub enum Verdict {
    /// The regression notices it
    Killed(How),
    /// A proof
    Proved(String),
    /// An argument
    Waived(String),
    /// The regression does not notice it
    Surviving,
    /// It was not run
    Missing,
}

/// A mutant with its verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The mutant
    pub mutant: Mutant,
    /// What came of it
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Clocks to its detection
    pub clocks: u64,
    /// The scenario that detects it
    pub scenario: Option<String>,
    /// What was said then, or of a proof that failed
    pub message: Option<String>,
    /// Whether the time was over before all scenarios had run
    pub limited: bool,
}

/// Counts of one module, operator or kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Drawn and run
    pub run: usize,
    /// Of those: killed
    pub killed: usize,
    /// Of those: equivalent
    pub equivalent: usize,
    /// Of those: surviving
    pub surviving: usize,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The revision of the checkout
    pub revision: String,
    /// Seed of the draw
    pub seed: u64,
    /// Seed of the regression
    pub regress_seed: u64,
    /// Device parameters
    pub configs: Vec<String>,
    /// Mutants that there are
    pub candidates: usize,
    /// Drawn, and no SystemVerilog
    pub dropped: usize,
    /// Drawn
    pub drawn: usize,
    /// Not run yet
    pub missing: usize,
    /// In all
    pub total: Count,
    /// Killed, of those that are not equivalent, in percent
    pub score: f64,
    /// To detection
    pub median_clocks: u64,
    /// To detection: 90 of 100 are not above
    pub clocks_90: u64,
    /// To detection: processor time
    pub median_seconds: f64,
    /// Processor time of all trials
    pub cpu_seconds: f64,
    /// The longest trial
    pub longest_seconds: f64,
    /// Seconds of the whole campaign, build included
    pub seconds: f64,
    /// By module
    pub modules: BTreeMap<String, Count>,
    /// By operator
    pub operators: BTreeMap<String, Count>,
    /// What noticed how many
    pub how: BTreeMap<String, usize>,
    /// By number
    pub rows: Vec<Row>,
}

impl Summary {
    /// From the results.
    pub fn new(found: &Read, waivers: &Waivers, sources: &[Source], seconds: f64) -> Self {
        let rows: Vec<_> = found
            .header
            .mutants
            .iter()
            .map(|mutant| row(mutant, found, waivers, sources))
            .collect();
        let mut summary = Self {
            revision: found.header.revision.clone(),
            seed: found.header.seed,
            regress_seed: found.header.regress_seed,
            configs: found.header.configs.clone(),
            candidates: found.header.candidates,
            dropped: found.header.dropped,
            drawn: rows.len(),
            missing: 0,
            total: Count::default(),
            score: 0.0,
            median_clocks: 0,
            clocks_90: 0,
            median_seconds: 0.0,
            cpu_seconds: found.outcomes.values().map(|o| o.seconds).sum(),
            longest_seconds: found
                .outcomes
                .values()
                .map(|o| o.seconds)
                .fold(0.0, f64::max),
            seconds,
            modules: BTreeMap::new(),
            operators: BTreeMap::new(),
            how: BTreeMap::new(),
            rows: Vec::new(),
        };
        for row in &rows {
            if row.verdict == Verdict::Missing {
                summary.missing += 1;
                continue;
            }
            let module = summary.modules.entry(row.mutant.module.clone());
            let operator = summary.operators.entry(row.mutant.operator.to_string());
            for count in [
                module.or_default(),
                operator.or_default(),
                &mut summary.total,
            ] {
                count.run += 1;
                match &row.verdict {
                    Verdict::Killed(_) => count.killed += 1,
                    Verdict::Proved(_) | Verdict::Waived(_) => count.equivalent += 1,
                    _ => count.surviving += 1,
                }
            }
            if let Verdict::Killed(how) = &row.verdict {
                *summary.how.entry(how.to_string()).or_default() += 1;
            }
        }
        let killed = found.outcomes.values().filter(|o| o.killed.is_some());
        let mut clocks: Vec<_> = killed.clone().map(|o| o.clocks).collect();
        clocks.sort_unstable();
        let mut times: Vec<_> = killed.map(|o| o.seconds).collect();
        times.sort_by(f64::total_cmp);
        summary.median_clocks = clocks.get(clocks.len() / 2).copied().unwrap_or(0);
        summary.clocks_90 = clocks.get(clocks.len() * 9 / 10).copied().unwrap_or(0);
        summary.median_seconds = times.get(times.len() / 2).copied().unwrap_or(0.0);
        let real = summary.total.killed + summary.total.surviving;
        summary.score = match real {
            0 => 100.0,
            _ => summary.total.killed as f64 * 100.0 / real as f64,
        };
        summary.rows = rows;
        summary
    }

    /// Those that nothing notices.
    pub fn survivors(&self) -> impl Iterator<Item = &Row> {
        self.rows
            .iter()
            .filter(|row| row.verdict == Verdict::Surviving)
    }

    /// The first lines of every report.
    pub fn headline(&self) -> String {
        let Count {
            run,
            killed,
            equivalent,
            surviving,
        } = self.total;
        format!(
            "{run} of {} mutants run: {killed} killed, {equivalent} equivalent, {surviving} surviving; {:.1} % of \
             those that are not equivalent are killed\nclocks to detection: median {}, 90 % within {}; median {:.2} s",
            self.drawn, self.score, self.median_clocks, self.clocks_90, self.median_seconds
        )
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# Mutation campaign\n\n{}\n\nRevision {}, seed {} (draw), {} (regression), {}; drawn from {} mutants, {} of \
             those drawn could not be elaborated and were replaced. {:.0} s of processor time in trials, the longest {:.1} s; \
             {:.0} s in all.\n\n",
            self.headline().replace('\n', ". "),
            self.revision,
            self.seed,
            self.regress_seed,
            self.configs.join(", "),
            self.candidates,
            self.dropped,
            self.cpu_seconds,
            self.longest_seconds,
            self.seconds
        );
        for (title, counts) in [("module", &self.modules), ("operator", &self.operators)] {
            let _ = write!(
                text,
                "| {title} | run | killed | equivalent | surviving |\n|---|---|---|---|---|\n"
            );
            for (name, count) in counts {
                let _ = writeln!(
                    text,
                    "| {name} | {} | {} | {} | {} |",
                    count.run, count.killed, count.equivalent, count.surviving
                );
            }
            text.push('\n');
        }
        text += "| noticed by | mutants |\n|---|---|\n";
        for (how, count) in &self.how {
            let _ = writeln!(text, "| {how} | {count} |");
        }
        let _ = write!(text, "\n## Surviving\n\n");
        self.table(&mut text, |v| matches!(v, Verdict::Surviving));
        let _ = write!(text, "\n## Equivalent\n\n");
        self.table(&mut text, |v| {
            matches!(v, Verdict::Proved(_) | Verdict::Waived(_))
        });
        let _ = write!(text, "\n## Killed\n\n");
        self.table(&mut text, |v| matches!(v, Verdict::Killed(_)));
        text
    }

    fn table(&self, text: &mut String, wanted: impl Fn(&Verdict) -> bool) {
        *text += "| number | place | operator | original | mutated | what |\n|---|---|---|---|---|---|\n";
        for row in self.rows.iter().filter(|row| wanted(&row.verdict)) {
            let m = &row.mutant;
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} |",
                m.number,
                m.place(),
                m.operator,
                code(&m.original),
                code(if m.mutated.is_empty() {
                    "(dropped)"
                } else {
                    &m.mutated
                }),
                cell(&what(row))
            );
        }
    }

    /// As a page.
    pub fn html(&self) -> String {
        let escape = |text: &str| {
            text.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
        };
        let mut rows = String::new();
        for row in &self.rows {
            let m = &row.mutant;
            let class = match row.verdict {
                Verdict::Killed(_) => "killed",
                Verdict::Surviving => "surviving",
                _ => "equivalent",
            };
            let _ = writeln!(
                rows,
                "<tr class=\"{class}\"><td>{}<td>{}<td>{}<td><code>{}</code><td><code>{}</code><td>{class}<td>{}</tr>",
                m.number,
                m.place(),
                m.operator,
                escape(&m.original),
                escape(&m.mutated),
                escape(&what(row))
            );
        }
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Mutation campaign</title><style>\
             body{{font:14px sans-serif;margin:2em}}table{{border-collapse:collapse}}td,th{{border:1px solid #ccc;\
             padding:2px 6px;vertical-align:top;text-align:left}}.surviving{{background:#fdd}}.equivalent{{background:#eee}}\
             </style></head><body><h1>Mutation campaign</h1><p>{}</p><p>Revision {}, seed {} (draw), {} (regression), \
             {}</p><table><tr><th>number<th>place<th>operator<th>original<th>mutated<th>verdict<th>what</tr>\n{rows}</table>\
             </body></html>\n",
            escape(&self.headline()).replace('\n', "<br>"),
            self.revision,
            self.seed,
            self.regress_seed,
            self.configs.join(", ")
        )
    }

    /// Writes all of them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, out: &Path) -> Result<(), Error> {
        let json = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        for (name, text) in [
            ("summary.json", json),
            ("report.md", self.markdown()),
            ("report.html", self.html()),
        ] {
            let path = out.join(name);
            std::fs::write(&path, text).map_err(|e| Error::write(&path, &e))?;
        }
        Ok(())
    }
}

fn row(mutant: &Mutant, found: &Read, waivers: &Waivers, sources: &[Source]) -> Row {
    let outcome = found.outcomes.get(&mutant.number);
    let proof = found.proofs.get(&mutant.number);
    let kill = outcome.and_then(|outcome| outcome.killed.as_ref());
    let verdict = match (outcome, kill) {
        (None, _) => Verdict::Missing,
        (_, Some(kill)) => Verdict::Killed(kill.how),
        _ => match (proof, waivers.reason(mutant, sources)) {
            (Some((true, said)), _) => Verdict::Proved(said.clone()),
            (_, Some(reason)) => Verdict::Waived(reason.to_owned()),
            _ => Verdict::Surviving,
        },
    };
    Row {
        mutant: mutant.clone(),
        verdict,
        clocks: outcome.map_or(0, |outcome| outcome.clocks),
        scenario: kill.map(|kill| kill.scenario.clone()),
        message: kill
            .map(|kill| kill.message.clone())
            .or_else(|| proof.map(|(_, said)| said.clone())),
        limited: outcome.is_some_and(|outcome| outcome.limited),
    }
}

/// In words.
fn what(row: &Row) -> String {
    match &row.verdict {
        Verdict::Killed(how) => format!(
            "{how} after {} clocks, {}",
            row.clocks,
            row.scenario.as_deref().unwrap_or_default()
        ),
        Verdict::Proved(said) => said.clone(),
        Verdict::Waived(reason) => reason.clone(),
        Verdict::Surviving if row.limited => "the time was over".to_owned(),
        Verdict::Surviving => row.message.clone().unwrap_or_default(),
        Verdict::Missing => "not run".to_owned(),
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn code(text: &str) -> String {
    let shown: String = text.chars().take(120).collect();
    let more = if text.chars().count() > 120 {
        " ..."
    } else {
        ""
    };
    format!("`{}{more}`", cell(&shown))
}
