// SPDX-License-Identifier: Apache-2.0
//! The driver of a mailbox slot: carries one command after the other by register accesses alone.

use std::collections::VecDeque;

use ipsec_model::ndis::{self, AddLayout, AddSa, AlgorithmInfo, SecurityAssociation, SpiOrder};
use ipsec_model::regs;

use super::axil::{Access, Program};
use crate::sa::{Authentication, Direction, Encryption, Operation, Sa, UdpEncapsulation};

/// A command in the form in which the slot takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The caller's number for it
    pub id: usize,
    /// OID
    pub oid: u32,
    /// InformationBufferLength
    pub length: u32,
    /// InformationBuffer
    pub buffer: Vec<u8>,
    /// Where in the buffer the handle is returned
    pub handle_at: Option<u32>,
}

impl Request {
    /// ADD_SA or ADD_SA_EX.
    pub fn add(id: usize, sa: &Sa, layout: AddLayout, order: SpiOrder) -> Self {
        let buffer = add_sa(sa).with_layout(layout).to_bytes(order);
        Self {
            id,
            oid: layout.oid(),
            length: buffer.len() as u32,
            buffer,
            handle_at: Some(layout.handle().start as u32),
        }
    }

    /// DELETE_SA.
    pub fn delete(id: usize, handle: u32) -> Self {
        let buffer = ndis::DeleteSa::new(u64::from(handle)).to_bytes();
        Self {
            id,
            oid: ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
            length: buffer.len() as u32,
            buffer,
            handle_at: None,
        }
    }

    /// UPDATE_SA.
    pub fn update(
        id: usize,
        handle: u32,
        operation: Operation,
        spi: u32,
        high: u32,
        order: SpiOrder,
    ) -> Self {
        let operation = match operation {
            Operation::Ah => ndis::IPSEC_OFFLOAD_V2_AH,
            Operation::Esp => ndis::IPSEC_OFFLOAD_V2_ESP,
        };
        let buffer = ndis::UpdateSa::new(handle.into(), operation, spi, high).to_bytes(order);
        Self {
            id,
            oid: ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA,
            length: buffer.len() as u32,
            buffer,
            handle_at: None,
        }
    }
}

/// The NDIS structure of an SA.
pub fn add_sa(sa: &Sa) -> AddSa {
    let inbound = sa.direction == Direction::Inbound;
    let mut add = AddSa::esp_gcm(inbound, sa.src, sa.dst, 0, &[]);
    let mut keys = Vec::new();
    for (slot, association) in add.sec_assoc.iter_mut().zip(&sa.associations) {
        let algorithm = |identifier| AlgorithmInfo {
            identifier,
            key_length: association.key.len() as u32,
            key_offset_bytes: keys.len() as u32,
            additional_info: association.icv_length,
        };
        let (authentication, encryption) =
            algorithms(association.authentication, association.encryption);
        let ah = association.operation == Operation::Ah;
        *slot = SecurityAssociation {
            flags: if association.esn {
                ndis::IPSEC_OFFLOAD_V2_ESN_SA
            } else {
                0
            },
            operation: if ah {
                ndis::IPSEC_OFFLOAD_V2_AH
            } else {
                ndis::IPSEC_OFFLOAD_V2_ESP
            },
            spi: association.spi,
            authentication: authentication.map_or_else(AlgorithmInfo::default, algorithm),
            encryption: match encryption {
                Some(identifier) => algorithm(identifier),
                None if ah => AlgorithmInfo::default(),
                None => AlgorithmInfo {
                    identifier: ndis::IPSEC_OFFLOAD_V2_ENCRYPTION_NONE,
                    ..AlgorithmInfo::default()
                },
            },
            sequence_number_high_order: association.sequence_high,
        };
        keys.extend_from_slice(&association.key);
    }
    add.num_ext_hdrs = sa.associations.len() as u32;
    add.key_length = keys.len() as u32;
    add.key_area = keys.as_slice().into();
    add.udp_esp_encapsulation = match sa.udp_encapsulation {
        UdpEncapsulation::None => ndis::IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_NONE,
        UdpEncapsulation::Transport => ndis::IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT,
        UdpEncapsulation::Tunnel => ndis::IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TUNNEL,
        UdpEncapsulation::TransportOverUdpTunnel => {
            ndis::IPSEC_OFFLOAD_V2_TRANSPORT_OVER_UDP_ESP_ENCAPSULATION_TUNNEL
        }
        UdpEncapsulation::UdpTransportOverTunnel => {
            ndis::IPSEC_OFFLOAD_V2_UDP_ESP_ENCAPSULATION_TRANSPORT_OVER_TUNNEL
        }
    };
    add
}

