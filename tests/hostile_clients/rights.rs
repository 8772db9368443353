//! Attacks by tokens: narrow scopes, revoked and expired tokens, the last admin, and secrets in answers and logs.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use champollion_tests::{
    Client, Outside, Sensor, Server, Setup, Table, champollion, eventually, run,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// The longest that a stream goes on after its token has ended.
const END: Duration = Duration::from_secs(5);

/// A key that stands in the wrong place.
const KEY: &str = "5EC2E7A9B1D04F6688AACCEE01234567";

fn made(server: &Server, wanted: &Json) -> (String, Client) {
    let made = server.admin().post("/v1/tokens", wanted).success();
    let text = |name: &str| made[name].as_str().expect("it is shown").to_owned();
    (text("id"), server.anybody().token(&text("token")))
}

#[test]
fn a_narrowed_token_does_what_its_scopes_say_and_nothing_else() {
    let server = Server::start();
    let reads: [(&str, &str); 10] = [
        ("metrics", "/metrics"),
        ("audit", "/v1/audit"),
        ("audit", "/v1/audit/head"),
        ("storage", "/v1/storage"),
        ("records:read", "/v1/records?group=water"),
        ("routes", "/v1/routes"),
        ("tokens", "/v1/tokens"),
        ("parked", "/v1/parked"),
        ("registry", "/v1/registry/quarantine"),
        ("administer", "/v1/network-servers/handshakes"),
    ];
    let mut table = Table::default();
    for scope in ["metrics", "audit", "storage", "records:read", "routes", "tokens", "parked"] {
        let wanted = json!({ "name": scope, "role": "admin", "scopes": [scope] });
        let (_, client) = made(&server, &wanted);
        for (needed, path) in reads {
            let answer = client.get(path);
            let line = format!("{scope}: {path}");
            if needed == scope {
                table.check(&line, (answer.status != 200).then(|| answer.text.clone()));
            } else {
                table.expect(&line, &answer, (403, "forbidden"), &["scope", needed]);
            }
        }
        let ack = json!({ "cursor": "0", "group": "water" });
        let line = format!("{scope}: acknowledge");
        let answer = client.post("/v1/records/ack", &ack);
        table.expect(&line, &answer, (403, "forbidden"), &["records:ack"]);
        let device = client.delete("/v1/devices/02C4A3FFFE100001");
        table.expect(&format!("{scope}: remove"), &device, (403, "forbidden"), &["devices"]);
    }
    table.finish();

    // A partner's system that only reads, and one that only acknowledges.
    let group = |scopes: Json| {
        made(
            &server,
            &json!({ "name": "x", "role": "partner", "group": "water", "scopes": scopes }),
        )
    };
    let (_, reader) = group(json!(["records:read"]));
    reader.get("/v1/records").success();
    let ack = json!({ "cursor": "0" });
    reader.post("/v1/records/ack", &ack).problem(403, "forbidden");
    let (_, other) = group(json!(["records:ack"]));
    other.post("/v1/records/ack", &ack).success();
    other.get("/v1/records").problem(403, "forbidden");
    other.get("/v1/records/stream").problem(403, "forbidden");
}

#[test]
fn scopes_are_those_of_the_role_and_of_the_maker() {
    let server = Server::start();
    let admin = server.admin();
    let mut table = Table::default();
    let mut line = |wanted: Json, code: &str, names: &[&str]| {
        table.expect(&wanted.to_string(), &admin.post("/v1/tokens", &wanted), (400, code), names);
    };
    line(
        json!({ "name": "x", "role": "lns", "scopes": ["routes"] }),
        "invalid-scopes",
        &["lns", "routes"],
    );
    line(
        json!({ "name": "x", "role": "admin", "scopes": [] }),
        "invalid-scopes",
        &["at least one"],
    );
    line(
        json!({ "name": "x", "role": "admin", "scopes": ["all"] }),
        "invalid-body",
        &["records:read"],
    );
    table.finish();
    let (_, maker) = made(
        &server,
        &json!({ "name": "maker", "role": "admin", "scopes": ["tokens", "metrics"] }),
    );
    for wanted in [
        json!({ "name": "x", "role": "admin" }),
        json!({ "name": "x", "role": "admin", "scopes": ["tokens", "devices"] }),
        json!({ "name": "x", "role": "lns" }),
    ] {
        maker.post("/v1/tokens", &wanted).problem(403, "forbidden");
    }
    maker
        .post("/v1/tokens", &json!({ "name": "x", "role": "admin", "scopes": ["metrics"] }))
        .success();

    let shown = server.admin_cli().run(&[
        "tokens", "create", "--name", "reader", "--role", "admin", "--scope", "audit", "--scope",
        "storage",
    ]);
    let token = shown.success().trim().to_owned();
    server.anybody().token(&token).get("/v1/storage").success();
    server.anybody().token(&token).get("/metrics").problem(403, "forbidden");
    let listed = server.admin_cli().run(&["tokens", "list"]).success();
    assert!(listed.contains("audit storage"), "{listed}");
}

