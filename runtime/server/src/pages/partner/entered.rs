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

/// A moment as a form sends it, in universal time: `2027-03-01T08:00`.
pub(in crate::pages) fn in_utc(text: &str) -> String {
    match text.parse::<jiff::civil::DateTime>() {
        Ok(_) if !text.ends_with('Z') => format!("{text}Z"),
        _ => text.to_owned(),
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

    #[test]
    fn a_moment_of_a_form_is_one_of_universal_time() {
        assert!(in_utc("2027-03-01T08:00").parse::<jiff::Timestamp>().is_ok());
        assert_eq!(in_utc("2027-03-01T08:00:00Z"), "2027-03-01T08:00:00Z");
        assert_eq!(in_utc("tomorrow"), "tomorrow");
    }
}
