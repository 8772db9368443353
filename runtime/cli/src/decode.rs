//! `champollion decode`: a payload is tried with a package from a file.

use std::path::{Path, PathBuf};

use champollion_import::SourceText;
use champollion_registry::package::{Answer, Package, run};
use champollion_sandbox::{Call, CallError, Decoder, Digest, Downlink, Reading, Script};
use champollion_sdk::vectors::{CommandInput, DownlinkInput, Hex, Input, Setting, UplinkInput};
use clap::Args;
use indexmap::IndexMap;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use super::{Failure, output, own_json::read_own_json, sandbox, settings};

/// Decodes one payload with a package or a JavaScript codec from a file: no server, no sources.
#[derive(Args)]
pub(super) struct Decode {
    /// The package, or the codec in JavaScript as its maker wrote it, whatever its name ends in
    #[arg(long, value_name = "FILE")]
    decoder: PathBuf,
    /// FPort that the payload came over
    #[arg(long, value_name = "PORT", required_unless_present = "command")]
    fport: Option<u8>,
    /// The payload as hexadecimal digits, decrypted
    #[arg(long, value_name = "DIGITS", required_unless_present = "command")]
    hex: Option<Hex>,
    /// Encode this command, a JSON object, instead of decoding an uplink
    #[arg(long, value_name = "JSON", conflicts_with_all = ["fport", "hex", "downlink"])]
    command: Option<String>,
    /// Read the payload as one that was sent to the device
    #[arg(long)]
    downlink: bool,
    /// Frame counter of the uplink
    #[arg(long, value_name = "N", default_value_t = 0)]
    fcnt: u32,
    /// Moment at which the frame was received or sent, as in 2026-01-31T12:00:00Z; now without it
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// A setting of the device that the decoder reads; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::variable)]
    variable: Vec<(String, Setting)>,
    /// State that the decoder returned for the previous frame, as hexadecimal digits
    #[arg(long, value_name = "DIGITS", default_value = "")]
    state: Hex,
    /// Show what a JavaScript codec has logged
    #[arg(long, short)]
    verbose: bool,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// The report that `--json` prints.
#[derive(Serialize)]
struct Report<'call> {
    decoder: Name,
    fuel: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<&'call [String]>,
    #[serde(flatten)]
    outcome: ReportedOutcome<'call>,
}

