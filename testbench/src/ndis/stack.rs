// SPDX-License-Identifier: Apache-2.0
//! NDIS itself: one adapter with its miniport below, requesters above.

use std::collections::{BTreeMap, VecDeque};

use ipsec_model::ndis::{
    AdapterOffloadAttributes, IpsecOffloadV2, NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE,
    NDIS_STATUS_ADAPTER_NOT_READY, NDIS_STATUS_BAD_VERSION, NDIS_STATUS_BUFFER_TOO_SHORT,
    NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_PENDING, NDIS_STATUS_RESET_END, NDIS_STATUS_RESET_START,
    NDIS_STATUS_SUCCESS, NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG, NdisOffload,
    NdisOffloadEncapsulation, NdisOffloadParameters, OID_OFFLOAD_ENCAPSULATION,
    OID_TCP_OFFLOAD_CURRENT_CONFIG, OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES,
    OID_TCP_OFFLOAD_PARAMETERS,
};

use super::{
    HostMemory, NdisCalls, NdisError, NdisVersion, OidRequest, Registry, RequestHandle,
    StatusIndication, Verifier, Violation,
};
use crate::miniport::{Direct, Miniport, OrdinaryRequest, Registers};

/// Clocks between two calls of the miniport's check for a hang.
const CHECK_FOR_HANG_CLOCKS: u64 = 20_000;

/// What became of an ordinary request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// NDIS_STATUS
    pub status: u32,
    /// BytesRead of a set, BytesWritten of a query
    pub bytes: u32,
    /// BytesNeeded
    pub bytes_needed: u32,
    /// What a query wrote
    pub data: Vec<u8>,
}

impl Answer {
    fn status(status: u32) -> Self {
        Self {
            status,
            bytes: 0,
            bytes_needed: 0,
            data: Vec::new(),
        }
    }
}

/// A direct request that has ended.
#[derive(Debug)]
pub struct Completed {
    /// Which one
    pub handle: RequestHandle,
    /// The request
    pub request: OidRequest,
    /// NDIS_STATUS
    pub status: u32,
    /// Clock
    pub clock: u64,
}

/// What a direct request came to in the call itself.
#[derive(Debug)]
pub enum Submitted {
    /// It has ended
    Completed(Completed),
    /// It is in [`Ndis::take_completed`] later
    Pending(RequestHandle),
}

impl Submitted {
    /// The status that the call returned.
    pub fn status(&self) -> u32 {
        match self {
            Self::Completed(completed) => completed.status,
            Self::Pending(_) => NDIS_STATUS_PENDING,
        }
    }
}

/// The adapter, as NDIS sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adapter {
    Halted,
    Paused,
    Pausing,
    Running,
}

/// What is not the miniport.
#[derive(Debug)]
struct State {
    version: NdisVersion,
    registry: Registry,
    clock: u64,
    adapter: Adapter,
    resetting: bool,
    /// NDIS_OFFLOAD of the last reports
    hardware: Vec<u8>,
    current: Vec<u8>,
    encapsulation: Vec<u8>,
    verifier: Verifier,
    request_ids: BTreeMap<RequestHandle, u64>,
    completed: VecDeque<Completed>,
    indications: Vec<StatusIndication>,
    next: u64,
}

impl State {
    fn ipsec(&self, image: &[u8]) -> IpsecOffloadV2 {
        self.version.ipsec(image).unwrap_or_default()
    }

    fn report(&mut self) {
        let (hardware, current) = (self.ipsec(&self.hardware), self.ipsec(&self.current));
        self.verifier.reported(&hardware, &current);
    }

    fn configurations_indicated(&self) -> usize {
        let code = NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG;
        let indications = self.indications.iter();
        indications.filter(|i| i.status_code == code).count()
    }
}

impl NdisCalls for State {
    fn version(&self) -> NdisVersion {
        self.version
    }

    fn read_configuration(&self, keyword: &str) -> Option<u32> {
        self.registry.get(keyword)
    }

    fn set_miniport_attributes(&mut self, attributes: &[u8], memory: &HostMemory) -> u32 {
        let Ok(attributes) = AdapterOffloadAttributes::parse(attributes) else {
            return NDIS_STATUS_BAD_VERSION;
        };
        let size = NdisOffload::size_of_revision(self.version.offload_revision());
        let read = |address| {
            let image = memory.read(address, size.into());
            self.version.ipsec(image).map(|_| image.to_vec())
        };
        let (Some(default), Some(hardware)) = (
            read(attributes.default_offload_configuration),
            read(attributes.hardware_offload_capabilities),
        ) else {
            return NDIS_STATUS_BAD_VERSION;
        };
        (self.current, self.hardware) = (default, hardware);
        self.report();
        NDIS_STATUS_SUCCESS
    }

