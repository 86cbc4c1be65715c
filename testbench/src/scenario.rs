// SPDX-License-Identifier: Apache-2.0
//! [`Scenario`]: the one description of a test. Property tests generate it, a failure writes it, `repro`
//! runs it, `run` makes one from capture files.

use std::path::{Path, PathBuf};

use ipsec_cosim_device::DeviceConfig;
use ipsec_model::regs;
use serde::{Deserialize, Serialize};

use crate::error::{Error, parse_json};
use crate::pcap;
use crate::sa::{self, Sa, hex_bytes};

/// The version of the format that this crate writes. It reads 1 too, of which all is still in it.
pub const VERSION: u32 = 2;

/// A test from power-on to end. Everything that it does to the device follows from this and from what
/// the device answers, so that it runs the same way each time.
///
/// A run starts with two clocks of reset. The operations are then issued in order, each
/// [`after`](Timed::after) clocks behind the one before. Issuing does not wait for the end of the work:
/// frames queue at their port, register accesses and the commands of each slot in lines of their own.
/// [`Operation::Wait`] holds everything behind it. Behind the last operation the run waits until all is
/// quiet.
///
/// A frame out and one in, on the model:
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::net::IpAddr;
///
/// use ipsec_cosim_device::{DeviceConfig, ModelDevice};
/// use ipsec_testbench::esp::EspLayer;
/// use ipsec_testbench::rng::Rng;
/// use ipsec_testbench::runner;
/// use ipsec_testbench::sa::{Association, Direction, Sa};
/// use ipsec_testbench::scenario::{Expected, FrameOp, Port, Scenario, Until};
///
/// let (src, dst): (IpAddr, IpAddr) = ("192.0.2.1".parse()?, "192.0.2.2".parse()?);
/// let association = Association::gcm(0x1000, [7; 16 + 4]);
/// let layer = EspLayer::drawn(&association, src, dst, &mut Rng::new(1, 1));
/// let [clear, sealed, opened] = layer.frames(None, 17, b"payload");
///
/// let device = DeviceConfig::new(16, 1);
/// let mut scenario = Scenario::new("both ways", device, 1);
/// scenario
///     .bring_up()
///     .add_sa(Sa::new("out", Direction::Outbound, src, dst, association.clone()))
///     .add_sa(Sa::new("in", Direction::Inbound, src, dst, association.clone()))
///     .wait(Until::Commands)
///     .add_frame(
///         FrameOp::new(Port::Tx, clear)
///             .under("out")
///             .expecting(Expected::Sent(sealed.clone())),
///     )
///     .add_frame(
///         FrameOp::new(Port::Rx, sealed).expecting(Expected::opened(opened, Some((17, 3)))),
///     );
/// let result = runner::run(&scenario, &mut ModelDevice::new(device)?)?;
/// assert_eq!(result.failure, None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// [`VERSION`]
    pub version: u32,
    /// What it is for
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Parameters of the device
    pub device: DeviceConfig,
    /// Seed of the stalls
    pub seed: u64,
    /// What is done
    pub operations: Vec<Timed>,
}

