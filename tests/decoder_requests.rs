//! Requests for decoders: a partner asks and pays, a candidate is tried on its payloads and runs beside on its devices,
//! and the decoder is there for all.

use std::fs;

use champollion_registry::package::Package;
use champollion_tests::{Answer, Client, Sensor, Server, Setup, Table, eventually, workspace};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// Payloads of the thermometer, and the temperatures of them.
const PAYLOADS: [(&str, f64); 5] =
    [("00D728", 21.5), ("00E628", 23.0), ("FFCE28", -5.0), ("000028", 0.0), ("01F423", 50.0)];

/// The sponsor of the requests.
const PAYER: &str = "The syndicate of the valley";

/// The id of no request.
const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

fn server() -> Server {
    Setup::default().variable("CHAMPOLLION_FRAMES__COPIES_WINDOW_MS", "0").start()
}

fn text(json: &Json, member: &str) -> String {
    json[member].as_str().unwrap_or_else(|| panic!("{member} is no text: {json}")).to_owned()
}

fn payloads() -> Vec<Json> {
    let payload = |(payload, temperature): &(&str, f64)| {
        json!({
            "name": format!("at {temperature} degrees"),
            "uplink": { "fPort": 2, "payload": payload },
            "right": [{ "quantity": "air.temperature", "value": temperature }],
        })
    };
    PAYLOADS.iter().map(payload).collect()
}

fn wanted(partner: &str) -> Json {
    json!({ "partner": partner, "wish": {
        "maker": "Acme", "model": "Thermometer", "document": "Acme Thermometer, payload, 1.0",
        "payloads": payloads(), "payer": PAYER,
    } })
}

/// Makes a partner with a group; gives a client of a person with a role in it.
fn partner(server: &Server, id: &str, role: &str) -> Client {
    let group = format!("{id}-rooms");
    let made = json!({ "id": id, "name": id, "groups": [group] });
    server.admin().post("/v1/partners", &made).success();
    let person = json!({
        "name": "Lovelace", "firstName": "Ada", "email": format!("ada@{id}.example"),
        "grants": [{ "scope": format!("partner:{id}"), "role": role }],
    });
    let person = text(&server.admin().post("/v1/people", &person).success(), "id");
    let token = json!({ "name": id, "role": "person", "person": person });
    let token = text(&server.admin().post("/v1/tokens", &token).success(), "token");
    server.anybody().token(&token)
}

fn publisher(server: &Server) -> Client {
    server.anybody().token(&server.new_token("publisher", None))
}

/// The thermometer of docs/registry.md under another name, with a sponsor, its payloads among its vectors, and a divisor
/// that is 10 where it is right.
fn package(id: &str, payer: Option<&str>, (vectors, divisor): (usize, u32)) -> Package {
    let read = |name: &str| {
        fs::read_to_string(workspace().join("tests/walk/1.0.0").join(name)).expect("it is there")
    };
    let codec = read("codec.js").replace("/ 10", &format!("/ {divisor}"));
    let payer = payer.map(|payer| format!("funded-by = \"{payer}\"\n")).unwrap_or_default();
    let manifest = read("decoder.toml").replacen("acme/thermometer", id, 1);
    let manifest = manifest.replacen("\n\n", &format!("\n{payer}\n"), 1);
    let vector = |(payload, temperature): &(&str, f64)| {
        let temperature = temperature * 10.0 / f64::from(divisor);
        let humidity = if payload.ends_with("28") { 40 } else { 35 };
        json!({
            "name": payload, "uplink": { "fPort": 2, "payload": payload },
            "expect": { "reading": {
                "data": { "temperature": temperature, "humidity": humidity },
                "measurements": [
                    { "quantity": "air.temperature", "value": temperature },
                    { "quantity": "air.humidity", "value": humidity },
                ],
            } },
        })
    };
    let vectors: Vec<Json> = PAYLOADS.iter().take(vectors).map(vector).collect();
    Package::assemble_script(&codec, &manifest, &json!(vectors).to_string())
        .expect("it is a package")
}

