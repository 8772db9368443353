//! Tests of access: every route with every role, and every wrong token.

use std::{thread, time::Duration};

use champollion_tests::{Sensor, Server, Setup, Table, digits, log_entries};
use serde_json::json;
use ureq::http::Method;

/// The lifetime of the token that is to expire: long enough to be seen alive on a busy machine.
const LIFETIME: Duration = Duration::from_secs(2);

const EVERYBODY: &[&str] = &["nobody", "lns", "publisher", "partner", "admin"];
const ROLES: &[&str] = &["lns", "publisher", "partner", "admin"];

/// All routes, and who may use them. The bodies are wrong on purpose: what is asked is only whether
/// one gets as far as that.
const ROUTES: &[(Method, &str, &[&str])] = &[
    (Method::GET, "/healthz", EVERYBODY),
    (Method::GET, "/readyz", EVERYBODY),
    (Method::GET, "/v1/catalogue", EVERYBODY),
    (Method::GET, "/v1/catalogue/nobody/nothing", EVERYBODY),
    (Method::GET, "/v1/catalogue/nobody/nothing/1.0.0", EVERYBODY),
    (Method::GET, "/metrics", &["admin"]),
    (Method::GET, "/v1/audit", &["admin"]),
    (Method::GET, "/v1/audit/head", &["admin"]),
    (Method::POST, "/v1/audit/archive", &["admin"]),
    (Method::POST, "/v1/ingest/phy", &["lns", "admin"]),
    (Method::POST, "/v1/ingest/plain", &["lns", "admin"]),
    (Method::GET, "/v1/network-servers/handshakes", &["admin"]),
    (Method::POST, "/v1/decode", ROLES),
    (Method::GET, "/v1/records", &["partner", "admin"]),
    (Method::POST, "/v1/records/ack", &["partner", "admin"]),
    (Method::POST, "/v1/records/redecode", &["partner", "admin"]),
    (Method::POST, "/v1/registry/mend", &["admin"]),
    (Method::GET, "/v1/devices", ROLES),
    (Method::GET, "/v1/devices/02C4A3FFFE100001", ROLES),
    (Method::PUT, "/v1/devices/02C4A3FFFE100001", &["admin"]),
    (Method::DELETE, "/v1/devices/02C4A3FFFE100001", &["admin"]),
    (Method::GET, "/v1/devices/02C4A3FFFE100001/derived", ROLES),
    (Method::PUT, "/v1/devices/02C4A3FFFE100001/derived", &["admin"]),
    (Method::GET, "/v1/groups/water/derived", ROLES),
    (Method::PUT, "/v1/groups/water/derived", &["admin"]),
    (Method::POST, "/v1/devices/import", &["admin"]),
    (Method::PUT, "/v1/devices/02C4A3FFFE100001/point", &["admin"]),
    (Method::DELETE, "/v1/devices/02C4A3FFFE100001/point", &["admin"]),
    (Method::POST, "/v1/devices/02C4A3FFFE100001/replacement", &["admin"]),
    (Method::GET, "/v1/points", ROLES),
    (Method::PUT, "/v1/registry/nobody/nothing/1.0.0", &["publisher", "admin"]),
    (Method::GET, "/v1/registry/nobody/nothing/1.0.0", ROLES),
    (Method::POST, "/v1/registry/nobody/nothing/1.0.0/rehearsals", &["publisher", "admin"]),
    (Method::POST, "/v1/vault/master-key/rotate", &["admin"]),
    (Method::POST, "/v1/backup", &["admin"]),
    (Method::GET, "/v1/tokens", &["admin"]),
    (Method::POST, "/v1/tokens", &["admin"]),
    (Method::DELETE, "/v1/tokens/0123456789abcdef", &["admin"]),
];

