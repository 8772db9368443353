//! Every network server hands over in its own words, and partners get one shape.

use std::{fs, thread};

use champollion_tests::{
    AXIOMA, Client, ELSYS, Joiner, Sensor, Server, Setup, Table, digits, workspace,
};
use serde_json::{Value as Json, json};

/// The network servers that hand over what was in a frame, and where they post it.
const REPORTING: [(&str, &str); 7] = [
    ("chirpstack", "/v1/ingest/chirpstack?event=up"),
    ("tts", "/v1/ingest/tts"),
    ("actility", "/v1/ingest/actility?LrnDevEui=02C4A3FFFE100001&LrnFPort=5"),
    ("ts002", "/v1/ingest/ts002"),
    ("kerlink", "/v1/ingest/kerlink/dataUp"),
    ("loriot", "/v1/ingest/loriot"),
    ("aws", "/v1/ingest/aws"),
];

/// The uplink that stands in every body: of sensor 1, a temperature of 22.6 °C and a humidity of 41 %.
const PAYLOAD: [u8; 5] = [0x01, 0x00, 0xE2, 0x02, 0x29];
const F_CNT: u32 = 70_001;

/// Where in the body of a network server the FCnt stands, and the payload.
fn places(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "chirpstack" => ("/fCnt", "/data"),
        "tts" => ("/uplink_message/f_cnt", "/uplink_message/frm_payload"),
        "actility" => ("/DevEUI_uplink/FCntUp", "/DevEUI_uplink/payload_hex"),
        "ts002" => ("/ULMetaData/FCntUp", "/FRMPayload"),
        "kerlink" => ("/fCntUp", "/payload"),
        "loriot" => ("/fcnt", "/data"),
        _ => ("/WirelessMetadata/LoRaWAN/FCnt", "/PayloadData"),
    }
}

fn body(kind: &str) -> Json {
    let path = workspace().join(format!("tests/network-servers/{kind}.json"));
    let text = fs::read_to_string(&path).expect("the body can be read");
    let mut body: Json = serde_json::from_str(&text).expect("the body is JSON");
    if kind == "ts002" {
        body["FRMPayload"] = json!(encrypted(F_CNT));
    }
    body
}

/// The FRMPayload of sensor 1, encrypted.
fn encrypted(f_cnt: u32) -> String {
    let phy = Sensor::new(1).phy(f_cnt, 5, &PAYLOAD);
    digits(&phy[9..phy.len() - 4])
}

/// The same with another FCnt.
fn at(kind: &str, f_cnt: u32) -> Json {
    let mut body = body(kind);
    let (place, payload) = places(kind);
    *body.pointer_mut(place).expect("the FCnt is there") = json!(f_cnt);
    if kind == "ts002" {
        *body.pointer_mut(payload).expect("the payload is there") = json!(encrypted(f_cnt));
    }
    body
}

/// Registers sensor 1 as one whose keys the network server has; for TS002, where payloads stay encrypted,
/// with the key of its payloads.
fn register(server: &Server, lns: &Client, kind: &str, decoder: Option<&str>) {
    let sensor = Sensor::new(1);
    let mut registration = json!({ "group": "rooms", "decoder": decoder });
    if kind == "ts002" {
        registration["activation"] = json!({ "otaaElsewhere": {} });
    }
    server.admin().put(&sensor.path(), &registration).success();
    if kind == "ts002" {
        let session = json!({ "devAddr": sensor.dev_addr(), "appSKey": sensor.app_s_key() });
        lns.put(&format!("{}/session", sensor.path()), &session).success();
    }
}

fn unregister(server: &Server) {
    assert_eq!(server.admin().delete(&Sensor::new(1).path()).status, 204);
}

