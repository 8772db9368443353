//! Bounds whose settings no attack elsewhere sets: a client that reads nothing, answers that are on their way,
//! packages that are under way, requests without a token.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use champollion_tests::{
    Answer, Client, MISCHIEF, Mischief, Sensor, Server, Setup, digits, eventually, mischief,
    thermometer,
};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// Bytes of a page that no buffer of the system takes whole.
const LARGE_PAGE: &str = "[http]\npage-bytes = 16777216\nbody-bytes = 33554432\n";

/// Sends a request, and reads nothing.
fn asked(server: &Server, method: &str, path: &str, token: &str, more: &str) -> TcpStream {
    let host = server.address().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).expect("the server takes a connection");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a connection has timeouts");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
    );
    stream.write_all(head.as_bytes()).expect("the server takes a request");
    stream
}

/// Keeps records of some megabytes of the group water.
fn fill(server: &Server) {
    let mut lines = String::new();
    for number in 1..=50 {
        let sensor = Sensor::new(number);
        let mut registration = sensor.registration("water", None);
        registration["tags"] = json!({ "description": "x".repeat(12_000) });
        server.admin().put(&sensor.path(), &registration).success();
        for f_cnt in 1..=20 {
            lines.push_str(&sensor.frame(f_cnt, 2, &[1; 16]).to_string());
            lines.push('\n');
        }
    }
    let headers = [("Content-Type", "application/x-ndjson")];
    let answer = server.lns().post_with("/v1/ingest/phy", &headers, lines.as_bytes());
    assert!(answer.status == 200 && !answer.text.contains("\"problem\""), "{}", answer.text);
}

fn metric(server: &Server, name: &str) -> u64 {
    let metrics = server.admin().get("/metrics").text;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[test]
fn an_answer_keeps_its_place_until_it_is_read_and_its_client_has_so_much_time() {
    let settings = format!(
        "{LARGE_PAGE}[frames]\ncopies-window-ms = 0\n[connections]\nwrite-seconds = 3\n\
         [quotas]\nopen-answers-of-token = 2\n"
    );
    let server = Setup::default().settings(&settings).start();
    fill(&server);
    let token = server.new_token("partner", Some("water"));
    let path = "/v1/records?limit=1000";
    let readers: Vec<TcpStream> = (0..2).map(|_| asked(&server, "GET", path, &token, "")).collect();
    for reader in &readers {
        let mut beginning = [0; 12];
        assert_eq!(reader.peek(&mut beginning).expect("it is answered"), 12);
        assert_eq!(&beginning, b"HTTP/1.1 200");
    }
    let partner = server.anybody().token(&token);
    let full = partner.get("/v1/records?limit=1");
    full.problem(429, "quota-exceeded");
    assert_eq!(full.body["quota"], "open-answers-of-token", "{}", full.text);
    // Who reads nothing for so long is given up, and makes room.
    eventually("the clients that read nothing are given up", || {
        let ended = "champollion_connections_ended_total{reason=\"write\"}";
        (metric(&server, ended) >= 2).then_some(())
    });
    assert_eq!(partner.get("/v1/records?limit=1").status, 200);
    // Who reads gets all of it, however many pieces it has.
    let page = partner.get(path).success();
    assert_eq!(page["records"].as_array().map(Vec::len), Some(1_000));
}

#[test]
fn large_answers_of_lists_have_places_by_token_and_by_address() {
    let settings = "[http]\nlarge-answers = 0\n";
    let server = Setup::default().settings(settings).start();
    for number in 1..=8 {
        let sensor = Sensor::new(number);
        let mut registration = sensor.registration("water", None);
        registration["tags"] = json!({ "description": "x".repeat(12_000) });
        server.admin().put(&sensor.path(), &registration).success();
    }
    let partner = server.partner("water");
    let said = partner.get("/v1/devices").problem(429, "too-many-at-once").to_owned();
    assert!(said.contains("[http] large-answers"), "{said}");
    partner.get("/v1/devices?limit=2").success();
    server.anybody().get("/openapi.json").problem(429, "too-many-at-once");
    server.anybody().get("/v1/catalogue").success();
    // Answers with records have a quota instead.
    assert_eq!(partner.get("/v1/records").status, 200);
}

#[test]
fn requests_without_a_token_are_bounded_by_address() {
    let settings = "[requests]\nwithout-token-per-second = 2\nburst-seconds = 2\n";
    let server = Setup::default().settings(settings).start();
    let anybody = server.anybody();
    let refused = (0..100).map(|_| anybody.get("/healthz")).find(|answer| answer.status != 200);
    let refused = refused.expect("it asks too often at last");
    let said = refused.problem(429, "too-many-requests");
    assert!(said.contains("127.0.0.1 without a token"), "{said}");
    assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds >= 1));
    // A token is another account.
    server.admin().get("/v1/devices").success();
}

