// SPDX-License-Identifier: Apache-2.0
//! Out-of-band information of a list of buffers: one pointer-sized word per slot, by value.

mod checksum;
mod header;
mod ipsec;
mod large_send;
mod tunnel;
mod word;

pub use checksum::{ChecksumReceive, ChecksumTransmit};
pub use header::{HeaderReceive, HeaderTransmit};
pub use ipsec::transmit::field as ipsec_field;
pub use ipsec::{IpsecReceive, IpsecTransmit};
pub use large_send::LargeSendV2;
pub use tunnel::{TunnelTransmit, field as tunnel_field};
pub use word::{BitField, ReservedBits, WordLayout};
