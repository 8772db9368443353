//! Live Objects, Everynet, Netmore, MultiTech, Milesight, and ThingPark's XML: each hands over in its own words,
//! by HTTP and through a broker, and partners get one shape.

use std::{fs, time::Duration};

use champollion_tests::{
    Broker, Client, ELSYS, LUMINAIRE, Outside, Sensor, Server, Setup, digits, eventually, workspace,
};
use serde_json::{Value as Json, json};

const DECODER: &str = "elsys/ers-co2@^1";

/// The uplink that stands in every body: of sensor 1, a temperature of 22.6 °C and a humidity of 41 %.
const PAYLOAD: [u8; 5] = [0x01, 0x00, 0xE2, 0x02, 0x29];
const F_CNT: u32 = 70_001;

/// The network servers, where the FCnt stands in the body of each, and whether its messages say if payloads are
/// encrypted.
const KINDS: [(&str, &str, bool); 5] = [
    ("live-objects", "/metadata/network/lora/fcnt", false),
    ("everynet", "/params/counter_up", true),
    ("netmore", "/fCntUp", false),
    ("multitech", "/fcnt", false),
    ("milesight", "/fCnt", false),
];

fn text(kind: &str, ending: &str) -> String {
    let path = workspace().join(format!("tests/network-servers/{kind}.{ending}"));
    fs::read_to_string(&path).expect("the body can be read")
}

fn body(kind: &str) -> Json {
    serde_json::from_str(&text(kind, "json")).expect("the body is JSON")
}

/// The same with another FCnt.
fn at(kind: &str, f_cnt: u32) -> Json {
    let (_, place, _) = KINDS.into_iter().find(|(name, ..)| *name == kind).expect("it is known");
    let mut body = body(kind);
    *body.pointer_mut(place).expect("the FCnt is there") = json!(f_cnt);
    body
}

/// The network servers as settings know them: what payloads are is said once.
fn settings() -> String {
    KINDS
        .into_iter()
        .map(|(kind, _, says_encryption)| {
            let payload = if says_encryption { "" } else { "payload = \"clear\"\n" };
            format!("[network-servers.{kind}]\nkind = \"{kind}\"\n{payload}")
        })
        .collect()
}

fn start(settings: &str) -> Server {
    let server = Setup::default().settings(settings).start();
    server.publish_own(ELSYS);
    server
}

fn register(server: &Server) {
    let registration = json!({ "group": "rooms", "decoder": DECODER });
    server.admin().put(&Sensor::new(1).path(), &registration).success();
}

fn unregister(server: &Server) {
    assert_eq!(server.admin().delete(&Sensor::new(1).path()).status, 204);
}

/// The records of the group, which are then removed.
fn collect(server: &Server) -> Vec<Json> {
    let partner = server.partner("rooms");
    let records = partner.pull_all();
    if let Some(last) = records.last() {
        partner.post("/v1/records/ack", &json!({ "cursor": last["cursor"] })).success();
    }
    records.into_iter().map(|record| record["record"].clone()).collect()
}

fn path(kind: &str) -> String {
    format!("/v1/ingest/{kind}")
}

fn check(record: &Json, kind: &str) {
    assert_eq!(record["verifiedBy"], "network-server", "{kind}");
    assert_eq!(record["receivedAt"], "2026-02-03T04:05:06.789Z", "{kind}");
    let uplink = &record["uplink"];
    assert_eq!((&uplink["fCnt"], &uplink["fPort"]), (&json!(F_CNT), &json!(5)), "{kind}");
    assert_eq!(uplink["payload"], digits(&PAYLOAD), "{kind}");
    assert_eq!(record["decoded"]["data"]["temperature"], 22.6, "{kind}: {record:#}");
    let radio = &record["radio"];
    assert_eq!((&radio["rssiDbm"], &radio["snrDb"]), (&json!(-90.0), &json!(0.0)), "{kind}");
    assert_eq!(radio["spreadingFactor"], 9, "{kind}");
}

