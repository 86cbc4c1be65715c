// SPDX-License-Identifier: Apache-2.0
// Generated from rtl/regs/ipsec_offload.rdl by scripts/gen_regs.py: edit that, then run `make regs`.

//! Addresses, fields and reset values of the device's registers.

/// A field of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Lowest bit.
    pub lsb: u32,
    /// Number of bits.
    pub width: u32,
}

impl Field {
    /// The bits of the field, set.
    pub const fn mask(self) -> u32 {
        (u32::MAX >> (32 - self.width)) << self.lsb
    }

    /// The value of the field in the register word.
    pub const fn get(self, word: u32) -> u32 {
        (word & self.mask()) >> self.lsb
    }

    /// The register word with the field replaced; bits of the value beyond the width are dropped.
    pub const fn set(self, word: u32, value: u32) -> u32 {
        (word & !self.mask()) | ((value << self.lsb) & self.mask())
    }

    /// A word of this field alone.
    pub const fn of(self, value: u32) -> u32 {
        self.set(0, value)
    }
}

/// One register, for code that walks over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register {
    /// Name as in the documentation, with its index.
    pub name: &'static str,
    /// Byte address.
    pub address: u32,
    /// Value after reset (0 in bits that have none).
    pub reset: u32,
    /// Bits that software can read.
    pub readable: u32,
    /// Bits that software can write.
    pub writable: u32,
    /// Bits that hardware can change.
    pub hardware: u32,
    /// Kept outside the generated register block.
    pub external: bool,
}

/// One memory, for code that walks over all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Name as in the documentation, with its index.
    pub name: &'static str,
    /// Byte address.
    pub address: u32,
    /// Bytes.
    pub size: u32,
    /// Software can read it.
    pub readable: bool,
    /// Software can write it.
    pub writable: bool,
}

/// identification.
///
/// `NAME`.
pub const NAME: u32 = 0x0000;
/// Fields of `NAME`.
pub mod name {
    use super::Field;
    /// The bytes 'I', 'P', 'S', 'C' in address order.
    pub const NAME: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x43535049;
}

/// version of the programming interface.
///
/// `VERSION`.
pub const VERSION: u32 = 0x0004;
/// Fields of `VERSION`.
pub mod version {
    use super::Field;
    /// `VERSION.patch`.
    pub const PATCH: Field = Field { lsb: 0, width: 16 };
    /// `VERSION.minor`.
    pub const MINOR: Field = Field { lsb: 16, width: 8 };
    /// `VERSION.major`.
    pub const MAJOR: Field = Field { lsb: 24, width: 8 };
    /// The register after reset.
    pub const RESET: u32 = 0x30000;
}

