// SPDX-License-Identifier: Apache-2.0
//! Standard output of the command. `println!` panics when a reader has seen enough and closes the pipe (`| head`).

use std::fmt;
use std::io::Write;

/// Writes to standard output; what nobody reads any more is dropped.
pub fn write(text: fmt::Arguments) {
    let _ = std::io::stdout().lock().write_fmt(text);
}

/// As `print!`, without its panic.
macro_rules! out {
    ($($text:tt)*) => { $crate::output::write(format_args!($($text)*)) };
}

/// As `println!`, without its panic.
macro_rules! outln {
    () => { $crate::output::write(format_args!("\n")) };
    ($($text:tt)*) => { $crate::output::write(format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use {out, outln};
