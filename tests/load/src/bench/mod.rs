//! Benchmarks with the real server: a line `BENCH <name> <value> <unit>` for each figure.

mod alerts;
mod broker;
mod bulk;
mod catalogue;
mod cluster;
mod delivery;
mod figures;
mod figures_of_requests;
mod http;
mod ingest;
mod load;
mod objects;
mod paced;
mod processor;
mod recipient;
mod rehearsal;
mod rules;
mod soak;

use std::{
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::Result;

use crate::{say, server::Setup};

/// Measures how frames are taken.
pub(crate) fn ingest(setup: &Setup, quick: bool) -> Result<()> {
    ingest::measure(setup, quick)
}

/// Measures how records leave.
pub(crate) fn delivery(setup: &Setup, quick: bool) -> Result<()> {
    delivery::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Measures an hour, or another time, at one rate.
pub(crate) fn soak(setup: &Setup, minutes: usize, rate: usize) -> Result<()> {
    soak::measure(setup, soak::Run { minutes, rate })?.into_iter().for_each(say);
    Ok(())
}

/// Measures a rule that a hundred thousand devices break at once.
pub(crate) fn alerts(setup: &Setup, quick: bool) -> Result<()> {
    alerts::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Measures a rehearsal over the records of a day.
pub(crate) fn rehearsal(setup: &Setup, quick: bool) -> Result<()> {
    rehearsal::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Measures a million payloads of a file, here and in Node.js.
pub(crate) fn bulk(setup: &Setup, quick: bool) -> Result<()> {
    bulk::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Measures a million objects: their import, their memory, a start, a page of a list.
pub(crate) fn objects(setup: &Setup, quick: bool) -> Result<()> {
    objects::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Measures the pages of a catalogue of three thousand decoders.
pub(crate) fn catalogue(setup: &Setup, quick: bool) -> Result<()> {
    catalogue::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Measures one, two and three nodes on a PostgreSQL.
pub(crate) fn cluster(setup: &Setup, quick: bool) -> Result<()> {
    cluster::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// The names of groups that begin alike.
fn groups(beginning: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{beginning}-{number}")).collect()
}

/// Returns a percentile of times that are sorted, in milliseconds.
pub(crate) fn percentile(sorted: &[Duration], hundredths: usize) -> f64 {
    let index = (sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}

/// Prints what benchmarks have measured since a moment, in milliseconds since the epoch; they left it in
/// the folder that cargo builds into.
pub(crate) fn figures(since: u64, target: &Path) -> Result<()> {
    let started = UNIX_EPOCH + Duration::from_millis(since);
    figures::since(started, target)?.into_iter().for_each(say);
    Ok(())
}
