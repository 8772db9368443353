//! The shape of a `decoder.toml`: its keys and the types of their values, as the types themselves tell them. All that
//! is otherwise is listed with its line, where reading into the types would stop at the first.

use std::{
    collections::BTreeMap,
    ops::{Range, RangeInclusive},
    sync::LazyLock,
};

use champollion_sdk::difference::is_nearly;
use semver::Version;
use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};
use utoipa::{PartialSchema, ToSchema};

use super::{
    id::DecoderId,
    kebab_case::kebab_case,
    manifest::{Field, Manifest},
    manifest_check::{Complaint, Place, complaint_about_field, to_write},
};

/// The numbers that keys may have, where their schema does not tell.
static RANGES: [(&str, RangeInclusive<i64>); 3] =
    [("port", 1..=255), ("downlink-port", 1..=255), ("channel", 0..=65_535)];

/// Starts the references between schemas.
const REFERENCE: &str = "#/components/schemas/";

/// The schemas of a manifest and of all that it holds, by their names.
static SCHEMAS: LazyLock<BTreeMap<String, Json>> = LazyLock::new(|| {
    let mut all = Vec::new();
    Manifest::schemas(&mut all);
    all.push((Manifest::name().into_owned(), Manifest::schema()));
    // Schemas are texts and numbers alone, which are written without fail.
    all.into_iter()
        .map(|(name, schema)| (name, serde_json::to_value(schema).unwrap_or_default()))
        .collect()
});

/// Returns all that keeps a text from being read as a manifest, a sentence each. `first` is the error at which reading
/// into the types has stopped.
pub(super) fn faults(toml: &str, first: &toml::de::Error) -> Vec<String> {
    let (table, errors) = DeTable::parse_recoverable(toml);
    let mut shape = Shape { toml, faults: Vec::new() };
    for error in &errors {
        shape.fault(error.span(), error.message());
    }
    if !errors.is_empty() {
        // Of a table that is not whole most would be missing.
        return shape.in_order();
    }
    let span = table.span();
    let table = table.into_inner();
    shape.table(&table, &SCHEMAS[&*Manifest::name()], ("", span));
    let is_right = shape.faults.is_empty();
    shape.values(&table);
    // What the types alone refuse, such as a link that is none, is told where nothing above tells it.
    if is_right && !shape.faults.iter().any(|(_, fault)| fault.contains(first.message())) {
        shape.fault(first.span(), first.message());
    }
    shape.in_order()
}

/// Returns complaints about a manifest that could be read, each with its line, in the order of the lines.
pub(super) fn placed(toml: &str, complaints: &[Complaint]) -> Vec<String> {
    let (table, _) = DeTable::parse_recoverable(toml);
    let table = table.into_inner();
    let mut shape = Shape { toml, faults: Vec::new() };
    for Complaint { place, problem } in complaints {
        let span = match place {
            Place::Key(key) => table.get(*key).map(toml::Spanned::span),
            Place::Entry(list, index) => {
                let list = table.get(*list).and_then(|list| list.get_ref().as_array());
                list.and_then(|list| list.get(*index)).map(toml::Spanned::span)
            }
            Place::Inner(outer, list, index) => {
                let outer = table.get(*outer).and_then(|outer| outer.get_ref().as_table());
                let list = outer.and_then(|outer| outer.get(*list));
                let list = list.and_then(|list| list.get_ref().as_array());
                list.and_then(|list| list.get(*index)).map(toml::Spanned::span)
            }
        };
        shape.fault(span, problem);
    }
    shape.in_order()
}

struct Shape<'toml> {
    toml: &'toml str,
    /// The faults with their lines.
    faults: Vec<(usize, String)>,
}

