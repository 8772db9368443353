//! Many frames in one request, as lines of JSON.

use champollion_tests::{Client, Sensor, Server};
use serde_json::{Value as Json, json};

const PATH: &str = "/v1/ingest/phy";

fn hand_over(lns: &Client, lines: &[String]) -> Vec<Json> {
    let headers = [("Content-Type", "application/x-ndjson; charset=utf-8")];
    let answer = lns.post_with(PATH, &headers, lines.join("\n").as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
}

fn statuses(answers: &[Json]) -> Vec<String> {
    answers
        .iter()
        .map(|answer| match (&answer["receipt"]["status"], &answer["problem"]["code"]) {
            (Json::String(status), Json::Null) => status.clone(),
            (Json::Null, Json::String(code)) => code.clone(),
            _ => answer.to_string(),
        })
        .collect()
}

#[test]
fn each_line_is_answered_by_a_line() {
    let server = Server::start();
    let (one, other, stranger) = (Sensor::new(1), Sensor::new(2), Sensor::new(3));
    for sensor in [&one, &other] {
        server.register(sensor, "water", None);
    }
    let lns = server.lns();
    let lines = [
        one.frame(1, 1, &[1]).to_string(),
        String::new(),
        "{\"phyPayload\":17}".to_owned(),
        "nonsense".to_owned(),
        other.frame(9, 1, &[1]).to_string(),
        one.frame(2, 1, &[2]).to_string(),
        stranger.frame(1, 1, &[1]).to_string(),
        one.frame(1, 1, &[1]).to_string(),
        "  ".to_owned(),
        one.frame(3, 1, &[3]).to_string(),
    ];
    let answers = hand_over(&lns, &lines);
    let numbers: Vec<u64> = answers.iter().filter_map(|answer| answer["line"].as_u64()).collect();
    assert_eq!(numbers, [1, 3, 4, 5, 6, 7, 8, 10]);
    let expected = [
        "accepted",
        "invalid-body",
        "malformed-json",
        "accepted",
        "accepted",
        "unknown-dev-addr",
        "merged",
        "accepted",
    ];
    assert_eq!(statuses(&answers), expected, "{answers:?}");
    assert_eq!(answers[5]["problem"]["status"], 404);
    assert!(answers[1]["problem"]["detail"].as_str().is_some_and(|said| said.contains("17")));
    // Once more: nothing is recorded twice.
    let again = statuses(&hand_over(&lns, &lines));
    assert_eq!(again[7], "duplicate", "{again:?}");
    assert!(again.iter().all(|status| status != "accepted"), "{again:?}");
    assert_eq!(server.partner("water").pull_all().len(), 4);
    assert!(hand_over(&lns, &[String::new()]).is_empty());
}

#[test]
fn the_order_of_each_device_is_kept_among_many() {
    let server = Server::start();
    let sensors: Vec<Sensor> = (1..=20).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "water", None);
    }
    let frames: Vec<String> = (0..30)
        .flat_map(|f_cnt| {
            sensors.iter().map(move |sensor| sensor.frame(f_cnt, 1, &[1]).to_string())
        })
        .collect();
    let answers = hand_over(&server.lns(), &frames);
    assert_eq!(answers.len(), 600);
    let refused = answers.iter().find(|answer| answer["receipt"]["status"] != "accepted");
    assert_eq!(refused, None);
    let records = server.partner("water").pull_all();
    assert_eq!(records.len(), 600);
    for sensor in &sensors {
        let of_it = records.iter().map(|record| &record["record"]);
        let counters: Vec<u64> = of_it
            .filter(|record| record["device"]["devEui"] == json!(sensor.dev_eui()))
            .filter_map(|record| record["uplink"]["fCnt"].as_u64())
            .collect();
        assert_eq!(counters, (0..30).collect::<Vec<u64>>());
    }
}

#[test]
fn copies_in_one_request_become_one_record() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let lines = [
        sensor.frame_through(1, &[1], "a", 1.0).to_string(),
        sensor.frame_through(1, &[1], "b", 2.0).to_string(),
        sensor.frame_through(2, &[2], "a", 1.0).to_string(),
        sensor.frame_through(1, &[1], "c", 3.0).to_string(),
    ];
    let answers = hand_over(&lns, &lines);
    assert_eq!(statuses(&answers), ["accepted", "merged", "accepted", "merged"]);
    assert_eq!(answers[1]["receipt"]["record"], answers[0]["receipt"]["record"]);
    let records = server.partner("water").pull_all();
    assert_eq!(records.len(), 2);
    assert_eq!(records[0]["record"]["radio"]["redundancy"], 3);
    assert_eq!(records[0]["record"]["radio"]["snrDb"], 3.0);
}

/// More lines than the decoders' queue has places: they wait for each other, and none is turned away.
#[test]
fn a_full_queue_turns_no_line_away() {
    let server = champollion_tests::Setup::default()
        .variable("CHAMPOLLION_DECODING__QUEUE", "2")
        .variable("CHAMPOLLION_DECODING__WORKERS", "1")
        .start();
    server.publish_own(champollion_tests::ELSYS);
    let sensors: Vec<Sensor> = (1..=100).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "rooms", Some("elsys/ers-co2@^1"));
    }
    let lines: Vec<String> =
        sensors.iter().map(|sensor| sensor.frame(1, 5, &[0x01, 0x00, 0xE2]).to_string()).collect();
    let answers = hand_over(&server.lns(), &lines);
    let refused = answers.iter().find(|answer| answer["receipt"]["decoded"] != true);
    assert_eq!(refused, None);
}
