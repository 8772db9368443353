//! Builds the program that plays frames into the server (`tests/load`), and runs it.

use std::{
    fs,
    path::Path,
    process::Command,
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, bail, ensure};

use crate::{
    server,
    shell::{cargo, command, run, say, target, watch, workspace},
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

/// The feature by which a server can have bugs.
const BUGS: &str = "champollion-store/torture-bugs";

/// The variable that names the bug of a server that was built so.
const BUG: &str = "TORTURE_BUG";

/// The folder of that server, which nothing else starts.
const BUGGY: &str = "torture-bugs";

/// The beginning of the lines in which a run of torture says what was not as it was promised.
const VIOLATION: &str = "violation: ";

/// A bug that nodes have on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// The rows that a batch is based on are not compared.
    CompareAndSet,
    /// The epoch of the lead is not compared.
    LeaseEpoch,
    /// Entries are numbered without their log being locked until they are committed.
    LogLock,
}

impl Bug {
    const ALL: [Self; 3] = [Self::CompareAndSet, Self::LeaseEpoch, Self::LogLock];

    /// The name, as the server knows it.
    const fn name(self) -> &'static str {
        match self {
            Self::CompareAndSet => "compare-and-set",
            Self::LeaseEpoch => "lease-epoch",
            Self::LogLock => "log-lock",
        }
    }
}

impl FromStr for Bug {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|bug| bug.name() == name);
        found.ok_or_else(|| {
            format!("there is no bug {name:?}: there are {}", Self::ALL.map(Self::name).join(", "))
        })
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

/// A run of torture of several nodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodesRun<'of> {
    pub(crate) nodes: usize,
    pub(crate) minutes: u32,
    pub(crate) seed: Option<u64>,
    pub(crate) standby: Standby,
    /// Whether some of the groups lie in a further database.
    pub(crate) has_further: bool,
    /// The binary of the version before, where nodes are exchanged between the two.
    pub(crate) before: Option<&'of Path>,
}

impl NodesRun<'_> {
    fn command(self, packages: &Path, server: &Path) -> Result<Command> {
        let mut torture = build("torture", server, packages, "torture-nodes")?;
        torture.args(["--minutes", &self.minutes.to_string(), "--nodes", &self.nodes.to_string()]);
        if self.standby == Standby::Kept {
            torture.arg("--standby");
        }
        if self.has_further {
            torture.arg("--further");
        }
        if let Some(before) = self.before {
            torture.arg("--before").arg(before);
        }
        if let Some(seed) = self.seed {
            torture.args(["--seed", &seed.to_string()]);
        }
        Ok(torture)
    }
}

/// Kills nodes, and the database that they share, again and again under load.
pub(crate) fn torture_nodes(packages: &Path, wanted: NodesRun<'_>) -> Result<()> {
    run(&mut wanted.command(packages, &server::built())?)
}

/// Tortures nodes that have a bug on purpose, and fails where the run finds nothing wrong with them.
pub(crate) fn torture_bug(packages: &Path, wanted: NodesRun<'_>, bug: Bug) -> Result<()> {
    run(cargo().args(["build-server", "--features", BUGS]))?;
    let (folder, name) = (target().join(BUGGY), bug.name());
    fs::create_dir_all(&folder)?;
    let built = server::built();
    let server = folder.join(built.file_name().unwrap_or_default());
    fs::copy(&built, &server)?;
    // This builds the server without it again, for all others.
    let mut torture = wanted.command(packages, &server)?;
    let (status, lines) = watch(torture.env(BUG, name))?;
    ensure!(!status.success(), "the run finds nothing wrong with nodes that have the bug {name}");
    let found: Vec<&String> = lines.iter().filter(|line| line.starts_with(VIOLATION)).collect();
    let Some(first) = found.first() else {
        bail!("the run failed, and did not say what nodes with the bug {name} do wrong");
    };
    say(format_args!(
        "torture: the bug {name} is found: {} violations, first {first}",
        found.len()
    ));
    Ok(())
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