#[test]
fn an_uplink_of_each_becomes_a_record_of_one_shape() {
    let server = start(&settings());
    for (kind, _, says_encryption) in KINDS {
        register(&server);
        let (bound, unbound) = (server.lns_named(kind), server.lns());
        let receipt = bound.post(&path(kind), &body(kind)).success();
        assert_eq!((&receipt["status"], &receipt["decoded"]), (&json!("accepted"), &json!(true)));
        let again = bound.post(&path(kind), &body(kind)).success();
        assert_eq!(again["status"], "duplicate", "{kind}");
        // Where nothing says what the payload is, the record says so.
        unbound.post(&path(kind), &at(kind, F_CNT + 1)).success();
        let records = collect(&server);
        assert_eq!(records.len(), 2, "{kind}: {records:#?}");
        check(&records[0], kind);
        assert_eq!(records[0]["networkServer"], kind);
        assert_eq!(records[0]["uplink"]["warnings"], Json::Null, "{kind}");
        let warned = &records[1]["uplink"]["warnings"][0]["code"];
        let expected = (!says_encryption).then_some("payload-encryption-untold");
        assert_eq!(warned.as_str(), expected, "{kind}");
        unregister(&server);
    }
}

#[test]
fn a_message_at_the_wrong_door_is_sent_to_its_own() {
    let server = start("");
    let lns = server.lns();
    for (kind, ..) in KINDS {
        let other = if kind == "everynet" { "milesight" } else { "everynet" };
        let refused = lns.post(&path(other), &body(kind));
        assert!(refused.problem(400, "other-format").contains(&path(kind)), "{kind}");
    }
}

/// The key that is known here decrypts what Everynet leaves as it was on the air.
#[test]
fn what_everynet_does_not_decrypt_is_decrypted_here() {
    let server = start(&settings());
    let (sensor, lns) = (Sensor::new(1), server.lns_named("everynet"));
    let registration = json!({
        "group": "rooms", "decoder": DECODER, "activation": { "otaaElsewhere": {} },
    });
    server.admin().put(&sensor.path(), &registration).success();
    let session = json!({ "devAddr": sensor.dev_addr(), "appSKey": sensor.app_s_key() });
    lns.put(&format!("{}/session", sensor.path()), &session).success();
    let phy = sensor.phy(F_CNT, 5, &PAYLOAD);
    let mut sealed = body("everynet");
    sealed["params"]["payload"] = json!(null);
    sealed["params"]["encrypted_payload"] =
        json!(data_encoding::BASE64.encode(&phy[9..phy.len() - 4]));
    lns.post(&path("everynet"), &sealed).success();
    check(&collect(&server)[0], "everynet");
}

#[test]
fn several_messages_come_in_one_request() {
    let server = start(&settings());
    register(&server);
    let lns = server.lns_named("netmore");
    let post = |messages: &[Json]| lns.post(&path("netmore"), &json!(messages));
    let one = |f_cnt| at("netmore", f_cnt);
    // As Netmore pushes it.
    assert_eq!(post(&[one(1)]).success()["status"], "accepted");
    let receipts = post(&[one(1), one(2), one(3)]).success();
    let statuses: Vec<&str> = receipts
        .as_array()
        .expect("there are several")
        .iter()
        .filter_map(|receipt| receipt["status"].as_str())
        .collect();
    assert_eq!(statuses, ["duplicate", "accepted", "accepted"]);
    // One that cannot be read costs no other.
    let mut damaged = one(4);
    damaged["payload"] = json!("not hex");
    let refused = post(&[damaged, one(5)]);
    assert!(refused.problem(400, "invalid-body").starts_with("[0].payload: "));
    assert_eq!(post(&[]).success()["status"], "ignored");
    let counters: Vec<u64> =
        collect(&server).iter().filter_map(|record| record["uplink"]["fCnt"].as_u64()).collect();
    assert_eq!(counters, [1, 2, 3, 5]);
}

#[test]
fn thing_park_may_write_xml() {
    let server = start("");
    register(&server);
    let lns = server.lns();
    let report = text("actility", "xml");
    let post = |content_type: &str, report: &str| {
        let headers = [("Content-Type", content_type)];
        lns.post_with("/v1/ingest/actility?LrnFPort=5", &headers, report.as_bytes())
    };
    let xml = "text/xml; charset=utf-8";
    assert_eq!(post(xml, &report).success()["status"], "accepted");
    // The same report as JSON is the same uplink.
    let json = lns.post("/v1/ingest/actility", &body("actility")).success();
    assert_eq!(json["status"], "duplicate");
    // Whatever it is declared as, and however little of its radio can be read.
    let later = report.replace("70001", "70002").replace("868.3", "NaN");
    assert_eq!(post("application/octet-stream", &later).success()["status"], "accepted");
    let records = collect(&server);
    let record = &records[0];
    check(record, "actility");
    assert_eq!(record["uplink"]["devAddr"], "02001001");
    assert_eq!(
        (&record["radio"]["redundancy"], &record["radio"]["frequencyHz"]),
        (&json!(2), &json!(868_300_000))
    );
    let warning = &records[1]["uplink"]["warnings"][0];
    assert_eq!(warning["member"], "DevEUI_uplink.Frequency", "{}", records[1]);
    let sent = "<DevEUI_downlink_Sent xmlns=\"http://uri.actility.com/lora\">\
                <DevEUI>02C4A3FFFE100001</DevEUI></DevEUI_downlink_Sent>";
    assert_eq!(post(xml, sent).success()["status"], "ignored");
    let port = report.replace("<FPort>5</FPort>", "<FPort>five</FPort>");
    assert!(post(xml, &port).problem(400, "invalid-body").starts_with("DevEUI_uplink.FPort: "));
    let cut = &report[..report.len() / 2];
    assert!(post(xml, cut).problem(400, "malformed-xml").contains("XML"));
}

