//! Each operation is served as it is described: to whom, with which parameters, with which members.

use champollion_tests::{Client, Server};
use serde_json::{Value as Json, json};
use ureq::http::Method;

use crate::served::{Operation, document, operations};

/// Starts the detail of the problem that the role of a token may not.
const NOT_THE_ROLE: &str = "this is for ";

fn send(client: &Client, operation: &Operation, query: &str, body: &str) -> (u16, Json) {
    let path = format!("{}{query}", operation.path());
    let answer = client.send(&operation.method, &path, body.as_bytes());
    (answer.status, answer.body)
}

#[track_caller]
fn finish(faults: &[String]) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_operation_is_served_and_nothing_else_is() {
    let server = Server::start();
    let document = document(&server);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["info"]["version"].as_str().is_some_and(|version| !version.is_empty()));
    assert_eq!(document["info"]["license"]["identifier"], "MIT OR Apache-2.0");
    assert!(document["info"]["contact"].is_null());
    let anybody = server.anybody();
    let mut faults = Vec::new();
    let operations = operations(&document);
    for operation in &operations {
        let name = operation.name();
        let (status, body) = send(&anybody, operation, operation.query(), "{}");
        let code = body["code"].as_str().unwrap_or_default();
        match operation.roles() {
            _ if status == 405 || code == "no-such-path" => {
                faults.push(format!("{name} is described and not served: {status} {code}"));
            }
            Some(_) if (status, code) != (401, "token-missing") => {
                faults.push(format!("{name} needs a token and answers {status} {code}"));
            }
            None if status == 401 => {
                faults.push(format!("{name} needs a token and does not say so"))
            }
            _ => {}
        }
        for part in ["summary", "operationId"] {
            if operation.json[part].as_str().is_none_or(str::is_empty) {
                faults.push(format!("{name} has no {part}"));
            }
        }
        let described = |parameter: &Json| {
            parameter["description"].as_str().is_some_and(|text| !text.is_empty())
        };
        let parameters = operation.json["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| !described(parameter)) {
            faults.push(format!("{name}: {} has no description", parameter["name"]));
        }
        // A method that the router takes and the document lacks.
        for method in [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH] {
            let same =
                |other: &&Operation| other.template == operation.template && other.method == method;
            if !operations.iter().any(|other| same(&other)) {
                let (other, _) = (anybody.send(&method, &operation.path(), b"{}"), ());
                if other.status != 405 {
                    faults.push(format!(
                        "{method} {} is served and not described",
                        operation.template
                    ));
                }
            }
        }
    }
    finish(&faults);
}

#[test]
fn every_operation_is_for_the_roles_that_it_names() {
    let server = Server::start();
    let tokens = ["admin", "lns", "partner", "publisher"].map(|role| {
        let group = (role == "partner").then_some("water");
        (role, server.anybody().token(&server.new_token(role, group)))
    });
    let mut faults = Vec::new();
    for operation in operations(&document(&server)) {
        let Some(roles) = operation.roles() else { continue };
        for (role, client) in &tokens {
            let (status, body) = send(client, &operation, operation.query(), "{}");
            let refused = status == 403
                && body["detail"].as_str().is_some_and(|detail| detail.starts_with(NOT_THE_ROLE));
            if refused == roles.contains(role) {
                faults.push(format!(
                    "{} is for {roles:?}; {role} gets {status} {body}",
                    operation.name()
                ));
            }
        }
    }
    finish(&faults);
}

