// SPDX-License-Identifier: Apache-2.0
//! Injects and captures frames by register accesses (docs/programmers_guide.md, "Diagnostic frame port").

use crate::axil_front::Write;
use crate::ndis::{NDIS_STATUS_FAILURE, NDIS_STATUS_SUCCESS};
use crate::regs;
use crate::table_types::{DiagBeat, DiagOut, PathStatus};

const BYTES: usize = regs::DIAG_INPUT_SIZE as usize;
const BEAT: usize = 16;
const INPUT_END: u32 = regs::DIAG_INPUT + regs::DIAG_INPUT_SIZE;
const OUTPUT_END: u32 = regs::DIAG_OUTPUT + regs::DIAG_OUTPUT_SIZE;
const TUSER: [u32; 3] = [
    regs::diag_tuser(0),
    regs::diag_tuser(1),
    regs::diag_tuser(2),
];

/// The two frames.
struct Buffers {
    input: [u8; BYTES],
    output: [u8; BYTES],
}

/// The port: at most one frame under way.
pub struct DiagPort {
    buffers: Box<Buffers>,
    regs: Regs,
}

#[derive(Debug, Default)]
struct Regs {
    enable: bool,
    lock: bool,
    length: u32,
    tuser: [u32; 3],
    busy: bool,
    done: bool,
    frame_valid: bool,
    cpl_valid: bool,
    receive: bool,
    out_length: u32,
    out_tuser: [u32; 2],
    cpl_number: u32,
    cpl_status: u32,
    /// Bytes of the frame under way.
    frame: usize,
    /// First byte of the beat that is offered, or that is read next.
    at: usize,
    /// The next beat is read at the next edge.
    fetch: bool,
    offered: Option<DiagBeat>,
    /// Where the next beat of the output frame goes.
    out_at: usize,
    /// A soft reset was written at the edge before.
    cut: bool,
}

impl std::fmt::Debug for DiagPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DiagPort")
            .field(&self.regs)
            .finish_non_exhaustive()
    }
}

impl Default for DiagPort {
    fn default() -> Self {
        let buffers = Buffers {
            input: [0; BYTES],
            output: [0; BYTES],
        };
        Self {
            buffers: Box::new(buffers),
            regs: Regs::default(),
        }
    }
}

impl DiagPort {
    /// `rst_ni` low.
    pub fn reset(&mut self) {
        self.regs = Regs::default();
    }

    /// What a sweep leaves behind.
    pub fn clear(&mut self) {
        (self.buffers.input, self.buffers.output) = ([0; BYTES], [0; BYTES]);
    }

    /// Does the address belong to the port?
    #[must_use]
    pub fn has(addr: u16) -> bool {
        (regs::DIAG_CTRL..OUTPUT_END).contains(&u32::from(addr))
    }

    /// A read before the events of an edge.
    #[must_use]
    pub fn read(&self, addr: u16, init_done: bool) -> u32 {
        use regs::{diag_ctrl as ctrl, diag_status as status};
        let r = &self.regs;
        let addr = u32::from(addr);
        match addr {
            regs::DIAG_CTRL => ctrl::ENABLE.of(r.enable.into()) | ctrl::LOCK.of(r.lock.into()),
            regs::DIAG_STATUS => {
                status::BUSY.of(r.busy.into())
                    | status::DONE.of(r.done.into())
                    | status::FRAME_VALID.of(r.frame_valid.into())
                    | status::CPL_VALID.of(r.cpl_valid.into())
            }
            regs::DIAG_LENGTH => r.length,
            regs::DIAG_OUT_LENGTH => r.out_length,
            regs::DIAG_CPL_NUMBER => r.cpl_number,
            regs::DIAG_CPL_STATUS => r.cpl_status,
            regs::DIAG_OUTPUT..OUTPUT_END if init_done => {
                let at = (addr - regs::DIAG_OUTPUT) as usize;
                let bytes = self.buffers.output[at..at + 4].iter().rev();
                bytes.fold(0, |word, byte| word << 8 | u32::from(*byte))
            }
            _ => {
                if let Some(k) = TUSER.iter().position(|a| *a == addr) {
                    return r.tuser[k];
                }
                let out = [regs::diag_out_tuser(0), regs::diag_out_tuser(1)];
                out.iter()
                    .position(|a| *a == addr)
                    .map_or(0, |k| r.out_tuser[k])
            }
        }
    }

