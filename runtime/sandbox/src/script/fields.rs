//! From `data` to measurements: the fields that a manifest maps to quantities of the vocabulary.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use super::{
    place::Place,
    typed::{shown, typed},
    units::Conversion,
};
use crate::{Measurement, Quantity, vocabulary};

/// A field of `data` that is a quantity of the vocabulary.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldMapping {
    /// Its path: keys with points between, `[]` for each item of a list.
    path: Vec<Step>,
    quantity: &'static Quantity,
    /// From the number in `data` into the unit that it is told in.
    scaling: Conversion,
    /// From that unit into the quantity's.
    conversion: Conversion,
    /// The number among several alike inputs; where there is none, items of a list have their place.
    channel: Option<u16>,
    /// The values that stand for true and false, as texts.
    words: BTreeMap<String, bool>,
    /// The key of the member beside it that tells its unit, and the unit that must stand there.
    told_unit: Option<(String, String)>,
    /// Whether an operator gave the mapping: it comes before what the codec measures itself.
    given: bool,
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
        Ok(Self {
            path: steps(path),
            quantity,
            scaling: Conversion::NONE,
            conversion,
            channel: None,
            words: BTreeMap::new(),
            told_unit: None,
            given: false,
        })
    }

    /// The same for numbers that are multiplied by `scale` first, and then increased by `offset`.
    #[must_use]
    pub fn with_scale(self, scale: f64, offset: f64) -> Self {
        Self { scaling: Conversion::linear(scale, offset), ..self }
    }

    /// The same as one among several alike inputs.
    #[must_use]
    pub fn with_channel(self, channel: Option<u16>) -> Self {
        Self { channel, ..self }
    }

    /// The same with values that stand for true and false: `open`, `1`.
    #[must_use]
    pub fn with_words(self, words: BTreeMap<String, bool>) -> Self {
        Self { words, ..self }
    }

    /// The same for values beside which a member tells their unit: the key of the member, and the unit that is
    /// measured. Another one there is a warning.
    #[must_use]
    pub fn with_told_unit(self, told_unit: Option<(String, String)>) -> Self {
        Self { told_unit, ..self }
    }

    /// The same as an operator gives it: it comes before what the codec measures itself.
    #[must_use]
    pub fn given(self) -> Self {
        Self { given: true, ..self }
    }

    /// Whether an operator gave it.
    pub(crate) fn is_given(&self) -> bool {
        self.given
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
    pub(crate) fn read<'of>(
        &mut self,
        fields: impl IntoIterator<Item = &'of FieldMapping>,
        data: &Json,
    ) {
        for field in fields {
            let place = Place::root("data");
            self.follow(field, &field.path, data, &place);
        }
    }

    fn follow(&mut self, field: &FieldMapping, path: &[Step], value: &Json, place: &Place<'_>) {
        match (path.split_first(), value) {
            (None, Json::Null) => {}
            (None, value) => self.measure(field, value, place),
            (Some((Step::Key(key), rest)), Json::Object(members)) => {
                // A key may hold points itself, as in "Temp.1": the longest that fits is taken.
                if let Some((key, value, rest)) = longest_key(key, rest, members) {
                    let mut place = place.member(&key);
                    place.measured_at = moment(members).or(place.measured_at);
                    if rest.is_empty() && !self.is_in_unit(field, members, &place) {
                        return;
                    }
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

    /// Whether a value is in the unit that was told of it, where one was. Another one is a warning.
    fn is_in_unit(
        &mut self,
        field: &FieldMapping,
        members: &Map<String, Json>,
        place: &Place<'_>,
    ) -> bool {
        let Some((member, unit)) = &field.told_unit else { return true };
        match members.get(member) {
            None | Some(Json::Null) => true,
            Some(Json::String(text)) if text == unit => true,
            Some(other) => {
                self.warnings.push(format!(
                    "{} is in {}, and it was taken to be in {unit:?}: it is not measured",
                    place.path(),
                    shown(other)
                ));
                false
            }
        }
    }

    /// Takes the value of a field as a measurement, or warns that it is none.
    fn measure(&mut self, field: &FieldMapping, value: &Json, place: &Place<'_>) {
        let word = (!field.words.is_empty()).then(|| match value {
            Json::String(text) => field.words.get(text.as_str()),
            other => field.words.get(&other.to_string()),
        });
        let state;
        let value = match word {
            None => value,
            Some(Some(word)) => {
                state = Json::Bool(*word);
                &state
            }
            Some(None) => {
                let words: Vec<&str> = field.words.keys().map(String::as_str).collect();
                let (path, value) = (place.path(), shown(value));
                let words = words.join(", ");
                self.warnings.push(format!("{path} is {value}, and not one of {words}"));
                return;
            }
        };
        let conversions = [field.scaling, field.conversion];
        let channel = field.channel.unwrap_or_else(|| place.channel());
        self.take_as(field.quantity, (&conversions, channel), value, place);
    }

    /// Whether something was measured of a quantity.
    pub(crate) fn measures(&self, quantity: &Quantity) -> bool {
        self.measurements.iter().any(|found| found.quantity == quantity)
    }

    /// Adds other findings, which come before those of the same quantity and channel.
    pub(crate) fn give_way(&mut self, others: Self) {
        self.measurements.retain(|own| {
            let mut others = others.measurements.iter();
            !others.any(|other| (other.quantity, other.channel) == (own.quantity, own.channel))
        });
        self.measurements.extend(others.measurements);
        self.warnings.extend(others.warnings);
    }

    /// Takes a value as a measurement, or warns that it is none.
    pub(crate) fn take(
        &mut self,
        quantity: &'static Quantity,
        conversion: Conversion,
        value: &Json,
        place: &Place<'_>,
    ) {
        self.take_as(quantity, (&[conversion], place.channel()), value, place);
    }

    fn take_as(
        &mut self,
        quantity: &'static Quantity,
        (conversions, channel): (&[Conversion], u16),
        value: &Json,
        place: &Place<'_>,
    ) {
        match typed(quantity, conversions, value) {
            Ok(value) => self.measurements.push(Measurement {
                quantity,
                value,
                channel,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Value;

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

    fn read_as(mapping: FieldMapping, data: &Json) -> Findings {
        let mut findings = Findings::default();
        findings.read(&[mapping], data);
        findings
    }

    #[test]
    fn a_number_is_scaled_before_it_is_converted() {
        let raw = |unit| FieldMapping::new("t", "air.temperature", unit).unwrap();
        let found = read_as(raw(None).with_scale(0.1, -40.0), &json!({"t": 615}));
        assert_eq!(values(&found), [(0, &Value::Number(21.5))]);
        let found = read_as(raw(Some("K")).with_scale(0.01, 0.0), &json!({"t": 29_465}));
        assert_eq!(values(&found), [(0, &Value::Number(21.5))]);
        let pulses = FieldMapping::new("n", "water.volume", Some("L")).unwrap();
        let found = read_as(pulses.with_scale(10.0, 0.0), &json!({"n": 123}));
        assert_eq!(values(&found), [(0, &Value::Number(1.23))]);
    }

    #[test]
    fn a_channel_that_is_given_stands_in_the_measurement() {
        let mapping = FieldMapping::new("t", "air.temperature", None).unwrap();
        let found = read_as(mapping.with_channel(Some(2)), &json!({"t": 20}));
        assert_eq!(values(&found), [(2, &Value::Number(20.0))]);
    }

    #[test]
    fn words_are_states_and_others_are_warned_about() {
        let words = [("open".to_owned(), false), ("1".to_owned(), true)];
        let mapping = FieldMapping::new("d", "switch.closed", None).unwrap();
        let mapping = mapping.with_words(words.into_iter().collect());
        for (value, closed) in [(json!("open"), false), (json!(1), true)] {
            let found = read_as(mapping.clone(), &json!({"d": value}));
            assert_eq!(values(&found), [(0, &Value::Boolean(closed))]);
        }
        let found = read_as(mapping, &json!({"d": "ajar"}));
        assert_eq!(found.warnings, ["data.d is \"ajar\", and not one of 1, open"]);
    }

    #[test]
    fn a_value_in_another_unit_than_was_told_is_no_measurement() {
        let mapping = FieldMapping::new("d.value", "sensor.distance", Some("mm")).unwrap();
        let mapping = mapping.with_told_unit(Some(("unit".to_owned(), "mm".to_owned())));
        let found = read_as(mapping.clone(), &json!({"d": {"value": 4_232, "unit": "mm"}}));
        assert_eq!(values(&found), [(0, &Value::Number(4.232))]);
        let found = read_as(mapping.clone(), &json!({"d": {"value": 4_232}}));
        assert_eq!(values(&found), [(0, &Value::Number(4.232))]);
        let found = read_as(mapping, &json!({"d": {"value": 423, "unit": "cm"}}));
        assert!(found.measurements.is_empty());
        let said =
            "data.d.value is in \"cm\", and it was taken to be in \"mm\": it is not measured";
        assert_eq!(found.warnings, [said]);
    }

    #[test]
    fn what_is_given_comes_before_the_same_quantity_and_channel() {
        let data = json!({"a": 20, "b": 21, "c": 22});
        let of = |path: &str, channel| {
            let mapping = FieldMapping::new(path, "air.temperature", None).unwrap();
            mapping.with_channel(Some(channel))
        };
        let mut own = Findings::default();
        own.read(&[of("a", 0), of("b", 1)], &data);
        let mut given = Findings::default();
        given.read(&[of("c", 0).given()], &data);
        own.give_way(given);
        assert_eq!(values(&own), [(1, &Value::Number(21.0)), (0, &Value::Number(22.0))]);
    }

    #[test]
    fn what_cannot_be_mapped_says_why() {
        let error = FieldMapping::new("t", "air.temprature", None).unwrap_err();
        assert!(error.to_string().contains("air.temprature"), "{error}");
        let error = FieldMapping::new("t", "air.temperature", Some("V")).unwrap_err();
        assert!(error.to_string().contains("\"V\""), "{error}");
    }
}