    fn direct_oid_request_complete(
        &mut self,
        handle: RequestHandle,
        request: OidRequest,
        status: u32,
    ) {
        self.verifier.completed(handle, &request, status);
        self.request_ids.remove(&handle);
        self.completed.push_back(Completed {
            handle,
            request,
            status,
            clock: self.clock,
        });
    }

    fn indicate_status(&mut self, indication: StatusIndication) {
        if self.verifier.indicated(self.version, &indication).is_some() {
            let report = indication.status_buffer.clone();
            if indication.status_code == NDIS_STATUS_TASK_OFFLOAD_CURRENT_CONFIG {
                self.current = report;
                self.report();
            } else {
                self.hardware = report;
            }
        }
        self.indications.push(indication);
    }

    fn reset_complete(&mut self, status: u32) {
        if !std::mem::take(&mut self.resetting) {
            self.verifier.broken(Violation::NotAsked("a reset"));
        }
        self.verifier.reset_done();
        let mut status_buffer = Vec::new();
        if status != NDIS_STATUS_SUCCESS {
            status_buffer.extend_from_slice(&status.to_le_bytes());
        }
        self.indications.push(StatusIndication {
            status_code: NDIS_STATUS_RESET_END,
            status_buffer,
        });
    }

    fn pause_complete(&mut self) {
        if self.adapter != Adapter::Pausing {
            self.verifier.broken(Violation::NotAsked("a pause"));
        }
        self.adapter = Adapter::Paused;
    }
}

/// NDIS with one adapter.
#[derive(Debug)]
pub struct Ndis<R> {
    miniport: Miniport<R>,
    state: State,
    /// Clocks from a rising interrupt to its service
    latency: u64,
    raised: Option<u64>,
    check_at: u64,
}

impl<R: Registers> Ndis<R> {
    /// An adapter that is not initialized yet.
    pub fn new(registers: R, version: NdisVersion, registry: Registry) -> Self {
        Self {
            miniport: Miniport::new(registers),
            state: State {
                version,
                registry,
                clock: 0,
                adapter: Adapter::Halted,
                resetting: false,
                hardware: Vec::new(),
                current: Vec::new(),
                encapsulation: NdisOffloadEncapsulation::ethernet(false).to_bytes(),
                verifier: Verifier::default(),
                request_ids: BTreeMap::new(),
                completed: VecDeque::new(),
                indications: Vec::new(),
                next: 1,
            },
            latency: 0,
            raised: None,
            check_at: CHECK_FOR_HANG_CLOCKS,
        }
    }

    /// The miniport.
    pub fn miniport(&self) -> &Miniport<R> {
        &self.miniport
    }

    /// The register bus: what a test does there, it does behind the driver's back.
    pub fn registers(&mut self) -> &mut R {
        self.miniport.registers_mut()
    }

    /// The keywords.
    pub fn registry(&mut self) -> &mut Registry {
        &mut self.state.registry
    }

    /// What is known of requests and handles.
    pub fn verifier(&self) -> &Verifier {
        &self.state.verifier
    }

    /// Every status indication so far, those of NDIS itself too.
    pub fn indications(&self) -> &[StatusIndication] {
        &self.state.indications
    }

    /// IPsecV2 of the hardware capabilities as last reported.
    pub fn hardware(&self) -> IpsecOffloadV2 {
        self.state.ipsec(&self.state.hardware)
    }

    /// IPsecV2 of the current configuration as last reported.
    pub fn current(&self) -> IpsecOffloadV2 {
        self.state.ipsec(&self.state.current)
    }

    /// Whether a reset is under way.
    pub fn is_resetting(&self) -> bool {
        self.state.resetting
    }

    /// How late interrupts are served.
    pub fn set_interrupt_latency(&mut self, clocks: u64) {
        self.latency = clocks;
    }

    fn checked<T>(&mut self, value: T) -> Result<T, NdisError> {
        self.state.clock = self.miniport.registers().now();
        self.state.verifier.check()?;
        Ok(value)
    }

