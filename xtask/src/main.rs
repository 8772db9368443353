//! The project's own commands. Each sets up what it needs and says what it does.

#![forbid(unsafe_code)]

mod attacks;
mod bench;
mod client;
mod debian;
mod demo;
mod fleet;
mod fuzz;
mod guests;
mod load;
mod npm;
mod pypi;
mod server;
mod shell;
mod test;
mod toolchain;
mod torture;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// The project's own commands
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything, start the server and play the frames of a small fleet through it
    Demo {
        /// End after that, with exit code 0 only if every frame came out right
        #[arg(long)]
        once: bool,
    },
    /// Run every test
    Test,
    /// Load the server with frames, kill it again and again, and see that nothing is lost
    Torture {
        /// How long
        #[arg(long, value_name = "N", default_value_t = 2)]
        minutes: u32,
        /// Choose everything that is left to chance as a run before did
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Build the script engine into target/engine and the first-party decoders into target/decoders
    Guests,
    /// Write the attack suite out, a file for each hostile decoder
    Attacks {
        /// Folder for the files
        #[arg(long, value_name = "DIR", default_value = "target/attacks")]
        out: PathBuf,
    },
    /// Feed the upload path and the output path of decoders with bytes until something breaks
    Fuzz {
        /// How long, for each target
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u32,
        /// Only this target: upload or output
        target: Option<fuzz::Target>,
    },
    /// Measure, and print a line `BENCH <name> <p50> <unit>` for each figure
    Bench {
        /// Fewer samples: a minute instead of ten
        #[arg(long)]
        quick: bool,
        /// Only benchmarks whose name contains this; `ingest` starts the real server and loads it,
        /// `store` fills the store and kills it
        filter: Option<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Demo { once } => demo::demo(once),
        Command::Test => test::run(),
        Command::Torture { minutes, seed } => torture::run(minutes, seed),
        Command::Guests => guests::build().map(drop),
        Command::Attacks { out } => attacks::write(&out),
        Command::Fuzz { seconds, target } => fuzz::run(seconds, target),
        Command::Bench { quick, filter } => bench::run(quick, filter.as_deref()),
    }
}