#[test]
fn a_proxy_names_its_clients_by_the_header_of_the_settings() {
    let settings = "[connections]\ntrusted-proxies = [\"127.0.0.0/8\"]\n\
                    forwarded-header = \"forwarded\"\n\
                    [requests]\nwrong-tokens = 1\nwrong-tokens-per-minute = 1\n";
    let server = Setup::default().settings(settings).start();
    let wrong = |header: &str, value: &str| {
        let headers = [(header, value), ("Authorization", "Bearer chmp_lns_wrong")];
        let answer = server.anybody().attempt_with(&Method::GET, "/v1/devices", &headers, b"");
        answer.expect("it is answered").status
    };
    assert_eq!(wrong("Forwarded", "for=192.0.2.1"), 401);
    assert_eq!(wrong("Forwarded", "for=192.0.2.1;proto=https"), 429);
    assert_eq!(wrong("Forwarded", "for=192.0.2.2"), 401);
    // The other header is a stranger's word: all of these are the proxy itself.
    assert_eq!(wrong("X-Forwarded-For", "192.0.2.3"), 401);
    assert_eq!(wrong("X-Forwarded-For", "192.0.2.4"), 429);
}

/// Begins to publish a package whose body never comes, and waits until it has its place: the body is asked for then.
fn half_a_package(server: &Server, token: &str) -> TcpStream {
    let more = "Content-Length: 1000\r\nExpect: 100-continue\r\n";
    let mut stream = asked(server, "PUT", "/v1/registry/acme/half/1.0.0", token, more);
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("the server answers");
    assert_eq!(answer, *b"HTTP/1.1 100", "{}", String::from_utf8_lossy(&answer));
    stream.write_all(b"half").expect("the server takes some bytes");
    stream
}

#[test]
fn packages_under_way_have_places_by_token_and_in_all() {
    let settings = "[publication]\nunsigned = true\nwaiting = 2\nwaiting-of-token = 1\n";
    let server = Setup::default().settings(settings).start();
    let package = thermometer("1.0.0");
    let path = "/v1/registry/acme/thermometer/1.0.0?dryRun=true";
    let publish = |client: &Client| client.send(&Method::PUT, path, package.file());
    let tokens = ["first", "second", "third"].map(|_| server.new_token("publisher", None));
    let [first, second, third] = [0, 1, 2].map(|index| server.anybody().token(&tokens[index]));
    let held = half_a_package(&server, &tokens[0]);
    let refused = publish(&first);
    let said = refused.problem(429, "too-many-at-once");
    assert!(said.contains("[publication] waiting-of-token"), "{said}");
    assert_eq!(publish(&second).status, 200);
    let _also_held = half_a_package(&server, &tokens[1]);
    let refused = publish(&third);
    let said = refused.problem(503, "too-busy");
    assert!(said.contains("[publication] waiting"), "{said}");
    drop(held);
    eventually("who has gone makes room", || (publish(&third).status == 200).then_some(()));
}

