// SPDX-License-Identifier: Apache-2.0
//! The whole device for a host with register access alone: self-test, diagnostic frame port, counters, and the commands
//! that meet frames on their way.
#![allow(clippy::unwrap_used)] // helpers of tests are no tests to clippy

use std::net::{IpAddr, Ipv4Addr};

use ipsec_model::config::DeviceConfig;
use ipsec_model::ndis::{
    AddLayout, AddSa, DeleteSa, NDIS_STATUS_FAILURE, NDIS_STATUS_PENDING, NDIS_STATUS_SUCCESS,
    OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, SpiOrder,
};
use ipsec_model::nic::Nic;
use ipsec_model::packet::{Association, Engine, TxResult};
use ipsec_model::pins::{AxilIn, Inputs, Outputs};
use ipsec_model::regs;
use ipsec_model::table_types::KeyMaterial;

const KEY: [u8; 20] = [
    7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xAA, 0xBB, 0xCC, 0xDD,
];

struct Host {
    nic: Nic,
    /// What the streams and the reset pin do.
    pins: Inputs,
    out: Outputs,
    edge: u64,
}

impl Host {
    fn in_reset(num_sa: u32, stages: u32) -> Self {
        let nic = Nic::new(DeviceConfig::new(num_sa, stages)).unwrap();
        let pins = Inputs {
            rst_n: true,
            tx_out_ready: true,
            txcpl_ready: true,
            rx_out_ready: true,
            ..Inputs::default()
        };
        Self {
            nic,
            pins,
            out: Outputs::default(),
            edge: 0,
        }
    }

    /// Behind sweep and self-test, engine and gate on.
    fn new(num_sa: u32, stages: u32) -> Self {
        let mut host = Self::in_reset(num_sa, stages);
        host.clocks(u64::from(num_sa.max(64)) + 300);
        host.write(regs::CTRL, 3);
        host
    }

    fn clock(&mut self, axil: AxilIn) {
        self.edge += 1;
        self.out = self.nic.step(&Inputs { axil, ..self.pins });
    }

    fn clocks(&mut self, n: u64) {
        (0..n).for_each(|_| self.clock(AxilIn::default()));
    }

    fn write(&mut self, addr: u32, wdata: u32) -> u64 {
        let pins = AxilIn {
            awvalid: true,
            awaddr: addr as u16,
            wvalid: true,
            wdata,
            wstrb: 15,
            bready: true,
            ..AxilIn::default()
        };
        self.clock(pins);
        self.clock(pins);
        self.clock(AxilIn {
            bready: true,
            ..AxilIn::default()
        });
        assert!(self.out.axil.bvalid);
        self.clock(AxilIn {
            bready: true,
            ..AxilIn::default()
        });
        self.edge - 1
    }

    fn read(&mut self, addr: u32) -> u32 {
        let pins = AxilIn {
            arvalid: true,
            araddr: addr as u16,
            rready: true,
            ..AxilIn::default()
        };
        self.clock(pins);
        self.clock(pins);
        self.clock(AxilIn::default());
        assert!(self.out.axil.rvalid);
        let data = self.out.axil.rdata;
        self.clock(AxilIn {
            rready: true,
            ..AxilIn::default()
        });
        data
    }

    fn command(&mut self, slot: u32, oid: u32, buffer: &[u8]) {
        for (k, word) in buffer.chunks(4).enumerate() {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            self.write(
                regs::mailbox_slot_window(slot) + 4 * k as u32,
                u32::from_le_bytes(bytes),
            );
        }
        self.write(regs::mailbox_slot_oid(slot), oid);
        self.write(regs::mailbox_slot_length(slot), buffer.len() as u32);
        self.write(regs::mailbox_slot_doorbell(slot), 1);
    }

    fn add(&mut self, inbound: bool) -> u32 {
        let (src, dst): (IpAddr, IpAddr) = (
            Ipv4Addr::new(192, 0, 2, 1).into(),
            Ipv4Addr::new(192, 0, 2, 2).into(),
        );
        let add = AddSa::esp_gcm(inbound, src, dst, 4096, &KEY).with_layout(AddLayout::Ex);
        self.command(0, add.layout.oid(), &add.to_bytes(SpiOrder::Wire));
        self.clocks(200);
        assert_eq!(
            self.read(regs::mailbox_slot_ndis_status(0)),
            NDIS_STATUS_SUCCESS
        );
        self.read(regs::mailbox_slot_window(0) + AddLayout::Ex.handle().start as u32)
    }

