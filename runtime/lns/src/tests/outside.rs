//! Tests of the adapters from the outside: their paths, topics, and the feedback and places that they read.

use serde_json::json;

use super::{Incoming, Kind, body, samples};
use crate::{Event, Heard, Place, Which};

fn kind(name: &str) -> Kind {
    Kind::named(name).unwrap()
}

fn heard(name: &str, event: &str, body: &serde_json::Value) -> Heard {
    let body = body.to_string();
    kind(name)
        .read(&Incoming { event, content_type: None, description: None, body: body.as_bytes() })
        .unwrap()
}

#[test]
fn every_kind_has_its_paths() {
    for kind in Kind::all() {
        let paths: Vec<String> = kind.paths().collect();
        assert_eq!(paths[0], format!("/v1/ingest/{kind}"));
        assert!(paths.iter().all(|path| path.starts_with(&paths[0])), "{paths:?}");
    }
    let kerlink: Vec<String> = kind("kerlink").paths().collect();
    assert_eq!(kerlink, ["/v1/ingest/kerlink", "/v1/ingest/kerlink/dataUp"]);
}

#[test]
fn no_other_recognizes_a_sample() {
    for (kind, _) in samples() {
        let body = body(kind);
        let recognized: Vec<Kind> = Kind::all().filter(|kind| kind.recognizes(&body)).collect();
        assert_eq!(recognized, [kind]);
    }
}

#[test]
fn topics_say_which_device_and_what() {
    let chirpstack = |topic| kind("chirpstack").topic(topic);
    let up = chirpstack("eu868/application/a/device/02c4/event/up").unwrap();
    assert_eq!((up.event, up.application, up.device), ("up", Some("a"), "02c4"));
    assert_eq!(up.prefix, Some("eu868/"));
    let plain = chirpstack("application/a/device/02c4/event/up").unwrap();
    assert_eq!(plain.prefix, Some(""));
    let tts_prefix = |topic| kind("tts").topic(topic).unwrap().prefix;
    assert_eq!(tts_prefix("v3/app@ttn/devices/d/up"), Some("v3/"));
    assert_eq!(tts_prefix("town/v3/app@ttn/devices/d/down/sent"), Some("town/v3/"));
    assert_eq!(chirpstack("application/a/device/02c4/command/down"), None);
    let tts = |topic| kind("tts").topic(topic).map(|topic| (topic.event, topic.device));
    assert_eq!(tts("v3/app@ttn/devices/d/up"), Some(("up", "d")));
    assert_eq!(tts("v3/app@ttn/devices/d/down/sent"), Some(("sent", "d")));
    assert_eq!(tts("v3/app@ttn/gateways/d"), None);
    let there = kind("tts").topic("v3/app@ttn/devices/d/join").unwrap().place();
    assert_eq!(there.application.as_deref(), Some("app@ttn"));
    assert_eq!(there.device.as_deref(), Some("d"));
    assert_eq!(up.place().device, None);
    let other = kind("loriot").topic("a/b").unwrap();
    assert_eq!((other.event, other.device, other.place()), ("up", "a/b", Place::default()));
}

#[test]
fn a_message_tells_where_the_device_lives() {
    let up = heard("chirpstack", "up", &body(kind("chirpstack")));
    let application = body(kind("chirpstack"))["deviceInfo"]["applicationId"].clone();
    assert!(application.is_string());
    assert_eq!(up.place.application.as_deref(), application.as_str());
    assert_eq!(up.place.device, None);

    let ids = json!({
        "device_id": "d", "application_ids": { "application_id": "a" },
        "dev_eui": "02C4A3FFFE100001",
    });
    let joined = heard("tts", "join", &json!({ "end_device_ids": ids, "join_accept": {} }));
    let place = Place {
        application: Some("a".to_owned()),
        device: Some("d".to_owned()),
        ..Place::default()
    };
    assert_eq!((joined.place, joined.feedback), (place, None));
    assert_eq!(heard("kerlink", "", &body(kind("kerlink"))).place, Place::default());
}

#[test]
fn a_message_that_hands_nothing_over_may_tell_of_a_command() {
    let item = "54b70e4d-2b3c-4b8e-8f39-3f1f6e5b2a11";
    let sent = heard("chirpstack", "txack", &json!({ "queueItemId": item }));
    let feedback = sent.feedback.expect("it tells of a command");
    assert_eq!((feedback.which, feedback.event), (Which::Reference(item.to_owned()), Event::Sent));
    let answer = json!({ "MessageType": "XmitDataAns", "SenderID": "1", "TransactionID": 7,
        "Result": { "ResultCode": "Success" } });
    assert_eq!(heard("ts002", "", &answer).feedback.map(|told| told.event), Some(Event::Sent));
    for (kind, _) in samples() {
        let name = kind.name();
        assert_eq!(heard(name, "up", &body(kind)).feedback, None, "{kind}");
    }
}
