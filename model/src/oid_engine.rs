// SPDX-License-Identifier: Apache-2.0
//! Executes one command at a time. What a command comes to is decided on the parsed structure, by the functions in
//! front of the engine; the engine is the table of phases of docs/cycle_formulae.md, "Commands".

use zeroize::Zeroize;

use crate::counters::Counters;
use crate::hash::IndexKey;
use crate::key_setup::hash_key;
use crate::mailbox::{Mailbox, Outcome, SLOTS, WINDOW_BYTES};
use crate::ndis::{
    AddLayout, AddSa, AlgorithmInfo, DeleteSa, IPSEC_OFFLOAD_V2_AH,
    IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256, IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256,
    IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256, IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128,
    IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192, IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256,
    IPSEC_OFFLOAD_V2_ENCRYPTION_NONE, IPSEC_OFFLOAD_V2_ESN_SA, IPSEC_OFFLOAD_V2_ESP,
    IPSEC_OFFLOAD_V2_INBOUND, IPSEC_OFFLOAD_V2_IPV6, IpsecOffloadV2, NDIS_OBJECT_TYPE_DEFAULT,
    NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1,
    NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
    NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1, NDIS_STATUS_INVALID_DATA,
    NDIS_STATUS_INVALID_LENGTH, NDIS_STATUS_INVALID_OID, NDIS_STATUS_INVALID_PARAMETER,
    NDIS_STATUS_NOT_ACCEPTED, NDIS_STATUS_NOT_SUPPORTED, NDIS_STATUS_REQUEST_ABORTED,
    NDIS_STATUS_RESOURCES, NDIS_STATUS_SUCCESS, OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, ObjectHeader, SecurityAssociation, SpiOrder, TooShort,
    UpdateSa, field,
};
use crate::register_file::RegisterFile;
use crate::regs::{self, Field};
use crate::sa_table::{Handle, SaTable};
use crate::table_types::{Bundle, KeyMaterial, MAX_STAGES, PathStatus, Sa};

/// Bytes of salt behind a GCM key.
const SALT_BYTES: usize = 4;
/// ICV bytes of an AdditionalInfo of 0.
const ICV_BYTES: u8 = 16;

// ------------------------------------------------------------------------------------------------
// What a command comes to
// ------------------------------------------------------------------------------------------------

/// The commands that have something to fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// ADD_SA, ADD_SA_EX
    Add(AddLayout),
    /// DELETE_SA
    Delete,
    /// UPDATE_SA
    Update,
}

/// A bundle that may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBundle {
    /// Its row, not yet live.
    pub bundle: Bundle,
    /// Its SA rows; H is zero yet.
    pub associations: Vec<Sa>,
}

impl Drop for NewBundle {
    fn drop(&mut self) {
        for sa in &mut self.associations {
            sa.salt.zeroize();
            sa.h.zeroize();
        }
    }
}

impl NewBundle {
    /// The index key of association `k`; an outbound bundle has none.
    #[must_use]
    pub fn key(&self, k: usize) -> Option<IndexKey> {
        let sa = self.associations.get(k).filter(|_| self.bundle.inbound)?;
        Some(IndexKey {
            v6: self.bundle.v6,
            ah: sa.ah,
            spi: sa.spi,
            dst: self.bundle.dst,
        })
    }
}

