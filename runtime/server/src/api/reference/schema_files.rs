//! JSON Schemas (draft 2020-12) of formats that also live outside of the interface: in files, queues and
//! packages.

use std::collections::BTreeMap;

use champollion_registry::package::Manifest;
use champollion_sdk::vectors::Vector;
use serde_json::{Map, Value as Json, json};
use utoipa::{PartialSchema, ToSchema};

use super::tidy::{self, PREFIX};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Starts the names of the schemas.
const ID: &str = "urn:champollion:schema:";

/// Returns all schemas by the names of their files.
pub(super) fn all(document: &Json) -> BTreeMap<&'static str, Json> {
    let schemas = &document["components"]["schemas"];
    let of_api = |name: &str, title: &str, root: &str| {
        let mut file = schema(name, title, reference(root), schemas);
        if root == "Record" {
            // The shape `raw` has neither.
            file["$defs"]["Record"]["not"] = json!({ "required": ["decoded", "decodeError"] });
        }
        file
    };
    let packages = of_packages();
    let mut manifest = schema("decoder", "decoder.toml", reference("Manifest"), &packages);
    kebab_case(&mut manifest["$defs"]);
    of_payloads_or_derived(&mut manifest["$defs"]["Manifest"]);
    let list =
        json!({ "type": "array", "minItems": 1, "items": { "$ref": format!("{PREFIX}Vector") } });
    BTreeMap::from([
        ("record.json", of_api("record", "A record of one frame", "Record")),
        (
            "measurement.json",
            of_api("measurement", "A measurement of a record", "RecordMeasurement"),
        ),
        ("reading.json", of_api("reading", "An answer of POST /v1/decode", "TrialAnswer")),
        ("frame.json", of_api("frame", "A frame as POST /v1/ingest/phy takes it", "PhyFrame")),
        (
            "uplink.json",
            of_api("uplink", "An uplink as POST /v1/ingest/plain takes it", "PlainUplink"),
        ),
        ("route.json", of_api("route", "A route as PUT /v1/routes/{name} takes it", "Route")),
        ("problem.json", of_api("problem", "A problem", "Problem")),
        ("decoder.json", manifest),
        ("vectors.json", schema("vectors", "vectors.json", list, &packages)),
    ])
}

/// The schemas of what is in packages.
fn of_packages() -> Json {
    let mut all = Vec::new();
    Manifest::schemas(&mut all);
    Vector::schemas(&mut all);
    all.push((Manifest::name().into_owned(), Manifest::schema()));
    all.push((Vector::name().into_owned(), Vector::schema()));
    // Schemas are texts and numbers alone, which are written without fail.
    let schemas: Map<String, Json> = all
        .into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()))
        .collect();
    let mut document = json!({ "components": { "schemas": schemas }, "paths": {} });
    tidy::tidy(&mut document);
    document["components"]["schemas"].take()
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("{PREFIX}{name}") })
}

/// A schema with all that it refers to.
fn schema(name: &str, title: &str, root: Json, schemas: &Json) -> Json {
    let mut used = BTreeMap::new();
    collect(&root, schemas, &mut used);
    let mut file =
        json!({ "$schema": DRAFT, "$id": format!("{ID}{name}"), "title": title, "$defs": used });
    if let (Json::Object(file), Json::Object(root)) = (&mut file, root) {
        file.extend(root);
    }
    relocate(&mut file);
    file
}

/// Collects all schemas that a value refers to, and those that they refer to.
fn collect(json: &Json, schemas: &Json, used: &mut BTreeMap<String, Json>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| collect(item, schemas, used)),
        Json::Object(members) => {
            let name = members
                .get("$ref")
                .and_then(Json::as_str)
                .and_then(|path| path.strip_prefix(PREFIX));
            if let Some(name) = name.filter(|name| !used.contains_key(*name)) {
                used.insert(name.to_owned(), schemas[name].clone());
                collect(&schemas[name], schemas, used);
            }
            members.values().for_each(|value| collect(value, schemas, used));
        }
        _ => {}
    }
}

/// Has all references lead into the file.
fn relocate(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(relocate),
        Json::Object(members) => {
            if let Some(Json::String(path)) = members.get_mut("$ref") {
                *path = path.replace(PREFIX, "#/$defs/");
            }
            members.values_mut().for_each(relocate);
        }
        _ => {}
    }
}

/// Has a manifest name the devices and ports that it decodes, or what it derives: a file leaves out the other, where the
/// catalogue has empty lists.
fn of_payloads_or_derived(manifest: &mut Json) {
    const OF_PAYLOADS: [&str; 2] = ["devices", "ports"];
    if let Some(Json::Array(required)) = manifest.get_mut("required") {
        required.retain(|name| OF_PAYLOADS.iter().all(|of_payloads| name != of_payloads));
    }
    manifest["anyOf"] = json!([
        { "required": ["devices", "ports"] },
        { "required": ["devices", "script"] },
        { "required": ["derived"] },
    ]);
}

/// Names members as `decoder.toml` does, where the catalogue names them as JSON does.
fn kebab_case(definitions: &mut Json) {
    let renamed = |name: &str| -> String {
        let letters = name.chars().flat_map(|letter| {
            let hyphen = letter.is_ascii_uppercase().then_some('-');
            hyphen.into_iter().chain(std::iter::once(letter.to_ascii_lowercase()))
        });
        letters.collect()
    };
    for definition in definitions.as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        if let Some(Json::Object(properties)) = definition.get_mut("properties") {
            let own = std::mem::take(properties);
            properties.extend(own.into_iter().map(|(name, schema)| (renamed(&name), schema)));
        }
        if let Some(Json::Array(required)) = definition.get_mut("required") {
            for name in required {
                *name = renamed(name.as_str().unwrap_or_default()).into();
            }
        }
    }
}