/// The records of a group, which are then removed.
fn collect(server: &Server, group: &str) -> Vec<Json> {
    let partner = server.partner(group);
    let records = partner.pull_all();
    if let Some(last) = records.last() {
        partner.post("/v1/records/ack", &json!({ "cursor": last["cursor"] })).success();
    }
    records.into_iter().map(|record| record["record"].clone()).collect()
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn an_uplink_of_every_network_server_becomes_a_record_of_one_shape() {
    let server = Server::start();
    server.publish_own(ELSYS);
    for (kind, path) in REPORTING {
        let lns = server.lns();
        register(&server, &lns, kind, Some("elsys/ers-co2@^1"));
        let answer = lns.post(path, &body(kind)).success();
        let receipt = if kind == "ts002" { &answer["receipt"] } else { &answer };
        assert_eq!((&receipt["status"], &receipt["decoded"]), (&json!("accepted"), &json!(true)));

        // The network server heard no answer.
        let again = lns.post(path, &body(kind)).success();
        let receipt = if kind == "ts002" { &again["receipt"] } else { &again };
        let duplicate =
            json!({ "status": "duplicate", "devEui": "02C4A3FFFE100001", "fCnt": F_CNT });
        assert_eq!(*receipt, duplicate, "{kind}");

        let records = collect(&server, "rooms");
        assert_eq!(records.len(), 1, "{kind}: {records:?}");
        let record = &records[0];
        assert_eq!(record["verifiedBy"], "network-server", "{kind}");
        assert_eq!(record["networkServer"], "test lns", "{kind}");
        let seconds = if kind == "aws" { "06Z" } else { "06.789Z" };
        assert_eq!(record["receivedAt"], format!("2026-02-03T04:05:{seconds}"), "{kind}");
        let mut uplink = json!({
            "fCnt": F_CNT, "fPort": 5, "confirmed": true, "payload": digits(&PAYLOAD),
        });
        if kind != "loriot" {
            uplink["devAddr"] = json!("02001001");
        }
        assert_eq!(record["uplink"], uplink, "{kind}");
        assert_eq!(record["decoded"]["data"]["temperature"], 22.6, "{kind}: {record}");
        let radio = &record["radio"];
        assert_eq!(radio["frequencyHz"], 868_300_000, "{kind}");
        assert_eq!((&radio["redundancy"], &radio["snrDb"]), (&json!(2), &json!(0.0)), "{kind}");
        assert_eq!(radio["rssiDbm"], -90.0, "{kind}");
        if kind != "ts002" {
            assert_eq!(radio["spreadingFactor"], 9, "{kind}");
        }
        // Where the MIC is not told, 16 digits stand in its place.
        let name = text(&record["id"]);
        let expected = match kind {
            "actility" => "02C4A3FFFE100001-00011171-CFFFC70F".len(),
            "aws" => "02C4A3FFFE100001-00011171-7255CB07".len(),
            _ => "02C4A3FFFE100001-00011171-0123456789ABCDEF".len(),
        };
        assert!(name.starts_with("02C4A3FFFE100001-00011171-") && name.len() == expected, "{name}");
        unregister(&server);
    }
}

#[test]
fn what_is_acknowledged_survives_a_kill() {
    let mut server = Server::start();
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    register(&server, &lns, "kerlink", None);
    let headers = [("Klk-Unsent-Dataup", "true"), ("Content-Type", "application/json")];
    let unsent = |server: &Server, f_cnt| {
        let lns = server.anybody().token(&token);
        let body = at("kerlink", f_cnt).to_string();
        lns.post_with("/v1/ingest/kerlink/dataUp", &headers, body.as_bytes()).success()
    };
    assert_eq!(unsent(&server, 7)["status"], "accepted");
    server.kill();
    server.restart();
    assert_eq!(unsent(&server, 7)["status"], "duplicate");
    assert_eq!(unsent(&server, 8)["status"], "accepted");
    assert_eq!(collect(&server, "rooms").len(), 2);
}

#[test]
fn the_token_may_be_the_password_of_any_user() {
    let server = Server::start();
    let token = server.new_token("lns", None);
    let with = |password: &str| {
        let credentials = base64(format!("kerlink:{password}").as_bytes());
        let lns = server.anybody().authorization(&format!("Basic {credentials}"));
        lns.post("/v1/ingest/kerlink", &body("kerlink"))
    };
    register(&server, &server.lns(), "kerlink", None);
    with("chmp_lns_nobody").problem(401, "token-unknown");
    assert_eq!(with(&token).success()["status"], "accepted");
}

/// Written by hand, field by field: a number and, where it is no varint, a length.
#[test]
fn chirpstack_hands_over_protobuf() {
    fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).expect("it is short");
        [&[number << 3 | 2, length], value].concat()
    }
    let server = Server::start();
    let lns = server.lns();
    register(&server, &lns, "chirpstack", None);
    let event = [
        bytes(3, &bytes(8, b"02c4a3fffe100001")),
        bytes(4, b"02001001"),
        vec![7 << 3, 42, 8 << 3, 5],
        bytes(10, &PAYLOAD),
        // -107 takes all ten bytes of a varint.
        bytes(
            12,
            &[
                bytes(1, b"7276ff0039030436"),
                vec![6 << 3, 0x95, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            ]
            .concat(),
        ),
    ]
    .concat();
    let path = "/v1/ingest/chirpstack?event=up";
    for headers in [&[("Content-Type", "application/octet-stream")][..], &[]] {
        let taken = lns.post_with(path, headers, &event).success();
        assert_eq!((&taken["fCnt"], &taken["devEui"]), (&json!(42), &json!("02C4A3FFFE100001")));
    }
    let records = collect(&server, "rooms");
    assert_eq!(records.len(), 1, "the second was a retry");
    assert_eq!(records[0]["uplink"]["payload"], digits(&PAYLOAD));
    assert_eq!(records[0]["radio"]["rssiDbm"], -107.0);
    let headers = [("Content-Type", "application/octet-stream")];
    let cut = lns.post_with(path, &headers, &event[..event.len() - 1]);
    cut.problem(400, "malformed-protobuf");
}

