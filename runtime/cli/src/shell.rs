//! `champollion completions` and `champollion man`: what shells and `man` know of the command line, made of
//! the same definitions as `--help`.

use std::{io, path::PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use super::{Failure, output};

/// Completions of the command line for a shell.
#[derive(Args)]
pub(super) struct Completions {
    /// Shell to print them for
    shell: Shell,
}

/// Manual pages of the command line.
#[derive(Args)]
pub(super) struct Man {
    /// Folder to write a page for each command into
    #[arg(long, value_name = "DIR", default_value = "man")]
    out: PathBuf,
}

impl Completions {
    pub(super) fn run(&self, mut command: Command) -> Result<(), Failure> {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        output::script(&script)
    }
}

impl Man {
    pub(super) fn run(&self, command: Command) -> Result<(), Failure> {
        let failed = |error: io::Error| {
            Failure::new(format!("the pages cannot be written to {}", self.out.display()), error)
        };
        std::fs::create_dir_all(&self.out).map_err(failed)?;
        clap_mangen::generate_to(command, &self.out).map_err(failed)?;
        output::line(format_args!("wrote the manual pages to {}", self.out.display()));
        Ok(())
    }
}
