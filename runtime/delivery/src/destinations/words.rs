//! Words of strangers, as people are shown them.

use champollion_fleet::is_unseen;

/// Most bytes that are shown of what somebody else said.
pub(crate) const SHOWN_BYTES: usize = 1 << 10;

/// The mark of what was left out.
const LEFT_OUT: char = '…';

/// Returns the words of a stranger as they may be shown: one line of printable text, a kilobyte at most.
/// Characters that a terminal or a page would obey, or that change the direction of a text, become a space.
pub(crate) fn shown(said: &str) -> String {
    let mut words = String::new();
    for character in said.chars() {
        let character = if is_printable(character) { character } else { ' ' };
        if character == ' ' && (words.is_empty() || words.ends_with(' ')) {
            continue;
        }
        if words.len() + character.len_utf8() + LEFT_OUT.len_utf8() > SHOWN_BYTES {
            words.push(LEFT_OUT);
            break;
        }
        words.push(character);
    }
    words.truncate(words.trim_end().len());
    words
}

/// Whether a character is shown as itself. Those that are not: control characters, what turns the
/// direction of text or has no width, what belongs to nobody, and what stands for bytes that are no text.
fn is_printable(character: char) -> bool {
    !is_unseen(character)
        && !character.is_whitespace()
        && !matches!(
            character,
            '\u{200c}'
                | '\u{200d}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{fff0}'..='\u{ffff}'
                | '\u{e0000}'..
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_shown_than_a_kilobyte_of_printable_text() {
        assert_eq!(shown(" a\r\n\tb\u{1b}[2J\u{202e}c \u{fffd} é \n"), "a b [2J c é");
        assert_eq!(shown("\u{0}\n"), "");
        for long in ["x".repeat(5_000), "é".repeat(5_000), "😀 ".repeat(5_000)] {
            let words = shown(&long);
            assert!(words.len() <= SHOWN_BYTES && words.ends_with(LEFT_OUT), "{}", words.len());
            assert!(words.len() > SHOWN_BYTES - 8, "{}", words.len());
        }
        let just = "x".repeat(SHOWN_BYTES - LEFT_OUT.len_utf8());
        assert_eq!(shown(&just), just);
    }
}
