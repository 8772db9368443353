//! From `data` to measurements: the fields that a manifest maps to quantities of the vocabulary.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::units::Conversion;
use crate::{
    Measurement, Quantity, Value,
    vocabulary::{self, ValueKind},
};

/// A field of `data` that is a quantity of the vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMapping {
    /// Its path: keys with points between, `[]` for each item of a list.
    path: Vec<Step>,
    quantity: &'static Quantity,
    conversion: Conversion,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    Items,
}

/// Why a field cannot be mapped.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A quantity that the vocabulary does not have.
    #[error("the field {path} has the quantity {quantity:?}, which the vocabulary does not have")]
    UnknownQuantity {
        /// The path of the field.
        path: String,
        /// The name that is no quantity.
        quantity: String,
    },
    /// Units that do not measure the same, or one that is not known.
    #[error(
        "the field {path} has the unit {from:?} in data, and nobody knows how to make {into:?} of \
         it, which the vocabulary gives {quantity}"
    )]
    UnknownConversion {
        /// The path of the field.
        path: String,
        /// The term of the vocabulary.
        quantity: &'static str,
        /// The unit in `data`.
        from: String,
        /// The unit of the vocabulary.
        into: &'static str,
    },
}

impl FieldMapping {
    /// Maps a path such as `temperature`, `battery.voltage` or `history[].volume` to a quantity.
    /// `data_unit` is its unit in `data`, a UCUM code, where that is not the vocabulary's.
    pub fn new(path: &str, quantity: &str, data_unit: Option<&str>) -> Result<Self, MappingError> {
        let quantity = vocabulary::quantity(quantity).ok_or_else(|| {
            MappingError::UnknownQuantity { path: path.into(), quantity: quantity.into() }
        })?;
        let conversion = match data_unit {
            None => Conversion::NONE,
            Some(unit) => Conversion::between(unit, quantity.unit).ok_or_else(|| {
                MappingError::UnknownConversion {
                    path: path.into(),
                    quantity: quantity.name,
                    from: unit.into(),
                    into: quantity.unit,
                }
            })?,
        };
        Ok(Self { path: steps(path), quantity, conversion })
    }

    /// Returns the quantity of the field.
    #[must_use]
    pub fn quantity(&self) -> &'static Quantity {
        self.quantity
    }
}

fn steps(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let key = part.trim_end_matches("[]");
        if !key.is_empty() {
            steps.push(Step::Key(key.to_owned()));
        }
        steps.extend((0..(part.len() - key.len()) / "[]".len()).map(|_| Step::Items));
    }
    steps
}

/// The findings in `data`: measurements, and values that could not be one.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) measurements: Vec<Measurement>,
    pub(crate) warnings: Vec<String>,
}

impl Findings {
    /// Reads the fields of an object. A field that is missing or null was not sent this time. One of
    /// another type than its quantity is a warning: the rest of the frame is good.
    pub(crate) fn read(&mut self, fields: &[FieldMapping], data: &Json) {
        for field in fields {
            let place = Place { root: "data", ..Place::default() };
            self.follow(field, &field.path, data, &place);
        }
    }

    fn follow(&mut self, field: &FieldMapping, path: &[Step], value: &Json, place: &Place<'_>) {
        match (path.split_first(), value) {
            (None, Json::Null) => {}
            (None, value) => self.take(field.quantity, field.conversion, value, place),
            (Some((Step::Key(key), rest)), Json::Object(members)) => {
                // A key may hold points itself, as in "Temp.1": the longest that fits is taken.
                if let Some((key, value, rest)) = longest_key(key, rest, members) {
                    let mut place = place.member(&key);
                    place.measured_at = moment(members).or(place.measured_at);
                    self.follow(field, rest, value, &place);
                }
            }
            (Some((Step::Items, rest)), Json::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.follow(field, rest, item, &place.item(index));
                }
            }
            // A value where an object or a list was expected: the field is not there.
            _ => {}
        }
    }

    /// Takes a value as a measurement, or warns that it is none.
    pub(crate) fn take(
        &mut self,
        quantity: &'static Quantity,
        conversion: Conversion,
        value: &Json,
        place: &Place<'_>,
    ) {
        match typed(quantity, conversion, value) {
            Ok(value) => self.measurements.push(Measurement {
                quantity,
                value,
                channel: place.channel(),
                measured_at: place.measured_at,
                span: None,
            }),
            Err(problem) => self.warnings.push(format!("{} {problem}", place.path())),
        }
    }
}

fn longest_key<'a>(
    key: &str,
    rest: &'a [Step],
    members: &'a Map<String, Json>,
) -> Option<(String, &'a Json, &'a [Step])> {
    let mut joined = key.to_owned();
    let mut found = members.get(key).map(|value| (joined.clone(), value, rest));
    for (index, step) in rest.iter().enumerate() {
        let Step::Key(next) = step else { break };
        joined = format!("{joined}.{next}");
        if let Some(value) = members.get(&joined) {
            found = Some((joined.clone(), value, &rest[index + 1..]));
        }
    }
    found
}

/// When the members of an object were measured, where one of them says so as RFC 3339 does.
pub(crate) fn moment(members: &Map<String, Json>) -> Option<Timestamp> {
    ["time", "timestamp", "measuredAt"]
        .iter()
        .find_map(|key| members.get(*key)?.as_str()?.parse().ok())
}

/// Where a value stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place<'a> {
    pub(crate) root: &'a str,
    steps: String,
    /// The index in the innermost list, counted from 1.
    item: Option<usize>,
    pub(crate) measured_at: Option<Timestamp>,
}

impl<'a> Place<'a> {
    pub(crate) fn root(root: &'a str) -> Self {
        Self { root, ..Self::default() }
    }

