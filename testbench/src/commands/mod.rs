// SPDX-License-Identifier: Apache-2.0
//! The subcommands of `ipsec-cosim`.

pub mod bench;
pub mod board;
pub mod caps;
pub mod corpus;
pub mod golden;
pub mod golden_export;
pub mod mutate;
pub mod oid;
pub mod regress;
pub mod replay;
pub mod repro;
pub mod run;

use clap::{Parser, Subcommand, ValueEnum};

use crate::error::Error;

/// RTL and reference model of the IPsec offload engine, side by side.
///
/// Exit status: 0 all good; 1 a divergence or a failed check; 2 bad usage or bad input.
#[derive(Debug, Parser)]
#[command(name = "ipsec-cosim", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    Run(run::Arguments),
    Caps(caps::Arguments),
    Repro(repro::Arguments),
    Regress(Box<regress::Arguments>),
    Bench(bench::Arguments),
    Oid(oid::Arguments),
    Mutate(Box<mutate::Arguments>),
    Corpus(corpus::Arguments),
    Board(board::Arguments),
    Golden(golden::Arguments),
    Replay(replay::Arguments),
}

/// When waves are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Trace {
    /// Not at all
    Never,
    /// The clocks around a failure, by running again
    Failure,
    /// The whole run
    Always,
}

/// Runs a command; the value is the exit status of one that did its work.
///
/// # Errors
/// Why it could not; [`Error::exit_status`] goes with it.
pub fn main(cli: Cli) -> Result<u8, Error> {
    match cli.command {
        Commands::Run(arguments) => run::run(&arguments),
        Commands::Caps(arguments) => caps::run(&arguments),
        Commands::Repro(arguments) => repro::run(&arguments),
        Commands::Regress(arguments) => regress::run(&arguments),
        Commands::Bench(arguments) => bench::run(&arguments),
        Commands::Oid(arguments) => oid::run(&arguments),
        Commands::Mutate(arguments) => mutate::run(&arguments),
        Commands::Corpus(arguments) => corpus::run(&arguments),
        Commands::Board(arguments) => board::run(&arguments),
        Commands::Golden(arguments) => golden::run(&arguments),
        Commands::Replay(arguments) => replay::run(&arguments),
    }
}

/// The seed given, or one drawn.
fn seed_or_draw(seed: Option<u64>) -> u64 {
    seed.unwrap_or_else(crate::rng::draw_seed)
}

/// A folder that files can be written into.
fn output_folder(path: &std::path::Path) -> Result<(), Error> {
    std::fs::create_dir_all(path).map_err(|e| Error::write(path, &e))?;
    let probe = path.join(".ipsec-cosim");
    std::fs::write(&probe, []).map_err(|e| Error::write(path, &e))?;
    std::fs::remove_file(&probe).map_err(|e| Error::write(path, &e))
}
