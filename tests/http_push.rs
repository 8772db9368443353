//! Records are posted to their recipients: signed, in order, again until they are taken.

use std::{
    collections::BTreeMap,
    fs,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use axum::http::Version;
use champollion_tests::{
    Asked, Client, LUMINAIRE, Outside, Sensor, Server, Setup, eventually, run, target,
};
use serde_json::{Value as Json, json};

/// Recipients on this machine, over HTTP, and no long pauses.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n";

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn server() -> Server {
    Setup::default().settings(SETTINGS).start()
}

/// A route to a recipient, with more of what may stand in it.
fn route(outside: &Outside, more: &Json) -> Json {
    let mut route = json!({ "to": { "http": { "url": outside.url(), "secrets": [SECRET] } } });
    for (name, value) in more.as_object().expect("it is an object") {
        if name == "http" {
            for (name, value) in value.as_object().expect("it is an object") {
                route["to"]["http"][name] = value.clone();
            }
        } else {
            route[name] = value.clone();
        }
    }
    route
}

fn taken(_: &Asked) -> (u16, String) {
    (204, String::new())
}

/// The records that came, in their order; of lists each.
fn records(asked: &[Asked]) -> Vec<Json> {
    let all = asked.iter().flat_map(|asked| match &asked.body["data"] {
        Json::Array(records) => records.clone(),
        record => vec![record.clone()],
    });
    all.filter(|record| record["test"].is_null()).collect()
}

fn f_cnts(records: &[Json]) -> Vec<u64> {
    records.iter().filter_map(|record| record["uplink"]["fCnt"].as_u64()).collect()
}

fn send(lns: &Client, sensor: &Sensor, f_cnts: impl IntoIterator<Item = u32>) {
    for f_cnt in f_cnts {
        lns.ingest(&sensor.frame(f_cnt, 1, &[1, 2])).success();
    }
}

fn status(client: &Client, name: &str) -> Json {
    client.get(&format!("/v1/routes/{name}")).success()["status"].clone()
}

/// Returns the number of records that the group's inbox still shows.
fn kept(client: &Client) -> usize {
    client.pull_all().len()
}

#[test]
fn a_record_is_posted_with_all_there_is_to_it_and_then_removed() {
    let (server, outside) = (server(), Outside::start(taken));
    server.publish_own(LUMINAIRE);
    let sensor = Sensor::new(1);
    let mut registration = sensor.registration("water", Some("nas/ul20xx@^1"));
    (registration["subGroup"], registration["useCase"]) = (json!("north"), json!("lighting"));
    server.admin().put(&sensor.path(), &registration).success();
    let partner = server.partner("water");
    let more = json!({ "http": {
        "authorization": { "bearer": { "token": "t0ken" } },
        "headers": { "X-Tenant": "water" },
    } });
    let made = partner.put("/v1/routes/all", &route(&outside, &more)).success();
    assert!(made["signingSecret"].is_null(), "it was said: {made}");
    assert!(!made.to_string().contains("whsec_M") && !made.to_string().contains("t0ken"), "{made}");

    let mut frame = sensor.frame_through(7, &[1, 2], "gw", 5.5);
    frame["frequencyHz"] = json!(868_100_000);
    frame["spreadingFactor"] = json!(9);
    frame["bandwidthHz"] = json!(125_000);
    server.lns().ingest(&frame).success();
    let asked = outside.wait_for(1).remove(0);
    assert_eq!(asked.method, "POST");
    let header = |name: &str| asked.headers[name].to_str().expect("it is text").to_owned();
    assert_eq!(header("authorization"), "Bearer t0ken");
    assert_eq!(header("x-tenant"), "water");
    assert_eq!(header("content-type"), "application/json");
    assert!(header("user-agent").starts_with("champollion/"));
    assert_eq!(asked.body["type"], "record");
    let record = &asked.body["data"];
    assert_eq!(record["id"], header("webhook-id"));
    assert_eq!(record["device"]["subGroup"], "north");
    assert_eq!(record["uplink"]["payload"], "0102");
    assert_eq!(record["uplink"]["fCnt"], 7);
    assert_eq!(record["uplink"]["fPort"], 1);
    assert_eq!(record["radio"]["redundancy"], 1);
    assert_eq!(record["radio"]["snrDb"], 5.5);
    assert_eq!(record["radio"]["frequencyHz"], 868_100_000);
    assert_eq!(record["radio"]["spreadingFactor"], 9);
    assert_eq!(record["radio"]["bandwidthHz"], 125_000);
    assert_eq!(record["decoder"]["id"], "nas/ul20xx");
    assert!(record["decoder"]["digest"].as_str().is_some_and(|text| text.starts_with("sha256:")));

    let count = eventually("what is delivered is removed", || {
        (kept(&partner) == 0).then(|| status(&partner, "all"))
    });
    assert_eq!(count["delivered"], 1);
    assert_eq!(count["state"], "running");
    let attempts = partner.get("/v1/routes/all/attempts").success();
    assert_eq!(attempts["attempts"][0]["outcome"], "taken");
    assert_eq!(attempts["attempts"][0]["status"], 204);
}

/// The check of a recipient that uses the library of Standard Webhooks.
const VERIFY: &str = r#"
const { Webhook } = require(process.argv[1]);
const { secret, headers, body } = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
"#;

#[test]
fn of_npm_requests_are_signed_as_standard_webhooks_says() {
    let (server, outside) = (server(), Outside::start(taken));
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    // Two while one is exchanged for the other; each recipient knows one.
    let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let more = json!({ "http": { "secrets": [SECRET, other] } });
    partner.put("/v1/routes/all", &route(&outside, &more)).success();
    send(&server.lns(), &sensor, [1]);
    let asked = outside.wait_for(1).remove(0);

    let package = target().join("npm/node_modules/standardwebhooks");
    assert!(package.is_dir(), "{} is missing: run `cargo xtask test`", package.display());
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let verify = |secret: &str, body: &str| {
        let headers: BTreeMap<&str, &str> = asked
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("it is text")))
            .collect();
        let file = folder.path().join("request.json");
        let request = json!({ "secret": secret, "headers": headers, "body": body });
        fs::write(&file, request.to_string()).expect("it is written");
        let mut node = Command::new("node");
        run(node.args(["-e", VERIFY]).arg(&package).arg(&file))
    };
    for secret in [SECRET, other] {
        let verified = verify(secret, &asked.text);
        let body: Json = serde_json::from_str(&verified.success()).expect("it is JSON");
        assert_eq!(body, asked.body);
    }
    let tampered = asked.text.replace("\"fCnt\":1", "\"fCnt\":2");
    assert_ne!(tampered, asked.text);
    assert_ne!(verify(SECRET, &tampered).code, Some(0));
    let wrong = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_ne!(verify(wrong, &asked.text).code, Some(0));
}

