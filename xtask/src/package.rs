//! Makes the packages that are handed out, of a binary and the library of decoders.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use champollion_packaging::{Made, Release};
use jiff::Timestamp;

use crate::{
    flags::Package,
    guests::{self, Library},
    install::Installing,
    server,
    shell::{cargo, command, run, say, target, workspace},
};

/// The profile of what is handed out.
const PROFILE: &str = "dist";

/// The variable by which builders say which date things have (reproducible-builds.org).
const DATE: &str = "SOURCE_DATE_EPOCH";

/// Makes the packages and says where they are, and how large.
pub(crate) fn write(installing: Installing, wanted: Package) -> Result<()> {
    let library = match (&wanted.library, &wanted.binary) {
        (Some(folder), _) => workspace().join(folder),
        (None, Some(_)) => target().join("decoders"),
        (None, None) => guests::build(installing, Library::Whole)?,
    };
    let binary = match &wanted.binary {
        Some(binary) => workspace().join(binary),
        None => build(wanted.profile.as_deref().unwrap_or(PROFILE))?,
    };
    let release = Release { binary, library, sources: workspace(), moment: moment()? };
    let folder = wanted.out.as_deref().unwrap_or(Path::new("package"));
    let folder =
        if wanted.out.is_some() { workspace().join(folder) } else { target().join(folder) };
    for made in release.write(&folder)? {
        tell(&made);
    }
    Ok(())
}

fn build(profile: &str) -> Result<PathBuf> {
    run(cargo().args(["build", "--package", "champollion-cli", "--profile", profile]))?;
    Ok(server::binary(profile, "champollion"))
}

/// The moment of the sources: of the variable that builders set, or of the last commit.
fn moment() -> Result<Timestamp> {
    let seconds = match env::var(DATE) {
        Ok(seconds) => seconds,
        Err(_) => committed()?,
    };
    let seconds = seconds.trim().parse().with_context(|| format!("{DATE} is no number"))?;
    Ok(Timestamp::from_second(seconds)?)
}

fn committed() -> Result<String> {
    let output = command("git").args(["log", "-1", "--format=%ct"]).output();
    let output = output.context("`git` cannot be started")?;
    let text = String::from_utf8(output.stdout)?;
    let is_there = output.status.success() && !text.trim().is_empty();
    is_there.then_some(text).with_context(|| format!("no commit has a date: set {DATE}"))
}

fn tell(made: &Made) {
    let megabytes = made.bytes as f64 / 1e6;
    say(format_args!("{}: {megabytes:.1} MB, sha256 {}", made.path.display(), made.digest));
}
