// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim run`: SAs from a file, frames from captures, results as captures and JSON.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use ipsec_cosim_device::DeviceConfig;
use ipsec_model::ndis::status_name;
use serde::Serialize;

use super::{Trace, output_folder, seed_or_draw};
use crate::devices::On;
use crate::error::Error;
use crate::failure::{self, Ended};
use crate::handles::{self, Handles};
use crate::output::outln;
use crate::pcap;
use crate::progress::Progress;
use crate::runner::ReceiveWords;
use crate::sa::Sa;
use crate::sa_json::SaFile;
use crate::scenario::{
    Command, FrameOp, Handle, Operation, Port, Scenario, StallPattern, StallPort, Until,
};

/// Send the frames of captures through the device.
///
/// Turns on the engine, the encapsulation gate and both protocols, adds the SAs in order through the
/// mailbox, then sends each frame of TX.pcap into s_axis_tx and of RX.pcap into s_axis_rx, both from
/// the same clock on. Writes into DIR: tx.pcapng and rx.pcapng (frames on m_axis_tx and m_axis_rx,
/// time stamp = clock out, in ns), frames.jsonl (a line for each input frame) and summary.json.
///
/// A transmitted frame holds its text in the clear and a zero ICV; it gets the handles and slot-12
/// offsets of the outbound SAs whose destination and SPI its headers name. Refused frames and bad ICVs
/// are results, not errors.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim run --sa SA.json --tx tx.pcap --rx rx.pcap --out out/run --seed 1 --stall 30\n\n\
SA.json:\n  {\"sas\": [{\"name\": \"a\", \"direction\": \"outbound\", \"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\",\n    \
\"udp_encapsulation\": \"none\", \"associations\": [{\"operation\": \"esp\", \"spi\": 4096, \"esn\": false,\n    \
\"sequence_high\": 0, \"encryption\": \"aes-gcm-128\", \"authentication\": \"none\",\n    \
\"key\": \"<hex of key and salt>\", \"icv_length\": 16}]}]}"
)]
pub struct Arguments {
    /// The SAs, in the order in which they are added
    #[arg(long, value_name = "SA.json")]
    sa: PathBuf,
    /// Frames from the host, pcap or pcapng
    #[arg(long, value_name = "TX.pcap")]
    tx: Option<PathBuf>,
    /// Frames from the wire, pcap or pcapng
    #[arg(long, value_name = "RX.pcap")]
    rx: Option<PathBuf>,
    /// Folder for the results; made if it is not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What the frames go through
    #[arg(long, default_value = "lockstep")]
    device: On,
    /// Seed of the stalls; drawn and printed if not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Share of the clocks in which each stream holds back, 0 to 99
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=99))]
    stall: u8,
    /// When to write an FST wave
    #[arg(long, default_value = "failure")]
    trace: Trace,
}

/// What `run` makes of its files.
#[derive(Debug)]
pub struct Plan {
    /// The SAs
    pub sas: Vec<Sa>,
    /// SAs of each transmitted frame
    pub handles: Vec<Handles>,
    /// What is played
    pub scenario: Scenario,
}

impl Plan {
    /// A scenario of these SAs and frames.
    pub fn new(
        name: &str,
        device: DeviceConfig,
        seed: u64,
        stall: u8,
        sas: Vec<Sa>,
        frames: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    ) -> Self {
        let mut scenario = Scenario::new(name, device, seed);
        scenario.bring_up();
        for sa in &sas {
            scenario.add_sa(sa.clone());
        }
        scenario.wait(Until::Commands);
        if stall > 0 {
            for port in StallPort::ALL {
                if port != StallPort::SAxil {
                    let pattern = StallPattern::Percent(stall);
                    scenario.push(Operation::Stall { port, pattern });
                }
            }
        }
        let name = |index: Option<usize>| {
            index.map_or_else(Handle::default, |index| Handle::Sa(sas[index].name.clone()))
        };
        let mut all = Vec::new();
        for bytes in frames.0 {
            let handles = handles::transmit(&sas, &bytes);
            scenario.push(Operation::Frame(FrameOp {
                offload: name(handles.offload),
                tunnel: name(handles.tunnel),
                hint: handles.hint,
                ..FrameOp::new(Port::Tx, bytes)
            }));
            all.push(handles);
        }
        for bytes in frames.1 {
            scenario.frame(Port::Rx, bytes);
        }
        Self {
            sas,
            handles: all,
            scenario,
        }
    }
}

