//! Infers what `data` holds from what a codec answers to its examples.
//!
//! Only what is certain is said: the path and the type of each value that was seen. A quantity is
//! given to a field where the codec itself measures it, by its `normalizeUplink`, or where its examples
//! name it as a point, and exactly one field has the value in every answer. Units are taken from what examples tell
//! beside a value and from names, by the tables of [`known`](super::known); each field says what it was inferred
//! from.

use std::collections::{BTreeMap, BTreeSet};

use champollion_registry::package::{Field, FieldType, each_value};
use champollion_sandbox::{
    FieldMapping,
    vocabulary::{self, Quantity},
};
use serde_json::Value as Json;

use crate::{
    answered::Answered,
    named_fields::{Named, named},
    points,
    told_units::{Beside, ToldUnits},
};

/// Most fields of a package. A codec whose keys are data themselves, such as addresses, would
/// otherwise have thousands.
const FIELDS: usize = 400;

/// Fields that were inferred.
#[derive(Clone)]
pub(super) struct Inferred {
    /// In the order of their paths.
    pub(super) fields: Vec<Field>,
    /// The number of further fields.
    pub(super) left_out: usize,
    /// Whether there are quantities that the codec itself does not measure.
    pub(super) measures_more: bool,
}

/// The meaning of a field by the points of the examples.
struct Pointed {
    quantity: Option<&'static Quantity>,
    /// The unit as a UCUM code.
    unit: &'static str,
    /// The name of the point.
    name: String,
}

/// Infers the fields of all answers.
pub(super) fn infer(answers: &[Answered]) -> Inferred {
    let kinds = kinds(answers);
    let quantities = quantities(answers, &kinds);
    let mut measured: BTreeSet<&str> = quantities.values().map(|quantity| quantity.name).collect();
    // A codec may measure more than can be found in its data.
    measured.extend(answers.iter().flat_map(|answer| own_measurements(&answer.reading)));
    let pointed = pointed(answers, &kinds);
    let told = ToldUnits::of(answers, &kinds);
    let mut named = named(answers, &kinds, &told);
    let of_points = |quantity: &str| {
        pointed.values().any(|pointed| pointed.quantity.is_some_and(|own| own.name == quantity))
    };
    let count = kinds.len() - told.folded.len();
    let mut measures_more = false;
    let seen = kinds.into_iter().filter(|(name, _)| !told.folded.contains(name)).take(FIELDS);
    let fields = seen.map(|(name, kind)| {
        let beside = told.of_fields.get(&name);
        let field = inferred(name, kind, beside);
        if let Some(quantity) = quantities.get(&field.name) {
            let field = of_quantity(field, quantity, None);
            return Field { inferred_from: Some(Field::NORMALIZED.to_owned()), ..field };
        }
        if let Some(Pointed { quantity, unit, name }) = pointed.get(&field.name) {
            // Several alike sensors have a number each: `temperature:1`.
            let number = name.split_once(':').and_then(|(_, number)| number.parse::<u16>().ok());
            let channel = number.filter(|number| *number > 0);
            let from = Some(format!("point {name}"));
            let field = Field { inferred_from: from, channel, ..field };
            return match quantity {
                // What the codec measures itself comes first.
                Some(quantity) if !measured.contains(&quantity.name) => {
                    measures_more = true;
                    of_quantity(field, quantity, Some(*unit))
                }
                _ => Field { unit: Some((*unit).to_owned()), channel: None, ..field },
            };
        }
        let Some(Named { quantity, unit, channel, words, from, .. }) = named.remove(&field.name)
        else {
            return field;
        };
        let field = Field { inferred_from: Some(from), ..field };
        match quantity {
            Some(quantity) if !measured.contains(&quantity.name) && !of_points(quantity.name) => {
                measures_more = true;
                let field = of_quantity(field, quantity, unit);
                Field { channel, words, ..field }
            }
            _ => Field { unit: unit.map(str::to_owned), ..field },
        }
    });
    let fields = fields.collect();
    Inferred { fields, left_out: count.saturating_sub(FIELDS), measures_more }
}

