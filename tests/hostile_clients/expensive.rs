//! Attacks by expensive requests: expressions, decoding and large pages do not hold up frames.

use std::{
    io::Write,
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use champollion_tests::{
    Answer, Client, MISCHIEF, Mischief, Sensor, Server, Setup, digits, mischief,
};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The media type of workbooks.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// An expression that costs as much as one may, and is true of no record.
const COSTLY: &str = "(range(9000)%7Csum)%20%3C%200";

/// Nothing that is served beside an attack takes so long, also on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands over frames of some sensors, many at once.
fn fill(server: &Server, sensors: &[Sensor], frames: u32, payload: &[u8]) {
    let mut lines = String::new();
    for f_cnt in 1..=frames {
        for sensor in sensors {
            lines.push_str(&sensor.frame(f_cnt, 2, payload).to_string());
            lines.push('\n');
        }
    }
    let headers = [("Content-Type", "application/x-ndjson")];
    let answer = server.lns().post_with("/v1/ingest/phy", &headers, lines.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(!answer.text.contains("\"problem\""), "{}", answer.text);
}

/// A server that waits for no copies of frames.
fn setup() -> Setup {
    Setup::default()
        .variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0")
        .variable("CHAMPOLLION_HTTP__BODY_BYTES", "33554432")
}

/// Looks again and again whether the server lives and takes frames, until an attack is over; returns the
/// longest time that it took.
fn served_beside(server: &Server, sensor: &Sensor, is_over: &AtomicBool) -> Duration {
    let lns = server.lns();
    let (mut longest, mut f_cnt) = (Duration::ZERO, 0);
    while !is_over.load(Ordering::Relaxed) {
        let began = Instant::now();
        assert_eq!(server.anybody().get("/healthz").text, "alive\n");
        f_cnt += 1;
        lns.ingest(&sensor.frame(f_cnt, 2, &[Mischief::None as u8])).success();
        longest = longest.max(began.elapsed());
        thread::sleep(Duration::from_millis(50));
    }
    assert!(f_cnt > 0);
    longest
}

/// Does the same on several threads at once while the server is looked at.
fn attack(
    server: &Server,
    sensor: &Sensor,
    times: usize,
    work: impl Fn() -> Answer + Sync,
) -> Vec<Answer> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let beside = scope.spawn(|| served_beside(server, sensor, &is_over));
        let clients: Vec<_> = (0..times).map(|_| scope.spawn(&work)).collect();
        let answers = clients.into_iter().map(|client| client.join().expect("a client")).collect();
        is_over.store(true, Ordering::Relaxed);
        let longest = beside.join().expect("the server serves others");
        assert!(longest < PATIENCE, "it took {longest:?}");
        answers
    })
}

#[test]
fn expressions_over_all_records_hold_up_neither_frames_nor_others() {
    let server = setup()
        .variable("CHAMPOLLION_EXPENSIVE__OF_TOKEN", "2")
        .variable("CHAMPOLLION_EXPENSIVE__SECONDS", "2")
        .start();
    let sensors: Vec<Sensor> = (1..=25).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "water", None);
    }
    let other = Sensor::new(100);
    server.register(&other, "street", None);
    fill(&server, &sensors, 40, &[1; 16]);
    let partner = server.partner("water");
    let path = format!("/v1/records?expression={COSTLY}");
    let answers = attack(&server, &other, 8, || partner.get(&path));
    let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!refused.is_empty(), "eight at once had a place, and there are two");
    for answer in &answers {
        if answer.status == 429 {
            let detail = answer.problem(429, "too-many-expensive-requests");
            assert!(detail.contains("of-token"), "{detail}");
            assert_eq!(answer.header("retry-after"), "1");
        } else {
            assert_eq!((answer.status, &answer.body["records"]), (200, &json!([])));
        }
    }
    // What was looked at and is not wanted is not looked at again: the client comes to the end.
    let mut after = "0".to_owned();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let page = partner.get(&format!("{path}&after={after}")).success();
        after = page["next"].as_str().expect("a page says where to go on").to_owned();
        if page["more"] == false {
            break;
        }
        assert!(Instant::now() < deadline, "it comes to no end: {page}");
    }
    assert_eq!(after, "1000");
}