fn publish(client: &Client, package: &Package) -> Json {
    let manifest = package.manifest();
    let path = format!("/v1/registry/{}/{}?channel=candidate", manifest.id, manifest.version);
    client.send(&Method::PUT, &path, package.file()).success()
}

/// A request with its path, carried on by its steps.
struct Walk {
    path: String,
}

impl Walk {
    fn ask(owner: &Client, partner: &str) -> Self {
        let asked = owner.post("/v1/decoder-requests", &wanted(partner)).success();
        assert_eq!((&asked["state"], &asked["waitsFor"]), (&json!("asked"), &json!("operator")));
        Self { path: format!("/v1/decoder-requests/{}", text(&asked, "id")) }
    }

    fn step(&self, client: &Client, step: &str, body: &Json) -> Answer {
        client.post(&format!("{}/{step}", self.path), body)
    }

    /// Takes a step that succeeds, and looks at the state.
    #[track_caller]
    fn goes(&self, client: &Client, step: &str, body: &Json, (state, waits_for): (&str, &str)) {
        let taken = self.step(client, step, body).success();
        assert_eq!((&taken["state"], &taken["waitsFor"]), (&json!(state), &json!(waits_for)));
    }
}

fn candidate(id: &str) -> Json {
    json!({ "decoder": id, "version": "1.0.0" })
}

#[test]
fn a_request_is_walked_from_asked_to_stable() {
    let mut server = server();
    let owner = partner(&server, "valley", "owner");
    let other = partner(&server, "hills", "owner");
    let (publisher, admin) = (publisher(&server), server.admin());
    let walk = Walk::ask(&owner, "valley");
    walk.goes(&publisher, "question", &json!({ "text": "Which firmware?" }), ("asked", "partner"));
    walk.goes(&owner, "answer", &json!({ "text": "1.4." }), ("asked", "operator"));
    let estimate = json!({ "price": "4,000 euros", "by": "2099-06-30" });
    walk.goes(&publisher, "estimate", &estimate, ("estimated", "partner"));
    walk.step(&owner, "order", &json!({})).problem(400, "order-number-missing");
    walk.goes(&owner, "order", &json!({ "orderNumber": "PO-7" }), ("ordered", "operator"));
    let seen = owner.get(&walk.path).success();
    // The clock stood while the partner had the word.
    let due_at = seen["dueAt"].as_str().expect("it has a clock");
    assert!(due_at.starts_with("2099-07-01T00:00:00"), "{seen}");
    let by = |act: &str| {
        let steps = seen["steps"].as_array().expect("there are steps").clone();
        steps.into_iter().find(|step| step["act"] == act).expect("it was taken")["by"].clone()
    };
    assert!(by("estimate").is_null() && by("order").is_string(), "{seen}");

    // What a developer begins with, and what is published then.
    let vectors = publisher.get(&format!("{}/vectors", walk.path)).success();
    assert_eq!(vectors[2]["uplink"]["payload"], "FFCE28", "{vectors}");
    assert_eq!(vectors[2]["expect"]["reading"]["measurements"][0]["value"], -5.0, "{vectors}");
    publish(&publisher, &package("acme/thermometer", Some(PAYER), (5, 10)));
    walk.goes(&publisher, "candidate", &candidate("acme/thermometer"), ("candidate", "partner"));
    let seen = owner.get(&walk.path).success();
    assert_eq!(seen["trial"]["verdicts"].as_array().map(Vec::len), Some(5), "{seen}");

    // It runs beside on the devices of the sponsor alone, and nothing of it is handed over.
    let (own, others) = (Sensor::new(1), Sensor::new(2));
    server.register(&own, "valley-rooms", Some("acme/thermometer@^1"));
    server.register(&others, "hills-rooms", Some("acme/thermometer@^1"));
    for sensor in [&own, &others] {
        let receipt = server.lns().ingest(&sensor.frame(1, 2, &[0, 0xD7, 40])).success();
        assert_eq!(receipt["decoded"], false, "{receipt}");
    }
    eventually("the candidate has read a frame", || {
        let shadow = owner.get(&walk.path).success()["shadow"].clone();
        (shadow["compared"] == 1 && shadow["candidate"]["failures"] == 0).then_some(())
    });

    // The sponsor sends it back, and has a value wrong.
    walk.step(&owner, "verdict", &json!({ "accepted": false })).problem(400, "invalid-decision");
    let back = json!({ "accepted": false, "text": "The humidity is off." });
    walk.goes(&owner, "verdict", &back, ("ordered", "operator"));
    walk.goes(&publisher, "candidate", &candidate("acme/thermometer"), ("candidate", "partner"));
    let mut wrong = payloads();
    wrong[0]["right"][0]["value"] = json!(21.6);
    let replace = |payloads: &[Json]| {
        let body = json!({ "payloads": payloads, "text": "A slip of the pen." });
        owner.put(&format!("{}/payloads", walk.path), &body).success()
    };
    replace(&wrong);
    let accept = json!({ "accepted": true });
    let differs = walk.step(&owner, "verdict", &accept);
    let said = differs.problem(409, "payloads-differ");
    assert!(said.contains("expected 21.6, actual 21.5"), "{said}");
    replace(&payloads());
    walk.goes(&owner, "verdict", &accept, ("accepted", "operator"));

    // The admin makes it stable: the catalogue names the sponsor, and devices get it.
    walk.step(&publisher, "stable", &json!({})).problem(403, "forbidden");
    walk.goes(&admin, "stable", &json!({}), ("stable", "nobody"));
    let entry = server.anybody().get("/v1/catalogue/acme/thermometer").success();
    assert_eq!(entry["fundedBy"], PAYER, "{entry}");
    let receipt = server.lns().ingest(&others.frame(2, 2, &[0, 0xD7, 40])).success();
    assert_eq!(receipt["decoded"], true, "what was paid once is there for all: {receipt}");
    assert!(other.get("/v1/decoder-requests").success()["requests"] == json!([]));
    let audit = admin.get("/v1/audit").text;
    for act in
        ["ask", "question", "estimate", "order", "candidate", "send-back", "accept", "stable"]
    {
        assert!(audit.contains(&format!("decoder-request-{act}")), "{act}");
    }
    server.kill();
    server.restart();
    let owner_sees = server.admin().get(&walk.path).success();
    assert_eq!((&owner_sees["state"], &owner_sees["shadow"]), (&json!("stable"), &Json::Null));
}