#[test]
fn what_is_not_taken_comes_again_in_the_order_of_its_device_under_the_same_name() {
    let server = server();
    let tries = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&tries);
    // Two of three requests fail, each in another way.
    let outside = Outside::start(move |_| match counted.fetch_add(1, Ordering::Relaxed) % 6 {
        0 => (404, "not here".to_owned()),
        1 => (500, String::new()),
        3 => (403, String::new()),
        4 => (302, String::new()),
        _ => (200, String::new()),
    });
    let sensors = [1, 2, 3].map(Sensor::new);
    let (partner, lns) = (server.partner("water"), server.lns());
    partner.put("/v1/routes/all", &route(&outside, &json!({}))).success();
    for sensor in &sensors {
        server.register(sensor, "water", None);
    }
    for f_cnt in 1..=5 {
        for sensor in &sensors {
            send(&lns, sensor, [f_cnt]);
        }
    }
    eventually("all are taken", || (status(&partner, "all")["delivered"] == 15).then_some(()));
    let asked = outside.asked();
    for sensor in &sensors {
        let of_it = |asked: &&Asked| asked.body["data"]["device"]["devEui"] == sensor.dev_eui();
        let mut seen: Vec<(u64, String)> = asked
            .iter()
            .filter(of_it)
            .map(|asked| {
                let id = asked.headers["webhook-id"].to_str().expect("it is text").to_owned();
                (asked.body["data"]["uplink"]["fCnt"].as_u64().expect("it is a number"), id)
            })
            .collect();
        assert!(seen.is_sorted_by_key(|(f_cnt, _)| *f_cnt), "{seen:?}");
        seen.dedup();
        assert_eq!(seen.len(), 5, "a record has one name, whatever it is tried: {seen:?}");
    }
    let attempts = partner.get("/v1/routes/all/attempts?limit=1000").success();
    let attempts = attempts["attempts"].as_array().expect("it is a list").clone();
    assert_eq!(attempts.len(), asked.len(), "every attempt can be seen");
    assert!(attempts.iter().any(|attempt| {
        attempt["status"] == 404
            && attempt["message"].as_str().is_some_and(|said| said.contains("not here"))
    }));
    eventually("what is delivered is removed", || (kept(&partner) == 0).then_some(()));
}

