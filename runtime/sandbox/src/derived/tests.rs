//! Tests of derived decoders.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::{CallError, Digest, Measurement, Value, Variable, vocabulary::quantity};

const AT: &str = "2026-11-25T08:00:00Z";

fn declared(value: serde_json::Value) -> DerivedDeclaration {
    serde_json::from_value(value).unwrap()
}

/// Consumption from an index, in litres inside.
fn consumption() -> DerivedDeclaration {
    declared(json!({
        "inputs": [{ "name": "index", "quantity": "water.volume", "unit": "L" }],
        "values": [
            { "quantity": "water.volume.delta", "unit": "L", "expression": "index - before.index", "meaning": "Drawn" },
            { "quantity": "water.flow", "unit": "L/h", "expression": "(index - before.index) / elapsed * 3600",
              "meaning": "Mean flow" },
        ],
        "remember": { "index": "index" },
    }))
}

fn formulas(declaration: &DerivedDeclaration) -> Formulas {
    let variables = [("limit", true), ("scale", false)];
    Formulas::new(declaration, variables, Digest::of(b"package")).unwrap()
}

fn faults(declaration: &DerivedDeclaration) -> Vec<String> {
    let faults = Formulas::new(declaration, [("limit", false)], Digest::of(b"package")).err();
    faults.unwrap_or_default().iter().map(ToString::to_string).collect()
}

fn measured(name: &str, value: Value, at: Option<&str>) -> Measurement {
    let measured_at = at.map(|at| at.parse().unwrap());
    Measurement { quantity: quantity(name).unwrap(), value, channel: 0, measured_at, span: None }
}

fn observed(measurements: Vec<Measurement>, before: Option<Memory>) -> Observation {
    let limit = Variable { name: "limit".into(), value: Value::Number(2.0) };
    let received_at = AT.parse().unwrap();
    Observation { measurements, received_at, variables: vec![limit], before }
}

fn memory(at: &str, index: f64) -> Memory {
    let values = json!({ "index": index }).as_object().cloned().unwrap();
    Memory { at: at.parse::<Timestamp>().unwrap(), values }
}

#[test]
fn consumption_is_the_difference_to_the_index_before() {
    let formulas = formulas(&consumption());
    let index = |at| vec![measured("water.volume", Value::Number(1.5), at)];
    let first = formulas.derive(&observed(index(None), None));
    let first_result = first.result.unwrap();
    assert!(first_result.measurements.is_empty(), "nothing is known of before");
    assert_eq!(first_result.remembered, Some(memory(AT, 1_500.0)));
    assert!(first.fuel > 0);
    let before = Some(memory("2026-11-25T06:00:00Z", 1_000.0));
    let second = formulas.derive(&observed(index(None), before.clone()));
    let again = formulas.derive(&observed(index(None), before.clone()));
    assert_eq!(second.fuel, again.fuel, "fuel is the same each time");
    let values: Vec<Value> =
        second.result.unwrap().measurements.into_iter().map(|own| own.value).collect();
    assert_eq!(values, [Value::Number(0.5), Value::Number(0.25)], "in the vocabulary's units");
    // A reading of another time of the device's own, and one that is no later than what is remembered.
    let told = formulas.derive(&observed(index(Some("2026-11-25T07:00:00Z")), before));
    let told = told.result.unwrap();
    assert_eq!(told.measurements[0].measured_at, Some("2026-11-25T07:00:00Z".parse().unwrap()));
    let late = formulas.derive(&observed(index(None), Some(memory(AT, 1_000.0)))).result.unwrap();
    assert!(late.measurements.is_empty() && late.remembered.is_none());
}

