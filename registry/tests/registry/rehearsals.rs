//! Nothing passes that does not answer as its vectors say.

use champollion_registry::{
    gate::{Rehearsal, RehearsalError, VectorDiffers},
    package::{Answer, Package, UnusableError, run},
};
use champollion_sandbox::{CallError, LoadError, Value, Variable};
use champollion_sdk::vectors::{self, Input};
use serde_json::{Value as Json, json};

use crate::support::{DECODER_TOML, Parts, SANDBOX, component, first_party};

/// Rehearses the small decoder, which answers every uplink with `{"answer":42}`.
fn rehearse(vectors: &Json) -> Result<Rehearsal, RehearsalError> {
    let package = Package::assemble(&component(), DECODER_TOML, &vectors.to_string()).unwrap();
    Rehearsal::of(package, &SANDBOX)
}

fn differs(outcome: Result<Rehearsal, RehearsalError>) -> VectorDiffers {
    match outcome {
        Err(RehearsalError::Vector(differs)) => differs,
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it is taken"),
    }
}

fn uplink(name: &str, expect: Json) -> Json {
    json!({"name": name, "uplink": {"fPort": 2, "payload": "00"}, "expect": expect})
}

#[test]
fn every_vector_of_a_package_is_run() {
    let parts = first_party("nas-ul20xx-1.0.0");
    let all = vectors::parse(&parts.vectors).unwrap();
    for expected in ["reading", "downlink", "failure"] {
        assert!(all.iter().any(|vector| vector.expect.get(expected).is_some()), "{expected}");
    }
    assert!(all.iter().any(|vector| matches!(vector.input, Input::Command(_))));
    assert!(all.iter().any(|vector| matches!(vector.input, Input::Downlink(_))));
    let package = Package::read(parts.file).unwrap();
    let digest = package.digest();

    let rehearsal = Rehearsal::of(package, &SANDBOX).unwrap_or_else(|error| panic!("{error}"));

    assert_eq!(rehearsal.package().vectors().len(), all.len());
    assert_eq!(rehearsal.decoder().digest(), digest);
}

/// One package's vectors, the one of them changed that has a name.
fn changed(parts: &Parts, name: &str, change: impl FnOnce(&mut Json)) -> VectorDiffers {
    let mut all: Vec<Json> = serde_json::from_str(&parts.vectors).unwrap();
    let vector = all.iter_mut().find(|vector| vector["name"] == name);
    change(vector.unwrap_or_else(|| panic!("there is no vector {name:?}")));
    let all = Json::from(all).to_string();
    let package = Package::assemble(&parts.component, &parts.manifest, &all).unwrap();
    differs(Rehearsal::of(package, &SANDBOX))
}

#[test]
fn a_command_that_is_encoded_otherwise_is_found() {
    let name = "all drivers to full light, encoded";
    let found = changed(&first_party("nas-ul20xx-1.0.0"), name, |vector| {
        vector["expect"]["downlink"]["payload"] = "01FE63".into();
    });
    assert_eq!(
        found.to_string(),
        "the vector \"all drivers to full light, encoded\" differs at downlink.payload: expected \
         \"01FE63\", actual \"01FE64\""
    );
}

#[test]
fn a_downlink_that_is_read_back_otherwise_is_found() {
    let name = "all drivers to full light, read back";
    let found = changed(&first_party("nas-ul20xx-1.0.0"), name, |vector| {
        vector["downlink"]["payload"] = "01FE32".into();
    });
    assert_eq!(found.vector, name);
    assert_eq!(found.difference.path, "reading.data.manualDimming.destination[0].dimmingLevel");
    assert_eq!(found.difference.expected, Some(json!(100)));
    assert_eq!(found.difference.actual, Some(json!(50)));
}

#[test]
fn a_failure_of_another_kind_is_found() {
    let found = changed(&first_party("elsys-ers-co2-1.0.0"), "nothing was sent", |vector| {
        vector["expect"]["failure"]["kind"] = "too-long".into();
    });
    assert_eq!(found.vector, "nothing was sent");
    assert_eq!(found.difference.path, "failure.kind");
    assert_eq!(found.difference.expected, Some(json!("too-long")));
    assert_eq!(found.difference.actual, Some(json!("too-short")));
}