#[test]
fn every_route_lets_in_those_it_is_for_and_nobody_else() {
    let server = Server::start();
    let mut table = Table::default();
    for role in EVERYBODY {
        let client = match *role {
            "nobody" => server.anybody(),
            "partner" => server.partner("water"),
            role => server.anybody().token(&server.new_token(role, None)),
        };
        for (method, path, allowed) in ROUTES {
            let answer = client.send(method, path, b"[]");
            let line = format!("{role}: {method} {path}");
            match (allowed.contains(role), *role) {
                (true, _) => {
                    let refused = [401, 403].contains(&answer.status);
                    let broken = answer.status >= 500;
                    let fault = || format!("{} {}", answer.status, answer.text);
                    table.check(&line, (refused || broken).then(fault));
                }
                (false, "nobody") => {
                    table.expect(&line, &answer, (401, "token-missing"), &["Bearer"])
                }
                (false, role) => table.expect(&line, &answer, (403, "forbidden"), &[role]),
            }
        }
    }
    table.finish();
}

#[test]
fn a_wrong_token_is_told_what_is_wrong_with_it() {
    let server = Server::start();
    let good = server.new_token("lns", None);
    let anybody = server.anybody();
    let (first, rest) = good.split_at(good.len() - 1);
    let other = format!("{first}{}", if rest == "A" { "B" } else { "A" });
    let mut table = Table::default();
    let lines = [
        (String::new(), "token-malformed", "Bearer"),
        ("Bearer".to_owned(), "token-malformed", "Bearer"),
        (good.clone(), "token-malformed", "Bearer"),
        (format!("Basic {good}"), "token-malformed", "Bearer"),
        ("Bearer ".to_owned(), "token-malformed", "Bearer"),
        ("Bearer chmp_lns_".to_owned(), "token-unknown", "mistyped"),
        (format!("Bearer {other}"), "token-unknown", "mistyped"),
        (format!("Bearer {good}{good}"), "token-unknown", "mistyped"),
        (format!("Bearer {}", "x".repeat(5_000)), "token-unknown", "mistyped"),
    ];
    for (header, code, name) in &lines {
        let answer = anybody.authorization(header).ingest(&json!({}));
        let shown: String = header.chars().take(20).collect();
        table.expect(&format!("{shown:?}"), &answer, (401, code), &[name]);
        let challenge = answer.header("www-authenticate").to_owned();
        table.check(&format!("{shown:?}"), (challenge != "Bearer").then_some(challenge));
        // A token that is almost right must not be told to everybody who reads errors.
        let echoes = answer.text.contains(&good[good.len() - 20..]);
        table.check(&format!("{shown:?}"), echoes.then(|| answer.text.clone()));
    }
    table.finish();
    anybody
        .authorization(&format!("bearer {good}"))
        .ingest(&json!({}))
        .problem(400, "invalid-body");
}

#[test]
fn a_token_ends_when_it_was_to_end() {
    let server = Server::start();
    let ends = jiff::Timestamp::now() + LIFETIME;
    let wanted = json!({ "name": "short", "role": "lns", "expiresAt": ends });
    let made = server.admin().post("/v1/tokens", &wanted).success();
    let lns = server.anybody().token(made["token"].as_str().expect("it is shown"));
    lns.ingest(&json!({})).problem(400, "invalid-body");
    thread::sleep(LIFETIME);
    let answer = lns.ingest(&json!({}));
    assert!(answer.problem(401, "token-expired").contains("expired at"));
}

#[test]
fn a_revoked_token_is_refused_at_once_and_after_a_restart() {
    let mut server = Server::start();
    let secret = server.new_token("lns", None);
    let list = server.admin().get("/v1/tokens").success();
    let tokens = list["tokens"].as_array().expect("there are tokens");
    let id = tokens
        .iter()
        .find(|token| token["role"] == "lns")
        .and_then(|token| token["id"].as_str())
        .expect("the token is listed");
    assert!(!list.to_string().contains(&secret), "a list shows no secret");

    server.anybody().token(&secret).ingest(&json!({})).problem(400, "invalid-body");
    assert_eq!(server.admin().delete(&format!("/v1/tokens/{id}")).status, 204);
    server.anybody().token(&secret).ingest(&json!({})).problem(401, "token-unknown");
    let again = server.admin().delete(&format!("/v1/tokens/{id}"));
    assert!(again.problem(404, "unknown-token").contains(id));
    server.kill();
    server.restart();
    server.anybody().token(&secret).ingest(&json!({})).problem(401, "token-unknown");
}