/// An operation and when it is issued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timed {
    /// Clocks behind the operation before it (behind its end, if that is a wait or a reset)
    #[serde(default, skip_serializing_if = "is_zero")]
    pub after: u64,
    /// What is done
    pub op: Operation,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// `rst_ni` low. Cuts frames, commands and accesses under way; frames not yet begun stay queued.
    Reset {
        /// For how many clocks
        clocks: u32,
    },
    /// Writes the soft-reset bit, in line with the register accesses.
    SoftReset {},
    /// A register write.
    Write {
        /// Byte address
        #[serde(deserialize_with = "address::deserialize")]
        address: u16,
        /// Data
        #[serde(with = "hex_word")]
        data: u32,
        /// Byte strobes
        #[serde(default = "all_strobes", skip_serializing_if = "is_all_strobes")]
        strobe: u8,
    },
    /// A register read.
    Read {
        /// Byte address
        #[serde(deserialize_with = "address::deserialize")]
        address: u16,
        /// What the bits of `mask` must be; anything else ends the run as failed
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "hex_word_option"
        )]
        expect: Option<u32>,
        /// Bits that `expect` is about
        #[serde(
            default = "all_bits",
            skip_serializing_if = "is_all_bits",
            with = "hex_word"
        )]
        mask: u32,
        /// Read again until they are
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        poll: bool,
    },
    /// A command through a mailbox slot.
    Command {
        /// The slot
        slot: u8,
        /// The command
        command: Command,
        /// The NDIS_STATUS that must come; anything else ends the run as failed. (But see
        /// [`Cancel`](Self::Cancel).)
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            serialize_with = "hex_word_option::serialize",
            deserialize_with = "status::deserialize"
        )]
        expect: Option<u32>,
    },
    /// Cancels the command issued last into a slot, if it has not ended. It may end with
    /// REQUEST_ABORTED then, whatever its `expect` says.
    Cancel {
        /// The slot
        slot: u8,
        /// Clocks behind the end of its doorbell's register access; at once if they are over
        #[serde(default, skip_serializing_if = "is_zero")]
        clocks: u64,
        /// Whether the command must end with REQUEST_ABORTED; either way will do if it is missing
        #[serde(default, skip_serializing_if = "Option::is_none")]
        aborted: Option<bool>,
    },
    /// Changes of the configuration: register writes, in line with the register accesses.
    Configure(Configuration),
    /// Reads a capability image (32 bytes of `NDIS_IPSEC_OFFLOAD_V2`), in line with the register accesses.
    Caps {
        /// Which
        image: CapsImage,
        /// What it must be, as hex digits; anything else ends the run as failed
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            with = "hex_bytes_option"
        )]
        expect: Option<Vec<u8>>,
    },
    /// Reads the counters of an SA, in line with the register accesses. What is behind it waits until
    /// the handle is known.
    SaStats {
        /// Of which
        handle: Handle,
        /// The packets that it must have
        #[serde(default, skip_serializing_if = "Option::is_none")]
        packets: Option<u32>,
        /// The bytes that it must have
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bytes: Option<u64>,
    },
    /// A frame into one of the inputs.
    Frame(FrameOp),
    /// A new stall pattern.
    Stall {
        /// The port
        port: StallPort,
        /// When it stalls
        pattern: StallPattern,
    },
    /// Nothing more is issued until this has happened.
    Wait {
        /// What is waited for
        until: Until,
        /// Clocks without any progress after which the run ends as failed
        #[serde(default = "default_limit", skip_serializing_if = "is_default_limit")]
        limit: u64,
    },
    /// The run ends at once, whatever is under way.
    End {},
}

impl Operation {
    /// The handles that it is about.
    pub fn handles(&self) -> impl Iterator<Item = &Handle> + use<'_> {
        let all = match self {
            Self::SaStats { handle, .. }
            | Self::Command {
                command: Command::DeleteSa { handle } | Command::UpdateSa { handle, .. },
                ..
            } => [Some(handle), None],
            Self::Frame(frame) => [Some(&frame.offload), Some(&frame.tunnel)],
            _ => [None, None],
        };
        all.into_iter().flatten()
    }

    /// Takes away what it expects; a read that is repeated until it is so keeps it.
    pub fn expect_nothing(&mut self) {
        match self {
            Self::Read {
                expect,
                poll: false,
                ..
            } => *expect = None,
            Self::Command { expect, .. } => *expect = None,
            Self::Cancel { aborted, .. } => *aborted = None,
            Self::Caps { expect, .. } => *expect = None,
            Self::SaStats { packets, bytes, .. } => (*packets, *bytes) = (None, None),
            Self::Frame(frame) => frame.expect = None,
            _ => {}
        }
    }
}

fn all_strobes() -> u8 {
    0xf
}

fn is_all_strobes(strobe: &u8) -> bool {
    *strobe == 0xf
}

fn all_bits() -> u32 {
    u32::MAX
}

fn is_all_bits(mask: &u32) -> bool {
    *mask == u32::MAX
}

/// [`Operation::Wait::limit`] where none is given.
pub const DEFAULT_LIMIT: u64 = 100_000;

fn default_limit() -> u64 {
    DEFAULT_LIMIT
}

fn is_default_limit(limit: &u64) -> bool {
    *limit == DEFAULT_LIMIT
}

/// What a slot carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Adds a bundle. Its name stands for the handle from then on.
    AddSa {
        /// The bundle
        sa: Sa,
        /// As `IPSEC_OFFLOAD_V2_ADD_SA_EX`
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ex: bool,
    },
    /// Deletes a bundle.
    DeleteSa {
        /// Which
        handle: Handle,
    },
    /// Replaces the upper half of a sequence number.
    UpdateSa {
        /// Of which bundle
        handle: Handle,
        /// The protocol of the association
        #[serde(default = "esp", skip_serializing_if = "is_esp")]
        operation: sa::Operation,
        /// The SPI of the association, the number that the RFC prints
        spi: u32,
        /// The new upper half
        sequence_high: u32,
    },
    /// Any bytes under any OID.
    Raw {
        /// OID
        #[serde(with = "hex_word")]
        oid: u32,
        /// InformationBuffer
        #[serde(with = "hex_bytes")]
        buffer: Vec<u8>,
        /// InformationBufferLength, if it is not that of the buffer
        #[serde(default, skip_serializing_if = "Option::is_none")]
        length: Option<u32>,
    },
}