/// The types of all values that were seen, by their paths.
pub(super) fn kinds(answers: &[Answered]) -> BTreeMap<String, FieldType> {
    let mut kinds: BTreeMap<String, FieldType> = BTreeMap::new();
    for answer in answers {
        each_value(&answer.reading["data"], &mut |path, kind| {
            let known = kinds.entry(path.to_owned()).or_insert(kind);
            *known = united(*known, kind);
        });
    }
    kinds
}

fn inferred(name: String, kind: FieldType, beside: Option<&Beside>) -> Field {
    Field {
        name,
        kind,
        quantity: None,
        unit: None,
        data_unit: None,
        told_unit: beside.map(|beside| beside.told.clone()),
        channel: None,
        words: BTreeMap::new(),
        meaning: beside.map(|beside| beside.meaning.clone()).unwrap_or_default(),
        inferred: true,
        inferred_from: None,
    }
}

/// The same field as a quantity, which is in some unit in data.
fn of_quantity(field: Field, quantity: &Quantity, in_data: Option<&str>) -> Field {
    let unit = (!quantity.unit.is_empty()).then(|| quantity.unit.to_owned());
    let data_unit = in_data.filter(|unit| *unit != quantity.unit).map(str::to_owned);
    Field { quantity: Some(quantity.name.to_owned()), unit, data_unit, ..field }
}

/// The quantities that a codec measures by itself.
fn own_measurements(reading: &Json) -> impl Iterator<Item = &str> {
    let measurements = reading["measurements"].as_array().into_iter().flatten();
    measurements.filter_map(|measurement| measurement["quantity"].as_str())
}

/// The fields that the points of the examples are: the only one that has the value of a point in every
/// answer, or the only one of them that has its name.
fn pointed(answers: &[Answered], kinds: &BTreeMap<String, FieldType>) -> BTreeMap<String, Pointed> {
    let mut values: BTreeMap<(&str, &str), Vec<(&Json, &Json)>> = BTreeMap::new();
    for answer in answers {
        for point in &answer.points {
            let seen = values.entry((point.name.as_str(), point.unit.as_str())).or_default();
            seen.push((&answer.reading["data"], &point.value));
        }
    }
    let mut found: BTreeMap<String, Pointed> = BTreeMap::new();
    let mut twice = Vec::new();
    for ((name, unit), seen) in values {
        let Some(code) = points::ucum(unit) else { continue };
        let is_field =
            |path: &&String| seen.iter().all(|(data, value)| same(at(data, path), value));
        let fields: Vec<&String> = kinds.keys().filter(is_field).collect();
        let Some(path) = only(&fields, name) else { continue };
        let quantity = points::quantity(name, unit, answers)
            .filter(|quantity| FieldMapping::new(path, quantity, Some(code)).is_ok())
            .and_then(vocabulary::quantity);
        if found
            .insert(path.clone(), Pointed { quantity, unit: code, name: name.to_owned() })
            .is_some()
        {
            twice.push(path.clone());
        }
    }
    // Two points of one field would be a coincidence of values.
    found.retain(|path, _| !twice.contains(path));
    found
}

/// The only field, or the only one whose key is the name of the point.
fn only<'path>(fields: &[&'path String], name: &str) -> Option<&'path String> {
    if let [field] = fields {
        return Some(field);
    }
    let key = |path: &str| path.rsplit('.').next().map(str::to_ascii_lowercase);
    let mut named = fields.iter().filter(|path| key(path) == Some(name.to_ascii_lowercase()));
    match (named.next(), named.next()) {
        (Some(field), None) => Some(field),
        _ => None,
    }
}

