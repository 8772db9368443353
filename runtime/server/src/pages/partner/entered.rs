//! Texts of a form as members of JSON.

use serde_json::{Map, Value as Json};

/// A whole number where the text is one, and else the text, of which the interface then says what is wrong.
pub(super) fn number(text: &str) -> Json {
    text.parse::<u64>().map_or_else(|_| Json::from(text), Json::from)
}

/// Adds a member to an object where the text says something.
pub(in crate::pages) fn put(members: &mut Map<String, Json>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        members.insert(name.to_owned(), Json::from(text));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_that_is_no_number_stays_a_text() {
        assert_eq!((number("12"), number("twelve")), (json!(12), json!("twelve")));
        let mut members = Map::new();
        put(&mut members, "a", Some("x"));
        put(&mut members, "b", None);
        assert_eq!(Json::Object(members), json!({ "a": "x" }));
    }
}
