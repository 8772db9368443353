//! Copies of one frame through several gateways: one record with all receptions.

use std::{
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{Answer, Client, Sensor, Server, Setup};
use serde_json::{Value as Json, json};

/// Long enough that copies which are sent at once come in time, also on a busy machine.
const WINDOW_MS: u64 = 1_500;

fn server(window_ms: u64) -> Server {
    Setup::default()
        .variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", &window_ms.to_string())
        .start()
}

/// Hands over all frames at the same time.
fn at_once(lns: &Client, frames: &[Json]) -> Vec<Answer> {
    thread::scope(|scope| {
        let sent: Vec<_> = frames.iter().map(|frame| scope.spawn(|| lns.ingest(frame))).collect();
        sent.into_iter().map(|answer| answer.join().expect("it is answered")).collect()
    })
}

fn statuses(answers: &[Answer]) -> Vec<String> {
    let status = |answer: &Answer| answer.body["status"].as_str().unwrap_or("refused").to_owned();
    let mut statuses: Vec<String> = answers.iter().map(status).collect();
    statuses.sort();
    statuses
}

fn count(server: &Server, metric: &str) -> u64 {
    let metrics = server.admin().get("/metrics").text;
    let line = metrics.lines().find_map(|line| line.strip_prefix(metric));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(0)
}

const MERGED: &str = "champollion_copies_total{kind=\"merged\"}";
const LATE: &str = "champollion_copies_total{kind=\"late\"}";

#[test]
fn copies_in_time_become_one_record() {
    let server = server(WINDOW_MS);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let frames = [
        sensor.frame_through(7, &[1], "A", -7.0),
        sensor.frame_through(7, &[1], "B", 5.5),
        sensor.frame_through(7, &[1], "C", -12.0),
    ];
    let started = Instant::now();
    let answers = at_once(&lns, &frames);
    assert!(started.elapsed() >= Duration::from_millis(WINDOW_MS), "answered before it was kept");
    assert_eq!(statuses(&answers), ["accepted", "merged", "merged"]);
    let names: Vec<&Json> = answers.iter().map(|answer| &answer.body["record"]).collect();
    assert!(names[0].is_string() && names.iter().all(|name| *name == names[0]), "{names:?}");

    let records = server.partner("water").pull_all();
    assert_eq!(records.len(), 1);
    let radio = &records[0]["record"]["radio"];
    assert_eq!((&radio["redundancy"], &radio["snrDb"]), (&json!(3), &json!(5.5)));
    let mut heard: Vec<(&str, f64)> = radio["gateways"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|gateway| {
            let name = gateway["gatewayId"].as_str().expect("it has a name");
            (name, gateway["snrDb"].as_f64().expect("it heard it so well"))
        })
        .collect();
    heard.sort_by(|one, other| one.0.cmp(other.0));
    assert_eq!(heard, [("A", -7.0), ("B", 5.5), ("C", -12.0)]);

    // One that comes too late is counted and makes no second record.
    let late = lns.ingest(&sensor.frame_through(7, &[1], "D", 9.0)).success();
    assert_eq!(late, json!({ "status": "duplicate", "devEui": sensor.dev_eui(), "fCnt": 7 }));
    assert_eq!(server.partner("water").pull_all(), records);
    assert_eq!((count(&server, MERGED), count(&server, LATE)), (2, 1));
}

#[test]
fn a_frame_is_not_waited_with_where_nothing_is_gained() {
    let server = server(5_000);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let started = Instant::now();
    // No gateway is named, or the network server has put the copies together.
    lns.ingest(&sensor.frame(1, 1, &[1])).success();
    let mut both = sensor.frame(2, 1, &[1]);
    both["gateways"] = json!([{ "gatewayId": "A" }, { "gatewayId": "B" }]);
    lns.ingest(&both).success();
    // What is not accepted is told at once.
    lns.ingest(&sensor.frame_through(2, &[9], "A", 1.0)).problem(409, "replayed-f-cnt");
    let again = lns.ingest(&sensor.frame_through(2, &[1], "A", 1.0)).success();
    assert_eq!(again["status"], "duplicate");
    let stranger = Sensor::new(2).frame_through(1, &[1], "A", 1.0);
    lns.ingest(&stranger).problem(404, "unknown-dev-addr");
    assert!(started.elapsed() < Duration::from_secs(5), "something was waited for");
}

/// Frames that follow each other, as of a device that is played back, do not wait for each other's
/// copies.
#[test]
fn the_next_frame_ends_the_wait() {
    let server = server(5_000);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let started = Instant::now();
    let frames: Vec<Json> =
        (1..=3).map(|f_cnt| sensor.frame_through(f_cnt, &[1], "A", 1.0)).collect();
    thread::scope(|scope| {
        for frame in &frames {
            scope.spawn(|| lns.ingest(frame).success());
            thread::sleep(Duration::from_millis(300));
        }
        assert!(started.elapsed() < Duration::from_secs(4), "each waited for the one before");
    });
    assert_eq!(server.partner("water").pull_all().len(), 3);
}

#[test]
fn nothing_is_waited_for_where_the_window_is_0() {
    let server = server(0);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let first = lns.ingest(&sensor.frame_through(1, &[1], "A", 1.0)).success();
    assert_eq!(first["status"], "accepted");
    let second = lns.ingest(&sensor.frame_through(1, &[1], "B", 1.0)).success();
    assert_eq!(second["status"], "duplicate");
    assert_eq!((count(&server, MERGED), count(&server, LATE)), (0, 1));
}

/// A frame that is still waited with is kept when the server stops, and answered.
#[test]
fn a_stop_ends_the_wait_and_keeps_the_frame() {
    let mut server = server(5_000);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let frame = sensor.frame_through(1, &[1], "A", 1.0);
    let started = Instant::now();
    let answer = thread::scope(|scope| {
        let waiting = scope.spawn(|| lns.ingest(&frame));
        thread::sleep(Duration::from_millis(500));
        assert!(!waiting.is_finished(), "it is waited with");
        server.terminate();
        waiting.join().expect("it is answered")
    });
    assert_eq!(answer.success()["status"], "accepted");
    assert_eq!(server.wait().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5), "the wait was not ended");
    server.restart();
    assert_eq!(server.partner("water").pull_all().len(), 1);
}