fn esp() -> sa::Operation {
    sa::Operation::Esp
}

fn is_esp(operation: &sa::Operation) -> bool {
    *operation == sa::Operation::Esp
}

/// A handle by the name of its SA, or as a number.
///
/// A name waits for the end of the ADD commands of that name issued before. If those fail, it is
/// [`NO_HANDLE`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Handle {
    /// The handle of this SA
    Sa(String),
    /// This number
    Raw(#[serde(with = "hex_word")] u32),
}

/// A handle that no device ever gives: index + 1 of 0.
pub const NO_HANDLE: u32 = 0xffff_0000;

impl Default for Handle {
    fn default() -> Self {
        Self::Raw(0)
    }
}

impl Handle {
    /// The name of its SA, if it goes by that.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Sa(name) => Some(name),
            Self::Raw(_) => None,
        }
    }

    fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// A frame into one of the inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameOp {
    /// Which input
    pub port: Port,
    /// The bytes, without FCS
    pub data: FrameData,
    /// Transmit: offload handle
    #[serde(default, skip_serializing_if = "Handle::is_zero")]
    pub offload: Handle,
    /// Transmit: tunnel handle
    #[serde(default, skip_serializing_if = "Handle::is_zero")]
    pub tunnel: Handle,
    /// Transmit: slot-12 word
    #[serde(default, skip_serializing_if = "is_no_hint", with = "hex_word")]
    pub hint: u32,
    /// What must come of it; anything else makes the run a failed one. Nothing is said if it is
    /// missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expected>,
    /// Receive, with `expect`: what SaDeleteReq must be; null if either will do
    #[serde(default = "not_asked", skip_serializing_if = "is_not_asked")]
    pub sa_delete_req: Option<bool>,
}

fn not_asked() -> Option<bool> {
    Some(false)
}

fn is_not_asked(asked: &Option<bool>) -> bool {
    *asked == Some(false)
}

impl FrameOp {
    /// A frame with handles 0, or for receive.
    pub fn new(port: Port, bytes: Vec<u8>) -> Self {
        Self {
            port,
            data: FrameData::Hex(bytes),
            offload: Handle::default(),
            tunnel: Handle::default(),
            hint: 0,
            expect: None,
            sa_delete_req: not_asked(),
        }
    }

    /// Transmit: with the offload handle of this SA.
    #[must_use]
    pub fn under(mut self, sa: impl Into<String>) -> Self {
        self.offload = Handle::Sa(sa.into());
        self
    }

    /// Transmit: with the tunnel handle of this SA.
    #[must_use]
    pub fn in_tunnel(mut self, sa: impl Into<String>) -> Self {
        self.tunnel = Handle::Sa(sa.into());
        self
    }

    /// What must come of it.
    #[must_use]
    pub fn expecting(mut self, expected: Expected) -> Self {
        self.expect = Some(expected);
        self
    }
}

/// What must come of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expected {
    /// Transmit: FAILURE, and nothing comes out
    Refused {},
    /// Transmit: SUCCESS and these bytes
    Sent(#[serde(with = "hex_bytes")] Vec<u8>),
    /// Receive
    Received {
        /// The bytes
        #[serde(with = "hex_bytes")]
        bytes: Vec<u8>,
        /// CryptoDone
        done: bool,
        /// NextCryptoDone
        next: bool,
        /// CryptoStatus: one of these
        status: Vec<u16>,
        /// NextHeader and PadLength, if HeaderInfoSet
        header: Option<(u8, u8)>,
    },
    /// One of these: the frame races with a command
    AnyOf(Vec<Expected>),
}

impl Expected {
    /// A received frame that is not processed.
    pub fn untouched(bytes: Vec<u8>) -> Self {
        Self::Received {
            bytes,
            done: false,
            next: false,
            status: vec![0],
            header: None,
        }
    }

    /// A received frame of which one portion is processed, and is good; NextHeader and PadLength of ESP.
    pub fn opened(bytes: Vec<u8>, header: Option<(u8, u8)>) -> Self {
        Self::Received {
            bytes,
            done: true,
            next: false,
            status: vec![0],
            header,
        }
    }

    /// A received frame of which one portion is processed, and is bad: with one of these CryptoStatus.
    pub fn rejected(bytes: Vec<u8>, status: &[u16]) -> Self {
        Self::Received {
            bytes,
            done: true,
            next: false,
            status: status.to_vec(),
            header: None,
        }
    }
}