#[test]
fn one_answer_looks_at_so_many_records() {
    let server = setup().variable("CHAMPOLLION_EXPENSIVE__RECORDS", "100").start();
    let sensors: Vec<Sensor> = (1..=5).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "water", None);
    }
    fill(&server, &sensors, 60, &[1]);
    let page = server.partner("water").get("/v1/records?expression=fCnt%20%3C%200").success();
    assert_eq!((&page["next"], &page["more"]), (&json!("100"), &json!(true)), "{page}");
    // A route that is fetched from by an expression is no way around.
    let partner = server.partner("water");
    let route = json!({ "to": { "pull": {} }, "filter": { "expression": "fCnt < 0" } });
    partner.put("/v1/routes/none?from=oldest", &route).success();
    let page = partner.get("/v1/records?route=none").success();
    assert_eq!((&page["next"], &page["more"]), (&json!("100"), &json!(true)), "{page}");
}

#[test]
fn an_expression_has_so_much_fuel_for_a_record() {
    let pulled = |fuel: &str| {
        let server = setup().variable("CHAMPOLLION_EXPENSIVE__FUEL", fuel).start();
        let sensor = Sensor::new(1);
        server.register(&sensor, "water", None);
        fill(&server, &[sensor], 3, &[1]);
        let partner = server.partner("water");
        let count = |expression: &str| {
            let page = partner.get(&format!("/v1/records?expression={expression}")).success();
            page["records"].as_array().map(Vec::len)
        };
        (count("(range(1000)%7Csum)%20%3E%200"), count("fCnt%20%3E%201"))
    };
    assert_eq!(pulled("10000"), (Some(3), Some(2)));
    assert_eq!(pulled("100"), (Some(0), Some(2)));
}

#[test]
fn trials_of_decoders_take_no_thread_of_frames() {
    let server = setup()
        .variable("CHAMPOLLION_SANDBOX__FUEL", "200000000")
        .variable("CHAMPOLLION_DECODING__WORKERS", "1")
        .variable("CHAMPOLLION_DECODING__QUEUE", "1")
        .variable("CHAMPOLLION_EXPENSIVE__THREADS", "1")
        .variable("CHAMPOLLION_EXPENSIVE__OF_TOKEN", "3")
        .start();
    server.publish(&mischief());
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", Some(MISCHIEF));
    let partner = server.partner("water");
    let payload = digits(&[Mischief::Loop as u8]);
    let trial = json!({ "decoder": MISCHIEF, "uplink": { "fPort": 1, "payload": payload } });
    // Every frame is decoded: `served_beside` takes no other answer.
    let answers = attack(&server, &sensor, 8, || partner.post("/v1/decode", &trial));
    for answer in &answers {
        match answer.status {
            429 => drop(answer.problem(429, "too-many-expensive-requests").to_owned()),
            503 => drop(answer.problem(503, "took-too-long").to_owned()),
            _ => drop(answer.problem(422, "out-of-fuel").to_owned()),
        }
    }
    assert!(answers.iter().any(|answer| answer.status == 429), "{answers:?}");
    assert!(answers.iter().any(|answer| answer.status == 422), "{answers:?}");
    // Who has been served makes room.
    let fine = json!({ "decoder": MISCHIEF, "uplink": { "fPort": 1, "payload": "00" } });
    partner.post("/v1/decode", &fine).success();
}

/// Registers sensors of which more is said than of most: as much is in each of their records.
fn verbose(server: &Server, numbers: std::ops::RangeInclusive<u8>) -> Vec<Sensor> {
    let register = |number| {
        let sensor = Sensor::new(number);
        let mut registration = sensor.registration("water", None);
        registration["tags"] = json!({ "description": "x".repeat(12_000) });
        server.admin().put(&sensor.path(), &registration).success();
        sensor
    };
    numbers.map(register).collect()
}

