//! What is particular to each network server.

use std::collections::HashMap;

use prost::Message as _;
use serde_json::{Value as Json, json};

use super::{Content, Kind, Message, body, frame, read_json, reported};
use crate::{
    chirpstack::{
        protobuf,
        uplink::{Encoding, read as read_chirpstack},
    },
    tts,
};

/// What a message that hands nothing over is called.
#[track_caller]
fn nothing(kind: Kind, body: &Json) -> String {
    match read_json(kind, body) {
        Ok(Message::Nothing { what }) => what,
        other => panic!("{kind} hands something over: {other:?}"),
    }
}

fn with(kind: Kind, pointer: &str, name: &str, value: Json) -> Json {
    let mut body = body(kind);
    body.pointer_mut(pointer).expect("it is there")[name] = value;
    body
}

#[test]
fn chirpstack_leaves_out_zeros() {
    let body = json!({ "deviceInfo": { "devEui": "02c4a3fffe100001" } });
    let frame = frame(read_json(Kind::Chirpstack, &body));
    assert_eq!((frame.received_at, frame.metadata.gateways.len()), (None, 0));
    let Content::Reported { uplink, .. } = frame.content else { panic!("it reports") };
    assert_eq!((uplink.f_cnt, uplink.f_port, uplink.received_at_ms), (0, None, None));
    assert!(uplink.payload.is_empty() && !uplink.confirmed && !uplink.is_encrypted);
}

#[test]
fn chirpstack_may_leave_the_payload_encrypted() {
    let envelope = json!({ "kekLabel": "operator", "aesKey": "AAECAwQFBgcICQoLDA0ODw==" });
    let context = json!({ "sessionKeyId": "0102", "appSKey": envelope });
    let up = with(Kind::Chirpstack, "", "joinServerContext", context.clone());
    let Content::Reported { uplink, app_s_key } = frame(read_json(Kind::Chirpstack, &up)).content
    else {
        panic!("it reports")
    };
    assert!(uplink.is_encrypted && app_s_key.is_some());
    assert!(!format!("{app_s_key:?}").contains("operator"), "a key is shown");
    // The key comes once; the later ones say that they are encrypted.
    let later = with(Kind::Chirpstack, "", "joinServerContext", json!({ "sessionKeyId": "0102" }));
    assert!(reported(read_json(Kind::Chirpstack, &later)).is_encrypted);

    let join = json!({
        "deviceInfo": { "devEui": "02c4a3fffe100001" }, "devAddr": "02001001",
        "joinServerContext": context,
    });
    let read = read_chirpstack("join", Encoding::Json, join.to_string().as_bytes());
    let Ok(Message::Joined(joined)) = read else { panic!("it joins: {read:?}") };
    assert_eq!(joined.dev_addr.map(|address| address.to_string()).as_deref(), Some("02001001"));
    assert!(joined.app_s_key.is_some());
}

#[test]
fn chirpstacks_other_events_hand_nothing_over() {
    for event in ["status", "ack", "txack", "log", "location", "integration", "of-tomorrow"] {
        for encoding in [Encoding::Json, Encoding::Protobuf] {
            let read = read_chirpstack(event, encoding, b"\xFF");
            assert!(matches!(read, Ok(Message::Nothing { what }) if what == event));
        }
    }
}

fn event() -> protobuf::UplinkEvent {
    let heard = |gateway_id: &str, rssi, snr, metadata: HashMap<String, String>| {
        let gateway_id = gateway_id.to_owned();
        protobuf::UplinkRxInfo { gateway_id, rssi, snr, metadata }
    };
    let region = HashMap::from([("region_common_name".to_owned(), "EU868".to_owned())]);
    protobuf::UplinkEvent {
        time: Some(protobuf::Time { seconds: 1_770_091_506, nanos: 789_000_000 }),
        device_info: Some(protobuf::DeviceInfo { dev_eui: "02c4a3fffe100001".to_owned() }),
        dev_addr: "02001001".to_owned(),
        adr: true,
        dr: 3,
        f_cnt: 70_001,
        f_port: 5,
        confirmed: true,
        data: vec![0x01, 0x00, 0xE2, 0x02, 0x29],
        rx_info: vec![
            heard("7276ff0039030436", -107, -7.5, region),
            heard("7276ff0039030437", -90, 0.0, HashMap::new()),
        ],
        tx_info: Some(protobuf::UplinkTxInfo {
            frequency: 868_300_000,
            modulation: Some(protobuf::Modulation {
                lora: Some(protobuf::LoraModulationInfo {
                    bandwidth: 125_000,
                    spreading_factor: 9,
                    code_rate: protobuf::CodeRate::Cr45.into(),
                }),
            }),
        }),
        join_server_context: None,
        region_config_id: "eu868".to_owned(),
    }
}

