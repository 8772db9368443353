//! Tests of the particulars of Netmore.

use serde_json::json;

use super::Netmore;
use crate::{
    Kind, Message,
    tests::{body, frame, hear_all, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Netmore);

#[test]
fn a_packet_may_lie_in_an_envelope() {
    let packet = body(KIND);
    let envelope = json!({ "t": 1_770_091_506_789_i64, "n": "raw", "u": "json", "v": packet });
    let (bare, enveloped) = (frame(read_json(KIND, &packet)), frame(read_json(KIND, &envelope)));
    assert_eq!(format!("{bare:?}"), format!("{enveloped:?}"));
    let decoded =
        json!({ "t": 1, "rw": false, "i": "60", "n": "temperature", "u": "C", "v": 22.6 });
    assert_eq!(nothing(KIND, &decoded), "temperature");
    let mut damaged = envelope;
    damaged["v"]["fPort"] = json!("five");
    assert_eq!(read_json(KIND, &damaged).unwrap_err().path(), "v.fPort");
}

#[test]
fn other_message_types_hand_nothing_over() {
    let other = with(KIND, "", "messageType", json!("status"));
    assert_eq!(nothing(KIND, &other), "status");
}

#[test]
fn the_best_gateway_counts_where_no_list_is() {
    let listless = with(KIND, "", "gateways", json!(null));
    let gateways = frame(read_json(KIND, &listless)).metadata.gateways;
    assert_eq!((gateways.len(), gateways[0].gateway_id.as_str()), (1, "774"));
}

/// Its HTTP push is a list, of one packet or more.
#[test]
fn packets_come_in_a_list() {
    let (first, mut other) = (body(KIND), body(KIND));
    other["fCntUp"] = json!(70_002);
    let heard = hear_all(KIND, &json!([first, other]).to_string());
    let counters: Vec<u32> =
        heard.into_iter().map(|heard| reported(heard.map(|heard| heard.message)).f_cnt).collect();
    assert_eq!(counters, [70_001, 70_002]);
    other["payload"] = json!("not hex");
    let mut heard = hear_all(KIND, &json!([first, other]).to_string());
    assert_eq!(heard.pop().unwrap().unwrap_err().path(), "[1].payload");
    assert!(heard.pop().unwrap().is_ok());
    let empty = hear_all(KIND, "[]").pop().unwrap().unwrap().message;
    assert!(matches!(empty, Message::Nothing { .. }), "{empty:?}");
    let number = hear_all(KIND, "[7]").pop().unwrap().unwrap_err();
    assert_eq!(number.path(), "[0]");
    // What is nearly JSON is nearly a list.
    let nearly = json!([first]).to_string().replace("\"toa\":null", "\"toa\":NaN");
    let heard = hear_all(KIND, &nearly).pop().unwrap().unwrap();
    assert_eq!(heard.unread.len(), 1);
    assert_eq!(hear_all(KIND, "[{").pop().unwrap().unwrap_err().code(), "malformed-json");
}