/// Changes of the configuration. What is missing stays as it is.
///
/// The writes are made in the order of the members. CTRL, which three of them share, is written with
/// what the operations before made of the others. `spi_host_order` goes for the commands issued
/// behind it; [`Until::Commands`] in front of them makes sure that the device knows too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Configuration {
    /// CTRL.engine_enable
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<bool>,
    /// CTRL.encapsulation: OID_OFFLOAD_ENCAPSULATION
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encapsulation: Option<bool>,
    /// CTRL.spi_host_order
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spi_host_order: Option<bool>,
    /// IPSECV2: NDIS_OFFLOAD_PARAMETERS.IPsecV2
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ipsecv2: Option<IpsecV2>,
    /// SA_LIMIT
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sa_limit: Option<u32>,
    /// UDP_PORT
    #[serde(skip_serializing_if = "Option::is_none")]
    pub udp_port: Option<u16>,
    /// SA_WATERMARK
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sa_watermark: Option<u16>,
    /// SA_DELETE_REPEAT
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sa_delete_repeat: Option<u16>,
    /// PARITY_INJECT: exactly these memories
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parity_inject: Option<Vec<Memory>>,
    /// HASH_SEED
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "hex_word_option::serialize",
        deserialize_with = "hex_word_option::deserialize"
    )]
    pub hash_seed: Option<u32>,
    /// INTR_ENABLE
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "hex_word_option::serialize",
        deserialize_with = "hex_word_option::deserialize"
    )]
    pub intr_enable: Option<u32>,
    /// HALT
    #[serde(skip_serializing_if = "Option::is_none")]
    pub halt: Option<bool>,
}

/// NDIS_OFFLOAD_PARAMETERS.IPsecV2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IpsecV2 {
    /// 0
    NoChange,
    /// 1
    Disabled,
    /// 2
    Ah,
    /// 3
    Esp,
    /// 4
    AhAndEsp,
}

impl IpsecV2 {
    /// All values.
    pub const ALL: [Self; 5] = [
        Self::NoChange,
        Self::Disabled,
        Self::Ah,
        Self::Esp,
        Self::AhAndEsp,
    ];
}

/// A memory with parity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Memory {
    /// SA memory
    Sa,
    /// Bundle memory
    Bundle,
    /// ESN memory
    Esn,
}

impl Memory {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sa, Self::Bundle, Self::Esn];
}

/// The capability images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapsImage {
    /// CAPS.HARDWARE
    Hardware,
    /// CAPS.CURRENT
    Current,
}

/// Bytes of a capability image.
pub const CAPS_BYTES: usize = 32;

impl Configuration {
    /// The register writes, as address and data; `ctrl` is CTRL and becomes what is written there.
    pub fn writes(&self, ctrl: &mut u32) -> Vec<(u32, u32)> {
        let mut writes = Vec::new();
        let bits = [
            (regs::ctrl::ENGINE_ENABLE, self.engine),
            (regs::ctrl::ENCAPSULATION, self.encapsulation),
            (regs::ctrl::SPI_HOST_ORDER, self.spi_host_order),
        ];
        for (field, value) in bits {
            if let Some(value) = value {
                *ctrl = field.set(*ctrl, value.into());
            }
        }
        if bits.iter().any(|(_, value)| value.is_some()) {
            writes.push((regs::CTRL, *ctrl));
        }
        let inject = self.parity_inject.as_ref().map(|memories| {
            memories.iter().fold(0, |word, memory| {
                word | match memory {
                    Memory::Sa => regs::parity_inject::SA.of(1),
                    Memory::Bundle => regs::parity_inject::BUNDLE.of(1),
                    Memory::Esn => regs::parity_inject::ESN.of(1),
                }
            })
        });
        let others = [
            (regs::IPSECV2, self.ipsecv2.map(|value| value as u32)),
            (regs::SA_LIMIT, self.sa_limit),
            (regs::UDP_PORT, self.udp_port.map(u32::from)),
            (regs::SA_WATERMARK, self.sa_watermark.map(u32::from)),
            (regs::SA_DELETE_REPEAT, self.sa_delete_repeat.map(u32::from)),
            (regs::PARITY_INJECT, inject),
            (regs::HASH_SEED, self.hash_seed),
            (regs::INTR_ENABLE, self.intr_enable),
            (regs::HALT, self.halt.map(u32::from)),
        ];
        for (address, data) in others {
            writes.extend(data.map(|data| (address, data)));
        }
        writes
    }
}

fn is_no_hint(hint: &u32) -> bool {
    *hint == 0
}

/// The two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Port {
    /// From the host to the wire
    Tx,
    /// From the wire to the host
    Rx,
}

