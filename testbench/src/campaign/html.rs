// SPDX-License-Identifier: Apache-2.0
//! The report of a campaign: one page that needs nothing but itself. Only reports and waves of failures are files
//! beside it.

use std::fmt::Write as _;
use std::path::Path;

use super::history::Past;
use super::plot::{self, escape, short};
use super::summary::{Bucket, State, Summary};
use crate::coverage::{self, GroupOutcome};
use crate::error::Error;

/// The name of the file in the folder of a campaign.
pub const FILE: &str = "report.html";

const STYLE: &str = include_str!("page.css");

/// Looks for scenarios by name; says that it ran, for the test in a browser.
const SCRIPT: &str = r#"const box=document.getElementById('find');const rows=[...document.querySelectorAll('#scenarios tbody tr')];
box.addEventListener('input',()=>{let n=0;for(const r of rows){const on=r.textContent.includes(box.value);r.hidden=!on;n+=on}
document.getElementById('found').textContent=n+' of '+rows.length});
box.dispatchEvent(new Event('input'));document.documentElement.dataset.ready='yes';"#;

/// Holes that a group or file lists at most.
const MOST: usize = 400;

/// Writes the page.
///
/// # Errors
/// It cannot be written.
pub fn write(folder: &Path, summary: &Summary, history: &[Past], ended: &str) -> Result<(), Error> {
    let path = folder.join(FILE);
    std::fs::write(&path, page(folder, summary, history, ended))
        .map_err(|e| Error::write(&path, &e))
}

fn page(folder: &Path, summary: &Summary, history: &[Past], ended: &str) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>ipsec-cosim: campaign, seed {}</title><style>{STYLE}</style></head><body>",
        summary.header.seed
    );
    head(&mut html, summary, ended);
    testpoints(&mut html, summary);
    failures(&mut html, folder, summary);
    functional(&mut html, summary);
    rtl(&mut html, summary);
    throughput(&mut html, summary);
    trend(&mut html, history);
    scenarios(&mut html, summary);
    let _ = writeln!(html, "<script>{SCRIPT}</script></body></html>");
    html
}

fn card(html: &mut String, what: &str, value: &str, class: &str) {
    let _ = write!(
        html,
        "<div class=\"card {class}\">{}<b>{}</b></div>",
        escape(what),
        escape(value)
    );
}

fn meter(hit: usize, of: usize) -> String {
    let percent = if of == 0 {
        100.0
    } else {
        100.0 * hit as f64 / of as f64
    };
    format!("<span class=\"meter\"><i style=\"width:{percent:.1}%\"></i></span> {hit}/{of}")
}

fn head(html: &mut String, summary: &Summary, ended: &str) {
    let (header, total) = (&summary.header, &summary.total);
    let (verdict, class) = match (summary.is_good(), ended.is_empty()) {
        (true, true) => ("all good", "good"),
        (true, false) => ("no failure, not finished", "warn"),
        (false, _) => ("failed", "bad"),
    };
    let _ = write!(
        html,
        "<h1>Campaign: <span class=\"{class}\">{verdict}</span></h1><p>revision <code>{}</code>, seed <code>{}</code>, plan {}, device {}, configurations {}, started <time>{}</time>{}</p><div class=\"cards\">",
        escape(&header.revision),
        header.seed,
        escape(&header.plan),
        escape(&header.device),
        escape(&header.configs.join(", ")),
        utc(header.started),
        if ended.is_empty() {
            String::new()
        } else {
            format!("; <b class=\"warn\">{}</b>", escape(ended))
        },
    );
    card(
        html,
        "scenarios",
        &format!("{} of {}", total.scenarios, summary.planned),
        "",
    );
    card(
        html,
        "failures",
        &total.failures.to_string(),
        if total.failures > 0 { "bad" } else { "good" },
    );
    card(
        html,
        "kinds of failures",
        &summary.buckets.len().to_string(),
        "",
    );
    card(html, "divergences", &summary.divergences.to_string(), "");
    card(html, "clocks", &short(total.clocks as f64), "");
    card(html, "frames", &short(total.frames as f64), "");
    card(html, "clocks/s", &short(summary.speed()), "");
    card(
        html,
        "functional coverage",
        &format!("{:.2} %", summary.functional.percent),
        "",
    );
    if let Some(rtl) = &summary.rtl {
        card(html, "lines", &format!("{:.2} %", rtl.lines.percent), "");
        card(
            html,
            "toggles",
            &format!("{:.2} %", rtl.toggles.percent),
            "",
        );
    }
    html.push_str("</div>");
}

