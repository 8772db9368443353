//! The end of all that lets a person in, and of what the person reads.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use champollion_tests::Server;
use serde_json::json;

use super::{add_person, person_token, text};

/// The longest that anything of a person goes on after the person was suspended.
const SECOND: Duration = Duration::from_secs(1);

/// Follows records, and gives the moment at which the stream has ended.
fn followed(server: &Server, token: &str) -> mpsc::Receiver<Instant> {
    let host = server.address().trim_start_matches("http://").to_owned();
    let head = format!(
        "GET /v1/records/stream HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let (ended, end) = mpsc::channel();
    let (began, begin) = mpsc::channel();
    thread::spawn(move || {
        let mut stream = TcpStream::connect(host).expect("the server takes a connection");
        stream.set_read_timeout(Some(Duration::from_secs(40))).expect("it has timeouts");
        stream.write_all(head.as_bytes()).expect("the server takes the request");
        let mut first = [0; 1];
        stream.read_exact(&mut first).expect("the stream begins");
        began.send(()).expect("the test waits");
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        ended.send(Instant::now()).expect("the test waits");
    });
    begin.recv_timeout(Duration::from_secs(20)).expect("the stream begins");
    end
}

#[test]
fn whoever_is_suspended_is_out_within_a_second_and_streams_end() {
    let mut server = Server::start();
    let (id, _) = add_person(&server, "ada@city.example", &[("reader", "group:water")]);
    add_person(&server, "bob@city.example", &[("owner", "group:water")]);
    let own = person_token(&server, &id);
    let client = server.anybody().token(&own);
    client.get("/v1/records").success();
    let end = followed(&server, &person_token(&server, &id));
    let began = Instant::now();
    let suspended = server.admin_cli().run(&["people", "suspend", "ada@city.example"]).success();
    assert!(suspended.contains("suspended"), "{suspended}");
    assert!(suspended.contains("own tokens and sessions have ended"), "{suspended}");
    client.get("/v1/records").problem(401, "token-unknown");
    let ended = end.recv_timeout(Duration::from_secs(20)).expect("the stream ends");
    let took = ended.saturating_duration_since(began);
    assert!(took < SECOND + Duration::from_millis(500), "the stream went on for {took:?}");
    server.kill();
    server.restart();
    // The server has another address now.
    let client = server.anybody().token(&own);
    client.get("/v1/records").problem(401, "token-unknown");
    // Nothing is made that would let the person in after the suspension.
    let admin = server.admin();
    let token = json!({ "name": "x", "role": "person", "person": id });
    let refused = admin.post("/v1/tokens", &token);
    let said = refused.problem(409, "person-suspended");
    assert!(said.contains("resume it first"), "{said}");
    admin.post(&format!("/v1/people/{id}/invitation"), &json!({})).problem(409, "person-suspended");
    admin.post(&format!("/v1/people/{id}/suspend"), &json!({})).problem(409, "already-so");
    admin.post(&format!("/v1/people/{id}/resume"), &json!({})).success();
    // The tokens of before stay ended: the person makes new ones, and the grants are there.
    client.get("/v1/records").problem(401, "token-unknown");
    server.anybody().token(&person_token(&server, &id)).get("/v1/records").success();

    // A grant that ends is as good as a suspension.
    let end = followed(&server, &person_token(&server, &id));
    let shown = server.admin().get(&format!("/v1/people/{id}")).success();
    let grant = text(&shown["grants"][0], "id");
    let began = Instant::now();
    assert_eq!(server.admin().delete(&format!("/v1/people/{id}/grants/{grant}")).status, 204);
    let ended = end.recv_timeout(Duration::from_secs(20)).expect("the stream ends");
    let took = ended.saturating_duration_since(began);
    assert!(took < SECOND + Duration::from_millis(500), "the stream went on for {took:?}");
}
