//! A server that runs until it is stopped, killed or dropped.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use champollion_registry::package::Package;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use ureq::http::Method;

use crate::{
    Cli, Client, Connection, Sensor, Sources, champollion, champollion_at, cli, compiled_engine,
};

/// A start takes a tenth of a second; on a machine that does much else, some seconds.
const START: Duration = Duration::from_secs(60);

/// The longest that a stop takes, with the grace for requests under way.
const STOP: Duration = Duration::from_secs(30);

/// The beginning of the line that says where a server listens.
const LISTENS: &str = "champollion listens on ";

/// The setup of a server. Unless it is said otherwise, packages need not be signed or get through random
/// payloads: the tests publish decoders that misbehave.
#[derive(Clone, Default)]
pub struct Setup {
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    shows_token: bool,
    settings: Option<String>,
    through: Vec<String>,
    binary: Option<PathBuf>,
    has_own_files_alone: bool,
}

/// A server on a folder of its own, on a port that is free.
pub struct Server {
    folder: TempDir,
    setup: Setup,
    process: Child,
    printed: Arc<Mutex<String>>,
    address: String,
    /// The first admin token; the file that it was written to may be gone.
    admin_token: String,
}

impl Setup {
    /// With a variable in the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With one more argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With settings in a file.
    #[must_use]
    pub fn settings(mut self, toml: &str) -> Self {
        self.settings = Some(toml.to_owned());
        self
    }

    /// The variables in the environment.
    #[must_use]
    pub fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The first admin token is printed, not written to a file.
    #[must_use]
    pub fn showing_token(mut self) -> Self {
        self.shows_token = true;
        self
    }

    /// Another binary than the one that is built, such as one that was installed.
    #[must_use]
    pub fn binary(mut self, binary: PathBuf) -> Self {
        self.binary = Some(binary);
        self
    }

    /// With nothing in its folder but what it has written, for tests that search all of its files.
    #[must_use]
    pub const fn with_own_files_alone(mut self) -> Self {
        self.has_own_files_alone = true;
        self
    }

    /// Whether the compiled script engine is handed on from and to the server.
    const fn shares_engine(&self) -> bool {
        self.binary.is_none() && !self.has_own_files_alone
    }

    /// Starts a server on an empty folder.
    #[must_use]
    pub fn start(self) -> Server {
        let folder = TempDir::new().expect("there is room for a folder");
        let (process, address, printed) = spawn(folder.path(), &self);
        let file = folder.path().join("admin.token");
        let admin_token = fs::read_to_string(file).unwrap_or_default().trim().to_owned();
        Server { folder, setup: self, process, printed, address, admin_token }
    }
}

impl Server {
    /// Starts a server on an empty folder.
    #[must_use]
    pub fn start() -> Self {
        Setup::default().start()
    }

    /// Starts it again on the same folder, after it was stopped or killed.
    pub fn restart(&mut self) {
        assert!(!self.is_running(), "the server still runs");
        (self.process, self.address, self.printed) = spawn(self.folder.path(), &self.setup);
    }

    /// Other settings from its next start on.
    pub fn change_settings(&mut self, toml: &str) {
        self.setup.settings = Some(toml.to_owned());
    }

    /// Started from its next start on by a program that becomes it; by none where the list is empty.
    pub fn start_through(&mut self, program: &[&str]) {
        self.setup.through = program.iter().map(ToString::to_string).collect();
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.process.kill().expect("the server can be killed");
        self.process.wait().expect("the server was killed");
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let number = i32::try_from(self.process.id()).expect("a process has a small number");
        let process = Pid::from_raw(number).expect("a process has a number");
        kill_process(process, Signal::TERM).expect("the server can be signalled");
    }