fn testpoints(html: &mut String, summary: &Summary) {
    html.push_str("<h2 id=\"testpoints\">Testpoints</h2><table><thead><tr><th>stage<th>testpoint<th>result<th class=\"n\">scenarios<th class=\"n\">failed<th>coverage meant to hit</thead><tbody>");
    for point in &summary.testpoints {
        let class = match point.state {
            State::Passed => "good",
            State::Failed | State::Untested => "bad",
            State::NotRun => "dim",
        };
        let sum = |of: fn(&super::summary::Test) -> u64| point.tests.iter().map(of).sum::<u64>();
        let tests: Vec<String> = point
            .tests
            .iter()
            .map(|test| match test.name.strip_prefix("cargo/") {
                Some(_) => format!("<code>{}</code> (in make test)", escape(&test.name)),
                None => format!(
                    "<code>{}</code>: {} scenarios, {} failed",
                    escape(&test.name),
                    test.scenarios,
                    test.failures
                ),
            })
            .collect();
        let bins = if point.bins == 0 {
            "-".to_owned()
        } else {
            meter(point.hit, point.bins)
        };
        let _ = write!(
            html,
            "<tr><td>{}<td><details><summary><b>{}</b> {}</summary><p>stimulus: {}<br>checks: {}<br>{}</p></details><td class=\"{class}\">{}<td class=\"n\">{}<td class=\"n\">{}<td>{bins}",
            point.stage,
            escape(&point.name),
            escape(&point.description),
            escape(&point.stimulus),
            escape(&point.checks),
            tests.join("<br>"),
            point.state.text(),
            sum(|test| test.scenarios),
            sum(|test| test.failures),
        );
    }
    html.push_str("</tbody></table>");
    if !summary.unplanned.is_empty() {
        let _ = write!(
            html,
            "<p class=\"warn\">Classes that no testpoint names: {}</p>",
            escape(&summary.unplanned.join(", "))
        );
    }
}

fn failures(html: &mut String, folder: &Path, summary: &Summary) {
    html.push_str("<h2 id=\"failures\">Failures</h2>");
    if summary.buckets.is_empty() {
        html.push_str("<p class=\"good\">none</p>");
    }
    for bucket in &summary.buckets {
        one_bucket(html, folder, bucket);
    }
}

fn one_bucket(html: &mut String, folder: &Path, bucket: &Bucket) {
    let one = &bucket.example;
    let _ = write!(
        html,
        "<h3 class=\"bad\">{} <span class=\"dim\">({} scenarios)</span></h3><p>{}",
        escape(&bucket.signature),
        bucket.scenarios.len(),
        escape(one.failure.as_deref().unwrap_or_default())
    );
    if let Some((from, to)) = one.operations {
        let _ = write!(html, "<br>shrunk from {from} operations to {to}");
    }
    if let Some(place) = &one.folder {
        html.push_str("<br>");
        for (file, what) in [
            ("report.txt", "report"),
            ("scenario.json", "scenario"),
            ("failure.fst", "wave"),
            (
                "failure.gtkw",
                "GTKWave save file (opens at the failing clock)",
            ),
            ("original.json", "scenario before shrinking"),
        ] {
            if folder.join(place).join(file).exists() {
                let link = place.join(file).display().to_string();
                let _ = write!(html, "<a href=\"{}\">{what}</a> &nbsp; ", escape(&link));
            }
        }
    }
    html.push_str("</p><pre>");
    for command in [&one.reproduce, &one.rerun].into_iter().flatten() {
        let _ = writeln!(html, "{}", escape(command));
    }
    html.push_str("</pre>");
    if let Some(place) = &one.folder {
        let place = folder.join(place);
        // The picture is our own drawing, whole or not there.
        if let Ok(picture) = std::fs::read_to_string(place.join("failure.svg"))
            && let Some(at) = picture.find("<svg")
        {
            let _ = write!(html, "<div class=\"picture\">{}</div>", &picture[at..]);
        }
        if let Ok(report) = std::fs::read_to_string(place.join("report.txt")) {
            let _ = write!(
                html,
                "<details><summary>report</summary><pre>{}</pre></details>",
                escape(&report)
            );
        }
        if let Ok(table) = std::fs::read_to_string(place.join("scenario.txt")) {
            let _ = write!(
                html,
                "<details open><summary>scenario</summary><pre>{}</pre></details>",
                escape(&table)
            );
        }
    }
    let names: Vec<_> = bucket
        .scenarios
        .iter()
        .take(MOST)
        .map(|name| escape(name))
        .collect();
    let _ = write!(
        html,
        "<details><summary>all scenarios of this kind</summary>{}</details>",
        names.join(", ")
    );
}