#[test]
fn of_the_same_uplink_many_times_at_once_there_is_one_record() {
    let server = Server::start();
    let lns = server.lns();
    register(&server, &lns, "tts", None);
    let statuses: Vec<Json> = thread::scope(|scope| {
        let tasks: Vec<_> = (0..12)
            .map(|number: u32| {
                let lns = lns.clone();
                let body = at("tts", number / 6);
                scope.spawn(move || lns.post("/v1/ingest/tts", &body).success()["status"].clone())
            })
            .collect();
        tasks.into_iter().map(|task| task.join().expect("it is answered")).collect()
    });
    let count = |word: &str| statuses.iter().filter(|status| **status == word).count();
    assert_eq!((count("accepted"), count("duplicate")), (2, 10), "{statuses:?}");
    assert_eq!(collect(&server, "rooms").len(), 2);
}

/// Frames that come late, and counters that start over: nothing that is genuine is refused for ever.
#[test]
fn frames_that_were_held_up_and_counters_that_start_over() {
    let server = Server::start();
    let lns = server.lns();
    register(&server, &lns, "kerlink", None);
    let send = |f_cnt: u32, minutes: i64, dev_addr: &str| {
        let mut body = at("kerlink", f_cnt);
        body["gwRecvTime"] = json!(1_770_091_506_789_i64 + minutes * 60_000);
        body["endDevice"]["devAddr"] = json!(dev_addr);
        text(&lns.post("/v1/ingest/kerlink/dataUp", &body).success()["status"]).to_owned()
    };
    assert_eq!(send(100, 0, "02001001"), "accepted");
    // Held up by a gateway that was out of reach.
    assert_eq!(send(97, -3, "02001001"), "accepted");
    assert_eq!(send(98, -2, "02001001"), "accepted");
    assert_eq!(send(97, -3, "02001001"), "duplicate");
    // Restarted, without a join.
    assert_eq!(send(0, 1, "02001001"), "accepted");
    // Joined anew.
    assert_eq!(send(0, 2, "02001002"), "accepted");
    assert_eq!(send(1, 3, "02001002"), "accepted");
    let records = collect(&server, "rooms");
    let warned: Vec<usize> = (0..records.len())
        .filter(|&index| records[index]["uplink"]["warnings"][0]["code"] == "counter-reset")
        .collect();
    assert_eq!((records.len(), warned), (6, vec![3]), "{records:?}");
    let mut names: Vec<&str> = records.iter().map(|record| text(&record["id"])).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 6, "each has a name of its own");
}

#[test]
fn a_join_that_is_told_explains_a_counter_that_starts_over() {
    let server = Server::start();
    let lns = server.lns();
    register(&server, &lns, "chirpstack", None);
    lns.post("/v1/ingest/chirpstack?event=up", &at("chirpstack", 50)).success();
    let join = json!({ "deviceInfo": { "devEui": "02c4a3fffe100001" }, "devAddr": "02001001" });
    let joined = lns.post("/v1/ingest/chirpstack?event=join", &join).success();
    let expected =
        json!({ "status": "joined", "devEui": "02C4A3FFFE100001", "devAddr": "02001001" });
    assert_eq!(joined, expected);
    lns.post("/v1/ingest/chirpstack?event=up", &at("chirpstack", 0)).success();
    let records = collect(&server, "rooms");
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record["uplink"]["warnings"].is_null()), "{records:?}");
    let stranger = json!({ "deviceInfo": { "devEui": "02c4a3fffe1000ff" } });
    lns.post("/v1/ingest/chirpstack?event=join", &stranger).problem(404, "unknown-dev-eui");
}

