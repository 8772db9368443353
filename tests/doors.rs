//! The doors of network servers: a message at the wrong one is told which is right, and payloads in clear have a
//! door of their own.

use std::fs;

use champollion_tests::{Broker, ELSYS, Sensor, Server, Setup, Table, eventually, workspace};
use serde_json::{Value as Json, json};
use ureq::http::Method;

const PLAIN: &str = "/v1/ingest/plain";
const EUI: &str = "01020304050607AB";

/// The doors that read messages without a description.
const DOORS: [&str; 9] =
    ["chirpstack?event=up", "tts", "actility", "ts002", "kerlink", "loriot", "aws", "phy", "plain"];

fn door(name: &str) -> String {
    format!("/v1/ingest/{name}")
}

#[test]
fn a_message_of_another_server_or_version_names_the_mistake() {
    let server = Server::start();
    let lns = server.lns();
    let of_version_3 = json!({
        "applicationID": "123", "deviceName": "d", "devEUI": "AQIDBAUGB6s=", "adr": true, "dr": 1,
        "rxInfo": [{ "gatewayID": "AwMDAwMDAwM=", "rssi": -48, "loRaSNR": 9 }],
        "fCnt": 10, "fPort": 5, "data": "AQ==",
    });
    let in_hex = json!({
        "applicationID": "123", "devEUI": EUI.to_lowercase(), "fCnt": 10, "fPort": 5, "data": "AQ==",
    });
    let tts = json!({ "end_device_ids": { "dev_eui": EUI }, "uplink_message": {} });
    let mut table = Table::default();
    let other = (400, "other-format");
    for name in DOORS {
        for (what, body, words) in [
            ("ChirpStack 3", &of_version_3, ["ChirpStack 3", "ChirpStack 4 is served"]),
            ("ChirpStack 3 in hex", &in_hex, ["ChirpStack 3", "upgrade"]),
            ("an envelope", &json!({ "data": { "body": tts } }), ["data.body", "/v1/ingest/tts"]),
            ("a list", &json!([tts]), ["[0]", "/v1/ingest/tts"]),
            ("a text", &json!(tts.to_string()), ["as a text", "/v1/ingest/tts"]),
        ] {
            table.expect(&format!("{what} at {name}"), &lns.post(&door(name), body), other, &words);
        }
        let unknown = lns.post(&door(name), &json!({ "id": 7, "temperature": 21.5 }));
        let doors = ["the doors are", "/v1/ingest/chirpstack", "/v1/ingest/plain"];
        table.expect(&format!("nobody's at {name}"), &unknown, (400, "invalid-body"), &doors);
        for (what, content_type, body, word) in [
            ("XML", "text/xml", "<?xml version=\"1.0\"?><a><b>1</b></a>", "this is XML"),
            ("a form", "application/x-www-form-urlencoded", "payload=%7B%7D&x=1", "a form"),
            ("nothing", "application/json", "", "the body is empty"),
        ] {
            // ThingPark's XML is read, so that other XML lacks its members.
            if (name, what) == ("actility", "XML") {
                continue;
            }
            let answer =
                lns.post_with(&door(name), &[("Content-Type", content_type)], body.as_bytes());
            table.expect(&format!("{what} at {name}"), &answer, (400, "malformed-json"), &[word]);
        }
        let parts = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n{}\r\n--x--\r\n";
        let headers = [("Content-Type", "multipart/form-data; boundary=x")];
        let answer = lns.post_with(&door(name), &headers, parts.as_bytes());
        table.expect(&format!("parts at {name}"), &answer, (400, "malformed-json"), &["a form"]);
        if !name.starts_with("chirpstack") {
            let protobuf = b"\x0A\x24\x12\x05\xF0\x9F";
            let answer = lns.send(&Method::POST, &door(name), protobuf);
            let words = ["bytes and no text", "protobuf"];
            table.expect(&format!("bytes at {name}"), &answer, (400, "malformed-json"), &words);
        }
    }
    table.finish();
}