#[test]
fn a_page_of_records_is_bounded_in_bytes() {
    const PAGE: usize = 100_000;
    let server = setup().variable("CHAMPOLLION_HTTP__PAGE_BYTES", &PAGE.to_string()).start();
    let sensors = verbose(&server, 1..=5);
    fill(&server, &sensors, 10, &[1; 16]);
    let partner = server.partner("water");
    let first = partner.get("/v1/records?limit=1000");
    assert!(first.text.len() < PAGE + 10_000, "{} bytes", first.text.len());
    let page = first.success();
    assert_eq!(page["more"], true);
    assert!(page["records"].as_array().is_some_and(|records| records.len() > 1));
    assert_eq!(partner.pull_all().len(), 50);
    for format in ["ndjson", "csv-rows", "csv-columns", "senml"] {
        let answer = partner.get(&format!("/v1/records?limit=1000&format={format}"));
        assert_eq!((answer.status, answer.header("more-records")), (200, "true"), "{format}");
        assert!(answer.text.len() < PAGE + 10_000, "{format}: {} bytes", answer.text.len());
    }
    let filtered = partner.get("/v1/records?limit=1000&port=2");
    assert!(filtered.text.len() < PAGE + 10_000, "{} bytes", filtered.text.len());
    assert_eq!(filtered.success()["more"], true);
}

#[test]
fn readers_that_do_not_read_take_little_memory() {
    const READERS: usize = 100;
    /// The pages of the places of a token, twenty, each once as it is read, once as it is unpacked and once as it is
    /// written, and what an unoptimized server takes beside.
    const MOST: u64 = 330 << 20;
    let server = setup().start();
    let sensors = verbose(&server, 1..=50);
    fill(&server, &sensors, 20, &[1; 16]);
    let token = server.new_token("partner", Some("water"));
    let before = server.peak_memory();
    let address = server.address().trim_start_matches("http://").to_owned();
    let open = |_| {
        let mut stream = TcpStream::connect(&address).expect("the server takes connections");
        let request = format!(
            "GET /v1/records?limit=1000 HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("it is sent");
        stream
    };
    let readers: Vec<TcpStream> = (0..READERS).map(open).collect();
    // All are answered as far as anybody reads.
    for stream in &readers {
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("it has timeouts");
        assert!(stream.peek(&mut [0; 16]).expect("it is answered") > 0);
    }
    assert_eq!(server.anybody().get("/healthz").text, "alive\n");
    if let (Some(before), Some(after)) = (before, server.peak_memory()) {
        assert!(after.saturating_sub(before) < MOST, "{before} before, {after} after");
    }
}

/// All items of a list, page by page, with the number of pages.
fn followed(client: &Client, path: &str, member: &str) -> (Vec<Json>, usize) {
    let (mut all, mut pages, mut after) = (Vec::new(), 0, String::new());
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{path}{separator}limit=3{after}")).success();
        let items = page[member].as_array().expect("a page has items").clone();
        assert!(items.len() <= 3, "{page}");
        all.extend(items);
        pages += 1;
        if page["more"] == false {
            return (all, pages);
        }
        let next = page["next"].as_str().expect("a page says where to go on");
        after = format!("&after={}", next.replace('+', "%2B"));
        assert!(pages < 100, "it comes to no end");
    }
}

#[test]
fn lists_as_tables_and_statements_have_places() {
    let server = setup().variable("CHAMPOLLION_EXPENSIVE__OF_TOKEN", "0").start();
    let admin = server.admin();
    let accepting = |path: &str, accepted: &str| {
        let headers = [("Accept", accepted)];
        admin.attempt_with(&Method::GET, path, &headers, b"").expect("the server answers")
    };
    for path in ["/v1/notices", "/v1/schedules", "/v1/alerts?group=water&state=all"] {
        for whole in ["text/csv", XLSX] {
            accepting(path, whole).problem(429, "too-many-expensive-requests");
        }
        assert_eq!(accepting(path, "application/json").status, 200, "{path}: its pages have none");
    }
    // These go through all objects or routes for a page too.
    for path in [
        "/v1/quality",
        "/v1/quality/silent",
        "/v1/quality/excluded",
        "/v1/quality/availability",
        "/v1/gateways",
    ] {
        for form in ["application/json", "text/csv", XLSX] {
            accepting(path, form).problem(429, "too-many-expensive-requests");
        }
    }
    let day = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    for path in [
        format!("/v1/statements?date={day}"),
        format!("/v1/statements/{day}/city"),
        format!("/v1/statements/{day}/city/objects"),
    ] {
        for form in ["application/json", "text/csv"] {
            accepting(&path, form).problem(429, "too-many-expensive-requests");
        }
    }
}