/// A line of `frames.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrameLine<'a> {
    /// `tx` or `rx`
    pub port: Port,
    /// Record in the input file, from 0
    pub index: usize,
    /// Record in the output file, from 0
    pub out_index: Option<usize>,
    /// Outermost bundle that processed the frame
    pub sa: Option<&'a str>,
    /// The bundle inside its tunnel, if that processed the frame too
    pub sa_inner: Option<&'a str>,
    /// Transmit: NDIS_STATUS
    pub status: Option<String>,
    /// Receive: CryptoDone
    pub crypto_done: Option<bool>,
    /// Receive: NextCryptoDone
    pub next_crypto_done: Option<bool>,
    /// Receive: CryptoStatus
    pub crypto_status: Option<u16>,
    /// Receive: SaDeleteReq
    pub sa_delete_req: Option<bool>,
    /// Receive, if HeaderInfoSet: NextHeader
    pub next_header: Option<u8>,
    /// Receive, if HeaderInfoSet: PadLength
    pub pad_length: Option<u8>,
    /// Clock of the first beat accepted
    pub clock_in: Option<u64>,
    /// Clock of the first beat out
    pub clock_out: Option<u64>,
}

/// The lines of `frames.jsonl` for the frames that are finished.
pub fn frame_lines<'a>(plan: &'a Plan, ended: &Ended) -> Vec<FrameLine<'a>> {
    let name = |index: Option<usize>| index.map(|index| plan.sas[index].name.as_str());
    let mut lines = Vec::new();
    for port in [Port::Tx, Port::Rx] {
        let frames = ended
            .result
            .frames
            .iter()
            .filter(|frame| frame.port == port);
        for (index, frame) in frames.enumerate() {
            let mut line = FrameLine {
                port,
                index,
                out_index: frame.out,
                sa: None,
                sa_inner: None,
                status: None,
                crypto_done: None,
                next_crypto_done: None,
                crypto_status: None,
                sa_delete_req: None,
                next_header: None,
                pad_length: None,
                clock_in: frame.clock_in,
                clock_out: None,
            };
            if port == Port::Tx {
                let Some(status) = frame.status else {
                    continue;
                };
                line.status = Some(format!("0x{status:08x}"));
                line.clock_out = frame.out.map(|out| ended.result.tx_out[out].first);
                let handles = plan.handles[index];
                if status == 0 {
                    line.sa = name(handles.tunnel.or(handles.offload));
                    line.sa_inner = name(handles.tunnel.and(handles.offload));
                }
            } else {
                let Some(out) = frame.out.map(|out| &ended.result.rx_out[out]) else {
                    continue;
                };
                let words = ReceiveWords::new(out.user);
                line.clock_out = Some(out.first);
                line.crypto_done = Some(words.crypto_done);
                line.next_crypto_done = Some(words.next_crypto_done);
                line.crypto_status = Some(words.crypto_status);
                line.sa_delete_req = Some(words.sa_delete_req);
                line.next_header = words.header.map(|(next_header, _)| next_header);
                line.pad_length = words.header.map(|(_, pad_length)| pad_length);
                let (sa, inner) = handles::receive(
                    &plan.sas,
                    &out.bytes,
                    words.crypto_done,
                    words.next_crypto_done,
                );
                (line.sa, line.sa_inner) = (name(sa), name(inner));
            }
            lines.push(line);
        }
    }
    lines
}

/// `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Clocks run
    pub clocks: u64,
    /// Frames at the transmit input
    pub frames_tx: usize,
    /// Frames at the receive input
    pub frames_rx: usize,
    /// Clocks in which the devices differed: 0, or 1 with which the run ended
    pub divergences: u64,
    /// Seed of the stalls
    pub seed: u64,
    /// Speed
    pub clocks_per_second: f64,
}

