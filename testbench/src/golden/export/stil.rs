// SPDX-License-Identifier: Apache-2.0
//! STIL (IEEE 1450-1999): the pins of a case, clock by clock.

use std::fmt::Write;

use ipsec_cosim_device::{INPUT_PINS, OUTPUT_PINS};

use super::trace::{Row, Trace};

/// Clock period, ns. A tester sets its own: the vectors hold for any.
pub const PERIOD_NS: u32 = 10;

/// One STIL file with one pattern: `name` is that of the case.
///
/// A vector is one clock: inputs are driven from its start, `clk_i` rises in the middle, outputs are compared
/// near its end. A signal that a vector does not name keeps what it has; clocks in which nothing changes are a
/// `Loop`.
pub fn write(name: &str, trace: &Trace) -> String {
    let mut text = String::new();
    head(&mut text, name, trace);
    let mut clock = 0;
    let mut at = 0;
    let blank = Row::default();
    let mut before = &blank;
    while let Some(row) = trace.rows.get(at) {
        let same = trace.rows[at..]
            .iter()
            .take_while(|next| *next == before)
            .count();
        if same > 0 {
            _ = writeln!(text, "  Loop {same} {{ V {{ clk_i = P; }} }}");
            at += same;
            clock += same;
            continue;
        }
        _ = write!(text, "  V {{ clk_i = P;");
        for (k, pin) in INPUT_PINS.iter().enumerate() {
            if before.inputs.get(k) != Some(&row.inputs[k]) {
                _ = write!(text, " {} = ", pin.name);
                bits(&mut text, row.inputs[k], u128::MAX, pin.width, ['0', '1']);
                text.push(';');
            }
        }
        for (k, pin) in OUTPUT_PINS.iter().enumerate() {
            let shown = |row: &Row| (row.outputs[k] & row.strobes[k], row.strobes[k]);
            if before.inputs.is_empty() || shown(before) != shown(row) {
                _ = write!(text, " {} = ", pin.name);
                bits(
                    &mut text,
                    row.outputs[k],
                    row.strobes[k],
                    pin.width,
                    ['L', 'H'],
                );
                text.push(';');
            }
        }
        _ = writeln!(text, " }} // {clock}");
        before = row;
        at += 1;
        clock += 1;
    }
    text.push_str("  Stop;\n}\n");
    text
}

/// The bits, the highest first; X where the mask is 0.
fn bits(text: &mut String, value: u128, mask: u128, width: u32, [low, high]: [char; 2]) {
    for bit in (0..width).rev() {
        text.push(match (mask >> bit & 1, value >> bit & 1) {
            (0, _) => 'X',
            (_, 0) => low,
            _ => high,
        });
    }
}

fn head(text: &mut String, name: &str, trace: &Trace) {
    _ = writeln!(
        text,
        "STIL 1.0;\n\
         // Pins of ipsec_offload, NumSa {}, Stages {}: one vector a clock, {} clocks.\n\
         // Inputs change at the start of a vector, clk_i rises in its middle, outputs are compared at 9/10.\n\
         // The period stands for any that the device meets. Keys in this file are test keys.\n\
         Header {{\n  Title \"{name}\";\n  Source \"ipsec-cosim golden export\";\n}}",
        trace.device.num_sa,
        trace.device.stages,
        trace.rows.len()
    );
    let pins = || {
        let ins = INPUT_PINS.iter().map(|pin| (pin.name, pin.width, "In"));
        ins.chain(OUTPUT_PINS.iter().map(|pin| (pin.name, pin.width, "Out")))
    };
    text.push_str("Signals {\n  clk_i In;\n");
    for (pin, width, direction) in pins() {
        if width == 1 {
            _ = writeln!(text, "  {pin} {direction};");
        } else {
            text.push(' ');
            for bit in (0..width).rev() {
                _ = write!(text, " {pin}[{bit}] {direction};");
            }
            text.push('\n');
        }
    }
    text.push_str("}\nSignalGroups {\n");
    for (pin, width, _) in pins().filter(|(_, width, _)| *width > 1) {
        let all: Vec<String> = (0..width)
            .rev()
            .map(|bit| format!("{pin}[{bit}]"))
            .collect();
        _ = writeln!(text, "  {pin} = '{}';", all.join(" + "));
    }
    let join = |of: &str| {
        let names: Vec<&str> = pins()
            .filter(|(.., direction)| *direction == of)
            .map(|(name, ..)| name)
            .collect();
        names.join(" + ")
    };
    _ = writeln!(
        text,
        "  all_inputs = '{}';\n  all_outputs = '{}';\n}}",
        join("In"),
        join("Out")
    );
    let half = PERIOD_NS / 2;
    let strobe = PERIOD_NS * 9 / 10;
    _ = writeln!(
        text,
        "Timing clocked {{\n  WaveformTable clock {{\n    Period '{PERIOD_NS}ns';\n    Waveforms {{\n      \
         clk_i {{ P {{ '0ns' D; '{half}ns' U; }} }}\n      \
         all_inputs {{ 01 {{ '0ns' D/U; }} }}\n      \
         all_outputs {{ LHX {{ '0ns' X; '{strobe}ns' L/H/X; }} }}\n    }}\n  }}\n}}\n\
         PatternBurst burst {{ PatList {{ case; }} }}\n\
         PatternExec {{ Timing clocked; PatternBurst burst; }}\n\
         Pattern case {{\n  W clock;"
    );
}