#[test]
fn what_hands_nothing_over_is_well_received() {
    let server = Server::start();
    let lns = server.lns();
    let ids = json!({ "dev_eui": "02C4A3FFFE100001" });
    for (path, body, what) in [
        ("/v1/ingest/chirpstack?event=status", json!({ "deviceInfo": {} }), "status"),
        ("/v1/ingest/chirpstack?event=of-tomorrow", json!({}), "of-tomorrow"),
        ("/v1/ingest/tts", json!({ "end_device_ids": ids, "downlink_ack": {} }), "downlink_ack"),
        ("/v1/ingest/actility", json!({ "DevEUI_location": {} }), "DevEUI_location"),
        ("/v1/ingest/loriot", json!({ "cmd": "txd", "EUI": "" }), "txd"),
        ("/v1/ingest/aws", json!({ "eventType": "joinReceived" }), "joinReceived"),
    ] {
        let answer = lns.post(path, &body).success();
        assert_eq!(answer, json!({ "status": "ignored", "what": what }), "{path}");
    }
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("champollion_frames_total{result=\"ignored\"} 6"), "{metrics}");
}

#[test]
fn what_cannot_be_read_is_refused_by_the_name_of_its_field() {
    let server = Server::start();
    let lns = server.lns();
    let mut table = Table::default();
    for (kind, path) in REPORTING {
        register(&server, &lns, kind, None);
        let good = body(kind);
        let (f_cnt, payload) = places(kind);
        let dev_eui = match kind {
            "chirpstack" => "/deviceInfo/devEui",
            "tts" => "/end_device_ids/dev_eui",
            "actility" => "/DevEUI_uplink/DevEUI",
            "ts002" => "/ULMetaData/DevEUI",
            "kerlink" => "/endDevice/devEui",
            "loriot" => "/EUI",
            _ => "/WirelessMetadata/LoRaWAN/DevEui",
        };
        let with = |pointer: &str, value: Json| {
            let mut body = good.clone();
            *body.pointer_mut(pointer).expect("it is there") = value;
            body
        };
        let dotted = |pointer: &str| pointer[1..].replace('/', ".");
        let invalid = (400, "invalid-body");
        for (what, value, says) in [
            ("null", json!(null), "missing"),
            ("a number", json!(17), "a text"),
            ("a list", json!([]), "a text"),
            ("empty", json!(""), "empty"),
            ("short", json!("02C4"), "16 hexadecimal digits"),
            ("huge", json!("0".repeat(500_000)), "16 hexadecimal digits"),
        ] {
            if kind == "tts" && value.is_null() {
                // Its devices may be without one.
                lns.post(path, &with(dev_eui, value)).problem(404, "unknown-device");
                continue;
            }
            let answer = lns.post(path, &with(dev_eui, value));
            let what = format!("{kind}: DevEUI is {what}");
            table.expect(&what, &answer, invalid, &[&dotted(dev_eui), says]);
            let named = answer.body["path"] == json!(dotted(dev_eui));
            table.check(&what, (!named).then(|| answer.text.clone()));
        }
        for (what, value) in [
            ("negative", json!(-1)),
            ("beyond 32 bits", json!(4_294_967_296_u64)),
            ("a fraction", json!(0.5)),
            ("an object", json!({})),
        ] {
            let answer = lns.post(path, &with(f_cnt, value));
            table.expect(&format!("{kind}: FCnt is {what}"), &answer, invalid, &[&dotted(f_cnt)]);
        }
        for (what, value) in [
            ("a number", json!(1)),
            ("neither digits nor base64", json!("&&&&")),
            ("longer than a frame can be", json!("00".repeat(486))),
            ("huge", json!("A".repeat(500_000))),
        ] {
            let answer = lns.post(path, &with(payload, value));
            table.expect(
                &format!("{kind}: payload is {what}"),
                &answer,
                invalid,
                &[&dotted(payload)],
            );
        }
        for (other, other_path) in REPORTING {
            if other != kind {
                let answer = lns.post(other_path, &good);
                let names = [format!("/v1/ingest/{kind}")];
                let what = format!("{kind} at {other_path}");
                table.expect(&what, &answer, (400, "other-format"), &[&names[0]]);
            }
        }
        table.expect(
            &format!("{kind} as phy"),
            &lns.post("/v1/ingest/phy", &good),
            (400, "other-format"),
            &[kind],
        );
        let frame = Sensor::new(2).frame(1, 1, &[1]);
        let answer = lns.post(path, &frame);
        table.expect(
            &format!("phy as {kind}"),
            &answer,
            (400, "other-format"),
            &["/v1/ingest/phy"],
        );
        for (what, text) in [("nothing", ""), ("no JSON", "cmd=rx"), ("cut off", "{\"a\":")] {
            let json = [("Content-Type", "application/json")];
            let answer = lns.post_with(path, &json, text.as_bytes());
            table.expect(&format!("{kind}: {what}"), &answer, (400, "malformed-json"), &["JSON"]);
        }
        unregister(&server);
        let answer = lns.post(path, &good);
        let unknown = (404, "unknown-dev-eui");
        table.expect(&format!("{kind}: unknown"), &answer, unknown, &["02C4A3FFFE100001"]);
    }
    table.finish();
    assert_eq!(collect(&server, "rooms").len(), 0, "nothing was recorded");
    lns.post("/v1/ingest/chirpstack", &body("chirpstack")).problem(400, "invalid-query");
    server.partner("rooms").post("/v1/ingest/tts", &body("tts")).problem(403, "forbidden");
    server.anybody().post("/v1/ingest/tts", &body("tts")).problem(401, "token-missing");
}

