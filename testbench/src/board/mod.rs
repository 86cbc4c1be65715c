// SPDX-License-Identifier: Apache-2.0
//! Boards: a device reached through registers and frames, wherever it is: simulated in this program
//! ([`DeviceTarget`]), in a memory-mapped file ([`MmioTarget`]), or behind a TCP port ([`TcpTarget`]). [`serve`] is
//! the other end of the last one: a simulated device as a virtual board. The protocol is in `docs/board.md`.

mod abilities;
mod completion;
mod device_target;
mod error;
mod frames_target;
mod hello;
mod interface;
mod link;
mod mailbox;
mod mmio_target;
mod out_frame;
mod ports;
mod reply;
mod request;
mod served;
mod server;
mod sideband;
mod spec;
mod stack;
mod stack_counters;
mod target;
mod tcp_target;

pub use abilities::Abilities;
pub use completion::Completion;
pub use device_target::DeviceTarget;
pub use error::TargetError;
pub use frames_target::FramesTarget;
pub use hello::Hello;
pub use interface::Interface;
pub use link::Link;
pub use mailbox::bring_up;
pub use mmio_target::MmioTarget;
pub use out_frame::OutFrame;
pub use ports::Ports;
pub use reply::Reply;
pub use request::Request;
pub use served::{Served, Stop};
pub use server::serve;
pub use sideband::{Kind, Sideband};
pub use spec::TargetSpec;
pub use stack::Stack;
pub use stack_counters::StackCounters;
pub use target::Target;
pub use tcp_target::{ANSWER, TcpTarget};