    pub(crate) fn member(&self, key: &str) -> Self {
        Self { steps: format!("{}.{key}", self.steps), ..self.clone() }
    }

    pub(crate) fn item(&self, index: usize) -> Self {
        Self { steps: format!("{}[{index}]", self.steps), item: Some(index + 1), ..self.clone() }
    }

    /// Items of a list are told apart by their moments where they have any, and by their places in
    /// the list otherwise, from 1.
    fn channel(&self) -> u16 {
        match (self.item, self.measured_at) {
            (Some(item), None) => u16::try_from(item).unwrap_or(u16::MAX),
            _ => 0,
        }
    }

    fn path(&self) -> String {
        format!("{}{}", self.root, self.steps)
    }
}

/// A value of the type that its quantity has. Numbers that are written as text, as in "21.5", are
/// numbers; 0 and 1 are false and true.
fn typed(
    quantity: &'static Quantity,
    conversion: Conversion,
    value: &Json,
) -> Result<Value, String> {
    let number = || match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    };
    let typed = match quantity.kind {
        ValueKind::Boolean => match value {
            Json::Bool(boolean) => Some(Value::Boolean(*boolean)),
            _ => number().and_then(|number| match number {
                0.0 => Some(Value::Boolean(false)),
                1.0 => Some(Value::Boolean(true)),
                _ => None,
            }),
        },
        ValueKind::Integer => number().and_then(|number| whole(conversion.apply(number))),
        ValueKind::Number => number()
            .map(|number| conversion.apply(number))
            .filter(|number| number.is_finite())
            .map(Value::Number),
        ValueKind::Text => value.as_str().map(|text| Value::Text(text.to_owned())),
    };
    typed.ok_or_else(|| {
        let expected = match quantity.kind {
            ValueKind::Boolean => "true or false",
            ValueKind::Integer => "a whole number",
            ValueKind::Number => "a number",
            ValueKind::Text => "a text",
        };
        format!("is {}, and {} is {expected}", shown(value), quantity.name)
    })
}

fn whole(number: f64) -> Option<Value> {
    // Beyond it not every whole number is an f64.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(Value::Integer(number as i64))
}

fn shown(value: &Json) -> String {
    const SHOWN_CHARACTERS: usize = 40;
    match value {
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
        other => other.to_string().chars().take(SHOWN_CHARACTERS).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(path: &str, quantity: &str, data_unit: Option<&str>, data: &Json) -> Findings {
        let mut findings = Findings::default();
        findings.read(&[FieldMapping::new(path, quantity, data_unit).unwrap()], data);
        findings
    }

    fn values(findings: &Findings) -> Vec<(u16, &Value)> {
        findings.measurements.iter().map(|found| (found.channel, &found.value)).collect()
    }

    #[test]
    fn a_field_is_found_and_converted() {
        let found =
            read("battery.mv", "battery.voltage", Some("mV"), &json!({"battery": {"mv": 3630}}));
        assert_eq!(values(&found), [(0, &Value::Number(3.63))]);
    }

    #[test]
    fn a_key_with_a_point_is_one_key() {
        let found =
            read("Temp.1", "air.temperature", None, &json!({"Temp.1": 20, "Temp": {"1": 30}}));
        assert_eq!(values(&found), [(0, &Value::Number(20.0))]);
    }

    #[test]
    fn items_of_a_list_are_told_apart() {
        let found =
            read("h[].v", "water.volume", Some("L"), &json!({"h": [{"v": 1000}, {"v": 2000}]}));
        assert_eq!(values(&found), [(1, &Value::Number(1.0)), (2, &Value::Number(2.0))]);
        let timed = json!({"h": [{"v": 1000, "time": "2026-01-31T12:00:00Z"}]});
        let found = read("h[].v", "water.volume", Some("L"), &timed);
        assert_eq!(values(&found), [(0, &Value::Number(1.0))]);
        assert_eq!(found.measurements[0].measured_at, "2026-01-31T12:00:00Z".parse().ok());
    }

    #[test]
    fn what_is_not_there_is_no_measurement_and_no_warning() {
        for data in [json!({}), json!({"t": null}), json!({"t": {}}), json!([1])] {
            let found = read("t.u", "air.temperature", None, &data);
            assert!(found.measurements.is_empty() && found.warnings.is_empty(), "{found:?}");
        }
    }

    #[test]
    fn a_wrong_type_is_a_warning_with_the_path() {
        let found = read("t", "air.temperature", None, &json!({"t": "warm"}));
        assert!(found.measurements.is_empty());
        assert_eq!(found.warnings, ["data.t is \"warm\", and air.temperature is a number"]);
        let found = read("a[]", "alarm.leak", None, &json!({"a": [true, 2]}));
        assert_eq!(found.warnings, ["data.a[1] is 2, and alarm.leak is true or false"]);
        let found = read("n", "pulse.count", None, &json!({"n": 1.5}));
        assert_eq!(found.warnings, ["data.n is 1.5, and pulse.count is a whole number"]);
    }

    #[test]
    fn numbers_in_texts_and_booleans_in_numbers_are_understood() {
        let found = read("t", "air.temperature", None, &json!({"t": "21.5"}));
        assert_eq!(values(&found), [(0, &Value::Number(21.5))]);
        let found = read("a", "alarm.leak", None, &json!({"a": 1}));
        assert_eq!(values(&found), [(0, &Value::Boolean(true))]);
    }

    #[test]
    fn what_cannot_be_mapped_says_why() {
        let error = FieldMapping::new("t", "air.temprature", None).unwrap_err();
        assert!(error.to_string().contains("air.temprature"), "{error}");
        let error = FieldMapping::new("t", "air.temperature", Some("V")).unwrap_err();
        assert!(error.to_string().contains("\"V\""), "{error}");
    }
}