#[test]
fn the_last_admin_stays_and_is_made_anew_on_the_machine_itself() {
    let mut server = Server::start();
    let admin = server.admin();
    let tokens = admin.get("/v1/tokens").success();
    let own = tokens["tokens"][0]["id"].as_str().expect("it has an id").to_owned();
    let path = format!("/v1/tokens/{own}");
    assert!(admin.delete(&path).problem(409, "last-admin").contains("first admin"));
    // Neither a narrowed admin nor other roles are another admin.
    made(&server, &json!({ "name": "narrow", "role": "admin", "scopes": ["tokens"] }));
    let _lns = server.lns();
    admin.delete(&path).problem(409, "last-admin");
    let soon = Timestamp::now() + SignedDuration::from_hours(24);
    let wanted = json!({ "name": "second", "role": "admin", "expiresAt": soon });
    let (_, second) = made(&server, &wanted);
    assert_eq!(second.delete(&path).status, 204);
    admin.get("/v1/tokens").problem(401, "token-unknown");

    // It ends soon, which is said to those who may know it.
    let ready = second.get("/readyz").text;
    assert!(ready.contains("the last admin token ends at"), "{ready}");
    assert_eq!(server.anybody().get("/readyz").text, "ready\n");

    server.stop();
    server.restart();
    eventually("the log warns", || {
        server.log().contains("the last admin token ends soon").then_some(())
    });

    let data = server.data();
    let folder = data.to_str().expect("the path is text").to_owned();
    let recover = || run(champollion().args(["admin", "recover", "--data-dir", &folder]));
    let refused = recover();
    assert!(refused.failure().contains("stop it first"), "{}", refused.failure());
    server.stop();
    let token = recover().success().trim().to_owned();
    server.restart();
    let recovered = server.anybody().token(&token);
    assert_eq!(recovered.get("/v1/tokens").success()["tokens"].as_array().map(Vec::len), Some(4));
    let audit = recovered.get("/v1/audit").text;
    assert!(audit.contains("admin recover"), "{audit}");
    let verified = recovered.get("/v1/registry/verify").success();
    assert_eq!(verified["problems"], json!([]), "{verified}");
    let nowhere = run(champollion().args(["admin", "recover", "--data-dir", "/nowhere"]));
    assert!(nowhere.failure().contains("/nowhere"), "{}", nowhere.failure());
}

#[test]
fn no_name_of_people_partners_or_tokens_hides_what_it_is() {
    let server = Server::start();
    let admin = server.admin();
    for (number, sign) in
        ["\n", "\r", "\0", "\u{9b}", "\u{200b}", "\u{202e}", "\u{2066}", "\u{2029}", "\u{feff}"]
            .into_iter()
            .enumerate()
    {
        let name = format!("Ada{sign}Lovelace");
        let token = json!({ "name": name, "role": "partner", "group": "water" });
        let said = admin.post("/v1/tokens", &token);
        assert!(said.problem(400, "invalid-name").contains("line break"), "{sign:?}");
        let partner = json!({ "id": format!("p{number}"), "name": name, "groups": [] });
        admin.post("/v1/partners", &partner).problem(400, "invalid-name");
        let grants = json!([{ "role": "reader", "scope": "group:water" }]);
        for member in ["name", "firstName"] {
            let email = format!("a{number}@water.example");
            let mut person =
                json!({ "name": "L", "firstName": "A", "email": email, "grants": grants });
            person[member] = json!(name);
            admin.post("/v1/people", &person).problem(400, "invalid-body");
        }
    }
    // Names of whatever language stay what they are, with the joiners that it needs.
    for name in ["Zoë O’Brien-Müller", "محمد", "می\u{200c}خواهم", "李 明"] {
        let token = json!({ "name": name, "role": "partner", "group": "water" });
        assert_eq!(admin.post("/v1/tokens", &token).success()["name"], name);
    }
}

