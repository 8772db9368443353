//! Tokens of people and of machines, and what is told of their use.

use champollion_tests::Server;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::{add_person, ids, text};

#[test]
fn uses_are_told_of_tokens_and_grants_and_kept_over_a_stop() {
    let mut server = Server::start();
    let (id, client) = add_person(&server, "ada@city.example", &[("reader", "group:water")]);
    let path = format!("/v1/people/{id}");
    let before = server.admin().get(&path).success();
    assert!(before["grants"][0]["lastUsedAt"].is_null(), "{before}");
    client.get("/v1/records").success();
    let after = server.admin().get(&path).success();
    let used = text(&after["grants"][0], "lastUsedAt");
    let tokens = server.admin().get("/v1/tokens").success();
    let of_person = |tokens: &Json| {
        let all = tokens["tokens"].as_array().expect("it is a list").clone();
        all.into_iter().find(|token| token["person"] == json!(id)).expect("it is listed")
    };
    assert!(of_person(&tokens)["lastUsedAt"].is_string(), "{tokens}");
    server.stop();
    server.restart();
    let kept = server.admin().get(&path).success();
    assert_eq!(kept["grants"][0]["lastUsedAt"], json!(used), "{kept}");
    let confirm = format!("{path}/grants/{}/confirm", text(&kept["grants"][0], "id"));
    let confirmed = server.admin().post(&confirm, &json!({})).success();
    assert!(confirmed["confirmedAt"].is_string(), "{confirmed}");
}

#[test]
fn a_person_makes_tokens_that_do_what_the_grants_say() {
    let server = Server::start();
    let (id, reader) = add_person(&server, "ada@city.example", &[("reader", "group:water")]);
    add_person(&server, "bob@city.example", &[("owner", "group:water")]);
    reader.get("/v1/tokens").problem(403, "forbidden");
    let made = reader.post("/v1/me/tokens", &json!({ "name": "notebook" })).success();
    assert_eq!((&made["role"], &made["person"]), (&json!("person"), &json!(id)), "{made}");
    let notebook = server.anybody().token(&text(&made, "token"));
    notebook.get("/v1/records").success();
    let narrow = json!({ "name": "narrow", "scopes": ["records:read"] });
    let narrow = notebook.post("/v1/me/tokens", &narrow).success();
    let narrowed = server.anybody().token(&text(&narrow, "token"));
    narrowed.get("/v1/records").success();
    narrowed.get("/v1/routes").problem(403, "forbidden");
    // It makes no wider one than it is itself.
    narrowed.post("/v1/me/tokens", &json!({ "name": "wide" })).problem(403, "forbidden");
    let listed = ids(&narrowed.get("/v1/me/tokens").success(), "tokens");
    assert_eq!(listed.len(), 3, "{listed:?}");
    let others = ids(&server.admin().get("/v1/tokens").success(), "tokens");
    let other = others.iter().find(|id| !listed.contains(id)).expect("there are others");
    reader.delete(&format!("/v1/me/tokens/{other}")).problem(404, "unknown-token");
    let own = text(&narrow, "id");
    assert_eq!(reader.delete(&format!("/v1/me/tokens/{own}")).status, 204);
    narrowed.get("/v1/records").problem(401, "token-unknown");
    server.admin().get("/v1/me/tokens").problem(403, "forbidden");

    let cli = server.cli(&text(&made, "token"));
    let shown = cli.run(&["tokens", "create-own", "--name", "again"]).success();
    assert!(shown.starts_with("chmp_person_"), "{shown}");
    assert!(cli.run(&["tokens", "list", "--own"]).success().contains("again"));
    let revoked = cli.run(&["tokens", "revoke", "--own", &text(&made, "id")]).success();
    assert!(revoked.contains("revoked"), "{revoked}");
}

