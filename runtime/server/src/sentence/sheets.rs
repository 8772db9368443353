//! Reasons why a file is not read as a sheet.

use champollion_fleet::sheets::SheetError;

use super::{Sentence, Worded};

impl Worded for SheetError {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::TooLarge { bytes, limit } => {
                Sentence::new("sheet-too-large").with("bytes", *bytes).with("limit", *limit)
            }
            Self::UnpacksTooLarge { limit } => {
                Sentence::new("sheet-unpacks-too-large").with("limit", *limit)
            }
            Self::TooManyRows { limit } => {
                Sentence::new("sheet-too-many-rows").with("limit", *limit)
            }
            Self::TooManyCells { limit } => {
                Sentence::new("sheet-too-many-cells").with("limit", *limit)
            }
            Self::Password => Sentence::new("sheet-password"),
            Self::Macros { part } => Sentence::new("sheet-macros").with("part", part.as_str()),
            Self::OtherForm { .. } => Sentence::new("sheet-other-form"),
            Self::UnclosedQuote { line } => {
                Sentence::new("sheet-unclosed-quote").with("line", *line)
            }
            Self::NoSheet => Sentence::new("sheet-none"),
            Self::NoDevEui { rows, .. } => Sentence::new("sheet-no-dev-eui").with("rows", *rows),
            Self::Twice { field, first, second, .. } => Sentence::new("sheet-column-twice")
                .with("field", field.as_str())
                .with("first", first.as_str())
                .with("second", second.as_str()),
            Self::NoRows => Sentence::new("sheet-no-rows"),
            // The others tell of headings that only the interface maps, or in the words of a library.
            _ => return None,
        })
    }
}
