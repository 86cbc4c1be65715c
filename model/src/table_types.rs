// SPDX-License-Identifier: Apache-2.0
//! The plain types that the datapath and the control plane of the model share: rows of the SA table,
//! configuration, and what each side tells the other at an edge.
//!
//! Order inside one step of [`Nic`](crate::nic::Nic): both paths step first and read the control plane as
//! it was before the edge, then the control plane steps and writes. So "a read at edge n sees writes made
//! at edges < n" needs no second copy of any table.

use zeroize::Zeroize;

/// Most crypto stages per direction.
pub const MAX_STAGES: usize = 4;

/// AES key size of an SA.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeySize {
    /// 16 bytes
    #[default]
    Aes128,
    /// 24 bytes
    Aes192,
    /// 32 bytes
    Aes256,
}

impl KeySize {
    /// Bytes of the key, without the salt.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// The size with `bytes` bytes of key.
    #[must_use]
    pub const fn from_bytes(bytes: usize) -> Option<Self> {
        match bytes {
            16 => Some(Self::Aes128),
            24 => Some(Self::Aes192),
            32 => Some(Self::Aes256),
            _ => None,
        }
    }
}

/// Key of an SA as the crypto takes it, without salt: wiped when dropped, never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KeyMaterial {
    bytes: [u8; 32],
    size: KeySize,
}

impl KeyMaterial {
    /// Takes 16, 24 or 32 key bytes.
    #[must_use]
    pub fn new(key: &[u8]) -> Option<Self> {
        let size = KeySize::from_bytes(key.len())?;
        let mut bytes = [0; 32];
        bytes.get_mut(..key.len())?.copy_from_slice(key);
        Some(Self { bytes, size })
    }

    /// AES key size.
    #[must_use]
    pub const fn size(&self) -> KeySize {
        self.size
    }

    /// The key bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.size.bytes()]
    }
}

impl Drop for KeyMaterial {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl std::fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyMaterial({:?}, ..)", self.size)
    }
}

/// Row of the bundle memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// Visible to transmit handles.
    pub live: bool,
    /// Direction.
    pub inbound: bool,
    /// IP version of the destination.
    pub v6: bool,
    /// Generation of the slot: bits 31:16 of its handle.
    pub generation: u16,
    /// Two associations (ESP, then AH).
    pub two: bool,
    /// UDP-ESP subtype, 0 = none.
    pub udp: u8,
    /// Destination; an IPv4 address is in the low 32 bits.
    pub dst: u128,
}

/// Row of the SA memory. What its `Debug` leaves out is secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Sa {
    /// AH (else ESP).
    pub ah: bool,
    /// Integrity only.
    pub gmac: bool,
    /// Key without salt.
    pub key: KeyMaterial,
    /// Salt, first byte in bits 31:24.
    pub salt: u32,
    /// H = AES(K, 0), first byte in the high bits; what `key_setup` computed.
    pub h: u128,
    /// The number that the RFC prints.
    pub spi: u32,
    /// ICV bytes.
    pub icv_len: u8,
    /// Extended sequence numbers.
    pub esn: bool,
    /// High half of the sequence number.
    pub seq_high: u32,
}

impl std::fmt::Debug for Sa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sa")
            .field("ah", &self.ah)
            .field("gmac", &self.gmac)
            .field("key", &self.key)
            .field("spi", &self.spi)
            .field("icv_len", &self.icv_len)
            .field("esn", &self.esn)
            .field("seq_high", &self.seq_high)
            .finish_non_exhaustive()
    }
}

/// Row of the index-entry memory; its number is the SA row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexEntry {
    /// IPv6.
    pub v6: bool,
    /// AH (else ESP).
    pub ah: bool,
    /// Security parameters index.
    pub spi: u32,
    /// Destination; 0 is the wildcard.
    pub dst: u128,
    /// Next entry of the chain.
    pub next: Option<u32>,
}

/// The hash of a receive lookup key (docs/theory_of_operation.md, SA table).
#[must_use]
pub const fn sa_hash(seed: u32, spi: u32, dst: u128, v6: bool, ah: bool) -> u32 {
    let words = [
        spi,
        (dst >> 96) as u32,
        (dst >> 64) as u32,
        (dst >> 32) as u32,
        dst as u32,
        ((v6 as u32) << 1) | ah as u32,
    ];
    let mut h = seed;
    let mut i = 0;
    while i < words.len() {
        h ^= words[i];
        h = h.wrapping_add(h << 2).rotate_left(13);
        i += 1;
    }
    h ^ (h >> 16)
}

/// What a lookup samples at the edge at which it takes its request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathConfig {
    /// Engine and ESP on.
    pub tx_esp: bool,
    /// Engine and AH on.
    pub tx_ah: bool,
    /// Engine, encapsulation gate and ESP on.
    pub rx_esp: bool,
    /// Engine, encapsulation gate and AH on.
    pub rx_ah: bool,
    /// UDP_PORT: what marks UDP-encapsulated ESP.
    pub udp_port: u16,
    /// Seed of the hash.
    pub hash_seed: u32,
}