/// Phase DECODE: what there is to fetch, or how the command ends. Rows of "Phase DECODE".
///
/// # Errors
/// The end of a command that is refused here.
pub fn decode(
    oid: u32,
    length: u32,
    cancelled: bool,
    settings: &RegisterFile,
) -> Result<Command, Outcome> {
    let refuse = |status| Err(Outcome::status(status));
    if settings.halt() {
        return refuse(NDIS_STATUS_NOT_ACCEPTED);
    }
    let command = match oid {
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => Command::Add(AddLayout::Plain),
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => Command::Add(AddLayout::Ex),
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => Command::Delete,
        OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA => Command::Update,
        _ => return refuse(NDIS_STATUS_INVALID_OID),
    };
    if cancelled {
        return refuse(NDIS_STATUS_REQUEST_ABORTED);
    }
    let too_long = length > WINDOW_BYTES as u32;
    let fixed = match command {
        Command::Delete => {
            if too_long || length < NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1.into() {
                return Err(nothing_to_delete());
            }
            return Ok(command);
        }
        Command::Update => NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
        Command::Add(_) if *settings.current() == IpsecOffloadV2::default() => {
            return refuse(NDIS_STATUS_NOT_SUPPORTED);
        }
        Command::Add(layout) => layout.fixed_size(),
    };
    let fixed = u32::from(fixed);
    if length < fixed || too_long {
        let bytes_needed = if too_long { 0 } else { fixed };
        return Err(Outcome {
            bytes_needed,
            ..Outcome::status(NDIS_STATUS_INVALID_LENGTH)
        });
    }
    Ok(command)
}

fn nothing_to_delete() -> Outcome {
    Outcome {
        unknown: true,
        ..Outcome::status(NDIS_STATUS_SUCCESS)
    }
}

fn is_gcm(identifier: u32) -> bool {
    gcm_key_length(identifier).is_some()
}

/// Bytes of key and salt of a combined-mode algorithm.
fn gcm_key_length(identifier: u32) -> Option<u32> {
    match identifier {
        IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_128 => Some(20),
        IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_192 => Some(28),
        IPSEC_OFFLOAD_V2_ENCRYPTION_AES_GCM_256 => Some(36),
        _ => None,
    }
}

fn is_one_of(identifier: u32, all: u32) -> bool {
    identifier.is_power_of_two() && identifier & all != 0
}

/// A known integrity algorithm.
fn is_authentication(identifier: u32) -> bool {
    is_one_of(
        identifier,
        2 * IPSEC_OFFLOAD_V2_AUTHENTICATION_AES_GCM_256 - 1,
    )
}

/// The two algorithms go together under the operation (rows 7 and 8 of "Phase CHECK").
fn is_combination(sa: &SecurityAssociation) -> bool {
    let (encryption, authentication) = (sa.encryption.identifier, sa.authentication.identifier);
    if sa.operation == IPSEC_OFFLOAD_V2_AH {
        return encryption == 0 && is_authentication(authentication);
    }
    if !is_one_of(encryption, 2 * IPSEC_OFFLOAD_V2_ENCRYPTION_AES_CBC_256 - 1) {
        return false;
    }
    if encryption == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE {
        return is_authentication(authentication);
    }
    // DES, 3DES and CBC go with a HMAC or with nothing; combined modes ignore the other member.
    is_gcm(encryption)
        || authentication == 0
        || is_one_of(
            authentication,
            2 * IPSEC_OFFLOAD_V2_AUTHENTICATION_SHA_256 - 1,
        )
}

fn header_is_good(header: &ObjectHeader, fixed: u16) -> bool {
    header.object_type == NDIS_OBJECT_TYPE_DEFAULT && header.revision != 0 && header.size >= fixed
}

/// The algorithm of an association whose combination was found good, and whether it is AES-GMAC: its
/// EncryptionAlgorithm if that is AES-GCM, else its AuthenticationAlgorithm.
fn algorithm(sa: &SecurityAssociation) -> (&AlgorithmInfo, bool) {
    if is_gcm(sa.encryption.identifier) {
        (&sa.encryption, false)
    } else {
        (&sa.authentication, true)
    }
}

/// Rows 10 and 11 of "Phase CHECK": the device does what the association wants, as it is configured.
fn is_supported(sa: &SecurityAssociation, current: &IpsecOffloadV2) -> bool {
    let ah = sa.operation == IPSEC_OFFLOAD_V2_AH;
    let on = if ah { current.ah } else { current.esp };
    let (info, gmac) = algorithm(sa);
    // What is neither AH nor ESP without encryption needs AES-GCM.
    let whole = !gmac || ah || sa.encryption.identifier == IPSEC_OFFLOAD_V2_ENCRYPTION_NONE;
    // The identifiers of AES-GMAC are those of AES-GCM.
    on && whole
        && gcm_key_length(info.identifier) == Some(info.key_length)
        && (matches!(info.additional_info, 0 | 16)
            || !gmac && matches!(info.additional_info, 8 | 12))
}

