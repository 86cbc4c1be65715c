// SPDX-License-Identifier: Apache-2.0
//! A scenario as a table that a person reads: what is done, one line each.

use std::fmt::Write as _;

use ipsec_model::regs;

use crate::sa::Sa;
use crate::scenario::{Command, Handle, Operation, Port, Scenario, StallPattern};

/// Lines that a table has at most.
const MOST: usize = 200;

/// The table.
pub fn table(scenario: &Scenario) -> String {
    let mut text = format!(
        "NumSa {}, Stages {}, seed {}\n{:>4}  {:>6}  operation\n",
        scenario.device.num_sa, scenario.device.stages, scenario.seed, "#", "after"
    );
    let mut rows = 0;
    let mut k = 0;
    while let Some(timed) = scenario.operations.get(k) {
        if rows == MOST {
            let _ = writeln!(text, "and {} more", scenario.operations.len() - k);
            break;
        }
        rows += 1;
        // Hundreds of frames that fill a buffer are one row.
        let what = operation(&timed.op);
        let alike = scenario.operations[k..]
            .iter()
            .take_while(|other| other.after == timed.after && operation(&other.op) == what)
            .count();
        let times = match alike {
            1 => String::new(),
            _ => format!(", {alike} times (to # {})", k + alike - 1),
        };
        let _ = writeln!(text, "{k:>4}  {:>6}  {what}{times}", timed.after);
        k += alike;
    }
    text
}

fn handle(handle: &Handle) -> String {
    match handle {
        Handle::Sa(name) => name.clone(),
        Handle::Raw(number) => format!("0x{number:08x}"),
    }
}

fn register(address: u16) -> String {
    let address = u32::from(address);
    regs::REGISTERS
        .iter()
        .find(|register| register.address == address & !3)
        .map_or_else(
            || format!("0x{address:04x}"),
            |register| register.name.to_owned(),
        )
}

fn sa(sa: &Sa) -> String {
    let associations: Vec<String> = sa
        .associations
        .iter()
        .map(|a| {
            let algorithm = match a.encryption {
                crate::sa::Encryption::None => format!("{:?}", a.authentication),
                encryption => format!("{encryption:?}"),
            };
            let esn = if a.esn { ", ESN" } else { "" };
            format!(
                "{:?} SPI 0x{:x} {algorithm} ICV {}{esn}",
                a.operation, a.spi, a.icv_length
            )
        })
        .collect();
    format!(
        "{} {:?} {} to {}, UDP {:?}: {}",
        sa.name,
        sa.direction,
        sa.src,
        sa.dst,
        sa.udp_encapsulation,
        associations.join("; ")
    )
}

fn operation(op: &Operation) -> String {
    match op {
        Operation::Reset { clocks } => format!("reset for {clocks} clocks"),
        Operation::SoftReset {} => "soft reset".to_owned(),
        Operation::Write {
            address,
            data,
            strobe,
        } => {
            let strobe = if *strobe == 0xf {
                String::new()
            } else {
                format!(", strobes {strobe:04b}")
            };
            format!("write {} 0x{data:08x}{strobe}", register(*address))
        }
        Operation::Read {
            address, expect, ..
        } => match expect {
            Some(expect) => format!("read {}, expect 0x{expect:08x}", register(*address)),
            None => format!("read {}", register(*address)),
        },
        Operation::Command {
            slot,
            command,
            expect,
        } => {
            let what = match command {
                Command::AddSa { sa: added, ex } => {
                    format!("ADD_SA{} {}", if *ex { "_EX" } else { "" }, sa(added))
                }
                Command::DeleteSa { handle: of } => format!("DELETE_SA {}", handle(of)),
                Command::UpdateSa {
                    handle: of,
                    spi,
                    sequence_high,
                    ..
                } => format!(
                    "UPDATE_SA {} SPI 0x{spi:x} upper half {sequence_high}",
                    handle(of)
                ),
                Command::Raw { oid, buffer, .. } => {
                    format!("OID 0x{oid:08x} with {} bytes", buffer.len())
                }
            };
            let expect = expect.map_or_else(String::new, |status| {
                format!(", expect {}", ipsec_model::ndis::status_name(status))
            });
            format!("slot {slot}: {what}{expect}")
        }
        Operation::Cancel { slot, clocks, .. } => {
            format!("cancel slot {slot}, {clocks} clocks behind its doorbell")
        }
        Operation::Configure(configuration) => {
            format!(
                "configure {}",
                serde_json::to_string(configuration).unwrap_or_default()
            )
        }
        Operation::Caps { image, .. } => format!("read capabilities, {image:?}"),
        Operation::SaStats { handle: of, .. } => format!("read the counters of {}", handle(of)),
        Operation::Frame(frame) => {
            let port = match frame.port {
                Port::Tx => "transmit",
                Port::Rx => "receive",
            };
            let mut text = format!("{port} a frame of {} bytes", frame.data.bytes().len());
            if frame.offload != Handle::default() {
                let _ = write!(text, ", SA {}", handle(&frame.offload));
            }
            if frame.tunnel != Handle::default() {
                let _ = write!(text, ", tunnel {}", handle(&frame.tunnel));
            }
            if frame.hint != 0 {
                let _ = write!(text, ", slot-12 word 0x{:08x}", frame.hint);
            }
            text
        }
        Operation::Stall { port, pattern } => match pattern {
            StallPattern::Percent(percent) => format!("stall {port:?} {percent} %"),
            StallPattern::Bits(bits) => format!("stall {port:?} {bits}"),
        },
        Operation::Wait { until, .. } => format!("wait for {}", until.what()),
        Operation::End {} => "end".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipsec_cosim_device::DeviceConfig;

    #[test]
    fn one_line_each() {
        let mut scenario = Scenario::new("t", DeviceConfig::new(16, 1), 3);
        scenario.bring_up().frame(Port::Rx, vec![0; 60]);
        let text = table(&scenario);
        assert_eq!(text.lines().count(), 2 + scenario.operations.len());
        assert!(text.contains("receive a frame of 60 bytes"), "{text}");
        assert!(text.contains("write CTRL 0x00000003"), "{text}");
    }

    #[test]
    fn what_is_repeated_is_one_row() {
        let mut scenario = Scenario::new("t", DeviceConfig::new(16, 1), 3);
        for length in [60, 60, 60, 61] {
            scenario.frame(Port::Rx, vec![0; length]);
        }
        let text = table(&scenario);
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(
            text.contains("of 60 bytes, 3 times (to # 2)\n   3"),
            "{text}"
        );
    }
}
