//! Messages by their descriptions: those that the documentation shows, and all that may differ.

mod documented;

use champollion_frames::{RadioMetadata, ReportedUplink};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{Described, Description};
use crate::{
    Content, Incoming, Kind, Message, Unreadable,
    tests::{self, frame, reported},
};

/// A description that says as much as there is to say.
const FULL: &str = r#"
    dev-eui = "/device/eui"
    dev-addr = "/device/addr"
    f-cnt = "/f/cnt"
    f-port = "/f/port"
    payload-hex = "/f/data"
    encrypted = "/f/encrypted"
    confirmed = "/f/confirmed"
    time = "/at"
    frequency-hz = "/radio/frequency"
    spreading-factor = "/radio/rate"
    gateways = { list = "/radio/gateways", id = "/id", rssi = "/level/rssi", snr = "/level/snr" }
    messages = { type = "/type", uplinks = ["up", "1"], joins = ["join", "2"] }
"#;

fn body() -> Json {
    json!({
        "type": "up",
        "device": { "eui": "02C4A3FFFE100001", "addr": "02001001" },
        "f": {
            "cnt": 70_001, "port": 5, "data": "0100E20229", "encrypted": false, "confirmed": true,
        },
        "at": "2026-02-03T04:05:06.789Z",
        "radio": {
            "frequency": 868_300_000, "rate": "SF9BW125",
            "gateways": [
                { "id": "gw-1", "level": { "rssi": -107, "snr": -7.5 } },
                { "id": 2, "level": { "rssi": "-90", "snr": 0 } },
            ],
        },
    })
}

fn with(pointer: &str, value: Json) -> Json {
    let mut body = body();
    *body.pointer_mut(pointer).expect("it is there") = value;
    body
}

fn without(pointer: &str) -> Json {
    let mut body = body();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let parent = body.pointer_mut(parent).and_then(Json::as_object_mut);
    parent.expect("the parent is there").remove(name).expect("it is there");
    body
}

fn described(toml: &str) -> Description {
    toml::from_str(toml).expect("the description can be used")
}

/// The full description with a setting in the place of another.
fn full(from: &str, to: &str) -> Description {
    assert!(FULL.contains(from), "{from}");
    described(&FULL.replace(from, to))
}

fn read_by(description: &Description, body: &Json) -> Result<Message, Unreadable> {
    let (body, description) = (body.to_string(), Some(description));
    let incoming = Incoming { event: "", content_type: None, description, body: body.as_bytes() };
    Kind::of(&Described).read(&incoming).map(|heard| heard.message)
}

fn read(body: &Json) -> Result<Message, Unreadable> {
    read_by(&described(FULL), body)
}

fn metadata(body: &Json) -> RadioMetadata {
    frame(read(body)).metadata
}

#[track_caller]
fn refused(body: &Json) -> String {
    read(body).expect_err("it is refused").to_string()
}

/// The uplink of the others, of which this message tells less.
fn uplink() -> ReportedUplink {
    ReportedUplink { confirmed: false, adr: false, ..tests::uplink() }
}

#[test]
fn all_that_is_described_is_read() {
    assert_eq!(reported(read(&body())), ReportedUplink { confirmed: true, ..uplink() });
    let frame = frame(read(&body()));
    assert_eq!(frame.received_at.map(|at| at.as_millisecond()), Some(1_770_091_506_789));
    let metadata = frame.metadata;
    assert_eq!(metadata.frequency_hz, Some(868_300_000));
    assert_eq!((metadata.spreading_factor, metadata.bandwidth_hz), (Some(9), Some(125_000)));
    let gateways: Vec<_> = metadata
        .gateways
        .iter()
        .map(|heard| (heard.gateway_id.as_str(), heard.rssi_dbm, heard.snr_db))
        .collect();
    let expected = [("gw-1", Some(-107.0), Some(-7.5)), ("2", Some(-90.0), Some(0.0))];
    assert_eq!(gateways, expected);
}

