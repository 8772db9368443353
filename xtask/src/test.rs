//! Runs every test.

use std::{env, path::PathBuf, process::Stdio};

use anyhow::Result;

use crate::{debian, guests, npm, pypi, shell, torture};

/// Starts the names of the tests that need what npm installs.
const OF_NPM: &str = "of_npm_";

/// Starts the names of the tests that trace a process that runs.
const OF_STRACE: &str = "of_strace_";

/// What `timeout` ends with when it had to end something.
const TIMED_OUT: i32 = 124;

/// Starts the names of the tests that need what PyPI holds.
const OF_PYPI: &str = "of_pypi_";

/// The servers that tests start: each program, the package of Debian that holds it, and what needs it.
const SERVERS: [(&str, &str, &str); 8] = [
    ("mosquitto", "mosquitto", "the tests of MQTT need the broker mosquitto"),
    ("docker-registry", "docker-registry", "the tests of OCI registries need docker-registry"),
    ("sshd", "openssh-server", "the tests of files need OpenSSH's server"),
    ("vsftpd", "vsftpd", "the tests of files need the server vsftpd"),
    ("nginx", "nginx", "the tests of files need the server nginx"),
    ("curl", "curl", "the tests of files and documents need curl"),
    ("jq", "jq", "the tests of documents need jq"),
    ("strace", "strace", "the tests that end the server at a named step need strace"),
];

/// Where Debian puts some of them, which is not in everybody's path.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// How long the server is tortured: time for thirty kills.
const TORTURE_MINUTES: u32 = 1;

/// Builds what the tests need, then runs all of them: units, properties, documentation, end to
/// end, and the torture of the server.
pub(crate) fn run() -> Result<()> {
    guests::build()?;
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> =
        env::split_paths(&path).chain([PathBuf::from(SYSTEM_PROGRAMS)]).collect();
    for (program, package, need) in SERVERS {
        if !folders.iter().any(|folder| folder.join(program).is_file()) {
            debian::install(&[package], need)?;
        }
    }
    let mut tests = shell::cargo();
    tests.args(["test", "--workspace"]);
    let mut left_out = Vec::new();
    if !npm::install()? {
        shell::say(format_args!("without npm the tests {OF_NPM}… are left out"));
        left_out.extend(["--skip", OF_NPM]);
    }
    if !may_trace() {
        shell::say(format_args!(
            "where no process may be traced, the tests {OF_STRACE}… are left out"
        ));
        left_out.extend(["--skip", OF_STRACE]);
    }
    if !pypi::install()? {
        shell::say(format_args!("without Python's pip the tests {OF_PYPI}… are left out"));
        left_out.extend(["--skip", OF_PYPI]);
    }
    if !left_out.is_empty() {
        tests.arg("--").args(left_out);
    }
    shell::run(&mut tests)?;
    torture::run(TORTURE_MINUTES, None)
}

/// Whether processes that run may be traced: some systems let only their parents do that.
fn may_trace() -> bool {
    let mut child = shell::command("sleep");
    let Ok(mut sleeping) = child.arg("60").spawn() else { return false };
    let process = sleeping.id().to_string();
    let mut strace = shell::command("timeout");
    // It ends by the time that it is given, and before that only where it may not trace.
    strace.args(["1", "strace", "-q", "-p", &process]);
    let status = strace.stdout(Stdio::null()).stderr(Stdio::null()).status();
    drop(sleeping.kill());
    drop(sleeping.wait());
    status.is_ok_and(|status| status.code() == Some(TIMED_OUT))
}