/// The settings that the documentation shows for ChirpStack 3, and the message that goes with them.
#[test]
fn chirpstack_3_is_read_by_the_documented_settings() {
    let path = workspace().join("docs/network-servers-json.md");
    let documentation = fs::read_to_string(path).expect("the documentation can be read");
    let (_, section) = documentation.split_once("## ChirpStack 3\n").expect("there is a section");
    let block = |language: &str| {
        let (_, block) = section.split_once(&format!("```{language}\n")).expect("it is there");
        block.split_once("\n```").expect("the block ends").0.to_owned()
    };
    let server = Setup::default().settings(&block("toml")).start();
    server.publish_own(ELSYS);
    register_without_keys(&server, &Sensor::new(1), Some("elsys/ers-co2@^1"));
    let body: Json = serde_json::from_str(&block("json")).expect("it is JSON");
    let lns = server.lns_named("chirpstack-3");
    assert_eq!(lns.post("/v1/ingest/json", &body).success()["decoded"], true);
    let records = server.partner("rooms").pull_all();
    let record = &records[0]["record"];
    assert_eq!(record["receivedAt"], "2026-02-03T04:05:06.789Z", "{record}");
    assert_eq!(record["decoded"]["data"]["temperature"], 22.6, "{record}");
    assert_eq!(
        (&record["radio"]["rssiDbm"], &record["radio"]["snrDb"]),
        (&json!(-90.0), &json!(7.5))
    );
}

#[test]
fn a_path_that_is_nearly_a_door_names_the_door() {
    let server = Server::start();
    let lns = server.lns();
    for (path, meant) in [
        ("/v1/ingest/TTS", "did you mean /v1/ingest/tts?"),
        ("/v1/ingest/tts/", "did you mean /v1/ingest/tts?"),
        ("/v1/Ingest/ChirpStack?event=up", "did you mean /v1/ingest/chirpstack?"),
        ("/v1/ingest/kerlink/dataup", "did you mean /v1/ingest/kerlink/dataUp?"),
        ("/v1/ingest", "the doors of network servers are /v1/ingest/chirpstack, "),
        (
            "/v1/ingest/ttn",
            "did you mean /v1/ingest/tts, where messages of The Things Stack are taken?",
        ),
        ("/v1/ingest/the-things-stack", "did you mean /v1/ingest/tts,"),
        ("/v1/ingest/loriot-io", "did you mean /v1/ingest/loriot,"),
        ("/v1/ingest/ThingPark/", "did you mean /v1/ingest/actility,"),
        ("/v1/ingest/chirpstak?event=up", "did you mean /v1/ingest/chirpstack,"),
        ("/v1/ingest/sigfox", "/v1/ingest/plain"),
    ] {
        let answer = lns.post(path, &json!({}));
        let said = answer.problem(404, "no-such-path");
        assert!(said.contains(meant), "{path}: {said}");
    }
    let elsewhere = lns.post("/v1/recrods", &json!({}));
    assert!(!elsewhere.problem(404, "no-such-path").contains("doors"));
}

/// An uplink of a room: 22.6 °C, 41 %.
fn room(sensor: &Sensor, f_cnt: u32) -> Json {
    json!({ "devEui": sensor.dev_eui(), "fCnt": f_cnt, "fPort": 5, "payload": "0100E20229" })
}

fn register_without_keys(server: &Server, sensor: &Sensor, decoder: Option<&str>) {
    let registration = json!({ "group": "rooms", "decoder": decoder });
    server.admin().put(&sensor.path(), &registration).success();
}

#[test]
fn a_payload_in_clear_becomes_a_decoded_record() {
    let server = Server::start();
    server.publish_own(ELSYS);
    let sensor = Sensor::new(1);
    register_without_keys(&server, &sensor, Some("elsys/ers-co2@^1"));
    let lns = server.lns();
    let mut uplink = room(&sensor, 70_001);
    uplink["receivedAt"] = json!("2026-02-03T04:05:06Z");
    uplink["frequencyHz"] = json!(868_100_000);
    uplink["spreadingFactor"] = json!(9);
    uplink["gateways"] = json!([{ "gatewayId": "roof", "rssiDbm": -97, "snrDb": 7.5 }]);
    let taken = lns.post(PLAIN, &uplink).success();
    assert_eq!((&taken["status"], &taken["decoded"]), (&json!("accepted"), &json!(true)));
    assert_eq!(lns.post(PLAIN, &uplink).success()["status"], "duplicate");
    let records = server.partner("rooms").pull_all();
    assert_eq!(records.len(), 1, "{records:?}");
    let record = &records[0]["record"];
    assert_eq!(record["verifiedBy"], "network-server");
    assert_eq!(
        (&record["uplink"]["fCnt"], &record["uplink"]["fPort"]),
        (&json!(70_001), &json!(5))
    );
    assert_eq!(record["decoded"]["data"]["temperature"], 22.6, "{record}");
    assert_eq!(record["receivedAt"], "2026-02-03T04:05:06Z");
    assert_eq!(
        (&record["radio"]["rssiDbm"], &record["radio"]["snrDb"]),
        (&json!(-97.0), &json!(7.5))
    );
    assert!(record.get("warnings").is_none(), "{record}");
}