#[derive(Serialize)]
struct Name {
    /// The decoder's, or the name of the file of a codec that is in no package.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    digest: Digest,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ReportedOutcome<'call> {
    Reading(&'call Reading),
    Downlink { downlink: &'call Downlink },
    Failed { error: ReportedError<'call> },
}

#[derive(Serialize)]
struct ReportedError<'call> {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'call champollion_sandbox::Failure>,
}

impl Decode {
    pub(super) fn run(self) -> Result<(), Failure> {
        let task = format!("{} cannot be used", self.decoder.display());
        let file = std::fs::read(&self.decoder).map_err(Failure::of(&task))?;
        let (decoder, name) = if is_script(&self.decoder, &file) {
            script(&self.decoder, &file).map_err(Failure::quoting(&task))?
        } else {
            let package = package(file, &task)?;
            let sandbox = sandbox::of(&package).map_err(Failure::of(&task))?;
            let decoder = package.load(&sandbox).map_err(Failure::quoting(&task))?;
            let manifest = package.manifest();
            let name = Name {
                id: manifest.id.to_string(),
                version: Some(manifest.version.clone()),
                digest: package.digest(),
            };
            (decoder, name)
        };
        let call = run(&decoder, &self.input()?);
        let log = self.verbose.then_some(&*call.log);
        if self.json {
            output::json(&Report {
                decoder: name,
                fuel: call.fuel,
                log,
                outcome: reported(&call),
            })?;
        } else {
            show(&name, &call);
            show_log(log.unwrap_or_default());
        }
        call.result.map(drop).map_err(Failure::quoting("the payload was not decoded"))
    }

    fn input(&self) -> Result<Input, Failure> {
        let at = self.at.unwrap_or_else(Timestamp::now);
        let variables: IndexMap<String, Setting> = self.variable.iter().cloned().collect();
        if let Some(command) = &self.command {
            let data = read_own_json(command).map_err(Failure::of("the command is no JSON"))?;
            return Ok(Input::Command(CommandInput { data, issued_at: at, variables }));
        }
        let (f_port, payload) =
            (self.fport.unwrap_or_default(), self.hex.clone().unwrap_or_default());
        if self.downlink {
            return Ok(Input::Downlink(DownlinkInput { f_port, payload, sent_at: at, variables }));
        }
        Ok(Input::Uplink(UplinkInput {
            f_port,
            payload,
            f_cnt: self.fcnt,
            received_at: at,
            variables,
            state: self.state.clone(),
        }))
    }
}

/// Of a file that is no component at all the sandbox knows best what it is.
fn package(file: Vec<u8>, task: &str) -> Result<Package, Failure> {
    let read = Package::read(file.clone());
    if read.is_err() {
        let sandbox = sandbox::of_components().map_err(Failure::of(task))?;
        sandbox.load(&file).map_err(Failure::quoting(task))?;
    }
    read.map_err(Failure::quoting(task))
}

/// Whether a file is a codec in JavaScript that is in no package: any file that is no WebAssembly, and that
/// nobody has named so.
fn is_script(file: &Path, content: &[u8]) -> bool {
    let is_named_package = file.extension().is_some_and(|extension| extension == "wasm");
    !SourceText::is_webassembly(content) && !is_named_package
}

fn script(file: &Path, source: &[u8]) -> Result<(Decoder, Name), String> {
    let digest = Digest::of(source);
    let SourceText { text: source, warning } = SourceText::of(source);
    if let Some(warning) = warning {
        output::note(format_args!("warning: {}: {warning}", file.display()));
    }
    let sandbox = sandbox::of_scripts().map_err(|error| error.to_string())?;
    let script = Script { source, ..Script::default() };
    let decoder = sandbox.load_script(&script, digest).map_err(|error| error.to_string())?;
    let id = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((decoder, Name { id, version: None, digest }))
}

fn reported(call: &Call<Answer>) -> ReportedOutcome<'_> {
    match &call.result {
        Ok(Answer::Reading(reading)) => ReportedOutcome::Reading(reading),
        Ok(Answer::Downlink(downlink)) => ReportedOutcome::Downlink { downlink },
        Err(error) => ReportedOutcome::Failed {
            error: ReportedError {
                code: error.code(),
                message: error.to_string(),
                failure: match error {
                    CallError::Failed(failure) => Some(failure),
                    _ => None,
                },
            },
        },
    }
}

fn show(name: &Name, call: &Call<Answer>) {
    let version = name.version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    output::line(format_args!("{}{version} ({})", name.id, name.digest));
    output::line(format_args!("{} units of fuel", call.fuel));
    match &call.result {
        Ok(Answer::Reading(reading)) => show_reading(reading),
        Ok(Answer::Downlink(downlink)) => {
            let payload = Hex(downlink.payload.clone());
            output::line(format_args!("downlink on FPort {}: {payload}", downlink.f_port));
            show_warnings(&downlink.warnings);
        }
        Err(_) => {}
    }
}

fn show_reading(reading: &Reading) {
    let rows = reading.measurements.iter().map(|measurement| {
        [
            measurement.quantity.name.to_owned(),
            measurement.value.to_string(),
            measurement.quantity.unit.to_owned(),
            match measurement.channel {
                0 => String::new(),
                channel => channel.to_string(),
            },
            measurement.measured_at.map(|moment| moment.to_string()).unwrap_or_default(),
            measurement
                .span
                .map(|span| format!("{}..{}", span.offset, span.offset + span.length))
                .unwrap_or_default(),
        ]
    });
    if !reading.measurements.is_empty() {
        output::table(["quantity", "value", "unit", "channel", "measured at", "bytes"], rows);
    }
    output::line(format_args!("data {}", reading.data));
    show_warnings(&reading.warnings);
}

fn show_warnings(warnings: &[String]) {
    for warning in warnings {
        output::line(format_args!("warning: {}", output::quoted(warning)));
    }
}

fn show_log(log: &[String]) {
    for line in log {
        output::line(format_args!("log: {line}"));
    }
}