#[test]
fn the_same_is_written_in_many_ways() {
    for (pointer, value) in [
        ("/device/eui", json!("02-c4-a3-ff-fe-10-00-01")),
        ("/device/eui", json!("02:C4:A3:FF:FE:10:00:01")),
        ("/device/eui", json!("0x02c4a3fffe100001")),
        ("/f/cnt", json!("70001")),
        ("/f/cnt", json!(70_001.0)),
        ("/f/port", json!("5")),
        ("/f/data", json!("0x0100e20229")),
        ("/f/encrypted", json!(0)),
        ("/f/encrypted", json!("False")),
        ("/f/encrypted", json!(null)),
        ("/f/port", json!(" 5 ")),
        ("/f/confirmed", json!("1")),
        ("/at", json!("2026-02-03T05:05:06.789+01:00")),
        ("/type", json!(1)),
    ] {
        let expected = ReportedUplink { confirmed: true, ..uplink() };
        assert_eq!(reported(read(&with(pointer, value.clone()))), expected, "{pointer}: {value}");
    }
    for (setting, value) in [
        ("time-milliseconds = \"/at\"", json!(1_770_091_506_789_i64)),
        ("time-milliseconds = \"/at\"", json!("1770091506789")),
        ("time-seconds = \"/at\"", json!(1_770_091_506.789)),
        ("time-seconds = \"/at\"", json!("1770091506.789")),
    ] {
        let description = full("time = \"/at\"", setting);
        let told = reported(read_by(&description, &with("/at", value.clone())));
        assert_eq!(told.received_at_ms, uplink().received_at_ms, "{setting}: {value}");
    }
    let base64 = full("payload-hex", "payload-base64");
    let told = reported(read_by(&base64, &with("/f/data", json!("AQDiAik="))));
    assert_eq!(told.payload, uplink().payload);
    let megahertz = full("frequency-hz", "frequency-mhz");
    for value in [json!(868.3), json!("868.3")] {
        let frame = frame(read_by(&megahertz, &with("/radio/frequency", value)));
        assert_eq!(frame.metadata.frequency_hz, Some(868_300_000));
    }
    for (rate, bandwidth) in [(json!(7), None), (json!("7"), None), (json!("SF7"), None)]
        .into_iter()
        .chain([(json!("SF7BW125"), Some(125_000)), (json!("SF7 BW125 4/5"), Some(125_000))])
    {
        let metadata = metadata(&with("/radio/rate", rate));
        assert_eq!((metadata.spreading_factor, metadata.bandwidth_hz), (Some(7), bandwidth));
    }
}

#[test]
fn names_with_slashes_and_tildes_are_pointed_to() {
    let description = full("/f/cnt", "/a~1b/~0c/1");
    let mut body = without("/f/cnt");
    body["a/b"] = json!({ "~c": [0, 70_001] });
    assert_eq!(reported(read_by(&description, &body)).f_cnt, 70_001);
}

#[test]
fn payloads_may_be_encrypted() {
    assert!(reported(read(&with("/f/encrypted", json!(true)))).is_encrypted);
    let always = full("encrypted = \"/f/encrypted\"", "encrypted = true");
    assert!(reported(read_by(&always, &without("/f/encrypted"))).is_encrypted);
    let never = full("encrypted = \"/f/encrypted\"", "encrypted = false");
    assert!(!reported(read_by(&never, &with("/f/encrypted", json!(true)))).is_encrypted);
}

#[test]
fn frames_of_mac_commands_have_no_port() {
    for port in [json!(0), json!(null), json!("0")] {
        let mut body = with("/f/port", port);
        assert_eq!(reported(read(&body)).f_port, None);
        for data in [json!(null), json!("")] {
            body["f"]["data"] = data;
            assert!(reported(read(&body)).payload.is_empty());
        }
        body["f"].as_object_mut().unwrap().remove("data");
        assert!(reported(read(&body)).payload.is_empty());
    }
    let empty = reported(read(&with("/f/data", json!(null))));
    assert_eq!((empty.f_port, empty.payload.len()), (Some(5), 0));
}

