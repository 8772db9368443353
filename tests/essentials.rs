//! Essentials are strict, decoration is forgiving: what a network server writes badly of an uplink costs nothing
//! but itself. Payloads are never taken for what they are not in silence, and each uplink has one record.

use champollion_tests::{Sensor, Server, Setup, digits};
use serde_json::{Value as Json, json};

const CLEAR: [u8; 4] = [0x00, 0x27, 0xBD, 0x00];

const SETTINGS: &str = r#"
[network-servers.park]
kind = "actility"
payload = "encrypted"
[network-servers.plain]
kind = "actility"
payload = "clear"
[network-servers.stack]
kind = "tts"
[network-servers.other]
kind = "tts"
"#;

fn records(server: &Server) -> Vec<Json> {
    let records = server.partner("rooms").pull_all();
    records.into_iter().map(|record| record["record"].clone()).collect()
}

fn last(server: &Server) -> Json {
    records(server).pop().expect("there is a record")
}

fn warnings(record: &Json) -> Vec<(String, String)> {
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let all = record["uplink"]["warnings"].as_array().into_iter().flatten();
    all.map(|warning| (text(&warning["code"]), text(&warning["member"]))).collect()
}

fn things_stack(sensor: &Sensor, f_cnt: u32) -> Json {
    json!({
        "end_device_ids": { "device_id": "d", "dev_eui": sensor.dev_eui() },
        "uplink_message": {
            "f_cnt": f_cnt, "f_port": 4, "frm_payload": "AQ==",
            "received_at": "2026-02-12T15:15:48Z",
            "rx_metadata": [{ "gateway_ids": { "gateway_id": "g" }, "rssi": -35, "snr": 7 }],
        },
    })
}

/// A report of ThingPark with the payload as it was on the air.
fn thing_park(sensor: &Sensor, f_cnt: u32) -> Json {
    let phy = sensor.phy(f_cnt, 2, &CLEAR);
    json!({ "DevEUI_uplink": {
        "DevEUI": sensor.dev_eui(), "DevAddr": sensor.dev_addr(), "FCntUp": f_cnt.to_string(),
        "FPort": "2", "Time": "2026-07-09T16:06:38.49+02:00", "Frequency": "868.1",
        "payload_hex": digits(&phy[9..phy.len() - 4]), "mic_hex": digits(&phy[phy.len() - 4..]),
    }})
}

fn without_mic(mut report: Json) -> Json {
    report["DevEUI_uplink"].as_object_mut().expect("it is an object").remove("mic_hex");
    report
}

