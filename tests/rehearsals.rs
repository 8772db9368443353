//! Tests of rehearsals: a candidate decodes kept frames beside the versions that devices get now, and nothing changes.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{Sensor, Server, Setup, thermometer};
use serde_json::{Value as Json, json};

/// A reading of 21.5 °C, 40 % and 3.6 V.
const WHOLE: [u8; 4] = [0, 0xD7, 40, 36];

const PATH: &str = "/v1/registry/acme/thermometer/1.1.0/rehearsals";

/// Far above all that a rehearsal takes here.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with a stable 1.0.0, a candidate 1.1.0, and three devices: one that would get the candidate, one that pins
/// the stable version, one of another decoder.
fn start() -> (Server, Vec<Sensor>) {
    let server = Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let sensors: Vec<Sensor> = (1..=3).map(Sensor::new).collect();
    let wishes = [Some("acme/thermometer@^1"), Some("acme/thermometer@=1.0.0"), None];
    for (sensor, wish) in sensors.iter().zip(wishes) {
        server.register(sensor, "office", wish);
    }
    (server, sensors)
}

/// The records of the group, as a partner pulls them.
fn records(server: &Server) -> Vec<Json> {
    server.partner("office").pull_all()
}

/// The last line of an answer, which has the outcome.
fn last(text: &str) -> Json {
    serde_json::from_str(text.lines().last().expect("it has lines")).expect("it is JSON")
}

