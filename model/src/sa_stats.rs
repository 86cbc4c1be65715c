// SPDX-License-Identifier: Apache-2.0
//! Packet and byte counters of every SA: a bank for each stage of each direction, shown as sums for one handle.

use std::collections::VecDeque;

use crate::axil_front::Write;
use crate::config::DeviceConfig;
use crate::table_types::{MAX_STAGES, PathStatus, SaCount};

/// Edges from a verdict to the write of its row.
const WRITE_DELAY: u64 = 2;
/// The byte counters have 48 bits.
const BYTES: u64 = (1 << 48) - 1;

/// Row of a bank.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    generation: u16,
    packets: u32,
    bytes: u64,
}

/// A row that will be written.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    at: u64,
    bank: usize,
    count: SaCount,
}

/// The banks and the registers that show them.
#[derive(Debug)]
pub struct SaStats {
    num_sa: u32,
    /// Transmit stages, then receive stages; none without the counters.
    banks: Vec<Vec<Row>>,
    /// In the order of their edges. They are carried out when somebody looks: until then nobody knows.
    waiting: VecDeque<Waiting>,
    handle: u32,
    /// HANDLE was written at the edge before.
    asked: bool,
    packets: u32,
    bytes: u64,
}

impl SaStats {
    /// State of power-on.
    #[must_use]
    pub fn new(config: &DeviceConfig) -> Self {
        let rows = vec![Row::default(); config.num_sa as usize];
        let banks = if config.sa_counters {
            2 * MAX_STAGES
        } else {
            0
        };
        let exists = |bank: usize| bank % MAX_STAGES < config.stages as usize;
        Self {
            num_sa: config.num_sa,
            banks: (0..banks)
                .map(|bank| {
                    if exists(bank) {
                        rows.clone()
                    } else {
                        Vec::new()
                    }
                })
                .collect(),
            waiting: VecDeque::new(),
            handle: 0,
            asked: false,
            packets: 0,
            bytes: 0,
        }
    }

    /// `rst_ni` low. The sweep that follows clears the banks.
    pub fn reset(&mut self) {
        self.waiting.clear();
        (self.handle, self.asked, self.packets, self.bytes) = (0, false, 0, 0);
    }

    /// First edge of a sweep. Rows are cleared one by one, but nobody reads them before its end.
    pub fn clear(&mut self) {
        self.waiting.clear();
        for bank in &mut self.banks {
            bank.fill(Row::default());
        }
        (self.packets, self.bytes) = (0, 0);
    }

    /// FEATURES.sa_counters
    #[must_use]
    pub fn exists(&self) -> bool {
        !self.banks.is_empty()
    }

    /// SA_STATS.HANDLE
    #[must_use]
    pub fn handle(&self) -> u32 {
        self.handle
    }

    /// SA_STATS.PACKETS
    #[must_use]
    pub fn packets(&self) -> u32 {
        self.packets
    }

    /// SA_STATS.BYTES_LO and BYTES_HI
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// SA_STATS.HANDLE
    pub fn write_handle(&mut self, write: &Write) {
        self.handle = write.merge(self.handle);
        self.asked = true;
    }

