//! What is used of other people's Python: installed from PyPI, never part of the repository.

use anyhow::Result;

use crate::shell::{command, run, say, target};

/// An S3 server; tested. It is known to be there by its program.
const PACKAGE: &str = "moto[s3,server]==5.2.5";
const PROGRAM: &str = "bin/moto_server";

/// Installs the packages into `target/pypi`, and tells whether they are there. Where there is no Python
/// with venv and pip, whoever uses them goes without.
pub(crate) fn install() -> Result<bool> {
    let folder = target().join("pypi");
    if folder.join(PROGRAM).is_file() {
        return Ok(true);
    }
    let mut venv = command("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = command(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", PACKAGE]);
    match run(&mut venv).and_then(|()| run(&mut pip)) {
        Ok(()) => Ok(true),
        Err(error) => {
            say(format_args!("{error:#}"));
            Ok(false)
        }
    }
}
