//! Frames from the brokers of network servers: a real mosquitto, with TLS and credentials.

use std::{collections::BTreeMap, fs, time::Duration};

use champollion_tests::{Broker, Client, ELSYS, Sensor, Server, Setup, eventually};
use data_encoding::BASE64;
use serde_json::{Value as Json, json};

const DECODER: &str = "elsys/ers-co2@^1";

const APPLICATION: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

fn chirpstack_settings(broker: &Broker) -> String {
    format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n[network-servers.city.mqtt]\n{}",
        broker.settings()
    )
}

fn topic(sensor: &Sensor, event: &str) -> String {
    let dev_eui = sensor.dev_eui().to_lowercase();
    format!("application/{APPLICATION}/device/{dev_eui}/event/{event}")
}

/// Returns an event of ChirpStack for a frame.
fn up(sensor: &Sensor, f_cnt: u32, payload: &[u8]) -> (String, Vec<u8>) {
    let event = json!({
        "deduplicationId": format!("3ac7e3c4-4401-4b8d-9386-{f_cnt:012x}"),
        "time": "2026-01-31T12:00:00.123456+00:00",
        "deviceInfo": {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "Town",
            "applicationId": APPLICATION,
            "applicationName": "rooms",
            "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
            "deviceProfileName": "ERS CO2",
            "deviceName": "room 1",
            "devEui": sensor.dev_eui().to_lowercase(),
            "tags": { "floor": "1" },
        },
        "devAddr": sensor.dev_addr().to_lowercase(),
        "adr": true,
        "dr": 5,
        "fCnt": f_cnt,
        "fPort": 5,
        "confirmed": false,
        "data": BASE64.encode(payload),
        "rxInfo": [{
            "gatewayId": "0016c001f153a14c",
            "uplinkId": 4217106255_u32,
            "gwTime": "2026-01-31T12:00:00.123456+00:00",
            "rssi": -36,
            "snr": 10.5,
            "channel": 4,
            "context": "EFwMtA==",
            "metadata": { "region_config_id": "eu868", "region_common_name": "EU868" },
            "crcStatus": "CRC_OK",
        }],
        "txInfo": {
            "frequency": 867_100_000,
            "modulation": { "lora": {
                "bandwidth": 125_000, "spreadingFactor": 7, "codeRate": "CR_4_5",
            }},
        },
    });
    (topic(sensor, "up"), event.to_string().into_bytes())
}

/// Returns a message of The Things Stack for a frame.
fn tts_up(sensor: &Sensor, f_cnt: u32, payload: &[u8]) -> (String, Vec<u8>) {
    let event = json!({
        "end_device_ids": {
            "device_id": "room-1",
            "application_ids": { "application_id": "rooms" },
            "dev_eui": sensor.dev_eui(),
            "join_eui": "0200000000000001",
            "dev_addr": sensor.dev_addr(),
        },
        "correlation_ids": ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ"],
        "received_at": "2026-01-31T12:00:01.000000000Z",
        "uplink_message": {
            "session_key_id": "AXBSH1Pk6Z0G166TBMVAqg==",
            "f_port": 5,
            "f_cnt": f_cnt,
            "frm_payload": BASE64.encode(payload),
            "rx_metadata": [{
                "gateway_ids": { "gateway_id": "gtw1", "eui": "9C5C8E00001A05C4" },
                "time": "2026-01-31T12:00:00.500000000Z",
                "timestamp": 2463457000_u32,
                "rssi": -35,
                "channel_rssi": -35,
                "snr": 5.2,
                "uplink_token": "ChIKEAoEZ3R3MRIInFyOAAAaBcQ=",
            }],
            "settings": {
                "data_rate": { "lora": {
                    "bandwidth": 125_000, "spreading_factor": 7, "coding_rate": "4/5",
                }},
                "frequency": "868300000",
                "timestamp": 2463457000_u32,
            },
            "received_at": "2026-01-31T12:00:00.700000000Z",
            "consumed_airtime": "0.056576s",
        },
    });
    ("v3/rooms@town/devices/room-1/up".to_owned(), event.to_string().into_bytes())
}

/// The payload of a room sensor: 23.4 degrees.
fn room() -> Vec<u8> {
    vec![0x01, 0x00, 0xEA]
}

