//! The project's own commands. Each sets up what it needs and says what it does.

#![forbid(unsafe_code)]

mod attacks;
mod bench;
mod debian;
mod fuzz;
mod guests;
mod install;
mod load;
mod npm;
mod pypi;
mod server;
mod shell;
mod test;
mod toolchain;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use self::install::Installing;

/// The project's own commands
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    /// Install nothing: say what is missing and how to install it, and leave out what needs it
    #[arg(long, global = true)]
    no_install: bool,
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
    let Cli { no_install, command } = Cli::parse();
    let installing = if no_install { Installing::Forbidden } else { Installing::Allowed };
    match command {
        Command::Demo { once } => load::demo(&guests::build(installing)?, once),
        Command::Test => test::run(installing),
        Command::Torture { minutes, seed } => {
            load::torture(&guests::build(installing)?, minutes, seed)
        }
        Command::Guests => guests::build(installing).map(drop),
        Command::Attacks { out } => attacks::write(installing, &out),
        Command::Fuzz { seconds, target } => fuzz::run(installing, seconds, target),
        Command::Bench { quick, filter } => bench::run(installing, quick, filter.as_deref()),
    }
}
