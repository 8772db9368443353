//! Tests of the particulars of Milesight.

use serde_json::json;

use super::Milesight;
use crate::{
    Kind, Message,
    tests::{body, hear, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Milesight);

#[test]
fn the_application_is_a_number_or_a_text() {
    for (id, expected) in [(json!("1"), Some("1")), (json!(1), Some("1")), (json!(null), None)] {
        let place = hear(KIND, &with(KIND, "", "applicationID", id)).unwrap().place;
        assert_eq!(place.application.as_deref(), expected);
    }
}

#[test]
fn a_topic_may_say_which_device() {
    let place = |topic| KIND.topic(topic).map(|said| (said.application, said.device));
    assert_eq!(place("application/1/device/02c4/rx"), Some((Some("1"), "02c4")));
    assert_eq!(place("/rooms"), Some((None, "/rooms")));
}

#[test]
fn the_members_say_what_has_happened() {
    let about = |name: &str, value| {
        let mut message = json!({ "applicationID": "1", "devEUI": "02c4a3fffe100001" });
        message[name] = value;
        message
    };
    let join = read_json(KIND, &about("devAddr", json!("02001001")));
    let Ok(Message::Joined(joined)) = join else { panic!("it is no join: {join:?}") };
    assert_eq!(joined.dev_addr.map(|address| address.to_string()).as_deref(), Some("02001001"));
    let mut acknowledged = about("acknowledged", json!(true));
    acknowledged["fCnt"] = json!(12);
    assert_eq!(nothing(KIND, &acknowledged), "acknowledged");
    assert_eq!(nothing(KIND, &about("error", json!("no downlink frame counter"))), "error");
    let lost =
        read_json(KIND, &about("rxInfo", json!([{ "mac": "7276ff0039030436" }]))).unwrap_err();
    assert_eq!(lost.path(), "fCnt");
}

#[test]
fn a_message_without_its_codec_is_enough() {
    // Where the gateway decodes, its values stand beside.
    let mut decoded = body(KIND);
    decoded["object"] = json!({ "temperature": 22.6 });
    assert_eq!(reported(read_json(KIND, &decoded)).payload.len(), 5);
}
