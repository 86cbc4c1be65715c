// SPDX-License-Identifier: Apache-2.0
//! 64-bit event counters with a latched high word.

use crate::axil_front::Write;
use crate::regs;
use crate::table_types::PathStatus;

const BASE: u32 = regs::COUNTERS_TX_FRAMES_LO;
const COUNT: usize = index(regs::COUNTERS_SA_DELETE_REQS_LO) + 1;

const fn index(lo: u32) -> usize {
    ((lo - BASE) / 8) as usize
}

const TX_FRAMES: usize = index(regs::COUNTERS_TX_FRAMES_LO);
const TX_BYTES: usize = index(regs::COUNTERS_TX_BYTES_LO);
const TX_PASSED: usize = index(regs::COUNTERS_TX_PASSED_LO);
const TX_PROCESSED: usize = index(regs::COUNTERS_TX_PROCESSED_LO);
const TX_TWO_PORTIONS: usize = index(regs::COUNTERS_TX_TWO_PORTIONS_LO);
const TX_BAD_LENGTH: usize = index(regs::COUNTERS_TX_BAD_LENGTH_LO);
const TX_REFUSED: usize = index(regs::COUNTERS_TX_REFUSED_LO);
const TX_STALLED: usize = index(regs::COUNTERS_TX_STALLED_LO);
const RX_FRAMES: usize = index(regs::COUNTERS_RX_FRAMES_LO);
const RX_BYTES: usize = index(regs::COUNTERS_RX_BYTES_LO);
const RX_PASSED: usize = index(regs::COUNTERS_RX_PASSED_LO);
const RX_PROCESSED: usize = index(regs::COUNTERS_RX_PROCESSED_LO);
const RX_TWO_PORTIONS: usize = index(regs::COUNTERS_RX_TWO_PORTIONS_LO);
const RX_BAD_LENGTH: usize = index(regs::COUNTERS_RX_BAD_LENGTH_LO);
const RX_STALLED: usize = index(regs::COUNTERS_RX_STALLED_LO);
const PARITY_ERRORS: usize = index(regs::COUNTERS_PARITY_ERRORS_LO);
const SA_DELETE_REQS: usize = index(regs::COUNTERS_SA_DELETE_REQS_LO);
const RX_STATUS: usize = index(regs::counters_rx_status_lo(0));

/// The counters of the control plane itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A command ended with SUCCESS.
    CommandOk = index(regs::COUNTERS_COMMANDS_OK_LO) as isize,
    /// A command ended with any other status.
    CommandFailed = index(regs::COUNTERS_COMMANDS_FAILED_LO) as isize,
    /// A DELETE found nothing to delete.
    DeleteUnknown = index(regs::COUNTERS_DELETES_UNKNOWN_LO) as isize,
    /// A doorbell of a busy slot.
    DoorbellBusy = index(regs::COUNTERS_DOORBELLS_BUSY_LO) as isize,
}

/// All counters, in the order of their addresses.
#[derive(Debug)]
pub struct Counters {
    values: [u64; COUNT],
    latch: u32,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            values: [0; COUNT],
            latch: 0,
        }
    }
}

impl Counters {
    /// Does the address belong to the counters?
    #[must_use]
    pub fn has(addr: u16) -> bool {
        (BASE..BASE + 8 * COUNT as u32).contains(&u32::from(addr))
    }

    fn locate(addr: u16) -> (usize, bool) {
        let offset = u32::from(addr) - BASE;
        ((offset / 8) as usize, offset & 4 != 0)
    }

    /// A read at an edge, before its events. The address is one that [`has`](Self::has).
    pub fn read(&mut self, addr: u16) -> u32 {
        let (k, high) = Self::locate(addr);
        if high {
            return self.latch;
        }
        self.latch = (self.values[k] >> 32) as u32;
        self.values[k] as u32
    }

    /// The value that a write at this edge will leave; taken before the events of the edge, which it loses.
    #[must_use]
    pub fn written(&self, write: &Write) -> (usize, u64) {
        let (k, high) = Self::locate(write.addr);
        let shift = if high { 32 } else { 0 };
        let half = write.merge((self.values[k] >> shift) as u32);
        (
            k,
            (self.values[k] & !(0xFFFF_FFFF << shift)) | u64::from(half) << shift,
        )
    }

