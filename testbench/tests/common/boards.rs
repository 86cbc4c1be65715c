// SPDX-License-Identifier: Apache-2.0
//! Virtual boards in a thread of the test.

use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;

use ipsec_cosim_device::DeviceConfig;
use ipsec_testbench::board::{DeviceTarget, Link, Served, Stop, serve};
use ipsec_testbench::devices::{self, On};

/// A board that ends with the value.
pub struct Board {
    pub address: SocketAddr,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Board {
    pub fn new(on: On, config: DeviceConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let target = DeviceTarget::new(devices::make(on, config, 1).unwrap()).unwrap();
        let stop = Stop::default();
        let signal = stop.clone();
        let thread = std::thread::spawn(move || {
            serve(Served::new(target, Link::none()), listener, &signal);
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    pub fn target(&self) -> String {
        format!("tcp:{}", self.address)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