#[test]
fn messages_of_other_types_hand_nothing_over() {
    let nothing = |body: &Json| match read(body) {
        Ok(Message::Nothing { what }) => what,
        other => panic!("it hands something over: {other:?}"),
    };
    assert_eq!(nothing(&json!({ "type": "status" })), "status");
    assert_eq!(nothing(&json!({ "type": 7 })), "7");
    assert_eq!(nothing(&json!({ "type": "x".repeat(1_000) })).len(), 64);
    for body in [json!({}), json!({ "type": null }), json!({ "type": {} })] {
        assert_eq!(nothing(&body), "nothing at /type");
    }
    for kind in [json!("join"), json!(2)] {
        let Ok(Message::Joined(joined)) = read(&with("/type", kind)) else { panic!("a join") };
        assert_eq!((joined.dev_eui, joined.dev_addr), (uplink().dev_eui, uplink().dev_addr));
    }
    let bare = json!({ "type": "join", "device": { "eui": "02C4A3FFFE100001" } });
    assert!(matches!(read(&bare), Ok(Message::Joined(joined)) if joined.dev_addr.is_none()));
    assert!(refused(&json!({ "type": "join" })).contains("json.dev-eui"));
    let all = described(
        &FULL
            .lines()
            .filter(|line| !line.contains("messages"))
            .fold(String::new(), |all, line| format!("{all}{line}\n")),
    );
    assert_eq!(reported(read_by(&all, &with("/type", json!("status")))).f_cnt, 70_001);
}

#[test]
fn what_is_essential_is_named_where_it_is_missing_or_wrong() {
    for (pointer, setting) in [
        ("/device/eui", "json.dev-eui"),
        ("/f/cnt", "json.f-cnt"),
        ("/f/port", "json.f-port"),
        ("/f/data", "json.payload-hex"),
    ] {
        let error = read(&without(pointer)).expect_err(pointer);
        assert_eq!((error.path(), error.code()), (pointer, "invalid-body"));
        let said = error.to_string();
        assert!(said.starts_with(&format!("{pointer}: it is missing")), "{said}");
        assert!(said.contains(setting) && said.contains("json.messages"), "{said}");
    }
    let long = "0".repeat(1 << 16);
    for (pointer, setting, wrong) in [
        ("/device/eui", "json.dev-eui", vec![json!(17), json!(""), json!("02C4"), json!(long)]),
        ("/f/cnt", "json.f-cnt", vec![json!(-1), json!(1.5), json!(1_u64 << 32), json!("x")]),
        ("/f/port", "json.f-port", vec![json!(256), json!("five"), json!([])]),
        ("/f/data", "json.payload-hex", vec![json!(1), json!("AQDiAik="), json!(long)]),
    ] {
        for value in wrong {
            let said = refused(&with(pointer, value));
            assert!(said.starts_with(&format!("{pointer}: ")), "{said}");
            assert!(said.contains(setting) && said.len() < 500, "{said}");
        }
    }
}

