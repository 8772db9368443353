//! Answers of the interface, taken apart for pages. A member that is absent is an empty text or an empty list.

use serde_json::Value as Json;

/// Returns the text at a JSON pointer such as `/manifest/id`; of a number or a truth value its digits or word.
pub(super) fn text(json: &Json, pointer: &str) -> String {
    match json.pointer(pointer) {
        Some(Json::String(text)) => text.clone(),
        Some(other @ (Json::Number(_) | Json::Bool(_))) => other.to_string(),
        _ => String::new(),
    }
}

/// Returns the text at a JSON pointer where there is one.
pub(super) fn optional<'of>(json: &'of Json, pointer: &str) -> Option<&'of str> {
    json.pointer(pointer)?.as_str()
}

/// Returns the items of the list at a JSON pointer.
pub(super) fn items<'of>(json: &'of Json, pointer: &str) -> &'of [Json] {
    json.pointer(pointer).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Returns the place at which the next part of a list begins, where there is one.
pub(super) fn next_of(list: &Json) -> Option<&str> {
    optional(list, "/next").filter(|_| list["more"] == true)
}

/// Returns the moment at a JSON pointer.
pub(super) fn moment(json: &Json, pointer: &str) -> Option<jiff::Timestamp> {
    optional(json, pointer)?.parse().ok()
}

/// Returns a part of a path with all signs escaped that would end it.
pub(super) fn path_part(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

/// Returns an address with a query; pairs without a value are left out.
pub(super) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_next_part_is_there_where_there_are_more() {
        assert_eq!(next_of(&json!({ "next": "a", "more": true })), Some("a"));
        assert_eq!(next_of(&json!({ "next": "a", "more": false })), None);
        assert_eq!(next_of(&json!({})), None);
    }

    #[test]
    fn members_are_found_and_absent_ones_are_empty() {
        let answer = json!({ "a": { "b": "text", "n": 3 }, "list": [1, 2] });
        assert_eq!(text(&answer, "/a/b"), "text");
        assert_eq!(text(&answer, "/a/n"), "3");
        assert_eq!(text(&answer, "/a/x"), "");
        assert_eq!(items(&answer, "/list").len(), 2);
        assert!(items(&answer, "/a").is_empty());
    }

    #[test]
    fn addresses_hold_what_they_are_given() {
        assert_eq!(path_part("a/b é"), "a%2Fb%20%C3%A9");
        assert_eq!(address("/objects", &[("q", "a&b"), ("group", "")]), "/objects?q=a%26b");
        assert_eq!(address("/objects", &[]), "/objects");
    }
}