/// The type of a field that was seen with both.
fn united(one: FieldType, other: FieldType) -> FieldType {
    match (one, other) {
        (one, other) if one == other => one,
        (FieldType::Integer, FieldType::Number) | (FieldType::Number, FieldType::Integer) => {
            FieldType::Number
        }
        _ => FieldType::Any,
    }
}

/// The quantities of fields that have the measured value in every answer, and alone.
fn quantities(
    answers: &[Answered],
    kinds: &BTreeMap<String, FieldType>,
) -> BTreeMap<String, &'static Quantity> {
    let mut found: BTreeMap<String, &'static Quantity> = BTreeMap::new();
    for quantity in vocabulary::quantities() {
        let mut measured = answers.iter().filter_map(|answer| {
            let data = &answer.reading["data"];
            single_value(&answer.reading["measurements"], quantity.name).map(|value| (data, value))
        });
        let Some((data, value)) = measured.next() else { continue };
        let rest: Vec<(&Json, &Json)> = measured.collect();
        let mut fields = kinds.keys().filter(|path| {
            same(at(data, path), value)
                && rest.iter().all(|(data, value)| same(at(data, path), value))
        });
        if let (Some(path), None) = (fields.next(), fields.next()) {
            // Two quantities of one field would be a coincidence of values.
            if found.insert(path.clone(), quantity).is_some() {
                found.remove(path);
            }
        }
    }
    found
}

/// The value of the one measurement of a quantity.
fn single_value<'json>(measurements: &'json Json, quantity: &str) -> Option<&'json Json> {
    let mut of_quantity = measurements
        .as_array()?
        .iter()
        .filter(|measurement| measurement["quantity"] == quantity)
        .map(|measurement| &measurement["value"]);
    match (of_quantity.next(), of_quantity.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// Returns the value at a path that leads through no list.
fn at<'json>(data: &'json Json, path: &str) -> Option<&'json Json> {
    path.split('.').try_fold(data, |value, key| value.get(key))
}

