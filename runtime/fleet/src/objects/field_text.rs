//! Texts of the territory's sheet.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};

use crate::{FromText, ShortText};

/// Longest text of a field, in characters: a whole address, and less than a cell of a spreadsheet.
const CHARACTERS: usize = 250;

/// A text of a field: not empty, on one line, without blanks around it, of at most 250 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 1, max_length = 250)]
pub struct FieldText(ShortText);

/// A text that no field can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnusableText {
    /// The text says nothing.
    #[error("the text is empty: leave it out")]
    Empty,
    /// The text is too long.
    #[error("the text has {characters} characters, and {CHARACTERS} are the limit")]
    TooLong {
        /// The characters of the text.
        characters: usize,
    },
    /// The text has line breaks, tabs or other control characters.
    #[error("the text has a line break or another control character: write it on one line")]
    ControlCharacter,
}

impl UnusableText {
    /// The most characters that a text of a field has.
    pub const CHARACTERS: usize = CHARACTERS;
}

impl FieldText {
    /// The text as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for FieldText {
    type Err = UnusableText;

    fn from_str(text: &str) -> Result<Self, UnusableText> {
        let text = text.trim();
        if text.is_empty() {
            return Err(UnusableText::Empty);
        }
        if text.contains(char::is_control) {
            return Err(UnusableText::ControlCharacter);
        }
        let characters = text.chars().count();
        if characters > CHARACTERS {
            return Err(UnusableText::TooLong { characters });
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for FieldText {
    type Error = UnusableText;

    fn try_from(text: String) -> Result<Self, UnusableText> {
        text.parse()
    }
}

impl From<FieldText> for String {
    fn from(text: FieldText) -> Self {
        text.0.into()
    }
}

impl<'de> Deserialize<'de> for FieldText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::default())
    }
}

impl fmt::Display for FieldText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_on_one_line_and_says_something() {
        assert_eq!(
            " 12, rue de la Paix ".parse::<FieldText>().unwrap().as_str(),
            "12, rue de la Paix"
        );
        assert!("é".repeat(CHARACTERS).parse::<FieldText>().is_ok());
        let long = "é".repeat(CHARACTERS + 1);
        for (text, expected) in [
            ("", UnusableText::Empty),
            (" \t", UnusableText::Empty),
            ("a\nb", UnusableText::ControlCharacter),
            ("a\u{7f}b", UnusableText::ControlCharacter),
            (&long, UnusableText::TooLong { characters: CHARACTERS + 1 }),
        ] {
            assert_eq!(text.parse::<FieldText>(), Err(expected), "{text:?}");
        }
        assert!(serde_json::from_str::<FieldText>("\"\"").is_err());
        let text: FieldText = serde_json::from_str("\" a \"").unwrap();
        assert_eq!(serde_json::to_string(&text).unwrap(), "\"a\"");
    }
}
