//! Records are published through a partner's own broker: a real one, with TLS.

use std::{fs, thread, time::Duration};

use champollion_tests::{BROKER_USER, Broker, Client, Sensor, Server, Setup, eventually};
use serde_json::{Value as Json, json};

const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nfirst-pause-ms = 20\nlongest-pause-seconds = 1\n";

fn server() -> Server {
    Setup::default().settings(SETTINGS).start()
}

fn read(broker: &Broker, file: &str) -> String {
    fs::read_to_string(broker.file(file)).expect("it is there")
}

fn route(broker: &Broker, ca: &str, password: &str) -> Json {
    json!({ "to": { "mqtt": {
        "url": broker.tls_url(),
        "user": BROKER_USER.0,
        "password": password,
        "tls": { "ca": read(broker, ca) },
        "topic": "city/{group}/{route}/{devEui}/{port}",
    } } })
}

fn status(client: &Client) -> Json {
    client.get("/v1/routes/all").success()["status"].clone()
}

fn send(server: &Server, sensor: &Sensor, f_cnts: impl IntoIterator<Item = u32>) {
    let lns = server.lns();
    for f_cnt in f_cnts {
        lns.ingest(&sensor.frame(f_cnt, 3, &[1])).success();
    }
}

#[test]
fn of_mosquitto_records_are_published_in_order_and_again_when_the_broker_is_back() {
    let (server, mut broker) = (server(), Broker::start());
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    partner.put("/v1/routes/all", &route(&broker, "ca.pem", BROKER_USER.1)).success();
    let mut subscriber = broker.connect("subscriber");
    subscriber.subscribe("city/#");
    send(&server, &sensor, 1..=3);
    for f_cnt in 1..=3 {
        let message = subscriber.receive();
        assert_eq!(message.topic, format!("city/water/all/{}/3", sensor.dev_eui()));
        let record: Json = serde_json::from_slice(&message.payload).expect("it is JSON");
        assert_eq!(record["uplink"]["fCnt"], f_cnt);
    }
    eventually("they are delivered", || (status(&partner)["delivered"] == 3).then_some(()));
    eventually("what is delivered is removed", || partner.pull_all().is_empty().then_some(()));

    broker.stop();
    send(&server, &sensor, 4..=6);
    eventually("it fails", || {
        let said = status(&partner)["lastFailure"]["message"].as_str()?.to_owned();
        said.contains("broker").then_some(())
    });
    thread::sleep(Duration::from_millis(300));
    broker.restart();
    let mut subscriber = broker.connect("subscriber-2");
    subscriber.subscribe("city/#");
    eventually("they are delivered", || (status(&partner)["delivered"] == 6).then_some(()));
    // Whoever subscribed in time sees the later ones, in their order.
    send(&server, &sensor, [7]);
    let mut last = 0;
    while last != 7 {
        let record: Json =
            serde_json::from_slice(&subscriber.receive().payload).expect("it is JSON");
        let f_cnt = record["uplink"]["fCnt"].as_u64().expect("it is a number");
        assert!(f_cnt > last, "{f_cnt} after {last}");
        last = f_cnt;
    }
    let tried = partner.post("/v1/routes/all/test", &json!({})).success();
    assert_eq!(tried["outcome"], "taken", "{tried}");
}

#[test]
fn of_mosquitto_what_is_wrong_with_a_broker_is_told() {
    let (server, broker) = (server(), Broker::start());
    let partner = server.partner("water");
    for (route, says) in [
        (route(&broker, "other-ca.pem", BROKER_USER.1), "no secure connection"),
        (route(&broker, "ca.pem", "wrong"), "does not accept the user name"),
    ] {
        partner.put("/v1/routes/all", &route).success();
        let tried = partner.post("/v1/routes/all/test", &json!({})).success();
        assert_eq!(tried["outcome"], "failed", "{tried}");
        let said = tried["message"].as_str().unwrap_or_default();
        assert!(said.contains(says), "{tried}");
    }
    for (change, code, says) in [
        (json!({ "url": "mqtt://localhost" }), "invalid-route", "the address is without TLS"),
        (json!({ "url": "http://localhost" }), "invalid-route", "mqtts://"),
        (json!({ "topic": "a/#" }), "invalid-body", "topic"),
        (json!({ "tls": { "ca": "no certificate" } }), "invalid-route", "tls.ca"),
    ] {
        let mut wanted = route(&broker, "ca.pem", BROKER_USER.1);
        for (name, value) in change.as_object().expect("it is an object") {
            wanted["to"]["mqtt"][name] = value.clone();
        }
        let refused = partner.put("/v1/routes/all", &wanted);
        let status = if code == "invalid-body" { 400 } else { 422 };
        let said = refused.problem(status, code);
        assert!(said.contains(says), "{change}: {said}");
    }
}