/// The bytes of a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FrameData {
    /// Themselves
    Hex(#[serde(with = "hex_bytes")] Vec<u8>),
    /// A record of a capture file. [`Scenario::read`] replaces it by its bytes.
    Record {
        /// The file, from the folder of the scenario
        file: PathBuf,
        /// The record, from 1
        number: usize,
    },
}

impl FrameData {
    /// The bytes; none of a record that was not read.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Hex(bytes) => bytes,
            Self::Record { .. } => &[],
        }
    }
}

/// A port that can stall: an input holds back its valid, an output its ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StallPort {
    /// Transmit input
    SAxisTx,
    /// Receive input
    SAxisRx,
    /// Transmit output
    MAxisTx,
    /// Completions
    MAxisTxcpl,
    /// Receive output
    MAxisRx,
    /// All five channels of the register port, each for itself
    SAxil,
}

impl StallPort {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SAxisTx,
        Self::SAxisRx,
        Self::MAxisTx,
        Self::MAxisTxcpl,
        Self::MAxisRx,
        Self::SAxil,
    ];
}

/// When a port stalls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum StallPattern {
    /// Each clock by chance; 0 is never
    Percent(u8),
    /// Clock by clock, over and over: `1` stalls
    Bits(String),
}

/// What a wait is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// STATUS shows INIT_DONE
    InitDone,
    /// Every register access and command issued has ended
    Commands,
    /// Every frame issued has come out, every completion too
    Frames,
    /// Both
    Idle,
}

impl Until {
    /// In words.
    pub fn what(self) -> &'static str {
        match self {
            Self::InitDone => "INIT_DONE",
            Self::Commands => "the end of all register accesses and commands",
            Self::Frames => "all frames and completions",
            Self::Idle => "the end of all frames, completions, register accesses and commands",
        }
    }
}

/// Command slots of the mailbox.
pub const SLOTS: usize = regs::MAILBOX_SLOT_OID_COUNT as usize;

impl Scenario {
    /// A scenario without operations.
    pub fn new(name: impl Into<String>, device: DeviceConfig, seed: u64) -> Self {
        Self {
            version: VERSION,
            name: name.into(),
            device,
            seed,
            operations: Vec::new(),
        }
    }

    /// Appends an operation, `after` clocks behind the one before.
    pub fn after(&mut self, after: u64, op: Operation) -> &mut Self {
        self.operations.push(Timed { after, op });
        self
    }

    /// Appends an operation.
    pub fn push(&mut self, op: Operation) -> &mut Self {
        self.after(0, op)
    }

    /// Appends a register write.
    pub fn write_register(&mut self, address: u32, data: u32) -> &mut Self {
        self.push(Operation::Write {
            address: address as u16,
            data,
            strobe: 0xf,
        })
    }

    /// Appends a register read that must give `data`.
    pub fn expect_register(&mut self, address: u32, data: u32) -> &mut Self {
        self.push(Operation::Read {
            address: address as u16,
            expect: Some(data),
            mask: u32::MAX,
            poll: false,
        })
    }

    /// Appends reads of a register until the bits of `mask` are those of `data`.
    pub fn poll_register(&mut self, address: u32, data: u32, mask: u32) -> &mut Self {
        self.push(Operation::Read {
            address: address as u16,
            expect: Some(data),
            mask,
            poll: true,
        })
    }

    /// Appends reads of both words of every counter.
    pub fn read_counters(&mut self) -> &mut Self {
        let last = regs::COUNTERS_DOORBELLS_BUSY_LO + 4;
        for address in (regs::COUNTERS_TX_FRAMES_LO..=last).step_by(4) {
            self.push(Operation::Read {
                address: address as u16,
                expect: None,
                mask: u32::MAX,
                poll: false,
            });
        }
        self
    }

    /// Appends a wait.
    pub fn wait(&mut self, until: Until) -> &mut Self {
        self.push(Operation::Wait {
            until,
            limit: DEFAULT_LIMIT,
        })
    }

    /// Appends what brings the device up: INIT_DONE, engine, encapsulation and both protocols on.
    pub fn bring_up(&mut self) -> &mut Self {
        let on = regs::ctrl::ENGINE_ENABLE.of(1) | regs::ctrl::ENCAPSULATION.of(1);
        self.wait(Until::InitDone)
            .write_register(regs::IPSECV2, regs::ipsecv2::VALUE_AH_AND_ESP)
            .write_register(regs::CTRL, on)
            .wait(Until::Commands)
    }

    /// Appends changes of the configuration.
    pub fn configure(&mut self, configuration: Configuration) -> &mut Self {
        self.push(Operation::Configure(configuration))
    }

