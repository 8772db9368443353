//! Records are fetched: those that are wanted, as soon as they are there, and followed as they come.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{Client, LUMINAIRE, Sensor, Server, Setup};
use serde_json::{Value as Json, json};

fn server() -> Server {
    Setup::default().settings("[frames]\ncopies-window-ms = 0\n").start()
}

fn send(server: &Server, sensor: &Sensor, f_cnt: u32, f_port: u8) {
    server.lns().ingest(&sensor.frame(f_cnt, f_port, &[1])).success();
}

fn f_cnts(page: &Json) -> Vec<u64> {
    let records = page["records"].as_array().expect("a page has records").iter();
    records.filter_map(|pulled| pulled["record"]["uplink"]["fCnt"].as_u64()).collect()
}

#[test]
fn only_what_is_wanted_is_given_in_the_shape_that_is_wanted() {
    let server = server();
    server.publish_own(LUMINAIRE);
    let sensors = [1, 2, 3].map(Sensor::new);
    let more = [
        json!({ "subGroup": "north", "useCase": "lighting", "tags": { "floor": "1" } }),
        json!({ "subGroup": "south", "tags": { "floor": "2" } }),
        json!({}),
    ];
    for ((sensor, more), f_cnt) in sensors.iter().zip(&more).zip([1, 2, 3]) {
        let decoder = (f_cnt == 1).then_some("nas/ul20xx@^1");
        let mut registration = sensor.registration("water", decoder);
        for (name, value) in more.as_object().expect("it is an object") {
            registration[name] = value.clone();
        }
        server.admin().put(&sensor.path(), &registration).success();
        send(&server, sensor, f_cnt, f_cnt as u8);
    }
    let partner = server.partner("water");
    let pull = |query: &str| f_cnts(&partner.get(&format!("/v1/records?{query}")).success());
    assert_eq!(pull(""), [1, 2, 3]);
    assert_eq!(pull(&format!("device={}", sensors[1].dev_eui())), [2]);
    assert_eq!(pull(&format!("device={},{}", sensors[1].dev_eui(), sensors[0].dev_eui())), [1, 2]);
    assert_eq!(pull("subGroup=north,south"), [1, 2]);
    assert_eq!(pull("useCase=lighting"), [1]);
    assert_eq!(pull("decoder=nas/*"), [1]);
    assert_eq!(pull("port=2,3"), [2, 3]);
    assert_eq!(pull("decoded=false&port=2"), [2]);
    assert_eq!(pull("expression=tags.floor%20in%20%5B'1','2'%5D&limit=1"), [1]);
    let page = partner.get("/v1/records?shape=raw&port=1").success();
    let record = &page["records"][0]["record"];
    assert!(record["decoder"].is_null() && record["uplink"]["payload"] == "01", "{record}");
    for (query, says) in [
        ("device=xyz", "device=xyz"),
        ("port=300", "port=300"),
        ("decoder=acme", "vendor/model"),
        ("expression=tags.", "expression"),
        ("shape=round", "shape"),
        ("nonsense=1", "nonsense"),
        ("route=r&port=1", "leave it out"),
    ] {
        let refused = partner.get(&format!("/v1/records?{query}"));
        let said = refused.problem(400, "invalid-query");
        assert!(said.contains(says), "{query}: {said}");
    }
}

#[test]
fn who_waits_gets_a_record_as_soon_as_it_is_there() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    let began = Instant::now();
    let page = partner.get("/v1/records?wait=1").success();
    assert_eq!(f_cnts(&page), [0; 0]);
    assert!(began.elapsed() >= Duration::from_secs(1), "it did not wait");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let page = partner.get("/v1/records?wait=40&port=2").success();
            (f_cnts(&page), Instant::now())
        });
        thread::sleep(Duration::from_millis(300));
        send(&server, &sensor, 1, 1);
        thread::sleep(Duration::from_millis(300));
        assert!(!waiting.is_finished(), "a record that is not wanted ends no wait");
        send(&server, &sensor, 2, 2);
        let sent = Instant::now();
        let (found, at) = waiting.join().expect("it is answered");
        assert_eq!(found, [2]);
        assert!(at.saturating_duration_since(sent) < Duration::from_secs(10));
    });
}