#[test]
fn every_operation_needs_the_scope_that_it_names() {
    let server = Server::start();
    let narrowed = |scope: &str| {
        let wanted = json!({ "name": scope, "role": "admin", "scopes": [scope] });
        let made = server.admin().post("/v1/tokens", &wanted).success();
        server.anybody().token(made["token"].as_str().expect("a new token is shown"))
    };
    let operations = operations(&document(&server));
    let mut scopes: Vec<&str> = operations.iter().filter_map(Operation::scope).collect();
    scopes.sort_unstable();
    scopes.dedup();
    assert!(scopes.len() > 10, "{scopes:?}");
    let clients: Vec<(&str, Client)> =
        scopes.iter().map(|scope| (*scope, narrowed(scope))).collect();
    let mut faults = Vec::new();
    for operation in &operations {
        // Every sender may ask who it is, and look after its own password and session.
        let own = ["/v1/me", "/v1/session"];
        let is_own = own.iter().any(|path| operation.template.starts_with(path));
        let needs_none = operation.roles().is_none() || is_own;
        assert_eq!(operation.scope().is_none(), needs_none, "{}", operation.name());
        let Some(needed) = operation.scope() else { continue };
        // Its own, and one other.
        let own = clients.iter().position(|(scope, _)| *scope == needed).expect("it is listed");
        for (scope, client) in [&clients[own], &clients[(own + 1) % clients.len()]] {
            let (status, body) = send(client, operation, operation.query(), "{}");
            let refused = status == 403
                && body["detail"].as_str().is_some_and(|detail| {
                    detail.starts_with(&format!("this needs the scope {needed},"))
                });
            if refused == (*scope == needed) {
                faults.push(format!(
                    "{} needs {needed}; a token of {scope} gets {status} {body}",
                    operation.name()
                ));
            }
        }
    }
    finish(&faults);
}

#[test]
fn every_operation_of_ours_refuses_a_parameter_that_it_does_not_know() {
    let server = Server::start();
    let admin = server.admin();
    let mut faults = Vec::new();
    for operation in operations(&document(&server)) {
        let (status, body) = send(&admin, &operation, "?nonsense=1", "{}");
        let refused = (status, &body["code"]) == (400, &json!("invalid-query"))
            && body["path"] == "nonsense"
            && body["detail"].as_str().is_some_and(|detail| detail.contains("nonsense"));
        if refused == operation.is_foreign() {
            faults.push(format!("{}: {status} {body}", operation.name()));
        }
    }
    finish(&faults);
}

#[test]
fn every_body_of_ours_refuses_a_member_that_it_does_not_know() {
    let server = Server::start();
    let admin = server.admin();
    let mut faults = Vec::new();
    let mut tried = 0;
    for operation in operations(&document(&server)) {
        let is_json = operation.json["requestBody"]["content"].get("application/json").is_some();
        if !is_json || operation.is_foreign() {
            continue;
        }
        tried += 1;
        let (status, body) = send(&admin, &operation, "", r#"{"nonsense": 1}"#);
        let refused =
            (status, &body["code"]) == (400, &json!("invalid-body")) && body["path"] == "nonsense";
        if !refused {
            faults.push(format!("{}: {status} {body}", operation.name()));
        }
    }
    assert!(tried > 15, "{tried} bodies");
    finish(&faults);
}

#[test]
fn a_slip_in_a_member_is_refused_with_the_name_that_was_meant() {
    let server = Server::start();
    let (admin, lns) = (server.admin(), server.lns());
    let phy = |more: &str| format!(r#"{{"phyPayload": "40", {more}}}"#);
    for (client, path, body, member, near) in [
        (
            &lns,
            "/v1/ingest/phy",
            phy(r#""spreadingfactor": 9"#),
            "spreadingfactor",
            "spreadingFactor",
        ),
        (
            &lns,
            "/v1/ingest/phy",
            phy(r#""gateways": [{"gatewayId": "a", "rssi": -90}]"#),
            "gateways[0].rssi",
            "rssiDbm",
        ),
        (&admin, "/v1/decode", r#"{"decoders": "a/b"}"#.to_owned(), "decoders", "decoder"),
        (&admin, "/v1/tokens", r#"{"name": "a", "rol": "lns"}"#.to_owned(), "rol", "role"),
    ] {
        let answer = client.send(&Method::POST, path, body.as_bytes());
        let detail = answer.problem(400, "invalid-body");
        assert!(detail.contains(&format!("did you mean {near}?")), "{detail}");
        assert_eq!(answer.body["path"], member, "{}", answer.body);
    }
    let lines = format!("{}\n{}\n", phy(r#""spreadingfactor": 9"#), r#"{"phyPayload": "00"}"#);
    let headers = [("Content-Type", "application/x-ndjson")];
    let answer = lns.post_with("/v1/ingest/phy", &headers, lines.as_bytes());
    let first: Json = serde_json::from_str(answer.text.lines().next().unwrap_or_default())
        .expect("each line is JSON");
    assert_eq!(first["problem"]["code"], "invalid-body", "{first}");
    let refused = admin.get("/v1/catalogue?quantities=air.temperature");
    assert!(refused.problem(400, "invalid-query").contains("quantities"));
}
