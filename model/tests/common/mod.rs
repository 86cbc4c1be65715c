// SPDX-License-Identifier: Apache-2.0
//! A host on the pins of the model: registers, commands, and frames. Shared by tests and examples.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipsec_model::config::DeviceConfig;
use ipsec_model::ndis::{
    AddSa, DeleteSa, NDIS_STATUS_SUCCESS, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, SpiOrder, UpdateSa,
};
use ipsec_model::nic::Nic;
use ipsec_model::pins::{Beat, Inputs, Outputs};
use ipsec_model::regs;

pub const SRC4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub const DST4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
pub const SRC6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
pub const DST6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);

/// Bound of every wait, in clocks.
const PATIENCE: u64 = 100_000;

/// One beat as a source offers it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Offer {
    pub beat: Beat,
    pub user: [u32; 3],
}

/// A frame as beats. What is behind the frame is not zero: it must not matter.
pub fn beats(frame: &[u8], user: [u32; 3]) -> Vec<Offer> {
    let count = frame.len().div_ceil(16);
    let offer = |(index, chunk): (usize, &[u8])| {
        let mut data = [0xA5; 16];
        data[..chunk.len()].copy_from_slice(chunk);
        let keep = ((1_u32 << chunk.len()) - 1) as u16;
        let last = index + 1 == count;
        Offer {
            beat: Beat { data, keep, last },
            user,
        }
    };
    frame.chunks(16).enumerate().map(offer).collect()
}

/// A frame that came out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    pub bytes: Vec<u8>,
    pub words: [u32; 2],
    /// Clock of the first beat.
    pub first: u64,
}

/// Collects the frames of an output stream.
#[derive(Debug, Default)]
pub struct Sink {
    pub half: Option<Taken>,
    pub frames: Vec<Taken>,
}

impl Sink {
    fn take(&mut self, clock: u64, beat: &Beat, words: [u32; 2]) {
        let frame = self.half.get_or_insert_with(|| Taken {
            first: clock,
            words,
            ..Taken::default()
        });
        assert_eq!(frame.words, words, "words are constant through a frame");
        frame
            .bytes
            .extend_from_slice(&beat.data[..beat.keep.count_ones() as usize]);
        if beat.last {
            self.frames.extend(self.half.take());
        }
    }
}

/// The device with a host, a wire and a MAC around it.
#[derive(Debug)]
pub struct Host {
    pub nic: Nic,
    pub inputs: Inputs,
    pub outputs: Outputs,
    pub tx_source: VecDeque<Offer>,
    pub rx_source: VecDeque<Offer>,
    pub tx_sink: Sink,
    pub rx_sink: Sink,
    pub completions: Vec<u64>,
    /// Percent: tx source, rx source, tx sink, rx sink, completions.
    pub stall: [u64; 5],
    /// Clocks at which a beat was offered and not taken: tx, rx.
    pub held_back: [u64; 2],
    pub random: u64,
}

impl Host {
    /// Behind reset, sweep and self-test; engine and encapsulation on.
    pub fn new(num_sa: u32, stages: u32) -> Self {
        let mut host = Self::in_reset(num_sa, stages);
        host.inputs.rst_n = true;
        host.wait("the streams to open", |out| out.tx_ready && out.rx_ready);
        host.write(regs::CTRL, 3);
        host
    }

    pub fn in_reset(num_sa: u32, stages: u32) -> Self {
        let nic = Nic::new(DeviceConfig::new(num_sa, stages)).unwrap();
        let inputs = Inputs {
            txcpl_ready: true,
            tx_out_ready: true,
            rx_out_ready: true,
            ..Inputs::default()
        };
        let mut host = Self {
            nic,
            inputs,
            outputs: Outputs::default(),
            tx_source: VecDeque::new(),
            rx_source: VecDeque::new(),
            tx_sink: Sink::default(),
            rx_sink: Sink::default(),
            completions: Vec::new(),
            stall: [0; 5],
            held_back: [0; 2],
            random: 88_172_645_463_325_252,
        };
        host.clock();
        host
    }