    /// Sends a frame through the diagnostic port; what comes out, if anything does.
    fn diag(&mut self, receive: bool, frame: &[u8], user: [u32; 3]) -> Option<Vec<u8>> {
        for (k, word) in frame.chunks(4).enumerate() {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            self.write(regs::DIAG_INPUT + 4 * k as u32, u32::from_le_bytes(bytes));
        }
        self.write(regs::DIAG_LENGTH, frame.len() as u32);
        for (k, word) in user.into_iter().enumerate() {
            self.write(regs::diag_tuser(k as u32), word);
        }
        self.write(regs::DIAG_START, 1 | u32::from(receive) << 1);
        assert_eq!(self.read(regs::DIAG_STATUS), 1, "busy, nothing there yet");
        self.clocks(2000);
        let status = self.read(regs::DIAG_STATUS);
        assert_eq!(status & 3, 2, "done");
        assert_eq!(
            status >> 3 & 1 != 0,
            !receive,
            "a completion belongs to transmit"
        );
        if status & 4 == 0 {
            return None;
        }
        let length = self.read(regs::DIAG_OUT_LENGTH);
        let words = (0..length.div_ceil(4)).map(|k| self.read(regs::DIAG_OUTPUT + 4 * k));
        let mut out: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        assert!(out[length as usize..].iter().all(|byte| *byte == 0));
        out.truncate(length as usize);
        Some(out)
    }
}