#[test]
fn who_waits_does_not_hold_up_a_stop() {
    let mut server = server();
    let partner = server.partner("water");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| partner.get("/v1/records?wait=50").status);
        let mut stream = open(server.address(), &server.new_token("partner", Some("water")), "");
        let mut first = [0; 64];
        assert!(stream.read(&mut first).expect("it is answered") > 0);
        thread::sleep(Duration::from_millis(300));
        let began = Instant::now();
        assert!(server.stop().success());
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(waiting.join().expect("it is answered"), 200);
    });
}

/// A stream of records, after what was seen last.
fn open(address: &str, token: &str, headers: &str) -> TcpStream {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the server takes a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a connection has timeouts");
    write!(
        stream,
        "GET /v1/records/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
    )
    .expect("it is sent");
    stream
}

/// The next event of a stream: its id and its data.
fn event(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> (String, Json) {
    let (mut id, mut data) = (None, None);
    loop {
        let line = lines.next().expect("the stream goes on").expect("it can be read");
        if let Some(found) = line.strip_prefix("id: ") {
            id = Some(found.to_owned());
        } else if let Some(found) = line.strip_prefix("data: ") {
            data = Some(serde_json::from_str(found).expect("it is JSON"));
        }
        if let (Some(id), Some(data)) = (&id, &data) {
            return (id.clone(), Json::clone(data));
        }
    }
}

#[test]
fn records_are_followed_as_they_come_and_who_comes_back_misses_none() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    send(&server, &sensor, 1, 1);
    let mut lines = BufReader::new(open(server.address(), &token, "")).lines();
    let (_, first) = event(&mut lines);
    assert_eq!(first["uplink"]["fCnt"], 1);
    send(&server, &sensor, 2, 1);
    let (seen, second) = event(&mut lines);
    assert_eq!(second["uplink"]["fCnt"], 2);
    drop(lines);
    send(&server, &sensor, 3, 1);
    let header = format!("Last-Event-ID: {seen}\r\n");
    let mut lines = BufReader::new(open(server.address(), &token, &header)).lines();
    assert_eq!(event(&mut lines).1["uplink"]["fCnt"], 3);
    // Following removes nothing.
    assert_eq!(server.anybody().token(&token).pull_all().len(), 3);
    server.lns().get("/v1/records/stream").problem(403, "forbidden");
}

#[test]
fn no_more_follow_than_there_is_room_for() {
    let server = server();
    let token = server.new_token("partner", Some("water"));
    let streams: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut stream = open(server.address(), &token, "");
            let mut first = [0; 64];
            assert!(stream.read(&mut first).expect("it is answered") > 0);
            stream
        })
        .collect();
    let client: Client = server.anybody().token(&token);
    client.get("/v1/records/stream").problem(429, "too-many-followers");
    drop(streams);
}

#[test]
fn the_command_line_follows_records() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let mut command = server.cli(&token).command();
    let mut child = command
        .args(["records", "follow", "--port", "2"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started");
    let stdout = child.stdout.take().expect("it has a standard output");
    let (lines, printed) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    send(&server, &sensor, 1, 1);
    send(&server, &sensor, 2, 2);
    let line = printed.recv_timeout(Duration::from_secs(30));
    drop(child.kill());
    drop(child.wait());
    drop(reader.join());
    let record: Json = serde_json::from_str(&line.expect("a record is printed")).expect("JSON");
    assert_eq!(record["uplink"]["fCnt"], 2);
}

#[test]
fn an_answer_is_compressed_for_who_asks_for_it() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    for f_cnt in 1..=20 {
        send(&server, &sensor, f_cnt, 1);
    }
    let token = server.new_token("partner", Some("water"));
    let plain = server.anybody().token(&token).get("/v1/records").text.len();
    for encoding in ["gzip", "zstd"] {
        let mut connection = server.connect();
        connection.send(
            format!(
                "GET /v1/records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
                 Accept-Encoding: {encoding}\r\nConnection: close\r\n\r\n"
            )
            .as_bytes(),
        );
        let answer = connection.answer();
        assert!(answer.contains(&format!("content-encoding: {encoding}")), "{answer}");
        assert!(answer.len() < plain / 2, "{} of {plain} bytes", answer.len());
    }
}
