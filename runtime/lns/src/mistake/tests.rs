//! Tests of mistakes: each is named in the same words at every door.

use data_encoding::BASE64;
use serde_json::{Value as Json, json};

use crate::{Incoming, Kind, Unreadable, tests::body};

fn kind(name: &str) -> Kind {
    Kind::named(name).unwrap()
}

/// The error of a body that comes without a declared encoding, as over MQTT.
#[track_caller]
fn refused(kind: Kind, body: &[u8]) -> Unreadable {
    let incoming = Incoming { event: "up", content_type: None, description: None, body };
    kind.read(&incoming).expect_err("it cannot be read")
}

fn refused_json(kind: Kind, body: &Json) -> Unreadable {
    refused(kind, body.to_string().as_bytes())
}

/// The kinds that read messages without a description.
fn doors() -> impl Iterator<Item = Kind> {
    Kind::all().filter(|kind| !kind.needs_description())
}

#[track_caller]
fn expect(kind: Kind, error: &Unreadable, code: &str, words: &[&str]) {
    let said = error.to_string();
    assert_eq!((error.path(), error.code()), (".", code), "{kind}: {said}");
    for word in words {
        assert!(said.contains(word), "{kind}: {word:?} is not in {said:?}");
    }
    assert!(said.len() < 600, "{kind}: {said}");
}

#[test]
fn programs_that_are_not_served_are_named_at_every_door() {
    let of_version_3 = json!({
        "applicationID": "123", "deviceName": "d", "devEUI": "AQIDBAUGB6s=", "fCnt": 10, "fPort": 5,
        "rxInfo": [{ "gatewayID": "AwMDAwMDAwM=", "rssi": -48, "loRaSNR": 9 }], "data": "AQ==",
    });
    let in_hex = json!({ "applicationID": "1", "devEUI": "01020304050607ab", "data": "AQ==" });
    for (body, product) in [
        (of_version_3, "ChirpStack 3"),
        (in_hex, "ChirpStack 3"),
        (json!({ "hardware_serial": "01", "dev_id": "d", "payload_raw": "AQ==" }), "Network 2"),
        (json!({ "dev_eui": "01", "hotspots": [], "payload": "AQ==" }), "Helium Console"),
        (json!({ "rxpk": [{ "tmst": 1, "data": "QAQDAgGAAQABppRkJg==" }] }), "packet forwarder"),
        (json!({ "msgtype": "updf", "MHdr": 64, "upinfo": {} }), "packet forwarder"),
        (json!({ "phyPayload": "QAQDAgGA", "rxInfo": {}, "txInfo": {} }), "Gateway Bridge"),
    ] {
        for kind in doors() {
            let words = ["this is a message of", product];
            expect(kind, &refused_json(kind, &body), "other-format", &words);
        }
    }
}

#[test]
fn protobuf_of_version_3_of_chirpstack_is_called_that() {
    let error = refused(kind("chirpstack"), b"\x08\x7B\x12\x03app");
    expect(kind("chirpstack"), &error, "other-format", &["ChirpStack 3", "ChirpStack 4"]);
}

#[test]
fn other_encodings_are_named_at_every_door() {
    let form = "payload=%7B%22a%22%3A1%7D&b=2";
    let parts = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}\r\n--x--";
    for kind in doors() {
        for (body, words) in [
            (&b""[..], "the body is empty"),
            (b" \r\n\t", "the body is empty"),
            (b"\xEF\xBB\xBF", "the body is empty"),
            (b"<?xml version=\"1.0\"?><message/>", "this is XML"),
            (form.as_bytes(), "this is a form"),
            (parts.as_bytes(), "this is a form"),
        ] {
            // ThingPark's adapter reads XML, and knows best what is wrong with it.
            if kind.name() != "actility" || !words.contains("XML") {
                expect(kind, &refused(kind, body), "malformed-json", &[words]);
            }
        }
        if kind.name() != "chirpstack" {
            for body in [&b"\x0A\x24\x08"[..], b"\x1F\x8B\x08\x00"] {
                expect(kind, &refused(kind, body), "malformed-json", &["bytes and no text"]);
            }
        }
        for body in
            [&b"\xFF\xFE{\x00}\x00"[..], b"\xFE\xFF\x00<\x00a", b"<\x00a\x00", b"\x00{\x00}"]
        {
            expect(kind, &refused(kind, body), "malformed-json", &["this is text in UTF-16"]);
        }
        let other = refused(kind, b"nonsense").to_string();
        assert!(!other.contains("this is"), "{other}");
    }
}

