// SPDX-License-Identifier: Apache-2.0
//! The control plane as the datapath sees it: registers to read before an edge, one step at the edge.
//!
//! Inside one edge the order is: a register read samples; the blocks step, each on what was there before
//! the edge; a register write takes effect. A write and an event at one edge therefore meet in the order of the
//! registers' rules (docs/cycle_formulae.md, "Registers").

use crate::axil_front::{Access, AxilFront, Write};
use crate::config::DeviceConfig;
use crate::counters::Counters;
use crate::diag_port::DiagPort;
use crate::mailbox::Mailbox;
use crate::oid_engine::{OidEngine, Surroundings};
use crate::pins::{AxilIn, AxilOut};
use crate::register_file::RegisterFile;
use crate::regs;
use crate::reset_ctrl::{ResetCtrl, ResetEvent};
use crate::sa_delete_req::SaDeleteReq;
use crate::sa_mode::SaMode;
use crate::sa_stats::SaStats;
use crate::sa_table::SaTable;
use crate::table_types::{PathControl, PathStatus};

const CAPS_END: u32 = regs::caps_current(regs::CAPS_CURRENT_COUNT - 1) + 4;
const INTR_BITS: u32 = regs::intr_enable::ENABLE.mask();
const PARITY_BITS: u32 = regs::parity_inject::SA.mask()
    | regs::parity_inject::BUNDLE.mask()
    | regs::parity_inject::ESN.mask();

/// SELFTEST
#[derive(Debug, Default)]
struct SelfTest {
    /// The paths start at the next edge.
    start: bool,
    busy: bool,
    done: bool,
    good: [u8; 2],
}

/// Everything beside the two paths.
#[derive(Debug)]
pub struct ControlPlane {
    config: DeviceConfig,
    /// Edges since reset.
    edge: u64,
    axil: AxilFront,
    settings: RegisterFile,
    reset: ResetCtrl,
    counters: Counters,
    mailbox: Mailbox,
    engine: OidEngine,
    diag: DiagPort,
    self_test: SelfTest,
    table: SaTable,
    mode: SaMode,
    delete: SaDeleteReq,
    stats: SaStats,
    parity_inject: u32,
    intr_state: u32,
    intr_enable: u32,
    irq: bool,
    /// A soft reset was written at the edge before.
    abort: bool,
    /// CAPS.CURRENT changed at the edge before.
    config_changed: bool,
    /// The edge before was a stalled one of the stream.
    stalled: [bool; 2],
    /// Kept, so that an idle control plane computes nothing.
    control: [PathControl; 2],
    /// `control` was written at the last edge.
    control_changed: bool,
    /// Nothing is under way: until an access comes, an edge has the events of the paths alone.
    quiet: bool,
}