/// The topics of each, where the settings must name them, and the topic that an uplink comes by.
const BROKERS: [(&str, &str, &str); 6] = [
    ("live-objects", "fifo/champollion", "fifo/champollion"),
    ("everynet", "everynet/#", "everynet/uplink"),
    ("netmore", "", "client/c1/edge/e1/netmore/raw/evt/blink/02c4a3fffe100001/elsys_ers_co2"),
    ("multitech", "", "lorawan/8b-6c-f0-8e-ee-df-1b-b6/02-c4-a3-ff-fe-10-00-01/up"),
    ("milesight", "milesight/uplink/+", "milesight/uplink/02c4a3fffe100001"),
    ("actility", "thingpark/#", "thingpark/02C4A3FFFE100001"),
];

#[test]
fn of_mosquitto_each_hands_over_through_a_broker() {
    let broker = Broker::start();
    let mut settings = settings();
    settings.push_str("[network-servers.actility]\nkind = \"actility\"\n");
    for (kind, topics, _) in BROKERS {
        settings.push_str(&format!("[network-servers.{kind}.mqtt]\n{}", broker.settings()));
        if !topics.is_empty() {
            settings.push_str(&format!("topics = [\"{topics}\"]\n"));
        }
    }
    let server = start(&settings);
    let mut there = broker.connect("network servers");
    for (kind, _, topic) in BROKERS {
        eventually(&format!("{kind} is connected"), || {
            let ready = server.admin().get("/readyz").text;
            ready.contains(&format!("broker of {kind}: connected")).then_some(())
        });
        register(&server);
        let message = match kind {
            "netmore" => {
                let packet = body(kind);
                json!([{ "t": 1_770_091_506_789_i64, "n": "raw", "u": "json", "v": packet }])
                    .to_string()
            }
            "actility" => text(kind, "xml"),
            _ => body(kind).to_string(),
        };
        there.publish(&[(topic.to_owned(), message.into_bytes())]);
        let records = eventually(&format!("the record of {kind} is there"), || {
            Some(collect(&server)).filter(|records| !records.is_empty())
        });
        assert_eq!(records.len(), 1, "{kind}");
        check(&records[0], kind);
        assert_eq!(records[0]["networkServer"], kind);
        unregister(&server);
    }
}

/// A server with a network server that commands go to, and a light that lives there.
fn commanded(kind: &str, settings: &str) -> (Server, Sensor) {
    let settings = format!("[network-servers.city]\nkind = \"{kind}\"\n{settings}");
    let server = Setup::default().settings(&settings).start();
    server.publish_own(LUMINAIRE);
    let sensor = Sensor::new(1);
    let mut registration = sensor.registration("light", Some("nas/ul20xx@^1"));
    registration["networkServer"] = json!("city");
    registration["reported"] = json!(true);
    server.admin().put(&sensor.path(), &registration).success();
    (server, sensor)
}

/// Sends full light, and returns the id of the command.
fn send(admin: &Client, sensor: &Sensor) -> String {
    let light = json!({ "manualDimming": { "destination": [
        { "address": "dali_broadcast", "dimmingLevel": 100 },
    ]}});
    let wish = json!({ "command": light, "confirmed": true });
    let sent = admin.post(&format!("{}/downlinks", sensor.path()), &wish).success();
    sent["id"].as_str().expect("it has an id").to_owned()
}

#[track_caller]
fn once(admin: &Client, id: &str, state: &str) {
    eventually(&format!("the command is {state}"), || {
        let downlink = admin.get(&format!("/v1/downlinks/{id}")).success();
        (downlink["state"] == state).then_some(())
    });
}

