//! Figures that benchmarks left behind: the estimates of criterion, and figures that are no times of one call.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value as Json;

/// The lines of what was measured since a moment, in the order of their names.
pub(super) fn since(started: SystemTime, target: &Path) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    collect(&target.join("criterion"), started, &mut lines)?;
    collect_figures(&target.join("figures"), started, &mut lines)?;
    ensure!(!lines.is_empty(), "no benchmark was run: is there one of this name?");
    lines.sort();
    Ok(lines)
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
