// SPDX-License-Identifier: Apache-2.0
//! One direction: ingress, `Stages` x (front, lookup, crypto stage), egress.

use crate::config::DeviceConfig;
use crate::crypto_stage::CryptoStage;
use crate::egress_tx::Completions;
use crate::frame::{Cursor, Frame, FramePool, Kind};
use crate::frame_ingress::FrameIngress;
use crate::packet::TxWords;
use crate::pins::Beat;
use crate::portion_front::PortionFront;
use crate::probe::{Path, ProbeEvent, digest};
use crate::sa_delete_req::SaDeleteReq;
use crate::sa_lookup::{SaLookup, Surroundings};
use crate::sa_mode::SaMode;
use crate::sa_table::SaTable;
use crate::self_test::SelfTest;
use crate::table_types::{DeleteWrite, DiagOut, MAX_STAGES, PathControl, PathEvent, PathStatus};
use crate::{egress_rx, egress_tx};

/// The pins of a path before an edge.
#[derive(Clone, Copy, Debug)]
pub struct PathInputs<'a> {
    /// `s_axis_*_tvalid`
    pub valid: bool,
    /// `s_axis_*`
    pub beat: &'a Beat,
    /// `s_axis_tx_tuser`
    pub user: [u32; 3],
    /// `m_axis_*_tready`
    pub out_ready: bool,
    /// `m_axis_txcpl_tready`
    pub completion_ready: bool,
}

/// What a path reads of the control plane's memories, as they were before an edge.
#[derive(Clone, Copy, Debug)]
pub struct Memories<'a> {
    /// SA table.
    pub table: &'a SaTable,
    /// Mode memory.
    pub mode: &'a SaMode,
    /// SaDeleteReq.
    pub delete: &'a SaDeleteReq,
}

/// The pins of a path after an edge.
#[derive(Clone, Copy, Debug, Default)]
pub struct PathOutputs {
    /// `s_axis_*_tready`
    pub ready: bool,
    /// `m_axis_*_tvalid`
    pub valid: bool,
    /// `m_axis_*`
    pub beat: Beat,
    /// `m_axis_rx_tuser`
    pub user: [u32; 2],
    /// `m_axis_txcpl_*`
    pub completion: Option<u64>,
}

/// A front, its lookup unit and its stage.
#[derive(Debug)]
struct Stage {
    front: PortionFront,
    lookup: SaLookup,
    crypto: CryptoStage,
    /// The front is ready.
    ready: bool,
}

impl Stage {
    /// The registers of the front behind an edge.
    #[inline]
    fn settle(&mut self) {
        self.ready = self
            .front
            .ready(self.crypto.consumed(), self.crypto.started());
    }
}

/// One direction of the device.
#[derive(Debug)]
pub struct OffloadPath {
    path: Path,
    ingress: FrameIngress,
    stages: Vec<Stage>,
    completions: Completions,
    self_test: SelfTest,
    frames: FramePool,
    /// Shown to the control plane.
    status: PathStatus,
    /// Something in `status` beside the levels changes at the next edge.
    news: bool,
    /// [`is_empty`](Self::is_empty) behind the last edge.
    empty: bool,
    outputs: PathOutputs,
    /// Event of the last edge.
    event: PathEvent,
    /// Parity errors that lookups found at the last edge, and at the one before.
    parity_errors: [u8; 2],
    /// Receive: an eligible frame whose first beat was read at the last edge, with the state of its bundle.
    candidate: Option<(u64, DeleteWrite)>,
    /// The beat that is on the pins.
    shown: Option<Cursor>,
    /// A further edge without inputs changes nothing.
    asleep: bool,
    probes: Option<Vec<ProbeEvent>>,
}