/// The SA row of an association that was found good, without H.
fn new_sa(sa: &SecurityAssociation, key_area: &[u8]) -> Result<Sa, u32> {
    let (info, gmac) = algorithm(sa);
    let start = info.key_offset_bytes as usize;
    let key_and_salt = key_area
        .get(start..)
        .and_then(|area| area.get(..info.key_length as usize))
        .ok_or(NDIS_STATUS_INVALID_DATA)?;
    let (key, salt) = key_and_salt
        .split_last_chunk::<SALT_BYTES>()
        .ok_or(NDIS_STATUS_NOT_SUPPORTED)?;
    Ok(Sa {
        ah: sa.operation == IPSEC_OFFLOAD_V2_AH,
        gmac,
        key: KeyMaterial::new(key).ok_or(NDIS_STATUS_NOT_SUPPORTED)?,
        salt: u32::from_be_bytes(*salt),
        h: 0,
        spi: sa.spi,
        icv_len: match info.additional_info {
            0 => ICV_BYTES,
            bytes => bytes as u8,
        },
        esn: sa.flags & IPSEC_OFFLOAD_V2_ESN_SA != 0,
        seq_high: sa.sequence_number_high_order,
    })
}

fn key_is_inside(info: &AlgorithmInfo, area: u32) -> bool {
    u64::from(info.key_offset_bytes) + u64::from(info.key_length) <= u64::from(area)
}

/// Phase CHECK of ADD_SA and ADD_SA_EX: the bundle, or the NDIS_STATUS of the first row that applies. `buffer` is
/// the InformationBuffer; what it says has been checked by nobody. Each `Spi` has its byte order.
///
/// # Errors
/// The NDIS_STATUS.
pub fn check_add(
    buffer: &[u8],
    layout: AddLayout,
    spi_orders: [SpiOrder; 2],
    settings: &RegisterFile,
) -> Result<NewBundle, u32> {
    let parse = |order| {
        AddSa::parse(buffer, layout, order).map_err(|TooShort { .. }| NDIS_STATUS_INVALID_LENGTH)
    };
    let mut add = parse(spi_orders[0])?;
    if spi_orders[1] != spi_orders[0] {
        add.sec_assoc[1] = parse(spi_orders[1])?.sec_assoc[1];
    }
    if !header_is_good(&add.header, layout.fixed_size()) {
        return Err(NDIS_STATUS_INVALID_DATA);
    }
    let associations = match add.num_ext_hdrs {
        1 => &add.sec_assoc[..1],
        2 => &add.sec_assoc[..],
        _ => return Err(NDIS_STATUS_INVALID_DATA),
    };
    if add.flags & !(IPSEC_OFFLOAD_V2_INBOUND | IPSEC_OFFLOAD_V2_IPV6) != 0
        || associations
            .iter()
            .any(|sa| sa.flags & !IPSEC_OFFLOAD_V2_ESN_SA != 0)
    {
        return Err(NDIS_STATUS_INVALID_DATA);
    }
    if layout == AddLayout::Ex
        && add.key_offset < NDIS_SIZEOF_IPSEC_OFFLOAD_V2_ADD_SA_EX_REVISION_1.into()
    {
        return Err(NDIS_STATUS_INVALID_DATA);
    }
    if add.key_area_offset() as u64 + u64::from(add.key_length) > buffer.len() as u64 {
        return Err(NDIS_STATUS_INVALID_DATA);
    }
    for sa in associations {
        if !key_is_inside(&sa.encryption, add.key_length)
            || !is_gcm(sa.encryption.identifier)
                && !key_is_inside(&sa.authentication, add.key_length)
        {
            return Err(NDIS_STATUS_INVALID_DATA);
        }
    }
    let operations: Vec<u32> = associations.iter().map(|sa| sa.operation).collect();
    let in_order = match operations[..] {
        [one] => matches!(one, IPSEC_OFFLOAD_V2_AH | IPSEC_OFFLOAD_V2_ESP),
        _ => operations == [IPSEC_OFFLOAD_V2_ESP, IPSEC_OFFLOAD_V2_AH],
    };
    if !in_order
        || associations
            .iter()
            .any(|sa| sa.spi < 256 || !is_combination(sa))
    {
        return Err(NDIS_STATUS_INVALID_PARAMETER);
    }
    let current = settings.current();
    let two = associations.len() == 2;
    let any_ah = operations.contains(&IPSEC_OFFLOAD_V2_AH);
    let udp = add.udp_esp_encapsulation;
    if two && !current.ah_esp_combined
        || udp != 0 && (any_ah || !is_one_of(udp, current.udp_esp))
        || associations.iter().any(|sa| !is_supported(sa, current))
    {
        return Err(NDIS_STATUS_NOT_SUPPORTED);
    }
    let mut new = NewBundle {
        bundle: Bundle {
            live: false,
            inbound: add.inbound(),
            v6: add.v6(),
            generation: 0,
            two,
            udp: udp as u8,
            dst: add.destination(),
        },
        associations: Vec::with_capacity(associations.len()),
    };
    for sa in associations {
        new.associations.push(new_sa(sa, add.key_area.bytes())?);
    }
    Ok(new)
}