    /// Sets what [`written`](Self::written) told.
    pub fn set(&mut self, (k, value): (usize, u64)) {
        self.values[k] = value;
    }

    /// One event of the control plane.
    pub fn count(&mut self, cause: Cause) {
        self.add(cause as usize, 1);
    }

    fn add(&mut self, k: usize, n: u64) {
        self.values[k] = self.values[k].wrapping_add(n);
    }

    /// The events that the paths had at the edge before this one, `stalled` edges of the streams among them.
    #[inline]
    pub fn paths(&mut self, tx: &PathStatus, rx: &PathStatus, stalled: [bool; 2]) {
        if stalled != [false; 2] {
            self.add(TX_STALLED, stalled[0].into());
            self.add(RX_STALLED, stalled[1].into());
        }
        let errors = tx.parity_errors + rx.parity_errors;
        if errors != 0 {
            self.add(PARITY_ERRORS, errors.into());
        }
        if tx.event.frame {
            let e = &tx.event;
            self.add(TX_FRAMES, 1);
            self.add(TX_BYTES, e.frame_bytes.into());
            self.add(TX_PASSED, e.passed.into());
            self.add(TX_PROCESSED, e.processed.into());
            self.add(TX_TWO_PORTIONS, e.two.into());
            self.add(TX_BAD_LENGTH, e.bad_length.into());
            self.add(TX_REFUSED, e.refused.into());
        }
        if rx.event.frame {
            let e = &rx.event;
            self.add(RX_FRAMES, 1);
            self.add(RX_BYTES, e.frame_bytes.into());
            self.add(RX_PASSED, e.passed.into());
            self.add(RX_PROCESSED, e.processed.into());
            self.add(RX_TWO_PORTIONS, e.two.into());
            self.add(RX_BAD_LENGTH, e.bad_length.into());
            self.add(SA_DELETE_REQS, e.delete_request.into());
            for status in 1..8 {
                self.add(RX_STATUS + status - 1, u64::from(e.status >> status & 1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table_types::PathEvent;

    fn write(addr: u32, data: u32, strb: u8) -> Write {
        Write {
            addr: addr as u16,
            data,
            strb,
        }
    }

    #[test]
    fn the_high_word_is_that_of_the_last_low_word_read() {
        let mut c = Counters::default();
        let w = c.written(&write(regs::COUNTERS_TX_BYTES_LO, u32::MAX, 15));
        c.set(w);
        let w = c.written(&write(regs::COUNTERS_TX_BYTES_HI, 5, 15));
        c.set(w);
        assert_eq!(c.read(regs::COUNTERS_TX_BYTES_LO as u16), u32::MAX);
        let tx = PathStatus {
            event: PathEvent {
                frame: true,
                frame_bytes: 60,
                passed: true,
                ..PathEvent::default()
            },
            ..PathStatus::default()
        };
        c.paths(&tx, &PathStatus::default(), [true, false]);
        assert_eq!(
            c.read(regs::COUNTERS_TX_BYTES_HI as u16),
            5,
            "the latched one"
        );
        assert_eq!(c.read(regs::COUNTERS_TX_BYTES_LO as u16), 59);
        assert_eq!(c.read(regs::COUNTERS_TX_BYTES_HI as u16), 6);
        assert_eq!(c.read(regs::COUNTERS_TX_PASSED_LO as u16), 1);
    }

    #[test]
    fn enabled_bytes_alone_are_preset() {
        let mut c = Counters::default();
        let w = c.written(&write(regs::COUNTERS_RX_FRAMES_HI, 0x1122_3344, 0b0110));
        c.set(w);
        c.read(regs::COUNTERS_RX_FRAMES_LO as u16);
        assert_eq!(c.read(regs::COUNTERS_RX_FRAMES_HI as u16), 0x0022_3300);
    }

    #[test]
    fn every_status_has_its_counter() {
        let mut c = Counters::default();
        for status in 0..8 {
            let event = PathEvent {
                frame: true,
                status: 1 << status,
                ..PathEvent::default()
            };
            c.paths(
                &PathStatus::default(),
                &PathStatus {
                    event,
                    ..PathStatus::default()
                },
                [false; 2],
            );
        }
        for i in 0..7 {
            assert_eq!(c.read(regs::counters_rx_status_lo(i) as u16), 1);
        }
        assert_eq!(c.read(regs::COUNTERS_COMMANDS_OK_LO as u16), 0);
    }
}
