//! Values that an example of a catalogue leaves open.

use serde::Serialize;
use serde_json::Value as Json;

use crate::comparison::{read_moment, respelled};

/// The manner in which a catalogue's own tools compare an answer with an example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Comparison {
    /// Each value by itself, exactly.
    #[default]
    ByValue,
    /// As ThingPark's: an example may leave a date or a number open.
    ThingPark,
}

/// A date that an example leaves open, since it is that of the run.
const ANY_DATE: &str = "XXXX-XX-XXTXX:XX:XX.XXXZ";

/// A number that an example leaves open.
const ANY_NUMBER: &str = "SKIP_NUMBER";

impl Comparison {
    /// Returns the answer with the expected values in the place of those that the example leaves open.
    pub(super) fn forgive(self, expected: &Json, actual: &Json) -> Json {
        match self {
            Self::ByValue => actual.clone(),
            Self::ThingPark => respelled(actual, expected, &is_left_open),
        }
    }
}

fn is_left_open(came: &Json, wanted: &Json) -> bool {
    match wanted.as_str() {
        Some(ANY_DATE) => came.as_str().is_some_and(|came| read_moment(came).is_some()),
        Some(ANY_NUMBER) => came.is_number() || came.is_string(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_example_leaves_open_is_open() {
        let forgive =
            |expected: Json, actual: Json| Comparison::ThingPark.forgive(&expected, &actual);
        let open = json!({"t": ANY_DATE, "l": [{"n": ANY_NUMBER}]});
        let came = json!({"t": "2024-01-01T00:00:00.000Z", "l": [{"n": 5}]});
        assert_eq!(forgive(open.clone(), came.clone()), open);
        assert_eq!(Comparison::ByValue.forgive(&open, &came), came);
        let none = json!({"t": "yesterday", "l": [{"n": true}]});
        assert_eq!(forgive(open, none.clone()), none);
    }

    #[test]
    fn what_is_missing_stays_missing() {
        let expected = json!({"a": 1, "b": [1, 2]});
        let actual = json!({"b": [1], "c": 3});
        assert_eq!(Comparison::ThingPark.forgive(&expected, &actual), actual);
    }
}
