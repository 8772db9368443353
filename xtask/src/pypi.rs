//! Python of others: installed from PyPI, never part of the repository.

use crate::{
    install::{Installing, Need},
    shell::{command, run, say, shown, target},
};

/// Packages, each with a program by which it is known to be there.
const PACKAGES: [(&str, &str); 4] = [
    // An S3 server; tested.
    ("moto[s3,server]==5.2.5", "bin/moto_server"),
    // An SMTP server; tested.
    ("aiosmtpd==1.4.6", "bin/aiosmtpd"),
    // What reads `/openapi.json`, and looks for answers that it does not describe; tested.
    ("openapi-spec-validator==0.9.0", "bin/openapi-spec-validator"),
    ("schemathesis==4.32.5", "bin/schemathesis"),
];

/// Installs the packages into `target/pypi`, and tells whether they are there. Where there is no Python
/// with venv and pip, or nothing may be installed, `left_out` is done without.
pub(crate) fn provide(installing: Installing, left_out: &str) -> bool {
    let folder = target().join("pypi");
    if PACKAGES.iter().all(|(_, program)| folder.join(program).is_file()) {
        return true;
    }
    let mut venv = command("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = command(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    pip.args(PACKAGES.map(|(package, _)| package));
    let need = Need {
        what: &format!("{} from PyPI into target/pypi", PACKAGES.map(|(name, _)| name).join(", ")),
        why: "files are put to an S3 server, mails are sent, and the OpenAPI document is checked",
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
