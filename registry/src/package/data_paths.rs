//! The values in `data`, by the paths that manifests name them with.

use serde_json::Value as Json;

use super::manifest::FieldType;

/// Visits each value that is not made of others, with its path and its type: `battery`,
/// `history[].volume`. Null is passed by: it tells that there is a field and not what it holds.
pub fn each_value(data: &Json, visit: &mut impl FnMut(&str, FieldType)) {
    walk(data, &mut String::new(), visit);
}

fn walk(value: &Json, path: &mut String, visit: &mut impl FnMut(&str, FieldType)) {
    let kind = match value {
        Json::Null => return,
        Json::Bool(_) => FieldType::Boolean,
        Json::Number(number) if is_whole(number) => FieldType::Integer,
        Json::Number(_) => FieldType::Number,
        Json::String(_) => FieldType::Text,
        Json::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                let length = path.len();
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                walk(member, path, visit);
                path.truncate(length);
            }
            return;
        }
        Json::Object(_) => FieldType::Object,
        Json::Array(list) if list.iter().any(Json::is_object) => {
            let length = path.len();
            path.push_str("[]");
            for member in list.iter().filter(|member| member.is_object()) {
                walk(member, path, visit);
            }
            path.truncate(length);
            return;
        }
        Json::Array(_) => FieldType::List,
    };
    // A data object without members has no field at all.
    if !path.is_empty() {
        visit(path, kind);
    }
}

fn is_whole(number: &serde_json::Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|value| value.fract() == 0.0)
}
