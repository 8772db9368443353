//! The project's own commands. Each sets up what it needs and says what it does.

#![forbid(unsafe_code)]

mod bench;
mod client;
mod demo;
mod fleet;
mod guests;
mod server;
mod shell;
mod test;
mod toolchain;

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
    /// Build the script engine into target/engine and the first-party decoders into target/decoders
    Guests,
    /// Measure, and print a line `BENCH <name> <p50> <unit>` for each figure
    Bench {
        /// Fewer samples: a minute instead of ten
        #[arg(long)]
        quick: bool,
        /// Only benchmarks whose name contains this
        filter: Option<String>,
    },
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Demo { once } => demo::demo(once),
        Command::Test => test::run(),
        Command::Guests => guests::build().map(drop),
        Command::Bench { quick, filter } => bench::run(quick, filter.as_deref()),
    }
}
