//! Tests of the particulars of Live Objects.

use serde_json::json;

use super::LiveObjects;
use crate::{
    Fault, Kind,
    tests::{body, frame, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&LiveObjects);
const LORA: &str = "/metadata/network/lora";

#[test]
fn the_message_type_says_whether_an_acknowledgement_is_wanted() {
    assert!(reported(read_json(KIND, &body(KIND))).confirmed);
    let unconfirmed = with(KIND, LORA, "messageType", json!("UNCONFIRMED_DATA_UP"));
    assert!(!reported(read_json(KIND, &unconfirmed)).confirmed);
    let untold = with(KIND, LORA, "messageType", json!(null));
    assert!(!reported(read_json(KIND, &untold)).confirmed);
    let other = with(KIND, LORA, "messageType", json!("JOIN_REQUEST"));
    assert_eq!(nothing(KIND, &other), "JOIN_REQUEST");
}

#[test]
fn data_of_other_connectors_hand_nothing_over() {
    let mqtt = json!({
        "streamId": "urn:lo:nsid:sensor:7", "timestamp": "2026-02-03T04:05:06Z", "model": "room",
        "value": { "temperature": 21 },
        "metadata": { "connector": "mqtt", "source": "urn:lo:nsid:sensor:7" },
    });
    assert_eq!(nothing(KIND, &mqtt), "mqtt");
}

/// A decoder there may replace the payload by its values.
#[test]
fn a_payload_that_was_taken_away_is_missed() {
    let mut decoded = body(KIND);
    decoded["value"] = json!({ "temperature": 22.6 });
    let error = read_json(KIND, &decoded).unwrap_err();
    assert_eq!((error.path(), error.fault()), ("value.payload", &Fault::Missing));
    decoded["value"] = json!(null);
    assert_eq!(read_json(KIND, &decoded).unwrap_err().path(), "value");
    // A frame of MAC commands alone has none.
    decoded["metadata"]["network"]["lora"]["port"] = json!(0);
    let alone = reported(read_json(KIND, &decoded));
    assert_eq!((alone.f_port, alone.payload.len()), (None, 0));
}

#[test]
fn levels_that_are_not_told_name_no_gateway() {
    let mut silent = body(KIND);
    let lora = silent.pointer_mut(LORA).and_then(serde_json::Value::as_object_mut).unwrap();
    lora.remove("rssi");
    lora.remove("snr");
    assert!(frame(read_json(KIND, &silent)).metadata.gateways.is_empty());
}
