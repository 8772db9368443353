//! A cell of a sheet.

use std::fmt;

/// Most digits of a whole number that every spreadsheet keeps.
pub(super) const KEPT_DIGITS: usize = 15;

/// The number beyond which spreadsheets keep no whole number: the first of sixteen digits.
const BEYOND_KEPT: f64 = 1e15;

/// The number from which on a fault shows the first digits of a number alone; DevEUIs are below.
const SHOWN_WHOLE: f64 = 1e17;

/// Hexadecimal digits of a text that may be a key: three quarters of one, and more than any identifier has.
const DIGITS_OF_A_KEY: usize = 24;

/// A cell of a sheet, before it is known in which column it stands.
#[derive(Clone, Default, PartialEq)]
pub enum Cell {
    /// The cell says nothing.
    #[default]
    Empty,
    /// A text as it was written.
    Text(String),
    /// A number, which spreadsheets keep in fifteen digits.
    Number(f64),
    /// A truth value, true or false.
    Truth(bool),
    /// A date, as ISO 8601 writes it.
    Date(String),
    /// A formula, of which the result is not taken.
    Formula,
    /// An error of the spreadsheet, such as `#N/A`.
    Error(String),
}

/// Shows the kind of a cell and not its text, which may be a key.
impl fmt::Debug for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "Empty",
            Self::Text(_) => "Text",
            Self::Number(_) => "Number",
            Self::Truth(_) => "Truth",
            Self::Date(_) => "Date",
            Self::Formula => "Formula",
            Self::Error(_) => "Error",
        })
    }
}

impl Cell {
    /// A text as a cell; blanks alone say nothing.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if trimmed(&text).is_empty() { Self::Empty } else { Self::Text(text) }
    }

    /// Whether the cell says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::Empty
    }

    /// The text of a cell as a heading; empty where it is none.
    pub(super) fn heading(&self) -> &str {
        match self {
            Self::Text(text) => trimmed(text),
            _ => "",
        }
    }
}

/// A text without the blanks around it, among them those that spreadsheets and web pages bring along.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// Whether a character is there and cannot be seen.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}')
}

/// A whole number that spreadsheets keep, as its digits.
pub(super) fn whole(number: f64) -> Option<String> {
    let is_kept = number.fract() == 0.0 && number.abs() < BEYOND_KEPT;
    is_kept.then(|| format!("{number:.0}"))
}

/// A number as a fault shows it: of a long one, which may have been a key, its first digits.
pub(super) fn shown_number(number: f64) -> String {
    if number.abs() < SHOWN_WHOLE { number.to_string() } else { format!("{number:.5E}") }
}

/// The errors that spreadsheets show in cells, in English and in French.
const ERRORS: [&str; 13] = [
    "#CALC!", "#DIV/0!", "#N/A", "#NAME?", "#NOM?", "#NOMBRE!", "#NUL!", "#NULL!", "#NUM!",
    "#REF!", "#SPILL!", "#VALEUR!", "#VALUE!",
];

/// Whether a text is how a spreadsheet shows an error where a file is text alone: one of its words, a number of
/// LibreOffice's (`Err:502`), or the crosses of a column that was too narrow for its values.
pub(super) fn is_error(text: &str) -> bool {
    let text = trimmed(text);
    let is_number = |rest: &str| rest.len() == 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    let numbered = text.strip_prefix("Err").and_then(|rest| rest.trim_start().strip_prefix(':'));
    ERRORS.iter().any(|error| error.eq_ignore_ascii_case(text))
        || numbered.is_some_and(is_number)
        || text.len() >= 3 && text.bytes().all(|byte| byte == b'#')
}

/// Whether a text has so many hexadecimal digits that it may be a key, whole or damaged.
pub(super) fn may_be_key(text: &str) -> bool {
    text.chars().filter(char::is_ascii_hexdigit).count() >= DIGITS_OF_A_KEY
}

/// The name of a cell as spreadsheets have it: `B4`. Columns count from 0, rows from 1.
#[must_use]
pub fn cell_name(column: usize, row: u32) -> String {
    format!("{}{row}", letters(column))
}

/// The letters of a column, which counts from 0.
pub(super) fn letters(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        // Below 26: the cast loses nothing.
        letters.push(char::from(b'A' + (column % 26) as u8));
        if column < 26 {
            break;
        }
        column = column / 26 - 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_spreadsheets_do() {
        for (column, expected) in
            [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
        {
            assert_eq!(letters(column), expected, "{column}");
        }
        assert_eq!(cell_name(1, 4), "B4");
    }

    #[test]
    fn whole_numbers_are_those_that_spreadsheets_keep() {
        assert_eq!(whole(0.0).as_deref(), Some("0"));
        assert_eq!(whole(999_999_999_999_999.0).as_deref(), Some("999999999999999"));
        assert_eq!(whole(1e15), None);
        assert_eq!(whole(1.5), None);
        assert_eq!(whole(f64::NAN), None);
        assert_eq!(whole(f64::INFINITY), None);
    }

    #[test]
    fn errors_of_spreadsheets_are_known_by_their_words() {
        for text in ["#REF!", " #N/A ", "#valeur!", "#NOM?", "Err:502", "Err :502", "####"] {
            assert!(is_error(text), "{text:?}");
        }
        for text in ["#1", "N/A", "#", "##", "#REF", "Err:5", "Err:5021", "Error", "Hall #REF!"] {
            assert!(!is_error(text), "{text:?}");
        }
    }

    #[test]
    fn a_cell_that_is_shown_for_debugging_tells_no_key() {
        let shown = format!("{:?}", Cell::text("2B7E151628AED2A6ABF7158809CF4F3C"));
        assert_eq!(shown, "Text");
        assert!(Cell::text(" \u{a0}\u{feff}").is_empty());
    }
}
