//! Makes the packages that are handed out, of a binary and the library of decoders.

use std::{env, path::PathBuf};

use anyhow::{Context, Result};

use crate::{
    flags::Package,
    guests::{self, Library},
    install::Installing,
    server,
    shell::{cargo, command, run, target, workspace},
};

/// The program that makes them (`packaging`).
const PROGRAM: &str = "champollion-packaging";

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
    let folder = match &wanted.out {
        Some(folder) => workspace().join(folder),
        None => target().join("package"),
    };
    // As the server is built for tests, so that all that they share is compiled once: with a date of its own, all C
    // would be compiled anew, and all that depends on it.
    run(cargo().args(["build-server", "--bin", PROGRAM]).env_remove(DATE))?;
    let mut program = command(server::binary("debug", PROGRAM));
    program.arg("--binary").arg(binary).arg("--library").arg(library);
    program.arg("--sources").arg(workspace()).args(["--moment", &moment()?.to_string()]);
    run(program.arg("--out").arg(folder))
}

fn build(profile: &str) -> Result<PathBuf> {
    run(cargo().args(["build", "--package", "champollion-cli", "--profile", profile]))?;
    Ok(server::binary(profile, "champollion"))
}

/// The moment of the sources in seconds: of the variable that builders set, or of the last commit.
fn moment() -> Result<i64> {
    let seconds = match env::var(DATE) {
        Ok(seconds) => seconds,
        Err(_) => committed()?,
    };
    seconds.trim().parse().with_context(|| format!("{DATE} is no number"))
}

fn committed() -> Result<String> {
    let output = command("git").args(["log", "-1", "--format=%ct"]).output();
    let output = output.context("`git` cannot be started")?;
    let text = String::from_utf8(output.stdout)?;
    let is_there = output.status.success() && !text.trim().is_empty();
    is_there.then_some(text).with_context(|| format!("no commit has a date: set {DATE}"))
}
