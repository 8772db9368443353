//! The registry through the real binary: docs/registry.md, command by command, and who may do what.

use std::fs;

use champollion_tests::{AXIOMA, Server, Setup, Sources, follow, steps, thermometer, workspace};
use serde_json::json;
use tempfile::TempDir;
use ureq::http::Method;

/// A server that asks of packages all that it does by default.
fn strict() -> Server {
    Setup::default()
        .variable("CHAMPOLLION_PUBLICATION__UNSIGNED", "false")
        .variable("CHAMPOLLION_PUBLICATION__RANDOM_PAYLOADS", "10000")
        .start()
}

#[test]
fn the_document_tells_what_happens() {
    let document = fs::read_to_string(workspace().join("docs/registry.md")).expect("it is there");
    let steps = steps(&document);
    assert!(steps.len() > 20, "{} commands", steps.len());
    let server = strict();
    let folder = TempDir::new().expect("there is room");
    std::os::unix::fs::symlink(workspace().join("tests"), folder.path().join("tests"))
        .expect("there is room");
    follow(&document, folder.path(), server.address(), server.admin_token());
}

#[test]
fn a_refusal_names_everything_and_a_trial_publishes_nothing() {
    let server = strict();
    let own = server.admin();
    let key = json!({
        "key": champollion_registry::keys::SecretKey::generate().expect("randomness").public(),
        "name": "Somebody",
        "namespaces": ["other"],
    });
    own.post("/v1/registry/keys", &key).success();
    let package = thermometer("1.0.0");
    let path = "/v1/registry/acme/thermometer/1.0.0";
    own.send(&Method::PUT, path, package.file()).problem(403, "unsigned");

    let server = Server::start();
    server.publish_candidate(&package);
    let next = thermometer("1.0.1");
    let path = "/v1/registry/acme/thermometer/1.0.2?dryRun=true";
    let refused = server.admin().send(&Method::PUT, path, next.file());
    refused.problem(422, "other-name");
    let codes: Vec<&str> = refused.body["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|finding| finding["code"].as_str())
        .collect();
    assert_eq!(codes, ["other-name", "incompatible"]);

    let next = thermometer("1.1.0");
    let path = "/v1/registry/acme/thermometer/1.1.0";
    let tried = server.admin().send(&Method::PUT, &format!("{path}?dryRun=true"), next.file());
    assert_eq!(tried.status, 200, "{}", tried.text);
    let tried = tried.success();
    assert_eq!((&tried["dryRun"], &tried["report"]["previous"]), (&json!(true), &json!("1.0.0")));
    server.admin().get("/v1/catalogue/acme/thermometer/1.1.0").problem(404, "no-version");
}

#[test]
fn a_key_that_is_added_again_gains_vendors() {
    let server = Server::start();
    let cli = server.admin_cli();
    let key = champollion_registry::keys::SecretKey::generate().expect("randomness").public();
    let key = key.to_string();
    let add = |more: &[&str]| {
        let arguments = [&["registry", "keys", "add", &key, "--name", "Acme"][..], more].concat();
        cli.run(&arguments).success()
    };
    assert_eq!(add(&["--namespace", "acme"]), format!("{key} may sign acme\n"));
    assert_eq!(add(&["--namespace", "other"]), format!("{key} may sign acme, other\n"));
    let listed = || server.admin().get("/v1/registry/keys").success()["keys"].clone();
    assert_eq!(listed()[0]["namespaces"], json!(["acme", "other"]));
    let again = json!({ "key": key, "name": "Acme", "namespaces": ["third", "acme"] });
    let known = server.admin().post("/v1/registry/keys", &again).success();
    assert_eq!(known["namespaces"], json!(["acme", "other", "third"]));
    let only = add(&["--namespace", "third", "--only"]);
    assert_eq!(only, format!("{key} may sign third\n"));
    assert_eq!(listed()[0]["namespaces"], json!(["third"]));
}

#[test]
fn publishers_publish_and_admins_promote() {
    let server = Server::start();
    let publisher = server.anybody().token(&server.new_token("publisher", None));
    let sources = Sources::of(AXIOMA);
    let stable = format!("{}?channel=stable", sources.path());
    let file = sources.package();
    publisher.send(&Method::PUT, &stable, file.file()).problem(403, "forbidden");
    publisher.send(&Method::PUT, &sources.path(), file.file()).success();
    for word in ["promote", "rollback", "yank", "unyank", "deprecate"] {
        let path = format!("/v1/registry/axioma/qalcosonic-w1/{word}");
        publisher.post(&path, &json!({ "version": "1.0.0" })).problem(403, "forbidden");
    }
    publisher.get("/v1/audit").problem(403, "forbidden");
    let admin = server.admin();
    let at = |word: &str| format!("/v1/registry/axioma/qalcosonic-w1/{word}");
    for (word, body, status, code) in [
        ("promote", json!({ "version": "9.0.0" }), 404, "no-version"),
        ("promote", json!({ "version": "1.0.0" }), 409, "already-so"),
        ("promote", json!({}), 409, "no-candidate"),
        ("promote", json!({ "reason": "why" }), 400, "invalid-body"),
        ("promote", json!({ "to": "1.0.0" }), 400, "invalid-body"),
        ("rollback", json!({ "version": "1.0.0" }), 400, "invalid-body"),
        ("rollback", json!({}), 409, "nothing-before"),
        ("yank", json!({}), 400, "version-missing"),
        ("yank", json!({ "version": "one" }), 400, "invalid-body"),
        ("yank", json!({ "version": "1.0.0", "reason": "x".repeat(2_000) }), 400, "invalid-body"),
        ("unyank", json!({ "version": "1.0.0" }), 409, "not-yanked"),
        ("deprecate", json!({ "successor": "Acme" }), 400, "invalid-body"),
    ] {
        admin.post(&at(word), &body).problem(status, code);
    }
    let unknown = admin.post("/v1/registry/acme/none/promote", &json!({}));
    unknown.problem(404, "unknown-decoder");
}