    /// Appends a command, with the NDIS_STATUS that must come of it.
    pub fn command(&mut self, slot: u8, command: Command, expect: Option<u32>) -> &mut Self {
        self.push(Operation::Command {
            slot,
            command,
            expect,
        })
    }

    /// Appends the same stall percentage for every port.
    pub fn stall_all(&mut self, percent: u8) -> &mut Self {
        for port in StallPort::ALL {
            self.push(Operation::Stall {
                port,
                pattern: StallPattern::Percent(percent),
            });
        }
        self
    }

    /// Appends an ADD_SA in slot 0 that must succeed.
    pub fn add_sa(&mut self, sa: Sa) -> &mut Self {
        self.push(Operation::Command {
            slot: 0,
            command: Command::AddSa { sa, ex: false },
            expect: Some(0),
        })
    }

    /// Appends a frame with handles 0, or for receive.
    pub fn frame(&mut self, port: Port, bytes: Vec<u8>) -> &mut Self {
        self.add_frame(FrameOp::new(port, bytes))
    }

    /// Appends a frame with all that is said of it.
    pub fn add_frame(&mut self, frame: FrameOp) -> &mut Self {
        self.push(Operation::Frame(frame))
    }

    /// Appends a transmit frame for these SAs, the inner one first.
    pub fn protected(&mut self, bytes: Vec<u8>, offload: &str, tunnel: Option<&str>) -> &mut Self {
        let frame = FrameOp::new(Port::Tx, bytes).under(offload);
        self.add_frame(match tunnel {
            Some(tunnel) => frame.in_tunnel(tunnel),
            None => frame,
        })
    }

    /// Reads a file, and the capture files that it names.
    ///
    /// # Errors
    /// Names file and field path.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|e| Error::read(path, &e))?;
        Self::parse(path, &text)
    }

    /// As [`read`](Self::read), from text that came from `path`.
    ///
    /// # Errors
    /// Names file and field path.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Error> {
        // The version comes first: another version's keys need not be known.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = parse_json(path, text)?;
        if !(1..=VERSION).contains(&version) {
            return Err(Error::content(
                path,
                "version",
                format!("expected 1 to {VERSION}, got {version}"),
            ));
        }
        let mut scenario: Self = parse_json(path, text)?;
        scenario.read_records(path)?;
        scenario
            .check()
            .map_err(|(place, problem)| Error::content(path, place, problem))?;
        Ok(scenario)
    }

    fn read_records(&mut self, path: &Path) -> Result<(), Error> {
        let mut files: Vec<(PathBuf, Vec<Vec<u8>>)> = Vec::new();
        for (k, timed) in self.operations.iter_mut().enumerate() {
            let Operation::Frame(FrameOp { data, .. }) = &mut timed.op else {
                continue;
            };
            let FrameData::Record { file, number } = data else {
                continue;
            };
            let file = path.parent().unwrap_or(Path::new("")).join(&file);
            let known = files.iter().position(|(name, _)| *name == file);
            let at = match known {
                Some(at) => at,
                None => {
                    files.push((file.clone(), pcap::read(&file)?));
                    files.len() - 1
                }
            };
            let frames = &files[at].1;
            let Some(bytes) = number.checked_sub(1).and_then(|n| frames.get(n)) else {
                return Err(Error::content(
                    path,
                    format!("operations[{k}].op.frame.data.record.number"),
                    format!(
                        "expected 1 to {} (the records of {}), got {number}",
                        frames.len(),
                        file.display()
                    ),
                ));
            };
            *data = FrameData::Hex(bytes.clone());
        }
        Ok(())
    }

    /// The text of a file.
    pub fn to_json(&self) -> String {
        // One operation a line: a person reads and edits it, and a diff shows what was dropped.
        let mut text = String::from("{\n");
        let mut head = |key: &str, value: String| {
            text.push_str(&format!("  \"{key}\": {value},\n"));
        };
        head("version", self.version.to_string());
        if !self.name.is_empty() {
            head("name", json(&self.name));
        }
        head("device", json(&self.device));
        head("seed", self.seed.to_string());
        text.push_str("  \"operations\": [");
        for (k, timed) in self.operations.iter().enumerate() {
            text.push_str(if k == 0 { "\n    " } else { ",\n    " });
            text.push_str(&json(timed));
        }
        text.push_str("\n  ]\n}\n");
        text
    }

    /// Writes a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        std::fs::write(path, self.to_json()).map_err(|e| Error::write(path, &e))
    }

    /// What is wrong with it, as field path and sentence.
    pub fn check(&self) -> Result<(), (String, String)> {
        if let Err(problem) =
            (ipsec_model::config::DeviceConfig::new(self.device.num_sa, self.device.stages)).check()
        {
            return Err(("device".to_owned(), problem.to_string()));
        }
        let mut seen = Seen::default();
        for (k, timed) in self.operations.iter().enumerate() {
            check_operation(&timed.op, &mut seen)
                .map_err(|(field, problem)| (format!("operations[{k}].op.{field}"), problem))?;
        }
        Ok(())
    }
}

