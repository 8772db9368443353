//! Runs the fuzz targets (`fuzz/`) with cargo-fuzz.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};

use crate::{
    guests::{self, Library},
    install::{Installing, Need},
    shell::{self, cargo, succeeds, workspace},
};

/// A target of the fuzzer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Files that are published.
    Upload,
    /// Outputs of decoders, before they are read.
    Output,
    /// Frames from the air.
    Frames,
    /// Payloads in the formats that the SDK reads.
    Families,
}

impl Target {
    const ALL: [Self; 4] = [Self::Upload, Self::Output, Self::Frames, Self::Families];

    fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Output => "output",
            Self::Frames => "frames",
            Self::Families => "families",
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match Self::ALL.into_iter().find(|target| target.name() == name) {
            Some(target) => Ok(target),
            None => bail!("it is upload, output, frames or families"),
        }
    }
}

/// Runs one target, or all, for some time each; fails where something is found.
pub(crate) fn run(installing: Installing, seconds: u32, target: Option<Target>) -> Result<()> {
    guests::build(installing, Library::Attacked)?;
    if !succeeds(cargo().args(["fuzz", "--version"])) {
        installing.require(&Need {
            what: "cargo-fuzz",
            why: "it builds the fuzz targets and runs them",
            command: "cargo install --locked cargo-fuzz",
        })?;
        shell::run(cargo().args(["install", "--locked", "cargo-fuzz"]))
            .context("cargo-fuzz is needed, and cannot be installed")?;
    }
    let seeds = workspace().join("fuzz/seeds");
    shell::run(
        cargo()
            .args(["run", "--quiet", "--package", "champollion-attacks", "--", "seeds"])
            .arg(&seeds),
    )?;
    let targets = target.map_or(Target::ALL.to_vec(), |target| vec![target]);
    for target in targets {
        let name = target.name();
        let corpus = workspace().join("fuzz/corpus").join(name);
        std::fs::create_dir_all(&corpus)?;
        // Not every target has something to start from.
        std::fs::create_dir_all(seeds.join(name))?;
        shell::run(
            cargo()
                .args(["fuzz", "run", "--fuzz-dir", "fuzz"])
                // Without a sanitizer: what is looked for are panics and broken promises, and the code
                // is safe Rust but for one call. It is also three times as fast.
                .args(["--sanitizer", "none"])
                .arg(name)
                .arg(&corpus)
                .arg(seeds.join(name))
                .arg("--")
                .arg(format!("-max_total_time={seconds}"))
                // The flags that count which code is reached are not those of a release.
                .env("RUSTC_BOOTSTRAP", "1"),
        )?;
    }
    Ok(())
}
