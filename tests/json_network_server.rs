//! A network server that nobody wrote an adapter for: its messages are read as the settings describe them.

use std::fs;

use champollion_tests::{
    Broker, Client, ELSYS, Sensor, Server, Setup, Table, digits, eventually, workspace,
};
use serde_json::{Value as Json, json};

const PATH: &str = "/v1/ingest/json";

const DECODER: &str = "elsys/ers-co2@^1";

/// The payload of a room sensor: 22.6 degrees.
const PAYLOAD: [u8; 5] = [0x01, 0x00, 0xE2, 0x02, 0x29];

/// Two network servers of one kind, each with a description of its own.
const SETTINGS: &str = r#"
[network-servers.region]
kind = "json"
[network-servers.region.json]
dev-eui = "/device/eui"
dev-addr = "/device/address"
f-cnt = "/frame/counter"
f-port = "/frame/port"
payload-hex = "/frame/data"
encrypted = "/frame/encrypted"
time-milliseconds = "/received"
frequency-mhz = "/radio/frequency"
spreading-factor = "/radio/rate"
gateways = { list = "/radio/gateways", id = "/id", rssi = "/rssi", snr = "/snr" }
messages = { type = "/type", uplinks = ["uplink"], joins = ["join"] }

[network-servers.village]
kind = "json"
[network-servers.village.json]
dev-eui = "/e"
f-cnt = "/c"
f-port = "/p"
payload-base64 = "/d"

[network-servers.city]
kind = "tts"
"#;

fn region(sensor: &Sensor, f_cnt: u32, payload: &[u8]) -> Json {
    json!({
        "type": "uplink",
        "device": { "eui": sensor.dev_eui().to_lowercase(), "address": sensor.dev_addr() },
        "frame": {
            "counter": f_cnt.to_string(), "port": 5, "data": digits(payload), "encrypted": false,
        },
        "received": 1_770_091_506_789_i64,
        "radio": {
            "frequency": 868.3,
            "rate": "SF9BW125",
            "gateways": [
                { "id": "town-hall", "rssi": -107, "snr": -7.5 },
                { "id": "water-tower", "rssi": -90, "snr": 3 },
            ],
        },
    })
}

fn without(pointer: &str, body: &Json) -> Json {
    let mut body = body.clone();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let parent = body.pointer_mut(parent).and_then(Json::as_object_mut);
    parent.expect("the parent is there").remove(name);
    body
}

fn with(pointer: &str, value: Json, body: &Json) -> Json {
    let mut body = body.clone();
    *body.pointer_mut(pointer).expect("it is there") = value;
    body
}

fn start(settings: &str) -> Server {
    let server = Setup::default().settings(settings).start();
    server.publish_own(ELSYS);
    server
}

/// A client whose token is bound to a network server.
fn bound_to(server: &Server, network_server: &str) -> Client {
    let wanted = json!({ "name": "x", "role": "lns", "networkServer": network_server });
    let made = server.admin().post("/v1/tokens", &wanted).success();
    server.anybody().token(made["token"].as_str().expect("it has a token"))
}

/// Registers a sensor whose keys the network server has.
fn register(server: &Server, sensor: &Sensor, decoder: Option<&str>) {
    let registration = json!({ "group": "rooms", "decoder": decoder });
    server.admin().put(&sensor.path(), &registration).success();
}

fn records(server: &Server) -> Vec<Json> {
    let records = server.partner("rooms").pull_all();
    records.into_iter().map(|record| record["record"].clone()).collect()
}

