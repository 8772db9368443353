//! Routes as their owners look after them: secrets stay and are rotated, a record is skipped, and what becomes of a
//! route is told.

use std::fs;

use champollion_tests::{Asked, Client, ELSYS, Outside, Sensor, Server, Setup, eventually};
use serde_json::{Value as Json, json};

/// Recipients on this machine, over HTTP, and no long pauses.
const SETTINGS: &str = "[frames]\ncopies-window-ms = 0\n\
    [delivery]\nallow-networks = [\"127.0.0.0/8\", \"::1\"]\nplain-http = true\n\
    first-pause-ms = 20\nlongest-pause-seconds = 1\n";

fn server() -> Server {
    Setup::default().settings(SETTINGS).start()
}

fn taken(_: &Asked) -> (u16, String) {
    (204, String::new())
}

/// A route without signing secrets.
fn route(outside: &Outside) -> Json {
    json!({ "to": { "http": { "url": outside.url() } } })
}

fn send(server: &Server, sensor: &Sensor, f_cnts: impl IntoIterator<Item = u32>) {
    for f_cnt in f_cnts {
        server.lns().ingest(&sensor.frame(f_cnt, 1, &[1, 2])).success();
    }
}

fn status(client: &Client, name: &str) -> Json {
    client.get(&format!("/v1/routes/{name}")).success()["status"].clone()
}

/// The number of signatures of the next request that comes.
fn signatures(outside: &Outside, server: &Server, sensor: &Sensor, f_cnt: u32) -> usize {
    let before = outside.asked().len();
    send(server, sensor, [f_cnt]);
    let asked = outside.wait_for(before + 1).remove(before);
    let header = asked.headers["webhook-signature"].to_str().expect("it is text").to_owned();
    assert!(header.split(' ').all(|signature| signature.starts_with("v1,")), "{header}");
    header.split(' ').count()
}

#[test]
fn a_change_keeps_the_signing_secret_and_another_recipient_does_not_get_it() {
    let (server, outside, other) = (server(), Outside::start(taken), Outside::start(taken));
    let partner = server.partner("water");
    let made = partner.put("/v1/routes/all", &route(&outside)).success();
    assert!(
        made["signingSecret"].as_str().is_some_and(|text| text.starts_with("whsec_")),
        "{made}"
    );
    let mut changed = route(&outside);
    changed["description"] = json!("to the collector");
    let put = partner.put("/v1/routes/all", &changed).success();
    assert!(put["signingSecret"].is_null(), "the secret that there is stays: {put}");
    assert_eq!(put["to"]["http"]["secrets"], json!(["(hidden)"]));

    let patch = |body: Json| partner.patch("/v1/routes/all", &body);
    let patched = patch(json!({ "shape": "raw", "filter": { "ports": [1] } })).success();
    assert!(patched["signingSecret"].is_null(), "{patched}");
    assert_eq!((&patched["shape"], &patched["description"]), (&json!("raw"), &put["description"]));
    assert_eq!(patched["to"], put["to"]);
    let patched = patch(json!({ "filter": { "ports": null, "decoded": false } })).success();
    assert_eq!(patched["filter"], json!({ "decoded": false }));
    for (body, code, says) in [
        (json!({ "shape": "round" }), "invalid-body", "shape"),
        (json!({ "colour": "red" }), "invalid-body", "colour"),
        (json!({ "to": null }), "invalid-body", "to"),
        (json!([1]), "invalid-body", "object"),
        (json!({ "to": { "http": { "url": 5 } } }), "invalid-body", "to.http.url"),
    ] {
        let refused = patch(body.clone());
        assert!(refused.problem(400, code).contains(says), "{body}: {}", refused.text);
    }
    for (body, says) in [
        (json!({ "to": { "http": { "retiringSecrets": null } } }), "to.http.retiringSecrets"),
        (json!({ "to": { "http": { "retiringSecrets": [] } } }), "to.http.retiringSecrets"),
        (json!({ "to": { "http": { "secrets": null } } }), "to.http.secrets"),
        (json!({ "to": { "http": { "secrets": [] } } }), "to.http.secrets"),
        (json!({ "filter": { "port": null } }), "port"),
        (json!({ "colour": null }), "colour"),
        (json!({ "to": { "http": { "tls": { "key": null } } } }), "key"),
    ] {
        let refused = patch(body.clone());
        assert!(refused.problem(400, "invalid-body").contains(says), "{body}: {}", refused.text);
    }
    // A member that a route may have and this one has not is taken away without a word.
    patch(json!({ "timeZone": null, "to": { "http": { "authorization": null } } })).success();
    partner.patch("/v1/routes/none", &json!({})).problem(404, "no-such-route");
    let elsewhere = json!({ "to": { "http": { "url": other.url() } } });
    let refused = patch(elsewhere.clone());
    let refused = refused.problem(422, "invalid-route");
    assert!(refused.contains("secrets") && refused.contains("url"), "{refused}");
    let moved = partner.put("/v1/routes/all", &elsewhere).success();
    assert_ne!(moved["signingSecret"], made["signingSecret"]);
    assert!(moved["signingSecret"].is_string(), "another recipient has another secret: {moved}");
}