#[test]
fn many_payloads_in_clear_come_as_lines() {
    let server = Server::start();
    let (one, other, stranger) = (Sensor::new(1), Sensor::new(2), Sensor::new(3));
    for sensor in [&one, &other] {
        register_without_keys(&server, sensor, None);
    }
    let mut copy = room(&one, 1);
    copy["gateways"] = json!([{ "gatewayId": "tower" }]);
    let base64 = json!({
        "devEui": other.dev_eui(), "fCnt": 1, "fPort": 5, "payloadBase64": "AQDiAik=",
    });
    let slip = json!({ "devEui": one.dev_eui(), "fcnt": 1, "fPort": 5, "payload": "01" });
    let lines = [room(&one, 1), copy, base64, slip, room(&stranger, 1), room(&one, 2)]
        .map(|line| line.to_string());
    let headers = [("Content-Type", "application/x-ndjson")];
    let answer = server.lns().post_with(PLAIN, &headers, lines.join("\n").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answers: Vec<Json> =
        answer.text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    let status = |answer: &Json| match &answer["receipt"]["status"] {
        Json::String(status) => status.clone(),
        _ => answer["problem"]["code"].as_str().unwrap_or_default().to_owned(),
    };
    let statuses: Vec<String> = answers.iter().map(status).collect();
    let expected =
        ["accepted", "merged", "accepted", "invalid-body", "unknown-dev-eui", "accepted"];
    assert_eq!(statuses, expected, "{answers:?}");
    let said = answers[3]["problem"]["detail"].as_str().expect("it says why");
    assert!(said.contains("did you mean fCnt?"), "{said}");
    let records = server.partner("rooms").pull_all();
    assert_eq!(records.len(), 3, "{records:?}");
    let payload = |record: &Json| record["record"]["uplink"]["payload"].clone();
    assert!(records.iter().all(|record| payload(record) == "0100E20229"), "{records:?}");
}

#[test]
fn payloads_in_clear_are_read_strictly_and_trusted_as_other_reports_are() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", None);
    let lns = server.lns();
    let mut table = Table::default();
    let with = |name: &str, value: Json| {
        let mut uplink = room(&sensor, 1);
        uplink[name] = value;
        lns.post(PLAIN, &uplink)
    };
    let invalid = (400, "invalid-body");
    for (name, value, words) in [
        ("rssi", json!(-90), "rssi"),
        ("deveui", json!("01"), "did you mean devEui?"),
        ("fCnt", json!("1"), "fCnt"),
        ("fPort", json!(300), "fPort"),
        ("payload", json!("0x01"), "digit 2"),
        ("payload", json!("00".repeat(243)), "243 bytes"),
        ("payloadBase64", json!("AQ=="), "one is enough"),
        ("gateways", json!([{ "id": "a" }]), "gateways[0]"),
    ] {
        table.expect(name, &with(name, value), invalid, &[words]);
    }
    // The device has its keys here: without a MIC nobody can say that it has sent this.
    let unconfirmed = lns.post(PLAIN, &room(&sensor, 1));
    table.expect("no MIC", &unconfirmed, (422, "mic-unconfirmed"), &["reported"]);
    table.finish();
    server.partner("rooms").post(PLAIN, &room(&sensor, 1)).problem(403, "forbidden");
    server.anybody().post(PLAIN, &room(&sensor, 1)).problem(401, "token-missing");
    assert_eq!(server.partner("rooms").pull_all().len(), 0);
}