#[test]
fn chirpstacks_protobuf_says_the_same_as_its_json() {
    let protobuf = frame(read_chirpstack("up", Encoding::Protobuf, &event().encode_to_vec()));
    let json = frame(read_json(Kind::Chirpstack, &body(Kind::Chirpstack)));
    assert_eq!(protobuf.metadata, json.metadata);
    assert_eq!(protobuf.received_at, json.received_at);
    let uplink = |frame: crate::Frame| match frame.content {
        Content::Reported { uplink, .. } => uplink,
        other @ Content::Phy { .. } => panic!("it is a whole frame: {other:?}"),
    };
    assert_eq!(uplink(protobuf), uplink(json));

    let context = protobuf::JoinServerContext {
        app_s_key: Some(protobuf::KeyEnvelope { kek_label: String::new(), aes_key: vec![1; 16] }),
    };
    let join = protobuf::JoinEvent {
        device_info: event().device_info,
        dev_addr: "02001001".to_owned(),
        join_server_context: Some(context.clone()),
    };
    let read = read_chirpstack("join", Encoding::Protobuf, &join.encode_to_vec());
    assert!(matches!(read, Ok(Message::Joined(joined)) if joined.app_s_key.is_some()));
    let encrypted = protobuf::UplinkEvent { join_server_context: Some(context), ..event() };
    let read = read_chirpstack("up", Encoding::Protobuf, &encrypted.encode_to_vec());
    assert!(reported(read).is_encrypted);
}

#[test]
fn chirpstacks_protobuf_is_refused_by_the_same_names() {
    let refused = |event: &protobuf::UplinkEvent| {
        let read = read_chirpstack("up", Encoding::Protobuf, &event.encode_to_vec());
        read.expect_err("it is damaged").to_string()
    };
    let without = protobuf::UplinkEvent { device_info: None, ..event() };
    assert_eq!(refused(&without), "deviceInfo: it is missing");
    let mut short = event();
    short.device_info = Some(protobuf::DeviceInfo { dev_eui: "02c4".to_owned() });
    assert!(refused(&short).starts_with("deviceInfo.devEui: "));
    let far = protobuf::UplinkEvent { f_port: 300, ..event() };
    assert!(refused(&far).starts_with("fPort: "));
    let long = protobuf::UplinkEvent { data: vec![0; 243], ..event() };
    assert_eq!(refused(&long), "data: it has 243 bytes, and 242 are the limit");
    let late = protobuf::Time { seconds: i64::MAX, nanos: 0 };
    let late = protobuf::UplinkEvent { time: Some(late), ..event() };
    assert!(refused(&late).starts_with("time: "));

    let bytes = event().encode_to_vec();
    for cut in 1..bytes.len() {
        // Cut between two fields it is a shorter event.
        if let Err(error) = read_chirpstack("up", Encoding::Protobuf, &bytes[..cut]) {
            let code = error.code();
            assert!(matches!(code, "malformed-protobuf" | "invalid-body"), "{cut}: {error}");
        }
    }
    for (index, flip) in (0..bytes.len()).flat_map(|index| (0..8).map(move |bit| (index, 1 << bit)))
    {
        let mut damaged = bytes.clone();
        damaged[index] ^= flip;
        drop(read_chirpstack("up", Encoding::Protobuf, &damaged));
    }
    let read = read_chirpstack("up", Encoding::Protobuf, b"{\"deviceInfo\":{}}");
    assert_eq!(read.expect_err("it is JSON").code(), "malformed-protobuf");
}

