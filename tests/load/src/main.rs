//! Plays frames into the real server: the recorded fleet of the demo, load that is measured, and torture.
//!
//! `cargo xtask demo | bench | torture` builds this program and what it is given, and starts it.

#![forbid(unsafe_code)]

mod bench;
mod client;
mod demo;
mod fleet;
mod meters;
mod request;
mod server;
mod torture;

use clap::{Parser, Subcommand};

use self::server::Setup;

/// Plays frames into the real server
#[derive(Parser)]
#[command(name = "champollion-load")]
struct Cli {
    #[command(flatten)]
    setup: Setup,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play the frames of a small fleet, and show what comes out
    Demo {
        /// End after that, with exit code 0 only if every frame came out right
        #[arg(long)]
        once: bool,
    },
    /// Measure how many frames are taken, and how long each takes
    Ingest {
        /// Measure for a shorter time
        #[arg(long)]
        quick: bool,
    },
    /// Measure how many records leave, and how long each is under way
    Delivery {
        /// Measure for a shorter time
        #[arg(long)]
        quick: bool,
    },
    /// Kill the server again and again under load, and see that nothing is lost
    Torture {
        /// How long
        #[arg(long, value_name = "N", default_value_t = 2)]
        minutes: u32,
        /// Choose everything that is left to chance as a run before did
        #[arg(long)]
        seed: Option<u64>,
    },
}

fn main() -> anyhow::Result<()> {
    let Cli { setup, command } = Cli::parse();
    match command {
        Command::Demo { once } => demo::demo(&setup, once),
        Command::Ingest { quick } => bench::ingest(&setup, quick),
        Command::Delivery { quick } => bench::delivery(&setup, quick),
        Command::Torture { minutes, seed } => torture::run(&setup, minutes, seed),
    }
}

/// Says what is done.
#[expect(clippy::print_stdout, reason = "this is a command line program")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
