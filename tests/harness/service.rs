//! A server of somebody else's that a test starts, on a folder of its own, and stops.

use std::{
    fs::{self, File},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Servers listen within milliseconds; on a machine that does much else, within seconds.
const PATIENCE: Duration = Duration::from_secs(60);

/// The recipe by which a server is started; its output goes to a file.
type Recipe = Box<dyn Fn(&Path) -> Command>;

/// A server of somebody else's.
pub(crate) struct Foreign {
    folder: TempDir,
    port: u16,
    recipe: Recipe,
    process: Option<Child>,
}

impl Foreign {
    /// Starts a server that listens on a port, on a folder that holds what it needs.
    pub(crate) fn start(
        folder: TempDir,
        port: u16,
        recipe: impl Fn(&Path) -> Command + 'static,
    ) -> Self {
        let mut foreign = Self { folder, port, recipe: Box::new(recipe), process: None };
        foreign.come();
        foreign
    }

    /// Starts it again on the same port.
    pub(crate) fn come(&mut self) {
        let log = File::options().create(true).append(true).open(self.file("log"));
        let log = log.expect("the log can be written");
        let errors = log.try_clone().expect("it can be written from two sides");
        let mut command = (self.recipe)(self.folder.path());
        let process = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .expect("the server is missing: `cargo xtask test` installs it");
        self.process = Some(process);
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "the server does not listen:\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it at once.
    pub(crate) fn go(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Where it has ended already there is nothing to end.
            drop(process.kill());
            drop(process.wait());
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.file("log")).unwrap_or_default()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        self.go();
        if thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
    }
}

/// A program that may be outside of everybody's path.
pub(crate) fn program(name: &str) -> Command {
    let there = Path::new("/usr/sbin").join(name);
    if there.exists() { Command::new(there) } else { Command::new(name) }
}

/// The files of a folder and what is in them, by name.
pub(crate) fn files_in(folder: &Path) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<(String, String)> = entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let text = fs::read(entry.path()).unwrap_or_default();
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, String::from_utf8_lossy(&text).into_owned())
        })
        .collect();
    files.sort_unstable();
    files
}