    pub fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % below
    }

    /// One clock.
    pub fn clock(&mut self) {
        let [tx, rx, tx_out, rx_out, completion] = self.stall.map(|percent| {
            percent > 0 && {
                self.random ^= self.random << 13;
                self.random ^= self.random >> 7;
                self.random ^= self.random << 17;
                (self.random >> 11) % 100 < percent
            }
        });
        let inputs = &mut self.inputs;
        (inputs.tx_valid, inputs.rx_valid) = (false, false);
        if let (Some(offer), false) = (self.tx_source.front(), tx) {
            (inputs.tx_valid, inputs.tx, inputs.tx_user) = (true, offer.beat, offer.user);
        }
        if let (Some(offer), false) = (self.rx_source.front(), rx) {
            (inputs.rx_valid, inputs.rx) = (true, offer.beat);
        }
        inputs.tx_out_ready = !tx_out;
        inputs.rx_out_ready = !rx_out;
        inputs.txcpl_ready = !completion;

        let before = self.outputs;
        self.outputs = self.nic.step(&self.inputs);
        if !self.inputs.rst_n {
            return;
        }
        let clock = self.nic.clock();
        if self.inputs.tx_valid && before.tx_ready {
            self.tx_source.pop_front();
        }
        if self.inputs.rx_valid && before.rx_ready {
            self.rx_source.pop_front();
        }
        self.held_back[0] += u64::from(self.inputs.tx_valid && !before.tx_ready);
        self.held_back[1] += u64::from(self.inputs.rx_valid && !before.rx_ready);
        let after = &self.outputs;
        if before.tx_out_valid && self.inputs.tx_out_ready {
            self.tx_sink.take(clock, &before.tx_out, [0; 2]);
        } else if before.tx_out_valid {
            assert!(
                after.tx_out_valid && after.tx_out == before.tx_out,
                "stable while stalled"
            );
        }
        if before.rx_out_valid && self.inputs.rx_out_ready {
            self.rx_sink.take(clock, &before.rx_out, before.rx_user);
        } else if before.rx_out_valid {
            assert!(
                after.rx_out_valid && after.rx_out == before.rx_out,
                "stable while stalled"
            );
        }
        if before.txcpl_valid && self.inputs.txcpl_ready {
            self.completions.push(before.txcpl);
        } else if before.txcpl_valid {
            assert!(
                after.txcpl_valid && after.txcpl == before.txcpl,
                "stable while stalled"
            );
        }
    }

    pub fn clocks(&mut self, count: u64) {
        (0..count).for_each(|_| self.clock());
    }

    /// Clocks until the pins show something.
    pub fn wait(&mut self, what: &str, until: impl Fn(&Outputs) -> bool) {
        let end = self.nic.clock() + PATIENCE;
        while !until(&self.outputs) {
            assert!(self.nic.clock() < end, "waited in vain for {what}");
            self.clock();
        }
    }

    /// Clocks until both sources are empty and both paths idle.
    pub fn drain(&mut self) {
        let end = self.nic.clock() + PATIENCE;
        while !self.tx_source.is_empty() || !self.rx_source.is_empty() {
            assert!(self.nic.clock() < end, "waited in vain for the sources");
            self.clock();
        }
        while self.read(regs::STATUS) & 0b1100 != 0b1100 {
            assert!(self.nic.clock() < end, "waited in vain for idle paths");
        }
    }

    /// Writes a register; the result is edge w.
    pub fn write(&mut self, addr: u32, data: u32) -> u64 {
        let axil = &mut self.inputs.axil;
        (axil.awvalid, axil.awaddr) = (true, addr as u16);
        (axil.wvalid, axil.wdata, axil.wstrb) = (true, data, 0xF);
        axil.bready = true;
        self.wait("awready", |out| out.axil.awready);
        self.clock();
        self.inputs.axil.awvalid = false;
        self.inputs.axil.wvalid = false;
        self.wait("bvalid", |out| out.axil.bvalid);
        let w = self.nic.clock();
        self.clock();
        self.inputs.axil.bready = false;
        w
    }

    pub fn read(&mut self, addr: u32) -> u32 {
        let axil = &mut self.inputs.axil;
        (axil.arvalid, axil.araddr, axil.rready) = (true, addr as u16, true);
        self.wait("arready", |out| out.axil.arready);
        self.clock();
        self.inputs.axil.arvalid = false;
        self.wait("rvalid", |out| out.axil.rvalid);
        let data = self.outputs.axil.rdata;
        self.clock();
        self.inputs.axil.rready = false;
        data
    }

    pub fn counter(&mut self, lo: u32) -> u64 {
        u64::from(self.read(lo)) | u64::from(self.read(lo + 4)) << 32
    }

    /// Adds an ESP association with AES-GCM and a 16-byte ICV; the result is its handle.
    pub fn add(&mut self, inbound: bool, v6: bool, spi: u32, key_and_salt: &[u8]) -> u32 {
        let (src, dst): (IpAddr, IpAddr) = if v6 {
            (SRC6.into(), DST6.into())
        } else {
            (SRC4.into(), DST4.into())
        };
        self.add_between(inbound, src, dst, spi, key_and_salt)
    }

    pub fn add_between(
        &mut self,
        inbound: bool,
        src: IpAddr,
        dst: IpAddr,
        spi: u32,
        key_and_salt: &[u8],
    ) -> u32 {
        self.add_sa(&AddSa::esp_gcm(inbound, src, dst, spi, key_and_salt))
    }

    /// Adds a bundle; the result is its handle.
    pub fn add_sa(&mut self, add: &AddSa) -> u32 {
        let status = self.command(add.layout.oid(), &add.to_bytes(SpiOrder::Wire));
        assert_eq!(status, NDIS_STATUS_SUCCESS, "ADD_SA");
        let offset = add.layout.handle().start as u32;
        self.read(regs::mailbox_slot_window(0) + offset)
    }

    /// Deletes a bundle.
    pub fn delete(&mut self, handle: u32) {
        let buffer = DeleteSa::new(handle.into()).to_bytes();
        let status = self.command(OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, &buffer);
        assert_eq!(status, NDIS_STATUS_SUCCESS, "DELETE_SA");
    }

    /// Moves the upper word of the sequence number of an ESP association on; the result is edge w of the doorbell.
    pub fn update(&mut self, handle: u32, spi: u32, high: u32) -> u64 {
        let buffer = UpdateSa::new(handle.into(), 2, spi, high).to_bytes(SpiOrder::Wire);
        self.fill(OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA, &buffer);
        let w = self.write(regs::mailbox_slot_doorbell(0), 1);
        assert_eq!(self.end(), NDIS_STATUS_SUCCESS, "UPDATE_SA");
        w
    }

    /// Fills slot 0.
    pub fn fill(&mut self, oid: u32, buffer: &[u8]) {
        for (index, word) in buffer.chunks(4).enumerate() {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            let addr = regs::mailbox_slot_window(0) + 4 * index as u32;
            self.write(addr, u32::from_le_bytes(bytes));
        }
        self.write(regs::mailbox_slot_oid(0), oid);
        self.write(regs::mailbox_slot_length(0), buffer.len() as u32);
    }

    /// Clocks until slot 0 is done; the result is its NDIS_STATUS.
    pub fn end(&mut self) -> u32 {
        while self.read(regs::mailbox_slot_state(0)) != 2 {}
        self.read(regs::mailbox_slot_ndis_status(0))
    }

    /// A command in slot 0.
    pub fn command(&mut self, oid: u32, buffer: &[u8]) -> u32 {
        self.fill(oid, buffer);
        self.write(regs::mailbox_slot_doorbell(0), 1);
        self.end()
    }
}

/// An Ethernet frame of `len` bytes: IP, ESP, a ramp as payload, two bytes of padding, a zeroed ICV.
pub fn esp_frame(v6: bool, spi: u32, len: usize, next_header: u8) -> Vec<u8> {
    let mut frame = vec![0x02; 12];
    frame.extend(if v6 { [0x86, 0xDD] } else { [0x08, 0x00] });
    let ip = (len - 14) as u16;
    if v6 {
        frame.extend([0x60, 0, 0, 0]);
        frame.extend((ip - 40).to_be_bytes());
        frame.extend([50, 64]);
        frame.extend(SRC6.octets());
        frame.extend(DST6.octets());
    } else {
        frame.extend([0x45, 0]);
        frame.extend(ip.to_be_bytes());
        frame.extend([0, 0, 0x40, 0, 64, 50, 0, 0]);
        frame.extend(SRC4.octets());
        frame.extend(DST4.octets());
    }
    frame.extend(spi.to_be_bytes());
    frame.extend([0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8]);
    let text = len - 16 - frame.len();
    frame.extend((0..text - 2).map(|i| i as u8));
    frame.extend([2.min(text - 2) as u8, next_header]);
    frame.extend([0; 16]);
    frame
}