impl OffloadPath {
    /// A path in the state of reset.
    #[must_use]
    pub fn new(path: Path, config: &DeviceConfig) -> Self {
        let stages = config.stages as usize;
        let stage = |stage| Stage {
            front: PortionFront::default(),
            lookup: SaLookup::new(path, stage, stages, config.num_sa),
            crypto: CryptoStage::new(path),
            ready: true,
        };
        Self {
            path,
            ingress: FrameIngress::new(path),
            stages: (0..stages).map(stage).collect(),
            completions: Completions::default(),
            self_test: SelfTest::new(path, stages),
            frames: FramePool::default(),
            status: PathStatus::default(),
            news: true,
            empty: true,
            outputs: PathOutputs::default(),
            event: PathEvent::default(),
            parity_errors: [0; 2],
            candidate: None,
            shown: None,
            asleep: false,
            probes: None,
        }
    }

    /// `rst_ni` is low.
    pub fn reset(&mut self) {
        self.ingress.reset();
        for stage in &mut self.stages {
            stage.front = PortionFront::default();
            stage.lookup.reset();
            stage.crypto.reset();
            stage.ready = true;
        }
        self.completions = Completions::default();
        self.self_test.reset();
        self.frames.reset();
        self.status = PathStatus::default();
        self.outputs = PathOutputs::default();
        self.event = PathEvent::default();
        self.parity_errors = [0; 2];
        self.candidate = None;
        self.shown = None;
        self.news = true;
        self.empty = true;
        self.asleep = false;
    }

    /// Collects probe events from now on, or no longer.
    pub fn set_probes(&mut self, on: bool) {
        self.probes = on.then(Vec::new);
    }