/// Phase CHECK of DELETE_SA: the bundle to delete, if there is one.
#[must_use]
pub fn check_delete(buffer: &[u8], table: &SaTable) -> Option<Handle> {
    let delete = DeleteSa::parse(buffer).ok()?;
    if !header_is_good(
        &delete.header,
        NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1,
    ) {
        return None;
    }
    Handle::parse(delete.offload_handle).filter(|handle| table.live(*handle).is_some())
}

/// Phase CHECK of UPDATE_SA: the SA row and its new word, or the NDIS_STATUS of the first row that applies.
///
/// # Errors
/// The NDIS_STATUS.
pub fn check_update(
    buffer: &[u8],
    spi_order: SpiOrder,
    settings: &RegisterFile,
    table: &SaTable,
) -> Result<(u32, u32), u32> {
    let update =
        UpdateSa::parse(buffer, spi_order).map_err(|TooShort { .. }| NDIS_STATUS_INVALID_LENGTH)?;
    if !header_is_good(
        &update.header,
        NDIS_SIZEOF_IPSEC_OFFLOAD_V2_UPDATE_SA_REVISION_1,
    ) {
        return Err(NDIS_STATUS_INVALID_DATA);
    }
    if !settings.current().extended_sequence_numbers {
        return Err(NDIS_STATUS_INVALID_PARAMETER);
    }
    let handle = Handle::parse(update.offload_handle);
    let found = handle.and_then(|handle| Some((handle.bundle, table.live(handle)?)));
    let (index, bundle) = found.ok_or(NDIS_STATUS_INVALID_PARAMETER)?;
    let rows = 2 * index..=2 * index + u32::from(bundle.two);
    let names = |sa: &Sa| {
        let operation = if sa.ah {
            IPSEC_OFFLOAD_V2_AH
        } else {
            IPSEC_OFFLOAD_V2_ESP
        };
        operation == update.operation && sa.spi == update.spi && sa.esn
    };
    let row = rows.into_iter().find(|row| names(table.sa(*row)));
    let row = row.ok_or(NDIS_STATUS_INVALID_PARAMETER)?;
    Ok((row, update.sequence_number_high_order))
}

// ------------------------------------------------------------------------------------------------
// When
// ------------------------------------------------------------------------------------------------

/// Words that FETCH reads.
fn fetch_edges(command: Command) -> u32 {
    match command {
        Command::Add(_) => 43,
        Command::Delete => 6,
        Command::Update => 8,
    }
}