/// Writes the results of a run into a folder.
///
/// # Errors
/// A file cannot be written.
pub fn write_results(
    folder: &Path,
    plan: &Plan,
    ended: &Ended,
    seconds: f64,
) -> Result<Summary, Error> {
    let result = &ended.result;
    for (file, frames) in [("tx.pcapng", &result.tx_out), ("rx.pcapng", &result.rx_out)] {
        let records = frames.iter().map(|out| (out.first, out.bytes.as_slice()));
        pcap::write(&folder.join(file), records)?;
    }
    let mut text = String::new();
    for line in frame_lines(plan, ended) {
        let _ = writeln!(text, "{}", serde_json::to_string(&line).unwrap_or_default());
    }
    let path = folder.join("frames.jsonl");
    std::fs::write(&path, text).map_err(|e| Error::write(&path, &e))?;
    let count = |port| {
        result
            .frames
            .iter()
            .filter(|frame| frame.port == port)
            .count()
    };
    let summary = Summary {
        clocks: result.clocks,
        frames_tx: count(Port::Tx),
        frames_rx: count(Port::Rx),
        divergences: ended.divergences(),
        seed: plan.scenario.seed,
        clocks_per_second: (result.clocks as f64 / seconds.max(1e-9)).round(),
    };
    let path = folder.join("summary.json");
    let body = serde_json::to_string(&summary).unwrap_or_default();
    std::fs::write(&path, body + "\n").map_err(|e| Error::write(&path, &e))?;
    Ok(summary)
}

/// The SA whose ADD the device refused, if that is why the run ended.
fn refused(plan: &Plan, ended: &Ended) -> Option<Error> {
    let operation = ended.result.failure.as_ref()?.operation?;
    let Operation::Command {
        command: Command::AddSa { sa, .. },
        ..
    } = &plan.scenario.operations.get(operation)?.op
    else {
        return None;
    };
    let command = ended
        .result
        .commands
        .iter()
        .find(|c| c.operation == operation)?;
    let status = command.answer?.status;
    Some(Error::SaRefused {
        name: sa.name.clone(),
        status: format!("{} (0x{status:08x})", status_name(status)),
        hint: match status {
            ipsec_model::ndis::NDIS_STATUS_RESOURCES => "its SA table is full",
            ipsec_model::ndis::NDIS_STATUS_NOT_SUPPORTED => {
                "it does not do this protocol, algorithm or option"
            }
            ipsec_model::ndis::NDIS_STATUS_INVALID_PARAMETER => {
                "its SPI is below 256, or an SA with its SPI and destination is there already"
            }
            _ => "see the SA's line in SA.json",
        },
    })
}

/// Runs the command.
///
/// # Errors
/// Bad input, an SA that the device refuses, files that cannot be written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    if arguments.tx.is_none() && arguments.rx.is_none() {
        return Err(Error::Usage(
            "nothing to send: expected --tx TX.pcap, --rx RX.pcap or both".to_owned(),
        ));
    }
    let sas = SaFile::read(&arguments.sa)?.sas;
    let read = |path: &Option<PathBuf>| path.as_deref().map_or(Ok(Vec::new()), pcap::read);
    let frames = (read(&arguments.tx)?, read(&arguments.rx)?);
    output_folder(&arguments.out)?;
    let seed = seed_or_draw(arguments.seed);
    eprintln!("seed {seed}");
    let device = DeviceConfig::default();
    let plan = Plan::new("run", device, seed, arguments.stall, sas, frames);
    let total = plan.scenario.operations.len() as u64;
    let progress = Progress::new("run", total, "operations");
    let wave = arguments.out.join("run.fst");
    let wave = (arguments.trace == Trace::Always).then_some(wave.as_path());
    let start = Instant::now();
    let ended = failure::play(&plan.scenario, arguments.device, wave, |player| {
        let result = player.result();
        let done = player.result().tx_out.len() + player.result().rx_out.len();
        progress.set(player.issued() as u64, || {
            format!("clock {}, {done} frames out", result.clocks)
        });
    })?;
    let seconds = start.elapsed().as_secs_f64();
    progress.finish();
    if let Some(error) = refused(&plan, &ended) {
        return Err(error);
    }
    let summary = write_results(&arguments.out, &plan, &ended, seconds)?;
    outln!(
        "{} clocks, {} tx and {} rx frames, {} divergences; results in {}",
        summary.clocks,
        summary.frames_tx,
        summary.frames_rx,
        summary.divergences,
        arguments.out.display()
    );
    if ended.is_good() {
        return Ok(0);
    }
    let wave = arguments.trace != Trace::Never;
    let report = failure::examine(
        &plan.scenario,
        arguments.device,
        &ended,
        &arguments.out,
        wave,
    )?;
    eprint!("{report}");
    Ok(1)
}
