//! A PostgreSQL of a test's own.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{owner::Owner, ports::free_port};

/// A database starts within a second, and after a crash reads its log again; a machine that does much else takes
/// longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The interval at which a server is looked at that is to come or to go.
pub(crate) const STEP: Duration = Duration::from_millis(50);

/// The name of the superuser, and of the database that is there from the beginning.
pub(crate) const NAME: &str = "champollion";

/// The password of the superuser, asked for where the setup says so.
const PASSWORD: &str = "correct horse";

/// The folder below which Debian keeps the programs of each version.
pub(crate) const VERSIONS: &str = "/usr/lib/postgresql";

/// A server in a folder of its own, on a free port of this machine.
pub struct Postgres {
    folder: TempDir,
    owner: Owner,
    port: u16,
    setup: PostgresSetup,
    process: Option<Child>,
}

/// Settings of a server.
#[derive(Clone, Debug, Default)]
pub struct PostgresSetup {
    settings: Vec<String>,
    certificate: Option<(String, String)>,
    asks_password: bool,
    waits_for_disk: bool,
}

impl PostgresSetup {
    /// Sets a line of `postgresql.conf`: `max_connections=50`.
    #[must_use]
    pub fn set(mut self, setting: &str) -> Self {
        self.settings.push(setting.to_owned());
        self
    }

    /// Has the server speak TLS, by a certificate and a key in PEM, and refuse who does not.
    #[must_use]
    pub fn certificate(mut self, certificate: &str, key: &str) -> Self {
        self.certificate = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    /// Has the server ask for the password.
    #[must_use]
    pub const fn asks_password(mut self) -> Self {
        self.asks_password = true;
        self
    }

    /// Has the server wait for the disk, as those do that are measured. Without that it loses nothing when its
    /// processes are killed, since the system has what they wrote: only the end of the machine would lose it, which no
    /// test brings about.
    #[must_use]
    pub const fn waits_for_disk(mut self) -> Self {
        self.waits_for_disk = true;
        self
    }

    /// Makes a database in a new folder and starts its server.
    #[must_use]
    pub fn start(self) -> Postgres {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (owner, port) = (Owner::find(), free_port());
        let mut server = Postgres { folder, owner, port, setup: self, process: None };
        server.make();
        server.come();
        server
    }

    /// The rules by which connections are let in.
    fn rules(&self) -> String {
        let way = if self.asks_password { "scram-sha-256" } else { "trust" };
        let kind = if self.certificate.is_some() { "hostssl" } else { "host" };
        format!("local all all trust\n{kind} all all 127.0.0.1/32 {way}\n")
    }
}

impl Postgres {
    /// A server that loses nothing when it is killed, and asks for no password.
    #[must_use]
    pub fn start() -> Self {
        PostgresSetup::default().start()
    }

    /// A server that tests of one process share, each with a database of its own. It ends with the last of them.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    /// The port that the server listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The number of the postmaster's process, whose children serve connections.
    ///
    /// # Panics
    /// Where the server was stopped.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().map(Child::id).expect("the server runs")
    }