#[test]
fn whatever_goes_through_all_objects_has_a_place() {
    let server = setup().variable("CHAMPOLLION_EXPENSIVE__OF_TOKEN", "0").start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    for path in ["/v1/devices?silentHours=1", "/v1/alerts?state=unacknowledged"] {
        partner.get(path).problem(429, "too-many-expensive-requests");
    }
    // Each cell of such a table is an expression.
    let columns = partner.get("/v1/records?format=csv-rows&columns=point;date;index%3Dvalue*1000");
    columns.problem(429, "too-many-expensive-requests");
    assert_eq!(partner.get("/v1/records?format=csv-rows").status, 200, "other tables need none");
    let admin = server.admin();
    let command = json!({ "command": { "on": true } });
    let to_group = admin.post("/v1/groups/water/downlinks", &command);
    to_group.problem(429, "too-many-expensive-requests");
    let mut schedule =
        json!({ "name": "Evening", "command": { "on": true }, "when": { "cron": "0 22 * * *" } });
    schedule["group"] = json!("water");
    admin.post("/v1/schedules", &schedule).problem(429, "too-many-expensive-requests");
    let rule = json!({ "when": { "silent": { "seconds": 3_600 } } });
    let put = admin.put("/v1/alerts/rules/any?group=water", &rule);
    put.problem(429, "too-many-expensive-requests");
    // A page that is a look at some devices, and one device, have none.
    assert_eq!(partner.get("/v1/devices").success()["devices"][0]["devEui"], sensor.dev_eui());
    partner.get(&sensor.path()).success();
    let owner = server.visitor("owner@city.example", "owner", "group:water");
    for path in [
        "/partner",
        "/partner/objects",
        "/partner/objects/map",
        "/partner/objects/export.csv",
        "/partner/objects/export.xlsx",
        "/partner/commands?group=water",
    ] {
        assert_eq!(owner.open(&server, path).status, 429, "{path}");
    }
}

#[test]
fn silent_objects_are_listed_as_they_were_and_without_those_that_were_heard_since() {
    let server = setup().start();
    let sensors: Vec<Sensor> = (1..=5).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "water", None);
    }
    // Heard two days ago, one after another.
    let ago = |hours: i64| Timestamp::now() - jiff::SignedDuration::from_hours(hours);
    for (sensor, hours) in sensors.iter().zip([50, 49, 48, 47, 46]) {
        let mut frame = sensor.frame(1, 2, &[1]);
        frame["receivedAt"] = json!(ago(hours).to_string());
        server.lns().ingest(&frame).success();
    }
    let partner = server.partner("water");
    let page = |after: &str| partner.get(&format!("/v1/quality/silent?limit=2{after}")).success();
    let names = |page: &Json| -> Vec<String> {
        let silent = page["silent"].as_array().expect("a list").iter();
        silent.map(|one| one["devEui"].as_str().expect("it has one").to_owned()).collect()
    };
    let own = |numbers: &[usize]| -> Vec<String> {
        numbers.iter().map(|number| sensors[*number].dev_eui()).collect()
    };
    let first = page("");
    assert_eq!((names(&first), &first["more"]), (own(&[0, 1]), &json!(true)));
    let mut frame = sensors[2].frame(2, 2, &[1]);
    frame["receivedAt"] = json!(Timestamp::now());
    server.lns().ingest(&frame).success();
    let next = format!("&after={}", first["next"].as_str().expect("a page says where to go on"));
    let second = page(&next);
    assert_eq!((names(&second), &second["more"]), (own(&[3, 4]), &json!(false)));
    partner.get("/v1/quality/silent?after=nowhere").problem(400, "invalid-query");
}