#[test]
fn what_cannot_be_read_is_a_warning_and_not_a_loss() {
    let server = Server::start();
    let (sensor, lns) = (Sensor::new(1), server.lns());
    server.admin().put(&sensor.path(), &json!({ "group": "rooms" })).success();
    let mut f_cnt = 0;
    let mut taken = |path: &str, body: &dyn Fn(u32) -> Json, members: &[&str]| {
        f_cnt += 1;
        let body = body(f_cnt);
        assert_eq!(lns.post(path, &body).success()["status"], "accepted", "{body}");
        let record = last(&server);
        let unreadable = warnings(&record);
        let unreadable: Vec<&str> = unreadable
            .iter()
            .filter(|(code, _)| code == "unreadable-member")
            .map(|(_, member)| member.as_str())
            .collect();
        assert_eq!(unreadable, members, "{record}");
        record
    };
    let tts = "/v1/ingest/tts";
    let noise = |f_cnt| {
        let mut body = things_stack(&sensor, f_cnt);
        body["uplink_message"]["rx_metadata"][0]["snr"] = json!("NaN");
        body
    };
    let record = taken(tts, &noise, &["uplink_message.rx_metadata[0].snr"]);
    assert_eq!(record["radio"]["gateways"], json!([{ "gatewayId": "g", "rssiDbm": -35.0 }]));
    let eui_alone = |f_cnt| {
        let mut body = things_stack(&sensor, f_cnt);
        body["uplink_message"]["rx_metadata"][0]["gateway_ids"] =
            json!({ "eui": "0203040506070809" });
        body
    };
    let record = taken(tts, &eui_alone, &[]);
    assert_eq!(record["radio"]["gateways"][0]["gatewayId"], "0203040506070809");
    let placeholder = |f_cnt| {
        let mut body = things_stack(&sensor, f_cnt);
        body["uplink_message"]["received_at"] = json!("0001-01-01T00:00:00Z");
        body["uplink_message"]["rx_metadata"] = json!({ "rssi": 1 });
        body
    };
    taken(tts, &placeholder, &["uplink_message.received_at", "uplink_message.rx_metadata"]);
    let empty = |f_cnt| {
        let mut body = without_mic(thing_park(&sensor, f_cnt));
        body["DevEUI_uplink"]["Frequency"] = json!("");
        body["DevEUI_uplink"]["PayloadEncryption"] = json!("0");
        body
    };
    taken("/v1/ingest/actility", &empty, &["DevEUI_uplink.Frequency"]);
    let event = |f_cnt| {
        json!({
            "deviceInfo": { "devEui": sensor.dev_eui() }, "fCnt": f_cnt, "fPort": 2, "data": "AQ==",
            "dr": "fast", "rxInfo": [{ "gatewayId": "aa", "rssi": -119.5 }],
        })
    };
    let record = taken("/v1/ingest/chirpstack?event=up", &event, &["dr"]);
    // Nothing says that it was LoRa, so nobody knows the level that is missing.
    assert_eq!(record["radio"]["gateways"], json!([{ "gatewayId": "aa", "rssiDbm": -119.5 }]));

    let metrics = server.admin().get("/metrics").text;
    let counted =
        "champollion_unreadable_members_total{member=\"uplink_message.rx_metadata[].snr\"} 1";
    assert!(metrics.contains(counted), "{metrics}");

    // Numbers that are none as bare words, and a name in another encoding, are no JSON.
    let mut nearly = things_stack(&sensor, 40);
    nearly["uplink_message"]["rx_metadata"][0]["snr"] = json!("BARE");
    nearly["end_device_ids"]["device_id"] = json!("Zahler");
    let mut nearly = nearly.to_string().replace("\"BARE\"", "NaN").into_bytes();
    let name = nearly.windows(6).position(|word| word == b"Zahler").expect("it is there");
    nearly[name + 1] = 0xE4;
    let json = [("Content-Type", "application/json")];
    assert_eq!(lns.post_with(tts, &json, &nearly).success()["status"], "accepted");
    let members: Vec<String> =
        warnings(&last(&server)).into_iter().map(|(_, member)| member).collect();
    assert_eq!(members, [".", "uplink_message.rx_metadata[0].snr"]);

    // A frame of MAC commands alone, as XML becomes JSON.
    let mut alone = without_mic(thing_park(&sensor, 50));
    (alone["DevEUI_uplink"]["FPort"], alone["DevEUI_uplink"]["payload_hex"]) =
        (json!(""), json!(""));
    assert_eq!(lns.post("/v1/ingest/actility", &alone).success()["status"], "mac-only");
    alone["DevEUI_uplink"]["payload_hex"] = json!("0027bd00");
    let refused = lns.post("/v1/ingest/actility", &alone);
    assert!(refused.problem(400, "invalid-body").starts_with("DevEUI_uplink.FPort: "));
}

