//! Runs every test.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::{debian, guests, npm, shell};

/// Starts the names of the tests that need what npm installs.
const OF_NPM: &str = "of_npm_";

/// The broker that the tests of MQTT start.
const BROKER: &str = "mosquitto";

/// Where Debian puts it, which is not in everybody's path.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// Builds what the tests need, then runs all of them: units, properties, documentation, end to end.
pub(crate) fn run() -> Result<()> {
    guests::build()?;
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders = env::split_paths(&path).chain([PathBuf::from(SYSTEM_PROGRAMS)]);
    if !folders.any(|folder| folder.join(BROKER).is_file()) {
        debian::install(&[BROKER], "the tests of MQTT need the broker mosquitto")?;
    }
    let mut tests = shell::cargo();
    tests.args(["test", "--workspace"]);
    if !npm::install()? {
        shell::say(format_args!("without npm the tests {OF_NPM}… are left out"));
        tests.args(["--", "--skip", OF_NPM]);
    }
    shell::run(&mut tests)
}