fn algorithms(
    authentication: Authentication,
    encryption: Encryption,
) -> (Option<u32>, Option<u32>) {
    let authentication = match authentication {
        Authentication::None => None,
        Authentication::AesGmac128 => Some(ndis::IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_128),
        Authentication::AesGmac192 => Some(ndis::IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_192),
        Authentication::AesGmac256 => Some(ndis::IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256),
    };
    let encryption = match encryption {
        Encryption::None => None,
        Encryption::AesGcm128 => Some(ndis::IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128),
        Encryption::AesGcm192 => Some(ndis::IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192),
        Encryption::AesGcm256 => Some(ndis::IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256),
    };
    (authentication, encryption)
}

/// What a command came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The caller's number
    pub id: usize,
    /// NDIS_STATUS
    pub status: u32,
    /// BytesRead
    pub bytes_read: u32,
    /// BytesNeeded
    pub bytes_needed: u32,
    /// OffloadHandle, if the command returns one and succeeded
    pub handle: Option<u64>,
    /// Clock at which the doorbell's access ended
    pub rung: u64,
    /// Clock at which the access that cancelled it ended
    pub cancelled: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Waits for a request
    Idle,
    /// Window word
    Window(usize),
    Oid,
    Length,
    Doorbell,
    /// Cancels, once it is due
    Cancel,
    State,
    Status,
    BytesRead,
    BytesNeeded,
    HandleLow,
    HandleHigh,
}

/// One slot's driver.
#[derive(Clone, Debug)]
pub struct Slot {
    slot: u32,
    request: Option<Request>,
    step: Step,
    answer: Answer,
    /// The request is cancelled so many clocks behind its doorbell
    cancel: Option<u64>,
    now: u64,
    /// The window may hold words of a command that ended without being looked at
    dirty: bool,
    /// Answers not yet fetched
    pub answers: VecDeque<Answer>,
}

impl Slot {
    /// The driver of slot `slot`.
    pub fn new(slot: u32) -> Self {
        Self {
            slot,
            request: None,
            step: Step::Idle,
            answer: Answer {
                id: 0,
                status: 0,
                bytes_read: 0,
                bytes_needed: 0,
                handle: None,
                rung: 0,
                cancelled: None,
            },
            cancel: None,
            now: 0,
            dirty: false,
            answers: VecDeque::new(),
        }
    }

    /// Whether the next request can be given.
    pub fn is_free(&self) -> bool {
        self.request.is_none()
    }

    /// The request under way.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// Gives the next request.
    pub fn start(&mut self, request: Request) {
        self.answer = Answer {
            id: request.id,
            status: 0,
            bytes_read: 0,
            bytes_needed: 0,
            handle: None,
            rung: 0,
            cancelled: None,
        };
        self.cancel = None;
        self.request = Some(request);
        self.step = self.next_window(0);
    }

    /// Cancels the request under way, so many clocks behind its doorbell's access or at once.
    pub fn cancel(&mut self, clocks: u64) {
        if self.request.is_some() {
            self.cancel = Some(clocks);
        }
    }

    /// Which clock it is.
    #[inline]
    pub fn tick(&mut self, clock: u64) {
        self.now = clock;
    }

    /// Waiting for the end of the command.
    fn waiting(&self) -> Step {
        if self.cancel.is_some() {
            Step::Cancel
        } else {
            Step::State
        }
    }

    /// Forgets the request under way; the device was reset.
    pub fn cut(&mut self) {
        self.request = None;
        self.step = Step::Idle;
        self.cancel = None;
        self.dirty = false;
    }

    /// The next word that must be written, from word `k` on. The device wipes the window at the end of
    /// every command, so that words of zeros need not be written.
    fn next_window(&self, mut k: usize) -> Step {
        let words = if self.dirty {
            regs::MAILBOX_SLOT_WINDOW_SIZE as usize / 4
        } else {
            self.request
                .as_ref()
                .map_or(0, |r| r.buffer.len().div_ceil(4))
        };
        while k < words {
            if self.dirty || self.window_word(k) != 0 {
                return Step::Window(k);
            }
            k += 1;
        }
        Step::Oid
    }

