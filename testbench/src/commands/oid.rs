// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim oid`: a script of OIDs and configuration changes, each with its result in words.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::{self, IpsecOffloadV2, SpiOrder, status_name};
use ipsec_model::regs;
use serde::Serialize;

use super::output_folder;
use crate::devices::On;
use crate::error::Error;
use crate::failure::{self, Ended};
use crate::output::{out, outln};
use crate::reason::State;
use crate::runner::{self, CommandResult, ReceiveWords, describe_frame, register_name};
use crate::scenario::{CapsImage, Command, Handle, Operation, Port, Scenario};

/// Run a script of OIDs and configuration changes, and say what came of each.
///
/// The script is a scenario (docs/scenarios.md): ADD_SA, UPDATE_SA, DELETE_SA, changes of the configuration,
/// cancellations, resets, register reads, frames. Prints a line for each: clock, slot, OID, SA, handle,
/// NDIS_STATUS, BytesRead, BytesNeeded; below a refused one why, naming the member of the structure.
///
/// Refusals are results: exit status 0. An "expect" that is not met, or a divergence: 1. A script that is
/// none: 2, with file, place and what was expected.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim oid docs/examples/sa_life_cycle.json\n  \
ipsec-cosim oid docs/examples/sa_life_cycle.json --config 16x1 --device model --json"
)]
pub struct Arguments {
    /// The script
    #[arg(value_name = "SCRIPT")]
    script: PathBuf,
    /// Device parameters, as 16x1, instead of the script's
    #[arg(long, value_name = "CONFIG")]
    config: Option<DeviceConfig>,
    /// What it runs on
    #[arg(long, default_value = "lockstep")]
    device: On,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
    /// Folder for the outcome (oid.json), and for report and wave of a failure
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A line: something that ended.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Line {
    /// Its operation in the script
    pub operation: usize,
    /// Clock in which it ended
    pub clock: u64,
    /// Slot of a command
    pub slot: Option<u8>,
    /// OID name, or what else it is
    pub what: String,
    /// Name of the SA
    pub sa: Option<String>,
    /// Handle that went in or came out
    pub handle: Option<String>,
    /// NDIS_STATUS by name
    pub status: Option<&'static str>,
    /// BytesRead
    pub bytes_read: Option<u32>,
    /// BytesNeeded
    pub bytes_needed: Option<u32>,
    /// What was set or read
    pub value: Option<String>,
    /// Why it was refused
    pub why: Option<String>,
}

/// What happened, by the clock.
enum Event {
    Reset,
    Write(u16, u32),
    Read(u16, u32),
    Command(CommandResult),
    Frame(usize),
}

/// All that happened, in order.
fn events(ended: &Ended) -> Vec<(u64, usize, Event)> {
    let result = &ended.result;
    let mut all = Vec::new();
    all.extend(
        result
            .resets
            .iter()
            .map(|r| (r.clock, r.operation, Event::Reset)),
    );
    for w in &result.writes {
        all.push((w.clock, w.operation, Event::Write(w.address, w.data)));
    }
    for r in &result.reads {
        all.push((r.clock, r.operation, Event::Read(r.address, r.data)));
    }
    for c in &result.commands {
        all.push((c.clock, c.operation, Event::Command(*c)));
    }
    for (k, frame) in result.frames.iter().enumerate() {
        let out = frame.out.map(|out| match frame.port {
            Port::Tx => result.tx_out[out].last,
            Port::Rx => result.rx_out[out].last,
        });
        if let Some(clock) = out.or(frame.clock_in.filter(|_| frame.status.is_some())) {
            all.push((clock, frame.operation, Event::Frame(k)));
        }
    }
    all.sort_by_key(|(clock, ..)| *clock);
    all
}

/// The order of the bytes of Spi when each command was issued.
fn orders(scenario: &Scenario) -> BTreeMap<usize, SpiOrder> {
    let mut ctrl = 0;
    let mut all = BTreeMap::new();
    for (k, timed) in scenario.operations.iter().enumerate() {
        match &timed.op {
            Operation::Reset { .. } => ctrl = 0,
            Operation::Write {
                address,
                data,
                strobe,
            } if u32::from(*address) & !3 == regs::CTRL && strobe & 1 != 0 => ctrl = *data,
            Operation::Configure(configuration) => {
                configuration.writes(&mut ctrl);
            }
            Operation::Command { .. } => {
                let order = match regs::ctrl::SPI_HOST_ORDER.get(ctrl) {
                    0 => SpiOrder::Wire,
                    _ => SpiOrder::Host,
                };
                all.insert(k, order);
            }
            _ => {}
        }
    }
    all
}

fn oid_name(oid: u32) -> String {
    match oid {
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA => "ADD_SA".to_owned(),
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX => "ADD_SA_EX".to_owned(),
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA => "DELETE_SA".to_owned(),
        ndis::OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA => "UPDATE_SA".to_owned(),
        other => format!("OID 0x{other:08x}"),
    }
}

fn command_line(
    scenario: &Scenario,
    state: &mut State,
    order: SpiOrder,
    result: &CommandResult,
) -> Option<Line> {
    let Operation::Command { slot, command, .. } = &scenario.operations.get(result.operation)?.op
    else {
        return None;
    };
    let request = runner::request(result.operation, command, result.handle, order);
    let name = match command {
        Command::AddSa { sa, .. } => Some(sa.name.clone()),
        Command::DeleteSa { handle } | Command::UpdateSa { handle, .. } => match handle {
            Handle::Sa(name) => Some(name.clone()),
            Handle::Raw(word) => state.name(*word).map(|(name, _)| name.to_owned()),
        },
        Command::Raw { .. } => None,
    };
    let mut line = Line {
        operation: result.operation,
        clock: result.clock,
        slot: Some(*slot),
        what: oid_name(request.oid),
        handle: (result.handle != 0).then(|| format!("0x{:08x}", result.handle)),
        ..Line::default()
    };
    match &result.answer {
        None => line.why = Some("a hard reset cut it".to_owned()),
        Some(answer) => {
            line.status = Some(status_name(answer.status));
            line.bytes_read = Some(answer.bytes_read);
            line.bytes_needed = Some(answer.bytes_needed);
            if let Some(handle) = answer.handle {
                line.handle = Some(format!("0x{handle:08x}"));
            }
            let given = name.as_deref().unwrap_or("raw");
            line.why = state.ended(&request, order, given, answer, result.clock);
        }
    }
    line.sa = name;
    Some(line)
}

fn image_words(bytes: &[u8; 32]) -> String {
    let caps = IpsecOffloadV2::from_bytes(bytes);
    if caps == IpsecOffloadV2::default() {
        return "a zero block".to_owned();
    }
    let flags = [
        ("IPv6Supported", caps.ipv6_supported),
        ("IPv4Options", caps.ipv4_options),
        (
            "IPv6NonIPsecExtensionHeaders",
            caps.ipv6_non_ipsec_extension_headers,
        ),
        ("Ah", caps.ah),
        ("Esp", caps.esp),
        ("AhEspCombined", caps.ah_esp_combined),
        ("Transport", caps.transport),
        ("Tunnel", caps.tunnel),
        ("TransportTunnelCombined", caps.transport_tunnel_combined),
        ("LsoSupported", caps.lso_supported),
        ("ExtendedSequenceNumbers", caps.extended_sequence_numbers),
    ];
    let mut words = vec![format!("Encapsulation 0x{:x}", caps.encapsulation)];
    words.extend(
        flags
            .iter()
            .filter(|(_, on)| *on)
            .map(|(name, _)| (*name).to_owned()),
    );
    for (name, value) in [
        ("UdpEsp", caps.udp_esp),
        ("AuthenticationAlgorithms", caps.authentication_algorithms),
        ("EncryptionAlgorithms", caps.encryption_algorithms),
    ] {
        if value != 0 {
            words.push(format!("{name} 0x{value:x}"));
        }
    }
    words.push(format!("SaOffloadCapacity {}", caps.sa_offload_capacity));
    words.join(", ")
}

/// What the operation set or read, once all its accesses have ended.
fn value(op: &Operation, accesses: &[(u16, u32)]) -> String {
    let data: Vec<u32> = accesses.iter().map(|(_, data)| *data).collect();
    match op {
        Operation::Configure(configuration) => serde_json::to_string(configuration)
            .unwrap_or_default()
            .trim_matches(['{', '}'])
            .replace('"', "")
            .replace(':', " ")
            .replace(',', ", "),
        Operation::Caps { .. } => {
            let mut bytes = [0; 32];
            for (to, word) in bytes.chunks_exact_mut(4).zip(&data) {
                to.copy_from_slice(&word.to_le_bytes());
            }
            image_words(&bytes)
        }
        Operation::SaStats { .. } => match data.as_slice() {
            [_, packets, low, high] => {
                let bytes = u64::from(*high) << 32 | u64::from(*low);
                format!("{packets} packets, {bytes} bytes")
            }
            _ => String::new(),
        },
        _ => {
            let words: Vec<_> = accesses
                .iter()
                .map(|(address, data)| format!("{} 0x{data:08x}", register_name(*address)))
                .collect();
            words.join(", ")
        }
    }
}

/// Accesses of an operation that takes this many.
fn accesses_of(op: &Operation) -> usize {
    match op {
        Operation::Configure(configuration) => configuration.writes(&mut 0).len(),
        Operation::Caps { .. } => 8,
        Operation::SaStats { .. } => 4,
        _ => 1,
    }
}

fn what(op: &Operation) -> &'static str {
    match op {
        Operation::Configure(_) => "configure",
        Operation::Caps {
            image: CapsImage::Hardware,
            ..
        } => "caps hardware",
        Operation::Caps { .. } => "caps current",
        Operation::SaStats { .. } => "sa_stats",
        Operation::SoftReset {} => "soft_reset",
        Operation::Write { .. } => "write",
        _ => "read",
    }
}