#[test]
fn the_things_stack_leaves_out_zeros() {
    let body = json!({
        "end_device_ids": { "dev_eui": "02C4A3FFFE100001", "dev_addr": "02001001" },
        "received_at": "2026-02-03T04:05:06.999Z",
        "uplink_message": { "session_key_id": "AXBS" },
    });
    let uplink = reported(read_json(Kind::Tts, &body));
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
        (json!({}), false),
    ] {
        let body = with(Kind::Tts, "/uplink_message", "app_s_key", envelope);
        let Content::Reported { uplink, app_s_key } = frame(read_json(Kind::Tts, &body)).content
        else {
            panic!("it reports")
        };
        assert_eq!((uplink.is_encrypted, app_s_key.is_some()), (is_there, is_there));
    }
    let join = json!({
        "end_device_ids": { "dev_eui": "02C4A3FFFE100001", "dev_addr": "02001001" },
        "join_accept": { "session_key_id": "AXBS" },
    });
    let read = read_json(Kind::Tts, &join);
    assert!(matches!(read, Ok(Message::Joined(joined)) if joined.app_s_key.is_none()));
}

#[test]
fn what_was_typed_into_the_things_stack_is_no_uplink() {
    let typed = with(Kind::Tts, "", "simulated", json!(true));
    assert_eq!(nothing(Kind::Tts, &typed), "simulated uplink");
    for other in tts::uplink::OTHERS {
        let ids = json!({ "dev_eui": "02C4A3FFFE100001" });
        let body = json!({ "end_device_ids": ids, other: {} });
        assert_eq!(nothing(Kind::Tts, &body), other);
    }
}

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
    let body = body(Kind::Actility);
    let mut all_texts = body.clone();
    texts(&mut all_texts);
    let (one, other) = (read_json(Kind::Actility, &body), read_json(Kind::Actility, &all_texts));
    let (one, other) = (frame(one), frame(other));
    assert_eq!(one.metadata, other.metadata);
    assert_eq!(format!("{:?}", one.content), format!("{:?}", other.content));
}

#[test]
fn actility_leaves_out_the_envelope_or_the_list() {
    let body = body(Kind::Actility);
    let bare = frame(read_json(Kind::Actility, &body["DevEUI_uplink"]));
    assert_eq!(bare.metadata.gateways.len(), 2);
    let one = with(Kind::Actility, "/DevEUI_uplink", "Lrrs", json!({ "Lrr": { "Lrrid": "A" } }));
    assert_eq!(frame(read_json(Kind::Actility, &one)).metadata.gateways[0].gateway_id, "A");
    let none = with(Kind::Actility, "/DevEUI_uplink", "Lrrs", json!(null));
    let best = frame(read_json(Kind::Actility, &none)).metadata.gateways;
    assert_eq!((best.len(), best[0].rssi_dbm), (1, Some(-107.0)));
}

#[test]
fn actility_reports_other_things_too() {
    let encrypted = with(Kind::Actility, "/DevEUI_uplink", "PayloadEncryption", json!("1"));
    assert!(reported(read_json(Kind::Actility, &encrypted)).is_encrypted);
    let join = with(Kind::Actility, "/DevEUI_uplink", "rawJoinRequest", json!("00"));
    assert_eq!(nothing(Kind::Actility, &join), "rawJoinRequest");
    let sent = json!({ "DevEUI_downlink_Sent": { "DevEUI": "02C4A3FFFE100001" } });
    assert_eq!(nothing(Kind::Actility, &sent), "DevEUI_downlink_Sent");
    let mac = with(Kind::Actility, "/DevEUI_uplink", "FPort", json!(0));
    assert_eq!(reported(read_json(Kind::Actility, &mac)).f_port, None);
}

#[test]
fn ts002_hands_over_whole_frames() {
    let mut whole = with(Kind::Ts002, "", "PHYPayload", json!("0x4001100002800100"));
    whole.as_object_mut().unwrap().remove("FRMPayload");
    let Content::Phy { phy_payload, dev_eui, f_cnt, mic_checked } =
        frame(read_json(Kind::Ts002, &whole)).content
    else {
        panic!("it is a whole frame")
    };
    assert_eq!(phy_payload, [0x40, 0x01, 0x10, 0x00, 0x02, 0x80, 0x01, 0x00]);
    assert!(dev_eui.is_some() && mic_checked && f_cnt == Some(70_001));
    // Who does not know whose it is has not checked it.
    whole["ULMetaData"].as_object_mut().unwrap().remove("DevEUI");
    let Content::Phy { mic_checked, .. } = frame(read_json(Kind::Ts002, &whole)).content else {
        panic!("it is a whole frame")
    };
    assert!(!mic_checked);
    whole["PHYPayload"] = json!("00".repeat(256));
    let error = read_json(Kind::Ts002, &whole).unwrap_err();
    assert_eq!(error.to_string(), "PHYPayload: it has 256 bytes, and 255 are the limit");
}