/// Indices of the words that hold each `Spi`.
fn spi_words(command: Command) -> [Option<u32>; 2] {
    let base = match command {
        Command::Add(AddLayout::Plain) => field::add_sa::SEC_ASSOC.start,
        Command::Add(AddLayout::Ex) => field::add_sa_ex::SEC_ASSOC.start,
        Command::Update => return [Some(field::update_sa::SPI.start as u32 / 4), None],
        Command::Delete => return [None; 2],
    };
    [0, 1].map(|k| {
        let spi = base
            + k * field::security_association::SIZE_OF
            + field::security_association::SPI.start;
        Some(spi as u32 / 4)
    })
}

const KEY_EDGES: u32 = 36;
const HKEY_EDGES: u32 = 16;
const WIPE_EDGES: u32 = 32;

/// A phase, with what the phases behind it need. `usize` is the association that it is about.
#[derive(Debug)]
enum Phase {
    Decode,
    Fetch(Command, [SpiOrder; 2]),
    Check(Command, [SpiOrder; 2]),
    Dup(Adding, usize),
    Alloc(Adding),
    Key(Adding, usize),
    Hkey(Adding, usize),
    Write(Adding, usize),
    Link(Adding, usize),
    Publish(Adding),
    /// SA row and word.
    Update(u32, u32),
    Unlink(u32, usize),
    Zero(u32, u32),
    Free(u32),
    Wipe(Outcome),
}

#[derive(Debug)]
struct Adding {
    layout: AddLayout,
    new: NewBundle,
    /// Row of the bundle, from ALLOC on.
    row: u32,
}

impl Adding {
    fn count(&self) -> usize {
        self.new.associations.len()
    }
}

#[derive(Debug)]
struct Job {
    slot: usize,
    phase: Phase,
    /// Edges of the phase to come.
    left: u32,
}

/// A delete that waits for the frames that were looked up before.
#[derive(Clone, Copy, Debug)]
struct Drain {
    bundle: u32,
    inbound: bool,
    taken: [u32; MAX_STAGES],
}

/// What the engine works with at an edge. Registers are as they were before the edge.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// Slots.
    pub mailbox: &'a mut Mailbox,
    /// SA table.
    pub table: &'a mut SaTable,
    /// Counters.
    pub counters: &'a mut Counters,
    /// Settings.
    pub settings: &'a RegisterFile,
    /// PARITY_INJECT: the write of a row takes its bit.
    pub parity_inject: &'a mut u32,
    /// Transmit and receive path.
    pub paths: [&'a PathStatus; 2],
}

/// The engine and the deletes that wait.
#[derive(Debug, Default)]
pub struct OidEngine {
    job: Option<Job>,
    drains: [Option<Drain>; SLOTS],
    draining: usize,
    turn: usize,
}

impl OidEngine {
    /// `rst_ni` low, or a soft reset: nothing is under way.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Nothing is under way and no delete waits.
    #[must_use]
    #[inline]
    pub fn idle(&self) -> bool {
        self.job.is_none() && self.draining == 0
    }

    /// One edge.
    pub fn step(&mut self, with: &mut Surroundings<'_>) {
        // Seen before this edge, granted at the next one at the earliest.
        let drained = self.drained(with.paths) & !with.mailbox.pending();
        match self.job.take() {
            Some(mut job) => {
                if let Phase::Fetch(command, orders) = &mut job.phase {
                    // The order of an Spi is what it is at the edge behind the fetch of its word.
                    let done = fetch_edges(*command) - job.left;
                    for (order, word) in orders.iter_mut().zip(spi_words(*command)) {
                        if word.is_some_and(|word| done == word + 1) {
                            *order = with.settings.spi_order();
                        }
                    }
                }
                job.left -= 1;
                self.job = if job.left > 0 {
                    Some(job)
                } else {
                    self.end_of_phase(job, with)
                };
            }
            None => self.grant(with),
        }
        with.mailbox.pend(drained);
    }

    /// Waiting deletes whose frames have all left their stages. A delete that is pending again stays in
    /// `drains`, where its grant finds it.
    fn drained(&self, [tx, rx]: [&PathStatus; 2]) -> u8 {
        let mut slots = 0;
        for (k, drain) in self.drains.iter().enumerate() {
            let Some(drain) = drain else { continue };
            let verdicts = if drain.inbound {
                &rx.verdicts
            } else {
                &tx.verdicts
            };
            // The counters wrap: what counts is which is ahead.
            let passed = |(v, t): (&u32, &u32)| v.wrapping_sub(*t) as i32 >= 0;
            if verdicts.iter().zip(&drain.taken).all(passed) {
                slots |= 1 << k;
            }
        }
        slots
    }

