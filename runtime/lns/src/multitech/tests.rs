//! Tests of the particulars of MultiTech.

use serde_json::json;

use super::Multitech;
use crate::{
    Incoming, Kind, Message,
    tests::{body, frame, hear_all, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Multitech);

/// The event, the application and the device that a topic says.
fn said(topic: &str) -> Option<(String, Option<String>, String)> {
    let said = KIND.topic(topic)?;
    Some((said.event.to_owned(), said.application.map(str::to_owned), said.device.to_owned()))
}

#[test]
fn topics_say_which_device_and_where_commands_go() {
    let device = "00-80-00-ff-ff-00-00-03";
    let application = "8b-6c-f0-8e-ee-df-1b-b6";
    let gateway = "029998e0-6156-cdd4-4523-264b523115c1";
    let expected = |event: &str, application: Option<&str>| {
        Some((event.to_owned(), application.map(str::to_owned), device.to_owned()))
    };
    assert_eq!(said(&format!("lora/{device}/up")), expected("up", None));
    assert_eq!(said(&format!("lora/{application}/{device}/up")), expected("up", None));
    assert_eq!(said(&format!("roof/lora/{device}/joined")), expected("joined", None));
    let version_1 = format!("lorawan/{application}/{device}/up");
    assert_eq!(said(&version_1), expected("up", Some(application)));
    let version_1_1 = format!("lorawan/{gateway}/{application}/{device}/up");
    assert_eq!(said(&version_1_1), expected("up", Some(gateway)));
    assert_eq!(said("lorawan/init"), None);
    assert_eq!(said("other/1/up"), None);
}

#[test]
fn what_is_no_uplink_hands_nothing_over() {
    for event in ["joined", "moved", "packet_sent"] {
        let incoming = Incoming { event, content_type: None, description: None, body: b"" };
        let heard = KIND.read(&incoming).unwrap().message;
        assert!(matches!(heard, Message::Nothing { what } if what == event));
    }
    let joined = json!({ "appeui": "16-ea-76-f6-ab-66-3d-80", "gweui": "00-80-00-00-a0-00-0f-4d" });
    assert_eq!(nothing(KIND, &joined), "event");
    let started = json!({ "gateways_euis": ["00-80-00-00-a0-00-0f-4d"], "api_version": "1.1" });
    assert_eq!(nothing(KIND, &started), "event");
    assert!(read_json(KIND, &json!({ "temperature": 21 })).is_err());
}

#[test]
fn the_header_says_whether_an_acknowledgement_is_wanted() {
    let unconfirmed = with(KIND, "", "mhdr", json!("4001100002807111"));
    assert!(!reported(read_json(KIND, &unconfirmed)).confirmed);
    assert!(reported(read_json(KIND, &body(KIND))).confirmed);
}

#[test]
fn a_setting_there_writes_digits() {
    let digits = with(KIND, "", "data", json!("0100e20229"));
    assert_eq!(reported(read_json(KIND, &digits)).payload, [0x01, 0x00, 0xE2, 0x02, 0x29]);
    let mut unclear = with(KIND, "", "data", json!("0100e2022901"));
    unclear["size"] = json!(null);
    assert_eq!(read_json(KIND, &unclear).unwrap_err().path(), "data");
}

#[test]
fn fsk_has_no_spreading_factor() {
    let fsk = with(KIND, "", "datr", json!("50000"));
    assert_eq!(frame(read_json(KIND, &fsk)).metadata.spreading_factor, None);
}

/// In a burst up to ten packets come together.
#[test]
fn packets_come_in_a_list() {
    let later = with(KIND, "", "fcnt", json!(70_002));
    let heard = hear_all(KIND, &json!([body(KIND), later]).to_string());
    assert_eq!(heard.len(), 2);
    assert!(heard.iter().all(Result::is_ok));
}
