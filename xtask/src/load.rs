//! Builds the program that plays frames into the server (`tests/load`), and runs it.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::{
    server,
    shell::{cargo, command, run, target},
};

/// Its name.
const PROGRAM: &str = "champollion-load";

/// The name of the server, which is built with it.
const SERVER: &str = "champollion";

/// Plays the recorded fleet.
pub(crate) fn demo(packages: &Path, once: bool) -> Result<()> {
    let mut demo = build(&server::binary("debug", SERVER), packages, "demo")?;
    demo.arg("demo");
    if once {
        demo.arg("--once");
    }
    run(&mut demo)
}

/// Kills the server again and again under load.
pub(crate) fn torture(packages: &Path, minutes: u32, seed: Option<u64>) -> Result<()> {
    let mut torture = build(&server::binary("debug", SERVER), packages, "torture")?;
    torture.args(["torture", "--minutes", &minutes.to_string()]);
    if let Some(seed) = seed {
        torture.args(["--seed", &seed.to_string()]);
    }
    run(&mut torture)
}

/// Measures the server as it is released: `ingest` or `delivery`.
pub(crate) fn measure(packages: &Path, what: &str, quick: bool) -> Result<()> {
    let champollion = server::build_release()?;
    let mut measure = build(&champollion, packages, &format!("bench-{what}"))?;
    measure.arg(what);
    if quick {
        measure.arg("--quick");
    }
    run(&mut measure)
}

/// Builds the program, to be given a command; the server that it starts keeps its data in a folder of this
/// name.
fn build(champollion: &Path, packages: &Path, folder: &str) -> Result<Command> {
    // As the server is built for tests, so that all that they share is compiled once.
    run(cargo().args(["build-server", "--bin", PROGRAM]))?;
    let mut program = command(server::binary("debug", PROGRAM));
    program.arg("--champollion").arg(champollion);
    program.arg("--packages").arg(packages).arg("--folder").arg(target().join(folder));
    Ok(program)
}