#[test]
fn a_secret_is_rotated_with_an_overlap_that_ends_by_time_or_by_command() {
    let (server, outside) = (server(), Outside::start(taken));
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let (partner, cli) = (server.anybody().token(&token), server.cli(&token));
    let made = partner.put("/v1/routes/all", &route(&outside)).success();
    assert_eq!(signatures(&outside, &server, &sensor, 1), 1);

    let rotated = cli.run(&["routes", "secrets", "rotate", "all"]).success();
    let secret = made["signingSecret"].as_str().expect("it is text");
    assert!(rotated.contains("signing secret: whsec_") && !rotated.contains(secret), "{rotated}");
    assert_eq!(signatures(&outside, &server, &sensor, 2), 2, "both sign");
    let shown = partner.get("/v1/routes/all").success();
    let http = &shown["to"]["http"];
    assert_eq!(http["secrets"], json!(["(hidden)"]));
    assert_eq!(http["retiringSecrets"][0]["secret"], "(hidden)");
    assert!(http["retiringSecrets"][0]["until"].is_string(), "{shown}");
    // A change leaves the overlap as it is, whether it says it or not.
    partner.put("/v1/routes/all", &route(&outside)).success();
    partner.patch("/v1/routes/all", &json!({ "description": "x" })).success();
    assert_eq!(signatures(&outside, &server, &sensor, 3), 2);
    drop(cli.run(&["routes", "secrets", "retire", "all"]).success());
    assert_eq!(signatures(&outside, &server, &sensor, 4), 1);
    assert!(partner.get("/v1/routes/all").success()["to"]["http"]["retiringSecrets"].is_null());

    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let rotate = |body: Json| partner.post("/v1/routes/all/secrets/rotate", &body);
    let said = rotate(json!({ "secret": own, "overlapHours": 0 })).success();
    assert!(said["signingSecret"].is_null() && !said.to_string().contains(own), "{said}");
    assert_eq!(signatures(&outside, &server, &sensor, 5), 1, "there is no overlap of no hours");
    let known = rotate(json!({ "secret": own }));
    let known = known.problem(422, "invalid-route");
    assert!(known.contains("already") && !known.contains(own), "{known}");
    let weak = rotate(json!({ "secret": "whsec_AAAA" }));
    let weak = weak.problem(422, "invalid-route");
    assert!(weak.contains("24 to 64 bytes"), "{weak}");
    rotate(json!({ "overlapHours": 721 })).problem(400, "invalid-body");
    for _ in 0..5 {
        rotate(json!({})).success();
    }
    assert!(rotate(json!({})).problem(422, "invalid-route").contains("overlap"));
    partner.put("/v1/routes/pulled", &json!({ "to": { "pull": {} } })).success();
    for what in ["rotate", "retire"] {
        let path = format!("/v1/routes/pulled/secrets/{what}");
        partner.post(&path, &json!({})).problem(409, "wrong-kind-of-route");
    }
    let audit = server.admin().get("/v1/audit").text;
    for action in ["route-change", "route-secrets-rotate", "route-secrets-retire"] {
        assert!(audit.contains(action), "{action} is missing");
    }
    assert!(!audit.contains("whsec_"), "{audit}");
}

