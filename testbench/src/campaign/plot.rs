// SPDX-License-Identifier: Apache-2.0
//! Plots as SVG, to stand inside a page.

use std::fmt::Write as _;

/// Text in HTML or SVG.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if c.is_control() && c != '\n' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A number with a unit of thousands.
pub fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 1e9 => format!("{:.1} G", value / 1e9),
        v if v >= 1e6 => format!("{:.1} M", value / 1e6),
        v if v >= 1e4 => format!("{:.0} k", value / 1e3),
        v if v >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        _ => format!("{value:.1}"),
    }
}

/// Horizontal bars, one for each name.
pub fn bars(values: &[(String, f64)], unit: &str) -> String {
    let most = values
        .iter()
        .map(|(_, v)| *v)
        .fold(f64::MIN_POSITIVE, f64::max);
    let height = 18 * values.len();
    let mut svg = format!(
        r#"<svg class="plot" role="img" viewBox="0 0 640 {height}" width="640" height="{height}">"#
    );
    for (k, (name, value)) in values.iter().enumerate() {
        let (y, width) = (18 * k, (value.max(0.0) / most * 360.0).max(1.0));
        let _ = write!(
            svg,
            r#"<text x="146" y="{}" text-anchor="end">{}</text><rect class="bar" x="152" y="{}" width="{width:.1}" height="13"/><text x="{:.1}" y="{}">{} {unit}</text>"#,
            y + 13,
            escape(name),
            y + 2,
            158.0 + width,
            y + 13,
            short(*value),
        );
    }
    svg + "</svg>"
}

/// A line through values, each with what is said when a pointer is on it. `top` is the value at the upper edge; that
/// of the largest if it is missing.
pub fn line(title: &str, values: &[(String, f64)], top: Option<f64>) -> String {
    const WIDTH: f64 = 300.0;
    const HEIGHT: f64 = 90.0;
    let most = top.unwrap_or_else(|| values.iter().map(|(_, v)| *v).fold(0.0, f64::max));
    let most = if most > 0.0 { most } else { 1.0 };
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let place = |k: usize, value: f64| {
        let y = HEIGHT - (value / most).clamp(0.0, 1.0) * HEIGHT;
        (40.0 + step * k as f64, 20.0 + y)
    };
    let mut svg = format!(
        r#"<svg class="plot" role="img" viewBox="0 0 360 125" width="360" height="125"><text x="40" y="12">{}</text><text x="36" y="26" text-anchor="end">{}</text><text x="36" y="112" text-anchor="end">0</text><path class="axis" d="M40 20V110H340"/>"#,
        escape(title),
        short(most),
    );
    let points: Vec<String> = values
        .iter()
        .enumerate()
        .map(|(k, (_, value))| {
            let (x, y) = place(k, *value);
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let _ = write!(
        svg,
        r#"<polyline class="line" points="{}"/>"#,
        points.join(" ")
    );
    for (k, (said, value)) in values.iter().enumerate() {
        let (x, y) = place(k, *value);
        let _ = write!(
            svg,
            r#"<circle class="dot" cx="{x:.1}" cy="{y:.1}" r="3"><title>{}: {}</title></circle>"#,
            escape(said),
            short(*value)
        );
    }
    svg + "</svg>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_of_nothing_and_of_strange_names() {
        for svg in [
            bars(&[], "x"),
            line("t", &[], None),
            line("t", &[("a".to_owned(), 0.0)], None),
        ] {
            assert!(
                svg.starts_with("<svg") && svg.ends_with("</svg>") && !svg.contains("NaN"),
                "{svg}"
            );
        }
        assert!(bars(&[("<a&\"".to_owned(), 1.0)], "").contains("&lt;a&amp;&quot;"));
        assert_eq!(short(1_234_567.0), "1.2 M");
    }
}