/// What the operations so far gave.
#[derive(Default)]
struct Seen<'a> {
    names: std::collections::HashSet<&'a str>,
    slots: [bool; SLOTS],
}

fn check_operation<'a>(op: &'a Operation, seen: &mut Seen<'a>) -> Result<(), (String, String)> {
    let fail = |field: &str, problem: String| Err((field.to_owned(), problem));
    let names = &mut seen.names;
    let known = |field: &str, handle: &Handle| match handle {
        Handle::Sa(name) if !names.contains(name.as_str()) => fail(
            field,
            format!("expected the name of an SA added before, got \"{name}\""),
        ),
        _ => Ok(()),
    };
    match op {
        Operation::Reset { clocks: 0 } => {
            return fail("reset.clocks", "expected 1 or more, got 0".to_owned());
        }
        Operation::Write { strobe, .. } if *strobe > 0xf => {
            return fail("write.strobe", format!("expected 0 to 15, got {strobe}"));
        }
        Operation::Command { slot, .. } | Operation::Cancel { slot, .. }
            if usize::from(*slot) >= SLOTS =>
        {
            let what = match op {
                Operation::Cancel { .. } => "cancel",
                _ => "command",
            };
            return fail(
                &format!("{what}.slot"),
                format!("expected 0 to {}, got {slot}", SLOTS - 1),
            );
        }
        Operation::Cancel { slot, .. } if !seen.slots[usize::from(*slot)] => {
            return fail(
                "cancel.slot",
                format!("expected a slot with a command before, got {slot}"),
            );
        }
        Operation::Configure(configuration) if *configuration == Configuration::default() => {
            return fail("configure", "expected at least one setting".to_owned());
        }
        Operation::Caps {
            expect: Some(bytes),
            ..
        } if bytes.len() != CAPS_BYTES => {
            return fail(
                "caps.expect",
                format!("expected {CAPS_BYTES} bytes, got {}", bytes.len()),
            );
        }
        Operation::SaStats { handle, bytes, .. } => {
            known("sa_stats.handle", handle)?;
            if let Some(bytes) = bytes
                && *bytes >= 1 << 48
            {
                return fail(
                    "sa_stats.bytes",
                    format!("expected less than 2^48, got {bytes}"),
                );
            }
        }
        Operation::Command { slot, command, .. } => match command {
            Command::AddSa { sa, .. } => {
                seen.slots[usize::from(*slot)] = true;
                sa.check().map_err(|(field, problem)| {
                    (format!("command.command.add_sa.sa.{field}"), problem)
                })?;
                names.insert(&sa.name);
            }
            Command::DeleteSa { handle } => {
                known("command.command.delete_sa.handle", handle)?;
                seen.slots[usize::from(*slot)] = true;
            }
            Command::UpdateSa { handle, .. } => {
                known("command.command.update_sa.handle", handle)?;
                seen.slots[usize::from(*slot)] = true;
            }
            Command::Raw { buffer, .. }
                if buffer.len() > regs::MAILBOX_SLOT_WINDOW_SIZE as usize =>
            {
                return fail(
                    "command.command.raw.buffer",
                    format!(
                        "expected at most {} bytes, got {}",
                        regs::MAILBOX_SLOT_WINDOW_SIZE,
                        buffer.len()
                    ),
                );
            }
            Command::Raw { .. } => seen.slots[usize::from(*slot)] = true,
        },
        Operation::Frame(frame) => {
            if frame.data.bytes().is_empty() {
                return fail("frame.data", "expected at least 1 byte".to_owned());
            }
            known("frame.offload", &frame.offload)?;
            known("frame.tunnel", &frame.tunnel)?;
        }
        Operation::Stall { pattern, .. } => match pattern {
            StallPattern::Percent(percent) if *percent > 100 => {
                return fail(
                    "stall.pattern.percent",
                    format!("expected 0 to 100, got {percent}"),
                );
            }
            StallPattern::Bits(bits)
                if bits.is_empty() || bits.bytes().any(|b| !matches!(b, b'0' | b'1')) =>
            {
                return fail(
                    "stall.pattern.bits",
                    format!("expected digits 0 and 1, got \"{bits}\""),
                );
            }
            _ => {}
        },
        _ => {}
    }
    Ok(())
}

