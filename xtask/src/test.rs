//! Runs every test, with all that tests need.

use std::{env, panic, path::PathBuf, process::Stdio, thread};

use anyhow::Result;

use crate::{
    debian, field,
    guests::{self, Library},
    install::{Installing, Need},
    load::{self, NodesRun, Standby},
    npm, pypi, server, shell, test_programs, toolchain,
};

/// Starts the names of the tests that need what npm installs.
const OF_NPM: &str = "of_npm_";

/// Starts the names of the tests that need what PyPI holds.
const OF_PYPI: &str = "of_pypi_";

/// Starts the names of the tests that trace a process that runs.
const OF_STRACE: &str = "of_strace_";

/// Starts the names of the tests in which a decoder in Rust is built as its author builds it.
const OF_TARGET: &str = "of_target_";

/// Starts the names of the tests that need PostgreSQL.
const OF_POSTGRES: &str = "of_postgres_";

/// Starts the names of the tests in which Patroni keeps a PostgreSQL and its standby.
const OF_PATRONI: &str = "of_patroni_";

/// The exit code of `timeout` when it had to end something.
const TIMED_OUT: i32 = 124;

/// A program that tests start.
struct Program {
    name: &'static str,
    /// The package of Debian that holds it.
    package: &'static str,
    /// The beginning of the names of the tests that start it.
    tests: &'static str,
    /// The tests that need it, in a sentence.
    need: &'static str,
}

/// The programs that tests start.
const PROGRAMS: [Program; 16] = [
    Program {
        name: "mosquitto",
        package: "mosquitto",
        tests: "of_mosquitto_",
        need: "the tests of MQTT need the broker mosquitto",
    },
    Program {
        name: "docker-registry",
        package: "docker-registry",
        tests: "of_docker_registry_",
        need: "the tests of OCI registries need docker-registry",
    },
    Program {
        name: "sshd",
        package: "openssh-server",
        tests: "of_sshd_",
        need: "the tests of files need OpenSSH's server",
    },
    Program {
        name: "vsftpd",
        package: "vsftpd",
        tests: "of_vsftpd_",
        need: "the tests of files need the server vsftpd",
    },
    Program {
        name: "nginx",
        package: "nginx",
        tests: "of_nginx_",
        need: "the tests of files need the server nginx",
    },
    Program {
        // The server itself is in no path; this is beside it.
        name: "pg_createcluster",
        package: "postgresql",
        tests: OF_POSTGRES,
        need: "the tests of many nodes need the database PostgreSQL",
    },
    Program {
        name: "patroni",
        package: "patroni",
        tests: OF_PATRONI,
        need: "Patroni promotes the standby where nodes are tortured",
    },
    Program {
        name: "etcd",
        package: "etcd-server",
        tests: OF_PATRONI,
        need: "Patroni keeps in etcd which database is the primary",
    },
    Program {
        name: "soffice",
        package: "libreoffice-calc-nogui",
        tests: "of_soffice_",
        need: "the tests of tables open them with LibreOffice",
    },
    Program {
        name: "curl",
        package: "curl",
        tests: "of_curl_",
        need: "the tests of files and documents need curl",
    },
    Program { name: "jq", package: "jq", tests: "of_jq_", need: "the tests of documents need jq" },
    Program {
        name: "chromium",
        package: "chromium",
        tests: "of_chromium_",
        need: "the tests of pages open them in Chromium",
    },
    Program {
        name: "dpkg-deb",
        package: "dpkg",
        tests: "of_dpkg_",
        need: "the tests of packages install them with dpkg",
    },
    Program {
        name: "promtool",
        package: "prometheus",
        tests: "of_promtool_",
        need: "the tests of alerts have Prometheus check them",
    },
    Program {
        name: "systemd-analyze",
        package: "systemd",
        tests: "of_systemd_",
        need: "the test of the service has systemd judge its unit",
    },
    Program {
        name: "strace",
        package: "strace",
        tests: OF_STRACE,
        need: "the tests that end the server at a named step need strace",
    },
];

/// Where Debian puts some of them, which is not in everybody's path.
const SYSTEM_PROGRAMS: &str = "/usr/sbin";

/// Minutes that the server is tortured: time for thirty kills.
const TORTURE_MINUTES: u32 = 1;

