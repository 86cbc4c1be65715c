// SPDX-License-Identifier: Apache-2.0
//! Runs a failure again from power-on, with a wave of the clocks around it and with probes: where do
//! the two first differ inside?

use std::path::{Path, PathBuf};

use ipsec_model::pins::Outputs;

use crate::gtkw::{SaveFile, Signal};
use crate::picture::{self, Sample};
use crate::probe::ProbeCompare;
use crate::{
    Device, DeviceError, FirstDifference, INPUT_PINS, OUTPUT_PINS, PinDiff, Stimulus, WaveLayout,
    differing_pins,
};

/// The clocks that a wave shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaveWindow {
    /// Clocks before the failing one
    pub before: u64,
    /// Clocks after it
    pub after: u64,
}

impl Default for WaveWindow {
    fn default() -> Self {
        Self {
            before: 400,
            after: 40,
        }
    }
}

/// What a second run of a failure showed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Investigation {
    /// Whether it failed again in the same clock. If not, the stimulus is not the same every time.
    pub reproduced: bool,
    /// Where inside the device the two first differ
    pub first_difference: Option<FirstDifference>,
    /// The wave, if the device under test writes waves
    pub wave: Option<PathBuf>,
    /// The GTKWave save file for it
    pub save_file: Option<PathBuf>,
    /// The clocks around the failure as a drawing
    pub picture: Option<PathBuf>,
}

/// Between two looks at the events, in clocks.
const DRAIN: u64 = 256;

/// Events older than this before the failure are not drawn.
const DRAWN: u64 = 4000;