/// The lines of a run.
pub fn lines(scenario: &Scenario, ended: &Ended) -> Vec<Line> {
    let orders = orders(scenario);
    let mut state = State::new(scenario.device);
    let mut open: BTreeMap<usize, Vec<(u16, u32)>> = BTreeMap::new();
    let mut all = Vec::new();
    for (clock, operation, event) in events(ended) {
        let Some(op) = scenario.operations.get(operation).map(|timed| &timed.op) else {
            continue;
        };
        let mut line = Line {
            operation,
            clock,
            ..Line::default()
        };
        match event {
            Event::Reset => {
                state.reset(clock);
                line.what = "reset".to_owned();
                all.push(line);
            }
            Event::Write(address, data) | Event::Read(address, data) => {
                if !matches!(event, Event::Read(..)) {
                    state.wrote(address, data, clock);
                }
                let accesses = open.entry(operation).or_default();
                accesses.push((address, data));
                if accesses.len() < accesses_of(op) {
                    continue;
                }
                line.what = what(op).to_owned();
                line.value = Some(value(op, accesses)).filter(|text| !text.is_empty());
                if let Operation::SaStats { handle, .. } = op {
                    line.handle = accesses.first().map(|(_, h)| format!("0x{h:08x}"));
                    line.sa = match handle {
                        Handle::Sa(name) => Some(name.clone()),
                        Handle::Raw(word) => state.name(*word).map(|(name, _)| name.to_owned()),
                    };
                }
                open.remove(&operation);
                all.push(line);
            }
            Event::Command(result) => {
                let order = orders.get(&operation).copied().unwrap_or(SpiOrder::Wire);
                all.extend(command_line(scenario, &mut state, order, &result));
            }
            Event::Frame(k) => {
                let (frame, Operation::Frame(op)) = (&ended.result.frames[k], op) else {
                    continue;
                };
                line.what = describe_frame(operation, op);
                if frame.port == Port::Tx {
                    line.status = frame.status.map(status_name);
                } else if let Some(out) = frame.out {
                    let words = ReceiveWords::new(ended.result.rx_out[out].user);
                    line.value = Some(format!(
                        "CryptoDone {}, NextCryptoDone {}, CryptoStatus {}, SaDeleteReq {}",
                        u8::from(words.crypto_done),
                        u8::from(words.next_crypto_done),
                        words.crypto_status,
                        u8::from(words.sa_delete_req)
                    ));
                }
                all.push(line);
            }
        }
    }
    all
}