#[test]
fn a_payload_is_never_guessed_in_silence() {
    let server = Setup::default().settings(SETTINGS).start();
    let path = "/v1/ingest/actility";
    let (keyed, handed, reported, unknown) =
        (Sensor::new(1), Sensor::new(2), Sensor::new(3), Sensor::new(4));
    let admin = server.admin();
    let lns = server.lns();
    let payload = |answer: Json| {
        assert_eq!(answer["status"], "accepted");
        let record = last(&server);
        let codes = warnings(&record).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
        (record["uplink"]["payload"].as_str().unwrap_or_default().to_owned(), codes)
    };
    let untold = vec!["payload-encryption-untold".to_owned()];
    let clear = digits(&CLEAR);
    let cipher = |sensor: &Sensor, f_cnt| {
        let report = thing_park(sensor, f_cnt);
        report["DevEUI_uplink"]["payload_hex"].as_str().unwrap_or_default().to_uppercase()
    };

    // The MIC proves it, of a device with keys and of a session that was handed over.
    server.register(&keyed, "rooms", None);
    let taken = lns.post(path, &thing_park(&keyed, 7_011)).success();
    assert_eq!(payload(taken), (clear.clone(), vec![]));
    let mut in_clear = thing_park(&keyed, 7_012);
    in_clear["DevEUI_uplink"]["payload_hex"] = json!(clear);
    assert_eq!(payload(lns.post(path, &in_clear).success()), (clear.clone(), vec![]));
    let elsewhere = json!({ "group": "rooms", "activation": { "otaaElsewhere": {} } });
    admin.put(&handed.path(), &elsewhere).success();
    lns.put(&format!("{}/session", handed.path()), &handed.keys()).success();
    let taken = lns.post(path, &thing_park(&handed, 1)).success();
    assert_eq!(payload(taken), (clear.clone(), vec![]));

    // Without a MIC the key that is known here is a reason, and the record says so.
    let taken = lns.post(path, &without_mic(thing_park(&handed, 2))).success();
    assert_eq!(payload(taken), (clear.clone(), untold.clone()));
    // A device, or its network server, may say it.
    let mut registration = reported.registration("rooms", None);
    (registration["reported"], registration["payload"]) = (json!(true), json!("clear"));
    admin.put(&reported.path(), &registration).success();
    let taken = lns.post(path, &without_mic(thing_park(&reported, 1))).success();
    assert_eq!(payload(taken), (cipher(&reported, 1), vec![]));
    let mut said = without_mic(thing_park(&reported, 2));
    said["DevEUI_uplink"]["PayloadEncryption"] = json!("1");
    assert_eq!(payload(lns.post(path, &said).success()), (clear.clone(), vec![]));

    admin.put(&unknown.path(), &json!({ "group": "rooms" })).success();
    let taken = lns.post(path, &without_mic(thing_park(&unknown, 1))).success();
    assert_eq!(payload(taken), (cipher(&unknown, 1), untold));
    let plain = server.lns_named("plain").post(path, &without_mic(thing_park(&unknown, 2)));
    assert_eq!(payload(plain.success()), (cipher(&unknown, 2), vec![]));
    let park = server.lns_named("park").post(path, &without_mic(thing_park(&unknown, 3)));
    assert!(park.problem(422, "unknown-app-s-key").contains(&unknown.dev_eui()));
}