#[test]
fn a_record_that_a_recipient_never_takes_holds_up_its_own_device_alone() {
    let server = server();
    for (batch, numbers) in [(1, [1, 2, 3]), (10, [4, 5, 6])] {
        let sensors = numbers.map(Sensor::new);
        let poison = sensors[0].dev_eui();
        let outside = Outside::start(move |asked| {
            let is_poison = |record: &Json| {
                record["device"]["devEui"] == poison.as_str() && record["uplink"]["fCnt"] == 1
            };
            let refuses = records(std::slice::from_ref(asked)).iter().any(is_poison);
            (if refuses { 422 } else { 200 }, String::new())
        });
        let group = format!("batch-{batch}");
        let (partner, lns) = (server.partner(&group), server.lns());
        let more = json!({ "http": { "batch": batch } });
        partner.put("/v1/routes/all", &route(&outside, &more)).success();
        for (sensor, last) in sensors.iter().zip([2, 20, 20]) {
            server.register(sensor, &group, None);
            send(&lns, sensor, 1..=last);
        }
        eventually("the others are delivered", || {
            (status(&partner, "all")["delivered"] == 40).then_some(())
        });
        let status = status(&partner, "all");
        assert_eq!(status["waiting"], 2, "{status}");
        assert_eq!(status["lastFailure"]["status"], 422, "{status}");
        assert!(status["oldestWaiting"].is_string(), "{status}");
    }
}

#[test]
fn many_records_go_in_one_request_in_the_order_of_their_devices() {
    let (server, mut outside) = (server(), Outside::away(taken));
    let sensors = [1, 2].map(Sensor::new);
    let (partner, lns) = (server.partner("water"), server.lns());
    let more = json!({ "http": { "batch": 50 } });
    partner.put("/v1/routes/all", &route(&outside, &more)).success();
    for sensor in &sensors {
        server.register(sensor, "water", None);
        send(&lns, sensor, 1..=60);
    }
    outside.come();
    eventually("all are taken", || (status(&partner, "all")["delivered"] == 120).then_some(()));
    let asked = outside.asked();
    assert!(asked.len() < 60, "{} requests", asked.len());
    assert!(asked.iter().all(|asked| asked.body["type"] == "records"));
    for sensor in &sensors {
        let mut own = records(&asked);
        own.retain(|record| record["device"]["devEui"] == sensor.dev_eui());
        assert_eq!(f_cnts(&own), (1..=60).collect::<Vec<u64>>());
    }
}

#[test]
fn a_recipient_that_is_gone_stops_its_route_until_somebody_lets_it_go_on() {
    let (mut server, outside) = (server(), Outside::start(|_| (410, "moved away".to_owned())));
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner_token = server.new_token("partner", Some("water"));
    let partner = server.anybody().token(&partner_token);
    partner.put("/v1/routes/all", &route(&outside, &json!({}))).success();
    send(&server.lns(), &sensor, [1, 2]);
    let stopped = eventually("it is stopped", || {
        let status = status(&partner, "all");
        (status["state"] == "stopped").then_some(status)
    });
    let said = stopped["stopped"]["reason"].as_str().unwrap_or_default();
    assert!(said.contains("410") && said.contains("moved away"), "{stopped}");
    let asked = outside.asked().len();
    server.stop();
    server.restart();
    let partner = server.anybody().token(&partner_token);
    assert_eq!(status(&partner, "all")["state"], "stopped", "also after a restart");
    send(&server.lns(), &sensor, [3]);
    thread::sleep(Duration::from_millis(300));
    assert_eq!(outside.asked().len(), asked, "nothing is sent any more");
    assert_eq!(status(&partner, "all")["waiting"], 3);

    outside.answer(taken);
    let shown = server.cli(&partner_token).run(&["routes", "resume", "all"]).success();
    assert!(shown.contains("running"), "{shown}");
    eventually("all are taken", || (status(&partner, "all")["delivered"] == 3).then_some(()));
    assert_eq!(f_cnts(&records(&outside.asked()[asked..])), [1, 2, 3]);
}