    /// MiniportInitializeEx, then MiniportRestart. Gives its status.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn initialize(&mut self) -> Result<u32, NdisError> {
        self.state.verifier.initialized();
        let status = self.miniport.initialize(&mut self.state)?;
        if status == NDIS_STATUS_SUCCESS {
            self.state.adapter = Adapter::Running;
            self.miniport.restart();
        }
        self.check_at = self.miniport.registers().now() + CHECK_FOR_HANG_CLOCKS;
        self.checked(status)
    }

    /// A query of an ordinary OID, with a buffer of `length` bytes.
    pub fn query(&self, oid: u32, length: usize) -> Answer {
        let state = &self.state;
        if state.adapter == Adapter::Halted {
            return Answer::status(NDIS_STATUS_ADAPTER_NOT_READY);
        }
        let report = match oid {
            OID_TCP_OFFLOAD_CURRENT_CONFIG => &state.current,
            OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES => &state.hardware,
            OID_OFFLOAD_ENCAPSULATION => &state.encapsulation,
            _ => return Answer::status(NDIS_STATUS_NOT_SUPPORTED),
        };
        let size = report.len() as u32;
        if length < report.len() {
            return Answer {
                bytes_needed: size,
                ..Answer::status(NDIS_STATUS_BUFFER_TOO_SHORT)
            };
        }
        Answer {
            bytes: size,
            data: report.clone(),
            ..Answer::status(NDIS_STATUS_SUCCESS)
        }
    }

    /// A set of an ordinary OID.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn set(&mut self, oid: u32, buffer: &[u8]) -> Result<Answer, NdisError> {
        if self.state.adapter == Adapter::Halted {
            return Ok(Answer::status(NDIS_STATUS_ADAPTER_NOT_READY));
        }
        if oid == OID_TCP_OFFLOAD_PARAMETERS {
            self.store_keywords(buffer);
        }
        let before = self.state.configurations_indicated();
        let mut request = OrdinaryRequest {
            oid,
            buffer,
            bytes_read: 0,
            bytes_needed: 0,
        };
        let status = self.miniport.oid_request(&mut request, &mut self.state)?;
        let answer = Answer {
            status,
            bytes: request.bytes_read,
            bytes_needed: request.bytes_needed,
            data: Vec::new(),
        };
        let configures = matches!(oid, OID_TCP_OFFLOAD_PARAMETERS | OID_OFFLOAD_ENCAPSULATION);
        if configures && status == NDIS_STATUS_SUCCESS {
            if self.state.configurations_indicated() == before {
                self.state.verifier.broken(Violation::NotIndicated(oid));
            }
            if oid == OID_OFFLOAD_ENCAPSULATION {
                self.state.encapsulation = buffer.to_vec();
            }
        }
        self.checked(answer)
    }

    /// What NDIS does with OID_TCP_OFFLOAD_PARAMETERS before the miniport sees it.
    fn store_keywords(&mut self, buffer: &[u8]) {
        let Ok(parameters) = NdisOffloadParameters::parse(buffer) else {
            return;
        };
        if parameters.flags & NDIS_OFFLOAD_PARAMETERS_SKIP_REGISTRY_UPDATE != 0 {
            return;
        }
        for (keyword, value) in [
            (Registry::IPSEC_OFFLOAD_V2, parameters.ipsec_v2),
            (Registry::IPSEC_OFFLOAD_V2_IPV4, parameters.ipsec_v2_ipv4),
        ] {
            // The keywords number the same settings from 0.
            if (1..=4).contains(&value) {
                self.state.registry.set(keyword, u32::from(value) - 1);
            }
        }
    }

    /// NdisDirectOidRequest.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn direct_oid(&mut self, request: OidRequest) -> Result<Submitted, NdisError> {
        let handle = RequestHandle(self.state.next);
        self.state.next += 1;
        if self.state.adapter == Adapter::Halted {
            return Ok(Submitted::Completed(Completed {
                handle,
                request,
                status: NDIS_STATUS_ADAPTER_NOT_READY,
                clock: self.state.clock,
            }));
        }
        self.state.verifier.issued(handle, &request);
        self.state.request_ids.insert(handle, request.request_id);
        let direct = self
            .miniport
            .direct_oid_request(handle, request, &mut self.state)?;
        let submitted = match direct {
            Direct::Pending => Submitted::Pending(handle),
            Direct::Complete(request, status) => {
                self.state.verifier.completed(handle, &request, status);
                self.state.request_ids.remove(&handle);
                Submitted::Completed(Completed {
                    handle,
                    request: *request,
                    status,
                    clock: self.state.clock,
                })
            }
        };
        self.checked(submitted)
    }

    /// NdisCancelDirectOidRequest: all of the requester's requests with this number.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn cancel(&mut self, request_id: u64) -> Result<(), NdisError> {
        if self.state.request_ids.values().any(|id| *id == request_id) {
            self.miniport
                .cancel_direct_oid_request(request_id, &mut self.state)?;
        }
        self.checked(())
    }

    /// Lets clocks pass; interrupts are served.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn run(&mut self, clocks: u64) -> Result<(), NdisError> {
        let end = self.miniport.registers().now() + clocks;
        while self.miniport.registers().now() < end {
            self.tick()?;
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), NdisError> {
        self.miniport.registers_mut().stall(1)?;
        let now = self.miniport.registers().now();
        self.state.clock = now;
        if self.state.adapter == Adapter::Halted {
            return Ok(());
        }
        if self.miniport.registers().irq() {
            let since = *self.raised.get_or_insert(now);
            if now >= since + self.latency {
                self.raised = None;
                self.miniport.interrupt(&mut self.state)?;
            }
        } else {
            self.raised = None;
        }
        if now >= self.check_at {
            self.check_at = now + CHECK_FOR_HANG_CLOCKS;
            if self.miniport.check_for_hang(&mut self.state)? && !self.state.resetting {
                self.reset()?;
            }
        }
        self.checked(())
    }

    /// Lets clocks pass until no request is pending and no reset is under way.
    ///
    /// # Errors
    /// The device stopped, a rule is broken, or that is not so after `clocks`.
    pub fn settle(&mut self, clocks: u64) -> Result<(), NdisError> {
        let end = self.miniport.registers().now() + clocks;
        while self.state.verifier.pending() > 0
            || self.state.resetting
            || self.state.adapter == Adapter::Pausing
        {
            if self.miniport.registers().now() >= end {
                return Err(NdisError::Overdue {
                    what: "the end of all requests",
                    clocks,
                });
            }
            self.tick()?;
        }
        Ok(())
    }

    /// Issues a direct request and waits for its end. Others that end meanwhile stay in
    /// [`take_completed`](Self::take_completed).
    ///
    /// # Errors
    /// The device stopped, a rule is broken, or it does not end within `clocks`.
    pub fn direct_oid_wait(
        &mut self,
        request: OidRequest,
        clocks: u64,
    ) -> Result<Completed, NdisError> {
        let handle = match self.direct_oid(request)? {
            Submitted::Completed(completed) => return Ok(completed),
            Submitted::Pending(handle) => handle,
        };
        let end = self.miniport.registers().now() + clocks;
        loop {
            let found = self.state.completed.iter().position(|c| c.handle == handle);
            if let Some(completed) = found.and_then(|k| self.state.completed.remove(k)) {
                return Ok(completed);
            }
            if self.miniport.registers().now() >= end {
                return Err(NdisError::Overdue {
                    what: "the end of a request",
                    clocks,
                });
            }
            self.tick()?;
        }
    }

    /// The requests that ended since the last call, in that order.
    pub fn take_completed(&mut self) -> Vec<Completed> {
        self.state.completed.drain(..).collect()
    }

    /// MiniportResetEx. Its end is NDIS_STATUS_RESET_END among the [`indications`](Self::indications).
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn reset(&mut self) -> Result<(), NdisError> {
        if self.state.adapter == Adapter::Halted || self.state.resetting {
            return Ok(());
        }
        self.state.resetting = true;
        self.state.indications.push(StatusIndication {
            status_code: NDIS_STATUS_RESET_START,
            status_buffer: Vec::new(),
        });
        let status = self.miniport.reset(&mut self.state)?;
        if status != NDIS_STATUS_PENDING {
            self.state.reset_complete(status);
        }
        self.checked(())
    }

    /// MiniportPause: PENDING, or SUCCESS if it has paused.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn pause(&mut self) -> Result<u32, NdisError> {
        self.state.adapter = Adapter::Pausing;
        let status = self.miniport.pause()?;
        if status == NDIS_STATUS_SUCCESS {
            self.state.adapter = Adapter::Paused;
        }
        self.checked(status)
    }

    /// MiniportRestart.
    pub fn restart(&mut self) {
        self.state.adapter = Adapter::Running;
        self.miniport.restart();
    }

    /// MiniportDevicePnPEventNotify with NdisDevicePnPEventSurpriseRemoved.
    ///
    /// # Errors
    /// A rule is broken.
    pub fn surprise_removed(&mut self) -> Result<(), NdisError> {
        self.miniport.surprise_removed(&mut self.state);
        self.checked(())
    }

    /// MiniportHaltEx.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn halt(&mut self) -> Result<(), NdisError> {
        self.miniport.halt(&mut self.state)?;
        self.state.resetting = false;
        self.state.verifier.halt_done();
        self.state.adapter = Adapter::Halted;
        self.checked(())
    }

    /// A change of SaLimit that comes from the driver itself.
    ///
    /// # Errors
    /// The device stopped, or a rule is broken.
    pub fn set_sa_limit(&mut self, bundles: u32) -> Result<(), NdisError> {
        self.miniport.set_sa_limit(bundles)?;
        self.checked(())
    }
}