    fn grant(&mut self, with: &mut Surroundings<'_>) {
        let Some(slot) = with.mailbox.next_pending(self.turn) else {
            return;
        };
        with.mailbox.grant(slot);
        self.turn = (slot + 1) % SLOTS;
        let phase = match self.drains[slot].take() {
            Some(drain) => {
                self.draining -= 1;
                Phase::Zero(drain.bundle, 0)
            }
            None => Phase::Decode,
        };
        self.job = Some(Job {
            slot,
            phase,
            left: 1,
        });
    }

    /// Last edge of a phase: what it does, and what comes behind it.
    fn end_of_phase(&mut self, job: Job, with: &mut Surroundings<'_>) -> Option<Job> {
        let slot = job.slot;
        let seed = with.settings.hash_seed();
        let then = |phase, left| Some(Job { slot, phase, left });
        let end = |outcome| then(Phase::Wipe(outcome), WIPE_EDGES);
        let refuse = |status| end(Outcome::status(status));
        match job.phase {
            Phase::Decode => {
                let (oid, length) = (with.mailbox.oid(slot), with.mailbox.length(slot));
                match decode(oid, length, with.mailbox.cancelled(slot), with.settings) {
                    Ok(command) => then(
                        Phase::Fetch(command, [SpiOrder::default(); 2]),
                        fetch_edges(command),
                    ),
                    Err(outcome) => end(outcome),
                }
            }
            Phase::Fetch(command, orders) => then(Phase::Check(command, orders), 1),
            Phase::Check(..) if with.mailbox.cancelled(slot) => refuse(NDIS_STATUS_REQUEST_ABORTED),
            Phase::Check(Command::Add(layout), orders) => {
                match check_add(with.mailbox.buffer(slot), layout, orders, with.settings) {
                    Ok(new) => {
                        let adding = Adding {
                            layout,
                            new,
                            row: 0,
                        };
                        dup_or_alloc(adding, 0, with, slot)
                    }
                    Err(status) => refuse(status),
                }
            }
            Phase::Check(Command::Delete, _) => {
                match check_delete(with.mailbox.buffer(slot), with.table) {
                    Some(handle) => {
                        let edges = unlink_edges(with.table, seed, handle.bundle, 0);
                        then(Phase::Unlink(handle.bundle, 0), edges)
                    }
                    None => end(nothing_to_delete()),
                }
            }
            Phase::Check(Command::Update, [order, _]) => {
                match check_update(with.mailbox.buffer(slot), order, with.settings, with.table) {
                    Ok((row, word)) => then(Phase::Update(row, word), 1),
                    Err(status) => refuse(status),
                }
            }
            Phase::Update(row, word) => {
                let wrong = inject(with.parity_inject, regs::parity_inject::ESN);
                with.table.write_seq_high(row, word, wrong);
                end(Outcome::status(NDIS_STATUS_SUCCESS))
            }
            Phase::Dup(adding, k) => {
                let duplicate = adding
                    .new
                    .key(k)
                    .is_some_and(|key| with.table.find(seed, &key).1.is_some());
                if duplicate {
                    return refuse(NDIS_STATUS_INVALID_PARAMETER);
                }
                dup_or_alloc(adding, k + 1, with, slot)
            }
            Phase::Alloc(mut adding) => {
                let full = with.table.in_use() >= with.settings.sa_limit();
                let row = if full { None } else { with.table.alloc() };
                let Some(row) = row else {
                    return refuse(NDIS_STATUS_RESOURCES);
                };
                adding.row = row;
                then(Phase::Key(adding, 0), KEY_EDGES)
            }
            Phase::Key(adding, k) => then(Phase::Hkey(adding, k), HKEY_EDGES),
            Phase::Hkey(mut adding, k) => {
                if let Some(sa) = adding.new.associations.get_mut(k) {
                    sa.h = hash_key(&sa.key);
                }
                then(Phase::Write(adding, k), 1)
            }
            Phase::Write(adding, k) => {
                let row = 2 * adding.row + k as u32;
                if let Some(sa) = adding.new.associations.get(k) {
                    let wrong = inject(with.parity_inject, regs::parity_inject::SA);
                    with.table.write_sa(row, sa.clone(), wrong);
                    let wrong = inject(with.parity_inject, regs::parity_inject::ESN);
                    with.table.write_seq_high(row, sa.seq_high, wrong);
                }
                if k + 1 < adding.count() {
                    return then(Phase::Key(adding, k + 1), KEY_EDGES);
                }
                if adding.new.bundle.inbound {
                    return then(Phase::Link(adding, 0), 1);
                }
                then(Phase::Publish(adding), 1)
            }
            Phase::Link(adding, k) => {
                if let Some(key) = adding.new.key(k) {
                    with.table.link(seed, 2 * adding.row + k as u32, &key);
                }
                if k + 1 < adding.count() {
                    return then(Phase::Link(adding, k + 1), 1);
                }
                then(Phase::Publish(adding), 1)
            }
            Phase::Publish(adding) => {
                let wrong = inject(with.parity_inject, regs::parity_inject::BUNDLE);
                let handle = with.table.publish(adding.row, adding.new.bundle, wrong);
                let at = adding.layout.handle().start;
                end(Outcome {
                    handle: Some((at, handle.value())),
                    ..Outcome::status(NDIS_STATUS_SUCCESS)
                })
            }
            Phase::Unlink(bundle, k) => {
                let Bundle { inbound, two, .. } = *with.table.bundle(bundle);
                if inbound {
                    with.table.unlink(seed, 2 * bundle + k as u32);
                    if two && k == 0 {
                        let edges = unlink_edges(with.table, seed, bundle, 1);
                        return then(Phase::Unlink(bundle, 1), edges);
                    }
                }
                with.table.retire(bundle);
                let taken = with.paths[usize::from(inbound)].taken;
                self.drains[slot] = Some(Drain {
                    bundle,
                    inbound,
                    taken,
                });
                self.draining += 1;
                None
            }
            Phase::Zero(bundle, k) => {
                with.table.zeroize_sa(2 * bundle + k);
                if k == 0 {
                    return then(Phase::Zero(bundle, 1), 1);
                }
                with.table.zeroize_bundle(bundle);
                then(Phase::Free(bundle), 1)
            }
            Phase::Free(bundle) => {
                with.table.release(bundle);
                end(Outcome::status(NDIS_STATUS_SUCCESS))
            }
            Phase::Wipe(outcome) => {
                with.mailbox.finish(slot, &outcome, with.counters);
                None
            }
        }
    }
}

/// DUP of association `k`, or ALLOC behind the last one that has an index key.
fn dup_or_alloc(adding: Adding, k: usize, with: &Surroundings<'_>, slot: usize) -> Option<Job> {
    let (phase, left) = match adding.new.key(k) {
        Some(key) => {
            let (entries, _) = with.table.find(with.settings.hash_seed(), &key);
            (Phase::Dup(adding, k), 2 + entries as u32)
        }
        None => (Phase::Alloc(adding), 1),
    };
    Some(Job { slot, phase, left })
}

/// Takes the bit of a memory whose row is written: whether its parity will be wrong.
fn inject(bits: &mut u32, memory: Field) -> bool {
    let wrong = memory.get(*bits) != 0;
    *bits = memory.set(*bits, 0);
    wrong
}

/// Length of UNLINK of association `k`.
fn unlink_edges(table: &SaTable, seed: u32, bundle: u32, k: u32) -> u32 {
    if !table.bundle(bundle).inbound {
        return 1;
    }
    // The bundle row and the entry of association 0 were fetched; the entry of association 1 is not yet.
    let before = if k == 0 { 2 } else { 4 };
    before + table.position(seed, 2 * bundle + k).unwrap_or(0) as u32
}