#[test]
fn a_vector_that_differs_says_where_and_in_what() {
    let found =
        differs(rehearse(&json!([uplink("why", json!({"reading": {"data": {"answer": 41}}}))])));
    assert_eq!(
        found.to_string(),
        "the vector \"why\" differs at reading.data.answer: expected 41, actual 42"
    );
}

#[test]
fn what_is_missing_and_what_is_too_much_is_found() {
    let found = differs(rehearse(&json!([uplink(
        "more",
        json!({"reading": {"data": {"answer": 42, "doubt": 1}}})
    )])));
    assert_eq!(
        found.to_string(),
        "the vector \"more\" differs at reading.data.doubt: expected 1, actual nothing"
    );
    let found = differs(rehearse(&json!([uplink("less", json!({"reading": {"data": {}}}))])));
    assert_eq!(
        found.to_string(),
        "the vector \"less\" differs at reading.data.answer: expected nothing, actual 42"
    );
}

#[test]
fn the_first_vector_that_differs_is_told() {
    let right = json!({"reading": {"data": {"answer": 42}}});
    let wrong = json!({"reading": {"data": {"answer": 0}}});
    let found = differs(rehearse(&json!([
        uplink("one", right.clone()),
        uplink("two", wrong.clone()),
        uplink("three", wrong),
        uplink("four", right),
    ])));
    assert_eq!(found.vector, "two");
}

#[test]
fn a_reading_is_no_failure_and_a_crash_no_downlink() {
    let found =
        differs(rehearse(&json!([uplink("fails", json!({"failure": {"kind": "too-short"}}))])));
    assert_eq!(found.difference.path, "failure");

    let found = differs(rehearse(&json!([{
        "name": "crashes",
        "command": {"data": {}},
        "expect": {"downlink": {"fPort": 3, "payload": ""}}
    }])));
    assert_eq!(found.difference.path, "downlink");
}

#[test]
fn a_component_that_is_no_decoder_is_refused() {
    let empty = wat::parse_str("(component)").unwrap();
    let vectors = json!([uplink("why", json!({"reading": {"data": {}}}))]).to_string();
    let package = Package::assemble(&empty, DECODER_TOML, &vectors).unwrap();
    match Rehearsal::of(package, &SANDBOX) {
        Err(RehearsalError::Unusable(UnusableError::Sandbox(LoadError::NotADecoder {
            ..
        }))) => {}
        Err(error) => panic!("{error:?}"),
        Ok(_) => panic!("it is taken"),
    }
}

#[test]
fn an_input_is_handed_over_whole() {
    let decoder = SANDBOX.load(&first_party("nas-ul20xx-1.0.0").file).unwrap();
    let input = |vector: Json| {
        let vectors = vectors::parse(&json!([vector]).to_string()).unwrap();
        vectors.into_iter().next().unwrap().input
    };

    // The moment of the command is what its clock is set to.
    let call = run(
        &decoder,
        &input(json!({
            "name": "clock",
            "command": {"data": {"timeConfig": {}}, "issuedAt": "2020-01-16T15:23:31.999Z"},
            "expect": {"failure": {"kind": "unsupported"}}
        })),
    );
    let Ok(Answer::Downlink(downlink)) = call.result else { panic!("{:?}", call.result) };
    assert_eq!((downlink.f_port, downlink.payload), (50, vec![0x09, 0xF3, 0x7F, 0x20, 0x5E]));
    assert!(call.fuel > 0);

    // The port decides.
    let call = run(
        &decoder,
        &input(json!({
            "name": "port", "uplink": {"fPort": 1, "payload": "00"}, "expect": {"failure": {"kind": "unsupported"}}
        })),
    );
    assert!(matches!(call.result, Err(CallError::Failed(_))), "{:?}", call.result);
}

#[test]
fn settings_are_variables_in_the_order_in_which_they_are_written() {
    let set = serde_json::from_value(json!({"d": "x", "b": 2, "a": true, "c": 2.5})).unwrap();
    let expected = [
        ("d", Value::Text("x".into())),
        ("b", Value::Integer(2)),
        ("a", Value::Boolean(true)),
        ("c", Value::Number(2.5)),
    ]
    .map(|(name, value)| Variable { name: name.to_owned(), value });
    assert_eq!(champollion_registry::package::variables(&set), expected);
}