    /// Waits until it has stopped.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        cli::wait(&mut self.process, STOP).expect("the server does not stop")
    }

    /// Stops it and waits.
    #[track_caller]
    pub fn stop(&mut self) -> ExitStatus {
        self.terminate();
        self.wait()
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().expect("a process has a state").is_none()
    }

    /// The number of its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Where it listens: `http://127.0.0.1:4711`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The folder that holds its data, its log and the first admin token.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of its data.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Returns the log so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Returns the output since the server was started last.
    #[must_use]
    pub fn printed(&self) -> String {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The most memory that its process ever had at once, in bytes, where the system tells.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
        Some(kilobytes << 10)
    }

    /// Somebody without a token.
    #[must_use]
    pub fn anybody(&self) -> Client {
        Client::new(&self.address)
    }

    /// Returns a client in the role of the admin.
    #[must_use]
    pub fn admin(&self) -> Client {
        self.anybody().token(&self.admin_token)
    }

    /// The first admin token.
    #[must_use]
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// Makes a token, and gives its secret.
    #[must_use]
    pub fn new_token(&self, role: &str, group: Option<&str>) -> String {
        let wanted = json!({ "name": format!("test {role}"), "role": role, "group": group });
        let made = self.admin().post("/v1/tokens", &wanted).success();
        made["token"].as_str().expect("a new token is shown").to_owned()
    }

    /// A network server of the settings.
    #[must_use]
    pub fn lns_named(&self, name: &str) -> Client {
        let wanted = json!({ "name": name, "role": "lns", "networkServer": name });
        let made = self.admin().post("/v1/tokens", &wanted).success();
        self.anybody().token(made["token"].as_str().expect("a new token is shown"))
    }

    /// Returns a client in the role of a network server.
    #[must_use]
    pub fn lns(&self) -> Client {
        self.anybody().token(&self.new_token("lns", None))
    }

    /// The partner whose a group is.
    #[must_use]
    pub fn partner(&self, group: &str) -> Client {
        self.anybody().token(&self.new_token("partner", Some(group)))
    }

    /// A command line with a token.
    #[must_use]
    pub fn cli(&self, token: &str) -> Cli {
        Cli { server: self.address.clone(), token: token.to_owned() }
    }

    /// The command line of the admin.
    #[must_use]
    pub fn admin_cli(&self) -> Cli {
        self.cli(&self.admin_token)
    }

    /// A connection on which anything can be sent.
    #[must_use]
    pub fn connect(&self) -> Connection {
        Connection::open(&self.address)
    }

    /// Registers a sensor in a group.
    #[track_caller]
    pub fn register(&self, sensor: &Sensor, group: &str, decoder: Option<&str>) {
        self.admin().put(&sensor.path(), &sensor.registration(group, decoder)).success();
    }

    /// Registers a sensor with its keys, whose uplinks its network server reports.
    #[track_caller]
    pub fn register_reported(&self, sensor: &Sensor, group: &str, decoder: Option<&str>) {
        let mut registration = sensor.registration(group, decoder);
        registration["reported"] = json!(true);
        self.admin().put(&sensor.path(), &registration).success();
    }

    /// Publishes a package under the name that it gives itself, for all devices at once.
    #[track_caller]
    pub fn publish(&self, package: &Package) -> Json {
        let manifest = package.manifest();
        let path = format!("/v1/registry/{}/{}?channel=stable", manifest.id, manifest.version);
        self.admin().send(&Method::PUT, &path, package.file()).success()
    }

    /// Publishes a package as a publisher does: its first release for all devices, others as candidates.
    #[track_caller]
    pub fn publish_candidate(&self, package: &Package) -> Json {
        let manifest = package.manifest();
        let path = format!("/v1/registry/{}/{}", manifest.id, manifest.version);
        self.admin().send(&Method::PUT, &path, package.file()).success()
    }

    /// Publishes the package of a first-party decoder.
    #[track_caller]
    pub fn publish_own(&self, decoder: &str) -> Sources {
        let sources = Sources::of(decoder);
        self.publish(&sources.package());
        sources
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        drop(self.process.kill());
        drop(self.process.wait());
        if self.setup.shares_engine() {
            compiled_engine::keep(&self.data().join("code"));
        }
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// The command as another program starts it.
fn through(program: &[String], own: Command) -> Command {
    let Some((name, arguments)) = program.split_first() else { return own };
    let mut command = Command::new(name);
    command.args(arguments).arg(own.get_program()).stdin(Stdio::null());
    for (variable, _) in own.get_envs().filter(|(_, value)| value.is_none()) {
        command.env_remove(variable);
    }
    command
}

fn spawn(folder: &Path, setup: &Setup) -> (Child, String, Arc<Mutex<String>>) {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"))
        .expect("the log can be written");
    let own = setup.binary.as_deref().map_or_else(champollion, champollion_at);
    let mut command = through(&setup.through, own);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(folder.join("data"));
    if !setup.shows_token {
        command.arg("--admin-token-file").arg(folder.join("admin.token"));
    }
    command.env("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "0");
    command.env("CHAMPOLLION_PUBLICATION__UNSIGNED", "true");
    if let Some(settings) = &setup.settings {
        let file = folder.join("champollion.toml");
        fs::write(&file, settings).expect("the settings can be written");
        command.arg("--config").arg(file);
    }
    command.args(&setup.arguments).envs(setup.variables.iter().cloned());
    let mut process = command
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .expect("the server can be started");
    let stdout = process.stdout.take().expect("the server has a standard output");

    let printed = Arc::<Mutex<String>>::default();
    let (listens, listening) = mpsc::channel();
    let gathered = Arc::clone(&printed);
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let mut printed = gathered.lock().unwrap_or_else(PoisonError::into_inner);
            printed.push_str(&line);
            printed.push('\n');
            drop(printed);
            if let Some(address) = line.strip_prefix(LISTENS) {
                // Nobody waits for it where the start took too long.
                drop(listens.send(address.to_owned()));
            }
        }
    });
    let Ok(address) = listening.recv_timeout(START) else {
        drop(process.kill());
        drop(process.wait());
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("the server does not start:\n{log}");
    };
    if setup.shares_engine() {
        compiled_engine::lend(&folder.join("data/code"));
    }
    (process, address, printed)
}
