//! Builds the program that plays frames into the server (`tests/load`), and runs it.

use std::{
    path::Path,
    process::Command,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;

use crate::{
    server,
    shell::{cargo, command, run, say, target, workspace},
};

/// The name of the program.
const PROGRAM: &str = "champollion-load";

/// Nodes that are tortured by default.
pub(crate) const NODES: usize = 3;

/// The place where a server that is tortured keeps its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Store {
    /// A folder, as by default.
    Sled,
    /// A PostgreSQL that several nodes share.
    Postgres,
}

/// The database of nodes that are tortured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standby {
    /// A primary and a synchronous standby, kept by Patroni.
    Kept,
    /// One PostgreSQL without a standby.
    Missing,
}

impl FromStr for Store {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "sled" => Ok(Self::Sled),
            "postgres" => Ok(Self::Postgres),
            _ => Err(format!("there is no store {name:?}: there are sled and postgres")),
        }
    }
}

/// Plays the recorded fleet, on one server or on several nodes.
pub(crate) fn demo(packages: &Path, once: bool, nodes: Option<u32>) -> Result<()> {
    let mut demo = build("demo", &server::built(), packages, "demo")?;
    if once {
        demo.arg("--once");
    }
    if let Some(nodes) = nodes {
        demo.args(["--nodes", &nodes.to_string()]);
    }
    run(&mut demo)
}

/// Kills the server again and again under load.
pub(crate) fn torture(packages: &Path, minutes: u32, seed: Option<u64>) -> Result<()> {
    let mut torture = build("torture", &server::built(), packages, "torture")?;
    torture.args(["--minutes", &minutes.to_string()]);
    if let Some(seed) = seed {
        torture.args(["--seed", &seed.to_string()]);
    }
    run(&mut torture)
}

/// Kills nodes, and the database that they share, again and again under load.
pub(crate) fn torture_nodes(
    packages: &Path,
    nodes: usize,
    (minutes, seed): (u32, Option<u64>),
    standby: Standby,
) -> Result<()> {
    let server = server::built();
    let mut torture = build("torture", &server, packages, "torture-nodes")?;
    torture.args(["--minutes", &minutes.to_string(), "--nodes", &nodes.to_string()]);
    if standby == Standby::Kept {
        torture.arg("--standby");
    }
    if let Some(seed) = seed {
        torture.args(["--seed", &seed.to_string()]);
    }
    run(&mut torture)
}

/// Makes pictures of every page.
pub(crate) fn pages(packages: &Path, out: &Path) -> Result<()> {
    let mut pages = build("pages", &server::built(), packages, "pages-server")?;
    let out = workspace().join(out);
    pages.arg("--modules").arg(target().join("npm/node_modules")).arg("--out").arg(&out);
    run(&mut pages)?;
    say(format_args!("The pictures are in {}", out.display()));
    Ok(())
}

/// Measures the server as it is released, by one of the measurements of the program.
pub(crate) fn measure(packages: &Path, what: &str, arguments: &[String]) -> Result<()> {
    let champollion = server::build_release()?;
    let mut measure = build(what, &champollion, packages, &format!("bench-{what}"))?;
    run(measure.args(arguments))
}

/// Prints what benchmarks have measured since a moment.
pub(crate) fn figures(since: SystemTime) -> Result<()> {
    let since = since.duration_since(UNIX_EPOCH)?.as_millis();
    let mut figures = program()?;
    figures.arg("figures").arg("--target").arg(target());
    run(figures.args(["--since", &since.to_string()]))
}

/// Builds the program, to be told more about a command that starts the server, which keeps its data in a
/// folder of this name.
fn build(what: &str, champollion: &Path, packages: &Path, folder: &str) -> Result<Command> {
    let mut program = program()?;
    program.arg(what).arg("--champollion").arg(champollion);
    program.arg("--packages").arg(packages).arg("--folder").arg(target().join(folder));
    Ok(program)
}

fn program() -> Result<Command> {
    // As the server is built for tests, so that all that they share is compiled once.
    run(cargo().args(["build-server", "--bin", PROGRAM]))?;
    Ok(command(server::binary("debug", PROGRAM)))
}
