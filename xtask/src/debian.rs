//! Packages of Debian that the tests need.

use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

use crate::shell::{command, run, succeeds};

/// Held while packages are installed: apt-get refuses to run while another does.
static INSTALLING: Mutex<()> = Mutex::new(());

/// Whether all of the packages are installed.
pub(crate) fn has(packages: &[&str]) -> bool {
    packages.iter().all(|package| succeeds(command("dpkg").args(["-s", package])))
}

/// Returns the command by which people install packages.
pub(crate) fn hint(packages: &[&str]) -> String {
    format!("apt-get install {}", packages.join(" "))
}

/// Installs packages; `need` says what needs what, of which they are one way to have it.
pub(crate) fn install(packages: &[&str], need: &str) -> Result<()> {
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    let hint = format!("{need}, or on Debian `{}` as root", hint(packages));
    run(command("apt-get").arg("update")).with_context(|| hint.clone())?;
    let mut install = command("apt-get");
    // Some packages would ask how they are to be set up.
    install.env("DEBIAN_FRONTEND", "noninteractive");
    run(install.args(["install", "-y", "--no-install-recommends"]).args(packages)).context(hint)
}
