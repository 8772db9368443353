//! The reference of the interface: the OpenAPI document of all endpoints, and JSON Schemas. Both are made of
//! the attributes of the handlers and of the types that the handlers take and give.

mod answers;
mod parameters;
mod schema_files;
mod tidy;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use axum::{
    Extension,
    body::Bytes,
    extract::{MatchedPath, Query, Request},
    http::{Method, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value as Json, json};
use utoipa::openapi::{InfoBuilder, License, OpenApi, OpenApiBuilder, OpenApiVersion};

use super::{Problem, extract::PathParts, secrets::without_odd_names};
use crate::nearest::nearest;

/// The member of an operation whose body and query are in the words of a network server, not in ours.
pub(super) const FOREIGN: &str = "x-foreign-format";

/// The tags of the operations, each with what it gathers.
const TAGS: [(&str, &str); 15] = [
    ("frames", "Frames of network servers are handed over."),
    ("records", "Records are pulled, followed, acknowledged and decoded again."),
    ("routes", "Routes push records to their recipients."),
    ("alerts", "Rules on devices and routes, and the alerts that they raise."),
    ("devices", "Devices are registered with their keys and decoders."),
    ("commands", "Commands go to devices."),
    ("catalogue", "The decoders with their devices, fields and units. Open to everybody."),
    ("decoding", "Payloads are tried."),
    ("registry", "Packages are published, promoted and withdrawn."),
    ("people", "Partners, people and their grants are looked after."),
    ("approvals", "Partners, and those who are to be, ask; the operator decides."),
    (
        "decoder-requests",
        "Partners ask for decoders and pay for them; what was paid once is there for all.",
    ),
    ("tokens", "Tokens are made and revoked."),
    ("quality", "The figures of connectivity, and the gateways."),
    ("operation", "The state of the server, its reference and its audit."),
];

const DESCRIPTION: &str = "Champollion deciphers the frames of LoRaWAN devices. Bodies are JSON. An error is \
`application/problem+json` with a `code` that never changes. Members and query parameters that are unknown are \
refused, but in messages of network servers. A member without a value is absent.";

/// The method and path template of an operation.
type Place = (Method, String);

/// The reference, as it is served.
pub(super) struct Reference {
    document: Bytes,
    schemas: BTreeMap<&'static str, Bytes>,
    /// The names of the query parameters of each operation of ours.
    parameters: HashMap<Place, Vec<String>>,
}

/// Returns the document before it has any operation.
pub(super) fn frontispiece() -> OpenApi {
    let mut licence = License::new("MIT OR Apache-2.0");
    licence.identifier = Some("MIT OR Apache-2.0".to_owned());
    let info = InfoBuilder::new()
        .title("Champollion")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(licence))
        .build();
    let mut document = OpenApiBuilder::new().info(info).build();
    document.openapi = OpenApiVersion::Version31;
    document
}

impl Reference {
    /// Completes a document by what all operations have in common.
    pub(super) fn new(document: &OpenApi) -> Self {
        // A document is texts and numbers alone, which are written without fail.
        let mut document = serde_json::to_value(document).unwrap_or_default();
        tidy::tidy(&mut document);
        let mut parameters = HashMap::new();
        for (path, item) in object(&mut document["paths"]) {
            for (method, operation) in object(item) {
                parameters::complete(path, operation);
                answers::complete(method, operation);
                if operation.get(FOREIGN).is_none()
                    && let Ok(method) = method.to_uppercase().parse()
                {
                    parameters.insert((method, path.clone()), parameters::of_query(operation));
                }
            }
        }
        let components = &mut document["components"];
        components["schemas"]["Problem"] = answers::problem_schema();
        components["schemas"]["ProblemCode"] = answers::code_schema();
        components["securitySchemes"] = json!({
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token with the scope that the operation names, of one of the roles that its \
                                `x-roles` lists.",
            },
            "password": {
                "type": "http",
                "scheme": "basic",
                "description": "The same token as the password of any user, for clients that know no more.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": "champollion-session",
                "description": "The session of a person who has signed in; `__Host-champollion-session` over HTTPS. What \
                                changes anything must come from the server's own pages.",
            },
        });
        document["tags"] = TAGS
            .iter()
            .map(|(name, description)| json!({ "name": name, "description": description }))
            .collect();
        let schemas = schema_files::all(&document)
            .into_iter()
            .map(|(name, schema)| (name, Bytes::from(written(&schema))))
            .collect();
        Self { document: Bytes::from(document.to_string()), schemas, parameters }
    }

    /// Returns the problem of a query with a parameter that the operation does not know: it would have no effect, and its
    /// sender would not learn of that.
    pub(super) fn unknown_parameter(&self, request: &Request) -> Option<Problem> {
        let (uri, path) = (request.uri(), request.extensions().get::<MatchedPath>()?);
        uri.query()?;
        let method = match *request.method() {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        let place = (method, path.as_str().to_owned());
        let known = self.parameters.get(&place)?;
        // A query that cannot be read is refused by the one who reads it.
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
        let mut names = pairs.iter().map(|(name, _)| name);
        let unknown = names.find(|name| !known.contains(name))?;
        let (method, path) = &place;
        // A secret may stand where a name should.
        let shown = without_odd_names(unknown);
        let mut detail = format!("{shown}: {method} {path} knows no such parameter");
        match (nearest(unknown, known.iter().map(String::as_str)), known.is_empty()) {
            (Some(near), _) => detail.push_str(&format!("; did you mean {near}?")),
            (None, true) => detail.push_str("; it has none"),
            (None, false) => detail.push_str(&format!("; it has {}", known.join(", "))),
        }
        Some(Problem::bad_request("invalid-query", detail).with("path", shown))
    }
}

#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApi",
    tag = "operation",
    summary = "Get this document",
    responses(
        (status = 200, description = "The OpenAPI document of all endpoints.", body = Object),
        (status = 304, description = "The answer is the one that `If-None-Match` names."),
    ),
)]
pub(super) async fn document(Extension(reference): Extension<Arc<Reference>>) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (headers, reference.document.clone()).into_response()
}

#[utoipa::path(
    get,
    path = "/schemas/{file}",
    operation_id = "getSchema",
    tag = "operation",
    summary = "Get the JSON Schema of a format",
    responses(
        (
            status = 200,
            description = "The schema, draft 2020-12.",
            body = Object,
            content_type = "application/schema+json"
        ),
        (status = 304, description = "The answer is the one that `If-None-Match` names."),
        (status = 404, description = "unknown-schema"),
    ),
)]
pub(super) async fn schema(
    Extension(reference): Extension<Arc<Reference>>,
    PathParts(file): PathParts<String>,
) -> Result<Response, Problem> {
    let schema = reference.schemas.get(file.as_str()).ok_or_else(|| {
        let names: Vec<&str> = reference.schemas.keys().copied().collect();
        let detail = format!("there is no schema {file}; there are {}", names.join(", "));
        Problem::not_found("unknown-schema", detail)
    })?;
    Ok(([(header::CONTENT_TYPE, "application/schema+json")], schema.clone()).into_response())
}

/// Writes JSON for people, with a line's end.
fn written(json: &Json) -> String {
    format!("{json:#}\n")
}

/// The members of what is an object; none of anything else.
fn object(json: &mut Json) -> impl Iterator<Item = (&String, &mut Json)> {
    json.as_object_mut().into_iter().flatten()
}