#[test]
fn a_record_that_is_never_taken_is_skipped_and_the_next_of_its_device_goes_on() {
    let server = server();
    let sensors = [1, 2].map(Sensor::new);
    let poison = sensors[0].dev_eui();
    let outside = Outside::start(move |asked| {
        let record = &asked.body["data"];
        let refuses =
            record["device"]["devEui"] == poison.as_str() && record["uplink"]["fCnt"] == 1;
        (if refuses { 422 } else { 200 }, "not this one".to_owned())
    });
    let token = server.new_token("partner", Some("water"));
    let (partner, cli) = (server.anybody().token(&token), server.cli(&token));
    partner.put("/v1/routes/all", &route(&outside)).success();
    for sensor in &sensors {
        server.register(sensor, "water", None);
        send(&server, sensor, 1..=3);
    }
    let stuck = eventually("the others are delivered", || {
        let status = status(&partner, "all");
        let is_known = status["refused"].as_array().is_some_and(|all| all.len() == 1);
        (status["delivered"] == 3 && is_known).then_some(status)
    });
    let why = stuck["why"].as_str().unwrap_or_default();
    assert!(why.contains("not this one"), "{stuck}");
    let list = cli.run(&["routes", "list"]).success();
    assert!(list.contains("422") || list.contains("200"), "{list}");
    let record = stuck["refused"][0].as_str().expect("it is text").to_owned();
    assert!(record.starts_with(&sensors[0].dev_eui()), "{record}");

    let skip = |record: &str| partner.post("/v1/routes/all/skip", &json!({ "record": record }));
    skip("70B3D5E75E000001-00000001-00000000").problem(404, "no-such-record");
    assert!(cli.run(&["routes", "skip", "all", &record]).success().contains("all is"));
    let status = eventually("the device goes on", || {
        let status = status(&partner, "all");
        (status["delivered"] == 5).then_some(status)
    });
    assert_eq!((&status["waiting"], &status["skipped"]), (&json!(0), &json!(1)), "{status}");
    skip(&record).problem(404, "no-such-record");
    partner.put("/v1/routes/pulled", &json!({ "to": { "pull": {} } })).success();
    let pulled = partner.post("/v1/routes/pulled/skip", &json!({ "record": record }));
    pulled.problem(409, "wrong-kind-of-route");
    let audit = server.admin().get("/v1/audit").text;
    assert!(audit.contains("route-skip") && audit.contains(&record), "{audit}");
}

