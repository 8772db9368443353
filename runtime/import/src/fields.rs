//! Infers what `data` holds from what a codec answers to its examples.
//!
//! Only what is certain is said: the path and the type of each value that was seen. A quantity is
//! given to a field where the codec itself measures it, by its `normalizeUplink`, and exactly one
//! field has the measured value in every answer. No unit is guessed from a name.

use std::collections::BTreeMap;

use champollion_registry::package::{Field, FieldType, each_value};
use champollion_sandbox::vocabulary::{self, Quantity};
use serde_json::Value as Json;

/// Most fields of a package. A codec whose keys are data themselves, such as addresses, would
/// otherwise have thousands.
const FIELDS: usize = 400;

/// The answer of a codec to one example.
pub(super) struct Answered {
    /// The reading as a vector writes it: an object with `data` and perhaps `measurements`.
    pub(super) reading: Json,
}

/// Fields that were inferred.
pub(super) struct Inferred {
    /// In the order of their paths.
    pub(super) fields: Vec<Field>,
    /// The number of further fields.
    pub(super) left_out: usize,
}

/// Infers the fields of all answers.
pub(super) fn infer(answers: &[Answered]) -> Inferred {
    let mut kinds: BTreeMap<String, FieldType> = BTreeMap::new();
    for answer in answers {
        each_value(&answer.reading["data"], &mut |path, kind| {
            let known = kinds.entry(path.to_owned()).or_insert(kind);
            *known = united(*known, kind);
        });
    }
    let quantities = quantities(answers, &kinds);
    let count = kinds.len();
    let fields = kinds.into_iter().take(FIELDS).map(|(name, kind)| {
        let quantity = quantities.get(&name).copied();
        let unit = quantity.map(|quantity| quantity.unit).filter(|unit| !unit.is_empty());
        Field {
            name,
            kind,
            quantity: quantity.map(|quantity| quantity.name.to_owned()),
            unit: unit.map(str::to_owned),
            data_unit: None,
            meaning: String::new(),
            inferred: true,
        }
    });
    Inferred { fields: fields.collect(), left_out: count.saturating_sub(FIELDS) }
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

    fn inferred(readings: &[Json]) -> Vec<(String, FieldType, Option<String>)> {
        let answers: Vec<Answered> =
            readings.iter().map(|reading| Answered { reading: reading.clone() }).collect();
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
        assert_eq!(inferred(&readings), expected);
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
        assert_eq!(inferred(&readings), expected);
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
            inferred(readings).into_iter().find(|field| field.0 == name).unwrap().2
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
        let inferred = infer(&[Answered { reading: json!({ "data": data }) }]);
        assert_eq!((inferred.fields.len(), inferred.left_out), (FIELDS, 3));
    }
}
