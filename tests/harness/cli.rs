//! The command line, run to its end.

use std::{
    io::Read,
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use serde_json::Value as Json;

use crate::champollion;

/// No command takes that long; what does is hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// The interval of looks whether a process has ended.
const STEP: Duration = Duration::from_millis(5);

/// The output of a command, and its exit code.
#[derive(Debug)]
pub struct Output {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// The standard output as text.
    pub stdout: String,
    /// The standard error as text.
    pub stderr: String,
}

/// The command line of somebody who has a token of a server.
pub struct Cli {
    pub(crate) server: String,
    pub(crate) token: String,
}

impl Cli {
    /// The binary with the address and the token in its environment.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = champollion();
        command.env("CHAMPOLLION_SERVER", &self.server).env("CHAMPOLLION_TOKEN", &self.token);
        command
    }

    /// Runs a command to its end.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        run(self.command().args(arguments))
    }

    /// Runs a command that must succeed, and gives what it prints as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self, arguments: &[&str]) -> Json {
        let printed = self.run(arguments).success();
        serde_json::from_str(&printed)
            .unwrap_or_else(|error| panic!("{arguments:?} printed no JSON, {error}:\n{printed}"))
    }
}

impl Output {
    /// Returns the standard output of a command that must have succeeded.
    #[track_caller]
    #[must_use]
    pub fn success(self) -> String {
        assert_eq!(self.code, Some(0), "the command failed: {self:#?}");
        self.stdout
    }

    /// Returns the words to people of a command that must have failed.
    #[track_caller]
    #[must_use]
    pub fn failure(&self) -> &str {
        assert!(self.code.is_some_and(|code| code != 0), "the command did not fail: {self:#?}");
        assert!(self.stderr.starts_with("error: "), "the command does not say why: {self:#?}");
        &self.stderr
    }

    /// The one line in which a command said why it failed.
    #[track_caller]
    #[must_use]
    pub fn sentence(&self) -> &str {
        let said = self.failure();
        assert_eq!(said.lines().count(), 1, "more than a sentence: {self:#?}");
        said.trim_end()
    }
}

/// Runs a command to its end; one that does not end is killed, and that is a failure.
#[track_caller]
#[must_use]
pub fn run(command: &mut Command) -> Output {
    run_within(command, PATIENCE)
}

/// Runs a command to its end that may take longer than others, such as a compiler.
#[track_caller]
#[must_use]
pub fn run_within(command: &mut Command, patience: Duration) -> Output {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    let stdout = gather(child.stdout.take());
    let stderr = gather(child.stderr.take());
    let ended = wait(&mut child, patience);
    if ended.is_none() {
        child.kill().and_then(|()| child.wait().map(drop)).expect("a process cannot be killed");
    }
    let [stdout, stderr] = [stdout, stderr].map(|reader| reader.join().unwrap_or_default());
    let Some(status) = ended else { panic!("{command:?} does not end:\n{stdout}\n{stderr}") };
    Output { code: status.code(), stdout, stderr }
}

/// Waits for a process, but not for ever.
pub(crate) fn wait(child: &mut Child, patience: Duration) -> Option<std::process::ExitStatus> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(status) = child.try_wait().expect("a process cannot be waited for") {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(STEP);
    }
}

fn gather(stream: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What could be read is what a person would have seen.
            drop(stream.read_to_end(&mut bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
