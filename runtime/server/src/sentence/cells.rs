//! Faults of cells of a sheet.

use champollion_fleet::{
    objects::{OutOfRange, UnknownWord, UnusableText},
    sheets::CellFault,
};

use super::{Sentence, Worded};

impl Worded for CellFault {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::MadeANumber { what, shown, expected } => Sentence::new("cell-made-a-number")
                .with("what", *what)
                .with("shown", shown.as_str())
                .with("expected", *expected),
            Self::LostZeros { what, shown, expected, restored } => Sentence::new("cell-lost-zeros")
                .with("what", *what)
                .with("shown", shown.as_str())
                .with("got", shown.len())
                .with("expected", *expected)
                .with("restored", restored.as_str()),
            Self::Length { what, shown, got, expected } => Sentence::new("cell-length")
                .with("what", *what)
                .with("shown", shown.as_str())
                .with("got", *got)
                .with("expected", *expected),
            Self::Digit { what, shown, character } => Sentence::new("cell-digit")
                .with("what", *what)
                .with("shown", shown.as_str())
                .with("character", character.to_string()),
            Self::KeyMadeANumber { what, expected } => Sentence::new("cell-key-made-a-number")
                .with("what", *what)
                .with("expected", *expected),
            Self::KeyLength { what, got, expected } => Sentence::new("cell-key-length")
                .with("what", *what)
                .with("got", *got)
                .with("expected", *expected),
            Self::KeyDigit { what, position } => {
                Sentence::new("cell-key-digit").with("what", *what).with("position", *position)
            }
            Self::RoundedNumber { shown } => {
                Sentence::new("cell-rounded-number").with("shown", shown.as_str())
            }
            Self::MadeADate(shown) => {
                Sentence::new("cell-made-a-date").with("shown", shown.as_str())
            }
            Self::Formula => Sentence::new("cell-formula"),
            Self::SpreadsheetError(shown) => {
                Sentence::new("cell-spreadsheet-error").with("shown", shown.as_str())
            }
            Self::Truth(said) => Sentence::new("cell-truth").with("shown", said.to_string()),
            Self::Missing { .. } => Sentence::new("cell-missing"),
            Self::SameDevice { rows } => {
                Sentence::new("cell-same-device").with("rows", rows.as_slice())
            }
            Self::Sexagesimal { shown } => {
                Sentence::new("cell-sexagesimal").with("shown", shown.as_str())
            }
            Self::MisplacedKey => Sentence::new("cell-misplaced-key"),
            Self::KeyInText => Sentence::new("cell-key-in-text"),
            Self::Word(unknown) => return unknown.sentence(),
            Self::Text(unusable) => return unusable.sentence(),
            Self::Degrees(beyond) => return beyond.sentence(),
            // The reason of the others is in words alone.
            _ => return None,
        })
    }
}

impl Worded for UnknownWord {
    fn sentence(&self) -> Option<Sentence> {
        let sentence = Sentence::new("cell-word").with("shown", self.text());
        Some(sentence.with("words", self.words()))
    }
}

impl Worded for UnusableText {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::Empty => Sentence::new("cell-text-empty"),
            Self::TooLong { characters } => Sentence::new("cell-text-too-long")
                .with("characters", *characters)
                .with("limit", Self::CHARACTERS),
            Self::ControlCharacter => Sentence::new("cell-text-control-character"),
            _ => return None,
        })
    }
}

impl Worded for OutOfRange {
    fn sentence(&self) -> Option<Sentence> {
        Some(match self {
            Self::Beyond { degrees, limit, .. } => {
                Sentence::new("cell-degrees-beyond").with("degrees", *degrees).with("limit", *limit)
            }
            Self::NoNumber { text, .. } => {
                Sentence::new("cell-degrees-no-number").with("shown", text.as_str())
            }
            _ => return None,
        })
    }
}
