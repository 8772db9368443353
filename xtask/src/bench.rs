//! Runs the benchmarks and prints what they measured.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

use crate::{
    guests,
    install::Installing,
    load, npm,
    shell::{cargo, run as run_command, say, target},
};

/// Criterion's settings for a quick look: figures within a few percent, in a minute.
const QUICK: [&str; 6] =
    ["--warm-up-time", "0.5", "--measurement-time", "2", "--sample-size", "50"];

/// Runs the benchmarks and prints a line for each.
pub(crate) fn run(installing: Installing, quick: bool, filter: Option<&str>) -> Result<()> {
    /// What is measured with the real server and not by criterion.
    const LOAD: &str = "ingest";
    const DELIVERY: &str = "delivery";
    /// What is measured by a program of its own, which is killed meanwhile.
    const STORE: &str = "store";
    if filter.is_some_and(|filter| filter.starts_with(LOAD)) {
        return load::measure(&guests::build(installing)?, LOAD, quick);
    }
    if filter.is_some_and(|filter| filter.starts_with(DELIVERY)) {
        return load::measure(&guests::build(installing)?, DELIVERY, quick);
    }
    if filter.is_some_and(|filter| filter.starts_with(STORE)) {
        return store(quick);
    }
    let packages = guests::build(installing)?;
    npm::provide(installing, "the way of ChirpStack is")?;
    let started = SystemTime::now();
    let mut bench = cargo();
    bench.args(["bench", "--package", "champollion-benches", "--"]);
    if quick {
        bench.args(QUICK);
    }
    bench.args(filter);
    run_command(&mut bench)?;

    let mut lines = Vec::new();
    collect(&target().join("criterion"), started, &mut lines)?;
    collect_figures(&target().join("figures"), started, &mut lines)?;
    ensure!(!lines.is_empty(), "no benchmark was run: is there one of this name?");
    lines.sort();
    for line in lines {
        say(line);
    }
    if filter.is_none() {
        load::measure(&packages, LOAD, quick)?;
        load::measure(&packages, DELIVERY, quick)?;
        store(quick)?;
    }
    Ok(())
}

/// Measures how fast batches become durable, and a start with many records waiting. Ten million of them
/// take some 16 GB of the disk for a while.
fn store(quick: bool) -> Result<()> {
    let (seconds, records) = if quick { ("3", "1000000") } else { ("10", "10000000") };
    for measured in [["append", seconds], ["recover", records]] {
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

/// Finds the estimates of this run: `<name>/new/estimates.json`, younger than its start.
fn collect(folder: &Path, started: SystemTime, lines: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).context("criterion left no results")? {
        let path = entry?.path();
        let estimates = path.join("new/estimates.json");
        if estimates.is_file() {
            if estimates.metadata()?.modified()? >= started {
                lines.push(line(&path, &estimates)?);
            }
        } else if path.is_dir() {
            collect(&path, started, lines)?;
        }
    }
    Ok(())
}

/// Finds the figures of this run that are no times of one call: memory, ratios.
fn collect_figures(folder: &Path, started: SystemTime, lines: &mut Vec<String>) -> Result<()> {
    // There are none where only benchmarks without figures were run.
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.metadata()?.modified()? >= started {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            lines.push(format!("BENCH {name} {}", fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

fn line(benchmark: &Path, estimates: &PathBuf) -> Result<String> {
    let name: Json =
        serde_json::from_str(&fs::read_to_string(benchmark.join("new/benchmark.json"))?)?;
    let estimates: Json = serde_json::from_str(&fs::read_to_string(estimates)?)?;
    let nanoseconds = estimates["median"]["point_estimate"]
        .as_f64()
        .with_context(|| format!("{} has no median", benchmark.display()))?;
    let name = name["full_id"].as_str().context("a benchmark has no name")?;
    Ok(format!("BENCH {name} {:.3} us", nanoseconds / 1_000.0))
}
