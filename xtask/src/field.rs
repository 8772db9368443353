//! Builds the program that compares codecs with Node.js (`tests/field`), and runs it.

use std::{env, ffi::OsString, path::Path, process::Command};

use anyhow::{Context, Result};

use crate::{
    server,
    shell::{cargo, command, run, target},
};

/// The name of the program.
const PROGRAM: &str = "champollion-field";

/// A folder of codecs that `cargo xtask test` compares: those of a maker, from npm.
const OF_NPM: &str = "npm/field";

/// Compares all codecs below a folder, which is relative to where the command was given.
pub(crate) fn compare(folder: &Path, seed: Option<u64>, json: bool) -> Result<()> {
    let folder = env::current_dir().context("there is no current folder")?.join(folder);
    let mut program = program()?;
    program.arg(folder);
    if let Some(seed) = seed {
        program.args(["--seed", &seed.to_string()]);
    }
    if json {
        program.arg("--json");
    }
    run(&mut program)
}

/// Compares the codecs that npm installs, each product of the maker as a package of its own.
pub(crate) fn compare_those_of_npm() -> Result<()> {
    let folder = target().join(OF_NPM);
    let mut node = command("node");
    node.args([OsString::from("tests/field/npm_packages.js"), target().join("npm").into()]);
    run(node.arg(&folder))?;
    run(program()?.arg(folder))
}

fn program() -> Result<Command> {
    // As the server is built for tests, so that all that they share is compiled once.
    run(cargo().args(["build-server", "--bin", PROGRAM]))?;
    Ok(command(server::binary("debug", PROGRAM)))
}