fn same(field: Option<&Json>, measured: &Json) -> bool {
    match (field, measured) {
        (Some(Json::Number(field)), Json::Number(measured)) => field.as_f64() == measured.as_f64(),
        (Some(field), measured) => field == measured,
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::point::Point;

    fn answered(reading: Json, points: &[(&str, &str, Json)]) -> Answered {
        let points = points.iter().map(|(name, unit, value)| Point {
            name: (*name).to_owned(),
            unit: (*unit).to_owned(),
            value: value.clone(),
        });
        Answered { reading, points: points.collect() }
    }

    #[test]
    fn points_are_the_fields_that_have_their_value_in_every_answer() {
        let of = |t: f64, h: f64, mv: i32| {
            answered(
                json!({"data": {"temp": t, "hum": h, "bat": mv, "mode": 20.0}}),
                &[
                    ("temperature", "Cel", json!(t)),
                    ("humidity", "%RH", json!(h)),
                    ("batteryVoltage", "mV", json!(mv)),
                ],
            )
        };
        let inferred = infer(&[of(20.0, 50.0, 3_600), of(21.5, 20.0, 3_590)]);
        assert!(inferred.measures_more);
        let field = |name: &str| {
            let field = inferred.fields.iter().find(|field| field.name == name).unwrap();
            (field.quantity.as_deref(), field.unit.as_deref(), field.data_unit.as_deref())
        };
        assert_eq!(field("temp"), (Some("air.temperature"), Some("Cel"), None));
        assert_eq!(field("hum"), (Some("air.humidity"), Some("%"), None));
        assert_eq!(field("bat"), (Some("battery.voltage"), Some("V"), Some("mV")));
        assert_eq!(field("mode"), (None, None, None));
    }

    #[test]
    fn a_point_of_no_certain_quantity_gives_its_field_the_unit() {
        let alone = answered(json!({"data": {"t": 4.5}}), &[("temperature", "Cel", json!(4.5))]);
        let inferred = infer(&[alone]);
        assert!(!inferred.measures_more);
        let field = &inferred.fields[0];
        assert_eq!((field.quantity.as_deref(), field.unit.as_deref()), (None, Some("Cel")));
        assert_eq!(field.inferred_from.as_deref(), Some("point temperature"));
        // Two fields have the value, and neither has the name.
        let data = json!({"data": {"a": 4.5, "b": 4.5}});
        let open = answered(data, &[("temperature", "Cel", json!(4.5))]);
        assert!(infer(&[open]).fields.iter().all(|field| field.unit.is_none()));
        let data = json!({"data": {"a": 4.5, "in": {"Temperature": 4.5}}});
        let named = answered(data, &[("temperature", "Cel", json!(4.5))]);
        assert_eq!(infer(&[named]).fields[1].unit.as_deref(), Some("Cel"));
    }

    fn seen(readings: &[Json]) -> Vec<(String, FieldType, Option<String>)> {
        let answers: Vec<Answered> =
            readings.iter().map(|reading| answered(reading.clone(), &[])).collect();
        let fields = infer(&answers).fields.into_iter();
        fields.map(|field| (field.name, field.kind, field.quantity)).collect()
    }

    #[test]
    fn types_are_united() {
        let readings = [
            json!({"data": {"t": 1, "s": "a", "n": null, "l": [1], "e": {}, "m": 1, "w": 2.0}}),
            json!({"data": {"t": 1.5, "s": "b", "n": null, "l": [], "e": {}, "m": "x", "w": 3}}),
        ];
        let expected = [
            ("e", FieldType::Object),
            ("l", FieldType::List),
            ("m", FieldType::Any),
            ("s", FieldType::Text),
            ("t", FieldType::Number),
            ("w", FieldType::Integer),
        ];
        let expected = expected.map(|(name, kind)| (name.to_owned(), kind, None));
        assert_eq!(seen(&readings), expected);
    }

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let readings = [
            json!({"data": {"a": {"b": {"c": true}}, "h": [{"v": 1}, {"v": 2.5}, {"w": "x"}]}}),
            json!({"data": {}}),
        ];
        let expected = [
            ("a.b.c", FieldType::Boolean),
            ("h[].v", FieldType::Number),
            ("h[].w", FieldType::Text),
        ];
        let expected = expected.map(|(name, kind)| (name.to_owned(), kind, None));
        assert_eq!(seen(&readings), expected);
    }

    #[test]
    fn a_quantity_is_given_where_it_is_certain() {
        let reading = |temperature: f64, humidity: f64, other: f64| {
            json!({
                "data": {"temp": temperature, "hum": humidity, "other": other},
                "measurements": [
                    {"quantity": "air.temperature", "value": temperature},
                    {"quantity": "air.humidity", "value": humidity},
                ],
            })
        };
        let quantity_of = |readings: &[Json], name: &str| {
            seen(readings).into_iter().find(|field| field.0 == name).unwrap().2
        };
        let certain = [reading(20.0, 50.0, 20.0), reading(21.0, 51.0, 0.0)];
        assert_eq!(quantity_of(&certain, "temp").as_deref(), Some("air.temperature"));
        assert_eq!(quantity_of(&certain, "hum").as_deref(), Some("air.humidity"));
        let open = [reading(20.0, 50.0, 20.0)];
        assert_eq!(quantity_of(&open, "temp"), None, "two fields have the value");
        let coincidence = [reading(20.0, 20.0, 0.0)];
        assert_eq!(quantity_of(&coincidence, "temp"), None, "two fields have the value");
    }

    #[test]
    fn there_is_an_end_to_fields() {
        let data: serde_json::Map<String, Json> =
            (0..FIELDS + 3).map(|number| (format!("k{number}"), json!(number))).collect();
        let inferred = infer(&[answered(json!({ "data": data }), &[])]);
        assert_eq!((inferred.fields.len(), inferred.left_out), (FIELDS, 3));
    }
}
