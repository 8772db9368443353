//! Finds where what came out of a decoder differs from what a vector expects.

use std::fmt;

use serde_json::{Map, Value as Json};

/// Most items of a list that are looked for in another order: each is compared with each.
const ORDERED_ITEMS: usize = 256;

/// A place at which two outcomes differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where, such as `reading.measurements[3].value`.
    pub path: String,
    /// The value that the vector expects there; `None` where it expects nothing.
    pub expected: Option<Json>,
    /// The value that came out there; `None` where nothing did.
    pub actual: Option<Json>,
    /// The likely reason, where there is one.
    pub hint: Option<Hint>,
}

/// The likely reason of a difference.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// A member of nearly the same name came out instead.
    OtherName {
        /// The name that came out.
        name: String,
        /// The value of that member.
        value: Json,
    },
    /// The items of a list came out in another order.
    OtherOrder,
    /// The same value came out as another type, such as a text in the place of a number.
    OtherType,
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
        )?;
        match &self.hint {
            Some(hint) => write!(formatter, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherName { name, value } => write!(
                formatter,
                "{name} came out with {value}: one of the two names may be misspelt"
            ),
            Self::OtherOrder => formatter.write_str("the same items, in another order"),
            Self::OtherType => formatter.write_str("the same value, of another type"),
        }
    }
}

/// Compares an outcome with what a vector expects, and gives the first difference. Both are objects with the
/// one key `reading`, `downlink` or `failure`.
#[must_use]
pub fn difference(expected: &Json, actual: &Json) -> Option<Difference> {
    differences(expected, actual).into_iter().next()
}

/// Compares an outcome with what a vector expects, and gives all differences.
#[must_use]
pub fn differences(expected: &Json, actual: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), Some(expected), Some(actual), &mut found);
    found
}

fn compare(
    path: &mut Vec<String>,
    expected: Option<&Json>,
    actual: Option<&Json>,
    found: &mut Vec<Difference>,
) {
    match (expected, actual) {
        (Some(Json::Object(expected)), Some(Json::Object(actual))) => {
            compare_objects(path, expected, actual, found);
        }
        (Some(Json::Array(expected)), Some(Json::Array(actual))) => {
            compare_lists(path, expected, actual, found);
        }
        (Some(Json::Number(expected)), Some(Json::Number(actual)))
            if expected.as_f64() == actual.as_f64() => {}
        (expected, actual) if expected == actual => {}
        (None, Some(empty)) | (Some(empty), None) if is_empty_list(path, empty) => {}
        (None, Some(_)) if may_be_left_out(path) => {}
        (expected, actual) => {
            let is_one_value = expected.zip(actual).is_some_and(|(one, other)| is_one(one, other));
            found.push(Difference {
                path: path.concat(),
                expected: expected.cloned(),
                actual: actual.cloned(),
                hint: is_one_value.then_some(Hint::OtherType),
            });
        }
    }
}

fn compare_objects(
    path: &mut Vec<String>,
    expected: &Map<String, Json>,
    actual: &Map<String, Json>,
    found: &mut Vec<Difference>,
) {
    let mut unexpected: Vec<&String> =
        actual.keys().filter(|key| !expected.contains_key(*key)).collect();
    for (key, value) in expected {
        path.push(member(path, key));
        let before = found.len();
        compare(path, Some(value), actual.get(key), found);
        path.pop();
        if actual.contains_key(key) || found.len() == before {
            continue;
        }
        let alike = unexpected.iter().position(|other| is_nearly(key, other));
        if let (Some(alike), Some(missing)) = (alike, found.last_mut()) {
            let name = unexpected.remove(alike);
            missing.hint =
                Some(Hint::OtherName { name: name.clone(), value: actual[name].clone() });
        }
    }
    for key in unexpected {
        path.push(member(path, key));
        compare(path, None, actual.get(key), found);
        path.pop();
    }
}

fn member(path: &[String], key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!(".{key}") }
}

fn compare_lists(
    path: &mut Vec<String>,
    expected: &[Json],
    actual: &[Json],
    found: &mut Vec<Difference>,
) {
    if is_reordered(path, expected, actual) {
        found.push(Difference {
            path: path.concat(),
            expected: Some(expected.to_vec().into()),
            actual: Some(actual.to_vec().into()),
            hint: Some(Hint::OtherOrder),
        });
        return;
    }
    // One item too few or too many does not make all that follow it differ.
    let same_end = if expected.len() == actual.len() {
        0
    } else {
        let start =
            expected.iter().zip(actual).take_while(|(one, other)| is_same(path, one, other));
        let rest = expected.len().min(actual.len()) - start.count();
        let ends = expected.iter().rev().zip(actual.iter().rev()).take(rest);
        ends.take_while(|(one, other)| is_same(path, one, other)).count()
    };
    let (expected, actual) =
        (&expected[..expected.len() - same_end], &actual[..actual.len() - same_end]);
    for index in 0..expected.len().max(actual.len()) {
        path.push(format!("[{index}]"));
        compare(path, expected.get(index), actual.get(index), found);
        path.pop();
    }
}