    /// A write behind the events of an edge; `busy` (of the port) and `init_done` are as they were before it.
    pub fn write(&mut self, write: &Write, busy: bool, init_done: bool) {
        if busy {
            return;
        }
        let r = &mut self.regs;
        let addr = u32::from(write.addr);
        match addr {
            regs::DIAG_CTRL => {
                use regs::diag_ctrl as ctrl;
                let old = ctrl::ENABLE.of(r.enable.into()) | ctrl::LOCK.of(r.lock.into());
                let new = write.merge(old);
                r.lock |= ctrl::LOCK.get(new) != 0;
                r.enable = ctrl::ENABLE.get(new) != 0 && !r.lock;
            }
            regs::DIAG_START => {
                use regs::diag_start as start;
                let bits = write.enabled();
                let length = r.length as usize;
                if start::START.get(bits) != 0
                    && r.enable
                    && init_done
                    && (1..=BYTES).contains(&length)
                {
                    (r.busy, r.done, r.frame_valid, r.cpl_valid) = (true, false, false, false);
                    r.receive = start::DIRECTION.get(bits) != 0;
                    (r.frame, r.at, r.fetch) = (length, 0, true);
                }
            }
            regs::DIAG_LENGTH => {
                r.length = regs::diag_length::LENGTH.get(write.merge(r.length));
            }
            regs::DIAG_INPUT..INPUT_END if init_done => {
                let at = (addr - regs::DIAG_INPUT) as usize;
                for (i, byte) in write.data.to_le_bytes().into_iter().enumerate() {
                    if write.strb >> i & 1 != 0 {
                        self.buffers.input[at + i] = byte;
                    }
                }
            }
            _ => {
                if let Some(k) = TUSER.iter().position(|a| *a == addr) {
                    r.tuser[k] = write.merge(r.tuser[k]);
                }
            }
        }
    }

    /// COMMAND.soft_reset takes effect.
    pub fn soft_reset(&mut self) {
        self.regs.cut = true;
    }

    /// One edge; the result says that DIAG.STATUS.done became 1.
    #[inline]
    pub fn step(&mut self, [tx, rx]: [&PathStatus; 2]) -> bool {
        if !self.regs.busy {
            self.regs.cut = false;
            return false;
        }
        self.step_busy(if self.regs.receive { rx } else { tx })
    }

    fn step_busy(&mut self, path: &PathStatus) -> bool {
        let r = &mut self.regs;
        if r.cut {
            (r.cut, r.busy, r.fetch, r.offered) = (false, false, false, None);
            return false;
        }
        if r.fetch {
            let end = r.frame.min(r.at + BEAT);
            let mut data = [0; BEAT];
            data[..end - r.at].copy_from_slice(&self.buffers.input[r.at..end]);
            let bytes = (end - r.at) as u8;
            let user = r.tuser;
            r.offered = Some(DiagBeat {
                data,
                bytes,
                last: end == r.frame,
                user,
            });
            r.fetch = false;
        } else if path.diag_taken {
            r.offered = None;
            r.at += BEAT;
            r.fetch = r.at < r.frame;
        }
        let Some(out) = path.diag_out else {
            return false;
        };
        self.capture(&out)
    }

    fn capture(&mut self, out: &DiagOut) -> bool {
        let r = &mut self.regs;
        if out.first {
            r.out_at = 0;
        }
        if !out.refused
            && let Some(row) = self.buffers.output.get_mut(r.out_at..r.out_at + BEAT)
        {
            row.copy_from_slice(&out.data);
        }
        let length = r.out_at as u32 + u32::from(out.bytes);
        r.out_at += BEAT;
        if !out.last {
            return false;
        }
        if !out.refused {
            // A transmit frame has no receive words: zero.
            (r.frame_valid, r.out_length, r.out_tuser) = (true, length, out.user);
        }
        if !r.receive {
            (r.cpl_valid, r.cpl_number) = (true, out.frame_number);
            r.cpl_status = if out.refused {
                NDIS_STATUS_FAILURE
            } else {
                NDIS_STATUS_SUCCESS
            };
        }
        (r.busy, r.done) = (false, true);
        true
    }