/// A table for people.
fn table(lines: &[Line]) -> String {
    let mut text = format!(
        "{:>8}  {:>4}  {:<13}  {:<12}  {:<10}  {:<30}  {:>9}  {:>11}\n",
        "clock", "slot", "OID", "SA", "handle", "NDIS_STATUS", "BytesRead", "BytesNeeded"
    );
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    for line in lines {
        let slot = line
            .slot
            .map_or_else(|| "-".to_owned(), |slot| slot.to_string());
        let head = format!("{:>8}  {slot:>4}  {:<13}", line.clock, line.what);
        let row = match (&line.slot, &line.value) {
            (Some(_), _) => format!(
                "{head}  {:<12}  {:<10}  {:<30}  {:>9}  {:>11}",
                or(&line.sa),
                or(&line.handle),
                line.status.unwrap_or("-"),
                number(line.bytes_read),
                number(line.bytes_needed)
            ),
            (None, Some(value)) => match &line.sa {
                Some(sa) => format!("{head}  {sa}: {value}"),
                None => format!("{head}  {value}"),
            },
            (None, None) => format!("{head}  {}", line.status.unwrap_or_default()),
        };
        text.push_str(row.trim_end());
        text.push('\n');
        if let Some(why) = &line.why {
            text.push_str(&format!("{:>16}why: {why}\n", ""));
        }
    }
    text
}

