//! Layouts of tables: as they are exchanged, as French spreadsheets open them, or as databases load them.

use std::{fmt, str::FromStr};

use jiff::Zoned;
use serde::{Deserialize, Serialize};

/// The layout of a table of CSV.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Commas between cells, a decimal point, and moments in UTC.
    #[default]
    International,
    /// Semicolons between cells, a decimal comma, local time, and a mark at the beginning that the text is
    /// UTF-8: a spreadsheet of a French system opens such a table as it is, with numbers and dates.
    French,
    /// Commas between cells, a decimal point, moments in UTC, names of columns that databases take, and the
    /// same columns in each table.
    Database,
}

/// A text that names no layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no layout: it must be international, french or database")]
pub struct UnknownLayout(String);

impl Layout {
    /// All layouts that there are.
    pub const ALL: [Self; 3] = [Self::International, Self::French, Self::Database];

    /// Returns the name of the layout.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::International => "international",
            Self::French => "french",
            Self::Database => "database",
        }
    }

    /// Whether it is the one that a table has where nobody asks for another.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the character between two cells.
    #[must_use]
    pub fn separator(self) -> char {
        match self {
            Self::International | Self::Database => ',',
            Self::French => ';',
        }
    }

    /// Returns the character at which a spreadsheet splits cells that expects another layout.
    pub(super) fn other_separator(self) -> char {
        match self {
            Self::International | Self::Database => ';',
            Self::French => ',',
        }
    }

    /// Returns the character before the decimals of a number.
    pub(super) fn decimal(self) -> char {
        match self {
            Self::International | Self::Database => '.',
            Self::French => ',',
        }
    }

    /// Returns the beginning of a table.
    #[must_use]
    pub fn beginning(self) -> &'static str {
        match self {
            Self::International | Self::Database => "",
            Self::French => "\u{feff}",
        }
    }

    /// Returns a truth value as a cell.
    pub(super) fn truth(self, is_true: bool) -> &'static str {
        match (self, is_true) {
            (Self::International | Self::Database, true) => "true",
            (Self::International | Self::Database, false) => "false",
            (Self::French, true) => "VRAI",
            (Self::French, false) => "FAUX",
        }
    }

    /// Returns a moment as a cell: in UTC to the millisecond, or as clocks show it. Year, month and day in this
    /// order are a date to spreadsheets of every language.
    pub(super) fn moment(self, moment: &Zoned) -> String {
        match self {
            Self::International | Self::Database => format!("{:.3}", moment.timestamp()),
            Self::French => moment.strftime("%Y-%m-%d %H:%M:%S").to_string(),
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
        let named = Self::ALL.into_iter().find(|layout| layout.as_str() == text);
        named.ok_or_else(|| UnknownLayout(text.to_owned()))
    }
}