#[test]
fn a_candidate_runs_beside_again_after_a_restart() {
    let mut server = server();
    let owner = partner(&server, "valley", "operator");
    let walk = Walk::ask(&owner, "valley");
    let publisher = publisher(&server);
    walk.step(&publisher, "estimate", &json!({ "price": "nothing" })).success();
    walk.step(&owner, "order", &json!({ "orderNumber": "PO-7" })).success();
    publish(&publisher, &package("acme/thermometer", Some(PAYER), (5, 10)));
    walk.step(&publisher, "candidate", &candidate("acme/thermometer")).success();
    server.kill();
    server.restart();
    let sensor = Sensor::new(1);
    server.register(&sensor, "valley-rooms", Some("acme/thermometer@^1"));
    server.lns().ingest(&sensor.frame(1, 2, &[0, 0xD7, 40])).success();
    eventually("the candidate has read a frame", || {
        let shadow = server.admin().get(&walk.path).success()["shadow"].clone();
        (shadow["compared"] == 1).then_some(())
    });
}

#[test]
fn a_candidate_is_what_was_ordered_or_refused_with_the_reason() {
    let server = server();
    let owner = partner(&server, "valley", "owner");
    let walk = Walk::ask(&owner, "valley");
    let publisher = publisher(&server);
    let propose = |id: &str| walk.step(&publisher, "candidate", &candidate(id));
    publish(&publisher, &package("acme/right", Some(PAYER), (5, 10)));
    propose("acme/right").problem(409, "not-now");
    walk.step(&publisher, "estimate", &json!({ "price": "nothing" })).success();
    walk.step(&owner, "order", &json!({ "orderNumber": "PO-7" })).success();
    publish(&publisher, &package("acme/unpaid", None, (5, 10)));
    assert!(propose("acme/unpaid").problem(409, "sponsor-missing").contains("nothing"));
    publish(&publisher, &package("acme/forgetful", Some(PAYER), (4, 10)));
    let lacking = propose("acme/forgetful");
    assert!(lacking.problem(409, "vectors-missing").contains("at 50 degrees"));
    assert_eq!(lacking.body["payloads"], json!(["at 50 degrees"]), "{}", lacking.body);
    publish(&publisher, &package("acme/cold", Some(PAYER), (5, 100)));
    let cold = propose("acme/cold");
    assert!(cold.problem(409, "payloads-differ").contains("expected 21.5, actual 2.15"));
    server.publish(&package("acme/stable", Some(PAYER), (5, 10)));
    assert!(propose("acme/stable").problem(409, "no-candidate").contains("is stable"));
    propose("acme/nothing").problem(404, "unknown-decoder");
    assert_eq!(owner.get(&walk.path).success()["state"], "ordered");
    propose("acme/right").success();
}

