//! A server's life: its first start, its health, its end.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{Sensor, Server, Setup, digits, eventually};
use serde_json::json;

/// Time for what was sent to reach the server: well below any grace, well above loopback.
const ARRIVAL: Duration = Duration::from_millis(1_000);

/// The time that a server with a grace of a second may take to stop.
const SHORT_STOP: Duration = Duration::from_secs(8);

#[test]
fn sigterm_finishes_what_is_under_way() {
    let mut server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("lns", None);
    let body = json!({ "phyPayload": digits(&sensor.phy(1, 1, &[1])) }).to_string();
    let head = format!(
        "POST /v1/ingest/phy HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let (start, rest) = body.split_at(10);
    let mut slow = server.connect();
    slow.send(head.as_bytes());
    slow.send(start.as_bytes());
    thread::sleep(ARRIVAL);
    server.terminate();
    thread::sleep(ARRIVAL);
    assert!(server.is_running(), "a request is under way");
    slow.send(rest.as_bytes());
    let answer = slow.answer();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("accepted"), "{answer}");
    assert_eq!(server.wait().code(), Some(0));

    server.restart();
    assert_eq!(server.partner("water").pull_all().len(), 1, "what was answered is there");
}

#[test]
fn a_client_that_never_ends_does_not_hold_up_the_end() {
    let mut server = Setup::default().variable("CHAMPOLLION_HTTP__SHUTDOWN_SECONDS", "1").start();
    let mut idle = server.connect();
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
    idle.wait_for("alive\n");
    let mut stuck = server.connect();
    stuck.send(b"POST /v1/ingest/phy HTTP/1.1\r\nHost: test\r\nContent-Len");
    thread::sleep(ARRIVAL);
    let asked = Instant::now();
    assert_eq!(server.stop().code(), Some(0));
    assert!(asked.elapsed() < SHORT_STOP, "it took {:?}", asked.elapsed());
    assert_eq!(idle.answer(), "", "the connection is closed");
}

#[test]
fn health_and_metrics() {
    let server = Server::start();
    let anybody = server.anybody();
    let alive = anybody.get("/healthz");
    assert_eq!((alive.status, alive.text.as_str()), (200, "alive\n"));
    let ready = anybody.get("/readyz");
    assert_eq!((ready.status, ready.text.as_str()), (200, "ready\n"));
    anybody.get("/metrics").problem(401, "token-missing");
    server.partner("water").get("/metrics").problem(403, "forbidden");

    let (sensor, stranger) = (Sensor::new(1), Sensor::new(2));
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let mut damaged = sensor.phy(3, 1, &[1]);
    damaged[10] ^= 1;
    for _ in 0..2 {
        lns.ingest(&json!({ "phyPayload": digits(&sensor.phy(2, 1, &[1])) })).success();
    }
    lns.ingest(&json!({ "phyPayload": digits(&sensor.mac_commands(3)) })).success();
    lns.ingest(&json!({ "phyPayload": digits(&sensor.phy(1, 1, &[1])) }))
        .problem(409, "replayed-f-cnt");
    lns.ingest(&json!({ "phyPayload": digits(&damaged) })).problem(422, "mic-mismatch");
    lns.ingest(&json!({ "phyPayload": digits(&stranger.phy(1, 1, &[1])) }))
        .problem(404, "unknown-dev-addr");
    lns.ingest(&json!({ "phyPayload": "00" })).problem(400, "malformed-frame");
    let partner = server.partner("water");
    partner.post("/v1/records/ack", &json!({ "cursor": "1" })).success();

    let metrics = server.admin().get("/metrics");
    assert_eq!(metrics.status, 200);
    assert!(metrics.header("content-type").starts_with("text/plain"), "{:?}", metrics.headers);
    let results = [
        "accepted",
        "duplicate",
        "mac-only",
        "replayed-f-cnt",
        "mic-mismatch",
        "unknown-dev-addr",
        "malformed",
    ];
    for result in results {
        let line = format!("champollion_frames_total{{result=\"{result}\"}} 1");
        assert!(metrics.text.lines().any(|found| found == line), "{line}\n{}", metrics.text);
    }
    for line in [
        "champollion_devices 1",
        "champollion_records_removed_total{reason=\"acknowledged\"} 1",
        "# TYPE champollion_frames_total counter",
    ] {
        assert!(metrics.text.lines().any(|found| found == line), "{line}\n{}", metrics.text);
    }
    assert!(metrics.text.contains("# HELP champollion_frames_total Frames"), "{}", metrics.text);
}