#[test]
fn ts002_has_other_messages() {
    let answer = with(Kind::Ts002, "", "MessageType", json!("XmitDataAns"));
    assert_eq!(nothing(Kind::Ts002, &answer), "XmitDataAns");
    let join = with(Kind::Ts002, "", "MessageType", json!("JoinReq"));
    assert!(read_json(Kind::Ts002, &join).unwrap_err().to_string().contains("XmitDataReq"));
    let key = json!({ "KEKLabel": "op", "AESKey": "0x1fa6" });
    let keyed = with(Kind::Ts002, "", "AppSKey", key);
    let content = frame(read_json(Kind::Ts002, &keyed)).content;
    assert!(matches!(content, Content::Reported { app_s_key: Some(_), .. }));
}

#[test]
fn kerlink_tells_little_where_little_is_asked_for() {
    let body = json!({
        "id": "5d2342ac71a1270001035042", "endDevice": { "devEui": "02C4A3FFFE100001" },
        "fPort": 2, "fCntUp": 6940, "payload": "0027", "recvTime": 1_562_591_916_089_i64,
        "encrypted": true,
    });
    let frame = frame(read_json(Kind::Kerlink, &body));
    assert_eq!(frame.metadata, champollion_frames::RadioMetadata::default());
    let uplink = reported(read_json(Kind::Kerlink, &body));
    assert!(uplink.is_encrypted);
    assert_eq!(uplink.received_at_ms, Some(1_562_591_916_089));

    let mut base64 = with(Kind::Kerlink, "", "encodingType", json!("BASE64"));
    base64["payload"] = json!("AQDiAik=");
    assert_eq!(reported(read_json(Kind::Kerlink, &base64)).payload, [0x01, 0x00, 0xE2, 0x02, 0x29]);
    let other = with(Kind::Kerlink, "", "encodingType", json!("MORSE"));
    assert!(read_json(Kind::Kerlink, &other).unwrap_err().to_string().contains("HEXA or BASE64"));
}

#[test]
fn loriot_tells_a_little_at_once_and_more_later() {
    let rx = json!({
        "cmd": "rx", "EUI": "02C4A3FFFE100001", "ts": 1_770_091_506_789_i64, "ack": false,
        "fcnt": 1, "port": 1, "encdata": "0102AABB", "rssi": -100, "snr": 3.5, "dr": "SF7 BW125 4/5",
    });
    let frame = frame(read_json(Kind::Loriot, &rx));
    assert_eq!(frame.metadata.gateways[0].gateway_id, "unnamed-1");
    assert_eq!(frame.metadata.spreading_factor, Some(7));
    assert!(reported(read_json(Kind::Loriot, &rx)).is_encrypted);
    let mac = json!({ "cmd": "rx", "EUI": "02C4A3FFFE100001", "fcnt": 1, "port": 0 });
    assert_eq!(reported(read_json(Kind::Loriot, &mac)).f_port, None);
    for other in ["tx", "txd", "rx_ignored"] {
        let body = json!({ "cmd": other, "EUI": "02C4A3FFFE100001" });
        assert_eq!(nothing(Kind::Loriot, &body), other);
    }
}

#[test]
fn aws_writes_the_port_in_two_ways_and_has_public_gateways() {
    let mut other = body(Kind::Aws);
    let told = other.pointer_mut("/WirelessMetadata/LoRaWAN").unwrap();
    told.as_object_mut().unwrap().remove("FPort");
    told["Fport"] = json!(136);
    told["Gateways"] = json!(null);
    let public = json!([{ "ProviderNetId": "000024", "Id": "gw-1", "Rssi": -60.5, "Snr": 8, "RfRegion": "EU868" }]);
    told["PublicGateways"] = public;
    let frame = frame(read_json(Kind::Aws, &other));
    assert_eq!(frame.metadata.region.as_deref(), Some("EU868"));
    assert_eq!(frame.metadata.gateways[0].rssi_dbm, Some(-60.5));
    assert_eq!(reported(read_json(Kind::Aws, &other)).f_port, Some(136));
    let joined = json!({ "eventType": "joinReceived", "WirelessDeviceId": "5b58245e" });
    assert_eq!(nothing(Kind::Aws, &joined), "joinReceived");
}
