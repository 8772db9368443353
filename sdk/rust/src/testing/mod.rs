//! Runs a decoder's vectors natively, and bad input made of them: `cargo test` needs no WebAssembly target.

mod bad_input;
mod quiet_panic;

pub use bad_input::BadInput;
use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::{
    Command, Decoder, Downlink, Failure, FailureKind, Measurement, Reading, SentDownlink, Span,
    Uplink, Value, Variable,
    deviation::Deviation,
    difference::{Difference, difference},
    vectors::{self, Hex, Input, Setting, Vector},
};

/// Runs every vector of a `vectors.json` through a decoder.
///
/// # Panics
/// Where the file is no list of vectors, or a vector is not answered as it expects; the message
/// lists all of them.
pub fn check_vectors<D: Decoder>(json: &str) {
    let vectors = vectors::parse(json).unwrap_or_else(|error| panic!("vectors.json: {error}"));
    assert!(!vectors.is_empty(), "vectors.json holds no vector");
    let differing: Vec<String> = vectors
        .iter()
        .filter_map(|vector| {
            let deviation = Deviation::of(&vector.expect, &run::<D>(&vector.input))?;
            Some(format!("{:?} {deviation}", vector.name))
        })
        .collect();
    assert!(
        differing.is_empty(),
        "{} of {} vectors are not answered as they expect:\n{}",
        differing.len(),
        vectors.len(),
        differing.join("\n")
    );
}

/// The uplink of a payload, the first of its session, without variables and state.
#[must_use]
pub fn uplink(f_port: u8, payload: impl Into<Vec<u8>>) -> Uplink {
    Uplink {
        f_port,
        f_cnt: 0,
        payload: payload.into(),
        received_at: 0,
        variables: Vec::new(),
        state: Vec::new(),
    }
}

/// Runs one vector through a decoder.
#[must_use]
pub fn check<D: Decoder>(vector: &Vector) -> Option<Difference> {
    difference(&vector.expect, &run::<D>(&vector.input))
}

/// Runs one input through a decoder: an object with the one key `reading`, `downlink` or `failure`.
#[must_use]
pub fn run<D: Decoder>(input: &Input) -> Json {
    let outcome = match input {
        Input::Uplink(input) => D::decode_uplink(&Uplink {
            f_port: input.f_port,
            f_cnt: input.f_cnt,
            payload: input.payload.0.clone(),
            received_at: milliseconds(input.received_at),
            variables: variables(&input.variables),
            state: input.state.0.clone(),
        })
        .map(|reading| json!({ "reading": reading_json(&reading) })),
        Input::Command(input) => D::encode_downlink(&Command {
            data: input.data.to_string(),
            issued_at: milliseconds(input.issued_at),
            variables: variables(&input.variables),
        })
        .map(|downlink| json!({ "downlink": downlink_json(downlink) })),
        Input::Downlink(input) => D::decode_downlink(&SentDownlink {
            f_port: input.f_port,
            payload: input.payload.0.clone(),
            sent_at: milliseconds(input.sent_at),
            variables: variables(&input.variables),
        })
        .map(|reading| json!({ "reading": reading_json(&reading) })),
        // Derived decoders are expressions, which no code in Rust reads.
        Input::Reading(_) => {
            return json!({ "failure": { "kind": "unsupported", "message": "a decoder of payloads reads no readings" } });
        }
    };
    outcome.unwrap_or_else(|failure| json!({ "failure": failure_json(failure) }))
}

fn milliseconds(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_millisecond()).unwrap_or(0)
}

fn variables<'a>(set: impl IntoIterator<Item = (&'a String, &'a Setting)>) -> Vec<Variable> {
    set.into_iter()
        .map(|(name, setting)| Variable {
            name: name.clone(),
            value: match setting {
                Setting::Boolean(boolean) => Value::Boolean(*boolean),
                Setting::Integer(integer) => Value::Integer(*integer),
                Setting::Number(number) => Value::Number(*number),
                Setting::Text(text) => Value::Text(text.clone()),
            },
        })
        .collect()
}

fn reading_json(reading: &Reading) -> Json {
    let data: Json = serde_json::from_str(reading.data()).expect("the SDK wrote this JSON");
    let measurements: Vec<Json> = reading.measurements().iter().map(measurement_json).collect();
    let mut fields = Map::from_iter([
        ("data".to_owned(), data),
        ("measurements".to_owned(), Json::from(measurements)),
        ("warnings".to_owned(), json!(reading.warnings())),
    ]);
    if let Some(state) = reading.state() {
        fields.insert("state".to_owned(), json!(Hex(state.to_vec())));
    }
    Json::Object(fields)
}

fn measurement_json(measurement: &Measurement) -> Json {
    let value = match &measurement.value {
        Value::Boolean(boolean) => json!(boolean),
        Value::Integer(integer) => json!(integer),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
    };
    let mut fields = Map::from_iter([
        ("quantity".to_owned(), json!(measurement.quantity)),
        ("value".to_owned(), value),
    ]);
    if measurement.channel != 0 {
        fields.insert("channel".to_owned(), json!(measurement.channel));
    }
    if let Some(moment) = measurement.measured_at {
        let moment = i64::try_from(moment).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let shown = moment.map_or_else(|| "out of range".to_owned(), |moment| moment.to_string());
        fields.insert("measuredAt".to_owned(), json!(shown));
    }
    if let Some(span) = measurement.span {
        fields.insert("span".to_owned(), span_json(span));
    }
    Json::Object(fields)
}

fn downlink_json(downlink: Downlink) -> Json {
    json!({
        "fPort": downlink.f_port,
        "payload": Hex(downlink.payload),
        "warnings": downlink.warnings,
    })
}

fn failure_json(failure: Failure) -> Json {
    let kind = match failure.kind {
        FailureKind::UnknownPort => "unknown-port",
        FailureKind::UnknownMessage => "unknown-message",
        FailureKind::TooShort => "too-short",
        FailureKind::TooLong => "too-long",
        FailureKind::InvalidValue => "invalid-value",
        FailureKind::InvalidCommand => "invalid-command",
        FailureKind::MissingVariable => "missing-variable",
        FailureKind::Unsupported => "unsupported",
    };
    let mut fields = Map::from_iter([
        ("kind".to_owned(), json!(kind)),
        ("message".to_owned(), json!(failure.message)),
    ]);
    if let Some(span) = failure.span {
        fields.insert("span".to_owned(), span_json(span));
    }
    Json::Object(fields)
}

fn span_json(span: Span) -> Json {
    json!({ "offset": span.offset, "length": span.length })
}
