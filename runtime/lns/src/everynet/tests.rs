//! Tests of the particulars of Everynet.

use serde_json::json;

use super::Everynet;
use crate::{
    Kind,
    tests::{body, frame, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Everynet);

#[test]
fn what_is_on_the_air_counts_where_nothing_is_decrypted() {
    let sealed = with(KIND, "/params", "payload", json!(null));
    let uplink = reported(read_json(KIND, &sealed));
    assert_eq!((uplink.is_encrypted, uplink.payload), (true, vec![0xAB, 0xCD, 0xEF, 0x01, 0x23]));
    let mut alone = with(KIND, "/params", "payload", json!(""));
    (alone["params"]["port"], alone["params"]["encrypted_payload"]) = (json!(0), json!(""));
    let uplink = reported(read_json(KIND, &alone));
    assert_eq!((uplink.is_encrypted, uplink.f_port), (false, None));
}

#[test]
fn little_is_told_where_little_is_asked_for() {
    let mut bare = body(KIND);
    bare["params"].as_object_mut().unwrap().retain(|name, _| name != "radio" && name != "lora");
    let frame = frame(read_json(KIND, &bare));
    assert_eq!(frame.metadata.gateways[0].gateway_id, "7276ff0039030437");
    assert_eq!((frame.metadata.gateways[0].rssi_dbm, frame.metadata.frequency_hz), (None, None));
    let uplink = reported(read_json(KIND, &bare));
    assert!(!uplink.confirmed && !uplink.adr);
}

#[test]
fn other_types_hand_nothing_over() {
    for other in ["downlink_request", "downlink", "join_request", "status_response", "error"] {
        let message = with(KIND, "", "type", json!(other));
        assert_eq!(nothing(KIND, &message), other);
    }
}