#[test]
fn a_route_says_why_it_waits_and_its_partner_is_told() {
    let (mut server, outside) = (server(), Outside::start(|_| (410, "moved away".to_owned())));
    let sensors: Vec<Sensor> = (1..=9).map(Sensor::new).collect();
    let token = server.new_token("partner", Some("water"));
    let partner = server.anybody().token(&token);
    partner.put("/v1/routes/all", &route(&outside)).success();
    let paused = partner.post("/v1/routes/all/pause", &json!({})).success();
    let by = paused["pausedBy"]["name"].as_str().expect("it is text");
    assert!(paused["status"]["why"].as_str().is_some_and(|why| why.contains(by)), "{paused}");
    let resumed = partner.post("/v1/routes/all/resume", &json!({})).success();
    assert!(resumed["pausedBy"].is_null() && resumed["status"]["why"].is_null(), "{resumed}");

    for sensor in &sensors {
        server.register(sensor, "water", None);
    }
    send(&server, &sensors[0], [1]);
    eventually("it is stopped", || (status(&partner, "all")["state"] == "stopped").then_some(()));
    let why = status(&partner, "all")["why"].clone();
    assert!(why.as_str().is_some_and(|why| why.contains("moved away")), "{why}");
    let events = |after: &str| {
        let path = format!("/v1/events?after={after}");
        server.anybody().token(&token).get(&path).success()
    };
    let told = eventually("it is told", || {
        let told = events("0");
        (told["events"].as_array().is_some_and(|events| !events.is_empty())).then_some(told)
    });
    assert_eq!(told["events"][0]["type"], "route-stopped", "{told}");
    assert_eq!(told["events"][0]["route"], "all");
    assert!(told["events"][0]["message"].as_str().is_some_and(|said| said.contains("410")));

    outside.answer(|_| (500, "not now".to_owned()));
    partner.post("/v1/routes/all/resume", &json!({})).success();
    for sensor in &sensors {
        send(&server, sensor, [2]);
    }
    let waiting = eventually("it is left alone", || {
        let status = status(&partner, "all");
        (status["state"] == "backing-off").then_some(status)
    });
    let why = waiting["why"].as_str().unwrap_or_default();
    assert!(why.contains("not now") && why.contains("until"), "{waiting}");
    outside.answer(taken);
    eventually("all are taken", || (status(&partner, "all")["delivered"] == 10).then_some(()));
    let next = told["next"].as_str().expect("it is text").to_owned();
    let kinds = eventually("that is told too", || {
        let told = events(&next);
        let all = told["events"].as_array().into_iter().flatten();
        let kinds: Vec<String> =
            all.filter_map(|event| event["type"].as_str().map(str::to_owned)).collect();
        kinds.contains(&"route-recovered".to_owned()).then_some(kinds)
    });
    assert_eq!(kinds, ["route-failing", "route-recovered"]);

    server.kill();
    server.restart();
    let listed = server.cli(&token).run(&["routes", "events"]).success();
    assert!(listed.contains("route-stopped") && listed.contains("route-recovered"), "{listed}");
    let other = server.partner("waste");
    assert_eq!(other.get("/v1/events").success()["events"], json!([]));
    other.get("/v1/events?group=water").problem(403, "forbidden");
    server.admin().get("/v1/events").problem(400, "group-missing");
    let refused = other.get("/v1/events?after=yesterday");
    assert!(refused.problem(400, "invalid-query").contains("cursor"), "{}", refused.text);
}

#[test]
fn a_test_says_so_in_its_type_and_can_be_a_record_of_the_group() {
    let (server, outside) = (server(), Outside::start(taken));
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let (partner, cli) = (server.anybody().token(&token), server.cli(&token));
    partner.put("/v1/routes/keep", &json!({ "to": { "pull": {} } })).success();
    let mut ports = route(&outside);
    ports["filter"] = json!({ "ports": [1] });
    partner.put("/v1/routes/all", &ports).success();
    drop(cli.run(&["routes", "test", "all"]).success());
    let specimen = outside.wait_for(1).remove(0).body;
    assert_eq!((&specimen["type"], &specimen["data"]["type"]), (&json!("test"), &json!("test")));
    assert_eq!(specimen["data"]["device"]["devEui"], "0000000000000000");
    let refused = cli.run(&["routes", "test", "all", "--record", "latest"]);
    assert!(refused.failure().contains("no-such-record"), "{refused:?}");

    send(&server, &sensor, [1]);
    server.lns().ingest(&sensor.frame(2, 9, &[1])).success();
    let asked = outside.wait_for(2).remove(1);
    assert_eq!(asked.body["type"], "record");
    assert_eq!(asked.body["data"]["type"], "record");
    let id = asked.body["data"]["id"].as_str().expect("it is text").to_owned();
    for which in ["latest", &id] {
        let before = outside.asked().len();
        drop(cli.run(&["routes", "test", "all", "--record", which]).success());
        let test = outside.wait_for(before + 1).remove(before);
        let record = &test.body["data"];
        assert_eq!((&test.body["type"], &record["type"]), (&json!("test"), &json!("test")));
        assert_eq!((&record["test"], &record["testOf"]), (&json!(true), &json!(id)));
        assert_ne!(record["id"], json!(id), "nobody takes it for the record");
        assert_eq!(test.headers["webhook-id"], record["id"].as_str().expect("it is text"));
        assert_eq!(record["uplink"], asked.body["data"]["uplink"]);
    }
    let unknown = partner.post("/v1/routes/all/test?record=nothing", &json!({}));
    unknown.problem(404, "no-such-record");
    assert_eq!(status(&partner, "all")["delivered"], 1, "no test counts");
}