/// Reads a stream to its end; gives the time that it took.
fn followed(server: &Server, token: &str, path: &str) -> std::thread::JoinHandle<Duration> {
    let host = server.address().trim_start_matches("http://").to_owned();
    let head = format!(
        "GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let (began, begins) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(host).expect("the server takes a connection");
        stream.set_read_timeout(Some(Duration::from_secs(40))).expect("it has timeouts");
        stream.write_all(head.as_bytes()).expect("the server takes the request");
        let _ = began.send(());
        let begin = Instant::now();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        begin.elapsed()
    });
    let _ = begins.recv();
    std::thread::sleep(Duration::from_millis(500));
    thread
}

#[test]
fn streams_and_long_polls_end_with_their_token() {
    let server = Server::start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let token = |expires: Option<Timestamp>| {
        let wanted =
            json!({ "name": "x", "role": "partner", "group": "water", "expiresAt": expires });
        let made = server.admin().post("/v1/tokens", &wanted).success();
        let text = |name: &str| made[name].as_str().expect("it is shown").to_owned();
        (text("id"), text("token"))
    };
    for path in ["/v1/records/stream", "/v1/records?wait=30"] {
        let (id, revoked) = token(None);
        let reading = followed(&server, &revoked, path);
        assert_eq!(server.admin().delete(&format!("/v1/tokens/{id}")).status, 204);
        let took = reading.join().expect("it was read");
        assert!(took < END, "{path} went on for {took:?} after its token was revoked");
        let (_, expiring) = token(Some(Timestamp::now() + SignedDuration::from_secs(2)));
        let reading = followed(&server, &expiring, path);
        let took = reading.join().expect("it was read");
        assert!(took < END, "{path} went on for {took:?} after its token had expired");
    }
}

#[test]
fn what_stays_with_a_group_that_leaves_its_partner_is_named() {
    let server = Server::start();
    let partner = json!({ "id": "city", "name": "City", "groups": ["street", "water"] });
    server.admin().post("/v1/partners", &partner).success();
    let machine = |scope: &str| {
        made(&server, &json!({ "name": "a machine", "role": "operator", "scope": scope }))
    };
    let ((of_water, client), _of_street) = (machine("group:water"), machine("group:street"));
    client.put("/v1/routes/out", &json!({ "to": { "pull": {} } })).success();
    let path = "/v1/partners/city";
    let named = server.admin().patch(path, &json!({ "name": "The city" })).success();
    assert!(named["staying"].is_null(), "no group has left: {named}");
    let moved = server.admin().patch(path, &json!({ "removeGroups": ["water"] })).success();
    let staying = json!({
        "tokens": [{ "group": "water", "id": of_water, "name": "a machine" }],
        "routes": [{ "group": "water", "name": "out" }],
    });
    assert_eq!(moved["staying"], staying);
}

