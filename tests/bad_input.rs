//! Tests of wrong requests: each is told with status, code, and a detail that names the fault.

use champollion_tests::{Answer, Client, Sensor, Server, Table, digits};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// A body that nobody should read.
const HUGE: usize = 100 << 20;

/// The memory that refusing such a body may cost: the limit of a body, and room for the rest.
const REFUSAL_COST: u64 = 32 << 20;

const INGEST: &str = "/v1/ingest/phy";

fn post_text(client: &Client, path: &str, body: &str) -> Answer {
    client.send(&Method::POST, path, body.as_bytes())
}

#[test]
fn frames_that_are_none_or_not_ours() {
    let server = Server::start();
    let (sensor, stranger) = (Sensor::new(1), Sensor::new(2));
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let hand_over = |bytes: &[u8]| lns.ingest(&json!({ "phyPayload": digits(bytes) }));
    let mut table = Table::default();

    let malformed = (400, "malformed-frame");
    for length in [0, 1, 11] {
        let names = ["too short", &format!("{length} of at least 12 bytes")];
        table.expect(
            &format!("{length} bytes"),
            &hand_over(&vec![0x40; length]),
            malformed,
            &names,
        );
    }
    let long = hand_over(&[0x40; 300]);
    table.expect("300 bytes", &long, malformed, &["too long", "300 bytes", "255"]);
    let mut join = sensor.phy(1, 1, &[1]);
    join[0] = 0x00;
    table.expect("join request", &hand_over(&join), malformed, &["join request", "23", "14"]);
    let mut f_opts = sensor.phy(1, 1, &[1]);
    f_opts[5] = 0x0F;
    table.expect("FOpts beyond the end", &hand_over(&f_opts), malformed, &["15 bytes of FOpts"]);

    let mut damaged = sensor.phy(5, 1, &[1, 2, 3]);
    damaged[10] ^= 1;
    let names = [sensor.dev_addr(), "FCnt 5".to_owned(), "NwkSKey".to_owned()];
    let names = names.each_ref().map(String::as_str);
    table.expect("wrong MIC", &hand_over(&damaged), (422, "mic-mismatch"), &names);
    let names = [&*stranger.dev_addr()];
    let unknown = hand_over(&stranger.phy(1, 1, &[1]));
    table.expect("unknown DevAddr", &unknown, (404, "unknown-dev-addr"), &names);

    let first = sensor.phy(10, 1, &[1]);
    hand_over(&first).success();
    let duplicate = json!({ "status": "duplicate", "devEui": sensor.dev_eui(), "fCnt": 10 });
    let again = hand_over(&first).success();
    table.check("duplicate", (again != duplicate).then(|| again.to_string()));
    let names = [sensor.dev_eui(), "FCnt 9".to_owned(), "10 was accepted".to_owned()];
    let names = names.each_ref().map(String::as_str);
    let replay = (409, "replayed-f-cnt");
    table.expect("replayed FCnt", &hand_over(&sensor.phy(9, 1, &[1])), replay, &names);
    let second = hand_over(&sensor.phy(10, 1, &[2]));
    table.expect("another frame of the last FCnt", &second, replay, &["FCnt 10"]);
    let mac = hand_over(&sensor.mac_commands(11)).success();
    let mac_only = json!({ "status": "mac-only", "devEui": sensor.dev_eui(), "fCnt": 11 });
    table.check("MAC commands", (mac != mac_only).then(|| mac.to_string()));
    let replayed = hand_over(&sensor.phy(11, 1, &[1]));
    table.expect("MAC commands count", &replayed, replay, &["FCnt 11"]);
    table.finish();

    let records = server.partner("water").pull_all();
    assert_eq!(records.len(), 1, "one frame was accepted that carries a payload: {records:?}");
}