fn start(settings: &str) -> Server {
    let server = Setup::default().settings(settings).start();
    server.publish_own(ELSYS);
    server
}

fn ready(server: &Server) -> String {
    let answer = server.admin().get("/readyz");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

#[track_caller]
fn connected(server: &Server) {
    eventually("the server is connected to the broker", || {
        ready(server).contains("broker of city: connected").then_some(())
    });
}

/// Returns the records once there are so many.
#[track_caller]
fn records(partner: &Client, number: usize) -> Vec<Json> {
    eventually(&format!("there are {number} records"), || {
        let all = partner.pull_all();
        (all.len() >= number).then_some(all)
    })
}

/// The frame counters of each device, in the order of the records.
fn counters(records: &[Json]) -> BTreeMap<String, Vec<u64>> {
    let mut all: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for entry in records {
        let record = &entry["record"];
        let dev_eui = record["device"]["devEui"].as_str().expect("it names its device");
        let f_cnt = record["uplink"]["fCnt"].as_u64().expect("it has a counter");
        all.entry(dev_eui.to_owned()).or_default().push(f_cnt);
    }
    all
}

#[test]
fn of_mosquitto_frames_come_from_chirpstack_through_its_broker() {
    let broker = Broker::start();
    let server = start(&chirpstack_settings(&broker));
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", Some(DECODER));
    connected(&server);
    let mut chirpstack = broker.connect("chirpstack");
    chirpstack.publish(&[up(&sensor, 7, &room()), up(&sensor, 7, &room())]);
    chirpstack.publish(&[(topic(&sensor, "status"), br#"{"margin": 5}"#.to_vec())]);
    chirpstack.publish(&[up(&sensor, 8, &room())]);
    let records = records(&server.partner("rooms"), 2);
    assert_eq!(records.len(), 2, "one frame is two records: {records:#?}");
    let record = &records[0]["record"];
    assert_eq!(record["uplink"]["payload"], "0100EA");
    assert_eq!(record["decoded"]["data"]["temperature"], 23.4, "{record:#}");
    assert_eq!(record["radio"]["frequencyHz"], 867_100_000);
    assert_eq!(record["networkServer"], "city", "{record:#}");
    for line in [
        "champollion_mqtt_connected{network_server=\"city\"} 1",
        "champollion_mqtt_messages_total{network_server=\"city\",result=\"accepted\"} 2",
        "champollion_mqtt_messages_total{network_server=\"city\",result=\"duplicate\"} 1",
    ] {
        // A message is counted when it is acknowledged, a moment after its record is there.
        eventually(&format!("it says {line}"), || {
            server.admin().get("/metrics").text.contains(line).then_some(())
        });
    }
}

#[test]
fn of_mosquitto_frames_come_from_the_things_stack_through_its_broker() {
    let broker = Broker::start();
    let settings = chirpstack_settings(&broker).replace("chirpstack", "tts");
    let server = start(&settings);
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", Some(DECODER));
    connected(&server);
    let mut tts = broker.connect("tts");
    tts.publish(&[tts_up(&sensor, 7, &room())]);
    let records = records(&server.partner("rooms"), 1);
    assert_eq!(records[0]["record"]["uplink"]["payload"], "0100EA");
    assert_eq!(records[0]["record"]["radio"]["frequencyHz"], 868_300_000);
}

/// Killed again and again while messages come in: the broker sends again what was not acknowledged.
#[test]
fn of_mosquitto_nothing_is_lost_and_nothing_comes_twice_when_the_server_is_killed() {
    const DEVICES: u8 = 10;
    const FRAMES: u32 = 40;
    let broker = Broker::start();
    let mut server = start(&chirpstack_settings(&broker));
    let sensors: Vec<Sensor> = (1..=DEVICES).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register_reported(sensor, "rooms", None);
    }
    let partner = server.new_token("partner", Some("rooms"));
    connected(&server);
    let mut chirpstack = broker.connect("chirpstack");
    let mut sent = 0;
    for round in 0..4 {
        let f_cnts = round * FRAMES / 4..(round + 1) * FRAMES / 4;
        let messages: Vec<_> = f_cnts
            .flat_map(|f_cnt| sensors.iter().map(move |sensor| up(sensor, f_cnt, &room())))
            .collect();
        sent += messages.len();
        chirpstack.publish(&messages);
        // The broker has them all; of the server nobody knows how far it is.
        server.kill();
        server.restart();
    }
    let records = records(&server.anybody().token(&partner), sent);
    assert_eq!(records.len(), sent);
    let counters = counters(&records);
    assert_eq!(counters.len(), usize::from(DEVICES));
    let expected: Vec<u64> = (0..FRAMES).map(u64::from).collect();
    for (dev_eui, f_cnts) in counters {
        assert_eq!(f_cnts, expected, "{dev_eui}");
    }
}

/// Messages that come while the server is away are kept by the broker.
#[test]
fn of_mosquitto_what_comes_while_the_server_is_stopped_is_taken_later() {
    let broker = Broker::start();
    let mut server = start(&chirpstack_settings(&broker));
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    let partner = server.new_token("partner", Some("rooms"));
    connected(&server);
    assert!(server.stop().success());
    let mut chirpstack = broker.connect("chirpstack");
    chirpstack.publish(&[up(&sensor, 1, &room()), up(&sensor, 2, &room())]);
    server.restart();
    let records = records(&server.anybody().token(&partner), 2);
    assert_eq!(counters(&records)[&sensor.dev_eui()], [1, 2]);
}

#[test]
fn of_mosquitto_the_server_connects_again_when_the_broker_was_away() {
    let mut broker = Broker::start();
    let server = start(&chirpstack_settings(&broker));
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    connected(&server);
    broker.connect("chirpstack").publish(&[up(&sensor, 1, &room())]);
    broker.stop();
    eventually("the server notices", || {
        ready(&server).contains("broker of city: not connected").then_some(())
    });
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("champollion_mqtt_connected{network_server=\"city\"} 0"), "{metrics}");
    broker.restart();
    connected(&server);
    broker.connect("chirpstack").publish(&[up(&sensor, 2, &room())]);
    let records = records(&server.partner("rooms"), 2);
    assert_eq!(counters(&records)[&sensor.dev_eui()], [1, 2]);
}

/// A broker that does not let us in, or whom we do not trust, is told of; everything else goes on.
#[test]
fn of_mosquitto_a_broker_that_cannot_be_used_is_told_of_and_the_server_goes_on() {
    let broker = Broker::start();
    fs::write(broker.file("wrong-password"), "guess").expect("it is written");
    for (from, to, says) in [
        ("/password\"", "/wrong-password\"", "does not accept the user name and the password"),
        ("/ca.pem", "/other-ca.pem", "secure connection"),
    ] {
        let server = start(&chirpstack_settings(&broker).replace(from, to));
        let trouble = eventually("the trouble is told of", || {
            Some(ready(&server)).filter(|text| text.contains(says))
        });
        assert!(trouble.starts_with("ready\nbroker of city: not connected: "), "{trouble}");
        let log = server.log();
        assert!(log.contains(says) && log.contains("city"), "{log}");
        assert!(!log.contains("guess"), "the password is logged: {log}");
        let sensor = Sensor::new(1);
        server.register_reported(&sensor, "rooms", None);
        server.lns().ingest(&sensor.frame(1, 1, &[1])).success();
    }
}

#[test]
fn of_mosquitto_a_certificate_is_enough_for_a_broker_that_asks_for_one() {
    let broker = Broker::start();
    let settings = format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n[network-servers.city.mqtt]\n{}",
        broker.settings_with_certificate()
    );
    let server = start(&settings);
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    connected(&server);
    broker.connect("chirpstack").publish(&[up(&sensor, 1, &room())]);
    assert_eq!(records(&server.partner("rooms"), 1).len(), 1);
}

#[test]
fn settings_that_cannot_be_used_stop_the_start_with_a_sentence() {
    for (toml, says) in [
        ("[network-servers.a]\nkind = \"tts\"\n[network-servers.a.mqtt]\nurl = \"b\"", "mqtts://"),
        (
            "[network-servers.a]\nkind = \"loriot\"\n[network-servers.a.mqtt]\nurl = \"mqtt://b\"",
            "topics",
        ),
        (
            "[network-servers.a]\nkind = \"aws\"\n[network-servers.a.downlink]\nvia = \"http\"\nurl = \"x\"",
            "[network-servers.a.downlink]",
        ),
        (
            "[network-servers.a]\nkind = \"tts\"\n[network-servers.a.mqtt]\nurl = \"mqtts://b\"\n\
             ca-file = \"Cargo.toml\"",
            "the file Cargo.toml cannot be used",
        ),
        (
            "[network-servers.a]\nkind = \"tts\"\n[network-servers.a.mqtt]\nurl = \"mqtts://b\"\n\
             certificate-file = \"Cargo.toml\"",
            "key-file",
        ),
        (
            "[network-servers.a]\nkind = \"tts\"\n[network-servers.a.mqtt]\nurl = \"mqtts://b\"\n\
             certificate-file = \"Cargo.toml\"\nkey-file = \"/no/key\"",
            "/no/key",
        ),
        (
            "[network-servers.a]\nkind = \"tts\"\n[network-servers.a.mqtt]\nurl = \"mqtt://b\"\n\
             client-id = \"c\"\n[network-servers.b]\nkind = \"tts\"\n[network-servers.b.mqtt]\n\
             url = \"mqtt://b\"\nclient-id = \"c\"",
            "[network-servers.b.mqtt]: another network server has the same client-id",
        ),
    ] {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = folder.path().join("champollion.toml");
        fs::write(&file, toml).expect("it is written");
        let output = champollion_tests::run(
            champollion_tests::champollion()
                .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
                .arg(folder.path().join("data"))
                .arg("--config")
                .arg(&file),
        );
        assert!(output.sentence().contains(says), "{toml}: {output:?}");
    }
}

/// Messages that cannot be read are put aside, and hold up nothing behind them.
#[test]
fn of_mosquitto_what_cannot_be_read_is_parked() {
    let broker = Broker::start();
    let settings = format!("{}\n[http]\nbody-bytes = 30000\n", chirpstack_settings(&broker));
    let mut server = start(&settings);
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    let partner = server.new_token("partner", Some("rooms"));
    connected(&server);
    let mut chirpstack = broker.connect("chirpstack");
    let (at, good) = up(&sensor, 1, &room());
    let mut large: Json = serde_json::from_slice(&good).expect("it is JSON");
    large["object"] = json!({ "padding": "x".repeat(50_000) });
    let mut unnamed: Json = serde_json::from_slice(&good).expect("it is JSON");
    unnamed["deviceInfo"]["devEui"] = json!(7);
    chirpstack.publish(&[
        (at.clone(), b"{".to_vec()),
        (at.clone(), b"{".to_vec()),
        (at.clone(), unnamed.to_string().into_bytes()),
        (at.clone(), tts_up(&sensor, 1, &room()).1),
        (at.clone(), large.to_string().into_bytes()),
        up(&sensor, 2, &room()),
        // A device that nobody knows is no message that cannot be read.
        up(&Sensor::new(9), 1, &room()),
    ]);
    let before = records(&server.anybody().token(&partner), 1);
    assert_eq!(counters(&before)[&sensor.dev_eui()], [2]);

    let admin = server.admin();
    let parked = admin.get("/v1/parked").success();
    let parked = parked["parked"].as_array().expect("it is a list");
    let codes: Vec<&str> =
        parked.iter().map(|one| one["code"].as_str().expect("it has a code")).collect();
    let expected = ["malformed-json", "invalid-body", "other-format", "message-too-large"];
    assert_eq!(codes, expected, "{parked:#?}");
    assert_eq!((&parked[0]["times"], &parked[0]["networkServer"]), (&json!(2), &json!("city")));
    let detail = parked[1]["detail"].as_str().expect("it says why");
    assert!(detail.contains("deviceInfo.devEui"), "{detail}");
    let path =
        |index: usize| format!("/v1/parked/{}", parked[index]["id"].as_str().unwrap_or_default());
    assert_eq!(admin.get(&path(0)).success()["text"], "{");
    assert_eq!(admin.delete(&path(0)).status, 204);
    admin.get(&path(0)).problem(404, "unknown-message");
    admin.post(&format!("{}/retry", path(1)), &Json::Null).problem(422, "invalid-body");
    server.anybody().token(&partner).get("/v1/parked").problem(403, "forbidden");

    // Whoever makes room takes the large one after all.
    server.stop();
    server.change_settings(&chirpstack_settings(&broker));
    server.restart();
    let admin = server.admin();
    let whole = admin.get(&path(3)).success();
    assert_eq!(
        (&whole["truncated"], whole["text"].as_str().map(str::len)),
        (&json!(false), Some(large.to_string().len()))
    );
    let retry = admin.post(&format!("{}/retry", path(3)), &Json::Null).success();
    assert_eq!(retry["result"], "accepted");
    assert_eq!(counters(&records(&server.partner("rooms"), 2))[&sensor.dev_eui()], [2, 1]);
    let cli = server.admin_cli();
    let list = cli.run(&["parked", "list"]).success();
    assert!(list.contains("deviceInfo.devEui") && list.contains(&at), "{list}");
    let number = parked[2]["id"].as_str().expect("it has an id");
    let shown = cli.run(&["parked", "show", number]).success();
    assert!(shown.contains("end_device_ids"), "{shown}");
    assert!(cli.run(&["parked", "retry", number]).sentence().contains("other-format"));
    assert!(cli.run(&["parked", "drop", number]).success().contains(number));
    assert_eq!(cli.json(&["parked", "list", "--json"])["parked"].as_array().map(Vec::len), Some(1));
}

#[test]
fn of_mosquitto_there_is_room_for_so_many_parked_messages() {
    let broker = Broker::start();
    let settings = format!("{}\n[parked]\nmessages = 2\n", chirpstack_settings(&broker));
    let server = start(&settings);
    connected(&server);
    let mut chirpstack = broker.connect("chirpstack");
    let at = topic(&Sensor::new(1), "up");
    let poison: Vec<_> =
        (0..5).map(|number| (at.clone(), format!("poison {number}").into_bytes())).collect();
    chirpstack.publish(&poison);
    let parked = eventually("the last is parked", || {
        let list = server.admin().get("/v1/parked").success();
        let id = list["parked"][1]["id"].as_str()?.to_owned();
        // A message of the list can have made room for the next one by now.
        let message = server.admin().get(&format!("/v1/parked/{id}"));
        (message.status == 200 && message.success()["text"] == "poison 4").then_some(list)
    });
    assert_eq!(parked["parked"].as_array().map(Vec::len), Some(2));
    let metrics = server.admin().get("/metrics").text;
    assert!(metrics.contains("champollion_parked_dropped_total 3"), "{metrics}");
    assert!(metrics.contains("champollion_parked_messages 2"), "{metrics}");
}

/// More comes than can be decoded: the broker waits, and nothing is lost or out of order.
#[test]
fn of_mosquitto_a_broker_that_is_too_fast_waits() {
    const DEVICES: u8 = 20;
    const FRAMES: u32 = 15;
    let broker = Broker::start();
    let server = Setup::default()
        .settings(&chirpstack_settings(&broker))
        .variable("CHAMPOLLION_DECODING__WORKERS", "1")
        .variable("CHAMPOLLION_DECODING__QUEUE", "1")
        .start();
    server.publish_own(ELSYS);
    let sensors: Vec<Sensor> = (1..=DEVICES).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register_reported(sensor, "rooms", Some(DECODER));
    }
    connected(&server);
    let messages: Vec<_> = (0..FRAMES)
        .flat_map(|f_cnt| sensors.iter().map(move |sensor| up(sensor, f_cnt, &room())))
        .collect();
    broker.connect("chirpstack").publish(&messages);
    let records = records(&server.partner("rooms"), messages.len());
    assert_eq!(records.len(), messages.len());
    let expected: Vec<u64> = (0..FRAMES).map(u64::from).collect();
    for (dev_eui, f_cnts) in counters(&records) {
        assert_eq!(f_cnts, expected, "{dev_eui}");
    }
    let metrics = server.admin().get("/metrics").text;
    let tried_again =
        "champollion_mqtt_messages_total{network_server=\"city\",result=\"tried-again\"}";
    assert!(metrics.contains(tried_again), "the queue was never full:\n{metrics}");
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(server.admin().get("/v1/parked").success()["parked"], json!([]));
}