#[test]
fn a_candidate_is_compared_on_all_that_is_kept_and_nothing_changes() {
    let (server, sensors) = start();
    let lns = server.lns();
    // Six that both read; three that are too short for the candidate, which wants the battery too.
    for f_cnt in 1..=9_u32 {
        let payload = if f_cnt <= 6 { &WHOLE[..] } else { &WHOLE[..3] };
        for sensor in &sensors {
            lns.ingest(&sensor.frame(f_cnt, 2, payload)).success();
        }
    }
    let before = records(&server);
    let cli = server.admin_cli();
    let base = ["registry", "rehearse", "acme/thermometer@1.1.0"];
    let told = cli.json(&[&base[..], &["--json"]].concat());
    assert_eq!(
        (&told["examined"], &told["of"], &told["passedOver"]),
        (&json!(27), &json!(27), &json!(9))
    );
    let done = &told["done"];
    assert_eq!((&done["compared"], &done["agreeing"]), (&json!(9), &json!(6)), "{done}");
    assert_eq!(done["failureKinds"]["stable"], json!({}), "{done}");
    let kinds = done["failureKinds"]["candidate"].as_object().expect("it fails");
    assert_eq!(kinds.values().filter_map(Json::as_u64).sum::<u64>(), 3, "{done}");
    assert_eq!(done["differing"]["data.temperature"], 3, "{done}");
    assert_eq!(done["added"]["data.battery"], 6, "{done}");
    assert_eq!(done["examples"][0]["payload"], "00D728", "{done}");
    for who in ["stable", "candidate"] {
        assert!(done[who]["fuel"].as_u64() > Some(0), "{done}");
    }
    assert_eq!(done["digest"], json!(thermometer("1.1.0").digest()));

    // Devices that pin a version are counted where that is asked for.
    let every = cli.json(&[&base[..], &["--every", "--json"]].concat());
    assert_eq!((&every["passedOver"], &every["done"]["compared"]), (&json!(0), &json!(18)));
    let none = cli.run(&[&base[..], &["--since", "48h", "--until", "47h", "--json"]].concat());
    let told: Json = serde_json::from_str(&none.stdout).expect("it is JSON");
    assert_eq!(told["done"]["compared"], 0, "{told}");
    assert_ne!(none.code, Some(0), "nothing was tried");
    assert!(none.stderr.contains("nothing of acme/thermometer is rehearsed"), "{}", none.stderr);
    let said = cli.run(&base).success();
    for line in [
        "acme/thermometer 1.1.0: 6 of 9 frames agree, 0 were skipped",
        "data.temperature differs on 3 frames",
        "candidate: 3 frames fail with ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }

    // Nothing of it is kept, and each has its line in the audit.
    assert_eq!(records(&server), before);
    server.admin().get("/v1/registry/acme/thermometer/shadow").problem(404, "no-shadow");
    let audit = cli.json(&["registry", "audit", "--json"]);
    let entries = audit["entries"].as_array().into_iter().flatten();
    let rehearsed: Vec<&Json> = entries.filter(|entry| entry["action"] == "rehearse").collect();
    assert_eq!(rehearsed.len(), 4);
    assert_eq!(rehearsed[0]["subject"], "acme/thermometer 1.1.0");
}

#[test]
fn a_package_that_is_published_nowhere_is_rehearsed_by_those_who_may() {
    let (server, sensors) = start();
    server.lns().ingest(&sensors[0].frame(1, 2, &WHOLE)).success();
    let package = thermometer("1.0.1");
    let file = server.folder().join("acme-thermometer-1.0.1.wasm");
    std::fs::write(&file, package.file()).expect("the package can be written");
    let file = file.to_str().expect("the path is text");
    let cli = server.admin_cli();
    let told = cli.json(&["registry", "rehearse", "--package", file, "--json"]);
    assert_eq!((&told["done"]["compared"], &told["done"]["version"]), (&json!(1), &json!("1.0.1")));
    assert_eq!(told["done"]["differing"]["data.humidity"], 1, "{told}");
    server.admin().get("/v1/registry/acme/thermometer/1.0.1").problem(404, "no-version");

    let admin = server.admin();
    let path = "/v1/registry/acme/thermometer/1.0.1/rehearsals";
    admin.post_with(path, &[], b"no package").problem(422, "not-a-package");
    admin.post_with(PATH, &[], package.file()).problem(422, "other-name");
    admin.post_with(path, &[], b"").problem(404, "no-version");
    let future = format!("{PATH}?since=2999-01-01T00:00:00Z");
    admin.post_with(&future, &[], b"").problem(400, "invalid-query");
    // A publisher sees what any candidate of the registry makes of payloads, but tries no decoder of nobody.
    let publisher = server.anybody().token(&server.new_token("publisher", None));
    let answer = publisher.post_with(PATH, &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert_eq!(last(&answer.text)["done"]["compared"], 1);
    let wrong = [("Champollion-Signature", "ed25519:none of ours")];
    publisher.post_with(path, &wrong, package.file()).problem(400, "invalid-signature");
    server.partner("office").post_with(PATH, &[], b"").problem(403, "forbidden");
}

/// A client that goes away ends its rehearsal: its place is free again, and frames are taken all the while.
#[test]
fn a_rehearsal_ends_with_its_client() {
    let server = Setup::default()
        .variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0")
        .variable("CHAMPOLLION_EXPENSIVE__OF_TOKEN", "1")
        .start();
    server.publish_candidate(&thermometer("1.0.0"));
    server.publish_candidate(&thermometer("1.1.0"));
    let sensor = Sensor::new(1);
    server.register(&sensor, "office", Some("acme/thermometer@^1"));
    let lns = server.lns();
    let frames: String =
        (1..=2_000).map(|f_cnt| format!("{}\n", sensor.frame(f_cnt, 2, &WHOLE))).collect();
    let headers = [("Content-Type", "application/x-ndjson")];
    assert_eq!(lns.post_with("/v1/ingest/phy", &headers, frames.as_bytes()).status, 200);

    let token = server.new_token("publisher", None);
    let mut gone = TcpStream::connect(server.address().trim_start_matches("http://"))
        .expect("the server listens");
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: server\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n\r\n"
    );
    gone.write_all(request.as_bytes()).expect("it is sent");
    let mut first = [0; 16];
    gone.read_exact(&mut first).expect("an answer begins");
    drop(gone);
    let publisher = server.anybody().token(&token);
    let since = Instant::now();
    let mut f_cnt = 2_000;
    let answer = loop {
        f_cnt += 1;
        lns.ingest(&sensor.frame(f_cnt, 2, &WHOLE)).success();
        let answer = publisher.post_with(PATH, &[], b"");
        if answer.status == 200 {
            break answer;
        }
        answer.problem(429, "too-many-expensive-requests");
        assert!(since.elapsed() < PATIENCE, "the rehearsal goes on without its client");
        thread::sleep(Duration::from_millis(20));
    };
    let told = last(&answer.text);
    assert_eq!(told["done"]["compared"], told["done"]["agreeing"], "{told}");
    assert!(told["done"]["compared"].as_u64() >= Some(2_000), "{told}");
}