#[test]
fn live_objects_is_commanded_over_http() {
    let key_file = tempfile::NamedTempFile::new().expect("there is room for a file");
    fs::write(key_file.path(), "key of the town\n").expect("it is written");
    let outside = Outside::start(|_| (201, json!({ "id": "ae49129f" }).to_string()));
    let (server, sensor) = commanded(
        "live-objects",
        &format!(
            "[network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\ntoken-file = \"{}\"\n",
            outside.url(),
            key_file.path().display()
        ),
    );
    let sent = send(&server.admin(), &sensor);
    let asked = &outside.wait_for(1)[0];
    let expected =
        format!("/api/v1/deviceMgt/devices/urn:lo:nsid:lora:{}/commands", sensor.dev_eui());
    assert_eq!(asked.path, expected);
    assert_eq!(asked.body["request"]["value"], json!({ "data": "01fe64", "port": 60 }));
    // It tells nothing later.
    once(&server.admin(), &sent, "sent");
}

#[test]
fn a_milesight_gateway_is_commanded_over_http() {
    let password_file = tempfile::NamedTempFile::new().expect("there is room for a file");
    fs::write(password_file.path(), "secret").expect("it is written");
    let outside = Outside::start(|asked| match asked.path.as_str() {
        "/api/internal/login" => (200, json!({ "jwt": "eyJ" }).to_string()),
        _ => (200, "{}".to_owned()),
    });
    let (server, sensor) = commanded(
        "milesight",
        &format!(
            "[network-servers.city.downlink]\nvia = \"http\"\nurl = \"{}\"\nusername = \"apiuser\"\n\
             password-file = \"{}\"\n",
            outside.url(),
            password_file.path().display()
        ),
    );
    let sent = send(&server.admin(), &sensor);
    let asked = outside.wait_for(2);
    assert_eq!(asked[0].body, json!({ "username": "apiuser", "password": "secret" }));
    let dev_eui = sensor.dev_eui().to_lowercase();
    assert_eq!(asked[1].path, format!("/api/devices/{dev_eui}/queue"));
    assert_eq!(
        (&asked[1].body["data"], &asked[1].body["reference"]),
        (&json!("Af5k"), &json!(sent))
    );
    once(&server.admin(), &sent, "sent");
    let acknowledged = json!({
        "applicationID": "1", "devEUI": dev_eui, "reference": sent, "acknowledged": true,
    });
    let heard = server.lns_named("city").post(&path("milesight"), &acknowledged).success();
    assert_eq!(heard["status"], "ignored");
    once(&server.admin(), &sent, "acknowledged");
    // A device that has not joined there.
    outside.answer(|_| (200, json!({ "error": "object does not exist", "code": 13 }).to_string()));
    let refused = send(&server.admin(), &sensor);
    once(&server.admin(), &refused, "failed");
}

/// A command goes to where the device was heard.
#[test]
fn of_mosquitto_gateways_are_commanded_through_a_broker() {
    let broker = Broker::start();
    for (kind, topics, uplink, topic) in [
        (
            "multitech",
            "",
            "lorawan/8b-6c-f0-8e-ee-df-1b-b6/02-c4-a3-ff-fe-10-00-01/up",
            "lorawan/8b-6c-f0-8e-ee-df-1b-b6/02-c4-a3-ff-fe-10-00-01/down",
        ),
        (
            "milesight",
            "topics = [\"application/+/device/+/rx\"]\n",
            "application/1/device/02c4a3fffe100001/rx",
            "application/1/device/02c4a3fffe100001/tx",
        ),
    ] {
        let (server, sensor) = commanded(
            kind,
            &format!(
                "payload = \"clear\"\n[network-servers.city.mqtt]\nclient-id = \"{kind}\"\n{topics}{}\
                 [network-servers.city.downlink]\nvia = \"mqtt\"\n",
                broker.settings()
            ),
        );
        eventually("the broker is connected", || {
            let ready = server.admin().get("/readyz").text;
            ready.contains("broker of city: connected").then_some(())
        });
        let mut there = broker.connect(&format!("gateway of {kind}"));
        there.subscribe(topic);
        there.publish(&[(uplink.to_owned(), body(kind).to_string().into_bytes())]);
        eventually("the uplink is taken", || {
            (!server.partner("light").pull_all().is_empty()).then_some(())
        });
        let sent = send(&server.admin(), &sensor);
        let command = there.receive();
        assert_eq!(command.topic, topic);
        let command: Json = serde_json::from_slice(&command.payload).expect("it is JSON");
        assert_eq!(command["data"], "Af5k", "{command}");
        once(&server.admin(), &sent, "sent");
        assert!(there.is_silent(Duration::from_millis(300)), "it is handed over twice");
    }
}