#[test]
fn a_request_of_another_partner_is_answered_like_one_that_is_not_there() {
    let server = server();
    let owner = partner(&server, "valley", "owner");
    let other = partner(&server, "hills", "owner");
    let reader = partner(&server, "plain", "reader");
    let walk = Walk::ask(&owner, "valley");
    let nothing = Walk { path: format!("/v1/decoder-requests/{NO_ID}") };
    for client in [&other, &reader] {
        for path in [&walk.path, &nothing.path] {
            client.get(path).problem(404, "unknown-request");
        }
    }
    for walk in [&walk, &nothing] {
        walk.step(&other, "order", &json!({})).problem(404, "unknown-request");
        walk.step(&other, "verdict", &json!({ "accepted": true })).problem(404, "unknown-request");
        let reason = json!({ "text": "a reason" });
        walk.step(&other, "withdraw", &reason).problem(404, "unknown-request");
        walk.step(&other, "decline", &reason).problem(403, "forbidden");
    }
    for partner in ["valley", "nobody"] {
        other.post("/v1/decoder-requests", &wanted(partner)).problem(404, "unknown-partner");
    }
    reader.post("/v1/decoder-requests", &wanted("plain")).problem(403, "forbidden");
    walk.goes(&owner, "withdraw", &json!({ "text": "too dear" }), ("declined", "nobody"));
    walk.step(&owner, "answer", &json!({ "text": "late" })).problem(409, "not-now");
    let declined = Walk::ask(&owner, "valley");
    let reason = json!({ "text": "The maker gives no document." });
    declined.goes(&server.admin(), "decline", &reason, ("declined", "nobody"));
    let read = owner.get(&declined.path).success();
    assert_eq!(read["steps"][1]["text"], "The maker gives no document.", "{read}");
}

