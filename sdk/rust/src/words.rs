//! Words that stand for numbers, as makers list them.

use crate::{Failure, Json, quoted};

/// The words that stand for the numbers of a byte.
pub type Words = &'static [(u8, &'static str)];

/// The word for a number. One that the list does not have is told with its number, as `reserved 7`: a later edition of
/// the maker's document may give it a meaning, and a record of today must not hide which one it was.
#[must_use]
pub fn word(words: &[(u8, &str)], number: u8) -> String {
    let found = words.iter().find(|(known, _)| *known == number);
    found.map_or_else(|| format!("reserved {number}"), |(_, word)| (*word).to_owned())
}

/// The number for a word of a command; `path` and `name` say which member it is, for people.
pub fn number_of(words: Words, value: &Json, path: &str, name: &str) -> Result<u8, Failure> {
    let found = words.iter().find(|(_, word)| value.as_str() == Some(word));
    found.map(|(number, _)| *number).ok_or_else(|| no_word(words, path, name))
}

#[cold]
#[inline(never)]
fn no_word(words: Words, path: &str, name: &str) -> Failure {
    let known: Vec<_> = words.iter().map(|(_, word)| quoted(word)).collect();
    Failure::invalid_command(format!("{path}{name} must be {}", known.join(" or ")))
}

/// The bytes that hexadecimal digits stand for, two for each.
#[must_use]
pub fn bytes_of_digits(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let mut bytes = Vec::with_capacity(pairs.len());
    for [high, low] in pairs {
        // A digit is below 16.
        bytes.push(u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()?);
    }
    Some(bytes)
}

/// A sentence about a number that the maker's list does not have; none where it has a word.
#[must_use]
pub fn reserved(name: &str, words: &[(u8, &str)], number: u8) -> Option<String> {
    let is_known = words.iter().any(|(known, _)| *known == number);
    (!is_known).then(|| format!("{name} is {number}, which has no known meaning"))
}

/// A sentence about bits of a byte that mean nothing by the maker's documents; none where none of them is set.
#[must_use]
pub fn reserved_bits(name: &str, byte: u8, known: u8) -> Option<String> {
    let bits = byte & !known;
    (bits != 0).then(|| format!("{name} has the bits {bits:02X}, which have no known meaning"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: Words = &[(0, "park"), (1, "production")];

    #[test]
    fn a_number_without_a_word_is_told_with_itself() {
        assert_eq!(word(MODES, 1), "production");
        assert_eq!(word(MODES, 7), "reserved 7");
        assert_eq!(reserved("mode", MODES, 1), None);
        assert!(reserved("mode", MODES, 7).is_some_and(|told| told.contains("mode is 7")));
    }

    #[test]
    fn hexadecimal_digits_are_read_in_pairs() {
        assert_eq!(bytes_of_digits("0aFf"), Some(vec![0x0A, 0xFF]));
        assert_eq!(bytes_of_digits(""), Some(Vec::new()));
        for text in ["0", "0g", "+1", "0a ", "é"] {
            assert_eq!(bytes_of_digits(text), None, "{text}");
        }
    }

    #[test]
    fn bits_without_a_meaning_are_told() {
        assert_eq!(reserved_bits("status", 0x21, 0x2F), None);
        assert!(reserved_bits("status", 0xE1, 0x2F).is_some_and(|told| told.contains("bits C0")));
    }
}