#[test]
fn a_narrowed_or_expiring_token_does_not_take_its_account_over() {
    let server = Server::start();
    let (person, full) = add_person(&server, "ada@city.example", &[("owner", "group:water")]);
    let full_id = text(&full.get("/v1/me").success(), "token");
    let narrow = json!({ "name": "narrow", "scopes": ["records:read"] });
    let narrow = full.post("/v1/me/tokens", &narrow).success();
    let narrowed = server.anybody().token(&text(&narrow, "token"));
    let again = json!({ "name": "again", "scopes": ["records:read"] });
    narrowed.post("/v1/me/tokens", &again).problem(403, "forbidden");
    narrowed.delete(&format!("/v1/me/tokens/{full_id}")).problem(403, "forbidden");
    narrowed.post("/v1/me/second-factor", &json!({})).problem(409, "no-session");
    full.get("/v1/devices").success();

    let hour = |hours: i64| (Timestamp::now() + SignedDuration::from_hours(hours)).to_string();
    let end = hour(1);
    let ending = json!({
        "name": "ending", "role": "person", "person": person, "expiresAt": end,
    });
    let ending = server.admin().post("/v1/tokens", &ending).success();
    let expiring = server.anybody().token(&text(&ending, "token"));
    let later = json!({ "name": "later", "expiresAt": hour(2) });
    let refused = expiring.post("/v1/me/tokens", &later);
    let said = refused.problem(403, "forbidden");
    assert!(said.contains("no later"), "{said}");
    let child = expiring.post("/v1/me/tokens", &json!({ "name": "child" })).success();
    assert_eq!(child["expiresAt"], ending["expiresAt"], "{child}");

    // The same of machines: a token to make tokens makes none that outlives it.
    let keeper = json!({
        "name": "keeper", "role": "admin", "scopes": ["tokens"], "expiresAt": end,
    });
    let keeper = server.admin().post("/v1/tokens", &keeper).success();
    let keeper = server.anybody().token(&text(&keeper, "token"));
    let made = json!({ "name": "made", "role": "admin", "scopes": ["tokens"] });
    let made = keeper.post("/v1/tokens", &made).success();
    assert_eq!(made["expiresAt"], ending["expiresAt"], "{made}");
}

#[test]
fn tokens_of_machines_are_told_of_with_their_maker() {
    let server = Server::start();
    let (id, ada) = add_person(&server, "ada@city.example", &[("owner", "group:water")]);
    add_person(&server, "bob@city.example", &[("owner", "group:water")]);
    let wanted = json!({ "name": "gateway", "role": "owner", "scope": "group:water" });
    let made = ada.post("/v1/tokens", &wanted).success();
    assert_eq!(made["createdBy"], json!({ "name": "Ada Lovelace", "person": id }), "{made}");
    let gateway = server.anybody().token(&text(&made, "token"));
    // What that token makes is of the same person.
    let wanted = json!({ "name": "pump", "role": "reader", "scope": "group:water" });
    let pump = gateway.post("/v1/tokens", &wanted).success();
    assert_eq!(pump["createdBy"], json!({ "name": "gateway", "person": id }), "{pump}");
    server.anybody().post("/v1/tokens", &wanted).problem(401, "token-missing");
    let path = format!("/v1/tokens/{}/confirm", text(&pump, "id"));
    assert!(server.admin().post(&path, &json!({})).success()["confirmedAt"].is_string());
    server.admin().post("/v1/tokens/none/confirm", &json!({})).problem(404, "unknown-token");

    let cli = server.admin_cli();
    let told = cli.run(&["people", "suspend", "ada@city.example"]).success();
    for token in [&made, &pump] {
        let line = format!("token {}, {}", text(token, "id"), text(token, "name"));
        assert!(told.contains(&line) && told.contains("goes on"), "{told}");
    }
    gateway.get("/v1/me").success();
    server.admin().post(&format!("/v1/people/{id}/resume"), &json!({})).success();
    let told = cli.run(&["people", "suspend", "ada@city.example", "--with-tokens"]).success();
    assert_eq!(told.matches(": ended").count(), 2, "{told}");
    gateway.get("/v1/me").problem(401, "token-unknown");
}