#[test]
fn a_device_without_a_dev_eui_is_found_by_its_address_or_its_name() {
    let server = Setup::default().settings(SETTINGS).start();
    let path = "/v1/ingest/tts";
    let admin = server.admin();
    let nameless = |device_id: &str, sensor: &Sensor, f_cnt| {
        let mut body = things_stack(sensor, f_cnt);
        body["end_device_ids"] = json!({ "device_id": device_id, "dev_addr": sensor.dev_addr() });
        body
    };
    let (one, other) = (Sensor::new(1), Sensor::new(2));
    let lns = server.lns();
    let nobody = lns.post(path, &nameless("abp-7", &one, 1));
    let said = nobody.problem(404, "unknown-device");
    for word in ["abp-7", &one.dev_addr(), "--device-id", "DevEUI"] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let mut registration = one.registration("rooms", None);
    registration["reported"] = json!(true);
    admin.put(&one.path(), &registration).success();
    let taken = lns.post(path, &nameless("abp-7", &one, 2)).success();
    assert_eq!((&taken["status"], &taken["devEui"]), (&json!("accepted"), &json!(one.dev_eui())));
    // Two devices at one address: a registered name decides.
    let at_one = other.at(u32::from_str_radix(&one.dev_addr(), 16).expect("digits"));
    let mut registration = at_one.registration("rooms", None);
    registration["reported"] = json!(true);
    admin.put(&at_one.path(), &registration).success();
    let said = lns.post(path, &nameless("abp-7", &one, 3));
    assert!(said.problem(409, "ambiguous-device").contains("2 devices"));
    registration["deviceId"] = json!("abp-7");
    admin.put(&at_one.path(), &registration).success();
    let taken = lns.post(path, &nameless("abp-7", &one, 3)).success();
    assert_eq!(taken["devEui"], json!(at_one.dev_eui()));
    // Of one that is registered without keys the name is enough.
    let bare = Sensor::new(3);
    admin.put(&bare.path(), &json!({ "group": "rooms", "deviceId": "abp-8" })).success();
    let taken = lns.post(path, &nameless("abp-8", &bare, 1)).success();
    assert_eq!(taken["devEui"], json!(bare.dev_eui()));
    // Only devices of the network server itself are looked at.
    let own = json!({ "group": "rooms", "deviceId": "abp-9", "networkServer": "stack" });
    admin.put(&Sensor::new(5).path(), &own).success();
    let message = nameless("abp-9", &Sensor::new(5), 1);
    server.lns_named("other").post(path, &message).problem(404, "unknown-device");
    server.lns_named("stack").post(path, &message).success();
    // With a keyed device it is said what to do.
    server.register(&Sensor::new(6), "rooms", None);
    let keyed = lns.post(path, &nameless("abp-10", &Sensor::new(6), 1));
    assert!(keyed.problem(422, "mic-unconfirmed").contains("as reported"));
}

#[test]
fn an_uplink_that_comes_as_a_frame_and_as_a_report_has_one_record() {
    let server = Server::start();
    let (sensor, lns) = (Sensor::new(1), server.lns());
    let mut registration = sensor.registration("rooms", None);
    registration["reported"] = json!(true);
    server.admin().put(&sensor.path(), &registration).success();
    let whole = |f_cnt| lns.ingest(&sensor.frame(f_cnt, 4, &[1]));
    let told = |f_cnt| {
        let mut body = things_stack(&sensor, f_cnt);
        body["end_device_ids"]["dev_addr"] = json!(sensor.dev_addr());
        // Each is a second later than the one before.
        let second = 10 + f_cnt;
        body["uplink_message"]["received_at"] = json!(format!("2026-02-12T15:15:{second}Z"));
        lns.post("/v1/ingest/tts", &body)
    };
    assert_eq!(whole(1).success()["status"], "accepted");
    assert_eq!(told(1).success()["status"], "duplicate");
    assert_eq!(told(2).success()["status"], "accepted");
    assert_eq!(whole(2).success()["status"], "duplicate");
    assert_eq!(told(4).success()["status"], "accepted");
    whole(3).problem(409, "replayed-f-cnt");
    assert_eq!(whole(5).success()["status"], "accepted");
    assert_eq!(told(5).success()["status"], "duplicate");
    assert_eq!(told(6).success()["status"], "accepted");
    let counters: Vec<u64> =
        records(&server).iter().filter_map(|record| record["uplink"]["fCnt"].as_u64()).collect();
    assert_eq!(counters, [1, 2, 4, 5, 6]);

    // With a MIC both are the same frame, and have the same name.
    let keyed = Sensor::new(2);
    server.register(&keyed, "rooms", None);
    let report = lns.post("/v1/ingest/actility", &thing_park(&keyed, 9)).success();
    assert_eq!(report["status"], "accepted");
    assert_eq!(lns.ingest(&keyed.frame(9, 2, &CLEAR)).success()["status"], "duplicate");
}

