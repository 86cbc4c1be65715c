// SPDX-License-Identifier: Apache-2.0
//! GTKWave save files: which signals to show, in which groups, at which time.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A signal of a wave by its full name, scopes separated by dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// The name without bit range
    pub name: String,
    /// Width in bits
    pub width: u32,
}

impl Signal {
    /// A signal of a scope.
    pub fn new(scope: &str, name: &str, width: u32) -> Self {
        Self {
            name: format!("{scope}.{name}"),
            width,
        }
    }
}

/// What GTKWave shows when it opens a save file.
#[derive(Clone, Debug, Default)]
pub struct SaveFile {
    groups: Vec<(String, bool, Vec<Signal>)>,
    marker: u64,
    mark: Option<u64>,
    from: u64,
    to: u64,
}

/// Pixels between the left and right edge of the shown time span in the window size asked for.
const PIXELS: f64 = 1100.0;

impl SaveFile {
    /// A view of the time span `from` to `to` with the marker at `marker`, in time steps of the wave.
    pub fn new(from: u64, to: u64, marker: u64) -> Self {
        Self {
            groups: Vec::new(),
            marker,
            mark: None,
            from,
            to,
        }
    }

    /// Sets the named marker A.
    pub fn mark(&mut self, time: u64) {
        self.mark = Some(time);
    }

    /// Adds a named group of signals behind the others. A closed one shows only its name.
    pub fn group(&mut self, name: &str, open: bool, signals: Vec<Signal>) {
        if !signals.is_empty() {
            self.groups.push((name.into(), open, signals));
        }
    }

    /// Adds a line of text behind the others.
    pub fn comment(&mut self, text: &str) {
        self.groups.push((text.into(), true, Vec::new()));
    }

    /// Every signal in it.
    pub fn signals(&self) -> impl Iterator<Item = &Signal> {
        self.groups.iter().flat_map(|(_, _, signals)| signals)
    }

    /// Writes the file `path` that opens `wave`. Both names are stored absolute: GTKWave finds the wave
    /// by the difference of the two when the folder was moved.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path, wave: &Path) -> io::Result<()> {
        fs::write(path, self.text(&absolute(path)?, &absolute(wave)?))
    }

    fn text(&self, path: &Path, wave: &Path) -> String {
        let mut text = String::new();
        let zoom = (PIXELS / self.to.saturating_sub(self.from).max(1) as f64).log2();
        // `write!` to a String cannot fail.
        let _ = writeln!(text, "[dumpfile] \"{}\"", wave.display());
        let _ = writeln!(text, "[savefile] \"{}\"", path.display());
        let _ = writeln!(text, "[timestart] {}", self.from);
        let _ = writeln!(text, "[size] 1600 900\n[pos] -1 -1");
        let mark = self.mark.map_or("-1".to_string(), |time| time.to_string());
        let _ = writeln!(
            text,
            "*{zoom:.6} {} {mark}{}",
            self.marker,
            " -1".repeat(25)
        );
        let _ = writeln!(
            text,
            "[sst_width] 220\n[signals_width] 380\n[sst_expanded] 0"
        );
        for (name, open, signals) in &self.groups {
            if signals.is_empty() {
                let _ = writeln!(text, "@200\n-{name}");
                continue;
            }
            let begin = if *open { "@800200" } else { "@c00200" };
            let _ = writeln!(text, "{begin}\n-{name}");
            for signal in signals {
                if signal.width > 1 {
                    let _ = writeln!(text, "@22\n{}[{}:0]", signal.name, signal.width - 1);
                } else {
                    let _ = writeln!(text, "@28\n{}", signal.name);
                }
            }
            let end = if *open { "@1000200" } else { "@1401200" };
            let _ = writeln!(text, "{end}\n-{name}");
        }
        text
    }
}

fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::path::absolute(path)
}