impl ControlPlane {
    /// State of power-on.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        Self {
            config: *config,
            edge: 0,
            axil: AxilFront::default(),
            settings: RegisterFile::new(config),
            reset: ResetCtrl::new(config),
            counters: Counters::default(),
            mailbox: Mailbox::default(),
            engine: OidEngine::default(),
            diag: DiagPort::default(),
            self_test: SelfTest::default(),
            table: SaTable::new(config),
            mode: SaMode::new(config),
            delete: SaDeleteReq::new(config),
            stats: SaStats::new(config),
            parity_inject: regs::parity_inject::RESET,
            intr_state: 0,
            intr_enable: 0,
            irq: false,
            abort: false,
            config_changed: false,
            stalled: [false; 2],
            control: [PathControl::default(); 2],
            control_changed: false,
            quiet: false,
        }
    }

    /// `rst_ni` low. The memories are cleared by the sweep that follows.
    pub fn reset(&mut self) {
        if self.edge == 0 {
            return; // held in reset
        }
        self.edge = 0;
        self.axil.reset();
        self.settings = RegisterFile::new(&self.config);
        self.reset.reset();
        self.counters = Counters::default();
        self.mailbox.reset();
        self.engine.reset();
        self.diag.reset();
        self.self_test = SelfTest::default();
        self.delete.reset();
        self.stats.reset();
        self.parity_inject = regs::parity_inject::RESET;
        (self.intr_state, self.intr_enable, self.irq) = (0, 0, false);
        (self.abort, self.config_changed, self.stalled) = (false, false, [false; 2]);
        self.control = [PathControl::default(); 2];
        self.quiet = false;
    }

    /// The table before the edge.
    #[must_use]
    #[inline]
    pub fn table(&self) -> &SaTable {
        &self.table
    }

    /// The mode memory before the edge.
    #[must_use]
    #[inline]
    pub fn mode(&self) -> &SaMode {
        &self.mode
    }

    /// SaDeleteReq before the edge.
    #[must_use]
    #[inline]
    pub fn delete(&self) -> &SaDeleteReq {
        &self.delete
    }

    /// Registers for the transmit path, before the edge.
    #[must_use]
    #[inline]
    pub fn tx_control(&self) -> PathControl {
        self.control[0]
    }

    /// Registers for the receive path, before the edge.
    #[must_use]
    #[inline]
    pub fn rx_control(&self) -> PathControl {
        self.control[1]
    }

    /// The registers for the paths may have changed at the last edge.
    #[must_use]
    #[inline]
    pub fn control_changed(&self) -> bool {
        self.control_changed
    }

    /// One edge, after both paths have stepped; the result is what the pins show after it.
    #[inline]
    pub fn step(&mut self, axil: &AxilIn, tx: &PathStatus, rx: &PathStatus) -> (AxilOut, bool) {
        self.edge = self.edge.wrapping_add(1);
        let parity = tx.parity_errors != 0 || rx.parity_errors != 0;
        if self.quiet && !axil.awvalid && !axil.arvalid && !parity {
            self.control_changed = false;
            self.step_paths(tx, rx, true);
            return (AxilOut::default(), self.irq);
        }
        self.step_busy(axil, tx, rx)
    }

    /// What the paths tell at every edge.
    #[inline]
    fn step_paths(&mut self, tx: &PathStatus, rx: &PathStatus, init_done: bool) {
        self.mode.step(self.edge as u32, &rx.mode_write);
        if let Some(write) = &rx.delete_write {
            self.delete.write(write);
        }
        if tx.sa_counted || rx.sa_counted {
            self.stats.count(self.edge, tx, rx);
        }
        self.counters.paths(tx, rx, self.stalled);
        self.stalled = [init_done && tx.stalled, init_done && rx.stalled];
    }

    fn step_busy(&mut self, axil: &AxilIn, tx: &PathStatus, rx: &PathStatus) -> (AxilOut, bool) {
        // Everything below sees the registers as they are here.
        let init_done = self.reset.init_done();
        self.irq = self.intr_state & self.intr_enable != 0;
        let mut events = 0;

        let write = match self.axil.step(axil) {
            None => None,
            Some(Access::Read(addr)) => {
                let value = self.read(addr, [tx, rx]);
                self.axil.answer(value);
                None
            }
            Some(Access::Write(write)) => Some(write),
        };
        // A counter that is written loses the events of this edge.
        let preset = write
            .filter(|w| Counters::has(w.addr))
            .map(|w| self.counters.written(&w));
        let diag_busy = self.diag.busy();
        let before = write.map(|_| (self.mailbox.busy(), self.table.in_use(), diag_busy));
        // Whether anything may happen at this edge that the paths see.
        let changes = write.is_some() || !init_done || diag_busy || self.self_test.start;

        self.step_paths(tx, rx, init_done);
        if tx.parity_errors != 0 || rx.parity_errors != 0 {
            events |= regs::intr_state::PARITY.mask();
        }
        if self.stats.asked() {
            self.stats.take_snapshot(self.edge, init_done);
        }
        // What a write at this edge finds there.
        let parity_inject = self.parity_inject;
        if std::mem::take(&mut self.config_changed) {
            events |= regs::intr_state::CONFIG.mask();
        }
        if std::mem::take(&mut self.abort) {
            self.mailbox.abort(&mut self.counters);
            self.engine.reset();
        } else {
            self.mailbox.step(init_done, &mut self.counters);
            if self.mailbox.pending() != 0 || !self.engine.idle() {
                self.engine.step(&mut Surroundings {
                    mailbox: &mut self.mailbox,
                    table: &mut self.table,
                    counters: &mut self.counters,
                    settings: &self.settings,
                    parity_inject: &mut self.parity_inject,
                    paths: [tx, rx],
                });
            }
        }
        events |= u32::from(self.mailbox.take_ended());
        if self.diag.step([tx, rx]) {
            events |= regs::intr_state::DIAG.mask();
        }
        if self.step_self_test(tx, rx) {
            events |= regs::intr_state::SELFTEST.mask();
        }
        match self.reset.step(tx.empty && rx.empty) {
            None => {}
            Some(ResetEvent::SweepStart) => {
                self.table.clear();
                self.mode.clear();
                self.delete.clear();
                self.stats.clear();
                self.mailbox.clear_windows();
                self.diag.clear();
            }
            Some(ResetEvent::InitDone) => events |= regs::intr_state::INIT_DONE.mask(),
        }
        self.self_test.start |= self.reset.last_edge_next();

        if let (Some(write), Some(before)) = (write, before) {
            if u32::from(write.addr) == regs::PARITY_INJECT {
                self.parity_inject = write.merge(parity_inject) & PARITY_BITS;
            }
            self.write(&write, init_done, before);
        }
        if let Some(preset) = preset {
            self.counters.set(preset);
        }
        self.intr_state |= events;
        self.control_changed = changes;
        if changes {
            self.update_control();
        }
        self.quiet = self.reset.init_done()
            && self.axil.idle()
            && self.mailbox.pending() == 0
            && self.engine.idle()
            && !self.diag.busy()
            && !self.self_test.start
            && !self.self_test.busy
            && !self.abort
            && !self.stats.asked()
            && !self.config_changed
            && self.irq == (self.intr_state & self.intr_enable != 0);
        (self.axil.pins(), self.irq)
    }

    /// The result says that SELFTEST.done became 1.
    #[inline]
    fn step_self_test(&mut self, tx: &PathStatus, rx: &PathStatus) -> bool {
        let t = &mut self.self_test;
        if t.start {
            *t = SelfTest {
                busy: true,
                ..SelfTest::default()
            };
        } else if t.busy && tx.self_test_done && rx.self_test_done {
            (t.busy, t.done) = (false, true);
            t.good = [tx.self_test_good, rx.self_test_good];
            return true;
        }
        false
    }

    fn update_control(&mut self) {
        let config = self.settings.path_config();
        let open = self.reset.init_done() && !self.diag.enabled();
        let (cut, self_test) = (self.reset.cut(), self.self_test.start);
        for (k, control) in self.control.iter_mut().enumerate() {
            let diag = self.diag.offered(k == 1);
            *control = PathControl {
                config,
                open,
                cut,
                self_test,
                diag,
            };
        }
    }

    /// The register at an address, before the events of an edge.
    fn read(&mut self, addr: u16, [tx, rx]: [&PathStatus; 2]) -> u32 {
        if Counters::has(addr) {
            return self.counters.read(addr);
        }
        if Mailbox::has(addr) {
            return self.mailbox.read(addr);
        }
        if DiagPort::has(addr) {
            return self.diag.read(addr, self.reset.init_done());
        }
        let addr = u32::from(addr);
        match addr {
            regs::NAME => regs::name::RESET,
            regs::VERSION => regs::version::RESET,
            regs::NUM_SA => self.config.num_sa,
            regs::STAGES => self.config.stages,
            regs::SLOTS => regs::slots::RESET,
            regs::FEATURES => regs::features::SA_COUNTERS.of(self.stats.exists().into()),
            regs::CTRL => self.settings.ctrl(),
            regs::IPSECV2 => self.settings.ipsecv2(),
            regs::HALT => self.settings.halt().into(),
            regs::STATUS => {
                use regs::status as f;
                f::INIT_DONE.of(self.reset.init_done().into())
                    | f::RESETTING.of(self.reset.resetting().into())
                    | f::TX_IDLE.of(tx.empty.into())
                    | f::RX_IDLE.of(rx.empty.into())
            }
            regs::HASH_SEED => self.settings.hash_seed(),
            regs::SA_COUNT => self.table.in_use(),
            regs::SA_LIMIT => self.settings.sa_limit(),
            regs::INTR_STATE => self.intr_state,
            regs::INTR_ENABLE => self.intr_enable,
            regs::SA_WATERMARK => self.delete.watermark(),
            regs::SA_DELETE_REPEAT => self.delete.repeat(),
            regs::PARITY_INJECT => self.parity_inject,
            regs::UDP_PORT => self.settings.udp_port(),
            regs::SA_STATS_HANDLE => self.stats.handle(),
            regs::SA_STATS_PACKETS => self.stats.packets(),
            regs::SA_STATS_BYTES_LO => self.stats.bytes() as u32,
            regs::SA_STATS_BYTES_HI => (self.stats.bytes() >> 32) as u32,
            regs::SELFTEST => {
                use regs::selftest as f;
                let t = &self.self_test;
                f::BUSY.of(t.busy.into())
                    | f::DONE.of(t.done.into())
                    | f::PASS_TX.of(t.good[0].into())
                    | f::PASS_RX.of(t.good[1].into())
            }
            a if (regs::caps_hardware(0)..CAPS_END).contains(&a) => {
                let (image, base) = if a < regs::caps_current(0) {
                    (self.settings.hardware(), regs::caps_hardware(0))
                } else {
                    (self.settings.current(), regs::caps_current(0))
                };
                image.to_words()[((a - base) / 4) as usize]
            }
            _ => 0,
        }
    }

    /// A register takes a value; `before`: busy slots, SA_COUNT, DIAG busy, as they were before the edge.
    fn write(&mut self, write: &Write, init_done: bool, before: (u8, u32, bool)) {
        let (slots_busy, sa_count, diag_busy) = before;
        if Mailbox::has(write.addr) {
            return self
                .mailbox
                .write(write, slots_busy, init_done, &mut self.counters);
        }
        if DiagPort::has(write.addr) {
            return self.diag.write(write, diag_busy, init_done);
        }
        let image = *self.settings.current();
        match u32::from(write.addr) {
            regs::CTRL => self.settings.write_ctrl(write),
            regs::IPSECV2 => self.settings.write_ipsecv2(write),
            regs::HALT => self.settings.write_halt(write),
            regs::SA_LIMIT => self.settings.write_sa_limit(write),
            regs::UDP_PORT => self.settings.write_udp_port(write),
            regs::SA_WATERMARK => self.delete.write_watermark(write),
            regs::SA_DELETE_REPEAT => self.delete.write_repeat(write),
            regs::SA_STATS_HANDLE => self.stats.write_handle(write),
            regs::HASH_SEED if init_done && slots_busy == 0 && sa_count == 0 => {
                self.settings.write_hash_seed(write);
            }
            regs::INTR_STATE => self.intr_state &= !write.enabled(),
            regs::INTR_ENABLE => self.intr_enable = write.merge(self.intr_enable) & INTR_BITS,
            regs::COMMAND
                if regs::command::SOFT_RESET.get(write.enabled()) != 0
                    && init_done
                    && self.reset.soft_reset() =>
            {
                self.abort = true;
                self.diag.soft_reset();
                (self.self_test.start, self.self_test.busy) = (false, false);
            }
            regs::SELFTEST
                if regs::selftest::START.get(write.enabled()) != 0
                    && init_done
                    && !self.self_test.busy =>
            {
                self.self_test.start = true;
            }
            _ => {}
        }
        self.config_changed = image != *self.settings.current();
    }
}