#[test]
fn who_asks_for_time_is_given_it_and_who_is_away_is_asked_once_in_a_while() {
    let server = server();
    let asked_at: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let noted = Arc::clone(&asked_at);
    let busy = Outside::start(move |_| {
        noted.lock().expect("no test panics in there").push(Instant::now());
        (429, String::new())
    });
    // The harness' recipient sends no headers of its own, so the pause is the breaker's here; a
    // Retry-After is read in runtime/delivery/src/destinations/push/answer.rs.
    let away = Outside::away(taken);
    let sensors: Vec<Sensor> = (1..=9).map(Sensor::new).collect();
    let partner = server.partner("water");
    partner.put("/v1/routes/busy", &route(&busy, &json!({}))).success();
    partner.put("/v1/routes/away", &route(&away, &json!({}))).success();
    for sensor in &sensors {
        server.register(sensor, "water", None);
        send(&server.lns(), sensor, [1]);
    }
    eventually("the recipients are left alone", || {
        let is_left = |name| status(&partner, name)["state"] == "backing-off";
        (is_left("busy") && is_left("away")).then_some(())
    });
    thread::sleep(Duration::from_millis(1_500));
    let tries = asked_at.lock().expect("no test panics in there").len();
    assert!(
        tries < 40,
        "nine devices were tried {tries} times, though the recipient is left alone"
    );
    let status_of_away = status(&partner, "away");
    assert_eq!(status_of_away["waiting"], 9, "{status_of_away}");
    let said = status_of_away["lastFailure"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(said.contains("cannot be reached"), "{said}");
    busy.answer(taken);
    eventually("all are taken", || (status(&partner, "busy")["delivered"] == 9).then_some(()));
}

#[test]
fn each_recipient_has_its_own_progress_and_nothing_goes_before_all_have_it() {
    let (mut server, fast) = (server(), Outside::start(taken));
    let mut slow = Outside::away(taken);
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let partner = server.anybody().token(&token);
    partner.put("/v1/routes/fast", &route(&fast, &json!({}))).success();
    partner.put("/v1/routes/slow", &route(&slow, &json!({}))).success();
    send(&server.lns(), &sensor, 1..=10);
    eventually("one has all", || (status(&partner, "fast")["delivered"] == 10).then_some(()));
    assert_eq!(kept(&partner), 10, "the other has none");
    // Also over a kill: what was told to be done is not told again for long.
    thread::sleep(Duration::from_millis(500));
    server.kill();
    server.restart();
    let partner = server.anybody().token(&token);
    send(&server.lns(), &sensor, [11]);
    eventually("one has all", || (status(&partner, "fast")["delivered"] == 11).then_some(()));
    assert_eq!(f_cnts(&records(&fast.asked())), (1..=11).collect::<Vec<u64>>());
    slow.come();
    eventually("the other has all", || (status(&partner, "slow")["delivered"] == 11).then_some(()));
    assert_eq!(f_cnts(&records(&slow.asked())), (1..=11).collect::<Vec<u64>>());
    eventually("what all have is removed", || (kept(&partner) == 0).then_some(()));
}

#[test]
fn a_route_takes_what_its_filter_says_in_the_shape_that_it_says_from_when_it_says() {
    let (server, outside) = (server(), Outside::start(taken));
    server.publish_own(LUMINAIRE);
    let sensors = [1, 2, 3].map(Sensor::new);
    let partner = server.partner("water");
    for (sensor, (floor, decoder)) in
        sensors.iter().zip([("1", Some("nas/ul20xx@^1")), ("2", None), ("3", None)])
    {
        let mut registration = sensor.registration("water", decoder);
        registration["tags"] = json!({ "floor": floor });
        server.admin().put(&sensor.path(), &registration).success();
    }
    let lns = server.lns();
    // Before there is any route the inbox has them.
    for sensor in &sensors {
        send(&lns, sensor, [1]);
    }
    let filter = json!({ "expression": "tags.floor in ['1', '2']", "ports": [1] });
    let more = json!({ "filter": filter, "shape": "raw" });
    partner.put("/v1/routes/some?from=oldest", &route(&outside, &more)).success();
    eventually("two are taken", || (status(&partner, "some")["delivered"] == 2).then_some(()));
    for record in records(&outside.asked()) {
        assert!(record["decodeError"].is_null() && record["decoded"].is_null(), "{record}");
        assert_eq!(record["uplink"]["payload"], "0102");
    }
    // From now on others, decoded.
    let more = json!({ "filter": { "devices": [sensors[2].dev_eui()] }, "shape": "decoded" });
    partner.put("/v1/routes/some", &route(&outside, &more)).success();
    for sensor in &sensors {
        send(&lns, sensor, [2]);
    }
    eventually("one more is taken", || (status(&partner, "some")["delivered"] == 3).then_some(()));
    thread::sleep(Duration::from_millis(200));
    let all = records(&outside.asked());
    assert_eq!(all.len(), 3);
    assert_eq!(all[2]["device"]["devEui"], sensors[2].dev_eui());
    assert!(all[2]["uplink"]["payload"].is_null());
    eventually("what it does not take is removed as well", || (kept(&partner) == 0).then_some(()));
}

#[test]
fn a_route_that_is_paused_waits_and_one_that_is_removed_leaves_its_records_to_the_inbox() {
    let (server, outside) = (server(), Outside::start(taken));
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let partner = server.anybody().token(&token);
    let cli = server.cli(&token);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("route.json");
    let mut wanted = route(&outside, &json!({}));
    wanted["to"]["http"].as_object_mut().expect("it is an object").remove("secrets");
    fs::write(&file, wanted.to_string()).expect("it is written");
    let file = file.to_str().expect("it is text").to_owned();

    let made = cli.run(&["routes", "put", "all", &file]).success();
    assert!(made.contains("signing secret: whsec_"), "{made}");
    let test = cli.run(&["routes", "test", "all"]).success();
    assert!(test.contains("test-"), "{test}");
    assert_eq!(outside.asked()[0].body["data"]["test"], true);

    assert!(cli.run(&["routes", "pause", "all"]).success().contains("paused"));
    send(&server.lns(), &sensor, [1, 2]);
    thread::sleep(Duration::from_millis(200));
    assert_eq!(outside.asked().len(), 1);
    let list = cli.run(&["routes", "list"]).success();
    assert!(list.contains("paused") && list.contains("http"), "{list}");
    assert!(cli.run(&["routes", "resume", "all"]).success().contains("running"));
    eventually("both are taken", || (status(&partner, "all")["delivered"] == 2).then_some(()));
    let attempts = cli.run(&["routes", "attempts", "all"]).success();
    assert!(attempts.contains("taken"), "{attempts}");

    assert!(cli.run(&["routes", "pause", "all"]).success().contains("paused"));
    send(&server.lns(), &sensor, [3]);
    assert!(cli.run(&["routes", "remove", "all"]).success().contains("removed all"));
    partner.get("/v1/routes/all").problem(404, "no-such-route");
    let left: Vec<Json> =
        partner.pull_all().iter().map(|pulled| pulled["record"].clone()).collect();
    assert_eq!(f_cnts(&left), [3]);

    outside.answer(|_| (500, "no".to_owned()));
    assert!(cli.run(&["routes", "put", "all", &file]).success().contains("running"));
    let test = cli.run(&["routes", "test", "all"]);
    assert!(test.failure().contains("500"), "{test:?}");
}

#[test]
fn records_of_a_route_can_be_fetched_by_its_name() {
    let server = server();
    let sensors = [1, 2].map(Sensor::new);
    let partner = server.partner("water");
    let one = json!({
        "filter": { "devices": [sensors[0].dev_eui()] },
        "shape": "raw",
        "to": { "pull": {} },
    });
    partner.put("/v1/routes/one", &one).success();
    partner.put("/v1/routes/all", &json!({ "to": { "pull": {} } })).success();
    for sensor in &sensors {
        server.register(sensor, "water", None);
        send(&server.lns(), sensor, 1..=3);
    }
    let page = partner.get("/v1/records?route=one&limit=2").success();
    assert_eq!(page["records"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["more"], true);
    let next = page["next"].as_str().expect("it is text");
    let page = partner.get(&format!("/v1/records?route=one&after={next}")).success();
    assert_eq!(page["records"].as_array().map(Vec::len), Some(1));
    let ack = json!({ "route": "one", "cursor": page["next"] });
    assert_eq!(partner.post("/v1/records/ack", &ack).success()["removed"], 3);
    assert_eq!(kept(&partner), 6, "the other route has none yet");
    let page = partner.get("/v1/records?route=all").success();
    let ack = json!({ "route": "all", "cursor": page["next"] });
    assert_eq!(partner.post("/v1/records/ack", &ack).success()["removed"], 6);
    assert_eq!(kept(&partner), 0);
    let page = partner.get("/v1/records?route=one").success();
    assert_eq!(page["records"], json!([]));
    let too_far = json!({ "route": "one", "cursor": "999" });
    partner.post("/v1/records/ack", &too_far).problem(409, "cursor-beyond-end");
    partner.get("/v1/records?route=nobody").problem(404, "no-such-route");
    partner.post("/v1/routes/one/test", &json!({})).problem(409, "wrong-kind-of-route");
}

#[test]
fn what_a_route_cannot_be_is_refused_and_no_partner_sees_anothers() {
    let server = Server::start();
    let (partner, other) = (server.partner("water"), server.partner("waste"));
    let http = |url: &str| json!({ "to": { "http": { "url": url } } });
    for (url, says) in [
        ("http://example.org", "plain-http"),
        ("https://10.0.0.1/x", "allow-networks"),
        ("https://[::1]/x", "allow-networks"),
        ("https://example.org:25/x", "allow-ports"),
        ("ftp://example.org", "https://"),
    ] {
        let refused = partner.put("/v1/routes/a", &http(url));
        let said = refused.problem(422, "invalid-route");
        assert!(said.contains(says), "{url}: {said}");
    }
    for (body, says) in [
        (json!({}), "to"),
        (json!({ "to": { "http": { "url": "nowhere" } } }), "to.http.url"),
        (json!({ "to": { "smoke": {} } }), "smoke"),
        (json!({ "to": { "pull": {} }, "filter": { "expression": "tags." } }), "expression"),
        (json!({ "to": { "pull": {} }, "shape": "round" }), "shape"),
    ] {
        let refused = partner.put("/v1/routes/a", &body);
        let said = refused.problem(400, "invalid-body");
        assert!(said.contains(says), "{body}: {said}");
    }
    for more in
        [json!({ "batch": 0 }), json!({ "timeoutSeconds": 900 }), json!({ "concurrency": 65 })]
    {
        let mut body = http("https://example.org");
        let (name, value) = more.as_object().and_then(|more| more.iter().next()).expect("one");
        body["to"]["http"][name] = value.clone();
        let refused = partner.put("/v1/routes/a", &body);
        assert!(refused.problem(422, "invalid-route").contains(name.as_str()), "{body}");
    }
    // A name that only turns out to be at home when it is resolved.
    partner.put("/v1/routes/home", &http("https://localhost:8443/x")).success();
    let attempt = partner.post("/v1/routes/home/test", &json!({})).success();
    let said = attempt["message"].as_str().unwrap_or_default();
    assert!(said.contains("allow-networks"), "{attempt}");
    let unresolved = http("https://nowhere.invalid/x");
    partner.put("/v1/routes/nowhere", &unresolved).success();
    let attempt = partner.post("/v1/routes/nowhere/test", &json!({})).success();
    let said = attempt["message"].as_str().unwrap_or_default();
    assert!(said.contains("cannot be resolved"), "{attempt}");

    other.get("/v1/routes/home").problem(404, "no-such-route");
    other.get("/v1/routes/home?group=water").problem(403, "forbidden");
    assert_eq!(other.get("/v1/routes").success()["routes"], json!([]));
    other.delete("/v1/routes/home?group=water").problem(403, "forbidden");
    server.lns().get("/v1/routes").problem(403, "forbidden");
    let all = server.admin().get("/v1/routes").success();
    assert_eq!(all["routes"].as_array().map(Vec::len), Some(2));
    let audit = server.admin().get("/v1/audit").text;
    assert!(audit.contains("route-put") && !audit.contains("whsec_"), "{audit}");
}

/// Records go by HTTP/2 where the recipient offers it in its handshake: each once, those of a device in their order.
#[test]
fn http2_is_spoken_to_who_offers_it() {
    let (server, outside) = (server(), Outside::secured("broker", taken));
    let sensors: Vec<Sensor> = (1..=4).map(Sensor::new).collect();
    for sensor in &sensors {
        server.register(sensor, "water", None);
    }
    let partner = server.partner("water");
    let tls = json!({
        "ca": outside.pem("ca.pem"),
        "client": { "certificate": outside.pem("client.pem"), "key": outside.pem("client.key") },
    });
    partner.put("/v1/routes/all", &route(&outside, &json!({ "http": { "tls": tls } }))).success();
    for f_cnt in 1..=5 {
        for sensor in &sensors {
            send(&server.lns(), sensor, [f_cnt]);
        }
    }
    eventually("all is taken", || (status(&partner, "all")["delivered"] == 20).then_some(()));
    let asked = outside.asked();
    assert!(asked.iter().all(|asked| asked.version == Version::HTTP_2), "{asked:?}");
    for sensor in &sensors {
        let mut of = asked.clone();
        of.retain(|asked| asked.body["data"]["device"]["devEui"] == sensor.dev_eui().as_str());
        assert_eq!(f_cnts(&records(&of)), [1, 2, 3, 4, 5], "{}", sensor.dev_eui());
    }

    let plain = Outside::start(taken);
    partner.put("/v1/routes/plain", &route(&plain, &json!({}))).success();
    send(&server.lns(), &sensors[0], [6]);
    assert_eq!(plain.wait_for(1)[0].version, Version::HTTP_11);
}

#[test]
fn certificates_are_checked_on_both_sides() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.partner("water");
    let outside = Outside::secured("broker", taken);
    let client = json!({
        "certificate": outside.pem("client.pem"), "key": outside.pem("client.key"),
    });
    let with = |outside: &Outside, tls: Json| route(outside, &json!({ "http": { "tls": tls } }));
    let good = with(&outside, json!({ "ca": outside.pem("ca.pem"), "client": client }));
    partner.put("/v1/routes/all", &good).success();
    send(&server.lns(), &sensor, [1]);
    eventually("it is taken", || (status(&partner, "all")["delivered"] == 1).then_some(()));

    let expired = Outside::secured("expired", taken);
    let expired_client = json!({
        "certificate": expired.pem("client.pem"), "key": expired.pem("client.key"),
    });
    for (route, says) in [
        (with(&outside, json!({ "client": client })), "certificate"),
        (
            with(&outside, json!({ "ca": outside.pem("other-ca.pem"), "client": client })),
            "certificate",
        ),
        (with(&outside, json!({ "ca": outside.pem("ca.pem") })), ""),
        (
            with(&expired, json!({ "ca": expired.pem("ca.pem"), "client": expired_client })),
            "expired",
        ),
    ] {
        partner.put("/v1/routes/other", &route).success();
        let tried = partner.post("/v1/routes/other/test", &json!({})).success();
        assert_eq!(tried["outcome"], "failed", "{tried}");
        let said = tried["message"].as_str().unwrap_or_default();
        assert!(said.contains(says) && !said.is_empty(), "{tried}");
    }
    let mut broken = good.clone();
    broken["to"]["http"]["tls"]["client"]["key"] = json!("no key");
    let refused = partner.put("/v1/routes/other", &broken);
    assert!(refused.problem(422, "invalid-route").contains("tls.client.key"));
    assert!(!partner.get("/v1/routes/all").text.contains("PRIVATE KEY"));
}
