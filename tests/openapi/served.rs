//! The document as the server gives it, operation by operation.

use champollion_tests::Server;
use serde_json::{Value as Json, json};
use ureq::http::Method;

/// An operation of the document.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// The path as it is described, `/v1/devices/{dev_eui}`.
    pub(crate) template: String,
    pub(crate) json: Json,
}

impl Operation {
    /// The path with parts of the right form, of things that do not exist.
    pub(crate) fn path(&self) -> String {
        let mut path = self.template.clone();
        for (name, value) in [
            ("vendor", "nobody"),
            ("model", "nothing"),
            ("version", "1.0.0"),
            ("dev_eui", "02C4A3FFFE10FFFF"),
            ("key", "ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
            ("partner", "nobody"),
            ("grant", "00000000-0000-0000-0000-000000000000"),
            ("group", "water"),
            ("name", "nothing"),
            ("point", "nothing"),
            ("number", "1"),
            ("file", "record.json"),
            ("date", "2026-01-01"),
        ] {
            path = path.replace(&format!("{{{name}}}"), value);
        }
        path = path.replace("{id}", "00000000-0000-0000-0000-000000000000");
        assert!(!path.contains('{'), "{path}: give the part of the path a value here");
        path
    }

    /// A query with which no answer goes on for ever.
    pub(crate) fn query(&self) -> &'static str {
        if self.template == "/v1/records/stream" { "?route=nothing" } else { "" }
    }

    /// The roles that may; nothing where no token is needed.
    pub(crate) fn roles(&self) -> Option<Vec<&str>> {
        let roles = self.json["x-roles"].as_array()?;
        Some(roles.iter().filter_map(Json::as_str).collect())
    }

    /// The scope that a token needs; nothing where no token is needed.
    pub(crate) fn scope(&self) -> Option<&str> {
        let [token, password] = ["token", "password"].map(|scheme| {
            let ways = self.json["security"].as_array().into_iter().flatten();
            ways.filter_map(|way| way[scheme][0].as_str()).next()
        });
        assert_eq!(token, password, "{}", self.name());
        token
    }

    /// Whether query and body are in the words of a network server.
    pub(crate) fn is_foreign(&self) -> bool {
        self.json["x-foreign-format"] == json!(true)
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }
}

/// The document of a server.
pub(crate) fn document(server: &Server) -> Json {
    let answer = server.anybody().get("/openapi.json");
    assert_eq!(answer.header("content-type"), "application/json");
    answer.success()
}

/// All operations of a document.
pub(crate) fn operations(document: &Json) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let of_path = |(path, item): (&String, &Json)| {
        let members = item.as_object().expect("a path has operations").clone();
        let template = path.clone();
        members.into_iter().map(move |(method, json)| {
            let method = method.to_uppercase().parse().expect("it is a method");
            Operation { method, template: template.clone(), json }
        })
    };
    let all: Vec<Operation> = paths.iter().flat_map(of_path).collect();
    assert!(all.len() > 60, "{} operations", all.len());
    all
}
