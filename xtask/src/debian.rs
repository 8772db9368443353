//! Installs what others have made.

use anyhow::{Context, Result};

use crate::shell::{command, run, succeeds};

/// Installs packages of Debian where they are missing; `need` says what needs what, of which they are
/// one way to have it.
pub(crate) fn install(packages: &[&str], need: &str) -> Result<()> {
    let there = |package: &&str| succeeds(command("dpkg").args(["-s", package]));
    if packages.iter().all(there) {
        return Ok(());
    }
    let hint = format!("{need}, or on Debian `apt-get install {}` as root", packages.join(" "));
    run(command("apt-get").arg("update")).with_context(|| hint.clone())?;
    let mut install = command("apt-get");
    // Some packages would ask how they are to be set up.
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(install.args(["install", "-y", "--no-install-recommends"]).args(packages)).context(hint)
}
