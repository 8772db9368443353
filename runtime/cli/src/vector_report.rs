//! The report on vectors that are not answered as they expect: each failure as what it is, and values as a table of
//! what differs, with the payload bytes that they were read from.

use champollion_registry::{
    gate::{VectorDiffers, VectorFuel, VectorRun, run_vectors},
    package::{Answer, Manifest, Package},
};
use champollion_sandbox::{Decoder, Measurement, Reading, Span};
use champollion_sdk::{
    deviation::Deviation,
    difference::{Difference, Hint},
    vectors::{Hex, Input, ReadingInput, Setting, Vector},
};
use serde_json::Value as Json;

use super::{Failure, output};

/// Most characters of a value in a table.
const VALUE_CHARACTERS: usize = 120;

/// Runs all vectors of a package, hands each run over to be shown, and gives the fuel that they burn; fails where one is
/// not answered as it expects.
pub(super) fn all_answered(
    package: &Package,
    decoder: &Decoder,
    show: impl Fn(&VectorRun<'_>),
) -> Result<Option<VectorFuel>, Failure> {
    let (mut differing, mut calls) = (Vec::new(), Vec::new());
    for run in run_vectors(package, decoder) {
        show(&run);
        calls.push(run.call.fuel);
        differing.extend(run.differs);
    }
    not_answered(package, &differing)?;
    Ok(VectorFuel::of(calls))
}

/// The failure of a package of which vectors are not answered as they expect, if there are any.
pub(super) fn not_answered(package: &Package, differing: &[VectorDiffers]) -> Result<(), Failure> {
    let Some(first) = differing.first() else { return Ok(()) };
    let manifest = package.manifest();
    let (count, all) = (differing.len(), package.vectors().len());
    Err(Failure::new(
        format!("{} {} does not answer as its vectors say", manifest.id, manifest.version),
        output::quoted(format_args!(
            "{count} of {all}, first {first}: mend the decoder, or the vectors by `champollion test --bless`"
        )),
    ))
}

/// Shows all in which the answer to a vector is another one than it expects.
pub(super) fn show(run: &VectorRun<'_>, package: &Package) {
    let Some(differs) = &run.differs else { return };
    let Vector { name, input, .. } = run.vector;
    output::line(format_args!("vector {} ({})", output::quoted(format!("{name:?}")), told(input)));
    match &*differs.deviation {
        Deviation::Failed { expected, reason, span } => {
            let bytes = span.and_then(|(offset, length)| bytes(input, offset, length));
            let bytes = bytes.map(|bytes| format!(", at the bytes {bytes}")).unwrap_or_default();
            let reason = output::quoted(reason);
            output::line(format_args!("  expects a {expected}, and {reason}{bytes}"));
        }
        other @ Deviation::NotFailed { .. } => {
            output::line(format_args!("  {}", output::quoted(other)));
        }
        Deviation::Differs(found) => show_differences(run, found, package.manifest()),
    }
    let twin = package.vectors().iter().find(|other| {
        other.name != *name && other.input == *input && other.expect != run.vector.expect
    });
    if let Some(twin) = twin {
        output::line(format_args!(
            "  it contradicts the vector {:?}: the same input, and another result is expected",
            twin.name
        ));
    }
}

fn show_differences(run: &VectorRun<'_>, found: &[Difference], manifest: &Manifest) {
    let reading = match &run.call.result {
        Ok(Answer::Reading(reading)) => Some(reading),
        _ => None,
    };
    let rows = found.iter().map(|difference| {
        let span = reading.and_then(|reading| span_of(difference, reading, manifest));
        let bytes = span.and_then(|span| {
            bytes(&run.vector.input, u64::from(span.offset), u64::from(span.length))
        });
        [
            format!("  {}", output::quoted(&difference.path)),
            shown(difference.expected.as_ref()),
            shown(difference.actual.as_ref()),
            bytes.unwrap_or_default(),
            difference.hint.as_ref().map(output::quoted).unwrap_or_default(),
        ]
    });
    output::table(["  place", "expected", "actual", "bytes", "remark"], rows);
}

fn shown(value: Option<&Json>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = output::quoted(value);
    match text.char_indices().nth(VALUE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// An input in few words.
fn told(input: &Input) -> String {
    match input {
        Input::Uplink(uplink) => format!("FPort {}, {}", uplink.f_port, uplink.payload),
        Input::Downlink(sent) => format!("sent on FPort {}, {}", sent.f_port, sent.payload),
        Input::Command(command) => format!("command {}", shown(Some(&command.data))),
        Input::Reading(reading) => format!("reading of {}", measured(reading)),
    }
}

/// The measurements of a reading in few words.
pub(super) fn measured(reading: &ReadingInput) -> String {
    let measured = reading.measurements.iter().map(|one| match &one.value {
        Setting::Boolean(boolean) => format!("{} {boolean}", one.quantity),
        Setting::Integer(integer) => format!("{} {integer}", one.quantity),
        Setting::Number(number) => format!("{} {number}", one.quantity),
        Setting::Text(text) => format!("{} {text}", one.quantity),
    });
    measured.collect::<Vec<_>>().join(", ")
}

/// A run of payload bytes with what they hold: `2..4 FFCE`.
fn bytes(input: &Input, offset: u64, length: u64) -> Option<String> {
    let payload = match input {
        Input::Uplink(uplink) => &uplink.payload.0,
        Input::Downlink(sent) => &sent.payload.0,
        Input::Command(_) | Input::Reading(_) => return None,
    };
    let end = offset.checked_add(length)?;
    let range = usize::try_from(offset).ok()?..usize::try_from(end).ok()?;
    let held = payload.get(range)?.to_vec();
    Some(format!("{offset}..{end} {}", Hex(held)))
}

/// The payload bytes that the value at a difference was read from, where the decoder tells them: those of the
/// measurement itself, or of the measurement that the field of `data` is.
fn span_of(difference: &Difference, reading: &Reading, manifest: &Manifest) -> Option<Span> {
    if let Some(rest) = difference.path.strip_prefix("reading.measurements[") {
        let index: usize = rest.split(']').next()?.parse().ok()?;
        return reading.measurements.get(index)?.span;
    }
    let path = difference.path.strip_prefix("reading.data.")?;
    let (path, value) = match &difference.hint {
        Some(Hint::OtherName { name, value }) => {
            let object = path.rsplit_once('.').map(|(object, _)| format!("{object}."));
            (format!("{}{name}", object.unwrap_or_default()), Some(value))
        }
        _ => (path.to_owned(), difference.actual.as_ref()),
    };
    let name = without_indices(&path);
    let field = manifest.fields.iter().find(|field| field.name == name)?;
    let quantity = field.quantity.as_deref()?;
    let is_of_field = |measurement: &&Measurement| {
        measurement.quantity.name == quantity
            && field.channel.is_none_or(|channel| measurement.channel == channel)
    };
    let candidates: Vec<&Measurement> = reading.measurements.iter().filter(is_of_field).collect();
    if let [only] = candidates.as_slice() {
        return only.span;
    }
    let value = value.and_then(Json::as_f64)?;
    let is_value =
        |measurement: &&&Measurement| serde_json::json!(measurement.value).as_f64() == Some(value);
    candidates.iter().find(is_value)?.span
}

/// A path as manifests name fields: `history[3].volume` is `history[].volume`.
fn without_indices(path: &str) -> String {
    let mut name = String::with_capacity(path.len());
    let mut inside = false;
    for letter in path.chars() {
        inside &= letter != ']';
        if !inside {
            name.push(letter);
        }
        inside |= letter == '[';
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_named_as_manifests_name_fields() {
        assert_eq!(without_indices("history[12].volume"), "history[].volume");
        assert_eq!(without_indices("a.b"), "a.b");
        assert_eq!(without_indices("a[0][1]"), "a[][]");
    }

    #[test]
    fn bytes_are_shown_with_what_they_hold() {
        let input: Vector = serde_json::from_str(
            r#"{"name": "a", "uplink": {"fPort": 1, "payload": "00FFCE"}, "expect": {"reading": {}}}"#,
        )
        .unwrap();
        assert_eq!(bytes(&input.input, 1, 2).as_deref(), Some("1..3 FFCE"));
        assert_eq!(bytes(&input.input, 2, 2), None, "beyond the payload");
    }

    #[test]
    fn long_values_are_cut() {
        assert_eq!(shown(None), "nothing");
        assert_eq!(shown(Some(&serde_json::json!("x".repeat(500)))).chars().count(), 121);
    }
}
