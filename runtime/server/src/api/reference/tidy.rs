//! Schemas as a reader and a generator of clients want them. What the derives write is made plain: a member
//! without a value is absent and never null, what is flattened is one object, and a case of several may fit
//! more than once, as a number that is whole.

use serde_json::{Map, Value as Json, json};

/// Starts the references to schemas.
pub(super) const PREFIX: &str = "#/components/schemas/";

/// Media types of bytes.
const BYTES: [&str; 2] = ["application/octet-stream", "application/wasm"];

/// Makes all schemas of a document plain.
pub(super) fn tidy(document: &mut Json) {
    let mut schemas = document["components"]["schemas"].take();
    plain(&mut schemas);
    let unmerged = schemas.clone();
    merge(&mut schemas, &unmerged);
    document["components"]["schemas"] = schemas;
    plain(&mut document["paths"]);
    name_bytes(&mut document["paths"]);
}

/// Says of bodies of bytes that they are bytes, and no lists of numbers.
fn name_bytes(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(name_bytes),
        Json::Object(members) => {
            for media_type in BYTES {
                if let Some(content) = members.get_mut(media_type) {
                    *content = json!({ "schema": { "type": "string", "format": "binary" } });
                }
            }
            members.values_mut().for_each(name_bytes);
        }
        _ => {}
    }
}

/// Makes a value plain, and all within.
fn plain(json: &mut Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(plain),
        Json::Object(members) => {
            plain_object(members);
            members.values_mut().for_each(plain);
        }
        _ => {}
    }
}

fn plain_object(schema: &mut Map<String, Json>) {
    let required = schema.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
    if let Some(Json::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties {
            // Of a member that is always there null says that there is no value.
            if !required.iter().any(|required| required == name) {
                without_null(property);
            }
        }
    }
    if let Some(parameter) = schema.get_mut("schema") {
        without_null(parameter);
    }
    if let Some(cases) = schema.remove("oneOf") {
        schema.insert("anyOf".to_owned(), cases);
    }
    if schema.get("default").is_some_and(Json::is_null) {
        schema.remove("default");
    }
    if let Some(Json::String(description)) = schema.get_mut("description") {
        *description = description.replace("[`", "`").replace("`]", "`");
    }
}

/// Takes null out of the values that are possible.
fn without_null(schema: &mut Json) {
    let Json::Object(members) = schema else { return };
    if let Some(Json::Array(types)) = members.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".to_owned(), only);
        }
    }
    for word in ["oneOf", "anyOf"] {
        let Some(Json::Array(cases)) = members.get_mut(word) else { continue };
        cases.retain(|case| case["type"] != "null");
        if let [only] = cases.as_slice() {
            let only = only.clone();
            members.remove(word);
            if let Json::Object(only) = only {
                members.extend(only);
            }
        }
    }
}

/// Makes one object of those that are flattened into one another.
fn merge(json: &mut Json, schemas: &Json) {
    match json {
        Json::Array(items) => items.iter_mut().for_each(|item| merge(item, schemas)),
        Json::Object(members) => {
            if let Some(Json::Array(parts)) = members.remove("allOf") {
                merge_parts(members, parts, schemas);
            }
            members.values_mut().for_each(|value| merge(value, schemas));
        }
        _ => {}
    }
}

fn merge_parts(whole: &mut Map<String, Json>, parts: Vec<Json>, schemas: &Json) {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut others = Vec::new();
    for part in parts {
        let mut resolved = resolved(&part, schemas);
        if let Some(Json::Array(inner)) = resolved.remove("allOf") {
            merge_parts(&mut resolved, inner, schemas);
            others.extend(resolved.remove("allOf").into_iter().flat_map(into_array));
        }
        match resolved.remove("properties") {
            Some(Json::Object(own)) if !resolved.contains_key("anyOf") => {
                properties.extend(own);
                required.extend(resolved.remove("required").into_iter().flat_map(into_array));
                if let Some(own) = resolved.remove("description").filter(|_| !is_reference(&part)) {
                    whole.entry("description").or_insert(own);
                }
            }
            _ => others.push(part),
        }
    }
    if let Some(Json::Object(own)) = whole.remove("properties") {
        properties.extend(own);
    }
    if properties.is_empty() && others.len() == 1 {
        // A reference with words of its own.
        if let Some(Json::Object(only)) = others.pop() {
            whole.extend(only);
        }
        return;
    }
    whole.insert("type".to_owned(), "object".into());
    whole.insert("properties".to_owned(), properties.into());
    if !required.is_empty() {
        whole.insert("required".to_owned(), required.into());
    }
    if !others.is_empty() {
        whole.insert("allOf".to_owned(), others.into());
    }
}

fn is_reference(part: &Json) -> bool {
    part.get("$ref").is_some()
}

fn into_array(json: Json) -> Vec<Json> {
    match json {
        Json::Array(items) => items,
        _ => Vec::new(),
    }
}

/// The schema that a part is or refers to.
fn resolved(part: &Json, schemas: &Json) -> Map<String, Json> {
    let referred = part["$ref"].as_str().and_then(|path| path.strip_prefix(PREFIX));
    let schema = referred.map_or(part, |name| &schemas[name]);
    schema.as_object().cloned().unwrap_or_default()
}
