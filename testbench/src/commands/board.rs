// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim board`: a simulated device as a virtual board.

use std::net::TcpListener;
use std::path::PathBuf;

use clap::Args;
use ipsec_cosim_device::DeviceConfig;

use crate::board::{DeviceTarget, Interface, Link, Served, Stack, Stop, bring_up, serve};
use crate::devices::{self, On};
use crate::error::Error;
use crate::output::outln;
use crate::sa_json::SaFile;

/// Serve a simulated device as a virtual board: registers over TCP, frames over TCP or on Ethernet interfaces.
///
/// Whoever connects to ADDR:PORT speaks lines of text: "r 0x0000" is answered "ok 0x43535049 CLOCK"
/// (docs/board.md has them all). The first line of the output names the port, also where 0 was asked for. The
/// device's clock stands still while nothing is asked of it and no frame is inside. Ends with Ctrl-C or SIGTERM.
///
/// Frames go over the same connection, or over raw sockets: with --frames-if both sides of the device on one
/// interface, each frame with its handles or receive words around it (what `replay --frames-if` speaks); with
/// --host-if and --wire-if whole Ethernet frames, the host's side and the wire's side on one interface each. The
/// device does not make ESP headers; with --sa the board does the host's part of transport mode, so that the host
/// sends and sees packets in the clear, and the wire has ESP.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  ipsec-cosim board --listen 127.0.0.1:5025 --device rtl --config 1024x2 &\n  \
ipsec-cosim replay PACK --target tcp:127.0.0.1:5025\n\n  \
ip link add h0 type veth peer name h1; ip link add w0 type veth peer name w1\n  \
ipsec-cosim board --listen 127.0.0.1:5025 --host-if h1 --wire-if w1 --sa SA.json"
)]
pub struct Arguments {
    /// Where to listen; port 0 takes any that is free
    #[arg(long, value_name = "ADDR:PORT")]
    listen: String,
    /// What is served
    #[arg(long, default_value = "rtl")]
    device: On,
    /// Parameters of the device, NUMSAxSTAGES
    #[arg(long, value_name = "NUMSAxSTAGES", default_value_t = DeviceConfig::default())]
    config: DeviceConfig,
    /// Seed of the RTL's registers before the reset
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Interface that carries the frames of both sides with what goes beside them
    #[arg(long, value_name = "IFACE", conflicts_with_all = ["host_if", "wire_if", "sa"])]
    frames_if: Option<String>,
    /// Interface of the host: its frames go into s_axis_tx, frames of m_axis_rx go to it
    #[arg(long, value_name = "IFACE")]
    host_if: Option<String>,
    /// Interface of the wire: its frames go into s_axis_rx, frames of m_axis_tx go to it
    #[arg(long, value_name = "IFACE")]
    wire_if: Option<String>,
    /// Turn on the engine, add these SAs, and do the host's part of transport mode for those with ESP alone
    #[arg(long, value_name = "SA.json", requires = "host_if")]
    sa: Option<PathBuf>,
    /// Write counts of the frames between the interfaces here when the board ends, as JSON
    #[arg(long, value_name = "FILE")]
    stats: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// The port or an interface cannot be had, the device is not there or refuses an SA.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let sas = match &arguments.sa {
        Some(path) => Some(SaFile::read(path)?.sas),
        None => None,
    };
    let listener = TcpListener::bind(&arguments.listen).map_err(|error| {
        Error::Usage(format!(
            "--listen {}: expected ADDR:PORT that can be listened on, as 127.0.0.1:5025: {error}",
            arguments.listen
        ))
    })?;
    let interface = |option, name: &Option<String>| {
        let open = |name: &String| Interface::open(option, name);
        name.as_ref().map(open).transpose()
    };
    let frames = interface("--frames-if", &arguments.frames_if)?;
    let host = interface("--host-if", &arguments.host_if)?;
    let wire = interface("--wire-if", &arguments.wire_if)?;
    let device = devices::make(arguments.device, arguments.config, arguments.seed)?;
    let mut target = DeviceTarget::new(device)?;
    let stack = match sas {
        Some(sas) => {
            let handles = bring_up(&mut target, &sas)?;
            Some(Stack::new(sas, handles))
        }
        None => None,
    };
    let link = match frames {
        Some(interface) => Link::sideband(interface),
        None => Link::interfaces(host, wire, stack),
    };
    let board = Served::new(target, link);
    let at = listener
        .local_addr()
        .map_err(|error| Error::Usage(format!("--listen {}: {error}", arguments.listen)))?;
    let stop = Stop::default();
    let signal = stop.clone();
    // Where it cannot be caught the signal ends the program, and nothing is lost but the counts.
    let _ = ctrlc::set_handler(move || signal.stop());
    outln!("listening on {at}: {}", board.hello());
    let board = serve(board, listener, &stop);
    if let Some(path) = &arguments.stats {
        let text = serde_json::to_string(&board.counters()).unwrap_or_default();
        std::fs::write(path, text + "\n").map_err(|error| Error::write(path, &error))?;
    }
    Ok(0)
}
