//! Checks what is built in with cargo-deny (`deny.toml`): known holes, licences, sources, crates not wanted.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};

use crate::{
    install::{Installing, Need},
    shell::{self, cargo, command, say, shown, succeeds, target},
};

/// The version that is installed: another one may have other checks.
const VERSION: &str = "0.20.2";

/// The checks that need nothing but the sources of the crates.
const OFFLINE: [&str; 3] = ["bans", "licenses", "sources"];

/// Runs all checks. Where the database of known holes cannot be had, that check is left out, which is said.
pub(crate) fn run(installing: Installing) -> Result<()> {
    provide(installing)?;
    shell::run(deny().args(["--all-features", "check"]).args(OFFLINE))?;
    if !succeeds(deny().args(["fetch", "db"])) {
        say("Left out: known holes, since the database of RustSec cannot be had here");
        return Ok(());
    }
    shell::run(deny().args(["--all-features", "--offline", "check", "advisories"]))
}

/// Installs cargo-deny into `target/deny`, where it is not there in this version.
fn provide(installing: Installing) -> Result<()> {
    if succeeds(command(program()).arg("--version")) {
        return Ok(());
    }
    let mut install = cargo();
    install.args(["install", "--locked", "--version", VERSION, "--root"]);
    install.arg(folder()).arg("cargo-deny");
    // The lints of the tests are of our own crates, and this is none of them.
    without_lints(&mut install);
    // Its own profile optimizes across all crates for minutes, and it runs for seconds.
    for (name, value) in [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("OPT_LEVEL", "0")] {
        install.env(format!("CARGO_PROFILE_RELEASE_{name}"), value);
    }
    installing.require(&Need {
        what: &format!("cargo-deny {VERSION} into target/deny, which takes some minutes once"),
        why: "it checks licences, sources and known holes of all crates",
        command: &shown(&install),
    })?;
    shell::run(&mut install).context("cargo-deny is needed, and cannot be installed")
}

fn without_lints(command: &mut Command) {
    for name in ["RUSTC_WORKSPACE_WRAPPER", "CLIPPY_ARGS"] {
        command.env_remove(name);
    }
}

fn deny() -> Command {
    command(program())
}

fn program() -> PathBuf {
    folder().join("bin/cargo-deny")
}

/// The folder of this version.
fn folder() -> PathBuf {
    target().join("deny").join(VERSION)
}
