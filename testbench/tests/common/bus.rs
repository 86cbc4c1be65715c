// SPDX-License-Identifier: Apache-2.0
//! A device with a host of register accesses alone, one after the other.
#![allow(dead_code)]

use ipsec_cosim_device::{AxilOut, Inputs};
use ipsec_cosim_device::{Device, DeviceConfig, Outputs};
use ipsec_model::regs;
use ipsec_testbench::devices;

use crate::buffers::Buffer;

/// Clocks that an access may take.
const ACCESS: u32 = 20;

pub struct Bus {
    device: Box<dyn Device>,
    pub inputs: Inputs,
    pub outputs: Outputs,
    /// What the register port showed, clock by clock, if it is kept
    pub log: Option<Vec<(AxilOut, bool)>>,
}

impl Bus {
    /// Behind INIT_DONE, engine and encapsulation on.
    pub fn new(config: DeviceConfig) -> Self {
        let mut bus = Self {
            device: devices::make(crate::play::device(), config, 1).unwrap(),
            inputs: Inputs {
                tx_out_ready: true,
                txcpl_ready: true,
                rx_out_ready: true,
                ..Inputs::default()
            },
            outputs: Outputs::default(),
            log: None,
        };
        bus.reset(2);
        bus.up();
        bus
    }

    /// `rst_ni` low for so many clocks.
    pub fn reset(&mut self, clocks: u32) {
        self.inputs.rst_n = false;
        self.clocks(clocks);
        self.inputs.rst_n = true;
    }

    /// Waits for INIT_DONE, turns all on.
    pub fn up(&mut self) {
        for _ in 0..100_000 {
            if self.read(regs::STATUS) & 1 != 0 {
                self.write(regs::CTRL, 3);
                return;
            }
        }
        panic!("INIT_DONE stays 0");
    }

    /// The clock of the last step.
    pub fn clock(&self) -> u64 {
        self.device.clock()
    }

    pub fn step(&mut self) {
        self.outputs = match self.device.step(&self.inputs) {
            Ok(outputs) => outputs,
            Err(error) => panic!("{error}"),
        };
        if let Some(log) = &mut self.log {
            log.push((self.outputs.axil, self.outputs.irq));
        }
    }

    pub fn clocks(&mut self, count: u32) {
        (0..count).for_each(|_| self.step());
    }

    /// Writes bytes; the result is the edge at which the register takes them.
    pub fn write_bytes(&mut self, address: u32, data: u32, strobe: u8) -> u64 {
        let pins = &mut self.inputs.axil;
        (pins.awaddr, pins.wdata, pins.wstrb) = (address as u16, data, strobe);
        (pins.awvalid, pins.wvalid, pins.bready) = (true, true, true);
        let mut written = 0;
        for _ in 0..ACCESS {
            let taken = self.outputs.axil.awready;
            self.step();
            if taken {
                let pins = &mut self.inputs.axil;
                (pins.awvalid, pins.wvalid) = (false, false);
                written = self.clock() + 1;
            }
            if self.outputs.axil.bvalid {
                assert_eq!(self.outputs.axil.bresp, 0, "bresp of 0x{address:04x}");
                self.step();
                return written;
            }
        }
        panic!("no answer to a write of 0x{address:04x}");
    }

    pub fn write(&mut self, address: u32, data: u32) -> u64 {
        self.write_bytes(address, data, 0xf)
    }

    pub fn read(&mut self, address: u32) -> u32 {
        let pins = &mut self.inputs.axil;
        (pins.araddr, pins.arvalid, pins.rready) = (address as u16, true, true);
        for _ in 0..ACCESS {
            let taken = self.outputs.axil.arready;
            self.step();
            if taken {
                self.inputs.axil.arvalid = false;
            }
            if self.outputs.axil.rvalid {
                let data = self.outputs.axil.rdata;
                assert_eq!(self.outputs.axil.rresp, 0, "rresp of 0x{address:04x}");
                self.step();
                return data;
            }
        }
        panic!("no answer to a read of 0x{address:04x}");
    }

    /// Everything but the doorbell.
    pub fn fill(&mut self, slot: u32, command: &Buffer) {
        for (k, word) in command.bytes.chunks(4).enumerate() {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            let address = regs::mailbox_slot_window(slot) + 4 * k as u32;
            self.write(address, u32::from_le_bytes(bytes));
        }
        self.write(regs::mailbox_slot_oid(slot), command.oid);
        self.write(regs::mailbox_slot_length(slot), command.length);
    }

    /// Rings; the edge of the doorbell.
    pub fn ring(&mut self, slot: u32) -> u64 {
        self.write(regs::mailbox_slot_doorbell(slot), 1)
    }

    pub fn state(&mut self, slot: u32) -> u32 {
        self.read(regs::mailbox_slot_state(slot))
    }

    pub fn wait(&mut self, slot: u32) -> u32 {
        for _ in 0..100_000 {
            if self.state(slot) == 2 {
                return self.read(regs::mailbox_slot_ndis_status(slot));
            }
        }
        panic!("slot {slot} stays busy");
    }

    pub fn command(&mut self, slot: u32, command: &Buffer) -> u32 {
        self.fill(slot, command);
        self.ring(slot);
        self.wait(slot)
    }
}