impl Shape<'_> {
    /// The faults as sentences, in the order of their lines.
    fn in_order(mut self) -> Vec<String> {
        self.faults.sort_by_key(|(line, _)| *line);
        self.faults.into_iter().map(|(line, problem)| format!("line {line}: {problem}")).collect()
    }

    fn fault(&mut self, place: Option<Range<usize>>, problem: impl std::fmt::Display) {
        let before = place.and_then(|place| self.toml.as_bytes().get(..place.start));
        let line = before.unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1;
        let problem = problem.to_string().replace('\n', ", ");
        self.faults.push((line, problem));
    }

    /// Looks at a table. `path` names it, and is empty for the whole file.
    fn table(&mut self, table: &DeTable<'_>, schema: &Json, (path, span): (&str, Range<usize>)) {
        let Some(properties) = schema["properties"].as_object() else { return };
        let known: BTreeMap<String, &Json> =
            properties.iter().map(|(name, schema)| (kebab_case(name), schema)).collect();
        let of = if path.is_empty() { String::new() } else { format!(" of {path}") };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
        // A derived decoder names neither devices nor ports.
        let is_derived = path.is_empty() && table.get("derived").is_some();
        for name in required.map(kebab_case) {
            let is_needless = is_derived && ["devices", "ports"].contains(&name.as_str());
            if !is_needless && table.get(&*name).is_none() {
                let advice = to_write(&name).filter(|_| path.is_empty());
                let advice = advice.map(|advice| format!(": {advice}")).unwrap_or_default();
                self.fault(Some(span.clone()), format_args!("missing field `{name}`{of}{advice}"));
            }
        }
        for (key, value) in table {
            let name: &str = key.get_ref();
            let Some(schema) = known.get(name) else {
                let advice = match known.keys().find(|other| is_nearly(name, other)) {
                    Some(other) => format!("did you mean `{other}`?"),
                    None => {
                        let names: Vec<&str> = known.keys().map(String::as_str).collect();
                        format!("there are {}", names.join(", "))
                    }
                };
                let problem = format!("unknown field `{name}`{of}: {advice}");
                self.fault(Some(key.span()), problem);
                continue;
            };
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            self.value(value.get_ref(), resolved(schema), (&path, value.span()));
        }
    }

    fn value(&mut self, value: &DeValue<'_>, schema: &Json, (path, span): (&str, Range<usize>)) {
        match (type_of(schema), value) {
            (Some("array"), DeValue::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    let path = format!("{path}[{index}]");
                    self.value(item.get_ref(), resolved(&schema["items"]), (&path, item.span()));
                }
            }
            (Some("object"), DeValue::Table(table)) => self.table(table, schema, (path, span)),
            (Some("string"), DeValue::String(text)) => {
                let words = schema["enum"].as_array().into_iter().flatten();
                let words: Vec<&str> = words.filter_map(Json::as_str).collect();
                if !words.is_empty() && !words.contains(&&**text) {
                    let words = words.join(", ");
                    self.fault(
                        Some(span),
                        format_args!("{path} is {text:?}: it is one of {words}"),
                    );
                }
            }
            (Some("integer"), DeValue::Integer(number)) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                self.range(number, (path, span));
            }
            (Some("number"), DeValue::Integer(_) | DeValue::Float(_))
            | (Some("boolean"), DeValue::Boolean(_)) => {}
            (
                Some(wanted @ ("array" | "object" | "string" | "integer" | "number" | "boolean")),
                _,
            ) => {
                let (wanted, found) = (in_toml(wanted), value.type_str());
                self.fault(
                    Some(span),
                    format_args!("{path} must be {wanted}, and is of the type {found}"),
                );
            }
            _ => {}
        }
    }

    /// Looks at a whole number, which is none where it has too many digits.
    fn range(&mut self, number: Option<i64>, (path, span): (&str, Range<usize>)) {
        let key = path.rsplit('.').next().unwrap_or(path);
        let Some((_, range)) = RANGES.iter().find(|(name, _)| *name == key) else { return };
        if !number.is_some_and(|number| range.contains(&number)) {
            let told = number.map_or_else(|| "too large".to_owned(), |number| number.to_string());
            let (least, most) = (range.start(), range.end());
            self.fault(Some(span), format_args!("{path} is {told}: it is {least} to {most}"));
        }
    }

    /// Looks at values that have the right type, and are wrong all the same.
    fn values(&mut self, table: &DeTable<'_>) {
        let text = |name: &str| {
            let value = table.get(name)?;
            Some((value.get_ref().as_str()?, value.span()))
        };
        if let Some((id, span)) = text("id")
            && let Err(error) = id.parse::<DecoderId>()
        {
            self.fault(Some(span), error);
        }
        if let Some((version, span)) = text("version")
            && let Err(error) = version.parse::<Version>()
        {
            self.fault(
                Some(span),
                format_args!(
                    "{version:?} is no version: it needs three numbers, such as 1.0.0 ({error})"
                ),
            );
        }
        let fields = table.get("fields").and_then(|fields| fields.get_ref().as_array());
        for field in fields.into_iter().flatten() {
            let read = toml_of(field.get_ref()).try_into::<Field>();
            // Of one that cannot be read the shape tells why.
            if let Some(complaint) = read.ok().as_ref().and_then(complaint_about_field) {
                self.fault(Some(field.span()), complaint);
            }
        }
    }
}

/// The schema itself, where this one refers to another or says that null is possible too.
fn resolved(schema: &Json) -> &Json {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix(REFERENCE)) {
        return SCHEMAS.get(name).map_or(&Json::Null, resolved);
    }
    for cases in ["oneOf", "anyOf", "allOf"] {
        let cases = schema[cases].as_array().into_iter().flatten();
        if let Some(case) = cases.map(resolved).find(|case| case["type"] != "null") {
            return case;
        }
    }
    schema
}

