//! The answers of operations that are problems. An attribute lists the codes that are an operation's own, in
//! the description of their status; the codes that follow from its kind are added here, and each gets its
//! meaning.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::{
    super::{
        duties::ROLES,
        problem::{ProblemCode, problem_codes},
    },
    FOREIGN, parameters,
};

/// The media type of problems.
const MEDIA_TYPE: &str = "application/problem+json";

/// The first status code of a problem.
const FIRST: u16 = 400;

/// Problems of each operation.
const EVERYWHERE: [(u16, &str); 3] =
    [(429, "too-many-requests"), (429, "too-many-at-once"), (500, "internal")];

/// Problems of operations for which a token is needed.
const WITH_TOKEN: [(u16, &str); 10] = [
    (401, "token-missing"),
    (401, "token-malformed"),
    (401, "token-unknown"),
    (401, "token-expired"),
    (401, "session-ended"),
    (401, "person-suspended"),
    (403, "forbidden"),
    (403, "other-origin"),
    (403, "second-factor-needed"),
    (429, "too-many-wrong-tokens"),
];

/// Problems of operations that may take room on the disk, or in the audit.
const OF_CHANGES: [(u16, &str); 2] = [(507, "storage-full"), (507, "audit-full")];

/// Problems of operations with a body.
const WITH_BODY: [(u16, &str); 3] =
    [(400, "broken-body"), (408, "body-too-slow"), (413, "body-too-large")];

/// The types of bodies that are JSON.
const JSON_TYPES: [&str; 2] = ["application/json", "application/merge-patch+json"];

/// Problems of operations with a body of JSON.
const WITH_JSON: [(u16, &str); 2] = [(400, "malformed-json"), (400, "invalid-body")];

/// Words that stand in attributes for the codes of a kind of error.
const KINDS: [(&str, &str); 3] = [
    // A decoder is looked for.
    ("DECODER", "unknown-decoder, no-version, no-stable-version"),
    // A decoder is called.
    (
        "CALL",
        "decoder-failure, no-application-payload, out-of-fuel, out-of-memory, table-too-large, \
         stack-exhausted, trapped, exception, invalid-output",
    ),
    // The gate looks at a package.
    (
        "GATE",
        "not-a-package, other-name, compiler-failed, unusable-component, vector-differs, \
         undeclared-field, other-type, undeclared-quantity, misbehaves, incompatible, refused",
    ),
];

/// Adds to the answers of an operation all problems that it can give.
pub(super) fn complete(method: &str, operation: &mut Json) {
    let mut codes: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for (status, answer) in super::object(&mut operation["responses"]) {
        let Some(status) = status.parse().ok().filter(|status| *status >= FIRST) else { continue };
        let listed = answer["description"].as_str().unwrap_or_default();
        let listed = KINDS
            .iter()
            .fold(listed.to_owned(), |listed, (kind, codes)| listed.replace(kind, codes));
        codes.entry(status).or_default().extend(listed.split(", ").map(str::to_owned));
    }
    for (status, code) in implied(method, operation) {
        let listed = codes.entry(status).or_default();
        if !listed.iter().any(|own| own == code) {
            listed.push(code.to_owned());
        }
    }
    for (status, codes) in codes {
        operation["responses"][status.to_string()] = answer(status, &codes);
    }
    name_rights(operation);
}

/// The problems that follow from the kind of an operation.
fn implied(method: &str, operation: &Json) -> Vec<(u16, &'static str)> {
    let mut all = EVERYWHERE.to_vec();
    if operation.get("security").is_some() {
        all.extend(WITH_TOKEN);
        if method != "get" {
            all.extend(OF_CHANGES);
        }
    }
    if operation.get(FOREIGN).is_none() {
        all.push((400, "invalid-query"));
    }
    if parameters::has_path(operation) {
        all.push((400, "invalid-path"));
        // A part that is empty makes another path.
        all.push((404, "no-such-path"));
    }
    if let Some(content) = operation["requestBody"]["content"].as_object() {
        all.extend(WITH_BODY);
        if JSON_TYPES.iter().any(|json| content.contains_key(*json)) {
            all.extend(WITH_JSON);
        }
    }
    all
}

/// An answer that is one of some problems.
fn answer(status: u16, codes: &[String]) -> Json {
    let meanings = codes.iter().map(|word| {
        let meaning = ProblemCode::named(word).map_or("", |code| code.meaning);
        format!("- `{word}`: {meaning}")
    });
    let mut headers = Map::new();
    let mut header = |name: &str, description: &str, kind: &str| {
        let header = json!({ "description": description, "schema": { "type": kind } });
        headers.insert(name.to_owned(), header);
    };
    match status {
        401 => header("WWW-Authenticate", "The scheme, `Bearer`.", "string"),
        429 | 503 | 507 => header("Retry-After", "Seconds after which to come back.", "integer"),
        _ => {}
    }
    let mut answer = json!({
        "description": meanings.collect::<Vec<_>>().join("\n"),
        "content": { MEDIA_TYPE: { "schema": { "allOf": [
            { "$ref": "#/components/schemas/Problem" },
            { "type": "object", "properties": { "code": { "enum": codes } } },
        ] } } },
    });
    if !headers.is_empty() {
        answer["headers"] = headers.into();
    }
    answer
}

/// Says in words which roles may, and with which scope; of an operation that needs no token that it does not.
fn name_rights(operation: &mut Json) {
    let words = |list: Option<&Json>| -> Vec<String> {
        let list = list.and_then(Json::as_array).into_iter().flatten();
        list.filter_map(Json::as_str).map(code_word).collect()
    };
    let roles = words(operation.get(ROLES));
    if roles.is_empty() {
        operation["security"] = json!([]);
        return;
    }
    let scope = match words(operation.pointer("/security/0/token")).join(", ") {
        scope if scope.is_empty() => "whatever their scopes".to_owned(),
        scope => format!("with the scope {scope}"),
    };
    let sentence = format!("For tokens of the roles {} {scope}.", roles.join(", "));
    let description = match operation["description"].as_str() {
        Some(said) if !said.is_empty() => format!("{said}\n\n{sentence}"),
        _ => sentence,
    };
    operation["description"] = description.into();
}

fn code_word(word: &str) -> String {
    format!("`{word}`")
}

/// The schema of a problem.
pub(super) fn problem_schema() -> Json {
    json!({
        "type": "object",
        "description": "A problem as RFC 9457 describes it. Some have more members, such as `path`, the place \
                        in the body.",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": { "type": "string", "description": "`urn:champollion:problem:` and the code." },
            "title": { "type": "string", "description": "The words of the status code." },
            "status": { "type": "integer", "description": "The HTTP status code." },
            "code": { "$ref": "#/components/schemas/ProblemCode" },
            "detail": { "type": "string", "description": "The fault, its place and the remedy, for people." },
            "requestId": {
                "type": "string",
                "description": "The id of the request, which the header X-Request-Id and the log have too.",
            },
            "path": { "type": "string", "description": "The member or parameter at fault." },
            "line": { "type": "integer", "description": "The line of the body, from 1." },
            "column": { "type": "integer", "description": "The column in the line, from 1." },
        },
    })
}

/// The schema of the codes: each with its meaning and its status codes.
pub(super) fn code_schema() -> Json {
    let codes = problem_codes().map(|code| {
        let ProblemCode { word, statuses, meaning } = code;
        json!({ "const": word, "description": meaning, "x-statuses": statuses })
    });
    json!({
        "type": "string",
        "description": "A word for programs, which does not change between releases.",
        "oneOf": codes.collect::<Vec<_>>(),
    })
}