/// Any byte of any body is changed, left out or doubled: an answer comes, and it is never our fault.
#[test]
fn no_damaged_body_is_answered_with_a_fault_of_the_server() {
    let server = Server::start();
    let lns = server.lns();
    server.admin().put(&Sensor::new(1).path(), &json!({ "group": "rooms" })).success();
    let mut seed: u32 = 0x2545_F491;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        seed as usize % below
    };
    for (kind, path) in REPORTING {
        let good = body(kind).to_string().into_bytes();
        for _ in 0..300 {
            let mut damaged = good.clone();
            for _ in 0..=random(3) {
                let place = random(damaged.len());
                match random(3) {
                    0 => damaged[place] = u8::try_from(random(256)).expect("it is a byte"),
                    1 => drop(damaged.remove(place)),
                    _ => damaged.insert(place, damaged[place]),
                }
            }
            for encoding in ["application/json", "application/octet-stream"] {
                let answer = lns.post_with(path, &[("Content-Type", encoding)], &damaged);
                let shown = String::from_utf8_lossy(&damaged);
                assert!(answer.status < 500, "{kind}: {} {}\n{shown}", answer.status, answer.text);
                if kind != "chirpstack" {
                    break;
                }
            }
        }
    }
}

#[test]
fn ts002_is_answered_in_its_own_words() {
    let server = Server::start();
    let lns = server.lns();
    let path = "/v1/ingest/ts002";
    let refused = lns.post(path, &body("ts002"));
    refused.problem(404, "unknown-dev-eui");
    assert_eq!(refused.body["MessageType"], "XmitDataAns");
    assert_eq!(refused.body["Result"]["ResultCode"], "UnknownDevEUI");
    register(&server, &lns, "ts002", None);
    let answer = lns.post(path, &body("ts002")).success();
    let without_receipt: Json = {
        let mut answer = answer.clone();
        answer.as_object_mut().expect("it is an object").remove("receipt");
        answer
    };
    let expected = json!({
        "ProtocolVersion": "1.1", "SenderID": "0200000000000002", "ReceiverID": "000001",
        "TransactionID": 12345, "MessageType": "XmitDataAns", "ReceiverToken": "0x0a0b",
        "Result": { "ResultCode": "Success" },
    });
    assert_eq!(without_receipt, expected);
    let malformed = lns.post(path, &json!({ "MessageType": "XmitDataReq", "SenderID": "000001" }));
    malformed.problem(400, "invalid-body");
    assert_eq!(malformed.body["Result"]["ResultCode"], "MalformedRequest");

    // A whole frame, whose MIC is checked here since the keys are here.
    let sensor = Sensor::new(2);
    server.register(&sensor, "rooms", None);
    let mut whole = body("ts002");
    whole.as_object_mut().expect("it is an object").remove("FRMPayload");
    whole["ULMetaData"]["DevEUI"] = json!(sensor.dev_eui());
    whole["ULMetaData"]["FCntUp"] = json!(3);
    let mut phy = sensor.phy(3, 5, &PAYLOAD);
    whole["PHYPayload"] = json!(format!("0x{}", digits(&phy)));
    let taken = lns.post(path, &whole).success();
    assert_eq!(taken["receipt"]["status"], "accepted");
    assert_eq!(lns.post(path, &whole).success()["receipt"]["status"], "duplicate");
    *phy.last_mut().expect("it has bytes") ^= 1;
    whole["PHYPayload"] = json!(digits(&phy));
    let forged = lns.post(path, &whole);
    forged.problem(422, "mic-mismatch");
    assert_eq!(forged.body["Result"]["ResultCode"], "MICFailed");
    let records = collect(&server, "rooms");
    assert_eq!(records[1]["verifiedBy"], "mic");
    assert_eq!(records[1]["radio"]["dataRateIndex"], 3);
}