#[test]
fn an_alarm_is_true_or_false_and_what_is_missing_leaves_its_value_out() {
    let alarm = declared(json!({
        "inputs": [
            { "name": "level", "quantity": "water.level" },
            { "name": "flow", "quantity": "water.flow" },
            { "name": "supply", "quantity": "alarm.supply" },
        ],
        "values": [{
            "quantity": "alarm.flood", "expression": "level > limit and flow > 0 and not supply", "meaning": "Flood",
        }],
    }));
    let formulas = formulas(&alarm);
    let level = |value| measured("water.level", Value::Number(value), None);
    let flow = measured("water.flow", Value::Number(1.0), None);
    let supply = measured("alarm.supply", Value::Boolean(false), None);
    let derived = |measurements| formulas.derive(&observed(measurements, None)).result.unwrap();
    let all = derived(vec![level(3.0), flow.clone(), supply.clone()]);
    assert_eq!(all.measurements[0].value, Value::Boolean(true));
    let below = derived(vec![level(1.0), flow, supply]);
    assert_eq!(below.measurements[0].value, Value::Boolean(false));
    assert!(derived(vec![level(3.0)]).measurements.is_empty());
    let without = Observation { variables: Vec::new(), ..observed(vec![level(3.0)], None) };
    let error = formulas.derive(&without).result.unwrap_err().to_string();
    assert!(error.contains("the variable limit is not set"), "{error}");
}

#[test]
fn a_value_of_another_type_and_too_much_work_are_failures() {
    let one = |quantity: &str, expression: &str| {
        let declaration = declared(json!({
            "inputs": [{ "name": "level", "quantity": "water.level" }],
            "values": [{ "quantity": quantity, "expression": expression, "meaning": "It" }],
        }));
        let level = measured("water.level", Value::Number(0.0), None);
        formulas(&declaration).derive(&observed(vec![level], None)).result
    };
    let said = |quantity, expression| one(quantity, expression).unwrap_err().to_string();
    assert!(said("alarm.flood", "level").contains("alarm.flood must be true or false"));
    assert!(said("water.flow", "level > 1").contains("water.flow must be a finite number"));
    assert!(said("water.flow", "level ~ 'm'").contains("water.flow must be a finite number"));
    assert!(said("people.count", "level + 0.5").contains("people.count must be a whole number"));
    assert!(said("water.flow", "[level]").contains("water.flow must be a finite number"));
    let endless = one("water.flow", "('x' * 99999999 ~ level) | length").unwrap_err();
    assert!(matches!(endless, CallError::OutOfFuel { .. }), "{endless}");
}

#[test]
fn a_fault_says_what_to_write_instead() {
    let with = |member: &str, value: serde_json::Value| {
        let mut whole = serde_json::to_value(consumption()).unwrap();
        *whole.pointer_mut(member).unwrap() = value;
        faults(&declared(whole)).join("\n")
    };
    for (member, value, said) in [
        ("/inputs/0/quantity", json!("water.volum"), "did you mean water.volume?"),
        ("/inputs/0/unit", json!("Cel"), "nobody knows how to make \"Cel\" of \"m3\""),
        ("/inputs/0/name", json!("Index"), "small letters, digits and underscores"),
        ("/inputs/0/name", json!("elapsed"), "elapsed has a meaning in expressions"),
        ("/inputs/0/name", json!("limit"), "limit is the name of two things"),
        ("/values/0/quantity", json!("water.volume"), "would be made of itself"),
        ("/values/0/quantity", json!("water.flow"), "water.flow is made twice"),
        ("/values/0/expression", json!("indx - before.index"), "names indx"),
        ("/values/0/expression", json!("indx - before.index"), "did you mean index?"),
        ("/values/0/expression", json!("index - before.volume"), "names before.volume"),
        ("/values/0/expression", json!("2 + 2"), "names no input"),
        ("/values/0/expression", json!("index -"), "cannot be read"),
        ("/values/0/expression", json!("index) + (index"), "cannot be read"),
        ("/values/0/expression", json!("weighed(index)"), "names weighed"),
        ("/values/0/meaning", json!(""), "has no meaning"),
        ("/values", json!([]), "it makes no value"),
    ] {
        let told = with(member, value);
        assert!(told.contains(said), "{member}: {said}: {told}");
    }
    assert!(faults(&consumption()).is_empty());
}