fn type_of(schema: &Json) -> Option<&str> {
    match &schema["type"] {
        Json::String(name) => Some(name),
        Json::Array(names) => names.iter().filter_map(Json::as_str).find(|name| *name != "null"),
        _ => None,
    }
}

/// The types of JSON in the words of TOML.
fn in_toml(json_type: &str) -> &'static str {
    match json_type {
        "array" => "an array",
        "object" => "a table",
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        _ => "a boolean",
    }
}

/// A value without its places.
fn toml_of(value: &DeValue<'_>) -> toml::Value {
    match value {
        DeValue::String(text) => toml::Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let radix = number.radix();
            toml::Value::Integer(i64::from_str_radix(number.as_str(), radix).unwrap_or_default())
        }
        DeValue::Float(number) => toml::Value::Float(number.as_str().parse().unwrap_or_default()),
        DeValue::Boolean(value) => toml::Value::Boolean(*value),
        DeValue::Datetime(moment) => toml::Value::Datetime(*moment),
        DeValue::Array(items) => {
            toml::Value::Array(items.iter().map(|item| toml_of(item.get_ref())).collect())
        }
        DeValue::Table(table) => toml::Value::Table(
            table
                .iter()
                .map(|(key, value)| (key.get_ref().to_string(), toml_of(value.get_ref())))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = include_str!("../../tests/registry/decoder.toml");

    fn faults(toml: &str) -> Vec<String> {
        super::faults(toml, &toml::from_str::<Manifest>(toml).expect_err("it has faults"))
    }

    #[test]
    fn a_manifest_of_the_right_shape_may_say_what_cannot_be() {
        let device = "model = \"";
        let two = MANIFEST.replacen("version = \"1.0.0\"", "version = \"one\"", 1).replacen(
            device,
            &format!("manual = \"nowhere\"\n{device}"),
            1,
        );
        let found = faults(&two);
        assert!(found.iter().any(|fault| fault.contains("\"one\" is no version")), "{found:#?}");
        let link = MANIFEST.replacen(device, &format!("manual = \"nowhere\"\n{device}"), 1);
        let found = faults(&link);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(found[0].contains("is no link"), "{found:#?}");
    }

    #[test]
    fn all_faults_are_told_at_once_with_their_lines() {
        let toml = "id = \"Acme\"\nversion = 1\nname = \"A\"\nlicense = \"MIT\"\nmaintainer = \"A\"\n\
            devices = []\n[[ports]]\nport = \"2\"\ndirection = \"upp\"\n[[fields]]\nname = \"t\"\n\
            type = \"number\"\nquantity = \"air.temprature\"\nmeaning = \"T\"\n";
        let found = faults(toml);
        for fault in [
            "missing field `description`",
            "missing field `licence`",
            "missing field `meaning` of ports[0]",
            "line 9: ports[0].direction is \"upp\": it is one of up, down",
            "line 8: ports[0].port must be an integer, and is of the type string",
            "line 4: unknown field `license`: did you mean `licence`?",
            "line 2: version must be a string, and is of the type integer",
            "line 1: \"Acme\" names no decoder",
            "the field t has the quantity \"air.temprature\", which the vocabulary does not have",
        ] {
            assert!(found.iter().any(|told| told.contains(fault)), "{fault}\n{found:#?}");
        }
        assert_eq!(found.len(), 9, "{found:#?}");
    }

    #[test]
    fn numbers_out_of_their_range_are_told_beside_all_else_and_in_the_order_of_lines() {
        let toml = "version = \"1.0\"\nid = \"Acme\"\n[[ports]]\nport = 300\ndirection = \"up\"\nmeaning = \"a\"\n\
            [[ports]]\nport = 0x100\ndirection = \"up\"\nmeaning = \"a\"\n[[fields]]\nname = \"t\"\n\
            type = \"number\"\nmeaning = \"T\"\nchannel = 70000\n";
        let found = faults(toml);
        for fault in [
            "line 1: \"1.0\" is no version: it needs three numbers, such as 1.0.0",
            "line 4: ports[0].port is 300: it is 1 to 255",
            "line 8: ports[1].port is 256: it is 1 to 255",
            "line 15: fields[0].channel is 70000: it is 0 to 65535",
        ] {
            assert!(found.iter().any(|told| told.starts_with(fault)), "{fault}\n{found:#?}");
        }
        let line = |fault: &String| -> usize {
            fault["line ".len()..].split(':').next().unwrap().parse().unwrap()
        };
        assert!(found.is_sorted_by_key(line), "{found:#?}");
    }

    #[test]
    fn a_text_that_is_no_toml_is_told_with_its_line() {
        let found = faults("# A note of mine\nid: elsys\n");
        assert!(found[0].starts_with("line 2: "), "{found:?}");
        assert!(found.iter().all(|fault| !fault.contains("missing field")), "{found:?}");
    }
}