#[test]
fn lists_come_in_pages() {
    let server = setup().variable("CHAMPOLLION_HTTP__PAGE_BYTES", "30000").start();
    let sensors = verbose(&server, 1..=7);
    let (admin, partner) = (server.admin(), server.partner("water"));
    let names = |list: &[Json], member: &str| -> Vec<String> {
        list.iter().map(|item| item[member].as_str().expect("it has one").to_owned()).collect()
    };
    let own: Vec<String> = sensors.iter().map(Sensor::dev_eui).collect();

    // Bounded in bytes, though nobody says how many.
    let page = partner.get("/v1/devices").success();
    assert_eq!((page["devices"].as_array().map(Vec::len), &page["more"]), (Some(2), &json!(true)));
    let (devices, _) = followed(&partner, "/v1/devices", "devices");
    assert_eq!(names(&devices, "devEui"), own);
    // The command line follows.
    let listed = server.cli(&server.new_token("partner", Some("water")));
    let listed = listed.json(&["devices", "list", "--json"]);
    assert_eq!(listed["devices"].as_array().map(Vec::len), Some(7), "{listed}");

    for _ in 0..5 {
        drop(server.new_token("publisher", None));
    }
    let (tokens, pages) = followed(&admin, "/v1/tokens", "tokens");
    assert!(tokens.len() >= 8 && pages >= 3, "{tokens:?}");
    let mut ids = names(&tokens, "id");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), tokens.len(), "one came twice");
    let listed = server.admin_cli().json(&["tokens", "list", "--json"]);
    assert_eq!(listed["tokens"].as_array().map(Vec::len), Some(tokens.len()));

    for number in 0..7 {
        let route = json!({ "to": { "pull": {} } });
        partner.put(&format!("/v1/routes/r{number}"), &route).success();
    }
    let (routes, pages) = followed(&partner, "/v1/routes", "routes");
    assert_eq!((routes.len(), pages), (7, 3));
    let (routes, _) = followed(&admin, "/v1/routes", "routes");
    assert_eq!(routes.len(), 7);
    let (none, pages) = followed(&partner, "/v1/routes/r1/attempts", "attempts");
    assert_eq!((none.len(), pages), (0, 1));
    for (path, member) in [
        ("/v1/parked", "parked"),
        ("/v1/registry/quarantine", "quarantined"),
        ("/v1/registry/keys", "keys"),
        ("/v1/catalogue", "decoders"),
        ("/v1/quotas", "quotas"),
        ("/v1/retention", "backlogs"),
    ] {
        followed(&admin, path, member);
        admin.get(&format!("{path}?limit=many")).problem(400, "invalid-query");
    }
    admin.get("/v1/devices?after=x").problem(400, "invalid-query");
    admin.get("/v1/tokens?after=x").problem(400, "invalid-query");

    // The audit: lines, so where to go on stands in headers.
    let whole = admin.get("/v1/audit?limit=1000").text;
    let (mut lines, mut after) = (String::new(), "0".to_owned());
    loop {
        let page = admin.get(&format!("/v1/audit?limit=4&after={after}"));
        assert!(page.text.lines().count() <= 4, "{}", page.text);
        lines.push_str(&page.text);
        page.header("next-cursor").clone_into(&mut after);
        if page.header("more-records") == "false" {
            break;
        }
    }
    assert_eq!(lines, whole);
}

#[test]
fn no_expression_makes_much_of_a_list_that_is_multiplied() {
    let server = setup().start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    fill(&server, &[sensor], 1, &[1]);
    let partner = server.partner("water");
    let list = "([1]*9999999)";
    for expression in [
        format!("{list}|string"),
        format!("{list}~name"),
        format!("[[{list}]*9999]*9999|string"),
        format!("1000 in {list}"),
        "(99999999*[1])|length".to_owned(),
        "(name|list)*99999|string".to_owned(),
        "(name|int([1]))*9999999|string".to_owned(),
        "[1]|batch(9999,[1]|batch(9999,[1]))|string".to_owned(),
        "('x'*500)|list|map('default',range(9999),true)|string".to_owned(),
    ] {
        let of_query: String = expression.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let refused = partner.get(&format!("/v1/records?expression={of_query}"));
        let said = refused.problem(400, "invalid-query");
        let reasons = ["it multiplies a list", "repeats what it is given"];
        assert!(reasons.iter().any(|reason| said.contains(reason)), "{expression}: {said}");
        let route = json!({ "to": { "pull": {} }, "filter": { "expression": expression } });
        let refused = partner.put("/v1/routes/multiplied", &route);
        assert!(refused.status == 400 || refused.status == 422, "{}", refused.text);
        let columns = format!("/v1/records?format=csv-rows&columns=a%3D{of_query}");
        partner.get(&columns).problem(400, "invalid-query");
    }
    // Numbers are multiplied as before, beside lists that are not.
    let page =
        partner.get("/v1/records?expression=fCnt%2A2%20%3E%201%20and%20port%20in%20%5B1,2%5D");
    assert_eq!(page.success()["records"].as_array().map(Vec::len), Some(1));
}
