//! Finds where what came out of a decoder differs from what a vector expects.

use std::fmt;

use serde_json::{Map, Value as Json};

/// The first place at which two outcomes differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where, such as `reading.measurements[3].value`.
    pub path: String,
    /// The value that the vector expects there; `None` where it expects nothing.
    pub expected: Option<Json>,
    /// The value that came out there; `None` where nothing did.
    pub actual: Option<Json>,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<Json>| {
            value.as_ref().map_or_else(|| "nothing".to_owned(), Json::to_string)
        };
        write!(
            formatter,
            "at {}: expected {}, actual {}",
            self.path,
            shown(&self.expected),
            shown(&self.actual)
        )
    }
}

/// Compares an outcome with what a vector expects. Both are objects with the one key `reading`,
/// `downlink` or `failure`.
#[must_use]
pub fn difference(expected: &Json, actual: &Json) -> Option<Difference> {
    compare(&mut Vec::new(), Some(expected), Some(actual))
}

fn compare(
    path: &mut Vec<String>,
    expected: Option<&Json>,
    actual: Option<&Json>,
) -> Option<Difference> {
    match (expected, actual) {
        (Some(Json::Object(expected)), Some(Json::Object(actual))) => {
            compare_objects(path, expected, actual)
        }
        (Some(Json::Array(expected)), Some(Json::Array(actual))) => {
            (0..expected.len().max(actual.len())).find_map(|index| {
                path.push(format!("[{index}]"));
                let found = compare(path, expected.get(index), actual.get(index));
                path.pop();
                found
            })
        }
        (Some(Json::Number(expected)), Some(Json::Number(actual)))
            if expected.as_f64() == actual.as_f64() =>
        {
            None
        }
        (expected, actual) if expected == actual => None,
        (None, Some(empty)) if is_empty_list(path, empty) => None,
        (Some(empty), None) if is_empty_list(path, empty) => None,
        (None, Some(_)) if may_be_left_out(path) => None,
        (expected, actual) => Some(Difference {
            path: path.concat(),
            expected: expected.cloned(),
            actual: actual.cloned(),
        }),
    }
}

fn compare_objects(
    path: &mut Vec<String>,
    expected: &Map<String, Json>,
    actual: &Map<String, Json>,
) -> Option<Difference> {
    let unexpected = actual.keys().filter(|key| !expected.contains_key(*key));
    expected.keys().chain(unexpected).find_map(|key| {
        path.push(if path.is_empty() { key.clone() } else { format!(".{key}") });
        let found = compare(path, expected.get(key), actual.get(key));
        path.pop();
        found
    })
}

/// The lists of a reading and of a downlink are empty when they are left out.
fn is_empty_list(path: &[String], value: &Json) -> bool {
    let is_list = matches!(
        path,
        [outcome, list] if matches!(
            (outcome.as_str(), list.as_str()),
            ("reading", ".measurements" | ".warnings") | ("downlink", ".warnings")
        )
    );
    is_list && value.as_array().is_some_and(Vec::is_empty)
}

/// Whether a vector may leave out the member at a path: the unit follows from the quantity, and texts are for
/// people.
fn may_be_left_out(path: &[String]) -> bool {
    match path {
        [outcome, field] => outcome == "failure" && (field == ".message" || field == ".span"),
        [outcome, list, _, field] => {
            outcome == "reading"
                && list == ".measurements"
                && (field == ".unit" || field == ".span")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn path_of(expected: Json, actual: Json) -> Option<String> {
        difference(&expected, &actual).map(|difference| difference.path)
    }

    #[test]
    fn equal_outcomes_do_not_differ() {
        let expected = json!({"reading": {"data": {"a": 1}, "measurements": [{"quantity": "q", "value": 1.0}]}});
        let actual = json!({"reading": {
            "data": {"a": 1.0},
            "measurements": [{"quantity": "q", "value": 1, "unit": "m3", "span": {"offset": 0, "length": 1}}],
            "warnings": []
        }});
        assert_eq!(path_of(expected, actual), None);
    }

    #[test]
    fn a_different_value_is_found_with_its_path() {
        let expected = json!({"reading": {"data": {"a": [1, {"b": 2}]}}});
        let actual = json!({"reading": {"data": {"a": [1, {"b": 3}]}}});
        let found = difference(&expected, &actual).unwrap();
        assert_eq!(found.to_string(), "at reading.data.a[1].b: expected 2, actual 3");
    }

    #[test]
    fn what_is_missing_or_too_much_is_found() {
        let data = |data: Json| json!({"reading": {"data": data}});
        assert_eq!(path_of(data(json!({"a": 1})), data(json!({}))), Some("reading.data.a".into()));
        assert_eq!(
            path_of(data(json!({})), data(json!({"unit": 1}))),
            Some("reading.data.unit".into())
        );
        assert_eq!(path_of(data(json!([1])), data(json!([1, 2]))), Some("reading.data[1]".into()));
        assert_eq!(
            path_of(data(json!({})), json!({"reading": {"data": {}, "warnings": ["late"]}})),
            Some("reading.warnings".into())
        );
        assert_eq!(
            path_of(data(json!({})), json!({"failure": {"kind": "too-short"}})),
            Some("reading".into())
        );
    }

    #[test]
    fn a_channel_that_was_not_expected_differs() {
        let with =
            |measurement: Json| json!({"reading": {"data": {}, "measurements": [measurement]}});
        assert_eq!(
            path_of(with(json!({"value": 1})), with(json!({"value": 1, "channel": 2}))),
            Some("reading.measurements[0].channel".into())
        );
    }

    #[test]
    fn a_failure_is_told_by_its_kind() {
        let expected = json!({"failure": {"kind": "too-short"}});
        let actual =
            |kind: &str| json!({"failure": {"kind": kind, "message": "it ends", "span": {}}});
        assert_eq!(path_of(expected.clone(), actual("too-short")), None);
        assert_eq!(path_of(expected, actual("too-long")), Some("failure.kind".into()));
    }
}