/// Resets both devices, runs `stimulus` on them up to some clocks behind `failing`, and writes
/// `<base>.fst` and `<base>.gtkw` for the clocks of `window`, and `<base>.svg` for those next to the failure. Without an `expected` device, or if one
/// of the two has no probes, there is no `first_difference`.
///
/// # Errors
/// A device does not start, or a file cannot be written. Failures of the devices themselves are what
/// this function expects.
pub fn investigate(
    mut expected: Option<&mut dyn Device>,
    actual: &mut dyn Device,
    stimulus: &mut dyn Stimulus,
    failing: u64,
    window: WaveWindow,
    base: &Path,
) -> Result<Investigation, DeviceError> {
    let mut found = Investigation::default();
    let mut compare = ProbeCompare::default();
    let mut pins = Vec::new();
    let mut layout = None;
    let mut events = Vec::new();
    let mut samples = Vec::new();
    let mut passed = Passed {
        since: failing.saturating_sub(DRAWN),
        events: Vec::new(),
    };
    actual.reset()?;
    let mut probing = actual.probes(true);
    if let Some(expected) = &mut expected {
        expected.reset()?;
        probing &= expected.probes(true);
    }
    let opens = failing.saturating_sub(window.before).max(1);
    let wave = with_extension(base, "fst");
    let mut outputs = Outputs::default();
    let mut in_reset = false;
    let mut clock = 0;
    while clock < failing.saturating_add(window.after) {
        let Some(inputs) = stimulus.next(clock + 1, &outputs) else {
            break;
        };
        clock += 1;
        if clock == opens {
            match actual.wave_open(&wave) {
                Ok(l) => layout = Some(l),
                Err(DeviceError::NoWaves) => {}
                Err(error) => return Err(error),
            }
        }
        let e = expected
            .as_mut()
            .and_then(|device| device.step(&inputs).ok());
        let a = actual.step(&inputs);
        if clock == failing {
            pins = match (&e, &a) {
                (Some(e), Ok(a)) => differing_pins(e, a),
                _ => Vec::new(),
            };
            found.reproduced = !pins.is_empty() || a.is_err();
        }
        if clock + picture::SHOWN.0 >= failing && clock <= failing + picture::SHOWN.1 {
            samples.push(Sample {
                clock,
                inputs,
                expected: e,
                actual: a.as_ref().ok().copied(),
            });
        }
        let falls = !inputs.rst_n && !in_reset;
        in_reset = !inputs.rst_n;
        let ends = a.is_err();
        if probing && (falls || ends || clock.is_multiple_of(DRAIN)) {
            drain(
                &mut expected,
                actual,
                &mut compare,
                &mut events,
                &mut passed,
            );
            if falls {
                compare.cut(clock);
            }
        }
        match a {
            Ok(a) => outputs = a,
            Err(_) => break,
        }
    }
    actual.wave_close();
    if probing && expected.is_some() {
        drain(
            &mut expected,
            actual,
            &mut compare,
            &mut events,
            &mut passed,
        );
        compare.cut(clock);
        found.first_difference = compare.first();
    }
    actual.probes(false);
    if let Some(expected) = expected {
        expected.probes(false);
    }
    if found.reproduced {
        let path = with_extension(base, "svg");
        let first = found.first_difference.as_ref();
        let drawing = picture::draw(&samples, failing, &pins, first, &passed.events);
        std::fs::write(&path, drawing).map_err(|error| DeviceError::Wave {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        found.picture = Some(path);
    }
    if let Some(layout) = layout {
        let path = with_extension(base, "gtkw");
        save_file(&layout, failing, &pins, found.first_difference)
            .write(&path, &wave)
            .map_err(|error| DeviceError::Wave {
                path: path.clone(),
                reason: error.to_string(),
            })?;
        found.wave = Some(wave);
        found.save_file = Some(path);
    }
    Ok(found)
}

fn drain(
    expected: &mut Option<&mut dyn Device>,
    actual: &mut dyn Device,
    compare: &mut ProbeCompare,
    events: &mut Vec<crate::ProbeEvent>,
    passed: &mut Passed,
) {
    if let Some(expected) = expected {
        expected.take_probe_events(events);
        passed.keep(true, events);
        compare.expected(events.drain(..));
    }
    actual.take_probe_events(events);
    passed.keep(false, events);
    compare.actual(events.drain(..));
}

/// Events that may be drawn, of the device that is believed (true) and of the one under test.
struct Passed {
    since: u64,
    events: Vec<(bool, crate::ProbeEvent)>,
}

impl Passed {
    fn keep(&mut self, expected: bool, events: &[crate::ProbeEvent]) {
        let recent = events.iter().filter(|event| event.clock >= self.since);
        self.events.extend(recent.map(|event| (expected, *event)));
    }
}

/// Appends to the whole name: `with_extension` of the standard library would replace what is behind a
/// dot in it.
fn with_extension(base: &Path, extension: &str) -> PathBuf {
    let mut name = base.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// Clocks shown left and right of the failing one.
const SHOWN: (u64, u64) = (24, 8);

/// The pins that tell what a port does, by port.
const PORTS: [(&str, &[&str]); 6] = [
    (
        "registers",
        &[
            "awvalid", "awready", "awaddr", "wvalid", "wready", "wdata", "bvalid", "bready",
            "arvalid", "arready", "araddr", "rvalid", "rready", "rdata",
        ],
    ),
    (
        "frames from the host",
        &["tvalid", "tready", "tlast", "tkeep"],
    ),
    (
        "frames to the wire",
        &["tvalid", "tready", "tlast", "tkeep"],
    ),
    ("completions", &["tvalid", "tready"]),
    (
        "frames from the wire",
        &["tvalid", "tready", "tlast", "tkeep"],
    ),
    (
        "frames to the host",
        &["tvalid", "tready", "tlast", "tkeep"],
    ),
];

const PREFIXES: [&str; 6] = [
    "s_axil",
    "s_axis_tx",
    "m_axis_tx",
    "m_axis_txcpl",
    "s_axis_rx",
    "m_axis_rx",
];

/// The view that GTKWave opens: what differs on top, then the ports, then the stage boundaries.
fn save_file(
    layout: &WaveLayout,
    failing: u64,
    differing: &[PinDiff],
    first: Option<FirstDifference>,
) -> SaveFile {
    let pin = |name: &str| Signal::new(&layout.scope, name, width(name));
    let mut file = SaveFile::new(
        layout.edge(failing.saturating_sub(SHOWN.0).max(1)),
        layout.edge(failing + SHOWN.1),
        layout.edge(failing),
    );
    file.group(
        "clock",
        true,
        ["clk_i", "rst_ni", "irq_o"].map(pin).to_vec(),
    );
    let pins = differing.iter().map(|diff| pin(&diff.name)).collect();
    file.group("differing pins", true, pins);
    for diff in differing {
        file.comment(&format!("after clock {failing}: {diff}"));
    }
    let point = |scope: &str| {
        [
            ("xfer_q", 1),
            ("sof_q", 1),
            ("eof_q", 1),
            ("bytes_q", 5),
            ("data_q", 128),
        ]
        .map(|(name, width)| Signal::new(scope, name, width))
        .to_vec()
    };
    if let Some(first) = first {
        file.mark(layout.edge(first.clock()));
        for (_, scope) in layout
            .points
            .iter()
            .filter(|(boundary, _)| *boundary == first.boundary)
        {
            file.group(&format!("first difference: {first}"), true, point(scope));
        }
    }
    for ((title, pins), prefix) in PORTS.iter().zip(PREFIXES) {
        let pins = pins
            .iter()
            .map(|name| pin(&format!("{prefix}_{name}")))
            .collect();
        file.group(&format!("{prefix} ({title})"), *title != "registers", pins);
    }
    for (boundary, scope) in &layout.points {
        file.group(&boundary.to_string(), false, point(scope));
    }
    file
}

fn width(pin: &str) -> u32 {
    let inputs = INPUT_PINS.iter().map(|p| (p.name, p.width));
    let mut all = inputs.chain(OUTPUT_PINS.iter().map(|p| (p.name, p.width)));
    all.find(|(name, _)| *name == pin)
        .map_or(1, |(_, width)| width)
}
