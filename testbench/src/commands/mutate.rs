// SPDX-License-Identifier: Apache-2.0
//! `ipsec-cosim mutate`: whether the regression notices small changes of the RTL.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime};

use clap::Args;
use ipsec_cosim_device::DeviceConfig;

use super::{output_folder, regress, seed_or_draw};
use crate::campaign::{limits, revision};
use crate::error::Error;
use crate::mutants::draw::Urn;
use crate::mutants::report::Summary;
use crate::mutants::store::{self, Header, Kill, Outcome, Read, Store};
use crate::mutants::syntax::{self, Source};
use crate::mutants::trial::{self, Ran, Task};
use crate::mutants::waivers::Waivers;
use crate::mutants::{Mutant, build, copy, prove, sites, tools};
use crate::output::outln;
use crate::progress::Progress;

/// The list of the RTL's files.
const LIST: &str = "ipsec_offload.f";

/// Change the RTL at random places, and see whether the regression notices.
///
/// Mutants are drawn over all synthesizable logic of the modules in rtl/ipsec_offload.f and built into one program
/// (DIR/rtl, DIR/target), in which the environment variable IPSEC_MUTANT selects one. Each runs the default
/// plan of `regress`, the shortest scenario first, in a process of its own, until something is wrong: RTL and
/// model differ, an assertion or an expectation fails, nothing moves any more, the simulation dies.
///
/// Each result is on the disk (DIR/mutants.jsonl) before the next one counts: --resume goes on. Survivors that Yosys proves
/// to be equivalent (--prove), or that testbench/mutants.waivers.json argues to be, do not count.
/// DIR/report.md and DIR/report.html list all, DIR/summary.json is for scripts. Exit status 1: less than --score are killed.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  ipsec-cosim mutate --seed 1 --count 400 --jobs 2 --out out/mutate\n  \
    ipsec-cosim mutate --module sa_lookup --count 50 --out out/mutate-lookup\n  \
    ipsec-cosim mutate --resume --prove 60 --out out/mutate"
)]
pub struct Arguments {
    /// Mutants to draw
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=10000))]
    count: u32,
    /// Seed of the draw; drawn and printed itself if not given
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Only mutants of this module; repeatable
    #[arg(long, value_name = "NAME")]
    module: Vec<String>,
    /// Folder of the RTL, with ipsec_offload.f
    #[arg(long, value_name = "DIR")]
    rtl: Option<PathBuf>,
    /// Device parameters, as 16x4,16x1: each mutant runs the plan of the first, then that of the next
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "16x4"
    )]
    configs: Vec<DeviceConfig>,
    /// Seed of the regression
    #[arg(long, value_name = "N", default_value_t = 1)]
    regress_seed: u64,
    /// Processor time that a mutant may take, in seconds; with --again the survivors may have more [default: 60]
    #[arg(long, value_name = "SECONDS")]
    limit: Option<f64>,
    /// Mutants at a time; as many as there are processors if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Let Yosys try so many seconds to prove a survivor equivalent; 0: not at all
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    prove: u64,
    /// Killed mutants, of those that are not equivalent, that are enough, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 97.0)]
    score: f64,
    /// Folder for the results; made if it is not there
    #[arg(long, value_name = "DIR", default_value = "out/mutate")]
    out: PathBuf,
    /// Target folder of Cargo [default: DIR/target]
    #[arg(long, value_name = "DIR")]
    target: Option<PathBuf>,
    /// Go on with the campaign in --out, as it was started
    #[arg(long)]
    resume: bool,
    /// Run the survivors of the campaign in --out again, with the tests as they are now
    #[arg(long, conflicts_with = "resume")]
    again: bool,
    /// Other arguments for equivalence than testbench/mutants.waivers.json
    #[arg(long, value_name = "FILE")]
    waivers: Option<PathBuf>,
    /// Print what there is to draw from, and run nothing
    #[arg(long)]
    list: bool,
    /// Print the outcome as JSON
    #[arg(long)]
    json: bool,
    /// A program with the mutants that is built already
    #[arg(long, value_name = "FILE", hide = true)]
    program: Option<PathBuf>,
    /// Runs the regression on the mutant that the environment selects
    #[arg(long, value_name = "FILE", hide = true)]
    trial: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Bad usage, missing tools, files that cannot be read or written.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    if let Some(file) = &arguments.trial {
        return regress::trial(file);
    }
    if let Some(limit) = arguments.limit
        && !(1.0..=86400.0).contains(&limit)
    {
        return Err(Error::Usage(format!(
            "--limit {limit}: expected 1 to 86400 seconds"
        )));
    }
    let start = Instant::now();
    let rtl = arguments.rtl.clone();
    let rtl = rtl.unwrap_or_else(|| tools::workspace().join("rtl"));
    let names = syntax::file_list(&rtl.join(LIST))?;
    let sources = syntax::parse(&rtl, &names)?;
    let waivers = Waivers::load(arguments.waivers.as_deref())?;
    let place = Place {
        rtl,
        copy: arguments.out.join("rtl"),
        sources,
    };
    let (mut store, mut found) = if arguments.resume || arguments.again {
        place.resume(arguments)?
    } else {
        let all = chosen(
            sites::all(&place.sources),
            &arguments.module,
            &place.sources,
        )?;
        if arguments.list {
            list(&all);
            return Ok(0);
        }
        place.start(arguments, all)?
    };
    if arguments.again {
        found.header.seconds = arguments.limit.unwrap_or(found.header.seconds);
        // What was argued to be equivalent stays so.
        let mutants = &found.header.mutants;
        let argued = |number: &u32| {
            let mutant = mutants.iter().find(|mutant| mutant.number == *number);
            mutant.is_some_and(|mutant| waivers.reason(mutant, &place.sources).is_some())
        };
        found
            .outcomes
            .retain(|number, outcome| outcome.killed.is_some() || argued(number));
        found.baseline.clear();
    }
    limits::catch_interrupts();
    let done = place.campaign(arguments, &mut store, &mut found);
    // Whatever happened: what there is, is shown.
    let seconds = found.seconds + start.elapsed().as_secs_f64();
    let summary = Summary::new(&found, &waivers, &place.sources, seconds);
    summary.write(&arguments.out)?;
    let left = summary.missing;
    if let Err(error) = done {
        eprintln!(
            "the results of {} mutants are in {}, --resume goes on",
            summary.total.run,
            arguments.out.join(store::FILE).display()
        );
        return Err(error);
    }
    store.finish(start.elapsed().as_secs_f64())?;
    print(arguments, &summary);
    Ok(u8::from(left > 0 || summary.score < arguments.score))
}