/// The network server checks the frames and leaves the payloads to us: the key comes with them, in
/// clear or wrapped. The wrapping is that of RFC 3394, section 4.1.
#[test]
fn payloads_that_stay_encrypted_are_decrypted_here() {
    const KEK: &str = "000102030405060708090A0B0C0D0E0F";
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let config = folder.path().join("champollion.toml");
    fs::write(&config, format!("[keks]\nop = \"{KEK}\"\n")).expect("it is written");
    let config = config.to_str().expect("the path is text");
    let mut server = Setup::default().argument("--config").argument(config).start();
    let token = server.new_token("lns", None);
    let key = std::array::from_fn(|index| 0x11 * u8::try_from(index).expect("it is below 16"));
    let sensor = Sensor::new(1).with_app_s_key(key);
    server.admin().put(&sensor.path(), &json!({ "group": "rooms" })).success();

    let uplink = |f_cnt: u32| {
        let phy = sensor.phy(f_cnt, 5, &PAYLOAD);
        let mut body = at("tts", f_cnt);
        body["uplink_message"]["frm_payload"] = json!(base64(&phy[9..phy.len() - 4]));
        let wrapped = "H6aLCoEStEeu80vY+1p7gp0+hiNx0s/l";
        body["uplink_message"]["app_s_key"] =
            json!({ "encrypted_key": wrapped, "kek_label": "op" });
        body
    };
    let lns = server.anybody().token(&token);
    let mut unknown = uplink(1);
    unknown["uplink_message"]["app_s_key"]["kek_label"] = json!("other");
    let refused = lns.post("/v1/ingest/tts", &unknown);
    assert!(refused.problem(422, "impossible-session").contains("other"));
    lns.post("/v1/ingest/tts", &uplink(1)).success();
    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    assert_eq!(lns.post("/v1/ingest/tts", &uplink(1)).success()["status"], "duplicate");

    // The key is known from now on, also where it does not stand beside.
    let kerlink = |f_cnt: u32, dev_addr: &str| {
        let phy = sensor.phy(f_cnt, 5, &PAYLOAD);
        let mut body = at("kerlink", f_cnt);
        body["encrypted"] = json!(true);
        body["endDevice"]["devAddr"] = json!(dev_addr);
        body["payload"] = json!(digits(&phy[9..phy.len() - 4]));
        body
    };
    lns.post("/v1/ingest/kerlink/dataUp", &kerlink(2, &sensor.dev_addr())).success();
    let phy = sensor.phy(3, 5, &PAYLOAD);
    let loriot = json!({
        "cmd": "rx", "EUI": sensor.dev_eui(), "ts": 1_770_091_506_789_i64, "ack": false,
        "fcnt": 3, "port": 5, "encdata": digits(&phy[9..phy.len() - 4]),
    });
    lns.post("/v1/ingest/loriot", &loriot).success();
    let elsewhere = lns.post("/v1/ingest/kerlink/dataUp", &kerlink(4, "0200FFFF"));
    assert!(elsewhere.problem(422, "unknown-app-s-key").contains("0200FFFF"));
    for record in collect(&server, "rooms") {
        assert_eq!(record["uplink"]["payload"], digits(&PAYLOAD), "{record}");
        assert_eq!(record["verifiedBy"], "network-server");
    }
    let log = server.log();
    assert!(!log.contains("H6aLCoEStEeu80vY"), "a key is in the log");
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0; 3];
        word[..chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes([0, word[0], word[1], word[2]]);
        for index in 0..4 {
            let digit = (word >> (18 - 6 * index)) & 0x3F;
            text.push(if index <= chunk.len() { char::from(DIGITS[digit as usize]) } else { '=' });
        }
    }
    text
}

