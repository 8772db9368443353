//! Runs a codec's examples: what it answers as its maker says becomes a vector.

use std::collections::BTreeSet;

use champollion_registry::package::{outcome, run};
use champollion_sandbox::{CallError, Decoder, Script};
use champollion_sdk::vectors::{Input, Vector};
use serde_json::{Value as Json, json};

use super::{
    Comparison, Example, FailedExample, Failing,
    answered::Answered,
    comparison,
    example::{bytes, is_failure, texts},
    normalized::Normalized,
};

/// The results of a codec's examples.
#[derive(Default)]
pub(super) struct Trial {
    /// Those that passed, as vectors that hold everything that came out.
    pub(super) vectors: Vec<Vector>,
    /// Those that did not.
    pub(super) failed: Vec<FailedExample>,
    /// The number of those that are commands.
    failed_commands: usize,
    /// The readings of uplinks that passed.
    pub(super) answered: Vec<Answered>,
}

impl Trial {
    /// Whether an example of a command failed.
    pub(super) fn fails_commands(&self) -> bool {
        self.failed_commands > 0
    }
}

/// Runs all examples of a codec that stands at `place`.
pub(super) fn run_examples(
    decoder: &Decoder,
    normalized: &Normalized,
    examples: &[Example],
    comparison: Comparison,
    place: &str,
) -> Trial {
    let mut trial = Trial::default();
    let mut names = BTreeSet::new();
    for example in examples {
        let name = unique(&example.name, &mut names);
        let call = run(decoder, &example.input);
        let actual = outcome(&call);
        // What the sandbox itself ended is nothing that a codec may be expected to do.
        let answered =
            !matches!(&call.result, Err(error) if !matches!(error, CallError::Failed(_)));
        let compared = forgiven(comparison, &example.output, &actual);
        match differs(&example.input, &example.output, &compared) {
            None if answered => {
                if let Some((expected, actual, at)) = normalized.differs(example) {
                    trial.failed.push(FailedExample {
                        kind: Failing::NormalizedOutput,
                        codec: place.to_owned(),
                        example: name,
                        place: example.place.clone(),
                        expected,
                        actual,
                        at,
                    });
                    continue;
                }
                if let (Input::Uplink(_), Some(reading)) = (&example.input, actual.get("reading")) {
                    let points = example.points.clone();
                    trial.answered.push(Answered { reading: reading.clone(), points });
                }
                // Sorted, so that the same codec with the same examples is the same package for ever.
                let mut expect = actual;
                expect.sort_all_objects();
                trial.vectors.push(Vector {
                    name,
                    source: Some(example.place.clone()),
                    input: example.input.clone(),
                    expect,
                });
            }
            at => {
                trial.failed_commands += usize::from(matches!(example.input, Input::Command(_)));
                trial.failed.push(FailedExample {
                    kind: Failing::Output,
                    codec: place.to_owned(),
                    example: name,
                    place: example.place.clone(),
                    expected: example.output.clone(),
                    actual: as_output(&actual),
                    at: at.unwrap_or_default(),
                });
            }
        }
    }
    trial
}

/// The answer with the expected data in the place of what the catalogue takes for the same.
fn forgiven(comparison: Comparison, expected: &Json, actual: &Json) -> Json {
    let mut forgiven = actual.clone();
    if let Some(data) = forgiven.get_mut("reading").and_then(|reading| reading.get_mut("data")) {
        *data = comparison.forgive(&as_object(&expected["data"]), data);
    }
    forgiven
}

/// Data that is a list, as the sandbox gives it: an object with the list.
fn as_object(data: &Json) -> Json {
    if data.is_array() { json!({ Script::LIST_MEMBER: data }) } else { data.clone() }
}

/// Vectors of one name could not be told apart in a report.
fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2_usize;
    while !names.insert(candidate.clone()) {
        candidate = format!("{name} ({number})");
        number += 1;
    }
    candidate
}

/// Where what came out differs from what the example says; warnings and the port are compared where
/// the example states them.
fn differs(input: &Input, expected: &Json, actual: &Json) -> Option<String> {
    if is_failure(expected) {
        let said = actual["failure"]["message"].as_str();
        let wanted = texts(&expected["errors"]);
        let same = said == Some(&wanted.join("; "));
        return (!same).then(|| "errors".to_owned());
    }
    match input {
        Input::Uplink(_) | Input::Downlink(_) | Input::Reading(_) => {
            let stated = &expected["warnings"];
            let warnings = if stated.is_array() { stated } else { &actual["reading"]["warnings"] };
            let wanted = json!({"data": as_object(&expected["data"]), "warnings": warnings});
            let came = json!({
                "data": actual["reading"]["data"],
                "warnings": actual["reading"]["warnings"],
            });
            comparison::place(&wanted, &came, input)
        }
        Input::Command(_) => {
            let came = &actual["downlink"];
            let payload = came["payload"]
                .as_str()
                .and_then(|payload| bytes(&Json::String(payload.to_owned()), "payload").ok());
            if payload.is_none() || payload != bytes(&expected["bytes"], "bytes").ok() {
                return Some("bytes".to_owned());
            }
            let port = &expected["fPort"];
            if !port.is_null() && port.as_f64() != came["fPort"].as_f64() {
                return Some("fPort".to_owned());
            }
            let stated = &expected["warnings"];
            (stated.is_array() && stated != &came["warnings"]).then(|| "warnings".to_owned())
        }
    }
}

/// Returns the output in the words of the examples.
fn as_output(actual: &Json) -> Json {
    if let Some(reading) = actual.get("reading") {
        return json!({"data": reading["data"], "warnings": reading["warnings"]});
    }
    if let Some(downlink) = actual.get("downlink") {
        let payload = &downlink["payload"];
        return json!({
            "bytes": bytes(payload, "payload").unwrap_or_default(),
            "fPort": downlink["fPort"],
            "warnings": downlink["warnings"],
        });
    }
    json!({"errors": [actual["failure"]["message"]], "kind": actual["failure"]["kind"]})
}
