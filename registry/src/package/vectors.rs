//! The inputs of vectors as a decoder is given them, and its answers as vectors write them.

use champollion_sandbox::{
    Call, CallError, Command, Decoder, Derivation, Downlink, Failure, FailureKind, Measurement,
    Memory, Observation, Reading, SentDownlink, Settings, Specimen, Value, Variable,
    vocabulary::{self, ValueKind},
};
use champollion_sdk::vectors::{Input, MeasuredInput, ReadingInput, Setting};
use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// A decoder's answer to an input.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// To an uplink, or to a downlink that is read back.
    Reading(Reading),
    /// The answer to a command.
    Downlink(Downlink),
    /// The answer of a derived decoder to a reading.
    #[serde(rename = "reading")]
    Derived(Derivation),
}

/// Runs an input as a vector gives it.
#[must_use]
pub fn run(decoder: &Decoder, input: &Input) -> Call<Answer> {
    match input {
        Input::Uplink(input) => {
            let specimen = Specimen {
                f_port: input.f_port,
                f_cnt: input.f_cnt,
                payload: input.payload.0.clone(),
                received_at: milliseconds(input.received_at),
            };
            let settings =
                Settings { variables: variables(&input.variables), state: input.state.0.clone() };
            decoder.try_uplink(&specimen, &settings).map(Answer::Reading)
        }
        Input::Command(input) => {
            let command =
                Command { data: input.data.to_string(), issued_at: milliseconds(input.issued_at) };
            decoder.encode_downlink(&command, &stateless(&input.variables)).map(Answer::Downlink)
        }
        Input::Downlink(input) => {
            let downlink = SentDownlink {
                f_port: input.f_port,
                payload: input.payload.0.clone(),
                sent_at: milliseconds(input.sent_at),
            };
            decoder.decode_downlink(&downlink, &stateless(&input.variables)).map(Answer::Reading)
        }
        Input::Reading(input) => match observation(input) {
            Ok(observed) => decoder.derive(&observed).map(Answer::Derived),
            Err(failure) => {
                let result = Err(CallError::Failed(failure));
                Call { result, fuel: 0, memory_bytes: 0, log: Vec::new() }
            }
        },
    }
}

/// A reading as a derived decoder is given it.
fn observation(input: &ReadingInput) -> Result<Observation, Failure> {
    let measurements = input.measurements.iter().map(measurement).collect::<Result<_, _>>()?;
    let before = input.remembered.as_ref();
    Ok(Observation {
        measurements,
        received_at: input.received_at,
        variables: variables(&input.variables),
        before: before.map(|before| Memory { at: before.at, values: before.values.clone() }),
    })
}

/// A measurement as JSON writes it, as a derived decoder is given it.
///
/// # Errors
/// The vocabulary does not have the quantity, or the value is none of it.
pub fn measurement(input: &MeasuredInput) -> Result<Measurement, Failure> {
    let invalid =
        |message: String| Failure { kind: FailureKind::InvalidValue, message, span: None };
    let name = &input.quantity;
    let quantity = vocabulary::quantity(name).ok_or_else(|| {
        invalid(format!("{name} is measured, which the vocabulary does not have"))
    })?;
    let value = match (quantity.kind, value(&input.value)) {
        // JSON writes 21 for 21.0.
        (ValueKind::Number, Value::Integer(integer)) => Value::Number(integer as f64),
        (ValueKind::Number, value @ Value::Number(_))
        | (ValueKind::Integer, value @ Value::Integer(_))
        | (ValueKind::Boolean, value @ Value::Boolean(_))
        | (ValueKind::Text, value @ Value::Text(_)) => value,
        (_, value) => return Err(invalid(format!("{value} is no value of {name}"))),
    };
    let MeasuredInput { channel, measured_at, .. } = *input;
    Ok(Measurement { quantity, value, channel, measured_at, span: None })
}

/// The answer as vectors write it: an object with the one key `reading`, `downlink` or `failure`.
/// What the sandbox itself refused is a failure of a kind that no decoder can return.
#[must_use]
pub fn outcome(call: &Call<Answer>) -> Json {
    match &call.result {
        Ok(answer) => json!(answer),
        Err(CallError::Failed(failure)) => json!({ "failure": failure }),
        Err(error) => json!({ "failure": { "kind": error.code(), "message": error.to_string() } }),
    }
}

fn stateless(set: &IndexMap<String, Setting>) -> Settings {
    Settings { variables: variables(set), state: Vec::new() }
}

fn milliseconds(moment: Timestamp) -> u64 {
    u64::try_from(moment.as_millisecond()).unwrap_or(0)
}

/// Settings as JSON writes them, as a decoder is given them.
#[must_use]
pub fn variables(set: &IndexMap<String, Setting>) -> Vec<Variable> {
    set.iter()
        .map(|(name, setting)| Variable { name: name.clone(), value: value(setting) })
        .collect()
}

fn value(setting: &Setting) -> Value {
    match setting {
        Setting::Boolean(boolean) => Value::Boolean(*boolean),
        Setting::Integer(integer) => Value::Integer(*integer),
        Setting::Number(number) => Value::Number(*number),
        Setting::Text(text) => Value::Text(text.clone()),
    }
}
