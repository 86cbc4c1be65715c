// SPDX-License-Identifier: Apache-2.0
//! AXI4-Lite: carries the accesses of several programs (a line of register accesses, a command slot
//! each) over one port, in turn; a read and a write may be under way at once.

use ipsec_cosim_device::{AxilIn, AxilOut};

use super::stall::Stall;

/// One register access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Write
    Write {
        /// Byte address
        address: u16,
        /// Data
        data: u32,
        /// Byte strobes
        strobe: u8,
    },
    /// Read
    Read {
        /// Byte address
        address: u16,
    },
}

impl Access {
    /// A write of all four bytes.
    pub fn write(address: u32, data: u32) -> Self {
        Self::Write {
            address: address as u16,
            data,
            strobe: 0xf,
        }
    }

    /// A read.
    pub fn read(address: u32) -> Self {
        Self::Read {
            address: address as u16,
        }
    }
}

/// Something that wants one access after the other.
pub trait Program {
    /// The access that comes next; the same until [`done`](Self::done).
    fn access(&self) -> Option<Access>;

    /// It has ended, at the edge of this clock; `data` is what a read gave.
    fn done(&mut self, clock: u64, data: u32);
}

/// The one access of [`blocking`].
struct One {
    access: Option<Access>,
    data: u32,
}

impl Program for One {
    fn access(&self) -> Option<Access> {
        self.access
    }

    fn done(&mut self, _: u64, data: u32) {
        self.access = None;
        self.data = data;
    }
}

/// Makes one access, for a host that waits for each. `clock` [drives](Port::drive) a port with this program for one clock;
/// it is called until the access has ended, at most so many times. Gives what a read gave and 0 for a write, or `None`
/// if it has not ended: the device hangs.
///
/// # Errors
/// Those of `clock`.
pub fn blocking<E>(
    access: Access,
    clocks: u64,
    mut clock: impl FnMut(&mut dyn Program) -> Result<(), E>,
) -> Result<Option<u32>, E> {
    let mut one = One {
        access: Some(access),
        data: 0,
    };
    for _ in 0..clocks {
        clock(&mut one)?;
        if one.access.is_none() {
            return Ok(Some(one.data));
        }
    }
    Ok(None)
}

/// One transfer of the pair address-and-data, or of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Idle,
    /// Valid is up, or held back, on the request channels not yet taken
    Request,
    Response,
}

/// The port.
#[derive(Clone, Debug)]
pub struct Port {
    stalls: [Stall; 5],
    write: Phase,
    write_of: usize,
    aw_done: bool,
    w_done: bool,
    read: Phase,
    read_of: usize,
    turn: usize,
}

const AW: usize = 0;
const W: usize = 1;
const B: usize = 2;
const AR: usize = 3;
const R: usize = 4;

impl Port {
    /// An idle port; one stall per channel: AW, W, B, AR, R.
    pub fn new(stalls: [Stall; 5]) -> Self {
        Self {
            stalls,
            write: Phase::Idle,
            write_of: 0,
            aw_done: false,
            w_done: false,
            read: Phase::Idle,
            read_of: 0,
            turn: 0,
        }
    }

    /// The stalls of all channels.
    pub fn stalls(&mut self) -> &mut [Stall; 5] {
        &mut self.stalls
    }

    /// Whether nothing is under way.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.write == Phase::Idle && self.read == Phase::Idle
    }

    /// Forgets the accesses under way; the device was reset.
    pub fn cut(&mut self, pins: &mut AxilIn) {
        self.write = Phase::Idle;
        self.read = Phase::Idle;
        *pins = AxilIn::default();
    }

    /// Starts what the programs want, as far as the channels are free. `skip` is the number of a program
    /// that must not start now.
    fn start(&mut self, programs: &[&mut dyn Program], pins: &mut AxilIn) {
        let count = programs.len();
        for step in 0..count {
            if self.write != Phase::Idle && self.read != Phase::Idle {
                return;
            }
            let k = (self.turn + step) % count;
            // A program waits for its own access.
            if (self.write != Phase::Idle && self.write_of == k)
                || (self.read != Phase::Idle && self.read_of == k)
            {
                continue;
            }
            match programs[k].access() {
                Some(Access::Write {
                    address,
                    data,
                    strobe,
                }) if self.write == Phase::Idle => {
                    self.write = Phase::Request;
                    self.write_of = k;
                    (self.aw_done, self.w_done) = (false, false);
                    pins.awaddr = address;
                    pins.wdata = data;
                    pins.wstrb = strobe;
                    self.turn = k + 1;
                }
                Some(Access::Read { address }) if self.read == Phase::Idle => {
                    self.read = Phase::Request;
                    self.read_of = k;
                    pins.araddr = address;
                    self.turn = k + 1;
                }
                _ => {}
            }
        }
    }

    /// Sets the pins for one clock. Gives the number of the program whose access ended, for the write
    /// and the read channel.
    pub fn drive(
        &mut self,
        clock: u64,
        out: &AxilOut,
        pins: &mut AxilIn,
        programs: &mut [&mut dyn Program],
    ) -> [Option<usize>; 2] {
        self.start(programs, pins);
        let mut ended = [None, None];
        match self.write {
            Phase::Idle => {}
            Phase::Request => {
                pins.awvalid = !self.aw_done && (pins.awvalid || !self.stalls[AW].now());
                pins.wvalid = !self.w_done && (pins.wvalid || !self.stalls[W].now());
                // The pins stay up for this clock; the next call takes them down.
                let (aw, w) = (pins.awvalid && out.awready, pins.wvalid && out.wready);
                self.aw_done |= aw;
                self.w_done |= w;
                if self.aw_done && self.w_done {
                    self.write = Phase::Response;
                }
                pins.bready = false;
            }
            Phase::Response => {
                (pins.awvalid, pins.wvalid) = (false, false);
                pins.bready = !self.stalls[B].now();
                if pins.bready && out.bvalid {
                    self.write = Phase::Idle;
                    programs[self.write_of].done(clock, 0);
                    ended[0] = Some(self.write_of);
                }
            }
        }
        match self.read {
            Phase::Idle => {}
            Phase::Request => {
                pins.arvalid = pins.arvalid || !self.stalls[AR].now();
                pins.rready = false;
                if pins.arvalid && out.arready {
                    self.read = Phase::Response;
                }
            }
            Phase::Response => {
                pins.arvalid = false;
                pins.rready = !self.stalls[R].now();
                if pins.rready && out.rvalid {
                    self.read = Phase::Idle;
                    programs[self.read_of].done(clock, out.rdata);
                    ended[1] = Some(self.read_of);
                }
            }
        }
        ended
    }
}
