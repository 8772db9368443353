//! Benchmarks with the real server: a line `BENCH <name> <value> <unit>` for each figure.

mod broker;
mod delivery;
mod figures;
mod http;
mod ingest;

use std::{
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use anyhow::Result;

use crate::{say, server::Setup};

/// Measures how frames are taken.
pub(crate) fn ingest(setup: &Setup, quick: bool) -> Result<()> {
    ingest::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Measures how records leave.
pub(crate) fn delivery(setup: &Setup, quick: bool) -> Result<()> {
    delivery::measure(setup, quick)?.into_iter().for_each(say);
    Ok(())
}

/// Prints what benchmarks have measured since a moment, in milliseconds since the epoch; they left it in
/// the folder that cargo builds into.
pub(crate) fn figures(since: u64, target: &Path) -> Result<()> {
    let started = UNIX_EPOCH + Duration::from_millis(since);
    figures::since(started, target)?.into_iter().for_each(say);
    Ok(())
}
