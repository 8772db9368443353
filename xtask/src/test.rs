//! Runs every test.

use anyhow::Result;

use crate::{guests, shell};

/// Builds what the tests need, then runs all of them: units, properties, documentation, end to end.
pub(crate) fn run() -> Result<()> {
    guests::build()?;
    shell::run(shell::cargo().args(["test", "--workspace"]))
}