/// Whether two lists differ, and hold the same items all the same.
fn is_reordered(path: &[String], expected: &[Json], actual: &[Json]) -> bool {
    if expected.len() != actual.len() || expected.len() > ORDERED_ITEMS {
        return false;
    }
    let is_in_order = expected.iter().zip(actual).all(|(one, other)| is_same(path, one, other));
    if is_in_order {
        return false;
    }
    let mut left: Vec<&Json> = actual.iter().collect();
    expected.iter().all(|one| {
        let place = left.iter().position(|other| is_same(path, one, other));
        place.map(|place| left.swap_remove(place)).is_some()
    })
}

/// Whether two items of the list at a path do not differ.
fn is_same(path: &[String], expected: &Json, actual: &Json) -> bool {
    let mut path = path.to_vec();
    path.push("[]".to_owned());
    let mut found = Vec::new();
    compare(&mut path, Some(expected), Some(actual), &mut found);
    found.is_empty()
}

/// Whether two values of different types are written alike, such as `21.5` and `"21.5"`.
fn is_one(expected: &Json, actual: &Json) -> bool {
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.trim().to_owned()),
        Json::Number(_) | Json::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let (one, other) = (text(expected), text(actual));
    std::mem::discriminant(expected) != std::mem::discriminant(actual)
        && one.is_some()
        && one == other
}

/// Whether two names are likely to mean one: written with other capitals or hyphens, or a letter or two apart.
#[must_use]
pub fn is_nearly(one: &str, other: &str) -> bool {
    const LETTERS_FOR_EACH_ERROR: usize = 4;
    let letters = |name: &str| -> Vec<char> {
        let kept = name.chars().filter(|letter| !matches!(letter, '_' | '-' | ' '));
        kept.flat_map(char::to_lowercase).collect()
    };
    let (one, other) = (letters(one), letters(other));
    let errors = (one.len().min(other.len()) / LETTERS_FOR_EACH_ERROR).min(2);
    one.len().abs_diff(other.len()) <= errors && edits(&one, &other) <= errors
}

/// The letters that are to be added, left out or changed to make one word of another; two letters that changed
/// their places are one error.
fn edits(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, letter) in one.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, with) in other.iter().enumerate() {
            let changed = above[column] + usize::from(letter != with);
            let mut least = changed.min(above[column + 1] + 1).min(line[column] + 1);
            let is_swapped =
                row > 0 && column > 0 && *letter == other[column - 1] && one[row - 1] == *with;
            if is_swapped {
                least = least.min(before[column - 1] + 1);
            }
            line.push(least);
        }
        before = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or_default()
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

    #[test]
    fn all_differences_are_found() {
        let expected = json!({"reading": {"data": {"a": 1, "b": 2, "c": 3}}});
        let actual =
            json!({"reading": {"data": {"a": 0, "b": 2, "d": true}, "warnings": ["late"]}});
        let paths: Vec<String> =
            differences(&expected, &actual).into_iter().map(|found| found.path).collect();
        assert_eq!(
            paths,
            ["reading.data.a", "reading.data.c", "reading.data.d", "reading.warnings"]
        );
    }

    fn hint_of(expected: Json, actual: Json) -> Option<Hint> {
        let data = |data: Json| json!({"reading": {"data": data}});
        let found = differences(&data(expected), &data(actual));
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().and_then(|found| found.hint)
    }

    #[test]
    fn a_misspelt_name_is_told_once() {
        for (expected, actual) in [
            ("temperature", "temprature"),
            ("temperature", "tempreature"),
            ("batteryLow", "battery_low"),
            ("co2", "CO2"),
        ] {
            let hint = hint_of(json!({ expected: 1 }), json!({ actual: 2 }));
            let name = actual.to_owned();
            assert_eq!(hint, Some(Hint::OtherName { name, value: json!(2) }), "{expected}");
        }
        let found = differences(
            &json!({"reading": {"data": {"min": 1}}}),
            &json!({"reading": {"data": {"max": 1}}}),
        );
        assert_eq!(found.len(), 2, "other names are other members: {found:?}");
    }

    #[test]
    fn another_order_is_told_as_such() {
        let measured = |names: &[&str]| {
            let all: Vec<Json> =
                names.iter().map(|name| json!({"quantity": name, "value": 1})).collect();
            json!(all)
        };
        let hint = hint_of(measured(&["a", "b", "c"]), measured(&["c", "a", "b"]));
        assert_eq!(hint, Some(Hint::OtherOrder));
    }

    #[test]
    fn an_item_too_many_makes_no_other_differ() {
        let found = differences(
            &json!({"reading": {"data": {"a": [1, 2, 3]}}}),
            &json!({"reading": {"data": {"a": [0, 1, 2, 3]}}}),
        );
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].to_string(), "at reading.data.a[0]: expected nothing, actual 0");
    }

    #[test]
    fn a_text_in_the_place_of_a_number_is_told_as_such() {
        assert_eq!(hint_of(json!({"a": 21.5}), json!({"a": "21.5"})), Some(Hint::OtherType));
        assert_eq!(hint_of(json!({"a": 21.5}), json!({"a": "21"})), None);
    }
}
