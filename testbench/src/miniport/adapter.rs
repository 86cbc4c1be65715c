// SPDX-License-Identifier: Apache-2.0
//! The driver's memory of its adapter, and what all entry points use.

use std::collections::VecDeque;

use ipsec_model::ndis::{
    IpsecOffloadV2, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
    NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES, NdisOffload,
};
use ipsec_model::regs;

use super::bounds::POLL_CLOCKS;
use super::configuration::Configuration;
use super::registers::Registers;
use super::work::Work;
use crate::drivers::bus::BusError;
use crate::ndis::{NdisCalls, OidRequest, StatusIndication};

/// A set of an ordinary OID.
#[derive(Debug)]
pub struct OrdinaryRequest<'a> {
    /// `Oid`
    pub oid: u32,
    /// `InformationBuffer`, InformationBufferLength bytes
    pub buffer: &'a [u8],
    /// `BytesRead`
    pub bytes_read: u32,
    /// `BytesNeeded`
    pub bytes_needed: u32,
}

/// What MiniportDirectOidRequest returns.
#[derive(Debug)]
pub enum Direct {
    /// NDIS_STATUS_PENDING: it is completed later
    Pending,
    /// It has ended with this status
    Complete(Box<OidRequest>, u32),
}

/// Where the adapter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// Before MiniportInitializeEx and after MiniportHaltEx
    Halted,
    /// It takes requests
    Up,
    /// MiniportResetEx pends, until this time at most
    Resetting(u64),
    /// The hardware is gone, or does not come back from a reset
    Removed,
}

/// A command in a slot.
#[derive(Debug)]
pub(super) struct Busy {
    pub work: Work,
    pub handle_at: Option<u32>,
    pub since: u64,
}

/// The driver of one adapter.
#[derive(Debug)]
pub struct Miniport<R> {
    pub(super) registers: R,
    pub(super) life: Life,
    pub(super) pausing: bool,
    pub(super) slots: Vec<Option<Busy>>,
    pub(super) queue: VecDeque<Work>,
    pub(super) configuration: Configuration,
    /// Of NDIS_OFFLOAD
    pub(super) revision: u8,
    /// As last reported
    pub(super) hardware: IpsecOffloadV2,
    pub(super) current: IpsecOffloadV2,
    pub(super) parity_errors: u64,
}

impl<R: Registers> Miniport<R> {
    /// The driver of an adapter that is not initialized yet.
    pub fn new(registers: R) -> Self {
        Self {
            registers,
            life: Life::Halted,
            pausing: false,
            slots: Vec::new(),
            queue: VecDeque::new(),
            configuration: Configuration {
                ipsec_v2: 4,
                allowed: true,
                encapsulation: None,
                sa_limit: None,
                hash_seed: None,
            },
            revision: 0,
            hardware: IpsecOffloadV2::default(),
            current: IpsecOffloadV2::default(),
            parity_errors: 0,
        }
    }

    /// The registers.
    pub fn registers(&self) -> &R {
        &self.registers
    }

    /// The registers: what is done there is done behind the driver's back.
    pub fn registers_mut(&mut self) -> &mut R {
        &mut self.registers
    }

    /// Interrupts with INTR_STATE.parity so far.
    pub fn parity_errors(&self) -> u64 {
        self.parity_errors
    }

    /// Requests that wait for a slot.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Polls a register until `good`; tells whether it came to that within `clocks`.
    pub(super) fn wait(
        &mut self,
        clocks: u64,
        address: u32,
        good: impl Fn(u32) -> bool,
    ) -> Result<bool, BusError> {
        let end = self.registers.now() + clocks;
        loop {
            let value = self.registers.read32(address)?;
            if value != u32::MAX && good(value) {
                return Ok(true);
            }
            // A card that is pulled out reads all ones for ever.
            if value == u32::MAX || self.registers.now() >= end {
                return Ok(false);
            }
            self.registers.stall(POLL_CLOCKS)?;
        }
    }

    /// Reads one of the capability images. A card that is pulled out reads all ones, which is no capability: all
    /// zero.
    pub(super) fn capabilities(
        &mut self,
        address: fn(u32) -> u32,
    ) -> Result<IpsecOffloadV2, BusError> {
        let mut words = [0; 8];
        for (k, word) in words.iter_mut().enumerate() {
            *word = self.registers.read32(address(k as u32))?;
        }
        if words[0] == u32::MAX {
            words = [0; 8];
        }
        Ok(IpsecOffloadV2::from_words(&words))
    }

    /// Reports the configuration to NDIS: always (`even_if_same`), or if it has changed.
    pub(super) fn report(
        &mut self,
        calls: &mut dyn NdisCalls,
        even_if_same: bool,
    ) -> Result<(), BusError> {
        let hardware = self.capabilities(regs::caps_hardware)?;
        if hardware != self.hardware {
            self.hardware = hardware;
            calls.indicate_status(StatusIndication {
                status_code: NDIS_STATUS_TASK_OFFLOAD_HARDWARE_CAPABILITIES,
                status_buffer: NdisOffload::new(self.revision, hardware).to_bytes(),
            });
        }
        let current = self.capabilities(regs::caps_current)?;
        if even_if_same || current != self.current {
            self.current = current;
            calls.indicate_status(StatusIndication {
                status_code: NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG,
                status_buffer: NdisOffload::new(self.revision, current).to_bytes(),
            });
        }
        Ok(())
    }

    /// Ends every request with this status; whatever was offloaded is gone.
    pub(super) fn abandon_all(&mut self, status: u32, calls: &mut dyn NdisCalls) {
        let busy = self.slots.iter_mut().filter_map(Option::take);
        let all: Vec<Work> = busy.map(|b| b.work).chain(self.queue.drain(..)).collect();
        for work in all {
            work.abandon(status, calls);
        }
    }
}