fn noted(description: &Description, body: &Json) -> Vec<String> {
    let (body, description) = (body.to_string(), Some(description));
    let incoming = Incoming { event: "", content_type: None, description, body: body.as_bytes() };
    let heard = Kind::of(&Described).read(&incoming).expect("the essentials are there");
    assert_eq!(reported(Ok(heard.message)).payload, uplink().payload);
    heard.unread.iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_decoration_is_noted_where_it_is_wrong() {
    for (pointer, setting, wrong) in [
        ("/device/addr", "json.dev-addr", vec![json!(17), json!("0200"), json!("")]),
        ("/f/encrypted", "json.encrypted", vec![json!("perhaps"), json!(2), json!([])]),
        ("/f/confirmed", "json.confirmed", vec![json!("UNCONFIRMED"), json!({})]),
        ("/at", "json.time", vec![json!(17), json!("now"), json!("1970-01-21T11:41:31Z")]),
        ("/radio/frequency", "json.frequency-hz", vec![json!("n/a"), json!(868.3), json!({})]),
        ("/radio/rate", "json.spreading-factor", vec![json!("fast"), json!("SF9BW"), json!(99)]),
        ("/radio/gateways", "json.gateways.list", vec![json!("gw-1"), json!(7)]),
    ] {
        for value in wrong {
            let noted = noted(&described(FULL), &with(pointer, value.clone()));
            assert_eq!(noted.len(), 1, "{pointer}: {value}: {noted:?}");
            let is_named = noted[0].starts_with(&format!("{pointer}: "));
            assert!(is_named && noted[0].contains(setting), "{noted:?}");
        }
        assert!(noted(&described(FULL), &with(pointer, Json::Null)).is_empty(), "{pointer}");
    }
    let levels = with("/radio/gateways/0/level", json!({ "rssi": "NaN", "snr": 1e300 }));
    let said = noted(&described(FULL), &levels);
    assert!(said[0].contains("json.gateways.rssi") && said[1].contains("json.gateways.snr"));
    // A number of the other unit.
    let seconds = full("time = \"/at\"", "time-seconds = \"/at\"");
    let milliseconds = full("time = \"/at\"", "time-milliseconds = \"/at\"");
    for (description, number) in
        [(seconds, json!(1_770_091_506_789_i64)), (milliseconds, json!(1_770_091_506))]
    {
        let said = noted(&description, &with("/at", number));
        assert!(said[0].starts_with("/at: "), "{said:?}");
    }
}

#[test]
fn a_message_may_leave_it_open_whether_it_is_encrypted() {
    let says = |description: &Description, body: &Json| {
        let Content::Reported { says_encryption, .. } = frame(read_by(description, body)).content
        else {
            panic!("it reports")
        };
        says_encryption
    };
    let told = described(FULL);
    assert!(says(&told, &body()));
    assert!(
        !says(&told, &without("/f/encrypted")) && !says(&told, &with("/f/encrypted", json!("?")))
    );
    assert!(says(&full("encrypted = \"/f/encrypted\"", ""), &without("/f/encrypted")));
}

#[test]
fn no_uplink_is_lost_by_how_it_was_received() {
    for (pointer, value) in [
        ("/radio/frequency", json!("n/a")),
        ("/radio/frequency", json!(868.3)),
        ("/radio/frequency", json!({})),
        ("/radio/rate", json!("fast")),
        ("/radio/rate", json!("SF9BW")),
        ("/radio/rate", json!(99)),
        ("/radio/rate", json!([])),
        ("/radio/gateways", json!("gw-1")),
        ("/radio/gateways/0/level", json!("loud")),
        ("/radio/gateways/0/level/snr", json!("-")),
        ("/radio/gateways/0/id", json!("x".repeat(65))),
        ("/radio/gateways/0", json!(17)),
        ("/radio", json!(null)),
    ] {
        let told = reported(read(&with(pointer, value.clone())));
        assert_eq!(told.payload, uplink().payload, "{pointer}: {value}");
    }
    assert_eq!(metadata(&with("/radio/frequency", json!(868.3))).frequency_hz, None);
    assert_eq!(metadata(&with("/radio/rate", json!("SF9BW"))).spreading_factor, None);
    assert_eq!(metadata(&with("/radio", json!(null))), RadioMetadata::default());
    let many = json!(vec![json!({ "id": "gw" }); 300]);
    assert_eq!(metadata(&with("/radio/gateways", many)).gateways.len(), 100);
    let one = json!({ "id": "gw-1", "level": { "rssi": -107 } });
    let gateways = metadata(&with("/radio/gateways", one)).gateways;
    assert_eq!((gateways.len(), gateways[0].rssi_dbm, gateways[0].snr_db), (1, Some(-107.0), None));
}

#[test]
fn what_is_no_message_is_called_that() {
    for (text, code) in [
        ("", "malformed-json"),
        ("{", "malformed-json"),
        ("[]", "invalid-body"),
        ("1", "invalid-body"),
    ] {
        let description = described(FULL);
        let incoming = Incoming {
            event: "",
            content_type: None,
            description: Some(&description),
            body: text.as_bytes(),
        };
        let error = Kind::of(&Described).read(&incoming).expect_err(text);
        assert_eq!((error.path(), error.code()), (".", code), "{error}");
    }
    let incoming = Incoming { event: "", content_type: None, description: None, body: b"{}" };
    let error = Kind::of(&Described).read(&incoming).expect_err("nothing describes it");
    assert!(error.to_string().contains("settings"), "{error}");
}

#[test]
fn settings_that_cannot_be_used_are_named() {
    let refused = |from: &str, to: &str| {
        assert!(FULL.contains(from), "{from}");
        let error = toml::from_str::<Description>(&FULL.replace(from, to)).expect_err(to);
        error.message().to_owned()
    };
    for (from, to, says) in [
        ("dev-eui = \"/device/eui\"", "", "dev-eui is missing"),
        ("f-cnt = \"/f/cnt\"", "", "f-cnt is missing"),
        ("f-port = \"/f/port\"", "", "f-port is missing"),
        ("payload-hex = \"/f/data\"", "", "payload-hex or payload-base64 is missing"),
        ("\"/device/eui\"", "\"device.eui\"", "dev-eui: \"device.eui\" is no JSON pointer"),
        ("\"/device/eui\"", "\"\"", "dev-eui: \"\" is no JSON pointer"),
        ("\"/f/cnt\"", "\"/f~cnt\"", "f-cnt: \"/f~cnt\""),
        ("\"/f/cnt\"", "\"/f~\"", "f-cnt: \"/f~\""),
        (
            "\"/f/data\"",
            "\"/f/data\"\npayload-base64 = \"/f/data\"",
            "payload-hex and payload-base64",
        ),
        ("time = ", "time-seconds = \"/at\"\ntime = ", "time and time-seconds"),
        (
            "frequency-hz = ",
            "frequency-mhz = \"/f\"\nfrequency-hz = ",
            "frequency-hz and frequency-mhz",
        ),
        ("rssi = \"/level/rssi\"", "rssi = \"level\"", "gateways.rssi: \"level\""),
        ("snr = \"/level/snr\"", "noise = \"/level/snr\"", "noise"),
        ("type = \"/type\", ", "", "messages.type is missing"),
        ("uplinks = [\"up\", \"1\"]", "uplinks = []", "messages.uplinks is empty"),
        ("joins = [\"join\", \"2\"]", "joins = [\"up\"]", "\"up\""),
        ("confirmed = ", "confirmd = ", "confirmd"),
        ("encrypted = \"/f/encrypted\"", "encrypted = \"yes\"", "encrypted: \"yes\""),
    ] {
        let said = refused(from, to);
        assert!(said.contains(says), "{to}: {said}");
    }
}

proptest! {
    /// Bytes are changed, left out and put in anywhere: nothing panics, and every error says something.
    #[test]
    fn bytes_are_changed_anywhere(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let (description, mut bytes) = (described(FULL), body().to_string().into_bytes());
        for (place, byte, change) in changes {
            let place = place.index(bytes.len());
            match change {
                0 => bytes[place] = byte,
                1 if bytes.len() > 1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, byte),
            }
        }
        let description = Some(&description);
        let incoming = Incoming { event: "", content_type: None, description, body: &bytes };
        if let Err(error) = Kind::of(&Described).read(&incoming) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
