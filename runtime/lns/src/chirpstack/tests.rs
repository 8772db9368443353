//! Tests of the particulars of ChirpStack.

use std::collections::HashMap;

use prost::Message as _;
use serde_json::json;

use super::{Chirpstack, protobuf};
use crate::{
    Content, Incoming, Kind, Message, Unreadable,
    tests::{body, frame, read_json, reported, with},
};

const KIND: Kind = Kind::of(&Chirpstack);

const JSON: &str = "application/json";
const PROTOBUF: &str = "application/octet-stream";

/// Reads an event that is declared to be written in some way.
fn read_as(event: &str, content_type: &str, body: &[u8]) -> Result<Message, Unreadable> {
    let heard =
        KIND.read(&Incoming { event, content_type: Some(content_type), description: None, body });
    heard.map(|heard| heard.message)
}

#[test]
fn chirpstack_leaves_out_zeros() {
    let body = json!({ "deviceInfo": { "devEui": "02c4a3fffe100001" } });
    let frame = frame(read_json(KIND, &body));
    assert_eq!((frame.received_at, frame.metadata.gateways.len()), (None, 0));
    let Content::Reported { uplink, .. } = frame.content else { panic!("it reports") };
    assert_eq!((uplink.f_cnt, uplink.f_port, uplink.received_at_ms), (0, None, None));
    assert!(uplink.payload.is_empty() && !uplink.confirmed && !uplink.is_encrypted);
}

#[test]
fn chirpstack_may_leave_the_payload_encrypted() {
    let envelope = json!({ "kekLabel": "operator", "aesKey": "AAECAwQFBgcICQoLDA0ODw==" });
    let context = json!({ "sessionKeyId": "0102", "appSKey": envelope });
    let up = with(KIND, "", "joinServerContext", context.clone());
    let Content::Reported { uplink, app_s_key, .. } = frame(read_json(KIND, &up)).content else {
        panic!("it reports")
    };
    assert!(uplink.is_encrypted && app_s_key.is_some());
    assert!(!format!("{app_s_key:?}").contains("operator"), "a key is shown");
    // The key comes once; the later ones say that they are encrypted.
    let later = with(KIND, "", "joinServerContext", json!({ "sessionKeyId": "0102" }));
    assert!(reported(read_json(KIND, &later)).is_encrypted);

    let join = json!({
        "deviceInfo": { "devEui": "02c4a3fffe100001" }, "devAddr": "02001001",
        "joinServerContext": context,
    });
    let read = read_as("join", JSON, join.to_string().as_bytes());
    let Ok(Message::Joined(joined)) = read else { panic!("it joins: {read:?}") };
    assert_eq!(joined.dev_addr.map(|address| address.to_string()).as_deref(), Some("02001001"));
    assert!(joined.app_s_key.is_some());
}

#[test]
fn the_statistics_of_a_gateway_tell_that_it_is_there() {
    let stats = protobuf::GatewayStats {
        time: Some(protobuf::Time { seconds: 1_770_091_506, nanos: 0 }),
        gateway_id: "7276ff0039030436".to_owned(),
    };
    let json = json!({ "gatewayId": stats.gateway_id, "time": "2026-02-03T04:05:06Z", "rxPacketsReceived": 7 });
    for (encoding, body) in
        [(PROTOBUF, stats.encode_to_vec()), (JSON, json.to_string().into_bytes())]
    {
        let Ok(Message::Gateway(status)) = read_as("stats", encoding, &body) else {
            panic!("it is of a gateway")
        };
        assert_eq!(status.gateway_id, "7276ff0039030436");
        assert_eq!(status.at, "2026-02-03T04:05:06Z".parse().ok());
    }
    assert!(read_as("stats", JSON, b"{}").is_err());
    let topic = KIND.topic("eu868/gateway/7276ff0039030436/event/stats").unwrap();
    assert_eq!((topic.event, topic.device), ("stats", "7276ff0039030436"));
    assert!(KIND.topic("eu868/gateway/7276ff0039030436/event/up").is_none());
}