/// Runs the command.
///
/// # Errors
/// Bad input, files that cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let mut scenario = Scenario::read(&arguments.script)?;
    if let Some(config) = arguments.config {
        scenario.device = config;
    }
    if let Some(out) = &arguments.out {
        output_folder(out)?;
    }
    let ended = failure::play(&scenario, arguments.device, None, |_| {})?;
    let lines = lines(&scenario, &ended);
    let report = match (&arguments.out, ended.is_good()) {
        (Some(out), false) => {
            Some(failure::examine(&scenario, arguments.device, &ended, out, true)?.to_string())
        }
        (None, false) => ended.message(),
        (_, true) => None,
    };
    let json = serde_json::json!({
        "device": arguments.device.to_string(),
        "config": scenario.device.to_string(),
        "seed": scenario.seed,
        "lines": lines,
        "clocks": ended.result.clocks,
        "divergences": ended.divergences(),
        "failure": ended.message(),
    });
    if let Some(out) = &arguments.out {
        let path = out.join("oid.json");
        let text = serde_json::to_string_pretty(&json).unwrap_or_default();
        std::fs::write(&path, text + "\n").map_err(|e| Error::write(&path, &e))?;
    }
    if arguments.json {
        outln!("{json}");
    } else {
        out!("{}", table(&lines));
        outln!(
            "{} {}: {} clocks, {} divergences, seed {}",
            arguments.device,
            scenario.device,
            ended.result.clocks,
            ended.divergences(),
            scenario.seed
        );
    }
    if let Some(report) = report {
        eprintln!("{}", report.trim_end());
    }
    Ok(u8::from(!ended.is_good()))
}