#[test]
fn a_stream_of_more_than_a_right_is_of_ends_with_the_right_to_the_rest() {
    let server = Server::start();
    server.register(&Sensor::new(1), "water", None);
    for (number, (kept, ended, query)) in [
        ("sub-group:water/north", "group:water", "wait=30"),
        ("sub-group:water/north", "sub-group:water/south", "subGroup=north,south&wait=30"),
    ]
    .into_iter()
    .enumerate()
    {
        let grant = |scope: &str| json!({ "role": "reader", "scope": scope });
        let person = json!({
            "name": "Lovelace", "firstName": "Ada", "email": format!("ada{number}@city.example"),
            "grants": [grant(kept), grant(ended)],
        });
        let person = server.admin().post("/v1/people", &person).success();
        let wanted = json!({ "name": "x", "role": "person", "person": person["id"] });
        let token = server.admin().post("/v1/tokens", &wanted).success();
        let token = token["token"].as_str().expect("it is shown").to_owned();
        let stream = query.trim_end_matches("wait=30").trim_end_matches('&');
        let readings = [format!("/v1/records/stream?{stream}"), format!("/v1/records?{query}")]
            .map(|path| followed(&server, &token, &path));
        let grants = person["grants"].as_array().expect("it has grants");
        let gone = grants.iter().find(|grant| grant["scope"] == ended).expect("it was granted");
        let [person, gone] =
            [&person, gone].map(|thing| thing["id"].as_str().expect("it has an id"));
        let path = format!("/v1/people/{person}/grants/{gone}");
        assert_eq!(server.admin().delete(&path).status, 204);
        for reading in readings {
            let took = reading.join().expect("it was read");
            assert!(took < END, "it went on for {took:?} after the right to {ended} had ended");
        }
        // What is left gives its own part.
        server.anybody().token(&token).get("/v1/records?subGroup=north").success();
    }
}

#[test]
fn no_error_repeats_a_key_that_stands_in_the_wrong_place() {
    let server = Server::start();
    let admin = server.admin();
    let sensor = Sensor::new(1);
    let good = sensor.registration("water", None);
    let with = |pointer: &str, value: &Json| {
        let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a slash");
        let mut body = good.clone();
        body.pointer_mut(parent).expect("it is there")[name] = value.clone();
        body
    };
    let session = |member: &str, value: &Json| {
        let mut session = json!({ "devAddr": "01020304", "appSKey": { "key": KEY } });
        session[member] = value.clone();
        session
    };
    let route = |to: Json| json!({ "to": to });
    let lower = KEY.to_lowercase();
    let spaced: Vec<&str> =
        KEY.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).expect("ASCII")).collect();
    let spaced = spaced.join(":");
    let mut table = Table::default();
    let mut line = |what: String, method: &Method, path: &str, body: &Json, secret: &str| {
        let answer = admin.send(method, path, body.to_string().as_bytes());
        // What is taken may be shown: a key in small digits is a name of a group.
        let wrong = answer.status >= 500 || answer.status >= 400 && answer.text.contains(secret);
        table.check(&what, wrong.then(|| format!("{} {}", answer.status, answer.text)));
    };
    for secret in [
        KEY,
        &KEY[1..],
        lower.as_str(),
        spaced.as_str(),
        "Bearer abcdefgh12345678",
        "c2VjcmV0LWtleS0xMg==",
    ] {
        let value = json!(secret);
        for pointer in [
            "/group",
            "/decoder",
            "/lorawan",
            "/activation",
            "/activation/abp",
            "/activation/abp/devAddr",
            "/tags",
            "/location",
        ] {
            let body = with(pointer, &value);
            line(format!("{secret} as {pointer}"), &Method::PUT, &sensor.path(), &body, secret);
        }
        let member = with(&format!("/{secret}"), &json!("appKey"));
        line(format!("{secret} as a member"), &Method::PUT, &sensor.path(), &member, secret);
        let member = with(&format!("/activation/{secret}"), &json!({}));
        line(format!("{secret} as an activation"), &Method::PUT, &sensor.path(), &member, secret);
        let path = format!("{}/session", sensor.path());
        for member in ["devAddr", "appSKey", "nwkSKey", "surplus"] {
            let body = session(member, &value);
            line(format!("{secret} as {member}"), &Method::PUT, &path, &body, secret);
        }
        for to in [
            value.clone(),
            json!({ "http": secret }),
            json!({ "http": { "url": secret } }),
            json!({ "http": { "url": "https://x.example", "headers": secret } }),
            json!({ "http": { "url": "https://x.example", "timeoutSeconds": secret } }),
            json!({ "http": { "url": format!("ftp://x.example/?token={secret}") } }),
            json!({ secret: {} }),
        ] {
            let path = "/v1/routes/a?group=water";
            line(format!("{secret} in {to}"), &Method::PUT, path, &route(to), secret);
        }
    }
    line("in a path".to_owned(), &Method::DELETE, &format!("/v1/devices/{KEY}"), &Json::Null, KEY);
    line(
        "in a query".to_owned(),
        &Method::GET,
        &format!("/v1/records?group={KEY}-"),
        &Json::Null,
        KEY,
    );
    table.finish();
}