/// What a path gets from the control plane; all of it registers, as they were before the edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathControl {
    /// Sampled by the lookups.
    pub config: PathConfig,
    /// `reset_ctrl`: a frame may start on the stream.
    pub open: bool,
    /// `reset_ctrl`: a soft reset is on: a frame that is half in is cut.
    pub cut: bool,
    /// `self_test`: request of this path, one clock (automatic after INIT_DONE, or by register).
    pub self_test: bool,
    /// `diag_port`: a beat offered to this path's ingress.
    pub diag: Option<DiagBeat>,
}

/// A beat that `diag_port` offers to an ingress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiagBeat {
    /// Data, bytes behind the frame zero.
    pub data: [u8; 16],
    /// 1..16; 16 unless `last`.
    pub bytes: u8,
    /// Last beat.
    pub last: bool,
    /// Transmit: offload handle, tunnel handle, slot-12 word.
    pub user: [u32; 3],
}

/// A beat of a diagnostic frame as it leaves an egress into `diag_port` (which is always ready).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiagOut {
    /// Data, bytes behind the frame zero.
    pub data: [u8; 16],
    /// 1..16.
    pub bytes: u8,
    /// First beat.
    pub first: bool,
    /// Last beat.
    pub last: bool,
    /// Transmit: refused; the beat is swallowed and only `last` counts.
    pub refused: bool,
    /// Receive: slot-1 word, slot-12 word.
    pub user: [u32; 2],
    /// Transmit, with `last`: frame number of the completion.
    pub frame_number: u32,
}

/// Event of a path for the counters, set at the edge at which egress takes (or swallows) the last beat of
/// a normal frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathEvent {
    /// A normal frame left (or was refused).
    pub frame: bool,
    /// Its length, 0 if it is longer than 16,383 bytes.
    pub frame_bytes: u16,
    /// No portion processed (transmit: handles 0/0).
    pub passed: bool,
    /// Transmit: encrypted; receive: CryptoDone.
    pub processed: bool,
    /// Receive: NextCryptoDone.
    pub two: bool,
    /// Outside 14..9,618 bytes.
    pub bad_length: bool,
    /// Transmit: FAILURE.
    pub refused: bool,
    /// Receive: one-hot CryptoStatus of a processed frame.
    pub status: u8,
    /// Receive: SaDeleteReq.
    pub delete_request: bool,
}

/// What a path shows the control plane.
///
/// What is marked "this edge" happens at the edge that is being stepped; everything else is a register as it was
/// before that edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PathStatus {
    /// This edge: before it the stream's tvalid was high and its tready low.
    pub stalled: bool,
    /// This edge: ingress took the offered diagnostic beat.
    pub diag_taken: bool,
    /// This edge: egress gave a beat of a diagnostic frame away.
    pub diag_out: Option<DiagOut>,
    /// This edge: writes to the mode memory, by stage.
    pub mode_write: [Option<ModeWrite>; MAX_STAGES],
    /// This edge: portions for the counters of their SAs, by stage.
    pub sa_counts: [Option<SaCount>; MAX_STAGES],
    /// This edge: `sa_counts` has one.
    pub sa_counted: bool,
    /// This edge: a write to the memory of `sa_delete_req`.
    pub delete_write: Option<DeleteWrite>,
    /// Register: parity errors of the lookups whose contexts were queued at the edge before.
    pub parity_errors: u8,
    /// Register: event of a frame that left at the edge before.
    pub event: PathEvent,
    /// Register: no frame between ingress and egress, no completion waiting.
    pub empty: bool,
    /// Register: lookup requests taken, by stage (wrapping).
    pub taken: [u32; MAX_STAGES],
    /// Register: verdicts given, by stage (wrapping).
    pub verdicts: [u32; MAX_STAGES],
    /// Register: self-test finished (level), result bit per stage (1 = good).
    pub self_test_done: bool,
    /// Register: result bit per stage, valid with `self_test_done`.
    pub self_test_good: u8,
}

/// One write to the mode memory: a verdict with a good ICV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModeWrite {
    /// Bundle.
    pub bundle: u32,
    /// Its generation when the frame was looked up.
    pub generation: u16,
    /// Tunnel (else transport).
    pub tunnel: bool,
}

/// A portion that was processed with the keys of a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaCount {
    /// Bundle.
    pub bundle: u32,
    /// Its generation when the frame was looked up.
    pub generation: u16,
    /// Bytes of the text (ESP), or behind the header (AH).
    pub bytes: u16,
}

/// What SaDeleteReq has come to for a bundle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteState {
    /// Generation that it is about.
    pub generation: u16,
    /// It was asked for.
    pub requested: bool,
    /// Good frames since then.
    pub frames: u16,
}

/// One write to the memory of `sa_delete_req`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteWrite {
    /// Bundle.
    pub bundle: u32,
    /// Its new state.
    pub state: DeleteState,
}
