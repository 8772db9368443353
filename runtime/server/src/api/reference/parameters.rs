//! The parameters of operations: those of the path, which no attribute repeats, and the names of those of the
//! query.

use serde_json::{Value as Json, json};

/// The parts of a decoder's name.
const PART: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

/// A name that a partner or an operator gives.
const NAME: &str = "^[a-z0-9][a-z0-9-]{0,63}$";

/// Adds the parameters that stand in the path.
pub(super) fn complete(path: &str, operation: &mut Json) {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let mut all: Vec<Json> = names
        .map(|name| {
            let (description, schema) = of_path(path, name);
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": description,
                "schema": schema,
            })
        })
        .collect();
    let declared = operation["parameters"].take();
    all.extend(declared.as_array().into_iter().flatten().cloned());
    if let Some(members) = operation.as_object_mut() {
        members.remove("parameters");
        if !all.is_empty() {
            members.insert("parameters".to_owned(), all.into());
        }
    }
}

/// The description and the schema of a part of a path.
fn of_path(path: &str, name: &str) -> (&'static str, Json) {
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    let uuid = || json!({ "type": "string", "format": "uuid" });
    match name {
        "vendor" => ("The vendor, the first part of the decoder's name.", text(PART)),
        "model" => ("The model, the second part of the decoder's name.", text(PART)),
        "version" => {
            ("A semantic version.", text(r"^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$"))
        }
        "dev_eui" => {
            ("The DevEUI, 16 hexadecimal digits.", text("^[0-9A-Fa-f]{2}([:-]?[0-9A-Fa-f]{2}){7}$"))
        }
        "key" => ("The public key.", text("^ed25519:[A-Za-z0-9_-]{43}$")),
        "group" => ("The name of the group.", text(NAME)),
        "name" if path.starts_with("/v1/alerts/rules/") => ("The name of the rule.", text(NAME)),
        "name" => ("The name of the route.", text(NAME)),
        "point" => ("The name of the point within its group.", text("^[^/]{1,64}$")),
        "file" => ("The name of the file, such as `record.json`.", text("^[a-z]+\\.json$")),
        "id" if path.starts_with("/v1/downlinks/") => ("The id of the command.", uuid()),
        "id" if path.starts_with("/v1/parked/") => ("The id of the message.", uuid()),
        "id" if path.starts_with("/v1/tokens/") => {
            ("The id of the token.", text("^[0-9A-Za-z_-]+$"))
        }
        "id" if path.starts_with("/v1/me/tokens/") => {
            ("The id of the token.", text("^[0-9A-Za-z_-]+$"))
        }
        "id" if path.starts_with("/v1/me/sessions/") => {
            ("The id of the session.", text("^[0-9a-f]+$"))
        }
        "id" if path.starts_with("/v1/approvals/") || path.starts_with("/v1/decoder-requests/") => {
            ("The id of the request.", uuid())
        }
        "id" if path.starts_with("/v1/alerts/") => ("The id of the alert.", uuid()),
        "id" if path.starts_with("/v1/notices/") => ("The id of the notice.", uuid()),
        "id" if path.starts_with("/v1/schedules/") => ("The id of the schedule.", uuid()),
        "id" if path.starts_with("/v1/gateways/") => {
            ("The gateway, as its network server names it.", text("^[^/]+$"))
        }
        "date" => ("The day of the statement.", json!({ "type": "string", "format": "date" })),
        "id" if path.starts_with("/v1/people/") => ("The id of the person.", uuid()),
        "grant" => ("The id of the grant.", uuid()),
        "partner" => ("The short name of the partner.", text(NAME)),
        "number" => (
            "The number of the check, from 1.",
            json!({ "type": "integer", "minimum": 1, "maximum": 1000 }),
        ),
        _ => ("", text("^[^/]+$")),
    }
}

/// The names of the parameters of the query.
pub(super) fn of_query(operation: &Json) -> Vec<String> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    let of_query = all.filter(|parameter| parameter["in"] == "query");
    of_query.filter_map(|parameter| parameter["name"].as_str().map(str::to_owned)).collect()
}

/// Whether the path has parts that are filled in.
pub(super) fn has_path(operation: &Json) -> bool {
    let mut all = operation["parameters"].as_array().into_iter().flatten();
    all.any(|parameter| parameter["in"] == "path")
}
