//! Compares what a codec answers as the tools of its catalogue do.

use jiff::Timestamp;
use serde_json::Value as Json;

/// The manner in which a catalogue's own tools compare an answer with an example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// Value by value.
    #[default]
    Exact,
    /// As ThingPark's: an example may leave a date or a number open, and a moment is the same in another
    /// spelling.
    ThingPark,
}

/// A date that an example leaves open, since it is that of the run.
const ANY_DATE: &str = "XXXX-XX-XXTXX:XX:XX.XXXZ";

/// A number that an example leaves open.
const ANY_NUMBER: &str = "SKIP_NUMBER";

impl Comparison {
    /// Returns the answer with the expected values in the place of those that the catalogue takes for the
    /// same.
    pub(super) fn forgive(self, expected: &Json, actual: &Json) -> Json {
        match self {
            Self::Exact => actual.clone(),
            Self::ThingPark => forgiven(expected, actual),
        }
    }
}

fn forgiven(expected: &Json, actual: &Json) -> Json {
    match (expected, actual) {
        (Json::Object(expected), Json::Object(actual)) => actual
            .iter()
            .map(|(key, value)| {
                let value = match expected.get(key) {
                    Some(expected) => forgiven(expected, value),
                    None => value.clone(),
                };
                (key.clone(), value)
            })
            .collect(),
        (Json::Array(expected), Json::Array(actual)) => actual
            .iter()
            .enumerate()
            .map(|(index, value)| match expected.get(index) {
                Some(expected) => forgiven(expected, value),
                None => value.clone(),
            })
            .collect(),
        (Json::String(wanted), _) if is_left_open(wanted, actual) => expected.clone(),
        (Json::String(wanted), Json::String(came)) if is_same_moment(wanted, came) => {
            expected.clone()
        }
        (_, actual) => actual.clone(),
    }
}

fn is_left_open(wanted: &str, came: &Json) -> bool {
    match wanted {
        ANY_DATE => came.as_str().is_some_and(|came| moment(came).is_some()),
        ANY_NUMBER => came.is_number() || came.is_string(),
        _ => false,
    }
}

/// A codec may give the time of the frame back as it got it: here that is a date in milliseconds, and in
/// the catalogue a text of any precision and offset.
fn is_same_moment(wanted: &str, came: &str) -> bool {
    let (Some(wanted), Some(came)) = (moment(wanted), moment(came)) else { return false };
    wanted.as_millisecond() == came.as_millisecond()
}

/// A moment as catalogues write it. One without an offset is in UTC, in which their tools run.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.trim().parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_moment_is_the_same_in_another_spelling() {
        let forgive =
            |expected: Json, actual: Json| Comparison::ThingPark.forgive(&expected, &actual);
        let written = json!({"data": [{"date": "2023-07-19T09:51:31.598957793+02:00", "v": 1}]});
        let came = json!({"data": [{"date": "2023-07-19T07:51:31.598Z", "v": 1}]});
        assert_eq!(forgive(written.clone(), came.clone()), written);
        assert_eq!(Comparison::Exact.forgive(&written, &came), came);
        let later = json!({"data": [{"date": "2023-07-19T07:51:31.599Z", "v": 1}]});
        assert_eq!(forgive(written, later.clone()), later, "another moment is another");
    }

    #[test]
    fn what_an_example_leaves_open_is_open() {
        let forgive =
            |expected: Json, actual: Json| Comparison::ThingPark.forgive(&expected, &actual);
        let open = json!({"t": ANY_DATE, "n": ANY_NUMBER});
        assert_eq!(forgive(open.clone(), json!({"t": "2024-01-01T00:00:00.000Z", "n": 5})), open);
        let none = json!({"t": "yesterday", "n": true});
        assert_eq!(forgive(open, none.clone()), none);
    }

    #[test]
    fn what_is_missing_stays_missing() {
        let expected = json!({"a": 1, "b": [1, 2]});
        let actual = json!({"b": [1], "c": 3});
        assert_eq!(Comparison::ThingPark.forgive(&expected, &actual), actual);
    }
}