fn json<T: Serialize>(value: &T) -> String {
    // These types have string keys and no failing serializers.
    serde_json::to_string(value).unwrap_or_default()
}

/// A 32-bit number as `"0x0000abcd"`; read from a number too.
pub mod hex_word {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Word {
        Number(u32),
        Text(String),
    }

    /// Writes `"0x0000abcd"`.
    pub fn serialize<S: Serializer>(word: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{word:#010x}"))
    }

    /// Reads that, or a number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let wrong = || D::Error::custom("expected a 32-bit number, as 43981 or \"0x0000abcd\"");
        match Word::deserialize(deserializer).map_err(|_| wrong())? {
            Word::Number(number) => Ok(number),
            Word::Text(text) => text
                .strip_prefix("0x")
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .ok_or_else(wrong),
        }
    }
}

/// As [`hex_word`], or null.
pub mod hex_word_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Word(#[serde(with = "super::hex_word")] u32);

    /// Writes `"0x0000abcd"` or null.
    pub fn serialize<S: Serializer>(word: &Option<u32>, serializer: S) -> Result<S::Ok, S::Error> {
        word.map(Word).serialize(serializer)
    }

    /// Reads that.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u32>, D::Error> {
        Ok(Option::<Word>::deserialize(deserializer)?.map(|word| word.0))
    }
}

/// An address as a number, as `"0x0034"`, or as the name of its register: `"SA_COUNT"`, `"CAPS.CURRENT[7]"`.
mod address {
    use ipsec_model::regs;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Address {
        Number(u16),
        Text(String),
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
        let wrong = |got: &str| {
            D::Error::custom(format!(
                "expected an address, as 52, \"0x0034\" or \"HASH_SEED\"{got}"
            ))
        };
        match Address::deserialize(deserializer).map_err(|_| wrong(""))? {
            Address::Number(number) => Ok(number),
            Address::Text(text) => {
                let digits = text.strip_prefix("0x");
                let number = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
                let named = regs::REGISTERS.iter().find(|r| r.name == text);
                number
                    .or(named.map(|register| register.address as u16))
                    .ok_or_else(|| wrong(&format!(", got \"{text}\"")))
            }
        }
    }
}

/// A status as a number, as `"0xc001000c"`, or by its name: `"REQUEST_ABORTED"`,
/// `"NDIS_STATUS_REQUEST_ABORTED"`; or null.
mod status {
    use ipsec_model::ndis;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer};

    const ALL: [u32; 12] = [
        ndis::NDIS_STATUS_SUCCESS,
        ndis::NDIS_STATUS_PENDING,
        ndis::NDIS_STATUS_NOT_ACCEPTED,
        ndis::NDIS_STATUS_FAILURE,
        ndis::NDIS_STATUS_INVALID_PARAMETER,
        ndis::NDIS_STATUS_RESOURCES,
        ndis::NDIS_STATUS_NOT_SUPPORTED,
        ndis::NDIS_STATUS_REQUEST_ABORTED,
        ndis::NDIS_STATUS_RESET_IN_PROGRESS,
        ndis::NDIS_STATUS_INVALID_LENGTH,
        ndis::NDIS_STATUS_INVALID_DATA,
        ndis::NDIS_STATUS_INVALID_OID,
    ];

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Status {
        Number(u32),
        Text(String),
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<u32>, D::Error> {
        let wrong = |got: &str| {
            D::Error::custom(format!(
                "expected an NDIS_STATUS, as \"SUCCESS\", \"0xc001000c\" or a number{got}"
            ))
        };
        let status = match Option::<Status>::deserialize(deserializer).map_err(|_| wrong(""))? {
            None => return Ok(None),
            Some(Status::Number(number)) => number,
            Some(Status::Text(text)) => {
                let digits = text.strip_prefix("0x");
                let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                let name = text.strip_prefix("NDIS_STATUS_").unwrap_or(&text);
                let named = ALL.into_iter().find(|status| {
                    ndis::status_name(*status).strip_prefix("NDIS_STATUS_") == Some(name)
                });
                number
                    .or(named)
                    .ok_or_else(|| wrong(&format!(", got \"{text}\"")))?
            }
        };
        Ok(Some(status))
    }
}

/// As [`hex_bytes`], or null.
mod hex_bytes_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Bytes(#[serde(with = "super::hex_bytes")] Vec<u8>);

    pub(super) fn serialize<S: Serializer>(
        bytes: &Option<Vec<u8>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        bytes.clone().map(Bytes).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(Option::<Bytes>::deserialize(deserializer)?.map(|bytes| bytes.0))
    }
}
