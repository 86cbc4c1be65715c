// SPDX-License-Identifier: Apache-2.0
//! The latency and rate formulae of docs/cycle_formulae.md, measured at the pins.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test may

mod common;

use common::{best, configs};
use ipsec_testbench::devices;
use ipsec_testbench::esp::{EspLayer, Form, ethernet};
use ipsec_testbench::runner;
use ipsec_testbench::sa::{
    Association, Authentication, Direction, Encryption, Operation as Protocol, Sa, UdpEncapsulation,
};
use ipsec_testbench::scenario::{FrameOp, Handle, Operation, Port, Scenario, Until};

fn association(spi: u32) -> Association {
    Association {
        operation: Protocol::Esp,
        spi,
        esn: false,
        sequence_high: 0,
        encryption: Encryption::AesGcm256,
        authentication: Authentication::None,
        key: (0..36).collect(),
        icv_length: 16,
    }
}

fn layer<'a>(association: &'a Association, address: &str) -> EspLayer<'a> {
    let address = address.parse().unwrap();
    EspLayer {
        association,
        src: address,
        dst: address,
        sequence: 1,
        iv: [7; 8],
        pad_length: None,
    }
}

/// L = Stages * (B + 31) + D(0) + D(1) + ..., D = 3 for IPv4, 4 for IPv6, where a portion is parsed.
#[test]
fn latency_is_as_documented() {
    let (outer, inner) = (association(0x1000), association(0x2000));
    let addresses = ["192.0.2.1", "2001:db8::1"];
    for config in configs().into_iter().filter(|config| config.num_sa <= 1024) {
        let mut scenario = Scenario::new("latency", config, 0);
        scenario.bring_up();
        for (name, one) in [("outer", &outer), ("inner", &inner)] {
            for address in addresses {
                for direction in [Direction::Outbound, Direction::Inbound] {
                    scenario.add_sa(Sa {
                        name: format!("{name}-{address}-{direction:?}"),
                        direction,
                        src: address.parse().unwrap(),
                        dst: address.parse().unwrap(),
                        udp_encapsulation: UdpEncapsulation::None,
                        associations: vec![one.clone()],
                    });
                }
            }
        }
        scenario.wait(Until::Commands);
        // (what, latency)
        let mut expected = Vec::new();
        for length in [10, 34, 270, 1460, 4000] {
            for (k, address) in addresses.into_iter().enumerate() {
                let d = 3 + k as u64;
                let packet = |form| layer(&outer, address).packet(17, &vec![9; length], form);
                for port in [Port::Tx, Port::Rx] {
                    let form = if port == Port::Tx {
                        Form::Clear
                    } else {
                        Form::Sealed
                    };
                    let bytes = ethernet(None, &packet(form));
                    let beats = bytes.len().div_ceil(16) as u64;
                    let mut frame = FrameOp::new(port, bytes);
                    if port == Port::Tx {
                        frame.offload = Handle::Sa(format!("outer-{address}-Outbound"));
                    }
                    scenario
                        .after(50, Operation::Frame(frame))
                        .wait(Until::Frames);
                    let latency = u64::from(config.stages) * (beats + 31) + d;
                    expected.push((format!("{port:?} {address} {length}"), latency));
                }
                // Two portions: both stages parse.
                for (j, within) in addresses.into_iter().enumerate() {
                    if config.stages < 2 {
                        continue;
                    }
                    let d_inner = 3 + j as u64;
                    let next_header = if j == 0 { 4 } else { 41 };
                    for port in [Port::Tx, Port::Rx] {
                        let form = if port == Port::Tx {
                            Form::Clear
                        } else {
                            Form::Sealed
                        };
                        let content = layer(&inner, within).packet(17, &vec![5; length], form);
                        let packet = layer(&outer, address).packet(next_header, &content, form);
                        let bytes = ethernet(None, &packet);
                        let beats = bytes.len().div_ceil(16) as u64;
                        let esp = 14 + if k == 0 { 20 } else { 40 };
                        let inner_ip = esp + 16;
                        let inner_end = inner_ip + if j == 0 { 20 } else { 40 } + 15;
                        // Transmit walks through the outer headers to the inner portion in stage 0, and
                        // looks at the outer one in stage 1; receive the other way round, stage 1 from
                        // the inner header on.
                        let last = |byte: usize| (byte as u64 + 2) / 16;
                        let latency = u64::from(config.stages) * (beats + 31)
                            + last(inner_end)
                            + last(esp + 15);
                        assert!(last(esp + 15) == d && d_inner > 0);
                        let mut frame = FrameOp::new(port, bytes);
                        if port == Port::Tx {
                            frame.offload = Handle::Sa(format!("inner-{within}-Outbound"));
                            frame.tunnel = Handle::Sa(format!("outer-{address}-Outbound"));
                        }
                        scenario
                            .after(50, Operation::Frame(frame))
                            .wait(Until::Frames);
                        expected.push((format!("{port:?} {address} {within} {length}"), latency));
                    }
                }
            }
        }
        let mut device = devices::make(best(), config, 0).unwrap();
        let result = runner::run(&scenario, device.as_mut()).unwrap();
        assert_eq!(result.failure, None);
        assert_eq!(result.frames.len(), expected.len());
        for (frame, (what, latency)) in result.frames.iter().zip(expected) {
            let outs = if frame.port == Port::Tx {
                &result.tx_out
            } else {
                &result.rx_out
            };
            let out = &outs[frame.out.unwrap_or_else(|| panic!("{what}: refused"))];
            let measured = out.first - frame.clock_in.unwrap();
            assert_eq!(measured, latency, "{config} {what}");
        }
    }
}