/// An Ethernet frame with an ESP packet to 192.0.2.2, `text` bytes between IV and ICV.
fn frame(text: usize) -> Vec<u8> {
    let mut frame = vec![0x02; 12];
    frame.extend([0x08, 0x00, 0x45, 0]);
    frame.extend(((20 + 16 + text + 16) as u16).to_be_bytes());
    frame.extend([0, 0, 0, 0, 64, 50, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    frame.extend([0, 0, 0x10, 0, 0, 0, 0, 1]);
    frame.extend([0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17]);
    frame.extend((0..text - 2).map(|k| k as u8));
    frame.extend([0, 17]);
    frame.extend([0; 16]);
    frame
}

fn engine(inbound: bool) -> (Engine, u32) {
    let mut engine = Engine::new(2);
    let handle = engine.add(Association {
        inbound,
        v6: false,
        dst: 0xC000_0202,
        spi: 4096,
        key: KeyMaterial::new(&KEY[..16]).unwrap(),
        salt: 0xAABB_CCDD,
        seq_high: None,
    });
    (engine, handle)
}

#[test]
fn the_self_test_passes_and_ends_at_its_edge() {
    for stages in [1, 2, 4] {
        let mut host = Host::in_reset(16, stages);
        host.write(regs::INTR_ENABLE, 1 << 6);
        while !host.out.irq {
            host.clocks(1);
            assert!(host.edge < 1000);
        }
        // q = S; the frame of the last stage goes in behind the others, 6 beats each; its first beat is given away
        // Stages * (6 + 33) edges behind its entry, its last one 5 edges later; done one edge later; the pin one later.
        let k = u64::from(stages);
        assert_eq!(
            host.edge,
            64 + 1 + 6 * (k - 1) + 39 * k + 5 + 1 + 1,
            "{stages} stages"
        );
        let ones = (1 << stages) - 1;
        assert_eq!(host.read(regs::SELFTEST), 4 | ones << 4 | ones << 8);
        host.write(regs::INTR_STATE, u32::MAX);
        host.write(regs::SELFTEST, 1);
        assert_eq!(host.read(regs::SELFTEST), 2, "busy, no result shown");
        host.write(regs::SELFTEST, 1);
        host.clocks(500);
        assert_eq!(host.read(regs::SELFTEST), 4 | ones << 4 | ones << 8);
        // No frame of the host was seen.
        assert_eq!(host.read(regs::COUNTERS_TX_FRAMES_LO), 0);
        assert_eq!(host.read(regs::COUNTERS_RX_FRAMES_LO), 0);
    }
}

#[test]
fn a_host_with_registers_alone_encrypts_and_decrypts() {
    let mut host = Host::new(16, 2);
    let outbound = host.add(false);
    host.add(true);
    host.write(regs::DIAG_CTRL, 1);
    host.pins.tx_valid = true; // the streams are held
    host.clocks(2);
    assert!(!host.out.tx_ready && !host.out.rx_ready);
    host.pins.tx_valid = false;

    let plain = frame(30);
    let (mut software, handle) = engine(false);
    let mut expected = plain.clone();
    assert_eq!(
        software.transmit(&mut expected, handle, 0, 0),
        TxResult::Success
    );
    let cipher = host.diag(false, &plain, [outbound, 0, 0]).unwrap();
    assert_eq!(cipher, expected);
    assert_eq!(host.read(regs::DIAG_CPL_STATUS), NDIS_STATUS_SUCCESS);
    assert_eq!(host.read(regs::DIAG_CPL_NUMBER), 0);

    let received = host.diag(true, &cipher, [0; 3]).unwrap();
    let icv = plain.len() - 16;
    assert_eq!(received[..icv], plain[..icv]);
    assert_eq!(received[icv..], cipher[icv..]);
    assert_eq!(
        host.read(regs::diag_out_tuser(0)),
        2,
        "CryptoDone, CryptoStatus 0"
    );
    assert_eq!(host.read(regs::diag_out_tuser(1)), 1 << 16 | 17);

    // A flipped bit: status 3, original bytes; a stale handle: FAILURE and no byte.
    let mut forged = cipher.clone();
    forged[60] ^= 1;
    assert_eq!(host.diag(true, &forged, [0; 3]).unwrap(), forged);
    assert_eq!(host.read(regs::diag_out_tuser(0)), 3 << 16 | 2);
    assert_eq!(host.diag(false, &plain, [outbound | 1 << 16, 0, 0]), None);
    assert_eq!(host.read(regs::DIAG_CPL_STATUS), NDIS_STATUS_FAILURE);
    assert_eq!(host.read(regs::DIAG_CPL_NUMBER), 1);
    assert_ne!(
        host.read(regs::DIAG_OUTPUT),
        0,
        "the frame before is still there"
    );

    // Diagnostic frames at the limits of the buffer, beside those of a stream again.
    for length in [1, 13, 14, 60, 2048] {
        let frame: Vec<u8> = (0..length).map(|k| k as u8).collect();
        assert_eq!(host.diag(true, &frame, [0; 3]).unwrap(), frame);
    }
    assert_eq!(host.read(regs::INTR_STATE) >> 7, 1);
    host.write(regs::DIAG_CTRL, 0);
    host.clocks(1);
    assert!(host.out.tx_ready && host.out.rx_ready);
}

#[test]
fn counters_tell_what_passed() {
    let mut host = Host::new(16, 2);
    let mut beat = ipsec_model::pins::Beat {
        keep: 0xFFFF,
        ..Default::default()
    };
    // Two frames of 32 bytes and one of 10 bytes, transmit, no handle; the sink is stalled first.
    host.pins.tx_out_ready = false;
    for (last, keep) in [
        (false, 0xFFFF),
        (true, 0xFFFF),
        (false, 0xFFFF),
        (true, 0xFFFF),
        (true, 0x3FF),
    ] {
        (beat.last, beat.keep) = (last, keep);
        (host.pins.tx, host.pins.tx_valid) = (beat, true);
        assert!(host.out.tx_ready);
        host.clocks(1);
    }
    host.pins.tx_valid = false;
    host.clocks(300);
    assert_eq!(host.read(regs::COUNTERS_TX_FRAMES_LO), 0);
    assert_eq!(host.read(regs::STATUS), 0b1001);
    host.pins.tx_out_ready = true;
    host.clocks(20);
    assert_eq!(host.read(regs::STATUS), 0b1101);
    for (counter, value) in [
        (regs::COUNTERS_TX_FRAMES_LO, 3),
        (regs::COUNTERS_TX_BYTES_LO, 74),
        (regs::COUNTERS_TX_PASSED_LO, 2),
        (regs::COUNTERS_TX_PROCESSED_LO, 0),
        (regs::COUNTERS_TX_BAD_LENGTH_LO, 1),
        (regs::COUNTERS_TX_REFUSED_LO, 1),
        (regs::COUNTERS_TX_STALLED_LO, 0),
    ] {
        assert_eq!(host.read(counter), value, "{counter:#x}");
    }
    // Offered while the port is held: stalled clocks.
    host.write(regs::DIAG_CTRL, 1);
    host.pins.rx_valid = true;
    host.pins.rx = beat;
    host.clocks(10);
    host.pins.rx_valid = false;
    assert_eq!(host.read(regs::COUNTERS_RX_STALLED_LO), 10);
}

#[test]
fn a_delete_waits_for_a_frame_that_cannot_leave_its_stage() {
    let mut host = Host::new(16, 1);
    let handle = host.add(true);
    // Frames beyond what the buffers of the one stage hold, behind a sink that does not take them. Long ones: no more than
    // eight wait in front of the stage, so that the one that is half in was looked up.
    host.pins.rx_out_ready = false;
    let bytes = frame(4000);
    let beats: Vec<_> = bytes
        .chunks(16)
        .enumerate()
        .map(|(k, chunk)| {
            let mut beat = ipsec_model::pins::Beat::default();
            beat.data[..chunk.len()].copy_from_slice(chunk);
            beat.keep = ((1_u32 << chunk.len()) - 1) as u16;
            beat.last = (k + 1) * 16 >= bytes.len();
            beat
        })
        .collect();
    // Offers beats from the one given on until `clocks` are over; the result is the beat that waits.
    let send = |host: &mut Host, mut k: usize, clocks: usize| {
        for _ in 0..clocks {
            (host.pins.rx, host.pins.rx_valid) = (beats[k % beats.len()], true);
            k += usize::from(host.out.rx_ready);
            host.clocks(1);
        }
        host.pins.rx_valid = false;
        k
    };
    let k = send(&mut host, 0, 3000);
    assert!(!host.out.rx_ready, "all buffers are full");
    let buffer = DeleteSa::new(handle.into()).to_bytes();
    host.command(1, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, &buffer);
    host.clocks(2000);
    assert_eq!(
        host.read(regs::mailbox_slot_ndis_status(1)),
        NDIS_STATUS_PENDING
    );
    host.pins.rx_out_ready = true;
    // The frame that is half in was looked up already: it has to end, too.
    host.clocks(3000);
    assert_eq!(
        host.read(regs::mailbox_slot_ndis_status(1)),
        NDIS_STATUS_PENDING
    );
    while !host.out.rx_ready {
        host.clocks(1);
    }
    send(&mut host, k, beats.len() - k % beats.len());
    send(&mut host, 0, beats.len());
    host.clocks(3000);
    assert_eq!(
        host.read(regs::mailbox_slot_ndis_status(1)),
        NDIS_STATUS_SUCCESS
    );
    assert_eq!(host.read(regs::SA_COUNT), 0);
    // The ICV of the frames is wrong (CryptoStatus 3) while there is an SA; behind it they pass.
    let (wrong, passed) = (
        host.read(regs::counters_rx_status_lo(2)),
        host.read(regs::COUNTERS_RX_PASSED_LO),
    );
    assert!(wrong > 0 && passed > 0);
    assert_eq!(host.read(regs::COUNTERS_RX_FRAMES_LO), wrong + passed);
}

#[test]
fn a_soft_reset_in_the_middle_of_frames_and_commands_comes_to_an_end() {
    let mut host = Host::new(16, 2);
    for gap in 0..120 {
        host.add(true);
        let buffer = DeleteSa::new(1).to_bytes();
        host.command(2, OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA, &buffer);
        // A frame that is half in.
        let beat = ipsec_model::pins::Beat {
            keep: 0xFFFF,
            ..Default::default()
        };
        (host.pins.tx, host.pins.tx_valid) = (beat, true);
        host.clocks(gap);
        host.write(regs::COMMAND, 1);
        host.pins.tx_valid = false;
        host.clocks(500);
        assert_eq!(host.read(regs::STATUS), 0b1101, "{gap} clocks");
        assert_eq!(host.read(regs::SA_COUNT), 0);
        assert_eq!(host.read(regs::SELFTEST), 0x334);
    }
}