    /// The address of the database that is there from the beginning, with user and password.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.port, NAME)
    }

    /// The address of a database behind another port, such as that of a proxy.
    #[must_use]
    pub fn url_at(&self, port: u16, database: &str) -> String {
        let password = PASSWORD.replace(' ', "%20");
        format!("postgres://{NAME}:{password}@127.0.0.1:{port}/{database}")
    }

    /// Makes a database and returns its address.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        self.sql(NAME, &format!("CREATE DATABASE \"{name}\""));
        self.url_at(self.port, name)
    }

    /// Runs a statement in a database as the superuser, and returns the rows: fields apart by `|`, without heading.
    pub fn sql(&self, database: &str, statement: &str) -> String {
        let output = self
            .owner
            .command(&program("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", NAME, "-d", database])
            .args(["-p", &self.port.to_string(), "-c", statement, "-h"])
            .arg(self.folder.path())
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .expect("psql is missing: `cargo xtask test` installs it");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{statement}: {errors}\n{}", self.log());
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// The log of the server.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// Ends the postmaster as `kill -9` does: all connections break, and nothing is written any more.
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// Ends the server in an orderly way, connections or not.
    pub fn stop(&mut self) {
        self.end(Signal::INT);
    }

    /// Starts the server again on the same port, after it was stopped or killed.
    pub fn come(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut process = self.spawn();
            while process.try_wait().expect("a process can be asked").is_none() {
                if self.is_ready() {
                    self.process = Some(process);
                    return;
                }
                assert!(Instant::now() < deadline, "PostgreSQL does not start:\n{}", self.log());
                thread::sleep(STEP);
            }
            // After a kill the processes of connections go on for a moment, and the memory that they share with
            // the postmaster keeps the next one out.
            assert!(Instant::now() < deadline, "PostgreSQL does not start:\n{}", self.log());
            thread::sleep(STEP);
        }
    }

    fn make(&self) {
        let folder = self.folder.path();
        self.owner.give(folder).expect("the folder can be given away");
        let output = self
            .owner
            .command(&program("initdb"))
            .args(["--no-sync", "--encoding=UTF8", "--no-locale", "--username", NAME])
            .arg("-D")
            .arg(self.data())
            .current_dir("/")
            .stdin(Stdio::null())
            .output()
            .expect("PostgreSQL is missing: `cargo xtask test` installs it");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the database cannot be made: {errors}");
        let mut settings = self.setup.settings.clone();
        if let Some((certificate, key)) = &self.setup.certificate {
            self.keep_private("server.pem", certificate);
            self.keep_private("server.key", key);
            settings.extend(
                ["ssl=on", "ssl_cert_file='server.pem'", "ssl_key_file='server.key'"]
                    .map(str::to_owned),
            );
        }
        let local = [
            format!("port={}", self.port),
            "listen_addresses='127.0.0.1'".to_owned(),
            format!("unix_socket_directories='{}'", folder.display()),
            "max_connections=200".to_owned(),
            format!("fsync={}", if self.setup.waits_for_disk { "on" } else { "off" }),
        ];
        settings.splice(0..0, local);
        let all = settings.join("\n");
        fs::write(self.data().join("postgresql.auto.conf"), all).expect("it can be written");
        self.keep_private("pg_hba.conf", "local all all trust\n");
        self.make_database();
        self.keep_private("pg_hba.conf", &self.setup.rules());
    }

    /// Makes the first database with its password, without a server.
    fn make_database(&self) {
        let mut single = self.owner.command(&program("postgres"));
        single.args(["--single", "-D"]).arg(self.data()).arg("postgres").current_dir("/");
        let mut process = single
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the database can be opened");
        let statements =
            format!("CREATE DATABASE {NAME}\nALTER USER {NAME} PASSWORD '{PASSWORD}'\n");
        let mut input = process.stdin.take().expect("its input is ours");
        std::io::Write::write_all(&mut input, statements.as_bytes()).expect("it listens");
        drop(input);
        let ended = process.wait().expect("it ends");
        assert!(ended.success(), "the first database cannot be made");
    }

    /// Writes a file that only the server may read, as PostgreSQL demands of its key.
    fn keep_private(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.data().join(name);
        fs::write(&path, text).expect("a file can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
        self.owner.give(&path).expect("a file can be given away");
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.log_file());
        let log = log.expect("the log can be written");
        let errors = log.try_clone().expect("it can be written from two sides");
        let mut command = self.owner.command(&program("postgres"));
        command.arg("-D").arg(self.data()).current_dir("/");
        command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().expect("it was there")
    }

    fn is_ready(&self) -> bool {
        let mut asks = Command::new(program("pg_isready"));
        asks.args(["-q", "-t", "1", "-U", NAME, "-p", &self.port.to_string(), "-h"]);
        asks.arg(self.folder.path()).status().is_ok_and(|status| status.success())
    }

    fn end(&mut self, signal: Signal) {
        let Some(mut process) = self.process.take() else { return };
        // Where it has ended already there is nothing to end.
        let _ = kill_process(Pid::from_child(&process), signal);
        drop(process.wait());
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // At once, and with the processes of all connections.
        self.end(Signal::QUIT);
        if thread::panicking() {
            eprintln!("the log of PostgreSQL:\n{}", self.log());
        }
    }
}

/// A program of the newest version that Debian's packages brought, or of everybody's path.
pub(crate) fn program(name: &str) -> PathBuf {
    let versions = fs::read_dir(VERSIONS).into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|version| Path::new(VERSIONS).join(format!("{version}/bin/{name}")).exists())
        .max();
    newest.map_or_else(
        || PathBuf::from(name),
        |version| Path::new(VERSIONS).join(format!("{version}/bin/{name}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_postgres_what_was_committed_is_there_after_a_kill() {
        let mut server = Postgres::start();
        let url = server.database("of_a_test");
        assert!(url.ends_with("/of_a_test"), "{url}");
        server.sql("of_a_test", "CREATE TABLE t (n int)");
        server.sql("of_a_test", "INSERT INTO t VALUES (7)");
        server.kill();
        server.come();
        assert_eq!(server.sql("of_a_test", "SELECT n, 'x' FROM t"), "7|x");
    }
}