fn functional(html: &mut String, summary: &Summary) {
    let all = &summary.functional;
    let _ = write!(
        html,
        "<h2 id=\"functional\">Functional coverage</h2><p>{} of {} bins ({:.2} %), {} waived</p>",
        all.hit, all.bins, all.percent, all.waived
    );
    for group in &all.groups {
        one_group(html, group);
    }
    for (what, names) in [
        ("Values that no bin declares", &all.undeclared),
        ("Waivers of what was hit", &all.needless_waivers),
    ] {
        if !names.is_empty() {
            let _ = write!(
                html,
                "<p class=\"warn\">{what}: {}</p>",
                escape(&names.join(", "))
            );
        }
    }
}

fn one_group(html: &mut String, group: &GroupOutcome) {
    let _ = write!(
        html,
        "<details><summary>{} <b>{}</b> <span class=\"dim\">{}</span></summary>",
        meter(group.hit, group.bins),
        escape(&group.name),
        escape(&group.description)
    );
    let holes = || {
        group
            .all
            .iter()
            .filter(|bin| bin.state == coverage::State::Hole)
    };
    let count = holes().count();
    if count > 0 {
        let _ = write!(
            html,
            "<table><thead><tr><th>hole<th>testpoints that should hit it</thead><tbody>"
        );
        for bin in holes().take(MOST) {
            let _ = write!(
                html,
                "<tr><td class=\"bad\">{}<td>{}",
                escape(&bin.name),
                if bin.testpoints.is_empty() {
                    "<b class=\"warn\">none</b>".to_owned()
                } else {
                    escape(&bin.testpoints.join(", "))
                }
            );
        }
        html.push_str("</tbody></table>");
        if count > MOST {
            let _ = write!(
                html,
                "<p>and {} more: coverage.json has all</p>",
                count - MOST
            );
        }
    }
    html.push_str("<details><summary>bins that were hit or waived</summary><table><tbody>");
    for bin in group
        .all
        .iter()
        .filter(|bin| bin.state != coverage::State::Hole)
    {
        let said = match &bin.reason {
            Some(reason) if bin.hits == 0 => format!("waived: {}", escape(reason)),
            _ => short(bin.hits as f64),
        };
        let _ = write!(html, "<tr><td>{}<td class=\"n\">{said}", escape(&bin.name));
    }
    html.push_str("</tbody></table></details></details>");
}

fn rtl(html: &mut String, summary: &Summary) {
    let Some(rtl) = &summary.rtl else { return };
    let _ = write!(
        html,
        "<h2 id=\"rtl\">Coverage of the RTL</h2><p>lines and branches {:.2} % ({} waived), toggles {:.2} % ({} waived)</p>",
        rtl.lines.percent, rtl.lines.waived, rtl.toggles.percent, rtl.toggles.waived
    );
    for file in &rtl.files {
        let _ = write!(
            html,
            "<details><summary>{} lines, {} toggles: <code>{}</code></summary><pre>",
            meter(file.lines.hit, file.lines.points),
            meter(file.toggles.hit, file.toggles.points),
            escape(&file.file)
        );
        for hole in file.holes.iter().take(MOST) {
            let _ = writeln!(html, "{}", escape(hole));
        }
        if file.holes.len() > MOST {
            let _ = writeln!(
                html,
                "and {} more: rtl_coverage.json has all",
                file.holes.len() - MOST
            );
        }
        html.push_str("</pre></details>");
    }
    html.push_str("<details><summary>Waivers</summary><table><thead><tr><th>waiver<th>points<th>reason</thead><tbody>");
    for waiver in &rtl.waivers {
        let _ = write!(
            html,
            "<tr><td><code>{}</code><td class=\"n\">{}<td>{}",
            escape(&waiver.pattern),
            waiver.points,
            escape(&waiver.reason)
        );
    }
    html.push_str("</tbody></table></details>");
}

