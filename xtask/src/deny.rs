//! Checks what is built in with cargo-deny (`deny.toml`): known holes, licences, sources, crates not wanted.

use anyhow::{Context, Result};

use crate::{
    install::{Installing, Need},
    shell::{self, cargo, say, succeeds},
};

/// The checks that need nothing but the sources of the crates.
const OFFLINE: [&str; 3] = ["bans", "licenses", "sources"];

/// Runs all checks. Where the database of known holes cannot be had, that check is left out, which is said.
pub(crate) fn run(installing: Installing) -> Result<()> {
    if !succeeds(cargo().args(["deny", "--version"])) {
        installing.require(&Need {
            what: "cargo-deny",
            why: "it checks licences, sources and known holes of all crates",
            command: "cargo install --locked cargo-deny",
        })?;
        shell::run(cargo().args(["install", "--locked", "cargo-deny"]))
            .context("cargo-deny is needed, and cannot be installed")?;
    }
    shell::run(cargo().args(["deny", "--all-features", "check"]).args(OFFLINE))?;
    if !succeeds(cargo().args(["deny", "fetch", "db"])) {
        say("Left out: known holes, since the database of RustSec cannot be had here");
        return Ok(());
    }
    shell::run(cargo().args(["deny", "--all-features", "--offline", "check", "advisories"]))
}
