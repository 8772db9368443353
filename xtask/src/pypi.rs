//! Python of others: installed from PyPI, never part of the repository.

use crate::{
    install::{Installing, Need},
    shell::{command, run, say, shown, target},
};

/// An S3 server; tested. It is known to be there by its program.
const PACKAGE: &str = "moto[s3,server]==5.2.5";
const PROGRAM: &str = "bin/moto_server";

/// Installs the packages into `target/pypi`, and tells whether they are there. Where there is no Python
/// with venv and pip, or nothing may be installed, `left_out` is done without.
pub(crate) fn provide(installing: Installing, left_out: &str) -> bool {
    let folder = target().join("pypi");
    if folder.join(PROGRAM).is_file() {
        return true;
    }
    let mut venv = command("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = command(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", PACKAGE]);
    let need = Need {
        what: &format!("{PACKAGE} from PyPI into target/pypi"),
        why: "files are put to its S3 server",
        command: &format!("{} && target/pypi/bin/{}", shown(&venv), shown(&pip)),
    };
    if !installing.announce(&need, left_out) {
        return false;
    }
    if let Err(error) = run(&mut venv).and_then(|()| run(&mut pip)) {
        say(format_args!("{error:#}: {left_out} left out"));
        return false;
    }
    true
}