#[test]
fn what_makes_no_sense_is_refused_with_the_fault() {
    let server = server();
    let owner = partner(&server, "valley", "owner");
    let mut table = Table::default();
    for (pointer, value, code, names) in [
        ("/wish/maker", json!(""), "invalid-body", "maker"),
        ("/wish/document", json!(7), "invalid-body", "document"),
        ("/wish/payer", json!("two\nlines"), "invalid-body", "payer"),
        ("/wish/payloads", json!([]), "invalid-wish", "there are 0"),
        ("/wish/payloads", json!(vec![payloads()[0].clone(); 5]), "invalid-wish", "payloads[1]"),
        ("/wish/payloads/0/uplink/payload", json!("0"), "invalid-body", "payload"),
        ("/wish/payloads/0/uplink/payload", json!(""), "invalid-wish", "0 bytes"),
        ("/wish/payloads/0/uplink/payload", json!("00".repeat(500)), "invalid-wish", "500 bytes"),
        ("/wish/payloads/0/uplink/fPort", json!(0), "invalid-wish", "fPort"),
        ("/wish/payloads/0/uplink/fPort", json!(-1), "invalid-body", "fPort"),
        ("/wish/payloads/0/right", json!([]), "invalid-wish", "0 values"),
        ("/wish/payloads/0/right/0/quantity", json!("air.mood"), "invalid-wish", "air.mood"),
        ("/wish/payloads/0/right/0/value", json!({}), "invalid-wish", "air.temperature"),
    ] {
        let mut wanted = wanted("valley");
        *wanted.pointer_mut(pointer).expect("it has the member") = value.clone();
        let line =
            format!("{pointer} = {}", value.to_string().chars().take(30).collect::<String>());
        table.expect(&line, &owner.post("/v1/decoder-requests", &wanted), (400, code), &[names]);
    }
    let mut late = wanted("valley");
    late["wish"]["by"] = json!("2020-01-01");
    let refused = owner.post("/v1/decoder-requests", &late);
    table.expect("a day that is over", &refused, (400, "invalid-wish"), &["2020-01-01"]);
    let mut more = wanted("valley");
    more["wish"]["price"] = json!("free");
    let refused = owner.post("/v1/decoder-requests", &more);
    table.expect("a member that is unknown", &refused, (400, "invalid-body"), &["price"]);
    table.finish();
    assert_eq!(owner.get("/v1/decoder-requests").success()["requests"], json!([]));
}

#[test]
fn requests_are_asked_and_carried_on_from_the_command_line() {
    let server = server();
    drop(partner(&server, "valley", "owner"));
    let cli = server.admin_cli();
    let path = |name: &str| server.folder().join(name).display().to_string();
    let template = cli.run(&["registry", "requests", "ask", "--template"]).success();
    fs::write(path("wish.toml"), &template).expect("there is room");
    let ask = ["registry", "requests", "ask", "valley", &path("wish.toml"), "--json"];
    let id = text(&cli.json(&ask), "id");
    let run = |action: &str, more: &[&str]| {
        let mut arguments = vec!["registry", "requests", action, &id];
        arguments.extend(more);
        cli.run(&arguments).success()
    };
    let shown = run("show", &[]);
    assert!(shown.contains("Acme Meter 2") && shown.contains("a day later"), "{shown}");
    let vectors = cli.json(&["registry", "requests", "vectors", &id]);
    assert_eq!(vectors.as_array().map(Vec::len), Some(5), "{vectors}");
    drop(run("question", &["Which firmware?"]));
    drop(run("answer", &["1.4."]));
    let estimated = run("estimate", &["--price", "4,000 euros", "--by", "2099-06-30"]);
    assert!(estimated.contains("4,000 euros, by 2099-06-30"), "{estimated}");
    let ordered = run("order", &["--number", "PO-7"]);
    assert!(ordered.contains("ordered") && ordered.contains("order PO-7"), "{ordered}");
    let listed = cli.run(&["registry", "requests", "list", "--state", "ordered"]).success();
    assert!(listed.contains(&id), "{listed}");
    let declined = run("decline", &["The maker gives no document."]);
    assert!(declined.contains("declined") && declined.contains("no document"), "{declined}");
    let late = cli.run(&["registry", "requests", "accept", &id]);
    assert!(late.sentence().contains("not-now"), "{}", late.sentence());

    fs::write(path("wrong.toml"), template.replace("document =", "documnt ="))
        .expect("there is room");
    let wrong = cli.run(&["registry", "requests", "ask", "valley", &path("wrong.toml")]);
    assert!(wrong.sentence().contains("documnt"), "{}", wrong.sentence());
    let few = template.replace("water.volume", "water.joy");
    fs::write(path("few.toml"), few).expect("there is room");
    let few = cli.run(&["registry", "requests", "ask", "valley", &path("few.toml")]);
    assert!(few.sentence().contains("water.joy"), "{}", few.sentence());
}
