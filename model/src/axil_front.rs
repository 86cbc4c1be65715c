// SPDX-License-Identifier: Apache-2.0
//! AXI4-Lite to the register port: one access at a time, fixed latency (docs/cycle_formulae.md, "Registers").

use crate::pins::{AxilIn, AxilOut};

/// One write, at the edge at which the register takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// Address, a multiple of 4.
    pub addr: u16,
    /// Data.
    pub data: u32,
    /// Byte enables, bits 3:0.
    pub strb: u8,
}

impl Write {
    /// The bits of the enabled bytes.
    #[must_use]
    pub fn mask(&self) -> u32 {
        let strb = u32::from(self.strb);
        // Bit k of the strobe to bit 8k, then each to a byte of ones.
        let spread = (strb & 1) | (strb & 2) << 7 | (strb & 4) << 14 | (strb & 8) << 21;
        spread * 0xFF
    }

    /// `old` with the enabled bytes replaced.
    #[must_use]
    pub fn merge(&self, old: u32) -> u32 {
        (old & !self.mask()) | (self.data & self.mask())
    }

    /// The enabled bytes, zero elsewhere: for bits that act when written 1.
    #[must_use]
    pub fn enabled(&self) -> u32 {
        self.data & self.mask()
    }
}

/// What happens to the registers at an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The register at this address is sampled.
    Read(u16),
    /// A register takes a value.
    Write(Write),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Waits for an address.
    #[default]
    Idle,
    /// Ready is high: the transfer is at the next edge.
    Ready { write: bool },
    /// The access is at the next edge.
    Access(Access),
    /// The response waits for its ready.
    Response { write: bool, data: u32 },
}

/// The front: at most one access on the way.
#[derive(Debug, Default)]
pub struct AxilFront {
    state: State,
}

impl Default for Access {
    fn default() -> Self {
        Self::Read(0)
    }
}

impl AxilFront {
    /// `rst_ni` low.
    pub fn reset(&mut self) {
        self.state = State::Idle;
    }

    /// One edge; the result is the access that takes place at it. A read is answered with
    /// [`answer`](Self::answer) before the next edge.
    #[inline]
    pub fn step(&mut self, pins: &AxilIn) -> Option<Access> {
        match self.state {
            State::Idle => {
                if pins.awvalid && pins.wvalid {
                    self.state = State::Ready { write: true };
                } else if pins.arvalid {
                    self.state = State::Ready { write: false };
                }
                None
            }
            State::Ready { write } => {
                self.state = State::Access(if write {
                    Access::Write(Write {
                        addr: pins.awaddr & !3,
                        data: pins.wdata,
                        strb: pins.wstrb & 0xF,
                    })
                } else {
                    Access::Read(pins.araddr & !3)
                });
                None
            }
            State::Access(access) => {
                let write = matches!(access, Access::Write(_));
                self.state = State::Response { write, data: 0 };
                Some(access)
            }
            State::Response { write, .. } => {
                if if write { pins.bready } else { pins.rready } {
                    self.state = State::Idle;
                }
                None
            }
        }
    }

    /// No access is on its way.
    #[must_use]
    pub fn idle(&self) -> bool {
        self.state == State::Idle
    }

    /// What the read of this edge sampled.
    pub fn answer(&mut self, value: u32) {
        if let State::Response { write: false, data } = &mut self.state {
            *data = value;
        }
    }

    /// The pins after the edge.
    #[must_use]
    #[inline]
    pub fn pins(&self) -> AxilOut {
        let mut out = AxilOut::default();
        match self.state {
            State::Idle | State::Access(_) => {}
            State::Ready { write } => {
                (out.awready, out.wready, out.arready) = (write, write, !write);
            }
            State::Response { write: true, .. } => out.bvalid = true,
            State::Response { write: false, data } => (out.rvalid, out.rdata) = (true, data),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strobes_select_bytes() {
        let write = Write {
            addr: 0,
            data: 0x1122_3344,
            strb: 0b1010,
        };
        assert_eq!(write.merge(0xAABB_CCDD), 0x11BB_33DD);
        assert_eq!(write.enabled(), 0x1100_3300);
        assert_eq!(Write { strb: 0xF, ..write }.mask(), u32::MAX);
    }

    #[test]
    fn a_write_takes_the_clocks_of_the_formula() {
        let mut front = AxilFront::default();
        let idle = AxilIn {
            bready: true,
            ..AxilIn::default()
        };
        let pins = AxilIn {
            awvalid: true,
            awaddr: 7,
            wvalid: true,
            wdata: 5,
            wstrb: 15,
            ..idle
        };
        // n: seen; n + 1: transfer; n + 2: written, response shown; n + 3: response taken.
        assert_eq!(front.step(&pins), None);
        assert!(front.pins().awready && front.pins().wready && !front.pins().arready);
        assert_eq!(front.step(&pins), None);
        assert_eq!(front.pins(), AxilOut::default());
        let write = Write {
            addr: 4,
            data: 5,
            strb: 15,
        };
        assert_eq!(front.step(&idle), Some(Access::Write(write)));
        assert!(front.pins().bvalid);
        assert_eq!(front.step(&idle), None);
        assert_eq!(front.pins(), AxilOut::default());
    }

    #[test]
    fn writes_go_before_reads_and_data_is_stable() {
        let mut front = AxilFront::default();
        let pins = AxilIn {
            awvalid: true,
            wvalid: true,
            arvalid: true,
            bready: true,
            araddr: 8,
            ..AxilIn::default()
        };
        let kinds: Vec<_> = (0..8).filter_map(|_| front.step(&pins)).collect();
        assert!(matches!(kinds[..], [Access::Write(_), Access::Write(_)]));
        let read = AxilIn {
            arvalid: true,
            araddr: 8,
            ..AxilIn::default()
        };
        assert!((0..2).all(|_| front.step(&read).is_none()));
        assert_eq!(front.step(&read), Some(Access::Read(8)));
        front.answer(9);
        for _ in 0..5 {
            assert!(front.pins().rvalid && front.pins().rdata == 9);
            front.step(&AxilIn::default());
        }
        front.step(&AxilIn {
            rready: true,
            ..AxilIn::default()
        });
        assert_eq!(front.pins(), AxilOut::default());
    }
}
