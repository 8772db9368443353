//! Writes the attack suite out, to be handed to the binary or to a server.

use std::path::Path;

use anyhow::Result;

use crate::{
    guests::{self, Library},
    install::Installing,
    shell::{cargo, run},
};

/// Builds the guest in Rust, then writes every attack into a folder.
pub(crate) fn write(installing: Installing, folder: &Path) -> Result<()> {
    guests::build(installing, Library::Attacked)?;
    // Another program, so that the xtask itself need not be built of all that the suite is.
    run(cargo()
        .args(["run", "--quiet", "--package", "champollion-attacks", "--", "attacks"])
        .arg(std::path::absolute(folder)?))
}
