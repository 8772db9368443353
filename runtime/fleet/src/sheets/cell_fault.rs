//! Why a cell of a row cannot be taken.

use super::cell::KEPT_DIGITS;
use crate::objects::{OutOfRange, UnknownWord, UnusableText};

/// Why a cell of a row cannot be taken. A fault of a key never shows the key.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CellFault {
    /// A spreadsheet has made a number of an identifier.
    #[error(
        "{shown} is no {what}: did a spreadsheet make a number of it? Format the column as text, and write all {expected} digits again"
    )]
    MadeANumber {
        /// The identifier that is meant.
        what: &'static str,
        /// The text of the cell.
        shown: String,
        /// The digits that it should have.
        expected: usize,
    },
    /// A spreadsheet may have taken zeros away.
    #[error(
        "{shown} has {} digits, and a {what} has {expected}: did a spreadsheet take the zeros in front away? Then it is {restored}: write that as text, or import with restoreZeros (--restore-zeros)",
        .shown.len()
    )]
    LostZeros {
        /// The identifier that is meant.
        what: &'static str,
        /// The digits of the cell.
        shown: String,
        /// The digits that it should have.
        expected: usize,
        /// The identifier that it would be.
        restored: String,
    },
    /// An identifier has too few or too many digits.
    #[error("{shown:?} has {got} digits, and a {what} has {expected} hexadecimal ones")]
    Length {
        /// The identifier that is meant.
        what: &'static str,
        /// The text of the cell.
        shown: String,
        /// The digits that it has.
        got: usize,
        /// The digits that it should have.
        expected: usize,
    },
    /// An identifier has a character that is no digit.
    #[error("{shown:?} is no {what}: {character:?} is no hexadecimal digit{}", hint(*.character))]
    Digit {
        /// The identifier that is meant.
        what: &'static str,
        /// The text of the cell.
        shown: String,
        /// The character that is none.
        character: char,
    },
    /// A spreadsheet has made a number of a key.
    #[error(
        "a spreadsheet has made a number of the {what}, which keeps {KEPT_DIGITS} digits: format the column as text, and write all {expected} digits again"
    )]
    KeyMadeANumber {
        /// The key that is meant.
        what: &'static str,
        /// The digits that it should have.
        expected: usize,
    },
    /// A key has too few or too many digits.
    #[error("the {what} has {got} digits, and should have {expected} hexadecimal ones")]
    KeyLength {
        /// The key that is meant.
        what: &'static str,
        /// The digits that it has.
        got: usize,
        /// The digits that it should have.
        expected: usize,
    },
    /// A key has a character that is no digit.
    #[error("the {what} has a character that is no hexadecimal digit, at the place {position}")]
    KeyDigit {
        /// The key that is meant.
        what: &'static str,
        /// The place of the character in the text, counted from 1.
        position: usize,
    },
    /// A spreadsheet has made a number of a text, and lost digits of it.
    #[error(
        "{shown} is a number that a spreadsheet has rounded to {KEPT_DIGITS} digits: format the column as text, and write it again"
    )]
    RoundedNumber {
        /// The number as it stands.
        shown: String,
    },
    /// A spreadsheet has made a date of a text.
    #[error(
        "the cell holds the date {0}: did a spreadsheet make a date of it? Format the column as text, and write it again"
    )]
    MadeADate(String),
    /// The cell holds a formula.
    #[error("the cell holds a formula: copy the column and paste its values alone")]
    Formula,
    /// The cell holds an error of the spreadsheet.
    #[error("the cell holds the error {0} of the spreadsheet")]
    SpreadsheetError(String),
    /// The cell holds a truth value.
    #[error("the cell says {0}, where that means nothing")]
    Truth(bool),
    /// A mandatory cell is empty.
    #[error("the cell is empty, and {why}")]
    Missing {
        /// The reason why it must not be.
        why: &'static str,
    },
    /// Several rows are about the same device.
    #[error("the rows {} have the same DevEUI: leave one of them", numbers(.rows))]
    SameDevice {
        /// The numbers of the rows.
        rows: Vec<u32>,
    },
    /// The text is none of the field's words.
    #[error(transparent)]
    Word(#[from] UnknownWord),
    /// The text cannot be that of a field.
    #[error(transparent)]
    Text(#[from] UnusableText),
    /// The number is no coordinate.
    #[error(transparent)]
    Degrees(#[from] OutOfRange),
    /// The text is a place in degrees, minutes and seconds.
    #[error(
        "{shown:?} is in degrees, minutes and seconds: degrees with decimals are expected, such as 48.8566"
    )]
    Sexagesimal {
        /// The text of the cell.
        shown: String,
    },
    /// A text that may be a key stands where none belongs; it is not shown.
    #[error(
        "the cell holds a long text that may be a key, and is not shown here: are the columns shifted?"
    )]
    MisplacedKey,
    /// A text that readers see holds what may be a key; it is not shown.
    #[error(
        "the cell holds what may be a key, and is not shown here: keys stand in columns of their own, such as AppKey; say which field the column is (--column HEADING=appKey), or take the key out of the text"
    )]
    KeyInText,
    /// The cell is one that something else refuses, in its own words.
    #[error("{0}")]
    Other(String),
}

/// Letters that are taken for digits.
fn hint(character: char) -> &'static str {
    match character {
        'o' | 'O' => " (is it a zero?)",
        'l' | 'I' | 'i' => " (is it a one?)",
        _ => "",
    }
}

fn numbers(rows: &[u32]) -> String {
    let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
    match rows.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
