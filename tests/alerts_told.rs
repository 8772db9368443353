//! Systems are told of alerts: by webhook and by MQTT, also where they are away at first, and of routes that do not deliver.

use champollion_tests::{
    Asked, BROKER_USER, Broker, Client, Outside, Sensor, Server, Setup, eventually,
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Recipients on this machine are let through, and pauses are those that a test can wait for.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n\
    [outbox]\nfirst-pause-seconds = 1\nlongest-pause-seconds = 1\ngathering-seconds = 0\n";

fn server() -> (Server, Sensor) {
    let server = Setup::default().settings(SETTINGS).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    (server, sensor)
}

fn hear(server: &Server, sensor: &Sensor, f_cnt: u32) {
    let mut frame = sensor.frame(f_cnt, 1, &[1]);
    frame["receivedAt"] = json!(Timestamp::now());
    server.lns().ingest(&frame).success();
}

/// Puts a rule on a device that is silent for a second, which tells a system.
fn silence(partner: &Client, tell: &Json) -> Json {
    let rule = json!({ "when": { "silent": { "seconds": 1 } }, "tell": tell });
    partner.put("/v1/alerts/rules/silence", &rule).success()
}

fn taken(_: &Asked) -> (u16, String) {
    (204, String::new())
}

/// The requests about an event, the first of each id.
fn events(outside: &Outside, kind: &str) -> Vec<Asked> {
    let mut asked = outside.asked();
    asked.retain(|asked| asked.body["type"] == kind);
    let id = |asked: &Asked| asked.headers["webhook-id"].clone();
    asked.sort_by_key(|asked| id(asked).to_str().map(str::to_owned).unwrap_or_default());
    asked.dedup_by_key(|asked| id(asked));
    asked
}

#[test]
fn a_system_is_told_signed_of_the_begin_and_the_end_of_an_alert_also_when_it_was_away() {
    let ((mut server, sensor), mut outside) = (server(), Outside::away(taken));
    let tell = json!({ "webhook": { "url": outside.url() } });
    let made = silence(&server.partner("water"), &tell);
    let secret = made["signingSecret"].as_str().expect("a secret is made").to_owned();
    assert!(secret.starts_with("whsec_"), "{made}");
    hear(&server, &sensor, 1);
    eventually("the system is missed", || {
        let metrics = server.admin().get("/metrics").text;
        metrics.contains("champollion_outbox_failures_total{channel=\"webhook\"}").then_some(())
    });
    server.kill();
    outside.come();
    server.restart();
    let raised = eventually("the alert is told", || events(&outside, "alert.raised").pop());
    let header = |name: &str| raised.headers[name].to_str().expect("it is text").to_owned();
    assert!(header("webhook-signature").starts_with("v1,"), "{:?}", raised.headers);
    assert!(header("webhook-timestamp").parse::<i64>().is_ok(), "{:?}", raised.headers);
    let alert = &raised.body["data"];
    assert_eq!((&alert["rule"], &alert["group"]), (&json!("silence"), &json!("water")));
    assert_eq!(alert["device"], sensor.dev_eui());
    assert_eq!((&alert["limit"], &alert["unit"]), (&json!("1 s without a frame"), &json!("s")));
    assert_eq!((&alert["limitValue"], &alert["what"]), (&json!(1.0), &json!("silent for 1 s")));
    assert!(!raised.text.contains(&secret), "a secret signs, and is told nobody");
    hear(&server, &sensor, 2);
    let ended = eventually("its end is told", || {
        let told = events(&outside, "alert.ended");
        told.into_iter().find(|told| told.body["data"]["id"] == alert["id"])
    });
    assert!(ended.body["data"]["endedAt"].is_string(), "{}", ended.text);
    let of_alert = |kind| {
        let told = events(&outside, kind).into_iter();
        told.filter(|told| told.body["data"]["id"] == alert["id"]).count()
    };
    assert_eq!((of_alert("alert.raised"), of_alert("alert.ended")), (1, 1));
}

#[test]
fn of_mosquitto_a_broker_is_told_of_the_begin_and_the_end_of_an_alert() {
    let ((server, sensor), broker) = (server(), Broker::start());
    let mut subscriber = broker.connect("subscriber");
    subscriber.subscribe("city/alerts");
    let tell = json!({ "mqtt": {
        "url": broker.plain_url(),
        "topic": "city/alerts",
        "user": BROKER_USER.0,
        "password": BROKER_USER.1,
    } });
    let made = silence(&server.partner("water"), &tell);
    assert!(!made.to_string().contains(&format!("\"password\":\"{}\"", BROKER_USER.1)), "{made}");
    hear(&server, &sensor, 1);
    let mut next =
        || -> Json { serde_json::from_slice(&subscriber.receive().payload).expect("it is JSON") };
    let raised = next();
    assert_eq!(raised["data"]["type"], "alert.raised", "{raised}");
    let alert = &raised["data"]["alert"];
    assert_eq!((&alert["rule"], &alert["device"]), (&json!("silence"), &json!(sensor.dev_eui())));
    assert!(raised["id"].is_string() && raised["timestamp"].is_string(), "{raised}");
    hear(&server, &sensor, 2);
    let ended = next();
    assert_eq!(ended["data"]["type"], "alert.ended", "{ended}");
    assert_eq!(ended["data"]["alert"]["id"], alert["id"], "{ended}");
}

#[test]
fn a_route_that_does_not_deliver_is_told_once_and_its_recovery_too() {
    let (server, sensor) = server();
    let refusing = Outside::start(|_| (500, String::new()));
    let outside = Outside::start(taken);
    let partner = server.partner("water");
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let route = json!({ "to": { "http": { "url": refusing.url(), "secrets": [secret] } } });
    partner.put("/v1/routes/collector", &route).success();
    let rule = json!({
        "when": { "route": { "route": "collector", "seconds": 1 } },
        "tell": { "webhook": { "url": outside.url() } },
    });
    partner.put("/v1/alerts/rules/dark", &rule).success();
    hear(&server, &sensor, 1);
    let raised = eventually("the route is missed", || events(&outside, "alert.raised").pop());
    let alert = &raised.body["data"];
    assert_eq!((&alert["route"], &alert["rule"]), (&json!("collector"), &json!("dark")));
    let open = partner.get("/v1/alerts").success();
    assert_eq!(open["alerts"][0]["id"], alert["id"], "{open}");
    refusing.answer(taken);
    let ended = eventually("its recovery is told", || events(&outside, "alert.ended").pop());
    assert_eq!(ended.body["data"]["id"], alert["id"], "{}", ended.text);
    assert_eq!(partner.get("/v1/alerts").success()["alerts"], json!([]));
    assert_eq!(events(&outside, "alert.raised").len(), 1);
}
