//! The server that frames are played into: started, killed, and started again.

use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use crate::say;

/// Where the server logs, in its folder.
const LOG: &str = "server.log";

/// The file of its settings.
const SETTINGS: &str = "champollion.toml";

/// Settings where nobody says others. The recording's network server has put the copies together, and its frames are
/// handed over one after another: waiting for copies would only make the demo longer.
const FRAMES: &str = "[frames]\ncopies-window-ms = 0\n";

/// Where it writes the first admin token.
const ADMIN_TOKEN: &str = "admin.token";

/// The setup of a server.
#[derive(Args)]
pub(crate) struct Setup {
    /// The binary of the server
    #[arg(long, value_name = "FILE")]
    pub(crate) champollion: PathBuf,
    /// The packages of the first-party decoders
    #[arg(long, value_name = "DIR")]
    pub(crate) packages: PathBuf,
    /// Where the server keeps its data and its log; what is there is removed
    #[arg(long, value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// A server that runs until this is dropped.
pub(crate) struct Server {
    process: Child,
    champollion: PathBuf,
    /// The binary of another version that it may be exchanged for.
    other: Option<PathBuf>,
    folder: PathBuf,
    /// Where it listens: `http://127.0.0.1:4711`.
    pub(crate) address: String,
    /// The first admin token.
    pub(crate) admin_token: String,
    /// The file of its log.
    pub(crate) log: PathBuf,
}

impl Server {
    /// Starts the server on an empty folder, on a port that is free.
    pub(crate) fn start(setup: &Setup) -> Result<Self> {
        Self::start_with(setup, "")
    }

    /// The same with settings.
    pub(crate) fn start_with(setup: &Setup, settings: &str) -> Result<Self> {
        let mut server = Self::start_without_token(setup, settings)?;
        let token = fs::read_to_string(setup.folder.join(ADMIN_TOKEN))?;
        server.admin_token = token.trim().to_owned();
        Ok(server)
    }

    /// Starts another node on the store of this one, whose tokens it has.
    pub(crate) fn start_beside(&self, setup: &Setup, settings: &str) -> Result<Self> {
        let mut server = Self::start_without_token(setup, settings)?;
        server.admin_token.clone_from(&self.admin_token);
        Ok(server)
    }

    fn start_without_token(setup: &Setup, settings: &str) -> Result<Self> {
        let Setup { champollion, folder, .. } = setup;
        if folder.exists() {
            fs::remove_dir_all(folder).context("the old data cannot be removed")?;
        }
        fs::create_dir_all(folder)?;
        let frames = if settings.contains("[frames]") { "" } else { FRAMES };
        fs::write(folder.join(SETTINGS), format!("{settings}\n{frames}"))?;
        let mut process = spawn(champollion, folder)?;
        let address = listens(&mut process, folder)?;
        let admin_token = String::new();
        let (champollion, folder) = (champollion.clone(), folder.clone());
        let log = folder.join(LOG);
        Ok(Self { process, champollion, other: None, folder, address, admin_token, log })
    }

    /// Publishes packages, as a person does who has this token.
    pub(crate) fn publish(&self, token: &str, packages: &[PathBuf]) -> Result<()> {
        let mut publish = Command::new(&self.champollion);
        publish.stdin(Stdio::null()).args(["publish", "--server", &self.address]).args(packages);
        let shown = shown(&publish);
        say(format_args!("$ {shown}"));
        let status = publish.env("CHAMPOLLION_TOKEN", token).status();
        let status = status.with_context(|| format!("`{shown}` cannot be started"))?;
        ensure!(status.success(), "`{shown}` failed: {status}");
        Ok(())
    }

    /// Names the binary of another version that it may be exchanged for.
    pub(crate) fn exchanged_for(&mut self, other: Option<&Path>) {
        self.other = other.map(Path::to_owned);
    }

    /// Has it start as the other version from now on, where there is one.
    pub(crate) fn exchange(&mut self) {
        if let Some(other) = &mut self.other {
            std::mem::swap(&mut self.champollion, other);
        }
    }

    /// Starts it again on the same folder, after it was stopped.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.process = spawn(&self.champollion, &self.folder)?;
        self.address = listens(&mut self.process, &self.folder)?;
        Ok(())
    }

    /// The number of its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended, by itself or by somebody else.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.process.try_wait()?.is_some())
    }

    /// The memory that the server has, in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: u64 = kilobytes.context("the system does not say it")?.parse()?;
        Ok(kilobytes * 1024)
    }

    /// Starts it again and ends it after a while, perhaps before it listens.
    pub(crate) fn restart_for(&mut self, life: Duration) -> Result<()> {
        self.process = spawn(&self.champollion, &self.folder)?;
        thread::sleep(life);
        self.stop()
    }

    /// Ends the server, as `kill -9` does.
    pub(crate) fn stop(&mut self) -> Result<()> {
        self.process.kill()?;
        self.wait()
    }

    /// Waits until somebody else ends the server.
    pub(crate) fn wait(&mut self) -> Result<()> {
        self.process.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to end.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A command as people type it in the folder that they are in.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let within = env::current_dir().map(|folder| format!("{}/", folder.display()));
    let within = within.unwrap_or_default();
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().replace(&within, ""))
        .collect::<Vec<_>>()
        .join(" ")
}

fn spawn(champollion: &Path, folder: &Path) -> Result<Child> {
    let log = File::options().create(true).append(true).open(folder.join(LOG))?;
    Command::new(champollion)
        .args(["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(folder.join(SETTINGS))
        .arg("--data-dir")
        .arg(folder.join("data"))
        .arg("--admin-token-file")
        .arg(folder.join(ADMIN_TOKEN))
        // Its packages were built a moment ago, and nobody has signed them.
        .env("CHAMPOLLION_PUBLICATION__UNSIGNED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log)
        .spawn()
        .context("the server cannot be started")
}

/// Waits until a server listens, and says where.
fn listens(process: &mut Child, folder: &Path) -> Result<String> {
    let stdout = process.stdout.take().context("the server has no standard output")?;
    let mut first_line = String::new();
    BufReader::new(stdout).read_line(&mut first_line)?;
    let Some(address) = first_line.trim().strip_prefix("champollion listens on ") else {
        process.wait()?;
        let log = fs::read_to_string(folder.join(LOG)).unwrap_or_default();
        bail!("the server did not start:\n{log}");
    };
    Ok(address.to_owned())
}