/// A frame costs max(4, B) clocks, whatever came before; a key change nothing.
#[test]
fn rate_is_as_documented() {
    for config in configs().into_iter().filter(|config| config.num_sa <= 1024) {
        let lengths = [60, 64, 65, 70, 94, 330, 1510, 9018];
        let scenario = ipsec_testbench::fixed::full_load(config, &lengths[3..], 6000, 3);
        let mut device = devices::make(best(), config, 0).unwrap();
        let result = runner::run(&scenario, device.as_mut()).unwrap();
        assert_eq!(result.failure, None);
        for port in [Port::Tx, Port::Rx] {
            let frames: Vec<_> = result
                .frames
                .iter()
                .filter(|frame| frame.port == port)
                .map(|frame| {
                    let Operation::Frame(op) = &scenario.operations[frame.operation].op else {
                        unreachable!();
                    };
                    (op.data.bytes().len(), frame.clock_in.unwrap())
                })
                .collect();
            for pair in frames.windows(2) {
                let cost = pair[0].0.div_ceil(16).max(4) as u64;
                assert_eq!(
                    pair[1].1 - pair[0].1,
                    cost,
                    "{config} {port:?} {}",
                    pair[0].0
                );
            }
        }
        // Nothing but the shortest frames.
        let mut scenario = Scenario::new("short", config, 0);
        scenario.bring_up();
        for k in 0..200 {
            let mut bytes = vec![k as u8; lengths[k % 2]];
            bytes[12] = 0x88;
            scenario
                .frame(Port::Tx, bytes.clone())
                .frame(Port::Rx, bytes);
        }
        let mut device = devices::make(best(), config, 0).unwrap();
        let result = runner::run(&scenario, device.as_mut()).unwrap();
        for port in [Port::Tx, Port::Rx] {
            let clocks: Vec<_> = result
                .frames
                .iter()
                .filter(|frame| frame.port == port)
                .map(|frame| frame.clock_in.unwrap())
                .collect();
            assert_eq!(clocks[199] - clocks[0], 4 * 199, "{config} {port:?}");
        }
    }
}