#[test]
fn a_log_of_everything_shows_no_secret_of_libraries_and_no_query() {
    let settings = "[log]\nfilter = \"trace\"\n[delivery]\nallow-networks = [\"127.0.0.0/8\"]\nplain-http = true\n";
    let server = Setup::default().settings(settings).start();
    let outside = Outside::start(|_| (200, String::new()));
    let url = format!("{}?token=query-secret", outside.url());
    let http = json!({ "url": url, "headers": { "X-Api": "header-secret-1" } });
    server.admin().put("/v1/routes/a?group=water", &json!({ "to": { "http": http } })).success();
    let attempt = server.admin().post("/v1/routes/a/test?group=water", &json!({})).success();
    assert_eq!(outside.wait_for(1).len(), 1, "{attempt}");
    server.anybody().get("/v1/devices?after=own-query-secret").problem(401, "token-missing");
    let audit = server.admin().get("/v1/audit").text;
    assert!(audit.contains("route-put") && audit.contains("?(hidden)"), "{audit}");
    let log = eventually("the request is in the log", || {
        let log = server.log();
        log.contains("/v1/devices").then_some(log)
    });
    for secret in ["query-secret", "header-secret-1"] {
        assert!(!audit.contains(secret), "{secret} is in the audit: {audit}");
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
    }
    for library in ["hyper", "reqwest", "rustls", "opendal", "h2::"] {
        let shows = |line: &&str| {
            line.contains(&format!("TRACE {library}")) || line.contains(&format!("DEBUG {library}"))
        };
        assert_eq!(log.lines().find(shows), None, "{library} is in the log");
    }
}

#[test]
fn the_id_of_a_request_is_in_answer_log_and_audit() {
    let server = Server::start();
    let named = |id: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [
            ("X-Request-Id", id),
            ("Authorization", &*bearer),
            ("Content-Type", "application/json"),
        ];
        let body = json!({ "name": "of the test", "role": "publisher" }).to_string();
        server.anybody().post_with("/v1/tokens", &headers, body.as_bytes())
    };
    let refused = named("ticket-4711", "chmp_admin_wrong");
    assert_eq!((refused.status, refused.header("x-request-id")), (401, "ticket-4711"));
    assert_eq!(refused.body["requestId"], "ticket-4711");
    let log = server.log();
    let line = log.lines().find(|line| line.contains("sign-ins fail"));
    assert!(line.is_some_and(|line| line.contains("ticket-4711")), "{log}");

    let made = named("ticket-4712", server.admin_token());
    assert_eq!(made.header("x-request-id"), "ticket-4712");
    let audit = server.admin().get("/v1/audit").text;
    let line = audit.lines().find(|line| line.contains("\"request\":\"ticket-4712\""));
    assert!(line.is_some_and(|line| line.contains("token-create")), "{audit}");

    for odd in ["a b", "\"quoted\"", &"x".repeat(129)] {
        let answer = named(odd, "chmp_admin_wrong");
        let id = answer.header("x-request-id");
        assert!(id != odd && id.len() == 36, "{odd}: {id}");
    }
    assert!(!server.log().contains("quoted"), "{}", server.log());
}

#[test]
fn a_log_that_is_no_terminal_has_no_escape_codes() {
    for variable in [None, Some(("NO_COLOR", "")), Some(("NO_COLOR", "1"))] {
        let setup = Setup::default().settings("[log]\nfilter = \"debug\"\n");
        let setup = match variable {
            Some((name, value)) => setup.variable(name, value),
            None => setup,
        };
        let server = setup.start();
        server.anybody().token("chmp_admin_wrong").get("/v1/tokens").problem(401, "token-unknown");
        let log = server.log();
        assert!(log.contains("listening") && log.contains("sign-ins fail"), "{log}");
        assert!(!log.contains('\u{1b}'), "{log:?}");
    }
}
