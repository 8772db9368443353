//! The real server on a real PostgreSQL: frames are accepted, the server and the postmaster are killed, and each
//! record is there once.

use std::{
    fs,
    time::{Duration, Instant},
};

use champollion_tests::{
    Client, ELSYS, Postgres, Proxy, Sensor, Server, Setup, champollion, eventually, run,
};
use serde_json::Value as Json;
use ureq::http::Method;

/// A payload of the room sensor: motion, and a humidity of 40 %.
const PAYLOAD: [u8; 4] = [0x05, 0x01, 0x02, 40];

fn settings(url: &str) -> String {
    format!("[store]\npostgres = \"{url}\"\n")
}

/// Sends a frame until it is taken, as a network server does, and says in which way it was.
#[track_caller]
fn send(lns: &Client, sensor: &Sensor, f_cnt: u32) -> String {
    let frame = sensor.frame(f_cnt, 5, &PAYLOAD).to_string();
    eventually("a frame is taken", || {
        let answer = lns.attempt(&Method::POST, "/v1/ingest/phy", frame.as_bytes()).ok()?;
        assert!(matches!(answer.status, 200 | 503), "{}", answer.text);
        (answer.status == 200).then(|| answer.body["status"].as_str().map(str::to_owned))?
    })
}

fn becomes_ready(server: &Server, status: u16) {
    eventually("/readyz tells of the database", || {
        (server.anybody().get("/readyz").status == status).then_some(())
    });
}

fn counters(partner: &Client) -> Vec<u64> {
    let counter = |pulled: &Json| pulled["record"]["uplink"]["fCnt"].as_u64();
    partner.pull_all().iter().filter_map(counter).collect()
}

#[test]
fn of_postgres_a_standby_that_commits_wait_for_and_that_is_missing_is_told_to_the_operator() {
    let database = Postgres::start();
    let server = Setup::default().settings(&settings(&database.url())).start();
    let admin = server.admin();
    let told = |words: &str| {
        eventually(words, || admin.get("/readyz").text.contains(words).then_some(()));
    };
    told("database: primary, without a standby");
    database.sql("champollion", "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (away)'");
    database.sql("champollion", "SELECT pg_reload_conf()");
    told("standby missing");
    becomes_ready(&server, 503);
    let stalled = admin.get("/readyz");
    let detail = stalled.problem(503, "store-stalled");
    assert!(detail.contains("commits wait for 1 synchronous, and 0 are there"), "{detail}");
    let others = server.anybody().get("/readyz");
    assert!(!others.problem(503, "store-stalled").contains("standby"), "{}", others.text);
    let metrics = admin.get("/metrics").text;
    assert!(metrics.contains("champollion_database_standby_missing 1"), "{metrics}");

    database.sql("champollion", "ALTER SYSTEM RESET synchronous_standby_names");
    database.sql("champollion", "SELECT pg_reload_conf()");
    becomes_ready(&server, 200);
    told("database: primary, without a standby");
}

#[test]
fn of_postgres_each_record_is_there_once_when_server_and_postmaster_are_killed() {
    let mut database = Postgres::start();
    let mut server = Setup::default().settings(&settings(&database.url())).start();
    server.publish_own(ELSYS);
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", Some("elsys/ers-co2"));
    let token = server.new_token("lns", None);
    for f_cnt in 1..=3 {
        assert_eq!(send(&server.anybody().token(&token), &sensor, f_cnt), "accepted");
    }

    server.kill();
    server.restart();
    let lns = server.anybody().token(&token);
    assert_eq!(send(&lns, &sensor, 3), "duplicate");
    assert_eq!(send(&lns, &sensor, 4), "accepted");

    database.kill();
    let refused = lns.ingest(&sensor.frame(5, 5, &PAYLOAD));
    assert_eq!(refused.status, 503, "{}", refused.text);
    becomes_ready(&server, 503);
    database.come();
    assert_eq!(send(&lns, &sensor, 5), "accepted");
    becomes_ready(&server, 200);

    assert!(server.stop().success());
    server.restart();
    let lns = server.anybody().token(&token);
    assert_eq!(send(&lns, &sensor, 6), "accepted");
    assert_eq!(counters(&server.partner("rooms")), [1, 2, 3, 4, 5, 6]);
    let devices = "SELECT count(*), sum((encode(value, 'escape') ILIKE '%key%')::int) FROM kv WHERE tab = 'devices'";
    assert_eq!(database.sql("champollion", devices), "1|0", "keys of devices are sealed there too");
    let packages =
        database.sql("champollion", "SELECT count(*) FROM blobs WHERE place = 'packages'");
    assert_ne!(packages, "0", "a node that starts on another machine finds the packages");
    assert!(!server.data().join("store").exists());
}

