//! Texts of several lines: what a partner declares, what the operator remarks, letters.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest text in bytes: some pages. A request with a letter must fit into a row of the store.
const BYTES: usize = 8_000;

/// A text of one or several lines that says something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 8000)]
pub struct Paragraph(String);

/// A text that no paragraph can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParagraphError {
    /// The text says nothing.
    #[error("the text is empty")]
    Empty,
    /// The text is too long.
    #[error("the text takes {bytes} bytes, and {BYTES} are the limit")]
    TooLong {
        /// The bytes of the text.
        bytes: usize,
    },
    /// The text has control characters that are no line breaks and no tabs.
    #[error("the text has a control character that is neither a line break nor a tab")]
    ControlCharacter,
}

impl Paragraph {
    /// The text as it is.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Paragraph {
    type Err = ParagraphError;

    fn from_str(text: &str) -> Result<Self, ParagraphError> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(ParagraphError::Empty);
        }
        if text.len() > BYTES {
            return Err(ParagraphError::TooLong { bytes: text.len() });
        }
        let is_odd = |letter: char| letter.is_control() && !['\n', '\t'].contains(&letter);
        if text.contains(is_odd) {
            return Err(ParagraphError::ControlCharacter);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Paragraph {
    type Error = ParagraphError;

    fn try_from(text: String) -> Result<Self, ParagraphError> {
        text.parse()
    }
}

impl From<Paragraph> for String {
    fn from(text: Paragraph) -> Self {
        text.0
    }
}

impl fmt::Display for Paragraph {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
