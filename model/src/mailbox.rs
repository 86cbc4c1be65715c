// SPDX-License-Identifier: Apache-2.0
//! Command slots: windows, doorbells, status (docs/programmers_guide.md, "Commands").

use zeroize::Zeroize;

use crate::axil_front::Write;
use crate::counters::{Cause, Counters};
use crate::ndis::{
    NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_PENDING, NDIS_STATUS_REQUEST_ABORTED,
    NDIS_STATUS_RESET_IN_PROGRESS, NDIS_STATUS_SUCCESS, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
};
use crate::regs;

/// Command slots.
pub const SLOTS: usize = regs::MAILBOX_SLOT_OID_COUNT as usize;
/// Bytes of a window.
pub const WINDOW_BYTES: usize = regs::MAILBOX_SLOT_WINDOW_SIZE as usize;

const BASE: u32 = regs::mailbox_slot_oid(0);
const STRIDE: u32 = regs::mailbox_slot_oid(1) - BASE;
const OID: u32 = regs::mailbox_slot_oid(0) - BASE;
const LENGTH: u32 = regs::mailbox_slot_length(0) - BASE;
const DOORBELL: u32 = regs::mailbox_slot_doorbell(0) - BASE;
const STATE: u32 = regs::mailbox_slot_state(0) - BASE;
const STATUS: u32 = regs::mailbox_slot_ndis_status(0) - BASE;
const BYTES_READ: u32 = regs::mailbox_slot_bytes_read(0) - BASE;
const BYTES_NEEDED: u32 = regs::mailbox_slot_bytes_needed(0) - BASE;
const WINDOW: u32 = regs::mailbox_slot_window(0) - BASE;
const WINDOW_END: u32 = WINDOW + regs::MAILBOX_SLOT_WINDOW_SIZE;

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// NDIS_STATUS
    pub status: u32,
    /// BytesNeeded
    pub bytes_needed: u32,
    /// OffloadHandle: where in the window, and its value.
    pub handle: Option<(usize, u64)>,
    /// A DELETE that had nothing to delete.
    pub unknown: bool,
}

impl Outcome {
    /// A status alone.
    #[must_use]
    pub fn status(status: u32) -> Self {
        Self {
            status,
            bytes_needed: 0,
            handle: None,
            unknown: false,
        }
    }
}

#[derive(Debug)]
struct Slot {
    oid: u32,
    length: u32,
    state: u32,
    status: u32,
    bytes_read: u32,
    bytes_needed: u32,
    handle: Option<(usize, u64)>,
    cancel: bool,
    window: Window,
}

impl Slot {
    fn new() -> Self {
        Self {
            oid: 0,
            length: 0,
            state: regs::mailbox_slot_state::STATE_IDLE,
            status: 0,
            bytes_read: 0,
            bytes_needed: 0,
            handle: None,
            cancel: false,
            window: Window(Box::new([0; WINDOW_BYTES])),
        }
    }

    fn busy(&self) -> bool {
        self.state == regs::mailbox_slot_state::STATE_BUSY
    }
}

/// The InformationBuffer of a slot: holds keys.
struct Window(Box<[u8; WINDOW_BYTES]>);

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Window(..)")
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// All slots. One bit a slot in the masks.
#[derive(Debug)]
pub struct Mailbox {
    slots: [Slot; SLOTS],
    pending: u8,
    /// The doorbell was at the edge before.
    fresh: u8,
    /// Slots that ended at this edge.
    ended: u8,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            slots: std::array::from_fn(|_| Slot::new()),
            pending: 0,
            fresh: 0,
            ended: 0,
        }
    }
}

impl Mailbox {
    /// `rst_ni` low.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Does the address belong to the mailbox?
    #[must_use]
    pub fn has(addr: u16) -> bool {
        (BASE..BASE + STRIDE * SLOTS as u32).contains(&u32::from(addr))
    }

    fn locate(addr: u16) -> (usize, u32) {
        let offset = u32::from(addr) - BASE;
        ((offset / STRIDE) as usize, offset % STRIDE)
    }

    /// A read before the events of an edge. The address is one that [`has`](Self::has).
    #[must_use]
    pub fn read(&self, addr: u16) -> u32 {
        let (k, offset) = Self::locate(addr);
        let slot = &self.slots[k];
        match offset {
            OID => slot.oid,
            LENGTH => slot.length,
            STATE => slot.state,
            STATUS => slot.status,
            BYTES_READ => slot.bytes_read,
            BYTES_NEEDED => slot.bytes_needed,
            WINDOW..WINDOW_END => match slot.handle {
                Some((at, value)) if (offset - WINDOW) as usize == at => value as u32,
                Some((at, value)) if (offset - WINDOW) as usize == at + 4 => (value >> 32) as u32,
                _ => 0,
            },
            _ => 0,
        }
    }

