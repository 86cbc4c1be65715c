// SPDX-License-Identifier: Apache-2.0
//! [`Interface`]: whole Ethernet frames on an interface of this machine, through a raw socket.

use std::io::ErrorKind;
use std::time::Duration;

use pnet_datalink::{Channel, Config, DataLinkReceiver, DataLinkSender};

use crate::error::Error;

/// Longest frame, with what stands around it.
const BUFFER: usize = 64 * 1024;

/// How long [`Receiver::next`] waits.
const PATIENCE: Duration = Duration::from_millis(5);

/// An opened interface.
#[derive(Debug)]
pub struct Interface {
    /// Frames onto it
    pub sender: Sender,
    /// Frames from it
    pub receiver: Receiver,
}

/// Sends frames.
pub struct Sender {
    name: String,
    inner: Box<dyn DataLinkSender>,
}

/// Receives frames.
pub struct Receiver {
    name: String,
    inner: Box<dyn DataLinkReceiver>,
}

impl Interface {
    /// Opens an interface; `option` is the option that names it.
    ///
    /// # Errors
    /// It is not there, it is down, or raw sockets are not allowed.
    pub fn open(option: &str, name: &str) -> Result<Self, Error> {
        let fail = |problem: String| Err(Error::Usage(format!("{option} {name}: {problem}")));
        let all = pnet_datalink::interfaces();
        let Some(interface) = all.iter().find(|interface| interface.name == name) else {
            let names: Vec<&str> = all.iter().map(|i| i.name.as_str()).collect();
            return fail(format!(
                "there is no such interface; this machine has {}",
                names.join(", ")
            ));
        };
        if !interface.is_up() {
            return fail(format!(
                "the interface is down; `ip link set {name} up` first"
            ));
        }
        let config = Config {
            write_buffer_size: BUFFER,
            read_buffer_size: BUFFER,
            read_timeout: Some(PATIENCE),
            ..Config::default()
        };
        match pnet_datalink::channel(interface, config) {
            Ok(Channel::Ethernet(sender, receiver)) => Ok(Self {
                sender: Sender {
                    name: name.to_owned(),
                    inner: sender,
                },
                receiver: Receiver {
                    name: name.to_owned(),
                    inner: receiver,
                },
            }),
            Ok(_) => fail("it carries no Ethernet frames".to_owned()),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => fail(
                "no permission for raw sockets: run as root, or with the capability CAP_NET_RAW"
                    .to_owned(),
            ),
            Err(error) => fail(error.to_string()),
        }
    }
}

impl Sender {
    /// Sends a frame.
    ///
    /// # Errors
    /// The interface is gone or takes no such frame (its MTU).
    pub fn send(&mut self, frame: &[u8]) -> std::io::Result<()> {
        match self.inner.send_to(frame, None) {
            Some(result) => result,
            None => Err(std::io::Error::from(ErrorKind::InvalidInput)),
        }
    }

    /// The interface's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Receiver {
    /// The next frame; `None` if there is none within 5 ms.
    ///
    /// # Errors
    /// The interface is gone.
    pub fn next(&mut self) -> std::io::Result<Option<&[u8]>> {
        match self.inner.next() {
            Ok(frame) => Ok(Some(frame)),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The interface's name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sender({})", self.name)
    }
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Receiver({})", self.name)
    }
}
