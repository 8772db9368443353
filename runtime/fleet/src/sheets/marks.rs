//! Marks by which no text of CSV becomes a formula, or an error of the spreadsheet. They are taken away when a sheet is
//! read.
//!
//! A cell begins where a text does, and wherever a spreadsheet may split it that expects another separator, or heeds no
//! quotation marks (decision 0072).

use std::borrow::Cow;

use super::cell::{is_error, is_invisible};

/// The signs with which a formula begins, also as East Asian keyboards write them.
const SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The mark before a sign, which says that it begins no formula.
const MARK: char = '\'';

/// A text with a mark before each sign with which a cell could begin. Marks that stand there already get one more, so
/// that the text can be had back.
pub(super) fn marked(text: &str) -> Cow<'_, str> {
    if is_error(text.trim_start_matches(MARK)) {
        return Cow::Owned(format!("{MARK}{text}"));
    }
    if !text.contains(SIGNS) {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len() + 4);
    let mut may_begin = true;
    for (at, character) in text.char_indices() {
        if may_begin && is_sign(&text[at..]) {
            whole.push(MARK);
        }
        whole.push(character);
        may_begin = may_begin_after(character, may_begin);
    }
    Cow::Owned(whole)
}

/// The text of which [`marked`] has made another one; any other text is as it was.
pub(super) fn unmarked(text: &str) -> Cow<'_, str> {
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    if let Some(rest) = text.strip_prefix(MARK)
        && is_error(rest.trim_start_matches(MARK))
    {
        return Cow::Borrowed(rest);
    }
    let mut whole = String::with_capacity(text.len());
    let mut may_begin = true;
    for (at, character) in text.char_indices() {
        if may_begin && character == MARK && is_sign(&text[at..]) {
            // What follows is the sign, or a mark of the text's own.
            may_begin = false;
            continue;
        }
        whole.push(character);
        may_begin = may_begin_after(character, may_begin);
    }
    Cow::Owned(whole)
}

/// Whether a text begins with a sign, behind however many marks.
fn is_sign(text: &str) -> bool {
    text.trim_start_matches(MARK).starts_with(SIGNS)
}

/// Whether a cell could begin behind a character: behind what some spreadsheet splits at, and behind what it passes over
/// where a cell could have begun before.
fn may_begin_after(character: char, could_begin: bool) -> bool {
    let is_split =
        matches!(character, ',' | ';' | '\u{2028}' | '\u{2029}') || character.is_control();
    let is_passed_over = character.is_whitespace() || character == '"' || is_invisible(character);
    is_split || could_begin && is_passed_over
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn signs_are_marked_wherever_a_cell_could_begin() {
        for (text, expected) in [
            ("=1+1", "'=1+1"),
            ("Hall;=1+1;x", "Hall;'=1+1;x"),
            ("Hall, \"=1\"", "Hall, \"'=1\""),
            ("\t=1", "\t'=1"),
            ("a\n@SUM(1)", "a\n'@SUM(1)"),
            (" ＝1", " '＝1"),
            ("'=1", "''=1"),
            ("#REF!", "'#REF!"),
            ("'#N/A", "''#N/A"),
            (" ####", "' ####"),
            ("Hall -1, a=b@c", "Hall -1, a=b@c"),
            ("l'eau", "l'eau"),
        ] {
            assert_eq!(marked(text), expected);
            assert_eq!(unmarked(expected), text);
        }
        assert_eq!(unmarked("'x; 'y"), "'x; 'y", "these are before no sign");
    }

    proptest! {
        #[test]
        fn a_marked_text_holds_no_formula_and_can_be_had_back(text in "[=+@＝'a#;, \"\t\n-]{0,12}") {
            let whole = marked(&text);
            prop_assert_eq!(unmarked(&whole), text.as_str());
            for cell in whole.split([',', ';', '\t', '\n']) {
                let begin = cell.trim_start_matches([' ', '"']);
                prop_assert!(!begin.starts_with(SIGNS), "{:?}", whole);
            }
        }
    }
}
