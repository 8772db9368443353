//! The titles of notices, which fit into one line.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Longest title in characters: a line of a banner.
const CHARACTERS: usize = 200;

/// The title of a notice: one line that says what is the matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, min_length = 1, max_length = 200)]
pub struct NoticeTitle(String);

/// A text that no title can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a title has 1 to {CHARACTERS} characters on one line, such as \"Gateway of the town hall is replaced\""
)]
pub struct TitleError;

impl NoticeTitle {
    /// The title as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NoticeTitle {
    type Err = TitleError;

    fn from_str(text: &str) -> Result<Self, TitleError> {
        let text = text.trim();
        let fits = (1..=CHARACTERS).contains(&text.chars().count());
        if !fits || text.contains(char::is_control) {
            return Err(TitleError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for NoticeTitle {
    type Error = TitleError;

    fn try_from(text: String) -> Result<Self, TitleError> {
        text.parse()
    }
}

impl From<NoticeTitle> for String {
    fn from(title: NoticeTitle) -> Self {
        title.0
    }
}

impl fmt::Display for NoticeTitle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
