//! `champollion decode`: payloads are decoded with a package, a codec or the sources of a decoder.

use std::path::{Path, PathBuf};

use champollion_import::SourceText;
use champollion_registry::package::{Answer, Package, run};
use champollion_sandbox::{
    Call, CallError, Decoder, Derivation, Digest, Downlink, Measurement, Reading, Script,
};
use champollion_sdk::vectors::{CommandInput, DownlinkInput, Hex, Input, Setting, UplinkInput};
use clap::Args;
use indexmap::IndexMap;
use jiff::Timestamp;
use semver::Version;
use serde::Serialize;

use super::{
    Failure,
    bulk::Bulk,
    output,
    own_json::read_own_json,
    sandbox, settings,
    sources::{Loaded, Sources},
};

/// Decodes payloads with a package, a JavaScript codec or the folder of a decoder's sources: no server. One payload is
/// shown, those of a file are written into another.
#[derive(Args)]
pub(super) struct Decode {
    /// Folder of sources, package, or codec in JavaScript, as --decoder names it
    #[arg(value_name = "DIR|FILE", conflicts_with = "decoder")]
    sources: Option<PathBuf>,
    /// The package, the codec in JavaScript as its maker wrote it, whatever its name ends in, or the folder of the
    /// sources, whose vectors may fail; with --in several packages may be given, among which a column chooses
    #[arg(long, value_name = "FILE")]
    decoder: Vec<PathBuf>,
    #[command(flatten)]
    input: InputArguments,
    #[command(flatten)]
    bulk: Bulk,
    /// Show what a JavaScript codec has logged
    #[arg(long, short)]
    verbose: bool,
    /// Print JSON instead of text for people
    #[arg(long)]
    json: bool,
}

/// An input of a decoder, as arguments give it.
#[derive(Args)]
pub(super) struct InputArguments {
    /// FPort that the payload came over
    #[arg(long, visible_alias = "port", value_name = "PORT")]
    pub(super) fport: Option<u8>,
    /// The payload as hexadecimal digits, decrypted
    #[arg(long, value_name = "DIGITS")]
    pub(super) hex: Option<Hex>,
    /// Encode this command, a JSON object, instead of decoding an uplink
    #[arg(long, value_name = "JSON", conflicts_with_all = ["fport", "hex", "downlink"])]
    pub(super) command: Option<String>,
    /// Read the payload as one that was sent to the device
    #[arg(long)]
    downlink: bool,
    /// Frame counter of the uplink
    #[arg(long, value_name = "N", default_value_t = 0)]
    fcnt: u32,
    /// Moment at which the frame was received or sent, as in 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<Timestamp>,
    /// A setting of the device that the decoder reads; may stand several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = settings::variable)]
    pub(super) variable: Vec<(String, Setting)>,
    /// State that the decoder returned for the previous frame, as hexadecimal digits
    #[arg(long, value_name = "DIGITS", default_value = "")]
    state: Hex,
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

#[derive(Clone, Serialize)]
pub(super) struct Name {
    /// The decoder's, or the name of the file of a codec that is in no package.
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<Version>,
    digest: Digest,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ReportedOutcome<'call> {
    Reading(&'call Reading),
    Downlink { downlink: &'call Downlink },
    Derived(&'call Derivation),
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
        let places: Vec<PathBuf> = self.sources.into_iter().chain(self.decoder).collect();
        if self.bulk.is_asked_for() {
            return self.bulk.run(&places, &self.input, self.json);
        }
        let [place] = places.as_slice() else {
            let reason = match places.len() {
                0 => "--decoder names a package, a codec, or the folder of a decoder's sources",
                _ => "one payload is decoded by one decoder: --in takes several",
            };
            return Err(Failure::new("nothing is decoded", reason));
        };
        let Tool { decoder, name } = Tool::load(place)?;
        let input = self.input.input(Timestamp::now())?;
        let call = run(&decoder, &input);
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
}

/// A decoder from a file or a folder, ready to be called.
pub(super) struct Tool {
    pub(super) decoder: Decoder,
    pub(super) name: Name,
}

impl Tool {
    /// Loads the package or the codec in a file, or the sources in a folder.
    pub(super) fn load(place: &Path) -> Result<Self, Failure> {
        if place.is_dir() {
            let Loaded { package, decoder, .. } = Sources::read_without_vectors(place)?.load()?;
            return Ok(Self { decoder, name: Name::of(&package) });
        }
        let task = format!("{} cannot be used", place.display());
        let file = std::fs::read(place).map_err(Failure::of(&task))?;
        if is_script(place, &file) {
            let (decoder, name) = script(place, &file).map_err(Failure::quoting(&task))?;
            return Ok(Self { decoder, name });
        }
        let package = package(file, &task)?;
        let sandbox = sandbox::of(&package).map_err(Failure::of(&task))?;
        let decoder = package.load(&sandbox).map_err(Failure::quoting(&task))?;
        Ok(Self { decoder, name: Name::of(&package) })
    }
}

impl InputArguments {
    /// The input for a call, at the moment that is given or at another one.
    pub(super) fn input(&self, otherwise: Timestamp) -> Result<Input, Failure> {
        let at = self.at.unwrap_or(otherwise);
        let variables = self.variables();
        if let Some(command) = &self.command {
            let data = read_own_json(command).map_err(Failure::of("the command is no JSON"))?;
            return Ok(Input::Command(CommandInput { data, issued_at: at, variables }));
        }
        let (Some(f_port), Some(payload)) = (self.fport, self.hex.clone()) else {
            let reason = "--fport and --hex give a payload, --command gives a command";
            return Err(Failure::new("there is nothing to decode", reason));
        };
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

    /// The input for a vector, which is the same whenever it is run.
    pub(super) fn recorded(&self) -> Result<Input, Failure> {
        self.input(Timestamp::UNIX_EPOCH)
    }

    pub(super) fn variables(&self) -> IndexMap<String, Setting> {
        self.variable.iter().cloned().collect()
    }
}

impl Name {
    fn of(package: &Package) -> Self {
        let manifest = package.manifest();
        Self {
            id: manifest.id.to_string(),
            version: Some(manifest.version.clone()),
            digest: package.digest(),
        }
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
        Ok(Answer::Derived(derived)) => ReportedOutcome::Derived(derived),
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
    show_call(call);
}

/// Shows what a decoder answers, and the fuel that it took.
pub(super) fn show_call(call: &Call<Answer>) {
    output::line(format_args!("{} units of fuel", call.fuel));
    match &call.result {
        Ok(Answer::Reading(reading)) => show_reading(reading),
        Ok(Answer::Derived(derived)) => show_measurements(&derived.measurements),
        Ok(Answer::Downlink(downlink)) => {
            let payload = Hex(downlink.payload.clone());
            output::line(format_args!("downlink on FPort {}: {payload}", downlink.f_port));
            show_warnings(&downlink.warnings);
        }
        Err(_) => {}
    }
}

fn show_reading(reading: &Reading) {
    show_measurements(&reading.measurements);
    output::line(format_args!("data {}", reading.data));
    show_warnings(&reading.warnings);
}

fn show_measurements(measurements: &[Measurement]) {
    let rows = measurements.iter().map(|measurement| {
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
    if !measurements.is_empty() {
        output::table(["quantity", "value", "unit", "channel", "measured at", "bytes"], rows);
    }
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
