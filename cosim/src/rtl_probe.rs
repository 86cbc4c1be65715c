// SPDX-License-Identifier: Apache-2.0
//! Probe events out of the registers of the RTL's `probe_point`s.

use ipsec_model::probe::digest;
use verilator_rs::{Field, Record};

use crate::probe::{Boundary, Path, ProbeEvent};

/// One `probe_point`.
struct Point {
    boundary: Boundary,
    scope: &'static str,
    xfer: &'static Field,
    data: &'static Field,
    bytes: &'static Field,
    sof: &'static Field,
    eof: &'static Field,
    frames: u64,
    beat: u32,
}

/// All of a model.
pub(crate) struct ProbePoints {
    points: Vec<Point>,
    events: Vec<ProbeEvent>,
}

impl ProbePoints {
    pub(crate) fn of<R: Record>() -> Self {
        let points = R::FIELDS.iter().filter_map(|xfer| {
            let scope = xfer.name.strip_suffix(".xfer_q")?;
            let of_point = |signal: &str| R::field(&format!("{scope}.{signal}"));
            Some(Point {
                boundary: boundary(scope)?,
                scope,
                xfer,
                data: of_point("data_q")?,
                bytes: of_point("bytes_q")?,
                sof: of_point("sof_q")?,
                eof: of_point("eof_q")?,
                frames: 0,
                beat: 0,
            })
        });
        let mut points: Vec<_> = points.collect();
        points.sort_by_key(|point| point.boundary);
        Self {
            points,
            events: Vec::new(),
        }
    }

    /// The scope of each probe point in the design's hierarchy.
    pub(crate) fn scopes(&self) -> Vec<(Boundary, String)> {
        self.points
            .iter()
            .map(|point| (point.boundary, format!("TOP.{}", point.scope)))
            .collect()
    }

    /// Takes the events of the clock that has just been stepped.
    pub(crate) fn sample<R: Record>(&mut self, clock: u64, rst_n: bool, record: &R) {
        for point in &mut self.points {
            if !rst_n {
                (point.frames, point.beat) = (0, 0);
                continue;
            }
            if point.xfer.value(record) == 0 {
                continue;
            }
            let sof = point.sof.value(record) != 0;
            if sof {
                point.frames += 1;
                point.beat = 0;
            } else {
                point.beat = point.beat.saturating_add(1);
            }
            let mut data = [0; 16];
            for (bytes, word) in data.chunks_exact_mut(4).zip(point.data.words(record)) {
                bytes.copy_from_slice(&word.to_le_bytes());
            }
            let eof = point.eof.value(record) != 0;
            let digest = digest(&data, point.bytes.value(record) as u8, sof, eof);
            self.events.push(ProbeEvent {
                clock,
                boundary: point.boundary,
                frame: point.frames.saturating_sub(1),
                beat: point.beat,
                digest,
            });
        }
    }

    pub(crate) fn take(&mut self, events: &mut Vec<ProbeEvent>) {
        events.append(&mut self.events);
    }
}

/// Which boundary an instance marks, from its place: `TOP.u_rx_path.gen_stage[1].u_probe` is the output of
/// stage 1 of the receive path, `TOP.u_rx_path.u_probe_in` its input.
fn boundary(scope: &str) -> Option<Boundary> {
    let mut parts = scope.split('.');
    let path = parts.clone().find_map(|part| match part {
        "u_tx_path" => Some(Path::Transmit),
        "u_rx_path" => Some(Path::Receive),
        _ => None,
    })?;
    let stage = scope.split('.').find_map(|part| {
        part.strip_prefix("gen_stage[")?
            .strip_suffix(']')?
            .parse::<u32>()
            .ok()
    });
    match (parts.next_back()?, stage) {
        ("u_probe_in", None) => Some(Boundary { path, number: 0 }),
        ("u_probe", Some(stage)) => Some(Boundary {
            path,
            number: stage + 1,
        }),
        _ => None,
    }
}
