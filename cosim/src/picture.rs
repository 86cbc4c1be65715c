// SPDX-License-Identifier: Apache-2.0
//! The clocks around a failure as a drawing (SVG): the pins that differ with both values, their neighbours, and the beats
//! at the stage boundary where the two devices first differ.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{FirstDifference, INPUT_PINS, Inputs, OUTPUT_PINS, Outputs, PinDiff, ProbeEvent};

/// Clocks drawn before and after the one in question.
pub(crate) const SHOWN: (u64, u64) = (12, 4);

/// Differing pins that are drawn at most, and their neighbours.
const MOST_PINS: usize = 6;
const MOST_NEIGHBOURS: usize = 14;

/// What was on the pins in a clock.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub clock: u64,
    pub inputs: Inputs,
    pub expected: Option<Outputs>,
    pub actual: Option<Outputs>,
}

/// One row: a value for each clock, `None` where there is none.
struct Row {
    name: String,
    width: u32,
    values: Vec<Option<u128>>,
    /// Clocks in which it is not what it should be
    wrong: Vec<bool>,
}

const LEFT: usize = 210;
const STEP: usize = 62;
const ROW: usize = 26;

/// Draws. `events` are those of the device that is believed (true) and of the one under test.
pub(crate) fn draw(
    samples: &[Sample],
    failing: u64,
    pins: &[PinDiff],
    first: Option<&FirstDifference>,
    events: &[(bool, ProbeEvent)],
) -> String {
    let mut body = String::new();
    let mut y = 8;
    let mut columns = 0;
    if !samples.is_empty() {
        let clocks: Vec<u64> = samples.iter().map(|sample| sample.clock).collect();
        columns = columns.max(clocks.len());
        title(&mut body, &mut y, &format!("at the pins, clock {failing}"));
        ruler(&mut body, &mut y, &clocks, failing);
        for row in rows(samples, pins) {
            draw_row(&mut body, &mut y, &row);
        }
    }
    if let Some(first) = first {
        let at = first.clock();
        let from = at.saturating_sub(SHOWN.0).max(1);
        let clocks: Vec<u64> = (from..=at + SHOWN.1).collect();
        columns = columns.max(clocks.len());
        y += 14;
        title(&mut body, &mut y, &format!("inside: {first}"));
        ruler(&mut body, &mut y, &clocks, at);
        beats(&mut body, &mut y, &clocks, first, events);
    }
    let width = LEFT + STEP * columns.max(1) + 10;
    let height = y + 6;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"ui-monospace,monospace\" font-size=\"11\" fill=\"#1b1f24\">\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>{body}</svg>\n"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn title(body: &mut String, y: &mut usize, text: &str) {
    *y += 14;
    let _ = write!(
        body,
        "<text x=\"8\" y=\"{y}\" font-weight=\"bold\">{}</text>",
        escape(text)
    );
    *y += 8;
}

fn ruler(body: &mut String, y: &mut usize, clocks: &[u64], marked: u64) {
    for (k, clock) in clocks.iter().enumerate() {
        let x = LEFT + STEP * k;
        if *clock == marked {
            let _ = write!(
                body,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{STEP}\" height=\"18\" fill=\"#ffd7d5\"/>"
            );
        }
        let _ = write!(
            body,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#57606a\">{clock}</text>",
            x + STEP / 2,
            *y + 13
        );
    }
    *y += 20;
}

/// The rows of the pins: those that differ, then the others of their ports.
fn rows(samples: &[Sample], pins: &[PinDiff]) -> Vec<Row> {
    let mut rows = Vec::new();
    let output = |name: &str, expected: bool| -> Option<Row> {
        let pin = OUTPUT_PINS.iter().find(|pin| pin.name == name)?;
        let value = |outputs: &Option<Outputs>| outputs.as_ref().map(|outputs| (pin.get)(outputs));
        Some(Row {
            name: name.to_owned(),
            width: pin.width,
            values: samples
                .iter()
                .map(|s| value(if expected { &s.expected } else { &s.actual }))
                .collect(),
            wrong: samples
                .iter()
                .map(|s| s.expected.is_some() && value(&s.expected) != value(&s.actual))
                .collect(),
        })
    };
    for pin in pins.iter().take(MOST_PINS) {
        for (expected, said) in [(true, "expected"), (false, "actual")] {
            rows.extend(output(&pin.name, expected).map(|row| Row {
                name: format!("{} {said}", row.name),
                wrong: if expected {
                    vec![false; row.wrong.len()]
                } else {
                    row.wrong
                },
                ..row
            }));
        }
    }
    let prefix = |name: &str| {
        name.rsplit_once('_')
            .map_or_else(String::new, |(p, _)| p.to_owned())
    };
    let ports: Vec<String> = pins
        .iter()
        .take(MOST_PINS)
        .map(|pin| prefix(&pin.name))
        .collect();
    let wanted = |name: &str| {
        let of_port = ports.is_empty() || ports.contains(&prefix(name));
        of_port && !pins.iter().any(|pin| pin.name == name)
    };
    let mut neighbours = Vec::new();
    for pin in OUTPUT_PINS.iter().filter(|pin| wanted(pin.name)) {
        neighbours.extend(output(pin.name, false));
    }
    for pin in INPUT_PINS.iter().filter(|pin| wanted(pin.name)) {
        neighbours.push(Row {
            name: pin.name.to_owned(),
            width: pin.width,
            values: samples.iter().map(|s| Some((pin.get)(&s.inputs))).collect(),
            wrong: vec![false; samples.len()],
        });
    }
    neighbours.sort_by_key(|row| row.width);
    neighbours.truncate(MOST_NEIGHBOURS);
    rows.extend(neighbours);
    rows
}

fn draw_row(body: &mut String, y: &mut usize, row: &Row) {
    let (top, bottom) = (*y + 4, *y + ROW - 6);
    let _ = write!(
        body,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        LEFT - 8,
        *y + 16,
        escape(&row.name)
    );
    for (k, wrong) in row.wrong.iter().enumerate() {
        if *wrong {
            let _ = write!(
                body,
                "<rect x=\"{}\" y=\"{}\" width=\"{STEP}\" height=\"{}\" fill=\"#ffd7d5\"/>",
                LEFT + STEP * k,
                *y,
                ROW
            );
        }
    }
    if row.width == 1 {
        let mut path = String::new();
        let mut level = None;
        for (k, value) in row.values.iter().enumerate() {
            let x = LEFT + STEP * k;
            let Some(value) = value else {
                level = None;
                continue;
            };
            let to = if *value == 0 { bottom } else { top };
            match level {
                None => {
                    let _ = write!(path, "M{x} {to}");
                }
                Some(from) if from != to => {
                    let _ = write!(path, "L{} {to}", x + 4);
                }
                Some(_) => {}
            }
            let _ = write!(path, "H{}", x + STEP);
            level = Some(to);
        }
        let _ = write!(
            body,
            "<path d=\"{path}\" fill=\"none\" stroke=\"#0969da\"/>"
        );
    } else {
        let mut k = 0;
        while k < row.values.len() {
            let mut end = k + 1;
            while end < row.values.len() && row.values[end] == row.values[k] {
                end += 1;
            }
            if let Some(value) = row.values[k] {
                boxed(
                    body,
                    (LEFT + STEP * k, LEFT + STEP * end),
                    (top, bottom),
                    &digits(value, row.width, end - k),
                );
            }
            k = end;
        }
    }
    *y += ROW;
}

/// A value that is held from `x.0` to `x.1`.
fn boxed(body: &mut String, x: (usize, usize), y: (usize, usize), text: &str) {
    let middle = y.0.midpoint(y.1);
    let _ = write!(
        body,
        "<path d=\"M{} {middle}L{} {}H{}L{} {middle}L{} {}H{}Z\" fill=\"none\" stroke=\"#0969da\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        x.0,
        x.0 + 4,
        y.0,
        x.1 - 4,
        x.1,
        x.1 - 4,
        y.1,
        x.0 + 4,
        x.0.midpoint(x.1),
        middle + 4,
        escape(text)
    );
}

/// As many digits as the clocks have room for, from the left.
fn digits(value: u128, width: u32, clocks: usize) -> String {
    let text = format!("{value:0digits$x}", digits = width.div_ceil(4) as usize);
    let room = (clocks * STEP - 10) / 7;
    if text.len() <= room {
        return text;
    }
    format!("{}..", &text[..room.saturating_sub(2).max(1)])
}

/// The beats at the boundary of the first difference, in both devices.
fn beats(
    body: &mut String,
    y: &mut usize,
    clocks: &[u64],
    first: &FirstDifference,
    events: &[(bool, ProbeEvent)],
) {
    let mut sides: [BTreeMap<u64, &ProbeEvent>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for (expected, event) in events {
        if event.boundary == first.boundary {
            sides[usize::from(!expected)].insert(event.clock, event);
        }
    }
    for (side, name) in sides.iter().zip(["expected", "actual"]) {
        let _ = write!(
            body,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">frame.beat {name}</text><text x=\"{}\" y=\"{}\" text-anchor=\"end\">digest {name}</text>",
            LEFT - 8,
            *y + 16,
            LEFT - 8,
            *y + ROW + 16
        );
        for (k, clock) in clocks.iter().enumerate() {
            let Some(event) = side.get(clock) else {
                continue;
            };
            let x = LEFT + STEP * k;
            if (event.frame, event.beat) == (first.frame, first.beat) {
                let _ = write!(
                    body,
                    "<rect x=\"{x}\" y=\"{}\" width=\"{STEP}\" height=\"{}\" fill=\"#ffd7d5\"/>",
                    *y,
                    2 * ROW
                );
            }
            let place = format!("{}.{}", event.frame, event.beat);
            let digest = format!("{:016x}", event.digest);
            boxed(body, (x, x + STEP), (*y + 4, *y + ROW - 6), &place);
            boxed(
                body,
                (x, x + STEP),
                (*y + ROW + 4, *y + 2 * ROW - 6),
                &digest[..7],
            );
        }
        *y += 2 * ROW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::differing_pins;
    use crate::probe::{Boundary, Passage, Path};

    #[test]
    fn a_drawing_shows_both_values_and_the_beat() {
        let outputs = |data: u8, valid: bool| {
            let mut outputs = Outputs::default();
            outputs.rx_out.data = [data; 16];
            outputs.rx_out_valid = valid;
            outputs
        };
        let samples: Vec<Sample> = (90..105)
            .map(|clock| Sample {
                clock,
                inputs: Inputs::default(),
                expected: Some(outputs(0x11, clock >= 100)),
                actual: Some(outputs(if clock < 100 { 0x11 } else { 0x2a }, clock > 100)),
            })
            .collect();
        let pins = differing_pins(&outputs(0x11, true), &outputs(0x2a, false));
        let boundary = Boundary {
            path: Path::Receive,
            number: 1,
        };
        let passage = |clock| Some(Passage { clock, digest: 1 });
        let first = FirstDifference {
            boundary,
            frame: 3,
            beat: 2,
            expected: passage(80),
            actual: passage(81),
        };
        let event = |clock| ProbeEvent {
            clock,
            boundary,
            frame: 3,
            beat: 2,
            digest: 1,
        };
        let events = [(true, event(80)), (false, event(81))];
        let svg = draw(&samples, 100, &pins, Some(&first), &events);
        for wanted in [
            "m_axis_rx_tdata expected",
            "m_axis_rx_tvalid actual",
            "m_axis_rx_tready",
            ">1111",
            ">2a2a",
            "inside: receive, output of stage 0, frame 3, beat 2",
            ">3.2<",
        ] {
            assert!(svg.contains(wanted), "{wanted}\n{svg}");
        }
        // Nothing to draw is a drawing too.
        assert!(draw(&[], 1, &[], None, &[]).starts_with("<svg"));
    }
}