#[test]
fn bodies_that_cannot_be_read() {
    let server = Server::start();
    let lns = server.lns();
    let mut table = Table::default();
    let mut line = |what: &str, body: &str, code: &str, names: &[&str]| {
        table.expect(what, &post_text(&lns, INGEST, body), (400, code), names);
    };
    line("odd number of digits", r#"{"phyPayload":"400"}"#, "invalid-body", &["odd"]);
    line("no digits", r#"{"phyPayload":"40XY"}"#, "invalid-body", &["digit 3"]);
    line("no phyPayload", r#"{"region":"EU868"}"#, "invalid-body", &["phyPayload"]);
    line("phyPayload of a wrong type", r#"{"phyPayload":17}"#, "invalid-body", &["17", "string"]);
    line("null", r#"{"phyPayload":null}"#, "invalid-body", &["null", "string"]);
    line("a list of nothing", "[]", "invalid-body", &["the list is empty"]);
    line("a list of no frames", "[7]", "invalid-body", &["[0]: ", "expected an object"]);
    line("a text", "\"40\"", "invalid-body", &["string"]);
    line(
        "twice",
        r#"{"phyPayload":"","phyPayload":""}"#,
        "invalid-body",
        &["duplicate", "phyPayload"],
    );
    let wrong = [
        (r#""receivedAt":"yesterday""#, ["receivedAt", "year"]),
        (r#""receivedAt":1700000000"#, ["receivedAt", "1700000000"]),
        (r#""frequencyHz":"868.1""#, ["frequencyHz", "868.1"]),
        (r#""frequencyHz":-1"#, ["frequencyHz", "-1"]),
        (r#""spreadingFactor":300"#, ["spreadingFactor", "300"]),
        (r#""gateways":{}"#, ["gateways", "sequence"]),
        (r#""gateways":[{}]"#, ["gateways[0]", "gatewayId"]),
        (r#""gateways":[{"gatewayId":1}]"#, ["gateways[0].gatewayId", "string"]),
        (r#""gateways":[{"gatewayId":"a","snrDb":"good"}]"#, ["gateways[0].snrDb", "good"]),
    ];
    for (member, names) in wrong {
        line(member, &format!(r#"{{"phyPayload":"40",{member}}}"#), "invalid-body", &names);
    }
    line("empty body", "", "malformed-json", &["the body is empty"]);
    line("a form", "phyPayload=40", "malformed-json", &["this is a form"]);
    line("no JSON", "nonsense", "malformed-json", &["line 1 column"]);
    line("cut off", r#"{"phyPayload":"40""#, "malformed-json", &["EOF"]);
    line("something behind", r#"{"phyPayload":"40"} x"#, "malformed-json", &["column 21"]);
    line("deep", &"[".repeat(100_000), "malformed-json", &["line 1"]);
    table.finish();

    let broken = post_text(&lns, INGEST, "{\n  \"phyPayload\": \"40\",\n  oops\n}");
    let detail = broken.problem(400, "malformed-json");
    assert!(detail.contains("line 3 column 3"), "{detail}");
    assert_eq!((&broken.body["line"], &broken.body["column"]), (&json!(3), &json!(3)));
    let not_utf_8 = lns.send(&Method::POST, INGEST, b"{\"phyPayload\":\"\xFF\"}");
    not_utf_8.problem(400, "malformed-json");
}

#[test]
fn metadata_beyond_all_measure() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let lns = server.lns();
    let frame = |member: &str, value: Json| {
        let mut frame = sensor.frame(1, 1, &[1]);
        frame[member] = value;
        lns.ingest(&frame)
    };
    let gateways = |count: usize| -> Json {
        (0..count).map(|number| json!({ "gatewayId": number.to_string() })).collect()
    };
    let megabyte = "x".repeat(1_000_000);
    let mut table = Table::default();
    let invalid = (400, "invalid-body");
    let many = frame("gateways", gateways(10_000));
    table.expect("10,000 gateways", &many, invalid, &["gateways", "10000", "100"]);
    let long = frame("gateways", json!([{ "gatewayId": megabyte }]));
    table.expect("gateway of 1 MB", &long, invalid, &["gatewayId", "64"]);
    let long = frame("region", json!(megabyte));
    table.expect("region of 1 MB", &long, invalid, &["region", "64"]);
    let long = frame("codingRate", json!(megabyte));
    table.expect("coding rate of 1 MB", &long, invalid, &["codingRate", "64"]);
    table.finish();

    // What is refused for its metadata has not used up the FCnt.
    assert_eq!(frame("gateways", gateways(100)).success()["status"], "accepted");
}

#[test]
fn a_body_of_100_mb_is_refused_and_not_kept() {
    let server = Server::start();
    let token = server.new_token("lns", None);
    let before = server.peak_memory();
    let head = |length: &str| {
        format!(
            "POST {INGEST} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n{length}\r\n\r\n"
        )
    };

    let mut announced = server.connect();
    announced.send(head(&format!("Content-Length: {HUGE}")).as_bytes());
    let (answer, taken) = announced.flood(&[b' '; 64 << 10], HUGE);
    assert!(answer.starts_with("HTTP/1.1 413 "), "after {taken} bytes: {answer:?}");
    assert!(answer.contains("body-too-large") && answer.contains("1048576"), "{answer}");

    let mut chunked = server.connect();
    chunked.send(head("Transfer-Encoding: chunked").as_bytes());
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    let (answer, taken) = chunked.flood(&chunk, HUGE);
    assert!(answer.starts_with("HTTP/1.1 413 "), "after {taken} bytes: {answer:?}");
    assert!(answer.contains("body-too-large") && answer.contains("1048576"), "{answer}");

    // Who asks before it sends is told before it has sent.
    let mut asking = server.connect();
    let length = format!("Content-Length: {HUGE}\r\nExpect: 100-continue\r\nConnection: close");
    asking.send(head(&length).as_bytes());
    let answer = asking.answer();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer:?}");

    // A length that is none, and a body that ends before it should.
    let mut nonsense = server.connect();
    nonsense.send(head("Content-Length: many").as_bytes());
    assert!(nonsense.answer().starts_with("HTTP/1.1 400 "));
    let mut short = server.connect();
    short.send(head("Content-Length: 100").as_bytes());
    let (answer, _) = short.flood(b"{", 1);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400 "), "{answer}");

    assert_eq!(server.anybody().get("/healthz").status, 200);
    if let (Some(before), Some(after)) = (before, server.peak_memory()) {
        let grown = after.saturating_sub(before);
        assert!(grown < REFUSAL_COST, "the server took {grown} bytes for what it refused");
    }
}

#[test]
fn paths_methods_and_queries() {
    let server = Server::start();
    let partner = server.partner("water");
    let mut table = Table::default();
    let mut line = |method: Method, path: &str, problem: (u16, &str), names: &[&str]| {
        let answer = partner.send(&method, path, b"{}");
        table.expect(&format!("{method} {path}"), &answer, problem, names);
        if answer.status == 405 {
            let fault = answer.header("allow").is_empty().then(|| "Allow is missing".to_owned());
            table.check(&format!("{method} {path}"), fault);
        }
    };
    let (missing, method) = ((404, "no-such-path"), (405, "method-not-allowed"));
    let (query, path) = ((400, "invalid-query"), (400, "invalid-path"));
    line(Method::GET, "/nowhere", missing, &["/nowhere"]);
    line(Method::GET, "/v1/recrods", missing, &["/v1/recrods"]);
    line(Method::GET, "/v1/records/", missing, &["/v1/records/"]);
    line(Method::POST, "/v2/records", missing, &["/v2/records"]);
    line(Method::GET, "/v1/ingest/phy", method, &["/v1/ingest/phy", "GET"]);
    line(Method::PUT, "/v1/records", method, &["/v1/records", "PUT"]);
    line(Method::POST, "/healthz", method, &["/healthz", "POST"]);
    line(Method::PATCH, "/v1/devices", method, &["PATCH"]);

    line(Method::GET, "/v1/records?limt=3", query, &["limt", "did you mean limit?"]);
    line(Method::GET, "/v1/records/stream?limt=3", query, &["limt", "limit"]);
    line(
        Method::GET,
        "/v1/catalogue?quantty=air.temperature",
        query,
        &["quantty", "did you mean quantity?"],
    );
    line(
        Method::GET,
        "/v1/catalogue?quantity=air.temprature",
        query,
        &["quantity=air.temprature", "did you mean air.temperature?"],
    );
    line(Method::GET, "/v1/catalogue?quantity=", query, &["quantity", "list all"]);
    line(
        Method::GET,
        "/v1/catalogue?quantity=air.co2,air",
        query,
        &["the vocabulary has no quantity \"air\""],
    );
    line(Method::GET, "/v1/catalogue?use=water-metring", query, &["did you mean water-metering?"]);
    line(Method::GET, "/v1/catalogue?direction=sideways", query, &["direction", "sideways"]);
    line(Method::GET, "/v1/catalogue?sort=size", query, &["sort", "size"]);
    line(Method::GET, "/v1/catalogue?sort=name&after=acme/a", query, &["after", "another order"]);
    line(Method::GET, "/v1/catalogue?after=acme", query, &["after=acme", "vendor/model"]);
    line(Method::GET, "/v1/catalogue?unit=m3&unit=L", query, &["unit"]);
    line(Method::GET, "/v1/catalogue/a/b?quantity=x", query, &["quantity", "none"]);
    line(Method::GET, "/v1/devices?group=water", query, &["group"]);
    line(Method::GET, "/v1/devices/02C4A3FFFE100001?x", query, &["x"]);
    line(Method::POST, "/v1/decode?dryRun=true", query, &["dryRun"]);
    line(Method::POST, "/v1/ingest/phy?event=up", query, &["event"]);
    line(Method::GET, "/v1/retention?gruop=water", query, &["did you mean group?"]);
    line(Method::GET, "/readyz?probe=1", query, &["probe"]);
    line(Method::GET, "/v1/records?limit=many", query, &["limit"]);
    line(Method::GET, "/v1/records?limit=-1", query, &["limit"]);
    line(Method::GET, "/v1/records?limit=1&limit=2", query, &["limit"]);
    line(Method::GET, "/v1/records?after=abc", query, &["abc", "cursor"]);
    line(Method::GET, "/v1/records?after=-1", query, &["-1", "cursor"]);
    line(Method::GET, "/v1/records?after=", query, &["cursor"]);
    line(Method::GET, "/v1/records?after=99999999999999999999", query, &["cursor"]);
    line(Method::GET, "/v1/records?group=A%20b", query, &["A b"]);

    for list in ["records", "routes", "devices", "events", "retention", "quotas", "catalogue"] {
        line(Method::GET, &format!("/v1/{list}?limit=0"), query, &["limit", "0 asks for nothing"]);
    }
    for (asked, names) in [
        ("port=0", ["port", "MAC commands"]),
        ("port=5,0", ["port", "MAC commands"]),
        ("format=senml&timeZone=Europe/Paris", ["timeZone", "senml"]),
        ("format=csv-rows&shape=raw&quantities=air.co2", ["quantities", "shape raw"]),
        ("format=xlsx-columns&decoded=false&quantities=air.co2", ["quantities", "not decoded"]),
        ("format=csv-rows&decoded=false&details=data", ["details data", "not decoded"]),
        ("format=csv-rows&shape=raw&details=digest", ["details digest", "shape raw"]),
        ("format=csv-rows&shape=decoded&details=payload", ["details payload", "shape decoded"]),
    ] {
        line(Method::GET, &format!("/v1/records?{asked}"), query, &names);
    }
    for said in
        ["limit=1", "wait=1", "format=senml", "layout=french", "quantities=air.co2", "tags=a"]
    {
        let (name, _) = said.split_once('=').expect("it has a value");
        line(Method::GET, &format!("/v1/records/stream?{said}"), query, &[name, "stream"]);
    }

    line(Method::GET, "/v1/devices/02C4A3FFFE10000", path, &["DevEUI", "16", "15"]);
    line(Method::GET, "/v1/devices/02C4A3FFFE10000X", path, &["DevEUI", "character 16"]);
    line(Method::GET, "/v1/devices/%FF", path, &["UTF-8"]);
    line(Method::GET, "/v1/catalogue/A/b", path, &["A/b"]);
    line(Method::GET, "/v1/catalogue/%2E%2E/%2E%2E", path, &["../.."]);
    line(Method::GET, "/v1/catalogue/a/b/1.0", path, &["1.0", "version"]);
    line(Method::GET, "/v1/catalogue/a/b", (404, "unknown-decoder"), &["a/b"]);
    line(Method::GET, "/v1/catalogue/a/b/1.0.0", (404, "unknown-decoder"), &["a/b"]);
    line(Method::GET, "/v1/registry/a/b/1.0.0", (404, "unknown-decoder"), &["a/b"]);
    table.finish();

    let admin = server.admin();
    for list in ["audit", "tokens", "parked", "registry/index"] {
        let refused = admin.get(&format!("/v1/{list}?limit=0"));
        assert!(refused.problem(400, "invalid-query").contains("0 asks for nothing"), "{list}");
    }
    let nobodys = admin.get("/v1/records");
    assert!(nobodys.problem(400, "group-missing").contains("?group="));
    let page = admin.get("/v1/records?group=nobody").success();
    assert_eq!(page, json!({ "records": [], "next": "0", "more": false }));
}

/// Members that a reader of JSON would forget in silence, in each kind of body that people write.
#[test]
fn members_that_are_said_twice() {
    let server = Server::start();
    let admin = server.admin();
    let sensor = Sensor::new(1);
    let mut table = Table::default();
    let pull = r#"{"to":{"pull":{}}}"#;
    let partner = server.partner("water");
    partner.send(&Method::PUT, "/v1/routes/all", pull.as_bytes()).success();
    let mut line = |method: Method, path: &str, body: &str, member: &str| {
        let answer = admin.send(&method, path, body.as_bytes());
        let names = [member, "stands twice"];
        table.expect(&format!("{method} {path} {body}"), &answer, (400, "invalid-body"), &names);
        let fault = (answer.body["path"] != member).then(|| answer.text.clone());
        table.check(&format!("path of {method} {path} {body}"), fault);
    };
    let route = "/v1/routes/all?group=water";
    line(Method::PUT, route, r#"{"to":{"pull":{}},"to":{"pull":{}}}"#, "to");
    line(Method::PUT, route, r#"{"to":{"pull":{},"pull":{}}}"#, "to.pull");
    let headers = r#"{"to":{"http":{"url":"https://a.example","headers":{"A":"1","A":"2"}}}}"#;
    line(Method::PUT, route, headers, "to.http.headers.A");
    line(Method::PATCH, route, r#"{"paused":true,"paused":false}"#, "paused");
    line(Method::PATCH, route, r#"{"filter":{"ports":[1],"ports":[2]}}"#, "filter.ports");
    let tags = r#"{"group":"water","tags":{"a":"1","b":"2","a":"3"}}"#;
    line(Method::PUT, &sensor.path(), tags, "tags.a");
    line(Method::POST, "/v1/tokens", r#"{"name":"a","role":"lns","name":"b"}"#, "name");
    line(Method::POST, "/v1/records/ack", r#"{"cursor":"1","cursor":"2"}"#, "cursor");
    let trial = r#"{"decoder":"a/b","command":{"data":{"on":true,"on":false}}}"#;
    line(Method::POST, "/v1/decode", trial, "command.data.on");
    table.finish();
    assert_eq!(partner.get("/v1/routes/all").success()["paused"], false, "nothing was changed");
}

#[test]
fn bodies_of_requests_that_take_none() {
    let server = Server::start();
    let partner = server.partner("water");
    partner.put("/v1/routes/all", &json!({ "to": { "pull": {} } })).success();
    let mut table = Table::default();
    let said = json!({ "record": "latest" });
    for path in ["pause", "resume", "test", "secrets/retire"] {
        let path = format!("/v1/routes/all/{path}");
        let names = ["record", "takes no body"];
        table.expect(&path, &partner.post(&path, &said), (400, "invalid-body"), &names);
    }
    let admin = server.admin();
    for path in ["/v1/audit/archive", "/v1/registry/keys/rotate"] {
        table.expect(path, &admin.post(path, &said), (400, "invalid-body"), &["record"]);
    }
    table.finish();
    let state = partner.get("/v1/routes/all").success();
    assert_eq!(state["paused"], false, "nothing was done: {state}");
    for body in [Json::Null, json!({})] {
        partner.post("/v1/routes/all/pause", &body).success();
    }
    post_text(&partner, "/v1/routes/all/resume", "").success();
}

#[test]
fn acknowledgements_of_what_was_never_given_out() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    server.lns().ingest(&sensor.frame(1, 1, &[1])).success();
    let partner = server.partner("water");
    let mut table = Table::default();
    let mut line = |body: &str, problem: (u16, &str), names: &[&str]| {
        table.expect(body, &post_text(&partner, "/v1/records/ack", body), problem, names);
    };
    let beyond = (409, "cursor-beyond-end");
    line(r#"{"cursor":"2"}"#, beyond, &["2", "last record", "1"]);
    line(r#"{"cursor":"18446744073709551615"}"#, beyond, &["18446744073709551615"]);
    let invalid = (400, "invalid-body");
    line(r#"{"cursor":"x"}"#, invalid, &["x", "cursor"]);
    line(r#"{"cursor":1}"#, invalid, &["1", "string"]);
    line(r#"{"cursor":null}"#, invalid, &["null", "string"]);
    line("{}", invalid, &["cursor"]);
    line(r#"{"cursor":"1","all":true}"#, invalid, &["all"]);
    table.finish();
    assert_eq!(partner.pull_all().len(), 1, "nothing was removed");
}

#[test]
fn registrations_that_lack_something_or_have_too_much() {
    let server = Server::start();
    let admin = server.admin();
    let sensor = Sensor::new(1);
    let good = sensor.registration("water", Some("axioma/qalcosonic-w1@^1"));
    let mut table = Table::default();
    let with = |pointer: &str, value: Json| {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
        let mut registration = good.clone();
        registration.pointer_mut(parent).expect("the parent is there")[name] = value;
        registration
    };
    let without = |pointer: &str| {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
        let mut registration = good.clone();
        let parent = registration.pointer_mut(parent).and_then(Json::as_object_mut);
        parent.expect("the parent is there").remove(name).expect("it was there");
        registration
    };
    let mut line = |what: &str, registration: &Json, code: &str, names: &[&str]| {
        table.expect(what, &admin.put(&sensor.path(), registration), (400, code), names);
    };
    let invalid = "invalid-body";
    line("no group", &without("/group"), invalid, &["missing", "group"]);
    line("no DevAddr", &without("/activation/abp/devAddr"), invalid, &["missing", "devAddr"]);
    line("no NwkSKey", &without("/activation/abp/nwkSKey"), invalid, &["missing", "nwkSKey"]);
    line("no AppSKey", &without("/activation/abp/appSKey"), invalid, &["missing", "appSKey"]);
    line("unknown field", &with("/gruop", json!("water")), invalid, &["gruop", "group"]);
    line("unknown key", &with("/activation/abp/appKey", json!("")), invalid, &["appKey"]);
    line("no AppKey", &with("/activation", json!({ "otaa": {} })), invalid, &["appKey"]);
    line("no way", &with("/activation", json!({ "ota": {} })), invalid, &["ota", "otaa", "abp"]);
    line("bad version", &with("/lorawan", json!("1.2")), invalid, &["1.2", "1.0.3"]);
    let impossible = "impossible-registration";
    line("other version", &with("/lorawan", json!("1.1")), impossible, &["1.1", "fNwkSIntKey"]);
    let mut restarts = with("/lorawan", json!("1.0.4"));
    restarts["allowCounterReset"] = json!(true);
    line("restarts of 1.0.4", &restarts, impossible, &["allowCounterReset", "1.0.3"]);
    line(
        "bad group",
        &with("/group", json!("The Water")),
        invalid,
        &["The Water", "small letters"],
    );
    line("empty group", &with("/group", json!("")), invalid, &["group"]);
    line("bad decoder", &with("/decoder", json!("axioma")), invalid, &["axioma", "vendor/model"]);
    line("bad requirement", &with("/decoder", json!("a/b@new")), invalid, &["new", "^1.2"]);
    let key = "0123456789ABCDEF0123456789ABCDE";
    let short = with("/activation/abp/appSKey", json!(key));
    line("short key", &short, invalid, &["AppSKey", "32", "31"]);
    let address = with("/activation/abp/devAddr", json!("0200ZZ01"));
    line("bad DevAddr", &address, invalid, &["DevAddr", "character 5"]);
    line("a list as tag", &with("/tags", json!({ "a": [] })), invalid, &["tags.a", "string"]);
    line("a list as variable", &with("/variables", json!({ "a": [] })), invalid, &["variables.a"]);
    let megabyte = "x".repeat(1_000_000);
    let large = "description-too-large";
    line("name of 1 MB", &with("/name", json!(megabyte)), large, &["name", "limit"]);
    line("tag of 1 MB", &with("/tags", json!({ "a": megabyte })), large, &["tags", "limit"]);
    table.finish();

    let leaked = admin.put(&sensor.path(), &short).text;
    assert!(!leaked.contains(key), "a key that was mistyped is nearly a key: {leaked}");
    admin.get(&sensor.path()).problem(404, "unknown-device");
    let unknown = admin.delete(&sensor.path());
    assert!(unknown.problem(404, "unknown-device").contains(&sensor.dev_eui()));

    // What is right is registered, and shown without its keys.
    let device = admin.put(&sensor.path(), &good).success();
    assert_eq!(device["decoder"], "axioma/qalcosonic-w1@^1");
    assert_eq!(admin.get(&sensor.path()).success(), device);
    let shown = admin.get("/v1/devices").text;
    assert!(!shown.contains(&sensor.nwk_s_key()) && !shown.contains(&sensor.app_s_key()));
    let lower_case = sensor.path().to_lowercase();
    assert_eq!(admin.get(&lower_case).success(), device);
}

#[test]
fn trials_of_payloads() {
    let server = Server::start();
    let anybody = server.partner("water");
    let mut table = Table::default();
    let mut line = |body: Json, problem: (u16, &str), names: &[&str]| {
        table.expect(&body.to_string(), &anybody.post("/v1/decode", &body), problem, names);
    };
    let uplink = json!({ "fPort": 1, "payload": "00" });
    let invalid = (400, "invalid-body");
    line(json!({ "uplink": uplink }), invalid, &["decoder"]);
    line(json!({ "decoder": "a/b" }), invalid, &["uplink", "command", "downlink"]);
    line(
        json!({ "decoder": "a/b", "uplink": uplink, "command": { "data": {} } }),
        invalid,
        &["one of"],
    );
    line(json!({ "decoder": "a", "uplink": uplink }), invalid, &["vendor/model"]);
    line(json!({ "decoder": "a/b", "uplink": uplink }), (404, "unknown-decoder"), &["a/b"]);
    line(json!({ "decoder": "a/b", "uplink": { "fPort": 300, "payload": "" } }), invalid, &["300"]);
    line(json!({ "decoder": "a/b", "uplink": { "fPort": 1, "payload": "0" } }), invalid, &["odd"]);
    line(
        json!({ "decoder": "a/b", "uplink": { "fPort": 1, "payload": "", "x": 1 } }),
        invalid,
        &["x"],
    );
    table.finish();
}