#[test]
fn of_postgres_a_server_that_is_cut_off_refuses_within_two_seconds() {
    let database = Postgres::start();
    let proxy = Proxy::to(database.port());
    let url = database.url_at(proxy.port(), "champollion");
    let server = Setup::default().settings(&settings(&url)).start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", None);
    let lns = server.lns();
    assert_eq!(send(&lns, &sensor, 1), "accepted");
    proxy.cut(true);
    let began = Instant::now();
    let refused = lns.ingest(&sensor.frame(2, 5, &PAYLOAD));
    assert_eq!(refused.status, 503, "{}", refused.text);
    // Two seconds are promised; the machine of a test does much else.
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    proxy.cut(false);
    assert_eq!(send(&lns, &sensor, 2), "accepted");
}

#[test]
fn of_postgres_a_database_that_cannot_be_used_is_named_at_the_start() {
    let database = Postgres::start();
    database.sql(
        "champollion",
        "CREATE TABLE schema (version integer); INSERT INTO schema VALUES (7000)",
    );
    for (url, expected) in [
        (database.url(), "has schema 7000"),
        (
            "postgres://u:horse@127.0.0.1:1/meters".to_owned(),
            "127.0.0.1:1/meters cannot be reached",
        ),
        ("postgres://u:horse@db.example/meters?sslmode=require".to_owned(), "verify-full"),
    ] {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = folder.path().join("champollion.toml");
        fs::write(&file, settings(&url)).expect("the settings can be written");
        let mut serve = champollion();
        serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
        serve.arg(folder.path().join("data")).arg("--config").arg(file);
        let failed = run(&mut serve);
        assert_ne!(failed.code, Some(0));
        assert!(failed.stderr.contains(expected), "{}", failed.stderr);
        assert!(!failed.stderr.contains("horse"), "{}", failed.stderr);
    }
}

#[test]
fn of_postgres_a_server_moves_from_its_folder_into_a_database_and_back() {
    let database = Postgres::start();
    let mut server = Server::start();
    server.publish_own(ELSYS);
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", Some("elsys/ers-co2"));
    let (lns, partner) =
        (server.new_token("lns", None), server.new_token("partner", Some("rooms")));
    for f_cnt in 1..=3 {
        assert_eq!(send(&server.anybody().token(&lns), &sensor, f_cnt), "accepted");
    }
    let before = server.anybody().token(&partner).pull_all();
    let (folder, url) = (server.data(), database.url());
    let (sled, postgres) = (format!("sled:{}", folder.display()), format!("postgres:{url}"));
    let copy = |from: &str, to: &str| {
        run(champollion().args(["store", "copy", "--json", "--from", from, "--to", to]))
    };
    let refused = copy(&sled, &postgres);
    assert!(refused.stderr.contains("already open"), "{}", refused.stderr);

    assert!(server.stop().success());
    let mut too_early = champollion();
    too_early.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&folder);
    let too_early = run(too_early.env("CHAMPOLLION_STORE__POSTGRES", &url));
    assert!(too_early.stderr.contains("the database holds nothing"), "{}", too_early.stderr);
    let copied = copy(&sled, &postgres).success();
    let copied: Json = serde_json::from_str(&copied).expect("it is JSON");
    assert!(copied["rows"].as_u64().is_some_and(|rows| rows > 10), "{copied}");
    server.change_settings(&settings(&url));
    server.restart();
    assert_eq!(server.anybody().token(&partner).pull_all(), before, "cursors go on");
    assert_eq!(send(&server.anybody().token(&lns), &sensor, 3), "duplicate");
    assert_eq!(send(&server.anybody().token(&lns), &sensor, 4), "accepted");
    let used = copy(&postgres, &format!("sled:{}", server.folder().join("torn").display()));
    assert!(used.stderr.contains("a server has the database"), "{}", used.stderr);
    let full = {
        assert!(server.stop().success());
        copy(&sled, &postgres)
    };
    assert!(full.stderr.contains("not empty"), "{}", full.stderr);

    let back = server.folder().join("data-2");
    let moved = copy(&postgres, &format!("sled:{}", back.display())).success();
    let moved: Json = serde_json::from_str(&moved).expect("it is JSON");
    fs::remove_dir_all(&folder).expect("the old folder can go");
    fs::rename(&back, &folder).expect("the new folder takes its place");
    server.change_settings("");
    server.restart();
    assert_eq!(counters(&server.anybody().token(&partner)), [1, 2, 3, 4], "{moved}");
}