/// A frame whose network server went away while it was waited with is kept all the same, and its
/// retry is a duplicate.
#[test]
fn a_sender_that_goes_away_takes_nothing_with_it() {
    let server = server(700);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("lns", None);
    let frame = sensor.frame_through(1, &[1], "A", 1.0);
    let body = frame.to_string();
    let mut connection = server.connect();
    connection.send(
        format!(
            "POST /v1/ingest/phy HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .as_bytes(),
    );
    thread::sleep(Duration::from_millis(200));
    drop(connection);
    thread::sleep(Duration::from_millis(1_500));
    assert_eq!(server.partner("water").pull_all().len(), 1);
    assert_eq!(server.lns().ingest(&frame).success()["status"], "duplicate");
}

/// A frame that was waited with when the process was killed had no answer, and is sent again.
#[test]
fn a_kill_while_waiting_loses_nothing_that_was_acknowledged() {
    let mut server = server(5_000);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("lns", None);
    let lns = server.anybody().token(&token);
    let frame = sensor.frame_through(1, &[1], "A", 1.0);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            lns.attempt(&ureq::http::Method::POST, "/v1/ingest/phy", frame.to_string().as_bytes())
        });
        thread::sleep(Duration::from_millis(500));
        server.kill();
        assert!(waiting.join().expect("it ended").is_err(), "it was answered before it was kept");
    });
    server.restart();
    assert!(server.partner("water").pull_all().is_empty());
    let mut both = frame.clone();
    both["gateways"] = json!([{ "gatewayId": "A" }, { "gatewayId": "B" }]);
    assert_eq!(server.anybody().token(&token).ingest(&both).success()["status"], "accepted");
}
