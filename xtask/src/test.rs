//! Runs every test.

use anyhow::Result;

use crate::{guests, npm, shell};

/// Starts the names of the tests that need what npm installs.
const OF_NPM: &str = "of_npm_";

/// Builds what the tests need, then runs all of them: units, properties, documentation, end to end.
pub(crate) fn run() -> Result<()> {
    guests::build()?;
    let mut tests = shell::cargo();
    tests.args(["test", "--workspace"]);
    if !npm::install()? {
        shell::say(format_args!("without npm the tests {OF_NPM}… are left out"));
        tests.args(["--", "--skip", OF_NPM]);
    }
    shell::run(&mut tests)
}