    /// A frame is under way.
    #[must_use]
    pub fn busy(&self) -> bool {
        self.regs.busy
    }

    /// DIAG.CTRL.enable: the streams are held.
    #[must_use]
    #[inline]
    pub fn enabled(&self) -> bool {
        self.regs.enable
    }

    /// The beat that is offered to the transmit (0) or receive (1) ingress.
    #[must_use]
    #[inline]
    pub fn offered(&self, receive: bool) -> Option<DiagBeat> {
        self.regs.offered.filter(|_| self.regs.receive == receive)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(addr: u32, data: u32) -> Write {
        Write {
            addr: addr as u16,
            data,
            strb: 15,
        }
    }

    fn set(port: &mut DiagPort, addr: u32, data: u32) {
        let busy = port.busy();
        port.write(&write(addr, data), busy, true);
    }

    #[test]
    fn beats_are_offered_every_other_clock() {
        let mut port = DiagPort::default();
        set(&mut port, regs::DIAG_CTRL, 1);
        set(&mut port, regs::DIAG_LENGTH, 33);
        for k in 0..16 {
            set(&mut port, regs::DIAG_INPUT + 4 * k, k);
        }
        set(&mut port, regs::DIAG_START, 3);
        assert_eq!(port.read(regs::DIAG_STATUS as u16, true), 1);
        let idle = PathStatus::default();
        let taken = PathStatus {
            diag_taken: true,
            ..idle
        };
        let mut lengths = Vec::new();
        // The start was at w; q(0) = w + 1, taken at q + 1, and so on.
        for _ in 0..3 {
            assert_eq!(port.offered(true), None);
            port.step([&idle, &idle]);
            let beat = port.offered(true).unwrap();
            assert_eq!(port.offered(false), None);
            lengths.push((beat.bytes, beat.last));
            port.step([&idle, &idle]);
            assert_eq!(port.offered(true), Some(beat), "held until it is taken");
            port.step([&idle, &taken]);
        }
        assert_eq!(lengths, [(16, false), (16, false), (1, true)]);
        port.step([&idle, &idle]);
        assert_eq!(port.offered(true), None);
        // Output.
        let mut out = DiagOut {
            data: [7; 16],
            bytes: 16,
            first: true,
            ..DiagOut::default()
        };
        let rx = PathStatus {
            diag_out: Some(out),
            ..idle
        };
        assert!(!port.step([&idle, &rx]));
        (out.first, out.last, out.bytes, out.user) = (false, true, 3, [5, 6]);
        assert!(port.step([
            &idle,
            &PathStatus {
                diag_out: Some(out),
                ..idle
            }
        ]));
        assert_eq!(port.read(regs::DIAG_STATUS as u16, true), 0b0110);
        assert_eq!(port.read(regs::DIAG_OUT_LENGTH as u16, true), 19);
        assert_eq!(port.read(regs::diag_out_tuser(1) as u16, true), 6);
        assert_eq!(port.read(regs::DIAG_OUTPUT as u16, true), 0x0707_0707);
    }

    #[test]
    fn a_locked_port_stays_off() {
        let mut port = DiagPort::default();
        set(&mut port, regs::DIAG_CTRL, 1);
        assert!(port.enabled());
        set(&mut port, regs::DIAG_CTRL, 3);
        assert_eq!(port.read(regs::DIAG_CTRL as u16, true), 2);
        set(&mut port, regs::DIAG_CTRL, 1);
        assert!(!port.enabled());
        set(&mut port, regs::DIAG_LENGTH, 60);
        set(&mut port, regs::DIAG_START, 1);
        assert!(!port.busy());
        port.reset();
        set(&mut port, regs::DIAG_CTRL, 1);
        assert!(port.enabled());
    }

    #[test]
    fn lengths_outside_the_buffer_do_not_start() {
        let mut port = DiagPort::default();
        set(&mut port, regs::DIAG_CTRL, 1);
        for (length, starts) in [(0, false), (2049, false), (65535, false), (2048, true)] {
            set(&mut port, regs::DIAG_LENGTH, length);
            set(&mut port, regs::DIAG_START, 1);
            assert_eq!(port.busy(), starts, "{length}");
        }
    }
}