/// Only those of the modules.
fn chosen(all: Vec<Mutant>, modules: &[String], sources: &[Source]) -> Result<Vec<Mutant>, Error> {
    let known: BTreeSet<&str> = all.iter().map(|mutant| mutant.module.as_str()).collect();
    for module in modules {
        if !known.contains(module.as_str()) {
            let known: Vec<_> = known.into_iter().collect();
            return Err(Error::Usage(format!(
                "--module {module}: no such module with anything to change, expected one of {}",
                known.join(", ")
            )));
        }
    }
    let all: Vec<_> = all
        .into_iter()
        .filter(|mutant| modules.is_empty() || modules.contains(&mutant.module))
        .collect();
    if all.is_empty() {
        return Err(Error::Usage(format!(
            "there is nothing to change in the {} files of {LIST}",
            sources.len()
        )));
    }
    Ok(all)
}

fn list(all: &[Mutant]) {
    for m in all {
        let mutated = if m.mutated.is_empty() {
            "(dropped)"
        } else {
            &m.mutated
        };
        outln!(
            "{} {} {}: {} -> {mutated}",
            m.place(),
            m.module,
            m.operator,
            m.original
        );
    }
    for (operator, count) in sites::by_operator(all) {
        eprintln!("{operator}: {count}");
    }
    eprintln!("{} mutants", all.len());
}

