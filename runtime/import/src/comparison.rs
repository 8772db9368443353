//! Compares what a codec answers with what its maker's example says: by value, where JSON has several
//! spellings of one value.
//!
//! Makers write examples by hand, or with another engine. So a moment may be written with another offset or
//! precision, and a number may differ in the last digits that another engine's arithmetic gives. Anything else
//! must be equal. Vectors are not compared here: they hold what came out, and the gate compares them strictly.

use champollion_sdk::{difference::difference, vectors::Input};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value as Json};

/// The part by which two numbers of different arithmetic may differ: a few units in the fifteenth digit.
const RELATIVE_ERROR: f64 = 5e-14;

/// The path of the first place where an output differs from what is expected.
pub(super) fn place(expected: &Json, actual: &Json, input: &Input) -> Option<String> {
    let received_at = moment_of(input);
    let expected = respelled(expected, actual, &|expected, actual| match (expected, actual) {
        (Json::Number(one), Json::Number(other)) => is_one_number(one, other),
        (Json::String(one), Json::String(other)) => is_one_moment(one, other, received_at),
        _ => false,
    });
    difference(&expected, actual).map(|found| found.path)
}

/// A value in the spelling of another one wherever the two are one by `are_one`, which is asked of their parts.
/// A part that the other one has not is held against null.
pub(super) fn respelled(
    value: &Json,
    other: &Json,
    are_one: &impl Fn(&Json, &Json) -> bool,
) -> Json {
    match (value, other) {
        (Json::Object(value), Json::Object(other)) => {
            let member = |(key, member): (&String, &Json)| {
                let other = other.get(key).unwrap_or(&Json::Null);
                (key.clone(), respelled(member, other, are_one))
            };
            Json::Object(value.iter().map(member).collect::<Map<_, _>>())
        }
        (Json::Array(value), Json::Array(other)) => {
            let item = |(index, item): (usize, &Json)| {
                respelled(item, other.get(index).unwrap_or(&Json::Null), are_one)
            };
            value.iter().enumerate().map(item).collect()
        }
        _ if are_one(value, other) => other.clone(),
        _ => value.clone(),
    }
}

/// Whether two numbers are one, as far as the arithmetic of two engines agrees. Whole numbers are exact: a
/// counter of fifteen digits may be off by one.
fn is_one_number(one: &serde_json::Number, other: &serde_json::Number) -> bool {
    let (Some(one), Some(other)) = (one.as_f64(), other.as_f64()) else { return false };
    if one.fract() == 0.0 && other.fract() == 0.0 {
        // 0 and -0 too.
        return one == other;
    }
    (one - other).abs() <= RELATIVE_ERROR * one.abs().max(other.abs())
}

/// Whether two texts name one moment: exactly, or to the millisecond where it is the moment that the codec is
/// given, since a date of JavaScript holds no more.
fn is_one_moment(expected: &str, actual: &str, received_at: Timestamp) -> bool {
    if !(begins_as_moment(expected) && begins_as_moment(actual)) {
        return false;
    }
    let Ok(actual) = actual.parse::<Timestamp>() else { return false };
    if expected.parse::<Timestamp>().is_ok_and(|expected| expected == actual) {
        return true;
    }
    let milliseconds = received_at.as_millisecond();
    actual.as_millisecond() == milliseconds
        && read_moment(expected).is_some_and(|expected| expected.as_millisecond() == milliseconds)
}

/// Whether a text begins with a date and a time: most texts do not, and none is parsed for that.
fn begins_as_moment(text: &str) -> bool {
    let shape = b"0000-00-00";
    text.len() > shape.len()
        && text.bytes().zip(shape).all(|(byte, &shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == other,
        })
}

fn moment_of(input: &Input) -> Timestamp {
    match input {
        Input::Uplink(uplink) => uplink.received_at,
        Input::Command(command) => command.issued_at,
        Input::Downlink(downlink) => downlink.sent_at,
        Input::Reading(reading) => reading.received_at,
    }
}

/// Reads a moment as makers write it: by RFC 3339; without an offset, which is UTC then; and with a fraction or
/// an offset that is none, of which only the part before it is read.
pub(super) fn read_moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    if !begins_as_moment(text) && text.parse::<jiff::civil::Date>().is_err() {
        return jiff::fmt::rfc2822::parse(text).ok().map(|moment| moment.timestamp());
    }
    let utc =
        |moment: DateTime| moment.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp());
    if let Ok(moment) = text.parse::<DateTime>() {
        return utc(moment);
    }
    const SECONDS: usize = "2020-08-02T20:00:00".len();
    let (readable, rest) = text.split_at_checked(SECONDS)?;
    let moment =
        readable.parse::<DateTime>().ok().filter(|_| !rest.starts_with(char::is_numeric))?;
    let fraction = rest.strip_prefix('.').unwrap_or_default();
    let digits = fraction.find(|character: char| !character.is_ascii_digit());
    let fraction = &fraction[..digits.unwrap_or(fraction.len()).min(9)];
    let exact = format!("{readable}.{fraction}").parse::<DateTime>();
    utc(exact.unwrap_or(moment))
}