#[test]
fn an_uplink_becomes_a_record_of_the_shape_that_all_have() {
    let server = start(SETTINGS);
    let (sensor, lns) = (Sensor::new(1), bound_to(&server, "region"));
    register(&server, &sensor, Some(DECODER));
    let body = region(&sensor, 70_001, &PAYLOAD);
    let taken = lns.post(PATH, &body).success();
    assert_eq!((&taken["status"], &taken["decoded"]), (&json!("accepted"), &json!(true)));
    assert_eq!(lns.post(PATH, &body).success()["status"], "duplicate");
    // Other types are well received; a join explains a counter that starts over.
    let status = lns.post(PATH, &json!({ "type": "battery", "device": {} })).success();
    assert_eq!((&status["status"], &status["what"]), (&json!("ignored"), &json!("battery")));
    let joined = with("/type", json!("join"), &with("/device/address", json!("02001002"), &body));
    assert_eq!(lns.post(PATH, &joined).success()["status"], "joined");

    let records = records(&server);
    assert_eq!(records.len(), 1, "{records:#?}");
    let record = &records[0];
    let told = (&record["verifiedBy"], &record["networkServer"]);
    assert_eq!(told, (&json!("network-server"), &json!("region")));
    assert_eq!(record["receivedAt"], "2026-02-03T04:05:06.789Z");
    let uplink = json!({
        "devAddr": sensor.dev_addr(), "fCnt": 70_001, "fPort": 5, "confirmed": false,
        "payload": digits(&PAYLOAD),
    });
    assert_eq!(record["uplink"], uplink);
    assert_eq!(record["decoded"]["data"]["temperature"], 22.6, "{record:#}");
    let radio = &record["radio"];
    assert_eq!(
        (&radio["frequencyHz"], &radio["spreadingFactor"]),
        (&json!(868_300_000), &json!(9))
    );
    assert_eq!((&radio["redundancy"], &radio["rssiDbm"]), (&json!(2), &json!(-90.0)), "{radio}");
}

#[test]
fn the_description_is_that_of_the_network_server_that_the_token_is_bound_to() {
    let server = start(SETTINGS);
    let sensor = Sensor::new(1);
    register(&server, &sensor, None);
    let village = bound_to(&server, "village");
    let body = json!({ "e": sensor.dev_eui(), "c": 3, "p": 5, "d": "AQDiAik=" });
    assert_eq!(village.post(PATH, &body).success()["status"], "accepted");
    assert_eq!(records(&server)[0]["networkServer"], "village");
    assert_eq!(records(&server)[0]["uplink"]["payload"], digits(&PAYLOAD));
    let refused = bound_to(&server, "region").post(PATH, &with("/c", json!(4), &body));
    // To the region it is a message of an unknown type.
    assert_eq!(refused.success()["what"], "nothing at /type");

    for (client, says) in [
        (server.lns(), "--network-server"),
        (server.admin(), "--network-server"),
        (bound_to(&server, "city"), "/v1/ingest/tts"),
    ] {
        assert!(client.post(PATH, &body).problem(403, "forbidden").contains(says));
    }
    assert!(village.post("/v1/ingest/tts", &body).problem(403, "forbidden").contains(PATH));
    server.partner("rooms").post(PATH, &body).problem(403, "forbidden");
}