#[test]
fn tokens_are_bound_to_a_network_server_of_the_settings() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let config = folder.path().join("champollion.toml");
    let settings =
        "[network-servers.city]\nkind = \"tts\"\n[network-servers.region]\nkind = \"phy\"\n";
    fs::write(&config, settings).expect("it is written");
    let config = config.to_str().expect("the path is text");
    let server = Setup::default().argument("--config").argument(config).start();
    let cli = server.admin_cli();
    let create = |name: &str| {
        let arguments = [
            "tokens",
            "create",
            "--name",
            "x",
            "--role",
            "lns",
            "--network-server",
            name,
            "--json",
        ];
        cli.run(&arguments)
    };
    let made: Json = serde_json::from_str(&create("city").success()).expect("it is JSON");
    assert_eq!(made["networkServer"], "city");
    let lns = server.anybody().token(text(&made["token"]));
    register(&server, &lns, "tts", None);
    lns.post("/v1/ingest/tts", &body("tts")).success();
    assert_eq!(collect(&server, "rooms")[0]["networkServer"], "city");
    let other = lns.post("/v1/ingest/kerlink", &body("kerlink"));
    assert!(other.problem(403, "forbidden").contains("/v1/ingest/tts"));
    let list = cli.run(&["tokens", "list"]).success();
    assert!(list.contains("network server") && list.contains("city"), "{list}");

    assert!(create("nobody").failure().contains("[network-servers.nobody]"));
    assert!(create("Nobody").failure().contains("lower-case"));
    let wanted = json!({ "name": "x", "role": "publisher", "networkServer": "city" });
    let refused = server.admin().post("/v1/tokens", &wanted);
    assert!(refused.problem(400, "invalid-role").contains("lns"));
}

#[test]
fn a_network_server_of_an_unknown_kind_is_refused_at_the_start() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let config = folder.path().join("champollion.toml");
    for (settings, says) in [
        ("[network-servers.city]\nkind = \"sigfox\"\n", "sigfox"),
        ("[network-servers.city]\nkin = \"tts\"\n", "kin"),
        ("[network-servers.city]\n", "kind"),
        ("[network-servers.\"a b\"]\nkind = \"tts\"\n", "a b"),
    ] {
        fs::write(&config, settings).expect("it is written");
        let mut command = champollion_tests::champollion();
        let said = champollion_tests::run(command.args(["serve", "--config"]).arg(&config));
        assert!(said.failure().contains(says), "{settings}: {}", said.stderr);
    }
}

/// A device that is registered with its keys is verified by them, whoever hands its frames over; where it is
/// registered as reported, what its network server decrypts is taken on the network server's word.
#[test]
fn keys_that_are_known_here_do_not_hinder_reports_that_are_expected() {
    let server = Server::start();
    server.publish_own(AXIOMA);
    let lns = server.lns();
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", None);
    lns.ingest(&sensor.frame(5, 5, &PAYLOAD)).success();
    let refused = lns.post("/v1/ingest/loriot", &at("loriot", 6));
    assert!(refused.problem(422, "mic-unconfirmed").contains("as reported"));
    let mut registration = sensor.registration("rooms", None);
    registration["reported"] = json!(true);
    server.admin().put(&sensor.path(), &registration).success();
    lns.post("/v1/ingest/loriot", &at("loriot", 6)).success();
    let records = collect(&server, "rooms");
    assert_eq!(records[0]["verifiedBy"], "mic");
    assert_eq!(records[1]["verifiedBy"], "network-server");
    // One that joins here is told of by its network server too.
    let joiner = Joiner::new(2);
    server.admin().put(&joiner.path(), &joiner.registration("rooms", None)).success();
    let join = json!({ "deviceInfo": { "devEui": joiner.dev_eui() } });
    lns.post("/v1/ingest/chirpstack?event=join", &join).success();
}
