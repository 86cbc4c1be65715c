// SPDX-License-Identifier: Apache-2.0
//! What is different between two packs, or between a pack and what a device did.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::log::Line;
use super::lower::lower;
use super::pack::Pack;
use super::step::Op;

/// Differences that are named of one case.
const MOST: usize = 5;

/// Lines that say what is different; none if nothing is.
pub fn packs(a: &Pack, b: &Pack) -> Vec<String> {
    let mut lines = Vec::new();
    let (left, right) = (&a.manifest, &b.manifest);
    let mut member = |what: &str, one: String, other: String| {
        if one != other {
            lines.push(format!("manifest: {what}: {one} | {other}"));
        }
    };
    let design = |pack: &Pack| pack.manifest.design.clone();
    member(
        "parameters",
        design(a).config().to_string(),
        design(b).config().to_string(),
    );
    member(
        "VERSION",
        format!("0x{:08x}", design(a).version_register),
        format!("0x{:08x}", design(b).version_register),
    );
    member("revision", design(a).revision, design(b).revision);
    member("seed", left.seed.to_string(), right.seed.to_string());
    member("plan", left.plan.clone(), right.plan.clone());
    for case in &a.cases {
        let Some(other) = b.case(&case.name) else {
            lines.push(format!("{}: only in the first", case.name));
            continue;
        };
        if case == other {
            continue;
        }
        let (one, two) = (&case.steps, &other.steps);
        let differing: Vec<usize> = (0..one.len().max(two.len()))
            .filter(|k| one.get(*k) != two.get(*k))
            .collect();
        lines.push(format!(
            "{}: {} of {} steps differ ({} in the second)",
            case.name,
            differing.len(),
            one.len(),
            two.len()
        ));
        for k in differing.iter().take(MOST) {
            let text = |steps: &[super::Step]| match steps.get(*k) {
                Some(step) => shorten(&serde_json::to_string(step).unwrap_or_default()),
                None => "nothing".to_owned(),
            };
            lines.push(format!("  step {k}: {}", text(one)));
            lines.push(format!(
                "  {:>width$}  {}",
                "|",
                text(two),
                width = 5 + k.to_string().len()
            ));
        }
        if differing.len() > MOST {
            lines.push(format!("  and {} more", differing.len() - MOST));
        }
    }
    for case in &b.cases {
        if a.case(&case.name).is_none() {
            lines.push(format!("{}: only in the second", case.name));
        }
    }
    lines
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(160) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// What a log says of a pack, by case: what failed first, and what to look at.
pub fn log(pack: &Pack, log: &[Line]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut by_case: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in log {
        by_case.entry(&line.case).or_default().push(line);
    }
    for name in by_case.keys() {
        if pack.case(name).is_none() {
            lines.push(format!("{name}: in the log, and not in the pack"));
        }
    }
    let mut not_run = 0;
    for (case, entry) in pack.cases.iter().zip(&pack.manifest.cases) {
        let Some(steps) = by_case.get(case.name.as_str()) else {
            not_run += 1;
            continue;
        };
        let bad: Vec<_> = steps.iter().filter(|line| !line.ok).collect();
        let Some(first) = bad.first() else {
            lines.extend(unlike(case, steps));
            continue;
        };
        lines.push(format!(
            "{}: {} of {} steps in the log failed; the first is step {} ({})",
            case.name,
            bad.len(),
            steps.len(),
            first.step,
            first.op
        ));
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        lines.push(format!(
            "  {}expected {}, got {}{}",
            first.addr.as_ref().map_or_else(String::new, |addr| {
                let number = u16::from_str_radix(addr.trim_start_matches("0x"), 16);
                match number {
                    Ok(number) => format!("{addr} {}: ", crate::runner::register_name(number)),
                    Err(_) => format!("{addr}: "),
                }
            }),
            shorten(&or(&first.expected)),
            shorten(&or(&first.actual)),
            first
                .mask
                .as_ref()
                .map_or_else(String::new, |mask| format!(" under mask {}", shorten(mask)))
        ));
        if let (Some(expected), Some(actual)) = (&first.expected, &first.actual)
            && let Some(bits) = bits(expected, actual, first.mask.as_deref())
        {
            lines.push(format!("  differing bits: {bits}"));
        }
        if let Some(problem) = &first.problem {
            lines.push(format!("  {problem}"));
        }
        if let Some(case) = form(case, first) {
            if let Some(step) = case.steps.get(first.step as usize)
                && !step.note.is_empty()
            {
                lines.push(format!("  what it is: {}", step.note));
            }
            if let Some(done) = before(&case, first.step) {
                lines.push(format!("  the last thing done: {done}"));
            }
        }
        lines.push(format!("  look at: {}", entry.suspect));
    }
    if not_run > 0 {
        lines.push(format!("{not_run} cases of the pack are not in the log"));
    }
    lines
}

/// The bits in which two words differ.
fn bits(expected: &str, actual: &str, mask: Option<&str>) -> Option<String> {
    let word = |text: &str| u32::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let mask = mask.map_or(Some(u32::MAX), word)?;
    let differing = (word(expected)? ^ word(actual)?) & mask;
    if word(actual)? == u32::MAX {
        return Some(format!("{differing:#010x} (all ones: nobody answers)"));
    }
    let names: Vec<_> = (0..32)
        .filter(|bit| differing >> bit & 1 != 0)
        .map(|bit| bit.to_string())
        .collect();
    Some(names.join(", "))
}

/// What is wrong with a case's lines if none of them failed: they are of another pack, or some are missing.
fn unlike(case: &Case, lines: &[&Line]) -> Option<String> {
    let forms = forms(case, lines.first().and_then(|line| line.form.as_deref()));
    let strange = |form: &Case| lines.iter().position(|line| !fits(form, line));
    // The form that goes furthest is the one that was played.
    let of = forms
        .iter()
        .max_by_key(|form| strange(form).unwrap_or(lines.len()))?;
    if let Some(line) = strange(of).and_then(|k| lines.get(k)) {
        return Some(format!(
            "{}: step {} of the log ({} {}, expected {}) is not what this pack has there: is the log of another one?",
            case.name,
            line.step,
            line.op,
            line.addr.as_deref().unwrap_or("-"),
            shorten(line.expected.as_deref().unwrap_or("-"))
        ));
    }
    let done: BTreeSet<u64> = lines.iter().map(|line| line.step).collect();
    let missing: Vec<u64> = (0..of.steps.len() as u64)
        .filter(|step| !done.contains(step))
        .collect();
    let first = missing.first()?;
    Some(format!(
        "{}: {} of {} steps are not in the log, the first of them is step {first}",
        case.name,
        missing.len(),
        of.steps.len()
    ))
}

/// The forms in which the case may have been played: as it stands, or by registers alone.
fn forms(case: &Case, said: Option<&str>) -> Vec<Case> {
    let registers = [lower(case, false), lower(case, true)]
        .into_iter()
        .flatten();
    match said {
        Some("registers") => registers.collect(),
        Some("streams") => vec![case.clone()],
        _ => std::iter::once(case.clone()).chain(registers).collect(),
    }
}

/// Whether the line speaks of a step of this form.
fn fits(case: &Case, line: &Line) -> bool {
    let Some(step) = case.steps.get(line.step as usize) else {
        return false;
    };
    let hex = |text: &String| u32::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let (addr, word) = match step.op {
        Op::Read {
            addr, mask, value, ..
        }
        | Op::Poll {
            addr, mask, value, ..
        } => (Some(addr), Some((value, mask))),
        Op::Write { addr, data, .. } => (Some(addr), Some((data, u32::MAX))),
        _ => (None, None),
    };
    let named = line.addr.as_ref().and_then(hex);
    let said = line.expected.as_ref().and_then(hex);
    step.op.name() == line.op
        && (named.is_none() || named == addr.map(u32::from))
        && match (said, word) {
            (Some(said), Some((value, mask))) => (said ^ value) & mask == 0,
            _ => true,
        }
}

/// The case in the form whose step the line speaks of.
fn form(case: &Case, line: &Line) -> Option<Case> {
    forms(case, line.form.as_deref())
        .into_iter()
        .find(|form| fits(form, line))
}

/// The step before that did something to the device.
fn before(case: &Case, step: u64) -> Option<String> {
    let done = case.steps.get(..step as usize)?;
    let last = done.iter().rev().find(|step| {
        matches!(
            step.op,
            Op::Write { .. } | Op::Send { .. } | Op::Reset { .. }
        )
    })?;
    Some(format!(
        "{} {}",
        last.op.name(),
        match last.note.as_str() {
            "" => shorten(&serde_json::to_string(&last.op).unwrap_or_default()),
            note => note.to_owned(),
        }
    ))
}
