//! Node.js in a process of its own, which answers codec after codec.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result};
use champollion_sandbox::Dialect;
use champollion_sdk::vectors::Input;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The program that Node.js runs.
const PROGRAM: &str = include_str!("node.js");

/// A process of Node.js.
pub(crate) struct Node {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A codec and its cases, as they are handed over.
#[derive(Serialize)]
struct Task<'a> {
    source: &'a str,
    dialect: Option<&'static str>,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Case<'a> {
    kind: &'static str,
    f_port: u8,
    moment: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<&'a [u8]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Json>,
    /// The state that ThingPark would keep of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Json>,
    whole: bool,
}

/// The answers of Node.js to a codec.
#[derive(Deserialize)]
pub(crate) struct Answers {
    /// Why the codec cannot be loaded.
    pub(crate) refused: Option<String>,
    /// The answers to its cases, in their order.
    pub(crate) answers: Vec<Json>,
}

impl Node {
    /// Starts a process of Node.js.
    pub(crate) fn start() -> Result<Self> {
        let mut child = Command::new("node")
            .args(["--no-warnings", "--experimental-vm-modules", "--eval", PROGRAM])
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("node cannot be started: on Debian `apt-get install nodejs` installs it")?;
        let input = child.stdin.take().context("node has no input")?;
        let output = BufReader::new(child.stdout.take().context("node has no output")?);
        Ok(Self { child, input, output })
    }

    /// Has a codec answer its cases.
    pub(crate) fn answers(
        &mut self,
        source: &str,
        dialect: Option<Dialect>,
        cases: &[Input],
        whole: bool,
    ) -> Result<Answers> {
        let cases = cases.iter().map(|input| case(input, whole)).collect();
        let task = Task { source, dialect: dialect.map(|dialect| dialect.as_str()), cases };
        serde_json::to_writer(&mut self.input, &task)?;
        self.input.write_all(b"\n")?;
        self.input.flush()?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).context("node gave no answer")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn case(input: &Input, whole: bool) -> Case<'_> {
    let (kind, f_port, moment) = match input {
        Input::Uplink(uplink) => ("decode", uplink.f_port, uplink.received_at),
        // Where nothing names a port, an encoder is told the first.
        Input::Command(command) => ("encode", 1, command.issued_at),
        Input::Downlink(downlink) => ("readBack", downlink.f_port, downlink.sent_at),
        // No codec reads readings, so there is none among the cases.
        Input::Reading(reading) => ("read", 1, reading.received_at),
    };
    let context = match input {
        Input::Uplink(uplink) => serde_json::from_slice(&uplink.state.0).ok(),
        _ => None,
    };
    let (bytes, data) = match input {
        Input::Uplink(uplink) => (Some(uplink.payload.0.as_slice()), None),
        Input::Downlink(downlink) => (Some(downlink.payload.0.as_slice()), None),
        Input::Command(command) => (None, Some(&command.data)),
        Input::Reading(_) => (None, None),
    };
    // No clock of a decoder is before 1970.
    Case { kind, f_port, moment: moment.as_millisecond().max(0), bytes, data, context, whole }
}
