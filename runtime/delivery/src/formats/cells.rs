//! Cells of tables. No text in them becomes a formula, whichever spreadsheet opens the table.
//!
//! Sources: RFC 4180 (the table), the page "CSV Injection" of OWASP (the characters with which a formula
//! begins, and those that begin another cell).

use std::borrow::Cow;

use super::layout::Layout;

/// The characters with which a formula begins, also as East Asian keyboards write them.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The mark before what would be taken for a formula. A mark in such a place gets one as well, so that
/// whoever takes one away in each of them has the text.
const MARK: char = '\'';

/// A text as a cell: quoted, each quote in it twice, and marked.
pub(super) fn text(text: &str, layout: Layout) -> String {
    if text.is_empty() { String::new() } else { quoted(&marked_text(text, layout)) }
}

/// A text with its marks, for a table that another writer puts quotes into. Where a cell begins, also one that a
/// spreadsheet of another layout would make of the rest of the text, a sign is marked.
#[must_use]
pub fn marked_text(text: &str, layout: Layout) -> Cow<'_, str> {
    let may_be_meant =
        |character| SIGNS.contains(&character) || [MARK, '\t', '\r', '\n'].contains(&character);
    if !text.contains(may_be_meant) {
        return Cow::Borrowed(text);
    }
    let mut cell = String::with_capacity(text.len() + 4);
    let mut place = Place::Begin;
    for character in text.chars() {
        let is_break_in_front = place == Place::Begin && ['\t', '\r', '\n'].contains(&character);
        let is_meant = SIGNS.contains(&character) || character == MARK;
        if is_break_in_front || (place != Place::Within && is_meant) {
            cell.push(MARK);
        }
        cell.push(character);
        place = place.after(character, layout);
    }
    Cow::Owned(cell)
}

/// JSON as a cell.
pub(super) fn json(json: &str, layout: Layout) -> String {
    quoted(&marked_json(json, layout))
}

/// JSON for a table that another writer puts quotes into. It stays the same JSON: a sign where a cell would begin is
/// written as an escape.
#[must_use]
pub fn marked_json(json: &str, layout: Layout) -> Cow<'_, str> {
    if !json.contains(SIGNS) {
        return Cow::Borrowed(json);
    }
    let mut cell = String::with_capacity(json.len() + 4);
    let (mut place, mut is_text, mut is_escaped) = (Place::Begin, false, false);
    for character in json.chars() {
        if is_text && place != Place::Within && SIGNS.contains(&character) {
            cell.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            cell.push(character);
        }
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_text => is_escaped = true,
            '"' => is_text = !is_text,
            _ => {}
        }
        place = place.after(character, layout);
    }
    Cow::Owned(cell)
}

/// A number of JSON as a cell. It begins with a digit, or with the sign of a number.
pub(super) fn number(number: &str, layout: Layout) -> String {
    number.replace('.', layout.decimal().encode_utf8(&mut [0; 4]))
}

/// A name of a column as a cell: as it is, where it is a plain one.
pub(super) fn title(title: &str, layout: Layout) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ._-#[]/%".contains(&byte);
    let begins_plainly = title.starts_with(|first: char| first.is_ascii_alphanumeric());
    if begins_plainly && title.bytes().all(is_plain) {
        return title.to_owned();
    }
    text(title, layout)
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// Whether a character would be the first of a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the first of the text.
    Begin,
    /// It would be the first of a cell, but for characters that are passed over.
    CellBegin,
    /// It is within a cell.
    Within,
}

impl Place {
    fn after(self, character: char, layout: Layout) -> Self {
        // A semicolon also in a table that has it between its cells: not every reader heeds quotes.
        let is_separator = character == ';'
            || character == layout.other_separator()
            || character.is_control()
            || ['\u{2028}', '\u{2029}'].contains(&character);
        match self {
            _ if is_separator => Self::CellBegin,
            Self::Begin | Self::CellBegin if is_passed_over(character) => Self::CellBegin,
            _ => Self::Within,
        }
    }
}

/// Whether a spreadsheet may drop the character at the beginning of a cell: blanks, quotes, marks of
/// order and width.
fn is_passed_over(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '"' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Returns the text of a cell that was read.
#[cfg(test)]
pub(super) fn unmarked(cell: &str, layout: Layout) -> String {
    let mut text = String::new();
    let mut place = Place::Begin;
    let mut characters = cell.chars().peekable();
    while let Some(character) = characters.next() {
        let mut character = character;
        if place != Place::Within && character == MARK {
            character = characters.next().expect("a mark is before something");
        }
        text.push(character);
        place = place.after(character, layout);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [Layout; 2] = [Layout::International, Layout::French];

    #[test]
    fn a_text_that_would_be_a_formula_is_marked() {
        for layout in BOTH {
            for sign in SIGNS {
                for before in
                    ["", "\t", "\r", "\n", "\r\n", " ", "\"", "\u{feff}", "a\n", "a\t", "\0"]
                {
                    let cell = text(&format!("{before}{sign}1+1"), layout);
                    assert!(cell.contains(&format!("'{sign}1")), "{layout} {before:?} {cell:?}");
                }
            }
            assert_eq!(text("\tx", layout), "\"'\tx\"");
            assert_eq!(text("'x", layout), "\"''x\"");
            assert_eq!(text("Hall -1, a=b@c", Layout::International), "\"Hall -1, a=b@c\"");
        }
    }

    #[test]
    fn no_sheet_of_another_layout_makes_a_formula_of_the_rest() {
        assert_eq!(text("Hall;=1+1;x", Layout::International), "\"Hall;'=1+1;x\"");
        assert_eq!(text("Hall; \"=1+1\"", Layout::International), "\"Hall; \"\"'=1+1\"\"\"");
        assert_eq!(text("Hall,＝1+1,x", Layout::French), "\"Hall,'＝1+1,x\"");
        assert_eq!(text("Hall;=1+1;x", Layout::French), "\"Hall;'=1+1;x\"");
        assert_eq!(text("Hall,=1", Layout::International), "\"Hall,=1\"");
    }

    #[test]
    fn json_stays_the_same_json() {
        for layout in BOTH {
            let separator = layout.other_separator();
            for value in [
                serde_json::json!("=1+1"),
                serde_json::json!({ "a": format!("x{separator}=1{separator}@y"), "b": [-1, -2.5] }),
                serde_json::json!([format!("a\"{separator}\"-1\\"), "=2", "＠3"]),
            ] {
                let cell = json(&value.to_string(), layout);
                let read = cell[1..cell.len() - 1].replace("\"\"", "\"");
                assert_eq!(serde_json::from_str::<serde_json::Value>(&read).unwrap(), value);
                for part in read.split(separator) {
                    let first = part.trim_start_matches(['"', ' ']).chars().next();
                    let is_formula = first.is_some_and(|first| SIGNS.contains(&first));
                    let is_number = part.trim_end_matches([']', '}']).parse::<f64>().is_ok();
                    assert!(!is_formula || is_number, "{layout} {read}");
                }
            }
        }
    }

    #[test]
    fn numbers_have_the_decimal_sign_of_their_layout() {
        assert_eq!(number("-12.5", Layout::International), "-12.5");
        assert_eq!(number("-12.5", Layout::Database), "-12.5");
        assert_eq!(number("-12.5", Layout::French), "-12,5");
        assert_eq!(text("1.5", Layout::French), "\"1.5\"");
        assert_eq!(title("water.volume [m3]", Layout::French), "water.volume [m3]");
        assert_eq!(title("=x", Layout::International), "\"'=x\"");
    }
}