    fn window_word(&self, k: usize) -> u32 {
        let buffer = self.request.as_ref().map_or(&[][..], |r| &r.buffer);
        let mut word = [0; 4];
        for (to, from) in word.iter_mut().zip(buffer.iter().skip(4 * k)) {
            *to = *from;
        }
        u32::from_le_bytes(word)
    }

    fn finish(&mut self) {
        // These end without a grant, and leave the window as it is. A cancelled command was granted.
        self.dirty = match self.answer.status {
            ndis::NDIS_STATUS_RESET_IN_PROGRESS | ndis::NDIS_STATUS_NOT_ACCEPTED => true,
            ndis::NDIS_STATUS_REQUEST_ABORTED => self.answer.cancelled.is_none(),
            _ => false,
        };
        self.answers.push_back(self.answer);
        self.request = None;
        self.step = Step::Idle;
    }
}

impl Program for Slot {
    fn access(&self) -> Option<Access> {
        let request = self.request.as_ref()?;
        let slot = self.slot;
        let handle =
            |more| regs::mailbox_slot_window(slot) + request.handle_at.unwrap_or_default() + more;
        let access = match self.step {
            Step::Idle => return None,
            Step::Window(k) => Access::write(
                regs::mailbox_slot_window(slot) + 4 * k as u32,
                self.window_word(k),
            ),
            Step::Oid => Access::write(regs::mailbox_slot_oid(slot), request.oid),
            Step::Length => Access::write(regs::mailbox_slot_length(slot), request.length),
            Step::Doorbell => Access::write(
                regs::mailbox_slot_doorbell(slot),
                regs::mailbox_slot_doorbell::START.of(1),
            ),
            Step::Cancel => {
                let due = self.answer.rung + self.cancel.unwrap_or_default();
                if self.now <= due {
                    return None;
                }
                Access::write(
                    regs::mailbox_slot_doorbell(slot),
                    regs::mailbox_slot_doorbell::CANCEL.of(1),
                )
            }
            Step::State => Access::read(regs::mailbox_slot_state(slot)),
            Step::Status => Access::read(regs::mailbox_slot_ndis_status(slot)),
            Step::BytesRead => Access::read(regs::mailbox_slot_bytes_read(slot)),
            Step::BytesNeeded => Access::read(regs::mailbox_slot_bytes_needed(slot)),
            Step::HandleLow => Access::read(handle(0)),
            Step::HandleHigh => Access::read(handle(4)),
        };
        Some(access)
    }

    fn done(&mut self, clock: u64, data: u32) {
        self.step = match self.step {
            Step::Idle => Step::Idle,
            Step::Window(k) => self.next_window(k + 1),
            Step::Oid => Step::Length,
            Step::Length => Step::Doorbell,
            Step::Doorbell => {
                self.answer.rung = clock;
                self.waiting()
            }
            Step::Cancel => {
                self.answer.cancelled = Some(clock);
                self.cancel = None;
                Step::State
            }
            Step::State => {
                let state = regs::mailbox_slot_state::STATE.get(data);
                if state == regs::mailbox_slot_state::STATE_DONE {
                    Step::Status
                } else {
                    self.waiting()
                }
            }
            Step::Status => {
                self.answer.status = data;
                Step::BytesRead
            }
            Step::BytesRead => {
                self.answer.bytes_read = data;
                Step::BytesNeeded
            }
            Step::BytesNeeded => {
                self.answer.bytes_needed = data;
                let returns = self.request.as_ref().and_then(|r| r.handle_at);
                if self.answer.status == ndis::NDIS_STATUS_SUCCESS && returns.is_some() {
                    Step::HandleLow
                } else {
                    return self.finish();
                }
            }
            Step::HandleLow => {
                self.answer.handle = Some(u64::from(data));
                Step::HandleHigh
            }
            Step::HandleHigh => {
                let low = self.answer.handle.unwrap_or_default();
                self.answer.handle = Some(low | u64::from(data) << 32);
                return self.finish();
            }
        };
    }
}