#[cfg(test)]
mod tests {
    use champollion_sdk::vectors::{Hex, UplinkInput};
    use serde_json::json;

    use super::*;

    fn input(received_at: &str) -> Input {
        Input::Uplink(UplinkInput {
            f_port: 1,
            payload: Hex::default(),
            f_cnt: 0,
            received_at: read_moment(received_at).unwrap(),
            variables: Default::default(),
            state: Hex::default(),
        })
    }

    #[track_caller]
    fn differs(received_at: &str, expected: Json, actual: Json) -> Option<String> {
        let (expected, actual) = (json!({ "data": expected }), json!({ "data": actual }));
        place(&expected, &actual, &input(received_at))
    }

    #[test]
    fn the_moment_that_a_codec_is_given_is_compared_to_the_millisecond() {
        for (given, came) in [
            ("2023-07-19T07:51:25.508306410Z", "2023-07-19T07:51:25.508Z"),
            ("2020-08-02T20:00:00.000+05:00", "2020-08-02T15:00:00.000Z"),
            ("2025-01-01T12:00:00", "2025-01-01T12:00:00.000Z"),
            ("2020-08-02T20:00:00.000.00005:00", "2020-08-02T20:00:00.000Z"),
            ("2020-08-02T20:00:00.25000005:00", "2020-08-02T20:00:00.250Z"),
            ("2020-08-02 20:00:00+02:00", "2020-08-02T18:00:00.000Z"),
        ] {
            assert_eq!(
                differs(given, json!([{"at": given}]), json!([{"at": came}])),
                None,
                "{given}"
            );
            let other = came.replace("00Z", "01Z").replace("08Z", "09Z").replace("50Z", "51Z");
            let at = differs(given, json!({"at": given}), json!({"at": other}));
            assert_eq!(at.as_deref(), Some("data.at"), "{given}");
        }
    }

    #[test]
    fn other_moments_are_compared_exactly() {
        let given = "2020-01-01T00:00:00Z";
        let at = |expected: &str, actual: &str| differs(given, json!(expected), json!(actual));
        assert_eq!(at("2024-05-01T10:00:00Z", "2024-05-01T10:00:00.000Z"), None);
        assert_eq!(at("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00.000Z"), None);
        for (expected, actual) in [
            ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00.001Z"),
            ("2024-05-01T10:00:00.0001Z", "2024-05-01T10:00:00.000Z"),
            ("2024-05-01T10:00:00", "2024-05-01T10:00:00.000Z"),
            ("2024-05-01", "2024-05-01T00:00:00.000Z"),
            ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00"),
            ("2024-05-01T10:00:00Z", "at 2024-05-01T10:00:00Z"),
            ("1.50", "1.5"),
        ] {
            assert!(at(expected, actual).is_some(), "{expected} {actual}");
        }
        assert!(differs(given, json!(1_714_557_600), json!("2024-05-01T10:00:00Z")).is_some());
    }

    #[test]
    fn numbers_are_compared_as_far_as_two_engines_agree() {
        let given = "2020-01-01T00:00:00Z";
        let at = |expected: Json, actual: Json| differs(given, expected, actual);
        for (expected, actual) in [
            (json!(0), json!(-0.0)),
            (json!(-0.0), json!(0)),
            (json!(21.7), json!(21.700_000_000_000_003)),
            (json!(1.234_567_890_123_45), json!(1.234_567_890_123_48)),
            (json!(3), json!(3.000_000_000_000_000_4)),
            (json!(1e-12), json!(1.000_000_000_000_01e-12)),
        ] {
            assert_eq!(at(expected.clone(), actual.clone()), None, "{expected} {actual}");
        }
        for (expected, actual) in [
            (json!(21.7), json!(21.71)),
            (json!(1.234_567_890_12), json!(1.234_567_890_13)),
            (json!(123_456_789_012_345_i64), json!(123_456_789_012_346_i64)),
            (json!(0), json!(1e-18)),
            (json!(1.5), json!(-1.5)),
            (json!(1), json!("1")),
            (json!(null), json!(0)),
            (json!(false), json!(0)),
        ] {
            assert!(at(expected.clone(), actual.clone()).is_some(), "{expected} {actual}");
        }
    }

    #[test]
    fn what_is_missing_or_too_much_still_differs() {
        let given = "2020-01-01T00:00:00Z";
        let at = |expected: Json, actual: Json| differs(given, expected, actual);
        assert_eq!(at(json!({"a": 1}), json!({})).as_deref(), Some("data.a"));
        assert_eq!(at(json!({"a": null}), json!({})).as_deref(), Some("data.a"));
        assert_eq!(at(json!({}), json!({"a": 1})).as_deref(), Some("data.a"));
        assert_eq!(at(json!([1.5]), json!([1.5, 2.5])).as_deref(), Some("data[1]"));
        assert_eq!(at(json!([1.5, null]), json!([1.5])).as_deref(), Some("data[1]"));
    }
}
