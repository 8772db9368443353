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

/// Runs the benchmarks and prints a line for each.
pub(crate) fn run(installing: Installing, quick: bool, filter: Option<&str>) -> Result<()> {
    /// The figures that are measured with the real server and not by criterion.
    const LOAD: &str = "ingest";
    const DELIVERY: &str = "delivery";
    /// A million objects, in the real server as well.
    const OBJECTS: &str = "objects";
    /// The pages of three thousand decoders, in the real server as well.
    const CATALOGUE: &str = "catalogue";
    /// The figures that are measured by a program of its own, which is killed meanwhile.
    const STORE: &str = "store";
    if filter.is_some_and(|filter| filter.starts_with(LOAD)) {
        return load::measure(&guests::build(installing, Library::Played)?, LOAD, quick);
    }
    if filter.is_some_and(|filter| filter.starts_with(DELIVERY)) {
        return load::measure(&guests::build(installing, Library::Played)?, DELIVERY, quick);
    }
    if filter.is_some_and(|filter| filter.starts_with(OBJECTS)) {
        return load::measure(&guests::build(installing, Library::Played)?, OBJECTS, quick);
    }
    if filter.is_some_and(|filter| filter.starts_with(CATALOGUE)) {
        return load::measure(&guests::build(installing, Library::Played)?, CATALOGUE, quick);
    }
    if filter.is_some_and(|filter| filter.starts_with(STORE)) {
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
        load::measure(&packages, LOAD, quick)?;
        load::measure(&packages, DELIVERY, quick)?;
        load::measure(&packages, OBJECTS, quick)?;
        load::measure(&packages, CATALOGUE, quick)?;
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
