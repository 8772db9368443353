//! Load that is measured: a line `BENCH <name> <value> <unit>` for each figure.

mod broker;
mod delivery;
mod http;
mod ingest;

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