/// number of SA bundles (parameter NumSa).
///
/// `NUM_SA`.
pub const NUM_SA: u32 = 0x0008;
/// Fields of `NUM_SA`.
pub mod num_sa {
    use super::Field;
    /// `NUM_SA.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// crypto stages per direction (parameter Stages).
///
/// `STAGES`.
pub const STAGES: u32 = 0x000c;
/// Fields of `STAGES`.
pub mod stages {
    use super::Field;
    /// `STAGES.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// number of command slots.
///
/// `SLOTS`.
pub const SLOTS: u32 = 0x0010;
/// Fields of `SLOTS`.
pub mod slots {
    use super::Field;
    /// `SLOTS.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x4;
}

/// features chosen by parameters.
///
/// `FEATURES`.
pub const FEATURES: u32 = 0x0014;
/// Fields of `FEATURES`.
pub mod features {
    use super::Field;
    /// Per-SA counters exist (parameter SaCounters).
    pub const SA_COUNTERS: Field = Field { lsb: 0, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// control.
///
/// `CTRL`.
pub const CTRL: u32 = 0x0020;
/// Fields of `CTRL`.
pub mod ctrl {
    use super::Field;
    /// The IPsec engine is on. Off: the current configuration is a zero block, receive frames pass, transmit frames with a handle are refused.
    pub const ENGINE_ENABLE: Field = Field { lsb: 0, width: 1 };
    /// OID_OFFLOAD_ENCAPSULATION was set: receive processing may run.
    pub const ENCAPSULATION: Field = Field { lsb: 1, width: 1 };
    /// Spi in the InformationBuffer is a little-endian number; 0: its bytes are in wire order (4096 = 00 00 10 00).
    pub const SPI_HOST_ORDER: Field = Field { lsb: 2, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// NDIS_OFFLOAD_PARAMETERS.IPsecV2.
///
/// Writing 1 to 4 sets the value; 0 (no change) and others are ignored. Reads the value in force.
///
/// `IPSECV2`.
pub const IPSECV2: u32 = 0x0024;
/// Fields of `IPSECV2`.
pub mod ipsecv2 {
    use super::Field;
    /// `IPSECV2.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 8 };
    /// `NO_CHANGE` in [`VALUE`].
    pub const VALUE_NO_CHANGE: u32 = 0x0;
    /// `DISABLED` in [`VALUE`].
    pub const VALUE_DISABLED: u32 = 0x1;
    /// `AH` in [`VALUE`].
    pub const VALUE_AH: u32 = 0x2;
    /// `ESP` in [`VALUE`].
    pub const VALUE_ESP: u32 = 0x3;
    /// `AH_AND_ESP` in [`VALUE`].
    pub const VALUE_AH_AND_ESP: u32 = 0x4;
    /// The register after reset.
    pub const RESET: u32 = 0x4;
}

/// command.
///
/// `COMMAND`.
pub const COMMAND: u32 = 0x0028;
/// Fields of `COMMAND`.
pub mod command {
    use super::Field;
    /// Write 1: soft reset. Ignored while INIT_DONE is 0.
    pub const SOFT_RESET: Field = Field { lsb: 0, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// halt.
///
/// `HALT`.
pub const HALT: u32 = 0x002c;
/// Fields of `HALT`.
pub mod halt {
    use super::Field;
    /// New commands end with NOT_ACCEPTED; those already accepted finish.
    pub const HALT: Field = Field { lsb: 0, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// status.
///
/// `STATUS`.
pub const STATUS: u32 = 0x0030;
/// Fields of `STATUS`.
pub mod status {
    use super::Field;
    /// INIT_DONE: memories are clear, streams open, commands accepted.
    pub const INIT_DONE: Field = Field { lsb: 0, width: 1 };
    /// A soft reset is under way (draining or sweeping).
    pub const RESETTING: Field = Field { lsb: 1, width: 1 };
    /// No frame and no completion in the transmit path.
    pub const TX_IDLE: Field = Field { lsb: 2, width: 1 };
    /// No frame in the receive path.
    pub const RX_IDLE: Field = Field { lsb: 3, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// seed of the index hash.
///
/// Writes are ignored unless SA_COUNT is 0, no slot is busy and INIT_DONE is 1.
///
/// `HASH_SEED`.
pub const HASH_SEED: u32 = 0x0034;
/// Fields of `HASH_SEED`.
pub mod hash_seed {
    use super::Field;
    /// `HASH_SEED.seed`.
    pub const SEED: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// number of SA bundles in use.
///
/// Counts up when an ADD is published, down when a DELETE frees its bundle; 0 from the first edge of a sweep on.
///
/// `SA_COUNT`.
pub const SA_COUNT: u32 = 0x0038;
/// Fields of `SA_COUNT`.
pub mod sa_count {
    use super::Field;
    /// `SA_COUNT.count`.
    pub const COUNT: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// SaLimit: usable SA bundles.
///
/// NumSa after reset; what is written above NumSa becomes NumSa. SaOffloadCapacity follows. Bundles beyond a lowered limit stay.
///
/// `SA_LIMIT`.
pub const SA_LIMIT: u32 = 0x003c;
/// Fields of `SA_LIMIT`.
pub mod sa_limit {
    use super::Field;
    /// `SA_LIMIT.limit`.
    pub const LIMIT: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// interrupt state.
///
/// Write 1 to clear; an event at the same edge wins. irq_o is the OR of INTR_STATE and INTR_ENABLE, one clock later.
///
/// `INTR_STATE`.
pub const INTR_STATE: u32 = 0x0040;
/// Fields of `INTR_STATE`.
pub mod intr_state {
    use super::Field;
    /// Slot 0 ended a command.
    pub const SLOT0: Field = Field { lsb: 0, width: 1 };
    /// Slot 1 ended a command.
    pub const SLOT1: Field = Field { lsb: 1, width: 1 };
    /// Slot 2 ended a command.
    pub const SLOT2: Field = Field { lsb: 2, width: 1 };
    /// Slot 3 ended a command.
    pub const SLOT3: Field = Field { lsb: 3, width: 1 };
    /// The current configuration image changed (one edge after it did).
    pub const CONFIG: Field = Field { lsb: 4, width: 1 };
    /// INIT_DONE became 1.
    pub const INIT_DONE: Field = Field { lsb: 5, width: 1 };
    /// SELFTEST.done became 1.
    pub const SELFTEST: Field = Field { lsb: 6, width: 1 };
    /// DIAG.STATUS.done became 1.
    pub const DIAG: Field = Field { lsb: 7, width: 1 };
    /// A lookup found a parity error.
    pub const PARITY: Field = Field { lsb: 8, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// interrupt enable.
///
/// `INTR_ENABLE`.
pub const INTR_ENABLE: u32 = 0x0044;
/// Fields of `INTR_ENABLE`.
pub mod intr_enable {
    use super::Field;
    /// `INTR_ENABLE.enable`.
    pub const ENABLE: Field = Field { lsb: 0, width: 9 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// self-test.
///
/// `SELFTEST`.
pub const SELFTEST: u32 = 0x0048;
/// Fields of `SELFTEST`.
pub mod selftest {
    use super::Field;
    /// Write 1: start. Ignored while busy and while INIT_DONE is 0.
    pub const START: Field = Field { lsb: 0, width: 1 };
    /// `SELFTEST.busy`.
    pub const BUSY: Field = Field { lsb: 1, width: 1 };
    /// A self-test has ended; cleared by the next start.
    pub const DONE: Field = Field { lsb: 2, width: 1 };
    /// Bit s: the transmit engine of stage s gave the known answer. Valid with done.
    pub const PASS_TX: Field = Field { lsb: 4, width: 4 };
    /// Bit s: the receive engine of stage s gave the known answer. Valid with done.
    pub const PASS_RX: Field = Field { lsb: 8, width: 4 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// watermark of SaDeleteReq, SA bundles.
///
/// SaDeleteReq is asked for while SA_COUNT is above it. After reset it never is.
///
/// `SA_WATERMARK`.
pub const SA_WATERMARK: u32 = 0x004c;
/// Fields of `SA_WATERMARK`.
pub mod sa_watermark {
    use super::Field;
    /// `SA_WATERMARK.count`.
    pub const COUNT: Field = Field { lsb: 0, width: 16 };
    /// The register after reset.
    pub const RESET: u32 = 0xffff;
}

/// repetition of SaDeleteReq, frames.
///
/// A bundle that was asked for is asked for again after so many of its good frames; 0: never.
///
/// `SA_DELETE_REPEAT`.
pub const SA_DELETE_REPEAT: u32 = 0x0050;
/// Fields of `SA_DELETE_REPEAT`.
pub mod sa_delete_repeat {
    use super::Field;
    /// `SA_DELETE_REPEAT.frames`.
    pub const FRAMES: Field = Field { lsb: 0, width: 16 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// parity error injection.
///
/// Write 1: the next row that ADD_SA, ADD_SA_EX or UPDATE_SA writes into that memory gets the wrong parity bit; the bit here is 0 then.
///
/// `PARITY_INJECT`.
pub const PARITY_INJECT: u32 = 0x0054;
/// Fields of `PARITY_INJECT`.
pub mod parity_inject {
    use super::Field;
    /// SA memory.
    pub const SA: Field = Field { lsb: 0, width: 1 };
    /// Bundle memory.
    pub const BUNDLE: Field = Field { lsb: 1, width: 1 };
    /// ESN memory.
    pub const ESN: Field = Field { lsb: 2, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// UDP port of UDP-encapsulated ESP.
///
/// Source or destination port that marks UDP-encapsulated ESP. A front takes it with the first beat of a frame.
///
/// `UDP_PORT`.
pub const UDP_PORT: u32 = 0x0058;
/// Fields of `UDP_PORT`.
pub mod udp_port {
    use super::Field;
    /// `UDP_PORT.port`.
    pub const PORT: Field = Field { lsb: 0, width: 16 };
    /// The register after reset.
    pub const RESET: u32 = 0x1194;
}

/// handle.
///
/// OffloadHandle (low 32 bits). Any write takes a snapshot of the counters of that bundle into the registers behind.
///
/// `SA_STATS.HANDLE`.
pub const SA_STATS_HANDLE: u32 = 0x0060;
/// Fields of `SA_STATS.HANDLE`.
pub mod sa_stats_handle {
    use super::Field;
    /// `SA_STATS.HANDLE.handle`.
    pub const HANDLE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// packets.
///
/// Portions processed with the keys of the bundle, modulo 2^32: received with CryptoStatus 0, or transmitted; AH and ESP of a bundle of two count once. 0 if the handle is not right or FEATURES.sa_counters is 0.
///
/// `SA_STATS.PACKETS`.
pub const SA_STATS_PACKETS: u32 = 0x0064;
/// Fields of `SA_STATS.PACKETS`.
pub mod sa_stats_packets {
    use super::Field;
    /// `SA_STATS.PACKETS.packets`.
    pub const PACKETS: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// bytes, low word.
///
/// Bytes behind the IV and before the ICV of those portions (AH: behind its header), modulo 2^48.
///
/// `SA_STATS.BYTES_LO`.
pub const SA_STATS_BYTES_LO: u32 = 0x0068;
/// Fields of `SA_STATS.BYTES_LO`.
pub mod sa_stats_bytes_lo {
    use super::Field;
    /// `SA_STATS.BYTES_LO.bytes`.
    pub const BYTES: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// bytes, high word.
///
/// `SA_STATS.BYTES_HI`.
pub const SA_STATS_BYTES_HI: u32 = 0x006c;
/// Fields of `SA_STATS.BYTES_HI`.
pub mod sa_stats_bytes_hi {
    use super::Field;
    /// `SA_STATS.BYTES_HI.bytes`.
    pub const BYTES: Field = Field { lsb: 0, width: 16 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// hardware capabilities.
///
/// NDIS_IPSEC_OFFLOAD_V2, byte for byte: Encapsulation 0x6 (802.3, P and Q), IPv6Supported, IPv4Options, IPv6NonIPsecExtensionHeaders, Ah, Esp, Transport, Tunnel, ExtendedSequenceNumbers 1, AhEspCombined and TransportTunnelCombined 1 if STAGES >= 2, UdpEsp 0xF (0x3 if STAGES is 1), AuthenticationAlgorithms 0x38 (AES-GMAC-128, 192, 256), EncryptionAlgorithms 0x39 (none, AES-GCM-128, 192, 256), SaOffloadCapacity = SA_LIMIT, LsoSupported 0.
///
/// `CAPS.HARDWARE`, an array of 8.
pub const fn caps_hardware(i: u32) -> u32 {
    0x0080 + i * 0x4
}
/// Elements of [`caps_hardware()`].
pub const CAPS_HARDWARE_COUNT: u32 = 8;
/// Fields of `CAPS.HARDWARE`.
pub mod caps_hardware {
    use super::Field;
    /// `CAPS.HARDWARE.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// current configuration.
///
/// The hardware capabilities, but: all zero if CTRL.engine_enable is 0 or IPSECV2 is DISABLED; Esp, AhEspCombined, UdpEsp and EncryptionAlgorithms zero if IPSECV2 is AH; Ah and AhEspCombined zero if it is ESP.
///
/// `CAPS.CURRENT`, an array of 8.
pub const fn caps_current(i: u32) -> u32 {
    0x00a0 + i * 0x4
}
/// Elements of [`caps_current()`].
pub const CAPS_CURRENT_COUNT: u32 = 8;
/// Fields of `CAPS.CURRENT`.
pub mod caps_current {
    use super::Field;
    /// `CAPS.CURRENT.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_FRAMES.LO`.
pub const COUNTERS_TX_FRAMES_LO: u32 = 0x0400;
/// Fields of `COUNTERS.TX_FRAMES.LO`.
pub mod counters_tx_frames_lo {
    use super::Field;
    /// `COUNTERS.TX_FRAMES.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_FRAMES.HI`.
pub const COUNTERS_TX_FRAMES_HI: u32 = 0x0404;
/// Fields of `COUNTERS.TX_FRAMES.HI`.
pub mod counters_tx_frames_hi {
    use super::Field;
    /// `COUNTERS.TX_FRAMES.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_BYTES.LO`.
pub const COUNTERS_TX_BYTES_LO: u32 = 0x0408;
/// Fields of `COUNTERS.TX_BYTES.LO`.
pub mod counters_tx_bytes_lo {
    use super::Field;
    /// `COUNTERS.TX_BYTES.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_BYTES.HI`.
pub const COUNTERS_TX_BYTES_HI: u32 = 0x040c;
/// Fields of `COUNTERS.TX_BYTES.HI`.
pub mod counters_tx_bytes_hi {
    use super::Field;
    /// `COUNTERS.TX_BYTES.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_PASSED.LO`.
pub const COUNTERS_TX_PASSED_LO: u32 = 0x0410;
/// Fields of `COUNTERS.TX_PASSED.LO`.
pub mod counters_tx_passed_lo {
    use super::Field;
    /// `COUNTERS.TX_PASSED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_PASSED.HI`.
pub const COUNTERS_TX_PASSED_HI: u32 = 0x0414;
/// Fields of `COUNTERS.TX_PASSED.HI`.
pub mod counters_tx_passed_hi {
    use super::Field;
    /// `COUNTERS.TX_PASSED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_PROCESSED.LO`.
pub const COUNTERS_TX_PROCESSED_LO: u32 = 0x0418;
/// Fields of `COUNTERS.TX_PROCESSED.LO`.
pub mod counters_tx_processed_lo {
    use super::Field;
    /// `COUNTERS.TX_PROCESSED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_PROCESSED.HI`.
pub const COUNTERS_TX_PROCESSED_HI: u32 = 0x041c;
/// Fields of `COUNTERS.TX_PROCESSED.HI`.
pub mod counters_tx_processed_hi {
    use super::Field;
    /// `COUNTERS.TX_PROCESSED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_TWO_PORTIONS.LO`.
pub const COUNTERS_TX_TWO_PORTIONS_LO: u32 = 0x0420;
/// Fields of `COUNTERS.TX_TWO_PORTIONS.LO`.
pub mod counters_tx_two_portions_lo {
    use super::Field;
    /// `COUNTERS.TX_TWO_PORTIONS.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_TWO_PORTIONS.HI`.
pub const COUNTERS_TX_TWO_PORTIONS_HI: u32 = 0x0424;
/// Fields of `COUNTERS.TX_TWO_PORTIONS.HI`.
pub mod counters_tx_two_portions_hi {
    use super::Field;
    /// `COUNTERS.TX_TWO_PORTIONS.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_BAD_LENGTH.LO`.
pub const COUNTERS_TX_BAD_LENGTH_LO: u32 = 0x0428;
/// Fields of `COUNTERS.TX_BAD_LENGTH.LO`.
pub mod counters_tx_bad_length_lo {
    use super::Field;
    /// `COUNTERS.TX_BAD_LENGTH.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_BAD_LENGTH.HI`.
pub const COUNTERS_TX_BAD_LENGTH_HI: u32 = 0x042c;
/// Fields of `COUNTERS.TX_BAD_LENGTH.HI`.
pub mod counters_tx_bad_length_hi {
    use super::Field;
    /// `COUNTERS.TX_BAD_LENGTH.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_REFUSED.LO`.
pub const COUNTERS_TX_REFUSED_LO: u32 = 0x0430;
/// Fields of `COUNTERS.TX_REFUSED.LO`.
pub mod counters_tx_refused_lo {
    use super::Field;
    /// `COUNTERS.TX_REFUSED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_REFUSED.HI`.
pub const COUNTERS_TX_REFUSED_HI: u32 = 0x0434;
/// Fields of `COUNTERS.TX_REFUSED.HI`.
pub mod counters_tx_refused_hi {
    use super::Field;
    /// `COUNTERS.TX_REFUSED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.TX_STALLED.LO`.
pub const COUNTERS_TX_STALLED_LO: u32 = 0x0438;
/// Fields of `COUNTERS.TX_STALLED.LO`.
pub mod counters_tx_stalled_lo {
    use super::Field;
    /// `COUNTERS.TX_STALLED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.TX_STALLED.HI`.
pub const COUNTERS_TX_STALLED_HI: u32 = 0x043c;
/// Fields of `COUNTERS.TX_STALLED.HI`.
pub mod counters_tx_stalled_hi {
    use super::Field;
    /// `COUNTERS.TX_STALLED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_FRAMES.LO`.
pub const COUNTERS_RX_FRAMES_LO: u32 = 0x0440;
/// Fields of `COUNTERS.RX_FRAMES.LO`.
pub mod counters_rx_frames_lo {
    use super::Field;
    /// `COUNTERS.RX_FRAMES.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_FRAMES.HI`.
pub const COUNTERS_RX_FRAMES_HI: u32 = 0x0444;
/// Fields of `COUNTERS.RX_FRAMES.HI`.
pub mod counters_rx_frames_hi {
    use super::Field;
    /// `COUNTERS.RX_FRAMES.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_BYTES.LO`.
pub const COUNTERS_RX_BYTES_LO: u32 = 0x0448;
/// Fields of `COUNTERS.RX_BYTES.LO`.
pub mod counters_rx_bytes_lo {
    use super::Field;
    /// `COUNTERS.RX_BYTES.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_BYTES.HI`.
pub const COUNTERS_RX_BYTES_HI: u32 = 0x044c;
/// Fields of `COUNTERS.RX_BYTES.HI`.
pub mod counters_rx_bytes_hi {
    use super::Field;
    /// `COUNTERS.RX_BYTES.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_PASSED.LO`.
pub const COUNTERS_RX_PASSED_LO: u32 = 0x0450;
/// Fields of `COUNTERS.RX_PASSED.LO`.
pub mod counters_rx_passed_lo {
    use super::Field;
    /// `COUNTERS.RX_PASSED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_PASSED.HI`.
pub const COUNTERS_RX_PASSED_HI: u32 = 0x0454;
/// Fields of `COUNTERS.RX_PASSED.HI`.
pub mod counters_rx_passed_hi {
    use super::Field;
    /// `COUNTERS.RX_PASSED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_PROCESSED.LO`.
pub const COUNTERS_RX_PROCESSED_LO: u32 = 0x0458;
/// Fields of `COUNTERS.RX_PROCESSED.LO`.
pub mod counters_rx_processed_lo {
    use super::Field;
    /// `COUNTERS.RX_PROCESSED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_PROCESSED.HI`.
pub const COUNTERS_RX_PROCESSED_HI: u32 = 0x045c;
/// Fields of `COUNTERS.RX_PROCESSED.HI`.
pub mod counters_rx_processed_hi {
    use super::Field;
    /// `COUNTERS.RX_PROCESSED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_TWO_PORTIONS.LO`.
pub const COUNTERS_RX_TWO_PORTIONS_LO: u32 = 0x0460;
/// Fields of `COUNTERS.RX_TWO_PORTIONS.LO`.
pub mod counters_rx_two_portions_lo {
    use super::Field;
    /// `COUNTERS.RX_TWO_PORTIONS.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_TWO_PORTIONS.HI`.
pub const COUNTERS_RX_TWO_PORTIONS_HI: u32 = 0x0464;
/// Fields of `COUNTERS.RX_TWO_PORTIONS.HI`.
pub mod counters_rx_two_portions_hi {
    use super::Field;
    /// `COUNTERS.RX_TWO_PORTIONS.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_BAD_LENGTH.LO`.
pub const COUNTERS_RX_BAD_LENGTH_LO: u32 = 0x0468;
/// Fields of `COUNTERS.RX_BAD_LENGTH.LO`.
pub mod counters_rx_bad_length_lo {
    use super::Field;
    /// `COUNTERS.RX_BAD_LENGTH.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_BAD_LENGTH.HI`.
pub const COUNTERS_RX_BAD_LENGTH_HI: u32 = 0x046c;
/// Fields of `COUNTERS.RX_BAD_LENGTH.HI`.
pub mod counters_rx_bad_length_hi {
    use super::Field;
    /// `COUNTERS.RX_BAD_LENGTH.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_STALLED.LO`.
pub const COUNTERS_RX_STALLED_LO: u32 = 0x0470;
/// Fields of `COUNTERS.RX_STALLED.LO`.
pub mod counters_rx_stalled_lo {
    use super::Field;
    /// `COUNTERS.RX_STALLED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_STALLED.HI`.
pub const COUNTERS_RX_STALLED_HI: u32 = 0x0474;
/// Fields of `COUNTERS.RX_STALLED.HI`.
pub mod counters_rx_stalled_hi {
    use super::Field;
    /// `COUNTERS.RX_STALLED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.RX_STATUS.LO`, an array of 7.
pub const fn counters_rx_status_lo(i: u32) -> u32 {
    0x0478 + i * 0x8
}
/// Elements of [`counters_rx_status_lo()`].
pub const COUNTERS_RX_STATUS_LO_COUNT: u32 = 7;
/// Fields of `COUNTERS.RX_STATUS.LO`.
pub mod counters_rx_status_lo {
    use super::Field;
    /// `COUNTERS.RX_STATUS.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.RX_STATUS.HI`, an array of 7.
pub const fn counters_rx_status_hi(i: u32) -> u32 {
    0x047c + i * 0x8
}
/// Elements of [`counters_rx_status_hi()`].
pub const COUNTERS_RX_STATUS_HI_COUNT: u32 = 7;
/// Fields of `COUNTERS.RX_STATUS.HI`.
pub mod counters_rx_status_hi {
    use super::Field;
    /// `COUNTERS.RX_STATUS.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.COMMANDS_OK.LO`.
pub const COUNTERS_COMMANDS_OK_LO: u32 = 0x04b0;
/// Fields of `COUNTERS.COMMANDS_OK.LO`.
pub mod counters_commands_ok_lo {
    use super::Field;
    /// `COUNTERS.COMMANDS_OK.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.COMMANDS_OK.HI`.
pub const COUNTERS_COMMANDS_OK_HI: u32 = 0x04b4;
/// Fields of `COUNTERS.COMMANDS_OK.HI`.
pub mod counters_commands_ok_hi {
    use super::Field;
    /// `COUNTERS.COMMANDS_OK.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.COMMANDS_FAILED.LO`.
pub const COUNTERS_COMMANDS_FAILED_LO: u32 = 0x04b8;
/// Fields of `COUNTERS.COMMANDS_FAILED.LO`.
pub mod counters_commands_failed_lo {
    use super::Field;
    /// `COUNTERS.COMMANDS_FAILED.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.COMMANDS_FAILED.HI`.
pub const COUNTERS_COMMANDS_FAILED_HI: u32 = 0x04bc;
/// Fields of `COUNTERS.COMMANDS_FAILED.HI`.
pub mod counters_commands_failed_hi {
    use super::Field;
    /// `COUNTERS.COMMANDS_FAILED.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.DELETES_UNKNOWN.LO`.
pub const COUNTERS_DELETES_UNKNOWN_LO: u32 = 0x04c0;
/// Fields of `COUNTERS.DELETES_UNKNOWN.LO`.
pub mod counters_deletes_unknown_lo {
    use super::Field;
    /// `COUNTERS.DELETES_UNKNOWN.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.DELETES_UNKNOWN.HI`.
pub const COUNTERS_DELETES_UNKNOWN_HI: u32 = 0x04c4;
/// Fields of `COUNTERS.DELETES_UNKNOWN.HI`.
pub mod counters_deletes_unknown_hi {
    use super::Field;
    /// `COUNTERS.DELETES_UNKNOWN.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.DOORBELLS_BUSY.LO`.
pub const COUNTERS_DOORBELLS_BUSY_LO: u32 = 0x04c8;
/// Fields of `COUNTERS.DOORBELLS_BUSY.LO`.
pub mod counters_doorbells_busy_lo {
    use super::Field;
    /// `COUNTERS.DOORBELLS_BUSY.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.DOORBELLS_BUSY.HI`.
pub const COUNTERS_DOORBELLS_BUSY_HI: u32 = 0x04cc;
/// Fields of `COUNTERS.DOORBELLS_BUSY.HI`.
pub mod counters_doorbells_busy_hi {
    use super::Field;
    /// `COUNTERS.DOORBELLS_BUSY.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.PARITY_ERRORS.LO`.
pub const COUNTERS_PARITY_ERRORS_LO: u32 = 0x04d0;
/// Fields of `COUNTERS.PARITY_ERRORS.LO`.
pub mod counters_parity_errors_lo {
    use super::Field;
    /// `COUNTERS.PARITY_ERRORS.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.PARITY_ERRORS.HI`.
pub const COUNTERS_PARITY_ERRORS_HI: u32 = 0x04d4;
/// Fields of `COUNTERS.PARITY_ERRORS.HI`.
pub mod counters_parity_errors_hi {
    use super::Field;
    /// `COUNTERS.PARITY_ERRORS.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// low word.
///
/// Reading it latches the high word of the same counter.
///
/// `COUNTERS.SA_DELETE_REQS.LO`.
pub const COUNTERS_SA_DELETE_REQS_LO: u32 = 0x04d8;
/// Fields of `COUNTERS.SA_DELETE_REQS.LO`.
pub mod counters_sa_delete_reqs_lo {
    use super::Field;
    /// `COUNTERS.SA_DELETE_REQS.LO.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// high word.
///
/// Reads the high word as it was when a low word (of any counter) was read last. Writing sets the counter's high word.
///
/// `COUNTERS.SA_DELETE_REQS.HI`.
pub const COUNTERS_SA_DELETE_REQS_HI: u32 = 0x04dc;
/// Fields of `COUNTERS.SA_DELETE_REQS.HI`.
pub mod counters_sa_delete_reqs_hi {
    use super::Field;
    /// `COUNTERS.SA_DELETE_REQS.HI.value`.
    pub const VALUE: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// object identifier.
///
/// OID_TCP_TASK_IPSEC_OFFLOAD_V2_*. Writes are ignored while the slot is busy.
///
/// `MAILBOX.SLOT.OID`, an array of 4.
pub const fn mailbox_slot_oid(i: u32) -> u32 {
    0x4000 + i * 0x400
}
/// Elements of [`mailbox_slot_oid()`].
pub const MAILBOX_SLOT_OID_COUNT: u32 = 4;
/// Fields of `MAILBOX.SLOT.OID`.
pub mod mailbox_slot_oid {
    use super::Field;
    /// `MAILBOX.SLOT.OID.oid`.
    pub const OID: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// InformationBufferLength.
///
/// Writes are ignored while the slot is busy.
///
/// `MAILBOX.SLOT.LENGTH`, an array of 4.
pub const fn mailbox_slot_length(i: u32) -> u32 {
    0x4004 + i * 0x400
}
/// Elements of [`mailbox_slot_length()`].
pub const MAILBOX_SLOT_LENGTH_COUNT: u32 = 4;
/// Fields of `MAILBOX.SLOT.LENGTH`.
pub mod mailbox_slot_length {
    use super::Field;
    /// `MAILBOX.SLOT.LENGTH.length`.
    pub const LENGTH: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// doorbell.
///
/// `MAILBOX.SLOT.DOORBELL`, an array of 4.
pub const fn mailbox_slot_doorbell(i: u32) -> u32 {
    0x4008 + i * 0x400
}
/// Elements of [`mailbox_slot_doorbell()`].
pub const MAILBOX_SLOT_DOORBELL_COUNT: u32 = 4;
/// Fields of `MAILBOX.SLOT.DOORBELL`.
pub mod mailbox_slot_doorbell {
    use super::Field;
    /// Start the command. A start of a busy slot is ignored and counted.
    pub const START: Field = Field { lsb: 0, width: 1 };
    /// Ask a busy slot to end with REQUEST_ABORTED; acts only before the SA table is touched. Ignored on a slot that is not busy.
    pub const CANCEL: Field = Field { lsb: 1, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// state.
///
/// `MAILBOX.SLOT.STATE`, an array of 4.
pub const fn mailbox_slot_state(i: u32) -> u32 {
    0x400c + i * 0x400
}
/// Elements of [`mailbox_slot_state()`].
pub const MAILBOX_SLOT_STATE_COUNT: u32 = 4;
/// Fields of `MAILBOX.SLOT.STATE`.
pub mod mailbox_slot_state {
    use super::Field;
    /// `MAILBOX.SLOT.STATE.state`.
    pub const STATE: Field = Field { lsb: 0, width: 2 };
    /// `IDLE` in [`STATE`].
    pub const STATE_IDLE: u32 = 0x0;
    /// `BUSY` in [`STATE`].
    pub const STATE_BUSY: u32 = 0x1;
    /// `DONE` in [`STATE`].
    pub const STATE_DONE: u32 = 0x2;
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// PENDING (0x103) while the slot is busy, then the final status. 0 after reset.
///
/// `MAILBOX.SLOT.NDIS_STATUS`, an array of 4.
pub const fn mailbox_slot_ndis_status(i: u32) -> u32 {
    0x4010 + i * 0x400
}
/// Elements of [`mailbox_slot_ndis_status()`].
pub const MAILBOX_SLOT_NDIS_STATUS_COUNT: u32 = 4;
/// Fields of `MAILBOX.SLOT.NDIS_STATUS`.
pub mod mailbox_slot_ndis_status {
    use super::Field;
    /// `MAILBOX.SLOT.NDIS_STATUS.status`.
    pub const STATUS: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// BytesRead.
///
/// Valid when done; 0 while busy.
///
/// `MAILBOX.SLOT.BYTES_READ`, an array of 4.
pub const fn mailbox_slot_bytes_read(i: u32) -> u32 {
    0x4014 + i * 0x400
}
/// Elements of [`mailbox_slot_bytes_read()`].
pub const MAILBOX_SLOT_BYTES_READ_COUNT: u32 = 4;
/// Fields of `MAILBOX.SLOT.BYTES_READ`.
pub mod mailbox_slot_bytes_read {
    use super::Field;
    /// `MAILBOX.SLOT.BYTES_READ.bytes`.
    pub const BYTES: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// BytesNeeded.
///
/// Valid when done; 0 while busy.
///
/// `MAILBOX.SLOT.BYTES_NEEDED`, an array of 4.
pub const fn mailbox_slot_bytes_needed(i: u32) -> u32 {
    0x4018 + i * 0x400
}
/// Elements of [`mailbox_slot_bytes_needed()`].
pub const MAILBOX_SLOT_BYTES_NEEDED_COUNT: u32 = 4;
/// Fields of `MAILBOX.SLOT.BYTES_NEEDED`.
pub mod mailbox_slot_bytes_needed {
    use super::Field;
    /// `MAILBOX.SLOT.BYTES_NEEDED.bytes`.
    pub const BYTES: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// InformationBuffer.
///
/// Byte k is byte k of the InformationBuffer. Reads zero, except the 8 bytes of OffloadHandle (0x38 in ADD_SA, 0x30 in ADD_SA_EX) after such a command ended with SUCCESS, until the slot's next doorbell or a soft reset. Writes are ignored while the slot is busy and while INIT_DONE is 0.
///
/// `MAILBOX.SLOT.WINDOW`, an array of 4: 0x200 bytes.
pub const fn mailbox_slot_window(i: u32) -> u32 {
    0x4200 + i * 0x400
}
/// Elements of [`mailbox_slot_window()`].
pub const MAILBOX_SLOT_WINDOW_COUNT: u32 = 4;
/// Bytes of the memory `MAILBOX.SLOT.WINDOW`.
pub const MAILBOX_SLOT_WINDOW_SIZE: u32 = 0x200;

/// control.
///
/// Writes are ignored while busy.
///
/// `DIAG.CTRL`.
pub const DIAG_CTRL: u32 = 0x6000;
/// Fields of `DIAG.CTRL`.
pub mod diag_ctrl {
    use super::Field;
    /// Both streams are held (tready low); frames come from here. Cannot be set while lock is 1.
    pub const ENABLE: Field = Field { lsb: 0, width: 1 };
    /// Write 1: enable becomes 0 and stays 0 until the next hard reset.
    pub const LOCK: Field = Field { lsb: 1, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// start.
///
/// Ignored while busy, while enable is 0, while INIT_DONE is 0, and with a LENGTH of 0 or above 2,048.
///
/// `DIAG.START`.
pub const DIAG_START: u32 = 0x6004;
/// Fields of `DIAG.START`.
pub mod diag_start {
    use super::Field;
    /// Inject the frame.
    pub const START: Field = Field { lsb: 0, width: 1 };
    /// 0 transmit, 1 receive; used with start.
    pub const DIRECTION: Field = Field { lsb: 1, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// status.
///
/// `DIAG.STATUS`.
pub const DIAG_STATUS: u32 = 0x6008;
/// Fields of `DIAG.STATUS`.
pub mod diag_status {
    use super::Field;
    /// A frame is under way.
    pub const BUSY: Field = Field { lsb: 0, width: 1 };
    /// The frame has ended (transmit: its completion came; receive: its last beat came). Cleared by the next start.
    pub const DONE: Field = Field { lsb: 1, width: 1 };
    /// The output window holds a frame.
    pub const FRAME_VALID: Field = Field { lsb: 2, width: 1 };
    /// CPL_NUMBER and CPL_STATUS hold a completion.
    pub const CPL_VALID: Field = Field { lsb: 3, width: 1 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// frame length, bytes.
///
/// Writes are ignored while busy.
///
/// `DIAG.LENGTH`.
pub const DIAG_LENGTH: u32 = 0x600c;
/// Fields of `DIAG.LENGTH`.
pub mod diag_length {
    use super::Field;
    /// `DIAG.LENGTH.length`.
    pub const LENGTH: Field = Field { lsb: 0, width: 16 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// transmit tuser words.
///
/// 0: offload handle, 1: tunnel handle, 2: slot-12 word. Writes are ignored while busy.
///
/// `DIAG.TUSER`, an array of 3.
pub const fn diag_tuser(i: u32) -> u32 {
    0x6010 + i * 0x4
}
/// Elements of [`diag_tuser()`].
pub const DIAG_TUSER_COUNT: u32 = 3;
/// Fields of `DIAG.TUSER`.
pub mod diag_tuser {
    use super::Field;
    /// `DIAG.TUSER.word`.
    pub const WORD: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// output frame length, bytes.
///
/// `DIAG.OUT_LENGTH`.
pub const DIAG_OUT_LENGTH: u32 = 0x601c;
/// Fields of `DIAG.OUT_LENGTH`.
pub mod diag_out_length {
    use super::Field;
    /// `DIAG.OUT_LENGTH.length`.
    pub const LENGTH: Field = Field { lsb: 0, width: 16 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// receive tuser words.
///
/// 0: slot-1 word, 1: slot-12 word, of the output frame.
///
/// `DIAG.OUT_TUSER`, an array of 2.
pub const fn diag_out_tuser(i: u32) -> u32 {
    0x6020 + i * 0x4
}
/// Elements of [`diag_out_tuser()`].
pub const DIAG_OUT_TUSER_COUNT: u32 = 2;
/// Fields of `DIAG.OUT_TUSER`.
pub mod diag_out_tuser {
    use super::Field;
    /// `DIAG.OUT_TUSER.word`.
    pub const WORD: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// frame number of the completion.
///
/// `DIAG.CPL_NUMBER`.
pub const DIAG_CPL_NUMBER: u32 = 0x6028;
/// Fields of `DIAG.CPL_NUMBER`.
pub mod diag_cpl_number {
    use super::Field;
    /// `DIAG.CPL_NUMBER.frame`.
    pub const FRAME: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// NDIS_STATUS of the completion.
///
/// `DIAG.CPL_STATUS`.
pub const DIAG_CPL_STATUS: u32 = 0x602c;
/// Fields of `DIAG.CPL_STATUS`.
pub mod diag_cpl_status {
    use super::Field;
    /// `DIAG.CPL_STATUS.status`.
    pub const STATUS: Field = Field { lsb: 0, width: 32 };
    /// The register after reset.
    pub const RESET: u32 = 0x0;
}

/// input frame.
///
/// Byte k is byte k of the frame. Reads zero. Writes are ignored while busy and while INIT_DONE is 0. Cleared by each sweep.
///
/// `DIAG.INPUT`: 0x800 bytes.
pub const DIAG_INPUT: u32 = 0x6800;
/// Bytes of the memory `DIAG.INPUT`.
pub const DIAG_INPUT_SIZE: u32 = 0x800;

/// output frame.
///
/// Byte k is byte k of the frame; zero behind its last byte up to the next multiple of 16. Not cleared by a start, but by each sweep; reads zero while INIT_DONE is 0.
///
/// `DIAG.OUTPUT`: 0x800 bytes.
pub const DIAG_OUTPUT: u32 = 0x7000;
/// Bytes of the memory `DIAG.OUTPUT`.
pub const DIAG_OUTPUT_SIZE: u32 = 0x800;

/// Every register, array elements one by one, by address.
pub const REGISTERS: &[Register] = &[
    Register {
        name: "NAME",
        address: 0x0000,
        reset: 0x43535049,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "VERSION",
        address: 0x0004,
        reset: 0x30000,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "NUM_SA",
        address: 0x0008,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "STAGES",
        address: 0x000c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "SLOTS",
        address: 0x0010,
        reset: 0x4,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "FEATURES",
        address: 0x0014,
        reset: 0x0,
        readable: 0x1,
        writable: 0x0,
        hardware: 0x1,
        external: false,
    },
    Register {
        name: "CTRL",
        address: 0x0020,
        reset: 0x0,
        readable: 0x7,
        writable: 0x7,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "IPSECV2",
        address: 0x0024,
        reset: 0x4,
        readable: 0xff,
        writable: 0xff,
        hardware: 0xff,
        external: true,
    },
    Register {
        name: "COMMAND",
        address: 0x0028,
        reset: 0x0,
        readable: 0x0,
        writable: 0x1,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "HALT",
        address: 0x002c,
        reset: 0x0,
        readable: 0x1,
        writable: 0x1,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "STATUS",
        address: 0x0030,
        reset: 0x0,
        readable: 0xf,
        writable: 0x0,
        hardware: 0xf,
        external: false,
    },
    Register {
        name: "HASH_SEED",
        address: 0x0034,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "SA_COUNT",
        address: 0x0038,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "SA_LIMIT",
        address: 0x003c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "INTR_STATE",
        address: 0x0040,
        reset: 0x0,
        readable: 0x1ff,
        writable: 0x1ff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "INTR_ENABLE",
        address: 0x0044,
        reset: 0x0,
        readable: 0x1ff,
        writable: 0x1ff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "SELFTEST",
        address: 0x0048,
        reset: 0x0,
        readable: 0xff6,
        writable: 0x1,
        hardware: 0xff6,
        external: false,
    },
    Register {
        name: "SA_WATERMARK",
        address: 0x004c,
        reset: 0xffff,
        readable: 0xffff,
        writable: 0xffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "SA_DELETE_REPEAT",
        address: 0x0050,
        reset: 0x0,
        readable: 0xffff,
        writable: 0xffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "PARITY_INJECT",
        address: 0x0054,
        reset: 0x0,
        readable: 0x7,
        writable: 0x7,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "UDP_PORT",
        address: 0x0058,
        reset: 0x1194,
        readable: 0xffff,
        writable: 0xffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "SA_STATS.HANDLE",
        address: 0x0060,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "SA_STATS.PACKETS",
        address: 0x0064,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "SA_STATS.BYTES_LO",
        address: 0x0068,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "SA_STATS.BYTES_HI",
        address: 0x006c,
        reset: 0x0,
        readable: 0xffff,
        writable: 0x0,
        hardware: 0xffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[0]",
        address: 0x0080,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[1]",
        address: 0x0084,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[2]",
        address: 0x0088,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[3]",
        address: 0x008c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[4]",
        address: 0x0090,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[5]",
        address: 0x0094,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[6]",
        address: 0x0098,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.HARDWARE[7]",
        address: 0x009c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[0]",
        address: 0x00a0,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[1]",
        address: 0x00a4,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[2]",
        address: 0x00a8,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[3]",
        address: 0x00ac,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[4]",
        address: 0x00b0,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[5]",
        address: 0x00b4,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[6]",
        address: 0x00b8,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "CAPS.CURRENT[7]",
        address: 0x00bc,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_FRAMES.LO",
        address: 0x0400,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_FRAMES.HI",
        address: 0x0404,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_BYTES.LO",
        address: 0x0408,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_BYTES.HI",
        address: 0x040c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_PASSED.LO",
        address: 0x0410,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_PASSED.HI",
        address: 0x0414,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_PROCESSED.LO",
        address: 0x0418,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_PROCESSED.HI",
        address: 0x041c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_TWO_PORTIONS.LO",
        address: 0x0420,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_TWO_PORTIONS.HI",
        address: 0x0424,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_BAD_LENGTH.LO",
        address: 0x0428,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_BAD_LENGTH.HI",
        address: 0x042c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_REFUSED.LO",
        address: 0x0430,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_REFUSED.HI",
        address: 0x0434,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_STALLED.LO",
        address: 0x0438,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.TX_STALLED.HI",
        address: 0x043c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_FRAMES.LO",
        address: 0x0440,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_FRAMES.HI",
        address: 0x0444,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_BYTES.LO",
        address: 0x0448,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_BYTES.HI",
        address: 0x044c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_PASSED.LO",
        address: 0x0450,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_PASSED.HI",
        address: 0x0454,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_PROCESSED.LO",
        address: 0x0458,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_PROCESSED.HI",
        address: 0x045c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_TWO_PORTIONS.LO",
        address: 0x0460,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_TWO_PORTIONS.HI",
        address: 0x0464,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_BAD_LENGTH.LO",
        address: 0x0468,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_BAD_LENGTH.HI",
        address: 0x046c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STALLED.LO",
        address: 0x0470,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STALLED.HI",
        address: 0x0474,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[0].LO",
        address: 0x0478,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[0].HI",
        address: 0x047c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[1].LO",
        address: 0x0480,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[1].HI",
        address: 0x0484,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[2].LO",
        address: 0x0488,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[2].HI",
        address: 0x048c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[3].LO",
        address: 0x0490,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[3].HI",
        address: 0x0494,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[4].LO",
        address: 0x0498,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[4].HI",
        address: 0x049c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[5].LO",
        address: 0x04a0,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[5].HI",
        address: 0x04a4,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[6].LO",
        address: 0x04a8,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.RX_STATUS[6].HI",
        address: 0x04ac,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.COMMANDS_OK.LO",
        address: 0x04b0,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.COMMANDS_OK.HI",
        address: 0x04b4,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.COMMANDS_FAILED.LO",
        address: 0x04b8,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.COMMANDS_FAILED.HI",
        address: 0x04bc,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.DELETES_UNKNOWN.LO",
        address: 0x04c0,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.DELETES_UNKNOWN.HI",
        address: 0x04c4,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.DOORBELLS_BUSY.LO",
        address: 0x04c8,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.DOORBELLS_BUSY.HI",
        address: 0x04cc,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.PARITY_ERRORS.LO",
        address: 0x04d0,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.PARITY_ERRORS.HI",
        address: 0x04d4,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.SA_DELETE_REQS.LO",
        address: 0x04d8,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "COUNTERS.SA_DELETE_REQS.HI",
        address: 0x04dc,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0xffffffff,
        external: true,
    },
    Register {
        name: "MAILBOX.SLOT[0].OID",
        address: 0x4000,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[0].LENGTH",
        address: 0x4004,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[0].DOORBELL",
        address: 0x4008,
        reset: 0x0,
        readable: 0x0,
        writable: 0x3,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[0].STATE",
        address: 0x400c,
        reset: 0x0,
        readable: 0x3,
        writable: 0x0,
        hardware: 0x3,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[0].NDIS_STATUS",
        address: 0x4010,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[0].BYTES_READ",
        address: 0x4014,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[0].BYTES_NEEDED",
        address: 0x4018,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[1].OID",
        address: 0x4400,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[1].LENGTH",
        address: 0x4404,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[1].DOORBELL",
        address: 0x4408,
        reset: 0x0,
        readable: 0x0,
        writable: 0x3,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[1].STATE",
        address: 0x440c,
        reset: 0x0,
        readable: 0x3,
        writable: 0x0,
        hardware: 0x3,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[1].NDIS_STATUS",
        address: 0x4410,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[1].BYTES_READ",
        address: 0x4414,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[1].BYTES_NEEDED",
        address: 0x4418,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[2].OID",
        address: 0x4800,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[2].LENGTH",
        address: 0x4804,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[2].DOORBELL",
        address: 0x4808,
        reset: 0x0,
        readable: 0x0,
        writable: 0x3,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[2].STATE",
        address: 0x480c,
        reset: 0x0,
        readable: 0x3,
        writable: 0x0,
        hardware: 0x3,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[2].NDIS_STATUS",
        address: 0x4810,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[2].BYTES_READ",
        address: 0x4814,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[2].BYTES_NEEDED",
        address: 0x4818,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[3].OID",
        address: 0x4c00,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[3].LENGTH",
        address: 0x4c04,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[3].DOORBELL",
        address: 0x4c08,
        reset: 0x0,
        readable: 0x0,
        writable: 0x3,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[3].STATE",
        address: 0x4c0c,
        reset: 0x0,
        readable: 0x3,
        writable: 0x0,
        hardware: 0x3,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[3].NDIS_STATUS",
        address: 0x4c10,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[3].BYTES_READ",
        address: 0x4c14,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "MAILBOX.SLOT[3].BYTES_NEEDED",
        address: 0x4c18,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "DIAG.CTRL",
        address: 0x6000,
        reset: 0x0,
        readable: 0x3,
        writable: 0x3,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "DIAG.START",
        address: 0x6004,
        reset: 0x0,
        readable: 0x0,
        writable: 0x3,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "DIAG.STATUS",
        address: 0x6008,
        reset: 0x0,
        readable: 0xf,
        writable: 0x0,
        hardware: 0xf,
        external: false,
    },
    Register {
        name: "DIAG.LENGTH",
        address: 0x600c,
        reset: 0x0,
        readable: 0xffff,
        writable: 0xffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "DIAG.TUSER[0]",
        address: 0x6010,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "DIAG.TUSER[1]",
        address: 0x6014,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "DIAG.TUSER[2]",
        address: 0x6018,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0xffffffff,
        hardware: 0x0,
        external: false,
    },
    Register {
        name: "DIAG.OUT_LENGTH",
        address: 0x601c,
        reset: 0x0,
        readable: 0xffff,
        writable: 0x0,
        hardware: 0xffff,
        external: false,
    },
    Register {
        name: "DIAG.OUT_TUSER[0]",
        address: 0x6020,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "DIAG.OUT_TUSER[1]",
        address: 0x6024,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "DIAG.CPL_NUMBER",
        address: 0x6028,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
    Register {
        name: "DIAG.CPL_STATUS",
        address: 0x602c,
        reset: 0x0,
        readable: 0xffffffff,
        writable: 0x0,
        hardware: 0xffffffff,
        external: false,
    },
];

/// Every memory, by address.
pub const MEMORIES: &[Memory] = &[
    Memory {
        name: "MAILBOX.SLOT[0].WINDOW",
        address: 0x4200,
        size: 0x200,
        readable: true,
        writable: true,
    },
    Memory {
        name: "MAILBOX.SLOT[1].WINDOW",
        address: 0x4600,
        size: 0x200,
        readable: true,
        writable: true,
    },
    Memory {
        name: "MAILBOX.SLOT[2].WINDOW",
        address: 0x4a00,
        size: 0x200,
        readable: true,
        writable: true,
    },
    Memory {
        name: "MAILBOX.SLOT[3].WINDOW",
        address: 0x4e00,
        size: 0x200,
        readable: true,
        writable: true,
    },
    Memory {
        name: "DIAG.INPUT",
        address: 0x6800,
        size: 0x800,
        readable: true,
        writable: true,
    },
    Memory {
        name: "DIAG.OUTPUT",
        address: 0x7000,
        size: 0x800,
        readable: true,
        writable: false,
    },
];
