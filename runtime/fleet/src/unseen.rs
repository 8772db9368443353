//! Characters that are not seen as themselves, and have no place in names that people are known by.

/// Whether a character is not seen: it commands a terminal, breaks the line, turns the direction of what stands around it, or
/// has no width. A name with one can look like another's. The joiners, without which some languages are not written, may
/// stand.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::is_unseen;

    #[test]
    fn letters_of_all_languages_are_seen_and_what_turns_them_is_not() {
        for name in
            ["Zoë O’Brien-Müller", "Мария", "محمد", "می\u{200c}خواهم", "李 明", "नी\u{200d}"]
        {
            assert!(!name.contains(is_unseen), "{name}");
        }
        for unseen in [
            "\n",
            "\u{0}",
            "\u{9b}",
            "\u{202e}",
            "\u{2066}",
            "\u{200b}",
            "\u{2028}",
            "\u{feff}",
            "\u{e0041}",
        ] {
            assert!(unseen.contains(is_unseen), "{unseen:?}");
        }
    }
}