    /// A write behind the events of an edge; `busy` and `init_done` are as they were before it.
    pub fn write(&mut self, write: &Write, busy: u8, init_done: bool, counters: &mut Counters) {
        let (k, offset) = Self::locate(write.addr);
        let busy = busy >> k & 1 != 0;
        let slot = &mut self.slots[k];
        match offset {
            OID if !busy => slot.oid = write.merge(slot.oid),
            LENGTH if !busy => slot.length = write.merge(slot.length),
            WINDOW..WINDOW_END if !busy && init_done => {
                let at = (offset - WINDOW) as usize;
                for (i, byte) in write.data.to_le_bytes().into_iter().enumerate() {
                    if write.strb >> i & 1 != 0 {
                        slot.window.0[at + i] = byte;
                    }
                }
            }
            DOORBELL => {
                let bits = write.enabled();
                if regs::mailbox_slot_doorbell::START.get(bits) != 0 {
                    if busy {
                        counters.count(Cause::DoorbellBusy);
                    } else {
                        slot.state = regs::mailbox_slot_state::STATE_BUSY;
                        slot.status = NDIS_STATUS_PENDING;
                        (slot.bytes_read, slot.bytes_needed) = (0, 0);
                        slot.handle = None;
                        slot.cancel = false;
                        self.pending |= 1 << k;
                        self.fresh |= 1 << k;
                    }
                }
                if busy && regs::mailbox_slot_doorbell::CANCEL.get(bits) != 0 {
                    slot.cancel = true;
                }
            }
            _ => {}
        }
    }

    /// First part of an edge: doorbells of the edge before that came in a reset end.
    #[inline]
    pub fn step(&mut self, init_done: bool, counters: &mut Counters) {
        if self.fresh == 0 {
            return;
        }
        for k in 0..SLOTS {
            if self.fresh >> k & 1 != 0 && !init_done {
                let delete = self.slots[k].oid == OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA;
                let status = if delete {
                    NDIS_STATUS_NOT_ACCEPTED
                } else {
                    NDIS_STATUS_RESET_IN_PROGRESS
                };
                self.finish(k, &Outcome::status(status), counters);
            }
        }
        self.fresh = 0;
    }

    /// A soft reset was written at the edge before: every busy slot ends, no handle is shown any more.
    pub fn abort(&mut self, counters: &mut Counters) {
        for k in 0..SLOTS {
            if self.slots[k].busy() {
                self.finish(k, &Outcome::status(NDIS_STATUS_REQUEST_ABORTED), counters);
            }
            self.slots[k].handle = None;
        }
        self.fresh = 0;
    }

    /// What a sweep leaves behind.
    pub fn clear_windows(&mut self) {
        for slot in &mut self.slots {
            slot.window.0.zeroize();
        }
    }

    /// The next slot to be granted: the first pending one from `turn` on.
    #[must_use]
    pub fn next_pending(&self, turn: usize) -> Option<usize> {
        (0..SLOTS)
            .map(|i| (turn + i) % SLOTS)
            .find(|k| self.pending >> k & 1 != 0)
    }

    /// Pending slots.
    #[must_use]
    #[inline]
    pub fn pending(&self) -> u8 {
        self.pending
    }

    /// The slot is granted.
    pub fn grant(&mut self, slot: usize) {
        self.pending &= !(1 << slot);
    }

    /// A slot that had been granted wants to be granted again.
    pub fn pend(&mut self, slots: u8) {
        self.pending |= slots;
    }

    /// Busy slots.
    #[must_use]
    pub fn busy(&self) -> u8 {
        (0..SLOTS)
            .map(|k| u8::from(self.slots[k].busy()) << k)
            .sum()
    }

    /// OID of a slot.
    #[must_use]
    pub fn oid(&self, slot: usize) -> u32 {
        self.slots[slot].oid
    }

    /// LENGTH of a slot.
    #[must_use]
    pub fn length(&self, slot: usize) -> u32 {
        self.slots[slot].length
    }

    /// The slot's command was asked to end.
    #[must_use]
    pub fn cancelled(&self, slot: usize) -> bool {
        self.slots[slot].cancel
    }

    /// The InformationBuffer: the first LENGTH bytes of the window.
    #[must_use]
    pub fn buffer(&self, slot: usize) -> &[u8] {
        let slot = &self.slots[slot];
        &slot.window.0[..WINDOW_BYTES.min(slot.length as usize)]
    }

    /// The command ends: the window is wiped, the status shown.
    pub fn finish(&mut self, k: usize, outcome: &Outcome, counters: &mut Counters) {
        let success = outcome.status == NDIS_STATUS_SUCCESS;
        counters.count(if success {
            Cause::CommandOk
        } else {
            Cause::CommandFailed
        });
        if outcome.unknown {
            counters.count(Cause::DeleteUnknown);
        }
        let slot = &mut self.slots[k];
        slot.window.0.zeroize();
        slot.state = regs::mailbox_slot_state::STATE_DONE;
        slot.status = outcome.status;
        slot.bytes_read = if success { slot.length } else { 0 };
        slot.bytes_needed = outcome.bytes_needed;
        slot.handle = outcome.handle;
        self.pending &= !(1 << k);
        self.ended |= 1 << k;
    }

    /// Slots that ended at this edge, taken once.
    #[inline]
    pub fn take_ended(&mut self) -> u8 {
        std::mem::take(&mut self.ended)
    }
}
