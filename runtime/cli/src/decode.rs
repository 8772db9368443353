//! `champollion decode`: payloads are decoded with a package, a codec or the sources of a decoder.

use std::path::PathBuf;

use champollion_registry::package::{Answer, run};
use champollion_sandbox::{Call, CallError, Derivation, Downlink, Measurement, Reading};
use champollion_sdk::vectors::Hex;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Failure,
    bulk::Bulk,
    input_arguments::InputArguments,
    output,
    tool::{Name, Tool},
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