#[test]
fn a_device_handed_over_both_ways_has_one_counter_and_one_record() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    let lns = server.lns();
    let frame = |f_cnt: u32| lns.ingest(&sensor.frame(f_cnt, 5, &[1, 0, 0xE2, 2, 0x29]));
    let report = |f_cnt: u32| lns.post(PLAIN, &room(&sensor, f_cnt));
    assert_eq!(frame(5).success()["status"], "accepted");
    assert_eq!(report(5).success()["status"], "duplicate");
    assert_eq!(report(6).success()["status"], "accepted");
    assert_eq!(frame(6).success()["status"], "duplicate");
    // Each way refuses what is behind the other.
    assert_eq!(report(100).success()["status"], "accepted");
    frame(50).problem(409, "replayed-f-cnt");
    assert_eq!(frame(200).success()["status"], "accepted");
    report(150).problem(409, "replayed-f-cnt");
    let records = server.partner("rooms").pull_all();
    let f_cnts: Vec<u64> =
        records.iter().filter_map(|record| record["record"]["uplink"]["fCnt"].as_u64()).collect();
    assert_eq!(f_cnts, [5, 6, 100, 200], "{records:?}");
}

#[test]
fn of_mosquitto_payloads_in_clear_and_mistakes_come_through_a_broker_too() {
    let broker = Broker::start();
    let settings = format!(
        "[network-servers.village]\nkind = \"plain\"\n[network-servers.village.mqtt]\n\
         topics = [\"lora/#\"]\n{}",
        broker.settings()
    );
    let server = Setup::default().settings(&settings).start();
    let sensor = Sensor::new(1);
    register_without_keys(&server, &sensor, None);
    eventually("the broker is connected", || {
        let ready = server.admin().get("/readyz").text;
        ready.contains("broker of village: connected").then_some(())
    });
    let topic = format!("lora/{}", sensor.dev_eui());
    let of_version_3 = json!({ "applicationID": "1", "devEUI": EUI, "fCnt": 1, "data": "AQ==" });
    let messages = [
        room(&sensor, 1).to_string(),
        of_version_3.to_string(),
        "<a/>".to_owned(),
        room(&sensor, 2).to_string(),
    ];
    let messages = messages.map(|message| (topic.clone(), message.into_bytes()));
    broker.connect("village").publish(&messages);
    eventually("both records are there", || {
        (server.partner("rooms").pull_all().len() == 2).then_some(())
    });
    let parked = server.admin().get("/v1/parked").success();
    let said = |index: usize| parked["parked"][index]["detail"].as_str().unwrap_or_default();
    assert!(said(0).contains("ChirpStack 4 is served"), "{parked}");
    assert!(said(1).contains("this is XML"), "{parked}");
}

#[test]
fn a_list_of_payloads_in_clear_is_taken_one_by_one() {
    let server = Server::start();
    let sensors = [Sensor::new(1), Sensor::new(2)];
    for sensor in &sensors {
        register_without_keys(&server, sensor, None);
    }
    let lns = server.lns();
    let [one, other] = &sensors;
    let list = json!([room(one, 1), room(other, 1), room(one, 2), room(one, 1)]);
    let receipts = lns.post(PLAIN, &list).success();
    let told: Vec<(&Json, &Json)> = receipts
        .as_array()
        .expect("they are a list")
        .iter()
        .map(|receipt| (&receipt["status"], &receipt["fCnt"]))
        .collect();
    let of = |f_cnt: u32, status: &str| (json!(status), json!(f_cnt));
    let expected = [of(1, "accepted"), of(1, "accepted"), of(2, "accepted"), of(1, "merged")];
    assert_eq!(told, expected.each_ref().map(|(status, f_cnt)| (status, f_cnt)));
    // What is wrong with one costs no other, and is said with its place.
    let mut wrong = room(other, 3);
    wrong["fPort"] = json!(300);
    let refused = lns.post(PLAIN, &json!([room(one, 3), wrong, room(other, 4)]));
    let said = refused.problem(400, "invalid-body");
    assert!(said.starts_with("[1]: fPort is not what it should be: ") && said.contains("0 to 255"));
    assert_eq!(refused.body["path"], "[1].fPort");
    let single = lns.post(PLAIN, &json!([room(one, 4)])).success();
    assert_eq!(single["status"], "accepted", "the receipt of one is no list");
    assert_eq!(server.partner("rooms").pull_all().len(), 6);
    let cut = lns.send(&Method::POST, PLAIN, b"[{\"devEui\": ");
    assert!(cut.problem(400, "malformed-json").contains("line 1"));
}