#[test]
fn what_is_not_where_the_settings_say_is_named() {
    let server = start(SETTINGS);
    let (sensor, lns) = (Sensor::new(1), bound_to(&server, "region"));
    register(&server, &sensor, None);
    let body = region(&sensor, 1, &PAYLOAD);
    let mut table = Table::default();
    for (pointer, setting) in [
        ("/device/eui", "json.dev-eui"),
        ("/frame/counter", "json.f-cnt"),
        ("/frame/port", "json.f-port"),
        ("/frame/data", "json.payload-hex"),
    ] {
        let invalid = (400, "invalid-body");
        let missing = lns.post(PATH, &without(pointer, &body));
        table.expect(pointer, &missing, invalid, &[pointer, "missing", setting, "json.messages"]);
        table.check(pointer, (missing.body["path"] != pointer).then(|| missing.text.clone()));
        for (what, value) in
            [("a list", json!([1])), ("text", json!("&&")), ("huge", json!("0".repeat(500_000)))]
        {
            let answer = lns.post(PATH, &with(pointer, value, &body));
            table.expect(&format!("{pointer} is {what}"), &answer, invalid, &[pointer, setting]);
        }
    }
    let json = [("Content-Type", "application/json")];
    for (text, code) in [("", "malformed-json"), ("{", "malformed-json"), ("[]", "invalid-body")] {
        let answer = lns.post_with(PATH, &json, text.as_bytes());
        table.expect(text, &answer, (400, code), &["the message"]);
    }
    let nobody = lns.post(PATH, &region(&Sensor::new(9), 1, &PAYLOAD));
    table.expect("unknown", &nobody, (404, "unknown-dev-eui"), &[&Sensor::new(9).dev_eui()]);
    table.finish();
    assert!(records(&server).is_empty());
    // How it was received is no reason to lose it.
    let odd = with("/radio", json!({ "frequency": "n/a", "rate": [], "gateways": 3 }), &body);
    assert_eq!(lns.post(PATH, &odd).success()["status"], "accepted");
    let warnings = &records(&server)[0]["uplink"]["warnings"];
    for (index, member) in ["/radio/frequency", "/radio/gateways", "/radio/rate"].iter().enumerate()
    {
        assert_eq!(warnings[index]["code"], "unreadable-member", "{warnings}");
        assert_eq!(warnings[index]["member"], *member, "{warnings}");
    }
}

#[test]
fn payloads_that_stay_encrypted_are_decrypted_here() {
    let server = start(SETTINGS);
    let (sensor, lns) = (Sensor::new(1), bound_to(&server, "region"));
    let registration = json!({ "group": "rooms", "activation": { "otaaElsewhere": {} } });
    server.admin().put(&sensor.path(), &registration).success();
    let session = json!({ "devAddr": sensor.dev_addr(), "appSKey": sensor.app_s_key() });
    lns.put(&format!("{}/session", sensor.path()), &session).success();
    let phy = sensor.phy(7, 5, &PAYLOAD);
    let mut body = region(&sensor, 7, &phy[9..phy.len() - 4]);
    body["frame"]["encrypted"] = json!(true);
    assert_eq!(lns.post(PATH, &body).success()["status"], "accepted");
    assert_eq!(records(&server)[0]["uplink"]["payload"], digits(&PAYLOAD));
}

/// The network servers that the documentation shows, as it shows them.
#[test]
fn the_documented_network_servers_are_connected() {
    let path = workspace().join("docs/network-servers-json.md");
    let documentation = fs::read_to_string(path).expect("the documentation can be read");
    let block = |heading: &str, language: &str| {
        let (_, section) = documentation.split_once(heading).expect("there is a section");
        let (_, block) = section.split_once(&format!("```{language}\n")).expect("there is a block");
        block.split_once("\n```").expect("the block ends").0.to_owned()
    };
    let documented = [("## Orange Live Objects", "live-objects"), ("## Everynet", "everynet")];
    let settings = documented.map(|(heading, _)| block(heading, "toml")).join("\n");
    let server = start(&settings);
    for (heading, name) in documented {
        register(&server, &Sensor::new(1), Some(DECODER));
        let lns = bound_to(&server, name);
        let body: Json = serde_json::from_str(&block(heading, "json")).expect("it is JSON");
        let taken = lns.post(PATH, &body).success();
        assert_eq!((&taken["decoded"], &taken["fCnt"]), (&json!(true), &json!(70_001)), "{name}");
        let records = records(&server);
        let record = records.last().expect("there is a record");
        assert_eq!(record["networkServer"], name);
        assert_eq!(record["receivedAt"], "2026-02-03T04:05:06.789Z", "{name}");
        assert_eq!(record["decoded"]["data"]["temperature"], 22.6, "{name}: {record:#}");
        let radio = &record["radio"];
        assert_eq!((&radio["rssiDbm"], &radio["spreadingFactor"]), (&json!(-90.0), &json!(9)));
        assert_eq!(server.admin().delete(&Sensor::new(1).path()).status, 204);
    }
}

