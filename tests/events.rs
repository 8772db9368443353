//! Events that are not lost, and those that are: what `champollion network-servers check`, the log, the metrics and
//! `/readyz` tell, with a real mosquitto.

use champollion_tests::{
    Broker, ELSYS, MqttClient, Output, Sensor, Server, Setup, eventually, follow, workspace,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

const APPLICATION: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";

/// The client id of a network server of the name `city`.
const CLIENT: &str = "champollion-city";

const TOPIC: &str = "application/+/device/+/event/+";

fn settings(broker: &Broker) -> String {
    format!(
        "[network-servers.city]\nkind = \"chirpstack\"\n[network-servers.city.mqtt]\n{}",
        broker.settings()
    )
}

fn topic(sensor: &Sensor, event: &str) -> String {
    format!("application/{APPLICATION}/device/{}/event/{event}", sensor.dev_eui().to_lowercase())
}

/// An event of ChirpStack for a frame of a room sensor at 25.2 degrees.
fn up_at(sensor: &Sensor, f_cnt: u32, time: Timestamp) -> (String, Vec<u8>) {
    let event = json!({
        "deduplicationId": format!("3ac7e3c4-4401-4b8d-9386-{f_cnt:012x}"),
        "time": time,
        "deviceInfo": {
            "applicationId": APPLICATION, "devEui": sensor.dev_eui().to_lowercase(),
        },
        "devAddr": sensor.dev_addr().to_lowercase(),
        "fCnt": f_cnt,
        "fPort": 5,
        "data": "AQD8",
    });
    (topic(sensor, "up"), event.to_string().into_bytes())
}

fn up(sensor: &Sensor, f_cnt: u32) -> (String, Vec<u8>) {
    up_at(sensor, f_cnt, Timestamp::now())
}

fn start(settings: &str) -> Server {
    let server = Setup::default().settings(settings).start();
    server.publish_own(ELSYS);
    server
}

#[track_caller]
fn connected(server: &Server) {
    eventually("the server is connected to the broker", || {
        let ready = server.admin().get("/readyz").text;
        ready.contains("broker of city: connected").then_some(())
    });
}

/// The check of the network server `city`, and of all sessions that are to be ended.
fn check(server: &Server) -> (Json, Json) {
    let list = server.admin().get("/v1/network-servers").success();
    (list["networkServers"][0].clone(), list["leftSessions"].clone())
}

/// A finding of the check, once there is one.
#[track_caller]
fn finding(server: &Server, code: &str) -> Json {
    eventually(&format!("{code} is found"), || found(server, code))
}

fn found(server: &Server, code: &str) -> Option<Json> {
    let findings = check(server).0["findings"].as_array().cloned().unwrap_or_default();
    findings.into_iter().find(|finding| finding["code"] == code)
}

/// The findings that somebody should do something about.
fn warnings(server: &Server) -> Vec<String> {
    let findings = check(server).0["findings"].as_array().cloned().unwrap_or_default();
    let wrong = findings.iter().filter(|finding| finding["severity"] != "note");
    wrong.filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect()
}

#[track_caller]
fn taken(server: &Server, messages: u64) {
    eventually(&format!("{messages} messages were taken"), || {
        (check(server).0["seen"]["messages"].as_u64() >= Some(messages)).then_some(())
    });
}

#[track_caller]
fn metric(server: &Server, line: &str) {
    eventually(&format!("the metrics say {line}"), || {
        server.admin().get("/metrics").text.contains(line).then_some(())
    });
}

fn command(server: &Server, arguments: &[&str]) -> Output {
    let all: Vec<&str> =
        ["network-servers", "check"].into_iter().chain(arguments.iter().copied()).collect();
    server.admin_cli().run(&all)
}

/// Takes the connection up again after a server was stopped, with a broker that does not lose a session by that.
fn restarted(server: &mut Server) {
    server.restart();
    connected(server);
}

#[test]
fn of_mosquitto_where_all_is_well_nothing_is_found() {
    let broker = Broker::start();
    let mut server = start(&format!("{}[log]\nformat = \"json\"\n", settings(&broker)));
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", Some("elsys/ers-co2@^1"));
    connected(&server);
    let mut chirpstack = broker.connect("chirpstack");
    chirpstack.publish(&[up(&sensor, 1), (topic(&sensor, "status"), b"{\"margin\": 5}".to_vec())]);
    taken(&server, 2);
    server.stop();
    // What the broker keeps meanwhile comes, and nothing is missing.
    chirpstack.publish(&[up(&sensor, 2), up(&sensor, 3)]);
    restarted(&mut server);
    taken(&server, 2);
    chirpstack.publish(&[up(&sensor, 4)]);
    taken(&server, 3);

    let (one, left) = check(&server);
    assert_eq!((&one["name"], &one["kind"]), (&json!("city"), &json!("chirpstack")));
    assert_eq!(left, json!([]));
    let at = &one["broker"];
    assert_eq!((&at["connected"], &at["sessionKept"]), (&json!(true), &json!(true)), "{one:#}");
    assert_eq!((&at["qos0Messages"], &at["sessionsLost"]), (&json!(0), &json!(0)));
    assert_eq!(at["clientId"], CLIENT);
    assert_eq!(at["topics"], json!([{ "topic": TOPIC, "messages": 3 }]));
    assert_eq!(at["encodings"], json!({ "json": 3 }));
    let seen = &one["seen"];
    assert_eq!((&seen["devices"], &seen["missingWhileAway"]), (&json!(1), &json!(0)), "{seen}");
    assert_eq!(seen["results"], json!({ "accepted": 3 }));
    assert_eq!(one["findings"], json!([]), "{one:#}");

    let shown = command(&server, &[]).success();
    for part in ["city (chirpstack)", "connected since", "the session was kept", "accepted 3"] {
        assert!(shown.contains(part), "{part} is missing:\n{shown}");
    }
    let printed = command(&server, &["city", "--json"]).success();
    let printed: Json = serde_json::from_str(&printed).expect("it is JSON");
    assert_eq!(printed["networkServers"][0]["name"], "city");
    assert!(command(&server, &["village"]).failure().contains("village"));
    let lns = server.lns();
    lns.get("/v1/network-servers").problem(403, "forbidden");
    assert_eq!(server.anybody().get("/readyz").text, "ready\n");
    let log = server.log();
    // The device has no session here, and it is one.
    let counts = "\"devices\":1,\"groups\":1,\"decoders\":1,\"network_servers\":1";
    assert!(log.contains(counts), "{log}");
}

#[test]
fn of_mosquitto_events_of_qos_0_are_told_until_they_come_otherwise() {
    let broker = Broker::start();
    let server = start(&settings(&broker));
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    connected(&server);
    let mut chirpstack = broker.connect("chirpstack");
    chirpstack.publish_unassured(&[up(&sensor, 1), up(&sensor, 2)]);
    let told = finding(&server, "events-with-qos-0");
    assert_eq!(told["severity"], "warning");
    let remedy = told["remedy"].as_str().unwrap_or_default();
    assert!(remedy.contains("qos = 1") && remedy.contains("chirpstack.toml"), "{remedy}");
    taken(&server, 2);
    let failed = command(&server, &[]);
    assert!(failed.failure().contains("1 finding; "), "{failed:?}");
    assert!(failed.stdout.contains("warning events-with-qos-0: 2 messages"), "{failed:?}");
    let json = command(&server, &["--json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    assert!(serde_json::from_str::<Json>(&json.stdout).is_ok(), "{json:?}");
    let ready = server.admin().get("/readyz").text;
    assert!(ready.contains("network server city: events-with-qos-0: 2 messages"), "{ready}");
    assert_eq!(server.anybody().get("/readyz").text, "ready\n");
    assert!(server.log().contains("messages come with QoS 0"), "{}", server.log());
    metric(&server, "champollion_mqtt_qos0_messages_total{network_server=\"city\"} 2");
    metric(
        &server,
        "champollion_network_server_findings{network_server=\"city\",severity=\"warning\"} 1",
    );

    let assured: Vec<_> = (3..23).map(|f_cnt| up(&sensor, f_cnt)).collect();
    chirpstack.publish(&assured);
    taken(&server, 22);
    assert_eq!(warnings(&server), Vec::<String>::new());
    assert_eq!(check(&server).0["broker"]["qos0Messages"], 2);
}

/// As brokers are shipped: without persistence nothing outlives the broker.
#[test]
fn of_mosquitto_a_session_that_was_not_kept_is_told_and_what_is_missing_by_that() {
    let mut broker = Broker::start_with(&[("persistence", "false")]);
    let mut server = start(&settings(&broker));
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    connected(&server);
    broker.connect("chirpstack").publish(&[up(&sensor, 1)]);
    taken(&server, 1);
    assert_eq!(check(&server).0["broker"].get("sessionKept"), None, "it was the first session");
    server.stop();
    broker.stop();
    broker.restart();
    let mut chirpstack = broker.connect("chirpstack");
    let lost: Vec<_> = (2..8).map(|f_cnt| up(&sensor, f_cnt)).collect();
    chirpstack.publish(&lost);
    restarted(&mut server);
    chirpstack.publish(&[up(&sensor, 8)]);
    taken(&server, 1);
    let told = finding(&server, "session-lost");
    let remedy = told["remedy"].as_str().unwrap_or_default();
    assert!(remedy.contains("persistence true") && remedy.contains(CLIENT), "{remedy}");
    let missing = finding(&server, "frames-missing");
    let detail = missing["detail"].as_str().unwrap_or_default();
    assert!(detail.starts_with("6 frames are missing"), "{detail}");
    assert_eq!(check(&server).0["seen"]["missingWhileAway"], 6);
    assert_eq!(check(&server).0["broker"]["sessionKept"], false);
    metric(&server, "champollion_mqtt_sessions_lost_total{network_server=\"city\"} 1");
    metric(&server, "champollion_frames_missing_total{network_server=\"city\",when=\"away\"} 6");
    let log = server.log();
    assert!(log.contains("did not keep our session"), "{log}");
    assert!(log.contains("frames are missing over the time in which we were away"), "{log}");
    assert_eq!(command(&server, &[]).code, Some(1));

    // The broker comes back without the session while the server goes on.
    broker.stop();
    broker.restart();
    eventually("it is told again", || {
        (check(&server).0["broker"]["sessionsLost"] == 2).then_some(())
    });
}

/// A queue that is full: the broker takes no more for us, and says nothing.
#[test]
fn of_mosquitto_messages_that_the_broker_dropped_are_counted() {
    let broker = Broker::start_with(&[("max_queued_messages", "2")]);
    let mut server = start(&settings(&broker));
    let (sensor, other) = (Sensor::new(1), Sensor::new(2));
    for sensor in [&sensor, &other] {
        server.register_reported(sensor, "rooms", None);
    }
    connected(&server);
    let mut chirpstack = broker.connect("chirpstack");
    chirpstack.publish(&[up(&sensor, 1), up(&other, 7)]);
    taken(&server, 2);
    server.stop();
    let messages: Vec<_> = (2..10).map(|f_cnt| up(&sensor, f_cnt)).collect();
    chirpstack.publish(&messages);
    restarted(&mut server);
    taken(&server, 2);
    chirpstack.publish(&[up(&sensor, 10), up(&other, 8)]);
    taken(&server, 4);
    let missing = finding(&server, "frames-missing");
    let remedy = missing["remedy"].as_str().unwrap_or_default();
    assert!(remedy.contains("max_queued_messages 0"), "{remedy}");
    assert_eq!(check(&server).0["seen"]["missingWhileAway"], 6);
    // One that goes missing now went by the radio.
    chirpstack.publish(&[up(&sensor, 12)]);
    taken(&server, 5);
    let (one, _) = check(&server);
    let seen = &one["seen"];
    assert_eq!((&seen["missingWhileAway"], &seen["missingWhileConnected"]), (&json!(6), &json!(1)));
    assert!(found(&server, "session-lost").is_none(), "the broker had kept the session");
}

#[test]
fn of_mosquitto_what_is_refused_ignored_unreadable_or_out_of_time_is_told() {
    let broker = Broker::start();
    let settings = format!("{}topics = [\"{TOPIC}\", \"elsewhere/#\"]\n", settings(&broker));
    let server = start(&settings);
    let (sensor, stranger) = (Sensor::new(1), Sensor::new(9));
    connected(&server);
    let quiet = finding(&server, "no-device-heard");
    assert_eq!(quiet["severity"], "note", "it has only begun");
    assert_eq!(command(&server, &[]).code, Some(0), "a note is no fault");
    server.register_reported(&sensor, "rooms", None);
    let mut chirpstack: MqttClient = broker.connect("chirpstack");
    let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
    chirpstack.publish(&[
        up(&stranger, 1),
        (topic(&sensor, "up"), b"\x12\x00".to_vec()),
        (topic(&sensor, "status"), b"{}".to_vec()),
        up_at(&sensor, 1, tomorrow),
        up_at(&sensor, 2, tomorrow),
        up_at(&sensor, 3, tomorrow),
    ]);
    taken(&server, 5);
    let refused = finding(&server, "refused");
    let detail = refused["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("unknown-dev-eui") && detail.contains(&stranger.dev_eui()), "{detail}");
    assert!(refused["remedy"].as_str().unwrap_or_default().contains("champollion devices add"));
    let ahead = finding(&server, "clock-ahead");
    assert!(ahead["remedy"].as_str().unwrap_or_default().contains("NTP"), "{ahead}");
    let parked = finding(&server, "parked-messages");
    assert!(parked["remedy"].as_str().unwrap_or_default().contains("champollion parked list"));
    let silent = finding(&server, "topic-without-messages");
    assert_eq!(silent["severity"], "note");
    assert!(silent["detail"].as_str().unwrap_or_default().contains("elsewhere/#"), "{silent}");
    let (one, _) = check(&server);
    assert_eq!(one["seen"]["ignored"].as_object().map(serde_json::Map::len), Some(1), "{one:#}");
    assert_eq!(one["broker"]["encodings"], json!({ "binary": 1, "json": 5 }));
    assert!(found(&server, "no-device-heard").is_none());
    // The worst come first.
    let severities: Vec<&str> = one["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["severity"].as_str())
        .collect();
    assert_eq!(severities, ["warning", "warning", "warning", "note"], "{one:#}");
}

#[test]
fn of_mosquitto_credentials_that_are_refused_are_an_error() {
    let broker = Broker::start();
    std::fs::write(broker.file("wrong-password"), "guess").expect("it is written");
    let server = start(&settings(&broker).replace("/password\"", "/wrong-password\""));
    let refused = finding(&server, "credentials-refused");
    assert_eq!(refused["severity"], "error");
    assert!(refused["remedy"].as_str().unwrap_or_default().contains("password-file"), "{refused}");
    let failed = command(&server, &["city"]);
    assert!(failed.failure().contains("1 finding; "), "{failed:?}");
    assert!(failed.stdout.contains("error credentials-refused"), "{failed:?}");
    assert!(!failed.stdout.contains("guess"), "{failed:?}");
}

#[test]
fn a_network_server_over_http_needs_a_token_that_is_bound_to_it() {
    let server = start("[network-servers.city]\nkind = \"chirpstack\"\n");
    let missing = finding(&server, "no-token");
    let remedy = missing["remedy"].as_str().unwrap_or_default();
    assert!(remedy.contains("--role lns --network-server city"), "{remedy}");
    let lns = server.lns_named("city");
    assert!(found(&server, "no-token").is_none());
    let sensor = Sensor::new(1);
    server.register_reported(&sensor, "rooms", None);
    let (_, body) = up(&sensor, 1);
    let body: Json = serde_json::from_slice(&body).expect("it is JSON");
    lns.post("/v1/ingest/chirpstack?event=up", &body).success();
    let (one, _) = check(&server);
    assert_eq!(one["seen"]["results"], json!({ "accepted": 1 }), "{one:#}");
    assert_eq!(one.get("broker"), None);
    assert_eq!(one["findings"], json!([]));
    assert!(command(&server, &[]).success().contains("hands over by HTTP"));
    let none = Server::start();
    assert!(command(&none, &[]).success().contains("no network server"));
}

/// A topic that the settings name no more is one that the broker sends nothing of, and keeps nothing of.
#[test]
fn of_mosquitto_narrowed_topics_are_unsubscribed_from() {
    let broker = Broker::start();
    let with_topics = |topics: &str| format!("{}topics = [{topics}]\n", settings(&broker));
    let mut server = start(&with_topics(&format!("\"{TOPIC}\", \"status/#\"")));
    connected(&server);
    server.stop();
    server.change_settings(&with_topics(&format!("\"{TOPIC}\"")));
    restarted(&mut server);
    eventually("the log says so", || {
        let log = server.log();
        (log.contains("is unsubscribed from") && log.contains("status/#")).then_some(())
    });
    // Once more, since it is remembered that nothing is left to be done.
    eventually("the broker has answered", || {
        let at = check(&server).0["broker"].clone();
        (at["sessionKept"] == true).then_some(())
    });
    server.stop();
    let sensor = Sensor::new(1);
    let kept = up(&sensor, 1);
    broker
        .connect("chirpstack")
        .publish(&[("status/gateway".to_owned(), b"{}".to_vec()), kept.clone()]);
    let mut own = broker.take_over(CLIENT).expect("the session is there");
    assert_eq!(own.receive().topic, kept.0, "the other one is not subscribed to any more");
}

/// A network server that is in the settings no more has no session that fills up for ever.
#[test]
fn of_mosquitto_the_session_of_a_network_server_that_is_taken_out_is_ended() {
    let mut broker = Broker::start();
    let mut server = start(&settings(&broker));
    connected(&server);
    server.stop();
    assert!(broker.take_over(CLIENT).is_some(), "the broker keeps it");
    broker.stop();

    // The broker is away: it is told what is left, and tried again.
    server.change_settings("");
    server.restart();
    let left = eventually("it is told what is left", || {
        let list = server.admin().get("/v1/network-servers").success();
        list["leftSessions"][0].get("trouble").is_some().then_some(list)
    });
    assert_eq!(left["networkServers"], json!([]));
    assert_eq!(left["leftSessions"][0]["networkServer"], "city", "{left:#}");
    assert_eq!(left["leftSessions"][0]["topics"], json!([TOPIC]));
    let failed = command(&server, &[]);
    assert!(failed.failure().contains("1 finding; "), "{failed:?}");
    assert!(failed.stdout.contains(CLIENT), "{failed:?}");

    broker.restart();
    eventually("it is ended", || {
        let list = server.admin().get("/v1/network-servers").success();
        (list["leftSessions"] == json!([])).then_some(())
    });
    assert!(broker.take_over(CLIENT).is_none(), "the broker keeps none");
    assert!(server.log().contains("the session at the broker is ended"), "{}", server.log());
    server.stop();
    server.restart();
    assert_eq!(server.admin().get("/v1/network-servers").success()["leftSessions"], json!([]));
}

/// A new name of the client is a new session, and the old one goes.
#[test]
fn of_mosquitto_the_session_of_another_client_id_is_ended() {
    let broker = Broker::start();
    let mut server = start(&settings(&broker));
    connected(&server);
    server.stop();
    server.change_settings(&format!("{}client-id = \"other\"\n", settings(&broker)));
    restarted(&mut server);
    eventually("the old one is ended", || {
        server.log().contains("the session at the broker is ended").then_some(())
    });
    assert!(broker.take_over(CLIENT).is_none());
    assert!(server.admin().get("/readyz").text.contains("broker of city: connected"));
    server.stop();
    assert!(broker.take_over("other").is_some());
}

/// The page is followed to its last part, the uplink comes, and the last part is followed.
#[test]
fn of_mosquitto_of_jq_from_chirpstack_in_ten_minutes_as_the_page_says() {
    let page = workspace().join("docs/network-servers/chirpstack-in-ten-minutes.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let end = page.find("## 5. ").expect("the uplink comes before the last part");
    let broker = Broker::start();
    let server = start(&settings(&broker));
    connected(&server);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let read = |part: &str| follow(part, folder.path(), server.address(), server.admin_token());
    read(&page[..end]);
    let event = json!({
        "time": Timestamp::now(), "deviceInfo": { "devEui": "70b3d5499a000001" },
        "devAddr": "01020304", "fCnt": 7, "fPort": 5, "data": "AQD8AiU=",
    });
    let topic = format!("application/{APPLICATION}/device/70b3d5499a000001/event/up");
    broker.connect("chirpstack").publish(&[(topic, event.to_string().into_bytes())]);
    taken(&server, 1);
    read(&page[end..]);
}
