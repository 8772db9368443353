//! Tests of the particulars of ThingPark.

use serde_json::{Value as Json, json};

use super::Actility;
use crate::{
    Kind,
    tests::{body, frame, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Actility);

#[test]
fn actilitys_numbers_are_numbers_or_texts() {
    fn texts(json: &mut Json) {
        match json {
            Json::Number(number) => *json = Json::String(number.to_string()),
            Json::Array(elements) => elements.iter_mut().for_each(texts),
            Json::Object(members) => members.values_mut().for_each(texts),
            _ => {}
        }
    }
    let body = body(KIND);
    let mut all_texts = body.clone();
    texts(&mut all_texts);
    let (one, other) = (read_json(KIND, &body), read_json(KIND, &all_texts));
    let (one, other) = (frame(one), frame(other));
    assert_eq!(one.metadata, other.metadata);
    assert_eq!(format!("{:?}", one.content), format!("{:?}", other.content));
}

#[test]
fn actility_leaves_out_the_envelope_or_the_list() {
    let body = body(KIND);
    let bare = frame(read_json(KIND, &body["DevEUI_uplink"]));
    assert_eq!(bare.metadata.gateways.len(), 2);
    let one = with(KIND, "/DevEUI_uplink", "Lrrs", json!({ "Lrr": { "Lrrid": "A" } }));
    assert_eq!(frame(read_json(KIND, &one)).metadata.gateways[0].gateway_id, "A");
    let none = with(KIND, "/DevEUI_uplink", "Lrrs", json!(null));
    let best = frame(read_json(KIND, &none)).metadata.gateways;
    assert_eq!((best.len(), best[0].rssi_dbm), (1, Some(-107.0)));
}

#[test]
fn actility_reports_other_things_too() {
    let encrypted = with(KIND, "/DevEUI_uplink", "PayloadEncryption", json!("1"));
    assert!(reported(read_json(KIND, &encrypted)).is_encrypted);
    let join = with(KIND, "/DevEUI_uplink", "rawJoinRequest", json!("00"));
    assert_eq!(nothing(KIND, &join), "rawJoinRequest");
    let sent = json!({ "DevEUI_downlink_Sent": { "DevEUI": "02C4A3FFFE100001" } });
    assert_eq!(nothing(KIND, &sent), "DevEUI_downlink_Sent");
    let mac = with(KIND, "/DevEUI_uplink", "FPort", json!(0));
    assert_eq!(reported(read_json(KIND, &mac)).f_port, None);
}
