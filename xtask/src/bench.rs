//! Runs the benchmarks and prints what they measured.

use std::time::SystemTime;

use anyhow::Result;

use crate::{
    guests::{self, Library},
    install::Installing,
    load, npm,
    shell::{cargo, run as run_command},
};

/// Criterion's settings for a quick look: figures within a few percent, in a minute.
const QUICK: [&str; 6] =
    ["--warm-up-time", "0.5", "--measurement-time", "2", "--sample-size", "50"];

/// The figures that are measured with the real server and not by criterion: frames that are taken, records that leave, a
/// million objects, the pages of three thousand decoders, nodes on a PostgreSQL.
const OF_SERVER: [&str; 5] = ["ingest", "delivery", "objects", "catalogue", "cluster"];

/// The figures that are measured by a program of its own, which is killed meanwhile.
const OF_STORE: &str = "store";

/// Runs the benchmarks and prints a line for each.
pub(crate) fn run(installing: Installing, quick: bool, filter: Option<&str>) -> Result<()> {
    let is_wanted = |name: &str| filter.is_some_and(|filter| filter.starts_with(name));
    if let Some(what) = OF_SERVER.into_iter().find(|name| is_wanted(name)) {
        return load::measure(&guests::build(installing, Library::Played)?, what, quick);
    }
    if is_wanted(OF_STORE) {
        return store(quick);
    }
    let packages = guests::build(installing, Library::Played)?;
    npm::provide(installing, "the way of ChirpStack is")?;
    let started = SystemTime::now();
    let mut bench = cargo();
    bench.args(["bench", "--package", "champollion-benches", "--"]);
    if quick {
        bench.args(QUICK);
    }
    bench.args(filter);
    run_command(&mut bench)?;
    load::figures(started)?;
    if filter.is_none() {
        OF_SERVER.into_iter().try_for_each(|what| load::measure(&packages, what, quick))?;
        store(quick)?;
    }
    Ok(())
}

/// Measures how fast batches become durable, many at a time and one alone, in a folder and in a PostgreSQL, how small
/// records are packed, and a start with many records waiting. Ten million of them take some 3 GB of the disk for a
/// while. Appending to a PostgreSQL needs that installed, as the tests do.
fn store(quick: bool) -> Result<()> {
    let (seconds, records) = if quick { ("3", "1000000") } else { ("10", "10000000") };
    let all: [&[&str]; 5] = [
        &["append", seconds],
        &["append-to-postgres", seconds],
        &["alone", seconds],
        &["packing"],
        &["recover", records],
    ];
    for measured in all {
        let mut bench = cargo();
        bench.args([
            "bench",
            "--quiet",
            "--package",
            "champollion-store",
            "--bench",
            "store",
            "--",
        ]);
        run_command(bench.args(measured))?;
    }
    Ok(())
}
