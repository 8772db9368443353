//! Tests of uplinks in our own format, with their payloads in clear.

use champollion_frames::Mic;
use serde_json::{Value as Json, json};

use super::KIND;
use crate::tests::{frame, read_json, reported};

fn whole() -> Json {
    json!({
        "devEui": "70b3d5499a000001", "fCnt": 70_000, "fPort": 5, "payload": "01 00 fc",
        "receivedAt": "2026-02-03T04:05:06.789Z", "devAddr": "02001001", "mic": "7255CB07",
        "confirmed": true, "frequencyHz": 868_100_000, "spreadingFactor": 9, "bandwidthHz": 125_000,
        "codingRate": "4/5", "region": "EU868", "dataRateIndex": 3,
        "gateways": [{ "gatewayId": "roof", "rssiDbm": -97.5, "snrDb": 7 }],
    })
}

#[track_caller]
fn refused(body: &Json) -> String {
    read_json(KIND, body).expect_err("it cannot be read").to_string()
}

#[test]
fn an_uplink_says_all_that_there_is_to_say() {
    let frame = frame(read_json(KIND, &whole()));
    assert_eq!(frame.received_at.map(|at| at.as_millisecond()), Some(1_770_091_506_789));
    assert_eq!(frame.metadata.frequency_hz, Some(868_100_000));
    assert_eq!(frame.metadata.gateways[0].rssi_dbm, Some(-97.5));
    let uplink = reported(read_json(KIND, &whole()));
    assert_eq!(uplink.dev_eui.to_string(), "70B3D5499A000001");
    assert_eq!((uplink.f_cnt, uplink.f_port, uplink.payload), (70_000, Some(5), vec![1, 0, 0xFC]));
    assert_eq!(uplink.mic, Some(Mic::from_bytes([0x72, 0x55, 0xCB, 0x07])));
    assert!(uplink.confirmed && !uplink.is_encrypted);
}

#[test]
fn four_members_are_enough() {
    let of = |body: Json| {
        let uplink = reported(read_json(KIND, &body));
        (uplink.f_cnt, uplink.f_port, uplink.payload)
    };
    let eui = "70B3D5499A000001";
    let base64 = json!({ "devEui": eui, "fCnt": 3, "fPort": 1, "payloadBase64": "AQD8" });
    assert_eq!(of(base64), (3, Some(1), vec![1, 0, 0xFC]));
    assert_eq!(of(json!({ "devEui": eui, "fCnt": 3, "fPort": 1, "payload": "" })).2, [0; 0]);
    assert_eq!(of(json!({ "devEui": eui, "fCnt": 3 })), (3, None, Vec::new()));
    assert_eq!(of(json!({ "devEui": eui, "fCnt": 3, "fPort": 0 })).1, None);
}

#[test]
fn a_slip_is_named() {
    for (name, value, word) in [
        ("devEui", json!("70B3"), "16 hexadecimal digits"),
        ("devEui", json!(null), "null"),
        ("fCnt", json!(-1), "-1"),
        ("fCnt", json!("3"), "3"),
        ("fPort", json!(256), "256"),
        ("payload", json!("01F"), "odd"),
        ("payload", json!("0x01"), "digit 2"),
        ("payload", json!([1, 0]), "sequence"),
        ("payload", json!("00".repeat(243)), "243 bytes"),
        ("payloadBase64", json!("AQD8"), "one is enough"),
        ("devAddr", json!("0200"), "8 hexadecimal digits"),
        ("rssi", json!(-90), "unknown field `rssi`"),
        ("data", json!("01"), "unknown field `data`"),
        ("receivedAt", json!("yesterday"), "year"),
    ] {
        let mut body = whole();
        body[name] = value;
        let said = refused(&body);
        assert!(said.contains(word) && !said.contains("the doors are"), "{name}: {said}");
    }
    let mut without = whole();
    without.as_object_mut().expect("it is an object").remove("payload");
    assert!(refused(&without).contains("payload: it is missing"));
    let eui = "70B3D5499A000001";
    let no_base64 = json!({ "devEui": eui, "fCnt": 3, "fPort": 1, "payloadBase64": "&&" });
    assert!(refused(&no_base64).contains("no base64"));
    let many = json!({ "devEui": eui, "fCnt": 3, "payload": "", "gateways":
        (0..101).map(|number| json!({ "gatewayId": number.to_string() })).collect::<Vec<_>>() });
    assert!(refused(&many).starts_with("gateways: it has 101 entries"));
}

#[test]
fn frames_and_uplinks_are_told_apart() {
    let phy = json!({ "phyPayload": "40", "devEui": "70B3D5499A000001", "fCnt": 1 });
    assert!(refused(&phy).contains("/v1/ingest/phy"));
    let error = read_json(crate::phy::KIND, &whole()).expect_err("it is no frame");
    assert_eq!(error.code(), "other-format");
    assert!(error.to_string().contains("/v1/ingest/plain"), "{error}");
}