    /// The probe events since the last call.
    pub fn take_probes(&mut self) -> Vec<ProbeEvent> {
        self.probes.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// What the control plane sees at the edge that was stepped.
    #[must_use]
    pub fn status(&self) -> &PathStatus {
        &self.status
    }

    /// One edge. `control` and `memories` are as they were before it.
    #[inline]
    pub fn step(
        &mut self,
        now: u64,
        inputs: &PathInputs,
        control: &PathControl,
        memories: &Memories,
    ) {
        let quiet = !inputs.valid && !control.cut && !control.self_test && control.diag.is_none();
        if self.asleep && quiet {
            return;
        }
        self.edge(
            now,
            inputs,
            control,
            &Surroundings {
                table: memories.table,
                mode: memories.mode,
                config: control.config,
            },
            memories.delete,
        );
    }

    fn edge(
        &mut self,
        now: u64,
        inputs: &PathInputs,
        control: &PathControl,
        around: &Surroundings,
        delete: &SaDeleteReq,
    ) {
        self.registers_before(inputs);
        if let Some((number, read)) = self.candidate.take() {
            self.decide(number, read, around.table, delete);
        }
        // Which queues are popped depends on registers and pins alone.
        let mut takes = self.egress_takes(inputs.out_ready);
        if inputs.completion_ready && !self.completions.is_empty() {
            self.completions.pop();
        }
        // The last stage first: what a stage gives is accepted by a front that has had its edge.
        let mut left = None;
        for index in (0..self.stages.len()).rev() {
            let (stages, behind) = self.stages.split_at_mut(index + 1);
            let Some(Stage {
                front,
                lookup,
                crypto,
                ready,
            }) = stages.last_mut()
            else {
                break;
            };
            let next = behind.first_mut();
            let pop = crypto.valid && takes;
            takes = *ready;
            if front.beats != crypto.consumed() || !crypto.idle() {
                let (accepted, started) = (front.beats, crypto.started());
                if let Some(told) = crypto.step(now, accepted, pop, &mut self.frames) {
                    self.status.mode_write[index] = told.mode;
                    self.status.sa_counts[index] = told.count;
                    self.status.sa_counted |= told.count.is_some();
                }
                let taken = lookup.step(now, front.decided, started, &mut self.frames, around);
                self.news |= taken || crypto.counted_at == now;
                if lookup.error_at == now {
                    self.parity_errors[0] += 1;
                    self.news = true;
                }
                if self.path == Path::Rx && next.is_none() && crypto.read_first.1 == now {
                    let number = crypto.read_first.0;
                    self.candidate = candidate(self.frames.get(number), around.table, delete)
                        .map(|read| (number, read));
                }
            }
            if pop {
                let at = crypto.pop;
                let last = crypto.popped(&self.frames);
                if let Some(events) = &mut self.probes {
                    let frame = self.frames.get(at.frame);
                    events.push(probe(now, self.path, index as u8 + 1, at, frame));
                }
                match next {
                    Some(Stage { front, .. }) => {
                        front.accept(last, around.config.udp_port, &mut self.frames);
                    }
                    None => left = Some((at, last)),
                }
            }
            if let Some(next) = behind.first_mut() {
                next.settle();
            }
        }
        if let Some((at, last)) = left
            && (last || self.shown.is_none())
        {
            self.leave(at, last);
        }
        let stream = (inputs.valid && self.outputs.ready)
            .then(|| (inputs.beat, Frame::tx_words(inputs.user)));
        self.take(now, stream, takes, control);
        self.stages[0].settle();
        if control.self_test {
            self.self_test.start();
            self.news = true;
        }
        if control.cut {
            self.self_test.stop();
            self.news = true;
            if self.status.empty {
                self.completions.restart();
            }
        }

        self.show();
        // Empty before and after, nothing in between: the status stays as it is too.
        self.empty = self.is_empty();
        self.asleep = self.status.empty
            && self.empty
            && !self.status.stalled
            && !self.news
            && !self.self_test.waiting()
            && self.stages.iter().all(|stage| stage.crypto.idle());
    }

    /// The control plane sees registers as they were before the edge.
    #[inline]
    fn registers_before(&mut self, inputs: &PathInputs) {
        let status = &mut self.status;
        status.stalled = inputs.valid && !self.outputs.ready;
        status.diag_taken = false;
        status.empty = self.empty;
        if !std::mem::take(&mut self.news) {
            return;
        }
        status.diag_out = None;
        status.event = std::mem::take(&mut self.event);
        status.parity_errors = self.parity_errors[1];
        self.parity_errors = [0, self.parity_errors[0]];
        // They are taken back at the next edge.
        self.news = status.event.frame || status.parity_errors != 0 || self.parity_errors[1] != 0;
        status.mode_write = [None; MAX_STAGES];
        status.sa_counts = [None; MAX_STAGES];
        status.sa_counted = false;
        status.delete_write = None;
        status.self_test_done = !self.self_test.running();
        status.self_test_good = self.self_test.good();
        for (index, stage) in self.stages.iter().enumerate() {
            status.taken[index] = stage.lookup.taken as u32;
            status.verdicts[index] = stage.crypto.counted;
        }
    }

    /// Edge r(0) + 1 of an eligible frame: whether it has SaDeleteReq.
    fn decide(&mut self, number: u64, read: DeleteWrite, table: &SaTable, delete: &SaDeleteReq) {
        let (asks, state) = delete.decide(read.state, table.in_use());
        self.status.delete_write = Some(DeleteWrite { state, ..read });
        self.news = true;
        if asks {
            self.frames.get_mut(number).result.request_delete();
        }
    }

    /// No frame is half in, between ingress and egress, or waiting for its completion to be taken.
    fn is_empty(&self) -> bool {
        let inside = match &self.stages[..] {
            [first, .., last] => first.front.next.started() - last.crypto.pop.frame,
            [stage] => stage.front.next.started() - stage.crypto.pop.frame,
            [] => 0,
        };
        inside == 0 && self.ingress.idle() && self.completions.is_empty()
    }

    fn shows(&self, frame: &Frame) -> bool {
        match self.path {
            Path::Tx => egress_tx::shows(frame),
            Path::Rx => egress_rx::shows(frame),
        }
    }

    fn egress_takes(&self, out_ready: bool) -> bool {
        let crypto = &self.stages[self.stages.len() - 1].crypto;
        crypto.valid
            && self.completions.room()
            && (out_ready || !self.shows(self.frames.get(crypto.pop.frame)))
    }

    /// A beat leaves the device other than through the pins, or it is the last of its frame.
    fn leave(&mut self, at: Cursor, last: bool) {
        let frame = self.frames.get(at.frame);
        let frame_number = match self.path {
            Path::Tx if last => self.completions.push(frame),
            _ => 0,
        };
        if frame.kind == Kind::Diag && !frame.discard {
            self.status.diag_out = Some(DiagOut {
                data: frame.beat(at.beat),
                bytes: frame.beat_bytes(at.beat),
                first: at.beat == 0,
                last,
                refused: frame.refused,
                user: [frame.result.slot1, frame.result.slot12],
                frame_number,
            });
        }
        // Everything that leaves here is news, but for the beats of a refused frame.
        self.news = true;
        if last {
            self.event = match self.path {
                Path::Tx => egress_tx::event(frame),
                Path::Rx => egress_rx::event(frame),
            };
            if let (Kind::SelfTest(stage), false) = (frame.kind, frame.discard) {
                self.self_test.arrived(stage, &frame.data);
            }
            self.frames.remove(at.frame);
        }
    }

    /// Ingress.
    #[inline]
    fn take(
        &mut self,
        now: u64,
        stream: Option<(&Beat, TxWords)>,
        front_ready: bool,
        control: &PathControl,
    ) {
        let front = &mut self.stages[0].front;
        let at = front.next;
        let taken = self.ingress.step(
            stream,
            at,
            front_ready,
            control,
            &mut self.self_test,
            &mut self.frames,
        );
        self.status.diag_taken = taken.diag;
        if taken.beat {
            front.accept(taken.last, control.config.udp_port, &mut self.frames);
            if let Some(events) = &mut self.probes {
                let frame = self.frames.get(at.frame);
                events.push(probe(now, self.path, 0, at, frame));
            }
        }
    }

    /// The output pins after the edge.
    #[inline]
    fn show(&mut self) {
        self.outputs.completion = self.completions.head();
        let crypto = &self.stages[self.stages.len() - 1].crypto;
        let at = crypto.pop;
        let valid = crypto.valid && self.completions.room();
        if !valid || !self.shows(self.frames.get(at.frame)) {
            if self.shown.take().is_some() {
                self.outputs.valid = false;
                self.outputs.beat = Beat::default();
                self.outputs.user = [0; 2];
            }
            return;
        }
        if self.shown != Some(at) {
            self.shown = Some(at);
            let frame = self.frames.get(at.frame);
            self.outputs.valid = true;
            self.outputs.user = [frame.result.slot1, frame.result.slot12];
            self.outputs.beat = Beat {
                data: frame.beat(at.beat),
                keep: ((1_u32 << frame.beat_bytes(at.beat)) - 1) as u16,
                last: frame.is_last(at.beat),
            };
        }
    }

    /// The output pins after the edge; `control` is as it is after the edge.
    #[inline]
    pub fn outputs(&mut self, control: &PathControl) -> &PathOutputs {
        let front_ready = self.stages[0].ready;
        self.outputs.ready = self.ingress.ready(front_ready, control, &self.self_test);
        &self.outputs
    }
}

/// Edge r(0) of the last stage: the state of the bundle of a frame that may have SaDeleteReq.
fn candidate(frame: &Frame, table: &SaTable, delete: &SaDeleteReq) -> Option<DeleteWrite> {
    let first = frame.outermost.filter(|_| !frame.discard)?;
    if !frame.result.crypto_done() || frame.result.crypto_status() != 0 {
        return None;
    }
    let bundle = table.bundle(first.bundle);
    (bundle.live && bundle.generation == first.generation).then(|| DeleteWrite {
        bundle: first.bundle,
        state: delete.read(first.bundle, first.generation),
    })
}

fn probe(clock: u64, path: Path, boundary: u8, at: Cursor, frame: &Frame) -> ProbeEvent {
    let hidden = boundary > 0 && (frame.refused || frame.discard);
    let data = if hidden { [0; 16] } else { frame.beat(at.beat) };
    let last = frame.is_last(at.beat);
    let digest = digest(&data, frame.beat_bytes(at.beat), at.beat == 0, last);
    ProbeEvent {
        clock,
        path,
        boundary,
        frame: at.frame,
        beat: at.beat,
        digest,
    }
}