#[test]
fn messages_come_through_a_broker_too() {
    let broker = Broker::start();
    let mut settings = format!(
        "{SETTINGS}\n[network-servers.region.mqtt]\ntopics = [\"lora/#\"]\n{}",
        broker.settings()
    );
    let server = start(&settings);
    let sensor = Sensor::new(1);
    register(&server, &sensor, Some(DECODER));
    eventually("the broker is connected", || {
        let ready = server.admin().get("/readyz").text;
        ready.contains("broker of region: connected").then_some(())
    });
    let topic = format!("lora/{}", sensor.dev_eui());
    let body = |f_cnt| region(&sensor, f_cnt, &PAYLOAD);
    let message = |body: &Json| (topic.clone(), body.to_string().into_bytes());
    let status = json!({ "type": "status" });
    let bad = without("/frame/port", &body(2));
    broker.connect("region").publish(&[
        message(&body(1)),
        message(&bad),
        message(&status),
        message(&body(3)),
    ]);
    let kept = eventually("both records are there", || {
        Some(records(&server)).filter(|records| records.len() == 2)
    });
    assert_eq!(kept[1]["networkServer"], "region");
    assert_eq!(kept[1]["decoded"]["data"]["temperature"], 22.6);
    let parked = server.admin().get("/v1/parked").success();
    let detail = parked["parked"][0]["detail"].as_str().expect("it is parked");
    assert!(detail.contains("/frame/port") && detail.contains("json.f-port"), "{detail}");

    // Without topics nobody knows what to subscribe to.
    settings = settings.replace("topics = [\"lora/#\"]\n", "");
    assert!(refused(&settings).contains("topics"), "{settings}");
}

/// Returns the words of a server that does not start with some settings.
fn refused(settings: &str) -> String {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("champollion.toml");
    fs::write(&file, settings).expect("it is written");
    let output = champollion_tests::run(
        champollion_tests::champollion()
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path().join("data"))
            .arg("--config")
            .arg(&file),
    );
    output.failure().to_owned()
}

#[test]
fn settings_that_cannot_be_used_stop_the_start_with_the_settings_name() {
    let village = "[network-servers.village]\nkind = \"json\"\n[network-servers.village.json]\n\
                   dev-eui = \"/e\"\nf-cnt = \"/c\"\nf-port = \"/p\"\npayload-hex = \"/d\"\n";
    let mut table = Table::default();
    for (from, to, says) in [
        ("\"/e\"", "\"e\"", "dev-eui: \"e\" is no JSON pointer"),
        ("\"/c\"", "\"/c~\"", "f-cnt: \"/c~\" is no JSON pointer"),
        ("f-port = \"/p\"\n", "", "f-port is missing"),
        ("payload-hex = \"/d\"\n", "", "payload-hex or payload-base64 is missing"),
        ("payload-hex", "payload-base64 = \"/d\"\npayload-hex", "payload-hex and payload-base64"),
        ("f-port", "f_port", "f_port"),
        ("payload-hex", "payload", "payload"),
        ("[network-servers.village.json]", "[network-servers.village.jsn]", "jsn"),
        ("kind = \"json\"", "kind = \"tts\"", "[network-servers.village.json]: it goes with kind"),
        (
            "[network-servers.village.json]",
            "[network-servers.village.downlink]\nvia = \"http\"\nurl = \"http://lns\"\n\
             [network-servers.village.json]",
            "[network-servers.village.downlink]: a network server that the settings describe takes \
             no commands over HTTP",
        ),
    ] {
        let said = refused(&village.replacen(from, to, 1));
        let is_named = said.contains(says) && said.contains("village");
        table.check(to, (!is_named).then(|| said.clone()));
    }
    let said = refused("[network-servers.village]\nkind = \"json\"\n");
    let names = ["[network-servers.village.json]", "dev-eui", "payload-hex"];
    let unnamed = names.into_iter().find(|name| !said.contains(name));
    table.check("no description", unnamed.map(|name| format!("{name} is not named: {said}")));
    table.finish();
}