/// Where the RTL is and where it goes.
struct Place {
    rtl: PathBuf,
    copy: PathBuf,
    sources: Vec<Source>,
}

impl Place {
    /// What of the RTL a campaign depends on, as a number.
    fn digest(&self) -> String {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for source in &self.sources {
            for byte in source.name.bytes().chain(source.text.bytes()) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        format!("{hash:016x}")
    }

    fn start(&self, arguments: &Arguments, all: Vec<Mutant>) -> Result<(Store, Read), Error> {
        tools::verilator()?;
        output_folder(&arguments.out)?;
        let seed = seed_or_draw(arguments.seed);
        let urn = Urn::new(all, seed);
        eprintln!(
            "seed {seed}: {} of {} mutants are drawn",
            arguments.count,
            urn.len()
        );
        let drawn = build::draw(
            &urn,
            arguments.count as usize,
            &self.sources,
            (&self.rtl, &self.copy, LIST),
            &arguments.configs,
        )?;
        eprintln!(
            "{} were no SystemVerilog and were replaced",
            drawn.dropped.len()
        );
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let header = Header {
            version: store::VERSION,
            revision: revision::current(),
            rtl: self.digest(),
            seed,
            regress_seed: arguments.regress_seed,
            modules: arguments.module.clone(),
            configs: arguments.configs.iter().map(ToString::to_string).collect(),
            seconds: arguments.limit.unwrap_or(60.0),
            candidates: urn.len(),
            dropped: drawn.dropped.len(),
            mutants: drawn.mutants,
            started: now.map_or(0, |now| now.as_secs()),
        };
        drop(Store::create(&arguments.out, &header)?);
        Store::resume(&arguments.out)
    }

    fn resume(&self, arguments: &Arguments) -> Result<(Store, Read), Error> {
        let (store, found) = Store::resume(&arguments.out)?;
        for complaint in &found.complaints {
            eprintln!("{complaint}");
        }
        let differs = |what: &str| {
            Err(Error::Usage(format!(
                "the campaign in {} was started with {what}: start another one in another folder",
                arguments.out.display()
            )))
        };
        let header = &found.header;
        if header.rtl != self.digest() {
            return differs("other RTL");
        }
        if arguments.seed.is_some_and(|seed| seed != header.seed) {
            return differs(&format!("--seed {}", header.seed));
        }
        if !arguments.module.is_empty() && arguments.module != header.modules {
            return differs("other modules");
        }
        let now = revision::current();
        if arguments.limit.is_some_and(|limit| limit != header.seconds) && !arguments.again {
            return differs(&format!("--limit {}", header.seconds));
        }
        if !arguments.again && header.revision != now {
            return differs(&format!("revision {}, this is {now}", header.revision));
        }
        if !self.copy.join(LIST).is_file() {
            copy::write(&self.rtl, &self.copy, LIST, &self.sources, &header.mutants)?;
        }
        Ok((store, found))
    }

    fn campaign(
        &self,
        arguments: &Arguments,
        store: &mut Store,
        found: &mut Read,
    ) -> Result<(), Error> {
        let out = &arguments.out;
        let todo: VecDeque<u32> = found
            .header
            .mutants
            .iter()
            .map(|mutant| mutant.number)
            .filter(|number| !found.outcomes.contains_key(number))
            .collect();
        if !todo.is_empty() {
            let configs = found.header.configs.iter().map(|text| {
                text.parse::<DeviceConfig>()
                    .map_err(|_| Error::Usage(format!("the campaign has a configuration '{text}'")))
            });
            let configs = configs.collect::<Result<Vec<_>, _>>()?;
            let program = match &arguments.program {
                Some(program) => program.clone(),
                None => build(arguments, &self.copy, &configs)?,
            };
            limits::cut_if_interrupted_here()?;
            if found.baseline.is_empty() {
                baseline(&program, out, store, found)?;
            }
            trials(arguments, &program, todo, store, found)?;
        }
        if arguments.prove > 0 {
            self.proofs(arguments, store, found)?;
        }
        Ok(())
    }

    fn proofs(
        &self,
        arguments: &Arguments,
        store: &mut Store,
        found: &mut Read,
    ) -> Result<(), Error> {
        let config = arguments.configs.first().copied().unwrap_or_default();
        let open = |m: &&Mutant| {
            let outcome = found.outcomes.get(&m.number);
            outcome.is_some_and(|o| o.killed.is_none()) && !found.proofs.contains_key(&m.number)
        };
        let survivors: Vec<_> = found.header.mutants.iter().filter(open).cloned().collect();
        let progress = Progress::new("prove", survivors.len() as u64, "survivors");
        for (k, mutant) in survivors.iter().enumerate() {
            limits::cut_if_interrupted_here()?;
            let limit = Duration::from_secs(arguments.prove);
            let rtl = (self.rtl.as_path(), LIST);
            let scratch = arguments.out.join("prove");
            let (proved, said) = prove::prove(mutant, &self.sources, rtl, config, &scratch, limit)?;
            store.proof(mutant.number, proved, &said)?;
            progress.set(k as u64 + 1, || format!("{} of {}", k + 1, survivors.len()));
            progress.line(&format!("{} ({}): {said}", mutant.number, mutant.place()));
            found.proofs.insert(mutant.number, (proved, said));
        }
        progress.finish();
        Ok(())
    }
}

fn build(arguments: &Arguments, rtl: &Path, configs: &[DeviceConfig]) -> Result<PathBuf, Error> {
    let out = &arguments.out;
    let target = arguments.target.clone();
    let target = target.unwrap_or_else(|| out.join("target"));
    let log = out.join("build.log");
    eprintln!("building the program with the mutants ({})", log.display());
    let start = Instant::now();
    let program = build::program(out, rtl, configs, &target)?;
    let seconds = start.elapsed().as_secs_f64();
    eprintln!("built in {}", limits::in_words(seconds));
    Ok(program)
}

fn write_task(path: &Path, task: &Task) -> Result<(), Error> {
    let text = serde_json::to_string(task).unwrap_or_default();
    std::fs::write(path, text).map_err(|e| Error::write(path, &e))
}

/// Runs all scenarios without a mutant: all must be good, and their lengths make the order.
fn baseline(program: &Path, out: &Path, store: &mut Store, found: &mut Read) -> Result<(), Error> {
    eprintln!("running the plan without a mutant");
    let path = out.join("task.json");
    let task = Task {
        configs: found.header.configs.clone(),
        seed: found.header.regress_seed,
        tests: Vec::new(),
        seconds: 3600.0,
    };
    write_task(&path, &task)?;
    let Some(mut ran) = trial::run(program, &path, task.seconds, 0)? else {
        return Err(Error::Interrupted);
    };
    if let Some((scenario, how, said)) = ran.killed {
        return Err(Error::Usage(format!(
            "the regression fails without a mutant ({scenario}, {how}): {said}"
        )));
    }
    eprintln!(
        "{} scenarios, {} clocks, {:.0} s of processor time",
        ran.good.len(),
        ran.clocks,
        ran.seconds
    );
    // One configuration after the other, in each the shortest first.
    let rank = |config: &String| task.configs.iter().position(|one| one == config);
    ran.good
        .sort_by_key(|test| (rank(&test.config), test.clocks, test.name.clone()));
    store.baseline(&ran.good)?;
    found.baseline = ran.good;
    Ok(())
}

fn trials(
    arguments: &Arguments,
    program: &Path,
    todo: VecDeque<u32>,
    store: &mut Store,
    found: &mut Read,
) -> Result<(), Error> {
    let path = arguments.out.join("task.json");
    let limit = found.header.seconds;
    write_task(
        &path,
        &Task {
            configs: found.header.configs.clone(),
            seed: found.header.regress_seed,
            tests: found
                .baseline
                .iter()
                .map(|test| test.name.clone())
                .collect(),
            seconds: limit,
        },
    )?;
    let threads = arguments.jobs.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from),
        usize::from,
    );
    let total = todo.len();
    let progress = Progress::new("mutate", total as u64, "mutants");
    let mutants = found.header.mutants.clone();
    let line = Mutex::new(todo);
    let kept = Mutex::new((store, found, None::<Error>, 0_usize, 0_usize));
    let start = Instant::now();
    let work = || {
        loop {
            if limits::interrupted() {
                return;
            }
            let Some(number) = line.lock().ok().and_then(|mut line| line.pop_front()) else {
                return;
            };
            let ran = tried(program, &path, limit, number);
            let Ok(mut kept) = kept.lock() else { return };
            let (store, found, stopped, done, alive) = &mut *kept;
            if stopped.is_some() {
                return;
            }
            let added = ran.and_then(|ran| {
                let outcome = outcome(number, ran);
                store.add(&outcome).map(|()| outcome)
            });
            match added {
                Ok(outcome) => {
                    *done += 1;
                    if outcome.killed.is_none() {
                        *alive += 1;
                        if let Some(m) = mutants.iter().find(|m| m.number == number) {
                            progress.line(&format!(
                                "SURVIVES {number} {} {}: {} -> {}",
                                m.place(),
                                m.operator,
                                m.original,
                                m.mutated
                            ));
                        }
                    }
                    found.outcomes.insert(number, outcome);
                    progress.set(*done as u64, || {
                        let seconds = start.elapsed().as_secs_f64();
                        let left = seconds / *done as f64 * (total - *done) as f64;
                        format!(
                            "{done} of {total}, {alive} survive, {} left",
                            limits::in_words(left)
                        )
                    });
                }
                Err(Error::Interrupted) => return,
                Err(error) => {
                    *stopped = Some(error);
                    return;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    progress.finish();
    let stopped = kept.into_inner().ok().and_then(|kept| kept.2);
    match stopped {
        Some(error) => Err(error),
        None => limits::cut_if_interrupted_here(),
    }
}

/// A trial; one that was ended from outside is run again.
fn tried(program: &Path, task: &Path, limit: f64, number: u32) -> Result<Ran, Error> {
    for _ in 0..3 {
        if let Some(ran) = trial::run(program, task, limit, number)? {
            return Ok(ran);
        }
        limits::cut_if_interrupted_here()?;
    }
    Err(Error::Usage(format!(
        "the trial of mutant {number} is ended from outside each time"
    )))
}

fn outcome(number: u32, ran: Ran) -> Outcome {
    Outcome {
        number,
        scenarios: ran.good.len() + usize::from(ran.killed.is_some()),
        killed: ran.killed.map(|(scenario, how, message)| Kill {
            how,
            scenario,
            message,
        }),
        clocks: ran.clocks,
        seconds: ran.seconds,
        limited: ran.limited,
    }
}

fn print(arguments: &Arguments, summary: &Summary) {
    if arguments.json {
        outln!("{}", serde_json::to_string(summary).unwrap_or_default());
        return;
    }
    for row in summary.survivors() {
        let m = &row.mutant;
        let mutated = if m.mutated.is_empty() {
            "(dropped)"
        } else {
            &m.mutated
        };
        outln!(
            "survives: {} {} {}: {} -> {mutated}",
            m.number,
            m.place(),
            m.operator,
            m.original
        );
    }
    outln!("{}", summary.headline());
    outln!("results in {}", arguments.out.display());
}
