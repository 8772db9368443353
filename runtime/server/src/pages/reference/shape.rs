//! Shapes of schemas: the type in words, the members of objects, and an example that is of the type.

use serde_json::{Map, Value as Json, json};

/// Starts the references to schemas.
const PREFIX: &str = "#/components/schemas/";

/// Levels of an example. A type that has itself as a member ends there.
const DEEPEST: usize = 6;

/// The shape of a value.
#[derive(Debug, PartialEq)]
pub(super) enum Shape<'of> {
    /// A type of the document, by its name.
    Named(&'of str),
    /// A simple type with its format, which may be empty.
    Simple(&'of str, &'of str),
    /// A list of values.
    List(Box<Self>),
    /// An object whose members have names that are data.
    Map(Box<Self>),
    /// One of some words.
    Words(Vec<String>),
    /// One of some shapes.
    Cases(Vec<Self>),
    /// Any value at all.
    Anything,
}

/// A member of an object.
pub(super) struct Member<'of> {
    /// The name of the member.
    pub(super) name: &'of str,
    /// Whether it is always there.
    pub(super) required: bool,
    /// The words for what it says.
    pub(super) description: &'of str,
    /// The schema of its value.
    pub(super) schema: &'of Json,
}

impl<'of> Shape<'of> {
    /// The shape that a schema describes.
    pub(super) fn of(schema: &'of Json) -> Self {
        if let Some(name) = referred(schema) {
            return Self::Named(name);
        }
        if let Some(only) = schema.get("const") {
            return Self::Words(vec![word(only)]);
        }
        if let Some(words) = schema["enum"].as_array() {
            return Self::Words(words.iter().map(word).collect());
        }
        if let Some(cases) = ["anyOf", "allOf"].iter().find_map(|name| schema[*name].as_array()) {
            return Self::of_cases(cases);
        }
        match schema["type"].as_str() {
            Some("array") => Self::List(Box::new(Self::of(&schema["items"]))),
            Some("object") if schema["additionalProperties"].is_object() => {
                Self::Map(Box::new(Self::of(&schema["additionalProperties"])))
            }
            Some(name) => Self::Simple(name, schema["format"].as_str().unwrap_or_default()),
            None => Self::of_types(schema),
        }
    }

    fn of_cases(cases: &'of [Json]) -> Self {
        let words: Option<Vec<String>> =
            cases.iter().map(|case| case.get("const").map(word)).collect();
        match words {
            Some(words) => Self::Words(words),
            None => Self::Cases(cases.iter().map(Self::of).collect()),
        }
    }

    /// A value of one of several simple types.
    fn of_types(schema: &'of Json) -> Self {
        let types = schema["type"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let cases: Vec<Self> = types.map(|name| Self::Simple(name, "")).collect();
        if cases.is_empty() { Self::Anything } else { Self::Cases(cases) }
    }
}

fn referred(schema: &Json) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix(PREFIX)
}

fn word(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

/// The members of an object, those of its parts among them.
pub(super) fn members<'of>(schema: &'of Json, schemas: &'of Json) -> Vec<Member<'of>> {
    let schema = resolved(schema, schemas);
    let required = schema["required"].as_array();
    let is_required =
        |name: &str| required.is_some_and(|all| all.iter().any(|required| required == name));
    let member = |(name, schema): (&'of String, &'of Json)| Member {
        name,
        required: is_required(name),
        description: schema["description"].as_str().unwrap_or_default(),
        schema,
    };
    let own = schema["properties"].as_object().into_iter().flatten().map(member);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.chain(parts.flat_map(|part| members(part, schemas))).collect()
}

fn resolved<'of>(schema: &'of Json, schemas: &'of Json) -> &'of Json {
    referred(schema).map_or(schema, |name| &schemas[name])
}

/// A value of the shape that a schema describes, with the members that must be there.
pub(super) fn example(schema: &Json, schemas: &Json) -> Json {
    example_at(schema, schemas, 0)
}

fn example_at(schema: &Json, schemas: &Json, depth: usize) -> Json {
    let schema = resolved(schema, schemas);
    if let Some(given) = ["example", "const", "default"].iter().find_map(|name| schema.get(*name)) {
        return given.clone();
    }
    if let Some(first) = schema["examples"].get(0).or_else(|| schema["enum"].get(0)) {
        return first.clone();
    }
    if depth == DEEPEST {
        return Json::Null;
    }
    if let Some(case) = schema["anyOf"].get(0) {
        return example_at(case, schemas, depth + 1);
    }
    match schema["type"].as_str() {
        Some("array") => json!([example_at(&schema["items"], schemas, depth + 1)]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("string") => json!(example_text(schema["format"].as_str())),
        _ => example_object(schema, schemas, depth),
    }
}

fn example_object(schema: &Json, schemas: &Json, depth: usize) -> Json {
    let needed = members(schema, schemas).into_iter().filter(|member| member.required);
    let values = needed
        .map(|member| (member.name.to_owned(), example_at(member.schema, schemas, depth + 1)));
    Json::Object(values.collect::<Map<String, Json>>())
}

fn example_text(format: Option<&str>) -> &'static str {
    match format {
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("date") => "2026-01-31",
        Some("uuid") => "01981f4e-7f1c-7cc0-b1d1-4f8e0a2b3c4d",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_read_from_each_kind_of_schema() {
        let named = json!({ "$ref": "#/components/schemas/Route" });
        let list = json!({ "type": "array", "items": named });
        let map = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
        let words = json!({ "anyOf": [{ "const": "up" }, { "const": "down" }] });
        let cases = json!({ "type": ["string", "null"] });
        assert_eq!(Shape::of(&list), Shape::List(Box::new(Shape::Named("Route"))));
        assert_eq!(Shape::of(&map), Shape::Map(Box::new(Shape::Simple("integer", ""))));
        assert_eq!(Shape::of(&words), Shape::Words(vec!["up".to_owned(), "down".to_owned()]));
        let both = vec![Shape::Simple("string", ""), Shape::Simple("null", "")];
        assert_eq!(Shape::of(&cases), Shape::Cases(both));
        assert_eq!(Shape::of(&json!({})), Shape::Anything);
    }

    #[test]
    fn an_example_has_what_must_be_there_and_comes_to_an_end() {
        let schemas = json!({
            "Tree": {
                "type": "object", "required": ["name", "below"],
                "properties": {
                    "name": { "type": "string" }, "note": { "type": "string" },
                    "below": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } },
                },
            },
        });
        let tree = json!({ "$ref": "#/components/schemas/Tree" });
        let example = example(&tree, &schemas);
        assert_eq!((&example["name"], example.get("note")), (&json!("…"), None));
        assert_eq!(example["below"][0]["name"], "…");
        assert_eq!(members(&tree, &schemas).len(), 3);
    }
}
