//! Builds the server that demo and load run.

use std::{env, path::PathBuf};

use anyhow::Result;

use crate::shell::{cargo, run, target};

/// Names a binary to be measured instead of the one that is built.
const OTHER_BINARY: &str = "XTASK_BENCH_BINARY";

/// Builds the binary and gives its path.
pub(crate) fn build() -> Result<PathBuf> {
    run(cargo().arg("build-server"))?;
    Ok(built())
}

/// The path of the binary that was built.
pub(crate) fn built() -> PathBuf {
    binary("debug", "champollion")
}

/// Builds the binary as it is released and gives its path.
pub(crate) fn build_release() -> Result<PathBuf> {
    if let Some(other) = env::var_os(OTHER_BINARY) {
        return Ok(other.into());
    }
    run(cargo().args(["build", "--release", "--package", "champollion-cli"]))?;
    Ok(binary("release", "champollion"))
}

/// The path of a binary that was built.
pub(crate) fn binary(profile: &str, name: &str) -> PathBuf {
    target().join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
}