#[test]
fn an_acknowledgement_says_what_was_deleted_and_what_others_still_hold() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = server.new_token("partner", Some("water"));
    let partner = server.anybody().token(&token);
    send(&server, &sensor, 1..=2);
    let next = partner.get("/v1/records").success()["next"].clone();
    let done = partner.post("/v1/records/ack", &json!({ "cursor": next })).success();
    assert_eq!(done, json!({ "removed": 2, "deleted": 2, "heldBy": [] }));

    for name in ["one", "two"] {
        partner.put(&format!("/v1/routes/{name}"), &json!({ "to": { "pull": {} } })).success();
    }
    send(&server, &sensor, 3..=5);
    let next = partner.get("/v1/records?route=one").success()["next"].clone();
    let ack = |route: &str| {
        let body = json!({ "route": route, "cursor": next });
        partner.post("/v1/records/ack", &body).success()
    };
    let held = json!([{ "route": "two", "records": 3 }]);
    assert_eq!(ack("one"), json!({ "removed": 3, "deleted": 0, "heldBy": held }));
    assert_eq!(ack("two"), json!({ "removed": 3, "deleted": 3, "heldBy": [] }));
}

#[test]
fn frames_that_were_missed_are_counted() {
    let server = server();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    send(&server, &sensor, [1, 2, 6]);
    let records = server.partner("water").pull_all();
    let missed: Vec<&Json> =
        records.iter().map(|pulled| &pulled["record"]["uplink"]["missedFrames"]).collect();
    assert_eq!(missed, [&Json::Null, &json!(0), &json!(3)]);
}