/// Builds what the tests need, then runs all of them: units, properties, documentation, end to
/// end, and the torture of the server.
pub(crate) fn run(installing: Installing) -> Result<()> {
    // What others offer is fetched while the compilers are at work.
    let (packages, left_out) = thread::scope(|scope| {
        let provided = scope.spawn(|| provide(installing));
        let packages = guests::build(installing, Library::Whole);
        let left_out = provided.join().unwrap_or_else(|panic| panic::resume_unwind(panic));
        anyhow::Ok((packages?, left_out?))
    })?;
    test_programs::run(&server::built(), &left_out)?;
    if !left_out.contains(&OF_NPM) {
        field::compare_those_of_npm()?;
    }
    load::torture(&packages, TORTURE_MINUTES, None)?;
    if !left_out.contains(&OF_POSTGRES) {
        let is_left_out = left_out.contains(&OF_PATRONI);
        let standby = if is_left_out { Standby::Missing } else { Standby::Kept };
        let (nodes, minutes, has_further) = (load::NODES, TORTURE_MINUTES, false);
        let (seed, before) = (None, None);
        let run = NodesRun { nodes, minutes, seed, standby, has_further, before };
        load::torture_nodes(&packages, run)?;
    }
    if !left_out.is_empty() {
        shell::say(format_args!("Left out: the tests {}", listed(&left_out)));
    }
    Ok(())
}

/// Provides what tests need of others; gives what is in the names of the tests that must do without.
fn provide(installing: Installing) -> Result<Vec<&'static str>> {
    let mut left_out = provide_programs(installing)?;
    if !npm::provide(installing, &format!("the tests {OF_NPM}… are"))? {
        left_out.push(OF_NPM);
    }
    if !pypi::provide(installing, &format!("the tests {OF_PYPI}… are")) {
        left_out.push(OF_PYPI);
    }
    if !toolchain::has_target() {
        shell::say(format_args!(
            "Without `rustup target add {}` the tests {OF_TARGET}… are left out",
            toolchain::TARGET
        ));
        left_out.push(OF_TARGET);
    }
    if !left_out.contains(&OF_STRACE) && !may_trace() {
        shell::say(format_args!(
            "Where no process may be traced, the tests {OF_STRACE}… are left out"
        ));
        left_out.push(OF_STRACE);
    }
    Ok(left_out)
}

/// Provides the programs that tests start; gives what is in the names of the tests of those that are
/// missing.
fn provide_programs(installing: Installing) -> Result<Vec<&'static str>> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> =
        env::split_paths(&path).chain([PathBuf::from(SYSTEM_PROGRAMS)]).collect();
    let is_there =
        |program: &Program| folders.iter().any(|folder| folder.join(program.name).is_file());
    let missing: Vec<Program> = PROGRAMS.into_iter().filter(|program| !is_there(program)).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let packages: Vec<&str> = missing.iter().map(|program| program.package).collect();
    let mut tests: Vec<&str> = missing.iter().map(|program| program.tests).collect();
    // Some need two programs, which stand beside each other.
    tests.dedup();
    let needs: Vec<&str> = missing.iter().map(|program| program.need).collect();
    let needs = needs.join(", ");
    let need = Need {
        what: &format!("{} from Debian", packages.join(", ")),
        why: &needs,
        command: &debian::hint(&packages),
    };
    if !installing.announce(&need, &format!("the tests {} are", listed(&tests))) {
        return Ok(tests);
    }
    debian::install(&packages, &needs)?;
    Ok(Vec::new())
}

/// Provides the database and what keeps its standby, alone.
pub(crate) fn provide_patroni(installing: Installing) -> Result<()> {
    const PACKAGES: [&str; 3] = ["postgresql", "patroni", "etcd-server"];
    let why = "nodes are tortured with a primary and a standby that Patroni keeps";
    if debian::has(&PACKAGES) {
        return Ok(());
    }
    let (what, command) = ("PostgreSQL, Patroni and etcd from Debian", debian::hint(&PACKAGES));
    installing.require(&Need { what, why, command: &command })?;
    debian::install(&PACKAGES, why)
}

/// Provides the browser alone, for pictures of pages.
pub(crate) fn provide_browser(installing: Installing) -> Result<()> {
    let why = "pictures of pages need Chromium";
    if debian::has(&["chromium"]) {
        return Ok(());
    }
    let command = debian::hint(&["chromium"]);
    installing.require(&Need { what: "chromium from Debian", why, command: &command })?;
    debian::install(&["chromium"], why)
}

fn listed(tests: &[&str]) -> String {
    let names: Vec<String> = tests.iter().map(|tests| format!("{tests}…")).collect();
    names.join(", ")
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