#[test]
fn packages_of_a_vendor_take_so_many_bytes() {
    let settings = "[publication]\nunsigned = true\nbytes-of-vendor = 500\n";
    let server = Setup::default().settings(settings).start();
    let package = thermometer("1.0.0");
    let path = "/v1/registry/acme/thermometer/1.0.0";
    let refused = server.admin().send(&Method::PUT, path, package.file());
    let said = refused.problem(409, "quota-exceeded");
    assert!(said.contains("[publication] bytes-of-vendor") && said.contains("500"), "{said}");
    let tried = server.admin().send(&Method::PUT, &format!("{path}?dryRun=true"), package.file());
    assert_eq!(tried.status, 200, "{}", tried.text);
}

/// Has several clients try a payload that never ends, at once.
fn trials(server: &Server, clients: &[Client]) -> Vec<Answer> {
    server.publish(&mischief());
    let payload = digits(&[Mischief::Loop as u8]);
    let trial = json!({ "decoder": MISCHIEF, "uplink": { "fPort": 1, "payload": payload } });
    thread::scope(|scope| {
        let tries = clients.iter().map(|client| scope.spawn(|| client.post("/v1/decode", &trial)));
        let tries: Vec<_> = tries.collect();
        tries.into_iter().map(|one| one.join().expect("a client")).collect()
    })
}

#[test]
fn expensive_requests_have_places_by_group_and_in_all() {
    for (setting, status, code) in
        [("of-group = 1", 429, "too-many-expensive-requests"), ("requests = 1", 503, "too-busy")]
    {
        let settings =
            format!("[sandbox]\nfuel = 100000000\n[expensive]\nof-token = 1\n{setting}\n");
        let server = Setup::default().settings(&settings).start();
        let clients: Vec<Client> = (0..4).map(|_| server.partner("water")).collect();
        let answers = trials(&server, &clients);
        let served = answers.iter().filter(|answer| answer.status == 422).count();
        let refused: Vec<&Answer> =
            answers.iter().filter(|answer| answer.status == status).collect();
        assert!(served >= 1 && !refused.is_empty(), "{setting}: {answers:?}");
        for answer in refused {
            answer.problem(status, code);
            assert_eq!(answer.header("retry-after"), "1");
        }
    }
}

#[test]
fn checking_the_registry_is_an_expensive_request() {
    let settings = "[expensive]\nof-token = 0\n";
    let server = Setup::default().settings(settings).start();
    for answer in [
        server.admin().get("/v1/registry/verify"),
        server.admin().post("/v1/registry/mend", &json!({ "dryRun": true })),
    ] {
        answer.problem(429, "too-many-expensive-requests");
    }
}

/// A network server that tells joins without end takes no room in the audit that others need.
#[test]
fn joins_that_are_told_leave_room_in_the_audit() {
    let settings = "[audit]\nlive-bytes = 1000000\nmax-bytes = 40000\n";
    let server = Setup::default().settings(settings).start();
    let sensor = Sensor::new(1);
    let registration = json!({ "group": "water", "activation": { "otaaElsewhere": {} } });
    server.admin().put(&sensor.path(), &registration).success();
    let lns = server.lns();
    let path = format!("{}/session", sensor.path());
    for number in 0..300 {
        let session =
            json!({ "devAddr": format!("02{number:06X}"), "appSKey": sensor.app_s_key() });
        lns.put(&path, &session).success();
    }
    let head = server.admin().get("/v1/audit/head").success();
    assert_eq!(head["usage"]["full"], false, "{head}");
    assert!(head["usage"]["liveBytes"].as_u64() >= Some(30_000), "{head}");
    let pull = json!({ "to": { "pull": {} } });
    server.partner("water").put("/v1/routes/all", &pull).success();
    // The device has the last session all the same, and the log tells of what the audit does not.
    let device: Json = server.admin().get(&sensor.path()).success();
    assert_eq!(device["devAddr"], "0200012B", "{device}");
    assert!(server.log().contains("an act is not in the audit"), "{}", server.log());
}
