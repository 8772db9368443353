//! Runs every test.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::{debian, guests, npm, shell};

/// Starts the names of the tests that need what npm installs.
const OF_NPM: &str = "of_npm_";

/// Programs that the tests start, each the name of its Debian package too, and what needs it.
const PROGRAMS: [(&str, &str); 2] = [
    ("mosquitto", "the tests of MQTT need the broker mosquitto"),
    ("docker-registry", "the tests of OCI registries need docker-registry"),
];

/// Where Debian puts some of them, which is not in everybody's path.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// Builds what the tests need, then runs all of them: units, properties, documentation, end to end.
pub(crate) fn run() -> Result<()> {
    guests::build()?;
    let path = env::var_os("PATH").unwrap_or_default();
    for (program, need) in PROGRAMS {
        let mut folders = env::split_paths(&path).chain([PathBuf::from(SYSTEM_PROGRAMS)]);
        if !folders.any(|folder| folder.join(program).is_file()) {
            debian::install(&[program], need)?;
        }
    }
    let mut tests = shell::cargo();
    tests.args(["test", "--workspace"]);
    if !npm::install()? {
        shell::say(format_args!("without npm the tests {OF_NPM}… are left out"));
        tests.args(["--", "--skip", OF_NPM]);
    }
    shell::run(&mut tests)
}
