//! Runs the benchmarks and prints what they measured.

use std::{path::PathBuf, time::SystemTime};

use anyhow::{Result, ensure};

use crate::{
    flags::Bench,
    guests::{self, Library},
    install::Installing,
    load, npm,
    shell::{cargo, run as run_command},
};

/// Criterion's settings for a quick look: figures within a few percent, in a minute.
const QUICK: [&str; 6] =
    ["--warm-up-time", "0.5", "--measurement-time", "2", "--sample-size", "50"];

/// Measurements with the real server of a release, and not by criterion: frames that come, records that leave, a million
/// objects, the pages of three thousand decoders, nodes on a PostgreSQL, a rule that a hundred thousand devices break, a
/// rehearsal of a day, and a file of a million payloads.
const WITH_SERVER: [&str; 8] =
    ["ingest", "delivery", "objects", "catalogue", "cluster", "alerts", "rehearsal", "bulk"];

/// An hour at one rate, which is measured where it is asked for alone.
const SOAK: &str = "soak";

/// The figures that are measured by a program of its own, which is killed meanwhile.
const STORE: &str = "store";

/// The package of the benchmarks that need the server in their own process, and the beginning of their names.
const BOUNDS: (&str, &str) = ("champollion-bounds", "bounds");

/// The package of all others.
const BENCHES: &str = "champollion-benches";

/// The beginning of the names of peers, whose figures stand beside those of frames that come, and the benchmark that has
/// them.
const PEER: &str = "peer";
const PEERS: &str = "script";

/// Runs the benchmarks and prints a line for each.
pub(crate) fn run(installing: Installing, bench: &Bench) -> Result<()> {
    let (quick, filter) = (bench.quick, bench.filter.as_deref());
    if filter.is_some_and(|filter| filter.starts_with(SOAK)) {
        return load::measure(&played(installing)?, SOAK, &arguments_of_soak(bench));
    }
    ensure!(
        bench.minutes.is_none() && bench.rate.is_none(),
        "--minutes and --rate are of `cargo xtask bench {SOAK}`"
    );
    let Some(filter) = filter else { return all(installing, quick) };
    if filter.starts_with(STORE) {
        return store(quick);
    }
    if let Some(what) = WITH_SERVER.into_iter().find(|what| filter.starts_with(what)) {
        return with_server(installing, what, quick);
    }
    played(installing)?;
    let package = if filter.starts_with(BOUNDS.1) { BOUNDS.0 } else { BENCHES };
    if package == BENCHES {
        npm::provide(installing, "the way of ChirpStack is")?;
    }
    by_criterion(&["--package", package], Some(filter), quick)
}

/// Runs all benchmarks but the one that takes an hour.
fn all(installing: Installing, quick: bool) -> Result<()> {
    let packages = played(installing)?;
    npm::provide(installing, "the way of ChirpStack is")?;
    by_criterion(&["--package", BENCHES, "--package", BOUNDS.0], None, quick)?;
    for what in WITH_SERVER {
        load::measure(&packages, what, &quick_arguments(quick))?;
    }
    store(quick)
}

/// Measures with the real server. Beside frames that come stands a peer that decodes the same, in the same minutes.
fn with_server(installing: Installing, what: &str, quick: bool) -> Result<()> {
    load::measure(&played(installing)?, what, &quick_arguments(quick))?;
    if what == WITH_SERVER[0] && npm::provide(installing, "the way of ChirpStack is")? {
        by_criterion(&["--package", BENCHES, "--bench", PEERS], Some(PEER), quick)?;
    }
    Ok(())
}

/// Builds the decoders of the devices that are played.
fn played(installing: Installing) -> Result<PathBuf> {
    guests::build(installing, Library::Played)
}

/// Runs benchmarks of criterion, of them those whose names contain something, and prints their figures.
fn by_criterion(chosen: &[&str], filter: Option<&str>, quick: bool) -> Result<()> {
    let started = SystemTime::now();
    let mut bench = cargo();
    bench.arg("bench").args(chosen).arg("--");
    if quick {
        bench.args(QUICK);
    }
    run_command(bench.args(filter))?;
    load::figures(started)
}

/// The arguments of an hour, or of another time and rate.
fn arguments_of_soak(bench: &Bench) -> Vec<String> {
    let mut arguments = quick_arguments(bench.quick);
    for (name, number) in [("--minutes", bench.minutes), ("--rate", bench.rate)] {
        arguments.extend(number.map(|number| format!("{name}={number}")));
    }
    arguments
}

/// The arguments of the program that loads the server.
fn quick_arguments(quick: bool) -> Vec<String> {
    quick.then(|| "--quick".to_owned()).into_iter().collect()
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