#[test]
fn tokens_are_made_for_roles_that_exist() {
    let server = Server::start();
    let admin = server.admin();
    let mut table = Table::default();
    let mut line = |what: &str, wanted: serde_json::Value, code: &str, names: &[&str]| {
        table.expect(what, &admin.post("/v1/tokens", &wanted), (400, code), names);
    };
    line("unknown role", json!({ "name": "x", "role": "root" }), "invalid-role", &["root", "lns"]);
    line(
        "partner without group",
        json!({ "name": "x", "role": "partner" }),
        "invalid-role",
        &["group"],
    );
    line(
        "lns with group",
        json!({ "name": "x", "role": "lns", "group": "a" }),
        "invalid-role",
        &["group"],
    );
    line(
        "bad group",
        json!({ "name": "x", "role": "partner", "group": "A b" }),
        "invalid-body",
        &["A b"],
    );
    line("no name", json!({ "role": "lns" }), "invalid-body", &["name"]);
    line(
        "odd field",
        json!({ "name": "x", "role": "lns", "grup": "a" }),
        "invalid-body",
        &["grup"],
    );
    let past = json!({ "name": "x", "role": "lns", "expiresAt": "2020-01-01T00:00:00Z" });
    line("in the past", past, "expires-in-the-past", &["2020-01-01"]);
    let never = json!({ "name": "x", "role": "lns", "expiresAt": "tomorrow" });
    line("no time", never, "invalid-body", &["expiresAt"]);
    let long = json!({ "name": "x".repeat(1_000_000), "role": "lns" });
    line("a name of 1 MB", long, "name-too-long", &["1000000", "limit"]);
    table.finish();
}