#[test]
fn the_first_admin_token_is_shown_once() {
    let mut server = Setup::default().showing_token().start();
    let printed = server.printed();
    let tokens: Vec<&str> =
        printed.split_whitespace().filter(|word| word.starts_with("chmp_admin_")).collect();
    let [token] = tokens[..] else { panic!("{printed}") };
    assert!(printed.contains("only now"), "{printed}");
    server.anybody().token(token).get("/v1/tokens").success();
    assert!(!server.folder().join("admin.token").exists());
    assert!(!server.log().contains(token), "the log outlives the screen");

    let mut next = printed.clone();
    for stop in [true, false] {
        if stop {
            assert_eq!(server.stop().code(), Some(0));
        } else {
            server.kill();
        }
        server.restart();
        next = server.printed();
        assert!(!next.contains("chmp_"), "{next}");
        server.anybody().token(token).get("/v1/tokens").success();
    }
    assert_eq!(next.lines().count(), 1, "{next}");
}

#[test]
fn what_is_secret_is_for_the_owner_alone() {
    let mut server = Server::start();
    server.register(&Sensor::new(1), "water", None);
    let file = server.folder().join("admin.token");
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&server.data()), 0o700);
    let printed = server.printed();
    assert!(!printed.contains(server.admin_token()), "it is in the file and nowhere else");

    // The second start leaves the file alone.
    let content = fs::read_to_string(&file).expect("the file is there");
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    assert_eq!(fs::read_to_string(&file).expect("the file is there"), content);
}

/// A folder that the operator has made, such as a volume, is often open to everybody.
#[test]
fn the_keys_of_devices_are_private_in_a_folder_that_is_not() {
    let mut server = Server::start();
    assert_eq!(server.stop().code(), Some(0));
    let data = server.data();
    fs::remove_dir_all(&data).expect("the data can be removed");
    fs::create_dir(&data).expect("the folder can be made");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("and opened");
    server.restart();
    server.stop();
    let entries = fs::read_dir(&data).expect("the folder can be listed");
    for entry in entries {
        let path = entry.expect("the folder can be listed").path();
        assert_eq!(mode(&path) & 0o077, 0, "{} is open to others", path.display());
    }
}

/// A file of that name that others may read must not get the token of the admin.
#[test]
fn a_token_file_that_others_may_read_is_closed_first() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("shared.token");
    fs::write(&file, "left over").expect("the file can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("and opened");
    let path = file.to_str().expect("the path is text");
    let server =
        Setup::default().showing_token().argument("--admin-token-file").argument(path).start();
    let token = fs::read_to_string(&file).expect("the token is written");
    server.anybody().token(token.trim()).get("/v1/tokens").success();
    assert_eq!(mode(&file), 0o600);
}

fn mode(path: &Path) -> u32 {
    let metadata = fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    metadata.permissions().mode() & 0o777
}

#[test]
fn a_new_server_says_what_comes_next_in_three_lines_and_an_older_one_does_not() {
    let mut server = Server::start();
    // The first line is the one that tests wait for.
    let printed = eventually("three steps are printed", || {
        Some(server.printed()).filter(|printed| printed.lines().count() > 3)
    });
    let steps: Vec<&str> =
        printed.lines().skip_while(|line| !line.starts_with("champollion listens on ")).collect();
    assert_eq!(steps.len(), 4, "{printed}");
    assert!(steps[1].contains(&format!("{}/", server.address())), "{printed}");
    assert!(steps[2].contains("admin.token") && steps[2].contains("people invite"), "{printed}");
    assert!(steps[3].contains("champollion catalogue install --key "), "{printed}");
    assert_eq!(server.stop().code(), Some(0));
    server.restart();
    assert_eq!(server.printed().lines().count(), 1, "{}", server.printed());
}