#[test]
fn what_a_file_says_is_changed_by_the_command_line() {
    let (server, outside) = (server(), Outside::start(taken));
    let token = server.new_token("partner", Some("water"));
    let cli = server.cli(&token);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = |name: &str, json: &Json| {
        let file = folder.path().join(name);
        fs::write(&file, json.to_string()).expect("it is written");
        file.display().to_string()
    };
    drop(cli.run(&["routes", "put", "all", &file("route.json", &route(&outside))]).success());
    let patch = file("patch.json", &json!({ "description": "to the collector" }));
    let changed = cli.run(&["routes", "change", "all", &patch]).success();
    assert!(changed.contains("running") && !changed.contains("secret"), "{changed}");
    let secret = file("secret", &json!(null));
    fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").expect("it is written");
    let rotate = ["routes", "secrets", "rotate", "all", "--secret-file", &secret];
    let rotated = cli.run(&rotate).success();
    assert!(!rotated.contains("whsec_"), "a secret that was said is not shown: {rotated}");
    let shown = cli.json(&["routes", "show", "all"]);
    assert_eq!(shown["description"], "to the collector");
    let broken = folder.path().join("broken.json");
    fs::write(&broken, "{").expect("it is written");
    let broken = broken.display().to_string();
    assert!(cli.run(&["routes", "change", "all", &broken]).failure().contains("broken.json"));
    fs::write(&broken, r#"{"description":"a","filter":{"ports":[1],"ports":[2]}}"#)
        .expect("it is written");
    let refused = cli.run(&["routes", "change", "all", &broken]);
    assert!(refused.failure().contains("filter.ports is a duplicate"), "{refused:?}");
}

#[test]
fn a_group_has_a_time_zone_that_its_routes_and_queries_need_not_name() {
    let settings = format!("{SETTINGS}[delivery.time-zones]\nrooms = \"Europe/Paris\"\n");
    let (mut server, outside) =
        (Setup::default().settings(&settings).start(), Outside::start(taken));
    server.publish_own(ELSYS);
    let (own, other) = (Sensor::new(1), Sensor::new(2));
    server.register(&own, "rooms", Some("elsys/ers-co2@^1"));
    server.register(&other, "halls", Some("elsys/ers-co2@^1"));
    let token = server.new_token("partner", Some("rooms"));
    let partner = server.anybody().token(&token);
    let made = partner.put("/v1/routes/pushed", &route(&outside)).success();
    assert!(made["timeZone"].is_null(), "it is no part of the route: {made}");
    partner.put("/v1/routes/pulled", &json!({ "to": { "pull": {} } })).success();
    let own_zone = json!({ "timeZone": "America/Cayenne", "to": { "pull": {} } });
    partner.put("/v1/routes/own", &own_zone).success();
    server.stop();
    server.restart();
    let partner = server.anybody().token(&token);
    send_history(&server, &own, 1);
    send_history(&server, &other, 1);

    let pushed = outside.wait_for(1).remove(0).body["data"].clone();
    let first =
        |path: &str| partner.get(path).success()["records"][0]["record"]["receivedAtLocal"].clone();
    let paris = json!("2026-11-25T09:01:00+01:00");
    assert_eq!((&pushed["timeZone"], &pushed["receivedAtLocal"]), (&json!("Europe/Paris"), &paris));
    assert_eq!(first("/v1/records"), paris);
    assert_eq!(first("/v1/records?port=5"), paris);
    assert_eq!(first("/v1/records?route=pulled"), paris);
    assert_eq!(first("/v1/records?route=own"), "2026-11-25T05:01:00-03:00");
    assert_eq!(first("/v1/records?timeZone=UTC"), "2026-11-25T08:01:00+00:00");
    partner.get("/v1/records?format=senml").success();
    let halls = server.partner("halls").get("/v1/records").success();
    assert!(!halls.to_string().contains("Local"), "another group has none: {halls}");
}

/// Routes that would be taken in silence and never do what they say.
#[test]
fn a_route_that_contradicts_itself_is_refused_by_its_members() {
    let (server, outside) = (server(), Outside::start(taken));
    let partner = server.partner("water");
    let pull = json!({ "pull": {} });
    let http = |members: Json| {
        let mut to = route(&outside)["to"].clone();
        for (name, value) in members.as_object().expect("it is an object") {
            to["http"][name] = value.clone();
        }
        to
    };
    let senml = json!({ "files": {
        "place": { "sftp": { "host": "a.example", "user": "u", "password": "p",
            "hostKey": format!("SHA256:{}", "A".repeat(43)) } },
        "format": "senml", "rhythm": { "cron": "0 6 * * *" },
    } });
    let over = json!([{ "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "until": "2020-01-01T00:00:00Z" }]);
    let put = |body: &Json| partner.put("/v1/routes/all", body);
    for (body, says) in [
        (json!({ "shape": "raw", "onlyNew": true, "to": pull }), "onlyNew"),
        (json!({ "filter": { "decoded": false }, "onlyNew": true, "to": pull }), "onlyNew"),
        (json!({ "filter": { "ports": [0] }, "to": pull }), "filter.ports"),
        (json!({ "timeZone": "Europe/Paris", "to": senml }), "timeZone"),
        (json!({ "to": http(json!({ "retiringSecrets": over })) }), "retiringSecrets[0].until"),
        (json!({ "to": http(json!({ "headers": { "X-A": "1", "x-a": "2" } })) }), "headers"),
        (json!({ "to": http(json!({ "tls": { "ca": "x" } })) }), "to.http.tls"),
    ] {
        let refused = put(&body);
        let said = refused.problem(422, "invalid-route");
        assert!(said.contains(says), "{body}: {said}");
        partner.get("/v1/routes/all").problem(404, "no-such-route");
    }
    for (member, value) in [("retiringSecrets", json!(null)), ("retiringSecrets", json!([]))] {
        let refused = put(&json!({ "to": http(json!({ member: value })) }));
        assert!(refused.problem(400, "invalid-body").contains(member), "{}", refused.text);
    }
    // A patch makes the contradiction of two members as well.
    put(&json!({ "onlyNew": true, "to": pull })).success();
    let refused = partner.patch("/v1/routes/all", &json!({ "shape": "raw" }));
    assert!(refused.problem(422, "invalid-route").contains("onlyNew"), "{}", refused.text);
    partner.patch("/v1/routes/all", &json!({ "shape": "raw", "onlyNew": null })).success();
    partner.patch("/v1/routes/all", &json!({ "filter": { "ports": [1, 223, 255] } })).success();
}

#[test]
fn a_hidden_secret_is_the_one_that_is_meant_whatever_its_place() {
    let (server, outside) = (server(), Outside::start(taken));
    let partner = server.partner("water");
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let mut said = route(&outside);
    said["to"]["http"]["headers"] = json!({ "X-One": "first", "X-Two": "second" });
    partner.put("/v1/routes/all", &said).success();
    let shown = |client: &Client| {
        let shown = client.get("/v1/routes/all").success();
        json!({ "to": shown["to"] })
    };
    // A header less: what is left has its own value.
    let mut fewer = shown(&partner);
    fewer["to"]["http"]["headers"] = json!({ "X-Two": "(hidden)" });
    partner.put("/v1/routes/all", &fewer).success();
    send(&server, &sensor, [1]);
    let asked = outside.wait_for(1).remove(0);
    assert_eq!(asked.headers["x-two"], "second");
    assert!(!asked.headers.contains_key("x-one"));

    // A new secret in front of the one that there is.
    let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let mut two = shown(&partner);
    two["to"]["http"]["secrets"] = json!([own, "(hidden)"]);
    partner.put("/v1/routes/all", &two).success();
    assert_eq!(signatures(&outside, &server, &sensor, 2), 2);
    let mut one = shown(&partner);
    one["to"]["http"]["secrets"] = json!(["(hidden)"]);
    let refused = partner.put("/v1/routes/all", &one);
    let refused = refused.problem(422, "invalid-route");
    assert!(refused.contains("to.http.secrets[0]") && refused.contains("2 secrets"), "{refused}");
    let mut three = shown(&partner);
    three["to"]["http"]["secrets"] = json!(["(hidden)", "(hidden)", "(hidden)"]);
    let refused = partner.put("/v1/routes/all", &three);
    assert!(refused.problem(422, "invalid-route").contains("to.http.secrets[2]"));
    partner.put("/v1/routes/all", &shown(&partner)).success();
    one["to"]["http"]["secrets"] = json!([own]);
    partner.put("/v1/routes/all", &one).success();
    assert_eq!(signatures(&outside, &server, &sensor, 3), 1);
}

/// A reading of 22.6 °C, and of 22.5 °C a minute ago.
const WITH_HISTORY: [u8; 7] = [0x01, 0x00, 0xE2, 0x41, 0x00, 0xE1, 0x3C];

/// Sends a frame with a minute of history, received so many minutes after eight.
fn send_history(server: &Server, sensor: &Sensor, minute: u32) {
    let mut frame = sensor.frame(minute, 5, &WITH_HISTORY);
    frame["receivedAt"] = json!(format!("2026-11-25T08:{minute:02}:00Z"));
    server.lns().ingest(&frame).success();
}

/// The moments of the measurements of a record.
fn moments(record: &Json) -> Vec<String> {
    let measurements = record["decoded"]["measurements"].as_array().expect("it is decoded");
    let moment = |measured: &Json| {
        let at = measured["measuredAt"].as_str().or(record["receivedAt"].as_str());
        at.expect("it has a moment").to_owned()
    };
    measurements.iter().map(moment).collect()
}

#[test]
fn a_route_leaves_out_what_it_has_handed_over_where_it_is_asked_to() {
    let (mut server, outside) = (server(), Outside::start(taken));
    server.publish_own(ELSYS);
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", Some("elsys/ers-co2@^1"));
    let token = server.new_token("partner", Some("rooms"));
    let partner = server.anybody().token(&token);
    let mut pushed = route(&outside);
    pushed["onlyNew"] = json!(true);
    partner.put("/v1/routes/pushed", &pushed).success();
    partner.put("/v1/routes/all", &json!({ "to": { "pull": {} } })).success();
    let new_ones = json!({ "onlyNew": true, "to": { "pull": {} } });
    partner.put("/v1/routes/pulled", &new_ones).success();

    let at = |minute: u32| format!("2026-11-25T08:{minute:02}:00Z");
    for minute in [1, 2] {
        send_history(&server, &sensor, minute);
    }
    let asked = outside.wait_for(2);
    assert_eq!(moments(&asked[0].body["data"]), [at(1), at(0)]);
    assert_eq!(moments(&asked[1].body["data"]), [at(2)], "that of a minute ago was handed over");
    let pull = |route: &str| {
        let client = server.anybody().token(&token);
        let page = client.get(&format!("/v1/records?route={route}")).success();
        let records = page["records"].as_array().expect("a page has records").iter();
        let told = records.map(|pulled| moments(&pulled["record"])).collect::<Vec<_>>();
        (told, page["next"].clone())
    };
    let (all, _) = pull("all");
    assert_eq!(all, [[at(1), at(0)], [at(2), at(1)]], "other routes get all");
    let (new, next) = pull("pulled");
    assert_eq!(new, [vec![at(1), at(0)], vec![at(2)]]);
    assert_eq!(pull("pulled").0, new, "what is not acknowledged comes again as it was");
    let ack = json!({ "route": "pulled", "cursor": next });
    partner.post("/v1/records/ack", &ack).success();
    eventually("it is noted", || (status(&partner, "pushed")["waiting"] == 0).then_some(()));

    // A frame was lost on the air, and what it told comes with the next; all of it after a restart.
    server.stop();
    server.restart();
    send_history(&server, &sensor, 4);
    send_history(&server, &sensor, 5);
    let asked = outside.wait_for(4);
    assert_eq!(moments(&asked[2].body["data"]), [at(4), at(3)]);
    assert_eq!(moments(&asked[3].body["data"]), [at(5)]);
    let page = server.anybody().token(&token).get("/v1/records?route=pulled").success();
    let records = page["records"].as_array().expect("a page has records").iter();
    let told: Vec<Vec<String>> = records.map(|pulled| moments(&pulled["record"])).collect();
    assert_eq!(told, [vec![at(4), at(3)], vec![at(5)]]);
}

#[test]
fn local_moments_stand_beside_those_in_utc() {
    let (server, outside) = (server(), Outside::start(taken));
    server.publish_own(ELSYS);
    let sensor = Sensor::new(1);
    server.register(&sensor, "rooms", Some("elsys/ers-co2@^1"));
    let partner = server.partner("rooms");
    partner.put("/v1/routes/keep", &json!({ "to": { "pull": {} } })).success();
    let mut paris = route(&outside);
    paris["timeZone"] = json!("Europe/Paris");
    let made = partner.put("/v1/routes/paris", &paris).success();
    assert_eq!(made["timeZone"], "Europe/Paris");
    send_history(&server, &sensor, 1);
    let pushed = outside.wait_for(1).remove(0).body["data"].clone();
    let page = partner.get("/v1/records?timeZone=Europe/Paris").success();
    let pulled = &page["records"][0]["record"];
    assert_eq!(pushed, *pulled, "a record is the same on every way");
    assert_eq!(pulled["timeZone"], "Europe/Paris");
    assert_eq!(pulled["receivedAt"], "2026-11-25T08:01:00Z");
    assert_eq!(pulled["receivedAtLocal"], "2026-11-25T09:01:00+01:00");
    assert!(pulled["recordedAtLocal"].is_string(), "{pulled}");
    let history = &pulled["decoded"]["measurements"][1];
    assert_eq!(history["measuredAtLocal"], "2026-11-25T09:00:00+01:00", "{pulled}");
    let plain = partner.get("/v1/records").success();
    assert!(!plain.to_string().contains("Local"), "{plain}");

    let wrong = partner.get("/v1/records?timeZone=Paris");
    assert!(wrong.problem(400, "invalid-query").contains("Europe/Paris"), "{}", wrong.text);
    let wrong = partner.put("/v1/routes/b", &json!({ "timeZone": "CET+1", "to": { "pull": {} } }));
    assert!(wrong.problem(400, "invalid-body").contains("timeZone"), "{}", wrong.text);
}