    /// A snapshot is taken at the next edge.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.asked
    }

    /// The verdicts of edge `edge`.
    pub fn count(&mut self, edge: u64, tx: &PathStatus, rx: &PathStatus) {
        if !self.exists() {
            return;
        }
        self.write_rows(edge);
        let at = edge + WRITE_DELAY;
        let counts = tx.sa_counts.iter().chain(&rx.sa_counts);
        for (bank, count) in counts.enumerate() {
            if let Some(count) = *count {
                self.waiting.push_back(Waiting { at, bank, count });
            }
        }
    }

    /// The edge behind a write of HANDLE: the rows are read as they were before it.
    pub fn take_snapshot(&mut self, edge: u64, init_done: bool) {
        self.asked = false;
        self.write_rows(edge);
        (self.packets, self.bytes) = (0, 0);
        let index = (self.handle & 0xFFFF).wrapping_sub(1);
        if !init_done || index >= self.num_sa {
            return;
        }
        let generation = (self.handle >> 16) as u16;
        for row in self
            .banks
            .iter()
            .filter_map(|bank| bank.get(index as usize))
        {
            if row.generation == generation {
                self.packets = self.packets.wrapping_add(row.packets);
                self.bytes = (self.bytes + row.bytes) & BYTES;
            }
        }
    }

    /// Carries out the writes of edges before `edge`.
    fn write_rows(&mut self, edge: u64) {
        while let Some(&Waiting { at, bank, count }) = self.waiting.front() {
            if at >= edge {
                break;
            }
            self.waiting.pop_front();
            let rows = self.banks.get_mut(bank);
            if let Some(row) = rows.and_then(|rows| rows.get_mut(count.bundle as usize)) {
                if row.generation != count.generation {
                    *row = Row {
                        generation: count.generation,
                        ..Row::default()
                    };
                }
                row.packets = row.packets.wrapping_add(1);
                row.bytes = (row.bytes + u64::from(count.bytes)) & BYTES;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(bundle: u32, generation: u16, bytes: u16) -> PathStatus {
        let mut status = PathStatus::default();
        status.sa_counts[1] = Some(SaCount {
            bundle,
            generation,
            bytes,
        });
        status.sa_counted = true;
        status
    }

    fn shown(stats: &mut SaStats, edge: u64, handle: u32) -> (u32, u64) {
        stats.write_handle(&Write {
            addr: 0,
            data: handle,
            strb: 15,
        });
        assert!(stats.asked());
        stats.take_snapshot(edge, true);
        (stats.packets(), stats.bytes())
    }

    #[test]
    fn a_row_is_written_two_edges_behind_its_verdict() {
        let nothing = PathStatus::default();
        for (edge, seen) in [(10, 0), (11, 0), (12, 0), (13, 1)] {
            let mut stats = SaStats::new(&DeviceConfig::new(16, 2));
            stats.count(10, &nothing, &verdict(3, 0, 100));
            assert_eq!(shown(&mut stats, edge, 4).0, seen, "edge {edge}");
        }
    }

    #[test]
    fn sums_are_of_one_generation() {
        let mut stats = SaStats::new(&DeviceConfig::new(16, 2));
        stats.count(10, &verdict(3, 0, 100), &verdict(3, 0, 5));
        stats.count(20, &verdict(3, 0, 100), &verdict(2, 0, 5));
        assert_eq!(shown(&mut stats, 30, 4), (3, 205));
        assert_eq!(shown(&mut stats, 30, 0x1_0004), (0, 0));
        stats.count(40, &verdict(3, 1, 7), &PathStatus::default());
        assert_eq!(shown(&mut stats, 50, 0x1_0004), (1, 7));
        assert_eq!(
            shown(&mut stats, 50, 4),
            (1, 5),
            "the receive bank is as it was"
        );
        for handle in [0, 17, 0xFFFF] {
            assert_eq!(shown(&mut stats, 50, handle), (0, 0));
        }
        stats.take_snapshot(50, false);
        assert_eq!(stats.packets(), 0);
        stats.clear();
        assert_eq!(shown(&mut stats, 60, 4), (0, 0));
    }

    #[test]
    fn counters_wrap_at_their_widths() {
        let mut stats = SaStats::new(&DeviceConfig::new(16, 2));
        stats.banks[1][3] = Row {
            generation: 0,
            packets: u32::MAX,
            bytes: BYTES,
        };
        stats.count(10, &verdict(3, 0, 10), &verdict(3, 0, 1));
        assert_eq!(shown(&mut stats, 20, 4), (1, 10));
    }

    #[test]
    fn without_the_parameter_nothing_counts() {
        let mut stats = SaStats::new(&DeviceConfig {
            sa_counters: false,
            ..DeviceConfig::new(16, 2)
        });
        stats.count(10, &verdict(3, 0, 10), &verdict(3, 0, 1));
        assert_eq!(shown(&mut stats, 20, 4), (0, 0));
        assert!(!stats.exists() && stats.handle() == 4);
    }
}
