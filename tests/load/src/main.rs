//! Plays frames into the real server: the recorded fleet of the demo, load that is measured, and torture.
//!
//! `cargo xtask demo | bench | torture` builds this program and what it is given, and starts it.

#![forbid(unsafe_code)]

mod bench;
mod client;
mod demo;
mod fleet;
mod meters;
mod nodes;
mod pages;
mod people;
mod request;
mod server;
mod torture;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use self::{pages::Pictures, server::Setup};

/// Plays frames into the real server
#[derive(Parser)]
#[command(name = "champollion-load")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play the frames of a small fleet, and show what comes out
    Demo {
        #[command(flatten)]
        setup: Setup,
        /// End after that, with exit code 0 only if every frame came out right
        #[arg(long)]
        once: bool,
        /// Number of nodes; more than one share a PostgreSQL, and frames come by each in turn
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        nodes: usize,
    },
    /// Measure how many frames are taken, and how long each takes
    Ingest {
        #[command(flatten)]
        setup: Setup,
        /// Measure for a shorter time
        #[arg(long)]
        quick: bool,
    },
    /// Measure how many records leave, and how long each is under way
    Delivery {
        #[command(flatten)]
        setup: Setup,
        /// Measure for a shorter time
        #[arg(long)]
        quick: bool,
    },
    /// Measure a million objects: their import, their memory, a start, a page of a list
    Objects {
        #[command(flatten)]
        setup: Setup,
        /// Measure a hundred thousand
        #[arg(long)]
        quick: bool,
    },
    /// Measure the pages of a catalogue of three thousand decoders
    Catalogue {
        #[command(flatten)]
        setup: Setup,
        /// Measure with three hundred
        #[arg(long)]
        quick: bool,
    },
    /// Measure a time at one rate of frames, and print each minute
    Soak {
        #[command(flatten)]
        setup: Setup,
        /// Length of the run in minutes [default: 60, and 1 with --quick]
        #[arg(long, value_name = "N")]
        minutes: Option<usize>,
        /// Frames in a second
        #[arg(long, value_name = "N", default_value_t = 8_400)]
        rate: usize,
        /// Measure for a minute
        #[arg(long)]
        quick: bool,
    },
    /// Measure a rule of alerts that a hundred thousand devices break at once
    Alerts {
        #[command(flatten)]
        setup: Setup,
        /// Measure with ten thousand
        #[arg(long)]
        quick: bool,
    },
    /// Measure a rehearsal over a day of a hundred thousand objects
    Rehearsal {
        #[command(flatten)]
        setup: Setup,
        /// Measure with ten thousand
        #[arg(long)]
        quick: bool,
    },
    /// Measure one, two and three nodes on a PostgreSQL, and the processor time of both
    Cluster {
        #[command(flatten)]
        setup: Setup,
        /// Measure for a shorter time
        #[arg(long)]
        quick: bool,
    },
    /// Measure how fast a million payloads of a file are decoded, beside Node.js
    Bulk {
        #[command(flatten)]
        setup: Setup,
        /// Measure with a hundred thousand
        #[arg(long)]
        quick: bool,
    },
    /// Make pictures of every page of a server with the demo's fleet
    Pages {
        #[command(flatten)]
        setup: Setup,
        #[command(flatten)]
        pictures: Pictures,
    },
    /// Kill the server again and again under load, and see that nothing is lost
    Torture {
        #[command(flatten)]
        setup: Setup,
        /// Length of the run in minutes
        #[arg(long, value_name = "N", default_value_t = 2)]
        minutes: u32,
        /// Choose everything that is left to chance as a run before did
        #[arg(long)]
        seed: Option<u64>,
        /// Number of nodes; more than one share a PostgreSQL, which is killed as well
        #[arg(long, value_name = "NUMBER", default_value_t = 1)]
        nodes: usize,
        /// Have Patroni keep a primary and a synchronous standby, which it promotes
        #[arg(long)]
        standby: bool,
        /// Have some of the groups lie in a further PostgreSQL, which is killed as well
        #[arg(long)]
        further: bool,
        /// Binary of the version before: nodes are exchanged between it and the newer one whenever they are killed
        #[arg(long, value_name = "FILE")]
        before: Option<PathBuf>,
    },
    /// Print what benchmarks have measured
    Figures {
        /// The folder that cargo builds into
        #[arg(long, value_name = "DIR")]
        target: PathBuf,
        /// Only what was measured since this moment, in milliseconds since 1970
        #[arg(long, value_name = "MS")]
        since: u64,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Demo { setup, once, nodes } => demo::demo(&setup, once, nodes),
        Command::Ingest { setup, quick } => bench::ingest(&setup, quick),
        Command::Delivery { setup, quick } => bench::delivery(&setup, quick),
        Command::Objects { setup, quick } => bench::objects(&setup, quick),
        Command::Catalogue { setup, quick } => bench::catalogue(&setup, quick),
        Command::Soak { setup, minutes, rate, quick } => {
            bench::soak(&setup, minutes.unwrap_or(if quick { 1 } else { 60 }), rate)
        }
        Command::Alerts { setup, quick } => bench::alerts(&setup, quick),
        Command::Rehearsal { setup, quick } => bench::rehearsal(&setup, quick),
        Command::Bulk { setup, quick } => bench::bulk(&setup, quick),
        Command::Cluster { setup, quick } => bench::cluster(&setup, quick),
        Command::Pages { setup, pictures } => pages::pages(&setup, &pictures),
        Command::Torture { setup, minutes, seed, nodes: 1, .. } => {
            torture::run(&setup, minutes, seed)
        }
        Command::Torture { setup, minutes, seed, nodes, standby, further, before } => {
            torture::nodes::run(&torture::nodes::Run {
                setup: &setup,
                minutes,
                seed: torture::chosen(seed),
                nodes,
                has_standby: standby,
                has_further: further,
                before: before.as_deref(),
            })
        }
        Command::Figures { target, since } => bench::figures(since, &target),
    }
}

/// Says what is done.
#[expect(clippy::print_stdout, reason = "this is a command line program")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