fn throughput(html: &mut String, summary: &Summary) {
    let per_second: Vec<(String, f64)> = summary
        .classes
        .iter()
        .filter(|(_, class)| class.seconds > 0.0)
        .map(|(name, class)| (name.clone(), class.clocks as f64 / class.seconds))
        .collect();
    let busy: f64 = summary.total.seconds;
    let _ = write!(
        html,
        "<h2 id=\"throughput\">Throughput</h2><p>{} clocks in {:.1} s of {} jobs: {} clocks/s, {:.0} % of the time inside scenarios</p>{}",
        short(summary.total.clocks as f64),
        summary.seconds,
        summary.jobs,
        short(summary.speed()),
        100.0 * busy / (summary.seconds * summary.jobs as f64).max(1e-9),
        plot::bars(&per_second, "clocks/s"),
    );
}

fn trend(html: &mut String, history: &[Past]) {
    html.push_str("<h2 id=\"trend\">Trend</h2><div class=\"plots\">");
    let values = |of: &dyn Fn(&Past) -> Option<f64>| -> Vec<(String, f64)> {
        history
            .iter()
            .filter_map(|past| {
                let said = format!(
                    "{}, {}, seed {}",
                    utc(past.started),
                    past.revision,
                    past.seed
                );
                Some((said, of(past)?))
            })
            .collect()
    };
    html.push_str(&plot::line(
        "failures",
        &values(&|p| Some(p.failures as f64)),
        None,
    ));
    html.push_str(&plot::line("clocks/s", &values(&|p| Some(p.speed)), None));
    html.push_str(&plot::line(
        "functional coverage, %",
        &values(&|p| Some(p.functional)),
        Some(100.0),
    ));
    let lines = values(&|p| p.lines);
    if !lines.is_empty() {
        html.push_str(&plot::line("lines, %", &lines, Some(100.0)));
        html.push_str(&plot::line(
            "toggles, %",
            &values(&|p| p.toggles),
            Some(100.0),
        ));
    }
    let _ = write!(
        html,
        "</div><p class=\"dim\">{} campaigns in this folder</p>",
        history.len()
    );
}

fn scenarios(html: &mut String, summary: &Summary) {
    html.push_str("<h2>Scenarios</h2><p><input id=\"find\" placeholder=\"text in the name\" aria-label=\"text in the name\"> <span id=\"found\"></span></p><details><summary>all</summary><table id=\"scenarios\"><thead><tr><th>scenario<th class=\"n\">seed<th class=\"n\">clocks<th class=\"n\">frames<th class=\"n\">s<th>result</thead><tbody>");
    for outcome in &summary.outcomes {
        let result = match &outcome.failure {
            None => "<td class=\"good\">good".to_owned(),
            Some(failure) => format!("<td class=\"bad\">{}", escape(failure)),
        };
        let _ = write!(
            html,
            "<tr><td>{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{:.2}{result}",
            escape(&outcome.name),
            outcome.seed,
            outcome.clocks,
            outcome.frames,
            outcome.seconds
        );
    }
    html.push_str("</tbody></table></details>");
}

/// Seconds since 1970 as date and time.
pub fn utc(seconds: u64) -> String {
    let (days, rest) = ((seconds / 86_400) as i64, seconds % 86_400);
    // Howard Hinnant's civil_from_days.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let of_era = z.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::summary::tests::summary;

    #[test]
    fn the_page_needs_nothing_from_outside() {
        let summary = summary();
        let history = [Past::of(&summary), Past::of(&summary)];
        let html = page(Path::new("/nowhere"), &summary, &history, "interrupted");
        assert!(!html.contains("http"), "no link to anywhere");
        assert!(html.contains("d&lt;b&gt;") && !html.contains("d<b>"));
        for id in [
            "testpoints",
            "failures",
            "functional",
            "throughput",
            "trend",
        ] {
            assert!(html.contains(&format!("<h2 id=\"{id}\">")), "{id}");
        }
    }

    #[test]
    fn dates() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_795_885_200), "2026-11-28 17:00:00 UTC");
    }
}
