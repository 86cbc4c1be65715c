// SPDX-License-Identifier: Apache-2.0
//! [`Link`]: where the frames of a virtual board come from and go to.

use std::collections::VecDeque;

use super::interface::{Receiver, Sender};
use super::{Interface, Kind, OutFrame, Ports, Sideband, Stack, StackCounters, TargetError};
use crate::golden::InPort;

/// Where a frame came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The host's interface
    Host,
    /// The wire's interface
    Wire,
    /// The interface that carries [`Sideband`]
    Sideband,
}

/// Where the frames of a virtual board come from and go to.
#[derive(Debug, Default)]
pub struct Link {
    host: Option<Sender>,
    wire: Option<Sender>,
    stack: Option<Stack>,
    sideband: Option<Sender>,
    receivers: Vec<(Side, Receiver)>,
    /// Numbers of frames from the sideband that are not yet taken whole
    sending: [VecDeque<u32>; 2],
}

impl Link {
    /// Frames go over the board's protocol alone.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whole frames on an interface for each side; with a stack the host's frames are in the clear.
    pub fn interfaces(
        host: Option<Interface>,
        wire: Option<Interface>,
        stack: Option<Stack>,
    ) -> Self {
        let mut link = Self {
            stack,
            ..Self::default()
        };
        if let Some(Interface { sender, receiver }) = host {
            link.host = Some(sender);
            link.receivers.push((Side::Host, receiver));
        }
        if let Some(Interface { sender, receiver }) = wire {
            link.wire = Some(sender);
            link.receivers.push((Side::Wire, receiver));
        }
        link
    }

    /// Both sides on one interface, in [`Sideband`].
    pub fn sideband(interface: Interface) -> Self {
        Self {
            sideband: Some(interface.sender),
            receivers: vec![(Side::Sideband, interface.receiver)],
            ..Self::default()
        }
    }

    /// Whoever receives frames for it.
    pub fn take_receivers(&mut self) -> Vec<(Side, Receiver)> {
        std::mem::take(&mut self.receivers)
    }

    /// The device was reset: what was on its way is lost.
    pub fn reset(&mut self) {
        self.sending.iter_mut().for_each(VecDeque::clear);
    }

    /// Puts a frame in front of the device.
    ///
    /// # Errors
    /// The device does not take it.
    pub fn frame_in(
        &mut self,
        side: Side,
        frame: &[u8],
        ports: &mut Ports,
        counters: &mut StackCounters,
    ) -> Result<(), TargetError> {
        match side {
            Side::Host => {
                counters.host_in += 1;
                let sent = match &mut self.stack {
                    Some(stack) => stack.transmit(frame, counters),
                    None => Some((frame.to_vec(), [0; 3])),
                };
                if let Some((frame, tuser)) = sent {
                    ports.push(InPort::Tx, frame, tuser)?;
                }
            }
            Side::Wire => {
                counters.wire_in += 1;
                ports.push(InPort::Rx, frame.to_vec(), [0; 3])?;
            }
            Side::Sideband => {
                // Others may use the interface too.
                let Some(message) = Sideband::parse(frame) else {
                    return Ok(());
                };
                let port = match message.kind {
                    Kind::TxIn => InPort::Tx,
                    Kind::RxIn => InPort::Rx,
                    Kind::Sync => {
                        self.say(&message, counters);
                        return Ok(());
                    }
                    _ => return Ok(()),
                };
                if !message.frame.is_empty() {
                    self.sending[port as usize].push_back(message.number);
                    ports.push(port, message.frame, message.words)?;
                }
            }
        }
        Ok(())
    }

    /// Sends on what came out of the device. What no interface is for stays.
    pub fn frames_out(&mut self, ports: &mut Ports, counters: &mut StackCounters) {
        if self.sideband.is_some() {
            return self.sideband_out(ports, counters);
        }
        if let Some(wire) = &mut self.wire {
            for OutFrame { bytes, .. } in ports.tx_out.drain(..) {
                send(
                    wire,
                    &bytes,
                    &mut counters.wire_out,
                    &mut counters.send_errors,
                );
            }
        }
        if self.wire.is_some() || self.host.is_some() {
            for completion in ports.completions.drain(..) {
                counters.refused += u64::from(completion.status != 0);
            }
        }
        if let Some(host) = &mut self.host {
            for OutFrame { bytes, words } in ports.rx_out.drain(..) {
                let bytes = match &self.stack {
                    Some(stack) => stack.receive(&bytes, words, counters),
                    None => Some(bytes),
                };
                if let Some(bytes) = bytes {
                    send(
                        host,
                        &bytes,
                        &mut counters.host_out,
                        &mut counters.send_errors,
                    );
                }
            }
        }
    }

    fn sideband_out(&mut self, ports: &mut Ports, counters: &mut StackCounters) {
        for port in [InPort::Tx, InPort::Rx] {
            let left = ports.frames_in_front(port);
            while self.sending[port as usize].len() > left {
                if let Some(number) = self.sending[port as usize].pop_front() {
                    self.say(&Sideband::new(Kind::Taken, number), counters);
                }
            }
        }
        while let Some(OutFrame { bytes, .. }) = ports.tx_out.pop_front() {
            let message = Sideband {
                frame: bytes,
                ..Sideband::new(Kind::TxOut, 0)
            };
            self.say(&message, counters);
        }
        while let Some(OutFrame { bytes, words }) = ports.rx_out.pop_front() {
            let message = Sideband {
                frame: bytes,
                words: [words[0], words[1], 0],
                ..Sideband::new(Kind::RxOut, 0)
            };
            self.say(&message, counters);
        }
        while let Some(completion) = ports.completions.pop_front() {
            let message = Sideband {
                words: [completion.number, completion.status, 0],
                ..Sideband::new(Kind::Completion, 0)
            };
            self.say(&message, counters);
        }
    }

    fn say(&mut self, message: &Sideband, counters: &mut StackCounters) {
        if let Some(sideband) = &mut self.sideband {
            let mut sent = 0;
            send(
                sideband,
                &message.to_bytes(),
                &mut sent,
                &mut counters.send_errors,
            );
        }
    }
}

fn send(interface: &mut Sender, frame: &[u8], sent: &mut u64, errors: &mut u64) {
    match interface.send(frame) {
        Ok(()) => *sent += 1,
        Err(error) => {
            *errors += 1;
            // One line, not one a frame.
            if *errors == 1 {
                let length = frame.len();
                eprintln!(
                    "board: {}: a frame of {length} bytes: {error}",
                    interface.name()
                );
            }
        }
    }
}
