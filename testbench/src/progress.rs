// SPDX-License-Identifier: Apache-2.0
//! Progress of long work: a bar on a terminal, plain lines otherwise. All on standard error.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Between two plain lines about the same piece of work.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The progress of one piece of work; threads may share it.
#[derive(Debug)]
pub struct Progress {
    what: String,
    bar: Option<ProgressBar>,
    last: Mutex<Instant>,
}

impl Progress {
    /// Starts; `total` counts `unit`s.
    pub fn new(what: &str, total: u64, unit: &str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            let template = format!("{{prefix}} [{{bar:30}}] {{pos}}/{{len}} {unit}  {{msg}}");
            if let Ok(style) = ProgressStyle::with_template(&template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_prefix(what.to_owned());
            bar
        });
        Self {
            what: what.to_owned(),
            bar,
            last: Mutex::new(Instant::now()),
        }
    }

    /// So much is done; `say` makes the words beside it.
    pub fn set(&self, done: u64, say: impl FnOnce() -> String) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            bar.set_message(say());
            return;
        }
        if let Ok(mut last) = self.last.try_lock()
            && last.elapsed() >= LINE_EVERY
        {
            *last = Instant::now();
            eprintln!("{}: {}", self.what, say());
        }
    }

    /// Prints a line that stays.
    pub fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{text}")),
            None => eprintln!("{text}"),
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