#[test]
fn chirpstacks_other_events_hand_nothing_over() {
    for event in ["status", "ack", "txack", "log", "location", "integration", "of-tomorrow"] {
        for encoding in [JSON, PROTOBUF] {
            let read = read_as(event, encoding, b"\xFF");
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
        device_info: Some(protobuf::DeviceInfo {
            application_id: "3fa85f64-5717-4562-b3fc-2c963f66afa6".to_owned(),
            dev_eui: "02c4a3fffe100001".to_owned(),
        }),
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
    let protobuf = frame(read_as("up", PROTOBUF, &event().encode_to_vec()));
    let json = frame(read_json(KIND, &body(KIND)));
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
    let read = read_as("join", PROTOBUF, &join.encode_to_vec());
    assert!(matches!(read, Ok(Message::Joined(joined)) if joined.app_s_key.is_some()));
    let encrypted = protobuf::UplinkEvent { join_server_context: Some(context), ..event() };
    let read = read_as("up", PROTOBUF, &encrypted.encode_to_vec());
    assert!(reported(read).is_encrypted);
}

#[test]
fn chirpstacks_protobuf_tells_the_application_and_the_encoding() {
    let body = event().encode_to_vec();
    let incoming = Incoming { event: "up", content_type: None, description: None, body: &body };
    let heard = KIND.read(&incoming).expect("it can be read");
    let application = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    assert_eq!(heard.place.application.as_deref(), Some(application));
    assert_eq!(heard.encoding, crate::Encoding::Protobuf);
}

#[test]
fn damaged_decoration_of_chirpstacks_protobuf_is_noted() {
    let hear = |body: &[u8]| {
        let content_type = Some(PROTOBUF);
        let incoming = Incoming { event: "up", content_type, description: None, body };
        let heard = KIND.read(&incoming).expect("the essentials are there");
        let paths: Vec<String> = heard.unread.iter().map(|it| it.path().to_owned()).collect();
        (reported(Ok(heard.message.clone())), frame(Ok(heard.message)).metadata, paths)
    };
    let (good, metadata, _) = hear(&event().encode_to_vec());
    let late = protobuf::Time { seconds: i64::MAX, nanos: 0 };
    let late = protobuf::UplinkEvent { time: Some(late), ..event() };
    let (told, _, paths) = hear(&late.encode_to_vec());
    assert_eq!(
        (told.payload, told.received_at_ms, paths),
        (good.payload.clone(), None, vec!["time".into()])
    );
    let none = |number: u8, name: &str| {
        let mut body = event().encode_to_vec();
        // A varint in the place of a message or a text, and a text in the place of a varint.
        let damaged = if matches!(number, 5 | 6 | 9) {
            vec![number << 3 | 2, 1, b'x']
        } else {
            [&prost_key(number)[..], &[7]].concat()
        };
        body.extend(damaged);
        let (told, other, paths) = hear(&body);
        assert_eq!((told.f_cnt, told.f_port, &told.payload), (70_001, Some(5), &good.payload));
        assert_eq!(paths, [name]);
        assert_eq!(other.gateways.len(), metadata.gateways.len(), "{name}");
    };
    for (number, name) in [
        (2, "time"),
        (4, "devAddr"),
        (5, "adr"),
        (6, "dr"),
        (9, "confirmed"),
        (12, "rxInfo"),
        (13, "txInfo"),
        (15, "joinServerContext"),
        (16, "regionConfigId"),
    ] {
        none(number, name);
    }
    let mut infinite = event();
    infinite.rx_info[0].snr = f32::INFINITY;
    let (_, other, paths) = hear(&infinite.encode_to_vec());
    assert_eq!((other.gateways[0].snr_db, paths), (None, vec!["rxInfo[0].snr".to_owned()]));
    for (number, name) in [(3_u8, "deviceInfo"), (7, "fCnt"), (8, "fPort"), (10, "data")] {
        let mut body = event().encode_to_vec();
        let damaged = if matches!(number, 7 | 8) {
            vec![number << 3 | 2, 1, b'x']
        } else {
            vec![number << 3, 7]
        };
        body.extend(damaged);
        let error = read_as("up", PROTOBUF, &body).expect_err(name);
        assert_eq!((error.path(), error.code()), (name, "malformed-protobuf"));
    }
}

/// The key of a varint field: numbers above 15 take two bytes.
fn prost_key(number: u8) -> Vec<u8> {
    if number < 16 { vec![number << 3] } else { vec![(number << 3) | 0x80, number >> 4] }
}

#[test]
fn chirpstacks_protobuf_is_refused_by_the_same_names() {
    let refused = |event: &protobuf::UplinkEvent| {
        let read = read_as("up", PROTOBUF, &event.encode_to_vec());
        read.expect_err("it is damaged").to_string()
    };
    let without = protobuf::UplinkEvent { device_info: None, ..event() };
    assert_eq!(refused(&without), "deviceInfo: it is missing");
    let mut short = event();
    short.device_info =
        Some(protobuf::DeviceInfo { dev_eui: "02c4".to_owned(), ..Default::default() });
    assert!(refused(&short).starts_with("deviceInfo.devEui: "));
    let far = protobuf::UplinkEvent { f_port: 300, ..event() };
    assert!(refused(&far).starts_with("fPort: "));
    let long = protobuf::UplinkEvent { data: vec![0; 243], ..event() };
    assert_eq!(refused(&long), "data: it has 243 bytes, and 242 are the limit");

    let bytes = event().encode_to_vec();
    for cut in 1..bytes.len() {
        // Cut between two fields it is a shorter event.
        if let Err(error) = read_as("up", PROTOBUF, &bytes[..cut]) {
            let code = error.code();
            assert!(matches!(code, "malformed-protobuf" | "invalid-body"), "{cut}: {error}");
        }
    }
    for (index, flip) in (0..bytes.len()).flat_map(|index| (0..8).map(move |bit| (index, 1 << bit)))
    {
        let mut damaged = bytes.clone();
        damaged[index] ^= flip;
        drop(read_as("up", PROTOBUF, &damaged));
    }
    let read = read_as("up", PROTOBUF, b"{\"deviceInfo\":{}}");
    assert_eq!(read.expect_err("it is JSON").code(), "malformed-protobuf");
}