/// An uplink as ChirpStack tells it: with the address, which The Things Stack leaves out.
fn chirpstack(sensor: &Sensor, f_cnt: u32, dev_addr: &str, time: &str) -> Json {
    json!({
        "deviceInfo": { "devEui": sensor.dev_eui().to_lowercase() }, "devAddr": dev_addr,
        "fCnt": f_cnt, "fPort": 4, "data": "AQ==", "time": time, "adr": true, "dr": 5,
        "rxInfo": [{ "gatewayId": "0016c001ff10a235", "rssi": -48, "snr": 9.0 }],
    })
}

/// A device without keys is heard by two network servers, and neither knows of the other.
#[test]
fn an_uplink_through_two_network_servers_has_one_record() {
    let server = Server::start();
    let (sensor, lns, admin) = (Sensor::new(1), server.lns(), server.admin());
    admin.put(&sensor.path(), &json!({ "group": "rooms" })).success();
    let chirpstack = |f_cnt, address: &str, second: u32| {
        let time = format!("2026-02-12T15:15:{second:02}.250Z");
        let body = chirpstack(&sensor, f_cnt, address, &time);
        lns.post("/v1/ingest/chirpstack?event=up", &body).success()["status"].clone()
    };
    let things_stack = |f_cnt, second: u32| {
        let mut body = things_stack(&sensor, f_cnt);
        body["uplink_message"]["received_at"] = json!(format!("2026-02-12T15:15:{second:02}Z"));
        lns.post("/v1/ingest/tts", &body).success()["status"].clone()
    };
    let thing_park = |f_cnt: u32, second: u32| {
        let mut body = thing_park(&sensor, f_cnt);
        let report = &mut body["DevEUI_uplink"];
        (report["FPort"], report["payload_hex"], report["PayloadEncryption"]) =
            (json!("4"), json!("01"), json!("0"));
        report["Time"] = json!(format!("2026-02-12T16:15:{second:02}.8+01:00"));
        lns.post("/v1/ingest/actility", &body).success()["status"].clone()
    };
    let (first, second) = ("00189440", "00f1a2b3");
    let own = sensor.dev_addr();
    assert_eq!(chirpstack(1, &own, 1), "accepted");
    assert_eq!(things_stack(1, 2), "duplicate");
    assert_eq!(thing_park(1, 2), "duplicate");
    assert_eq!(things_stack(2, 11), "accepted");
    assert_eq!(thing_park(2, 11), "duplicate");
    assert_eq!(chirpstack(2, &own, 12), "duplicate");
    // Later ones in between change nothing.
    assert_eq!(thing_park(3, 21), "accepted");
    assert_eq!(things_stack(3, 21), "duplicate");
    assert_eq!(chirpstack(1, &own, 2), "duplicate");
    // The device joins, and counts from 1 with the same content: another frame, however it is told.
    let joined = json!({
        "deviceInfo": { "devEui": sensor.dev_eui().to_lowercase() }, "devAddr": first,
    });
    lns.post("/v1/ingest/chirpstack?event=join", &joined).success();
    assert_eq!(things_stack(1, 31), "accepted");
    assert_eq!(chirpstack(1, first, 31), "duplicate");
    // Where nobody tells that it has joined, the address does.
    assert_eq!(chirpstack(1, second, 41), "accepted");
    assert_eq!(things_stack(1, 42), "duplicate");
    let counters: Vec<u64> =
        records(&server).iter().filter_map(|record| record["uplink"]["fCnt"].as_u64()).collect();
    assert_eq!(counters, [1, 2, 3, 1, 1]);
    let codes =
        records(&server).into_iter().flat_map(|record| warnings(&record)).map(|(code, _)| code);
    let restarts = codes.filter(|code| code == "counter-reset").count();
    assert_eq!(restarts, 0, "a session that begins is no restart");
}
