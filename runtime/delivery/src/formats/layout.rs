//! Layouts of tables: as they are exchanged, or as French spreadsheets open them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The layout of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Commas between cells and a decimal point.
    #[default]
    International,
    /// Semicolons between cells, a decimal comma, and a mark at the beginning that the text is UTF-8: a
    /// spreadsheet of a French system opens such a table as it is.
    French,
}

/// A text that names no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no layout: it must be international or french")]
pub struct UnknownLayout(String);

impl Layout {
    /// Returns the name of the layout.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::International => "international",
            Self::French => "french",
        }
    }

    /// Whether it is the one that a table has where nobody asks for another.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the character between two cells.
    pub(super) fn separator(self) -> char {
        match self {
            Self::International => ',',
            Self::French => ';',
        }
    }

    /// Returns the character at which a spreadsheet splits cells that expects another layout.
    pub(super) fn other_separator(self) -> char {
        match self {
            Self::International => ';',
            Self::French => ',',
        }
    }

    /// Returns the character before the decimals of a number.
    pub(super) fn decimal(self) -> char {
        match self {
            Self::International => '.',
            Self::French => ',',
        }
    }

    /// Returns the beginning of a table.
    pub(super) fn beginning(self) -> &'static str {
        match self {
            Self::International => "",
            Self::French => "\u{feff}",
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Layout {
    type Err = UnknownLayout;

    fn from_str(text: &str) -> Result<Self, UnknownLayout> {
        let all = [Self::International, Self::French];
        let named = all.into_iter().find(|layout| layout.as_str() == text);
        named.ok_or_else(|| UnknownLayout(text.to_owned()))
    }
}
