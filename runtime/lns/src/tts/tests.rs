//! Tests of the particulars of The Things Stack.

use serde_json::json;

use super::{Tts, uplink::OTHERS};
use crate::{
    Content, Kind, Message,
    tests::{body, frame, nothing, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Tts);

#[test]
fn the_things_stack_leaves_out_zeros() {
    let body = json!({
        "end_device_ids": { "dev_eui": "02C4A3FFFE100001", "dev_addr": "02001001" },
        "received_at": "2026-02-03T04:05:06.999Z",
        "uplink_message": { "session_key_id": "AXBS" },
    });
    let uplink = reported(read_json(KIND, &body));
    assert_eq!((uplink.f_cnt, uplink.f_port), (0, None));
    assert_eq!(
        uplink.received_at_ms,
        Some(1_770_091_506_999),
        "of the message, for want of better"
    );
}

#[test]
fn the_things_stack_may_leave_the_payload_encrypted() {
    for (envelope, is_there) in [
        (json!({ "encrypted_key": "H6aLCoEStEeu80vY+1p7gp0+hiNx0s/l", "kek_label": "op" }), true),
        (json!({ "key": "000102030405060708090A0B0C0D0E0F" }), true),
        // Without a key in it, the member leaves it open.
        (json!({}), false),
        (json!({ "key": "damaged" }), false),
        (json!("H6aLCoEStEeu80vY"), false),
    ] {
        let body = with(KIND, "/uplink_message", "app_s_key", envelope);
        let content = frame(read_json(KIND, &body)).content;
        let Content::Reported { app_s_key, says_encryption, .. } = content else {
            panic!("it reports")
        };
        assert_eq!((says_encryption, app_s_key.is_some()), (is_there, is_there));
    }
    let join = json!({
        "end_device_ids": { "dev_eui": "02C4A3FFFE100001", "dev_addr": "02001001" },
        "join_accept": { "session_key_id": "AXBS" },
    });
    let read = read_json(KIND, &join);
    assert!(matches!(read, Ok(Message::Joined(joined)) if joined.app_s_key.is_none()));
}

#[test]
fn a_device_may_be_without_a_dev_eui() {
    let without = |ids: serde_json::Value| {
        let mut body = body(KIND);
        body["end_device_ids"] = ids;
        read_json(KIND, &body)
    };
    let ids = json!({ "device_id": "abp-7", "dev_addr": "02001001" });
    let Ok(Message::Nameless(nameless)) = without(ids) else { panic!("it has no name") };
    assert_eq!(nameless.device_id.as_deref(), Some("abp-7"));
    assert_eq!(nameless.dev_addr.map(|address| address.to_string()).as_deref(), Some("02001001"));
    let dev_eui = "02C4A3FFFE100001".parse().unwrap();
    let named = reported(Ok(Message::frame(nameless.named(dev_eui))));
    assert_eq!(named, reported(read_json(KIND, &body(KIND))));
    // One that is damaged is no reason to look for another.
    let damaged = without(json!({ "device_id": "abp-7", "dev_eui": "02C4" })).unwrap_err();
    assert_eq!(damaged.path(), "end_device_ids.dev_eui");
    assert_eq!(
        without(json!({})).unwrap_err().to_string(),
        "end_device_ids.dev_eui: it is missing"
    );
}

#[test]
fn a_gateway_may_have_an_eui_alone_and_a_level_may_be_unknown() {
    let heard = json!([
        { "gateway_ids": { "eui": "0203040506070809" }, "rssi": -35, "snr": "NaN" },
        { "gateway_ids": {}, "rssi": -36 },
    ]);
    let mut body = with(KIND, "/uplink_message", "rx_metadata", heard);
    let levels = |body: &serde_json::Value| {
        let gateways = frame(read_json(KIND, body)).metadata.gateways;
        let told = |heard: &champollion_frames::Reception| (heard.gateway_id.clone(), heard.snr_db);
        gateways.iter().map(told).collect::<Vec<_>>()
    };
    let named = ("0203040506070809".to_owned(), None);
    // Of LoRa a level that is left out is 0 dB; of FSK there is none.
    assert_eq!(levels(&body), [named.clone(), ("unnamed-2".to_owned(), Some(0.0))]);
    body["uplink_message"]["settings"]["data_rate"] = json!({ "fsk": { "bit_rate": 50_000 } });
    assert_eq!(levels(&body), [named, ("unnamed-2".to_owned(), None)]);
}

#[test]
fn what_was_typed_into_the_things_stack_is_no_uplink() {
    let typed = with(KIND, "", "simulated", json!(true));
    assert_eq!(nothing(KIND, &typed), "simulated uplink");
    for other in OTHERS {
        let ids = json!({ "dev_eui": "02C4A3FFFE100001" });
        let body = json!({ "end_device_ids": ids, other: {} });
        assert_eq!(nothing(KIND, &body), other);
    }
}

#[test]
fn the_status_of_a_gateway_tells_that_it_is_there() {
    let event = |name: &str| {
        json!({
            "name": name,
            "time": "2026-02-03T04:05:06Z",
            "identifiers": [{ "gateway_ids": { "gateway_id": "town-hall", "eui": "7276FF0039030436" } }],
        })
    };
    let status = event("gs.status.receive");
    for body in [status.clone(), json!({ "result": status })] {
        let Ok(Message::Gateway(status)) = read_json(KIND, &body) else {
            panic!("it is of a gateway")
        };
        assert_eq!(
            (&*status.gateway_id, status.at),
            ("town-hall", "2026-02-03T04:05:06Z".parse().ok())
        );
    }
    assert!(read_json(KIND, &event("gs.up.receive")).is_err());
}