#[test]
fn what_a_description_is_for_shows_the_same_encodings() {
    let described = kind("json");
    let text = "dev-eui = '/e'\nf-cnt = '/c'\nf-port = '/p'\npayload-hex = '/d'";
    let description = toml::from_str(text).unwrap();
    let refused = |body: &[u8]| {
        let description = Some(&description);
        let incoming = Incoming { event: "up", content_type: None, description, body };
        described.read(&incoming).unwrap_err().to_string()
    };
    assert!(refused(b"<a/>").contains("this is XML"));
    assert!(refused(b"").contains("the body is empty"));
    // The settings may describe any message, also one that another kind would read.
    let other = refused(body(kind("tts")).to_string().as_bytes());
    assert!(other.contains("json.") && !other.contains("/v1/ingest/tts"), "{other}");
}

#[test]
fn xml_of_thingpark_is_called_its() {
    let xml = "<?xml version=\"1.0\"?><DevEUI_location><DevEUI>01</DevEUI></DevEUI_location>";
    for kind in doors().filter(|kind| kind.name() != "actility") {
        let error = refused(kind, xml.as_bytes());
        expect(kind, &error, "other-format", &["ThingPark", "/v1/ingest/actility"]);
    }
}

#[test]
fn a_message_in_an_envelope_is_found() {
    let inner = body(kind("tts"));
    let text = inner.to_string();
    let encoded = BASE64.encode(text.as_bytes());
    for (body, words) in [
        (json!({ "body": inner }), ["stands within it, at body: ", "alone"]),
        (json!({ "event": { "body": text } }), ["at event.body, written as a text", "alone"]),
        (json!({ "data": { "body": encoded } }), ["at data.body, written as base64", "alone"]),
        (json!({ "Type": "Notification", "TopicArn": "a", "Message": text }), ["Message", "raw"]),
        (
            json!({ "message": { "data": encoded }, "subscription": "s" }),
            ["message.data", "unwrap"],
        ),
        (json!([inner, inner]), ["at [0]", "each message"]),
        (json!([{ "data": inner }]), ["at [0].data", "each message"]),
        (json!(text), ["within it, written as a text", "alone"]),
    ] {
        for kind in doors() {
            let error = refused_json(kind, &body);
            expect(kind, &error, "other-format", &["The Things Stack", "to /v1/ingest/tts"]);
            expect(kind, &error, "other-format", &words);
        }
    }
    let of_stranger = json!({ "body": { "devEUI": "01", "applicationID": "1" } });
    let error = refused_json(kind("tts"), &of_stranger);
    expect(kind("tts"), &error, "other-format", &["ChirpStack 3 stands within it, at body"]);
    // As deep as anybody likes: it ends.
    let deep = (0..100).fold(inner, |inner, _| json!({ "body": inner }));
    assert_eq!(refused_json(kind("loriot"), &deep).path(), "cmd");
}

#[test]
fn what_is_known_of_nobody_gets_the_list_of_doors() {
    for kind in doors() {
        let said = refused_json(kind, &json!({ "temperature": 21.5 })).to_string();
        assert!(said.contains("the doors are /v1/ingest/chirpstack, "), "{kind}: {said}");
        assert!(Kind::all().all(|other| said.contains(&other.path())), "{kind}: {said}");
    }
    // Of its own messages the field is what counts.
    let mut damaged = body(kind("tts"));
    damaged["uplink_message"]["f_cnt"] = json!("many");
    let said = refused_json(kind("tts"), &damaged).to_string();
    assert!(said.starts_with("uplink_message.f_cnt: ") && !said.contains("doors"), "{said}");
}