/// A reader of the disk or the log must not become an admin by it.
#[test]
fn secrets_are_kept_as_hashes_and_logged_nowhere() {
    let mut server = Setup::default()
        .with_own_files_alone()
        .variable("CHAMPOLLION_LOG__FILTER", "trace")
        .start();
    let sensor = Sensor::new(1);
    server.register(&sensor, "water", None);
    let mut secrets = vec![server.admin_token().to_owned()];
    for (role, group) in [("lns", None), ("publisher", None), ("partner", Some("water"))] {
        let secret = server.new_token(role, group);
        server.anybody().token(&secret).get("/v1/devices").success();
        server.anybody().token(&secret[..20]).get("/v1/devices").problem(401, "token-unknown");
        secrets.push(secret);
    }
    let lns = server.lns();
    lns.ingest(&json!({ "phyPayload": digits(&sensor.phy(1, 1, &[1])) })).success();
    assert_eq!(server.stop().code(), Some(0));

    let entries = log_entries(&server.data());
    assert!(contains(&entries, &sensor.dev_eui()), "there is a record");
    let mut files = vec![server.data()];
    let mut bytes = server.log().into_bytes();
    assert!(!bytes.is_empty(), "there is a log");
    let keys = [sensor.nwk_s_key(), sensor.app_s_key()];
    for key in &keys {
        assert!(!contains(&bytes, key), "a key of a device is in the log");
    }
    while let Some(path) = files.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("the folder can be listed");
            files.extend(entries.map(|entry| entry.expect("the folder can be listed").path()));
        } else {
            bytes.extend(std::fs::read(&path).expect("the file can be read"));
        }
    }
    assert!(contains(&bytes, &sensor.dev_eui()), "the search finds what is there");
    bytes.extend(entries);
    for secret in secrets {
        let random = secret.splitn(3, '_').last().unwrap_or_default();
        assert!(!contains(&bytes, random), "a secret lies on the disk: {secret}");
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    assert!(!text.is_empty());
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_token_says_whose_it_is_and_what_it_may_do() {
    let server = Server::start();
    let partner = server.new_token("partner", Some("water"));
    let me = server.anybody().token(&partner).get("/v1/me").success();
    assert_eq!((&me["role"], &me["groups"]), (&json!("partner"), &json!(["water"])), "{me}");
    let may = me["scopes"].as_array().expect("it is a list");
    assert!(may.contains(&json!("routes")) && !may.contains(&json!("tokens")), "{me}");
    assert!(me["expiresAt"].is_null() && !me.to_string().contains(&partner), "{me}");
    let admin = server.admin().get("/v1/me").success();
    assert!(admin["groups"].is_null() && admin["role"] == "admin", "{admin}");

    let wanted = json!({
        "name": "a reader", "role": "partner", "group": "water", "scopes": ["records:read"],
        "expiresAt": "2999-01-01T00:00:00Z",
    });
    let made = server.admin().post("/v1/tokens", &wanted).success();
    let secret = made["token"].as_str().expect("a new token is shown");
    let me = server.anybody().token(secret).get("/v1/me").success();
    assert_eq!(me["scopes"], json!(["records:read"]), "{me}");
    assert_eq!((&me["token"], &me["expiresAt"]), (&made["id"], &wanted["expiresAt"]), "{me}");
    let shown = server.cli(secret).run(&["tokens", "me"]).success();
    assert!(shown.contains("a reader") && shown.contains("records:read"), "{shown}");
    server.anybody().get("/v1/me").problem(401, "token-missing");
}

#[test]
fn a_device_whose_decoder_nobody_has_published_is_registered_with_a_warning() {
    let server = Server::start();
    let sensor = champollion_tests::Sensor::new(1);
    let admin = server.admin();
    let registration = sensor.registration("water", Some("acme/meter@^1"));
    let made = admin.put(&sensor.path(), &registration).success();
    let warning = made["warnings"][0].as_str().expect("it is warned of");
    assert!(warning.contains("acme/meter"), "{warning}");
    let path = format!("{}/decoder", sensor.path());
    let assigned = admin.put(&path, &json!({ "decoder": "acme/lamp@^2" })).success();
    assert!(assigned["warnings"][0].as_str().is_some_and(|text| text.contains("acme/lamp")));
    let without = admin.put(&path, &json!({})).success();
    assert!(without["warnings"].is_null(), "{without}");
    server.publish_own(champollion_tests::ELSYS);
    let known = admin.put(&path, &json!({ "decoder": "elsys/ers-co2@^1" })).success();
    assert!(known["warnings"].is_null(), "{known}");
    let beyond = admin.put(&path, &json!({ "decoder": "elsys/ers-co2@^9" })).success();
    assert!(beyond["warnings"][0].as_str().is_some_and(|text| text.contains("1.0.0")), "{beyond}");
}

#[test]
fn a_device_tells_when_it_was_last_heard_also_after_a_restart() {
    let mut server = Server::start();
    let sensor = champollion_tests::Sensor::new(1);
    server.register(&sensor, "water", None);
    let partner = server.new_token("partner", Some("water"));
    let shown = server.admin().get(&sensor.path()).success();
    assert!(shown["lastHeardAt"].is_null(), "{shown}");
    for (f_cnt, at) in [(1, "2026-11-25T08:00:00Z"), (2, "2026-11-25T09:00:00Z")] {
        let mut frame = sensor.frame(f_cnt, 1, &[1]);
        frame["receivedAt"] = json!(at);
        server.lns().ingest(&frame).success();
    }
    server.stop();
    server.restart();
    let list = server.anybody().token(&partner).get("/v1/devices").success();
    assert_eq!(list["devices"][0]["lastHeardAt"], "2026-11-25T09:00:00Z", "{list}");
    let table = server.cli(&partner).run(&["devices", "list"]).success();
    assert!(table.contains("2026-11-25T09:00:00Z"), "{table}");
    server.admin().delete(&sensor.path());
    server.register(&sensor, "water", None);
    let shown = server.admin().get(&sensor.path()).success();
    assert!(shown["lastHeardAt"].is_null(), "it is another registration: {shown}");
}
