//! The texts that a form has sent, by the names of their fields.

use serde_json::{Map, Value as Json};

/// The texts of a form. A field may be there several times, as the ticks of a list are.
#[derive(Clone, Debug, Default)]
pub(in crate::pages) struct Entered(Vec<(String, String)>);

impl Entered {
    /// The texts of a form that was sent.
    pub(in crate::pages) fn of(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The text of a field without blanks around it; empty where it is not there.
    pub(in crate::pages) fn text(&self, name: &str) -> &str {
        self.raw(name).unwrap_or_default().trim()
    }

    /// The text of a field that says something.
    pub(in crate::pages) fn said(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// The text of a field as it was sent, such as a password.
    pub(in crate::pages) fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, text)| text.as_str())
    }

    /// Whether a box is ticked.
    pub(in crate::pages) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// The texts of all fields of a name.
    pub(in crate::pages) fn all<'of>(&'of self, name: &'of str) -> impl Iterator<Item = &'of str> {
        let own = self.0.iter().filter(move |(own, _)| own == name);
        own.map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
    }
}

/// A whole number where the text is one, and else the text, of which the interface then says what is wrong.
pub(in crate::pages) fn number(text: &str) -> Json {
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
    fn a_field_that_is_empty_says_nothing() {
        let pairs = [("a", " x "), ("b", "  "), ("c", "1"), ("c", "2")];
        let owned = pairs.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let entered = Entered::of(owned.to_vec());
        assert_eq!(
            (entered.said("a"), entered.said("b"), entered.said("z")),
            (Some("x"), None, None)
        );
        assert!(entered.has("b") && !entered.has("z"));
        assert_eq!(entered.all("c").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!((number("12"), number("twelve")), (json!(12), json!("twelve")));
    }
}
