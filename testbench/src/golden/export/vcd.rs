// SPDX-License-Identifier: Apache-2.0
//! VCD (IEEE 1364, four-state): the pins of a case, and the strobe masks of its outputs.

use std::fmt::Write;

use ipsec_cosim_device::{INPUT_PINS, OUTPUT_PINS};

use super::stil::PERIOD_NS;
use super::trace::Trace;

/// A VCD file: scope `ipsec_offload` with the pins, scope `strobe` with a mask for each output.
///
/// Clock k takes the times from k periods on; `clk_i` rises in its middle. Inputs change at its start, outputs
/// right behind the edge. Output bits that are not strobed are x.
pub fn write(name: &str, trace: &Trace) -> String {
    let mut text = format!(
        "$comment {name}: pins of ipsec_offload, NumSa {}, Stages {}; keys in this file are test keys $end\n\
         $version ipsec-cosim golden export $end\n$timescale 1ns $end\n$scope module ipsec_offload $end\n\
         $var wire 1 {} clk_i $end\n",
        trace.device.num_sa,
        trace.device.stages,
        code(0),
    );
    let ins = INPUT_PINS.len();
    let outs = OUTPUT_PINS.len();
    let mut var = |number: usize, name: &str, width: u32| {
        let range = match width {
            1 => String::new(),
            _ => format!(" [{}:0]", width - 1),
        };
        _ = writeln!(
            text,
            "$var wire {width} {} {name}{range} $end",
            code(number)
        );
    };
    for (k, pin) in INPUT_PINS.iter().enumerate() {
        var(1 + k, pin.name, pin.width);
    }
    for (k, pin) in OUTPUT_PINS.iter().enumerate() {
        var(1 + ins + k, pin.name, pin.width);
    }
    text.push_str("$upscope $end\n$scope module strobe $end\n");
    for (k, pin) in OUTPUT_PINS.iter().enumerate() {
        let range = match pin.width {
            1 => String::new(),
            width => format!(" [{}:0]", width - 1),
        };
        _ = writeln!(
            text,
            "$var wire {} {} {}{range} $end",
            pin.width,
            code(1 + ins + outs + k),
            pin.name
        );
    }
    text.push_str("$upscope $end\n$enddefinitions $end\n");
    let (period, half) = (u64::from(PERIOD_NS), u64::from(PERIOD_NS / 2));
    for (at, row) in trace.rows.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| trace.rows.get(at));
        let start = at as u64 * period;
        _ = writeln!(text, "#{start}\n0{}", code(0));
        for (k, pin) in INPUT_PINS.iter().enumerate() {
            if before.is_none_or(|before| before.inputs[k] != row.inputs[k]) {
                value(&mut text, row.inputs[k], u128::MAX, pin.width, 1 + k);
            }
        }
        _ = writeln!(text, "#{}\n1{}", start + half, code(0));
        for (k, pin) in OUTPUT_PINS.iter().enumerate() {
            let (out, mask) = (row.outputs[k], row.strobes[k]);
            if before
                .is_none_or(|b| (b.outputs[k] & b.strobes[k], b.strobes[k]) != (out & mask, mask))
            {
                value(&mut text, out, mask, pin.width, 1 + ins + k);
            }
            if before.is_none_or(|before| before.strobes[k] != mask) {
                value(&mut text, mask, u128::MAX, pin.width, 1 + ins + outs + k);
            }
        }
    }
    _ = writeln!(text, "#{}", trace.rows.len() as u64 * period);
    text
}

/// The identifier code of a variable: printable characters.
fn code(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.push(char::from(b'!' + (number % 94) as u8));
        number /= 94;
        if number == 0 {
            return text;
        }
    }
}

fn value(text: &mut String, value: u128, mask: u128, width: u32, number: usize) {
    let bit = |bit: u32| match (mask >> bit & 1, value >> bit & 1) {
        (0, _) => 'x',
        (_, 0) => '0',
        _ => '1',
    };
    if width == 1 {
        text.push(bit(0));
    } else {
        text.push('b');
        // Readers fill up with zeros in front of a 0 or 1, with x in front of an x.
        let mut top = width;
        while top > 1 && bit(top - 1) == '0' && bit(top - 2) != 'x' {
            top -= 1;
        }
        text.extend((0..top).rev().map(bit));
        text.push(' ');
    }
    _ = writeln!(text, "{}", code(number));
}
